"""Scenes: polygons and a stack become solids, with the symmetry that can be proved."""

from math import cos, inf, pi, sin, tan

import numpy as np
import pytest
from klayout import db

from cqdphotonics import components
from cqdphotonics.errors import GeometryError, InputError
from cqdphotonics.fdtd.scene import Box, Disc, Ellipse, Prism, Slab, build_scene
from cqdphotonics.layout import shapes, stacks
from cqdphotonics.layout.component import new_cell, place_emitter
from cqdphotonics.layout.gdsio import write_component
from cqdphotonics.layout.layers import DEVICE, FLOORPLAN, LABEL, METAL

D = DEVICE.number


def plate(holes=(), size=(2.0, 1.0), emitter=(0.0, 0.0)):
    """A rectangle with elliptic holes, as (centre, semi-axes)."""
    a, b = size[0] / 2, size[1] / 2
    cell = new_cell()
    shapes.polygon(
        cell,
        D,
        [(-a, -b), (a, -b), (a, b), (-a, b)],
        holes=[shapes.ellipse_points(axes, centre) for centre, axes in holes],
    )
    place_emitter(cell, emitter)
    return cell


def test_a_bullseye_is_concentric_discs():
    radius, pitch, gap, rings = 0.43, 0.35, 0.15, 3
    cell = components.bullseye(radius=radius, pitch=pitch, gap=gap, rings=rings, frame=1.0)
    scene = build_scene(cell, "sin-air")
    edges = [radius + k * pitch for k in range(rings)] + [
        radius + k * pitch + gap for k in range(rings)
    ]
    radii = sorted([*edges, max(edges) + 1.0], reverse=True)
    assert [type(solid) for solid in scene.solids] == [Disc] * 7
    assert [solid.radius for solid in scene.solids] == pytest.approx(radii, abs=1e-9)
    assert [solid.material for solid in scene.solids] == ["Si3N4", "air"] * 3 + ["Si3N4"]
    assert {(solid.zmin, solid.zmax, solid.centre) for solid in scene.solids} == {(0, 0.32, (0, 0))}
    assert scene.films == (Slab(-inf, 0.0, "air"), Slab(0.32, inf, "air"))
    assert scene.emitter == (0.0, 0.0, 0.16)
    assert scene.deviation < 1.05e-3
    assert scene.symmetry.cylindrical
    assert scene.symmetry.mirror_x
    assert scene.symmetry.mirror_y
    assert scene.symmetry.mirror_z
    # The frame is a membrane: what has to be simulated ends with the last trench.
    assert scene.continues == "xy"
    assert scene.core == pytest.approx((-1.28, -1.28, 1.28, 1.28))
    assert scene.bounds == pytest.approx((-2.28, -2.28, 2.28, 2.28))
    assert scene.settings["component"] == "bullseye"
    assert scene.settings["parameters"]["rings"] == 3


@pytest.mark.parametrize("build", [components.bullseye, components.disc])
def test_the_file_gives_the_same_scene_as_the_component(tmp_path, build):
    cell = build()
    path = write_component(cell, tmp_path / "device.gds")
    assert build_scene(path, "sin-oxide") == build_scene(cell, "sin-oxide")


def test_material_at_points_of_a_bullseye_on_a_mirror():
    scene = build_scene(components.bullseye(), stacks.load("sin-on-dbr", pairs=2))
    assert scene.material_at(0.0, 0.0, 0.1) == "Si3N4"
    assert scene.material_at(0.5, 0.0, 0.1) == "air"
    assert scene.material_at(0.0, 0.6, 0.1) == "Si3N4"
    assert scene.material_at(0.5, 0.0, -0.1) == "SiO2"
    assert scene.material_at(0.5, 0.0, -0.21) == "TiO2"
    assert scene.material_at(0.0, 0.0, 0.5) == "air"
    assert [film.zmin for film in scene.films[1:]] == [film.zmax for film in scene.films[:-2]] + [
        0.32
    ]
    assert not scene.symmetry.mirror_z
    assert scene.symmetry.cylindrical


def test_holes_are_solids_of_the_cladding():
    holes = [((-0.4, 0.0), (0.1, 0.2)), ((0.4, 0.0), (0.1, 0.2))]
    scene = build_scene(plate(holes), "sin-in-oxide")
    slab, *rest = scene.solids
    assert isinstance(slab, Box)
    assert slab.size == (2.0, 1.0)
    assert all(isinstance(hole, Ellipse) and hole.material == "SiO2" for hole in rest)
    assert sorted(hole.centre for hole in rest) == [(-0.4, 0.0), (0.4, 0.0)]
    assert rest[0].semi_axes == pytest.approx((0.1, 0.2), abs=5e-4)
    symmetry = scene.symmetry
    assert (symmetry.cylindrical, symmetry.mirror_x, symmetry.mirror_y) == (False, True, True)
    assert "circle" in symmetry.reason


def test_a_hole_displaced_by_one_grid_step_breaks_its_mirror():
    holes = [((-0.4, 0.0), (0.1, 0.1)), ((0.401, 0.0), (0.1, 0.1))]
    symmetry = build_scene(plate(holes), "sin-air").symmetry
    assert not symmetry.mirror_x
    assert "(0.401, 0.000)" in symmetry.reason or "(-0.400, 0.000)" in symmetry.reason
    assert symmetry.mirror_y
    lifted = [((-0.4, 0.001), (0.1, 0.1)), ((0.4, 0.001), (0.1, 0.1))]
    symmetry = build_scene(plate(lifted), "sin-air").symmetry
    assert (symmetry.mirror_x, symmetry.mirror_y) == (True, False)


def test_a_displaced_dot_keeps_only_the_mirror_along_which_it_moved():
    cell = components.bullseye()
    symmetry = build_scene(cell, "sin-air", emitter_offset=(0.02, 0.0)).symmetry
    assert (symmetry.cylindrical, symmetry.mirror_x, symmetry.mirror_y) == (False, False, True)
    assert "20.0 nm off the emitter's axis" in symmetry.reason
    symmetry = build_scene(cell, "sin-air", emitter_offset=(0.02, 0.01)).symmetry
    assert (symmetry.mirror_x, symmetry.mirror_y, symmetry.mirror_z) == (False, False, True)


def test_mirror_z_needs_the_middle_straight_walls_and_equal_sides():
    cell = components.disc()

    def mirror_z(name, **numbers):
        return build_scene(cell, stacks.load(name, **numbers)).symmetry.mirror_z

    assert mirror_z("sin-air")
    assert mirror_z("sin-in-oxide")
    assert not mirror_z("sin-oxide")
    assert not mirror_z("sin-air", emitter_height=0.4)
    assert not mirror_z("sin-air", sidewall_angle=3)


def test_prisms_are_compared_by_their_outline():
    cell = new_cell()
    shapes.polygon(cell, D, [(-0.5, -0.3), (0.5, -0.3), (0.3, 0.4), (-0.3, 0.4)])
    place_emitter(cell)
    scene = build_scene(cell, "sin-air")
    assert isinstance(scene.solids[0], Prism)
    assert (scene.symmetry.mirror_x, scene.symmetry.mirror_y) == (True, False)
    assert scene.material_at(0.45, -0.25, 0.1) == "Si3N4"
    assert scene.material_at(0.45, 0.35, 0.1) == "air"


def test_sidewalls_lean_out_for_solids_and_in_for_holes():
    angle = 10.0
    scene = build_scene(components.bullseye(), stacks.load("sin-air", sidewall_angle=angle))
    assert [solid.sidewall_angle for solid in scene.solids[:3]] == [angle, -angle, angle]
    # The drawn radius .43 is met at mid-height; the disc is wider below, the trench wider above.
    shift = 0.16 * tan(angle * pi / 180)
    assert scene.material_at(0.43 + 0.9 * shift, 0, 0.0) == "Si3N4"
    assert scene.material_at(0.43 - 0.9 * shift, 0, 0.32) == "air"
    assert scene.material_at(0.58 + 0.9 * shift, 0, 0.32) == "air"
    assert scene.material_at(0.58 - 0.9 * shift, 0, 0.0) == "Si3N4"


def test_bias_widens_what_remains_and_narrows_holes():
    cell = plate([((0.5, 0.0), (0.1, 0.1))])
    solid, hole = build_scene(cell, stacks.load("sin-air", bias=0.01)).solids
    assert solid.size == pytest.approx((2.02, 1.02))
    assert hole.radius == pytest.approx(0.09)
    assert len(build_scene(cell, stacks.load("sin-air", bias=0.1)).solids) == 1
    with pytest.raises(GeometryError, match="bias"):
        build_scene(components.disc(radius=0.1), stacks.load("sin-air", bias=-0.1))


def test_a_prism_grows_by_the_bias_on_every_side():
    prism = Prism(((0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)), 0, 1, "Si3N4")
    for outline in (prism, Prism(prism.vertices[::-1], 0, 1, "Si3N4")):
        grown = {(round(x, 9), round(y, 9)) for x, y in outline.grown(0.1).vertices}
        assert grown == {(-0.1, -0.1), (2.1, -0.1), (2.1, 1.1), (1.1, 1.1), (1.1, 2.1), (-0.1, 2.1)}


def test_a_dot_outside_is_refused():
    with pytest.raises(GeometryError, match="outside the structure"):
        build_scene(components.disc(), "sin-air", emitter_offset=(0.4, 0.0))
    with pytest.raises(GeometryError, match="outside the structure"):
        build_scene(components.disc(), stacks.load("sin-air", emitter_height=4))


def bowtie(emitter=(0.0, 0.0)):
    cell = new_cell()
    shapes.polygon(cell, METAL.number, [(0.02, 0.0), (0.12, -0.06), (0.12, 0.06)])
    shapes.polygon(cell, METAL.number, [(-0.02, 0.0), (-0.12, 0.06), (-0.12, -0.06)])
    place_emitter(cell, emitter)
    return cell


def test_a_dot_in_a_gap_is_welcome_and_one_in_metal_is_not():
    scene = build_scene(bowtie(), "gold-on-glass")
    assert scene.material_at(*scene.emitter) == "air"
    assert (scene.symmetry.mirror_x, scene.symmetry.mirror_y) == (True, True)
    with pytest.raises(GeometryError, match="inside Au"):
        build_scene(bowtie((0.1, 0.0)), "gold-on-glass")


def test_layers_that_the_stack_does_not_have():
    cell = plate()
    shapes.disc(cell, METAL.number, 0.1)
    with pytest.raises(GeometryError, match=r"layer 41/0 \(METAL\).*1/0 \(DEVICE\) → device"):
        build_scene(cell, "sin-air")
    with pytest.raises(GeometryError, match="nothing on the layers"):
        build_scene(_only_notes(), "sin-air")


def _only_notes():
    cell = new_cell()
    shapes.rectangle(cell, FLOORPLAN.number, (1.0, 1.0))
    place_emitter(cell)
    return cell


def test_notes_and_labels_are_not_structure():
    cell = plate()
    shapes.rectangle(cell, LABEL.number, (0.3, 0.1), (5.0, 5.0))
    shapes.rectangle(cell, FLOORPLAN.number, (20.0, 20.0))
    assert build_scene(cell, "sin-air").bounds == (-1.0, -0.5, 1.0, 0.5)


def test_pieces_and_references_are_united_before_they_are_read():
    cell = new_cell()
    shapes.rectangle(cell, D, (1.0, 0.4), (-0.4, 0.0))
    shapes.rectangle(cell, D, (1.0, 0.4), (0.4, 0.0))
    reference = cell << components.disc(radius=0.25)
    reference.dmovey(1.0)
    place_emitter(cell)
    solids = build_scene(cell, "sin-air").solids
    assert [type(solid) for solid in solids] == [Box, Disc]
    assert solids[0].size == (1.8, 0.4)
    assert solids[1].centre == (0.0, 1.0)


@pytest.mark.parametrize("seed", range(6))
def test_a_scene_has_material_where_the_mask_has_polygons(seed, tmp_path):
    """Against KLayout's own answer, for shapes thrown together at random, and after GDS."""
    random = np.random.default_rng(seed)
    cell = new_cell()
    drawn, cut = db.Region(), db.Region()
    for number in range(14):
        x, y = random.uniform(-1, 1, 2)
        a, b = random.uniform(0.05, 0.6, 2)
        angle = random.uniform(0, pi)
        local = [
            shapes.ellipse_points((a, b)),
            shapes.ellipse_points((a, a)),
            [(-a, -b), (a, -b), (a, b), (-a, b)],
            [(-a, -b), (a, -b), (0.2 * a, b)],
        ][number % 4]
        c, s = cos(angle), sin(angle)
        outline = [
            db.Point(round(1000 * (x + u * c - v * s)), round(1000 * (y + u * s + v * c)))
            for u, v in local
        ]
        (cut if number % 3 == 2 else drawn).insert(db.Polygon(outline))
    mask = drawn - cut
    cell.kdb_cell.shapes(cell.kcl.layer(*D)).insert(mask)
    place_emitter(cell)
    scene = build_scene(cell, "sin-air")
    # Outlines may move by the tolerance of recognition; points nearer than 3 nm prove nothing.
    surely_in, maybe_in = mask.sized(-3), mask.sized(3)
    probes = random.uniform(-1.6, 1.6, (400, 2))
    seen = {"Si3N4": 0, "air": 0}
    for x, y in probes:
        spot = db.Region(db.Box(-1, -1, 1, 1).moved(round(1000 * x), round(1000 * y)))
        material = scene.material_at(float(x), float(y), 0.1)
        if not spot.inside(surely_in).is_empty():
            assert material == "Si3N4"
            seen[material] += 1
        elif spot.interacting(maybe_in).is_empty():
            assert material == "air"
            seen[material] += 1
    assert min(seen.values()) > 20
    assert sum(seen.values()) > 350
    path = write_component(cell, tmp_path / "random.gds")
    assert build_scene(path, "sin-air").solids == scene.solids


def test_wrong_arguments():
    with pytest.raises(InputError, match="not one of x, y, z"):
        build_scene(components.disc(), "sin-air", dipole="r")
    cell = new_cell()
    shapes.disc(cell, D, 0.2)
    with pytest.raises(GeometryError, match="place_emitter"):
        build_scene(cell, "sin-air")
