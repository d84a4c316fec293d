"""From a scene to the jobs that answer for it: formulation, cell, grid, monitors, stop.

The cheapest exact formulation follows from what the scene proves about itself: cylindrical where
every solid is a disc about the emitter, else 3D with the mirror planes that geometry and dipole
share. Nothing of this is a user's choice; a user chooses a fidelity.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, isinf
from typing import Literal

import numpy as np

from cqdphotonics import materials
from cqdphotonics.errors import GeometryError, InputError, RangeError, UnknownNameError
from cqdphotonics.fdtd import metals
from cqdphotonics.fdtd.dispersion import compensated_permittivity
from cqdphotonics.fdtd.faces import with_face_layers
from cqdphotonics.fdtd.geometry import interfaces, lateral, solids_about_emitter, without_slits
from cqdphotonics.fdtd.guided import PORT_FREQUENCIES_STEP, port_notes, port_specs
from cqdphotonics.fdtd.job import Job, MediumSpec, MirrorSpec, SourceSpec, StopSpec
from cqdphotonics.fdtd.media import medium_spec, solver_model
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.solids import Slab


@dataclass(frozen=True)
class Grid:
    """Numerics of one run.

    Attributes
    ----------
    pixels : float
        Grid points per wavelength in the medium of the highest index.
    padding : float
        Distance from the structure to the absorbing layer, in wavelengths of the surroundings.
    agreement, largest_tail : float
        When the run may end; see `cqdphotonics.fdtd.job.StopSpec`.
    """

    pixels: float
    padding: float
    agreement: float
    largest_tail: float


_COARSE, _DRAFT, _STANDARD = (
    Grid(7, 0.4, 1e-2, 0.9), Grid(10, 0.5, 5e-3, 0.7), Grid(14, 0.6, 3e-3, 0.3),
)  # fmt: skip

FIDELITIES: dict[str, tuple[Grid, ...]] = {
    "coarse": (_COARSE,),
    "draft": (_DRAFT,),
    "standard": (_STANDARD,),
    # Three grids to see where a resonance ends, in three cells: the uncertainty is made of both.
    "fine": (_DRAFT, _STANDARD, Grid(18, 0.75, 2e-3, 0.2)),
}
"""Grids of each fidelity, coarse to fine; a finer fidelity uses the results of the coarser."""

SPECTRUM_POINTS = 241
NEAR_FIELD_STEPS = {"cylindrical": range(-36, 37, 4), "cartesian": range(1)}
"""Points of the spectrum, counted from the emission, at which far fields are computed."""

DEFAULT_BANDWIDTH = 0.1
"""Width of the spectrum over the emission wavelength."""

_COURANT = {"cylindrical": 0.35, "cartesian": 0.5}
_LOSSY_TAIL = 0.05
_LEAST_RADIUS = 3.0
"""Radius in wavelengths of the planes of the far field: over smaller ones it is cut short. In 3D
that would cost more than it is worth; there the uncertainty says so."""

_LEAST_RADIUS_AT_METAL = 1.0
"""The same where a metal near the dot asks for a grid that would make it too dear."""

_PML_WAVELENGTHS = 0.5
_SIDE_PML_WAVELENGTHS = {"cylindrical": 1.0, "cartesian": 0.5}
"""In cylindrical coordinates the layer around the side is no exact PML: half a wavelength of it
reflects enough for ±4 % in the power of a dipole in vacuum, a whole one for ±.5 %."""

_LONGEST_WAVELENGTHS = 1500.0
_INTERVAL_WAVELENGTHS = 10.0

# What rings beside a metal has a Q of some ten, on a grid whose every time step is dear. So these
# are for grids that are fine for a metal's sake: a short pulse, and a look at it more often. In 3D
# a layer of a quarter of a wavelength has twenty pixels there: with nine (at 60 pixels a µm, for
# .6 µm) the power of a dipole in vacuum, .33 to .9 µm from it, stays within .1 %.
_INTERVAL_AT_METAL = 4.0
_PULSE_AT_METAL = 0.5
_PML_AT_METAL = 0.25
_REFERENCE_WAVELENGTHS, _REFERENCE_AT_METAL = 0.75, 0.5
_SHORTEST, _LONGEST = 0.1, 20.0


@dataclass(frozen=True)
class Plan:
    """The jobs for one scene at one fidelity, coarse to fine, and why they look as they do."""

    scene: Scene
    wavelength: float
    fidelity: str
    jobs: tuple[Job, ...]
    formulation: Literal["cylindrical", "cartesian"]
    collection_index: dict[str, float]
    """Index of the medium above ("up") and below ("down")."""
    notes: tuple[str, ...]


def plan(
    scene: Scene,
    wavelength: float,
    fidelity: str = "draft",
    *,
    bandwidth: float | None = None,
) -> Plan:
    """The jobs that give the response of `scene` at `wavelength`.

    Parameters
    ----------
    scene : Scene
        Device, stack and dipole.
    wavelength : float
        Vacuum wavelength of the emission in µm.
    fidelity : {"coarse", "draft", "standard", "fine"}
        See `FIDELITIES`.
    bandwidth : float, optional
        Full width of the spectrum in µm, centred on `wavelength`; a tenth of it by default.

    Raises
    ------
    UnknownNameError, RangeError, GeometryError, InputError
        What was asked for can't be simulated.
    """
    if fidelity not in FIDELITIES:
        raise UnknownNameError("fidelity", fidelity, FIDELITIES)
    check_wavelength(wavelength)
    shortest, longest = spectrum_ends(wavelength, bandwidth)
    media = _media(scene, wavelength, (shortest, longest))
    host = scene.material_at(*scene.emitter)
    if media[host].poles:
        raise GeometryError(
            f"the emitter is inside {host}, which is dispersive over this band: the power of a "
            "dipole there is not defined by its index. Move it, or narrow the bandwidth."
        )
    formulation: Literal["cylindrical", "cartesian"] = (
        "cylindrical" if scene.symmetry.cylindrical else "cartesian"
    )
    band, grids = (shortest, longest), FIDELITIES[fidelity]
    fits = [solver_model(materials.load(name), band) for name in media if media[name].poles]
    coarsest = _resolution(scene, media, wavelength, grids[0], formulation)
    least = metals.pole_resolution(fits, _COURANT[formulation], coarsest)
    jobs = _distinct(
        _job(scene, wavelength, band, media, host, formulation, grid, least) for grid in grids
    )
    below, above = scene.films[0].material, scene.films[-1].material
    for name in (below, above):
        if media[name].poles:
            raise InputError(
                f"the half-space of {name} is dispersive; nothing can be collected through it. "
                "Choose a stack whose outermost media are transparent."
            )
    notes = [f"{formulation}: {scene.symmetry.reason}"]
    notes += [medium.label for medium in media.values() if medium.epsilon != 1 or medium.poles]
    if formulation == "cartesian":
        notes += port_notes(scene, media)
    notes += metals.notes(scene, jobs, len(grids), coarsest if least else None)
    return Plan(
        scene=scene,
        wavelength=wavelength,
        fidelity=fidelity,
        jobs=jobs,
        formulation=formulation,
        collection_index={
            "up": media[above].epsilon ** 0.5,
            "down": media[below].epsilon ** 0.5,
        },
        notes=tuple(notes),
    )


def _distinct(jobs: Iterable[Job]) -> tuple[Job, ...]:
    """The jobs of different grids; of two on the same, the one with the larger cell, the later."""
    out: list[Job] = []
    for job in jobs:
        if out and job.resolution <= out[-1].resolution * (1 + 1e-6):
            out.pop()
        out.append(job)
    return tuple(out)


def check_wavelength(wavelength: float) -> None:
    """Raise a RangeError unless `wavelength` is a vacuum wavelength in µm that we can use."""
    if _SHORTEST <= wavelength <= _LONGEST:
        return
    hint = ""
    if _SHORTEST <= wavelength / 1000 <= _LONGEST:
        hint = f" Wavelengths are in µm, not nm: did you mean {wavelength / 1000:g}?"
    raise RangeError(
        f"wavelength {wavelength:g} µm is outside {_SHORTEST:g} to {_LONGEST:g} µm.{hint}"
    )


def spectrum_ends(wavelength: float, bandwidth: float | None = None) -> tuple[float, float]:
    """Shortest and longest wavelength of the spectrum about an emission, in µm.

    Raises
    ------
    RangeError
        For a bandwidth that can't be.
    """
    band = bandwidth if bandwidth is not None else DEFAULT_BANDWIDTH * wavelength
    if not 0 < band < wavelength:
        raise RangeError(
            f"bandwidth {band:g} µm: allowed is more than 0 and less than the wavelength, "
            f"{wavelength:g} µm."
        )
    return wavelength - band / 2, wavelength + band / 2


def _media(scene: Scene, wavelength: float, band: tuple[float, float]) -> dict[str, MediumSpec]:
    names = {s.material for s in scene.solids} | {f.material for f in scene.films}
    return {name: medium_spec(name, wavelength, band) for name in sorted(names | {scene.medium})}


def _job(
    scene: Scene,
    wavelength: float,
    band: tuple[float, float],
    media: dict[str, MediumSpec],
    host: str,
    formulation: Literal["cylindrical", "cartesian"],
    grid: Grid,
    least: float,
) -> Job:
    resolution = _resolution(scene, media, wavelength, grid, formulation, least)
    dispersive = frozenset(name for name, medium in media.items() if medium.poles)
    around = min(media[scene.medium].epsilon, *(media[f.material].epsilon for f in _ends(scene)))
    coarse = _light(media, wavelength, _DRAFT)
    close = bool(dispersive) and resolution > metals.CLOSE_GRID[formulation] * coarse
    if close and formulation == "cylindrical" and metals.continuing(scene, dispersive):
        # Farther from a film its plasmons take part, and run to the end of so small a cell.
        close = metals.distance_to_metal(scene, dispersive) <= metals.CLOSE[formulation]
    padding = (metals.NARROW if close else 1.0) * grid.padding * wavelength / around**0.5
    cylindrical = formulation == "cylindrical"
    near = resolution > 1.5 * _light(media, wavelength, grid)  # a fine grid for a metal's sake
    pml = _PML_WAVELENGTHS * wavelength
    side_pml = _SIDE_PML_WAVELENGTHS[formulation] * wavelength
    if near and not cylindrical:
        pml = side_pml = _PML_AT_METAL * wavelength / around**0.5

    low, high = interfaces(scene)
    below = _round_up(max(-low, 0.0) + padding, resolution)
    above = _round_up(max(high, 0.0) + padding, resolution)
    if round((above - below) * resolution) % 2:  # the emitter has to stay on a grid point
        above += 1 / resolution
    x_reach, y_reach = lateral(scene)
    shell = padding / 2
    mode_box = (
        _round_up(x_reach + shell, resolution),
        0.0 if cylindrical else _round_up(y_reach + shell, resolution),
        _round_up(max(-low, 0.0) + shell, resolution),
        _round_up(max(high, 0.0) + shell, resolution),
    )
    if cylindrical:
        least = 0.0 if close else _LEAST_RADIUS_AT_METAL if near else _LEAST_RADIUS
        x_reach = max(x_reach, least * wavelength / around**0.5)
    ends = cylindrical and metals.continuing(scene, dispersive)
    margin = (metals.NARROW_RIM if close else metals.RIM_WAVELENGTHS) * wavelength if ends else 0.0
    half_width = _round_up(x_reach + padding + margin, resolution)
    half_depth = 0.0 if cylindrical else _round_up(y_reach + padding, resolution)
    box = (_round_up(x_reach + shell, resolution), *mode_box[1:])
    wavelengths = np.linspace(band[1], band[0], SPECTRUM_POINTS)
    frequencies = [float(f) for f in 1 / wavelengths]
    frequencies[SPECTRUM_POINTS // 2] = 1 / wavelength
    used = {s.material for s in scene.solids} | {f.material for f in scene.films} | {scene.medium}
    on_grid = {
        name: _on_grid(media[name], wavelength, resolution, formulation) for name in sorted(used)
    }
    solids = solids_about_emitter(scene, dispersive, inner := (half_width, half_depth))
    if dispersive and not cylindrical:
        solids, on_grid = with_face_layers(scene, on_grid, 1 / resolution, 1 / wavelength, inner)
    if ends:
        solids, on_grid = metals.rim(solids, on_grid, half_width - margin, half_width)
    job = Job(
        formulation=formulation,
        angular_number=0 if not cylindrical or scene.dipole == "z" else 1,
        resolution=resolution,
        courant=_COURANT[formulation],
        half_width=half_width,
        half_depth=half_depth,
        below=below,
        above=above,
        pml=_round_up(pml, resolution),
        side_pml=_round_up(side_pml, resolution),
        box=box,
        mode_box=mode_box,
        media=on_grid,
        background=scene.medium,
        solids=solids if cylindrical else without_slits(solids, resolution, (below - above) / 2),
        mirrors=() if cylindrical else _mirrors(scene, below, above),
        source=_source(
            scene.dipole, cylindrical, resolution, frequencies, _PULSE_AT_METAL if near else 0.1
        ),
        frequencies=tuple(frequencies),
        emission_frequency=1 / wavelength,
        near_frequencies=tuple(
            frequencies[SPECTRUM_POINTS // 2 + step] for step in NEAR_FIELD_STEPS[formulation]
        ),
        stop=StopSpec(
            agreement=grid.agreement,
            # What is absorbed is a difference, so that both of its sides have to be complete.
            largest_tail=min(grid.largest_tail, _LOSSY_TAIL) if dispersive else grid.largest_tail,
            interval=(_INTERVAL_AT_METAL if near else _INTERVAL_WAVELENGTHS) * wavelength,
            longest=_LONGEST_WAVELENGTHS * wavelength,
            whole_stretch=not cylindrical,
        ),
        reference_index=on_grid[host].epsilon ** 0.5,
        reference_half_width=_round_up(
            (_REFERENCE_AT_METAL if near else _REFERENCE_WAVELENGTHS)
            * wavelength
            / media[host].epsilon ** 0.5,
            resolution,
        ),
        ports=()
        if cylindrical
        else port_specs(
            scene, box, wavelength, on_grid, tuple(frequencies[::PORT_FREQUENCIES_STEP])
        ),
    )
    return metals.shortened(job, wavelength) if close else job


def _on_grid(
    medium: MediumSpec,
    wavelength: float,
    resolution: float,
    formulation: Literal["cylindrical", "cartesian"],
) -> MediumSpec:
    """A transparent medium with the grid's dispersion taken out; others as they are."""
    if medium.poles:
        return medium
    step = 1 / resolution
    epsilon = compensated_permittivity(
        medium.epsilon, 1 / wavelength, step, _COURANT[formulation] * step, formulation
    )
    return medium.model_copy(update={"epsilon": round(epsilon, 9)})


def _resolution(
    scene: Scene,
    media: dict[str, MediumSpec],
    wavelength: float,
    grid: Grid,
    formulation: Literal["cylindrical", "cartesian"],
    least: float = 0.0,
) -> float:
    """Pixels per µm of a grid: so many in a wavelength of the densest transparent medium.

    Near a metal, what that asks for; `least` (see `metals.pole_resolution`) only where it is more.
    """
    light = _light(media, wavelength, grid)
    dispersive = {name for name, medium in media.items() if medium.poles}

    def chosen(wanted: float) -> float:
        found = metals.metal_grid(scene, dispersive, wanted, grid.pixels, formulation)
        return _aligned_resolution(scene, wanted) if found is None else found.resolution

    usual = chosen(light)
    return usual if usual >= least else chosen(max(light, least))


def _light(media: dict[str, MediumSpec], wavelength: float, grid: Grid) -> float:
    densest = max(m.epsilon for m in media.values() if not m.poles) ** 0.5
    return grid.pixels * densest / wavelength


def _ends(scene: Scene) -> tuple[Slab, Slab]:
    return (scene.films[0], scene.films[-1])


def _round_up(length: float, resolution: float) -> float:
    """The next multiple of a pixel at or above `length`, so that no size is changed silently."""
    return ceil(length * resolution - 1e-6) / resolution


def _aligned_resolution(scene: Scene, wanted: float) -> float:
    """At least `wanted`, with the faces of the emitter's film on grid points where that is cheap.

    The emitter is a grid point; faces at a whole number of pixels from it are exact.
    """
    z = scene.emitter[2]
    faces = {s.zmin for s in scene.solids} | {s.zmax for s in scene.solids}
    distances = sorted({round(abs(face - z), 9) for face in faces if abs(face - z) > 1e-9})
    if not distances or len(distances) > 2:
        return round(wanted, 6)
    nearest = distances[0]
    aligned = ceil(wanted * nearest - 1e-6) / nearest
    return aligned if aligned <= 1.15 * wanted else round(wanted, 6)


def grid_alignment(scene: Scene, job: Job) -> str:
    """How the dot and the horizontal faces of a scene lie on the grid of `job`, in words."""
    z = scene.emitter[2]
    bodies = (*scene.solids, *scene.films)
    faces = {round(h - z, 9) for b in bodies for h in (b.zmin, b.zmax) if not isinf(h)}
    places = [face * job.resolution for face in faces]
    on = sum(abs(place - round(place)) < metals.ALIGNED for place in places)
    thicknesses = [b.zmax - b.zmin for b in bodies if not isinf(b.zmax - b.zmin)]
    thinnest = min(thicknesses, default=0.0)
    ring = " (a ring current one pixel from the axis)" if job.source.offset else ""
    rest = "" if on == len(faces) else " (the others between them)"
    return (
        f"dot on a grid point{ring}; {on} of {len(faces)} horizontal faces on grid points{rest}; "
        f"thinnest film {thinnest:.4g} µm = {thinnest * job.resolution:.3g} pixels"
    )


def _mirrors(scene: Scene, below: float, above: float) -> tuple[MirrorSpec, ...]:
    """Mirror planes; a dipole along the normal makes the fields odd, else they are even."""
    symmetry = scene.symmetry
    held = {"x": symmetry.mirror_x, "y": symmetry.mirror_y, "z": symmetry.mirror_z}
    if below != above:
        held["z"] = False
    return tuple(
        MirrorSpec(axis=axis, parity=-1 if axis == scene.dipole else 1)  # type: ignore[arg-type]
        for axis, holds in held.items()
        if holds
    )


def _source(
    dipole: str, cylindrical: bool, resolution: float, frequencies: list[float], pulse: float
) -> SourceSpec:
    """The dipole, its spectrum at least the share `pulse` of the highest frequency wide.

    In the plane of a cylindrical run it is a ring current one pixel from the axis. A current along
    r on the axis itself corrupts the fields near the axis for m = 1.
    """
    low, high = min(frequencies), max(frequencies)
    component = {"x": "Ex", "y": "Ey", "z": "Ez"}[dipole]
    offset = 0.0
    if cylindrical and dipole != "z":
        component, offset = "Ep", 1 / resolution
    return SourceSpec(
        component=component,  # type: ignore[arg-type]
        offset=offset,
        frequency=(low + high) / 2,
        width=max(1.5 * (high - low), pulse * high),
    )
