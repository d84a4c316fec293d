"""Placement: against closed forms, scipy.stats, Monte Carlo and the quantum figures."""

from math import exp, pi, sqrt

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.stats import beta, binom, kstest, rice

from cqdphotonics import emitters
from cqdphotonics.placement import (
    ALIGNED,
    Device,
    Distribution,
    Orientation,
    Template,
    copies_for,
    good_share,
    outcome,
    sample,
)
from cqdphotonics.quantum import Environment, figures

DOT = emitters.load("CsPbBr3-4K")
SNUG = Template(diameter=0.0120001, dot_diameter=0.012, overlay=(0.015, 0.015))
"""No room in the hole: the overlay alone."""


def round_hole(**settings):
    return Template(**{"diameter": 0.05, "dot_diameter": 0.012} | settings)


def density_by_brute_force(template, x, y):
    """Uniform disc × Gaussian by adaptive quadrature of the convolution itself."""
    a = (template.diameter - template.dot_diameter) / 2
    sx, sy = template.overlay

    def gauss(v, u):
        exponent = ((x - u) / sx) ** 2 + ((y - v) / sy) ** 2
        return np.exp(-exponent / 2) / (2 * pi * sx * sy)

    value, _ = dblquad(gauss, -a, a, lambda u: -sqrt(a * a - u * u), lambda u: sqrt(a * a - u * u),
                       epsabs=1e-6)  # fmt: skip
    return value / (pi * a * a)


@pytest.mark.parametrize("overlay", [(0.01, 0.01), (0.006, 0.014)])
def test_density_is_the_convolution(overlay):
    template = round_hole(overlay=overlay)
    places = [(0.0, 0.0), (0.01, 0.004), (0.02, -0.015), (-0.004, 0.03)]
    found = Distribution(template).density(*np.array(places).T)
    wanted = [density_by_brute_force(template, x, y) for x, y in places]
    # relative error of dblquad in this range
    assert found == pytest.approx(wanted, rel=1e-5)


def test_two_formulas_of_the_density_meet():
    """χ² for equal overlays, a quadrature for unequal ones: the latter, nearly equal."""
    x, y = np.random.default_rng(0).uniform(-0.04, 0.04, (2, 50))
    equal = Distribution(round_hole(overlay=(0.01, 0.01))).density(x, y)
    nearly = Distribution(round_hole(overlay=(0.01, 0.01 * (1 + 1e-9)))).density(x, y)
    assert nearly == pytest.approx(equal, rel=1e-6)


@pytest.mark.parametrize(
    "template",
    [
        round_hole(overlay=(0.01, 0.02)),
        round_hole(overlay=(0.02, 0.02), dot_spread=0.002),
        Template(shape="trench", length=0.2, width=0.03, dot_diameter=0.012, overlay=(0.01, 0.02)),
    ],
)
def test_density_is_normalised_and_has_its_width(template):
    axis = np.linspace(-0.25, 0.25, 101)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    density = Distribution(template).density(x, y)
    cell = (axis[1] - axis[0]) ** 2
    assert density.sum() * cell == pytest.approx(1, abs=1e-6)
    widths = [sqrt((density * v**2).sum() * cell) for v in (x, y)]
    assert widths == pytest.approx(Distribution(template).standard_deviations, rel=1e-4)


def test_places_in_a_hole_without_overlay_are_a_uniform_disc():
    places = sample(round_hole(overlay=(0.0, 0.0)), 20_000, seed=1)
    a = (0.05 - 0.012) / 2
    radii = np.hypot(*places.T)
    # (r/a)² is uniform; a fixed seed, so the test does not fail by chance.
    assert kstest((radii / a) ** 2, "uniform").pvalue > 0.01
    assert Distribution(round_hole()).within(a / 2) == pytest.approx(1 / 4)


def test_places_by_overlay_alone_are_gaussian():
    places = sample(SNUG, 20_000, seed=2)
    for axis in places.T:
        assert kstest(axis / 0.015, "norm").pvalue > 0.01
    for radius in (0.005, 0.02, 0.04):
        wanted = 1 - exp(-(radius**2) / (2 * 0.015**2))  # Rayleigh
        assert Distribution(SNUG).within(radius) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("overlay", [(0.01, 0.01), (0.004, 0.02)])
def test_places_follow_the_density(overlay):
    template = round_hole(overlay=overlay)
    radii = np.hypot(*sample(template, 200_000, seed=4).T)
    for radius in (0.005, 0.015, 0.03):
        share = Distribution(template).within(radius)
        # Monte Carlo: √(p(1 − p)/n) ≤ .0011, four of them
        assert (radii <= radius).mean() == pytest.approx(share, abs=0.0045)


def test_a_far_point_of_the_disc_is_a_rice_distribution():
    """Of a hole so small that the dot is fixed, r about another point is Rice's: by `rice`."""
    places = sample(SNUG, 50_000, seed=5) + np.array([0.03, 0.0])
    assert kstest(np.hypot(*places.T), rice(0.03 / 0.015, scale=0.015).cdf).pvalue > 0.01


def test_orientations():
    random = Orientation()
    assert random.mean == pytest.approx(1 / 3)
    # cos² of an isotropic angle is u² of a uniform u: Beta(1/2, 1); in the plane it is Beta(½, ½).
    assert kstest(random.sample(20_000, 1), beta(0.5, 1).cdf).pvalue > 0.01
    flat = Orientation(isotropic=0, in_plane=1)
    assert kstest(flat.sample(20_000, 1), beta(0.5, 0.5).cdf).pvalue > 0.01
    assert Orientation(isotropic=0, in_plane=1, field=(0, 0, 1)).mean == 0
    assert Orientation(dipole="planar").mean == pytest.approx(1 / 3)
    upright = Orientation(isotropic=0, fixed=1, axis=(0, 0, 1), dipole="planar")
    assert upright.mean == pytest.approx(1 / 2)
    assert set(Orientation(dipole="three").sample(10, 0)) == {1 / 3}
    assert ALIGNED.mean == 1


@pytest.mark.parametrize(
    "orientation",
    [
        Orientation(isotropic=0.3, in_plane=0.5, fixed=0.2, axis=(1, 1, 0), field=(1, 0, 1)),
        Orientation(isotropic=0.3, in_plane=0.7, field=(1, 2, 1), dipole="planar"),
    ],
)
def test_mixtures_of_orientations(orientation):
    drawn = orientation.sample(400_000, 7)
    assert drawn.mean() == pytest.approx(orientation.mean, abs=4 * drawn.std() / sqrt(drawn.size))


def test_gaussian_mode_and_gaussian_overlay_have_a_closed_form():
    """f = exp(−r²/w²), r Rayleigh: P(f ≥ c) = P(r² ≤ −w² ln c) = 1 − c^(w²/2σ²)."""
    w, sigma, threshold = 0.04, 0.015, 8.0
    device = Device(purcell=20.0)
    result = good_share(
        SNUG, lambda x, y: np.exp(-(x**2 + y**2) / w**2), device, DOT, {"purcell": threshold},
        samples=400_000,
    )  # fmt: skip
    wanted = 1 - (threshold / 20) ** (w**2 / (2 * sigma**2))
    share = result.good_of_single
    assert share.nominal_value == pytest.approx(wanted, abs=4 * share.std_dev)
    assert share.std_dev == pytest.approx(sqrt(wanted * (1 - wanted) / 400_000), rel=0.02)
    # the mean of f: 1/(1 + 2σ²/w²)
    assert result.couplings.mean() == pytest.approx(1 / (1 + 2 * sigma**2 / w**2), abs=2e-3)
    # and the whole distribution: f^(w²/2σ²) is uniform
    assert kstest(result.couplings[:20_000] ** (w**2 / (2 * sigma**2)), "uniform").pvalue > 0.01


def test_uniform_disc_and_gaussian_mode_have_a_closed_form():
    """P(f ≥ c) = w² ln(1/c)/a² where that is below 1."""
    template, w = round_hole(overlay=(0.0, 0.0)), 0.02
    a = (0.05 - 0.012) / 2
    result = good_share(
        template, lambda x, y: np.exp(-(x**2 + y**2) / w**2), Device(20.0), DOT,
        {"purcell": 20 * exp(-0.5)}, samples=200_000,
    )  # fmt: skip
    wanted = w**2 * 0.5 / a**2
    assert result.good_of_single.nominal_value == pytest.approx(wanted, abs=0.0045)


def test_a_map_is_its_function():
    axis = np.linspace(-0.1, 0.1, 201)
    x, y = np.meshgrid(axis, axis, indexing="ij")

    def mode(x, y):
        return np.exp(-(x**2) / 0.05**2 - y**2 / 0.03**2)

    template = round_hole(overlay=(0.01, 0.01))
    arguments = (Device(20.0, 0.5), DOT, {"indistinguishability": 0.7})
    exact = good_share(template, mode, *arguments, samples=20_000)
    gridded = good_share(template, (axis, axis, mode(x, y)), *arguments, samples=20_000)
    # linear interpolation: h² f''/8 ≤ 1e-6/8 · 2/9e-4 · 2 axes
    assert np.abs(exact.couplings - gridded.couplings).max() < 6e-4
    assert gridded.share.nominal_value == pytest.approx(exact.share.nominal_value, abs=2e-3)


@pytest.mark.parametrize("name", ["CsPbBr3-4K", "CdSe-CdS-300K"])
@pytest.mark.parametrize("coupling", [0.05, 0.4, 1.0])
def test_figures_are_those_of_the_quantum_room(name, coupling):
    emitter = emitters.load(name)
    device = Device(purcell=20.0, collection=0.5, absorbed=0.2, background=0.8)
    one = outcome([coupling], emitter, device)
    full = figures(emitter, device.environment(coupling, emitter))
    assert one.purcell[0] == pytest.approx(full.purcell.nominal_value, rel=1e-9)
    assert one.indistinguishability[0] == pytest.approx(
        full.indistinguishability.nominal_value, rel=1e-9
    )
    assert one.efficiency[0] == pytest.approx(full.efficiency.nominal_value, rel=1e-9)


def test_perovskite_at_four_kelvin():
    """I = F/(F + 4.25) with γ* = 4.25 γ, whatever the other data."""
    ratio = DOT.gamma_star / DOT.gamma
    quantum_yield = DOT.radiative_rate / DOT.gamma
    device = Device(purcell=20.0)
    rate = 1 - quantum_yield + quantum_yield * 20
    assert outcome([1.0], DOT, device).indistinguishability[0] == pytest.approx(
        rate / (rate + ratio)
    )


def test_a_cavity_with_memory_is_interpolated():
    """g² follows the coupling; 65 nodes against the figures themselves."""

    def cavity(coupling):
        return Environment.from_cavity(
            1e4, 1.0, DOT.wavelength, 2.0,
            radiative_rate=DOT.radiative_rate, relative_field=sqrt(coupling),
        )  # fmt: skip

    couplings = np.array([0.013, 0.2, 0.77, 1.0])
    found = outcome(couplings, DOT, cavity)
    for k, coupling in enumerate(couplings):
        full = figures(DOT, cavity(coupling))
        for name in ("purcell", "indistinguishability", "efficiency"):
            # monotone cubic interpolation in the field
            assert found[name][k] == pytest.approx(getattr(full, name).nominal_value, rel=2e-3)


def test_yield_of_a_chip_by_simulating_chips():
    """Expected number, scatter and copies: by drawing whole chips, dots one by one."""
    template = Template(
        diameter=0.03, dot_diameter=0.012, overlay=(0.01, 0.01), depth=0.01, loading=1.2
    )
    result = good_share(
        template, lambda x, y: np.exp(-(x**2 + y**2) / 0.02**2), Device(20.0, 0.6), DOT,
        {"indistinguishability": 0.75, "efficiency": 0.5},
    )  # fmt: skip
    random = np.random.default_rng(11)
    weights = 1.2 ** np.arange(5) / np.array([1, 1, 2, 6, 24])  # room for four
    sites, chips = 60, 4000
    dots = random.choice(5, (chips, sites), p=weights / weights.sum())
    good = (dots == 1) & random.choice(result.good, (chips, sites))
    counted = good.sum(1)
    expected = result.expected(sites)
    # mean of 4000 chips: standard error .05; scatter: 1/√8000 = 1.1 %
    assert counted.mean() == pytest.approx(expected.nominal_value, abs=0.2)
    assert counted.std() == pytest.approx(expected.std_dev, rel=0.05)
    copies = result.copies_for(5, 0.95)
    enough = (good[:, :copies].sum(1) >= 5).mean()
    assert copies < sites
    assert enough == pytest.approx(result.chance(5, copies), abs=4 * sqrt(0.05 * 0.95 / chips))
    share = result.share.nominal_value
    assert copies == copies_for(5, share)
    assert binom.cdf(4, copies, share) <= 0.05 < binom.cdf(4, copies - 1, share)


def test_histogram_is_a_distribution():
    result = good_share(
        round_hole(), lambda x, y: np.exp(-(x**2 + y**2) / 0.02**2), Device(20.0), DOT, {}
    )
    edges, shares = result.histogram("purcell", 25)
    assert (edges.size, shares.size) == (26, 25)
    assert shares.sum() == pytest.approx(1)
    centres = (edges[1:] + edges[:-1]) / 2
    # binned mean: half a bin at most, and far less on the average
    assert (centres * shares).sum() == pytest.approx(result.outcome.purcell.mean(), rel=5e-3)
    low, middle, high = result.quantiles("purcell")
    assert low < middle < high <= 20
