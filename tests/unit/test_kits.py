"""Kits: the shipped ones hold together, a user's own is checked with line numbers."""

import xml.etree.ElementTree as ET

import pytest

from cqdphotonics.cli.app import main
from cqdphotonics.errors import FileFormatError, UnknownNameError
from cqdphotonics.layout import kits, stacks
from cqdphotonics.layout.drc.run import _CHECKS
from cqdphotonics.layout.ebeam.process import Process
from cqdphotonics.layout.layers import LAYERS

OWN = """\
name: own
description: a process of ours
layers:
  - {name: DEVICE, number: [1, 0]}
  - {name: HEATER, number: [50, 0], purpose: titanium wires, colour: "#225588"}
rules:
  - {kind: width, layer: DEVICE, minimum: 0.06, reason: their resist}
  - {kind: space, layer: HEATER, other: DEVICE, minimum: 2.0}
"""


@pytest.mark.parametrize("name", kits.names())
def test_shipped_kits(name):
    kit = kits.load(name)
    assert kit.name == name
    assert set(kit.stacks) <= set(stacks.names())
    ours = {layer.name: layer for layer in LAYERS}
    for layer in kit.layers:
        assert layer.number == ours[layer.name].number
        assert layer.purpose == ours[layer.name].purpose
        assert kit.at(layer.number) is layer
    assert all(rule.reason for rule in kit.rules), "a rule of ours says why it is there"
    assert Process.from_mapping(kit.ebeam).base_dose > 0


def test_all_kinds_of_rules_are_checked():
    sin = kits.load("sin-ebeam")
    assert {rule.kind for rule in sin.rules} == set(_CHECKS)
    assert {layer.name for layer in sin.layers} == {layer.name for layer in LAYERS}


def test_own_kit(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    kit = kits.load(path)
    assert kit.layer("HEATER").number == (50, 0)
    assert kit.layer("DEVICE").colour == "#2c7fb8"
    assert [rule.name for rule in kit.rules] == ["device-width", "heater-space-device"]
    with pytest.raises(UnknownNameError, match="Known: DEVICE, HEATER"):
        kit.layer("METAL")
    with pytest.raises(UnknownNameError, match="Did you mean 'sin-ebeam'"):
        kits.load("sin-ebean")


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("minimum: 0.06", "minimum: -1", "line 7"),
        ("kind: width", "kind: widht", "line 7"),
        ("number: [50, 0]", "number: [1, 0]", "line 5"),
        ("name: DEVICE, number: [1, 0]", "name: DEVICE, number: [2, 0]", "line 4"),
        ("other: DEVICE", "other: METAL", "there is no layer 'METAL'"),
        ("layer: HEATER", "layer: METAL", "there is no layer 'METAL'"),
        ("name: own", "name: ../own", "line 1"),
        ("name: own\n", "", "'name' is missing"),
        ("description: a", "dbu: 0.005\ndescription: a", "line 2"),
        ("rules:", "rulez:", "Did you mean 'rules'"),
        ("#225588", "blue", "line 5"),
        (", minimum: 2.0", "", "line 8"),
    ],
)
def test_mistakes_in_a_kit(old, new, said, tmp_path):
    assert old in OWN
    path = tmp_path / "own.yaml"
    path.write_text(OWN.replace(old, new))
    with pytest.raises(FileFormatError) as caught:
        kits.load(path)
    assert said in str(caught.value), str(caught.value)
    assert "own.yaml" in str(caught.value)


def test_lyp_is_read_by_klayout(tmp_path):
    from klayout import lay

    kit = kits.load("sin-ebeam")
    path = kit.write_lyp(tmp_path / "sin.lyp")
    assert len(ET.parse(path).getroot().findall("properties")) == len(kit.layers)
    view = lay.LayoutView()
    view.load_layer_props(str(path))
    each, found = view.begin_layers(), {}
    while not each.at_end():
        layer = each.current()
        found[(layer.source_layer, layer.source_datatype)] = (
            layer.name,
            f"#{layer.fill_color & 0xFFFFFF:06x}",
        )
        each.next()
    assert set(found) == {layer.number for layer in kit.layers}
    for layer in kit.layers:
        name, colour = found[layer.number]
        assert name.startswith(layer.name)
        assert colour == layer.colour


def test_command(tmp_path, capsys):
    assert main(["kits"]) == 0
    assert "sin-ebeam" in capsys.readouterr().out
    assert main(["kits", "metal-glass", "--lyp", str(tmp_path / "m.lyp")]) == 0
    assert "METAL (41/0)" in capsys.readouterr().out
    assert (tmp_path / "m.lyp").is_file()
    assert main(["kits", "--lyp", "m.lyp"]) == 2
