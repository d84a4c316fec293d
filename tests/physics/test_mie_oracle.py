"""The multipole sum for spheres, against treams' T-matrices and against itself."""

import numpy as np
import pytest
from oracles.mie import dipole_at_sphere, mie_coefficients, sphere_mode

from cqdphotonics.fdtd.modes import fit_line

TREAMS = (
    # epsilon, radius, distance, wavelength, host index, orientation, total, radiated
    (-9.355 + 1.459j, 0.04, 0.02, 0.6, 1.0, "perpendicular", 6.8715794, 4.4753765),
    (-9.355 + 1.459j, 0.04, 0.02, 0.6, 1.0, "parallel", 0.98683847, 0.37733855),
    (-2.485 + 3.563j, 0.04, 0.02, 0.5, 1.0, "perpendicular", 18.69103, 3.3240253),
    (-2.485 + 3.563j, 0.04, 0.02, 0.5, 1.0, "parallel", 4.3973809, 0.56536077),
    (-4.5 + 0.25j, 0.04, 0.01, 0.4, 1.0, "perpendicular", 35.745024, 27.723518),
    (-4.5 + 0.25j, 0.04, 0.01, 0.4, 1.0, "parallel", 2.9744943, 0.82336474),
    (4 + 0j, 0.2, 0.05, 0.6, 1.0, "perpendicular", 2.0652529, 2.0652529),
    (4 + 0j, 0.2, 0.05, 0.6, 1.0, "parallel", 1.2801712, 1.2801712),
    (-12.9 + 1.14j, 0.05, 0.03, 0.65, 1.45, "perpendicular", 6.9003547, 6.180976),
    (-12.9 + 1.14j, 0.05, 0.03, 0.65, 1.45, "parallel", 0.47807406, 0.34479608),
)
"""Printed by ``oracles/treams_spheres.py`` with treams 0.4.7."""


@pytest.mark.parametrize("row", TREAMS)
def test_against_treams(row):
    """Six digits: treams was cut at 40 multipoles, which shows 10 nm from the surface.

    The two share neither code nor formulas (T-matrix, dyadic Green function).
    """
    *given, host, orientation, total, radiated = row
    found = dipole_at_sphere(*given, orientation, host)
    assert found.total == pytest.approx(total, rel=2e-6)
    assert found.radiated == pytest.approx(radiated, rel=2e-6)


@pytest.mark.parametrize("orientation", ["perpendicular", "parallel"])
@pytest.mark.parametrize("distance", [0.01, 0.3])
def test_transparent_sphere_radiates_everything(orientation, distance):
    """Field at the dipole and far field are computed apart."""
    found = dipole_at_sphere(6.25, 0.2, distance, 0.6, orientation)
    assert found.absorbed == pytest.approx(0, abs=1e-9)


def test_small_sphere_is_a_dipole():
    """Radiated power far below the wavelength: |1 + 2α/r³|² with α = a³(ε−1)/(ε+2); the next
    multipole adds less than a thousandth at five radii."""
    epsilon, radius, distance = 4.0, 0.001, 0.019
    alpha = radius**3 * (epsilon - 1) / (epsilon + 2)
    expected = (1 + 2 * alpha / (radius + distance) ** 3) ** 2
    found = dipole_at_sphere(epsilon, radius, distance, 1.0, "perpendicular")
    assert found.radiated == pytest.approx(expected, rel=1e-5)


def test_coefficients_conserve_energy():
    """|2a − 1| = 1 without loss, < 1 with."""
    for order in (1, 2, 5):
        for coefficient in mie_coefficients(order, 9.0, 1.3):
            assert abs(2 * coefficient - 1) == pytest.approx(1)
        for coefficient in mie_coefficients(order, 9.0 + 1j, 1.3):
            assert abs(2 * coefficient - 1) < 1


def test_refuses_a_dipole_inside():
    with pytest.raises(ValueError, match="outside"):
        dipole_at_sphere(4.0, 0.1, -0.01, 0.6, "parallel")


@pytest.mark.parametrize("order", [5, 6, 7])
def test_complex_root_is_the_line_of_the_real_spectrum(order):
    """λ to a tenth of the width and Q to 1 %, Q = 147 to 1376, of the line that the multipole sum
    has at real wavelengths; what is left is the slope of the modes beside it."""
    radius, index = 0.35, 2.5
    root = sphere_mode("TM", order, index)
    wavelength, quality = 2 * np.pi * radius / root.real, root.real / (-2 * root.imag)
    around = wavelength * (1 + np.linspace(-2, 2, 161) / quality)
    line = [dipole_at_sphere(index**2, radius, 0.05, w, "perpendicular").total for w in around]
    found = fit_line(around, np.array(line), wavelength, quality)
    assert found is not None
    assert found[0] == pytest.approx(wavelength, rel=0.1 / quality)
    assert found[1] == pytest.approx(quality, rel=0.01)
