"""The search: a start, quasi-random samples, rescaled designs, then nlopt from the best of them.

The driver knows no photonics: it is given a `Space`, a function that evaluates a point, and an
engine to run it on. It is deterministic: every decision follows from the seed and from the
outcomes, taken in the order in which they were asked for and never in the order in which they
came back. Asking the same questions again (after a crash, say) therefore takes the same way, and
where the outcomes are kept in a store it takes it at no cost.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import qmc

from cqdphotonics.codesign.engine import Engine
from cqdphotonics.codesign.evaluation import Evaluation, Ledger, Listener, Outcome, Plan, best_of
from cqdphotonics.codesign.nlopt_run import GLOBAL_ALGORITHMS, NloptRun
from cqdphotonics.codesign.space import Space

APART = 0.1
"""Starts of local searches differ by at least this share of the range in some parameter."""


def search(
    space: Space,
    evaluate: Callable[[dict[str, float]], Outcome],
    plan: Plan,
    engine: Engine,
    listener: Listener | None = None,
) -> list[Evaluation]:
    """Search `space` for the largest value of `evaluate`.

    Parameters
    ----------
    space : Space
        Free parameters with bounds, grid and start.
    evaluate : callable
        Takes the parameters as a dict and returns an `Outcome`; an exception from it ends the
        search.
    plan : Plan
        Algorithm, budget, seed.
    engine : Engine
        Runs `evaluate`.
    listener : Listener, optional
        Is told about every evaluation.

    Returns
    -------
    list of Evaluation
        In the order of the stages: start, samples, scaled, search 1, search 2, …; the same for
        the same arguments.
    """
    ledger = Ledger(space, evaluate, engine, listener)
    history = ledger.all_of("start", [space.start])
    history += ledger.all_of("sample", _samples(space, plan, {space.key(space.start)}))
    if plan.scale_to_wavelength:
        room = plan.budget - len(history) - plan.starts
        scaled = _rescaled(space, history, plan.weights)
        history += ledger.all_of("scaled", scaled[: max(min(room, 2 * plan.starts), 0)])
    if best_of(history) is None:
        return history  # nothing works here: more of the same would only cost
    return history + _searches(ledger, plan, history)


def refine(
    space: Space,
    evaluate: Callable[[dict[str, float]], Outcome],
    plan: Plan,
    engine: Engine,
    listener: Listener | None,
    history: Sequence[Evaluation],
) -> list[Evaluation]:
    """Only the nlopt runs of `search`, from the best of a `history` (which costs nothing).

    Returns the new evaluations; none where all of the history failed.
    """
    if best_of(history) is None:
        return []
    return _searches(Ledger(space, evaluate, engine, listener), replace(
        plan, budget=plan.budget + len(history)), history)  # fmt: skip


def _samples(space: Space, plan: Plan, taken: set[tuple[int, ...]]) -> list[dict[str, float]]:
    """Scrambled Halton points: they fill the box more evenly than independent draws."""
    if plan.samples == 0:
        return []
    drawn = qmc.Halton(space.dimension, scramble=True, seed=plan.seed).random(plan.samples)
    return _new_points(space, (space.from_unit(x) for x in drawn), taken)


def _rescaled(
    space: Space, history: Sequence[Evaluation], weights: Mapping[str, float] | None
) -> list[dict[str, float]]:
    """The most promising designs with all lengths scaled, so that they meet the wavelength."""
    willing = [e for e in history if e.outcome.worth_scaling]
    willing.sort(key=lambda e: -e.outcome.promise)
    points = (space.scaled(e.parameters, e.outcome.rescaling or 1.0, weights) for e in willing)
    taken = {space.key(e.parameters) for e in history}
    return _new_points(space, points, taken)


def _new_points(
    space: Space, points: Iterable[dict[str, float]], taken: set[tuple[int, ...]]
) -> list[dict[str, float]]:
    fresh = []
    taken = set(taken)
    for point in points:
        key = space.key(point)
        if key not in taken:
            taken.add(key)
            fresh.append(point)
    return fresh


def _searches(ledger: Ledger, plan: Plan, history: Sequence[Evaluation]) -> list[Evaluation]:
    """The nlopt runs, each in a thread of its own that mostly waits for the engine."""
    starts = _starting_points(ledger.space, plan, history)
    left = plan.budget - len(history)
    shares = [left // len(starts) + (i < left % len(starts)) for i in range(len(starts))]
    runs = [
        NloptRun(ledger, plan, number, start, share, history)
        for number, (start, share) in enumerate(zip(starts, shares, strict=True), 1)
        if share > 0
    ]
    for run in runs:
        run.start()
    for run in runs:
        while run.is_alive():
            run.join(0.2)  # short, so that Ctrl-C is heard
    for run in runs:
        if run.error is not None:
            raise run.error
    return [evaluation for run in runs for evaluation in run.evaluations]


def _starting_points(
    space: Space, plan: Plan, history: Sequence[Evaluation]
) -> list[dict[str, float]]:
    """The best points so far that lie apart from each other."""
    good = [e for e in history if e.outcome.value is not None]
    good.sort(key=lambda e: -e.outcome.height)
    wanted = 1 if plan.algorithm in GLOBAL_ALGORITHMS else plan.starts
    chosen: list[dict[str, float]] = []
    for evaluation in good:
        here = space.to_unit(evaluation.parameters)
        apart = [np.abs(here - space.to_unit(other)).max() >= APART for other in chosen]
        if len(chosen) < wanted and all(apart):
            chosen.append(evaluation.parameters)
    return chosen
