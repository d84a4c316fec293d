"""Light into the guided modes of a port, against the mode's own rate."""

import numpy as np
import pytest

from cqdphotonics import components, materials
from cqdphotonics.errors import UnknownNameError
from cqdphotonics.fdtd.guided import guided_ports, port_modes
from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.runner import run
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.simulation import assemble
from cqdphotonics.fdtd.store import Store
from cqdphotonics.fdtd.waveguide import StripSection, strip_modes
from cqdphotonics.layout import shapes
from cqdphotonics.layout.component import new_cell, place_emitter
from cqdphotonics.layout.layers import DEVICE

WIDTH, WAVELENGTH = 0.46, 0.62


def strip(angle: float = 0.0, ports: bool = True):
    """A piece of a strip waveguide with the dot in its middle."""
    cell = new_cell()
    along, across = (0.5, WIDTH) if angle == 0 else (WIDTH, 0.5)
    shapes.rectangle(cell, DEVICE.number, (along, across))
    place_emitter(cell, (0.0, 0.0))
    if ports:
        for number, sign in enumerate((-1, 1), start=1):
            cell.add_port(
                name=f"o{number}",
                center=(0.25 * sign, 0.0) if angle == 0 else (0.0, 0.25 * sign),
                width=WIDTH,
                orientation=(angle + (180 if sign < 0 else 0)) % 360,
                layer=DEVICE.number,
                port_type="optical",
            )
    return cell


@pytest.mark.meep
@pytest.mark.parametrize(("angle", "dipole"), [(0.0, "y"), (90.0, "x")])
def test_share_into_a_strip(store_root, angle, dipole):
    """A dipole across a strip: the power into its TE mode, against the mode's own formula.

    3 % at ten pixels a wavelength (measured: 1.6, .9 and .8 % at draft, standard and fine). The
    formula needs the mode solver alone: no FDTD, no plane, no normalisation in it.
    """
    scene = build_scene(strip(angle), "sin-air", dipole)
    planned = plan(scene, WAVELENGTH, "draft")
    job = planned.jobs[0]
    raw = run(job, Store(store_root))
    response = assemble(planned, [raw], (0.8,))
    assert response.converged
    low, high = scene.stack.heights["device"]
    index = materials.load("Si3N4").index(WAVELENGTH).real
    section = StripSection(WIDTH, high - low, index)
    te = strip_modes(section, WAVELENGTH, count=1, step=0.012)[0]
    exact = te.enhancement(0.0, (high - low) / 2, "y", index)

    assert response.ports == ("o1", "o2")
    here = {"wavelength": WAVELENGTH, "method": "nearest"}
    both = [float(response.guided(name).sel(**here)) for name in response.ports]
    assert both[0] == pytest.approx(both[1], rel=1e-6)
    assert sum(both) == pytest.approx(exact, rel=0.03)

    # The parts make up the whole, at every wavelength.
    data = response.data
    sides = sum(data[f"radiated_{side}"] for side in ("up", "down", "side"))
    assert (sides + data["guided"].sum("port")).values == pytest.approx(data["purcell"].values)
    assert data["radiated_side"].values.min() > 0
    # What passes the plane is more than what is guided, and less than all that goes sideways.
    assert (data["port_flux"] > data["guided"]).all()
    beta = float(sum(response.beta(name) for name in response.ports).sel(**here))
    assert beta == pytest.approx(sum(both) / response.purcell.nominal_value, rel=1e-6)
    # Only the mode that the mirrors allow is excited, and nothing comes back.
    out, back = guided_ports(job, raw)["o2"].amplitudes(30)
    powers = np.abs(out) ** 2
    assert np.sort(powers)[-2] < 1e-3 * powers.max()
    assert np.abs(back).max() ** 2 < 2e-3 * powers.max()
    with pytest.raises(UnknownNameError, match="port"):
        response.guided("o3")


def test_ports_of_a_beam_that_goes_on():
    """Without optical ports the two cut ends of a beam are ports; other devices have none."""
    scene = build_scene(components.load("nanobeam")(), "sin-air", "y")
    assert scene.continues == "x"
    job = plan(scene, WAVELENGTH, "draft").jobs[0]
    if not scene.ports:
        assert [port.name for port in job.ports] == ["west", "east"]
    west, east = job.ports
    assert (west.sign, east.sign) == (-1, 1)
    assert west.centre[0] == -job.box[0]
    assert east.centre[0] == job.box[0]
    disc = build_scene(components.load("disc")(), "sin-air", "y")
    assert plan(disc, WAVELENGTH, "draft").jobs[0].ports == ()


def test_jobs_without_ports_keep_their_hash():
    """Ports are part of what is hashed only where there are some."""
    disc = plan(build_scene(components.load("disc")(), "sin-air", "y"), 0.6, "draft").jobs[0]
    assert "ports" not in disc.canonical()
    beam = plan(build_scene(strip(), "sin-air", "y"), WAVELENGTH, "draft").jobs[0]
    assert "ports" in beam.canonical()
    assert beam.hash != beam.model_copy(update={"ports": ()}).hash


def test_oblique_port_is_said_to_be_left_out():
    """A port along neither axis has no plane here: the plan says so."""
    cell = strip(ports=False)
    cell.add_port(
        name="o1", center=(0.25, 0.0), width=0.3, orientation=30, layer=DEVICE.number,
        port_type="optical",
    )  # fmt: skip
    planned = plan(build_scene(cell, "sin-air", "y"), WAVELENGTH, "draft")
    assert planned.jobs[0].ports == ()
    assert any("port o1 is along neither x nor y" in note for note in planned.notes)


def test_port_sees_the_cross_section_of_the_solids():
    """Modes of a port are those of its strip: .2 % in n_eff, from the job's solids alone."""
    scene = build_scene(strip(90.0), "sin-air", "x")
    job = plan(scene, WAVELENGTH, "draft").jobs[0]
    for spec in job.ports:
        found = port_modes(job, spec, WAVELENGTH)[0]
        low, high = scene.stack.heights["device"]
        core = job.media["Si3N4"].epsilon ** 0.5
        air = job.media["air"].epsilon ** 0.5
        section = StripSection(WIDTH, high - low, core, air, air)
        expected = strip_modes(section, WAVELENGTH, count=1, step=0.012)[0]
        assert found.effective_index == pytest.approx(expected.effective_index, rel=2e-3)
        assert found.polarisation == "TE"
