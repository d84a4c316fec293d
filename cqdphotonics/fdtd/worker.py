"""The solver's process: reads a job, runs it, writes the raw result.

``[mpirun -np N] python -m cqdphotonics.fdtd.worker DIRECTORY`` reads ``DIRECTORY/job.json`` and
leaves ``DIRECTORY/result.npz``; ``--self-test`` runs a small homogeneous case and prints one line
of JSON. Anything that goes wrong in a way that we know is written to ``DIRECTORY/error.json``.
"""

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from cqdphotonics.fdtd.job import Computation, Job, MediumSpec, SourceSpec, StopSpec
from cqdphotonics.fdtd.runner import die_with_parent

KINDS = {
    "bands": "bands.BandsJob",
    "planar": "planar.PlanarJob",
    "lattice": "lattice.LatticeJob",
}
"""Where what a job's field ``kind`` says is found; one without it is an emission."""


def read_job(text: str) -> Computation:
    """The job in the text of a ``job.json``; loads only what its kind needs."""
    kind = json.loads(text).get("kind")
    if kind is None:
        return Job.model_validate_json(text)
    module, _, name = KINDS[kind].partition(".")
    found: type[Computation] = getattr(import_module(f"cqdphotonics.fdtd.{module}"), name)
    return found.model_validate_json(text)


def self_test() -> dict[str, Any]:
    """Meep's version, number of ranks, and the power of a dipole in vacuum over Larmor's (≈ 1).

    At 12 pixels per wavelength the grid is worth about 2 %.
    """
    job = Job(
        formulation="cartesian",
        resolution=12,
        courant=0.5,
        half_width=0.75,
        half_depth=0.75,
        below=0.75,
        above=0.75,
        pml=0.5,
        box=(0.5, 0.5, 0.5, 0.5),
        media={"vacuum": MediumSpec(label="vacuum", epsilon=1.0)},
        background="vacuum",
        solids=(),
        source=SourceSpec(component="Ez", frequency=1.0, width=0.5),
        frequencies=(1.0,),
        emission_frequency=1.0,
        stop=StopSpec(agreement=1e-2, largest_tail=1e-2, interval=2.0, longest=20.0),
        reference_index=1.0,
        reference_half_width=0.75,
    )
    from cqdphotonics.fdtd import solver

    arrays = solver.simulate(job)
    larmor = 2 * np.pi / 3 * job.emission_frequency**2
    power = sum(arrays[f"flux_{name}"][0] for name in ("up", "down", "side"))
    return {
        **solver.versions(),
        "purcell_homogeneous": float(power / larmor),
    }


def main(argument: str) -> int:
    """Entry point of the process; returns its exit status."""
    from cqdphotonics.fdtd import solver

    solver.quiet()
    if argument == "--self-test":
        outcome = self_test()
        if solver.is_master():
            print(json.dumps(outcome), flush=True)
        return 0
    directory = Path(argument)
    job = read_job((directory / "job.json").read_text())
    started = time.monotonic()
    try:
        arrays = solver.compute(job)
    except solver.DivergedError as error:
        if solver.is_master():
            text = json.dumps({"kind": "diverged", "message": str(error)})
            (directory / "error.json").write_text(text)
        return 3
    if solver.is_master():
        meta = {
            **solver.versions(),
            "numpy": np.__version__,
            "python": sys.version.split()[0],
            "solver_seconds": time.monotonic() - started,
        }
        (directory / "worker.json").write_text(json.dumps(meta))
        np.savez(directory / "result.npz", **arrays)
    return 0


if __name__ == "__main__":
    die_with_parent()  # the ranks' parent is mpirun
    sys.exit(main(sys.argv[1]))
