"""KLayout's layer properties file (``.lyp``) of a kit."""

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from cqdphotonics.layout.kits.model import Kit

_LAYER = """ <properties>
  <frame-color>{colour}</frame-color>
  <fill-color>{colour}</fill-color>
  <frame-brightness>0</frame-brightness>
  <fill-brightness>0</fill-brightness>
  <dither-pattern>I{dither}</dither-pattern>
  <valid>true</valid>
  <visible>true</visible>
  <transparent>false</transparent>
  <width>1</width>
  <marked>false</marked>
  <xfill>false</xfill>
  <animation>0</animation>
  <name>{name}</name>
  <source>{layer}/{datatype}@1</source>
 </properties>
"""

_DITHERS = (9, 5, 3, 11, 7, 2, 1)
"""KLayout's patterns that let other layers shine through; the last, hollow, is for outlines."""


def lyp_text(kit: "Kit") -> str:
    """The content of the file."""
    layers = "".join(
        _LAYER.format(
            colour=layer.colour.lower(),
            # An outline that is filled hides what lies in it.
            dither=1 if layer.name == "FLOORPLAN" else _DITHERS[number % (len(_DITHERS) - 1)],
            name=escape(f"{layer.name} {layer.number[0]}/{layer.number[1]}: {layer.purpose}"),
            layer=layer.number[0],
            datatype=layer.number[1],
        )
        for number, layer in enumerate(kit.layers)
    )
    title = f" <name>{escape(kit.name)}</name>\n"
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    return f"{head}<layer-properties>\n{layers}{title}</layer-properties>\n"
