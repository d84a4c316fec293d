"""KLayout's report database (``.lyrdb``) of a report."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cqdphotonics.layout.drc.report import DrcReport


def lyrdb_bytes(report: "DrcReport") -> bytes:
    """The content of the file: a category for each rule, an item for each violation.

    Items are in the coordinates of their cell, as KLayout's browser expects them.
    """
    from klayout import db, rdb

    base = rdb.ReportDatabase(f"{report.cell}, {report.kit}")
    base.description = f"Design rules of the kit {report.kit}"
    base.top_cell_name = report.cell
    base.generator = "cqdphotonics"
    for one in report.violations:
        category = base.category_by_path(one.rule) or base.create_category(one.rule)
        cell = base.cell_by_qname(one.cell) or base.create_cell(one.cell)
        item = base.create_item(cell.rdb_id(), category.rdb_id())
        item.add_value(db.DBox(*one.box))
        item.add_value(one.text)
        if one.placements > 1:
            item.add_value(f"{one.placements} times on the chip")
    for number, note in enumerate(report.notes):
        category = base.category_by_path("note") or base.create_category("note")
        category.description = "What was not measured"
        cell = base.cell_by_qname(report.cell) or base.create_cell(report.cell)
        base.create_item(cell.rdb_id(), category.rdb_id()).add_value(f"{number + 1}: {note}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.lyrdb"
        base.save(str(path))
        return path.read_bytes()
