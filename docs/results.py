"""Keeps the results of the shipped studies and writes ``docs/results.md`` from them.

    .venv/bin/python docs/results.py runs/cspbbr3_bullseye …

Of each directory that ``cqd codesign layouts/NAME.yaml -o runs/NAME`` wrote, what a reader wants
goes to ``layouts/results/NAME``; without arguments only the page is written anew from there.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from cqdphotonics.codesign.clock import sessions_of, told
from cqdphotonics.codesign.directory import StudyDirectory
from cqdphotonics.codesign.result import StudyResult

ROOT = Path(__file__).resolve().parents[1]
LAYOUTS, PAGE = ROOT / "layouts", ROOT / "docs" / "results.md"
KEPT = LAYOUTS / "results"
FILES = ("study.yaml", "result.json", "summary.txt", "report.html", "best.gds", "clock.json")

HEAD = """# What the shipped studies found

Written by `docs/results.py` from the results kept in `layouts/results`; nothing here was typed in
but the remarks. Each study is one file in `layouts/`; its command repeats it. *Time* is by the
clock from an empty directory to the result (`clock.json`), with the load that the machine had when
it began; *simulation* the time of all its simulations one after another. *Random* are designs drawn
evenly between the bounds and simulated as the search does (`python -m benchmarks.random_designs
NAME`).

| study | objective | start | found | random, best (median) of | time | simulation |
|---|---|---|---|---|---|---|
"""

REMARKS = {
    "inp_nanobeam": (
        "The line is a ten-thousandth wide, and a nanometre of a hole's place, which is the grid "
        "of the mask, moves it by up to five: no design of the search came to ring at the dot's "
        "line. What such a beam gives when it is tuned there afterwards is what the summary says "
        "of the start."
    ),
    "cspbbr3_bullseye_robust": "The best proof is not verified: it is on one grid.",
    "cdse_nanopatch": (
        "The search sees the gap of 16 nm with one pixel between dot and metal, the proof with "
        "two: against the exact integral over a plane gap that is 22 % and 7 % too high at .63 µm "
        "(`./run validate gap`). With two free lengths a hundred random designs come close to the "
        "search's eight."
    ),
}
"""What a reader should know of a result beside its numbers."""


def keep(run: Path) -> None:
    """Copy what a reader wants of a finished study in `run`."""
    target = KEPT / run.name
    if not (LAYOUTS / f"{run.name}.yaml").exists():
        raise SystemExit(f"'{run}' is named after no study in layouts/")
    StudyResult.from_directory(run)  # says what is wrong, before anything is copied
    target.mkdir(parents=True, exist_ok=True)
    for name in (*FILES, "random.json"):
        if (run / name).exists() and (run / name).resolve() != (target / name).resolve():
            shutil.copy(run / name, target / name)


def results() -> Iterator[tuple[str, StudyResult]]:
    """The kept results by name, in the order of the alphabet."""
    for folder in sorted(KEPT.iterdir()):
        if (folder / "result.json").exists():
            yield folder.name, StudyResult.from_directory(folder)


def minutes(seconds: float) -> str:
    """A time in words."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def clock(name: str) -> str:
    """How long the study took by the clock, and what the machine did beside."""
    sessions = sessions_of(StudyDirectory(KEPT / name))
    if not sessions or not sessions[-1].finished:
        return "not kept"
    load = max(session.load for session in sessions)
    return told(sessions).replace(" by the clock", "") + f", load {load:.1f}"


def row(name: str, result: StudyResult) -> str:
    """A line of the table."""
    from cqdphotonics.display import format_quantity

    def value(design: object) -> str:
        assessment = getattr(design, "proof", None) or getattr(design, "draft", None)
        if assessment is None:
            return "no number"
        return f"{format_quantity(assessment.objective)}, {assessment.fidelity}"

    random = KEPT / name / "random.json"
    drawn = "not drawn"
    if random.exists():
        said = json.loads(random.read_text())
        drawn = (
            f"{said['best']:.3g} ({said['median']:.2g}) of {said['count']}, where the search "
            f"had {said['found']:.3g}"
        )
    cost = result.cost_seconds + (result.front.seconds if result.front else 0.0)
    start = "misses what is held" if result.start_misses else value(result.start)
    return (
        f"| [{name}](#{name}) | {result.study.symbol} | {start} | {value(result.best)} | {drawn} "
        f"| {clock(name)} | {minutes(cost)} |"
    )


def section(name: str, result: StudyResult) -> str:
    """What is said of one study."""
    folder = f"../layouts/results/{name}"
    mask = f"[mask]({folder}/best.gds), " if (KEPT / name / "best.gds").exists() else ""
    lines = [
        f'<a id="{name}"></a>',
        "",
        f"## {result.study.name}",
        "",
        f"[layouts/{name}.yaml](../layouts/{name}.yaml), repeated by",
        "",
        "```",
        f"./run cqd codesign layouts/{name}.yaml -o runs/{name}",
        "```",
        "",
        "```",
        result.summary,
        "```",
        "",
        f"Kept: [report]({folder}/report.html), {mask}[numbers]({folder}/result.json).",
    ]
    if name in REMARKS:
        lines += ["", REMARKS[name]]
    return "\n".join(lines)


def page() -> str:
    """The whole page."""
    found = list(results())
    table = "\n".join(row(name, result) for name, result in found)
    missing = sorted(
        path.stem
        for path in LAYOUTS.glob("*.yaml")
        if path.stem not in dict(found) and not path.stem.startswith("chip_")
    )
    text = HEAD + table + "\n"
    if missing:
        text += f"\nNo result is kept of: {', '.join(missing)}.\n"
    return text + "\n" + "\n\n".join(section(name, result) for name, result in found) + "\n"


def main() -> None:
    """Keep what is named, then write the page."""
    for argument in sys.argv[1:]:
        keep(Path(argument))
    PAGE.write_text(page())
    print(PAGE)


if __name__ == "__main__":
    main()
