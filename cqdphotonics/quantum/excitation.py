"""One excitation on N coupled lossy levels: its matrices, and linear systems solved accurately.

The excitation's density matrix ρ (N, N) obeys

    dρ/dt = A ρ + ρ A† + Σ_k dephasing_k |k⟩⟨k| ρ |k⟩⟨k|,   A = −iH − (decay + dephasing)/2.

With v the N² real coordinates of ρ (populations, then real and imaginary parts of the coherences),
dv/dt = L v. What follows from it for the emitted photon are the solutions of three linear systems:

* ∫ρ dt, from L x = −v(0);
* M = ∫ e^{A†τ}|o⟩⟨o|e^{Aτ} dτ, from the Lyapunov equation A†M + MA = −|o⟩⟨o|;
* Y = ∫ v(t) v(t)ᵀ dt, from the Lyapunov equation L Y + Y Lᵀ = −v(0)v(0)ᵀ, written as one linear
  system for the N²(N²+1)/2 elements of the symmetric Y.

Nothing is diagonalised, so exceptional points (defective A) need no care. Rates that span ten
decades do: the systems are equilibrated by rows and columns, solved, and refined with residuals
in extended precision. This gains digits because every matrix element is a rate or a sum of rates
without cancellation: rounding it changes rates by one part in 10¹⁶ and breaks no conservation law.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from cqdphotonics.errors import InputError

_DENSE_LEVELS = 3  # up to here a dense product builds the matrices faster than a sparse one
_JOINT_LEVELS, _JOINT_BATCH = 2, 16  # up to here all systems are solved as one
_CHUNK_ELEMENTS = 200_000  # matrix elements at a time, so that they stay in the cache
_INVERSE_SIZE = 64  # up to here the overhead counts and a batch of inverses is quickest
_REFINEMENTS = 8


class Coordinates(NamedTuple):
    """Constant tables for N levels: how ρ and v, A and L, L and its Kronecker sum belong together.

    `from_vector` (N², N²) complex takes v to the flattened ρ; `generators` takes the parameters
    (Re A₀, Im A₀, dephasing), A₀ = A without dephasing, to the flattened L, followed by the
    flattened matrix of the Lyapunov operator M ↦ A†M + MA in the same coordinates; `kronecker`
    takes the flattened L to that of Y ↦ LY + YLᵀ for symmetric Y; `rows`, `columns` index the
    upper triangle of Y.
    """

    from_vector: NDArray[np.complex128]
    generators: Any
    kronecker: Any
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]


def coordinates_from_vector(n: int) -> NDArray[np.complex128]:
    """Matrix (N², N²) that takes v = (ρ_kk, then Re ρ_jk, Im ρ_jk for j < k) to the flattened ρ."""
    matrix = np.zeros((n * n, n * n), complex)
    for k in range(n):
        matrix[k * n + k, k] = 1
    position = n
    for j in range(n):
        for k in range(j + 1, n):
            matrix[j * n + k, position] = matrix[k * n + j, position] = 1
            matrix[j * n + k, position + 1] = 1j
            matrix[k * n + j, position + 1] = -1j
            position += 2
    return matrix


@lru_cache(maxsize=16)
def coordinates(n: int) -> Coordinates:
    """The tables for `n` levels."""
    size = n * n
    from_vector = sparse.csr_array(coordinates_from_vector(n))
    # The columns of from_vector are orthogonal, with norm 1 (populations) or √2 (coherences).
    norms = np.ones(size)
    norms[n:] = 2
    to_vector = sparse.diags_array(1 / norms) @ from_vector.conj().T
    unit = sparse.eye_array(n)
    generators: list[Any] = []
    lyapunovs: list[Any] = []
    for factor in (1, 1j):
        for i in range(n):
            for j in range(n):
                element = sparse.csr_array(([factor], ([i], [j])), shape=(n, n))
                adjoint = element.conj().T
                for matrix, collection in ((element, generators), (adjoint, lyapunovs)):
                    superoperator = sparse.kron(matrix, unit) + sparse.kron(unit, matrix.conj())
                    real = (to_vector @ superoperator @ from_vector).real
                    collection.append(sparse.csr_array(real).reshape(1, -1))
    for k in range(n):
        # Dephasing is entered where it acts, on coherences alone, instead of taking −γ* and +γ*
        # on the populations: their sum would round a slow decay away beside a fast dephasing.
        involved = np.array([(j == k) + (m == k) for j in range(n) for m in range(n)])
        rates = (to_vector @ sparse.diags_array(-involved / 2) @ from_vector).real.diagonal()
        diagonal = (np.zeros(size, int), np.arange(size) * (size + 1))
        lyapunovs.append(sparse.csr_array((rates, diagonal), shape=(1, size**2)))
        on_coherences = np.where(np.arange(size) < n, 0.0, rates)
        generators.append(sparse.csr_array((on_coherences, diagonal), shape=(1, size**2)))
    table = sparse.csr_array(sparse.hstack([sparse.vstack(generators), sparse.vstack(lyapunovs)]))

    rows, columns = np.triu_indices(size)
    place = np.zeros((size, size), int)
    place[rows, columns] = place[columns, rows] = np.arange(rows.size)
    source, target = [], []
    for row, (a, b) in enumerate(zip(rows, columns, strict=True)):
        for c in range(size):  # (LY + YLᵀ)_ab = Σ_c L_ac Y_cb + L_bc Y_ca
            source += [a * size + c, b * size + c]
            target += [row * rows.size + place[c, b], row * rows.size + place[c, a]]
    kronecker = sparse.csr_array(
        (np.ones(len(source)), (source, target)), shape=(size * size, rows.size**2)
    )
    dense = n <= _DENSE_LEVELS
    return Coordinates(
        coordinates_from_vector(n),
        table.toarray() if dense else table,
        kronecker.toarray() if dense else kronecker,
        rows,
        columns,
    )


@lru_cache(maxsize=64)
def numerator_form(n: int, output: int) -> NDArray[np.longdouble]:
    """Table (N², N²(N²+1)/2): ∫⟨o|ρMρ|o⟩dt = Σ m_c table[c, ab] Y_ab, m the coordinates of M."""
    tables = coordinates(n)
    rho = tables.from_vector.reshape(n, n, n * n)
    column = rho[:, output, :]  # ρ|o⟩ as a function of v
    form = np.einsum("ja,jkc,kb->cab", column.conj(), rho, column).real
    form = form + form.transpose(0, 2, 1)
    folded = form[:, tables.rows, tables.columns]
    folded[:, tables.rows == tables.columns] /= 2
    return folded.astype(np.longdouble)


def generators(
    effective: NDArray[np.complex128], dephasing: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Real matrices (batch, 2, N², N²) for A without its dephasing (batch, N, N).

    The first is L of dv/dt = Lv, the second the Lyapunov operator M ↦ A†M + MA with the whole A.
    """
    batch, n, _ = effective.shape
    flat = effective.reshape(batch, n * n)
    parameters = np.concatenate([flat.real, flat.imag, dephasing], axis=1)
    matrices = np.ascontiguousarray(parameters @ coordinates(n).generators)
    return matrices.reshape(batch, 2, n * n, n * n)


def kronecker_sum(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Matrix of Y ↦ LY + YLᵀ on the upper triangle of the symmetric Y, for L (…, N², N²)."""
    size = matrix.shape[-1]
    tables = coordinates(round(size**0.5))
    unknowns = tables.rows.size
    flat = np.ascontiguousarray(matrix.reshape(-1, size * size) @ tables.kronecker)
    return flat.reshape(*matrix.shape[:-2], unknowns, unknowns)


def solve_refined(
    matrix: NDArray[np.float64], right: NDArray[np.float64]
) -> NDArray[np.longdouble]:
    """Solve matrix · x = right (…, m, r): equilibrated, refined with extended-precision residuals.

    A singular matrix gives numbers that are not finite; call it under ``np.errstate``.
    """
    size = matrix.shape[-1]
    if size > _INVERSE_SIZE and matrix.size > size * size:  # big matrices one at a time
        flat = matrix.reshape(-1, size, size)
        sides = np.broadcast_to(right, (*matrix.shape[:-1], right.shape[-1]))
        sides = sides.reshape(len(flat), size, -1)
        parts = [solve_refined(one, side) for one, side in zip(flat, sides, strict=True)]
        return np.array(parts).reshape(*matrix.shape[:-1], -1)
    magnitude = np.abs(matrix)
    row_scale = np.maximum.reduce(magnitude, axis=-1, keepdims=True)
    column_scale = np.maximum.reduce(magnitude / row_scale, axis=-2, keepdims=True)
    approximate = _solver(matrix, row_scale, row_scale * column_scale)
    extended = matrix.astype(np.longdouble)
    solution = approximate(right).astype(np.longdouble)
    for _ in range(_REFINEMENTS):
        correction = approximate((right - extended @ solution).astype(float))
        solution += correction
        # The error shrinks each time by the factor by which the first solution was wrong.
        if _largest(correction) <= 1e-11 * _largest(solution):
            break
    return solution


def _solver(
    matrix: NDArray[np.float64], row_scale: NDArray[np.float64], scale: NDArray[np.float64]
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """A function that solves the system in double precision; `scale` equilibrates the matrix."""
    try:
        if matrix.shape[-1] <= _INVERSE_SIZE:
            inverse = np.linalg.inv(matrix / scale)
            inverse /= scale.swapaxes(-1, -2)
            return lambda right: np.matmul(inverse, right)
        factors = linalg.lu_factor(matrix / scale)
    except (np.linalg.LinAlgError, ValueError):
        raise trapped() from None
    column_scale = (scale / row_scale)[..., :1, :].swapaxes(-1, -2)
    return lambda right: linalg.lu_solve(factors, right / row_scale) / column_scale


def _largest(array: NDArray[Any]) -> Any:
    return np.maximum.reduce(np.abs(array), axis=None, initial=0.0)


def trapped() -> InputError:
    """The error for an excitation that never leaves."""
    return InputError(
        "the excitation never leaves: some level has decay 0 and no coupling to a level that "
        "decays. Give every level a decay > 0 or couple it to one that has."
    )


def photon_integrals(
    hamiltonian: NDArray[np.complex128],
    decay: NDArray[np.float64],
    dephasing: NDArray[np.float64],
    outputs: tuple[int, ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """∫⟨a_k†a_k⟩dt of every level (..., N) and the indistinguishability of outputs (..., outputs).

    For arrays that have passed `check_system`; the batch is worked through in pieces that fit
    into memory.
    """
    n = hamiltonian.shape[-1]
    h, d, s = hamiltonian.reshape(-1, n, n), decay.reshape(-1, n), dephasing.reshape(-1, n)
    populations = np.empty((h.shape[0], n))
    result = np.empty((h.shape[0], len(outputs)))
    step = max(1, _CHUNK_ELEMENTS // (n * n * (n * n + 1) // 2) ** 2)
    with np.errstate(all="ignore"):
        for start in range(0, h.shape[0], step):
            part = slice(start, start + step)
            effective = effective_matrix(h[part], d[part])
            populations[part], result[part] = integrals(effective, s[part], outputs)
        escaped = np.einsum("bk,bk->b", d, populations)
    if not _largest(escaped - 1) <= 1e-6:
        raise trapped()
    batch = hamiltonian.shape[:-2]
    return populations.reshape(*batch, n), result.reshape(*batch, len(outputs))


def integrals(
    effective: NDArray[np.complex128], dephasing: NDArray[np.float64], outputs: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """∫ρ_kk dt (batch, N) and the indistinguishability (batch, outputs).

    For A without its dephasing (batch, N, N); call it under ``np.errstate``.
    """
    n = effective.shape[-1]
    matrices = generators(effective, dephasing)
    jointly = n <= _JOINT_LEVELS and len(matrices) <= _JOINT_BATCH
    solve = _integrated_jointly if jointly else _integrated_separately
    density, weights, pairs = solve(matrices, outputs)
    result = np.empty((effective.shape[0], len(outputs)), float)
    for i, output in enumerate(outputs):
        numerator = (weights[..., i] @ numerator_form(n, output) * pairs).sum(axis=-1)
        # 0 ≤ I ≤ 1 holds exactly; the last bit of the division must not break it.
        result[:, i] = np.minimum(numerator / (0.5 * density[:, output] ** 2), 1.0)
    return density[:, :n].astype(float), result


def _integrated_separately(
    matrices: NDArray[np.float64], outputs: tuple[int, ...]
) -> tuple[NDArray[np.longdouble], NDArray[np.longdouble], NDArray[np.longdouble]]:
    density, weights = integrated_density_and_coherence(matrices, outputs)
    return density, weights, integrated_pairs(matrices[:, 0])


def _integrated_jointly(
    matrices: NDArray[np.float64], outputs: tuple[int, ...]
) -> tuple[NDArray[np.longdouble], NDArray[np.longdouble], NDArray[np.longdouble]]:
    """The same from one block-diagonal system: for matrices so small that calls cost more."""
    batch, _, size, _ = matrices.shape
    pairs = size * (size + 1) // 2
    joint = np.zeros((batch, 2 * size + pairs, 2 * size + pairs))
    joint[:, :size, :size] = matrices[:, 0]
    joint[:, size : 2 * size, size : 2 * size] = matrices[:, 1]
    joint[:, 2 * size :, 2 * size :] = kronecker_sum(matrices[:, 0])
    right = np.zeros((2 * size + pairs, len(outputs)))
    right[0, 0] = right[2 * size, 0] = -1
    for i, output in enumerate(outputs):
        right[size + output, i] = -1
    solution = solve_refined(joint, right)
    return solution[:, :size, 0], solution[:, size : 2 * size], solution[:, 2 * size :, 0]


def integrated_density_and_coherence(
    matrices: NDArray[np.float64], outputs: tuple[int, ...]
) -> tuple[NDArray[np.longdouble], NDArray[np.longdouble]]:
    """∫v dt (batch, N²) and the coordinates of M (batch, N², outputs), from `generators`.

    The two systems have the same size and are solved as one batch, which halves the overhead.
    """
    right = np.zeros((2, matrices.shape[-1], len(outputs)))
    right[0, 0, 0] = -1
    right[1, outputs, range(len(outputs))] = -1
    solution = solve_refined(matrices, right)
    return solution[:, 0, :, 0], solution[:, 1]


def integrated_pairs(
    matrix: NDArray[np.float64], initial: NDArray[np.float64] | None = None
) -> NDArray[np.longdouble]:
    """Upper triangle (batch, N²(N²+1)/2) of Y = ∫v vᵀdt for dv/dt = Lv.

    `initial` is the upper triangle of v(0)v(0)ᵀ; without it, all of v(0) is on level 0.
    """
    kronecker = kronecker_sum(matrix)
    right = np.zeros((kronecker.shape[-1], 1))
    if initial is None:
        right[0] = -1
    else:
        right[:, 0] = -initial
    return solve_refined(kronecker, right)[..., 0]


def output_column(n: int, level: int) -> NDArray[np.complex128]:
    """Matrix C (N, N²) with ρ|level⟩ = C v."""
    return coordinates(n).from_vector.reshape(n, n, n * n)[:, level, :]


def effective_matrix(
    hamiltonian: NDArray[np.complex128], decay: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """−iH − decay/2, (…, N, N): the matrix A without its dephasing."""
    effective = -1j * hamiltonian
    np.einsum("...ii->...i", effective)[...] -= decay / 2
    return effective
