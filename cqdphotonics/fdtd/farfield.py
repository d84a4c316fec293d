"""From tangential fields on a plane to the power that leaves at each angle.

A plane in a homogeneous medium is expanded into plane waves: by two Hankel transforms when the
fields are ∝ exp(imφ), by Fourier transforms otherwise. Each plane wave carries its own power, so
the spectrum needs no distance, no near-to-far kernel, and evanescent waves drop out by themselves.
Power that passes beside the plane is missed, which a second, larger cell shows.

Fields are per unit current and follow Meep's convention: flux = Re(E* × H), without ½.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.integrate import trapezoid
from scipy.special import jv

ANGLES = 181
_FEWEST_WAVES = 121


@dataclass(frozen=True)
class AngularPower:
    """Power leaving through a plane, by polar angle.

    Attributes
    ----------
    theta : (n,) array
        Angle from the plane's normal, rad, from 0 to π/2.
    intensity : (n,) array
        Power per steradian, averaged over the azimuth, in the units of the fields squared.
    """

    theta: np.ndarray
    intensity: np.ndarray

    def within(self, numerical_aperture: float, index: float) -> float:
        """Power inside the cone of index·sin θ ≤ NA; everything where NA ≥ index."""
        edge = np.arcsin(min(numerical_aperture / index, 1.0))
        inside = self.theta < edge
        theta = np.append(self.theta[inside], edge)
        intensity = np.append(self.intensity[inside], np.interp(edge, self.theta, self.intensity))
        return float(trapezoid(intensity * 2 * np.pi * np.sin(theta), theta))


def from_radial(
    fields: np.ndarray, radius: np.ndarray, m: int, frequency: float, index: float
) -> AngularPower:
    """Angular power of a rotationally symmetric source.

    Parameters
    ----------
    fields : (4, n) complex array
        E_r, E_φ, H_r, H_φ along the radius at φ = 0, of fields ∝ exp(imφ).
    radius : (n,) array
        Radii in µm, ascending from the axis.
    m : int
        Angular number.
    frequency : float
        1/λ in 1/µm.
    index : float
        Of the medium that the plane lies in.

    Notes
    -----
    With F± = F_r ± iF_φ the Cartesian combinations F_x ± iF_y are F± exp(i(m±1)φ), whose
    transforms are Hankel transforms of order m±1. The azimuthal phases cancel in the power.
    """
    e_r, e_phi, h_r, h_phi = fields
    theta = np.linspace(0, np.pi / 2, ANGLES)
    wavenumber = 2 * np.pi * frequency * index
    k = wavenumber * np.sin(theta)
    kernels = {sign: _hankel(m + sign, wavenumber, radius.tobytes()) for sign in (1, -1)}
    flux_density = np.zeros_like(k, dtype=complex)
    for sign in (1, -1):
        electric = kernels[sign] @ (e_r + sign * 1j * e_phi)
        magnetic = kernels[sign] @ (h_r + sign * 1j * h_phi)
        flux_density += sign * 0.5j * electric * magnetic.conj()
    intensity = wavenumber**2 * np.cos(theta) * flux_density.real
    return AngularPower(theta, intensity)


@lru_cache(maxsize=32)
def _hankel(order: int, wavenumber: float, radii: bytes) -> np.ndarray:
    """Kernel (angles, radii) of a Hankel transform; the designs of a search share their radii."""
    radius = np.frombuffer(radii)
    k = wavenumber * np.sin(np.linspace(0, np.pi / 2, ANGLES))
    return np.asarray(jv(order, np.outer(k, radius)) * (radius * np.gradient(radius)))


def from_plane(
    fields: np.ndarray, x: np.ndarray, y: np.ndarray, frequency: float, index: float
) -> AngularPower:
    """Angular power through a plane, averaged over the azimuth.

    Parameters
    ----------
    fields : (4, nx, ny) complex array
        E_x, E_y, H_x, H_y.
    x, y : arrays
        Coordinates in µm, uniform.
    frequency, index
        As in `from_radial`.
    """
    # Edges count half: the trapezoidal rule of the transform's integral.
    weights = [np.full(len(axis), axis[1] - axis[0]) for axis in (x, y)]
    for weight in weights:
        weight[[0, -1]] *= 0.5
    wavenumber = 2 * np.pi * frequency * index
    # The power's spectrum has details of π/length; four points in each are enough to interpolate.
    # Transforming to propagating waves only is cheaper than a padded FFT, whatever the plane.
    waves, kernels = [], []
    for axis, weight in zip((x, y), weights, strict=True):
        length = axis[-1] - axis[0]
        count = max(_FEWEST_WAVES, int(8 * wavenumber * length / np.pi) + 1)
        waves.append(np.linspace(-wavenumber, wavenumber, count))
        kernels.append(np.exp(-1j * np.outer(waves[-1], axis)) * weight)
    e_x, e_y, h_x, h_y = kernels[0] @ fields @ kernels[1].T
    density = (e_x * h_y.conj() - e_y * h_x.conj()).real

    from scipy.interpolate import RegularGridInterpolator

    lookup = RegularGridInterpolator(tuple(waves), density, bounds_error=False, fill_value=0.0)
    theta = np.linspace(0, np.pi / 2, ANGLES)
    phi = np.arange(180) * 2 * np.pi / 180
    k = wavenumber * np.sin(theta)
    points = np.stack([np.outer(k, np.cos(phi)), np.outer(k, np.sin(phi))], axis=-1)
    mean = lookup(points).mean(axis=1)
    # dP = density d²k / 4π² and d²k = k² cos θ dΩ.
    intensity = wavenumber**2 * np.cos(theta) * mean / (4 * np.pi**2)
    return AngularPower(theta, intensity)
