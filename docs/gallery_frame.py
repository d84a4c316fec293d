"""What the pages of the gallery share: names of files, tables, and how pictures stand in a page."""

import html
from collections.abc import Iterable
from typing import Any

from cqdphotonics import components
from cqdphotonics.layout.parameters import Parameter

FOLDER = "gallery"
"""What the names of all files of the gallery begin with."""

INDEX = f"{FOLDER}.html"

SHARPNESS = 170
"""Pixels an inch of what is not drawn as lines."""


Shown = tuple[list[str], list[tuple[str, str]]]
"""Lines of text, and pictures with their captions."""


def defaults(name: str) -> dict[str, Any]:
    """All parameters of a device or part as they are where nothing is set."""
    return dict(components.resolve(name, {}))


def file_of(component: str) -> str:
    """The page of a device or part."""
    return f"{FOLDER}-{component.replace('_', '-')}.html"


def cell(text: str) -> str:
    """A text in a table: the bars of |E|² are no columns."""
    return text.replace("|", "\\|")


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """The lines of a table in Markdown, with an empty one after it."""
    names = [cell(head) for head in heads]
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    return [*lines, *(f"| {' | '.join(map(cell, row))} |" for row in rows), ""]


def parameter_table(parameters: Iterable[Parameter]) -> str:
    """A table of parameters with their ranges, and why these end where they do."""
    rows = []
    for one in parameters:
        if one.choices:
            allowed = ", ".join(one.choices)
        elif one.kind == "bool":
            allowed = "true, false"
        elif one.kind == "str":
            allowed = "any"
        else:
            allowed = "\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}".join(
                "any" if limit is None else f"{limit:g}" for limit in (one.minimum, one.maximum)
            )
        meaning = "; ".join(filter(None, (one.description, one.reason)))
        rows.append((f"`{one.name}`", str(one.default), one.unit, allowed, meaning))
    heads = ("parameter", "default", "unit", "allowed", "meaning; why not beyond")
    return "\n".join(["", *table(heads, rows)])


def as_svg(figure: Any, name: str, kind: str, description: str) -> str:
    """A figure for a page; `name` and `kind` keep its ids apart from others'."""
    from cqdphotonics.report.svg import to_svg

    figure.dpi = SHARPNESS
    return to_svg(figure, f"{name}-{kind}", description)


def layout(made: Any, name: str, title: str) -> str:
    """What is drawn on the mask, seen from above."""
    from cqdphotonics.layout.draw import draw_layout
    from cqdphotonics.report.svg import drawing

    box = made.dbbox()
    height = min(max(1.2 + 3.6 * box.height() / box.width(), 1.6), 3.9)
    with drawing(4.6, height) as (figure, axes):
        draw_layout(made, axes)
        axes.grid(visible=False)
        for patch in axes.patches:
            patch.set_rasterized(True)
        return as_svg(figure, name, "layout", f"Layout of {title}.")


def block(pictures: Iterable[tuple[str, str]]) -> str:
    """Pictures with what they show, side by side, as one block of HTML."""
    figures = [
        f'<figure style="margin:0;{_width(what)}">{picture}'
        f'<figcaption style="font-size:.8rem">{html.escape(what)}</figcaption></figure>'
        for what, picture in pictures
    ]
    style = "--faint:#8a8d91;display:flex;flex-wrap:wrap;gap:1.2rem;"
    style += "align-items:flex-end;margin-bottom:1rem"
    # One line: a blank one would end the block in Markdown.
    return f'<div style="{style}">{"".join(figures)}</div>'.replace("\n", " ")


def _width(what: str) -> str:
    return "flex:1 1 100%" if what.startswith("cross") else "flex:1 1 18rem;max-width:27rem"
