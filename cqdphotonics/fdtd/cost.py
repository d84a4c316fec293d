"""What a job will take: grid points, time steps, memory, and time from what earlier runs took.

How long a cavity rings is only known when it has rung: a run ends at the earliest after three
intervals of its stop rule and at the latest at its limit. The expected time is
that of `USUAL_INTERVALS`: a cavity of Q = 10 000 takes four times as long.
"""

import contextlib
import json
import os
import uuid
from dataclasses import dataclass
from typing import Literal

from cqdphotonics.fdtd.absorbers import BYTES_OF_GRID_POINT, bytes_needed
from cqdphotonics.fdtd.job import Job
from cqdphotonics.fdtd.store import RawResult, Store

DEFAULT_SPEED = {"cylindrical": 15e6, "cartesian": 12e6}
"""Grid points stepped per second and core before anything was measured."""

SHORTEST_INTERVALS, USUAL_INTERVALS = 3, 8
_START_SECONDS = 5.0
_START_MEMORY = 0.25e9
_SPEEDS = "speed.json"
_OF_NEW = 0.5
"""Weight of a new measurement of the speed against the ones before."""

_SOURCE_CUTOFF = 6.0


@dataclass(frozen=True)
class Cost:
    """Of one job, its reference run included.

    Attributes
    ----------
    voxels : int
        Grid points of the device's run.
    steps, least_steps, most_steps : int
        Time steps of the device's run: expected, and between which limits.
    memory : float
        Bytes.
    seconds, least_seconds, most_seconds : float
        On one core.
    speed : float
        Grid points stepped per second that this was reckoned with.
    basis : str
        "measured here" or "not measured yet".
    stored : bool
        Whether the result is in the store already.
    """

    voxels: int
    steps: int
    least_steps: int
    most_steps: int
    memory: float
    seconds: float
    least_seconds: float
    most_seconds: float
    speed: float
    basis: Literal["measured here", "not measured yet"]
    stored: bool


def estimate(job: Job, store: Store) -> Cost:
    """The cost of `job`, with the speed that runs of this store had."""
    speeds = _read(store)
    known = speeds.get(job.formulation)
    speed = known if known is not None else DEFAULT_SPEED[job.formulation]
    source, step = 2 * _SOURCE_CUTOFF / job.source.width, job.courant / job.resolution

    def steps(intervals: float) -> int:
        return round((source + min(intervals * job.stop.interval, job.stop.longest)) / step)

    def seconds(count: int) -> float:
        reference = _reference_voxels(job) * steps(SHORTEST_INTERVALS)
        return _START_SECONDS + (job.voxels() * count + reference) / speed

    least, usual = steps(SHORTEST_INTERVALS), steps(USUAL_INTERVALS)
    most = round((source + job.stop.longest) / step)
    return Cost(
        voxels=job.voxels(),
        steps=usual,
        least_steps=least,
        most_steps=most,
        memory=_memory(job),
        seconds=seconds(usual),
        least_seconds=seconds(least),
        most_seconds=seconds(most),
        speed=speed,
        basis="measured here" if known is not None else "not measured yet",
        stored=job in store,
    )


def _reference_voxels(job: Job) -> float:
    if job.reference == "theory":
        return 0.0
    half = job.reference_half_width
    if job.formulation == "cylindrical":
        return (half + job.side_layer) * 2 * (half + job.pml) * job.resolution**2
    whole = 8 * (half + job.side_layer) ** 2 * (half + job.pml) * job.resolution**3
    return whole / 2 ** len(job.mirrors)


def _memory(job: Job) -> float:
    """Bytes: grid, spectra on the closed surface (E and H at every frequency), and absorption."""
    a, b, down, up = job.box
    points = job.resolution * (a + down + up)
    if job.formulation == "cartesian":
        points = job.resolution**2 * (8 * a * b + 4 * (a + b) * (down + up))
        points /= 2 ** len(job.mirrors)
    spectra = points * len(job.frequencies) * 4 * 16
    grid = max(job.voxels(), _reference_voxels(job)) * BYTES_OF_GRID_POINT[job.formulation]
    return _START_MEMORY + grid + spectra + bytes_needed(job)


def record_speed(job: Job, raw: RawResult, store: Store) -> None:
    """Remember how fast a job was that was computed just now; failures to write are no matter."""
    if not {"summary", "summary_reference"} <= set(raw.arrays):
        return
    source, step = 2 * _SOURCE_CUTOFF / job.source.width, job.courant / job.resolution
    reference = float(raw.arrays["summary_reference"][0]) or source
    done = job.voxels() * float(raw.arrays["summary"][0]) + _reference_voxels(job) * reference
    seconds = float(raw.meta["seconds"]) - _START_SECONDS
    if seconds < _START_SECONDS:  # mostly the start: says nothing about the speed
        return
    rate = done / step / seconds / int(raw.meta.get("ranks", 1))
    speeds = _read(store)
    before = speeds.get(job.formulation, rate)
    speeds[job.formulation] = _OF_NEW * rate + (1 - _OF_NEW) * before
    with contextlib.suppress(OSError):
        work = store.root / "tmp" / f"speed.{os.getpid()}.{uuid.uuid4().hex[:8]}"
        work.write_text(json.dumps(speeds))
        work.replace(store.root / _SPEEDS)


def _read(store: Store) -> dict[str, float]:
    try:
        content = json.loads((store.root / _SPEEDS).read_text())
        return {name: float(speed) for name, speed in content.items() if speed > 0}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
