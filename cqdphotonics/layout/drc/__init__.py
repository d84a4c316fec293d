"""Design-rule check: does a layout keep what a kit asks for, and where does it not?

>>> from cqdphotonics.layout import drc
>>> report = drc.check(component, "sin-ebeam")        # doctest: +SKIP
>>> report.clean, len(report.violations)              # doctest: +SKIP
(True, 0)

How each kind of rule is measured: `edges` (distances), `polygons` (areas, corners, what holds
them, density), `shapes` (malformed and double ones).
"""

from cqdphotonics.layout.drc.report import DrcReport, Violation
from cqdphotonics.layout.drc.run import check

__all__ = ["DrcReport", "Violation", "check"]
