"""How indistinguishability and efficiency change with a device's rates, exactly.

All that `excitation` computes are solutions of linear systems K x = r whose matrices are linear in
the rates, so that dx = −K⁻¹ (dK) x: one more solution with the same matrix per parameter.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cqdphotonics.errors import InputError
from cqdphotonics.quantum.emission import check_outputs, check_system
from cqdphotonics.quantum.excitation import (
    effective_matrix,
    generators,
    kronecker_sum,
    numerator_form,
    solve_refined,
)


@dataclass(frozen=True)
class EmissionGradient:
    """Indistinguishability and efficiency of one output, with their slopes.

    Attributes
    ----------
    indistinguishability, efficiency : float
    indistinguishability_slopes, efficiency_slopes : (P,) array
        Change per unit of each of the P tangents.
    """

    indistinguishability: float
    efficiency: float
    indistinguishability_slopes: NDArray[np.float64]
    efficiency_slopes: NDArray[np.float64]


def emission_gradient(
    hamiltonian: ArrayLike,
    decay: ArrayLike,
    dephasing: ArrayLike,
    tangents: tuple[ArrayLike, ArrayLike, ArrayLike],
    output: int = -1,
) -> EmissionGradient:
    """`quantum.emission` of one system, and its derivatives along P directions.

    Parameters
    ----------
    hamiltonian, decay, dephasing : (N, N), (N,), (N,) arrays
        As for `quantum.emission`.
    tangents : (P, N, N), (P, N), (P, N) arrays
        Changes of the three with each of P parameters.
    output : int
        The level whose decay is collected.

    Raises
    ------
    InputError
        Shapes that do not fit; as for `quantum.emission`.
    """
    h, d, s = check_system(hamiltonian, decay, dephasing)
    n = h.shape[-1]
    level = check_outputs(output, n)[0]
    dh = np.asarray(tangents[0], complex)
    dd, ds = np.asarray(tangents[1], float), np.asarray(tangents[2], float)
    count = len(dd)
    if h.ndim != 2 or (dh.shape, dd.shape, ds.shape) != ((count, n, n), (count, n), (count, n)):
        raise InputError(
            f"tangents have shapes {dh.shape}, {dd.shape}, {ds.shape}; for a system of {n} levels "
            f"and P parameters they are (P, {n}, {n}), (P, {n}), (P, {n})."
        )
    matrices = generators(effective_matrix(h[None], d[None]), s[None])[0]
    slopes = generators(effective_matrix(dh, dd), ds)  # linear in the rates
    flow, lyapunov, joint = matrices[0], matrices[1], kronecker_sum(matrices[0])

    def solved(matrix: Any, start: int, changes: Any) -> tuple[Any, Any]:
        right = np.zeros((matrix.shape[-1], 1))
        right[start] = -1
        solution = solve_refined(matrix, right)[:, 0]
        moved = -np.einsum("pij,j->ip", changes, solution.astype(float))
        return solution, solve_refined(matrix, moved).T

    density, density_slopes = solved(flow, 0, slopes[:, 0])
    weights, weight_slopes = solved(lyapunov, level, slopes[:, 1])
    pairs, pair_slopes = solved(joint, 0, kronecker_sum(slopes[:, 0]))

    form = numerator_form(n, level)
    numerator = weights @ form @ pairs
    numerator_slopes = weight_slopes @ form @ pairs + pair_slopes @ (weights @ form)
    population, population_slopes = density[level], density_slopes[:, level]
    value = numerator / (0.5 * population**2)
    value_slopes = numerator_slopes / (0.5 * population**2) - 2 * value * (
        population_slopes / population
    )
    return EmissionGradient(
        indistinguishability=float(min(value, 1.0)),
        efficiency=float(d[level] * population),
        indistinguishability_slopes=value_slopes.astype(float),
        efficiency_slopes=(dd[:, level] * population + d[level] * population_slopes).astype(float),
    )
