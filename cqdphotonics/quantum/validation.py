"""Checks of single numbers and vectors that several modules of the room need."""

from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cqdphotonics.display import Number, nominal
from cqdphotonics.errors import InputError, RangeError


def check_number(name: str, value: Number, *, positive: bool = False) -> None:
    """Raise a RangeError unless `value` is finite and ≥ 0 (> 0 if `positive`)."""
    number = nominal(value)
    if not isfinite(number) or number < 0 or (positive and number == 0):
        law = "> 0" if positive else "≥ 0"
        raise RangeError(f"{name} is {number:g}; it must be finite and {law}.")


def vector(name: str, value: ArrayLike, size: int | None = None) -> NDArray[np.float64]:
    """A copy of `value` as a vector of finite numbers, of length `size` if that is given."""
    array = np.array(value, float)
    if array.ndim != 1 or (size is not None and array.size != size):
        expected = "(M,)" if size is None else f"({size},), one a mode"
        raise InputError(f"{name} has shape {array.shape}; it must be {expected}.")
    if not np.isfinite(array).all():
        raise RangeError(f"{name} contains an infinite or undefined number.")
    return array
