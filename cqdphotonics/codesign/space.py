"""The search space: bounded parameters on the grid of what can be made.

The optimiser moves in the unit cube; what is simulated is the nearest point of the grid, so that
equal geometries are equal jobs and cost one simulation.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
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
    """

    name: str
    minimum: float
    maximum: float
    start: float
    grid: float = LENGTH_GRID
    is_length: bool = True
    unit: str = "µm"

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
        return np.array([(values[a.name] - a.minimum) / (a.maximum - a.minimum) for a in self.axes])

    def from_unit(self, point: Any) -> dict[str, float]:
        """The grid point nearest to a `point` (dimension,) of the unit cube."""
        return self.snap(
            {
                a.name: a.minimum + float(x) * (a.maximum - a.minimum)
                for a, x in zip(self.axes, point, strict=True)
            }
        )

    def resolution(self) -> NDArray[np.float64]:
        """One grid step along each axis in the unit cube, (dimension,)."""
        return np.array([a.grid / (a.maximum - a.minimum) for a in self.axes])

    def scaled(self, values: Mapping[str, float], factor: float) -> dict[str, float]:
        """All lengths of `values` times `factor`, on the grid and inside the bounds."""
        return self.snap(
            {a.name: values[a.name] * (factor if a.is_length else 1.0) for a in self.axes}
        )
