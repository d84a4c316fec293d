"""How long a study took by the clock, all its sessions together; no part of its answer."""

import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from cqdphotonics.errors import StorageError

if TYPE_CHECKING:
    from cqdphotonics.codesign.directory import StudyDirectory

EVERY = 10.0
"""Seconds between two writings: what a session that is killed does not count at most."""


@dataclass(frozen=True)
class Session:
    """One call of the driver.

    Parameters
    ----------
    began : str
        Date and time of day.
    seconds : float
        How long it went.
    cores : int
        That the driver's machine lent it.
    engine : str
        Where the simulations ran.
    load : float
        What the machine did beside when the session began: its load average of a minute.
    finished : bool
        Whether it came to the end.
    """

    began: str
    seconds: float
    cores: int
    engine: str
    load: float
    finished: bool


def told(sessions: Sequence[Session]) -> str:
    """Time of all sessions in words; empty where none is known."""
    if not sessions:
        return ""
    total = sum(session.seconds for session in sessions)
    time_words = f"{total:.0f} s" if total < 100 else f"{total / 60:.0f} min"
    last = sessions[-1]
    where = f"on {last.cores} cores" if last.engine == "local" else f"in {last.engine}"
    return f"{time_words} by the clock {where}"


def sessions_of(directory: "StudyDirectory") -> tuple[Session, ...]:
    """The sessions so far; none where a study is older than its clock, or the file is damaged."""
    try:
        records = json.loads(directory.clock_file.read_text(encoding="utf-8"))
        return tuple(Session(**record) for record in records)
    except (OSError, ValueError, TypeError):
        return ()


@contextmanager
def kept(directory: "StudyDirectory", engine: str) -> Iterator[None]:
    """Keep the time of one session; written at its start and end, and now and then between.

    A disk that is full does not end a study here: what it holds matters, its clock does not.
    """
    earlier, start = sessions_of(directory), time.monotonic()
    began, load = time.strftime("%Y-%m-%d %H:%M:%S"), round(os.getloadavg()[0], 2)
    over = threading.Event()

    def write(finished: bool) -> None:
        seconds = round(time.monotonic() - start, 1)
        now = Session(began, seconds, cores(), engine, load, finished)
        text = json.dumps([asdict(each) for each in (*earlier, now)], indent=1)
        with suppress(StorageError):
            directory.write(directory.clock_file.name, text + "\n")

    def tick() -> None:
        while not over.wait(EVERY):
            write(finished=False)

    write(finished=False)
    ticking = threading.Thread(target=tick, daemon=True)
    ticking.start()
    finished = False
    try:
        yield
        finished = True
    finally:
        over.set()
        ticking.join()
        write(finished)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
