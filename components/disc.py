"""A plain disc: the smallest device there is, for checks of one part against another."""

from typing import TYPE_CHECKING, Annotated

from cqdphotonics.layout import shapes
from cqdphotonics.layout.component import component, new_cell, place_emitter
from cqdphotonics.layout.layers import DEVICE
from cqdphotonics.layout.parameters import Range

if TYPE_CHECKING:
    import gdsfactory as gf


@component
def disc(
    radius: Annotated[
        float, Range(0.02, 20.0, "µm", "radius of the disc", "smaller ones can't be made")
    ] = 0.3,
) -> "gf.Component":
    """Disc of film with the dot on its axis."""
    cell = new_cell()
    shapes.disc(cell, DEVICE.number, radius)
    place_emitter(cell)
    return cell
