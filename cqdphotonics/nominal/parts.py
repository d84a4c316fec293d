"""Figures of designs that are too large or too little symmetric to be simulated as a whole.

Each figure is that of a part and keeps the dimension that it was computed in: "(r, z)" is exact by
symmetry, "3D" is the whole part, "2D effective index" is the plane of the chip, where losses out of
it are not there at all, "cross-section" is a straight waveguide's mode.
"""

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cqdphotonics.display import format_quantity, quantity
from cqdphotonics.errors import FileFormatError
from cqdphotonics.nominal.design import NominalDesign, folder

Value = tuple[float, float]
"""A value and its standard deviation; 0 where no uncertainty is known."""

SUFFIX = ".parts.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PartFigure(_Part):
    """One figure of a part.

    Attributes
    ----------
    key : str
        By which programs find it.
    name, unit : str
    value : (float, float)
    dimension : str
        See the module.
    how : str
        From what it was computed.
    """

    key: str
    name: str
    value: Value
    unit: str = ""
    dimension: str
    how: str

    @property
    def text(self) -> str:
        """Value, uncertainty and unit, with the dimension."""
        said = f"{format_quantity(quantity(*self.value), self.unit)}; {self.dimension}"
        return f"{said}, {self.how}" if self.how else said


class Curve(_Part):
    """A rate against a gap.

    Attributes
    ----------
    name : str
    points : tuple of (gap in µm, rate in rad/ps, standard deviation)
    dimension, how : str
    """

    name: str
    points: tuple[tuple[float, float, float], ...]
    dimension: str
    how: str

    def at(self, gap: float) -> float:
        """The rate at a gap between those that were run: its logarithm is interpolated."""
        import numpy as np

        gaps, rates, _ = (np.array(column) for column in zip(*sorted(self.points), strict=True))
        if not gaps[0] - 1e-9 <= gap <= gaps[-1] + 1e-9:
            raise FileFormatError(
                f"a gap of {gap:g} µm was not simulated; {self.name} is known from {gaps[0]:g} to "
                f"{gaps[-1]:g} µm."
            )
        return float(np.exp(np.interp(gap, gaps, np.log(rates))))

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest rate, rad/ps."""
        rates = [rate for _, rate, _ in self.points]
        return min(rates), max(rates)


class PartsRecord(_Part):
    """What is kept of a design's parts.

    Attributes
    ----------
    subject : str
        `NominalDesign.subject` of what was computed.
    figures : tuple of PartFigure
    curves : dict of Curve
        "coupling" (J) and "bus" (κ2 into the bus) against their gaps, for beam and ring.
    job_hashes : tuple of str
    version : str
        Of cqdphotonics.
    cost_seconds : float
    """

    subject: str
    figures: tuple[PartFigure, ...]
    curves: dict[str, Curve] = {}
    job_hashes: tuple[str, ...]
    version: str
    cost_seconds: float

    def value(self, key: str) -> float:
        """The value of a figure by its key."""
        return next(one.value[0] for one in self.figures if one.key == key)

    def rows(self) -> list[tuple[str, str]]:
        """Each figure, and each point of a curve, in words."""
        out = [(one.name, one.text) for one in self.figures]
        for curve in self.curves.values():
            for gap, rate, spread in curve.points:
                said = format_quantity(quantity(rate, spread), "rad/ps")
                out.append((f"{curve.name} at a gap of {gap:g} µm", f"{said}; {curve.dimension}"))
        return out

    @property
    def provenance(self) -> str:
        """How the figures came about, in one sentence."""
        return (
            f"Parts, each in the dimension named; {len(self.job_hashes)} runs, "
            f"{self.cost_seconds:.0f} s; cqdphotonics {self.version}."
        )


def write_parts(design: NominalDesign, kept: PartsRecord, directory: Path | None = None) -> None:
    """Keep the figures beside the design; the file appears whole or not at all.

    Raises
    ------
    StorageError
        If it can't be written.
    """
    from cqdphotonics.fdtd.store import storage_error

    final = (directory or folder()) / f"{design.name}{SUFFIX}"
    work = final.with_name(f".{final.name}.partial")
    text = json.dumps(kept.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        work.write_text(text + "\n")
        work.replace(final)
    except OSError as error:
        work.unlink(missing_ok=True)
        raise storage_error(final, error) from error


def read_parts(design: NominalDesign, directory: Path | None = None) -> PartsRecord | None:
    """The figures of a design's parts; None where there are none.

    Raises
    ------
    FileFormatError
        If the file holds no such figures.
    """
    path = (directory or folder()) / f"{design.name}{SUFFIX}"
    if not path.exists():
        return None
    try:
        return PartsRecord.model_validate_json(path.read_text())
    except (OSError, ValidationError) as error:
        raise FileFormatError(
            f"'{path}' holds no figures of a design's parts ({error}). Compute them anew with "
            f"`cqd nominal {design.name} --compute`."
        ) from None
