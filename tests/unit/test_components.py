"""The devices and how they are declared."""

import subprocess
import sys
import time
from math import cos, pi, radians, sin
from typing import Annotated

import pytest
from klayout import db

from cqdphotonics import components
from cqdphotonics.errors import CqdError, GeometryError, InputError, RangeError, UnknownNameError
from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.layout import shapes, stacks
from cqdphotonics.layout.component import (
    component,
    emitter_position,
    families,
    new_cell,
    place_emitter,
)
from cqdphotonics.layout.gdsio import read_component, write_component
from cqdphotonics.layout.layers import DEVICE, LAYERS
from cqdphotonics.layout.parameters import Range


def area(cell):
    layer = cell.kcl.layer(*DEVICE.number)
    return db.Region(cell.kdb_cell.begin_shapes_rec(layer)).area() * 1e-6


def test_listing_devices_does_not_load_gdsfactory():
    code = (
        "import sys; from cqdphotonics import components as c; from cqdphotonics.layout import "
        "stacks; c.names(); c.parameters('bullseye'); stacks.names(); stacks.load('sin-air'); "
        "sys.exit(any(m in sys.modules for m in ('gdsfactory', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_and_nearest():
    assert {"bullseye", "disc"} <= set(components.names())
    with pytest.raises(UnknownNameError, match=r"Did you mean 'bullseye'\?"):
        components.load("bulleye")
    with pytest.raises(AttributeError, match="Known: "):
        components.nothing_like_it  # noqa: B018


@pytest.mark.parametrize("name", components.names())
def test_every_device_at_its_nominal_values(name):
    cell = components.load(name)()
    assert emitter_position(cell)
    assert cell.info["family"] == name
    assert set(cell.settings.model_dump()) == {p.name for p in components.parameters(name)}
    assert all(p.description for p in components.parameters(name))


@pytest.mark.parametrize("name", [*components.names(), *components.part_names()])
def test_every_range_says_why_it_ends_and_every_choice_what_it_is(name):
    """The reason goes into the refusal, after "because": a clause, without a stop."""
    for one in components.parameters(name):
        if one.minimum is not None:
            assert len(one.reason.split()) > 1, one.name
            assert not one.reason.endswith("."), one.name
        else:
            assert one.description, one.name


def test_bullseye_is_where_its_docstring_says():
    radius, pitch, gap, rings, frame = 0.431, 0.352, 0.148, 4, 1.2
    cell = components.bullseye(radius=radius, pitch=pitch, gap=gap, rings=rings, frame=frame)
    outer = radius + (rings - 1) * pitch + gap + frame
    trenches = [(radius + k * pitch, radius + k * pitch + gap) for k in range(rings)]
    expected = pi * (outer**2 - sum(b**2 - a**2 for a, b in trenches))
    # Rounding 300-odd vertices moves each circle's radius by less than 0.1 nm.
    edge = 2 * pi * (outer + sum(a + b for a, b in trenches))
    assert area(cell) == pytest.approx(expected, abs=1e-4 * edge)
    assert cell.info["outer_radius"] == pytest.approx(outer)
    box = cell.dbbox()
    # The polygon has the circle's area, so its vertices lie just outside the circle.
    assert box.width() == box.height() == pytest.approx(2 * outer, abs=2.1e-3)
    assert emitter_position(cell) == (0.0, 0.0)


def test_values_are_snapped_before_the_cell_is_made():
    one = components.bullseye(radius=0.4302, gap=0.15)
    other = components.bullseye(radius=0.4298)
    assert one.name == other.name
    assert one.settings["radius"] == 0.43


def test_errors_come_before_anything_is_drawn():
    with pytest.raises(RangeError, match=r"430 nm is 0\.43 µm"):
        components.bullseye(radius=430)
    with pytest.raises(UnknownNameError, match="parameter of bullseye 'radiu'"):
        components.bullseye(radiu=0.4)
    with pytest.raises(GeometryError, match=r"below the layout grid|too narrow"):
        components.bullseye(pitch=0.35, gap=0.34)
    with pytest.raises(GeometryError, match="below the layout grid"):
        components.bullseye(pitch=0.3, gap=0.3)
    with pytest.raises(GeometryError, match=r"does not fit: 0\.13 µm are missing"):
        components.bullseye(pitch=0.3, gap=0.4)
    with pytest.raises(InputError, match="at most"):
        components.disc(0.3, 0.4)


def test_hundreds_of_devices_are_quick_and_silent(capfd):
    components.bullseye()
    start = time.process_time()
    for k in range(50):
        components.bullseye(radius=0.3 + 0.001 * k, rings=8)
    # An optimiser draws hundreds; measured 20 to 30 ms of processor time each.
    assert (time.process_time() - start) / 50 < 0.1
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_a_device_of_ones_own():
    @component
    def two_discs(
        distance: Annotated[float, Range(0.1, 2, "µm", "between the centres")] = 0.5,
        filled: bool = True,
    ) -> object:
        """Two discs."""
        cell = new_cell()
        for side in (-1, 1) if filled else (1,):
            shapes.disc(cell, DEVICE.number, 0.1, (side * distance / 2, 0.0))
        place_emitter(cell, (0.0, 0.0003), axis="y")
        return cell

    cell = two_discs(distance=0.6)
    assert families()["two_discs"].description == "Two discs"
    assert area(cell) == pytest.approx(2 * pi * 0.1**2, rel=5e-3)
    assert cell.info["emitter_axis"] == "y"
    assert emitter_position(cell) == (0.0, 0.0)
    assert area(two_discs(filled=False)) < area(cell)
    with pytest.raises(InputError, match="true or false"):
        two_discs(filled=1)


def test_a_device_needs_a_place_for_the_dot():
    @component
    def blind() -> object:
        """No dot."""
        cell = new_cell()
        shapes.disc(cell, DEVICE.number, 0.1)
        return cell

    with pytest.raises(GeometryError, match="place_emitter"):
        blind()


def test_what_vanishes_on_the_grid_is_refused():
    @component
    def sliver() -> object:
        """A rectangle narrower than the grid."""
        cell = new_cell()
        shapes.rectangle(cell, DEVICE.number, (1.0, 0.0004))
        place_emitter(cell)
        return cell

    with pytest.raises(GeometryError, match="grid"):
        sliver()


def test_a_parameter_must_be_declared():
    with pytest.raises(TypeError, match="annotation"):

        @component
        def loose(radius: float = 1.0) -> object:
            """Not declared."""
            return new_cell()


@pytest.mark.parametrize("name", [*components.names(), *components.part_names()])
def test_name_settings_ports_and_polygons_survive_the_file(name, tmp_path):
    cell = components.load(name)()
    again = read_component(write_component(cell, tmp_path / f"{name}.gds"))
    assert again.name == cell.name
    assert again.settings == cell.settings
    assert again.info == cell.info
    assert again.info["family"] == name

    def described(one):
        return {
            p.name: (p.port_type, p.center, p.width, p.orientation, str(p.layer_info))
            for p in one.ports
        }

    assert described(again) == described(cell)
    for layer in LAYERS:
        there, here = (
            db.Region(one.kdb_cell.begin_shapes_rec(one.kcl.layer(*layer.number)))
            for one in (again, cell)
        )
        assert (there ^ here).is_empty()


@pytest.mark.parametrize("name", components.names())
def test_the_written_file_gives_the_jobs_of_the_component(name, tmp_path):
    """On the first of the stacks that the device is made for, that is, that can be planned."""
    cell = components.load(name)()
    dipole = cell.info["emitter_axis"]
    used = {layer.number for layer in LAYERS if layer.is_structure and drawn_on(cell, layer)}
    path = write_component(cell, tmp_path / f"{name}.gds")
    refused = {}
    for stack in stacks.names():
        if not used <= set(stacks.load(stack).layers):
            continue
        here = build_scene_or_none(cell, stack, dipole)
        try:
            jobs = plan(here, 0.63).jobs if here else ()
        except CqdError as error:
            refused[stack] = str(error)
            continue
        if not jobs:
            continue
        there = build_scene(path, stack, dipole)
        assert here == there
        assert [job.hash for job in jobs] == [job.hash for job in plan(there, 0.63).jobs]
        return
    pytest.fail(f"no stack can be planned for {name}: {refused}")


def build_scene_or_none(cell, stack, dipole):
    try:
        return build_scene(cell, stack, dipole)
    except GeometryError:  # the dot would be in the metal of this stack
        return None


@pytest.mark.parametrize("name", components.part_names())
def test_a_part_has_no_dot_and_says_so(name):
    cell = components.load(name)()
    assert not components.family(name).has_emitter
    assert name not in components.names()
    assert all(p.description for p in components.parameters(name))
    with pytest.raises(GeometryError, match=r"part of a chip.*no dot"):
        build_scene(cell, "sin-air")


@pytest.mark.parametrize("name", [*components.names(), *components.part_names()])
def test_waveguides_end_at_their_ports(name):
    """Film reaches the port over its width, and beyond it there is none or one that goes on."""
    cell = components.load(name)()
    film = db.Region(cell.kdb_cell.begin_shapes_rec(cell.kcl.layer(*DEVICE.number))).merged()
    for port in cell.ports:
        if port.port_type != "optical":
            continue
        (x, y), turn = port.center, radians(port.orientation)
        for share in (-0.48, 0.48):
            # 2 nm inside the port, just within the width.
            at = (
                x - 0.002 * cos(turn) - share * port.width * sin(turn),
                y - 0.002 * sin(turn) + share * port.width * cos(turn),
            )
            spot = db.Box(-1, -1, 1, 1).moved(*(round(1000 * value) for value in at))
            assert (db.Region(spot) - film).is_empty(), (port.name, share)


def drawn_on(cell, layer):
    index = cell.kcl.layer(*layer.number)
    return not db.Region(cell.kdb_cell.begin_shapes_rec(index)).is_empty()
