"""Nanopatch antennas: a disc or a cube of metal over a metal film, the dot in the gap between."""

from math import hypot
from typing import TYPE_CHECKING, Annotated

from cqdphotonics.errors import GeometryError
from cqdphotonics.layout import shapes
from cqdphotonics.layout.component import component, new_cell, place_emitter
from cqdphotonics.layout.layers import METAL
from cqdphotonics.layout.parameters import Range
from cqdphotonics.layout.rounding import rounded_points

if TYPE_CHECKING:
    import gdsfactory as gf

DotX = Annotated[
    float,
    Range(
        -0.5,
        0.5,
        "µm",
        "how far the dot is from the axis, along x",
        "it has to lie in the gap below the patch",
    ),
]
DotY = Annotated[
    float,
    Range(
        -0.5,
        0.5,
        "µm",
        "how far the dot is from the axis, along y",
        "it has to lie in the gap below the patch",
    ),
]


@component
def nanopatch_disc(
    radius: Annotated[
        float, Range(0.01, 2.0, "µm", "radius of the disc", "it sets the resonance of the gap")
    ] = 0.035,
    dot_x: DotX = 0.0,
) -> "gf.Component":
    """Metal disc over a metal film, the dot in the gap below it.

    Cross-section with stack `nanopatch-gold`; the dipole is vertical::

                 ┌─────────────┐
                 |    metal    |
        ─────────┴─────────────┴─────────  gap: dielectric, `gap` thick
                        o                  with the dot in its middle
        ─────────────────────────────────
          metal film

    On the axis (``dot_x = 0``) only modes with the full symmetry of the disc are excited, and the
    simulation is cylindrical. The fundamental mode of the gap has its node there and its maxima
    under the rim: a dot near the rim needs a run in three dimensions.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the dot is not below the disc.
    """
    if abs(dot_x) > radius:
        raise _not_below((dot_x, 0.0), f"the disc of radius {radius:g} µm")
    cell = new_cell()
    shapes.disc(cell, METAL.number, radius)
    place_emitter(cell, (dot_x, 0.0), axis="z")
    return cell


@component
def nanopatch_cube(
    size: Annotated[
        float,
        Range(0.02, 0.5, "µm", "side of the cube as seen from above", "it sets the resonance"),
    ] = 0.076,
    corner: Annotated[
        float, Range(0.0, 0.2, "µm", "radius of the corners", "grown cubes have about 8 nm")
    ] = 0.008,
    dot_x: DotX = 0.03,
    dot_y: DotY = 0.0,
) -> "gf.Component":
    """Metal cube over a metal film, the dot in the gap below it, near an edge.

    From above; the cross-section is that of `nanopatch_disc`::

        ╭───────────╮  |
        |           |  |
        |         o |  |  size
        |           |  |
        ╰───────────╯  |
              |-->|       dot_x

    The fundamental mode of the gap has its node below the middle and is strongest under the edges
    and corners. The height of the cube is the stack's `thickness`; the edges of its top and
    bottom are not rounded. The side is drawn as an even number of nanometres.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the dot is not below the cube, or the corners are too large for it.
    """
    if max(abs(dot_x), abs(dot_y)) > size / 2:
        raise _not_below((dot_x, dot_y), f"the cube of side {size:g} µm")
    a = size / 2
    square = [(-a, -a), (a, -a), (a, a), (-a, a)]
    cell = new_cell()
    shapes.polygon(cell, METAL.number, rounded_points(square, corner))
    place_emitter(cell, (dot_x, dot_y), axis="z")
    return cell


def _not_below(dot: tuple[float, float], what: str) -> GeometryError:
    return GeometryError(
        f"the dot at ({dot[0]:g}, {dot[1]:g}) µm, {hypot(*dot):.3g} µm from the axis, is not below "
        f"{what}. Move it towards the axis, or enlarge the patch."
    )
