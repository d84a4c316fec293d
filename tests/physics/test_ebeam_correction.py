"""Proximity correction: what is on disk, exposed by an independent calculation.

The oracle reads the GDS and the table of doses that a fab would get. Forward scattering is summed
on a raster of half a nanometre around each point; backscattering is filtered by scipy on a raster
of the charge. It shares no code with the correction.
"""

import csv

import numpy as np
import pytest
from klayout import db
from scipy.ndimage import gaussian_filter, map_coordinates

from cqdphotonics import components
from cqdphotonics.layout import ebeam

PROCESS = ebeam.Process()
ALPHA, BETA = PROCESS.point_spread.ranges
NEAR, FAR = PROCESS.point_spread.shares


class Written:
    """A corrected layer as it lies on disk."""

    def __init__(self, path, table):
        with table.open() as file:
            rows = list(csv.DictReader(file))
        layout = db.Layout()
        layout.read(str(path))
        assert layout.dbu == pytest.approx(PROCESS.shot_grid)
        cell = layout.top_cell()
        self.dbu = layout.dbu
        self.shapes = []
        for row in rows:
            index = layout.find_layer(int(row["layer"]), int(row["datatype"]))
            region = db.Region(cell.begin_shapes_rec(index)).merged()
            self.shapes.append((float(row["relative_dose"]), region))
        self.box = cell.dbbox()

    def energy(self, points):
        return NEAR * self.forward(points) + FAR * self.backscattered(points)

    def forward(self, points):
        step = 0.0005
        reach = np.ceil(4 * ALPHA / np.sqrt(2) / step) * step
        # As many pixels on either side: a straight edge through the point lies between two.
        offsets = np.arange(round(2 * reach / step)) * step + step / 2 - reach
        dx, dy = np.meshgrid(offsets, offsets, indexing="ij")
        weights = np.exp(-(dx**2 + dy**2) / ALPHA**2) * step**2 / (np.pi * ALPHA**2)
        energies = []
        for x, y in points:
            window = db.DBox(x - reach, y - reach, x + reach, y + reach).to_itype(self.dbu)
            doses = np.zeros(dx.shape)
            for dose, region in self.shapes:
                for polygon in (region & window).each_merged():
                    doses += dose * self._covered(polygon, x + dx, y + dy)
            energies.append((weights * doses).sum())
        return np.array(energies)

    def _covered(self, polygon, x, y):
        inside = np.zeros(x.shape, bool)
        rings = [list(polygon.each_point_hull())]
        rings += [list(polygon.each_point_hole(k)) for k in range(polygon.holes())]
        for ring in rings:
            for p, q in zip(ring, [*ring[1:], ring[0]], strict=True):
                if p.y == q.y:
                    continue
                y0, y1 = p.y * self.dbu, q.y * self.dbu
                cut = (p.x + (y / self.dbu - p.y) * (q.x - p.x) / (q.y - p.y)) * self.dbu
                inside ^= ((y0 > y) != (y1 > y)) & (x < cut)
        return inside

    def backscattered(self, points, step=1.0):
        margin = 3 * BETA
        left, bottom = self.box.left - margin, self.box.bottom - margin
        shape = (
            int((self.box.width() + 2 * margin) / step) + 2,
            int((self.box.height() + 2 * margin) / step) + 2,
        )
        charge = np.zeros(shape)
        for i in range(int(margin / step) - 1, shape[0] - int(margin / step) + 1):
            column = db.DBox(left + i * step, bottom, left + (i + 1) * step, self.box.top + margin)
            strips = [(d, r & db.Region(column.to_itype(self.dbu))) for d, r in self.shapes]
            strips = [(d, r) for d, r in strips if not r.is_empty()]
            for j in range(int(margin / step) - 1, shape[1] - int(margin / step) + 1):
                pixel = db.DBox(
                    column.left, bottom + j * step, column.right, bottom + (j + 1) * step
                )
                box = pixel.to_itype(self.dbu)
                charge[i, j] = sum(d * (r & box).area() for d, r in strips)
        density = charge * self.dbu**2 / step**2
        spread = gaussian_filter(density, BETA / np.sqrt(2) / step, mode="constant", truncate=5)
        places = (np.array(points) - (left, bottom)) / step - 0.5
        return map_coordinates(spread, places.T, order=1)


@pytest.fixture(scope="module")
def beam(tmp_path_factory):
    device = components.nanobeam()
    correction = ebeam.correct(device, (1, 0), PROCESS)
    files = correction.write(tmp_path_factory.mktemp("beam") / "beam")
    return device, correction, Written(*files)


def points_on_holes(device, count, seed):
    """Points on the true ellipses of the nanobeam, which its polygons only approach."""
    settings = device.settings
    width = settings["width"]
    random = np.random.default_rng(seed)
    hull = max(db.Region(device.kdb_cell.begin_shapes_rec(device.kcl.layer(1, 0))).each_merged(),
               key=lambda p: p.area())  # fmt: skip
    points = []
    for number in random.choice(hull.holes(), count):
        box = hull.hole(int(number)).bbox() if hasattr(hull, "hole") else None
        ring = np.array([(p.x, p.y) for p in hull.each_point_hole(int(number))]) / 1000
        assert box is None or box.area() > 0
        centre = (ring.max(0) + ring.min(0)) / 2
        area = 0.5 * abs(np.cross(ring, np.roll(ring, -1, 0)).sum())
        b = settings["hole_width"] * width / 2
        a = area / (np.pi * b)  # a polygon of the ellipse's area
        angle = random.uniform(0, 2 * np.pi)
        points.append(centre + np.array([a * np.cos(angle), b * np.sin(angle)]))
    return np.array(points)


def test_nanobeam_is_exposed_within_two_percent(beam):
    _, correction, written = beam
    assert correction.error_before > 0.05
    assert correction.error_after < 0.02
    random = np.random.default_rng(5)
    judged = random.choice(len(correction.points), 60, replace=False)
    energy = written.energy(correction.points[judged])
    # 2 % is what is promised; .3 % is the oracle's own raster.
    assert np.abs(energy / 0.5 - 1).max() < 0.02 + 0.003
    assert energy == pytest.approx(correction.energy_after[judged], abs=0.0015)


def test_nanobeam_prints_where_it_is_drawn(beam):
    """On the true ellipses, where the polygon is up to 1 nm away, which is 5 % of the energy."""
    device, _, written = beam
    points = points_on_holes(device, 40, seed=2)
    energy = written.energy(points)
    slope = NEAR * 1.65 / (ALPHA * np.sqrt(np.pi))  # of an edge at the usual dose, per µm
    shift = np.abs(energy - 0.5) / slope
    assert shift.max() < 0.0012
    assert shift.mean() < 0.0004


def test_one_dose_would_not_do(beam):
    """The oracle sees the error that is corrected, too."""
    _, correction, written = beam
    worst = np.argsort(np.abs(correction.energy_before - 0.5))[-8:]
    uniform = Written.__new__(Written)
    uniform.dbu, uniform.box = written.dbu, written.box
    everything = db.Region()
    for _, region in written.shapes:
        everything += region
    uniform.shapes = [(correction.uniform_dose, everything.merged())]
    energy = uniform.energy(correction.points[worst])
    assert np.abs(energy / 0.5 - 1).min() > 0.05
    assert energy == pytest.approx(correction.energy_before[worst], abs=0.0015)


def checker(side, count):
    layout = db.Layout()
    layout.dbu = 0.001
    cell = layout.create_cell("checker")
    for i in range(count):
        for j in range(count):
            if (i + j) % 2 == 0:
                square = db.DBox(i * side, j * side, (i + 1) * side, (j + 1) * side)
                cell.shapes(layout.layer(1, 0)).insert(square)
    return layout, cell


def test_checker_is_exposed_within_two_percent(tmp_path):
    """Squares of 6 µm over 72 µm: backscattering from .2 at a corner to .5 in the middle."""
    layout, cell = checker(6.0, 12)
    correction = ebeam.correct(cell, (1, 0), PROCESS)
    assert correction.error_before > 0.1
    assert correction.error_after < 0.02
    written = Written(*correction.write(tmp_path / "checker.gds"))
    judged = np.random.default_rng(8).choice(len(correction.points), 60, replace=False)
    energy = written.energy(correction.points[judged])
    assert np.abs(energy / 0.5 - 1).max() < 0.02 + 0.003
    assert energy == pytest.approx(correction.energy_after[judged], abs=0.0025)
    assert layout.dbu == 0.001


def test_large_area_needs_the_base_dose_at_its_edge():
    """Half a plane: backscattering is ½ at its edge, whatever the spread."""
    layout = db.Layout()
    layout.dbu = 0.001
    cell = layout.create_cell("pad")
    cell.shapes(layout.layer(1, 0)).insert(db.DBox(0, 0, 240, 240))
    process = ebeam.Process(point_spread={"alpha": 0.05, "beta": 20.0, "eta": 0.8})
    correction = ebeam.correct(cell, (1, 0), process)
    assert correction.error_after < 0.02
    x, y = correction.polygons.centroids.T
    near = (np.abs(y) < 3) & (np.abs(x - 120) < 40)
    inside = (np.abs(y - 120) < 20) & (np.abs(x - 120) < 20)
    # Its ends are 6 β away. A dose may be off by the tolerance of the energy over the share that
    # is scattered forwards, 2 % / .56.
    assert correction.piece_doses[near] == pytest.approx(1, abs=0.03)
    assert correction.piece_doses[inside].mean() == pytest.approx(1, abs=0.03)
    assert correction.energy([(120.0, 120.0)])[0] == pytest.approx(1, abs=0.1)


def test_lone_line_needs_more_by_the_backscattered_share():
    """Nothing comes back to a lone line: its dose is 1/(share of forward scattering)."""
    layout = db.Layout()
    layout.dbu = 0.001
    cell = layout.create_cell("line")
    cell.shapes(layout.layer(1, 0)).insert(db.DBox(0, 0, 5, 0.1))
    correction = ebeam.correct(cell, (1, 0), PROCESS)
    assert correction.uniform_dose == pytest.approx(1 / NEAR, rel=2e-3)
