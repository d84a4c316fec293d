"""``cqd codesign``, ``cqd report`` and ``cqd status``."""

import json as json_module
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cqdphotonics.cli.app import JsonOption, emit, say
from cqdphotonics.errors import InputError

if TYPE_CHECKING:
    from cqdphotonics.codesign.evaluation import Evaluation

PROOF_SECONDS = 10.0
"""Time between two lines about the same proof."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module to `app`."""
    app.command()(codesign)
    app.command()(report)
    app.command()(status)


def codesign(
    study: Annotated[
        Path | None, typer.Argument(help="The study, a YAML file.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Directory for everything; default runs/NAME."),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="Where to simulate, instead of the study's own: local, slurm, pbs, lsf."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Simulations side by side; default: the cores, or 4 jobs in a queue."),
    ] = None,
    ranks: Annotated[
        int | None, typer.Option(help="MPI ranks of each simulation; default: chosen by its size.")
    ] = None,
    allow_code: Annotated[
        bool,
        typer.Option("--allow-code", help="Let the study call its own Python function."),
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of a study and exit.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Search a study's best device, verify it, and write GDS, result and report.

    The same command again goes on where it was stopped.
    """
    from cqdphotonics.codesign import Study

    if schema:
        contents = Study.model_json_schema()
        emit(contents, json_module.dumps(contents, indent=2, ensure_ascii=False), json)
        return 0
    if study is None:
        raise InputError("give a study, for example: cqd codesign layouts/cspbbr3_bullseye.yaml")
    chosen = Study.from_file(study)
    chosen = chosen.with_engine(engine, workers, ranks)
    directory = output or Path("runs") / study.stem
    with _Screen(chosen.search.budget) as screen:
        result = chosen.run(directory, observer=screen, allow_code=allow_code)
        from cqdphotonics.report import write_report

        report_file = write_report(directory)
    mask = f"mask    {result.gds_file}\n" if result.gds_file.exists() else ""  # not of theory
    text = f"{result.summary}\n\n{mask}report  {report_file}"
    emit({**result.to_record(), "directory": directory}, text, json)
    if not result.best.passed:
        say(f"cqd: the best design did not pass its proof: {result.best.reservation}")
        return 1
    return 0


def report(
    directory: Annotated[Path, typer.Argument(help="Directory of a finished study.")],
    json: JsonOption = False,
) -> None:
    """Make the HTML report of a finished study again."""
    from cqdphotonics.report import write_report

    path = write_report(directory)
    emit({"report": path}, str(path), json)


def status(
    directory: Annotated[Path, typer.Argument(help="Directory of a study.")],
    json: JsonOption = False,
) -> None:
    """Show how far a study is: best so far, failures, cost."""
    from cqdphotonics.codesign.status import status_of

    found = status_of(directory)
    emit(found.to_record(), found.text, json)


class _Screen:
    """Progress of a study on stderr: a line for each evaluation, and a bar on a terminal."""

    def __init__(self, budget: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("search", total=budget)
        self._begun = time.monotonic()
        self._count = 0
        self._best: list[Evaluation] = []
        self._told: dict[str, float] = {}

    def __enter__(self) -> "_Screen":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def stage(self, text: str) -> None:
        """A new part of the work begins."""
        self._bar.update(self._task, description=text.split(":")[0])
        self._console.print(f"{self._clock()}  {text}", soft_wrap=True, markup=False)

    def begun(self, stage: str, parameters: Mapping[str, float]) -> None:
        """An evaluation begins."""

    def finished(self, evaluation: "Evaluation") -> None:
        """An evaluation has its outcome."""
        from cqdphotonics.codesign.evaluation import best_of, of_search

        outcome = evaluation.outcome
        self._count += 1
        if (best := best_of(of_search([*self._best, evaluation]))) is not None:
            self._best = [best]
        name = f"{evaluation.stage} {evaluation.number}"
        if outcome.value is None:
            said = f"failed: {outcome.reason}"
        else:
            figures = outcome.details.get("figures", {})
            told = "  ".join(
                f"{symbol} {figures[key][0]:6.3g}"
                for key, symbol in (
                    ("indistinguishability", "I"),
                    ("purcell", "F"),
                    ("efficiency", "η"),
                )
                if key in figures
            )
            best_value = self._best[0].outcome.value if self._best else None
            tail = f"  (best {best_value:.4g})" if best_value is not None else ""
            said = f"{told}  →  {outcome.value:.4g}{tail}"
            if not outcome.feasible:
                said += "  misses a constraint"
        self._console.print(
            f"{self._clock()}  {self._count:4d}  {name:<12}  {said}", soft_wrap=True, markup=False
        )
        self._bar.update(self._task, completed=self._count)

    def proving(self, name: str, report: Mapping[str, Any]) -> None:
        """The proof of a design goes on."""
        now = time.monotonic()
        if now - self._told.get(name, 0.0) < PROOF_SECONDS:
            return
        self._told[name] = now
        self._console.print(
            f"{self._clock()}        {name} design: grid {report['run']} of {report['runs']}, "
            f"t = {report['time']:.0f} µm/c, {report['remaining']:.0%} still open",
            soft_wrap=True,
            markup=False,
        )

    def _clock(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._begun), 60)
        return f"{minutes:3d}:{seconds:02d}"
