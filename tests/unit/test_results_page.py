"""What is kept of the shipped studies belongs to them, and the page says what is kept."""

from pathlib import Path

import pytest
import results

from cqdphotonics.codesign.study import Study

ROOT = Path(__file__).parents[2]

NAMES = [name for name, _ in results.results()]


def test_page_is_written_from_what_is_kept():
    assert results.PAGE.read_text() == results.page()


@pytest.mark.parametrize("name", NAMES)
def test_kept_result_is_that_of_the_shipped_study(name):
    kept = Study.from_file(results.KEPT / name / "study.yaml")
    assert kept.identity() == Study.from_file(results.LAYOUTS / f"{name}.yaml").identity()


@pytest.mark.parametrize("name", NAMES)
def test_found_design_beats_the_start(name):
    """Where both were verified: the hand-made design is beaten by more than the uncertainty."""
    result = dict(results.results())[name]
    if result.improvement is None:
        pytest.skip("one of the two has no number that could be compared")
    gain = result.improvement
    assert gain.nominal_value - gain.std_dev > 1
