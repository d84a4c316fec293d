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
        shapes = _stadium(_turned(points, turned))
        if shapes:
            deviation = _deviation(_turned(points, turned), shapes)
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
