"""Mode volumes and Purcell factors by two routes."""

from dataclasses import replace

import numpy as np
import pytest

import cqdphotonics as cqd
from cqdphotonics import components
from cqdphotonics.fdtd import planning
from cqdphotonics.fdtd.analysis import Analysis
from cqdphotonics.fdtd.displaced import feeding
from cqdphotonics.fdtd.modes import find_modes, fit_line
from cqdphotonics.fdtd.runner import run
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.store import Store


@pytest.fixture(scope="module")
def bullseye(store_root) -> Analysis:
    planned = planning.plan(
        build_scene(components.load("bullseye")(), "sin-air", "x"), 0.53, "draft"
    )
    (job,) = planned.jobs
    return Analysis(job, run(job, Store(store_root)), planned.collection_index)


@pytest.mark.meep
def test_two_purcell_factors_of_the_bullseye(bullseye):
    """One mode of Q ≈ 960, 43 pixels a µm: 4 %; measured .3 %. Volume and work share nothing.

    The peak is narrower than the spectrum's spacing, where it is 11 % lower.
    """
    (mode, *_) = find_modes(bullseye)
    assert mode.quality > 500
    assert mode.windows < 1e-3
    assert mode.purcell_from_volume == pytest.approx(mode.purcell_of_mode, rel=0.04)
    assert mode.purcell_of_mode == pytest.approx(mode.purcell, rel=0.03)
    assert mode.purcell > 1.05 * bullseye.purcell.max()
    assert mode.volume <= mode.volume_at_emitter
    assert sum(mode.shares.values()) == pytest.approx(1, abs=1e-6)


@pytest.mark.meep
def test_coupling_has_the_symmetry_of_the_dipole(bullseye):
    """At the nominal place x and y couple alike; along x and along y the field falls otherwise."""
    arrays = bullseye.raw.arrays
    plane = (arrays["mode_plane"][0], arrays["mode_x"], arrays["mode_y"], 1)
    nominal = feeding(*plane, 0.0, 0.0, "x")
    assert feeding(*plane, 0.0, 0.0, "y") == pytest.approx(nominal, rel=1e-6)
    dx = np.linspace(0.02, 0.3, 8)
    turned = feeding(*plane, 0.0, dx, "y")
    assert feeding(*plane, dx, 0.0, "x") == pytest.approx(turned, rel=1e-6)
    assert feeding(*plane, dx, 0.0, "z").max() < 1e-6 * nominal


@pytest.mark.meep
def test_two_purcell_factors_of_the_nanobeam(store_root, monkeypatch):
    """The reference beam with three mirror holes at about 21 pixels a µm: within 7 %, as was found
    for it at 20, 30 and 40 with an independent script. Measured here: 6 %, and 4 % at 31."""
    monkeypatch.setitem(planning.FIDELITIES, "draft", (planning.Grid(6.5, 0.5, 5e-3, 0.7),))
    scene = build_scene(components.load("nanobeam")(mirror=3), "sin-air", "y")
    planned = planning.plan(scene, 0.62, "draft")
    (job,) = planned.jobs
    analysis = Analysis(job, run(job, Store(store_root)), planned.collection_index)
    mode = max(find_modes(analysis), key=lambda m: m.purcell)
    assert mode.quality > 3000
    assert mode.purcell_from_volume == pytest.approx(mode.purcell, rel=0.07)
    assert 0.5 < mode.normalised_volume < 1.5
    assert sum(mode.shares.values()) == pytest.approx(1, abs=0.02)


@pytest.mark.meep
def test_isotropic_dipole_in_a_uniform_medium(store_root):
    """1, from two runs; upward into sin θ < NA the share (1 − cos θ)/2: 6 %, on ten pixels a
    wavelength, where the ring current that stands for the dipole along x alone makes 12 % into NA
    .5 without its correction."""
    scene = build_scene(components.load("disc")(radius=0.1), "sin-air")
    scene = replace(scene, solids=tuple(replace(s, material="air") for s in scene.solids))
    apertures = (0.3, 0.5, 0.8)
    response = cqd.simulate(
        scene, "sin-air", 0.52, dipole="isotropic", na=apertures, store=store_root
    )
    assert response.purcell.nominal_value == pytest.approx(1, abs=0.01)
    assert len(response.job_hashes) == 2
    for na in apertures:
        share = response.collection(na).nominal_value
        assert share == pytest.approx((1 - np.sqrt(1 - na**2)) / 2, rel=0.06)
    tilted = cqd.simulate(scene, "sin-air", 0.52, dipole=(0.6, 0, 0.8), store=store_root)
    assert tilted.purcell.nominal_value == pytest.approx(1, abs=0.01)


def test_line_fit_of_a_low_quality():
    """A Fano line of Q = 40 on a slope, started 30 % off in Q: to .1 %, nothing being left out."""
    wavelength = np.linspace(0.48, 0.56, 241)
    detuning = 2 * 40 * (0.52 / wavelength - 1)
    line = (5 + 2 * detuning) / (1 + detuning**2) + 1 + 3 * (1 / wavelength - 1 / 0.52)
    fitted = fit_line(wavelength, line, 0.522, 55.0)
    assert fitted == pytest.approx((0.52, 40.0), rel=1e-3)
    assert fit_line(wavelength, line, 0.7, 55.0) is None
