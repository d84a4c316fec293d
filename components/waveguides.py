"""What leads light over a chip: strip, taper, bend, splitter, edge coupler."""

from typing import TYPE_CHECKING, Annotated

from cqdphotonics.layout.component import even, new_cell, part, place_port, require_width
from cqdphotonics.layout.layers import DEVICE
from cqdphotonics.layout.parameters import Choice, Range, snap
from cqdphotonics.layout.pdk import activate
from cqdphotonics.layout.shapes import polygon, rectangle, take

if TYPE_CHECKING:
    import gdsfactory as gf

SMALLEST = 0.03
"""Narrowest gap or tip in µm that is still drawn."""

Width = Annotated[
    float, Range(0.1, 3.0, "µm", "width of the waveguide", "narrower ones do not guide")
]


@part
def strip(
    length: Annotated[
        float, Range(0.01, 10_000.0, "µm", "length", "longer ones leave the chip")
    ] = 10.0,
    width: Width = 0.46,
) -> "gf.Component":
    """Straight strip waveguide.

    From above::

        o1 ◄════════════════════► o2    width
               length

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    """
    cell = new_cell()
    across = even(width)
    rectangle(cell, DEVICE.number, (length, across), (length / 2, 0.0))
    place_port(cell, "o1", (0.0, 0.0), across, 180)
    place_port(cell, "o2", (length, 0.0), across, 0)
    return cell


@part
def taper(
    length: Annotated[
        float, Range(0.1, 1000.0, "µm", "length", "short ones scatter into other modes")
    ] = 10.0,
    width: Width = 0.46,
    end_width: Annotated[
        float,
        Range(
            0.05,
            20.0,
            "µm",
            "width at the other end",
            "narrower tips fall over, wider ends guide too many modes",
        ),
    ] = 1.0,
) -> "gf.Component":
    """Linear taper from one width of a waveguide to another.

    From above::

                  ________
        o1 ◄=====<________>► o2    width → end_width
               length

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    """
    cell = new_cell()
    _draw_taper(cell, 0.0, length, even(width), even(end_width))
    place_port(cell, "o1", (0.0, 0.0), width, 180)
    place_port(cell, "o2", (length, 0.0), end_width, 0)
    return cell


@part
def bend(
    radius: Annotated[
        float,
        Range(
            0.5,
            500.0,
            "µm",
            "radius; of an Euler bend, that of the arc of the same ends",
            "tighter bends radiate",
        ),
    ] = 5.0,
    angle: Annotated[
        float,
        Range(
            1.0,
            180.0,
            "deg",
            "by which it turns to the left",
            "less is no bend, more than a half turn meets itself",
        ),
    ] = 90.0,
    width: Width = 0.46,
    shape: Annotated[
        str, Choice(("euler", "circular"), "curvature as a ramp up and down, or at once")
    ] = "euler",
) -> "gf.Component":
    """Bend of a strip waveguide.

    From above::

                        ▲ o2
                        ║
                      ,╝
        o1 ◄════════'       radius

    gdsfactory's ``path.euler`` and ``path.arc``. An Euler bend ends where a circular one of the
    same radius does at 90°; where it is sharpest its radius, in `info`, is smaller.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the inner edge would be a point.
    """
    gf = activate()
    made = (
        gf.path.euler(radius=radius, angle=angle, p=1.0, use_eff=True, npoints=90)
        if shape == "euler"
        else gf.path.arc(radius=radius, angle=angle, npoints=181)
    )
    smallest = float(made.info.get("Rmin", radius))
    across = even(width)
    require_width("the inner radius", smallest - across / 2, SMALLEST, "Take a larger radius.")
    section = gf.cross_section.cross_section(width=across, layer=DEVICE.number)
    cell = new_cell()
    take(cell, gf.path.extrude(made, cross_section=section))
    x, y = made.points[-1]
    place_port(cell, "o1", (0.0, 0.0), across, 180)
    place_port(cell, "o2", (float(x), float(y)), across, angle)
    cell.info["length"] = round(float(made.length()), 6)
    cell.info["smallest_radius"] = round(smallest, 6)
    return cell


@part
def splitter(
    width: Width = 0.46,
    width_taper: Annotated[
        float,
        Range(
            0.1,
            5.0,
            "µm",
            "width of the waveguides at the wide piece",
            "narrower ones do not guide",
        ),
    ] = 0.8,
    length_taper: Annotated[
        float,
        Range(0.1, 100.0, "µm", "length of their tapers", "short ones scatter into other modes"),
    ] = 4.0,
    length_mmi: Annotated[
        float,
        Range(0.5, 200.0, "µm", "length of the wide piece", "3/8 of the beat length: n W²/(2 λ)"),
    ] = 9.0,
    width_mmi: Annotated[
        float,
        Range(
            0.5, 20.0, "µm", "width of the wide piece", "both outputs have to fit beside each other"
        ),
    ] = 2.4,
    gap: Annotated[
        float,
        Range(
            SMALLEST,
            5.0,
            "µm",
            "between the two outputs at the wide piece",
            "narrower ones don't open",
        ),
    ] = 0.4,
) -> "gf.Component":
    """Splitter of one waveguide into two equal ones (multimode interference).

    From above::

                    ┌──────────┐====► o2
        o1 ◄=======<│          │
                    └──────────┘====► o3
                     length_mmi

    In a piece of effective width W and index n, light that enters in the middle forms two equal
    images after about n W²/(2 λ) (Soldano and Pennings, J. Lightwave Technol. 13, 615 (1995)).
    gdsfactory's ``mmi1x2``.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the outputs do not fit beside each other, or would meet.
    """
    require_width(
        "the wide piece, beyond what the two outputs take,",
        width_mmi - 2 * width_taper - gap,
        0.0,
        "Take a larger width_mmi, or a smaller gap or width_taper.",
    )
    # The outputs keep their middles, so that they come nearer where they widen to the waveguide.
    require_width(
        "the gap between the two outputs (gap + width_taper - width)",
        even(gap) + even(width_taper) - even(width),
        SMALLEST,
        "Take a larger gap or width_taper, or a narrower waveguide.",
    )
    gf = activate()
    made = gf.components.mmi1x2(
        width_taper=even(width_taper),
        length_taper=length_taper,
        length_mmi=length_mmi,
        width_mmi=even(width_mmi),
        gap_mmi=even(gap),
        cross_section=gf.cross_section.cross_section(width=even(width), layer=DEVICE.number),
    )
    cell = new_cell()
    take(cell, made)
    for port in made.ports:
        place_port(cell, port.name, port.center, width, float(port.orientation))
    return cell


@part
def edge_coupler(
    width: Width = 0.46,
    tip: Annotated[
        float,
        Range(SMALLEST, 1.0, "µm", "width of the tip", "it falls over where it is too narrow"),
    ] = 0.12,
    length: Annotated[
        float, Range(1.0, 2000.0, "µm", "length of the taper", "short ones radiate")
    ] = 50.0,
    beyond: Annotated[
        float,
        Range(
            0.0,
            200.0,
            "µm",
            "tip drawn on beyond the edge, where the chip is cleaved",
            "0 ends at the edge; a cleave misses it by less than 200 µm",
        ),
    ] = 5.0,
) -> "gf.Component":
    """Edge coupler: a waveguide that narrows to a tip, whose mode is as wide as a fibre's.

    From above::

                                 edge
                  __________      :
        o1 ◄=====<__________=======:======   tip
                    length         :beyond

    The port ``edge`` of type ``edge_coupler`` is where the chip ends. The tip guides where the film
    is buried in oxide (`sin-in-oxide`); under air its mode is lost to the oxide below.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the tip is not the narrow end.
    """
    require_width(
        "what the taper takes from the waveguide",
        width - tip,
        SMALLEST,
        "Take a narrower tip or a wider waveguide.",
    )
    cell = new_cell()
    narrow = even(tip)
    _draw_taper(cell, 0.0, length, even(width), narrow)
    if beyond > 0:
        rectangle(cell, DEVICE.number, (beyond, narrow), (length + beyond / 2, 0.0))
    place_port(cell, "o1", (0.0, 0.0), width, 180)
    cell.add_port(
        name="edge",
        center=(snap(length), 0.0),
        width=narrow,
        orientation=0,
        layer=DEVICE.number,
        port_type="edge_coupler",
    )
    return cell


def _draw_taper(
    cell: "gf.Component", start: float, length: float, width: float, end_width: float
) -> None:
    end = start + length
    polygon(
        cell,
        DEVICE.number,
        [(start, -width / 2), (end, -end_width / 2), (end, end_width / 2), (start, width / 2)],
    )
