"""The page: one table a case, a picture where there are curves, and a summary on top."""

from collections.abc import Sequence
from pathlib import Path

from cqdphotonics.display import format_quantity
from validation.case import Case, Outcome

Done = tuple[Case, Outcome | str, float]

_HEAD = """# Validation

Written by `./run validate` from real runs; nothing here was typed in. Each row is a number that
the program gives, with the uncertainty that it states, against the exact one. *Deviation* is
relative, *limit* what was promised; where there is none, the stated uncertainty has to contain the
exact value. "Unverified" numbers come from a single grid and state no uncertainty. *Time* is what
the simulations of a case took when they were run, on one core of a machine busy with others.
"""


SEEN = frozenset(
    {
        "apertures", "box", "bragg", "cavity", "dielectric-sphere", "gap", "gold-20-parallel",
        "gold-20-perpendicular", "gold-50-parallel", "gold-50-perpendicular",
        "gold-sphere-10-parallel", "gold-sphere-10-perpendicular", "gold-sphere-20-parallel",
        "gold-sphere-20-perpendicular", "half-space", "homogeneous",
        "silver-sphere-20-parallel", "silver-sphere-20-perpendicular", "sphere-modes",
    }
)  # fmt: skip
"""Cases whose exact values were known when the rules of the uncertainties were chosen: the floors
of .2 and 1 %, those of 1.5, 5 and 10 % at metals, that of a collection, the way to a limit counted
whole, twice a change of Q, grids that scatter. They are no independent test of them."""


def write_page(done: Sequence[Done], target: Path) -> None:
    """Write the page to `target` and its pictures to ``pictures/`` beside it.

    A case without an outcome keeps what an earlier page says of it, which is marked.
    """
    kept = _kept(done, target)
    parts = [_HEAD, _summary(done, kept)]
    for case, outcome, seconds in done:
        if case.name in kept:
            parts.append(kept[case.name][1])
        else:
            parts.append(_section(case, outcome, seconds, target.parent / "pictures"))
    target.parent.mkdir(parents=True, exist_ok=True)
    work = target.with_suffix(".tmp")
    work.write_text("\n".join(parts))
    work.replace(target)


_EARLIER = "*From an earlier run: its simulations are not in the store that this page was made of.*"


def _kept(done: Sequence[Done], target: Path) -> dict[str, tuple[str, str]]:
    """Line of the summary and section, by case, of cases that an earlier page has numbers of."""
    old = target.read_text() if target.exists() else ""
    sections = {part.split('"', 1)[0]: part for part in old.split('<a id="')[1:]}
    kept = {}
    for case, outcome, _ in done:
        part = sections.get(case.name, "")
        if not isinstance(outcome, str) or "| quantity |" not in part:
            continue
        line = next(each for each in old.splitlines() if f"(#{case.name}) |" in each)
        body = part.rstrip().removesuffix(_EARLIER).rstrip()
        kept[case.name] = (line, f'<a id="{body}\n\n{_EARLIER}\n')
    return kept


def _summary(done: Sequence[Done], kept: dict[str, tuple[str, str]]) -> str:
    rows = [row for _, outcome, _ in done if isinstance(outcome, Outcome) for row in outcome.rows]
    stated = [row for row in rows if row.stated]
    covered = sum(row.contained for row in stated)
    passed = sum(row.passed for row in rows)
    lines = ["## Summary", ""]
    if rows:
        lines.append(f"- {passed} of {len(rows)} numbers of this run pass.")
    if stated:
        lines.append(
            f"- Of the {len(stated)} numbers that state an uncertainty, it contains the exact "
            f"value in {covered} ({covered / len(stated):.0%})."
        )
        fresh = [
            row
            for case, outcome, _ in done
            if isinstance(outcome, Outcome) and case.name not in SEEN
            for row in outcome.rows
            if row.stated
        ]
        lines.append(
            f"- How uncertainties are made was settled with {len(SEEN)} of the cases in view "
            f"({', '.join(sorted(SEEN))}). The others are the independent test: "
            f"{sum(row.contained for row in fresh)} of {len(fresh)} contained."
        )
    if kept:
        lines.append(f"- Kept from an earlier run and not counted above: {', '.join(kept)}.")
    broken = [
        case.name for case, outcome, _ in done if isinstance(outcome, str) and case.name not in kept
    ]
    if broken:
        lines.append(f"- No number yet from: {', '.join(broken)}.")
    lines += ["", "| case | numbers | pass | largest deviation | contained | time |"]
    lines += ["|---|---|---|---|---|---|"]
    for case, outcome, seconds in done:
        if case.name in kept:
            lines.append(kept[case.name][0])
            continue
        if isinstance(outcome, str):
            lines.append(f"| [{case.title}](#{case.name}) | 0 | none | | | |")
            continue
        own = [row for row in outcome.rows if row.stated]
        contained = f"{sum(row.contained for row in own)} of {len(own)}" if own else "unverified"
        worst = max(abs(row.deviation) for row in outcome.rows)
        good = sum(row.passed for row in outcome.rows)
        verdict = "all" if good == len(outcome.rows) else f"**{good}**"
        lines.append(
            f"| [{case.title}](#{case.name}) | {len(outcome.rows)} | {verdict} | {worst:.1%} | "
            f"{contained} | {_time(seconds)} |"
        )
    return "\n".join(lines) + "\n"


def _section(case: Case, outcome: Outcome | str, seconds: float, pictures: Path) -> str:
    lines = [f'<a id="{case.name}"></a>', "", f"## {case.title}", ""]
    lines.append(f"Against {case.against}. {case.remark}".rstrip())
    lines.append("")
    if isinstance(outcome, str):
        lines += [f"**No number**: {outcome}", ""]
        return "\n".join(lines)
    lines += ["| quantity | ours | exact | deviation | limit | |", "|---|---|---|---|---|---|"]
    for row in outcome.rows:
        limit = "contained" if row.limit is None else f"{row.limit:.1%}"
        verdict = "pass" if row.passed else "**MISSED**"
        outside = "" if not row.stated or row.contained else ", outside ±u"
        lines.append(
            f"| {row.quantity} | {format_quantity(row.ours)} | {row.exact:.4g} | "
            f"{row.deviation:+.2%} | {limit} | {verdict}{outside} |"
        )
    lines += ["", f"Time: {_time(seconds)}.", ""]
    lines += [f"{remark}\n" for remark in outcome.remarks]
    if outcome.curves:
        name = f"validation_{case.name}.png"
        _draw(outcome, case.title, pictures / name)
        lines += [f"![{case.title}](pictures/{name})", ""]
    return "\n".join(lines)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"


def _draw(outcome: Outcome, title: str, target: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4), constrained_layout=True)
    for number, curve in enumerate(outcome.curves):
        colour = f"C{number}"
        axes.plot(curve.wavelength * 1e3, curve.exact, "-", color=colour, lw=1)
        axes.errorbar(
            curve.wavelength * 1e3, curve.ours, curve.spread, fmt="o", ms=4, capsize=3,
            color=colour, label=curve.label,
        )  # fmt: skip
    values = [v for curve in outcome.curves for v in (*curve.ours, *curve.exact)]
    if min(values) > 0 and max(values) > 20 * min(values):
        axes.set_yscale("log")
    axes.set(xlabel="vacuum wavelength (nm)", ylabel="power / power in the homogeneous host")
    axes.set_title(f"{title}\nlines: exact; points: ours", fontsize=10)
    axes.legend(fontsize=8, frameon=False)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110)
    plt.close(figure)
