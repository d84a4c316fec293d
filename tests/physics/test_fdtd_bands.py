"""Band structures: the folded empty lattice, the reference nanobeam, and tapers."""

import numpy as np
import pytest

from cqdphotonics.errors import RangeError
from cqdphotonics.fdtd.bands import (
    BandEdges,
    BandsJob,
    BeamCell,
    bands,
    beam_edges,
    beam_job,
    design_taper,
)
from cqdphotonics.fdtd.job import MediumSpec
from cqdphotonics.fdtd.store import Store
from cqdphotonics.fdtd.waveguide import StripSection, strip_modes


@pytest.mark.meep
def test_empty_lattice_folds_exactly(store_root):
    """A uniform medium of index 2 called a lattice: ω = |k + G|/n, folded into the first zone.

    On the grid a wave along x obeys sin(πfΔt)/Δt · n = sin(π(k + G)Δ)/Δ exactly: 1e-5 against that
    (what the ring-down resolves), and within 1 % of the continuum for the three lowest.
    """
    period, pixels, index, courant = 1.0, 20, 2.0, 0.5
    waves = (0.1, 0.3, 0.5)
    job = BandsJob(
        period=period,
        period_pixels=pixels,
        courant=courant,
        half_depth=0.05,
        pml=0.0,
        media={"medium": MediumSpec(label="n = 2", epsilon=index**2)},
        background="medium",
        solids=(),
        component="Ey",
        source=(0.13, 0.0, 0.0),
        wave_numbers=waves,
        centre=0.45,
        width=0.9,
        duration=200.0,
    )
    found = bands(job, Store(store_root))
    spacing = period / pixels
    for wave in waves:
        folded = np.array(sorted({round(abs(wave + g), 9) for g in (-2, -1, 0, 1)})) / period
        on_grid = np.arcsin(courant / index * np.sin(np.pi * folded * spacing)) / (
            np.pi * courant * spacing
        )
        got = np.array([f for f, _ in found.at(wave)])
        inside = on_grid[on_grid < 0.85]
        assert len(inside) >= 2
        assert got == pytest.approx(inside, rel=1e-5)
        assert inside == pytest.approx(folded[: len(inside)] / index, rel=0.02)


@pytest.mark.meep
def test_unpierced_beam_closes_its_gap(store_root):
    """Without a hole both edges are the beam's own mode at β = π/a, where n_eff = λ/2a.

    The full-vectorial mode solver, another method on another grid, within .5 % of frequency.
    """
    cell = BeamCell(0.19, 0.46, 0.28, (0.0, 0.0))
    found = bands(beam_job(cell, 0.65, period_pixels=8), Store(store_root)).at(0.5)
    section = StripSection(0.46, 0.28, 2.0)
    wavelengths = np.linspace(0.62, 0.7, 3)
    index = [strip_modes(section, w, count=1, step=0.015)[0].effective_index for w in wavelengths]
    match = np.interp(0, np.array(index)[::-1] - wavelengths[::-1] / 0.38, wavelengths[::-1])
    guided = [f for f, _ in found if abs(f * match - 1) < 0.05]
    assert guided
    for frequency in guided:
        assert frequency == pytest.approx(1 / match, rel=5e-3)


@pytest.fixture(scope="module")
def reference(store_root):
    """Edges of the reference nanobeam's central and mirror cell."""
    out = {}
    for period in (0.19, 0.22):
        cell = BeamCell(period, 0.46, 0.28, (0.6 * period, 0.72 * 0.46))
        out[period] = beam_edges(cell, 0.62, Store(store_root), period_pixels=8)
    return out


@pytest.mark.meep
def test_cavity_lies_in_the_mirror_gap(reference):
    """The nanobeam of period .19 to .22 rings at .62 µm (3D runs with 20 to 40 pixels/µm).

    That has to be in the mirror's gap and, as its field sits between the holes of shortest period,
    near the dielectric edge of the central cell.
    """
    centre, mirror = reference[0.19], reference[0.22]
    cavity = 1 / 0.62
    assert mirror.dielectric < cavity < mirror.air
    assert cavity < 1.02 * centre.dielectric
    assert mirror.mirror_strength(cavity) > 0.03
    assert mirror.dimension == "3D"


@pytest.mark.meep
def test_plane_and_space_agree_on_the_mirror(reference, store_root):
    """The effective index in two dimensions moves edges by some percent: 5 %; the gap by 15 %."""
    cell = BeamCell(0.22, 0.46, 0.28, (0.6 * 0.22, 0.72 * 0.46))
    flat = beam_edges(cell, 0.62, Store(store_root), two_dimensional=True, period_pixels=12)
    assert flat.dimension == "2D effective index"
    assert flat.dielectric == pytest.approx(reference[0.22].dielectric, rel=0.05)
    assert flat.gap == pytest.approx(reference[0.22].gap, rel=0.15)


@pytest.mark.meep
def test_taper_from_the_bands(store_root):
    """From the central to the mirror cell of the reference beam, in the plane.

    The strength at each cell, computed anew for its period, is linear in its number: within 3 % of
    the mirror's, from three samples.
    """
    store = Store(store_root)

    def edges(period):
        cell = BeamCell(period, 0.46, 0.28, (0.6 * period, 0.72 * 0.46))
        return beam_edges(cell, 0.62, store, two_dimensional=True, period_pixels=8)

    taper = design_taper(edges, (0.19, 0.21), cells=4, samples=3)
    assert taper.parameters[0] == pytest.approx(0.19)
    assert taper.parameters[-1] == pytest.approx(0.21)
    assert list(taper.parameters) == sorted(taper.parameters)
    again = edges(taper.parameters[2]).mirror_strength(taper.frequency)
    assert again == pytest.approx(taper.strengths[-1] / 2, abs=0.03 * taper.strengths[-1])


def test_mirror_strength_of_a_quarter_wave_stack():
    """Weak contrast: γ at mid-gap is the gap's half width, and a field decays by exp(−πγ) a cell.

    For layers n₁, n₂ the exact decay a period is n₂/n₁ at mid-gap, and the gap is
    (4/π) asin((n₂ − n₁)/(n₂ + n₁)) of mid-gap: πγ = 2 asin(r) against ln(n₂/n₁) = 2 artanh(r).
    """
    low, high = 1.5, 1.6
    reflection = (high - low) / (high + low)
    half = 2 / np.pi * np.arcsin(reflection)
    edges = BandEdges(1 - half, 1 + half)
    assert edges.gap == pytest.approx(4 / np.pi * np.arcsin(reflection))
    assert np.pi * edges.mirror_strength(1.0) == pytest.approx(np.log(high / low), rel=2e-3)
    assert edges.mirror_strength(edges.air) == pytest.approx(0, abs=1e-6)
    assert edges.mirror_strength(1.2) == 0


def test_taper_is_linear_for_bands_that_are_known():
    """Edges that move in a known way: strengths are linear, and parameters solve for them."""

    def edges(p):
        return BandEdges(1 - 0.1 * p, 1.3 - 0.1 * p)

    taper = design_taper(edges, (0.0, 1.0), cells=5)
    got = [edges(p).mirror_strength(taper.frequency) for p in taper.parameters]
    assert np.diff(got) == pytest.approx(np.full(5, got[-1] / 5), rel=2e-2)
    with pytest.raises(RangeError, match="does not rise"):
        design_taper(lambda p: edges(-p), (0.0, 1.0), cells=5)
    with pytest.raises(RangeError, match="does not fit"):
        BeamCell(0.2, 0.4, 0.2, (0.25, 0.1))
