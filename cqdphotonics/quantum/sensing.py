"""Magnetic-field sensitivity of optically detected magnetic resonance, limited by shot noise."""

from dataclasses import dataclass
from math import sqrt

from scipy import constants
from uncertainties import umath

from cqdphotonics.display import Number, nominal
from cqdphotonics.errors import RangeError

FREE_ELECTRON_G = 2.00231930436


@dataclass(frozen=True)
class SpinReadout:
    """A spin that is read through the emitter's light.

    Attributes
    ----------
    linewidth : float or UFloat
        Full width at half maximum of the resonance in Hz; 1/(π T2*) without power broadening, so
        the sensitivity scales with the spin's coherence.
    contrast : float or UFloat
        Relative drop of the count rate on resonance, 0 to 1.
    excitation_rate : float or UFloat
        Excitations of the emitter per second; times the brightness it is the count rate.
    g_factor : float
        Landé factor of the spin.
    """

    linewidth: Number
    contrast: Number
    excitation_rate: Number
    g_factor: float = FREE_ELECTRON_G


def odmr_sensitivity(
    linewidth: Number, contrast: Number, rate: Number, g_factor: float = FREE_ELECTRON_G
) -> Number:
    """Smallest field seen in one second by continuous-wave ODMR, in T/√Hz.

    η_B = 4/(3√3) · h/(g µ_B) · Δν/(C √R) for a Lorentzian resonance at its steepest point
    (Dréau et al., PRB 84, 195204 (2011)). The detected rate R, and only it, contains the
    photonics: doubling the collection gains √2. Technical noise is left out.

    Parameters
    ----------
    linewidth : float or UFloat
        Full width at half maximum Δν, Hz.
    contrast : float or UFloat
        C, 0 to 1.
    rate : float or UFloat
        Detected photons per second.
    g_factor : float
        Landé factor of the spin.
    """
    for name, value in (("linewidth", linewidth), ("contrast", contrast), ("rate", rate)):
        if not nominal(value) > 0:
            raise RangeError(f"{name} = {nominal(value):g}: it must be positive.")
    if nominal(contrast) > 1:
        raise RangeError(f"contrast = {nominal(contrast):g} is above 1: it is a relative drop.")
    tesla_per_hertz = constants.h / (g_factor * constants.physical_constants["Bohr magneton"][0])
    return 4 / (3 * sqrt(3)) * tesla_per_hertz * linewidth / (contrast * umath.sqrt(rate))
