"""Bullseye: a circular Bragg grating of trenches etched through a film around one dot."""

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from cqdphotonics.components.membrane import (
    Suspended,
    check_bridges,
    trench,
    window_beyond,
)
from cqdphotonics.layout.component import component, new_cell, place_emitter, require_width
from cqdphotonics.layout.layers import DEVICE, RELEASE
from cqdphotonics.layout.parameters import Range, snap
from cqdphotonics.layout.shapes import Point, disc, ellipse_points, polygon, ring

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
    bridges: Annotated[
        int,
        Range(0, 12, "", "spokes that hold disc and rings", "more leave no trench at the disc"),
    ] = 0,
    bridge_width: Annotated[
        float,
        Range(
            0.03, 1.0, "µm", "width of each spoke", "narrower ones break, wider ones guide light"
        ),
    ] = 0.1,
    suspended: Suspended = False,
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

    Without bridges, disc and rings are separate pieces that lie on what is below the film. In a
    membrane over air nothing holds them: such a bullseye is the ideal ring that figures of designs
    on `sin-air` are for, and can't be made. With ``bridges=4``, ``suspended=True``, from above::

            ╭─────║─────╮
            │ ╭───║───╮ │       ║ bridge_width, over each trench
            │ │ ╭─║─╮ │ │
            ══════●══════       the first bridge lies along x; RELEASE covers all of it, to the
            │ │ ╰─║─╯ │ │       middle of the frame, the outer half of which stays on its support
            │ ╰───║───╯ │
            ╰─────║─────╯

    Bridges scatter and guide some of the light, and end the symmetry about the axis: the device is
    simulated in 3D. With three or more of them the two in-plane dipoles stay equivalent, with two
    they do not.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the ridges would be narrower than 30 nm, the bridges hold nothing or leave no trench,
        or the undercut leaves less than 100 nm of the frame on its support.
    """
    require_width(
        "the ridge between two trenches (pitch - gap)",
        pitch - gap,
        SMALLEST,
        "Take a larger pitch or a smaller gap.",
    )
    check_bridges(bridges, bridge_width, radius, suspended)
    trenches = [(radius + k * pitch, radius + k * pitch + gap) for k in range(rings)]
    last = trenches[-1][1]
    cell = new_cell()
    if bridges:
        _draw_bridged(cell, trenches, last + frame, bridges, bridge_width)
    else:
        disc(cell, DEVICE.number, radius)
        for (_, inner), (outer, _) in pairwise(trenches):
            ring(cell, DEVICE.number, inner=inner, outer=outer)
        ring(cell, DEVICE.number, inner=last, outer=last + frame)
    if suspended:
        disc(cell, RELEASE.number, last + window_beyond(frame))
    place_emitter(cell)
    cell.info["outer_radius"] = round(last + frame, 6)
    return cell


def _draw_bridged(
    cell: "gf.Component",
    trenches: list[tuple[float, float]],
    end: float,
    bridges: int,
    width: float,
) -> None:
    """The film with its trenches between bridges, in rings that meet in the middle of ridges.

    One outline with all of the trenches has more vertices than a polygon in GDS may have.
    """
    middles = [snap((outer + inner) / 2) for (_, outer), (inner, _) in pairwise(trenches)]
    inside: list[list[Point]] = []
    for (inner, outer), reach in zip(trenches, [*middles, end], strict=True):
        outline = ellipse_points((reach, reach))
        holes = trench(inner, outer, bridges, width)
        polygon(cell, DEVICE.number, outline, [*inside, *holes])
        inside = [outline]
