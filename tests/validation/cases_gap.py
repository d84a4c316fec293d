"""A dipole in the gap between two films of metal, against the exact multilayer integral.

The plane limit of a nanopatch: what its numbers are worth where all but the patch's edge counts.
"""

import numpy as np

from cqdphotonics import materials
from cqdphotonics.fdtd.multilayer import dipole_in_multilayer
from validation.case import Bench, Case, Curve, Outcome, response_budget_rows, rows_of
from validation.scenes import planar_scene

WAVELENGTH = 0.63
BAND = 0.1
GAP, PATCH, FILM = 0.016, 0.08, 0.104
"""Thicknesses in µm: all faces on grids of 8, 4 and 2.7 nm."""


def in_gap(bench: Bench, fidelity: str = "fine", limit: float | None = None) -> Outcome:
    """Total power of a vertical dipole in the middle of polymer between silver and gold."""
    films = [("Au", FILM), ("PMMA", GAP), ("Ag", PATCH)]
    scene = planar_scene("SiO2", films, "air", -PATCH - GAP / 2, "z")
    response = bench.simulate(scene, WAVELENGTH, fidelity, bandwidth=BAND)
    band = (WAVELENGTH - BAND / 2, WAVELENGTH + BAND / 2)
    metal = {name: materials.load(name).model(*band) for name in ("Au", "Ag")}
    clear = {name: materials.load(name).index(WAVELENGTH).real for name in ("SiO2", "PMMA", "air")}
    wavelength = response.data["wavelength"].values
    chosen = np.linspace(0, len(wavelength) - 1, 9).round().astype(int)
    exact = [
        dipole_in_multilayer(
            [
                clear["SiO2"],
                complex(metal["Au"].index(w)),
                clear["PMMA"],
                complex(metal["Ag"].index(w)),
                clear["air"],
            ],
            [FILM, GAP, PATCH],
            2,
            GAP / 2,
            w,
            "perpendicular",
        ).total
        for w in wavelength[chosen]
    ]
    curve = Curve(
        f"gap of {GAP * 1e3:.0f} nm, total",
        wavelength[chosen],
        response.data["purcell"].values[chosen],
        response.data["purcell_uncertainty"].values[chosen],
        np.array(exact),
    )
    rows = rows_of(curve, (0, 2, 4, 6, 8), limit, f"F in a gap of {GAP * 1e3:.0f} nm")
    rows += response_budget_rows(response)
    return Outcome(tuple(rows), (curve,), tuple(response.provenance["notes"][-1:]))


CASES = (
    Case(
        "gap",
        f"Vertical dipole in {GAP * 1e3:.0f} nm of polymer between {FILM * 1e3:.0f} nm of gold and "
        f"{PATCH * 1e3:.0f} nm of silver",
        "the exact multilayer integral",
        "full",
        in_gap,
        "Grids with one, two and three pixels between dot and metal, as every dot in such a gap "
        "gets at `fine`. All power goes into the gap's plasmon and into heat. The metals are those "
        "of the causal fits in both.",
    ),
)
"""The cases of this file."""
