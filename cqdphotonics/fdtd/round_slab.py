"""A round device as a slab of rings: its resonance and its light in milliseconds, roughly.

Light of a dipole in the plane is guided by the film about it and meets rings of another effective
index. Three steps, each known:

* *guided mode and effective index*: the film's mode e(z), and for each ring the index that the
  variational effective index method gives, n² = n_c² + ∫(ε − ε_c) e² dz / ∫e² dz (Hammer and
  Ivanova, Opt. Quantum Electron. 41, 267 (2009));
* *plane problem*: H_z ∝ sin φ in the rings, by Bessel functions of order one, matched at each edge;
  what comes back to the dipole is its Purcell factor within the guided mode, exactly so in 2D;
* *light that leaves the plane*: what the effective index leaves of ε in each ring is a current
  that radiates into the layers (volume current method; Snyder and Love, Optical Waveguide Theory,
  ch. 22), together with the dipole's own direct light. What leaves so is missing in the plane: the
  rings get the loss at which both agree.

Nothing is fitted, and nothing is exact: strong rings are beyond first order. It is a model to begin
a search with, and says "unverified".
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import trapezoid
from scipy.linalg import eigh_tridiagonal
from scipy.special import hankel1, j0, j1, jv

from cqdphotonics.errors import GeometryError
from cqdphotonics.fdtd.plane_waves import IncomingWaves, incoming

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

NO_GUIDE = (
    "theory knows devices by the light that the film about the dot guides, and it guides none"
)

_SMALL = 1e-3
"""Argument below which a Bessel function is its first term."""

_FIRST_LOSS, _ROUNDS, _SETTLED = 1e-2, 12, 0.02


@dataclass(frozen=True)
class Profile:
    """Permittivities across a round device.

    Attributes
    ----------
    edges : (n,) array
        Radii in µm at which the rings change.
    epsilon : (n + 1, m) complex array
        Of each ring, from the centre to what lies outside, in layers of `step` from below; with as
        much of the half-spaces as the guided mode reaches into.
    height : float
        Of the emitter above the lowest layer's lower face, in µm.
    below, above : complex
        Permittivities of the half-spaces.
    step : float
        In µm, of the layers and of integrals along the radius.
    """

    edges: Array
    epsilon: ComplexArray
    height: float
    below: complex
    above: complex
    step: float


@dataclass(frozen=True)
class _Mode:
    """A guided mode of the central film: effective index, and e(z) with ∫e² dz = 1."""

    index: float
    field: Array
    at_emitter: float


def guided_mode(profile: Profile, wavenumber: float) -> _Mode:
    """The TE mode of the central film that the dipole excites most.

    Raises
    ------
    GeometryError
        The film guides no light.
    """
    epsilon = profile.epsilon[0].real
    outside = max(profile.below.real, profile.above.real)
    scale = 1 / (wavenumber * profile.step) ** 2
    least, most = outside * (1 + 1e-6), float(epsilon.max())
    if most <= least:
        raise GeometryError(NO_GUIDE)
    values, vectors = eigh_tridiagonal(
        epsilon - 2 * scale, np.full(epsilon.size - 1, scale), select="v",
        select_range=(least, most),
    )  # fmt: skip
    if not values.size:
        raise GeometryError(NO_GUIDE)
    fields = vectors.T / np.sqrt(profile.step)
    heights = (np.arange(epsilon.size) + 0.5) * profile.step
    at_emitter = np.array([np.interp(profile.height, heights, f) for f in fields])
    best = int(np.argmax(at_emitter**2))
    return _Mode(float(np.sqrt(values[best])), fields[best], float(at_emitter[best]))


@dataclass(frozen=True)
class RoundSlab:
    """The model of one device at one wavelength.

    Parameters
    ----------
    profile : Profile
    wavelength : float
        In vacuum in µm.
    loss : float
        Relative imaginary part of the permittivity of the rings, see `settled`.
    """

    profile: Profile
    wavelength: float
    loss: float = 0.0

    @property
    def wavenumber(self) -> float:
        """2π/λ."""
        return 2 * np.pi / self.wavelength

    @cached_property
    def mode(self) -> _Mode:
        """The guided mode of the centre."""
        return guided_mode(self.profile, self.wavenumber)

    @cached_property
    def squares(self) -> Array:
        """n² of each ring without loss; it may be below that of vacuum, or of zero."""
        change = (self.profile.epsilon - self.profile.epsilon[0]).real
        return np.asarray(
            self.mode.index**2 + change @ self.mode.field**2 * self.profile.step, float
        )

    @property
    def host(self) -> float:
        """Index of the emitter's medium."""
        layer = min(int(self.profile.height / self.profile.step), self.profile.epsilon.shape[1] - 1)
        return float(np.sqrt(self.profile.epsilon[0, layer].real))

    @property
    def guided(self) -> float:
        """Power of the dipole into the mode of an endless film, in units of that in its medium."""
        return 3 / 8 * self.wavelength * self.mode.at_emitter**2 / self.host

    @cached_property
    def amplitudes(self) -> ComplexArray:
        """Coefficients (n + 1, 2) of J₁ and H₁ in each ring; that of H₁ at the centre is 1."""
        return matched(self.profile.edges, lossy(self.squares, self.loss), self.wavenumber)

    @property
    def in_plane(self) -> float:
        """Power into the guided mode over that in an endless film."""
        return max(1 + float(self.amplitudes[0, 0].real), 0.0)

    @property
    def outward(self) -> float:
        """Share of that power, in the same unit, that leaves along the plane."""
        outside = self.squares[-1]
        if outside <= 0:
            return 0.0
        return float(abs(self.amplitudes[-1, 1]) ** 2 * self.squares[0] / outside)

    @property
    def _currents(self) -> ComplexArray:
        """What the effective index leaves of ε·e in each ring, (n, m)."""
        change = self.profile.epsilon - self.profile.epsilon[0]
        left = change - (self.squares - self.squares[0])[:, None]
        return np.asarray(left[1:] * self.mode.field)

    def scattered(self, waves: IncomingWaves, index: float) -> tuple[ComplexArray, ComplexArray]:
        """Moments (s, p) that the rings add to the dipole's, at the angles of `waves`."""
        k = self.wavenumber
        across = k * index * np.sin(waves.theta)
        unit = self.mode.at_emitter * np.sqrt(self.squares[0]) * k**2 / 4
        s = np.zeros(waves.theta.size, complex)
        p = np.zeros(waves.theta.size, complex)
        edges = self.profile.edges
        far = edges[-1] + 2 * self.wavelength
        for ring, current in enumerate(self._currents, 1):
            if not np.abs(current).max() > 1e-9:
                continue
            start, end = edges[ring - 1], edges[ring] if ring < edges.size else far
            count = max(int((end - start) / self.profile.step), 8)
            r = np.linspace(start, end, count + 1)
            square = self.squares[ring] * (1 + 1j * self.loss)
            radial, azimuthal = _plane_field(self.amplitudes[ring], square, k, r)
            zero, two = _kernels(across.tobytes(), r.tobytes())
            uniform = trapezoid((radial - azimuthal) / 2 * zero, r) * 2 * np.pi * unit
            turning = trapezoid((radial + azimuthal) / 2 * two, r) * 2 * np.pi * unit
            s += (waves.s @ current) * self.profile.step * (uniform + turning)
            p += (waves.p @ current) * self.profile.step * (uniform - turning)
        return s, p

    @cached_property
    def _waves(self) -> dict[str, tuple[IncomingWaves, float]]:
        """Waves from above and below, with the index there; layers count from below."""
        inside = self.profile.epsilon[0]
        above, below = self.profile.above, self.profile.below
        found = {}
        if transparent(above):
            up = incoming(inside, self.profile.step, above, below, self.wavenumber)
            found["up"] = (up, float(np.sqrt(above.real)))
        if transparent(below):
            down = incoming(inside[::-1], self.profile.step, below, above, self.wavenumber)
            turned = IncomingWaves(down.theta, down.s[:, ::-1], down.p[:, ::-1])
            found["down"] = (turned, float(np.sqrt(below.real)))
        return found

    def leaving(self, *, direct: bool = True) -> dict[str, tuple[Array, Array]]:
        """Power per steradian, averaged over the azimuth, for each direction.

        In units of the dipole's power in its own medium.

        Parameters
        ----------
        direct : bool
            With the light that reaches the half-spaces without the rings.

        Returns
        -------
        dict
            Of "up" and "down", where the half-space is transparent: angles (n,) in rad and
            intensities (n,).
        """
        layers = (np.arange(self.profile.epsilon.shape[1]) + 0.5) * self.profile.step
        found = {}
        for name, (waves, index) in self._waves.items():
            s, p = self.scattered(waves, index)
            if direct:
                s = s + _at(waves.s, layers, self.profile.height)
                p = p + _at(waves.p, layers, self.profile.height)
            density = 3 / (16 * np.pi) * index / self.host * (np.abs(s) ** 2 + np.abs(p) ** 2)
            found[name] = (waves.theta, density)
        return found

    def _with(self, loss: float) -> "RoundSlab":
        """The same with another loss; what does not hang on it is kept."""
        other = replace(self, loss=loss)
        kept = {name: getattr(self, name) for name in ("mode", "squares", "_waves")}
        other.__dict__.update(kept)
        return other

    def settled(self) -> "RoundSlab":
        """The same with the loss in the rings that what leaves the plane stands for."""
        model = self._with(_FIRST_LOSS)
        for _ in range(_ROUNDS):
            lost = (model.in_plane - model.outward) * model.guided
            radiated = sum(power(*each) for each in model.leaving(direct=False).values())
            if lost <= 0:
                break
            ratio = float(np.clip(radiated / lost, 0.1, 10.0))
            model = model._with(model.loss * ratio)
            if abs(ratio - 1) < _SETTLED:
                break
        return model


def transparent(epsilon: complex) -> bool:
    """Whether light gets away through a half-space."""
    return epsilon.real > 0 and abs(epsilon.imag) < 1e-6 * epsilon.real


def power(theta: Array, density: Array, edge: float = np.pi / 2) -> float:
    """Power within an angle of the normal."""
    inside = theta < edge
    ends = np.append(theta[inside], edge)
    values = np.append(density[inside], np.interp(edge, theta, density))
    return float(trapezoid(values * 2 * np.pi * np.sin(ends), ends))


@lru_cache(maxsize=64)
def _kernels(across: bytes, radii: bytes) -> tuple[Array, Array]:
    """J₀(k r) r and J₂(k r) r, (angles, radii)."""
    k, r = np.frombuffer(across), np.frombuffer(radii)
    x = np.outer(k, r)
    zero = j0(x)
    two = np.where(x > _SMALL, 2 * j1(x) / np.maximum(x, _SMALL) - zero, x**2 / 8)
    return zero * r, two * r


def _at(fields: ComplexArray, heights: Array, height: float) -> ComplexArray:
    real, imag = (
        np.array([np.interp(height, heights, row) for row in part])
        for part in (fields.real, fields.imag)
    )
    return np.asarray(real + 1j * imag)


def _plane_field(
    amplitudes: ComplexArray, square: complex, k: float, r: Array
) -> tuple[ComplexArray, ComplexArray]:
    """E_r/cos φ and E_φ/sin φ of H_z = (a J₁ + b H₁) sin φ, at radii r."""
    own = np.sqrt(complex(square))
    x = own * k * r
    a, b = amplitudes
    h = a * jv(1, x) + b * hankel1(1, x)
    slope = a * (jv(0, x) - jv(1, x) / x) + b * (hankel1(0, x) - hankel1(1, x) / x)
    return 1j / (k * square) * h / r, -1j / (k * square) * slope * own * k


def lossy(squares: Array, loss: float) -> ComplexArray:
    """n² (…, n) with a relative loss in all rings but the first and what lies outside.

    Where the dipole sits, and where the power leaves, powers must have a meaning.
    """
    found = squares * (1 + 1j * loss)
    found[..., 0], found[..., -1] = squares[..., 0], squares[..., -1]
    return np.asarray(found)


def matched(edges: Array, squares: ComplexArray, k: float | Array) -> ComplexArray:
    """Amplitudes of J₁ and H₁ in each ring: only outgoing outside, H₁ of amplitude 1 inside.

    Parameters
    ----------
    edges : (n,) array
        Radii in µm.
    squares : (…, n + 1) complex array
        n² of each ring.
    k : float or (…) array
        Wavenumber in vacuum, 1/µm.

    Returns
    -------
    (…, n + 1, 2) complex array
    """
    found = np.zeros((*squares.shape, 2), complex)
    found[..., -1, 1] = 1.0
    for ring in range(squares.shape[-1] - 2, -1, -1):
        r = float(edges[ring])
        # H_z and E_φ ∝ H_z′/n² are continuous.
        (a, b), (c, d) = _both(squares[..., ring], k, r)
        (o, p), (q, s) = _both(squares[..., ring + 1], k, r)
        h = o * found[..., ring + 1, 0] + p * found[..., ring + 1, 1]
        slope = q * found[..., ring + 1, 0] + s * found[..., ring + 1, 1]
        determinant = a * d - b * c
        found[..., ring, 0] = (d * h - b * slope) / determinant
        found[..., ring, 1] = (a * slope - c * h) / determinant
    return np.asarray(found / found[..., :1, 1:])


def _both(
    square: ComplexArray, k: float | Array, r: float
) -> tuple[tuple[ComplexArray, ComplexArray], tuple[ComplexArray, ComplexArray]]:
    """J₁ and H₁ at radius r, and their E_φ but for a factor."""
    own = np.sqrt(np.asarray(square, complex))
    x = own * k * r
    bessel, hankel = jv(1, x), hankel1(1, x)
    unit = own * k / square
    return (bessel, hankel), ((jv(0, x) - bessel / x) * unit, (hankel1(0, x) - hankel / x) * unit)
