"""Q, V and F of the reference nanobeam, as a tutorial of Meep does it.

The whole cell without mirror planes, a Gaussian source, Harminv after a long run, the mode volume
from the fields at its end (at the instant of eight when their energy is largest), then the local
density of states: a run of 2Q periods after Meep's own example (`metal-cavity-ldos.py`), divided by
that of the homogeneous medium.
"""

from math import pi

from stages import Stages, parser

WIDTH, THICKNESS, INNER, OUTER, TAPER, MIRROR = 0.46, 0.28, 0.19, 0.22, 8, 3
RING_DOWN_PERIODS, DECAY_PERIODS = 100, 20


def holes() -> list[tuple[float, float]]:
    """Centre and half length along the beam of the holes on one side, in µm."""
    found, edge = [], 0.0
    for k in range(TAPER + MIRROR):
        period = INNER + (OUTER - INNER) * min(k / TAPER, 1.0) ** 2
        found.append((edge + period / 2, 0.30 * period))
        edge += period
    return found


def main() -> None:
    arguments = parser(__doc__).parse_args()
    import meep as mp

    stages = Stages(arguments.steps, arguments.stages)
    wavelength, resolution = arguments.wavelength, arguments.resolution
    frequency = 1 / wavelength
    film = mp.Medium(index=arguments.index)
    pml = pad = wavelength / 2
    last, half = holes()[-1]

    def even(size: float) -> float:
        return 2 * round(size * resolution / 2) / resolution

    inside = mp.Vector3(
        even(2 * (last + half + pad)), even(WIDTH + 2 * pad), even(THICKNESS + 2 * pad)
    )
    layers = mp.Vector3(1, 1, 1) * even(2 * pml)
    geometry = [mp.Block(mp.Vector3(mp.inf, WIDTH, THICKNESS), material=film)]
    for x, along in holes():
        size = mp.Vector3(2 * along, 2 * 0.36 * WIDTH, mp.inf)
        geometry += [
            mp.Ellipsoid(size=size, center=mp.Vector3(side * x), material=mp.air)
            for side in (-1, 1)
        ]
    width = 0.15 * frequency
    pulse = mp.GaussianSource(frequency, fwidth=width)
    after = 10 / width  # when the pulse is over
    sources = [mp.Source(pulse, component=mp.Ey, center=mp.Vector3())]
    symmetries = [mp.Mirror(mp.X), mp.Mirror(mp.Y, phase=-1), mp.Mirror(mp.Z)]
    sim = mp.Simulation(
        cell_size=inside + layers,
        resolution=resolution,
        boundary_layers=[mp.PML(pml)],
        geometry=geometry,
        sources=sources,
        symmetries=symmetries if arguments.mirrors else [],
        progress_interval=1e9,
    )

    quality = arguments.quality
    if stages.wants("ring-down"):
        ringing = mp.Harminv(mp.Ey, mp.Vector3(), frequency, width)
        functions = [mp.after_sources(ringing)] if arguments.steps is None else []
        duration = after + RING_DOWN_PERIODS * wavelength
        if stages.run("ring-down", sim, duration, *functions):
            mode = max(ringing.modes, key=lambda each: abs(each.amp))
            frequency, quality = mode.freq, mode.Q
            box, snapshots = mp.Volume(mp.Vector3(), size=inside), []
            for _ in range(8):  # one instant may be when the electric field passes through zero
                sim.run(until=1 / frequency / 16)
                field = sim.get_field_point(mp.Ey, mp.Vector3()).real
                snapshots.append((sim.electric_energy_in_box(box), field))
            energy, field = max(snapshots)
            # Where the field is largest, at the dipole. Meep's modal_volume_in_box gives nearly
            # twice this, with which F by Q/V would not be F by the density of states.
            volume = energy / (0.5 * arguments.index**2 * field**2)
            normalised = volume * (arguments.index * frequency) ** 3
            stages.answers |= {
                "wavelength": 1 / frequency,
                "quality": quality,
                "volume": normalised,
                "purcell_from_volume": 3 / (4 * pi**2) * quality / normalised,
            }
    densities = []
    for name, duration in (
        ("local density", after + 2 * (quality or 0.0) / frequency),
        ("homogeneous", after + DECAY_PERIODS * wavelength),
    ):
        if not stages.wants(name):
            continue
        sim.reset_meep()
        if name == "homogeneous":
            side = even(1.5 * wavelength)
            sim.cell_size = mp.Vector3(side, side, side) + layers
            sim.geometry, sim.default_material = [], film
        if stages.run(name, sim, duration, mp.dft_ldos(frequency, 0, 1)):
            densities.append(sim.ldos_data[0])
    if len(densities) == 2:
        stages.answers["purcell"] = densities[0] / densities[1]
    stages.print()


if __name__ == "__main__":
    main()
