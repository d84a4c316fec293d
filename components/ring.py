"""Ring and racetrack: closed waveguides with the dot in the rim, and buses beside them."""

from collections.abc import Sequence
from math import ceil, pi, sqrt
from typing import TYPE_CHECKING, Annotated

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
"""Narrowest gap of a coupler in µm that is still drawn."""

SAGITTA = 1e-3
"""How far (µm) a bend that is no circle may bulge over the sides of its polygon."""

Radius = Annotated[
    float,
    Range(
        0.3, 100.0, "µm", "radius of the middle of the rim", "smaller ones radiate what they hold"
    ),
]
Width = Annotated[float, Range(0.1, 3.0, "µm", "width of the rim", "narrower ones do not guide")]
Bus = Annotated[
    str, Choice(("none", "one", "two"), "waveguides beside it: none, one below, one on each side")
]
Gap = Annotated[
    float, Range(SMALLEST, 3.0, "µm", "between rim and bus", "narrower ones don't open")
]
BusWidth = Annotated[float, Range(0.1, 3.0, "µm", "width of the bus", "narrower ones do not guide")]
Lead = Annotated[
    float,
    Range(
        0.0,
        100.0,
        "µm",
        "bus drawn beyond the rim on either side",
        "it begins at the rim, and what is longer is a strip of its own",
    ),
]


@component
def ring(
    radius: Radius = 3.0,
    width: Width = 0.46,
    bus: Bus = "one",
    gap: Gap = 0.15,
    bus_width: BusWidth = 0.40,
    lead: Lead = 1.0,
) -> "gf.Component":
    """Ring resonator with the dot in the middle of its rim.

    From above::

                     emitter
                  . ─ ─ ● ─ ─ .
               ╱                 ╲      rim: radius ± width/2
              │         +         │
               ╲                 ╱
                  ` ─ ─ ─ ─ ─ '
                                        gap
        o1 ◄══════════════════════════► o2      bus_width

    With ``bus="two"`` there is one above, too, from o3 (left) to o4 (right). Without a bus the
    device is a figure of revolution about its middle. The dipole lies along the radius, across
    the rim, as the field of the fundamental TE-like mode. The buses go on beyond their ports.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the rim would meet itself in the middle.
    """
    inner, outer = snap(radius - width / 2), snap(radius + width / 2)
    require_width("the radius of the hole", inner, SMALLEST, "Take a larger radius.")
    cell = new_cell()
    shapes.ring(cell, DEVICE.number, inner=inner, outer=outer)
    draw_buses(cell, bus, outer, outer + lead, gap, bus_width)
    place_emitter(cell, (0.0, (inner + outer) / 2), axis="y")
    cell.info["circumference"] = round(2 * pi * radius, 6)
    return cell


@component
def racetrack(
    radius: Radius = 3.0,
    straight: Annotated[
        float,
        Range(
            0.0,
            500.0,
            "µm",
            "length of each straight side",
            "0 is a ring, longer ones no longer fit a write field",
        ),
    ] = 3.0,
    width: Width = 0.46,
    bend: Annotated[
        str,
        Choice(("circular", "euler"), "how it bends: at once, or with the curvature as a ramp"),
    ] = "circular",
    bus: Bus = "one",
    gap: Gap = 0.25,
    bus_width: BusWidth = 0.46,
    lead: Lead = 1.0,
) -> "gf.Component":
    """Racetrack resonator with the dot in the middle of its upper straight side.

    From above::

                 |  straight  |
                      emitter
              . ─ ─ ─ ─ ● ─ ─ ─ ─ .
             ╱                      ╲
            │                        │     2 radius between the middles of the sides
             ╲                      ╱
              ` ─ ─ ─ ─ ─ ─ ─ ─ ─ '
                                           gap
        o1 ◄══════════════════════════► o2      bus_width

    Euler bends go half a turn as an Euler spiral and back (gdsfactory's ``path.euler``): they
    reach as high as the circular ones, and their smallest radius, in `info`, is 0.73 of it. The
    straight side couples over its whole length. Else as `ring`.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the rim would meet itself in the middle.
    """
    half = snap(width / 2)
    inner, outer = snap(radius - half), snap(radius + half)
    require_width("the radius of the hole", inner, SMALLEST, "Take a larger radius.")
    cell = new_cell()
    smallest, around = radius, 2 * straight + 2 * pi * radius
    if bend == "circular":
        outline, hole = (shapes.stadium_points(straight, r) for r in (outer, inner))
        reach = outer
    else:
        outline, hole, smallest, length = _euler_outlines(radius, half, straight)
        reach = max(x for x, _ in outline) - straight / 2
        around = 2 * straight + 2 * length
        require_width(
            "the inner radius of the Euler bend",
            smallest - half,
            SMALLEST,
            "Take a larger radius or a narrower rim.",
        )
    shapes.polygon(cell, DEVICE.number, outline, [hole])
    draw_buses(cell, bus, outer, snap(straight / 2 + reach + lead), gap, bus_width)
    place_emitter(cell, (0.0, snap((inner + outer) / 2)), axis="y")
    cell.info["circumference"] = round(around, 6)
    cell.info["smallest_radius"] = round(smallest, 6)
    return cell


def draw_buses(
    cell: "gf.Component", bus: str, outer: float, half_length: float, gap: float, width: float
) -> None:
    """Draw straight waveguides beside a resonator that reaches to y = ±`outer`, with ports.

    Parameters
    ----------
    cell : gdsfactory Component
        The cell being drawn.
    bus : {"none", "one", "two"}
        None, one below, or one on each side.
    outer, half_length, gap, width : float
        In µm.
    """
    across, along = even(width), 2 * snap(half_length)
    sides: Sequence[int] = {"none": (), "one": (-1,), "two": (-1, 1)}[bus]
    for number, side in enumerate(sides):
        y = side * snap(outer + gap + across / 2)
        shapes.rectangle(cell, DEVICE.number, (along, across), (0.0, y))
        place_port(cell, f"o{2 * number + 1}", (-along / 2, y), across, 180)
        place_port(cell, f"o{2 * number + 2}", (along / 2, y), across, 0)


def _euler_outlines(
    radius: float, half: float, straight: float
) -> tuple[list[shapes.Point], list[shapes.Point], float, float]:
    """Outer and inner outline of a racetrack with Euler bends; smallest radius, bend's length.

    The curvature is a ramp up and down, half its largest value in the mean: a half turn is 2π
    smallest radii long.
    """
    import numpy as np

    from cqdphotonics.layout.pdk import activate

    gf = activate()
    sides = ceil(3.2 * radius / sqrt(8 * SAGITTA * radius))
    # gdsfactory counts the points of half the bend; the last is its apex.
    path = gf.path.euler(radius=radius, angle=180, p=1.0, use_eff=True, npoints=2 * sides + 1)
    quarter = np.asarray(path.points)[: 2 * sides + 1]
    # At its ends the first half of the bend runs along x and along y, exactly.
    tangent = np.gradient(quarter, axis=0)
    tangent[0], tangent[-1] = (1.0, 0.0), (0.0, 1.0)
    tangent /= np.hypot(*tangent.T)[:, None]
    right = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    shift = np.array([snap(straight / 2), -radius])
    outlines = []
    for side in (half, -half):
        lower = [(snap(x), snap(y)) for x, y in (quarter + side * right)[::2] + shift]
        # One quarter, mirrored: rounding to the grid can break no symmetry.
        lower[-1] = (lower[-1][0], 0.0)
        upper = [(x, -y) for x, y in lower[-2::-1]]
        side_right = lower + upper
        outlines.append(side_right + [(-x, y) for x, y in side_right[::-1]])
    return outlines[0], outlines[1], float(path.info["Rmin"]), 2 * pi * float(path.info["Rmin"])
