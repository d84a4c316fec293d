"""The parts of a study, as the YAML file has them."""

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from uncertainties import UFloat

from cqdphotonics.codesign.objective import FIGURES
from cqdphotonics.errors import UnknownNameError

if TYPE_CHECKING:
    from cqdphotonics.fdtd import Response

STACK_PREFIX = "stack."
"""How a parameter of the stack is told from one of the component."""

AlgorithmName = Literal[
    "BOBYQA", "COBYLA", "SBPLX", "NELDERMEAD", "CRS2", "ISRES", "ESCH", "DIRECT-L", "MLSL",
    "MMA", "CCSAQ", "SLSQP",
]  # fmt: skip
ProofName = Literal["draft", "standard", "fine"]
FidelityName = Literal["theory", "coarse", "draft", "standard", "fine"]
FIDELITIES: tuple[FidelityName, ...] = get_args(FidelityName)
"""From cheap to dear."""


def number(value: Any) -> Any:
    """Refuse what pydantic would turn into a number in silence (``yes`` is 1 in YAML)."""
    if isinstance(value, bool):
        raise ValueError(f"should be a number, not {str(value).lower()}")
    if isinstance(value, str):
        try:
            return float(value)  # YAML 1.1 reads 1e-3, without a point, as a text
        except ValueError:
            raise ValueError(f"should be a number, not the text '{value}'") from None
    return value


Number = Annotated[float, BeforeValidator(number), Field(allow_inf_nan=False)]
Count = Annotated[int, BeforeValidator(number)]


class Part(BaseModel):
    """Frozen, and without keys that are not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FreeParameter(Part):
    """Bounds of one searched parameter, and where the hand-made design has it."""

    minimum: Number
    maximum: Number
    start: Number | None = Field(
        default=None, description="The hand-made design; without it the middle of the bounds."
    )
    scale: Literal["linear", "log"] = Field(
        default="linear", description="How the optimiser sees it; log for rates that span decades."
    )
    grid: Number | None = Field(
        default=None, gt=0, description="Step between values; by default what can be made (1 nm)."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.minimum < self.maximum:
            raise ValueError(
                f"the bounds are empty: minimum {self.minimum:g} is not below maximum "
                f"{self.maximum:g}"
            )
        if self.start is not None and not self.minimum <= self.start <= self.maximum:
            raise ValueError(
                f"start {self.start:g} is outside of the bounds {self.minimum:g} … {self.maximum:g}"
            )
        if self.scale == "log" and self.minimum <= 0:
            raise ValueError(f"scale: log needs a minimum above 0, not {self.minimum:g}")
        return self

    @property
    def first(self) -> float:
        """The value of the hand-made design."""
        if self.start is not None:
            return self.start
        if self.scale == "log":
            return float((self.minimum * self.maximum) ** 0.5)
        return (self.minimum + self.maximum) / 2


class EmitterChoice(Part):
    """An emitter of the library, or a file of one's own, with values that differ from it."""

    name: str = Field(description="Name in `cqd emitters`, or the path of a YAML file.")
    override: dict[str, Number] = Field(
        default_factory=dict, description="Values that replace the emitter's, e.g. wavelength."
    )


class Collection(Part):
    """Photons that count as collected: those in a cone, or those guided out of a port."""

    na: Number = Field(default=0.7, gt=0, description="Numerical aperture of the objective lens.")
    direction: Literal["up", "down"] = "up"
    port: str = Field(
        default="", description="Optical port (o1, …; west, east of a beam) instead of the cone."
    )

    @property
    def words(self) -> str:
        """For texts: ``NA 0.7, upward`` or ``port o1``."""
        return f"port {self.port}" if self.port else f"NA {self.na:g}, {self.direction}ward"

    def share(self, response: "Response") -> UFloat:
        """Share of all emitted power that is collected, at the emission wavelength."""
        if self.port:
            return response.guided_share(self.port)
        return response.collection(self.na, self.direction)


class Rung(Part):
    """A dearer fidelity on the way up, see `codesign.ladder`."""

    fidelity: FidelityName
    budget: Count = Field(default=8, ge=2, le=1000, description="Evaluations at this fidelity.")
    below: Count = Field(
        default=20, ge=1, le=1000, description="Evaluations of each search one level below."
    )


class Search(Part):
    """How the search goes."""

    algorithm: AlgorithmName = Field(
        default="COBYLA",
        description="Of nlopt. MMA, CCSAQ and SLSQP need slopes, which theory alone has.",
    )
    fidelity: FidelityName = "draft"
    budget: Count = Field(default=60, ge=1, le=100_000, description="Evaluations in all.")
    samples: Count = Field(
        default=12,
        ge=0,
        description="Quasi-random designs, tried beside the start before the search.",
    )
    starts: Count = Field(
        default=2, ge=1, le=64, description="Local searches, from the best so far."
    )
    seed: Count = Field(default=1, ge=0, lt=2**31)
    ladder: tuple[Rung, ...] = Field(
        default=(),
        max_length=len(FIDELITIES) - 1,
        description="Dearer fidelities to carry the best design to, each correcting the one below.",
    )
    scale_to_wavelength: bool = Field(
        default=True,
        description="Where a design resonates beside the emitter's wavelength, also try it with "
        "all free lengths scaled by the ratio of the wavelengths.",
    )
    slopes: Literal["", "mode"] = Field(
        default="",
        description="mode: how much each length moves the resonance is taken from the field of the "
        "start's mode (round devices without metal); two simulations more.",
    )

    @model_validator(mode="after")
    def _enough(self) -> Self:
        for low, high in pairwise([self.fidelity, *(rung.fidelity for rung in self.ladder)]):
            if FIDELITIES.index(high) <= FIDELITIES.index(low):
                raise ValueError(
                    f"the ladder goes from {low} to {high}, which is no step up; the order is "
                    f"{', '.join(FIDELITIES)}"
                )
        if self.budget < 1 + self.samples + self.starts:
            raise ValueError(
                f"a budget of {self.budget} leaves nothing to search with: the start, "
                f"{self.samples} samples and {self.starts} searches need at least "
                f"{1 + self.samples + self.starts}"
            )
        return self


class Proof(Part):
    """How the start and the best design are verified."""

    fidelity: ProofName = "fine"


class Constraints(Part):
    """What a design must keep to."""

    figures: dict[str, Number] = Field(
        default_factory=dict, description="Figures and the least value each must have."
    )
    kit: str = Field(
        default="", description="Kit (or path of one) whose rules the layout must pass."
    )
    minimum_feature: Number | None = Field(
        default=None, gt=0, description="Smallest width and space on any layer in µm."
    )
    resonance_within: Number | None = Field(
        default=None, gt=0, description="Farthest that the resonance may lie from the line in µm."
    )

    @model_validator(mode="after")
    def _figures(self) -> Self:
        for name, least in self.figures.items():
            check_figure(name)
            if not least > 0:
                raise ValueError(f"the least {name}, {least:g}, is not above 0")
            if least > 1 and name not in ("purcell",):
                raise ValueError(f"the least {name}, {least:g}, is above 1: no device has that")
        return self


class ParetoFront(Part):
    """Two figures whose front is wanted, see `codesign.pareto`."""

    figures: tuple[str, str] = ("indistinguishability", "efficiency")
    points: Count = Field(default=6, ge=2, le=100, description="Searches along the front.")
    budget: Count = Field(default=15, ge=1, le=10_000, description="Evaluations of each.")
    proofs: Count = Field(
        default=0,
        ge=0,
        le=100,
        description="Designs on the front to verify at the proof's fidelity.",
    )

    @model_validator(mode="after")
    def _figures(self) -> Self:
        for name in self.figures:
            check_figure(name)
        if self.figures[0] == self.figures[1]:
            raise ValueError(f"a front needs two different figures, not '{self.figures[0]}' twice")
        return self


def check_figure(name: str) -> None:
    """Raise a ValueError unless `name` is a figure that a study can name."""
    if name not in FIGURES:
        raise ValueError(str(UnknownNameError("figure", name, FIGURES)))
