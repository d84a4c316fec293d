"""What a search asks and is told: points, outcomes, and the ledger that keeps them.

No photonics and no optimiser in here: both sides of the conversation meet on these terms.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from math import log
from typing import Any, Protocol

from cqdphotonics.codesign.engine import Engine
from cqdphotonics.codesign.objective import climbable
from cqdphotonics.codesign.space import Space

WORTH_SCALING = 1.05
"""A resonance beside the wavelength is gone for if it promises to be this much better."""

ASIDE = ("front", "corrected", "ladder")
"""Stages (their first word) whose values are not those of the search's own objective and grid."""

SLACK = 1e-3
"""A figure held above a value may miss it by this share: searches end on such edges."""

STEEPNESS = 10.0
"""What missing a held figure costs an optimiser that knows no constraints: this power of the ratio.
The optimum is the constrained one wherever giving up a share of the held figure gains less than
this many times that share of the objective."""


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
    held : dict of float
        ln(figure/least value) of each figure that is held above a value: not negative where it is.
    slopes : dict of dict of float
        Where they are known: change of ln(value) (key ``"value"``) and of the margins in `held`
        with each parameter.
    """

    value: float | None
    reason: str = ""
    rescaling: float | None = None
    promise: float = 0.0
    gain: float = 1.0
    seconds: float = 0.0
    details: dict[str, Any] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)
    slopes: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def missed(self) -> float:
        """How far the held figures are below their values in all, as a logarithm; 0 for none."""
        return -sum(min(margin, 0.0) for margin in self.held.values())

    @property
    def feasible(self) -> bool:
        """Whether there is a value, and all that is held above something is."""
        return self.value is not None and all(m >= -SLACK for m in self.held.values())

    @property
    def height(self) -> float:
        """What is climbed on: the logarithm of the value, less what missed constraints cost.

        Needs a value.
        """
        assert self.value is not None
        return log(self.value) - STEEPNESS * self.missed

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
    label: str = "search"
    weights: Mapping[str, float] | None = None
    """d ln λ/d ln p of each length, where it is known beforehand."""


class Listener(Protocol):
    """Is told what happens, from any thread, one call at a time."""

    def begun(self, stage: str, parameters: Mapping[str, float]) -> None:
        """An evaluation was asked for that had not been asked for before."""
        ...

    def finished(self, evaluation: Evaluation) -> None:
        """An evaluation has its outcome."""
        ...


def outcome_of(value: float, **more: Any) -> Outcome:
    """An `Outcome` for `value`; a failed one where the value is not finite and positive."""
    if climbable(value):
        return Outcome(value, **more)
    return Outcome(None, reason=f"the objective came out as {value:g}", **more)


def best_of(history: Sequence[Evaluation]) -> Evaluation | None:
    """The feasible evaluation with the largest value, or the one nearest to being feasible.

    The earlier one where two are equal; None where all have failed.
    """
    good = [e for e in history if e.outcome.value is not None]
    return max(good, key=_rank) if good else None


def of_search(history: Iterable[Evaluation]) -> list[Evaluation]:
    """Without what a ladder or a front evaluated for purposes of their own."""
    return [e for e in history if not e.stage.startswith(ASIDE)]


def _rank(evaluation: Evaluation) -> tuple[bool, float]:
    outcome = evaluation.outcome
    return outcome.feasible, outcome.value or 0.0 if outcome.feasible else -outcome.missed


def resonances(history: Iterable[Evaluation]) -> list[tuple[dict[str, float], float]]:
    """Designs whose resonance is known, each with its factor to the wavelength."""
    return [(e.parameters, e.outcome.rescaling) for e in history if e.outcome.rescaling is not None]


class Ledger:
    """Every point that was asked for, so that none is evaluated twice.

    Parameters
    ----------
    space : Space
        Tells which points are the same.
    evaluate : callable
        Takes parameters, returns an `Outcome`.
    engine : Engine
        Where it runs.
    listener : Listener, optional
        Is told.
    """

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
        """Have a point evaluated, or return the future of the first time that it was asked for."""
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
        """Tell the listener that an evaluation has its outcome."""
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
