"""What metals ask of a plan: grid, faces on it, an end that does not reflect, and extrapolation.

A surface plasmon runs along a film for many wavelengths, and a metal must not reach into the
absorbing layers, where it makes the fields grow without bound. A film that just ends reflects the
plasmon, which makes the power of a dipole ripple by ±20 % along the spectrum. Here the
*dielectrics* beside the film become conductors toward its end, ring by ring: a plasmon has most
of its energy there and is gone when it gets to the end. Loss is not put into the metal: a
conductivity multiplies the whole permittivity, and of a negative one it makes gain.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, hypot, inf, isinf
from typing import Any

import numpy as np

from cqdphotonics.fdtd import larmor
from cqdphotonics.fdtd.job import BlockSpec, CylinderSpec, Job, MediumSpec, SolidSpec
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.solids import Disc, Slab
from cqdphotonics.materials import MediumModel

RIM_WAVELENGTHS = 1.5
"""Width of the lossy rim."""

RIM_RINGS = 24
_RIM_ATTENUATION = 7.0
"""A wave that runs to the end of the rim and back is weaker by exp(−this) in amplitude."""

PLANE_FLOOR, NEAR_FLOOR, FLOOR = 0.015, 0.05, 0.1
"""Least relative uncertainty of a power: over plane films that the dot is not close to, mostly of
where the cell ends; where the dot is nearer than `NEAR_FILM`; and where a metal has side walls,
which are staircases."""

NEAR_FILM = 0.04

_SCATTER, _UNEXPLAINED = 0.05, 0.3
"""Grids scatter if they differ by more than the first (relative, r.m.s.), and the fit of a power
law leaves more than the second of that."""

ALIGNED = 0.02
"""A face this share of a pixel off the grid is on it."""

ALIGNMENT_RANGE = 1.6
"""The grid may be made finer by this factor to have the faces of metals on it."""

PIXELS_TO_METAL = 0.2
"""Pixels between the dot and the nearest metal, per pixel in a wavelength."""

CLOSE = {"cylindrical": 0.012, "cartesian": 0.02}
"""Distance in µm up to which a dot is close to a metal; see `pixels_to_metal`."""

CLOSE_GRID = {"cylindrical": 5.0, "cartesian": 4.0}
"""A grid this many times finer than light needs at `draft` is for a dot whose power is decided
within nanometres: its cell is small (`NARROW`) and its reference comes from theory."""

NARROW = 0.5
"""Padding there, over the usual one."""

NARROW_LAYER = 0.3
"""Absorbing layers of cylindrical runs there, in wavelengths: they have forty pixels and more."""

NARROW_RIM = 1.0
"""Width of the lossy rim there, in wavelengths. Against the plane gap's exact power, which all
goes into plasmons and heat, nothing is seen to ripple along the spectrum."""

_PULSE, _LOOK = 1.0, 2.5
"""Width of the source's spectrum there, over its frequency, and how often the run is looked at, in
wavelengths: what rings beside a metal has a Q of ten, and the usual pulse would take longer."""

FINEST = {"cylindrical": 600.0, "cartesian": 200.0}
"""Pixels per µm beyond which a grid is not made finer for a metal's sake."""

MOST_RAISED, _BELOW_LIMIT = 1.5, 1.01
"""A grid may be made finer by this factor for the time step to carry the poles of a fit; the step
then stays below its limit by the second."""


def rim(
    solids: Sequence[SolidSpec],
    media: Mapping[str, MediumSpec],
    start: float,
    end: float,
) -> tuple[tuple[SolidSpec, ...], dict[str, MediumSpec]]:
    """Solids and media with the dielectric films made lossy from radius `start` to `end` (µm).

    Parameters
    ----------
    solids : sequence of solids
        In order of precedence; blocks without end sideways are the films.
    media : mapping
        Of the job.
    start, end : float
        Where the loss begins, and where it is greatest; it goes on beyond.

    Returns
    -------
    solids, media
        With a ring of each dielectric film for every step of the loss.
    """
    out: list[SolidSpec] = []
    added: dict[str, MediumSpec] = {}
    width = end - start
    edges = np.linspace(end, start, RIM_RINGS + 1)
    for solid in solids:
        name = solid.medium
        if (
            not isinstance(solid, BlockSpec)
            or solid.size[:2] != (None, None)
            or media[name].poles
            or media[name].perfect_conductor
        ):
            out.append(solid)
            continue
        height = solid.size[2]
        assert height is not None
        index = media[name].epsilon ** 0.5
        # Amplitude falls as exp(−∫ σ n/2 dr); there and back, with σ growing as the cube: with
        # the square, and two thirds of the width, what comes back is ±3 % instead of ±1.5 % of F.
        strongest = 4 * _RIM_ATTENUATION / (index * width)
        rings: list[tuple[float | None, float]] = [(None, 1.0)]
        rings += [
            (float(edge), (1 - (k + 0.5) / RIM_RINGS) ** 3) for k, edge in enumerate(edges[:-1])
        ]
        rings.append((start, 0.0))
        for number, (radius, share) in enumerate(rings):
            if share == 0:
                medium = name
            else:
                medium = f"{name}, rim {number}"
                label = f"{media[name].label}, lossy toward the end of the metal"
                added[medium] = media[name].model_copy(
                    update={"label": label, "conductivity": round(strongest * share, 9)}
                )
            if radius is None:
                out.append(solid.model_copy(update={"medium": medium}))
                continue
            out.append(
                CylinderSpec(
                    medium=medium,
                    centre=solid.centre,
                    radius=round(radius, 9),
                    radius_top=round(radius, 9),
                    height=height,
                )
            )
    return tuple(out), {**media, **added}


def aligned_resolution(distances: Sequence[float], wanted: float) -> float | None:
    """The lowest resolution from `wanted` on with all `distances` (µm) a whole number of pixels.

    None where there is none up to `ALIGNMENT_RANGE` times `wanted`.
    """
    nearest = min(distances)
    first = ceil(wanted * nearest - 1e-6)
    for pixels in range(max(first, 1), int(ALIGNMENT_RANGE * wanted * nearest) + 2):
        resolution = pixels / nearest
        if resolution > ALIGNMENT_RANGE * wanted:
            break
        off = [abs(d * resolution - round(d * resolution)) for d in distances]
        if max(off) <= ALIGNED:
            return resolution
    return None


def extrapolate_spectra(
    spectra: Sequence[np.ndarray], spacings: Sequence[float], least: float = FLOOR
) -> tuple[np.ndarray, np.ndarray, str]:
    """Limit of spectra as the grid's spacing goes to zero, with one order for all wavelengths.

    Parameters
    ----------
    spectra : sequence of arrays
        From the coarsest grid to the finest; at least three.
    spacings : sequence of float
        Of the grids, in µm.
    least : float
        Least relative uncertainty, see `floor_of`.

    Returns
    -------
    limit, uncertainty : arrays
    how : str
        The order, in words.

    Notes
    -----
    value = limit + slope · h^p with p between 1 and 3.5 is fitted to all grids and wavelengths
    together. The uncertainty is made of the fit's residual, of what p = 1 below or above would
    change, of the way from the finest grid to the limit, and of `least`. Where the grids scatter
    instead of converging, as beside curved metals, nothing is extrapolated: the median, and the
    range. A quarter of the way and half of the range, as it was, held 43 of 80 exact values
    (docs/validation.md).
    """
    values = np.array(spectra)
    steps = np.asarray(spacings) / spacings[-1]

    def fitted(order: float) -> tuple[np.ndarray, np.ndarray]:
        design = np.stack([np.ones_like(steps), steps**order], axis=1)
        # The finer a grid, the more it is trusted.
        weights = (1 / steps**2)[:, None]
        solution = np.linalg.lstsq(design * weights, values * weights, rcond=None)[0]
        residual = np.sqrt((((values - design @ solution) * weights) ** 2).mean(axis=0))
        return solution[0], residual

    orders = np.linspace(1.0, 3.5, 51)
    scale = np.abs(values[-1])
    misfits = [float(np.sqrt(np.mean((fitted(p)[1] / scale) ** 2))) for p in orders]
    order = float(orders[int(np.argmin(misfits))])
    limit, residual = fitted(order)
    scatter = float(np.sqrt(np.mean((values.std(axis=0) / scale) ** 2)))
    unexplained = min(misfits) > _UNEXPLAINED * scatter
    beyond = bool((limit <= 0).any() and (values > 0).all())  # where no power can end
    if scatter > _SCATTER and (unexplained or beyond):
        middle = np.median(values, axis=0)
        spread = np.hypot(np.ptp(values, axis=0), least * middle)
        return middle, spread, f"{len(spectra)} grids scatter: their median"
    others = [fitted(min(max(order + side, 0.8), 4.5))[0] for side in (-1.0, 1.0)]
    swing = np.max([np.abs(other - limit) for other in others], axis=0)
    way = np.abs(limit - values[-1])
    spread = np.sqrt((2 * residual) ** 2 + swing**2 + way**2 + (least * limit) ** 2)
    return limit, spread, f"extrapolated with order {order:.2f} from {len(spectra)} grids"


def floor_of(scene: Scene, metals: Collection[str]) -> float:
    """The least relative uncertainty of a power in a scene with `metals`."""
    z = scene.emitter[2]
    films = [film for film in scene.films if film.material in metals]
    if any(solid.material in metals for solid in scene.solids):
        return FLOOR
    near = any(max(film.zmin - z, z - film.zmax) < NEAR_FILM for film in films)
    return NEAR_FLOOR if near else PLANE_FLOOR


@dataclass(frozen=True)
class MetalGrid:
    """The grid that the metals of a scene ask for.

    Attributes
    ----------
    resolution : float
        Pixels per µm; that of the light alone where the metals ask for no more.
    pixels : float
        Between the dot and the nearest metal.
    aligned : bool
        Whether all horizontal faces of metals are on grid points.
    """

    resolution: float
    pixels: float
    aligned: bool

    @property
    def note(self) -> str:
        """What was chosen, in words."""
        faces = "on" if self.aligned else "NOT on"
        return (
            f"{self.pixels:.1f} pixels between dot and metal at {self.resolution:.4g} pixels a µm, "
            f"horizontal faces of metals {faces} grid points"
        )


def shortened(job: Job, wavelength: float) -> Job:
    """`job` of a dot close to a metal (`CLOSE_GRID`): a short pulse, thin layers, no reference run.

    Parameters
    ----------
    job : Job
        As planned for any other dot, but for its cell.
    wavelength : float
        Of the emission, µm.
    """
    changes: dict[str, Any] = {
        "source": job.source.model_copy(update={"width": _PULSE * job.source.frequency}),
        "stop": job.stop.model_copy(update={"interval": _LOOK * wavelength}),
    }
    if job.formulation == "cylindrical":
        layer = ceil(NARROW_LAYER * wavelength * job.resolution - 1e-6) / job.resolution
        changes |= {"pml": layer, "side_pml": layer}
    if larmor.known(job.formulation, job.angular_number):
        changes["reference"] = "theory"
    return job.model_copy(update=changes)


def pixels_to_metal(distance: float, pixels: float, formulation: str) -> float:
    """Pixels between dot and metal, for a grid with so many `pixels` in a wavelength.

    In the gap of a nanopatch two of them are a grid of 2.5 nm. There a search has one, which
    orders designs; three grids with one, two and three show where their power ends.
    """
    if distance > CLOSE[formulation]:
        near = formulation == "cylindrical" and distance < NEAR_FILM
        # At coarse (seven pixels a wavelength) the second term is negative: one is the least.
        return max(PIXELS_TO_METAL * pixels + (0.3 * (pixels - 10) if near else 0.0), 1.0)
    count = max(1.0, 1.0 + (pixels - 10.0) / 4.0)
    return floor(count) if formulation == "cartesian" else count


def distance_to_metal(scene: Scene, metals: Collection[str]) -> float:
    """From the dot to the nearest metal, µm; infinite where there is none."""
    x, y, z = scene.emitter
    nearest = inf
    for body in (*scene.solids, *scene.films):
        if body.material not in metals:
            continue
        up = max(body.zmin - z, z - body.zmax, 0.0)
        aside = 0.0
        if not isinstance(body, Slab):
            xmin, ymin, xmax, ymax = body.bounds
            aside = hypot(max(xmin - x, x - xmax, 0.0), max(ymin - y, y - ymax, 0.0))
        if (away := hypot(up, aside)) > 0:
            nearest = min(nearest, away)
    # Within a hole of a metal: to the hole's wall.
    for body in scene.solids:
        if isinstance(body, Disc) and body.material not in metals and body.contains(x, y, z):
            nearest = min(nearest, body.radius)
    return round(nearest, 9)  # a difference of coordinates, compared with lengths such as `CLOSE`


def metal_grid(
    scene: Scene, metals: Collection[str], light: float, pixels: float, formulation: str
) -> MetalGrid | None:
    """The grid for a scene with `metals`; None where it has none.

    Parameters
    ----------
    scene : Scene
    metals : collection of str
        Names of its dispersive materials.
    light : float
        Pixels per µm that the light asks for.
    pixels : float
        Pixels in a wavelength of the grid.
    formulation : {"cylindrical", "cartesian"}
    """
    z = scene.emitter[2]
    faces = {
        abs(h - z)
        for body in (*scene.solids, *scene.films)
        if body.material in metals
        for h in (body.zmin, body.zmax)
        if not isinf(h) and h != z
    }
    if not faces:
        return None
    nearest = distance_to_metal(scene, metals)
    wanted = light
    if nearest < inf:
        finest = max(FINEST[formulation], light)
        wanted = min(max(light, pixels_to_metal(nearest, pixels, formulation) / nearest), finest)
    heights = sorted(round(face, 9) for face in faces)
    resolution = None
    if formulation == "cartesian" and nearest < inf:  # a gap of whole pixels, where heights allow
        resolution = aligned_resolution(sorted({*heights, round(nearest, 9)}), wanted)
    resolution = resolution or aligned_resolution(heights, wanted)
    chosen = resolution or wanted
    return MetalGrid(round(chosen, 6), chosen * nearest, resolution is not None)


def pole_resolution(fits: Sequence[MediumModel], courant: float, planned: float) -> float:
    """Pixels per µm that the time step needs for the poles of `fits`; 0 where `planned` will do.

    Parameters
    ----------
    fits : sequence of MediumModel
        Of the dispersive materials.
    courant : float
        Time step over the grid's, in units of 1/c.
    planned : float
        Pixels per µm of the coarsest grid as it would be without them.

    Raises
    ------
    InputError
        More than `MOST_RAISED` times `planned`: that would be another fidelity under this name.
    """
    least = 0.0
    for fit in fits:
        limit, _ = fit.time_step_limit(courant=courant)
        if courant / planned < limit:
            continue
        needed = _BELOW_LIMIT * courant / limit
        if needed > MOST_RAISED * planned:
            fit.check_time_step(courant / planned, courant=courant)
        least = max(least, needed)
    return least


STAIRCASE = (
    "metal with side walls, or in 3D: staircases where walls are not on grid points, and films "
    "end without a lossy rim; beside them a power is percent to tens of percent off "
    "(docs/validation.md: spheres, and a disc in 3D)"
)
"""A note of plans whose metals are more than plane films in cylindrical runs."""


def notes(scene: Scene, jobs: Sequence[Job], asked: int, raised: float | None) -> list[str]:
    """What a plan of `jobs`, for which so many grids were `asked`, says of its metals.

    `raised`: what the coarsest grid was to have, where `pole_resolution` made it finer.
    """
    formulation = jobs[-1].formulation
    metals = {name for name, medium in jobs[-1].media.items() if medium.poles}
    out = []
    if grid := metal_grid(scene, metals, jobs[-1].resolution, 0.0, formulation):
        out.append(grid.note)
    if raised is not None:
        out.append(
            f"coarsest grid made finer by {jobs[0].resolution / raised:.2f}, from {raised:.4g} to "
            f"{jobs[0].resolution:.4g} pixels a µm: a pole of a metal's fit needs the time step"
        )
    if len(jobs) < asked:
        out.append(
            f"{asked - len(jobs)} of {asked} grids left out, the same as others: for a metal's "
            f"sake none is finer than {FINEST[formulation]:g} pixels a µm"
        )
    patterned = {solid.material for solid in scene.solids}
    if metals and (formulation == "cartesian" or metals & patterned):
        out.append(STAIRCASE)
    return out


def continuing(scene: Scene, metals: Collection[str]) -> bool:
    """Whether a film of metal goes on beyond the cell."""
    return any(film.material in metals and not isinf(film.zmax - film.zmin) for film in scene.films)
