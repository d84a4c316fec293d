"""The photons of a system whose emitter rates are uncertain, to first order."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from uncertainties import UFloat

from cqdphotonics.display import nominal, quantity
from cqdphotonics.quantum.emission import check_system
from cqdphotonics.quantum.excitation import photon_integrals


class Levels(NamedTuple):
    """An emitter in its environment, as `quantum.emission` takes it; level 0 is the emitter."""

    hamiltonian: NDArray[np.complex128]
    decay: NDArray[np.float64]
    dephasing: NDArray[np.float64]


def propagated_photons(
    levels: Callable[[float, float], Levels], emitter_decay: UFloat, gamma_star: UFloat
) -> tuple[list[UFloat], list[UFloat]]:
    """Indistinguishability and ∫⟨a†a⟩dt of every level as UFloats of the emitter's two rates.

    Parameters
    ----------
    levels : callable
        Takes the emitter's Markov decay and pure dephasing rates.
    emitter_decay, gamma_star : UFloat
        The rates; correlations with other quantities are kept.

    Notes
    -----
    One batched evaluation: the central point, and two points beside it for each rate that is
    uncertain. With central differences of relative step 1e-4 the slope is good to 1e-8.
    """
    rates = (emitter_decay, gamma_star)
    points = [[nominal(rate) for rate in rates]]
    uncertain = [i for i, rate in enumerate(rates) if rate.std_dev > 0]
    for i in uncertain:
        step = 1e-4 * (points[0][i] or rates[i].std_dev)
        for value in (points[0][i] + step, max(points[0][i] - step, 0.0)):
            points.append([*points[0][:i], value, *points[0][i + 1 :]])
    systems = [levels(*point) for point in points]
    hamiltonian, decay, dephasing = (np.array(part) for part in zip(*systems, strict=True))
    count = decay.shape[-1]
    integrals, photons = photon_integrals(
        *check_system(hamiltonian, decay, dephasing), tuple(range(count))
    )
    results = []
    for values in (photons, integrals):
        totals = [quantity(value) for value in values[0]]
        for j, i in enumerate(uncertain):
            above, below = 1 + 2 * j, 2 + 2 * j
            slope = (values[above] - values[below]) / (points[above][i] - points[below][i])
            for level, derivative in enumerate(slope):
                totals[level] = totals[level] + derivative * (rates[i] - points[0][i])
        results.append(totals)
    return results[0], results[1]
