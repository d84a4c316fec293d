"""The fields that the beam writes without a move of the stage, and what lies across their seams.

At a seam two fields meet with an error of some 10 nm; a waveguide scatters there, a cavity is
detuned. Field (0, 0) is centred on `Process.field_origin`, so that a device drawn about it is in
one field.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
from typing import Any

from cqdphotonics.layout.ebeam.outlines import Numbers, klayout_cell
from cqdphotonics.layout.ebeam.process import Process
from cqdphotonics.layout.layers import LAYERS


@dataclass(frozen=True)
class Crossing:
    """A place where a device lies across a seam between two fields.

    Attributes
    ----------
    device : str
        Name of the cell, with its number among the placements in brackets if there are several.
    position : (float, float)
        Where the device's origin lies, µm.
    axis : {"x", "y"}
        The coordinate that is constant on the seam.
    seam : float
        That coordinate in µm.
    spans : tuple of (float, float)
        From where to where, along the seam, the device's shapes lie on it, µm.
    layers : tuple of (int, int)
        Whose shapes these are.
    """

    device: str
    position: tuple[float, float]
    axis: str
    seam: float
    spans: tuple[tuple[float, float], ...]
    layers: tuple[Numbers, ...]

    def __str__(self) -> str:
        other = "y" if self.axis == "x" else "x"
        spans = ", ".join(f"{a:.3f} to {b:.3f}" for a, b in self.spans)
        return (
            f"{self.device} at ({self.position[0]:.3f}, {self.position[1]:.3f}) µm lies across the "
            f"write-field seam {self.axis} = {self.seam:.3f} µm at {other} = {spans} µm"
        )


def fields(component: Any, process: Process | None = None) -> list[Crossing]:
    """Devices that lie across a seam between two write fields.

    A device is an instance in `component`, every one of an array for itself; shapes drawn in
    `component` itself count as one more. Only layers that are written are looked at.

    Parameters
    ----------
    component : gdsfactory Component or klayout.db.Cell
        A chip, or a device.
    process : Process, optional
        Its `write_field` and `field_origin`.

    Returns
    -------
    list of Crossing
        By device and seam; empty if there is none.
    """
    from klayout import db

    process = process or Process()
    top = klayout_cell(component)
    layout = top.layout()
    # A floorplan says where things are and is not written.
    silent = {layer.number for layer in LAYERS if "not written" in layer.purpose}
    layers = {
        index: (info.layer, info.datatype)
        for index, info in zip(layout.layer_indexes(), layout.layer_infos(), strict=True)
        if (info.layer, info.datatype) not in silent
    }
    found: list[Crossing] = []
    for name, place, cell, trans in _devices(top):
        box = db.DBox()
        for index in layers:
            if cell is None:
                box += db.Region(_own(layout, top, index)).bbox().to_dtype(layout.dbu)
            else:
                box += cell.dbbox(index).transformed(trans)
        if box.empty():
            continue
        for axis, seam in _seams(box, process):
            crossing = _crossing(top, cell, trans, layers, axis, seam, box)
            if crossing[0]:
                found.append(Crossing(name, place, axis, seam, *crossing))
    return found


def _devices(top: Any) -> Iterator[tuple[str, tuple[float, float], Any, Any]]:
    """Name, place, cell and transformation of each; no cell for the shapes of `top` itself."""
    from klayout import db

    layout = top.layout()
    placed: dict[str, list[Any]] = {}
    for instance in top.each_inst():
        array = instance.dcell_inst
        for column in range(max(1, array.na)):
            for row in range(max(1, array.nb)):
                shift = db.DTrans(array.a * column + array.b * row)
                trans = db.DCplxTrans(shift) * array.cplx_trans
                cell = layout.cell(array.cell_index)
                placed.setdefault(cell.name, []).append((cell, trans))
    yield top.name, (0.0, 0.0), None, db.DCplxTrans()
    for name, copies in placed.items():
        for number, (cell, trans) in enumerate(copies):
            label = name if len(copies) == 1 else f"{name}[{number}]"
            yield label, (trans.disp.x, trans.disp.y), cell, trans


def _seams(box: Any, process: Process) -> Iterator[tuple[str, float]]:
    size = process.write_field
    for axis, low, high, centre in (
        ("x", box.left, box.right, process.field_origin[0]),
        ("y", box.bottom, box.top, process.field_origin[1]),
    ):
        first = floor((low - centre) / size + 0.5)
        last = floor((high - centre) / size + 0.5)
        for number in range(first, last + 1):
            seam = centre + (number + 0.5) * size
            if low + 1e-9 < seam < high - 1e-9:
                yield axis, seam


def _crossing(
    top: Any, cell: Any, trans: Any, layers: dict[int, Numbers], axis: str, seam: float, box: Any
) -> tuple[tuple[tuple[float, float], ...], tuple[Numbers, ...]]:
    """Where shapes lie on both sides of a seam, and on which layers."""
    from klayout import db

    layout = top.layout()
    dbu = layout.dbu
    step = 2 * dbu
    if axis == "x":
        strip = db.DBox(seam - step, box.bottom, seam + step, box.top)
    else:
        strip = db.DBox(box.left, seam - step, box.right, seam + step)
    local = strip if cell is None else strip.transformed(trans.inverted())
    touched, spans = [], db.Region()
    for index, numbers in layers.items():
        window = local.to_itype(dbu).enlarged(1, 1)
        if cell is None:
            found = db.Region(_own(layout, top, index, window))
        else:
            found = db.Region(db.RecursiveShapeIterator(layout, cell, index, window, False))
            found.transform(db.ICplxTrans(trans, dbu))
        sides = found.merged() & db.Region(strip.to_itype(dbu))
        if sides.is_empty():
            continue
        lower, upper = _halves(strip, axis, seam, dbu)
        both = _shadow(sides & lower, axis) & _shadow(sides & upper, axis)
        if not both.is_empty():
            touched.append(numbers)
            spans += both
    ends = []
    for part in spans.merged().each():
        one = part.bbox()
        ends.append((one.bottom * dbu, one.top * dbu) if axis == "x" else
                    (one.left * dbu, one.right * dbu))  # fmt: skip
    return tuple(sorted(ends)), tuple(touched)


def _own(layout: Any, top: Any, index: int, window: Any = None) -> Any:
    """The shapes drawn in `top` itself, of those that touch a window if there is one."""
    from klayout import db

    seen = db.Box.world() if window is None else window
    shapes = db.RecursiveShapeIterator(layout, top, index, seen, False)
    shapes.max_depth = 0
    return shapes


def _halves(strip: Any, axis: str, seam: float, dbu: float) -> tuple[Any, Any]:
    from klayout import db

    if axis == "x":
        boxes = (
            db.DBox(strip.left, strip.bottom, seam, strip.top),
            db.DBox(seam, strip.bottom, strip.right, strip.top),
        )
    else:
        boxes = (
            db.DBox(strip.left, strip.bottom, strip.right, seam),
            db.DBox(strip.left, seam, strip.right, strip.top),
        )
    low, high = (db.Region(box.to_itype(dbu)) for box in boxes)
    return low, high


def _shadow(region: Any, axis: str) -> Any:
    """The boxes of a region's parts, drawn out to one common width across the seam."""
    from klayout import db

    shadow = db.Region()
    for polygon in region.each_merged():
        box = polygon.bbox()
        shadow.insert(
            db.Box(0, box.bottom, 1, box.top) if axis == "x" else db.Box(box.left, 0, box.right, 1)
        )
    return shadow.merged()


def occupied_fields(component: Any, numbers: Numbers, process: Process) -> set[tuple[int, int]]:
    """Numbers (column, row) of the fields that hold shapes of a layer.

    Exact for shapes within one field; for one that covers several, all fields of its bounding box
    that it really reaches.
    """
    from klayout import db

    cell = klayout_cell(component)
    layout = cell.layout()
    index = layout.find_layer(*numbers)
    taken: set[tuple[int, int]] = set()
    if index is None:
        return taken
    size, (x, y), dbu = process.write_field, process.field_origin, layout.dbu
    shapes = cell.begin_shapes_rec(index)
    while not shapes.at_end():
        box = shapes.shape().bbox().transformed(shapes.itrans()).to_dtype(dbu)
        columns = range(floor((box.left - x) / size + 0.5), _last((box.right - x) / size) + 1)
        rows = range(floor((box.bottom - y) / size + 0.5), _last((box.top - y) / size) + 1)
        places = {(column, row) for column in columns for row in rows}
        if len(places) > 1 and not places <= taken and shapes.shape().is_polygon():
            whole = db.Region(shapes.shape().polygon.transformed(shapes.itrans()))
            places = {
                one for one in places - taken if not (whole & _field(one, process, dbu)).is_empty()
            }
        taken |= places
        shapes.next()
    return taken


def _last(fraction: float) -> int:
    """Field of an upper end; a shape that ends on a seam is not beyond it."""
    return floor(fraction + 0.5 - 1e-9)


def _field(number: tuple[int, int], process: Process, dbu: float) -> Any:
    from klayout import db

    size = process.write_field
    x, y = (c + k * size for c, k in zip(process.field_origin, number, strict=True))
    half = size / 2
    return db.Region(db.DBox(x - half, y - half, x + half, y + half).to_itype(dbu))
