"""Batch systems: what they are asked for, and the jobs in which an engine's workers live.

The scripts of the jobs are dask-jobqueue's. Submitting, listing and cancelling is done here, by the
system's own programs, so that jobs which end are seen and replaced.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cqdphotonics.codesign.engine_choice import EngineChoice
from cqdphotonics.errors import (
    EngineError,
    InputError,
    MissingDependencyError,
    RangeError,
    UnknownNameError,
)

PATIENCE_SECONDS = 60
"""How long a program of the batch system may take to answer."""

SEARCH_FOR_DRIVER = 120
"""After so many seconds without its driver a worker gives up, and its job ends."""


@dataclass(frozen=True)
class BatchSystem:
    """The programs of one batch system.

    Parameters
    ----------
    submit, cancel : str
    queues : tuple of str
        Command that lists the queues, one a line, the name first.
    jobs : tuple of str
        Command that lists the numbers of living jobs called ``{name}``.
    """

    submit: str
    cancel: str
    queues: tuple[str, ...]
    jobs: tuple[str, ...]


SYSTEMS = {
    "slurm": BatchSystem(
        "sbatch", "scancel", ("sinfo", "-h", "-o", "%R"),
        ("squeue", "-h", "-t", "PD,R,CF,CG,S,ST", "-o", "%i %t", "--name={name}"),
    ),
    "pbs": BatchSystem("qsub", "qdel", ("qstat", "-Q"), ("qselect", "-N", "{name}")),
    "lsf": BatchSystem(
        "bsub", "bkill", ("bqueues", "-w"), ("bjobs", "-noheader", "-o", "jobid", "-J", "{name}")
    ),
}  # fmt: skip


def check_engine(choice: EngineChoice) -> None:
    """Find what a batch system will not accept, before anything is simulated.

    Raises
    ------
    MissingDependencyError
        If its programs, or dask-jobqueue, are not here.
    UnknownNameError
        If it has no such queue.
    InputError, RangeError
        If it refuses such a job (Slurm is asked).
    EngineError
        If it does not answer.
    """
    if not choice.is_queue:
        return
    system = SYSTEMS[choice.name]
    for program in (system.submit, system.cancel, system.queues[0], system.jobs[0]):
        if shutil.which(program) is None:
            raise MissingDependencyError(
                f"engine {choice.name} needs the program '{program}', which is not on this "
                "machine. Start on a machine from which jobs are submitted, or use engine: local."
            )
    lines = ask(system.queues).splitlines()
    known = {line.split()[0] for line in lines if re.match(r"\w", line)} - {"Queue", "QUEUE_NAME"}
    if choice.queue and choice.queue not in known:
        raise UnknownNameError("queue", choice.queue, known)
    _job_classes()
    if choice.name == "slurm":
        _check_walltime(choice)
        script = JobQueue(choice, "tcp://127.0.0.1:1", None, "cqd-check").script("check")
        try:
            _submit(("sbatch", "--test-only"), script)
        except EngineError as error:
            raise InputError(f"Slurm would not accept the study's jobs: {error}") from None


def _check_walltime(choice: EngineChoice) -> None:
    """Slurm lets a job wait for ever that asks for more time than its partition gives."""
    limits = dict(line.split("|") for line in ask(("sinfo", "-h", "-o", "%P|%l")).splitlines())
    for partition, limit in limits.items():
        chosen = partition.rstrip("*") == choice.queue if choice.queue else partition[-1] == "*"
        if chosen and _seconds(choice.walltime) > _seconds(limit):
            raise RangeError(
                f"walltime {choice.walltime}: partition '{partition.rstrip('*')}' allows at most "
                f"{limit} (days-hours:minutes:seconds)."
            )


def _seconds(text: str) -> float:
    """Slurm's [D-][[HH:]MM:]SS in seconds; infinite where it is no such time."""
    days, _, clock = text.rpartition("-")
    if not re.fullmatch(r"(\d+:){1,2}\d+", clock):
        return float("inf")
    seconds = 0
    for part in clock.split(":"):
        seconds = 60 * seconds + int(part)
    return 86400.0 * int(days or 0) + seconds


def ask(command: Sequence[str]) -> str:
    """What a program of the batch system prints.

    Raises
    ------
    EngineError
        If it fails or does not answer.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"'{command[0]}' does not answer: {error}") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip() or f"status {done.returncode}"
        raise EngineError(f"'{command[0]}' failed: {said}")
    return done.stdout


def _submit(command: Sequence[str], script: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as handle:
        handle.write(script)
        handle.flush()
        if command[0] != "bsub":
            return ask([*command, handle.name])
        return ask(["sh", "-c", f"bsub < {handle.name}"])  # bsub takes its script from there


def _job_classes() -> tuple[Any, Any, Any]:
    """dask-jobqueue's writers of scripts; its import would make Ctrl-C end this process at once."""
    ours, loaded = signal.getsignal(signal.SIGINT), "dask_jobqueue" in sys.modules
    in_main = threading.current_thread() is threading.main_thread()
    if not loaded and not in_main:
        raise EngineError("a study on a queue must be started from the main thread of a program.")
    from dask_jobqueue.lsf import LSFJob
    from dask_jobqueue.pbs import PBSJob
    from dask_jobqueue.slurm import SLURMJob

    if not loaded:
        signal.signal(signal.SIGINT, ours)
    return LSFJob, PBSJob, SLURMJob


class JobQueue:
    """The jobs of one driver, all under one name.

    Parameters
    ----------
    choice : EngineChoice
        Of a batch system.
    address : str
        Of the Dask scheduler.
    log_directory : Path or None
        Where the jobs' own output goes.
    name : str
        Of the jobs.
    """

    def __init__(
        self, choice: EngineChoice, address: str, log_directory: Path | None, name: str
    ) -> None:
        self.name = name
        self._choice = choice
        self._address = address
        self._logs = log_directory
        self._system = SYSTEMS[choice.name]

    def script(self, worker: str) -> str:
        """The job's script: one worker, which runs one simulation at a time."""
        return str(self._job(worker).job_script())

    def _job(self, worker: str) -> Any:
        lsf, pbs, slurm = _job_classes()
        choice, ranks = self._choice, self._choice.ranks or 1
        common: dict[str, Any] = {
            "scheduler": self._address,
            "name": worker,
            "cores": 1,  # threads of the worker: one simulation; the ranks are added below
            "processes": 1,
            "memory": choice.memory,
            "queue": choice.queue or None,
            "walltime": choice.walltime,
            "interface": choice.interface or None,
            "python": sys.executable,
            "job_name": self.name,
            "log_directory": str(self._logs) if self._logs else None,
            "job_script_prologue": list(choice.setup),
            "job_extra_directives": list(choice.extra),
            "worker_extra_args": ["--no-dashboard"],
            "death_timeout": SEARCH_FOR_DRIVER,
        }
        if choice.name == "slurm":
            own = ["--nodes=1", f"--ntasks={ranks}", *choice.extra]
            common |= {"job_extra_directives": own, "account": choice.account or None}
            return slurm(**common, job_directives_skip=["--cpus-per-task", "-n 1"])
        if choice.name == "pbs":
            memory = choice.memory.replace("i", "").replace(" ", "").lower()
            spec = f"select=1:ncpus={ranks}:mpiprocs={ranks}:mem={memory}"
            return pbs(**common, account=choice.account or None, resource_spec=spec)
        hours = choice.walltime.rpartition(":")[0]
        return lsf(**common | {"walltime": hours}, project=choice.account or None, ncpus=ranks)

    def submit(self, worker: str) -> str:
        """Submit one job; its number.

        Raises
        ------
        EngineError
            If the batch system refuses.
        """
        if self._logs is not None:
            self._logs.mkdir(parents=True, exist_ok=True)
        job = self._job(worker)
        said = _submit((self._system.submit,), job.job_script())
        try:
            return str(job._job_id_from_submit_output(said))
        except ValueError:
            raise EngineError(
                f"'{self._system.submit}' did not say the job's number: {said}"
            ) from None

    def alive(self) -> set[str]:
        """Numbers of the jobs that wait or run."""
        command = [part.format(name=self.name) for part in self._system.jobs]
        numbers = set()
        for line in ask(command).splitlines():
            number, _, state = line.strip().partition(" ")
            if number and state != "CG":  # completing: it computes nothing any more
                numbers.add(number)
        return numbers

    def cancel(self) -> None:
        """Cancel all jobs of this name; never fails, since it is the last thing that is done."""
        try:
            numbers = sorted(self.alive())
            if numbers:
                ask([self._system.cancel, *numbers])
        except EngineError:
            return


def machine() -> str:
    """Name of this machine."""
    return os.uname().nodename
