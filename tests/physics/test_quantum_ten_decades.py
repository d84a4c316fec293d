"""`emission` against exact rational arithmetic where rates span ten decades.

The oracle writes out the equations of motion of two levels by hand and solves them with
`fractions.Fraction`: it makes no rounding error at all, so the tolerances are those of `emission`.
"""

from fractions import Fraction

import numpy as np
import pytest

from cqdphotonics.quantum import emission

ZERO = Fraction(0)


def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Gaussian elimination without rounding."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(size):
        pivot = next(j for j in range(i, size) if rows[j][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for j in range(size):
            if j != i and rows[j][i]:
                factor = rows[j][i]
                rows[j] = [x - factor * y for x, y in zip(rows[j], rows[i], strict=True)]
    return [row[-1] for row in rows]


def exact_two_levels(g, detuning, decays, dephasings) -> tuple[float, float]:
    """Indistinguishability and efficiency of the second level's light."""
    g, delta = Fraction(g), Fraction(detuning)
    gamma, kappa = map(Fraction, decays)
    star0, star1 = map(Fraction, dephasings)
    width = (gamma + kappa + star0 + star1) / 2
    # v = (ρ00, ρ11, x, y) with ρ01 = x + iy
    motion = [
        [-gamma, ZERO, ZERO, -2 * g],
        [ZERO, -kappa, ZERO, 2 * g],
        [ZERO, ZERO, -width, -delta],
        [g, -g, delta, -width],
    ]
    efficiency = kappa * solve(motion, [Fraction(-1), ZERO, ZERO, ZERO])[1]
    pairs = [(a, b) for a in range(4) for b in range(a, 4)]
    system = [[ZERO] * 10 for _ in pairs]
    for row, (a, b) in enumerate(pairs):
        for c in range(4):
            system[row][pairs.index((min(c, b), max(c, b)))] += motion[a][c]
            system[row][pairs.index((min(a, c), max(a, c)))] += motion[b][c]
    products = dict(zip(pairs, solve(system, [Fraction(-1)] + [ZERO] * 9), strict=True))
    # M = [[m00, r + is], [r − is, m11]] with A†M + MA = −|1⟩⟨1|,
    # A = [[−a, −ig], [−ig, −b − iΔ]], a = (γ+γ*0)/2, b = (κ+γ*1)/2
    a, b = (gamma + star0) / 2, (kappa + star1) / 2
    lyapunov = [
        [-2 * a, ZERO, ZERO, 2 * g],
        [ZERO, -2 * b, ZERO, -2 * g],
        [ZERO, ZERO, -(a + b), delta],
        [-g, g, -delta, -(a + b)],
    ]
    m00, m11, r, s = solve(lyapunov, [ZERO, Fraction(-1), ZERO, ZERO])
    # ⟨1|ρMρ|1⟩ with ρ|1⟩ = (x + iy, ρ11)
    numerator = (
        m00 * (products[2, 2] + products[3, 3])
        + m11 * products[1, 1]
        + 2 * r * products[1, 2]
        + 2 * s * products[1, 3]
    )
    return float(2 * numerator / (efficiency / kappa) ** 2), float(efficiency)


def system(g, detuning):
    return [[0.0, g], [g, detuning]]


@pytest.mark.parametrize("seed", range(60))
def test_rates_drawn_from_ten_decades_agree_with_rational_arithmetic(seed):
    rng = np.random.default_rng(seed)
    g, delta, gamma, kappa, star = (float(x) for x in 10 ** rng.uniform(-5, 5, 5))
    star1 = float(rng.choice([0.0, 10 ** rng.uniform(-5, 5)]))
    delta *= float(rng.choice([0.0, 1.0, -1.0]))
    photon = emission(system(g, delta), [gamma, kappa], [star, star1])
    exact = exact_two_levels(g, delta, (gamma, kappa), (star, star1))
    # Conditioned like the span of the rates, 1e10, times the rounding of extended precision, 1e-19.
    assert photon.efficiency == pytest.approx(exact[1], rel=1e-9)
    assert photon.indistinguishability == pytest.approx(exact[0], rel=1e-9)


@pytest.mark.parametrize(
    "g, detuning, gamma, kappa, star",
    [
        (1e5, 0.0, 1e-5, 1e-5, 1e5),  # fast exchange and dephasing, slow losses
        (1e5, 1e5, 1e-5, 1e-5, 1e5),
        (1e-5, 1e5, 1e-5, 1e-5, 1e5),
        (1e-5, 0.0, 0.0, 1e5, 1e-5),  # an emitter without loss of its own
        (1e5, 0.0, 0.0, 1e-5, 1e-5),
        (1e-5, 1e5, 0.0, 1e5, 0.0),
        (1e5, -1e5, 1e-5, 1e5, 1e-5),
    ],
)
def test_corners_of_the_ten_decades(g, detuning, gamma, kappa, star):
    photon = emission(system(g, detuning), [gamma, kappa], [star, 0.0])
    exact = exact_two_levels(g, detuning, (gamma, kappa), (star, 0.0))
    assert photon.efficiency == pytest.approx(exact[1], rel=1e-9)
    assert photon.indistinguishability == pytest.approx(exact[0], rel=1e-9)


@pytest.mark.parametrize("levels", [3, 4])
@pytest.mark.parametrize("seed", range(12))
def test_conservation_and_purity_survive_ten_decades_with_more_levels(levels, seed):
    """Where no exact value is known: probability 1 in all, identical photons without dephasing."""
    rng = np.random.default_rng(seed)
    couplings = np.triu(10 ** rng.uniform(-5, 5, (levels, levels)))
    hamiltonian = couplings + np.triu(couplings, 1).T
    decay, dephasing = 10 ** rng.uniform(-5, 5, (2, levels))
    everywhere = list(range(levels))
    pure = emission(hamiltonian, decay, np.zeros(levels), everywhere)
    assert pure.indistinguishability == pytest.approx(np.ones(levels), rel=1e-6)
    assert pure.efficiency.sum() == pytest.approx(1, rel=1e-7)
    dephased = emission(hamiltonian, decay, dephasing, everywhere)
    assert dephased.efficiency.sum() == pytest.approx(1, rel=1e-7)
