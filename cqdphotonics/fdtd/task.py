"""What an engine's worker is asked: compute one job into a store that it shares with the driver.

Kept apart and light: a worker on another machine imports this and nothing of the search.
"""

import threading
from pathlib import Path

from cqdphotonics.fdtd.job import Computation
from cqdphotonics.fdtd.runner import run
from cqdphotonics.fdtd.store import Store

stops: dict[str, threading.Event] = {}
"""Events that end the tasks of an engine, by its token, where its workers are in this process."""


class StoppedError(Exception):
    """The engine was told to stop; an ordinary exception, so that a worker survives it."""


def compute(job: Computation, root: str, ranks: int, token: str) -> None:
    """Compute `job` with `ranks` MPI ranks, unless the store at `root` has it already.

    Raises
    ------
    StoppedError
        If the engine with `token` was stopped meanwhile.
    CqdError
        As `runner.run`.
    """
    try:
        run(job, Store(Path(root)), ranks=ranks, cancelled=stops.get(token))
    except KeyboardInterrupt:
        raise StoppedError from None
