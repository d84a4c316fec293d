"""The emitter library: every number has a source, every law is kept, nothing is invented."""

import pickle

import pytest
from pydantic import ValidationError

from cqdphotonics import emitters
from cqdphotonics.constants import HBAR
from cqdphotonics.emitters import Emitter
from cqdphotonics.errors import FileFormatError, InputError, RangeError, UnknownNameError

OWN = {"name": "mine", "temperature": 10, "wavelength": 0.6, "T1": 300, "T2": 100}


def own(**changes: object) -> Emitter:
    return Emitter.from_mapping({**OWN, **changes})


@pytest.mark.parametrize("name", emitters.names())
def test_every_shipped_number_has_a_mark_and_a_source(name):
    data = emitters.load(name).data.flatten()
    assert "wavelength" in data
    for key, datum in data.items():
        assert datum.mark in ("S", "M", "C"), key
        assert len(datum.source) > 5, key


def test_the_library_covers_the_families_cold_and_warm():
    listed = emitters.listing()
    families = {emitter.data.family for emitter in listed}
    wanted = {"II-VI", "III-V", "IV-VI", "lead-halide perovskite", "rare-earth-doped nanoparticle"}
    assert wanted <= families
    assert {4.0, 300.0} <= {emitter.temperature for emitter in listed}


def test_rates_of_cold_perovskite():
    emitter = emitters.load("CsPbBr3-4K")
    assert emitter.gamma == pytest.approx(1 / 210)
    # T2 = 80 ps, T1 = 210 ps: γ*/γ = 2 T1/T2 − 1.
    assert emitter.gamma_star / emitter.gamma == pytest.approx(4.25)
    assert emitter.bare_indistinguishability == pytest.approx(80 / 420)
    assert pytest.approx(1 / 80) == 1 / emitter.T2


def test_linewidth_gives_the_same_dephasing_as_its_coherence_time():
    by_time = own(T1=300, T2=100)
    width = HBAR * (by_time.gamma + by_time.gamma_star)
    by_width = own(T2=None, linewidth=width)
    assert width == pytest.approx(2 * HBAR / 100)
    assert by_width.gamma_star == pytest.approx(by_time.gamma_star)


def test_warm_dot_dephases_a_million_times_faster_than_it_decays():
    emitter = emitters.load("CdSe-CdS-300K")
    assert emitter.gamma_star / emitter.gamma == pytest.approx(2.3e6, rel=0.02)


def test_phonon_broadening_follows_the_temperature():
    model = {
        "zero_temperature": 0.1,
        "acoustic": 0.01,
        "optical_strength": 40,
        "optical_energy": 25,
    }
    cold = own(T2=None, phonon_broadening=model, temperature=0)
    assert pytest.approx(0.1) == HBAR * (cold.gamma + cold.gamma_star)
    warm = cold.with_values(temperature=300)
    # n(25 meV, 300 K) = 1/(exp(.96703) − 1) = .61337
    width = 0.1 + 3.0 + 40 * 0.61337
    assert HBAR * (warm.gamma + warm.gamma_star) == pytest.approx(width, rel=1e-4)


def test_temperature_of_measured_data_is_not_changed():
    with pytest.raises(InputError, match="phonon_broadening"):
        emitters.load("CsPbBr3-4K").with_values(temperature=77)


def test_errors_of_gamma_and_gamma_star_are_correlated():
    emitter = own(T1={"value": 300, "uncertainty": 30}, T2=100)
    total = emitter.uncertain.gamma + emitter.uncertain.gamma_star
    # γ + γ* = 2/T2 does not contain T1.
    assert total.std_dev == pytest.approx(0, abs=1e-15)
    assert emitter.uncertain.gamma.std_dev == pytest.approx(30 / 300**2)


def test_a_range_counts_as_a_uniform_distribution():
    emitter = own(T1={"value": 300, "range": [240, 360]})
    assert emitter.uncertain.T1.std_dev == pytest.approx(120 / 12**0.5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"T2": 700}, "T2 = 700 ps is more than 2·T1 = 600 ps"),
        ({"quantum_yield": 1.2}, "quantum_yield = 1.2 is above 1"),
        ({"T1": -5}, "T1 = -5 is negative"),
        ({"T1": 0}, "must be positive"),
        ({"wavelength": 600}, "did you mean 0.6 µm"),
        ({"size": 9}, "did you mean 0.009 µm"),
        ({"T3": 5}, "unknown key 'T3'"),
        ({"biexciton": {"augur": 5}}, "unknown key 'biexciton.augur'"),
        ({"biexciton": {"quantum_yield": 3}}, "biexciton.quantum_yield = 3"),
        ({"linewidth": 5}, "T2 and linewidth are both given"),
        ({"T2": None, "linewidth": 1e-4}, "lifetime limit"),
        ({"temperature": -1}, "temperature = -1"),
        ({"wavelength": None}, "wavelength"),
        ({"T1": {"value": 3, "mark": "S"}}, "needs a source"),
        ({"T1": {"value": 3, "range": [4, 5]}}, "outside its own range"),
        ({"T1": float("nan")}, "finite"),
        ({"size": 0.005, "core_size": 0.008}, "larger than size"),
        ({"dipole": {"geometry": "axis", "splittings": [0.5]}}, "at most 0"),
    ],
)
def test_a_broken_law_is_named_with_its_number(changes, words):
    with pytest.raises(RangeError) as error:
        own(**changes)
    assert words in str(error.value)


def test_missing_data_are_asked_for_by_name():
    emitter = emitters.load("InP-ZnSe-ZnS-4K")
    with pytest.raises(InputError, match="has no T1: give it with `--emitter-value T1="):
        _ = emitter.gamma
    with pytest.raises(InputError, match="no T1 and no quantum_yield"):
        emitter.uncertain.require("T1", "coherence", "quantum_yield")
    with pytest.raises(InputError, match=r"T2 \(or linewidth"):
        _ = own(T2=None).gamma_star


def test_a_file_of_the_user_works_by_path(tmp_path):
    path = tmp_path / "dot.yaml"
    path.write_text("name: d\ntemperature: 4\nwavelength: 0.6\nT1: 100\nT2: 200\n")
    emitter = emitters.load(path)
    assert emitter.gamma_star == pytest.approx(0, abs=1e-15)  # T2 = 2 T1
    assert emitter.data.wavelength.mark == "U"
    changed = emitters.load(str(path), {"T2": 50, "blinking.on_fraction": 0.9})
    assert pytest.approx(1 / 50) == 1 / changed.T2
    assert changed.data.blinking is not None


@pytest.mark.parametrize("text", ["a: [1", "- 1\n- 2\n", ""])
def test_a_file_that_is_no_emitter_is_refused(tmp_path, text):
    path = tmp_path / "dot.yaml"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=r"dot\.yaml"):
        emitters.load(path)
    with pytest.raises(FileFormatError, match="No such file"):
        emitters.load(tmp_path / "absent.yaml")


def test_an_unknown_name_proposes_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'CsPbBr3-4K'"):
        emitters.load("CsPbBr3-4k")


def test_an_emitter_is_frozen_and_survives_pickling():
    emitter = emitters.load("CsPbBr3-4K")
    with pytest.raises(ValidationError):
        emitter.data = emitter.data
    assert pickle.loads(pickle.dumps(emitter)) == emitter


@pytest.mark.parametrize("name", emitters.names())
def test_the_card_shows_every_number_with_its_mark_and_source(name):
    emitter = emitters.load(name)
    text = emitters.card(emitter)
    for key, datum in emitter.data.flatten().items():
        line = next(line for line in text.splitlines() if line.strip().startswith(key + " "))
        assert f"{datum.value:.6g}" in line
        assert f"[{datum.mark}]" in line
        assert datum.source in line
