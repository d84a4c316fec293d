"""The pictures of a report, each from plain data to one inline SVG."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cqdphotonics.codesign.evaluation import Evaluation
from cqdphotonics.codesign.front import StudyFront
from cqdphotonics.codesign.objective import FIGURES
from cqdphotonics.display import nominal, standard_deviation
from cqdphotonics.report.svg import BAD, BEST, FAINT, GOOD, INK, START, drawing, to_svg

STAGE_NAMES = {"start": "start", "sample": "samples", "scaled": "scaled to the wavelength"}
_SEARCH_COLOURS = (BEST, "#8a63a8", "#3f9a9a", "#a8862f")


def spectrum(
    data: Any, emitter_wavelength: float, other: Any | None = None, linewidth: float = 0.0
) -> str:
    """Purcell factor against wavelength, with its parts, its uncertainty and the emitter's line.

    Parameters
    ----------
    data : xarray.Dataset
        Response of the best design.
    emitter_wavelength, linewidth : float
        In µm; the width is drawn where it can be seen.
    other : xarray.Dataset, optional
        Response of the start.
    """
    with drawing(4.9, 3.6) as (figure, axes):
        x = data["wavelength"].values * 1e3
        total = data["purcell"].values
        spread = data["purcell_uncertainty"].values
        axes.plot(x, total, color=BEST, label="best: total")
        if np.nanmax(spread, initial=0.0) > 0:
            axes.fill_between(x, total - spread, total + spread, color=BEST, alpha=0.2, lw=0)
        radiated = sum(data[f"radiated_{side}"].values for side in ("up", "down", "side"))
        axes.plot(x, radiated, color=GOOD, lw=1.2, ls="--", label="best: radiated")
        absorbed = data["absorbed"].values
        if np.nanmax(np.abs(absorbed)) > 0.02 * np.nanmax(total):
            axes.plot(x, absorbed, color=BAD, lw=1.2, ls=":", label="best: absorbed")
        if other is not None:
            axes.plot(
                other["wavelength"].values * 1e3,
                other["purcell"].values,
                color=START,
                lw=1.4,
                label="start: total",
            )
        line = emitter_wavelength * 1e3
        half = linewidth * 1e3 / 2
        if half > 0.002 * (x.max() - x.min()):
            axes.axvspan(line - half, line + half, color=FAINT, alpha=0.3, lw=0)
        axes.axvline(line, color=INK, lw=0.9)
        axes.annotate(
            f"emitter, {line:.1f} nm",
            (line, 0.985),
            xycoords=("data", "axes fraction"),
            xytext=(4, 0),
            textcoords="offset points",
            va="top",
            fontsize=9,
        )
        axes.axhline(1.0, color=FAINT, lw=0.8, ls=":")
        axes.set(xlabel="vacuum wavelength (nm)", ylabel="power / homogeneous medium")
        axes.set_xlim(x.min(), x.max())
        # Room above the curves for legend and label.
        axes.set_ylim(0, 1.3 * axes.dataLim.y1)
        axes.legend(loc="upper left", fontsize=9)
        return to_svg(
            figure,
            "spectrum",
            f"Purcell factor against wavelength; largest {np.nanmax(total):.3g} at "
            f"{x[int(np.nanargmax(total))]:.1f} nm, emitter at {line:.1f} nm.",
        )


def front(found: StudyFront, bound: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """The front of two figures, its proofs with their uncertainties, and what theory allows.

    Parameters
    ----------
    found : StudyFront
        The designs.
    bound : mapping
        Kind of device to points of both figures on the bound of exact theory.
    """
    first, second = found.figures
    with drawing(9.0, 3.8) as (figure, axes):
        for (kind, points), style in zip(bound.items(), ("--", ":"), strict=False):
            if points:
                xs, ys = zip(*sorted(points), strict=True)
                axes.plot(xs, ys, color=FAINT, ls=style, lw=1.3, label=f"bound: {kind}")
        searched = np.array([[nominal(v) for v in d.searched] for d in found.designs])
        axes.plot(
            searched[:, 0], searched[:, 1], "-", drawstyle="steps-post", color=BEST, lw=1.0,
            alpha=0.5,
        )  # fmt: skip
        axes.plot(searched[:, 0], searched[:, 1], "o", ms=4, color=BEST, label="search")
        proven = [d.proven for d in found.designs if d.proven is not None]
        if proven:
            axes.errorbar(
                [nominal(x) for x, _ in proven], [nominal(y) for _, y in proven],
                xerr=[standard_deviation(x) for x, _ in proven],
                yerr=[standard_deviation(y) for _, y in proven],
                fmt="s", ms=5, color=GOOD, capsize=2, label="proof",
            )  # fmt: skip
        labels = [f"{FIGURES[n].label} {FIGURES[n].symbol}" for n in (first, second)]
        axes.set(xlabel=labels[0], ylabel=labels[1])
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.legend(loc="best", fontsize=9)
        return to_svg(
            figure, "front",
            f"Front of {first} against {second}: {len(found.designs)} designs, hypervolume "
            f"{found.hypervolume:.3f}.",
        )  # fmt: skip


def field(data: Any) -> str:
    """Electric energy density in the plane through the dot, structure outlined."""
    x, z = data["x"].values, data["z"].values
    shape = float(np.ptp(z) / np.ptp(x))
    with drawing(4.9, min(max(1.0 + 3.9 * shape, 1.8), 4.5)) as (figure, axes):
        intensity = data["field"].transpose("z", "x").values
        epsilon = data["epsilon"].transpose("z", "x").values
        # The dot's own near field is orders of magnitude brighter than the mode: cut it off.
        ceiling = np.nanpercentile(intensity, 99.5)
        with np.errstate(divide="ignore"):
            level = np.clip(10 * np.log10(intensity / ceiling), -40, 0)
        image = axes.pcolormesh(x, z, level, cmap="magma", shading="nearest", rasterized=True)
        low, high = float(np.nanmin(epsilon)), float(np.nanmax(epsilon))
        if high > low:
            axes.contour(x, z, epsilon, levels=[(low + high) / 2], colors="white", linewidths=0.7)
        axes.set(xlabel="x (µm)", ylabel="z (µm)")
        axes.set_aspect("equal")
        axes.grid(visible=False)
        bar = figure.colorbar(image, ax=axes, pad=0.02)
        bar.set_label("|E|² (dB)")
        bar.outline.set_visible(False)
        return to_svg(
            figure, "field", "Field intensity in a vertical cut through the emitter, logarithmic."
        )


def far_field(data: Any, na: float, direction: str, index: float = 1.0) -> str:
    """Power per solid angle against the angle from the axis, and the collecting cone."""
    with drawing(4.6, 4.0, subplot_kw={"projection": "polar"}) as (figure, axes):
        axes.set_theta_zero_location("N")
        axes.set_theta_direction(-1)
        theta = data["theta"].values
        theta = np.deg2rad(theta) if np.nanmax(theta) > np.pi else theta
        top = 0.0
        for side, sign in (("up", 1.0), ("down", -1.0)):
            power = data["far_field"].sel(direction=side).values
            angle = theta if sign > 0 else np.pi - theta
            order = np.argsort(angle)
            whole = np.concatenate([-angle[order][::-1], angle[order]])
            values = np.concatenate([power[order][::-1], power[order]])
            colour = BEST if side == direction else FAINT
            axes.fill(whole, values, color=colour, alpha=0.25, lw=0)
            axes.plot(whole, values, color=colour, lw=1.6, label=f"{side}ward")
            top = max(top, float(np.nanmax(power)))
        edge = float(np.arcsin(min(na / index, 1.0)))
        for angle in (-edge, edge):
            drawn = angle if direction == "up" else np.pi - angle
            axes.plot([drawn, drawn], [0, top], color=INK, lw=0.9, ls="--")
        axes.set_ylim(0, top * 1.05)
        axes.set_yticklabels([])
        axes.set_thetagrids([0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330])
        axes.set_xticklabels(
            [f"{d}°" for d in (0, 30, 60, 90, 120, 150, 180, 150, 120, 90, 60, 30)]
        )
        axes.spines["polar"].set_visible(False)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=2, fontsize=9)
        return to_svg(
            figure,
            "far-field",
            f"Far field against the angle from the axis; dashed: NA {na:g} {direction}ward.",
        )


def collection(data: Any, na: float, direction: str, other: Any | None = None) -> str:
    """Share of the total power inside each aperture, best and start, both directions."""
    with drawing(4.6, 4.0) as (figure, axes):
        for dataset, colour, name in ((other, START, "start"), (data, BEST, "best")):
            if dataset is None:
                continue
            for side in ("up", "down"):
                here = dataset["collection"].sel(direction=side)
                spread = dataset["collection_uncertainty"].sel(direction=side).values
                axes.errorbar(
                    here["na"].values,
                    here.values,
                    yerr=spread if np.nanmax(spread) > 0 else None,
                    color=colour,
                    lw=1.8 if side == direction else 1.0,
                    ls="-" if side == direction else ":",
                    marker="o" if side == direction else None,
                    ms=3.5,
                    capsize=2,
                    label=f"{name}, {side}ward",
                )
        axes.axvline(na, color=INK, lw=0.9, ls="--")
        axes.set(xlabel="numerical aperture", ylabel="share of all emitted power")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.legend(fontsize=9, loc="upper left")
        value = float(data["collection"].sel(direction=direction).sel(na=na, method="nearest"))
        return to_svg(
            figure, "collection", f"Collected share against NA; {value:.2f} at NA {na:g}."
        )


def history(evaluations: Sequence[Evaluation], symbol: str) -> str:
    """Every evaluation in the order of the search, the best so far, and what failed."""
    with drawing(9.5, 3.2) as (figure, axes):
        numbers = np.arange(1, len(evaluations) + 1)
        values = np.array(
            [np.nan if e.outcome.value is None else e.outcome.value for e in evaluations]
        )
        for stage, colour in _stage_colours(evaluations).items():
            here = np.array([e.stage == stage for e in evaluations])
            label = STAGE_NAMES.get(stage, stage)
            axes.plot(numbers[here], values[here], "o", ms=4.5, color=colour, label=label)
        axes.step(
            numbers,
            np.fmax.accumulate(np.nan_to_num(values, nan=-np.inf)),
            where="post",
            color=INK,
            lw=1.0,
            label="best so far",
        )
        failed = np.isnan(values)
        if failed.any():
            axes.plot(numbers[failed], np.zeros(failed.sum()), "x", color=BAD, ms=6, label="failed")
        axes.set(xlabel="evaluation", ylabel=symbol, ylim=(0, None))
        axes.xaxis.get_major_locator().set_params(integer=True)
        figure.legend(fontsize=9, loc="outside upper center", ncols=7)
        return to_svg(
            figure,
            "history",
            f"Objective of {len(evaluations)} evaluations, {failed.sum()} failed.",
        )


def _stage_colours(evaluations: Sequence[Evaluation]) -> Mapping[str, str]:
    stages = list(dict.fromkeys(e.stage for e in evaluations))
    known = {"start": START, "sample": FAINT, "scaled": GOOD}
    searches = [stage for stage in stages if stage not in known]
    return {
        stage: known.get(stage) or _SEARCH_COLOURS[searches.index(stage) % len(_SEARCH_COLOURS)]
        for stage in stages
    }
