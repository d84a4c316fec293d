"""Rules on whole polygons and their corners: area, angles, grid, what holds them, density."""

from collections.abc import Callable
from math import ceil, pi
from typing import Any

import numpy as np

from cqdphotonics.layout.drc.bench import Bench, Finding, grouped
from cqdphotonics.layout.kits import KitLayer
from cqdphotonics.layout.parameters import GRID

LONG = 20
"""Edges shorter than this (database units) have no direction that rounding has not changed."""


def area(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """Polygons that are too small."""
    least = round(rule.minimum / GRID**2)
    small = bench.merged(layer).with_area(0, least, False)
    for cell, shapes in bench.by_cell(small):
        for shape in shapes.each():
            measured = shape.area() * GRID**2
            text = f"{layer.name} has {measured:.4g} µm²; at least {rule.minimum:g} µm²"
            bench.add(
                rule, (layer,), cell, shape.bbox(), text,
                measured=measured, allowed=rule.minimum, unit="µm²",
            )  # fmt: skip


def angle(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """Edges in directions that are not allowed.

    An edge is right if its end lies within a grid step of where the allowed direction would take
    it: rounding turns short edges.
    """
    for cell, shapes in bench.by_cell(bench.merged(layer)):
        for shape in shapes.each():
            found = []
            for edge in shape.polygon.each_edge():
                away = _turned(edge, rule.step)
                if edge.length() >= LONG and away * edge.length() * pi / 180 > 1.0:
                    found.append(Finding(edge.bbox(), away))
            for one in found:
                text = (
                    f"{layer.name} has an edge {one.measured:.3g}° off the allowed directions, "
                    f"multiples of {rule.step:g}°"
                )
                bench.add(
                    rule, (layer,), cell, one.box, text,
                    measured=one.measured, allowed=rule.step, unit="°",
                )  # fmt: skip


def _turned(edge: Any, step: float) -> float:
    direction = float(np.degrees(np.arctan2(edge.dy(), edge.dx())))
    return abs(direction - step * round(direction / step))


def acute(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """Corners sharper than allowed, of the polygon (convex) and of the space (concave).

    The steps of a few nanometres along a rounded curve are no corners: the angle is measured
    between what lies at least `REACH` away on both sides.
    """
    polygons = bench.merged(layer)
    turn = 180.0 - rule.minimum
    sharp = polygons.corners(-180.0, -turn, 1, True, False) + polygons.corners(
        turn, 180.0, 1, False, True
    )
    for cell, shapes in bench.by_cell(sharp):
        for one in grouped([Finding(shape.bbox()) for shape in shapes.each()], 4):
            text = f"{layer.name} has a corner sharper than {rule.minimum:g}°"
            bench.add(rule, (layer,), cell, one.box, text, allowed=rule.minimum, unit="°")


def grid(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """Vertices off the grid, and cells that are placed so that theirs come to lie off it."""
    step = round(rule.step / GRID)
    if step > 1:
        for cell, shapes in bench.by_cell(bench.merged(layer).grid_check(step, step)):
            for one in grouped([Finding(shape.bbox()) for shape in shapes.each()], step):
                x, y = one.box.center().x * GRID, one.box.center().y * GRID
                text = f"{layer.name} has a vertex at ({x:g}, {y:g}), off the grid"
                bench.add(
                    rule, (layer,), cell, one.box, f"{text} of {rule.step:g} µm",
                    allowed=rule.step, unit="µm",
                )  # fmt: skip


def placed_off_grid(bench: Bench, rule: Any) -> None:
    """Instances turned by other than right angles, or scaled: their vertices are rounded."""
    for index in list(bench.places):
        cell = bench.layout.cell(index)
        for placed in cell.each_inst():
            where = placed.cplx_trans
            if placed.is_complex() and (not where.is_ortho() or abs(where.mag - 1) > 1e-9):
                text = (
                    f"cell {placed.cell.name} is placed turned by {where.angle:g}° and scaled by "
                    f"{where.mag:g}: its vertices lie off the grid"
                )
                bench.add(rule, ("all layers",), cell, placed.bbox(), text)


def floating(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """Polygons of a film that lie wholly where it is undercut."""
    window = bench.kit.layer(rule.other)
    loose = bench.merged(layer).inside(bench.merged(window))
    _each(
        bench, rule, (layer, window), loose,
        f"{layer.name} lies wholly inside {window.name}: nothing holds it",
    )  # fmt: skip


def inside(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """Polygons that must lie in, or touch, those of another layer."""
    other = bench.kit.layer(rule.other)
    if bench.surrounds(other, layer):
        return
    polygons, around = bench.merged(layer), bench.merged(other)
    if rule.touching:
        wrong, text = polygons.not_interacting(around), f"does not touch {other.name}"
    else:
        wrong, text = polygons.not_inside(around), f"is not inside {other.name}"
    _each(bench, rule, (layer, other), wrong, f"{layer.name} {text}")


def hole_pitch(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """Distance from the middle of a hole to that of the next one in its cell.

    Holes with something inside, such as the trenches of a ring, are none: their middles coincide.
    """
    from scipy.spatial import cKDTree

    least = rule.minimum / GRID
    for cell, shapes in bench.by_cell(bench.merged(layer)):
        middles, boxes = [], []
        for shape in shapes.each():
            polygon = shape.polygon
            for number in range(polygon.holes()):
                points = list(polygon.each_point_hole(number))
                xs, ys = [p.x for p in points], [p.y for p in points]
                middles.append(((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2))
                boxes.append((min(xs), min(ys), max(xs), max(ys)))
        if len(middles) < 2:
            continue
        for a, b in sorted(cKDTree(middles).query_pairs(least - 0.5)):
            if _contains(boxes[a], boxes[b]) or _contains(boxes[b], boxes[a]):
                continue
            distance = float(np.hypot(*np.subtract(middles[a], middles[b]))) * GRID
            text = (
                f"{layer.name}: the middles of two holes are {distance:.4g} µm apart; "
                f"at least {rule.minimum:g} µm"
            )
            bench.add(
                rule, (layer,), cell, _box(boxes[a]) + _box(boxes[b]), text,
                measured=distance, allowed=rule.minimum, unit="µm",
            )  # fmt: skip


def _contains(outer: tuple[int, ...], inner: tuple[int, ...]) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[2] >= inner[2]
        and outer[3] >= inner[3]
    )


def _box(corners: tuple[int, ...]) -> Any:
    from klayout import db

    return db.Box(*corners)


def density(bench: Bench, rule: Any, layer: KitLayer) -> None:
    """Covered share of windows."""
    from klayout import db

    polygons = bench.merged(layer)
    frame = bench.drawn(bench.kit.layer(rule.other)).bbox() if rule.other else db.Box()
    if frame.empty():
        frame = polygons.bbox()
    step = round(rule.window / GRID)
    nx, ny = (max(1, ceil(length / step)) for length in (frame.width(), frame.height()))
    if nx * ny > 4_000_000:
        bench.notes.append(
            f"{rule.name}: not measured, since {nx} × {ny} windows are too many. "
            "Take a larger window."
        )
        return
    flat = db.Region(list(polygons.each()))
    covered = flat.rasterize(frame.p1, db.Vector(step, step), nx, ny)
    for j, row in enumerate(covered):
        for i, value in enumerate(row):
            share = value / step**2
            window = db.Box(0, 0, step, step).moved(frame.left + i * step, frame.bottom + j * step)
            whole = window.inside(frame)
            if share > rule.maximum + 1e-9 or (whole and share < rule.minimum - 1e-9):
                limits = f"{rule.minimum:.0%} to {rule.maximum:.0%}"
                text = (
                    f"{layer.name} covers {share:.1%} of a window of {rule.window:g} µm; "
                    f"allowed is {limits}"
                )
                limit = rule.maximum if share > rule.maximum else rule.minimum
                bench.add(rule, (layer,), bench.top, window, text, measured=share, allowed=limit)


def _each(bench: Bench, rule: Any, layers: tuple[KitLayer, ...], region: Any, text: str) -> None:
    for cell, shapes in bench.by_cell(region):
        for shape in shapes.each():
            bench.add(rule, layers, cell, shape.bbox(), text)


RULES: dict[str, Callable[[Bench, Any, KitLayer], None]] = {
    "area": area,
    "angle": angle,
    "acute": acute,
    "grid": grid,
    "floating": floating,
    "inside": inside,
    "hole_pitch": hole_pitch,
    "density": density,
}
"""Kind of rule → how it is checked."""
