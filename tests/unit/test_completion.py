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


def test_what_rings_beside_is_no_part_of_the_line():
    """Slow light of Q = 400 at the edge of a band, as strong as the mode where the stretch begins:
    it makes less than 1 % of the line's amplitude, where equal weights would make it 4 %."""
    from cqdphotonics.fdtd.solver.completion import _weights

    pole, slow = 1.6062 * (1 - 0.5j / 12500), 1.525 * (1 - 0.5j / 400)
    edges = 60 + np.linspace(0, 60, 25)
    (weights,) = _weights(np.array([pole]), np.array([1.6062]), edges).T

    def increments(of: complex) -> np.ndarray:
        delta = 2j * np.pi * (1.6062 - of)
        return np.diff(np.exp(delta * (edges - edges[0]))) / delta

    whole = 1 / abs(2j * np.pi * (1.6062 - pole))
    assert abs(weights @ increments(pole)) == pytest.approx(whole, rel=0.03)
    assert abs(weights @ increments(slow)) < 0.01 * whole
    equal = np.full(24, weights @ increments(pole) / increments(pole).sum())
    assert abs(equal @ increments(slow)) > 0.02 * whole
