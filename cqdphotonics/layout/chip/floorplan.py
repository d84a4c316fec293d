"""The outline of a chip, where it is cut, and how much of it may be used."""

from dataclasses import dataclass
from math import isfinite
from typing import Any

from cqdphotonics.errors import RangeError
from cqdphotonics.layout.parameters import snap

LARGEST = 100_000.0
"""Side of the largest chip in µm."""


@dataclass(frozen=True)
class Floorplan:
    """A rectangular chip about the origin.

    From the outside inwards: half of the dicing street, which the saw takes; the edge, where the
    saw chips and resist is thick; the usable area::

        ┌───────────────────────────┐  cell boundary of the wafer map
        │ street/2  ┌─────────────┐ │  size: the chip as it is cut
        │           │ edge ┌────┐ │ │
        │           │      │use │ │ │

    Attributes
    ----------
    size : (float, float)
        Of the chip after dicing, along x and y, µm.
    edge : float
        Width of the frame in which nothing is placed, µm.
    street : float
        Width of the dicing street between two chips, µm; 0 where the chip is cleaved.

    Raises
    ------
    RangeError
        Sizes that are not positive, or an edge that leaves nothing.
    """

    size: tuple[float, float]
    edge: float = 150.0
    street: float = 0.0

    def __post_init__(self) -> None:
        for side in self.size:
            if not (isfinite(side) and 10 <= side <= LARGEST):
                raise RangeError(
                    f"a chip of {self.size[0]:g} by {self.size[1]:g} µm can't be made; allowed is "
                    f"10 to {LARGEST:g} µm a side."
                )
        if not 0 <= self.edge < min(self.size) / 2 or not 0 <= self.street <= 1000:
            raise RangeError(
                f"edge = {self.edge:g} µm and street = {self.street:g} µm do not fit a chip of "
                f"{self.size[0]:g} by {self.size[1]:g} µm: the edge is at least 0 and below half "
                "of the smaller side, the street 0 to 1000 µm."
            )
        for name in ("edge", "street"):
            object.__setattr__(self, name, snap(getattr(self, name)))
        object.__setattr__(self, "size", tuple(2 * snap(side / 2) for side in self.size))

    @property
    def outline(self) -> tuple[float, float, float, float]:
        """xmin, ymin, xmax, ymax of the chip in µm."""
        a, b = self.size[0] / 2, self.size[1] / 2
        return (-a, -b, a, b)

    @property
    def usable(self) -> tuple[float, float, float, float]:
        """xmin, ymin, xmax, ymax in µm of what may be used."""
        a, b = self.size[0] / 2 - self.edge, self.size[1] / 2 - self.edge
        return (snap(-a), snap(-b), snap(a), snap(b))

    def draw(self, cell: Any) -> None:
        """Draw the outline into a klayout cell, on FLOORPLAN."""
        from klayout import db

        from cqdphotonics.layout.layers import FLOORPLAN

        cell.shapes(cell.layout().layer(*FLOORPLAN.number)).insert(db.DBox(*self.outline))

    @property
    def pitch(self) -> tuple[float, float]:
        """From one chip to the next on the wafer, µm."""
        return (self.size[0] + self.street, self.size[1] + self.street)
