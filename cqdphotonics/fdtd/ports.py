"""Optical ports: where guided light enters and leaves a device, and what goes on there.

A port marks the end of the drawing, not of the waveguide: outside of it a straight strip of the
port's width goes on in its film, so that guided light leaves instead of being thrown back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import atan2, cos, radians, sin
from typing import Any

from cqdphotonics.fdtd.polygons import Points, Rectangle

Number = tuple[int, int]

OPTICAL = "optical"
"""Port type of gdsfactory for guided light."""

FAR = 100.0
"""How far (µm) a waveguide is continued: well beyond the edge of any simulation cell."""

_ON_EDGE = 5e-4


@dataclass(frozen=True)
class Port:
    """An optical port.

    Attributes
    ----------
    name : str
        Unique in its device, ``"o1"``.
    centre : (float, float)
        In µm, in the coordinates of the layout.
    direction : (float, float)
        Unit vector along the waveguide, out of the device.
    width : float
        Of the waveguide, in µm.
    layer : (int, int)
        GDS layer of the waveguide.
    """

    name: str
    centre: tuple[float, float]
    direction: tuple[float, float]
    width: float
    layer: Number


def optical_ports(component: Any) -> tuple[Port, ...]:
    """The ports of type ``optical`` of a gdsfactory component, by name."""
    found = []
    for port in component.ports:
        if port.port_type != OPTICAL:
            continue
        x, y = port.dcenter if hasattr(port, "dcenter") else port.center
        turn = radians(float(port.orientation))
        info = port.layer_info
        found.append(
            Port(
                name=str(port.name),
                centre=(_clean(x), _clean(y)),
                direction=(_clean(cos(turn)), _clean(sin(turn))),
                width=_clean(port.width),
                layer=(int(info.layer), int(info.datatype)),
            )
        )
    return tuple(sorted(found, key=lambda port: port.name))


def strip_beyond(port: Port, overlap: float = 0.0) -> Rectangle:
    """The strip that goes on beyond a port, and begins `overlap` (µm) before it."""
    (x, y), (u, v) = port.centre, port.direction
    length, middle = FAR + overlap, (FAR - overlap) / 2
    centre = (_clean(x + u * middle), _clean(y + v * middle))
    if abs(u) < 1e-9:  # along y: without an angle, as other boxes are written
        return Rectangle(centre, (port.width, length), 0.0)
    angle = 0.0 if abs(v) < 1e-9 else atan2(v, u)
    return Rectangle(centre, (length, port.width), angle)


def strips_beyond_edges(hull: Points, axes: str, overlap: float = 0.0) -> Iterator[Rectangle]:
    """What an outline that goes on along `axes` becomes beyond its ends.

    Every side of `hull` that closes it at its ends along one of `axes` is drawn on outwards, and
    begins `overlap` (µm) before it.
    """
    following = [*hull[1:], hull[0]]
    for along, number in (("x", 0), ("y", 1)):
        if along not in axes:
            continue
        across = 1 - number
        for end, outward in (
            (min(p[number] for p in hull), -1.0),
            (max(p[number] for p in hull), 1.0),
        ):
            for one, other in zip(hull, following, strict=True):
                if max(abs(one[number] - end), abs(other[number] - end)) > _ON_EDGE:
                    continue
                width = _clean(abs(one[across] - other[across]))
                centre, size = [0.0, 0.0], [0.0, 0.0]
                centre[number] = _clean(end + outward * (FAR - overlap) / 2)
                size[number] = FAR + overlap
                centre[across] = _clean((one[across] + other[across]) / 2)
                size[across] = width
                yield Rectangle((centre[0], centre[1]), (size[0], size[1]), 0.0)


def reach_across(hull: Points, axis: int, low: float, high: float) -> tuple[float, float]:
    """Smallest and largest coordinate of an outline between `low` and `high` along `axis`.

    The other coordinate is meant: the extent across a beam of the piece of it that is simulated.
    """
    values: list[float] = []
    for one, other in zip(hull, [*hull[1:], hull[0]], strict=True):
        start, end = float(one[axis]), float(other[axis])
        for place in (start, end, low, high):
            inside = low - _ON_EDGE <= place <= high + _ON_EDGE
            if inside and min(start, end) - _ON_EDGE <= place <= max(start, end) + _ON_EDGE:
                share = (place - start) / (end - start) if abs(end - start) > _ON_EDGE else 0.0
                across = 1 - axis
                values.append(float(one[across] + share * (other[across] - one[across])))
                if abs(end - start) <= _ON_EDGE:
                    values.append(float(other[across]))
    return (min(values), max(values)) if values else (0.0, 0.0)


def _clean(value: float) -> float:
    return round(float(value), 9) + 0.0
