"""Hong–Ou–Mandel visibility: with multi-photon noise, with two dots, with a wandering line.

The indistinguishability I is that of perfect single photons. A laboratory sees the raw visibility
V, which background photons lower, and which two different dots, or one dot whose line has moved
between two pulses, lower further. All functions take floats or UFloats.
"""

from math import pi, sqrt
from typing import Literal

from scipy.special import wofz
from uncertainties import UFloat, umath, wrap

from cqdphotonics.display import Number, nominal
from cqdphotonics.errors import InputError, RangeError

Noise = Literal["separable", "identical"]


def raw_visibility(indistinguishability: Number, g2: Number, noise: Noise) -> Number:
    """Visibility that is measured without any correction, from I and g²(0).

    V = I(1 − g2) − g2 for noise photons that are distinguishable from the signal ("separable", for
    instance laser light or another transition), V = I − g2 for noise photons like the signal's
    ("identical", for instance re-excitation): the inverse of `corrected_indistinguishability`.

    Parameters
    ----------
    indistinguishability, g2 : float or UFloat
        Of the single photons, and of the stream with its noise.
    noise : {"separable", "identical"}
        Which of the two the noise is; the experiment decides, so there is no default.

    References
    ----------
    Ollivier et al., PRL 126, 063602 (2021).
    """
    _check_noise(noise)
    if noise == "separable":
        return indistinguishability * (1 - g2) - g2
    return indistinguishability - g2


def corrected_indistinguishability(visibility: Number, g2: Number, noise: Noise) -> Number:
    """Indistinguishability of the single photons from the raw visibility and g²(0).

    I = (V + g2)/(1 − g2) for separable noise, V + g2 for identical noise.

    References
    ----------
    Ollivier et al., PRL 126, 063602 (2021).
    """
    _check_noise(noise)
    if noise == "separable":
        return (visibility + g2) / (1 - g2)
    return visibility + g2


def two_emitter_visibility(
    gamma: Number,
    gamma_star: Number,
    detuning: Number = 0.0,
    spread: Number = 0.0,
    other: tuple[Number, Number] | None = None,
) -> Number:
    """Visibility between photons of two emitters without memory (Markov environments).

    Without spread V = γΓ/(Γ² + δ²) with Γ = γ + γ\\*. With a Gaussian distribution of the detuning,
    mean δ and standard deviation Σ, the average is the Voigt function
    ⟨V⟩ = γ √(π/2)/Σ · Re w((δ + iΓ)/(√2 Σ)), w the Faddeeva function; for δ = 0 it is
    γ √(π/2)/Σ · erfcx(Γ/(√2 Σ)).

    Parameters
    ----------
    gamma, gamma_star : float or UFloat
        Decay (in the device) and pure dephasing rates, rad/ps.
    detuning : float or UFloat
        Mean difference δ of the two transition frequencies, rad/ps.
    spread : float or UFloat
        Standard deviation Σ of that difference, rad/ps: √2 times that of one emitter.
    other : (gamma, gamma_star), optional
        Rates of the second emitter, where they differ. Then γ is 2γ₁γ₂/(γ₁ + γ₂) and Γ the mean of
        the two, which follows from the overlap of two exponential wave packets.

    Returns
    -------
    float or UFloat
        Between 0 and 1.
    """
    second_gamma, second_star = (gamma, gamma_star) if other is None else other
    for name, value in (
        ("gamma", gamma),
        ("gamma of the other", second_gamma),
        ("gamma_star", gamma_star),
        ("gamma_star of the other", second_star),
        ("spread", spread),
    ):
        _check_rate(name, value)
    rate = 2 * gamma * second_gamma / (gamma + second_gamma)
    width = (gamma + gamma_star + second_gamma + second_star) / 2
    if nominal(spread) == 0:
        return rate * width / (width**2 + detuning**2)
    if any(isinstance(value, UFloat) for value in (rate, width, detuning, spread)):
        return wrap(_voigt)(rate, width, detuning, spread)
    return _voigt(rate, width, detuning, spread)


def _voigt(rate: float, width: float, detuning: float, spread: float) -> float:
    profile = wofz((detuning + 1j * width) / (sqrt(2) * spread)).real
    return float(rate * sqrt(pi / 2) / spread * profile)


def diffusing_visibility(
    gamma: Number, gamma_star: Number, width: Number, jump_time: Number, separation: Number
) -> Number:
    """Visibility between two photons of one emitter whose line jumps, `separation` apart.

    The line keeps its place with probability p = exp(−separation/jump_time), otherwise it is drawn
    anew from a Gaussian: V = p γ/Γ + (1 − p) ⟨V⟩ with the spread √2·width. Jumps during one
    photon are left out, so jump_time must be much longer than the lifetime.

    Parameters
    ----------
    gamma, gamma_star : float or UFloat
        rad/ps, as in `two_emitter_visibility`.
    width : float or UFloat
        Standard deviation of the line's position, rad/ps.
    jump_time, separation : float or UFloat
        Mean time between jumps, and time between the two photons, ps.
    """
    _check_rate("jump_time", jump_time)
    if nominal(jump_time) == 0:
        raise RangeError("jump_time = 0: a line that never rests has no Gaussian to jump in.")
    stays = umath.exp(-separation / jump_time)
    together = two_emitter_visibility(gamma, gamma_star)
    apart = two_emitter_visibility(gamma, gamma_star, spread=sqrt(2) * width)
    return stays * together + (1 - stays) * apart


def _check_rate(name: str, value: Number) -> None:
    if not nominal(value) >= 0:
        raise RangeError(f"{name} = {nominal(value):g} is negative; a rate or width can't be.")


def _check_noise(noise: str) -> None:
    if noise not in ("separable", "identical"):
        raise InputError(
            f"noise '{noise}' is neither 'separable' nor 'identical': say which the multi-photon "
            "noise is, the two give different visibilities."
        )
