"""One photon in time and in frequency: populations, spectrum, time gate and spectral filter.

All functions take one system as `emission` does: `hamiltonian` (N, N), `decay` (N,), `dephasing`
(N,), level 0 the emitter, excited at t = 0. They are exact within the same model; times are in the
inverse unit of the rates (ps for rad/ps).
"""

from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import expm

from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.quantum.emission import MAX_LEVELS, Emission, check_outputs, check_system
from cqdphotonics.quantum.excitation import (
    coordinates,
    effective_matrix,
    generators,
    integrals,
    integrated_density_and_coherence,
    integrated_pairs,
    kronecker_sum,
    numerator_form,
    solve_refined,
    trapped,
)


class Motion(NamedTuple):
    """One system's matrices.

    `effective` is A with its dephasing (N, N), `matrix` L of dv/dt = Lv (N², N²), `bare` is A
    without dephasing and `decay`, `dephasing` the rates (N,).
    """

    effective: NDArray[np.complex128]
    matrix: NDArray[np.float64]
    bare: NDArray[np.complex128]
    decay: NDArray[np.float64]
    dephasing: NDArray[np.float64]


def motion(hamiltonian: ArrayLike, decay: ArrayLike, dephasing: ArrayLike) -> Motion:
    """Check one system and build its matrices.

    Raises
    ------
    InputError
        As `emission`; also for a batch of systems.
    """
    h, d, s = check_system(hamiltonian, decay, dephasing)
    if h.ndim != 2:
        raise InputError(
            f"hamiltonian has shape {h.shape}; here it must be (N, N): one system at a time."
        )
    bare = effective_matrix(h, d)
    matrix = generators(bare[None], s[None])[0, 0]
    return Motion(bare - np.diag(s / 2), matrix, bare, d, s)


def vectors(matrix: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """v(t) (T, N²) with all of v(0) on level 0."""
    return np.asarray(expm(matrix * times[:, None, None])[..., 0]).reshape(len(times), -1)


def integrated_vector(system: Motion, first: NDArray[np.float64]) -> NDArray[np.float64]:
    """∫v dt (N²,) from the vector `first` on.

    Raises
    ------
    InputError
        If the excitation never leaves.
    """
    n = len(system.decay)
    with np.errstate(all="ignore"):
        integral = solve_refined(system.matrix, -first[:, None])[:, 0].astype(float)
    if not abs(system.decay @ integral[:n] - first[:n].sum()) <= 1e-6:
        raise trapped()
    return integral


def populations(
    hamiltonian: ArrayLike, decay: ArrayLike, dephasing: ArrayLike, times: ArrayLike
) -> NDArray[np.float64]:
    """Population of every level at `times`.

    Parameters
    ----------
    hamiltonian, decay, dephasing : arrays (N, N), (N,), (N,)
        As for `emission`.
    times : (T,) array
        ≥ 0, in the inverse unit of the rates.

    Returns
    -------
    (T, N) array

    Raises
    ------
    InputError
        As `emission`.
    RangeError
        Negative times.
    """
    system = motion(hamiltonian, decay, dephasing)
    instants = check_times("times", times)
    return vectors(system.matrix, instants)[:, : len(system.decay)]


def emission_spectrum(
    hamiltonian: ArrayLike,
    decay: ArrayLike,
    dephasing: ArrayLike,
    frequencies: ArrayLike,
    output: int = -1,
) -> NDArray[np.float64]:
    """Spectrum of the light that leaves through the output level's decay.

    S(ω) = (κ/π) Re ∫∫⟨a†(t+τ)a(t)⟩ e^{−iωτ} dt dτ, whose integral over ω is the efficiency.

    Parameters
    ----------
    hamiltonian, decay, dephasing : arrays (N, N), (N,), (N,)
        As for `emission`.
    frequencies : (F,) array
        Angular frequencies in the frame of the Hamiltonian's diagonal.
    output : int
        The level whose decay is collected.

    Returns
    -------
    (F,) array
        Photons per unit of angular frequency.
    """
    system = motion(hamiltonian, decay, dephasing)
    n = len(system.decay)
    (level,) = check_outputs(output, n)
    omega = np.asarray(frequencies, float)
    density = integrated_vector(system, np.eye(n * n)[0])
    rho = (coordinates(n).from_vector @ density).reshape(n, n)
    shifted = 1j * omega[..., None, None] * np.eye(n) - system.effective.conj().T
    column = np.zeros((*omega.shape, n, 1), complex)
    column[..., level, 0] = 1
    response = np.linalg.solve(shifted, column)[..., 0]
    return np.asarray((response @ rho[level]).real * system.decay[level] / np.pi)


def gated_emission(
    hamiltonian: ArrayLike,
    decay: ArrayLike,
    dephasing: ArrayLike,
    start: float = 0.0,
    stop: float = inf,
    output: int = -1,
) -> Emission:
    """Indistinguishability and efficiency when only detections between two times are kept.

    Parameters
    ----------
    hamiltonian, decay, dephasing : arrays (N, N), (N,), (N,)
        As for `emission`.
    start, stop : float
        The gate after the excitation, 0 ≤ start < stop; `stop` may be infinite.
    output : int
        The level whose decay is collected.

    Returns
    -------
    Emission
        `efficiency` is the probability that the photon is emitted inside the gate.

    Notes
    -----
    With Z(T) = ∫₀ᵀ e^{A(T−t)} ρ(t)|o⟩⟨o|ρ(t) e^{A†(T−t)} dt the numerator
    ∫₀ᵀdt ∫₀^{T−t}dτ |⟨a†(t+τ)a(t)⟩|² grows by ⟨o|Z|o⟩ per unit of T. Numerator, Z and the products
    v vᵀ obey one linear equation with constant coefficients, whose matrix exponential is taken:
    nothing is subtracted, so that short gates are as accurate as long ones.
    """
    if not 0 <= start < stop:
        raise RangeError(f"the gate from {start:g} to {stop:g} is empty; use 0 ≤ start < stop.")
    system = motion(hamiltonian, decay, dephasing)
    n = len(system.decay)
    (level,) = check_outputs(output, n)
    tables = coordinates(n)
    first = vectors(system.matrix, np.array([start]))[0]
    pairs = (first[:, None] * first)[tables.rows, tables.columns]
    if stop == inf:
        matrices = generators(system.bare[None], system.dephasing[None])
        emitted = integrated_vector(system, first)[level]
        with np.errstate(all="ignore"):
            _, weights = integrated_density_and_coherence(matrices, (level,))
            products = integrated_pairs(matrices[:, 0], pairs)[0]
        numerator = weights[0, :, 0] @ numerator_form(n, level) @ products
    else:
        numerator, emitted = _gate(system, level, first, pairs, stop - start)
    with np.errstate(all="ignore"):
        indistinguishability = min(float(numerator / (0.5 * emitted**2)), 1.0)
    return Emission(indistinguishability, float(system.decay[level] * emitted))


def _gate(
    system: Motion,
    level: int,
    first: NDArray[np.float64],
    pairs: NDArray[np.float64],
    duration: float,
) -> tuple[float, float]:
    """The numerator and ∫⟨a†a⟩dt of a gate of finite duration that opens at the vector `first`."""
    n = len(system.decay)
    size = n * n
    counter = np.zeros((size + 1, size + 1))
    counter[0, 1 + level] = 1
    counter[1:, 1:] = system.matrix
    emitted = expm(counter * duration)[0, 1:] @ first

    tables = coordinates(n)
    # Z obeys dZ/dT = AZ + ZA† + ρ|o⟩⟨o|ρ: the Lyapunov operator of A†, driven by the pairs.
    adjoint = system.effective.conj().T
    spreading = generators(adjoint[None], np.zeros((1, n)))[0, 1]
    column = tables.from_vector.reshape(n, n, size)[:, level, :]
    products = np.einsum("ja,kb->jkab", column, column.conj())
    products = products + products.swapaxes(-1, -2)
    driven = products[..., tables.rows, tables.columns]
    driven[..., tables.rows == tables.columns] /= 2
    to_vector = np.linalg.inv(tables.from_vector)
    drive = (to_vector @ driven.reshape(size, -1)).real
    total = 1 + size + len(pairs)
    whole = np.zeros((total, total))
    whole[0, 1 + level] = 1
    whole[1 : 1 + size, 1 : 1 + size] = spreading
    whole[1 : 1 + size, 1 + size :] = drive
    whole[1 + size :, 1 + size :] = kronecker_sum(system.matrix)
    numerator = expm(whole * duration)[0, 1 + size :] @ pairs
    return float(numerator), float(emitted)


def filtered_emission(
    hamiltonian: ArrayLike,
    decay: ArrayLike,
    dephasing: ArrayLike,
    centre: float,
    width: float,
    output: int = -1,
) -> Emission:
    """Indistinguishability and efficiency behind a Lorentzian filter.

    The filter is a two-sided cavity without loss, driven by the output's light and not acting back
    on it (a cascaded system), with transmission (w/2)²/[(ω − centre)² + (w/2)²].

    Parameters
    ----------
    hamiltonian, decay, dephasing : arrays (N, N), (N,), (N,)
        As for `emission`, with at most 7 levels.
    centre, width : float
        Centre of the filter, in the frame of the Hamiltonian's diagonal, and its full width at
        half maximum w > 0, as angular frequencies.
    output : int
        The level whose decay is collected and filtered.

    Returns
    -------
    Emission
        `efficiency` is the probability that the photon is emitted there and passes the filter.
    """
    if not 0 < width < inf:
        raise RangeError(f"the filter's width is {width:g}; it must be finite and > 0.")
    system = motion(hamiltonian, decay, dephasing)
    n = len(system.decay)
    if n + 1 > MAX_LEVELS:
        raise RangeError(f"{n} levels given; with a filter at most {MAX_LEVELS - 1}.")
    (level,) = check_outputs(output, n)
    integrated_vector(system, np.eye(n * n)[0])  # only to refuse an excitation that stays
    cascaded = np.zeros((n + 1, n + 1), complex)
    cascaded[:n, :n] = system.bare
    cascaded[n, n] = -1j * centre - width / 2
    cascaded[n, level] = -np.sqrt(system.decay[level] * width / 2)
    with np.errstate(all="ignore"):
        photons, visibility = integrals(
            cascaded[None], np.append(system.dephasing, 0.0)[None], (n,)
        )
    return Emission(float(visibility[0, 0]), float(photons[0, n] * width / 2))


def check_times(name: str, times: ArrayLike) -> NDArray[np.float64]:
    """A vector of finite times ≥ 0."""
    instants = np.atleast_1d(np.asarray(times, float))
    if instants.ndim != 1:
        raise InputError(f"{name} has shape {instants.shape}; it must be a vector (T,).")
    if not (np.isfinite(instants) & (instants >= 0)).all():
        raise RangeError(f"{name} must be finite and ≥ 0; the emitter is excited at t = 0.")
    return instants
