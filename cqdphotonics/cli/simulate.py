"""``cqd simulate``: the response of one device to a dipole."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cqdphotonics.cli.app import JsonOption, ParameterOption, emit, parse_parameters, say
from cqdphotonics.cli.simulate_more import (
    AtOption,
    FibreOption,
    GaussianOption,
    balance,
    couplings,
    elsewhere,
    fibre,
    numbers,
)
from cqdphotonics.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cqdphotonics.fdtd import Plan, Response, Store
    from cqdphotonics.fdtd.modes import Mode
    from cqdphotonics.fdtd.scene import Axis

StackParameterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--stack-parameter", metavar="KEY=VALUE", help="A number of the stack, e.g. thickness=0.3."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("simulate")(simulate_device)


def simulate_device(
    device: Annotated[
        str, typer.Argument(metavar="COMPONENT|FILE.gds", help="See `cqd components`.")
    ],
    stack: Annotated[str, typer.Option("--stack", "-s", help="See `cqd stacks`.")],
    wavelength: Annotated[float, typer.Option("--wavelength", "-w", help="Vacuum, in µm.")],
    parameter: ParameterOption = None,
    stack_parameter: StackParameterOption = None,
    dipole: Annotated[
        str, typer.Option(help="Axis of the dipole: x, y, z, isotropic, or a vector as 0.6,0,0.8.")
    ] = "x",
    fidelity: Annotated[
        str, typer.Option(help="theory, coarse, draft, standard or fine.")
    ] = "draft",
    na: Annotated[
        list[float] | None, typer.Option("--na", help="Numerical aperture; may be given often.")
    ] = None,
    gaussian: GaussianOption = None,
    fibres: FibreOption = None,
    at: AtOption = None,
    ranks: Annotated[int, typer.Option(min=1, help="MPI ranks of each simulation.")] = 1,
    time_limit: Annotated[
        float, typer.Option(min=1, help="Seconds that one simulation may take.")
    ] = 6 * 3600,
    memory_limit: Annotated[
        float, typer.Option(min=0.1, help="GiB that one simulation may use.")
    ] = 64,
    store: Annotated[
        Path | None, typer.Option(help="Where results are kept. Default: the user's cache.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Directory for response and picture; with --dry-run for the cross-sections.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be run, and run nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Purcell factor, collection and far field of a dipole in a device."""
    from cqdphotonics.fdtd import Limits, Store, build_scene, simulate
    from cqdphotonics.fdtd.orientation import orientation
    from cqdphotonics.fdtd.simulation import APERTURES, plans_for
    from cqdphotonics.fdtd.theory import THEORY
    from cqdphotonics.layout import stacks

    for text in at or ():
        numbers(text, "--at", 2, 2)
    for text in fibres or ():
        fibre(text)
    wanted = _dipole(dipole)
    first = next(iter(orientation(wanted).weights))
    films = stacks.load(stack, **parse_parameters(stack_parameter))  # type: ignore[arg-type]
    component = _device(device, parse_parameters(parameter))
    scene = build_scene(component, films, first)
    plans = {} if fidelity == THEORY else plans_for(scene, wavelength, fidelity, wanted)
    place = Store(store)
    if output is not None:
        _writable(output)
    if dry_run:
        pictures = _draw(plans, output) if output is not None else []
        data = {**_plans_data(plans, place), "pictures": pictures}
        emit(
            data, "\n".join([_plans_text(plans, place), *(f"drawn to {p}" for p in pictures)]), json
        )
        return
    say(_plans_text(plans, place))
    response = simulate(
        scene,
        films,
        wavelength,
        fidelity,
        dipole=wanted,
        na=sorted({*APERTURES, *(na or ())}),
        store=place,
        ranks=ranks,
        limits=Limits(seconds=time_limit, memory=memory_limit),
        progress=_show_progress,
    )
    if output is not None:
        from cqdphotonics.report.scene import draw_response

        response.save(output)
        draw_response(response, output / "response.png")
    chosen = sorted(na) if na else [0.5, 0.8]
    into, into_lines = couplings(response, gaussian or (), fibres or ())
    places, place_lines = elsewhere(response, scene, at or ())
    data = {**_response_data(response, output), "couplings": into, "elsewhere": places}
    text = "\n".join([*_response_lines(response, chosen), *into_lines, *place_lines])
    emit(data, text if output is None else f"{text}\nwritten to {output}", json)


def _dipole(text: str) -> str | tuple[float, ...]:
    """An axis, "isotropic", or the numbers of a vector."""
    if "," not in text:
        return text
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError(
            f"dipole '{text}' is not one of x, y, z, isotropic, nor three numbers as 0.6,0,0.8."
        ) from None


def _draw(plans: "Mapping[Axis, Plan]", output: Path) -> list[Path]:
    from cqdphotonics.report.scene import draw_plan

    paths = []
    for axis, planned in plans.items():
        paths.append(output / ("plan.png" if len(plans) == 1 else f"plan-{axis}.png"))
        draw_plan(planned, paths[-1])
    return paths


def _device(device: str, parameters: dict[str, object]) -> Any:
    """The component by name with its parameters, or the path of a GDS file."""
    if device.lower().endswith((".gds", ".oas")) or "/" in device:
        if parameters:
            raise InputError(
                "-p sets the parameters of a component; a GDS file is taken as it is. Leave -p "
                "out, or name the component."
            )
        return Path(device)
    from cqdphotonics import components

    build = components.load(device)
    components.resolve(device, parameters)
    return build(**parameters)


def _writable(directory: Path) -> None:
    """Find out before hours of simulation that the result can't be written."""
    from cqdphotonics.fdtd.store import storage_error

    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / ".probe"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise storage_error(directory, error) from error


def _show_progress(report: dict[str, Any]) -> None:
    say(
        f"  run {report['run']} of {report['runs']}, {report['stage']}: t = {report['time']:.0f} "
        f"µm/c (at most {report['longest']:.0f}), still open {report['remaining']:.1%}"
    )


def _plans_data(plans: "Mapping[Axis, Plan]", store: "Store") -> dict[str, Any]:
    from cqdphotonics.fdtd.cost import estimate
    from cqdphotonics.fdtd.planning import grid_alignment

    jobs = []
    for axis, planned in plans.items():
        for job in planned.jobs:
            cost = estimate(job, store)
            jobs.append(
                {
                    "dipole": axis,
                    "hash": job.hash,
                    "pixels_per_um": job.resolution,
                    "voxels": job.voxels(),
                    "time_step_um_per_c": job.courant / job.resolution,
                    "longest_time_um_per_c": job.stop.longest,
                    "mirrors": [mirror.axis for mirror in job.mirrors],
                    "alignment": grid_alignment(planned.scene, job),
                    "steps": {"expected": cost.steps, "least": cost.least_steps,
                              "most": cost.most_steps},
                    "memory_bytes": cost.memory,
                    "seconds": {"expected": cost.seconds, "least": cost.least_seconds,
                                "most": cost.most_seconds},
                    "voxel_steps_per_second": {"value": cost.speed, "basis": cost.basis},
                    "stored": cost.stored,
                }
            )  # fmt: skip
    first = next(iter(plans.values()))
    return {"formulation": first.formulation, "notes": _notes(plans), "jobs": jobs}


def _notes(plans: "Mapping[Axis, Plan]") -> list[str]:
    return list(dict.fromkeys(note for planned in plans.values() for note in planned.notes))


def _plans_text(plans: "Mapping[Axis, Plan]", store: "Store") -> str:
    from cqdphotonics.fdtd.cost import estimate
    from cqdphotonics.fdtd.planning import grid_alignment

    if not plans:
        return "theory: nothing to simulate"
    lines, total = _notes(plans), sum(len(planned.jobs) for planned in plans.values())
    number, basis = 0, ""
    for axis, planned in plans.items():
        for job in planned.jobs:
            number += 1
            cost = estimate(job, store)
            aside, _, down, up = job.box
            mirrors = ", ".join(f"{m.axis} ({m.parity:+d})" for m in job.mirrors) or "none"
            reach = (f"r < {job.half_width:.3g}" if job.formulation == "cylindrical"
                     else f"|x| < {job.half_width:.3g}, |y| < {job.half_depth:.3g}")  # fmt: skip
            lines.append(
                f"run {number} of {total}, dipole {axis}: {job.resolution:.4g} px/µm, "
                f"{job.voxels():,} voxels, {job.pml:.3g} µm of absorbing layer"
            )
            lines.append(
                f"  cell {reach}, −{job.below:.3g} < z < {job.above:.3g} µm; mirrors {mirrors}; "
                f"power counted at −{down:.3g} and {up:.3g} µm and {aside:.3g} µm aside"
            )
            lines.append(f"  {grid_alignment(planned.scene, job)}")
            lines.append(
                "  the result is stored already" if cost.stored else
                f"  about {cost.steps:,} steps ({cost.least_steps:,} to {cost.most_steps:,}), "
                f"{cost.memory / 1e9:.2g} GB, {_span(cost.seconds)} on one core "
                f"({_span(cost.least_seconds)} to {_span(cost.most_seconds)})"
            )  # fmt: skip
            basis = f"at {cost.speed / 1e6:.3g} million voxel-steps a second, {cost.basis}"
    lines.append(f"times are estimates {basis}; how long a cavity rings is not known before")
    return "\n".join(lines)


def _span(seconds: float) -> str:
    """A rough time for people."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _response_data(response: "Response", output: Path | None) -> dict[str, Any]:
    collection = [
        {"na": float(na), "direction": side, "share": response.collection(float(na), side)}
        for side in ("up", "down")
        for na in response.data["na"].values
    ]
    return {
        "wavelength": response.wavelength,
        "fidelity": response.fidelity,
        "purcell": response.purcell,
        "absorbed": response.absorbed,
        "power": balance(response)[0],
        "collection": collection,
        "ports": [
            {"port": p, "share": response.guided_share(p), "power": response.guided_power(p)}
            for p in response.ports
        ],
        "resonances": [{"wavelength": w, "quality": q} for w, q in response.resonances],
        "modes": [
            {**mode.as_dict(), "normalised_volume": mode.normalised_volume}
            for mode in response.modes
        ],
        "spectrum": {
            name: response.data[name].values
            for name in (
                "wavelength",
                "purcell",
                "purcell_uncertainty",
                "radiated_up",
                "radiated_down",
                "radiated_side",
                "absorbed",
                "closure",
            )
        },
        "converged": response.converged,
        "verdict": response.verdict,
        "checks": list(response.checks),
        "job_hashes": list(response.job_hashes),
        "seconds": response.cost_seconds,
        "output": output,
    }


def _response_lines(response: "Response", apertures: list[float]) -> list[str]:
    from cqdphotonics.display import format_quantity, quantity
    from cqdphotonics.fdtd.theory import THEORY

    peak = int(response.data["purcell"].values.argmax())
    highest = quantity(
        float(response.data["purcell"][peak]), float(response.data["purcell_uncertainty"][peak])
    )
    lines = [
        f"Purcell factor at {response.wavelength:g} µm: {format_quantity(response.purcell)}",
        f"  highest in the band: {format_quantity(highest)} at "
        f"{float(response.data['wavelength'][peak]):.4f} µm",
    ]
    for mode in response.modes[:3]:
        lines += _mode_lines(mode)
    for na in apertures:
        up, down = (format_quantity(response.collection(na, side)) for side in ("up", "down"))
        lines.append(f"of all power into NA {na:g}: {up} upward, {down} downward")
    for port in response.ports:
        share, power = response.guided_share(port), response.guided_power(port)
        lines.append(
            f"of all power guided out of {port}: {format_quantity(share)}; that is "
            f"{format_quantity(power)} in the unit of the Purcell factor"
        )
    if response.absorbed.nominal_value:
        absorbed = format_quantity(response.absorbed)
        lines.append(f"absorbed, in the same unit as the Purcell factor: {absorbed}")
    if response.fidelity == THEORY:  # its parts add up because they were made to
        return [*lines, response.verdict]
    lines += balance(response)[1]
    lines.append(f"{response.fidelity}: {response.verdict}")
    lines.append(_balance(response))
    return lines


def _balance(response: "Response") -> str:
    """What the closed surface says about the energy."""
    names = ("energy balance", "energy budget")
    tested = [check for check in response.checks if any(name in check for name in names)]
    if tested:
        return "; ".join(tested)
    if response.absorbed.nominal_value:
        return "energy balance: what does not leave counts as absorbed"
    share = response.provenance["grids"][-1]["extrapolated_share"]
    return (
        f"energy balance: no test here, since {share:.0%} of the spectrum was extrapolated from "
        "the ring-down before its light had left"
    )


def _mode_lines(mode: "Mode") -> list[str]:
    from cqdphotonics.display import format_quantity, quantity
    from cqdphotonics.fdtd.modes import SAME_QUALITY

    q = format_quantity(quantity(mode.quality, mode.quality_uncertainty))
    windows = ", too short for two windows"
    if mode.windows is not None:
        agree = mode.windows <= SAME_QUALITY
        windows = f", two windows {'within' if agree else 'DISAGREE by'} {mode.windows:.1g}"
    shares = ", ".join(f"{n} {s:.1%}" for n, s in mode.shares.items() if s > 5e-4)
    lines = [
        f"  resonance at {mode.wavelength:.5f} µm, Q = {q} ({mode.method}{windows})",
        f"    its light: {shares}",
    ]
    if mode.volume is None or mode.purcell_from_volume is None:
        lines.append(f"    F by the work of the dipole {mode.purcell:.4g} (unverified)")
        return [*lines, f"    no mode volume: {mode.no_volume}"] if mode.no_volume else lines
    volume = quantity(mode.normalised_volume or 0.0, mode.volume_uncertainty / mode.volume
                      * (mode.normalised_volume or 0.0))  # fmt: skip
    return [
        *lines,
        f"    F by the work of the dipole {mode.purcell:.4g}, by Q/V at the emitter "
        f"{mode.purcell_from_volume:.4g} (unverified)",
        f"    V = {format_quantity(volume)} (λ/n)³ with n = {mode.index_at_maximum:.3g} at the "
        f"field maximum; at the emitter V = {mode.volume_at_emitter:.4g} µm³ (unverified)",
    ]
