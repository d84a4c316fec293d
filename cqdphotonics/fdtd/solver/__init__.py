"""Jobs in Meep. This package is all that imports Meep, and it runs in a process of its own."""

from typing import Any

import meep as mp
import numpy as np

from cqdphotonics.fdtd.bands import BandsJob
from cqdphotonics.fdtd.job import Computation, Job
from cqdphotonics.fdtd.planar import PlanarJob
from cqdphotonics.fdtd.solver.bands import band_modes
from cqdphotonics.fdtd.solver.emission import simulate
from cqdphotonics.fdtd.solver.planar import ring_down
from cqdphotonics.fdtd.solver.run import DivergedError

__all__ = ["DivergedError", "compute", "is_master", "quiet", "simulate", "versions"]


def compute(job: Computation) -> dict[str, np.ndarray]:
    """The raw arrays of a job of any kind."""
    if isinstance(job, Job):
        return simulate(job)
    if isinstance(job, BandsJob):
        return band_modes(job)
    if isinstance(job, PlanarJob):
        return ring_down(job)
    raise TypeError(f"no solver for a {type(job).__name__}")


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
