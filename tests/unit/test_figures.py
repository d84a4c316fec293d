"""Figures: uncertainties, missing data, choices that are never guessed."""

import pytest
from uncertainties import ufloat

from cqdphotonics import emitters
from cqdphotonics.display import format_quantity, quantity
from cqdphotonics.errors import InputError, RangeError, UnknownNameError
from cqdphotonics.quantum import Environment, Output, figures
from cqdphotonics.quantum.hom import corrected_indistinguishability, raw_visibility

DOT = emitters.load("CsPbBr3-4K")


def markov(emitter=DOT, purcell=10.0, **options):
    rate = emitter.uncertain.radiative_rate
    return Environment.from_purcell(purcell, radiative_rate=rate, **options)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (ufloat(0.783, 0.031), "", "0.78 ± 0.03"),
        (ufloat(2.31e6, 4e5), "1/s", "(2.3 ± 0.4)×10⁶ 1/s"),
        (0.78, "ps", "0.78 ps (unverified)"),
        (quantity(0.78), "", "0.78 (unverified)"),
        (float("nan"), "", "unknown"),
    ],
)
def test_a_quantity_is_written_with_its_uncertainty_or_the_word(value, unit, text):
    assert format_quantity(value, unit) == text


def test_uncertainty_of_the_purcell_factor_reaches_the_indistinguishability():
    dot = DOT.with_values(quantum_yield=1)
    found = figures(dot, markov(dot, ufloat(10, 1)))
    # I = F/(F + 4.25), dI/dF = 4.25/(F + 4.25)² = .0209 at F = 10; T1 and T2 carry none.
    assert found.indistinguishability.std_dev == pytest.approx(4.25 / 14.25**2, rel=1e-3)


def test_uncertainty_of_T1_is_propagated_with_its_correlation():  # noqa: N802
    dot = DOT.with_values(quantum_yield=1, T1={"value": 210, "uncertainty": 1})
    found = figures(dot, markov(dot))
    # I = 10/(10 + 2 T1/T2 − 1): dI/dT1 = −10 · (2/80)/14.25².
    assert found.indistinguishability.std_dev == pytest.approx(10 * 0.025 / 14.25**2, rel=1e-3)


def test_figures_that_lack_data_say_so_and_the_others_are_there():
    found = figures(emitters.load("CdSe-CdS-300K"), markov(emitters.load("CdSe-CdS-300K")))
    assert found.g2 is None
    assert "biexciton" in found.missing["g2"]
    assert found.indistinguishability.nominal_value > 0
    for name, value in found.quantities().items():
        assert (value is None) == (name in found.missing), name


def test_a_biexciton_yield_replaces_the_measured_g2():
    dot = DOT.with_values(biexciton__quantum_yield=0.1, quantum_yield=1)
    bare = figures(dot, markov(dot, 1))
    assert bare.g2.nominal_value == pytest.approx(0.1)
    # F/(F + 1/QY − 1) = 10/19: a device that helps coherence spoils purity.
    assert figures(dot, markov(dot, 10)).g2.nominal_value == pytest.approx(10 / 19)
    assert figures(dot, markov(dot, 10), biexciton_transmission=0).g2.nominal_value == 0


def test_noise_of_hom_is_never_guessed():
    with pytest.raises(InputError, match="separable"):
        raw_visibility(0.9, 0.1, "other")
    for noise in ("separable", "identical"):
        raw = raw_visibility(0.9, 0.05, noise)
        assert corrected_indistinguishability(raw, 0.05, noise) == pytest.approx(0.9)
    assert raw_visibility(0.9, 0.05, "separable") == pytest.approx(0.805)
    assert raw_visibility(0.9, 0.05, "identical") == pytest.approx(0.85)


def test_a_wandering_line_needs_the_pulse_separation():
    dot = DOT.with_values(spectral_diffusion={"width": 0.05, "jump_time": 1000})
    found = figures(dot, markov(dot))
    assert found.hom_visibility is None
    assert "pulse_separation" in found.missing["hom_visibility"]
    soon = figures(dot, markov(dot), pulse_separation=0.0)
    assert soon.hom_visibility.nominal_value == pytest.approx(
        found.indistinguishability.nominal_value
    )
    late = figures(dot, markov(dot), pulse_separation=1e6)
    assert late.hom_visibility.nominal_value < soon.hom_visibility.nominal_value


def test_zero_phonon_weight_in_broad_and_narrow_devices():
    dot = DOT.with_values(zero_phonon_weight=0.8, quantum_yield=1)
    broad = figures(dot, markov(dot))
    # Two photons interfere only if both are in the line: I · w².
    assert broad.indistinguishability.nominal_value == pytest.approx(10 / 14.25 * 0.64)
    assert broad.efficiency.nominal_value == pytest.approx(1)
    narrow = figures(dot, markov(dot), sideband="narrowband")
    # The line decays 8γ, the sideband .2γ; only the line is collected.
    assert narrow.indistinguishability.nominal_value == pytest.approx(8.2 / (8.2 + 4.25))
    assert narrow.efficiency.nominal_value == pytest.approx(8 / 8.2)
    with pytest.raises(InputError, match="neither"):
        figures(dot, markov(dot), sideband="both")


def test_narrow_line_couples_less_to_a_mode():
    cavity = {"detunings": [0.0], "kappa": [1.0], "g": [0.01]}
    dot = DOT.with_values(zero_phonon_weight=0.25, quantum_yield=1)
    rate = dot.radiative_rate
    environment = Environment(
        **cavity, background={"radiated": rate}, outputs={"cavity": Output((1.0,))}
    )
    found = figures(dot, environment)
    # g² is a quarter; the total background stays γ (line and sideband together).
    expected = 4 * 0.25 * 0.01**2 / (1.0 * rate)
    assert found.cooperativity.nominal_value == pytest.approx(expected)


def test_energy_is_shared_between_outputs_absorption_and_the_dot():
    dot = DOT.with_values(quantum_yield=0.6)
    found = figures(
        dot, markov(dot, 10, absorbed=4.0, outputs={"up": 0.25, "down": 0.35}), output="down"
    )
    total = 10 * 0.6 + 0.4
    assert found.efficiencies["up"].nominal_value == pytest.approx(0.25 * 6 / total)
    assert found.efficiency.nominal_value == pytest.approx(0.35 * 6 / total)
    assert found.quantum_efficiency.nominal_value == pytest.approx(3.6 / total)
    assert found.purcell.nominal_value == pytest.approx(10)
    assert found.lifetime.nominal_value == pytest.approx(210 / total)


def test_two_dots_of_an_ensemble_interfere_less():
    dot = DOT.with_values(ensemble_spread=1e-6, quantum_yield=1)  # 1 pm: 7 rad/ps · 1e-3
    found = figures(dot, markov(dot))
    one = found.indistinguishability.nominal_value
    assert 0.5 * one < found.hom_visibility_two_dots.nominal_value < one
    wide = dot.with_values(ensemble_spread=5e-3)
    # 5 nm against a line of .04 meV: V = γ√(π/2)/Σ with Σ = √2 ω σ/λ ≫ Γ.
    spread = 2**0.5 * 2 * 3.14159 * 299.792 / 0.52**2 * 5e-3
    expected = (10 / 210) * (3.14159 / 2) ** 0.5 / spread
    value = figures(wide, markov(wide)).hom_visibility_two_dots.nominal_value
    assert value == pytest.approx(expected, rel=0.01)


def test_without_outputs_all_light_counts():
    dot = DOT.with_values(quantum_yield=1)
    found = figures(dot, markov(dot, 10, absorbed=4.0))
    assert found.output == "all light"
    assert found.efficiency.nominal_value == pytest.approx(0.6)


def test_lifetime_where_all_decay_goes_through_a_mode():
    dot = DOT.with_values(quantum_yield=1)
    environment = Environment(detunings=[0.0], kappa=[50.0], g=[0.02])
    found = figures(dot, environment)
    # Bad cavity: 1/lifetime = 4g²/(κ + γ*); corrections are of the order g²/κ².
    assert 1 / found.lifetime.nominal_value == pytest.approx(
        4 * 0.02**2 / (50 + dot.gamma_star), rel=1e-4
    )
    assert found.efficiency.nominal_value == pytest.approx(1)
    assert found.cooperativity is None
    assert "infinite" in found.missing["cooperativity"]


def test_wrong_requests_are_refused():
    with pytest.raises(UnknownNameError, match="output 'left'"):
        figures(DOT, markov(outputs={"up": 0.5}), output="left")
    with pytest.raises(RangeError, match="quantum_yield = 0"):
        figures(DOT.with_values(quantum_yield=0), markov())
    with pytest.raises(InputError, match="no light leaves"):
        figures(DOT, Environment())
