"""What a dry run promises, from speeds that are known."""

import json

import pytest

from cqdphotonics import components
from cqdphotonics.fdtd.cost import DEFAULT_SPEED, estimate, record_speed
from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.store import RawResult, Store


@pytest.fixture
def job():
    return plan(build_scene(components.load("bullseye")(), "sin-air"), 0.53).jobs[0]


def test_estimate_follows_the_speed_that_was_measured(job, tmp_path):
    """A run of known length in known seconds: the next estimate goes by its speed."""
    store = Store(tmp_path)
    before = estimate(job, store)
    assert before.basis == "not measured yet"
    assert before.speed == DEFAULT_SPEED["cylindrical"]
    assert before.least_seconds < before.seconds < before.most_seconds
    assert before.least_steps < before.steps < before.most_steps
    assert before.memory > 480 * job.voxels()
    assert not before.stored
    arrays = {"summary": [100.0], "summary_reference": [10.0]}
    record_speed(job, RawResult("ab", arrays, {"seconds": 105.0, "ranks": 1}), store)
    after = estimate(job, store)
    steps = 100.0 * job.resolution / job.courant
    assert after.basis == "measured here"
    # The reference run adds a little to the device's own steps a second.
    assert 1 < after.speed / (job.voxels() * steps / 100.0) < 1.2
    (tmp_path / "speed.json").write_text(json.dumps([1]))  # damaged: as if nothing was measured
    assert estimate(job, store).basis == "not measured yet"
