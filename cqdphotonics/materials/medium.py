"""A causal model of a material for the time domain: Drude and Lorentz poles, in Meep's convention.

With the frequency f = 1/λ in units of c/µm and exp(−iωt)::

    ε(f) = ε∞ + Σ σ f₀² / (f₀² − f² − i f γ)      Lorentz
              + Σ σ f₀² / (    − f² − i f γ)      Drude

Every pole has σ ≥ 0 and γ ≥ 0, so that the medium is causal, stable and passive
(Im ε ≥ 0 at every f > 0, inside the fitted band and outside).
"""

from dataclasses import dataclass
from math import pi, sqrt
from typing import Literal, overload

import numpy as np

from cqdphotonics.errors import InputError
from cqdphotonics.materials.dispersion import ComplexArray, FloatArray


@dataclass(frozen=True)
class Pole:
    """One resonance; `frequency` and `gamma` in c/µm, `sigma` without unit.

    For a Drude pole `sigma` is 1 and `frequency` the plasma frequency.
    """

    frequency: float
    gamma: float
    sigma: float
    kind: Literal["lorentz", "drude"]

    def susceptibility(self, frequency: FloatArray) -> ComplexArray:
        """Contribution to the permittivity at `frequency` in c/µm."""
        restoring = self.frequency**2 if self.kind == "lorentz" else 0.0
        denominator = restoring - frequency**2 - 1j * frequency * self.gamma
        return np.asarray(self.sigma * self.frequency**2 / denominator)

    def __str__(self) -> str:
        return (
            f"{self.kind.capitalize()} pole at {self.frequency:.4g} c/µm "
            f"(λ = {1 / self.frequency:.4g} µm, damping {self.gamma:.3g} c/µm)"
        )


@dataclass(frozen=True)
class FitError:
    """How far a model is from the data over its band.

    Attributes
    ----------
    rms, maximum : float
        |ε_model − ε_data| / |ε_data|.
    loss : float
        Root mean square of Im(ε_model − ε_data) over the root mean square of Im ε_data: the
        relative error of the absorption. 1 where an existing loss is left out, 0 where there is
        none. The data of good metals scatter here by tens of per cent themselves.
    """

    rms: float
    maximum: float
    loss: float


@dataclass(frozen=True)
class MediumModel:
    """A material as a time-domain solver takes it, with its error and its range.

    Attributes
    ----------
    material : str
        Name of the material it was made from.
    epsilon_infinity : float
        At least 1, so that the vacuum's time step remains stable.
    poles : tuple of Pole
        Empty where `constant`.
    range : tuple of float
        Shortest and longest wavelength in µm for which it was made.
    constant : bool
        The index at the centre of the band is used everywhere; `fit_error` says at what price.
    tolerance : float
        What was asked of `fit_error.maximum`.
    fit_error : FitError
    """

    material: str
    epsilon_infinity: float
    poles: tuple[Pole, ...]
    range: tuple[float, float]
    constant: bool
    tolerance: float
    fit_error: FitError

    @property
    def meets_tolerance(self) -> bool:
        """Whether the largest relative error of ε in the band is within the tolerance."""
        return self.fit_error.maximum <= self.tolerance

    @overload
    def epsilon(self, wavelength: float) -> complex: ...
    @overload
    def epsilon(self, wavelength: FloatArray) -> ComplexArray: ...
    def epsilon(self, wavelength: float | FloatArray) -> complex | ComplexArray:
        """Permittivity of the model at a vacuum `wavelength` in µm, inside the band or not."""
        frequency = 1 / np.asarray(wavelength, dtype=float)
        total = np.full(frequency.shape, self.epsilon_infinity, dtype=complex)
        for pole in self.poles:
            total = total + pole.susceptibility(frequency)
        return complex(total) if total.ndim == 0 else total

    @overload
    def index(self, wavelength: float) -> complex: ...
    @overload
    def index(self, wavelength: FloatArray) -> ComplexArray: ...
    def index(self, wavelength: float | FloatArray) -> complex | ComplexArray:
        """Complex index n + ik of the model at a vacuum `wavelength` in µm."""
        root = np.sqrt(np.asarray(self.epsilon(wavelength)))
        return complex(root) if root.ndim == 0 else root

    def check_time_step(
        self, time_step: float, *, courant: float = 0.5, dimensions: int = 3
    ) -> None:
        """Raise unless the poles can be stepped with `time_step` (µm/c) on a grid.

        Parameters
        ----------
        time_step : float
            Δt in µm/c.
        courant : float
            Δt over the grid's step, in units of 1/c; 0 leaves the grid out.
        dimensions : int
            Of the grid; take 3 in cylindrical coordinates.

        Raises
        ------
        InputError
            Names the pole and the largest time step that it would bear.
        """
        limit, pole = self.time_step_limit(courant=courant, dimensions=dimensions)
        if pole is not None and time_step >= limit:
            raise InputError(
                f"{self.material}: {pole} oscillates too fast for the time step {time_step:.4g} "
                f"µm/c, which must be below {limit:.4g}. Raise the resolution by a factor of "
                f"{1.01 * time_step / limit:.2f}, or use a higher fidelity."
            )

    def time_step_limit(
        self, *, courant: float = 0.5, dimensions: int = 3
    ) -> tuple[float, Pole | None]:
        """Largest stable time step in µm/c, and the pole that sets it (∞ and None without poles).

        The leapfrog is stable while the fastest oscillation of grid and poles together has
        ω Δt < 2. The field of the shortest wave on the grid, whose curl curl is 4dS²/Δt² with d
        dimensions and the Courant number S, and the poles are coupled oscillators through
        E = (D − ΣP)/ε∞: the limit is lower than f < 1/(π Δt) for each pole alone, which Meep
        checks. Damping is left out; it only helps.
        """
        if not self.poles:
            return float("inf"), None
        omega = 2 * pi * np.array([pole.frequency for pole in self.poles])
        restoring = np.array([pole.kind == "lorentz" for pole in self.poles]) * omega**2
        drive = omega * np.sqrt([pole.sigma for pole in self.poles])
        grid = 2 * courant * sqrt(dimensions)

        def fastest(step: float) -> tuple[float, Pole]:
            """(ωΔt)² of the fastest oscillation, and the pole that takes most part in it."""
            own = np.diag(np.concatenate([[0.0], restoring * step**2]))
            coupling = np.concatenate([[grid], drive * step]) / sqrt(self.epsilon_infinity)
            squares, modes = np.linalg.eigh(own + np.outer(coupling, coupling))
            return float(squares[-1]), self.poles[int(np.argmax(np.abs(modes[1:, -1])))]

        low, high = 0.0, 1.0
        while fastest(high)[0] < 4:
            high *= 2
        while high - low > 1e-9 * high:
            middle = (low + high) / 2
            low, high = (middle, high) if fastest(middle)[0] < 4 else (low, middle)
        return low, fastest(high)[1]

    def __str__(self) -> str:
        low, high = self.range
        error = f"error of ε ≤ {self.fit_error.maximum:.2%} over {low:g}–{high:g} µm"
        if self.constant:
            return f"{self.material}: constant n = {sqrt(self.epsilon_infinity):.4f}, {error}"
        return (
            f"{self.material}: ε∞ = {self.epsilon_infinity:.4f} and {len(self.poles)} "
            f"pole{'s' if len(self.poles) > 1 else ''}, "
            f"{error} (rms {self.fit_error.rms:.2%}, absorption {self.fit_error.loss:.0%})"
        )
