"""The cell that a drawn array repeats, read from its polygons."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, pi, sin

import numpy as np

from cqdphotonics.errors import GeometryError
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.solids import Ellipse, Prism, Solid
from cqdphotonics.fdtd.symmetry import prove

_SAME = 2.1e-3
"""Places nearer than this (µm) are one: every outline was rounded to the 1 nm grid by itself."""

_SIDES = 96


@dataclass(frozen=True)
class UnitCell:
    """One cell of an array, centred on the emitter.

    Attributes
    ----------
    scene : Scene
        With the solids of the cell alone, and the symmetry that these have.
    periods : (float, float)
        Along x and y, in µm.
    """

    scene: Scene
    periods: tuple[float, float]


def unit_cell(scene: Scene) -> UnitCell:
    """The cell about the emitter of an array with its axes along x and y.

    The period along an axis is the smallest distance along it between two equal solids that
    brings every solid that is drawn onto an equal one, or out of the array. A film that goes on
    (`continues`) is not part of the pattern.

    Raises
    ------
    GeometryError
        If what is drawn does not repeat along x and y.
    """
    host = scene.solids[:1] if scene.continues == "xy" else ()
    pattern = scene.solids[len(host) :]
    x, y, _ = scene.emitter
    periods = (_period(scene, pattern, 0), _period(scene, pattern, 1))
    half = (periods[0] / 2, periods[1] / 2)
    kept = [
        solid
        for solid in pattern
        for xmin, ymin, xmax, ymax in [solid.bounds]
        if xmin < x + half[0] and xmax > x - half[0] and ymin < y + half[1] and ymax > y - half[1]
    ]
    solids = (*host, *kept)
    symmetry = prove(solids, scene.films, scene.emitter)
    return UnitCell(replace(scene, solids=solids, symmetry=symmetry), periods)


def _period(scene: Scene, pattern: Sequence[Solid], axis: int) -> float:
    """The smallest translation along an axis (0 is x) that the pattern bears."""
    marks = _marks(pattern)
    if len(marks) == 0:
        raise GeometryError(
            f"'{scene.name}' has nothing that repeats: it is a film without pattern. Draw an array "
            "of at least 2 × 2 equal shapes, or simulate the films alone."
        )
    # In the row or column of the solid nearest to the emitter.
    middle = np.argmin(np.hypot(marks[:, 0] - scene.emitter[0], marks[:, 1] - scene.emitter[1]))
    apart = marks - marks[middle]
    others = np.delete(apart, axis, axis=1)
    mates = apart[(np.abs(others) < _SAME).all(axis=1), axis]
    for step in sorted(mates[mates > _SAME]):
        if _repeats(marks, axis, step):
            # The longest chain of steps averages what rounding to the grid did to each.
            chain = mates[np.abs(mates / step - np.round(mates / step)) * step < 2 * _SAME]
            reach = np.ptp(chain)
            return float(round(reach / round(reach / step), 6))
    raise GeometryError(
        f"'{scene.name}' does not repeat along {'xy'[axis]}: no shift along it brings all "
        f"{len(pattern)} shapes onto equal ones. An array needs at least two equal rows along x "
        "and y; nanohole_array has them from half_count = 1 on."
    )


def _repeats(marks: np.ndarray, axis: int, step: float) -> bool:
    """Whether every solid has an equal one a step farther, or is in the last row."""
    last = marks[:, axis].max()
    inner = marks[marks[:, axis] + step <= last + _SAME]
    if len(inner) == 0:
        return False
    moved = inner.copy()
    moved[:, axis] += step
    # Both must hold: what is drawn farther on is nothing but these copies.
    first = marks[:, axis].min()
    farther = marks[marks[:, axis] >= first + step - _SAME]
    far = np.abs(moved[:, None, :] - farther[None, :, :]).max(axis=2) < _SAME
    return bool(far.any(axis=1).all() and far.any(axis=0).all())


def _marks(pattern: Sequence[Solid]) -> np.ndarray:
    """A row of numbers a solid: its place, then what is the same for equal solids."""
    kinds: dict[tuple[str, str], float] = {}
    rows = []
    for solid in pattern:
        xmin, ymin, xmax, ymax = solid.bounds
        kind = kinds.setdefault((type(solid).__name__, solid.material), float(len(kinds)))
        outline = solid.vertices if isinstance(solid, Prism) else ()
        size = (xmax - xmin, ymax - ymin, solid.zmin, solid.zmax, solid.sidewall_angle)
        place = ((xmin + xmax) / 2, (ymin + ymax) / 2)
        rows.append((*place, *size, kind, float(len(outline)), _area(outline)))
    return np.array(rows)


def _area(outline: Sequence[tuple[float, float]]) -> float:
    following = (*outline[1:], *outline[:1])
    return abs(sum(a * d - b * c for (a, b), (c, d) in zip(outline, following, strict=True))) / 2


def without_ellipses(solid: Solid) -> Solid:
    """An ellipse as a polygon of its area; the solver has none of finite height."""
    if not isinstance(solid, Ellipse):
        return solid
    turns = 2 * pi * np.arange(_SIDES) / _SIDES
    widen = (pi / (_SIDES / 2 * sin(2 * pi / _SIDES))) ** 0.5
    u, v = widen * solid.semi_axes[0] * np.cos(turns), widen * solid.semi_axes[1] * np.sin(turns)
    c, s = cos(solid.angle), sin(solid.angle)
    vertices = tuple(
        (float(solid.centre[0] + a * c - b * s), float(solid.centre[1] + a * s + b * c))
        for a, b in zip(u, v, strict=True)
    )
    return Prism(vertices, solid.zmin, solid.zmax, solid.material, solid.sidewall_angle)
