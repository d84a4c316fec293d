"""Coupling of two cavities: fit, overlap and simulation against exact two-body solutions."""

import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal
from scipy.special import h1vp, hankel1, jv, jvp

from cqdphotonics import components, materials
from cqdphotonics.constants import angular_frequency
from cqdphotonics.errors import InputError
from cqdphotonics.fdtd.bands import BeamCell, beam_edges
from cqdphotonics.fdtd.coupling import (
    coupling_from_split,
    fit_crossing,
    overlap_coupling,
    two_mode_frequencies,
)
from cqdphotonics.fdtd.dispersion import compensated_permittivity
from cqdphotonics.fdtd.job import CylinderSpec, MediumSpec
from cqdphotonics.fdtd.planar import PlanarJob, planar_job, ringdown_modes
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.store import Store
from cqdphotonics.layout import stacks

TURN = angular_frequency(1.0)


def synthetic(coupling, kappa, noise=0.0, seed=0):
    """Resonances of two modes that are tuned past each other."""
    rng = np.random.default_rng(seed)
    parameter = np.linspace(-1.0, 1.2, 9)
    centre = angular_frequency(0.62)
    out = []
    for p in parameter:
        bare = (centre + 2.0 * p - 0.5j * kappa[0], centre - 1.0 * p - 0.5j * kappa[1])
        out.append(two_mode_frequencies(bare, coupling))
    omega = np.array(out)
    omega = omega + noise * (rng.normal(size=omega.shape) + 1j * rng.normal(size=omega.shape))
    for row in omega[::2]:  # the order in a pair has no meaning
        row[:] = row[::-1]
    return parameter, TURN / omega.real, omega.real / (-2 * omega.imag)


@pytest.mark.parametrize(
    ("coupling", "kappa"),
    [(0.5, (0.1, 0.1)), (0.5, (0.8, 0.05)), (0.1, (1.0, 0.02)), (0.02, (0.3, 0.01))],
)
def test_fit_gives_back_what_was_put_in(coupling, kappa):
    """Exact data, strong and weak coupling (J above and below |κ₁ − κ₂|/4): 1e-6."""
    parameter, wavelengths, qualities = synthetic(coupling, kappa)
    found = fit_crossing(parameter, wavelengths, qualities, dimension="test")
    assert found.coupling.nominal_value == pytest.approx(coupling, rel=1e-6)
    assert sorted(k.nominal_value for k in found.kappa) == pytest.approx(sorted(kappa), rel=1e-5)
    assert found.parameter_at_crossing == pytest.approx(0.0, abs=1e-6)
    assert sorted(found.slopes) == pytest.approx([-1.0, 2.0], rel=1e-6)
    assert found.trusted


def test_uncertainty_covers_the_truth():
    """With noise of 2 % of J the truth lies within two standard deviations in 19 of 20 cases."""
    inside = 0
    for seed in range(40):
        parameter, wavelengths, qualities = synthetic(0.5, (0.2, 0.05), noise=0.01, seed=seed)
        found = fit_crossing(parameter, wavelengths, qualities, dimension="test")
        assert 0.001 < found.coupling.std_dev < 0.02
        inside += abs(found.coupling.nominal_value - 0.5) <= 2 * found.coupling.std_dev
    assert inside >= 34  # of 40; 38 are expected


def test_fit_without_losses_and_what_it_refuses():
    parameter, wavelengths, _ = synthetic(0.5, (0.0, 0.0), noise=1e-9)
    found = fit_crossing(parameter, wavelengths, dimension="2D effective index")
    assert found.coupling.nominal_value == pytest.approx(0.5, rel=1e-6)
    assert "2D effective index" in str(found)
    with pytest.raises(InputError, match="four or more"):
        fit_crossing(parameter[:3], wavelengths[:3], dimension="test")
    # Curved bare modes are no two-mode crossing, and the result says so.
    curved = wavelengths + 2e-3 * np.cos(6 * parameter)[:, None] * np.array([1, -0.3])
    assert not fit_crossing(parameter, curved, dimension="test").trusted


def test_equal_cavities_split_by_twice_j():
    found = coupling_from_split((0.62, 0.621), "2D")
    expected = (angular_frequency(0.62) - angular_frequency(0.621)) / 2
    assert found.coupling.nominal_value == pytest.approx(expected)


def films(centres, index=2.0, width=0.2, points=6000, half=3.0):
    """Grid and ε of films across x."""
    x = np.linspace(-half, half, points)
    epsilon = np.ones(points)
    for centre in centres:
        epsilon[np.abs(x - centre) <= width / 2] = index**2
    return x, epsilon


def guided_states(x, epsilon, beta, count):
    """ω (1/µm) and E_y of (−d²/dx² + β²)E = (2πω)² ε E: exact resonances of films at fixed β."""
    step = x[1] - x[0]
    root = np.sqrt(epsilon)
    diagonal = (2 / step**2 + beta**2) / epsilon
    beside = -1 / step**2 / (root[:-1] * root[1:])
    values, vectors = eigh_tridiagonal(diagonal, beside, select="i", select_range=(0, count - 1))
    return np.sqrt(values) / (2 * np.pi), vectors.T / root


@pytest.mark.parametrize("gap", [0.15, 0.25, 0.4])
def test_overlap_against_the_exact_pair(gap):
    """Two equal films at a fixed wave number: half the exact splitting.

    The error is of first order in the overlap of the two fields: smallest for the widest gap.
    """
    beta = 2 * np.pi * 1.6 / 0.62
    place = (gap + 0.2) / 2
    x, both = films([-place, place])
    _, one = films([-place])
    _, two = films([place])
    pair, _ = guided_states(x, both, beta, 2)
    exact = (angular_frequency(1 / pair[1]) - angular_frequency(1 / pair[0])) / 2
    (alone,), (field,) = guided_states(x, one, beta, 1)
    _, (other,) = guided_states(x, two, beta, 1)
    found = overlap_coupling(1 / alone, both, one, two, field[None], other[None])
    assert found == pytest.approx(exact, rel={0.15: 0.08, 0.25: 0.04, 0.4: 0.02}[gap])
    split = coupling_from_split((1 / pair[0], 1 / pair[1]), "1D")
    assert split.coupling.nominal_value == pytest.approx(exact)


RADIUS, INDEX, ORDER = 0.5, 2.5, 8


def scattering(m, frequency):
    """Numerator and denominator of a cylinder's answer to order m, E along its axis."""
    a = 2 * np.pi * frequency * RADIUS
    b = INDEX * a
    top = INDEX * jv(m, a) * jvp(m, b) - jvp(m, a) * jv(m, b)
    bottom = INDEX * hankel1(m, a) * jvp(m, b) - h1vp(m, a) * jv(m, b)
    return -top, bottom


def root(function, start):
    """A complex zero by the secant method."""
    one, two = start, start * (1 + 1e-5)
    f_one, f_two = function(one), function(two)
    for _ in range(80):
        if abs(two - one) < 1e-13 or f_two == f_one:
            break
        one, two, f_one = two, two - f_two * (two - one) / (f_two - f_one), f_two
        f_two = function(two)
    return two


def single():
    """Complex frequency (1/µm) of one cylinder's whispering-gallery mode."""
    return root(lambda f: scattering(ORDER, f)[1], 1.42 - 0.0003j)


def exact_pair(start, gap, even, orders=16):
    """Complex frequency (1/µm) of two equal cylinders; even about y = 0, even or odd about x = 0.

    Multipoles of each cylinder, moved to the other by Graf's addition theorem; the two mirrors
    give b₋ₘ = (−1)ᵐ bₘ, and those of the second cylinder from the first.
    """
    distance = 2 * RADIUS + gap
    m = np.arange(orders + 1)
    # Rows and columns are scaled so that high orders do not swamp the determinant.
    row = np.abs(scattering(m, 1.02 * start.real)[1])
    column = np.abs(hankel1(m, 2 * np.pi * start.real * RADIUS))

    def determinant(frequency):
        k = 2 * np.pi * frequency
        answer, bottom = scattering(m, frequency)
        matrix = np.diag(bottom / row).astype(complex)
        answer = answer * column / row
        for order in m:
            # The second cylinder's coefficients for a unit c_order of the first one.
            coefficients = {-order: 1.0, order: (-1.0) ** order}
            for other, value in coefficients.items():
                moved = hankel1(other - m, k * distance) * (-1.0) ** (other - m)
                sign = 1.0 if even else -1.0
                matrix[:, order] -= sign * value * answer * moved / column[order]
        return np.linalg.det(matrix)

    return root(determinant, start)


def test_multipoles_of_one_cylinder_far_from_the_other():
    """What the exact solution becomes for a wide gap: the cylinder alone, whose root is known."""

    alone = single()
    assert 1.3 < alone.real < 1.5
    assert 50 < alone.real / (-2 * alone.imag) < 1e5
    splits = []
    for gap in (0.2, 0.3, 0.4):
        pair = [exact_pair(alone, gap, even) for even in (True, False)]
        splits.append(abs(pair[0].real - pair[1].real))
        assert np.mean([f.real for f in pair]) == pytest.approx(alone.real, rel=5e-3)
    assert splits[0] > splits[1] > splits[2]


def pair_job(even=None, detuning=0.0, gap=0.2, resolution=40.0):
    """Two discs in the plane, E along their axes; mirrored about x = 0 where `even` says how."""
    place = RADIUS + gap / 2
    frequency = single().real
    discs = [
        CylinderSpec(medium=name, centre=(x, 0, 0), radius=RADIUS, radius_top=RADIUS, height=1.0)
        for name, x in (("left", -place), ("right", place))
    ]
    mirrors = (("y", 1),) if even is None else (("y", 1), ("x", 1 if even else -1))
    index = {"left": INDEX, "right": INDEX + detuning, "air": 1.0}
    courant = 0.5

    def on_grid(n):
        return compensated_permittivity(
            n**2, frequency, 1 / resolution, courant / resolution, "cylindrical"
        )

    return PlanarJob(
        polarisation="TM",
        resolution=resolution,
        courant=courant,
        half_width=1.6,
        half_depth=1.0,
        pml=0.4,
        media={name: MediumSpec(label=name, epsilon=on_grid(n)) for name, n in index.items()},
        background="air",
        solids=tuple(discs),
        mirrors=mirrors,
        source=(place + 0.42, 0.0),
        probes=((place + 0.42, 0.0), (-place - 0.42, 0.0)),
        centre=frequency,
        width=0.06 * frequency,
        duration=150 / frequency,
    )


@pytest.mark.meep
def test_simulated_pair_against_multipoles(store_root):
    """Even and odd mode of two discs: λ within .15 %, Q within 10 %, J within 4 %.

    17 points a wavelength in the discs. From 40 to 60 to 80 pixels/µm the errors were .16, .07 and
    .04 % in λ, 16, 8 and 4 % in the larger Q, 4.4, 1.9 and 1.1 % in J: second order.
    """
    exact = [exact_pair(single(), 0.2, even) for even in (True, False)]
    simulated = []
    for even, frequency in zip((True, False), exact, strict=True):
        modes = ringdown_modes(pair_job(even, resolution=60.0), Store(store_root))
        mode = max(modes, key=lambda mode: mode.amplitude)
        assert mode.trusted
        assert mode.wavelength == pytest.approx(1 / frequency.real, rel=1.5e-3)
        assert mode.quality == pytest.approx(frequency.real / (-2 * frequency.imag), rel=0.1)
        simulated.append(mode.wavelength)
    found = coupling_from_split((simulated[0], simulated[1]), "2D")
    expected = abs(exact[0].real - exact[1].real) / 2 * TURN
    assert found.coupling.nominal_value == pytest.approx(expected, rel=0.04)


@pytest.mark.meep
def test_crossing_of_simulated_cavities(store_root):
    """One disc tuned past the other by its index: the fitted J is half the exact split of a pair.

    10 %: the grid's 7 % (see above), and bare modes that are not quite linear in the index.
    """
    detunings = (-0.03, -0.01, 0.008, 0.025)
    wavelengths, qualities = [], []
    for detuning in detunings:
        modes = ringdown_modes(pair_job(detuning=detuning, resolution=32.0), Store(store_root))
        two = sorted(modes, key=lambda mode: -mode.amplitude)[:2]
        wavelengths.append([mode.wavelength for mode in two])
        qualities.append([mode.quality for mode in two])
    found = fit_crossing(detunings, wavelengths, qualities, dimension="2D")
    exact = [exact_pair(single(), 0.2, even) for even in (True, False)]
    assert found.trusted
    assert found.coupling.nominal_value == pytest.approx(
        abs(exact[0].real - exact[1].real) / 2 * TURN, rel=0.1
    )
    assert found.parameter_at_crossing == pytest.approx(0.0, abs=0.003)


@pytest.mark.meep
def test_nanobeam_in_the_plane_rings_in_its_gap(store_root):
    """A layout's beam by its effective index: its mode lies between the edges of the mirror cell.

    Both are of the plane and of one grid; two ways (a finite beam, a unit cell) to the same bands.
    """
    scene = build_scene(
        components.load("nanobeam")(mirror=3), stacks.load("sin-air", thickness=0.28), "y"
    )
    job = planar_job(scene, 0.62, pixels=10, periods=100, bandwidth=0.1)
    mode = max(ringdown_modes(job, Store(store_root)), key=lambda each: each.amplitude)
    core = materials.load("Si3N4").index(0.62).real
    mirror = BeamCell(0.22, 0.46, 0.28, (0.6 * 0.22, 0.72 * 0.46), core=core)
    edges = beam_edges(mirror, 0.62, Store(store_root), two_dimensional=True, period_pixels=8)
    assert edges.dielectric < 1 / mode.wavelength < edges.air
    assert edges.mirror_strength(1 / mode.wavelength) > 0.03
    assert mode.quality > 500
    assert mode.trusted
