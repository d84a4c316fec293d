"""`cqd bands`: what it refuses before anything runs."""

import os
import subprocess
import sys

import pytest


def cqd(*arguments, **settings):
    program = "import sys; from cqdphotonics.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, "bands", *arguments],
        capture_output=True, text=True, check=False, env=os.environ | settings,
    )  # fmt: skip


CELL = ("-a", "0.2", "--width", "0.46", "--thickness", "0.28", "-w", "0.62")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--hole", "0.3", "0.3"), "does not fit"),
        (("--hole", "0.1", "0.3", "--shape", "star"), "neither ellipse nor rectangle"),
        (("--hole", "0.1", "0.3", "--core", "Au"), "absorbs"),
        (("--hole", "0.1", "0.3", "-w", "620"), "did you mean 0.62"),
    ],
)
def test_wrong_input(arguments, said):
    told = cqd(*CELL, *arguments)
    assert told.returncode == 2
    assert said in told.stderr
    assert "Traceback" not in told.stderr
    assert told.stdout == ""
