"""What came out of a study: the start and the best design, as searched and as verified."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from uncertainties import UFloat

from cqdphotonics.codesign.assessment import Assessment, Individual
from cqdphotonics.codesign.directory import StudyDirectory, from_record, to_record
from cqdphotonics.codesign.ensemble import Judgement
from cqdphotonics.codesign.evaluation import SLACK, Evaluation
from cqdphotonics.codesign.front import StudyFront
from cqdphotonics.codesign.objective import FIGURES
from cqdphotonics.codesign.study import Study
from cqdphotonics.codesign.theory import is_theory
from cqdphotonics.display import format_quantity, nominal, quantity, standard_deviation
from cqdphotonics.errors import FileFormatError

LADDER_STAGES = ("ladder", "corrected")
"""First words of stages whose second word is the fidelity."""


@dataclass(frozen=True)
class Design:
    """One design: its parameters, what the search saw in it, and what the proof says.

    Parameters
    ----------
    name : str
        ``"start"`` or ``"best"``.
    parameters : dict of float
        Free parameters on the grid, µm.
    draft, proof : Assessment or None
        None where that simulation failed.
    problem : str
        Why the proof failed, where it did.
    """

    name: str
    parameters: dict[str, float]
    draft: Assessment | None
    proof: Assessment | None
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether the proof was made and passed its checks."""
        return self.proof is not None and self.proof.converged

    @property
    def verified(self) -> bool:
        """Whether it also says how far off it may be."""
        return self.passed and self.proof is not None and self.proof.has_uncertainty

    @property
    def reservation(self) -> str:
        """Why the design is not verified; empty where it is."""
        if self.verified:
            return ""
        if self.proof is None:
            return self.problem or "there is no proof"
        if not self.proof.converged:
            return self.proof.verdict
        return f"a proof at {self.proof.fidelity} gives no uncertainty"


@dataclass(frozen=True)
class StudyResult:
    """The answer to a study.

    Parameters
    ----------
    study : Study
        The question.
    directory : Path
        Where everything is.
    bare_indistinguishability : UFloat
        Of the emitter without a device.
    start, best : Design
        The hand-made and the found design.
    history : tuple of Evaluation
        The search.
    note : str
        How the best design came to be chosen, where the proof changed the choice.
    versions : dict
        Programs and their versions.
    front : StudyFront or None
        Where the study asks for one.
    """

    study: Study
    directory: Path
    bare_indistinguishability: UFloat
    start: Design
    best: Design
    history: tuple[Evaluation, ...]
    note: str
    versions: dict[str, str]
    front: StudyFront | None = None

    @property
    def gds_file(self) -> Path:
        """The mask of the best design."""
        return StudyDirectory(self.directory).gds_file("best")

    @property
    def report_file(self) -> Path:
        """The report."""
        return StudyDirectory(self.directory).report_file

    @property
    def improvement(self) -> UFloat | None:
        """Objective of the best design over the start's, both from the proof; None without it."""
        if self.best.proof is None or self.start.proof is None or self.start_misses:
            return None
        return quantity(self.best.proof.objective / self.start.proof.objective)

    @property
    def start_misses(self) -> str:
        """Which figures the start has not, though they are held; empty where it has all."""
        proof = self.start.proof
        if proof is None:
            return ""
        held = self.study.goal.held(proof.figures)
        missed = [name for name, margin in held.items() if margin < -SLACK]
        return ", ".join(
            f"{FIGURES[name].symbol} = {format_quantity(proof.figures[name])}" for name in missed
        )

    @property
    def caveat(self) -> str:
        """What to know about the improvement: a start beside the line is easily beaten."""
        proof = self.start.proof
        if self.improvement is None or proof is None or proof.tuned is None:
            return ""
        symbol = self.study.symbol
        return (
            "the start's resonance lies beside the emitter's line; moved onto it, with the "
            f"collected share that it has, the start would have about {symbol} = {proof.tuned:.2g}"
        )

    @property
    def cost_seconds(self) -> float:
        """Time of all simulations, one after the other, in s."""
        proofs = [d.proof for d in (self.start, self.best) if d.proof is not None]
        return sum(e.outcome.seconds for e in self.history) + sum(p.seconds for p in proofs)

    @property
    def levels(self) -> dict[str, tuple[int, float]]:
        """Evaluations at each fidelity of search, ladder and front, and their seconds."""
        found: dict[str, tuple[int, float]] = {}
        for evaluation in self.history:
            words = evaluation.stage.split()
            level = words[1] if words[0] in LADDER_STAGES else self.study.search.fidelity
            count, seconds = found.get(level, (0, 0.0))
            found[level] = count + 1, seconds + evaluation.outcome.seconds
        return found

    @property
    def summary(self) -> str:
        """What came out, in words."""
        return summarise(self)

    def to_record(self) -> dict[str, Any]:
        """Plain data: what ``result.json`` holds and ``--json`` prints."""
        gain = self.improvement
        return {
            "study": self.study.model_dump(mode="json"),
            "identity": self.study.identity(),
            "objective": self.study.goal.text,
            "bare_indistinguishability": _pair(self.bare_indistinguishability),
            "start": _design_record(self.start),
            "best": _design_record(self.best),
            "improvement": None if gain is None else _pair(gain),
            "verified": self.best.verified,
            "note": self.note,
            "evaluations": len(self.history),
            "failed_evaluations": sum(e.outcome.failed for e in self.history),
            "cost_seconds": self.cost_seconds,
            "levels": {
                level: {"evaluations": count, "seconds": seconds}
                for level, (count, seconds) in self.levels.items()
            },
            "versions": self.versions,
            "front": None if self.front is None else self.front.to_record(),
            "files": {"gds": "best.gds", "report": "report.html", "summary": "summary.txt"},
            "history": [to_record(e) for e in self.history],
        }

    @classmethod
    def from_directory(cls, path: str | Path) -> "StudyResult":
        """The result that a finished study left in its directory.

        Raises
        ------
        FileFormatError
            If there is none, or it can't be read.
        """
        directory = StudyDirectory(Path(path))
        study = directory.study()
        try:
            record = json.loads(directory.result_file.read_text(encoding="utf-8"))
            return cls(
                study=study,
                directory=directory.path,
                bare_indistinguishability=_from_pair(record["bare_indistinguishability"]),
                start=_design_from("start", record["start"]),
                best=_design_from("best", record["best"]),
                history=tuple(from_record(item) for item in record["history"]),
                note=record["note"],
                versions=record["versions"],
                front=StudyFront.from_record(record.get("front")),
            )
        except FileNotFoundError:
            raise FileFormatError(
                f"the study in '{path}' has no result yet. `cqd status {path}` shows how far it "
                "is; `cqd codesign` with the same study and directory goes on."
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileFormatError(f"'{directory.result_file}' can't be read: {error}.") from None


def _pair(value: Any) -> list[float]:
    return [nominal(value), standard_deviation(value)]


def _from_pair(pair: list[float]) -> UFloat:
    return quantity(pair[0], pair[1])


def _design_record(design: Design) -> dict[str, Any]:
    return {
        "parameters": design.parameters,
        "draft": _assessment_record(design.draft),
        "proof": _assessment_record(design.proof),
        "problem": design.problem,
    }


def _assessment_record(assessment: Assessment | None) -> dict[str, Any] | None:
    if assessment is None:
        return None
    return {
        "fidelity": assessment.fidelity,
        "figures": {name: _pair(value) for name, value in assessment.figures.items()},
        "objective": _pair(assessment.objective),
        "converged": assessment.converged,
        "verdict": assessment.verdict,
        "seconds": assessment.seconds,
        "job_hashes": list(assessment.job_hashes),
        "checks": list(assessment.checks),
        "tuned": assessment.tuned,
        "statistic": None if assessment.statistic is None else asdict(assessment.statistic),
        "each": [
            {
                "emitter": one.emitter,
                "figures": {name: _pair(value) for name, value in one.figures.items()},
                "objective": _pair(one.objective),
            }
            for one in assessment.each
        ],
    }


def _design_from(name: str, record: Mapping[str, Any]) -> Design:
    return Design(
        name,
        dict(record["parameters"]),
        _assessment_from(record["draft"]),
        _assessment_from(record["proof"]),
        record["problem"],
    )


def _assessment_from(record: Mapping[str, Any] | None) -> Assessment | None:
    if record is None:
        return None
    return Assessment(
        fidelity=record["fidelity"],
        figures={name: _from_pair(pair) for name, pair in record["figures"].items()},
        objective=_from_pair(record["objective"]),
        converged=record["converged"],
        verdict=record["verdict"],
        seconds=record["seconds"],
        job_hashes=tuple(record["job_hashes"]),
        checks=tuple(record["checks"]),
        tuned=record["tuned"],
        statistic=Judgement(**record["statistic"]) if record.get("statistic") else None,
        each=tuple(
            Individual(
                one["emitter"],
                {name: _from_pair(pair) for name, pair in one["figures"].items()},
                _from_pair(one["objective"]),
            )
            for one in record.get("each", ())
        ),
    )


def summarise(result: StudyResult) -> str:
    """The result in the words of a physicist, with an uncertainty at every number."""
    study, best, start = result.study, result.best, result.start
    shown = best.proof or best.draft
    assert shown is not None  # a result has a best design
    settings = ", ".join(f"{k} = {v:g}" for k, v in best.parameters.items())
    lines = [
        f"{study.name}",
        f"  best design ({shown.fidelity}): {settings}",
        f"  indistinguishability  {format_quantity(shown.figures['indistinguishability'])} "
        f"in the device, {format_quantity(result.bare_indistinguishability)} bare",
    ]
    if "purcell" in shown.figures:
        lines.append(f"  Purcell factor        {format_quantity(shown.figures['purcell'])}")
    lines += [
        f"  collected             {format_quantity(shown.figures['efficiency'])} "
        "of all decays"
        + ("" if is_theory(study.component) else f", into {study.collection.words}"),
    ]
    lines += [f"    {line}" for line in of_each(study, shown)]
    lines.append(f"  {study.symbol} = {format_quantity(shown.objective)}" + _against(result))
    if best.draft is not None and best.proof is not None:
        lines.append(
            f"  the search ({best.draft.fidelity}) had said "
            + ", ".join(
                f"{FIGURES[name].symbol} = {nominal(best.draft.figures[name]):.3g}"
                for name in ("indistinguishability", "purcell", "efficiency")
            )
        )
    if study.search.ladder:
        costs = ", ".join(f"{c} at {at} in {s:.0f} s" for at, (c, s) in result.levels.items())
        lines.append(f"  evaluations of search and ladder: {costs}")
    lines += [f"  {text}" for text in (result.caveat, result.note) if text]
    if result.front is not None:
        lines += [f"  {line}" for line in result.front.text.splitlines()]
    for design in (start, best):
        if design.reservation and not is_theory(study.component):
            lines.append(f"  NOT VERIFIED, the {design.name} design: {design.reservation}")
    return "\n".join(lines)


def of_each(study: Study, shown: Assessment | None) -> list[str]:
    """What the device is for each of several emitters, in words."""
    lines = []
    for one in shown.each if shown else ():
        said = ", ".join(
            f"{FIGURES[name].symbol} = {format_quantity(one.figures[name])}"
            for name in ("indistinguishability", "purcell", "efficiency")
            if name in one.figures
        )
        lines.append(
            f"{one.emitter}: {said}; {study.goal.symbol} = {format_quantity(one.objective)}"
        )
    return lines


def _against(result: StudyResult) -> str:
    gain = result.improvement
    if result.start_misses:
        return f"; the start misses what is held: {result.start_misses}"
    if gain is None or result.start.proof is None:
        return ""
    was = format_quantity(result.start.proof.objective)
    return f"; the start has {was}: better by a factor {format_quantity(gain)}"
