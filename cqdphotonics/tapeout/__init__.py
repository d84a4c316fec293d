"""From the file of a chip to the directory that a fab gets.

>>> from cqdphotonics import tapeout
>>> chip = tapeout.load("layouts/chip_cspbbr3_bullseye.yaml")    # doctest: +SKIP
>>> tapeout.tapeout(chip, "out/CQD1").report.clean               # doctest: +SKIP
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cqdphotonics.tapeout.assembly import Assembly, Site, assemble
    from cqdphotonics.tapeout.output import Tapeout, tapeout
    from cqdphotonics.tapeout.schema import ChipFile, load

_HOMES = {
    "Assembly": "assembly",
    "ChipFile": "schema",
    "Site": "assembly",
    "Tapeout": "output",
    "assemble": "assembly",
    "load": "schema",
    "tapeout": "output",
}

__all__ = ["Assembly", "ChipFile", "Site", "Tapeout", "assemble", "load", "tapeout"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
