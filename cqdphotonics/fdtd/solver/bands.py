"""Unit cells with Bloch's boundary condition: their modes from the ring-down."""

import meep as mp
import numpy as np

from cqdphotonics.fdtd.bands import BandsJob
from cqdphotonics.fdtd.solver.objects import medium, solid
from cqdphotonics.fdtd.solver.run import check_growth, report

_COMPONENTS = {"Ex": mp.Ex, "Ey": mp.Ey, "Ez": mp.Ez}


def band_modes(job: BandsJob) -> dict[str, np.ndarray]:
    """Modes at each wave number of `job`.

    Returns
    -------
    dict
        ``modes_0``, ``modes_1``, …: rows frequency (1/µm), Q and amplitude, one column a mode.
    """
    arrays = {}
    for number, wave_number in enumerate(job.wave_numbers):
        arrays[f"modes_{number}"] = _one(job, wave_number)
        if mp.am_master():
            report("bands", number + 1.0, float(len(job.wave_numbers)), 0.0)
    return arrays


def _one(job: BandsJob, wave_number: float) -> np.ndarray:
    flat = job.half_height == 0
    media = {name: medium(spec) for name, spec in job.media.items()}
    layers = []
    if job.pml > 0:
        layers = [mp.PML(job.pml, direction=d) for d in ([mp.Y] if flat else [mp.Y, mp.Z])]
    mirrors = [
        mp.Mirror(axis, phase=parity)
        for axis, parity in ((mp.Y, job.parity_y), (mp.Z, 0 if flat else job.parity_z))
        if parity
    ]
    component = _COMPONENTS[job.component]
    place = mp.Vector3(*job.source)
    pulse = mp.GaussianSource(job.centre, fwidth=job.width)
    sim = mp.Simulation(
        cell_size=mp.Vector3(
            job.period,
            2 * (job.half_depth + job.pml),
            0 if flat else 2 * (job.half_height + job.pml),
        ),
        resolution=job.resolution,
        Courant=job.courant,
        boundary_layers=layers,
        geometry=[solid(s, media[s.medium], 0.0) for s in job.solids],
        default_material=media[job.background],
        symmetries=mirrors,
        sources=[mp.Source(pulse, component=component, center=place)],
        k_point=mp.Vector3(wave_number / job.period),
        progress_interval=1e9,
    )
    listener = mp.Harminv(component, place, job.centre, job.width)
    seen: list[float] = []

    def watch(sim: mp.Simulation) -> None:
        seen.append(abs(sim.get_field_point(component, place)))

    sim.run(
        mp.at_every(1 / (8 * job.centre), watch), mp.after_sources(listener),
        until_after_sources=job.duration,
    )  # fmt: skip
    middle = len(seen) // 2
    check_growth(np.max(seen[middle:]), np.max(seen[:middle]), sim.meep_time())
    found = [(m.freq, m.Q, abs(m.amp)) for m in listener.modes if m.freq > 0]
    sim.reset_meep()
    return np.array(sorted(found), dtype=float).reshape(-1, 3).T
