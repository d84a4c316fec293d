"""Rules that compare edges: width, space, notch, holes, enclosure, overlap, slivers.

Distances are Euclidean, between edges that face each other. How much two edges may turn against
each other and still count as facing decides between false alarms and missed faults:

- two **different** polygons: up to 90°, so that a corner that points at a wall is seen;
- inside **one** polygon (width, notch): below 45°. The end of a slim ellipse is a curve whose two
  sides come together; it is no narrow piece. A smooth neck or gap always has parallel tangents
  where it is narrowest. The corner itself, between 45° and 90°, is narrow by its nature, and
  what is sharper is for the rule on acute corners. Short edges, pieces of a curve: `TIP`;
- inside **one** hole: up to 30°, for the same reason, since holes are small.

Holes are measured as what they are, outlines in a polygon, and not as notches.

Vertices lie on the 1 nm grid. A circle whose gap is drawn exactly as wide as allowed comes out up
to a grid step narrower between its rounded vertices: such a gap breaks a rule only if it misses by
more than one step. Between edges along x or y nothing is rounded, and nothing is forgiven.
"""

from collections.abc import Callable
from math import cos, radians
from typing import Any

from cqdphotonics.layout.drc.bench import GROUPED, Bench, Finding, grouped
from cqdphotonics.layout.kits import KitLayer
from cqdphotonics.layout.parameters import GRID

TIP = 15
"""Edges shorter than what is asked for, inside one polygon, face each other up to this angle: they
are pieces of a curve. Opposite sides of a polygon of 16 sides are off by 11° at most."""

BETWEEN, WITHIN, IN_HOLE = 90, 45, 30
"""Largest angle in degrees between two edges that face each other; see above."""


def width(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """The narrowest pieces of what is drawn."""
    pairs = bench.merged(layer).width_check(_dbu(rule), *_options(WITHIN))
    _report(bench, rule, (layer,), pairs, "is only {} wide", within=True)


def space(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """Distances between polygons of one layer or of two."""
    polygons = bench.merged(layer)
    if rule.other is None:
        pairs = polygons.isolated_check(_dbu(rule), *_options(BETWEEN))
        _report(bench, rule, (layer,), pairs, "polygons are only {} apart")
        return
    other = bench.kit.layer(rule.other)
    pairs = polygons.separation_check(bench.merged(other), _dbu(rule), *_options(BETWEEN))
    _report(bench, rule, (layer, other), pairs, "is only {} away")
    for cell, box in _boxes(bench, polygons & bench.merged(other)):
        text = f"{layer.name} overlaps {other.name}; a distance of {rule.minimum:g} µm is asked for"
        bench.add(
            rule, (layer, other), cell, box, text, measured=0.0, allowed=rule.minimum, unit="µm"
        )


def notch(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """Bays between parts of one polygon; its holes have their own rule."""
    outlines = bench.merged(layer).hulls()
    outlines.merged_semantics = False  # a ring's outline holds what lies in the ring
    pairs = outlines.notch_check(_dbu(rule), *_options(WITHIN))
    _report(bench, rule, (layer,), pairs, "a notch is only {} wide", within=True)


def hole_size(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """The narrowest place of each hole."""
    pairs = _holes(bench, layer).width_check(_dbu(rule), *_options(IN_HOLE))
    _report(bench, rule, (layer,), pairs, "a hole is only {} wide", within=True)


def hole_space(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """What is left between two holes."""
    pairs = _holes(bench, layer).isolated_check(_dbu(rule), *_options(BETWEEN))
    _report(bench, rule, (layer,), pairs, "between two holes only {} is left")


def enclosure(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """How far a layer stays inside another."""
    outer = bench.kit.layer(rule.other)
    if bench.surrounds(outer, layer, _dbu(rule)):
        return
    polygons = bench.merged(layer)
    pairs = polygons.enclosed_check(bench.merged(outer), _dbu(rule), *_options(BETWEEN))
    _report(bench, rule, (layer, outer), pairs, f"is only {{}} inside {outer.name}")
    for cell, box in _boxes(bench, polygons - bench.merged(outer)):
        text = f"{layer.name} is outside {outer.name}; {rule.minimum:g} µm inside is asked for"
        bench.add(
            rule, (layer, outer), cell, box, text, measured=0.0, allowed=rule.minimum, unit="µm"
        )


def overlap(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """How far two layers overlap where they do."""
    other = bench.kit.layer(rule.other)
    pairs = bench.merged(layer).overlap_check(bench.merged(other), _dbu(rule), *_options(BETWEEN))
    _report(bench, rule, (layer, other), pairs, f"overlaps {other.name} by only {{}}")


def sliver(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """Strips far below any width: arcs and cut lines that do not meet as they were meant to.

    Nothing is forgiven here: a strip of one grid step is what is looked for.
    """
    polygons = bench.merged(layer)
    for pairs, what in (
        (polygons.width_check(_dbu(rule), *_options(WITHIN)), "a strip {} wide is left over"),
        (polygons.space_check(_dbu(rule), *_options(WITHIN)), "a slit {} wide is left open"),
    ):
        _report(bench, rule, (layer,), pairs, what, forgiven=0.0, within=True)


def _holes(bench: Bench, layer: KitLayer) -> Any:
    holes = bench.merged(layer).holes()
    holes.merged_semantics = False  # the hole of a ring may hold another ring with its hole
    return holes


def _options(angle: float) -> tuple[Any, ...]:
    from klayout import db

    return (False, db.Region.Euclidian, angle, None, None)


def _dbu(rule: Any) -> int:
    return round(rule.minimum / GRID)


def _boxes(bench: Bench, region: Any) -> list[tuple[Any, Any]]:
    return [
        (cell, shape.bbox()) for cell, shapes in bench.by_cell(region) for shape in shapes.each()
    ]


def _report(
    bench: Bench,
    rule: Any,
    layers: tuple[KitLayer, ...],
    pairs: Any,
    text: str,
    forgiven: float = GRID,
    within: bool = False,
) -> None:
    """Group the pairs of edges that are too near to places, and note these."""
    found: list[tuple[Any, list[Finding]]] = []
    for cell, shapes in bench.by_cell(pairs):
        findings = []
        for count, shape in enumerate(shapes.each(), 1):
            pair = shape.edge_pair
            finding = _finding(pair, rule.minimum, forgiven)
            if finding is not None and not (within and _is_tip(pair, rule.minimum)):
                findings.append(finding)
            if count == GROUPED:
                left = shapes.size() - count
                bench.unlisted[rule.name] = bench.unlisted.get(rule.name, 0) + left
                break
        found.append((cell, grouped(findings, _dbu(rule))))
    for cell, findings in found:
        for one in findings:
            measured = one.measured or 0.0
            said = text.format(f"{measured:.4g} µm")
            bench.add(
                rule,
                layers,
                cell,
                one.box,
                f"{layers[0].name} {said}; at least {rule.minimum:g} µm",
                measured=measured,
                allowed=rule.minimum,
                unit="µm",
            )


def _finding(pair: Any, minimum: float, forgiven: float) -> Finding | None:
    distance = distance_between(pair.first, pair.second) * GRID
    straight = all(edge.dx() == 0 or edge.dy() == 0 for edge in (pair.first, pair.second))
    if distance > minimum - (0.0 if straight else forgiven) - 1e-9:
        return None
    return Finding(pair.bbox(), distance)


def _is_tip(pair: Any, minimum: float) -> bool:
    """Whether two short edges come together: the end of something round, no narrow piece."""
    a, b = pair.first, pair.second
    if max(a.length(), b.length()) * GRID >= minimum:
        return False
    if a.length() * b.length() == 0:  # cut down to a point where the distance falls below
        return False
    # The edges of a polygon run opposite ways on its two sides.
    cosine = -(a.dx() * b.dx() + a.dy() * b.dy()) / (a.length() * b.length())
    return bool(cosine < cos(radians(TIP)))


def distance_between(a: Any, b: Any) -> float:
    """Shortest distance of two edges in database units; KLayout's own is rounded to whole ones."""
    if a.intersects(b):
        return 0.0
    ends = ((a, b.p1), (a, b.p2), (b, a.p1), (b, a.p2))
    return min(_to_point(edge, point) for edge, point in ends)


def _to_point(edge: Any, point: Any) -> float:
    dx, dy = edge.p2.x - edge.p1.x, edge.p2.y - edge.p1.y
    px, py = point.x - edge.p1.x, point.y - edge.p1.y
    square = dx * dx + dy * dy
    share = 0.0 if square == 0 else min(1.0, max(0.0, (px * dx + py * dy) / square))
    return float(((px - share * dx) ** 2 + (py - share * dy) ** 2) ** 0.5)


RULES: dict[str, Callable[[Bench, Any, KitLayer], None]] = {
    "width": width,
    "space": space,
    "notch": notch,
    "hole_size": hole_size,
    "hole_space": hole_space,
    "enclosure": enclosure,
    "overlap": overlap,
    "sliver": sliver,
}
"""Kind of rule → how it is checked."""
