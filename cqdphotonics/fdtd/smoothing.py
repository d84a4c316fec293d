"""Horizontal faces between pixels, for cylindrical runs.

Meep averages the permittivity over a pixel where a surface cuts it, which is what makes a coarse
grid exact to second order. In cylindrical coordinates Meep 1.25 looks for surfaces along r and φ
and misses those across z: a film's thickness then counts in whole pixels. Here the missing average
is made of thin layers, one for each height at which a field component sits near a face, of the
anisotropic medium that a plane face asks for: arithmetic mean of ε along the face, harmonic mean
across it (Farjadpour et al., Opt. Lett. 31, 2972 (2006)). Radially the layers follow the solids,
and Meep averages there.

Of a metal the mean along the face is the same: its poles with a share of their strength, which
costs nothing since their frequencies stay. It is what a face *on* a grid point needs, where the
fields along it sit: counted as all metal or all dielectric they put the face half a pixel off,
which makes the power of a dipole two pixels above gold wrong by factors. The harmonic mean across
would need poles of its own for each share; it is taken at the emission's frequency, and where it
is no dielectric the pixel is metal. Faces on grid points do not need it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, floor, inf

from cqdphotonics.fdtd.job import BlockSpec, CylinderSpec, Job, MediumSpec, PoleSpec

_TINY = 1e-7

LEAST_METAL = 0.35
"""Smaller shares of a metal in a pixel count as none: with them a pixel's permittivity may come
near zero or minus one, and such pixels trap light."""

LARGEST_ACROSS = 30.0
"""A mean across the face above this is that of a metal."""

_Round = BlockSpec | CylinderSpec
"""Solids of a cylindrical job; its blocks fill the cell sideways."""


@dataclass(frozen=True)
class ThinLayer:
    """A disc (or, with radius None, a whole layer) half a pixel thick around `height`.

    `medium` names a medium of the job; where it is None, `along` and `across` are the
    permittivities along and across the plane, to which `poles` add with the strengths
    `poles_along` and `poles_across`.
    """

    height: float
    thickness: float
    radius: float | None
    medium: str | None
    along: float = 1.0
    across: float = 1.0
    poles: tuple[PoleSpec, ...] = ()
    poles_along: float = 0.0
    poles_across: float = 0.0


def thin_layers(job: Job) -> list[ThinLayer]:
    """What has to be laid over the solids of a cylindrical `job`, in order of precedence.

    Faces of conductors, and of one dispersive medium on another, are left as they are.
    """
    solids = [s for s in job.solids if isinstance(s, _Round)]
    pixel = 1 / job.resolution
    # Components sit at whole and half pixels from the cell's middle, which is Meep's origin.
    middle = (job.above - job.below) / 2
    heights: set[int] = set()
    for face in {face for s in solids for face in _extent(s) if abs(face) < inf}:
        first = floor((face - middle) / (pixel / 2) - 1 + _TINY) + 1
        last = ceil((face - middle) / (pixel / 2) + 1 - _TINY) - 1
        heights.update(range(first, last + 1))
    layers: list[ThinLayer] = []
    for number in sorted(heights):
        z = middle + number * pixel / 2
        if -job.below - job.pml < z < job.above + job.pml:
            layers += _layer(job, solids, z, pixel)
    return layers


def _layer(job: Job, solids: Sequence[_Round], z: float, pixel: float) -> list[ThinLayer]:
    """The layer about `z` from outside inwards; empty where there is nothing to average."""
    inside = [s for s in solids if _extent(s)[0] < z + pixel / 2 and _extent(s)[1] > z - pixel / 2]
    radii = sorted({_radius(s, z) for s in inside if isinstance(s, CylinderSpec)})
    out, mixed = [], False
    for number in range(len(radii), -1, -1):
        inner = radii[number - 1] if number else 0.0
        outer = radii[number] if number < len(radii) else inner + 1.0
        if outer - inner < _TINY:
            continue
        found = _mixture(job, inside, (inner + outer) / 2, z, pixel)
        radius = radii[number] if number < len(radii) else None
        if isinstance(found, str):
            out.append(ThinLayer(z, pixel / 2, radius, found))
            continue
        mixed = True
        out.append(replace(found, height=z, thickness=pixel / 2, radius=radius))
    return out if mixed else []


def _mixture(
    job: Job, solids: Sequence[_Round], r: float, z: float, pixel: float
) -> ThinLayer | str:
    """The mixture in the pixel about (r, z), or the one medium that fills it."""
    low, high = z - pixel / 2, z + pixel / 2
    cuts = [f for s in solids for f in _extent(s) if low + _TINY < f < high - _TINY]
    edges = [low, *sorted(set(cuts)), high]
    parts: dict[str, float] = {}
    for a, b in pairwise(edges):
        name = _medium(job, solids, r, (a + b) / 2)
        parts[name] = parts.get(name, 0.0) + (b - a) / pixel
    media = {name: job.media[name] for name in parts}
    metals = [name for name, medium in media.items() if medium.poles]
    if (
        len(parts) == 1
        or len(metals) > 1
        or any(medium.perfect_conductor for medium in media.values())
    ):
        return _medium(job, solids, r, z)
    clear = {name: share for name, share in parts.items() if name not in metals}
    whole = sum(clear.values())
    along = sum(share * media[name].epsilon for name, share in clear.items()) / whole
    across = whole / sum(share / media[name].epsilon for name, share in clear.items())
    if not metals:
        return ThinLayer(z, pixel, None, None, along, across)
    return with_metal(media[metals[0]], 1 - whole, along, across, job.emission_frequency)


def with_metal(
    metal: MediumSpec, share: float, along: float, across: float, frequency: float
) -> ThinLayer:
    """A mixture of `share` of a metal with what has `along` and `across` by itself."""
    kept = share if share >= LEAST_METAL else 0.0
    real = permittivity(metal, frequency).real
    inverse = (1 - share) / across + share / real
    solid = inverse * across * LARGEST_ACROSS < 1
    return ThinLayer(
        height=0.0,
        thickness=0.0,
        radius=None,
        medium=None,
        along=kept * metal.epsilon + (1 - kept) * along,
        across=metal.epsilon if solid else 1 / inverse,
        poles=metal.poles,
        poles_along=kept,
        poles_across=float(solid),
    )


def permittivity(medium: MediumSpec, frequency: float) -> complex:
    """ε of a medium at a frequency (1/µm)."""
    total = complex(medium.epsilon)
    for pole in medium.poles:
        restoring = pole.frequency**2 if pole.kind == "lorentz" else 0.0
        denominator = restoring - frequency**2 - 1j * frequency * pole.gamma
        total += pole.sigma * pole.frequency**2 / denominator
    return total


def _medium(job: Job, solids: Sequence[_Round], r: float, z: float) -> str:
    for solid in reversed(solids):
        low, high = _extent(solid)
        if low - _TINY <= z <= high + _TINY and r <= _radius(solid, z):
            return solid.medium
    return job.background


def _extent(solid: _Round) -> tuple[float, float]:
    """Lowest and highest point."""
    height = solid.height if isinstance(solid, CylinderSpec) else solid.size[2]
    half = inf if height is None else height / 2
    return solid.centre[2] - half, solid.centre[2] + half


def _radius(solid: _Round, z: float) -> float:
    if not isinstance(solid, CylinderSpec):
        return inf
    low, high = _extent(solid)
    share = min(max((z - low) / (high - low), 0.0), 1.0)
    return solid.radius + share * (solid.radius_top - solid.radius)
