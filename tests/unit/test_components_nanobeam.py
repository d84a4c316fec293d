"""The nanobeam: holes where the docstring says, and the mirrors that make it cheap."""

import time

import pytest

from cqdphotonics import components
from cqdphotonics.components.nanobeam import periods
from cqdphotonics.errors import GeometryError
from cqdphotonics.fdtd.scene import Box, Ellipse, build_scene
from cqdphotonics.layout import stacks


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
    ],
)
def test_film_too_thin_to_be_made(wrong, message):
    with pytest.raises(GeometryError, match=message):
        components.nanobeam(**wrong)
