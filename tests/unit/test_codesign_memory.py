"""What a study remembers: exactly what was said, and nothing once its foundations change."""

from cqdphotonics.codesign.evaluation import Outcome
from cqdphotonics.codesign.memory import Memory, fingerprint

SAID = {
    0.3: Outcome(0.1 + 0.2, rescaling=1 / 3, seconds=1.5, details={"figures": {"I": [0.1, 0.0]}}),
    0.4: Outcome(None, "it diverged", seconds=2.0),
}


def asked(memory: Memory, fidelity: str, calls: list[float]):
    def evaluate(parameters: dict[str, float]) -> Outcome:
        calls.append(parameters["radius"])
        return SAID[parameters["radius"]]

    return memory.remembering(evaluate, fidelity)


def test_an_outcome_comes_back_to_the_last_digit(tmp_path):
    path, calls = tmp_path / "outcomes.jsonl", []
    evaluate = asked(Memory(path, "a"), "draft", calls)
    first = [evaluate({"radius": r}) for r in SAID]
    again = asked(Memory(path, "a"), "draft", calls)  # as the next driver reads it
    assert [again({"radius": r}) for r in SAID] == first == list(SAID.values())
    assert calls == list(SAID)


def test_other_foundations_or_fidelity_are_other_outcomes(tmp_path):
    path, calls = tmp_path / "outcomes.jsonl", []
    for depends, fidelity in (("a", "draft"), ("b", "draft"), ("a", "fine"), ("a", "draft")):
        asked(Memory(path, depends), fidelity, calls)({"radius": 0.3})
    assert calls == [0.3, 0.3, 0.3]


def test_a_torn_or_foreign_line_costs_that_line_only(tmp_path):
    path, calls = tmp_path / "outcomes.jsonl", []
    evaluate = asked(Memory(path, "a"), "draft", calls)
    for radius in SAID:
        evaluate({"radius": radius})
    whole = path.read_bytes()
    path.write_bytes(b'{"key": "x", "glory": 1}\n' + whole[:-20])
    again = asked(Memory(path, "a"), "draft", calls)
    for radius in SAID:
        again({"radius": radius})
    assert calls == [0.3, 0.4, 0.4]
    assert path.read_bytes().endswith(whole)  # the torn line is gone, not grown together


def test_the_fingerprint_is_that_of_the_sources():
    assert len(fingerprint()) == 64
