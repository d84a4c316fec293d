"""The exact multilayer against closed forms, so that it may judge the solver."""

import numpy as np
import pytest
from scipy.integrate import quad

from cqdphotonics.fdtd import multilayer
from cqdphotonics.fdtd.multilayer import dipole_in_multilayer

# A mirror as nearly perfect as doubles bear: it differs from one by 1/|n| = 7e-7 in amplitude,
# which is multiplied by at most about ten below.
MIRROR = 1e6 * (1 + 1j)
NEAR_PERFECT = 1e-5
BOTH = ["perpendicular", "parallel"]
SILVER, GOLD = 0.05 + 4.0j, 0.2 + 3.4j


@pytest.mark.parametrize("distance", [0.05, 0.2, 0.3, 0.77, 1.7])
def test_perfect_mirror_is_an_image_dipole(distance):
    x = 4 * np.pi * distance
    s, c = np.sin(x), np.cos(x)
    perpendicular = 1 - 3 * (c / x**2 - s / x**3)
    parallel = 1 - 1.5 * (s / x + c / x**2 - s / x**3)
    for orientation, exact in (("perpendicular", perpendicular), ("parallel", parallel)):
        result = dipole_in_multilayer([MIRROR, 1], [], 1, distance, 1.0, orientation)
        assert result.total == pytest.approx(exact, abs=NEAR_PERFECT)
        # The mirror's surface wave takes 1/|n| times more, hence the wider limit.
        assert result.up == pytest.approx(exact, abs=1e-4)
        assert result.down == 0


@pytest.mark.parametrize("x", [0.3, 0.75, 1.0, 1.25, 2.0, 3.3])
def test_planar_cavity_of_perfect_mirrors(x):
    """A sum over the cavity's modes; x is its optical thickness in wavelengths."""
    m = np.floor(x + 0.5)
    exact = 3 * m / (4 * x) + (4 * m**3 - m) / (16 * x**3)
    index = 1.5
    stack = [MIRROR, index, MIRROR]
    result = dipole_in_multilayer(stack, [x / index], 1, x / index / 2, 1.0, "parallel")
    assert result.total == pytest.approx(exact, abs=NEAR_PERFECT)
    assert result.rest == result.total


@pytest.mark.parametrize("orientation", BOTH)
def test_layers_that_are_none(orientation):
    result = dipole_in_multilayer([1.5, 1.5, 1.5], [0.4], 1, 0.1, 0.6, orientation)
    assert result.total == pytest.approx(1, abs=1e-9)
    assert result.up == pytest.approx(0.5, abs=1e-9)
    assert dipole_in_multilayer([1, 1], [], 1, 0.1, 0.6, orientation).total == 1


@pytest.mark.parametrize("na", [0.3, 0.5, 0.8, 0.95])
def test_collection_of_a_free_dipole(na):
    """Integrals of sin²θ-type patterns over a cone."""
    c = np.sqrt(1 - na**2)
    exact = {"perpendicular": (2 - 3 * c + c**3) / 4, "parallel": 0.5 - (3 * c + c**3) / 8}
    for orientation in BOTH:
        result = dipole_in_multilayer([1, 1], [], 1, 0.1, 0.6, orientation)
        assert result.collection(na) == pytest.approx(exact[orientation], abs=1e-9)
        assert result.collection(na, "down") == pytest.approx(exact[orientation], abs=1e-9)


@pytest.mark.parametrize("orientation", BOTH)
@pytest.mark.parametrize(
    "layers, thicknesses, layer, height",
    [
        ([1.5, 1.0], [], 1, 0.02),
        ([1.5, 1.0], [], 0, -0.05),
        ([3.4, 1.45, 1.0], [0.3], 2, 0.004),
        ([2.2, 1.45, 2.0, 1.0], [0.2, 0.15], 2, 0.07),
        ([3.5, 1.0, 1.8, 1.0, 2.5], [0.3, 0.4, 0.2], 2, 0.11),
    ],
)
def test_nothing_is_lost_where_nothing_is_guided(layers, thicknesses, layer, height, orientation):
    """The total is an integral in the complex plane, the parts of Poynting's vector outside.

    The upper or lower half-space has the largest index, so that no mode is bound.
    """
    result = dipole_in_multilayer(layers, thicknesses, layer, height, 0.6, orientation)
    assert result.rest == pytest.approx(0, abs=1e-7 * result.total)


@pytest.mark.parametrize("orientation", BOTH)
def test_upside_down_is_the_same(orientation):
    stack, thicknesses = [GOLD, 1.45, 2.0, 1.3], [0.1, 0.28]
    one = dipole_in_multilayer(stack, thicknesses, 2, 0.08, 0.6, orientation)
    other = dipole_in_multilayer(stack[::-1], thicknesses[::-1], 1, 0.2, 0.6, orientation)
    assert one.total == pytest.approx(other.total, rel=1e-9)
    assert one.up == pytest.approx(other.down, rel=1e-9)
    assert one.collection(0.6) == pytest.approx(other.collection(0.6, "down"), rel=1e-9)


@pytest.mark.parametrize("orientation", BOTH)
def test_far_from_a_half_space_it_does_not_matter(orientation):
    # The wave reflected at normal incidence, .4 of the field, falls as 1/(2kd) = 1/2500.
    result = dipole_in_multilayer([2.3, 1.0], [], 1, 200.0, 1.0, orientation)
    assert result.total == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("index", [GOLD, SILVER, 2.0 + 0.3j])
def test_close_to_an_absorber_it_is_electrostatics(index):
    """The image charge's work, ∝ 1/d³.

    Retardation adds terms of relative order (kd)²|ε| ≈ 6e-4, which silver, whose small loss
    leaves Im[(ε−1)/(ε+1)] small, shows most.
    """
    distance = 1e-3
    k, epsilon = 2 * np.pi, index**2
    exact = 3 / (8 * (k * distance) ** 3) * ((epsilon - 1) / (epsilon + 1)).imag
    for orientation, share in (("perpendicular", 1.0), ("parallel", 0.5)):
        result = dipole_in_multilayer([index, 1.0], [], 1, distance, 1.0, orientation)
        assert result.total == pytest.approx(share * exact, rel=0.02)


@pytest.mark.parametrize("distance", [0.02, 0.05])
def test_gold_against_an_integral_on_the_real_axis(distance):
    """The textbook integral for one interface, written out, by another quadrature."""
    k, epsilon = 2 * np.pi / 0.6, GOLD**2

    def integrand(u, factor):
        along = np.sqrt(complex(1 - u**2))
        far = np.sqrt(epsilon - u**2)
        reflection = (epsilon * along - far) / (epsilon * along + far)
        return (factor * u**3 * reflection * np.exp(2j * k * distance * along)).real

    def propagating(theta):  # du/l = dθ for u = sin θ
        return integrand(np.sin(theta), 1)

    def evanescent(s):  # du/l = ds/i for u = cosh s
        return integrand(np.cosh(s), -1j)

    exact = 1 + 1.5 * (
        quad(propagating, 0, np.pi / 2, epsabs=1e-10)[0]
        + quad(evanescent, 0, 6, epsabs=1e-10, limit=500, points=[0.3])[0]
    )
    result = dipole_in_multilayer([GOLD, 1], [], 1, distance, 0.6, "perpendicular")
    assert result.total == pytest.approx(exact, rel=1e-7)


@pytest.mark.parametrize("orientation", BOTH)
@pytest.mark.parametrize(
    "stack, thicknesses, layer, height",
    [
        ([1.0, 2.0, 1.0], [0.28], 1, 0.1),
        ([SILVER, 2.0, 1.0], [0.6], 1, 0.3),
        ([SILVER, 1.5, SILVER, 1.0], [0.02, 0.05], 1, 0.01),
    ],
)
def test_the_path_does_not_matter(stack, thicknesses, layer, height, orientation, monkeypatch):
    """Cauchy: guided modes and plasmons are on one side of every path."""
    totals = []
    for depth in (0.05, 0.15, 0.3):
        monkeypatch.setattr(multilayer, "_DEPTH", depth)
        result = dipole_in_multilayer(stack, thicknesses, layer, height, 0.6, orientation)
        totals.append(result.total)
    assert np.ptp(totals) < 1e-7 * totals[0]


def test_guided_power_of_a_slab_is_its_mode():
    """A parallel dipole in the middle of a thin slab feeds TE0, and no other guided mode.

    TM0 has no field along the layers in the middle, and TE1 is cut off below λ/(2√(n²−1)) = .173.
    From the density of states of a mode that runs in the plane, β dβ/dω = (ω/c²) ∫ε|E|²/∫|E|²,
    the power is (3π/4)·|E(0)|²/(n k₀ ∫|E|² dz) of that in the bulk.
    """
    index, thickness, wavelength = 2.0, 0.12, 0.6
    k0, half = 2 * np.pi / wavelength, thickness / 2
    low, high = 1.0, index
    for _ in range(200):
        effective = (low + high) / 2
        inside, outside = k0 * np.sqrt(index**2 - effective**2), k0 * np.sqrt(effective**2 - 1)
        if inside * np.tan(inside * half) > outside:
            low = effective
        else:
            high = effective
    edge = np.cos(inside * half)
    norm = half + np.sin(2 * inside * half) / (2 * inside) + edge**2 / outside
    guided = 3 * np.pi / 4 / (index * k0 * norm)
    result = dipole_in_multilayer([1, index, 1], [thickness], 1, half, wavelength, "parallel")
    assert result.rest == pytest.approx(guided, rel=1e-7)


def test_quarter_wave_mirror():
    """Reflectivity of N pairs at normal incidence (Born and Wolf, section 1.6.5)."""
    high, low, substrate, pairs = 2.4, 1.45, 1.5, 6
    stack = [substrate, *[high, low] * pairs, high, 1.0]
    thicknesses = [0.25 / high, 0.25 / low] * pairs + [0.25 / high]
    result = dipole_in_multilayer(stack, thicknesses, len(stack) - 1, 1e-9, 1.0, "parallel")
    reflection, _, _ = result._emitter._outwards("down", np.array([0j]), "s")
    admittance = (high / low) ** (2 * pairs) * high**2 / substrate
    assert reflection[0].real == pytest.approx((1 - admittance) / (1 + admittance), abs=1e-6)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (([1.5, 1.0], [], 1, -0.1, 0.6, "parallel"), "outside its layer"),
        (([1.5, 2.0, 1.0], [0.2], 1, 0.3, 0.6, "parallel"), "outside its layer"),
        (([GOLD, 1.0], [], 0, -0.1, 0.6, "parallel"), "infinite power"),
        (([4j, 1.0], [], 1, 0.1, 0.6, "parallel"), "needs some loss"),
        (([1.5 - 0.1j, 1.0], [], 1, 0.1, 0.6, "parallel"), "amplify"),
        (([1.5, 1.0], [0.1], 1, 0.1, 0.6, "parallel"), "one thickness"),
        (([1.5, 1.0], [], 1, 0.1, 0.6, "x"), "orientation"),
    ],
)
def test_what_can_not_be_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        dipole_in_multilayer(*arguments)
