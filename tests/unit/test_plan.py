"""From a scene to jobs: formulation, symmetry, grid and cell follow from the scene."""

from itertools import pairwise

import pytest

from cqdphotonics import components, materials
from cqdphotonics.errors import GeometryError, InputError, RangeError, UnknownNameError
from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.layout import stacks


@pytest.fixture(scope="module")
def beam():
    return components.load("nanobeam")()


@pytest.fixture(scope="module")
def disc():
    return components.load("disc")(radius=0.2)


def whole(length: float, resolution: float) -> bool:
    return abs(length * resolution - round(length * resolution)) < 1e-6


@pytest.mark.parametrize("fidelity", ["draft", "standard", "fine"])
@pytest.mark.parametrize("stack", ["sin-air", "sin-oxide", "sin-on-dbr"])
def test_no_size_is_changed_by_the_grid(disc, stack, fidelity):
    """The solver rounds sizes that are not whole pixels, silently."""
    for job in plan(build_scene(disc, stack), 0.52, fidelity).jobs:
        for length in (job.half_width, job.below, job.above, job.pml, job.side_layer, *job.box):
            assert whole(length, job.resolution)
        # The emitter is a grid point: as many pixels, or an even number more, on either side.
        assert round((job.above - job.below) * job.resolution) % 2 == 0
        # The surface that counts power is outside the structure and inside the absorbing layer.
        assert job.box[0] < job.half_width
        assert job.box[2] < job.below
        assert job.box[3] < job.above


def test_dipoles_on_an_axis_of_symmetry(disc):
    for dipole, component, m in (("x", "Ep", 1), ("y", "Ep", 1), ("z", "Ez", 0)):
        (job,) = plan(build_scene(disc, "sin-air", dipole), 0.52).jobs
        assert (job.formulation, job.source.component) == ("cylindrical", component)
        assert job.angular_number == m
        assert job.mirrors == ()


def test_along_x_and_along_y_is_the_same_on_an_axis(disc):
    jobs = [plan(build_scene(disc, "sin-air", dipole), 0.52).jobs[0] for dipole in ("x", "y")]
    assert jobs[0].hash == jobs[1].hash


@pytest.mark.parametrize(
    "dipole, parity",
    [
        ("x", {"x": -1, "y": 1, "z": 1}),
        ("y", {"x": 1, "y": -1, "z": 1}),
        ("z", {"x": 1, "y": 1, "z": -1}),
    ],
)
def test_parity_follows_from_the_dipole(beam, dipole, parity):
    """A mirror turns a dipole along its normal round: the fields are odd there, else even."""
    (job,) = plan(build_scene(beam, "sin-air", dipole), 0.62).jobs
    assert job.formulation == "cartesian"
    assert {mirror.axis: mirror.parity for mirror in job.mirrors} == parity


def test_a_substrate_takes_the_horizontal_mirror_away(beam):
    (job,) = plan(build_scene(beam, "sin-oxide", "y"), 0.62).jobs
    assert {mirror.axis for mirror in job.mirrors} == {"x", "y"}


def test_an_emitter_off_the_middle_takes_its_symmetry_away(disc):
    scene = build_scene(disc, "sin-air", "x", (0.05, 0.0))
    (job,) = plan(scene, 0.52).jobs
    assert job.formulation == "cartesian"
    assert {mirror.axis for mirror in job.mirrors} == {"y", "z"}


def test_spectrum_holds_the_emission_and_the_band(disc):
    (job,) = plan(build_scene(disc, "sin-air"), 0.52, bandwidth=0.04).jobs
    assert 1 / 0.52 in job.frequencies
    assert 1 / min(job.frequencies) == pytest.approx(0.54)
    assert 1 / max(job.frequencies) == pytest.approx(0.50)
    assert job.source.width > max(job.frequencies) - min(job.frequencies)


def test_a_finer_fidelity_is_finer_and_larger(disc):
    jobs = plan(build_scene(disc, "sin-air"), 0.52, "fine").jobs
    assert len(jobs) > 1
    for coarse, fine in pairwise(jobs):
        assert fine.resolution > coarse.resolution
        assert fine.half_width >= coarse.half_width - 1 / coarse.resolution
    assert jobs[-1].half_width > jobs[0].half_width
    assert jobs[0].frequencies == jobs[-1].frequencies


@pytest.mark.parametrize(
    "wavelength, message",
    [(520, r"in µm, not nm: did you mean 0\.52\?"), (0, "outside 0.1 to 20"), (-1, "outside")],
)
def test_wavelengths(disc, wavelength, message):
    with pytest.raises(RangeError, match=message):
        plan(build_scene(disc, "sin-air"), wavelength)


@pytest.mark.parametrize("bandwidth", [0, -0.1, 0.52, float("nan")])
def test_bandwidths(disc, bandwidth):
    with pytest.raises(RangeError, match="less than the wavelength"):
        plan(build_scene(disc, "sin-air"), 0.52, bandwidth=bandwidth)


def test_unknown_fidelity(disc):
    with pytest.raises(UnknownNameError, match="Did you mean 'fine'"):
        plan(build_scene(disc, "sin-air"), 0.52, "fein")


def test_an_emitter_in_metal():
    """A disc of gold with the dot on its axis, inside it."""
    import gdsfactory as gf

    from cqdphotonics.layout import shapes
    from cqdphotonics.layout.component import new_cell, place_emitter
    from cqdphotonics.layout.layers import METAL

    cell: gf.Component = new_cell()
    shapes.disc(cell, METAL.number, 0.1)
    place_emitter(cell)
    with pytest.raises(GeometryError, match="inside Au"):
        plan(build_scene(cell, "gold-on-glass"), 0.6)


def test_a_dot_in_a_gap_of_metal():
    """One, two and three pixels to the metal, in small cells, with the reference from theory."""
    scene = build_scene(
        components.load("nanopatch_disc")(radius=0.07), "nanopatch-silver-on-gold", "z"
    )
    jobs = plan(scene, 0.63, "fine").jobs
    assert [job.resolution for job in jobs] == [200, 400, 600]
    assert {job.reference for job in jobs} == {"theory"}
    assert all("reference" in job.canonical() for job in jobs)
    # The cells grow with the fidelity, and never reach a wavelength beyond patch and rim.
    assert jobs[0].half_width < jobs[1].half_width < jobs[2].half_width < 0.07 + 0.63 * 1.5
    # A short pulse: the source is over in a dozen wavelengths.
    assert 12 / jobs[0].source.width < 13 * 0.63


def test_a_dot_far_from_metal_keeps_its_usual_plan():
    scene = build_scene(components.load("hybrid_bullseye")(), "polymer-on-gold-rings", "x")
    job = plan(scene, 0.63).jobs[0]
    assert job.reference == "run"
    assert '"reference"' not in job.canonical()


def test_a_pole_that_the_time_step_can_not_carry_is_named(monkeypatch):
    """Gold at half a pixel a wavelength: said with the pole before anything runs."""
    from cqdphotonics.fdtd import planning

    coarse = planning.Grid(pixels=0.5, padding=0.5, agreement=0.01, largest_tail=0.5)
    monkeypatch.setitem(planning.FIDELITIES, "draft", (coarse,))
    films = stacks.load("sin-on-gold", spacer=2.5)
    scene = build_scene(components.load("planar")(), films, "x")
    with pytest.raises(InputError, match=r"Au: Drude pole at .* oscillates too fast"):
        plan(scene, 0.6, "draft")


@pytest.mark.parametrize("stack", ["gold-on-glass", "gold-in-polymer"])
def test_a_grid_is_made_finer_for_a_pole_where_little_is_missing(stack):
    """The user has no resolution to raise; `standard` carries the same pole as it is."""
    scene = build_scene(components.load("nanohole_array")(), stacks.load(stack), "x")
    film = (0.63 * 0.95, 0.63 * 1.05)
    limit, _ = materials.load("Au").model(*film).time_step_limit(courant=0.5)
    for fidelity, before in (("coarse", 17.5), ("draft", 25.0)):
        planned = plan(scene, 0.63, fidelity)
        (job,) = planned.jobs
        assert job.courant / job.resolution < limit < job.courant / before
        assert job.resolution <= 1.5 * before
        note = next(note for note in planned.notes if "made finer" in note)
        assert f"from {before:g} to {job.resolution:.4g} pixels" in note
    usual = plan(scene, 0.63, "standard")
    assert [job.resolution for job in usual.jobs] == [50.0]
    assert not any("made finer" in note for note in usual.notes)
    fine = [job.resolution for job in plan(scene, 0.63, "fine").jobs]
    assert fine == sorted(set(fine))
    assert fine[0] == pytest.approx(job.resolution)


@pytest.mark.parametrize("name, stack, dipole, grids", [
    ("bowtie", "gold-in-polymer", "x", [100, 200]),
    ("nanopatch_cube", "nanopatch-silver-on-gold", "z", [200]),
])  # fmt: skip
def test_no_two_grids_are_the_same(name, stack, dipole, grids):
    """In 3D a metal's grid ends at 200 pixels a µm: three equal ones would tell no uncertainty."""
    scene = build_scene(components.load(name)(), stacks.load(stack), dipole)
    planned = plan(scene, 0.63, "fine")
    assert [round(job.resolution) for job in planned.jobs] == grids
    assert any("grids left out" in note for note in planned.notes) == (len(grids) < 3)


def test_a_gap_of_metal_is_whole_pixels_wide():
    """Or its tips would be another staircase on every grid, and the power anything."""
    scene = build_scene(components.load("bowtie")(gap=0.04), stacks.load("gold-in-polymer"), "x")
    assert [round(job.resolution) for job in plan(scene, 0.63, "fine").jobs] == [50, 100, 150]
