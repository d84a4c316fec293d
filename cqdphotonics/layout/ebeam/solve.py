"""The doses at which all edges absorb the same energy: iterated until it is consistent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from scipy.spatial import cKDTree

from cqdphotonics.layout.ebeam.energy import LONG, LongRange, Polygons, gaussian_over_polygons
from cqdphotonics.layout.ebeam.spread import PointSpread

Floats = NDArray[np.float64]

ITERATIONS = 30
LEAST_WEIGHT = 1e-4
"""A piece that gives all points together less than this per dose is far inside."""

HOLD = 0.001
"""Weight, as that of a point, with which each piece is held at what long ranges ask for: a piece
that hardly reaches an edge must not make up for its neighbours."""

FREEDOM = 1.6
"""Doses stay within this factor of where they start: what small pieces gain by more is noise."""


@dataclass(frozen=True, eq=False)
class Exposure:
    """The linear map from doses of pieces to energies at points.

    Attributes
    ----------
    near : (N, P) sparse matrix
        Of the short ranges, exact.
    far : tuple of (share, LongRange)
        Of the long ranges.
    areas : (P,) array
        µm².
    """

    near: csr_matrix
    far: tuple[tuple[float, LongRange], ...]
    areas: Floats

    def __call__(self, doses: Floats) -> Floats:
        """(N,) energies for (P,) doses."""
        energy = self.near @ doses
        for share, spread in self.far:
            energy = energy + share * spread(doses * self.areas)
        return np.asarray(energy)


def exposure(
    points: Floats, polygons: Polygons, spread: PointSpread, known: csr_matrix | None = None
) -> Exposure:
    """What exposed polygons leave at points.

    Parameters
    ----------
    points : (N, 2) array
        µm.
    polygons : Polygons
        No larger than 1/8 of the shortest long range.
    spread : PointSpread
        How the energy spreads.
    known : (N, K) sparse matrix, optional
        The near part of the first K polygons, if it was computed before.
    """
    skip = 0 if known is None else known.shape[1]
    first = polygons.first[skip]
    new = Polygons(polygons.edges[first:], polygons.first[skip:] - first)
    near = csr_matrix((len(points), len(new)))
    far = []
    for share, reach, sigma in zip(spread.shares, spread.ranges, spread.sigmas, strict=True):
        if share == 0:
            continue
        if reach < LONG:
            near = near + share * gaussian_over_polygons(points, new, sigma)
        else:
            far.append((float(share), LongRange(points, polygons.centroids, reach)))
    near = near if known is None else hstack([known, near], format="csr")
    return Exposure(near.tocsr(), tuple(far), polygons.areas)


def equalise(
    exposed: Exposure, target: float, start: Floats, plain: Floats, centroids: Floats
) -> Floats:
    """Doses at which the energies reach the target as nearly as the pieces allow.

    Every dose is multiplied, again and again, by the mean of target over energy at the points
    that the piece reaches, weighted by how much it gives to each. Doses stay positive, and far
    neighbours count through the energy. A piece too far inside to reach any point has the dose of
    the nearest one that does.

    Parameters
    ----------
    exposed : Exposure
        From P pieces to N points.
    target : float
        Wanted energy.
    start : (P,) array
        First doses.
    plain : (P,) array
        Doses that long ranges alone would ask for; see `FREEDOM`.
    centroids : (P, 2) array
        Of the pieces.
    """
    transposed = exposed.near.T.tocsr()
    weight = np.asarray(transposed.sum(1)).ravel()
    reached = weight > LEAST_WEIGHT
    nearest = np.flatnonzero(reached)[cKDTree(centroids[reached]).query(centroids[~reached])[1]]
    doses = start.copy()
    low, high = plain[reached] / FREEDOM, plain[reached] * FREEDOM
    for _ in range(ITERATIONS):
        ratios = target / np.maximum(exposed(doses), 1e-12)
        pull = HOLD * (plain / doses)[reached]
        step = ((transposed @ ratios)[reached] + pull) / (weight[reached] + HOLD)
        doses[reached] = np.clip(doses[reached] * step, low, high)
        doses[~reached] = doses[nearest]
    return doses


def classes(
    exposed: Exposure, target: float, doses: Floats, most: int, finest: float
) -> tuple[Floats, NDArray[np.int64]]:
    """At most so many doses that stand for all, and the class of each piece.

    The classes lie at equal ratios between the extremes; then their doses are set anew, by least
    squares of the relative error at the points.

    Parameters
    ----------
    exposed : Exposure
        From P pieces to N points.
    target : float
        Wanted energy.
    doses : (P,) array
        Without classes.
    most : int
        Largest number of classes.
    finest : float
        Relative step below which a finer one gains nothing.

    Returns
    -------
    levels : (C,) array
        Doses, ascending.
    chosen : (P,) array of int
        Index into `levels`.
    """
    weight = np.asarray(exposed.near.sum(0)).ravel() + 1e-9
    levels, chosen = _gather(np.log(doses), weight, most, finest)
    levels = np.exp(levels)
    members = csr_matrix(
        (np.ones(doses.size), (np.arange(doses.size), chosen)), (doses.size, levels.size)
    )
    per_class = (exposed.near @ members).toarray()
    for share, spread in exposed.far:
        charges = members.multiply(exposed.areas[:, None]).toarray()
        per_class += share * np.stack([spread(column) for column in charges.T], 1)
    relative = per_class / target
    # Held near the first guess: a class that few points see would run away.
    held = 0.02 * np.sqrt(len(relative) / levels.size)
    system = np.vstack([relative, held * np.eye(levels.size)])
    wanted = np.concatenate([np.ones(len(relative)), held * levels])
    solved = np.linalg.lstsq(system, wanted, rcond=None)[0]

    def worst(candidate: Floats) -> float:
        return float(np.abs(relative @ candidate - 1).max())

    best = min((levels, solved), key=worst)
    order = np.argsort(best)
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return best[order], rank[chosen]


def _gather(
    logs: Floats, weight: Floats, most: int, finest: float
) -> tuple[Floats, NDArray[np.int64]]:
    """Levels near which the values lie (k-means in one dimension), and the nearest of each."""
    low, high = float(logs.min()), float(logs.max())
    count = int(np.clip(np.ceil((high - low) / finest) + 1, 1, most))
    levels = np.linspace(low, high, count)
    for _ in range(50):
        chosen = np.searchsorted((levels[1:] + levels[:-1]) / 2, logs)
        total = np.bincount(chosen, weight, levels.size)
        sums = np.bincount(chosen, weight * logs, levels.size)
        means = sums[total > 0] / total[total > 0]
        if means.size == levels.size and np.allclose(means, levels, atol=1e-5, rtol=0):
            break
        levels = means
    used, chosen = np.unique(
        np.searchsorted((levels[1:] + levels[:-1]) / 2, logs), return_inverse=True
    )
    return levels[used], chosen
