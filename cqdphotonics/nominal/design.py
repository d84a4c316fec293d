"""A nominal design as its file has it."""

import hashlib
import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cqdphotonics.errors import FileFormatError, InputError, UnknownNameError
from cqdphotonics.located_yaml import complaints, parse, read_text

if TYPE_CHECKING:
    from cqdphotonics.fdtd import Plan
    from cqdphotonics.fdtd.scene import Scene

FigureName = Literal[
    "purcell", "collection", "quality", "volume", "radiated_share", "enhancement", "detuning"
]
"""Figures that can be held against the literature.

purcell: F_tot at the emission wavelength. collection: share of all power into `na`. quality,
volume: Q and Ṽ = V/(λ/n)³ of the dominant mode. radiated_share: of all power, what is not absorbed;
over an endless film of metal what gets away from it, its plasmons left out.
In a plane wave: enhancement, the highest mean |E|²/|E₀|² over the hole; detuning, the relative
distance of its wavelength from the plasmon that a flat film of that period would have.
"""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Claim(_Part):
    """One figure that the literature states for a device of the kind.

    Attributes
    ----------
    figure : str
    value : float
    na : float, optional
        Of a collection.
    at_most : bool
        Whether smaller is better, as for a volume.
    """

    figure: FigureName
    value: float = Field(gt=0, allow_inf_nan=False)
    na: float | None = Field(default=None, gt=0)
    at_most: bool = False

    @property
    def text(self) -> str:
        """The claim in words, e.g. ``"F ≥ 12"``."""
        return f"{self.symbol} {'≤' if self.at_most else '≥'} {self.value:g}"

    @property
    def symbol(self) -> str:
        """How the figure is written."""
        if self.figure == "collection":
            return f"share of all power into NA {self.na:g}"
        return {"purcell": "F", "quality": "Q", "volume": "Ṽ",
                "radiated_share": "radiated share", "enhancement": "|E|²/|E₀|² in the hole",
                "detuning": "distance from the plasmon"}[self.figure]  # fmt: skip


class Literature(_Part):
    """The device of the literature that a design is held against.

    Attributes
    ----------
    device, source : str
    mark : {"S", "M"}
        Stated by a source that was read, or remembered and to be checked.
    claims : tuple of Claim
    """

    device: str
    source: str
    mark: Literal["S", "M"]
    claims: tuple[Claim, ...] = Field(min_length=1)


class Found(_Part):
    """How a design was found: in words, and the command that does it."""

    how: str
    command: str


class NominalDesign(_Part):
    """A working device, on its films, for its dot.

    Attributes
    ----------
    name : str
        The name of its file: family and wavelength in nm.
    title : str
    component, parameters, stack, stack_parameters
        As for `cqdphotonics.simulate`; parameters not given have their defaults.
    wavelength : float
        Vacuum, µm.
    light : {"dipole", "plane wave"}
        What drives it; a plane wave falls on an endless array from above.
    band : (float, float), optional
        Of the spectra in a plane wave, µm.
    dipole : {"x", "y", "z"}
    na, direction
        The cone whose collection is shown first.
    fidelity : {"theory", "draft", "standard", "fine"}
        At which it is to be simulated; plane films may have their exact answer, ``theory``.
    emitter : str
        A dot of the library that it is meant for; may be empty.
    kit : str
        Whose rules the layout keeps; empty where there is none for its layers.
    parts : bool
        Whether its parts are simulated instead of the whole, see `cqdphotonics.nominal.parts`.
    found : Found
    literature : Literature, optional
        None where no comparable figure was found.
    also : tuple of Literature
        Further sources to compare with; `literature` alone is what a match is claimed against.
    gap : str
        Why the figure of the literature is not reached, or not claimed.
    not_simulated : str
        Why there are no figures.
    """

    name: str
    title: str
    component: str
    parameters: dict[str, float | int | bool | str] = {}
    stack: str
    stack_parameters: dict[str, float | int] = {}
    wavelength: float = Field(gt=0, allow_inf_nan=False)
    light: Literal["dipole", "plane wave"] = "dipole"
    band: tuple[float, float] | None = None
    dipole: Literal["x", "y", "z"] = "x"
    na: float = Field(default=0.7, gt=0)
    direction: Literal["up", "down"] = "up"
    fidelity: Literal["theory", "draft", "standard", "fine"] = "fine"
    emitter: str = ""
    kit: str = ""
    parts: bool = False
    found: Found
    literature: Literature | None = None
    also: tuple[Literature, ...] = ()
    gap: str = ""
    not_simulated: str = ""

    def cell(self) -> Any:
        """The gdsfactory component."""
        from cqdphotonics import components

        return components.load(self.component)(**self.parameters)

    def scene(self) -> "Scene":
        """Device, films and dipole."""
        from cqdphotonics.fdtd import build_scene
        from cqdphotonics.layout import stacks

        films = stacks.load(self.stack, **self.stack_parameters)
        return build_scene(self.cell(), films, self.dipole)

    def plan(self, fidelity: str | None = None) -> "Plan":
        """The jobs that are its simulation today.

        Raises
        ------
        InputError
            Of fidelity ``theory`` there are none.
        """
        from cqdphotonics.fdtd.planning import plan
        from cqdphotonics.fdtd.theory import THEORY

        if (fidelity or self.fidelity) == THEORY:
            raise InputError(
                f"design '{self.name}' is of fidelity {THEORY}, which simulates nothing; name "
                "another fidelity to plan a simulation."
            )
        return plan(self.scene(), self.wavelength, fidelity or self.fidelity)

    @property
    def subject(self) -> str:
        """Hash of what is simulated, whatever the solver and its grids: 16 hexadecimal digits."""
        from cqdphotonics import components
        from cqdphotonics.layout import stacks

        films = stacks.load(self.stack, **self.stack_parameters)
        content = {
            "component": self.component,
            "parameters": components.resolve(self.component, self.parameters),
            "stack": films.model_dump(mode="json", exclude={"description"}),
            "wavelength": self.wavelength,
            "dipole": self.dipole,
        }
        if self.light == "plane wave":
            content |= {"light": self.light, "band": self.band}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def command(self) -> str:
        """The ``cqd simulate`` that simulates it."""
        what = "simulate" if self.light == "dipole" else "lattice"
        parts = [f"cqd {what} {self.component} -s {self.stack} -w {self.wavelength:g}"]
        parts += [f"-p {key}={value}" for key, value in self.parameters.items()]
        parts += [f"--stack-parameter {k}={v}" for k, v in self.stack_parameters.items()]
        if self.light == "dipole":
            parts += [f"--dipole {self.dipole} --na {self.na:g}"]
        elif self.band is not None:
            parts += ["--band {:g} {:g}".format(*self.band)]
        parts += [f"--fidelity {self.fidelity}"]
        return " ".join(parts)


def folder() -> Path:
    """Where the designs of the package lie."""
    return Path(str(resources.files("cqdphotonics.nominal"))) / "data"


@cache
def _shipped() -> dict[str, NominalDesign]:
    paths = sorted(folder().glob("*.yaml"))
    return {path.stem: read_design(path) for path in paths}


def names() -> list[str]:
    """Names of the nominal designs, in alphabetical order."""
    return list(_shipped())


def load(name: str) -> NominalDesign:
    """A nominal design by its name.

    Raises
    ------
    UnknownNameError
        No such name.
    """
    if name not in _shipped():
        raise UnknownNameError("nominal design", name, names())
    return _shipped()[name]


def of_family(component: str) -> list[NominalDesign]:
    """The nominal designs of a device, by wavelength."""
    found = (design for design in _shipped().values() if design.component == component)
    return sorted(found, key=lambda design: (design.wavelength, design.name))


def read_design(path: Path) -> NominalDesign:
    """Read a design's file.

    Raises
    ------
    FileFormatError
        If it can't be read, or isn't a nominal design.
    """
    data, lines = parse(read_text(path, "nominal design"), path.name)
    if not isinstance(data, dict):
        raise FileFormatError(f"{path.name}: a nominal design is a mapping of keys to values.")
    try:
        return NominalDesign.model_validate({"name": path.stem, **data})
    except ValidationError as error:
        raise FileFormatError(complaints(error, NominalDesign, lines, path.name)) from None
