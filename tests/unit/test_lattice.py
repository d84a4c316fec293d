"""Arrays before anything is run: plane films, plasmons, the cell, the faces, what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from cqdphotonics import components, materials
from cqdphotonics.cli.app import main
from cqdphotonics.errors import GeometryError, InputError
from cqdphotonics.fdtd import build_scene
from cqdphotonics.fdtd.faces import face_layers
from cqdphotonics.fdtd.films import plasmon, transmission
from cqdphotonics.fdtd.job import MediumSpec, PoleSpec
from cqdphotonics.fdtd.lattice import LatticeJob
from cqdphotonics.fdtd.lattice_plan import plan_lattice
from cqdphotonics.fdtd.lattice_plasmons import predicted_plasmons
from cqdphotonics.fdtd.lattice_response import assemble_lattice
from cqdphotonics.fdtd.solids import Box, Disc, Slab
from cqdphotonics.fdtd.store import RawResult
from cqdphotonics.fdtd.unit_cell import unit_cell
from cqdphotonics.layout.gdsio import write_component

GOLD = materials.load("Au")


def array(**changes):
    return components.load("nanohole_array")(**{"period": 0.64, "half_count": 1, **changes})


def planned(**changes):
    return plan_lattice(build_scene(array(**changes), "gold-on-glass"), 0.98)


@pytest.mark.parametrize("index", [0.23 + 6.4j, 2.0, 1.7 + 0.1j])
def test_one_film_as_airy_has_it(index):
    """Airy's sum for one film (Born and Wolf, § 7.6): not a product of matrices."""
    first, last, thickness, wavelength = 1.0, 1.45, 0.04, 0.98
    r1, r2 = (first - index) / (first + index), (index - last) / (index + last)
    t1, t2 = 2 * first / (first + index), 2 * index / (index + last)
    phase = np.exp(2j * np.pi * index * thickness / wavelength)
    total = 1 + r1 * r2 * phase**2
    expected = (
        last / first * abs(t1 * t2 * phase / total) ** 2,
        abs((r1 + r2 * phase**2) / total) ** 2,
    )
    got = transmission([first, index, last], [thickness], wavelength)
    assert got == pytest.approx(expected, rel=1e-12)


def test_plasmon_is_a_pole_of_the_films_reflection():
    """1 + r₁₂ r₂₃ exp(2iδ) = 0 with Fresnel's coefficients for p; and the half space's limit."""
    wavelength, thickness = 0.98, 0.04
    metal, glass = complex(GOLD.epsilon(wavelength)), 1.45**2
    found = plasmon(metal, thickness, glass, 1.0, wavelength).index
    k0 = 2 * np.pi / wavelength

    def kz(epsilon):
        root = np.sqrt(epsilon - found**2 + 0j)
        return root if root.imag > 0 else -root

    def fresnel(a, b):
        return (b * kz(a) - a * kz(b)) / (b * kz(a) + a * kz(b))

    turn = np.exp(2j * kz(metal) * k0 * thickness)
    assert abs(1 + fresnel(glass, metal) * fresnel(metal, 1.0) * turn) < 1e-8
    thick = plasmon(metal, 1.0, glass, 1.0, wavelength)
    assert thick.index == pytest.approx(thick.half_space, rel=1e-9)
    assert found.real > thick.index.real > 1.45  # a thin film binds its plasmon more
    with pytest.raises(InputError, match="no surface plasmon"):
        plasmon(complex(GOLD.epsilon(0.4)), thickness, glass, 1.0, 0.4)


def test_predicted_wavelength_is_a_fixed_point():
    """λ = n(λ)·a at the predicted wavelength, to the interpolation between 81 points."""
    (one,) = [p for p in predicted_plasmons(planned()) if p.side == "down"]
    glass = materials.load("SiO2")
    for found, name in ((one.wavelength, "index"), (one.half_space, "half_space")):
        wave = plasmon(GOLD.epsilon(found), 0.04, glass.epsilon(found), 1.0, found)
        assert getattr(wave, name).real * 0.64 == pytest.approx(found, rel=1e-5)


@pytest.mark.parametrize("period", [0.64, 0.637])
@pytest.mark.parametrize("half_count", [1, 4])
def test_cell_is_read_from_the_layout(period, half_count):
    cell = unit_cell(build_scene(array(period=period, half_count=half_count), "gold-on-glass"))
    assert cell.periods == pytest.approx((period, period), abs=1e-6)
    assert [type(solid) for solid in cell.scene.solids] == [Box, Disc]
    assert cell.scene.symmetry.mirror_x
    assert cell.scene.symmetry.mirror_y


def scene_of(centres):
    scene = build_scene(array(), "gold-on-glass")
    discs = tuple(Disc((x, y), 0.1, 0.0, 0.04, "Au") for x, y in centres)
    return replace(scene, solids=discs, continues="")


def test_cell_of_two_and_cells_that_are_none():
    numbers = range(-2, 3)
    corners = [(0.5 * i, 0.8 * j) for i in numbers for j in numbers]
    centred = corners + [(0.5 * i + 0.25, 0.8 * j + 0.4) for i in numbers for j in numbers]
    assert unit_cell(scene_of(corners)).periods == pytest.approx((0.5, 0.8))
    cell = unit_cell(scene_of(centred))
    assert cell.periods == pytest.approx((0.5, 0.8))
    assert len(cell.scene.solids) == 5  # the middle one, and the four that reach in
    for broken in ([(0, 0)], corners[:-3], [*corners, (0.2, 0.4)]):
        with pytest.raises(GeometryError, match="does not repeat"):
            unit_cell(scene_of(broken))


def test_same_job_from_the_written_file(tmp_path):
    path = write_component(array(), tmp_path / "a.gds")
    from_file = plan_lattice(build_scene(path, "gold-on-glass"), 0.98)
    assert [job.hash for job in from_file.jobs] == [job.hash for job in planned().jobs]


def test_grid_holds_the_period_and_the_faces():
    for job in plan_lattice(build_scene(array(), "gold-on-glass"), 0.98, "fine").jobs:
        pixels = np.array([*job.periods, 0.04, job.below - 0.02, job.pml]) * job.resolution
        assert pixels == pytest.approx(np.round(pixels), abs=1e-6)
        assert round((job.below + job.above) * job.resolution) % 2 == 0
        assert {(m.axis, m.parity) for m in job.mirrors} == {("x", -1), ("y", 1)}
        assert LatticeJob.model_validate_json(job.canonical()) == job


def test_a_face_on_the_grid_is_half_metal_and_one_between_has_its_share():
    metal = MediumSpec(
        label="m", epsilon=2.0, poles=(PoleSpec(kind="drude", frequency=7.0, gamma=0.1, sigma=1.0),)
    )
    media = {"m": metal, "glass": MediumSpec(label="g", epsilon=2.25),
             "air": MediumSpec(label="a", epsilon=1.0)}  # fmt: skip
    host = [Slab(0.0, 0.04, "m"), Slab(-np.inf, 0.0, "glass"), Slab(0.04, np.inf, "air")]
    cell = Box((0.0, 0.0), (1.0, 1.0), 0.0, 0.0, 0.0, "air")
    hole = Disc((0.0, 0.0), 0.1, 0.0, 0.04, "air")
    layers, added = face_layers(host, [hole], "air", media, 0.01, 0.0, 1.0, cell)
    below = [layer for layer in layers if layer.zmax < 0.02]
    assert [type(layer) for layer in below] == [Box, Disc]
    assert (below[0].zmin, below[0].zmax) == pytest.approx((-0.0025, 0.0025))
    mixed, filled = added[below[0].material], added[below[1].material]
    assert mixed.poles[0].sigma == pytest.approx(0.5)
    assert mixed.epsilon == pytest.approx((2.0 + 2.25) / 2)
    assert filled.epsilon == pytest.approx((1.0 + 2.25) / 2)
    layers, added = face_layers(host, [hole], "air", media, 0.01, 0.004, 1.0, cell)
    # The lower face lies .4 pixels below a grid point; .1 of a pixel at the upper one is no metal.
    along = [spec.poles[0].sigma for name, spec in added.items() if spec.poles and "along" in name]
    assert along == pytest.approx([0.9])


def imagined(job, shift, height):
    """A raw result with a Fano-like line: a field of `height` at .982 µm + `shift`."""
    wavelength = 1 / np.array(job.frequencies)
    line = 1 / (1 + ((wavelength - 0.982 - shift) / 0.006) ** 2)
    rising = 0.3 * (1.2 - wavelength)  # higher at the end of the band than on the line
    entering, through = 0.05 + rising + 0.3 * line, 0.04 + rising + 0.05 * line
    ones = np.ones((len(wavelength), 6, 6, 4))
    arrays = {
        "entering": entering, "transmitted": through, "entering_before": entering,
        "transmitted_before": through, "emitter": height * line,
        "region": ones * (height * line)[:, None, None, None],
        "region_x": np.linspace(-0.08, 0.08, 6), "region_y": np.linspace(-0.08, 0.08, 6),
        "region_z": np.linspace(-0.02, 0.02, 4), "cut": np.ones((31, 5, 5)),
        "cut_x": np.arange(5.0), "cut_z": np.arange(5.0),
        "cut_frequencies": np.array(job.frequencies[::4]),
        "summary": np.array([100.0, 1e-4, 1e-4, 1.0]),
    }  # fmt: skip
    meta = {"meep": "1", "python": "3", "ranks": 1, "seconds": 1.0, "finished": "now"}
    return RawResult(job.hash, arrays, meta)


def test_response_of_two_grids(tmp_path):
    plan = plan_lattice(build_scene(array(), "gold-on-glass"), 0.98, "standard")
    raws = [imagined(plan.jobs[0], 0.002, 18.0), imagined(plan.jobs[1], 0.0, 16.0)]
    response = assemble_lattice(plan, raws)
    assert response.converged
    total = sum(response.data[n] for n in ("transmittance", "reflectance", "absorptance"))
    assert total.values == pytest.approx(1.0)
    strongest = response.extremum("hole_mean")
    # Between points 3.3 nm apart, by a parabola through a Lorentzian.
    assert strongest.wavelength.nominal_value == pytest.approx(0.982, abs=5e-4)
    assert strongest.wavelength.std_dev == pytest.approx(np.hypot(0.002, 2e-3 * 0.982), rel=0.2)
    assert strongest.value.std_dev == pytest.approx(2.0, rel=0.2)
    # The line's own maximum, though the band's end is higher.
    peak = response.extremum("transmittance").wavelength
    assert peak.nominal_value == pytest.approx(0.982, abs=2e-3)
    response.save(tmp_path / "out")
    about = json.loads((tmp_path / "out" / "lattice.json").read_text())
    assert about["plasmons"][0]["wavelength"] == pytest.approx(0.961, abs=1e-3)


def test_light_out_of_nothing_fails_the_check():
    plan = planned()
    raw = imagined(plan.jobs[0], 0.0, 16.0)
    raw.arrays["transmitted"] = raw.arrays["entering"] + 0.05
    response = assemble_lattice(plan, [raw])
    assert not response.converged
    assert "light out of nothing" in response.verdict
    assert response.extremum("hole_mean").value.std_dev == 0  # one grid knows no uncertainty


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nanohole_array", "-s", "gold-on-glass", "-p", "half_count=0"), "does not repeat"),
        (("l3", "-s", "sin-air"), "does not repeat"),
        (("nanohole_array", "-s", "gold-on-glass", "--from", "left"), "comes from up or down"),
        (("nanohole_array", "-s", "gold-on-glass", "--fidelity", "best"), "unknown fidelity"),
        (("nanohole_array", "-s", "gold-on-glass", "--band", "1.1", "0.9"), "the shorter"),
        (("nanohole_array", "-s", "gold-on-glass", "--band", "0.9", "30"), "30"),
    ],
)
def test_wrong_input(arguments, said, capsys):
    assert main(["lattice", *arguments, "-w", "0.98", "--dry-run"]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""


def test_dry_run_tells(capsys):
    arguments = ["lattice", "nanohole_array", "-s", "gold-on-glass", "-w", "0.98",
                 "-p", "period=0.64", "--fidelity", "fine", "--dry-run", "--json"]  # fmt: skip
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["periods"] == [0.64, 0.64]
    assert [round(job["pixels_per_um"]) for job in told["jobs"]] == [50, 100, 125]
