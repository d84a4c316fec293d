"""What an exposure costs: vertices, shots, area and time."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cqdphotonics.layout.ebeam.outlines import Numbers, klayout_cell, layer_numbers, outline
from cqdphotonics.layout.ebeam.process import Process
from cqdphotonics.layout.ebeam.seams import occupied_fields
from cqdphotonics.layout.layers import Layer

if TYPE_CHECKING:
    from cqdphotonics.layout.ebeam.correction import Correction


@dataclass(frozen=True)
class WriteEstimate:
    """The size of an exposure, and how long it takes.

    Attributes
    ----------
    vertices, shots, fields : int
        Vertices of the united outlines, trapezoids they fall into, write fields they touch.
    area : float
        µm².
    seconds : float
        `exposure_seconds` + `settling_seconds` + `stage_seconds`. No uncertainty is known: the
        machine's times are as the process states them, and its own overheads (calibration,
        drift correction, loading) are not in it.
    exposure_seconds : float
        Σ dose·area/current: with D in µC/cm², A in µm² and I in nA, D·A·10⁻⁵/I seconds.
    settling_seconds : float
        Shots times `settling_time`.
    stage_seconds : float
        Fields times `stage_time`.
    """

    vertices: int
    shots: int
    fields: int
    area: float
    seconds: float
    exposure_seconds: float
    settling_seconds: float
    stage_seconds: float


def estimate(
    component: Any, layer: Layer | Numbers, process: Process | None = None
) -> WriteEstimate:
    """Vertices, shots, area and write time of a layer at the base dose.

    Every cell is united for itself and counted as often as it is placed, so that a chip of many
    equal devices costs as little as one. Shapes of different cells that overlap are therefore
    written, and counted, twice.

    Parameters
    ----------
    component : gdsfactory Component or klayout.db.Cell
        With everything below it.
    layer : Layer or (int, int)
        What is written.
    process : Process, optional
        Beam and machine.

    Raises
    ------
    GeometryError
        Nothing is drawn on the layer.
    """
    from klayout import db

    process = process or Process()
    numbers = layer_numbers(layer)
    top = klayout_cell(component)
    source = top.layout()
    index = source.find_layer(*numbers)
    vertices = shots = 0
    area = 0.0
    for cell, placements in _placements(top).items():
        if index is None or source.cell(cell).shapes(index).is_empty():
            continue
        alone = db.Layout()
        alone.dbu = source.dbu
        copy = alone.create_cell(source.cell(cell).name)
        copy.shapes(alone.layer(*numbers)).insert(source.cell(cell).shapes(index))
        region = outline(copy, numbers, process)
        vertices += placements * _vertices(region)
        shots += placements * region.decompose_trapezoids_to_region().count()
        area += placements * region.area() * process.shot_grid**2
    if not shots:
        outline(top, numbers, process)  # says what is missing
    fields = occupied_fields(top, numbers, process)
    return _sum(process, vertices, shots, fields, area, [(1.0, area)])


def of_correction(correction: "Correction") -> WriteEstimate:
    """The same for a corrected layer, with the dose of each class."""
    regions = [correction.region(one.layer[1]) for one in correction.doses]
    numbers = [one.layer for one in correction.doses]
    process = correction.process
    fields = set().union(*(_fields(correction, one, process) for one in numbers))
    return _sum(
        process,
        sum(_vertices(region) for region in regions),
        sum(one.shots for one in correction.doses),
        fields,
        sum(one.area for one in correction.doses),
        [(one.dose, one.area) for one in correction.doses],
    )


def _fields(correction: "Correction", numbers: Numbers, process: Process) -> set[tuple[int, int]]:
    return occupied_fields(correction.cell, numbers, process)


def _sum(
    process: Process, vertices: int, shots: int, fields: set[tuple[int, int]], area: float,
    doses: Iterable[tuple[float, float]],
) -> WriteEstimate:  # fmt: skip
    charge = sum(dose * part for dose, part in doses) * process.base_dose * 1e-8  # µC
    exposing = charge / (process.beam_current * 1e-3)
    settling = shots * process.settling_time
    moving = len(fields) * process.stage_time
    return WriteEstimate(
        vertices=vertices,
        shots=shots,
        fields=len(fields),
        area=area,
        seconds=exposing + settling + moving,
        exposure_seconds=exposing,
        settling_seconds=settling,
        stage_seconds=moving,
    )


def _vertices(region: Any) -> int:
    return sum(polygon.num_points() for polygon in region.each())


def _placements(top: Any) -> dict[int, int]:
    """How often each cell below `top`, and `top` itself, is placed in it."""
    layout = top.layout()
    below = set(top.called_cells())
    counts = {top.cell_index(): 1}
    for index in layout.each_cell_top_down():
        if index not in below:
            continue
        # Parents come first, so that their counts are known.
        counts[index] = 0
        for parent in layout.cell(index).each_parent_cell():
            if parent in counts:
                placed = sum(
                    max(1, one.na) * max(1, one.nb)
                    for one in layout.cell(parent).each_inst()
                    if one.cell_index == index
                )
                counts[index] += counts[parent] * placed
    return counts
