"""Indices against published values, and fits against the laws of a causal, passive medium."""

import json
import subprocess
import sys

import numpy as np
import pytest

from cqdphotonics import materials
from cqdphotonics.errors import InputError
from cqdphotonics.materials import FitError, MediumModel, Pole

FITTED = ["Au", "Ag", "Al", "Au-template-stripped", "ITO", "Si", "GaP", "TiO2", "Si3N4"]


@pytest.mark.parametrize(
    "name, wavelength, index, tolerance",
    [
        # Malitson's fused silica at the d, C and telecom lines, as tabulated in his paper.
        ("SiO2", 0.587562, 1.458464, 2e-6),
        ("SiO2", 0.656272, 1.456367, 2e-6),
        ("SiO2", 1.55, 1.444024, 2e-6),
        # Schott's data sheet: n_F, n_d and n_C of N-BK7.
        ("BK7", 0.486133, 1.52238, 1e-5),
        ("BK7", 0.587562, 1.51680, 1e-5),
        ("BK7", 0.656272, 1.51432, 1e-5),
        # Luke's nitride at the telecom line.
        ("Si3N4", 1.55, 1.9963, 1e-4),
        # Acrylic at the d line: data sheets of several makers say 1.490 to 1.492.
        ("PMMA", 0.5876, 1.4914, 1.5e-3),
        # Silicon and GaP at the HeNe line: Aspnes 3.882 and Nelson and Turner 3.314, other
        # specimens and methods than in the library.
        ("Si", 0.6328, 3.882, 1.2e-2),
        ("GaP", 0.6328, 3.314, 1e-2),
        # Atomic layer deposition, other laboratories: they scatter by .03.
        ("TiO2", 0.6328, 2.39, 0.03),
        ("Al2O3", 0.6328, 1.64, 0.03),
    ],
)
def test_dielectrics_against_published_values(name, wavelength, index, tolerance):
    assert materials.load(name).index(wavelength).real == pytest.approx(index, abs=tolerance)


@pytest.mark.parametrize(
    "name, energy, n, k",
    [
        # Johnson and Christy's table I, rows 1.88 and 2.26 eV.
        ("Au", 1.88, 0.14, 3.697),
        ("Au", 2.26, 0.43, 2.455),
        ("Ag", 1.88, 0.05, 4.483),
        ("Ag", 2.26, 0.06, 3.586),
    ],
)
def test_metals_reproduce_the_measured_rows(name, energy, n, k):
    index = materials.load(name).index(1.239842 / energy)
    # The rows are at rounded wavelengths: a shift of 1e-4 µm moves k by .001.
    assert index.real == pytest.approx(n, abs=3e-3)
    assert index.imag == pytest.approx(k, abs=3e-3)


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("band", [(0.45, 0.8), (0.6, 0.65)])
def test_fit_is_passive_at_every_frequency(name, band):
    model = materials.load(name).model(*band)
    assert model.epsilon_infinity >= 1
    # From 10 mm to .1 nm, far outside the band.
    wavelength = np.logspace(4, -4, 4001)
    assert np.all(model.epsilon(wavelength).imag >= 0)


@pytest.mark.parametrize(
    "name, maximum, rms",
    [
        # The Lorentz sums can't follow the kink in Johnson and Christy's gold at 2.5 eV more
        # closely; their own error bar on ε is about 3 % there.
        ("Au", 0.03, 0.015),
        ("Ag", 0.01, 0.006),
        ("Al", 0.01, 0.005),
        ("Au-template-stripped", 0.01, 0.005),
        ("Ag-template-stripped", 0.01, 0.005),
        ("ITO", 0.01, 0.005),
        ("Si", 0.01, 0.005),
        ("GaP", 0.01, 0.005),
        ("TiO2", 0.01, 0.005),
        ("Si3N4", 0.01, 0.005),
    ],
)
def test_fit_follows_the_data(name, maximum, rms):
    material = materials.load(name)
    model = material.model(0.45, 0.8)
    # On wavelengths that are not those of the fit.
    wavelength = np.linspace(0.45, 0.8, 997)
    data = material.epsilon(wavelength)
    error = np.abs(model.epsilon(wavelength) - data) / np.abs(data)
    assert error.max() < maximum
    assert np.sqrt(np.mean(error**2)) < rms
    assert model.fit_error.maximum == pytest.approx(error.max(), rel=0.05)
    assert model.meets_tolerance == (error.max() <= 0.01)


@pytest.mark.parametrize("name", ["Au", "Ag", "Al"])
def test_fit_keeps_the_absorption(name):
    # What a plasmon loses: within a tenth where the source itself states worse.
    assert materials.load(name).model(0.45, 0.8).fit_error.loss < 0.1


def test_real_part_follows_from_the_absorption():
    """Kramers and Kronig: the model's real part from an integral over its imaginary part."""
    model = materials.load("Au-template-stripped").model(0.45, 0.8)
    # f' = f eᵗ makes the principal value an odd function's, which a symmetric grid cancels:
    # Re ε − ε∞ = (2/π) P∫ f' Im ε(f') / (f'² − f²) df'.
    step = 1e-4
    t = (np.arange(-150_000, 150_000) + 0.5) * step
    for wavelength in (0.5, 0.6, 0.75):
        f = 1 / wavelength
        other = f * np.exp(t)
        integrand = other**2 * model.epsilon(1 / other).imag / (other**2 - f**2)
        real = model.epsilon_infinity + 2 / np.pi * float(np.sum(integrand)) * step
        assert real == pytest.approx(model.epsilon(wavelength).real, rel=1e-4)


@pytest.mark.parametrize(
    "poles",
    [
        (Pole(2.0, 0.0, 3.0, "lorentz"),),
        (Pole(7.0, 0.0, 1.0, "drude"), Pole(2.1, 0.0, 1.3, "lorentz")),
        (Pole(1.5, 0.0, 0.4, "lorentz"), Pole(4.0, 0.0, 2.5, "lorentz")),
    ],
)
@pytest.mark.parametrize("grid", [(0.0, 3), (0.5, 1), (0.5, 3)])
def test_time_step_limit_is_where_the_leapfrog_explodes(poles, grid):
    """Step the fastest wave of the grid and the polarisations, just below and just above."""
    courant, dimensions = grid
    model = MediumModel("toy", 1.8, poles, (0.4, 0.8), False, 0.01, FitError(0, 0, 0))
    limit, _ = model.time_step_limit(courant=courant, dimensions=dimensions)
    model.check_time_step(0.999 * limit, courant=courant, dimensions=dimensions)
    with pytest.raises(InputError):
        model.check_time_step(limit, courant=courant, dimensions=dimensions)

    def growth(time_step):
        omega = 2 * np.pi * np.array([p.frequency for p in poles])
        restoring = np.where([p.kind == "lorentz" for p in poles], omega**2, 0.0)
        driving = np.array([p.sigma for p in poles]) * omega**2
        curl_curl = 4 * dimensions * (courant / time_step) ** 2
        now, before = np.full(len(poles) + 1, 1.0), np.full(len(poles) + 1, 0.99)
        for _ in range(4000):
            field = (now[0] - now[1:].sum()) / model.epsilon_infinity
            force = np.append(-curl_curl * field, driving * field - restoring * now[1:])
            now, before = 2 * now - before + time_step**2 * force, now
            if np.abs(now).max() > 1e12:
                break
        return np.abs(now).max()

    # A free oscillation stays of order one (its slow ones grow to some hundreds first), an
    # unstable one gains a factor e in about ten steps.
    assert growth(0.99 * limit) < 1e5
    assert growth(1.01 * limit) > 1e10


@pytest.mark.meep
def test_time_step_limit_is_that_of_the_solver():
    """A block of lossless Drude metal in the solver's own three-dimensional grid."""
    model = MediumModel(
        "toy", 1.0, (Pole(7.0, 0.0, 1.0, "drude"),), (0.4, 0.8), False, 0.01, FitError(0, 0, 0)
    )
    program = (
        "import sys, numpy as np, meep as mp\n"
        "mp.verbosity(0)\n"
        "metal = mp.Medium(E_susceptibilities=[\n"
        "    mp.DrudeSusceptibility(frequency=7, gamma=0, sigma=1)])\n"
        "sources = [mp.Source(mp.GaussianSource(3, fwidth=6), component=c, center=mp.Vector3())\n"
        "           for c in (mp.Ex, mp.Ez)]\n"
        "for resolution in (24, 20):\n"
        "    s = mp.Simulation(cell_size=mp.Vector3(1, 1, 1), resolution=resolution,\n"
        "                      default_material=metal, k_point=mp.Vector3(), sources=sources)\n"
        "    s.init_sim()\n"
        "    while s.meep_time() < 25: s.fields.step()\n"
        "    print('RESULT', np.abs(s.get_array(mp.Ex)).max(), flush=True)\n"
    )
    # .5·π·7/√(1 − 3/4) = 21.99 pixels per µm.
    limit, _ = model.time_step_limit()
    assert 0.5 / limit == pytest.approx(21.99, abs=0.01)
    # The second run may end the process, or leave infinities.
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    fields = [float(x.split()[1]) for x in ended.stdout.splitlines() if x.startswith("RESULT")]
    assert fields[0] < 1, ended.stderr
    assert len(fields) == 1 or not fields[1] < 1e6


@pytest.mark.meep
def test_convention_is_that_of_the_solver():
    """The same poles handed to Meep's own material give the same permittivity."""
    model = materials.load("Au").model(0.45, 0.8)
    poles = [[p.kind, p.frequency, p.gamma, p.sigma] for p in model.poles]
    program = (
        "import sys, json, meep as mp\n"
        "infinity, poles, wavelengths = json.loads(sys.argv[1])\n"
        "kinds = {'lorentz': mp.LorentzianSusceptibility, 'drude': mp.DrudeSusceptibility}\n"
        "medium = mp.Medium(epsilon=infinity, E_susceptibilities=[\n"
        "    kinds[k](frequency=f, gamma=g, sigma=s) for k, f, g, s in poles])\n"
        "values = [complex(medium.epsilon(1 / w)[0][0]) for w in wavelengths]\n"
        "print('RESULT', json.dumps([[v.real, v.imag] for v in values]))\n"
    )
    wavelengths = [0.46, 0.6, 0.79]
    output = subprocess.run(
        [sys.executable, "-c", program, json.dumps([model.epsilon_infinity, poles, wavelengths])],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    line = next(line for line in output.splitlines() if line.startswith("RESULT"))
    for wavelength, (real, imaginary) in zip(wavelengths, json.loads(line[7:]), strict=True):
        assert model.epsilon(wavelength) == pytest.approx(complex(real, imaginary), rel=1e-9)
