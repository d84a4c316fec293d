"""``cqd components``, ``cqd stacks``, ``cqd layout``: what can be drawn, and drawing it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cqdphotonics.cli.app import JsonOption, ParameterOption, emit, parse_parameters, say

if TYPE_CHECKING:
    from cqdphotonics.layout.parameters import Parameter
    from cqdphotonics.layout.stacks import Stack

NameArgument = Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("components")(show_components)
    app.command("stacks")(show_stacks)
    app.command("layout")(draw)


def show_components(name: NameArgument = None, json: JsonOption = False) -> None:
    """List the devices and parts, or tell what one is and what can be set on it."""
    from cqdphotonics import components

    if name is None:
        groups = {
            key: [{"name": one, "description": components.family(one).description} for one in some]
            for key, some in (
                ("components", components.names()),
                ("parts", components.part_names()),
            )
        }
        rows = [
            ["devices", ""],
            *([f"  {d['name']}", d["description"]] for d in groups["components"]),
        ]
        rows += [["", ""], ["parts, without a dot", ""]]
        rows += [[f"  {d['name']}", d["description"]] for d in groups["parts"]]
        emit(groups, columns(rows), json)
        return
    from cqdphotonics import nominal
    from cqdphotonics.nominal.tables import described

    family = components.family(name)
    lines = [f"{name}: {family.description}", "", _parameter_table(family.parameters)]
    designs = [described(design) for design in nominal.of_family(name)]
    if designs:
        lines += ["", "nominal designs"]
        lines += [f"\n{text}" for _, text in designs]
    emit(
        {
            "name": name,
            "description": family.description,
            "has_emitter": family.has_emitter,
            "parameters": [_parameter_data(p) for p in family.parameters],
            "nominal": [data for data, _ in designs],
        },
        "\n".join(lines),
        json,
    )


def show_stacks(
    name: NameArgument = None, parameter: ParameterOption = None, json: JsonOption = False
) -> None:
    """List the film stacks, or show the films of one from top to bottom."""
    from cqdphotonics.layout import stacks

    if name is None:
        if parameter:
            raise typer.BadParameter("-p needs the name of a stack.")
        known = stacks.descriptions()
        emit(
            {"stacks": [{"name": k, "description": v} for k, v in known.items()]},
            columns([list(pair) for pair in known.items()]),
            json,
        )
        return
    stack = stacks.load(name, **parse_parameters(parameter))  # type: ignore[arg-type]
    parameters = stacks.parameters(name)
    data = stack.model_dump()
    data["heights"] = {film: list(edges) for film, edges in stack.heights.items()}
    data["emitter_z"] = stack.emitter_z
    data["parameters"] = [_parameter_data(p) for p in parameters]
    text = "\n".join(
        [
            f"{stack.name}: {stack.description}",
            "",
            _film_table(stack),
            "",
            f"the dot is at z = {stack.emitter_z:.3f} µm, in the film '{stack.emitter_film}'",
            "",
            _parameter_table(parameters),
        ]
    )
    emit(data, text, json)


def draw(
    component: Annotated[str, typer.Argument(metavar="COMPONENT", help="See `cqd components`.")],
    parameter: ParameterOption = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="GDS file to write. Default: COMPONENT.gds here."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Also a picture: .png, .svg or .pdf.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Draw a device or part and write it as GDS."""
    from cqdphotonics import components

    build = components.load(component)
    has_emitter = components.family(component).has_emitter
    given = parse_parameters(parameter)
    # Wrong values are refused before the seconds that gdsfactory takes to load.
    components.resolve(component, given)
    say(f"drawing {component} …")
    cell = build(**given)

    from cqdphotonics.layout.component import emitter_position
    from cqdphotonics.layout.gdsio import write_component

    path = write_component(cell, output or Path(f"{component}.gds"))
    if picture is not None:
        from cqdphotonics.layout.draw import save_picture

        save_picture(cell, picture)
    box = cell.dbbox()
    emitter = list(emitter_position(cell)) if has_emitter else None
    settings = dict(cell.settings.model_dump())
    data: dict[str, Any] = {
        "component": component,
        "cell": cell.name,
        "settings": settings,
        "emitter": emitter,
        "size": [round(box.width(), 6), round(box.height(), 6)],
        "file": path,
        "picture": picture,
    }
    values = ", ".join(f"{key} = {value}" for key, value in settings.items())
    dot = f"emitter at ({emitter[0]:g}, {emitter[1]:g}) µm" if emitter else "no emitter"
    text = f"{path}: {component}, {box.width():.3f} × {box.height():.3f} µm, {dot}\n{values}"
    emit(data, text, json)


def _parameter_data(parameter: "Parameter") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(parameter)


def _parameter_table(parameters: Sequence["Parameter"]) -> str:
    rows = [["parameter", "default", "range", "unit", ""]]
    for p in parameters:
        allowed = ", ".join(p.choices) if p.kind == "str" else "true, false"
        if p.minimum is not None and p.maximum is not None:
            allowed = f"{p.minimum:g} – {p.maximum:g}"
        rows.append([p.name, f"{p.default}", allowed, p.unit, p.description])
    return columns(rows)


def _film_table(stack: "Stack") -> str:
    rows = [["film", "material", "z (µm)", "thickness", "layer"]]
    rows.append(["cladding", stack.cladding, "", "∞", ""])
    for film in reversed(stack.films):
        low, high = stack.heights[film.name]
        layer = f"{film.layer[0]}/{film.layer[1]}" if film.layer else ""
        rows.append(
            [film.name, film.material, f"{low:.3f} – {high:.3f}", f"{film.thickness:.4g}", layer]
        )
    rows.append(["substrate", stack.substrate, "", "∞", ""])
    return columns(rows)


def columns(rows: list[list[str]]) -> str:
    """Rows of text as a table, each column as wide as its widest cell."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
