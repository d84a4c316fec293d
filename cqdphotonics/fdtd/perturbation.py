"""How a mode moves when its device changes: all slopes from the fields of one simulation.

To first order in a shift of surfaces between media ε₁ and ε₂ (Johnson et al., Phys. Rev. E 65,
066611 (2002)), with fields that decay instead of real ones (Sauvan et al., PRL 110, 237401 (2013)),

    Δω/ω = −(1/N) ∫ [Δε E∥·E∥ − Δ(1/ε) D⊥·D⊥] d³r

over the volume that changes its medium. E along a surface and D across it are continuous there, so
that surfaces of high contrast are counted right. The products are not conjugated: a mode ∝ exp(imφ)
meets the one ∝ exp(−imφ), whose E_φ has the other sign. ω is complex, and with it N = ∫ (εE·E −
H·H), which does not converge over a box that cuts the leaking field. It is known from elsewhere:
near the mode's pole the field that a dipole feels is E/J = −i e²/(N (ω − ω̃)), with e the mode's
field at the dipole, and the pole's residue comes with the spectrum of work.

Units c = ε₀ = µ₀ = 1, frequencies in 1/µm, lengths in µm from the emitter.
"""

from dataclasses import dataclass

import numpy as np

from cqdphotonics.errors import InputError, SimulationError
from cqdphotonics.fdtd.analysis import Analysis, Resonance
from cqdphotonics.fdtd.guided import medium_at
from cqdphotonics.fdtd.job import Job
from cqdphotonics.fdtd.modes import captured, residues

FINER = 8
"""Points along each side of a pixel at which media are compared."""

_GOLDEN = 0.6180339887498949

_BLUR = 0.4
"""Width in pixels over which the direction of a surface is taken from the permittivity."""


@dataclass(frozen=True)
class ModeField:
    """The field of one mode of a cylindrical run, as a linear dipole drives it.

    Attributes
    ----------
    job : Job
        The run.
    frequency : complex
        1/µm; the imaginary part is negative.
    electric, displacement : (3, nz, nr) complex arrays
        E and D along r, φ, z of the part ∝ exp(imφ), at the centres of voxels.
    radius, height : arrays
    norm : complex
        N, of the whole mode.
    correction : float
        What squares of fields at the centres of voxels, which are means of neighbours, lack.
    """

    job: Job
    frequency: complex
    electric: np.ndarray
    displacement: np.ndarray
    radius: np.ndarray
    height: np.ndarray
    norm: complex
    correction: float


def mode_field(run: Analysis, seen: Resonance) -> ModeField:
    """The field of a resonance of a run that kept whole modes.

    Raises
    ------
    InputError
        The run is none of those: not cylindrical, with dispersive media, or without `whole_modes`.
    SimulationError
        The mode did not ring long enough for its field, or its pole, to be known.
    """
    arrays, job = run.raw.arrays, run.job
    if job.formulation != "cylindrical" or not job.whole_modes or run.lossy:
        raise InputError(
            "the slopes of a mode are known for round devices without metal only, whose fields "
            "were kept in the whole box."
        )
    number = captured(run, seen)
    if number is None or "mode_electric" not in arrays:
        raise SimulationError("no mode rings long enough for its field to be known.")
    frequency = complex(arrays["mode_frequency"][number])
    poles = residues(run)
    near = [r for pole, r in poles if abs(pole - frequency) < 1e-6 * abs(frequency)]
    if not near:
        raise SimulationError("the pole of the mode is not known from the spectrum.")
    first, second = arrays["mode_plane"][number][0 if job.angular_number else 2, :2, 0]
    at_axis = complex(first - (second - first) / 8)  # even in r
    at_dipole = at_axis * (2.0 if job.angular_number else 1.0)
    # The work of a dipole in the homogeneous medium is known, and so is the unit of all work.
    order = np.argsort(arrays["frequencies"])
    reference = np.interp(
        frequency.real, arrays["frequencies"][order], arrays["work_reference"].real[order]
    )
    larmor = 2 * np.pi / 3 * job.reference_index * frequency.real**2
    residue = -larmor / reference * near[0]
    return ModeField(
        job=job,
        frequency=frequency,
        electric=arrays["mode_electric"][number].astype(complex),
        displacement=arrays["mode_displacement"][number].astype(complex),
        radius=arrays["mode_r"],
        height=arrays["mode_z"],
        norm=complex(-1j * at_dipole**2 / (2 * np.pi * residue)),
        correction=float(arrays["mode_correction"]),
    )


def shift(mode: ModeField, before: Job, after: Job) -> complex:
    """Change of the mode's complex frequency (1/µm) from geometry `before` to `after`.

    Both are jobs of designs near that of the mode, on any grid; their media are those of its job by
    name. Small changes about the mode's own geometry are meant: take one to each side.
    """
    rr, zz, cell = _points(mode)
    names = list(mode.job.media)
    epsilon = np.array([mode.job.media[name].epsilon for name in names])

    def permittivity(job: Job) -> np.ndarray:
        numbers = [names.index(name) for name in job.media]
        return epsilon[np.array(numbers)[medium_at(job, rr, np.zeros_like(rr), zz)]]

    first, last = permittivity(before), permittivity(after)
    where = np.nonzero(first != last)
    if where[0].size == 0:
        return 0j
    normal_r, normal_z = _normals((first + last) / 2, where)
    change = (last - first)[where]
    inverse = (1 / last - 1 / first)[where]
    e_r, e_f, e_z = (_at(mode, part, rr[where], zz[where]) for part in mode.electric)
    d_r, _, d_z = (_at(mode, part, rr[where], zz[where]) for part in mode.displacement)
    along = e_z * normal_r - e_r * normal_z
    across = d_r * normal_r + d_z * normal_z
    other = -1.0 if mode.job.angular_number else 1.0
    density = change * (along**2 + other * e_f**2) - inverse * across**2
    both = 2.0 if mode.job.angular_number else 1.0  # senses of rotation
    overlap = mode.correction * both * np.sum(2 * np.pi * rr[where] * density) * cell
    return complex(-mode.frequency * overlap / mode.norm)


def _points(mode: ModeField) -> tuple[np.ndarray, np.ndarray, float]:
    """Radii and heights (over z, r) of fine points in the mode's box, and the area of each.

    Every row is moved by another part of the spacing along r, and every column along z: a surface
    along the grid that moves by less than a spacing is then met by the right share of points.
    """
    step = 1 / mode.job.resolution / FINER
    inside = (np.arange(FINER) + 0.5 - FINER / 2) * step
    r = (mode.radius[:, None] + inside).ravel()
    z = (mode.height[:, None] + inside).ravel()
    along_z, along_r = ((np.arange(len(x)) * _GOLDEN) % 1 - 0.5 for x in (z, r))
    zz, rr = np.meshgrid(z, r, indexing="ij")
    return rr + step * along_z[:, None], zz + step * along_r[None, :], step**2


def _normals(epsilon: np.ndarray, where: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Directions (r, z) across the surfaces at the points `where`."""
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(np.log(epsilon), _BLUR * FINER, mode="nearest")
    along_z, along_r = (part[where] for part in np.gradient(smooth))
    length = np.maximum(np.hypot(along_r, along_z), 1e-300)
    return along_r / length, along_z / length


def _at(mode: ModeField, part: np.ndarray, r: np.ndarray, z: np.ndarray) -> np.ndarray:
    """A component of the field between the centres of voxels, linearly."""
    from scipy.ndimage import map_coordinates

    step = 1 / mode.job.resolution
    places = np.stack([(z - mode.height[0]) / step, (r - mode.radius[0]) / step])
    real, imaginary = (
        map_coordinates(each, places, order=1, mode="nearest") for each in (part.real, part.imag)
    )
    return np.asarray(real + 1j * imaginary)
