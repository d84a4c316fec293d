"""GDS files: the round trip, the bytes, and what can go wrong."""

import hashlib
import os
import subprocess
import sys

import pytest
from klayout import db

from cqdphotonics import components
from cqdphotonics.errors import FileFormatError, GeometryError, InputError, StorageError
from cqdphotonics.layout import shapes
from cqdphotonics.layout.component import emitter_position, new_cell, place_emitter
from cqdphotonics.layout.gdsio import gds_bytes, read_component, write_component
from cqdphotonics.layout.layers import DEVICE


def polygons(cell):
    layer = cell.kcl.layer(*DEVICE.number)
    return db.Region(cell.kdb_cell.begin_shapes_rec(layer))


def test_round_trip(tmp_path):
    cell = components.bullseye(radius=0.441, pitch=0.35)
    path = write_component(cell, tmp_path / "sub" / "device")
    assert path == tmp_path / "sub" / "device.gds"
    back = read_component(path)
    assert back.name == cell.name
    assert back.function_name == "bullseye"
    # Exactly, although GDS writes 0.35 as 0.35000000000000003.
    assert back.settings.model_dump() == cell.settings.model_dump()
    assert back.info.model_dump() == cell.info.model_dump()
    assert emitter_position(back) == emitter_position(cell)
    assert (polygons(back) ^ polygons(cell)).is_empty()


def test_holes_survive_to_the_nanometre(tmp_path):
    plate = db.Polygon(
        [db.Point(0, 0), db.Point(2003, 7), db.Point(1900, 1100), db.Point(-40, 990)]
    )
    for x, y in ((300, 300), (800, 500), (1400, 333), (700, 850)):
        hole = db.Polygon.ellipse(db.Box(x - 121, y - 97, x + 121, y + 97), 61)
        plate.insert_hole(list(hole.each_point_hull()))
    cell = new_cell()
    cell.kdb_cell.shapes(cell.kcl.layer(*DEVICE.number)).insert(plate)
    place_emitter(cell, (0.5, 0.5))
    back = read_component(write_component(cell, tmp_path / "plate.gds"))
    assert (polygons(back) ^ db.Region(plate)).is_empty()


def test_an_off_centre_dot_survives(tmp_path):
    cell = new_cell()
    shapes.disc(cell, DEVICE.number, 0.3)
    place_emitter(cell, (0.111, -0.052), axis="z")
    back = read_component(write_component(cell, tmp_path / "a.gds"))
    assert emitter_position(back) == (0.111, -0.052)
    assert back.info["emitter_axis"] == "z"


def test_what_is_below_a_cell_is_written_too(tmp_path):
    cell = new_cell()
    cell << components.disc(radius=0.25)
    reference = cell << components.disc(radius=0.2)
    reference.dmovex(1.0)
    place_emitter(cell)
    back = read_component(write_component(cell, tmp_path / "two.gds"))
    assert (polygons(back) ^ polygons(cell)).is_empty()
    assert polygons(back).count() == 2


DRAW = """
import hashlib, sys
from cqdphotonics import components
from cqdphotonics.layout.gdsio import gds_bytes
from cqdphotonics.layout.component import new_cell
if sys.argv[1] == "busy":
    cell = new_cell()
    cell.add_polygon([(0, 0), (1, 0), (1, 1)], layer=(77, 3))
    cell.add_port(name="o1", center=(0, 0), width=0.5, orientation=0, layer=(77, 3))
    components.disc(radius=0.5)
print(hashlib.sha256(gds_bytes(components.bullseye())).hexdigest())
"""


def test_same_component_same_bytes_whatever_else_was_drawn():
    here = hashlib.sha256(gds_bytes(components.bullseye())).hexdigest()
    there = subprocess.run(
        [sys.executable, "-c", DRAW, "busy"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert there.stdout.split() == [here]


def test_reading_twice_is_silent(tmp_path, capfd):
    path = write_component(components.disc(), tmp_path / "d.gds")
    capfd.readouterr()
    assert read_component(path).name == read_component(path).name
    assert capfd.readouterr() == ("", "")


def test_a_directory_that_can_not_be_written():
    with pytest.raises(StorageError, match="can't be written"):
        write_component(components.disc(), "/proc/nowhere/device.gds")


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    old = write_component(components.disc(), tmp_path / "d.gds").read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        write_component(components.disc(radius=0.4), tmp_path / "d.gds")
    assert [path.name for path in tmp_path.iterdir()] == ["d.gds"]
    assert (tmp_path / "d.gds").read_bytes() == old


def test_files_that_are_no_layouts(tmp_path):
    with pytest.raises(InputError, match="no layout file"):
        read_component(tmp_path / "none.gds")
    text = tmp_path / "text.gds"
    text.write_text("hello")
    with pytest.raises(FileFormatError, match="can't be read"):
        read_component(text)
    whole = write_component(components.bullseye(), tmp_path / "whole.gds").read_bytes()
    cut = tmp_path / "cut.gds"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileFormatError, match="can't be read"):
        read_component(cut)


def test_a_foreign_grid_and_several_cells(tmp_path):
    layout = db.Layout()
    layout.dbu = 0.005
    layout.create_cell("A")
    layout.write(str(tmp_path / "coarse.gds"))
    with pytest.raises(FileFormatError, match=r"0\.005 µm"):
        read_component(tmp_path / "coarse.gds")
    layout.dbu = 0.001
    layout.create_cell("B")
    layout.write(str(tmp_path / "two.gds"))
    with pytest.raises(InputError, match=r"2 top cells \(A, B\)"):
        read_component(tmp_path / "two.gds")
    assert read_component(tmp_path / "two.gds", cell="B").name == "B"
    with pytest.raises(InputError, match="Known: A, B"):
        read_component(tmp_path / "two.gds", cell="C")


def test_a_foreign_file_has_no_dot(tmp_path):
    layout = db.Layout()
    layout.dbu = 0.001
    top = layout.create_cell("TOP")
    top.shapes(layout.layer(1, 0)).insert(db.Box(0, 0, 1000, 1000))
    layout.write(str(tmp_path / "foreign.gds"))
    with pytest.raises(GeometryError, match="no port of type 'emitter'"):
        emitter_position(read_component(tmp_path / "foreign.gds"))
