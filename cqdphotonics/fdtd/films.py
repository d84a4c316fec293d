"""Plane films without a simulation: what they pass and reflect, and the plasmons they carry.

Exact, by transfer matrices; with exp(−iωt), indices n + ik with k ≥ 0. Lengths are µm.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cqdphotonics.errors import InputError

_STEPS = 60
_FINISHED = 1e-12


def transmission(
    indices: Sequence[complex], thicknesses: Sequence[float], wavelength: float
) -> tuple[float, float]:
    """Transmittance and reflectance of plane films at normal incidence.

    Parameters
    ----------
    indices : sequence of complex
        From the side of the light: half-space, films, half-space.
    thicknesses : sequence of float
        Of the films.
    wavelength : float
        In vacuum.

    Notes
    -----
    The characteristic matrix (Born and Wolf, Principles of Optics, § 1.6): of each film
    cos δ, −i sin δ / n, −i n sin δ with δ = 2π n d/λ.
    """
    matrix = np.eye(2, dtype=complex)
    for index, thickness in zip(indices[1:-1], thicknesses, strict=True):
        delta = 2 * np.pi * index * thickness / wavelength
        cosine, sine = np.cos(delta), np.sin(delta)
        matrix = matrix @ np.array(
            [[cosine, -1j * sine / index], [-1j * index * sine, cosine]], dtype=complex
        )
    first, last = complex(indices[0]), complex(indices[-1])
    electric, magnetic = matrix @ np.array([1.0, last])
    total = first * electric + magnetic
    reflected = abs((first * electric - magnetic) / total) ** 2
    transmitted = last.real / first.real * abs(2 * first / total) ** 2
    return float(transmitted), float(reflected)


@dataclass(frozen=True)
class Plasmon:
    """A surface plasmon of plane films.

    Attributes
    ----------
    index : complex
        k∥ over the vacuum's wave number, of the film as it is.
    half_space : complex
        √(ε_m ε_d/(ε_m + ε_d)), of metal without end beside the dielectric.
    """

    index: complex
    half_space: complex


def plasmon(
    metal: complex, thickness: float, beside: complex, beyond: complex, wavelength: float
) -> Plasmon:
    """The plasmon on the side `beside` of a metal film, with `beyond` on its other side.

    Parameters
    ----------
    metal, beside, beyond : complex
        Permittivities; the metal's has a negative real part.
    thickness, wavelength : float
        Of the film, and in vacuum.

    Raises
    ------
    InputError
        There is no plasmon: the metal is none at this wavelength.

    Notes
    -----
    A pole of the TM reflection, (a + b)(a + c) = (a − b)(a − c) exp(2 i a_z d) with a = k_m/ε_m
    and so on (Raether, Surface Plasmons, Springer (1988), § 2.3), found by secants from the half
    space's value. On the side of the higher index the plasmon is bound; on the other it leaks into
    that side.
    """
    if (metal + beside).real >= 0:
        raise InputError(
            f"there is no surface plasmon at {wavelength:g} µm: the metal's permittivity "
            f"{metal.real:.3g} is not below −{beside.real:.3g}. Choose a longer wavelength."
        )
    start = np.sqrt(metal * beside / (metal + beside))
    k0 = 2 * np.pi / wavelength

    def normal(epsilon: complex, index: complex) -> complex:
        root = complex(np.sqrt(complex(epsilon - index**2)))
        # Into a medium in which it is no evanescent wave a plasmon leaks: outward, growing.
        outward = root.real if epsilon.real > index.real**2 else root.imag
        return root if outward >= 0 else -root

    def mismatch(index: complex) -> complex:
        a, b, c = (normal(e, index) / e for e in (metal, beside, beyond))
        phase = np.exp(2j * normal(metal, index) * k0 * thickness)
        return (a + b) * (a + c) - (a - b) * (a - c) * phase

    before, now = complex(start) * (1 + 1e-4), complex(start)
    worth_before, worth = mismatch(before), mismatch(now)
    for _ in range(_STEPS):
        if abs(now - before) < _FINISHED or worth == worth_before:
            break
        step = worth * (now - before) / (worth - worth_before)
        before, worth_before = now, worth
        now = now - step
        worth = mismatch(now)
    return Plasmon(complex(now), complex(start))
