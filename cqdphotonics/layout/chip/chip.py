"""A chip as a value, and the layout that it becomes: the same bytes from the same chip."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cqdphotonics.errors import InputError
from cqdphotonics.layout.chip.floorplan import Floorplan
from cqdphotonics.layout.chip.placing import Placement, check_placements

FORMATS = {".gds": "GDS2", ".oas": "OASIS"}


@dataclass(frozen=True)
class Chip:
    """Cells placed on a floorplan.

    Attributes
    ----------
    name : str
        Of the top cell: letters, digits, ``_`` and ``-``.
    floorplan : Floorplan
        Its outline.
    placements : tuple of Placement
        What lies on it.

    Raises
    ------
    InputError
        A name that can't be that of a cell.
    """

    name: str
    floorplan: Floorplan
    placements: tuple[Placement, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", self.name):
            raise InputError(
                f"'{self.name}' can't be the name of a chip: 1 to 32 letters, digits, _ and -."
            )

    def with_placements(self, more: Iterable[Placement]) -> "Chip":
        """The same chip with more on it."""
        return Chip(self.name, self.floorplan, (*self.placements, *more))

    def check(self) -> None:
        """See that nothing overlaps and all lies in the usable area.

        Raises
        ------
        GeometryError
            With the first faults.
        """
        check_placements(self.placements, self.floorplan.usable)

    def layout(self) -> Any:
        """The chip as a ``klayout.db.Layout``.

        Cells lie in it in the order of their names and hold what a device is (name, settings,
        ports), so that `layout.gdsio.read_component` reads any of them again.

        Raises
        ------
        GeometryError
            If something overlaps.
        """
        self.check()
        return _in_order(self._bytes(), self.name)

    def _bytes(self) -> bytes:
        from klayout import db

        from cqdphotonics.layout.gdsio import gds_bytes
        from cqdphotonics.layout.pdk import activate, quiet

        gf = activate()
        with quiet():
            top = gf.Component()
            try:
                top.name = f"chip_{self.name}"
                self.floorplan.draw(top.kdb_cell)
                for one in self.placements:
                    index = one.cell.cell_index()
                    top.kdb_cell.insert(db.DCellInstArray(index, one.transformation))
                return gds_bytes(top)
            finally:
                top.delete()

    def write(self, path: str | Path, layout: Any = None) -> Path:
        """Write the chip as GDS or OASIS, by the ending of the name.

        Parameters
        ----------
        path : str or Path
            ``.gds`` or ``.oas``.
        layout : klayout Layout, optional
            What `layout` returned, to spare its making.

        Raises
        ------
        InputError
            Another ending.
        GeometryError
            If something overlaps; nothing is written.
        StorageError
            If the file can't be written.
        """
        from cqdphotonics.layout.written import write_file

        path = Path(path)
        if path.suffix not in FORMATS:
            raise InputError(f"'{path}' ends neither in .gds nor in .oas.")
        return write_file(path, layout_bytes(layout or self.layout(), FORMATS[path.suffix]))


def layout_bytes(layout: Any, kind: str) -> bytes:
    """The content of a file of a klayout layout, without dates."""
    from klayout import db

    options = db.SaveLayoutOptions()
    options.format = kind
    options.gds2_write_timestamps = False
    options.gds2_libname = "cqdphotonics"
    options.write_context_info = True
    return bytes(layout.write_bytes(options))


def _in_order(content: bytes, name: str) -> Any:
    """The layout in a GDS file with cells and layers in the order of their names.

    What was drawn before in a process decides in which order its cells lie; it must not decide
    about a file.
    """
    from klayout import db

    source = db.Layout()
    source.read_bytes(content, db.LoadLayoutOptions())
    top = source.top_cells()[0]
    target = db.Layout()
    target.dbu = source.dbu
    infos = sorted(source.layer_infos(), key=lambda info: (info.layer, info.datatype))
    layers = {
        source.layer(info): target.insert_layer(db.LayerInfo(info.layer, info.datatype))
        for info in infos
    }
    cells = sorted(source.each_cell(), key=lambda cell: cell.name)
    new = {}
    for cell in cells:
        wanted = name if cell.cell_index() == top.cell_index() else _printable(cell.name)
        new[cell.cell_index()] = target.create_cell(wanted)
    for cell in cells:
        made = new[cell.cell_index()]
        for old, index in layers.items():
            made.shapes(index).insert(cell.shapes(old))
        for instance in cell.each_inst():
            array = instance.cell_inst.dup()
            array.cell_index = new[instance.cell_index].cell_index()
            made.insert(array)
        made.copy_meta_info(cell)
    for meta in sorted(source.each_meta_info(), key=lambda meta: str(meta.name)):
        target.add_meta_info(meta)
    return target


def _printable(name: str) -> str:
    """A cell's name as every tool reads it; that of a label holds its text, line ends included."""
    return re.sub(r"[^A-Za-z0-9_$.-]", "_", name)
