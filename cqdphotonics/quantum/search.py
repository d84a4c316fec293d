"""The best cavity, or cascade of two cavities, for an emitter: efficiency against I.

The devices are an emitter in a cavity, or in a cavity that feeds a second one, all in resonance,
the light collected from the last mode's decay:

    emitter ──g── cavity ──▶ κ                   emitter ──g── cavity ──J── ring ──▶ κ2
                                                                 └▶ κ1 (lost)

The search works on the logarithms of the rates, since they span decades: a Sobol sequence over
the box, then a few generations around the best of every level of I (the levels share all
samples), then SLSQP from each best one. It is deterministic. All rates share one unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special
from scipy.stats import qmc

from cqdphotonics.errors import RangeError
from cqdphotonics.quantum.emission import emission

_SAMPLES = {1: 256, 2: 1024}
_GENERATIONS = 10
_CHILDREN = 12
_LEVELS = 11  # of the front
_FAMILY = 2.0  # devices of one family differ less, in ln(rate)
_FIRST_WIDTH, _LAST_WIDTH = 1.5, 0.08  # of the children's cloud, in ln(rate)
_SLACK = 1e-9  # of a constraint, relative


@dataclass(frozen=True)
class Limits:
    """The box in which a device must lie; all rates in one unit.

    Attributes
    ----------
    g : float
        Largest coupling of emitter and cavity: the smallest mode volume.
    kappa1 : float
        Smallest decay rate of the cavity with the emitter: its highest quality factor.
    kappa2 : float
        Smallest decay rate of the second cavity.
    largest : float
        Largest κ and J for which coupled modes describe the device.
    """

    g: float
    kappa1: float
    kappa2: float
    largest: float

    def __post_init__(self) -> None:
        for name in ("g", "kappa1", "kappa2", "largest"):
            if not 0 < getattr(self, name) < np.inf:
                raise RangeError(f"limit {name} = {getattr(self, name):g}: it must be positive.")
        if max(self.kappa1, self.kappa2) >= self.largest:
            raise RangeError(
                f"the smallest κ ({self.kappa1:g}, {self.kappa2:g}) are above the largest rate "
                f"{self.largest:g}: no device is allowed. Allow a higher quality factor."
            )


@dataclass(frozen=True)
class Design:
    """One device: its rates, and the I and efficiency that it gives.

    `coupling` (J) and `kappa2` are None for one cavity, whose output is `kappa1`.
    """

    g: float
    kappa1: float
    coupling: float | None
    kappa2: float | None
    indistinguishability: float
    efficiency: float

    @classmethod
    def from_rates(cls, rates: Sequence[float], indistinguishability: float, eta: float) -> Self:
        """A design from (g, κ) or (g, κ1, J, κ2)."""
        g, kappa1, *rest = (float(rate) for rate in rates)
        coupling, kappa2 = rest or (None, None)
        return cls(g, kappa1, coupling, kappa2, float(indistinguishability), float(eta))

    def rates(self) -> tuple[float, ...]:
        """(g, κ) or (g, κ1, J, κ2)."""
        if self.coupling is None or self.kappa2 is None:
            return self.g, self.kappa1
        return self.g, self.kappa1, self.coupling, self.kappa2


def evaluate(
    rates: NDArray[np.float64], gamma: float, gamma_star: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """I and efficiency (n,) of devices with rates (n, 2): g, κ or (n, 4): g, κ1, J, κ2."""
    modes = rates.shape[-1] // 2
    count = rates.shape[0]
    hamiltonian = np.zeros((count, modes + 1, modes + 1))
    for k in range(modes):
        hamiltonian[:, k, k + 1] = hamiltonian[:, k + 1, k] = rates[:, 2 * k]
    decay = np.column_stack([np.full(count, gamma), rates[:, 1::2]])
    dephasing = np.zeros((count, modes + 1))
    dephasing[:, 0] = gamma_star
    photons = emission(hamiltonian, decay, dephasing)
    return photons.indistinguishability, photons.efficiency


class Search:
    """All devices of one kind that have been evaluated, and the best of them.

    Parameters
    ----------
    gamma, gamma_star : float
        Total decay rate of the emitter past the modes, and its pure dephasing rate.
    limits : Limits
        Where the device may lie.
    modes : {1, 2}
        One cavity, or a cascade of two.
    wanted : sequence of float
        Values of I for which the most efficient device is wanted, beside the front's own.
    floor : float
        Efficiency below which a device counts as dark: where the front ends.
    seeds : sequence of Design
        Devices of this kind to start from, e.g. those of a search in a smaller box.
    """

    def __init__(
        self,
        gamma: float,
        gamma_star: float,
        limits: Limits,
        modes: int,
        wanted: Sequence[float] = (),
        floor: float = 1e-3,
        seeds: Sequence[Design] = (),
    ) -> None:
        self._gamma, self._gamma_star = gamma, gamma_star
        self._wanted, self._floor = tuple(wanted), floor
        small = 1e-3 * gamma
        lowest = [min(small, limits.g / 10), limits.kappa1, small, limits.kappa2][: 2 * modes]
        highest = [limits.g, limits.largest, limits.largest, limits.largest][: 2 * modes]
        self._low, self._high = np.log(lowest), np.log(highest)
        self._x = np.empty((0, 2 * modes))
        self._value = np.empty((0, 2))  # ln I, ln efficiency
        for seed in seeds:
            self._add(np.log([seed.rates()]))
        self._explore(modes, limits)
        if (start := self._purest()) is not None:
            self._polish(start, wanted=1, bound=np.log(floor))
        self._polish(int(self._value[:, 1].argmax()), wanted=0, bound=-np.inf)
        levels = self._levels()
        for level in levels:
            if (start := self._best_at(level)) is not None:
                self._polish(start, wanted=0, bound=np.log(level))
        # Each level once more from its neighbours' devices, where those are of another family: a
        # family that one level has found spreads over the front.
        for order in (levels, levels[::-1]):
            for neighbour, level in pairwise(order):
                start, own = self._best_at(neighbour), self._best_at(level)
                if start is not None and (
                    own is None or level in self._wanted or self._distance(start, own) > _FAMILY
                ):
                    self._polish(start, wanted=0, bound=np.log(level))

    def best(self, level: float) -> Design | None:
        """The most efficient device found with I of at least `level`; None if there is none."""
        index = self._best_at(level)
        return None if index is None else self._design(index)

    @property
    def purest(self) -> Design:
        """The device with the highest I of those with an efficiency of at least `floor`.

        Of devices within 1e-3 I(1 − I) of it, the most efficient. Where all are darker, the
        brightest.
        """
        index = self._purest()
        if index is None:
            return self._design(int(self._value[:, 1].argmax()))
        highest = float(np.exp(self._value[index, 0]))
        equal = self._best_at(highest - 1e-3 * highest * (1 - highest))
        return self._design(index if equal is None else equal)

    def front(self) -> list[Design]:
        """The Pareto front in the order of I: no device is worse in both than another."""
        found = [self.purest, *(self.best(level) for level in self._levels())]
        kept: list[Design] = []
        for design in sorted(
            (d for d in found if d), key=lambda d: (-d.indistinguishability, -d.efficiency)
        ):
            if not kept or design.efficiency > kept[-1].efficiency:
                kept.append(design)
        return kept[::-1]

    def _levels(self) -> list[float]:
        """Values of I from the most efficient device to the purest, even in ln(I/(1 − I))."""
        most_efficient = int(self._value[:, 1].argmax())
        purest = self._purest()
        ends = self._value[[most_efficient, most_efficient if purest is None else purest], 0]
        low, high = special.logit(np.clip(np.exp(ends), 1e-300, 1 - 1e-12))
        own = special.expit(np.linspace(low, high, _LEVELS))
        return sorted({*own.tolist(), *self._wanted})

    def _explore(self, modes: int, limits: Limits) -> None:
        dimension = 2 * modes
        unit = qmc.Sobol(dimension, scramble=False).random(_SAMPLES[modes])
        # A device may use every limit to the full, in units of g: small cavities, matched rates.
        full = np.log(limits.g * np.array([1, 1, 0.6, 0.75])[:dimension])
        self._add(np.vstack([self._low + unit * (self._high - self._low), full]))
        generator = np.random.default_rng(1)
        for width in np.geomspace(_FIRST_WIDTH, _LAST_WIDTH, _GENERATIONS):
            parents = {self._best_at(level) for level in self._levels()}
            parents.add(int(self._value[:, 0].argmax()))
            centres = self._x[sorted(p for p in parents if p is not None)]
            cloud = generator.normal(0, width, (len(centres), _CHILDREN, dimension))
            self._add((centres[:, None, :] + cloud).reshape(-1, dimension))

    def _add(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        x = np.clip(x, self._low, self._high)
        pair = evaluate(np.exp(x), self._gamma, self._gamma_star)
        value = np.log(np.maximum(np.column_stack(pair), 1e-300))
        self._x = np.vstack([self._x, x])
        self._value = np.vstack([self._value, value])
        return value

    def _best_at(self, level: float) -> int | None:
        return self._highest(objective=1, constraint=0, bound=np.log(level))

    def _distance(self, one: int, other: int) -> float:
        return float(np.abs(self._x[one] - self._x[other]).max())

    def _purest(self) -> int | None:
        return self._highest(objective=0, constraint=1, bound=np.log(self._floor))

    def _highest(self, objective: int, constraint: int, bound: float) -> int | None:
        allowed = self._value[:, constraint] >= bound - _SLACK
        if not allowed.any():
            return None
        return int(np.where(allowed, self._value[:, objective], -np.inf).argmax())

    def _polish(self, start: int, wanted: int, bound: float) -> None:
        """Raise the other value while value[wanted] stays above `bound`; keeps all samples."""
        known: dict[bytes, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
        step = 1e-5

        def with_slopes(x: NDArray[np.float64]) -> tuple[Any, Any]:
            key = x.tobytes()
            if key not in known:
                # Forward differences, turned inwards at the upper limit.
                signs = np.where(x + step > self._high, -step, step)
                values = self._add(np.vstack([x, x + np.diag(signs)]))
                known[key] = values[0], ((values[1:] - values[0]) / signs[:, None]).T
            return known[key]

        other = 1 - wanted
        optimize.minimize(
            lambda x: -with_slopes(x)[0][other],
            self._x[start],
            jac=lambda x: -with_slopes(x)[1][other],
            bounds=list(zip(self._low, self._high, strict=True)),
            constraints={
                "type": "ineq",
                "fun": lambda x: with_slopes(x)[0][wanted] - bound,
                "jac": lambda x: with_slopes(x)[1][wanted],
            }
            if np.isfinite(bound)
            else (),
            method="SLSQP",
            options={"maxiter": 40, "ftol": 1e-7},
        )

    def _design(self, index: int) -> Design:
        return Design.from_rates(np.exp(self._x[index]), *np.exp(self._value[index]))
