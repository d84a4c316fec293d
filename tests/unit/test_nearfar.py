"""Far fields from closed surfaces about dipoles whose fields are known in closed form."""

import numpy as np
import pytest
from scipy.special import jv

from cqdphotonics.fdtd.nearfar import Face, Layers, bessel, from_box, from_drum, probe_waves

LARMOR = 2 * np.pi / 3
"""Power of a unit current at f = 1 in vacuum."""

VACUUM = Layers((), (1.0,))


def dipole(place, x, y, z):
    """E and H (three components each, by name) of a unit current along x at `place`, f = 1."""
    x, y, z = np.broadcast_arrays(x - place[0], y - place[1], z - place[2])
    k, r = 2 * np.pi, np.sqrt(x**2 + y**2 + z**2)
    wave = 1j * k * np.exp(1j * k * r) / (4 * np.pi * r)
    near, far = 1 + 1j / (k * r) - 1 / (k * r) ** 2, -1 - 3j / (k * r) + 3 / (k * r) ** 2
    turning = wave * (1 + 1j / (k * r))
    electric = {"x": wave * (near + far * x**2 / r**2), "y": wave * far * x * y / r**2,
                "z": wave * far * x * z / r**2}  # fmt: skip
    magnetic = {"x": 0 * wave, "y": -turning * z / r * -1, "z": -turning * y / r}
    return electric, magnetic


def box(place):
    """The six faces of a box of 1 × .8 × .6 wavelengths, values half a pixel off its edges."""
    half, pixel = {"x": 0.5, "y": 0.4, "z": 0.3}, 0.02
    faces = []
    for normal in "xyz":
        names = [name for name in "xyz" if name != normal]
        axes = [np.arange(-half[n] - pixel / 2, half[n] + pixel, pixel) for n in names]
        mesh = dict(zip(names, np.meshgrid(*axes, indexing="ij"), strict=True))
        for sign in (1, -1):
            mesh[normal] = np.full_like(mesh[names[0]], sign * half[normal])
            electric, magnetic = dipole(place, mesh["x"], mesh["y"], mesh["z"])
            faces.append(Face(
                normal, sign, sign * half[normal], (axes[0], axes[1]),
                tuple(-half[n] for n in names), tuple(half[n] for n in names),
                {n: electric[n] for n in names}, {n: magnetic[n] for n in names},
            ))  # fmt: skip
    return faces


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("place", [(0.0, 0.0, 0.0), (0.1, -0.05, 0.12)])
def test_dipole_in_a_box(place, up):
    """√(3/8π) (cos θ cos φ, −sin φ) and the phase of its place: .5 % of the largest (pixels)."""
    ux, uy = np.array([0.0, 0.3, 0.5, -0.2, 0.7]), np.array([0.0, 0.1, -0.4, 0.9, 0.69])
    p, s = from_box(box(place), VACUUM, 1.0, 1.0, ux, uy, up)
    cosine = np.sqrt(1 - ux**2 - uy**2)
    phi = np.where(ux**2 + uy**2 > 0, np.arctan2(uy, ux), 0.0)
    height = place[2] if up else -place[2]
    phase = np.exp(-2j * np.pi * (ux * place[0] + uy * place[1] + cosine * height))
    unit = np.sqrt(3 / (8 * np.pi) * LARMOR)
    size = p[0] / (unit * phase[0])  # one factor of modulus 1 is free
    assert abs(size) == pytest.approx(1, abs=5e-3)
    assert p == pytest.approx(size * unit * phase * cosine * np.cos(phi), abs=5e-3 * unit)
    assert s == pytest.approx(-size * unit * phase * np.sin(phi), abs=5e-3 * unit)


def test_circular_dipole_in_a_drum():
    """x + iy: p ∝ cos θ, s ∝ i at azimuth 0; a drum of radius .6 and heights −.25 and .3."""
    pixel = 0.02
    r = (np.arange(31) + 0.5) * pixel
    z = np.arange(-0.25 - pixel / 2, 0.3 + pixel, pixel)

    def fields(radius, height):
        e_x, h_x = dipole((0, 0, 0), radius, 0.0, height)
        e_t, h_t = dipole((0, 0, 0), 0.0, -radius, height)  # dipole along y, turned by −90°
        out = {}
        for name, one, other in (("E", e_x, e_t), ("H", h_x, h_t)):
            out[name + "r"] = (one["x"] - 1j * other["y"]) / np.sqrt(2)
            out[name + "f"] = (one["y"] + 1j * other["x"]) / np.sqrt(2)
            out[name + "z"] = (one["z"] + 1j * other["z"]) / np.sqrt(2)
        return out

    lids = []
    for height, sign in ((0.3, 1), (-0.25, -1)):
        got = fields(r, height)
        lids.append((height, sign, np.stack([got[n] for n in ("Er", "Ef", "Hr", "Hf")])))
    from cqdphotonics.fdtd.nearfar import linear_weights

    side = fields(0.6, z)
    wall = (0.6, np.stack([z, linear_weights(z, -0.25, 0.3)]),
            np.stack([side[n] for n in ("Ef", "Ez", "Hf", "Hz")]))  # fmt: skip
    u = np.array([0.0, 0.3, 0.6, 0.9, 0.98])
    for up in (True, False):
        p, s = from_drum(lids, wall, r, 1, VACUUM, 1.0, 1.0, u, up)
        unit = np.sqrt(3 / (16 * np.pi) * LARMOR)
        assert np.abs(p) == pytest.approx(unit * np.sqrt(1 - u**2), abs=6e-3 * unit)
        assert np.abs(s) == pytest.approx(np.full(5, unit), abs=6e-3 * unit)
        assert s[1] / p[1] == pytest.approx(1j / np.sqrt(1 - 0.09), rel=1e-2)


def test_probe_waves_obey_fresnel():
    """Onto glass: t = 2n₁cos/(n₁cos + n₂cos') for s; below the surface only the wave down."""
    glass = Layers((-0.2,), (2.25, 1.0))
    u, z = np.array([0.0, 0.5, 0.8]), np.array([-0.2 - 1e-9, -0.5])
    waves = probe_waves(glass, 2 * np.pi, 1.0, u, z, up=True)
    one, two = np.sqrt(1 - u**2), np.sqrt(2.25 - u**2)
    t = 2 * one / (one + two)
    assert np.abs(waves.s[0][:, 0]) == pytest.approx(t)
    assert waves.s[0][:, 1] / waves.s[0][:, 0] == pytest.approx(np.exp(2j * np.pi * two * 0.3))
    t_p = 2 * 1.5 * one * 1.5 / (2.25 * one + two)  # ratio of magnetic fields
    assert np.abs(waves.p[0][:, 0]) == pytest.approx(t_p)
    # From below, a film of the same index as the half-space changes nothing.
    same = Layers((-0.2, 0.3), (2.25, 2.25, 1.0))
    other = Layers((0.3,), (2.25, 1.0))
    for a, b in zip(
        probe_waves(same, 2 * np.pi, 1.5, u, z, up=False).p,
        probe_waves(other, 2 * np.pi, 1.5, u, z, up=False).p,
        strict=True,
    ):
        assert a == pytest.approx(b)


def test_half_spaces_have_no_end():
    """The substrate's block ends a millimetre below; no interface is seen there."""
    from cqdphotonics import components
    from cqdphotonics.fdtd.leaving import layers_outside
    from cqdphotonics.fdtd.planning import plan
    from cqdphotonics.fdtd.scene import build_scene

    planned = plan(build_scene(components.bullseye(), "sin-on-dbr"), 0.52, "draft")
    layers = layers_outside(planned.jobs[0], 1 / 0.52, planned.collection_index)
    assert layers is not None
    assert -3 < min(layers.heights) < max(layers.heights) < 1


@pytest.mark.parametrize("order", [-2, -1, 0, 1, 2, 3])
def test_bessel_functions_by_their_quick_routines(order):
    """To rounding of their largest value, from 0 on."""
    x = np.concatenate([[0.0], np.logspace(-8, 3, 2000)])
    assert bessel(order, x) == pytest.approx(jv(order, x), abs=3e-15)
