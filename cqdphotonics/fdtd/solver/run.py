"""One run of Meep with a dipole: its spectrum of work, and what leaves through a closed surface.

The power of a dipole is taken from the work that it does on its own field, Re(q) with
q = F(f)/J(f), the Fourier transforms of field and current at the dipole. Two facts of Meep 1.25
shape how:

* A Gaussian current leaves a static dipole behind, whose field never decays; an *integrated*
  Gaussian returns the charge to zero. Its current is then recorded half a time step away from the
  field, which mixes the large reactive field into Re(q); turning q by exp(−iω dt/2) takes that
  out: for m = 0 the work then equals the flux through a closed surface to 3e-5.
* The effective volume of the current's voxel cancels when Re(q) is divided by that of a
  homogeneous run on the same grid. That run is part of every job, and its closed flux gives the
  watts that one unit of Re(q) stands for.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import meep as mp
import numpy as np

from cqdphotonics.fdtd import ringdown
from cqdphotonics.fdtd.job import Job, StopSpec
from cqdphotonics.fdtd.ringdown import SAMPLES_PER_PERIOD
from cqdphotonics.fdtd.smoothing import thin_layers
from cqdphotonics.fdtd.solver.completion import complete
from cqdphotonics.fdtd.solver.curved import spheres
from cqdphotonics.fdtd.solver.modes import ringing
from cqdphotonics.fdtd.solver.objects import medium, solid, thin_layer

_COMPONENTS = {"Ex": mp.Ex, "Ey": mp.Ey, "Ez": mp.Ez, "Ep": mp.Ep}
_AXES = {"x": mp.X, "y": mp.Y, "z": mp.Z}
_GROWTH_LIMIT = 1e8
"""A field this many times its peak while the source was on has diverged."""

_SAME_QUALITY = 0.01
"""Up to this relative change between two intervals the quality of what rings is known."""

_BESIDE = 0.5
"""Modes are completed as far beside the spectrum, over its width: their light reaches into it."""

_LEAST_TAIL = 0.02
"""From this share of the spectrum on the monitors are completed by what rings."""

_REFLECTION = 1e-6
"""Nominal round-trip reflection of the absorbing layers. Meep's own 1e-15 makes them so steep that
the grid, and in cylindrical coordinates the layer around the side, which is no exact PML, reflect
more: ±1.2 % of the power of a dipole three quarters of a wavelength away, against ±.5 %."""


class DivergedError(Exception):
    """Fields became infinite, not-a-number, or grow without a source."""


def check_growth(peak: float, driven: float, time: float) -> None:
    """Raise a DivergedError where a field is no number, or far above what the source drove.

    Parameters
    ----------
    peak, driven : float
        Largest amplitude lately, and while the source was on (or just after).
    time : float
        In µm/c, for the message.
    """
    if not np.isfinite(peak):
        raise DivergedError(f"fields are not a number at t = {time:.1f} µm/c")
    if peak > _GROWTH_LIMIT * driven:
        raise DivergedError(
            f"fields grow without a source, to {peak / driven:.1e} times the driven peak "
            f"at t = {time:.1f} µm/c"
        )


def growth_watch(samples: list[tuple[float, complex]], driven: float) -> Callable[[], None]:
    """What complains, as `check_growth` does, of samples that have come since it was called last.

    Parameters
    ----------
    samples : list of (time, field)
        Grows while the run goes on.
    driven : float
        Largest amplitude while the source was on.
    """
    seen = len(samples)

    def check() -> None:
        nonlocal seen
        peak = max((abs(value) for _, value in samples[seen:]), default=0.0)
        seen = len(samples)
        check_growth(peak, driven, samples[-1][0])

    return check


@dataclass(frozen=True)
class Ending:
    """Spectrum of work at the end, in an earlier window, and as far as the monitors know it.

    `completed` is the share of the spectrum by which modes have completed the monitors, and
    `plain` the work up to the end then, without them. `height` is the largest work, on a line
    between the points of the spectrum perhaps: what changes are measured by.
    """

    work: np.ndarray
    window: np.ndarray
    truncated: np.ndarray
    decays: ringdown.Decays | None
    summary: np.ndarray
    completed: float = 0.0
    plain: np.ndarray | None = None
    height: float = 0.0


class Run:
    """One Meep run with a dipole, its spectrum of work, and a closed surface around it.

    Parameters
    ----------
    job : Job
        What to run.
    homogeneous : bool
        Run the reference instead: the same grid, source and mirrors in a uniform medium.
    """

    def __init__(self, job: Job, homogeneous: bool) -> None:
        self.job = job
        self.cylindrical = job.formulation == "cylindrical"
        if homogeneous:
            half = job.reference_half_width
            self.width, self.depth, below, above = half, half, half, half
            index = job.reference_index
            background, geometry = mp.Medium(index=index), []
            inner = 0.6 * half
            self.box = (inner, inner, inner, inner)
        else:
            self.width, self.depth, below, above = (
                job.half_width, job.half_depth, job.below, job.above,
            )  # fmt: skip
            media = {name: medium(spec) for name, spec in job.media.items()}
            background = media[job.background]
            # Meep's cell is centred on its origin; ours is the emitter.
            shift = (below - above) / 2
            geometry = [solid(s, media[s.medium], shift) for s in job.solids]
            if self.cylindrical:
                geometry += [thin_layer(t, media, shift) for t in thin_layers(job)]
            geometry += spheres(job, shift)
            self.box = job.box
        self.z0 = (below - above) / 2
        self.heights = (below, above)
        side = job.side_layer
        height = below + above + 2 * job.pml
        if self.cylindrical:
            cell = mp.Vector3(self.width + side, 0, height)
        else:
            cell = mp.Vector3(2 * (self.width + side), 2 * (self.depth + side), height)
        self.component = _COMPONENTS[job.source.component]
        self.place = mp.Vector3(job.source.offset, 0, self.z0)
        pulse = mp.GaussianSource(
            job.source.frequency, fwidth=job.source.width, is_integrated=True, cutoff=6
        )
        extra: dict[str, Any] = {}
        if self.cylindrical:
            extra = {
                "dimensions": mp.CYLINDRICAL,
                "m": job.angular_number,
                "force_complex_fields": job.angular_number != 0,
            }
        self.sim = mp.Simulation(
            cell_size=cell,
            resolution=job.resolution,
            boundary_layers=self._absorbing_layers(),
            sources=[mp.Source(pulse, component=self.component, center=self.place)],
            geometry=geometry,
            default_material=background,
            symmetries=[mp.Mirror(_AXES[m.axis], phase=m.parity) for m in job.mirrors],
            Courant=job.courant,
            progress_interval=1e9,
            **extra,
        )
        self.frequencies = np.array(job.frequencies)
        self.ldos = mp.Ldos(self.frequencies)
        self.sampling = self._decimation()
        self.decimation = self.sampling if job.stop.whole_stretch else 0
        self.fluxes = {name: self._flux(regions) for name, regions in self._surfaces().items()}
        self.samples: list[tuple[float, complex]] = []
        self.watcher = self._watcher()
        self.source_end = 0.0

    def _absorbing_layers(self) -> list[mp.PML]:
        def layer(thickness: float, direction: int) -> mp.PML:
            return mp.PML(thickness, direction=direction, R_asymptotic=_REFLECTION)

        sides = [mp.R] if self.cylindrical else [mp.X, mp.Y]
        return [layer(self.job.pml, mp.Z), *(layer(self.job.side_layer, s) for s in sides)]

    def _surfaces(self) -> dict[str, list[mp.FluxRegion]]:
        """The faces of the closed surface, outward flux positive."""
        a, b, down, up = self.box
        z0, middle, height = self.z0, self.z0 + (up - down) / 2, up + down
        if self.cylindrical:
            lid = {"size": mp.Vector3(a, 0, 0)}
            return {
                "up": [mp.FluxRegion(center=mp.Vector3(a / 2, 0, z0 + up), **lid)],
                "down": [mp.FluxRegion(center=mp.Vector3(a / 2, 0, z0 - down), weight=-1, **lid)],
                "side": [
                    mp.FluxRegion(center=mp.Vector3(a, 0, middle), size=mp.Vector3(0, 0, height))
                ],
            }
        lid = {"size": mp.Vector3(2 * a, 2 * b, 0)}
        x_face, y_face = mp.Vector3(0, 2 * b, height), mp.Vector3(2 * a, 0, height)
        return {
            "up": [mp.FluxRegion(center=mp.Vector3(0, 0, z0 + up), **lid)],
            "down": [mp.FluxRegion(center=mp.Vector3(0, 0, z0 - down), weight=-1, **lid)],
            "side": [
                mp.FluxRegion(center=mp.Vector3(s * a, 0, middle), size=x_face, weight=s)
                for s in (-1, 1)
            ]
            + [
                mp.FluxRegion(center=mp.Vector3(0, s * b, middle), size=y_face, weight=s)
                for s in (-1, 1)
            ],
        }

    def _flux(self, regions: list[mp.FluxRegion]) -> Any:
        return self.sim.add_flux(
            self.frequencies.tolist(), *regions, decimation_factor=self.decimation
        )

    def _decimation(self) -> int:
        """Steps between samples of the monitors, the same for all: Meep's own choice, 0, is not.

        Signals and what they are multiplied with stay below the rate of sampling.
        """
        source, step = self.job.source, self.job.courant / self.job.resolution
        highest = source.frequency + 3 * source.width + float(self.frequencies.max())
        return max(1, int(0.7 / (highest * step)))

    def integrals(self) -> tuple[np.ndarray, np.ndarray]:
        """Fourier integrals so far of the field at the dipole and of its current."""
        return np.array(mp._dft_ldos_F(self.ldos)), np.array(mp._dft_ldos_J(self.ldos))

    def work(self, field: np.ndarray, current: np.ndarray) -> np.ndarray:
        """q(f) = F/J turned by half a time step; Re q < 0 is power given to the field."""
        half_step = np.pi * self.frequencies * self.job.courant / self.job.resolution
        return field / current * np.exp(-1j * half_step)

    def current_squared(self) -> np.ndarray:
        """|J(f)|² of the source."""
        return np.abs(self.integrals()[1]) ** 2

    def _watcher(self) -> Any:
        """A step function, plain since Meep counts its arguments: sums and samples."""
        step = self.job.courant / self.job.resolution
        every = max(1, round(1 / (SAMPLES_PER_PERIOD * self.job.source.frequency * step)))
        last = [-1]

        def watch(sim: mp.Simulation, todo: str) -> None:
            # Meep calls once more at the end of every `run`, for the step that the next begins.
            if todo != "step" or sim.fields.t == last[0]:
                return
            last[0] = sim.fields.t
            self.ldos.update(sim.fields)
            if last[0] % every == 0:
                value = sim.get_field_point(self.component, self.place)
                self.samples.append((sim.meep_time(), value))

        return watch

    def until_converged(self, stop: StopSpec, label: str) -> Ending:
        """Run until the spectrum of work, completed by its tail, stands still (see `StopSpec`)."""
        self.sim.run(self.watcher, until_after_sources=0)
        started = self.source_end = self.sim.meep_time()
        driven = max(abs(value) for _, value in self.samples)
        times, completed, quiet, tail_share, change = [started], [], 0, 1.0, np.inf
        total, rings = 1.0, False
        field, current = self.integrals()
        fields = [field]
        decays: ringdown.Decays | None = None
        rung: list[int] = []
        while times[-1] - started < stop.longest and quiet < 2:
            first = len(self.samples)
            self.sim.run(self.watcher, until=stop.interval)
            times.append(self.sim.meep_time())
            field, current = self.integrals()
            fields.append(field)
            peak = max(abs(value) for _, value in self.samples[first:])
            check_growth(peak if np.isfinite(field).all() else np.nan, driven, times[-1])
            before, decays = self._quality(decays, rung), self.decays_since_source()
            rung = ringing(decays, self.band, times[-1])
            completed.append(self._completed(decays, times, fields, current))
            # A line between two points of the spectrum shows in its quality alone.
            rings = abs(self._quality(decays, rung) - before) < _SAME_QUALITY * before
            rings = rings and stop.whole_stretch
            still = completed[-1] - self.work(field, current)
            total = self._height(completed[-1], still, decays, rung if rings else [], times[-1])
            tail_share = np.abs(still.real).max() / np.abs(completed[-1].real).max()
            if len(completed) > 1:
                change = np.abs((completed[-1] - completed[-2]).real).max() / total
                enough = tail_share < stop.largest_tail or rings
                quiet = quiet + 1 if change < stop.agreement and enough else 0
            left = change if rings else max(change, tail_share)
            report(label, times[-1] - started, stop.longest, left)
        window = completed[-3] if len(completed) > 2 else completed[0]
        by_modes, plain = 0.0, None
        if quiet == 2 and rings and tail_share >= _LEAST_TAIL and decays is not None:
            by_modes, window = min(tail_share, 1.0), completed[-1]

            grown = growth_watch(self.samples, driven)

            def tell(share: float) -> None:
                grown()  # what grows slowly shows only here, where runs are long
                done = self.sim.meep_time() - started
                report(f"{label}, modes {share:.0%}", done, stop.longest, 0.0)

            low, high = self.band
            beside = _BESIDE * (high - low)
            around = ringing(decays, (low - beside, high + beside), times[-1])
            known = complete(self, decays, around, tell)
            times.append(self.sim.meep_time())
            fields.append(self.integrals()[0])
            decays = self.decays_since_source()
            completed.append(self._completed(decays, times, fields, current))
            truncated, plain = self.work(known, current), self.work(fields[-1], current)
            total = self._height(completed[-1], completed[-1] - plain, decays, rung, times[-1])
            tail_share = np.abs((completed[-1] - truncated).real).max() / total
        else:
            truncated = self.work(field, current)
        return Ending(
            work=completed[-1],
            window=window,
            truncated=truncated,
            decays=decays,
            summary=np.array([times[-1], tail_share, change, float(quiet == 2)]),
            completed=by_modes,
            plain=plain,
            height=float(total),
        )

    def _height(
        self,
        completed: np.ndarray,
        still: np.ndarray,
        decays: ringdown.Decays | None,
        rung: list[int],
        time: float,
    ) -> float:
        """The largest work in the band: at a point of the spectrum, or on the line of what rings.

        What is `still` to come at `time` goes as 1/(f − f₀) near a line of the complex frequency
        f₀, so that the point nearest to it says how high it is; and how much of it has come since
        the source ended, its decay.
        """
        highest = float(np.abs(completed.real).max())
        if decays is None or not rung:
            return highest
        pole = decays.frequency[rung[0]]
        near = self.index(float(pole.real))
        on_line = np.abs(still[near] * (self.frequencies[near] - pole) / pole.imag)
        gone = np.exp(-2 * np.pi * pole.imag * (time - self.source_end))
        return max(highest, float(on_line * gone))

    def _completed(
        self,
        decays: ringdown.Decays | None,
        times: list[float],
        fields: list[np.ndarray],
        current: np.ndarray,
    ) -> np.ndarray:
        """Spectrum of work with what is still to come; `fields` are the integrals at `times`."""
        if decays is None:
            return self.work(fields[-1], current)
        begin = len(times) - 2
        if self.job.stop.whole_stretch:
            begin = min(int(np.searchsorted(times, decays.start)), begin)
        gained = fields[-1] - fields[begin]
        rest, _ = ringdown.tail(decays, self.frequencies, gained, (times[begin], times[-1]))
        return self.work(fields[-1] + rest, current)

    @property
    def band(self) -> tuple[float, float]:
        """Lowest and highest frequency of the spectrum."""
        return float(self.frequencies.min()), float(self.frequencies.max())

    @staticmethod
    def _quality(decays: ringdown.Decays | None, rung: list[int]) -> float:
        """Of the strongest mode in the band; not a number where there is none."""
        return float(decays.quality[rung[0]]) if decays is not None and rung else np.nan

    def decays_since_source(self) -> ringdown.Decays | None:
        """What rings at the dipole, from all samples since the source has ended."""
        quietly = np.array([entry for entry in self.samples if entry[0] > self.source_end])
        return ringdown.fit(quietly[:, 0].real, quietly[:, 1], self.job.source.frequency)

    def index(self, frequency: float) -> int:
        """Which point of the spectrum is nearest to a frequency."""
        return int(np.argmin(np.abs(self.frequencies - frequency)))


def report(label: str, done: float, longest: float, remaining: float) -> None:
    """One line of progress for the runner."""
    if mp.am_master():
        line = {"stage": label, "time": done, "longest": longest}
        line["remaining"] = remaining if np.isfinite(remaining) else 1.0
        print("PROGRESS " + json.dumps(line), flush=True)
