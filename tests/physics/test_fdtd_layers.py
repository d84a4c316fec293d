"""Dipoles between plane layers, against exact results."""

from math import cos, floor, pi

import numpy as np
import pytest
from fdtd_jobs import CONDUCTOR, dielectric, layer, make_job, solve

from cqdphotonics.fdtd.multilayer import dipole_in_multilayer

pytestmark = pytest.mark.meep

THICKNESSES = (0.75, 1.0, 1.25, 2.0)
"""x = nL/λ of the cavity; .5, 1.5 and 2.5 are where new modes begin."""


def parallel_in_cavity(x: float) -> float:
    """Dipole along the mirrors of a perfect cavity, in its middle."""
    m = floor(x + 0.5)
    return 3 * m / (4 * x) + (4 * m**3 - m) / (16 * x**3)


def perpendicular_in_cavity(x: float) -> float:
    """Dipole across: (3/4x) Σ (2 − δ_j0)(1 − (j/2x)²) cos²(jπ/2) over the TM modes j ≤ 2x."""
    modes = range(floor(2 * x) + 1)
    terms = ((1 + (j > 0)) * (1 - (j / (2 * x)) ** 2) * cos(j * pi / 2) ** 2 for j in modes)
    return 3 / (4 * x) * sum(terms)


def test_closed_forms_of_the_cavity():
    """The values that the literature gives, and the thick cavity, where F goes to 1."""
    known = {0.75: 1.4444, 1.0: 0.9375, 1.25: 0.696, 2.0: 0.984}
    assert {x: parallel_in_cavity(x) for x in known} == pytest.approx(known, abs=5e-4)
    assert parallel_in_cavity(500.2) == pytest.approx(1, abs=2e-3)
    assert perpendicular_in_cavity(500.2) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize(
    "dipole, thicknesses, resolution, expected",
    [
        ("x", THICKNESSES, 32, parallel_in_cavity),
        ("z", (0.6, 0.75, 1.25), 24, perpendicular_in_cavity),
    ],
    ids=["parallel", "perpendicular"],
)
def test_perfect_planar_cavity(dipole, thicknesses, resolution, expected, store_root):
    """One cavity of thickness 1 at several frequencies, 2 %; at least 16 pixels in a wavelength.

    The absorbing layer around the side takes the guided waves; that close to where a mode begins
    (x = .5) they run nearly along the mirrors' normal, so it has to be thick.
    """
    job = make_job(
        dipole, thicknesses, resolution, half_width=2.5, below=0.625, above=0.625,
        pml=1.0, side_pml=1.5, box=(2.25, 0, 0.375, 0.375), reference_half_width=1.0,
        media={"host": dielectric(1.0), "mirror": CONDUCTOR},
        solids=(layer("mirror", 0.5, 3.0), layer("mirror", -3.0, -0.5)),
    )  # fmt: skip
    analysis = solve(job, store_root)
    exact = np.array([expected(1 / wavelength) for wavelength in analysis.wavelength])
    assert analysis.purcell / exact == pytest.approx(np.ones(len(exact)), abs=0.02)


FILM, GLASS = 2.0, 1.45
HEIGHT = 0.31
"""Thickness of the film in wavelengths: not a whole number of pixels, so that averages count."""


@pytest.fixture(scope="module", params=["x", "z"], ids=["parallel", "perpendicular"])
def film(request, store_root):
    """Dipole in the middle of a film of index 2 on glass; 14 pixels in a wavelength inside."""
    half = HEIGHT / 2
    job = make_job(
        request.param, (0.9, 1.0, 1.1), 28, emission=1.0, half_width=3.0,
        below=0.6071428571428571, above=0.6071428571428571, pml=0.5, side_pml=1.0,
        box=(2.9, 0, 0.4642857142857143, 0.4642857142857143),
        media={"air": dielectric(1.0), "film": dielectric(FILM), "glass": dielectric(GLASS)},
        background="air", solids=(layer("film", -half, half), layer("glass", -5.0, -half)),
        reference_index=FILM, reference_half_width=0.6,
    )  # fmt: skip
    orientation = "parallel" if request.param == "x" else "perpendicular"
    analysis = solve(job, store_root, up=1.0, down=GLASS)
    exact = [
        dipole_in_multilayer([GLASS, FILM, 1.0], [HEIGHT], 1, half, wavelength, orientation)
        for wavelength in analysis.wavelength
    ]
    return analysis, exact


def test_film_on_glass(film):
    """Total power, most of it guided: 3 %, the grid's error; the ends of the ring current that a
    dipole along the film is made of are a tenth of a wavelength apart."""
    analysis, exact = film
    totals = np.array([each.total for each in exact])
    assert analysis.purcell / totals == pytest.approx(np.ones(3), abs=0.03)
    assert analysis.closure == pytest.approx(np.zeros(3), abs=0.01)


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("na", [0.5, 0.7, 0.9])
def test_collection_from_a_film_on_glass(film, direction, na):
    """Share of all power within one point; the plane of radius 2.9 λ cuts some of it off, and its
    edge makes the rest ripple: measured at most .7 points."""
    analysis, exact = film
    share = analysis.angular(direction).within(na, 1.0 if direction == "up" else GLASS)
    assert share == pytest.approx(exact[1].collection(na, direction), abs=0.01)
