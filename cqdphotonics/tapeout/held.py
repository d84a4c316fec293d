"""Do membranes have something that holds them? What the rule check can't ask without a window."""

from collections.abc import Iterator
from typing import Any

from cqdphotonics.layout.layers import DEVICE, RELEASE
from cqdphotonics.tapeout.assembly import Assembly

_NOTHING = ("air", "vacuum")


def loose_pieces(assembly: Assembly) -> Iterator[str]:
    """A note for each array whose stack is a membrane while no undercut is drawn.

    A rule on floating shapes compares with the window of the undercut. Where a stack has nothing
    below its lowest film and no window is drawn, the rule is silent, and separate pieces of film
    (the rings of a bullseye) would be carried away.
    """
    for array in assembly.file.arrays:
        site = next(s for s in assembly.sites if s.array.name == array.name)
        if site.stack.substrate not in _NOTHING or _pieces(site.cell, RELEASE.number):
            continue
        pieces = _pieces(site.cell, DEVICE.number)
        if pieces == 0:
            continue
        yield (
            f"array {array.name}: the stack {site.stack.name} is a membrane over "
            f"{site.stack.substrate}, and no window of an undercut (layer RELEASE) is drawn. Each "
            f"device has {pieces} separate piece{'s' * (pieces > 1)} of film that nothing on this "
            "mask holds."
        )


def _pieces(cell: Any, number: tuple[int, int]) -> int:
    from klayout import db

    index = cell.kcl.layout.find_layer(*number)
    if index is None:
        return 0
    return int(db.Region(cell.kdb_cell.begin_shapes_rec(index)).merged().count())
