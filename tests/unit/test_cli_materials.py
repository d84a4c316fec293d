"""``cqd materials``: what there is, with the fit that a simulation takes, its error and range."""

import json

import pytest

from cqdphotonics import materials
from cqdphotonics.cli.app import main

ASKED = {"Si3N4", "SiO2", "TiO2", "GaP", "Al2O3", "HSQ", "PMMA", "ITO", "Au", "Ag", "Al"}


def cqd(capsys, *arguments):
    code = main(["materials", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_list_tells_fit_and_range(capsys):
    code, out, _ = cqd(capsys, "-w", "0.62", "--json")
    assert code == 0
    found = {entry["name"]: entry for entry in json.loads(out)["materials"]}
    assert set(found) >= ASKED
    for name in ASKED:
        model = found[name]["model"]
        assert model["range"] == pytest.approx([0.589, 0.651])
        assert 0 <= model["fit_error"]["maximum"] < 0.03, name
        assert model["constant"] or model["poles"]


def test_error_is_that_against_the_data(capsys):
    """The largest relative error of ε over the band, found again from n and k."""
    import numpy as np

    code, out, _ = cqd(capsys, "Au", "-w", "0.62", "--json")
    assert code == 0
    shown = json.loads(out)["model"]["fit_error"]["maximum"]
    gold = materials.load("Au")
    at = np.linspace(0.589, 0.651, 101)
    error = np.abs(gold.model(0.589, 0.651).epsilon(at) / gold.epsilon(at) - 1).max()
    assert shown == pytest.approx(error, rel=0.02)
    code, out, _ = cqd(capsys, "Au", "-w", "0.62")
    assert "Johnson" in out
    assert "Drude pole" in out
    assert f"error of ε ≤ {shown:.2%} over 0.589–0.651 µm" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Aux"], "Did you mean 'Au'?"),
        (["Au", "-w", "620"], "did you mean 0.62?"),
        (["Au", "-w", "9"], "they cover 0.1879 to 1.937 µm"),
        (["Au", "--bandwidth", "0.1"], "--bandwidth needs --wavelength"),
    ],
)
def test_wrong_input(capsys, arguments, said):
    code, out, err = cqd(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err
