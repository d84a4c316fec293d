"""Nominal designs: working devices to begin from, with what they were simulated to do.

A design is a YAML file in ``data/``: which device, on which films, for which dot, how it was found,
and the figure in the literature that it is held against. Beside it lie what one command
(``cqd nominal NAME --compute``) writes: the simulated figures with uncertainties, checks, hashes of
the jobs and versions (``.json``), and the curves and fields of the gallery's pictures (``.npz``).
A design without figures says why it has none; no number is written by hand.
"""

from cqdphotonics.nominal.arrays import ArrayRecord
from cqdphotonics.nominal.design import Claim, Literature, NominalDesign, load, names, of_family
from cqdphotonics.nominal.figures import Record, read_record
from cqdphotonics.nominal.judgement import Compared, compare, judgement, standing
from cqdphotonics.nominal.parts import PartsRecord, read_parts

__all__ = [
    "ArrayRecord",
    "Claim",
    "Compared",
    "Literature",
    "NominalDesign",
    "PartsRecord",
    "Record",
    "compare",
    "judgement",
    "load",
    "names",
    "of_family",
    "read_parts",
    "read_record",
    "standing",
]
