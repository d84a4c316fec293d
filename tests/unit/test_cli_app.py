"""The frame of the command line: parameters, exit codes, and what goes to which stream."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from uncertainties import ufloat

from cqdphotonics.cli import doctor, main
from cqdphotonics.cli.app import parse_parameters
from cqdphotonics.cli.output import to_plain
from cqdphotonics.errors import InputError, StorageError

HEAVY = ("gdsfactory", "kfactory", "klayout", "xarray", "matplotlib", "scipy", "pandas", "meep")


CQD = (sys.executable, "-c", "import sys; from cqdphotonics.cli import main; sys.exit(main())")


def cqd(*arguments):
    return subprocess.run([*CQD, *arguments], capture_output=True, text=True, check=False)


def test_nothing_heavy_is_loaded_for_the_help():
    script = (
        "import sys, cqdphotonics, cqdphotonics.cli\n"
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == ""


def test_help_lists_the_commands():
    told = cqd("--help")
    assert told.returncode == 0
    commands = {
        line.split()[0] for line in told.stdout.partition("Commands:")[2].splitlines() if line
    }
    assert commands >= {
        *("emitters", "components", "stacks", "layout", "simulate", "figures"),
        *("codesign", "report", "doctor"),
    }


def test_version_is_the_package_s():
    import cqdphotonics

    assert cqd("--version").stdout.strip() == f"cqdphotonics {cqdphotonics.__version__}"


def test_parameters_become_numbers_truths_and_texts():
    given = ["radius=1.2", "rings=5", "apodised=true", "name=a=b", "pitch = 2e-1", "shift=-.5"]
    assert parse_parameters(given) == {
        "radius": 1.2,
        "rings": 5,
        "apodised": True,
        "name": "a=b",
        "pitch": 0.2,
        "shift": -0.5,
    }
    assert isinstance(parse_parameters(["rings=5"])["rings"], int)
    assert parse_parameters(None) == {}


@pytest.mark.parametrize("text", ["radius=", "radius", "=3", "", "1x=2", "a b=2"])
def test_malformed_parameter_is_named(text):
    with pytest.raises(InputError) as caught:
        parse_parameters([text])
    assert f"'-p {text}'" in str(caught.value)
    assert "-p radius=1.2" in str(caught.value)


def test_parameter_given_twice_is_refused():
    with pytest.raises(InputError, match="'radius' is given twice"):
        parse_parameters(["radius=1", "radius=2"])


def test_plain_values_are_strict_json():
    data = {
        "purcell": ufloat(3.0, 0.5),
        "unverified": ufloat(2.0, 0.0),
        "nothing": float("nan"),
        "spectrum": np.array([1.0, np.inf]),
        "count": np.int64(3),
        "path": Path("a") / "b",
        "pair": (1, True, None),
    }
    assert json.loads(json.dumps(to_plain(data), allow_nan=False)) == {
        "purcell": {"value": 3.0, "uncertainty": 0.5},
        "unverified": {"value": 2.0, "uncertainty": None},
        "nothing": None,
        "spectrum": [1.0, None],
        "count": 3,
        "path": "a/b",
        "pair": [1, True, None],
    }


@pytest.mark.parametrize("arguments", [("nix",), ("doctor", "--nix"), ("doctor", "more")])
def test_wrong_usage_exits_with_2_and_says_where_help_is(arguments, capsys):
    assert main(arguments) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "--help" in streams.err
    assert len(streams.err.splitlines()) <= 4


def test_wrong_usage_with_json_is_one_object(capsys):
    assert main(["nix", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["error"] == "UsageError"
    assert "nix" in told["message"]


@pytest.fixture
def failing_doctor(monkeypatch):
    """The doctor's first step raises the error that is given to this."""

    def arrange(error):
        def fail():
            print("a library's chatter")
            raise error

        monkeypatch.setattr(doctor, "_start_imports", fail)

    return arrange


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("no such thing. Known: a, b."), 2),
        (StorageError("can't write to 'x'. Choose another directory."), 1),
    ],
)
def test_own_errors_are_a_message_and_a_code(failing_doctor, capsys, error, code):
    failing_doctor(error)
    assert main(["doctor"]) == code
    streams = capsys.readouterr()
    assert f"cqd: {error}" in streams.err
    assert "Traceback" not in streams.err


def test_own_errors_with_json_leave_one_object_on_stdout(failing_doctor, capsys):
    failing_doctor(InputError("no such thing"))
    assert main(["doctor", "--json"]) == 2
    streams = capsys.readouterr()
    assert json.loads(streams.out) == {"error": "InputError", "message": "no such thing"}
    assert "a library's chatter" in streams.err


def test_operating_system_s_refusal_names_the_file(failing_doctor, capsys):
    failing_doctor(PermissionError(13, "Permission denied", "some/file"))
    assert main(["doctor"]) == 1
    assert "'some/file': Permission denied" in capsys.readouterr().err


def test_fault_of_the_program_is_owned_up_to(failing_doctor, capsys, monkeypatch):
    monkeypatch.delenv("CQD_DEBUG", raising=False)
    failing_doctor(ZeroDivisionError("division by zero"))
    assert main(["doctor"]) == 70
    told = capsys.readouterr().err
    assert "fault of cqdphotonics" in told
    assert "CQD_DEBUG=1" in told
    assert "Traceback" not in told


def test_debugging_shows_the_traceback(failing_doctor, monkeypatch):
    monkeypatch.setenv("CQD_DEBUG", "1")
    failing_doctor(ZeroDivisionError("division by zero"))
    with pytest.raises(ZeroDivisionError):
        main(["doctor"])


def test_interruption_promises_to_go_on(failing_doctor, capsys):
    failing_doctor(KeyboardInterrupt())
    assert main(["doctor"]) == 130
    assert "the same command goes on from here" in capsys.readouterr().err


def test_reader_that_left_is_told_nothing():
    reading, writing = os.pipe()
    os.close(reading)
    told = subprocess.run(
        [*CQD, "--help"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )  # fmt: skip
    os.close(writing)
    assert (told.returncode, told.stderr) == (1, "")
