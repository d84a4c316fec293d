"""Plane structures: homogeneous media, a perfect cavity, a half-space, a Bragg mirror."""

from dataclasses import replace
from math import floor

import numpy as np
from fdtd_jobs import CONDUCTOR, dielectric, layer, make_job

from cqdphotonics import materials
from cqdphotonics.display import quantity
from cqdphotonics.fdtd.multilayer import dipole_in_multilayer
from cqdphotonics.fdtd.registration import extrapolate
from validation.case import Bench, Case, Outcome, Row
from validation.scenes import planar_scene

WAVELENGTH = 0.6
ORIENTATIONS = {"x": "parallel", "z": "perpendicular"}


def homogeneous(bench: Bench) -> Outcome:
    """F = 1 in SiO2, in both cylindrical formulations and in 3D; host and cell differ."""
    rows = []
    for dipole, cylindrical in (("x", True), ("z", True), ("x", False)):
        scene = planar_scene("SiO2", [], "SiO2", 0.1, dipole, cylindrical=cylindrical)
        if not cylindrical:
            scene = replace(scene, symmetry=replace(scene.symmetry, mirror_z=False))
        response = bench.simulate(scene, WAVELENGTH, "fine" if cylindrical else "draft")
        kind = "cylindrical" if cylindrical else "3D, draft"
        rows.append(Row(f"F, dipole along {dipole}, {kind}", response.purcell, 1.0, 0.01))
    return Outcome(tuple(rows))


def parallel_in_cavity(x: float) -> float:
    """F of a dipole along the mirrors in the middle of a perfect cavity of thickness xλ/n."""
    m = floor(x + 0.5)
    return 3 * m / (4 * x) + (4 * m**3 - m) / (16 * x**3)


CELL = 0.01
"""Relative uncertainty from where the cell ends: what absorbing layers leave in a cavity."""

THICKNESSES = (0.75, 1.0, 1.25, 1.75, 2.0)


def cavity(bench: Bench) -> Outcome:
    """Five thicknesses as five frequencies of one cavity, on three grids in three cells."""
    spectra, spacings = [], []
    for resolution, half_width, side in ((20, 2.2, 1.3), (28, 2.5, 1.5), (36, 2.75, 1.75)):
        job = make_job(
            "x", THICKNESSES, resolution, half_width=half_width, below=0.75, above=0.75,
            pml=1.0, side_pml=side, box=(half_width - 0.25, 0, 0.25, 0.25),
            reference_half_width=1.0,
            media={"host": dielectric(1.0), "mirror": CONDUCTOR},
            solids=(layer("mirror", 0.5, 3.0), layer("mirror", -3.0, -0.5)),
        )  # fmt: skip
        analysis = bench.solve(job)
        spectra.append(analysis.purcell)
        spacings.append(1 / resolution)
        order = 1 / analysis.wavelength
    rows = []
    for i, x in enumerate(order):
        limit, spread, _ = extrapolate([float(s[i]) for s in spectra], spacings)
        # Cells differ, too: what lies between the grids is the least that is not known.
        spread = max(spread, float(np.ptp([s[i] for s in spectra[-2:]])), CELL * limit)
        rows.append(
            Row(f"F, thickness {x:.3g} λ", quantity(limit, spread), parallel_in_cavity(x), 0.02)
        )
    return Outcome(tuple(sorted(rows, key=lambda row: row.quantity)))


def _planar(
    bench: Bench,
    substrate: str,
    films: list[tuple[str, float]],
    height: float,
    limit: float,
    fidelity: str,
) -> Outcome:
    indices = [
        materials.load(name).index(WAVELENGTH).real
        for name in (substrate, *(material for material, _ in films), "vacuum")
    ]
    rows = []
    for dipole, orientation in ORIENTATIONS.items():
        scene = planar_scene(substrate, films, "vacuum", height, dipole)
        response = bench.simulate(scene, WAVELENGTH, fidelity)
        thicknesses = [thickness for _, thickness in films]
        exact = dipole_in_multilayer(
            indices, thicknesses, len(films) + 1, height, WAVELENGTH, orientation
        )
        rows.append(Row(f"F, dipole {orientation}", response.purcell, exact.total, limit))
    return Outcome(tuple(rows))


def half_space(bench: Bench) -> Outcome:
    """A tenth of a micrometre above Si3N4."""
    return _planar(bench, "Si3N4", [], 0.1, 0.01, "fine")


def half_space_draft(bench: Bench) -> Outcome:
    """The same on one coarse grid."""
    return _planar(bench, "Si3N4", [], 0.1, 0.015, "draft")


def bragg(bench: Bench) -> Outcome:
    """Above six quarter-wave pairs on fused silica."""
    pairs = []
    for material in ("SiO2", "TiO2") * 6:
        index = materials.load(material).index(WAVELENGTH).real
        pairs.append((material, round(WAVELENGTH / (4 * index), 6)))
    return _planar(bench, "SiO2", pairs, 0.1, 0.02, "fine")


def apertures(bench: Bench) -> Outcome:
    """Dipole along the plane, in vacuum and 50 nm above glass: shares of all power."""
    rows = []
    for name, substrate in (("vacuum", "vacuum"), ("glass", "SiO2")):
        scene = planar_scene(substrate, [], "vacuum", 0.05, "x")
        chosen = (0.3, 0.5, 0.65, 0.8, 0.9)
        response = bench.simulate(scene, WAVELENGTH, "fine", na=chosen)
        index = materials.load(substrate).index(WAVELENGTH).real
        exact = dipole_in_multilayer([index, 1.0], [], 1, 0.05, WAVELENGTH, "parallel")
        for direction in ("up",) if name == "vacuum" else ("up", "down"):
            for na in chosen:
                rows.append(
                    Row(
                        f"NA {na:g}, {direction}, {name}",
                        response.collection(na, direction),
                        exact.collection(na, direction),
                        0.03,
                    )
                )
    return Outcome(tuple(rows))


CASES = (
    Case("homogeneous", "Dipole in a homogeneous medium", "F = 1", "full", homogeneous),
    Case(
        "cavity", "Perfect planar cavity, dipole along the mirrors", "the closed form", "quick",
        cavity,
    ),
    Case(
        "half-space", "Dipole .1 µm above Si3N4", "the exact multilayer integral", "full",
        half_space,
    ),
    Case(
        "half-space-draft", "Dipole .1 µm above Si3N4, draft", "the exact multilayer integral",
        "quick", half_space_draft,
    ),
    Case(
        "bragg", "Dipole .1 µm above six TiO2/SiO2 pairs", "the exact multilayer integral",
        "full", bragg,
    ),
    Case(
        "apertures", "Share of the power into an aperture, in vacuum and 50 nm above glass",
        "the exact multilayer integral", "full", apertures,
    ),
)  # fmt: skip
