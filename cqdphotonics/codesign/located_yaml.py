"""YAML that remembers its lines, so that a complaint can say where to look.

Only plain data is constructed (YAML's safe subset). Unlike the safe loader alone, a key that
comes twice is refused: one of the two values would be lost in silence.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from cqdphotonics.errors import FileFormatError

Location = tuple[str | int, ...]
"""Where a value sits: the keys and list indices that lead to it."""


def parse(text: str, name: str) -> tuple[Any, dict[Location, int]]:
    """Plain data of a YAML `text`, and the line (from 1) of every key and item.

    Parameters
    ----------
    text : str
        The content of the file.
    name : str
        What the messages call the file.

    Raises
    ------
    FileFormatError
        If the text is not YAML, holds anything but plain data, or a key comes twice.
    """
    try:
        data = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise FileFormatError(f"{name}{where}: this is not YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise FileFormatError(f"{name}: this is not YAML: {error}.") from None
    lines: dict[Location, int] = {}
    if root is not None:
        _collect(root, (), lines, name)
    return data, lines


def _collect(node: yaml.Node, here: Location, lines: dict[Location, int], name: str) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            where = (*here, key.value)
            line = key.start_mark.line + 1
            if where in lines:
                raise FileFormatError(
                    f"{name}, line {line}: '{key.value}' comes twice; the first is on line "
                    f"{lines[where]}. Keep one."
                )
            lines[where] = line
            _collect(value, where, lines, name)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*here, index)] = item.start_mark.line + 1
            _collect(item, (*here, index), lines, name)


def place(location: Location, lines: Mapping[Location, int], name: str) -> str:
    """`"study.yaml, line 7"`: the nearest known line above `location`."""
    for length in range(len(location), 0, -1):
        line = lines.get(tuple(location[:length]))
        if line is not None:
            return f"{name}, line {line}"
    return name


def complaints(
    error: ValidationError,
    model: type[BaseModel],
    lines: Mapping[Location, int],
    name: str,
    at_most: int = 3,
) -> str:
    """What pydantic found, said to the person who wrote the file: where, what, what is allowed."""
    found = error.errors(include_url=False)
    said = [_complaint(dict(item), model, lines, name) for item in found[:at_most]]
    if len(found) > at_most:
        said.append(f"… and {len(found) - at_most} more.")
    return "\n".join(said)


def _complaint(
    item: dict[str, Any], model: type[BaseModel], lines: Mapping[Location, int], name: str
) -> str:
    location: Location = tuple(item["loc"])
    dotted = ".".join(str(part) for part in location)
    where = place(location, lines, name)
    if item["type"] == "extra_forbidden":
        allowed = _keys_at(model, location[:-1])
        nearest = get_close_matches(str(location[-1]), allowed, n=1, cutoff=0.5)
        proposal = f" Did you mean '{nearest[0]}'?" if nearest else ""
        return f"{where}: unknown key '{dotted}'.{proposal} Allowed: {', '.join(allowed)}."
    if item["type"] == "missing":
        return f"{where}: the key '{dotted}' is missing."
    if item["type"] == "literal_error":
        allowed = [
            part.strip(" '") for part in item["ctx"]["expected"].replace(" or ", ", ").split(",")
        ]
        given = str(item["input"])
        nearest = get_close_matches(given.upper(), [a.upper() for a in allowed], n=1, cutoff=0.5)
        match = next((a for a in allowed if nearest and a.upper() == nearest[0]), None)
        proposal = f" Did you mean '{match}'?" if match else ""
        return f"{where}: '{dotted}' can't be '{given}'.{proposal} Allowed: {', '.join(allowed)}."
    if item["type"] in ("dict_type", "model_type", "model_attributes_type"):
        return f"{where}: '{dotted}' should be a mapping of keys to values, not {item['input']!r}."
    if item["type"] == "too_short":
        return f"{where}: '{dotted}' is empty; it needs at least one entry."
    reason = item["msg"].removeprefix("Value error, ").removeprefix("Input ")
    given = repr(item["input"])
    shown = given if len(given) <= 60 else given[:57] + "…"
    if item["type"] == "value_error":
        return f"{where}: {dotted + ': ' if dotted else ''}{reason.rstrip('.')}."
    return f"{where}: '{dotted}' {reason}; given was {shown}."


def _keys_at(model: type[BaseModel], location: Location) -> list[str]:
    """The keys that the (nested) model at `location` allows."""
    here: Any = model
    for part in location:
        fields = getattr(here, "model_fields", {})
        annotation = fields[part].annotation if part in fields else here
        here = _first_model(annotation) or here
    return list(getattr(here, "model_fields", {}))


def _first_model(annotation: Any) -> type[BaseModel] | None:
    """The pydantic model inside an annotation such as ``dict[str, FreeParameter]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _first_model(inner)
        if found is not None:
            return found
    return None
