"""From a drawn array to the jobs that answer for one of its cells."""

from dataclasses import dataclass, replace
from math import ceil, isinf

import numpy as np

from cqdphotonics import materials
from cqdphotonics.errors import GeometryError, InputError, RangeError, UnknownNameError
from cqdphotonics.fdtd.faces import face_layers
from cqdphotonics.fdtd.geometry import solids_about_emitter, without_slits
from cqdphotonics.fdtd.job import MediumSpec, MirrorSpec, SolidSpec
from cqdphotonics.fdtd.lattice import LatticeJob, QuietSpec, Side
from cqdphotonics.fdtd.metals import ALIGNMENT_RANGE
from cqdphotonics.fdtd.planning import check_wavelength, medium_spec
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.solids import Box, Slab
from cqdphotonics.fdtd.unit_cell import UnitCell, unit_cell, without_ellipses

DEFAULT_BAND = 0.2
"""Of the wavelength to each side of it."""

SPECTRUM_POINTS = 121
CUT_STRIDE = 4

METAL_PIXELS = (50.0, 100.0, 125.0)
"""Pixels per µm of the three grids where there is metal: one to three of a skin depth of 25 nm."""

LIGHT_PIXELS = (14.0, 20.0, 28.0)
"""Pixels per wavelength in the densest medium, where there is none."""

GRIDS = {"draft": (0,), "standard": (0, 1), "fine": (0, 1, 2)}
"""Grids of each fidelity, coarse to fine. Cells are cheap, so that `standard` has two already."""

_AGREEMENT, _LEFT = (3e-3, 1e-3, 1e-3), (1e-2, 3e-3, 3e-3)
_INTERVAL_WAVELENGTHS, _LONGEST_WAVELENGTHS = 8.0, 300.0
_PML_WAVELENGTHS = 0.5
_GAP_WAVELENGTHS = 0.25
"""From the structure to the planes through which power is counted."""
_STEP_WAVELENGTHS = 0.08
"""From there to the source, and to the absorbing layer."""
_CUT_WAVELENGTHS = 0.22
_ALIGNED = 0.02
_COURANT = 0.5


@dataclass(frozen=True)
class LatticePlan:
    """The jobs for one array at one fidelity, coarse to fine, and why they look as they do."""

    cell: UnitCell
    wavelength: float
    band: tuple[float, float]
    fidelity: str
    jobs: tuple[LatticeJob, ...]
    notes: tuple[str, ...]

    @property
    def scene(self) -> Scene:
        """The cell's."""
        return self.cell.scene


def plan_lattice(
    scene: Scene,
    wavelength: float,
    fidelity: str = "draft",
    *,
    band: tuple[float, float] | None = None,
    light_from: Side = "up",
    polarisation: str = "x",
) -> LatticePlan:
    """The jobs for a plane wave on the array that `scene` draws a piece of.

    Parameters
    ----------
    scene : Scene
        Its dipole does not matter; its emitter is the middle of the cell.
    wavelength : float
        At which constant media are exact, in µm.
    fidelity : {"draft", "standard", "fine"}
        One grid, two, three: see `GRIDS`.
    band : (float, float), optional
        Shortest and longest wavelength of the spectra; a fifth to both sides by default.
    light_from : {"up", "down"}
        Side from which the light comes.
    polarisation : {"x", "y"}

    Raises
    ------
    UnknownNameError, RangeError, GeometryError, InputError
    """
    if fidelity not in GRIDS:
        raise UnknownNameError("fidelity", fidelity, GRIDS)
    if light_from not in ("up", "down") or polarisation not in ("x", "y"):
        raise InputError(
            f"light from '{light_from}' polarised along '{polarisation}': it comes from up or "
            "down, along x or y."
        )
    check_wavelength(wavelength)
    low, high = band or (wavelength * (1 - DEFAULT_BAND), wavelength * (1 + DEFAULT_BAND))
    if not 0 < low < high:
        raise RangeError(f"band {low:g} to {high:g} µm: the first has to be the shorter.")
    check_wavelength(low)
    check_wavelength(high)
    cell = unit_cell(scene)
    used = {s.material for s in scene.solids} | {f.material for f in scene.films}
    names = used | {scene.medium}
    media = {name: medium_spec(name, wavelength, (low, high)) for name in sorted(names)}
    for side, film in (("below", scene.films[0]), ("above", scene.films[-1])):
        if media[film.material].poles:
            raise InputError(
                f"the half-space of {film.material} {side} is dispersive over this band: light "
                "neither comes nor goes through it. Choose another stack or a narrower band."
            )
    jobs = tuple(
        _job(cell, media, (low, high), grid, wavelength, light_from, polarisation)
        for grid in GRIDS[fidelity]
    )
    coarsest = min(job.resolution for job in jobs)
    for name, medium in media.items():
        if medium.poles:
            model = materials.load(name).model(low, high)
            model.check_time_step(_COURANT / coarsest, courant=_COURANT)
    return LatticePlan(cell, wavelength, (low, high), fidelity, jobs, _notes(cell, media, jobs))


def _notes(
    cell: UnitCell, media: dict[str, MediumSpec], jobs: tuple[LatticeJob, ...]
) -> tuple[str, ...]:
    px, py = cell.periods
    held = {"x": cell.scene.symmetry.mirror_x, "y": cell.scene.symmetry.mirror_y}
    planes = " and ".join(axis for axis, holds in held.items() if holds) or "none"
    notes = [f"one cell of {px:g} × {py:g} µm, read from the layout; mirror planes: {planes}"]
    notes += [medium.label for medium in media.values() if medium.epsilon != 1 or medium.poles]
    for job in jobs:
        if any(abs(a - b) > 1e-6 for a, b in zip(job.periods, cell.periods, strict=True)):
            notes.append(
                f"at {job.resolution:.4g} pixels a µm the cell is {job.periods[0]:.6g} × "
                f"{job.periods[1]:.6g} µm: whole pixels"
            )
    if any(medium.poles for medium in media.values()):
        on = all(_misfit(_faces(cell.scene, media), job.resolution) <= _ALIGNED for job in jobs)
        notes.append(
            f"horizontal faces of metals {'on' if on else 'NOT on'} grid points, "
            "side walls are staircases"
        )
    return tuple(notes)


def _faces(scene: Scene, media: dict[str, MediumSpec]) -> list[float]:
    """Heights of faces that should be on the grid: those of metals, else of all solids."""
    bodies = [*scene.solids, *scene.films]
    metals = [body for body in bodies if media[body.material].poles]
    heights = {h for body in metals or scene.solids for h in (body.zmin, body.zmax)}
    return sorted(h for h in heights if not isinf(h))


def _misfit(faces: list[float], resolution: float) -> float:
    """How far faces are off a grid that holds the first, in pixels."""
    return max(abs((f - faces[0]) * resolution - round((f - faces[0]) * resolution)) for f in faces)


def _pixels(cell: UnitCell, media: dict[str, MediumSpec], wanted: float) -> int:
    """Pixels along x, an even number: the least with all faces on the grid, if there is one."""
    first = 2 * ceil(wanted * cell.periods[0] / 2 - 1e-6)
    faces = _faces(cell.scene, media)

    def off(pixels: int) -> float:
        across = pixels * cell.periods[1] / cell.periods[0]
        return max(_misfit(faces, pixels / cell.periods[0]), abs(across / 2 - round(across / 2)))

    choices = range(first, int(ALIGNMENT_RANGE * first) + 2, 2)
    return next((pixels for pixels in choices if off(pixels) <= _ALIGNED), first)


def _job(
    cell: UnitCell,
    media: dict[str, MediumSpec],
    band: tuple[float, float],
    grid: int,
    wavelength: float,
    light_from: Side,
    polarisation: str,
) -> LatticeJob:
    scene, (px, py) = cell.scene, cell.periods
    metallic = any(medium.poles for medium in media.values())
    densest = max(m.epsilon for m in media.values() if not m.poles) ** 0.5
    wanted = LIGHT_PIXELS[grid] * densest / band[0]
    if metallic:
        wanted = max(wanted, METAL_PIXELS[grid])
    count = _pixels(cell, media, wanted)
    resolution, pixel = count / px, px / count
    depth = 2 * max(round(py / pixel / 2), 1) * pixel

    def up(length: float) -> int:
        return ceil(length / pixel - 1e-6)

    z0 = scene.emitter[2]
    heights = [h for b in (*scene.solids, *scene.films) for h in (b.zmin, b.zmax) if not isinf(h)]
    bottom, top, face = min(heights) - z0, max(heights) - z0, _faces(scene, media)[0] - z0
    longest = band[1]
    # A plane and the source on the side of the light, a plane on the other.
    margin = {
        side: (_GAP_WAVELENGTHS + (2 if side == light_from else 1) * _STEP_WAVELENGTHS) * longest
        for side in ("up", "down")
    }
    under, over = up(face - bottom + margin["down"]), up(top - face + margin["up"])
    over += (under + over) % 2
    below, above = under * pixel - face, over * pixel + face
    sign = 1 if light_from == "up" else -1
    near, far = (top, bottom) if light_from == "up" else (bottom, top)
    gap, step = _GAP_WAVELENGTHS * longest, _STEP_WAVELENGTHS * longest
    solids, media = _solids(cell, media, pixel, face + z0, 1 / wavelength, metallic)
    if not metallic:
        solids = without_slits(solids, resolution, (below - above) / 2)
    hole = _hole(cell)
    cut = _CUT_WAVELENGTHS * longest
    frequencies = tuple(float(f) for f in 1 / np.linspace(band[1], band[0], SPECTRUM_POINTS))

    def short(value: float) -> float:
        return round(value, 9)

    return LatticeJob(
        resolution=resolution,
        courant=_COURANT,
        periods=(px, short(depth)),
        below=short(below),
        above=short(above),
        pml=short(up(_PML_WAVELENGTHS * longest) * pixel),
        media=media,
        background=scene.medium,
        solids=solids,
        averaging=not metallic,
        travels="down" if light_from == "up" else "up",
        incidence=scene.films[-1 if light_from == "up" else 0].material,
        polarisation=polarisation,  # type: ignore[arg-type]
        source=short(near + sign * (gap + step)),
        entry=short(near + sign * gap),
        exit=short(far - sign * gap),
        mirrors=_mirrors(scene, polarisation),
        frequencies=frequencies,
        region=hole,
        cut=(short(bottom - cut), short(top + cut)),
        cut_stride=CUT_STRIDE,
        stop=QuietSpec(
            agreement=_AGREEMENT[grid],
            left=_LEFT[grid],
            interval=short(_INTERVAL_WAVELENGTHS * wavelength),
            longest=short(_LONGEST_WAVELENGTHS * wavelength),
        ),
    )


def _mirrors(scene: Scene, polarisation: str) -> tuple[MirrorSpec, ...]:
    """Mirrors of the cell; the field along a mirror's normal is odd under it, else even."""
    held = {"x": scene.symmetry.mirror_x, "y": scene.symmetry.mirror_y}
    return tuple(
        MirrorSpec(axis=axis, parity=-1 if axis == polarisation else 1)  # type: ignore[arg-type]
        for axis, holds in held.items()
        if holds
    )


def _hole(cell: UnitCell) -> tuple[float, float, float, float, float, float] | None:
    """Centre and size of the box about the solid that holds the emitter, if it is not metal."""
    scene = cell.scene
    x, y, z = scene.emitter
    pattern = scene.solids[1:] if scene.continues == "xy" else scene.solids
    for solid in reversed(pattern):
        if solid.contains(x, y, z) and not materials.load(solid.material).is_metal:
            xmin, ymin, xmax, ymax = solid.bounds
            centre = (
                (xmin + xmax) / 2 - x,
                (ymin + ymax) / 2 - y,
                (solid.zmin + solid.zmax) / 2 - z,
            )
            size = (xmax - xmin, ymax - ymin, solid.zmax - solid.zmin)
            a, b, c, d, e, f = (round(v, 9) + 0.0 for v in (*centre, *size))
            return (a, b, c, d, e, f)
    return None


def _solids(
    cell: UnitCell,
    media: dict[str, MediumSpec],
    pixel: float,
    face: float,
    frequency: float,
    metallic: bool,
) -> tuple[tuple[SolidSpec, ...], dict[str, MediumSpec]]:
    """The solids of a job and all its media; with metals also the layers at their faces."""
    scene = cell.scene
    if not metallic:
        return solids_about_emitter(scene, frozenset(), (0.0, 0.0)), media
    solids = tuple(without_ellipses(solid) for solid in scene.solids)
    scene = replace(scene, solids=solids)
    host = solids[:1] if scene.continues == "xy" else ()
    pattern = solids[len(host) :]
    if len({(solid.zmin, solid.zmax) for solid in solids}) > 1:
        raise GeometryError(
            f"'{scene.name}' has patterns in several films and metal: their common faces can't be "
            "put on the grid yet. Draw the array in one film."
        )
    px, py = cell.periods
    box = Box(scene.emitter[:2], (2 * px, 2 * py), 0.0, 0.0, 0.0, scene.medium)
    films = [Slab(solid.zmin, solid.zmax, solid.material) for solid in host]
    layers, added = face_layers(
        [*films, *scene.films], pattern, scene.medium, media, pixel, face, frequency, box
    )
    plain = solids_about_emitter(scene, frozenset(), (0.0, 0.0))
    over = replace(scene, solids=tuple(layers), films=(), continues="")
    return (*plain, *solids_about_emitter(over, frozenset(), (0.0, 0.0))), {**media, **added}
