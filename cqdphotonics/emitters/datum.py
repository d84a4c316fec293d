"""A number from the literature with its uncertainty, its standing and its source."""

from math import isfinite, sqrt
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from uncertainties import UFloat

from cqdphotonics.display import quantity

Mark = Literal["S", "M", "C", "U"]

MARKS: dict[str, str] = {
    "S": "stated by a source that was read",
    "M": "remembered from the literature; check it before you rely on it",
    "C": "computed from other data",
    "U": "given by the user",
}


class Datum(BaseModel):
    """One number of an emitter.

    Attributes
    ----------
    value : float
        In the project's units: µm, ps, meV, K.
    uncertainty : float, optional
        One standard deviation.
    range : (float, float), optional
        The interval over which values are reported. Without an `uncertainty` it counts as a
        uniform distribution, so its standard deviation is the width over √12 (GUM, type B).
    mark : {"S", "M", "C", "U"}
        The number's standing, see `MARKS`.
    source : str
        Where it is from.

    Notes
    -----
    A bare number in a YAML file becomes a datum with mark "U": the user answers for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    uncertainty: float | None = Field(default=None, ge=0)
    range: tuple[float, float] | None = None
    mark: Mark = "U"
    source: str = ""

    @model_validator(mode="before")
    @classmethod
    def _accept_bare_number(cls, data: Any) -> Any:
        if isinstance(data, int | float) and not isinstance(data, bool):
            return {"value": data, "mark": "U", "source": "given by the user"}
        return data

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not isfinite(self.value):
            raise ValueError(f"{self.value} is not a finite number")
        if self.range is not None and not self.range[0] <= self.value <= self.range[1]:
            raise ValueError(f"{self.value} lies outside its own range {list(self.range)}")
        if self.mark != "U" and not self.source:
            raise ValueError(f"mark {self.mark} needs a source: who states {self.value}?")
        return self

    @property
    def deviation(self) -> float:
        """One standard deviation; 0 when none is known."""
        if self.uncertainty is not None:
            return self.uncertainty
        if self.range is not None:
            return (self.range[1] - self.range[0]) / sqrt(12)
        return 0.0

    def as_ufloat(self, tag: str) -> UFloat:
        """A new independent random variable with this value and deviation."""
        return quantity(self.value, self.deviation, tag)
