"""``cqd lattice``: a plane wave on a periodic array."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cqdphotonics.cli.app import JsonOption, ParameterOption, emit, parse_parameters, say
from cqdphotonics.cli.simulate import StackParameterOption
from cqdphotonics.errors import InputError

if TYPE_CHECKING:
    from cqdphotonics.fdtd import Store
    from cqdphotonics.fdtd.lattice_plan import LatticePlan
    from cqdphotonics.fdtd.lattice_response import Extremum, LatticeResponse


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("lattice")(simulate_array)


def simulate_array(
    device: Annotated[
        str, typer.Argument(metavar="COMPONENT|FILE.gds", help="An array, e.g. nanohole_array.")
    ],
    stack: Annotated[str, typer.Option("--stack", "-s", help="See `cqd stacks`.")],
    wavelength: Annotated[float, typer.Option("--wavelength", "-w", help="Vacuum, in µm.")],
    band: Annotated[
        tuple[float, float] | None,
        typer.Option("--band", help="Shortest and longest wavelength. Default: a fifth about."),
    ] = None,
    parameter: ParameterOption = None,
    stack_parameter: StackParameterOption = None,
    light_from: Annotated[
        str, typer.Option("--from", help="Side that the light comes from: up or down.")
    ] = "up",
    polarisation: Annotated[str, typer.Option(help="Of the light: x or y.")] = "x",
    fidelity: Annotated[str, typer.Option(help="draft, standard or fine.")] = "draft",
    ranks: Annotated[int, typer.Option(min=1, help="MPI ranks of each simulation.")] = 1,
    time_limit: Annotated[
        float, typer.Option(min=1, help="Seconds that one simulation may take.")
    ] = 6 * 3600,
    store: Annotated[
        Path | None, typer.Option(help="Where results are kept. Default: the user's cache.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Directory for spectra, fields and picture."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be run, and run nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """What an endless array passes, reflects, absorbs and enhances of a plane wave.

    The cell is read from the layout: the smallest shift along x and y that brings what is drawn
    onto itself. The light falls at normal incidence.
    """
    from cqdphotonics.cli.simulate import _device, _writable
    from cqdphotonics.fdtd import Limits, Store, build_scene
    from cqdphotonics.fdtd.lattice_plan import plan_lattice
    from cqdphotonics.fdtd.lattice_response import simulate_lattice
    from cqdphotonics.layout import stacks

    if light_from not in ("up", "down"):
        raise InputError(f"light from '{light_from}': it comes from up or down.")
    films = stacks.load(stack, **parse_parameters(stack_parameter))  # type: ignore[arg-type]
    scene = build_scene(_device(device, parse_parameters(parameter)), films)
    planned = plan_lattice(
        scene,
        wavelength,
        fidelity,
        band=band,
        light_from=light_from,  # type: ignore[arg-type]
        polarisation=polarisation,
    )
    place = Store(store)
    if dry_run:
        emit(plan_data(planned, place), plan_text(planned, place), json)
        return
    if output is not None:
        _writable(output)
    say(plan_text(planned, place))
    response = simulate_lattice(
        planned, store=place, ranks=ranks, limits=Limits(seconds=time_limit), progress=_show
    )
    if output is not None:
        from cqdphotonics.report.lattice import draw_lattice

        response.save(output)
        draw_lattice(response, output / "lattice.png")
    emit(response_data(response, output), response_text(response, output), json)


def _show(report: dict[str, Any]) -> None:
    say(
        f"  run {report['run']} of {report['runs']}, {report['stage']}: t = {report['time']:.0f} "
        f"µm/c (at most {report['longest']:.0f}), still open {report['remaining']:.1%}"
    )


def _steps(job: Any) -> tuple[int, int]:
    """Time steps that are usual, and the most."""
    pulse = 10.0 / (1.5 * (max(job.frequencies) - min(job.frequencies)))
    step = job.courant / job.resolution
    usual, most = pulse + 4 * job.stop.interval, pulse + job.stop.longest
    return round(usual / step), round(most / step)


def plan_data(planned: "LatticePlan", store: "Store") -> dict[str, Any]:
    """What would be run, as data."""
    from cqdphotonics.fdtd.cost import DEFAULT_SPEED

    jobs = []
    for job in planned.jobs:
        usual, most = _steps(job)
        jobs.append(
            {
                "hash": job.hash,
                "pixels_per_um": job.resolution,
                "voxels": job.voxels(),
                "mirrors": [mirror.axis for mirror in job.mirrors],
                "steps": {"expected": usual, "most": most},
                "seconds": {
                    "expected": job.voxels() * usual / DEFAULT_SPEED["cartesian"],
                    "most": job.voxels() * most / DEFAULT_SPEED["cartesian"],
                },
                "stored": job in store,
            }
        )
    return {
        "periods": list(planned.cell.periods),
        "band": list(planned.band),
        "notes": list(planned.notes),
        "jobs": jobs,
    }


def plan_text(planned: "LatticePlan", store: "Store") -> str:
    """What would be run, in words."""
    from cqdphotonics.cli.simulate import _span

    data = plan_data(planned, store)
    lines = list(planned.notes)
    for number, (job, facts) in enumerate(zip(planned.jobs, data["jobs"], strict=True), 1):
        mirrors = ", ".join(f"{m.axis} ({m.parity:+d})" for m in job.mirrors) or "none"
        lines.append(
            f"run {number} of {len(planned.jobs)}: {job.resolution:.4g} px/µm, "
            f"{job.voxels():,} voxels, mirrors {mirrors}; −{job.below:.3g} < z < {job.above:.3g} "
            f"µm and {job.pml:.3g} µm of absorbing layer"
        )
        seconds = facts["seconds"]
        lines.append(
            "  the result is stored already" if facts["stored"] else
            f"  about {facts['steps']['expected']:,} steps, {_span(seconds['expected'])} on one "
            f"core (at most {_span(seconds['most'])}), not measured here"
        )  # fmt: skip
    return "\n".join(lines)


def response_data(response: "LatticeResponse", output: Path | None) -> dict[str, Any]:
    """The response, as data; the fields are in the files."""
    from cqdphotonics.fdtd.lattice import NAMES

    data = response.data
    known = [name for name in NAMES if name in data]
    return {
        **response.about(),
        "at_wavelength": {name: response.at(name) for name in known},
        "spectrum": {
            "wavelength": data["wavelength"].values,
            **{name: data[name].values for name in known},
            **{f"{name}_uncertainty": data[f"{name}_uncertainty"].values for name in known},
        },
        "output": output,
    }


def wavelength_text(extremum: "Extremum") -> str:
    """The place of an extremum with its unit."""
    from cqdphotonics.display import format_quantity

    where = extremum.wavelength
    if where.std_dev:
        return format_quantity(where, "µm")
    return f"{where.nominal_value:.4f} µm (unverified)"


def response_text(response: "LatticeResponse", output: Path | None) -> str:
    """The response in words."""
    from cqdphotonics.display import format_quantity
    from cqdphotonics.fdtd.lattice import NAMES

    lines = [f"at {response.wavelength:g} µm:"]
    for name, words in NAMES.items():
        if name in response.data:
            lines.append(f"  {words}: {format_quantity(response.at(name))}")
    lines.append("within the band:")
    for extremum in response.extrema:
        lines.append(
            f"  {extremum.kind} of {NAMES[extremum.spectrum]}: {format_quantity(extremum.value)} "
            f"at {wavelength_text(extremum)}"
        )
    for one in response.plasmons:
        lines.append(
            f"plasmon of the flat film on the side '{one.side}', order (1, 0): predicted at "
            f"{one.wavelength:.4f} µm ({one.half_space:.4f} µm with metal without end)"
        )
    lines.append(f"{response.fidelity}: {response.verdict}")
    if output is not None:
        lines.append(f"written to {output}")
    return "\n".join(lines)
