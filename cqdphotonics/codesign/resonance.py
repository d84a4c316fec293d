"""Where designs resonate, learnt from those that were simulated.

With all lengths times s a resonance moves to s times its wavelength (Maxwell's equations scale;
dispersion and fixed lengths make it approximate). To first order in the logarithms

    ln λ(p) = ln λ(p₀) + Σ wᵢ ln(pᵢ/p₀ᵢ),   Σ wᵢ ≈ 1,

with weights that say how much each length counts. They are fitted to the designs simulated so far,
near ones first, and drawn towards equal weights, or those of the mode's field (`slopes`), where
little is known. A search that steps to a new shape can so scale it to the wavelength before it is
simulated, instead of losing the resonance at every step.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cqdphotonics.codesign.space import Space

NEAR = 0.15
"""Distance, as a share of the parameters' ranges, within which designs tell about each other."""

CAUTION = 0.005
"""How strongly weights are drawn to those expected: the misfit in ln λ put up with for it."""

LARGEST_STEP = 0.15
"""Largest change of scale that the model is trusted with."""


class ResonanceModel:
    """ln λ of the resonance over ln p, about the designs that were given.

    Parameters
    ----------
    space : Space
        The axes; only lengths count.
    designs : sequence of (parameters, factor)
        Simulated designs with the factor on all lengths that would bring each to the wavelength.
    expected : mapping, optional
        The weights as long as nothing else is known, by the mode's field perhaps; equal ones by
        default.
    """

    def __init__(
        self,
        space: Space,
        designs: Sequence[tuple[Mapping[str, float], float]],
        expected: Mapping[str, float] | None = None,
    ) -> None:
        self._space = space
        self._lengths = [axis.name for axis in space.axes if axis.is_length]
        self._designs = designs
        count = len(self._lengths)
        self._expected = (
            np.full(count, 1 / max(count, 1))
            if expected is None
            else np.array([expected[name] for name in self._lengths])
        )
        self._units = np.array([space.to_unit(p) for p, _ in designs])
        self._logs = np.array([[np.log(p[n]) for n in self._lengths] for p, _ in designs])
        self._shifts = np.array([-np.log(factor) for _, factor in designs])

    def weights(self, values: Mapping[str, float]) -> dict[str, float]:
        """How much each length counts near `values`; they add up to about 1."""
        fitted = self._fit(values) if len(self._designs) > 1 else self._expected
        return dict(zip(self._lengths, fitted.tolist(), strict=True))

    def factor(self, values: Mapping[str, float]) -> float:
        """Expected factor on all lengths that brings `values` to the wavelength.

        Needs at least one design and one length.
        """
        weights = np.array(list(self.weights(values).values()))
        nearest = int(np.argmin(self._distances(values)))
        here = np.array([np.log(values[n]) for n in self._lengths])
        shift = self._shifts[nearest] + weights @ (here - self._logs[nearest])
        return float(np.exp(-np.clip(shift, -LARGEST_STEP, LARGEST_STEP)))

    def tuned(self, values: Mapping[str, float]) -> dict[str, float]:
        """`values` scaled to where the model expects the resonance at the wavelength."""
        if not self._designs or not self._lengths:
            return dict(values)
        return self._space.scaled(values, self.factor(values), self.weights(values))

    def _distances(self, values: Mapping[str, float]) -> NDArray[np.float64]:
        away: NDArray[np.float64] = np.abs(self._units - self._space.to_unit(values)).max(axis=1)
        return away

    def _fit(self, values: Mapping[str, float]) -> NDArray[np.float64]:
        distances = self._distances(values)
        nearest = int(np.argmin(distances))
        trust = np.exp(-(((distances - distances[nearest]) / NEAR) ** 2))
        steps = (self._logs - self._logs[nearest]) * trust[:, None]
        moved = (self._shifts - self._shifts[nearest]) * trust
        # Ridge regression for the deviation from what was expected.
        normal = steps.T @ steps + CAUTION**2 * np.eye(len(self._expected))
        rest = moved - steps @ self._expected
        deviation: NDArray[np.float64] = np.linalg.solve(normal, steps.T @ rest)
        return np.clip(self._expected + deviation, -1.0, 2.0)
