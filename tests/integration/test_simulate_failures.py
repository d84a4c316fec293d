"""The solver's process: what goes wrong in it stays in it, and nothing of it is left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from fdtd_jobs import CONDUCTOR, dielectric, make_job

from cqdphotonics.errors import (
    MissingDependencyError,
    SimulationCrashedError,
    SimulationDivergedError,
    SimulationTimeoutError,
    StorageError,
)
from cqdphotonics.fdtd.job import BlockSpec, CylinderSpec, Job, MediumSpec, PoleSpec, StopSpec
from cqdphotonics.fdtd.runner import Limits, _raise_failure, run, solver_environment
from cqdphotonics.fdtd.store import Store

pytestmark = pytest.mark.meep

PROGRAM = """
import sys
from cqdphotonics.fdtd.job import Job
from cqdphotonics.fdtd.runner import run
from cqdphotonics.fdtd.store import Store
job = Job.model_validate_json(sys.stdin.read())
result = run(job, Store(sys.argv[1]), ranks=int(sys.argv[2]),
             progress=lambda report: print("at", report["time"], flush=True))
print("checksum", result.meta["checksum"], flush=True)
"""


def quick_job() -> Job:
    """A second of a dipole in vacuum."""
    return make_job(
        "z", (1.0,), 10, half_width=0.8, below=0.6, above=0.6, pml=0.4, box=(0.5, 0, 0.4, 0.4),
        stop=StopSpec(agreement=0.01, largest_tail=0.1, interval=3, longest=30),
    )  # fmt: skip


def endless_job() -> Job:
    """A dipole in a closed box of perfect conductors, where light stays for ever."""
    return make_job(
        "z", (1.0,), 16, half_width=1.5, below=0.75, above=0.75, pml=0.5, box=(0.5, 0, 0.25, 0.25),
        media={"air": dielectric(1.0), "wall": CONDUCTOR}, background="wall",
        solids=(
            CylinderSpec(medium="air", centre=(0, 0, 0), radius=1.0, radius_top=1.0, height=1.0),
        ),
        stop=StopSpec(agreement=1e-6, largest_tail=1e-6, interval=5, longest=1e6),
    )  # fmt: skip


def drude_job(resolution: float, frequency: float = 7.0) -> Job:
    """A dipole below a block of lossless Drude metal in 3D.

    Plasma frequency 7: the leapfrog explodes below .5·π·7/√(1 − 3/4) = 22 pixels per µm. (From a
    component the planner would refuse it; here it goes straight to the solver.)
    """
    pole = PoleSpec(kind="drude", frequency=frequency, gamma=0.0, sigma=1.0)
    return make_job(
        "z", (1.0,), resolution, cylindrical=False, half_width=0.3, half_depth=0.3, below=0.3,
        above=0.5, pml=0.3, box=(0.2, 0.2, 0.2, 0.1), reference_half_width=0.3,
        media={
            "host": dielectric(1.0),
            "toy": MediumSpec(label="toy metal", epsilon=1.0, poles=(pole,)),
        },
        solids=(BlockSpec(medium="toy", centre=(0, 0, 0.35), size=(0.4, 0.4, 0.2)),),
        width=1.5, stop=StopSpec(agreement=1e-9, largest_tail=1e-9, interval=5, longest=400),
    )  # fmt: skip


def solvers(store: Store) -> list[int]:
    """Processes that compute for this store."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z" and b"fdtd.worker" in line and str(store.root).encode() in line:
            found.append(int(entry.name))
    return found


def assert_clean(store: Store, job: Job, entries: int = 0) -> None:
    deadline = time.monotonic() + 20
    while solvers(store) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert solvers(store) == []
    assert len(list(store.root.glob("[0-9a-f][0-9a-f]/*"))) == entries
    if not entries:
        assert store.get(job) is None


def start(store: Store, job: Job, ranks: int = 1) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(store.root), str(ranks)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(job.canonical())
    process.stdin.close()
    process.stdin = None
    return process


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


def test_two_writers_at_once_compute_once(store):
    job = quick_job()
    both = [start(store, job) for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    checksums = {out.splitlines()[-1] for out, _ in outputs}
    assert len(checksums) == 1
    # Progress comes only to the one whose child computed.
    assert sorted("at" in out for out, _ in outputs) == [False, True]
    assert_clean(store, job, entries=1)
    assert list((store.root / "tmp").iterdir()) == []


@pytest.mark.parametrize("ranks", [1, 2])
def test_kill_in_the_middle_leaves_no_process_and_no_entry(store, ranks):
    job = endless_job()
    process = start(store, job, ranks)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("at")  # the solver is under way
    assert len(solvers(store)) >= ranks
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    assert_clean(store, job)
    # The same job can be begun again at once: nobody holds its lock.
    with pytest.raises(SimulationTimeoutError, match="longer than its limit of 1 s"):
        run(job, store, limits=Limits(seconds=1))
    assert_clean(store, job)


def test_a_damaged_result_is_computed_again(store):
    job = quick_job()
    first = run(job, store)
    path = store.directory(job.hash) / "result.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    again = run(job, store)
    assert (again.arrays["work"] == first.arrays["work"]).all()
    assert len(list((store.root / "damaged").iterdir())) == 1
    assert_clean(store, job, entries=1)


def test_two_ranks_give_the_numbers_of_one(store, tmp_path):
    """Sums in another order: 1e-6 is far above rounding and far below the grid's error."""
    job = quick_job()
    one = run(job, store)
    two = run(job, Store(tmp_path / "other"), ranks=2)
    assert two.meta["ranks"] == 2
    for name in ("work", "work_reference", "flux_up", "flux_side", "plane_up", "cut_intensity"):
        scale = np.abs(one.arrays[name]).max()
        assert two.arrays[name] == pytest.approx(one.arrays[name], rel=1e-6, abs=1e-6 * scale)


def test_time_limit(store):
    job = endless_job()
    begun = time.monotonic()
    with pytest.raises(SimulationTimeoutError, match="Raise the limit, or use a lower fidelity"):
        run(job, store, limits=Limits(seconds=3))
    assert time.monotonic() - begun < 15
    assert_clean(store, job)
    assert list((store.root / "tmp").iterdir()) == []


@pytest.mark.parametrize("ranks, gib", [(1, 0.05), (2, 0.15)])
def test_memory_limit_counts_all_ranks(store, ranks, gib):
    """One rank with Meep in it takes about .11 GiB."""
    job = endless_job()
    with pytest.raises(SimulationTimeoutError, match=f"more than its limit of {gib} GiB"):
        run(job, store, ranks=ranks, limits=Limits(seconds=60, memory=gib))
    assert_clean(store, job)


def test_cancelling_ends_the_solver(store):
    job, cancelled = endless_job(), threading.Event()
    with pytest.raises(KeyboardInterrupt):
        run(job, store, cancelled=cancelled, progress=lambda _: cancelled.set())
    assert_clean(store, job)


def test_an_error_in_the_callers_progress_ends_the_solver(store):
    def complain(report: dict) -> None:
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        run(endless_job(), store, progress=complain)
    assert_clean(store, endless_job())


def test_divergence_is_called_by_its_name(store):
    job = drude_job(resolution=20)
    with pytest.raises(SimulationDivergedError, match=r"grow .*too coarse a time step"):
        run(job, store, limits=Limits(seconds=120))
    assert_clean(store, job)


def test_meeps_own_word_for_nan_is_a_divergence(tmp_path):
    """Where fields grow quickly Meep sees it first and ends the process with a line of its own."""
    (tmp_path / "log.txt").write_text("meep: simulation fields are NaN or Inf\n")
    with pytest.raises(SimulationDivergedError, match="infinite or not a number"):
        _raise_failure(tmp_path, 1)


def told_by_solver(program):
    """What a program prints that runs where the solver does: Meep is in no other process."""
    ended = subprocess.run(
        [sys.executable, "-c", program], env=solver_environment(), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return ended.stdout


@pytest.mark.parametrize(
    ("peak", "said"), [(float("nan"), "not a number"), (2e8, "grow without a source")]
)
def test_watch_for_nan_and_growth(peak, said):
    """A field 2·10⁸ times its driven peak; none of 10⁷ is complained of."""
    program = (
        "from cqdphotonics.fdtd.solver.run import DivergedError, check_growth\n"
        "check_growth(1e7, 1.0, 3.0)\n"
        "try:\n"
        f"    check_growth(float('{peak}'), 1.0, 3.0)\n"
        "except DivergedError as error:\n"
        "    print(error)\n"
    )
    assert said in told_by_solver(program)


def test_slow_growth_while_monitors_are_completed():
    """Two calls: nothing new is wrong at the first, what came after it is at the second."""
    program = (
        "from cqdphotonics.fdtd.solver.run import DivergedError, growth_watch\n"
        "samples = [(1.0, 2.0 + 0j)]\n"
        "check = growth_watch(samples, 2.0)\n"
        "check()\n"
        "samples += [(2.0, -1j), (3.0, 1e9j)]\n"
        "try:\n"
        "    check()\n"
        "except DivergedError as error:\n"
        "    print(error)\n"
    )
    assert "5.0e+08 times the driven peak at t = 3.0" in told_by_solver(program)


def test_a_crash_shows_the_end_of_the_log(store):
    """A prism with two corners: Meep's geometry library ends the process or raises."""
    from cqdphotonics.fdtd.job import PrismSpec

    job = quick_job().model_copy(
        update={"solids": (PrismSpec(medium="host", vertices=((0, 0), (1, 0)), zmin=0, height=1),)}
    )
    with pytest.raises(SimulationCrashedError, match="The end of its log:\n  "):
        run(job, store, limits=Limits(seconds=60))
    assert_clean(store, job)


def test_a_killed_solver_is_a_crash(store):
    """As by the system when memory is short."""
    job = endless_job()

    def kill(report: dict) -> None:
        for process in solvers(store):
            os.kill(process, signal.SIGKILL)

    with pytest.raises(SimulationCrashedError, match="signal 9"):
        run(job, store, progress=kill)
    assert_clean(store, job)


@pytest.mark.parametrize("free", [16_384, 8_192], ids=["room for the error", "no room at all"])
def test_full_disk_during_a_simulation(tmp_path, free):
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    try:
        made = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no program 'mount' here, so no small file system to fill")
    if made.returncode != 0:
        pytest.skip(f"a small file system needs the right to mount: {made.stderr.strip()}")
    try:
        store, job = Store(place / "store"), quick_job()
        filler = place / "filler"
        # Job and log take a page of 4 kB each; of the result, some 20 kB, not all will fit.
        filler.write_bytes(bytes(shutil.disk_usage(place).free - free))
        with pytest.raises(StorageError, match="disk is full: free some space"):
            run(job, store)
        assert_clean(store, job)
        filler.unlink()
        assert run(job, store).arrays["summary"][3] == 1
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_meep_missing(python_without_meep, tmp_path):
    program = (
        "import sys\n"
        "from cqdphotonics.errors import MissingDependencyError\n"
        "from cqdphotonics.fdtd.job import Job\n"
        "from cqdphotonics.fdtd.runner import run\n"
        "from cqdphotonics.fdtd.store import Store\n"
        "try:\n"
        "    run(Job.model_validate_json(sys.stdin.read()), Store(sys.argv[1]))\n"
        "except MissingDependencyError as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run(
        [python_without_meep, "-c", program, str(tmp_path / "store")],
        input=quick_job().canonical(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Meep is not installed for this Python" in ended.stdout
    assert "cqd doctor" in ended.stdout


def test_mpirun_missing(store, monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    with pytest.raises(MissingDependencyError, match="'mpirun' is not installed"):
        run(quick_job(), store, ranks=2)
    assert_clean(store, quick_job())


def test_what_an_entry_says_about_itself(store):
    job = quick_job()
    run(job, store)
    meta = json.loads((store.directory(job.hash) / "meta.json").read_text())
    assert meta["hash"] == job.hash
    assert set(meta) >= {"meep", "numpy", "python", "ranks", "seconds", "checksum", "finished"}
