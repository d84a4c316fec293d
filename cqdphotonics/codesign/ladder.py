"""From a cheap model to a dear one: search low, verify high, correct the low by what the high says.

Two things differ between two grids. A resonance lies elsewhere, by much more than its width: the
offset in ln λ is learnt from what both grids say of one design, and a design is scaled by it before
the dear model sees it (space mapping; Bandler et al., IEEE Trans. MTT 42, 2536 (1994)). And the
objective on resonance is another one: its ratio, constant and slope about the best design, corrects
the cheap model. The corrected model is searched within a trust region about the best dear design,
which grows where the model foretold well and shrinks where it did not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from cqdphotonics.codesign.driver import refine
from cqdphotonics.codesign.engine import Engine
from cqdphotonics.codesign.evaluation import (
    Evaluation,
    Ledger,
    Listener,
    Outcome,
    Plan,
    best_of,
    resonances,
)
from cqdphotonics.codesign.resonance import ResonanceModel
from cqdphotonics.codesign.space import Space

Evaluate = Callable[[dict[str, float]], Outcome]

FIRST_TRUST, LARGEST_TRUST = 0.2, 0.4
"""Half width of the trust region, as a share of each parameter's range."""

LEAST_GAIN = 0.001
"""The climb ends where the corrected model promises less than this share."""

OTHERS, APART = 3, 0.08
"""So many good cheap designs, and so far apart, are tried in the dear model beside the best."""

CAUTION = 0.1
"""Ridge of the fitted slopes, in units of the trust region: few designs give no reliable slope."""


@dataclass(frozen=True)
class Rung:
    """One level of a ladder.

    Parameters
    ----------
    name : str
        Of the fidelity; part of the stage's name.
    evaluate : callable
        Parameters to `Outcome`.
    budget : int
        Evaluations at this level.
    """

    name: str
    evaluate: Evaluate
    budget: int


@dataclass(frozen=True)
class _Pair:
    """A design of the cheap model, and what became of it in the dear one."""

    low: Evaluation
    high: Evaluation


def climb(
    space: Space,
    low: Rung,
    high: Rung,
    history: Sequence[Evaluation],
    plan: Plan,
    engine: Engine,
    listener: Listener | None = None,
) -> tuple[list[Evaluation], list[Evaluation]]:
    """Carry the best design of a cheap model over to a dear one, and improve it there.

    Parameters
    ----------
    space : Space
    low, high : Rung
        ``low.budget`` is that of each search of the corrected model.
    history : sequence of Evaluation
        Of the cheap model; one of them at least has a value.
    plan : Plan
        Algorithm and seed.
    engine, listener
        As for `driver.search`.

    Returns
    -------
    (list of Evaluation, list of Evaluation)
        New ones of the cheap model, and those of the dear one in the order in which they were
        asked for.
    """
    known, ledger = list(history), Ledger(space, high.evaluate, engine, listener)
    pairs: list[_Pair] = []
    asked: list[Evaluation] = []
    trust = FIRST_TRUST

    def lift(cheap: Evaluation) -> _Pair | None:
        """Evaluate a cheap design where the dear model should have its resonance."""
        values = _mapped(space, cheap.parameters, known, pairs, plan.weights)
        if any(space.key(e.parameters) == space.key(values) for e in asked):
            return None
        stage = f"ladder {high.name}"
        outcome = ledger.ask(stage, values).result()
        evaluation = ledger.record(Evaluation(stage, len(asked) + 1, values, outcome))
        asked.append(evaluation)
        if outcome.value is None:
            return None
        pairs.append(_Pair(cheap, evaluation))
        return pairs[-1]

    def carry(cheap: Evaluation) -> _Pair | None:
        """The same, and once more where it rang beside the line but promises to be the best."""
        pair = lift(cheap)
        if pair is None or not pair.high.outcome.worth_scaling or len(asked) >= high.budget:
            return pair
        if _promise(pair.high.outcome) < max(p.high.outcome.height for p in pairs):
            return pair
        again = lift(cheap)
        return max((p for p in (pair, again) if p is not None), key=lambda p: p.high.outcome.height)

    candidate = best_of(known)
    assert candidate is not None
    carry(candidate)
    for other in _others(space, known, candidate, min(OTHERS, high.budget // 3)):
        if pairs:
            lift(other)  # what differs between the models besides a constant
    number = 0
    while pairs and len(asked) < high.budget and trust > 0.02:
        number += 1
        centre = max(pairs, key=lambda p: (p.high.outcome.feasible, p.high.outcome.height))
        correction = _Correction(space, pairs, centre, trust)
        region = _around(space, centre.low.parameters, trust)
        inside = [e for e in known if _contains(region, e.parameters)]
        own = [replace(e, outcome=correction(e.parameters, e.outcome)) for e in inside]
        search = replace(
            plan, budget=low.budget, starts=1, label=f"corrected {low.name} {number}, search"
        )
        raw: dict[tuple[int, ...], Outcome] = {}

        def judge(values: dict[str, float], raw=raw, correction=correction) -> Outcome:  # type: ignore[no-untyped-def]
            raw[space.key(values)] = low.evaluate(values)
            return correction(values, raw[space.key(values)])

        found = refine(region, judge, search, engine, listener, own)
        known += [replace(e, outcome=raw.get(space.key(e.parameters), e.outcome)) for e in found]
        winner = best_of([*own, *found])
        assert winner is not None  # the centre itself is among them
        promised = winner.outcome.height - centre.high.outcome.height
        if promised < LEAST_GAIN:
            break
        lifted = carry(next(e for e in known if e.parameters == winner.parameters))
        gained = -1.0 if lifted is None else (
            lifted.high.outcome.height - centre.high.outcome.height
        )  # fmt: skip
        trust = min(1.5 * trust, LARGEST_TRUST) if gained > 0.5 * promised else 0.5 * trust
    return known[len(history) :], asked


class _Correction:
    """ln(dear/cheap) as a plane about the best pair, drawn towards a constant."""

    def __init__(self, space: Space, pairs: Sequence[_Pair], centre: _Pair, trust: float) -> None:
        self._space = space
        self._centre = space.to_unit(centre.low.parameters)
        self._offset = _ratio(centre)
        steps = np.array([space.to_unit(p.low.parameters) - self._centre for p in pairs]) / trust
        ratios = np.array([_ratio(p) for p in pairs]) - self._offset
        normal = steps.T @ steps + CAUTION * np.eye(space.dimension)
        self._slope: NDArray[np.float64] = np.linalg.solve(normal, steps.T @ ratios) / trust

    def __call__(self, values: dict[str, float], outcome: Outcome) -> Outcome:
        if outcome.value is None:
            return outcome
        away = self._space.to_unit(values) - self._centre
        return replace(outcome, value=outcome.value * exp(self._offset + self._slope @ away))


def _others(
    space: Space, history: Sequence[Evaluation], best: Evaluation, count: int
) -> list[Evaluation]:
    """The best designs that lie apart from each other and from the best, not much worse."""
    good = sorted(
        (e for e in history if e.outcome.value is not None), key=lambda e: -e.outcome.height
    )
    chosen = [best]
    for evaluation in good:
        here = space.to_unit(evaluation.parameters)
        apart = min(np.abs(here - space.to_unit(e.parameters)).max() for e in chosen)
        near = evaluation.outcome.height > best.outcome.height - 0.7
        if apart >= APART and near and len(chosen) <= count:
            chosen.append(evaluation)
    return chosen[1:]


def _promise(outcome: Outcome) -> float:
    """Height that a design has, or is expected to have with its resonance on the line."""
    if outcome.worth_scaling and outcome.promise > 0:
        return log(outcome.promise)
    return outcome.height


def _ratio(pair: _Pair) -> float:
    return _promise(pair.high.outcome) - _promise(pair.low.outcome)


def _mapped(
    space: Space,
    values: dict[str, float],
    cheap: Sequence[Evaluation],
    pairs: Sequence[_Pair],
    weights: Mapping[str, float] | None,
) -> dict[str, float]:
    """The design scaled to where the dear model should have its resonance on the line."""
    seen = [p for p in pairs if p.high.outcome.rescaling is not None]
    designs = resonances(cheap)
    if not seen or not designs:
        return values
    model = ResonanceModel(space, designs, weights)
    here = space.to_unit(values)
    # The newest of the nearest: two designs may have come from one.
    nearest = min(
        reversed(seen), key=lambda p: float(np.abs(space.to_unit(p.high.parameters) - here).max())
    )
    expected = model.factor(nearest.high.parameters)
    offset = (nearest.high.outcome.rescaling or 1.0) / expected
    return space.scaled(values, model.factor(values) * offset, model.weights(values))


def _around(space: Space, values: dict[str, float], trust: float) -> Space:
    """The part of `space` within `trust` of a design."""
    axes = []
    for axis in space.axes:
        here = axis.to_unit(values[axis.name])
        low, high = (axis.from_unit(min(max(here + side, 0.0), 1.0)) for side in (-trust, trust))
        low, high = min(low, values[axis.name]), max(high, values[axis.name])
        if axis.step(high) - axis.step(low) < 2:  # whole numbers need room for a neighbour
            low, high = max(low - axis.grid, axis.minimum), min(high + axis.grid, axis.maximum)
        axes.append(replace(axis, minimum=low, maximum=high, start=values[axis.name]))
    return Space(tuple(axes))


def _contains(region: Space, values: dict[str, float]) -> bool:
    slack = 1e-9
    return all(a.minimum - slack <= values[a.name] <= a.maximum + slack for a in region.axes)
