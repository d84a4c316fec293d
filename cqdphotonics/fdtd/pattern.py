"""Plane waves that leave a device: pattern over both angles, fibres, and other media.

A half-space holds, for each direction, one plane wave polarised along θ ("p") and one along φ
("s"). Their complex amplitudes, squared, are power per steradian. All else follows: the pattern
over polar angle and azimuth, the coupling to a Gaussian mode, and the share that passes into
another medium far away.

Directions are written as direction cosines (ux, uy) = sin θ (cos φ, sin φ) inside the half-space,
and phases are those of waves that come from the emitter's place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.fdtd.farfield import AngularPower
from cqdphotonics.fdtd.overlap import Fibre, GaussianOverlap, Overlap, together

if TYPE_CHECKING:
    import xarray as xr

    from cqdphotonics.fdtd.analysis import Analysis

POINTS = 121
"""Directions along ux and uy: details down to 1/60 in sin θ."""

_FOCI = 4.0
"""A waist is looked for so many wavelengths before and behind the emitter."""


def directions(points: int = POINTS) -> np.ndarray:
    """Direction cosines along one axis of the map."""
    return np.linspace(-1, 1, points)


@dataclass(frozen=True)
class PlaneWaves:
    """Amplitudes over direction cosines, (n, n) complex; what is beyond the horizon doesn't count.

    |p|² + |s|² is power per steradian; `index` is that of the half-space, `frequency` 1/λ in 1/µm.
    """

    p: np.ndarray
    s: np.ndarray
    index: float
    frequency: float

    @property
    def intensity(self) -> np.ndarray:
        """Power per steradian over (ux, uy)."""
        return np.abs(self.p) ** 2 + np.abs(self.s) ** 2

    def power(self, within: float | None = None) -> float:
        """Power inside the cone of index·sin θ ≤ `within` (all of it if not given)."""
        cosine, _, u = self._angles()
        edge = 1.0 if within is None else within / self.index
        share = _covered(u, edge, len(self.p))
        return float((self.intensity / cosine * share).sum() * self._cell)

    @property
    def _cell(self) -> float:
        return (2 / (len(self.p) - 1)) ** 2

    def _angles(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """cos θ (kept away from 0), φ and sin θ over the map."""
        axis = directions(len(self.p))
        ux, uy = np.meshgrid(axis, axis, indexing="ij")
        u = np.hypot(ux, uy)
        return np.sqrt(np.maximum(1 - u**2, 1e-3)), np.arctan2(uy, ux), u

    def gaussian(self, na: float, focus: float | None = None) -> GaussianOverlap:
        """Coupling to a Gaussian mode, as behind an objective that obeys the sine condition.

        Parameters
        ----------
        na : float
            Where the mode's intensity over angle has fallen to exp(−2): its waist is λ/(π NA).
        focus : float, optional
            Height of the waist above the emitter in µm, outward; the best one if not given.

        Notes
        -----
        The objective turns p into the pupil's radial, s into its azimuthal polarisation, and maps
        n sin θ linearly. The mode is linearly or elliptically polarised, as suits the light best.
        No loss of the objective, and no aperture narrower than the half-space, is taken in.
        """
        if not 0 < na <= self.index:
            raise RangeError(f"NA {na:g}: allowed is more than 0 and up to {self.index:.4g}.")

        def profile(sine: np.ndarray) -> np.ndarray:
            return np.asarray(np.exp(-((sine / na) ** 2)) / np.sqrt(np.pi * na**2 / 2))

        found = self._into_mode(profile, focus)
        return GaussianOverlap(
            found.share, found.focus, found.polarisation, na, 1 / (np.pi * na * self.frequency)
        )

    def fibre(self, fibre: Fibre, focus: float | None = None) -> Overlap:
        """Coupling to the lowest mode of a fibre behind an objective; see `gaussian`."""

        def profile(sine: np.ndarray) -> np.ndarray:
            return fibre.amplitude(sine, 1 / self.frequency)

        return self._into_mode(profile, focus)

    def _into_mode(
        self, profile: Callable[[np.ndarray], np.ndarray], focus: float | None
    ) -> Overlap:
        """Coupling to a mode of an amplitude over n sin θ, of power 1."""
        cosine, phi, u = self._angles()
        mode = self.index * profile(self.index * u) / np.sqrt(cosine) * (u < 1)
        along_x = mode * (self.p * np.cos(phi) - self.s * np.sin(phi))
        along_y = mode * (self.p * np.sin(phi) + self.s * np.cos(phi))
        wave = 2 * np.pi * self.frequency * self.index * np.sqrt(np.maximum(1 - u**2, 0))

        def amplitudes(height: float) -> np.ndarray:
            shift = np.exp(1j * wave * height)
            return np.array([(along_x * shift).sum(), (along_y * shift).sum()]) * self._cell

        def share(height: float) -> float:
            return float((np.abs(amplitudes(height)) ** 2).sum())

        if focus is None:
            from scipy.optimize import minimize_scalar

            reach = _FOCI / (self.frequency * self.index)
            coarse = np.linspace(-reach, reach, 65)
            start = float(coarse[np.argmax([share(h) for h in coarse])])
            step = coarse[1] - coarse[0]
            found = minimize_scalar(
                lambda h: -share(h), bounds=(start - step, start + step), method="bounded"
            )
            focus = float(found.x)
        x, y = amplitudes(focus)
        return Overlap(share(focus), focus, (complex(x), complex(y)))

    def into(self, immersion: float, na: float) -> float:
        """Power inside n sin θ ≤ `na` of a medium far away, behind a plane surface.

        Fresnel's transmission of that one surface is taken in; what it reflects back is lost. The
        medium must be many wavelengths away from the device, whose near field it would change.
        """
        if not immersion > 0:
            raise InputError(f"immersion index {immersion:g} must be positive.")
        cosine, _, u = self._angles()
        beyond = np.sqrt(np.maximum(1 - (self.index * u / immersion) ** 2, 0))
        n1, n2 = self.index, immersion
        t_s = 4 * n1 * cosine * n2 * beyond / (n1 * cosine + n2 * beyond) ** 2
        t_p = 4 * n1 * cosine * n2 * beyond / (n2 * cosine + n1 * beyond) ** 2
        edge = min(na / self.index, immersion / self.index, 1.0)
        passing = np.abs(self.p) ** 2 * t_p + np.abs(self.s) ** 2 * t_s
        return float((passing / cosine * _covered(u, edge, len(self.p))).sum() * self._cell)

    def mean(self, apertures: int = 181) -> AngularPower:
        """Power per steradian by polar angle, averaged over the azimuth."""
        from scipy.interpolate import RegularGridInterpolator

        axis = directions(len(self.p))
        lookup = RegularGridInterpolator((axis, axis), self.intensity)
        theta, phi = np.linspace(0, np.pi / 2, apertures), np.arange(120) * 2 * np.pi / 120
        u = np.sin(theta) * (1 - 1e-12)
        places = np.stack([np.outer(u, np.cos(phi)), np.outer(u, np.sin(phi))], axis=-1)
        return AngularPower(theta, lookup(places).mean(axis=1))


def _covered(u: np.ndarray, edge: float, points: int) -> np.ndarray:
    """Share of each cell inside u < edge, linear over the cell's width."""
    width = 2 / (points - 1)
    return np.clip((min(edge, 1.0) - u) / width + 0.5, 0, 1)


def waves_of_plane(
    fields: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    frequency: float,
    index: float,
    height: float,
    points: int = POINTS,
) -> PlaneWaves:
    """Plane waves from tangential fields on a plane.

    Parameters
    ----------
    fields : (4, nx, ny) complex array
        E_x, E_y, H_x, H_y.
    x, y : arrays
        µm from the emitter, uniform.
    frequency, index
        1/µm, and that of the half-space.
    height : float
        Of the plane above the emitter; below it where negative: light then leaves downward.
    """
    weights = [np.full(len(axis), axis[1] - axis[0]) for axis in (x, y)]
    for weight in weights:
        weight[[0, -1]] *= 0.5
    k = 2 * np.pi * frequency * index
    axis = directions(points)
    kernels = [
        np.exp(-1j * k * np.outer(axis, a)) * w for a, w in zip((x, y), weights, strict=True)
    ]
    e_x, e_y, h_x, h_y = kernels[0] @ fields @ kernels[1].T
    ux, uy = np.meshgrid(axis, axis, indexing="ij")
    c, s = _turn(ux, uy)
    e_k, e_phi = c * e_x + s * e_y, c * e_y - s * e_x
    h_k, h_phi = c * h_x + s * h_y, c * h_y - s * h_x
    p, s_wave = _outgoing(e_k, e_phi, h_k, h_phi, np.hypot(ux, uy), k, index, height)
    # dP = density d²k / 4π², d²k = k² cos θ dΩ, of which _outgoing holds k √cos θ.
    return PlaneWaves(p / (2 * np.pi), s_wave / (2 * np.pi), index, frequency)


def _turn(ux: np.ndarray, uy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """cos φ and sin φ; at the pole φ = 0."""
    u = np.hypot(ux, uy)
    safe = np.where(u > 0, u, 1.0)
    return np.where(u > 0, ux / safe, 1.0), uy / safe


def _outgoing(
    e_k: np.ndarray,
    e_phi: np.ndarray,
    h_k: np.ndarray,
    h_phi: np.ndarray,
    u: np.ndarray,
    k: float,
    index: float,
    height: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Amplitudes p and s of the waves that go out, from both fields, at the emitter's height."""
    cosine = np.sqrt(np.maximum(1 - u**2, 0))
    side = 1.0 if height > 0 else -1.0
    # √cos θ of the solid angle times the impedances: no division by cos θ is left in H.
    lifted = np.maximum(cosine, 1e-3)
    p = 0.5 * (e_k * np.sqrt(index) + side * h_phi * lifted / np.sqrt(index))
    s = 0.5 * (e_phi * lifted * np.sqrt(index) - side * h_k / np.sqrt(index))
    back = np.exp(-1j * k * cosine * abs(height)) * k * (u <= 1)
    return p * back, s * back


def waves_of_radius(
    fields: np.ndarray,
    radius: np.ndarray,
    m: int,
    frequency: float,
    index: float,
    height: float,
    axis_angle: float = 0.0,
    points: int = POINTS,
) -> PlaneWaves:
    """Plane waves from fields ∝ exp(imφ) along the radius, of a linear dipole.

    Parameters
    ----------
    fields : (4, n) complex array
        E_r, E_φ, H_r, H_φ at φ = 0.
    radius : (n,) array
        µm.
    m : {0, 1}
        For m = 1 the light of a linear dipole is that of exp(iφ) and of its mirror image together.
    frequency, index, height
        As for `waves_of_plane`.
    axis_angle : float
        Of the linear dipole from x, rad.
    """
    from scipy.special import jv

    e_r, e_phi, h_r, h_phi = fields
    sines = np.sin(np.linspace(0, np.pi / 2, 361))
    k = 2 * np.pi * frequency * index
    step = np.gradient(radius)
    transforms = {}
    for sign in (1, -1):
        kernel = 2 * np.pi * jv(m + sign, np.outer(k * sines, radius)) * (radius * step)
        # (−i)^(m ± 1) of the transform, without the (−i)^m that both share.
        phase = -1j if sign == 1 else 1j
        transforms[sign] = [
            phase * (kernel @ (a + sign * 1j * b)) for a, b in ((e_r, e_phi), (h_r, h_phi))
        ]
    e_k, h_k = ((transforms[1][n] + transforms[-1][n]) / 2 for n in (0, 1))
    e_f, h_f = ((transforms[1][n] - transforms[-1][n]) / 2j for n in (0, 1))
    p, s = _outgoing(e_k, e_f, h_k, h_f, sines, k, index, height)
    return _about_axis(
        p / (2 * np.pi), s / (2 * np.pi), sines, m, index, frequency, axis_angle, points
    )


def _about_axis(
    p: np.ndarray,
    s: np.ndarray,
    sines: np.ndarray,
    m: int,
    index: float,
    frequency: float,
    axis_angle: float,
    points: int = POINTS,
) -> PlaneWaves:
    """Waves over both angles from amplitudes at azimuth 0 of fields ∝ exp(imφ)."""
    axis = directions(points)
    ux, uy = np.meshgrid(axis, axis, indexing="ij")
    u, phi = np.hypot(ux, uy), np.arctan2(uy, ux) - axis_angle
    inside = u < 1 + 3 / points  # a little beyond the horizon, for what interpolates

    def spread(values: np.ndarray) -> np.ndarray:
        parts = [np.interp(u, sines, part) for part in (values.real, values.imag)]
        return (parts[0] + 1j * parts[1]) * inside

    if m == 0:
        return PlaneWaves(spread(p), spread(s), index, frequency)
    return PlaneWaves(
        np.sqrt(2) * spread(p) * np.cos(phi), 1j * np.sqrt(2) * spread(s) * np.sin(phi),
        index, frequency,
    )  # fmt: skip


def waves_of_run(run: "Analysis", direction: str, dipole: str) -> PlaneWaves:
    """Plane waves at the emission wavelength into `direction`, of a total power of 1.

    Parameters
    ----------
    run : Analysis
    direction : {"up", "down"}
    dipole : {"x", "y", "z"}
        Axis; it turns the pattern of a cylindrical run.
    """
    job, arrays = run.job, run.raw.arrays
    number = int(np.argmin(np.abs(run.near_wavelengths * job.emission_frequency - 1)))
    frequency, index = 1 / run.near_wavelengths[number], run.index[direction]
    turn = np.pi / 2 if dipole == "y" else 0.0
    layers = run.layers(number)
    if layers is not None and job.formulation == "cylindrical":
        sines, p, s = run.waves_over_angle(direction, number)
        waves = _about_axis(p, s, sines, job.angular_number, index, frequency, turn)
    elif layers is not None:
        waves = run.waves_on_map(direction, number)
    else:
        fields = arrays[f"plane_{direction}"][number]
        x, y = arrays[f"plane_{direction}_x"], arrays[f"plane_{direction}_y"]
        height = job.box[3] if direction == "up" else -job.box[2]
        if job.formulation == "cylindrical":
            waves = waves_of_radius(fields, x, job.angular_number, frequency, index, height, turn)
        else:
            waves = waves_of_plane(fields, x, y, frequency, index, height)
    scale = 1 / np.sqrt(run.emitted(number))
    return replace(waves, p=waves.p * scale, s=waves.s * scale)


def wave_variables(waves: Mapping[str, PlaneWaves], dipole: str) -> dict[str, Any]:
    """Variable and coordinates of a dataset that `waves_from` reads.

    Parameters
    ----------
    waves : mapping
        Plane waves by direction.
    dipole : str
        The axis that they belong to.
    """
    both = np.stack([np.stack([w.p, w.s]) for w in waves.values()])
    parts = np.stack([both.real, both.imag], axis=2).astype(np.float32)
    axis = directions(parts.shape[-1])
    return {
        "data": {
            "waves": (
                ("polarised", "direction", "sp", "part", "ux", "uy"),
                parts[None],
                {"units": "root of total power per steradian"},
            )
        },
        "coords": {
            "polarised": [dipole],
            "sp": ["p", "s"],
            "part": ["real", "imaginary"],
            "ux": axis,
            "uy": axis,
            "half_space_index": ("direction", [w.index for w in waves.values()]),
        },
    }


def waves_from(data: "xr.Dataset", direction: str, wavelength: float) -> list[PlaneWaves]:
    """The plane waves of each dipole (they don't interfere) that a response holds.

    Raises
    ------
    InputError
        For a direction that is not one, or a response without them.
    """
    if direction not in ("up", "down"):
        raise InputError(f"direction '{direction}' is neither 'up' nor 'down'.")
    if "waves" not in data:
        raise InputError("this response holds no plane waves: simulate again.")
    chosen = data["waves"].sel(direction=direction)
    index = float(data["half_space_index"].sel(direction=direction))
    out = []
    for dipole in chosen["polarised"].values:
        parts = chosen.sel(polarised=dipole)
        whole = parts.sel(part="real").values + 1j * parts.sel(part="imaginary").values
        out.append(PlaneWaves(whole[0], whole[1], index, 1 / wavelength))
    return out


def best_gaussian(waves: list[PlaneWaves], na: float) -> GaussianOverlap:
    """Coupling of dipoles that emit independently, all into one mode of one focus."""
    return together(waves, lambda each, focus: each.gaussian(na, focus))
