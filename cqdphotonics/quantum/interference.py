"""Hong–Ou–Mandel interference of two photons of one system, against either of its two delays.

`hom_dip` delays one photon before the beam splitter and counts all coincidences; `hom_correlation`
lets both arrive together and sorts the coincidences by the time between the two clicks. Both
reduce to the indistinguishability: the dip at delay 0, the correlation by its integral. One system
as in `dynamics`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import expm

from cqdphotonics.quantum.dynamics import Motion, check_times, integrated_vector, motion
from cqdphotonics.quantum.emission import check_outputs
from cqdphotonics.quantum.excitation import coordinates, integrated_pairs, output_column


@dataclass(frozen=True)
class HomCorrelation:
    """Coincidences against the time between the two clicks.

    Attributes
    ----------
    delays : (T,) array
        Time between the clicks.
    interfering : (T,) array
        Probability density of a coincidence at this delay, of either sign, for two photons that
        arrive together with equal polarisation; over all delays it sums to (1 − I)/2.
    distinguishable : (T,) array
        The same with crossed polarisations; it sums to 1/2.
    """

    delays: NDArray[np.float64]
    interfering: NDArray[np.float64]
    distinguishable: NDArray[np.float64]


def hom_correlation(
    hamiltonian: ArrayLike,
    decay: ArrayLike,
    dephasing: ArrayLike,
    delays: ArrayLike,
    output: int = -1,
) -> HomCorrelation:
    """Coincidences behind a balanced beam splitter against the time between the clicks.

    Parameters
    ----------
    hamiltonian, decay, dephasing : arrays (N, N), (N,), (N,)
        As for `emission`.
    delays : (T,) array
        Of either sign; the correlation is even.
    output : int
        The level whose decay is collected.

    Returns
    -------
    HomCorrelation
        ½∫[n(t)n(t+τ) − |⟨a†(t+τ)a(t)⟩|²]dt / (∫n dt)² and ½∫n(t)n(t+τ)dt / (∫n dt)²: given that
        both photons reach the beam splitter.
    """
    system = motion(hamiltonian, decay, dephasing)
    n = len(system.decay)
    (level,) = check_outputs(output, n)
    signed = np.atleast_1d(np.asarray(delays, float))
    times = check_times("delays", np.abs(signed))
    pairs, total = _pairs(system, level)
    forward = expm(system.effective.conj().T * times[:, None, None])[..., level]
    functional = forward @ output_column(n, level).conj()  # ⟨a†(t+τ)a(t)⟩ = functional · v(t)
    coherent = np.einsum("ta,ab,tb->t", functional, pairs, functional.conj()).real
    later = expm(system.matrix * times[:, None, None])[:, level, :]
    distinguishable = later @ pairs[:, level] / total**2 / 2
    interfering = distinguishable - coherent / total**2 / 2
    return HomCorrelation(signed, np.maximum(interfering, 0.0), distinguishable)


def hom_dip(
    hamiltonian: ArrayLike,
    decay: ArrayLike,
    dephasing: ArrayLike,
    delays: ArrayLike,
    output: int = -1,
    detuning: float = 0.0,
) -> NDArray[np.float64]:
    """Two-photon interference visibility against the delay between the photons' arrivals.

    Parameters
    ----------
    hamiltonian, decay, dephasing : arrays (N, N), (N,), (N,)
        As for `emission`.
    delays : (T,) array
        By how much the second photon is later, of either sign.
    output : int
        The level whose decay is collected.
    detuning : float
        Angular frequency by which the second photon's whole spectrum is shifted.

    Returns
    -------
    (T,) array
        V = 1 − coincidences/(coincidences of distinguishable photons); V(0) without detuning is
        the indistinguishability.

    Notes
    -----
    V(δ) = 2 Re ∫∫⟨a†(t+τ)a(t)⟩ ⟨a†(t+δ+τ)a(t+δ)⟩* e^{−iΔτ} dt dτ / (∫⟨a†a⟩dt)².
    """
    system = motion(hamiltonian, decay, dephasing)
    n = len(system.decay)
    (level,) = check_outputs(output, n)
    signed = np.atleast_1d(np.asarray(delays, float))
    times = check_times("delays", np.abs(signed))
    pairs, total = _pairs(system, level)
    # A†M + M(A − iΔ) = −|o⟩⟨o| with M flattened by rows
    shifted = system.effective - 1j * detuning * np.eye(n)
    operator = np.kron(system.effective.conj().T, np.eye(n)) + np.kron(np.eye(n), shifted.T)
    right = np.zeros(n * n, complex)
    right[level * n + level] = -1
    weights = np.linalg.solve(operator, right).reshape(n, n)
    column = output_column(n, level)
    overlap = pairs @ (column.conj().T @ weights @ column)
    reverse = pairs @ (column.conj().T @ weights.conj().T @ column)
    later = expm(system.matrix * times[:, None, None])
    # Tr(C†MC E Y): E(δ) propagates the later photon, for δ < 0 the other one.
    forward = np.einsum("ab,tba->t", overlap, later).real
    backward = np.einsum("ab,tba->t", reverse, later).real
    return 2 * np.where(signed >= 0, forward, backward) / total**2


def _pairs(system: Motion, level: int) -> tuple[NDArray[np.float64], float]:
    """∫v vᵀdt (N², N²) and ∫⟨a†a⟩dt of the output."""
    size = len(system.matrix)
    tables = coordinates(len(system.decay))
    total = integrated_vector(system, np.eye(size)[0])[level]
    with np.errstate(all="ignore"):
        triangle = integrated_pairs(system.matrix[None])[0].astype(float)
    pairs = np.zeros((size, size))
    pairs[tables.rows, tables.columns] = pairs[tables.columns, tables.rows] = triangle
    return pairs, float(total)
