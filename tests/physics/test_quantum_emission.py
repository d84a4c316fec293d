"""Values, limits and bounds of `emission` that physics fixes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqdphotonics.quantum import emission

LEVELS = st.integers(2, 4)
SEED = st.integers(0, 2**32 - 1)


def two_levels(g, gamma, kappa, star, detuning=0.0):
    photon = emission([[0, g], [g, detuning]], [gamma, kappa], [star, 0])
    return photon.indistinguishability, photon.efficiency


def random_system(levels: int, seed: int):
    """A system whose rates span six decades."""
    rng = np.random.default_rng(seed)
    size = 10 ** rng.uniform(-3, 3, (levels, levels))
    matrix = size * np.exp(2j * np.pi * rng.random((levels, levels)))
    hamiltonian = np.triu(matrix, 1) + np.triu(matrix, 1).conj().T + np.diag(size.diagonal())
    return hamiltonian, 10 ** rng.uniform(-3, 3, levels), 10 ** rng.uniform(-3, 3, levels)


@pytest.mark.parametrize(
    "g, kappa, indistinguishability, efficiency",
    [
        (10, 1, 0.4994, 0.0370),
        (30, 1, 0.4651, 0.2093),
        (100, 10, 0.2035, 0.7406),
        (300, 100, 0.1623, 0.9633),
        (1000, 1000, 0.1918, 0.9963),
    ],
)
def test_values_at_room_temperature_dephasing(g, kappa, indistinguishability, efficiency):
    # γ = 1, γ* = 10⁴; four digits, computed independently by integration in time.
    exact = two_levels(g, 1, kappa, 1e4)
    assert exact == pytest.approx((indistinguishability, efficiency), abs=5.1e-5)


@pytest.mark.parametrize("gamma, star", [(1.0, 0.0), (1.0, 4.25), (1e-5, 1e5)])
def test_a_bare_emitter_has_gamma_over_gamma_plus_gamma_star(gamma, star):
    photon = emission([[0]], [gamma], [star])
    assert photon.indistinguishability == pytest.approx(gamma / (gamma + star), rel=1e-12)
    assert photon.efficiency == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize("g", [1.0, 10.0, 100.0])
def test_bad_cavity_regime(g):
    # κ ≫ g, γ*: I = (γ+R)/(γ+R+γ*) with R = 4g²/(κ+γ+γ*) (Grange 2015)
    gamma, kappa, star = 1.0, 1e6, 30.0
    rate = 4 * g**2 / (kappa + gamma + star)
    indistinguishability, efficiency = two_levels(g, gamma, kappa, star)
    expected = (gamma + rate) / (gamma + rate + star)
    assert efficiency == pytest.approx(rate / (gamma + rate), rel=5e-3)
    # I holds for the light of the emitter that passes through the cavity.
    assert indistinguishability == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize("g", [1.0, 20.0, 100.0])
def test_incoherent_good_cavity_regime(g):
    gamma, kappa, star = 1.0, 3.0, 1e6
    rate = 4 * g**2 / (kappa + gamma + star)
    through = kappa * rate / (kappa + rate)
    indistinguishability, efficiency = two_levels(g, gamma, kappa, star)
    expected = (gamma + through) / (gamma + kappa + 2 * rate)
    assert indistinguishability == pytest.approx(expected, rel=5e-3)
    assert efficiency == pytest.approx(kappa * rate / (kappa * rate + gamma * (kappa + rate)), 5e-3)


@pytest.mark.parametrize("kappa, star", [(1.0, 1.0), (10.0, 1.0), (1.0, 30.0)])
def test_coherent_regime(kappa, star):
    gamma, g = 0.5, 1e5
    both = kappa + gamma
    expected = both * (both + star / 4) / ((both + star) * (both + star / 2))
    assert two_levels(g, gamma, kappa, star)[0] == pytest.approx(expected, rel=5e-3)


def test_strong_coupling_with_equal_dephasing_and_loss_gives_five_twelfths():
    assert two_levels(1e7, 1e-9, 1.0, 1.0)[0] == pytest.approx(5 / 12, rel=1e-6)


def test_cascade_beats_one_cavity_where_losses_are_realistic():
    # Nanobeam and ring, γ = 1, γ* = 10⁴: I ≥ .5 at η = .294 to within a rounded optimum
    hamiltonian = [[0, 3020, 0], [3020, 0, 1860], [0, 1860, 0]]
    photon = emission(hamiltonian, [1, 3100, 2280], [1e4, 0, 0])
    assert photon.indistinguishability == pytest.approx(0.5, abs=5e-3)
    assert photon.efficiency == pytest.approx(0.294, abs=5e-3)


@pytest.mark.parametrize("star", [0.0, 1.0, 100.0])
def test_exceptional_point(star):
    """4g = κ − γ − γ*: A has one eigenvector; the result is continuous there."""
    gamma, kappa = 1.0, 2.0 + star + 8.0
    g = (kappa - gamma - star) / 4
    at = np.array(two_levels(g, gamma, kappa, star))
    step = 1e-4
    beside = [np.array(two_levels(g + s * step, gamma, kappa, star)) for s in (-1, 1)]
    # A smooth function equals the mean of its neighbours up to step²: 1e-8.
    assert at == pytest.approx(sum(beside) / 2, rel=1e-7)


def test_exceptional_point_without_dephasing_has_a_closed_form():
    # A = −[[γ/2, ig], [ig, κ/2]] defective: a(t) = −i g t e^{−(γ+κ)t/4}; η = κ g² · 2/((γ+κ)/2)³
    gamma, kappa = 1.0, 9.0
    g = (kappa - gamma) / 4
    indistinguishability, efficiency = two_levels(g, gamma, kappa, 0.0)
    assert indistinguishability == pytest.approx(1, abs=1e-14)
    assert efficiency == pytest.approx(2 * kappa * g**2 / ((gamma + kappa) / 2) ** 3, rel=1e-14)


def test_third_order_exceptional_point():
    # A = −2 − N with N = [[b, ig, 0], [ig, 0, ig], [0, ig, −b]], nilpotent for b = √2 g: a chain
    # of three levels with losses graded along it.
    g = 1.0
    b = 2**0.5 * g
    decay = 2 * np.array([2 + b, 2, 2 - b])
    chain = np.array([[0, g, 0], [g, 0, g], [0, g, 0]])
    photon = emission(chain, decay, [0, 0, 0], [0, 1, 2])
    # N³ = 0: a(t) = e^{−2t}(1 − Nt + N²t²/2)e₀
    nilpotent = np.array([[b, 1j * g, 0], [1j * g, 0, 1j * g], [0, 1j * g, -b]])
    assert np.linalg.matrix_power(nilpotent, 3) == pytest.approx(np.zeros((3, 3)), abs=1e-14)
    terms = [np.eye(3)[0], -nilpotent[:, 0], (nilpotent @ nilpotent)[:, 0] / 2]
    # ∫ t^n e^{−4t} dt = n!/4^{n+1}
    moments = [1 / 4, 1 / 16, 2 / 64, 6 / 256, 24 / 1024]
    expected = sum(
        (terms[i].conj() * terms[j]).real * moments[i + j] for i in range(3) for j in range(3)
    )
    assert photon.efficiency == pytest.approx(decay * expected, rel=1e-13)
    assert photon.indistinguishability == pytest.approx(np.ones(3), abs=1e-13)


@settings(max_examples=60, deadline=None)
@given(LEVELS, SEED)
def test_probabilities_are_probabilities(levels, seed):
    photon = emission(*random_system(levels, seed), list(range(levels)))
    assert (photon.indistinguishability >= 0).all()
    assert (photon.indistinguishability <= 1).all()
    # The excitation leaves somewhere, exactly once.
    assert photon.efficiency.sum() == pytest.approx(1, rel=1e-9)
    assert (photon.efficiency >= 0).all()


@settings(max_examples=40, deadline=None)
@given(LEVELS, SEED, st.floats(1e-6, 1e6))
def test_only_ratios_of_rates_matter(levels, seed, scale):
    system = random_system(levels, seed)
    one = emission(*system)
    other = emission(*(scale * x for x in system))
    assert other.indistinguishability == pytest.approx(one.indistinguishability, rel=1e-8)
    assert other.efficiency == pytest.approx(one.efficiency, rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(LEVELS, SEED)
def test_without_dephasing_photons_are_identical(levels, seed):
    hamiltonian, decay, _ = random_system(levels, seed)
    photon = emission(hamiltonian, decay, np.zeros(levels), list(range(levels)))
    assert photon.indistinguishability == pytest.approx(np.ones(levels), rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(SEED)
def test_a_common_rotation_of_the_frame_changes_nothing(seed):
    hamiltonian, decay, dephasing = random_system(3, seed)
    one = emission(hamiltonian, decay, dephasing)
    other = emission(hamiltonian + 10 * np.eye(3), decay, dephasing)
    # Adding 10 to frequencies that differ by 1e-3 rounds their difference to 1e-12 of it.
    assert other.efficiency == pytest.approx(one.efficiency, rel=1e-7)


@settings(max_examples=40, deadline=None)
@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.floats(0, 1e3))
def test_weak_coupling_leaves_the_emitter_alone(gamma, kappa, star):
    g = 1e-6
    photon = emission([[0, g], [g, 0]], [gamma, kappa], [star, 0], [0, 1])
    rate = 4 * g**2 / (gamma + kappa + star)
    # Corrections are of the order R/γ, R/κ ≤ 1e-6.
    assert photon.efficiency[1] == pytest.approx(rate / gamma, rel=1e-5)
    assert photon.indistinguishability[0] == pytest.approx(gamma / (gamma + star), rel=1e-5)


def test_uncoupled_output_has_no_photon_and_no_indistinguishability():
    indistinguishability, efficiency = two_levels(0.0, 1.0, 1.0, 1.0)
    assert efficiency == 0
    assert np.isnan(indistinguishability)
