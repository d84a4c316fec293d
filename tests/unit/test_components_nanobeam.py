"""The nanobeam: holes where the docstring says, and the mirrors that make it cheap."""

import time

import numpy as np
import pytest
from klayout import db

from cqdphotonics import components
from cqdphotonics.components.beam import periods, scales
from cqdphotonics.errors import GeometryError
from cqdphotonics.fdtd.bands import BeamCell, beam_edges
from cqdphotonics.fdtd.scene import Box, Ellipse, Prism, build_scene
from cqdphotonics.fdtd.store import Store
from cqdphotonics.layout import stacks
from cqdphotonics.layout.layers import DEVICE, RELEASE


def test_the_period_is_quadratic_and_then_constant():
    cells = periods(0.19, 0.22, 3, 2)
    assert cells == pytest.approx([0.19, 0.19 + 0.03 / 9, 0.19 + 0.03 * 4 / 9, 0.22, 0.22])


def test_a_beam_is_a_box_with_ellipses_and_three_mirrors():
    cell = components.nanobeam(taper=8, mirror=10)
    start = time.perf_counter()
    scene = build_scene(cell, stacks.load("sin-air", thickness=0.28), dipole="y")
    # A solver takes a box and ellipses at once; reading them must not be the slow part.
    assert time.perf_counter() - start < 2.0
    beam, *holes = scene.solids
    assert isinstance(beam, Box)
    assert beam.size[1] == 0.46
    assert len(holes) == 36
    assert all(isinstance(hole, Ellipse) for hole in holes)
    right = sorted((hole for hole in holes if hole.centre[0] > 0), key=lambda hole: hole.centre[0])
    cells = periods(0.19, 0.22, 8, 10)
    reach = [sum(cells[:k]) + cells[k] / 2 for k in range(18)]
    assert [hole.centre[0] for hole in right] == pytest.approx(reach, abs=0.51e-3)  # the grid
    assert right[0].semi_axes == pytest.approx((0.057, 0.166), abs=0.7e-3)
    symmetry = scene.symmetry
    assert (symmetry.mirror_x, symmetry.mirror_y, symmetry.mirror_z) == (True, True, True)
    assert not symmetry.cylindrical
    # The beam goes on along x; what has to be simulated ends with the last hole.
    assert scene.continues == "x"
    assert scene.core[2] == pytest.approx(reach[-1] + 0.066, abs=1.1e-3)
    assert scene.core[3] == 0.23
    assert scene.bounds[2] == pytest.approx(sum(cells) + 1.5, abs=0.51e-3)
    assert cell.info["emitter_axis"] == "y"


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"hole_length": 0.9}, "bridge between two holes"),
        ({"hole_width": 0.9, "width": 0.4}, "rim beside a hole"),
        # As wide as the beam, a slot would cut it in two.
        ({"width": 0.3, "slot_width": 0.3, "hole_width": 0.5}, "rail beside the slot .* 0 µm wide"),
        ({"width": 0.35, "slot_width": 0.3, "hole_width": 0.5}, "rail beside the slot"),
        ({"slot_width": 0.2, "slot_length": 40}, "at most 10.512 µm"),
        ({"slot_width": 0.2, "slot_length": 8, "exit": "waveguide"}, "does not fit into the beam"),
        ({"slot_width": 0.001}, "the slot would be 0.001 µm wide"),
        # It would end 8 nm before a hole.
        ({"slot_width": 0.04, "slot_length": 0.44}, "next hole"),
    ],
)
def test_film_too_thin_to_be_made(wrong, message):
    with pytest.raises(GeometryError, match=message):
        components.nanobeam(**wrong)


@pytest.mark.parametrize("exit", ["mirror", "waveguide"])
@pytest.mark.parametrize("slot", [(0.6, 0.2), (4.0, 0.3), (0.08, 0.02)])
def test_a_slot_leaves_the_beam_in_one_piece(exit, slot):
    cell = components.nanobeam(exit=exit, slot_length=slot[0], slot_width=slot[1])
    film = db.Region(cell.kdb_cell.begin_shapes_rec(cell.kcl.layer(*DEVICE.number)))
    assert film.merged().count() == 1
    assert film.strange_polygon_check().is_empty()


def test_the_strength_law_makes_mirror_strength_linear_up_to_mid_gap():
    """With the mode at the lower edge of a gap of relative width D, γ² = x (D - x), see `periods`.

    The law is exact in this model where the mirrors have the mode in mid-gap: 1e-9. The quadratic
    one bends by up to 1 - √½ √(2 - 1) at the end of the taper: more than 10 %.
    """
    inner, outer, taper = 0.19, 0.22, 8
    gap = 2 * (outer - inner) / inner

    def strengths(law):
        changes = np.array(periods(inner, outer, taper, 1, law)) / inner - 1
        return np.sqrt(changes * (gap - changes))

    steps = np.arange(taper + 1) / taper
    assert strengths("strength") == pytest.approx(gap / 2 * steps, abs=1e-9)
    quadratic = strengths("quadratic") - gap / 2 * steps
    assert np.abs(quadratic).max() > 0.1 * gap / 2
    assert quadratic[0] == quadratic[-1] == pytest.approx(0, abs=1e-9)


def test_the_filling_is_tapered_by_its_area():
    sizes = scales(1.2, 4, 2)
    assert sizes[0] == 1.2
    assert sizes[4:] == [1.0, 1.0]
    filling = np.array(sizes) ** 2
    assert filling[:5] == pytest.approx(1 + 0.44 * (1 - (np.arange(5) / 4) ** 2))
    scene = build_scene(components.nanobeam(inner_scale=1.2, inner_period=0.22), "sin-air", "y")
    across = {round(abs(hole.centre[0]), 3): hole.semi_axes[1] for hole in scene.solids[1:]}
    assert across[min(across)] == pytest.approx(1.2 * 0.1656, abs=1e-3)
    assert across[max(across)] == pytest.approx(0.1656, abs=1e-3)


def test_a_waveguide_end_lets_the_strip_out_and_breaks_one_mirror():
    cell = components.nanobeam(exit="waveguide", exit_mirror=2, strip_width=0.6, strip_length=0.8)
    scene = build_scene(cell, "sin-air", "y")
    right = [s for s in scene.solids if isinstance(s, Ellipse) and s.centre[0] > 0]
    left = [s for s in scene.solids if isinstance(s, Ellipse) and s.centre[0] < 0]
    assert (len(left), len(right)) == (18, 10)
    (port,) = scene.ports
    reach = sum(periods(0.19, 0.22, 8, 2))
    assert port.centre == pytest.approx((reach + 1.5 + 0.8, 0.0), abs=1.1e-3)
    assert (port.name, port.width, port.direction) == ("o1", 0.6, (1.0, 0.0))
    assert (scene.symmetry.mirror_x, scene.symmetry.mirror_y) == (False, True)
    # It is simulated up to the port; the strip goes on there, the beam on the other side.
    assert scene.core[2] == port.centre[0]
    assert scene.material_at(port.centre[0] + 30, 0.299, 0.1) == "Si3N4"
    assert scene.material_at(port.centre[0] + 30, 0.301, 0.1) == "air"
    assert scene.material_at(-30, 0.229, 0.1) == "Si3N4"
    assert scene.material_at(-30, 0.231, 0.1) == "air"


def test_a_waveguide_as_wide_as_the_beam_leaves_it_a_box():
    scene = build_scene(components.nanobeam(exit="waveguide"), "sin-air", "y")
    assert isinstance(scene.solids[0], Box)
    assert not any(isinstance(solid, Prism) for solid in scene.solids)


@pytest.mark.parametrize("exit", ["mirror", "waveguide"])
def test_what_holds_a_beam_is_outside_of_the_window(exit):
    cell = components.nanobeam(suspended=True, exit=exit, window=1.2)
    free = components.nanobeam(exit=exit)

    def region(of, layer):
        return db.Region(of.kdb_cell.begin_shapes_rec(of.kcl.layer(*layer.number))).merged()

    film, window = region(cell, DEVICE), region(cell, RELEASE)
    assert film.count() == 1  # one piece, so that nothing falls
    assert window.count() == 1
    assert (film - window).count() == (2 if exit == "mirror" else 4)  # pads, and the waveguide
    # All of the row of holes is undercut, with the window's width beside it.
    assert (region(free, DEVICE).holes() - window.sized(-1200)).is_empty()
    # Simulated, it is the same cavity: as wide as the beam, with the same mirrors.
    held, alone = (build_scene(one, "sin-air", "y") for one in (cell, free))
    assert held.core[:2] == pytest.approx(alone.core[:2])
    assert held.core[3] == pytest.approx(alone.core[3])
    assert held.symmetry.mirror_y
    assert held.symmetry.mirror_x == (exit == "mirror")


def test_holes_may_be_rectangles():
    scene = build_scene(components.nanobeam(hole="rectangle"), "sin-air", "y")
    assert all(isinstance(solid, Box) for solid in scene.solids)
    assert len(scene.solids) == 37
    assert (scene.symmetry.mirror_x, scene.symmetry.mirror_y) == (True, True)


def test_the_dot_of_an_air_mode_is_in_the_middle_of_a_hole():
    scene = build_scene(components.nanobeam_air(), "sin-air", "y")
    assert scene.material_at(*scene.emitter) == "air"
    holes = scene.solids[1:]
    assert len(holes) == 2 * (10 + 8) - 1
    assert (scene.symmetry.mirror_x, scene.symmetry.mirror_y) == (True, True)


def cell_of(scene, hole, period):
    """The unit cell around a hole of a scene."""
    beam = scene.solids[0]
    size = tuple(2 * axis for axis in hole.semi_axes)
    return BeamCell(period, beam.size[1], beam.zmax - beam.zmin, size)


@pytest.mark.meep
@pytest.mark.parametrize("name, edge", [("nanobeam", "dielectric"), ("nanobeam_air", "air")])
def test_the_mirrors_gap_holds_the_mode_of_the_middle(name, edge, store_root):
    """Bands of the cells as drawn: the edge of the middle cell lies inside the mirrors' gap.

    In its inner half, so that the mirror strength is at least √3/2 of the largest. In the plane,
    with the film's effective index, which moves both by the same few per cent: in 3D the nanobeam's
    edge is at .606 µm in a gap from .529 to .678.
    """
    scene = build_scene(components.load(name)(), stacks.load("sin-air", thickness=0.28), "y")
    row = sorted(scene.solids[1:], key=lambda hole: abs(hole.centre[0]))
    last = sorted(hole.centre[0] for hole in row)[-2:]
    settings = components.resolve(name, {})
    assert last[1] - last[0] == pytest.approx(settings["outer_period"], abs=1.1e-3)
    store = Store(store_root)
    middle = beam_edges(
        cell_of(scene, row[0], settings["inner_period"]), 0.62, store, two_dimensional=True
    )
    mirror = beam_edges(
        cell_of(scene, row[-1], settings["outer_period"]), 0.62, store, two_dimensional=True
    )
    frequency = getattr(middle, edge)
    print(name, edge, 1 / frequency, 1 / mirror.dielectric, 1 / mirror.air)
    assert abs(frequency - mirror.middle) < mirror.gap * mirror.middle / 4
    assert 0.59 < 1 / frequency < 0.66
