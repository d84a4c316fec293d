"""Lines of the solver's output, as they come where several ranks write into one."""

import pytest

from cqdphotonics.fdtd.runner import progress_of

SAID = 'PROGRESS {"stage": "device", "time": 6.2}'


@pytest.mark.parametrize(
    "line, known",
    [
        (SAID + "\n", True),
        (SAID + "on time step 12\n", True),
        (SAID + SAID + "\n", True),
        ("Meep progress: 5.0/12" + SAID + "\n", True),
        (SAID, False),  # not yet whole
        (SAID[:30] + "\n", False),
        ("PROGRESS 7\n", False),
        ("Field time usage:\n", False),
    ],
)
def test_progress_is_found_whatever_else_is_on_its_line(line, known):
    expected = {"stage": "device", "time": 6.2} if known else None
    assert progress_of(line) == expected
