"""Guided-mode expansion of slabs, as set up here, against published cavities."""

import pytest

from cqdphotonics import components
from cqdphotonics.errors import GeometryError, InputError, RangeError
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.slab_modes import slab_modes
from cqdphotonics.layout import stacks

MEMBRANE = """
membrane:
  description: membrane of an index as published
  substrate: {around}
  cladding: air
  emitter_film: device
  parameters:
    thickness: [0.252, µm, 0.02, 2.0, thickness of the membrane]
  films:
    - {{name: device, material: n=3.4, thickness: thickness, layer: [1, 0]}}
"""
NODA = {
    "period": 0.42, "radius": 0.122, "end_radius": 0.122, "columns": 5, "rows": 4,
}  # fmt: skip
"""Akahane et al., Nature 425, 944 (2003): n = 3.4, thickness .6 periods, radius .29 periods."""


@pytest.fixture
def membrane(tmp_path):
    def stack(around="air", **settings):
        path = tmp_path / "membrane.yaml"
        path.write_text(MEMBRANE.format(around=around), encoding="utf-8")
        return stacks.load(str(path), **settings)

    return stack


def best(cell, stack, wavelength, dipole="y", **options):
    return slab_modes(build_scene(cell, stack, dipole), wavelength, **options)[0]


def test_l3_of_akahane_and_the_shift_of_its_ends(membrane):
    plain = best(components.l3(shift=0, **NODA), membrane(), 1.57, count=6)
    moved = best(components.l3(shift=0.063, **NODA), membrane(), 1.57, count=6)
    # Measured at 1.57 µm; holes as made and the expansion's truncation move it by a percent.
    assert moved.wavelength == pytest.approx(1.57, rel=0.02)
    # Their volume of the cavity with moved ends is 7.0e-14 cm³. The cut series makes the field at
    # one point too small by some percent: 0.078 with this cutoff, 0.070 with 1.8.
    assert moved.volume == pytest.approx(0.070, rel=0.15)
    # Moving the ends by .15 periods raised Q by an order of magnitude, to several 10⁴.
    assert moved.quality > 5 * plain.quality
    assert 2e3 < plain.quality < 1.5e4
    assert 2e4 < moved.quality < 3e5


def test_nominal_devices_resonate_where_they_say(membrane):
    small = {"columns": 5, "rows": 5}
    cases = [
        (components.l3(**small), stacks.load("sin-air", thickness=0.222), "y"),
        (components.h1(**small), stacks.load("sin-air", thickness=0.232), "x"),
        (
            components.l3(period=0.164, radius=0.047, shift=0.028, end_radius=0.041, **small),
            stacks.load("gap-air"),
            "y",
        ),
        (
            components.h1(period=0.171, radius=0.051, shift=0.01, near_radius=0.043, **small),
            stacks.load("gap-air"),
            "x",
        ),
    ]
    for cell, stack, dipole in cases:
        mode = best(cell, stack, 0.63, dipole, count=8, cutoff=1.3)
        assert mode.wavelength == pytest.approx(0.63, rel=0.015), cell.name  # as good as it gets
        assert mode.quality > 1000, cell.name


def test_the_two_modes_of_h1_are_degenerate():
    scenes = [
        build_scene(
            components.h1(
                period=0.171, radius=0.051, shift=0.01, near_radius=0.043, columns=6, rows=6
            ),
            "gap-air",
            dipole,
        )
        for dipole in ("x", "y")
    ]
    along_x, along_y = (slab_modes(scene, 0.63, count=4, cutoff=1.2)[0] for scene in scenes)
    # A pattern that repeats in a rectangle is not hexagonal; that splits them by parts in 10 000.
    assert along_x.wavelength == pytest.approx(along_y.wavelength, rel=1e-3)
    assert along_x.volume == pytest.approx(along_y.volume, rel=0.1)


def test_oxide_below_pulls_the_mode_to_the_red(membrane):
    cell = components.l3(shift=0.063, **NODA)
    alone = best(cell, membrane(), 1.6, count=6, cutoff=1.2)
    on_oxide = best(cell, membrane("n=1.45"), 1.6, count=8, cutoff=1.2)
    # The field outside the slab, some ten percent of its energy, sees 1.45² in place of 1 on one
    # side: to first order Δλ/λ is half of (1.45² - 1)·(share there), some percent.
    assert 1.005 < on_oxide.wavelength / alone.wavelength < 1.06


@pytest.mark.parametrize("stack, plain, near", [
    ("sin-on-dbr", "sin-oxide", "SiO2 is taken as without end"),
    ("sin-air-dbr", "sin-air", "air is taken as without end"),
])  # fmt: skip
def test_a_mirror_that_is_left_out_is_said(stack, plain, near, recwarn):
    """The expansion knows two half-spaces: with a mirror below it gives what it gives without."""
    cell = components.h1(columns=4, rows=4)

    def modes(name):
        return slab_modes(build_scene(cell, stacks.load(name), "x"), 0.63, count=4, cutoff=1.1)

    without = modes(plain)
    assert all(mode.note == "" for mode in without)
    assert not [one for one in recwarn if "left out" in str(one.message)]
    with pytest.warns(UserWarning, match=r"below the slab .*TiO2.* left out"):
        mirrored = modes(stack)
    assert all(near in mode.note for mode in mirrored)
    # Which of them couples best is the solver's last digit where none has a field at the dot.
    wavelengths = [sorted(mode.wavelength for mode in found) for found in (mirrored, without)]
    assert wavelengths[0] == pytest.approx(wavelengths[1], rel=1e-9)


def test_what_it_can_not_take():
    with pytest.raises(GeometryError, match="l3 and h1"):
        slab_modes(build_scene(components.bullseye(), "sin-air"), 0.52)
    leaning = stacks.load("sin-air", sidewall_angle=3.0)
    with pytest.raises(GeometryError, match="vertical"):
        slab_modes(build_scene(components.l3(), leaning, "y"), 0.63)
    with pytest.raises(RangeError, match="fewer holes"):
        slab_modes(build_scene(components.l3(), "sin-air", "y"), 0.63, cutoff=4)
    with pytest.raises(InputError, match="absorbs"):
        slab_modes(build_scene(components.nanohole_array(), "gold-on-glass", "y"), 0.63)
