"""Layout: layers, film stacks, how devices are declared, and GDS files in and out.

>>> from cqdphotonics import layout
>>> layout.stacks.load("sin-air", thickness=0.3).heights
{'device': (0.0, 0.3)}

Each name is loaded when it is first used; gdsfactory, when the first cell is drawn or read.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cqdphotonics.layout import stacks
    from cqdphotonics.layout.draw import draw_layout
    from cqdphotonics.layout.gdsio import read_component, write_component

__all__ = ["draw_layout", "read_component", "stacks", "write_component"]

_HOMES = {"draw_layout": "draw", "read_component": "gdsio", "write_component": "gdsio"}


def __getattr__(name: str) -> Any:
    if name == "stacks":
        return import_module(f"{__name__}.stacks")
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
