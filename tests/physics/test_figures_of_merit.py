"""Figures against independent physics: Monte-Carlo wave packets, limits, published numbers."""

import numpy as np
import pytest
from scipy.optimize import brentq

from cqdphotonics import emitters
from cqdphotonics.constants import HBAR, angular_frequency
from cqdphotonics.errors import RangeError
from cqdphotonics.quantum import Environment, Output, figures
from cqdphotonics.quantum.cascade import cascade_fidelity
from cqdphotonics.quantum.hom import diffusing_visibility, two_emitter_visibility
from cqdphotonics.quantum.purity import biexciton_yield_in_device, g2_from_biexciton
from cqdphotonics.quantum.sensing import SpinReadout, odmr_sensitivity
from cqdphotonics.quantum.target import coupling_strength, purcell_needed


def monte_carlo_visibility(rates, detuning, spread, pairs, step, seed):
    """Mean |∫ψ₁*ψ₂dt|² of wave packets √γ e^{−γt/2} with Wiener phases and random detunings.

    The relative phase of the pair diffuses with γ*₁ + γ*₂ and turns with the detuning; nothing of
    the closed form is used.
    """
    (gamma1, star1), (gamma2, star2) = rates
    generator = np.random.default_rng(seed)
    time = np.arange(0, 14 / (gamma1 + gamma2), step)
    envelope = np.sqrt(gamma1 * gamma2) * np.exp(-(gamma1 + gamma2) * time / 2) * step
    # Trapezoid: without it the first point counts double and biases the overlap by step·γ/2.
    envelope[0] /= 2
    total = 0.0
    batch = 2000
    for _ in range(pairs // batch):
        kicks = generator.normal(0, np.sqrt((star1 + star2) * step), (batch, time.size))
        delta = generator.normal(detuning, spread, (batch, 1))
        phase = np.cumsum(kicks, axis=1) + delta * time
        total += (np.abs((envelope * np.exp(1j * phase)).sum(axis=1)) ** 2).sum()
    return total / (pairs // batch * batch)


@pytest.mark.parametrize(
    ("rates", "detuning", "spread"),
    [
        (((1.0, 4.25), (1.0, 4.25)), 0.0, 10.0),
        (((1.0, 1.0), (1.0, 1.0)), 1.5, 0.0),
        (((1.0, 0.5), (2.0, 1.0)), 1.0, 2.0),
    ],
)
def test_two_dots_against_monte_carlo_wave_packets(rates, detuning, spread):
    # The overlap of one pair is spread like an exponential at worst (V = .09), so the mean of
    # 40 000 is good to .5 %; the step adds less than .2 %.
    sampled = monte_carlo_visibility(rates, detuning, spread, 40_000, 0.02, seed=6)
    exact = two_emitter_visibility(*rates[0], detuning, spread, rates[1])
    assert exact == pytest.approx(sampled, rel=0.01)


def test_gaussian_spread_has_the_stated_value():
    assert two_emitter_visibility(1, 4.25, spread=10) == pytest.approx(0.0863, abs=5e-5)


def test_a_vanishing_spread_is_the_lorentzian_and_identical_dots_are_one():
    lorentzian = 5.25 / (5.25**2 + 4)
    assert two_emitter_visibility(1, 4.25, detuning=2) == pytest.approx(lorentzian)
    assert two_emitter_visibility(1, 4.25, detuning=2, spread=1e-4) == pytest.approx(lorentzian)
    assert two_emitter_visibility(1, 4.25) == pytest.approx(1 / 5.25)


def test_a_jumping_line_goes_from_one_dot_to_two_dots():
    assert diffusing_visibility(1, 4.25, 3, 100, 0) == pytest.approx(1 / 5.25)
    # Two places of one line differ by √2 of its width.
    apart = two_emitter_visibility(1, 4.25, spread=3 * 2**0.5)
    assert diffusing_visibility(1, 4.25, 3, 100, 1e5) == pytest.approx(apart)


@pytest.mark.parametrize(("purcell", "expected"), [(1, 0.19), (5, 0.54), (10, 0.70), (50, 0.92)])
def test_cold_perovskite_with_a_purcell_factor(purcell, expected):
    dot = emitters.load("CsPbBr3-4K")
    environment = Environment.from_purcell(purcell, radiative_rate=dot.radiative_rate)
    found = figures(dot, environment)
    assert found.indistinguishability.nominal_value == pytest.approx(expected, abs=0.005)


def test_warm_giant_shell_dot_in_a_good_cavity_is_distinguishable():
    dot = emitters.load("CdSe-CdS-300K")
    environment = Environment.from_cavity(
        1e5, 2.5, dot.wavelength, 2.0, radiative_rate=dot.radiative_rate
    )
    found = figures(dot, environment)
    assert found.indistinguishability.nominal_value == pytest.approx(0.003, rel=0.2)
    assert found.efficiency.nominal_value == pytest.approx(0.5, abs=0.05)


def test_coupling_from_the_volume_and_from_the_purcell_factor_agree():
    omega, rate, volume, quality = angular_frequency(0.63), 4e-5, 2.5, 1e5
    purcell = 3 * quality / (4 * np.pi**2 * volume)
    from_purcell = np.sqrt(purcell * omega / quality * rate / 4)
    assert coupling_strength(omega, rate, volume) == pytest.approx(from_purcell, rel=1e-12)
    environment = Environment.from_cavity(quality, volume, 0.63, 1.8, radiative_rate=rate)
    assert environment.g[0] == pytest.approx(from_purcell, rel=1e-12)


def test_cooperativity_of_one_mode_and_lifetime_in_the_weak_coupling_limit():
    dot = emitters.load("CsPbBr3-4K").with_values(quantum_yield=1)
    g, kappa, gamma = 0.02, 50.0, dot.gamma
    environment = Environment(
        detunings=[0.0],
        kappa=[kappa],
        g=[g],
        background={"radiated": gamma},
        outputs={"cavity": Output((1.0,))},
    )
    found = figures(dot, environment)
    cooperativity = 4 * g**2 / (kappa * gamma)
    assert found.cooperativity.nominal_value == pytest.approx(cooperativity)
    coherent = 4 * g**2 / (kappa * (gamma + dot.gamma_star))
    assert found.coherent_cooperativity.nominal_value == pytest.approx(coherent)
    # Bad cavity: a Purcell factor 1 + C; corrections are of the order (γ + γ*)/κ = 5e-4.
    assert found.purcell.nominal_value == pytest.approx(1 + cooperativity, rel=2e-3)
    markov = Environment.from_purcell(1 + cooperativity, radiative_rate=gamma)
    expected = figures(dot, markov).indistinguishability.nominal_value
    assert found.indistinguishability.nominal_value == pytest.approx(expected, rel=2e-3)


def test_linewidth_of_the_bare_dot_is_that_of_its_coherence_time():
    dot = emitters.load("CsPbBr3-4K")
    environment = Environment.from_purcell(1, radiative_rate=dot.radiative_rate)
    found = figures(dot, environment)
    assert found.linewidth.nominal_value == pytest.approx(2 * HBAR / 80)


def test_entanglement_of_the_cascade_against_the_splitting():
    assert cascade_fidelity(0.0, 210) == pytest.approx(1)
    assert cascade_fidelity(1e3, 210) == pytest.approx(0.5, abs=1e-4)
    # f ≥ .9 needs S·τ ≤ 329 µeV·ps, found here by solving, not from the formula's inverse.
    limit = brentq(lambda product: cascade_fidelity(product, 1.0) - 0.9, 0.01, 10)
    assert limit * 1e3 == pytest.approx(329, abs=0.5)
    assert cascade_fidelity(0.0, 100, spin_scattering_time=1e-9) == pytest.approx(0.25)
    assert cascade_fidelity(0.0, 100, cross_dephasing_time=1e-9) == pytest.approx(0.5)
    with pytest.raises(RangeError, match="negative"):
        cascade_fidelity(-1, 100)


def test_magnetic_sensitivity_and_its_scaling_with_collection():
    reference = odmr_sensitivity(1e6, 0.2, 1e6)
    assert reference * 1e9 == pytest.approx(137, abs=0.5)  # nT/√Hz
    assert odmr_sensitivity(1e6, 0.2, 4e6) == pytest.approx(reference / 2)
    dot = emitters.load("CsPbBr3-4K").with_values(quantum_yield=1)
    spin = SpinReadout(linewidth=1e6, contrast=0.2, excitation_rate=1e7)
    environment = Environment.from_purcell(
        5, radiative_rate=dot.radiative_rate, outputs={"na": 0.1}
    )
    assert figures(dot, environment, spin=spin).odmr_sensitivity.nominal_value == pytest.approx(
        reference
    )


def test_purity_with_and_without_a_device():
    assert biexciton_yield_in_device(0.1, 1) == pytest.approx(0.1)
    assert biexciton_yield_in_device(0.1, 1e9) == pytest.approx(1)
    assert g2_from_biexciton(0.1, 0.8) == pytest.approx(0.125)
    assert g2_from_biexciton(0.1, 0.8, transmission=0) == 0


def test_needed_purcell_factor_gives_the_wanted_indistinguishability():
    dot = emitters.load("CdSe-CdS-300K")
    needed = purcell_needed(0.9, dot.gamma, dot.gamma_star, dot.quantum_yield)
    environment = Environment.from_purcell(needed, radiative_rate=dot.radiative_rate)
    found = figures(dot, environment)
    assert found.indistinguishability.nominal_value == pytest.approx(0.9)
    # CsPbBr3 at 4 K: I = F/(F + 4.25) → F = 9 · 4.25.
    assert purcell_needed(0.9, 1, 4.25) == pytest.approx(38.25)


def test_a_line_with_a_small_share_needs_a_larger_purcell_factor():
    dot = emitters.load("Eu-Y2O3-1.3K").with_values(quantum_yield=0.9)
    weight = dot.data.zero_phonon_weight.value
    needed = purcell_needed(0.5, dot.gamma, dot.gamma_star, 0.9, weight)
    environment = Environment.from_purcell(needed, radiative_rate=dot.radiative_rate)
    found = figures(dot, environment, sideband="narrowband")
    assert found.indistinguishability.nominal_value == pytest.approx(0.5)
