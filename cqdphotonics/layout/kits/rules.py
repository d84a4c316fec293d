"""What a design rule can say, as data: one small model for each kind of rule.

All lengths are in µm, angles in degrees, areas in µm². How each kind is measured is told in the
package `cqdphotonics.layout.drc`.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Length = Annotated[float, Field(gt=0, le=1e5, allow_inf_nan=False)]

ALL = "all"
"""Instead of the name of a layer: every layer of the kit."""


class RuleBase(BaseModel):
    """What every rule has: a name, the layers that it is for, and why there is such a rule.

    `layer` may be one name, a list of names, or ``all``; each layer is checked by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    layer: tuple[str, ...] = Field(min_length=1)
    reason: str = ""

    @field_validator("layer", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("name"):
            parts = data.get("layer", ""), data.get("kind", ""), data.get("other", "")
            words = ["+".join(p) if isinstance(p, list | tuple) else str(p) for p in parts if p]
            return {**data, "name": "-".join(words).replace("_", "-").lower()}
        return data

    @property
    def others(self) -> tuple[str, ...]:
        """Names of the layers that this rule relates `layer` to."""
        other = getattr(self, "other", None)
        return (other,) if other else ()


class Minimum(RuleBase):
    """A rule on one layer with a least length.

    width: of what is drawn. notch: of a bay in one polygon. hole_size: of a hole, across.
    hole_space: of what is left between two holes. hole_pitch: from the middle of a hole to that
    of the next. sliver: of what arcs leave over that do not meet as meant.
    """

    kind: Literal["width", "notch", "hole_size", "hole_space", "hole_pitch", "sliver"]
    minimum: Length


class Space(RuleBase):
    """Least distance between polygons of a layer, or to those of an `other` layer."""

    kind: Literal["space"]
    minimum: Length
    other: str | None = None


class Enclosure(RuleBase):
    """Polygons of `layer` lie inside `other`, by at least `minimum`."""

    kind: Literal["enclosure"]
    other: str
    minimum: Length


class Overlap(RuleBase):
    """Where `layer` and `other` overlap, they do so by at least `minimum`."""

    kind: Literal["overlap"]
    other: str
    minimum: Length


class Area(RuleBase):
    """Least area of a polygon, in µm²."""

    kind: Literal["area"]
    minimum: Length


class Angle(RuleBase):
    """Directions of edges are whole multiples of `step` degrees."""

    kind: Literal["angle"]
    step: Annotated[float, Field(gt=0, le=90)]


class Grid(RuleBase):
    """Vertices lie on multiples of `step`."""

    kind: Literal["grid"]
    step: Length


class Acute(RuleBase):
    """Least angle of a corner in degrees, of what is drawn and of the space in it alike."""

    kind: Literal["acute"]
    minimum: Annotated[float, Field(gt=0, lt=90)]


class Floating(RuleBase):
    """A polygon of `layer` that `other` undercuts reaches out of it: something holds it."""

    kind: Literal["floating"]
    other: str


class Inside(RuleBase):
    """Polygons of `layer` lie inside `other`; with `touching`, they only have to touch it."""

    kind: Literal["inside"]
    other: str
    touching: bool = False


class Duplicate(RuleBase):
    """No shape is drawn twice at one place, no cell placed twice."""

    kind: Literal["duplicate"]


class Density(RuleBase):
    """Share of each square window of side `window` that is covered.

    The windows tile the box of `other` (the floorplan), or of the layer itself where that is not
    drawn. Windows that reach out of it count for the maximum only.
    """

    kind: Literal["density"]
    window: Length
    minimum: Annotated[float, Field(ge=0, le=1)] = 0.0
    maximum: Annotated[float, Field(ge=0, le=1)] = 1.0
    other: str | None = None


Rule = Annotated[
    Minimum
    | Space
    | Enclosure
    | Overlap
    | Area
    | Angle
    | Grid
    | Acute
    | Floating
    | Inside
    | Duplicate
    | Density,
    Field(discriminator="kind"),
]
