"""Media and solids as Meep's objects."""

from typing import Any

import meep as mp
import numpy as np

from cqdphotonics.fdtd.job import MediumSpec, PoleSpec, SolidSpec
from cqdphotonics.fdtd.smoothing import ThinLayer


def medium(spec: MediumSpec) -> mp.Medium:
    """Meep's medium for `spec`."""
    if spec.perfect_conductor:
        return mp.metal
    poles = [pole(each, each.sigma * np.ones(3)) for each in spec.poles]
    return mp.Medium(
        epsilon=spec.epsilon, E_susceptibilities=poles, D_conductivity=spec.conductivity
    )


def pole(spec: PoleSpec, strength: np.ndarray) -> mp.Susceptibility:
    """A pole with its `strength` along each of the three axes."""
    kinds = {"lorentz": mp.LorentzianSusceptibility, "drude": mp.DrudeSusceptibility}
    return kinds[spec.kind](
        frequency=spec.frequency, gamma=spec.gamma, sigma_diag=mp.Vector3(*strength)
    )


def solid(spec: SolidSpec, material: mp.Medium, shift: float) -> mp.GeometricObject:
    """Meep's object for `spec`, lifted by `shift` along z."""
    if spec.kind == "prism":
        return mp.Prism(
            vertices=[mp.Vector3(x, y, spec.zmin + shift) for x, y in spec.vertices],
            height=spec.height,
            axis=mp.Vector3(z=1),
            sidewall_angle=spec.sidewall_angle,
            material=material,
        )
    centre = mp.Vector3(spec.centre[0], spec.centre[1], spec.centre[2] + shift)
    if spec.kind == "cylinder":
        shape: dict[str, Any] = {"center": centre, "height": spec.height, "material": material}
        if spec.radius == spec.radius_top:
            return mp.Cylinder(radius=spec.radius, **shape)
        return mp.Cone(radius=spec.radius, radius2=spec.radius_top, **shape)
    e1 = mp.Vector3(np.cos(spec.angle), np.sin(spec.angle))
    e2 = mp.Vector3(-np.sin(spec.angle), np.cos(spec.angle))
    if spec.kind == "ellipse":
        a, b = spec.semi_axes
        size = mp.Vector3(2 * a, 2 * b, mp.inf)
        return mp.Ellipsoid(size=size, center=centre, e1=e1, e2=e2, material=material)
    size = mp.Vector3(*(mp.inf if extent is None else extent for extent in spec.size))
    return mp.Block(size=size, center=centre, e1=e1, e2=e2, material=material)


def thin_layer(layer: ThinLayer, media: dict[str, mp.Medium], shift: float) -> mp.GeometricObject:
    """Meep's object for half a pixel's layer of a mixture."""
    material = (
        media[layer.medium]
        if layer.medium is not None
        else mp.Medium(
            epsilon_diag=mp.Vector3(layer.along, layer.along, layer.across),
            E_susceptibilities=[
                pole(
                    each,
                    each.sigma
                    * np.array([layer.poles_along, layer.poles_along, layer.poles_across]),
                )
                for each in layer.poles
            ],
        )
    )
    centre = mp.Vector3(z=layer.height + shift)
    if layer.radius is None:
        size = mp.Vector3(mp.inf, mp.inf, layer.thickness)
        return mp.Block(size=size, center=centre, material=material)
    return mp.Cylinder(
        radius=layer.radius, height=layer.thickness, center=centre, material=material
    )
