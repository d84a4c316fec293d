"""What is wrong with shapes as they are drawn: unknown layers, malformed, drawn twice.

The first two are no rules of a kit: they are checked always, since every other rule would pass
over them in silence.
"""

from dataclasses import dataclass
from typing import Any

from cqdphotonics.layout.drc.bench import Bench
from cqdphotonics.layout.kits import KitLayer


@dataclass(frozen=True)
class Always:
    """A rule that no kit has to ask for."""

    name: str
    kind: str
    reason: str = ""


UNKNOWN = Always("unknown-layer", "unknown_layer", "no rule can be checked on it")
MALFORMED = Always("malformed", "malformed", "programs disagree on what it covers")


def unknown_layers(bench: Bench) -> None:
    """Shapes on layers that the kit does not have."""
    from klayout import db

    for index in bench.layout.layer_indexes():
        info = bench.layout.get_info(index)
        if bench.kit.at((info.layer, info.datatype)) is not None:
            continue
        shapes = db.RecursiveShapeIterator(bench.layout, bench.top, index)
        if shapes.at_end():
            continue
        name = f"{info.layer}/{info.datatype}"
        bench.add(
            UNKNOWN,
            (name,),
            bench.top,
            bench.top.bbox_per_layer(index),
            f"there are shapes on layer {name}, which the kit {bench.kit.name} does not have. "
            "Draw them on one of its layers, or add the layer to the kit",
        )


def malformed(bench: Bench) -> None:
    """Polygons that cross themselves, shapes without area, texts."""
    from klayout import db

    layers = {layer: bench.layout.find_layer(*layer.number) for layer in bench.kit.layers}
    texts = 0
    for index in list(bench.places):
        cell = bench.layout.cell(index)
        for layer, number in layers.items():
            if number is None:
                continue
            for shape in cell.shapes(number).each():
                if shape.is_text():
                    texts += 1
                elif shape.is_path() and shape.path_width == 0:
                    _note(bench, layer, cell, shape, "has a path without width")
                elif shape.area() == 0 and db.Region(shape.polygon).merged().is_empty():
                    _note(bench, layer, cell, shape, "has a shape without area")
            # An area that an outline goes around more than once, or the wrong way.
            drawn = db.Region(cell.shapes(number))
            for polygon in drawn.strange_polygon_check().merged().each():
                _note(bench, layer, cell, polygon, "has a polygon that crosses itself")
    if texts:
        bench.notes.append(
            f"{texts} text{'s' * (texts > 1)} of the file: not measured, since no mask shows them."
        )


def _note(bench: Bench, layer: KitLayer, cell: Any, shape: Any, text: str) -> None:
    bench.add(MALFORMED, (layer,), cell, shape.bbox(), f"{layer.name} {text}")


def duplicate_cells(bench: Bench, rule: Any) -> None:
    """The same cell twice at the same place."""
    for index in list(bench.places):
        cell = bench.layout.cell(index)
        seen = set()
        for placed in cell.each_inst():
            key = str(placed.cell_inst)
            if key in seen:
                text = f"cell {placed.cell.name} is placed twice at the same place"
                bench.add(rule, ("all layers",), cell, placed.bbox(), text)
            seen.add(key)


def duplicate(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """The same shape twice at the same place, in one cell or from several.

    Where nothing is covered twice there is none; only what is covered twice is looked at one by
    one. A cell that is placed twice at one place is one fault, noted once for all its shapes.
    """
    twice = bench.drawn(layer).merged(False, 2)
    number = bench.layout.find_layer(*layer.number)
    for cell, shapes in bench.by_cell(twice):
        covered = [shape.polygon.bbox() for shape in shapes.each()]
        noted: set[Any] = set()
        for box in covered:
            seen: dict[Any, int] = {}
            places: dict[Any, str] = {}
            found = cell.begin_shapes_rec_touching(number, box)
            while not found.at_end():
                shape = found.shape()
                if not shape.is_text():
                    # A path and the polygon of the same outline are the same on the mask.
                    polygon = shape.polygon.transformed(found.trans())
                    seen[polygon] = seen.get(polygon, 0) + 1
                    path = found.path()
                    places[polygon] = places.get(polygon, "") + "|" + ";".join(map(str, path))
                found.next()
            for polygon, times in seen.items():
                if times < 2 or polygon in noted:
                    continue
                noted.add(polygon)
                text = f"{layer.name} has the same shape {times} times at one place"
                bench.add(rule, (layer,), cell, polygon.bbox(), text, measured=times, allowed=1)
