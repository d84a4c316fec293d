"""Horizontal faces of metals on a Cartesian grid, as layers over the solids.

The solver does not average dispersive media over pixels. On a grid point a face is half metal and
half what is beside it: fields along it sit there, and counted as all metal or none they put the
face half a pixel off. Where a face lies between grid points, the share of metal in the pixel
counts, along and across as `cqdphotonics.fdtd.smoothing` has it for cylindrical runs. Each layer is
half a pixel thick and holds either the components along the plane (heights on the grid) or those
across it (half a pixel aside), so that an isotropic medium will do.

Where the solver averages dielectrics over pixels (dipoles in 3D), the layers are sheets that only
the points at their height are in: they change what is taken there, point by point, of the metal's
poles, and leave the averages as they are. Without them a dipole in a gap of two pixels between
metals had forty times its power (docs/validation.md, the gap in 3D).
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

    def lay(shape: Solid, low: float, high: float, filling: _Filling, lean: float = 0.0) -> None:
        name, spec = filling
        if spec is not None:
            added[name] = spec
        layers.append(replace(shape, material=name, zmin=low, zmax=high, sidewall_angle=lean))

    walls = [
        averaged and _alone(solid, pattern) and not _between_points(solid, cell.centre, pixel)
        for solid in pattern
    ]
    for solid, wall in zip(pattern, walls, strict=True):
        z = (solid.zmin + solid.zmax) / 2
        inner = (solid.material, None)
        if wall and (ring := _between((_filling(outside, background, z), None), inner, media)):
            for shape, filling in ((solid.grown(half), ring), (solid.grown(-half), inner)):
                lay(shape, solid.zmin, solid.zmax, filling, solid.sidewall_angle)
    for number in sorted(numbers):
        z, along = zero + number * pixel / 2, number % 2 == 0
        around = _mixture(outside, background, media, z, pixel, along, frequency)
        laid = _wanted(around, averaged)
        if laid:
            lay(cell, z - half, z + half, around)
        for solid, column, wall in zip(pattern, columns, walls, strict=True):
            if not solid.zmin - pixel / 2 < z < solid.zmax + pixel / 2:
                continue
            filling = _mixture(column, background, media, z, pixel, along, frequency)
            if not (laid or _wanted(filling, averaged)):
                continue
            laid = True
            lean = (0.5 * (solid.zmin + solid.zmax) - z) * tan(radians(solid.sidewall_angle))
            shape = solid.grown(lean)
            if wall and (ring := _between(around, filling, media)):
                lay(shape.grown(half), z - half, z + half, ring)
                shape = shape.grown(-half)
            lay(shape, z - half, z + half, filling)
    return layers, added


def _wanted(filling: _Filling, averaged: bool) -> bool:
    """Whether a layer is needed, where nothing else is laid at its height."""
    _, spec = filling
    return spec is not None and (bool(spec.poles) or not averaged)


def _alone(solid: Solid, pattern: Sequence[Solid]) -> bool:
    """Whether no other solid overlaps or touches it, as far as their bounds say."""
    x0, y0, x1, y1 = solid.bounds
    for other in pattern:
        a0, b0, a1, b1 = other.bounds
        apart = a0 > x1 or a1 < x0 or b0 > y1 or b1 < y0
        if other is not solid and not apart:
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


def _between(
    beside: _Filling, inside: _Filling, media: Mapping[str, MediumSpec]
) -> _Filling | None:
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
