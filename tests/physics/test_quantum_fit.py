"""The few-mode fit against a brute-force continuum, and what it must never do.

The oracle diagonalises the emitter coupled to 800 modes with couplings g_j² = J(ω_j) Δω: no fit,
no Markov approximation, no losses. Times stay below half of the recurrence time 2π/Δω.
"""

import numpy as np
import pytest

from cqdphotonics.constants import HBAR, SPEED_OF_LIGHT, angular_frequency
from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.quantum import Environment, fit_environment, populations

WAVELENGTH = 0.6
CENTRE = angular_frequency(WAVELENGTH)
RATE = 1e-3


def lorentzian(omega):
    g, kappa = 3.0, 2.0
    return 2 * g**2 / (np.pi * kappa) / (1 + ((omega - CENTRE - 0.5) / (kappa / 2)) ** 2)


def fano(omega):
    epsilon = (omega - CENTRE) / 2
    return 0.15 * (1.5 + epsilon) ** 2 / (1 + epsilon**2)


def avoided_crossing(omega):
    modes = np.array([[0.5, 3.0], [3.0, -0.5]]) - 0.5j * np.diag([1.0, 4.0])
    g = np.array([2.0, 0.0])
    shifted = modes - (omega - CENTRE)[:, None, None] * np.eye(2)
    column = np.broadcast_to(g[:, None], (omega.size, 2, 1))
    return (np.linalg.solve(shifted, column)[..., 0] @ g).imag / np.pi


def plasmonic_with_quenching(omega):
    """Quasi-static multipoles of a Drude sphere, 30 orders, and an absorbing background.

    The dipole resonance radiates at 2.07 eV; the higher orders pile up towards 2.24 eV.
    """
    volt = 1e3 / HBAR
    epsilon = 5 - (5.48 * volt) ** 2 / (omega * (omega + 0.1j * volt))
    total = np.zeros(omega.size)
    for order in range(1, 31):
        response = (epsilon - 1) * order / (order * epsilon + order + 1)
        total += (order + 1) ** 2 * (10 / 14) ** (2 * order + 1) * response.imag
    return 20 * total / total.max() + 0.3


SHAPES = {
    # name: J(ω), half width of the spectrum, half width of the continuum, longest time
    "lorentzian": (lorentzian, 60.0, 60.0, 12.0),
    "fano": (fano, 60.0, 100.0, 12.0),
    "avoided crossing": (avoided_crossing, 60.0, 60.0, 12.0),
    "plasmonic with quenching": (plasmonic_with_quenching, 1200.0, 1200.0, 0.8),
}


def fitted(density, half_width, points=801, noise=0.0) -> Environment:
    omega = np.linspace(CENTRE - half_width, CENTRE + half_width, points)
    homogeneous = RATE * (omega / CENTRE) ** 3
    purcell = 2 * np.pi * density(omega) / homogeneous
    purcell *= 1 + noise * np.random.default_rng(3).normal(size=points)
    return fit_environment(
        2 * np.pi * SPEED_OF_LIGHT / omega,
        purcell,
        emitter_wavelength=WAVELENGTH,
        radiative_rate=RATE,
    )


@pytest.fixture(scope="module")
def environments() -> dict[str, Environment]:
    return {name: fitted(density, half) for name, (density, half, *_) in SHAPES.items()}


def excited_population(density, half_width, times):
    omega = np.linspace(CENTRE - half_width, CENTRE + half_width, 800)
    couplings = np.sqrt(density(omega) * (omega[1] - omega[0]))
    hamiltonian = np.diag(np.append(0.0, omega - CENTRE))
    hamiltonian[0, 1:] = hamiltonian[1:, 0] = couplings
    energies, states = np.linalg.eigh(hamiltonian)
    amplitude = np.exp(-1j * np.outer(times, energies)) @ states[0] ** 2
    return np.abs(amplitude) ** 2


@pytest.mark.parametrize("name", SHAPES)
def test_excited_population_agrees_with_a_continuum_of_modes(environments, name):
    density, _, half_width, longest = SHAPES[name]
    times = np.linspace(0, longest, 200)
    expected = excited_population(density, half_width, times)
    excited = populations(*environments[name].levels(), times)[:, 0]
    assert np.abs(excited - expected).max() < 0.01
    assert expected[-1] < 0.05  # the whole decay was seen


@pytest.mark.parametrize("name, modes", [("lorentzian", 1), ("fano", 2), ("avoided crossing", 2)])
def test_the_number_of_modes_follows_from_the_data(environments, name, modes):
    assert environments[name].modes == modes


def test_the_modes_of_a_lorentzian_are_found(environments):
    environment = environments["lorentzian"]
    assert environment.g == pytest.approx([3.0], rel=1e-4)
    assert environment.kappa == pytest.approx([2.0], rel=1e-4)
    assert environment.detunings == pytest.approx([0.5], abs=1e-4)


@pytest.mark.parametrize("name", SHAPES)
def test_the_fit_is_passive_and_stable_and_says_its_error(environments, name):
    environment = environments[name]
    density, half_width, *_ = SHAPES[name]
    inside = np.linspace(-half_width, half_width, 5001)
    outside = half_width * np.concatenate([-np.geomspace(1e3, 1, 2000), np.geomspace(1, 1e3, 2000)])
    assert (environment.spectral_density(inside) >= 0).all()
    assert (environment.spectral_density(outside) >= 0).all()
    poles = np.linalg.eigvals(
        np.diag(environment.detunings - 0.5j * environment.kappa) + environment.coupling
    )
    assert (poles.imag < 0).all()
    exact = density(CENTRE + inside)
    deviation = np.abs(environment.spectral_density(inside) - exact) / (exact + 0.02 * exact.max())
    # The error is stated for the points that were fitted; between them it may be a little larger.
    assert deviation.max() < 1.2 * environment.fit_error + 1e-6
    assert environment.fit_error < 0.01


def test_noise_does_not_buy_modes():
    environment = fitted(lorentzian, 20.0, points=200, noise=0.03)
    assert environment.modes == 1
    assert environment.kappa == pytest.approx([2.0], rel=0.05)
    assert 0.03 < environment.fit_error < 0.2


def test_a_flat_spectrum_is_a_markov_background():
    environment = fitted(lambda omega: np.full(omega.size, 0.01), 30.0)
    at_emitter = 2 * np.pi * environment.spectral_density(0.0)
    assert at_emitter == pytest.approx(2 * np.pi * 0.01, rel=5e-3)
    excited = populations(*environment.levels(), [10.0])[0, 0]
    assert excited == pytest.approx(np.exp(-2 * np.pi * 0.01 * 10), abs=5e-3)


def test_outputs_take_their_share_of_every_loss():
    omega = np.linspace(CENTRE - 20, CENTRE + 20, 200)
    environment = fit_environment(
        2 * np.pi * SPEED_OF_LIGHT / omega,
        2 * np.pi * lorentzian(omega) / RATE + 5,
        emitter_wavelength=WAVELENGTH,
        radiative_rate=RATE,
        absorbed_share=0.3,
        outputs={"lens": 0.6},
    )
    assert environment.emission()["lens"].efficiency.nominal_value == pytest.approx(0.6, rel=1e-9)


GOOD = {"emitter_wavelength": 0.6, "radiative_rate": 1e-3}


@pytest.mark.parametrize(
    "wavelengths, purcell, changed, words",
    [
        (np.linspace(0.5, 0.7, 9), np.full(8, 1.0), {}, "one length"),
        (np.linspace(0.5, 0.7, 5), np.full(5, 1.0), {}, "at least 8"),
        (np.full(9, 0.6), np.full(9, 1.0), {}, "all different"),
        (np.linspace(0.5, 0.7, 9), np.linspace(-1, 1, 9), {}, "contains -1"),
        (np.linspace(0.5, 0.7, 9), np.zeros(9), {}, "one above 0"),
        (np.linspace(0.5, 0.7, 9), np.full(9, 1.0), {"emitter_wavelength": 0.8}, "outside"),
        (np.linspace(0.5, 0.7, 9), np.full(9, 1.0), {"radiative_rate": -1.0}, "radiative_rate"),
        (np.linspace(0.5, 0.7, 9), np.full(9, 1.0), {"max_modes": 9}, "max_modes"),
    ],
)
def test_wrong_spectra_are_refused(wavelengths, purcell, changed, words):
    with pytest.raises((InputError, RangeError), match=words):
        fit_environment(wavelengths, purcell, **{**GOOD, **changed})
