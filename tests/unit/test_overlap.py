"""The mode of a step-index fibre, against Marcuse's numbers and against itself."""

import numpy as np
import pytest

from cqdphotonics.errors import RangeError
from cqdphotonics.fdtd.overlap import Fibre
from cqdphotonics.fdtd.pattern import PlaneWaves, directions

CORE, NA = 1.0, 0.2


def at(v: float) -> float:
    """The wavelength at which the fibre has this V."""
    return 2 * np.pi * CORE * NA / v


def best_spot(v: float) -> tuple[float, float]:
    """Spot size over core radius of the Gaussian mode that takes most of LP01, and its share."""
    k = 2 * np.pi / at(v)
    s = np.linspace(0, 15 / (k * CORE), 3001)
    mode = Fibre(CORE, NA).amplitude(s, at(v))
    step = 2 * np.pi * s * (s[1] - s[0])
    shares = []
    spots = np.linspace(0.8, 3.0, 441)
    for spot in spots:
        beam = np.exp(-((k * CORE * spot * s / 2) ** 2))
        shares.append((mode * beam * step).sum() ** 2 / (beam**2 * step).sum())
    best = int(np.argmax(shares))
    return float(spots[best]), float(shares[best])


@pytest.mark.parametrize("v", [1.6, 2.0, 2.4, 2.8])
def test_spot_size_is_marcuses(v):
    """w/a = .65 + 1.619 V^−1.5 + 2.879 V^−6, Marcuse, Bell Syst. Tech. J. 56, 703 (1977): 1 %, as
    he states it."""
    spot, _ = best_spot(v)
    assert spot == pytest.approx(0.65 + 1.619 * v**-1.5 + 2.879 * v**-6, rel=0.01)


def test_a_gaussian_takes_996_permille_at_cut_off():
    """Near V = 2.4 a Gaussian beam launches .996 into the fibre (Marcuse, as above)."""
    assert best_spot(2.4)[1] == pytest.approx(0.9965, abs=0.001)


def test_light_of_the_fibre_is_all_in_its_mode():
    """A device that sends out LP01, focused .5 µm above it and magnified twice."""
    fibre, wavelength, height = Fibre(CORE, NA, magnification=0.5), at(2.2), 0.5
    axis = directions()
    ux, uy = np.meshgrid(axis, axis, indexing="ij")
    u, phi = np.hypot(ux, uy), np.arctan2(uy, ux)
    cosine = np.sqrt(np.maximum(1 - u**2, 1e-3))
    phase = np.exp(-2j * np.pi / wavelength * cosine * height)
    beam = fibre.amplitude(u, wavelength) * np.sqrt(cosine) * (u < 1) * phase
    waves = PlaneWaves(beam * np.cos(phi), -beam * np.sin(phi), 1.0, 1 / wavelength)
    found = waves.fibre(fibre)
    # The cone of LP01 ends nowhere: what is beyond the horizon is lost.
    assert found.share == pytest.approx(1, abs=5e-3)
    assert found.focus == pytest.approx(height, abs=0.02)
    assert waves.fibre(Fibre(CORE, NA, magnification=1.0)).share < 0.8


def test_what_is_no_fibre():
    with pytest.raises(RangeError, match="hardly guides"):
        Fibre(0.2, 0.1).amplitude(np.zeros(1), 0.5)
    with pytest.raises(RangeError, match="radius of the core"):
        Fibre(0.0, 0.1)
