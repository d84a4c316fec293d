"""Simulation of a device: scene, jobs, the solver in its own process, and the response."""

from cqdphotonics.fdtd.plan import Plan, plan
from cqdphotonics.fdtd.response import Response
from cqdphotonics.fdtd.runner import Limits
from cqdphotonics.fdtd.scene import Scene, build_scene
from cqdphotonics.fdtd.simulation import simulate
from cqdphotonics.fdtd.store import Store

__all__ = ["Limits", "Plan", "Response", "Scene", "Store", "build_scene", "plan", "simulate"]
