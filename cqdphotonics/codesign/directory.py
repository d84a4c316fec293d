"""The directory of a study: one class owns every path in it.

::

    DIR/
      study.yaml        the study, every default written out; its files beside it
      store/            simulations, by content
      outcomes.jsonl    what became of each simulated design (`memory`)
      history.jsonl     one line for each evaluation, appended as they come
      clock.json        how long each session took by the clock
      engine.json jobs/ where simulations run in a queue: its jobs, and their output
      start.gds best.gds
      start/ best/      responses at the proof's fidelity
      result.json       what came out
      summary.txt       the same in words
      report.html       the same with pictures

Whole files appear by a rename; the others lose at most their last line to a crash. What decides
how a study goes on are store and outcomes; the history informs people.
"""

import errno
import fcntl
import json
import os
import shutil
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cqdphotonics.codesign.evaluation import Evaluation, Outcome
from cqdphotonics.codesign.study import Study
from cqdphotonics.errors import CqdError, FileFormatError, InputError, StorageError
from cqdphotonics.fdtd.store import storage_error

LEAST_SPACE = 50_000_000
"""Bytes that must be free before a study begins: simulations need more than this soon."""


class StudyDirectory:
    """Paths and files of one study.

    Parameters
    ----------
    path : Path
        The directory; nothing is created before `prepare`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.study_file = path / "study.yaml"
        self.history_file = path / "history.jsonl"
        self.outcomes_file = path / "outcomes.jsonl"
        self.engine_file = path / "engine.json"
        self.clock_file = path / "clock.json"
        self.result_file = path / "result.json"
        self.summary_file = path / "summary.txt"
        self.report_file = path / "report.html"
        self._lock_file = path / ".lock"
        self._writing = threading.Lock()

    @property
    def store_root(self) -> Path:
        """Where the simulations are: ``$CQD_STORE`` if set (to share them), else in here."""
        chosen = os.environ.get("CQD_STORE")
        return Path(chosen) if chosen else self.path / "store"

    def gds_file(self, design: str) -> Path:
        """Layout of the "start" or the "best" design."""
        return self.path / f"{design}.gds"

    def response_directory(self, design: str) -> Path:
        """Response of the "start" or the "best" design."""
        return self.path / design

    def prepare(self, study: Study) -> None:
        """Make the directory ready for `study`, or say why that can't be.

        Raises
        ------
        StorageError
            If the directory can't be written, or the disk is all but full.
        InputError
            If it holds another study, or something else. Nothing is changed then.
        """
        try:
            occupied = self.path.exists() and any(self.path.iterdir())
        except NotADirectoryError:
            raise InputError(
                f"'{self.path}' is a file; give a directory for the study with -o."
            ) from None
        except OSError as error:
            raise storage_error(self.path, error) from None
        if occupied:
            self._must_be(study)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".probe.{uuid.uuid4().hex}"
            probe.write_bytes(b"0" * 4096)
            probe.unlink()
            free = shutil.disk_usage(self.path).free
        except OSError as error:
            raise storage_error(self.path, error) from None
        if free < LEAST_SPACE:
            raise storage_error(self.path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        if not self.study_file.exists():
            self._write_study(study)

    def _must_be(self, study: Study) -> None:
        if not self.study_file.exists():
            if any(not entry.name.startswith(".") for entry in self.path.iterdir()):
                raise InputError(
                    f"'{self.path}' is not empty and holds no study. Nothing was changed; give a "
                    "new directory with -o."
                )
            return
        try:
            same = self.study().identity() == study.identity()
        except CqdError:
            same = False
        if not same:
            raise InputError(
                f"'{self.path}' holds another study (or an earlier version of this one). Nothing "
                "was changed; give a new directory with -o."
            )

    def _write_study(self, study: Study) -> None:
        """The study with the files that it names copied beside it."""

        def copied(name: str, copy: str) -> str:
            if not name.endswith((".yaml", ".yml")):
                return name
            self.write(copy, Path(study.path_of(name)).read_text(encoding="utf-8"))
            return copy

        numbers = [""] if len(study.emitter) == 1 else range(1, len(study.emitter) + 1)
        emitters = tuple(
            each.model_copy(update={"name": copied(each.name, f"emitter{number}.yaml")})
            for each, number in zip(study.emitter, numbers, strict=True)
        )
        changed = {"emitter": emitters, "stack": copied(study.stack, "stack.yaml")}
        self.write("study.yaml", study.model_copy(update=changed).to_yaml())

    def study(self) -> Study:
        """The study that this directory holds.

        Raises
        ------
        FileFormatError
            If it holds none.
        """
        if not self.study_file.exists():
            raise FileFormatError(
                f"'{self.path}' holds no study. Give the directory that `cqd codesign` wrote."
            )
        return Study.from_file(self.study_file)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep a second driver out; freed by the system when this process ends, however it ends."""
        try:
            handle = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise storage_error(self._lock_file, error) from None
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(
                    f"a study is running in '{self.path}' already. `cqd status {self.path}` shows "
                    "how it goes."
                ) from None
            yield
        finally:
            os.close(handle)

    def is_running(self) -> bool:
        """Whether a driver is at work here now."""
        if not self._lock_file.exists():
            return False
        handle = os.open(self._lock_file, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(handle)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a whole file at once: the old one or the new one is there, never half of one."""
        target = self.path / name
        partial = self.path / f".{name}.{uuid.uuid4().hex[:8]}"
        data = content.encode() if isinstance(content, str) else content
        try:
            with partial.open("wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            partial.replace(target)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise storage_error(target, error) from None
        return target

    def append(self, evaluation: Evaluation) -> None:
        """Add a line to the history; may be called from any thread."""
        line = json.dumps(to_record(evaluation), ensure_ascii=False)
        with self._writing:
            try:
                with self.history_file.open("ab") as handle:
                    handle.write(line.encode() + b"\n")
            except OSError as error:
                raise storage_error(self.history_file, error) from None

    def mend_history(self) -> None:
        """Cut off a last line that a crash left unfinished, so that appending is safe."""
        if not self.history_file.exists():
            return
        data = self.history_file.read_bytes()
        if data and not data.endswith(b"\n"):
            self.write(self.history_file.name, data[: data.rfind(b"\n") + 1])

    def history(self) -> list[Evaluation]:
        """The evaluations so far, in the order in which they came."""
        if not self.history_file.exists():
            return []
        try:
            lines = self.history_file.read_text(encoding="utf-8").split("\n")[:-1]
            return [from_record(json.loads(line)) for line in lines if line]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(
                f"'{self.history_file}' is damaged ({error}). Remove it: nothing but the display "
                "of past failures is lost."
            ) from None


def to_record(evaluation: Evaluation) -> dict[str, Any]:
    """An evaluation as plain data for one line of the history."""
    return {
        "stage": evaluation.stage,
        "number": evaluation.number,
        "parameters": evaluation.parameters,
        **asdict(evaluation.outcome),
    }


def from_record(record: Mapping[str, Any]) -> Evaluation:
    """The evaluation that a line of the history holds."""
    outcome = {k: v for k, v in record.items() if k not in ("stage", "number", "parameters")}
    return Evaluation(
        record["stage"], record["number"], dict(record["parameters"]), Outcome(**outcome)
    )
