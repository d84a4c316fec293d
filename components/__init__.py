"""The parametric devices and parts: one family a file, found by being here.

Every module of this package that declares a function with
`cqdphotonics.layout.component.component` adds a device; nothing else has to be told. One declared
with `part` has no dot: it is what a chip needs around its devices. Both are attributes of the
package, ``components.bullseye(radius=0.43)``, and are found by name with `load`. Declaring them
does not import gdsfactory; drawing the first one does.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from cqdphotonics.errors import UnknownNameError
from cqdphotonics.layout.component import Family, families
from cqdphotonics.layout.parameters import Parameter
from cqdphotonics.layout.parameters import resolve as _resolve

__all__ = ["family", "load", "names", "parameters", "part_names", "resolve"]


def names() -> list[str]:
    """Names of the devices, in alphabetical order."""
    return sorted(name for name, made in _devices.items() if made.family.has_emitter)  # type: ignore[attr-defined]


def part_names() -> list[str]:
    """Names of the parts, which have no dot, in alphabetical order."""
    return sorted(set(_devices) - set(names()))


def load(name: str) -> Callable[..., Any]:
    """The function that draws a device or part.

    Parameters
    ----------
    name : str
        One of `names` or `part_names`.

    Returns
    -------
    callable
        Takes the device's `parameters` as keywords and returns a gdsfactory ``Component`` with
        a port ``emitter``, which a part does not have.

    Raises
    ------
    UnknownNameError
        If there is no such device; the message lists those there are.
    """
    if name not in _devices:
        raise UnknownNameError("component", name, _devices)
    return _devices[name]


def family(name: str) -> Family:
    """The declaration of a device: description, parameters, drawing function."""
    return load(name).family  # type: ignore[attr-defined]


def parameters(name: str) -> list[Parameter]:
    """What can be set on a device, with defaults, units and ranges."""
    return list(family(name).parameters)


def resolve(name: str, given: Mapping[str, object]) -> dict[str, float | int | bool | str]:
    """All parameters of a device with checked values, `given` ones before defaults.

    Nothing is drawn, so that wrong values are found at once; what is wrong only in combination
    (a ridge of negative width) shows when the device is drawn.

    Raises
    ------
    UnknownNameError, InputError, RangeError
        As for the device itself.
    """
    return _resolve(family(name).parameters, given, name)


def _discover() -> dict[str, Callable[..., Any]]:
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return {
        name: getattr(import_module(declared.draw.__module__), name)
        for name, declared in families().items()
        if declared.draw.__module__.startswith(f"{__name__}.")
    }


_devices = _discover()
# `components.bullseye` is the device, not the module of the same name that holds it.
globals().update(_devices)


def __getattr__(name: str) -> Callable[..., Any]:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return load(name)
    except UnknownNameError as error:
        raise AttributeError(str(error)) from error
