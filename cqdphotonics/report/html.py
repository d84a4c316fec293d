"""The report of a study: one HTML file that needs nothing else, now or in ten years."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cqdphotonics.codesign.assessment import EXACT
from cqdphotonics.codesign.check import space_of
from cqdphotonics.codesign.directory import StudyDirectory
from cqdphotonics.codesign.result import Design, StudyResult, of_each
from cqdphotonics.codesign.theory import is_theory
from cqdphotonics.constants import HBAR, PLANCK_C
from cqdphotonics.display import format_quantity, nominal
from cqdphotonics.emitters.card import unit_of
from cqdphotonics.emitters.datum import MARKS
from cqdphotonics.report import figures as draw
from cqdphotonics.report.svg import drawing, to_svg
from cqdphotonics.report.template import page_template

if TYPE_CHECKING:
    from cqdphotonics.emitters import Emitter
    from cqdphotonics.fdtd import Response

_LABELS = {
    "indistinguishability": ("indistinguishability I", ""),
    "efficiency": ("collected share η", ""),
    "purcell": ("Purcell factor F", ""),
    "hom_visibility": ("Hong–Ou–Mandel visibility, pure photons", ""),
    "quantum_efficiency": ("quantum efficiency", ""),
    "brightness": ("photons collected per excitation", ""),
    "lifetime": ("lifetime", "ps"),
    "linewidth": ("homogeneous linewidth", "meV"),
}


_STATISTICS = {
    "mean": "Mean of the objective",
    "worst": "Worst of the objective",
    "quantile": "Quantile {q:g} of the objective",
    "yield": "Yield: share of good devices",
}

ALWAYS_SHOWN = ("indistinguishability", "efficiency", "purcell", "lifetime", "linewidth")
"""Figures in every report; those of the objective are shown, too."""


@dataclass(frozen=True)
class Responses:
    """The simulations behind a report; None where there is none."""

    start: "Response | None"
    best: "Response | None"


def write_report(directory: str | Path) -> Path:
    """Make (again) the report of a finished study.

    Parameters
    ----------
    directory : str or Path
        Where the study ran.

    Returns
    -------
    Path
        ``report.html`` in it.

    Raises
    ------
    FileFormatError
        If the directory holds no finished study.
    StorageError
        If the report can't be written.
    """
    files = StudyDirectory(Path(directory))
    result = StudyResult.from_directory(directory)
    responses = Responses(_response(files, "start"), _response(files, "best"))
    html = render(result, responses, layout_picture(files.gds_file("best")))
    return files.write(files.report_file.name, html)


def _response(files: StudyDirectory, name: str) -> "Response | None":
    from cqdphotonics.fdtd import Response

    path = files.response_directory(name)
    return Response.load(path) if path.exists() else None


def layout_picture(gds_file: Path) -> str:
    """The mask as inline SVG; empty where there is no file."""
    if not gds_file.exists():
        return ""
    from cqdphotonics.layout.draw import draw_layout
    from cqdphotonics.layout.gdsio import read_component

    with drawing(4.6, 4.6) as (figure, axes):
        axes.grid(visible=False)
        draw_layout(read_component(gds_file), axes)
        return to_svg(figure, "layout", "The mask of the best design, seen from above.")


def render(result: StudyResult, responses: Responses, layout: str = "") -> str:
    """The page of a result.

    Parameters
    ----------
    result : StudyResult
        What came out.
    responses : Responses
        The simulations of the start and the best design.
    layout : str
        An ``<svg>`` of the mask.
    """
    study, emitter = result.study, result.study.load_emitter()
    return page_template("cqdphotonics.report", "template.html").render(
        title=study.name,
        description=study.description,
        subtitle=_subtitle(result, emitter),
        verified=result.best.verified,
        reservation=result.best.reservation,
        proof_fidelity=EXACT if is_theory(study.component) else study.proof.fidelity,
        cards=_cards(result),
        sentence=_sentence(result),
        each=of_each(study, result.best.proof or result.best.draft),
        notes=[_capitalised(text) for text in (result.caveat, result.note) if text],
        pictures={
            name: Markup(svg) for name, svg in _pictures(result, responses, emitter, layout).items()
        },
        front_text=_front_text(result),
        parameters=_parameters(result),
        columns=[f"{d.name}, {kind}" for d, kind, _ in _assessments(result)],
        figures=_figures(result),
        checks=_checks(result),
        search_text=_search_text(result),
        failures=_failures(result),
        emitter=_emitter(emitter),
        repeat=REPEAT,
        provenance=_provenance(result, responses),
        study_yaml=study.to_yaml(),
    )


def _pictures(
    result: StudyResult, responses: Responses, emitter: "Emitter", layout: str
) -> dict[str, str]:
    study = result.study
    cone = study.collection
    pictures = {
        "layout": layout,
        "history": draw.history(result.history, study.symbol),
        "spectrum": "",
        "field": "",
        "far_field": "",
        "collection": "",
        "front": "",
    }
    if result.front is not None:
        pictures["front"] = draw.front(result.front, _bound(result, emitter))
    if responses.best is None:
        return pictures
    best = responses.best.data
    start = responses.start.data if responses.start is not None else None
    width = HBAR * (emitter.gamma + emitter.gamma_star) * emitter.wavelength**2 / PLANCK_C
    return pictures | {
        "spectrum": draw.spectrum(best, emitter.wavelength, start, width),
        "field": draw.field(best) if "field" in best else "",
        "far_field": draw.far_field(best, cone.na, cone.direction),
        "collection": draw.collection(best, cone.na, cone.direction, start),
    }


def _front_text(result: StudyResult) -> str:
    front = result.front
    if front is None:
        return ""
    proofs = sum(d.proven is not None for d in front.designs)
    return (
        f"{len(front.designs)} designs that no other beats in both figures, from "
        f"{front.evaluations} evaluations beside the search's. Points of the search are unverified"
        f"; {proofs} have a proof. Hypervolume {front.hypervolume:.3f} (unverified). Grey: what "
        "exact theory allows with Q ≤ 10⁵ (10⁶ for the second cavity) and V ≥ 1 (λ/n)³, all light "
        "of the last mode collected."
    )


def _bound(result: StudyResult, emitter: "Emitter") -> dict[str, list[tuple[float, float]]]:
    """What theory allows for I against η, by kind of device; nothing for other figures."""
    front = result.front
    if front is None or set(front.figures) != {"indistinguishability", "efficiency"}:
        return {}
    from cqdphotonics.quantum.target import target

    found = target(emitter, 0.9)
    return {
        f.kind: [tuple(getattr(d, name) for name in front.figures) for d in f.designs]
        for f in (found.cavity, found.cascade)
    }


def _subtitle(result: StudyResult, emitter: "Emitter") -> str:
    study = result.study
    return (
        f"{emitter.name} at {emitter.temperature:g} K, {emitter.wavelength * 1e3:g} nm; "
        f"{study.component}{f' on {study.stack}' if study.stack else ''}; maximised: "
        f"{study.function or study.goal.text}"
    )


def _split(value: Any) -> tuple[str, str]:
    """A value and its uncertainty apart, so that the page can set them in two sizes."""
    text = format_quantity(value)
    for mark in (" ± ", " ("):
        if mark in text and not text.startswith("("):
            head, tail = text.split(mark, 1)
            return head, mark.strip() + (" " if mark == " ± " else "") + tail
    return text, ""


def _cards(result: StudyResult) -> list[dict[str, str]]:
    shown = result.best.proof or result.best.draft
    assert shown is not None  # a result has a best design
    study = result.study
    theory = is_theory(study.component)
    entries = [
        (
            "Indistinguishability",
            shown.figures["indistinguishability"],
            f"bare: {format_quantity(result.bare_indistinguishability)}",
        ),
        (
            "Collected" if theory else f"Collected, {study.collection.words}",
            shown.figures["efficiency"],
            "photons per decay of the dot",
        ),
    ]
    if not theory:
        purcell = shown.figures["purcell"]
        entries.insert(1, ("Purcell factor", purcell, "total, relative to the homogeneous medium"))
    if result.improvement is not None:
        was = result.start.proof
        entries.append(
            (
                "Better than the start by a factor",
                result.improvement,
                f"{study.symbol}: {format_quantity(shown.objective)}, "
                f"start {format_quantity(was.objective) if was else 'unknown'}",
            )
        )
    if (statistic := shown.statistic) is not None and study.ensemble is not None:
        entries.insert(
            0,
            (
                _STATISTICS[study.ensemble.statistic].format(q=study.ensemble.quantile),
                shown.objective,
                "over the ensemble; mean I "
                f"{statistic.mean['indistinguishability']:.3g}, mean η "
                f"{statistic.mean['efficiency']:.3g} (unverified)",
            ),
        )
    cards = []
    for name, value, note in entries:
        head, tail = _split(value)
        cards.append({"name": name, "value": head, "spread": tail, "note": note})
    return cards


def _sentence(result: StudyResult) -> str:
    shown = result.best.proof or result.best.draft
    assert shown is not None
    emitter = result.study.load_emitter()
    ratio = emitter.gamma_star / emitter.gamma
    reached = (
        f" The device reaches {format_quantity(shown.figures['purcell'])}."
        if "purcell" in shown.figures
        else ""
    )
    return (
        f"Pure dephasing of this dot is {ratio:.3g} times its decay (γ*/γ), so that without a "
        f"device I = {nominal(result.bare_indistinguishability):.2g}, and a Purcell factor of "
        f"{ratio:.2g} is needed for I = 0.5.{reached}"
    )


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:] + ("." if text and not text.endswith(".") else "")


def _parameters(result: StudyResult) -> list[dict[str, str]]:
    rows = []
    for axis in space_of(result.study).axes:
        rows.append(
            {
                "name": axis.name,
                "unit": axis.unit,
                "start": f"{result.start.parameters[axis.name]:g}",
                "best": f"{result.best.parameters[axis.name]:g}",
                "bounds": f"{axis.minimum:g} … {axis.maximum:g}",
            }
        )
    for name, value in result.study.fixed.items():
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        rows.append({"name": name, "unit": "", "start": shown, "best": shown, "bounds": "fixed"})
    return rows


def _assessments(result: StudyResult) -> list[tuple[Design, str, Any]]:
    study = result.study
    if is_theory(study.component):
        return [(d, "exact theory", d.proof) for d in (result.start, result.best)]
    return [
        (design, kind, assessment)
        for design in (result.start, result.best)
        for kind, assessment in (
            (f"{study.search.fidelity} (search)", design.draft),
            (f"{study.proof.fidelity} (proof)", design.proof),
        )
    ]


def _figures(result: StudyResult) -> list[dict[str, Any]]:
    assessments = [a for _, _, a in _assessments(result)]
    objective = result.study.goal
    rows: list[dict[str, Any]] = []
    if len(objective.exponents) > 1 or result.study.ensemble is not None:
        cells = [format_quantity(a.objective) if a else "failed" for a in assessments]
        rows.append({"name": f"objective {result.study.symbol}", "unit": "", "cells": cells})
    for name in (*ALWAYS_SHOWN, *(n for n in objective.exponents if n not in ALWAYS_SHOWN)):
        label, unit = _LABELS[name]
        cells = [
            format_quantity(a.figures[name])
            if a and name in a.figures
            else ("not known" if a else "failed")
            for a in assessments
        ]
        if any(a and name in a.figures for a in assessments):
            rows.append({"name": label, "unit": unit, "cells": cells})
    return rows


def _checks(result: StudyResult) -> list[dict[str, Any]]:
    checks = []
    for design, kind, assessment in _assessments(result):
        passed = assessment is not None and assessment.converged
        verdict = assessment.verdict if assessment else design.problem or "no result"
        checks.append(
            {
                "name": f"{design.name}, {kind}",
                "passed": passed,
                "verdict": verdict,
                "details": assessment.checks if assessment else (),
            }
        )
    return checks


def _search_text(result: StudyResult) -> str:
    search = result.study.search
    failed = sum(e.outcome.failed for e in result.history)
    minutes = result.cost_seconds / 60
    fidelity = EXACT if is_theory(result.study.component) else search.fidelity
    where = (
        "; ".join(f"{count} at {level}" for level, (count, _) in result.levels.items())
        if search.ladder
        else f"all at {fidelity}"
    )
    return (
        f"{len(result.history)} evaluations, {where}, {failed} failed; {search.samples}"
        f" quasi-random samples, then {search.algorithm} from the best designs. Seed "
        f"{search.seed}. All simulations one after the other take {minutes:.1f} min."
    )


def _failures(result: StudyResult) -> list[dict[str, str]]:
    return [
        {
            "stage": f"{e.stage} {e.number}",
            "design": ", ".join(f"{k} = {v:g}" for k, v in e.parameters.items()),
            "reason": e.outcome.reason,
        }
        for e in result.history
        if e.outcome.failed
    ]


def _emitter(emitter: "Emitter") -> dict[str, Any]:
    rows = []
    for name, datum in emitter.data.flatten().items():
        value = f"{datum.value:g}"
        if datum.uncertainty is not None:
            value += f" ± {datum.uncertainty:g}"
        if datum.range is not None:
            value += f" ({datum.range[0]:g} to {datum.range[1]:g})"
        rows.append(
            {
                "name": name,
                "value": f"{value} {unit_of(name)}".strip(),
                "mark": MARKS[datum.mark],
                "source": datum.source,
            }
        )
    return {"description": emitter.data.description, "notes": emitter.data.notes, "rows": rows}


REPEAT = (
    "Save the study below as study.yaml and run: cqd codesign study.yaml -o DIR. The same study, "
    "seed and versions make the same decisions; simulations repeat to their tolerance, not to the "
    "last bit."
)


def _provenance(result: StudyResult, responses: Responses) -> list[dict[str, str]]:
    rows = [{"name": "study", "value": result.study.identity()}]
    rows += [{"name": name, "value": value} for name, value in result.versions.items()]
    for design, kind, assessment in _assessments(result):
        if assessment is not None:
            hashes = ", ".join(assessment.job_hashes)
            rows.append({"name": f"simulations of {design.name}, {kind}", "value": hashes})
    for name, response in (("start", responses.start), ("best", responses.best)):
        if response is not None:
            for key, value in _flat(response.provenance).items():
                rows.append({"name": f"{name}: {key}", "value": value})
    return rows


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = str(value)
    return found
