"""The file of a chip, its assembly, its yield, and what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from cqdphotonics import placement
from cqdphotonics.cli.app import main
from cqdphotonics.display import nominal, standard_deviation
from cqdphotonics.errors import FileFormatError, GeometryError, InputError, StorageError
from cqdphotonics.layout.reading import read_layout
from cqdphotonics.tapeout import assemble, load
from cqdphotonics.tapeout.assembly import middle_sites
from cqdphotonics.tapeout.output import MANIFEST, refuse_foreign, staged
from cqdphotonics.tapeout.yields import ChipYield

LAYOUTS = Path(__file__).parents[2] / "layouts"

SMALL = """\
name: small
stack: sin-oxide
emitter: CsPbBr3-4K
chip: {size: [900, 700], edge: 50}
overlay: {mark: 0.003, tool: 0.004, drift: 0.0, alignments: 1}
template: {width: 0.04, dot: 0.02}
marks: {length: 40, width: 4}
arrays:
  - name: BE
    component: bullseye
    parameters: {rings: 2}
    columns: {radius: {centre: 0.43, step: 0.01, count: 3}}
    rows: {dose: [0.9, 1.0]}
    at: [-100, 100]
    pitch: [80, 80]
"""


def written(folder: Path, old: str = "", new: str = "") -> Path:
    """The small chip's file with a piece of it replaced."""
    assert old in SMALL
    path = folder / "chip.yaml"
    path.write_text(SMALL.replace(old, new) if old else SMALL)
    return path


@pytest.fixture(scope="module")
def assembly(tmp_path_factory):
    return assemble(load(written(tmp_path_factory.mktemp("chip"))))


class TestAssembly:
    def test_devices_and_their_places(self, assembly):
        places = {site.name: site.at for site in assembly.sites}
        assert places["BE-A01"] == (-100.0, 100.0)
        assert places["BE-B03"] == (60.0, 20.0)
        assert len(places) == 6

    def test_swept_values(self, assembly):
        by_name = {site.name: site for site in assembly.sites}
        assert by_name["BE-A03"].parameters["radius"] == 0.44
        assert (by_name["BE-A03"].dose, by_name["BE-B03"].dose) == (0.9, 1.0)
        assert by_name["BE-A03"].cell is by_name["BE-B03"].cell  # a dose is no other geometry

    def test_holes_lie_over_the_dots(self, assembly):
        holes = {p.group: p for p in assembly.chip.placements if p.kind == "template"}
        for site in assembly.sites:
            box = holes[site.name].box
            assert ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) == pytest.approx(site.emitter)
            assert box[2] - box[0] == pytest.approx(0.04)

    @pytest.mark.parametrize(("axis", "size"), [("x", (0.2, 0.04)), ("y", (0.04, 0.2))])
    def test_trenches_lie_along_their_axis(self, tmp_path, axis, size):
        hole = f"{{shape: trench, width: 0.04, length: 0.2, axis: {axis}, dot: 0.02}}"
        chip = assemble(load(written(tmp_path, "{width: 0.04, dot: 0.02}", hole)))
        drawn = {
            (round(p.box[2] - p.box[0], 3), round(p.box[3] - p.box[1], 3))
            for p in chip.chip.placements
            if p.kind == "template"
        }
        assert drawn == {size}
        # The model of where dots lie has the same trench.
        free = [2 * float(half) + 0.02 for half in chip.template.free(0.02)]
        assert free == pytest.approx(size)

    def test_overlay_reaches_the_template(self, assembly):
        assert assembly.template.overlay == pytest.approx((0.005, 0.005))

    def test_middle(self, assembly):
        middle = middle_sites(assembly)["BE"]
        assert middle.name == "BE-B02"  # the radius in the middle, the dose nearest to one

    def test_labels_are_read_by_a_microscope(self, assembly):
        # A light microscope resolves λ/(2 NA): .31 µm for .55 µm and NA .9. Strokes are wider.
        from klayout import db

        labels = [p for p in assembly.chip.placements if p.kind == "label"]
        assert len(labels) == len(assembly.sites)
        for label in labels:
            cell = label.cell.kdb_cell
            index = cell.layout().find_layer(66, 0)
            region = db.Region(cell.begin_shapes_rec(index)).merged()
            # What is left where nothing below .9 µm is: all but the tips of oblique strokes.
            opened = region.sized(-450).sized(450)
            assert opened.area() > 0.93 * region.area()

    def test_label_of_each_device_is_nearest_to_it(self, assembly):
        middles = {
            p.name: ((p.box[0] + p.box[2]) / 2, (p.box[1] + p.box[3]) / 2)
            for p in assembly.chip.placements
        }
        for site in assembly.sites:
            x, y = middles[f"label {site.name}"]
            nearest = min(assembly.sites, key=lambda s: np.hypot(s.at[0] - x, s.at[1] - y))
            assert nearest is site


class TestFibre:
    def test_couplers_at_the_pitch(self, tmp_path):
        path = tmp_path / "chip.yaml"
        path.write_text(
            SMALL.replace("template: {width: 0.04, dot: 0.02}\n", "").split("arrays:")[0]
            + "arrays:\n  - {name: R, component: ring, at: [0, 0], pitch: [300, 300],\n"
            "     fibre: {ports: [o1, o2], pitch: 127, radius: 10}}\n"
        )
        chip = assemble(load(path)).chip
        couplers = [p for p in chip.placements if p.name.endswith("coupler")]
        spots = [p.at for p in couplers]
        assert sorted(x for x, _ in spots) == [-63.5, 63.5]
        assert spots[0][1] == spots[1][1]

    def test_waveguides_meet_without_a_gap(self, tmp_path):
        from klayout import db

        path = tmp_path / "chip.yaml"
        path.write_text(
            SMALL.replace("template: {width: 0.04, dot: 0.02}\n", "").split("arrays:")[0]
            + "arrays:\n  - {name: W, component: strip, parameters: {length: 20}, at: [0, 0],\n"
            "     pitch: [300, 300], fibre: {ports: [o1, o2], radius: 10}}\n"
        )
        layout = assemble(load(path)).chip.layout()
        region = db.Region(layout.top_cell().begin_shapes_rec(layout.layer(1, 0))).merged()
        # One piece from coupler to coupler: the longest is as wide as the pitch.
        assert max(p.bbox().width() for p in region.each()) > 127_000

    @pytest.mark.parametrize(
        ("fibre", "said"),
        [
            ("{ports: [o7]}", "no optical port 'o7'"),
            ("{ports: [o1, o2], pitch: 40, radius: 30}", "no room"),
        ],
    )
    def test_refused(self, tmp_path, fibre, said):
        path = tmp_path / "chip.yaml"
        path.write_text(
            SMALL.split("arrays:")[0]
            + "arrays:\n  - {name: R, component: ring, at: [0, 0], pitch: [300, 300], "
            f"fibre: {fibre}}}\n"
        )
        with pytest.raises(InputError, match=said):
            assemble(load(path))


class TestWrongFiles:
    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("name: small", "name: ../small", "line 1"),
            ("emitter: CsPbBr3-4K", "emiter: CsPbBr3-4K", "Did you mean 'emitter'"),
            ("size: [900, 700]", "size: [900]", "chip.size"),
            ("count: 3", "count: 2.5", "whole number"),
            ("count: 3", "number: 3", "centre, step and count"),
            ("rows: {dose: [0.9, 1.0]}", "rows: {dose: [0, 1.0]}", "0.1 to 10"),
            ("rows: {dose: [0.9, 1.0]}", "rows: {rings: [2, 3]}", "both fixed"),
            ("rows: {dose: [0.9, 1.0]}", "rows: {radius: [0.4]}", "both columns and rows"),
            ("rows: {dose: [0.9, 1.0]}", "rows: {dose: []}", "empty|at least one"),
            ("drift: 0.0", "drift: yes", "number"),
            ("name: BE", "name: B/E", "pattern"),
        ],
    )
    def test_said_with_the_line(self, tmp_path, old, new, said):
        with pytest.raises(FileFormatError, match=said):
            load(written(tmp_path, old, new))

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("component: bullseye", "component: bulseye", "Did you mean 'bullseye'"),
            ("stack: sin-oxide", "stack: sin-oxid", "sin-oxide"),
            ("emitter: CsPbBr3-4K", "emitter: CsPbBr3-5K", "CsPbBr3-4K"),
            ("{rings: 2}", "{ringz: 2}", "rings"),
            ("{rings: 2}", "{rings: 200}", "200"),
            ("dot: 0.02}", "dot: 0.05}", "does not fit"),
            ("edge: 50", "edge: 350", "edge"),
            ("name: small", "name: small\nkit: ../../kit.yaml", "outside of"),
            ("name: small", "name: small\nkit: /etc/kit.yaml", "outside of"),
            ("CsPbBr3-4K", "../emitter.yaml", "outside of"),
        ],
    )
    def test_said_before_anything_is_written(self, tmp_path, capsys, old, new, said):
        chip, out = written(tmp_path, old, new), tmp_path / "out"
        assert main(["tapeout", str(chip), "-o", str(out)]) == 2
        assert said in capsys.readouterr().err
        assert sorted(p.name for p in tmp_path.iterdir()) == ["chip.yaml"]

    @pytest.mark.parametrize(
        ("old", "new"),
        [("pitch: [80, 80]", "pitch: [30, 80]"), ("at: [-100, 100]", "at: [0, 400]")],
    )
    def test_overlap_and_edge(self, tmp_path, old, new):
        with pytest.raises(GeometryError, match="can't be assembled"):
            assemble(load(written(tmp_path, old, new)))

    def test_two_arrays_of_one_name(self, tmp_path):
        path = tmp_path / "chip.yaml"
        array = SMALL.split("arrays:\n")[1]
        path.write_text(SMALL + array)
        with pytest.raises(FileFormatError, match="two arrays are called 'BE'"):
            load(path)


class TestOutputDirectory:
    def test_appears_whole(self, tmp_path):
        with staged(tmp_path / "out") as work:
            (work / "a").write_text("1")
            assert not (tmp_path / "out").exists()
        assert (tmp_path / "out" / "a").read_text() == "1"
        assert [p.name for p in tmp_path.iterdir()] == ["out"]

    def test_failure_leaves_what_was(self, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "a").write_text("before")

        def half() -> None:
            with staged(tmp_path / "out") as work:
                (work / "a").write_text("half")
                raise OSError(28, "No space left on device")

        with pytest.raises(StorageError, match="full"):
            half()
        assert (tmp_path / "out" / "a").read_text() == "before"
        assert [p.name for p in tmp_path.iterdir()] == ["out"]

    def test_no_place_to_write(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(StorageError), staged(tmp_path / "file" / "out"):
            pass

    def test_replaces_only_its_own(self, tmp_path):
        (tmp_path / "thesis.txt").write_text("")
        with pytest.raises(InputError, match="not replaced"):
            refuse_foreign(tmp_path)
        (tmp_path / MANIFEST).write_text('{"kind": "cqdphotonics tapeout"}')
        refuse_foreign(tmp_path)
        (tmp_path / MANIFEST).write_text('["kind"]')
        with pytest.raises(InputError, match="not replaced"):
            refuse_foreign(tmp_path)


@pytest.fixture(scope="module")
def goods():
    from cqdphotonics import emitters

    emitter = emitters.load("CsPbBr3-4K")
    template = placement.Template(
        diameter=0.04, dot_diameter=0.02, overlay=(0.01, 0.01), filling="irreversible"
    )

    def field(dx, dy):
        return np.exp(-(dx**2 + dy**2) / 0.02**2)

    return [
        placement.good_share(
            template, field, placement.Device(purcell, 0.5), emitter,
            {"purcell": 6.0}, samples=20_000, seed=seed,
        )
        for seed, purcell in enumerate((8.0, 12.0, 20.0))
    ]  # fmt: skip


@pytest.fixture(scope="module")
def whole_chip(goods):
    return ChipYield({f"D{k}": goods[k % 3] for k in range(12)}, {})


@pytest.fixture(scope="module")
def counted():
    """Good devices on each of many chips, drawn one dot after the other, in plain numpy."""
    random = np.random.default_rng(42)
    chips, count = 20_000, np.zeros(20_000)
    for k in range(12):
        purcell = (8.0, 12.0, 20.0)[k % 3]
        # Room for one dot of .02 in a hole of .04? Two touching discs need .04: it has two.
        dots = np.minimum(random.poisson(1.0, chips), 2)
        radius = 0.01 * np.sqrt(random.random(chips))
        angle = 2 * np.pi * random.random(chips)
        x = radius * np.cos(angle) + random.normal(0, 0.01, chips)
        y = radius * np.sin(angle) + random.normal(0, 0.01, chips)
        good = purcell * np.exp(-(x**2 + y**2) / 0.02**2) >= 6.0
        count += good & (dots == 1)
    return count


class TestYield:
    """The numbers of a chip against counted chips."""

    def test_expected(self, whole_chip, counted):
        # Both are sampled: the mean of 20 000 chips to 1.6/√20000 = .011, the shares of 20 000
        # dots to 12 · .37 · .5/√20000 ≈ .02 at most.
        assert nominal(whole_chip.expected) == pytest.approx(counted.mean(), abs=0.07)
        assert standard_deviation(whole_chip.expected) == pytest.approx(counted.std(), rel=0.03)

    def test_chance(self, whole_chip, counted):
        for wanted in (1, 2, 4):
            # A share of 20 000 chips: ± .0035; the shares' own: ± .01.
            assert whole_chip.chance(wanted) == pytest.approx((counted >= wanted).mean(), abs=0.025)
        assert whole_chip.distribution().sum() == pytest.approx(1)

    def test_chips_for_many(self, whole_chip, counted):
        wanted = 20
        chips = whole_chip.chips_for(wanted, 0.95)
        random = np.random.default_rng(1)

        def reached(number):
            return (random.choice(counted, (20_000, number)).sum(1) >= wanted).mean()

        assert reached(chips) >= 0.93
        assert reached(chips - 1) < 0.97

    def test_equal_devices_are_binomial(self, goods):
        share = nominal(goods[1].share)
        chip = ChipYield({f"D{k}": goods[1] for k in range(30)}, {})
        assert chip.chance(5) == pytest.approx(binom.sf(4, 30, share), rel=1e-9)

    def test_hopeless(self, goods):
        none = replace(goods[0], good=np.zeros(20_000, bool))
        assert ChipYield({"D": none}, {}).chips_for(1, 0.95) is None

    def test_more_wanted_than_on_one_chip(self, goods):
        chip = ChipYield({"D": goods[2]}, {})
        share = nominal(goods[2].share)
        assert chip.chips_for(3, 0.95) == placement.copies_for(3, share, 0.95)


@pytest.mark.parametrize("name", ["chip_cspbbr3_bullseye", "chip_nanobeam_ring"])
def test_shipped_chips_are_assembled(name):
    made = assemble(load(LAYOUTS / f"{name}.yaml"))
    assert len(made.sites) > 30
    layout = made.chip.layout()
    assert layout.top_cell().name == made.file.name


def test_read_layout_of_shipped_names_is_plain(assembly, tmp_path):
    path = assembly.chip.write(tmp_path / "a.oas")
    layout = read_layout(path)
    assert [cell.name for cell in layout.top_cells()] == ["small"]
