"""Design rules: every planted fault is found where it is, and clean devices have none."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from klayout import db, rdb

from cqdphotonics import components
from cqdphotonics.cli.app import main
from cqdphotonics.errors import InputError
from cqdphotonics.layout import drc, kits
from cqdphotonics.layout.kits import Kit
from cqdphotonics.layout.shapes import ellipse_points

LAYERS = [
    {"name": "DEVICE", "number": [1, 0]},
    {"name": "METAL", "number": [41, 0]},
    {"name": "RELEASE", "number": [30, 0]},
    {"name": "FLOORPLAN", "number": [99, 0]},
]


def kit(**rule):
    """A kit with one rule, on DEVICE if not said otherwise."""
    return Kit.model_validate(
        {
            "name": "one rule",
            "description": "for a test",
            "layers": LAYERS,
            "rules": [{"layer": "DEVICE", "name": "it", **rule}],
        }
    )


def drawn(*shapes, **layers):
    """A layout of boxes (x0, y0, x1, y1) and outlines in nm; on other layers by their name."""
    layout = db.Layout()
    layout.dbu = 0.001
    top = layout.create_cell("TOP")
    numbers = {entry["name"]: entry["number"] for entry in LAYERS}
    for name, some in {"DEVICE": shapes, **layers}.items():
        for shape in some:
            target = top.shapes(layout.layer(*numbers[name]))
            if isinstance(shape[0], int):
                target.insert(db.Box(*shape))
            else:
                target.insert(db.Polygon([db.Point(*point) for point in shape]))
    return layout


def only(report):
    """The one violation that there is."""
    assert len(report.violations) == 1, report.table()
    return report.violations[0]


def frame(box, hole):
    """The outline of a box with a rectangular hole, as GDS can hold it."""
    (a, b, c, d), (e, f, g, h) = box, hole
    return [(a, b), (c, b), (c, d), (a, d), (a, f), (e, f), (e, h), (g, h), (g, f), (a, f)]


BIG = (0, 0, 5000, 1000)

CASES = [
    # rule, shapes that break it, shapes that just keep it, place in µm, measured
    ({"kind": "width", "minimum": 0.04}, [(300, 0, 339, 1000)], [(300, 0, 340, 1000)],
     (0.3195, 0.5), 0.039),
    ({"kind": "space", "minimum": 0.05}, [BIG, (0, 1049, 5000, 3000)],
     [BIG, (0, 1050, 5000, 3000)], (2.5, 1.0245), 0.049),
    ({"kind": "notch", "minimum": 0.05},
     [[(0, 0), (0, 1000), (400, 1000), (400, 500), (449, 500), (449, 1000), (900, 1000),
       (900, 0)]],
     [[(0, 0), (0, 1000), (400, 1000), (400, 500), (450, 500), (450, 1000), (900, 1000),
       (900, 0)]],
     (0.4245, 0.75), 0.049),
    ({"kind": "hole_size", "minimum": 0.05}, [frame(BIG, (700, 300, 749, 600))],
     [frame(BIG, (700, 300, 750, 600))], (0.7245, 0.45), 0.049),
    ({"kind": "area", "minimum": 0.01}, [(0, 0, 99, 100)], [(0, 0, 100, 100)],
     (0.0495, 0.05), 0.0099),
    ({"kind": "acute", "minimum": 45}, [[(0, 0), (1000, 990), (1000, 0)]],
     [[(0, 0), (1000, 1000), (1000, 0)]], (0.0, 0.0), None),
    ({"kind": "angle", "step": 45}, [[(0, 0), (0, 1000), (1030, 1000), (1000, 0)]],
     [[(0, 0), (0, 1000), (2000, 1000), (1000, 0)]], (1.015, 0.5), 1.7184),
    ({"kind": "grid", "step": 0.005}, [[(0, 0), (0, 1000), (1003, 1000), (1005, 0)]],
     [[(0, 0), (0, 1000), (1000, 1000), (1005, 0)]], (1.003, 1.0), None),
    ({"kind": "duplicate"}, [BIG, (7000, 0, 7100, 200), (7000, 0, 7100, 200)],
     [BIG, (7000, 0, 7100, 200), (7050, 0, 7150, 200)], (7.05, 0.1), 2),
    ({"kind": "sliver", "minimum": 0.005}, [BIG, (0, 1002, 5000, 2000)],
     [BIG, (0, 1005, 5000, 2000)], (2.5, 1.001), 0.002),
]  # fmt: skip


@pytest.mark.parametrize(
    "rule, bad, good, place, measured", CASES, ids=[c[0]["kind"] for c in CASES]
)
def test_one_layer(rule, bad, good, place, measured):
    found = only(drc.check(drawn(*bad), kit(**rule)))
    assert found.rule == "it"
    assert found.kind == rule["kind"]
    assert found.layers == ("DEVICE (1/0)",)
    assert found.position == pytest.approx(place, abs=1.1e-3)
    if measured is not None:
        assert found.measured == pytest.approx(measured, abs=1e-4)
    assert drc.check(drawn(*good), kit(**rule)).clean


def two_holes(gap):
    layout = db.Layout()
    layout.dbu = 0.001
    region = db.Region(db.Box(*BIG))
    region -= db.Region(db.Box(1000, 300, 1200, 500))
    region -= db.Region(db.Box(1200 + gap, 300, 1400 + gap, 500))
    layout.create_cell("TOP").shapes(layout.layer(1, 0)).insert(region)
    return layout


def test_holes_apart():
    found = only(drc.check(two_holes(39), kit(kind="hole_space", minimum=0.04)))
    assert found.position == pytest.approx((1.2195, 0.4), abs=1e-3)
    assert found.measured == pytest.approx(0.039)
    assert drc.check(two_holes(40), kit(kind="hole_space", minimum=0.04)).clean
    found = only(drc.check(two_holes(39), kit(kind="hole_pitch", minimum=0.24)))
    assert found.measured == pytest.approx(0.239)
    assert drc.check(two_holes(40), kit(kind="hole_pitch", minimum=0.24)).clean


CROSS = [
    ({"kind": "space", "other": "METAL", "minimum": 0.1}, [(1099, 0, 2000, 1000)],
     [(1100, 0, 2000, 1000)], (1.0495, 0.5), 0.099),
    ({"kind": "space", "other": "METAL", "minimum": 0.1}, [(400, 400, 600, 600)],
     [(1100, 0, 2000, 1000)], (0.5, 0.5), 0.0),
    ({"kind": "enclosure", "other": "METAL", "minimum": 0.1}, [(-99, -500, 1500, 1500)],
     [(-100, -500, 1500, 1500)], (-0.0495, 0.5), 0.099),
    ({"kind": "enclosure", "other": "METAL", "minimum": 0.1}, [(-500, -500, 600, 1500)],
     [(-500, -500, 1500, 1500)], (0.8, 0.5), 0.0),
    ({"kind": "overlap", "other": "METAL", "minimum": 0.1}, [(901, -500, 1500, 1500)],
     [(900, -500, 1500, 1500)], (0.9505, 0.5), 0.099),
    ({"kind": "floating", "other": "METAL"}, [(-500, -500, 1500, 1500)],
     [(-500, -500, 900, 1500)], (0.5, 0.5), None),
    ({"kind": "inside", "other": "METAL"}, [(-500, -500, 900, 1500)],
     [(-500, -500, 1500, 1500)], (0.5, 0.5), None),
    ({"kind": "inside", "other": "METAL", "touching": True}, [(1100, 0, 1500, 1500)],
     [(900, 0, 1500, 1500)], (0.5, 0.5), None),
]  # fmt: skip


@pytest.mark.parametrize("rule, bad, good, place, measured", CROSS)
def test_two_layers(rule, bad, good, place, measured):
    square = (0, 0, 1000, 1000)
    report = drc.check(drawn(square, METAL=bad), kit(**rule))
    found = [v for v in report.violations if v.position == pytest.approx(place, abs=2e-3)]
    assert len(found) == 1, report.table()
    if measured is not None:
        assert found[0].measured == pytest.approx(measured, abs=1e-4)
    assert drc.check(drawn(square, METAL=good), kit(**rule)).clean


def test_density():
    dense = [(0, 0, 10_000, 10_000), (10_000, 0, 20_000, 4_900)]
    rule = kit(kind="density", window=10, minimum=0.5, maximum=0.9)
    report = drc.check(drawn(*dense), rule)
    shares = [(v.position, v.measured) for v in report.violations]
    assert shares == [((5.0, 5.0), pytest.approx(1.0)), ((15.0, 5.0), pytest.approx(0.49))]


def test_unknown_layers_and_malformed_shapes_never_pass():
    layout = drawn([(0, 0), (1000, 1000), (1000, 0), (0, 900)])
    layout.top_cell().shapes(layout.layer(7, 3)).insert(db.Box(0, 5000, 10, 5010))
    layout.top_cell().shapes(layout.layer(1, 0)).insert(db.Path([db.Point(0, 0)], 0))
    layout.top_cell().shapes(layout.layer(1, 0)).insert(db.Text("what", 0, 0))
    report = drc.check(layout, kit(kind="width", minimum=0.01))
    assert {"unknown-layer", "malformed"} <= set(report.counts)
    assert "7/3" in report.table()
    assert "crosses itself" in report.table()
    assert "1 text of the file: not measured" in report.table()


def test_nothing_measured_is_said():
    report = drc.check(drawn(), kit(kind="width", minimum=0.1))
    assert "nothing was measured" in report.table()
    report = drc.check(drawn(BIG), kit(kind="inside", other="FLOORPLAN"))
    assert "nothing is drawn on FLOORPLAN" in report.table()


def test_a_fault_in_a_cell_is_one_violation_with_its_placements():
    layout = drawn()
    bad = layout.create_cell("BAD")
    bad.shapes(layout.layer(1, 0)).insert(db.Box(0, 0, 30, 1000))
    right, up = db.Vector(5000, 0), db.Vector(0, 7000)
    layout.cell("TOP").insert(
        db.CellInstArray(bad.cell_index(), db.Trans(10_000, 20_000), right, up, 4, 5)
    )
    found = only(drc.check(layout, kit(kind="width", minimum=0.04)))
    assert (found.cell, found.placements) == ("BAD", 20)
    assert found.box == (0.0, 0.0, 0.03, 1.0)
    assert found.position == (10.015, 20.5)


def test_neighbours_in_different_cells_are_measured():
    layout = drawn()
    one = layout.create_cell("ONE")
    one.shapes(layout.layer(1, 0)).insert(db.Box(0, 0, 1000, 1000))
    for x in (0, 1040):
        layout.cell("TOP").insert(db.CellInstArray(one.cell_index(), db.Trans(x, 0)))
    found = only(drc.check(layout, kit(kind="space", minimum=0.05)))
    assert (found.cell, found.measured) == ("TOP", 0.04)
    layout.cell("TOP").insert(db.CellInstArray(one.cell_index(), db.Trans(0, 0)))
    twice = drc.check(layout, kit(kind="duplicate"))
    assert "cell ONE is placed twice" in twice.table()


def test_a_turned_cell_is_off_the_grid():
    layout = drawn()
    one = layout.create_cell("ONE")
    one.shapes(layout.layer(1, 0)).insert(db.Box(0, 0, 1000, 1000))
    turned = db.ICplxTrans(1, 30, False, 0, 0)
    layout.cell("TOP").insert(db.CellInstArray(one.cell_index(), turned))
    report = drc.check(layout, kit(kind="grid", step=0.001))
    assert "turned by 30°" in only(report).text


@pytest.mark.parametrize("name", ["bullseye", "disc", "nanobeam", "nanobeam_air"])
def test_devices_are_clean(name):
    report = drc.check(components.load(name)())
    assert report.clean, report.table()


@settings(max_examples=25, deadline=None)
@example(a=87, slim=0.375, hole=True)
@given(
    a=st.integers(30, 300),
    slim=st.floats(0.25, 1.0),
    hole=st.booleans(),
)
def test_round_shapes_give_no_false_alarm(a, slim, hole):
    """Ellipses, full and as holes, whose smaller axis is wide enough."""
    b = max(28, round(a * slim))  # a tenth above what is asked for of holes
    # A tip of 14 nm radius: at 13, on this grid, some are a tip in earnest.
    longer = min(max(a, b), b * b / 14)
    outline = ellipse_points((b / 1000, longer / 1000), (2.0, 2.0))
    layout = db.Layout()
    layout.dbu = 0.001
    region = db.Region(db.Polygon([db.Point(round(1000 * x), round(1000 * y)) for x, y in outline]))
    if hole:
        region = db.Region(db.Box(0, 0, 4000, 4000)) - region
    layout.create_cell("TOP").shapes(layout.layer(1, 0)).insert(region)
    rules = kits.load("sin-ebeam")
    report = drc.check(layout, rules)
    assert report.clean, report.table()


@settings(max_examples=25, deadline=None)
@given(gap=st.integers(20, 90), radius=st.integers(200, 3000), x=st.integers(-500, 500))
def test_gap_between_round_shapes_is_measured(gap, radius, x):
    """Two discs along an oblique line: the gap is what it is, to two grid steps."""
    from math import hypot

    reach = 2 * radius + gap
    away = (x, round((reach**2 - x**2) ** 0.5) if reach > abs(x) else reach)
    wanted = (hypot(*away) - 2 * radius) / 1000
    layout = db.Layout()
    layout.dbu = 0.001
    top = layout.create_cell("TOP")
    for centre in ((0, 0), away):
        outline = ellipse_points((radius / 1000, radius / 1000))
        points = [
            db.Point(centre[0] + round(1000 * u), centre[1] + round(1000 * v)) for u, v in outline
        ]
        top.shapes(layout.layer(1, 0)).insert(db.Polygon(points))
    report = drc.check(layout, kit(kind="space", minimum=0.05))
    if wanted < 0.047:
        assert only(report).measured == pytest.approx(wanted, abs=2e-3)
    elif wanted > 0.051:
        assert report.clean, report.table()


def test_report_database_and_picture(tmp_path):
    report = drc.check(drawn((300, 0, 339, 1000), BIG, (9000, 0, 9030, 500)), "sin-ebeam")
    assert not report.clean
    path = report.write_lyrdb(tmp_path / "drc.lyrdb")
    base = rdb.ReportDatabase("again")
    base.load(str(path))
    items = [
        (base.category_by_id(i.category_id()).name(), i.each_value()) for i in base.each_item()
    ]
    boxes = [(name, value.box()) for name, values in items for value in values if value.is_box()]
    assert [(v.rule, db.DBox(*v.box)) for v in report.violations] == boxes
    picture = report.write_picture(tmp_path / "drc.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert json.loads(report.to_json())["counts"] == report.counts


def test_command(tmp_path, capsys):
    drawn((300, 0, 339, 1000)).write(str(tmp_path / "bad.gds"))
    drawn(BIG).write(str(tmp_path / "good.gds"))
    assert main(["drc", str(tmp_path / "good.gds"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["clean"] is True
    assert main(["drc", str(tmp_path / "bad.gds"), "-o", str(tmp_path / "out")]) == 1
    assert "device-width" in capsys.readouterr().out
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"drc.json", "drc.lyrdb", "drc.png"}
    assert main(["drc", str(tmp_path / "none.gds")]) == 2
    assert main(["drc", str(tmp_path / "good.gds"), "--kit", "sin-ebean"]) == 2
    assert "Did you mean 'sin-ebeam'?" in capsys.readouterr().err


def test_only_layouts_can_be_checked():
    with pytest.raises(InputError, match="can't be checked"):
        drc.check(3)
    with pytest.raises(InputError, match="0 top cells"):
        drc.check(db.Layout())
