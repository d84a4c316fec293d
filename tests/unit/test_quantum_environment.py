"""What the environment's constructors promise, and how rates become photons per output."""

import pickle

import numpy as np
import pytest
from uncertainties import ufloat

from cqdphotonics.constants import angular_frequency
from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.quantum import Environment, Output, emission

RADIATIVE = 1 / 210  # CsPbBr3 at 4 K
STAR = 4.25 / 210


def cavity(**changed) -> Environment:
    given = {"Q": 1e4, "mode_volume": 1.0, "wavelength": 0.52, "index": 2.0}
    return Environment.from_cavity(**{**given, "radiative_rate": RADIATIVE, **changed})


@pytest.mark.parametrize(
    "purcell, expected", [(1, 0.19), (5, 0.54), (10, 0.70), (20, 0.82), (50, 0.92)]
)
def test_a_markov_device_improves_a_cold_perovskite_dot(purcell, expected):
    environment = Environment.from_purcell(
        purcell, radiative_rate=RADIATIVE, outputs={"NA 0.8": 0.7}
    )
    photon = environment.emission(0, STAR)["NA 0.8"]
    assert photon.indistinguishability.nominal_value == pytest.approx(expected, abs=5e-3)
    assert photon.efficiency.nominal_value == pytest.approx(0.7, rel=1e-12)
    assert photon.level == 0


def test_absorbed_power_and_nonradiative_decay_take_their_part():
    environment = Environment.from_purcell(
        10, radiative_rate=1.0, absorbed=4.0, outputs={"lens": 0.3}
    )
    assert dict(environment.background) == {"radiated": 6.0, "absorbed": 4.0}
    photon = environment.emission(5.0, 15.0)["lens"]
    assert photon.indistinguishability.nominal_value == pytest.approx(15 / 30, rel=1e-12)
    assert photon.efficiency.nominal_value == pytest.approx(0.3 * 10 / 15, rel=1e-12)


def test_uncertainties_follow_the_closed_form_and_keep_correlations():
    purcell = ufloat(10, 1)
    star = ufloat(4.25, 0.3)
    environment = Environment.from_purcell(purcell, radiative_rate=1.0, outputs={"lens": 0.5})
    photon = environment.emission(0.0, star)["lens"]
    expected = purcell / (purcell + star)
    assert photon.indistinguishability.std_dev == pytest.approx(expected.std_dev, rel=1e-6)
    # The same Purcell factor stands in both: the difference has no uncertainty.
    assert (photon.indistinguishability - expected).std_dev < 1e-7
    # All light goes into the background, so that its size cancels in the efficiency.
    assert photon.efficiency.std_dev < 1e-7


def test_uncertain_background_beside_a_mode():
    def efficiency(rate):
        environment = Environment([0.0], [2.0], None, [1.0], {"r": rate}, {"c": Output((1.0,))})
        return environment.emission(0.0, 3.0)["c"].efficiency

    value = efficiency(ufloat(0.5, 0.1))
    slope = (efficiency(0.5 + 1e-3) - efficiency(0.5 - 1e-3)).nominal_value / 2e-3
    assert value.std_dev == pytest.approx(abs(slope) * 0.1, rel=1e-5)


def test_cavity_coupling_gives_the_purcell_rate():
    # In the bad cavity limit the emitter decays into the mode at 4g²/κ = F γ_r, F = 3Q/(4π²Ṽ).
    environment = cavity(Q=100.0)
    expected = 3 * 100 / (4 * np.pi**2) * RADIATIVE
    assert 4 * environment.g[0] ** 2 / environment.kappa[0] == pytest.approx(expected, rel=1e-12)
    omega = angular_frequency(0.52)
    assert environment.kappa[0] == pytest.approx(omega / 100, rel=1e-12)
    # and the same from the mode volume: g² = 3ωγ_r/(16π²Ṽ)
    assert environment.g[0] ** 2 == pytest.approx(3 * omega * RADIATIVE / (16 * np.pi**2))


def test_a_misplaced_and_misaligned_dipole_couples_less():
    assert cavity(relative_field=0.5, alignment=-0.8).g[0] == pytest.approx(0.4 * cavity().g[0])


def test_a_detuned_emitter_sees_the_mode_on_the_right_side():
    # A mode at a shorter wavelength has the higher frequency.
    assert cavity(emitter_wavelength=0.53).detunings[0] > 0


def test_spectral_density_of_one_mode_peaks_at_two_g_squared_over_pi_kappa():
    environment = Environment([0.3], [2.0], None, [1.5])
    assert environment.spectral_density(0.3) == pytest.approx(2 * 1.5**2 / (np.pi * 2), rel=1e-14)
    flat = Environment(background={"radiated": 3.0}).spectral_density([0.0, 1.0])
    assert flat == pytest.approx([3 / (2 * np.pi)] * 2, rel=1e-15)


def test_beam_and_ring_is_the_three_level_chain():
    environment = Environment.from_beam_and_ring(
        g=3020,
        kappa1=3100,
        coupling=1860,
        kappa2_bus=2000,
        kappa2_intrinsic=280,
        radiative_rate=1,
    )
    photon = environment.emission(0.0, 1e4)["bus"]
    chain = [[0, 3020, 0], [3020, 0, 1860], [0, 1860, 0]]
    direct = emission(chain, [1, 3100, 2280], [1e4, 0, 0])
    assert photon.level == 2
    assert photon.indistinguishability.nominal_value == direct.indistinguishability
    assert photon.efficiency.nominal_value == pytest.approx(direct.efficiency * 2000 / 2280)


def test_all_outputs_together_collect_everything():
    environment = Environment(
        [0.0, 1.0],
        [1.0, 2.0],
        [[0, 0.5j], [-0.5j, 0]],
        [1.0, 0.3],
        {"radiated": 0.2, "absorbed": 0.1},
        {"a": Output((0.25, 1.0), 0.5), "b": Output((0.75, 0.0), 0.5)},
    )
    photons = environment.emission(0.0, 5.0)
    total = sum(photon.efficiency for photon in photons.values())
    assert total.nominal_value == pytest.approx(1, rel=1e-12)
    assert [photon.level for photon in photons.values()] == [2, 1]


def test_of_equal_shares_the_mode_that_delivers_most_is_measured():
    environment = Environment(
        [0.0, 0.0], [1.0, 1.0], None, [0.1, 1.0], {}, {"all": Output((1.0, 1.0))}
    )
    assert environment.emission(0.0, 1.0)["all"].level == 2


def test_an_environment_is_frozen_and_survives_pickling():
    environment = cavity()
    with pytest.raises(ValueError, match="read-only"):
        environment.g[0] = 1
    with pytest.raises(TypeError):
        environment.background["radiated"] = 0
    copy = pickle.loads(pickle.dumps(environment))
    assert copy.g == environment.g
    assert copy.outputs == environment.outputs
    assert copy.note == environment.note


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"kappa": [-1.0], "detunings": [0.0], "g": [1.0]}, "kappa contains -1"),
        ({"kappa": [1.0, 2.0], "detunings": [0.0], "g": [1.0]}, r"kappa has shape \(2,\)"),
        (
            {
                "kappa": [1.0, 1.0],
                "detunings": [0, 0],
                "g": [1, 1],
                "coupling": [[0, 1], [2, 0]],
            },
            "not Hermitian",
        ),
        (
            {"kappa": [1.0], "detunings": [0], "g": [1], "coupling": [[3.0]]},
            "belongs in detunings",
        ),
        ({"background": {"radiated": -2.0}}, "background 'radiated' is -2"),
        ({"outputs": {"lens": Output((), 1.2)}}, r"share 1\.2"),
        ({"outputs": {"lens": Output((0.5,), 0.2)}}, "1 mode shares"),
        ({"kappa": [np.inf], "detunings": [0.0], "g": [1.0]}, "kappa contains an infinite"),
    ],
)
def test_impossible_environments_are_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        Environment(**arguments)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: cavity(Q=0), "Q is 0"),
        (lambda: cavity(mode_volume=-1), "mode_volume is -1"),
        (lambda: cavity(relative_field=1.5), "no field exceeds its maximum"),
        (lambda: Environment.from_purcell(-1, radiative_rate=1), "purcell is -1"),
        (lambda: Environment.from_purcell(1, radiative_rate=1, absorbed=2), "absorbed is 2"),
        (lambda: cavity().emission(-0.1, 0), "gamma_nonradiative is -0.1"),
        (lambda: cavity().emission(0, -0.1), "gamma_star is -0.1"),
    ],
)
def test_impossible_numbers_are_refused(call, words):
    with pytest.raises(RangeError, match=words):
        call()
