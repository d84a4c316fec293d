"""A dipole over a gold film, against the exact multilayer integral."""

import numpy as np

from cqdphotonics import materials
from cqdphotonics.fdtd.multilayer import dipole_in_multilayer
from validation.case import Bench, Case, Curve, Outcome, response_budget_rows, rows_of
from validation.scenes import planar_scene

WAVELENGTH = 0.65
BAND = 0.1
THICKNESSES = {0.05: 0.05, 0.02: 0.04}
"""Height of the dipole and thickness of the gold, µm."""

ORIENTATIONS = {"z": "perpendicular", "x": "parallel"}


def over_gold(bench: Bench, height: float, dipole: str, fidelity: str = "fine") -> Outcome:
    """Total power 20 or 50 nm above 40 nm (50 nm) of gold on fused silica."""
    thickness = THICKNESSES[height]
    scene = planar_scene("SiO2", [("Au", thickness)], "vacuum", height, dipole)
    response = bench.simulate(scene, WAVELENGTH, fidelity, bandwidth=BAND)
    model = materials.load("Au").model(WAVELENGTH - BAND / 2, WAVELENGTH + BAND / 2)
    glass = materials.load("SiO2").index(WAVELENGTH).real
    data = response.data
    wavelength = data["wavelength"].values
    chosen = np.linspace(0, len(wavelength) - 1, 9).round().astype(int)
    orientation = ORIENTATIONS[dipole]
    exact = [
        dipole_in_multilayer(
            [glass, complex(model.index(w)), 1.0], [thickness], 2, height, w, orientation
        )
        for w in wavelength[chosen]
    ]
    curve = Curve(
        f"{height * 1e3:.0f} nm, {orientation}, total",
        wavelength[chosen],
        data["purcell"].values[chosen],
        data["purcell_uncertainty"].values[chosen],
        np.array([each.total for each in exact]),
    )
    rows = rows_of(curve, (0, 2, 4, 6, 8), 0.05, f"F, {orientation}, {height * 1e3:.0f} nm")
    rows += response_budget_rows(response)
    return Outcome(tuple(rows), (curve,), tuple(response.provenance["notes"][-1:]))


REMARK = (
    "The gold is that of the causal fit in both. The film ends before the absorbing layers; toward "
    "its end the dielectrics beside it are lossy, so that surface plasmons don't come back: what "
    "did would make the deviation ripple along the spectrum. Absorption is measured in the metal "
    "inside of the closed surface; plasmons that pass its side count as leaving."
)


def _case(height: float, dipole: str) -> Case:
    thickness = THICKNESSES[height]
    orientation = ORIENTATIONS[dipole]
    return Case(
        f"gold-{height * 1e3:.0f}-{orientation}",
        f"Dipole {height * 1e3:.0f} nm above {thickness * 1e3:.0f} nm of gold on glass, "
        f"{orientation}",
        "the exact multilayer integral",
        "full",
        lambda bench: over_gold(bench, height, dipole),
        REMARK,
    )


CASES = tuple(_case(height, dipole) for height in THICKNESSES for dipole in "zx")
