"""Bullseye: a circular Bragg grating of trenches etched through a film around one dot."""

from typing import TYPE_CHECKING, Annotated

from cqdphotonics.layout.component import component, new_cell, place_emitter, require_width
from cqdphotonics.layout.layers import DEVICE
from cqdphotonics.layout.parameters import Range
from cqdphotonics.layout.shapes import disc, ring

if TYPE_CHECKING:
    import gdsfactory as gf

SMALLEST = 0.03
"""Narrowest ridge in µm that is still drawn; below it a film does not survive the etch."""


@component(continues="xy")
def bullseye(
    radius: Annotated[
        float,
        Range(
            0.05,
            3.0,
            "µm",
            "radius of the central disc",
            "smaller discs hold no mode, larger ones many",
        ),
    ] = 0.43,
    pitch: Annotated[
        float,
        Range(0.05, 2.0, "µm", "period of the trenches", "Bragg reflection needs about λ/n_eff"),
    ] = 0.35,
    gap: Annotated[
        float,
        Range(0.02, 1.0, "µm", "width of each trench", "narrower ones can't be etched through"),
    ] = 0.15,
    rings: Annotated[
        int, Range(1, 40, "", "number of trenches", "one is the least that reflects at all")
    ] = 5,
    frame: Annotated[
        float,
        Range(0.2, 20.0, "µm", "film drawn outside the last trench", "the film is held there"),
    ] = 1.5,
) -> "gf.Component":
    """Bullseye cavity (circular Bragg grating) of trenches in a film.

    Half of the cross-section, from the axis outwards; ``█`` is film, a blank is etched::

        ████████████      ████████      ████████      █████████████ ...
        |           |     |       |     |       |     |           |
        0         radius  +gap    |     |             |      outer radius
                    |             |     |             |
                    |<-- pitch -->|<--->|             |
                              (trench 2: gap)    frame: the film goes on

    Trench k = 1 … `rings` lies between ``radius + (k-1)*pitch`` and that ``+ gap``; the ridge
    after it is ``pitch - gap`` wide. The ridge after the last trench is the film itself: it is
    drawn to ``radius + (rings-1)*pitch + gap + frame``, and goes on from there as a membrane.
    The dot sits on the axis; the two in-plane dipoles are equivalent.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the ridges would be narrower than 30 nm.
    """
    require_width(
        "the ridge between two trenches (pitch - gap)",
        pitch - gap,
        SMALLEST,
        "Take a larger pitch or a smaller gap.",
    )
    cell = new_cell()
    disc(cell, DEVICE.number, radius)
    for k in range(1, rings):
        ring(cell, DEVICE.number, inner=radius + (k - 1) * pitch + gap, outer=radius + k * pitch)
    last = radius + (rings - 1) * pitch + gap
    ring(cell, DEVICE.number, inner=last, outer=last + frame)
    place_emitter(cell)
    cell.info["outer_radius"] = round(last + frame, 6)
    return cell
