"""Studies for several emitters: the worst or the mean counts, and each is told."""

import json

import numpy as np
import pytest
import yaml

from cqdphotonics.codesign import theory
from cqdphotonics.codesign.directory import StudyDirectory
from cqdphotonics.codesign.evaluation import Outcome
from cqdphotonics.codesign.result import StudyResult
from cqdphotonics.codesign.several import middle, together
from cqdphotonics.codesign.study import Study
from cqdphotonics.errors import CqdError, FileFormatError

SLOW, FAST = "CsPbBr3-4K", {"name": "CsPbBr3-4K", "override": {"T1": 100}}
STUDY = {
    "name": "a cavity for two dots",
    "emitter": [SLOW, FAST],
    "component": "theory.cavity",
    "free": {
        "g": {"minimum": 0.001, "maximum": 0.05, "scale": "log"},
        "kappa": {"minimum": 0.01, "maximum": 3, "scale": "log"},
    },
    "objective": {"indistinguishability": 1, "efficiency": 1},
    "search": {"algorithm": "COBYLA", "budget": 150, "samples": 30, "starts": 2},
}


def study(**changes: object) -> Study:
    return Study.from_text(yaml.safe_dump({**STUDY, **changes}))


def objective(single: Study, values: dict[str, float]) -> float:
    return theory.evaluator_of(single)(values).value or 0.0


def test_one_emitter_is_what_it_was():
    plain, listed = study(emitter=SLOW), study(emitter=[SLOW])
    assert plain.identity() == listed.identity()
    assert yaml.safe_load(plain.to_yaml())["emitter"]["name"] == SLOW
    assert study().identity() not in (plain.identity(), study(over_emitters="mean").identity())
    assert study(emitter=[FAST, SLOW]).emitter_names == ("CsPbBr3-4K (1)", "CsPbBr3-4K (2)")


def test_a_list_survives_writing():
    again = Study.from_text(study().to_yaml())
    assert again.model_dump() == study().model_dump()
    assert again.identity() == study().identity()
    assert again.symbol == "worst of η·I over 2 emitters"


@pytest.mark.parametrize("over, combine", [("worst", min), ("mean", lambda v: sum(v) / len(v))])
def test_the_best_cavity_for_two_dots(tmp_path, over, combine):
    """Against a grid of both rates; the grid's step is a hundredth of the optimum's width."""
    asked = study(over_emitters=over)
    result = asked.run(tmp_path / over)
    best = max(
        combine([objective(single, {"g": g, "kappa": kappa}) for single in asked.singles])
        for g in np.geomspace(0.001, 0.05, 24)
        for kappa in np.geomspace(0.01, 3, 40)
    )
    proof = result.best.proof
    assert proof.objective.nominal_value == pytest.approx(best, rel=0.01)
    assert proof.objective.nominal_value == pytest.approx(
        combine([one.objective.nominal_value for one in proof.each])
    )
    assert [one.emitter for one in proof.each] == list(asked.emitter_names)
    assert "CsPbBr3-4K (2): I = " in result.summary
    read = StudyResult.from_directory(tmp_path / over)
    kept = [(one.emitter, one.objective.nominal_value) for one in read.best.proof.each]
    assert kept == [(one.emitter, one.objective.nominal_value) for one in proof.each]
    assert json.loads((tmp_path / over / "result.json").read_text())["best"]["proof"]["each"]


@pytest.mark.parametrize("over", ["worst", "mean"])
def test_slopes_over_emitters_are_those_of_finite_differences(over):
    asked = study(over_emitters=over)
    evaluator = theory.evaluator_of(asked)
    assert theory.slope_error(evaluator, {"g": 0.01, "kappa": 0.3}) < 1e-4


def test_gradients_are_allowed_for_the_mean(tmp_path):
    asked = study(
        over_emitters="mean",
        search={"algorithm": "CCSAQ", "budget": 60, "samples": 12, "starts": 2},
    )
    found = asked.run(tmp_path / "mean").best.proof.objective.nominal_value
    other = study(over_emitters="mean").run(tmp_path / "other").best.proof.objective.nominal_value
    assert found == pytest.approx(other, rel=0.01)


def test_outcomes_together():
    one = Outcome(0.5, rescaling=1.02, promise=0.8, held={"efficiency": 0.1}, seconds=2.0)
    two = Outcome(0.2, rescaling=1.0, promise=0.3, held={"efficiency": -0.1}, seconds=1.0)
    worst = together("worst", ("a", "b"), (one, two))
    assert worst.value == 0.2
    assert worst.held == {"efficiency": -0.1}
    assert worst.rescaling == pytest.approx(1.02**0.5)
    assert worst.gain == pytest.approx(1.5)
    assert worst.seconds == 3.0
    assert together("mean", ("a", "b"), (one, two)).value == pytest.approx(0.35)
    failed = together("mean", ("a", "b"), (one, Outcome(None, reason="it diverged")))
    assert failed.value is None
    assert failed.reason == "b: it diverged"
    assert middle([1.0, None]) is None


def test_a_held_figure_is_held_for_every_emitter(tmp_path):
    asked = study(
        objective={"efficiency": 1}, constraints={"figures": {"indistinguishability": 0.5}}
    )
    best = asked.run(tmp_path / "held").best.proof
    least = min(one.figures["indistinguishability"].nominal_value for one in best.each)
    assert least >= 0.5 * 0.999


@pytest.mark.parametrize(
    "emitter, said",
    [
        ([SLOW, "CsPbBr3-5K"], "Did you mean 'CsPbBr3"),
        ([SLOW, {"name": SLOW, "override": {"T9": 1}}], "T9"),
    ],
)
def test_a_wrong_emitter_of_a_list_is_found_first(tmp_path, emitter, said):
    with pytest.raises(CqdError) as caught:
        study(emitter=emitter).run(tmp_path / "study")
    assert said in str(caught.value)
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize(
    "change, said",
    [
        ({"emitter": []}, "needs at least one"),
        ({"emitter": [SLOW, 4]}, "emitter"),
        ({"over_emitters": "best"}, "worst"),
    ],
)
def test_malformed(change, said):
    with pytest.raises(FileFormatError) as caught:
        study(**change)
    assert said in str(caught.value)


def test_files_of_emitters_go_along(tmp_path):
    own = tmp_path / "mine.yaml"
    own.write_text(
        "name: mine\ntemperature: 4\nwavelength: 0.52\nT1: 210\nT2: 80\nquantum_yield: 1\n"
    )
    text = yaml.safe_dump({**STUDY, "emitter": [SLOW, "mine.yaml"]})
    asked = Study.from_text(text, folder=tmp_path)
    directory = StudyDirectory(tmp_path / "run")
    directory.prepare(asked)
    assert (tmp_path / "run" / "emitter2.yaml").exists()
    assert directory.study().identity() == asked.identity()
