"""What the points of a 3D grid find where a metal ends on them."""

from dataclasses import replace

import numpy as np
import pytest

from cqdphotonics import components
from cqdphotonics.fdtd.faces import SHEET, face_layers
from cqdphotonics.fdtd.job import MediumSpec, PoleSpec
from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.solids import Box, Disc, Slab

PIXEL = 0.01
POLE = PoleSpec(kind="drude", frequency=7.0, gamma=0.1, sigma=1.0)
MEDIA = {
    "m": MediumSpec(label="m", epsilon=2.0, poles=(POLE,)),
    "glass": MediumSpec(label="g", epsilon=2.25),
    "air": MediumSpec(label="a", epsilon=1.0),
}
FILMS = [Slab(-np.inf, 0.0, "glass"), Slab(0.0, 0.04, "air"), Slab(0.04, np.inf, "air")]
CELL = Box((0.0, 0.0), (0.4, 0.4), 0.0, 0.0, 0.0, "air")
BLOCK = Box((0.0, 0.0), (0.1, 0.06), 0.0, 0.0, 0.04, "m")


def strength(solids, added, point):
    """Of the metal's pole at a point of the grid; the last solid around it counts."""
    x, y, z = point
    found = next((s for s in reversed(solids) if s.contains(x, y, z)), None)
    medium = added.get(found.material) or MEDIA[found.material] if found else MEDIA["air"]
    return sum(pole.sigma for pole in medium.poles)


def laid(pattern, films=FILMS):
    return face_layers(films, pattern, "air", MEDIA, PIXEL, 0.0, 1.0, CELL, True)


def test_a_point_on_a_face_finds_half_and_one_on_an_edge_all():
    layers, added = laid([BLOCK])
    solids = [BLOCK, *layers]
    cases = {
        (0.0, 0.0, 0.02): 1.0,  # within
        (0.0, 0.0, 0.0): 0.5, (0.0, 0.0, 0.04): 0.5,  # lower and upper face
        (0.05, 0.0, 0.02): 0.5, (-0.05, 0.0, 0.02): 0.5, (0.0, 0.03, 0.02): 0.5,  # walls
        (0.05, 0.0, 0.04): 1.0, (0.0, -0.03, 0.0): 1.0,  # edges
        (0.06, 0.0, 0.02): 0.0, (0.0, 0.0, 0.05): 0.0, (0.06, 0.0, 0.0): 0.0,  # outside
        (0.04, 0.02, 0.01): 1.0, (0.045, 0.0, 0.035): 1.0,  # half a pixel within
    }  # fmt: skip
    assert {point: strength(solids, added, point) for point in cases} == cases


def test_what_is_beside_a_face_is_left_to_the_solver():
    layers, added = laid([BLOCK])
    assert all(spec.poles for spec in added.values())  # of dielectrics it has averages of its own
    flat = [layer for layer in layers if layer.zmax - layer.zmin < PIXEL / 2]
    assert flat
    assert all(layer.zmax - layer.zmin == pytest.approx(SHEET * PIXEL) for layer in flat)
    assert laid([replace(BLOCK, material="glass")]) == ([], {})


def test_a_hole_in_metal_is_free_of_its_sheets():
    film = [Slab(0.0, 0.04, "m"), FILMS[0], FILMS[2]]
    hole = Disc((0.0, 0.0), 0.1, 0.0, 0.04, "air")
    layers, added = laid([hole], film)
    solids = [Box(CELL.centre, CELL.size, 0.0, 0.0, 0.04, "m"), hole, *layers]
    for height in (0.0, 0.02, 0.04):
        assert strength(solids, added, (0.05, 0.05, height)) == 0
        whole = 1.0 if height == 0.02 else 0.5
        assert strength(solids, added, (0.15, 0.0, height)) == whole
        assert strength(solids, added, (0.1, 0.0, height)) == (0.5 if height == 0.02 else 1.0)


def test_solids_that_touch_keep_the_metal_between_them_whole():
    other = replace(BLOCK, centre=(0.1, 0.0))
    layers, added = laid([BLOCK, other])
    assert strength([BLOCK, other, *layers], added, (0.05, 0.0, 0.02)) == 1
    above = replace(BLOCK, zmin=0.04, zmax=0.06)
    layers, added = laid([BLOCK, above])
    assert strength([BLOCK, above, *layers], added, (0.0, 0.0, 0.04)) == 1
    assert strength([BLOCK, above, *layers], added, (0.0, 0.0, 0.06)) == 0.5


def test_solids_that_overlap_have_their_common_outline_for_a_wall():
    caps = [Disc((x, 0.0), 0.03, 0.0, 0.04, "m") for x in (-0.05, 0.05)]
    rod = [BLOCK, *caps]
    layers, added = laid(rod)
    cases = {
        (0.05, 0.0, 0.02): 1.0, (0.05, 0.02, 0.04): 0.5, (-0.02, 0.0, 0.02): 1.0,  # ends within
        (0.08, 0.0, 0.02): 0.5, (0.0, 0.03, 0.02): 0.5, (0.08, 0.0, 0.04): 1.0,
    }  # fmt: skip
    assert {point: strength([*rod, *layers], added, point) for point in cases} == cases


def test_a_wall_between_the_points_has_no_half_metal():
    aside = replace(BLOCK, size=(0.09, 0.06))  # Ex is on its walls, and across them
    layers, _ = laid([aside])
    assert not [layer for layer in layers if "wall" in layer.material]
    assert [layer for layer in laid([BLOCK])[0] if "wall" in layer.material]


def test_metals_end_before_the_absorbing_layers_with_their_sheets():
    job = plan(build_scene(components.nanopatch_cube(), "nanopatch-gold", "z"), 0.63).jobs[-1]
    metal = {name for name, medium in job.media.items() if medium.poles}
    blocks = [s for s in job.solids if s.medium in metal and s.kind == "block"]
    assert {job.media[block.medium].poles[0].sigma for block in blocks} != {1.0}
    for block in blocks:
        assert block.size[0] <= 2 * job.half_width
        assert block.size[1] <= 2 * job.half_depth
