"""The benchmarks start and understand their arguments; what they measure is no matter here."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py"))
PLAIN = ("nanobeam", "bullseye", "layout")


def call(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture(autouse=True)
def _from_root(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setattr(os, "environ", os.environ.copy())  # benchmarks set thread counts


@pytest.mark.parametrize("name", MODULES)
def test_module_offers_a_main(name):
    assert callable(import_module(f"benchmarks.{name}").main)


@pytest.mark.parametrize("name", PLAIN)
def test_plain_script_tells_its_options(name):
    told = call(f"benchmarks/plain/{name}.py", "--help")
    assert told.returncode == 0, told.stderr
    assert "--resolution" in told.stdout
    refused = call(f"benchmarks/plain/{name}.py")
    assert refused.returncode == 2
    assert "required" in refused.stderr


def test_fdtd_takes_parts():
    parse = import_module("benchmarks.fdtd").parser().parse_args
    assert vars(parse([])) == {"parts": [], "whole": False}
    assert vars(parse(["--whole", "speed", "layout"])) == {
        "parts": ["speed", "layout"],
        "whole": True,
    }
    refused = call("-m", "benchmarks.fdtd", "nanobeem")
    assert refused.returncode == 2
    assert "no part nanobeem; there are nanobeam, bullseye, layout, speed" in refused.stderr


def test_cost_counts_the_steps_that_were_not_run(capsys):
    """Set-up once, and each step of the needed ones: 2 s + 30 s of 3 steps for 100 of them."""
    stages = {
        "a": {"voxels": 10, "setup": 2.0, "seconds": 30.0, "done": 3, "needed": 100},
        "b": {"voxels": 0, "setup": 0.0, "seconds": 5.0, "done": 7, "needed": 7},
    }
    total = import_module("benchmarks.fdtd").cost(json.loads(json.dumps({"stages": stages})))
    assert total == pytest.approx(1007.0)
    printed = capsys.readouterr().out
    assert "measured for 3 of 100 steps of 10 voxels" in printed
    assert "measured whole, 7 directions" in printed


def test_plain_beam_is_ours(monkeypatch):
    """The plain script draws its own holes: the same as the device, to the layout's nanometre."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks" / "plain"))
    from cqdphotonics import components
    from cqdphotonics.fdtd.scene import build_scene

    scene = build_scene(components.load("nanobeam")(mirror=3), "sin-air", "y")
    ours = sorted((s.centre[0], s.semi_axes[0]) for s in scene.solids[1:] if s.centre[0] > 0)
    plain = import_module("nanobeam").holes()
    assert len(ours) == len(plain) == 11
    np.testing.assert_allclose(ours, plain, rtol=0, atol=2e-3)
