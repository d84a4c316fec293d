"""``cqd nominal``: the nominal designs, and their figures computed anew."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cqdphotonics.cli.app import JsonOption, emit, say
from cqdphotonics.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("nominal")(show_nominal)


def show_nominal(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None,
    compute: Annotated[
        bool, typer.Option("--compute", help="Simulate, and keep the figures beside the design.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="With --compute: every design that has figures.")
    ] = False,
    fidelity: Annotated[
        str | None, typer.Option(help="Another fidelity than the design's own.")
    ] = None,
    ranks: Annotated[int, typer.Option(min=1, help="MPI ranks of each simulation.")] = 1,
    store: Annotated[
        Path | None, typer.Option(help="Where results are kept. Default: the user's cache.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Directory for the figures instead of the package's."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the nominal designs, show one with its figures, or compute them anew.

    What was simulated before is taken from the store: the same command goes on where it was
    stopped.
    """
    from cqdphotonics import nominal

    if name is not None and everything:
        raise InputError("--all means every design; leave the name out, or leave --all out.")
    if compute:
        if name is None and not everything:
            raise InputError("--compute needs the name of a design, or --all.")
        chosen = [name] if name is not None else [
            n for n in nominal.names() if not nominal.load(n).not_simulated
        ]  # fmt: skip
        _compute(chosen, fidelity, ranks, store, output, json)
        return
    if fidelity or store or output or everything:
        raise InputError("--fidelity, --store, --output and --all go with --compute.")
    if name is not None:
        from cqdphotonics.nominal.tables import described

        data, text = described(nominal.load(name))
        emit(data, text, json)
        return
    _list(json)


def _list(json: bool) -> None:
    from cqdphotonics import nominal
    from cqdphotonics.display import format_quantity, quantity

    found: list[dict[str, Any]] = []
    lines = []
    for name in nominal.names():
        design = nominal.load(name)
        kept = nominal.read_record(design)
        figure, purcell = "not simulated", None
        if (parts := nominal.read_parts(design)) is not None:
            figure = f"in parts: {len(parts.figures)} figures"
        if isinstance(kept, nominal.ArrayRecord):
            highest = kept.enhancement
            figure = "no resonance" if highest is None else (
                f"|E|² × {format_quantity(highest)}, {kept.fidelity}"
            )  # fmt: skip
        elif kept is not None:
            purcell = quantity(*kept.purcell)
            figure = f"F = {kept.words(purcell)}, {kept.fidelity}"
        if kept is not None and not kept.converged:
            figure += ", NOT CONVERGED"
        lines.append((name, design.component, figure))
        found.append(
            {
                "name": name,
                "component": design.component,
                "wavelength": design.wavelength,
                "purcell": purcell,
                "fidelity": None if kept is None else kept.fidelity,
            }
        )
    widths = [max(len(line[i]) for line in lines) for i in (0, 1)]
    text = "\n".join(f"{a.ljust(widths[0])}  {b.ljust(widths[1])}  {c}" for a, b, c in lines)
    emit({"nominal": found}, text, json)


def _compute(
    chosen: list[str],
    fidelity: str | None,
    ranks: int,
    store: Path | None,
    output: Path | None,
    json: bool,
) -> None:
    from cqdphotonics import nominal
    from cqdphotonics.nominal.compute import compute
    from cqdphotonics.nominal.part_runs import compute_parts
    from cqdphotonics.nominal.tables import rows

    done: list[dict[str, Any]] = []
    lines = []
    for name in chosen:
        design = nominal.load(name)
        if design.parts:
            say(f"{name}: in parts")
            parts = compute_parts(
                design, store=store, directory=output, say=lambda text: say(f"  {text}")
            )
            done.append({"name": name, **parts.model_dump(mode="json")})
            lines += [f"{name}: in parts", *(f"  {what}: {value}" for what, value in parts.rows())]
            continue
        at = fidelity or design.fidelity
        say(f"{name}: {design.model_copy(update={'fidelity': at}).command}")

        def show(report: dict[str, Any], name: str = name) -> None:
            say(
                f"  {name}, run {report['run']} of {report['runs']}, {report['stage']}: "
                f"t = {report['time']:.0f} µm/c, still open {report['remaining']:.1%}"
            )

        kept = compute(design, fidelity, store=store, directory=output, ranks=ranks, progress=show)
        done.append({"name": name, **kept.model_dump(mode="json")})
        lines.append(f"{name}: {kept.verdict}")
        lines += [f"  {what}: {value}" for what, value in rows(design, kept)]
        say(lines[-len(list(rows(design, kept))) - 1])
    emit({"computed": done}, "\n".join(lines), json)
