"""The library of emitters: YAML files with a source for every number, and the user's own."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from cqdphotonics.emitters.emitter import Emitter
from cqdphotonics.errors import FileFormatError, UnknownNameError
from cqdphotonics.located_yaml import parse, read_text


@cache
def _shipped() -> dict[str, str]:
    """Content of every shipped file by the emitter's name."""
    folder = resources.files("cqdphotonics.emitters") / "data"
    return {
        Path(entry.name).stem: entry.read_text("utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }


def names() -> list[str]:
    """Names of the emitters in the library."""
    return list(_shipped())


def load(name_or_path: str | Path, values: Mapping[str, Any] | None = None) -> Emitter:
    """Load an emitter of the library by name, or the user's own from a YAML file.

    Parameters
    ----------
    name_or_path : str or Path
        A name from `names` or a path that ends in ``.yaml`` or ``.yml``.
    values : mapping, optional
        Data to replace or add, by dotted name: ``{"T1": 210, "blinking.on_fraction": 0.9}``.

    Raises
    ------
    UnknownNameError
        No such name.
    FileFormatError
        The file can't be read or is not YAML.
    RangeError
        A number breaks a law of physics (T2 > 2 T1, a share above 1, …) or a key is unknown.
    """
    text = str(name_or_path)
    if text.endswith((".yaml", ".yml")):
        content = read_text(name_or_path, "emitter file")
    elif text in _shipped():
        content = _shipped()[text]
    else:
        raise UnknownNameError(
            "emitter", text, names(), "Your own: the path of a YAML file that ends in .yaml."
        )
    return from_yaml(content, text, values)


def from_yaml(content: str, origin: str, values: Mapping[str, Any] | None = None) -> Emitter:
    """Build an emitter from YAML text; `origin` names it in errors."""
    mapping, _ = parse(content, origin)
    if not isinstance(mapping, dict):
        raise FileFormatError(
            f"{origin}: an emitter is a mapping with name, temperature, wavelength, T1, T2, …; "
            f"this file holds a {type(mapping).__name__}. Copy one from `cqd emitters NAME --yaml`."
        )
    emitter = Emitter.from_mapping(mapping)
    return emitter.with_values(**values) if values else emitter


def source_text(name: str) -> str:
    """The YAML of a shipped emitter, to copy and change."""
    if name not in _shipped():
        raise UnknownNameError("emitter", name, names())
    return _shipped()[name]
