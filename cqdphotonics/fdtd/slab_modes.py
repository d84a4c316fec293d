"""A first look at photonic-crystal slabs: their modes by guided-mode expansion, without FDTD.

The field is expanded in the guided modes of the slab without holes, whose permittivity is its mean
(Andreani and Gerace, Phys. Rev. B 73, 235114 (2006)); the coupling to the radiation is added by
perturbation, which gives Q. The work is done by `legume` (Minkov et al., ACS Photonics 7, 1729
(2020)).

What it is good for: where a mode lies (a percent or two), which of its neighbours it is, how Q
changes with the holes. What it is not: a figure to quote. The pattern repeats in x and y, so that
light leaves only up and down: more rows do not raise this Q. The radiation is that of the slab
between two half-spaces: a mirror below is not in it, and a warning says so. Holes are vertical, the
index is that at one wavelength.
"""

import warnings
from dataclasses import dataclass, replace
from math import hypot, isfinite, pi
from typing import TYPE_CHECKING, Any

import numpy as np

from cqdphotonics import materials
from cqdphotonics.errors import GeometryError, InputError, RangeError
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.solids import Box, Disc

if TYPE_CHECKING:
    from legume import GuidedModeExp

LARGEST_BASIS = 6000
"""Most functions of the basis: with more, one evaluation takes minutes and gigabytes."""

_SAME_HOLE = 4e-3
"""Holes nearer than this (µm) after folding are one hole, each rounded to the grid by itself."""


@dataclass(frozen=True)
class SlabMode:
    """A mode of a photonic-crystal slab, as guided-mode expansion sees it.

    Attributes
    ----------
    wavelength : float
        In vacuum, in µm.
    quality : float
        Of the light that is lost upward and downward; infinite for a mode below the light line.
    volume : float
        Effective mode volume for the emitter, ∫ε|E|² / (ε|E·d|² at the emitter), in µm³; infinite
        where the mode has no field along the dipole.
    note : str
        Which films of the stack are not in these figures; empty where all are.
    """

    wavelength: float
    quality: float
    volume: float
    note: str = ""


def slab_modes(
    scene: Scene,
    wavelength: float,
    *,
    count: int = 12,
    cutoff: float = 1.5,
) -> tuple[SlabMode, ...]:
    """Modes of a slab with holes nearest to a wavelength, the best for the emitter first.

    Parameters
    ----------
    scene : Scene
        A film that goes on in x and y, with round, vertical holes of one filling, which repeat
        after the extent of the pattern: `l3` and `h1` are drawn so.
    wavelength : float
        In vacuum, in µm: where to look, and at which the indices are taken.
    count : int
        How many modes are looked for, on both sides of it.
    cutoff : float
        Largest in-plane wave number of the basis, in units of 2π over the distance of neighbouring
        holes. From 1.5 to 2.5 the wavelength of an L3 changes by less than a percent.

    Returns
    -------
    tuple of SlabMode
        By rising `volume`: the first is the one that the dipole couples to most.

    Raises
    ------
    GeometryError
        If the scene is not such a slab.
    RangeError, InputError
        If the basis would be too large, or a material absorbs strongly.

    Notes
    -----
    The films above and below the slab are taken as half-spaces of what touches it. Where more films
    lie beyond, as a Bragg mirror under a spacer, the modes are those without them: a `UserWarning`
    and each mode's `note` name what was left out.
    """
    slab, holes = _slab_and_holes(scene)
    period = _nearest_distance(holes)
    size = _repetition(holes)
    folded = _folded(holes, size)
    below, above = _touching(scene, slab)
    # Of a slab that is its own mirror image only the even modes (TE0, TM1) meet an in-plane dipole.
    modes = (0, 3) if below == above and scene.dipole != "z" else (0, 1)
    basis = round(len(modes) * pi * (cutoff / period) ** 2 * size[0] * size[1])
    if basis > LARGEST_BASIS:
        raise RangeError(
            f"a cutoff of {cutoff:g} needs {basis} basis functions for a pattern of "
            f"{size[0]:.3g} by {size[1]:.3g} µm; the most is {LARGEST_BASIS}. Take fewer holes or "
            "a smaller cutoff."
        )
    expansion = _expansion(scene, wavelength, slab, folded, size, cutoff / period)
    expansion.run(
        kpoints=np.zeros((2, 1)),
        gmode_inds=list(modes),
        numeig=count,
        eig_solver="eigsh",
        eig_sigma=1 / wavelength,
        compute_im=False,
        verbose=False,
    )
    note = _left_out(scene, slab)
    if note:
        warnings.warn(f"'{scene.name}' on '{scene.stack.name}': {note}", stacklevel=2)
    numbers = range(expansion.freqs.shape[1])
    found = [replace(_mode(expansion, number, scene, slab), note=note) for number in numbers]
    return tuple(sorted(found, key=lambda mode: mode.volume))


def _mode(expansion: "GuidedModeExp", number: int, scene: Scene, slab: Box) -> SlabMode:
    frequency = float(expansion.freqs[0][number])
    loss = float(np.atleast_1d(expansion.compute_rad(0, [number])[0])[0])
    x, y, z = scene.emitter
    parts = dict(zip("xyz", expansion.ft_field_xy("e", 0, number, z - slab.zmin), strict=True))
    phase = np.exp(1j * (expansion.gvec[0] * x + expansion.gvec[1] * y))
    field = abs(np.sum(parts[scene.dipole] * phase)) ** 2
    epsilon = _index(scene.material_at(*scene.emitter), 1 / frequency) ** 2
    return SlabMode(
        wavelength=1 / frequency,
        quality=frequency / (2 * loss) if loss > 0 else float("inf"),
        # The expansion normalises ∫ε|E|² over the repeated cell to one.
        volume=1 / (epsilon * field) if field > 0 else float("inf"),
    )


def _expansion(
    scene: Scene,
    wavelength: float,
    slab: Box,
    holes: list[Disc],
    size: tuple[float, float],
    cutoff: float,
) -> "GuidedModeExp":
    """The expansion, in units of µm."""
    import legume

    below, above = _touching(scene, slab)
    crystal = legume.PhotCryst(
        legume.Lattice([size[0], 0.0], [0.0, size[1]]),
        eps_l=_index(below, wavelength) ** 2,
        eps_u=_index(above, wavelength) ** 2,
    )
    crystal.add_layer(d=slab.zmax - slab.zmin, eps_b=_index(slab.material, wavelength) ** 2)
    filling = _index(scene.medium, wavelength) ** 2
    for hole in holes:
        (x, y), radius = hole.centre, hole.radius
        crystal.add_shape(legume.Circle(eps=filling, x_cent=x, y_cent=y, r=radius))
    # A cutoff on a reciprocal vector itself is decided by its last digit.
    return legume.GuidedModeExp(crystal, gmax=cutoff * (1 + 1e-6))


def _slab_and_holes(scene: Scene) -> tuple[Box, list[Disc]]:
    slab, others = scene.solids[0], scene.solids[1:]
    if not isinstance(slab, Box) or scene.continues != "xy":
        raise GeometryError(
            f"'{scene.name}' is not a film that goes on in x and y; guided-mode expansion takes "
            "such as l3 and h1. For others use a simulation."
        )
    holes = [
        solid for solid in others if isinstance(solid, Disc) and _is_hole(solid, slab, scene.medium)
    ]
    if len(holes) < len(others) or not holes or slab.sidewall_angle != 0:
        raise GeometryError(
            f"'{scene.name}' is not one film with round, vertical holes: "
            f"{len(others) - len(holes)} of its {len(others)} shapes are not. Guided-mode "
            "expansion can't take it; use a simulation."
        )
    return slab, holes


def _is_hole(solid: Disc, slab: Box, filling: str) -> bool:
    return (
        solid.material == filling
        and solid.sidewall_angle == 0
        and (solid.zmin, solid.zmax) == (slab.zmin, slab.zmax)
    )


def _touching(scene: Scene, slab: Box) -> tuple[str, str]:
    """Materials of the films that touch the slab from below and above."""
    near = 1e-6
    below = next(film for film in scene.films if abs(film.zmax - slab.zmin) < near)
    above = next(film for film in scene.films if abs(film.zmin - slab.zmax) < near)
    return below.material, above.material


def _left_out(scene: Scene, slab: Box) -> str:
    """What the two half-spaces do not hold of the films, in words; empty where that is nothing."""
    below, above = _touching(scene, slab)
    said = []
    for side, near, films in (
        ("below", below, [f for f in reversed(scene.films) if f.zmax <= slab.zmin + 1e-6]),
        ("above", above, [f for f in scene.films if f.zmin >= slab.zmax - 1e-6]),
    ):
        beyond = [film.material for film in films if film.material != near]
        if beyond:
            said.append(
                f"{side} the slab {near} is taken as without end, and the films beyond its first "
                f"{films[0].zmax - films[0].zmin:.4g} µm ({', '.join(dict.fromkeys(beyond))}) are "
                "left out"
            )
    if not said:
        return ""
    return f"{'; '.join(said)}: wavelength, Q and volume are those without them. Simulate for more."


def _nearest_distance(holes: list[Disc]) -> float:
    """Distance of neighbouring holes, in µm: that of most of them."""
    centres = np.array([hole.centre for hole in holes])
    apart = np.hypot(*(centres[:, None, :] - centres[None, :, :]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    return float(np.median(apart.min(axis=1)))


def _repetition(holes: list[Disc]) -> tuple[float, float]:
    """Extent of the pattern from the first to the last centre along x and y, in µm."""
    xs, ys = [hole.centre[0] for hole in holes], [hole.centre[1] for hole in holes]
    return (max(xs) - min(xs), max(ys) - min(ys))


def _folded(holes: list[Disc], size: tuple[float, float]) -> list[Disc]:
    """The holes of one cell of the repeated pattern; those on its opposite edges are one."""
    kept: list[Disc] = []
    for hole in holes:
        for other in kept:
            dx = abs(hole.centre[0] - other.centre[0])
            dy = abs(hole.centre[1] - other.centre[1])
            apart = hypot(min(dx, abs(size[0] - dx)), min(dy, abs(size[1] - dy)))
            if apart < _SAME_HOLE and abs(hole.radius - other.radius) < _SAME_HOLE:
                break
            if apart < hole.radius + other.radius:
                raise GeometryError(
                    f"the pattern does not repeat after {size[0]:.4g} by {size[1]:.4g} µm: the "
                    f"holes at {hole.centre} and {other.centre} µm would overlap. Guided-mode "
                    "expansion needs one that does; use a simulation."
                )
        else:
            kept.append(hole)
    return kept


def _index(name: str, wavelength: float) -> float:
    index: Any = complex(materials.load(name).index(wavelength))
    if index.imag > 0.05 * index.real or not isfinite(index.real):
        raise InputError(
            f"{name} absorbs at {wavelength:.4g} µm (k = {index.imag:.3g}): its slab has no modes "
            "that guided-mode expansion could find."
        )
    return float(index.real)
