"""A few interacting modes from any Purcell spectrum.

The emitter's spectral density J(ω) = P(ω)γ₀(ω)/2π, with P the Purcell spectrum and γ₀ ∝ ω³ the
radiative rate in the homogeneous host, is fitted by

    J(ω) = background/2π + (1/π) Im gᵀ(H̃ − ω)⁻¹g,   H̃_ij = ω_ij − iκ_i δ_ij/2

with real symmetric ω_ij, real g, κ ≥ 0 and background ≥ 0 (Medina et al., PRL 126, 093601 (2021)).
Off-diagonal ω_ij give Fano shapes. Every such model is a possible physical system: since
Im(H̃ − ω)⁻¹ = (H̃ − ω)⁻¹† (κ/2) (H̃ − ω)⁻¹ is positive, J is nowhere negative, in the fitted range or
beyond, and all poles lie in the lower half plane. Passivity needs no correction afterwards.

The modes are fictitious: they give the emitter's dynamics, and where their losses go is a separate
far-field or flux figure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from cqdphotonics.constants import SPEED_OF_LIGHT, angular_frequency
from cqdphotonics.display import Number
from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.quantum.emission import MAX_LEVELS
from cqdphotonics.quantum.environment import Environment, Output

_FLOOR = 0.02
"""Deviations are relative to J + _FLOOR · max J, so that dips count but zeros do not rule."""
_POINTS = 300  # more points than this are thinned: they cost time and tell nothing new
_WIDEST = 100.0  # of a mode, in half widths of the spectrum: flat within it
_FARTHEST = 2.0  # of a mode's centre from the spectrum's, in half widths
_STRONGEST = 10.0  # coupling between modes, in half widths


@dataclass(frozen=True)
class _Spectrum:
    """J over its maximum against x = (ω − centre)/half width, and the scales."""

    x: NDArray[np.float64]
    density: NDArray[np.float64]
    centre: float
    half_width: float
    peak: float

    @property
    def weights(self) -> NDArray[np.float64]:
        return 1 / (self.density + _FLOOR)

    @property
    def spacing(self) -> float:
        return float(np.diff(self.x).min())


@dataclass(frozen=True)
class _Model:
    """The scaled few-mode model: ω_ij (N, N), κ (N,), g (N,) and the background's J."""

    omega: NDArray[np.float64]
    kappa: NDArray[np.float64]
    g: NDArray[np.float64]
    background: float

    @property
    def modes(self) -> int:
        return int(self.g.size)

    @property
    def narrowest(self) -> float:
        """Full width of the sharpest line."""
        poles = np.linalg.eigvals(self.omega - 0.5j * np.diag(self.kappa))
        return float(-2 * poles.imag.max())

    def pack(self) -> NDArray[np.float64]:
        upper = self.omega[np.triu_indices(self.modes)]
        return np.concatenate([upper, self.kappa, self.g, [self.background]])

    @classmethod
    def unpack(cls, parameters: NDArray[np.float64], modes: int) -> "_Model":
        couplings = modes * (modes + 1) // 2
        omega = np.zeros((modes, modes))
        omega[np.triu_indices(modes)] = parameters[:couplings]
        omega = omega + np.triu(omega, 1).T
        rest = parameters[couplings:]
        return cls(omega, rest[:modes], rest[modes : 2 * modes], float(rest[-1]))

    def response(self, x: NDArray[np.float64]) -> NDArray[np.complex128]:
        """(H̃ − x)⁻¹g (X, N)."""
        matrix = self.omega - 0.5j * np.diag(self.kappa)
        poles, vectors = np.linalg.eig(matrix)
        if np.linalg.cond(vectors) < 1e6:  # quicker than one linear system a point
            return np.asarray((np.linalg.solve(vectors, self.g) / (poles - x[:, None])) @ vectors.T)
        shifted = matrix - x[:, None, None] * np.eye(self.modes)
        column = np.broadcast_to(self.g[:, None], (x.size, self.modes, 1))
        return np.asarray(np.linalg.solve(shifted, column)[..., 0])

    def density(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """J over its maximum."""
        return np.asarray((self.response(x) @ self.g).imag + self.background)

    def jacobian(self, y: NDArray[np.complex128]) -> NDArray[np.float64]:
        """Derivative of `density` by the packed parameters (X, P), from the response y (X, N)."""
        rows, columns = np.triu_indices(self.modes)
        double = np.where(rows == columns, 1, 2)
        return np.concatenate(
            [
                -(y[:, rows] * y[:, columns]).imag * double,
                (0.5j * y**2).imag,
                2 * y.imag,
                np.ones((len(y), 1)),
            ],
            axis=1,
        )


def fit_environment(
    wavelengths: ArrayLike,
    purcell: ArrayLike,
    *,
    emitter_wavelength: float,
    radiative_rate: float,
    absorbed_share: Number = 0.0,
    outputs: Mapping[str, Number] | None = None,
    tolerance: float = 0.005,
    max_modes: int = 5,
) -> Environment:
    """Few-mode environment that reproduces a Purcell spectrum, with its error.

    Parameters
    ----------
    wavelengths : (X,) array
        Vacuum wavelengths in µm, all different, at least 8.
    purcell : (X,) array
        Total Purcell factor F_tot at these, ≥ 0.
    emitter_wavelength : float
        Vacuum wavelength of the emitter's transition in µm, inside the spectrum.
    radiative_rate : float
        The emitter's radiative rate in the homogeneous host at that wavelength, rad/ps.
    absorbed_share : float or UFloat
        Share of the Markov background that is absorbed.
    outputs : mapping of str to float or UFloat
        Share of the total power that reaches each output; taken for every mode and the background
        alike, since the spectrum does not tell them apart.
    tolerance : float
        No more modes are added once every point deviates by less than this, relative to
        J + 2 % of the largest J.
    max_modes : int
        At most this many modes.

    Returns
    -------
    Environment
        With as many modes as the data support: modes are added until `tolerance` is reached or
        the Bayesian information criterion stops falling. `fit_error` is the largest deviation.

    Raises
    ------
    InputError
        Shapes that do not fit or too few points.
    RangeError
        Negative factors, or an emitter outside the spectrum.
    """
    if not 1 <= max_modes < MAX_LEVELS:
        raise RangeError(f"max_modes is {max_modes}; it must be 1 to {MAX_LEVELS - 1}.")
    if not 0 < radiative_rate < np.inf:
        raise RangeError(f"radiative_rate is {radiative_rate:g} rad/ps; it must be > 0.")
    lengths, factors = _checked(wavelengths, purcell, emitter_wavelength)
    spectrum = _scaled(lengths, factors, emitter_wavelength, radiative_rate)
    model, deviation = _choose(spectrum, tolerance, max_modes)

    strength = np.sqrt(spectrum.peak * pi * spectrum.half_width)
    frequencies = spectrum.centre + spectrum.half_width * model.omega.diagonal()
    order = np.argsort(frequencies)
    coupling = spectrum.half_width * (model.omega - np.diag(model.omega.diagonal()))
    background = 2 * pi * spectrum.peak * model.background
    return Environment(
        detunings=frequencies[order] - angular_frequency(emitter_wavelength),
        kappa=spectrum.half_width * model.kappa[order],
        coupling=coupling[np.ix_(order, order)],
        g=strength * model.g[order],
        background={
            "radiated": (1 - absorbed_share) * background,
            "absorbed": absorbed_share * background,
        },
        outputs={
            name: Output((share,) * model.modes, share) for name, share in (outputs or {}).items()
        },
        note=f"{model.modes} modes fitted to a Purcell spectrum, {min(lengths):.4g} to "
        f"{max(lengths):.4g} µm, to within {deviation:.2g}",
        fit_error=deviation,
    )


def _checked(
    wavelengths: ArrayLike, purcell: ArrayLike, emitter_wavelength: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lengths, factors = np.asarray(wavelengths, float), np.asarray(purcell, float)
    if lengths.ndim != 1 or lengths.shape != factors.shape:
        raise InputError(
            f"wavelengths {lengths.shape} and purcell {factors.shape} must be two vectors of one "
            "length."
        )
    if lengths.size < 8:
        raise InputError(f"{lengths.size} points given; a fit needs at least 8.")
    if not (np.isfinite(lengths) & (lengths > 0)).all() or np.unique(lengths).size < lengths.size:
        raise InputError("wavelengths must be finite, > 0 and all different (in µm).")
    if not (np.isfinite(factors) & (factors >= 0)).all() or not factors.any():
        raise RangeError(
            f"purcell contains {np.nanmin(factors):g}; every factor must be finite and ≥ 0, and "
            "one above 0: a passive surrounding only takes power."
        )
    if not lengths.min() <= emitter_wavelength <= lengths.max():
        raise RangeError(
            f"the emitter's wavelength {emitter_wavelength:g} µm is outside the spectrum, "
            f"{lengths.min():g} to {lengths.max():g} µm."
        )
    return lengths, factors


def _scaled(
    lengths: NDArray[np.float64],
    factors: NDArray[np.float64],
    emitter_wavelength: float,
    radiative_rate: float,
) -> _Spectrum:
    omega = 2 * pi * SPEED_OF_LIGHT / lengths
    order = np.argsort(omega)
    omega = omega[order]
    rate = radiative_rate * (omega / angular_frequency(emitter_wavelength)) ** 3
    density = factors[order] * rate / (2 * pi)
    centre, half_width = (omega[0] + omega[-1]) / 2, (omega[-1] - omega[0]) / 2
    peak = float(density.max())
    x, density = (omega - centre) / half_width, density / peak
    if x.size > _POINTS:
        kept = np.unique(np.linspace(0, x.size - 1, _POINTS).astype(int))
        kept = np.union1d(kept, [int(density.argmax()), int(density.argmin())])
        x, density = x[kept], density[kept]
    return _Spectrum(x, density, centre, half_width, peak)


def _choose(spectrum: _Spectrum, tolerance: float, max_modes: int) -> tuple[_Model, float]:
    """The model with the number of modes that the data support, and its largest deviation."""
    rng = np.random.default_rng(2021)  # the fit is a function of its data alone
    points = spectrum.x.size
    best: tuple[float, _Model] | None = None
    model: _Model | None = None
    worse = 0
    for modes in range(1, max_modes + 1):
        if 4 * modes >= points:
            break
        model = _fit(spectrum, modes, model, tolerance, rng)
        residual = (model.density(spectrum.x) - spectrum.density) * spectrum.weights
        # A passive rational function with N pole pairs and a constant has 4N free numbers.
        criterion = points * np.log((residual**2).mean() + 1e-30) + 4 * modes * np.log(points)
        if best is None or criterion < best[0]:
            best, worse = (float(criterion), model), 0
        else:
            worse += 1
        if np.abs(residual).max() <= tolerance or worse == 2:
            break
    assert best is not None  # at least 8 points allow one mode
    chosen = best[1]
    deviation = np.abs(chosen.density(spectrum.x) - spectrum.density) * spectrum.weights
    return chosen, float(deviation.max())


def _fit(
    spectrum: _Spectrum,
    modes: int,
    previous: _Model | None,
    tolerance: float,
    rng: np.random.Generator,
) -> _Model:
    """Least squares from several starts: a short look at each, then the best two to the end."""
    good = (0.2 * tolerance) ** 2 * spectrum.x.size
    tried: list[tuple[float, _Model]] = []
    for start in _starts(spectrum, modes, previous, rng):
        model, cost = _polish(spectrum, start, 30)
        tried.append((cost, model))
        if cost < good:
            break
    tried.sort(key=lambda pair: pair[0])
    finished = [_polish(spectrum, model, 300) for _, model in tried[:2]]
    finished.sort(key=lambda pair: pair[1])
    # A line much narrower than the grid can hide between two points: nothing supports it.
    seen = [pair for pair in finished if pair[0].narrowest > 0.3 * spectrum.spacing]
    return (seen or finished)[0][0]


def _starts(
    spectrum: _Spectrum, modes: int, previous: _Model | None, rng: np.random.Generator
) -> Iterator[_Model]:
    """Models that the spectrum suggests.

    A Fano shape is a narrow mode that loses its energy only through its coupling to a wide one,
    ω₁₂ = ½√(width · κ): such starts are tried besides modes with losses of their own.
    """
    floor = float(spectrum.density.min())
    peaks = _peaks(spectrum)
    bends = spectrum.x[np.argsort(-np.abs(np.gradient(spectrum.density, spectrum.x)))[:1]]
    if previous is not None:
        count = previous.modes
        missing = spectrum.density - previous.density(spectrum.x)
        size = float(np.abs(missing).max())
        place = float(spectrum.x[np.abs(missing * spectrum.weights).argmax()])
        for width in (0.02, 0.2, 10.0):
            own = np.sqrt(size * width / 2)
            yield _extended(previous, place, width, own, 0.1 * rng.normal(size=count))
            widest = int(previous.kappa.argmax())
            through = np.zeros(count)
            through[widest] = 0.5 * np.sqrt(width * previous.kappa[widest])
            for sign in (1, -1):
                yield _extended(previous, place, 0.01 * width, sign * own, through)
    if modes == 2:
        level = float(np.median(spectrum.density))
        wide = 20.0
        for place in np.unique([*peaks[:1], *bends]):
            for width in (4 * spectrum.spacing, 0.03, 0.2):
                mixing = 0.5 * np.sqrt(width * wide)
                omega = np.array([[0.0, mixing], [mixing, place]])
                for sign in (1, -1):
                    g = np.array([np.sqrt(level * wide / 2), sign * np.sqrt(width / 2)])
                    yield _Model(omega, np.array([wide, 0.03 * width]), g, 0.1 * floor)
    for attempt in range(2 if modes == 1 else 4):
        places = np.array([*peaks, *rng.uniform(-1, 1, modes)])[:modes]
        widths = 10 ** rng.uniform(np.log10(4 * spectrum.spacing), 0, modes)
        omega = 0.2 * attempt * rng.normal(size=(modes, modes))
        omega = np.triu(omega, 1) + np.triu(omega, 1).T + np.diag(places)
        heights = np.interp(places, spectrum.x, spectrum.density)
        g = np.sqrt(np.maximum(heights, 0.05) * widths / 2)
        yield _Model(omega, widths, g, floor)


def _extended(
    model: _Model, place: float, width: float, g: float, couplings: NDArray[np.float64]
) -> _Model:
    """The model with one more mode."""
    count = model.modes
    omega = np.zeros((count + 1, count + 1))
    omega[:count, :count] = model.omega
    omega[count, :count] = omega[:count, count] = couplings
    omega[count, count] = place
    kappa = np.append(model.kappa, width)
    return _Model(omega, kappa, np.append(model.g, g), model.background)


def _peaks(spectrum: _Spectrum) -> NDArray[np.float64]:
    """Places of the local maxima, highest first."""
    inner = spectrum.density[1:-1]
    found = 1 + np.flatnonzero((inner >= spectrum.density[:-2]) & (inner > spectrum.density[2:]))
    return spectrum.x[found[np.argsort(-spectrum.density[found])]]


def _polish(spectrum: _Spectrum, start: _Model, evaluations: int) -> tuple[_Model, float]:
    """Least squares from one start: the model and the sum of its squared deviations."""
    modes, weights = start.modes, spectrum.weights
    couplings = modes * (modes + 1) // 2
    free = np.full(modes, np.inf)
    off_diagonal = np.full(couplings, _STRONGEST)
    rows, columns = np.triu_indices(modes)
    off_diagonal[rows == columns] = _FARTHEST
    lower = np.concatenate([-off_diagonal, np.full(modes, 1e-9), -free, [0.0]])
    upper = np.concatenate([off_diagonal, np.full(modes, _WIDEST), free, [1.0]])

    responses: dict[bytes, NDArray[np.complex128]] = {}

    def deviation(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        model = _Model.unpack(parameters, modes)
        responses.clear()
        responses[parameters.tobytes()] = y = model.response(spectrum.x)
        return ((y @ model.g).imag + model.background - spectrum.density) * weights

    def slope(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        model = _Model.unpack(parameters, modes)
        y = responses.get(parameters.tobytes())  # as a rule the last point that was evaluated
        if y is None:
            y = model.response(spectrum.x)
        return model.jacobian(y) * weights[:, None]

    initial = np.clip(start.pack(), lower + 1e-7, upper - 1e-7)
    result = least_squares(
        deviation, initial, slope, bounds=(lower, upper), x_scale="jac", max_nfev=evaluations
    )
    return _Model.unpack(result.x, modes), float(2 * result.cost)
