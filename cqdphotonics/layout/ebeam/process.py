"""All numbers of an exposure: the beam, the resist's dose, the machine."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cqdphotonics.errors import FileFormatError
from cqdphotonics.layout.ebeam.spread import PointSpread
from cqdphotonics.layout.parameters import GRID

FIRST_CLASS = 100
"""Datatype of the lowest dose class: layer 1/0 is written as 1/100, 1/101, …"""


class Process(BaseModel):
    """The exposure of one layer by a Gaussian or shaped electron beam.

    Attributes
    ----------
    point_spread : PointSpread
        Or its name, or a mapping with ``alpha``, ``beta`` (µm) and ``eta``.
    base_dose : float
        Dose in µC/cm² at which the edge of a large area prints where it is drawn.
    beam_current : float
        nA.
    dose_classes : int
        Largest number of different doses.
    write_field : float
        Side of the machine's field in µm.
    field_origin : (float, float)
        Centre of one of the fields in µm.
    vertex_tolerance : float
        How far an edge may move, in µm, when vertices are left out.
    edge_bias : float
        By how much every edge moves outwards before the correction, in µm; negative: inwards.
    dose_error : float
        Largest relative error of the absorbed energy that the correction aims at.
    shot_grid : float
        Grid in µm of the corners of shots; 0.001 divided by a whole number. A cut through an
        oblique edge ends on it, which moves that edge by up to half a step.
    settling_time, stage_time : float
        Seconds for each shot and for each field. Both differ between machines: the defaults are
        assumed, not measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    point_spread: PointSpread = PointSpread.named("si-100kV")
    base_dose: float = Field(default=300.0, gt=0, le=1e6)
    beam_current: float = Field(default=1.0, gt=0, le=1e5)
    dose_classes: int = Field(default=48, ge=2, le=250)
    write_field: float = Field(default=500.0, ge=1, le=1e5)
    field_origin: tuple[float, float] = (0.0, 0.0)
    vertex_tolerance: float = Field(default=0.0005, ge=0, le=0.1)
    edge_bias: float = Field(default=0.0, ge=-0.5, le=0.5)
    dose_error: float = Field(default=0.02, gt=0, le=0.5)
    shot_grid: float = Field(default=GRID, gt=0, le=GRID)
    settling_time: float = Field(default=2e-6, ge=0, le=1)
    stage_time: float = Field(default=0.3, ge=0, le=100)

    @field_validator("shot_grid")
    @classmethod
    def _divides_the_grid(cls, value: float) -> float:
        if abs(GRID / value - round(GRID / value)) > 1e-9:
            raise ValueError(f"{value:g} µm is not {GRID:g} µm divided by a whole number")
        return value

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any], where: str = "the section 'ebeam'") -> Self:
        """Check what a kit's ``ebeam:`` section says.

        Parameters
        ----------
        data : mapping
            Attributes by name; what is left out has its default.
        where : str
            What the message calls the section.

        Raises
        ------
        FileFormatError
            Something is not as `Process` allows; all of it is told.
        """
        if not isinstance(data, Mapping):
            raise FileFormatError(f"{where} is not a mapping of names to values.")
        try:
            return cls.model_validate(dict(data))
        except ValidationError as error:
            told = "; ".join(_complaint(one) for one in error.errors())
            raise FileFormatError(
                f"{where}: {told}. Known: {', '.join(cls.model_fields)}."
            ) from error

    @property
    def shortest(self) -> float:
        """The shortest range of the point spread in µm: what a dose can resolve."""
        return self.point_spread.ranges[0]


def _complaint(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"'{name}' is not known"
    return f"{name}: {error['msg'].removeprefix('Value error, ')} (given: {error['input']!r})"
