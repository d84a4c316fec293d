"""Horizontal faces between pixels, for cylindrical runs.

Meep averages the permittivity over a pixel where a surface cuts it, which is what makes a coarse
grid exact to second order. In cylindrical coordinates Meep 1.25 looks for surfaces along r and φ
and misses those across z: a film's thickness then counts in whole pixels. Here the missing average
is made of thin layers, one for each height at which a field component sits near a face, of the
anisotropic medium that a plane face asks for: arithmetic mean of ε along the face, harmonic mean
across it (Farjadpour et al., Opt. Lett. 31, 2972 (2006)). Radially the layers follow the solids,
and Meep averages there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, inf

from cqdphotonics.fdtd.job import BlockSpec, CylinderSpec, Job

_TINY = 1e-7

_Round = BlockSpec | CylinderSpec
"""Solids of a cylindrical job; its blocks fill the cell sideways."""


@dataclass(frozen=True)
class ThinLayer:
    """A disc (or, with radius None, a whole layer) half a pixel thick around `height`.

    `medium` names a medium of the job; where it is None, `along` and `across` are the
    permittivities along and across the plane.
    """

    height: float
    thickness: float
    radius: float | None
    medium: str | None
    along: float = 1.0
    across: float = 1.0


def thin_layers(job: Job) -> list[ThinLayer]:
    """What has to be laid over the solids of a cylindrical `job`, in order of precedence.

    Faces that touch a dispersive medium or a conductor are left as they are.
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
        out.append(ThinLayer(z, pixel / 2, radius, None, *found))
    return out if mixed else []


def _mixture(
    job: Job, solids: Sequence[_Round], r: float, z: float, pixel: float
) -> tuple[float, float] | str:
    """ε along and across a face in the pixel about (r, z), or the one medium that fills it."""
    low, high = z - pixel / 2, z + pixel / 2
    cuts = [f for s in solids for f in _extent(s) if low + _TINY < f < high - _TINY]
    edges = [low, *sorted(set(cuts)), high]
    parts: dict[str, float] = {}
    for a, b in pairwise(edges):
        name = _medium(job, solids, r, (a + b) / 2)
        parts[name] = parts.get(name, 0.0) + (b - a) / pixel
    media = [job.media[name] for name in parts]
    if len(parts) == 1 or any(m.poles or m.perfect_conductor for m in media):
        return _medium(job, solids, r, z)
    along = sum(share * job.media[name].epsilon for name, share in parts.items())
    across = 1 / sum(share / job.media[name].epsilon for name, share in parts.items())
    return along, across


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
