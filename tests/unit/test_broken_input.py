"""Files that are damaged or meant to harm: a clear error each, in bounded memory."""

import json
import struct
import subprocess
import sys

import pytest
from klayout import db

from cqdphotonics import emitters, materials
from cqdphotonics.cli.app import main
from cqdphotonics.codesign.study import Study
from cqdphotonics.errors import CqdError, FileFormatError, InputError
from cqdphotonics.layout import kits, stacks
from cqdphotonics.layout.gdsio import read_component
from cqdphotonics.layout.reading import VERTICES, read_layout
from cqdphotonics.layout.written import inside
from cqdphotonics.located_yaml import DEEPEST, LONGEST, parse

MEMORY = 1500 * 2**20
"""Bytes of address space that a reader may use; Python with numpy and KLayout needs half."""


def record(kind, data_type, content=b""):
    content += b"\0" * (len(content) % 2)
    return struct.pack(">HBB", len(content) + 4, kind, data_type) + content


def real8(value):
    """A number as GDS writes it: excess-64, base 16."""
    exponent = 64
    while value < 1 / 16:
        value, exponent = value * 16, exponent - 1
    return struct.pack(">Q", exponent << 56 | round(value * 2**56))


def calls(name):
    where = record(0x10, 3, struct.pack(">2i", 0, 0))
    return record(0x0A, 0) + record(0x12, 6, name.encode()) + where + record(0x11, 0)


def library(cells, user=1e-3, metres=1e-9):
    """The bytes of a GDS file; `cells` maps names to the bytes of their elements."""
    dates = struct.pack(">12h", *[0] * 12)
    out = record(0, 2, struct.pack(">h", 600)) + record(1, 2, dates) + record(2, 6, b"LIB")
    out += record(3, 5, real8(user) + real8(metres))
    for name, elements in cells.items():
        out += record(5, 2, dates) + record(6, 6, name.encode()) + elements + record(7, 0)
    return out + record(4, 0)


def square():
    points = (0, 0, 0, 1000, 1000, 1000, 1000, 0, 0, 0)
    layer = record(0x0D, 2, struct.pack(">h", 1)) + record(0x0E, 2, struct.pack(">h", 0))
    outline = record(0x10, 3, struct.pack(">10i", *points))
    return record(8, 0) + layer + outline + record(0x11, 0)


BROKEN = {
    "truncated": (library({"A": square()})[:-30], "can't be read as a layout: Unexpected"),
    "empty": (b"", "can't be read as a layout"),
    "zeros": (b"\0" * 5000, "can't be read as a layout"),
    "text": (b"a layout, I said", "can't be read as a layout"),
    "unit": (library({"A": square()}, 1e-4, 1e-10), "database unit of 0.0001 µm"),
    "circle": (
        library({"TOP": calls("A"), "A": square() + calls("B"), "B": calls("A")}),
        "in a circle: A → B → A",
    ),
    "itself": (library({"A": square() + calls("A")}), "in a circle: A → A"),
    "missing cell": (library({"A": square() + calls("B")}), "cells that it does not hold: B"),
}


def test_the_bytes_of_these_tests_are_gds(tmp_path):
    path = tmp_path / "good.gds"
    path.write_bytes(library({"A": square() + calls("B"), "B": square()}))
    layout = read_layout(path)
    assert layout.dbu == pytest.approx(1e-3)
    assert [cell.name for cell in layout.top_cells()] == ["A"]


@pytest.mark.parametrize("content, said", BROKEN.values(), ids=BROKEN)
def test_broken_layout(content, said, tmp_path):
    path = tmp_path / "broken.gds"
    path.write_bytes(content)
    for read in (read_layout, read_component):
        with pytest.raises(FileFormatError) as caught:
            read(path)
        assert said in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("command", [["drc"], ["simulate", "--wavelength", "0.52"]])
def test_commands_refuse_it(command, tmp_path, capsys):
    path = tmp_path / "broken.gds"
    path.write_bytes(BROKEN["circle"][0])
    where = ["--stack", "sin-air", "-o", str(tmp_path / "out")] if len(command) > 1 else []
    assert main([command[0], str(path), *command[1:], *where, "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert "in a circle" in said["message"]


def giant(path):
    """A polygon of a million vertices: a comb."""
    layout = db.Layout()
    layout.dbu = 0.001
    points = [db.Point(x, 100 if x // 2 % 2 else 200) for x in range(1_000_000)]
    polygon = db.Polygon([*points, db.Point(1_000_000, 0), db.Point(0, 0)], True)
    layout.create_cell("TOP").shapes(layout.layer(1, 0)).insert(polygon)
    options = db.SaveLayoutOptions()
    options.format = "OASIS"
    layout.write(str(path), options)


def nested_arrays(path):
    """Ten cells, each an array of a million of the one below: 10⁶⁰ squares in 1 kB."""
    layout = db.Layout()
    layout.dbu = 0.001
    below = layout.create_cell("C0")
    below.shapes(layout.layer(1, 0)).insert(db.Box(0, 0, 10, 10))
    for k in range(1, 11):
        cell = layout.create_cell(f"C{k}")
        step = db.Vector(20, 0), db.Vector(0, 20)
        cell.insert(db.CellInstArray(below.cell_index(), db.Trans(), *step, 1000, 1000))
        below = cell
    layout.write(str(path))


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]\n" for k in range(1, 12)
)
"""A billion laughs: 9¹² values in 500 bytes."""

READ_BOUNDED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
from cqdphotonics.errors import CqdError
try:
    {call}
except CqdError as error:
    print(type(error).__name__, error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MiB")
"""

BOUNDED = {
    "giant": (giant, "big.oas", "from cqdphotonics.layout.reading import read_layout as read",
              f"1000002 vertices; at most {VERTICES}"),
    "arrays": (nested_arrays, "big.gds",
               "from cqdphotonics.layout.reading import read_layout as read", "stand for"),
    "drc of arrays": (nested_arrays, "big.gds", "from cqdphotonics.layout.drc import check as read",
                      "stand for"),
    **{
        f"bomb for {name}": (None, "bomb.yaml", f"from {module} as read", "aliases (*)")
        for name, module in {
            "kits": "cqdphotonics.layout.kits import load",
            "stacks": "cqdphotonics.layout.stacks import load",
            "emitters": "cqdphotonics.emitters import load",
            "materials": "cqdphotonics.materials import load",
        }.items()
    },
    "bomb for studies": (None, "bomb.yaml",
                         "from cqdphotonics.codesign.study import Study; read = Study.from_file",
                         "aliases (*)"),
}  # fmt: skip


@pytest.mark.parametrize("make, name, imports, said", BOUNDED.values(), ids=BOUNDED)
def test_bounded_memory(make, name, imports, said, tmp_path):
    path = tmp_path / name
    if make is None:
        path.write_text(BOMB)
    else:
        make(path)
    call = f"{imports}; read({str(path)!r})"
    script = READ_BOUNDED.format(memory=MEMORY, call=call)
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=100
    )
    assert ran.returncode == 0, ran.stderr
    assert "FileFormatError" in ran.stdout
    assert said in ran.stdout


READERS = {
    "kit": kits.load,
    "stack": stacks.load,
    "emitter": emitters.load,
    "material": materials.load,
    "study": Study.from_file,
}

YAMLS = {
    "bomb": (BOMB, "aliases (*)"),
    "deep": ("[" * 100_000, f"more than {DEEPEST} lists"),
    "long": ("x: " + "y" * LONGEST, "longer than 4 MiB"),
    "in itself": ("a: &a [*a]", "'*a' contains itself"),
    "alias to nothing": ("a: *b", "stands for nothing"),
    "date": ("a: 2020-13-45", "can't be read"),
    "object": ("a: !!python/object/apply:os.system ['true']", "line 1"),
    "not text": (b"\xff\xfe\x00", "not text in UTF-8"),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("content, said", YAMLS.values(), ids=YAMLS)
def test_broken_yaml(reader, content, said, tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FileFormatError) as caught:
        reader(str(path))
    assert said in str(caught.value)
    assert "broken.yaml" in str(caught.value)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_what_is_no_file(reader, tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        link = tmp_path / "link.yaml"
        link.unlink(missing_ok=True)
        link.symlink_to(path)
        with pytest.raises(CqdError):
            reader(str(link))
    endless = tmp_path / "endless.yaml"
    endless.symlink_to("/dev/zero")
    with pytest.raises(CqdError, match="not a file"):
        reader(str(endless))


def test_aliases_are_allowed_in_measure():
    data, lines = parse("a: &a {x: 1}\nb: [*a, *a]\nc:\n  <<: *a\n  y: 2\n", "some.yaml")
    assert data == {"a": {"x": 1}, "b": [{"x": 1}, {"x": 1}], "c": {"x": 1, "y": 2}}
    assert lines[("c", "y")] == 5


@pytest.mark.parametrize("name", ["../x.gds", "/etc/x", "a/../../x", "", "..", "a\0b", "link/x"])
def test_names_stay_in_the_output_directory(name, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match="output directory"):
        inside(folder, name)


def test_names_in_the_output_directory(tmp_path):
    assert inside(tmp_path / "out", "a.gds") == tmp_path / "out" / "a.gds"
    assert inside(tmp_path / "out", "sub/a.gds") == tmp_path / "out" / "sub" / "a.gds"


def test_self_intersections_are_reported_not_repaired_in_silence(tmp_path):
    from cqdphotonics.layout import drc

    layout = db.Layout()
    layout.dbu = 0.001
    bow = [db.Point(0, 0), db.Point(1000, 1000), db.Point(1000, 0), db.Point(0, 900)]
    layout.create_cell("TOP").shapes(layout.layer(1, 0)).insert(db.Polygon(bow, True))
    layout.write(str(tmp_path / "bow.gds"))
    report = drc.check(tmp_path / "bow.gds")
    assert report.counts["malformed"] >= 1

    # The solver is not given one either.
    from cqdphotonics.errors import GeometryError
    from cqdphotonics.fdtd import build_scene
    from cqdphotonics.layout.component import new_cell, place_emitter

    cell = new_cell()
    cell.kdb_cell.shapes(cell.kcl.layout.layer(1, 0)).insert(db.Polygon(bow, True))
    place_emitter(cell, (0.1, 0.2))
    with pytest.raises(GeometryError, match="crosses itself at"):
        build_scene(cell, "sin-air")


def test_missing_layers(tmp_path):
    """A kit that asks for layers that the file does not have: noted, and what is there measured."""
    from cqdphotonics.layout import drc

    path = tmp_path / "good.gds"
    path.write_bytes(library({"A": square()}))
    metal = drc.check(path, "metal-glass")
    assert [v.rule for v in metal.violations] == ["unknown-layer"]
    assert "nothing was measured" in metal.table()


def test_limits_of_this_test_are_real():
    """The limit on memory bites: what is not bounded would be seen."""
    script = (
        f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY})); "
        f"bytearray({MEMORY})"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "MemoryError" in ran.stderr
