"""How much each length of a device moves its resonance, from the field of its mode alone.

One simulation of the start that keeps its mode's whole field, and first-order perturbation theory
(`cqdphotonics.fdtd.perturbation`), give d ln λ/d ln p of all lengths at once, where the search
would need a simulation for each. A second simulation, of a design that differs in all of them,
checks them; slopes that fail are not used.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import copysign, log
from typing import TYPE_CHECKING, Any

from cqdphotonics.codesign.device import build
from cqdphotonics.codesign.space import Space
from cqdphotonics.codesign.study import Study
from cqdphotonics.errors import CqdError, InputError, SimulationError
from cqdphotonics.fdtd.theory import THEORY

if TYPE_CHECKING:
    from cqdphotonics.fdtd.analysis import Analysis, Resonance
    from cqdphotonics.fdtd.perturbation import ModeField
    from cqdphotonics.fdtd.planning import Plan

STEP = 0.005
"""Change of each length, as a share, over which its slope is taken."""

CHECK_STEP = 0.01
"""The same for the design that checks the slopes."""

LARGEST_ERROR = 0.2
"""Largest accepted difference of the two, as a share of the simulated change of ln λ. The grid of
a draft alone makes a tenth; search and scaling put up with more, but a wrong sign is worse than
none."""


@dataclass(frozen=True)
class ModeSlopes:
    """d ln λ/d ln p of each length, and how well they foretold a second simulation.

    `weights` is None where the slopes can't be used; `words` says why, or how good they are.
    """

    weights: dict[str, float] | None
    words: str


def check_slopes(study: Study, space: Space) -> None:
    """Raise an InputError unless the slopes of the study's device can be known."""
    if study.search.fidelity == THEORY:
        raise InputError("slopes: mode is of a simulated mode; theory has none. Leave slopes out.")
    planned = _planned(study, space.start)
    if planned.formulation != "cylindrical":
        raise InputError(
            "slopes: mode needs a device that is round about the dot; this is not: "
            f"{planned.scene.symmetry.reason}. Leave slopes out."
        )
    if any(medium.poles for medium in planned.jobs[-1].media.values()):
        raise InputError("slopes: mode needs a device without metal. Leave slopes out.")
    if not any(axis.is_length for axis in space.axes):
        raise InputError("slopes: mode needs a free length, and all are counts or fixed.")


def mode_slopes(
    study: Study,
    space: Space,
    store: Any,
    cancelled: threading.Event | None = None,
    run: Callable[..., Any] | None = None,
) -> ModeSlopes:
    """The slopes at the start of a study, compared with a second simulation.

    Parameters
    ----------
    study : Study
    space : Space
    store : Store
        Where the two simulations are kept.
    cancelled : threading.Event, optional
    run : callable, optional
        Instead of `fdtd.runner.run`.
    """
    from cqdphotonics.fdtd import runner

    compute = run or runner.run
    try:
        first = _planned(study, space.start)
        job = first.jobs[-1].model_copy(update={"whole_modes": True})
        analysis = _analysed(first, job, compute(job, store, cancelled=cancelled))
        seen = _strongest(analysis)
        weights = slopes_of(study, space, _field(analysis, seen))
        other = _moved(space, weights)
        if other == space.start:
            return ModeSlopes(None, "the bounds leave no room for a second design")
        second = _planned(study, other)
        again = second.jobs[-1]
        found = _strongest(_analysed(second, again, compute(again, store, cancelled=cancelled)))
    except CqdError as error:
        if not isinstance(error, InputError | SimulationError):
            raise
        return ModeSlopes(None, str(error))
    expected = sum(w * log(other[name] / space.start[name]) for name, w in weights.items())
    error_share = abs(expected / log(found.wavelength / seen.wavelength) - 1)
    shares = ", ".join(f"{name} {weight:.2f}" for name, weight in weights.items())
    words = (
        f"d ln λ/d ln p from the mode's field: {shares}; a second simulation differs from them by "
        f"{error_share:.0%} (limit {LARGEST_ERROR:.0%})"
    )
    return ModeSlopes(weights if error_share <= LARGEST_ERROR else None, words)


def slopes_of(study: Study, space: Space, mode: "ModeField") -> dict[str, float]:
    """d ln λ/d ln p of each length, from the field of a mode of the start."""
    from cqdphotonics.fdtd.perturbation import shift

    weights = {}
    for axis in space.axes:
        if not axis.is_length:
            continue
        here = space.start[axis.name]
        step = max(STEP * here, axis.grid)
        ends = [max(here - step, axis.minimum), min(here + step, axis.maximum)]
        before, after = (
            _planned(study, dict(space.start) | {axis.name: end}).jobs[-1] for end in ends
        )
        change = shift(mode, before, after).real / mode.frequency.real
        weights[axis.name] = -change / log(ends[1] / ends[0])
    return weights


def _planned(study: Study, values: Mapping[str, float]) -> "Plan":
    from cqdphotonics.fdtd import plan

    _, scene = build(study, values)
    return plan(scene, study.load_emitter().wavelength, study.search.fidelity)


def _analysed(planned: "Plan", job: Any, raw: Any) -> "Analysis":
    from cqdphotonics.fdtd.analysis import Analysis

    return Analysis(job, raw, planned.collection_index)


def _field(analysis: "Analysis", seen: "Resonance") -> "ModeField":
    from cqdphotonics.fdtd.perturbation import mode_field

    return mode_field(analysis, seen)


def _strongest(analysis: "Analysis") -> "Resonance":
    found = analysis.resonances()
    if not found:
        raise SimulationError("no mode of the start rings in the band.")
    return found[0]


def _moved(space: Space, weights: Mapping[str, float]) -> dict[str, float]:
    """The start with all lengths changed so that every one should lengthen the wavelength."""
    moved = {
        name: space.start[name] * (1 + copysign(CHECK_STEP, weight))
        for name, weight in weights.items()
    }
    return space.snap(dict(space.start) | moved)
