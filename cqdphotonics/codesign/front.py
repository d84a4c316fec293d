"""The front of a study: designs that no other beats in two figures, with their proofs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from uncertainties import UFloat

from cqdphotonics.codesign.objective import FIGURES
from cqdphotonics.codesign.pareto import hypervolume
from cqdphotonics.display import format_quantity, nominal, quantity, standard_deviation

TOLD = 8
"""Designs of a front without proofs that are told in words."""


@dataclass(frozen=True)
class FrontDesign:
    """One design of the front.

    Parameters
    ----------
    parameters : dict of float
        Free parameters on the grid.
    searched : (UFloat, UFloat)
        Both figures at the search's fidelity.
    proven : (UFloat, UFloat) or None
        At the proof's; None where none was made, or it did not pass its checks.
    problem : str
        Why there is no proof where one was wanted.
    """

    parameters: dict[str, float]
    searched: tuple[UFloat, UFloat]
    proven: tuple[UFloat, UFloat] | None = None
    problem: str = ""

    @property
    def best_known(self) -> tuple[UFloat, UFloat]:
        """The proof's values, or the search's."""
        return self.proven or self.searched


@dataclass(frozen=True)
class StudyFront:
    """What a study's ``pareto`` gave, in the order of the first figure."""

    figures: tuple[str, str]
    designs: tuple[FrontDesign, ...]
    evaluations: int
    seconds: float

    @property
    def hypervolume(self) -> float:
        """Area dominated above (0, 0), by the values of the search."""
        points = [[nominal(value) for value in design.searched] for design in self.designs]
        return hypervolume(points)

    @property
    def text(self) -> str:
        """The front in words."""
        first, second = (FIGURES[name].symbol for name in self.figures)
        lines = [
            f"front of {first} against {second}: {len(self.designs)} designs, hypervolume "
            f"{self.hypervolume:.3f} (unverified), {self.evaluations} evaluations"
        ]
        for design in self._told():
            one, two = (format_quantity(value) for value in design.best_known)
            where = ", ".join(f"{k} = {v:g}" for k, v in design.parameters.items())
            tail = f"; no proof: {design.problem}" if design.problem else ""
            lines.append(f"  {first} = {one}, {second} = {two} at {where}{tail}")
        return "\n".join(lines)

    def _told(self) -> list[FrontDesign]:
        """Those with a proof, or that should have one; without any, some along the front."""
        proofs = [d for d in self.designs if d.proven is not None or d.problem]
        step = max(1, -(-len(self.designs) // TOLD))
        return proofs or list(self.designs[::step])

    def to_record(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "figures": list(self.figures),
            "hypervolume": self.hypervolume,
            "evaluations": self.evaluations,
            "seconds": self.seconds,
            "designs": [
                {
                    "parameters": d.parameters,
                    "searched": _pairs(d.searched),
                    "proven": None if d.proven is None else _pairs(d.proven),
                    "problem": d.problem,
                }
                for d in self.designs
            ],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any] | None) -> "StudyFront | None":
        """What `to_record` wrote; None for None."""
        if record is None:
            return None
        return cls(
            figures=(record["figures"][0], record["figures"][1]),
            designs=tuple(
                FrontDesign(
                    dict(d["parameters"]),
                    _values(d["searched"]),
                    None if d["proven"] is None else _values(d["proven"]),
                    d["problem"],
                )
                for d in record["designs"]
            ),
            evaluations=record["evaluations"],
            seconds=record["seconds"],
        )


def _pairs(values: tuple[UFloat, UFloat]) -> list[list[float]]:
    return [[nominal(v), standard_deviation(v)] for v in values]


def _values(pairs: Any) -> tuple[UFloat, UFloat]:
    return quantity(*pairs[0]), quantity(*pairs[1])
