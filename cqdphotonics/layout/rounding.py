"""Outlines with rounded corners, as lithography leaves them."""

from collections.abc import Sequence
from math import acos, atan2, ceil, cos, hypot, pi, sin, tan

from cqdphotonics.errors import GeometryError
from cqdphotonics.layout.shapes import SAGITTA, Point

_PICOMETRE = 6
"""Digits kept (µm), so that mirror images are rounded to the grid alike."""

_FLATNESS = 1 / 200
"""How far an arc may bulge over the side of its polygon, as a share of its radius."""


def rounded_points(vertices: Sequence[Point], radius: float) -> list[Point]:
    """A convex outline whose corners are arcs of a circle.

    Parameters
    ----------
    vertices : sequence of (x, y)
        Corners of a convex polygon in µm, counter-clockwise.
    radius : float
        Of the arcs, which touch both sides of their corner, in µm; 0 leaves the corners sharp.

    Returns
    -------
    list of (x, y)
        The vertices lie on the outline; each arc has one in its middle.

    Raises
    ------
    GeometryError
        If the sides are too short for arcs of that radius.
    """
    if radius == 0:
        return list(vertices)
    count = len(vertices)
    turns = [_turn(vertices, number) for number in range(count)]
    cut = [radius * tan(turn / 2) for turn in turns]
    outline: list[Point] = []
    for number, (x, y) in enumerate(vertices):
        after = vertices[(number + 1) % count]
        length = hypot(after[0] - x, after[1] - y)
        needed = cut[number] + cut[(number + 1) % count]
        if needed > length + 1e-9:
            raise GeometryError(
                f"corners of radius {radius:g} µm need a side of {needed:.4g} µm between them, "
                f"which is {length:.4g} µm long. Take a smaller radius or a larger shape."
            )
        outline += _arc(vertices[number - 1], (x, y), turns[number], radius)
    return _without_repetition(outline)


def _turn(vertices: Sequence[Point], corner: int) -> float:
    """Angle (rad) by which the outline turns at a corner; positive where it is convex."""
    (ax, ay), (bx, by) = vertices[corner - 1], vertices[corner]
    cx, cy = vertices[(corner + 1) % len(vertices)]
    turn = (atan2(cy - by, cx - bx) - atan2(by - ay, bx - ax)) % (2 * pi)
    if not 0 < turn < pi:
        raise GeometryError("only convex outlines, given counter-clockwise, can be rounded.")
    return turn


def _arc(before: Point, corner: Point, turn: float, radius: float) -> list[Point]:
    incoming = atan2(corner[1] - before[1], corner[0] - before[0])
    middle = incoming + turn / 2 - pi / 2  # direction from the centre to the middle of the arc
    distance = radius / cos(turn / 2)
    x, y = corner[0] - distance * cos(middle), corner[1] - distance * sin(middle)
    # Of a corner of a few nanometres not even a third of a nanometre is little.
    step = 2 * acos(1 - min(SAGITTA / radius, _FLATNESS))
    half = max(2, ceil(turn / 2 / step))
    angles = [middle + turn * k / (2 * half) for k in range(-half, half + 1)]
    return [
        (round(x + radius * cos(a), _PICOMETRE), round(y + radius * sin(a), _PICOMETRE))
        for a in angles
    ]


def _without_repetition(outline: list[Point]) -> list[Point]:
    """Without the second of two points that touching arcs share."""
    return [
        point
        for number, point in enumerate(outline)
        if hypot(point[0] - outline[number - 1][0], point[1] - outline[number - 1][1]) > 1e-6
    ]
