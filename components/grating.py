"""Grating coupler: light from a strip waveguide up into a fibre or an objective."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cqdphotonics.layout.component import even, new_cell, part, place_port, require_width
from cqdphotonics.layout.layers import DEVICE
from cqdphotonics.layout.parameters import Range, snap
from cqdphotonics.layout.pdk import activate
from cqdphotonics.layout.shapes import take

if TYPE_CHECKING:
    import gdsfactory as gf

SMALLEST = 0.03
"""Narrowest tooth or trench of a grating in µm that is still drawn."""


@dataclass(frozen=True)
class Grating:
    """The numbers of a grating coupler, as the arguments of `grating_coupler`."""

    width: float = 0.46
    period: float = 0.45
    filling: float = 0.6
    teeth: int = 20
    apodised: int = 8
    first_filling: float = 0.8
    wavelength: float = 0.63
    angle: float = 8.0
    above: float = 1.0
    taper_length: float = 10.0
    taper_angle: float = 40.0


@part
def grating_coupler(
    width: Annotated[
        float, Range(0.1, 3.0, "µm", "width of the waveguide", "narrower ones do not guide")
    ] = 0.46,
    period: Annotated[
        float,
        Range(0.1, 3.0, "µm", "period of the teeth", "λ/(n_eff - n_above sin(angle))"),
    ] = 0.45,
    filling: Annotated[
        float,
        Range(
            0.1,
            0.95,
            "",
            "width of a tooth over the period, at the far end",
            "narrower teeth fall over, narrower trenches stay closed",
        ),
    ] = 0.6,
    teeth: Annotated[int, Range(2, 200, "", "number of teeth", "one does not interfere")] = 20,
    apodised: Annotated[
        int,
        Range(
            0,
            200,
            "",
            "teeth over which the filling falls from first_filling",
            "0 is a uniform grating",
        ),
    ] = 8,
    first_filling: Annotated[
        float,
        Range(
            0.1,
            0.95,
            "",
            "width of the first tooth over the period",
            "narrower teeth fall over, narrower trenches stay closed",
        ),
    ] = 0.8,
    wavelength: Annotated[
        float,
        Range(
            0.3,
            3.0,
            "µm",
            "vacuum wavelength that is focused",
            "that is where colloidal dots emit",
        ),
    ] = 0.63,
    angle: Annotated[
        float,
        Range(0.0, 45.0, "deg", "of the fibre from the vertical", "at 0 it throws light back"),
    ] = 8.0,
    above: Annotated[
        float,
        Range(
            1.0,
            2.0,
            "",
            "refractive index of what is above",
            "air has 1, and what covers a chip less than 2",
        ),
    ] = 1.0,
    taper_length: Annotated[
        float,
        Range(
            1.0,
            100.0,
            "µm",
            "from the waveguide to the first tooth",
            "the light has to spread first; longer fans only take room",
        ),
    ] = 10.0,
    taper_angle: Annotated[
        float,
        Range(5.0, 90.0, "deg", "opening of the fan", "wider ones leave the fan's guided mode"),
    ] = 40.0,
) -> "gf.Component":
    """Focusing grating coupler, etched through, with apodised teeth.

    From above::

                      )   )  )  )
           o1 ══<      )   )  )  )       fibre: leans by `angle` towards +x
                      )   )  )  )
             | taper_length | teeth

    The teeth are confocal ellipses, so that what the waveguide spreads in the fan leaves as a
    beam (gdsfactory's ``grating_coupler_elliptical_arbitrary``). `period` and `wavelength` say
    which index the grating's mode has: n = λ/period + above * sin(angle). Narrow trenches first
    make the emission along the grating less abrupt, nearer to the mode of a fibre.

    Port ``o1`` is the waveguide; ``fibre`` is where the beam leaves.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If a tooth or a trench would be narrower than 30 nm.
    """
    cell = new_cell()
    draw_grating(
        cell,
        (0.0, 0.0),
        Grating(
            width=width,
            period=period,
            filling=filling,
            teeth=teeth,
            apodised=apodised,
            first_filling=first_filling,
            wavelength=wavelength,
            angle=angle,
            above=above,
            taper_length=taper_length,
            taper_angle=taper_angle,
        ),
    )
    place_port(cell, "o1", (0.0, 0.0), width, 180)
    return cell


def draw_grating(
    cell: "gf.Component", start: tuple[float, float], grating: Grating, *, left: bool = False
) -> None:
    """Draw a grating coupler that a waveguide along x enters at `start`.

    It lies to the right, or to the left, of there; a port of type ``vertical_te`` named
    ``fibre`` (``fibre_left``) marks where the beam leaves.

    Raises
    ------
    GeometryError
        If a tooth or a trench would be narrower than 30 nm.
    """
    from klayout import db

    fillings = [
        grating.filling
        + (grating.first_filling - grating.filling)
        * (max(0.0, 1 - k / grating.apodised) if grating.apodised else 0.0)
        for k in range(grating.teeth)
    ]
    gaps = tuple(snap(grating.period * (1 - share)) for share in fillings)
    widths = tuple(snap(grating.period * share) for share in fillings)
    way_out = "Take another filling or a longer period."
    require_width("the narrowest trench of the grating", min(gaps), SMALLEST, way_out)
    require_width("the narrowest tooth of the grating", min(widths), SMALLEST, way_out)
    gf = activate()
    made = gf.components.grating_coupler_elliptical_arbitrary(
        gaps=gaps,
        widths=widths,
        taper_length=grating.taper_length,
        taper_angle=grating.taper_angle,
        wavelength=grating.wavelength,
        fiber_angle=grating.angle,
        nclad=grating.above,
        layer_slab=None,
        layer_grating=DEVICE.number,
        spiked=False,
        cross_section=gf.cross_section.cross_section(
            width=even(grating.width), layer=DEVICE.number
        ),
    )
    enters, leaves = (made.ports[name].center[0] for name in ("o1", "o2"))
    x, y = start
    turned = db.DCplxTrans(1, 180 if left else 0, False, x, y) * db.DCplxTrans(-enters, 0)
    take(cell, made, turned)
    # gdsfactory's ellipses have their focus at its origin.
    cell.info["focus_left" if left else "focus"] = round(x + (enters if left else -enters), 6)
    cell.add_port(
        name="fibre_left" if left else "fibre",
        center=(snap(x + (enters - leaves if left else leaves - enters)), snap(y)),
        width=10.0,  # of a fibre's mode
        orientation=180 if left else 0,
        layer=DEVICE.number,
        port_type="vertical_te",
    )
