"""What the commands print: one JSON object or a text on stdout, everything else on stderr."""

import json
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TextIO

_result_stream: ContextVar[TextIO | None] = ContextVar("_result_stream", default=None)


def emit(data: Mapping[str, Any], text: str, as_json: bool) -> None:
    """Print the result of a command on stdout: `data` as one JSON object, or `text`.

    Parameters
    ----------
    data : mapping
        What a program would read; see `to_plain` for what it may contain.
    text : str
        What a person would read.
    as_json : bool
        The value of the command's ``--json``.
    """
    stream = _result_stream.get() or sys.stdout
    if as_json:
        print(json.dumps(to_plain(data), ensure_ascii=False, allow_nan=False), file=stream)
    else:
        print(text, file=stream)


def say(message: str) -> None:
    """Tell the person at the keyboard how it goes: one line on stderr, at once."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def only_results_on_stdout() -> Iterator[None]:
    """Send whatever else is printed inside (by libraries, too) to stderr."""
    token = _result_stream.set(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _result_stream.reset(token)


def to_plain(value: Any) -> Any:
    """`value` in the types that JSON knows.

    A number with an uncertainty becomes ``{"value": …, "uncertainty": …}`` with ``null`` for an
    unknown uncertainty; numbers that are not finite become ``null`` (JSON has no NaN); arrays
    and tuples become lists, paths strings, dataclasses and pydantic models objects.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if hasattr(value, "nominal_value"):
        spread = to_plain(float(value.std_dev))
        return {"value": to_plain(float(value.nominal_value)), "uncertainty": spread or None}
    if hasattr(value, "tolist"):  # numpy's arrays and scalars
        return to_plain(value.tolist())
    if hasattr(value, "model_dump"):
        return to_plain(value.model_dump())
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, complex):
        return {"real": to_plain(value.real), "imag": to_plain(value.imag)}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain(item) for item in value]
    return str(value)
