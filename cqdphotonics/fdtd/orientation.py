"""Dipoles that lie along no axis: isotropic ones, and vectors, from runs along the axes.

The power of a dipole along u is uᵀ·P·u with P symmetric (reciprocity). Averaged over all directions
only its diagonal counts: a third of its trace, from one run an axis. For one direction the
off-diagonal elements count, too; a mirror plane through the dipole that reverses one of two axes
and not the other makes theirs zero. Where the geometry is the same after a quarter of a turn about
z, the dipoles along x and y are one run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import pi
from typing import Any

import numpy as np

from cqdphotonics.errors import InputError
from cqdphotonics.fdtd.budget import with_mean_measured
from cqdphotonics.fdtd.displaced import unit_vector
from cqdphotonics.fdtd.response import Response
from cqdphotonics.fdtd.scene import Axis, Scene
from cqdphotonics.fdtd.solids import Disc, Prism, Solid
from cqdphotonics.fdtd.symmetry import alike

ISOTROPIC = "isotropic"
_AXES: tuple[Axis, ...] = ("x", "y", "z")
_LEAST = 1e-12


@dataclass(frozen=True)
class Orientation:
    """How much of each axis's dipole there is, and whether their fields interfere.

    Attributes
    ----------
    name : str
        "x", "isotropic", "(0.6, 0, 0.8)", …
    weights : dict
        By axis; they sum to 1.
    coherent : bool
        True for one dipole along a vector, false for a mean over directions.
    """

    name: str
    weights: dict[Axis, float]
    coherent: bool


def orientation(dipole: str | Sequence[float]) -> Orientation:
    """What a user's `dipole` means: an axis, "isotropic", or a vector of any length.

    Raises
    ------
    InputError
        It means nothing.
    """
    if isinstance(dipole, str) and dipole == ISOTROPIC:
        return Orientation(ISOTROPIC, dict.fromkeys(_AXES, 1 / 3), False)
    if isinstance(dipole, str) and dipole not in _AXES:
        raise InputError(
            f"dipole '{dipole}' is not one of x, y, z, isotropic, nor a vector of three numbers."
        )
    vector = unit_vector(dipole)
    weights = {axis: float(u**2) for axis, u in zip(_AXES, vector, strict=True) if u**2 > _LEAST}
    name = (
        next(iter(weights)) if len(weights) == 1 else f"({', '.join(f'{u:.4g}' for u in vector)})"
    )
    return Orientation(name, weights, len(weights) > 1)


def check_interference(scene: Scene, wanted: Orientation) -> None:
    """Raise an InputError where symmetry does not forbid what one axis does to another.

    The terms between x and z, in the power and in a round cone of collection, vanish by the mirror
    x → −x; those between y and z by y → −y; those between x and y by either.
    """
    if not wanted.coherent:
        return
    symmetry = scene.symmetry
    about = {
        "x": symmetry.mirror_x or symmetry.cylindrical,
        "y": symmetry.mirror_y or symmetry.cylindrical,
    }
    pairs = [(a, b) for a in wanted.weights for b in wanted.weights if a < b]
    for one, other in pairs:
        if not (about.get(one, False) or (other != "z" and about.get(other, False))):
            raise InputError(
                f"a dipole along {wanted.name}: the axes {one} and {other} interfere in this "
                f"device, which has no mirror plane that forbids it ({symmetry.reason}). "
                "Simulate the axes one by one, or the isotropic mean."
            )


def quarter_turn(scene: Scene) -> bool:
    """Whether the geometry is the same after a quarter of a turn about the emitter's vertical."""
    if scene.symmetry.cylindrical:
        return True
    if scene.ports or scene.continues in ("x", "y"):
        return False
    left = list(scene.solids)
    for solid in scene.solids:
        image = _turned(solid, scene.emitter[:2])
        match = next((other for other in left if alike(image, other)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _turned(solid: Solid, about: tuple[float, float]) -> Solid:
    def point(place: tuple[float, float]) -> tuple[float, float]:
        return (about[0] - (place[1] - about[1]), about[1] + (place[0] - about[0]))

    if isinstance(solid, Prism):
        return replace(solid, vertices=tuple(point(vertex) for vertex in solid.vertices))
    if isinstance(solid, Disc):
        return replace(solid, centre=point(solid.centre))
    return replace(solid, centre=point(solid.centre), angle=solid.angle + pi / 2)


def runs_needed(scene: Scene, wanted: Orientation) -> dict[Axis, Axis]:
    """Which axis is simulated for each axis of `wanted`: the fewest that symmetry allows."""
    needed: dict[Axis, Axis] = {axis: axis for axis in wanted.weights}
    if "x" in needed and "y" in needed and quarter_turn(scene):
        needed["y"] = "x"
    return needed


def combined(
    wanted: Orientation, axes: Mapping[Axis, Axis], responses: Mapping[Axis, Response]
) -> Response:
    """The response of a dipole of `wanted` from those along the axes.

    Powers are averaged with the weights; shares of power are weighted by power. Uncertainties are
    added, not their squares: grids err alike. Modes are those of the axes, each with the numbers of
    the dipole that saw it; ``purcell_of_axis`` keeps each axis's F. `relative_coupling` is for the
    axes' own responses. A single tilted dipole's waves interfere, and no pattern is given for it.

    Parameters
    ----------
    wanted : Orientation
    axes : mapping
        From `runs_needed`.
    responses : mapping
        By simulated axis.
    """
    import xarray as xr

    parts = [(w, axis, responses[axes[axis]]) for axis, w in wanted.weights.items()]
    first = max(parts, key=lambda part: part[0] * part[2].purcell.nominal_value)[2]
    data = first.data.drop_vars(["waves", "mode_field"], errors="ignore")
    dropped = {"polarised", "sp", "part", "ux", "uy", "mode", "vector", "mode_x", "mode_y"}
    data = data.drop_vars([name for name in dropped if name in data.coords])
    for name, variable in data.data_vars.items():
        if "wavelength" in variable.dims:
            values = np.sum([w * r.data[name].values for w, _, r in parts], axis=0)
            data[name] = (variable.dims, values, variable.attrs)
    data = with_mean_measured(data, [(w, r.data) for w, _, r in parts])
    if "beta_uncertainty" in data:  # of a share, not of a power
        of = first.data["beta_uncertainty"]
        power = np.stack([w * r.data["purcell"].values for w, _, r in parts])
        each = np.stack([r.data["beta_uncertainty"].values for _, _, r in parts])
        mixed = (power[:, None] * each).sum(axis=0) / power.sum(axis=0)
        data["beta_uncertainty"] = (of.dims, mixed, of.attrs)
    share = {axis: w * r._at_emission("purcell").nominal_value for w, axis, r in parts}
    norm = sum(share.values())
    for name in ("collection", "collection_uncertainty", "far_field"):
        of = first.data[name]
        mixed = np.sum([share[axis] / norm * r.data[name].values for _, axis, r in parts], axis=0)
        data[name] = (of.dims, mixed, of.attrs)
    data["purcell_of_axis"] = xr.concat(
        [r.data["purcell"] for _, _, r in parts],
        dim=xr.DataArray(list(share), dims="axis", name="axis"),
    ).assign_attrs(first.data["purcell"].attrs)
    if not wanted.coherent and all("waves" in r.data for _, _, r in parts):
        data = data.assign(waves=_waves([(share[a] / norm, a, axes[a], r) for _, a, r in parts]))
    simulated = list(responses.values())
    modes = sorted((mode for r in simulated for mode in r.modes), key=lambda mode: -mode.purcell)
    return Response(
        data=data,
        wavelength=first.wavelength,
        fidelity=first.fidelity,
        converged=all(r.converged for r in simulated),
        verdict="; ".join(f"{axis}: {r.verdict}" for axis, r in responses.items()),
        checks=tuple(f"{axis}: {text}" for axis, r in responses.items() for text in r.checks),
        resonances=_distinct(simulated),
        cost_seconds=sum(r.cost_seconds for r in simulated),
        job_hashes=tuple(h for r in simulated for h in r.job_hashes),
        provenance=_provenance(wanted, axes, responses, first),
        modes=tuple(modes),
    )


def _waves(parts: Sequence[tuple[float, Axis, Axis, Response]]) -> Any:
    """Plane waves of the axes side by side; a run's waves turned where it stands for two axes."""
    import xarray as xr

    out = []
    for share, axis, simulated, response in parts:
        waves = response.data["waves"]
        if axis != simulated:
            # f(ux, uy) turned by +90°: the value at (ux, uy) was at (uy, −ux).
            values = np.swapaxes(waves.values, -1, -2)[..., ::-1, :]
            waves = waves.copy(data=values)
        out.append((waves * np.sqrt(share)).assign_coords(polarised=[axis]))
    return xr.concat(out, dim="polarised").assign_attrs(parts[0][3].data["waves"].attrs)


def _distinct(responses: Sequence[Response]) -> tuple[tuple[float, float], ...]:
    found: list[tuple[float, float]] = []
    for wavelength, quality in (each for r in responses for each in r.resonances):
        if all(abs(wavelength / w - 1) > 0.1 / quality for w, _ in found):
            found.append((wavelength, quality))
    return tuple(found)


def _provenance(
    wanted: Orientation,
    axes: Mapping[Axis, Axis],
    responses: Mapping[Axis, Response],
    first: Response,
) -> dict[str, Any]:
    about = dict(first.provenance)
    about["dipole"] = wanted.name
    about["orientation"] = {"weights": dict(wanted.weights), "simulated": dict(axes)}
    notes = [note for r in responses.values() for note in r.provenance["notes"]]
    about["notes"] = list(dict.fromkeys(notes))
    about["grids"] = [
        {"dipole": axis, **grid} for axis, r in responses.items() for grid in r.provenance["grids"]
    ]
    return about
