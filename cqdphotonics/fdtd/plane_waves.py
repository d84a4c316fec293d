"""Plane waves that come from far away into plane layers: what a dipole inside sends back there.

By reciprocity the far field of a dipole p along a direction is p·U, U being the field that a plane
wave of unit amplitude from that direction has at the dipole (Novotny and Hecht, Principles of
Nano-Optics, ch. 10). A dipole of index n_h then emits, in units of its power in its own medium,

    F = 3/(8π) · n_out/n_h · ∫ dΩ |p̂·U|²

into the half-space of index n_out; without layers that is ½.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ANGLES = 121


@dataclass(frozen=True)
class IncomingWaves:
    """Fields across the layers of plane waves from one half-space.

    Attributes
    ----------
    theta : (n,) array
        Angle in the half-space from its normal, rad, 0 to π/2.
    s, p : (n, m) complex arrays
        Field in the plane of the layers at each height, for unit waves of either polarisation: of
        s across, of p along the wave's direction in the plane.
    """

    theta: NDArray[np.float64]
    s: NDArray[np.complex128]
    p: NDArray[np.complex128]


def incoming(
    epsilon: Sequence[complex] | NDArray[np.complex128],
    step: float,
    outside: complex,
    beyond: complex,
    wavenumber: float,
) -> IncomingWaves:
    """Fields in a profile of layers.

    Parameters
    ----------
    epsilon : (m,) complex
        Permittivity of thin layers, each `step` thick, counted from the half-space that the waves
        do *not* come from. Fields are given at the middle of each.
    step : float
        In µm.
    outside, beyond : complex
        Permittivity of the half-space of the waves, which must not absorb, and of the other one.
    wavenumber : float
        2π/λ in vacuum, 1/µm.
    """
    theta = np.linspace(0, np.pi / 2, ANGLES)[:-1]  # a grazing wave brings nothing
    along = np.sqrt(outside).real * np.sin(theta)
    found = {}
    for polarisation in ("s", "p"):

        def admittance(eps: complex, polarisation: str = polarisation) -> tuple[NDArray, NDArray]:
            normal = np.sqrt(eps - along**2 + 0j)
            normal = np.where(normal.imag < 0, -normal, normal)
            return normal, (normal if polarisation == "s" else eps / normal)

        electric = np.ones_like(along, dtype=complex)
        magnetic = admittance(beyond)[1] * electric
        fields = np.empty((along.size, len(epsilon)), complex)
        # Two half steps through each layer: the field is wanted in its middle.
        for k, eps in enumerate(epsilon):
            normal, own = admittance(complex(eps))
            phase = normal * wavenumber * step / 2
            cos, sin = np.cos(phase), np.sin(phase)
            for half in range(2):
                electric, magnetic = (
                    cos * electric - 1j * sin / own * magnetic,
                    cos * magnetic - 1j * sin * own * electric,
                )
                if half == 0:
                    fields[:, k] = electric
        own = admittance(outside)[1]
        arriving = (electric + magnetic / own) / 2
        unit = 1.0 if polarisation == "s" else np.cos(theta)
        found[polarisation] = fields / arriving[:, None] * np.atleast_1d(unit)[:, None]
    return IncomingWaves(theta, found["s"], found["p"])
