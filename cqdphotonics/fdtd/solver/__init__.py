"""Jobs in Meep. This package is all that imports Meep, and it runs in a process of its own."""

from typing import Any

import meep as mp

from cqdphotonics.fdtd.solver.emission import simulate
from cqdphotonics.fdtd.solver.run import DivergedError

__all__ = ["DivergedError", "is_master", "quiet", "simulate", "versions"]


def quiet() -> None:
    """Keep Meep's own reports and notebook progress bars out of the log."""
    mp.verbosity(0)
    mp.simulation.do_progress = False


def is_master() -> bool:
    """Whether this is the one rank that writes."""
    return bool(mp.am_master())


def versions() -> dict[str, Any]:
    """Meep's version and the number of ranks."""
    return {"meep": mp.__version__, "ranks": mp.count_processors()}
