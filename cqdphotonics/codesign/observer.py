"""Who is told how a study goes, and the history that is written on the way."""

from collections.abc import Mapping
from typing import Any, Protocol

from cqdphotonics.codesign.directory import StudyDirectory
from cqdphotonics.codesign.evaluation import Evaluation


class Observer(Protocol):
    """Is told how a study goes; called from any thread, one call at a time."""

    def stage(self, text: str) -> None:
        """A new part of the work begins."""
        ...

    def begun(self, stage: str, parameters: Mapping[str, float]) -> None:
        """An evaluation begins."""
        ...

    def finished(self, evaluation: Evaluation) -> None:
        """An evaluation has its outcome."""
        ...

    def proving(self, name: str, report: Mapping[str, Any]) -> None:
        """The proof of design `name` goes on; `report` is the solver's."""
        ...


class Silent:
    """An observer that says nothing."""

    def stage(self, text: str) -> None:
        """Say nothing."""

    def begun(self, stage: str, parameters: Mapping[str, float]) -> None:
        """Say nothing."""

    def finished(self, evaluation: Evaluation) -> None:
        """Say nothing."""

    def proving(self, name: str, report: Mapping[str, Any]) -> None:
        """Say nothing."""


class Recorder:
    """Writes the history and passes everything on to the observer."""

    def __init__(self, directory: StudyDirectory, observer: Observer) -> None:
        self._directory = directory
        self._observer = observer
        self._written = {(e.stage, e.number) for e in directory.history()}

    def begun(self, stage: str, parameters: Mapping[str, float]) -> None:
        """Pass it on."""
        self._observer.begun(stage, parameters)

    def finished(self, evaluation: Evaluation) -> None:
        """Write it down, unless it is of an earlier run, and pass it on."""
        if (evaluation.stage, evaluation.number) not in self._written:
            self._directory.append(evaluation)
        self._observer.finished(evaluation)
