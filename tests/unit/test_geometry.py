"""Films as the solver finds them: to the last digit."""

import pytest

from cqdphotonics import components
from cqdphotonics.fdtd.geometry import without_slits
from cqdphotonics.fdtd.job import BlockSpec
from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.layout import stacks


def film(low, high):
    return BlockSpec(medium="x", centre=(0.0, 0.0, (low + high) / 2), size=(None, None, high - low))


def ends(block):
    return block.centre[2] - block.size[2] / 2, block.centre[2] + block.size[2] / 2


@pytest.mark.parametrize("thickness, pixels, slit", [(0.488, 8, True), (0.491, 8, False)])
def test_films_that_meet_on_a_grid_point_leave_no_slit(thickness, pixels, slit):
    """Of a slab .488 µm thick Meep had averaged neither face, of one of .491 µm both."""
    resolution = pixels / thickness
    point = pixels / 2 * (1 / resolution)
    slab, above = film(-thickness / 2, thickness / 2), film(thickness / 2, 1000.0 + thickness / 2)
    given = slab, film(-1000.0 - thickness / 2, -thickness / 2), above
    assert (ends(slab)[1] < point < ends(above)[0]) == slit
    closed = without_slits(given, resolution, 0.0)
    assert (closed != given) == slit
    assert any(low <= point <= high for low, high in map(ends, closed))
    for before, after in zip(given, closed, strict=True):
        assert ends(after) == pytest.approx(ends(before), abs=2e-9)


def test_faces_between_the_points_are_left_as_they_are():
    solids = film(-0.244, 0.244), film(0.244, 1000.244)
    assert without_slits(solids, 17.0, 0.0) == solids


def test_a_plan_has_no_slit():
    """The first grid of this cavity had one; its slab was a pixel thinner."""
    cell = components.l3(
        suspended=True, period=0.525, radius=0.147, columns=7, rows=6, shift=0.092,
        end_radius=0.126, frame=2.099,
    )  # fmt: skip
    jobs = plan(build_scene(cell, stacks.load("sin-air", thickness=0.47), "y"), 1.3, "fine").jobs
    slabs = [next(s.size[2] for s in job.solids if s.kind == "block") for job in jobs]
    assert slabs == [0.470000002, 0.47, 0.47]
