"""`cqd tapeout` as a user runs it: a small chip with everything on it."""

import csv
import hashlib
import json
from pathlib import Path

import pytest

from cqdphotonics import simulate
from cqdphotonics.cli.app import main
from cqdphotonics.fdtd import build_scene
from cqdphotonics.fdtd.simulation import plans_for
from cqdphotonics.layout import stacks
from cqdphotonics.layout.gdsio import read_component
from cqdphotonics.layout.reading import read_layout

CHIP = """\
name: small
title: A small chip
stack: sin-air
stack_parameters: {thickness: 0.3}
emitter: CsPbBr3-4K
collection: {na: 0.7}
chip: {size: [900, 700], edge: 50}
overlay: {mark: 0.003, tool: 0.004, drift: 0.0, alignments: 1}
template: {width: 0.04, dot: 0.02, filling: irreversible}
marks: {length: 40, width: 4}
arrays:
  - name: BE
    component: bullseye
    parameters: {rings: 3, gap: 0.15}
    columns: {dose: [0.9, 1.0]}
    rows: {radius: [0.43, 0.44]}
    at: [-100, 100]
    pitch: [80, 80]
  - name: WG
    component: strip
    role: reference
    template: false
    at: [200, 100]
    pitch: [300, 300]
    fibre: {ports: [o1, o2], radius: 10}
dose_test: {at: [-300, -100], parameters: {columns: 3, first_dose: 0.9, rows: 2}}
good: {thresholds: {purcell: 0.5}, wanted: 2, orientation: aligned, samples: 2000}
"""


@pytest.fixture(scope="module")
def chip_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("chip") / "chip.yaml"
    path.write_text(CHIP)
    return path


@pytest.fixture(scope="module")
def directory(chip_file) -> Path:
    target = chip_file.parent / "out"
    assert main(["tapeout", str(chip_file), "-o", str(target)]) == 0
    return target


def devices(directory: Path) -> dict[str, dict]:
    return {row["id"]: row for row in json.loads((directory / "devices.json").read_text())}


def test_manifest_holds_every_file(directory):
    manifest = json.loads((directory / "manifest.json").read_text())
    there = {str(p.relative_to(directory)) for p in directory.rglob("*") if p.is_file()}
    assert there - {"manifest.json"} == set(manifest["files"])
    for name, entry in manifest["files"].items():
        assert hashlib.sha256((directory / name).read_bytes()).hexdigest() == entry["sha256"]
    assert manifest["drc_clean"] is True
    assert {
        "chip.gds", "chip.oas", "chip.lyp", "layer_map.csv", "drc.lyrdb", "drc.json", "drc.png",
        "devices.csv", "report.html", "ebeam/BE.gds", "ebeam/BE.doses.csv", "ebeam/chip_doses.gds",
    } <= there  # fmt: skip


def test_again_gives_the_same_bytes(directory, chip_file):
    before = {p: p.read_bytes() for p in directory.rglob("*") if p.is_file()}
    assert main(["tapeout", str(chip_file), "-o", str(directory)]) == 0
    assert {p: p.read_bytes() for p in directory.rglob("*") if p.is_file()} == before


def test_gds_and_oasis_hold_the_same(directory):
    from klayout import db

    one, other = (read_layout(directory / f"chip.{e}") for e in ("gds", "oas"))
    for info in one.layer_infos():
        regions = [
            db.Region(layout.top_cell().begin_shapes_rec(layout.layer(info)))
            for layout in (one, other)
        ]
        assert (regions[0] ^ regions[1]).is_empty()


def test_a_device_of_the_chip_is_the_same_job(directory):
    films = stacks.load("sin-air", thickness=0.3)
    for name in ("BE-A01", "BE-B02"):
        row = devices(directory)[name]
        from_chip = read_component(directory / "chip.gds", row["cell"])
        alone = read_component(directory / row["file"])
        for component in (from_chip, alone):
            scene = build_scene(component, films, row["dipole"])
            plans = plans_for(
                scene, row["wavelength"], row["simulation"]["fidelity"], row["dipole"]
            )
            hashes = [job.hash for planned in plans.values() for job in planned.jobs]
            assert hashes == row["simulation"]["job_hashes"]


def test_unknown_is_said_to_be_unknown(directory):
    with (directory / "devices.csv").open() as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows["BE-A01"]["simulation"] == "not simulated"
    assert rows["BE-A01"]["purcell"] == ""
    assert rows["WG-A01"]["simulation"].startswith("no dot")
    page = (directory / "report.html").read_text()
    assert "not simulated" in page
    assert "no window of an undercut" in page  # the rings of this membrane would float away


def test_report_needs_nothing_else(directory):
    page = (directory / "report.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert page.count("data:image/png;base64,") >= 3


def test_doses_on_their_datatypes(directory):
    from klayout import db

    layout = read_layout(directory / "ebeam" / "chip_doses.gds")
    plain = read_layout(directory / "chip.gds")
    with (directory / "ebeam" / "chip_doses.csv").open() as file:
        table = {float(r["relative_dose"]): int(r["datatype"]) for r in csv.DictReader(file)}
    assert table == {0.9: 200, 1.0: 0, 1.1: 201}

    def region(of, datatype):
        return db.Region(of.top_cell().begin_shapes_rec(of.layer(1, datatype))).merged()

    together = region(layout, 0) + region(layout, 200) + region(layout, 201)
    assert (together.merged() ^ region(plain, 0)).is_empty()
    # BE-A01 has the dose 0.9, BE-A02 the base dose.
    rows = devices(directory)
    for name, datatype in (("BE-A01", 200), ("BE-A02", 0)):
        x, y = (round(1000 * rows[name][k]) for k in "xy")
        at = db.Region(db.Box(x - 10, y - 10, x + 10, y + 10))
        assert not (region(layout, datatype) & at).is_empty()
        assert (region(layout, 200 - datatype) & at).is_empty()


def test_seams_name_who_lies_on_them(directory):
    # Fields of 500 µm about the origin: there is a seam at x = 250. The waveguide from 210 to the
    # coupler at 263.5 crosses it; no bullseye does.
    with (directory / "ebeam" / "field_crossings.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert all(row["device"].startswith("WG-A01") for row in rows)
    assert all("x = 250.000" in row["where"] for row in rows)


def test_broken_rules_are_written_and_told(chip_file, tmp_path, capsys):
    # A gap of 40 nm is drawn; the kit asks for 50 nm.
    wrong = chip_file.parent / "narrow.yaml"
    wrong.write_text(CHIP.replace("gap: 0.15}", "gap: 0.04}"))
    assert main(["tapeout", str(wrong), "-o", str(tmp_path / "out"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["clean"] is False
    assert any("space" in rule or "notch" in rule for rule in told["violations"])
    assert (tmp_path / "out" / "chip.gds").exists()
    assert "breaks rules" in (tmp_path / "out" / "report.html").read_text()


def test_somebody_elses_directory_is_left_alone(chip_file, tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years")
    assert main(["tapeout", str(chip_file), "-o", str(tmp_path)]) == 2
    assert "not replaced" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.meep
def test_figures_come_from_the_store(directory, chip_file, tmp_path):
    row = devices(directory)["BE-A01"]
    response = simulate(
        directory / row["file"], "sin-air", row["wavelength"], "draft",
        stack_parameters={"thickness": 0.3}, dipole=row["dipole"],
    )  # fmt: skip
    out = tmp_path / "out"
    assert main(["tapeout", str(chip_file), "-o", str(out)]) == 0
    rows = devices(out)
    for name in ("BE-A01", "BE-A02"):  # one cell, two doses
        simulation = rows[name]["simulation"]
        assert simulation["status"] == "stored"
        assert simulation["figures"]["purcell"] == {
            "value": response.purcell.nominal_value, "uncertainty": "unverified",
        }  # fmt: skip
        assert simulation["job_hashes"] == list(response.job_hashes)
        assert simulation["provenance"]["grids"][0]["meep"]
        chance = rows[name]["yield"]
        assert chance["status"] == "known"
        # One dot in the hole, and F above .5 for nearly every dot along the field.
        assert 0.8 * chance["single_dot"] < chance["good"]["value"] <= chance["single_dot"]
    assert rows["BE-B01"]["simulation"]["status"] == "not simulated"
    page = (out / "report.html").read_text()
    assert page.count("<svg") > (directory / "report.html").read_text().count("<svg")
