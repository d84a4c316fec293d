"""How far a study is, read from its directory; never disturbs a running one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cqdphotonics.codesign.directory import StudyDirectory, to_record
from cqdphotonics.codesign.evaluation import Evaluation, best_of, of_search
from cqdphotonics.codesign.study import Study


@dataclass(frozen=True)
class Status:
    """A running, stopped or finished study.

    Parameters
    ----------
    study : Study
        What is searched.
    state : {"running", "stopped", "finished"}
        "stopped": the same command goes on.
    history : tuple of Evaluation
        So far.
    """

    study: Study
    state: Literal["running", "stopped", "finished"]
    history: tuple[Evaluation, ...]

    @property
    def best(self) -> Evaluation | None:
        """The best design so far, at the search's fidelity."""
        return best_of(of_search(self.history))

    @property
    def cost_seconds(self) -> float:
        """Time of the simulations so far, one after the other, in s."""
        return sum(e.outcome.seconds for e in self.history)

    @property
    def expected_seconds(self) -> float | None:
        """Time of the simulations that the search may still need, in s; None before the first."""
        if not self.history:
            return None
        left = max(self.study.search.budget - len(self.history), 0)
        return left * self.cost_seconds / len(self.history) if self.state != "finished" else 0.0

    def to_record(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "name": self.study.name,
            "state": self.state,
            "evaluations": len(self.history),
            "budget": self.study.search.budget,
            "failed": sum(e.outcome.failed for e in self.history),
            "cost_seconds": self.cost_seconds,
            "expected_seconds": self.expected_seconds,
            "best": to_record(self.best) if self.best else None,
        }

    @property
    def text(self) -> str:
        """The same in words."""
        failed = sum(e.outcome.failed for e in self.history)
        lines = [
            f"{self.study.name}: {self.state}",
            f"  {len(self.history)} of at most {self.study.search.budget} evaluations, "
            f"{failed} failed",
            f"  simulated for {self.cost_seconds:.0f} s"
            + (f", at most {self.expected_seconds:.0f} s to go" if self.expected_seconds else ""),
        ]
        if self.best is not None:
            symbol = self.study.goal.symbol
            where = ", ".join(f"{k} = {v:g}" for k, v in self.best.parameters.items())
            lines.append(
                f"  best so far ({self.study.search.fidelity}): {symbol} = "
                f"{self.best.outcome.value:.4g} at {where}"
            )
        if self.state == "stopped":
            lines.append("  the same `cqd codesign` command goes on from here")
        return "\n".join(lines)


def status_of(path: str | Path) -> Status:
    """Read the state of the study in the directory `path`.

    Raises
    ------
    FileFormatError
        If there is no study.
    """
    directory = StudyDirectory(Path(path))
    study = directory.study()
    state: Literal["running", "stopped", "finished"] = "stopped"
    if directory.is_running():
        state = "running"
    elif directory.result_file.exists():
        state = "finished"
    return Status(study, state, tuple(directory.history()))
