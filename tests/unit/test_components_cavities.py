"""Bragg cavities and photonic-crystal slabs: what is drawn, and what the solver is given."""

from itertools import pairwise
from math import hypot, sqrt

import pytest
from klayout import db

from cqdphotonics import components
from cqdphotonics.errors import GeometryError, RangeError
from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.solids import Box, Disc
from cqdphotonics.layout import drc, stacks
from cqdphotonics.layout.gdsio import read_component, write_component
from cqdphotonics.layout.layers import DEVICE, RELEASE

DEVICES = {
    "planar": ("polymer-in-dbr", "x"),
    "micropillar": ("pillar-dbr", "x"),
    "l3": ("sin-on-dbr", "y"),
    "h1": ("sin-oxide", "x"),
    "hybrid_bullseye": ("polymer-on-silver-rings", "x"),
    "nanocone_bullseye": ("cone-on-gold-rings", "z"),
    "bowtie": ("gold-on-glass", "x"),
    "rod_dimer": ("silver-in-polymer", "x"),
    "nanopatch_disc": ("nanopatch-gold", "z"),
    "nanopatch_cube": ("nanopatch-silver-on-gold", "z"),
    "nanohole_array": ("gold-on-glass", "x"),
}


@pytest.mark.parametrize("name", DEVICES)
def test_a_file_gives_the_same_scene_as_the_device(tmp_path, name):
    stack, dipole = DEVICES[name]
    cell = components.load(name)()
    assert cell.info["emitter_axis"] == dipole
    back = read_component(write_component(cell, tmp_path / f"{name}.gds"))
    assert back.name == cell.name
    assert build_scene(back, stack, dipole) == build_scene(cell, stack, dipole)


def test_a_planar_cavity_needs_no_more_than_the_dot_and_its_surroundings():
    small, large = (
        build_scene(components.planar(radius=radius), "polymer-in-dbr") for radius in (1.0, 8.0)
    )
    assert small.symmetry.cylindrical
    assert small.core == large.core == (0.0, 0.0, 0.0, 0.0)


def test_a_pillar_is_etched_through_all_its_films():
    stack = stacks.load("pillar-dbr", pairs=3, pairs_under=2, pairs_above=2)
    scene = build_scene(components.micropillar(radius=0.5), stack)
    # Below the dot 3 pairs, the spacer, above it 2 pairs and the last film.
    assert len(scene.solids) == 2 * 3 + 1 + 2 * 2 + 1
    assert all(isinstance(solid, Disc) and solid.radius == 0.5 for solid in scene.solids)
    assert scene.symmetry.cylindrical
    assert scene.bounds == (-0.5, -0.5, 0.5, 0.5)
    # The two pairs under its foot are films as wide as the chip.
    films = [film for film in scene.films if abs(film.zmin) < 10 and abs(film.zmax) < 10]
    assert len(films) == 4
    assert all(film.zmax <= 0 for film in films)
    assert scene.material_at(0.6, 0, 0.1) == "air"


def test_leaning_walls_of_a_pillar_have_no_steps():
    stack = stacks.load("pillar-dbr", pairs=2, pairs_above=1, sidewall_angle=5.0)
    solids = build_scene(components.micropillar(radius=0.5), stack).solids
    for lower, upper in pairwise(solids):
        x = 0.5
        for _ in range(60):  # outermost point of each at the common face
            x += 0.002 if upper.contains(x, 0, upper.zmin) else -0.002
        assert lower.contains(x - 0.004, 0, lower.zmax)
        assert not lower.contains(x + 0.004, 0, lower.zmax)
    assert solids[0].radius > 0.5 > solids[-1].radius


def test_l3_holes():
    period, radius = 0.3, 0.09
    cell = components.l3(
        period=period, radius=radius, columns=5, rows=4, shift=0.04, shift2=0.01, end_radius=0.07
    )
    scene = build_scene(cell, "sin-air", "y")
    slab, holes = scene.solids[0], scene.solids[1:]
    assert isinstance(slab, Box)
    assert all(isinstance(hole, Disc) for hole in holes)
    # 5 rows of 11 and 4 rows of 10 holes, three of them missing.
    assert len(holes) == 5 * 11 + 4 * 10 - 3
    middle = sorted((h.centre[0], h.radius) for h in holes if h.centre[1] == 0)
    ends = [(0.64, 0.07), (0.91, 0.09), (1.2, 0.09), (1.5, 0.09)]
    assert middle == [(-x, r) for x, r in reversed(ends)] + ends
    for hole in holes:
        row = hole.centre[1] / (period * sqrt(3) / 2)
        assert row == pytest.approx(round(row), abs=0.01)  # 1 nm of the grid
    symmetry = scene.symmetry
    assert (symmetry.mirror_x, symmetry.mirror_y, symmetry.mirror_z) == (True, True, True)
    assert scene.core[0] == pytest.approx(-1.5 - radius)


def test_h1_neighbours():
    cell = components.h1(period=0.3, radius=0.09, columns=5, rows=5, shift=0.02, near_radius=0.08)
    scene = build_scene(cell, "sin-air", "x")
    near = [s for s in scene.solids if isinstance(s, Disc) and s.radius == 0.08]
    assert len(near) == 6
    # Each coordinate is rounded to 1 nm.
    assert [hypot(*hole.centre) for hole in near] == pytest.approx([0.32] * 6, abs=1e-3)
    assert scene.symmetry.mirror_x
    assert scene.symmetry.mirror_y


@pytest.mark.parametrize("period", [0.251, 0.2537, 0.333])
def test_odd_periods_keep_the_mirror_planes(period):
    scene = build_scene(components.l3(period=period, columns=5, rows=4), "sin-air", "y")
    assert scene.symmetry.mirror_x
    assert scene.symmetry.mirror_y


def region(cell, layer):
    index = cell.kcl.layer(*layer.number)
    return db.Region(cell.kdb_cell.begin_shapes_rec(index)).merged()


@pytest.mark.parametrize("name, dipole", [("l3", "y"), ("h1", "x")])
def test_an_undercut_slab_hangs_on_its_frame_and_is_simulated_as_before(name, dipole):
    plain, held = components.load(name)(), components.load(name)(suspended=True)
    film, window = region(held, DEVICE), region(held, RELEASE)
    assert (film ^ region(plain, DEVICE)).is_empty()
    assert region(plain, RELEASE).is_empty()
    # Below all holes, and out to the middle of a frame of 1 µm.
    assert (film.holes().sized(400) - window).is_empty()
    assert window.bbox().enlarged(500) == film.bbox()
    assert drc.check(held, "sin-ebeam").clean
    jobs = [
        [job.hash for job in plan(build_scene(one, "sin-air", dipole), 0.63).jobs]
        for one in (plain, held)
    ]
    assert jobs[0] == jobs[1]
    with pytest.raises(GeometryError, match="on its support"):
        components.load(name)(suspended=True, frame=0.1)


@pytest.mark.parametrize("bridges", [2, 3, 4, 6, 12])
def test_bridges_hold_the_rings_of_a_bullseye(bridges):
    settings = {"radius": 0.431, "pitch": 0.353, "gap": 0.147, "rings": 3}
    ideal = components.bullseye(**settings)
    held = components.bullseye(**settings, bridges=bridges, bridge_width=0.08, suspended=True)
    film = region(held, DEVICE)
    assert (region(ideal, DEVICE).count(), film.count()) == (4, 1)
    assert (region(ideal, DEVICE) - film).is_empty()
    # Each of the three trenches is crossed by each bridge, 80 nm wide; 4 % for the arcs' bulge.
    added = (film - region(ideal, DEVICE)).area() * 1e-6
    assert added == pytest.approx(3 * bridges * 0.147 * 0.08, rel=0.04)
    assert film.holes().count() == 3 * bridges
    assert drc.check(held, "sin-ebeam").clean
    scene = build_scene(held, "sin-air")
    # With an odd number, of which one lies along +x, there is no mirror plane across x.
    assert (scene.symmetry.mirror_x, scene.symmetry.mirror_y) == (bridges % 2 == 0, True)
    assert not scene.symmetry.cylindrical


def test_the_window_below_a_bullseye_finds_rings_that_nothing_holds():
    held = components.bullseye(bridges=2, suspended=True)
    loose = components.bullseye().dup()
    loose.add_polygon(region(held, RELEASE), layer=RELEASE.number)
    found = drc.check(loose, "sin-ebeam").violations
    assert {violation.kind for violation in found} == {"floating"}
    assert not region(components.bullseye(bridges=2), DEVICE).count() > 1
    assert region(components.bullseye(bridges=2), RELEASE).is_empty()


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"suspended": True}, "nothing holds disc and rings"),
        ({"bridges": 1}, "Take 2 or more"),
        ({"bridges": 12, "bridge_width": 0.2}, "between two bridges"),
        ({"bridges": 2, "radius": 0.05, "bridge_width": 0.1}, "between two bridges .* 0 µm wide"),
    ],
)
def test_bridges_that_hold_nothing_or_close_the_trench_are_refused(wrong, message):
    with pytest.raises(GeometryError, match=message):
        components.bullseye(**wrong)


def test_refusals_of_slabs():
    with pytest.raises(GeometryError, match=r"fourth holes .* there are none"):
        components.l3(columns=3, shift3=0.01)
    with pytest.raises(GeometryError, match="bridge between the holes"):
        components.l3(period=0.2, radius=0.09)
    with pytest.raises(GeometryError, match=r"bridge|next row"):
        components.h1(shift=-0.2)
    with pytest.raises(RangeError, match="because"):
        components.l3(columns=2)
    with pytest.raises(RangeError, match="thinner pillars"):
        components.micropillar(radius=0.05)
