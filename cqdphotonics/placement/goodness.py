"""How many devices become good: from places and orientations to figures and their thresholds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from uncertainties import UFloat

from cqdphotonics.display import quantity
from cqdphotonics.emitters import Emitter
from cqdphotonics.errors import InputError, RangeError, UnknownNameError
from cqdphotonics.placement.copies import chance_of, copies_for, share_interval
from cqdphotonics.placement.device import Model, Outcome, outcome
from cqdphotonics.placement.orientation import ALIGNED, Orientation
from cqdphotonics.placement.position import Distribution
from cqdphotonics.placement.template import Template

Floats = NDArray[np.float64]
Coupling = Callable[[Floats, Floats], Any]

FIGURES = ("purcell", "indistinguishability", "efficiency")


@dataclass(frozen=True, eq=False)
class Good:
    """What comes out of a template, a device and an emitter.

    Attributes
    ----------
    template : Template
        What places the dots.
    thresholds : mapping of str to float
        What a good device reaches.
    places : (N, 2) array
        Of the dots that were drawn, µm.
    couplings : (N,) array
        Their power coupling relative to the nominal place, orientation included.
    outcome : Outcome
        Their F, I and efficiency.
    good : (N,) array of bool
        Which reach all thresholds.
    """

    template: Template
    thresholds: Mapping[str, float]
    places: Floats
    couplings: Floats
    outcome: Outcome
    good: NDArray[np.bool_]

    @property
    def single(self) -> float:
        """Share of sites with exactly one dot."""
        return self.template.single

    @property
    def good_of_single(self) -> UFloat:
        """Share of the sites with one dot that are good; ± is that of counting samples."""
        hits, trials = int(self.good.sum()), self.good.size
        share = hits / trials
        low, high = share_interval(hits, trials)
        # Binomial; where it would be 0 although nothing is certain, the interval's half width.
        deviation = sqrt(share * (1 - share) / trials) or (high - low) / 2
        return quantity(share, deviation)

    @property
    def share(self) -> UFloat:
        """Share of all sites that are good: exactly one dot, and it reaches the thresholds."""
        return quantity(self.single * self.good_of_single)

    def expected(self, sites: int) -> UFloat:
        """Good devices among so many sites, and by how much that number scatters.

        The standard deviation is that of a binomial distribution, with the uncertainty of the
        share itself: √(n p (1 − p) + n² δp²).
        """
        if sites < 0:
            raise RangeError(f"sites = {sites} is negative.")
        share, uncertain = self.share.nominal_value, self.share.std_dev
        scatter = sqrt(sites * share * (1 - share) + (sites * uncertain) ** 2)
        return quantity(sites * share, scatter)

    def chance(self, wanted: int, sites: int) -> float:
        """Probability of at least `wanted` good devices among `sites`."""
        return chance_of(wanted, sites, self.share.nominal_value)

    def copies_for(self, wanted: int, certainty: float = 0.95) -> int:
        """How many copies to write for that probability of `wanted` good ones."""
        return copies_for(wanted, self.share.nominal_value, certainty)

    def histogram(self, figure: str, bins: int = 40) -> tuple[Floats, Floats]:
        """Distribution of a figure over the sites with one dot.

        Parameters
        ----------
        figure : {"purcell", "indistinguishability", "efficiency"}
            Which.
        bins : int
            How many.

        Returns
        -------
        edges : (bins + 1,) array
            Of the bins.
        shares : (bins,) array
            Of the sites with one dot; the sum is 1.
        """
        _known(figure)
        counts, edges = np.histogram(self.outcome[figure], bins)
        return edges, counts / counts.sum()

    def quantiles(self, figure: str, levels: Any = (0.05, 0.5, 0.95)) -> Floats:
        """Quantiles of a figure over the sites with one dot."""
        _known(figure)
        return np.asarray(np.quantile(self.outcome[figure], levels))


def good_share(
    template: Template,
    coupling: Coupling | tuple[Any, Any, Any],
    device: Model,
    emitter: Emitter,
    thresholds: Mapping[str, float],
    *,
    orientation: Orientation = ALIGNED,
    samples: int = 100_000,
    seed: int = 0,
) -> Good:
    """Draw dots at random and see what becomes of them.

    Parameters
    ----------
    template : Template
        Where they fall.
    coupling : callable or (x, y, values)
        Power coupling of an aligned dipole at (x, y), µm from the nominal place, relative to that
        at the nominal place: a function of two arrays, or a map of shape (len(x), len(y)).
        The map is interpolated linearly; beyond it the coupling counts as 0.
    device : Device or callable
        See `placement.outcome`.
    emitter : Emitter
        Its T1, coherence and quantum yield are needed.
    thresholds : mapping of str to float
        Least values of a good device: of "purcell", "indistinguishability", "efficiency".
    orientation : Orientation
        By default every dipole lies along the field.
    samples : int
        How many dots are drawn.
    seed : int
        The same seed gives the same dots.

    Raises
    ------
    UnknownNameError
        A threshold of another figure.
    InputError
        A map whose shape does not fit its axes, or data of the emitter that are missing.
    RangeError
        Negative couplings, a map without the nominal place, no samples.
    """
    for name in thresholds:
        _known(name)
    if samples < 1:
        raise RangeError(f"samples = {samples} must be at least 1.")
    random = np.random.default_rng(seed)
    places = Distribution(template).sample(samples, random)
    relative = _coupling(coupling, places) * orientation.sample(samples, random)
    result = outcome(relative, emitter, device)
    good = np.ones(samples, bool)
    for name, least in thresholds.items():
        good &= result[name] >= least
    return Good(template, dict(thresholds), places, relative, result, good)


def _coupling(coupling: Coupling | tuple[Any, Any, Any], places: Floats) -> Floats:
    if callable(coupling):
        values = np.asarray(coupling(places[:, 0], places[:, 1]), float)
        if values.shape != (len(places),):
            raise InputError(
                f"the coupling of {len(places)} places has the shape {values.shape}; give a "
                "function that takes two arrays and returns one of the same length."
            )
        return values
    from scipy.interpolate import RegularGridInterpolator

    x, y, values = (np.asarray(part, float) for part in coupling)
    if x.ndim != 1 or y.ndim != 1 or values.shape != (x.size, y.size):
        raise InputError(
            f"a map has axes x, y and values of shape (len(x), len(y)); given are {x.shape}, "
            f"{y.shape} and {values.shape}."
        )
    if min(x.size, y.size) < 2 or (np.diff(x) <= 0).any() or (np.diff(y) <= 0).any():
        raise InputError("the axes of a map must ascend and hold at least two places each.")
    if not (x[0] <= 0 <= x[-1] and y[0] <= 0 <= y[-1]):
        raise RangeError("the map of couplings does not hold the nominal place, x = y = 0.")
    found = RegularGridInterpolator((x, y), values, bounds_error=False, fill_value=0.0)
    return np.asarray(found(places))


def _known(name: str) -> None:
    if name not in FIGURES:
        raise UnknownNameError("figure of a placed dot", name, FIGURES)
