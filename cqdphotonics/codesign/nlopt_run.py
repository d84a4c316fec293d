"""One run of an nlopt optimiser over designs, in a thread that mostly waits for simulations."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from math import log
from typing import Any

import nlopt
import numpy as np
from numpy.typing import NDArray

from cqdphotonics.codesign.evaluation import (
    SLACK,
    Evaluation,
    Ledger,
    Outcome,
    Plan,
    resonances,
)
from cqdphotonics.codesign.resonance import ResonanceModel
from cqdphotonics.errors import SimulationError

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
GRADIENT_ALGORITHMS = {"MMA": "LD_MMA", "CCSAQ": "LD_CCSAQ", "SLSQP": "LD_SLSQP"}
"""Study name to nlopt name, all of them obey bounds. Those of the last group need slopes, and are
given what is held above a value as constraints of their own."""

FIRST_STEP = 0.1
"""First step of a local search, as a share of each parameter's range."""


class _BudgetSpentError(Exception):
    """Ends an nlopt run from inside its callback."""


class NloptRun(threading.Thread):
    """One nlopt optimisation; asks the ledger for values and keeps its own books.

    Only what this run knows (the shared history and its own evaluations) decides, so that runs
    side by side do not disturb each other's course.
    """

    def __init__(
        self,
        ledger: Ledger,
        plan: Plan,
        number: int,
        start: dict[str, float],
        budget: int,
        history: Sequence[Evaluation],
    ) -> None:
        super().__init__(name=f"{plan.label} {number}", daemon=True)
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
        """Optimise; what goes wrong ends up in `error`."""
        space = self._ledger.space
        optimiser = _optimiser(self._plan, space.dimension, space.resolution())
        # The grid makes different questions equal: those are free, but must come to an end.
        optimiser.set_maxeval(100 + 20 * self._budget)
        lowest = 0.0

        def height(point: NDArray[np.float64], gradient: Any) -> float:
            # Not every algorithm of nlopt survives an exception from its callback.
            nonlocal lowest
            if self._ended:
                return lowest
            try:
                value = self._climb(point, gradient) if gradient.size else self._value(point)
                lowest = min(lowest, value)
                return value
            except _BudgetSpentError:
                self._ended = True
            except BaseException as error:
                self._ended, self.error = True, error
            optimiser.force_stop()
            return lowest

        optimiser.set_max_objective(height)
        if self._plan.algorithm in GRADIENT_ALGORITHMS:
            self._constrain(optimiser)
        nlopt.srand(self._plan.seed + self._number)  # the generator is per thread
        with suppress(nlopt.ForcedStop, nlopt.RoundoffLimited):
            optimiser.optimize(space.to_unit(self._start))

    def _climb(self, point: NDArray[np.float64], gradient: NDArray[np.float64]) -> float:
        """ln(value) at `point`, its slopes written into `gradient`."""
        outcome = self._at(point)
        gradient[:] = self._in_cube(point, outcome.slopes["value"])
        return log(outcome.value or 0.0)

    def _at(self, point: NDArray[np.float64]) -> Outcome:
        outcome = self._ask(self._ledger.space.from_unit(np.clip(point, 0.0, 1.0)))
        if outcome.value is None or "value" not in outcome.slopes:
            raise SimulationError(
                f"{self._plan.algorithm} needs the slope at every point, and has none at one: "
                f"{outcome.reason or 'no slope is known'}. Take an algorithm without gradients."
            )
        return outcome

    def _in_cube(self, point: NDArray[np.float64], slopes: Any) -> NDArray[np.float64]:
        space = self._ledger.space
        parameters = space.from_unit(np.clip(point, 0.0, 1.0))
        return space.slopes(parameters) * [slopes[axis.name] for axis in space.axes]

    def _constrain(self, optimiser: Any) -> None:
        """Each figure that is held above a value, as a constraint margin ≥ 0."""
        for name in self._at(self._ledger.space.to_unit(self._start)).held:

            def missing(point: NDArray[np.float64], gradient: Any, name: str = name) -> float:
                try:
                    outcome = self._at(point)
                except _BudgetSpentError:
                    self._ended = True
                    optimiser.force_stop()
                    return 0.0
                if gradient.size:
                    gradient[:] = -self._in_cube(point, outcome.slopes[name])
                return -outcome.held[name]

            optimiser.add_inequality_constraint(missing, SLACK / 10)

    def _value(self, point: NDArray[np.float64]) -> float:
        """Height of the shape at `point`, brought to the wavelength where that is wanted."""
        space = self._ledger.space
        parameters = space.from_unit(np.clip(point, 0.0, 1.0))
        if not self._plan.scale_to_wavelength:
            return self._height(self._ask(parameters))
        weights = self._plan.weights
        parameters = ResonanceModel(space, self._resonances, weights).tuned(parameters)
        outcome = self._ask(parameters)
        if outcome.worth_scaling:
            # The expectation was wrong; with what this design has said it is better.
            again = ResonanceModel(space, self._resonances, weights).tuned(parameters)
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
            return outcome.height
        good = [o.height for o in self._known.values() if o.value is not None]
        if not good:
            return 0.0
        return min(good) - 0.1 * (max(good) - min(good))


def _optimiser(plan: Plan, dimension: int, resolution: NDArray[np.float64]) -> Any:
    names = LOCAL_ALGORITHMS | GLOBAL_ALGORITHMS | GRADIENT_ALGORITHMS
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
