"""Colloidal quantum dots and other emitters: data with sources, and the rates that follow."""

from cqdphotonics.emitters.card import card, derived, listing, missing
from cqdphotonics.emitters.datum import MARKS, Datum
from cqdphotonics.emitters.emitter import Emitter
from cqdphotonics.emitters.library import from_yaml, load, names, source_text
from cqdphotonics.emitters.record import EmitterData
from cqdphotonics.emitters.uncertain import UncertainEmitter

__all__ = [
    "MARKS",
    "Datum",
    "Emitter",
    "EmitterData",
    "UncertainEmitter",
    "card",
    "derived",
    "from_yaml",
    "listing",
    "load",
    "missing",
    "names",
    "source_text",
]
