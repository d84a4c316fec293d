"""What to check: a component, a file, or KLayout's own objects, as one private layout."""

from pathlib import Path
from typing import Any

from cqdphotonics.errors import FileFormatError, InputError, UnknownNameError
from cqdphotonics.layout.kits import Kit
from cqdphotonics.layout.reading import read_layout


def private_copy(target: Any, kit: Kit, cell: str | None) -> tuple[Any, Any]:
    """A copy of the layout that may be drawn into, and its top cell.

    Raises
    ------
    InputError
        If the file, or the cell in it, does not exist, or `target` is nothing that can be checked.
    FileFormatError
        If it is no layout, or has another database unit than the kit.
    """
    from klayout import db

    if isinstance(target, str | Path):
        layout = read_layout(target, dbu=kit.dbu)
        return layout, _top(layout, cell, f"'{target}'")
    source: Any = getattr(target, "kdb_cell", target)  # of gdsfactory or kfactory
    if isinstance(source, db.Layout):
        source = _top(source, cell, "this layout")
    if not isinstance(source, db.Cell):
        raise InputError(
            f"a {type(target).__name__} can't be checked. Give a component, the path of a GDS or "
            "OASIS file, or a layout or cell of KLayout."
        )
    unit = source.layout().dbu
    if abs(unit / kit.dbu - 1) > 1e-6:
        raise FileFormatError(
            f"the layout has a database unit of {unit:g} µm, the kit {kit.name} one of "
            f"{kit.dbu:g} µm. Save it with that unit."
        )
    layout = db.Layout()
    layout.dbu = unit
    copy = layout.create_cell(source.name)
    copy.copy_tree(source)
    return layout, copy


def _top(layout: Any, name: str | None, what: str) -> Any:
    tops = sorted(cell.name for cell in layout.top_cells())
    if name is None and len(tops) != 1:
        raise InputError(
            f"{what} has {len(tops)} top cells ({', '.join(tops[:20]) or 'none'}). "
            "Name the one meant."
        )
    chosen = name or tops[0]
    if not layout.has_cell(chosen):
        raise UnknownNameError(f"cell in {what}", chosen, [c.name for c in layout.each_cell()])
    return layout.cell(chosen)
