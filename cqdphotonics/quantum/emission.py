"""Indistinguishability and efficiency of one photon from N coupled levels, exact by linear algebra.

One excitation lives on N levels: level 0 is the emitter, the others are cavity modes. The collapse
operators are √decay_k |vacuum⟩⟨k| and √dephasing_k |k⟩⟨k|. The quantum regression theorem gives
⟨a†(t+τ)a(t)⟩ = ⟨o|ρ(t) e^{A†τ}|o⟩ for the output level o, with A and ρ as in `excitation`. Then
∫∫|⟨a†(t+τ)a(t)⟩|² dt dτ = ∫⟨o|ρMρ|o⟩dt is linear in M and in Y = ∫v vᵀdt, which two linear systems
give, and the indistinguishability follows by dividing by ½(∫⟨a†a⟩dt)².
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.quantum.excitation import photon_integrals

MAX_LEVELS = 8
"""Largest N that `emission` accepts: the linear system for Y then has 2080 unknowns."""


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
        smallest = np.minimum.reduce(rates, axis=None, initial=0.0)
        if not (smallest >= 0 and np.maximum.reduce(rates, axis=None, initial=0.0) < np.inf):
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
    size = np.maximum.reduce(np.abs(h), axis=None, initial=0.0)
    if not size < np.inf:
        raise RangeError("hamiltonian contains an infinite or undefined number.")
    difference = np.abs(h - h.conj().swapaxes(-1, -2))
    if np.maximum.reduce(difference, axis=None, initial=0.0) > 1e-12 * size:
        *_, i, j = np.unravel_index(int(difference.argmax()), difference.shape)
        raise InputError(
            f"hamiltonian is not Hermitian: elements ({i}, {j}) and ({j}, {i}) are not complex "
            f"conjugates (they differ by {difference.max():.3g}). Losses belong in decay."
        )
    return h, d, s
