"""Draws ``docs/pictures/ebeam.png``: a nanobeam and a checker before and after correction.

.venv/bin/python docs/ebeam_picture.py
"""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
from klayout import db
from matplotlib import pyplot as plt
from matplotlib.collections import PolyCollection

from cqdphotonics import components
from cqdphotonics.layout import ebeam

TARGET = Path(__file__).parent / "pictures" / "ebeam.png"


def checker(side: float, count: int) -> tuple[Any, Any]:
    """A layout and its cell, a checker of squares of `side` µm."""
    layout = db.Layout()
    layout.dbu = 0.001
    cell = layout.create_cell("checker")
    for i in range(count):
        for j in range(i % 2, count, 2):
            x, y = i * side, j * side
            cell.shapes(layout.layer(1, 0)).insert(db.DBox(x, y, x + side, y + side))
    return layout, cell


def pieces(axes: Any, correction: ebeam.Correction, window: tuple[float, float]) -> None:
    """The pieces of a correction within a window of x, coloured by dose."""
    shapes, doses = [], []
    for first, last, dose in zip(
        correction.polygons.first, correction.polygons.first[1:], correction.piece_doses,
        strict=False,
    ):  # fmt: skip
        ring = correction.polygons.edges[first:last, :2]
        if window[0] <= ring[:, 0].mean() <= window[1]:
            shapes.append(ring)
            doses.append(dose)
    drawn = PolyCollection(shapes, array=np.array(doses), cmap="viridis", ec="face", lw=0.2)
    axes.add_collection(drawn)
    axes.set(xlim=window, ylim=(-0.26, 0.26), aspect="equal", xlabel="x (µm)", ylabel="y (µm)")
    axes.figure.colorbar(drawn, ax=axes, label="dose / base dose", shrink=0.8)


def errors(axes: Any, correction: ebeam.Correction, title: str) -> None:
    """How the relative error of the energy on edges is distributed, before and after."""
    for energy, name, colour in (
        (correction.energy_before, "one dose", "0.6"),
        (correction.energy_after, f"{len(correction.doses)} doses", "#d7301f"),
    ):
        axes.hist(100 * (energy / 0.5 - 1), bins=np.linspace(-17, 17, 137), color=colour,
                  alpha=0.8, label=name, density=True)  # fmt: skip
    axes.axvspan(-2, 2, color="k", alpha=0.07)
    axes.set(xlabel="error of the energy on edges (%)", ylabel="share per %", title=title)
    axes.set_yscale("log")
    axes.legend(fontsize="small")


def draw() -> Path:
    """Compose the picture; returns where it is."""
    beam = ebeam.correct(components.nanobeam(), (1, 0))
    layout, cell = checker(6.0, 12)
    board = ebeam.correct(cell, (1, 0))
    assert layout.dbu == 0.001
    figure, ((a, b), (c, d)) = plt.subplots(2, 2, figsize=(12, 6.4), layout="constrained")
    pieces(a, beam, (-0.12, 0.72))
    a.set_title("doses of a nanobeam (pieces as written)")
    errors(b, beam, f"nanobeam: {100 * beam.error_before:.1f} % → {100 * beam.error_after:.1f} %")

    x = np.linspace(-4, 76, 4001)
    line = np.stack([x, np.full(x.size, 33.0)], 1)
    for corrected, colour, name in ((False, "0.6", "one dose"), (True, "#d7301f", "corrected")):
        c.plot(x, board.energy(line, corrected=corrected), color=colour, lw=1, label=name)
    c.axhline(0.5, color="k", ls=":", lw=1)
    c.set(xlabel="x (µm)", ylabel="absorbed energy", title="across the checker, at y = 33 µm")
    c.legend(fontsize="small", loc="lower left", bbox_to_anchor=(0.0, 0.18))
    errors(d, board, f"checker: {100 * board.error_before:.1f} % → {100 * board.error_after:.1f} %")
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=110)
    return TARGET


if __name__ == "__main__":
    print(draw())
