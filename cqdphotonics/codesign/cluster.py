"""Computes the simulations of a study, many at once: on this machine, or in a batch queue.

A Dask scheduler in the driver's process hands jobs to workers: threads here, or the jobs of a batch
system. Nothing but a job's numbers travels to a worker, and nothing comes back: the result goes
into the store, which all share. Whatever is lost on the way (a worker killed, a job cancelled) is
computed again, and is said to have crashed when that has happened several times.

Nothing is started before the first simulation that the store does not have: a study that is only
replayed costs neither a scheduler nor jobs.
"""

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

from cqdphotonics.codesign.engine import available_cores
from cqdphotonics.codesign.engine_choice import EngineChoice
from cqdphotonics.codesign.queues import JobQueue
from cqdphotonics.errors import EngineError, SimulationCrashedError
from cqdphotonics.fdtd import task
from cqdphotonics.fdtd.job import Computation
from cqdphotonics.fdtd.runner import progress_of
from cqdphotonics.fdtd.store import LOG, Store, storage_error

LARGE = 500_000
"""Grid points from which several ranks pay: below, starting and talking cost more than is saved."""

QUEUE_WORKERS = 4
"""Jobs in a queue, where the study does not say how many."""

TEND_SECONDS = 3.0
"""How often the queue is looked at."""

MOST_LOST = 3
"""Jobs lost for each worker, with no simulation finished between, until the engine gives up."""

MOST_VICTIMS = 3
"""How often a simulation may lose its worker before it counts as crashed."""

_QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "10s",
}
"""Dask looks at its workers a hundred times a second: more work than all that they do here."""

_LOOK_SECONDS = 0.25
_REPORT_SECONDS = 1.0


def ranks_for(points: int, cores: int, side_by_side: int) -> int:
    """MPI ranks of a simulation on one machine.

    One, since that wastes nothing while there is enough else to do; but a large one shares the
    cores evenly with those that wait or run beside it.

    Parameters
    ----------
    points : int
        Grid points of the simulation.
    cores : int
    side_by_side : int
        Simulations that wait or run, this one among them.
    """
    if points < LARGE:
        return 1
    return max(1, cores // max(side_by_side, 1))


class Cluster:
    """Computes what a store lacks; see the module's text.

    Parameters
    ----------
    choice : EngineChoice
        Which engine, and how large.
    store : Store
        Where results go; it gets this cluster as its `computer`.
    record : Path
        A file that remembers the queue's jobs, so that the next driver finds those that a killed
        one left.
    """

    def __init__(self, choice: EngineChoice, store: Store, record: Path) -> None:
        self._choice = choice
        self._root = str(store.root.resolve())
        self._record = record
        self._token = f"cqd-{uuid.uuid4().hex[:8]}"
        self._lock = threading.RLock()
        self._waiting: dict[str, int] = {}  # job hash → callers
        self._attempt: dict[str, int] = {}
        self._dask: Any = None
        self._client: Any = None
        self._queue: JobQueue | None = None
        self._problem = ""
        self._lost = 0
        self._closing = threading.Event()
        self._tender: threading.Thread | None = None
        self._cores = available_cores()
        store.computer = self.compute

    @property
    def width(self) -> int:
        """Simulations side by side."""
        if self._choice.workers is not None:
            return self._choice.workers
        if self._choice.is_queue:
            return QUEUE_WORKERS
        return max(1, self._cores // (self._choice.ranks or 1))

    def compute(
        self,
        job: Computation,
        progress: Callable[[dict[str, Any]], None] | None,
        cancelled: threading.Event | None,
    ) -> None:
        """Return when the store has the result of `job`.

        Raises
        ------
        SimulationError
            If it has none.
        EngineError
            If the queue gives no workers.
        KeyboardInterrupt
            If `cancelled` was set.
        """
        with self._lock:
            self._start()
            self._waiting[job.hash] = self._waiting.get(job.hash, 0) + 1
            ranks = self._ranks(job)
            future = self._client.submit(
                task.compute,
                job,
                self._root,
                ranks,
                self._token,
                key=f"simulation-{job.hash}-{self._attempt.get(job.hash, 0)}",
                resources=None if self._choice.is_queue else {"cores": ranks},
            )
        try:
            self._await(job, future, progress, cancelled)
            self._lost = 0
        except BaseException:
            with self._lock:  # asked again, it is computed again
                self._attempt[job.hash] = self._attempt.get(job.hash, 0) + 1
            raise
        finally:
            with self._lock:
                self._waiting[job.hash] -= 1
                if not self._waiting[job.hash]:
                    del self._waiting[job.hash]

    def _ranks(self, job: Computation) -> int:
        if self._choice.ranks is not None:
            return self._choice.ranks
        if self._choice.is_queue:
            return 1
        points = job.voxels() if hasattr(job, "voxels") else 0
        return ranks_for(points, self._cores, len(self._waiting))

    def _await(
        self,
        job: Computation,
        future: Any,
        progress: Callable[[dict[str, Any]], None] | None,
        cancelled: threading.Event | None,
    ) -> None:
        from distributed.client import FutureCancelledError
        from distributed.scheduler import KilledWorker

        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        reported = time.monotonic()
        while not done.wait(_LOOK_SECONDS):
            if (cancelled is not None and cancelled.is_set()) or self._closing.is_set():
                raise KeyboardInterrupt
            if self._problem:
                raise EngineError(self._problem)
            if progress is not None and time.monotonic() - reported > _REPORT_SECONDS:
                reported = time.monotonic()
                if report := latest_report(Path(self._root), job.hash):
                    progress(report)
        try:
            future.result()
        except KilledWorker:
            raise SimulationCrashedError(
                f"the simulation lost its worker {MOST_VICTIMS + 1} times: killed (by the system, "
                "for too much memory?), or its job cancelled or out of time. Raise 'memory' or "
                "'walltime' of the engine, or use a lower fidelity."
            ) from None
        except (task.StoppedError, FutureCancelledError, CancelledError):
            raise KeyboardInterrupt from None

    def _start(self) -> None:
        """Scheduler, client and workers, when first needed."""
        if self._client is not None:
            return
        import dask
        from distributed import Client, LocalCluster

        dask.config.set(_QUIET | {"distributed.scheduler.allowed-failures": MOST_VICTIMS})
        for name in ("distributed", "distributed.worker", "distributed.scheduler"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # its news are not the user's
        plain: dict[str, Any] = {
            "silence_logs": logging.CRITICAL,
            "dashboard_address": "127.0.0.1:0",  # where its plain HTTP server would be, if used
            "scheduler_kwargs": {"dashboard": False},
        }
        task.stops[self._token] = threading.Event()
        if self._choice.is_queue:
            plain |= {"n_workers": 0, "protocol": "tcp://", "scheduler_port": 0}
            if self._choice.interface:
                plain["interface"] = self._choice.interface
            else:
                from distributed.utils import get_ip

                plain["host"] = get_ip()
            try:
                self._dask = LocalCluster(processes=False, **plain)
            except (OSError, ValueError) as error:
                raise EngineError(
                    f"the driver can't listen on interface '{self._choice.interface}': {error}"
                ) from None
        else:
            cores = max(self._cores, self.width * (self._choice.ranks or 1))
            self._dask = LocalCluster(
                n_workers=1,
                threads_per_worker=self.width,
                processes=False,
                memory_limit=0,  # the solver's processes are watched by their runner
                resources={"cores": cores},
                **plain,
            )
        self._client = Client(self._dask, set_as_default=False)
        if self._choice.is_queue:
            logs = self._record.parent / "jobs"
            address = self._dask.scheduler_address
            self._queue = JobQueue(self._choice, address, logs, self._token)
            self._cancel_left_over()
            self._remember()
            self._tender = threading.Thread(target=self._tend, name="queue", daemon=True)
            self._tender.start()

    def _remember(self) -> None:
        text = json.dumps({"engine": self._choice.name, "jobs": self._token})
        try:
            self._record.write_text(text + "\n")
        except OSError as error:
            raise storage_error(self._record, error) from error

    def _cancel_left_over(self) -> None:
        """End the jobs of a driver that was killed: they can't find it, and hold nodes."""
        try:
            left = json.loads(self._record.read_text())
            if left["engine"] == self._choice.name:
                JobQueue(self._choice, "", None, left["jobs"]).cancel()
        except (OSError, ValueError, KeyError):
            return

    def _tend(self) -> None:
        """Keep as many jobs in the queue as there is work for; replace those that ended."""
        assert self._queue is not None
        submitted: set[str] = set()
        number = wanted = failures = 0
        while not self._closing.is_set():
            with self._lock:
                wanted = max(wanted, min(self.width, len(self._waiting)))
            try:
                alive = self._queue.alive()
                self._lost += len(submitted - alive)
                submitted &= alive
                if self._lost > MOST_LOST * self.width:
                    raise _GaveUpError(
                        f"{self._lost} jobs ended one after the other without finishing a "
                        f"simulation. Their output is in '{self._record.parent / 'jobs'}'."
                    )
                while len(alive) < wanted and not self._closing.is_set():
                    number += 1
                    new = self._queue.submit(f"{self._token}-{number}")
                    submitted.add(new)
                    alive.add(new)
                failures = 0
            except _GaveUpError as error:
                self._problem = str(error)
                return
            except EngineError as error:
                failures += 1  # a busy controller may miss a question or two
                if failures >= MOST_LOST:
                    self._problem = str(error)
                    return
            self._closing.wait(TEND_SECONDS)

    def close(self) -> None:
        """End everything that runs; cancel the queue's jobs."""
        self._closing.set()
        if self._tender is not None:
            self._tender.join()
        if self._queue is not None:
            self._queue.cancel()
            self._record.unlink(missing_ok=True)
        if self._client is not None:
            task.stops[self._token].set()
            self._client.close(timeout=5)
            self._dask.close(timeout=10)
            del task.stops[self._token]


class _GaveUpError(EngineError):
    """The queue loses job after job."""


def latest_report(root: Path, job_hash: str) -> dict[str, Any] | None:
    """What the solver last said of its progress, wherever it runs: its log is in the store."""
    for log in (root / "tmp").glob(f"{job_hash}.*/{LOG}"):
        try:
            lines = log.read_text(errors="replace").splitlines(keepends=True)
        except OSError:
            continue
        for line in reversed(lines):
            if (found := progress_of(line)) is not None:
                return found
    return None
