"""The process design kit that gdsfactory works with: our layers, a 1 nm grid, a port for the dot.

gdsfactory 9 needs an active PDK. Ours is activated on first use, unless the user already has
one: theirs then stays, since our cells name their layers by number.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import new_class
from typing import Any

from cqdphotonics.layout.layers import LAYERS

EMITTER = "emitter"
"""Name and port type of the place of the quantum dot."""


@cache
def activate() -> Any:
    """Make gdsfactory ready, once a process, and return its module."""
    import gdsfactory as gf

    # gdsfactory warns about port types that it does not know, and "emitter" is ours.
    if EMITTER not in gf.CONF.port_types:
        gf.CONF.port_types.append(EMITTER)
    try:
        gf.get_active_pdk()
    except ValueError:
        _pdk().activate()
    return gf


def _pdk() -> Any:
    import gdsfactory as gf

    from cqdphotonics.layout import stacks

    def members(namespace: dict[str, Any]) -> None:
        namespace["layout"] = gf.constant(gf.kcl.layout)
        for layer in LAYERS:  # not update(): the enumeration watches single assignments
            namespace[layer.name] = layer.number

    return gf.Pdk(
        name="cqdphotonics",
        layers=new_class("Layers", (gf.LayerEnum,), exec_body=members),
        layer_stack=stacks.load("sin-air").layer_stack,
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep kfactory's log still: reading a file repeats names on purpose."""
    import kfactory as kf

    before = kf.config.logfilter.level
    kf.config.logfilter.level = "CRITICAL"
    try:
        yield
    finally:
        kf.config.logfilter.level = before
