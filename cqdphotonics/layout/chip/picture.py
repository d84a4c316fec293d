"""Pictures of a layout, drawn by KLayout's own renderer."""

from typing import Any

from cqdphotonics.layout.chip.placing import Box
from cqdphotonics.layout.layers import FLOORPLAN, LAYERS, RELEASE

_HOLLOW, _DOTTED, _SOLID = 1, 9, 0
_PATTERNS = {FLOORPLAN.number: _HOLLOW, RELEASE.number: _DOTTED}
"""KLayout's numbers of patterns: what is filled hides what lies in it."""


def render(layout: Any, cell: str, view: Box, *, width: int = 1200) -> bytes:
    """A PNG of a part of a cell.

    Parameters
    ----------
    layout : klayout Layout
        It is not changed.
    cell : str
        Name of the cell.
    view : (xmin, ymin, xmax, ymax)
        What is seen, µm.
    width : int
        Pixels across; the height follows.
    """
    from klayout import db, lay

    canvas = lay.LayoutView()
    for name, value in (
        ("background-color", "#ffffff"),
        ("grid-visible", "false"),
        ("text-visible", "false"),
        ("cell-box-visible", "false"),
    ):
        canvas.set_config(name, value)
    canvas.show_layout(layout.dup(), True)  # which it takes for its own
    canvas.cellview(0).cell_name = cell
    canvas.max_hier()
    colours = {layer.number: layer.colour for layer in LAYERS}
    each = canvas.begin_layers()
    while not each.at_end():
        properties = each.current().dup()
        number = (properties.source_layer, properties.source_datatype)
        properties.fill_color = properties.frame_color = (
            int(colours.get(number, "#969696")[1:], 16) | 0xFF000000
        )
        properties.dither_pattern = _PATTERNS.get(number, _SOLID)
        canvas.set_layer_properties(each, properties)
        each.next()
    box = db.DBox(*view)
    height = max(80, round(width * box.height() / box.width()))
    canvas.zoom_box(box)
    return bytes(canvas.get_pixels_with_options(width, height, 0, 0, 0.0, box).to_png_data())
