"""Recognition of shapes in polygons on the 1 nm grid."""

from math import cos, pi, sin

import numpy as np
import pytest
from klayout import db

from cqdphotonics.fdtd.polygons import (
    TOLERANCE,
    Outline,
    Oval,
    Rectangle,
    Round,
    patches,
    recognise,
    roundness,
)
from cqdphotonics.layout.shapes import ellipse_points

NM = 1e-3


def on_grid(points):
    return np.round(np.array(points), 3)


def regular(count, radius, centre=(0.0, 0.0)):
    """A polygon inscribed in a circle, as a layout tool draws it."""
    t = 2 * pi * np.arange(count) / count
    return on_grid(np.stack([centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)], 1))


def turned(points, angle, centre=(0.0, 0.0)):
    c, s = cos(angle), sin(angle)
    return on_grid([(centre[0] + x * c - y * s, centre[1] + x * s + y * c) for x, y in points])


def region(*outlines):
    return db.Region(
        [db.Polygon([db.Point(round(x / NM), round(y / NM)) for x, y in o]) for o in outlines]
    )


# From 20 nm up the polygon's area gives the radius back exactly; the odd values are those that
# rounding hits hardest for some number of vertices.
@pytest.mark.parametrize("radius", [0.02, 0.043, 0.388, 0.43, 0.521, 1.13, 2.977, 3.48, 7.9])
def test_a_disc_we_draw_is_read_back_with_its_radius(radius):
    found = recognise(np.array(ellipse_points((radius, radius), (0.25, -1.0))))
    assert found.shape == Round((0.25, -1.0), radius)
    # A vertex is off by at most 0.71 nm through rounding, a side by 0.3 nm through the sagitta.
    assert found.deviation < 1.05 * NM


def test_a_64_gon_is_a_disc_of_the_same_area():
    points = regular(64, 0.43)
    found = recognise(points)
    assert isinstance(found.shape, Round)
    area = 0.43**2 * 32 * sin(2 * pi / 64)
    # Rounding 64 vertices moves the radius of the same area by about 0.3 nm/√64.
    assert found.shape.radius == pytest.approx((area / pi) ** 0.5, abs=0.15 * NM)


def test_a_coarse_polygon_is_not_called_a_disc():
    # 64 vertices at 3 µm leave the circle of the same area by 2.4 nm at the sides.
    points = regular(64, 3.0)
    assert isinstance(recognise(points).shape, Outline)
    assert roundness(points) > TOLERANCE
    assert isinstance(recognise(points, tolerance=4 * NM).shape, Round)


def test_a_disc_with_a_dent_is_not_called_a_disc():
    points = regular(96, 0.3)
    points[7] *= 0.99  # 3 nm inwards
    assert isinstance(recognise(points).shape, Outline)


@pytest.mark.parametrize("angle", [0.0, 0.3, -1.2, pi / 2])
def test_ellipses_with_their_angle(angle):
    t = 2 * pi * (np.arange(160) + 0.5) / 160
    points = turned(np.stack([0.2 * np.cos(t), 0.1 * np.sin(t)], 1), angle, (1.0, -2.0))
    shape = recognise(points).shape
    assert isinstance(shape, Oval)
    assert shape.centre == pytest.approx((1.0, -2.0), abs=0.1 * NM)
    if angle == pi / 2:  # written with its axes exchanged instead
        assert (shape.semi_axes, shape.angle) == (pytest.approx((0.1, 0.2), abs=0.5 * NM), 0.0)
    else:
        assert shape.semi_axes == pytest.approx((0.2, 0.1), abs=0.5 * NM)
        # 1 nm at the end of the long axis is 5 mrad.
        assert shape.angle == pytest.approx(angle, abs=5e-3)


@pytest.mark.parametrize("angle", [0.0, 0.4, pi / 4, -0.7, 1.2])
def test_boxes_with_their_angle(angle):
    corners = [(-0.5, -0.2), (0.5, -0.2), (0.5, 0.2), (-0.5, 0.2)]
    shape = recognise(turned(corners, angle, (3.0, 1.0))).shape
    assert isinstance(shape, Rectangle)
    assert shape.centre == pytest.approx((3.0, 1.0), abs=0.6 * NM)
    assert sorted(shape.size) == pytest.approx([0.4, 1.0], abs=1.0 * NM)
    # The direction is that of the long side, up to quarter turns.
    along = shape.angle if shape.size[0] > shape.size[1] else shape.angle + pi / 2
    assert sin(along - angle) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(
    "points",
    [
        [(0, 0), (1, 0), (1.1, 0.5), (0, 0.5)],  # trapezium
        [(0, 0), (1, 0), (1.2, 0.5), (0.2, 0.5)],  # parallelogram
        [(0, 0), (1, 0), (1, 0.5), (0.4, 0.5), (0.4, 0.8), (0, 0.8)],  # L
        [(0, 0), (0.4, 0), (0.2, 0.3)],  # triangle
    ],
)
def test_what_is_nothing_simpler_keeps_its_vertices(points):
    found = recognise(on_grid(points))
    assert isinstance(found.shape, Outline)
    assert found.shape.vertices == tuple((float(x), float(y)) for x, y in points)
    assert found.deviation == 0


def test_a_keyhole_ring_becomes_hull_and_hole():
    outer, inner = (np.array(ellipse_points((r, r))) for r in (1.0, 0.5))
    # As GDS writes a hole: out along a cut line, round the other way, and back along it.
    keyhole = np.concatenate([outer, outer[:1], inner[:1], inner[::-1]])
    (patch,) = patches(region(keyhole), NM)
    (hole,) = patch.holes
    assert recognise(patch.hull).shape == Round((0.0, 0.0), 1.0)
    assert recognise(hole).shape == Round((0.0, 0.0), 0.5)


def test_a_ring_cut_in_two_is_one_ring():
    ring = region(regular(160, 1.0)) - region(regular(112, 0.5))
    left, right = (
        ring & db.Region(db.Box(*box)) for box in ((-1500, -1500, 0, 1500), (0, -1500, 1500, 1500))
    )
    assert (left + right).count() == 2
    (patch,) = patches(left + right, NM)
    assert len(patch.holes) == 1


def test_overlapping_boxes_are_united():
    a = [(0, 0), (1, 0), (1, 0.4), (0, 0.4)]
    b = [(0.5, 0), (2, 0), (2, 0.4), (0.5, 0.4)]
    (patch,) = patches(region(a, b), NM)
    assert recognise(patch.hull).shape == Rectangle((1.0, 0.2), (2.0, 0.4), 0.0)


def test_pieces_that_touch_in_a_corner_stay_two():
    a = [(0, 0), (1, 0), (1, 1), (0, 1)]
    b = [(1, 1), (2, 1), (2, 2), (1, 2)]
    assert len(patches(region(a, b), NM)) == 2


def test_islands_come_after_what_surrounds_them():
    outer = region(regular(160, 1.0)) - region(regular(112, 0.8))
    middle = region(regular(96, 0.6)) - region(regular(96, 0.4))
    island = region(regular(64, 0.2))
    sizes = [np.ptp(p.hull[:, 0]) for p in patches(island + outer + middle, NM)]
    assert sizes == pytest.approx([2.0, 1.2, 0.4], abs=2 * NM)
