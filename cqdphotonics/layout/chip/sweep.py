"""Arrays over parameters: which values, at which row and column, and what the label says."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cqdphotonics.errors import RangeError

MOST = 20_000
"""Devices of one array."""

Values = tuple[float, ...]


@dataclass(frozen=True)
class Sweep:
    """Two swept axes, each over one or no parameter, and copies of the whole.

    Columns run from left to right and are numbered 01, 02, …; rows from top to bottom and are
    lettered A, B, …, Z, AA, …; copies follow below and to the right.

    Attributes
    ----------
    columns, rows : mapping of str to tuple of float
        At most one parameter each: its name and its values.
    copies, across : int
        How often the array is repeated downwards, and to the right.

    Raises
    ------
    RangeError
        No values, too many, several parameters on an axis, the same on both.
    """

    columns: Mapping[str, Values] = field(default_factory=dict)
    rows: Mapping[str, Values] = field(default_factory=dict)
    copies: int = 1
    across: int = 1

    def __post_init__(self) -> None:
        for axis, swept in (("columns", self.columns), ("rows", self.rows)):
            if len(swept) > 1:
                raise RangeError(f"{axis}: one parameter an axis; given: {', '.join(swept)}.")
            for name, values in swept.items():
                if not values:
                    raise RangeError(f"{axis}: '{name}' has no values.")
        both = set(self.columns) & set(self.rows)
        if both:
            raise RangeError(f"'{both.pop()}' is swept along both columns and rows.")
        if min(self.copies, self.across) < 1 or not self.size[0] * self.size[1] <= MOST:
            raise RangeError(f"an array has at least one device and at most {MOST}.")

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows, with copies."""
        wide = len(next(iter(self.columns.values()), (0.0,)))
        high = len(next(iter(self.rows.values()), (0.0,)))
        return wide * self.across, high * self.copies

    def sites(self) -> Iterator[tuple[int, int, dict[str, float]]]:
        """Column, row (from 0), and the swept values there; row by row."""
        wide, high = self.size
        period, repeat = high // self.copies, wide // self.across
        for row in range(high):
            for column in range(wide):
                values = {name: given[column % repeat] for name, given in self.columns.items()}
                values |= {name: given[row % period] for name, given in self.rows.items()}
                yield column, row, values

    @property
    def middle(self) -> dict[str, float]:
        """The swept values of the device in the middle: the optimum that is swept around."""
        return {
            name: given[(len(given) - 1) // 2]
            for axis in (self.columns, self.rows)
            for name, given in axis.items()
        }


def row_name(row: int) -> str:
    """A, B, …, Z, AA, AB, … of a row counted from 0."""
    letters = ""
    number = row + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def short_names(names: Iterable[str]) -> dict[str, str]:
    """The shortest names for labels that tell parameters apart.

    >>> short_names(["radius", "ring_radius", "rings"])
    {'radius': 'R', 'ring_radius': 'RR', 'rings': 'RI'}
    """
    short: dict[str, str] = {}
    for name in names:
        words = [word for word in name.split("_") if word]
        candidates = ["".join(word[0] for word in words)]
        joined = "".join(words)
        candidates += [joined[:n] for n in range(2, len(joined) + 1)]
        short[name] = next(
            (c.upper() for c in candidates if c.upper() not in short.values()), name.upper()
        )
    return short
