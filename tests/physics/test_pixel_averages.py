"""Whether Meep averages over the pixels that a film's face cuts, at the face itself."""

import json
import subprocess
import sys

import pytest

from cqdphotonics.fdtd.geometry import without_slits
from cqdphotonics.fdtd.job import BlockSpec

THICKNESS, PIXELS, SLAB, AROUND = 0.488, 8, 4.0, 1.0

# In a process of its own, as all that imports Meep.
MEEP = """
import json, sys
import meep as mp
from cqdphotonics.fdtd.job import BlockSpec
from cqdphotonics.fdtd.solver.objects import solid
mp.verbosity(0)
ask = json.loads(sys.argv[1])
pixel = 1 / ask["resolution"]
media = {name: mp.Medium(epsilon=value) for name, value in ask["media"].items()}
films = [BlockSpec.model_validate(film) for film in ask["films"]]
sim = mp.Simulation(
    cell_size=mp.Vector3(10 * pixel, 10 * pixel, 52 * pixel), resolution=ask["resolution"],
    geometry=[solid(film, media[film.medium], 0.0) for film in films],
    default_material=media["air"], symmetries=[mp.Mirror(mp.Z, 1)],
)
sim.init_sim()
places = [mp.vec(pixel / 2, 0, height * pixel) for height in ask["heights"]]
values = [(1 / sim.structure.get_chi1inv(mp.Ex, mp.X, place, 0)).real for place in places]
print("RESULT" + json.dumps(values))
"""


def at_faces(films, resolution):
    """ε along the plane at the grid points of the slab's two faces."""
    ask = {
        "films": [film.model_dump(mode="json") for film in films],
        "media": {"slab": SLAB, "air": AROUND},
        "resolution": resolution,
        "heights": [-PIXELS / 2, PIXELS / 2],
    }
    output = subprocess.run(
        [sys.executable, "-c", MEEP, json.dumps(ask)],
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout  # fmt: skip
    line = next(line for line in output.splitlines() if line.startswith("RESULT"))
    return json.loads(line[6:])


@pytest.mark.meep
def test_a_face_on_a_grid_point_is_the_mean_of_both_sides():
    """Here rounding leaves the points of the faces between slab and half-spaces: not averaged."""
    middle = 500 + THICKNESS / 2
    films = (
        BlockSpec(medium="slab", centre=(0, 0, 0), size=(None, None, THICKNESS)),
        BlockSpec(medium="air", centre=(0, 0, -middle), size=(None, None, 1000.0)),
        BlockSpec(medium="air", centre=(0, 0, middle), size=(None, None, 1000.0)),
    )
    resolution = PIXELS / THICKNESS
    assert at_faces(films, resolution) == pytest.approx([AROUND, AROUND])  # what Meep does
    closed = without_slits(films, resolution, 0.0)
    assert at_faces(closed, resolution) == pytest.approx([(SLAB + AROUND) / 2] * 2, rel=1e-4)
