"""The stages of a plain script: each run whole, or for so many of the steps that it needs.

A script prints one JSON object: its answers and, for every stage, grid points, seconds of set-up,
seconds of stepping, steps done and steps needed. Seconds are those of the processor: what a quiet
core would take, whatever else runs.
"""

import json
import time
from argparse import ArgumentParser
from collections.abc import Callable
from math import ceil
from typing import Any

_WARM_UP = 5
"""Steps before the clock starts when a stage is not run whole."""


def parser(description: str | None) -> ArgumentParser:
    """The options that the scripts with Meep runs share."""
    options = ArgumentParser(description=description)
    options.add_argument("--resolution", type=float, required=True, help="pixels per µm")
    options.add_argument("--index", type=float, required=True, help="refractive index of the film")
    options.add_argument("--wavelength", type=float, required=True, help="of the source, in µm")
    options.add_argument("--steps", type=int, help="time so many steps of a stage; default: whole")
    options.add_argument("--quality", type=float, help="Q, which --steps can not find out itself")
    options.add_argument("--mirrors", action="store_true", help="use all three mirror planes")
    options.add_argument("--stages", nargs="*", help="names of the stages to run; default: all")
    return options


class Stages:
    """Runs stages and keeps what each took."""

    def __init__(self, steps: int | None, wanted: list[str] | None) -> None:
        self.steps, self.wanted = steps, wanted
        self.records: dict[str, dict[str, float]] = {}
        self.answers: dict[str, float] = {}

    def wants(self, name: str) -> bool:
        """Whether a stage is to be run."""
        return not self.wanted or name in self.wanted

    def run(self, name: str, sim: Any, duration: float, *functions: Callable[..., Any]) -> bool:
        """Run a stage of `duration` µm/c, or the first steps of it; whether it is whole."""
        start = time.process_time()
        sim.init_sim()
        setup = time.process_time() - start
        step, first = sim.Courant / sim.resolution, 0
        if self.steps is not None:
            sim.run(*functions, until=_WARM_UP * step)
            first = sim.fields.t
            duration, needed = self.steps * step, ceil(duration / step)
        start = time.process_time()
        sim.run(*functions, until=duration)
        seconds, done = time.process_time() - start, sim.fields.t - first
        count = sim.cell_size.x * sim.cell_size.y * sim.cell_size.z * sim.resolution**3
        self.records[name] = {
            "voxels": round(count / 2 ** len(sim.symmetries)),
            "setup": setup,
            "seconds": seconds,
            "done": done,
            "needed": done if self.steps is None else needed,
        }
        return self.steps is None

    def timed(self, name: str, done: int, needed: int, work: Callable[[], Any]) -> Any:
        """Time something that is no stepping: `done` of the `needed` times."""
        start = time.process_time()
        result = work()
        seconds = time.process_time() - start
        self.records[name] = {
            "voxels": 0, "setup": 0.0, "seconds": seconds, "done": done, "needed": needed,
        }  # fmt: skip
        return result

    def print(self) -> None:
        """The answers and records, on one line."""
        print(json.dumps({"answers": self.answers, "stages": self.records}), flush=True)
