"""Outlines that are several simple shapes run together, taken apart into these.

A stadium is a box and two discs. Holes that a slot runs through are the holes and the slot. A
solver draws each of them exactly, where the outline as a whole would be a prism of hundreds of
vertices. As in `cqdphotonics.fdtd.polygons`, what is not proved stays what it is.
"""

from math import pi

import numpy as np
from numpy.typing import NDArray

from cqdphotonics.fdtd.polygons import (
    TOLERANCE,
    Outline,
    Oval,
    Points,
    Recognised,
    Rectangle,
    Round,
    Shape,
    recognise,
    tidy,
)

_SAMPLES = 9
"""Points of each side at which its distance from the shapes is taken."""

_LENGTH = 4e-4


def take_apart(points: Points, tolerance: float = TOLERANCE) -> list[Recognised]:
    """The simple shapes whose union an outline stands for; one, where it is simple itself.

    Parameters
    ----------
    points : (N, 2) array
        Vertices in µm, the first not repeated.
    tolerance : float
        Largest distance, in µm, between the outline and that of the union.
    """
    whole = recognise(points, tolerance)
    if not isinstance(whole.shape, Outline) or len(points) < 12:
        return [whole]
    for turned in (False, True):
        outline = _turned(points, turned)
        for guess in (_stadium, _threaded):
            shapes = guess(outline)
            if not shapes:
                continue
            deviation = _deviation(outline, shapes)
            if deviation <= tolerance:
                return [Recognised(_back(shape, turned), deviation) for shape in shapes]
    return [whole]


def _turned(points: Points, turned: bool) -> Points:
    return points[:, ::-1] if turned else points


def _back(shape: Shape, turned: bool) -> Shape:
    if not turned:
        return shape
    if isinstance(shape, Round):
        return Round(shape.centre[::-1], shape.radius)
    if isinstance(shape, Rectangle):
        return Rectangle(shape.centre[::-1], shape.size[::-1], shape.angle)
    assert isinstance(shape, Oval)
    return Oval(shape.centre[::-1], shape.semi_axes[::-1], shape.angle)


def _stadium(points: Points) -> list[Shape]:
    """Box and two discs of a stadium along x, from its extent across and its area."""
    (xmin, ymin), (xmax, ymax) = points.min(axis=0), points.max(axis=0)
    radius = tidy((ymax - ymin) / 2)
    if xmax - xmin <= ymax - ymin or radius == 0:
        return []
    length = (_area(points) - pi * radius**2) / (2 * radius)
    # Two half circles of the right area to .1 nm in the radius leave this much to the length.
    near = round(length, 3)
    length = near if abs(length - near) < _LENGTH else round(length, 5)
    if length <= 0:
        return []
    x, y = tidy((xmin + xmax) / 2, 5e-4), tidy((ymin + ymax) / 2, 5e-4)
    ends = [Round((round(x + side * length / 2, 9), y), radius) for side in (-1, 1)]
    return [Rectangle((x, y), (length, 2 * radius), 0.0), *ends]


def _threaded(points: Points) -> list[Shape]:
    """Holes in a row along x, and the slot that runs through them.

    Where two of the shapes meet, the outline has a corner that points inwards. Between these
    corners lie the sides of the slot, the upper and lower arcs of the holes, and the ends.
    """
    pieces = _between_inward_corners(points)
    sides = [p for p in pieces if len(p) == 2 and abs(p[0, 1] - p[1, 1]) < _LENGTH]
    if len(sides) < 2:
        return []
    heights = [float(p[0, 1]) for p in sides]
    low, high = min(heights), max(heights)
    middle = tidy((low + high) / 2, 5e-4)
    reach: list[float] = []
    upper: list[Points] = []
    lower: list[Points] = []
    ends: list[Points] = []
    for piece in pieces:
        bottom, top = float(piece[:, 1].min()), float(piece[:, 1].max())
        if len(piece) == 2:
            continue
        if bottom >= low - _LENGTH and top <= high + _LENGTH and len(piece) == 4:
            # The end of the slot itself: its corners are those farthest from the holes.
            inside = float(piece[0, 0])
            reach.append(float(piece[np.argmax(np.abs(piece[:, 0] - inside)), 0]))
        elif bottom < middle < top:
            ends.append(piece)
        else:
            (upper if bottom >= middle else lower).append(piece)
    if len(upper) != len(lower) or low >= high:
        return []
    upper.sort(key=lambda piece: float(piece[:, 0].mean()))
    lower.sort(key=lambda piece: float(piece[:, 0].mean()))
    holes = [np.concatenate(pair) for pair in zip(upper, lower, strict=True)] + ends
    found = [_hole(hole, middle) for hole in holes]
    shapes: list[Shape] = [shape for shape in found if shape is not None]
    if len(shapes) < len(found):
        return []
    # A slot that ends inside a hole reaches to its middle, or anywhere else inside of it.
    reach += [shape.centre[0] for shape in shapes[len(upper) :] if not isinstance(shape, Outline)]
    if len(reach) != 2:
        return []
    left, right = min(reach), max(reach)
    size = (tidy(right - left), tidy(high - low))
    return [*shapes, Rectangle((tidy((left + right) / 2, 5e-4), middle), size, 0.0)]


def _between_inward_corners(points: Points) -> list[Points]:
    """The outline cut at its inward corners, which belong to the pieces on both sides."""
    x, y = points.T
    if np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) < 0:
        points = points[::-1]
    along = np.roll(points, -1, axis=0) - points
    along = along / np.maximum(np.hypot(*along.T), 1e-12)[:, None]
    before = np.roll(along, 1, axis=0)
    turn = before[:, 0] * along[:, 1] - before[:, 1] * along[:, 0]
    # Rounding to the grid turns a short side by less than this.
    corners = np.flatnonzero(turn < -0.5)
    if len(corners) < 4:
        return []
    rolled, corners = np.roll(points, -corners[0], axis=0), corners - corners[0]
    closed = np.concatenate([rolled, rolled[:1]])
    return [
        closed[start : stop + 1]
        for start, stop in zip(corners, [*corners[1:], len(points)], strict=True)
    ]


def _hole(points: Points, middle: float) -> Rectangle | Oval | Round | None:
    """Rectangle or ellipse, symmetric about y = `middle`, that vertices of its outline show."""
    corners = _extremes(points)
    if len(points) <= 8:
        x, y = corners.mean(axis=0)
        size = np.ptp(corners, axis=0)
        return Rectangle((tidy(x, 5e-4), tidy(y, 5e-4)), (tidy(size[0]), tidy(size[1])), 0.0)
    x = tidy(float(corners[:, 0].mean()), 5e-4)
    # (u/a)² + (v/b)² = 1 is linear in 1/a² and 1/b².
    squares = (points - np.array([x, middle])) ** 2
    inverse = np.linalg.lstsq(squares, np.ones(len(points)), rcond=None)[0]
    if inverse.min() <= 0:
        return None
    a, b = (_whole(1 / np.sqrt(value)) for value in inverse)
    return Round((x, middle), a) if a == b else Oval((x, middle), (a, b), 0.0)


def _extremes(points: Points) -> Points:
    return np.array([points.min(axis=0), points.max(axis=0)])


def _whole(length: float) -> float:
    """A semi-axis fitted to some vertices, which lie up to .5 nm outside: the nearest nm."""
    near = round(float(length), 3)
    return near if abs(length - near) < 2 * _LENGTH else round(float(length), 5)


def _deviation(points: Points, shapes: list[Shape]) -> float:
    """How far, at most, an outline lies from that of the union of `shapes`."""
    share = np.arange(_SAMPLES) / _SAMPLES
    following = np.roll(points, -1, axis=0)
    dense = (points[:, None] + share[:, None] * (following - points)[:, None]).reshape(-1, 2)
    return float(np.abs(np.min([_outside(dense, shape) for shape in shapes], axis=0)).max())


def _outside(points: Points, shape: Shape) -> NDArray[np.float64]:
    """Signed distance from the edge of a shape, positive outside; first order for an ellipse."""
    local = points - np.array(shape.centre) if not isinstance(shape, Outline) else points
    if isinstance(shape, Round):
        return np.asarray(np.hypot(*local.T) - shape.radius)
    if isinstance(shape, Rectangle):
        beyond = np.abs(local) - np.array(shape.size) / 2
        return np.asarray(np.hypot(*np.maximum(beyond, 0).T) + np.minimum(beyond.max(axis=1), 0))
    assert isinstance(shape, Oval)
    axes = np.array(shape.semi_axes)
    level = np.hypot(*(local / axes).T)
    slope = np.hypot(*(local / axes**2).T) / np.maximum(level, 1e-12)
    return np.asarray((level - 1) / np.maximum(slope, 1e-12))


def _area(points: Points) -> float:
    x, y = points.T
    return abs(float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)))
