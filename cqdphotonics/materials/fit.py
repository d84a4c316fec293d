"""Fit of Drude and Lorentz poles to measured permittivities.

For given frequencies and widths of the poles, ε∞ − 1 and the strengths enter linearly and must
not be negative: that inner problem is solved exactly (non-negative least squares), and only
frequencies and widths are searched (variable projection; Golub and Pereyra, SIAM J. Numer. Anal.
10, 413 (1973)). Poles are added one by one, each started where a coarse grid of candidates
reduces the residual most, until the tolerance is met. Nothing is random.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import least_squares, nnls

from cqdphotonics.errors import RangeError
from cqdphotonics.materials.dispersion import ComplexArray, FloatArray
from cqdphotonics.materials.medium import FitError, MediumModel, Pole

if TYPE_CHECKING:
    from cqdphotonics.materials.material import Material

_MAX_LORENTZ = 5
_STARTS = 3
_NEGLIGIBLE_LOSS = 1e-5
"""Im ε / |ε| below which a dielectric is taken as lossless: absorption allows Q = 10⁵ there."""
_LOSS_FLOOR = 0.01
"""Below this share of |ε|, Im ε is weighed no more finely."""
_NARROWEST = 0.03
"""Width of the narrowest pole inside the band, relative to the band's lower end."""


@lru_cache(maxsize=256)
def fit_model(
    material: "Material", wavelength_min: float, wavelength_max: float, tolerance: float
) -> MediumModel:
    """Constant or poles for `material` between two wavelengths; see `Material.model`."""
    if not (0 < wavelength_min <= wavelength_max):
        raise RangeError(
            f"{material.name}: a band runs from a shorter to a longer wavelength in µm, not from "
            f"{wavelength_min:g} to {wavelength_max:g}."
        )
    if not 0 < tolerance < 1:
        raise RangeError(
            f"tolerance is the relative error of ε, between 0 and 1, not {tolerance:g}."
        )
    band = (wavelength_min, wavelength_max)
    for wavelength in band:
        material.check(wavelength)
    frequency = np.linspace(1 / wavelength_max, 1 / wavelength_min, 241)
    epsilon = material.epsilon(1 / frequency)
    lossless = bool(np.all(epsilon.imag <= _NEGLIGIBLE_LOSS * np.abs(epsilon)))
    if lossless and not material.is_metal:
        centre = material.epsilon(2 / (1 / wavelength_min + 1 / wavelength_max)).real
        error = _error(np.full(epsilon.shape, centre, dtype=complex), epsilon)
        if error.maximum <= tolerance:
            return MediumModel(material.name, centre, (), band, True, tolerance, error)
    fitted = _widened(material, *band)
    infinity, poles = _fit_poles(*fitted, material.is_metal, lossless, tolerance)
    model = MediumModel(material.name, infinity, poles, band, False, tolerance, FitError(0, 0, 0))
    error = _error(model.epsilon(1 / frequency), epsilon)
    return MediumModel(material.name, infinity, poles, band, False, tolerance, error)


def _widened(
    material: "Material", wavelength_min: float, wavelength_max: float
) -> tuple[FloatArray, ComplexArray]:
    """Frequencies and permittivities to fit: the band and a margin, so that its ends are held.

    A band too narrow to hold a shape gets more, 10 % in all.
    """
    low, high = 1 / wavelength_max, 1 / wavelength_min
    middle = (low + high) / 2
    margin = max(0.02 * middle, 0.05 * middle - (high - low) / 2)
    shortest, longest = material.range
    low, high = max(low - margin, 1 / longest), min(high + margin, 1 / shortest)
    frequency = np.linspace(low, high, 61)
    return frequency, material.epsilon(1 / frequency)


def _error(model: ComplexArray, data: ComplexArray) -> FitError:
    relative = np.abs(model - data) / np.abs(data)
    loss = float(np.sqrt(np.mean(data.imag**2)))
    difference = float(np.sqrt(np.mean((model - data).imag ** 2)))
    return FitError(
        rms=float(np.sqrt(np.mean(relative**2))),
        maximum=float(relative.max()),
        loss=difference / loss if loss > 0 else 0.0,
    )


class _Problem:
    """Weighted residuals of the best non-negative strengths for given frequencies and widths.

    The vector of unknowns holds logarithms: the Drude width if there is a Drude pole, then
    frequencies and widths of the Lorentz poles (frequencies only where there is no loss).
    """

    def __init__(
        self, frequency: FloatArray, epsilon: ComplexArray, drude: bool, lossless: bool
    ) -> None:
        self.frequency, self.drude, self.lossless = frequency, drude, lossless
        scale = np.sqrt(len(frequency))
        self.weight_real = 1 / (np.abs(epsilon) * scale)
        # A relative error of the absorption matters where it is small beside |ε| too: the weight
        # is the geometric mean of "relative to Im ε" and "relative to |ε|".
        floored = np.maximum(epsilon.imag, _LOSS_FLOOR * np.abs(epsilon))
        self.weight_imaginary = 1 / (np.sqrt(np.abs(epsilon) * floored) * scale)
        self.target = self._weighted(epsilon - 1)
        low, high = frequency[0], frequency[-1]
        # Poles above the band are kept near it for the time step's sake.
        self.bounds_frequency = [np.log(0.2 * low), np.log(2 * high)]
        self.bounds_width = [np.log(1e-6 * low), np.log(2 * high)]
        self.bounds_drude = [np.log(1e-4 * low), np.log(0.5 * high)]

    def _weighted(self, epsilon: ComplexArray) -> FloatArray:
        return np.concatenate(
            [epsilon.real * self.weight_real, epsilon.imag * self.weight_imaginary]
        )

    def poles(self, unknowns: FloatArray) -> list[Pole]:
        """Poles of unit strength."""
        values = np.exp(unknowns)
        poles = []
        if self.drude:
            poles.append(Pole(1.0, float(values[0]), 1.0, "drude"))
            values = values[1:]
        if self.lossless:
            return poles + [Pole(float(f), 0.0, 1.0, "lorentz") for f in values]
        pairs = values.reshape(-1, 2)
        return poles + [
            Pole(float(f), float(w + self._narrowest(f)), 1.0, "lorentz") for f, w in pairs
        ]

    def _narrowest(self, frequency: float) -> float:
        """Least width of a pole: inside the band none is spent on one data point's noise.

        Smooth, because the search needs derivatives; vanishes outside, where a sharp pole is a
        smooth background.
        """
        low, high = self.frequency[0], self.frequency[-1]
        distance = (frequency - (low + high) / 2) / (0.6 * (high - low))
        return float(_NARROWEST * low * np.exp(-(distance**8)))

    def strengths(self, unknowns: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Best ε∞ − 1 and strengths, and the residuals that they leave."""
        columns = [np.ones(len(self.frequency), dtype=complex)]
        columns += [pole.susceptibility(self.frequency) for pole in self.poles(unknowns)]
        matrix = np.array([self._weighted(column) for column in columns]).T
        norms = np.linalg.norm(matrix, axis=0)
        scaled, _ = nnls(matrix / norms, self.target)
        strengths = scaled / norms
        return strengths, matrix @ strengths - self.target

    def residuals(self, unknowns: FloatArray) -> FloatArray:
        """Residuals of the best strengths."""
        return self.strengths(unknowns)[1]

    def bounds(self, unknowns: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds of the unknowns."""
        rows = [self.bounds_drude] if self.drude else []
        per_pole = [self.bounds_frequency] + ([] if self.lossless else [self.bounds_width])
        count = (len(unknowns) - len(rows)) // len(per_pole)
        table = np.array(rows + per_pole * count)
        return table[:, 0], table[:, 1]

    def candidates(self) -> list[FloatArray]:
        """Where a new pole may start."""
        frequencies = np.linspace(self.bounds_frequency[0], self.bounds_frequency[1], 22)[1:-1]
        if self.lossless:
            return [np.array([f]) for f in frequencies]
        widths = np.log(self.frequency[0] * np.array([0.03, 0.1, 0.3, 0.8]))
        return [np.array([f, w]) for f in frequencies for w in widths]


def _fit_poles(
    frequency: FloatArray, epsilon: ComplexArray, drude: bool, lossless: bool, tolerance: float
) -> tuple[float, tuple[Pole, ...]]:
    problem = _Problem(frequency, epsilon, drude, lossless)
    unknowns = np.array([np.log(0.03 * frequency[0])] if drude else [])
    best: tuple[float, float, tuple[Pole, ...]] | None = None
    for _ in range(_MAX_LORENTZ):
        starts = [np.concatenate([unknowns, extra]) for extra in problem.candidates()]
        costs = [float(np.sum(problem.residuals(start) ** 2)) for start in starts]
        solution = min(
            (
                least_squares(
                    problem.residuals, starts[i], bounds=problem.bounds(starts[i]), max_nfev=60
                )
                for i in np.argsort(costs, kind="stable")[:_STARTS]
            ),
            key=lambda s: float(s.cost),
        )
        unknowns = solution.x
        strengths, _ = problem.strengths(unknowns)
        infinity = 1 + float(strengths[0])
        poles = _with_strengths(problem.poles(unknowns), strengths[1:])
        model = MediumModel("", infinity, poles, (0, 0), False, tolerance, FitError(0, 0, 0))
        error = _error(model.epsilon(1 / frequency), epsilon).maximum
        # A further pole must earn its memory and time: a tenth less error.
        if best is None or error < 0.9 * best[0]:
            best = (error, infinity, poles)
        if error <= tolerance:
            break
    assert best is not None
    return best[1], best[2]


def _with_strengths(poles: list[Pole], strengths: FloatArray) -> tuple[Pole, ...]:
    result = []
    for pole, strength in zip(poles, strengths, strict=True):
        if strength <= 0:
            continue
        if pole.kind == "drude":
            result.append(Pole(float(np.sqrt(strength)), pole.gamma, 1.0, "drude"))
        else:
            result.append(Pole(pole.frequency, pole.gamma, float(strength), "lorentz"))
    return tuple(result)
