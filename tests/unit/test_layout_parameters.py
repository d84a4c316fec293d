"""What a parameter accepts, and what it says when it does not."""

import numpy as np
import pytest

from cqdphotonics.errors import InputError, RangeError, UnknownNameError
from cqdphotonics.layout.parameters import Parameter, resolve

RADIUS = Parameter("radius", 0.4, "µm", 0.05, 3.0, "radius of the disc", "smaller hold no mode")
RINGS = Parameter("rings", 5, "", 1, 40, "number of rings", kind="int")
SHAPE = Parameter("shape", "round", kind="str", choices=("round", "square"))


@pytest.mark.parametrize("value", [0.4301, 0.42999, np.float64(0.4300000001), np.float32(0.43)])
def test_lengths_are_snapped_to_the_grid(value):
    assert RADIUS.check(value, "disc") == 0.43


def test_out_of_range_names_value_range_and_reason():
    with pytest.raises(RangeError, match=r"radius = 4 µm .* 0\.05 to 3 µm .* smaller hold no mode"):
        RADIUS.check(4, "disc")


def test_a_unit_slip_is_recognised():
    with pytest.raises(RangeError, match=r"Did you mean µm\?.* 430 nm is 0\.43 µm"):
        RADIUS.check(430, "disc")
    with pytest.raises(RangeError) as plain:
        RADIUS.check(10, "disc")
    assert "nm" not in str(plain.value)


def test_below_the_grid_is_said():
    with pytest.raises(RangeError, match="below the layout grid"):
        RADIUS.check(0.0004, "disc")


@pytest.mark.parametrize("value", ["0.4", True, None, [0.4], float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(InputError):
        RADIUS.check(value, "disc")


def test_whole_numbers():
    assert RINGS.check(5.0, "bullseye") == 5
    assert isinstance(RINGS.check(5.0, "bullseye"), int)
    with pytest.raises(InputError, match="whole number"):
        RINGS.check(5.5, "bullseye")


def test_words_and_names():
    assert SHAPE.check("square", "hole") == "square"
    with pytest.raises(UnknownNameError, match="Did you mean 'round'"):
        SHAPE.check("rund", "hole")
    with pytest.raises(UnknownNameError, match="Did you mean 'radius'"):
        resolve((RADIUS, RINGS), {"radus": 1}, "bullseye")
    assert resolve((RADIUS, RINGS), {"rings": 3}, "bullseye") == {"radius": 0.4, "rings": 3}
