"""The search: a start, quasi-random samples, rescaled designs, then nlopt from the best of them.

The driver knows no photonics: it is given a `Space`, a function that evaluates a point, and an
engine to run it on. It is deterministic: every decision follows from the seed and from the
outcomes, taken in the order in which they were asked for and never in the order in which they
came back. Asking the same questions again (after a crash, say) therefore takes the same way, and
where the outcomes are kept in a store it takes it at no cost.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from math import log
from typing import Any, Protocol

import nlopt
import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from cqdphotonics.codesign.engine import Engine
from cqdphotonics.codesign.objective import climbable
from cqdphotonics.codesign.resonance import ResonanceModel
from cqdphotonics.codesign.space import Space

LOCAL_ALGORITHMS = {
    "BOBYQA": "LN_BOBYQA",
    "COBYLA": "LN_COBYLA",
    "SBPLX": "LN_SBPLX",
    "NELDERMEAD": "LN_NELDERMEAD",
}
GLOBAL_ALGORITHMS = {
    "CRS2": "GN_CRS2_LM",
    "ISRES": "GN_ISRES",
    "ESCH": "GN_ESCH",
    "DIRECT-L": "GN_DIRECT_L",
    "MLSL": "G_MLSL_LDS",
}
"""Study name to nlopt name. Only algorithms that need no gradient and obey bounds."""

FIRST_STEP = 0.1
"""First step of a local search, as a share of each parameter's range."""

WORTH_SCALING = 1.05
"""A resonance beside the wavelength is gone for if it promises to be this much better."""

APART = 0.1
"""Starts of local searches differ by at least this share of the range in some parameter."""


@dataclass(frozen=True)
class Outcome:
    """What one evaluation said.

    Parameters
    ----------
    value : float or None
        The objective (positive, to be maximised), or None where the point failed.
    reason : str
        Why it failed.
    rescaling : float or None
        Factor on all lengths that would bring this design to the wavelength.
    promise : float
        How good it is expected to become then (larger is better; only compared).
    gain : float
        Factor by which that is better than it is now.
    seconds : float
        Cost of the simulations, also where they came from the store.
    details : dict
        What else is worth a place in the history; plain data.
    """

    value: float | None
    reason: str = ""
    rescaling: float | None = None
    promise: float = 0.0
    gain: float = 1.0
    seconds: float = 0.0
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether there is no number to climb on."""
        return self.value is None

    @property
    def worth_scaling(self) -> bool:
        """Whether the design scaled to the wavelength promises to be clearly better."""
        return self.rescaling is not None and self.gain >= WORTH_SCALING


@dataclass(frozen=True)
class Evaluation:
    """One question of the driver and its answer."""

    stage: str
    number: int
    parameters: dict[str, float]
    outcome: Outcome


@dataclass(frozen=True)
class Plan:
    """How to search; the meaning is that of `cqdphotonics.codesign.study.Search`."""

    algorithm: str = "COBYLA"
    budget: int = 60
    samples: int = 12
    starts: int = 2
    seed: int = 1
    scale_to_wavelength: bool = True


class Listener(Protocol):
    """Is told what happens, from any thread, one call at a time."""

    def begun(self, stage: str, parameters: Mapping[str, float]) -> None:
        """An evaluation was asked for that had not been asked for before."""
        ...

    def finished(self, evaluation: Evaluation) -> None:
        """An evaluation has its outcome."""
        ...


class _BudgetSpentError(Exception):
    """Ends an nlopt run from inside its callback."""


class _Ledger:
    """Every point that was asked for, so that none is evaluated twice."""

    def __init__(
        self,
        space: Space,
        evaluate: Callable[[dict[str, float]], Outcome],
        engine: Engine,
        listener: Listener | None,
    ) -> None:
        self.space = space
        self._evaluate = evaluate
        self._engine = engine
        self._listener = listener
        self._futures: dict[tuple[int, ...], Future[Outcome]] = {}
        self._lock = threading.Lock()
        self._telling = threading.Lock()

    def ask(self, stage: str, parameters: dict[str, float]) -> "Future[Outcome]":
        key = self.space.key(parameters)
        with self._lock:
            known = self._futures.get(key)
            if known is not None:
                return known
            future = self._engine.submit(self._evaluate, parameters)
            self._futures[key] = future
        if self._listener:
            with self._telling:
                self._listener.begun(stage, parameters)
        return future

    def record(self, evaluation: Evaluation) -> Evaluation:
        if self._listener:
            with self._telling:
                self._listener.finished(evaluation)
        return evaluation

    def all_of(self, stage: str, points: Iterable[dict[str, float]]) -> list[Evaluation]:
        """Evaluate side by side, collect in the order of asking."""
        asked = [(point, self.ask(stage, point)) for point in points]
        return [
            self.record(Evaluation(stage, number, point, future.result()))
            for number, (point, future) in enumerate(asked, 1)
        ]


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
    ledger = _Ledger(space, evaluate, engine, listener)
    history = ledger.all_of("start", [space.start])
    history += ledger.all_of("sample", _samples(space, plan, {space.key(space.start)}))
    if plan.scale_to_wavelength:
        room = plan.budget - len(history) - plan.starts
        history += ledger.all_of("scaled", _rescaled(space, history, min(room, 2 * plan.starts)))
    if best_of(history) is None:
        return history  # nothing works here: more of the same would only cost
    return history + _searches(ledger, plan, history)


def best_of(history: Sequence[Evaluation]) -> Evaluation | None:
    """The evaluation with the largest value; the earlier one where two are equal."""
    good = [e for e in history if e.outcome.value is not None]
    return max(good, key=lambda e: e.outcome.value or 0.0) if good else None


def resonances(history: Iterable[Evaluation]) -> list[tuple[dict[str, float], float]]:
    """Designs whose resonance is known, each with its factor to the wavelength."""
    return [(e.parameters, e.outcome.rescaling) for e in history if e.outcome.rescaling is not None]


def _samples(space: Space, plan: Plan, taken: set[tuple[int, ...]]) -> list[dict[str, float]]:
    """Scrambled Halton points: they fill the box more evenly than independent draws."""
    if plan.samples == 0:
        return []
    drawn = qmc.Halton(space.dimension, scramble=True, seed=plan.seed).random(plan.samples)
    return _new_points(space, (space.from_unit(x) for x in drawn), taken)


def _rescaled(space: Space, history: Sequence[Evaluation], at_most: int) -> list[dict[str, float]]:
    """The most promising designs with all lengths scaled, so that they meet the wavelength."""
    willing = [e for e in history if e.outcome.worth_scaling]
    willing.sort(key=lambda e: -e.outcome.promise)
    points = (space.scaled(e.parameters, e.outcome.rescaling or 1.0) for e in willing)
    taken = {space.key(e.parameters) for e in history}
    return _new_points(space, points, taken)[: max(at_most, 0)]


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


def _searches(ledger: _Ledger, plan: Plan, history: Sequence[Evaluation]) -> list[Evaluation]:
    """The nlopt runs, each in a thread of its own that mostly waits for the engine."""
    starts = _starting_points(ledger.space, plan, history)
    left = plan.budget - len(history)
    shares = [left // len(starts) + (i < left % len(starts)) for i in range(len(starts))]
    runs = [
        _NloptRun(ledger, plan, number, start, share, history)
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
    good.sort(key=lambda e: -(e.outcome.value or 0.0))
    wanted = plan.starts if plan.algorithm in LOCAL_ALGORITHMS else 1
    chosen: list[dict[str, float]] = []
    for evaluation in good:
        here = space.to_unit(evaluation.parameters)
        apart = [np.abs(here - space.to_unit(other)).max() >= APART for other in chosen]
        if len(chosen) < wanted and all(apart):
            chosen.append(evaluation.parameters)
    return chosen


class _NloptRun(threading.Thread):
    """One nlopt optimisation; asks the ledger for values and keeps its own books.

    Only what this run knows (the shared history and its own evaluations) decides, so that runs
    side by side do not disturb each other's course.
    """

    def __init__(
        self,
        ledger: _Ledger,
        plan: Plan,
        number: int,
        start: dict[str, float],
        budget: int,
        history: Sequence[Evaluation],
    ) -> None:
        super().__init__(name=f"search {number}", daemon=True)
        self.evaluations: list[Evaluation] = []
        self.error: BaseException | None = None
        self._ledger = ledger
        self._plan = plan
        self._number = number
        self._start = start
        self._ended = False
        self._budget = budget
        self._known = {ledger.space.key(e.parameters): e.outcome for e in history}
        self._resonances = resonances(history)

    def run(self) -> None:
        space = self._ledger.space
        optimiser = _optimiser(self._plan, space.dimension, space.resolution())
        # The grid makes different questions equal: those are free, but must come to an end.
        optimiser.set_maxeval(100 + 20 * self._budget)
        lowest = 0.0

        def height(point: NDArray[np.float64], _gradient: Any) -> float:
            # Not every algorithm of nlopt survives an exception from its callback.
            nonlocal lowest
            if self._ended:
                return lowest
            try:
                value = self._value(point)
                lowest = min(lowest, value)
                return value
            except _BudgetSpentError:
                self._ended = True
            except BaseException as error:
                self._ended, self.error = True, error
            optimiser.force_stop()
            return lowest

        optimiser.set_max_objective(height)
        nlopt.srand(self._plan.seed + self._number)  # the generator is per thread
        with suppress(nlopt.ForcedStop, nlopt.RoundoffLimited):
            optimiser.optimize(space.to_unit(self._start))

    def _value(self, point: NDArray[np.float64]) -> float:
        """Height of the shape at `point`, brought to the wavelength where that is wanted."""
        space = self._ledger.space
        parameters = space.from_unit(np.clip(point, 0.0, 1.0))
        if not self._plan.scale_to_wavelength:
            return self._height(self._ask(parameters))
        parameters = ResonanceModel(space, self._resonances).tuned(parameters)
        outcome = self._ask(parameters)
        if outcome.worth_scaling:
            # The expectation was wrong; with what this design has said it is better.
            again = ResonanceModel(space, self._resonances).tuned(parameters)
            return max(self._height(outcome), self._height(self._ask(again)))
        return self._height(outcome)

    def _ask(self, parameters: dict[str, float]) -> Outcome:
        key = self._ledger.space.key(parameters)
        if key not in self._known:
            if len(self.evaluations) >= self._budget:
                raise _BudgetSpentError
            outcome = self._ledger.ask(self.name, parameters).result()
            self._known[key] = outcome
            evaluation = Evaluation(self.name, len(self.evaluations) + 1, parameters, outcome)
            self.evaluations.append(self._ledger.record(evaluation))
            self._resonances += resonances([evaluation])
        return self._known[key]

    def _height(self, outcome: Outcome) -> float:
        """Logarithm of the value; for a failed point a little below the worst that is known."""
        if outcome.value is not None:
            return log(outcome.value)
        good = [log(o.value) for o in self._known.values() if o.value is not None]
        if not good:
            return 0.0
        return min(good) - 0.1 * (max(good) - min(good))


def _optimiser(plan: Plan, dimension: int, resolution: NDArray[np.float64]) -> Any:
    names = LOCAL_ALGORITHMS | GLOBAL_ALGORITHMS
    optimiser = _bounded(names[plan.algorithm], dimension, resolution)
    if plan.algorithm == "MLSL":
        optimiser.set_local_optimizer(_bounded("LN_BOBYQA", dimension, resolution))
    return optimiser


def _bounded(name: str, dimension: int, resolution: NDArray[np.float64]) -> Any:
    optimiser = nlopt.opt(getattr(nlopt, name), dimension)
    optimiser.set_lower_bounds(np.zeros(dimension))
    optimiser.set_upper_bounds(np.ones(dimension))
    # A step below half the grid finds the same geometry again.
    optimiser.set_xtol_abs(0.5 * resolution)
    if name in LOCAL_ALGORITHMS.values():
        optimiser.set_initial_step(np.full(dimension, FIRST_STEP))
    return optimiser


def outcome_of(value: float, **more: Any) -> Outcome:
    """An `Outcome` for `value`; a failed one where the value is not finite and positive."""
    if climbable(value):
        return Outcome(value, **more)
    return Outcome(None, reason=f"the objective came out as {value:g}", **more)
