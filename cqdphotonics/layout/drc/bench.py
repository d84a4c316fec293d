"""The layout on the bench: a private copy, its layers as regions, findings by their cell.

A chip is mostly the same few cells many times. Regions are therefore hierarchical (KLayout's
"deep" regions): what happens inside a cell is measured once, wherever it is placed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cqdphotonics.layout.drc.report import Violation
from cqdphotonics.layout.kits import Kit, KitLayer
from cqdphotonics.layout.parameters import GRID

LISTED = 500
"""Places of one rule that are listed; the others are counted."""

GROUPED = 50_000
"""Findings of one rule in one cell that are grouped to places; beyond, the rest is only counted."""


@dataclass(frozen=True)
class Finding:
    """One measured fault in a cell: its box in database units, what was measured."""

    box: Any
    measured: float | None = None


@dataclass
class Bench:
    """What all rules work on, and what they have found.

    `layout` is a copy that may be drawn into.
    """

    layout: Any
    top: Any
    kit: Kit
    threads: int = 2
    violations: list[Violation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unlisted: dict[str, int] = field(default_factory=dict)
    _drawn: dict[str, Any] = field(default_factory=dict)
    _merged: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from klayout import db

        self._store = db.DeepShapeStore()
        self._store.threads = self.threads
        # KLayout would cut large polygons into pieces, and a cut is no edge to measure from.
        self._store.max_vertex_count = 0
        self._store.max_area_ratio = 0.0

    def drawn(self, layer: KitLayer) -> Any:
        """The shapes of a layer as they are drawn."""
        from klayout import db

        if layer.name not in self._drawn:
            index = self.layout.find_layer(*layer.number)
            shapes = (
                db.Region()
                if index is None
                else db.Region(self.top.begin_shapes_rec(index), self._store)
            )
            self._drawn[layer.name] = shapes
        return self._drawn[layer.name]

    def merged(self, layer: KitLayer) -> Any:
        """The polygons of a layer, those that touch united."""
        if layer.name not in self._merged:
            united = self.drawn(layer).merged()
            united.merged_semantics = False  # it is merged: do not look again
            self._merged[layer.name] = united
        return self._merged[layer.name]

    def is_drawn(self, layer: KitLayer) -> bool:
        """Whether there is anything on a layer."""
        return not self.drawn(layer).is_empty()

    def surrounds(self, outer: KitLayer, inner: KitLayer, margin: int = 0) -> bool:
        """Whether `outer` is one rectangle, as floorplans are, with all of `inner` well inside.

        What this answers needs no look at single polygons.
        """
        frame = self.merged(outer)
        box = frame.bbox()
        alone = frame.count() == 1 and frame.area() == box.area()
        return alone and self.drawn(inner).bbox().enlarged(margin, margin).inside(box)

    def by_cell(self, result: Any) -> Iterator[tuple[Any, Any]]:
        """A region or edge pairs → (cell, its shapes), coordinates in the cell."""
        from klayout import db

        if result.is_empty():
            return
        scratch = self.layout.insert_layer(db.LayerInfo())
        try:
            self.layout.insert(self.top.cell_index(), scratch, result)
            for cell in self.layout.each_cell():
                shapes = cell.shapes(scratch)
                if not shapes.is_empty():
                    yield cell, shapes
        finally:
            self.layout.delete_layer(scratch)
            self.__dict__.pop("places", None)  # there may be variants of cells now

    @cached_property
    def places(self) -> dict[int, tuple[int, Any]]:
        """Index of each cell → how often it is placed, and the first placement in the top cell."""
        from klayout import db

        found: dict[int, tuple[int, Any]] = {self.top.cell_index(): (1, db.ICplxTrans())}
        for index in self.layout.each_cell_top_down():
            if index not in found:
                continue
            times, where = found[index]
            for placed in self.layout.cell(index).each_inst():
                count = max(1, placed.na) * max(1, placed.nb) * times
                before = found.get(placed.cell_index)
                if before is None:
                    found[placed.cell_index] = (count, where * placed.cplx_trans)
                else:
                    found[placed.cell_index] = (before[0] + count, before[1])
        return found

    def add(
        self,
        rule: Any,
        layers: Iterable[KitLayer | str],
        cell: Any,
        box: Any,
        text: str,
        *,
        measured: float | None = None,
        allowed: float | None = None,
        unit: str = "",
    ) -> None:
        """Note a violation; `box` in database units of the cell."""
        times, where = self.places.get(cell.cell_index(), (0, None))
        if where is None:
            return
        listed = sum(one.rule == rule.name for one in self.violations[-LISTED:])
        if listed >= LISTED:
            self.unlisted[rule.name] = self.unlisted.get(rule.name, 0) + times
            return
        middle = where * box.center()
        corners = (box.left, box.bottom, box.right, box.top)
        reason = f" ({rule.reason})" if rule.reason else ""
        self.violations.append(
            Violation(
                rule=rule.name,
                kind=rule.kind,
                layers=tuple(str(layer) for layer in layers),
                text=text + reason,
                measured=None if measured is None else round(measured, 6),
                allowed=allowed,
                unit=unit,
                cell=cell.name.split("$VAR")[0],
                box=_four(corners),
                position=(round(middle.x * GRID, 6), round(middle.y * GRID, 6)),
                placements=times,
            )
        )


def grouped(findings: list[Finding], reach: int) -> list[Finding]:
    """One finding for each place: those nearer than `reach` (database units) are one.

    A curved gap is a hundred pairs of short edges; it is one fault, as bad as its worst spot.
    """
    from klayout import db

    if len(findings) < 2:
        return findings
    half = max(1, reach // 2)
    places = list(db.Region([f.box.enlarged(half, half) for f in findings]).each_merged())
    layout = db.Layout()
    shapes = layout.create_cell("PLACES").shapes(layout.insert_layer(db.LayerInfo()))
    number = {}
    for index, place in enumerate(places):
        shapes.insert(place, layout.properties_id({0: index}))
        number[layout.properties_id({0: index})] = index
    groups: dict[int, list[Finding]] = {}
    for finding in findings:
        touched = (
            number[shape.prop_id]
            for shape in shapes.each_touching(finding.box)
            if shape.polygon.inside(finding.box.center())
        )
        groups.setdefault(next(touched, -1), []).append(finding)
    worst = []
    for members in groups.values():
        known = [m for m in members if m.measured is not None]
        one = min(known, key=lambda m: m.measured or 0.0) if known else members[0]
        worst.append(one)
    return sorted(worst, key=lambda f: (f.box.left, f.box.bottom))


def _four(corners: tuple[int, int, int, int]) -> tuple[float, float, float, float]:
    a, b, c, d = (round(corner * GRID, 6) for corner in corners)
    return (a, b, c, d)
