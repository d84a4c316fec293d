"""Slopes of a resonance from its mode's field, against scaling and against a second simulation."""

import pytest

from cqdphotonics.cli import main
from cqdphotonics.codesign.check import check_study
from cqdphotonics.codesign.result import StudyResult
from cqdphotonics.codesign.slopes import mode_slopes
from cqdphotonics.codesign.study import Study
from cqdphotonics.fdtd import planning
from cqdphotonics.fdtd.store import Store

BULLSEYE = """
name: a small bullseye
emitter: CsPbBr3-4K
component: bullseye
stack: sin-air
fixed: {rings: 3}
free:
  radius: {minimum: 0.38, maximum: 0.60, start: 0.43}
  pitch: {minimum: 0.30, maximum: 0.42, start: 0.35}
  gap: {minimum: 0.10, maximum: 0.25, start: 0.16}
  stack.thickness: {minimum: 0.25, maximum: 0.40, start: 0.33}
objective: indistinguishability
search: {slopes: mode}
"""


@pytest.mark.meep
def test_slopes_of_a_bullseye(store_root, monkeypatch):
    """With all lengths free the weights add up to 1, since Maxwell's equations scale: .92 with the
    eight pixels in a wavelength here, .97 with the ten of a draft. They foretell a design that
    differs in all lengths to 4 %, within the limit that a search puts up with."""
    monkeypatch.setitem(planning.FIDELITIES, "draft", (planning.Grid(8, 0.5, 5e-3, 0.7),))
    study = Study.from_text(BULLSEYE)
    found = mode_slopes(study, check_study(study), Store(store_root))
    assert found.weights is not None, found.words
    assert sum(found.weights.values()) == pytest.approx(1, abs=0.1)
    assert found.weights["radius"] > found.weights["pitch"] > abs(found.weights["gap"])


@pytest.mark.meep
def test_a_study_that_knows_its_slopes(store_root, tmp_path, monkeypatch, capsys):
    """From its file to its result: slopes are told and used, and the search goes onto the line."""
    monkeypatch.setitem(planning.FIDELITIES, "draft", (planning.Grid(8, 0.5, 5e-3, 0.7),))
    file = tmp_path / "study.yaml"
    search = "slopes: mode, budget: 8, samples: 3, starts: 1"
    text = BULLSEYE.replace("slopes: mode", search) + "proof: {fidelity: draft}\n"
    file.write_text(text)
    monkeypatch.setenv("CQD_STORE", str(store_root))
    assert main(["codesign", str(file), "-o", str(tmp_path / "run"), "--workers", "1"]) == 0
    said = capsys.readouterr().err
    assert "slopes: d ln λ/d ln p from the mode's field: radius" in said
    assert "not used" not in said
    result = StudyResult.from_directory(tmp_path / "run")
    start, best = result.start.proof.objective, result.best.proof.objective
    assert best.nominal_value > 2 * start.nominal_value
