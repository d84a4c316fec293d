"""Running a study: check, search, verify, choose, write everything down.

No decision is saved in order to resume. The driver repeats its decisions, memory and store answer
what was evaluated and simulated before, and the search goes on where it was stopped.
"""

import json
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
from uncertainties import UFloat

from cqdphotonics.codesign import clock
from cqdphotonics.codesign.assessment import EXACT, Assessment, Individual, assess
from cqdphotonics.codesign.check import check_study
from cqdphotonics.codesign.cluster import Cluster
from cqdphotonics.codesign.device import Evaluator, Simulated, build, layout_lock, respond
from cqdphotonics.codesign.directory import StudyDirectory
from cqdphotonics.codesign.driver import search
from cqdphotonics.codesign.engine import Engine, local
from cqdphotonics.codesign.evaluation import (
    STEEPNESS,
    WORTH_SCALING,
    Evaluation,
    Plan,
    best_of,
    resonances,
)
from cqdphotonics.codesign.front import FrontDesign, StudyFront
from cqdphotonics.codesign.interrupt import heard
from cqdphotonics.codesign.ladder import Rung, climb
from cqdphotonics.codesign.memory import Evaluate, Memory, fingerprint
from cqdphotonics.codesign.observer import Observer, Recorder, Silent
from cqdphotonics.codesign.pareto import Front, front_of, trace, values_of
from cqdphotonics.codesign.queues import check_engine
from cqdphotonics.codesign.resonance import ResonanceModel
from cqdphotonics.codesign.result import Design, StudyResult
from cqdphotonics.codesign.several import merged, statistic
from cqdphotonics.codesign.slopes import mode_slopes
from cqdphotonics.codesign.space import Space
from cqdphotonics.codesign.study import Study
from cqdphotonics.codesign.theory import evaluator_of, is_theory
from cqdphotonics.display import nominal, quantity
from cqdphotonics.errors import GeometryError, RangeError, SimulationError

MOST_CORRECTIONS = 2
"""How often the proof may scale the best design to the wavelength: it costs a proof each time."""

PROGRAMS = ("cqdphotonics", "gdsfactory", "nlopt", "numpy", "scipy")


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
    study = study.with_engine(workers=workers)
    space = check_study(study)
    check_engine(study.engine)
    directory = StudyDirectory(path)
    directory.prepare(study)
    with directory.exclusive(), clock.kept(directory, study.engine.name):
        directory.mend_history()
        store = Store(directory.store_root)
        memory = Memory(directory.outcomes_file, _foundations(study))
        cluster = Cluster(study.engine, store, directory.engine_file)
        # One evaluation more than simulations side by side: while it is prepared or judged, all
        # workers have something to do.
        engine = local(cluster.width + 1)
        cancelled = threading.Event()
        job = _Job(
            study, space, store, memory, directory, engine, observer, cancelled, _plan(study)
        )
        try:
            with heard(cancelled):
                result = _solve_theory(job) if is_theory(study.component) else _solve(job)
        except BaseException:
            # Ctrl-C, or a fault: what waits is dropped, what runs is ended, nothing is left over.
            cancelled.set()
            cluster.close()
            engine.shutdown(wait=True, cancel_futures=True)
            raise
        engine.shutdown()
        cluster.close()
        _write(result, directory)
    return result


@dataclass(frozen=True)
class _Job:
    """What all parts of a run need."""

    study: Study
    space: Space
    store: Any
    memory: Memory
    directory: StudyDirectory
    engine: Engine
    observer: Observer
    cancelled: threading.Event
    plan: Plan

    def begin(
        self, name: str, values: dict[str, float], fidelity: str
    ) -> "Future[tuple[Simulated | None, str]]":
        """Simulate a design on the engine: its response, or None and why not."""
        return self.engine.submit(self._respond, name, values, fidelity)

    def _respond(
        self, name: str, values: dict[str, float], fidelity: str
    ) -> tuple[Simulated | None, str]:
        def tell(report: dict[str, Any]) -> None:
            self.observer.proving(name, report)

        try:
            return respond(self.study, values, fidelity, self.store, self.cancelled, tell), ""
        except (GeometryError, RangeError, SimulationError) as error:
            return None, str(error)


def _solve(job: _Job) -> StudyResult:
    if job.study.search.slopes:
        job.observer.stage("slopes: the start's mode, and a second design to check them")
        found = mode_slopes(job.study, job.space, job.store, job.cancelled)
        job.observer.stage(
            f"slopes: {found.words}" + ("; not used" if found.weights is None else "")
        )
        job = replace(job, plan=replace(job.plan, weights=found.weights))
    history = _search(job)
    rungs, winner = _climb(job, history)
    result = _prove(job, [*history, *rungs], winner)
    return result if job.study.pareto is None else replace(result, front=_front(job, history))


def _plan(study: Study) -> Plan:
    settings = study.search
    return Plan(
        algorithm=settings.algorithm,
        budget=settings.budget,
        samples=settings.samples,
        starts=settings.starts,
        seed=settings.seed,
        scale_to_wavelength=settings.scale_to_wavelength and not is_theory(study.component),
    )


def _evaluator(job: _Job, fidelity: str) -> Evaluate:
    evaluator = Evaluator(job.study, job.store, fidelity, job.cancelled)
    if job.study.function:  # what a function of the user's depends on is not known here
        return evaluator
    return job.memory.remembering(evaluator, fidelity)


def _foundations(study: Study) -> str:
    """What all outcomes of a study depend on beside its own content: programs, rules of a fab."""
    kit = study.path_of(study.constraints.kit)
    rules = Path(kit).read_text(encoding="utf-8") if kit != study.constraints.kit else kit
    return json.dumps([fingerprint(), study.identity(), versions(), rules], sort_keys=True)


def _search(job: _Job) -> list[Evaluation]:
    settings = job.study.search
    job.observer.stage(
        f"search: {job.space.dimension} parameters, {settings.budget} evaluations at most, "
        f"{settings.fidelity}, {settings.algorithm}"
    )
    evaluator = _evaluator(job, settings.fidelity)
    recorder = Recorder(job.directory, job.observer)
    history = search(job.space, evaluator, job.plan, job.engine, recorder)
    best = best_of(history)
    if best is None:
        raise SimulationError(
            f"none of {len(history)} designs could be evaluated. The first: "
            f"{history[0].outcome.reason} Change the start or the bounds."
        )
    return history


def _climb(job: _Job, history: list[Evaluation]) -> tuple[list[Evaluation], Evaluation]:
    """Carry the best design up the study's ladder; all new evaluations, and the best at the top."""
    winner, below = best_of(history), history
    assert winner is not None  # `_search` sees to it
    fidelity, added = job.study.search.fidelity, []
    recorder = Recorder(job.directory, job.observer)
    for step in job.study.search.ladder:
        job.observer.stage(f"ladder: {step.budget} evaluations at most, {step.fidelity}")
        low = Rung(fidelity, _evaluator(job, fidelity), step.below)
        high = Rung(step.fidelity, _evaluator(job, step.fidelity), step.budget)
        more, asked = climb(job.space, low, high, below, job.plan, job.engine, recorder)
        added += [*more, *asked]
        top = best_of(asked)
        if top is None:
            break
        winner, below, fidelity = top, asked, step.fidelity
    return added, winner


def _front(job: _Job, history: list[Evaluation]) -> StudyFront:
    """The study's front, the best spread of its designs verified."""
    wanted = job.study.pareto
    assert wanted is not None
    job.observer.stage(
        f"front: {wanted.figures[0]} against {wanted.figures[1]}, {wanted.points} searches of at "
        f"most {wanted.budget} evaluations"
    )
    plan = replace(job.plan, budget=wanted.budget)
    recorder = Recorder(job.directory, job.observer)
    evaluator: Any = (
        evaluator_of(job.study)
        if is_theory(job.study.component)
        else _evaluator(job, job.study.search.fidelity)
    )
    more = trace(
        job.space, evaluator, plan, job.engine, recorder, history, wanted.figures, wanted.points
    )
    found = front_of([*history, *more], wanted.figures)
    proofs = _front_proofs(job, found, wanted.proofs)
    designs = []
    for evaluation in found.evaluations:
        searched = tuple(quantity(v) for v in values_of(evaluation.outcome, wanted.figures))
        proven, problem = proofs.get(job.space.key(evaluation.parameters), (None, ""))
        designs.append(
            FrontDesign(evaluation.parameters, (searched[0], searched[1]), proven, problem)
        )
    return StudyFront(
        wanted.figures, tuple(designs), len(more), sum(e.outcome.seconds for e in more)
    )


def _front_proofs(job: _Job, found: Front, count: int) -> dict[tuple[int, ...], Any]:
    """Proofs of `count` designs, evenly along the front: figures, or why there are none."""
    if not count or not found.evaluations:
        return {}
    places = sorted({round(x) for x in np.linspace(0, len(found.evaluations) - 1, count)})
    chosen = [found.evaluations[place] for place in places]
    fidelity = job.study.proof.fidelity
    job.observer.stage(f"front: {len(chosen)} designs at {fidelity}")
    futures = [job.begin(f"front {i}", e.parameters, fidelity) for i, e in enumerate(chosen, 1)]
    proofs: dict[tuple[int, ...], Any] = {}
    for evaluation, future in zip(chosen, futures, strict=True):
        simulated, problem = future.result()
        if simulated is not None and simulated.converged:
            figures = assess(job.study, simulated).figures
            proven = tuple(figures[name] for name in found.figures)
            proofs[job.space.key(evaluation.parameters)] = (proven, "")
        else:
            reason = problem if simulated is None else simulated.verdict
            proofs[job.space.key(evaluation.parameters)] = (None, reason)
    return proofs


def _solve_theory(job: _Job) -> StudyResult:
    """A study on exact theory: nothing to simulate, nothing to prove."""
    study, settings = job.study, job.study.search
    job.observer.stage(f"search: {settings.budget} evaluations at most, {settings.algorithm}")
    evaluator = evaluator_of(study)
    recorder = Recorder(job.directory, job.observer)
    history = search(job.space, evaluator, job.plan, job.engine, recorder)
    winner = best_of(history)
    if winner is None:
        raise SimulationError(f"no rates could be solved: {history[0].outcome.reason}")

    def design(name: str, values: dict[str, float]) -> Design:
        each = []
        for single, emitter in zip(study.singles, study.emitter_names, strict=True):
            found = evaluator_of(single).figures(values).items()
            figures = {key: quantity(value) for key, value in found}
            each.append(Individual(emitter, figures, study.goal.value(figures)))
        exact = Assessment(
            EXACT,
            merged(study.over_emitters, [one.figures for one in each]),
            statistic(study.over_emitters, [one.objective for one in each]),
            converged=True,
            verdict="exact theory",
            seconds=0.0,
            each=tuple(each) if len(each) > 1 else (),
        )
        return Design(name, values, None, exact)

    return StudyResult(
        study=study,
        directory=job.directory.path,
        bare_indistinguishability=bare_indistinguishability(study),
        start=design("start", job.space.start),
        best=design("best", winner.parameters),
        history=tuple(history),
        note="" if winner.outcome.feasible else "NOT FEASIBLE: no rates keep to the constraints",
        versions=versions(),
        front=None if study.pareto is None else _front(job, history),
    )


def _prove(job: _Job, history: list[Evaluation], winner: Evaluation) -> StudyResult:
    """Verify the start and the best design; correct the best one by what the proof says."""
    study, space = job.study, job.space
    proof = study.proof.fidelity
    chosen, note = winner.parameters, ""
    if not winner.outcome.feasible:
        note = "NOT FEASIBLE: no design of the search keeps to all constraints; this misses least"
    job.observer.stage(f"proof: the start and the best design at {proof}")
    futures = [job.begin("start", space.start, proof), job.begin("best", chosen, proof)]
    (start, start_problem), (best, best_problem) = (f.result() for f in futures)

    for _ in range(MOST_CORRECTIONS):
        scaled = _corrected(job, history, chosen, best)
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


def _assessed(study: Study, simulated: Simulated | None) -> Assessment | None:
    return None if simulated is None else assess(study, simulated)


def _height(study: Study, simulated: Simulated | None) -> float:
    """What proofs are compared by: the objective, less for what is held and missed.

    Nothing for one that did not converge.
    """
    if simulated is None or not simulated.converged:
        return 0.0
    assessment = assess(study, simulated)
    missed = -sum(min(margin, 0.0) for margin in study.goal.held(assessment.figures).values())
    return nominal(assessment.objective) * exp(-STEEPNESS * missed)


def _corrected(
    job: _Job,
    history: list[Evaluation],
    values: dict[str, float],
    simulated: Simulated | None,
) -> dict[str, float] | None:
    """The design scaled by what the proof says of its resonance; None where it is on the line.

    How much each length counts is known from the search: the coarse model's slopes with the fine
    model's value.
    """
    space = job.space
    if simulated is None or not job.study.search.scale_to_wavelength:
        return None
    factor, _, gain = simulated.scaling
    if factor is None or gain < WORTH_SCALING:
        return None
    weights = ResonanceModel(space, resonances(history), job.plan.weights).weights(values)
    scaled = space.scaled(values, factor, weights)
    return None if space.key(scaled) == space.key(values) else scaled


def _words(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in values.items())


def _write_design(job: _Job, design: Design, simulated: Simulated | None) -> None:
    """Mask and response of a design."""
    from cqdphotonics.layout.gdsio import gds_bytes

    with layout_lock:
        component, _ = build(job.study, design.parameters)
        mask = gds_bytes(component)
    job.directory.write(job.directory.gds_file(design.name).name, mask)
    if simulated is not None:
        simulated.nominal.save(job.directory.response_directory(design.name))


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
