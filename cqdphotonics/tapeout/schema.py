"""The file of a chip: what is on it, how it is placed, and what counts as a good device."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError, model_validator

from cqdphotonics.codesign.settings import (
    Collection,
    Count,
    EmitterChoice,
    FidelityName,
    Number,
    Part,
)
from cqdphotonics.errors import CqdError, FileFormatError
from cqdphotonics.layout.chip import Floorplan, OverlayBudget, Sweep
from cqdphotonics.located_yaml import complaints, parse, read_text

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,7}$")]
Place = tuple[Number, Number]
Value = bool | Number | str

SMALLEST_LABEL = 5.0
"""µm: strokes of smaller letters are below 0.8 µm, which a microscope in air does not resolve."""

DOSE = "dose"
"""Swept like a parameter: dose of the device over that of the process."""

MOST_VALUES = 1000


class Outline(Part):
    """The chip's size, the edge in which nothing is placed, the dicing street; µm."""

    size: Place
    edge: Number = 150.0
    street: Number = 100.0

    @property
    def floorplan(self) -> Floorplan:
        """As the assembly takes it."""
        return Floorplan(size=self.size, edge=self.edge, street=self.street)


class Overlay(Part):
    """Standard deviations along one axis, µm; see `layout.chip.OverlayBudget`."""

    mark: Number
    tool: Number
    drift: Number
    alignments: Literal[1, 2] = 2

    @property
    def budget(self) -> OverlayBudget:
        """As the assembly takes it."""
        return OverlayBudget(self.mark, self.tool, self.drift, self.alignments)


class TemplateHole(Part):
    """The opening over every dot, and what comes to lie in it; see `placement.Template`."""

    shape: Literal["hole", "trench"] = "hole"
    width: Number = Field(gt=0, description="Diameter of a hole, width of a trench, µm.")
    length: Number | None = Field(default=None, gt=0, description="Length of a trench, µm.")
    axis: Literal["x", "y"] = Field(default="x", description="Along which a trench lies.")
    depth: Number = Field(default=0.03, gt=0)
    dot: Number = Field(gt=0, description="Mean diameter of the dot with its ligands, µm.")
    dot_spread: Number = Field(default=0.0, ge=0)
    loading: Number = Field(default=1.0, gt=0)
    filling: Literal["equilibrium", "irreversible"] = "equilibrium"


class Marks(Part):
    """Crosses for the beam in the corners; overlay crosses and verniers beside them; µm."""

    length: Number = Field(default=100.0, ge=10, le=500)
    width: Number = Field(default=4.0, ge=0.5, le=50)
    clear: Number = Field(default=20.0, ge=5, le=500, description="Kept free around each mark.")
    vernier_step: Number = Field(default=0.01, ge=0.001, le=0.2)


def _steps(value: Any) -> Any:
    """Values of an axis, written out or as centre, step and count."""
    if not isinstance(value, dict):
        return value
    unknown = set(value) - {"centre", "step", "count"}
    if unknown or len(value) != 3:
        raise ValueError("a range has the keys centre, step and count; or write a list of values")
    centre, step, count = (value[key] for key in ("centre", "step", "count"))
    numbers = (centre, step, count)
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise ValueError("centre, step and count are numbers")
    if count != int(count) or not 1 <= count <= MOST_VALUES or step <= 0:
        raise ValueError(f"count is a whole number from 1 to {MOST_VALUES}, and step above 0")
    count = int(count)
    return [round(centre + (k - (count - 1) / 2) * step, 9) for k in range(count)]


Values = Annotated[
    tuple[Number, ...], BeforeValidator(_steps), Field(min_length=1, max_length=MOST_VALUES)
]


class Fibre(Part):
    """Grating couplers in a row, at the pitch of a fibre array, for the ports of each device."""

    ports: tuple[str, ...] = Field(min_length=1, max_length=2)
    pitch: Number = Field(default=127.0, ge=20, le=1000, description="Of the fibre array, µm.")
    radius: Number = Field(default=20.0, ge=1, le=200, description="Of the bends, µm.")
    above: Number = Field(
        default=10.0, ge=1, le=1000, description="Straight waveguide between bend and coupler, µm."
    )
    coupler: dict[str, Value] = Field(
        default_factory=dict, description="Parameters of grating_coupler other than its width."
    )


class Array(Part):
    """Devices of one kind in rows and columns, with swept parameters."""

    name: Identifier = Field(description="Begins every label of the array.")
    component: str
    parameters: dict[str, Value] = Field(default_factory=dict)
    columns: dict[str, Values] = Field(default_factory=dict)
    rows: dict[str, Values] = Field(default_factory=dict)
    copies: Count = Field(default=1, ge=1, le=1000, description="Of the array, downwards.")
    across: Count = Field(default=1, ge=1, le=1000, description="Of the array, to the right.")
    at: Place = Field(description="Origin of the device in row A, column 01; µm.")
    pitch: Place = Field(description="Between devices along x and y, µm.")
    role: Literal["device", "reference"] = "device"
    template: bool = True
    stack: str | None = None
    stack_parameters: dict[str, Number] = Field(default_factory=dict)
    wavelength: Number | None = Field(default=None, gt=0)
    fibre: Fibre | None = None

    @property
    def sweep(self) -> Sweep:
        """As the assembly takes it."""
        return Sweep(self.columns, self.rows, self.copies, self.across)

    @model_validator(mode="after")
    def _swept(self) -> Self:
        try:
            sweep = self.sweep
        except CqdError as error:
            raise ValueError(str(error)) from None
        twice = (set(self.columns) | set(self.rows)) & set(self.parameters)
        if twice:
            raise ValueError(f"'{twice.pop()}' is both fixed (parameters) and swept")
        if DOSE in self.parameters:
            raise ValueError("'dose' is no parameter of a component; sweep it in columns or rows")
        doses = (*self.columns.get(DOSE, ()), *self.rows.get(DOSE, ()))
        if any(not 0.1 <= dose <= 10 for dose in doses):
            raise ValueError("doses are relative to that of the process: 0.1 to 10")
        if min(self.pitch) <= 0:
            raise ValueError("pitch is above 0 along x and y")
        del sweep
        return self


class DoseTest(Part):
    """Lines and holes in columns of different doses; see the part `dose_test`."""

    at: Place
    parameters: dict[str, Value] = Field(default_factory=dict)


class Good(Part):
    """Which devices are good, and how many are wanted."""

    thresholds: dict[
        Literal["purcell", "indistinguishability", "efficiency"], Annotated[Number, Field(ge=0)]
    ] = Field(min_length=1)
    wanted: Count = Field(default=1, ge=1, le=100_000)
    certainty: Number = Field(default=0.95, gt=0, lt=1)
    orientation: Literal["aligned", "isotropic", "in_plane"] = "isotropic"
    dipole: Literal["linear", "planar", "three"] = "linear"
    samples: Count = Field(default=20_000, ge=100, le=1_000_000)
    seed: Count = 0


class Ebeam(Part):
    """What is computed for the exposure."""

    correct: bool = Field(default=True, description="Correct one device of every array.")
    override: dict[str, Any] = Field(
        default_factory=dict, description="Values that replace those of the kit's section ebeam."
    )


def _as_choice(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class ChipFile(Part):
    """All that a file of a chip says; lengths in µm."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
    title: str = ""
    description: str = ""
    kit: str = "sin-ebeam"
    stack: str
    stack_parameters: dict[str, Number] = Field(default_factory=dict)
    emitter: Annotated[EmitterChoice, BeforeValidator(_as_choice)]
    collection: Collection = Collection()
    fidelity: tuple[FidelityName, ...] = Field(
        min_length=1,
        default=("fine", "standard", "draft"),
        description="Results of the first of these that is complete in the store are shown.",
    )
    chip: Outline
    overlay: Overlay
    template: TemplateHole | None = None
    marks: Marks = Marks()
    label_size: Number = Field(default=10.0, ge=SMALLEST_LABEL, le=200)
    arrays: tuple[Array, ...] = Field(min_length=1, max_length=200)
    dose_test: DoseTest | None = None
    good: Good | None = None
    ebeam: Ebeam = Ebeam()

    _folder: Path = PrivateAttr(default_factory=Path.cwd)
    _text: str = PrivateAttr(default="")

    @property
    def folder(self) -> Path:
        """Paths in the file are relative to this, and stay inside."""
        return self._folder

    @property
    def text(self) -> str:
        """The file as it was read; made from the values where there was none."""
        return self._text or self.model_dump_json(indent=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [array.name for array in self.arrays]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two arrays are called '{name}'; their labels would be the same")
        return self


def load(path: str | Path) -> ChipFile:
    """Read the file of a chip.

    Raises
    ------
    FileFormatError
        If it can't be read or says something that is not allowed; the message says on which line.
    """
    path = Path(path)
    text = read_text(path, "chip file")
    data, lines = parse(text, str(path))
    if not isinstance(data, dict):
        raise FileFormatError(
            f"'{path}' holds no chip: a mapping with name, stack, emitter, chip, arrays, …"
        )
    try:
        chip = ChipFile.model_validate(data)
    except ValidationError as error:
        raise FileFormatError(complaints(error, ChipFile, lines, str(path))) from None
    chip._folder = path.resolve().parent
    chip._text = text
    return chip
