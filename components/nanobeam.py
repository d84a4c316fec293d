"""Nanobeam: a photonic-crystal cavity in a narrow beam, its holes tapered around one dot."""

from typing import TYPE_CHECKING, Annotated

from cqdphotonics.components.beam import (
    HoleLength,
    HoleWidth,
    Lattice,
    Mirror,
    Taper,
    Waveguide,
    Width,
    draw_beam,
    row_of_holes,
)
from cqdphotonics.layout.component import component, new_cell, place_emitter
from cqdphotonics.layout.parameters import Choice, Range

if TYPE_CHECKING:
    import gdsfactory as gf

End = Annotated[
    float, Range(0.2, 20.0, "µm", "beam drawn beyond the last hole", "the beam is held there")
]
HoleShape = Annotated[str, Choice(("ellipse", "rectangle"), "shape of the holes")]
Law = Annotated[
    str,
    Choice(
        ("quadratic", "strength"),
        "how the taper grows: with the square of the hole's number, or so that the mirror "
        "strength is linear in it",
    ),
]
InnerScale = Annotated[
    float,
    Range(
        0.4,
        1.6,
        "",
        "size of the middle holes over that of mirror holes",
        "the filling is tapered, too; outside of this the bands no longer overlap",
    ),
]
ExitKind = Annotated[
    str, Choice(("mirror", "waveguide"), "what the right end is: as the left, or a waveguide")
]
ExitMirror = Annotated[
    int, Range(0, 60, "", "mirror holes towards the waveguide", "fewer let more light out")
]
ExitTaper = Annotated[
    float,
    Range(
        0.1,
        50.0,
        "µm",
        "beam without holes that narrows or widens to the waveguide",
        "a step scatters, and a longer taper gains nothing",
    ),
]
StripWidth = Annotated[
    float, Range(0.1, 3.0, "µm", "width of the waveguide", "narrower ones do not guide")
]
StripLength = Annotated[
    float,
    Range(
        0.1,
        50.0,
        "µm",
        "straight waveguide before the port",
        "light beside the mode has to leave before the port",
    ),
]
Suspended = Annotated[bool, "draw what holds an undercut beam, and the window of the undercut"]
Window = Annotated[
    float,
    Range(0.2, 20.0, "µm", "free space beside the undercut beam", "the etchant must get in"),
]


@component(continues="x")
def nanobeam(
    width: Width = 0.46,
    inner_period: Annotated[
        float,
        Range(0.05, 1.0, "µm", "period in the middle", "the mode lies at about twice n·period"),
    ] = 0.19,
    outer_period: Annotated[
        float,
        Range(0.05, 1.0, "µm", "period of the mirrors", "their gap must hold the mode"),
    ] = 0.22,
    taper: Taper = 8,
    mirror: Mirror = 10,
    hole_length: HoleLength = 0.60,
    hole_width: HoleWidth = 0.72,
    end: End = 1.5,
    hole: HoleShape = "ellipse",
    law: Law = "quadratic",
    inner_scale: InnerScale = 1.0,
    exit: ExitKind = "mirror",
    exit_mirror: ExitMirror = 3,
    exit_taper: ExitTaper = 1.5,
    strip_width: StripWidth = 0.46,
    strip_length: StripLength = 1.0,
    suspended: Suspended = False,
    window: Window = 1.5,
    slot_width: Annotated[
        float,
        Range(
            0.0,
            0.3,
            "µm",
            "width of a slot along the beam for the dot; 0 for none",
            "wider ones push the mode out of the film",
        ),
    ] = 0.0,
    slot_length: Annotated[
        float,
        Range(
            0.02,
            40.0,
            "µm",
            "length of that slot, centred on the dot",
            "shorter ones do not open, longer ones leave the beam",
        ),
    ] = 0.6,
) -> "gf.Component":
    """Nanobeam cavity with the dot in the film, between two holes (dielectric mode).

    From above, the right half; ``o`` are the holes::

        y
        |  ┌──────────────────────────────────────────────────────
        |  |   o  o   o   o    o     o     o     o      end ...      width
        |  └──────────────────────────────────────────────────────
        x  0   |<taper: inner ... |<-- mirror: outer -->|
         emitter     → outer period>|     period

    Cell k = 0, 1, … on each side has the length a(k) of `periods` and its hole in the middle:
    the dot sits in film, where the two innermost cells meet, its dipole across the beam. A hole
    is ``hole_length * a(k)`` long, times its scale. The period is tapered, or the size of the
    holes (`inner_scale`; above one the middle holes are the larger, as the dielectric mode
    wants), or both. The beam goes on along x beyond what is drawn.

    With ``exit="waveguide"`` the right end is::

        ────────────────────────┐
          o   o  exit_mirror     \\___________________
          o   o     holes         ___________________|► o1   strip_width
        ────────────────────────/
                        | exit_taper |  strip_length  |

    With ``suspended=True`` a pad at each mirror end, and tethers beside the waveguide, hold the
    beam over the window on layer RELEASE.

    The laws of the taper are closed forms for a mirror strength that grows linearly, near the
    middle or in a model of the gap (`components.beam.periods`). Where the bands of the cells
    themselves shall decide, `cqdphotonics.fdtd.bands.design_taper` computes the period of each
    cell from them; it is no law to be drawn here, but says how far `inner_period`,
    `outer_period` and `taper` are from such a taper.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If less than 30 nm of film would be left between two holes, beside them or beside the
        slot, or the slot is longer than the beam.
    """
    lattice = Lattice(
        width, inner_period, outer_period, taper, hole_length, hole_width, law, inner_scale
    )
    opens = exit == "waveguide"
    cell = new_cell()
    draw_beam(
        cell,
        row_of_holes(lattice, mirror, exit_mirror if opens else mirror, central=False),
        width,
        end,
        shape=hole,
        slot=(slot_length, slot_width),
        waveguide=Waveguide(exit_taper, strip_width, strip_length) if opens else None,
        window=window if suspended else None,
    )
    place_emitter(cell, axis="y")
    return cell


@component(continues="x")
def nanobeam_air(
    width: Width = 0.46,
    inner_period: Annotated[
        float,
        Range(0.05, 1.0, "µm", "period in the middle", "the mode lies at about twice n·period"),
    ] = 0.27,
    outer_period: Annotated[
        float,
        Range(0.05, 1.0, "µm", "period of the mirrors", "their gap must hold the mode"),
    ] = 0.235,
    taper: Taper = 10,
    mirror: Mirror = 8,
    hole_length: HoleLength = 0.60,
    hole_width: HoleWidth = 0.72,
    end: End = 1.5,
    hole: HoleShape = "ellipse",
    law: Law = "quadratic",
    inner_scale: InnerScale = 1.0,
    exit: ExitKind = "mirror",
    exit_mirror: ExitMirror = 3,
    exit_taper: ExitTaper = 1.5,
    strip_width: StripWidth = 0.46,
    strip_length: StripLength = 1.0,
    suspended: Suspended = False,
    window: Window = 1.5,
) -> "gf.Component":
    """Nanobeam cavity with the dot in the middle of its central hole (air mode).

    From above::

           mirror        taper: outer ← inner → outer          mirror
        ───────────────────────────────────────────────────────────────
           o   o   o   o    o     o     O     o    o   o    o   o   o       width
        ───────────────────────────────────────────────────────────────
                                      emitter

    The field of the air mode is largest in the holes, where a dot from solution comes to lie. It
    lives at the upper edge of the gap of the middle cell, which must lie inside the gap of the
    mirrors: the period shrinks outwards, or the holes grow (`inner_scale` below one). The ends
    are those of `nanobeam`.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If less than 30 nm of film would be left between two holes or beside them.
    """
    lattice = Lattice(
        width, inner_period, outer_period, taper, hole_length, hole_width, law, inner_scale
    )
    opens = exit == "waveguide"
    cell = new_cell()
    draw_beam(
        cell,
        row_of_holes(lattice, mirror, exit_mirror if opens else mirror, central=True),
        width,
        end,
        shape=hole,
        waveguide=Waveguide(exit_taper, strip_width, strip_length) if opens else None,
        window=window if suspended else None,
    )
    place_emitter(cell, axis="y")
    return cell
