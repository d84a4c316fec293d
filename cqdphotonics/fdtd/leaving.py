"""A run's closed surface and what is outside of it, for the transform to the far field."""

from itertools import pairwise

import numpy as np

from cqdphotonics.fdtd.guided import medium_at
from cqdphotonics.fdtd.job import CylinderSpec, Job, MediumSpec, PrismSpec, SolidSpec
from cqdphotonics.fdtd.nearfar import Face, Layers, from_box, from_drum, linear_weights
from cqdphotonics.fdtd.store import RawResult

_AROUND = 48
"""Points along each side at which the outside is compared."""


def permittivity(medium: MediumSpec, frequency: float) -> complex:
    """Complex ε of a medium at 1/λ = `frequency` (1/µm), in Meep's convention of poles."""
    total = complex(medium.epsilon)
    for pole in medium.poles:
        resonant = pole.frequency**2 if pole.kind == "lorentz" else 0.0
        denominator = resonant - frequency**2 - 1j * frequency * pole.gamma
        total += pole.sigma * pole.frequency**2 / denominator
    return total * (1 + 1j * medium.conductivity / (2 * np.pi * frequency))


def layers_outside(job: Job, frequency: float, index: dict[str, float]) -> Layers | None:
    """The plane layers outside of a job's closed surface; None where there is more than that.

    A waveguide that crosses the surface is more, and so is a perfect conductor.
    """
    a, b, _, _ = job.box
    if job.formulation == "cylindrical":
        return _layers(job, frequency, index, np.array([a]), np.array([0.0]))
    along = np.linspace(-1, 1, _AROUND)
    xs = np.concatenate([np.full(_AROUND, a), np.full(_AROUND, -a), a * along, a * along])
    ys = np.concatenate([b * along, b * along, np.full(_AROUND, b), np.full(_AROUND, -b)])
    return _layers(job, frequency, index, xs, ys)


def layers_through_dot(job: Job, frequency: float, index: dict[str, float]) -> Layers | None:
    """The plane layers above and below a job's dot; None with a perfect conductor among them."""
    return _layers(job, frequency, index, np.zeros(1), np.zeros(1))


def _layers(
    job: Job, frequency: float, index: dict[str, float], xs: np.ndarray, ys: np.ndarray
) -> Layers | None:
    """The layers at all places (x, y), None where they differ."""
    # Half-spaces are blocks that end far outside of the cell; they have no end.
    low, high = -job.below - job.pml, job.above + job.pml
    heights = sorted({h for solid in job.solids for h in _faces(solid) if low < h < high})
    ends = [min([0.0, *heights]) - 1.0, *heights, max([0.0, *heights]) + 1.0]
    middles = np.array([(a + b) / 2 for a, b in pairwise(ends)])
    x, z = np.meshgrid(xs, middles)
    y, _ = np.meshgrid(ys, middles)
    found = medium_at(job, x, y, z)
    if (found != found[:, :1]).any():
        return None
    media = list(job.media.values())
    numbers = found[:, 0]
    if any(media[n].perfect_conductor for n in numbers):
        return None
    epsilon = [permittivity(media[n], frequency) for n in numbers]
    # Outermost with the true index: the grid's own differs, and directions are counted by it.
    epsilon[0], epsilon[-1] = complex(index["down"] ** 2), complex(index["up"] ** 2)
    kept = [k for k in range(len(heights)) if numbers[k] != numbers[k + 1]]
    return Layers(tuple(heights[k] for k in kept), (*(epsilon[k] for k in kept), epsilon[-1]))


def _faces(solid: SolidSpec) -> tuple[float, float]:
    if isinstance(solid, PrismSpec):
        return solid.zmin, solid.zmin + solid.height
    height = solid.height if isinstance(solid, CylinderSpec) else None
    if solid.kind == "block":
        height = solid.size[2]
    if height is None:
        return (-np.inf, np.inf)
    return round(solid.centre[2] - height / 2, 9), round(solid.centre[2] + height / 2, 9)


def has_walls(raw: RawResult) -> bool:
    """Whether a result holds the fields on the sides of its closed surface."""
    return any(name.startswith("wall_") for name in raw.arrays)


def over_angle(
    job: Job, raw: RawResult, number: int, layers: Layers, index: float, u: np.ndarray, up: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Amplitudes p and s at azimuth 0 over sin θ = `u` of a cylindrical run, at near frequency
    `number`; |p|² + |s|² is power per steradian per |J|²."""
    arrays = raw.arrays
    a, _, down, high = job.box
    lids = [
        (high, 1, _on_lid(arrays["plane_up"][number], job.angular_number)),
        (-down, -1, _on_lid(arrays["plane_down"][number], job.angular_number)),
    ]
    z = arrays["wall_r+_z"]
    wall = (a, np.stack([z, linear_weights(z, -down, high)]), arrays["wall_r+"][number])
    radius = arrays["plane_up_x"]
    inside = np.minimum(u, 1 - 1e-9)
    frequency = _frequency(job, number)
    return from_drum(lids, wall, radius, job.angular_number, layers, frequency, index, inside, up)


def _on_lid(fields: np.ndarray, m: int) -> np.ndarray:
    """E_r, E_φ, H_r, H_φ over the radius without what the solver's arrays do to them.

    E_φ and H_r are means of two places a pixel apart along r; half of a second difference over
    four is what a mean loses. For m = 1 the first of them holds what Meep 1.25 keeps on the axis,
    which is wrong by up to five times; there the smooth, even function goes on inward.
    """
    out = np.array(fields, dtype=complex)
    for component in (1, 2):
        values = out[component]
        if m == 1:  # c₀ + c₂ r² at r = 1/2, 3/2 and 5/2 pixels
            values[0] = values[1] - (values[2] - values[1]) / 2
        beyond = np.concatenate([values[:1], values, 2 * values[-1:] - values[-2:-1]])
        out[component] = values - (beyond[2:] - 2 * values + beyond[:-2]) / 8
    return out


def over_map(
    job: Job,
    raw: RawResult,
    number: int,
    layers: Layers,
    index: float,
    ux: np.ndarray,
    uy: np.ndarray,
    up: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """As `over_angle` for directions (ux, uy) of a 3D run, listed one by one."""
    arrays = raw.arrays
    a, b, down, high = job.box
    faces, pixel = [], 1 / job.resolution
    for side, sign, place in (("up", 1, high), ("down", -1, -down)):
        e_x, e_y, h_x, h_y = arrays[f"plane_{side}"][number]
        axes = (arrays[f"plane_{side}_x"], arrays[f"plane_{side}_y"])
        fields = ({"x": e_x, "y": e_y}, {"x": h_x, "y": h_y})
        faces.append(Face("z", sign, place, axes, (-a, -b), (a, b), *fields, pixel))
    for normal, across, reach, place in (("x", "y", b, a), ("y", "x", a, b)):
        for mark, sign in (("+", 1), ("-", -1)):
            name = f"wall_{normal}{mark}"
            e_t, e_z, h_t, h_z = arrays[name][number]
            axes = (arrays[f"{name}_across"], arrays[f"{name}_z"])
            fields = ({across: e_t, "z": e_z}, {across: h_t, "z": h_z})
            limits = ((-reach, -down), (reach, high))
            faces.append(Face(normal, sign, sign * place, axes, *limits, *fields, pixel))
    return from_box(faces, layers, _frequency(job, number), index, ux, uy, up)


def _frequency(job: Job, number: int) -> float:
    return (job.near_frequencies or (job.emission_frequency,))[number]
