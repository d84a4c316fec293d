"""Horizontal faces of metals on a Cartesian grid, as layers over the solids.

The solver does not average dispersive media over pixels. On a grid point a face is half metal and
half what is beside it: fields along it sit there, and counted as all metal or none they put the
face half a pixel off. Where a face lies between grid points, the share of metal in the pixel
counts, along and across as `cqdphotonics.fdtd.smoothing` has it for cylindrical runs. Each layer is
half a pixel thick and holds either the components along the plane (heights on the grid) or those
across it (half a pixel aside), so that an isotropic medium will do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil, floor, isinf, radians, tan

from cqdphotonics.fdtd.job import MediumSpec
from cqdphotonics.fdtd.smoothing import with_metal
from cqdphotonics.fdtd.solids import Box, Slab, Solid

_TINY = 1e-7
_Column = list[tuple[float, float, str]]
"""What fills the heights above one point: from, to, material; the later counts."""


def face_layers(
    host: Sequence[Slab],
    pattern: Sequence[Solid],
    background: str,
    media: Mapping[str, MediumSpec],
    pixel: float,
    zero: float,
    frequency: float,
    cell: Box,
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
        That fills the cell sideways; its heights and material do not matter.
    """
    outside: _Column = [(film.zmin, film.zmax, film.material) for film in host]
    columns = [[*outside, (solid.zmin, solid.zmax, solid.material)] for solid in pattern]
    faces = {z for column in (outside, *columns) for low, high, _ in column for z in (low, high)}
    numbers: set[int] = set()
    for face in faces:
        if not isinf(face):
            first = floor((face - zero) / (pixel / 2) - 1 + _TINY) + 1
            last = ceil((face - zero) / (pixel / 2) + 1 - _TINY) - 1
            numbers.update(range(first, last + 1))
    layers: list[Solid] = []
    added: dict[str, MediumSpec] = {}

    def mixed(column: _Column, z: float, along: bool) -> tuple[str, bool]:
        name, spec = _mixture(column, background, media, z, pixel, along, frequency)
        if spec is not None:
            added[name] = spec
        return name, spec is not None

    for number in sorted(numbers):
        z, along = zero + number * pixel / 2, number % 2 == 0
        low, high = z - pixel / 4, z + pixel / 4
        base, changed = mixed(outside, z, along)
        if changed:
            layers.append(replace(cell, zmin=low, zmax=high, material=base, sidewall_angle=0.0))
        for solid, column in zip(pattern, columns, strict=True):
            if not solid.zmin - pixel / 2 < z < solid.zmax + pixel / 2:
                continue
            name, own = mixed(column, z, along)
            if changed or own:
                lean = (0.5 * (solid.zmin + solid.zmax) - z) * tan(radians(solid.sidewall_angle))
                shape = replace(solid.grown(lean), zmin=low, zmax=high, sidewall_angle=0.0)
                layers.append(replace(shape, material=name))
    return layers, added


def _mixture(
    column: _Column,
    background: str,
    media: Mapping[str, MediumSpec],
    z: float,
    pixel: float,
    along: bool,
    frequency: float,
) -> tuple[str, MediumSpec | None]:
    """What fills the pixel about z: the name of a medium, and its data if it is a mixture."""
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
