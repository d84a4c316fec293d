"""Where template holes put the dots, and how many devices become good.

>>> from cqdphotonics import placement
>>> hole = placement.Template(diameter=0.03, dot_diameter=0.015, overlay=(0.01, 0.01))
>>> [round(float(p), 3) for p in hole.loading_probabilities(2)]
[0.333, 0.333, 0.167]
>>> placement.copies_for(5, share=0.2)
44

Lengths are in µm. A good device has exactly one dot, at a place and with an orientation that make
its figures reach their thresholds: `good_share`.
"""

from cqdphotonics.placement.copies import chance_of, copies_for, share_interval
from cqdphotonics.placement.device import Device, Outcome, outcome
from cqdphotonics.placement.goodness import Good, good_share
from cqdphotonics.placement.orientation import ALIGNED, Orientation
from cqdphotonics.placement.position import Distribution, sample
from cqdphotonics.placement.template import Template

__all__ = [
    "ALIGNED",
    "Device",
    "Distribution",
    "Good",
    "Orientation",
    "Outcome",
    "Template",
    "chance_of",
    "copies_for",
    "good_share",
    "outcome",
    "sample",
    "share_interval",
]
