"""A device, its film stack and its dot in one coordinate system, with the symmetry it has.

The geometry is read from the polygons of the layout, not rebuilt from the parameters: what is
taped out is what is simulated. x and y are those of the layout, z = 0 is the bottom of the first
patterned film, all in µm.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import radians, tan
from pathlib import Path
from typing import Any, Literal

from cqdphotonics import materials
from cqdphotonics.errors import GeometryError, InputError
from cqdphotonics.fdtd.composites import take_apart
from cqdphotonics.fdtd.polygons import (
    TOLERANCE,
    Oval,
    Patch,
    Points,
    Recognised,
    Rectangle,
    Round,
    patches,
    recognise,
    roundness,
)
from cqdphotonics.fdtd.ports import (
    Port,
    optical_ports,
    reach_across,
    strip_beyond,
    strips_beyond_edges,
)
from cqdphotonics.fdtd.solids import (
    Bounds,
    Box,
    Disc,
    Ellipse,
    Prism,
    Slab,
    Solid,
    bounds_of,
)
from cqdphotonics.fdtd.symmetry import Symmetry, prove
from cqdphotonics.layout.layers import annotation_layers, describe
from cqdphotonics.layout.parameters import GRID
from cqdphotonics.layout.stacks import Film, Stack

__all__ = [
    "Box",
    "Disc",
    "Ellipse",
    "Port",
    "Prism",
    "Scene",
    "Slab",
    "Solid",
    "Symmetry",
    "build_scene",
]

HEADROOM = 0.5
"""How far (µm) above or below the patterned films a dot still belongs to the device."""

Axis = Literal["x", "y", "z"]


@dataclass(frozen=True)
class Scene:
    """What a simulation is about: solids, films, dipole, and what is proved about them.

    Attributes
    ----------
    name : str
        Of the layout cell.
    stack : Stack
        The films, with the numbers that they came from.
    dipole : {"x", "y", "z"}
        Axis of the emitter's dipole.
    emitter : (float, float, float)
        Where it sits, in µm.
    solids : tuple of Solid
        Patterned solids; where two overlap, the later one counts. Holes are solids of `medium`.
        The last ones are the strips that go on beyond the drawing, at ports and where it says so.
    films : tuple of Slab
        Unpatterned films from bottom to top, with the half-spaces of substrate and cladding.
        Between them, where the patterned films are, `medium` fills what no solid does.
    medium : str
        Material around the patterned solids.
    bounds : (xmin, ymin, xmax, ymax)
        Of all that is drawn, holes included; what goes on beyond it is not counted.
    core : (xmin, ymin, xmax, ymax)
        The part that has to be simulated. It differs from `bounds` where the outermost solid is
        only the beginning of something larger (`continues`): there it ends with the structure
        inside that solid, and the cell may end anywhere beyond. Optical ports are inside it.
    continues : {"", "x", "y", "xy"}
        Axes along which the outermost solid goes on in reality beyond `bounds`.
    symmetry : Symmetry
        About the emitter, proved from solids and films.
    settings : dict
        Component name and parameters, for provenance; not needed to simulate.
    deviation : float
        Largest distance in µm between an outline in the layout and the analytic solid that
        stands for it; at most the tolerance of recognition.
    ports : tuple of Port
        The optical ports by name, in the coordinates of the layout. Beyond each a strip goes on.
    """

    name: str
    stack: Stack
    dipole: Axis
    emitter: tuple[float, float, float]
    solids: tuple[Solid, ...]
    films: tuple[Slab, ...]
    medium: str
    bounds: Bounds
    core: Bounds
    continues: str
    symmetry: Symmetry
    settings: dict[str, Any] = field(default_factory=dict)
    deviation: float = 0.0
    ports: tuple[Port, ...] = ()

    def material_at(self, x: float, y: float, z: float) -> str:
        """Name of the material at a point; on a surface, that of the last solid touching it."""
        for solid in reversed(self.solids):
            if solid.contains(x, y, z):
                return solid.material
        for slab in self.films:
            if slab.zmin <= z <= slab.zmax:
                return slab.material
        return self.medium


def build_scene(
    component: Any,
    stack: Stack | str,
    dipole: Axis = "x",
    emitter_offset: tuple[float, float] = (0.0, 0.0),
    *,
    tolerance: float = TOLERANCE,
) -> Scene:
    """Put a component onto a film stack and its dot into it.

    Parameters
    ----------
    component : gdsfactory Component, or str or Path
        The device, or a GDS file that holds one with its ``emitter`` port.
    stack : Stack or str
        The films; a name is loaded with its default numbers.
    dipole : {"x", "y", "z"}
        Axis of the emitter's dipole.
    emitter_offset : (float, float)
        Displacement of the dot from its port, in µm.
    tolerance : float
        Largest distance in µm at which an outline is recognised as disc, ellipse or box.

    Raises
    ------
    GeometryError
        If there is nothing on the stack's layers, something on a layer that the stack does not
        have, no emitter port, or a dot outside the structure or inside a metal.
    InputError
        If the dipole is not an axis.
    FileFormatError
        If the file is not a layout.
    """
    from cqdphotonics.layout import stacks
    from cqdphotonics.layout.component import emitter_position
    from cqdphotonics.layout.gdsio import read_component

    if dipole not in ("x", "y", "z"):
        raise InputError(f"dipole '{dipole}' is not one of x, y, z.")
    if isinstance(stack, str):
        stack = stacks.load(stack)
    if isinstance(component, str | Path):
        component = read_component(component)

    x, y = emitter_position(component)
    emitter = (
        round(x + emitter_offset[0], 9),
        round(y + emitter_offset[1], 9),
        round(stack.emitter_z, 9),
    )
    solids: list[Solid] = []
    deviation, unlike_discs = 0.0, []
    continues = str(component.info.get("continues", "") or "")
    outermost: Points | None = None
    patterns = _patterns(component, stack)
    for film, found in patterns:
        for patch in found:
            for outline, is_hole in _outlines(patch):
                if outermost is None:
                    outermost = outline
                    # What goes on beyond the drawing has to stay one solid.
                    pieces = (
                        [recognise(outline, tolerance)]
                        if continues
                        else take_apart(outline, tolerance)
                    )
                else:
                    pieces = take_apart(outline, tolerance)
                for recognised in pieces:
                    deviation = max(deviation, recognised.deviation)
                    solid = _solid(recognised, film, stack, is_hole)
                    if solid is None:
                        continue
                    solids.append(solid)
                    if not isinstance(solid, Disc):
                        unlike_discs.append(_not_a_disc(outline, film.name))

    films = _slabs(stack)
    bounds = bounds_of(solids)
    ports = optical_ports(component)
    core = _core(solids, bounds, continues, outermost, ports)
    solids += _beyond(component.name, solids, outermost, continues, ports, stack)
    scene = Scene(
        name=str(component.name),
        stack=stack,
        dipole=dipole,
        emitter=emitter,
        solids=tuple(solids),
        films=films,
        medium=stack.medium,
        bounds=bounds,
        core=core,
        continues=continues,
        symmetry=prove(solids, films, emitter, unlike_discs[0] if unlike_discs else ""),
        settings={
            "component": component.info.get("family") or component.function_name or component.name,
            "parameters": dict(component.settings.model_dump()),
        },
        deviation=round(deviation, 6),
        ports=ports,
    )
    _check_emitter(scene)
    return scene


def _patterns(component: Any, stack: Stack) -> list[tuple[Film, list[Patch]]]:
    """Each patterned film that something is drawn on, from bottom to top, with its patches."""
    from klayout import db

    drawn: dict[tuple[int, int], list[Patch]] = {}
    layout = component.kcl.layout
    for index in layout.layer_indexes():
        region = db.Region(component.kdb_cell.begin_shapes_rec(index))
        if not region.is_empty():
            info = layout.get_info(index)
            number = (info.layer, info.datatype)
            _check_outlines(component, region, number, layout.dbu)
            drawn[number] = patches(region, layout.dbu)
    known = stack.layers
    unknown = sorted(set(drawn) - set(known) - annotation_layers())
    has = ", ".join(f"{describe(number)} → {film.name}" for number, film in known.items())
    if unknown:
        raise GeometryError(
            f"'{component.name}' has polygons on layer {', '.join(map(describe, unknown))}, which "
            f"stack '{stack.name}' does not have. It has: {has}. Choose another stack, or move "
            "what is only a note to an annotation layer."
        )
    if not set(drawn) & set(known):
        raise GeometryError(
            f"'{component.name}' has nothing on the layers of stack '{stack.name}', which are: "
            f"{has}."
        )
    return [(film, drawn[film.layer]) for film in stack.films if film.layer and film.layer in drawn]


def _check_outlines(component: Any, region: Any, number: tuple[int, int], dbu: float) -> None:
    """Refuse polygons that cross themselves: what they cover is a matter of the program."""
    for piece in region.strange_polygon_check().each():
        middle = piece.bbox().center()
        raise GeometryError(
            f"'{component.name}' has a polygon on layer {describe(number)} that crosses itself at "
            f"({middle.x * dbu:.3f}, {middle.y * dbu:.3f}) µm: programs disagree on what it "
            "covers. Draw it as polygons that do not; `cqd drc` lists all such places."
        )


def _outlines(patch: Patch) -> list[tuple[Points, bool]]:
    return [(patch.hull, False), *((hole, True) for hole in patch.holes)]


def _solid(recognised: Recognised, film: Film, stack: Stack, is_hole: bool) -> Solid | None:
    """The solid that an outline becomes in a film; None where the bias closes a hole."""
    zmin, zmax = stack.heights[film.name]
    # A hole is what the film is not: its walls lean, and its edges move, the other way.
    sign = -1.0 if is_hole else 1.0
    material = stack.medium if is_hole else film.material
    where = (zmin, zmax, material, sign * film.sidewall_angle + 0.0)
    shape = recognised.shape
    solid: Solid
    if isinstance(shape, Round):
        solid = Disc(shape.centre, shape.radius, *where)
    elif isinstance(shape, Oval):
        solid = Ellipse(shape.centre, shape.semi_axes, shape.angle, *where)
    elif isinstance(shape, Rectangle):
        solid = Box(shape.centre, shape.size, shape.angle, *where)
    else:
        solid = Prism(shape.vertices, *where)
    if film.bias == 0:
        return solid
    xmin, ymin, xmax, ymax = solid.bounds
    if min(xmax - xmin, ymax - ymin) + 2 * sign * film.bias <= 0:
        if is_hole:
            return None
        raise GeometryError(
            f"a bias of {film.bias:g} µm leaves nothing of a shape in film '{film.name}' that is "
            f"{min(xmax - xmin, ymax - ymin):.4g} µm wide. Take a smaller bias."
        )
    return solid.grown(sign * film.bias)


def _slabs(stack: Stack) -> tuple[Slab, ...]:
    heights = stack.heights
    bottom = min(low for low, _ in heights.values())
    top = max(high for _, high in heights.values())
    return (
        Slab(float("-inf"), bottom, stack.substrate),
        *(Slab(*heights[film.name], film.material) for film in stack.films if film.layer is None),
        Slab(top, float("inf"), stack.cladding),
    )


def _core(
    solids: Sequence[Solid],
    bounds: Bounds,
    continues: str,
    outermost: Points | None,
    ports: Sequence[Port],
) -> Bounds:
    inner = bounds_of(solids[1:])
    if continues == "xy" and inner[0] > inner[2]:  # a film without pattern: any part will do
        middle = ((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
        return (*middle, *middle)
    if not continues or inner[0] > inner[2]:
        return bounds
    core = [
        inner[0] if "x" in continues else bounds[0],
        inner[1] if "y" in continues else bounds[1],
        inner[2] if "x" in continues else bounds[2],
        inner[3] if "y" in continues else bounds[3],
    ]
    # What a beam is held by, farther along than the core, does not make the core wider.
    if continues in ("x", "y") and isinstance(solids[0], Prism) and outermost is not None:
        along = 0 if continues == "x" else 1
        low, high = reach_across(outermost, along, core[along], core[along + 2])
        across = 1 - along
        core[across] = min(low, inner[across])
        core[across + 2] = max(high, inner[across + 2])
    for port in ports:
        for number in (0, 1):
            half = abs(port.direction[1 - number]) * port.width / 2
            core[number] = min(core[number], port.centre[number] - half)
            core[number + 2] = max(core[number + 2], port.centre[number] + half)
    return (core[0], core[1], core[2], core[3])


def _beyond(
    name: str,
    solids: Sequence[Solid],
    outermost: Points | None,
    continues: str,
    ports: Sequence[Port],
    stack: Stack,
) -> list[Solid]:
    """The strips that go on beyond the drawing.

    A box that continues needs none: the planner makes it fill the cell along that axis. Nor does
    a port with film on both sides: it is only a plane through which light is counted.
    """
    strips: list[tuple[Rectangle, Film]] = []
    by_layer, first = stack.layers, solids[0]
    filled = continues if isinstance(first, Box) or continues == "xy" else ""
    for port in ports:
        if port.layer not in by_layer:
            raise GeometryError(
                f"port '{port.name}' of '{name}' is on layer {describe(port.layer)}, which stack "
                f"'{stack.name}' does not have. Choose another stack, or move the port."
            )
        along = "x" if abs(port.direction[0]) > abs(port.direction[1]) else "y"
        if along not in filled and not _is_inside(port, by_layer[port.layer], solids):
            film = by_layer[port.layer]
            strips.append((strip_beyond(port, _overlap(film)), film))
    if continues in ("x", "y") and not filled and outermost is not None:
        film = next(f for f in stack.films if f.layer and stack.heights[f.name][0] == first.zmin)
        for strip in strips_beyond_edges(outermost, continues, _overlap(film)):
            if not any(strip == other for other, _ in strips):
                strips.append((strip, film))
    found = [_solid(Recognised(strip, 0.0), film, stack, False) for strip, film in strips]
    return [solid for solid in found if solid is not None]


def _overlap(film: Film) -> float:
    """How far a strip must reach into the drawing so that bias and leaning ends leave no notch."""
    return 2 * abs(film.bias) + film.thickness * tan(radians(abs(film.sidewall_angle)))


def _is_inside(port: Port, film: Film, solids: Sequence[Solid]) -> bool:
    """Whether the drawing goes on just beyond a port."""
    (x, y), (u, v) = port.centre, port.direction
    step = 5 * GRID + max(film.bias, 0.0)
    touching = [
        solid
        for solid in solids
        if solid.contains(x + step * u, y + step * v, 0.5 * (solid.zmin + solid.zmax))
    ]
    return bool(touching) and touching[-1].material == film.material


def _not_a_disc(outline: Points, film: str) -> str:
    x, y = outline.mean(axis=0)
    return (
        f"the shape at ({x:.3f}, {y:.3f}) µm in film '{film}' with {len(outline)} vertices is "
        f"{1000 * roundness(outline):.1f} nm from a circle"
    )


def _check_emitter(scene: Scene) -> None:
    x, y, z = scene.emitter
    xmin, ymin, xmax, ymax = scene.bounds
    where = f"the emitter at ({x:.3f}, {y:.3f}, {z:.3f}) µm"
    if not (xmin <= x <= xmax and ymin <= y <= ymax):
        raise GeometryError(
            f"{where} is outside the structure, which covers x = {xmin:.3f} to {xmax:.3f} and "
            f"y = {ymin:.3f} to {ymax:.3f} µm. Move the emitter port or the offset."
        )
    low = min(solid.zmin for solid in scene.solids)
    high = max(solid.zmax for solid in scene.solids)
    if not low - HEADROOM <= z <= high + HEADROOM:
        raise GeometryError(
            f"{where} is outside the structure, whose patterned films reach from z = {low:.3f} "
            f"to {high:.3f} µm. Choose an emitter_height nearer to them."
        )
    material = scene.material_at(x, y, z)
    if materials.load(material).is_metal:
        raise GeometryError(
            f"{where} is inside {material}: the power of a dipole in a metal is not defined. "
            "Move it into a dielectric."
        )
