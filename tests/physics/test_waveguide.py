"""Guided modes against the slab's characteristic equation, another solver, and published values."""

import numpy as np
import pytest

from cqdphotonics.errors import RangeError
from cqdphotonics.fdtd.waveguide import StripSection, guided_modes, slab_index, strip_modes

SIN = {"core": 2.0, "below": 1.45, "above": 1.0}


@pytest.mark.parametrize("polarisation", ["TE", "TM"])
def test_infinitely_wide_strip_is_a_slab(polarisation):
    """A film between an electric and a magnetic wall, W apart, holds a quarter of a lateral wave.

    The walls turn the slab's wave by the angle that its lateral wave number π/2W asks for, and
    leave its profile along z: n_eff² = n_slab² − (λ/4W)² exactly. .05 % in n_eff at thirty points
    a wavelength; .1 % for TM, whose field jumps at the faces.
    """
    step, thickness, wavelength = 0.01, 0.28, 0.62
    width = 40.5 * step
    slab = slab_index(thickness, 2.0, 1.45, 1.0, wavelength, polarisation)
    expected = np.sqrt(slab**2 - (wavelength / 4 / width) ** 2)

    def film(y, z):
        core = (z >= 0) & (z <= thickness)
        return np.where(core, 4.0, np.where(z < 0, 1.45**2, 1.0)) + 0 * y

    modes = guided_modes(
        film, (0, 40 * step), (-0.5, 0.8), wavelength, count=4, step=step, floor=1.45
    )
    nearest = min(modes, key=lambda mode: abs(mode.effective_index - expected))
    assert nearest.effective_index == pytest.approx(expected, rel=5e-4)


def test_published_silicon_wire():
    """Si wire 500 × 220 nm in SiO2 at 1.55 µm: TE n_eff 2.44 to 2.45, n_g 4.05 to 4.20 in the
    literature (e.g. Bogaerts et al., Laser Photonics Rev. 6, 47 (2012) measures 4.1 to 4.3 with the
    material's dispersion, which adds about .1)."""
    section = StripSection(0.5, 0.22, 3.4757, 1.444, 1.444)
    mode = strip_modes(section, 1.55, count=1, step=0.02, margin=0.7)[0]
    assert mode.polarisation == "TE"
    assert 2.44 < mode.effective_index < 2.45
    assert 4.0 < mode.group_index < 4.1


def test_against_an_independent_mode_solver(monkeypatch):
    """EMpy's vectorial finite differences (Fallahkhair et al.) for SiN on oxide.

    It works in H, on another mesh and without averaging of ε: .2 % in n_eff for both modes.
    """
    from EMpy.modesolvers.FD import VFDModeSolver

    monkeypatch.setattr(np, "trapezoid", np.trapz, raising=False)  # EMpy expects numpy 2
    step, wavelength = 0.02, 0.62
    section = StripSection(0.48, 0.28, **SIN)
    y = np.arange(-0.66, 0.66 + step / 2, step)
    z = np.arange(-0.4, 0.64 + step / 2, step)

    def epsilon(a, b):
        return section.permittivity(*np.meshgrid(a, b, indexing="ij"))

    theirs = VFDModeSolver(wavelength, y, z, epsilon, "0000").solve(2, 1e-8).modes
    ours = strip_modes(section, wavelength, step=step, margin=0.4)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.effective_index == pytest.approx(other.neff.real, rel=2e-3)


def test_group_index_is_the_slope_of_the_dispersion():
    """Speed of energy against a numerical derivative of n_eff(λ): 1e-4, both on one grid."""
    section = StripSection(0.48, 0.28, **SIN)

    def index(wavelength):
        return strip_modes(section, wavelength, count=1, step=0.02, margin=0.4)[0]

    step = 1e-3
    slope = (index(0.62 + step).effective_index - index(0.62 - step).effective_index) / (2 * step)
    middle = index(0.62)
    expected = middle.effective_index - 0.62 * slope
    assert middle.group_index == pytest.approx(expected, rel=1e-4)
    # The confinement alone slows light by far more than this tolerance.
    assert expected > middle.effective_index + 0.2


def test_fields_are_normalised_and_orthogonal():
    """½ ∫ Re(E × H*)·x = 1, and no power is carried together: 1 %, as fields are averaged."""
    one, two = strip_modes(StripSection(0.48, 0.28, **SIN), 0.62, count=2, step=0.015)

    def crossed(a, b):
        flux = a.electric[1] * b.magnetic[2].conj() - a.electric[2] * b.magnetic[1].conj()
        return 0.5 * flux.sum() * a.cell

    assert crossed(one, one).real == pytest.approx(1.0, abs=1e-9)
    assert abs(crossed(one, two)) < 0.01
    assert {one.polarisation, two.polarisation} == {"TE", "TM"}
    # Even about y = 0 for Ey of the first TE mode, largest inside of the strip.
    te = one if one.polarisation == "TE" else two
    assert abs(te.field_at(0.0, 0.14)[1]) > 3 * abs(te.field_at(0.4, 0.14)[1])
    assert te.field_at(0.1, 0.14)[1] == pytest.approx(te.field_at(-0.1, 0.14)[1], rel=0.02)


def test_faces_between_grid_points():
    """The averaged ε knows where faces lie: .2 % at 8 points a wavelength, .1 % at 16.

    A staircase at the coarse step would move them by up to half a step: a width or a thickness
    changed by 4 % and 7 %, n_eff by more than a percent.
    """
    section = StripSection(0.473, 0.277, **SIN)
    index = {
        step: strip_modes(section, 0.62, count=1, step=step, margin=0.45)[0].effective_index
        for step in (0.04, 0.02, 0.01)
    }
    assert index[0.04] == pytest.approx(index[0.01], rel=2e-3)
    assert index[0.02] == pytest.approx(index[0.01], rel=1e-3)


def test_what_is_not_guided_is_not_given():
    """A strip below cut-off has no mode, a film without contrast no slab index."""
    assert strip_modes(StripSection(0.05, 0.05, **SIN), 0.62, step=0.02) == []
    with pytest.raises(RangeError, match="no TE0 mode"):
        slab_index(0.1, 1.45, 1.45, 1.0, 0.62)
    with pytest.raises(RangeError, match="width"):
        StripSection(0.0, 0.2, **SIN)
