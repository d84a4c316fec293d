"""Energy of exposed polygons: against error functions, a raster, and direct sums."""

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.special import erf

from cqdphotonics.layout.ebeam import PointSpread
from cqdphotonics.layout.ebeam.energy import LongRange, Polygons, gaussian_over_polygons


def polygons(*outlines):
    """Outlines (counter-clockwise) as `Polygons`."""
    edges = [np.hstack([ring, np.roll(ring, -1, 0)]) for ring in map(np.array, outlines)]
    return Polygons(np.concatenate(edges), np.cumsum([0, *map(len, edges)]))


def rectangle(x0, y0, x1, y1):
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def test_rectangle_is_a_product_of_error_functions():
    random = np.random.default_rng(3)
    sigma = 0.011
    points = np.concatenate([
        random.uniform(-0.05, 0.15, (300, 2)),
        [[0.0, 0.0], [0.1, 0.03], [0.05, 0.06], [0.0, 0.02]],  # corners, and points on edges
    ])  # fmt: skip
    found = gaussian_over_polygons(points, polygons(rectangle(0, 0, 0.1, 0.06)), sigma).toarray()
    scaled = points / (sigma * np.sqrt(2))
    end = np.array([0.1, 0.06]) / (sigma * np.sqrt(2))
    wanted = ((erf(end - scaled) + erf(scaled)) / 2).prod(1)
    # Points farther than 4.5 σ count as 0: half a plane there gives 3.4e-6.
    assert found[:, 0] == pytest.approx(wanted, abs=4e-6)
    near = wanted > 1e-3
    assert found[near, 0] == pytest.approx(wanted[near], abs=1e-12)


def test_oblique_polygon_is_what_a_raster_gives():
    corners = np.array([(0, 0), (0.09, 0.02), (0.05, 0.04), (0.07, 0.10), (-0.02, 0.06)])
    sigma, step = 0.012, 0.0002
    axis = np.arange(-0.1, 0.2, step) + step / 2
    x, y = np.meshgrid(axis, axis, indexing="ij")
    inside = np.zeros(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, 0), strict=True):
        crosses = (y0 > y) != (y1 > y)
        inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / np.where(y1 == y0, 1, y1 - y0))
    points = np.array([(0.03, 0.03), (0.05, 0.04), (0.0, 0.0), (0.06, 0.09), (0.08, 0.06)])
    found = gaussian_over_polygons(points, polygons(corners), sigma).toarray()[:, 0]
    for (px, py), energy in zip(points, found, strict=True):
        weights = np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * sigma**2))
        summed = weights[inside].sum() * step**2 / (2 * np.pi * sigma**2)
        # Pixels on the outline are in or out, an error of half a pixel at most in the place of an
        # edge: step/2 · 1/(σ√2π) = 3e-3; over the pixels along the edge most of it averages out.
        assert energy == pytest.approx(summed, abs=1e-3)


def test_parts_add_up_to_the_whole():
    """Linear, and a cut leaves no trace: the doses of pieces may be summed."""
    points = np.random.default_rng(1).uniform(-0.03, 0.09, (50, 2))
    whole = polygons([(0, 0), (0.06, 0), (0.06, 0.03), (0, 0.05)])
    halves = polygons(
        [(0, 0), (0.03, 0), (0.03, 0.04), (0, 0.05)],
        [(0.03, 0), (0.06, 0), (0.06, 0.03), (0.03, 0.04)],
    )
    one = gaussian_over_polygons(points, whole, 0.01).toarray()[:, 0]
    two = gaussian_over_polygons(points, halves, 0.01).toarray().sum(1)
    assert two == pytest.approx(one, abs=5e-6)


def test_areas_and_centroids_far_from_the_origin():
    shape = polygons(np.array([(0, 0), (3, 0), (0, 3)]) + 1e4)
    assert shape.areas == pytest.approx([4.5])
    assert shape.centroids[0] == pytest.approx([1e4 + 1, 1e4 + 1], abs=1e-9)


def test_long_range_is_the_direct_sum():
    random = np.random.default_rng(7)
    reach = 30.0
    places, charges = random.uniform(-80, 80, (400, 2)), random.uniform(0, 14, 400)
    points = random.uniform(-90, 90, (200, 2))
    squares = ((points[:, None] - places) ** 2).sum(-1)
    direct = (charges * np.exp(-squares / reach**2)).sum(1) / (np.pi * reach**2)
    found = LongRange(points, places, reach)(charges)
    # A raster of 8 pixels a range: what is left after its blur is taken out is of 2nd order.
    assert np.abs(found - direct).max() < 2e-3 * direct.max()


def test_point_spread_is_normalised():
    spread = PointSpread(alpha=0.012, beta=31, eta=0.65, gamma=0.4, nu=0.2)
    radii = np.concatenate([[0.0], np.geomspace(1e-6, 400, 200_001)])
    density = spread.density(radii) * 2 * np.pi * radii
    assert trapezoid(density, radii) == pytest.approx(1, abs=1e-6)
    assert spread.ranges == (0.012, 0.4, 31)
    assert spread.shares.sum() == pytest.approx(1)
