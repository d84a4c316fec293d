"""What a ladder saves: the fine optimum by searching low and correcting, against searching fine.

Run with ``python -m benchmarks.ladder [BUDGET] [DIRECTORY]`` (default 14 evaluations of the search
at fine; half an hour of one core). With a directory it goes on where it was stopped. One small
bullseye, two free lengths, the same start and seed; a ladder from draft to fine, and one from
theory over coarse and draft to fine. All ways end with a design evaluated at fine. Cost is counted
in grid points times time steps, which other work on the machine does not change; what theory takes
is told in seconds. A simulation that two ways use counts for both. Target: within 2 % of the
objective of the fine search at a third of its cost or less.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from cqdphotonics.codesign.evaluation import Evaluation, best_of
from cqdphotonics.codesign.result import StudyResult
from cqdphotonics.codesign.study import Study
from cqdphotonics.fdtd.job import Job
from cqdphotonics.fdtd.store import Store

STUDY = """
name: a small bullseye
emitter: CsPbBr3-4K
component: bullseye
stack: sin-air
fixed: {{rings: 3, gap: 0.16, stack.thickness: 0.33}}
free:
  radius: {{minimum: 0.38, maximum: 0.60, start: 0.43}}
  pitch: {{minimum: 0.30, maximum: 0.42, start: 0.35}}
objective: {{indistinguishability: 1, efficiency: 1}}
collection: {{na: 0.7}}
search: {{{search}, seed: 2, algorithm: COBYLA}}
proof: {{fidelity: draft}}
"""
FINE = "fidelity: fine, budget: {budget}, samples: 4, starts: 1"
LADDERS = {
    "from draft": """fidelity: draft, budget: 24, samples: 8, starts: 1,
         ladder: [{fidelity: fine, budget: 3, below: 8}]""",
    "from theory": """fidelity: theory, budget: 60, samples: 16, starts: 2,
         ladder: [{fidelity: coarse, budget: 4, below: 20},
                  {fidelity: draft, budget: 4, below: 8}, {fidelity: fine, budget: 3, below: 8}]""",
}


def run(search: str, directory: Path) -> StudyResult:
    return Study.from_text(STUDY.format(search=search)).run(directory)


def stage(history: Iterable[Evaluation], *names: str) -> list[Evaluation]:
    return [e for e in history if e.outcome.details and e.stage.startswith(names)]


def cost(evaluations: Iterable[Evaluation], store: Store) -> float:
    """Grid points times time steps of all simulations, in 10⁹."""
    total = 0.0
    for evaluation in evaluations:
        for job_hash in evaluation.outcome.details["job_hashes"]:
            place = store.directory(job_hash)
            job = Job.model_validate_json((place / "job.json").read_text())
            with np.load(place / "result.npz") as result:
                time = float(result["summary"][0])
            total += job.voxels() * time * job.resolution / job.courant
    return total / 1e9


def compare(budget: int, place: Path) -> None:
    os.environ["CQD_STORE"] = str(place / "store")
    store = Store(place / "store")
    searched = stage(run(FINE.format(budget=budget), place / f"fine-{budget}").history, "")
    best = best_of(searched)
    whole = told("search at fine", searched, store)
    for name, ladder in LADDERS.items():
        history = run(ladder, place / name.replace(" ", "-")).history
        top = best_of(stage(history, "ladder fine"))
        parts = {
            "search": stage(history, "start", "sample", "scaled", "search"),
            "corrected": stage(history, "corrected"),
            **{at: stage(history, f"ladder {at}") for at in ("coarse", "draft", "fine")},
        }
        total = sum(told(f"{name}, {what}", part, store) for what, part in parts.items() if part)
        if top is None or best is None or top.outcome.value is None or best.outcome.value is None:
            print("no design converged at fine")
            continue
        value, other = top.outcome.value, best.outcome.value
        print(f"I·η at fine: ladder {name} {value:.4f}, search at fine {other:.4f}")
        for evaluation in (top, best):
            print(f"  {evaluation.stage}: {json.dumps(evaluation.parameters)}")
        print(f"objective, ladder over search {value / other:.3f} (target ≥ .98: "
              f"{MET[value / other >= 0.98]})")  # fmt: skip
        print(f"cost, ladder over search      {total / whole:.2f} (target ≤ .33: "
              f"{MET[total / whole <= 1 / 3]})")  # fmt: skip


def told(name: str, part: list[Evaluation], store: Store) -> float:
    """Print what a part of the work cost; its grid points times time steps in 10⁹."""
    found, seconds = cost(part, store), sum(e.outcome.seconds for e in part)
    print(
        f"{name:25}{len(part):3d} evaluations {found:7.2f}·10⁹ points × steps "
        f"({seconds:.0f} s as it was run)"
    )
    return found


MET = {True: "met", False: "MISSED"}


def main() -> None:
    budget = int(sys.argv[1]) if len(sys.argv) > 1 else 14
    if len(sys.argv) > 2:
        place = Path(sys.argv[2])
        place.mkdir(parents=True, exist_ok=True)
        compare(budget, place)
        return
    with tempfile.TemporaryDirectory(prefix="cqd-bench-") as temporary:
        compare(budget, Path(temporary))


if __name__ == "__main__":
    main()
