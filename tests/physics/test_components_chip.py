"""A chip's parts by what they are for: tapers that are slow enough, marks and doses that can be
read."""

import numpy as np
import pytest
from klayout import db
from scipy.ndimage import gaussian_filter1d

from cqdphotonics import components, materials
from cqdphotonics.fdtd.waveguide import StripSection, slab_index, strip_modes
from cqdphotonics.layout import stacks
from cqdphotonics.layout.layers import DEVICE, LABEL, MARKS, TEMPLATE

WAVELENGTH = 0.63
SIN, OXIDE = (materials.load(name).index(WAVELENGTH).real for name in ("Si3N4", "SiO2"))
THICKNESS = float(stacks.load("sin-oxide").settings["thickness"])


def region(cell, layer=DEVICE):
    index = cell.kcl.layer(*layer.number)
    return db.Region(cell.kdb_cell.begin_shapes_rec(index)).merged()


def width_at(film, x):
    """Width in µm of a film about y = 0, at x in µm."""
    cut = film & db.Box(round(1000 * x), -(10**6), round(1000 * x) + 1, 10**6)
    return cut.bbox().height() * 1e-3


def slowness(film, start, end, loss_index):
    """Slope of the half width over the largest one of Love's criterion, at its worst place.

    The power stays where it is while |dρ/dz| < ρ (n − n')/λ, n' of what it couples to (Love et al.,
    IEE Proc. J 138, 343 (1991)). `loss_index` gives n − n' for a width.
    """
    places = np.linspace(start + 0.01, end - 0.02, 9)
    widths = np.array([width_at(film, x) for x in places])
    allowed = widths / 2 * np.array([loss_index(width) for width in widths]) / WAVELENGTH
    slope = np.abs(width_at(film, end - 0.01) - width_at(film, start)) / 2 / (end - start)
    return float((slope / allowed).max())


def test_the_taper_is_slow_enough():
    """TE0 meets the even TE2, or the oxide below; in the plane, by the film's index.

    Nominal .21 of the largest slope; a taper of 1 µm has twice that slope.
    """
    film = slab_index(THICKNESS, SIN, OXIDE, 1.0, WAVELENGTH)

    def apart(width):
        first = slab_index(width, film, 1.0, 1.0, WAVELENGTH, "TM")
        try:
            other = slab_index(width, film, 1.0, 1.0, WAVELENGTH, "TM", order=2)
        except ValueError:
            other = OXIDE
        return first - max(other, OXIDE)

    assert slowness(region(components.taper()), 0.0, 10.0, apart) < 0.5
    assert slowness(region(components.taper(length=1.0)), 0.0, 1.0, apart) > 1.0


def test_the_edge_coupler_hands_its_mode_to_a_lensed_fibre():
    """In oxide: n_eff falls to the tip, slowly enough, and the tip's mode fits a spot of 2 µm.

    At its worst place the slope is .7 of Love's, with the oxide as what it couples to.
    A Gaussian beam of waist radius 1 µm takes more than .35 of the tip's light and less than .25 of
    the waveguide's. Under air the tip would guide no TE mode at all.
    """
    film = region(components.edge_coupler())
    places = (0.0, 25.0, 49.9)
    widths = [width_at(film, x) for x in places]

    def te(width, above=OXIDE):
        section = StripSection(width, THICKNESS, SIN, OXIDE, above)
        found = strip_modes(section, WAVELENGTH, count=2, step=0.035, margin=0.9)
        return next((mode for mode in found if mode.polarisation == "TE"), None)

    modes = [te(width) for width in widths]
    indices = [mode.effective_index for mode in modes]
    assert indices[0] > indices[1] > indices[2] > OXIDE + 0.02
    assert (
        slowness(film, 0.0, 50.0, lambda w: np.interp(w, widths[::-1], indices[::-1]) - OXIDE) < 1
    )

    def fits(mode, waist=1.0):
        y, z = np.meshgrid(mode.y, mode.z - THICKNESS / 2, indexing="ij")
        beam = np.exp(-(y**2 + z**2) / waist**2)
        power = (np.abs(mode.electric) ** 2).sum() * np.pi * waist**2 / 2 / mode.cell
        return abs((mode.electric[1] * beam).sum()) ** 2 / power

    print("edge coupler", indices, [fits(mode) for mode in modes])
    assert fits(modes[2]) > 0.35
    assert fits(modes[0]) < 0.25
    assert te(widths[2], above=1.0) is None


@pytest.mark.parametrize("kind, layers", [("ebeam", [MARKS]), ("overlay", [MARKS, TEMPLATE])])
def test_a_cross_looks_the_same_from_four_sides(kind, layers):
    """Then what is found of its middle depends on no process that is the same along x and y."""
    cell = components.alignment_cross(kind=kind)
    for layer in layers:
        drawn = region(cell, layer)
        for turn in (db.Trans.R90, db.Trans.R180, db.Trans.M0):
            assert (drawn ^ drawn.transformed(db.Trans(turn))).is_empty()


def test_an_overlay_cross_shows_how_far_it_is_off():
    """Moved by 30 nm along x it is as much nearer to the corners on one side."""
    cell = components.alignment_cross(kind="overlay", clearance=0.7)
    corners = region(cell, MARKS)
    cross = region(cell, TEMPLATE).moved(30, 0)
    apart = {edges.distance() for edges in corners.separation_check(cross, 800).each()}
    assert {670, 700, 730} <= apart


def test_a_label_reads_from_left_to_right():
    """The heavy corner of L, J, P, 7 is another one each: upright, in order and not mirrored."""
    drawn = region(components.label(text="LJP7"), LABEL)
    letters = sorted(drawn.each(), key=lambda piece: piece.bbox().left)
    assert len(letters) == 4
    corners = []
    for piece in letters:
        box, film = piece.bbox(), db.Region(piece)
        low = db.Box(box.left, box.bottom, box.right, box.center().y)
        left = db.Box(box.left, box.bottom, box.center().x, box.top)
        corners.append(tuple(2 * (film & half).area() > film.area() for half in (left, low)))
    assert corners == [(True, True), (False, True), (True, False), (False, False)]


def test_nothing_falls_out_of_a_letter():
    """Letters are stencils: etched through a released film, they leave it in one piece."""
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
        drawn = region(components.label(text=letter), LABEL)
        around = db.Region(drawn.bbox().enlarged(1000, 1000)) - drawn
        assert around.merged().count() == 1, letter


def test_strokes_of_the_smallest_readable_label_are_resolved():
    """Letters of 5 µm: no narrower than λ/(2 NA), for green light and an objective of NA .4."""
    drawn = region(components.label(text="E", size=5.0), LABEL)
    assert drawn.width_check(round(550 / 0.8)).is_empty()


def test_the_right_dose_makes_lines_as_wide_as_gaps():
    """Lines and gaps are equal, so that any blur leaves half of the dose at their edges.

    Blurred by 30 nm and cut at half: within the step of 1 nm at the right dose, narrower with
    less, wider with more. Rows are √2 apart, to the 2 nm that widths are drawn with.
    """
    cell = components.dose_test(columns=1)
    film, sizes, lines = region(cell), cell.info["widths"], 8
    assert np.array(sizes[1:]) / sizes[:-1] == pytest.approx(np.sqrt(2), abs=2e-3 / sizes[0])
    tops = sorted({piece.bbox().top for piece in film.each() if piece.bbox().height() == 5000})
    for size, top in zip(sizes, reversed(tops), strict=True):
        nanometres = round(1000 * size)
        row = (film & db.Box(-1000, top - 2501, 2 * lines * nanometres, top - 2500)).merged()
        drawn = np.zeros(2 * lines * nanometres)
        for piece in row.each():
            drawn[piece.bbox().left : piece.bbox().right] = 1.0
        assert drawn.mean() == 0.5
        middle = slice(lines * nanometres - nanometres // 2, (lines + 2) * nanometres)
        widths = [
            int((dose * gaussian_filter1d(drawn, 30.0)[middle] > 0.5).sum())
            for dose in (0.9, 1.0, 1.1)
        ]
        assert widths[1] == pytest.approx(nanometres, abs=1)
        assert widths[0] < nanometres < widths[2]
