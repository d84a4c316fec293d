"""Physical constants in the one unit system of the project: µm, ps, rad/ps, meV, K.

Values follow from the exact SI definitions (CODATA 2018/2022) through ``scipy.constants``.
"""

from math import pi

from scipy import constants as _si

SPEED_OF_LIGHT = _si.c * 1e6 / 1e12
"""c in µm/ps (299.79…)."""

HBAR = _si.hbar / _si.e * 1e3 * 1e12
"""ħ in meV·ps (0.6582…)."""

BOLTZMANN = _si.k / _si.e * 1e3
"""k_B in meV/K (0.08617…)."""

PLANCK_C = 2 * pi * HBAR * SPEED_OF_LIGHT
"""hc in meV·µm (1239.84…): photon energy (meV) = PLANCK_C / wavelength (µm)."""


def angular_frequency(wavelength: float) -> float:
    """Angular frequency ω = 2πc/λ in rad/ps of a vacuum `wavelength` in µm."""
    return 2 * pi * SPEED_OF_LIGHT / wavelength


def wavelength_of(angular: float) -> float:
    """Vacuum wavelength in µm of an `angular` frequency in rad/ps."""
    return 2 * pi * SPEED_OF_LIGHT / angular
