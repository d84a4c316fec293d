"""The ring current that stands for a dipole in cylindrical runs, put right in the far field."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import trapezoid

from cqdphotonics.fdtd.leaving import _on_lid
from cqdphotonics.fdtd.nearfar import Layers
from cqdphotonics.fdtd.ring_source import has_ring, missing_waves

WAVELENGTH, RADIUS, COUNT = 0.6, 0.06, 64
"""In µm; a sum over so many dipoles."""


def ring_of_dipoles(theta, host):
    """Far fields p and s at azimuth 0 of dipoles along φ, ∝ exp(iφ), on a ring: a plain sum."""
    phi = 2 * np.pi * np.arange(COUNT) / COUNT
    moment = np.exp(1j * phi) / COUNT
    q = 2 * np.pi * host / WAVELENGTH * np.sin(theta)
    phase = np.exp(-1j * q[:, None] * RADIUS * np.cos(phi))
    along_x, across = phase @ (-np.sin(phi) * moment), phase @ (np.cos(phi) * moment)
    return along_x * np.cos(theta), across


@pytest.mark.parametrize("host", [1.0, 1.5])
def test_ring_and_what_it_misses_make_a_dipole(host):
    """Against a sum over point dipoles, from the ring's own power: 1e-4, its quadrature.

    At ten pixels a wavelength the ring gives 15 % less than the dipole that it stands for, and what
    goes along the axis is right: its share was 17 % too high.
    """
    theta = np.linspace(0, np.pi / 2, 721)
    p, s = ring_of_dipoles(theta, host)
    scale = 3.7  # any unit of power
    intensity = scale**2 * (np.abs(p) ** 2 + np.abs(s) ** 2)
    power = 2 * trapezoid(2 * np.pi * intensity * np.sin(theta), theta)
    job = SimpleNamespace(
        formulation="cylindrical", reference_index=host,
        source=SimpleNamespace(component="Ep", offset=RADIUS, width=0.5),
    )  # fmt: skip
    assert has_ring(job)
    raw = SimpleNamespace(
        arrays={"frequencies": np.array([1 / WAVELENGTH]), "flux_reference": np.array([power])}
    )
    layers = Layers((), (host**2,))
    more_p, more_s = missing_waves(job, raw, 1 / WAVELENGTH, layers, host, np.sin(theta), True)
    # The sum's own phase: that of the wave across at the pole, where ring and dipole agree.
    turn = np.exp(1j * np.angle(more_s[360] / s[360]))
    whole = np.abs(scale * p * turn + more_p) ** 2 + np.abs(scale * s * turn + more_s) ** 2
    dipole = scale**2 * (1 + np.cos(theta) ** 2) / 4
    assert whole[1:-1] == pytest.approx(dipole[1:-1], rel=1e-4)
    assert intensity[0] == pytest.approx(dipole[0])
    total = 2 * trapezoid(2 * np.pi * dipole * np.sin(theta), theta)
    assert power / total == pytest.approx(1 - 0.15 * host**2, abs=0.05)


def test_means_along_the_radius_are_undone():
    """An even field, averaged over a pixel as the solver's arrays are, its first point spoilt: to
    .5 % at 12 pixels a wavelength along the radius, where the mean alone loses 3 %; the first point
    itself, which has a hundredth of the weight, to 6 %."""
    pixel, q = 1.0, 2 * np.pi / 12
    radius = (np.arange(40) + 0.5) * pixel

    def field(r):
        return np.cos(q * r) * np.exp(-((r / 15) ** 2))

    mean = (field(radius - pixel / 2) + field(radius + pixel / 2)) / 2
    fields = np.stack([field(radius), mean, mean, field(radius)]).astype(complex)
    fields[1:3, 0] *= 4
    put_right = _on_lid(fields, 1)
    assert put_right[0] == pytest.approx(fields[0])
    assert np.abs(put_right[1, 1:-1] - field(radius)[1:-1]).max() < 5e-3
    assert put_right[1, 0] == pytest.approx(field(radius[0]), rel=0.06)
    assert np.abs(mean - field(radius))[1:].max() > 0.015
