"""Parameters of components and stacks: declared once, checked with a reason, on the grid."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from cqdphotonics.errors import InputError, RangeError, UnknownNameError

GRID = 1e-3
"""The layout grid in µm: one database unit, 1 nm."""

UNIT_SLIP = 50
"""A length this many times above its maximum was almost certainly given in nm."""


@dataclass(frozen=True)
class Range:
    """Allowed values of a number; written into the annotation of a component's argument.

    Parameters
    ----------
    minimum, maximum : float
        Smallest and largest value allowed, both included.
    unit : str
        ``"µm"`` (the value is then snapped to the grid), ``"deg"`` or ``""``.
    description : str
        What the number is, in a few words.
    reason : str, optional
        Why the range ends where it does; part of the error message.
    """

    minimum: float
    maximum: float
    unit: str = ""
    description: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Choice:
    """Allowed words of an argument; written into its annotation."""

    allowed: tuple[str, ...]
    description: str = ""


@dataclass(frozen=True)
class Parameter:
    """One argument of a component or one number of a stack.

    `minimum` and `maximum` are None and `choices` is filled for a word; both are empty for a
    switch (true or false). `kind` is ``"float"``, ``"int"``, ``"bool"`` or ``"str"``.
    """

    name: str
    default: float | int | bool | str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    description: str = ""
    reason: str = ""
    kind: str = "float"
    choices: tuple[str, ...] = ()

    def check(self, value: object, owner: str) -> float | int | bool | str:
        """`value` in this parameter's type, inside its range, lengths snapped to the grid.

        Parameters
        ----------
        value : object
            What was given.
        owner : str
            Whose parameter it is, for the message, e.g. ``"bullseye"``.

        Raises
        ------
        InputError
            If the type is wrong, or the value is not finite.
        RangeError
            If the value is outside the range or below the grid.
        UnknownNameError
            If a word is not among the choices.
        """
        if self.kind == "bool":
            if not isinstance(value, bool):
                raise self._wrong_type(value, owner, "true or false")
            return value
        if self.kind == "str":
            if not isinstance(value, str):
                raise self._wrong_type(value, owner, "a word")
            if self.choices and value not in self.choices:
                raise UnknownNameError(f"value of {owner}'s {self.name}", value, self.choices)
            return value
        # numpy's numbers are accepted through float(); a bool is a number only to Python.
        if isinstance(value, bool | str):
            raise self._wrong_type(value, owner, "a number")
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise self._wrong_type(value, owner, "a number") from None
        if not isfinite(number):
            raise InputError(f"{owner}: {self.name} = {value} is not a finite number.")
        if self.kind == "int" and number != round(number):
            raise self._wrong_type(value, owner, "a whole number")
        self._check_range(number, owner)
        if self.kind == "int":
            return round(number)
        return snap(number) if self.unit == "µm" else number

    def _check_range(self, number: float, owner: str) -> None:
        if self.minimum is None or self.maximum is None:
            return
        # Half a grid step beyond the edge snaps to the edge, which is allowed.
        slack = 0.5 * GRID if self.unit == "µm" else 0.0
        if self.minimum - slack <= number <= self.maximum + slack:
            return
        unit = f" {self.unit}" if self.unit else ""
        allowed = f"{self.minimum:g} to {self.maximum:g}{unit}"
        message = f"{owner}: {self.name} = {number:g}{unit} is not allowed: {allowed}"
        message += f" ({self.description})" if self.description else ""
        message += f", because {self.reason}." if self.reason else "."
        if self.unit == "µm" and abs(number) > UNIT_SLIP * max(abs(self.maximum), GRID):
            message += (
                f" Did you mean µm? Lengths are in µm, not nm: {number:g} nm is"
                f" {number / 1000:g} µm."
            )
        elif self.unit == "µm" and 0 < abs(number) < GRID:
            message += " It is below the layout grid of 0.001 µm (1 nm)."
        raise RangeError(message)

    def _wrong_type(self, value: object, owner: str, wanted: str) -> InputError:
        return InputError(
            f"{owner}: {self.name} = {value!r} is not {wanted}. "
            f"Give {wanted}, for example {self.name}={self.default}."
        )


def snap(length: float) -> float:
    """`length` in µm rounded to the nearest nanometre."""
    return round(round(length / GRID) * GRID, 6)


def resolve(
    parameters: tuple[Parameter, ...], given: Mapping[str, object], owner: str
) -> dict[str, float | int | bool | str]:
    """All `parameters` with their checked values, `given` ones before defaults.

    Raises
    ------
    UnknownNameError
        If a given name is not a parameter; the message lists what exists.
    InputError, RangeError
        If a value can't be used; see `Parameter.check`.
    """
    known = [parameter.name for parameter in parameters]
    for name in given:
        if name not in known:
            raise UnknownNameError(f"parameter of {owner}", name, known)
    return {
        parameter.name: parameter.check(given.get(parameter.name, parameter.default), owner)
        for parameter in parameters
    }
