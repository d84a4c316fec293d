"""Scenes of plane films alone: found as such, and compared with the exact answer."""

from dataclasses import replace
from itertools import pairwise

import pytest

from cqdphotonics import components, materials
from cqdphotonics.fdtd.multilayer import dipole_in_multilayer
from cqdphotonics.fdtd.plane_films import exact, film_check, layers
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.layout import stacks


def planar(stack, dipole="x", **parameters):
    return build_scene(components.load("planar")(), stacks.load(stack, **parameters), dipole)


@pytest.mark.parametrize("dipole", ["x", "z"])
def test_a_film_in_its_stack_has_the_power_of_the_integral(dipole):
    scene = planar("polymer-on-dbr", dipole)
    found = layers(scene)
    assert found[0][0] == float("-inf")
    assert found[-1][1] == float("inf")
    assert all(low[1] == high[0] for low, high in pairwise(found))
    wavelength = 0.52
    place = next(k for k, layer in enumerate(found) if layer[2] == "PMMA")
    expected = dipole_in_multilayer(
        [materials.load(name).index(wavelength) for *_, name in found],
        [high - low for low, high, _ in found[1:-1]],
        place,
        scene.emitter[2] - found[place][0],
        wavelength,
        "perpendicular" if dipole == "z" else "parallel",
    )
    assert exact(scene, wavelength).total == pytest.approx(expected.total)
    assert film_check(scene, wavelength, expected.total * 1.04).passed
    assert not film_check(scene, wavelength, expected.total * 1.06).passed


@pytest.mark.parametrize("name", ["disc", "bullseye", "nanobeam"])
def test_a_structure_has_no_such_answer(name):
    scene = build_scene(components.load(name)(), stacks.load("sin-air"), "y")
    assert layers(scene) is None
    assert film_check(scene, 0.6, 1.0) is None


def test_a_dot_in_metal_has_no_power():
    scene = planar("open-gold")
    low, high, _ = next(layer for layer in layers(scene) if layer[2] == "Au")
    middle = (low + high) / 2 if low > float("-inf") else high - 0.02
    assert exact(replace(scene, emitter=(0.0, 0.0, middle)), 0.6) is None
