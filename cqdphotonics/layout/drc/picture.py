"""A picture of a layout with its violations, drawn by KLayout, numbered as in the table."""

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cqdphotonics.layout.drc.report import DrcReport

NUMBERED = 60
"""Markers that get their number; more would cover each other."""

RED = "#d7191c"


def picture_bytes(report: "DrcReport", size: int) -> bytes:
    """A PNG of `size` pixels across: the whole cell on the left, the worst place on the right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from cqdphotonics.errors import InputError

    layout = report.layout
    if layout is None:
        raise InputError("this report has no layout to draw: it was not made by drc.check.")
    box = layout.cell(report.cell).dbbox()
    views = [(box.enlarged(0.03 * max(box.width(), box.height(), 0.1)), "")]
    if report.violations:
        first = report.violations[0]
        near = max(1.0, 4 * max(first.box[2] - first.box[0], first.box[3] - first.box[1]))
        if near < 0.5 * max(box.width(), box.height()):
            views.append((_around(first.position, near), f"1: {first.rule}"))
    figure = Figure(figsize=(size / 100, 0.55 * size / 100), layout="constrained", dpi=100)
    FigureCanvasAgg(figure)
    for axes, (view, title) in zip(
        figure.subplots(1, len(views), squeeze=False)[0], views, strict=True
    ):
        _draw(report, axes, view)
        axes.set_title(
            title or f"{report.cell}: {report.table().splitlines()[0].split(': ')[-1]}"[:90],
            fontsize=9,
        )
    target = io.BytesIO()
    figure.savefig(target, format="png", metadata={"Software": None})
    return target.getvalue()


def _around(middle: tuple[float, float], side: float) -> Any:
    from klayout import db

    x, y = middle
    return db.DBox(x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def _draw(report: "DrcReport", axes: Any, view: Any) -> None:
    from matplotlib.image import imread
    from matplotlib.patches import Rectangle

    shape = view.height() / view.width()
    width, height = (
        (1000, max(50, round(1000 * shape))) if shape < 1 else (max(50, round(1000 / shape)), 1000)
    )
    image = imread(io.BytesIO(_rendered(report, view, width, height)))
    axes.imshow(image, extent=(view.left, view.right, view.bottom, view.top), aspect="equal")
    least = 0.012 * max(view.width(), view.height())
    for number, one in enumerate(report.violations, 1):
        x, y = one.position
        a = max(least, one.box[2] - one.box[0])
        b = max(least, one.box[3] - one.box[1])
        axes.add_patch(
            Rectangle((x - a / 2, y - b / 2), a, b, fill=False, edgecolor=RED, linewidth=1.2)
        )
        if number <= NUMBERED:
            axes.annotate(
                f"{number}", (x + a / 2, y + b / 2), color=RED, fontsize=8,
                annotation_clip=True, xytext=(1, 1), textcoords="offset points",
            )  # fmt: skip
    axes.set_xlim(view.left, view.right)
    axes.set_ylim(view.bottom, view.top)
    axes.set_xlabel("x (µm)")
    axes.set_ylabel("y (µm)")


def _rendered(report: "DrcReport", view: Any, width: int, height: int) -> bytes:
    from klayout import lay

    from cqdphotonics.layout.layers import LAYERS

    canvas = lay.LayoutView()
    canvas.set_config("background-color", "#ffffff")
    canvas.set_config("grid-visible", "false")
    canvas.set_config("text-visible", "false")
    canvas.set_config("cell-box-visible", "false")
    canvas.show_layout(report.layout.dup(), True)  # which it takes for its own
    canvas.cellview(0).cell_name = report.cell
    canvas.max_hier()
    colours = {layer.number: layer.colour for layer in LAYERS}
    each = canvas.begin_layers()
    while not each.at_end():
        properties = each.current().dup()
        colour = int(
            colours.get((properties.source_layer, properties.source_datatype), "#969696")[1:], 16
        )
        properties.fill_color = properties.frame_color = colour | 0xFF000000
        properties.dither_pattern = 0 if properties.source_layer != 99 else 1
        canvas.set_layer_properties(each, properties)
        each.next()
    canvas.zoom_box(view)
    return bytes(canvas.get_pixels_with_options(width, height, 0, 0, 0.0, view).to_png_data())
