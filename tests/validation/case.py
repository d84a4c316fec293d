"""What a validation case is: rows of ours against exact, with the limit that was promised."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from uncertainties import UFloat

from cqdphotonics.fdtd.analysis import Analysis
from cqdphotonics.fdtd.budget import run_budget
from cqdphotonics.fdtd.job import Computation, Job
from cqdphotonics.fdtd.planar import PlanarJob, RingMode, read_modes
from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.response import Response
from cqdphotonics.fdtd.runner import run
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.simulation import simulate
from cqdphotonics.fdtd.store import Store


@dataclass(frozen=True)
class Row:
    """One number: ours, with its stated uncertainty, against the exact one.

    `limit` is the largest relative deviation that was promised; without one the stated
    uncertainty has to contain the exact value.
    """

    quantity: str
    ours: UFloat
    exact: float
    limit: float | None

    @property
    def deviation(self) -> float:
        """Relative deviation from the exact value."""
        return float(self.ours.nominal_value / self.exact - 1)

    @property
    def stated(self) -> bool:
        """Whether an uncertainty is stated at all."""
        return bool(self.ours.std_dev > 0)

    @property
    def contained(self) -> bool:
        """Whether the exact value is within the stated uncertainty."""
        return bool(abs(self.ours.nominal_value - self.exact) <= self.ours.std_dev)

    @property
    def passed(self) -> bool:
        """Within the limit; without a limit, contained."""
        return self.contained if self.limit is None else abs(self.deviation) <= self.limit


@dataclass(frozen=True)
class Curve:
    """A spectrum for the picture: ours, its uncertainty, and exact, against the wavelength (µm)."""

    label: str
    wavelength: np.ndarray
    ours: np.ndarray
    spread: np.ndarray
    exact: np.ndarray


@dataclass(frozen=True)
class Outcome:
    """The rows of a case and, where there is something to draw, its curves."""

    rows: tuple[Row, ...]
    curves: tuple[Curve, ...] = ()
    remarks: tuple[str, ...] = ()


class NotStoredError(Exception):
    """A simulation would have to be run."""


@dataclass
class Bench:
    """Where cases get their simulations from; it adds up what these took when they were run."""

    store: Store
    progress: Callable[[str], None] = print
    stored_only: bool = False
    seconds: float = 0.0

    def solve(self, job: Job, up: float = 1.0, down: float = 1.0) -> Analysis:
        """The physics of one hand-made job."""
        self._check([job])
        raw = run(job, self.store, progress=self._report)
        self.seconds += float(raw.meta["seconds"])
        return Analysis(job, raw, {"up": up, "down": down})

    def simulate(self, scene: Scene, wavelength: float, fidelity: str, **more: Any) -> Response:
        """What a user gets for a scene."""
        bandwidth = more.get("bandwidth")
        self._check(plan(scene, wavelength, fidelity, bandwidth=bandwidth).jobs)
        response = simulate(
            scene,
            scene.stack,
            wavelength,
            fidelity,
            store=self.store,
            progress=self._report,
            **more,
        )
        self.seconds += response.cost_seconds
        return response

    def ringdown(self, job: PlanarJob) -> tuple[RingMode, ...]:
        """The modes of a run in two coordinates."""
        self._check([job])
        raw = run(job, self.store, progress=self._report)
        self.seconds += float(raw.meta["seconds"])
        return read_modes(job, raw)

    def _check(self, jobs: Iterable[Computation]) -> None:
        missing = sum(job not in self.store for job in jobs)
        if self.stored_only and missing:
            raise NotStoredError(f"{missing} of its simulations were not run yet")

    def _report(self, report: dict[str, Any]) -> None:
        number = f"grid {report['run']} of {report['runs']}, " if "run" in report else ""
        self.progress(f"{number}{report.get('stage', '')} {report.get('time', 0):.0f} µm/c")


@dataclass(frozen=True)
class Case:
    """One entry of the validation.

    Attributes
    ----------
    name : str
        Short, for the command line.
    title, against : str
        What is simulated, and what it is compared with.
    cost : {"quick", "full"}
        Quick cases are also tests.
    outcome : callable
        From a bench to the rows.
    remark : str
        What a reader should know about the setting.
    """

    name: str
    title: str
    against: str
    cost: Literal["quick", "full"]
    outcome: Callable[[Bench], Outcome]
    remark: str = ""


def rows_of(curve: Curve, chosen: Sequence[int], limit: float | None, name: str) -> list[Row]:
    """Rows at some points of a curve."""
    from cqdphotonics.display import quantity

    return [
        Row(
            f"{name}, λ = {curve.wavelength[i]:.3g} µm",
            quantity(float(curve.ours[i]), float(curve.spread[i])),
            float(curve.exact[i]),
            limit,
        )
        for i in chosen
    ]


BUDGET_LIMIT = 0.005
"""How exactly a run's powers should add up: it has nothing to do with how good its grid is."""


def budget_rows(runs: Sequence[Analysis]) -> list[Row]:
    """Whether power leaving and power measured in the metal are the work, on the worst of grids.

    At all wavelengths at which absorption was measured; nothing for results of earlier versions.
    """
    from cqdphotonics.display import quantity

    budgets = [budget for budget in map(run_budget, runs) if budget is not None]
    if not budgets:
        return []
    sums = np.concatenate([1 + budget.residual / budget.highest for budget in budgets])
    worst = float(sums[np.argmax(np.abs(sums - 1))])
    name = f"leaving + absorbed, of the work, worst of {len(budgets)} grids"
    return [Row(name, quantity(worst), 1.0, BUDGET_LIMIT)]


def response_budget_rows(response: Response) -> list[Row]:
    """The same of a response, at its emission, and of what its grids were extrapolated to."""
    from cqdphotonics.display import quantity

    if (whole := response.energy_budget) is None:
        return []
    grids = [grid for grid in response.provenance["energy_budget"] if isinstance(grid, dict)]
    sums = [1 + grid["residual"] / grid["total"] for grid in grids]
    worst = max(sums, key=lambda value: abs(value - 1))
    return [
        Row(f"leaving + absorbed, of the work, worst of {len(sums)} grids", quantity(worst), 1.0,
            BUDGET_LIMIT),
        Row("the same, each extrapolated by itself", quantity(1 - whole.residual), 1.0, 0.05),
    ]  # fmt: skip
