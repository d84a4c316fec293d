"""Fourier transforms of ringing fields are completed from a short stretch of them."""

import numpy as np
import pytest

pytestmark = pytest.mark.meep

STEP, EVERY, PARTS, SAMPLES = 0.014, 12, 12, 20
MODES = ((1.6062, 12500.0), (1.37, 10700.0), (1.492, 375.0))
"""Frequency and quality."""


def test_what_is_still_to_come_follows_from_a_stretch():
    """Real fields of three modes at forty places, 6 % of the first one's decay seen.

    The sum from the stretch's end to infinity is a geometric series; the least-squares weights are
    exact for fields of the given poles, so that only rounding is left, raised by the ratio of
    what is to come to what was seen, 60.
    """
    from cqdphotonics.fdtd.solver.completion import _weights

    frequencies = np.linspace(1.5, 1.7, 41)
    poles = np.array([f * (1 - 0.5j / q) for f, q in MODES])
    poles = np.concatenate([poles, -poles.conj()])
    amplitude = np.random.default_rng(5).normal(size=(40, 3, 2)) @ [1, 1j]
    amplitude = np.concatenate([amplitude, amplitude.conj()], axis=1)  # a real field
    start, dt = 88.0, STEP * EVERY
    edges = start + dt * SAMPLES * np.arange(PARTS + 1)

    ratio = np.exp(2j * np.pi * (frequencies[:, None] - poles[None, :]) * dt)
    first = np.exp(2j * np.pi * (frequencies[:, None] - poles[None, :]) * start)

    def between(begin: int, end: int | None) -> np.ndarray:
        """Sum over samples `begin` to `end` (None: infinity) of field times phase, (place, f)."""
        upper = 0 if end is None else ratio**end
        return amplitude @ (first * (ratio**begin - upper) / (1 - ratio)).T

    gained = [between(SAMPLES * k, SAMPLES * (k + 1)) for k in range(PARTS)]
    weights = _weights(poles, frequencies, edges)
    completed = sum(g * w for g, w in zip(gained, weights, strict=True))
    exact = between(SAMPLES * PARTS, None)
    assert np.abs(completed - exact).max() < 1e-6 * np.abs(exact).max()


def test_noise_is_not_raised_by_more_than_what_is_still_to_come():
    """Weights of the least norm: those of a single mode on its line are all nearly equal."""
    from cqdphotonics.fdtd.solver.completion import _weights

    pole = np.array([1.6062 * (1 - 0.5j / 12500)])
    edges = 88 + np.arange(PARTS + 1) * 3.4
    (weights,) = _weights(pole, np.array([1.6062]), edges).T
    still = 12500 / (np.pi * 1.6062)  # µm/c, the decay time of the amplitude
    assert np.abs(weights) == pytest.approx(still / (3.4 * PARTS), rel=0.03)
