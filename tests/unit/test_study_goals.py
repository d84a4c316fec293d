"""Constraints, ensembles, fronts, ladders and functions of one's own in a study's file."""

import json

import pytest
import yaml

from cqdphotonics.cli import main
from cqdphotonics.codesign.result import StudyResult
from cqdphotonics.codesign.study import Study
from cqdphotonics.errors import CqdError, FileFormatError, InputError

GOOD = """\
name: a disc
emitter: CsPbBr3-4K
component: disc
stack: sin-air
free:
  radius: {minimum: 0.2, maximum: 0.6, start: 0.3}
objective: indistinguishability
search: {budget: 20, samples: 4}
"""
THEORY = """\
name: a cavity
emitter: CsPbBr3-4K
component: theory.cavity
free:
  g: {minimum: 0.001, maximum: 0.05, scale: log}
  kappa: {minimum: 0.01, maximum: 3, scale: log}
objective: efficiency
search: {algorithm: CCSAQ, budget: 60, samples: 12, starts: 2}
"""


def changed(text: str = GOOD, **changes: object) -> str:
    content = yaml.safe_load(text)
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = content
        for parent in parents:
            target = target.setdefault(parent, {})
        target[last] = value
    return yaml.safe_dump(content, sort_keys=False)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"stack": ""}, "'stack' is missing"),
        ({"constraints": {"figures": {"coherence": 0.4}}}, "unknown figure 'coherence'"),
        ({"constraints": {"figures": {"efficiency": 1.4}}}, "above 1: no device has that"),
        ({"constraints": {"figures": {"efficiency": 0}}}, "not above 0"),
        ({"constraints": {"minimum_feature": -0.1}}, "greater than 0"),
        ({"ensemble": {"statistic": "median"}}, "'median'"),
        ({"ensemble": {"statistic": "yield"}}, "thresholds"),
        ({"ensemble": {"placement": "far"}}, "number"),
        ({"ensemble": {"index": ["high"]}}, "number"),
        ({"ensemble": {"index": []}}, "needs at least one entry"),
        ({"ensemble": {"index_of": "Si3N4"}}, "'index' holds no error of it"),
        ({"objective": {"efficiency": float("nan")}}, "finite number"),
        ({"objective": {"efficiency": float("inf")}}, "finite number"),
        ({"pareto": {"figures": ["efficiency", "efficiency"]}}, "two different figures"),
        ({"pareto": {"points": 1}}, "greater than or equal to 2"),
        ({"search__ladder": [{"fidelity": "finer"}]}, "Did you mean 'fine'"),
        ({"search__ladder": [{"fidelity": "coarse"}]}, "from draft to coarse, which is no step up"),
        (
            {"search__ladder": [{"fidelity": "fine"}, {"fidelity": "fine"}]},
            "from fine to fine, which is no step up",
        ),
        ({"proof": {"fidelity": "theory"}}, "draft"),
        ({"free__radius__scale": "cubic"}, "linear"),
        ({"free__radius__minimum": 0, "free__radius__scale": "log"}, "minimum above 0"),
    ],
)
def test_malformed(change, said):
    with pytest.raises(FileFormatError) as caught:
        Study.from_text(changed(**change), name="study.yaml")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text, change, said",
    [
        (GOOD, {"free__radius__grid": 0.0004}, "whole multiples of 0.001"),
        (GOOD, {"search__algorithm": "MMA"}, "needs slopes"),
        (GOOD, {"constraints": {"kit": "sin-ebean"}}, "Did you mean 'sin-ebeam'"),
        # The start breaks what the study itself asks for: nothing would come of the search.
        (GOOD, {"constraints": {"minimum_feature": 1.0}}, "narrower than 1 µm"),
        (GOOD, {"function": "nowhere:f"}, "can't be imported"),
        (GOOD, {"function": "nowhere"}, "module:name"),
        (
            GOOD,
            {"emitter": "CdSe-CdS-300K", "constraints": {"figures": {"indistinguishability": 0.9}}},
            "no device has more",
        ),
        (
            GOOD,
            {"objective": "brightness", "ensemble": {"placement": 0.01}},
            "not known of each member",
        ),
        (
            GOOD,
            {
                "emitter": {"name": "CsPbBr3-4K", "override": {"quantum_yield": 1e-7}},
                "constraints": {"figures": {"quantum_efficiency": 0.2}},
            },
            "quantum_efficiency ≥ 0.2 is out of reach for CsPbBr3-4K",
        ),
        (
            GOOD,
            {
                "emitter": ["CsPbBr3-4K", "CdSe-CdS-300K"],
                "constraints": {"figures": {"indistinguishability": 0.9}},
            },
            "no device has more",
        ),
        (
            GOOD,
            {
                "component": "nanobeam",
                "dipole": "y",
                "search__fidelity": "theory",
                "free": {"width": {"minimum": 0.4, "maximum": 0.5}},
            },
            "Begin at coarse",
        ),
        (
            GOOD,
            {"search__fidelity": "theory", "ensemble": {"placement": 0.01}},
            "at coarse or above",
        ),
        (
            GOOD,
            {"search__fidelity": "theory", "search__slopes": "mode"},
            "theory has none",
        ),
        (GOOD, {"ensemble": {"bias": [0.5]}}, "bias"),
        (
            GOOD,
            {"ensemble": {"index": [0.01], "index_of": "SiO2"}},
            "unknown material of stack sin-air 'SiO2'",
        ),
        (
            GOOD,
            {"stack": "sin-on-gold", "ensemble": {"index": [0.01], "index_of": "Au"}},
            "is a metal",
        ),
        (GOOD, {"ensemble": {"index": [-1.5]}}, "less than vacuum has"),
        (GOOD, {"collection": {"port": "o1"}}, "has no port"),
        (
            GOOD,
            {
                "component": "nanobeam",
                "dipole": "y",
                "collection": {"port": "eats"},
                "free": {"width": {"minimum": 0.4, "maximum": 0.5}},
            },
            "Did you mean 'east'",
        ),
        (THEORY, {"component": "theory.cavty"}, "Did you mean 'theory.cavity'"),
        (THEORY, {"objective": "purcell"}, "theory says nothing of 'purcell'"),
        (THEORY, {"constraints": {"minimum_feature": 0.1}}, "has no layout"),
        (THEORY, {"free__kapa": {"minimum": 1, "maximum": 2}}, "Did you mean 'kappa'"),
    ],
)
def test_impossible(text, change, said):
    with pytest.raises(CqdError) as caught:
        Study.from_text(changed(text, **change), name="study.yaml").check()
    assert caught.value.exit_code == 2
    assert said in str(caught.value)


def test_index_is_a_corner_of_the_fabrication():
    """Of the pattern's material by default, or of a named one; the dot's medium follows."""
    from cqdphotonics import materials
    from cqdphotonics.codesign.device import build
    from cqdphotonics.fdtd import plan

    study = Study.from_text(changed(ensemble={"index": [-0.01, 0.02], "bias": [0.0, 0.005]}))
    study.check()
    assert study.ensemble is not None
    assert [corner["index"] for corner in study.ensemble.corners] == [-0.01, 0.02, -0.01, 0.02]
    wavelength = study.load_emitter().wavelength
    nominal = materials.load("Si3N4").index(wavelength).real
    for corner in study.ensemble.corners[:2]:
        _, scene = build(study, {"radius": 0.3}, None, corner)
        notes = " ".join(plan(scene, wavelength).notes)
        assert f"n = {nominal + corner['index']:.4g}" in notes
        assert scene.stack.cladding == "air"

    other = Study.from_text(
        changed(stack="sin-on-dbr", ensemble={"index": [0.03], "index_of": "SiO2"})
    )
    assert other.ensemble is not None
    _, scene = build(other, {"radius": 0.3}, None, other.ensemble.corners[0])
    changed_films = {f.material for f in scene.stack.films} - {"Si3N4", "air"}
    assert "SiO2 +0.03" in changed_films
    assert "SiO2" not in changed_films


def test_studies_of_before_keep_their_identity():
    """Keys that came later do not count where they are not used."""
    plain = Study.from_text(changed(ensemble={"placement": 0.01}))
    named = Study.from_text(changed(ensemble={"placement": 0.01, "index": [0.0]}))
    other = Study.from_text(changed(ensemble={"placement": 0.01, "index": [0.01]}))
    assert plain.identity() == named.identity() != other.identity()


def test_code_needs_permission(tmp_path):
    study = Study.from_text(changed(function="math:sqrt"))
    with pytest.raises(InputError, match="--allow-code"):
        study.run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_theory_study_from_file_to_report(tmp_path, capsys):
    file, directory = tmp_path / "study.yaml", tmp_path / "run"
    file.write_text(
        changed(
            THEORY,
            constraints={"figures": {"indistinguishability": 0.75}},
            pareto={"points": 3, "budget": 12},
        )
    )
    assert main(["codesign", str(file), "-o", str(directory), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    result = StudyResult.from_directory(directory)
    best = result.best.proof
    assert best is not None
    assert told["verified"]
    assert best.figures["indistinguishability"].nominal_value >= 0.75 * 0.999
    assert result.front is not None
    assert told["front"]["hypervolume"] == pytest.approx(result.front.hypervolume)
    html = (directory / "report.html").read_text()
    assert "The front" in html
    assert "Purcell factor</" not in html  # nothing that theory does not say
    # The same command replays: the same answer, and nothing new in the history.
    before = (directory / "history.jsonl").read_text()
    assert main(["codesign", str(file), "-o", str(directory), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["best"] == told["best"]
    assert (directory / "history.jsonl").read_text() == before
