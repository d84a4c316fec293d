"""Designs simulated in parts, what a cascade gains."""

import numpy as np
import pytest

from cqdphotonics import components, nominal
from cqdphotonics.constants import angular_frequency
from cqdphotonics.errors import FileFormatError, InputError
from cqdphotonics.fdtd.beam_ring import InPlane, symmetric_job, with_ring_index
from cqdphotonics.fdtd.planar import PlanarJob, ring_job
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.waveguide import StripSection
from cqdphotonics.layout import stacks
from cqdphotonics.nominal.cascade import SimulatedCascade, front, purest
from cqdphotonics.nominal.design import folder
from cqdphotonics.nominal.parts import Curve, read_parts
from cqdphotonics.nominal.tables import described

IN_PARTS = [name for name in nominal.names() if nominal.load(name).parts]
CASCADES = [name for name in IN_PARTS if nominal.load(name).component == "nanobeam_ring"]


def test_energy_of_a_ring_is_asked_for():
    section = StripSection(0.46, 0.28, 2.0)
    plain = ring_job(1.5, section, 0.62)
    assert "energy" not in plain.canonical()
    asked = ring_job(1.5, section, 0.62, energy=True)
    assert asked.hash != plain.hash
    assert PlanarJob.model_validate_json(asked.canonical()) == asked


def test_only_the_rim_is_heated():
    films = stacks.load("sin-in-oxide", thickness=0.34)
    cell = components.nanobeam_ring(bus="none", couplers="none", lead=0.5)
    job = symmetric_job(build_scene(cell, films, "y"), 0.62, InPlane())
    assert job.mirrors == (("x", 1),)
    assert len(job.probes) == 2
    hot = with_ring_index(job, 0.01)
    assert hot.media["rim"].epsilon == pytest.approx(1.01 * job.media["Si3N4"].epsilon)
    assert sum(solid.medium == "rim" for solid in hot.solids) == 1
    assert sum(a != b for a, b in zip(hot.solids, job.solids, strict=True)) == 1
    with pytest.raises(InputError, match="leave the couplers out"):
        symmetric_job(build_scene(components.nanobeam_ring(), films, "y"), 0.62, InPlane())


def test_without_its_bus_a_ring_has_no_ports_to_it():
    ports = {port.name for port in components.nanobeam_ring(bus="none").ports}
    assert {"o3", "o4"} <= ports
    assert not {"o1", "o2"} & ports


def test_a_rate_between_two_gaps_is_on_the_exponential():
    curve = Curve(name="J", points=((0.1, 4.0, 0.0), (0.3, 0.04, 0.0)), dimension="2D", how="")
    assert curve.at(0.2) == pytest.approx(0.4)
    assert curve.bounds == (0.04, 4.0)
    with pytest.raises(FileFormatError, match=r"0\.1 to 0\.3"):
        curve.at(0.05)


@pytest.mark.parametrize("name", IN_PARTS)
def test_parts_say_how_many_dimensions(name):
    kept = read_parts(nominal.load(name))
    assert kept is not None
    for one in kept.figures:
        words = ("3D", "(r, z)", "2D", "cross-section")
        assert any(word in one.dimension for word in words), one
        assert 0 < one.value[0] < np.inf
    data, text = described(nominal.load(name))
    assert data["parts"]["figures"]
    assert kept.figures[0].dimension in text


@pytest.mark.parametrize("name", [name for name in IN_PARTS if name not in CASCADES])
def test_a_bus_adds_its_rate_to_the_ring_s_own_loss(name):
    """1/Q with the bus is 1/Q without and κ2/ω; F falls as Q does."""
    kept = read_parts(nominal.load(name))
    wavelength = nominal.load(name).wavelength
    loss = 1 / kept.value("quality") + kept.value("bus") / angular_frequency(wavelength)
    assert 1 / kept.value("quality_loaded") == pytest.approx(loss, rel=0.01)
    assert kept.value("bus_share") == pytest.approx(
        1 - kept.value("quality_loaded") / kept.value("quality"), rel=1e-3
    )
    bare = "purcell" if "purcell" in {one.key for one in kept.figures} else "purcell_straight"
    assert kept.value("purcell_loaded") / kept.value(bare) == pytest.approx(
        kept.value("quality_loaded") / kept.value("quality"), rel=1e-3
    )


@pytest.mark.parametrize("name", CASCADES)
def test_coupling_falls_exponentially_with_the_gap(name):
    """As the evanescent fields: within 10 % of an exponential over all gaps."""
    curve = read_parts(nominal.load(name)).curves["coupling"]
    gaps, rates, _ = np.array(sorted(curve.points)).T
    assert len(gaps) >= 4
    slope, offset = np.polyfit(gaps, np.log(rates), 1)
    assert slope < 0
    assert np.abs(np.log(rates) - slope * gaps - offset).max() < 0.1


SIMULATED = SimulatedCascade(
    wavelength=0.62, quality_beam=5e4, quality_ring=1e6, purcell=2000.0, background=0.5,
    coupling=(0.2, 3.0), bus=(0.02, 2.0),
)  # fmt: skip


def test_rates_of_an_emitter_are_those_of_the_purcell_factor():
    """F_m = 4g²/(κΓ); a device that is scaled to another wavelength keeps Q and F."""
    rates = SIMULATED.rates(0.005, 0.001, 0.62)
    assert 4 * rates.g**2 / (rates.kappa1 * 0.005) == pytest.approx(2000 - 0.5)
    assert rates.kappa1 == pytest.approx(angular_frequency(0.62) / 5e4)
    assert rates.past == pytest.approx(0.5 * 0.005 + 0.001)
    blue = SIMULATED.rates(0.005, 0.001, 0.31)
    assert blue.coupling[0] == pytest.approx(2 * rates.coupling[0])
    assert blue.kappa1 == pytest.approx(2 * rates.kappa1)


def test_a_front_is_what_none_is_better_than():
    rng = np.random.default_rng(1)
    cloud = rng.random(200), rng.random(200)
    one, eta = front(cloud)
    assert (np.diff(one) >= 0).all()
    assert (np.diff(eta) <= 0).all()
    for a, b in zip(*cloud, strict=True):
        assert ((one >= a) & (eta >= b)).any()


def test_no_cascade_helps_a_dot_without_dephasing():
    """I = 1 then, whatever the device: nothing is left to gain."""
    rates = SIMULATED.rates(0.005, 0.0, 0.62)
    assert purest(rates.single(0.0), 0.1) == pytest.approx(1, abs=1e-6)
    assert purest(rates.cascade(0.0), 0.1) == pytest.approx(1, abs=1e-6)


def test_a_cascade_passes_on_no_more_than_the_ring_s_share():
    rates = SIMULATED.rates(0.005, 0.0, 0.62)
    largest = rates.bus[1] / (rates.bus[1] + rates.kappa2_intrinsic)
    assert rates.cascade(0.02)[1].max() < largest


def test_what_has_no_parts_is_refused(tmp_path):
    with pytest.raises(InputError, match="no figures of a beam with a ring"):
        SimulatedCascade.of(nominal.load("bullseye_520"), nominal.load("nanobeam_620"))
    (tmp_path / "ring_630.parts.json").write_text("{}")
    with pytest.raises(FileFormatError, match="ring_630 --compute"):
        read_parts(nominal.load("ring_630"), tmp_path)
    assert (folder() / "ring_630.yaml").exists()
