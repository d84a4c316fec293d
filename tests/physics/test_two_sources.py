"""Photons of two different systems, against closed forms and correlation functions on a grid."""

import numpy as np
import pytest
from scipy.integrate import simpson
from scipy.linalg import expm

from cqdphotonics.quantum import emission, two_source_visibility


def dot(decay: float, dephasing: float, detuning: float = 0.0):
    return np.array([[detuning]]), np.array([decay]), np.array([dephasing])


def dot_in_cavity(detuning: float, g: float = 1.3, kappa: float = 3.0, dephasing: float = 0.7):
    hamiltonian = np.array([[detuning, g], [g, 0.2]])
    return hamiltonian, np.array([0.4, kappa]), np.array([dephasing, 0.0])


@pytest.mark.parametrize("detuning", [0.0, 0.3, -2.0, 40.0])
def test_two_detuned_dots(detuning: float) -> None:
    # V(δ) = γΓ/(Γ² + δ²) with Γ = γ + γ*, for equal dots without a device; exact.
    gamma, dephasing = 1.0, 4.25
    width = gamma + dephasing
    expected = gamma * width / (width**2 + detuning**2)
    found = two_source_visibility(dot(gamma, dephasing), dot(gamma, dephasing, detuning))
    assert found == pytest.approx(expected, rel=1e-9)


def test_two_pure_dots_of_different_lifetime() -> None:
    # Overlap of two exponential wave packets: V = 4γ₁γ₂/(γ₁ + γ₂)².
    found = two_source_visibility(dot(1.0, 0.0), dot(3.0, 0.0))
    assert found == pytest.approx(4 * 3 / 16, rel=1e-9)


def test_equal_systems_give_the_indistinguishability() -> None:
    system = dot_in_cavity(0.6)
    assert two_source_visibility(system, system) == pytest.approx(
        emission(*system).indistinguishability, rel=1e-9
    )


def correlation(system, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """⟨a†(t+τ)a(t)⟩ (t, τ) and ⟨a†a⟩(t) of the second level, stepped with Liouville's equation."""
    hamiltonian, decay, dephasing = system
    effective = -1j * hamiltonian - np.diag(decay + dephasing) / 2
    one = np.eye(2)
    liouville = np.kron(effective, one) + np.kron(one, effective.conj())
    for level in range(2):  # dephasing leaves populations as they are
        liouville[3 * level, 3 * level] += dephasing[level]
    rho = np.zeros((2, 2), complex)
    rho[0, 0] = 1
    states = np.array([(expm(liouville * t) @ rho.ravel()).reshape(2, 2) for t in times])
    forward = np.array([expm(effective.conj().T * t)[:, 1] for t in times])
    coherence = np.einsum("sa,ta->ts", forward, states[:, :, 1].conj())
    return coherence, states[:, 1, 1].real


def test_two_devices_against_correlations_on_a_grid() -> None:
    # Simpson's rule on 1001² points of spacing .03: good to 1e-5.
    times = np.linspace(0, 30, 1001)
    systems = dot_in_cavity(0.6), dot_in_cavity(-0.5, g=0.9, kappa=2.0, dephasing=0.2)
    (first, n1), (second, n2) = (correlation(system, times) for system in systems)
    overlap = simpson(simpson((first * second.conj()).real, x=times), x=times)
    expected = 2 * overlap / (simpson(n1, x=times) * simpson(n2, x=times))
    assert 0.05 < expected < 0.95
    assert two_source_visibility(*systems) == pytest.approx(expected, rel=1e-4)
