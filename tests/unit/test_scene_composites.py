"""Outlines that are several simple shapes run together."""

from math import pi

import numpy as np
import pytest
from klayout import db

from cqdphotonics import components
from cqdphotonics.fdtd.composites import take_apart
from cqdphotonics.fdtd.polygons import TOLERANCE, Outline, Oval, Rectangle, Round
from cqdphotonics.fdtd.scene import Box, Ellipse, build_scene
from cqdphotonics.layout import shapes
from cqdphotonics.layout.component import new_cell, place_emitter
from cqdphotonics.layout.layers import DEVICE


def shapes_of(points):
    return [found.shape for found in take_apart(np.array(points))]


@pytest.mark.parametrize("length, radius", [(3.0, 2.23), (0.4, 0.151), (0.05, 1.0), (40.0, 5.0)])
@pytest.mark.parametrize("upright", [False, True])
def test_a_stadium_is_a_box_and_two_discs(length, radius, upright):
    points = np.array(shapes.stadium_points(length, radius, (0.5, -0.3)))
    box, *discs = shapes_of(points[:, ::-1] if upright else points)

    def seen(pair):
        return pair[::-1] if upright else pair

    assert isinstance(box, Rectangle)
    assert seen(box.size) == pytest.approx((length, 2 * radius), abs=1e-9)
    assert seen(box.centre) == pytest.approx((0.5, -0.3), abs=1e-9)
    assert all(isinstance(disc, Round) and disc.radius == radius for disc in discs)
    ends = sorted(seen(disc.centre) for disc in discs)
    assert ends[0] == pytest.approx((0.5 - length / 2, -0.3), abs=1e-9)
    assert ends[1] == pytest.approx((0.5 + length / 2, -0.3), abs=1e-9)


def test_what_is_only_nearly_a_stadium_stays_a_prism():
    points = np.array(shapes.stadium_points(3.0, 1.0))
    dented = points.copy()
    dented[5, 0] += 3 * TOLERANCE
    assert [type(shape) for shape in shapes_of(dented)] == [Outline]
    egg = np.where(points[:, :1] > 0, points * [1.01, 1.0], points)
    assert [type(shape) for shape in shapes_of(np.round(egg, 3))] == [Outline]


def test_a_simple_shape_stays_one():
    assert shapes_of(shapes.ellipse_points((0.3, 0.3))) == [Round((0.0, 0.0), 0.3)]


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("half", [0.3, 0.55, 0.62])
def test_a_slot_and_the_holes_that_it_runs_through(half, upright):
    """Whether the slot ends in film (.3, .62) or within a hole (.55)."""
    centres = (-0.5, -0.2, 0.2, 0.5)
    slot = [(-half, -0.02), (half, -0.02), (half, 0.02), (-half, 0.02)]
    holes = [shapes.ellipse_points((0.07, 0.16), (x, 0.0)) for x in centres]
    pieces = [np.array(piece) for piece in shapes.united([*holes, slot])]
    found = [s for p in pieces for s in shapes_of(p[:, ::-1] if upright else p)]
    ovals = sorted(
        (shape.centre[::-1] if upright else shape.centre)
        for shape in found
        if isinstance(shape, Oval)
    )
    assert np.array(ovals) == pytest.approx(np.array([(x, 0.0) for x in centres]), abs=5e-4)
    (cut,) = [shape for shape in found if isinstance(shape, Rectangle)]
    size = cut.size[::-1] if upright else cut.size
    assert size[1] == pytest.approx(0.04)
    if half != 0.55:
        assert size[0] == pytest.approx(2 * half)
    assert not any(isinstance(shape, Outline) for shape in found)


def test_a_row_of_holes_with_a_bend_in_it_stays_a_prism():
    slot = [(-0.4, -0.02), (0.4, -0.02), (0.4, 0.02), (-0.4, 0.02)]
    holes = [shapes.ellipse_points((0.07, 0.16), (x, y)) for x, y in ((-0.2, 0.0), (0.2, 0.01))]
    (piece,) = shapes.united([*holes, slot])
    assert [type(shape) for shape in shapes_of(piece)] == [Outline]


@pytest.mark.parametrize("hole", ["ellipse", "rectangle"])
def test_a_slotted_nanobeam_is_boxes_and_holes_with_the_dot_in_air(hole):
    scene = build_scene(components.nanobeam(slot_width=0.04, hole=hole), "sin-air", "y")
    kinds = [type(solid) for solid in scene.solids]
    assert kinds.count(Box if hole == "rectangle" else Ellipse) == (
        38 if hole == "rectangle" else 36
    )
    assert len(kinds) == 38
    assert scene.material_at(*scene.emitter) == "air"
    assert (scene.symmetry.mirror_x, scene.symmetry.mirror_y) == (True, True)


def test_a_stadium_has_material_where_the_mask_has():
    cell = new_cell()
    outer, inner = (shapes.stadium_points(2.0, r) for r in (1.0, 0.6))
    shapes.polygon(cell, DEVICE.number, outer, [inner])
    place_emitter(cell, (0.0, 0.8))
    scene = build_scene(cell, "sin-air")
    mask = db.Region(cell.kdb_cell.begin_shapes_rec(cell.kcl.layer(*DEVICE.number)))
    surely, maybe = mask.sized(-3), mask.sized(3)
    random = np.random.default_rng(1)
    for x, y in random.uniform((-2.1, -1.1), (2.1, 1.1), (300, 2)):
        spot = db.Region(db.Box(-1, -1, 1, 1).moved(round(1000 * x), round(1000 * y)))
        if not spot.inside(surely).is_empty():
            assert scene.material_at(x, y, 0.1) == "Si3N4"
        elif spot.interacting(maybe).is_empty():
            assert scene.material_at(x, y, 0.1) == "air"
    assert mask.area() * 1e-6 == pytest.approx(pi * (1 - 0.36) + 2 * 2 * 0.4, rel=1e-3)
