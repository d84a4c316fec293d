"""``cqd drc`` and ``cqd kits``: does a layout keep a kit's design rules; which kits there are."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cqdphotonics.cli.app import JsonOption, emit, say


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("kits")(show_kits)
    app.command("drc")(check_rules)


def show_kits(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None,
    lyp: Annotated[
        Path | None, typer.Option("--lyp", help="Write KLayout's layer properties to this file.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the kits (PDKs), or show layers and rules of one, shipped or a YAML file of yours."""
    from cqdphotonics.layout import kits

    if name is None:
        if lyp is not None:
            raise typer.BadParameter("--lyp needs the name of a kit.")
        known = kits.descriptions()
        width = max(len(k) for k in known)
        emit(
            {"kits": [{"name": k, "description": v} for k, v in known.items()]},
            "\n".join(f"{k.ljust(width)}  {v}" for k, v in known.items()),
            json,
        )
        return
    kit = kits.load(name)
    data: dict[str, Any] = kit.model_dump(mode="json")
    lines = [f"{kit.name}: {kit.description}", "", "layers"]
    lines += [f"  {layer!s:18}  {layer.purpose}" for layer in kit.layers]
    lines += ["", "rules (µm, µm², degrees)"]
    for rule in kit.rules:
        shown = rule.model_dump(exclude={"name", "kind", "layer", "reason"}, exclude_none=True)
        numbers = ", ".join(f"{k} {v}" for k, v in shown.items())
        lines.append(f"  {rule.name:32}  {numbers:32}  {rule.reason}".rstrip())
    if lyp is not None:
        data["lyp"] = kit.write_lyp(lyp)
        lines += ["", f"{lyp}: layer properties for KLayout"]
    emit(data, "\n".join(lines), json)


def check_rules(
    layout: Annotated[Path, typer.Argument(metavar="FILE.gds", help="GDS or OASIS.")],
    kit: Annotated[
        str, typer.Option("--kit", help="Name of a kit, see `cqd kits`, or a YAML file.")
    ] = "sin-ebeam",
    cell: Annotated[
        str | None, typer.Option("--cell", help="Where there are several top cells: the one meant.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Directory for drc.json, drc.lyrdb (KLayout) and drc.png."
        ),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Check a layout against design rules.

    Exit code 0: no violation. 1: checked, and there are violations. 2: wrong input.
    """
    from cqdphotonics.layout import drc

    say(f"checking {layout} against {kit} …")
    report = drc.check(layout, kit, cell=cell)
    data: dict[str, Any] = {"file": layout, **report.data()}
    text = report.table()
    if output is not None:
        from cqdphotonics.layout.written import write_file

        report.write_lyrdb(output / "drc.lyrdb")
        report.write_picture(output / "drc.png")
        write_file(output / "drc.json", report.to_json().encode())
        data["output"] = output
        text += f"\nwritten to {output}: drc.json, drc.lyrdb, drc.png"
    emit(data, text, json)
    return 0 if report.clean else 1
