"""The energy budget where something absorbs: work of the dipole = radiated + guided + absorbed.

What is absorbed is measured in the absorbing media themselves (`cqdphotonics.fdtd.absorbers`), so
that the three shares are independent and what they lack of the work is a true residual. It tests
the run: its monitors, what is still to come when it ends, what the ends of its cell do. It does not
test the grid: a staircase of metal keeps its balance too, however wrong its power is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cqdphotonics.fdtd.absorbers import absorbing
from cqdphotonics.fdtd.analysis import CLOSURE_TAIL, Analysis, Check
from cqdphotonics.fdtd.job import Job
from cqdphotonics.fdtd.metals import extrapolate_spectra

if TYPE_CHECKING:
    import xarray as xr

LIMIT = 0.02
"""Largest accepted residual of a run, over its highest work, beside what its tail may do. On the
grid the balance is exact. Left are the surface's fields, which are means of neighbours, and the
homogeneous run, whose ends reflect: 1e-5 to 2.4e-3 in spheres, films, gaps and antennas, 4e-3 at 24
pixels a µm. Five times that is a fault: of monitors, of the time that was waited, of the cell."""

LEAST_SUM = 0.05
"""Extrapolated parts may miss the extrapolated total by this share, or by its uncertainty."""

NOT_MEASURED = "energy budget: not measured (result of an earlier version)"

MEASURED = ("absorbed_measured", "absorbed_measured_uncertainty", "budget_residual")
"""Variables over ``measured_wavelength``, in units of the homogeneous medium's power."""


def source_volume(job: Job) -> float:
    """Volume in µm³ that turns the work Re(F/J) of a job's dipole into a power per |J|².

    That of the grid's cell (or ring, or disc on the axis) of the current.
    """
    if job.formulation == "cartesian":
        return job.resolution**-3
    if job.angular_number == 0:
        return np.pi / 4 * job.resolution**-3
    return 2 * np.pi * job.source.offset * job.resolution**-2


@dataclass(frozen=True)
class RunBudget:
    """The powers of one run until its end, over wavelength (µm, ascending).

    In units of the homogeneous medium's; `highest` is the largest work in the band.
    """

    wavelength: np.ndarray
    total: np.ndarray
    leaving: np.ndarray
    absorbed: np.ndarray
    highest: float

    @property
    def residual(self) -> np.ndarray:
        """(leaving + absorbed − work), in the same units."""
        return self.leaving + self.absorbed - self.total


def run_budget(run: Analysis) -> RunBudget | None:
    """The budget of a run; None where nothing was measured."""
    arrays = run.raw.arrays
    if "absorption" not in arrays:
        return None
    numbers = arrays["absorption_numbers"]
    unit = -source_volume(run.job) * arrays["work_reference"].real[numbers]
    # Spectra of an analysis ascend in wavelength, raw ones as the job has them.
    place = np.argsort(np.argsort(1 / arrays["frequencies"]))[numbers]
    order = np.argsort(place)
    place = place[order]
    work = run.work_until_end
    return RunBudget(
        wavelength=run.wavelength[place],
        total=work[place],
        leaving=run.leaving[place],
        absorbed=(arrays["absorption"] / unit)[order],
        highest=float(work.max()),
    )


def budget_checks(runs: Sequence[Analysis]) -> list[Check | str]:
    """One check a run; words instead where an older result has no measurement."""
    out: list[Check | str] = []
    for run in runs:
        if not absorbing(run.job):
            continue
        if (budget := run_budget(run)) is None:
            out.append(NOT_MEASURED)
            continue
        tail = float(run.raw.arrays["summary"][1])
        if tail <= CLOSURE_TAIL:
            worst = float(np.abs(budget.residual).max() / budget.highest)
            name = "energy budget, work against power leaving and absorbed"
            out.append(Check(name, worst, LIMIT + tail * (1 + tail)))
    return list(dict.fromkeys(out))


def measured_variables(
    runs: Sequence[Analysis],
    factors: Sequence[float],
    total: np.ndarray,
    rest: np.ndarray,
    least: float | None,
) -> dict[str, Any]:
    """Variables and coordinates for a response's data; nothing where nothing was measured.

    Parameters
    ----------
    runs : sequence of Analysis
        Coarse to fine.
    factors : sequence of float
        How their spectra are moved, see `cqdphotonics.fdtd.registration`.
    total, rest : arrays
        The response's Purcell factor and what of it does not leave, over the wavelengths of the
        finest run.
    least : float, optional
        Where the powers are extrapolated: least relative uncertainty. Measured absorption then is
        extrapolated by itself; otherwise it is the finest grid's share of `total`.

    Notes
    -----
    The grids' own budgets close, so that where it differs from `rest` it is the extrapolations
    that do not fit, and neither is better known than that: it counts as uncertainty.
    """
    budgets = [run_budget(run) for run in runs]
    best = budgets[-1]
    if best is None:
        return {}
    wavelength = best.wavelength
    known = [(run, b, f) for run, b, f in zip(runs, budgets, factors, strict=True) if b is not None]

    def share(budget: RunBudget, factor: float) -> np.ndarray:
        # The share changes less over the band than the power.
        return np.interp(wavelength * factor, budget.wavelength, budget.absorbed / budget.total)

    def power(run: Analysis, budget: RunBudget, factor: float) -> np.ndarray:
        purcell = np.interp(wavelength * factor, run.wavelength, run.purcell)
        return purcell * share(budget, factor)

    if least is not None and len(known) == len(runs):
        spacings = [1 / run.job.resolution for run in runs]
        absorbed, fitted, _ = extrapolate_spectra([power(*k) for k in known], spacings, least)
        spread = np.hypot(fitted, absorbed - np.interp(wavelength, runs[-1].wavelength, rest))
    else:
        absorbed = np.interp(wavelength, runs[-1].wavelength, total) * share(best, factors[-1])
        spread = np.zeros_like(absorbed)
    over = "measured_wavelength"
    unit = {"units": "power of the same dipole in the homogeneous host"}
    values = (absorbed, spread, best.residual)
    return {
        "data": {name: (over, v, unit) for name, v in zip(MEASURED, values, strict=True)},
        "coords": {over: (over, wavelength, {"units": "µm"})},
    }


def with_mean_measured(
    data: "xr.Dataset", parts: Sequence[tuple[float, "xr.Dataset"]]
) -> "xr.Dataset":
    """`data` with the weighted mean of what was measured of `parts`; without, if one has nothing.

    Parameters
    ----------
    data : Dataset
        Of one of the parts, otherwise averaged already.
    parts : sequence of (weight, Dataset)
    """
    if not all("absorbed_measured" in part for _, part in parts):
        return data.drop_vars([*MEASURED, "measured_wavelength"], errors="ignore")
    wavelength = data["measured_wavelength"].values
    out = {}
    for name in MEASURED:
        values = [
            weight * np.interp(wavelength, part["measured_wavelength"].values, part[name].values)
            for weight, part in parts
        ]
        out[name] = data[name].copy(data=np.sum(values, axis=0))
    return data.assign(out)


@dataclass(frozen=True)
class EnergyBudget:
    """Where all power of a dipole goes at the emission, in units of the homogeneous medium's.

    Attributes
    ----------
    total : float
        The dipole's work.
    up, down, side : float
        What leaves unguided through the closed surface. Where a film of metal goes on, its plasmons
        are in `side`.
    guided : float
        In the modes of ports.
    absorbed : float
        As measured in the absorbing media inside of the surface.
    """

    total: float
    up: float
    down: float
    side: float
    guided: float
    absorbed: float

    @property
    def residual(self) -> float:
        """What the parts lack of the total, as a share of it."""
        parts = self.up + self.down + self.side + self.guided + self.absorbed
        return 1 - parts / self.total

    def __str__(self) -> str:
        names = ("up", "down", "side", "guided", "absorbed")
        shares = {name: getattr(self, name) / self.total for name in names}
        listed = ", ".join(f"{share:.1%} {name}" for name, share in shares.items() if share)
        return f"{listed}, residual {self.residual:+.2%}"


def budget_at(data: "xr.Dataset", wavelength: float) -> EnergyBudget | None:
    """The budget at a `wavelength` in a response's data; None where no absorption was measured."""
    if "absorbed_measured" not in data:
        return None

    def here(name: str) -> float:
        return float(np.interp(wavelength, data["wavelength"].values, data[name].values))

    at = int(np.argmin(np.abs(data["measured_wavelength"].values - wavelength)))
    guided = (
        float(data["guided"].sum("port").sel(wavelength=wavelength, method="nearest"))
        if "guided" in data
        else 0.0
    )
    return EnergyBudget(
        total=here("purcell"),
        up=here("radiated_up"),
        down=here("radiated_down"),
        side=here("radiated_side"),
        guided=guided,
        absorbed=float(data["absorbed_measured"].values[at]),
    )


def sum_check(data: "xr.Dataset", wavelength: float) -> Check | None:
    """Whether the powers, each extrapolated by itself, still add up at the emission `wavelength`.

    The limit is the uncertainty that is stated of their total, at least `LEAST_SUM`.
    """
    if (budget := budget_at(data, wavelength)) is None:
        return None
    at = int(np.argmin(np.abs(data["wavelength"].values - wavelength)))
    stated = float(data["purcell_uncertainty"].values[at]) / budget.total
    name = "energy budget at the emission after extrapolation"
    return Check(name, abs(budget.residual), max(LEAST_SUM, stated))


def budget_records(runs: Sequence[Analysis]) -> dict[str, Any]:
    """The budget of each grid at the emission, for a response's provenance."""
    records: list[Any] = []
    for run in runs:
        if not absorbing(run.job):
            continue
        if (budget := run_budget(run)) is None:
            records.append(NOT_MEASURED)
            continue
        at = int(np.argmin(np.abs(budget.wavelength - run.wavelength[run.emission])))
        parts = {
            "total": budget.total,
            "leaving": budget.leaving,
            "absorbed": budget.absorbed,
            "residual": budget.residual,
        }
        here = {name: float(values[at]) for name, values in parts.items()}
        records.append({"pixels_per_um": run.job.resolution, **here})
    return {"energy_budget": records} if records else {}
