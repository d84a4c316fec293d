"""Where the dot sits: evenly in the room that it has in its opening, plus the overlay error."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import ncx2

from cqdphotonics.errors import RangeError
from cqdphotonics.placement.template import Template

Floats = NDArray[np.float64]

_LEAST_NODES, _MOST_NODES = 64, 600
"""Of a quadrature over a disc: more of them where the overlay is small against it."""


@dataclass(frozen=True)
class Distribution:
    """The place of a single dot relative to the nominal one.

    The centre of a dot of radius r is uniform over the disc of radius R − r that it can reach in
    a hole (a rectangle in a trench), and the whole template is displaced by a Gaussian overlay
    error. Dots that the wall attracts, or that dry in the middle, are not uniform: not included.

    Attributes
    ----------
    template : Template
        What holds the dot.
    """

    template: Template

    @cached_property
    def _fitting(self) -> tuple[Floats, Floats, Floats]:
        """Half widths of the free room along x and y, and the weight, of dots that fit."""
        sizes, weights = self.template.single_sizes
        a, b = self.template.free(sizes)
        return a, b, weights

    @property
    def standard_deviations(self) -> tuple[float, float]:
        """Along x and y in µm, exact: √(⟨a²⟩/4 + σ²) in a hole, √(⟨a²⟩/3 + σ²) in a trench."""
        a, b, weights = self._fitting
        part = 4 if self.template.shape == "hole" else 3
        return tuple(  # type: ignore[return-value]
            float(np.sqrt((weights * half**2).sum() / part + sigma**2))
            for half, sigma in zip((a, b), self.template.overlay, strict=True)
        )

    def density(self, x: Any, y: Any) -> Floats:
        """Probability density at places relative to the nominal one.

        Parameters
        ----------
        x, y : array_like
            µm, of one shape.

        Returns
        -------
        array
            1/µm². Closed form for a trench (differences of error functions) and for a hole with
            equal overlay along x and y (a non-central χ² distribution); else one integral.

        Raises
        ------
        RangeError
            There is no overlay error: the density of a uniform disc has an edge, and its value on
            it depends on rounding. `sample` and `within` do without.
        """
        if min(self.template.overlay) == 0:
            raise RangeError("a density needs an overlay error > 0 along x and along y.")
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        total = np.zeros(x.shape)
        a, b, weights = self._fitting
        for half_x, half_y, weight in zip(a, b, weights, strict=True):
            total = total + weight * self._one_size(x, y, float(half_x), float(half_y))
        return np.asarray(total)

    def _one_size(self, x: Floats, y: Floats, a: float, b: float) -> Floats:
        sx, sy = self.template.overlay
        if self.template.shape == "trench":
            return _smeared(x, a, sx) * _smeared(y, b, sy)
        if a < 1e-6 * min(sx, sy):
            return _gauss(x, sx) * _gauss(y, sy)
        if sx == sy:
            inside = ncx2.cdf((a / sx) ** 2, 2, (x**2 + y**2) / sx**2)
            return np.asarray(inside / (np.pi * a**2))
        # u = a sin t: the chord's end has a root there, which sin takes away.
        nodes, weights = np.polynomial.legendre.leggauss(
            int(np.clip(12 * a / min(sx, sy), _LEAST_NODES, _MOST_NODES))
        )
        t = np.pi / 2 * nodes
        u, chord = a * np.sin(t), a * np.cos(t)
        across = ndtr((y[..., None] + chord) / sy) - ndtr((y[..., None] - chord) / sy)
        along = _gauss(x[..., None] - u, sx)
        return np.asarray((np.pi / 2 * weights * chord * along * across).sum(-1) / (np.pi * a**2))

    def within(self, radius: float) -> float:
        """Probability that the dot is at most so far (µm) from the nominal place, by quadrature.

        Raises
        ------
        RangeError
            A negative radius, or an overlay error of 0 along one axis only.
        """
        if radius < 0:
            raise RangeError(f"radius = {radius:g} µm is negative.")
        a, b, weights = self._fitting
        sx, sy = self.template.overlay
        if self.template.shape == "hole" and sx == sy == 0:
            shares = np.minimum(1.0, (radius / np.maximum(a, 1e-15)) ** 2)
            return float((weights * shares).sum())
        if min(sx, sy) == 0:
            raise RangeError("an overlay error of 0 along one axis only: use `sample`.")
        count = _nodes(radius, min(sx, sy))
        # One of two axes is integrated exactly, which needs a density along the other only.
        nodes, quadrature = np.polynomial.legendre.leggauss(count)
        t = np.pi / 2 * nodes
        x, chord = radius * np.sin(t), radius * np.cos(t)
        total = 0.0
        for half_x, half_y, weight in zip(a, b, weights, strict=True):
            inner = self._strip(x, chord, float(half_x), float(half_y))
            total += weight * float((np.pi / 2 * quadrature * chord * inner).sum())
        return total

    def _strip(self, x: Floats, chord: Floats, a: float, b: float) -> Floats:
        """∫ density(x, y) dy over |y| ≤ chord."""
        nodes, weights = np.polynomial.legendre.leggauss(len(x))
        y = chord[:, None] * nodes
        values = self._one_size(np.broadcast_to(x[:, None], y.shape), y, a, b)
        return np.asarray((values * weights).sum(1) * chord)

    def sample(self, count: int, seed: int | np.random.Generator = 0) -> Floats:
        """(count, 2) places x, y in µm, drawn at random.

        Parameters
        ----------
        count : int
            How many.
        seed : int or numpy Generator
            The same seed gives the same places.
        """
        random = np.random.default_rng(seed)
        a, b, weights = self._fitting
        which = random.choice(len(a), count, p=weights)
        if self.template.shape == "hole":
            angle = random.uniform(0, 2 * np.pi, count)
            reach = a[which] * np.sqrt(random.uniform(0, 1, count))
            free = np.stack([reach * np.cos(angle), reach * np.sin(angle)], 1)
        else:
            free = random.uniform(-1, 1, (count, 2)) * np.stack([a[which], b[which]], 1)
        return free + random.normal(size=(count, 2)) * np.array(self.template.overlay)


def _nodes(extent: float, sigma: float) -> int:
    return int(np.clip(12 * extent / sigma, _LEAST_NODES, _MOST_NODES))


def _gauss(x: Floats, sigma: float) -> Floats:
    return np.asarray(np.exp(-0.5 * (x / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi)))


def _smeared(x: Floats, half: float, sigma: float) -> Floats:
    """A uniform distribution on ±half, convolved with a Gaussian."""
    if half < 1e-6 * sigma:
        return _gauss(x, sigma)
    return np.asarray((ndtr((x + half) / sigma) - ndtr((x - half) / sigma)) / (2 * half))


def sample(template: Template, count: int, seed: int | np.random.Generator = 0) -> Floats:
    """(count, 2) places of single dots in µm; see `Distribution.sample`."""
    return Distribution(template).sample(count, seed)
