"""Runs in two coordinates for resonances: the plane of the chip, or the half plane of a ring.

In the plane (x, y) a film is replaced by a medium of its effective index. Wavelengths come within
some percent, couplings between parts in the plane are meaningful as long as they are labelled so;
losses out of the plane are not there at all. In the half plane (r, z) of a body of revolution
nothing is left out: the fields vary as exp(imφ).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from cqdphotonics.fdtd.job import Computation, MediumSpec, SolidSpec
from cqdphotonics.fdtd.runner import Limits, run
from cqdphotonics.fdtd.store import RawResult, Store

WINDOWS_AGREE = 0.05
"""A Q is trusted where two windows of the ring-down agree on it to this share."""


class PlanarJob(Computation):
    """A ring-down in two coordinates.

    Attributes
    ----------
    formulation : {"planar", "cylindrical"}
        (x, y), or (r, z) with fields ∝ exp(i m φ), m = `angular_number`.
    polarisation : {"TE", "TM"}
        "TE": E in the plane (Ex, Ey, Hz); "TM": Ez alone. Of a cylindrical run all components
        count, and this says which is excited: "TE" Er, "TM" Ez.
    resolution : float
        Pixels per µm.
    half_width, half_depth : float
        Inner half extents along x and y; of a cylindrical run the radius and the half height.
    pml : float
        Thickness of the absorbing layers, µm.
    solids : tuple
        In a planar run their extent along z is ignored.
    mirrors : tuple of (axis, parity)
        Planes through the origin; parity as the solver counts it, of Ez for "TM" and of Hz, with
        its sign turned, for "TE".
    source : (float, float)
        Where a current starts the ring-down; `direction` is its axis in a planar TE run.
    probes : tuple of (float, float)
        Where the field is recorded; the source's place if there are none.
    centre, width : float
        Of the source's spectrum, 1/µm.
    duration : float
        Of the ring-down, µm/c.
    """

    kind: Literal["planar"] = "planar"
    version: int = 1
    formulation: Literal["planar", "cylindrical"] = "planar"
    angular_number: int = 0
    polarisation: Literal["TE", "TM"] = "TE"
    resolution: float = Field(gt=0)
    courant: float = Field(default=0.5, gt=0, lt=1)
    half_width: float = Field(gt=0)
    half_depth: float = Field(gt=0)
    pml: float = Field(gt=0)
    media: dict[str, MediumSpec]
    background: str
    solids: tuple[SolidSpec, ...]
    mirrors: tuple[tuple[Literal["x", "y"], Literal[1, -1]], ...] = ()
    source: tuple[float, float]
    direction: Literal["x", "y"] = "y"
    probes: tuple[tuple[float, float], ...] = ()
    centre: float = Field(gt=0)
    width: float = Field(gt=0)
    duration: float = Field(gt=0)

    def voxels(self) -> int:
        """Number of grid points that are stepped."""
        width, depth = self.half_width + self.pml, 2 * (self.half_depth + self.pml)
        if self.formulation == "planar":
            width *= 2
        return round(width * depth * self.resolution**2 / 2 ** len(self.mirrors))


@dataclass(frozen=True)
class RingMode:
    """A mode of a ring-down.

    Attributes
    ----------
    wavelength : float
        µm.
    quality : float
    quality_spread : float
        Relative distance between the Q of two windows; infinite where the other has no such mode.
    amplitude : float
        At the strongest probe, relative to that of the strongest mode.
    """

    wavelength: float
    quality: float
    quality_spread: float
    amplitude: float

    @property
    def trusted(self) -> bool:
        """Whether both windows agree."""
        return self.quality_spread <= WINDOWS_AGREE


def ringdown_modes(
    job: PlanarJob,
    store: Store | None = None,
    *,
    limits: Limits | None = None,
    least_amplitude: float = 0.02,
    lowest_quality: float = 20.0,
) -> tuple[RingMode, ...]:
    """Modes of a run in two coordinates, by rising wavelength.

    Parameters
    ----------
    job : PlanarJob
    store, limits
        As in `cqdphotonics.fdtd.runner.run`.
    least_amplitude : float
        Weaker modes are left out.
    lowest_quality : float
        What decays faster is left out.
    """
    raw = run(job, store if store is not None else Store(), limits=limits)
    return read_modes(job, raw, least_amplitude=least_amplitude, lowest_quality=lowest_quality)


def read_modes(
    job: PlanarJob, raw: RawResult, *, least_amplitude: float = 0.02, lowest_quality: float = 20.0
) -> tuple[RingMode, ...]:
    """The modes in a raw result; see `ringdown_modes`."""
    from cqdphotonics.fdtd import ringdown

    times, samples = raw.arrays["times"], raw.arrays["samples"]
    found: list[tuple[complex, float]] = []
    earlier: list[complex] = []
    for signal in samples:
        for part, kept in ((1.0, True), (0.7, False)):
            count = int(len(times) * part)
            decays = ringdown.fit(times[:count], signal[:count], job.centre)
            if decays is None:
                continue
            near = np.abs(decays.frequency.real - job.centre) <= 0.75 * job.width
            sharp = decays.quality >= lowest_quality
            for f, a in zip(
                decays.frequency[near & sharp], decays.amplitude[near & sharp], strict=True
            ):
                # Amplitudes at one time, the ring-down's begin.
                strength = abs(a) * np.exp(-2 * np.pi * f.imag * (times[0] - decays.start) * -1)
                if kept:
                    found.append((complex(f), float(strength)))
                else:
                    earlier.append(complex(f))
    return _distinct(found, earlier, least_amplitude)


def _distinct(
    found: list[tuple[complex, float]], earlier: list[complex], least: float
) -> tuple[RingMode, ...]:
    """One entry a mode, from its strongest probe."""
    modes: list[tuple[complex, float]] = []
    for f, strength in sorted(found, key=lambda entry: -entry[1]):
        if all(abs(f.real - other.real) > abs(f.imag) + abs(other.imag) for other, _ in modes):
            modes.append((f, strength))
    out = []
    for f, strength in modes:
        if strength < least * modes[0][1]:
            continue
        quality = f.real / (-2 * f.imag)
        again = [g.real / (-2 * g.imag) for g in earlier if abs(g.real - f.real) < abs(f.imag)]
        spread = min((abs(q / quality - 1) for q in again), default=np.inf)
        out.append(RingMode(1 / f.real, quality, float(spread), strength / modes[0][1]))
    return tuple(sorted(out, key=lambda mode: mode.wavelength))
