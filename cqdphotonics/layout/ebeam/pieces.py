"""Shapes cut into pieces that can have doses of their own.

The cuts are those of a quadtree: squares that halve where the energy still differs from what it
should be. Large shapes stay in large pieces, and small ones appear at tight curves only.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cqdphotonics.errors import GeometryError
from cqdphotonics.layout.ebeam.energy import Polygons
from cqdphotonics.layout.ebeam.outlines import rings

Square = tuple[int, int, int]
"""Left, bottom and side in steps of the shot grid."""

MOST = 300_000
"""So many pieces fit in memory and are computed in minutes."""

MANY_EDGES = 24


@dataclass(frozen=True, eq=False)
class Piece:
    """One polygon inside one square of the quadtree."""

    square: Square
    polygon: Any
    edges: NDArray[np.float64]
    """(E, 4) in steps of the shot grid, interior on the left."""


def cut(region: Any, side: int, smallest: int) -> list[Piece]:
    """The pieces of a region in squares of one size, smaller where an outline has many vertices.

    Every edge of a piece is looked at from every point near the piece, so that pieces of few
    edges make a faster computation.

    Parameters
    ----------
    region : klayout.db.Region
        United.
    side, smallest : int
        Of the squares, in steps of the region's grid; for the sake of vertices none becomes
        smaller than `smallest`.

    Raises
    ------
    GeometryError
        There would be more than `MOST`.
    """
    from klayout import db

    pieces: list[Piece] = []
    for polygon in region.each_merged():
        box = polygon.bbox()
        columns = range(box.left // side, -(-box.right // side))
        rows = range(box.bottom // side, -(-box.top // side))
        if len(columns) * len(rows) > 50 * MOST:
            raise _too_many()
        whole = db.Region(polygon)
        for column in columns:
            left = column * side
            strip = whole & db.Box(left, box.bottom, left + side, box.top)
            for row in rows:
                pieces += _inside(strip, (left, row * side, side))
            if len(pieces) > MOST:
                raise _too_many()
    done: list[Piece] = []
    while pieces:
        piece = pieces.pop()
        if len(piece.edges) > MANY_EDGES and piece.square[2] >= 2 * smallest:
            pieces += quarter(piece)
        else:
            done.append(piece)
    return done[::-1]


def quarter(piece: Piece) -> list[Piece]:
    """The pieces of a piece in the four quarters of its square."""
    from klayout import db

    left, bottom, side = piece.square
    half = side // 2
    region = db.Region(piece.polygon)
    made: list[Piece] = []
    for x in (left, left + half):
        for y in (bottom, bottom + half):
            made += _inside(region, (x, y, half))
    return made


def _inside(region: Any, square: Square) -> list[Piece]:
    from klayout import db

    x, y, side = square
    part = region & db.Region(db.Box(x, y, x + side, y + side))
    return [
        Piece(square, polygon.dup(), _edges(polygon))
        for polygon in part.each_merged()
        if polygon.area() > 0
    ]


def _edges(polygon: Any) -> NDArray[np.float64]:
    return np.concatenate([np.hstack([ring, np.roll(ring, -1, 0)]) for ring in rings(polygon)])


def polygons(pieces: list[Piece], grid: float) -> Polygons:
    """The pieces as arrays in µm."""
    first = np.concatenate([[0], np.cumsum([len(piece.edges) for piece in pieces])])
    return Polygons(np.concatenate([piece.edges for piece in pieces]) * grid, first)


def _too_many() -> GeometryError:
    return GeometryError(
        f"the correction needs more than {MOST} pieces. Correct one device at a time, or allow a "
        "larger dose_error."
    )
