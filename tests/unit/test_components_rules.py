"""Beams, rings and parts against the rules of the e-beam kit: nominal ones keep them all."""

import pytest

from cqdphotonics import components
from cqdphotonics.layout import drc

KIT = "sin-ebeam"


@pytest.mark.parametrize(
    "name, settings",
    [
        *(
            (name, {})
            for name in ("nanobeam", "nanobeam_air", "ring", "racetrack", *components.part_names())
        ),
        ("nanobeam_ring", {"couplers": "both"}),
        ("nanobeam", {"suspended": True, "exit": "waveguide", "strip_width": 0.6}),
        ("nanobeam", {"suspended": True, "slot_width": 0.05}),
        ("nanobeam_air", {"suspended": True, "hole": "rectangle", "law": "strength"}),
        ("racetrack", {"bend": "euler", "bus": "two"}),
        ("alignment_cross", {"kind": "overlay"}),
        ("bend", {"shape": "circular", "angle": 30.0}),
    ],
)
def test_nominal_values_keep_the_rules(name, settings):
    report = drc.check(components.load(name)(**settings), KIT)
    assert report.clean, [violation.text for violation in report.violations[:3]]


@pytest.mark.parametrize(
    "name, settings, kinds",
    [
        # Bridges of 32 nm, as narrow as the device still draws them.
        ("nanobeam", {"hole_length": 0.83, "mirror": 2}, {"hole_space"}),
        ("nanobeam", {"hole_width": 0.86, "mirror": 2}, {"width"}),
        ("nanobeam", {"slot_width": 0.03, "mirror": 2}, {"hole_size"}),
        ("nanobeam", {"suspended": True, "window": 0.2, "mirror": 2}, set()),
        ("ring", {"gap": 0.03}, {"space"}),
        ("racetrack", {"gap": 0.03, "bus": "two"}, {"space"}),
        ("nanobeam_ring", {"gap": 0.03, "couplers": "none"}, {"space"}),
        ("edge_coupler", {"tip": 0.03}, {"width"}),
        ("grating_coupler", {"first_filling": 0.92}, {"space"}),
        ("splitter", {"gap": 0.03}, {"notch"}),
        ("dose_test", {"smallest": 0.02, "columns": 1}, {"width", "space"}),
        ("label", {"size": 1.0}, set()),
        ("alignment_cross", {"width": 0.05}, {"width"}),
        ("strip", {"width": 0.1}, set()),
        ("taper", {"length": 0.1, "end_width": 20.0}, {"acute"}),
        ("bend", {"radius": 0.5}, set()),
    ],
)
def test_what_a_range_allows_beyond_the_kit_breaks_a_named_rule(name, settings, kinds):
    report = drc.check(components.load(name)(**settings), KIT)
    found = {violation.kind for violation in report.violations}
    assert kinds <= found
    assert bool(kinds) == bool(found), found
