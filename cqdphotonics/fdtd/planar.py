"""Runs in two coordinates for resonances: the plane of the chip, or the half plane of a ring.

In the plane (x, y) a film is replaced by a medium of its effective index. Wavelengths come within
some percent, couplings between parts in the plane are meaningful as long as they are labelled so;
losses out of the plane are not there at all. In the half plane (r, z) of a body of revolution
nothing is left out: the fields vary as exp(imφ).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

import numpy as np
from pydantic import Field

from cqdphotonics import materials
from cqdphotonics.errors import InputError
from cqdphotonics.fdtd.dispersion import compensated_permittivity
from cqdphotonics.fdtd.geometry import solids_about_emitter
from cqdphotonics.fdtd.job import BlockSpec, Computation, CylinderSpec, MediumSpec, SolidSpec
from cqdphotonics.fdtd.runner import Limits, run
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.store import RawResult, Store
from cqdphotonics.fdtd.waveguide import StripSection, slab_index, strip_modes

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
    energy : bool
        Whether the energy of the field is taken at the end, of a cylindrical run.
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
    energy: bool = False

    def canonical(self) -> str:
        """JSON with sorted keys; `energy` only where it is asked for, as in older jobs."""
        content = self.model_dump(mode="json")
        if not self.energy:
            del content["energy"]
        return json.dumps(content, sort_keys=True, separators=(",", ":"))

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


def planar_job(
    scene: Scene,
    wavelength: float,
    *,
    probes: Sequence[tuple[float, float]] = (),
    pixels: float = 14.0,
    bandwidth: float = 0.05,
    periods: float = 250.0,
) -> PlanarJob:
    """The film of a scene that holds its dot, in the plane, by its effective index.

    Only an in-plane dipole and the TE modes of the film are described. Loss out of the plane is
    not there; films above and below count by the index that they touch the film with.

    Parameters
    ----------
    scene : Scene
        From a layout, dipole along x or y.
    wavelength : float
        About which modes are looked for, µm.
    probes : sequence of (x, y)
        Further places to listen at, in the layout's coordinates; the dot is always one.
    pixels : float
        Per wavelength in the film.
    bandwidth : float
        Of the source, over its centre.
    periods : float
        Length of the ring-down in periods of the light.

    Raises
    ------
    InputError
        A dipole along z, or a dot outside of all patterned films.
    """
    if scene.dipole == "z":
        raise InputError(
            "a run in the plane holds TE modes, which a dipole along z does not excite. Take x or "
            "y, or a run in 3D."
        )
    z = scene.emitter[2]
    films = [s for s in scene.solids if s.zmin - 1e-9 <= z <= s.zmax + 1e-9]
    if not films:
        raise InputError("the dot lies in none of the patterned films: there is no plane to take.")
    low, high = films[0].zmin, films[0].zmax
    flat = [s for s in scene.solids if abs(s.zmin - low) < 1e-9 and abs(s.zmax - high) < 1e-9]
    around = [touching(scene, height, side) for height, side in ((low, "below"), (high, "above"))]
    indices = {name: materials.load(name).index(wavelength).real for name in {
        *(s.material for s in flat), scene.medium, *around}}  # fmt: skip
    effective = {}
    for name in sorted({s.material for s in flat} | {scene.medium}):
        guiding = indices[name] > max(indices[other] for other in around)
        outside = (indices[around[0]], indices[around[1]])
        effective[name] = (
            slab_index(high - low, indices[name], *outside, wavelength)
            if guiding
            else indices[name]
        )
    resolution = round(pixels * max(effective.values()) / wavelength, 6)
    courant = 0.5
    middle = ((scene.core[0] + scene.core[2]) / 2, (scene.core[1] + scene.core[3]) / 2)
    padding = 0.6 * wavelength

    def up(length: float) -> float:
        return ceil(length * resolution - 1e-6) / resolution

    def moved(point: tuple[float, float]) -> tuple[float, float]:
        return (round(point[0] - middle[0], 9), round(point[1] - middle[1], 9))

    centred = replace(scene, solids=tuple(flat), films=(), emitter=(*middle, z))
    frequency = 1 / wavelength
    dot = moved((scene.emitter[0], scene.emitter[1]))
    return PlanarJob(
        resolution=resolution,
        courant=courant,
        half_width=up((scene.core[2] - scene.core[0]) / 2 + padding),
        half_depth=up((scene.core[3] - scene.core[1]) / 2 + padding),
        pml=up(0.6 * wavelength),
        media={
            name: MediumSpec(
                label=f"{name} n = {index:.4g} (effective)",
                epsilon=round(
                    compensated_permittivity(
                        index**2, frequency, 1 / resolution, courant / resolution, "cylindrical"
                    ),
                    9,
                ),
            )
            for name, index in effective.items()
        },
        background=scene.medium,
        solids=solids_about_emitter(centred, frozenset(), (0.0, 0.0)),
        source=dot,
        direction=scene.dipole,
        probes=(dot, *(moved(point) for point in probes)),
        centre=frequency,
        width=bandwidth * frequency,
        duration=periods * wavelength,
    )


def touching(scene: Scene, height: float, side: str) -> str:
    """Material that touches the film at a height, outside of it."""
    for film in scene.films:
        if side == "below" and abs(film.zmax - height) < 1e-9:
            return film.material
        if side == "above" and abs(film.zmin - height) < 1e-9:
            return film.material
    return scene.medium


def ring_job(
    radius: float,
    section: StripSection,
    wavelength: float,
    *,
    angular_number: int | None = None,
    pixels: float = 12.0,
    bandwidth: float = 0.06,
    periods: float = 200.0,
    energy: bool = False,
) -> PlanarJob:
    """A ring without bus in (r, z): its own loss, exact in three dimensions by symmetry.

    Parameters
    ----------
    radius : float
        Of the middle of the rim, µm.
    section : StripSection
        Of the rim, with vertical walls.
    wavelength : float
        About which the mode is looked for, µm.
    angular_number : int, optional
        The nearest whole number to 2πR n_eff/λ of the straight waveguide by default.
    pixels, bandwidth, periods
        As in `planar_job`.
    energy : bool
        Also take what `volume_at_dot` needs.

    Raises
    ------
    InputError
        The straight waveguide guides nothing, or the rim reaches the axis.
    """
    if section.width / 2 >= radius:
        raise InputError(
            f"a rim {section.width:g} µm wide does not fit at radius {radius:g} µm: its inner edge "
            "would be beyond the axis. Take a disc, or a larger radius."
        )
    if angular_number is None:
        modes = [m for m in strip_modes(section, wavelength) if m.polarisation == "TE"]
        if not modes:
            raise InputError("the rim guides no TE-like mode at this wavelength.")
        angular_number = round(2 * np.pi * radius * modes[0].effective_index / wavelength)
    half = section.thickness / 2
    # The solver knows nothing of faces between pixels across z here: they are put on the grid.
    resolution = ceil(pixels * section.core / wavelength * half) / half
    courant = 0.35
    frequency = 1 / wavelength

    def up(length: float) -> float:
        return ceil(length * resolution - 1e-6) / resolution

    names = {"core": section.core, "below": section.below, "above": section.above}
    far = 100.0
    inner, outer = radius - section.width / 2, radius + section.width / 2
    # Light that tunnels out becomes a wave where the surroundings carry m periods round the axis.
    outside = max(section.below, section.above)
    caustic = angular_number * wavelength / (2 * np.pi * outside)
    solids: list[SolidSpec] = [
        CylinderSpec(
            medium=name, centre=(0, 0, 0), radius=r, radius_top=r, height=section.thickness
        )
        for name, r in (("core", outer), ("above", inner))
    ]
    if section.below != section.above:
        substrate = (None, None, far)
        solids.append(BlockSpec(medium="below", centre=(0, 0, -half - far / 2), size=substrate))
    return PlanarJob(
        formulation="cylindrical",
        angular_number=angular_number,
        resolution=resolution,
        courant=courant,
        half_width=up(max(outer + 1.2 * wavelength, caustic + 0.6 * wavelength)),
        half_depth=up(half + 0.8 * wavelength),
        pml=up(0.8 * wavelength),
        media={
            name: MediumSpec(
                label=f"n = {index:.4g}",
                epsilon=round(
                    compensated_permittivity(
                        index**2, frequency, 1 / resolution, courant / resolution, "cylindrical"
                    ),
                    9,
                ),
            )
            for name, index in names.items()
        },
        background="above",
        solids=tuple(solids),
        source=(radius, 0.0),
        centre=frequency,
        width=bandwidth * frequency,
        duration=periods * wavelength,
        energy=energy,
    )


def volume_at_dot(job: PlanarJob, raw: RawResult) -> tuple[float, float]:
    """Effective volume of a ring's mode for a radial dipole in the middle of its rim, µm³.

    V = ∫ε|E|² dV/(ε|E_r|²) at the dipole, of the standing wave with its maximum there: a linear
    dipole drives both senses of rotation alike, which doubles the energy and the field.

    Returns
    -------
    volume, spread : float
        The spread over the moments at which it was taken: what is left of other modes.
    """
    core = next(solid.medium for solid in job.solids if isinstance(solid, CylinderSpec))
    energy, field = raw.arrays["energy"], raw.arrays["field_at_source"]
    volumes = energy / (2 * job.media[core].epsilon * np.abs(field) ** 2)
    return float(volumes.mean()), float(np.ptp(volumes))
