"""What absorbing media take from the fields, measured in them: see `fdtd.absorbers`."""

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import meep as mp
import numpy as np

from cqdphotonics.fdtd.absorbers import Region, measured, regions

if TYPE_CHECKING:
    from cqdphotonics.fdtd.solver.run import Run

_PAIRS = {
    "Er": (mp.Er, mp.Dr),
    "Ep": (mp.Ep, mp.Dp),
    "Ex": (mp.Ex, mp.Dx),
    "Ey": (mp.Ey, mp.Dy),
    "Ez": (mp.Ez, mp.Dz),
}
_NAMES = {"cylindrical": ("Er", "Ep", "Ez"), "cartesian": ("Ex", "Ey", "Ez")}
_OWN_AXIS = {"Er": "x", "Ep": "", "Ex": "x", "Ey": "y", "Ez": "z"}
"""Along which a component lies half a pixel beside the grid's points."""

_AROUND_SOURCE = 0.75
"""Pixels from the dipole within which a component of its own is source and not medium: where it
lies between two points, half a pixel."""


@dataclass(frozen=True)
class _Axis:
    """The grid along one axis: region and closed surface from `low` to `high`, in Meep's frame."""

    low: float
    high: float
    pixel: float
    radial: bool = False

    def points(self, staggered: bool) -> np.ndarray:
        """Places of the points of Meep's array: all that the region holds, and one more outside.

        `staggered` components lie half a pixel aside.
        """
        aside = 0.5 if staggered else 0.0
        first = np.floor(self.low / self.pixel - 0.25 - aside)
        last = np.ceil(self.high / self.pixel + 0.25 - aside)
        places = (np.arange(first, last + 1) + aside) * self.pixel
        return places[places >= 0] if self.radial else places

    def weights(self, staggered: bool) -> np.ndarray:
        """Lengths (areas along r) of the cells of the points, as far as they lie inside.

        Half a pixel to each side of a point: with these the sum over E*·D is all that passes a
        closed surface through grid points.
        """
        places = self.points(staggered)
        low = np.clip(places - self.pixel / 2, self.low, self.high)
        high = np.clip(places + self.pixel / 2, self.low, self.high)
        return np.pi * (high**2 - low**2) if self.radial else high - low


class Absorption:
    """Monitors of E and D where a run has absorbing media; made before it, read after.

    Parameters
    ----------
    run : Run
        Of the device.
    """

    def __init__(self, run: "Run") -> None:
        self.run = run
        self.numbers = measured(run.job)
        self.frequencies = run.frequencies[list(self.numbers)]
        self.parts = [self._monitor(region) for region in regions(run.job)]

    def _monitor(self, region: Region) -> tuple[Any, dict[str, _Axis]]:
        pixel, quarter = 1 / self.run.job.resolution, 0.25 / self.run.job.resolution
        (x0, x1), (y0, y1), (z0, z1) = region
        up = self.run.z0
        axes = {"z": _Axis(z0 + up, z1 + up, pixel)}
        if self.run.cylindrical:
            axes["x"] = _Axis(x0, x1, pixel, radial=True)
        else:
            axes |= {"x": _Axis(x0, x1, pixel), "y": _Axis(y0, y1, pixel)}
        centre, size = mp.Vector3(), mp.Vector3()
        for name, axis in axes.items():
            # A quarter of a pixel more, so that rounding decides nothing.
            low = max(axis.low - quarter, 0.0) if axis.radial else axis.low - quarter
            setattr(centre, name, (low + axis.high + quarter) / 2)
            setattr(size, name, axis.high + quarter - low)
        names = _NAMES[self.run.job.formulation]
        monitor = self.run.sim.add_dft_fields(
            [component for name in names for component in _PAIRS[name]],
            self.frequencies.tolist(),
            center=centre,
            size=size,
            yee_grid=True,
            decimation_factor=self.run.sampling,
        )
        return monitor, axes

    def collect(self, arrays: dict[str, np.ndarray]) -> None:
        """Put the absorbed power per |J|² into `arrays`, with the numbers of its frequencies."""
        if not self.parts:
            return
        # E and D are of the same time; the factor is that of a step, not of a derivative.
        step = self.run.job.courant / self.run.job.resolution
        rate = 2 / step * np.sin(np.pi * self.frequencies * step)
        power = np.sum([self._taken(*part) for part in self.parts], axis=0)
        images = 2 ** len(self.run.job.mirrors)
        current = self.run.current_squared()[list(self.numbers)]
        arrays["absorption"] = images * rate * power / current
        arrays["absorption_numbers"] = np.array(self.numbers)

    def _taken(self, monitor: Any, axes: dict[str, _Axis]) -> np.ndarray:
        """Sum of Im(E*·D) over a region, by frequency."""
        total = np.zeros(len(self.numbers))
        for name in _NAMES[self.run.job.formulation]:
            weight = self._weight(name, axes)
            for number in range(len(self.numbers)):
                electric, displacement = (
                    self.run.sim.get_dft_array(monitor, component, number)
                    for component in _PAIRS[name]
                )
                total[number] += (np.imag(np.conj(electric) * displacement) * weight).sum()
        return total

    def _weight(self, name: str, axes: dict[str, _Axis]) -> np.ndarray:
        """Volume of each point of component `name`; none where the dipole itself is."""
        own = _OWN_AXIS[name]
        # Radius and height come in this order in cylindrical arrays, but transposed.
        order = ("z", "x") if self.run.cylindrical else ("x", "y", "z")
        lengths = [axes[axis].weights(axis == own) for axis in order]
        places = [axes[axis].points(axis == own) for axis in order]
        weight = np.array(reduce(np.multiply.outer, lengths))
        if name == self.run.job.source.component:
            reach = _AROUND_SOURCE / self.run.job.resolution
            near = np.ones(weight.shape, dtype=bool)
            for axis, (letter, along) in enumerate(zip(order, places, strict=True)):
                close = np.abs(along - getattr(self.run.place, letter)) < reach
                near &= close.reshape([-1 if n == axis else 1 for n in range(len(order))])
            weight = np.where(near, 0.0, weight)
        if name == "Ep" and self.run.job.angular_number:
            # On the axis it follows from other components and none follows from it, in Meep 1.25:
            # nothing is given to it. Counted, it makes absorption beside a sphere 1.4 % too large.
            weight[:, places[1] == 0] = 0.0
        return weight
