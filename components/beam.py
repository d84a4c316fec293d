"""Beams with a row of holes: what the nanobeam devices have in common, drawn from numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING, Annotated

from cqdphotonics.errors import GeometryError
from cqdphotonics.layout.component import place_port, require_width
from cqdphotonics.layout.layers import DEVICE, RELEASE
from cqdphotonics.layout.parameters import Range, snap
from cqdphotonics.layout.shapes import ellipse_points, polygon, rectangle, united

if TYPE_CHECKING:
    import gdsfactory as gf

SMALLEST = 0.03
"""Narrowest bridge of film in µm, between holes and beside them, that is still drawn."""

SLOT = 0.02
"""Narrowest slot in µm that still opens in the etch."""

PAD = 2.0
"""Length in µm of the pad that holds an end of an undercut beam."""

OVERLAP = 1.0
"""How far (µm) a pad reaches beside the window; an isotropic undercut eats some of it."""

TETHER = 0.12
"""Width in µm of a tether: narrow against the wavelength, so that a guided mode hardly sees it."""

TETHERED = 1.2
"""Length in µm of the piece of waveguide that a pair of tethers holds."""

Point = tuple[float, float]

Width = Annotated[
    float, Range(0.1, 2.0, "µm", "width of the beam", "wider beams guide several modes")
]
Taper = Annotated[int, Range(1, 60, "", "tapered holes on each side", "none would be no cavity")]
Mirror = Annotated[
    int,
    Range(
        0,
        60,
        "",
        "mirror holes on each side",
        "beyond that the film loses more than the mirrors let through",
    ),
]
HoleLength = Annotated[
    float,
    Range(
        0.05,
        0.95,
        "",
        "length of a mirror hole along the beam over its period",
        "smaller holes do not open, larger ones leave no bridge",
    ),
]
HoleWidth = Annotated[
    float,
    Range(
        0.05,
        0.95,
        "",
        "width of a mirror hole across the beam over that of the beam",
        "smaller holes do not open, larger ones leave no rim",
    ),
]


@dataclass(frozen=True)
class Lattice:
    """The row of holes of a cavity; lengths in µm.

    `hole_length` is over the period of its cell, `hole_width` over the width of the beam, both
    for a mirror hole; `inner_scale` is the size of the middle holes over that.
    """

    width: float
    inner_period: float
    outer_period: float
    taper: int
    hole_length: float
    hole_width: float
    law: str = "quadratic"
    inner_scale: float = 1.0


@dataclass(frozen=True)
class Hole:
    """One hole: its place along the beam and its semi-axes, in µm."""

    x: float
    semi_axes: Point


@dataclass(frozen=True)
class Row:
    """Holes, and how far the cells that they are in reach to either side, in µm."""

    holes: tuple[Hole, ...]
    left: float
    right: float


@dataclass(frozen=True)
class Waveguide:
    """What the right end of a beam opens into: a taper without holes, then a strip; in µm."""

    taper: float
    width: float
    length: float


def periods(
    inner: float, outer: float, taper: int, mirror: int, law: str = "quadratic"
) -> list[float]:
    """Lengths in µm of the unit cells on one side, from the middle outwards.

    A mirror strength that grows linearly with the distance makes the field's envelope a
    Gaussian, which radiates least (Quan and Lončar, Opt. Express 19, 18529 (2011)). The mode
    lies at a band edge of the middle cell; with x the relative change of the period from there
    and D the relative width of the gap, the mirror strength is √(x (D - x)).

    - ``"quadratic"``: the period is quadratic in the number of the cell: linear near the middle,
      where x ≪ D.
    - ``"strength"``: linear up to the mirrors, if these have the mode in the middle of their gap
      (x = D/2): the period follows an arc of a circle.
    """
    growth = _growth(taper, law)
    return [*(inner + (outer - inner) * share for share in growth), *[outer] * mirror]


def scales(inner: float, taper: int, mirror: int, law: str = "quadratic") -> list[float]:
    """Size of the holes of one side over that of a mirror hole, from the middle outwards.

    The filling, which goes with the square of the size, changes as the period does in `periods`.
    """
    growth = _growth(taper, law)
    return [*(sqrt(inner**2 + (1 - inner**2) * share) for share in growth), *[1.0] * mirror]


def _growth(taper: int, law: str) -> list[float]:
    steps = [k / taper for k in range(taper)]
    if law == "strength":
        return [1 - sqrt(1 - step**2) for step in steps]
    return [step**2 for step in steps]


def row_of_holes(lattice: Lattice, left: int, right: int, *, central: bool) -> Row:
    """The holes of a cavity about x = 0.

    Parameters
    ----------
    lattice : Lattice
        Periods and sizes.
    left, right : int
        Mirror holes on either side, outside of the taper.
    central : bool
        Whether the innermost hole is at x = 0, one for both sides, or the innermost cells meet
        there.

    Raises
    ------
    GeometryError
        If less than 30 nm of film would be left between two holes or beside them.
    """
    most = max(left, right)
    cells = periods(lattice.inner_period, lattice.outer_period, lattice.taper, most, lattice.law)
    sizes = scales(lattice.inner_scale, lattice.taper, most, lattice.law)
    lengths = [lattice.hole_length * a * s for a, s in zip(cells, sizes, strict=True)]
    # Half a cell and half a hole from each of two neighbours; in the middle, twice the same.
    spare = [(a - length) / 2 for a, length in zip(cells, lengths, strict=True)]
    bridges = [2 * spare[0], *(a + b for a, b in pairwise(spare))]
    require_width(
        "the bridge between two holes",
        min(bridges),
        SMALLEST,
        "Take a smaller hole_length or a larger period.",
    )
    require_width(
        "the rim beside a hole",
        lattice.width * (1 - lattice.hole_width * max(sizes)) / 2,
        SMALLEST,
        "Take a smaller hole_width or a wider beam.",
    )
    across = [lattice.hole_width * lattice.width * size for size in sizes]
    holes, reaches = [], []
    for side, mirror in ((-1, left), (1, right)):
        reach = -cells[0] / 2 if central else 0.0
        for k in range(lattice.taper + mirror):
            centre = snap(reach + cells[k] / 2)
            reach += cells[k]
            if not (central and k == 0 and side == 1):
                holes.append(Hole(side * centre, (snap(lengths[k] / 2), snap(across[k] / 2))))
        reaches.append(reach)
    return Row(tuple(holes), reaches[0], reaches[1])


def hole_outlines(holes: Sequence[Hole], shape: str) -> list[list[Point]]:
    """The holes as polygons, as ellipses or as rectangles of the same semi-axes."""
    if shape == "ellipse":
        return [ellipse_points(hole.semi_axes, (hole.x, 0.0)) for hole in holes]
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [
        [(hole.x + x * hole.semi_axes[0], y * hole.semi_axes[1]) for x, y in corners]
        for hole in holes
    ]


def draw_beam(
    cell: "gf.Component",
    row: Row,
    width: float,
    end: float,
    *,
    shape: str = "ellipse",
    slot: Point = (0.0, 0.0),
    waveguide: Waveguide | None = None,
    window: float | None = None,
) -> None:
    """Draw a beam along x with its holes, its ends and what holds it.

    Parameters
    ----------
    cell : gdsfactory Component
        The cell being drawn.
    row : Row
        The holes.
    width, end : float
        Of the beam, and its length beyond the last cell of an end without waveguide, in µm.
    shape : {"ellipse", "rectangle"}
        Of the holes.
    slot : (float, float)
        Length and width in µm of a slot along the beam about x = 0; nothing where one is zero.
    waveguide : Waveguide, optional
        What the right end opens into; its port is ``o1``.
    window : float, optional
        If given, the beam is undercut through a window on layer RELEASE that reaches so far
        beside it, and pads and tethers hold it.

    Raises
    ------
    GeometryError
        If a slot is too narrow to open, leaves less than 30 nm of film beside or beyond it, or
        is longer than the beam.
    """
    half = snap(width / 2)
    left = snap(-(row.left + end))
    right = snap(row.right + (end if waveguide is None else 0.0))
    upper: list[Point] = [(left, half), (right, half)]
    side = half + (window or 0.0)
    if window is not None:
        upper = [(left - PAD, side + OVERLAP), (left, side + OVERLAP), *upper]
    free = right
    if waveguide is not None:
        strip = snap(waveguide.width / 2)
        free = snap(right + waveguide.taper)
        upper.append((free, strip))
        if window is not None:
            upper += _tether(free + TETHERED / 2, strip, side)
            free = snap(free + TETHERED)
        port = snap(free + waveguide.length)
        upper.append((port, strip))
        place_port(cell, "o1", (port, 0.0), 2 * strip, 0)
    elif window is not None:
        upper += [(right, side + OVERLAP), (right + PAD, side + OVERLAP)]
    outline = [(x, -y) for x, y in upper] + upper[::-1]
    holes = hole_outlines(row.holes, shape)
    if min(slot) > 0:
        _check_slot(slot, width, min(-left, right), row.holes)
        length, across = snap(slot[0] / 2), snap(slot[1] / 2)
        cut = [(-length, -across), (length, -across), (length, across), (-length, across)]
        holes = united([*holes, cut])
    polygon(cell, DEVICE.number, outline, holes)
    if window is not None:
        rectangle(cell, RELEASE.number, (free - left, 2 * side), ((free + left) / 2, 0.0))


def _check_slot(slot: Point, width: float, reach: float, holes: Sequence[Hole]) -> None:
    """Refuse a slot that does not lie inside the beam, which ends at ±`reach` or farther out."""
    length, across = slot
    require_width("the slot", across, SLOT, "Take a larger slot_width, or 0 for none.")
    require_width(
        "the rail beside the slot ((width - slot_width)/2)",
        (width - across) / 2,
        SMALLEST,
        "Take a smaller slot_width or a wider beam.",
    )
    if length / 2 > reach - SMALLEST:
        raise GeometryError(
            f"a slot {length:g} µm long does not fit into the beam, which reaches {reach:g} µm "
            f"from the dot. Take a slot_length of at most {2 * snap(reach - SMALLEST):g} µm, or "
            "more mirror holes."
        )
    beyond = [abs(hole.x) - hole.semi_axes[0] - length / 2 for hole in holes]
    require_width(
        "the film between the end of the slot and the next hole",
        min([gap for gap in beyond if gap > 0], default=SMALLEST),
        SMALLEST,
        "Take a shorter slot, or one that runs into that hole.",
    )


def _tether(x: float, strip: float, side: float) -> list[Point]:
    """The upper outline of a tether at `x` and of the pad that it ends in."""
    half, pad = TETHER / 2, TETHERED / 2
    return [
        (snap(x - half), strip),
        (snap(x - half), side),
        (snap(x - pad), side),
        (snap(x - pad), side + OVERLAP),
        (snap(x + pad), side + OVERLAP),
        (snap(x + pad), side),
        (snap(x + half), side),
        (snap(x + half), strip),
    ]
