"""Film stacks: their numbers, heights, and files of one's own."""

import pytest
from pydantic import ValidationError

from cqdphotonics import materials
from cqdphotonics.errors import FileFormatError, InputError, RangeError, UnknownNameError
from cqdphotonics.layout import stacks


@pytest.mark.parametrize("name", stacks.names())
def test_every_stack_loads_and_names_known_materials(name):
    stack = stacks.load(name)
    known = materials.names()
    assert {stack.substrate, stack.cladding, *(film.material for film in stack.films)} <= set(known)
    assert stack.layers
    low, high = stack.heights[stack.emitter_film]
    assert low < stack.emitter_z < high
    assert set(stack.settings) == {parameter.name for parameter in stacks.parameters(name)}


def test_overrides_and_origin():
    stack = stacks.load("sin-on-gold", thickness=0.2, spacer=0.15, gold=0.08, emitter_height=1.0)
    assert stack.heights == {
        "reflector": (-0.23, -0.15),
        "spacer": (-0.15, 0.0),
        "device": (0.0, 0.2),
    }
    assert stack.emitter_z == 0.2


def test_a_mirror_is_quarter_wave_and_ends_with_the_high_index():
    stack = stacks.load("sin-on-dbr", pairs=3, wavelength=0.63, spacer=0)
    films = [film for film in stack.films if film.layer is None]
    assert [film.material for film in films] == ["SiO2", "TiO2"] * 3
    for film in films:
        optical = film.thickness * materials.load(film.material).index(0.63).real
        assert optical == pytest.approx(0.63 / 4, abs=2e-6)  # thickness is kept to a picometre


def test_errors_say_what_exists():
    with pytest.raises(UnknownNameError, match="Did you mean 'sin-air'"):
        stacks.load("sin-aire")
    with pytest.raises(UnknownNameError, match="thickness"):
        stacks.load("sin-air", thicknes=0.3)
    with pytest.raises(RangeError, match=r"300 nm is 0\.3 µm"):
        stacks.load("sin-air", thickness=300)


def test_a_stack_is_frozen():
    with pytest.raises(ValidationError):
        stacks.load("sin-air").cladding = "SiO2"


OWN = """
membrane:
  description: TiO2 membrane
  substrate: air
  cladding: air
  emitter_film: slab
  parameters:
    thickness: [0.2, µm, 0.05, 0.5, thickness of the slab]
  films:
    - {name: slab, material: TiO2, thickness: thickness, layer: [1, 0]}
"""


def test_a_stack_from_a_file(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(OWN, encoding="utf-8")
    stack = stacks.load(str(path), thickness=0.25, bias=-0.01, sidewall_angle=5)
    (film,) = stack.films
    assert (stack.name, film.thickness, film.bias, film.sidewall_angle) == (
        "membrane",
        0.25,
        -0.01,
        5.0,
    )


@pytest.mark.parametrize(
    "text, message",
    [
        ("- a\n- b\n", "holds no stack"),
        ("a: {b: [", "not YAML"),
        (OWN.replace("substrate", "substrat"), "unknown key substrat"),
        (OWN.replace("  cladding: air\n", ""), "lacks cladding"),
        (OWN.replace(", layer: [1, 0]", ""), "no film has a layer"),
        (OWN.replace("emitter_film: slab", "emitter_film: other"), "emitter_film"),
        (OWN.replace("thickness: thickness", "thickness: height"), "height"),
        (
            OWN.replace("[0.2, µm, 0.05, 0.5, thickness of the slab]", "0.2"),
            "parameter 'thickness'",
        ),
        (OWN.replace("layer: [1, 0]", "layer: x"), "layer"),
        (OWN.replace("thickness: thickness", "thickness: -1"), "thickness"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, text, message):
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileFormatError, match=message):
        stacks.load(str(path))


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        stacks.load(str(tmp_path / "none.yaml"))


def test_gdsfactory_sees_the_same_films():
    stack = stacks.load("sin-on-dbr", pairs=1, sidewall_angle=4)
    levels = stack.layer_stack.layers
    assert list(levels) == [film.name for film in stack.films]
    device = levels["device"]
    assert (device.zmin, device.thickness, device.material) == (0.0, 0.32, "Si3N4")
    assert (device.sidewall_angle, device.width_to_z) == (4.0, 0.5)
    assert levels["spacer"].zmin == pytest.approx(-0.2)


def test_mirrors_on_both_sides_of_a_half_wave():
    stack = stacks.load("polymer-in-dbr", pairs=2, pairs_above=2, order=3, wavelength=0.63)
    assert [film.material for film in stack.films] == [
        *["SiO2", "TiO2"] * 2, "PMMA", *["TiO2", "SiO2"] * 2, "TiO2",
    ]  # fmt: skip
    quarters = [
        4 * film.thickness * materials.load(film.material).index(0.63).real / 0.63
        for film in stack.films
    ]
    assert quarters == pytest.approx([1, 1, 1, 1, 6, 1, 1, 1, 1, 1], abs=1e-4)
    assert len({film.name for film in stack.films}) == len(stack.films)


def test_one_layer_etches_all_films_of_a_pillar():
    stack = stacks.load("pillar-dbr", pairs=3, pairs_under=1, pairs_above=1)
    etched = [film for film in stack.films if film.layer == (1, 0)]
    assert len(etched) == len(stack.films) - 2
    assert stack.layers == {(1, 0): next(f for f in etched if f.name == "spacer")}
    assert min(low for low, _ in stack.heights.values()) < 0
    assert stack.heights[etched[0].name][0] == 0.0
    assert all(film.bias == 0.0 for film in etched)


def test_what_lies_between_the_pattern():
    assert stacks.load("sin-in-oxide").medium == "SiO2"
    assert stacks.load("gold-on-glass").medium == "air"
    rings = stacks.load("polymer-on-gold-rings")
    assert (rings.medium, rings.cladding) == ("PMMA", "air")


def test_a_stack_may_say_where_its_dot_is():
    low, high = stacks.load("polymer-on-gold-rings").heights["polymer"]
    assert stacks.load("polymer-on-gold-rings").emitter_z == pytest.approx(low + 0.6 * (high - low))
    middle = stacks.load("polymer-on-gold-rings", emitter_height=0.5)
    assert middle.emitter_z == pytest.approx((low + high) / 2)


TWICE = """
double:
  description: two films of one name
  substrate: air
  cladding: air
  emitter_film: slab
  films:
    - {name: slab, material: TiO2, thickness: 0.1, layer: [1, 0]}
    - {name: slab, material: SiO2, thickness: 0.1}
"""


@pytest.mark.parametrize(
    "text, message",
    [
        (TWICE, "several films have the name slab"),
        (
            TWICE.replace("{name: slab, material: SiO2, thickness: 0.1}",
                          "mirror: {low: SiO2, high: TiO2, pairs: 1, wavelength: 0.5, first: up}"),
            "begins with low or high, not 'up'",
        ),
        (TWICE.replace("thickness: 0.1}", "half_waves: 1}"), "wavelength"),
    ],
)  # fmt: skip
def test_what_can_not_be_stacked(tmp_path, text, message):
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileFormatError, match=message):
        stacks.load(str(path))
