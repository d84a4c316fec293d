"""Interference of photons from two different systems: two dots, two devices."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import solve_sylvester

from cqdphotonics.quantum.dynamics import integrated_vector, motion
from cqdphotonics.quantum.emission import check_outputs
from cqdphotonics.quantum.excitation import output_column

System = tuple[ArrayLike, ArrayLike, ArrayLike]
"""Hamiltonian, decay and dephasing, as `emission` takes them."""


def two_source_visibility(first: System, second: System, output: int = -1) -> float:
    """Hong–Ou–Mandel visibility of one photon from each of two systems, excited together.

    Parameters
    ----------
    first, second : (hamiltonian, decay, dephasing)
        Each as for `emission`, in one frame of frequency: a detuned dot has its shift on level 0
        of its Hamiltonian. They may have different numbers of levels.
    output : int
        The level whose decay is collected, in both.

    Returns
    -------
    float
        V = 2 Re ∫∫⟨a†(t+τ)a(t)⟩₁ ⟨a†(t+τ)a(t)⟩₂* dt dτ / (∫⟨a†a⟩₁dt ∫⟨a†a⟩₂dt): one minus
        coincidences over those of distinguishable photons. Equal systems give the
        indistinguishability; different ones less.

    Raises
    ------
    InputError
        As `emission`; also if an excitation never leaves.

    Notes
    -----
    By quantum regression ⟨a†(t+τ)a(t)⟩ = f(τ)ᵀ C* v(t) with f = exp(A†τ)|o⟩ and v(t) the vector of
    the density matrix, so that both integrals are Sylvester equations: no time step, no cut-off.
    """
    one, two = motion(*first), motion(*second)
    (level,) = check_outputs(output, len(one.decay))
    (other,) = check_outputs(output, len(two.decay))
    starts = [np.eye(len(system.matrix))[0] for system in (one, two)]
    total = integrated_vector(one, starts[0])[level] * integrated_vector(two, starts[1])[other]
    pairs = solve_sylvester(one.matrix, two.matrix.T, -np.outer(*starts))
    source = np.outer(np.eye(len(one.decay))[level], np.eye(len(two.decay))[other])
    later = solve_sylvester(one.effective.conj().T, two.effective, -source.astype(complex))
    earlier = (
        output_column(len(one.decay), level).conj() @ pairs @ output_column(len(two.decay), other).T
    )
    return float(2 * (earlier * later).sum().real / total)
