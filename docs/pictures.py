"""Draws ``docs/pictures/bullseye.png`` from the directory of a finished study.

    ./run demo
    .venv/bin/python docs/pictures.py runs/cspbbr3_bullseye

Layout, field and spectrum are those of the verified best design.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

from cqdphotonics.fdtd import Response
from cqdphotonics.layout import draw_layout, read_component

TARGET = Path(__file__).parent / "pictures" / "bullseye.png"


def draw(run: Path) -> Path:
    """Compose the picture of the study in `run`; returns where it is."""
    response = Response.load(run / "best")
    data = response.data
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(13, 3.6), width_ratios=(1, 1.5, 1.2), layout="constrained"
    )
    draw_layout(read_component(run / "best.gds"), left)
    if (legend := left.get_legend()) is not None:
        legend.remove()
    left.set_title("the mask")

    field = data["field"].transpose("z", "x").values
    decibels = 10 * np.log10(np.maximum(field / field.max(), 1e-6))
    x, z = data["x"].values, data["z"].values
    mesh = middle.pcolormesh(x, z, decibels, vmin=-40, cmap="magma", shading="nearest")
    middle.contour(
        x, z, data["epsilon"].transpose("z", "x").values, levels=[2.5], colors="w", linewidths=0.6
    )
    middle.set_aspect("equal")
    middle.set(xlabel="x (µm)", ylabel="z (µm)", title="|E|² of the dot's emission (dB)")
    figure.colorbar(mesh, ax=middle, orientation="horizontal")

    nanometres = data["wavelength"].values * 1e3
    total, spread = data["purcell"].values, data["purcell_uncertainty"].values
    right.fill_between(nanometres, total - spread, total + spread, alpha=0.3)
    right.plot(nanometres, total)
    right.axvline(response.wavelength * 1e3, color="0.4", linestyle="--", linewidth=1)
    right.set(
        xlabel="vacuum wavelength (nm)",
        ylabel="Purcell factor",
        title="at the dot's line",
    )
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=110)
    return TARGET


if __name__ == "__main__":
    print(draw(Path(sys.argv[1])))
