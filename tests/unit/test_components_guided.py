"""Rings, racetracks, the beam with a ring, and the waveguides and marks of a chip."""

from itertools import pairwise
from math import pi

import numpy as np
import pytest
from klayout import db
from scipy.linalg import eig_banded

from cqdphotonics import components
from cqdphotonics.errors import GeometryError
from cqdphotonics.fdtd.scene import Box, Disc, Ellipse, Prism, build_scene
from cqdphotonics.fdtd.waveguide import slab_index
from cqdphotonics.layout.layers import DEVICE, LABEL, MARKS, TEMPLATE


def region(cell, layer=DEVICE):
    index = cell.kcl.layer(*layer.number)
    return db.Region(cell.kdb_cell.begin_shapes_rec(index)).merged()


def gap_between(cell, layer=DEVICE):
    """Smallest distance in µm between different pieces of a layer."""
    film, low, high = region(cell, layer), 0, 400
    while high - low > 1:  # KLayout reports what is nearer than a limit
        middle = (low + high) // 2
        low, high = (low, middle) if film.isolated_check(middle).count() else (middle, high)
    return low * 1e-3


def test_a_ring_alone_is_a_figure_of_revolution():
    scene = build_scene(components.ring(bus="none", radius=2.5, width=0.4), "sin-air", "y")
    assert [(type(s), s.radius, s.material) for s in scene.solids] == [
        (Disc, 2.7, "Si3N4"),
        (Disc, 2.3, "air"),
    ]
    assert scene.symmetry.axis == (0.0, 0.0)
    # Its dot is not on the axis, so that the fields are no single harmonic.
    assert not scene.symmetry.cylindrical
    assert scene.symmetry.mirror_x
    assert scene.emitter[:2] == (0.0, 2.5)
    assert build_scene(components.ring(), "sin-air", "y").symmetry.axis is None


@pytest.mark.parametrize("name", ["ring", "racetrack"])
@pytest.mark.parametrize("gap", [0.05, 0.151])
def test_a_bus_is_as_far_away_as_was_asked_for(name, gap):
    """To the polygon of a circle, which lies within .7 nm of it and on the grid."""
    cell = components.load(name)(bus="two", gap=gap, bus_width=0.401)
    assert gap_between(cell) == pytest.approx(gap, abs=1.5e-3)
    scene = build_scene(cell, "sin-air", "y")
    assert [port.name for port in scene.ports] == ["o1", "o2", "o3", "o4"]
    assert {port.width for port in scene.ports} == {0.4}
    (x1, y1), (x4, y4) = scene.ports[0].centre, scene.ports[3].centre
    assert (x1, y1) == (-x4, -y4)
    for port in scene.ports:  # the strip goes on
        x, y = port.centre
        assert scene.material_at(10 * x, y, 0.1) == "Si3N4"


def test_a_circular_racetrack_is_boxes_and_discs():
    cell = components.racetrack(radius=2.0, straight=3.0, width=0.4, bus="none")
    scene = build_scene(cell, "sin-air", "y")
    rim = [solid for solid in scene.solids if solid.material == "Si3N4"]
    assert [type(solid) for solid in rim] == [Box, Disc, Disc]
    assert rim[0].size == pytest.approx((3.0, 4.4), abs=5e-4)
    assert [(d.centre, d.radius) for d in rim[1:]] == [((-1.5, 0.0), 2.2), ((1.5, 0.0), 2.2)]
    assert [type(s) for s in scene.solids if s.material == "air"] == [Box, Disc, Disc]
    assert cell.info["circumference"] == pytest.approx(6 + 4 * pi)
    area = pi * (2.2**2 - 1.8**2) + 3.0 * 2 * 0.4
    assert region(cell).area() * 1e-6 == pytest.approx(area, rel=1e-3)


def test_an_euler_racetrack_has_a_continuous_curvature():
    """Its area is its width times its length: the half turn of an Euler bend is 2π R_min long.

    1e-3: the polygon's sides lie up to 1 nm off. The rim is as wide in the bend as in the straight
    side.
    """
    cell = components.racetrack(radius=3.0, straight=2.0, width=0.4, bend="euler", bus="none")
    around = cell.info["circumference"]
    assert around == pytest.approx(4.0 + 4 * pi * cell.info["smallest_radius"])
    assert 0.7 < cell.info["smallest_radius"] / 3.0 < 0.75
    assert region(cell).area() * 1e-6 == pytest.approx(0.4 * around, rel=1e-3)
    assert region(cell).width_check(396).count() == 0
    scene = build_scene(cell, "sin-air", "y")
    assert scene.symmetry.mirror_x
    assert cell.dbbox().height() == pytest.approx(2 * 3.2, abs=2e-3)


def test_a_ring_that_meets_itself_is_refused():
    with pytest.raises(GeometryError, match="radius of the hole"):
        components.ring(radius=0.4, width=0.8)
    with pytest.raises(GeometryError, match="inner radius of the Euler bend"):
        components.racetrack(radius=0.6, width=0.9, bend="euler")


@pytest.mark.parametrize("couplers", ["none", "right", "both"])
def test_beam_ring_and_bus_keep_their_distances(couplers):
    cell = components.nanobeam_ring(gap=0.18, bus_gap=0.12, couplers=couplers)
    scene = build_scene(cell, "sin-air", "y")
    assert [port.name for port in scene.ports] == ["o1", "o2", "o3", "o4"]
    discs = [solid for solid in scene.solids if isinstance(solid, Disc)]
    outer, inner = discs
    assert (outer.radius, inner.radius) == (3.23, 2.77)
    bus = scene.ports[0]
    top = outer.centre[1] + outer.radius
    bottom = outer.centre[1] - outer.radius
    assert -0.23 - top == pytest.approx(0.18, abs=1e-6)
    assert bottom - (bus.centre[1] + bus.width / 2) == pytest.approx(0.12, abs=1e-6)
    holes = [solid for solid in scene.solids if isinstance(solid, Ellipse)]
    assert len(holes) == 2 * (8 + 6)
    assert scene.material_at(*scene.emitter) == "Si3N4"
    assert scene.symmetry.mirror_x == (couplers != "right")
    if couplers == "none":
        assert not any(isinstance(solid, Prism) for solid in scene.solids)
    # A bus goes on beyond its port, but for where its light enters a coupler.
    x2, y2 = scene.ports[1].centre
    assert scene.material_at(x2 + 60, y2, 0.1) == ("Si3N4" if couplers == "none" else "air")


@pytest.mark.parametrize("angle", [0.0, 8.0, 20.0])
def test_the_teeth_of_a_grating_are_in_phase_towards_the_fibre(angle):
    """What runs from the waveguide to a tooth and on along the fibre is as long for all of it.

    n r - x sin θ is the same along an edge of a tooth, n = λ/period + sin θ, r from the focus;
    within λ/60: the sides of its polygon and the grid are 2 nm, times the index.
    """
    wavelength, period = 0.63, 0.45
    cell = components.grating_coupler(angle=angle, apodised=0, wavelength=wavelength, period=period)
    sine = np.sin(np.radians(angle))
    index = wavelength / period + sine
    focus = np.array([cell.info["focus"], 0.0])
    for tooth in list(region(cell).each())[1:]:
        points = np.array([(p.x, p.y) for p in tooth.each_point_hull()]) * 1e-3 - focus
        path = index * np.hypot(*points.T) - sine * points[:, 0]
        outer = path[path > path.mean()]
        assert np.ptp(outer) < wavelength / 60
    assert trenches(cell) == pytest.approx([period * 0.4] * 20, abs=2e-3)


def trenches(cell):
    """Widths in µm of the gaps between film along the axis of a grating."""
    cut = (region(cell) & db.Box(0, -1, 10**6, 1)).each()
    pieces = sorted((p.bbox().left, p.bbox().right) for p in cut)
    return [(b[0] - a[1]) * 1e-3 for a, b in pairwise(pieces)]


def test_apodisation_narrows_the_first_trenches():
    cell = components.grating_coupler(apodised=8, first_filling=0.8, filling=0.6)
    expected = [0.45 * (0.2 + 0.2 * min(1.0, k / 8)) for k in range(20)]
    assert trenches(cell) == pytest.approx(expected, abs=2e-3)
    with pytest.raises(GeometryError, match="narrowest trench"):
        components.grating_coupler(first_filling=0.95)


def test_bends_turn_by_their_angle():
    for shape in ("euler", "circular"):
        cell = components.bend(radius=4.0, shape=shape)
        ports = {port.name: port for port in cell.ports}
        assert ports["o2"].center == (4.0, 4.0)
        assert ports["o2"].orientation == 90
        area = region(cell).area() * 1e-6
        # A bend's area is its width times its length; 2e-3 for the polygon's sides.
        assert area == pytest.approx(0.46 * cell.info["length"], rel=2e-3)
    assert cell.info["length"] == pytest.approx(2 * pi, rel=1e-3)
    with pytest.raises(GeometryError, match="inner radius"):
        components.bend(radius=0.5, width=1.2)


def test_the_splitter_gives_each_output_nearly_half():
    """Modes of the wide piece, propagated: of the light that enters, half at each output's place.

    In the plane, with the index of the film (.28 µm on oxide). Nominal at .63 µm: each output's
    taper sees at least 40 % of the power in its own mode.
    """
    settings = components.resolve("splitter", {})
    wavelength = 0.63
    film = slab_index(0.28, 2.02, 1.457, 1.0, wavelength)
    step, half = 0.01, 4.0
    y = np.arange(-half, half + step / 2, step)

    def modes(inside, count):
        k0 = 2 * pi / wavelength
        square = (k0 * np.where(inside, film, 1.0)) ** 2
        bands = np.zeros((2, len(y)))
        bands[0] = square - 2 / step**2
        bands[1, :-1] = 1 / step**2
        values, vectors = eig_banded(
            bands, lower=True, select="i", select_range=(len(y) - count, len(y) - 1)
        )
        guided = values > k0**2
        return np.sqrt(values[guided]), vectors[:, guided]

    def lowest(centre):
        return modes(np.abs(y - centre) <= settings["width_taper"] / 2, 1)[1][:, 0]

    beta, shapes = modes(np.abs(y) <= settings["width_mmi"] / 2, 12)
    amplitudes = shapes.T @ lowest(0.0)
    field = shapes @ (amplitudes * np.exp(1j * beta * settings["length_mmi"]))
    place = (settings["width_taper"] + settings["gap"]) / 2
    shares = [abs(np.vdot(lowest(side * place), field)) ** 2 for side in (-1, 1)]
    print("splitter", shares)
    assert shares[0] == pytest.approx(shares[1], abs=1e-6)
    assert min(shares) > 0.40


def test_the_outputs_of_a_splitter_do_not_meet():
    """They keep their middles: waveguides wider than their tapers come nearer to each other."""
    film = region(components.splitter(width=1.16, width_taper=0.8, gap=0.4))
    right = film & db.Box(film.bbox().right - 10, -5000, film.bbox().right, 5000)
    low, high = sorted((p.bbox() for p in right.each()), key=lambda box: box.bottom)
    assert high.bottom - low.top == 40  # nm
    with pytest.raises(GeometryError, match=r"gap between the two outputs.* 0 µm"):
        components.splitter(width=1.2, width_taper=0.8, gap=0.4)
    with pytest.raises(GeometryError, match=r"1\.5 µm are missing"):
        components.splitter(width_mmi=0.5)


def test_an_edge_coupler_ends_at_the_edge_with_its_tip():
    cell = components.edge_coupler(tip=0.101, beyond=3.0)
    ports = {port.name: port for port in cell.ports}
    assert (ports["edge"].port_type, ports["edge"].width) == ("edge_coupler", 0.1)
    assert cell.dbbox().right == pytest.approx(53.0)
    with pytest.raises(GeometryError, match="narrower tip"):
        components.edge_coupler(tip=0.5, width=0.4)


def test_a_vernier_reads_its_step():
    cell = components.vernier(step=0.02, notches=5, pitch=4.0)
    first, second = (
        sorted(
            {p.bbox().center().x for p in region(cell, layer).each()},
        )
        for layer in (MARKS, TEMPLATE)
    )
    assert np.diff(first) == pytest.approx(4000)
    assert np.diff(second) == pytest.approx(3980)
    assert first[5] == second[5] == 0
    assert cell.info["range"] == pytest.approx(0.1)


def test_overlay_crosses_keep_their_clearance():
    cell = components.alignment_cross(kind="overlay", clearance=0.7)
    corners, cross = region(cell, MARKS), region(cell, TEMPLATE)
    assert (corners.count(), cross.count()) == (4, 1)
    assert corners.separation_check(cross, 2000).each().__next__().distance() == 700
    single = components.alignment_cross()
    assert region(single, MARKS).count() == 1
    with pytest.raises(GeometryError, match="corners"):
        components.alignment_cross(kind="overlay", length=4.0, width=1.0, clearance=1.0)


def test_a_dose_test_names_its_columns():
    cell = components.dose_test(columns=3, first_dose=0.8, dose_step=0.2, smallest=0.05)
    assert [dose for *_, dose in cell.info["doses"]] == pytest.approx([0.8, 1.0, 1.2])
    film = region(cell)
    columns = []
    for left, right, _ in cell.info["doses"]:
        box = db.Box(round(1000 * left), -(10**6), round(1000 * right), 10**6)
        columns.append((film & box).moved(-round(1000 * left), 0))
    # The same in every column, and nothing between them.
    assert (columns[0] ^ columns[1]).is_empty()
    assert (columns[0] ^ columns[2]).is_empty()
    assert sum(column.count() for column in columns) == film.count()
    assert film.width_check(50).count() == film.space_check(50).count() == 0
    assert film.width_check(52).count() > 0
    assert not region(cell, LABEL).is_empty()


def test_a_label_is_polygons_of_its_height():
    cell = components.label(text="QD 7", size=20.0)
    box = cell.dbbox()
    assert box.height() == pytest.approx(20.0, abs=0.5)
    assert region(cell, LABEL).count() >= 3
    assert cell.settings["text"] == "QD 7"
    with pytest.raises(GeometryError, match="nothing is drawn"):
        components.label(text=" ")
    with pytest.raises(GeometryError, match=r"no 'µ', 'ü'.*ASCII"):
        components.label(text="5 µm ü")


QUICK = {"height", "taper", "mirror", "columns", "notches", "teeth", "rows", "lines"}
"""Numbers that only repeat: their upper ends are drawn once elsewhere, and take seconds."""


@pytest.mark.parametrize("name", [*components.names(), *components.part_names()])
def test_at_the_ends_of_its_ranges_it_is_drawn_or_says_what_is_wrong(name):
    drawn, refused = 0, []
    for one in components.parameters(name):
        ends = one.choices or ((True, False) if one.kind == "bool" else ())
        if one.minimum is not None:
            ends = (one.minimum,) if one.name in QUICK else (one.minimum, one.maximum)
        for value in ends:
            try:
                cell = components.load(name)(**{one.name: value})
            except GeometryError as error:
                refused.append(str(error))
            else:
                drawn += 1
                assert cell.settings[one.name] == value
    assert drawn >= 2
    assert all("Take " in message or "Move it " in message for message in refused)


def test_a_pad_wider_than_sixty_micrometres_has_its_holes():
    """The areas whose product tells whether a cut crosses an edge pass 2⁶³ nm⁴ there."""
    cell = components.dose_test(height=120.0, columns=1, rows=1)
    pad = max(region(cell).each(), key=lambda p: p.bbox().width())
    assert pad.bbox().width() == 120000
    assert pad.holes() == 9
