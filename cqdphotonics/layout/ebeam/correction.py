"""Proximity-effect correction: the doses at which what is drawn is what is exposed.

The beam's energy at a straight edge is half of that inside a large area, if nothing else is near.
Neighbours add to it by backscattering, and tight curves take or give by forward scattering. Here
the layer is cut into pieces whose doses make the absorbed energy at every edge that half; then
the resist, which cuts at one energy, prints the edges where they are drawn. The inside of a wide
shape has the dose of its nearest edge. Corners are left out, within two of the shortest ranges:
the beam rounds them whatever the dose.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cqdphotonics.errors import GeometryError
from cqdphotonics.layout.ebeam.energy import LONG, PIXELS_PER_RANGE, LongRange, Polygons
from cqdphotonics.layout.ebeam.outlines import (
    Numbers,
    edge_points,
    klayout_cell,
    layer_numbers,
    outline,
)
from cqdphotonics.layout.ebeam.pieces import MOST, Piece, cut, polygons, quarter
from cqdphotonics.layout.ebeam.process import FIRST_CLASS, Process
from cqdphotonics.layout.ebeam.solve import classes, equalise, exposure
from cqdphotonics.layout.layers import Layer

if TYPE_CHECKING:
    from cqdphotonics.layout.ebeam.writing import WriteEstimate

Floats = NDArray[np.float64]

CORNER_RANGES = 2.0
"""Edges nearer than this to a corner, in shortest ranges, are not judged."""

LARGEST = 4.0
"""Side of the largest pieces in µm."""

EDGE = 0.5
"""Wanted energy at an edge, relative to the inside of a large area at the base dose."""


@dataclass(frozen=True)
class DoseClass:
    """One dose of a corrected layer.

    Attributes
    ----------
    layer : (int, int)
        Layer and datatype under which its shapes are written.
    dose : float
        Relative to the base dose.
    charge_density : float
        The dose in µC/cm².
    shots : int
        Trapezoids.
    area : float
        µm².
    """

    layer: Numbers
    dose: float
    charge_density: float
    shots: int
    area: float


@dataclass(frozen=True, eq=False)
class Correction:
    """A layer with its doses.

    Attributes
    ----------
    name : str
        Of the cell.
    layer : (int, int)
        That was corrected.
    process : Process
        With which.
    doses : tuple of DoseClass
        Ascending.
    points : (N, 2) array
        On the edges, where the energy was judged, µm.
    energy_before, energy_after : (N,) arrays
        With the one dose that suits best, and with the doses of the classes.
    uniform_dose : float
        The one dose, relative to the base dose: that of the smallest largest error.
    polygons : Polygons
        The pieces, µm.
    piece_doses : (P,) array
        Relative dose of each.
    """

    name: str
    layer: Numbers
    process: Process
    doses: tuple[DoseClass, ...]
    points: Floats
    energy_before: Floats
    energy_after: Floats
    uniform_dose: float
    polygons: Polygons
    piece_doses: Floats
    _layout: Any = field(repr=False)

    @property
    def error_before(self) -> float:
        """Largest relative error of the energy with one dose for all."""
        return float(np.abs(self.energy_before / EDGE - 1).max())

    @property
    def error_after(self) -> float:
        """Largest relative error of the energy with the doses of the classes."""
        return float(np.abs(self.energy_after / EDGE - 1).max())

    @property
    def reaches(self) -> bool:
        """Whether the error is within `process.dose_error`."""
        return self.error_after <= self.process.dose_error

    @property
    def cell(self) -> Any:
        """A ``klayout.db.Cell`` with the pieces of each class, on a grid of `shot_grid`."""
        return self._layout.top_cell()

    def region(self, datatype: int) -> Any:
        """The shapes of one class, united, as ``klayout.db.Region`` in steps of `shot_grid`."""
        from klayout import db

        index = self._layout.find_layer(self.layer[0], datatype)
        return db.Region() if index is None else db.Region(self.cell.shapes(index)).merged()

    def energy(self, points: Any, *, corrected: bool = True) -> Floats:
        """Energy at any points, relative to the inside of a large area at the base dose.

        Parameters
        ----------
        points : (N, 2) array
            µm.
        corrected : bool
            With the classes' doses, or with `uniform_dose` everywhere.
        """
        places = np.atleast_2d(np.asarray(points, float))
        doses = self.piece_doses if corrected else np.full(len(self.polygons), self.uniform_dose)
        return exposure(places, self.polygons, self.process.point_spread)(doses)

    def estimate(self) -> "WriteEstimate":
        """Vertices, shots, area and time of the corrected layer; see `ebeam.estimate`."""
        from cqdphotonics.layout.ebeam.writing import of_correction

        return of_correction(self)

    def table(self) -> list[dict[str, float | int]]:
        """One row a dose class, as JSON and CSV can hold it."""
        return [
            {
                "layer": one.layer[0],
                "datatype": one.layer[1],
                "relative_dose": round(one.dose, 6),
                "dose_uC_per_cm2": round(one.charge_density, 4),
                "shots": one.shots,
                "area_um2": round(one.area, 6),
            }
            for one in self.doses
        ]

    def write(self, path: str | Path) -> tuple[Path, Path]:
        """Write the classes as datatypes of the layer, and their doses beside them.

        Parameters
        ----------
        path : str or Path
            The GDS (or ``.oas``) file; ``.gds`` is appended if it has no suffix. The table goes
            into a file of the same name that ends in ``.doses.csv``.

        Returns
        -------
        (Path, Path)
            Layout and table. The layout's database unit is `process.shot_grid`.

        Raises
        ------
        StorageError
            A file can't be written. Nothing half-written is left.
        """
        from cqdphotonics.layout.ebeam.files import write_correction

        return write_correction(self, self._layout, Path(path))


def correct(component: Any, layer: Layer | Numbers, process: Process | None = None) -> Correction:
    """Find the doses with which a layer prints as drawn.

    The layer is united, biased and freed of needless vertices (`outline`), then cut into pieces,
    finer and finer where the energy is off by more than `process.dose_error`. For each set of
    pieces the doses are iterated until they are consistent (`solve.equalise`), and at last they
    are gathered into classes.

    Parameters
    ----------
    component : gdsfactory Component or klayout.db.Cell
        What is drawn is what is exposed: for a positive resist give the layer to be removed.
    layer : Layer or (int, int)
        The layer to correct.
    process : Process, optional
        Beam and machine.

    Returns
    -------
    Correction
        Its `error_after` says what was reached, whether or not that is `process.dose_error`.

    Raises
    ------
    GeometryError
        Nothing is drawn on the layer, or it needs too many pieces.
    """
    process = process or Process()
    numbers = layer_numbers(layer)
    region = outline(component, numbers, process)
    grid, shortest = process.shot_grid, process.shortest

    pieces = cut(region, _first_side(process), round(4 * shortest / grid))
    points = _judged(region, process)
    doses = plain = _plain_doses(polygons(pieces, grid), process)
    shapes = polygons(pieces, grid)
    exposed = exposure(points, shapes, process.point_spread)
    wanted = 0.6 * process.dose_error  # the rest is for the classes
    while True:
        doses = equalise(exposed, EDGE, doses, plain, shapes.centroids)
        bad = points[np.abs(exposed(doses) / EDGE - 1) > wanted]
        split = _to_split(pieces, bad, grid, shortest) if len(bad) else []
        if not split or len(pieces) + 3 * len(split) > MOST:
            break
        stay = np.setdiff1d(np.arange(len(pieces)), split)
        parts = [quarter(pieces[k]) for k in split]
        heirs = np.repeat(split, [len(part) for part in parts])
        pieces = [pieces[k] for k in stay] + [piece for part in parts for piece in part]
        doses, plain = (np.concatenate([old[stay], old[heirs]]) for old in (doses, plain))
        shapes = polygons(pieces, grid)
        exposed = exposure(points, shapes, process.point_spread, exposed.near[:, stay])

    finest = 0.2 * process.dose_error
    levels, chosen = classes(exposed, EDGE, doses, process.dose_classes, finest)
    flat = exposed(np.ones(len(pieces))) / EDGE
    uniform = 2 / (flat.min() + flat.max())
    name = klayout_cell(component).name
    layout, table = _layout(name, numbers, process, pieces, levels, chosen)
    return Correction(
        name=name,
        layer=numbers,
        process=process,
        doses=table,
        points=points,
        energy_before=uniform * flat * EDGE,
        energy_after=exposed(levels[chosen]),
        uniform_dose=float(uniform),
        polygons=shapes,
        piece_doses=levels[chosen],
        _layout=layout,
    )


def _first_side(process: Process) -> int:
    """Side of the first squares in steps: below a long range's pixel, halved without remainder."""
    long = [reach / PIXELS_PER_RANGE for reach in process.point_spread.ranges if reach >= LONG]
    side = int(min([LARGEST, *long]) / process.shot_grid)
    halvings = max(0, int(np.log2(max(1.0, side * process.shot_grid / process.shortest))) + 1)
    return max(1, side >> halvings) << halvings


def _judged(region: Any, process: Process) -> Floats:
    """Points on the edges."""
    shortest = process.shortest
    points, _ = edge_points(region, process.shot_grid, shortest, CORNER_RANGES * shortest)
    if not len(points):
        raise GeometryError(
            f"the shapes are too small to be corrected: no edge is farther than {CORNER_RANGES:g} "
            f"times the beam's range of {shortest:g} µm from a corner."
        )
    return points


def _plain_doses(shapes: Polygons, process: Process) -> Floats:
    """Doses for which forward scattering and a density of distant charge make an edge right."""
    spread = process.point_spread
    near = sum(s for s, a in zip(spread.shares, spread.ranges, strict=True) if a < LONG)
    doses = np.ones(len(shapes))
    far = [
        (s, LongRange(shapes.centroids, shapes.centroids, a))
        for s, a in zip(spread.shares, spread.ranges, strict=True)
        if a >= LONG
    ]
    for _ in range(8):
        background = sum((s * f(doses * shapes.areas) for s, f in far), np.zeros(len(shapes)))
        # ½·near·dose + background = ½, damped towards the dose of before
        doses = np.sqrt(doses * EDGE * doses / (EDGE * near * doses + background))
    return doses


def _to_split(pieces: list[Piece], bad: Floats, grid: float, shortest: float) -> list[int]:
    """Pieces beside points whose energy is off, as long as the beam can tell their quarters."""
    squares = np.array([piece.square for piece in pieces]) * grid
    half = squares[:, 2] / 2
    centres = squares[:, :2] + half[:, None]
    # Chebyshev's distance: squares are balls of it.
    distance, _ = cKDTree(bad).query(centres, p=np.inf)
    chosen = (distance < half + 0.5 * shortest) & (squares[:, 2] > shortest)
    return [int(k) for k in np.flatnonzero(chosen)]


def _layout(
    name: str, numbers: Numbers, process: Process, pieces: list[Piece], levels: Floats,
    chosen: NDArray[np.int64],
) -> tuple[Any, tuple[DoseClass, ...]]:  # fmt: skip
    """The classes as datatypes in a layout of their own, and their table."""
    from klayout import db

    layout = db.Layout()
    layout.dbu = process.shot_grid
    cell = layout.create_cell(name)
    table = []
    for number, dose in enumerate(levels):
        datatype = FIRST_CLASS + number
        united = db.Region([pieces[k].polygon for k in np.flatnonzero(chosen == number)]).merged()
        shots = united.decompose_trapezoids_to_region()
        cell.shapes(layout.layer(numbers[0], datatype)).insert(united)
        table.append(
            DoseClass(
                layer=(numbers[0], datatype),
                dose=float(dose),
                charge_density=float(dose) * process.base_dose,
                shots=shots.count(),
                area=united.area() * process.shot_grid**2,
            )
        )
    return layout, tuple(table)
