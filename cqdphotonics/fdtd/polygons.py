"""Recognition: which analytic shape a polygon on the 1 nm grid stands for.

A solver draws a disc or a box exactly and at once, where a prism of hundreds of vertices takes
minutes to set up and loses the sub-pixel average. A polygon counts as a shape only if its whole
outline, vertices and the sides between them, stays within a tolerance of that shape.

- disc: same centre of mass and **same area** as the polygon;
- box: the rectangle through the mean of the four corners;
- ellipse: same area, centre of mass and second moments.

What is not recognised stays what it is, a prism: it is never rounded to something else.
"""

from dataclasses import dataclass
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

TOLERANCE = 2e-3
"""How far (µm) an outline may lie from the curve that it is recognised as.

A circle of 3 µm drawn with 144 vertices, as is usual, bulges by 0.7 nm over its sides, and each
vertex is off by up to 0.7 nm from rounding to the grid. Etching is less precise than 2 nm.
"""

CORNER_TOLERANCE = 1e-3
"""The same for the corners of a rectangle, which only rounding moves."""

TIDY = 1e-4
"""A length this near (µm) to a whole nanometre was drawn as that; rounding moved it."""


@dataclass(frozen=True)
class Round:
    """A circle."""

    centre: tuple[float, float]
    radius: float


@dataclass(frozen=True)
class Oval:
    """An ellipse; `angle` (rad) turns the first semi-axis from x towards y."""

    centre: tuple[float, float]
    semi_axes: tuple[float, float]
    angle: float


@dataclass(frozen=True)
class Rectangle:
    """A rectangle; `angle` (rad, within ±π/4) turns its first side from x towards y."""

    centre: tuple[float, float]
    size: tuple[float, float]
    angle: float


@dataclass(frozen=True)
class Outline:
    """A polygon that is nothing simpler."""

    vertices: tuple[tuple[float, float], ...]


Shape = Round | Oval | Rectangle | Outline


@dataclass(frozen=True)
class Recognised:
    """A shape and how far, at most, the polygon's outline lies from it (µm; 0 for a prism)."""

    shape: Shape
    deviation: float


@dataclass(frozen=True)
class Patch:
    """One connected piece of a layer: its hull and the holes in it, each an (N, 2) array in µm."""

    hull: Points
    holes: tuple[Points, ...]


def patches(region: Any, dbu: float) -> list[Patch]:
    """Connected pieces of a KLayout region, largest hull first.

    Overlapping and touching polygons are united, and the cut lines that GDS needs for holes
    dissolve. An island inside a hole has a smaller hull than what surrounds it, so that drawing
    in this order, each hull and then its holes, gives the right result.

    Parameters
    ----------
    region : klayout.db.Region
        The polygons of one layer, the hierarchy resolved.
    dbu : float
        µm per database unit.
    """
    merged = region.dup()
    merged.merged_semantics = True
    # Without coherence, pieces that touch in a corner become one polygon with a pinched outline.
    merged.min_coherence = True
    found = []
    for polygon in merged.each_merged():
        polygon.compress(True)
        hull = _points(polygon.each_point_hull(), dbu)
        holes = tuple(
            _points(polygon.each_point_hole(index), dbu) for index in range(polygon.holes())
        )
        found.append(Patch(hull, holes))
    found.sort(key=lambda patch: (-abs(_area(patch.hull)), *map(float, patch.hull[0])))
    return found


def recognise(points: Points, tolerance: float = TOLERANCE) -> Recognised:
    """The simplest shape that a closed outline stands for.

    Parameters
    ----------
    points : (N, 2) array
        Vertices in µm, the first not repeated.
    tolerance : float
        Largest distance, in µm, between outline and shape.
    """
    if len(points) == 4:
        found: Recognised | None = _as_rectangle(points, tolerance)
    else:
        found = _as_round(points, tolerance) or _as_oval(points, tolerance)
    if found is not None:
        return found
    vertices = tuple((round(float(x), 6), round(float(y), 6)) for x, y in points)
    return Recognised(Outline(vertices), 0.0)


def roundness(points: Points) -> float:
    """How far, at most, the outline lies from the circle of the same area and centre (µm)."""
    centre = _moments(points)[1]
    return _distance_from_circle(points, centre, sqrt(abs(_area(points)) / pi))


def _as_round(points: Points, tolerance: float) -> Recognised | None:
    if len(points) < 8:
        return None
    area, (x, y), _ = _moments(points)
    centre, radius = _middle(x, y), tidy(sqrt(area / pi))
    deviation = _distance_from_circle(points, centre, radius)
    return Recognised(Round(centre, radius), deviation) if deviation <= tolerance else None


def _as_oval(points: Points, tolerance: float) -> Recognised | None:
    if len(points) < 8:
        return None
    area, (x, y), (xx, yy, xy) = _moments(points)
    mean, split = (xx + yy) / 2, hypot((xx - yy) / 2, xy)
    if mean <= split:
        return None
    angle = 0.5 * atan2(2 * xy, xx - yy)
    ratio = sqrt((mean + split) / (mean - split))
    a, b = sqrt(area / pi * ratio), sqrt(area / pi / ratio)
    # An ellipse along y is one along x with its axes exchanged; so is what is nearly so.
    for straight in (0.0, pi / 2, -pi / 2):
        if abs(angle - straight) * (a - b) < TIDY:
            angle = straight
    if abs(angle) == pi / 2:
        a, b, angle = b, a, 0.0
    centre, axes = _middle(x, y), (tidy(a), tidy(b))
    deviation = _distance_from_ellipse(points, centre, axes, angle)
    return Recognised(Oval(centre, axes, angle), deviation) if deviation <= tolerance else None


def _as_rectangle(points: Points, tolerance: float) -> Recognised | None:
    middle = points.mean(axis=0)
    along = (points[1] - points[0] + points[2] - points[3]) / 2
    across = (points[2] - points[1] + points[3] - points[0]) / 2
    length, width = hypot(*along), hypot(*across)
    # Both pairs of sides have a say in the direction, the longer one the larger.
    turned = np.array([across[1], -across[0]])
    if float(along @ turned) < 0:
        turned = -turned
    direction = along * length + turned * width
    angle = atan2(direction[1], direction[0])
    size = (length, width)
    angle = (angle + pi / 4) % pi - pi / 4
    if angle > pi / 4:
        angle, size = angle - pi / 2, (width, length)
    if abs(angle) * hypot(length, width) / 2 < TIDY:
        angle = 0.0
    centre = _middle(float(middle[0]), float(middle[1]))
    size = (tidy(size[0]), tidy(size[1]))
    corners = rectangle_corners(Rectangle(centre, size, angle))
    gaps = np.linalg.norm(points[:, None, :] - corners[None, :, :], axis=2)
    deviation = float(gaps.min(axis=1).max())
    if deviation > min(tolerance, CORNER_TOLERANCE) or len(set(gaps.argmin(axis=1))) != 4:
        return None
    return Recognised(Rectangle(centre, size, angle), deviation)


def rectangle_corners(rectangle: Rectangle) -> Points:
    """The four corners, as a (4, 2) array."""
    a, b = rectangle.size[0] / 2, rectangle.size[1] / 2
    c, s = cos(rectangle.angle), sin(rectangle.angle)
    local = np.array([(-a, -b), (a, -b), (a, b), (-a, b)])
    return local @ np.array([(c, s), (-s, c)]) + np.array(rectangle.centre)


def _distance_from_circle(points: Points, centre: tuple[float, float], radius: float) -> float:
    return float(np.abs(np.hypot(*(_outline(points) - np.array(centre)).T) - radius).max())


def _distance_from_ellipse(
    points: Points, centre: tuple[float, float], semi_axes: tuple[float, float], angle: float
) -> float:
    dx, dy = (_outline(points) - np.array(centre)).T
    u = (dx * cos(angle) + dy * sin(angle)) / semi_axes[0]
    v = (dy * cos(angle) - dx * sin(angle)) / semi_axes[1]
    level = np.hypot(u, v)
    slope = np.hypot(u / semi_axes[0], v / semi_axes[1]) / np.maximum(level, 1e-12)
    # First order in the distance, which is all there is within a nanometre of the curve.
    return float((np.abs(level - 1) / np.maximum(slope, 1e-12)).max())


def _outline(points: Points) -> Points:
    """Vertices and the middles of the sides, where a side lies farthest inside a curve."""
    return np.concatenate([points, (points + np.roll(points, -1, axis=0)) / 2])


def _points(vertices: Any, dbu: float) -> Points:
    return np.array([(point.x, point.y) for point in vertices], dtype=float) * dbu


def _area(points: Points) -> float:
    x, y = points.T
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def _moments(points: Points) -> tuple[float, tuple[float, float], tuple[float, float, float]]:
    """Area, centre of mass, and second central moments per area (xx, yy, xy), by Green."""
    origin = points.mean(axis=0)
    x, y = (points - origin).T
    x2, y2 = np.roll(x, -1), np.roll(y, -1)
    cross = x * y2 - x2 * y
    area = float(cross.sum() / 2)
    cx = float(((x + x2) * cross).sum() / (6 * area))
    cy = float(((y + y2) * cross).sum() / (6 * area))
    xx = float(((x * x + x * x2 + x2 * x2) * cross).sum() / (12 * area)) - cx * cx
    yy = float(((y * y + y * y2 + y2 * y2) * cross).sum() / (12 * area)) - cy * cy
    mixed = x * y2 + 2 * x * y + 2 * x2 * y2 + x2 * y
    xy = float((mixed * cross).sum() / (24 * area)) - cx * cy
    return abs(area), (cx + float(origin[0]), cy + float(origin[1])), (xx, yy, xy)


def tidy(length: float, step: float = 1e-3) -> float:
    """`length` as the multiple of `step` that it is within `TIDY` of, else to 10 pm."""
    near = round(length / step) * step
    return round(near if abs(length - near) <= TIDY else length, 5) + 0.0


def _middle(x: float, y: float) -> tuple[float, float]:
    """A centre: what is as wide as an odd number of nanometres has it between two grid points."""
    return (tidy(x, 5e-4), tidy(y, 5e-4))
