"""Where the media that absorb are, and where and how often what they take is measured.

The power that a medium takes is Ω Im(E*·D) summed over the grid's points and their volumes,
Ω = 2 sin(πfΔt)/Δt the frequency as finite steps see it. (Meep's tutorial on the density of absorbed
power has ω and means over pixels; on the points themselves, with half volumes on the surface, the
sum is Poynting's theorem of Yee's grid: a run's powers add up to 1e-4 and better.) Counted is what
lies inside of the closed surface that power leaves through: plasmons of a film that goes on pass
its side, and are counted there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, cos, floor, hypot, inf, sin, tan

import numpy as np

from cqdphotonics.fdtd.job import EllipseSpec, Job, PrismSpec, SolidSpec, SphereSpec

SHARE_OF_GRID = 0.06
"""Of the bytes of the grid that monitors of absorption may take: fewer frequencies where more."""

BYTES_OF_GRID_POINT = {"cylindrical": 480.0, "cartesian": 240.0}
"""Fields E, D, H, B, those of the absorbing layers and three permittivities; the fields of
cylindrical runs are complex."""

BYTES_OF_POINT = 6 * 16.0
"""Of a monitor, at one frequency: E and D along three axes, complex."""

STRIDES = (1, 2, 4, 8, 12, 20, 40)
"""Points of the spectrum from one measured frequency to the next."""

MOST_FREQUENCIES = 61

_TINY = 1e-6
_Ends = tuple[float, float]


@dataclass(frozen=True)
class Region:
    """A box about the emitter: its ends along x (r in cylindrical runs), y and z in µm.

    Along y a cylindrical run has no extent.
    """

    x: _Ends
    y: _Ends
    z: _Ends

    def __iter__(self) -> Iterator[_Ends]:
        return iter((self.x, self.y, self.z))

    def meets(self, other: "Region") -> bool:
        """Whether the boxes share more than a face."""
        return all(
            a == b or (a[0] < b[1] - _TINY and b[0] < a[1] - _TINY)
            for a, b in zip(self, other, strict=True)
        )

    def around(self, other: "Region") -> "Region":
        """The box around both."""
        ends = ((min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(self, other, strict=True))
        return Region(*ends)

    def points(self, resolution: float) -> int:
        """Number of grid points, those of the faces included."""
        return int(np.prod([round((high - low) * resolution) + 1 for low, high in self]))


def absorbing(job: Job) -> frozenset[str]:
    """Names of the media of `job` that may take power: those with poles.

    Conductors (`MediumSpec.conductivity`) stand at the ends of films, outside of the surface.
    """
    return frozenset(name for name, medium in job.media.items() if medium.poles)


def regions(job: Job) -> tuple[Region, ...]:
    """Boxes that hold all that absorbs inside of the closed surface of `job`, and do not meet.

    They end a pixel beyond the medium or more, at grid points, or at a mirror plane or the surface.
    """
    a, b, down, up = job.box
    mirrored = {mirror.axis for mirror in job.mirrors}
    round_ = job.formulation == "cylindrical"
    whole = Region(
        (0.0 if round_ or "x" in mirrored else -a, a),
        (0.0, 0.0) if round_ else (0.0 if "y" in mirrored else -b, b),
        (0.0 if "z" in mirrored else -down, up),
    )
    middle = (job.above - job.below) / 2
    found: list[Region] = []
    for box in _boxes(job):
        new = Region(
            _on_grid(box.x, whole.x, 0.0, job.resolution),
            whole.y if round_ else _on_grid(box.y, whole.y, 0.0, job.resolution),
            _on_grid(box.z, whole.z, middle, job.resolution),
        )
        seen = (new.x, new.z) if round_ else new
        if any(high <= low for low, high in seen):  # outside, or the image of another
            continue
        while met := next((each for each in found if new.meets(each)), None):
            found.remove(met)
            new = new.around(met)
        found.append(new)
    return tuple(found)


def _on_grid(given: _Ends, limit: _Ends, origin: float, resolution: float) -> _Ends:
    """`given`, widened to grid points (whole pixels from `origin`) a pixel away, cut to `limit`."""
    low, high = max(given[0], limit[0]), min(given[1], limit[1])
    if high <= low:
        return 0.0, 0.0
    first = floor((low - origin) * resolution + _TINY) - 1
    last = ceil((high - origin) * resolution - _TINY) + 1
    return (
        max(first / resolution + origin, limit[0]),
        min(last / resolution + origin, limit[1]),
    )


def _boxes(job: Job) -> Iterator[Region]:
    """Around every solid of an absorbing medium; more than what is left of it in the end."""
    taken = absorbing(job)
    everywhere = Region((-inf, inf), (-inf, inf), (-inf, inf))
    if job.background in taken:
        yield everywhere
    for solid in job.solids:
        if solid.medium in taken:
            yield from _around_ellipse(job, solid) if solid.kind == "ellipse" else [_around(solid)]
    for sphere in job.spheres:
        if sphere.medium in taken:
            yield _around(sphere)


def _around(solid: SolidSpec | SphereSpec) -> Region:
    if isinstance(solid, PrismSpec):
        lean = max(-solid.height * tan(solid.sidewall_angle), 0.0)
        x, y = zip(*solid.vertices, strict=True)
        return Region(
            (min(x) - lean, max(x) + lean),
            (min(y) - lean, max(y) + lean),
            (solid.zmin, solid.zmin + solid.height),
        )
    if isinstance(solid, SphereSpec):
        half = [solid.radius] * 3
    elif solid.kind == "cylinder":
        radius = max(solid.radius, solid.radius_top)
        half = [radius, radius, solid.height / 2]
    elif solid.kind == "ellipse":
        (a, b), c, s = solid.semi_axes, cos(solid.angle), sin(solid.angle)
        half = [hypot(a * c, b * s), hypot(a * s, b * c), inf]
    else:
        a, b, height = (inf if extent is None else extent / 2 for extent in solid.size)
        c, s = abs(cos(solid.angle)), abs(sin(solid.angle))
        turned = s > _TINY
        half = [a * c + b * s, a * s + b * c, height] if turned else [a, b, height]
    ends = ((c - h, c + h) for c, h in zip(solid.centre, half, strict=True))
    return Region(*ends)


def _around_ellipse(job: Job, solid: EllipseSpec) -> Iterator[Region]:
    """An elliptical cylinder has no end but what is laid over it."""
    from cqdphotonics.fdtd.guided import medium_at  # brings scipy, which the solver starts without

    box = _around(solid)
    edges = {z for other in job.solids for z in _around(other).z if abs(z) < inf}
    heights = sorted({-job.below, job.above, *edges})
    name = list(job.media).index(solid.medium)
    x, y = (np.linspace(*ends, 9) for ends in (box.x, box.y))
    for low, high in pairwise(heights):
        places = np.meshgrid(x, y, [(low + high) / 2], indexing="ij")
        if (medium_at(job, *places) == name).any():
            yield Region(box.x, box.y, (low, high))


def measured(job: Job) -> tuple[int, ...]:
    """Numbers of the frequencies at which absorption is measured; none where nothing absorbs.

    The emission's is among them. As many as `SHARE_OF_GRID` allows, evenly apart.
    """
    points = sum(region.points(job.resolution) for region in regions(job))
    if not points:
        return ()
    count = len(job.frequencies)
    emission = int(np.argmin(np.abs(np.array(job.frequencies) - job.emission_frequency)))
    grid = job.voxels() * BYTES_OF_GRID_POINT[job.formulation]
    most = min(SHARE_OF_GRID * grid / (points * BYTES_OF_POINT), MOST_FREQUENCIES)
    for stride in STRIDES:
        chosen = tuple(range(emission % stride, count, stride))
        if len(chosen) <= most:
            return chosen
    return (emission,)


def bytes_needed(job: Job) -> float:
    """Of the monitors of absorption of `job`."""
    points = sum(region.points(job.resolution) for region in regions(job))
    return points * len(measured(job)) * BYTES_OF_POINT
