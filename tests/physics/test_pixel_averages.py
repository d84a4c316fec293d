"""Whether Meep averages over the pixels that a film's face cuts, at the face itself."""

import meep as mp
import pytest

from cqdphotonics.fdtd.geometry import without_slits
from cqdphotonics.fdtd.job import BlockSpec, MediumSpec
from cqdphotonics.fdtd.solver.objects import medium, solid

pytestmark = pytest.mark.meep

THICKNESS, PIXELS, SLAB, AROUND = 0.488, 8, 4.0, 1.0


def at_faces(films, resolution):
    """ε along the plane at the grid points of the slab's two faces."""
    media = {"slab": SLAB, "air": AROUND}
    made = {n: medium(MediumSpec(label=n, epsilon=value)) for n, value in media.items()}
    side, pixel = 10 / resolution, 1 / resolution
    sim = mp.Simulation(
        cell_size=mp.Vector3(side, side, 52 * pixel),
        resolution=resolution,
        geometry=[solid(film, made[film.medium], 0.0) for film in films],
        default_material=made["air"],
        symmetries=[mp.Mirror(mp.Z, 1)],
    )
    sim.init_sim()
    places = [mp.vec(pixel / 2, 0, sign * PIXELS / 2 * pixel) for sign in (-1, 1)]
    return [(1 / sim.structure.get_chi1inv(mp.Ex, mp.X, place, 0)).real for place in places]


def test_a_face_on_a_grid_point_is_the_mean_of_both_sides():
    """Here rounding leaves the points of the faces between slab and half-spaces: not averaged."""
    low, high, middle = THICKNESS / 2, 1000 + THICKNESS / 2, 500 + THICKNESS / 2
    films = (
        BlockSpec(medium="slab", centre=(0, 0, 0), size=(None, None, THICKNESS)),
        BlockSpec(medium="air", centre=(0, 0, -middle), size=(None, None, high - low)),
        BlockSpec(medium="air", centre=(0, 0, middle), size=(None, None, high - low)),
    )
    resolution = PIXELS / THICKNESS
    assert at_faces(films, resolution) == pytest.approx([AROUND, AROUND])  # what Meep does
    closed = without_slits(films, resolution, 0.0)
    assert at_faces(closed, resolution) == pytest.approx([(SLAB + AROUND) / 2] * 2, rel=1e-4)
