"""Runs a job in a process of its own and puts the result into the store.

The seam between the project and the solver: `run` hands over a directory with ``job.json`` and
takes back ``result.npz``. Crash, memory and time stay in the child, which is ended when its parent
ends, whatever way that happens.
"""

import ctypes
import errno
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from cqdphotonics.errors import (
    MissingDependencyError,
    SimulationCrashedError,
    SimulationDivergedError,
    SimulationTimeoutError,
    StorageError,
)
from cqdphotonics.fdtd.job import Computation
from cqdphotonics.fdtd.store import LOG, Progress, RawResult, Store, storage_error

WORKER = "cqdphotonics.fdtd.worker"
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
_LOG_TAIL = 12
_POLL_SECONDS = 0.1
_WEIGH_SECONDS = 1.0
"""How often memory is looked at."""
_SHARED_SECONDS = 90.0
"""How long a result may take to be seen here once it is in the store (caches of NFS)."""
_PAGE = 4096


@dataclass(frozen=True)
class Limits:
    """What one simulation may use.

    Attributes
    ----------
    seconds : float
        Wall-clock time.
    memory : float
        Resident memory of all its ranks together, in GiB.
    """

    seconds: float = 6 * 3600.0
    memory: float = 64.0


@cache
def installed_meep() -> str | None:
    """Version of the Meep of this Python; None where it can't be told. Meep is not imported."""
    spec = find_spec("meep")
    if spec is None or spec.origin is None:
        return None
    source = Path(spec.origin).read_text(encoding="utf-8", errors="replace")
    found = re.search(r"""^__version__ = ["'](.+?)["']""", source, re.MULTILINE)
    return found[1] if found else None


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent ends (no effect elsewhere).

    The request survives `exec`. Linux counts the *thread* that started the child as the parent; the
    runner's thread waits for its child, so the two can't come apart.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def solver_environment() -> dict[str, str]:
    """The environment of the solver's process: one thread a rank, and MPI allowed for root."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        environment.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    # The ranks of side-by-side simulations must not all sit on the first core.
    environment.setdefault("OMPI_MCA_hwloc_base_binding_policy", "none")
    # A rank that waits gives its core away: three times faster where the cores are busy.
    environment.setdefault("OMPI_MCA_mpi_yield_when_idle", "1")
    # More ranks than free cores are the user's choice. Asked for here (Open MPI 4, then 5) and not
    # by an option, since the launcher of MPICH, which conda's Meep comes with, knows none.
    environment.setdefault("OMPI_MCA_rmaps_base_oversubscribe", "1")
    environment.setdefault("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe")
    environment.setdefault("MPLBACKEND", "Agg")
    return environment


def command(argument: str, ranks: int) -> list[str]:
    """The command line of the worker; MPI's launcher only where there is more than one rank."""
    worker = [sys.executable, "-m", WORKER, argument]
    if ranks == 1:
        return worker
    if shutil.which("mpirun") is None:
        raise MissingDependencyError(
            f"{ranks} ranks were asked for, but 'mpirun' is not installed. "
            "Install 'openmpi-bin' (with conda, use environment.yml); see `cqd doctor`."
        )
    return ["mpirun", "-np", str(ranks), *worker]


def run(
    job: Computation,
    store: Store,
    *,
    ranks: int = 1,
    limits: Limits | None = None,
    progress: Progress | None = None,
    cancelled: threading.Event | None = None,
) -> RawResult:
    """The result of `job`: from the store, or computed now.

    Parameters
    ----------
    job : Computation
        What to simulate.
    store : Store
        Where results are kept; only one process at a time computes a given job.
    ranks : int
        MPI ranks; not part of the job, since results agree to rounding.
    limits : Limits, optional
        Time and memory that the simulation may use.
    progress : callable, optional
        Called with each progress report.
    cancelled : threading.Event, optional
        When set, the child is ended and KeyboardInterrupt raised.

    Raises
    ------
    SimulationCrashedError, SimulationDivergedError, SimulationTimeoutError
        The simulation has no result; nothing is left in the store.
    MissingDependencyError
        Meep or MPI is not installed.
    StorageError
        The store can't be written.
    """
    if (known := store.get(job)) is not None:
        return known
    if store.computer is not None:
        store.computer(job, progress, cancelled)
        return _seen(job, store)
    if find_spec("meep") is None:
        raise MissingDependencyError(
            "Meep is not installed for this Python, so nothing can be simulated. On Debian and "
            "Ubuntu `./run` installs it; elsewhere use conda and environment.yml. `cqd doctor` "
            "tells more."
        )
    with store.lock(job, cancelled):
        if (known := store.get(job)) is not None:  # computed while we waited
            return known
        with store.working_directory(job) as directory:
            started = time.monotonic()
            status = _run_child(directory, ranks, limits or Limits(), progress, cancelled)
            if status != 0 or not (directory / "result.npz").exists():
                _raise_failure(directory, status)
            meta = json.loads((directory / "worker.json").read_text())
            meta["seconds"] = time.monotonic() - started
            return store.put(job, directory, meta)


def _seen(job: Computation, store: Store) -> RawResult:
    """A result that another process has put into the store, perhaps on another machine."""
    deadline = time.monotonic() + _SHARED_SECONDS
    while (known := store.get(job)) is None:
        if time.monotonic() > deadline:
            raise StorageError(
                f"a worker has finished a simulation, but its result is not in '{store.root}' as "
                "seen from here. The store must be on a file system that all machines share."
            )
        time.sleep(1.0)
        list(store.root.iterdir())  # some file systems look again only for those who list
    return known


def _run_child(
    directory: Path,
    ranks: int,
    limits: Limits,
    progress: Progress | None,
    cancelled: threading.Event | None,
) -> int:
    """Start the worker, follow its log, enforce the limits; its exit status."""
    log_path = directory / LOG
    try:
        log = log_path.open("wb")
    except OSError as error:
        raise storage_error(log_path, error) from error
    with log, log_path.open("r", errors="replace") as reader:
        child = subprocess.Popen(
            command(str(directory), ranks),
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=solver_environment(),
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        started = weighed = time.monotonic()
        deadline = started + limits.seconds
        try:
            while not _ended(child):
                _forward(reader, progress)
                if cancelled is not None and cancelled.is_set():
                    raise KeyboardInterrupt
                if time.monotonic() > deadline:
                    raise SimulationTimeoutError(
                        f"the simulation took longer than its limit of {limits.seconds:g} s and "
                        "was ended. Raise the limit, or use a lower fidelity."
                    )
                if time.monotonic() - weighed > _WEIGH_SECONDS:
                    _check_memory(child, limits)
                    weighed = time.monotonic()
            _forward(reader, progress)
        finally:
            _end(child)
        return child.returncode


def _ended(child: subprocess.Popen[bytes]) -> bool:
    """Whether the child has ended; waits a moment for it, and no longer than it takes."""
    if child.poll() is not None:
        return True
    try:
        handle = os.pidfd_open(child.pid)
    except (AttributeError, OSError):  # not Linux, or an old one
        time.sleep(_POLL_SECONDS)
        return child.poll() is not None
    try:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        waiting.poll(1000 * _POLL_SECONDS)
    finally:
        os.close(handle)
    return child.poll() is not None


def _check_memory(child: subprocess.Popen[bytes], limits: Limits) -> None:
    used = _resident_gib(child.pid)
    if used > limits.memory:
        raise SimulationTimeoutError(
            f"the simulation used {used:.1f} GiB, more than its limit of {limits.memory:g} GiB, "
            "and was ended. Use a lower fidelity, a smaller device or a machine with more memory."
        )


def _forward(reader: Any, progress: Progress | None) -> None:
    for line in reader:
        if progress is not None and (said := progress_of(line)) is not None:
            progress(said)


def progress_of(line: str) -> dict[str, Any] | None:
    """What a line of the solver's output says of its progress; None where it says nothing.

    Another rank's words may stand before or behind it on one line, or cut it in two.
    """
    _, mark, said = line.partition("PROGRESS ")
    if not mark or not line.endswith("\n"):
        return None
    try:
        found = json.JSONDecoder().raw_decode(said)[0]
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child and its ranks, if they still run."""
    if child.poll() is None:
        try:
            os.killpg(child.pid, signal.SIGTERM)
            child.wait(timeout=5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _resident_gib(child: int) -> float:
    """Resident memory of a process and its descendants in GiB; 0 where /proc does not tell."""
    family, pages = [child], 0
    for number in family:  # grows while it is walked
        process = Path("/proc") / str(number)
        try:
            pages += int((process / "statm").read_text().split()[1])
            for thread in (process / "task").iterdir():
                family += [int(n) for n in (thread / "children").read_text().split()]
        except OSError:
            continue  # ended while we looked
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**30


def _raise_failure(directory: Path, status: int) -> NoReturn:
    """Turn what the worker left behind into the error that says so."""
    log = (directory / LOG).read_text(errors="replace").splitlines()
    # On a full disk the solver can perhaps not even write what its error was.
    full = shutil.disk_usage(directory).free < _PAGE
    if full or any("No space left on device" in line for line in log):
        raise storage_error(directory, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    error_file = directory / "error.json"
    if error_file.exists():
        error = json.loads(error_file.read_text())
        if error["kind"] == "diverged":
            raise _diverged(error["message"])
    text = "\n".join(line for line in log if not line.startswith("PROGRESS "))
    if "No module named 'meep'" in text or "_ARRAY_API" in text:
        raise MissingDependencyError(
            "Meep does not import in the solver's process. Debian's Meep needs numpy below 2 and "
            "python3-mpi4py; `cqd doctor` shows what is there."
        )
    if "fields are NaN or Inf" in text:  # Meep sees it first where they grow quickly
        raise _diverged("fields became infinite or not a number")
    how = f"signal {-status}" if status < 0 else f"status {status}"
    tail = "\n  ".join(text.splitlines()[-_LOG_TAIL:])
    raise SimulationCrashedError(f"the solver ended with {how}. The end of its log:\n  {tail}")


def _diverged(what: str) -> SimulationDivergedError:
    return SimulationDivergedError(
        f"the simulation diverged: {what}. Usual causes: a metal that reaches into the absorbing "
        "layer, a dispersive material with too coarse a time step. Try a higher fidelity, or "
        "another stack."
    )
