"""Jobs in Meep. This package is all that imports Meep, and it runs in a process of its own."""

from typing import TYPE_CHECKING, Any

import numpy as np

from cqdphotonics.fdtd.job import Computation, Job
from cqdphotonics.fdtd.solver.undrawn import load_meep

load_meep()

import meep as mp  # noqa: E402

from cqdphotonics.fdtd.solver.emission import simulate  # noqa: E402
from cqdphotonics.fdtd.solver.run import DivergedError  # noqa: E402

if TYPE_CHECKING:
    from cqdphotonics.fdtd.bands import BandsJob
    from cqdphotonics.fdtd.lattice import LatticeJob
    from cqdphotonics.fdtd.planar import PlanarJob

__all__ = ["DivergedError", "compute", "is_master", "quiet", "simulate", "versions"]


def _bands(job: "BandsJob") -> dict[str, np.ndarray]:
    from cqdphotonics.fdtd.solver.bands import band_modes

    return band_modes(job)


def _planar(job: "PlanarJob") -> dict[str, np.ndarray]:
    from cqdphotonics.fdtd.solver.planar import ring_down

    return ring_down(job)


def _lattice(job: "LatticeJob") -> dict[str, np.ndarray]:
    from cqdphotonics.fdtd.solver.lattice import plane_wave

    return plane_wave(job)


_SOLVERS: dict[str, Any] = {"bands": _bands, "planar": _planar, "lattice": _lattice}
"""By a job's kind; loaded when needed, since they bring much that an emission does without."""


def compute(job: Computation) -> dict[str, np.ndarray]:
    """The raw arrays of a job of any kind."""
    if isinstance(job, Job):
        return simulate(job)
    arrays: dict[str, np.ndarray] = _SOLVERS[job.kind](job)  # type: ignore[attr-defined]
    return arrays


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
