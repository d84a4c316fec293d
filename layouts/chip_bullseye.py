"""A chip in plain Python: bullseyes of three radii with template holes, marks and labels.

    python layouts/chip_bullseye.py OUT.gds

Everything is a cell in a place. What would overlap is refused; the design rules are checked at
the end. A device of one's own is any gdsfactory cell with an ``emitter`` port.
"""

import sys

from cqdphotonics import components
from cqdphotonics.layout import drc
from cqdphotonics.layout.chip import Chip, Floorplan, OverlayBudget, Placement

PITCH = 100.0  # µm

floorplan = Floorplan(size=(2000, 1500), edge=150, street=100)
overlay = OverlayBudget(mark=0.006, tool=0.008, drift=0.005)  # assumed: put in your machine's
hole = components.template(width=0.04, dot=0.02, overlay=round(overlay.total, 3))


def device(name: str, x: float, y: float, radius: float) -> list[Placement]:
    """A bullseye, the hole over its dot, and its label below."""
    cell = components.bullseye(radius=radius, pitch=0.346, gap=0.15, rings=5, frame=4.0)
    label = components.label(text=f"{name}\nR{1e3 * radius:.0f}", size=8)
    return [
        Placement(name, cell, (x, y), "device", group=name),
        Placement(f"{name} hole", hole, (x, y), "template", keep=0, group=name),
        Placement(f"label {name}", label, (x - 20, y - 25), "label", keep=1),
    ]


def chip() -> Chip:
    """Ten copies of three radii, and a cross in every corner."""
    made = Chip("CQD-PY", floorplan)
    for row, radius in enumerate((0.419, 0.425, 0.431)):
        for column in range(10):
            made = made.with_placements(
                device(
                    f"{'ABC'[row]}{column + 1:02d}",
                    (column - 4.5) * PITCH,
                    (1 - row) * PITCH,
                    radius,
                )
            )
    cross = components.alignment_cross(length=100, width=4)
    left, bottom, right, top = floorplan.usable
    corners = [(x, y) for x in (left + 50, right - 50) for y in (bottom + 50, top - 50)]
    return made.with_placements(
        Placement(f"mark {number}", cross, corner, "mark", keep=20)
        for number, corner in enumerate(corners, 1)
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python layouts/chip_bullseye.py OUT.gds")
    layout = chip().layout()
    written = chip().write(sys.argv[1], layout)
    report = drc.check(layout, "sin-ebeam")
    print(report.table())
    print(f"written to {written}; overlay {1e3 * overlay.total:.1f} nm (one standard deviation)")
    sys.exit(0 if report.clean else 1)
