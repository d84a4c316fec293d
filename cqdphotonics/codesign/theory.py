"""Studies without a layout: the rates of one cavity, or of a cascade of two, are searched.

In a study ``component: theory.cavity`` or ``theory.cascade`` stands for the device. Its parameters
are rates in rad/ps, the modes are in resonance with the emitter, and all of the last mode's loss is
collected. An evaluation takes a millisecond, is exact, and knows its slopes: what an optimiser can
be tried on, and the bound for every real device.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cqdphotonics.codesign.evaluation import Outcome, outcome_of
from cqdphotonics.codesign.several import Evaluates, for_each
from cqdphotonics.errors import InputError, UnknownNameError
from cqdphotonics.layout.parameters import Parameter
from cqdphotonics.quantum.gradient import EmissionGradient, emission_gradient

if TYPE_CHECKING:
    from cqdphotonics.codesign.objective import Objective
    from cqdphotonics.codesign.study import Study
    from cqdphotonics.emitters import Emitter

PREFIX = "theory."
RATE_GRID = 1e-7
"""Grid of rates in rad/ps: below what any rate is known to."""

FIGURES = ("indistinguishability", "efficiency")
"""What theory says of a device without a layout."""


def _rate(name: str, default: float, description: str) -> Parameter:
    return Parameter(
        name, default, unit="rad/ps", minimum=0.0, maximum=1e3, description=description,
        reason="rates of optical modes lie below the optical frequency",
    )  # fmt: skip


SYSTEMS: dict[str, tuple[Parameter, ...]] = {
    "theory.cavity": (
        _rate("g", 0.02, "coupling of emitter and cavity"),
        _rate("kappa", 0.04, "energy decay rate of the cavity, all of it collected"),
    ),
    "theory.cascade": (
        _rate("g", 0.02, "coupling of emitter and first cavity"),
        _rate("kappa1", 0.01, "energy decay rate of the first cavity, lost"),
        _rate("coupling", 0.02, "coupling J of the two cavities"),
        _rate("kappa2", 0.02, "energy decay rate of the second cavity, all of it collected"),
    ),
}
"""Parameters of each, in the order emitter to output: coupling, decay, coupling, decay."""


def is_theory(component: str) -> bool:
    """Whether a study's `component` is one of `SYSTEMS` (or meant to be)."""
    return component.startswith(PREFIX)


def parameters(component: str) -> tuple[Parameter, ...]:
    """What can be set on a theoretical device.

    Raises
    ------
    UnknownNameError
        If there is none of this name.
    """
    if component not in SYSTEMS:
        raise UnknownNameError("theoretical device", component, SYSTEMS)
    return SYSTEMS[component]


def solve(component: str, emitter: "Emitter", rates: Mapping[str, float]) -> EmissionGradient:
    """I and efficiency of a theoretical device, with their slopes along its parameters.

    Parameters
    ----------
    component : str
        One of `SYSTEMS`.
    emitter : Emitter
        Needs T1 and a coherence. It decays past the modes as in the homogeneous host.
    rates : mapping
        Every parameter in rad/ps.
    """
    names = [p.name for p in parameters(component)]
    values = [float(rates[name]) for name in names]
    star = np.zeros(1 + len(names) // 2)
    star[0] = max(emitter.gamma_star, 0.0)

    def system(numbers: Any, own: float) -> tuple[NDArray[Any], NDArray[Any]]:
        modes = len(numbers) // 2
        hamiltonian = np.zeros((modes + 1, modes + 1))
        for k in range(modes):
            hamiltonian[k, k + 1] = hamiltonian[k + 1, k] = numbers[2 * k]
        return hamiltonian, np.array([own, *numbers[1::2]])

    along = [system(unit, 0.0) for unit in np.eye(len(names))]
    tangents = (
        np.array([h for h, _ in along]),
        np.array([d for _, d in along]),
        np.zeros((len(names), star.size)),
    )
    return emission_gradient(*system(values, emitter.gamma), star, tangents)


@dataclass(frozen=True)
class TheoryEvaluator:
    """What the driver calls for a theoretical device: rates in, `Outcome` with slopes out.

    Parameters
    ----------
    component : str
        One of `SYSTEMS`.
    emitter : Emitter
    objective : Objective
        Of `FIGURES`, with what is held above a value.
    fixed : mapping
        Rates that keep one value.
    """

    component: str
    emitter: "Emitter"
    objective: "Objective"
    fixed: Mapping[str, float]

    def __post_init__(self) -> None:
        named = [*self.objective.exponents, *self.objective.minima]
        for name in named:
            if name not in FIGURES:
                raise InputError(
                    f"theory says nothing of '{name}' for {self.component}; it knows "
                    f"{' and '.join(FIGURES)}."
                )

    def figures(self, values: Mapping[str, float]) -> dict[str, float]:
        """I and efficiency of the device with these rates."""
        found = self._solve(values)
        return {name: getattr(found, name) for name in FIGURES}

    def _solve(self, values: Mapping[str, float]) -> EmissionGradient:
        return solve(self.component, self.emitter, {**self.fixed, **values})

    def __call__(self, values: dict[str, float]) -> Outcome:
        """Evaluate one device."""
        try:
            found = self._solve(values)
        except InputError as error:
            return Outcome(None, reason=str(error))
        figures = {name: getattr(found, name) for name in FIGURES}
        names = [p.name for p in parameters(self.component)]

        def slopes(exponents: Mapping[str, float]) -> dict[str, float]:
            """Of the logarithm of a product, along each free parameter."""
            total = sum(
                power * getattr(found, f"{figure}_slopes") / max(figures[figure], 1e-300)
                for figure, power in exponents.items()
            )
            return {
                name: float(slope)
                for name, slope in zip(names, total, strict=True)
                if name in values
            }

        return outcome_of(
            float(self.objective.value(figures).nominal_value),
            held=self.objective.held(figures),
            slopes={
                "value": slopes(self.objective.exponents),
                **{name: slopes({name: 1.0}) for name in FIGURES},
            },
            details={"figures": {name: [value, 0.0] for name, value in figures.items()}},
        )


def evaluator_of(study: "Study") -> Any:
    """What evaluates a study on exact theory, for all of its emitters.

    Raises
    ------
    InputError
        The study asks for figures that theory does not know.
    """
    fixed = {name: float(value) for name, value in study.fixed.items()}

    def one(single: "Study") -> TheoryEvaluator:
        return TheoryEvaluator(single.component, single.load_emitter(), single.goal, fixed)

    return for_each(study, one)


def slope_error(evaluator: Evaluates, values: dict[str, float], step: float = 1e-4) -> float:
    """Largest difference between the slopes at a point and central differences.

    In units of the largest slope, all of them along the logarithms of the parameters.
    """
    own, central = [], []
    slopes = evaluator(values).slopes["value"]
    for name, value in values.items():
        ends = []
        for sign in (1, -1):
            outcome = evaluator({**values, name: value * np.exp(sign * step)})
            ends.append(np.log(outcome.value or np.nan))
        own.append(slopes[name] * value)
        central.append((ends[0] - ends[1]) / (2 * step))
    largest = max(np.abs(own).max(), np.abs(central).max())
    return float(np.abs(np.subtract(own, central)).max() / largest) if largest > 0 else 0.0
