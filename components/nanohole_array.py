"""A periodic array of holes in a metal film, one dot in the middle hole."""

from typing import TYPE_CHECKING, Annotated

from cqdphotonics.layout.component import component, new_cell, place_emitter, require_width
from cqdphotonics.layout.layers import METAL
from cqdphotonics.layout.parameters import Range, snap
from cqdphotonics.layout.shapes import ellipse_points, polygon

if TYPE_CHECKING:
    import gdsfactory as gf

SMALLEST = 0.03
"""Narrowest metal in µm between two holes."""


@component(continues="xy")
def nanohole_array(
    period: Annotated[
        float,
        Range(
            0.05,
            5.0,
            "µm",
            "period of the square array",
            "the (1,0) plasmon lies at the period times its index",
        ),
    ] = 0.39,
    radius: Annotated[
        float, Range(0.01, 2.0, "µm", "radius of a hole", "one dot has to fit")
    ] = 0.08,
    half_count: Annotated[
        int,
        Range(0, 20, "", "holes from the middle one to each side", "0 is a single hole"),
    ] = 4,
    frame: Annotated[
        float,
        Range(
            0.1, 20.0, "µm", "metal drawn outside the outermost holes", "the plasmon runs on there"
        ),
    ] = 0.5,
) -> "gf.Component":
    """Square array of nanoholes in a metal film, with one dot in the middle hole.

    From above, with ``half_count = 1``; the metal goes on beyond what is drawn::

        ┌─────────────────────────┐
        |    o       o       o    |
        |    o       ●       o    |      ●: the hole with the dot
        |    o       o       o    |
        └────|<----->|------------┘
              period

    Where ``period = λ / n_spp`` the array couples light into the surface plasmon of order (1, 0),
    n_spp = √(ε_m·ε_d / (ε_m + ε_d)) with ε_d of the glass below or the air above. The default, for
    the plasmon between gold and glass, is near 0.63 µm. The array is finite: what a unit cell would
    say of an endless one, it says with an error that falls with `half_count`.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If less than 30 nm of metal would be left between two holes.
    """
    require_width(
        "the metal between two holes (period - 2·radius)",
        period - 2 * radius,
        SMALLEST,
        "Take a larger period or smaller holes.",
    )
    cell = new_cell()
    numbers = range(-half_count, half_count + 1)
    x = snap(half_count * period + radius + frame)
    for row in numbers:
        # In strips of one row: one outline with all holes has more vertices than GDS allows.
        low = -x if row == -half_count else _between(row - 0.5, period)
        high = x if row == half_count else _between(row + 0.5, period)
        holes = [ellipse_points((radius, radius), (k * period, row * period)) for k in numbers]
        polygon(cell, METAL.number, [(-x, low), (x, low), (x, high), (-x, high)], holes=holes)
    place_emitter(cell)
    cell.info["holes"] = len(numbers) ** 2
    return cell


def _between(row: float, period: float) -> float:
    return snap(row * period)
