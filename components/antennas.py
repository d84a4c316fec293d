"""Plasmonic dimers with the dot in their gap: bowtie and rods, with corners as fabricated."""

from math import hypot
from typing import TYPE_CHECKING, Annotated

from cqdphotonics.layout.component import component, new_cell, place_emitter
from cqdphotonics.layout.layers import METAL
from cqdphotonics.layout.parameters import Range
from cqdphotonics.layout.rounding import rounded_points
from cqdphotonics.layout.shapes import Point, polygon

if TYPE_CHECKING:
    import gdsfactory as gf

Gap = Annotated[
    float,
    Range(0.004, 0.5, "µm", "distance between the two pieces", "the dot has to fit between them"),
]
Corner = Annotated[
    float,
    Range(0.0, 0.2, "µm", "radius of the corners", "lift-off leaves about 10 nm; 0 is ideal"),
]
DotX = Annotated[
    float,
    Range(
        -1.0,
        1.0,
        "µm",
        "how far the dot is from the middle, along x",
        "farther away the antenna does not act on it",
    ),
]
DotY = Annotated[
    float,
    Range(
        -1.0,
        1.0,
        "µm",
        "how far the dot is from the middle, along y",
        "farther away the antenna does not act on it",
    ),
]


@component
def bowtie(
    length: Annotated[
        float,
        Range(0.02, 1.0, "µm", "length of each triangle along x", "it sets the resonance"),
    ] = 0.085,
    width: Annotated[
        float, Range(0.02, 1.0, "µm", "width of each triangle at its base", "it sets the angle")
    ] = 0.096,
    gap: Gap = 0.03,
    corner: Corner = 0.01,
    dot_x: DotX = 0.0,
    dot_y: DotY = 0.0,
) -> "gf.Component":
    """Bowtie antenna: two metal triangles tip to tip, the dot between the tips.

    From above::

          ╲                       ╱  |
           ╲____             ____╱   |
                ╲           ╱        |
                 )    o    (         |  width
            ____╱           ╲____    |
           ╱     |<--gap-->|     ╲   |
          ╱                       ╲  |
          |<length>|

    Gap, length and width are those of the rounded shape: the tips are `gap` apart, and each piece
    is `length` long and `width` wide. A sharp tip would be an ideal that no field solver can
    converge on. The dot's height is the stack's `emitter_height`. Gap and width are drawn as even
    numbers of nanometres, so that both halves are mirror images on the grid.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the corners are larger than the triangles can hold.
    """
    return _pair(_rounded_triangle(length, width, corner), gap, (dot_x, dot_y))


@component
def rod_dimer(
    length: Annotated[
        float, Range(0.02, 1.0, "µm", "length of each rod along x", "it sets the resonance")
    ] = 0.08,
    width: Annotated[
        float, Range(0.01, 0.5, "µm", "width of each rod", "narrower rods can't be lifted off")
    ] = 0.04,
    gap: Gap = 0.03,
    corner: Corner = 0.02,
    dot_x: DotX = 0.0,
    dot_y: DotY = 0.0,
) -> "gf.Component":
    """Two metal rods end to end, the dot between them.

    From above::

        ╭───────────╮         ╭───────────╮
        |           |    o    |           |  width
        ╰───────────╯         ╰───────────╯
        |<-length-->|<--gap-->|

    With ``corner = width / 2`` the ends are half discs.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the corners are larger than half the rod's width or length.
    """
    sharp = [(0.0, -width / 2), (length, -width / 2), (length, width / 2), (0.0, width / 2)]
    return _pair(rounded_points(sharp, corner), gap, (dot_x, dot_y))


def _rounded_triangle(length: float, width: float, corner: float) -> list[Point]:
    """A triangle whose rounded tip is at the origin, as long and wide as given when rounded."""
    tip, base = 0.0, width
    outline: list[Point] = []
    # Rounding shortens the triangle; the sharp one that is right after it is soon found.
    for _ in range(30):
        sharp = [(tip, 0.0), (length, -base / 2), (length, base / 2)]
        outline = rounded_points(sharp, corner)
        tip -= min(x for x, _ in outline)
        base += width - 2 * max(y for _, y in outline)
    return outline


def _pair(outline: list[Point], gap: float, dot: Point) -> "gf.Component":
    """Two mirror images, the nearest points of which are `gap` apart."""
    from cqdphotonics.errors import GeometryError
    from cqdphotonics.layout.parameters import snap

    half = snap(gap / 2)
    if _inside(outline, (abs(dot[0]) - half, dot[1])):
        raise GeometryError(
            f"the dot at ({dot[0]:g}, {dot[1]:g}) µm lies on the metal as seen from above, so that "
            "it is in it where the stack has it in the metal's plane. Move it into the gap."
        )
    right = [(snap(x) + half, snap(y)) for x, y in outline]
    cell = new_cell()
    polygon(cell, METAL.number, right)
    polygon(cell, METAL.number, [(-x, y) for x, y in reversed(right)])
    place_emitter(cell, dot)
    cell.info["gap"] = round(2 * half, 6)
    cell.info["tip_distance"] = round(min(hypot(x - dot[0], y - dot[1]) for x, y in right), 6)
    return cell


def _inside(outline: list[Point], point: Point) -> bool:
    """Whether a point lies inside a convex outline that goes round counter-clockwise."""
    (u, v) = point
    edges = zip(outline, [*outline[1:], outline[0]], strict=True)
    return all((c - a) * (v - b) - (d - b) * (u - a) > 0 for (a, b), (c, d) in edges)
