"""Fields on the closed surface, for the far field, and in a cross-section, for the picture."""

from typing import TYPE_CHECKING, Any

import meep as mp
import numpy as np

if TYPE_CHECKING:
    from cqdphotonics.fdtd.solver.run import Run


class NearFields:
    """The monitors of the closed surface of a run and of its x–z plane; made before it, read after.

    Parameters
    ----------
    run : Run
        Of the device.
    """

    def __init__(self, run: "Run") -> None:
        self.run = run
        self.frequencies = run.job.near_frequencies or (run.job.emission_frequency,)
        a, b, down, up = self.run.box
        if self.run.cylindrical:
            lid, middle, tangential = mp.Vector3(a, 0, 0), a / 2, [mp.Er, mp.Ep, mp.Hr, mp.Hp]
            cut = mp.Vector3(self.run.width, 0, sum(self.run.heights))
            cut_centre, parts = mp.Vector3(self.run.width / 2), [mp.Er, mp.Ep, mp.Ez]
        else:
            lid, middle, tangential = mp.Vector3(2 * a, 2 * b), 0.0, [mp.Ex, mp.Ey, mp.Hx, mp.Hy]
            cut = mp.Vector3(2 * self.run.width, 0, sum(self.run.heights))
            cut_centre, parts = mp.Vector3(), [mp.Ex, mp.Ey, mp.Ez]
        near = self.frequencies
        self.planes = {
            name: self._fields(tangential, near, mp.Vector3(middle, 0, self.run.z0 + z), lid)
            for name, z in (("up", up), ("down", -down))
        }
        self.walls = {
            name: self._fields(components, near, centre, size)
            for name, (components, centre, size) in self._wall_regions().items()
        }
        self.cut = self._fields(parts, (self.run.job.emission_frequency,), cut_centre, cut)

    def _wall_regions(self) -> dict[str, tuple[list[int], mp.Vector3, mp.Vector3]]:
        """The sides of the closed surface by name: what is kept there, centre and size."""
        a, b, down, up = self.run.box
        middle, height = self.run.z0 + (up - down) / 2, up + down
        if self.run.cylindrical:
            kept = [mp.Ep, mp.Ez, mp.Hp, mp.Hz]
            return {"r+": (kept, mp.Vector3(a, 0, middle), mp.Vector3(0, 0, height))}
        along_y, along_x = [mp.Ey, mp.Ez, mp.Hy, mp.Hz], [mp.Ex, mp.Ez, mp.Hx, mp.Hz]
        regions = {}
        for name, sign in (("+", 1), ("-", -1)):
            centre = mp.Vector3(sign * a, 0, middle)
            regions["x" + name] = (along_y, centre, mp.Vector3(0, 2 * b, height))
            centre = mp.Vector3(0, sign * b, middle)
            regions["y" + name] = (along_x, centre, mp.Vector3(2 * a, 0, height))
        return regions

    def _fields(
        self,
        components: list[int],
        frequencies: tuple[float, ...],
        centre: mp.Vector3,
        size: mp.Vector3,
    ) -> tuple[Any, dict[str, mp.Vector3], list[int]]:
        """A monitor of `components` at `frequencies`, where it is, and what it holds."""
        where = {"center": centre, "size": size}
        monitor = self.run.sim.add_dft_fields(
            components, list(frequencies), decimation_factor=self.run.decimation, **where
        )
        return monitor, where, components

    def _axis(self, where: dict[str, mp.Vector3], axis: str, count: int) -> np.ndarray:
        """Coordinates along `axis` of a monitor's array of `count` points.

        Arrays hold fields at the centres of voxels, with half a voxel outside the region at each
        end; radii are never negative.
        """
        centre, step = getattr(where["center"], axis), 1 / self.run.job.resolution
        if self.run.cylindrical and axis == "x":
            return (np.arange(count) + 0.5) * step
        return centre + (np.arange(count) - (count - 1) / 2) * step

    def collect(self, arrays: dict[str, np.ndarray]) -> None:
        """Put the fields into `arrays`, per unit of current."""
        current = np.sqrt(self.run.current_squared())
        for name, (monitor, where, components) in self.planes.items():
            fields = np.stack(
                [
                    np.stack([self.run.sim.get_dft_array(monitor, c, number) for c in components])
                    / current[self.run.index(frequency)]
                    for number, frequency in enumerate(self.frequencies)
                ]
            )
            arrays[f"plane_{name}"] = fields
            x, y = self._axis(where, "x", fields.shape[2]), self._axis(where, "y", fields.shape[-1])
            arrays[f"plane_{name}_x"], arrays[f"plane_{name}_y"] = x, y
        self._collect_walls(arrays, current)
        monitor, where, components = self.cut
        intensity = sum(np.abs(self.run.sim.get_dft_array(monitor, c, 0)) ** 2 for c in components)
        intensity = intensity / current[self.run.index(self.run.job.emission_frequency)] ** 2
        arrays["cut_intensity"] = np.asarray(intensity, dtype=np.float32)
        # Radius and height come in this order in cylindrical arrays too, but transposed.
        rows, columns = intensity.shape
        arrays["cut_x"] = self._axis(where, "x", columns if self.run.cylindrical else rows)
        arrays["cut_z"] = (
            self._axis(where, "z", rows if self.run.cylindrical else columns) - self.run.z0
        )
        epsilon = self.run.sim.get_array(component=mp.Dielectric, **where)
        arrays["cut_epsilon"] = np.asarray(epsilon, dtype=np.float32)

    def _collect_walls(self, arrays: dict[str, np.ndarray], current: np.ndarray) -> None:
        for name, (monitor, where, components) in self.walls.items():
            kept = [
                np.stack([self.run.sim.get_dft_array(monitor, c, number) for c in components])
                / current[self.run.index(frequency)]
                for number, frequency in enumerate(self.frequencies)
            ]
            values = np.stack(kept)
            arrays[f"wall_{name}"] = values.astype(np.complex64)
            arrays[f"wall_{name}_z"] = self._axis(where, "z", values.shape[-1]) - self.run.z0
            if not self.run.cylindrical:
                across = "y" if name[0] == "x" else "x"
                arrays[f"wall_{name}_across"] = self._axis(where, across, values.shape[2])
