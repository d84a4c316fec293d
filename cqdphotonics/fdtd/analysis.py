"""What one run says, in physical terms: from raw arrays to Purcell factors and shares of power."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cqdphotonics.fdtd.farfield import ANGLES, AngularPower, from_plane, from_radial
from cqdphotonics.fdtd.guided import guided_ports
from cqdphotonics.fdtd.job import Job
from cqdphotonics.fdtd.leaving import (
    has_walls,
    layers_outside,
    layers_through_dot,
    over_angle,
    over_map,
)
from cqdphotonics.fdtd.nearfar import Layers
from cqdphotonics.fdtd.pattern import PlaneWaves, directions
from cqdphotonics.fdtd.ring_source import has_ring, missing_waves
from cqdphotonics.fdtd.store import RawResult

CLOSURE_LIMIT = 0.05
"""Largest accepted mismatch between the dipole's work and the power leaving, of the peak's work."""

CLOSURE_TAIL = 0.2
"""Up to this share extrapolated in time the energy balance is a test of the run."""

LOWEST_Q = 5.0

LEAST_TRACE = 0.05
"""A mode changes the spectrum by at least this share of its highest value."""


@dataclass(frozen=True)
class Resonance:
    """A decaying mode seen by the dipole: vacuum wavelength in µm and quality factor."""

    wavelength: float
    quality: float


@dataclass(frozen=True)
class Check:
    """One test that a run passed or failed: `value` should not exceed `limit`."""

    name: str
    value: float
    limit: float

    @property
    def passed(self) -> bool:
        """Whether the value is a number within the limit."""
        return bool(np.isfinite(self.value) and self.value <= self.limit)

    def __str__(self) -> str:
        verb = "" if self.passed else " — FAILED"
        return f"{self.name} {self.value:.2g} (limit {self.limit:.2g}){verb}"


class Analysis:
    """The physics in a raw result; spectra are ordered by ascending wavelength.

    Parameters
    ----------
    job : Job
        What was run.
    raw : RawResult
        What came out.
    index : dict
        Refractive index of the medium "up" and "down".
    """

    def __init__(self, job: Job, raw: RawResult, index: dict[str, float]) -> None:
        self.job, self.raw, self.index = job, raw, index
        arrays = raw.arrays
        order = np.argsort(1 / arrays["frequencies"])
        self.wavelength = (1 / arrays["frequencies"])[order]
        self.emission = int(np.argmin(np.abs(self.wavelength - 1 / job.emission_frequency)))

        def enhancement(name: str) -> np.ndarray:
            return (arrays[name].real / arrays["work_reference"].real)[order]

        self.purcell = enhancement("work")
        self.purcell_window = enhancement("work_window")
        self._truncated = enhancement("work_truncated")
        self._reference = arrays["flux_reference"][order]
        self.flux = {
            side: arrays[f"flux_{side}"][order] / self._reference for side in ("up", "down", "side")
        }
        """Power leaving through each face until the end of the run, in units of the reference."""
        self._order = order
        self._maps: dict[tuple[str, int], PlaneWaves] = {}
        self._more: dict[tuple[str, int], float] = {}
        self._radial: dict[tuple[str, int], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._angular: dict[tuple[str, int], AngularPower] = {}
        self._layers: dict[int, Layers | None] = {}
        self.lossy = any(medium.poles for medium in job.media.values())

    @property
    def _line(self) -> float:
        """How high a line between the points of the spectrum is, 0 where that was not asked."""
        arrays = self.raw.arrays
        height = float(arrays["height"]) if "height" in arrays else 0.0
        return height / float(np.abs(arrays["work_reference"].real).mean())

    @property
    def highest(self) -> float:
        """The highest Purcell factor in the band, also on a line between two of its points."""
        return max(float(self.purcell.max()), self._line)

    @cached_property
    def leaving(self) -> np.ndarray:
        """Sum of `flux`."""
        return np.sum(list(self.flux.values()), axis=0)

    @property
    def work_until_end(self) -> np.ndarray:
        """The dipole's work as far as the monitors know it, in units of the reference."""
        return self._truncated

    @cached_property
    def closure(self) -> np.ndarray:
        """(Power leaving − work) over the largest work in the band, as far as the monitors know it.

        Without absorption it should be 0; with absorption it is minus the absorbed share, and the
        balance is that of `cqdphotonics.fdtd.budget`.
        """
        return (self.leaving - self._truncated) / self._truncated.max()

    @cached_property
    def radiated(self) -> dict[str, np.ndarray]:
        """Power that leaves unguided, by face, in units of the reference, completed by the tail.

        In the proportions seen until the end of the run: of all that left where nothing is
        absorbed, of all work otherwise (such runs leave little to the tail).
        """
        radiated = {side: self._completed(part) for side, part in self.flux.items()}
        # All ports lie on the sides of the closed surface.
        radiated["side"] = radiated["side"] - sum(self.guided.values(), np.zeros_like(self.purcell))
        return radiated

    def _completed(self, part: np.ndarray) -> np.ndarray:
        whole = self._truncated if self.lossy else self.leaving
        return self.purcell * part / whole

    @cached_property
    def guided(self) -> dict[str, np.ndarray]:
        """Power in the guided modes of each port, as `radiated`."""
        return {
            name: self._completed(port.guided[self._order] / self._reference)
            for name, port in guided_ports(self.job, self.raw).items()
        }

    @cached_property
    def port_flux(self) -> dict[str, np.ndarray]:
        """Power through the plane of each port, guided or not, as `radiated`."""
        return {
            name: self._completed(port.flux[self._order] / self._reference)
            for name, port in guided_ports(self.job, self.raw).items()
        }

    @cached_property
    def absorbed(self) -> np.ndarray:
        """Absorbed power in units of the reference: the work that does not leave."""
        if not self.lossy:
            return np.zeros_like(self.purcell)
        parts = [*self.radiated.values(), *self.guided.values()]
        return self.purcell - np.sum(parts, axis=0)

    @property
    def near_wavelengths(self) -> np.ndarray:
        """Wavelengths in µm at which far fields are known."""
        frequencies = self.job.near_frequencies or (self.job.emission_frequency,)
        return 1 / np.array(frequencies)

    def emitted(self, number: int) -> float:
        """All power at near wavelength `number` until the end of the run, as fields squared.

        With what a dipole radiates more than the ring current of a cylindrical run.
        """
        here = int(np.argmin(np.abs(self.wavelength - self.near_wavelengths[number])))
        total = (self._truncated if self.lossy else self.leaving)[here] * self._reference[here]
        if has_ring(self.job) and self.layers(number) is not None:
            for direction in self.index:
                self.waves_over_angle(direction, number)
                total += self._more[direction, number]
        return float(total)

    def angular(self, direction: str, number: int | None = None) -> AngularPower:
        """Power by angle into `direction` ("up" or "down"), relative to all emitted power.

        Parameters
        ----------
        direction : {"up", "down"}
        number : int, optional
            Which of `near_wavelengths`; the emission's by default.
        """
        if number is None:
            number = int(np.argmin(np.abs(self.near_wavelengths * self.job.emission_frequency - 1)))
        if (direction, number) not in self._angular:
            self._angular[direction, number] = self._angular_power(direction, number)
        return self._angular[direction, number]

    def _angular_power(self, direction: str, number: int) -> AngularPower:
        if self.layers(number) is None:
            power = self._through_plane(direction, number)
        elif self.job.formulation == "cylindrical":
            _, p, s = self.waves_over_angle(direction, number)
            power = _angular_power(p, s)
        else:
            power = self.waves_on_map(direction, number).mean(ANGLES)
        return AngularPower(power.theta, power.intensity / self.emitted(number))

    def _through_plane(self, direction: str, number: int) -> AngularPower:
        """From the plane above or below alone: what passes beside it is missed."""
        arrays, index = self.raw.arrays, self.index[direction]
        fields, wavelength = arrays[f"plane_{direction}"][number], self.near_wavelengths[number]
        x, y = arrays[f"plane_{direction}_x"], arrays[f"plane_{direction}_y"]
        if self.job.formulation == "cylindrical":
            power = from_radial(fields, x, self.job.angular_number, 1 / wavelength, index)
        else:
            power = from_plane(fields, x, y, 1 / wavelength, index)
        sign = 1.0 if direction == "up" else -1.0
        return AngularPower(power.theta, sign * power.intensity)

    def layers(self, number: int) -> Layers | None:
        """What is outside of the closed surface, where that is plane layers and nothing else."""
        if number not in self._layers:
            frequency = 1 / self.near_wavelengths[number]
            self._layers[number] = (
                layers_outside(self.job, frequency, self.index) if has_walls(self.raw) else None
            )
        return self._layers[number]

    def waves_over_angle(
        self, direction: str, number: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """sin θ, and amplitudes p and s of a cylindrical run at azimuth 0, per |J|².

        At the angles of `angular`, and halfway between them; those of a dipole, not of the ring
        current that stood for it.
        """
        if (direction, number) not in self._radial:
            layers, up = self.layers(number), direction == "up"
            assert layers is not None
            sines = np.sin(np.linspace(0, np.pi / 2, 2 * ANGLES - 1))
            index = self.index[direction]
            p, s = over_angle(self.job, self.raw, number, layers, index, sines, up)
            self._more[direction, number] = 0.0
            frequency = 1 / self.near_wavelengths[number]
            inside = layers_through_dot(self.job, frequency, self.index)
            if has_ring(self.job) and inside is not None:
                ring = _angular_power(p, s).within(index, index)
                more = missing_waves(self.job, self.raw, frequency, inside, index, sines, up)
                p, s = p + more[0], s + more[1]
                self._more[direction, number] = _angular_power(p, s).within(index, index) - ring
            self._radial[direction, number] = sines, p, s
        return self._radial[direction, number]

    def waves_on_map(self, direction: str, number: int) -> PlaneWaves:
        """Plane waves of a 3D run from its whole closed surface, per |J|²."""
        if (direction, number) not in self._maps:
            layers = self.layers(number)
            assert layers is not None
            axis = directions()
            ux, uy = np.meshgrid(axis, axis, indexing="ij")
            u = np.hypot(ux, uy)
            # A little beyond the horizon its own values go on, for what interpolates.
            known = u < 1 + 3 / len(axis)
            ahead = np.minimum(1, (1 - 1e-9) / np.maximum(u, 1e-9))[known]
            index, up = self.index[direction], direction == "up"
            places = (ux[known] * ahead, uy[known] * ahead)
            parts = over_map(self.job, self.raw, number, layers, index, *places, up)
            p, s = np.zeros(ux.shape, complex), np.zeros(ux.shape, complex)
            p[known], s[known] = parts
            waves = PlaneWaves(p, s, index, 1 / self.near_wavelengths[number])
            self._maps[direction, number] = waves
        return self._maps[direction, number]

    def collected(
        self, direction: str, apertures: Sequence[float], wavelength: float
    ) -> np.ndarray:
        """Share of the total power into each aperture at `wavelength` (µm).

        Interpolated between the two nearest of `near_wavelengths`, and constant beyond their ends.
        """
        order = np.argsort(self.near_wavelengths)
        known = self.near_wavelengths[order]
        upper = int(np.clip(np.searchsorted(known, wavelength), 1, max(len(known) - 1, 1)))
        exact = np.flatnonzero(known == wavelength)
        chosen = order[exact] if exact.size else order[upper - 1 : upper + 1]
        index = self.index[direction]
        shares = np.array(
            [
                [power.within(na, index) for na in apertures]
                for power in (self.angular(direction, int(number)) for number in chosen)
            ]
        )
        places = self.near_wavelengths[chosen]
        return np.array([np.interp(wavelength, places, column) for column in shares.T])

    def resonances(self) -> list[Resonance]:
        """Modes of the ring-down that shape the spectrum in its band, strongest first.

        What rings without a trace in the spectrum is left out: Meep 1.25 leaves a numerical wave
        along the axis of cylindrical runs.
        """
        if "resonances" not in self.raw.arrays:
            return []
        frequency, amplitude = self.raw.arrays["resonances"]
        found = []
        for f, _ in sorted(zip(frequency, np.abs(amplitude), strict=True), key=lambda fa: -fa[1]):
            mode = Resonance(float(1 / f.real), float(f.real / (-2 * f.imag)))
            inside = self.wavelength[0] <= mode.wavelength <= self.wavelength[-1]
            if inside and mode.quality >= LOWEST_Q and self._shows(mode):
                found.append(mode)
        return found

    def _shows(self, mode: Resonance) -> bool:
        spacing = self.wavelength[1] - self.wavelength[0]
        reach = max(2 * mode.wavelength / mode.quality, 2 * spacing)
        near = self.purcell[np.abs(self.wavelength - mode.wavelength) <= reach]
        return bool(np.ptp(near) >= LEAST_TRACE * self.purcell.max())

    def missed(self, direction: str) -> float:
        """Share of the power through the plane of `direction` that its plane waves do not hold.

        A plane that ends too near cuts the fields: what passes beside it, and what its edge
        scatters, is an error of every collection taken from it. Nothing is cut off where the far
        field comes from the whole closed surface; then it is what all angles together lack of the
        power, where films guide and absorb none of it.
        """
        number = int(np.argmin(np.abs(self.near_wavelengths * self.job.emission_frequency - 1)))
        if (layers := self.layers(number)) is not None:
            outer = max(np.real(layers.epsilon[0]), np.real(layers.epsilon[-1]))
            if any(np.real(e) > 1.02 * outer or np.imag(e) for e in layers.epsilon):
                return 0.0
            held = sum(self.angular(side).within(n, n) for side, n in self.index.items())
            return float(abs(held - 1))
        index = self.index[direction]
        through = self.flux[direction][self.emission]
        held = self.angular(direction).within(index, index)
        total = (self._truncated if self.lossy else self.leaving)[self.emission]
        return float(abs(held * total / through - 1))

    def checks(self) -> list[Check]:
        """Whether the run ended converged, its windows agree and its energy balance closes."""
        time, tail, change, ended = self.raw.arrays["summary"]
        stop = self.job.stop
        highest = self.highest
        window = np.abs(self.purcell - self.purcell_window).max() / highest
        out = [
            Check("change of the completed spectrum between windows", window, 4 * stop.agreement),
        ]
        if "completed_share" in self.raw.arrays:
            share = float(self.raw.arrays["completed_share"])
            name = f"{share:.0%} of the spectrum from its modes, on the monitors and at the dipole"
            out.append(Check(name, float(tail), 4 * stop.agreement))
        else:
            name = "share of the spectrum extrapolated in time"
            out.append(Check(name, float(tail), stop.largest_tail))
        if not ended:
            out.append(Check(f"still changing at the time limit of {time:.0f} µm/c by", change, 0))
        # A mode that still holds a share a of its amplitude at the end puts work (1 − a cos φ) and
        # flux |1 − a exp(iφ)|² out of balance by up to a + a².
        if not self.lossy and tail <= CLOSURE_TAIL:
            worst = np.abs(self.closure).max()
            limit = CLOSURE_LIMIT + float(tail) * (1 + float(tail))
            out.append(Check("energy balance, work against power leaving", worst, limit))
        lowest = -self.purcell.min() / highest
        out.append(Check("negative power somewhere in the spectrum", max(lowest, 0.0), 0.01))
        return out

    def cross_section(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """x, z, |E|² (x, z) and ε (x, z) through the emitter at the emission wavelength."""
        arrays = self.raw.arrays
        x, z = arrays["cut_x"], arrays["cut_z"]
        intensity, epsilon = arrays["cut_intensity"], arrays["cut_epsilon"]
        if self.job.formulation == "cylindrical":
            # Stored as (z, r); the other half is its image.
            intensity, epsilon = intensity.T, epsilon.T
            x = np.concatenate([-x[::-1], x])
            intensity = np.concatenate([intensity[::-1], intensity])
            epsilon = np.concatenate([epsilon[::-1], epsilon])
        return x, z, intensity, epsilon


def _angular_power(p: np.ndarray, s: np.ndarray) -> AngularPower:
    """Of amplitudes at the angles of `Analysis.waves_over_angle`."""
    intensity = np.abs(p[::2]) ** 2 + np.abs(s[::2]) ** 2
    return AngularPower(np.linspace(0, np.pi / 2, ANGLES), intensity)
