"""Hand-made jobs whose answer is known, for the tests of the solver's room."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cqdphotonics.fdtd.analysis import Analysis
from cqdphotonics.fdtd.job import BlockSpec, Job, MediumSpec, SourceSpec, StopSpec
from cqdphotonics.fdtd.runner import run
from cqdphotonics.fdtd.store import Store

CONDUCTOR = MediumSpec(label="perfect conductor", epsilon=1.0, perfect_conductor=True)


def dielectric(index: float) -> MediumSpec:
    return MediumSpec(label=f"n = {index:g}", epsilon=index**2)


def layer(medium: str, low: float, high: float) -> BlockSpec:
    """A film from `low` to `high` above the emitter, through the whole cell."""
    centre, size = (0.0, 0.0, (low + high) / 2), (None, None, high - low)
    return BlockSpec(medium=medium, centre=centre, size=size)


def make_job(
    dipole: str,
    frequencies: Iterable[float],
    resolution: float,
    *,
    cylindrical: bool = True,
    emission: float | None = None,
    width: float | None = None,
    stop: StopSpec | None = None,
    **fields: Any,
) -> Job:
    """A job in a medium of index 1 unless `fields` say otherwise; see `Job` for their names."""
    wanted = tuple(frequencies)
    low, high = min(wanted), max(wanted)
    component, offset = {"x": "Ex", "y": "Ey", "z": "Ez"}[dipole], 0.0
    if cylindrical and dipole != "z":
        component, offset = "Ep", 1 / resolution
    source = SourceSpec(
        component=component,
        offset=offset,
        frequency=(low + high) / 2,
        width=width or max(1.5 * (high - low), 0.3 * high),
    )
    given: dict[str, Any] = {
        "formulation": "cylindrical" if cylindrical else "cartesian",
        "angular_number": int(cylindrical and dipole != "z"),
        "resolution": resolution,
        "courant": 0.35 if cylindrical else 0.5,
        "half_depth": 0.0,
        "media": {"host": dielectric(1.0)},
        "background": "host",
        "solids": (),
        "source": source,
        "frequencies": wanted,
        "emission_frequency": emission or wanted[0],
        "stop": stop
        or StopSpec(agreement=3e-3, largest_tail=0.05, interval=5 / low, longest=300 / low),
        "reference_index": 1.0,
        "reference_half_width": 0.75,
    }
    return Job(**{**given, **fields})


def solve(job: Job, root: Path, up: float = 1.0, down: float = 1.0) -> Analysis:
    """The job's physics, through the runner and the store that all tests share."""
    return Analysis(job, run(job, Store(root)), {"up": up, "down": down})
