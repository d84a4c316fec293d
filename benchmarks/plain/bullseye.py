"""Purcell factor and collection of a bullseye, as a tutorial of Meep does it.

Three dimensions, no mirror planes, discs as cylinders, a Gaussian source; Harminv for the
resonance; then a run of 2Q periods (Meep's own example, `metal-cavity-ldos.py`) for the local
density of states, the power through a closed box and the fields above, from which `near2far`
gives the light into each direction; and the homogeneous medium for the Purcell factor.
"""

from math import asin, cos, pi, sin

import numpy as np
from stages import Stages, parser

RADIUS, PITCH, GAP, THICKNESS = 0.43, 0.35, 0.15, 0.32
RING_DOWN_PERIODS, DECAY_PERIODS = 100, 20
POLAR, AZIMUTHS, FAR = 24, 16, 1e3


def directions(na: float) -> tuple[list[tuple[float, float, float]], list[float]]:
    """Unit vectors inside the cone of `na` and their solid angles (Gauss' rule in sin θ)."""
    nodes, weights = np.polynomial.legendre.leggauss(POLAR)
    limit = asin(na)
    vectors, angles = [], []
    for node, weight in zip(nodes, weights, strict=True):
        theta = limit * (node + 1) / 2
        for k in range(AZIMUTHS):
            phi = 2 * pi * (k + 0.5) / AZIMUTHS
            vectors.append((sin(theta) * cos(phi), sin(theta) * sin(phi), cos(theta)))
            angles.append(weight * limit / 2 * sin(theta) * 2 * pi / AZIMUTHS)
    return vectors, angles


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--rings", type=int, default=5)
    options.add_argument("--na", type=float, default=0.7)
    options.add_argument("--points", type=int, default=10, help="far-field points with --steps")
    arguments = options.parse_args()
    import meep as mp

    stages = Stages(arguments.steps, arguments.stages)
    wavelength, resolution = arguments.wavelength, arguments.resolution
    frequency = 1 / wavelength
    film = mp.Medium(index=arguments.index)
    pml = pad = wavelength / 2
    outer = RADIUS + (arguments.rings - 1) * PITCH + GAP

    def even(size: float) -> float:
        return 2 * round(size * resolution / 2) / resolution

    across, up = even(2 * (outer + pad)), even(THICKNESS + 2 * pad)
    inside = mp.Vector3(across, across, up)
    layers = mp.Vector3(1, 1, 1) * even(2 * pml)
    geometry = [mp.Block(mp.Vector3(mp.inf, mp.inf, THICKNESS), material=film)]
    for k in reversed(range(arguments.rings)):
        trench = RADIUS + k * PITCH
        geometry += [
            mp.Cylinder(radius=trench + GAP, height=THICKNESS, material=mp.air),
            mp.Cylinder(radius=trench, height=THICKNESS, material=film),
        ]
    width = 0.15 * frequency
    pulse = mp.GaussianSource(frequency, fwidth=width)
    after = 10 / width  # when the pulse is over
    sources = [mp.Source(pulse, component=mp.Ex, center=mp.Vector3())]
    symmetries = [mp.Mirror(mp.X, phase=-1), mp.Mirror(mp.Y), mp.Mirror(mp.Z)]

    def simulation() -> mp.Simulation:
        return mp.Simulation(
            cell_size=inside + layers,
            resolution=resolution,
            boundary_layers=[mp.PML(pml)],
            geometry=geometry,
            sources=sources,
            symmetries=symmetries if arguments.mirrors else [],
            progress_interval=1e9,
        )

    quality = arguments.quality
    sim = simulation()
    if stages.wants("ring-down"):
        ringing = mp.Harminv(mp.Ex, mp.Vector3(), frequency, width)
        functions = [mp.after_sources(ringing)] if arguments.steps is None else []
        duration = after + RING_DOWN_PERIODS * wavelength
        if stages.run("ring-down", sim, duration, *functions):
            mode = max(ringing.modes, key=lambda each: abs(each.amp))
            frequency, quality = mode.freq, mode.Q
            stages.answers |= {"wavelength": 1 / frequency, "quality": quality}

    sim = simulation()
    height = THICKNESS / 2 + pad / 2
    lid = mp.Vector3(across, across)
    above = sim.add_near2far(
        frequency, 0, 1, mp.Near2FarRegion(mp.Vector3(z=height), size=lid, weight=1)
    )
    box = mp.Vector3(outer + pad / 2, outer + pad / 2, height)
    faces = []
    for axis, direction in (("x", mp.X), ("y", mp.Y), ("z", mp.Z)):
        for sign in (-1, 1):
            centre, size = mp.Vector3(), 2 * box
            setattr(centre, axis, sign * getattr(box, axis))
            setattr(size, axis, 0.0)
            faces.append(mp.FluxRegion(centre, size=size, weight=sign, direction=direction))
    leaving = sim.add_flux(frequency, 0, 1, *faces)
    whole = False
    if stages.wants("density and fields"):
        duration = after + 2 * (quality or 0.0) / frequency
        whole = stages.run(
            "density and fields", sim, duration, mp.dft_ldos(frequency, 0, 1)
        )  # fmt: skip
        density = sim.ldos_data[0]
        vectors, angles = directions(arguments.na)
        chosen = len(vectors) if whole else arguments.points
        fields = stages.timed(
            "far field", chosen, len(vectors),
            lambda: [sim.get_farfield(above, FAR * mp.Vector3(*v)) for v in vectors[:chosen]],
        )  # fmt: skip
        if whole:
            power = 0.0
            for vector, angle, field in zip(vectors, angles, fields, strict=True):
                e, h = np.array(field[:3]), np.array(field[3:])
                power += FAR**2 * angle * float(np.real(np.cross(e, h.conj()) @ vector))
            stages.answers["collection"] = power / mp.get_fluxes(leaving)[0]
    if stages.wants("homogeneous"):
        sim = simulation()
        side = even(1.5 * wavelength)
        sim.cell_size = mp.Vector3(side, side, side) + layers
        sim.geometry, sim.default_material = [], film
        duration = after + DECAY_PERIODS * wavelength
        if stages.run("homogeneous", sim, duration, mp.dft_ldos(frequency, 0, 1)) and whole:
            stages.answers["purcell"] = density / sim.ldos_data[0]
    stages.print()


if __name__ == "__main__":
    main()
