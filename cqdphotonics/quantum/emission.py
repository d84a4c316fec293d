"""Indistinguishability and efficiency of one photon from N coupled levels, exact by linear algebra.

One excitation lives on N levels: level 0 is the emitter, the others are cavity modes. With the
collapse operators √decay_k |vacuum⟩⟨k| and √dephasing_k |k⟩⟨k|, the one-excitation block ρ obeys

    dρ/dt = A ρ + ρ A† + Σ_k dephasing_k |k⟩⟨k| ρ |k⟩⟨k|,   A = −iH − (decay + dephasing)/2,

and the quantum regression theorem gives ⟨a†(t+τ)a(t)⟩ = ⟨o|ρ(t) e^{A†τ}|o⟩ for the output level o.
With v the N² real coordinates of ρ (populations, real and imaginary parts of the coherences) and
dv/dt = L v, everything that `emission` needs is the solution of three linear systems:

* ∫ρ dt, from L x = −v(0);
* M = ∫ e^{A†τ}|o⟩⟨o|e^{Aτ} dτ, from the Lyapunov equation A†M + MA = −|o⟩⟨o|;
* Y = ∫ v(t) v(t)ᵀ dt, from the Lyapunov equation L Y + Y Lᵀ = −v(0)v(0)ᵀ, written as one linear
  system for the N²(N²+1)/2 elements of the symmetric Y.

Then ∫∫|⟨a†(t+τ)a(t)⟩|² dt dτ = ∫⟨o|ρ M ρ|o⟩dt is linear in M and in Y, and the indistinguishability
follows by dividing by ½(∫⟨a†a⟩dt)².

Nothing is diagonalised, so exceptional points (defective A) need no care. Rates that span ten
decades do: the systems are equilibrated by rows and columns, solved, and refined with residuals
in extended precision. This works because every matrix element is a sum of rates without
cancellation, so that rounding it changes each rate by one part in 10¹⁶ and breaks no conservation
law.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cqdphotonics.errors import InputError, RangeError

MAX_LEVELS = 8
"""Largest N that `emission` accepts: the linear system for Y then has 2080 unknowns."""

_DENSE_LEVELS = 3  # up to here a dense product builds the matrices faster than a sparse one
_CHUNK_ELEMENTS = 4_000_000  # matrix elements in memory at a time, per batch
_REFINEMENTS = 3


@dataclass(frozen=True)
class Emission:
    """What one photon from one output is like.

    Attributes
    ----------
    indistinguishability : float or array
        Two-photon interference visibility of two such photons, between 0 and 1; NaN where no
        photon leaves through the output.
    efficiency : float or array
        Probability that the excitation decays from the output level.
    """

    indistinguishability: Any
    efficiency: Any


class Coordinates(NamedTuple):
    """Constant tables for N levels: how ρ and v, A and L, L and its Kronecker sum belong together.

    `from_vector` (N², N²) complex takes v to the flattened ρ; `generator` takes the parameters
    (Re A, Im A, dephasing) to the flattened L; `kronecker` takes the flattened L to the flattened
    matrix of the symmetric Lyapunov operator; `rows`, `columns` index the upper triangle of Y.
    """

    from_vector: NDArray[np.complex128]
    generator: Any
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
    generator = []
    for factor in (1, 1j):
        for i in range(n):
            for j in range(n):
                element = sparse.csr_array(([factor], ([i], [j])), shape=(n, n))
                superoperator = sparse.kron(element, unit) + sparse.kron(unit, element.conj())
                generator.append((to_vector @ superoperator @ from_vector).real)
    for k in range(n):
        jump = sparse.csr_array(([1.0], ([k], [k])), shape=(size, size))
        generator.append(jump)
    table = sparse.csr_array(sparse.vstack([sparse.csr_array(m).reshape(1, -1) for m in generator]))

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
def numerator_form(n: int, output: int) -> NDArray[np.float64]:
    """Table (N², N²(N²+1)/2): ∫⟨o|ρMρ|o⟩dt = Σ m_c table[c, ab] Y_ab, m the coordinates of M."""
    tables = coordinates(n)
    rho = tables.from_vector.reshape(n, n, n * n)
    column = rho[:, output, :]  # ρ|o⟩ as a function of v
    form = np.einsum("ja,jkc,kb->cab", column.conj(), rho, column).real
    form = form + form.transpose(0, 2, 1)
    folded = form[:, tables.rows, tables.columns]
    folded[:, tables.rows == tables.columns] /= 2
    return folded


def generator(
    effective: NDArray[np.complex128], dephasing: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Real matrix L (…, N², N²) of dv/dt = Lv for the effective matrix A (…, N, N)."""
    n = effective.shape[-1]
    flat = effective.reshape(*effective.shape[:-2], n * n)
    parameters = np.concatenate([flat.real, flat.imag, dephasing], axis=-1)
    matrix = parameters.reshape(-1, 2 * n * n + n) @ coordinates(n).generator
    return np.asarray(matrix).reshape(*effective.shape[:-2], n * n, n * n)


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

    Raises
    ------
    InputError
        If the matrix is singular: there is a level that the excitation never leaves.
    """
    magnitude = np.abs(matrix)
    row_scale = magnitude.max(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        column_scale = (magnitude / row_scale).max(axis=-2, keepdims=True)
        scaled = matrix / row_scale / column_scale
    try:
        inverse = np.linalg.inv(scaled)
    except np.linalg.LinAlgError:
        raise _trapped() from None
    extended = matrix.astype(np.longdouble)
    column_scale = column_scale.swapaxes(-1, -2)
    solution = (inverse @ (right / row_scale) / column_scale).astype(np.longdouble)
    for _ in range(_REFINEMENTS):
        residual = right - extended @ solution
        solution += inverse @ (residual / row_scale).astype(float) / column_scale
    if not np.isfinite(solution).all():
        raise _trapped()
    return solution


def _trapped() -> InputError:
    return InputError(
        "the excitation never leaves: some level has decay 0 and no coupling to a level that "
        "decays. Give every level a decay > 0 or couple it to one that has."
    )


def emission(
    hamiltonian: ArrayLike,
    decay: ArrayLike,
    dephasing: ArrayLike,
    output: int | tuple[int, ...] | list[int] = -1,
) -> Emission:
    """Indistinguishability and efficiency of the photon that leaves through a level's decay.

    Parameters
    ----------
    hamiltonian : (..., N, N) array
        Hermitian; diagonal: angular frequencies in any rotating frame, off-diagonal: couplings.
        Level 0 is the emitter, excited at t = 0.
    decay : (..., N) array
        Decay rate of each level's population (γ of the emitter, κ of a mode), ≥ 0.
    dephasing : (..., N) array
        Pure dephasing rate γ* of each level, ≥ 0, with collapse operator √γ* σ†σ: the coherence
        of an emitter decays at (γ + γ*)/2.
    output : int or sequence of int
        The level whose decay is collected; a sequence gives one more axis at the end.

    All rates share one unit (rad/ps in this project); leading axes are broadcast against each
    other and evaluated as a batch. The result depends on ratios of rates only.

    Returns
    -------
    Emission
        Floats for one system and one output, arrays otherwise.

    Raises
    ------
    InputError
        Shapes that do not fit, a Hamiltonian that is not Hermitian, negative or infinite rates,
        a level that the excitation never leaves.

    Notes
    -----
    I = ∫∫|⟨a†(t+τ)a(t)⟩|² dt dτ / ∫∫⟨a†a⟩(t)⟨a†a⟩(t+τ) dt dτ with t, τ > 0 (Grange et al.,
    PRL 114, 193601 (2015)). Left out: more than one excitation, the time of the excitation itself,
    and dephasing with memory (phonon sidebands).

    Examples
    --------
    >>> emission([[0.0]], [1.0], [3.0]).indistinguishability
    0.25
    """
    h, d, s = check_system(hamiltonian, decay, dephasing)
    outputs = check_outputs(output, h.shape[-1])
    populations, indistinguishability = photon_integrals(h, d, s, outputs)
    levels = list(outputs)
    efficiency = d[..., levels] * populations[..., levels]
    if isinstance(output, (int, np.integer)):
        efficiency, indistinguishability = efficiency[..., 0], indistinguishability[..., 0]
        if h.ndim == 2:
            return Emission(float(indistinguishability), float(efficiency))
    return Emission(indistinguishability, efficiency)


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
    for start in range(0, h.shape[0], step):
        part = slice(start, start + step)
        effective = effective_matrix(h[part], d[part], s[part])
        populations[part], result[part] = _integrals(effective, s[part], outputs)
    batch = hamiltonian.shape[:-2]
    return populations.reshape(*batch, n), result.reshape(*batch, len(outputs))


def _integrals(
    effective: NDArray[np.complex128], dephasing: NDArray[np.float64], outputs: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """∫ρ_kk dt (batch, N) and the indistinguishability (batch, outputs)."""
    n = effective.shape[-1]
    populations, pairs = integrated_density(effective, dephasing)
    weights = integrated_coherence(effective, outputs)
    result = np.empty((effective.shape[0], len(outputs)), float)
    for i, output in enumerate(outputs):
        numerator = (weights[..., i] @ numerator_form(n, output) * pairs).sum(axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            # 0 ≤ I ≤ 1 holds exactly; the last bit of the division must not break it.
            result[:, i] = np.clip(numerator / (0.5 * populations[:, output] ** 2), 0.0, 1.0)
    return populations[:, :n].astype(float), result


def integrated_density(
    effective: NDArray[np.complex128], dephasing: NDArray[np.float64]
) -> tuple[NDArray[np.longdouble], NDArray[np.longdouble]]:
    """∫v dt (batch, N²) and the upper triangle of ∫v vᵀ dt (batch, N²(N²+1)/2)."""
    matrix = generator(effective, dephasing)
    first = np.zeros((matrix.shape[-1], 1))
    first[0] = -1
    single = solve_refined(matrix, first)[..., 0]
    kronecker = kronecker_sum(matrix)
    first = np.zeros((kronecker.shape[-1], 1))
    first[0] = -1
    return single, solve_refined(kronecker, first)[..., 0]


def integrated_coherence(
    effective: NDArray[np.complex128], outputs: tuple[int, ...]
) -> NDArray[np.longdouble]:
    """Coordinates (batch, N², outputs) of M = ∫e^{A†τ}|o⟩⟨o|e^{Aτ}dτ."""
    n = effective.shape[-1]
    adjoint = np.conj(np.swapaxes(effective, -1, -2))
    matrix = generator(adjoint, np.zeros(effective.shape[:-1]))
    right = np.zeros((n * n, len(outputs)))
    right[list(outputs), range(len(outputs))] = -1
    return solve_refined(matrix, right)


def effective_matrix(
    hamiltonian: NDArray[np.complex128],
    decay: NDArray[np.float64],
    dephasing: NDArray[np.float64],
) -> NDArray[np.complex128]:
    """A = −iH − (decay + dephasing)/2, (…, N, N)."""
    effective = -1j * hamiltonian
    levels = np.arange(effective.shape[-1])
    effective[..., levels, levels] -= (decay + dephasing) / 2
    return effective


def check_outputs(output: int | tuple[int, ...] | list[int], n: int) -> tuple[int, ...]:
    """The outputs as non-negative level numbers."""
    given = [output] if isinstance(output, (int, np.integer)) else list(output)
    for level in given:
        if not -n <= level < n:
            raise RangeError(f"output {level} does not exist: the system has levels 0 to {n - 1}.")
    return tuple(int(level) % n for level in given)


def check_system(
    hamiltonian: ArrayLike, decay: ArrayLike, dephasing: ArrayLike
) -> tuple[NDArray[np.complex128], NDArray[np.float64], NDArray[np.float64]]:
    """The three arrays, broadcast to one batch, or an error that names the number and the law."""
    try:
        h = np.asarray(hamiltonian, complex)
        d = np.asarray(decay, float)
        s = np.asarray(dephasing, float)
    except (TypeError, ValueError) as error:
        raise InputError(f"hamiltonian, decay and dephasing must be numbers: {error}.") from None
    if h.ndim < 2 or h.shape[-1] != h.shape[-2] or h.shape[-1] == 0:
        raise InputError(
            f"hamiltonian has shape {h.shape}; it must be (..., N, N), a square matrix over the "
            "levels."
        )
    n = h.shape[-1]
    if n > MAX_LEVELS:
        raise RangeError(f"{n} levels given; at most {MAX_LEVELS} can be solved.")
    for name, rates in (("decay", d), ("dephasing", s)):
        if rates.ndim < 1 or rates.shape[-1] != n:
            raise InputError(
                f"{name} has shape {rates.shape}; the hamiltonian has {n} levels, so it must be "
                f"(..., {n}): one rate a level."
            )
        if not (rates >= 0).all() or not np.isfinite(rates).all():
            wrong = rates[~(np.isfinite(rates) & (rates >= 0))].flat[0]
            raise RangeError(
                f"{name} contains {wrong:g}; a rate must be finite and ≥ 0, or probability is "
                "not conserved."
            )
    if h.shape[:-2] != d.shape[:-1] or h.shape[:-2] != s.shape[:-1]:
        try:
            batch = np.broadcast_shapes(h.shape[:-2], d.shape[:-1], s.shape[:-1])
        except ValueError:
            raise InputError(
                f"hamiltonian {h.shape}, decay {d.shape} and dephasing {s.shape} do not share "
                "their leading (batch) axes."
            ) from None
        h = np.broadcast_to(h, (*batch, n, n))
        d, s = np.broadcast_to(d, (*batch, n)), np.broadcast_to(s, (*batch, n))
    if not np.isfinite(h).all():
        raise RangeError("hamiltonian contains an infinite or undefined number.")
    difference = np.abs(h - np.conj(np.swapaxes(h, -1, -2)))
    if difference.any() and difference.max() > 1e-12 * np.abs(h).max():
        *_, i, j = np.unravel_index(int(difference.argmax()), difference.shape)
        raise InputError(
            f"hamiltonian is not Hermitian: elements ({i}, {j}) and ({j}, {i}) are not complex "
            f"conjugates (they differ by {difference.max():.3g}). Losses belong in decay."
        )
    return h, d, s
