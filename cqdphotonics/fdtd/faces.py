"""Horizontal faces of metals on a Cartesian grid, as layers over the solids.

The solver does not average dispersive media over pixels. On a grid point a face is half metal and
half what is beside it: fields along it sit there, and counted as all metal or none they put the
face half a pixel off. Where a face lies between grid points, the share of metal in the pixel
counts, along and across as `cqdphotonics.fdtd.smoothing` has it for cylindrical runs. Each layer is
half a pixel thick and holds either the components along the plane (heights on the grid) or those
across it (half a pixel aside), so that an isotropic medium will do.

Where the solver averages dielectrics over pixels (dipoles in 3D), the layers are sheets that only
the points at their height are in: they change what is taken there, point by point, of the metal's
poles, and leave the averages as they are. Upright walls have such sheets, too; horizontal edges
between the two are of metal. Without sheets a dipole in a gap of two pixels between metals had 26
times its power (docs/simulation.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil, floor, isinf, radians, tan

from cqdphotonics.fdtd.geometry import solids_about_emitter
from cqdphotonics.fdtd.job import MediumSpec, PoleSpec, SolidSpec
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.smoothing import with_metal
from cqdphotonics.fdtd.solids import Box, Point, Slab, Solid
from cqdphotonics.fdtd.unit_cell import without_ellipses

SHEET = 0.04
"""Thickness, in pixels, of layers where the solver averages dielectrics."""

_TINY = 1e-7
_Column = list[tuple[float, float, str]]
"""What fills the heights above one point: from, to, material; the later counts."""

_Filling = tuple[str, MediumSpec | None]
"""Name of a medium, and its data if it is a mixture."""


def with_face_layers(
    scene: Scene,
    media: Mapping[str, MediumSpec],
    pixel: float,
    frequency: float,
    inner: tuple[float, float],
) -> tuple[tuple[SolidSpec, ...], dict[str, MediumSpec]]:
    """The solids about the emitter of a 3D job with metals, and all its media.

    Parameters
    ----------
    scene : Scene
    media : mapping
        By material, as they are on the grid.
    pixel : float
        Of the grid, in µm; the emitter is on one of its points.
    frequency : float
        Of the emission, 1/µm.
    inner : (float, float)
        Half extents along x and y inside the absorbing layers, where metals end.
    """
    (x, y, z), (a, b) = scene.emitter, inner
    host = scene.solids[:1] if scene.continues == "xy" else ()
    pattern = [without_ellipses(solid) for solid in scene.solids[len(host) :]]
    films = [Slab(solid.zmin, solid.zmax, solid.material) for solid in host]
    cell = Box((x, y), (2 * a, 2 * b), 0.0, 0.0, 0.0, scene.medium)
    layers, added = face_layers(
        [*films, *scene.films], pattern, scene.medium, media, pixel, z, frequency, cell, True
    )
    every = {**media, **added}
    metals = frozenset(name for name, medium in every.items() if medium.poles)
    over = replace(scene, solids=tuple(layers), films=(), continues="")
    solids = solids_about_emitter(scene, metals, inner), solids_about_emitter(over, metals, inner)
    return solids[0] + solids[1], every


def face_layers(
    host: Sequence[Slab],
    pattern: Sequence[Solid],
    background: str,
    media: Mapping[str, MediumSpec],
    pixel: float,
    zero: float,
    frequency: float,
    cell: Box,
    averaged: bool = False,
) -> tuple[list[Solid], dict[str, MediumSpec]]:
    """The layers of half a pixel that metal faces need, and the media they are made of.

    Parameters
    ----------
    host : sequence of Slab
        Films without pattern, in order of precedence.
    pattern : sequence of Solid
        Those that do not fill the cell, none above another.
    background : str
        What is where nothing else is.
    media : mapping
        By material.
    pixel, zero : float
        Of the grid, and a height on it, in µm.
    frequency : float
        At which the mean across a face is taken, 1/µm.
    cell : Box
        That fills the cell sideways, its middle on a grid point; its heights and material do not
        matter.
    averaged : bool
        The solver averages dielectrics: layers are sheets, and only those that metals need.
    """
    outside: _Column = [(film.zmin, film.zmax, film.material) for film in host]
    columns = [[*outside, (solid.zmin, solid.zmax, solid.material)] for solid in pattern]
    faces = {z for column in (outside, *columns) for low, high, _ in column for z in (low, high)}
    # Where one solid stands on another, neither's column says what is on both sides.
    faces -= {solid.zmin for solid in pattern} & {solid.zmax for solid in pattern}
    numbers: set[int] = set()
    for face in faces:
        if not isinf(face):
            first = floor((face - zero) / (pixel / 2) - 1 + _TINY) + 1
            last = ceil((face - zero) / (pixel / 2) + 1 - _TINY) - 1
            numbers.update(range(first, last + 1))
    layers: list[Solid] = []
    added: dict[str, MediumSpec] = {}
    half = (SHEET if averaged else 0.5) * pixel / 2
    walls = [
        averaged and _keeps_walls(solid, pattern) and not _between_points(solid, cell.centre, pixel)
        for solid in pattern
    ]

    def lay(shape: Solid, filling: _Filling) -> None:
        name, spec = filling
        if spec is not None:
            added[name] = spec
        layers.append(replace(shape, material=name))

    def lay_all(parts: Sequence[tuple[Solid, _Filling, _Filling | None]]) -> None:
        # All walls first: what of them is within another solid goes under.
        for shape, _, wall in parts:
            if wall is not None:
                lay(shape.grown(half), wall)
        for shape, filling, wall in parts:
            lay(shape if wall is None else shape.grown(-half), filling)

    upright: list[tuple[Solid, _Filling, _Filling | None]] = []
    for solid, walled in zip(pattern, walls, strict=True):
        beside = _filling(outside, background, (solid.zmin + solid.zmax) / 2), None
        filling: _Filling = solid.material, None
        upright.append((solid, filling, _wall(beside, filling, media) if walled else None))
    if any(wall for *_, wall in upright):
        lay_all(upright)
    for number in sorted(numbers):
        z, along = zero + number * pixel / 2, number % 2 == 0
        low, high = z - half, z + half
        around = _mixture(outside, background, media, z, pixel, along, frequency)
        flat: list[tuple[Solid, _Filling, _Filling | None]] = []
        for solid, column, walled in zip(pattern, columns, walls, strict=True):
            if solid.zmin - pixel / 2 < z < solid.zmax + pixel / 2:
                lean = (0.5 * (solid.zmin + solid.zmax) - z) * tan(radians(solid.sidewall_angle))
                shape = replace(solid.grown(lean), zmin=low, zmax=high, sidewall_angle=0.0)
                filling = _mixture(column, background, media, z, pixel, along, frequency)
                edge = _edge(around, filling, column, media, z) if along else None
                wall = (edge or _wall(around, filling, media)) if walled else None
                flat.append((shape, filling, wall))
        if _wanted(around, averaged):
            lay(replace(cell, zmin=low, zmax=high), around)
        elif not any(_wanted(filling, averaged) for _, filling, _ in flat):
            continue
        lay_all(flat)
    return layers, added


def _wanted(filling: _Filling, averaged: bool) -> bool:
    """Whether a layer is needed, where nothing else is laid at its height."""
    _, spec = filling
    return spec is not None and (bool(spec.poles) or not averaged)


def _keeps_walls(solid: Solid, pattern: Sequence[Solid]) -> bool:
    """Whether what it overlaps is of the same metal and height, and it touches nothing else.

    By bounds: the wall between two solids that touch would be half metal.
    """
    x0, y0, x1, y1 = solid.bounds
    for other in pattern:
        a0, b0, a1, b1 = other.bounds
        across, along = min(x1, a1) - max(x0, a0), min(y1, b1) - max(y0, b0)
        if other is solid or min(across, along) < -_TINY:
            continue
        same = (other.material, other.zmin, other.zmax) == (solid.material, solid.zmin, solid.zmax)
        if not same or min(across, along) < _TINY:
            return False
    return True


def _between_points(solid: Solid, origin: Point, pixel: float) -> bool:
    """Whether a wall lies half a pixel aside, where it has the component across it alone.

    Of that half of the metal is no mean: near −1 it would trap light.
    """
    x, y = origin
    xmin, ymin, xmax, ymax = solid.bounds
    places = ((edge / pixel) % 1 for edge in (xmin - x, xmax - x, ymin - y, ymax - y))
    return any(abs(place - 0.5) < SHEET for place in places)


def _wall(beside: _Filling, inside: _Filling, media: Mapping[str, MediumSpec]) -> _Filling | None:
    """The mean of what is on the two sides of a wall; None where no metal ends there."""
    names = beside[0], inside[0]
    a, b = (spec or media[name] for name, spec in (beside, inside))
    if a.poles == b.poles or a.perfect_conductor or b.perfect_conductor:
        return None
    strengths: dict[PoleSpec, float] = {}
    for pole in (*a.poles, *b.poles):
        kind = pole.model_copy(update={"sigma": 0.0})
        strengths[kind] = strengths.get(kind, 0.0) + pole.sigma / 2
    if a.poles and b.poles and len(strengths) > max(len(a.poles), len(b.poles)):
        return None  # of two metals
    poles = tuple(
        kind.model_copy(update={"sigma": round(sigma, 9)}) for kind, sigma in strengths.items()
    )
    label = f"wall between {names[0]} and {names[1]}"
    epsilon = round((a.epsilon + b.epsilon) / 2, 9)
    return label, MediumSpec(label=label, epsilon=epsilon, poles=poles)


def _edge(
    beside: _Filling, inside: _Filling, column: _Column, media: Mapping[str, MediumSpec], z: float
) -> _Filling | None:
    """The metal itself, where a wall meets a face that has half of it; None elsewhere.

    A quarter of it is what fills the pixel, but of ε = −7, relative to what is beside it, that
    makes −1, in which the edges resonate: a cube of four pixels had a second plasmon there, as
    strong as its own (`tests/physics/test_metal_edges.py`).
    """
    shares = [spec for _, spec in (beside, inside) if spec is not None and spec.poles]
    ends = any(not (spec or media[name]).poles for name, spec in (beside, inside))
    metals = [m for low, high, m in column if media[m].poles and low - _TINY <= z <= high + _TINY]
    if len(shares) != 1 or not ends or not metals:
        return None
    whole = media[metals[-1]].poles[0].sigma
    return (metals[-1], None) if 2 * shares[0].poles[0].sigma > 0.999 * whole else None


def _mixture(
    column: _Column,
    background: str,
    media: Mapping[str, MediumSpec],
    z: float,
    pixel: float,
    along: bool,
    frequency: float,
) -> _Filling:
    """What fills the pixel about z."""
    low, high = z - pixel / 2, z + pixel / 2
    cuts = {f for a, b, _ in column for f in (a, b) if low + _TINY < f < high - _TINY}
    shares: dict[str, float] = {}
    for a, b in pairwise([low, *sorted(cuts), high]):
        name = _filling(column, background, (a + b) / 2)
        shares[name] = shares.get(name, 0.0) + (b - a) / pixel
    metals = [name for name in shares if media[name].poles]
    here = _filling(column, background, z)
    if len(shares) == 1:
        return next(iter(shares)), None
    if len(metals) > 1 or any(media[name].perfect_conductor for name in shares):
        return here, None
    clear = {name: share for name, share in shares.items() if name not in metals}
    whole = sum(clear.values())
    parallel = sum(share * media[name].epsilon for name, share in clear.items()) / whole
    across = whole / sum(share / media[name].epsilon for name, share in clear.items())
    words = " + ".join(f"{share:.3g} {name}" for name, share in sorted(shares.items()))
    label = f"{words}, {'along' if along else 'across'}"
    if not metals:
        return label, MediumSpec(label=label, epsilon=round(parallel if along else across, 9))
    metal = media[metals[0]]
    layer = with_metal(metal, 1 - whole, parallel, across, frequency)
    kept = round(layer.poles_along if along else layer.poles_across, 9)
    if kept == 1.0:
        return metals[0], None
    poles = tuple(
        pole.model_copy(update={"sigma": pole.sigma * kept}) for pole in metal.poles if kept > 0
    )
    epsilon = round(layer.along if along else layer.across, 9)
    return label, MediumSpec(label=label, epsilon=epsilon, poles=poles)


def _filling(column: _Column, background: str, z: float) -> str:
    name = background
    for low, high, material in column:
        if low - _TINY <= z <= high + _TINY:
            name = material
    return name
