"""The resonances of a device: wavelength, Q and its split, mode volume, two Purcell factors.

A mode's Purcell factor comes from its Q and volume, F = 3/(4π²) (λ/n)³ Q/V, and from the work of
the dipole at the resonance. They are two measurements of one thing where a single mode of high Q
dominates, and their difference says how far that holds. The second is exact at any Q.

The volume is V = ∫ε|E|² / max(ε|E|²) with |E|² the mean over a period, taken while the mode rings
alone: the source and its near field are gone. A leaking mode fills space with radiation, so the
integral goes to a quarter of a wavelength beyond the structure and no farther; what that leaves
open is of order 1/Q. In dispersive media ε|E|² is no energy and no volume is given; nor is one
between plane films, where light spreads sideways without end and the integral grows with its box.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from cqdphotonics.fdtd.analysis import Analysis, Check, Resonance
from cqdphotonics.fdtd.job import BlockSpec, Job
from cqdphotonics.fdtd.ringdown import Decays

DISPERSIVE = "a medium is dispersive"
SPREADS = "the mode is not confined sideways"
"""Why a mode has no volume."""

LOW_QUALITY = 100.0
"""Below it wavelength and Q come from a fit of the line in the Purcell spectrum."""

SAME_QUALITY = 0.2
"""Largest accepted relative difference of Q between the two windows."""

_SAME_MODE = 2e-3
_LEAST = 2e-3
"""Least relative uncertainty of Q and V, as of a Purcell factor."""

SAME_GRIDS = 3e-3
"""Modes of two grids, each moved to its end, closer than this (relative) are one."""


@dataclass(frozen=True)
class Mode:
    """One resonance that a dipole sees.

    Attributes
    ----------
    wavelength, wavelength_uncertainty : float
        In vacuum, µm; the uncertainty is 0 where none is known.
    quality, quality_uncertainty : float
        Q; the uncertainty is 0 where none is known (a single grid).
    windows : float or None
        Relative difference of Q between two time windows, or between ring-down and line fit; None
        where the run was too short for two.
    method : str
        "ring-down" or "line fit".
    shares : dict
        Where the light at the resonance goes: "up", "down", "side", "absorbed" and ports, as shares
        of the dipole's whole power.
    volume : float or None
        V = ∫ε|E|²/max(ε|E|²) in µm³.
    volume_uncertainty : float
    volume_at_emitter : float or None
        The same with ε|E|² at the emitter, of the field along the dipole, in µm³.
    index_at_maximum, index_at_emitter : float or None
    maximum : (x, y, z) or None
        Where ε|E|² is largest, in µm from the emitter; x is the radius in cylindrical runs.
    purcell : float
        F at the resonance from the work of the dipole (all modes and the background).
    purcell_of_mode : float or None
        The part of it that the mode's pole makes; not known for a line fit.
    purcell_from_volume : float or None
        F at the emitter by Q/V.
    no_volume : str
        Why there is no volume where the mode can't have one; empty otherwise.
    """

    wavelength: float
    wavelength_uncertainty: float
    quality: float
    quality_uncertainty: float
    windows: float | None
    method: str
    shares: dict[str, float]
    volume: float | None
    volume_uncertainty: float
    volume_at_emitter: float | None
    index_at_maximum: float | None
    index_at_emitter: float
    maximum: tuple[float, float, float] | None
    purcell: float
    purcell_of_mode: float | None
    purcell_from_volume: float | None
    no_volume: str = ""

    @property
    def normalised_volume(self) -> float | None:
        """Ṽ = V/(λ/n)³ with n at the field maximum."""
        if self.volume is None or self.index_at_maximum is None:
            return None
        return self.volume / (self.wavelength / self.index_at_maximum) ** 3

    def quality_towards(self, name: str) -> float:
        """Q if light could leave only that way: Q over its share."""
        share = self.shares[name]
        return self.quality / share if share > 0 else float("inf")

    def as_dict(self) -> dict[str, Any]:
        """Plain data that `from_dict` reads."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Mode":
        """The mode that `as_dict` wrote."""
        place = data["maximum"]
        return cls(**{**data, "maximum": tuple(place) if place is not None else None})


def find_modes(run: Analysis) -> list[Mode]:
    """The resonances of a run with all that is known about them, strongest first."""
    modes = []
    for resonance in run.resonances():
        modes.append(_mode(run, resonance))
    return modes


def _mode(run: Analysis, seen: Resonance) -> Mode:
    windows = _windows(run, seen)
    wavelength, quality, method = seen.wavelength, seen.quality, "ring-down"
    if quality < LOW_QUALITY:
        fitted = fit_line(run.wavelength, run.purcell, wavelength, quality)
        if fitted is not None:
            windows = abs(fitted[1] / quality - 1)
            wavelength, quality = fitted
            method = "line fit"
    total, resonant = _at_resonance(run, seen, wavelength)
    volume = at_emitter = index = by_volume = place = None
    number = captured(run, seen)
    host = run.job.reference_index
    reason = DISPERSIVE if run.lossy else SPREADS if plane_films_only(run.job) else ""
    if number is not None and not reason:
        arrays = run.raw.arrays
        energy = float(arrays["mode_energy"][number])
        peak, here = float(arrays["mode_peak"][number]), _intensity_at_emitter(run, number)
        index = float(np.sqrt(arrays["mode_epsilon"][number]))
        x, y, z = (float(v) for v in arrays["mode_place"][number])
        place = (x, y, z)
        if host**2 * here > peak:  # the dot is on the grid, the peak between its points
            peak, index, place = host**2 * here, host, (0.0, 0.0, 0.0)
        volume = energy / peak
        at_emitter = energy / (host**2 * here)
        by_volume = 3 / (4 * np.pi**2) * (wavelength / host) ** 3 * quality / at_emitter
    return Mode(
        wavelength=wavelength,
        wavelength_uncertainty=0.0,
        quality=quality,
        quality_uncertainty=0.0,
        windows=windows,
        method=method,
        shares=_shares(run, wavelength),
        volume=volume,
        volume_uncertainty=0.0,
        volume_at_emitter=at_emitter,
        index_at_maximum=index,
        index_at_emitter=host,
        maximum=place,
        purcell=total,
        purcell_of_mode=resonant,
        purcell_from_volume=by_volume,
        no_volume=reason,
    )


def plane_films_only(job: Job) -> bool:
    """Whether nothing in a job ends sideways, so that no mode is confined there."""
    films = (isinstance(s, BlockSpec) and s.size[:2] == (None, None) for s in job.solids)
    return all(films) and not job.spheres


def _windows(run: Analysis, seen: Resonance) -> float | None:
    """Relative difference of Q between the run's window and a later one."""
    late = run.raw.arrays.get("resonances_late")
    if late is None:
        return None
    frequency = late[0]
    near = frequency[np.abs(frequency.real * seen.wavelength - 1) < _SAME_MODE]
    if len(near) == 0:
        return None
    closest = near[np.argmin(np.abs(near.real - 1 / seen.wavelength))]
    return float(abs(closest.real / (-2 * closest.imag) / seen.quality - 1))


def windows_check(modes: Sequence[Mode], wavelength: float, purcell: float) -> Check | None:
    """Whether Q is the same in two windows of the ring-down, for the mode that makes the emission.

    Parameters
    ----------
    modes : sequence of Mode
    wavelength, purcell : float
        Of the emission, in µm, and F there.

    Returns
    -------
    Check or None
        None where no mode makes half of F, where it was fitted as a line, or where the run was too
        short for two windows, which `Mode.windows` says.
    """
    for mode in modes:
        if mode.windows is None or mode.purcell_of_mode is None or mode.quality < LOW_QUALITY:
            continue
        detuning = 2 * mode.quality * (wavelength / mode.wavelength - 1)
        if mode.purcell_of_mode / (1 + detuning**2) > 0.5 * purcell:
            name = "relative difference of the resonance's Q between two windows"
            return Check(name, mode.windows, SAME_QUALITY)
    return None


def settled_modes(
    runs: Sequence[Analysis], factors: Sequence[float], spread: float
) -> tuple[Mode, ...]:
    """The modes of the finest run, moved to where the grids say that they end.

    Parameters
    ----------
    runs : sequence of Analysis
        Coarse to fine.
    factors : sequence of float
        A wavelength in reality is that on the grid over its factor.
    spread : float
        Relative uncertainty of wavelengths.

    Notes
    -----
    With several grids the uncertainty of Q and V is made of twice the change from the grid before
    (what a scheme of order 1.7 has still to go on these grids), of the change between windows, and
    of a floor of .2 %. A mode that the grid before does not have keeps 0, which means unknown.
    """
    out = []
    earlier = find_modes(runs[-2]) if len(runs) > 1 else []
    for mode in find_modes(runs[-1]):
        moved = replace(mode, wavelength=mode.wavelength / factors[-1])
        near = [
            other
            for other in earlier
            if abs(other.wavelength / factors[-2] / moved.wavelength - 1) < SAME_GRIDS
        ]
        if near:
            other = min(near, key=lambda o: abs(o.wavelength / factors[-2] - moved.wavelength))
            change = 2 * abs(other.quality - mode.quality)
            moved = replace(
                moved,
                wavelength_uncertainty=spread * moved.wavelength,
                quality_uncertainty=float(
                    np.hypot(change, ((mode.windows or 0) + _LEAST) * mode.quality)
                ),
                volume_uncertainty=float(
                    np.hypot(2 * (other.volume - mode.volume), _LEAST * mode.volume)
                )
                if other.volume is not None and mode.volume is not None
                else 0.0,
            )
        out.append(moved)
    return tuple(out)


def mode_fields(run: Analysis) -> dict[str, Any]:
    """Variables and coordinates of a dataset: the fields of the modes of `find_modes`.

    Empty where none were kept. ``angular_number`` is −1 for fields over x and y.
    """
    arrays, numbers, fields = run.raw.arrays, [], []
    for number, resonance in enumerate(run.resonances()):
        kept = captured(run, resonance)
        if kept is not None:
            numbers.append(number)
            fields.append(arrays["mode_plane"][kept])
    if not fields:
        return {}
    whole = np.stack(fields)
    parts = np.stack([whole.real, whole.imag], axis=2)
    round_about = run.job.formulation == "cylindrical"
    attributes = {
        "units": "relative",
        "angular_number": run.job.angular_number if round_about else -1,
    }
    return {
        "data": {"mode_field": (("mode", "vector", "part", "mode_x", "mode_y"), parts, attributes)},
        "coords": {
            "mode": numbers,
            "vector": ["r", "phi", "z"] if round_about else ["x", "y", "z"],
            "part": ["real", "imaginary"],
            "mode_x": ("mode_x", arrays["mode_x"], {"units": "µm"}),
            "mode_y": ("mode_y", arrays["mode_y"], {"units": "µm"}),
        },
    }


def captured(run: Analysis, seen: Resonance) -> int | None:
    """Number of the mode among those whose fields were kept; None where they weren't."""
    frequency = run.raw.arrays.get("mode_frequency")
    if frequency is None:
        return None
    apart = np.abs(frequency.real * seen.wavelength - 1) + np.abs(
        frequency.real / (-2 * frequency.imag) / seen.quality - 1
    )
    number = int(np.argmin(apart))
    return number if apart[number] < 1e-6 else None


def _intensity_at_emitter(run: Analysis, number: int) -> float:
    """|E|² along the dipole at the emitter, in the unit of the mode's energy."""
    arrays, job = run.raw.arrays, run.job
    plane = arrays["mode_plane"][number]
    if job.formulation == "cylindrical":
        component, factor = (2, 1.0) if job.angular_number == 0 else (0, 4.0)
        first, second = plane[component, :2, 0]
        # Even in r, at half and three halves of a pixel.
        return float(factor * np.abs(first - (second - first) / 8) ** 2)
    return float(np.abs(arrays["mode_at_dipole"][number]) ** 2)


def _shares(run: Analysis, wavelength: float) -> dict[str, float]:
    here = int(np.argmin(np.abs(run.wavelength - wavelength)))
    parts = {**run.radiated, "absorbed": run.absorbed, **run.guided}
    return {name: float(part[here] / run.purcell[here]) for name, part in parts.items()}


def _at_resonance(run: Analysis, seen: Resonance, wavelength: float) -> tuple[float, float | None]:
    """F at a resonance, which may be narrower than the spectrum's spacing, and its pole's part."""
    order = np.argsort(run.raw.arrays["frequencies"])
    frequencies = run.raw.arrays["frequencies"][order]
    work, reference = run.raw.arrays["work"][order], run.raw.arrays["work_reference"][order].real
    poles = residues(run)
    narrow = [
        (pole, residue)
        for pole, residue in poles
        if pole.real / (-2 * pole.imag) >= LOW_QUALITY
        and frequencies[0] <= pole.real <= frequencies[-1]
    ]
    mine = [p for p in narrow if abs(p[0].real * seen.wavelength - 1) < 1e-9]
    at = 1 / wavelength
    if not mine:
        total = float(np.interp(wavelength, run.wavelength, run.purcell))
        return total, None
    rest = work - sum(residue / (frequencies - pole) for pole, residue in narrow)
    scale = float(np.interp(at, frequencies, reference))
    background = float(np.interp(at, frequencies, rest.real))
    resonant = sum(residue / (at - pole) for pole, residue in narrow).real
    pole, residue = mine[0]
    return (background + resonant) / scale, float((residue / (at - pole)).real / scale)


def residues(run: Analysis) -> list[tuple[complex, complex]]:
    """Poles of the spectrum of work and their residues, from the ring-down.

    What the decays add from the run's end on is the tail that completed the spectrum; as the field
    of a pole is one function of time, the same tail says what it adds in all. Field and current
    have one scale, whose logarithm is quadratic in frequency for a Gaussian source, and so is known
    at complex frequencies.
    """
    arrays = run.raw.arrays
    if "resonances_start" not in arrays:
        return []
    order = np.argsort(arrays["frequencies"])
    frequencies = arrays["frequencies"][order]
    until_end = arrays["work_plain" if "work_plain" in arrays else "work_truncated"]
    tail = (arrays["work"] - until_end)[order]
    frequency, amplitudes = arrays["resonances"]
    decays = Decays(frequency, amplitudes, float(arrays["resonances_start"]))
    shape = decays.transform(frequencies, float(arrays["summary"][0]), None)
    if not np.abs(tail).max() > 1e-9 * np.abs(arrays["work"]).max():
        return []
    ratio = tail / shape
    middle = frequencies.mean()
    offset = frequencies - middle
    log = np.log(np.abs(ratio)) + 1j * np.unwrap(np.angle(ratio))
    degree = min(2, len(frequencies) - 1)
    polynomial = np.polyfit(offset, log, degree)
    found = []
    for pole, amplitude in zip(decays.frequency, decays.amplitude, strict=True):
        scale = np.exp(np.polyval(polynomial, pole - middle))
        phase = np.exp(2j * np.pi * pole * decays.start)
        found.append((complex(pole), complex(-scale * phase * amplitude / (2j * np.pi))))
    return found


def fit_line(
    wavelength: np.ndarray, purcell: np.ndarray, near: float, quality: float
) -> tuple[float, float] | None:
    """Wavelength and Q of a line in a Purcell spectrum, on a slope and with Fano's asymmetry.

    Parameters
    ----------
    wavelength, purcell : arrays
        µm, rising; F.
    near, quality : float
        Where to start, as from a ring-down.

    Returns
    -------
    (wavelength, quality) or None
        None where the line does not lie in the spectrum, or the fit leaves it.
    """
    from scipy.optimize import least_squares

    frequency = 1 / wavelength
    reach = 1.5 / (near * quality)
    chosen = np.abs(frequency - 1 / near) < max(reach, 4 * abs(frequency[1] - frequency[0]))
    if chosen.sum() < 8:
        return None
    f, values = frequency[chosen], purcell[chosen]

    def parts(parameters: np.ndarray) -> np.ndarray:
        centre, half = parameters
        detuning = (f - centre) / half
        line = 1 / (1 + detuning**2)
        slope = (f - 1 / near) * near
        return np.stack([line, line * detuning, np.ones_like(f), slope], axis=1)

    def misfit(parameters: np.ndarray) -> np.ndarray:
        basis = parts(parameters)
        return values - basis @ np.linalg.lstsq(basis, values, rcond=None)[0]

    start = np.array([1 / near, 0.5 / (near * quality)])
    found = least_squares(misfit, start, x_scale=start[1])
    centre, half = found.x
    if not (f.min() < centre < f.max() and 0.2 * start[1] < half < 5 * start[1]):
        return None
    return float(1 / centre), float(centre / (2 * half))
