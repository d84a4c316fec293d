"""Nominal designs: files that hold, figures of the geometry that is there, and what is said."""

import json
import warnings

import numpy as np
import pytest
from scipy.integrate import trapezoid

from cqdphotonics import components, materials, nominal
from cqdphotonics.cli.app import main
from cqdphotonics.errors import FileFormatError, InputError, UnknownNameError
from cqdphotonics.layout import drc, kits
from cqdphotonics.nominal.bands import BANDS, WITHOUT, designs_in
from cqdphotonics.nominal.compute import compute, outside_of_metal
from cqdphotonics.nominal.design import folder, read_design
from cqdphotonics.nominal.figures import read_pictured, record, write
from cqdphotonics.nominal.tables import described, rows, unheld

LARGEST = 150_000
"""Bytes of the pictures' data of a design."""


def kept_designs() -> list[str]:
    """Those with figures of a dipole."""
    return [
        name
        for name in nominal.names()
        if isinstance(nominal.read_record(nominal.load(name)), nominal.Record)
    ]


def test_every_device_has_one():
    assert {nominal.load(name).component for name in nominal.names()} == set(components.names())


def test_every_device_has_one_in_every_band_or_a_reason():
    wanted = {(component, band) for component in components.names() for band in BANDS}
    without = {pair for pair in wanted if not designs_in(*pair)}
    assert without == set(WITHOUT)
    inside = {one.name for pair in wanted for one in designs_in(*pair)}
    assert inside == set(nominal.names())


@pytest.mark.parametrize("name", nominal.names())
def test_device_is_drawn_and_keeps_the_rules(name):
    design = nominal.load(name)
    cell = design.cell()
    resolved = components.resolve(design.component, design.parameters)
    assert dict(cell.settings.model_dump()) == resolved
    assert design.kit, f"name the kit whose rules {name} keeps"
    report = drc.check(cell, design.kit)
    assert report.clean, [violation.text for violation in report.violations[:3]]
    assert design.stack in kits.load(design.kit).stacks


@pytest.mark.parametrize("name", nominal.names())
def test_figures_are_of_this_design(name):
    design = nominal.load(name)
    kept = nominal.read_record(design)
    now = nominal.standing(design, kept)
    if kept is None:
        assert now == "not simulated"
        return
    again = f"`cqd nominal {name} --compute --fidelity {kept.fidelity}` computes them anew"
    assert now != "other design", f"the figures of {name} are of another design: {again}"
    assert now != "other numerics", (
        f"{name} is planned with other grids, cells or media than its figures, though "
        f"SOLVER_VERSION is the same: {again}"
    )
    if now == "earlier solver":
        warnings.warn(f"{name}: figures by an earlier solver; {again}", stacklevel=1)


def test_every_design_has_figures_or_says_why_not():
    for name in nominal.names():
        design = nominal.load(name)
        kept = nominal.read_record(design)
        said = nominal.judgement(design, kept)
        if design.parts:
            parts = nominal.read_parts(design)
            assert parts is not None, f"`cqd nominal {name} --compute` was not run"
            assert parts.subject == design.subject, f"the parts of {name} are of another design"
            assert not design.not_simulated
            continue
        if kept is None:
            assert design.not_simulated, f"{name} has neither figures nor a reason"
            assert said.startswith("Not simulated. ")
            continue
        assert not design.not_simulated, f"{name} has figures, and says that it has none"
        if any(not one.reached for one in nominal.compare(design, kept)):
            assert design.gap, f"{name} does not say why it stays behind the literature"
            assert said.startswith("Not ")


def test_figures_are_complete_and_agree():
    assert kept_designs()
    for name in kept_designs():
        design = nominal.load(name)
        kept = nominal.read_record(design)
        lost = kept.purcell[0] - kept.absorbed[0] - sum(kept.radiated.values())
        # What goes into guided modes is the rest; nothing here may be more than the whole.
        assert lost > -0.02 * kept.purcell[0], name
        # Between a dot and a metal no grid is finer than 200 pixels a µm: two are left of three.
        grids = {"fine": (2, 3), "theory": (0,)}.get(kept.fidelity, (1,))
        assert len(kept.job_hashes) == len(kept.grids)
        assert len(kept.grids) in grids
        shares = [kept.share(design.na, side).nominal_value for side in ("up", "down")]
        assert 0 < sum(shares) <= 1.02
        assert kept.verdict
        assert (kept.cost_seconds > 0) == (not kept.exact)
        (folder() / f"{name}.npz").stat()
        assert (folder() / f"{name}.npz").stat().st_size < LARGEST
        data = read_pictured(design)
        middle = int(np.argmin(np.abs(data["wavelength"] - design.wavelength)))
        assert data["purcell"][middle] == pytest.approx(kept.purcell[0], rel=1e-3)
        if kept.exact:
            assert "field_decibels" not in data
            assert data["far_field"].max() > 0
        else:
            assert data["field_decibels"].shape == (len(data["z"]), len(data["x"]))
            assert data["field_decibels"].max() == 0
        if kept.fidelity != "fine":  # one grid knows no uncertainty, and claims none
            assert kept.purcell[1] == 0
            said = dict(rows(design, kept))[f"Purcell factor at {design.wavelength:g} µm"]
            assert ("unverified" in said) == (not kept.exact)


def test_figures_in_a_plane_wave_are_complete():
    designs = [nominal.load(name) for name in nominal.names()]
    kept_arrays = [(d, nominal.read_record(d)) for d in designs if d.light == "plane wave"]
    assert kept_arrays
    for design, kept in kept_arrays:
        shares = [kept.at_wavelength[n][0] for n in ("transmittance", "reflectance", "absorptance")]
        assert min(shares) >= 0
        assert sum(shares) == pytest.approx(1, abs=1e-3)
        assert kept.detuning.nominal_value < 0.1
        assert kept.verdict
        data = read_pictured(design)
        assert (folder() / f"{design.name}.npz").stat().st_size < LARGEST
        assert data["field"].shape == (len(data["z"]), len(data["x"]))
        highest = max(e.value[0] for e in kept.extrema if e.spectrum == "hole_mean")
        assert data["hole_mean"].max() == pytest.approx(highest, rel=0.1)
        if len(kept.grids) == 1:
            assert kept.extremum("hole_mean").value[1] == 0


def test_no_file_is_left_over():
    for path in folder().iterdir():
        assert path.suffix in (".yaml", ".json", ".npz"), path.name
        assert path.name.removesuffix(".parts.json").split(".")[0] in nominal.names(), path.name


def imagined(**changes):
    """A record with F = 10 ± 1 and .8 ± .02 into NA .5, converged at fine."""
    content = {
        "subject": "0", "fidelity": "fine", "converged": True, "verdict": "converged",
        "checks": [], "purcell": (10.0, 1.0), "absorbed": (2.0, 0.0),
        "radiated": {"up": 7.0, "down": 0.5, "side": 0.5},
        "collection": [
            {"na": 0.5, "direction": "up", "share": (0.8, 0.02)},
            {"na": 0.5, "direction": "down", "share": (0.05, 0.0)},
        ],
        "modes": [], "formulation": "cylindrical", "media": {}, "grids": [], "job_hashes": ["a"],
        "solver_version": 1, "version": "0", "cost_seconds": 1.0,
    }  # fmt: skip
    return nominal.Record.model_validate(content | changes)


def designed(*claims, gap="because"):
    return nominal.NominalDesign.model_validate({
        "name": "one", "title": "One", "component": "bullseye", "stack": "sin-air",
        "wavelength": 0.52, "na": 0.5, "found": {"how": "by hand", "command": "none"}, "gap": gap,
        "literature": {"device": "it", "source": "them", "mark": "S", "claims": claims},
    })  # fmt: skip


@pytest.mark.parametrize(
    "claim, reached, within",
    [
        ({"figure": "purcell", "value": 8.5}, True, False),
        ({"figure": "purcell", "value": 9.5}, True, True),
        ({"figure": "purcell", "value": 10.5}, False, True),
        ({"figure": "purcell", "value": 11.5}, False, False),
        ({"figure": "purcell", "value": 9.5, "at_most": True}, False, True),
        ({"figure": "collection", "value": 0.7, "na": 0.5}, True, False),
        ({"figure": "radiated_share", "value": 0.79}, True, True),  # 8 of 10
        ({"figure": "quality", "value": 5.0}, False, False),  # nothing rings: not known
    ],
)
def test_a_claim_is_compared(claim, reached, within):
    (one,) = nominal.compare(designed(claim), imagined())
    assert (one.reached, one.within) == (reached, within)


def test_what_did_not_converge_says_so_first():
    design = nominal.load("bowtie_630")
    assert design.literature is None
    assert nominal.judgement(design, imagined(converged=False)).startswith("Not converged")
    said = nominal.judgement(design, imagined())
    assert said == f"No comparable figure of the literature is known to us. {design.gap}"


def test_membranes_say_what_does_not_hold_them():
    assert "bridges=4 and suspended=true" in unheld(nominal.load("bullseye_520"))
    assert unheld(nominal.load("nanobeam_620")) in described(nominal.load("nanobeam_620"))[1]
    for held in ("l3_630", "nanobeam_oxide_620", "disc_630", "planar_open_630"):
        assert unheld(nominal.load(held)) == ""


def test_plasmons_of_a_film_are_not_radiated():
    """Of F = 10 two are absorbed near the dot and three get away; five run along the film."""
    kept = imagined(far=(0.3, 0.01), collection=[
        {"na": na, "direction": side, "share": (0.1, 0.0)}
        for na in (0.5, 0.7) for side in ("up", "down")
    ])  # fmt: skip
    design = designed({"figure": "radiated_share", "value": 0.5})
    (one,) = nominal.compare(design, kept)
    assert not one.reached
    assert one.found.nominal_value == 0.3
    shown = dict(rows(design, kept))
    assert shown["radiated into both half-spaces, of all power"].startswith("0.3")
    assert shown["into plasmons along the film, of all power"].startswith("0.5")


def test_where_plasmons_may_run_away():
    assert set(outside_of_metal(nominal.load("nanopatch_disc_630"))) == {"up", "down"}
    assert outside_of_metal(nominal.load("bowtie_630")) == {}
    assert outside_of_metal(nominal.load("bullseye_520")) == {}


def test_a_match_is_claimed_only_where_it_is_verified():
    design = designed({"figure": "purcell", "value": 9.0})
    certain = designed({"figure": "purcell", "value": 8.0})
    assert nominal.judgement(certain, imagined()).startswith("Performance matched.")
    for doubt in (
        {"absorbed": (-0.5, 0.0)},
        {"fidelity": "draft"},
        {"converged": False},
        {"purcell": (8.9, 1.0)},
    ):
        assert "Performance matched" not in nominal.judgement(design, imagined(**doubt))
    said = nominal.judgement(design, imagined(purcell=(9.5, 1.0)))
    assert said.startswith("Performance matched, in F only within its uncertainty.")
    assert nominal.judgement(design, None).startswith("Not simulated")


def test_what_the_standing_tells_apart(monkeypatch):
    design = nominal.load("bullseye_520")
    jobs = tuple(job.hash for job in design.plan("draft").jobs)
    from cqdphotonics.fdtd.job import SOLVER_VERSION

    same = {"subject": design.subject, "fidelity": "draft", "job_hashes": jobs,
            "solver_version": SOLVER_VERSION}  # fmt: skip
    assert nominal.standing(design, imagined(**same)) == "current"
    older = same | {"solver_version": SOLVER_VERSION - 1, "job_hashes": ("x",)}
    assert nominal.standing(design, imagined(**older)) == "earlier solver"
    assert nominal.standing(design, imagined(**same | {"job_hashes": ("x",)})) == "other numerics"
    moved = design.model_copy(update={"wavelength": 0.521})
    assert nominal.standing(moved, imagined(**same)) == "other design"
    thicker = design.model_copy(update={"stack_parameters": {"thickness": 0.3}})
    assert nominal.standing(thicker, imagined(**older)) == "other design"


def exact_designs() -> list[str]:
    return [name for name in nominal.names() if nominal.load(name).fidelity == "theory"]


def test_open_and_half_cavities_are_there():
    assert {"planar_open_630", "planar_open_520", "planar_half_630"} <= set(exact_designs())


@pytest.mark.parametrize("name", exact_designs())
def test_exact_figures_are_called_so(name):
    """No ± is invented, no figure is called unverified, and no run is named: there was none."""
    design = nominal.load(name)
    data, text = described(design)
    assert data["standing"] == "current"
    assert data["figures"]["verdict"] == "theory: exact multilayer"
    figures = text.split("literature")[0]
    assert "exact for endless films" in figures
    for word in ("unverified", "±", "Meep", "jobs", "pixels"):
        assert word not in figures
    assert not any(word in data["judgement"] for word in ("unverified", "Not converged"))
    kept = nominal.read_record(design)
    # The share into a cone is the far field within it, which the gallery draws.
    shown = read_pictured(design)
    theta, far = shown["theta"].astype(float), shown["far_field"].astype(float)
    above = design.scene().films[-1].material
    index = materials.load(above).index(design.wavelength).real
    inside = np.where(theta <= np.arcsin(design.na / index), far[0] * np.sin(theta), 0)
    share = 2 * np.pi * trapezoid(inside, theta)
    assert share == pytest.approx(kept.share(design.na, "up").nominal_value, rel=0.02)


@pytest.mark.parametrize(
    "name", [n for n in exact_designs() if nominal.load(n).stack == "open-dbr"]
)
def test_an_open_cavity_is_on_its_resonance(name):
    """A hundredth of a wavelength of air more or less takes most of the light from the lens."""
    from cqdphotonics.fdtd import plane_films

    design = nominal.load(name)

    def into_lens(more):
        gap = design.stack_parameters["gap"] + more
        moved = {"stack_parameters": {**design.stack_parameters, "gap": gap}}
        found = plane_films.exact(design.model_copy(update=moved).scene(), design.wavelength)
        return found.total * found.collection(design.na)

    step = 0.01 * design.wavelength
    assert into_lens(0.0) > 5 * max(into_lens(-step), into_lens(step))


def test_metals_are_compared_by_grids_cells_and_solids():
    """Their jobs' hashes hold last digits of a fit, which are another processor's."""
    design = nominal.load("bowtie_630")
    kept = nominal.read_record(design)
    jobs = design.plan(kept.fidelity).jobs

    def of(more):
        grids = tuple(
            {
                "pixels_per_um": job.resolution,
                "voxels": job.voxels(),
                "solids": len(job.solids) + more,
            }
            for job in jobs
        )
        return kept.model_copy(update={"job_hashes": ("x",), "grids": grids})

    assert nominal.standing(design, of(0)) == "current"
    assert nominal.standing(design, of(-1)) == "other numerics"


def test_what_theory_says_anew(tmp_path):
    design = nominal.load("planar_half_630")
    kept = compute(design, directory=tmp_path)
    assert kept.purcell == pytest.approx(nominal.read_record(design).purcell, rel=1e-4)
    assert nominal.standing(design, kept) == "current"
    other = kept.model_copy(update={"purcell": (1.01 * kept.purcell[0], 0.0)})
    assert nominal.standing(design, other) == "other numerics"
    reached = designed({"figure": "purcell", "value": 1.0}, gap="")
    assert nominal.judgement(reached, kept) == "Performance matched, exact for endless films."
    with pytest.raises(InputError, match="more than plane films"):
        compute(nominal.load("bullseye_520"), "theory", directory=tmp_path)
    with pytest.raises(InputError, match="simulates nothing"):
        design.plan()


def test_a_default_written_out_is_the_same_design():
    plain = nominal.load("bullseye_520")
    default = components.resolve("bullseye", {})["frame"]
    told = plain.model_copy(update={"parameters": {**plain.parameters, "frame": default}})
    assert told.subject == plain.subject


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("title: x", "component"),
        ("- a list", "mapping"),
        ("title: [", "not YAML"),
        (
            "{title: x, component: bullseye, stack: sin-air, wavelength: 0.52, wavelenght: 0.5, "
            "found: {how: by hand, command: none}}",
            "Did you mean 'wavelength'",
        ),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, text, complaint):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=complaint):
        read_design(path)


def test_unknown_name():
    with pytest.raises(UnknownNameError, match="Did you mean 'bullseye_520'"):
        nominal.load("bullseye_52")


def test_damaged_figures_are_said(tmp_path):
    design = nominal.load("bullseye_520")
    (tmp_path / "bullseye_520.json").write_text("{}")
    with pytest.raises(FileFormatError, match="bullseye_520 --compute"):
        nominal.read_record(design, tmp_path)


def test_command_line(capsys):
    assert main(["nominal", "--json"]) == 0
    listed = {one["name"] for one in json.loads(capsys.readouterr().out)["nominal"]}
    assert listed == set(nominal.names())
    assert main(["components", "bullseye", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["nominal"]
    assert [one["name"] for one in shown] == [
        "bullseye_520", "bullseye_dbr_520", "bullseye_oxide_520",
        "bullseye_630", "bullseye_dbr_630", "bullseye_oxide_630",
        "bullseye_1300", "bullseye_dbr_1300",
    ]  # fmt: skip
    assert main(["components", "l3"]) == 0
    assert "nominal designs" in capsys.readouterr().out
    for wrong in (["--compute"], ["--fidelity", "fine"], ["bullseye_520", "--all"], ["nothing"]):
        assert main(["nominal", *wrong]) == 2
        assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", nominal.names())
def test_is_described(name):
    data, text = described(nominal.load(name))
    assert text.startswith(f"{name}: ")
    if data["figures"] is None and data["parts"] is None:
        assert "±" not in text  # no number where nothing was simulated
        assert "Purcell" not in text


@pytest.mark.meep
def test_computed_figures_are_what_simulate_says(tmp_path):
    from cqdphotonics import simulate

    design = nominal.NominalDesign.model_validate({
        "name": "small", "title": "Small disc", "component": "disc", "stack": "sin-air",
        "parameters": {"radius": 0.2}, "wavelength": 1.3, "na": 0.5,
        "found": {"how": "by hand", "command": "none"}, "fidelity": "draft",
    })  # fmt: skip
    response = simulate(
        design.cell(), design.stack, design.wavelength, "draft", na=(0.5, 0.7),
        store=tmp_path / "store",
    )  # fmt: skip
    kept = write(design, response, tmp_path / "data")
    assert kept == nominal.read_record(design, tmp_path / "data") == record(design, response)
    assert nominal.standing(design, kept) == "current"
    assert kept.purcell[0] == pytest.approx(response.purcell.nominal_value, rel=1e-4)
    share = response.collection(0.7).nominal_value
    assert kept.share(0.7, "up").nominal_value == pytest.approx(share, rel=1e-4)
    whole = response.data["purcell"].values
    with np.load(tmp_path / "data" / "small.npz") as data:
        np.testing.assert_allclose(data["purcell"], whole, rtol=1e-6)
