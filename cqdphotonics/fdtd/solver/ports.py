"""Planes of ports: flux at all frequencies, fields at some."""

from typing import TYPE_CHECKING, Any

import meep as mp
import numpy as np

from cqdphotonics.fdtd.job import PortSpec

if TYPE_CHECKING:
    from cqdphotonics.fdtd.solver.run import Run


class PortMonitors:
    """The monitors of all ports of a run; made before it, read after it.

    Parameters
    ----------
    run : Run
        Of the device.
    """

    def __init__(self, run: "Run") -> None:
        self.run = run
        self.planes = [(spec, *self._monitors(spec)) for spec in run.job.ports]

    def _monitors(self, spec: PortSpec) -> tuple[dict[str, mp.Vector3], Any, Any]:
        x, y, z = spec.centre
        across, height = spec.size
        size = (0, across, height) if spec.axis == "x" else (across, 0, height)
        where = {"center": mp.Vector3(x, y, z + self.run.z0), "size": mp.Vector3(*size)}
        every = {"decimation_factor": self.run.decimation}
        region = mp.FluxRegion(weight=spec.sign, **where)
        flux = self.run.sim.add_flux(self.run.frequencies.tolist(), region, **every)
        fields = self.run.sim.add_dft_fields(
            _tangential(spec), list(spec.frequencies), **every, **where
        )
        return where, flux, fields

    def collect(self, arrays: dict[str, np.ndarray]) -> None:
        """Put power per |J|² and tangential fields per |J| into `arrays`."""
        run = self.run
        current = run.current_squared()
        for spec, where, flux, fields in self.planes:
            arrays[f"port_{spec.name}_flux"] = np.array(mp.get_fluxes(flux)) / current
            kept = []
            for number, frequency in enumerate(spec.frequencies):
                here = np.argmin(np.abs(run.frequencies - frequency))
                parts = [run.sim.get_dft_array(fields, c, number) for c in _tangential(spec)]
                kept.append(np.stack(parts) / np.sqrt(current[here]))
            values = np.stack(kept).astype(np.complex64)
            arrays[f"port_{spec.name}"] = values
            for name, axis, count in (
                ("across", "y" if spec.axis == "x" else "x", values.shape[2]),
                ("z", "z", values.shape[3]),
            ):
                middle = getattr(where["center"], axis) - (run.z0 if axis == "z" else 0.0)
                steps = (np.arange(count) - (count - 1) / 2) / run.job.resolution
                arrays[f"port_{spec.name}_{name}"] = middle + steps


def _tangential(spec: PortSpec) -> list[int]:
    if spec.axis == "x":
        return [mp.Ey, mp.Ez, mp.Hy, mp.Hz]
    return [mp.Ex, mp.Ez, mp.Hx, mp.Hz]
