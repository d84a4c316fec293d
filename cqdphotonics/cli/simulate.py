"""``cqd simulate``: the response of one device to a dipole."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cqdphotonics.cli.app import JsonOption, ParameterOption, emit, parse_parameters, say
from cqdphotonics.errors import InputError

if TYPE_CHECKING:
    from cqdphotonics.fdtd import Plan, Response

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
    dipole: Annotated[str, typer.Option(help="Axis of the dipole: x, y or z.")] = "x",
    fidelity: Annotated[str, typer.Option(help="draft, standard or fine.")] = "draft",
    na: Annotated[
        list[float] | None, typer.Option("--na", help="Numerical aperture; may be given often.")
    ] = None,
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
        Path | None, typer.Option("--output", "-o", help="Directory for the response.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be run, and run nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Purcell factor, collection and far field of a dipole in a device."""
    from cqdphotonics.layout import stacks

    if dipole not in ("x", "y", "z"):
        raise InputError(f"dipole '{dipole}' is not one of x, y, z.")
    films = stacks.load(stack, **parse_parameters(stack_parameter))  # type: ignore[arg-type]
    component = _device(device, parse_parameters(parameter))

    from cqdphotonics.fdtd import Limits, Store, build_scene, plan, simulate
    from cqdphotonics.fdtd.simulation import APERTURES

    planned = plan(build_scene(component, films, dipole), wavelength, fidelity)  # type: ignore[arg-type]
    if dry_run:
        emit(_plan_data(planned), _plan_text(planned), json)
        return
    place = Store(store)
    if output is not None:
        _writable(output)
    say(_plan_text(planned))
    response = simulate(
        component,
        films,
        wavelength,
        fidelity,
        dipole=dipole,  # type: ignore[arg-type]
        na=sorted({*APERTURES, *(na or ())}),
        store=place,
        ranks=ranks,
        limits=Limits(seconds=time_limit, memory=memory_limit),
        progress=_show_progress,
    )
    if output is not None:
        response.save(output)
    chosen = sorted(na) if na else [0.5, 0.8]
    emit(_response_data(response, output), _response_text(response, chosen, output), json)


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


def _plan_data(planned: "Plan") -> dict[str, Any]:
    return {
        "formulation": planned.formulation,
        "notes": list(planned.notes),
        "jobs": [
            {
                "hash": job.hash,
                "pixels_per_um": job.resolution,
                "voxels": job.voxels(),
                "time_step_um_per_c": job.courant / job.resolution,
                "longest_time_um_per_c": job.stop.longest,
                "mirrors": [mirror.axis for mirror in job.mirrors],
            }
            for job in planned.jobs
        ],
    }


def _plan_text(planned: "Plan") -> str:
    lines = [*planned.notes]
    for number, job in enumerate(planned.jobs, start=1):
        lines.append(
            f"run {number} of {len(planned.jobs)}: {job.resolution:.4g} px/µm, "
            f"{job.voxels():,} voxels, {job.pml:.3g} µm of absorbing layer"
        )
    return "\n".join(lines)


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
        "collection": collection,
        "resonances": [{"wavelength": w, "quality": q} for w, q in response.resonances],
        "spectrum": {
            name: response.data[name].values
            for name in ("wavelength", "purcell", "purcell_uncertainty")
        },
        "converged": response.converged,
        "verdict": response.verdict,
        "checks": list(response.checks),
        "job_hashes": list(response.job_hashes),
        "seconds": response.cost_seconds,
        "output": output,
    }


def _response_text(response: "Response", apertures: list[float], output: Path | None) -> str:
    from cqdphotonics.display import format_quantity, quantity

    peak = int(response.data["purcell"].values.argmax())
    highest = quantity(
        float(response.data["purcell"][peak]), float(response.data["purcell_uncertainty"][peak])
    )
    lines = [
        f"Purcell factor at {response.wavelength:g} µm: {format_quantity(response.purcell)}",
        f"  highest in the band: {format_quantity(highest)} at "
        f"{float(response.data['wavelength'][peak]):.4f} µm",
    ]
    for wavelength, quality in response.resonances[:3]:
        lines.append(f"  resonance at {wavelength:.4f} µm, Q = {quality:.3g} (unverified)")
    for na in apertures:
        up, down = (format_quantity(response.collection(na, side)) for side in ("up", "down"))
        lines.append(f"of all power into NA {na:g}: {up} upward, {down} downward")
    if response.absorbed.nominal_value:
        absorbed = format_quantity(response.absorbed)
        lines.append(f"absorbed, in the same unit as the Purcell factor: {absorbed}")
    lines.append(f"{response.fidelity}: {response.verdict}")
    if output is not None:
        lines.append(f"written to {output}")
    return "\n".join(lines)
