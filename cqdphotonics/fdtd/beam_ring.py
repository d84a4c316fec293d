"""Beam, ring and bus in the plane of the chip: J of a gap, and what a bus takes from a ring.

All runs are ring-downs by the film's effective index (`planar_job`): couplings within the plane,
to be labelled so. The ring is brought past the beam by its index, as a heater would.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cqdphotonics.constants import angular_frequency
from cqdphotonics.errors import InputError
from cqdphotonics.fdtd.coupling import Crossing, fit_crossing
from cqdphotonics.fdtd.job import CylinderSpec
from cqdphotonics.fdtd.planar import PlanarJob, RingMode, planar_job, ringdown_modes
from cqdphotonics.fdtd.runner import Limits
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.solids import Disc
from cqdphotonics.fdtd.store import Store

DIMENSION = "2D effective index"

_LEAST_RADIUS = 0.4
"""Discs larger than this (µm) are rings, not holes."""

_PROBE_STEP = 0.02
"""Change of the ring's ε by which its slope is found."""

_REACH = 0.008
"""Modes farther from the beam's than this share of the wavelength are others of the ring."""


@dataclass(frozen=True)
class InPlane:
    """How runs in the plane are made.

    A narrow band holds few of the ring's modes, and after 250 periods those of its second family
    (Q of some hundred) have gone: both blur what is fitted to a ring-down.
    """

    pixels: float = 10.0
    bandwidth: float = 0.05
    periods: float = 250.0


WIDE = InPlane(bandwidth=0.15, periods=150.0)
"""For the beam alone, whose mode in the plane lies some percent beside that in 3D."""


def symmetric_job(
    scene: Scene, wavelength: float, how: InPlane, centre: float | None = None
) -> PlanarJob:
    """The run of a scene that is its own image about x = 0, with its dot on that plane.

    The field at the far side of a ring is listened to as well.

    Parameters
    ----------
    scene : Scene
    wavelength : float
        At which the effective index is taken, µm.
    how : InPlane
    centre : float, optional
        About which modes are looked for, µm; `wavelength` by default.
    """
    if not scene.symmetry.mirror_x:
        raise InputError("the device is not its own image about the dot: leave the couplers out.")
    rings = sorted(
        (s for s in scene.solids if isinstance(s, Disc) and s.radius > _LEAST_RADIUS),
        key=lambda disc: disc.radius,
    )
    probes = []
    if rings:
        x, y = rings[0].centre
        probes = [(x, y - (rings[0].radius + rings[-1].radius) / 2)]
    job = planar_job(
        scene,
        wavelength,
        probes=probes,
        pixels=how.pixels,
        bandwidth=how.bandwidth,
        periods=how.periods,
    )
    middle = 1 / (centre or wavelength)
    return job.model_copy(
        update={"mirrors": (("x", 1),), "centre": middle, "width": how.bandwidth * middle}
    )


def with_ring_index(job: PlanarJob, share: float) -> PlanarJob:
    """The same run with ε of the rim raised by `share` of it."""
    if not share:
        return job
    core = max(job.media, key=lambda name: job.media[name].epsilon)
    epsilon = job.media[core].epsilon * (1 + share)
    media = {
        **job.media,
        "rim": job.media[core].model_copy(
            update={"label": f"rim, ε raised by {share:.4%}", "epsilon": round(epsilon, 9)}
        ),
    }
    solids = tuple(
        solid.model_copy(update={"medium": "rim"})
        if isinstance(solid, CylinderSpec) and solid.medium == core and solid.radius > _LEAST_RADIUS
        else solid
        for solid in job.solids
    )
    return job.model_copy(update={"media": media, "solids": solids})


def nearest(modes: Sequence[RingMode], wavelength: float) -> RingMode:
    """The mode nearest to a wavelength.

    Raises
    ------
    InputError
        There is none.
    """
    if not modes:
        raise InputError(f"nothing rings about {wavelength:.4g} µm in this run.")
    return min(modes, key=lambda mode: abs(mode.wavelength - wavelength))


@dataclass(frozen=True)
class Tuning:
    """Where the ring has to be brought, in shares of its ε, and how fast it moves there.

    Attributes
    ----------
    beam : RingMode
        The beam's mode alone.
    share : float
        At which the ring alone has the beam's frequency.
    slope : float
        dω/d(share) of the ring, rad/ps.
    """

    beam: RingMode
    share: float
    slope: float


def tuning(
    beam: Scene,
    ring: Scene,
    wavelength: float,
    store: Store,
    how: InPlane | None = None,
    limits: Limits | None = None,
) -> Tuning:
    """Bring the nearest resonance of a ring to the mode of a beam, each alone."""
    how = how or InPlane()
    alone = ringdown_modes(symmetric_job(beam, wavelength, WIDE), store, limits=limits)
    mode = max(alone, key=lambda one: one.amplitude)
    job = symmetric_job(ring, wavelength, how, round(mode.wavelength, 4))
    plain = nearest(ringdown_modes(job, store, limits=limits), mode.wavelength)
    moved = ringdown_modes(with_ring_index(job, _PROBE_STEP), store, limits=limits)
    # ε up by a share moves λ by less than half of it, and by more than a quarter.
    raised = nearest(moved, plain.wavelength * (1 + 0.4 * _PROBE_STEP))
    before, after = (angular_frequency(m.wavelength) for m in (plain, raised))
    slope = (after - before) / _PROBE_STEP
    return Tuning(mode, (angular_frequency(mode.wavelength) - before) / slope, slope)


def crossing(
    scene: Scene,
    tuned: Tuning,
    wavelength: float,
    store: Store,
    how: InPlane | None = None,
    *,
    start: float | None = None,
    limits: Limits | None = None,
) -> Crossing:
    """J of a beam and a ring: four runs about their avoided crossing, and the fit to them.

    Parameters
    ----------
    scene : Scene
        Beam and ring, without bus.
    tuned : Tuning
    wavelength : float
        About which modes are looked for, µm.
    start : float, optional
        Share of ε at which the first run is made; that of `tuned` by default. The two parts
        shift each other, more so at small gaps.

    Raises
    ------
    InputError
        Fewer than two modes were seen.
    """
    how = how or InPlane()
    centre = tuned.beam.wavelength
    job = symmetric_job(scene, wavelength, how, round(centre, 4))
    shares: list[float] = []
    pairs: list[tuple[RingMode, RingMode]] = []

    def go(share: float) -> float:
        modes = ringdown_modes(
            with_ring_index(job, round(share, 7)), store, limits=limits, least_amplitude=1e-3
        )
        near = [m for m in modes if abs(m.wavelength / centre - 1) < _REACH]
        chosen = sorted(near, key=lambda m: -m.amplitude)[:2]
        if len(chosen) < 2:
            raise InputError(
                f"only {len(chosen)} mode was seen within {_REACH:.1%} of {centre:.5g} µm, where "
                "beam and ring should both be. Bring the ring nearer to the beam's frequency."
            )
        low, high = sorted(chosen, key=lambda m: m.wavelength)
        shares.append(round(share, 7))
        pairs.append((low, high))
        return float(angular_frequency(low.wavelength) - angular_frequency(high.wavelength))

    first = tuned.share if start is None else start
    splits = [go(first)]
    step = max(splits[0], 0.05) / abs(tuned.slope)
    splits += [go(first - step), go(first + step)]
    # The square of the distance is 4J² + slope² (share − crossing)²: a parabola.
    bend = np.polyfit(np.array(shares) - first, np.array(splits) ** 2, 2)
    lowest = -bend[1] / (2 * bend[0]) if bend[0] > 0 else 0.5 * step
    there = float(np.clip(lowest, -3 * step, 3 * step))
    # Not where one was run already: four different parameters are needed.
    if min(abs(there - d) for d in (0.0, -step, step)) < 0.15 * step:
        there += 0.4 * step
    go(first + there)
    return fit_crossing(
        shares,
        [[m.wavelength for m in pair] for pair in pairs],
        [[m.quality for m in pair] for pair in pairs],
        dimension=DIMENSION,
    )
