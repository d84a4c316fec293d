"""Power by angle from fields on a plane, against the closed form of a dipole in vacuum."""

import numpy as np
import pytest

from cqdphotonics.fdtd.farfield import AngularPower, from_plane, from_radial

FREQUENCY = 1.0
WAVENUMBER = 2 * np.pi * FREQUENCY
LARMOR = WAVENUMBER**2 / (6 * np.pi)
"""Power of a unit current with flux = Re(E* × H), without ½, and ε = µ = c = 1."""


def dipole_fields(x, y, z, axis):
    """E and H (Cartesian, exp(−iωt)) of a unit current along `axis` at the origin."""
    r = np.sqrt(x**2 + y**2 + z**2)
    n = np.stack(np.broadcast_arrays(x / r, y / r, z / r))
    kr = WAVENUMBER * r
    spherical = 1j * WAVENUMBER * np.exp(1j * kr) / (4 * np.pi * r)
    p = np.zeros(3)
    p["xyz".index(axis)] = 1
    p = p.reshape(3, *[1] * (n.ndim - 1))
    along = (n * p).sum(axis=0)
    electric = spherical * ((1 + 1j / kr - 1 / kr**2) * p + (-1 - 3j / kr + 3 / kr**2) * along * n)
    magnetic = spherical * (1 + 1j / kr) * np.cross(n, p * np.ones_like(n), axis=0)
    return electric, magnetic


def share(na, axis, index=1.0):
    """Share of all power inside the cone of sin θ ≤ NA, by integrating sin²θ about the axis."""
    c = np.sqrt(1 - (na / index) ** 2)
    if axis == "z":
        return 3 / 4 * ((1 - c) - (1 - c**3) / 3)
    return 3 / 8 * ((1 - c) + (1 - c**3) / 3)


def radial_fields(radius, height, axis):
    """E_r, E_φ, H_r, H_φ at φ = 0 of the part ∝ exp(imφ) of a dipole's field, and m."""
    electric, magnetic = dipole_fields(radius, 0 * radius, height, axis)
    if axis == "z":
        return np.stack([electric[0], electric[1], magnetic[0], magnetic[1]]), 0
    across = [-dipole_fields(0 * radius, radius, height, axis)[i] for i in (0, 1)]
    # E_r and H_φ go as cos φ, E_φ and H_r as sin φ; exp(iφ) carries half of each, and sin φ has
    # the phase −i. Twice the half, so that the amplitudes are those of the dipole.
    e_phi, h_r = across[0][0], -across[1][1]
    return np.stack([electric[0], -1j * e_phi, -1j * h_r, magnetic[1]]), 1


def planar_fields(x, y, height, axis):
    electric, magnetic = dipole_fields(*np.meshgrid(x, y, indexing="ij"), height, axis)
    return np.concatenate([electric[:2], magnetic[:2]])


@pytest.mark.parametrize("axis", ["x", "z"])
def test_radial_transform_of_a_dipole(axis):
    """A plane of radius 30 λ cuts off a tail that ripples by 1/√30 of the edge's field: 1 %."""
    radius = (np.arange(30 * 20) + 0.5) / 20
    fields, m = radial_fields(radius, 0.5, axis)
    power = from_radial(fields, radius, m, FREQUENCY, 1.0)
    # A single exp(iφ) of these amplitudes carries twice the power of cos φ and sin φ.
    whole = LARMOR * (2 if m else 1)
    for na in (0.3, 0.5, 0.65, 0.8, 0.9):
        assert power.within(na, 1.0) / whole == pytest.approx(share(na, axis), rel=0.012)


def test_shares_of_a_dipole_are_those_of_the_literature():
    known = {0.3: 0.0338, 0.5: 0.0941, 0.65: 0.1602, 0.8: 0.2480, 0.9: 0.3262}
    for na, value in known.items():
        assert share(na, "x") == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_planar_transform_of_a_dipole(axis):
    """A square of ±12 λ: the cut-off tail ripples by some per cent of small shares."""
    x = np.linspace(-12, 12, 289)
    power = from_plane(planar_fields(x, x, 0.5, axis), x, x, FREQUENCY, 1.0)
    for na in (0.3, 0.5, 0.65, 0.8, 0.9):
        assert power.within(na, 1.0) / LARMOR == pytest.approx(share(na, axis), rel=0.03, abs=1e-4)


def test_both_transforms_of_one_dipole_agree():
    """On planes of equal size, a disc and a square, whose edges ripple differently: 5 %."""
    radius = (np.arange(6 * 20) + 0.5) / 20
    fields, m = radial_fields(radius, 0.4, "x")
    radial = from_radial(fields, radius, m, FREQUENCY, 1.0)
    x = np.linspace(-6, 6, 193)
    planar = from_plane(planar_fields(x, x, 0.4, "x"), x, x, FREQUENCY, 1.0)
    for na in (0.5, 0.65, 0.8, 0.9):
        assert radial.within(na, 1) / 2 == pytest.approx(planar.within(na, 1), rel=0.05)


def test_a_plane_with_many_points_is_not_cut():
    """More points than the transform is padded to must count all the same."""
    x = np.linspace(-3, 3, 1201)
    fine = from_plane(planar_fields(x, x, 0.5, "x"), x, x, FREQUENCY, 1.0)
    coarse = from_plane(planar_fields(x[::10], x[::10], 0.5, "x"), x[::10], x[::10], FREQUENCY, 1.0)
    # The same plane at 200 and at 20 points a wavelength: the trapezoidal rule's own error is 1e-3.
    assert fine.within(0.7, 1.0) == pytest.approx(coarse.within(0.7, 1.0), rel=5e-3)


def test_denser_medium():
    """In index n the cone of NA is that of sin θ = NA/n; beyond n there is nothing more."""
    theta = np.linspace(0, np.pi / 2, 181)
    flat = AngularPower(theta, np.ones_like(theta))
    # Trapezoids of half a degree: 1e-5.
    assert flat.within(0.75, 1.5) == pytest.approx(2 * np.pi * (1 - np.cos(np.pi / 6)), rel=1e-4)
    assert flat.within(2.0, 1.5) == pytest.approx(2 * np.pi, rel=1e-4)
    assert flat.within(1.5, 1.5) == flat.within(4.0, 1.5)
