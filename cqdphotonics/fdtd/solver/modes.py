"""Fields of the modes that still ring when a run has converged.

The source has long ended then, and the dipole's own near field with it: what is left is the sum
of decaying modes whose complex frequencies the ring-down at the dipole gave. The run goes on for
some periods, the fields of the whole box are added up with weights that let one mode through and
none of the others, and the rest is averaged down. The sums are complex amplitudes, so that
|E|² is the mean over a period. Energy is taken from E and D, which holds the averaging of the
permittivity at surfaces as the solver does it.
"""

from typing import TYPE_CHECKING, Any

import meep as mp
import numpy as np

from cqdphotonics.fdtd import ringdown

if TYPE_CHECKING:
    from cqdphotonics.fdtd.solver.run import Run

MOST_MODES = 3
LEAST_QUALITY = 20.0
_LEAST_AMPLITUDE = 0.01
"""Of the strongest mode's at the end of the run: what rings less is not looked at."""

_SNAPSHOTS, _SPACING = 16, 1.25
"""So many fields are added up, so many periods apart: a quarter more than whole ones, so that real
fields show both quadratures."""

_SPOKEN_FOR = 1e-3
"""Other modes down to this share of the strongest are kept out by the weights."""


def ringing(decays: ringdown.Decays | None, band: tuple[float, float], time: float) -> list[int]:
    """Numbers of the modes of `decays` in `band` that ring at `time`, strongest first."""
    if decays is None:
        return []
    frequency, strength = decays.frequency, _strength(decays, time)
    inside = (frequency.real >= band[0]) & (frequency.real <= band[1])
    loud = inside & (decays.quality >= LEAST_QUALITY) & (strength > 0)
    loud &= strength >= _LEAST_AMPLITUDE * (strength[loud].max() if loud.any() else 1.0)
    return [int(k) for k in np.argsort(-strength) if loud[k]][:MOST_MODES]


def _strength(decays: ringdown.Decays, time: float) -> np.ndarray:
    decay = np.exp(2 * np.pi * decays.frequency.imag * (time - decays.start))
    return np.abs(decays.amplitude) * decay


def capture(run: "Run", decays: ringdown.Decays | None) -> dict[str, np.ndarray]:
    """Go on with a converged `run` and take the fields of its modes.

    Returns
    -------
    dict
        Empty where nothing rings. ``mode_frequency`` (complex, 1/µm); ``mode_energy``
        ∫ Re(E*·D) over the box, times µm³; ``mode_at_dipole``, the field at the dipole as the
        source meets it; ``mode_peak``, the largest Re(E*·D) of the mode as a
        linear dipole drives it, with ``mode_place`` (x or r, y, z from the emitter, µm) and
        ``mode_epsilon`` there; ``mode_plane`` (mode, component, x, y), the complex field in the
        emitter's plane (along r, with y of length 1, when cylindrical; components r, φ, z then)
        with ``mode_x`` and ``mode_y``; ``resonances_late``, the ring-down's modes with these
        periods counted; where the job asks for whole modes, ``mode_electric`` and
        ``mode_displacement`` (mode, component, z, r) over ``mode_r`` and ``mode_z``. All of a
        mode's fields share one arbitrary unit.
    """
    frequencies = run.frequencies
    band = (float(frequencies.min()), float(frequencies.max()))
    time = float(run.sim.meep_time())
    chosen = ringing(decays, band, time)
    if decays is None or not chosen:
        return {}
    step = run.job.courant / run.job.resolution
    central = float(decays.frequency[chosen[0]].real)
    every = [round(_SPACING * k / (central * step)) for k in range(_SNAPSHOTS)]
    weights = _weights(decays, chosen, time, np.array(every) * step, run.cylindrical)

    box, plane = _Sum(run, _box(run)), _Sum(run, _plane(run), displacement=False)
    at_dipole, on_grid, averaged = np.zeros(len(chosen), dtype=complex), 0.0, 0.0
    gone = 0
    for number, steps in enumerate(every):
        if steps > gone:
            run.sim.run(run.watcher, until=(steps - gone - 0.5) * step)  # see completion.py
            gone = steps
        box.add(weights[:, number])
        plane.add(weights[:, number])
        at_dipole += weights[:, number] * run.sim.get_field_point(run.component, run.place)
        on_grid += 2 * run.sim.fields.electric_energy_in_box(_volume(run, box.where))
        averaged += box.energy_now()
    late = run.decays_since_source()
    return {
        "mode_frequency": decays.frequency[chosen],
        **_energies(run, box, on_grid / averaged),
        "mode_at_dipole": at_dipole,
        **_in_plane(run, plane),
        **(_whole(box) if run.job.whole_modes and run.cylindrical else {}),
        **({"resonances_late": late.table} if late is not None else {}),
    }


def _weights(
    decays: ringdown.Decays,
    chosen: list[int],
    time: float,
    delays: np.ndarray,
    complex_fields: bool,
) -> np.ndarray:
    """Weights (mode, snapshot) of the least norm that let each chosen mode through alone."""
    strength = _strength(decays, time)
    kept = [k for k in range(len(strength)) if strength[k] > _SPOKEN_FOR * strength.max()]
    others = sorted((k for k in kept if k not in chosen), key=lambda k: -strength[k])
    # Fewer conditions than half the snapshots: the rest of them averages noise.
    most = _SNAPSHOTS // (2 if complex_fields else 4)
    order = [*chosen, *others][: max(most, len(chosen))]
    poles = decays.frequency[order]
    if not complex_fields:  # a real field holds each mode and its conjugate
        poles = np.concatenate([poles, -poles.conj()])
    evolution = np.exp(-2j * np.pi * poles[:, None] * delays[None, :])
    target = np.eye(len(poles))[:, : len(chosen)]
    return (np.linalg.pinv(evolution, rcond=1e-4) @ target).T


def _box(run: "Run") -> dict[str, mp.Vector3]:
    """The box of the job's `mode_box`; with mirrors the part of it that is stepped."""
    job = run.job
    a, b, down, up = job.mode_box or job.box
    if run.cylindrical:
        low, high = (0.0, 0.0, -down), (a, 0.0, up)
    else:
        low, high = (-a, -b, -down), (a, b, up)
        held = {mirror.axis for mirror in job.mirrors}
        low = (
            0.0 if "x" in held else -a,
            0.0 if "y" in held else -b,
            0.0 if "z" in held else -down,
        )
    lower, upper = (mp.Vector3(*v) + mp.Vector3(0, 0, run.z0) for v in (low, high))
    return {"center": (lower + upper) / 2, "size": upper - lower}


def _plane(run: "Run") -> dict[str, mp.Vector3]:
    a, b, _, _ = run.job.mode_box or run.job.box
    if run.cylindrical:
        return {"center": mp.Vector3(a / 2, 0, run.z0), "size": mp.Vector3(a)}
    return {"center": mp.Vector3(0, 0, run.z0), "size": mp.Vector3(2 * a, 2 * b)}


class _Sum:
    """Weighted sums of the fields in a volume, one for each mode.

    Parameters
    ----------
    run : Run
    where : dict
        Centre and size.
    displacement : bool
        Whether to add up D, too.
    """

    def __init__(self, run: "Run", where: dict[str, mp.Vector3], displacement: bool = True) -> None:
        self.run, self.where = run, where
        names = ("r", "p", "z") if run.cylindrical else ("x", "y", "z")
        self.components = [
            getattr(mp, f"{kind}{name}")
            for kind in ("E", "D")[: 1 + displacement]
            for name in names
        ]
        self.total: list[np.ndarray] = []
        self._now: list[np.ndarray] = []
        self._measure: np.ndarray | None = None

    def add(self, weights: np.ndarray) -> None:
        """Add the fields of now with one weight for each mode."""
        self._now = []
        for number, component in enumerate(self.components):
            values = self.run.sim.get_array(component=component, **self.where)
            self._now.append(values)
            if number == len(self.total):
                shape = (len(weights), *values.shape)
                self.total.append(np.zeros(shape, dtype=np.complex128))
            for mode, weight in enumerate(weights):
                self.total[number][mode] += weight * values

    def energy_now(self) -> float:
        """∫ E·D of the fields that were added last, from values at the centres of voxels."""
        half = len(self._now) // 2
        pairs = zip(self._now[:half], self._now[half:], strict=True)
        density = sum((e.conj() * d).real for e, d in pairs)
        return float((density * self.measure()).sum())

    def measure(self) -> np.ndarray:
        """Volume of each point of the arrays, mirror images counted."""
        if self._measure is None:
            run, shape, size = self.run, self.total[0].shape[1:], self.where["size"]
            if run.cylindrical:
                height, radius = self.coordinates()
                inside = np.abs(height - (self.where["center"].z - run.z0)) < size.z / 2
                rings = 2 * np.pi * radius * (radius < size.x)
                self._measure = np.outer(inside, rings) / run.job.resolution**2
            else:
                *_, weight = run.sim.get_array_metadata(**self.where)
                self._measure = np.reshape(weight, shape) * 2 ** len(run.job.mirrors)
        return self._measure

    def coordinates(self) -> list[np.ndarray]:
        """Along each axis of the arrays, about the emitter, in µm."""
        shape = list(self.total[0].shape[1:])
        step, z0 = 1 / self.run.job.resolution, self.run.z0
        middle, size = self.where["center"], self.where["size"]

        def along(centre: float, count: int) -> np.ndarray:
            return centre + (np.arange(count) - (count - 1) / 2) * step

        if self.run.cylindrical:  # stored as (z, r)
            radii = (np.arange(shape[-1]) + 0.5) * step
            return [along(middle.z - z0, shape[0]), radii] if len(shape) > 1 else [radii]
        places = [(middle.x, size.x), (middle.y, size.y), (middle.z - z0, size.z)]
        extended = [centre for centre, length in places if length > 0]
        return [along(c, n) for c, n in zip(extended, shape, strict=True)]


def _volume(run: "Run", where: dict[str, mp.Vector3]) -> Any:
    """The whole box of `mode_box` as Meep's own volume."""
    a, b, down, up = run.job.mode_box or run.job.box
    if run.cylindrical:
        whole = where
    else:
        centre = mp.Vector3(0, 0, run.z0 + (up - down) / 2)
        whole = {"center": centre, "size": mp.Vector3(2 * a, 2 * b, up + down)}
    return run.sim._fit_volume_to_simulation(
        mp.Volume(**whole, dims=run.sim.dimensions, is_cylindrical=run.cylindrical)
    ).swigobj


def _energies(run: "Run", box: _Sum, correction: float) -> dict[str, np.ndarray]:
    """Energies and peaks.

    Fields at the centres of voxels are means of neighbours, which loses some energy. Meep sums
    energy without that loss, but for all modes together; `correction` is the ratio of the two.
    """
    electric, displacement = _fields(box)
    axes, measure = box.coordinates(), box.measure()
    density = (electric.conj() * displacement).real  # (mode, component, …)
    energy = correction * (density.sum(axis=1) * measure).reshape(len(density), -1).sum(axis=1)
    if run.cylindrical:
        linear = _driven_by_a_linear_dipole(density, run.job.angular_number)
        # A linear dipole drives both senses of rotation: twice the energy of one.
        energy = energy * (1.0 if run.job.angular_number == 0 else 2.0)
    else:
        linear = density.sum(axis=1)
    allowed = measure > 0
    peaks, places, epsilons = [], [], []
    for mode, values in enumerate(linear):
        flat = int(np.argmax(np.where(allowed, values, -np.inf)))
        where = np.unravel_index(flat, values.shape)
        place = [float(axis[k]) for axis, k in zip(axes, where, strict=True)]
        places.append([place[1], 0.0, place[0]] if run.cylindrical else place)
        peaks.append(values[where])
        intensity = (np.abs(electric[mode][(slice(None), *where)]) ** 2).sum()
        epsilons.append(density[mode][(slice(None), *where)].sum() / intensity)
    return {
        "mode_energy": energy,
        "mode_correction": np.array(correction),
        "mode_peak": np.array(peaks),
        "mode_place": np.array(places),
        "mode_epsilon": np.array(epsilons),
    }


def _fields(box: _Sum) -> tuple[np.ndarray, np.ndarray]:
    """E and D (mode, component, …) in the box."""
    electric, displacement = np.stack(box.total[:3], axis=1), np.stack(box.total[3:], axis=1)
    if box.run.cylindrical and box.run.job.angular_number == 1:
        # Next to the axis Meep 1.25's E_φ is spoilt by what it keeps on the axis itself; there
        # E_φ = i E_r.
        for field in (electric, displacement):
            field[:, 1, :, 0] = 1j * field[:, 0, :, 0]
    return electric, displacement


def _whole(box: _Sum) -> dict[str, np.ndarray]:
    electric, displacement = _fields(box)
    height, radius = box.coordinates()
    return {
        "mode_electric": electric.astype(np.complex64),
        "mode_displacement": displacement.astype(np.complex64),
        "mode_r": radius,
        "mode_z": height,
    }


def _driven_by_a_linear_dipole(density: np.ndarray, m: int) -> np.ndarray:
    """The larger of ε|E|² at φ = 0 and π/2 where fields ∝ exp(±imφ) are driven alike.

    Together they are 2 cos(mφ) (E_r, E_z) and 2i sin(mφ) E_φ.
    """
    if m == 0:
        return density.sum(axis=1)
    return 4 * np.maximum(density[:, 0] + density[:, 2], density[:, 1])


def _in_plane(run: "Run", plane: _Sum) -> dict[str, Any]:
    fields = np.stack(plane.total, axis=1)
    axes = plane.coordinates()
    if run.cylindrical:
        fields, axes = fields[..., None], [axes[0], np.zeros(1)]
    return {
        "mode_plane": fields.astype(np.complex64),
        "mode_x": axes[0],
        "mode_y": axes[1],
    }
