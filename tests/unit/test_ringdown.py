"""Harmonic inversion of a ring-down, on signals whose exponentials are known."""

import numpy as np
import pytest

from cqdphotonics.fdtd.ringdown import SAMPLES_PER_PERIOD, Decays, fit, tail

CENTRE = 1.9
STEP = 1 / (SAMPLES_PER_PERIOD * CENTRE)


def times(periods: float, start: float = 40.0) -> np.ndarray:
    return start + np.arange(round(periods * SAMPLES_PER_PERIOD)) * STEP


def signal(t: np.ndarray, modes: list[tuple[float, float, complex]]) -> np.ndarray:
    """Σ a exp(−2πi f (1 − i/2Q) t) of modes (f, Q, a); time from 40."""
    total = np.zeros(len(t), dtype=complex)
    for f, quality, amplitude in modes:
        total += amplitude * np.exp(-2j * np.pi * f * (1 - 0.5j / quality) * (t - 40.0))
    return total


def found(decays: Decays, frequency: float) -> tuple[float, float]:
    nearest = int(np.argmin(np.abs(decays.frequency - frequency)))
    return decays.frequency.real[nearest], decays.quality[nearest]


@pytest.mark.parametrize(
    "kind, quality, within",
    [
        ("complex", 30, 5e-3),
        ("complex", 470, 5e-3),
        ("complex", 1e4, 5e-3),
        ("complex", 1e6, 0.01),
        ("real", 30, 5e-3),
        ("real", 470, 5e-3),
        # A real signal holds the opposite frequency, too; the window lets 1e-6 of it through,
        # where 40 periods of this mode decay by 1 %.
        ("real", 1e4, 0.05),
    ],
)
def test_one_mode(kind, quality, within):
    """From 40 periods without noise but rounding."""
    field = signal(times(40), [(1.87, quality, 0.3 + 0.4j)])
    decays = fit(times(40), field.real if kind == "real" else field, CENTRE)
    assert decays is not None
    frequency, q = found(decays, 1.87)
    assert frequency == pytest.approx(1.87, rel=1e-5)
    assert q == pytest.approx(quality, rel=within)


def test_two_modes_closer_than_the_inverse_of_the_stretch():
    """Lines .02 apart in a stretch of 21 time units, whose Fourier limit is .05."""
    modes = [(1.89, 300.0, 1.0), (1.91, 900.0, 0.5j)]
    t = times(40)
    decays = fit(t, signal(t, modes), CENTRE)
    assert decays is not None
    for f, quality, _ in modes:
        frequency, q = found(decays, f)
        assert frequency == pytest.approx(f, abs=2e-4)
        assert q == pytest.approx(quality, rel=0.02)


def test_noise_of_a_thousandth_moves_the_quality_by_per_cents():
    """Q = 470 decays by a third in 60 periods; noise 1e-3 of it, averaged over the stretch."""
    t, random = times(60), np.random.default_rng(3)
    noise = 1e-3 * (random.normal(size=len(t)) + 1j * random.normal(size=len(t)))
    decays = fit(t, signal(t, [(1.89, 470.0, 1.0)]) + noise, CENTRE)
    assert decays is not None
    frequency, q = found(decays, 1.89)
    assert frequency == pytest.approx(1.89, abs=1e-4)
    assert q == pytest.approx(470, rel=0.03)


def test_amplitudes_rebuild_the_signal_later_than_it_was_seen():
    """The rest of a ring-down follows from its beginning: 1 % after three times the stretch."""
    modes = [(1.85, 250.0, 1.0), (1.95, 800.0, 0.3j)]
    t = times(40)
    decays = fit(t, signal(t, modes), CENTRE)
    assert decays is not None
    later = times(40, start=100.0)
    rebuilt = np.exp(-2j * np.pi * np.outer(later - decays.start, decays.frequency))
    exact = signal(later, modes)
    assert np.abs(rebuilt @ decays.amplitude - exact).max() < 0.01 * np.abs(exact).max()


@pytest.mark.parametrize(
    "field", [np.ones(100), np.zeros(400)], ids=["too short", "died out"]
)  # fmt: skip
def test_nothing_to_be_said(field):
    assert fit(40 + np.arange(len(field)) * STEP, field, CENTRE) is None


def test_growing_poles_are_left_out():
    """A growing part would make the rest infinite."""
    t = times(40)
    field = signal(t, [(1.89, 200.0, 1.0)]) + 0.01 * np.exp(
        -2j * np.pi * 1.93 * t + 0.05 * (t - 40)
    )
    decays = fit(t, field, CENTRE)
    assert decays is None or (decays.frequency.imag < 0).all()


def test_rest_of_the_integral_in_closed_form():
    """∫ from T of a exp(−2πi f₀(1 − i/2Q)(t−t₀)) exp(2πift) dt, and its scale from the increment.

    The scale stands for units that the caller's integral has and the samples have not.
    """
    f0, quality, a, scale = 1.89, 120.0, 0.7 - 0.2j, 3.4 - 1.2j
    decays = Decays(np.array([f0 * (1 - 0.5j / quality)]), np.array([a]), 40.0)
    frequencies = np.linspace(1.8, 2.0, 21)

    def exact(first, last):
        fine = np.linspace(first, last, 200_001)
        value = a * np.exp(-2j * np.pi * f0 * (1 - 0.5j / quality) * (fine - 40.0))
        kernel = np.exp(2j * np.pi * frequencies[:, None] * fine)
        return (
            np.trapezoid(value * kernel, fine)
            if hasattr(np, "trapezoid")
            else np.trapz(value * kernel, fine)
        )

    increment = scale * exact(60.0, 70.0)
    rest, misfit = tail(decays, frequencies, increment, (60.0, 70.0))
    # Q = 120 has decayed to exp(−2π·1.89·400/240) < 1e-8 after 400 time units.
    assert rest == pytest.approx(scale * exact(70.0, 470.0), rel=1e-4, abs=1e-6)
    assert misfit < 1e-5


def test_rest_from_a_fit_of_a_real_signal():
    """What the solver does: 25 periods seen of a Q = 470 cavity, 96 % of its light still to come.

    Simpson's sums of the samples stand for the running integral; the sum over 8 samples a period
    is what limits: 2 %.
    """
    t = times(900)
    field = signal(t, [(1.885, 470.0, 1.0 + 0.5j)]).real
    frequencies = np.linspace(1.875, 1.895, 11)
    terms = field * np.exp(2j * np.pi * frequencies[:, None] * t) * STEP
    seen, earlier = 25 * SAMPLES_PER_PERIOD, 15 * SAMPLES_PER_PERIOD
    decays = fit(t[:seen], field[:seen], CENTRE)
    assert decays is not None
    increment = terms[:, earlier:seen].sum(axis=1)
    rest, _ = tail(decays, frequencies, increment, (t[earlier], t[seen]))
    exact = terms[:, seen:].sum(axis=1)
    assert np.abs(rest - exact).max() < 0.02 * np.abs(exact).max()
