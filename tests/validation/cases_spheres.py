"""Dipoles beside spheres, against the exact multipole sum."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from fdtd_jobs import dielectric, make_job
from oracles.mie import dipole_at_sphere

from cqdphotonics.fdtd.analysis import Analysis
from cqdphotonics.fdtd.job import Job, SphereSpec, StopSpec
from cqdphotonics.fdtd.metals import extrapolate_spectra
from cqdphotonics.fdtd.planning import medium_spec
from cqdphotonics.fdtd.smoothing import permittivity
from validation.case import Bench, Case, Curve, Outcome, rows_of

RADIUS = 0.04
ORIENTATIONS = {"z": "perpendicular", "x": "parallel"}
BANDS = {"Au": (0.52, 0.7), "Ag": (0.4, 0.58)}
"""Wavelengths (µm) over which the media are fitted and compared."""

COUNT = 7


def sphere_job(metal: str, dipole: str, distance: float, resolution: float, pad: float) -> Job:
    """A sphere of 40 nm below the dipole, in a cell that reaches `pad` µm beyond both."""

    def up(length: float) -> float:
        return ceil(length * resolution - 1e-6) / resolution

    low, high = BANDS[metal]
    frequencies = np.linspace(1 / high, 1 / low, COUNT)
    depth = distance + 2 * RADIUS
    above, below = up(pad), up(pad + depth)
    if round((below - above) * resolution) % 2:
        above += 1 / resolution
    shell = up(pad / 2)
    middle = float(np.mean(frequencies))
    return make_job(
        dipole,
        [float(f) for f in frequencies],
        resolution,
        emission=middle,
        half_width=up(pad + RADIUS),
        below=below,
        above=above,
        pml=up(0.35),
        side_pml=up(0.5),
        box=(up(shell + RADIUS), 0, up(shell + depth), shell),
        media={"host": dielectric(1.0), "metal": medium_spec(metal, 1 / middle, (low, high))},
        spheres=(
            SphereSpec(medium="metal", centre=(0, 0, -(distance + RADIUS)), radius=RADIUS),
        ),
        stop=StopSpec(agreement=2e-3, largest_tail=0.02, interval=4.0, longest=60.0),
        reference_half_width=up(pad),
    )  # fmt: skip


def beside(
    bench: Bench,
    metal: str,
    dipole: str,
    distance: float,
    resolutions: Sequence[float],
    limit: float | None,
) -> Outcome:
    """Total and radiated power on several grids, extrapolated."""
    runs: list[Analysis] = []
    for number, resolution in enumerate(resolutions):
        job = sphere_job(metal, dipole, distance, resolution, 0.3 + 0.02 * number)
        runs.append(bench.solve(job))
    spacings = [1 / resolution for resolution in resolutions]
    total, spread, how = extrapolate_spectra([run.purcell for run in runs], spacings)
    radiated = [sum(run.radiated.values()) for run in runs]
    far, far_spread, _ = extrapolate_spectra(radiated, spacings)
    orientation, wavelength = ORIENTATIONS[dipole], runs[0].wavelength
    medium = runs[0].job.media["metal"]
    exact = [
        dipole_at_sphere(permittivity(medium, 1 / w), RADIUS, distance, w, orientation)
        for w in wavelength
    ]
    curves = (
        Curve(f"{orientation}, total", wavelength, total, spread,
              np.array([each.total for each in exact])),
        Curve(f"{orientation}, radiated", wavelength, far, far_spread,
              np.array([each.radiated for each in exact])),
    )  # fmt: skip
    rows = [
        row
        for curve, name in zip(curves, ("F", "radiated"), strict=True)
        for row in rows_of(curve, range(0, COUNT, 2), limit, f"{name}, {orientation}")
    ]
    finest = [float(run.purcell[COUNT // 2] / exact[COUNT // 2].total - 1) for run in runs]
    remark = (
        f"Dipole {orientation}, {', '.join(f'{r:g}' for r in resolutions)} pixels a µm: total "
        f"{', '.join(f'{d:+.1%}' for d in finest)} off at {wavelength[COUNT // 2]:.3f} µm; {how}."
    )
    return Outcome(tuple(rows), curves, (remark,))


def _case(metal: str, distance: float, resolutions: Sequence[float], limit: float | None) -> Case:
    def outcome(bench: Bench) -> Outcome:
        parts = [beside(bench, metal, d, distance, resolutions, limit) for d in "zx"]
        return Outcome(
            tuple(row for part in parts for row in part.rows),
            tuple(curve for part in parts for curve in part.curves),
            tuple(remark for part in parts for remark in part.remarks),
        )

    name = {"Au": "gold", "Ag": "silver"}[metal]
    return Case(
        f"{name}-sphere-{distance * 1e3:.0f}",
        f"Dipole {distance * 1e3:.0f} nm from a {name} sphere of radius 40 nm",
        "the exact multipole sum (checked against treams)",
        "full",
        outcome,
        "The medium is the causal fit in both. The skin of the sphere is treated as told in "
        "`fdtd/solver/curved.py`.",
    )


CASES = (
    _case("Au", 0.02, (100, 125, 160, 200), 0.05),
    _case("Ag", 0.02, (100, 125, 160, 200), 0.05),
    _case("Au", 0.01, (160, 200, 250), None),
)
