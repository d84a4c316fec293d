"""The solids of a scene as the solver's analytic solids, about the emitter."""

from math import cos, inf, isinf, pi, radians, sin, tan

from cqdphotonics.fdtd.job import BlockSpec, CylinderSpec, EllipseSpec, PrismSpec, SolidSpec
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.solids import Box, Disc, Ellipse, Prism, Solid

_ELLIPSE_SIDES = 64
_FAR = 1000.0
"""Half-spaces end here (µm), well beyond any cell."""

_SLIT = 1e-9
"""By how much (µm) a film is made to reach beyond its faces where rounding leaves a slit."""


def solids_about_emitter(
    scene: Scene, dispersive: frozenset[str], inner: tuple[float, float]
) -> tuple[SolidSpec, ...]:
    """The solids of `scene` with the emitter at the origin, in order of precedence.

    Patterned solids come first, then the unpatterned films, which also cut elliptical cylinders
    to the height of their film.

    Parameters
    ----------
    scene : Scene
    dispersive : frozenset of str
        Materials with poles: they end before the absorbing layers, where a metal makes the fields
        grow without bound.
    inner : (float, float)
        Half extents along x and y inside the absorbing layers; (radius, 0) in cylindrical runs.
    """
    x0, y0, z0 = scene.emitter
    one_film = len({(s.zmin, s.zmax) for s in scene.solids}) == 1
    out: list[SolidSpec] = []
    for number, solid in enumerate(scene.solids):
        continues = scene.continues if number == 0 else ""
        out.append(_ended(_solid(solid, (x0, y0, z0), one_film, continues), dispersive, inner))
    ellipses = [solid for solid in out if isinstance(solid, EllipseSpec)]
    for film in scene.films:
        if ellipses and all(e.medium == film.material == scene.medium for e in ellipses):
            continue  # holes that go on into their own medium need no end: see docs/simulation.md
        low, high = film.zmin - z0, film.zmax - z0
        # A half-space becomes a block that reaches well beyond any cell.
        if isinf(low):
            low = high - _FAR
        if isinf(high):
            high = low + _FAR
        if film.zmax - film.zmin <= 0:
            continue
        block = BlockSpec(
            medium=film.material,
            centre=(0.0, 0.0, _clean((low + high) / 2)),
            size=(None, None, _clean(high - low)),
        )
        out.append(_ended(block, dispersive, inner))
    return tuple(out)


def without_slits(
    solids: tuple[SolidSpec, ...], resolution: float, lift: float
) -> tuple[SolidSpec, ...]:
    """The solids of a 3D job, its films reaching the grid points that their faces lie on.

    Meep averages over a pixel where it finds two media there. Where rounding leaves a point of
    the grid in neither of two films that meet at its height, it finds the background as a third,
    and none is averaged: the film above or below was a pixel thinner.

    Parameters
    ----------
    solids : tuple of SolidSpec
        About the emitter, which is on a grid point.
    resolution : float
        Pixels per µm.
    lift : float
        Of the emitter over the middle of the cell, µm: a whole number of pixels.
    """
    films: dict[SolidSpec, tuple[float, float]] = {
        solid: (solid.centre[2] + lift, solid.size[2])
        for solid in solids
        if isinstance(solid, BlockSpec) and solid.size[:2] == (None, None) and solid.size[2]
    }
    out = []
    for solid in solids:
        middle, height = films.get(solid, (inf, 0.0))
        faces = [
            face for face in (middle - height / 2, middle + height / 2) if abs(face) < _FAR / 2
        ]
        # As Meep has them, to the last digit.
        points = [(face, round(face * resolution) * (1 / resolution)) for face in faces]
        on_grid = [z for face, z in points if abs(z - face) < _SLIT]
        if any(not any(_holds(*film, z) for film in films.values()) for z in on_grid):
            solid = solid.model_copy(update={"size": (None, None, height + 2 * _SLIT)})
        out.append(solid)
    return tuple(out)


def _holds(middle: float, height: float, z: float) -> bool:
    """Whether a film holds a height in the arithmetic of Meep: by its box, and by its shape."""
    return middle - height / 2 <= z <= middle + height / 2 and abs(z - middle) <= height / 2


def _ended(solid: SolidSpec, dispersive: frozenset[str], inner: tuple[float, float]) -> SolidSpec:
    """A solid that fills the cell sideways, ended at the absorbing layers if it is dispersive."""
    if solid.medium not in dispersive or not isinstance(solid, BlockSpec):
        return solid
    if solid.size[2] is None or None not in solid.size[:2]:
        return solid
    if inner[1] == 0:
        return CylinderSpec(
            medium=solid.medium,
            centre=solid.centre,
            radius=inner[0],
            radius_top=inner[0],
            height=solid.size[2],
        )
    x, y, height = solid.size
    sides = (2 * inner[0] if x is None else x, 2 * inner[1] if y is None else y, height)
    return solid.model_copy(update={"size": sides})


def _clean(value: float) -> float:
    """Rounded to 1e-9 µm, so that equal geometries hash alike."""
    return round(value, 9) + 0.0


def _solid(
    solid: Solid,
    origin: tuple[float, float, float],
    one_film: bool,
    continues: str,
) -> SolidSpec:
    """One patterned solid; `continues` names the axes along which it fills the cell."""
    x0, y0, z0 = origin
    zmin, zmax = solid.zmin - z0, solid.zmax - z0
    middle, height = _clean((zmin + zmax) / 2), _clean(zmax - zmin)
    if continues == "xy":
        return BlockSpec(
            medium=solid.material, centre=(0.0, 0.0, middle), size=(None, None, height)
        )
    if isinstance(solid, Disc):
        lean = height / 2 * tan(radians(solid.sidewall_angle))
        return CylinderSpec(
            medium=solid.material,
            centre=(_clean(solid.centre[0] - x0), _clean(solid.centre[1] - y0), middle),
            radius=_clean(solid.radius + lean),
            radius_top=_clean(solid.radius - lean),
            height=height,
        )
    if isinstance(solid, Box) and solid.sidewall_angle == 0:
        length, width = _clean(solid.size[0]), _clean(solid.size[1])
        return BlockSpec(
            medium=solid.material,
            centre=(_clean(solid.centre[0] - x0), _clean(solid.centre[1] - y0), middle),
            size=(
                None if "x" in continues else length,
                None if "y" in continues else width,
                height,
            ),
            angle=_clean(solid.angle),
        )
    if isinstance(solid, Ellipse) and one_film and solid.sidewall_angle == 0:
        return EllipseSpec(
            medium=solid.material,
            centre=(_clean(solid.centre[0] - x0), _clean(solid.centre[1] - y0), middle),
            semi_axes=(_clean(solid.semi_axes[0]), _clean(solid.semi_axes[1])),
            angle=_clean(solid.angle),
        )
    # Drawn at mid-height in a scene, at the bottom for the solver.
    lean = (zmax - zmin) / 2 * tan(radians(solid.sidewall_angle))
    outline = _outline(solid.grown(lean))
    return PrismSpec(
        medium=solid.material,
        vertices=tuple((_clean(x - x0), _clean(y - y0)) for x, y in outline),
        zmin=_clean(zmin),
        height=height,
        sidewall_angle=radians(solid.sidewall_angle),
    )


def _outline(solid: Solid) -> tuple[tuple[float, float], ...]:
    """The shape in the plane as a polygon."""
    if isinstance(solid, Prism):
        return solid.vertices
    cx, cy = solid.centre
    if isinstance(solid, Disc):
        a = b = solid.radius
        angle = 0.0
    elif isinstance(solid, Ellipse):
        (a, b), angle = solid.semi_axes, solid.angle
    else:
        (a, b), angle = (solid.size[0] / 2, solid.size[1] / 2), solid.angle
    if isinstance(solid, Box):
        local = [(a, b), (-a, b), (-a, -b), (a, -b)]
    else:
        steps = [2 * pi * i / _ELLIPSE_SIDES for i in range(_ELLIPSE_SIDES)]
        # Widened so that the polygon has the ellipse's area.
        widen = (pi / (_ELLIPSE_SIDES / 2 * sin(2 * pi / _ELLIPSE_SIDES))) ** 0.5
        local = [(widen * a * cos(t), widen * b * sin(t)) for t in steps]
    c, s = cos(angle), sin(angle)
    return tuple((cx + u * c - v * s, cy + u * s + v * c) for u, v in local)


def interfaces(scene: Scene) -> tuple[float, float]:
    """Lowest and highest interface relative to the emitter, in µm."""
    z = scene.emitter[2]
    heights = [h for s in scene.solids for h in (s.zmin, s.zmax)]
    for film in scene.films:
        heights += [h for h in (film.zmin, film.zmax) if not isinf(h)]
    return min(heights) - z, max(heights) - z


def lateral(scene: Scene) -> tuple[float, float]:
    """How far the part that must be simulated reaches from the emitter along x and y."""
    x, y, _ = scene.emitter
    xmin, ymin, xmax, ymax = scene.core
    reach_x, reach_y = max(xmax - x, x - xmin), max(ymax - y, y - ymin)
    if scene.symmetry.cylindrical:
        reach_x = reach_y = max(reach_x, reach_y)
    return reach_x, reach_y
