"""Ring-downs in the plane of the chip or the half plane of a ring."""

from typing import Any

import meep as mp
import numpy as np

from cqdphotonics.fdtd.planar import PlanarJob
from cqdphotonics.fdtd.ringdown import SAMPLES_PER_PERIOD
from cqdphotonics.fdtd.solver.objects import medium, solid
from cqdphotonics.fdtd.solver.run import check_growth, report

_AXES = {"x": mp.X, "y": mp.Y}
_INTERVALS = 20
_MOMENTS = 5


def ring_down(job: PlanarJob) -> dict[str, np.ndarray]:
    """The field at the probes of `job` after its source has ended.

    Returns
    -------
    dict
        ``times`` (n,) in µm/c and ``samples`` (probes, n); where the job asks for it, at some
        moments at the end ``energy``, ∫ Re(E*·D) dV without the absorbing layers, and
        ``field_at_source``.
    """
    cylindrical = job.formulation == "cylindrical"
    media = {name: medium(spec) for name, spec in job.media.items()}
    if cylindrical:
        component = mp.Er if job.polarisation == "TE" else mp.Ez
        cell = mp.Vector3(job.half_width + job.pml, 0, 2 * (job.half_depth + job.pml))
        layers = [mp.PML(job.pml, direction=mp.R), mp.PML(job.pml, direction=mp.Z)]
    else:
        in_plane = {"x": mp.Ex, "y": mp.Ey}[job.direction]
        component = in_plane if job.polarisation == "TE" else mp.Ez
        cell = mp.Vector3(2 * (job.half_width + job.pml), 2 * (job.half_depth + job.pml))
        layers = [mp.PML(job.pml)]

    def place(point: tuple[float, float]) -> mp.Vector3:
        return mp.Vector3(point[0], 0, point[1]) if cylindrical else mp.Vector3(*point)

    pulse = mp.GaussianSource(job.centre, fwidth=job.width, is_integrated=True, cutoff=6)
    extra: dict[str, Any] = {}
    if cylindrical:
        extra = {
            "dimensions": mp.CYLINDRICAL, "m": job.angular_number, "force_complex_fields": True,
        }  # fmt: skip
    sim = mp.Simulation(
        cell_size=cell,
        resolution=job.resolution,
        Courant=job.courant,
        boundary_layers=layers,
        geometry=[solid(s, media[s.medium], 0.0) for s in job.solids],
        default_material=media[job.background],
        symmetries=[mp.Mirror(_AXES[axis], phase=parity) for axis, parity in job.mirrors],
        sources=[mp.Source(pulse, component=component, center=place(job.source))],
        progress_interval=1e9,
        **extra,
    )
    probes = [place(point) for point in (job.probes or (job.source,))]
    step = job.courant / job.resolution
    every = max(1, round(1 / (SAMPLES_PER_PERIOD * job.centre * step)))
    times: list[float] = []
    samples: list[list[complex]] = []
    last = [-1]

    def watch(sim: mp.Simulation, todo: str) -> None:
        if todo != "step" or sim.fields.t == last[0]:
            return
        last[0] = sim.fields.t
        if last[0] % every == 0:
            times.append(sim.meep_time())
            samples.append([sim.get_field_point(component, probe) for probe in probes])

    sim.run(until_after_sources=0)
    first = 0.0
    for number in range(_INTERVALS):
        seen = len(samples)
        sim.run(watch, until=job.duration / _INTERVALS)
        peak = float(np.abs(np.array(samples[seen:])).max())
        first = first or peak
        check_growth(peak, first, times[-1])
        report("ring-down", (number + 1) * job.duration / _INTERVALS, job.duration, 0.0)
    arrays = {"times": np.array(times), "samples": np.array(samples).T}
    if job.energy:
        arrays |= _energy(sim, job, component, place(job.source))
    return arrays


def _energy(
    sim: mp.Simulation, job: PlanarJob, component: int, dot: mp.Vector3
) -> dict[str, np.ndarray]:
    """Energy of the field and the field at the source, a quarter of a period apart."""
    inner = mp.Volume(
        center=mp.Vector3(job.half_width / 2),
        size=mp.Vector3(job.half_width, 0, 2 * job.half_depth),
        dims=sim.dimensions,
        is_cylindrical=True,
    )
    volume = sim._fit_volume_to_simulation(inner).swigobj
    energies, fields = [], []
    for _ in range(_MOMENTS):
        sim.run(until=1 / (4 * job.centre))
        energies.append(2 * sim.fields.electric_energy_in_box(volume))
        fields.append(sim.get_field_point(component, dot))
    return {"energy": np.array(energies), "field_at_source": np.array(fields)}
