"""Chips: what overlaps is refused, sweeps, labels, the overlay budget, the same bytes."""

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from cqdphotonics import components
from cqdphotonics.errors import GeometryError, InputError, RangeError
from cqdphotonics.layout.chip import (
    Chip,
    Floorplan,
    OverlayBudget,
    Placement,
    Sweep,
    check_placements,
    row_name,
    short_names,
)
from cqdphotonics.layout.gdsio import read_component
from cqdphotonics.layout.reading import read_layout

USABLE = (-500.0, -500.0, 500.0, 500.0)


@pytest.fixture(scope="module")
def square():
    """A disc of radius 5 µm: its box is 10 µm wide."""
    return components.disc(radius=5.0)


class TestPlacing:
    @pytest.mark.parametrize(
        ("x", "apart"), [(12.0, True), (11.999, False), (9.0, False), (0.0, False)]
    )
    def test_keeps_what_is_to_be_free(self, square, x, apart):
        # Boxes 10 µm wide with 2 µm between them: 12 µm from middle to middle.
        pair = [Placement("a", square, (0, 0), keep=2), Placement("b", square, (x, 0), keep=1)]
        if apart:
            check_placements(pair, USABLE)
        else:
            with pytest.raises(GeometryError, match=r"a .* and b .* (overlap|apart)"):
                check_placements(pair, USABLE)

    def test_corner_to_corner_counts_the_larger_distance(self, square):
        check_placements(
            [Placement("a", square, (0, 0), keep=2), Placement("b", square, (12, 9), keep=2)],
            USABLE,
        )

    def test_group_may_touch(self, square):
        check_placements(
            [
                Placement("a", square, (0, 0), group="one"),
                Placement("b", square, (5, 0), group="one"),
            ],
            USABLE,
        )

    def test_beyond_the_edge(self, square):
        with pytest.raises(GeometryError, match="outside of the usable area"):
            check_placements([Placement("a", square, (496, 0))], USABLE)

    def test_same_name(self, square):
        with pytest.raises(GeometryError, match="called 'a'"):
            check_placements(
                [Placement("a", square, (0, 0)), Placement("a", square, (50, 0))], USABLE
            )

    def test_against_every_pair(self, square):
        # The sweep over sorted boxes against the plain double loop.
        random = np.random.default_rng(3)
        for _ in range(20):
            places = random.uniform(-400, 400, (25, 2)).round(3)
            placed = [
                Placement(f"p{k}", square, (float(x), float(y)), keep=4)
                for k, (x, y) in enumerate(places)
            ]
            clash = any(
                max(abs(a.at[0] - b.at[0]), abs(a.at[1] - b.at[1])) < 14 - 1e-6
                for i, a in enumerate(placed)
                for b in placed[:i]
            )
            found = False
            try:
                check_placements(placed, USABLE)
            except GeometryError:
                found = True
            assert found == clash

    def test_turned_box(self):
        strip = components.strip(length=10.0, width=0.4)
        box = Placement("s", strip, (0, 0), turned=90).box
        assert box == pytest.approx((-0.2, 0.0, 0.2, 10.0))

    def test_odd_angle(self, square):
        with pytest.raises(InputError, match="45"):
            Placement("a", square, (0, 0), turned=45)


def test_floorplan_refuses_an_edge_that_leaves_nothing():
    with pytest.raises(RangeError, match="edge"):
        Floorplan((1000, 400), edge=200)


def test_overlay_in_quadrature():
    # Both exposures find marks and place the beam: their variances come twice.
    budget = OverlayBudget(mark=0.003, tool=0.004, drift=0.001, alignments=2)
    assert budget.total == pytest.approx(sqrt(2 * (0.003**2 + 0.004**2) + 0.001**2))
    assert budget.total == pytest.approx(sqrt(sum(value**2 for _, value in budget.terms)))


def test_overlay_against_drawn_errors():
    budget = OverlayBudget(mark=0.003, tool=0.004, drift=0.006, alignments=2)
    random = np.random.default_rng(0)
    n = 200_000
    first, second = (
        random.normal(0, budget.mark, n) + random.normal(0, budget.tool, n) for _ in range(2)
    )
    difference = second - first + random.normal(0, budget.drift, n)
    # The standard deviation of n normal numbers scatters by 1/√(2n) = .16 %.
    assert difference.std() == pytest.approx(budget.total, rel=6e-3)


class TestSweep:
    def test_order_and_middle(self):
        sweep = Sweep({"radius": (0.4, 0.5, 0.6)}, {"gap": (0.1, 0.2)}, copies=2)
        sites = list(sweep.sites())
        assert sweep.size == (3, 4)
        assert sites[0] == (0, 0, {"radius": 0.4, "gap": 0.1})
        assert sites[-1] == (2, 3, {"radius": 0.6, "gap": 0.2})
        assert sites[2 * 3] == (0, 2, {"radius": 0.4, "gap": 0.1})  # the second copy
        assert sweep.middle == {"radius": 0.5, "gap": 0.1}

    def test_copies_to_both_sides(self):
        sweep = Sweep({"radius": (0.4, 0.5)}, copies=3, across=2)
        sites = list(sweep.sites())
        assert sweep.size == (4, 3)
        assert [values["radius"] for _, row, values in sites if row == 2] == [0.4, 0.5, 0.4, 0.5]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"columns": {"a": (1.0,), "b": (2.0,)}},
            {"columns": {"a": ()}},
            {"columns": {"a": (1.0,)}, "rows": {"a": (2.0,)}},
            {"copies": 0},
        ],
    )
    def test_refused(self, wrong):
        with pytest.raises(RangeError):
            Sweep(**wrong)

    def test_rows_have_letters(self):
        assert [row_name(k) for k in (0, 25, 26, 27, 701, 702)] == [
            "A", "Z", "AA", "AB", "ZZ", "AAA",
        ]  # fmt: skip

    def test_short_names_tell_apart(self):
        names = components.resolve("nanobeam_ring", {})
        short = short_names(names)
        assert len(set(short.values())) == len(names)


class TestFiles:
    @pytest.fixture
    def chip(self):
        device = components.bullseye(rings=2)
        label = components.label(text="A-01\nR.43", size=8)
        return Chip(
            "test-chip",
            Floorplan((400, 300), edge=20),
            (
                Placement("A-01", device, (0, 0)),
                Placement("A-02", components.bullseye(rings=3), (50, 0)),
                Placement("label", label, (-10, -40), "label"),
                Placement("turned", components.strip(), (100, 0), turned=270),
            ),
        )

    @pytest.mark.parametrize("ending", ["gds", "oas"])
    def test_same_bytes_whatever_was_drawn_before(self, chip, tmp_path, ending):
        first = chip.write(tmp_path / f"a.{ending}").read_bytes()
        components.bullseye(rings=7, radius=0.5)
        components.label(text="something else")
        again = chip.write(tmp_path / f"b.{ending}").read_bytes()
        assert first == again

    def test_cells_are_named_for_every_tool(self, chip, tmp_path):
        layout = read_layout(chip.write(tmp_path / "a.gds"))
        names = [cell.name for cell in layout.each_cell()]
        assert "test-chip" in names
        assert all(name.isascii() and name.isprintable() and " " not in name for name in names)

    def test_what_is_drawn_is_there(self, chip, tmp_path):
        from klayout import db

        layout = read_layout(chip.write(tmp_path / "a.oas"))
        top = layout.top_cell()
        drawn = db.Region(top.begin_shapes_rec(layout.layer(1, 0))).merged().area()
        own = 0
        for one in chip.placements:
            cell = one.cell.kdb_cell
            index = cell.layout().find_layer(1, 0)
            own += db.Region(cell.begin_shapes_rec(index)).merged().area()
        assert drawn == own
        assert top.dbbox().width() == 400

    def test_reads_a_device_again(self, chip, tmp_path):
        path = chip.write(tmp_path / "a.gds")
        device = chip.placements[0].cell
        again = read_component(path, device.name)
        assert dict(again.settings) == dict(device.settings)
        assert [p.port_type for p in again.ports] == [p.port_type for p in device.ports]

    def test_an_overlap_writes_nothing(self, chip, tmp_path):
        device = chip.placements[0].cell
        wrong = chip.with_placements([Placement("A-03", device, (1, 1))])
        with pytest.raises(GeometryError, match="A-03"):
            wrong.write(tmp_path / "a.gds")
        assert list(tmp_path.iterdir()) == []

    def test_other_endings(self, chip, tmp_path):
        with pytest.raises(InputError, match="gds"):
            chip.write(tmp_path / "a.dxf")

    def test_name_of_a_cell_only(self):
        with pytest.raises(InputError, match="name of a chip"):
            Chip("../x", Floorplan((800, 800)))


def test_python_script_builds(tmp_path: Path):
    import runpy

    from cqdphotonics.layout import drc

    script = runpy.run_path(str(Path(__file__).parents[2] / "layouts" / "chip_bullseye.py"))
    chip = script["chip"]()
    assert sum(p.kind == "device" for p in chip.placements) == 30
    assert drc.check(chip.layout(), "sin-ebeam").clean
