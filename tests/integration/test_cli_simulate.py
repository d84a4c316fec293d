"""``cqd simulate``: what it refuses and how, and one whole run."""

import json

import pytest

from cqdphotonics import components, materials
from cqdphotonics.cli.app import main
from cqdphotonics.fdtd.response import Response
from cqdphotonics.layout.gdsio import write_component

BULLSEYE = ["bullseye", "-s", "sin-air", "-w", "0.53"]


def cqd(capsys, *arguments):
    code = main(["simulate", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["bulseye", *BULLSEYE[1:]], "Did you mean 'bullseye'?"),
        (["bullseye", "-s", "sin-ar", "-w", "0.53"], "Did you mean 'sin-air'?"),
        ([*BULLSEYE, "-p", "radus=0.4"], "Did you mean 'radius'?"),
        ([*BULLSEYE, "--fidelity", "fein"], "Did you mean 'fine'?"),
        ([*BULLSEYE, "-p", "radius=430"], "430 nm is 0.43 µm"),
        ([*BULLSEYE, "-p", "radius=wide"], "not a number"),
        ([*BULLSEYE, "--stack-parameter", "thickness=320"], "320 nm is 0.32 µm"),
        ([*BULLSEYE, "--stack-parameter", "thicknes=0.3"], "Did you mean 'thickness'?"),
        (["bullseye", "-s", "sin-air", "-w", "530"], "did you mean 0.53?"),
        (["bullseye", "-s", "sin-air", "-w", "nan"], "outside 0.1 to 20 µm"),
        ([*BULLSEYE, "--dipole", "q"], "not one of x, y, z"),
        ([*BULLSEYE, "--na", "7"], "numerical aperture 7"),
        ([*BULLSEYE, "--at", "0.1"], "is not 2 numbers"),
        ([*BULLSEYE, "--fibre", "2,thin"], "is not 2 or 3 numbers"),
        ([*BULLSEYE, "--fibre", "2,1.4"], "numerical aperture of the fibre 1.4"),
        ([*BULLSEYE[:3]], "Missing option '--wavelength'"),
        (["disc", "-s", "gold-on-glass", "-w", "0.6"], "which stack 'gold-on-glass' does not have"),
        (["{tmp}/absent.gds", *BULLSEYE[1:]], "there is no layout file"),
        (["{tmp}/cut.gds", *BULLSEYE[1:]], "cut.gds"),
        (["{tmp}/text.gds", *BULLSEYE[1:]], "text.gds"),
        (["{tmp}/whole.gds", *BULLSEYE[1:], "-p", "radius=0.4"], "taken as it is"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_bad_input_is_refused_at_once(capsys, tmp_path, arguments, message):
    """Exit code 2, a message that says the way out, nothing on stdout and nothing simulated."""
    whole = tmp_path / "whole.gds"
    write_component(components.load("disc")(), whole)
    (tmp_path / "cut.gds").write_bytes(whole.read_bytes()[:200])
    (tmp_path / "text.gds").write_text("no layout")
    store = tmp_path / "store"
    given = [text.replace("{tmp}", str(tmp_path)) for text in arguments]
    code, out, err = cqd(capsys, *given, "--store", store)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert not list(store.glob("??/*"))


@pytest.mark.parametrize("option", ["--store", "--output"])
def test_a_place_that_can_t_be_written(capsys, tmp_path, option):
    """Said before hours of simulation; exit code 1, since the request itself was right."""
    (tmp_path / "file").write_text("")
    code, out, err = cqd(capsys, *BULLSEYE, option, tmp_path / "file", "--json")
    assert code == 1
    assert json.loads(out)["error"] == "StorageError"
    assert "can't write to" in err


def test_errors_as_json(capsys):
    code, out, err = cqd(capsys, "bulseye", *BULLSEYE[1:], "--json")
    data = json.loads(out)
    assert code == 2
    assert data["error"] == "UnknownNameError"
    assert data["message"] in err


def test_dry_run_of_a_file_is_that_of_its_component(capsys, tmp_path):
    """Same hashes: the result of one is there when the other is asked for."""
    path = tmp_path / "b.gds"
    write_component(components.load("bullseye")(radius=0.44, rings=4), path)
    options = ["-s", "sin-air", "-w", "0.53", "--dry-run", "--json"]
    named = ["bullseye", "-p", "radius=0.44", "-p", "rings=4"]
    plans = []
    for device in (named, [path]):
        code, out, _ = cqd(capsys, *device, *options)
        assert code == 0
        plans.append(json.loads(out))
    assert plans[0]["jobs"] == plans[1]["jobs"]
    assert plans[0]["formulation"] == "cylindrical"
    assert "2 of 2 horizontal faces on grid points" in plans[0]["jobs"][0]["alignment"]
    assert "dot on a grid point" in plans[0]["jobs"][0]["alignment"]


@pytest.mark.meep
def test_a_whole_run(capsys, tmp_path):
    """A disc so small that the run takes seconds; the second time nothing is simulated."""
    command = [
        "disc", "-s", "sin-air", "-w", "0.6", "-p", "radius=0.1", "--stack-parameter",
        "thickness=0.1", "--na", "0.77", "--gaussian", "0.6", "--fibre", "1,0.2,0.3",
        "--store", tmp_path / "store", "-o", tmp_path / "out", "--json",
    ]  # fmt: skip
    code, out, err = cqd(capsys, *command)
    assert code == 0, err
    data = json.loads(out)  # one object and nothing else
    assert "t =" in err  # progress
    assert 0.0 < data["purcell"]["value"] < 1.0  # far below the wavelength: less than in bulk
    assert {0.5, 0.77, 0.8} <= {entry["na"] for entry in data["collection"]}
    power = data["power"]
    parts = sum(power[name] for name in ("up", "down", "side", "absorbed"))
    assert parts == pytest.approx(data["purcell"]["value"], rel=1e-6)  # made whole by their sum
    assert abs(power["closure"]) < 0.05
    assert len(data["spectrum"]["closure"]) == len(data["spectrum"]["purcell"])
    shares = {(e["direction"], "gaussian_na" in e): e["share"] for e in data["couplings"]}
    assert set(shares) == {(side, kind) for side in ("up", "down") for kind in (True, False)}
    assert all(0 < share < 0.5 for share in shares.values())
    film = materials.load("Si3N4")
    kept = Response.load(tmp_path / "out").provenance["materials"]["Si3N4"]
    assert kept["source"] == film.source
    assert kept["data_range_um"] == list(film.range)
    assert 0 < kept["error_of_epsilon"] < 0.05
    shares = [e["share"]["value"] for e in data["collection"] if e["direction"] == "up"]
    assert shares == sorted(shares)
    assert data["converged"] == ("NOT CONVERGED" not in data["verdict"])
    response = Response.load(tmp_path / "out")
    assert response.purcell.nominal_value == pytest.approx(data["purcell"]["value"])
    assert response.provenance["component"]["parameters"]["radius"] == 0.1

    code, out, err = cqd(capsys, *command)
    assert code == 0
    assert "t =" not in err
    assert json.loads(out)["purcell"] == data["purcell"]
    code, out, _ = cqd(capsys, *command[:-3])
    assert "Purcell factor at 0.6 µm" in out
    assert "power leaving minus work" in out
    assert "into a Gaussian mode of NA 0.6" in out
    assert "into the LP01 mode of a fibre" in out
    assert "unverified" in out  # one grid says nothing about its own error
    assert "computed with" not in out

    # What another Meep computed is used, and told apart.
    for meta in (tmp_path / "store").glob("??/*/meta.json"):
        meta.write_text(json.dumps(json.loads(meta.read_text()) | {"meep": "1.3.0"}))
    code, out, err = cqd(capsys, *command[:-3])
    assert code == 0
    assert "t =" not in err
    assert "computed with Meep 1.3.0, not" in out


@pytest.mark.meep
def test_time_limit(capsys, tmp_path):
    """One second is less than the solver needs to begin."""
    command = [*BULLSEYE, "--time-limit", "1", "--store", tmp_path / "store", "--json"]
    code, out, err = cqd(capsys, *command)
    assert code == 1
    assert json.loads(out)["error"] == "SimulationTimeoutError"
    assert "Raise the limit" in err
    assert not list((tmp_path / "store").glob("??/*"))
