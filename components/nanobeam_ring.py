"""Nanobeam and ring: the dot's cavity loses its photon to a ring, and the ring to a waveguide."""

from typing import TYPE_CHECKING, Annotated

from cqdphotonics.components.beam import (
    HoleLength,
    HoleWidth,
    Lattice,
    Mirror,
    Taper,
    Width,
    draw_beam,
    row_of_holes,
)
from cqdphotonics.components.grating import Grating, draw_grating
from cqdphotonics.layout import shapes
from cqdphotonics.layout.component import (
    component,
    even,
    new_cell,
    place_emitter,
    place_port,
    require_width,
)
from cqdphotonics.layout.layers import DEVICE
from cqdphotonics.layout.parameters import Choice, Range, snap

if TYPE_CHECKING:
    import gdsfactory as gf

SMALLEST = 0.03
"""Narrowest gap in µm that is still drawn."""


@component
def nanobeam_ring(
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
    mirror: Mirror = 6,
    hole_length: HoleLength = 0.60,
    hole_width: HoleWidth = 0.72,
    gap: Annotated[
        float,
        Range(SMALLEST, 2.0, "µm", "between beam and ring: sets J", "narrower ones don't open"),
    ] = 0.20,
    ring_radius: Annotated[
        float,
        Range(
            0.5, 100.0, "µm", "radius of the middle of the rim", "smaller ones lose what they hold"
        ),
    ] = 3.0,
    ring_width: Annotated[
        float, Range(0.1, 3.0, "µm", "width of the rim", "narrower ones do not guide")
    ] = 0.46,
    bus_gap: Annotated[
        float,
        Range(SMALLEST, 2.0, "µm", "between ring and bus: sets κ2", "narrower ones don't open"),
    ] = 0.15,
    bus_width: Annotated[
        float, Range(0.1, 3.0, "µm", "width of the bus", "narrower ones do not guide")
    ] = 0.40,
    lead: Annotated[
        float,
        Range(
            0.5,
            100.0,
            "µm",
            "bus drawn beyond the ring on either side",
            "light beside the mode has to leave before the port",
        ),
    ] = 1.0,
    couplers: Annotated[
        str, Choice(("none", "right", "both"), "grating couplers at the ends of the bus")
    ] = "right",
    bus: Annotated[
        str, Choice(("one", "none"), "whether the ring has its bus; without, only J is left to see")
    ] = "one",
) -> "gf.Component":
    """Nanobeam cavity coupled to a ring, and the ring to a bus with a grating coupler.

    From above::

        o3 ◄════ o o o o o ● o o o o o ════► o4     beam with the dot: g, κ1
                                                    gap: J
                      . ─ ─ ─ ─ .
                    ╱             ╲                 ring: width, radius
                   │       +       │
                    ╲             ╱
                      ` ─ ─ ─ ─ '
                                                    bus_gap: κ2
        o1 ◄══════════════════════════► o2 <))))    bus, grating coupler

    The dot couples with g to the beam's mode of loss κ1, that with J to the ring's, whose loss κ2
    goes to the bus: the cascade of Choi, Zhu and Englund, PRL 122, 183602 (2019). A ring has two
    modes at each resonance; the beam couples to the standing wave with a maximum beside it, and
    this one leaves to both ends of the bus alike.

    The beam is the dielectric-mode cavity of `nanobeam`; its ends, o3 and o4, show what its
    mirrors let through. Beam and bus go on beyond their ports; where there is a coupler, the
    port is the plane through which light enters it.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If less than 30 nm of film would be left anywhere.
    """
    inner, outer = snap(ring_radius - ring_width / 2), snap(ring_radius + ring_width / 2)
    require_width("the radius of the ring's hole", inner, SMALLEST, "Take a larger ring_radius.")
    row = row_of_holes(
        Lattice(width, inner_period, outer_period, taper, hole_length, hole_width),
        mirror,
        mirror,
        central=False,
    )
    beam, across = even(width), even(bus_width)
    # The beam ends where the bus does, or later.
    half_length = snap(max(outer + lead, row.left + 0.5))
    middle = -snap(beam / 2 + gap + outer)
    bus_y = middle - snap(outer + bus_gap + across / 2)
    cell = new_cell()
    draw_beam(cell, row, width, half_length - row.left)
    shapes.ring(cell, DEVICE.number, inner=inner, outer=outer, centre=(0.0, middle))
    place_port(cell, "o3", (-half_length, 0.0), beam, 180)
    place_port(cell, "o4", (half_length, 0.0), beam, 0)
    if bus == "one":
        shapes.rectangle(cell, DEVICE.number, (2 * half_length, across), (0.0, bus_y))
        place_port(cell, "o1", (-half_length, bus_y), across, 180)
        place_port(cell, "o2", (half_length, bus_y), across, 0)
        if couplers != "none":
            draw_grating(cell, (half_length, bus_y), Grating(width=across))
        if couplers == "both":
            draw_grating(cell, (-half_length, bus_y), Grating(width=across), left=True)
    place_emitter(cell, axis="y")
    return cell
