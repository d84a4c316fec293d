"""What a search costs beside its simulations, and what several starts gain from several cores.

Run with ``python -m benchmarks.codesign [EVALUATIONS]`` (default 200; on two cores that do nothing
else about seven minutes). A small disc in cylindrical coordinates is simulated for real. Targets:
replay of 200 evaluations ≤ 5 s, overhead per evaluation outside Meep ≤ 50 ms, four starts on two
cores ≥ 1.8×.
"""

import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from cqdphotonics.codesign.cluster import Cluster
from cqdphotonics.codesign.device import Evaluator
from cqdphotonics.codesign.engine import available_cores
from cqdphotonics.codesign.engine_choice import EngineChoice
from cqdphotonics.codesign.study import Study
from cqdphotonics.fdtd.store import Store

STUDY = """
name: a small disc
emitter: CsPbBr3-4K
component: disc
stack: sin-air
free:
  radius: {{minimum: 0.10, maximum: 0.20, start: 0.15}}
  stack.thickness: {{minimum: 0.15, maximum: 0.35, start: 0.25}}
objective: {{indistinguishability: 1, efficiency: 1}}
collection: {{na: 0.8}}
search: {{budget: {budget}, samples: {samples}, starts: {starts}, seed: 4, algorithm: SBPLX,
         scale_to_wavelength: false}}
proof: {{fidelity: draft}}
"""


def study(budget: int, samples: int, starts: int) -> Study:
    return Study.from_text(STUDY.format(budget=budget, samples=samples, starts=starts))


def timed_run(chosen: Study, directory: Path, workers: int) -> float:
    start = time.perf_counter()
    chosen.run(directory, workers=workers)
    return time.perf_counter() - start


def overhead(root: Path, count: int = 8) -> tuple[float, float, float]:
    """Seconds for an evaluation beside the solver's process: by the clock, of this process' CPU.

    And of the solver's process beside the solving itself: Python's and Meep's start.
    """
    chosen, store = study(60, 12, 2), Store(root / "overhead")
    cluster = Cluster(EngineChoice(workers=1), store, root / "engine.json")
    evaluate = Evaluator(chosen, store)
    evaluate({"radius": 0.15, "stack.thickness": 0.25})  # loads modules, starts the cluster
    beside, used, begun = [], [], []
    for number in range(count):
        clock, cpu = time.perf_counter(), time.process_time()
        outcome = evaluate({"radius": 0.11 + 0.01 * number, "stack.thickness": 0.25})
        clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
        job = outcome.details["job_hashes"][0]
        meta = json.loads((store.directory(job) / "meta.json").read_text())
        beside.append(clock - meta["seconds"])
        used.append(cpu)
        begun.append(meta["seconds"] - meta["solver_seconds"])
    cluster.close()
    middle = count // 2  # medians: other work on the machine disturbs some
    return sorted(beside)[middle], sorted(used)[middle], sorted(begun)[middle]


def side_by_side(root: Path) -> float:
    """How much faster four starts are with two simulations side by side than with one."""
    chosen = study(20, 3, 4)
    seconds = {n: timed_run(chosen, root / f"starts-{n}", n) for n in (1, 2)}
    return seconds[1] / seconds[2]


def without_engine(workers: int, count: int, root: Path) -> float:
    """Evaluations a second of `workers` threads that only evaluate: what the machine can give."""
    chosen, store = study(60, 12, 2), Store(root / f"plain-{workers}")
    evaluate = Evaluator(chosen, store)
    designs = [{"radius": 0.11 + 0.01 * k, "stack.thickness": 0.25} for k in range(count)]
    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(evaluate, designs))
    return count / (time.perf_counter() - start)


def told(name: str, value: float, unit: str, target: float, most: bool) -> None:
    """One line: a figure, its target, and whether it was met."""
    met = value <= target if most else value >= target
    digits = 0 if unit == "ms" else 2
    sign = "≤" if most else "≥"
    print(
        f"{name:30}{value:9.{digits}f} {unit:3} target {sign} {target:g}: "
        f"{'met' if met else 'MISSED'}",
        flush=True,
    )


def main() -> None:
    os.environ.pop("CQD_STORE", None)
    evaluations = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}; times are worth little above .5")
    with tempfile.TemporaryDirectory(prefix="cqd-bench-") as place:
        root = Path(place)
        clock, cpu, begun = overhead(root)
        told("overhead per evaluation", 1e3 * clock, "ms", 50, True)
        print(f"  of the driver's processor   {1e3 * cpu:9.0f} ms")
        print(f"start of Python and Meep      {1e3 * begun:9.0f} ms  (in each simulation)")
        chosen = study(evaluations, min(evaluations // 2, 60), 4)
        timed_run(chosen, root / "replay", available_cores())
        count = len((root / "replay" / "history.jsonl").read_text().splitlines())
        again = timed_run(chosen, root / "replay", available_cores())
        told(f"replay of {count} evaluations", again, "s", 5 * evaluations / 200, True)
        if available_cores() < 2:
            print("four starts side by side: needs two cores")
            return
        gain = side_by_side(root)
        limit = without_engine(2, 6, root) / without_engine(1, 6, root)
        told("four starts, two at a time", gain, "×", 1.8, False)
        print(f"  what the machine can give   {limit:9.2f} ×")


if __name__ == "__main__":
    main()
