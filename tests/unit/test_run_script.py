"""``./run`` up to its set-up, which a test can't try: it would install things."""

import os
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / "run"


def call(*arguments, **options):
    return subprocess.run(arguments, capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_is_valid_shell(shell):
    checked = call(shell, "-n", RUN)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",)])
def test_tells_its_commands(arguments):
    told = call(RUN, *arguments)
    assert told.returncode == 0
    assert told.stdout.startswith("usage: ./run COMMAND")


def test_unknown_command_is_wrong_input():
    told = call(RUN, "tset")
    assert told.returncode == 2
    assert "there is no command 'tset'" in told.stderr
    assert told.stdout == ""


def test_answers_through_a_link_from_anywhere(tmp_path):
    (tmp_path / "run").symlink_to(RUN)
    told = call("./run", "help", cwd=tmp_path, env=os.environ | {"CDPATH": "/"})
    assert told.returncode == 0
    assert told.stdout.startswith("usage:")
