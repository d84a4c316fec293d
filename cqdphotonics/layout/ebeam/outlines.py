"""From a layer of a cell to the outlines that are written: biased, with no needless vertices."""

from math import cos, radians
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cqdphotonics.errors import GeometryError, InputError
from cqdphotonics.layout.ebeam.process import Process
from cqdphotonics.layout.layers import Layer, describe
from cqdphotonics.layout.parameters import GRID

Floats = NDArray[np.float64]
Numbers = tuple[int, int]

CORNER = radians(45)
"""An outline that turns by more than this at a vertex has a corner there; less is a curve."""


def layer_numbers(layer: Layer | Numbers) -> Numbers:
    """Layer and datatype of what was given.

    Raises
    ------
    InputError
        It is neither a `Layer` nor two whole numbers.
    """
    given = layer.number if isinstance(layer, Layer) else layer
    try:
        number, datatype = given
        return (int(number), int(datatype))
    except (TypeError, ValueError):
        raise InputError(
            f"layer {layer!r} is not a pair of layer and datatype, such as (1, 0)."
        ) from None


def klayout_cell(component: Any) -> Any:
    """The KLayout cell of a gdsfactory component; a KLayout cell passes."""
    return getattr(component, "kdb_cell", component)


def outline(component: Any, layer: Layer | Numbers, process: Process) -> Any:
    """What is written of a layer, united: with the edge bias, without needless vertices.

    Parameters
    ----------
    component : gdsfactory Component or klayout.db.Cell
        With everything below it.
    layer : Layer or (int, int)
        Layer and datatype.
    process : Process
        Its `edge_bias`, `vertex_tolerance` and `shot_grid` are used.

    Returns
    -------
    klayout.db.Region
        In units of `process.shot_grid`.

    Raises
    ------
    GeometryError
        Nothing is drawn on the layer, or the bias leaves nothing.
    """
    from klayout import db

    cell = klayout_cell(component)
    layout = cell.layout()
    numbers = layer_numbers(layer)
    index = layout.find_layer(*numbers)
    drawn = db.Region() if index is None else db.Region(cell.begin_shapes_rec(index)).merged()
    if drawn.is_empty():
        raise GeometryError(f"'{cell.name}' has nothing on layer {describe(numbers)} to write.")
    steps = layout.dbu / process.shot_grid
    if abs(steps - round(steps)) > 1e-6:
        raise GeometryError(
            f"'{cell.name}' has a database unit of {layout.dbu:g} µm, which is no multiple of the "
            f"shot grid of {process.shot_grid:g} µm."
        )
    fine = drawn.transformed(db.ICplxTrans(round(steps)))
    written = biased(fine, process.edge_bias, process.shot_grid)
    if written.is_empty():
        raise GeometryError(
            f"edge_bias = {process.edge_bias:g} µm leaves nothing of layer {describe(numbers)} of "
            f"'{cell.name}'."
        )
    return reduced(written, process.vertex_tolerance, process.shot_grid)


def biased(region: Any, bias: float, grid: float = GRID) -> Any:
    """Move every edge of a region outwards.

    Each edge moves along its normal by `bias`, so that a polygon around a circle becomes one
    around a circle larger by `bias`; corners stay corners up to a right angle, sharper ones are
    cut off. Exact to half a step of the grid.

    Parameters
    ----------
    region : klayout.db.Region
        In steps of `grid`; holes shrink when the rest grows.
    bias : float
        In µm; negative shrinks.
    grid : float
        Size of a step in µm.
    """
    return region.merged().sized(round(bias / grid), 2).merged()


def reduced(region: Any, tolerance: float, grid: float = GRID) -> Any:
    """Leave out vertices of a region that the outline can do without.

    The vertices that stay are not moved, and no point of the old or the new outline is farther
    than `tolerance` from the other one (Douglas and Peucker, 1973): for a chord and the vertices
    it skips, the largest distance is at one of these.

    Parameters
    ----------
    region : klayout.db.Region
        In steps of `grid`.
    tolerance : float
        In µm; 0 takes out only vertices on a straight line.
    grid : float
        Size of a step in µm.
    """
    from klayout import db

    result = db.Region()
    for polygon in region.each_merged():
        hull = _reduced_ring(_ring(polygon.each_point_hull()), tolerance / grid)
        new = db.Polygon([db.Point(int(x), int(y)) for x, y in hull])
        for number in range(polygon.holes()):
            hole = _reduced_ring(_ring(polygon.each_point_hole(number)), tolerance / grid)
            if len(hole) > 2:
                new.insert_hole([db.Point(int(x), int(y)) for x, y in hole])
        result.insert(new)
    return result.merged()


def _ring(points: Any) -> Floats:
    return np.array([(point.x, point.y) for point in points], dtype=float)


def _reduced_ring(ring: Floats, tolerance: float) -> Floats:
    if len(ring) < 5:
        return ring
    # Two vertices far apart stay; between them the ring is two open lines.
    start = int(ring[:, 0].argmin())
    ring = np.roll(ring, -start, axis=0)
    opposite = int(((ring - ring[0]) ** 2).sum(1).argmax())
    closed = np.vstack([ring, ring[:1]])
    kept = np.zeros(len(closed), bool)
    kept[[0, opposite]] = True
    open_lines = [(0, opposite), (opposite, len(ring))]
    while open_lines:
        first, last = open_lines.pop()
        if last - first < 2:
            continue
        away = _distances(closed[first + 1 : last], closed[first], closed[last])
        worst = int(away.argmax())
        if away[worst] > tolerance:
            middle = first + 1 + worst
            kept[middle] = True
            open_lines += [(first, middle), (middle, last)]
    slim = closed[:-1][kept[:-1]]
    return slim if len(slim) > 2 else ring


def _distances(points: Floats, start: Floats, end: Floats) -> Floats:
    along = end - start
    square = float(along @ along)
    part = np.clip(((points - start) @ along) / square, 0, 1) if square else np.zeros(len(points))
    return np.asarray(np.hypot(*(points - start - part[:, None] * along).T))


def rings(polygon: Any) -> list[Floats]:
    """All closed outlines of a KLayout polygon, the interior on their left."""
    # KLayout turns hulls clockwise and holes the other way.
    found = [_ring(polygon.each_point_hull())]
    found += [_ring(polygon.each_point_hole(number)) for number in range(polygon.holes())]
    return [ring[::-1] for ring in found]


def edge_points(region: Any, grid: float, spacing: float, corner: float) -> tuple[Floats, Floats]:
    """Points on the outlines at even distances, and the directions outwards.

    Parameters
    ----------
    region : klayout.db.Region
        United; in steps of `grid`.
    grid : float
        Size of a step in µm.
    spacing : float
        Distance between points along an outline in µm. Along straight lines, where little
        changes, it grows to a quarter of the distance from the nearest vertex of any polygon.
    corner : float
        Points nearer than this (µm) to a corner, of whatever polygon, are left out: the beam
        rounds a corner, and no dose makes it sharp.

    Returns
    -------
    points, normals : (N, 2) arrays
        In µm, and of length 1.
    """
    from scipy.spatial import cKDTree

    points, normals, corners, vertices = [], [], [], []
    for polygon in region.each_merged():
        for ring in rings(polygon):
            ring = ring * grid
            along = np.roll(ring, -1, axis=0) - ring
            length = np.hypot(*along.T)
            unit = along / length[:, None]
            turn = (unit * np.roll(unit, 1, axis=0)).sum(1)
            corners.append(ring[turn < cos(CORNER)])
            vertices.append(ring)
            ends = np.cumsum(length)
            count = max(8, round(ends[-1] / spacing))
            places = (np.arange(count) + 0.5) * ends[-1] / count
            edge = np.searchsorted(ends, places)
            rest = places - (ends - length)[edge]
            points.append(ring[edge] + rest[:, None] * unit[edge])
            normals.append(np.stack([unit[edge, 1], -unit[edge, 0]], 1))
    place, normal = np.concatenate(points), np.concatenate(normals)
    away = cKDTree(np.concatenate(vertices)).query(place)[0]
    # Of the points along a line so many are kept that their distances are as wanted.
    passed = np.floor(np.cumsum(np.minimum(1.0, 4 * spacing / np.maximum(away, 1e-12))))
    kept = np.diff(passed, prepend=0.0) > 0
    sharp = np.concatenate(corners)
    if len(sharp):
        kept &= cKDTree(sharp).query(place)[0] >= corner
    return place[kept], normal[kept]
