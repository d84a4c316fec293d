"""Where a resonance would be on an infinitely fine grid, and how sure that is.

Between grids a spectrum hardly changes its shape but moves: a shift of .2 % is nothing to a device
and everything to a number at a fixed wavelength next to a narrow resonance. The spectra of several
grids are therefore compared after they were moved onto each other, and the best one is moved to
where the grids say that it ends (Richardson, with the order that they show).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.optimize import brentq

from cqdphotonics.fdtd.analysis import Analysis, Resonance

SAME_MODE = 0.03
"""Resonances of two grids closer than this (relative) may be the same mode."""

LOWEST_ORDER, HIGHEST_ORDER = 0.9, 3.0
UNSURE = 1 / 3
"""Share of the extrapolation that is its uncertainty where the grids confirm an order."""


@dataclass(frozen=True)
class Registration:
    """How to move the spectra of several grids.

    Attributes
    ----------
    factors : tuple of float
        A feature at λ in reality is at λ · factor on that grid.
    spread : float
        Relative uncertainty of the wavelength of a feature.
    note : str
        What was done, in words; empty for a single grid.
    """

    factors: tuple[float, ...]
    spread: float
    note: str


def register(runs: Sequence[Analysis]) -> Registration:
    """Registration of the spectra of `runs`, coarse to fine, by their strongest common mode."""
    if len(runs) == 1:
        return Registration((1.0,), 0.0, "")
    tracked = _common_mode(runs)
    if tracked is None:
        return Registration(
            (1.0,) * len(runs), 0.0, "no mode common to all grids: spectra compared as they are"
        )
    wavelengths = [mode.wavelength for mode in tracked]
    limit, spread, how = extrapolate(wavelengths, [1 / run.job.resolution for run in runs])
    listed = ", ".join(f"{w:.5f}" for w in wavelengths)
    note = f"resonance at {listed} µm on the grids, at {limit:.5f} ± {spread:.5f} µm {how}"
    return Registration(tuple(w / limit for w in wavelengths), spread / limit, note)


def _common_mode(runs: Sequence[Analysis]) -> list[Resonance] | None:
    """The strongest mode of the finest grid with its image on every other grid."""
    for mode in runs[-1].resonances():
        images = []
        for run in runs[:-1]:
            near = [
                other
                for other in run.resonances()
                if abs(other.wavelength / mode.wavelength - 1) < SAME_MODE
                and 0.5 < other.quality / mode.quality < 2
            ]
            if not near:
                break
            images.append(min(near, key=lambda r: abs(r.wavelength - mode.wavelength)))
        else:
            return [*images, mode]
    return None


def extrapolate(values: Sequence[float], spacings: Sequence[float]) -> tuple[float, float, str]:
    """Limit of `values` as the spacing goes to zero.

    Parameters
    ----------
    values, spacings : sequences
        From the coarsest grid to the finest.

    Returns
    -------
    limit, uncertainty : float
    how : str
        With which order, or why there is none.

    Notes
    -----
    Only where three grids confirm an order between `LOWEST_ORDER` and `HIGHEST_ORDER` is anything
    extrapolated. Where they confirm none, the last value stands, with twice the way that the
    nearest of these orders would have gone as its uncertainty.
    """
    last, step = values[-1], abs(values[-1] - values[-2])
    if len(values) < 3:
        return last, step, "(two grids: not extrapolated)"
    (a, b, c), (ha, hb, hc) = values[-3:], spacings[-3:]
    if step < 1e-6 * abs(last):
        return last, max(step, abs(b - a)), "(converged)"
    if (a - b) * (b - c) <= 0:
        return last, max(abs(a - b), abs(b - c)), "(grids disagree: not extrapolated)"

    def mismatch(order: float) -> float:
        return (a - b) / (b - c) - (ha**order - hb**order) / (hb**order - hc**order)

    low, high = mismatch(LOWEST_ORDER), mismatch(HIGHEST_ORDER)
    if low * high > 0:  # an order that no scheme of ours has is none
        nearest = LOWEST_ORDER if abs(low) < abs(high) else HIGHEST_ORDER
        way = step * hc**nearest / (hb**nearest - hc**nearest)
        return last, 2 * way, "(the grids confirm no order: not extrapolated)"
    order = float(brentq(mismatch, LOWEST_ORDER, HIGHEST_ORDER))
    limit = c - (b - c) * hc**order / (hb**order - hc**order)
    return limit, UNSURE * abs(limit - c), f"extrapolated with order {order:.2f}"
