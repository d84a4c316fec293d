"""A response on disk, and what it says to an emitter."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from cqdphotonics import emitters
from cqdphotonics.cli.simulate import _response_lines
from cqdphotonics.constants import angular_frequency
from cqdphotonics.errors import FileFormatError, InputError, RangeError, StorageError
from cqdphotonics.fdtd.modes import Mode
from cqdphotonics.fdtd.response import ABOUT, DATA, Response

QUALITY, PEAK = 500.0, 30.0


@pytest.fixture
def response() -> Response:
    """A single line of Q = 500 at .52 µm that enhances 30 times, on a background of .3."""
    wavelength = np.linspace(0.494, 0.546, 81)
    detuning = 2 * QUALITY * (0.52 / wavelength - 1)
    purcell = 0.3 + (PEAK - 0.3) / (1 + detuning**2)
    spectrum = ("wavelength", purcell)
    theta = np.linspace(0, np.pi / 2, 5)
    data = xr.Dataset(
        {
            "purcell": spectrum,
            "purcell_uncertainty": ("wavelength", 0.02 * purcell),
            "absorbed": ("wavelength", 0 * purcell),
            "collection": (("direction", "na"), [[0.3, 0.6], [0.2, 0.3]]),
            "collection_uncertainty": (("direction", "na"), [[0.01, 0.02], [0.0, 0.0]]),
            "far_field": (("direction", "theta"), np.ones((2, 5))),
        },
        coords={
            "wavelength": ("wavelength", wavelength, {"units": "µm"}),
            "direction": ["up", "down"],
            "na": [0.5, 0.8],
            "theta": ("theta", theta, {"units": "rad"}),
        },
    )
    return Response(
        data=data, wavelength=0.52, fidelity="fine", converged=True, verdict="converged",
        checks=("a check",), resonances=((0.52, QUALITY),), cost_seconds=1.5,
        job_hashes=("ab", "cd"), provenance={"stack": {"name": "sin-air"}},
    )  # fmt: skip


def test_values_at_the_emission_wavelength(response):
    assert response.purcell.nominal_value == pytest.approx(PEAK)
    assert response.purcell.std_dev == pytest.approx(0.02 * PEAK)
    assert response.collection(0.8).nominal_value == 0.6
    assert response.collection(0.8).std_dev == 0.02
    assert response.collection(0.5, "down").nominal_value == 0.2


def test_apertures_and_directions_that_do_not_exist(response):
    with pytest.raises(RangeError, match=r"0\.65 was not computed, only into 0\.5, 0\.8"):
        response.collection(0.65)
    with pytest.raises(InputError, match="neither 'up' nor 'down'"):
        response.collection(0.5, "left")


def test_round_trip(response, tmp_path):
    response.save(tmp_path / "out")
    again = Response.load(tmp_path / "out")
    xr.testing.assert_identical(again.data, response.data)
    for name in Response.__dataclass_fields__:
        if name != "data":
            assert getattr(again, name) == getattr(response, name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_saving_again_replaces(response, tmp_path):
    response.save(tmp_path / "out")
    replace(response, verdict="another").save(tmp_path / "out")
    assert Response.load(tmp_path / "out").verdict == "another"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([DATA, ABOUT])


@pytest.mark.parametrize("place", ["/proc/cqd", "{file}"])
def test_a_place_that_can_t_be_written(response, tmp_path, place):
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(StorageError, match="can't write to"):
        response.save(place.format(file=file))
    assert file.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", [DATA, ABOUT])
@pytest.mark.parametrize("damage", ["cut", "removed", "other"])
def test_what_can_t_be_read_is_said(response, tmp_path, name, damage):
    response.save(tmp_path)
    path = tmp_path / name
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "other":
        path.write_text(json.dumps({"verdict": 1}))
    else:
        path.unlink()
    with pytest.raises(FileFormatError, match="holds no response that can be read"):
        Response.load(tmp_path)


def test_a_broad_resonance_is_a_purcell_factor(response):
    """CsPbBr3 at 4 K is sharper by 10⁴ than a line of Q = 500: the device has no memory."""
    emitter = emitters.load("CsPbBr3-4K")
    environment = response.environment(emitter, na=0.8)
    assert len(environment.kappa) == 0
    assert "Markov" in environment.note
    assert "fine" in environment.note
    radiative = emitter.gamma * emitter.quantum_yield
    total = sum(float(getattr(r, "nominal_value", r)) for r in environment.background.values())
    assert total == pytest.approx(PEAK * radiative)
    (output,) = environment.outputs.values()
    assert float(getattr(output.background_share, "nominal_value", output.background_share)) == 0.6


def test_a_broad_emitter_feels_the_line(response):
    """CdSe/CdS at 300 K is broader than a line of Q = 500: modes with memory.

    2π J(ω) = background + 2 Im gᵀ(H̃ − ω)⁻¹g is the rate that a sharp emitter at ω would have, and
    the spectrum times the radiative rate (∝ ω³, .6 % over the line) is what it should be: 5 % of
    the peak.
    """
    emitter = emitters.load("CdSe-CdS-300K")
    line = angular_frequency(0.52) / QUALITY
    assert emitter.gamma_star > line
    environment = response.environment(emitter, na=0.8)
    modes = np.diag(environment.detunings - 0.5j * environment.kappa) + environment.coupling
    background = sum(float(getattr(r, "nominal_value", r)) for r in environment.background.values())
    radiative = emitter.gamma * emitter.quantum_yield
    for offset in (-1.0, -0.5, 0.0, 0.5, 1.0):
        shifted = modes - offset * line * np.eye(len(modes))
        rate = background + 2 * (environment.g @ np.linalg.solve(shifted, environment.g)).imag
        expected = 0.3 + (PEAK - 0.3) / (1 + (2 * offset) ** 2)
        assert rate / radiative == pytest.approx(expected, abs=0.05 * PEAK)


def test_a_response_that_did_not_converge_says_so_to_the_emitter(response):
    doubtful = replace(response, converged=False)
    environment = doubtful.environment(emitters.load("CsPbBr3-4K"))
    assert "NOT CONVERGED" in environment.note


def test_mode_at_another_place(response):
    """E = cos(πx/2a) along x: V and F follow |E|², and F is against a medium of the index there.

    F is that of the definition, 3/(4π²)(λ/n)³ Q/V, with both n and V of the place.
    """
    a, n, volume = 0.4, 2.0, 0.05
    x, y = np.linspace(-0.3, 0.3, 61), np.linspace(-0.2, 0.2, 5)
    field = np.zeros((1, 3, 2, len(x), len(y)))
    field[0, 0, 0] = np.cos(np.pi * x / 2 / a)[:, None]
    data = response.data.assign(
        mode_field=(("mode", "vector", "part", "mode_x", "mode_y"), field, {"angular_number": -1})
    ).assign_coords(mode=[0], part=["real", "imaginary"], mode_x=x, mode_y=y)
    by_volume = 3 / (4 * np.pi**2) * (0.52 / n) ** 3 * QUALITY / volume
    mode = Mode(
        wavelength=0.52, wavelength_uncertainty=0.0, quality=QUALITY, quality_uncertainty=0.0,
        windows=None, method="ring-down", shares={}, volume=volume, volume_uncertainty=0.0,
        volume_at_emitter=volume, index_at_maximum=n, index_at_emitter=n, maximum=(0, 0, 0),
        purcell=PEAK, purcell_of_mode=PEAK, purcell_from_volume=by_volume,
    )  # fmt: skip
    response = replace(response, data=data, modes=(mode,), provenance={"dipole": "x"})
    here = response.mode_at(0.0, 0.0)
    assert here.volume == pytest.approx(volume)
    assert here.purcell_from_volume == pytest.approx(by_volume)
    there = response.mode_at(0.2, 0.1)
    assert there.volume == pytest.approx(2 * volume)  # cos² 45°
    assert there.purcell_from_volume == pytest.approx(by_volume / 2)
    in_air = response.mode_at(0.2, 0.1, index=1.0)
    assert in_air.volume == pytest.approx(2 * volume * n**2)
    assert in_air.purcell_from_volume == pytest.approx(
        3 / (4 * np.pi**2) * 0.52**3 * QUALITY / in_air.volume
    )
    assert response.mode_at(0.0, 0.0, axis="y").purcell_from_volume == 0
    unknown = replace(mode, volume_at_emitter=None, purcell_from_volume=None)
    with pytest.raises(InputError, match="no mode volume is known"):
        replace(response, modes=(unknown,)).mode_at(0.1, 0.0)


def test_guided_light_has_an_uncertainty(response):
    """Power and share at the emission; responses of old have none, and show it as unverified."""
    over = ("port", "wavelength")
    power = 0.25 * response.data["purcell"].values[None]
    known = {"guided": (over, power), "guided_uncertainty": (over, 0.04 * power),
             "beta_uncertainty": (over, 0.01 + 0 * power)}  # fmt: skip
    known |= {f"radiated_{side}": ("wavelength", power[0]) for side in ("up", "down", "side")}
    known["closure"] = ("wavelength", 0 * power[0])
    data = response.data.assign(known).assign_coords(port=["o1"])
    guided = replace(response, data=data, checks=("energy balance 0.01 (limit 0.05)",))
    assert guided.guided_power("o1").nominal_value == pytest.approx(0.25 * PEAK)
    assert guided.guided_power("o1").std_dev == pytest.approx(0.01 * PEAK)
    assert guided.guided_share("o1").nominal_value == pytest.approx(0.25)
    assert guided.guided_share("o1").std_dev == pytest.approx(0.01)
    old = replace(guided, data=guided.data.drop_vars(["guided_uncertainty", "beta_uncertainty"]))
    assert old.guided_share("o1").std_dev == 0
    text = "\n".join(_response_lines(guided, [0.5]))
    assert "of all power guided out of o1: 0.25 ± 0.01; that is 7.5 ± 0.3 in the unit" in text
    assert "guided out of o1: 0.25 (unverified)" in "\n".join(_response_lines(old, [0.5]))
