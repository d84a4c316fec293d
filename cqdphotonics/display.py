"""How a number is written for people: with its uncertainty, or with the word that none is known."""

from math import isinf, isnan
from typing import TypeAlias

from uncertainties import UFloat, ufloat
from uncertainties.core import AffineScalarFunc, LinearCombination

Number: TypeAlias = float | UFloat


def quantity(value: Number, deviation: float = 0.0, tag: str | None = None) -> UFloat:
    """Make a UFloat; with `deviation` 0 it is a constant whose uncertainty is not known.

    Unlike ``uncertainties.ufloat`` it does not warn about a deviation of 0, which here has a
    meaning. A UFloat passes unchanged.
    """
    if isinstance(value, UFloat):
        return value
    if deviation > 0:
        return ufloat(value, deviation, tag)
    return AffineScalarFunc(float(value), LinearCombination({}))


def nominal(value: Number) -> float:
    """Central value of a float or UFloat."""
    return float(value.nominal_value) if isinstance(value, UFloat) else float(value)


def standard_deviation(value: Number) -> float:
    """Standard deviation of a UFloat; 0, "none known", of a float."""
    return float(value.std_dev) if isinstance(value, UFloat) else 0.0


def format_quantity(value: Number, unit: str = "") -> str:
    """Write a value with its uncertainty to the digits that the uncertainty allows.

    Parameters
    ----------
    value : float or UFloat
        A standard deviation of 0, and so every plain float, means that no uncertainty is known.
    unit : str
        Appended after a space.

    Returns
    -------
    str
        ``"0.78 ± 0.03"``, ``"(2.3 ± 0.4)×10⁶ 1/s"``, ``"0.78 (unverified)"`` or ``"unknown"``.
    """
    centre, deviation = nominal(value), standard_deviation(value)
    suffix = f" {unit}" if unit else ""
    if isnan(centre):
        return "unknown"
    if deviation == 0 or isnan(deviation) or isinf(centre):
        return f"{format_number(centre)}{suffix} (unverified)"
    # `uncertainties` rounds to the digits of the deviation; "P" is its pretty notation.
    return f"{value:.1uP}".replace("±", " ± ") + suffix


def format_number(value: float, digits: int = 3) -> str:
    """Write a bare number to `digits` significant digits, trailing zeros removed."""
    return f"{value:.{digits}g}"
