"""From the file of a chip to placed cells: devices, holes, waveguides, labels, marks, tests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cqdphotonics import components, emitters
from cqdphotonics.emitters import Emitter
from cqdphotonics.layout import kits, stacks
from cqdphotonics.layout.chip import Chip, Placement, Point, row_name, short_names
from cqdphotonics.layout.component import emitter_position
from cqdphotonics.layout.kits import Kit
from cqdphotonics.layout.parameters import snap
from cqdphotonics.layout.stacks import Stack
from cqdphotonics.layout.written import inside
from cqdphotonics.placement import Template
from cqdphotonics.tapeout.routing import fibre_placements
from cqdphotonics.tapeout.schema import DOSE, Array, ChipFile

LABEL_DISTANCE = 6.0
"""µm between a device and its label."""


@dataclass(frozen=True)
class Site:
    """One device on the chip.

    Attributes
    ----------
    name : str
        As its label says: array, row, column.
    array : Array
        What it belongs to.
    cell : gdsfactory Component
        The device's own cell.
    parameters : dict
        All parameters of the component.
    swept : dict of float
        Those that the array sweeps, dose included.
    dose : float
        Over that of the process.
    at : (float, float)
        Of the cell's origin, µm.
    emitter : (float, float) or None
        Where the dot is to sit, µm; None for a part without one.
    stack : Stack
        The films that it is made of.
    has_hole : bool
        Whether the template has a hole there.
    """

    name: str
    array: Array
    cell: Any
    parameters: Mapping[str, Any]
    swept: Mapping[str, float]
    dose: float
    at: Point
    emitter: Point | None
    stack: Stack
    has_hole: bool

    @property
    def cell_name(self) -> str:
        """Of the device's cell in the files."""
        return str(self.cell.name)


@dataclass(frozen=True)
class Assembly:
    """A chip with what is known of it before anything is computed.

    Attributes
    ----------
    file : ChipFile
        What was asked for.
    kit : Kit
        The fab's layers and rules.
    emitter : Emitter
        The dot.
    template : Template or None
        Its opening, with the overlay of the budget.
    chip : Chip
        All cells in their places.
    sites : tuple of Site
        The devices, in the order of their names on the chip.
    dose_test : Placement or None
        The dose test.
    """

    file: ChipFile
    kit: Kit
    emitter: Emitter
    template: Template | None
    chip: Chip
    sites: tuple[Site, ...]
    dose_test: Placement | None


def assemble(file: ChipFile) -> Assembly:
    """Draw and place everything; nothing is written.

    Raises
    ------
    InputError
        What the file says can't be made: names, values, or places that overlap.
    """
    folder = file.folder
    kit = kits.load(_near(file.kit, folder))
    emitter = emitters.load(_near(file.emitter.name, folder), file.emitter.override)
    template = _template(file)
    placements: list[Placement] = [*_marks(file)]
    sites: list[Site] = []
    for array in file.arrays:
        stack = _stack(file, array)
        for site in _sites(file, array, stack):
            sites.append(site)
            placements += _around(file, site)
    test = None
    if file.dose_test is not None:
        cell = components.load("dose_test")(**file.dose_test.parameters)
        test = Placement("dose test", cell, file.dose_test.at, "test", 10.0)
        placements.append(test)
    chip = Chip(file.name, file.chip.floorplan, tuple(placements))
    chip.check()
    return Assembly(file, kit, emitter, template, chip, tuple(sites), test)


def _near(name: str, folder: Path) -> str:
    """A name as it is; a path inside the chip's folder."""
    if not name.endswith((".yaml", ".yml")) and "/" not in name:
        return name
    return str(inside(folder, name))


def _stack(file: ChipFile, array: Array) -> Stack:
    own = array.stack is not None and array.stack != file.stack
    numbers = array.stack_parameters if own else {**file.stack_parameters, **array.stack_parameters}
    return stacks.load(_near(array.stack or file.stack, file.folder), **numbers)


def _template(file: ChipFile) -> Template | None:
    hole = file.template
    if hole is None:
        return None
    sigma = file.overlay.budget.total
    sizes: dict[str, Any] = (
        {"diameter": hole.width} if hole.shape == "hole"
        else {"width": hole.width, "length": hole.length, "axis": hole.axis}
    )  # fmt: skip
    return Template.of(
        shape=hole.shape, depth=hole.depth, dot_diameter=hole.dot, dot_spread=hole.dot_spread,
        overlay=(sigma, sigma), loading=hole.loading, filling=hole.filling, **sizes,
    )  # fmt: skip


def _sites(file: ChipFile, array: Array, stack: Stack) -> Iterator[Site]:
    build = components.load(array.component)
    family = components.family(array.component)
    for column, row, swept in array.sweep.sites():
        given = {**array.parameters, **swept}
        dose = float(given.pop(DOSE, 1.0))
        checked = components.resolve(array.component, given)
        cell = build(**checked)
        at = (
            snap(array.at[0] + column * array.pitch[0]),
            snap(array.at[1] - row * array.pitch[1]),
        )
        dot = emitter_position(cell) if family.has_emitter else None
        has_hole = file.template is not None and array.template and dot is not None
        yield Site(
            name=f"{array.name}-{row_name(row)}{column + 1:02d}",
            array=array,
            cell=cell,
            parameters=checked,
            swept={k: dose if k == DOSE else float(checked[k]) for k in swept},
            dose=dose,
            at=at,
            emitter=None if dot is None else (snap(at[0] + dot[0]), snap(at[1] + dot[1])),
            stack=stack,
            has_hole=has_hole,
        )


def _around(file: ChipFile, site: Site) -> list[Placement]:
    """The device and what belongs to it."""
    kind = "device" if site.array.role == "device" else "reference"
    device = Placement(site.name, site.cell, site.at, kind, 2.0, 0, site.name)  # type: ignore[arg-type]
    found = [device]
    if site.has_hole and file.template is not None and site.emitter is not None:
        hole = file.template
        length = {} if hole.length is None else {"length": hole.length}
        cell = components.load("template")(
            shape=hole.shape, width=hole.width, axis=hole.axis, dot=hole.dot,
            overlay=round(file.overlay.budget.total, 3), **length,
        )  # fmt: skip
        found.append(
            Placement(f"{site.name} hole", cell, site.emitter, "template", 0.0, 0, site.name)
        )
    if site.array.fibre is not None:
        found += fibre_placements(site.name, site.cell, site.at, site.array.fibre)
    found.append(_label(file, site, device))
    return found


def _label(file: ChipFile, site: Site, device: Placement) -> Placement:
    """The device's name and, below it, the swept values, under its lower left corner."""
    lines = [site.name]
    if site.swept:
        short = short_names(site.swept)
        lines.append(" ".join(f"{short[k]}{_shortest(v)}" for k, v in site.swept.items()))
    cell = components.load("label")(text="\n".join(lines), size=file.label_size)
    drawn = cell.dbbox()
    left, bottom, right, _ = device.box
    at = (snap((left + right) / 2 - drawn.center().x), snap(bottom - LABEL_DISTANCE - drawn.top))
    return Placement(f"label {site.name}", cell, at, "label", 1.0)


def _shortest(value: float) -> str:
    """0.43 as .43: a label has no room for what everybody knows."""
    text = f"{value:.4g}"
    return text[1:] if text.startswith("0.") else text


def _marks(file: ChipFile) -> Iterator[Placement]:
    """Crosses in the corners; overlay crosses and verniers inwards of two of them."""
    marks = file.marks
    left, bottom, right, top = file.chip.floorplan.usable
    half = marks.length / 2
    cross = components.load("alignment_cross")(length=marks.length, width=marks.width)
    for number, (x, y) in enumerate(
        ((left, bottom), (right, bottom), (right, top), (left, top)), start=1
    ):
        at = (x + half if x < 0 else x - half, y + half if y < 0 else y - half)
        yield Placement(f"mark {number}", cross, at, "mark", marks.clear)
    if file.template is None:
        return
    pair = components.load("alignment_cross")(kind="overlay")
    scale = components.load("vernier")(step=marks.vernier_step)
    step = marks.length + marks.clear + 60.0
    for number, side in ((1, 1), (2, -1)):
        x0 = left if side > 0 else right
        # A vernier on its side is 82 µm high, which may be more than the cross.
        inwards = max(half, 45.0)
        y = bottom + inwards if side > 0 else top - inwards
        yield Placement(f"overlay cross {number}", pair, (x0 + side * step, y), "mark", 10.0)
        yield Placement(f"vernier x {number}", scale, (x0 + side * (step + 90), y), "mark", 10.0)
        yield Placement(
            f"vernier y {number}", scale, (x0 + side * (step + 180), y), "mark", 10.0, 90
        )


def middle_sites(assembly: Assembly) -> dict[str, Site]:
    """Name of each array → its device in the middle of the sweep, at the dose nearest to 1."""
    chosen: dict[str, Site] = {}
    for array in assembly.file.arrays:
        own = [site for site in assembly.sites if site.array.name == array.name]
        middle = array.sweep.middle
        chosen[array.name] = min(
            own,
            key=lambda site: (
                sum(site.swept[k] != v for k, v in middle.items() if k in site.swept and k != DOSE),
                abs(site.dose - 1),
            ),
        )
    return chosen
