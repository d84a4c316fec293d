"""The validation page: what an earlier run found stays, and is marked."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from validation.case import Case, Outcome, Row
from validation.page import _EARLIER, write_page

from cqdphotonics.display import quantity


def case(name):
    return Case(name, name.title(), "theory", "full", lambda _: Outcome(()))


def test_a_case_that_was_not_run_keeps_its_earlier_numbers(tmp_path):
    page = tmp_path / "page.md"
    outcome = Outcome((Row("F", quantity(1.02, 0.05), 1.0, 0.03),))
    first, second = case("first"), case("second")
    write_page([(first, outcome, 3.0), (second, "not run", 0.0)], page)
    assert "**No number**: not run" in page.read_text()
    assert _EARLIER not in page.read_text()
    for _ in range(2):  # marked once, however often it is kept
        write_page([(first, "not run", 0.0), (second, outcome, 2.0)], page)
        text = page.read_text()
        assert text.count(_EARLIER) == 1
        assert text.count("| F | 1.02 ± 0.05 | 1 | +2.00% | 3.0% | pass |") == 2
        assert "1 of 1 numbers of this run pass" in text
        assert "Kept from an earlier run and not counted above: first." in text
        assert "No number" not in text
