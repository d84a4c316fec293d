"""Beam and ring: rates from responses whose numbers are known."""

import numpy as np
import pytest
import xarray as xr

from cqdphotonics import components
from cqdphotonics.constants import angular_frequency
from cqdphotonics.display import quantity
from cqdphotonics.errors import InputError
from cqdphotonics.fdtd.cascade import beam_and_ring, beam_mode, bus_rate, intrinsic_rate
from cqdphotonics.fdtd.coupling import coupling_from_split
from cqdphotonics.fdtd.planar import PlanarJob, RingMode, planar_job, ring_job
from cqdphotonics.fdtd.response import Response
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.waveguide import StripSection, slab_index
from cqdphotonics.layout import stacks

WAVELENGTH, QUALITY, HEIGHT, FLOOR = 0.62, 5000.0, 300.0, 0.4


def response(height=HEIGHT, resonances=((WAVELENGTH, QUALITY),)):
    """A spectrum with one line upon a floor, on a grid that hardly resolves it."""
    wavelength = np.linspace(0.59, 0.65, 241)
    omega, middle = angular_frequency(1.0) / wavelength, angular_frequency(WAVELENGTH)
    half = middle / QUALITY / 2
    purcell = FLOOR + height * half**2 / ((omega - middle) ** 2 + half**2)
    data = xr.Dataset(
        {
            "purcell": ("wavelength", purcell),
            "purcell_uncertainty": ("wavelength", 0.1 * purcell),
        },
        coords={"wavelength": wavelength},
    )
    return Response(
        data=data, wavelength=WAVELENGTH, fidelity="fine", converged=True, verdict="", checks=(),
        resonances=resonances, cost_seconds=0.0, job_hashes=(),
        provenance={"formulation": "cartesian"},
    )  # fmt: skip


def test_beam_mode_is_read_back():
    """F_m = 4g²/(κΓ): g from the height, κ from Q, the floor apart; 10 % in F is 5 % in g."""
    rate = 0.01
    found = beam_mode(response(), rate)
    kappa = angular_frequency(WAVELENGTH) / QUALITY
    assert found.kappa.value.nominal_value == pytest.approx(kappa)
    g = found.g.value
    assert 4 * g.nominal_value**2 / (kappa * rate) == pytest.approx(HEIGHT, rel=1e-6)
    assert g.std_dev / g.nominal_value == pytest.approx(0.05, rel=1e-3)
    assert found.background.nominal_value == pytest.approx(FLOOR, rel=1e-6)
    assert found.g.dimension == "3D"
    with pytest.raises(InputError, match="no resonance"):
        beam_mode(response(resonances=()), rate)
    with pytest.raises(InputError, match="no line"):
        beam_mode(response(height=-0.1), rate)


def test_cascade_carries_rates_and_where_they_come_from():
    ring = intrinsic_rate(RingMode(0.62, 1e6, 0.01, 1.0), 50)
    bus = bus_rate(
        RingMode(0.62, 2e4, 0.0, 1.0), RingMode(0.62, 1e6, 0.0, 1.0), "2D effective index"
    )
    omega = angular_frequency(0.62)
    assert bus.value.nominal_value == pytest.approx(omega / 2e4 - omega / 1e6)
    crossing = coupling_from_split((0.62, 0.6201), "2D effective index")
    made = beam_and_ring(response(), ring, bus, crossing, radiative_rate=quantity(0.01, 0.001))
    assert made.bus_share.nominal_value == pytest.approx(1 - 2e4 / 1e6, rel=1e-9)
    said = made.provenance
    assert "3D" in said["g"]
    assert "2D effective index" in said["J"]
    assert "cylindrical" in said["kappa2_intrinsic"]

    cascade, alone = made.environment(), made.beam_alone()
    assert cascade.g[0] == alone.g[0] == made.beam.g.value.nominal_value
    assert cascade.coupling[0, 1] == pytest.approx(crossing.coupling.nominal_value)
    assert cascade.kappa == pytest.approx([omega / QUALITY, omega / 2e4])
    assert list(cascade.outputs) == ["bus"]
    assert alone.kappa == pytest.approx([omega / QUALITY])
    # A spectrum far off resonance is the floor times the radiative rate, in both.
    assert cascade.background_rate.nominal_value == pytest.approx(FLOOR * 0.01)
    detuned = made.environment(emitter_detuning=2.0)
    assert list(detuned.detunings) == [-2.0, -2.0]
    with pytest.raises(InputError, match="takes nothing away"):
        bus_rate(RingMode(0.62, 2e6, 0, 1), RingMode(0.62, 1e6, 0, 1), "2D")
    with pytest.raises(InputError, match="radiative rate"):
        beam_and_ring(response(), ring, bus, crossing, radiative_rate=0.0)


def test_plane_of_a_layout():
    """The nanobeam in the plane: effective index of its film, all its holes, dot at the source."""
    scene = build_scene(components.load("nanobeam")(), stacks.load("sin-air", thickness=0.28), "y")
    job = planar_job(scene, 0.62)
    index = slab_index(0.28, 2.0412, 1.0, 1.0, 0.62)
    assert job.media["Si3N4"].epsilon == pytest.approx(index**2, rel=0.02)
    assert len(job.solids) == len(scene.solids)
    assert job.polarisation == "TE"
    assert job.direction == "y"
    assert PlanarJob.model_validate_json(job.canonical()) == job
    with pytest.raises(InputError, match="dipole along z"):
        planar_job(build_scene(components.load("disc")(), "sin-air", "z"), 0.62)


def test_ring_reaches_beyond_its_caustic():
    """The absorbing layer begins where light that tunnels out is a wave already."""
    job = ring_job(1.5, StripSection(0.46, 0.28, 2.0), 0.62, angular_number=26)
    assert job.half_width > 26 * 0.62 / (2 * np.pi)
    # Faces on whole pixels from the middle of the film.
    assert job.resolution * 0.14 == pytest.approx(round(job.resolution * 0.14), abs=1e-6)
    with pytest.raises(InputError, match="does not fit"):
        ring_job(0.2, StripSection(0.46, 0.28, 2.0), 0.62)
