"""``cqd components``, ``cqd stacks`` and ``cqd layout``."""

import json

import pytest

from cqdphotonics.cli.app import main
from cqdphotonics.layout.gdsio import read_component


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_components(capsys):
    code, out, _ = run(capsys, "components")
    assert code == 0
    assert "bullseye" in out
    code, out, _ = run(capsys, "components", "bullseye", "--json")
    data = json.loads(out)
    radius = next(p for p in data["parameters"] if p["name"] == "radius")
    assert (code, radius["unit"], radius["default"]) == (0, "µm", 0.43)


def test_stacks(capsys):
    code, out, _ = run(capsys, "stacks")
    assert (code, "sin-air" in out) == (0, True)
    code, out, _ = run(capsys, "stacks", "sin-on-dbr", "-p", "pairs=3", "--json")
    data = json.loads(out)
    assert code == 0
    assert len(data["films"]) == 8
    assert data["heights"]["device"] == [0.0, 0.32]
    code, out, _ = run(capsys, "stacks", "sin-on-dbr", "-p", "pairs=1")
    assert "TiO2" in out


def test_layout_writes_what_it_says(capsys, tmp_path):
    path, picture = tmp_path / "b.gds", tmp_path / "b.png"
    code, out, _ = run(
        capsys, "layout", "bullseye", "-p", "radius=0.44", "-p", "rings=3",
        "-o", path, "--picture", picture, "--json",
    )  # fmt: skip
    data = json.loads(out)
    assert code == 0
    assert data["settings"]["radius"] == 0.44
    assert data["emitter"] == [0.0, 0.0]
    assert read_component(data["file"]).settings["rings"] == 3
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["layout", "bulseye"], "Did you mean 'bullseye'?"),
        (["layout", "bullseye", "-p", "radus=1"], "Did you mean 'radius'?"),
        (["layout", "bullseye", "-p", "radius=430"], "430 nm is 0.43 µm"),
        (["layout", "bullseye", "-p", "gap=0.34"], "too narrow"),
        (["layout", "bullseye", "-p", "radius=wide"], "not a number"),
        (["components", "disk"], "Did you mean 'disc'?"),
        (["stacks", "sin-aire"], "Did you mean 'sin-air'?"),
        (["stacks", "sin-air", "-p", "thickness=300"], "300 nm is 0.3 µm"),
    ],
)
def test_wrong_input_is_2_with_a_message(capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    code, out, _ = run(capsys, *arguments, "--json")
    assert (code, message in json.loads(out)["message"]) == (2, True)


def test_a_place_that_can_not_be_written(capsys):
    code, _, err = run(capsys, "layout", "disc", "-o", "/proc/nowhere/d.gds")
    assert code == 1
    assert "can't be written" in err
