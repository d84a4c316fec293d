"""Film stacks: what lies below, in and above the pattern, as data with named numbers.

::

          cladding                       half-space
        ┌──────────────┐
        │ device film  │  layer (1, 0)   z = 0 at the bottom of the first patterned film
        ├──────────────┴───────────────
        │ spacer                         film without pattern
        ├──────────────────────────────
          substrate                      half-space

Several films may have the same layer: they are etched in one go, with one wall. What is not drawn
is filled with the cladding or, where the stack says so, with its `filling`.

The stacks that come with the package are in ``stacks.yaml``; a file of the same form, with one
stack or several, is loaded by its path.
"""

from functools import cache
from math import radians, tan
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cqdphotonics.errors import FileFormatError, UnknownNameError
from cqdphotonics.layout.parameters import Parameter, resolve
from cqdphotonics.located_yaml import parse, read_text

_DATA = Path(__file__).with_name("stacks.yaml")

_COMMON = (
    Parameter(
        "sidewall_angle", 0.0, "deg", -30.0, 30.0, "tilt of the etched walls; > 0 narrows upwards"
    ),
    Parameter(
        "bias", 0.0, "µm", -0.2, 0.2, "how far every drawn edge moves outward in fabrication"
    ),
    Parameter(
        "emitter_height", 0.5, "", -10.0, 10.0, "height of the dot, as a fraction of its film"
    ),
)


class Film(BaseModel):
    """One film of a stack.

    `layer` is the GDS layer of its pattern, or None where it covers everything. The sidewall
    angle is in degrees from the vertical, positive where the drawn shape narrows upwards; the
    drawn edge, moved outward by `bias`, is met at half the height of the film. Films that are
    etched in one go with leaning walls have each the bias that makes their walls one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    material: str
    thickness: float = Field(gt=0)
    layer: tuple[int, int] | None = None
    sidewall_angle: float = 0.0
    bias: float = 0.0


class Stack(BaseModel):
    """Films from bottom to top between two half-spaces, with the numbers that they came from.

    Lengths are in µm; z = 0 is the bottom of the first patterned film. `settings` holds the
    value of every parameter, so that a stack can be made again from its name and settings.
    `filling` is None where it is the cladding that comes between what is drawn.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    substrate: str
    films: tuple[Film, ...]
    cladding: str
    emitter_film: str
    emitter_height: float = 0.5
    filling: str | None = None
    settings: dict[str, float | int] = Field(default_factory=dict)

    @property
    def medium(self) -> str:
        """Material that fills the patterned films where nothing is drawn."""
        return self.filling or self.cladding

    @property
    def heights(self) -> dict[str, tuple[float, float]]:
        """Name of each film → (zmin, zmax) in µm."""
        edges, z = {}, 0.0
        for film in self.films:
            edges[film.name] = (z, z + film.thickness)
            z += film.thickness
        origin = next(edges[film.name][0] for film in self.films if film.layer is not None)
        return {
            name: (round(low - origin, 9), round(high - origin, 9))
            for name, (low, high) in edges.items()
        }

    @property
    def emitter_z(self) -> float:
        """Height of the dot in µm."""
        low, high = self.heights[self.emitter_film]
        return low + self.emitter_height * (high - low)

    @property
    def layers(self) -> dict[tuple[int, int], Film]:
        """GDS layer → the film that it patterns; of several, the lowest, or that of the dot."""
        found: dict[tuple[int, int], Film] = {}
        for film in self.films:
            if film.layer is not None and (
                film.layer not in found or film.name == self.emitter_film
            ):
                found[film.layer] = film
        return found

    @property
    def layer_stack(self) -> Any:
        """The same films as a gdsfactory ``LayerStack``, half-spaces left out."""
        from gdsfactory.technology import LayerLevel, LayerStack, LogicalLayer

        from cqdphotonics.layout.layers import FLOORPLAN

        heights = self.heights
        return LayerStack(
            layers={
                film.name: LayerLevel(
                    name=film.name,
                    # gdsfactory has no film without a mask: the floorplan stands for "everywhere".
                    layer=LogicalLayer(layer=film.layer or FLOORPLAN.number),
                    zmin=heights[film.name][0],
                    thickness=film.thickness,
                    sidewall_angle=film.sidewall_angle,
                    width_to_z=0.5,
                    bias=film.bias or None,
                    material=film.material,
                )
                for film in self.films
            }
        )


def names() -> list[str]:
    """Names of the stacks that come with the package."""
    return list(_shipped())


def descriptions() -> dict[str, str]:
    """Name of each stack → what it is, in one line."""
    return {name: str(data["description"]) for name, data in _shipped().items()}


def parameters(name: str) -> list[Parameter]:
    """The numbers of a stack that `load` can override.

    Raises
    ------
    UnknownNameError
        If there is no such stack; the message lists those there are.
    """
    _, data = _find(name)
    return list(_parameters(data))


def load(name: str, **overrides: float) -> Stack:
    """A stack by its name, or from a YAML file that holds one stack.

    Parameters
    ----------
    name : str
        One of `names`, or the path of a file ending in ``.yaml``.
    **overrides
        Values for any of `parameters`, e.g. ``thickness=0.3``.

    Raises
    ------
    UnknownNameError
        If there is no such stack or parameter.
    RangeError, InputError
        If a value can't be used; the message says what is allowed.
    FileFormatError
        If the file is not a stack.
    """
    title, data = _find(name)
    values = resolve(_parameters(data), overrides, f"stack {title}")
    try:
        return _build(title, data, values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FileFormatError(f"stack '{title}': {where}: {first['msg']}.") from error
    except KeyError as error:
        raise FileFormatError(f"stack '{title}': there is no {error} to take.") from error
    except (TypeError, ValueError) as error:
        raise FileFormatError(f"stack '{title}': {error}.") from error


def with_material(stack: Stack, old: str, new: str) -> Stack:
    """The stack with another material everywhere where it has `old`.

    Raises
    ------
    UnknownNameError
        If nothing in it is made of that.
    """
    halves = ("substrate", "cladding", "filling")
    used = {f.material for f in stack.films} | {getattr(stack, half) for half in halves} - {None}
    if old not in used:
        raise UnknownNameError(f"material of stack {stack.name}", old, sorted(used))
    films = tuple(
        film.model_copy(update={"material": new}) if film.material == old else film
        for film in stack.films
    )
    other = {half: new for half in halves if getattr(stack, half) == old}
    return stack.model_copy(update={"films": films, **other})


def _build(title: str, data: dict[str, Any], values: dict[str, Any]) -> Stack:
    def number(entry: Any) -> float:
        return float(values[entry]) if isinstance(entry, str) else float(entry)

    films: list[Film] = []
    for entry in data["films"]:
        if "mirror" in entry:
            films += _mirror(entry, values)
            continue
        thickness = _thickness(entry, values)
        if thickness != 0:  # a spacer of no thickness is no film
            films.append(_film(entry, entry["name"], entry["material"], thickness, values))
    if not any(film.layer for film in films):
        raise ValueError("no film has a layer, so that nothing could be patterned")
    names_of_films = [film.name for film in films]
    if twice := {name for name in names_of_films if names_of_films.count(name) > 1}:
        raise ValueError(f"several films have the name {', '.join(sorted(twice))}")
    if data["emitter_film"] not in names_of_films:
        raise ValueError(f"emitter_film '{data['emitter_film']}' is not one of its films")
    return Stack(
        name=title,
        description=data["description"],
        substrate=data["substrate"],
        cladding=data["cladding"],
        films=_with_one_wall(films),
        emitter_film=data["emitter_film"],
        emitter_height=values["emitter_height"],
        filling=data.get("filling"),
        settings=values,
    )


def _with_one_wall(films: list[Film]) -> tuple[Film, ...]:
    """Films with leaning walls, so biased that those that are etched in one go have one wall.

    The drawn edge is met at half the height of all of them, not at half that of each.
    """
    tops, z = {}, 0.0
    for film in films:
        z += film.thickness
        tops[film.name] = z
    straight = []
    for film in films:
        together = [f for f in films if f.layer == film.layer and film.layer is not None]
        if len(together) > 1:
            low, high = tops[together[0].name] - together[0].thickness, tops[together[-1].name]
            above_middle = tops[film.name] - film.thickness / 2 - (low + high) / 2
            lean = round(above_middle * tan(radians(film.sidewall_angle)), 9)
            film = film.model_copy(update={"bias": film.bias - lean})
        straight.append(film)
    return tuple(straight)


def _film(
    entry: dict[str, Any], name: str, material: str, thickness: float, values: dict[str, Any]
) -> Film:
    if entry.get("layer") is None:
        return Film(name=name, material=material, thickness=thickness)
    angle = entry.get("sidewall_angle", "sidewall_angle")
    return Film(
        name=name,
        material=material,
        thickness=thickness,
        layer=tuple(entry["layer"]),
        sidewall_angle=_number(angle, values),
        bias=values["bias"],
    )


def _number(entry: Any, values: dict[str, Any]) -> float:
    return float(values[entry]) if isinstance(entry, str) else float(entry)


def _thickness(entry: dict[str, Any], values: dict[str, Any]) -> float:
    """Thickness in µm, given as such or as a number of half waves inside the film."""
    if "half_waves" not in entry:
        return _number(entry["thickness"], values)
    wavelength = _number(entry["wavelength"], values)
    return _number(entry["half_waves"], values) * _half_wave(entry["material"], wavelength)


def _half_wave(material: str, wavelength: float) -> float:
    """Half a wavelength inside a material, in µm, to a picometre."""
    from cqdphotonics import materials

    return round(wavelength / (2 * materials.load(material).index(wavelength).real), 6)


def _mirror(entry: dict[str, Any], values: dict[str, Any]) -> list[Film]:
    """Quarter-wave pairs: each film is a quarter of the wavelength inside it."""
    mirror = entry["mirror"]
    wavelength = _number(mirror["wavelength"], values)
    first = mirror.get("first", "low")
    if first not in ("low", "high"):
        raise ValueError(f"a mirror begins with low or high, not '{first}'")
    prefix = f"{mirror['name']}-" if "name" in mirror else ""
    return [
        _film(
            mirror,
            f"{prefix}{kind}-{pair}",
            mirror[kind],
            round(_half_wave(mirror[kind], wavelength) / 2, 6),
            values,
        )
        for pair in range(1, round(_number(mirror["pairs"], values)) + 1)
        for kind in (("low", "high") if first == "low" else ("high", "low"))
    ]


def _parameters(data: dict[str, Any]) -> tuple[Parameter, ...]:
    own = []
    for name, entry in data["parameters"].items():
        if not isinstance(entry, list) or len(entry) != 5:
            raise FileFormatError(
                f"parameter '{name}' of a stack is written "
                "[default, unit, minimum, maximum, description]."
            )
        default, unit, minimum, maximum, description = entry
        kind = "int" if isinstance(default, int) and not unit else "float"
        own.append(Parameter(name, default, unit, minimum, maximum, description, kind=kind))
    # A stack whose dot belongs elsewhere than in the middle of its film says so by this name.
    return (*own, *(common for common in _COMMON if common.name not in data["parameters"]))


def _find(name: str) -> tuple[str, dict[str, Any]]:
    if name.endswith((".yaml", ".yml")):
        stacks = _read(Path(name))
        if len(stacks) != 1:
            raise FileFormatError(
                f"'{name}' holds {len(stacks)} stacks ({', '.join(stacks)}); "
                "give each its own file."
            )
        return next(iter(stacks.items()))
    stacks = _shipped()
    if name not in stacks:
        raise UnknownNameError("stack", name, stacks, "A file of your own is given by its path.")
    return name, stacks[name]


_KEYS = {"description", "substrate", "cladding", "emitter_film", "films"}


@cache
def _shipped() -> dict[str, dict[str, Any]]:
    return _read(_DATA)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    stacks, _ = parse(read_text(path, "stack file"), f"'{path}'")
    if not isinstance(stacks, dict) or not stacks:
        raise FileFormatError(f"'{path}' holds no stack. Write it like those of `cqd stacks`.")
    for title, data in stacks.items():
        keys = set(data) if isinstance(data, dict) else set()
        missing, unknown = _KEYS - keys, keys - _KEYS - {"parameters", "filling"}
        if missing or unknown:
            problem = f"lacks {', '.join(sorted(missing))}" if missing else ""
            surplus = f"has the unknown key {', '.join(sorted(unknown))}" if unknown else ""
            raise FileFormatError(
                f"stack '{title}' in '{path}' {' and '.join(filter(None, (problem, surplus)))}."
            )
        data.setdefault("parameters", {})
    return stacks
