"""A study: what is searched, for whom, by which means. One YAML file, checked before it runs.

.. code-block:: yaml

    name: CsPbBr3 at 4 K in a silicon nitride bullseye
    emitter: CsPbBr3-4K
    component: bullseye
    stack: sin-air
    fixed:
      rings: 6
    free:
      radius: {minimum: 0.30, maximum: 0.60, start: 0.40}   # µm
      stack.thickness: {minimum: 0.20, maximum: 0.35}
    objective: {indistinguishability: 1, efficiency: 1}
    collection: {na: 0.7}

Lengths are in µm. A parameter of the stack is written ``stack.NAME``. The same study gives the
same answer: every random choice follows from ``search.seed``.
"""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from cqdphotonics.codesign.located_yaml import Location, complaints, parse, place
from cqdphotonics.codesign.objective import FIGURES
from cqdphotonics.errors import FileFormatError, StorageError, UnknownNameError

if TYPE_CHECKING:
    from cqdphotonics.codesign.result import StudyResult
    from cqdphotonics.codesign.run import Observer
    from cqdphotonics.emitters import Emitter

STACK_PREFIX = "stack."
"""How a parameter of the stack is told from one of the component."""

AlgorithmName = Literal[
    "BOBYQA", "COBYLA", "SBPLX", "NELDERMEAD", "CRS2", "ISRES", "ESCH", "DIRECT-L", "MLSL"
]
FidelityName = Literal["draft", "standard", "fine"]
EngineName = Literal["local"]
ENGINES: tuple[str, ...] = get_args(EngineName)


def _number(value: Any) -> Any:
    """Refuse what pydantic would turn into a number in silence (``yes`` is 1 in YAML)."""
    if isinstance(value, bool):
        raise ValueError(f"should be a number, not {str(value).lower()}")
    if isinstance(value, str):
        try:
            return float(value)  # YAML 1.1 reads 1e-3, without a point, as a text
        except ValueError:
            raise ValueError(f"should be a number, not the text '{value}'") from None
    return value


Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Count = Annotated[int, BeforeValidator(_number)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FreeParameter(_Part):
    """Bounds of one searched parameter, and where the hand-made design has it."""

    minimum: Number
    maximum: Number
    start: Number | None = Field(
        default=None, description="The hand-made design; without it the middle of the bounds."
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
        return self

    @property
    def first(self) -> float:
        """The value of the hand-made design."""
        return (self.minimum + self.maximum) / 2 if self.start is None else self.start


class EmitterChoice(_Part):
    """An emitter of the library, or a file of one's own, with values that differ from it."""

    name: str = Field(description="Name in `cqd emitters`, or the path of a YAML file.")
    override: dict[str, Number] = Field(
        default_factory=dict, description="Values that replace the emitter's, e.g. wavelength."
    )


class Collection(_Part):
    """The cone into which photons count as collected."""

    na: Number = Field(default=0.7, gt=0, description="Numerical aperture of the objective lens.")
    direction: Literal["up", "down"] = "up"


class Search(_Part):
    """How the search goes."""

    algorithm: AlgorithmName = Field(
        default="COBYLA", description="A derivative-free nlopt algorithm."
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
    scale_to_wavelength: bool = Field(
        default=True,
        description="Where a design resonates beside the emitter's wavelength, also try it with "
        "all free lengths scaled by the ratio of the wavelengths.",
    )

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.budget < 1 + self.samples + self.starts:
            raise ValueError(
                f"a budget of {self.budget} leaves nothing to search with: the start, "
                f"{self.samples} samples and {self.starts} searches need at least "
                f"{1 + self.samples + self.starts}"
            )
        return self


class Proof(_Part):
    """How the start and the best design are verified."""

    fidelity: FidelityName = "fine"


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _exponents(value: Any) -> Any:
    return {value: 1.0} if isinstance(value, str) else value


class Study(_Part):
    """What is searched: a device, for an emitter, towards an objective."""

    name: str = Field(min_length=1, max_length=120)
    description: str = ""
    emitter: Annotated[EmitterChoice, BeforeValidator(_named)]
    component: str = Field(description="Name in `cqd components`.")
    stack: str = Field(description="Name in `cqd stacks`.")
    fixed: dict[str, Number | bool | str] = Field(
        default_factory=dict, description="Parameters that keep one value."
    )
    free: dict[str, FreeParameter] = Field(
        min_length=1, max_length=20, description="Parameters that are searched, with bounds."
    )
    dipole: Literal["x", "y", "z"] = "x"
    objective: Annotated[dict[str, Number], BeforeValidator(_exponents)] = Field(
        min_length=1,
        description="A figure to maximise, or a mapping of figures to exponents whose product is "
        f"maximised. Figures: {', '.join(FIGURES)}.",
    )
    collection: Collection = Collection()
    search: Search = Search()
    proof: Proof = Proof()
    engine: EngineName = "local"

    _lines: dict[Location, int] = PrivateAttr(default_factory=dict)
    _source: str = PrivateAttr("study")
    _folder: Path = PrivateAttr(default_factory=Path)

    @field_validator("objective")
    @classmethod
    def _known_figures(cls, value: dict[str, float]) -> dict[str, float]:
        for figure, exponent in value.items():
            if figure not in FIGURES:
                raise ValueError(str(UnknownNameError("figure", figure, FIGURES)))
            if exponent == 0:
                raise ValueError(f"the exponent of '{figure}' is 0; leave it out")
        return value

    @model_validator(mode="after")
    def _once(self) -> Self:
        both = sorted(set(self.fixed) & set(self.free))
        if both:
            raise ValueError(f"'{both[0]}' is both fixed and free; keep one")
        return self

    @classmethod
    def from_file(cls, path: str | Path) -> "Study":
        """The study in a YAML file.

        Raises
        ------
        FileFormatError
            If the file is not YAML or not a study; the message names the line, the key, the
            nearest allowed key and the allowed values.
        StorageError
            If the file can't be read.
        """
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise FileFormatError(f"{path} is not a text in UTF-8.") from None
        except FileNotFoundError:
            raise FileFormatError(f"there is no file '{path}'. Give the path of a study.") from None
        except OSError as error:
            raise StorageError(f"can't read '{path}': {error.strerror}.") from None
        return cls.from_text(text, name=path.name, folder=path.parent)

    @classmethod
    def from_text(cls, text: str, name: str = "study", folder: str | Path = ".") -> "Study":
        """The study in a YAML `text`; relative paths in it start from `folder`."""
        data, lines = parse(text, name)
        if not isinstance(data, dict):
            raise FileFormatError(
                f"{name}: a study is a mapping of keys to values, such as 'component: bullseye'. "
                f"Keys: {', '.join(cls.model_fields)}."
            )
        try:
            study = cls.model_validate(data)
        except ValidationError as error:
            raise FileFormatError(complaints(error, cls, lines, name)) from None
        study._lines, study._source, study._folder = lines, name, Path(folder)
        return study

    def with_engine(self, engine: str) -> "Study":
        """The same study on another engine; the answer is the same.

        Raises
        ------
        UnknownNameError
            If there is no such engine.
        """
        if engine not in ENGINES:
            raise UnknownNameError("engine", engine, ENGINES)
        return self.model_copy(update={"engine": engine})

    def check(self) -> None:
        """Find every fault that can be found without a simulation.

        Raises
        ------
        InputError
            The first fault: an unknown emitter, component, stack or parameter, bounds outside
            of what the component allows, or a start that can't be built.
        """
        from cqdphotonics.codesign.check import check_study

        check_study(self)

    def run(
        self,
        directory: str | Path,
        *,
        workers: int | None = None,
        observer: "Observer | None" = None,
    ) -> "StudyResult":
        """Search, verify and report into `directory`; resumes what was begun there.

        Parameters
        ----------
        directory : str or Path
            Where everything goes: the store of simulations, the history, GDS, report, result.
        workers : int, optional
            Simulations side by side; default: the number of cores.
        observer : Observer, optional
            Is told how the search goes.

        Raises
        ------
        InputError
            If the study can't be run as written; nothing was simulated then.
        StorageError
            If `directory` can't be written or holds another study.
        SimulationError
            If no design could be simulated.
        """
        from cqdphotonics.codesign.run import run_study

        return run_study(self, Path(directory), workers=workers, observer=observer)

    def at(self, *location: str | int) -> str:
        """Where in the study's file the value at `location` is, for messages."""
        return place(location, self._lines, self._source)

    def path_of(self, name: str) -> str:
        """`name`, or the path that it is where it names a file: relative to the study's folder."""
        return str(self._folder / name) if name.endswith((".yaml", ".yml")) else name

    def load_emitter(self) -> "Emitter":
        """The emitter with the study's own values in it."""
        from cqdphotonics import emitters

        return emitters.load(self.path_of(self.emitter.name), self.emitter.override)

    def split(self, values: dict[str, float]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Settings of the component and of the stack for `values` of the free parameters."""
        merged: dict[str, Any] = {**self.fixed, **values}
        component = {k: v for k, v in merged.items() if not k.startswith(STACK_PREFIX)}
        stack = {
            k.removeprefix(STACK_PREFIX): v for k, v in merged.items() if k.startswith(STACK_PREFIX)
        }
        return component, stack

    def identity(self) -> str:
        """Hash of what determines the answer: everything but names and the engine."""
        content = self.model_dump(mode="json", exclude={"name", "description", "engine"})
        content["emitter"]["data"] = self.load_emitter().model_dump(mode="json")
        content["emitter"].pop("name")
        if self.path_of(self.stack) != self.stack:
            content["stack"] = Path(self.path_of(self.stack)).read_text(encoding="utf-8")
        text = yaml.safe_dump(content, sort_keys=True)
        return sha256(text.encode()).hexdigest()

    def to_yaml(self) -> str:
        """The study as YAML, with every default written out."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
