"""How long a rule check takes: a chip of 10 mm with 10⁴ devices, all rules of `sin-ebeam`.

Run with ``python -m benchmarks.drc``. Target: under a minute on two cores. Two fifths of the
devices are in arrays, two fifths placed one by one in twenty variants, and a fifth is drawn flat
into the top cell, as a tool without cells would leave it.
"""

import os
import tempfile
import time
from pathlib import Path

from klayout import db

from cqdphotonics import components
from cqdphotonics.layout import drc

SIDE = 100
PITCH = 90_000  # nm: 100 × 100 devices on 9 mm


def chip(path: Path) -> None:
    """Write the chip."""
    layout = db.Layout()
    layout.dbu = 0.001
    top = layout.create_cell("CHIP")
    device = layout.layer(1, 0)
    cells = []
    for k in range(10):
        for made in (
            components.bullseye(radius=0.40 + 0.005 * k),
            components.nanobeam(width=0.46 + 0.01 * k),
        ):
            cells.append(layout.create_cell(made.name))
            cells[-1].copy_tree(made.kdb_cell)
    for block, cell in enumerate(cells[:2]):
        corner = db.Trans(0, block * 20 * PITCH)
        right, up = db.Vector(PITCH, 0), db.Vector(0, PITCH)
        top.insert(db.CellInstArray(cell.cell_index(), corner, right, up, SIDE, 20))
    for number in range(40 * SIDE, SIDE * SIDE):
        place = db.Trans(number % SIDE * PITCH, number // SIDE * PITCH)
        cell = cells[number % len(cells)]
        if number < 80 * SIDE:
            top.insert(db.CellInstArray(cell.cell_index(), place))
        else:
            for shape in cell.shapes(device).each():
                top.shapes(device).insert(shape.polygon.transformed(place))
    edge = 500_000
    top.shapes(layout.layer(99, 0)).insert(top.bbox().enlarged(edge, edge))
    layout.write(str(path))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chip.gds"
        chip(path)
        start, cpu = time.perf_counter(), time.process_time()
        report = drc.check(path, "sin-ebeam", threads=2)
        seconds, busy = time.perf_counter() - start, time.process_time() - cpu
    size = report.layout.cell("CHIP").dbbox()
    print(
        f"{SIDE * SIDE} devices on {size.width() / 1e3:.1f} × {size.height() / 1e3:.1f} mm: "
        f"{seconds:.1f} s, {busy:.1f} s of processor time, on {os.cpu_count()} cores with a load "
        f"of {os.getloadavg()[0]:.1f}"
    )
    print(report.table().splitlines()[0])


if __name__ == "__main__":
    main()
