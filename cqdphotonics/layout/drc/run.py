"""The check itself: every rule of a kit, on every layer that it is for."""

import os
from pathlib import Path
from typing import Any

from cqdphotonics.layout import kits
from cqdphotonics.layout.drc import edges, polygons, shapes
from cqdphotonics.layout.drc.bench import Bench
from cqdphotonics.layout.drc.report import DrcReport
from cqdphotonics.layout.drc.source import private_copy
from cqdphotonics.layout.kits import Kit

_CHECKS = {**edges.RULES, **polygons.RULES, "duplicate": shapes.duplicate}

_NEEDS_BOTH = {"enclosure", "inside"}
"""Without the other layer there is nothing to be inside of; that is noted, not failed."""


def check(
    target: Any,
    kit: Kit | str | Path = "sin-ebeam",
    *,
    cell: str | None = None,
    threads: int | None = None,
) -> DrcReport:
    """Check a layout against the design rules of a kit.

    Parameters
    ----------
    target : gdsfactory Component, path, klayout Layout or Cell
        What to check, with everything below it. It is not changed.
    kit : Kit, str or Path
        A kit, its name, or the path of its file.
    cell : str, optional
        Name of the cell to check; needed only where there are several top cells.
    threads : int, optional
        Default: the number of cores, at most 8.

    Returns
    -------
    DrcReport
        `clean` where no rule is broken.

    Raises
    ------
    InputError
        If the file, the cell or the kit does not exist.
    FileFormatError
        If the file is no layout, or not in the kit's database unit.
    """
    from klayout import db

    chosen = kit if isinstance(kit, Kit) else kits.load(kit)
    layout, top = private_copy(target, chosen, cell)
    kept = db.Layout()
    kept.assign(layout)
    bench = Bench(layout, top, chosen, threads or min(8, os.cpu_count() or 1))
    name = top.name
    shapes.unknown_layers(bench)
    shapes.malformed(bench)
    for rule in chosen.rules:
        _apply(bench, rule)
    if not any(bench.is_drawn(layer) for layer in chosen.layers):
        bench.notes.append("nothing is drawn on any layer of the kit: nothing was measured.")
    return DrcReport(
        kit=chosen.name,
        cell=name,
        violations=tuple(bench.violations),
        notes=tuple(bench.notes),
        unlisted=dict(bench.unlisted),
        layout=kept,
    )


def _apply(bench: Bench, rule: Any) -> None:
    if rule.kind == "grid":
        polygons.placed_off_grid(bench, rule)
    if rule.kind == "duplicate":
        shapes.duplicate_cells(bench, rule)
    drawn = [layer for layer in bench.kit.layers_of(rule) if bench.is_drawn(layer)]
    if drawn and rule.kind in _NEEDS_BOTH and not bench.is_drawn(bench.kit.layer(rule.other)):
        bench.notes.append(f"{rule.name}: not measured, since nothing is drawn on {rule.other}.")
        return
    for layer in drawn:
        _CHECKS[rule.kind](bench, rule, layer)
