"""Ctrl-C that is not lost."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def heard(cancelled: threading.Event) -> Iterator[None]:
    """Ctrl-C ends the study, also where the exception that it raises is lost.

    Python drops one that is raised inside a finaliser, and libraries put handlers of their own in
    its place.

    Parameters
    ----------
    cancelled : threading.Event
        Set when Ctrl-C is pressed; KeyboardInterrupt is raised at the end at the latest.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: Any) -> None:
        cancelled.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
        if cancelled.is_set():
            raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGINT, before)
