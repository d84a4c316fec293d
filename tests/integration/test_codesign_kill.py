"""``kill -9`` at twenty random moments: every restart goes on, the answer is the same."""

import json
import multiprocessing
import os
import random
import signal
import sys
from pathlib import Path

import pytest
from small_study import entries, small_study

from cqdphotonics.cli import main
from cqdphotonics.codesign.status import status_of

STUDY = small_study()

KILLS = 20
LONGEST_SECONDS = 3.0
"""Of a run before it is killed: as long as one simulation with all around it."""

pytestmark = [
    pytest.mark.meep,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are ended as Linux does it"),
]


@pytest.fixture
def drivers(monkeypatch):
    """Starts drivers that have all modules loaded: their lives are spent on the study."""
    monkeypatch.delenv("CQD_STORE", raising=False)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            *("cqdphotonics.codesign.run", "cqdphotonics.fdtd.simulation", "cqdphotonics.report"),
            *("distributed", "gdsfactory", "xarray", "matplotlib.pyplot"),
        ]
    )

    def start(study: Path, directory: Path) -> multiprocessing.Process:
        process = context.Process(
            target=main, args=(["codesign", str(study), "-o", str(directory)],)
        )
        process.start()
        return process

    return start


def answer(directory: Path) -> dict:
    """The part of a result that must be the same: everything but times."""

    def without_times(content: dict) -> dict:
        return {k: v for k, v in content.items() if k not in ("seconds", "cost_seconds")}

    text = (directory / "result.json").read_text()
    return json.loads(text, object_hook=without_times)


def test_twenty_kills(tmp_path, drivers):
    study, calm, disturbed = tmp_path / "study.yaml", tmp_path / "calm", tmp_path / "disturbed"
    study.write_text(STUDY)
    process = drivers(study, calm)
    process.join(300)
    assert (calm / "result.json").exists()

    chance = random.Random(6)
    done: dict[str, tuple[int, int]] = {}
    for _ in range(KILLS):
        process = drivers(study, disturbed)
        process.join(chance.uniform(0, LONGEST_SECONDS))
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        now = entries(disturbed)
        assert {key: now[key] for key in done} == done  # nothing that was done is done again
        done = now
        if (disturbed / "study.yaml").exists():
            assert status_of(disturbed).state in ("stopped", "finished")

    process = drivers(study, disturbed)
    process.join(300)
    assert entries(disturbed).keys() == entries(calm).keys()
    assert answer(disturbed) == answer(calm)
    history = [json.loads(line) for line in (disturbed / "history.jsonl").open()]
    assert len({(e["stage"], e["number"]) for e in history}) == len(history)
    assert not list((disturbed / "store" / "tmp").glob("*/log.txt"))
    assert not list(disturbed.glob(".*.????????"))  # no half-written files are left
