"""The figures of a simulated device, as a study wants them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from uncertainties import UFloat

from cqdphotonics.codesign.constraints import load_function
from cqdphotonics.codesign.ensemble import Judgement
from cqdphotonics.codesign.evaluation import WORTH_SCALING
from cqdphotonics.codesign.objective import FIGURES
from cqdphotonics.codesign.several import merged, statistic
from cqdphotonics.codesign.study import Study
from cqdphotonics.display import nominal, quantity, standard_deviation
from cqdphotonics.errors import SimulationError
from cqdphotonics.quantum.figures import figures

if TYPE_CHECKING:
    from cqdphotonics.codesign.device import Simulated
    from cqdphotonics.fdtd import Response
    from cqdphotonics.quantum.figures import Figures

SHOWN = (*FIGURES, "lifetime", "linewidth")
"""Figures that are kept of each design: those that can be maximised, and what else is measured."""

EXACT = "exact"
"""The fidelity of a study on exact theory."""


@dataclass(frozen=True)
class Individual:
    """The figures of a device for one of several emitters, and its objective."""

    emitter: str
    figures: dict[str, UFloat]
    objective: UFloat


@dataclass(frozen=True)
class Assessment:
    """The figures of one design at one fidelity.

    Parameters
    ----------
    fidelity : str
        Of the simulation.
    figures : dict of UFloat
        By the names of `quantum.Figures`.
    objective : UFloat
        Their product as the study wants it.
    converged : bool
        Whether the simulation passed its own checks.
    verdict : str
        What the checks said.
    seconds : float
        Cost of the simulations, also where they came from the store.
    job_hashes : tuple of str
        The simulations in the store.
    checks : tuple of str
        Each check with its value and limit.
    statistic : Judgement or None
        Where the study has an ensemble: what it says; `objective` is its value then.
    each : tuple of Individual
        Where the study has several emitters: what the device is for each.
    tuned : float or None
        The objective to be expected were the design's resonance moved onto the emitter's line, its
        collected share unchanged; None where it is there already.
    """

    fidelity: str
    figures: dict[str, UFloat]
    objective: UFloat
    converged: bool
    verdict: str
    seconds: float
    job_hashes: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    tuned: float | None = None
    statistic: Judgement | None = None
    each: tuple[Individual, ...] = ()

    @property
    def has_uncertainty(self) -> bool:
        """Whether the simulation says how far off it may be."""
        return self.fidelity == EXACT or standard_deviation(self.figures["purcell"]) > 0


def figures_of(study: Study, response: "Response") -> "Figures":
    """The figures of merit of the study's emitter in a simulated device."""
    emitter = study.load_emitter()
    environment = response.environment(
        emitter, share=study.collection.share(response), output=study.collection.words
    )
    return figures(emitter, environment)


def assess(study: Study, simulated: "Simulated") -> Assessment:
    """What the study wants to know of a simulated device."""
    if simulated.each:
        return _for_all(study, simulated)
    response = simulated.nominal
    found = figures_of(study, response)
    values = {
        name: value
        for name, value in found.quantities().items()
        if name in SHOWN and value is not None
    }
    if standard_deviation(response.purcell) == 0:
        # The emitter's data have uncertainties, too. Shown alone they would pass for the whole.
        values = {name: quantity(nominal(value)) for name, value in values.items()}
    _, promise, gain = simulated.scaling
    objective = _objective(study, values, response)
    if simulated.judgement is not None:
        # Relative uncertainty of the nominal device, and the sampling's own.
        relative = standard_deviation(objective) / max(nominal(objective), 1e-300)
        value = simulated.judgement.value
        spread = np.hypot(relative * value, simulated.judgement.spread) if relative else 0.0
        objective = quantity(value, float(spread))
        promise = value * gain
    return Assessment(
        fidelity=response.fidelity,
        figures=values,
        objective=objective,
        converged=response.converged,
        verdict=response.verdict,
        seconds=simulated.seconds,
        job_hashes=tuple(response.job_hashes),
        checks=tuple(response.checks),
        tuned=promise if gain >= WORTH_SCALING else None,
        statistic=simulated.judgement,
    )


def _for_all(study: Study, simulated: "Simulated") -> Assessment:
    """The assessment for several emitters: the worst of them, or their mean."""
    each = [assess(part.study, part) for part in simulated.each]
    over = study.over_emitters
    return Assessment(
        fidelity=each[0].fidelity,
        figures=merged(over, [found.figures for found in each]),
        objective=quantity(statistic(over, [found.objective for found in each])),
        converged=simulated.converged,
        verdict=simulated.verdict,
        seconds=simulated.seconds,
        job_hashes=tuple(dict.fromkeys(h for found in each for h in found.job_hashes)),
        checks=tuple(dict.fromkeys(check for found in each for check in found.checks)),
        each=tuple(
            Individual(name, found.figures, found.objective)
            for name, found in zip(study.emitter_names, each, strict=True)
        ),
    )


def _objective(study: Study, values: Mapping[str, UFloat], response: "Response") -> UFloat:
    if not study.function:
        return study.goal.value(values)
    try:
        return quantity(load_function(study.function)(dict(values), response))
    except Exception as error:
        raise SimulationError(f"{study.function} failed: {type(error).__name__}: {error}") from None
