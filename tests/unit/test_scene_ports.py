"""Optical ports of a scene, and the strips that go on beyond them."""

from math import cos, radians, sin

import pytest

from cqdphotonics import components
from cqdphotonics.errors import GeometryError
from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.scene import Box, Port, Prism, build_scene
from cqdphotonics.layout import shapes, stacks
from cqdphotonics.layout.component import new_cell, place_emitter
from cqdphotonics.layout.gdsio import write_component
from cqdphotonics.layout.layers import DEVICE, METAL

D = DEVICE.number


def add_port(cell, name, centre, width, orientation, layer=D):
    cell.add_port(
        name=name,
        center=centre,
        width=width,
        orientation=orientation,
        layer=layer,
        port_type="optical",
    )


def disc_with_bus(layer=D):
    cell = new_cell()
    shapes.disc(cell, D, 0.5)
    shapes.rectangle(cell, D, (4.0, 0.3), (0.0, 0.8))
    place_emitter(cell, (0.3, 0.0))
    add_port(cell, "o2", (2.0, 0.8), 0.3, 0, layer)
    add_port(cell, "o1", (-2.0, 0.8), 0.3, 180, layer)
    return cell


def test_ports_are_read_by_name_and_survive_the_file(tmp_path):
    cell = disc_with_bus()
    expected = (
        Port("o1", (-2.0, 0.8), (-1.0, 0.0), 0.3, D),
        Port("o2", (2.0, 0.8), (1.0, 0.0), 0.3, D),
    )
    scene = build_scene(cell, "sin-air")
    assert scene.ports == expected
    again = build_scene(write_component(cell, tmp_path / "bus.gds"), "sin-air")
    assert again == scene
    assert build_scene(components.disc(), "sin-air").ports == ()


def test_a_waveguide_goes_on_beyond_its_ports():
    scene = build_scene(disc_with_bus(), "sin-air")
    for x in (-50.0, -2.001, 2.001, 50.0):
        assert scene.material_at(x, 0.8 + 0.149, 0.1) == "Si3N4"
        assert scene.material_at(x, 0.8 + 0.151, 0.1) == "air"
    # What is drawn is what has to be simulated; the strips only leave it.
    assert scene.bounds == scene.core == pytest.approx((-2.0, -0.5, 2.0, 0.95))
    blocks = [solid for solid in plan(scene, 0.6).jobs[0].solids if solid.kind == "block"]
    assert max(block.centre[0] + block.size[0] / 2 for block in blocks if block.size[0]) > 50


def test_a_strip_follows_the_direction_and_the_bias_of_its_waveguide():
    turn = radians(30)
    cell = new_cell()
    shapes.disc(cell, D, 1.0)
    place_emitter(cell)
    add_port(cell, "o1", (round(cos(turn), 3), round(sin(turn), 3)), 0.2, 30)
    scene = build_scene(cell, stacks.load("sin-air", bias=0.01))
    strip = scene.solids[-1]
    assert isinstance(strip, Box)
    assert strip.angle == pytest.approx(turn)
    assert strip.size[1] == pytest.approx(0.22)
    assert scene.material_at(20 * cos(turn), 20 * sin(turn), 0.1) == "Si3N4"
    assert scene.ports[0].direction == pytest.approx((cos(turn), sin(turn)))


def dumbbell(continues="x"):
    """A beam of width 0.4 between two pads of width 3, a hole in its middle."""
    cell = new_cell()
    outline = [(-4, -1.5), (-2, -1.5), (-2, -0.2), (2, -0.2), (2, -1.5), (4, -1.5)]
    outline += [(-x, -y) for x, y in outline]
    shapes.polygon(cell, D, outline, [shapes.ellipse_points((0.1, 0.1), (0.5, 0.0))])
    place_emitter(cell)
    cell.info["continues"] = continues
    return cell


def test_a_held_beam_is_only_as_wide_as_where_it_is_simulated():
    scene = build_scene(dumbbell(), "sin-air")
    assert isinstance(scene.solids[0], Prism)
    assert scene.bounds == (-4.0, -1.5, 4.0, 1.5)
    assert scene.core == pytest.approx((0.4, -0.2, 0.6, 0.2))
    # The pads, which end at the border of the drawing, go on.
    assert scene.material_at(-40, 1.4, 0.1) == scene.material_at(40, -1.4, 0.1) == "Si3N4"
    assert scene.material_at(40, 1.6, 0.1) == "air"
    assert scene.symmetry.mirror_y
    alone = build_scene(dumbbell(""), "sin-air")
    assert alone.core == alone.bounds
    assert alone.material_at(40, 1.4, 0.1) == "air"


def test_a_port_on_a_layer_that_the_stack_does_not_have():
    with pytest.raises(GeometryError, match=r"port 'o1'.*41/0 \(METAL\)"):
        build_scene(disc_with_bus(METAL.number), "sin-air")


@pytest.mark.parametrize("numbers", [{"bias": -0.02}, {"bias": 0.02}, {"sidewall_angle": 12.0}])
def test_fabrication_leaves_no_notch_where_a_strip_begins(numbers):
    for cell in (disc_with_bus(), dumbbell()):
        stack = stacks.load("sin-air", **numbers)
        scene = build_scene(cell, stack)
        y = 0.8 if scene.ports else 1.0
        end = 2.0 if scene.ports else 4.0
        for x in (end - 0.05, end - 0.01, end, end + 0.01, end + 0.05):
            for z in (0.0, 0.16, 0.32):
                assert scene.material_at(x, y, z) == "Si3N4"


def test_a_port_inside_the_drawing_is_only_a_plane():
    cell = new_cell()
    shapes.disc(cell, D, 0.3)
    shapes.rectangle(cell, D, (4.0, 0.3), (0.0, 0.8))
    shapes.rectangle(cell, D, (1.0, 2.0), (2.5, 0.8))
    place_emitter(cell)
    add_port(cell, "o1", (2.0, 0.8), 0.3, 0)
    scene = build_scene(cell, "sin-air")
    assert [port.name for port in scene.ports] == ["o1"]
    assert scene.material_at(3.5, 0.8, 0.1) == "air"
