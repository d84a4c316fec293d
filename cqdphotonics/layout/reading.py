"""Layout files are read here, and what can't be used is refused before it is walked through."""

import struct
from pathlib import Path
from typing import Any

from cqdphotonics.errors import FileFormatError, InputError
from cqdphotonics.layout.parameters import GRID

VERTICES = 200_000
"""Most vertices of one polygon. A disc of 20 µm has 1000; more is a picture traced by pixels."""

SHAPES = 50_000_000
"""Most shapes when every array is written out: ten such arrays inside one another make 10³⁰."""

LARGEST = 2**31
"""Bytes of a file."""


def read_layout(path: str | Path, *, dbu: float = GRID) -> Any:
    """A GDS or OASIS file as a ``klayout.db.Layout``.

    Parameters
    ----------
    path : str or Path
        The file.
    dbu : float
        The database unit in µm that it must have.

    Raises
    ------
    InputError
        If there is no such file.
    FileFormatError
        If it is damaged or no layout, has another unit, cells that call each other in a circle or
        are missing, or polygons and arrays too large to work with.
    """
    from klayout import db

    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no layout file '{path}'.")
    if path.stat().st_size > LARGEST:
        raise FileFormatError(f"'{path}' is larger than {LARGEST // 2**30} GiB.")
    layout = db.Layout()
    try:
        layout.read(str(path))
    except RuntimeError as error:
        raise FileFormatError(_why_unreadable(path, error)) from None
    if abs(layout.dbu / dbu - 1) > 1e-6:
        raise FileFormatError(
            f"'{path}' has a database unit of {layout.dbu:g} µm; this project works on a grid of "
            f"{dbu:g} µm ({dbu * 1e3:g} nm). Save it with that unit."
        )
    missing = [cell.name for cell in layout.each_cell() if cell.is_ghost_cell()]
    if missing:
        raise FileFormatError(
            f"'{path}' places cells that it does not hold: {', '.join(sorted(missing)[:5])}"
            f"{' …' * (len(missing) > 5)}. Save it again together with them."
        )
    _refuse_giants(layout, path)
    return layout


def _refuse_giants(layout: Any, path: Path) -> None:
    flat: dict[int, int] = {}
    for index in layout.each_cell_bottom_up():
        cell = layout.cell(index)
        total = 0
        for number in layout.layer_indexes():
            shapes = cell.shapes(number)
            total += shapes.size()
            for shape in shapes.each():
                vertices = shape.simple_polygon.num_points() if shape.is_polygon() else 0
                if vertices > VERTICES:
                    info = layout.get_info(number)
                    middle = shape.bbox().center()
                    raise FileFormatError(
                        f"'{path}', cell '{cell.name}': a polygon on {info.layer}/{info.datatype} "
                        f"at ({middle.x * layout.dbu:g}, {middle.y * layout.dbu:g}) µm has "
                        f"{vertices} vertices; at most {VERTICES} can be worked with. "
                        "Leave out vertices, or cut it into pieces."
                    )
        for placed in cell.each_inst():
            count = max(1, placed.na) * max(1, placed.nb)
            total += count * max(1, flat[placed.cell_index])
        flat[index] = total
        if total > SHAPES:
            raise FileFormatError(
                f"'{path}', cell '{cell.name}': its arrays stand for {total:.2g} shapes; at most "
                f"{SHAPES:.2g} can be worked with."
            )


def _why_unreadable(path: Path, error: RuntimeError) -> str:
    text = str(error).splitlines()[0] if str(error) else "no reason is given"
    if "topological_sort" in text:
        circle = _circle(path)
        names = f": {' → '.join(circle)}" if circle else ""
        return (
            f"'{path}' has cells that call each other in a circle{names}. Such a layout has no "
            "end; remove one of these calls."
        )
    return f"'{path}' can't be read as a layout: {text.removesuffix(' in Layout.read')}"


_BGNSTR, _STRNAME, _SNAME = 0x05, 0x06, 0x12


def _circle(path: Path) -> list[str]:
    """Names of cells that call each other in a circle, from the records of a GDS file."""
    calls: dict[str, set[str]] = {}
    here = ""
    with path.open("rb") as file:
        while len(head := file.read(4)) == 4:
            length, kind = struct.unpack(">HBx", head)
            content = file.read(max(0, length - 4))
            if length < 4:
                break
            if kind == _STRNAME:
                here = _name(content)
                calls.setdefault(here, set())
            elif kind == _SNAME:
                calls.setdefault(here, set()).add(_name(content))
    done: set[str] = set()
    for start in calls:
        # Depth first without recursion: a chain of cells may be longer than Python's stack.
        way, ahead = [start], [iter(sorted(calls[start]))]
        while ahead:
            callee = next(ahead[-1], None)
            if callee is None:
                done.add(way.pop())
                ahead.pop()
            elif callee in way:
                return [*way[way.index(callee) :], callee]
            elif callee not in done:
                way.append(callee)
                ahead.append(iter(sorted(calls.get(callee, ()))))
    return []


def _name(content: bytes) -> str:
    return content.rstrip(b"\0").decode("ascii", "replace")
