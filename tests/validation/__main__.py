"""``./run validate``: runs the cases and writes ``docs/validation.md`` with its pictures.

Results of simulations are kept in the store: a second call, or one after an interrupt, only runs
what is missing.
"""

import argparse
import sys
import time
from pathlib import Path

from cqdphotonics.errors import SimulationError
from cqdphotonics.fdtd.store import Store
from validation.case import Bench, Case, NotStoredError, Outcome
from validation.page import write_page
from validation.registry import CASES

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Run the cases that were named, or all; returns 1 if a limit was missed."""
    parser = argparse.ArgumentParser(prog="./run validate", description=__doc__)
    parser.add_argument("names", nargs="*", help="cases to run (default: all)")
    parser.add_argument("--quick", action="store_true", help="only the quick cases")
    parser.add_argument(
        "--stored", action="store_true", help="run nothing: the page from what is in the store"
    )
    parser.add_argument("--list", action="store_true", help="list the cases and stop")
    parser.add_argument("--store", type=Path, help="where results are kept (default: the cache)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "validation.md")
    given = parser.parse_args(arguments)
    known = {case.name: case for case in CASES}
    if given.list:
        for case in CASES:
            print(f"{case.name:24}{case.cost:8}{case.title}")
        return 0
    if unknown := [name for name in given.names if name not in known]:
        print(
            f"there is no case {', '.join(unknown)}; there are: {', '.join(known)}",
            file=sys.stderr,
        )
        return 2
    chosen = [known[name] for name in given.names] or list(CASES)
    if given.quick:
        chosen = [case for case in chosen if case.cost == "quick"]
    done: list[tuple[Case, Outcome | str, float]] = []
    for number, case in enumerate(chosen, start=1):
        done.append(
            (case, *_run(case, Store(given.store), f"{number}/{len(chosen)}", given.stored))
        )
    partial = len(chosen) < len(CASES)
    if partial and given.output == parser.get_default("output"):
        print("not all cases were run: docs/validation.md is left as it is", file=sys.stderr)
    else:
        write_page(done, given.output)
        print(given.output)
    missed = 0
    for case, outcome, _ in done:
        if isinstance(outcome, str):
            missed += 1
            continue
        for row in outcome.rows:
            missed += not row.passed
            verdict = "pass" if row.passed else "MISSED"
            text = f"{case.name}: {row.quantity}: {row.ours:.4g}, exact {row.exact:.4g}"
            print(f"{text}, {row.deviation:+.2%} {verdict}", file=sys.stderr)
    return 1 if missed else 0


def _run(case: Case, store: Store, place: str, stored: bool) -> tuple[Outcome | str, float]:
    last = [0.0]

    def progress(text: str) -> None:
        if time.monotonic() - last[0] > 2:
            last[0] = time.monotonic()
            print(f"[{place}] {case.name}: {text}", file=sys.stderr, flush=True)

    print(f"[{place}] {case.name}: {case.title}", file=sys.stderr, flush=True)
    bench = Bench(store, progress, stored)
    try:
        return case.outcome(bench), bench.seconds
    except (SimulationError, NotStoredError) as error:
        print(f"[{place}] {case.name}: {error}", file=sys.stderr, flush=True)
        return str(error), bench.seconds


if __name__ == "__main__":
    sys.exit(main())
