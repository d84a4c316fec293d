"""A kit (PDK) as data: layers, the stacks it goes with, design rules, the e-beam's numbers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from cqdphotonics.errors import UnknownNameError
from cqdphotonics.layout.kits.rules import ALL, Rule
from cqdphotonics.layout.layers import LAYERS
from cqdphotonics.layout.parameters import GRID

Number = Annotated[int, Field(ge=0, le=65535)]

_OURS = {layer.name: layer for layer in LAYERS}


class KitLayer(BaseModel):
    """One layer: its name, its GDS layer and datatype, what is on it, its colour in a viewer.

    The layers that devices are drawn on have their numbers in `cqdphotonics.layout.layers`; a kit
    can't give them others. What it leaves out of them is taken from there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=32)
    number: tuple[Number, Number]
    purpose: str
    colour: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")

    @model_validator(mode="before")
    @classmethod
    def _as_ours(cls, data: Any) -> Any:
        ours = _OURS.get(str(data.get("name"))) if isinstance(data, dict) else None
        if ours is None:
            return data
        known = {"number": ours.number, "purpose": ours.purpose, "colour": ours.colour}
        return {**known, **data}

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        for ours in LAYERS:
            if (ours.name == self.name) != (ours.number == self.number):
                raise ValueError(
                    f"devices are drawn with {ours.name} on {ours.number[0]}/{ours.number[1]}; "
                    f"here {self.name} is {self.number[0]}/{self.number[1]}"
                )
        return self

    def __str__(self) -> str:
        return f"{self.name} ({self.number[0]}/{self.number[1]})"


class Kit(BaseModel):
    """What a fab says about its process.

    Attributes
    ----------
    name, description : str
        What it is.
    dbu, grid : float
        Database unit of the files in µm, and the grid of vertices.
    stacks : tuple of str
        Names of the film stacks that it makes.
    layers : tuple of KitLayer
        All layers that a file may have.
    rules : tuple of Rule
        See `cqdphotonics.layout.kits.rules`.
    ebeam : dict
        Numbers of the exposure, as `cqdphotonics.layout.ebeam` takes them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]*$", max_length=64)
    description: str
    dbu: float = GRID
    grid: float = GRID
    stacks: tuple[str, ...] = ()
    layers: tuple[KitLayer, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()
    ebeam: dict[str, Any] = Field(default_factory=dict)

    @field_validator("dbu", "grid")
    @classmethod
    def _ours(cls, value: float) -> float:
        if abs(value / GRID - 1) > 1e-9:
            raise ValueError(f"devices are drawn on a grid of {GRID:g} µm; other grids can't be")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [layer.name for layer in self.layers]
        _once("layer", names)
        _once("layer", [f"{n.number[0]}/{n.number[1]}" for n in self.layers])
        _once("rule", [rule.name for rule in self.rules])
        for rule in self.rules:
            for name in (*rule.layer, *rule.others):
                if name not in names and name != ALL:
                    raise ValueError(
                        f"rule '{rule.name}': there is no layer '{name}'. "
                        f"Layers: {', '.join(names)}"
                    )
        return self

    def layer(self, name: str) -> KitLayer:
        """A layer by its name.

        Raises
        ------
        UnknownNameError
            If there is none of that name.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise UnknownNameError(f"layer of the kit {self.name}", name, [n.name for n in self.layers])

    def layers_of(self, rule: Any) -> tuple[KitLayer, ...]:
        """The layers that a rule is for."""
        if ALL in rule.layer:
            return self.layers
        return tuple(self.layer(name) for name in rule.layer)

    def at(self, number: tuple[int, int]) -> KitLayer | None:
        """The layer with this GDS layer and datatype, if the kit has it."""
        return next((layer for layer in self.layers if layer.number == number), None)

    def write_lyp(self, path: str | Path) -> Path:
        """Write KLayout's layer properties: names and colours of the layers.

        Raises
        ------
        StorageError
            If the file can't be written.
        """
        from cqdphotonics.layout.kits.lyp import lyp_text
        from cqdphotonics.layout.written import write_file

        return write_file(path, lyp_text(self).encode("utf-8"))


def _once(what: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{what} '{value}' comes twice")


def plain(kit: Kit) -> Mapping[str, Any]:
    """A kit as plain data, for JSON."""
    return kit.model_dump(mode="json")
