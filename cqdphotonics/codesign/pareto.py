"""The front of one figure against another, by a sequence of constrained searches.

Each search maximises the first figure with the second held above a value, from the best that is
known for it so far. All share what was evaluated before, so that a point of the front costs a short
local search. What is dominated in the end is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cqdphotonics.codesign.driver import refine
from cqdphotonics.codesign.engine import Engine
from cqdphotonics.codesign.evaluation import (
    Evaluation,
    Listener,
    Outcome,
    Plan,
    best_of,
    outcome_of,
)
from cqdphotonics.codesign.objective import Objective
from cqdphotonics.codesign.space import Space

Evaluate = Callable[[dict[str, float]], Outcome]


def nondominated(points: ArrayLike) -> NDArray[np.intp]:
    """Indices of the points (n, 2) that no other beats in both figures, by the first, rising.

    Of equal points the first is kept.
    """
    array = np.asarray(points, float).reshape(-1, 2)
    order = np.lexsort((np.arange(len(array)), -array[:, 1], -array[:, 0]))
    kept, highest = [], -np.inf
    for index in order:
        if array[index, 1] > highest:
            highest = array[index, 1]
            kept.append(index)
    return np.array(kept[::-1], dtype=np.intp)


def hypervolume(points: ArrayLike, reference: tuple[float, float] = (0.0, 0.0)) -> float:
    """Area that the points (n, 2) dominate above `reference`; both figures are maximised."""
    array = np.asarray(points, float).reshape(-1, 2)
    array = array[(array > reference).all(axis=1)]
    front = array[nondominated(array)]
    lower = np.concatenate([[reference[0]], front[:-1, 0]])
    return float(((front[:, 0] - lower) * (front[:, 1] - reference[1])).sum())


@dataclass(frozen=True)
class Front:
    """The designs that no other beats in both figures, in the order of the first.

    Parameters
    ----------
    figures : (str, str)
        Both maximised.
    evaluations : tuple of Evaluation
    """

    figures: tuple[str, str]
    evaluations: tuple[Evaluation, ...]

    @property
    def points(self) -> NDArray[np.float64]:
        """Both figures of each design, (n, 2)."""
        return np.array([values_of(e.outcome, self.figures) for e in self.evaluations])

    @property
    def hypervolume(self) -> float:
        """Area dominated above (0, 0)."""
        return hypervolume(self.points)


def values_of(outcome: Outcome, names: Sequence[str]) -> list[float]:
    """Nominal values of figures that an evaluation kept."""
    kept = outcome.details["figures"]
    return [float(kept[name][0]) for name in names]


def front_of(history: Sequence[Evaluation], figures: tuple[str, str]) -> Front:
    """The front among all evaluations that have a value."""
    good = [e for e in history if e.outcome.value is not None]
    if not good:
        return Front(figures, ())
    kept = nondominated([values_of(e.outcome, figures) for e in good])
    return Front(figures, tuple(good[i] for i in kept))


def judged(outcome: Outcome, objective: Objective) -> Outcome:
    """The same evaluation judged by another objective."""
    if outcome.value is None:
        return outcome
    figures = {name: pair[0] for name, pair in outcome.details["figures"].items()}
    names = [*objective.exponents, *objective.minima]
    missing = [name for name in names if name not in figures]
    if missing:
        return Outcome(None, reason=f"{missing[0]} is not known here", seconds=outcome.seconds)
    value = float(objective.value(figures).nominal_value)
    slopes = {}
    if "value" in outcome.slopes and all(name in outcome.slopes for name in names):
        slopes = {name: outcome.slopes[name] for name in objective.minima}
        slopes["value"] = _summed(outcome.slopes, objective.exponents)
    new = outcome_of(value)
    return replace(
        outcome, value=new.value, reason=new.reason, held=objective.held(figures), slopes=slopes
    )


def _summed(
    slopes: Mapping[str, Mapping[str, float]], exponents: Mapping[str, float]
) -> dict[str, float]:
    parameters = next(iter(slopes.values()))
    return {p: sum(power * slopes[f][p] for f, power in exponents.items()) for p in parameters}


def trace(
    space: Space,
    evaluate: Evaluate,
    plan: Plan,
    engine: Engine,
    listener: Listener | None,
    history: Sequence[Evaluation],
    figures: tuple[str, str],
    points: int,
) -> list[Evaluation]:
    """Evaluations that fill the front of `figures`, beside those in `history`.

    Parameters
    ----------
    space, evaluate, engine, listener
        As for `driver.search`; each outcome keeps its figures in ``details["figures"]``.
    plan : Plan
        ``budget`` is that of each point of the front; one local search a point.
    history : sequence of Evaluation
        What is known already.
    figures : (str, str)
        Both maximised.
    points : int
        Searches: the two ends of the front, and evenly between them; at least 2.

    Returns
    -------
    list of Evaluation
        The new ones, in a fixed order.
    """
    first, second = figures
    known = list(history)

    def best(number: int, objective: Objective) -> Evaluation | None:
        """Search one point of the front, keep all that was evaluated, return its best design."""
        own = [replace(e, outcome=judged(e.outcome, objective)) for e in known]
        here = replace(plan, starts=1, label=f"front {number}, search")
        raw: dict[tuple[int, ...], Outcome] = {}

        def judge(parameters: dict[str, float]) -> Outcome:
            raw[space.key(parameters)] = evaluate(parameters)
            return judged(raw[space.key(parameters)], objective)

        found = refine(space, judge, here, engine, listener, own)
        known.extend(replace(e, outcome=raw.get(space.key(e.parameters), e.outcome)) for e in found)
        return best_of([*own, *found])

    ends = [best(1, Objective({first: 1.0})), best(2, Objective({second: 1.0}))]
    if any(end is None for end in ends):
        return known[len(history) :]
    low, high = (values_of(end.outcome, [second])[0] for end in ends if end is not None)
    inner = np.linspace(low, high, points)[1:-1] if high > low > 0 else np.empty(0)
    for number, level in enumerate(inner, 3):
        best(number, Objective({first: 1.0}, {second: float(level)}))
    return known[len(history) :]
