"""Where evaluations run: one small interface, shaped like ``concurrent.futures``."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol


class Engine(Protocol):
    """Anything that runs functions side by side: here, in a pool of threads or on a cluster."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> "Future[Any]":
        """Begin ``function(*arguments)`` and return its future."""
        ...

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work; drop what has not begun where `cancel_futures` is set."""
        ...


def local(workers: int | None = None) -> Engine:
    """As many evaluations at once as cores (or `workers`), on this machine.

    Threads are enough: the work is done by the solver's own processes.
    """
    return ThreadPoolExecutor(
        max_workers=workers or available_cores(), thread_name_prefix="evaluation"
    )


def available_cores() -> int:
    """Cores that this process may use (a container or a queue may allow fewer than exist)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
