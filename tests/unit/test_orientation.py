"""What a dipole's direction asks for, and which runs answer it."""

from dataclasses import replace

import numpy as np
import pytest

from cqdphotonics import components
from cqdphotonics.errors import InputError
from cqdphotonics.fdtd.orientation import (
    check_interference,
    orientation,
    quarter_turn,
    runs_needed,
)
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.solids import Box, Disc


def test_names_and_vectors():
    assert orientation("y").weights == {"y": 1.0}
    assert orientation((0, 0, -2.0)).weights == {"z": 1.0}
    tilted = orientation((3.0, 0.0, 4.0))
    assert tilted.weights == pytest.approx({"x": 0.36, "z": 0.64})
    assert tilted.coherent
    assert not orientation("isotropic").coherent
    with pytest.raises(InputError, match="isotropic"):
        orientation("q")


def test_round_and_square_devices_need_two_runs():
    disc = build_scene(components.load("disc")(), "sin-air")
    everything = orientation("isotropic")
    assert runs_needed(disc, everything) == {"x": "x", "y": "x", "z": "z"}
    beam = build_scene(components.load("nanobeam")(), "sin-air")
    assert runs_needed(beam, everything) == {"x": "x", "y": "y", "z": "z"}


def test_quarter_turn_is_proved_from_the_solids():
    scene = build_scene(components.load("disc")(), "sin-air")
    z = (scene.solids[0].zmin, scene.solids[0].zmax, "Si3N4")
    flat = replace(scene, symmetry=replace(scene.symmetry, cylindrical=False))
    holes = [Disc((0.4 * c, 0.4 * s), 0.1, *z) for c, s in ((1, 0), (0, 1), (-1, 0), (0, -1))]
    assert quarter_turn(replace(flat, solids=(*holes, Box((0, 0), (0.3, 0.3), 0.0, *z))))
    assert not quarter_turn(replace(flat, solids=(*holes, Box((0, 0), (0.3, 0.2), 0.0, *z))))
    assert not quarter_turn(replace(flat, solids=tuple(holes[:3])))


def test_interference_is_refused_unless_a_mirror_forbids_it():
    scene = build_scene(components.load("nanobeam")(), "sin-air")
    lopsided = replace(scene, symmetry=replace(scene.symmetry, mirror_x=False))
    for vector in ((1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)):
        check_interference(scene, orientation(vector))
    check_interference(lopsided, orientation((1, 1, 0)))  # the mirror of y is enough
    check_interference(lopsided, orientation((0, 1, 1)))
    check_interference(lopsided, orientation("isotropic"))
    with pytest.raises(InputError, match="axes x and z interfere"):
        check_interference(lopsided, orientation((1, 0, 1)))
    assert np.isclose(sum(orientation((1, 2, 3)).weights.values()), 1)
