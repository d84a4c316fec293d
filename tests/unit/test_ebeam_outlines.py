"""Edge bias and the reduction of vertices: where the outlines go."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from klayout import db

from cqdphotonics.errors import GeometryError, InputError
from cqdphotonics.layout import ebeam
from cqdphotonics.layout.shapes import ellipse_points

GRID = 1e-3


def polygon(points):
    return db.Polygon([db.Point(round(x / GRID), round(y / GRID)) for x, y in points])


def cell_of(*shapes, layer=(1, 0)):
    layout = db.Layout()
    layout.dbu = GRID
    cell = layout.create_cell("device")
    for shape in shapes:
        cell.shapes(layout.layer(*layer)).insert(shape)
    cell.keep = layout  # a cell does not hold its layout
    return cell


@pytest.mark.parametrize("bias", [0.008, -0.008])
def test_a_biased_disc_is_a_disc(bias):
    """Every vertex and every edge moves by the bias, to a step of the grid."""
    region = db.Region(polygon(ellipse_points((0.4, 0.4))))
    (moved,) = ebeam.biased(region, bias).each()
    radii = np.array([np.hypot(p.x, p.y) for p in moved.each_point_hull()]) * GRID
    before = np.hypot(*np.array(ellipse_points((0.4, 0.4))).T)
    assert radii.max() == pytest.approx(before.max() + bias, abs=1.5 * GRID)
    assert radii.min() == pytest.approx(before.min() + bias, abs=1.5 * GRID)
    wanted = np.pi * (0.4 + bias) ** 2
    assert moved.area() * GRID**2 == pytest.approx(wanted, abs=2 * np.pi * 0.4 * 0.5 * GRID)


def test_bias_on_a_fine_grid_moves_edges_by_tenths_of_a_nanometre():
    cell = cell_of(db.Box(0, 0, 400, 100))
    process = ebeam.Process(edge_bias=0.0003, shot_grid=1e-4)
    assert ebeam.outline(cell, (1, 0), process).bbox() == db.Box(-3, -3, 4003, 1003)


def test_bias_closes_gaps_and_shrinks_holes():
    ring = db.Region(db.Box(0, 0, 300, 300)) - db.Region(db.Box(100, 100, 200, 200))
    (grown,) = ebeam.biased(ring, 0.010).each()
    assert grown.area() == 320**2 - 80**2
    two = db.Region(db.Box(0, 0, 100, 100)) + db.Region(db.Box(115, 0, 200, 100))
    assert ebeam.biased(two, 0.010).count() == 1


def distance_to_outline(points, ring):
    start, end = ring, np.roll(ring, -1, 0)
    along = end - start
    part = ((points[:, None] - start) * along).sum(-1) / (along**2).sum(-1)
    nearest = start + np.clip(part, 0, 1)[..., None] * along
    return np.hypot(*np.moveaxis(points[:, None] - nearest, -1, 0)).min(1)


def ring_of(region):
    (one,) = region.each()
    return np.array([(p.x, p.y) for p in one.each_point_hull()], float)


def dense(ring, count=30):
    parts = np.linspace(0, 1, count, endpoint=False)
    return np.concatenate([ring + t * (np.roll(ring, -1, 0) - ring) for t in parts])


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 2.0), st.floats(0.05, 2.0), st.floats(0.0005, 0.01))
def test_reduced_outline_stays_within_the_tolerance(a, b, tolerance):
    region = db.Region(polygon(ellipse_points((a, b))))
    slim = ebeam.reduced(region, tolerance)
    old, new = ring_of(region), ring_of(slim)
    assert len(new) <= len(old)
    limit = tolerance / GRID + 1e-9
    assert distance_to_outline(dense(old), new).max() <= limit
    assert distance_to_outline(dense(new), old).max() <= limit


def test_reduction_takes_vertices_away():
    region = db.Region(polygon(ellipse_points((1.0, 1.0))))
    assert len(ring_of(ebeam.reduced(region, 0.003))) < 0.6 * len(ring_of(region))


def test_reduction_keeps_corners_and_holes():
    shape = db.Region(db.Box(0, 0, 300, 300)) - db.Region(db.Box(100, 100, 200, 200))
    assert (ebeam.reduced(shape, 0.005) ^ shape).is_empty()


def test_pieces_cover_the_drawing():
    """Cuts through oblique edges end on the grid, half a step from where they should."""
    disc = polygon(ellipse_points((0.4, 0.25)))
    correction = ebeam.correct(cell_of(disc), (1, 0), ebeam.Process(vertex_tolerance=0))
    together = db.Region()
    for one in correction.doses:
        together += correction.region(one.layer[1])
    off = (together.merged() ^ db.Region(disc)).merged()
    assert off.sized(-1).is_empty()  # nothing is 2 nm wide
    assert off.area() < 0.01 * disc.area()


def test_nothing_on_the_layer_is_told():
    cell = cell_of(db.Box(0, 0, 10, 10))
    with pytest.raises(GeometryError, match=r"nothing on layer 41/0 \(METAL\)"):
        ebeam.correct(cell, (41, 0))
    with pytest.raises(GeometryError, match="leaves nothing"):
        ebeam.outline(cell, (1, 0), ebeam.Process(edge_bias=-0.02))
    with pytest.raises(InputError, match="not a pair"):
        ebeam.estimate(cell, "device")


def test_too_small_to_be_judged_is_told():
    with pytest.raises(GeometryError, match="too small to be corrected"):
        ebeam.correct(cell_of(db.Box(0, 0, 40, 40)), (1, 0))
