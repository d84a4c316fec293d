"""Metal antennas and nanohole templates: what is drawn, where the dot is, what is refused."""

from math import pi, sqrt

import gdsfactory as gf
import pytest
from klayout import db

from cqdphotonics import components
from cqdphotonics.components.template import largest_offset, template_on
from cqdphotonics.errors import GeometryError, RangeError, UnknownNameError
from cqdphotonics.fdtd.metals import distance_to_metal
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.solids import Box, Disc, Prism
from cqdphotonics.layout import drc, stacks
from cqdphotonics.layout.gdsio import read_component, write_component
from cqdphotonics.layout.layers import CONE, METAL, TEMPLATE
from cqdphotonics.layout.rounding import rounded_points


def region(cell, layer):
    index = cell.kcl.layer(*layer.number)
    return db.Region(cell.kdb_cell.begin_shapes_rec(index)).merged()


def area(cell, layer):
    return region(cell, layer).area() * 1e-6


@pytest.mark.parametrize(
    "name, kit",
    [
        ("planar", "sin-ebeam"),
        ("micropillar", "sin-ebeam"),
        ("l3", "sin-ebeam"),
        ("h1", "sin-ebeam"),
        ("hybrid_bullseye", "metal-glass"),
        ("nanocone_bullseye", "metal-glass"),
        ("bowtie", "metal-glass"),
        ("rod_dimer", "metal-glass"),
        ("nanopatch_disc", "metal-glass"),
        ("nanopatch_cube", "metal-glass"),
        ("nanohole_array", "metal-glass"),
        ("template", "sin-ebeam"),
    ],
)
def test_nominal_devices_keep_the_rules_of_their_kit(name, kit):
    assert drc.check(components.load(name)(), kit).clean


def test_rounded_corners():
    a, r = 1.0, 0.2
    square = rounded_points([(-a, -a), (a, -a), (a, a), (-a, a)], r)
    twice = sum(x * v - u * y for (x, y), (u, v) in zip(square, [*square[1:], square[0]]))  # noqa: B905
    # Each corner loses r²(1 - π/4); the polygon lies within .3 nm of its four quarter arcs.
    assert twice / 2 == pytest.approx(4 * a * a - (4 - pi) * r * r, abs=2 * pi * r * 3e-4)
    assert rounded_points([(0, 0), (1, 0), (0, 1)], 0) == [(0, 0), (1, 0), (0, 1)]
    with pytest.raises(GeometryError, match="need a side of"):
        rounded_points([(0, 0), (1, 0), (1, 0.3), (0, 0.3)], 0.2)
    with pytest.raises(GeometryError, match="convex"):
        rounded_points([(0, 0), (0, 1), (1, 0)], 0.1)


@pytest.mark.parametrize("corner", [0.0, 0.008, 0.015])
def test_bowtie_is_as_large_as_it_says(corner):
    length, width, gap = 0.09, 0.1, 0.03
    cell = components.bowtie(length=length, width=width, gap=gap, corner=corner)
    box = cell.dbbox()
    assert box.width() == pytest.approx(2 * length + gap, abs=1e-6)
    assert box.height() == pytest.approx(width, abs=1e-6)
    left, right = (piece.bbox() for piece in sorted(region(cell, METAL).each(), key=_leftmost))
    assert right.left - left.right == 30  # nm
    scene = build_scene(cell, "gold-on-glass")
    assert all(isinstance(solid, Prism) for solid in scene.solids)
    symmetry = scene.symmetry
    assert (symmetry.mirror_x, symmetry.mirror_y, symmetry.mirror_z) == (True, True, False)
    # Rounding keeps the extent, so that it only adds, where the flanks were.
    if corner == 0:
        assert area(cell, METAL) == pytest.approx(length * width, rel=1e-3)
    else:
        assert length * width < area(cell, METAL) < 1.5 * length * width


def _leftmost(piece):
    return piece.bbox().left


def test_rods_with_round_ends():
    cell = components.rod_dimer(length=0.08, width=0.04, gap=0.03, corner=0.02)
    # Two rods, each a rectangle between two half discs; vertices are rounded to 1 nm.
    expected = 2 * (0.04 * 0.04 + pi * 0.02**2)
    assert area(cell, METAL) == pytest.approx(expected, rel=0.01)
    assert cell.info["tip_distance"] == pytest.approx(0.015)
    moved = components.rod_dimer(dot_x=0.005, dot_y=0.002)
    assert build_scene(moved, "gold-on-glass").emitter[:2] == (0.005, 0.002)
    with pytest.raises(GeometryError, match="lies on the metal"):
        components.rod_dimer(dot_x=0.03)
    with pytest.raises(GeometryError, match="smaller radius"):
        components.rod_dimer(corner=0.05)


def test_the_distance_to_metal_has_no_rounding_error():
    """The last digit of a coordinate chose between two sets of grids."""
    for length in (0.04, 0.06, 0.08):
        cell = components.rod_dimer(length=length, width=0.08, gap=0.04, corner=0.0)
        scene = build_scene(cell, "gold-in-polymer", dipole="x")
        assert distance_to_metal(scene, {"Au"}) == 0.02


def test_spacer_and_polymer_around_antennas():
    stack = stacks.load("gold-in-polymer", spacer=0.02, polymer=0.06)
    scene = build_scene(components.bowtie(), stack)
    at = scene.material_at
    assert at(0, 0, 0.02) == at(0, 0, 0.09) == "PMMA"  # in the gap, and above the metal
    assert (at(0.06, 0, 0.02), at(0.06, 0, -0.01), at(0.06, 0, -0.03)) == ("Au", "Al2O3", "SiO2")
    assert at(0, 0, 0.11) == "air"


def test_nanopatch_disc_is_round_about_its_dot():
    scene = build_scene(components.nanopatch_disc(), "nanopatch-gold", "z")
    assert scene.symmetry.cylindrical
    (disc,) = scene.solids
    assert isinstance(disc, Disc)
    assert (disc.radius, disc.zmin) == (0.035, 0.0)
    assert scene.emitter == (0.0, 0.0, -0.005)
    assert [scene.material_at(0, 0, z) for z in (0.04, -0.005, -0.05)] == ["Au", "Al2O3", "Au"]
    aside = build_scene(components.nanopatch_disc(dot_x=0.03), "nanopatch-gold", "z")
    assert not aside.symmetry.cylindrical
    assert aside.symmetry.mirror_y
    with pytest.raises(GeometryError, match="not below"):
        components.nanopatch_disc(dot_x=0.04)


def test_nanopatch_cube():
    scene = build_scene(components.nanopatch_cube(), "nanopatch-silver-on-gold", "z")
    assert scene.bounds == (-0.038, -0.038, 0.038, 0.038)
    assert (scene.symmetry.mirror_x, scene.symmetry.mirror_y) == (False, True)
    sharp = build_scene(components.nanopatch_cube(corner=0), "nanopatch-gold", "z")
    assert isinstance(sharp.solids[0], Box)
    with pytest.raises(GeometryError, match="not below the cube"):
        components.nanopatch_cube(dot_y=0.05)


def test_cone_stands_on_the_plateau_and_the_dot_over_its_tip():
    height, angle, base = 0.12, 20.0, 0.06
    cell = components.nanocone_bullseye(cone_base=base, cone_height=height, cone_angle=angle)
    stack = stacks.load("cone-on-gold-rings", cone=height, cone_angle=angle, distance=0.012)
    scene = build_scene(cell, stack, "z")
    assert scene.symmetry.cylindrical
    cone = scene.solids[-1]
    assert (cone.zmin, cone.zmax) == (0.05, 0.17)
    assert scene.emitter[2] == pytest.approx(0.17 + 0.006)
    # The foot and the tip are where they were given, within the grid of the drawing.
    for z, radius in ((0.05, base), (0.17, cell.info["tip_radius"])):
        assert cone.contains(radius - 1e-3, 0, z)
        assert not cone.contains(radius + 1e-3, 0, z)
    assert area(cell, CONE) < area(cell, METAL)
    with pytest.raises(GeometryError, match="tip of the cone"):
        components.nanocone_bullseye(cone_angle=30)


def test_hybrid_bullseye_grooves_hold_polymer():
    radius, pitch, groove = 0.35, 0.466, 0.234
    scene = build_scene(components.hybrid_bullseye(), "polymer-on-gold-rings")
    assert scene.symmetry.cylindrical
    z = 0.025
    inside = [scene.material_at(r, 0, z) for r in (0.1, radius + 0.01, radius + groove + 0.01)]
    assert inside == ["Au", "PMMA", "Au"]
    assert scene.material_at(radius + pitch + 0.01, 0, z) == "PMMA"
    assert scene.material_at(3.0, 0, 0.2) == scene.material_at(*scene.emitter) == "PMMA"


def test_nanohole_array():
    cell = components.nanohole_array(period=0.4, radius=0.1, half_count=2)
    scene = build_scene(cell, "gold-on-glass")
    slab, holes = scene.solids[0], scene.solids[1:]
    assert isinstance(slab, Box)
    assert len(holes) == cell.info["holes"] == 25
    assert {h.centre[0] for h in holes} == {-0.8, -0.4, 0.0, 0.4, 0.8}
    assert (scene.symmetry.mirror_x, scene.symmetry.mirror_y) == (True, True)
    assert scene.material_at(*scene.emitter) == "air"
    with pytest.raises(GeometryError, match="metal between two holes"):
        components.nanohole_array(period=0.2, radius=0.09)


def test_template_alone():
    hole = components.template(width=0.06, columns=3, rows=2, pitch_x=1.0, pitch_y=0.5)
    assert area(hole, TEMPLATE) == pytest.approx(6 * pi * 0.03**2, rel=0.01)
    assert hole.dbbox().width() == pytest.approx(2.06, abs=2e-3)
    trench = components.template(shape="trench", width=0.06, length=0.3)
    assert area(trench, TEMPLATE) == pytest.approx(0.06 * 0.24 + pi * 0.03**2, rel=0.01)
    # A dot of 20 nm has 20 nm of room on each side of a 60 nm hole, and 20 nm of overlay.
    assert hole.info["largest_offset"] == pytest.approx(0.04)
    assert largest_offset("trench", 0.06, 0.3, 0.02, 0.01) == pytest.approx(0.15)
    with pytest.raises(GeometryError, match="does not fit"):
        components.template(width=0.03, dot=0.04)
    with pytest.raises(GeometryError, match="shorter than it is wide"):
        components.template(shape="trench", width=0.1, length=0.05)
    with pytest.raises(GeometryError, match="resist between"):
        components.template(columns=2, pitch_x=0.06)


def test_template_on_a_device_leaves_the_device_as_it_was():
    device = components.bullseye()
    made = template_on(device, width=0.05, dot=0.03, overlay=0.01)
    before, after = build_scene(device, "sin-air"), build_scene(made, "sin-air")
    assert (after.solids, after.emitter, after.settings) == (
        before.solids, before.emitter, before.settings,
    )  # fmt: skip
    assert area(made, TEMPLATE) == pytest.approx(pi * 0.025**2, rel=0.01)
    assert region(device, TEMPLATE).is_empty()
    assert made.info["largest_offset"] == pytest.approx(0.02)
    with pytest.raises(UnknownNameError, match="hole, trench"):
        template_on(device, shape="slit")
    with pytest.raises(RangeError):
        template_on(device, width=50)


def test_a_trench_lies_along_its_axis():
    settings = {"shape": "trench", "width": 0.06, "length": 0.3}
    along_x, along_y = (components.template(**settings, axis=axis) for axis in ("x", "y"))
    turned = region(along_x, TEMPLATE).transformed(db.Trans.R90)
    assert (region(along_y, TEMPLATE) ^ turned).is_empty()
    over = template_on(components.bullseye(), **settings, axis="y")
    assert (region(over, TEMPLATE) ^ turned).is_empty()
    # Pitches count along their own sides.
    components.template(**settings, axis="y", columns=2, pitch_x=0.1)
    with pytest.raises(GeometryError, match="pitch_y"):
        components.template(**settings, axis="y", rows=2, pitch_y=0.1)


def test_several_templates_on_one_device_fit_on_one_chip(tmp_path, capfd):
    device = components.disc()
    made = [
        template_on(device),
        template_on(device, width=0.05),
        template_on(device, overlay=0.03),
        template_on(device, shape="trench"),
        template_on(device, shape="trench", axis="y"),
    ]
    assert len({one.name for one in made}) == len(made)
    # For a hole, neither length nor axis is drawn.
    assert template_on(device, length=0.4, axis="y") is made[0]
    chip = gf.Component()
    for number, one in enumerate(made):
        chip.add_ref(one).move((3 * number, 0))
    path = write_component(chip, tmp_path / "chip.gds")
    assert capfd.readouterr() == ("", "")
    for one in made:
        again = read_component(path, one.name)
        assert (again.settings, again.info) == (device.settings, one.info)
    assert again.info["template"] == {
        "shape": "trench", "width": 0.06, "length": 0.2, "axis": "y", "dot": 0.02, "overlay": 0.02,
    }  # fmt: skip
    assert "length" not in made[0].info["template"]


@pytest.mark.parametrize(
    "name, settings, limit",
    [
        # Its disc, and half of the hole of the template.
        ("bullseye", {"radius": 0.4}, 0.4 + 0.03),
        # A rim .46 µm wide.
        ("ring", {"width": 0.46}, 0.23 + 0.03),
        # In its own hole, .16 µm along the beam.
        ("nanobeam_air", {"inner_period": 0.27, "hole_length": 0.6}, 0.081 + 0.03),
        # In the gap: within the box around both pieces.
        ("rod_dimer", {"width": 0.04}, 0.02 + 0.03),
    ],
)
def test_an_overlay_error_must_not_part_hole_and_device(name, settings, limit):
    device = components.load(name)(**settings)
    template_on(device, width=0.06, overlay=round(limit - 0.003, 3))
    with pytest.raises(GeometryError, match=r"up to .* µm the two still overlap"):
        template_on(device, width=0.06, overlay=round(limit + 0.003, 3))
    chip = gf.Component()
    chip.add_ref(device).rotate(90)
    with pytest.raises(GeometryError, match="overlay error of 1 µm"):
        template_on(chip, overlay=1.0)


def test_template_on_every_dot_of_a_chip():
    chip = gf.Component()
    chip.add_ref(components.bowtie(), columns=3, rows=2, column_pitch=5, row_pitch=4)
    turned = chip.add_ref(components.nanopatch_cube())
    turned.rotate(90)
    turned.move((20, 1))
    made = template_on(chip, width=0.05)
    centres = sorted(
        (piece.bbox().center().x, piece.bbox().center().y)
        for piece in region(made, TEMPLATE).each()
    )
    # The dot of the turned cube was 30 nm along x from its middle, and is now so along y.
    expected = [(x, y) for x in (0, 5000, 10000) for y in (0, 4000)] + [(20000, 1030)]
    assert centres == expected
    with pytest.raises(GeometryError, match="no port of type"):
        template_on(gf.Component())


def test_distance_of_the_dot_from_a_tip_is_in_info():
    cell = components.bowtie(gap=0.04, dot_y=0.03)
    assert cell.info["tip_distance"] == pytest.approx(sqrt(0.02**2 + 0.03**2), abs=6e-3)
