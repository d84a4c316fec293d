"""The plasmons of a metal cube on a grid of four pixels, against its published polarizability."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import spsolve

from cqdphotonics.fdtd.faces import face_layers
from cqdphotonics.fdtd.job import MediumSpec, PoleSpec
from cqdphotonics.fdtd.solids import Box, Slab

HALF, CELLS = 2, 10
"""Pixels from the middle of the cube to its faces, and to the end of the grid."""

POLE = PoleSpec(kind="drude", frequency=7.0, gamma=0.1, sigma=1.0)
MEDIA = {
    "metal": MediumSpec(label="m", epsilon=1.0, poles=(POLE,)),
    "air": MediumSpec(label="a", epsilon=1.0),
}
CUBE = Box((0.0, 0.0), (2 * HALF, 2 * HALF), 0.0, -HALF, HALF, "metal")

FUCHS = ((0.44, 0.214), (0.24, 0.297), (0.04, 0.345), (0.05, 0.440), (0.10, 0.563), (0.09, 0.706))
"""Strength and depolarisation of a cube's modes: R. Fuchs, Phys. Rev. B 11, 1732 (1975)."""


def published(epsilon):
    return sum(strength / (1 / (epsilon - 1) + factor) for strength, factor in FUCHS)


def links():
    """Per axis, the share of the metal's poles at each component of the field, in an octant."""
    cell = Box((0.0, 0.0), (2 * CELLS, 2 * CELLS), 0.0, 0.0, 0.0, "air")
    films = [Slab(-np.inf, np.inf, "air")]
    layers, added = face_layers(films, [CUBE], "air", MEDIA, 1.0, 0.0, 1.0, cell, True)
    solids = [CUBE, *layers]

    def share(point):
        found = next((s for s in reversed(solids) if s.contains(*point)), None)
        medium = added.get(found.material) or MEDIA[found.material] if found else MEDIA["air"]
        return sum(pole.sigma for pole in medium.poles)

    out = []
    for axis in range(3):
        shape = [CELLS + 1] * 3
        shape[axis] = CELLS
        shares = np.zeros(shape)
        for place in np.ndindex(*(min(n, HALF + 2) for n in shape)):
            point = [float(p) for p in place]
            point[axis] += 0.5
            shares[place] = share(point)
        out.append(shares)
    return out


def polarizability(epsilon, shares):
    """Of the cube, over its volume, in a field along x: Kirchhoff's laws on the grid's links."""
    nodes = CELLS + 1
    number = np.arange(nodes**3).reshape([nodes] * 3)
    on_plane = np.where(np.arange(nodes) == 0, 0.5, 1.0)  # half of it is in the octant
    weights, rows, columns, values = [], [], [], []
    for axis, share in enumerate(shares):
        sides = [on_plane] * 3
        sides[axis] = np.ones(CELLS)
        weight = sides[0][:, None, None] * sides[1][:, None] * sides[2]
        weights.append(weight)
        current = ((1 + (epsilon - 1) * share) * weight).ravel()
        first = np.delete(number, CELLS, axis).ravel()
        second = np.delete(number, 0, axis).ravel()
        rows += [first, second, first, second]
        columns += [first, second, second, first]
        values += [current, current, -current, -current]
    matrix = csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(nodes**3, nodes**3),
    )
    x, y, z = np.indices([nodes] * 3)
    potential = -x.ravel().astype(complex)
    free = np.flatnonzero(((x > 0) & (np.maximum(np.maximum(x, y), z) < CELLS)).ravel())
    inner = matrix[free][:, free].tocsc()
    potential[free] += spsolve(inner, -(matrix @ potential)[free])
    field = -np.diff(potential.reshape([nodes] * 3), axis=0)
    return (epsilon - 1) * (shares[0] * field * weights[0]).sum() / HALF**3


@pytest.mark.parametrize("epsilon", [-5.5, -6.0, -7.0, -8.0])
def test_edges_of_metal_do_not_resonate(epsilon):
    """At what gold and silver are in glass or polymer, a cube absorbs in the wing of its plasmons.

    Four pixels are within 25 % of it: the plasmons of sharp edges converge slowly.
    """
    lossy = epsilon * (1 - 0.1j)
    assert polarizability(lossy, links()).imag == pytest.approx(published(lossy).imag, rel=0.25)


def test_edges_with_the_quarter_that_fills_their_pixels_would_resonate():
    shares = links()
    for axis, share in enumerate(shares):
        edge = [HALF] * 3
        edge[axis] = slice(0, HALF)
        assert (share[tuple(edge)] == (0.5 if axis == 2 else 1)).all()  # upright ones keep half
        share[tuple(edge)] = 0.25
    lossy = -7 * (1 - 0.1j)
    assert polarizability(lossy, shares).imag > 20 * published(lossy).imag


def test_walls_and_faces_have_half():
    along_x, _, along_z = links()
    assert along_x[0, 0, 0] == 1
    assert along_x[0, HALF, 0] == along_x[0, 0, HALF] == along_z[HALF, 0, 0] == 0.5
    assert along_x[0, HALF, HALF] == 1
    assert along_x[HALF, 0, 0] == 0
