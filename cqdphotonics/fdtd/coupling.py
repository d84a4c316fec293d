"""Coupling rate J of two cavities: from a fitted avoided crossing, and from the overlap of fields.

Two modes with frequencies ω₁, ω₂ and energy decay rates κ₁, κ₂ that exchange light at the rate J
have the complex frequencies (eigenvalues) of

    [[ω₁ − iκ₁/2, J], [J, ω₂ − iκ₂/2]]

(Haus, Waves and Fields in Optoelectronics, ch. 7). All rates are rad/ps, wavelengths µm.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from uncertainties import UFloat

from cqdphotonics.constants import angular_frequency
from cqdphotonics.display import format_quantity, quantity
from cqdphotonics.errors import InputError

_STARTS = (0.02, 0.1, 0.3, 1.0)
"""First guesses of J, in halves of the smallest distance of the two branches or of the spread."""

FIT_LIMIT = 0.1
"""A crossing is trusted where the rest of the fit (rms) is below this share of J."""


@dataclass(frozen=True)
class Crossing:
    """A fitted avoided crossing.

    Attributes
    ----------
    coupling : UFloat
        J in rad/ps. Its uncertainty is that of the fit, from what the model leaves over; the
        grid's and the dimension's errors are not in it.
    kappa : (UFloat, UFloat)
        Energy decay rates of the two modes away from the crossing, rad/ps; 0 without losses.
    parameter_at_crossing : float
        Where ω₁ = ω₂.
    slopes : (float, float)
        dω/dp of the two modes, rad/ps per unit of the parameter.
    rest : float
        Root mean square of what the fit leaves over, rad/ps.
    dimension : str
        Of the runs that it comes from, e.g. "2D effective index".
    """

    coupling: UFloat
    kappa: tuple[UFloat, UFloat]
    parameter_at_crossing: float
    slopes: tuple[float, float]
    rest: float
    dimension: str

    @property
    def trusted(self) -> bool:
        """Whether the model describes the data: the rest is small against J."""
        return self.rest <= FIT_LIMIT * abs(self.coupling.nominal_value)

    def __str__(self) -> str:
        doubt = "" if self.trusted else ", NOT A CLEAN CROSSING"
        return f"J = {format_quantity(self.coupling, 'rad/ps')} ({self.dimension}{doubt})"


def two_mode_frequencies(
    omega: tuple[complex, complex], coupling: float
) -> tuple[complex, complex]:
    """Complex frequencies of two coupled modes, of the given ones ω − iκ/2."""
    mean, half = (omega[0] + omega[1]) / 2, (omega[0] - omega[1]) / 2
    split = np.sqrt(complex(half**2 + coupling**2))
    return mean + split, mean - split


def fit_crossing(
    parameter: Sequence[float],
    wavelengths: Sequence[Sequence[float]],
    qualities: Sequence[Sequence[float]] | None = None,
    *,
    dimension: str,
) -> Crossing:
    """J from the resonances of two coupled cavities, while a parameter tunes one past the other.

    Frequencies of the uncoupled modes are linear in the parameter. Which resonance belongs to
    which branch is found by the fit, so that the order in a pair has no meaning: where
    J < |κ₁ − κ₂|/4 the branches cross.

    Parameters
    ----------
    parameter : (n,) floats
        What was changed: a radius, a shift, an index.
    wavelengths : (n, 2) floats
        Of the two resonances, µm.
    qualities : (n, 2) floats, optional
        Their quality factors; without, losses are taken to be equal.
    dimension : str
        Of the runs, e.g. "2D effective index"; it stays with the result.

    Raises
    ------
    InputError
        Fewer than four parameters, wrong shapes, values that are not finite.
    """
    from scipy.optimize import least_squares

    p, lengths = np.asarray(parameter, float), np.asarray(wavelengths, float)
    lossy = qualities is not None
    quality = np.asarray(qualities, float) if lossy else np.full(lengths.shape, np.inf)
    if p.ndim != 1 or len(p) < 4 or np.ptp(p) == 0 or lengths.shape != (len(p), 2):
        raise InputError(
            f"a crossing needs two resonances at each of four or more parameters; given are "
            f"{p.size} parameters and wavelengths of shape {lengths.shape}."
        )
    if quality.shape != lengths.shape or not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise InputError("wavelengths have to be positive, with one quality factor each.")
    if lossy and not (quality > 0).all():
        raise InputError("quality factors have to be positive.")
    omega = angular_frequency(1.0) / lengths
    data = omega * (1 - 0.5j / quality)
    centre, spread = omega.mean(), max(float(np.ptp(omega)), 1e-9)
    x = (p - p.mean()) / np.ptp(p)
    scaled = (data - centre) / spread

    def model(values: np.ndarray) -> np.ndarray:
        a1, b1, a2, b2, j, k1, k2 = values
        pairs = [
            two_mode_frequencies((a1 + b1 * at - 0.5j * k1, a2 + b2 * at - 0.5j * k2), j)
            for at in x
        ]
        return np.array(pairs)

    def rest(free: np.ndarray) -> np.ndarray:
        values = free if lossy else np.concatenate([free, [0.0, 0.0]])
        found = model(values)
        direct, crossed = found - scaled, found[:, ::-1] - scaled
        straight = (np.abs(direct) ** 2).sum(axis=1) <= (np.abs(crossed) ** 2).sum(axis=1)
        best = np.where(straight[:, None], direct, crossed)
        parts = [best.real.ravel(), best.imag.ravel()] if lossy else [best.real.ravel()]
        return np.concatenate(parts)

    # The sum of the branches is linear, the square of their distance quadratic in the parameter.
    mean = np.polyfit(x, scaled.real.mean(axis=1), 1)
    apart = scaled.real[:, 0] - scaled.real[:, 1]
    bend = np.polyfit(x, apart**2, 2)
    slope = np.sqrt(max(bend[0], 1e-6))
    at_crossing = float(np.clip(-bend[1] / (2 * max(bend[0], 1e-6)), x.min(), x.max()))
    half = max(float(np.abs(apart).min()) / 2, 0.05)
    loss = -2 * scaled.imag
    fits = []
    for share in _STARTS:
        for order in ((0, 1), (1, 0)) if lossy else ((0, 1),):
            start = [
                mean[1] - slope * at_crossing / 2, mean[0] + slope / 2,
                mean[1] + slope * at_crossing / 2, mean[0] - slope / 2, share * half,
            ]  # fmt: skip
            if lossy:
                ends = [float(np.quantile(loss, q)) for q in (0.9, 0.1)]
                start += [ends[order[0]], ends[order[1]]]
            fits.append(least_squares(rest, start, method="trf", xtol=1e-14, ftol=1e-14))
    best = min(fits, key=lambda fit: fit.cost)
    free = len(best.fun) - len(best.x)
    variance = 2 * best.cost / free if free > 0 else 0.0
    spreads = np.sqrt(np.maximum(variance * np.diag(np.linalg.pinv(best.jac.T @ best.jac)), 0))
    a1, b1, a2, b2, j = best.x[:5]
    kappa = [
        quantity(abs(best.x[i]) * spread, spreads[i] * spread) if lossy else quantity(0.0)
        for i in (5, 6)
    ]
    crossing = (a2 - a1) / (b1 - b2) if b1 != b2 else np.nan
    return Crossing(
        coupling=quantity(abs(float(j)) * spread, float(spreads[4]) * spread),
        kappa=(kappa[0], kappa[1]),
        parameter_at_crossing=float(p.mean() + crossing * np.ptp(p)),
        slopes=(float(b1 * spread / np.ptp(p)), float(b2 * spread / np.ptp(p))),
        rest=float(np.sqrt(np.mean(best.fun**2)) * spread),
        dimension=dimension,
    )


def coupling_from_split(
    wavelengths: tuple[float, float], dimension: str, deviations: tuple[float, float] = (0.0, 0.0)
) -> Crossing:
    """J of two *equal* cavities from the even and the odd mode of the pair: half their distance.

    Parameters
    ----------
    wavelengths : (float, float)
        Of the two modes, µm.
    dimension : str
        As in `fit_crossing`.
    deviations : (float, float)
        Standard deviations of the wavelengths, µm.
    """
    one, two = (quantity(w, d) for w, d in zip(wavelengths, deviations, strict=True))
    half = (angular_frequency(1.0) / one - angular_frequency(1.0) / two) / 2
    nothing = quantity(0.0)
    return Crossing(
        coupling=quantity(abs(float(half.nominal_value)), float(half.std_dev)),
        kappa=(nothing, nothing),
        parameter_at_crossing=0.0,
        slopes=(0.0, 0.0),
        rest=0.0,
        dimension=dimension,
    )


def overlap_coupling(
    wavelength: float,
    epsilon_both: np.ndarray,
    epsilon_one: np.ndarray,
    epsilon_two: np.ndarray,
    field_one: np.ndarray,
    field_two: np.ndarray,
    cell: float = 1.0,
) -> float:
    """J in rad/ps to first order in the overlap of the fields of the two cavities alone.

    J = ω/2 |∫ (ε − ε₂) E₁*·E₂| / √(∫ ε₁|E₁|² ∫ ε₂|E₂|²), the tight-binding overlap (Yariv et al.,
    Opt. Lett. 24, 711 (1999)), averaged over the two ways to say which is perturbed by which. Good
    where J is much smaller than the distance to other modes, and the fields are not
    strongly cut by the outer ends of the region.

    Parameters
    ----------
    wavelength : float
        Of the modes, µm.
    epsilon_both, epsilon_one, epsilon_two : (...) arrays
        ε with both cavities, with the first alone, with the second alone.
    field_one, field_two : (components, ...) arrays
        E of each cavity alone.
    cell : float
        Volume of a grid point; it cancels.
    """
    dots = (np.conj(field_one) * field_two).sum(axis=0)
    norms = [
        float((epsilon * (np.abs(field) ** 2).sum(axis=0)).sum() * cell)
        for epsilon, field in ((epsilon_one, field_one), (epsilon_two, field_two))
    ]
    ways = [
        abs(((epsilon_both - alone) * dots).sum() * cell) for alone in (epsilon_two, epsilon_one)
    ]
    return float(angular_frequency(wavelength) / 2 * np.mean(ways) / np.sqrt(norms[0] * norms[1]))
