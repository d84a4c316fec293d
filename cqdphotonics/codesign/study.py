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
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)

from cqdphotonics.codesign.engine_choice import EngineChoice
from cqdphotonics.codesign.ensemble import Ensemble
from cqdphotonics.codesign.objective import FIGURES, Objective
from cqdphotonics.codesign.settings import (
    STACK_PREFIX,
    Collection,
    Constraints,
    EmitterChoice,
    FreeParameter,
    Number,
    ParetoFront,
    Part,
    Proof,
    Search,
    check_figure,
)
from cqdphotonics.codesign.several import Over
from cqdphotonics.errors import FileFormatError, InputError
from cqdphotonics.located_yaml import Location, complaints, parse, place, read_text

if TYPE_CHECKING:
    from cqdphotonics.codesign.observer import Observer
    from cqdphotonics.codesign.result import StudyResult
    from cqdphotonics.emitters import Emitter


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    """One emitter, by its name or a mapping, is a list of one."""
    return [_named(each) for each in value] if isinstance(value, list | tuple) else [_named(value)]


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _exponents(value: Any) -> Any:
    return {value: 1.0} if isinstance(value, str) else value


LATER = {"": ("over_emitters",), "ensemble": ("index", "index_of"), "search": ("slopes",)}
"""Keys that came later: where they are not used, a study is what it was before."""


def _leave_out(content: dict[str, Any], study: "Study") -> None:
    for part, names in LATER.items():
        settings = getattr(study, part) if part else study
        for name in names if settings is not None else ():
            if getattr(settings, name) == type(settings).model_fields[name].default:
                del (content[part] if part else content)[name]


class Study(Part):
    """What is searched: a device, for an emitter, towards an objective."""

    name: str = Field(min_length=1, max_length=120)
    description: str = ""
    emitter: Annotated[
        tuple[EmitterChoice, ...],
        BeforeValidator(
            _listed,
            json_schema_input_type=str | EmitterChoice | tuple[str | EmitterChoice, ...],
        ),
    ] = Field(
        min_length=1,
        max_length=20,
        description="Who emits: a name, a mapping, or a list of those for a device that is to "
        "serve them all.",
    )
    over_emitters: Over = Field(
        default="worst", description="Of several emitters: whether the worst or their mean counts."
    )
    component: str = Field(description="Name in `cqd components`.")
    stack: str = Field(
        default="", description="Name in `cqd stacks`; none for theory.cavity and theory.cascade."
    )
    fixed: dict[str, Number | bool | str] = Field(
        default_factory=dict, description="Parameters that keep one value."
    )
    free: dict[str, FreeParameter] = Field(
        min_length=1, max_length=20, description="Parameters that are searched, with bounds."
    )
    dipole: Literal["x", "y", "z"] = "x"
    objective: Annotated[
        dict[str, Number],
        BeforeValidator(_exponents, json_schema_input_type=str | dict[str, float]),
    ] = Field(
        min_length=1,
        description="A figure to maximise, or a mapping of figures to exponents whose product is "
        f"maximised. Figures: {', '.join(FIGURES)}.",
    )
    function: str = Field(
        default="",
        description="A Python function of one's own, 'module:name', that is maximised instead; "
        "allowed only with --allow-code.",
    )
    constraints: Constraints = Constraints()
    ensemble: Ensemble | None = Field(
        default=None, description="What scatters; the objective is then a statistic over it."
    )
    pareto: ParetoFront | None = Field(
        default=None, description="A front of two figures, searched after the objective's best."
    )
    collection: Collection = Collection()
    search: Search = Search()
    proof: Proof = Proof()
    engine: Annotated[
        EngineChoice, BeforeValidator(_named, json_schema_input_type=str | EngineChoice)
    ] = Field(
        default=EngineChoice(),
        description="Where to simulate: local, slurm, pbs or lsf, or a mapping with that 'name'.",
    )

    _lines: dict[Location, int] = PrivateAttr(default_factory=dict)
    _source: str = PrivateAttr("study")
    _folder: Path = PrivateAttr(default_factory=Path)
    _loaded: "tuple[EmitterChoice, Emitter] | None" = PrivateAttr(None)

    @field_serializer("emitter")
    def _plainly(self, value: tuple[EmitterChoice, ...]) -> Any:
        plain = [each.model_dump(mode="json") for each in value]
        return plain[0] if len(plain) == 1 else plain

    @field_validator("objective")
    @classmethod
    def _known_figures(cls, value: dict[str, float]) -> dict[str, float]:
        for figure, exponent in value.items():
            check_figure(figure)
            if exponent == 0:
                raise ValueError(f"the exponent of '{figure}' is 0; leave it out")
        return value

    @property
    def goal(self) -> Objective:
        """The objective with what is held above a value."""
        return Objective(self.objective, self.constraints.figures)

    @property
    def symbol(self) -> str:
        """What is maximised: the objective in symbols, or its statistic over the ensemble."""
        found = self.goal.symbol
        if self.ensemble is not None:
            found = f"{self.ensemble.statistic} of {found}"
            if self.ensemble.statistic == "yield":
                found = "yield"
        if len(self.emitter) == 1:
            return found
        return f"{self.over_emitters} of {found} over {len(self.emitter)} emitters"

    @model_validator(mode="after")
    def _once(self) -> Self:
        if not self.stack and not self.component.startswith("theory."):
            raise ValueError("'stack' is missing: give a name of `cqd stacks`")
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
            nearest allowed key and the allowed values. Also if it can't be read.
        """
        path = Path(path)
        if not path.exists():
            raise FileFormatError(f"there is no file '{path}'. Give the path of a study.")
        text = read_text(path, "study")
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

    def with_engine(
        self, engine: str | None = None, workers: int | None = None, ranks: int | None = None
    ) -> "Study":
        """The same study on another engine, or with more of it; the answer is the same.

        Raises
        ------
        UnknownNameError
            If there is no such engine.
        """
        return self.model_copy(update={"engine": self.engine.replaced(engine, workers, ranks)})

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
        allow_code: bool = False,
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
        allow_code : bool
            Whether the study's ``function`` may be imported and called.

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

        if self.function and not allow_code:
            raise InputError(
                f"{self.at('function')}: the study calls the Python function '{self.function}'. If "
                "you trust it, allow that with --allow-code (allow_code=True)."
            )
        return run_study(self, Path(directory), workers=workers, observer=observer)

    def at(self, *location: str | int) -> str:
        """Where in the study's file the value at `location` is, for messages."""
        return place(location, self._lines, self._source)

    def path_of(self, name: str) -> str:
        """`name`, or the path that it is where it names a file: relative to the study's folder."""
        return str(self._folder / name) if name.endswith((".yaml", ".yml")) else name

    def load_emitter(self) -> "Emitter":
        """The emitter with the study's own values in it; the first one of several."""
        from cqdphotonics import emitters

        chosen = self.emitter[0]
        if self._loaded is None or self._loaded[0] != chosen:  # a copy may have another one
            self._loaded = chosen, emitters.load(self.path_of(chosen.name), chosen.override)
        return self._loaded[1]

    @property
    def singles(self) -> "tuple[Study, ...]":
        """The study for each of its emitters alone."""
        return tuple(self.model_copy(update={"emitter": (each,)}) for each in self.emitter)

    @property
    def emitter_names(self) -> tuple[str, ...]:
        """What each emitter is called in texts; numbered where two have one name."""
        names = [single.load_emitter().name for single in self.singles]
        return tuple(
            f"{name} ({names[: place + 1].count(name)})" if names.count(name) > 1 else name
            for place, name in enumerate(names)
        )

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
        _leave_out(content, self)
        for single, kept in zip(self.singles, _many(content["emitter"]), strict=True):
            kept["data"] = single.load_emitter().model_dump(mode="json")
            kept.pop("name")
        if self.path_of(self.stack) != self.stack:
            content["stack"] = read_text(self.path_of(self.stack), "stack file")
        text = yaml.safe_dump(content, sort_keys=True)
        return sha256(text.encode()).hexdigest()

    def to_yaml(self) -> str:
        """The study as YAML, with every default written out."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
