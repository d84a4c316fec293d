"""cqd emitters, figures, target: output, exit codes and messages."""

import json

import pytest

from cqdphotonics.cli import main


def run(capsys, *arguments):
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_emitters_lists_and_prints_a_card_with_sources(capsys):
    code, out, _ = run(capsys, "emitters")
    assert code == 0
    assert "CsPbBr3-4K" in out
    code, out, _ = run(capsys, "emitters", "CsPbBr3-4K")
    assert code == 0
    assert "[S] Almutlaq" in out
    assert "Utzat et al., Science 363, 1068 (2019)" in out
    assert "γ*/γ = 4.25" in out


def test_a_shipped_yaml_can_be_copied_changed_and_loaded(capsys, tmp_path):
    code, out, _ = run(capsys, "emitters", "CsPbBr3-4K", "--yaml")
    assert code == 0
    path = tmp_path / "mine.yaml"
    path.write_text(out.replace("value: 210", "value: 400"))
    code, out, _ = run(capsys, "emitters", str(path), "--json")
    assert code == 0
    assert json.loads(out)["T1"]["value"] == 400


def test_figures_of_a_purcell_factor(capsys):
    code, out, _ = run(capsys, "figures", "--emitter", "CsPbBr3-4K", "--purcell", "10", "--json")
    assert code == 0
    data = json.loads(out)
    assert data["indistinguishability"]["value"] == pytest.approx(0.70, abs=0.005)
    assert data["bare_indistinguishability"]["value"] == pytest.approx(0.19, abs=0.005)
    assert data["bare_indistinguishability"]["uncertainty"] is None
    assert data["cooperativity"] is None
    assert "cooperativity" in data["missing"]


def test_figures_of_two_cavities_are_those_of_the_engine(capsys):
    # γ = 1, γ* = 10⁴: the best cascade with κ1 → 0 gives I = .5, η = .371.
    dot = ["--emitter-value", "T1=1", "--emitter-value", f"T2={2 / 10001:.9f}"]
    arguments = ["figures", "--emitter", "CsPbBr3-4K", *dot, "--emitter-value", "quantum_yield=1"]
    rates = ["--g", "56", "--kappa", "1e-6", "--coupling", "1.37", "--kappa2", "2.73"]
    code, out, _ = run(capsys, *arguments, *rates, "--json")
    assert code == 0
    data = json.loads(out)
    assert data["indistinguishability"]["value"] == pytest.approx(0.5, abs=0.001)
    assert data["efficiency"]["value"] == pytest.approx(0.371, abs=0.001)


def test_the_impossible_is_said_plainly(capsys):
    code, out, _ = run(
        capsys, "figures", "--emitter", "CdSe-CdS-300K", "--q", "1e5", "--volume", "2.5"
    )
    assert code == 0
    assert "I ≈ 0.003: two of these photons do not interfere" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["figures", "--emitter", "nope", "--purcell", "3"], "unknown emitter 'nope'"),
        (["figures", "--emitter", "CsPbBr3-4K"], "describe the device in one way"),
        (["figures", "--emitter", "CsPbBr3-4K", "--purcell", "3", "--g", "1"], "in one way"),
        (["figures", "--emitter", "CsPbBr3-4K", "--purcell", "-3"], "purcell is -3"),
        (["figures", "--emitter", "CsPbBr3-4K", "--purcell", "3", "--collected", "2"], "between 0"),
        (["figures", "--emitter", "CsPbBr3-4K", "--g", "3"], "--kappa"),
        (["figures", "--emitter", "CsPbBr3-4K", "--g", "3", "--kappa", "1", "--kappa2", "1"], "J"),
        (["figures", "--emitter", "InP-ZnSe-ZnS-4K", "--purcell", "3"], "no T1 and no quantum"),
        (
            ["figures", "--emitter", "CsPbBr3-4K", "--purcell", "3", "--emitter-value", "T2=900"],
            "2·T1",
        ),
        (
            ["figures", "--emitter", "CsPbBr3-4K", "--purcell", "3", "--emitter-value", "T2=x"],
            "'x'",
        ),
        (["figures", "--emitter", "CsPbBr3-4K", "--purcell", "3", "--odmr-contrast", ".2"], "ODMR"),
        (["target", "--emitter", "CsPbBr3-4K", "--indistinguishability", "1.2"], "between 0 and 1"),
        (
            ["target", "--emitter", "CsPbBr3-4K", "--indistinguishability", ".9", "--max-q", "1"],
            "Q",
        ),
    ],
)
def test_wrong_input_exits_2_with_a_short_message(capsys, arguments, words):
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert words.lower() in err.lower()
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 5
