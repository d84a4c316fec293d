"""The Pareto fronts of a `Target` as a picture."""

from pathlib import Path

from scipy.special import logit

from cqdphotonics.errors import StorageError
from cqdphotonics.quantum.target import VISIBLE_EFFICIENCY, Target

_STYLES = (("#0072b2", "-"), ("#d55e00", "-"), ("#d55e00", "--"))
# In the order of their importance: a tick too close to an earlier one is left out.
_TICKS = (0.5, 0.9, 0.1, 0.99, 0.01, 0.999, 1e-3, 1e-4, 1e-5, 1e-6, 0.9999, 0.7, 0.3, 0.97, 0.997)
_TICK_SPACING = 0.055  # of the axis


def plot_target(found: Target, path: Path) -> Path:
    """Draw efficiency against indistinguishability of the three fronts and write a PNG.

    Raises
    ------
    StorageError
        The file can't be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 5.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    made = found.fabrication
    left, right = _range(found)
    bottom = VISIBLE_EFFICIENCY / 2
    wanted = found.indistinguishability
    axes.fill_between(
        [wanted, right], found.efficiency or bottom, 2, color="#009e73", alpha=0.15, label="wanted"
    )
    for front, (colour, line) in zip(found.fronts, _STYLES, strict=True):
        best = [(design.indistinguishability, design.efficiency) for design in front.designs]
        # All that is worse in one of the two can be had as well: draw the border of the reachable.
        border = [(left, best[0][1]), *best, (best[-1][0], bottom)]
        axes.plot(*zip(*border, strict=True), color=colour, linestyle=line, label=front.kind)
        axes.plot(*zip(*best, strict=True), color=colour, linestyle="", marker=".", markersize=5)
    axes.axvline(
        found.bare,
        color="0.4",
        linestyle=":",
        label=f"emitter without a device, I = {found.bare:.2g}",
    )
    axes.set(
        xlabel="indistinguishability I",
        ylabel="efficiency (photons in the output per excitation)",
        yscale="log",
        ylim=(bottom, 1.5),
        title=f"{found.emitter}: γ*/γ = {found.gamma_star / found.gamma:.3g}; "
        f"Q ≤ {made.cavity_q:.3g}, second Q ≤ {made.ring_q:.3g}, V ≥ {made.mode_volume:.3g} (λ/n)³",
    )
    axes.title.set_fontsize(9)
    # logit: I near 1 and I near 0 are equally worth seeing.
    axes.set_xscale("logit")
    axes.set_xlim(left, right)
    ticks = _ticks(left, right)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=8)
    axes.minorticks_off()
    axes.grid(True, which="major", color="0.9", linewidth=0.6)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise StorageError(f"can't write {path}: {error.strerror}.") from None
    return path


def _range(found: Target) -> tuple[float, float]:
    """Where the axis of I begins and ends: the bare emitter and all fronts inside."""
    reached = [design.indistinguishability for front in found.fronts for design in front.designs]
    low = min(found.bare, found.indistinguishability, *reached)
    high = max(found.indistinguishability, *reached)
    return low / 2, 1 - (1 - min(high, 1 - 1e-9)) / 2


def _ticks(left: float, right: float) -> list[float]:
    ends = logit([left, right])
    kept: list[float] = []
    for tick in _TICKS:
        gaps = [abs(logit(tick) - logit(other)) / (ends[1] - ends[0]) for other in kept]
        if left < tick < right and all(gap > _TICK_SPACING for gap in gaps):
            kept.append(tick)
    return sorted(kept)
