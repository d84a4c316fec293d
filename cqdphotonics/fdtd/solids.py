"""The solids and slabs that a scene is made of: plain frozen data that any solver can draw.

Every patterned solid is a shape in the plane, drawn out from `zmin` to `zmax`. Where the
sidewalls are not vertical, the shape is the cross-section **at mid-height**, and at height z
every edge is moved outward by ``(z_mid - z) * tan(sidewall_angle)``: a positive angle narrows
the solid towards the top. A hole in a film with angle +a is a solid of the filling medium with
angle -a.

Lengths are in µm, angles of rotation in rad, sidewall angles in degrees from the vertical.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import atan2, cos, hypot, inf, pi, radians, sin, sqrt, tan
from typing import Literal

Point = tuple[float, float]
Bounds = tuple[float, float, float, float]
Axis = Literal["x", "y"]


@dataclass(frozen=True)
class Slab:
    """A film without pattern: everything between `zmin` and `zmax`; ±inf for a half-space."""

    zmin: float
    zmax: float
    material: str


@dataclass(frozen=True)
class Disc:
    """A circular cylinder or, with a sidewall angle, a truncated cone."""

    centre: Point
    radius: float
    zmin: float
    zmax: float
    material: str
    sidewall_angle: float = 0.0

    @property
    def bounds(self) -> Bounds:
        """(xmin, ymin, xmax, ymax) at mid-height."""
        (x, y), r = self.centre, self.radius
        return (x - r, y - r, x + r, y + r)

    def contains(self, x: float, y: float, z: float) -> bool:
        """Whether the point lies inside or on the surface."""
        if not self.zmin <= z <= self.zmax:
            return False
        reach = self.radius + _outward(self, z)
        return reach >= 0 and hypot(x - self.centre[0], y - self.centre[1]) <= reach

    def mirrored(self, axis: Axis, about: Point) -> "Disc":
        """The solid after reversing coordinate `axis` about a point."""
        return replace(self, centre=_mirror_point(self.centre, axis, about))

    def grown(self, amount: float) -> "Disc":
        """The solid with every edge moved outward by `amount`."""
        return replace(self, radius=self.radius + amount)


@dataclass(frozen=True)
class Ellipse:
    """An elliptic cylinder; `angle` turns the first semi-axis from x towards y."""

    centre: Point
    semi_axes: Point
    angle: float
    zmin: float
    zmax: float
    material: str
    sidewall_angle: float = 0.0

    @property
    def bounds(self) -> Bounds:
        """(xmin, ymin, xmax, ymax) at mid-height."""
        (x, y), (a, b) = self.centre, self.semi_axes
        c, s = cos(self.angle), sin(self.angle)
        dx, dy = hypot(a * c, b * s), hypot(a * s, b * c)
        return (x - dx, y - dy, x + dx, y + dy)

    def contains(self, x: float, y: float, z: float) -> bool:
        """Whether the point lies inside or on the surface."""
        if not self.zmin <= z <= self.zmax:
            return False
        u, v = _local(self.centre, self.angle, x, y)
        a, b = (half + _outward(self, z) for half in self.semi_axes)
        return a > 0 and b > 0 and (u / a) ** 2 + (v / b) ** 2 <= 1

    def mirrored(self, axis: Axis, about: Point) -> "Ellipse":
        """The solid after reversing coordinate `axis` about a point."""
        return replace(
            self, centre=_mirror_point(self.centre, axis, about), angle=_half_turn(-self.angle)
        )

    def grown(self, amount: float) -> "Ellipse":
        """The solid with both semi-axes longer by `amount`."""
        a, b = self.semi_axes
        return replace(self, semi_axes=(a + amount, b + amount))


@dataclass(frozen=True)
class Box:
    """A cuboid; `angle` turns its first side from x towards y."""

    centre: Point
    size: Point
    angle: float
    zmin: float
    zmax: float
    material: str
    sidewall_angle: float = 0.0

    @property
    def corners(self) -> tuple[Point, ...]:
        """The four corners at mid-height, going round."""
        (x, y), (a, b) = self.centre, (self.size[0] / 2, self.size[1] / 2)
        c, s = cos(self.angle), sin(self.angle)
        return tuple(
            (x + u * c - v * s, y + u * s + v * c) for u, v in ((-a, -b), (a, -b), (a, b), (-a, b))
        )

    @property
    def bounds(self) -> Bounds:
        """(xmin, ymin, xmax, ymax) at mid-height."""
        (x, y), (a, b) = self.centre, (self.size[0] / 2, self.size[1] / 2)
        c, s = abs(cos(self.angle)), abs(sin(self.angle))
        dx, dy = a * c + b * s, a * s + b * c
        return (x - dx, y - dy, x + dx, y + dy)

    def contains(self, x: float, y: float, z: float) -> bool:
        """Whether the point lies inside or on the surface."""
        if not self.zmin <= z <= self.zmax:
            return False
        u, v = _local(self.centre, self.angle, x, y)
        out = _outward(self, z)
        return abs(u) <= self.size[0] / 2 + out and abs(v) <= self.size[1] / 2 + out

    def mirrored(self, axis: Axis, about: Point) -> "Box":
        """The solid after reversing coordinate `axis` about a point."""
        return replace(
            self, centre=_mirror_point(self.centre, axis, about), angle=_half_turn(-self.angle)
        )

    def grown(self, amount: float) -> "Box":
        """The solid with every face moved outward by `amount`."""
        return replace(self, size=(self.size[0] + 2 * amount, self.size[1] + 2 * amount))


@dataclass(frozen=True)
class Prism:
    """Any simple polygon drawn out; `vertices` go round once, without repeating the first."""

    vertices: tuple[Point, ...]
    zmin: float
    zmax: float
    material: str
    sidewall_angle: float = 0.0

    @property
    def bounds(self) -> Bounds:
        """(xmin, ymin, xmax, ymax) at mid-height."""
        xs, ys = [v[0] for v in self.vertices], [v[1] for v in self.vertices]
        return (min(xs), min(ys), max(xs), max(ys))

    def contains(self, x: float, y: float, z: float) -> bool:
        """Whether the point lies inside, by crossing number of the shape at that height."""
        if not self.zmin <= z <= self.zmax:
            return False
        shape = self.grown(_outward(self, z)).vertices
        inside = False
        for (x0, y0), (x1, y1) in zip(shape, shape[1:] + shape[:1], strict=True):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                inside = not inside
        return inside

    def mirrored(self, axis: Axis, about: Point) -> "Prism":
        """The solid after reversing coordinate `axis` about a point."""
        points = [_mirror_point(vertex, axis, about) for vertex in self.vertices]
        return replace(self, vertices=tuple(reversed(points)))

    def grown(self, amount: float) -> "Prism":
        """The solid with every edge moved outward by `amount`, corners kept sharp."""
        if amount == 0:
            return self
        return replace(self, vertices=_offset(self.vertices, amount))


Solid = Disc | Ellipse | Box | Prism
"""A patterned solid."""


def _outward(solid: Solid, z: float) -> float:
    """How far the edges lie outside the drawn shape at height `z`."""
    if solid.sidewall_angle == 0:
        return 0.0
    return (0.5 * (solid.zmin + solid.zmax) - z) * tan(radians(solid.sidewall_angle))


def _mirror_point(point: Point, axis: Axis, about: Point) -> Point:
    x, y = point
    return (2 * about[0] - x, y) if axis == "x" else (x, 2 * about[1] - y)


def _half_turn(angle: float) -> float:
    """The angle brought into (-π/2, π/2]: ellipses and boxes repeat after half a turn."""
    folded = (angle + pi / 2) % pi - pi / 2
    return pi / 2 if folded == -pi / 2 else folded


def _local(centre: Point, angle: float, x: float, y: float) -> Point:
    dx, dy = x - centre[0], y - centre[1]
    return (dx * cos(angle) + dy * sin(angle), dy * cos(angle) - dx * sin(angle))


def _offset(vertices: Sequence[Point], amount: float) -> tuple[Point, ...]:
    """Vertices of a polygon whose edges are moved outward, whichever way it is wound."""
    count = len(vertices)
    twice_area = sum(
        vertices[i - 1][0] * vertices[i][1] - vertices[i][0] * vertices[i - 1][1]
        for i in range(count)
    )
    sign = 1.0 if twice_area > 0 else -1.0
    moved = []
    for i in range(count):
        (ax, ay), (bx, by), (cx, cy) = vertices[i - 1], vertices[i], vertices[(i + 1) % count]
        first, second = atan2(by - ay, bx - ax), atan2(cy - by, cx - bx)
        turn = second - first
        # The mitre: both edges shift by `amount`, their crossing by this vector.
        stretch = 1 + cos(turn)
        if abs(stretch) < 1e-9:  # the outline doubles back; such a spike has no mitre
            stretch = sqrt(2) * 1e-4
        nx = sign * (sin(first) + sin(second)) / stretch
        ny = -sign * (cos(first) + cos(second)) / stretch
        moved.append((bx + amount * nx, by + amount * ny))
    return tuple(moved)


def bounds_of(solids: Sequence[Solid]) -> Bounds:
    """The smallest (xmin, ymin, xmax, ymax) around all `solids`; empty for none."""
    if not solids:
        return (inf, inf, -inf, -inf)
    boxes = [solid.bounds for solid in solids]
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
