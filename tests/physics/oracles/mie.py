"""Exact emission of a point dipole outside a sphere.

The multipole sum of Ruppin, J. Chem. Phys. 76, 1681 (1982) and Kim, Leung and George, Surf. Sci.
195, 1 (1988), with the coefficients a_l, b_l of Bohren and Huffman and exp(−iωt). With y = k r, r
the dipole's distance from the sphere's centre, k the wave number outside, ψ = y j_l and ξ = y h_l::

    F⊥     = 1 − 3/2 Re Σ (2l+1) l(l+1) a_l (h_l/y)²
    F∥     = 1 − 3/4 Re Σ (2l+1) [a_l (ξ′/y)² + b_l h_l²]
    F_rad⊥ =     3/2    Σ (2l+1) l(l+1) |(j_l − a_l h_l)/y|²
    F_rad∥ =     3/4    Σ (2l+1) [|(ψ′ − a_l ξ′)/y|² + |j_l − b_l h_l|²]

The total comes from the field scattered back to the dipole and the radiated power from the far
field: for a sphere that does not absorb their agreement is a check.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import newton
from scipy.special import spherical_jn, spherical_yn

_TOLERANCE = 1e-12
_LARGEST_ORDER = 140


@dataclass(frozen=True)
class SphereEmission:
    """Powers in units of the dipole's power without the sphere: all, and what gets far away."""

    total: float
    radiated: float

    @property
    def absorbed(self) -> float:
        """What the sphere takes."""
        return self.total - self.radiated


def dipole_at_sphere(
    epsilon: complex,
    radius: float,
    distance: float,
    wavelength: float,
    orientation: Literal["perpendicular", "parallel"],
    host: float = 1.0,
) -> SphereEmission:
    """Exact power of a dipole outside a sphere.

    Parameters
    ----------
    epsilon : complex
        Permittivity of the sphere, Im ε ≥ 0.
    radius, distance, wavelength : float
        Of the sphere, from its surface to the dipole, and in vacuum; in the same unit.
    orientation : {"perpendicular", "parallel"}
        To the surface's normal: along it or across.
    host : float
        Refractive index outside.

    Raises
    ------
    ValueError
        The dipole is not outside, or so near that the sum needs more multipoles than fit into
        double precision.
    """
    if distance <= 0:
        raise ValueError("the dipole is not outside the sphere")
    k = 2 * np.pi * host / wavelength
    y = k * (radius + distance)
    total = radiated = 0.0
    for order in range(1, _LARGEST_ORDER):
        a, b = mie_coefficients(order, epsilon / host**2, k * radius)
        j, dj = _j(order, y)
        h, dh = _h(order, y)
        psi_slope, xi_slope = j + y * dj, h + y * dh  # of y j and y h
        weight = 2 * order + 1
        if orientation == "perpendicular":
            weight *= 1.5 * order * (order + 1)
            change = -weight * ((a * h / y) * h / y).real
            power = weight * abs((j - a * h) / y) ** 2
        else:
            weight *= 0.75
            change = -weight * ((a * xi_slope / y) * xi_slope / y + (b * h) * h).real
            power = weight * (abs((psi_slope - a * xi_slope) / y) ** 2 + abs(j - b * h) ** 2)
        total += change
        radiated += power
        if order > y + 5 and max(abs(change), power) < _TOLERANCE * abs(1 + total):
            return SphereEmission(float(1 + total), float(radiated))
    raise ValueError("the dipole is too near the sphere for the multipole sum")


def mie_coefficients(order: int, epsilon: complex, x: float) -> tuple[complex, complex]:
    """a_l and b_l of a sphere of size parameter `x` and permittivity ε relative to its host."""
    m = np.sqrt(complex(epsilon))
    j, dj = _j(order, x)
    h, dh = _h(order, x)
    inner, inner_d = _j(order, m * x)
    psi, xi = x * j, x * h
    psi_slope, xi_slope = j + x * dj, h + x * dh
    # ψ′(mx)/ψ(mx); the quotient of two numbers that may both be tiny.
    slope = 1 / (m * x) + inner_d / inner
    a = (slope / m * psi - psi_slope) / (slope / m * xi - xi_slope)
    b = (slope * m * psi - psi_slope) / (slope * m * xi - xi_slope)
    return complex(a), complex(b)


def sphere_mode(kind: Literal["TE", "TM"], order: int, index: float) -> complex:
    """Size parameter k r of a sphere's mode of the fewest radial nodes: Re x > 0, Im x < 0.

    Where the denominator of a_l ("TM") or b_l ("TE") vanishes, by Newton's method from the place
    that Lam, Leung and Young, J. Opt. Soc. Am. B 9, 1585 (1992) give for large orders. Its quality
    factor is Re x/(−2 Im x).
    """
    nu = order + 0.5
    shift = 1 / index if kind == "TM" else index
    start = (nu + 1.85576 * nu ** (1 / 3) - shift / np.sqrt(index**2 - 1)) / index
    found = newton(lambda x: _denominator(kind, order, index, x), complex(start, -1e-3), tol=1e-12)
    if not (found.imag < 0 and abs(found.real / start - 1) < 0.1):
        raise ValueError(f"no mode {kind}{order} near a size parameter of {start:.3g}")
    return complex(found)


def _denominator(kind: str, order: int, index: float, x: complex) -> complex:
    j, dj = _j(order, index * x)
    h, dh = _h(order, x)
    psi, psi_slope, xi, xi_slope = index * x * j, j + index * x * dj, x * h, h + x * dh
    inner, outer = (index, 1.0) if kind == "TM" else (1.0, index)
    return inner * psi * xi_slope - outer * psi_slope * xi


def _j(order: int, x: complex) -> tuple[complex, complex]:
    return spherical_jn(order, x), spherical_jn(order, x, derivative=True)


def _h(order: int, x: complex) -> tuple[complex, complex]:
    return (
        spherical_jn(order, x) + 1j * spherical_yn(order, x),
        spherical_jn(order, x, derivative=True) + 1j * spherical_yn(order, x, derivative=True),
    )
