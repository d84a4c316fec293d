"""Electron-beam lithography: doses, write fields, shots and time.

>>> from cqdphotonics.layout import ebeam
>>> process = ebeam.Process(point_spread="si-100kV", beam_current=2.0)
>>> round(process.point_spread.shares[0], 3)
0.606

`correct` finds the doses with which a layer prints as it is drawn, `fields` what lies across a
seam between two write fields, `estimate` how long an exposure takes.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cqdphotonics.layout.ebeam.correction import Correction, DoseClass, correct
    from cqdphotonics.layout.ebeam.outlines import biased, outline, reduced
    from cqdphotonics.layout.ebeam.process import FIRST_CLASS, Process
    from cqdphotonics.layout.ebeam.seams import Crossing, fields
    from cqdphotonics.layout.ebeam.spread import PointSpread, known_spreads
    from cqdphotonics.layout.ebeam.writing import WriteEstimate, estimate

_HOMES = {
    "Correction": "correction",
    "Crossing": "seams",
    "DoseClass": "correction",
    "FIRST_CLASS": "process",
    "PointSpread": "spread",
    "Process": "process",
    "WriteEstimate": "writing",
    "biased": "outlines",
    "correct": "correction",
    "estimate": "writing",
    "fields": "seams",
    "known_spreads": "spread",
    "outline": "outlines",
    "reduced": "outlines",
}

__all__ = [
    "FIRST_CLASS",
    "Correction",
    "Crossing",
    "DoseClass",
    "PointSpread",
    "Process",
    "WriteEstimate",
    "biased",
    "correct",
    "estimate",
    "fields",
    "known_spreads",
    "outline",
    "reduced",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
