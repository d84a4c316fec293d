"""The one way in which YAML is read: bounded, plain data only, and with the line of every value.

A file that somebody else wrote may be a bomb: a few lines in which aliases stand for aliases
become 10⁹ values when something walks through them. Size, depth and the number of values after
expansion are therefore counted on the stream of events, before anything is built; see `LONGEST`,
`DEEPEST` and `MOST`. Only YAML's safe subset is constructed. A key that comes twice is refused:
one of the two values would be lost in silence.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from cqdphotonics.errors import FileFormatError

Location = tuple[str | int, ...]
"""Where a value sits: the keys and list indices that lead to it."""

LONGEST = 4 * 1024 * 1024
"""Bytes of a file."""

DEEPEST = 40
"""Lists and mappings inside one another."""

MOST = 200_000
"""Values of a file, those that aliases stand for included."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: str | Path, what: str = "file") -> str:
    """The text of a file, if it is one and not too long.

    Parameters
    ----------
    path : str or Path
        The file.
    what : str
        What the messages call it, e.g. ``"material file"``.

    Raises
    ------
    FileFormatError
        If it can't be read, is longer than `LONGEST`, or no text.
    """
    path = Path(path)
    if path.exists() and not path.is_file():  # a pipe would wait, a device never end
        raise FileFormatError(f"{what} '{path}' is not a file.")
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST + 1)
    except OSError as error:
        raise FileFormatError(f"{what} '{path}' can't be read: {error.strerror}.") from None
    if len(content) > LONGEST:
        raise FileFormatError(
            f"{what} '{path}' is longer than {LONGEST // 2**20} MiB; no such file of this project "
            "is. Give the right one, or leave out what is not needed."
        )
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise FileFormatError(f"{what} '{path}': not text in UTF-8.") from None


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
        If the text is not YAML, too large or too deep, holds anything but plain data, or a key
        comes twice.
    """
    lines: dict[Location, int] = {}
    try:
        _count(text, name)
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                return None, lines
            data = loader.construct_document(root)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where, last = "", len(text.splitlines())
        if mark and mark.line < last:
            where = f", line {mark.line + 1}, column {mark.column + 1}"
        elif mark:  # what is missing is missing at the end
            where = f", line {last}"
        raise FileFormatError(f"{name}{where}: this is not YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise FileFormatError(f"{name}: this is not YAML: {error}.") from None
    except (ValueError, OverflowError) as error:  # a date or a number that is none
        raise FileFormatError(f"{name}: a value can't be read: {error}.") from None
    # A merge key (<<) has been resolved by now: what it brings has the line of its origin.
    _collect(root, (), lines, name)
    return data, lines


def _count(text: str, name: str) -> None:
    """Refuse what is too much, from the stream of events and so in bounded memory."""
    if len(text) > LONGEST:
        raise FileFormatError(f"{name}: longer than {LONGEST // 2**20} MiB.")
    sizes: dict[str, int] = {}
    stack: list[tuple[str | None, int]] = [(None, 0)]  # anchor and size so far
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.CollectionStartEvent):
            stack.append((event.anchor, 1))
            if len(stack) > DEEPEST + 1:
                raise FileFormatError(
                    f"{name}, line {line}: more than {DEEPEST} lists or mappings inside one "
                    "another. No file of this project needs that."
                )
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, size = stack.pop()
        elif isinstance(event, yaml.ScalarEvent):
            anchor, size = event.anchor, 1
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                open_ones = {anchor for anchor, _ in stack}
                fault = "contains itself" if event.anchor in open_ones else "stands for nothing"
                raise FileFormatError(f"{name}, line {line}: the alias '*{event.anchor}' {fault}.")
            anchor, size = None, sizes[event.anchor]
        else:
            continue
        if anchor is not None:
            sizes[anchor] = size
        stack[-1] = (stack[-1][0], stack[-1][1] + size)
        if stack[-1][1] > MOST:
            raise FileFormatError(
                f"{name}, line {line}: more than {MOST} values, counting those that aliases (*) "
                "stand for. Write it out, or leave out what is not needed."
            )


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
