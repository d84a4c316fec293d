"""Modes that a device's light is to couple into, behind an objective: Gaussian beams and fibres.

The mode of a step-index fibre is LP01 in weak guidance (Gloge, Applied Optics 10, 2252 (1971)):
J0(U r/a) in the core and K0(W r/a) outside, with U² + W² = V² and U J1(U)/J0(U) = W K1(W)/K0(W).
Its far field is known in closed form; with q = k0 a sin θ it is::

    [U J1(U) J0(q) − q J0(U) J1(q)] / [(U² − q²)(W² + q²)]

An objective that obeys the sine condition makes sin θ of the fibre n sin θ of the device over its
magnification.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import pi
from typing import TypeVar

import numpy as np

from cqdphotonics.errors import RangeError

_POINTS = 4001
_FARTHEST = 60.0
"""Up to this q the power of the far field is counted; it falls as q⁻⁷."""


@dataclass(frozen=True)
class Overlap:
    """Coupling of a device's light to one mode.

    Attributes
    ----------
    share : float
        Of all power, in the mode.
    focus : float
        Height of the mode's waist above the emitter in µm, outward.
    polarisation : (complex, complex)
        Amplitudes along x and y in the pupil.
    """

    share: float
    focus: float
    polarisation: tuple[complex, complex]


@dataclass(frozen=True)
class GaussianOverlap(Overlap):
    """Coupling to a Gaussian mode.

    Attributes
    ----------
    na, waist : float
        exp(−2) of intensity over angle, and radius of the waist in µm (exp(−2) of intensity).
    """

    na: float
    waist: float


_Wave = TypeVar("_Wave")
_Found = TypeVar("_Found", bound=Overlap)


def together(waves: Sequence[_Wave], couple: Callable[[_Wave, float | None], _Found]) -> _Found:
    """Coupling of the `waves` of dipoles that emit independently, into one mode of one focus.

    Parameters
    ----------
    waves : sequence
    couple : callable
        The overlap of one of them for a focus; None for the best one.
    """
    strongest = max((couple(each, None) for each in waves), key=lambda overlap: overlap.share)
    if len(waves) == 1:
        return strongest
    # The mode takes one polarisation: the best is the largest eigenvalue of the sum of |a⟩⟨a|.
    amplitudes = np.array([couple(each, strongest.focus).polarisation for each in waves])
    values, vectors = np.linalg.eigh(amplitudes.T @ amplitudes.conj())
    x, y = vectors[:, -1] * np.sqrt(values[-1])
    return replace(strongest, share=float(values[-1]), polarisation=(complex(x), complex(y)))


@dataclass(frozen=True)
class Fibre:
    """A step-index fibre with one mode of the lowest order, and the objective before it.

    Parameters
    ----------
    core : float
        Radius of the core in µm.
    na : float
        Numerical aperture of the fibre, √(n_core² − n_cladding²).
    magnification : float
        From the device to the fibre: the device's light of n sin θ meets the fibre at sin θ
        `magnification` times smaller.
    """

    core: float
    na: float
    magnification: float = 1.0

    def __post_init__(self) -> None:
        for name, value, limit in (
            ("radius of the core (µm)", self.core, 100.0),
            ("numerical aperture of the fibre", self.na, 1.0),
            ("magnification", self.magnification, 1e4),
        ):
            if not 0 < value <= limit:
                raise RangeError(f"{name} {value:g}: allowed is more than 0 and up to {limit:g}.")

    def normalised_frequency(self, wavelength: float) -> float:
        """V = 2π a NA/λ; above 2.405 the fibre has other modes besides this one."""
        return 2 * pi * self.core * self.na / wavelength

    def amplitude(self, sine: np.ndarray, wavelength: float) -> np.ndarray:
        """Amplitude over the device's n sin θ, with ∫ |amplitude|² 2π s ds = 1.

        Parameters
        ----------
        sine : array
            s = n sin θ at the device.
        wavelength : float
            In vacuum, µm.

        Raises
        ------
        RangeError
            The fibre hardly guides at this wavelength.
        """
        u, w = self._parameters(wavelength)
        scale = 2 * pi * self.core / wavelength / self.magnification
        q = np.linspace(0, _FARTHEST, _POINTS)
        power = 2 * pi * float((_far_field(q, u, w) ** 2 * q).sum()) * q[1] / scale**2
        return np.asarray(_far_field(scale * sine, u, w) / np.sqrt(power))

    def _parameters(self, wavelength: float) -> tuple[float, float]:
        """U and W of LP01."""
        from scipy.optimize import brentq
        from scipy.special import j0, j1, k0e, k1e

        v = self.normalised_frequency(wavelength)
        if v < 0.8:
            raise RangeError(
                f"a fibre with a core of {self.core:g} µm and NA {self.na:g} has V = {v:.3g} at "
                f"{wavelength:g} µm and hardly guides (V ≥ 0.8 is needed): take a larger core."
            )

        def mismatch(u: float) -> float:
            w = np.sqrt(v**2 - u**2)
            return float(u * j1(u) * k0e(w) - w * k1e(w) * j0(u))

        # Between 0 and the first zero of J0 there is one solution.
        u = float(brentq(mismatch, 1e-9, min(v * (1 - 1e-12), 2.404825557695773)))
        return u, float(np.sqrt(v**2 - u**2))


def _far_field(q: np.ndarray, u: float, w: float) -> np.ndarray:
    from scipy.special import j0, j1

    safe = np.where(np.abs(q - u) < 1e-6, u + 1e-6, q)
    top = u * j1(u) * j0(safe) - safe * j0(u) * j1(safe)
    return np.asarray(top / ((u**2 - safe**2) * (w**2 + safe**2)))
