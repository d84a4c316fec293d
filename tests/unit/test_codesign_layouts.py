"""Layouts that break what a study asks for cost no simulation."""

import pytest

from cqdphotonics.codesign.device import Evaluator
from cqdphotonics.codesign.study import Study
from cqdphotonics.errors import SimulationError
from cqdphotonics.fdtd import simulation
from cqdphotonics.fdtd.store import Store

STUDY = """
name: a bullseye whose gaps must be written
emitter: CsPbBr3-4K
component: bullseye
stack: sin-air
fixed: {rings: 2}
free:
  gap: {minimum: 0.04, maximum: 0.20, start: 0.15}
  pitch: {minimum: 0.15, maximum: 0.40, start: 0.35}
objective: indistinguishability
constraints: {%s}
"""


@pytest.mark.parametrize(
    "constraint, values, said",
    [
        ("minimum_feature: 0.08", {"gap": 0.05, "pitch": 0.35}, "closer than 0.08 µm"),
        ("minimum_feature: 0.08", {"gap": 0.15, "pitch": 0.20}, "narrower than 0.08 µm"),
        ("kit: sin-ebeam", {"gap": 0.042, "pitch": 0.35}, "of kit sin-ebeam"),
        ("", {"gap": 0.18, "pitch": 0.15}, "gap"),  # no such bullseye, whatever the fab can do
    ],
)
def test_an_infeasible_layout_is_a_failed_point_without_fdtd(
    tmp_path, monkeypatch, constraint, values, said
):
    def run(*_, **__):
        raise SimulationError("simulated")

    monkeypatch.setattr(simulation, "run", run)
    study = Study.from_text(STUDY % constraint, name="study.yaml")
    study.check()
    evaluate = Evaluator(study, Store(tmp_path / "store"))
    assert evaluate({"gap": 0.15, "pitch": 0.35}).reason == "simulated"
    outcome = evaluate(values)
    assert outcome.failed
    assert said in outcome.reason
