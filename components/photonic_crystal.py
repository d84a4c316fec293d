"""Photonic-crystal slab cavities: missing holes in a triangular lattice, their neighbours tuned."""

from collections.abc import Callable
from dataclasses import dataclass
from math import hypot, sqrt
from typing import TYPE_CHECKING, Annotated

from cqdphotonics.components.membrane import Suspended, window_beyond
from cqdphotonics.errors import GeometryError
from cqdphotonics.layout.component import component, new_cell, place_emitter, require_width
from cqdphotonics.layout.layers import DEVICE, RELEASE
from cqdphotonics.layout.parameters import Range, snap
from cqdphotonics.layout.shapes import Point, ellipse_points, polygon, rectangle

if TYPE_CHECKING:
    import gdsfactory as gf

SMALLEST = 0.03
"""Narrowest bridge of film in µm between two holes; below it a membrane breaks."""

Period = Annotated[
    float, Range(0.05, 1.0, "µm", "period of the lattice", "the gap lies at about 3 to 4 periods")
]
Radius = Annotated[
    float, Range(0.015, 0.45, "µm", "radius of a hole", "smaller ones can't be etched through")
]
Columns = Annotated[
    int, Range(3, 40, "", "holes from the middle to each side", "fewer let the light out sideways")
]
Rows = Annotated[
    int, Range(3, 40, "", "rows above and below the middle", "fewer let the light out sideways")
]
Frame = Annotated[
    float, Range(0.1, 20.0, "µm", "film drawn outside the outermost holes", "it is held there")
]


@dataclass(frozen=True)
class Hole:
    """One hole: its row, centre and radius, in µm."""

    row: int
    centre: Point
    radius: float


@component(continues="xy")
def l3(
    period: Period = 0.247,
    radius: Radius = 0.069,
    columns: Columns = 10,
    rows: Rows = 8,
    shift: Annotated[
        float,
        Range(
            -0.3,
            0.3,
            "µm",
            "how far the holes at both ends are moved outwards",
            "a hole moved farther meets the next one",
        ),
    ] = 0.044,
    shift2: Annotated[
        float,
        Range(
            -0.3,
            0.3,
            "µm",
            "the same for those after them",
            "a hole moved farther meets the next one",
        ),
    ] = 0.0,
    shift3: Annotated[
        float,
        Range(
            -0.3,
            0.3,
            "µm",
            "the same for those after these",
            "a hole moved farther meets the next one",
        ),
    ] = 0.0,
    end_radius: Annotated[
        float,
        Range(0.015, 0.45, "µm", "radius of the holes at both ends", "smaller ones stay closed"),
    ] = 0.059,
    frame: Frame = 1.0,
    suspended: Suspended = False,
) -> "gf.Component":
    """L3 cavity: three holes in a row are missing, the ends of the row are moved and shrunk.

    From above; ``.`` marks a missing hole, the dot sits on the middle one, its dipole along y::

            o   o   o   o   o   o   o   o
          o   o   o   o   o   o   o   o   o
        o   o   O<- .   .   .  ->O   o   o      row 0; O: radius end_radius
          o   o   o   o   o   o   o   o   o        moved outwards by shift, the next
            o   o   o   o   o   o   o   o          by shift2, the one after by shift3
                          |<->| period

    Rows are ``period·√3/2`` apart. The pattern is `columns` periods to each side and `rows` rows up
    and down; beyond it the film goes on without holes. With ``suspended=True`` the window of the
    undercut, on layer RELEASE, reaches from there to the middle of the frame, the outer half of
    which stays on its support; what is simulated is the same membrane.

    The defaults are for Si3N4 (n = 2.04) at 0.63 µm on `sin-air` with ``thickness=0.222``: its gap
    is narrow, and guided-mode expansion (`cqdphotonics.fdtd.slab_modes`) says Q of about 3000. In
    GaP (n = 3.32, `gap-air`, 0.12 µm) period 0.164, radius 0.047, shift 0.028, end_radius 0.041
    resonate near 0.63 µm with Q of the order of 10⁵. On oxide or on a mirror the same pattern
    resonates a few percent farther in the red and leaks more.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If less than 30 nm of film would be left between two holes, a hole is to be moved that is
        not there, or the undercut leaves less than 100 nm of the frame on its support.
    """
    if shift3 and columns < 4:
        raise GeometryError(
            f"shift3 = {shift3:g} µm moves the fourth holes from the middle, and with columns = "
            f"{columns} there are none. Take columns = 4 or more, or shift3 = 0."
        )
    ends = {2: (shift, end_radius), 3: (shift2, radius), 4: (shift3, radius)}

    def change(row: int, column: float) -> tuple[float, float, float] | None:
        if row or abs(column) > 4:
            return (0.0, 0.0, radius)
        if abs(column) < 2:
            return None
        outwards, size = ends[round(abs(column))]
        return (outwards if column > 0 else -outwards, 0.0, size)

    return _slab(_lattice(period, columns, rows, change), period, frame, suspended, axis="y")


@component(continues="xy")
def h1(
    period: Period = 0.258,
    radius: Radius = 0.083,
    columns: Columns = 9,
    rows: Rows = 10,
    shift: Annotated[
        float,
        Range(
            -0.3,
            0.3,
            "µm",
            "how far the six neighbours are moved outwards",
            "a hole moved farther meets the next one",
        ),
    ] = 0.026,
    near_radius: Annotated[
        float,
        Range(0.015, 0.45, "µm", "radius of the six neighbours", "smaller ones stay closed"),
    ] = 0.067,
    frame: Frame = 1.0,
    suspended: Suspended = False,
) -> "gf.Component":
    """H1 cavity: one hole is missing, its six neighbours are moved and shrunk.

    From above; ``.`` marks the missing hole with the dot::

          o   o   o   o   o   o
        o   o   O   O   o   o   o      O: radius near_radius, moved outwards by shift
          o   O   .   O   o   o
        o   o   O   O   o   o   o
          o   o   o   o   o   o
                    |<->| period

    Its two dipole modes, along x and y, are degenerate but for the rounding to the grid of 1 nm:
    a row spacing of ``period·√3/2`` is no whole number of nanometres. An undercut is that of `l3`.

    The defaults are for Si3N4 (n = 2.04) at 0.63 µm on `sin-air` with ``thickness=0.232``, Q of
    about 1500 by guided-mode expansion (`cqdphotonics.fdtd.slab_modes`). In GaP (n = 3.32,
    `gap-air`, 0.12 µm) period 0.171, radius 0.051, shift 0.01, near_radius 0.043 resonate near
    0.63 µm with Q of about 3000.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If less than 30 nm of film would be left between two holes, or the undercut leaves less
        than 100 nm of the frame on its support.
    """

    def change(row: int, column: float) -> tuple[float, float, float] | None:
        x, y = column * period, row * period * sqrt(3) / 2
        distance = hypot(x, y)
        if distance < 0.1 * period:
            return None
        if distance > 1.1 * period:
            return (0.0, 0.0, radius)
        return (shift * x / distance, shift * y / distance, near_radius)

    return _slab(_lattice(period, columns, rows, change), period, frame, suspended, axis="x")


def _lattice(
    period: float,
    columns: int,
    rows: int,
    change: Callable[[int, float], tuple[float, float, float] | None],
) -> list[Hole]:
    """Holes of a triangular lattice; `change` gives (dx, dy, radius) of each, None for none."""
    holes = []
    for row in range(-rows, rows + 1):
        half = row % 2 / 2
        for number in range(-columns, columns + (0 if half else 1)):
            column = number + half
            changed = change(row, column)
            if changed is not None:
                dx, dy, radius = changed
                centre = (
                    snap(_symmetric(column * period) + dx),
                    snap(_symmetric(row * period * sqrt(3) / 2) + dy),
                )
                holes.append(Hole(row, centre, radius))
    return holes


def _symmetric(length: float) -> float:
    """`length` on the grid; halves are rounded towards zero on both sides alike."""
    sign = -1.0 if length < 0 else 1.0
    return sign * snap(abs(length) - 1e-7)


def _slab(
    holes: list[Hole], period: float, frame: float, suspended: bool, axis: str
) -> "gf.Component":
    """The film with its holes, drawn in strips of one row each, which are one film together.

    One outline with hundreds of holes has more vertices than a polygon in GDS may have.
    """
    _check_bridges(holes, period)
    cell = new_cell()
    top = max(hole.row for hole in holes)
    edges = [_symmetric((row - 0.5) * period * sqrt(3) / 2) for row in range(-top, top + 2)]
    x = snap(max(hole.centre[0] + hole.radius for hole in holes) + frame)
    y = snap(max(hole.centre[1] + hole.radius for hole in holes) + frame)
    edges[0], edges[-1] = -y, y
    for number, row in enumerate(range(-top, top + 1)):
        low, high = edges[number], edges[number + 1]
        inside = [hole for hole in holes if hole.row == row]
        for hole in inside:
            if not low < hole.centre[1] - hole.radius < hole.centre[1] + hole.radius < high:
                raise GeometryError(
                    f"the hole of radius {hole.radius:g} µm at ({hole.centre[0]:g}, "
                    f"{hole.centre[1]:g}) µm reaches into the next row of a lattice of period "
                    f"{period:g} µm. Take smaller holes, a smaller shift or a larger period."
                )
        polygon(
            cell,
            DEVICE.number,
            [(-x, low), (x, low), (x, high), (-x, high)],
            holes=[ellipse_points((hole.radius, hole.radius), hole.centre) for hole in inside],
        )
    if suspended:
        held = frame - window_beyond(frame)
        rectangle(cell, RELEASE.number, (2 * snap(x - held), 2 * snap(y - held)))
    place_emitter(cell, axis=axis)
    cell.info["holes"] = len(holes)
    return cell


def _check_bridges(holes: list[Hole], period: float) -> None:
    for number, one in enumerate(holes):
        for other in holes[number + 1 :]:
            apart = hypot(one.centre[0] - other.centre[0], one.centre[1] - other.centre[1])
            if apart < 2 * period:
                require_width(
                    f"the bridge between the holes at ({one.centre[0]:g}, {one.centre[1]:g}) and "
                    f"({other.centre[0]:g}, {other.centre[1]:g}) µm",
                    apart - one.radius - other.radius,
                    SMALLEST,
                    "Take smaller holes, a smaller shift or a larger period.",
                )
