"""Nanohole templates: holes and trenches in resist that place one dot each."""

from typing import TYPE_CHECKING, Annotated, Any

from cqdphotonics.errors import GeometryError
from cqdphotonics.layout.component import new_cell, part, require_width
from cqdphotonics.layout.layers import LAYERS, TEMPLATE
from cqdphotonics.layout.parameters import GRID, Choice, Range, snap
from cqdphotonics.layout.pdk import EMITTER
from cqdphotonics.layout.shapes import Point, ellipse_points, polygon, stadium_points

if TYPE_CHECKING:
    import gdsfactory as gf

__all__ = ["largest_offset", "template", "template_on"]

_made: dict[str, tuple[Any, Any]] = {}
"""Cells with a template by their name, each with the locked device that it was made of."""

Shape = Annotated[str, Choice(("hole", "trench"), "a round hole, or a trench with round ends")]
Width = Annotated[
    float,
    Range(
        0.005,
        2.0,
        "µm",
        "diameter of a hole, or width of a trench",
        "a hole much wider than the dot holds several",
    ),
]
Length = Annotated[
    float,
    Range(
        0.005,
        20.0,
        "µm",
        "length of a trench, ends included; not used for holes",
        "a dot has to fit, and far along a trench it is off its place",
    ),
]
Along = Annotated[str, Choice(("x", "y"), "direction of a trench; not used for holes")]
Dot = Annotated[
    float, Range(0.002, 0.5, "µm", "diameter of the dot with its ligands", "it has to fit")
]
Overlay = Annotated[
    float,
    Range(
        0.0,
        1.0,
        "µm",
        "largest misalignment to the device in the layer below",
        "a larger error means that no mark was found",
    ),
]


@part
def template(
    shape: Shape = "hole",
    width: Width = 0.06,
    length: Length = 0.2,
    columns: Annotated[
        int,
        Range(1, 1000, "", "holes along x", "one is the least; more in one cell are slow to draw"),
    ] = 1,
    rows: Annotated[
        int,
        Range(1, 1000, "", "holes along y", "one is the least; more in one cell are slow to draw"),
    ] = 1,
    pitch_x: Annotated[
        float,
        Range(
            0.01, 1000.0, "µm", "distance of the holes along x", "nearer ones run into each other"
        ),
    ] = 2.0,
    pitch_y: Annotated[
        float,
        Range(
            0.01, 1000.0, "µm", "distance of the holes along y", "nearer ones run into each other"
        ),
    ] = 2.0,
    dot: Dot = 0.02,
    overlay: Overlay = 0.02,
    axis: Along = "x",
) -> "gf.Component":
    """Holes or trenches in resist, each for one dot, in a rectangular array about the origin.

    Cross-section of the resist, which is removed later, and a hole from above::

        ██████████     ██████████  resist        .---.
        ██████████  o  ██████████               (  o  )  |  width
        ─────────────────────────  device        '---'
                  |<->| width

    The dot lies anywhere in the hole: its centre is up to ``(width - dot)/2`` from the middle of
    it, and the hole up to `overlay` from where it should be (`largest_offset`; in ``info``). The
    depth is that of the resist. `template_on` puts the same hole at the emitter of a device.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the dot does not fit, or two holes would touch.
    """
    outline = _outline(shape, width, length, dot, axis)
    for count, pitch, side in ((columns, pitch_x, "x"), (rows, pitch_y, "y")):
        if count > 1:
            require_width(
                f"the resist between two holes along {side}",
                pitch - (length if shape == "trench" and side == axis else width),
                0.01,
                f"Take a larger pitch_{side} or smaller holes.",
            )
    cell = new_cell()
    for column in range(columns):
        for row in range(rows):
            x = snap((column - (columns - 1) / 2) * pitch_x)
            y = snap((row - (rows - 1) / 2) * pitch_y)
            polygon(cell, TEMPLATE.number, [(x + u, y + v) for u, v in outline])
    cell.info["largest_offset"] = largest_offset(shape, width, length, dot, overlay)
    return cell


def template_on(
    device: Any,
    *,
    shape: str = "hole",
    width: float = 0.06,
    length: float = 0.2,
    dot: float = 0.02,
    overlay: float = 0.02,
    axis: str = "x",
) -> Any:
    """A copy of a device, or of many on a chip, with a hole of the template at every dot.

    Parameters
    ----------
    device : gdsfactory Component
        With ports of type ``emitter``, its own or those of the cells in it.
    shape, width, length, dot, overlay, axis
        As for `template`, checked in the same way. A trench lies along `axis` of what is given,
        also over cells in it that are turned.

    Returns
    -------
    gdsfactory Component
        As `device`, with its ports, settings and info, and polygons on layer TEMPLATE, which is
        no part of the structure: simulated, it is the same device. ``info["template"]`` keeps the
        arguments, ``info["largest_offset"]`` how far, in µm, a dot can come to lie from its
        place. Its name says both, so that one chip can hold a device with several templates; a
        device that is locked, as all of `cqd components` are, gives the same cell again.

    Raises
    ------
    RangeError, UnknownNameError
        As for `template`.
    GeometryError
        If the device has no emitter, the dot does not fit, or the overlay error is so large that
        the hole can lie wholly beside what the dot belongs to: the piece of film or metal around
        it, the hole that it sits in, or else the antenna.
    """
    from cqdphotonics.layout.parameters import resolve

    given = {
        "shape": shape, "width": width, "length": length, "axis": axis, "dot": dot,
        "overlay": overlay,
    }  # fmt: skip
    known: dict[str, Any] = resolve(template.family.parameters, given, "template_on")  # type: ignore[attr-defined]
    used = {
        key: known[key]
        for key in given
        if known["shape"] == "trench" or key not in ("length", "axis")
    }
    name = f"{device.name}_template_{'_'.join(map(_code, used.items()))}"
    drawn_from, made = _made.get(name, (None, None))
    if drawn_from is device and not made.kdb_cell._destroyed():
        return made
    outline = _outline(*(known[key] for key in ("shape", "width", "length", "dot", "axis")))
    places = _emitters(device)
    if not places:
        raise GeometryError(
            f"'{device.name}' and the cells in it have no port of type '{EMITTER}': there is no "
            "place for a hole. Give a device, see `cqd components`."
        )
    for one in _with_dots(device):
        _check_overlay(one, known["width"], known["overlay"])
    made = device.dup(new_name=name)
    for x, y in places:
        polygon(made, TEMPLATE.number, [(x + u, y + v) for u, v in outline])
    keys = ("shape", "width", "length", "dot", "overlay")
    made.info["largest_offset"] = largest_offset(**{key: known[key] for key in keys})
    made.info["template"] = used
    if device.locked:
        made.lock()
        _made[name] = (device, made)
    return made


def _code(setting: tuple[str, Any]) -> str:
    """A setting as a part of a cell's name: its initial and nanometres, or the word."""
    key, value = setting
    return value if isinstance(value, str) else f"{key[0].upper()}{round(value / GRID)}"


def largest_offset(shape: str, width: float, length: float, dot: float, overlay: float) -> float:
    """How far, at most, a dot can lie from its place, in µm: room in the hole and misalignment."""
    extent = length if shape == "trench" else width
    return round((extent - dot) / 2 + overlay, 6)


def _outline(shape: str, width: float, length: float, dot: float, axis: str) -> list[Point]:
    if dot > width:
        raise GeometryError(
            f"a dot of {dot:g} µm does not fit into a hole {width:g} µm wide. Take a larger width."
        )
    if shape == "hole":
        return ellipse_points((width / 2, width / 2))
    if length < width:
        raise GeometryError(
            f"a trench {length:g} µm long is shorter than it is wide, {width:g} µm. Take a larger "
            "length, or shape=hole."
        )
    along_x = stadium_points(length - width, width / 2)
    return along_x if axis == "x" else [(-y, x) for x, y in along_x]


def _emitters(cell: Any) -> list[Point]:
    """Places of all dots: those of the cell or, where it has none, of the cells in it."""
    own = [port.dcenter for port in cell.ports if port.port_type == EMITTER]
    if own:
        return [(snap(float(x)), snap(float(y))) for x, y in own]
    found = set()
    for instance in cell.insts:
        below = _emitters(instance.cell)
        for column in range(max(instance.na, 1)):
            for row in range(max(instance.nb, 1)):
                shift = instance.da * column + instance.db * row
                for x, y in below:
                    found.add(_placed(instance.dcplx_trans, (x, y), (shift.x, shift.y)))
    return sorted(found)


def _with_dots(cell: Any) -> list[Any]:
    """The cells that have dots of their own, from this one down, each once."""
    if any(port.port_type == EMITTER for port in cell.ports):
        return [cell]
    below = {one.cell_index(): one for instance in cell.insts for one in _with_dots(instance.cell)}
    return list(below.values())


def _check_overlay(cell: Any, width: float, overlay: float) -> None:
    """Refuse an overlay error with which the hole can come to lie wholly beside its feature."""
    from klayout import db

    drawn = db.Region()
    for layer in LAYERS:
        index = cell.kcl.layout.find_layer(*layer.number)
        if layer.is_structure and index is not None:
            drawn += db.Region(cell.kdb_cell.begin_shapes_rec(index))
    drawn.merge()
    for x, y in _emitters(cell):
        dot = db.Point(round(x / GRID), round(y / GRID))
        spot = db.Region(db.Box(-1, -1, 1, 1).moved(dot.x, dot.y))
        around = (drawn, drawn.holes(), db.Region(drawn.bbox()))
        feature = next((one for one in around if not (one & spot).is_empty()), None)
        if feature is None:
            continue
        # Holes whose middle is inside of this touch the feature.
        touching = feature.interacting(spot).sized(round(width / 2 / GRID)).merged()
        limit = min(edge.euclidian_distance(dot) for edge in touching.edges().each()) * GRID
        if overlay > limit:
            raise GeometryError(
                f"with an overlay error of {overlay:g} µm a hole {width:g} µm wide can lie wholly "
                f"beside what the dot of '{cell.name}' belongs to; up to {limit:.3f} µm the two "
                "still overlap. Take a smaller overlay, which a better alignment has to keep, or a "
                "wider hole."
            )


def _placed(transformation: Any, point: Point, shift: Point) -> Point:
    from klayout import db

    moved = transformation * db.DPoint(*point)
    return (snap(moved.x + shift[0]), snap(moved.y + shift[1]))
