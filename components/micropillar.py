"""Micropillar: a disc etched through a whole stack of mirrors and spacer."""

from typing import TYPE_CHECKING, Annotated

from cqdphotonics.layout import shapes
from cqdphotonics.layout.component import component, new_cell, place_emitter
from cqdphotonics.layout.layers import DEVICE
from cqdphotonics.layout.parameters import Range

if TYPE_CHECKING:
    import gdsfactory as gf


@component
def micropillar(
    radius: Annotated[
        float,
        Range(
            0.1,
            10.0,
            "µm",
            "radius of the pillar, at half its height",
            "thinner pillars guide no mode, thicker ones are planar",
        ),
    ] = 0.6,
) -> "gf.Component":
    """Micropillar with the dot on its axis, in the spacer between two mirrors.

    Cross-section with stack `pillar-dbr`; all films of the pillar are etched in one go::

                ┌───────┐
                ├───────┤  mirror above
                ├───────┤
                |   o   |  spacer with the dot
                ├───────┤
                ├───────┤  mirror below
        ────────┴───────┴────────
                |<----->|  2·radius      what is not etched: `pairs_under`, substrate

    The mode of a pillar lies at a shorter wavelength than that of the films as wide as can be,
    by about ``(λ/2)·(x01·λ/(2π·n·radius))²`` with x01 = 2.405 and n the mean index of the films
    that hold it; to .2 % it is that of the films taken for pieces of a fibre. All share an axis, so
    that its light is simulated in cylindrical coordinates; the in-plane dipoles are equivalent.

    Raises
    ------
    RangeError
        If the radius is outside its range.
    """
    cell = new_cell()
    shapes.disc(cell, DEVICE.number, radius)
    place_emitter(cell)
    return cell
