"""Which symmetries a scene has, proved from its solids and films, never taken on trust."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, hypot, isinf, sin

import numpy as np
from scipy.spatial import cKDTree

from cqdphotonics.fdtd.solids import Axis, Box, Disc, Ellipse, Point, Prism, Slab, Solid

TOLERANCE = 6e-4
"""Two solids are the same if they differ by less than this (µm): a 1 nm step is a difference."""

VERTEX_TOLERANCE = 1.1e-3
"""The same for the vertices of prisms, each of which was rounded to the 1 nm grid by itself."""


@dataclass(frozen=True)
class Symmetry:
    """What leaves the geometry as it is, about the emitter.

    `mirror_x` means that x → -x does. Which parity the fields have under it follows from the
    dipole and is not said here. `reason` says in words what was found and what broke the rest.
    `axis` is where (x, y) the geometry without the dipole has an axis of rotation, if it has one:
    `cylindrical` is true where the emitter sits on it.
    """

    cylindrical: bool
    mirror_x: bool
    mirror_y: bool
    mirror_z: bool
    reason: str
    axis: Point | None = None


def prove(
    solids: Sequence[Solid],
    films: Sequence[Slab],
    emitter: tuple[float, float, float],
    unlike_disc: str = "",
) -> Symmetry:
    """The symmetries of `solids` and `films` about the emitter.

    Parameters
    ----------
    solids, films
        As in a scene.
    emitter : (x, y, z)
        In µm.
    unlike_disc : str
        What is known about the first solid that is not a disc, for the reason.
    """
    x, y, z = emitter
    against_round = _not_round(solids, (x, y), unlike_disc)
    against = {
        "x": _not_mirrored(solids, "x", (x, y)),
        "y": _not_mirrored(solids, "y", (x, y)),
        "z": _not_mirrored_z(solids, films, z),
    }
    holds = [f"mirror {axis}" for axis, problem in against.items() if not problem]
    if not against_round:
        reason = f"all {len(solids)} solids are discs concentric with the emitter"
        holds = [name for name in holds if name == "mirror z"]
        reason += f"; {holds[0]}" if holds else f"; no mirror z: {against['z']}"
    else:
        broken = [f"no mirror {axis}: {problem}" for axis, problem in against.items() if problem]
        reason = "; ".join([*holds, f"not cylindrical: {against_round}", *broken])
    return Symmetry(
        cylindrical=not against_round,
        mirror_x=not against["x"],
        mirror_y=not against["y"],
        mirror_z=not against["z"],
        reason=reason,
        axis=_axis(solids),
    )


def _axis(solids: Sequence[Solid]) -> Point | None:
    first = solids[0] if solids else None
    if not isinstance(first, Disc) or _not_round(solids, first.centre, ""):
        return None
    return first.centre


def _not_round(solids: Sequence[Solid], centre: Point, unlike_disc: str) -> str:
    for solid in solids:
        if not isinstance(solid, Disc):
            return unlike_disc or f"a {type(solid).__name__.lower()} at {_place(solid)}"
        distance = hypot(solid.centre[0] - centre[0], solid.centre[1] - centre[1])
        if distance > TOLERANCE:
            return (
                f"the disc of radius {solid.radius:.3f} µm at {_place(solid)} is "
                f"{distance * 1000:.1f} nm off the emitter's axis"
            )
    return ""


def _not_mirrored(solids: Sequence[Solid], axis: Axis, about: Point) -> str:
    """What has no mirror image, in words; empty if everything has."""
    left = list(solids)
    for solid in solids:
        image = solid.mirrored(axis, about)
        match = next((other for other in left if alike(image, other)), None)
        if match is None:
            return f"the {type(solid).__name__.lower()} at {_place(solid)} has no mirror image"
        left.remove(match)
    return ""


def _not_mirrored_z(solids: Sequence[Solid], films: Sequence[Slab], z: float) -> str:
    left: list[Slab] = list(films)
    for slab in films:
        image = Slab(2 * z - slab.zmax, 2 * z - slab.zmin, slab.material)
        match = next((other for other in left if _same_slab(image, other)), None)
        if match is None:
            return f"the film of {slab.material} below or above has no mirror image"
        left.remove(match)
    rest = list(solids)
    for solid in solids:
        if solid.sidewall_angle != 0:
            return "the sidewalls are not vertical"
        image_of = replace(solid, zmin=2 * z - solid.zmax, zmax=2 * z - solid.zmin)
        twin = next((other for other in rest if alike(image_of, other)), None)
        if twin is None:
            return f"the {type(solid).__name__.lower()} at {_place(solid)} has no mirror image"
        rest.remove(twin)
    return ""


def alike(one: Solid, other: Solid) -> bool:
    """Whether two solids are the same thing, to less than one step of the grid."""
    if type(one) is not type(other) or one.material != other.material:
        return False
    if abs(one.sidewall_angle - other.sidewall_angle) > 1e-9:
        return False
    if not (_near(one.zmin, other.zmin) and _near(one.zmax, other.zmax)):
        return False
    if isinstance(one, Prism) and isinstance(other, Prism):
        return _same_outline(one.vertices, other.vertices)
    if isinstance(one, Box) and isinstance(other, Box):
        # Which side is called the first does not matter, so the corners are compared.
        theirs = other.corners
        return all(any(hypot(x - u, y - v) < TOLERANCE for u, v in theirs) for x, y in one.corners)
    return all(_near(a, b) for a, b in zip(_measures(one), _measures(other), strict=True))


def _measures(solid: Solid) -> tuple[float, ...]:
    """Lengths that fix a disc or an ellipse in the plane, the same for every way of writing it."""
    if isinstance(solid, Ellipse):
        a, b = solid.semi_axes
        c, s = cos(solid.angle), sin(solid.angle)
        squares = (
            a * a * c * c + b * b * s * s,
            a * a * s * s + b * b * c * c,
            (a * a - b * b) * c * s,
        )
        return (*solid.centre, *(square / max(a, b) for square in squares))
    if isinstance(solid, Disc):
        return (*solid.centre, solid.radius)
    raise TypeError(f"a {type(solid).__name__} is compared by its outline")


def _same_outline(one: Sequence[Point], other: Sequence[Point]) -> bool:
    """Whether the vertices of each lie on the outline of the other, within the tolerance."""
    return _lies_on(one, other) and _lies_on(other, one)


def _lies_on(vertices: Sequence[Point], outline: Sequence[Point]) -> bool:
    start, points = np.array(outline), np.array(vertices)
    # Nearly always a vertex has a vertex of the other outline where it lies; a tree finds it.
    alone = cKDTree(start).query(points)[0] > VERTEX_TOLERANCE
    edge = np.roll(start, -1, axis=0) - start
    length = np.maximum((edge**2).sum(axis=1), 1e-30)
    for vertex in points[alone]:
        # Distance to every side: to the foot of the perpendicular, or to the nearer end.
        from_start = vertex - start
        along = np.clip((from_start * edge).sum(axis=1) / length, 0.0, 1.0)
        apart = from_start - along[:, None] * edge
        if (apart**2).sum(axis=1).min() > VERTEX_TOLERANCE**2:
            return False
    return True


def _same_slab(one: Slab, other: Slab) -> bool:
    ends = ((one.zmin, other.zmin), (one.zmax, other.zmax))
    return one.material == other.material and all(_near(a, b) for a, b in ends)


def _near(a: float, b: float) -> bool:
    return a == b if isinf(a) or isinf(b) else abs(a - b) < TOLERANCE


def _place(solid: Solid) -> str:
    xmin, ymin, xmax, ymax = solid.bounds
    return f"({(xmin + xmax) / 2:.3f}, {(ymin + ymax) / 2:.3f}) µm"
