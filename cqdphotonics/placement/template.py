"""A template: a hole or trench in the resist that leaves a dot where the device wants it.

How many dots fall into one, and how far from the nominal place the one dot sits. Template-assisted
self-assembly; a hole loads at random, so at most a share of the devices holds exactly one dot.
"""

from functools import cached_property
from math import floor
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from scipy.stats import norm, poisson

from cqdphotonics.errors import RangeError

Floats = NDArray[np.float64]

PACKING = (1, 2, 2.1547005, 2.4142136, 2.7013016, 3, 3, 3.3047649, 3.6131259, 3.8130256, 3.9238044,
           4.0296019, 4.2360680, 4.3284286, 4.5213570, 4.6154256, 4.7920337, 4.8637033, 4.8637033,
           5.1223207)  # fmt: skip
"""Diameter of the smallest circle around 1, 2, … equal discs, in their diameters (Graham et al.,
Discrete Math. 181, 139 (1998))."""

DENSEST = 0.7623
"""Share of the circle that 20 discs cover; taken for more of them."""


class Template(BaseModel):
    """One opening for one dot.

    Attributes
    ----------
    shape : {"hole", "trench"}
        A round hole of `diameter`, or a trench of `width` and `length`.
    diameter, width, length, depth : float
        µm; a hole needs `diameter`, a trench the other two.
    axis : {"x", "y"}
        Along which a trench lies; not used for holes.
    dot_diameter, dot_spread : float
        Mean and standard deviation of the dot's diameter with its ligands, µm.
    overlay : (float, float)
        Standard deviation along x and y of the template's place against the device, µm.
    loading : float
        Mean number m of dots that would fall into one opening if all had room.
    filling : {"equilibrium", "irreversible"}
        What happens when it is full. "equilibrium": dots come and go, the numbers are those of
        Poisson, truncated and normalised again; with room for one, P(1) = m/(1 + m).
        "irreversible": dots come and stay, and what comes later is turned away; with room for
        one, P(1) = 1 − exp(−m).

    Raises
    ------
    RangeError
        From `Template.of`, which checks as the constructor does and says it in words: sizes that
        are not positive, or a mean dot that does not fit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    shape: Literal["hole", "trench"] = "hole"
    diameter: float | None = Field(default=None, gt=0, le=10)
    width: float | None = Field(default=None, gt=0, le=10)
    length: float | None = Field(default=None, gt=0, le=100)
    axis: Literal["x", "y"] = "x"
    depth: float = Field(default=0.03, gt=0, le=10)
    dot_diameter: float = Field(gt=0, le=1)
    dot_spread: float = Field(default=0.0, ge=0, le=0.5)
    overlay: tuple[float, float] = (0.0, 0.0)
    loading: float = Field(default=1.0, gt=0, le=1000)
    filling: Literal["equilibrium", "irreversible"] = "equilibrium"

    @model_validator(mode="after")
    def _check(self) -> Self:
        needed = ("diameter",) if self.shape == "hole" else ("width", "length")
        for name in ("diameter", "width", "length"):
            given = getattr(self, name) is not None
            if given != (name in needed):
                raise ValueError(f"a {self.shape} {'has no' if given else 'needs a'} {name}")
        if any(deviation < 0 for deviation in self.overlay):
            raise ValueError(f"overlay {self.overlay} holds standard deviations, which are ≥ 0")
        if self.dot_spread > 0.4 * self.dot_diameter:
            raise ValueError("dot_spread is more than 40 % of dot_diameter: no size is that wide")
        if min(self.opening) < self.dot_diameter:
            raise ValueError(
                f"the opening is {min(self.opening):g} µm wide; a dot of {self.dot_diameter:g} µm "
                "does not fit in"
            )
        return self

    @classmethod
    def of(cls, **settings: Any) -> Self:
        """The same as the constructor, with a message for people when something is wrong."""
        try:
            return cls(**settings)
        except ValidationError as error:
            told = "; ".join(
                ".".join(str(part) for part in one["loc"]) + (": " if one["loc"] else "")
                + one["msg"].removeprefix("Value error, ")
                for one in error.errors()
            )  # fmt: skip
            raise RangeError(f"template: {told}.") from error

    @property
    def opening(self) -> tuple[float, float]:
        """Size along x and y in µm."""
        if self.diameter is not None:
            return (self.diameter, self.diameter)
        length, width = float(self.length or 0), float(self.width or 0)
        return (length, width) if self.axis == "x" else (width, length)

    def room(self, dot_diameter: float) -> int:
        """How many dots of a diameter (µm) fit: discs in a layer, times layers in the depth.

        A dot may stand out of the opening, so the lowest layer always has room. In a trench the
        discs stand in rows; closer packings of many dots are left out.
        """
        size = dot_diameter * (1 - 1e-9)
        layers = max(1, floor(self.depth / size))
        if self.diameter is None:
            a, b = self.opening
            return floor(a / size) * floor(b / size) * layers
        ratio = self.diameter / size
        inside = int(np.searchsorted(PACKING, ratio, side="right"))
        if inside == len(PACKING):
            inside = max(inside, floor(DENSEST * ratio**2))
        return inside * layers

    @cached_property
    def _sizes(self) -> tuple[Floats, Floats]:
        """Diameters of dots and their weights: equally likely slices of the distribution."""
        if self.dot_spread == 0:
            return np.array([self.dot_diameter]), np.array([1.0])
        slices = 100
        quantiles = (np.arange(slices) + 0.5) / slices
        lowest = norm.cdf(-self.dot_diameter / self.dot_spread)  # no diameter below 0
        sizes = norm.ppf(lowest + (1 - lowest) * quantiles, self.dot_diameter, self.dot_spread)
        return np.asarray(sizes), np.full(slices, 1 / slices)

    def loading_probabilities(self, most: int | None = None) -> Floats:
        """P(0), P(1), P(2), … dots in the opening.

        Averaged over the dot's size; of one opening all dots count as equally large. Sizes that
        do not fit leave it empty.

        Parameters
        ----------
        most : int, optional
            Length of the result less one; by default as many as fit (or as matter, below
            10⁻¹² in all).
        """
        sizes, weights = self._sizes
        rooms = np.array([self.room(size) if size <= min(self.opening) else 0 for size in sizes])
        relevant = int(poisson.ppf(1 - 1e-13, self.loading)) + 2
        longest = min(int(rooms.max()), relevant)
        counts = np.arange(longest + 1)
        total = np.zeros(counts.size)
        for room in np.unique(rooms):
            some = self._numbers(int(room), longest)
            total[: some.size] += weights[rooms == room].sum() * some
        if most is None:
            return total
        return np.pad(total, (0, max(0, most - longest)))[: most + 1]

    def _numbers(self, room: int, longest: int) -> Floats:
        """P(0), P(1), … of an opening with room for so many, as far as `longest`."""
        held = min(room, longest)
        some = poisson.pmf(np.arange(held + 1), self.loading)
        if self.filling == "equilibrium":
            return np.asarray(some / some.sum())
        some[held] = poisson.sf(held - 1, self.loading)
        return np.asarray(some)

    @cached_property
    def single_sizes(self) -> tuple[Floats, Floats]:
        """Diameters (µm) and weights of the dots that are alone in their opening."""
        sizes, weights = self._sizes
        fits = sizes <= min(self.opening)
        relevant = int(poisson.ppf(1 - 1e-13, self.loading)) + 2
        alone = np.array([self._numbers(self.room(size), relevant)[1] for size in sizes[fits]])
        weights = weights[fits] * alone
        return sizes[fits], weights / weights.sum()

    @property
    def single(self) -> float:
        """P(1): the share of openings with exactly one dot."""
        return float(self.loading_probabilities(1)[1])

    def free(self, dot_diameter: Any) -> tuple[Floats, Floats]:
        """Half the room that a dot's centre has along x and y, µm; 0 where it does not fit."""
        size = np.asarray(dot_diameter, float)
        a, b = (np.maximum(side - size, 0.0) / 2 for side in self.opening)
        return a, b
