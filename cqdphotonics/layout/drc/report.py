"""What a check found: violations, what was not measured, and how to show both."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Violation:
    """One place that breaks a rule.

    Attributes
    ----------
    rule, kind : str
        Name and kind of the rule.
    layers : tuple of str
        The layers that it relates, as ``"DEVICE (1/0)"``.
    text : str
        What was measured, what is allowed, and why.
    measured, allowed : float or None
        In `unit`; None where the rule has no number.
    unit : str
        ``"µm"``, ``"µm²"``, ``"°"`` or empty.
    cell : str
        The cell in whose shapes it lies.
    box : (xmin, ymin, xmax, ymax)
        Where, in µm, in the coordinates of `cell`.
    position : (x, y)
        Middle of it in µm in the coordinates of the top cell, at the first place of `cell`.
    placements : int
        How often `cell` is placed: so often is it on the chip.
    """

    rule: str
    kind: str
    layers: tuple[str, ...]
    text: str
    measured: float | None
    allowed: float | None
    unit: str
    cell: str
    box: Box
    position: Point
    placements: int


@dataclass(frozen=True)
class DrcReport:
    """The outcome of a check against the rules of a kit.

    Attributes
    ----------
    kit, cell : str
        Names of the kit and of the top cell.
    violations : tuple of Violation
        In the order of the rules. A violation in a cell that is placed many times is one of
        them, with the number of its placements.
    notes : tuple of str
        What was not measured, and why.
    unlisted : dict
        Name of a rule → how many more places break it than are listed.
    layout : klayout.db.Layout
        A copy of what was checked, for pictures.
    """

    kit: str
    cell: str
    violations: tuple[Violation, ...]
    notes: tuple[str, ...]
    unlisted: dict[str, int]
    layout: Any = None

    @property
    def clean(self) -> bool:
        """True if no rule is broken."""
        return not self.violations

    @property
    def counts(self) -> dict[str, int]:
        """Name of each broken rule → number of places on the chip, placements counted."""
        found: dict[str, int] = dict(self.unlisted)
        for one in self.violations:
            found[one.rule] = found.get(one.rule, 0) + one.placements
        return found

    def table(self, at_most: int = 200) -> str:
        """The violations as text, one a line, and the notes below."""
        lines = [f"{self.cell}, kit {self.kit}: {self._verdict()}"]
        if self.violations:
            rows = [("", "rule", "x (µm)", "y (µm)", "cell", "times", "")]
            for number, one in enumerate(self.violations[:at_most], 1):
                x, y = (f"{value:.3f}" for value in one.position)
                rows.append((f"{number}", one.rule, x, y, one.cell, f"{one.placements}", one.text))
            widths = [max(len(row[i]) for row in rows) for i in range(6)]
            lines += [
                "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[6]])
                for row in rows
            ]
            if len(self.violations) > at_most:
                lines.append(f"… and {len(self.violations) - at_most} more lines")
            lines += [f"{n} more places break {rule}" for rule, n in self.unlisted.items()]
        return "\n".join(line.rstrip() for line in (*lines, *(f"note: {n}" for n in self.notes)))

    def _verdict(self) -> str:
        if self.clean:
            return "no violation"
        counts = self.counts
        total = sum(counts.values())
        return (
            f"{total} violation{'s' * (total > 1)} of {len(counts)} rule{'s' * (len(counts) > 1)}"
        )

    def data(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "kit": self.kit,
            "cell": self.cell,
            "clean": self.clean,
            "counts": self.counts,
            "violations": [asdict(one) for one in self.violations],
            "unlisted": dict(self.unlisted),
            "notes": list(self.notes),
        }

    def to_json(self) -> str:
        """The report as a JSON object."""
        return json.dumps(self.data(), ensure_ascii=False, allow_nan=False, indent=1)

    def write_lyrdb(self, path: str | Path) -> Path:
        """Write a report database that KLayout opens over the layout (``.lyrdb``).

        Raises
        ------
        StorageError
            If the file can't be written.
        """
        from cqdphotonics.layout.drc.database import lyrdb_bytes
        from cqdphotonics.layout.written import write_file

        return write_file(path, lyrdb_bytes(self))

    def write_picture(self, path: str | Path, *, size: int = 1200) -> Path:
        """Write a picture (PNG) of the layout with the violations, numbered as in the table.

        Raises
        ------
        StorageError
            If the file can't be written.
        """
        from cqdphotonics.layout.drc.picture import picture_bytes
        from cqdphotonics.layout.written import write_file

        return write_file(path, picture_bytes(self, size))
