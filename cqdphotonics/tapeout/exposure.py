"""The exposure: doses of each kind of device, seams between write fields, time, dose classes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cqdphotonics.errors import CqdError
from cqdphotonics.layout import ebeam
from cqdphotonics.layout.ebeam import Correction, Process, WriteEstimate
from cqdphotonics.layout.layers import DEVICE, LAYERS, METAL, Layer
from cqdphotonics.tapeout.assembly import Assembly, Site, middle_sites

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_SWEPT = 200
"""Datatype of the lowest swept dose: 1/200, 1/201, …; those of a correction are 1/100, …"""

EXPOSED = tuple(layer for layer in LAYERS if "not written" not in layer.purpose)


@dataclass(frozen=True, eq=False)
class Exposure:
    """What is known of the exposure.

    Attributes
    ----------
    process : Process
        Beam and machine.
    corrections : dict
        Name of each array → its device in the middle, the layer, and the correction.
    failures : dict
        Name of each array that was not corrected → why.
    crossings : tuple of (str, str)
        Device, and where it lies across a seam between two fields.
    estimates : dict of str to WriteEstimate
        By name of the layer, at the base dose.
    """

    process: Process
    corrections: "Mapping[str, tuple[Site, Layer, Correction]]"
    failures: "Mapping[str, str]"
    crossings: tuple[tuple[str, str], ...]
    estimates: "Mapping[str, WriteEstimate]"


def expose(assembly: Assembly, layout: Any) -> Exposure:
    """Correct one device of every array, and look at the whole chip.

    Raises
    ------
    FileFormatError
        Numbers of the exposure that are not allowed.
    """
    numbers = {**assembly.kit.ebeam, **assembly.file.ebeam.override}
    process = Process.from_mapping(numbers, "the section 'ebeam' of the kit, with the chip's own")
    corrections: dict[str, tuple[Site, Layer, Correction]] = {}
    failures: dict[str, str] = {}
    made: dict[tuple[str, Layer], Correction] = {}
    if assembly.file.ebeam.correct:
        for name, site in middle_sites(assembly).items():
            layer = METAL if _draws(site.cell, METAL) and not _draws(site.cell, DEVICE) else DEVICE
            try:
                if (site.cell_name, layer) not in made:  # arrays may share a design
                    made[site.cell_name, layer] = ebeam.correct(site.cell, layer, process)
                corrections[name] = (site, layer, made[site.cell_name, layer])
            except CqdError as error:
                failures[name] = " ".join(str(error).split())
    top = layout.cell(assembly.chip.name)
    estimates = {
        layer.name: ebeam.estimate(top, layer, process) for layer in EXPOSED if _has(layout, layer)
    }
    return Exposure(process, corrections, failures, _crossings(assembly, top, process), estimates)


def _draws(cell: Any, layer: Layer) -> bool:
    index = cell.kcl.layout.find_layer(*layer.number)
    return index is not None and not cell.kdb_cell.dbbox(index).empty()


def _has(layout: Any, layer: Layer) -> bool:
    index = layout.find_layer(*layer.number)
    return index is not None and any(not c.bbox(index).empty() for c in layout.top_cells())


def _crossings(assembly: Assembly, top: Any, process: Process) -> tuple[tuple[str, str], ...]:
    """Devices and their waveguides on a seam; labels and marks there do no harm."""
    owners: dict[tuple[tuple[float, float], str], str] = {}
    for one in assembly.chip.placements:
        if one.kind in ("device", "reference", "guide", "template"):
            owners.setdefault((one.at, one.cell.name), one.name)
    found = []
    for crossing in ebeam.fields(top, process):
        cell_name = crossing.device.split("[")[0]
        at = (round(crossing.position[0], 6), round(crossing.position[1], 6))
        name = owners.get((at, cell_name))
        if name is None:
            continue
        where = str(crossing).partition(" lies across the ")[2]
        found.append((name, where))
    return tuple(sorted(found))


def dose_layout(assembly: Assembly, layout: Any) -> tuple[Any, list[dict[str, Any]]] | None:
    """The chip with each dose on a datatype of its own, where devices differ in dose.

    Returns
    -------
    (klayout Layout, table) or None
        Devices and the columns of the dose test have their DEVICE shapes on 1/200, 1/201, …; what
        is at the base dose stays on 1/0. None where there is one dose only.
    """
    from klayout import db

    tested = [] if assembly.dose_test is None else list(assembly.dose_test.cell.info["doses"])
    doses = sorted({s.dose for s in assembly.sites} | {float(d[2]) for d in tested})
    swept = [dose for dose in doses if abs(dose - 1) > 1e-9]
    if not swept:
        return None
    number = {dose: (DEVICE.number[0], FIRST_SWEPT + k) for k, dose in enumerate(swept)}
    target = db.Layout()
    target.assign(layout)
    top = target.cell(assembly.chip.name)
    device = target.layer(*DEVICE.number)
    places = {(s.cell_name, s.at): s.dose for s in assembly.sites if abs(s.dose - 1) > 1e-9}
    test = assembly.dose_test
    made: dict[tuple[str, float], int] = {}
    for instance in list(top.each_inst()):
        name, shift = instance.cell.name, instance.dtrans.disp
        at = (round(shift.x, 6), round(shift.y, 6))
        if (name, at) in places:
            dose = places[name, at]
            if (name, dose) not in made:
                made[name, dose] = _with_dose(target, instance.cell, device, number[dose])
            instance.cell_index = made[name, dose]
        elif test is not None and name == test.cell.name and at == test.at:
            instance.cell_index = _split(target, instance.cell, device, tested, number)
    for cell in [c for c in target.top_cells() if c.cell_index() != top.cell_index()]:
        target.prune_cell(cell.cell_index(), -1)
    base = assembly.kit.ebeam.get("base_dose")
    table = [
        {
            "layer": DEVICE.number[0],
            "datatype": number.get(dose, DEVICE.number)[1],
            "relative_dose": dose,
            "dose_uC_per_cm2": None if base is None else round(float(base) * dose, 4),
        }
        for dose in doses
    ]
    return target, table


def _with_dose(layout: Any, cell: Any, device: int, number: tuple[int, int]) -> int:
    """A flat copy of a cell with its DEVICE shapes on another datatype."""
    copy = layout.create_cell(f"{cell.name}_dose{number[1] - FIRST_SWEPT}")
    copy.copy_tree(cell)
    copy.flatten(True)
    copy.move(device, layout.layer(*number))
    return int(copy.cell_index())


def _split(
    layout: Any, cell: Any, device: int, stretches: list[Any],
    number: dict[float, tuple[int, int]],
) -> int:  # fmt: skip
    """The dose test with each stretch of x on the datatype of its dose."""
    from klayout import db

    copy = layout.create_cell(f"{cell.name}_doses")
    copy.copy_tree(cell)
    copy.flatten(True)
    shapes = db.Region(copy.shapes(device))
    box = copy.dbbox()
    copy.shapes(device).clear()
    for left, right, dose in stretches:
        part = db.Region(db.DBox(left, box.bottom, right, box.top).to_itype(layout.dbu))
        index = layout.layer(*number[dose]) if dose in number else device
        copy.shapes(index).insert(shapes & part)
    return int(copy.cell_index())
