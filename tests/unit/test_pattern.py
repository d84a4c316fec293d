"""Plane waves of fields that are known in closed form."""

import numpy as np
import pytest
from scipy.integrate import quad

from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.fdtd.pattern import (
    PlaneWaves,
    best_gaussian,
    directions,
    waves_from,
    waves_of_plane,
    waves_of_radius,
)

LARMOR = 2 * np.pi / 3
"""Power of a unit current at f = 1 in vacuum."""

APERTURES = {0.3: 0.0338, 0.5: 0.0941, 0.8: 0.2480, 0.9: 0.3262}
"""3/8 [(1−c)+(1−c³)/3], c = √(1−NA²): an in-plane dipole in vacuum, upward."""


def dipole(x, y, z):
    """E_x, E_y, H_x, H_y of a unit current along x at f = 1."""
    k, r = 2 * np.pi, np.sqrt(x**2 + y**2 + z**2)
    wave = 1j * k * np.exp(1j * k * r) / (4 * np.pi * r)
    near, far = 1 + 1j / (k * r) - 1 / (k * r) ** 2, -1 - 3j / (k * r) + 3 / (k * r) ** 2
    turning = wave * (1 + 1j / (k * r))
    return np.stack([
        wave * (near + far * x**2 / r**2), wave * far * x * y / r**2,
        0 * turning, turning * z / r,
    ])  # fmt: skip


@pytest.fixture(scope="module", params=[0.5, -0.5])
def on_plane(request):
    """From a plane of ±10 λ half a wavelength above, and below."""
    x = np.linspace(-10, 10, 401)
    fields = dipole(*np.meshgrid(x, x, indexing="ij"), request.param)
    return waves_of_plane(fields, x, x, 1.0, 1.0, request.param)


@pytest.fixture(scope="module")
def on_radius():
    """The circular dipole x + iy, as a cylindrical run of m = 1 holds it."""
    r = (np.arange(400) + 0.5) * 0.05
    x = dipole(r, 0 * r, 0.5)
    turned = dipole(0 * r, -r, 0.5)  # the dipole along y, in coordinates turned by −90°
    y = np.stack([-turned[1], turned[0], -turned[3], turned[2]])
    return waves_of_radius((x + 1j * y) / np.sqrt(2), r, 1, 1.0, 1.0, 0.5)


def test_shares_of_a_dipole(on_plane, on_radius):
    """.5 %: what the edges of the planes cut off."""
    for waves in (on_plane, on_radius):
        for na, exact in APERTURES.items():
            assert waves.power(na) / LARMOR == pytest.approx(exact, rel=6e-3)
            assert waves.mean().within(na, 1.0) / LARMOR == pytest.approx(exact, rel=6e-3)


def test_pattern_over_the_azimuth(on_radius):
    """3/8π (1 − ux²) for a dipole along x. A round plane's edge scatters onto the axis: besides a
    tenth around it, 3 points of .12; on average 1."""
    axis = directions()
    ux, uy = np.meshgrid(axis, axis, indexing="ij")
    u = np.hypot(ux, uy)
    error = on_radius.intensity / LARMOR - 3 / (8 * np.pi) * (1 - ux**2)
    assert np.abs(error[(u > 0.1) & (u < 0.85)]).max() < 0.03
    assert error[u < 0.85].std() < 0.012


@pytest.mark.parametrize("na", [0.1, 0.5, 0.8])
def test_gaussian_mode_of_a_dipole(on_plane, na):
    """In the pupil the light along x is (cos θ cos²φ + sin²φ)/√cos θ; focus at the dipole: 2 %."""

    def integrand(u):
        cosine = np.sqrt(1 - u**2)
        return 2 * np.pi * u * np.exp(-((u / na) ** 2)) * (1 + cosine) / 2 / np.sqrt(cosine)

    exact = 3 / (8 * np.pi) * quad(integrand, 0, 1)[0] ** 2 / (np.pi * na**2 / 2)
    found = on_plane.gaussian(na)
    assert found.share / LARMOR == pytest.approx(exact, rel=0.02)
    assert abs(found.focus) < 0.05
    assert abs(found.polarisation[1]) < 1e-6
    assert found.waist == pytest.approx(1 / (np.pi * na))


def gaussian_beam(na: float, focus: float) -> PlaneWaves:
    """A beam along x of power 1 whose waist is `focus` above the emitter."""
    axis = directions()
    ux, uy = np.meshgrid(axis, axis, indexing="ij")
    u, phi = np.hypot(ux, uy), np.arctan2(uy, ux)
    cosine = np.sqrt(np.maximum(1 - u**2, 1e-3))
    beam = np.exp(-((u / na) ** 2) - 2j * np.pi * cosine * focus) * np.sqrt(cosine) * (u < 1)
    beam /= np.sqrt(np.pi * na**2 / 2)
    return PlaneWaves(beam * np.cos(phi), -beam * np.sin(phi), 1.0, 1.0)


def test_gaussian_beam_is_its_own_mode():
    """1 with its own NA and focus; with another NA (2 w w'/(w² + w'²))² of the two waists."""
    beam = gaussian_beam(0.3, 0.7)
    assert beam.power() == pytest.approx(1, abs=1e-3)
    found = beam.gaussian(0.3)
    assert found.share == pytest.approx(1, abs=1e-3)
    assert found.focus == pytest.approx(0.7, abs=0.02)
    assert beam.gaussian(0.2).share == pytest.approx((2 * 0.06 / 0.13) ** 2, abs=2e-3)
    crossed = PlaneWaves(-beam.s, beam.p, 1.0, 1.0)  # the same beam, turned into s
    two = best_gaussian([gaussian_beam(0.3, 0.0), crossed], 0.3)
    assert two.share <= 2.0


def test_independent_dipoles_of_one_polarisation_add_up():
    """Two incoherent halves of one beam couple like the beam; of two crossed ones, one half."""
    beam = gaussian_beam(0.3, 0.0)
    half = PlaneWaves(beam.p / np.sqrt(2), beam.s / np.sqrt(2), 1.0, 1.0)
    axis = directions()
    phi = np.arctan2(*np.meshgrid(axis, axis, indexing="ij")[::-1])
    size = np.abs(beam.p * np.cos(phi) - beam.s * np.sin(phi)) / np.sqrt(2)
    along_y = PlaneWaves(size * np.sin(phi), size * np.cos(phi), 1.0, 1.0)
    assert best_gaussian([half, half], 0.3).share == pytest.approx(1, abs=2e-3)
    assert best_gaussian([half, along_y], 0.3).share == pytest.approx(0.5, abs=2e-3)


def test_into_another_medium():
    """A beam along the normal loses ((n−1)/(n+1))²; into the same medium nothing is lost."""
    beam = gaussian_beam(0.05, 0.0)
    assert beam.into(1.0, 1.0) == pytest.approx(beam.power(1.0), rel=1e-9)
    assert beam.into(1.5, 1.0) / beam.power() == pytest.approx(1 - 0.2**2, rel=2e-3)
    with pytest.raises(InputError, match="must be positive"):
        beam.into(0.0, 0.5)


def test_what_can_t_be_asked():
    beam = gaussian_beam(0.3, 0.0)
    with pytest.raises(RangeError, match="up to 1"):
        beam.gaussian(1.2)
    import xarray as xr

    with pytest.raises(InputError, match="neither 'up' nor 'down'"):
        waves_from(xr.Dataset(), "left", 0.5)
    with pytest.raises(InputError, match="no plane waves"):
        waves_from(xr.Dataset(), "up", 0.5)
