"""What lies where on a chip, and that nothing overlaps."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from cqdphotonics.errors import GeometryError, InputError
from cqdphotonics.layout.parameters import snap

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""xmin, ymin, xmax, ymax in µm."""

Kind = Literal["device", "reference", "template", "label", "mark", "test", "guide"]

SHOWN = 5
"""Faults that a message lists."""


@dataclass(frozen=True)
class Placement:
    """One cell at one place.

    Attributes
    ----------
    name : str
        What a message calls it; devices have names of their own.
    cell : gdsfactory Component
        What is placed. It is not changed.
    at : (float, float)
        Where the cell's origin comes to lie, µm; snapped to the grid.
    kind : str
        Device, reference, template (a hole over a device), label, mark, test, guide.
    keep : float
        Free space around its bounding box, µm.
    turned : int
        By 0, 90, 180 or 270 degrees, about its origin.
    group : str
        Those of one group belong together and may touch: a device, its hole, its waveguides.
        Empty: its own.

    Raises
    ------
    InputError
        An angle that would leave the grid, negative free space.
    """

    name: str
    cell: Any
    at: Point
    kind: Kind = "device"
    keep: float = 5.0
    turned: int = 0
    group: str = ""

    def __post_init__(self) -> None:
        if self.turned not in (0, 90, 180, 270):
            raise InputError(f"{self.name}: turned by {self.turned}°; allowed: 0, 90, 180, 270.")
        if self.keep < 0:
            raise InputError(f"{self.name}: keep = {self.keep:g} µm is negative.")
        object.__setattr__(self, "at", (snap(self.at[0]), snap(self.at[1])))

    @property
    def transformation(self) -> Any:
        """As ``klayout.db.DTrans``."""
        from klayout import db

        return db.DTrans(self.turned // 90, False, *self.at)

    @property
    def box(self) -> Box:
        """Bounding box on the chip in µm."""
        found = self.cell.kdb_cell.dbbox().transformed(self.transformation)
        if found.empty():
            raise GeometryError(f"{self.name}: the cell '{self.cell.name}' is empty.")
        return (snap(found.left), snap(found.bottom), snap(found.right), snap(found.top))

    def moved(self, dx: float, dy: float) -> "Placement":
        """The same elsewhere, by (dx, dy) µm."""
        return replace(self, at=(self.at[0] + dx, self.at[1] + dy))


def check_placements(placements: Iterable[Placement], usable: Box) -> None:
    """See that all lies inside `usable`, apart from each other, and has a name of its own.

    Boxes are compared, not outlines: two placements are apart if the larger of their distances
    along x and y is at least the larger of what both want to keep free.

    Raises
    ------
    GeometryError
        With the first few faults: who overlaps whom, and where.
    """
    boxed = sorted(((p.box, p) for p in placements), key=lambda pair: (pair[0], pair[1].name))
    faults: list[str] = []
    names: set[str] = set()
    for box, one in boxed:
        if one.name in names:
            faults.append(f"two placements are called '{one.name}'.")
        names.add(one.name)
        if not _inside(box, usable):
            faults.append(
                f"{one.name} reaches to {_words(box)}, outside of the usable area, "
                f"{_words(usable)}."
            )
    widest = max((p.keep for _, p in boxed), default=0.0)
    active: list[tuple[Box, Placement]] = []
    for box, one in boxed:
        active = [pair for pair in active if pair[0][2] + widest > box[0]]
        faults += [_clash(other, there, one, box) for there, other in active
                   if _too_near(other, there, one, box)]  # fmt: skip
        active.append((box, one))
        if len(faults) > 10_000:
            break
    if faults:
        more = f"\n… and {len(faults) - SHOWN} more." if len(faults) > SHOWN else ""
        raise GeometryError(
            "the chip can't be assembled:\n" + "\n".join(faults[:SHOWN]) + more
            + "\nMove them apart: a larger pitch, another `at`, smaller labels, a larger chip."
        )  # fmt: skip


def _too_near(first: Placement, a: Box, second: Placement, b: Box) -> bool:
    if first.group and first.group == second.group:
        return False
    need = max(first.keep, second.keep)
    apart = max(_gap(a[0], a[2], b[0], b[2]), _gap(a[1], a[3], b[1], b[3]))
    return apart < need - 1e-6 or apart < 0


def _gap(low: float, high: float, other_low: float, other_high: float) -> float:
    """Distance of two intervals; negative by how much they overlap."""
    return max(other_low - high, low - other_high)


def _clash(first: Placement, a: Box, second: Placement, b: Box) -> str:
    apart = max(_gap(a[0], a[2], b[0], b[2]), _gap(a[1], a[3], b[1], b[3]))
    need = max(first.keep, second.keep)
    how = (
        "overlap"
        if apart < 0
        else f"are {apart:.3g} µm apart, where {need:.3g} µm are to be kept free"
    )
    return f"{first.name} ({_words(a)}) and {second.name} ({_words(b)}) {how}."


def _inside(box: Box, outer: Box) -> bool:
    return (
        box[0] >= outer[0] - 1e-6
        and box[1] >= outer[1] - 1e-6
        and box[2] <= outer[2] + 1e-6
        and box[3] <= outer[3] + 1e-6
    )


def _words(box: Box) -> str:
    return f"x {box[0]:g} to {box[2]:g}, y {box[1]:g} to {box[3]:g} µm"
