"""What a search is worth: the design that a study found against 100 drawn at random.

Run with ``python -m benchmarks.random_designs [NAME] [--result DIR] [--count N]``. NAME is a study
in ``layouts/``, its result by default the one kept in ``layouts/results``. Designs are drawn evenly
between the study's bounds and simulated as its search does; simulations stay in the store
(`CQD_STORE`), so that this can be broken off and goes on. Target: the found design, as its search
saw it, beats them all. What came out is written beside the result, into ``random.json``.
"""

import json
import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from cqdphotonics.codesign.check import check_study
from cqdphotonics.codesign.cluster import Cluster
from cqdphotonics.codesign.device import Evaluator
from cqdphotonics.codesign.engine import local
from cqdphotonics.codesign.evaluation import of_search
from cqdphotonics.codesign.result import StudyResult
from cqdphotonics.codesign.study import Study
from cqdphotonics.fdtd.store import Store

LAYOUTS = Path(__file__).parents[1] / "layouts"
SEED = 20


def compare(study: Study, found: StudyResult, count: int, workers: int | None) -> dict[str, float]:
    """Simulate `count` random designs of `study`; how they and the found one do."""
    space, store = check_study(study), Store()
    with tempfile.TemporaryDirectory(prefix="cqd-bench-") as place:
        cluster = Cluster(
            study.with_engine(workers=workers).engine, store, Path(place) / "engine.json"
        )
        evaluate, engine = Evaluator(study, store), local(cluster.width + 1)
        draws = np.random.default_rng(SEED).random((count, space.dimension))
        futures = [engine.submit(evaluate, space.from_unit(draw)) for draw in draws]
        values, failed = [], 0
        for number, future in enumerate(futures, 1):
            outcome = future.result()
            failed += outcome.failed
            values.append((outcome.value or 0.0) if outcome.feasible else 0.0)
            print(f"{number:4d}  {values[-1]:.4g}  (best {max(values):.4g})", flush=True)
        cluster.close()
    searched = [e for e in of_search(found.history) if e.outcome.feasible]
    return {
        "count": count,
        "failed": failed,
        "best": max(values),
        "median": float(np.median(values)),
        "found": max(e.outcome.value or 0.0 for e in searched),
        "evaluations": len(of_search(found.history)),
    }


def main() -> None:
    options = ArgumentParser(prog="python -m benchmarks.random_designs", description=__doc__)
    options.add_argument("name", nargs="?", default="cspbbr3_bullseye")
    options.add_argument("--result", type=Path, help="directory of the study's result")
    options.add_argument("--count", type=int, default=100)
    options.add_argument("--workers", type=int)
    given = options.parse_args()
    where = given.result or LAYOUTS / "results" / given.name
    study = Study.from_file(LAYOUTS / f"{given.name}.yaml")
    record = compare(study, StudyResult.from_directory(where), given.count, given.workers)
    (where / "random.json").write_text(json.dumps(record, indent=1) + "\n")
    print(
        "{found:.4g} found with {evaluations} evaluations; of {count} random designs the best has "
        "{best:.4g}, the median {median:.4g}, {failed} no number".format(**record)
    )


if __name__ == "__main__":
    main()
