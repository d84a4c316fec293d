"""How the energy of an electron beam spreads in the resist: a sum of Gaussians."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cqdphotonics.errors import UnknownNameError

Floats = NDArray[np.float64]


class PointSpread(BaseModel):
    """Energy absorbed around a point that the beam hits, normalised to an integral of 1.

    f(r) = Σ s_i/(π a_i²) exp(−r²/a_i²), with ranges a_i and shares s_i = w_i/Σw (Chang, J. Vac.
    Sci. Technol. 12, 1271 (1975)). In the usual notation of two Gaussians the ranges are α and β
    and the weights 1 and η; σ = a/√2 is the standard deviation along one axis.

    Not included: the power-law tail between the ranges that measurements at 100 kV and above show
    (Hougs et al., arXiv:2506.21236, 2025). More Gaussians come close to it: give their ranges
    and weights.

    Attributes
    ----------
    ranges : tuple of float
        a_i in µm, ascending.
    weights : tuple of float
        w_i, any common unit.
    source : str
        Where the numbers come from.

    Raises
    ------
    UnknownNameError
        A name that is not in `known_spreads`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ranges: tuple[float, ...] = Field(min_length=1)
    weights: tuple[float, ...] = Field(min_length=1)
    source: str = "given by the user"

    @model_validator(mode="before")
    @classmethod
    def _spellings(cls, data: Any) -> Any:
        """A name, or α, β, η (and ν, γ of a third Gaussian) instead of ranges and weights."""
        if isinstance(data, str):
            if data not in KNOWN:
                raise UnknownNameError("point spread", data, KNOWN)
            return KNOWN[data]
        if isinstance(data, dict) and "alpha" in data:
            data = dict(data)
            pairs = [(data.pop("alpha"), 1.0)]
            for reach, weight in (("gamma", "nu"), ("beta", "eta")):
                if (reach in data) != (weight in data):
                    raise ValueError(f"'{reach}' and '{weight}' belong together")
                if reach in data:
                    pairs.append((data.pop(reach), data.pop(weight)))
            return data | {"ranges": [a for a, _ in pairs], "weights": [w for _, w in pairs]}
        return data

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.ranges) != len(self.weights):
            raise ValueError(f"{len(self.ranges)} ranges but {len(self.weights)} weights")
        if not all(1e-4 <= a <= 1000 for a in self.ranges):
            raise ValueError(f"ranges {self.ranges} must be between 0.0001 and 1000 µm")
        if any(b <= a for a, b in zip(self.ranges, self.ranges[1:], strict=False)):
            raise ValueError(f"ranges {self.ranges} must ascend")
        if not all(0 <= w < np.inf for w in self.weights) or self.weights[0] == 0:
            raise ValueError(f"weights {self.weights} must be ≥ 0, the first > 0")
        return self

    @classmethod
    def named(cls, name: str) -> Self:
        """One of `known_spreads`."""
        return cls.model_validate(name)

    @property
    def shares(self) -> Floats:
        """The weights, normalised to a sum of 1."""
        weights = np.array(self.weights)
        return np.asarray(weights / weights.sum())

    @property
    def sigmas(self) -> Floats:
        """Standard deviation along one axis in µm, of each Gaussian."""
        return np.array(self.ranges) / np.sqrt(2)

    def density(self, radius: Any) -> Floats:
        """f(r) in 1/µm²; radius in µm, any shape."""
        squares = np.asarray(radius, float)[..., None] ** 2
        variances = np.array(self.ranges) ** 2
        return np.asarray(
            (self.shares / (np.pi * variances) * np.exp(-squares / variances)).sum(-1)
        )


KNOWN: dict[str, dict[str, Any]] = {
    "si-100kV": {
        "ranges": [0.012, 31.0],
        "weights": [1.0, 0.65],
        "source": "[M] thin resist on a SiN film on silicon, 100 kV: remembered as α 10–20 nm "
        "(beam and resist), β ≈ 31 µm, η .6–.75; calibrate on your machine",
    },
    "si-50kV": {
        "ranges": [0.020, 9.5],
        "weights": [1.0, 0.7],
        "source": "[M] thin resist on silicon, 50 kV: remembered as α 15–30 nm, β 9–10 µm, "
        "η .7; calibrate on your machine",
    },
}


def known_spreads() -> dict[str, str]:
    """Names of the point spreads that come with the package, and where each is from."""
    return {name: str(entry["source"]) for name, entry in KNOWN.items()}
