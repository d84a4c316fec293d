"""Kits (PDKs): what a fab's process has for layers and asks for in rules, as data.

>>> from cqdphotonics.layout import kits
>>> kits.load("sin-ebeam").layer("DEVICE").number
(1, 0)

The kits that come with the package are the YAML files beside this one; a file of the same form is
loaded by its path.
"""

from functools import cache
from pathlib import Path

from pydantic import ValidationError

from cqdphotonics.errors import FileFormatError, UnknownNameError
from cqdphotonics.layout.kits.model import Kit, KitLayer
from cqdphotonics.located_yaml import complaints, parse, read_text

__all__ = ["Kit", "KitLayer", "descriptions", "from_text", "load", "names"]


@cache
def _shipped() -> dict[str, Path]:
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("*.yaml"))}


@cache
def _load_shipped(name: str) -> Kit:
    path = _shipped()[name]
    return from_text(read_text(path), path.name)


def names() -> list[str]:
    """Names of the kits that come with the package."""
    return list(_shipped())


def descriptions() -> dict[str, str]:
    """Name of each kit → what it is, in one line."""
    return {name: _load_shipped(name).description for name in names()}


def load(name_or_path: str | Path) -> Kit:
    """A kit by its name, or from a YAML file.

    Parameters
    ----------
    name_or_path : str or Path
        One of `names`, or the path of a file ending in ``.yaml`` or ``.yml``.

    Raises
    ------
    UnknownNameError
        If there is no such kit.
    FileFormatError
        If the file can't be read or is not a kit; the message says on which line.
    """
    text = str(name_or_path)
    if text.endswith((".yaml", ".yml")):
        return from_text(read_text(text, "kit"), text)
    if text not in _shipped():
        raise UnknownNameError(
            "kit", text, names(), "A file of your own is given by its path, which ends in .yaml."
        )
    return _load_shipped(text)


def from_text(text: str, name: str) -> Kit:
    """A kit from the text of its file; `name` is what messages call the file.

    Raises
    ------
    FileFormatError
        If it is not a kit; the message says on which line.
    """
    data, lines = parse(text, name)
    if not isinstance(data, dict):
        raise FileFormatError(
            f"'{name}' holds no kit: a mapping with name, description, layers and rules."
        )
    try:
        return Kit.model_validate(data)
    except ValidationError as error:
        raise FileFormatError(complaints(error, Kit, lines, name)) from None
