"""The energy that exposed polygons leave at a point.

Short ranges (below `LONG` µm) are exact for any polygon. A Gaussian of unit volume, integrated
over the triangle between its centre and a straight edge, is an angle less a difference of Owen's
T functions: with h the distance of the edge's line and t the position along it,

    G(h, t) = atan(t/h)/2π − T(h/σ, t/h),     energy = Σ_edges G(h, t_end) − G(h, t_start)

(Owen, Ann. Math. Stat. 27, 1075 (1956)). No raster and no sum of rectangles comes in, so curved
edges cost no accuracy. Long ranges see only how much charge lies where: the pieces' charges are
put on a raster of `range`/8 and convolved by FFT, which for a range of tens of µm is cheap on a
whole chip. What the raster itself blurs is taken out of the Gaussian's width.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree
from scipy.special import owens_t

Floats = NDArray[np.float64]

LONG = 1.0
"""Ranges from here on (µm) are convolved on a raster."""

REACH = 4.5
"""Beyond so many σ a short-range Gaussian counts as 0: half a plane there gives 3·10⁻⁶."""

PIXELS_PER_RANGE = 8
_CHUNK = 2_000_000


@dataclass(frozen=True)
class Polygons:
    """Polygons as arrays: their edges one after the other.

    Attributes
    ----------
    edges : (E, 4) array
        x0, y0, x1, y1 in µm, interior on the left.
    first : (P + 1,) array
        Edges ``first[k]`` to ``first[k + 1]`` belong to polygon k.
    """

    edges: Floats
    first: NDArray[np.int64]

    def __len__(self) -> int:
        return self.first.size - 1

    @property
    def owner(self) -> NDArray[np.int64]:
        """(E,) number of the polygon that an edge belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    @property
    def areas(self) -> Floats:
        """(P,) in µm²."""
        x0, y0, x1, y1 = self.edges.T
        return np.asarray(np.bincount(self.owner, (x0 * y1 - x1 * y0) / 2, len(self)), float)

    @property
    def centroids(self) -> Floats:
        """(P, 2) in µm."""
        # About the polygon's first corner: far from the origin the terms would cancel.
        corner = self.edges[self.first[:-1], :2]
        x0, y0, x1, y1 = (self.edges - np.tile(corner, 2)[self.owner]).T
        cross = x0 * y1 - x1 * y0
        area = np.bincount(self.owner, cross / 2, len(self))
        moments = [np.bincount(self.owner, (a + b) * cross / 6, len(self))
                   for a, b in ((x0, x1), (y0, y1))]  # fmt: skip
        return np.asarray(corner + np.stack(moments, 1) / area[:, None])

    @property
    def radii(self) -> Floats:
        """(P,) distance in µm from the centroid to the farthest corner."""
        distances = np.hypot(*(self.edges[:, :2] - self.centroids[self.owner]).T)
        return np.asarray(np.maximum.reduceat(distances, self.first[:-1]))


def gaussian_over_polygons(points: Floats, polygons: Polygons, sigma: float) -> csr_matrix:
    """(N, P) sparse matrix: share of a Gaussian around each point that lies in each polygon.

    Parameters
    ----------
    points : (N, 2) array
        µm.
    polygons : Polygons
        Any simple polygons; a point on an edge is allowed.
    sigma : float
        Standard deviation along an axis in µm.
    """
    shape = (len(points), len(polygons))
    if 0 in shape:
        return csr_matrix(shape)
    radii = polygons.radii
    near = cKDTree(points).query_ball_point(polygons.centroids, radii + REACH * sigma)
    counts = np.array([len(found) for found in near])
    columns = np.repeat(np.arange(shape[1]), counts)
    rows = np.concatenate([np.asarray(found, int) for found in near])
    sides = np.diff(polygons.first)[columns]
    values = np.zeros(rows.size)
    ends = np.cumsum(sides)
    start = 0
    while start < rows.size:
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _CHUNK)))
        some = slice(start, stop)
        values[some] = _pairs(points[rows[some]], polygons, columns[some], sides[some], sigma)
        start = stop
    return csr_matrix((values, (rows, columns)), shape)


def _pairs(
    points: Floats, polygons: Polygons, which: NDArray[np.int64],
    sides: NDArray[np.int64], sigma: float,
) -> Floats:  # fmt: skip
    """Energy of polygon ``which[k]`` at ``points[k]``."""
    pair = np.repeat(np.arange(which.size), sides)
    within = np.arange(pair.size) - np.repeat(np.cumsum(sides) - sides, sides)
    edges = polygons.edges[polygons.first[which][pair] + within]
    start, end = edges[:, :2] - points[pair], edges[:, 2:] - points[pair]
    along = end - start
    length = np.hypot(along[:, 0], along[:, 1])
    # Signed: positive where the point lies on the inner side of the edge.
    height = (start[:, 0] * end[:, 1] - start[:, 1] * end[:, 0]) / length
    t_start = (start * along).sum(1) / length
    parts = _triangle(height, t_start + length, sigma) - _triangle(height, t_start, sigma)
    return np.asarray(np.bincount(pair, parts, which.size), float)


def _triangle(height: Floats, t: Floats, sigma: float) -> Floats:
    distance = np.abs(height)
    flat = distance < 1e-9 * sigma  # the point is on the line: the triangle has no area
    slope = t / np.where(flat, 1.0, distance)
    value = np.arctan(slope) / (2 * np.pi) - owens_t(distance / sigma, slope)
    return np.where(flat, 0.0, np.sign(height) * value)


class LongRange:
    """Energy of distant charge at points, for one Gaussian, by convolution on a raster.

    Parameters
    ----------
    points : (N, 2) array
        Where the energy is wanted, µm.
    centroids : (P, 2) array
        Of the charged pieces; a piece is no larger than the raster's pitch.
    reach : float
        Range a of the Gaussian in µm.
    """

    def __init__(self, points: Floats, centroids: Floats, reach: float) -> None:
        pitch = reach / PIXELS_PER_RANGE
        low = np.minimum(points.min(0), centroids.min(0)) - pitch
        high = np.maximum(points.max(0), centroids.max(0)) + 2 * pitch
        self._shape = tuple(int(n) for n in np.ceil((high - low) / pitch) + 1)
        self._padded = tuple(next_fast_len(2 * n, real=True) for n in self._shape)
        self._write = self._weights((centroids - low) / pitch).T.tocsr()
        self._read = self._weights((points - low) / pitch)
        # Sharing a charge among four nodes, and reading between nodes, blurs by f(1 − f) pitch²
        # per axis each, 1/6 on the average.
        variance = reach**2 / 2 - pitch**2 / 3
        axes = [np.minimum(np.arange(n), n - np.arange(n)) * pitch for n in self._padded]
        gauss = [np.exp(-(axis**2) / (2 * variance)) for axis in axes]
        self._kernel = rfft2(np.outer(*gauss) / (2 * np.pi * variance))

    def _weights(self, places: Floats) -> csr_matrix:
        """(N, nodes) bilinear weights."""
        base = np.floor(places).astype(int)
        part = places - base
        rows, columns, values = [], [], []
        for dx in (0, 1):
            for dy in (0, 1):
                rows.append(np.arange(len(places)))
                columns.append((base[:, 0] + dx) * self._shape[1] + base[:, 1] + dy)
                values.append(
                    (part[:, 0] if dx else 1 - part[:, 0]) * (part[:, 1] if dy else 1 - part[:, 1])
                )
        indices = (np.concatenate(rows), np.concatenate(columns))
        shape = (len(places), self._shape[0] * self._shape[1])
        return csr_matrix((np.concatenate(values), indices), shape)

    def __call__(self, charges: Floats) -> Floats:
        """(N,) energy of (P,) charges (dose times area, µm²)."""
        raster = np.zeros(self._padded)
        raster[: self._shape[0], : self._shape[1]] = (self._write @ charges).reshape(self._shape)
        spread = irfft2(rfft2(raster) * self._kernel, self._padded)
        return np.asarray(self._read @ spread[: self._shape[0], : self._shape[1]].ravel())
