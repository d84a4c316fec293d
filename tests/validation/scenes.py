"""Scenes without a layout: plane films, and a dipole between or above them."""

from collections.abc import Sequence
from math import inf

from cqdphotonics.fdtd.scene import Axis, Scene
from cqdphotonics.fdtd.solids import Slab
from cqdphotonics.fdtd.symmetry import Symmetry
from cqdphotonics.layout.stacks import Stack


def planar_scene(
    substrate: str,
    films: Sequence[tuple[str, float]],
    cladding: str,
    emitter: float,
    dipole: Axis,
    *,
    cylindrical: bool = True,
) -> Scene:
    """A dipole `emitter` µm above the topmost face of a stack (below it where negative).

    `films` are material and thickness in µm from the bottom; z = 0 is the topmost face. Of the
    scene's stack only the name is used.
    """
    top = -sum(thickness for _, thickness in films)
    slabs = [Slab(zmin=-inf, zmax=round(top, 9), material=substrate)]
    for material, thickness in films:
        slabs.append(Slab(zmin=round(top, 9), zmax=round(top + thickness, 9), material=material))
        top += thickness
    slabs.append(Slab(zmin=slabs[-1].zmax, zmax=inf, material=cladding))
    stack = Stack(
        name="planar",
        description="plane films",
        substrate=substrate,
        films=(),
        cladding=cladding,
        emitter_film="",
    )
    return Scene(
        name="planar",
        stack=stack,
        dipole=dipole,
        emitter=(0.0, 0.0, emitter),
        solids=(),
        films=tuple(slabs),
        medium=cladding,
        bounds=(0.0, 0.0, 0.0, 0.0),
        core=(0.0, 0.0, 0.0, 0.0),
        continues="",
        symmetry=Symmetry(cylindrical, True, True, False, "plane films only"),
    )
