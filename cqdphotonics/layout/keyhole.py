"""Polygons with holes as GDS can hold them: one outline with cut lines, every vertex kept.

GDS has no holes. KLayout's writer cuts horizontally to the nearest edge, where the cut ends off
the grid and moves the edge by up to half a nanometre. Here a cut runs from vertex to vertex, so
that uniting the polygon again gives back exactly what was drawn.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cqdphotonics.errors import GeometryError

Outline = NDArray[np.int64]


def without_holes(polygon: Any) -> Any:
    """The same area as one outline that touches itself along the cuts.

    Parameters
    ----------
    polygon : klayout.db.Polygon
        With any number of holes.
    """
    from klayout import db

    if polygon.holes() == 0:
        return polygon
    outline = _array(polygon.each_point_hull())
    left = [_array(polygon.each_point_hole(index)) for index in range(polygon.holes())]
    # From left to right, so that a hole mostly finds its neighbour already part of the outline.
    left.sort(key=lambda hole: (hole[:, 0].min(), hole[:, 1].min()))
    while left:
        i, j = _shortest_cut(outline, left[0], [outline, *left])
        hole = left.pop(0)
        outline = np.concatenate(
            [outline[: i + 1], np.roll(hole, -j, axis=0), hole[j : j + 1], outline[i:]]
        )
    return db.Polygon([db.Point(int(x), int(y)) for x, y in outline], True)


def _shortest_cut(outline: Outline, hole: Outline, edges: list[Outline]) -> tuple[int, int]:
    """Ends of the shortest cut from vertex to vertex that crosses nothing."""
    dx = hole[None, :, 0] - outline[:, None, 0]
    dy = hole[None, :, 1] - outline[:, None, 1]
    squares = (dx * dx + dy * dy).ravel()
    starts = np.concatenate(edges)
    ends = np.concatenate([np.roll(edge, -1, axis=0) for edge in edges])
    beyond = np.iinfo(np.int64).max
    while True:
        flat = int(squares.argmin())
        if squares[flat] == beyond:
            raise GeometryError(
                "a hole of a polygon can't be reached from its outline: it is not inside. "
                "Draw holes inside their polygon, apart from each other."
            )
        i, j = divmod(flat, len(hole))
        if not _crosses(outline[i], hole[j], starts, ends):
            return i, j
        squares[flat] = beyond


def _crosses(a: Outline, b: Outline, starts: Outline, ends: Outline) -> bool:
    """Whether the open segment from `a` to `b` meets any edge other than at its own ends."""
    along = b - a
    # Signs, since the product of two areas of a device of 60 µm is more than 64 bits hold.
    side_start, side_end = np.sign(_turn(along, starts - a)), np.sign(_turn(along, ends - a))
    edge = ends - starts
    side_a, side_b = np.sign(_turn(edge, a - starts)), np.sign(_turn(edge, b - starts))
    through = (side_start * side_end < 0) & (side_a * side_b < 0)
    # A vertex on the cut between its ends would pinch the outline there.
    reach = (starts - a) @ along
    on_it = (side_start == 0) & (reach > 0) & (reach < along @ along)
    return bool(through.any() or on_it.any())


def _turn(u: Outline, v: Outline) -> NDArray[np.int64]:
    return np.asarray(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])


def _array(points: Any) -> Outline:
    return np.array([(point.x, point.y) for point in points], dtype=np.int64)
