"""The laws that an emitter's numbers must obey, each broken one named with its number."""

from typing import TYPE_CHECKING

from cqdphotonics.constants import HBAR
from cqdphotonics.emitters.datum import Datum

if TYPE_CHECKING:
    from cqdphotonics.emitters.record import EmitterData

# Key → (smallest, largest) plausible value and the unit; outside, most often a unit has slipped.
_PLAUSIBLE: dict[str, tuple[float, float, str]] = {
    "wavelength": (0.2, 20.0, "µm"),
    "size": (0.0005, 1.0, "µm"),
    "core_size": (0.0005, 1.0, "µm"),
    "ensemble_spread": (0.0, 0.5, "µm"),
    "core_index": (1.0, 10.0, ""),
    "linewidth": (0.0, 1000.0, "meV"),
    "phonon_broadening.optical_energy": (0.1, 1000.0, "meV"),
}
_SHARES = (
    "quantum_yield",
    "zero_phonon_weight",
    "biexciton.quantum_yield",
    "blinking.on_fraction",
)
_SIGNED = ("biexciton.shift", "measured.hom_visibility")
_POSITIVE = (
    "T1",
    "T2",
    "linewidth",
    "zero_phonon_weight",
    "biexciton.auger_time",
    "biexciton.radiative_ratio",
)


def check_laws(data: "EmitterData") -> None:
    """Raise ValueError with the number and the law for the first datum that breaks one."""
    if not 0 <= data.temperature <= 2000:
        raise ValueError(
            f"temperature = {data.temperature:g} K: temperatures are in K, from 0 to 2000"
        )
    for key, datum in data.flatten().items():
        _check_one(key, datum)
    _check_coherence(data)


def _check_one(key: str, datum: Datum) -> None:
    value = datum.value
    if value < 0 and key not in _SIGNED:
        raise ValueError(f"{key} = {value:g} is negative; it can't be")
    if key in _POSITIVE and value == 0:
        raise ValueError(f"{key} = 0: it must be positive; leave it out where it is not known")
    if key in _SHARES and value > 1:
        raise ValueError(
            f"{key} = {value:g} is above 1: it is a share of events (write 0.8, not 80 %)"
        )
    if key in _PLAUSIBLE:
        smallest, largest, unit = _PLAUSIBLE[key]
        if not smallest <= value <= largest:
            raise ValueError(
                f"{key} = {value:g} {unit} is outside {smallest:g} to {largest:g} {unit}"
                f"{_nanometres(value, smallest, largest) if unit == 'µm' else ''}"
            )


def _nanometres(value: float, smallest: float, largest: float) -> str:
    if smallest <= value / 1000 <= largest:
        return f"; did you mean {value / 1000:g} µm ({value:g} nm)? Lengths are in µm, not nm"
    return ""


def _check_coherence(data: "EmitterData") -> None:
    given = [
        key for key in ("T2", "linewidth", "phonon_broadening") if getattr(data, key) is not None
    ]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)} are both given and say the same thing: give one")
    if data.core_size and data.size and data.core_size.value > data.size.value:
        raise ValueError(
            f"core_size = {data.core_size.value:g} µm is larger than size = {data.size.value:g} µm"
        )
    if data.T1 is None or not given:
        return
    if data.T2 is not None:
        if data.T2.value > 2 * data.T1.value:
            raise ValueError(
                f"T2 = {data.T2.value:g} ps is more than 2·T1 = {2 * data.T1.value:g} ps: coherence"
                " can't outlive the population, 1/T2 = 1/(2 T1) + 1/T2* with T2* > 0"
            )
        return
    if data.linewidth is not None:
        width = data.linewidth.value
    else:
        assert data.phonon_broadening is not None
        width = data.phonon_broadening.linewidth(data.temperature)
    limit = HBAR / data.T1.value
    if width < limit:
        raise ValueError(
            f"the linewidth {width:g} meV is below the lifetime limit ħ/T1 = {limit:g} meV "
            f"(T1 = {data.T1.value:g} ps); that is T2 > 2·T1"
        )
