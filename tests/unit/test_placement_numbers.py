"""Loading, packing, copies and thresholds: numbers that can be done by hand."""

from math import exp

import numpy as np
import pytest

from cqdphotonics import emitters
from cqdphotonics.errors import InputError, RangeError, UnknownNameError
from cqdphotonics.placement import (
    Device,
    Orientation,
    Template,
    chance_of,
    copies_for,
    good_share,
    outcome,
    share_interval,
)

DOT = emitters.load("CsPbBr3-4K")


def hole(**settings):
    return Template.of(**{"diameter": 0.030, "dot_diameter": 0.012, "depth": 0.01} | settings)


def everywhere_alike(x, y):
    return np.ones_like(x)


def test_room_for_one():
    one = hole(diameter=0.02, loading=2.0)
    assert one.room(0.012) == 1
    assert one.loading_probabilities() == pytest.approx([1 / 3, 2 / 3])  # 1 : m
    stay = hole(diameter=0.02, loading=2.0, filling="irreversible")
    assert stay.loading_probabilities() == pytest.approx([exp(-2), 1 - exp(-2)])


def test_wide_hole_loads_like_poisson():
    wide = hole(diameter=1.0, loading=1.0)
    found = wide.loading_probabilities(2)
    assert found == pytest.approx([exp(-1), exp(-1), exp(-1) / 2])
    assert wide.single == pytest.approx(0.3679, abs=1e-4)  # the best that Poisson allows


@pytest.mark.parametrize("filling", ["equilibrium", "irreversible"])
def test_probabilities_add_up(filling):
    template = hole(dot_spread=0.002, loading=3.0, filling=filling)
    assert template.loading_probabilities().sum() == pytest.approx(1)


def test_packing():
    template = hole(diameter=0.03)
    assert [template.room(0.03 / ratio) for ratio in (1, 1.99, 2, 2.16, 2.42, 3, 4.87)] == [
        1, 1, 2, 3, 4, 7, 19
    ]  # fmt: skip
    assert hole(depth=0.024).room(0.012) == 2 * hole().room(0.012)
    trench = Template(shape="trench", length=0.1, width=0.025, dot_diameter=0.01, depth=0.01)
    assert trench.room(0.01) == 10 * 2


def test_a_narrow_size_distribution_mixes_rooms():
    """Half of the dots are above 15 nm, where only one fits 30 nm; below, two do."""
    mixed = Template(diameter=0.030, dot_diameter=0.015, dot_spread=1e-4, depth=0.01, loading=1.0)
    assert mixed.single == pytest.approx((1 / 2 + 1 / 2.5) / 2, rel=5e-3)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"dot_diameter": 0.04}, "does not fit"),
        ({"dot_spread": 0.01}, "40 %"),
        ({"overlay": (-0.01, 0.01)}, "≥ 0"),
        ({"width": 0.1}, "a hole has no width"),
        ({"diameter": None}, "a hole needs a diameter"),
        ({"loading": -1}, "loading"),
        ({"loadin": 1}, "loadin"),
    ],
)
def test_a_wrong_template_is_told(settings, told):
    with pytest.raises(RangeError, match=told):
        hole(**settings)


def test_copies_by_hand():
    # 1 − .5ⁿ ≥ .95 needs n = 5 (.96875), not 4 (.9375).
    assert copies_for(1, 0.5) == 5
    assert copies_for(3, 1.0) == 3
    assert copies_for(0, 0.1) == 0


@pytest.mark.parametrize(("good", "share"), [(1, 0.01), (5, 0.2), (20, 0.37), (100, 0.9)])
def test_copies_are_the_least_that_do(good, share):
    copies = copies_for(good, share, 0.95)
    assert chance_of(good, copies, share) >= 0.95 > chance_of(good, copies - 1, share)


def test_what_no_number_of_copies_gives():
    with pytest.raises(RangeError, match="no number of copies"):
        copies_for(1, 0.0)
    with pytest.raises(RangeError, match="certain"):
        copies_for(1, 0.5, 1.0)
    with pytest.raises(RangeError, match="share"):
        copies_for(1, 1.5)
    with pytest.raises(RangeError, match="whole number"):
        copies_for(-1, 0.5)


def test_interval_without_a_hit():
    """None of n: the upper end solves (1 − p)ⁿ = tail."""
    low, high = share_interval(0, 50, 0.9)
    assert low == 0
    assert (1 - high) ** 50 == pytest.approx(0.05)


def test_all_good_and_none_good():
    device = Device(10.0, 0.6)
    all_of_them = good_share(hole(), everywhere_alike, device, DOT, {}, samples=1000)
    assert all_of_them.good_of_single.nominal_value == 1
    assert all_of_them.good_of_single.std_dev > 0
    assert all_of_them.share.nominal_value == pytest.approx(hole().single)
    impossible = {"indistinguishability": 0.99}
    none = good_share(hole(), everywhere_alike, device, DOT, impossible, samples=1000)
    assert none.share.nominal_value == 0
    assert none.share.std_dev > 0


def test_the_same_seed_gives_the_same_dots():
    arguments = (hole(), lambda x, y: np.exp(-(x**2 + y**2) / 1e-4), Device(10.0), DOT, {})
    one, two = (good_share(*arguments, samples=500, seed=3) for _ in range(2))
    assert (one.places == two.places).all()
    assert (one.couplings == two.couplings).all()


def test_wrong_maps_are_told():
    axis = np.linspace(-0.05, 0.05, 5)
    device = Device(10.0)
    with pytest.raises(InputError, match="shape"):
        good_share(hole(), (axis, axis, np.ones((5, 4))), device, DOT, {})
    with pytest.raises(InputError, match="ascend"):
        good_share(hole(), (axis[::-1], axis, np.ones((5, 5))), device, DOT, {})
    with pytest.raises(RangeError, match="nominal place"):
        good_share(hole(), (axis + 1, axis, np.ones((5, 5))), device, DOT, {})
    with pytest.raises(UnknownNameError, match="purcell"):
        good_share(hole(), (axis, axis, np.ones((5, 5))), device, DOT, {"purcel": 3})
    with pytest.raises(InputError, match="two arrays"):
        good_share(hole(), lambda *_: 1.0, device, DOT, {})
    with pytest.raises(RangeError, match="power"):
        outcome([-0.1], DOT, device)


def test_wrong_devices_and_orientations_are_told():
    for settings in (
        {"purcell": -1},
        {"purcell": 2, "background": 3},
        {"purcell": 2, "collection": 0.7, "absorbed": 0.6},
        {"purcell": 2, "collection": 0.9, "background": 1},
    ):
        with pytest.raises(RangeError):
            Device(**settings)
    with pytest.raises(RangeError, match="shares"):
        Orientation(isotropic=0)
    with pytest.raises(RangeError, match="length"):
        Orientation(field=(0, 0, 0))
