"""What is undercut and what holds it: the window on layer RELEASE, and bridges over trenches."""

from math import cos, pi, sin
from typing import Annotated

from cqdphotonics.errors import GeometryError
from cqdphotonics.layout.component import require_width
from cqdphotonics.layout.parameters import GRID, snap
from cqdphotonics.layout.shapes import Point, ellipse_points

SMALLEST = 0.03
"""Narrowest trench in µm between two bridges that is still drawn."""

HELD = 0.1
"""Least film in µm outside of the window of an undercut; on it the membrane hangs."""

Suspended = Annotated[
    bool, "draw the window of the undercut: below all of the pattern, to the middle of the frame"
]


def window_beyond(frame: float) -> float:
    """How far (µm) beyond the pattern the undercut reaches: to the middle of the frame.

    Raises
    ------
    GeometryError
        If less than 100 nm of the frame would be left on its support.
    """
    require_width(
        "the film on its support outside of the undercut (half of the frame)",
        frame / 2,
        HELD,
        "Take a larger frame.",
    )
    return snap(frame / 2)


def check_bridges(bridges: int, width: float, radius: float, suspended: bool) -> None:
    """Refuse bridges over a trench of inner `radius` that hold nothing or leave no trench.

    Raises
    ------
    GeometryError
        If there is one bridge, or none over an undercut, or they nearly meet at the disc.
    """
    if bridges == 1:
        raise GeometryError(
            "bridges = 1: a disc on one bridge sags to the other side. Take 2 or more, or 0 for "
            "a film that lies on something."
        )
    if suspended and bridges == 0:
        raise GeometryError(
            "suspended = True with bridges = 0: over the undercut nothing holds disc and rings. "
            "Take bridges=4, or suspended=False."
        )
    if bridges:
        require_width(
            "what is left of the first trench between two bridges "
            "(2·radius·sin(π/bridges) - bridge_width)",
            2 * radius * sin(pi / bridges) - width,
            SMALLEST,
            "Take fewer or narrower bridges.",
        )


def trench(inner: float, outer: float, bridges: int, width: float) -> list[list[Point]]:
    """Outlines of a ring-shaped trench between its bridges; the first bridge lies along x.

    One quarter (for an odd number of bridges: one half) is computed and mirrored: rounding to the
    grid breaks no symmetry.
    """
    from klayout import db

    def region(points: list[Point]) -> db.Region:
        return db.Region(
            db.Polygon([db.Point(round(x / GRID), round(y / GRID)) for x, y in points])
        )

    whole = region(ellipse_points((outer, outer))) - region(ellipse_points((inner, inner)))
    far, half = 2 * outer, width / 2
    for k in range(bridges):
        c, s = cos(2 * pi * k / bridges), sin(2 * pi * k / bridges)
        corners = ((0.0, -half), (far, -half), (far, half), (0.0, half))
        whole -= region([(u * c - v * s, u * s + v * c) for u, v in corners])
    reach = round(far / GRID)
    even = bridges % 2 == 0
    part = whole & db.Region(db.Box(0 if even else -reach, 0, reach, reach))
    if even:
        part += part.transformed(db.Trans.M90)
    part += part.transformed(db.Trans.M0)
    return [[(p.x * GRID, p.y * GRID) for p in one.each_point_hull()] for one in part.each_merged()]
