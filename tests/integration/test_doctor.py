"""``cqd doctor`` on this machine, and on machines where something is missing."""

import json
import os
import subprocess
import sys

import pytest

SCRIPT = "import sys; from cqdphotonics.cli import main; sys.exit(main(['doctor', '--json']))"


def examine(python=sys.executable, **environment):
    told = subprocess.run(
        [python, "-c", SCRIPT],
        env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in told.stderr, told.stderr
    return told.returncode, json.loads(told.stdout)


@pytest.mark.meep
def test_meep_runs_with_one_and_with_two_ranks():
    status, told = examine()
    assert status == 0, told["problems"]
    assert told["healthy"] is True
    assert [check["ranks"] for check in told["solver"]] == [1, 2]
    assert all(check["works"] for check in told["solver"])
    one, two = (check["purcell_homogeneous"] for check in told["solver"])
    assert one == pytest.approx(1, abs=0.02)  # what 12 pixels per wavelength are worth
    assert two == pytest.approx(one, rel=1e-9)  # the same sums in another order
    assert told["versions"]["numpy"].startswith("1.")
    assert None not in told["versions"].values()
    assert told["store"] == told["store"] | {"path": os.environ["CQD_STORE"], "writable": True}


@pytest.mark.meep
def test_without_mpi_s_programs_it_asks_for_them(tmp_path):
    status, told = examine(PATH=str(tmp_path))
    # Whether Meep starts with one rank all the same depends on the MPI it was built with.
    assert status == (0 if told["solver"][0]["works"] else 1)
    assert not told["solver"][1]["works"]
    (problem,) = told["problems"]
    assert problem["stops"] is not told["solver"][0]["works"]
    assert "openmpi-bin" in problem["remedy"]


def test_without_meep_and_a_store_it_says_how_to_get_both(python_without_meep, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    status, told = examine(python_without_meep, CQD_STORE=str(in_the_way))
    assert status == 1
    assert told["healthy"] is False
    assert not any(check["works"] for check in told["solver"])
    meep, store = told["problems"]
    assert "Meep is not installed" in meep["what"]
    assert "python3-meep-mpi-default" in meep["remedy"]
    assert "environment.yml" in meep["remedy"]
    assert told["store"]["writable"] is False
    assert str(in_the_way) in store["what"]
    assert "CQD_STORE" in store["remedy"]
