"""Running a study: check, search, verify, choose, write everything down.

Nothing here is saved in order to resume. The driver repeats its decisions, the store answers what
was computed before, and the search goes on where it was stopped.
"""

import json
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from uncertainties import UFloat

from cqdphotonics.codesign.check import check_study
from cqdphotonics.codesign.device import (
    Assessment,
    Evaluator,
    assess,
    build,
    layout_lock,
    respond,
    scaling,
)
from cqdphotonics.codesign.directory import StudyDirectory
from cqdphotonics.codesign.driver import search
from cqdphotonics.codesign.engine import Engine, local
from cqdphotonics.codesign.evaluation import (
    WORTH_SCALING,
    Evaluation,
    Plan,
    best_of,
    resonances,
)
from cqdphotonics.codesign.resonance import ResonanceModel
from cqdphotonics.codesign.result import Design, StudyResult
from cqdphotonics.codesign.space import Space
from cqdphotonics.codesign.study import Study
from cqdphotonics.display import nominal, quantity
from cqdphotonics.errors import GeometryError, RangeError, SimulationError

MOST_CORRECTIONS = 2
"""How often the proof may scale the best design to the wavelength: it costs a proof each time."""

PROGRAMS = ("cqdphotonics", "gdsfactory", "nlopt", "numpy", "scipy")


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


class _Recorder:
    """Writes the history and passes everything on to the observer."""

    def __init__(self, directory: StudyDirectory, observer: Observer) -> None:
        self._directory = directory
        self._observer = observer
        self._written = {(e.stage, e.number) for e in directory.history()}

    def begun(self, stage: str, parameters: Mapping[str, float]) -> None:
        self._observer.begun(stage, parameters)

    def finished(self, evaluation: Evaluation) -> None:
        if (evaluation.stage, evaluation.number) not in self._written:
            self._directory.append(evaluation)
        self._observer.finished(evaluation)


def run_study(
    study: Study,
    path: Path,
    *,
    workers: int | None = None,
    observer: Observer | None = None,
) -> StudyResult:
    """Run `study` in the directory `path`; see `Study.run`."""
    from cqdphotonics.fdtd.store import Store

    observer = observer or Silent()
    space = check_study(study)
    directory = StudyDirectory(path)
    directory.prepare(study)
    with directory.exclusive():
        directory.mend_history()
        store = Store(directory.store_root)
        engine = local(workers)
        cancelled = threading.Event()
        job = _Job(study, space, store, directory, engine, observer, cancelled)
        try:
            result = _prove(job, _search(job))
        except BaseException:
            # Ctrl-C, or a fault: what waits is dropped, what runs is ended, nothing is left over.
            cancelled.set()
            engine.shutdown(wait=True, cancel_futures=True)
            raise
        engine.shutdown()
        _write(result, directory)
    return result


@dataclass(frozen=True)
class _Job:
    """What all parts of a run need."""

    study: Study
    space: Space
    store: Any
    directory: StudyDirectory
    engine: Engine
    observer: Observer
    cancelled: threading.Event

    def begin(
        self, name: str, values: dict[str, float], fidelity: str
    ) -> "Future[tuple[Any, str]]":
        """Simulate a design on the engine: its response, or None and why not."""
        return self.engine.submit(self._respond, name, values, fidelity)

    def _respond(self, name: str, values: dict[str, float], fidelity: str) -> tuple[Any, str]:
        def tell(report: dict[str, Any]) -> None:
            self.observer.proving(name, report)

        try:
            return respond(self.study, values, fidelity, self.store, self.cancelled, tell), ""
        except (GeometryError, RangeError, SimulationError) as error:
            return None, str(error)


def _search(job: _Job) -> list[Evaluation]:
    failures = {
        tuple(sorted(e.parameters.items())): e.outcome.reason
        for e in job.directory.history()
        if e.outcome.failed
    }
    settings = job.study.search
    plan = Plan(
        algorithm=settings.algorithm,
        budget=settings.budget,
        samples=settings.samples,
        starts=settings.starts,
        seed=settings.seed,
        scale_to_wavelength=settings.scale_to_wavelength,
    )
    job.observer.stage(
        f"search: {job.space.dimension} parameters, {settings.budget} evaluations at most, "
        f"{settings.fidelity}, {settings.algorithm}"
    )
    evaluator = Evaluator(job.study, job.store, failures, job.cancelled)
    recorder = _Recorder(job.directory, job.observer)
    history = search(job.space, evaluator, plan, job.engine, recorder)
    if best_of(history) is None:
        raise SimulationError(
            f"none of {len(history)} designs could be evaluated. The first: "
            f"{history[0].outcome.reason} Change the start or the bounds."
        )
    return history


def _prove(job: _Job, history: list[Evaluation]) -> StudyResult:
    """Verify the start and the best design; correct the best one by what the proof says."""
    study, space = job.study, job.space
    proof = study.proof.fidelity
    winner = best_of(history)
    assert winner is not None  # `_search` sees to it
    chosen, note = winner.parameters, ""
    job.observer.stage(f"proof: the start and the best design at {proof}")
    futures = [job.begin("start", space.start, proof), job.begin("best", chosen, proof)]
    (start, start_problem), (best, best_problem) = (f.result() for f in futures)

    for _ in range(MOST_CORRECTIONS):
        scaled = _corrected(study, space, history, chosen, best)
        if scaled is None:
            break
        job.observer.stage(
            f"proof: the resonance lies beside the emitter's line; scaled to {_words(scaled)}"
        )
        other, _ = job.begin("scaled", scaled, proof).result()
        if _height(study, other) <= _height(study, best):
            break
        chosen, best, best_problem = scaled, other, ""
        note = (
            "the proof found the resonance of the search's best design beside the emitter's line: "
            f"its lengths were scaled from {_words(winner.parameters)}, and verified again"
        )
    if _height(study, start) >= _height(study, best) > 0:
        chosen, best, best_problem = space.start, start, start_problem
        note = "the proof found no design better than the start"
    search_fidelity = study.search.fidelity
    drafts = [
        job.begin("start", space.start, search_fidelity),
        job.begin("best", chosen, search_fidelity),
    ]
    (start_draft, _), (best_draft, _) = (f.result() for f in drafts)
    designs = (
        Design(
            "start", space.start, _assessed(study, start_draft), _assessed(study, start),
            start_problem,
        ),
        Design(
            "best", chosen, _assessed(study, best_draft), _assessed(study, best), best_problem
        ),
    )  # fmt: skip
    _write_design(job, designs[0], start or start_draft)
    _write_design(job, designs[1], best or best_draft)
    return StudyResult(
        study=study,
        directory=job.directory.path,
        bare_indistinguishability=bare_indistinguishability(study),
        start=designs[0],
        best=designs[1],
        history=tuple(history),
        note=note,
        versions=versions(),
    )


def bare_indistinguishability(study: Study) -> UFloat:
    """γ/(γ + γ*) of the emitter, with its uncertainty."""
    rates = study.load_emitter().uncertain
    return quantity(rates.gamma / (rates.gamma + rates.gamma_star))


def _assessed(study: Study, response: Any) -> Assessment | None:
    return None if response is None else assess(study, response)


def _height(study: Study, response: Any) -> float:
    """What proofs are compared by: the objective; nothing for one that did not converge."""
    if response is None or not response.converged:
        return 0.0
    return nominal(assess(study, response).objective)


def _corrected(
    study: Study,
    space: Space,
    history: list[Evaluation],
    values: dict[str, float],
    response: Any,
) -> dict[str, float] | None:
    """The design scaled by what the proof says of its resonance; None where it is on the line.

    How much each length counts is known from the search: the coarse model's slopes with the fine
    model's value.
    """
    if response is None or not study.search.scale_to_wavelength:
        return None
    factor, _, gain = scaling(study, response)
    if factor is None or gain < WORTH_SCALING:
        return None
    weights = ResonanceModel(space, resonances(history)).weights(values)
    scaled = space.scaled(values, factor, weights)
    return None if space.key(scaled) == space.key(values) else scaled


def _words(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in values.items())


def _write_design(job: _Job, design: Design, response: Any) -> None:
    """Mask and response of a design."""
    from cqdphotonics.layout.gdsio import gds_bytes

    with layout_lock:
        component, _ = build(job.study, design.parameters)
        mask = gds_bytes(component)
    job.directory.write(job.directory.gds_file(design.name).name, mask)
    if response is not None:
        response.save(job.directory.response_directory(design.name))


def _write(result: StudyResult, directory: StudyDirectory) -> None:
    record = json.dumps(result.to_record(), indent=1, ensure_ascii=False)
    directory.write(directory.result_file.name, record + "\n")
    directory.write(directory.summary_file.name, result.summary + "\n")


def versions() -> dict[str, str]:
    """Versions of the programs that an answer depends on."""
    found = {}
    for name in PROGRAMS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
