"""Draws ``docs/pictures/placement.png``: dots of a template in a bullseye-like field, and yield.

.venv/bin/python docs/placement_picture.py
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

from cqdphotonics import emitters, placement

TARGET = Path(__file__).parent / "pictures" / "placement.png"


def field(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A Gaussian of 1/e radius 60 nm; in earnest, the map of a simulation."""
    return np.asarray(np.exp(-(x**2 + y**2) / 0.06**2))


def draw() -> Path:
    """Compose the picture; returns where it is."""
    template = placement.Template(
        diameter=0.040, depth=0.012, dot_diameter=0.012, dot_spread=0.001,
        overlay=(0.020, 0.020), loading=1.0,
    )  # fmt: skip
    device = placement.Device(purcell=20.0, collection=0.6, background=1.0)
    wanted = {"indistinguishability": 0.7}
    result = placement.good_share(
        template, field, device, emitters.load("CsPbBr3-4K"), wanted,
        orientation=placement.Orientation(isotropic=0, in_plane=1),
    )  # fmt: skip
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.5), layout="constrained")

    some = slice(0, 2500)
    x, y = result.places[some].T * 1e3
    good = result.good[some]
    left.plot(x[~good], y[~good], ".", ms=2, color="0.7", label="not good")
    left.plot(x[good], y[good], ".", ms=3, color="#d7301f", label="good")
    left.add_patch(plt.Circle((0, 0), 20, fill=False, color="k", lw=1))
    left.set(
        xlabel="x (nm)", ylabel="y (nm)", title="single dots; the nominal hole", aspect="equal"
    )
    left.legend(loc="upper right", fontsize="small")

    edges, shares = result.histogram("indistinguishability", 40)
    middle.stairs(100 * shares, edges, fill=True, color="#2c7fb8")
    middle.axvline(wanted["indistinguishability"], color="k", ls="--", lw=1)
    middle.set(xlabel="indistinguishability", ylabel="share of single dots (%)")
    middle.set_title(f"good: {100 * result.good_of_single.n:.1f} % of single dots")

    numbers = np.arange(1, 31)
    for certainty, style in ((0.5, ":"), (0.95, "-"), (0.99, "--")):
        copies = [result.copies_for(int(k), certainty) for k in numbers]
        right.plot(numbers, copies, style, color="#2c7fb8", label=f"{100 * certainty:.0f} %")
    right.set(xlabel="good devices wanted", ylabel="copies to write", ylim=(0, None))
    right.set_title(f"good: {100 * result.share.n:.1f} % of all sites")
    right.legend(title="certainty")
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=110)
    print(result.share, result.expected(1000), result.copies_for(10))
    return TARGET


if __name__ == "__main__":
    print(draw())
