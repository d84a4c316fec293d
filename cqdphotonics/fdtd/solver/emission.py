"""A dipole in a device: the device's run and the homogeneous run that normalises it."""

import meep as mp
import numpy as np

from cqdphotonics.fdtd import larmor
from cqdphotonics.fdtd.job import Job
from cqdphotonics.fdtd.solver.absorption import Absorption
from cqdphotonics.fdtd.solver.modes import capture
from cqdphotonics.fdtd.solver.near_fields import NearFields
from cqdphotonics.fdtd.solver.ports import PortMonitors
from cqdphotonics.fdtd.solver.run import Run


def _reference(job: Job) -> dict[str, np.ndarray]:
    """The homogeneous medium's work and flux, from a run or from theory."""
    if job.reference == "theory":
        work, flux = larmor.reference(job)
        return {"work_reference": work, "flux_reference": flux, "summary_reference": np.zeros(4)}
    run = Run(job, homogeneous=True)
    ending = run.until_converged(job.stop, "reference")
    total = sum(np.array(mp.get_fluxes(flux)) for flux in run.fluxes.values())
    flux = total / run.current_squared()
    run.sim.reset_meep()
    return {
        "work_reference": ending.work,
        "flux_reference": flux,
        "summary_reference": ending.summary,
    }


def simulate(job: Job) -> dict[str, np.ndarray]:
    """Run `job` and its reference; the raw arrays of the result.

    Returns
    -------
    dict
        ``frequencies``; ``work`` (complex q, completed by its tail), ``work_window`` (the same in
        an earlier window), ``work_truncated`` (as far as the monitors know it), ``work_reference``;
        ``completed_share``, where modes have completed the monitors: of how much of the spectrum;
        ``work_plain``, then the work up to the end without them; ``height``, the largest work on or
        between the points of the spectrum, where `StopSpec.whole_stretch`;
        ``flux_up``, ``flux_down``, ``flux_side``, ``flux_reference`` per |J|²; ``port_NAME_flux``
        per |J|², and ``port_NAME`` (frequency, component, across, z) per |J|; ``absorption``, where
        something absorbs, what it takes per |J|² at the frequencies of the numbers
        ``absorption_numbers`` (see `cqdphotonics.fdtd.solver.absorption`); ``resonances``
        (rows: complex frequency and amplitude of the ring-down at ``resonances_start``); ``mode_…``
        and ``resonances_late`` (see `cqdphotonics.fdtd.solver.modes.capture`); planes and
        cross-section at the emission frequency per |J|; ``summary``: time, share of the tail,
        change between the last two completions, 1 if it ended converged; ``summary_reference``.
    """
    arrays: dict[str, np.ndarray] = {"frequencies": np.array(job.frequencies)}
    arrays.update(_reference(job))

    device = Run(job, homogeneous=False)
    near = NearFields(device)
    ports = PortMonitors(device)
    absorption = Absorption(device)
    ending = device.until_converged(job.stop, "device")
    arrays["work"], arrays["work_window"] = ending.work, ending.window
    arrays["work_truncated"], arrays["summary"] = ending.truncated, ending.summary
    if job.stop.whole_stretch:
        arrays["height"] = np.array(ending.height)
    if ending.plain is not None:
        arrays["completed_share"] = np.array(ending.completed)
        arrays["work_plain"] = ending.plain
    for name, flux in device.fluxes.items():
        arrays[f"flux_{name}"] = np.array(mp.get_fluxes(flux)) / device.current_squared()
    if ending.decays is not None:
        arrays["resonances"] = ending.decays.table
        arrays["resonances_start"] = np.array(ending.decays.start)
    near.collect(arrays)
    ports.collect(arrays)
    absorption.collect(arrays)
    arrays.update(capture(device, ending.decays))
    return arrays
