"""A chip: its outline, what is placed where, its overlay budget, and the file that it becomes.

>>> from cqdphotonics.layout.chip import Floorplan, OverlayBudget
>>> Floorplan(size=(5000, 5000), edge=200).usable
(-2300.0, -2300.0, 2300.0, 2300.0)
>>> round(OverlayBudget(mark=0.006, tool=0.008, drift=0.0).total, 6)
0.01

A `Chip` is a floorplan and a list of `Placement`; what would overlap or lie outside is refused
before anything is drawn. The same chip gives the same bytes.
"""

from cqdphotonics.layout.chip.chip import Chip
from cqdphotonics.layout.chip.floorplan import Floorplan
from cqdphotonics.layout.chip.overlay import OverlayBudget
from cqdphotonics.layout.chip.placing import Box, Placement, Point, check_placements
from cqdphotonics.layout.chip.sweep import Sweep, row_name, short_names

__all__ = [
    "Box",
    "Chip",
    "Floorplan",
    "OverlayBudget",
    "Placement",
    "Point",
    "Sweep",
    "check_placements",
    "row_name",
    "short_names",
]
