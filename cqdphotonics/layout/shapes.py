"""Shapes drawn into a cell: round ones fine enough that they are read back as round.

All take lengths in µm and place whole-nanometre vertices. A circle becomes a polygon of the same
area whose outline stays within about 1 nm of it and which is its own mirror image in x, in y and
in the diagonal, so that rounding to the grid breaks no symmetry.
"""

from collections.abc import Sequence
from math import ceil, cos, pi, sin, sqrt
from typing import TYPE_CHECKING, Any

from cqdphotonics.layout.keyhole import without_holes
from cqdphotonics.layout.parameters import GRID

if TYPE_CHECKING:
    import gdsfactory as gf

SAGITTA = 3e-4
"""How far a circle may bulge out over the side of its polygon, in µm."""

Point = tuple[float, float]
Layer = tuple[int, int]


def disc(cell: "gf.Component", layer: Layer, radius: float, centre: Point = (0, 0)) -> None:
    """Draw a circular disc."""
    ellipse(cell, layer, (radius, radius), centre)


def ring(
    cell: "gf.Component", layer: Layer, inner: float, outer: float, centre: Point = (0, 0)
) -> None:
    """Draw what lies between two concentric circles."""
    hole = ellipse_points((inner, inner), centre)
    polygon(cell, layer, ellipse_points((outer, outer), centre), holes=[hole])


def ellipse(cell: "gf.Component", layer: Layer, semi_axes: Point, centre: Point = (0, 0)) -> None:
    """Draw an ellipse with its semi-axes along x and y."""
    polygon(cell, layer, ellipse_points(semi_axes, centre))


def rectangle(cell: "gf.Component", layer: Layer, size: Point, centre: Point = (0, 0)) -> None:
    """Draw a rectangle with its sides along x and y."""
    (x, y), (a, b) = centre, (size[0] / 2, size[1] / 2)
    corners = [(x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b)]
    polygon(cell, layer, corners)


def polygon(
    cell: "gf.Component",
    layer: Layer,
    points: Sequence[Point],
    holes: Sequence[Sequence[Point]] = (),
) -> None:
    """Draw a polygon, less the `holes` inside it, as one outline with cut lines."""
    from klayout import db

    shape = db.Polygon([_vertex(point) for point in points])
    for hole in holes:
        shape.insert_hole([_vertex(point) for point in hole])
    cell.kdb_cell.shapes(cell.kcl.layer(*layer)).insert(without_holes(shape))


def united(outlines: Sequence[Sequence[Point]]) -> list[list[Point]]:
    """The union of outlines as outlines, for holes that run into each other.

    Raises
    ------
    GeometryError
        If they enclose something, which a list of outlines can't say.
    """
    from klayout import db

    from cqdphotonics.errors import GeometryError

    region = db.Region([db.Polygon([_vertex(point) for point in one]) for one in outlines])
    region.min_coherence = True
    merged = list(region.each_merged())
    if any(one.holes() for one in merged):
        raise GeometryError("outlines that are united enclose a piece that would fall out.")
    return [[(p.x * GRID, p.y * GRID) for p in one.each_point_hull()] for one in merged]


def take(
    cell: "gf.Component", made: "gf.Component", place: Any = None, layer: Layer | None = None
) -> None:
    """Draw into `cell` what a cell of gdsfactory's own is made of, as plain polygons.

    Parameters
    ----------
    cell : gdsfactory Component
        The cell being drawn.
    made : gdsfactory Component
        Where the polygons come from, those of all cells below it included; ports are not taken.
    place : klayout DCplxTrans, optional
        Where they go, in µm.
    layer : (int, int), optional
        The layer that they go to; by default each stays on its own.
    """
    from klayout import db

    source, move = made.kcl.layout, place or db.DCplxTrans()
    scaled = db.ICplxTrans(move, GRID)
    for index in source.layer_indexes():
        region = db.Region(made.kdb_cell.begin_shapes_rec(index))
        info = source.get_info(index)
        target = cell.kcl.layer(*(layer or (info.layer, info.datatype)))
        for polygon_ in region.each_merged():
            cell.kdb_cell.shapes(target).insert(without_holes(polygon_.transformed(scaled)))


def ellipse_points(semi_axes: Point, centre: Point = (0, 0)) -> list[Point]:
    """Vertices of the polygon that stands for an ellipse: same area, mirror-symmetric.

    The number of vertices is a multiple of eight, so many that the outline of the larger circle
    bulges at most `SAGITTA` over a side; of five such numbers the first is taken whose area comes
    out right after rounding to the grid, so that the radius is read back as it was given.
    """
    fewest = max(2, ceil(pi / sqrt(2 * SAGITTA / max(semi_axes)) / 8))
    candidates = (_ellipse_outline(semi_axes, 8 * (fewest + more)) for more in range(5))
    best, outline = float("inf"), []
    for candidate in candidates:
        error = _area_error(candidate, semi_axes)
        if error < best:
            best, outline = error, candidate
        if best < 0.05 * GRID:
            break
    return [(centre[0] + x * GRID, centre[1] + y * GRID) for x, y in outline]


def stadium_points(length: float, radius: float, centre: Point = (0, 0)) -> list[Point]:
    """Vertices of a stadium along x: two half discs, the straight sides of `length` between."""
    shift = _nm(length / 2) * GRID
    return [
        (x + (shift if x > centre[0] else -shift), y)
        for x, y in ellipse_points((radius, radius), centre)
    ]


def _ellipse_outline(semi_axes: Point, count: int) -> list[tuple[int, int]]:
    a, b = semi_axes
    # A polygon inscribed in a circle is smaller by this factor; the area decides the resonance.
    swell = sqrt((2 * pi / count) / sin(2 * pi / count))
    quarter = [
        (_nm(swell * a * cos(t)), _nm(swell * b * sin(t)))
        for t in (2 * pi * (k + 0.5) / count for k in range(count // 4))
    ]
    back = quarter[::-1]
    return [
        *quarter,
        *((-x, y) for x, y in back),
        *((-x, -y) for x, y in quarter),
        *((x, -y) for x, y in back),
    ]


def _area_error(outline: Sequence[tuple[int, int]], semi_axes: Point) -> float:
    """How far rounding has moved the radius of the circle of the same area, in µm, roughly."""
    following = [*outline[1:], outline[0]]
    area = sum(x * v - u * y for (x, y), (u, v) in zip(outline, following, strict=True)) / 2
    wanted = pi * semi_axes[0] * semi_axes[1]
    return abs(area * GRID**2 / wanted - 1) * max(semi_axes) / 2


def _nm(length: float) -> int:
    return round(length / GRID)


def _vertex(point: Point) -> Any:
    from klayout import db

    return db.Point(_nm(point[0]), _nm(point[1]))
