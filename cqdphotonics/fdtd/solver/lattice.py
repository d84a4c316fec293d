"""A plane wave on one cell of a periodic array."""

from typing import Any

import meep as mp
import numpy as np

from cqdphotonics.fdtd.lattice import LatticeJob
from cqdphotonics.fdtd.solver.objects import medium, solid
from cqdphotonics.fdtd.solver.run import DivergedError, report

_COMPONENTS = {"x": mp.Ex, "y": mp.Ey}
_AXES = {"x": mp.X, "y": mp.Y, "z": mp.Z}
_ELECTRIC = (mp.Ex, mp.Ey, mp.Ez)
_CUTOFF = 5.0
_GROWTH_LIMIT = 1e6
_REFLECTION = 1e-8
"""Nominal round-trip reflection of the absorbing layers."""


def plane_wave(job: LatticeJob) -> dict[str, np.ndarray]:
    """Powers and fields of `job`, in units of the incident light's.

    The incident light is the same in every column of the grid: a run two pixels wide gives it.

    Returns
    -------
    dict
        ``transmitted`` and ``entering`` (f,), also as they were an interval before
        (``…_before``); ``emitter`` (f, 2, 2, 2), |E|² about the origin; ``region`` (f, x, y, z)
        and ``cut`` (g, x, z) with their coordinates (``cut_x`` …) and ``cut_frequencies``;
        ``summary``: time, change of the spectra, field that is left, whether both are below their
        limits.
    """
    narrow = (2 / job.resolution, 2 / job.resolution)
    empty = _Run(job.model_copy(update={"periods": narrow}), empty=True)
    empty.until_quiet("incident light", None)
    share = job.periods[0] * job.periods[1] / (narrow[0] * narrow[1])
    incident = empty.fluxes()["entering"] * share
    intensity = empty.intensity("emitter").reshape(len(job.frequencies), -1).mean(axis=1)
    empty.sim.reset_meep()

    run = _Run(job, empty=False)
    before = run.until_quiet("array", incident)
    arrays: dict[str, np.ndarray] = {}
    for name, power in run.fluxes().items():
        arrays[name] = power / incident
        arrays[f"{name}_before"] = before[name] / incident
    run.collect(arrays, intensity)
    arrays["summary"] = np.array(run.summary)
    arrays["summary_incident"] = np.array(empty.summary)
    return arrays


class _Run:
    """One run: the cell, or, `empty`, the medium of the incident light alone."""

    def __init__(self, job: LatticeJob, *, empty: bool) -> None:
        self.job = job
        self.shift = (job.below - job.above) / 2  # Meep's origin is the middle of the cell
        media = {name: medium(spec) for name, spec in job.media.items()}
        x, y = job.periods
        self.lid = mp.Vector3(x, y, 0)
        low, high = min(job.frequencies), max(job.frequencies)
        pulse = mp.GaussianSource(
            (low + high) / 2, fwidth=1.5 * (high - low), is_integrated=True, cutoff=_CUTOFF
        )
        self.component = _COMPONENTS[job.polarisation]
        self.sim = mp.Simulation(
            cell_size=mp.Vector3(x, y, job.below + job.above + 2 * job.pml),
            resolution=job.resolution,
            Courant=job.courant,
            boundary_layers=[mp.PML(job.pml, direction=mp.Z, R_asymptotic=_REFLECTION)],
            geometry=[] if empty else [solid(s, media[s.medium], self.shift) for s in job.solids],
            default_material=media[job.incidence if empty else job.background],
            eps_averaging=job.averaging,
            symmetries=[mp.Mirror(_AXES[m.axis], phase=m.parity) for m in job.mirrors],
            sources=[
                mp.Source(
                    pulse, component=self.component, center=self._at(job.source), size=self.lid
                )
            ],
            k_point=mp.Vector3(),
            # Else films without end, being copied into all neighbouring cells, vanish (1.25); the
            # job has all that reaches into the cell.
            ensure_periodicity=False,
            progress_interval=1e9,
        )
        sign = 1 if job.travels == "up" else -1
        self.monitors = {
            name: self.sim.add_flux(
                list(job.frequencies),
                mp.FluxRegion(center=self._at(height), size=self.lid, direction=mp.Z, weight=sign),
            )
            for name, height in (("entering", job.entry), ("transmitted", job.exit))
        }
        self.kept: dict[str, tuple[Any, int]] = {}
        frequencies = list(job.frequencies)
        # Of a point Meep 1.25 returns one corner's share of the field, not the field.
        pixel = 1 / job.resolution
        self._keep("emitter", frequencies, self._at(0.0), mp.Vector3(pixel, pixel, pixel))
        if job.region is not None and not empty:
            cx, cy, cz, *size = job.region
            place = mp.Vector3(cx, cy, cz + self.shift)
            self._keep("region", frequencies, place, mp.Vector3(*size))
        if not empty:
            middle, height = sum(job.cut) / 2, job.cut[1] - job.cut[0]
            chosen = frequencies[:: job.cut_stride]
            self._keep("cut", chosen, self._at(middle), mp.Vector3(x, 0, height))
        self.summary = [0.0, np.inf, np.inf, 0.0]

    def _at(self, height: float) -> mp.Vector3:
        return mp.Vector3(0, 0, height + self.shift)

    def _keep(self, name: str, frequencies: list[float], centre: Any, size: Any) -> None:
        monitor = self.sim.add_dft_fields(list(_ELECTRIC), frequencies, center=centre, size=size)
        self.kept[name] = (monitor, len(frequencies))

    def fluxes(self) -> dict[str, np.ndarray]:
        """Power through each plane so far."""
        return {name: np.array(mp.get_fluxes(flux)) for name, flux in self.monitors.items()}

    def until_quiet(self, label: str, incident: np.ndarray | None) -> dict[str, np.ndarray]:
        """Run until the spectra stand still; the powers an interval before the end."""
        job, stop = self.job, self.job.stop
        probe, field = self._at(job.exit), [0.0]

        def watch(sim: mp.Simulation) -> None:
            field.append(abs(sim.get_field_point(self.component, probe)))

        every = mp.at_every(0.13 / max(job.frequencies), watch)
        self.sim.run(every, until_after_sources=0)
        started, driven = self.sim.meep_time(), max(field)
        before, now, quiet = self.fluxes(), self.fluxes(), 0
        while self.sim.meep_time() - started < stop.longest and quiet < 2:
            field.clear()
            before = now
            self.sim.run(every, until=stop.interval)
            now = self.fluxes()
            scale = now["entering"] if incident is None else incident
            left = max(field) / max(driven, 1e-300)
            if (
                not np.isfinite(left)
                or not np.isfinite(now["transmitted"]).all()
                or left > _GROWTH_LIMIT
            ):
                raise DivergedError(f"fields of the array grow, at t = {self.sim.meep_time():.1f}")
            # The weakest frequency counts as the strongest: each is normalised by its own light.
            change = max(float(np.abs((now[n] - before[n]) / scale).max()) for n in now)
            still = change < stop.agreement and left < stop.left
            quiet = quiet + 1 if still else 0
            self.summary = [self.sim.meep_time(), change, left, float(quiet == 2)]
            report(label, self.sim.meep_time() - started, stop.longest, max(change, left))
        return before

    def intensity(self, name: str) -> np.ndarray:
        """|E|² where it was kept, at each frequency."""
        monitor, count = self.kept[name]
        kept = [
            sum(np.abs(self.sim.get_dft_array(monitor, c, i)) ** 2 for c in _ELECTRIC)
            for i in range(count)
        ]
        return np.array(kept)

    def collect(self, arrays: dict[str, np.ndarray], incident: np.ndarray) -> None:
        """Put |E|² where it was kept into `arrays`, in units of the `incident` light's."""
        job, step = self.job, 1 / self.job.resolution
        places = {"cut": (0.0, 0.0, sum(job.cut) / 2)}
        if job.region is not None:
            places["region"] = job.region[:3]
        for name in self.kept:
            found = self.intensity(name)
            light = incident[:: job.cut_stride] if name == "cut" else incident
            found /= light.reshape(-1, *(1 for _ in found.shape[1:]))
            arrays[name] = found.astype(np.float32)
            axes = {"cut": "xz", "region": "xyz"}.get(name, "")
            for axis, count in zip(axes, found.shape[1:], strict=False):
                # Arrays hold fields at the centres of voxels.
                offsets = (np.arange(count) - (count - 1) / 2) * step
                arrays[f"{name}_{axis}"] = places[name]["xyz".index(axis)] + offsets
        arrays["cut_frequencies"] = np.array(job.frequencies[:: job.cut_stride])
