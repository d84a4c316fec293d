"""What may be said of a design: how its figures stand, and against the literature."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cqdphotonics.display import format_quantity, quantity
from cqdphotonics.nominal.arrays import ArrayRecord, array_plan
from cqdphotonics.nominal.design import Claim, NominalDesign
from cqdphotonics.nominal.figures import EXACT, Record

if TYPE_CHECKING:
    from uncertainties import UFloat

_KEPT_DIGITS = 1e-4

_OTHER: Literal["other numerics"] = "other numerics"

Standing = Literal["current", "earlier solver", "other numerics", "other design", "not simulated"]


@dataclass(frozen=True)
class Compared:
    """A claim of the literature against what was simulated (None: not known here)."""

    claim: Claim
    found: "UFloat | None"
    reached: bool
    within: bool
    """Its uncertainty does not exclude the contrary."""
    said: str = ""
    """What was found, in words."""

    @property
    def text(self) -> str:
        """One line, e.g. ``"F ≥ 12: 21.8 ± 1.0, reached"``."""
        if self.found is None:
            return f"{self.claim.text}: not known"
        return f"{self.claim.text}: {self.said}, {self.verdict}"

    @property
    def verdict(self) -> str:
        """Whether it is reached, and how surely; empty where nothing is known."""
        if self.found is None:
            return ""
        doubt = ", though within its uncertainty" if self.within else ""
        return ("reached" if self.reached else "not reached") + doubt


def compare(design: NominalDesign, kept: Record | ArrayRecord | None) -> list[Compared]:
    """Each claim of the design's literature against its figures."""
    if design.literature is None:
        return []
    return [_compared(claim, design, kept) for claim in design.literature.claims]


def _compared(claim: Claim, design: NominalDesign, kept: Record | ArrayRecord | None) -> Compared:
    found = None if kept is None else figure(claim, design, kept)
    if found is None:
        return Compared(claim, None, False, False)
    lead = claim.value - found if claim.at_most else found - claim.value
    reached = lead.nominal_value >= 0
    said = kept.words(found) if isinstance(kept, Record) else format_quantity(found)
    within = abs(lead.nominal_value) < lead.std_dev
    return Compared(claim, found, reached, within, said)


def figure(claim: Claim, design: NominalDesign, kept: Record | ArrayRecord) -> "UFloat | None":
    """The simulated value of the figure of a claim; None where it is not known."""
    if isinstance(kept, ArrayRecord):
        known = {"enhancement": kept.enhancement, "detuning": kept.detuning}
        return known.get(claim.figure)
    if claim.figure == "purcell":
        return quantity(*kept.purcell)
    if claim.figure == "collection":
        return kept.share(claim.na or design.na, design.direction)
    if claim.figure == "radiated_share" and kept.far is not None:
        return quantity(*kept.far)
    if claim.figure == "radiated_share":
        return 1 - quantity(*kept.absorbed) / quantity(*kept.purcell)
    if not kept.modes:
        return None
    mode = kept.modes[0]
    if claim.figure == "quality":
        return quantity(*mode.quality)
    return quantity(*mode.volume) if mode.volume is not None and mode.is_confined else None


def judgement(design: NominalDesign, kept: Record | ArrayRecord | None) -> str:
    """In one sentence: performance matched, or what there is instead."""
    if kept is None and design.parts:
        return f"Simulated in parts, so that no match is claimed. {design.gap}".strip()
    if kept is None:
        return f"Not simulated. {design.not_simulated}".strip()
    missed = [one for one in compare(design, kept) if not one.reached]
    if isinstance(kept, Record) and not balanced(kept):
        share = kept.absorbed[0] / kept.purcell[0]
        return (
            f"Its powers do not add up (absorbed {share:.0%} of all), so that nothing is claimed. "
            f"{design.gap}"
        ).strip()
    if not kept.converged:
        return f"Not converged, so that nothing is claimed. {design.gap}".strip()
    if design.literature is None:
        return f"No comparable figure of the literature is known to us. {design.gap}".strip()
    if missed:
        said = ", ".join(one.claim.symbol for one in missed)
        return f"Not matched in {said}. {design.gap}".strip()
    if isinstance(kept, Record) and kept.exact:
        return f"Performance matched, {EXACT}. {design.gap}".strip()
    if kept.fidelity != "fine":
        return (
            f"The figures are reached at `{kept.fidelity}`, on one grid: unverified, so that no "
            f"match is claimed. {design.gap}"
        ).strip()
    doubtful = ", ".join(one.claim.symbol for one in compare(design, kept) if one.within)
    but = f", in {doubtful} only within its uncertainty" if doubtful else ""
    return f"Performance matched{but}. {design.gap}".strip()


def balanced(kept: Record | ArrayRecord) -> bool:
    """Whether no more is radiated than the dipole gives, within 2 % of it.

    In a plane wave that is one of the checks.
    """
    if isinstance(kept, ArrayRecord):
        return True
    return kept.absorbed[0] >= -0.02 * kept.purcell[0]


def standing(design: NominalDesign, kept: Record | ArrayRecord | None) -> Standing:
    """Whether the kept figures are those of today's design, plan and solver."""
    from cqdphotonics.fdtd.job import SOLVER_VERSION

    if kept is None:
        return "not simulated"
    if kept.subject != design.subject:
        return "other design"
    if isinstance(kept, ArrayRecord):
        return "current" if _planned(array_plan(design, kept.fidelity).jobs, kept) else _OTHER
    if kept.exact:
        return "current" if _still_exact(design, kept) else _OTHER
    if kept.solver_version != SOLVER_VERSION:
        return "earlier solver"
    return "current" if _planned(design.plan(kept.fidelity).jobs, kept) else _OTHER


def _still_exact(design: NominalDesign, kept: Record) -> bool:
    """Whether the integral says today what was kept: it takes no time to see."""
    from cqdphotonics.fdtd import plane_films

    found = plane_films.exact(design.scene(), design.wavelength)
    return found is not None and abs(kept.purcell[0] / found.total - 1) < _KEPT_DIGITS


def _planned(jobs: Sequence[Any], kept: Record | ArrayRecord) -> bool:
    """Whether these are the jobs that were run, but for the last digits of a metal's fit.

    Least squares end in other last digits on another processor, and so does a job's hash; then
    grids, cells and numbers of solids (where they were kept) are compared instead.
    """
    if tuple(job.hash for job in jobs) == kept.job_hashes:
        return True
    if not any(medium.poles for job in jobs for medium in job.media.values()):
        return False
    return len(jobs) == len(kept.grids) and all(
        grid["pixels_per_um"] == float(f"{job.resolution:.5g}")
        and grid["voxels"] == job.voxels()
        and grid.get("solids", len(job.solids)) == len(job.solids)
        for grid, job in zip(kept.grids, jobs, strict=True)
    )


SAID: dict[Standing, str] = {
    "current": "",
    "earlier solver": "computed by an earlier solver",
    "other numerics": "computed with other grids, cells, media or theory than today's",
    "other design": "FIGURES OF ANOTHER DESIGN: compute them anew",
    "not simulated": "not simulated",
}
"""What a reader is told where figures are not simply current."""
