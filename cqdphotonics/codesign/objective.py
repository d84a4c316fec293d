"""What is maximised: a product of figures of merit, each to a power.

The optimiser is given the logarithm. It has the same maximum, turns the product into a sum that
a quadratic model follows well, and makes steps comparable between a Purcell factor of 1 and 20.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from uncertainties import UFloat

from cqdphotonics.display import quantity


@dataclass(frozen=True)
class Figure:
    """How a figure of merit is called in texts and plots."""

    label: str
    symbol: str


FIGURES: dict[str, Figure] = {
    "indistinguishability": Figure("indistinguishability", "I"),
    "efficiency": Figure("efficiency", "η"),
    "purcell": Figure("Purcell factor", "F"),
    "hom_visibility": Figure("Hong–Ou–Mandel visibility", "V"),
    "quantum_efficiency": Figure("quantum efficiency", "QE"),
    "brightness": Figure("brightness", "B"),
}
"""The figures that a study can name: attributes of `cqdphotonics.quantum.Figures`."""


@dataclass(frozen=True)
class Objective:
    """A product of figures, each to a power, to be maximised.

    Parameters
    ----------
    exponents : mapping
        Figure to exponent, e.g. ``{"indistinguishability": 1, "efficiency": 1}``.
    """

    exponents: Mapping[str, float]

    @property
    def text(self) -> str:
        """The product in words, e.g. ``"indistinguishability × efficiency²"``."""
        return " × ".join(FIGURES[name].label + _power(p) for name, p in self.exponents.items())

    @property
    def symbol(self) -> str:
        """The product in symbols, e.g. ``"I·η"``."""
        return "·".join(FIGURES[name].symbol + _power(p) for name, p in self.exponents.items())

    @property
    def rewards_emission(self) -> bool:
        """Whether a larger Purcell factor alone makes it larger."""
        # The efficiency is a ratio of rates: resonance by itself does not raise it.
        return sum(p for name, p in self.exponents.items() if name != "efficiency") > 0

    def value(self, figures: Mapping[str, Any]) -> UFloat:
        """The product for `figures` (floats or UFloats)."""
        product: Any = 1.0
        for name, exponent in self.exponents.items():
            product = product * figures[name] ** exponent
        return quantity(product)


def climbable(value: float) -> bool:
    """Whether an optimiser may climb on `value`: finite and positive."""
    return math.isfinite(value) and value > 0


def _power(exponent: float) -> str:
    if exponent == 1:
        return ""
    return f"{exponent:g}".translate(str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·"))
