"""The layers of the masks: what a fab reads in the GDS."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One GDS layer: its name, numbers, what is drawn on it, and its colour in a viewer."""

    name: str
    number: tuple[int, int]
    purpose: str
    colour: str
    is_structure: bool = True


DEVICE = Layer("DEVICE", (1, 0), "the dielectric film that remains after etching", "#2c7fb8")
METAL = Layer("METAL", (41, 0), "metal that remains after lift-off", "#d4a017")
CONE = Layer("CONE", (42, 0), "metal cones on top of METAL, drawn at half their height", "#b8860b")
TEMPLATE = Layer("TEMPLATE", (12, 0), "holes in the resist that place the dots", "#d7301f", False)
RELEASE = Layer("RELEASE", (30, 0), "window through which the film is undercut", "#bdbdbd", False)
MARKS = Layer("MARKS", (20, 0), "alignment marks", "#6a51a3", False)
FLOORPLAN = Layer(
    "FLOORPLAN", (99, 0), "outline of a device or chip; not written", "#636363", False
)
LABEL = Layer("LABEL", (66, 0), "labels that a microscope reads", "#31a354", False)

LAYERS = (DEVICE, METAL, CONE, TEMPLATE, RELEASE, MARKS, FLOORPLAN, LABEL)
"""All layers, in the order of a listing."""


def annotation_layers() -> frozenset[tuple[int, int]]:
    """Layers that say something about a device without being part of its structure."""
    return frozenset(layer.number for layer in LAYERS if not layer.is_structure)


def describe(number: tuple[int, int]) -> str:
    """``"1/0 (DEVICE)"``, or only the numbers for a layer that has no name here."""
    text = f"{number[0]}/{number[1]}"
    names = [layer.name for layer in LAYERS if layer.number == number]
    return f"{text} ({names[0]})" if names else text
