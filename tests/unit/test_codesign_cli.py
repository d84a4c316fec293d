"""``cqd codesign``, ``cqd status`` and ``cqd report`` on wrong input and without a simulation."""

import json

import pytest

from cqdphotonics.cli import main


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "name: a disc\nemitter: CsPbBr3-4K\ncomponent: disc\nstack: sin-air\n"
        "free:\n  radius: {minimum: 0.2, maximum: 0.6}\nobjective: purcell\n"
    )
    return path


def test_schema_is_json_schema(capsys):
    assert main(["codesign", "--schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["required"]) == {
        "name", "emitter", "component", "free", "objective",
    }  # fmt: skip
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("component: disc", "component: disk", "Did you mean 'disc'"),
        ("minimum: 0.2", "minimum: 200", "bounds are empty"),
        ("purcell", "finesse", "unknown figure 'finesse'"),
    ],
)
def test_wrong_study(study, tmp_path, capsys, old, new, said):
    study.write_text(study.read_text().replace(old, new))
    assert main(["codesign", str(study), "-o", str(tmp_path / "run"), "--json"]) == 2
    out, err = capsys.readouterr()
    assert said in json.loads(out)["message"]
    assert said in err
    assert "Traceback" not in err
    assert not (tmp_path / "run").exists()


def test_no_study_and_no_such_study(capsys, tmp_path):
    assert main(["codesign"]) == 2
    assert "give a study" in capsys.readouterr().err
    assert main(["codesign", str(tmp_path / "none.yaml")]) == 2
    assert "there is no file" in capsys.readouterr().err


def test_unknown_engine(study, capsys):
    assert main(["codesign", str(study), "--engine", "cloud"]) == 2
    assert "unknown engine 'cloud'" in capsys.readouterr().err


def test_unwritable_output(study, capsys):
    """Nobody can make a directory in /proc, not even root."""
    assert main(["codesign", str(study), "-o", "/proc/run"]) == 1
    assert "can't write to '/proc/run'" in capsys.readouterr().err


def test_report_and_status_of_nothing(tmp_path, capsys):
    for command in ("report", "status"):
        assert main([command, str(tmp_path)]) == 2
        assert "holds no study" in capsys.readouterr().err
