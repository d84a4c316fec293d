"""Simulation of a device: scene, jobs, the solver in its own process, and the response.

Names are loaded when first used: the solver's process imports this package, too, and needs but
the job.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cqdphotonics.fdtd.planning import Plan, plan
    from cqdphotonics.fdtd.response import Response
    from cqdphotonics.fdtd.runner import Limits
    from cqdphotonics.fdtd.scene import Scene, build_scene
    from cqdphotonics.fdtd.simulation import simulate
    from cqdphotonics.fdtd.store import Store

__all__ = ["Limits", "Plan", "Response", "Scene", "Store", "build_scene", "plan", "simulate"]

_HOMES = {
    "Limits": "runner",
    "Plan": "planning",
    "plan": "planning",
    "Response": "response",
    "Scene": "scene",
    "Store": "store",
    "build_scene": "scene",
    "simulate": "simulation",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
