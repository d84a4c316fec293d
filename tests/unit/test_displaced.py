"""Coupling of a displaced dipole to fields that are known in closed form."""

import numpy as np
import pytest
from scipy.special import jv

from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.fdtd.displaced import feeding, unit_vector

K = 7.0


@pytest.fixture
def radius():
    return (np.arange(60) + 0.5) * 0.01


def test_uniformly_polarised_mode_in_rings(radius):
    """Circular E_x = J₀, E_y = iJ₀ is E_r = J₀, E_φ = iJ₀ of m = 1: J₀² whatever the direction."""
    field = np.stack([jv(0, K * radius), 1j * jv(0, K * radius), 0 * radius])[:, :, None]
    dx, dy = np.array([0.0, 0.1, 0.2, -0.15]), np.array([0.0, 0.1, -0.1, 0.0])
    for axis in ("x", "y", (1.0, 1.0, 0.0)):
        rates = feeding(field, radius, np.zeros(1), 1, dx, dy, axis)
        assert rates / rates[0] == pytest.approx(jv(0, K * np.hypot(dx, dy)) ** 2, abs=1e-4)


def test_te_mode_in_rings_depends_on_the_direction(radius):
    """E_r = 2J₁(x)/x, E_φ = 2iJ₁'(x): the first counts along the axis, the other across it."""
    x = K * radius
    field = np.stack([2 * jv(1, x) / x, 1j * (jv(0, x) - jv(2, x)), 0 * x])[:, :, None]
    at = 0.23
    nominal = feeding(field, radius, np.zeros(1), 1, 0.0, 0.0, "x")
    along = feeding(field, radius, np.zeros(1), 1, at, 0.0, "x") / nominal
    across = feeding(field, radius, np.zeros(1), 1, 0.0, at, "x") / nominal
    assert along == pytest.approx((2 * jv(1, K * at) / (K * at)) ** 2, abs=1e-3)
    assert across == pytest.approx((jv(0, K * at) - jv(2, K * at)) ** 2, abs=1e-3)


def test_vertical_dipole_in_rings(radius):
    """m = 0: E_z = J₀ feeds a vertical dipole everywhere, E_r = J₁ a radial one off the axis."""
    field = np.stack([0.3 * jv(1, K * radius), 0 * radius, jv(0, K * radius)])[:, :, None]
    at = np.array([0.0, 0.2])
    vertical = feeding(field, radius, np.zeros(1), 0, at, 0.0, "z")
    assert vertical == pytest.approx(jv(0, K * at) ** 2, abs=1e-4)
    radial = feeding(field, radius, np.zeros(1), 0, at, 0.0, "x")
    assert radial == pytest.approx((0.3 * jv(1, K * at)) ** 2, abs=1e-4)


def test_field_over_x_and_y_keeps_its_phases():
    """E = (cos x, i sin x, 0): at 45° half of the sum of squares counts."""
    x, y = np.linspace(-1, 1, 401), np.linspace(-0.5, 0.5, 5)
    ones = np.ones_like(y)
    field = np.stack(
        [np.outer(np.cos(x), ones), 1j * np.outer(np.sin(x), ones), 0 * np.outer(x, y)]
    )
    rate = feeding(field, x, y, None, 0.4, 0.1, (1, 1, 0))
    assert rate == pytest.approx(0.5, abs=1e-4)
    assert feeding(field, x, y, None, 0.4, 0.0, "x") == pytest.approx(np.cos(0.4) ** 2, abs=1e-4)


def test_what_is_refused(radius):
    field = np.ones((3, len(radius), 1), dtype=complex)
    with pytest.raises(RangeError, match="ends at"):
        feeding(field, radius, np.zeros(1), 1, 5.0, 0.0, "x")
    with pytest.raises(InputError, match="not one of x, y, z"):
        unit_vector("q")
    with pytest.raises(InputError, match="three numbers"):
        unit_vector((0, 0, 0))
    assert unit_vector((3, 0, 4)) == pytest.approx([0.6, 0, 0.8])
