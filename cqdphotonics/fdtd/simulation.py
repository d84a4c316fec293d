"""`simulate`: the one function from a component and a stack to a response."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cqdphotonics import __version__
from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.fdtd.analysis import Analysis, Check
from cqdphotonics.fdtd.budget import budget_checks, budget_records, measured_variables, sum_check
from cqdphotonics.fdtd.cost import record_speed
from cqdphotonics.fdtd.media import material_records
from cqdphotonics.fdtd.metals import extrapolate_spectra, floor_of
from cqdphotonics.fdtd.modes import mode_fields, settled_modes, windows_check
from cqdphotonics.fdtd.orientation import (
    check_interference,
    combined,
    orientation,
    runs_needed,
)
from cqdphotonics.fdtd.pattern import wave_variables, waves_of_run
from cqdphotonics.fdtd.plane_films import film_check
from cqdphotonics.fdtd.planning import Plan, plan
from cqdphotonics.fdtd.port_shares import PORT_POWERS, through_ports
from cqdphotonics.fdtd.registration import register
from cqdphotonics.fdtd.response import Response
from cqdphotonics.fdtd.ring_source import has_ring
from cqdphotonics.fdtd.runner import Limits, installed_meep, run
from cqdphotonics.fdtd.scene import Axis, Scene, build_scene
from cqdphotonics.fdtd.store import RawResult, Store
from cqdphotonics.fdtd.theory import THEORY, theory_response
from cqdphotonics.layout import stacks
from cqdphotonics.layout.stacks import Stack

APERTURES = (0.22, 0.5, 0.65, 0.7, 0.8, 0.9)
LEAST_GRIDS = 3
"""From so many on the powers beside a metal are extrapolated."""

SMALLEST_SPREAD = 2e-3
"""Least relative uncertainty of a Purcell factor: where grids agree better than that, what they
share is larger (.02 to .14 % in a homogeneous medium, over a half-space and over a mirror)."""

DIRECT_LIGHT = 0.01
"""Relative uncertainty of what cones take of the light that does not come from a resonance, in
cylindrical runs of a dipole in the plane: −1.5 to +.7 % of a dipole in vacuum and over glass
(docs/validation.md), also where two grids agree better."""

GAIN_LIMIT = 0.03
"""Largest share of the power that the extrapolated parts may exceed the extrapolated whole by."""

GRIDS_LIMIT = 0.25
"""Largest accepted change of the highest Purcell factor between the two grids of `fine`."""


def simulate(
    component: Any,
    stack: Stack | str,
    wavelength: float,
    fidelity: str = "draft",
    *,
    dipole: str | Sequence[float] = "x",
    na: Iterable[float] = APERTURES,
    bandwidth: float | None = None,
    emitter_offset: tuple[float, float] = (0.0, 0.0),
    stack_parameters: Mapping[str, float] | None = None,
    store: Store | Path | str | None = None,
    ranks: int = 1,
    limits: Limits | None = None,
    progress: Callable[[dict[str, Any]], None] | None = None,
    cancelled: threading.Event | None = None,
) -> Response:
    """Purcell factor, collection and far field of a dipole in a device.

    Parameters
    ----------
    component : gdsfactory Component, or str or Path, or Scene
        The device, or a GDS file that holds one. A scene is taken as it is, whatever `stack`,
        `emitter_offset` and a `dipole` along an axis say.
    stack : Stack or str
        Films; a name is loaded with `stack_parameters`.
    wavelength : float
        Vacuum wavelength of the emission in µm.
    fidelity : {"theory", "coarse", "draft", "standard", "fine"}
        ``fine`` runs three grids in three cells and gives an uncertainty; ``theory`` runs nothing
        (`cqdphotonics.fdtd.theory`: plane films and round devices).
    dipole : {"x", "y", "z", "isotropic"} or three numbers
        Axis of the dipole; the mean over all directions; or a vector, where the symmetry of the
        device keeps its components apart (`cqdphotonics.fdtd.orientation`).
    na : iterable of float
        Numerical apertures for the collection, sin θ times the index of the medium outside.
    bandwidth : float, optional
        Width of the spectrum in µm.
    emitter_offset : (float, float)
        Displacement of the dot from its port in µm.
    stack_parameters : mapping, optional
        Numbers that replace the stack's defaults; only with a stack's name.
    store : Store or path, optional
        Where results are kept; the user's cache by default.
    ranks : int
        MPI ranks of each simulation.
    limits : Limits, optional
        Time and memory of each simulation.
    progress : callable, optional
        Called with a dict: ``stage``, ``time``, ``longest``, ``remaining``, ``run``, ``runs``.
    cancelled : threading.Event, optional
        When set, the running simulation is ended and KeyboardInterrupt raised.

    Raises
    ------
    InputError
        What was asked for can't be simulated; said before anything runs.
    SimulationError
        The solver gave no result.
    """
    if isinstance(stack, str):
        stack = stacks.load(stack, **dict(stack_parameters or {}))
    apertures = _checked_apertures(na)
    wanted = orientation(dipole)
    first = next(iter(wanted.weights))
    scene = (
        component
        if isinstance(component, Scene)
        else build_scene(component, stack, first, emitter_offset)
    )
    if fidelity == THEORY:
        if len(wanted.weights) > 1:
            raise InputError(f"{THEORY} is of a dipole along one axis; begin at coarse.")
        return theory_response(scene, wavelength, apertures, bandwidth=bandwidth)
    plans = plans_for(scene, wavelength, fidelity, dipole, bandwidth=bandwidth)
    place = store if isinstance(store, Store) else Store(store)
    total = sum(len(planned.jobs) for planned in plans.values())
    done, responses = 0, {}
    for axis, planned in plans.items():
        raws = []
        for job in planned.jobs:
            done += 1

            def forward(report: dict[str, Any], number: int = done) -> None:
                if progress is not None:
                    progress({**report, "run": number, "runs": total})

            known = job in place
            raw = run(job, place, ranks=ranks, limits=limits, progress=forward, cancelled=cancelled)
            if not known:
                record_speed(job, raw, place)
            raws.append(raw)
        responses[axis] = assemble(planned, raws, apertures)
    if len(wanted.weights) == 1:
        return next(iter(responses.values()))
    return combined(wanted, runs_needed(scene, wanted), responses)


def plans_for(
    scene: Scene,
    wavelength: float,
    fidelity: str,
    dipole: str | Sequence[float],
    *,
    bandwidth: float | None = None,
) -> dict[Axis, Plan]:
    """The plan of each axis that has to be simulated for a `dipole` as `simulate` takes it.

    A dipole along one axis is that of the scene.

    Raises
    ------
    InputError
        See `simulate`.
    """
    wanted = orientation(dipole)
    check_interference(scene, wanted)
    if len(wanted.weights) == 1:
        axes: list[Axis] = [scene.dipole]
    else:
        axes = list(dict.fromkeys(runs_needed(scene, wanted).values()))
    return {
        axis: plan(replace(scene, dipole=axis), wavelength, fidelity, bandwidth=bandwidth)
        for axis in axes
    }


def _direct_light(run: Analysis, collection: np.ndarray) -> np.ndarray:
    """Uncertainty of a collection that `DIRECT_LIGHT` makes, (direction, aperture)."""
    share = DIRECT_LIGHT if has_ring(run.job) else 0.0
    return np.asarray(share * collection / max(float(run.purcell[run.emission]), 1.0))


def _checked_apertures(na: Iterable[float]) -> tuple[float, ...]:
    apertures = tuple(sorted({float(value) for value in na}))
    for value in apertures:
        if not 0 < value <= 4:
            raise RangeError(
                f"numerical aperture {value:g}: allowed is more than 0 and up to the index of the "
                "medium that is collected into."
            )
    return apertures


def assemble(planned: Plan, raws: list[RawResult], apertures: tuple[float, ...]) -> Response:
    """The response from the raw results of all jobs of a plan.

    With several grids the finest one's values are given, moved to where the grids say that its
    spectrum ends (`registration`). The uncertainty is made of the change from the grid (and cell)
    before, the uncertainty of that move, the change between time windows and, for the collection,
    the share of the plane's power that its plane waves miss.
    """
    import xarray as xr

    runs = [
        Analysis(job, raw, planned.collection_index)
        for job, raw in zip(planned.jobs, raws, strict=True)
    ]
    best, before = runs[-1], runs[-2] if len(runs) > 1 else None
    registration = register(runs)
    factor, wavelength = registration.factors[-1], best.wavelength

    def moved(run: Analysis, values: np.ndarray, factor: float) -> np.ndarray:
        return np.interp(wavelength * factor, run.wavelength, values)

    purcell = moved(best, best.purcell, factor)
    purcell_spread = np.zeros_like(purcell)
    if before is not None:
        grids = moved(before, before.purcell, registration.factors[-2]) - purcell
        sideways = np.max(
            [
                np.abs(np.interp(wavelength * (1 + side), wavelength, purcell) - purcell)
                for side in (-registration.spread, registration.spread)
            ],
            axis=0,
        )
        windows = moved(best, best.purcell - best.purcell_window, factor)
        floor = SMALLEST_SPREAD * np.abs(purcell)
        purcell_spread = np.sqrt(grids**2 + sideways**2 + windows**2 + floor**2)
    radiated = {side: moved(best, v, factor) for side, v in best.radiated.items()}
    absorbed = moved(best, best.absorbed, factor)
    how, least = "", None
    if best.lossy and len(runs) >= LEAST_GRIDS:  # the faces of metals make an error of their own
        spacings = [1 / run.job.resolution for run in runs]
        least = floor_of(planned.scene, {n for n, m in best.job.media.items() if m.poles})

        def limit(values: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, str]:
            both = zip(runs, values, registration.factors, strict=True)
            return extrapolate_spectra([moved(*each) for each in both], spacings, least)

        purcell, fitted, how = limit([run.purcell for run in runs])
        purcell_spread = np.sqrt(fitted**2 + sideways**2 + windows**2)
        radiated = {side: limit([run.radiated[side] for run in runs])[0] for side in radiated}
        absorbed = purcell - np.sum(list(radiated.values()), axis=0)
    measured = measured_variables(runs, registration.factors, purcell, absorbed, least)
    directions = ["up", "down"]

    def collected(run: Analysis, factor: float) -> np.ndarray:
        wavelength = planned.wavelength * factor
        return np.array([run.collected(side, apertures, wavelength) for side in directions])

    collection = collected(best, factor)
    collection_spread = np.zeros_like(collection)
    if before is not None:
        earlier = collected(before, registration.factors[-2])
        aside = collected(best, factor * (1 + registration.spread))
        missed = np.array([best.missed(side) for side in directions])[:, None]
        collection_spread = np.sqrt(
            (collection - earlier) ** 2
            + (collection - aside) ** 2
            + (missed * collection) ** 2
            + _direct_light(best, collection) ** 2
        )
    angular = [best.angular(side) for side in directions]
    x, z, field, epsilon = best.cross_section()
    modes = settled_modes(runs, registration.factors, registration.spread)
    kept = mode_fields(best)
    waves = wave_variables(
        {side: waves_of_run(best, side, planned.scene.dipole) for side in directions},
        planned.scene.dipole,
    )
    spectra = {
        "purcell": purcell,
        "purcell_uncertainty": purcell_spread,
        **{f"radiated_{side}": values for side, values in radiated.items()},
        "absorbed": absorbed,
        "closure": moved(best, best.closure, factor),
    }
    data = xr.Dataset(
        {
            **{name: ("wavelength", values) for name, values in spectra.items()},
            "collection": (("direction", "na"), collection),
            "collection_uncertainty": (("direction", "na"), collection_spread),
            "far_field": (("direction", "theta"), np.stack([a.intensity for a in angular])),
            **through_ports(runs, registration),
            "field": (("x", "z"), field),
            "epsilon": (("x", "z"), epsilon),
            **kept.get("data", {}),
            **measured.get("data", {}),
            **waves["data"],
        },
        coords={
            "wavelength": ("wavelength", wavelength, {"units": "µm"}),
            "direction": directions,
            "na": list(apertures),
            **({"port": list(best.guided)} if best.guided else {}),
            "theta": ("theta", angular[0].theta, {"units": "rad"}),
            "x": ("x", x, {"units": "µm"}),
            "z": ("z", z, {"units": "µm"}),
            **kept.get("coords", {}),
            **measured.get("coords", {}),
            **waves["coords"],
        },
    )
    unit = "power of the same dipole in the homogeneous host"
    for name in [*spectra, *(n for n in PORT_POWERS if n in data)]:
        data[name].attrs["units"] = unit
    data["far_field"].attrs["units"] = "total power per steradian"
    data["collection"].attrs["units"] = data["collection_uncertainty"].attrs["units"] = (
        "share of the total power"
    )
    data["field"].attrs["units"] = "relative"
    data["epsilon"].attrs["units"] = "1"
    checks = [check for each in runs for check in each.checks()]
    budgets = budget_checks(runs)
    checks += [check for check in budgets if isinstance(check, Check)]
    if before is not None:
        # A line narrower than the points of the spectrum shows there as chance has it.
        change = abs(before.highest / best.highest - 1)
        checks.append(
            Check("change of the highest Purcell factor between the grids", change, GRIDS_LIMIT)
        )
    if how:  # each part was extrapolated by itself: together they have to make sense
        gain = max(-float((absorbed / purcell).min()), 0.0)
        checks.append(Check("absorbed power below zero after extrapolation", gain, GAIN_LIMIT))
        if (check := sum_check(data, planned.wavelength)) is not None:
            checks.append(check)
    emitted = float(np.interp(planned.wavelength, wavelength, purcell))
    if (check := windows_check(modes, planned.wavelength, emitted)) is not None:
        checks.append(check)
    if (check := film_check(planned.scene, planned.wavelength, emitted)) is not None:
        checks.append(check)
    failed = [str(check) for check in checks if not check.passed]
    return Response(
        data=data,
        wavelength=planned.wavelength,
        fidelity=planned.fidelity,
        converged=not failed,
        verdict="; ".join([_verdict(planned, failed), *_other_versions(raws)]),
        checks=(*map(str, checks), *(said for said in budgets if isinstance(said, str))),
        resonances=tuple((r.wavelength / factor, r.quality) for r in best.resonances()),
        cost_seconds=sum(float(raw.meta["seconds"]) for raw in raws),
        job_hashes=tuple(raw.job_hash for raw in raws),
        provenance={**_provenance(planned, raws, [registration.note, how]), **budget_records(runs)},
        modes=modes,
    )


def _verdict(planned: Plan, failed: list[str]) -> str:
    if failed:
        return "NOT CONVERGED: " + "; ".join(failed)
    if len(planned.jobs) > 1:
        return f"converged on {len(planned.jobs)} grids, in several cells and time windows"
    return f"converged in time on one grid ({planned.fidelity}); the grid's own error is unverified"


def _other_versions(raws: list[RawResult]) -> list[str]:
    """What is to be said where the store had a result of another Meep than the one installed."""
    found = {str(raw.meta.get("meep")) for raw in raws}
    here = installed_meep()
    if found <= {here or next(iter(found))}:
        return []
    said = f"computed with Meep {' and '.join(sorted(found))}"
    if here is not None:
        said += f", of which {here} is installed here" if here in found else f", not {here} as here"
    return [f"{said}; with another store (CQD_STORE) it is computed anew"]


def _provenance(planned: Plan, raws: list[RawResult], done: list[str]) -> dict[str, Any]:
    scene = planned.scene
    return {
        "cqdphotonics": __version__,
        "component": scene.settings,
        "stack": scene.stack.model_dump(mode="json"),
        "dipole": scene.dipole,
        "emitter": list(scene.emitter),
        "formulation": planned.formulation,
        "notes": [*planned.notes, *(note for note in done if note), *_other_versions(raws)],
        "media": {name: m.label for name, m in planned.jobs[-1].media.items()},
        "materials": material_records(scene, planned.jobs[-1]),
        "grids": [
            {
                "pixels_per_um": job.resolution,
                "voxels": job.voxels(),
                "solids": len(job.solids),
                "time_um_per_c": float(raw.arrays["summary"][0]),
                "extrapolated_share": float(raw.arrays["summary"][1]),
                **{k: raw.meta[k] for k in ("meep", "python", "ranks", "seconds", "finished")},
            }
            for job, raw in zip(planned.jobs, raws, strict=True)
        ],
    }
