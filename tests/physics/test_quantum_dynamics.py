"""Populations, spectrum, time gate, filter and Hong–Ou–Mandel interference of one photon.

Where no closed form exists, the oracle is the correlation function on a grid in time, from the
quantum regression theorem with matrix exponentials, integrated numerically.
"""

import numpy as np
import pytest
from scipy.linalg import expm

from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.quantum import (
    emission,
    emission_spectrum,
    filtered_emission,
    gated_emission,
    hom_correlation,
    hom_dip,
    populations,
)

SYSTEM = (
    np.array([[0.0, 1.3 + 0.2j], [1.3 - 0.2j, 0.8]]),
    np.array([0.7, 1.9]),
    np.array([1.1, 0.3]),
)
STEP = 0.02
TIMES = STEP * np.arange(900)


def correlation_on_grid() -> np.ndarray:
    """⟨a†(t')a(t)⟩ of level 1 on TIMES × TIMES: rows t, columns t'."""
    hamiltonian, decay, dephasing = SYSTEM
    effective = -1j * hamiltonian - np.diag(decay + dephasing) / 2
    jump = np.diag([dephasing[0], 0, 0, dephasing[1]])
    matrix = np.kron(effective, np.eye(2)) + np.kron(np.eye(2), effective.conj()) + jump
    rho = np.array([1, 0, 0, 0], complex)
    step, amplitude = expm(matrix * STEP), expm(effective.conj().T * STEP)
    rows = []
    for _ in TIMES:
        rows.append(rho.reshape(2, 2)[1])
        rho = step @ rho
    columns = [np.array([0, 1], complex)]
    for _ in TIMES[1:]:
        columns.append(amplitude @ columns[-1])
    later = np.array(rows) @ np.array(columns).T  # [t, τ]
    grid = np.zeros((len(TIMES), len(TIMES)), complex)
    for i in range(len(TIMES)):
        grid[i, i:] = later[i, : len(TIMES) - i]
    return grid + np.triu(grid, 1).conj().T


@pytest.fixture(scope="module")
def grid() -> np.ndarray:
    return correlation_on_grid()


def trapezoid(values: np.ndarray) -> np.ndarray:
    weights = np.full(values.shape[0], STEP)
    weights[[0, -1]] /= 2
    return np.tensordot(weights, values, 1)


def test_populations_of_two_resonant_lossless_levels_swap():
    times = np.array([0.0, np.pi / 4, np.pi / 2])
    occupied = populations([[0, 1], [1, 0]], [1e-12, 0], [0, 0], times)
    assert occupied == pytest.approx(np.array([[1, 0], [0.5, 0.5], [0, 1]]), abs=1e-11)


def test_populations_follow_the_rate_equation_where_dephasing_is_fast():
    # R = 4g²/(γ+κ+γ*) transfers incoherently; corrections are of the order R/γ* = 4e-10.
    g, gamma, kappa, star = 1.0, 1e-5, 2e-5, 1e5
    rate = 4 * g**2 / (gamma + kappa + star)
    rates = np.array([[-gamma - rate, rate], [rate, -kappa - rate]])
    times = np.array([1e3, 2e4, 1e5])
    expected = [expm(rates * t)[:, 0] for t in times]
    occupied = populations([[0, g], [g, 0]], [gamma, kappa], [star, 0], times)
    # expm squares its matrix log2(1e10) = 33 times, which costs as many bits of 1e-16.
    assert occupied == pytest.approx(np.array(expected), rel=1e-5)


def test_spectrum_of_a_bare_emitter_is_a_lorentzian_of_its_whole_width():
    gamma, star, centre = 1.0, 4.0, 2.5
    omega = np.linspace(-20, 20, 81)
    half = (gamma + star) / 2
    lorentzian = half / np.pi / ((omega - centre) ** 2 + half**2)
    spectrum = emission_spectrum([[centre]], [gamma], [star], omega)
    assert spectrum == pytest.approx(lorentzian, rel=1e-12)


def test_spectrum_integrates_to_the_efficiency():
    angle = np.pi * ((np.arange(4000) + 0.5) / 4000 - 0.5)
    omega = np.tan(angle)
    spectrum = emission_spectrum(*SYSTEM, omega)
    total = (spectrum * (1 + omega**2)).sum() * (angle[1] - angle[0])
    assert total == pytest.approx(emission(*SYSTEM).efficiency, rel=1e-6)
    assert (spectrum > 0).all()


def test_strong_coupling_splits_the_spectrum_by_2g():
    g = 50.0
    omega = np.linspace(-80, 80, 3201)
    spectrum = emission_spectrum([[0, g], [g, 0]], [1, 1], [0.5, 0], omega)
    peaks = omega[1:-1][(spectrum[1:-1] > spectrum[2:]) & (spectrum[1:-1] > spectrum[:-2])]
    assert peaks == pytest.approx([-g, g], abs=0.06)  # grid of 0.05


def test_gate_of_a_bare_emitter():
    # ∫₀ᵀdt∫₀^{T−t}dτ e^{−2γt−(γ+γ*)τ}, written out.
    gamma, star, duration = 1.0, 3.0, 0.6
    width = gamma + star
    numerator = (1 - np.exp(-2 * gamma * duration)) / (2 * gamma) - (
        np.exp(-2 * gamma * duration) - np.exp(-width * duration)
    ) / (width - 2 * gamma)
    expected = 2 * numerator / width / ((1 - np.exp(-gamma * duration)) / gamma) ** 2
    photon = gated_emission([[0]], [gamma], [star], 0, duration)
    assert photon.indistinguishability == pytest.approx(expected, rel=1e-12)
    assert photon.efficiency == pytest.approx(1 - np.exp(-gamma * duration), rel=1e-12)


@pytest.mark.parametrize("start, stop", [(0.0, 1.0), (0.4, 2.4), (1.0, np.inf)])
def test_gate_against_the_correlation_on_a_grid(grid, start, stop):
    kept = (start - STEP / 4 <= TIMES) & (stop + STEP / 4 >= TIMES)
    inside = grid[np.ix_(kept, kept)]
    total = trapezoid(np.diagonal(inside).real)
    expected = trapezoid(trapezoid(np.abs(inside) ** 2)) / total**2
    photon = gated_emission(*SYSTEM, start, stop)
    # Trapezoid rule, step 0.02, with a kink of |G|² on the diagonal: error about 1e-3.
    assert photon.indistinguishability == pytest.approx(expected, abs=1e-3)
    assert photon.efficiency == pytest.approx(SYSTEM[1][1] * total, rel=1e-3)


def test_a_gate_that_loses_nothing_changes_nothing():
    open_gate, whole = gated_emission(*SYSTEM, 0, 80), emission(*SYSTEM)
    assert open_gate.indistinguishability == pytest.approx(whole.indistinguishability, rel=1e-10)
    assert open_gate.efficiency == pytest.approx(whole.efficiency, rel=1e-10)


def test_an_early_narrow_gate_makes_photons_indistinguishable():
    assert gated_emission([[0]], [1], [100], 0, 1e-4).indistinguishability > 0.99


def test_filter_passes_its_share_of_the_spectrum():
    centre, width = 0.3, 1.7
    angle = np.pi * ((np.arange(4000) + 0.5) / 4000 - 0.5)
    omega = np.tan(angle)
    passed = (width / 2) ** 2 / ((omega - centre) ** 2 + (width / 2) ** 2)
    spectrum = emission_spectrum(*SYSTEM, omega)
    expected = (spectrum * passed * (1 + omega**2)).sum() * (angle[1] - angle[0])
    photon = filtered_emission(*SYSTEM, centre, width)
    assert photon.efficiency == pytest.approx(expected, rel=1e-8)


def test_filtered_indistinguishability_against_a_convolution(grid):
    centre, width = 0.3, 1.7
    response = width / 2 * np.exp((-1j * centre - width / 2) * TIMES) * STEP
    response[0] /= 2
    size = len(TIMES)
    # filtered amplitude f(t) = Σ_s response(t − s) a(s), as a lower triangular matrix
    index = np.arange(size)[:, None] - np.arange(size)
    convolve = np.where(index >= 0, response[np.abs(index)], 0)
    filtered = convolve @ grid @ convolve.conj().T
    total = trapezoid(np.diagonal(filtered).real)
    expected = trapezoid(trapezoid(np.abs(filtered) ** 2)) / total**2
    photon = filtered_emission(*SYSTEM, centre, width)
    # Rectangle rule with step 0.02: 1e-3 of I; 1e-2 of the efficiency at the kink at t = 0.
    assert photon.indistinguishability == pytest.approx(expected, abs=2e-3)


def test_a_wide_filter_changes_nothing_and_a_narrow_one_makes_photons_pure():
    whole = emission(*SYSTEM)
    wide = filtered_emission(*SYSTEM, 0.0, 1e7)
    assert wide.indistinguishability == pytest.approx(whole.indistinguishability, rel=1e-5)
    assert wide.efficiency == pytest.approx(whole.efficiency, rel=1e-5)
    assert filtered_emission(*SYSTEM, 0.0, 1e-4).indistinguishability > 0.999


def test_hom_dip_at_delay_zero_is_the_indistinguishability():
    visibility = emission(*SYSTEM).indistinguishability
    assert hom_dip(*SYSTEM, [0.0]) == pytest.approx([visibility], rel=1e-12)


def test_hom_dip_against_the_correlation_on_a_grid(grid):
    detuning, shift = 0.9, 35
    beat = np.exp(1j * detuning * (TIMES[None, :] - TIMES[:, None]))
    total = trapezoid(np.diagonal(grid).real)
    second = grid * beat  # the second photon, before its delay
    product = grid[shift:, shift:] * second[:-shift, :-shift].conj()
    backward = trapezoid(trapezoid(product)).real / total**2
    product = grid[:-shift, :-shift] * second[shift:, shift:].conj()
    forward = trapezoid(trapezoid(product)).real / total**2
    delays = STEP * shift * np.array([1, -1])
    # As for the gate: trapezoid rule over a kink.
    assert hom_dip(*SYSTEM, delays, detuning=detuning) == pytest.approx(
        [forward, backward], abs=1e-3
    )


def test_two_detuned_emitters_interfere_as_the_closed_form_says():
    # V = γΓ/(Γ² + δ²), Γ = γ + γ*
    gamma, star, delta = 1.0, 4.25, 3.0
    width = gamma + star
    expected = gamma * width / (width**2 + delta**2)
    assert hom_dip([[0]], [gamma], [star], [0], detuning=delta) == pytest.approx(
        [expected], rel=1e-12
    )


def test_hom_correlation_integrates_to_the_indistinguishability():
    edge = np.linspace(0, 3.5, 1401)
    result = hom_correlation(*SYSTEM, edge**2)
    weight = 2 * edge * (edge[1] - edge[0])  # substitution τ = x²; trapezoid, both ends 0
    visibility = emission(*SYSTEM).indistinguishability
    assert 2 * result.interfering @ weight == pytest.approx((1 - visibility) / 2, abs=1e-5)
    assert 2 * result.distinguishable @ weight == pytest.approx(0.5, abs=1e-5)
    assert result.interfering[0] == pytest.approx(0, abs=1e-14)  # no two clicks at one instant


def test_hom_correlation_is_even():
    result = hom_correlation(*SYSTEM, [-0.7, 0.7])
    assert result.interfering[0] == result.interfering[1]


@pytest.mark.parametrize("start, stop", [(1.0, 1.0), (-1.0, 1.0), (2.0, 1.0)])
def test_an_empty_gate_is_refused(start, stop):
    with pytest.raises(RangeError, match="gate"):
        gated_emission(*SYSTEM, start, stop)


def test_wrong_filters_times_and_batches_are_refused():
    with pytest.raises(RangeError, match="width"):
        filtered_emission(*SYSTEM, 0.0, 0.0)
    with pytest.raises(RangeError, match="times"):
        populations(*SYSTEM, [-1.0])
    with pytest.raises(InputError, match="one system"):
        populations(np.zeros((3, 1, 1)), np.ones(1), np.ones(1), [1.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda *system: emission_spectrum(*system, [0.0]),
        lambda *system: gated_emission(*system, 1.0),
        lambda *system: filtered_emission(*system, 0.0, 1.0),
        lambda *system: hom_dip(*system, [0.0]),
        lambda *system: hom_correlation(*system, [0.0]),
    ],
)
def test_an_excitation_that_stays_is_refused(call):
    with pytest.raises(InputError, match="never leaves"):
        call([[0, 1], [1, 0]], [0, 0], [1, 0])
