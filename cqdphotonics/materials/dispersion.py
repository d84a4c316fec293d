"""How an index depends on wavelength: a table, a formula, a constant, or a sum of them."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.interpolate import PchipInterpolator

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]


class Dispersion(Protocol):
    """n + ik against vacuum wavelength (µm), valid inside `range`; it does not check the range."""

    @property
    def range(self) -> tuple[float, float]:
        """Shortest and longest wavelength in µm."""
        ...

    def index(self, wavelength: FloatArray) -> ComplexArray:
        """Complex index n + ik at `wavelength` in µm."""
        ...


@dataclass(frozen=True)
class Constant:
    """The same index everywhere in `range`."""

    value: complex
    range: tuple[float, float]

    def index(self, wavelength: FloatArray) -> ComplexArray:
        """Complex index n + ik at `wavelength` in µm."""
        return np.full(wavelength.shape, self.value, dtype=complex)


@dataclass(frozen=True)
class Shifted:
    """Another material's index, `shift` added to its real part everywhere."""

    base: Dispersion
    shift: float

    @property
    def range(self) -> tuple[float, float]:
        """Shortest and longest wavelength in µm."""
        return self.base.range

    def index(self, wavelength: FloatArray) -> ComplexArray:
        """Complex index n + ik at `wavelength` in µm."""
        return self.base.index(wavelength) + self.shift


@dataclass(frozen=True)
class Table:
    """Measured rows, interpolated in photon energy by monotone cubics.

    Raises
    ------
    ValueError
        Wavelengths not positive and ascending.
    """

    wavelength: tuple[float, ...]
    n: tuple[float, ...]
    k: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.wavelength[0] <= 0 or np.any(np.diff(self.wavelength) <= 0):
            raise ValueError("wavelengths must be positive and ascending, in µm")

    @property
    def range(self) -> tuple[float, float]:
        """Shortest and longest wavelength in µm."""
        return float(self.wavelength[0]), float(self.wavelength[-1])

    @cached_property
    def _interpolator(self) -> "PchipInterpolator":
        # Imported here: the module takes a second, and most materials are formulas.
        from scipy.interpolate import PchipInterpolator

        energy = 1 / np.array(self.wavelength[::-1])
        return PchipInterpolator(energy, np.array([self.n[::-1], self.k[::-1]]), axis=1)

    def index(self, wavelength: FloatArray) -> ComplexArray:
        """Complex index n + ik at `wavelength` in µm."""
        n, k = self._interpolator(1 / wavelength)
        return np.asarray(n + 1j * k)


@dataclass(frozen=True)
class Formula:
    """A dispersion formula of the refractiveindex.info database, by its number there.

    1 and 2 are Sellmeier's (with C² and C), 3 a polynomial of n², 4 the database's own,
    5 Cauchy's, 6 that of gases.

    Raises
    ------
    ValueError
        Another number.
    """

    number: int
    coefficients: tuple[float, ...]
    range: tuple[float, float]

    def __post_init__(self) -> None:
        if self.number not in range_of_formulas:
            raise ValueError(f"formula {self.number} is not supported, 1 to 6 are")

    def index(self, wavelength: FloatArray) -> ComplexArray:
        """Complex index n + ik at `wavelength` in µm."""
        first, rest = self.coefficients[0], self.coefficients[1:]
        pairs = list(zip(rest[::2], rest[1::2], strict=True))
        squared = wavelength**2
        match self.number:
            case 1:
                n2 = 1 + first + sum(b * squared / (squared - c**2) for b, c in pairs)
            case 2:
                n2 = 1 + first + sum(b * squared / (squared - c) for b, c in pairs)
            case 3:
                n2 = first + sum(b * wavelength**c for b, c in pairs)
            case 4:
                n2 = np.full(wavelength.shape, first)
                for (b, power), (c, d) in zip(pairs[:4:2], pairs[1:4:2], strict=True):
                    n2 = n2 + b * wavelength**power / (squared - c**d)
                n2 = n2 + sum(b * wavelength**c for b, c in pairs[4:])
            case 5:
                n2 = (first + sum(b * wavelength**c for b, c in pairs)) ** 2
            case _:
                n2 = (1 + first + sum(b / (c - 1 / squared) for b, c in pairs)) ** 2
        return np.sqrt(np.asarray(n2, dtype=complex))


range_of_formulas = range(1, 7)


@dataclass(frozen=True)
class Sum:
    """A formula for n and a table for k, say; valid where all parts are."""

    parts: tuple[Dispersion, ...]

    @property
    def range(self) -> tuple[float, float]:
        """Shortest and longest wavelength in µm."""
        return max(p.range[0] for p in self.parts), min(p.range[1] for p in self.parts)

    def index(self, wavelength: FloatArray) -> ComplexArray:
        """Complex index n + ik at `wavelength` in µm."""
        return np.sum([part.index(wavelength) for part in self.parts], axis=0)
