"""The library of materials: what it holds, what it refuses and how it says so."""

import numpy as np
import pytest

from cqdphotonics import materials
from cqdphotonics.errors import FileFormatError, InputError, RangeError, UnknownNameError
from cqdphotonics.materials import FitError, MediumModel, Pole


def test_what_nanophotonics_needs_is_there_with_a_source():
    needed = {"air", "vacuum", "Si3N4", "SiO2", "TiO2", "GaP", "Al2O3", "Si", "HSQ", "PMMA", "ITO"}
    assert needed | {"Au", "Ag", "Al"} <= set(materials.names())
    for name in materials.names():
        material = materials.load(name)
        assert material.name == name
        assert len(material.source) > 10
        assert material.verified == ("from memory" not in material.source)
        low, high = material.range
        assert low <= 0.45
        assert high >= 0.8


def test_metals_are_known_as_metals():
    metals = {name for name in materials.names() if materials.load(name).is_metal}
    assert metals == {"Au", "Au-template-stripped", "Ag", "Ag-template-stripped", "Al", "Cr", "Ti"}


@pytest.mark.parametrize("name", materials.names())
def test_data_are_passive_and_vectorised(name):
    material = materials.load(name)
    wavelength = np.linspace(*np.clip(material.range, 0.2, 3.0), 301)
    index = material.index(wavelength)
    assert index.shape == wavelength.shape
    assert np.all(index.real > 0)
    assert np.all(index.imag >= 0)
    assert material.index(float(wavelength[7])) == index[7]
    assert material.epsilon(float(wavelength[7])) == index[7] ** 2


def test_unknown_name_proposes_the_nearest():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'Si3N4'.*n=1\.9"):
        materials.load("SiN4")


def test_outside_the_data_is_refused_with_the_range():
    with pytest.raises(RangeError, match=r"Au: no data at 3 µm; they cover 0\.1879 to 1\.937"):
        materials.load("Au").index(3.0)
    for wavelength in (0.0, -0.5, float("nan")):
        with pytest.raises(RangeError):
            materials.load("Au").index(wavelength)


def test_nanometres_are_recognised():
    with pytest.raises(RangeError, match=r"did you mean 0\.52\?"):
        materials.load("Si3N4").index(520.0)


def test_constant_by_name():
    assert materials.load("n=1.9").index(0.5) == 1.9
    lossy = materials.load("n=1.9+0.01j")
    assert lossy.index(1.2) == 1.9 + 0.01j
    assert not lossy.is_metal


@pytest.mark.parametrize(
    "text, error",
    [("n=abc", FileFormatError), ("n=-1", RangeError), ("n=1-0.1j", RangeError)],
)
def test_constants_that_can_not_be(text, error):
    with pytest.raises(error, match="n="):
        materials.load(text)


def test_own_file_in_the_layout_of_the_database(tmp_path):
    path = tmp_path / "film.yml"
    path.write_text(
        "REFERENCES: |\n  A. Author, <i>Journal</i> <b>1</b>, 2 (2020)\n"
        "DATA:\n"
        "  - type: formula 5\n    wavelength_range: 0.4 1.0\n    coefficients: 1.8 0.01 -2\n"
        "  - type: tabulated k\n    data: |\n        0.4 0.02\n        0.7 0.01\n        1.0 0.0\n",
        "utf-8",
    )
    film = materials.load(path)
    assert film.name == "film"
    assert film.source == "A. Author, Journal 1, 2 (2020)"
    assert film.range == (0.4, 1.0)
    assert not film.is_metal
    # Cauchy's formula by hand, and a row of the table.
    assert film.index(0.7) == pytest.approx(1.8 + 0.01 / 0.49 + 0.01j, abs=1e-12)


def test_own_metal_is_recognised(tmp_path):
    path = tmp_path / "metal.yaml"
    path.write_text(
        "DATA:\n  - type: tabulated nk\n    data: |\n      0.4 0.1 2\n      0.9 0.1 5\n"
    )
    assert materials.load(str(path)).is_metal


@pytest.mark.parametrize(
    "content, said",
    [
        ("just text", "needs a list DATA"),
        ("DATA: [", "not YAML"),
        ("DATA:\n  - type: formula 99\n    wavelength_range: 0 1\n    coefficients: 1", "99"),
        ("DATA:\n  - type: tabulated nk\n    data: |\n      0.4 1.5\n      0.5 1.5", "3 numbers"),
        ("DATA:\n  - type: tabulated n\n    data: |\n      0.5 1.5\n      0.4 1.5", "ascending"),
        ("DATA:\n  - type: tabulated n\n    data: |\n      0.5 x\n      0.4 1.5", "could not"),
        ("DATA:\n  - kind: nothing", "type"),
    ],
)
def test_broken_file_says_what_is_wrong(tmp_path, content, said):
    path = tmp_path / "own.yaml"
    path.write_text(content)
    with pytest.raises(FileFormatError, match=said):
        materials.load(path)


def test_missing_file():
    with pytest.raises(FileFormatError, match="No such file"):
        materials.load("nowhere.yaml")


def test_narrow_dielectric_is_constant_and_says_its_error():
    model = materials.load("Si3N4").model(0.51, 0.53)
    assert model.constant
    assert model.poles == ()
    # The index falls from 2.0610 to 2.0561 here: ± .12 % in n, twice that in ε.
    assert 0.001 < model.fit_error.maximum < 0.004
    assert "constant n = 2.058" in str(model)


def test_band_outside_the_data_or_upside_down():
    with pytest.raises(RangeError, match=r"Au: no data at 2\.5"):
        materials.load("Au").model(0.5, 2.5)
    with pytest.raises(RangeError, match="from a shorter to a longer"):
        materials.load("Au").model(0.8, 0.5)
    with pytest.raises(RangeError, match="tolerance"):
        materials.load("Au").model(0.5, 0.8, tolerance=0.0)


def test_time_step_names_the_pole():
    error = FitError(0.0, 0.0, 0.0)
    model = MediumModel(
        "toy", 1.0, (Pole(2.0, 0.1, 3.0, "lorentz"),), (0.4, 0.8), False, 0.01, error
    )
    # One lossless pole, no grid: longitudinal frequency 2·√(1 + 3/1) = 4, limit 1/(4π) = .0796.
    model.check_time_step(0.0795, courant=0)
    with pytest.raises(InputError, match=r"toy: Lorentz pole at 2 c/µm.*below 0\.07958"):
        model.check_time_step(0.0797, courant=0)
