"""The numbers of an exposure, as a kit's file gives them."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from cqdphotonics.errors import FileFormatError, UnknownNameError
from cqdphotonics.layout import ebeam

KITS = Path(ebeam.__file__).parents[1] / "kits"


def test_section_of_a_kit():
    process = ebeam.Process.from_mapping(
        {
            "point_spread": {"alpha": 0.01, "beta": 30.0, "eta": 0.7},
            "dose_classes": 24,
            "write_field": 200.0,
            "vertex_tolerance": 0.001,
            "beam_current": 2.0,
            "base_dose": 350.0,
        }
    )
    assert process.point_spread.ranges == (0.01, 30.0)
    assert process.point_spread.shares == pytest.approx([1 / 1.7, 0.7 / 1.7])
    assert process.dose_classes == 24
    assert ebeam.Process.from_mapping(process.model_dump()) == process


@pytest.mark.parametrize("path", sorted(KITS.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_kits_are_understood(path):
    ebeam.Process.from_mapping(yaml.safe_load(path.read_text())["ebeam"], path.name)


def test_known_spreads_say_where_they_are_from():
    for name, source in ebeam.known_spreads().items():
        spread = ebeam.PointSpread.named(name)
        assert spread.source == source
        assert source.startswith("[M]")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"beam_curent": 1}, "'beam_curent' is not known"),
        ({"beam_current": 0}, "beam_current: .*greater than 0"),
        ({"dose_classes": 1}, "dose_classes: .*2"),
        ({"shot_grid": 0.0003}, "divided by a whole number"),
        ({"point_spread": {"alpha": 0.01, "beta": 30.0}}, "'beta' and 'eta' belong together"),
        ({"point_spread": {"ranges": [1, 0.1], "weights": [1, 1]}}, "must ascend"),
        ({"point_spread": {"ranges": [1], "weights": [1, 1]}}, "1 ranges but 2 weights"),
        ({"base_dose": "much"}, "base_dose"),
    ],
)
def test_what_is_wrong_is_told(data, told):
    with pytest.raises(FileFormatError, match=told):
        ebeam.Process.from_mapping(data, "the kit")


def test_all_faults_are_told_at_once():
    with pytest.raises(FileFormatError, match=r"base_dose.*write_field"):
        ebeam.Process.from_mapping({"base_dose": -1, "write_field": -1})
    with pytest.raises(FileFormatError, match="not a mapping"):
        ebeam.Process.from_mapping([1])


def test_unknown_spread_names_the_known_ones():
    with pytest.raises(UnknownNameError, match="si-100kV"):
        ebeam.Process(point_spread="si-100kv")


def test_frozen():
    with pytest.raises(ValidationError):
        ebeam.Process().base_dose = 1.0
