"""A study that is killed goes on: nothing is simulated twice, and the answer is the same."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_study import entries, small_study

STUDY = small_study(budget=4, samples=2)

pytestmark = pytest.mark.meep


def start(study: Path, directory: Path) -> subprocess.Popen[str]:
    cqd = "import sys; from cqdphotonics.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", cqd, "codesign", str(study)]
    return subprocess.Popen(
        [*command, "-o", str(directory), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={k: v for k, v in os.environ.items() if k != "CQD_STORE"},
    )


def finish(process: subprocess.Popen[str]) -> dict:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return json.loads(out)


def wait_until(condition, seconds: float, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.05)


def solvers_of(driver: int) -> list[int]:
    """Solvers that work for a driver: its number is in the name of their directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z" and b"cqdphotonics.fdtd.worker" in line and str(driver).encode() in line:
            found.append(int(entry.name))
    return found


def answer(record: dict) -> dict:
    """The part of a result that must be the same: everything but times."""
    text = json.dumps(
        {k: v for k, v in record.items() if k not in ("cost_seconds", "directory", "versions")}
    )

    def without_seconds(content: dict) -> dict:
        return {k: v for k, v in content.items() if k != "seconds"}

    return json.loads(text, object_hook=without_seconds)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux's /proc")
def test_interrupt_kill_and_resume(tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    run, calm = tmp_path / "disturbed", tmp_path / "calm"

    # Ctrl-C: said in a line, the solvers are ended and their files gone.
    driver = start(study, run)
    wait_until(lambda: any((run / "store" / "tmp").glob("*/log.txt")), 120, driver)
    os.kill(driver.pid, signal.SIGINT)
    out, err = driver.communicate(timeout=30)
    assert driver.returncode == 130
    assert "the same command goes on" in err
    assert "Traceback" not in err
    assert json.loads(out)["error"] == "KeyboardInterrupt"
    assert not list((run / "store" / "tmp").glob("*/log.txt"))
    assert not solvers_of(driver.pid)

    # kill -9: the solvers die with their driver.
    driver = start(study, run)
    wait_until(lambda: len(entries(run)) >= 2, 200, driver)
    os.kill(driver.pid, signal.SIGKILL)
    driver.communicate()
    deadline = time.monotonic() + 10
    while solvers_of(driver.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not solvers_of(driver.pid)
    done = entries(run)

    # The same command goes on and simulates nothing again.
    record = finish(start(study, run))
    after = entries(run)
    assert {key: after[key] for key in done} == done  # not written again
    history = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    assert len({(h["stage"], h["number"]) for h in history}) == len(history)
    assert len(history) == record["evaluations"] <= 4
    for name in ("best.gds", "start.gds", "report.html", "result.json", "summary.txt"):
        assert (run / name).stat().st_size > 0

    # Never disturbed, the study has the same answer from the same simulations.
    undisturbed = finish(start(study, calm))
    assert set(entries(calm)) == set(after)
    assert answer(undisturbed) == answer(record)
