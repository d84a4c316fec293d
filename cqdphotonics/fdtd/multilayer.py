"""Exact emission of a point dipole in a stack of plane layers.

The dipole's field is a sum over in-plane wave numbers k∥ = u·k (k in the dipole's layer); in each,
the layers act by their reflection coefficients (Chance, Prock and Silbey, Adv. Chem. Phys. 37, 1
(1978); Neyts, J. Opt. Soc. Am. A 15, 962 (1998); Novotny and Hecht, Principles of Nano-Optics,
ch. 10). With exp(−iωt), l = √(1−u²) and a↑, a↓ the reflection coefficients as seen from the dipole,
phases included (p: of H, s: of E)::

    F⊥ = 1 + 3/2 Re ∫ du u³/l  [(1+p↑)(1+p↓)/(1−p↑p↓) − 1]
    F∥ = 1 + 3/4 Re ∫ du u/l  {[(1+s↑)(1+s↓)/(1−s↑s↓) − 1] + l² [(1−p↑)(1−p↓)/(1−p↑p↓) − 1]}

Guided modes are poles on (or, with loss, above) the real axis, and each half-space and the dipole's
own layer bring a branch point. The path therefore runs below the axis until it has passed all of
them, and on the axis from there. Radiated powers are integrals of Poynting's vector in
the half-spaces over real u, where no pole lies: a computation apart from that of the total, so that
their agreement in a lossless stack without guided modes is a check.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

ComplexArray = npt.NDArray[np.complex128]
FloatArray = npt.NDArray[np.float64]
Orientation = Literal["perpendicular", "parallel"]

_TOLERANCE = 1e-9
_DEPTH = 0.15
"""How far below the real axis the path runs."""

_NEARLY = 1e-6
"""A distance, in radians or in u, that is as good as none."""


@dataclass(frozen=True)
class MultilayerEmission:
    """Powers of a dipole in a stack, in units of its power in the homogeneous dipole layer.

    Attributes
    ----------
    total : float
        F, all that leaves the dipole.
    up, down : float
        Into the upper and the lower half-space, far away; 0 where the half-space absorbs.
    """

    total: float
    up: float
    down: float
    _emitter: "_Emitter"

    @property
    def rest(self) -> float:
        """Absorbed, and guided along the layers.

        A mode that leaks into a half-space so slowly that its peak in u is narrower than about
        1e-9 is counted here too.
        """
        return self.total - self.up - self.down

    def collection(self, na: float, direction: Literal["up", "down"] = "up") -> float:
        """Share of `total` inside the cone n·sin θ ≤ `na` of the half-space of index n."""
        return self._emitter.radiated(direction, na) / self.total

    def intensity(
        self, theta: npt.ArrayLike, direction: Literal["up", "down"] = "up"
    ) -> FloatArray:
        """Share of `total` per steradian of a half-space, averaged over the azimuth.

        Parameters
        ----------
        theta : array_like
            Angles from the normal in that half-space, in radians, from 0 to π/2.
        direction : {"up", "down"}
        """
        return self._emitter.intensity(direction, np.asarray(theta, dtype=float)) / self.total


def dipole_in_multilayer(
    n_layers: Sequence[complex],
    thicknesses: Sequence[float],
    dipole_layer: int,
    dipole_height: float,
    wavelength: float,
    orientation: Orientation,
) -> MultilayerEmission:
    """Exact power of a dipole in a planar multilayer, and where it goes.

    Parameters
    ----------
    n_layers : (N + 2,) complex
        Refractive indices n + ik, k ≥ 0, from the lower half-space to the upper one.
    thicknesses : (N,) float
        Of the layers between the half-spaces, from below, in the unit of `wavelength`.
    dipole_layer : int
        Position in `n_layers` of the dipole's layer, which must not absorb.
    dipole_height : float
        Above the lower face of the dipole's layer; in the lower half-space above its upper face,
        hence negative.
    wavelength : float
        In vacuum.
    orientation : {"perpendicular", "parallel"}
        To the layers' normal: along it or across.

    Returns
    -------
    MultilayerEmission

    Raises
    ------
    ValueError
        The dipole lies outside its layer or in an absorber, a layer amplifies, or a metal is
        given without loss (its surface plasmons would lie on the path).
    """
    emitter = _Emitter(
        np.asarray(n_layers, dtype=complex),
        np.concatenate([[np.inf], np.asarray(thicknesses, dtype=float), [np.inf]]),
        dipole_layer,
        dipole_height,
        2 * np.pi / wavelength,
        orientation,
    )
    return MultilayerEmission(
        emitter.total(), emitter.radiated("up"), emitter.radiated("down"), emitter
    )


class _Emitter:
    def __init__(
        self,
        index: ComplexArray,
        thickness: FloatArray,
        layer: int,
        height: float,
        k0: float,
        orientation: Orientation,
    ) -> None:
        if len(index) != len(thickness):
            raise ValueError("one thickness for each layer between the two half-spaces is needed")
        if orientation not in ("perpendicular", "parallel"):
            raise ValueError("orientation is 'perpendicular' or 'parallel'")
        self.epsilon, self.k0, self.perpendicular = index**2, k0, orientation == "perpendicular"
        if np.any(self.epsilon.imag < 0) or np.any((self.epsilon.imag == 0) & (index.real == 0)):
            raise ValueError("layers must not amplify, and a metal needs some loss")
        self.n = float(index[layer].real)
        if index[layer].imag != 0:
            raise ValueError("a dipole in an absorber loses infinite power")
        distance_down = height if layer > 0 else np.inf
        distance_up = thickness[layer] - height if layer > 0 else -height
        if min(distance_down, distance_up) <= 0:
            raise ValueError("the dipole lies outside its layer")
        # Each side is seen from the dipole outwards, its first medium being the dipole's layer.
        self.sides = {
            "up": (self.epsilon[layer:], np.append(distance_up, thickness[layer + 1 : -1])),
            "down": (
                self.epsilon[layer::-1],
                np.append(distance_down, thickness[1:layer][::-1]),
            ),
        }

    def _outwards(
        self, side: str, u: ComplexArray, polarisation: str
    ) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
        """Reflection at the dipole, transmission into the half-space, and kz/k0 there."""
        epsilon, distance = self.sides[side]
        kz = [_upper_root(e - (self.n * u) ** 2) for e in epsilon]
        reflection = np.zeros(u.shape, dtype=complex)
        transmission = np.ones(u.shape, dtype=complex)
        for j in range(len(epsilon) - 2, -1, -1):
            if polarisation == "s":
                near, far = kz[j], kz[j + 1]
            else:
                near, far = epsilon[j + 1] * kz[j], epsilon[j] * kz[j + 1]
            r = (near - far) / (near + far)
            # `reflection` and `transmission` now refer to the far side of interface j.
            denominator = 1 + r * reflection
            phase = np.exp(1j * self.k0 * distance[j] * kz[j])
            transmission = (1 + r) * transmission / denominator * phase
            reflection = (r + reflection) / denominator * phase**2
        return reflection, transmission, kz[-1]

    def total(self) -> float:
        """F, from the path below the poles."""
        reach = [u for e, _ in self.sides.values() for u in self._modes(e)]
        end = 1.3 * max([1.0, *reach])
        nearest = min(float(side[1][0]) for side in self.sides.values())
        if not np.isfinite(nearest):
            return 1.0

        def below(theta: FloatArray) -> FloatArray:
            u = end * (1 - np.cos(theta)) / 2 - 1j * _DEPTH * np.sin(theta)
            slope = end * np.sin(theta) / 2 - 1j * _DEPTH * np.cos(theta)
            return (self._excess(u) * slope).real

        decay = 1 / (2 * self.k0 * self.n * nearest)

        def tail(x: FloatArray) -> FloatArray:
            u = (end + decay * x / (1 - x)).astype(complex)
            return self._excess(u).real * decay / (1 - x) ** 2

        return 1 + _integrate(below, 0, np.pi) + _integrate(tail, 0, 1)

    def _modes(self, epsilon: ComplexArray) -> list[float]:
        """Largest u of guided waves and of surface plasmons of single interfaces."""
        found = [float(np.sqrt(e).real) for e in epsilon if e.real > 0]
        for first, second in pairwise(epsilon):
            if first.real * second.real < 0:
                plasmon = np.sqrt(first * second / (first + second))
                found.append(float(abs(plasmon.real)))
        return [u / self.n for u in found]

    def _excess(self, u: ComplexArray) -> ComplexArray:
        """Integrand of F − 1."""
        l = _upper_root(1 - u**2)  # noqa: E741
        up, down = (self._outwards(side, u, "p")[0] for side in ("up", "down"))
        if self.perpendicular:
            return 1.5 * u**3 / l * _multiple(up, down)
        s_up, s_down = (self._outwards(side, u, "s")[0] for side in ("up", "down"))
        return 0.75 * u / l * (_multiple(s_up, s_down) + l**2 * _multiple(-up, -down))

    def radiated(self, direction: str, na: float = np.inf) -> float:
        """Power into a half-space, inside n·sin θ ≤ `na` there."""
        outer = self.sides[direction][0][-1]
        if outer.imag != 0:
            return 0.0
        limit = min(na, float(np.sqrt(outer).real)) / self.n

        # u = sin θ, then u = cosh s, take away the square-root singularity at u = 1.
        def propagating(theta: FloatArray) -> FloatArray:
            return self._flux(direction, np.sin(theta)) * np.cos(theta)

        def evanescent(s: FloatArray) -> FloatArray:
            return self._flux(direction, np.cosh(s)) * np.sinh(s)

        power = _integrate(propagating, 0, np.arcsin(min(limit, 1.0)))
        if limit > 1:
            power += _integrate(evanescent, 0, np.arccosh(limit))
        return power

    def intensity(self, direction: str, theta: FloatArray) -> FloatArray:
        """Power into a half-space per steradian there, averaged over the azimuth."""
        outer = self.sides[direction][0][-1]
        if outer.imag != 0:
            return np.zeros_like(theta)
        ratio = float(np.sqrt(outer).real) / self.n
        # 0/0: on the axis flux over solid angle, at u = 1 the flux, along the layers reflection.
        angle = np.clip(theta, _NEARLY, np.pi / 2 - _NEARLY)
        u = ratio * np.sin(angle)
        u = np.where(np.abs(u - 1) < _NEARLY, 1 - _NEARLY, u)
        return self._flux(direction, u) * ratio * np.cos(angle) / (2 * np.pi * np.sin(angle))

    def _flux(self, direction: str, u: FloatArray) -> FloatArray:
        """Power into the half-space per du: Poynting's vector of the wave that gets there."""
        other = "down" if direction == "up" else "up"
        complex_u = u.astype(complex)
        l2 = np.abs(1 - u**2)

        def wave(polarisation: str, sign: int) -> tuple[FloatArray, ComplexArray]:
            near, transmission, kz = self._outwards(direction, complex_u, polarisation)
            back, _, _ = self._outwards(other, complex_u, polarisation)
            amplitude = transmission * (1 + sign * back) / (1 - near * back)
            return np.abs(amplitude) ** 2, kz / self.n

        intensity, kz = wave("p", 1 if self.perpendicular else -1)
        outer = self.sides[direction][0][-1]
        along = intensity * (kz * self.n**2 / outer).real
        if self.perpendicular:
            return 0.75 * u**3 / l2 * along
        intensity, kz = wave("s", 1)
        return 0.375 * u * (along + intensity * kz.real / l2)


def _upper_root(square: ComplexArray) -> ComplexArray:
    root = np.sqrt(square)
    return np.where(root.imag < 0, -root, root)


def _multiple(up: ComplexArray, down: ComplexArray) -> ComplexArray:
    """(1 + up)(1 + down)/(1 − up·down) − 1 without loss of digits."""
    return (up + down + 2 * up * down) / (1 - up * down)


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(15)


def _integrate(f: Callable[[FloatArray], FloatArray], low: float, high: float) -> float:
    """Integral of a vectorised `f` by halving all intervals that are not yet settled."""

    def panel(a: FloatArray, b: FloatArray) -> FloatArray:
        half, middle = (b - a) / 2, (a + b) / 2
        points = middle[:, None] + half[:, None] * _NODES
        return half * (f(points.ravel()).reshape(points.shape) @ _WEIGHTS)

    edges = np.linspace(low, high, 9)
    a, b = edges[:-1], edges[1:]
    coarse, settled = panel(a, b), 0.0
    for _ in range(40):
        middle = (a + b) / 2
        fine = np.array([panel(a, middle), panel(middle, b)])
        error = np.abs(fine.sum(axis=0) - coarse)
        scale = max(1.0, abs(settled) + float(np.abs(fine).sum()))
        open_ = error > _TOLERANCE * scale
        settled += float(fine.sum(axis=0)[~open_].sum())
        if not open_.any():
            return settled
        a, b = (
            np.concatenate([a[open_], middle[open_]]),
            np.concatenate([middle[open_], b[open_]]),
        )
        coarse = fine[:, open_].ravel()
    raise ArithmeticError("the integral did not settle; is a lossless mode on the path?")
