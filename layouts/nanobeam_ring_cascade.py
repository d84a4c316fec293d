"""What a nanobeam with a ring gains over any single cavity, with g, κ1, J and κ2 as simulated.

All of one encapsulated device, each from the cheapest run that is trusted for it: g and κ1 of the
beam in 3D, J from avoided crossings in the plane, κ2 of the ring in (r, z) and into its bus by
guided modes. Put in your own designs.

    .venv/bin/python layouts/nanobeam_ring_cascade.py -o cascade.png

Prints the rates with where they come from and, for some emitters, the best that beam and ring, the
beam alone and any single cavity give; draws the fronts of I against efficiency, and where, over T1
and γ*, the cascade reaches what no single cavity does. Copy it, and put in your emitters.
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

from cqdphotonics import emitters, nominal
from cqdphotonics.nominal.cascade import SimulatedCascade, front, gain_map, purest

DESIGN, BEAM = "nanobeam_ring_620", "nanobeam_oxide_620"
BRIGHT = 0.1
"""Least share of decays that end as collected photons, for a comparison of I."""

EMITTERS = {
    "CsPbBr3, 4 K": emitters.load("CsPbBr3-4K"),
    "CsPbBr3, T2 = 1 ps": emitters.load("CsPbBr3-4K").with_values(T2=1.0),
    # No T1 with a source: 20 ns is an assumption.
    "InP, 4 K, T1 = 20 ns assumed": emitters.load("InP-ZnSe-ZnS-4K").with_values(
        T1=20000, quantum_yield=0.8
    ),
    "CdSe/CdS, 300 K": emitters.load("CdSe-CdS-300K"),
}
COLOURS = ("#0f6fb4", "#d7301f", "#2b8c4a", "#7b5ea7")


def main() -> None:
    """Print the table, draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("cascade.png"))
    parser.add_argument("--map-points", type=int, default=15, help="of the map, along each axis")
    asked = parser.parse_args()
    design = nominal.load(DESIGN)
    kept = nominal.read_parts(design)
    simulated = SimulatedCascade.of(design, nominal.load(BEAM))
    for name, text in kept.rows() if kept else []:
        print(f"{name}: {text}")

    figure, (left, right) = plt.subplots(1, 2, figsize=(12.5, 5.2), layout="constrained")
    for (name, dot), colour in zip(EMITTERS.items(), COLOURS, strict=True):
        rates = simulated.rates(dot.radiative_rate, dot.gamma - dot.radiative_rate, dot.wavelength)
        cascade, single = rates.cascade(dot.gamma_star), rates.single(dot.gamma_star)
        alone = rates.beam(dot.gamma_star)
        left.plot(*front(cascade), color=colour, lw=2, label=name)
        left.plot(*front(single), color=colour, lw=1.2, ls="--", marker="D", ms=5, mfc="none")
        left.plot(*alone, "o", color=colour, ms=6)
        print(
            f"{name}: g = {rates.g:.3g}, κ1 = {rates.kappa1:.3g}, γ* = {dot.gamma_star:.3g} "
            f"rad/ps; I at efficiency {BRIGHT:g}: beam and ring {purest(cascade, BRIGHT):.3f}, any "
            f"single cavity {purest(single, BRIGHT):.3f}; beam as it is I = {alone[0]:.3f}, "
            f"efficiency {alone[1]:.3f}"
        )
    left.plot([], [], color="0.3", lw=2, label="beam and ring, into the bus")
    left.plot(
        [],
        [],
        color="0.3",
        lw=1.2,
        ls="--",
        marker="D",
        ms=5,
        mfc="none",
        label="any single cavity, all of its light",
    )
    left.plot([], [], "o", color="0.3", label="the beam alone, as it is")
    left.set(xlabel="indistinguishability I", ylabel="efficiency η", xlim=(0, 1), ylim=(0, 1.02))
    left.legend(fontsize=8, loc="lower left")
    left.set_title(f"{DESIGN}: g, κ1 in 3D; J in the plane; κ2 in (r, z)", fontsize=10)

    lifetimes = np.geomspace(20, 2e5, asked.map_points)
    dephasings = np.geomspace(1e-4, 1e2, asked.map_points)
    reached, best = gain_map(simulated, lifetimes, dephasings, design.wavelength, BRIGHT)
    gain = reached - best
    top = max(0.05, float(gain.max()))  # what is lost elsewhere is more, and not the question
    drawn = right.pcolormesh(
        lifetimes, dephasings, gain, cmap="RdBu", vmin=-top, vmax=top, shading="nearest"
    )
    lines = right.contour(lifetimes, dephasings, reached, [0.1, 0.5, 0.9], colors="k",
                          linewidths=0.9)  # fmt: skip
    right.clabel(lines, fmt="I = %g", fontsize=8)
    for (name, dot), colour in zip(EMITTERS.items(), COLOURS, strict=True):
        right.plot(dot.T1, dot.gamma_star, "o", color=colour, mec="k", ms=7, label=name)
    right.set(xscale="log", yscale="log", xlabel="T1 in the host (ps)", ylabel="γ* (rad/ps)",
              xlim=(lifetimes[0], lifetimes[-1]), ylim=(dephasings[0], dephasings[-1]))  # fmt: skip
    right.set_title(f"I of beam and ring − I of the best single cavity, at η ≥ {BRIGHT:g}")
    figure.colorbar(drawn, ax=right, extend="min")
    figure.savefig(asked.output, dpi=110)
    plt.close(figure)
    row, column = np.unravel_index(int(np.argmax(gain)), gain.shape)
    print(
        f"largest gain of I at η ≥ {BRIGHT:g}: {gain.max():.3f} (from {best[row, column]:.3f} to "
        f"{reached[row, column]:.3f}), at T1 = {lifetimes[column]:.3g} ps and γ* = "
        f"{dephasings[row]:.3g} rad/ps; more than .01 in {np.mean(gain > 0.01):.0%} of the map"
    )
    print(asked.output)


if __name__ == "__main__":
    main()
