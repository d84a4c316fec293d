"""Nanobeam: a photonic-crystal cavity in a narrow beam, its period tapered around one dot."""

from typing import TYPE_CHECKING, Annotated

from cqdphotonics.layout.component import component, new_cell, place_emitter, require_width
from cqdphotonics.layout.layers import DEVICE
from cqdphotonics.layout.parameters import Range, snap
from cqdphotonics.layout.shapes import ellipse_points, polygon

if TYPE_CHECKING:
    import gdsfactory as gf

SMALLEST = 0.03
"""Narrowest bridge of film in µm, between holes and beside them, that is still drawn."""


def periods(inner: float, outer: float, taper: int, mirror: int) -> list[float]:
    """Lengths in µm of the unit cells on one side, from the middle outwards.

    The mirror strength of a cell grows about linearly with its period, and a mirror strength
    that grows linearly with the distance makes the field's envelope a Gaussian, which radiates
    least; a period quadratic in the number of the cell keeps the middle flat.
    """
    tapered = [inner + (outer - inner) * (k / taper) ** 2 for k in range(taper)]
    return [*tapered, *[outer] * mirror]


@component(continues="x")
def nanobeam(
    width: Annotated[
        float,
        Range(0.1, 2.0, "µm", "width of the beam", "wider beams guide several modes"),
    ] = 0.46,
    inner_period: Annotated[
        float,
        Range(0.05, 1.0, "µm", "period in the middle", "the mode lies at about twice n·period"),
    ] = 0.19,
    outer_period: Annotated[
        float,
        Range(0.05, 1.0, "µm", "period of the mirrors", "their gap must hold the mode"),
    ] = 0.22,
    taper: Annotated[
        int, Range(1, 60, "", "tapered holes on each side", "none would be no cavity")
    ] = 8,
    mirror: Annotated[int, Range(0, 60, "", "mirror holes on each side")] = 10,
    hole_length: Annotated[
        float, Range(0.05, 0.95, "", "length of a hole along the beam over its period")
    ] = 0.60,
    hole_width: Annotated[
        float, Range(0.05, 0.95, "", "width of a hole across the beam over that of the beam")
    ] = 0.72,
    end: Annotated[
        float, Range(0.2, 20.0, "µm", "beam drawn beyond the last hole", "the beam is held there")
    ] = 1.5,
) -> "gf.Component":
    """Nanobeam cavity: elliptic holes whose period grows quadratically from the middle.

    From above, the right half; ``o`` are the holes::

        y
        |  ┌──────────────────────────────────────────────────────
        |  |   o  o   o   o    o     o     o     o      end ...      width
        |  └──────────────────────────────────────────────────────
        x  0   |<taper: inner ... |<-- mirror: outer -->|
         emitter     → outer period>|     period

    Cell k = 0, 1, … on each side has the length a(k) of `periods` and its hole in the middle:
    the dot sits in film, where the two innermost cells meet, its dipole across the beam. A hole
    is ``hole_length * a(k)`` long. The beam goes on along x beyond what is drawn.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If less than 30 nm of film would be left between two holes or beside them.
    """
    cells = periods(inner_period, outer_period, taper, mirror)
    shortest = min(cells)
    require_width(
        "the bridge between two holes",
        shortest * (1 - hole_length),
        SMALLEST,
        "Take a smaller hole_length or a larger period.",
    )
    require_width(
        "the rim beside a hole",
        width * (1 - hole_width) / 2,
        SMALLEST,
        "Take a smaller hole_width or a wider beam.",
    )
    holes = []
    reach = 0.0
    for length in cells:
        centre = snap(reach + length / 2)
        reach += length
        axes = (snap(hole_length * length / 2), snap(hole_width * width / 2))
        holes += [ellipse_points(axes, (side * centre, 0.0)) for side in (-1, 1)]
    # An odd width in nanometres lies half a step off the grid on both sides: made even.
    half_length, half_width = snap(reach + end), snap(width / 2)
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    cell = new_cell()
    polygon(cell, DEVICE.number, [(x * half_length, y * half_width) for x, y in corners], holes)
    place_emitter(cell, axis="y")
    return cell
