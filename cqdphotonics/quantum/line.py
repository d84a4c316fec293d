"""The emitter's line in a device: its rates, and the environment as the line feels it."""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

from uncertainties import UFloat

from cqdphotonics.display import nominal, quantity
from cqdphotonics.emitters import Emitter
from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.quantum.environment import Environment, Output

Sideband = Literal["broadband", "narrowband"]


@dataclass(frozen=True)
class Line:
    """The emitter's rates as UFloats, rad/ps, and what is known of its sideband.

    `weight` is that of the zero-phonon line, None when it is not known; `sideband` says what the
    device does to the rest, see `quantum.figures`.
    """

    gamma: UFloat
    gamma_star: UFloat
    radiative: UFloat
    nonradiative: UFloat
    weight: UFloat | None
    sideband: Sideband


def with_output(environment: Environment) -> Environment:
    """The environment, with an output for all its light where it has none."""
    if environment.outputs:
        return environment
    if environment.modes:
        everything = Output((1.0,) * environment.modes)
    else:
        total = environment.background_rate
        absorbed = environment.background.get("absorbed", 0.0)
        if nominal(total) == 0:
            raise InputError("the environment has no background and no modes: no light leaves it.")
        everything = Output((), 1 - absorbed / total)
    return replace(environment, outputs={"all light": everything})


def line_of(
    emitter: Emitter, environment: Environment, sideband: Sideband | None, notes: list[str]
) -> Line:
    """The rates of `emitter`; what is assumed about its sideband is added to `notes`.

    Raises
    ------
    InputError
        Data are not known (all are named), or `sideband` is not one of its two words.
    RangeError
        The emitter emits no photon.
    """
    data = emitter.uncertain
    if sideband not in (None, "broadband", "narrowband"):
        raise InputError(f"sideband '{sideband}' is neither 'broadband' nor 'narrowband'.")
    data.require("T1", "coherence", "quantum_yield")
    gamma, radiative = data.gamma, data.radiative_rate
    gamma_star = data.gamma_star
    if nominal(gamma_star) < 0:  # T2 = 2 T1, rounded
        gamma_star = quantity(0.0)
    nonradiative = gamma - radiative
    if nominal(radiative) == 0:
        raise RangeError(f"emitter {emitter.name} has quantum_yield = 0: it emits no photon.")
    choice: Sideband = sideband or ("narrowband" if environment.modes else "broadband")
    weight = data.zero_phonon_weight
    if weight is None:
        notes.append(
            "the zero-phonon-line weight is not known and counts as 1: coherence figures are upper "
            "bounds"
        )
    elif choice == "broadband":
        notes.append(
            "broadband: the device treats the phonon sideband like the zero-phonon line, and its "
            "photons do not interfere"
        )
    else:
        notes.append(
            "narrowband: the device acts on the zero-phonon line only; the rest of the emission "
            "decays at its homogeneous rate and is not collected"
        )
    return Line(gamma, gamma_star, radiative, nonradiative, weight, choice)


def felt_by_line(dot: Line, environment: Environment) -> Environment:
    """The environment with what a narrow device does not act on taken out of it.

    The modes' g become √weight·g with the central value of the weight, as g has no uncertainty.
    """
    if dot.weight is None or dot.sideband == "broadband":
        return environment
    weight = dot.weight
    background = {key: rate * weight for key, rate in environment.background.items()}
    line = sum(background.values(), 0.0)
    background["outside the line"] = (1 - weight) * dot.radiative
    share = line / sum(background.values(), 0.0)
    outputs = {
        key: Output(output.mode_shares, output.background_share * share)
        for key, output in environment.outputs.items()
    }
    return replace(
        environment,
        g=environment.g * sqrt(nominal(weight)),
        background=background,
        outputs=outputs,
    )
