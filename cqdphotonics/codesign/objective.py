"""What is maximised: a product of figures of merit, each to a power.

The optimiser is given the logarithm. It has the same maximum, turns the product into a sum that
a quadratic model follows well, and makes steps comparable between a Purcell factor of 1 and 20.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from uncertainties import UFloat

from cqdphotonics.display import nominal, quantity


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
    minima : mapping
        Figures that are held above a value, with that value.
    """

    exponents: Mapping[str, float]
    minima: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The product in words, e.g. ``"indistinguishability × efficiency²"``."""
        product = " × ".join(FIGURES[name].label + _power(p) for name, p in self.exponents.items())
        held = ", ".join(f"{FIGURES[name].label} ≥ {v:g}" for name, v in self.minima.items())
        return f"{product} with {held}" if held else product

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

    def held(self, figures: Mapping[str, Any]) -> dict[str, float]:
        """ln(figure/least value) of each figure that is held: not negative where it is held."""
        return {
            name: math.log(max(nominal(figures[name]), 1e-12) / least)
            for name, least in self.minima.items()
        }


def climbable(value: float) -> bool:
    """Whether an optimiser may climb on `value`: finite and positive."""
    return math.isfinite(value) and value > 0


def _power(exponent: float) -> str:
    if exponent == 1:
        return ""
    return f"{exponent:g}".translate(str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·"))
