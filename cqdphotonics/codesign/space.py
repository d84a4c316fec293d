"""The search space: bounded parameters on the grid of what can be made.

The optimiser moves in the unit cube; what is simulated is the nearest point of the grid, so that
equal geometries are equal jobs and cost one simulation.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

LENGTH_GRID = 0.001
"""The mask grid, 1 nm, in µm."""


@dataclass(frozen=True)
class Axis:
    """One free parameter: bounds, grid and start, in the parameter's unit.

    Parameters
    ----------
    name : str
        As the study writes it, e.g. ``"stack.thickness"``.
    minimum, maximum, start : float
        Bounds and hand-made value.
    grid : float
        Step between values that can be made.
    is_length : bool
        Whether it scales with the wavelength.
    unit : str
        For texts.
    is_logarithmic : bool
        Whether the optimiser sees the logarithm: for rates that span decades.
    """

    name: str
    minimum: float
    maximum: float
    start: float
    grid: float = LENGTH_GRID
    is_length: bool = True
    unit: str = "µm"
    is_logarithmic: bool = False

    def to_unit(self, value: float) -> float:
        """Where `value` lies between the bounds, 0 to 1."""
        if self.is_logarithmic:
            return log(value / self.minimum) / log(self.maximum / self.minimum)
        return (value - self.minimum) / (self.maximum - self.minimum)

    def from_unit(self, share: float) -> float:
        """The value (not yet on the grid) at `share` of the way between the bounds."""
        if self.is_logarithmic:
            return self.minimum * (self.maximum / self.minimum) ** share
        return self.minimum + share * (self.maximum - self.minimum)

    def slope(self, value: float) -> float:
        """How much the value changes with its place in 0 to 1."""
        if self.is_logarithmic:
            return value * log(self.maximum / self.minimum)
        return self.maximum - self.minimum

    @property
    def first_step(self) -> int:
        """Grid index of the lowest value inside the bounds."""
        return math.ceil(self.minimum / self.grid - 1e-6)

    @property
    def last_step(self) -> int:
        """Grid index of the highest value inside the bounds."""
        return math.floor(self.maximum / self.grid + 1e-6)

    def step(self, value: float) -> int:
        """Grid index nearest to `value`, inside the bounds."""
        return min(max(round(value / self.grid), self.first_step), self.last_step)

    def at(self, step: int) -> float:
        """Value of a grid index, free of binary dust (0.3, not 0.30000000000000004)."""
        return round(step * self.grid, 9)


@dataclass(frozen=True)
class Space:
    """The axes of a search, in a fixed order."""

    axes: tuple[Axis, ...]

    @property
    def dimension(self) -> int:
        """Number of free parameters."""
        return len(self.axes)

    @property
    def start(self) -> dict[str, float]:
        """The hand-made design on the grid."""
        return self.snap({axis.name: axis.start for axis in self.axes})

    def snap(self, values: Mapping[str, float]) -> dict[str, float]:
        """`values` moved to the nearest point of the grid inside the bounds."""
        return {axis.name: axis.at(axis.step(values[axis.name])) for axis in self.axes}

    def key(self, values: Mapping[str, float]) -> tuple[int, ...]:
        """Grid indices of `values`: equal for equal geometries."""
        return tuple(axis.step(values[axis.name]) for axis in self.axes)

    def to_unit(self, values: Mapping[str, float]) -> NDArray[np.float64]:
        """`values` as a point (dimension,) of the unit cube."""
        return np.array([axis.to_unit(values[axis.name]) for axis in self.axes])

    def from_unit(self, point: Any) -> dict[str, float]:
        """The grid point nearest to a `point` (dimension,) of the unit cube."""
        return self.snap(
            {a.name: a.from_unit(float(x)) for a, x in zip(self.axes, point, strict=True)}
        )

    def resolution(self) -> NDArray[np.float64]:
        """One grid step along each axis in the unit cube, (dimension,)."""
        return np.array([a.grid / a.slope(a.minimum) for a in self.axes])

    def slopes(self, values: Mapping[str, float]) -> NDArray[np.float64]:
        """Change of each parameter with its coordinate in the unit cube, (dimension,)."""
        return np.array([axis.slope(values[axis.name]) for axis in self.axes])

    def scaled(
        self, values: Mapping[str, float], factor: float, weights: Mapping[str, float] | None = None
    ) -> dict[str, float]:
        """All lengths of `values` times `factor`, on the grid and inside the bounds.

        Where bounds hold one length back, the others move further instead. Of the grid points
        around the scaled design the one is taken whose wavelength is nearest to what was meant:
        a narrow resonance is lost by rounding every length to the nearest nanometre.

        Parameters
        ----------
        values : mapping
            A design.
        factor : float
            By which its wavelength is to change.
        weights : mapping, optional
            d ln λ/d ln p of each length; equal shares by default.
        """
        lengths = [axis for axis in self.axes if axis.is_length]
        if not lengths:
            return self.snap(values)
        weight = {a.name: 1 / len(lengths) if weights is None else weights[a.name] for a in lengths}
        # What the factor means for the wavelength: all of it where the weights add up to 1.
        wanted = log(factor) * sum(weight.values())
        moved = self._stretched(values, wanted, lengths, weight)

        def mismatch(steps: tuple[int, ...]) -> tuple[float, float]:
            point = [axis.at(step) for axis, step in zip(lengths, steps, strict=True)]
            reached = sum(
                weight[axis.name] * log(x / values[axis.name])
                for axis, x in zip(lengths, point, strict=True)
            )
            rounding = sum(
                abs(x - moved[axis.name]) for axis, x in zip(lengths, point, strict=True)
            )
            # Among equals (to a hundred-thousandth of the wavelength), the nearest.
            return round(abs(reached - wanted), 5), rounding

        best = min(product(*(_around(axis, moved[axis.name]) for axis in lengths)), key=mismatch)
        return self.snap(values) | {
            axis.name: axis.at(step) for axis, step in zip(lengths, best, strict=True)
        }

    def _stretched(
        self,
        values: Mapping[str, float],
        wanted: float,
        lengths: list[Axis],
        weight: Mapping[str, float],
    ) -> dict[str, float]:
        """Lengths (not yet on the grid) that change ln λ by `wanted`, by one factor if they can."""
        moved = {axis.name: values[axis.name] for axis in lengths}
        free = list(lengths)
        for _ in lengths:
            reached = sum(weight[a.name] * log(moved[a.name] / values[a.name]) for a in lengths)
            share = sum(weight[axis.name] for axis in free)
            if not free or share <= 0 or abs(wanted - reached) < 1e-9:
                break
            factor = exp((wanted - reached) / share)
            for axis in free:
                target = moved[axis.name] * factor
                moved[axis.name] = min(max(target, axis.minimum), axis.maximum)
            free = [a for a in free if a.minimum < moved[a.name] < a.maximum]
        return moved


def _around(axis: Axis, value: float) -> tuple[int, ...]:
    """Grid indices just below and above `value`, inside the bounds."""
    below = math.floor(value / axis.grid + 1e-6)
    inside = {min(max(step, axis.first_step), axis.last_step) for step in (below, below + 1)}
    return tuple(sorted(inside))
