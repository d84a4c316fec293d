"""Running a study: check, search, verify, choose, write everything down.

Nothing here is saved in order to resume. The driver repeats its decisions, the store answers what
was computed before, and the search goes on where it was stopped.
"""

import json
from collections.abc import Mapping
from concurrent.futures import Future
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from cqdphotonics.codesign.check import check_study
from cqdphotonics.codesign.device import (
    Assessment,
    Evaluator,
    assess,
    build,
    layout_lock,
    rescaling,
    respond,
)
from cqdphotonics.codesign.directory import StudyDirectory
from cqdphotonics.codesign.driver import Evaluation, Plan, best_of, search
from cqdphotonics.codesign.engine import Engine, local
from cqdphotonics.codesign.result import Design, StudyResult
from cqdphotonics.codesign.space import Space
from cqdphotonics.codesign.study import Study
from cqdphotonics.display import nominal, quantity
from cqdphotonics.errors import GeometryError, RangeError, SimulationError

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


class Silent:
    """An observer that says nothing."""

    def stage(self, text: str) -> None:
        """Say nothing."""

    def begun(self, stage: str, parameters: Mapping[str, float]) -> None:
        """Say nothing."""

    def finished(self, evaluation: Evaluation) -> None:
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
        try:
            history = _search(study, space, store, directory, engine, observer)
            result = _prove(study, space, store, directory, engine, observer, history)
        except BaseException:
            # Without this the pool's threads would go on, and keep the process alive.
            _stop(engine)
            raise
        engine.shutdown()
        _write(result, directory, observer)
    return result


def _stop(engine: Engine) -> None:
    """Drop what waits, end what runs."""
    engine.shutdown(wait=False, cancel_futures=True)


def _search(
    study: Study,
    space: Space,
    store: Any,
    directory: StudyDirectory,
    engine: Engine,
    observer: Observer,
) -> list[Evaluation]:
    failures = {
        tuple(sorted(e.parameters.items())): e.outcome.reason
        for e in directory.history()
        if e.outcome.failed
    }
    settings = study.search
    plan = Plan(
        algorithm=settings.algorithm,
        budget=settings.budget,
        samples=settings.samples,
        starts=settings.starts,
        seed=settings.seed,
        scale_to_wavelength=settings.scale_to_wavelength,
    )
    observer.stage(
        f"search: {space.dimension} parameters, {settings.budget} evaluations at most, "
        f"{settings.fidelity}, {settings.algorithm}"
    )
    evaluator = Evaluator(study, store, failures)
    history = search(space, evaluator, plan, engine, _Recorder(directory, observer))
    if best_of(history) is None:
        raise SimulationError(
            f"none of {len(history)} designs could be evaluated. The first: "
            f"{history[0].outcome.reason} Change the start or the bounds."
        )
    return history


class _Prover:
    """Proofs of designs, each made once, side by side."""

    def __init__(self, study: Study, store: Any, engine: Engine) -> None:
        self._study, self._store, self._engine = study, store, engine

    def begin(self, values: dict[str, float], fidelity: str) -> "Future[Any]":
        return self._engine.submit(self._one, values, fidelity)

    def _one(self, values: dict[str, float], fidelity: str) -> tuple[Any, str]:
        try:
            return respond(self._study, values, fidelity, self._store), ""
        except (GeometryError, RangeError, SimulationError) as error:
            return None, str(error)


def _prove(
    study: Study,
    space: Space,
    store: Any,
    directory: StudyDirectory,
    engine: Engine,
    observer: Observer,
    history: list[Evaluation],
) -> StudyResult:
    prover = _Prover(study, store, engine)
    winner = best_of(history)
    assert winner is not None  # `_search` sees to it
    chosen, note = winner.parameters, ""
    observer.stage(f"proof: the start and the best design at {study.proof.fidelity}")
    futures = [prover.begin(p, study.proof.fidelity) for p in (space.start, chosen)]
    (start_response, start_problem), (best_response, best_problem) = (f.result() for f in futures)

    corrected = _corrected(study, space, chosen, best_response)
    if corrected is not None:
        factor = best_response and rescaling(study, best_response)[0]
        observer.stage(
            f"proof: the resonance lies beside the emitter's line; all lengths × {factor:.4f}"
        )
        response, _ = prover.begin(corrected, study.proof.fidelity).result()
        if response is not None and _height(study, response) > _height(study, best_response):
            chosen, best_response, best_problem = corrected, response, ""
            note = (
                f"the proof found the resonance beside the emitter's line: all lengths were "
                f"scaled by {factor:.4f}, and the new design verified"
            )
    designs = []
    for name, values, response, problem in (
        ("start", space.start, start_response, start_problem),
        ("best", chosen, best_response, best_problem),
    ):
        draft, _ = prover.begin(values, study.search.fidelity).result()
        designs.append(
            Design(name, values, _assessed(study, draft), _assessed(study, response), problem)
        )
        observer.stage(f"writing the {name} design")
        _write_design(study, directory, name, values, response or draft)
    emitter = study.load_emitter()
    rates = emitter.uncertain
    bare = quantity(rates.gamma / (rates.gamma + rates.gamma_star))
    return StudyResult(
        study, directory.path, bare, designs[0], designs[1], tuple(history), note, versions()
    )


def _assessed(study: Study, response: Any) -> Assessment | None:
    return None if response is None else assess(study, response)


def _height(study: Study, response: Any) -> float:
    """What proofs are compared by: the objective; nothing for one that did not converge."""
    if response is None or not response.converged:
        return 0.0
    return nominal(assess(study, response).objective)


def _corrected(
    study: Study, space: Space, values: dict[str, float], response: Any
) -> dict[str, float] | None:
    """The design rescaled by what the proof says of its resonance; None where nothing changes."""
    if response is None or not study.search.scale_to_wavelength:
        return None
    factor, _ = rescaling(study, response)
    if factor is None:
        return None
    scaled = space.scaled(values, factor)
    return None if space.key(scaled) == space.key(values) else scaled


def _write_design(
    study: Study, directory: StudyDirectory, name: str, values: dict[str, float], response: Any
) -> None:
    from cqdphotonics.layout.gdsio import gds_bytes

    with layout_lock:
        component, _ = build(study, values)
        mask = gds_bytes(component)
    directory.write(directory.gds_file(name).name, mask)
    response.save(directory.response_directory(name))


def _write(result: StudyResult, directory: StudyDirectory, observer: Observer) -> None:
    """Result, summary, report; the report last, since it is made from the other files."""
    record = json.dumps(result.to_record(), indent=1, ensure_ascii=False)
    directory.write(directory.result_file.name, record + "\n")
    directory.write(directory.summary_file.name, result.summary + "\n")
    observer.stage("report")


def versions() -> dict[str, str]:
    """Versions of the programs that an answer depends on."""
    found = {}
    for name in PROGRAMS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
