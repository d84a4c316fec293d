"""A study that begins with theory and climbs to the grid, from file to result; and its clock."""

import json

import pytest
import yaml

from cqdphotonics.codesign.clock import sessions_of, told
from cqdphotonics.codesign.directory import StudyDirectory
from cqdphotonics.codesign.status import status_of
from cqdphotonics.codesign.study import Study

STUDY = """
name: a small bullseye
emitter: CsPbBr3-4K
component: bullseye
stack: sin-air
fixed: {rings: 2, gap: 0.16, stack.thickness: 0.33}
free:
  radius: {minimum: 0.38, maximum: 0.60, start: 0.46}
objective: {indistinguishability: 1, efficiency: 1}
collection: {na: 0.7}
search:
  fidelity: theory
  budget: 14
  samples: 6
  starts: 1
  ladder: [{fidelity: coarse, budget: 2, below: 6}]
proof: {fidelity: draft}
"""


@pytest.mark.meep
def test_from_theory_to_a_proof(tmp_path):
    study = Study.from_text(STUDY)
    result = study.run(tmp_path / "study", workers=2)
    stages = {evaluation.stage.rstrip(" 0123456789,") for evaluation in result.history}
    assert {"start", "sample", "ladder coarse"} <= stages
    coarse = [e for e in result.history if e.stage == "ladder coarse"]
    assert 1 <= len(coarse) <= 2
    assert all(e.outcome.details["job_hashes"] for e in coarse if not e.outcome.failed)
    searched = [e for e in result.history if e.stage.startswith(("sample", "search"))]
    assert all(not e.outcome.details["job_hashes"] for e in searched if not e.outcome.failed)
    assert result.levels["coarse"][0] == len(coarse)
    assert sum(count for count, _ in result.levels.values()) == len(result.history)
    assert "at coarse in" in result.summary
    assert len(result.history) == len(StudyDirectory(tmp_path / "study").history())
    assert result.best.draft.fidelity == "theory"
    assert result.best.proof.fidelity == "draft"
    assert result.best.proof.objective.nominal_value > result.start.proof.objective.nominal_value

    directory = StudyDirectory(tmp_path / "study")
    (first,) = sessions_of(directory)
    assert first.finished
    assert first.seconds > sum(e.outcome.seconds for e in coarse) / 2
    before = (tmp_path / "study" / "result.json").read_bytes()
    study.run(tmp_path / "study", workers=2)
    assert (tmp_path / "study" / "result.json").read_bytes() == before
    again = sessions_of(directory)
    assert len(again) == 2
    assert again[0] == first
    assert again[1].seconds < first.seconds
    assert told(again) in status_of(tmp_path / "study").text


def test_a_clock_that_is_no_clock_is_left_out(tmp_path):
    directory = StudyDirectory(tmp_path)
    directory.prepare(Study.from_text(STUDY))
    directory.clock_file.write_text("[{")
    assert sessions_of(directory) == ()
    assert "by the clock" not in status_of(tmp_path).text


def test_a_session_that_fails_is_kept(tmp_path):
    content = yaml.safe_load(STUDY)
    content |= {"component": "theory.cavity", "stack": "", "fixed": {}, "proof": {}, "search": {}}
    content["free"] = {
        "g": {"minimum": 0.001, "maximum": 0.05},
        "kappa": {"minimum": 0.01, "maximum": 3},
    }
    content["objective"] = "efficiency"
    study = Study.from_text(yaml.safe_dump(content))

    class Stop:
        """Ends the study at its first evaluation."""

        def __getattr__(self, name):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study.run(tmp_path / "study", observer=Stop())
    (session,) = json.loads((tmp_path / "study" / "clock.json").read_text())
    assert session["finished"] is False
