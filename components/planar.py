"""A film without pattern: planar cavities, half cavities, and what a dot does without a device."""

from typing import TYPE_CHECKING, Annotated

from cqdphotonics.layout import shapes
from cqdphotonics.layout.component import component, new_cell, place_emitter
from cqdphotonics.layout.layers import DEVICE
from cqdphotonics.layout.parameters import Range

if TYPE_CHECKING:
    import gdsfactory as gf


@component(continues="xy")
def planar(
    radius: Annotated[
        float,
        Range(0.2, 50.0, "µm", "radius of the piece that is drawn", "a chip has to show the dot"),
    ] = 2.0,
) -> "gf.Component":
    """Film without pattern, with one dot: the planar part of any stack.

    Cross-section with stack `polymer-in-dbr`; the drawn disc is only a part of the film::

        ─────────────────────────────  mirror above (none: half cavity; a gap first: open cavity)
        ─────────────────────────────
                     o                 film with the dot, layer DEVICE
        ─────────────────────────────
        ─────────────────────────────  mirror below
          substrate

    What makes it a cavity is the stack: `polymer-on-dbr` is a half cavity, `polymer-in-dbr` a
    planar cavity, `open-dbr` and `open-gold` are open Fabry–Pérot cavities between flat mirrors.
    A curved mirror, as fibre cavities have, is not represented. The film goes on in x and y; the
    two in-plane dipoles are equivalent.

    Raises
    ------
    RangeError
        If the radius is outside its range.
    """
    cell = new_cell()
    shapes.disc(cell, DEVICE.number, radius)
    place_emitter(cell)
    return cell
