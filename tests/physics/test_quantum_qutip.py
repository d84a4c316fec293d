"""`emission` and its relatives against QuTiP 5 on random systems of 2 to 6 levels.

QuTiP integrates the Lindblad equation in time and gets the two-time correlation from the quantum
regression theorem with its own superoperators; nothing is shared with `cqdphotonics.quantum`. The
levels, a vacuum state included, are states of one Hilbert space, so that a_k = |vacuum⟩⟨k|.
"""

import numpy as np
import pytest
import qutip
from scipy.integrate import simpson
from scipy.linalg import expm

from cqdphotonics.quantum import emission


def random_system(seed: int, levels: int):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(levels, levels)) + 1j * rng.normal(size=(levels, levels))
    hamiltonian = matrix + matrix.conj().T
    return hamiltonian, rng.uniform(1, 3, levels), rng.uniform(0, 3, levels)


def liouvillian(hamiltonian, decay, dephasing) -> tuple[qutip.Qobj, list[qutip.Qobj]]:
    """QuTiP's Liouvillian on vacuum + levels, and the lowering operators |vacuum⟩⟨k|."""
    levels = len(decay)
    states = [qutip.basis(levels + 1, k) for k in range(levels + 1)]
    lowering = [states[0] * states[k + 1].dag() for k in range(levels)]
    full = np.zeros((levels + 1, levels + 1), complex)
    full[1:, 1:] = hamiltonian
    collapse = [np.sqrt(rate) * a for rate, a in zip(decay, lowering, strict=True)]
    collapse += [np.sqrt(rate) * a.dag() * a for rate, a in zip(dephasing, lowering, strict=True)]
    return qutip.liouvillian(qutip.Qobj(full), collapse), lowering


def reference(hamiltonian, decay, dephasing, output: int) -> tuple[float, float]:
    """Indistinguishability and efficiency from QuTiP's propagator and Gauss–Legendre in time."""
    generator, lowering = liouvillian(hamiltonian, decay, dephasing)
    lower = lowering[output].full()
    size = len(decay) + 1
    dense = generator.full()
    initial = np.zeros((size, size), complex)
    initial[1, 1] = 1
    # Coherences decay at ≥ 1/2, so e^-20 is left after 40 units of time. Intervals of
    # 0.1 with 4 Gauss points resolve the fastest beats, about 20 rad per unit of time, to 1e-8.
    nodes, weights = np.polynomial.legendre.leggauss(4)
    points = (0.1 * np.arange(400)[:, None] + 0.05 * (nodes + 1)).ravel()
    weight = np.tile(0.05 * weights, 400)
    gaps = np.diff(points[:5], prepend=0.0)  # they repeat after four
    steps = [expm(dense * gap) for gap in gaps]
    # The correlation function: start from a ρ(t), propagate by τ, measure a†.
    vector = initial.reshape(-1, order="F")  # QuTiP stacks columns
    rho, forward = [], []
    functional = (lower.conj().T).T.reshape(-1, order="F")  # Tr(a† X)
    for i in range(len(points)):
        step = steps[i] if i < 4 else steps[(i - 1) % 4 + 1]
        vector = step @ vector
        functional = functional @ step
        rho.append(vector.reshape(size, size, order="F"))
        forward.append(functional)
    occupation = np.array([np.trace(lower.conj().T @ lower @ r).real for r in rho])
    started = np.array([(lower @ r).reshape(-1, order="F") for r in rho])
    correlation = started @ np.array(forward).T
    numerator = weight @ np.abs(correlation) ** 2 @ weight
    total = weight @ occupation
    return float(numerator / (0.5 * total**2)), float(decay[output] * total)


@pytest.mark.parametrize("levels", [2, 3, 4, 5, 6])
def test_random_systems_agree_with_qutips_liouvillian(levels):
    system = random_system(levels, levels)
    output = levels - 1
    photon = emission(*system)
    indistinguishability, efficiency = reference(*system, output)
    assert photon.efficiency == pytest.approx(efficiency, abs=1e-6)
    assert photon.indistinguishability == pytest.approx(indistinguishability, abs=1e-4)


@pytest.mark.parametrize("levels, output", [(2, 1), (3, 2)])
def test_qutips_own_solvers_agree(levels, output):
    """With QuTiP's mesolve and correlation_2op_2t on a grid in time."""
    hamiltonian, decay, dephasing = random_system(levels + 10, levels)
    system = 0.5 * hamiltonian, decay, dephasing
    generator, lowering = liouvillian(*system)
    lower = lowering[output]
    initial = qutip.fock_dm(levels + 1, 1)
    times = np.linspace(0, 15, 301)
    options = {"atol": 1e-11, "rtol": 1e-9}
    fine = np.linspace(0, 15, 3001)
    occupation = qutip.mesolve(
        generator, initial, fine, e_ops=[lower.dag() * lower], options=options
    ).expect[0]
    correlation = qutip.correlation_2op_2t(
        generator, initial, times, times, [], lower.dag(), lower, reverse=True, options=options
    )
    total = simpson(occupation, x=fine)
    numerator = simpson(simpson(np.abs(correlation) ** 2, x=times, axis=1), x=times)
    photon = emission(*system, output)
    # Simpson's rule on beats of about 5 rad per unit of time: step 0.005 leaves 1e-8 of the
    # efficiency, step 0.05 some 1e-5 of the correlation; e^-15 of the population is cut off.
    assert photon.efficiency == pytest.approx(system[1][output] * total, abs=1e-6)
    assert photon.indistinguishability == pytest.approx(numerator / (0.5 * total**2), abs=1e-4)
