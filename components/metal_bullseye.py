"""Metal rings under a polymer film with one dot, and the same with a metal cone below the dot."""

from math import radians, tan
from typing import TYPE_CHECKING, Annotated

from cqdphotonics.layout.component import component, new_cell, place_emitter, require_width
from cqdphotonics.layout.layers import CONE, METAL
from cqdphotonics.layout.parameters import Range
from cqdphotonics.layout.shapes import disc, ring

if TYPE_CHECKING:
    import gdsfactory as gf

SMALLEST = 0.03
"""Narrowest metal ridge in µm that is still drawn."""

Plateau = Annotated[
    float,
    Range(0.05, 3.0, "µm", "radius of the metal plateau in the middle", "the dot sits over it"),
]
Pitch = Annotated[
    float,
    Range(0.05, 2.0, "µm", "period of the grooves", "light goes up where it is about λ/n_eff"),
]
Groove = Annotated[
    float, Range(0.02, 1.0, "µm", "width of each groove", "narrower ones are not filled")
]
Rings = Annotated[int, Range(1, 60, "", "number of grooves", "one is the least that scatters")]
Frame = Annotated[
    float, Range(0.2, 20.0, "µm", "metal drawn outside the last groove", "the metal goes on there")
]


@component(continues="xy")
def hybrid_bullseye(
    radius: Plateau = 0.35,
    pitch: Pitch = 0.466,
    groove: Groove = 0.234,
    rings: Rings = 8,
    frame: Frame = 1.0,
) -> "gf.Component":
    """Hybrid metal–dielectric antenna: grooves in metal below a polymer film with one dot.

    Half of the cross-section with stack `polymer-on-gold-rings`; ``█`` is metal, layer METAL::

        air
        ──────────────────────────────────────────────
        o                polymer, `thickness`
                      (dot at `emitter_height` of it)
        ████████████      ████████      ██████████████   `rings`: height of the ridges
        ██████████████████████████████████████████████   `metal`: film without pattern
        |           |     |       |     |
        0         radius  +groove |     |
                    |<-- pitch -->|<--->| groove 2

    The polymer guides the light of the dot sideways, the grooves send it upwards: all of it goes
    up, into a narrow cone. The dielectric kind, film rings over a plain mirror, is `bullseye` with
    stack `sin-on-gold`. The dot sits on the axis, far enough from the metal not to be quenched.

    The default pitch is 0.63 µm over 1.35, the index of the TE mode of 0.37 µm of polymer on gold
    (its field is largest 0.22 µm above the metal): a start for an optimisation, not its end.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the ridges would be narrower than 30 nm.
    """
    cell = new_cell()
    _grooves(cell, radius, pitch, groove, rings, frame)
    place_emitter(cell)
    return cell


@component(continues="xy")
def nanocone_bullseye(
    cone_base: Annotated[
        float, Range(0.01, 0.5, "µm", "radius of the cone at its foot", "it sets the resonance")
    ] = 0.05,
    cone_height: Annotated[
        float,
        Range(0.01, 1.0, "µm", "height of the cone", "the stack's `cone` must say the same"),
    ] = 0.15,
    cone_angle: Annotated[
        float,
        Range(
            0.0,
            60.0,
            "deg",
            "tilt of its wall from the vertical",
            "the stack's `cone_angle` must say the same",
        ),
    ] = 15.0,
    radius: Plateau = 0.35,
    pitch: Pitch = 0.466,
    groove: Groove = 0.234,
    rings: Rings = 8,
    frame: Frame = 1.0,
) -> "gf.Component":
    """Metal cone in the middle of a metal bullseye, the dot over its tip.

    Half of the cross-section with stack `cone-on-gold-rings`; ``█`` is metal::

        ──────────────────────────────────────────────
        o                polymer                         vertical dipole, `distance`/2 over the tip
        █
        ██               layer CONE                      `cone`, `cone_angle` of the stack
        ████████████      ████████      ██████████████   `rings`, layer METAL
        ██████████████████████████████████████████████   `metal`
        |<->| cone_base
        |<-radius ->|<--->| groove

    What is drawn on CONE is the cone at half its height: foot and tip follow from the height and
    wall angle, which are given here and to the stack alike (a mask holds no heights). The tip is
    flat, ``cone_base - cone_height·tan(cone_angle)`` in radius.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the tip would be narrower than 4 nm, or the foot wider than the plateau.
    """
    shrink = cone_height * tan(radians(cone_angle))
    require_width(
        "the tip of the cone (2·(cone_base - cone_height·tan(cone_angle)))",
        2 * (cone_base - shrink),
        0.004,
        "Take a larger cone_base, or a smaller cone_angle or cone_height.",
    )
    require_width(
        "the plateau beside the cone (radius - cone_base)",
        radius - cone_base,
        SMALLEST,
        "Take a larger radius or a smaller cone_base.",
    )
    cell = new_cell()
    _grooves(cell, radius, pitch, groove, rings, frame)
    disc(cell, CONE.number, cone_base - shrink / 2)
    place_emitter(cell, axis="z")
    cell.info["tip_radius"] = round(cone_base - shrink, 6)
    return cell


def _grooves(
    cell: "gf.Component", radius: float, pitch: float, groove: float, rings: int, frame: float
) -> None:
    require_width(
        "the ridge between two grooves (pitch - groove)",
        pitch - groove,
        SMALLEST,
        "Take a larger pitch or a narrower groove.",
    )
    disc(cell, METAL.number, radius)
    for k in range(1, rings):
        ring(cell, METAL.number, inner=radius + (k - 1) * pitch + groove, outer=radius + k * pitch)
    last = radius + (rings - 1) * pitch + groove
    ring(cell, METAL.number, inner=last, outer=last + frame)
    cell.info["outer_radius"] = round(last + frame, 6)
