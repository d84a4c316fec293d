"""How far a study is, read from its directory; never disturbs a running one."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from cqdphotonics.codesign.clock import Session, sessions_of, told
from cqdphotonics.codesign.directory import StudyDirectory, to_record
from cqdphotonics.codesign.evaluation import Evaluation, best_of, of_search
from cqdphotonics.codesign.study import Study
from cqdphotonics.fdtd.store import LOG

LAST = 5
"""Evaluations that the text of a status lists."""


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
    simulating : int
        Simulations at work now.
    sessions : tuple of Session
        How long each call of the driver took by the clock.
    """

    study: Study
    state: Literal["running", "stopped", "finished"]
    history: tuple[Evaluation, ...]
    simulating: int = 0
    sessions: tuple[Session, ...] = ()

    @property
    def failures(self) -> dict[str, int]:
        """Why designs failed, and how many of each; the most frequent first."""
        reasons = Counter(e.outcome.reason for e in self.history if e.outcome.failed)
        return dict(reasons.most_common())

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
        searched = of_search(self.history)
        left = max(self.study.search.budget - len(searched), 0)
        return left * self.cost_seconds / len(self.history) if self.state != "finished" else 0.0

    def to_record(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "name": self.study.name,
            "state": self.state,
            "evaluations": len(self.history),
            "budget": self.study.search.budget,
            "failed": sum(e.outcome.failed for e in self.history),
            "failures": self.failures,
            "simulating": self.simulating,
            "cost_seconds": self.cost_seconds,
            "sessions": [asdict(session) for session in self.sessions],
            "expected_seconds": self.expected_seconds,
            "best": to_record(self.best) if self.best else None,
            "history": [to_record(e) for e in self.history],
        }

    @property
    def text(self) -> str:
        """The same in words."""
        searched = of_search(self.history)
        aside = len(self.history) - len(searched)
        lines = [
            f"{self.study.name}: {self.state}",
            f"  {len(searched)} of at most {self.study.search.budget} evaluations of the search"
            + (f", {aside} of its ladder and front" if aside else ""),
            f"  simulated for {self.cost_seconds:.0f} s"
            + (f", at most {self.expected_seconds:.0f} s to go" if self.expected_seconds else ""),
        ]
        if self.sessions:
            lines.append(f"  {told(self.sessions)}, sessions: {len(self.sessions)}")
        if self.simulating:
            lines.append(f"  {self.simulating} simulations at work")
        symbol = self.study.symbol
        if self.best is not None:
            lines.append(
                f"  best so far ({self.study.search.fidelity}): {symbol} = "
                f"{self.best.outcome.value:.4g} at {_where(self.best)}"
            )
        if self.history:
            lines.append("  last:")
        for evaluation in self.history[-LAST:]:
            value = evaluation.outcome.value
            said = evaluation.outcome.reason if value is None else f"{symbol} = {value:.4g}"
            name = f"{evaluation.stage} {evaluation.number}"
            lines.append(f"    {name:<12}  {said} at {_where(evaluation)}")
        for reason, count in self.failures.items():
            lines.append(f"  failed, {count} times: {reason}")
        if self.state == "stopped":
            lines.append("  the same `cqd codesign` command goes on from here")
        return "\n".join(lines)


def _where(evaluation: Evaluation) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in evaluation.parameters.items())


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
    at_work = directory.store_root.glob(f"tmp/*/{LOG}") if state == "running" else ()
    simulating = sum(1 for _ in at_work)
    return Status(study, state, tuple(directory.history()), simulating, sessions_of(directory))
