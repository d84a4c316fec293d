"""The permittivity that takes the grid's dispersion out, against Yee's dispersion relation."""

import numpy as np
import pytest
from scipy.optimize import brentq

from cqdphotonics.fdtd.dispersion import compensated_permittivity

FREQUENCY, EPSILON = 1 / 0.52, 2.06**2


def wave_number(epsilon: float, direction: np.ndarray, spacing: float, step: float) -> float:
    """|k| of a plane wave on the Yee lattice, solved numerically."""
    left = epsilon * (np.sin(np.pi * FREQUENCY * step) / step) ** 2

    def mismatch(k: float) -> float:
        return float((np.sin(k * direction * spacing / 2) ** 2).sum() / spacing**2 - left)

    return brentq(mismatch, 1.0, 2.5 / spacing)


@pytest.mark.parametrize(("formulation", "dimensions"), [("cylindrical", 2), ("cartesian", 3)])
def test_waves_have_their_true_wave_number_on_average(formulation: str, dimensions: int) -> None:
    spacing = 1 / 40  # ten points a wavelength
    step = 0.35 * spacing
    epsilon = compensated_permittivity(EPSILON, FREQUENCY, spacing, step, formulation)
    directions = np.random.default_rng(1).normal(size=(4000, dimensions))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    mean = np.mean([wave_number(epsilon, d, spacing, step) for d in directions])
    true = 2 * np.pi * FREQUENCY * np.sqrt(EPSILON)
    # The mean is taken of sin² instead of k: they differ in second order of a .5 % anisotropy.
    assert mean == pytest.approx(true, rel=3e-4)
    uncompensated = np.mean([wave_number(EPSILON, d, spacing, step) for d in directions])
    assert uncompensated > true * 1.007


def test_nothing_is_left_to_do_on_a_fine_grid() -> None:
    spacing = 1e-4
    epsilon = compensated_permittivity(EPSILON, FREQUENCY, spacing, 0.35 * spacing, "cylindrical")
    assert epsilon == pytest.approx(EPSILON, rel=1e-6)
