"""A dipole over a gold film, against the exact multilayer integral."""

import numpy as np
from oracles.multilayer import dipole_in_multilayer

from cqdphotonics import materials
from validation.case import Bench, Case, Curve, Outcome, rows_of
from validation.scenes import planar_scene

WAVELENGTH = 0.65
BAND = 0.1


def over_gold(bench: Bench, height: float, dipole: str, fidelity: str = "fine") -> Outcome:
    """Total power 20 or 50 nm above 40 nm (50 nm) of gold on fused silica."""
    thickness = {0.02: 0.04, 0.05: 0.05}[height]
    scene = planar_scene("SiO2", [("Au", thickness)], "vacuum", height, dipole)
    response = bench.simulate(scene, WAVELENGTH, fidelity, bandwidth=BAND)
    model = materials.load("Au").model(WAVELENGTH - BAND / 2, WAVELENGTH + BAND / 2)
    glass = materials.load("SiO2").index(WAVELENGTH).real
    data = response.data
    wavelength = data["wavelength"].values
    chosen = np.linspace(0, len(wavelength) - 1, 9).round().astype(int)
    orientation = "perpendicular" if dipole == "z" else "parallel"
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
    return Outcome(tuple(rows), (curve,), tuple(response.provenance["notes"][-1:]))


def _both(height: float, dipoles: str = "zx", fidelity: str = "fine"):
    def outcome(bench: Bench) -> Outcome:
        parts = [over_gold(bench, height, dipole, fidelity) for dipole in dipoles]
        return Outcome(
            tuple(row for part in parts for row in part.rows),
            tuple(curve for part in parts for curve in part.curves),
            tuple(remark for part in parts for remark in part.remarks),
        )

    return outcome


REMARK = (
    "The gold is that of the causal fit in both. The film ends before the absorbing layers; toward "
    "its end the dielectrics beside it are lossy, so that surface plasmons don't come back: what "
    "did would make the deviation ripple along the spectrum."
)

CASES = (
    Case("gold-20", "Dipole 20 nm above 40 nm of gold on glass", "the exact multilayer integral",
         "full", _both(0.02), REMARK),
    Case("gold-50", "Dipole 50 nm above 50 nm of gold on glass", "the exact multilayer integral",
         "full", _both(0.05), REMARK),
)  # fmt: skip
