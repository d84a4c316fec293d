"""From a colloidal quantum dot and a parametric device to photons, and the GDS that makes them.

>>> import cqdphotonics as cqd
>>> emitter = cqd.emitters.load("CsPbBr3-4K")
>>> environment = cqd.Environment.from_purcell(10.0, radiative_rate=emitter.gamma)
>>> cqd.figures(emitter, environment).indistinguishability  # doctest: +SKIP

Lengths are in µm, times in ps, rates in rad/ps, energies in meV, temperatures in K.
Each name is loaded when it is first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cqdphotonics import components, emitters, layout, quantum
    from cqdphotonics.codesign import Study
    from cqdphotonics.emitters import Emitter
    from cqdphotonics.fdtd import Response, simulate
    from cqdphotonics.quantum import Environment, figures

__version__ = "0.1.0"

__all__ = [
    "Emitter",
    "Environment",
    "Response",
    "Study",
    "__version__",
    "components",
    "emitters",
    "figures",
    "layout",
    "quantum",
    "simulate",
]

_ROOMS = ("components", "emitters", "layout", "quantum")
_HOMES = {
    "Emitter": "emitters",
    "Environment": "quantum",
    "figures": "quantum",
    "Response": "fdtd",
    "simulate": "fdtd",
    "Study": "codesign",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    if name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
