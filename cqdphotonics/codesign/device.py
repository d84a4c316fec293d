"""From parameters to figures of merit: the one place where a study meets layout, solver, physics.

Parameters → component and stack → simulation → environment of the dot → figures. Everything is
computed or taken from the store; nothing is kept here.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cqdphotonics.codesign.assessment import Assessment, assess
from cqdphotonics.codesign.constraints import check_layout
from cqdphotonics.codesign.ensemble import Axis, Judgement, draw, figures_of_members, judge
from cqdphotonics.codesign.evaluation import Outcome, outcome_of
from cqdphotonics.codesign.several import Several, middle, statistic
from cqdphotonics.codesign.study import Study
from cqdphotonics.display import nominal, standard_deviation
from cqdphotonics.errors import GeometryError, RangeError, SimulationCrashedError, SimulationError
from cqdphotonics.quantum.environment import Environment
from cqdphotonics.quantum.figures import figures

if TYPE_CHECKING:
    from cqdphotonics.fdtd import Response, Scene

APERTURES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Apertures of the curve "collection against NA" in the report."""

# gdsfactory keeps all cells of a process in one layout, which threads can't share.
layout_lock = threading.RLock()


@dataclass(frozen=True)
class Simulated:
    """A design's response at its nominal place and dipole, and what its ensemble says.

    With several emitters `each` has that of every one of them, and the first one's is here, too.
    """

    study: Study
    nominal: "Response"
    judgement: Judgement | None = None
    seconds: float = 0.0
    each: "tuple[Simulated, ...]" = ()

    @cached_property
    def scaling(self) -> tuple[float | None, float, float]:
        """What scaling all lengths promises, see `scaling`; worked out once."""
        if self.each:
            found = [part.scaling for part in self.each]
            over = self.study.over_emitters
            gain = statistic(over, [gain for *_, gain in found])
            return middle([f for f, *_ in found]), statistic(over, [p for _, p, _ in found]), gain
        return scaling(self.study, self.nominal)

    @property
    def converged(self) -> bool:
        """Whether the nominal simulations passed their checks."""
        return all(part.nominal.converged for part in self.each or (self,))

    @property
    def verdict(self) -> str:
        """What the checks of the nominal simulations said."""
        parts = self.each or (self,)
        failed = [part.nominal.verdict for part in parts if not part.nominal.converged]
        return failed[0] if failed else self.nominal.verdict


def build(
    study: Study,
    values: Mapping[str, float],
    dipole: Axis | None = None,
    corner: Mapping[str, float] | None = None,
) -> tuple[Any, "Scene"]:
    """Component and scene of a design.

    Parameters
    ----------
    study : Study
    values : mapping
        Free parameters.
    dipole : {"x", "y", "z"}, optional
        Instead of the study's.
    corner : mapping, optional
        What is added to numbers of the stack, see `Ensemble.corners`.

    Raises
    ------
    GeometryError, RangeError
        If these values make no valid layout, or the dot is not where it can emit.
    """
    from cqdphotonics import components
    from cqdphotonics.fdtd import build_scene
    from cqdphotonics.layout import stacks

    of_component, of_stack = study.split(dict(values))
    name = study.path_of(study.stack)
    with layout_lock:
        stack = stacks.load(name, **of_stack)
        errors = {k: v for k, v in (corner or {}).items() if v}
        index = errors.pop("index", 0.0)
        if errors:
            plain = {p.name: p.default for p in stacks.parameters(name)} | of_stack
            of_stack = of_stack | {k: plain[k] + v for k, v in errors.items()}
            stack = stacks.load(name, **of_stack)
        if index and study.ensemble is not None:
            stack = study.ensemble.other_index(stack, index)
        component = components.load(study.component)(**of_component)
        check_layout(study.constraints, component, study.path_of(study.constraints.kit))
        return component, build_scene(component, stack, dipole=dipole or study.dipole)


def apertures(study: Study) -> tuple[float, ...]:
    """The apertures at which collection is computed: the report's and the study's."""
    return tuple(sorted({*APERTURES, study.collection.na}))


def respond(
    study: Study,
    values: Mapping[str, float],
    fidelity: str,
    store: Any,
    cancelled: threading.Event | None = None,
    progress: Callable[[dict[str, Any]], None] | None = None,
) -> Simulated:
    """Simulate a design (or take it from the store), with its ensemble where the study has one.

    Raises
    ------
    GeometryError
        If it can't be built, or breaks the rules of the study.
    SimulationError
        If the solver gave no result, twice where it crashed.
    KeyboardInterrupt
        If `cancelled` was set; the solver's process is ended then.
    """
    from cqdphotonics.fdtd import simulate

    if len(study.emitter) > 1:
        each = [
            respond(single, values, fidelity, store, cancelled, progress)
            for single in study.singles
        ]
        costs = {part.nominal.job_hashes: part.seconds for part in each}  # shared ones count once
        return replace(each[0], study=study, seconds=sum(costs.values()), each=tuple(each))

    def one(scene: "Scene") -> "Response":
        def once() -> "Response":
            return simulate(
                scene,
                scene.stack,
                study.load_emitter().wavelength,
                fidelity,
                na=apertures(study),
                store=store,
                cancelled=cancelled,
                progress=progress,
            )

        try:
            return once()
        except SimulationCrashedError:
            return once()  # a machine short of memory for a moment is no property of the design

    _, scene = build(study, values)
    nominal_response = one(scene)
    ensemble = study.ensemble
    if ensemble is None or not nominal_response.converged:
        return Simulated(study, nominal_response, seconds=nominal_response.cost_seconds)
    round_device = scene.symmetry.cylindrical
    members = draw(ensemble, study.dipole, study.search.seed)
    seconds, found = 0.0, []
    for corner in ensemble.corners:
        responses: dict[Axis, Response] = {}
        for axis in ensemble.axes(study.dipole, round_device):
            responses[axis] = one(build(study, values, axis, corner)[1])
            seconds += responses[axis].cost_seconds
            if not responses[axis].converged:
                raise SimulationError(
                    f"a member of the ensemble (dipole along {axis}, {_words(corner)}): "
                    f"{responses[axis].verdict}"
                )
        found.append(
            figures_of_members(
                study.load_emitter(), responses, members, study.collection, round_device
            )
        )
    return Simulated(study, nominal_response, judge(ensemble, study.objective, found), seconds)


def _words(values: Mapping[str, float]) -> str:
    units = {"index": ""}
    return ", ".join(f"{name} {value:+g}{units.get(name, ' µm')}" for name, value in values.items())


def _held(study: Study, assessment: Assessment, response: "Response") -> dict[str, float]:
    """Margins of all that is held, see `Outcome.held`."""
    held = study.goal.held(assessment.figures)
    within = study.constraints.resonance_within
    if within is not None:
        away = abs(resonance(response).wavelength - response.wavelength)
        held["resonance"] = float(np.log(within / max(away, 1e-3 * within)))
    return held


@dataclass(frozen=True)
class Resonance:
    """The strongest emission in the simulated band.

    Parameters
    ----------
    wavelength : float
        In µm.
    purcell : float
        Purcell factor there.
    """

    wavelength: float
    purcell: float


def resonance(response: "Response") -> Resonance:
    """Where a device emits most, finer than the points of its spectrum where a mode rings.

    The spectrum's highest point is moved to the mode nearest to it, if there is one within its
    own width, and its height is that of the Lorentzian through the point.
    """
    wavelengths = np.asarray(response.data["wavelength"].values, dtype=float)
    purcell = np.asarray(response.data["purcell"].values, dtype=float)
    peak = int(np.nanargmax(purcell))
    place, height = float(wavelengths[peak]), float(purcell[peak])
    spacing = float(np.abs(np.diff(wavelengths)).max())
    modes = [m for m in response.resonances if abs(m[0] - place) <= max(spacing, m[0] / m[1])]
    if not modes:
        return Resonance(place, height)
    centre, quality = min(modes, key=lambda mode: abs(mode[0] - place))
    lorentzian = 1 / (1 + (2 * quality * (place / centre - 1)) ** 2)
    return Resonance(centre, height / lorentzian)


def scaling(study: Study, response: "Response") -> tuple[float | None, float, float]:
    """What scaling all lengths of a design promises.

    With all lengths times s the spectrum moves to s times the wavelength (but for the dispersion
    of the materials, and for lengths that are not free). It is only a proposal: the scaled design
    is simulated before it counts.

    Returns
    -------
    factor : float or None
        That moves the strongest emission to the emitter's line; None where that is no gain for
        the study's objective.
    promise : float
        The objective expected there, were the collected share to stay what it is.
    gain : float
        The same over what it is now.
    """
    objective = study.goal
    if not objective.rewards_emission:
        return None, 0.0, 1.0
    found = resonance(response)
    emitter = study.load_emitter()
    share = nominal(study.collection.share(response))

    def value(purcell: float) -> float:
        environment = Environment.from_purcell(
            purcell, radiative_rate=emitter.radiative_rate, outputs={"cone": share}
        )
        return nominal(objective.value(figures(emitter, environment).quantities()))

    now = nominal(response.purcell)
    if now <= 0 or share <= 0:
        return response.wavelength / found.wavelength, 0.0, 1.0
    promise = value(found.purcell)
    return response.wavelength / found.wavelength, promise, promise / value(now)


@dataclass
class Evaluator:
    """What the driver calls: parameters in, `Outcome` out; a failure is an outcome, too.

    Parameters
    ----------
    study : Study
        What is searched.
    store : Store
        Where simulations are kept.
    fidelity : str
        By default the search's.
    """

    study: Study
    store: Any
    fidelity: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)

    def __call__(self, parameters: dict[str, float]) -> Outcome:
        """Evaluate one design at the study's search fidelity."""
        if len(self.study.emitter) > 1:
            each = tuple(replace(self, study=single) for single in self.study.singles)
            return Several(self.study, each)(parameters)
        begun = time.monotonic()
        fidelity = self.fidelity or self.study.search.fidelity
        try:
            simulated = respond(self.study, parameters, fidelity, self.store, self.cancelled)
            if not simulated.converged:
                reason = simulated.nominal.verdict
                return Outcome(None, reason=reason, seconds=simulated.seconds)
            assessment = assess(self.study, simulated)
        except (GeometryError, RangeError, SimulationError) as error:
            return Outcome(None, reason=str(error), seconds=time.monotonic() - begun)
        factor, promise, gain = simulated.scaling
        judgement = assessment.statistic
        climbed = nominal(assessment.objective) if judgement is None else judgement.climbed
        return outcome_of(
            climbed,
            rescaling=factor,
            promise=promise if judgement is None else climbed * gain,
            gain=gain,
            # Theory costs no simulation, and yet something.
            seconds=assessment.seconds or time.monotonic() - begun,
            held=_held(self.study, assessment, simulated.nominal),
            details={
                "figures": {
                    name: [nominal(value), standard_deviation(value)]
                    for name, value in assessment.figures.items()
                },
                "job_hashes": list(assessment.job_hashes),
            },
        )
