"""What the ladder saves: the fine optimum by searching low and correcting, against searching fine.

Run with ``python -m benchmarks.ladder [BUDGET]`` (default 14 evaluations of the search at fine; on
two cores about twenty minutes). One small bullseye, two free lengths, the same start and seed. Both
ways end with a design evaluated at fine; cost is the solver's time, wherever it ran. Target: within
2 % of the objective of the fine search at a third of its cost or less.
"""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from cqdphotonics.codesign.evaluation import Evaluation, best_of
from cqdphotonics.codesign.result import StudyResult
from cqdphotonics.codesign.study import Study

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
proof: {{fidelity: fine}}
"""
FINE = "fidelity: fine, budget: {budget}, samples: 4, starts: 1"
LADDER = """fidelity: draft, budget: 24, samples: 8, starts: 1,
         ladder: [{fidelity: fine, budget: 3, below: 8}]"""


def run(search: str, directory: Path) -> StudyResult:
    return Study.from_text(STUDY.format(search=search)).run(directory)


def at_fine(history: tuple[Evaluation, ...], stage: str) -> list[Evaluation]:
    return [e for e in history if e.stage.startswith(stage)]


def main() -> None:
    os.environ.pop("CQD_STORE", None)
    budget = int(sys.argv[1]) if len(sys.argv) > 1 else 14
    with tempfile.TemporaryDirectory(prefix="cqd-bench-") as place:
        climbed = run(LADDER, Path(place) / "ladder")
        searched = run(FINE.format(budget=budget), Path(place) / "fine")
    ladder = climbed.history
    rungs = [("draft, search", [e for e in ladder if not e.stage.startswith(("ladder", "corr"))])]
    rungs += [
        ("draft, corrected", at_fine(ladder, "corrected")),
        ("fine", at_fine(ladder, "ladder")),
    ]
    costs = {name: sum(e.outcome.seconds for e in part) for name, part in rungs}
    top = best_of(at_fine(ladder, "ladder"))
    best = best_of(searched.history)
    assert top is not None
    assert best is not None
    plain = sum(e.outcome.seconds for e in searched.history)
    for name, part in rungs:
        print(f"ladder, {name:17} {len(part):3d} evaluations {costs[name]:7.0f} s")
    print(f"search at fine           {len(searched.history):3d} evaluations {plain:7.0f} s")
    value, other = top.outcome.value or 0.0, best.outcome.value or 1.0
    print(f"I·η at fine: ladder {value:.4f}, search at fine {other:.4f} (unverified beyond fine)")
    print(f"ladder over search: objective {value / other:.3f} (target ≥ .98), "
          f"cost {sum(costs.values()) / plain:.2f} (target ≤ .33)")  # fmt: skip


if __name__ == "__main__":
    main()
