"""A corrected layer on disk: a layout with a datatype a dose, and the table of doses."""

import csv
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cqdphotonics.errors import InputError, StorageError
from cqdphotonics.layout.keyhole import without_holes

if TYPE_CHECKING:
    from cqdphotonics.layout.ebeam.correction import Correction

FORMATS = {".gds": "GDS2", ".oas": "OASIS"}


def write_correction(correction: "Correction", layout: Any, path: Path) -> tuple[Path, Path]:
    """Write layout and table; see `Correction.write`."""
    from klayout import db

    path = path if path.suffix else path.with_suffix(".gds")
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"'{path}' does not end in .gds or .oas.")
    copy = db.Layout()
    copy.assign(layout)
    for index in copy.layer_indexes():
        for shape in list(copy.top_cell().shapes(index).each()):
            if shape.is_polygon() and shape.holes() > 0:
                shape.polygon = without_holes(shape.polygon)
    options = db.SaveLayoutOptions()
    options.format = FORMATS[path.suffix.lower()]
    options.gds2_write_timestamps = False
    options.gds2_libname = "cqdphotonics"
    options.write_context_info = False
    text = io.StringIO()
    rows = correction.table()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    table = path.with_suffix(".doses.csv")
    _replace(path, bytes(copy.write_bytes(options)))
    _replace(table, text.getvalue().encode())
    return path, table


def _replace(path: Path, content: bytes) -> None:
    """Put a file in its place when it is whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            mask = os.umask(0)
            os.umask(mask)
            temporary.chmod(0o666 & ~mask)  # mkstemp makes the file private
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"'{path}' can't be written: {error.strerror or error}.") from error
