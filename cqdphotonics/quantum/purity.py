"""Single-photon purity: how often the biexciton adds a second photon."""

from cqdphotonics.display import Number, nominal
from cqdphotonics.errors import RangeError


def biexciton_yield_in_device(quantum_yield: Number, purcell: Number) -> Number:
    """Quantum yield of the biexciton where its radiative rate is `purcell` times larger.

    F/(F + 1/QY − 1): Auger decay is not changed by the device, so every Purcell factor that helps
    coherence also lets more biexcitons emit.

    Parameters
    ----------
    quantum_yield : float or UFloat
        In the homogeneous host, 0 to 1.
    purcell : float or UFloat
        Enhancement of the radiative rate.
    """
    _check_share("quantum_yield", quantum_yield)
    return quantum_yield * purcell / (1 + quantum_yield * (purcell - 1))


def biexciton_yield(auger_time: Number, radiative_rate: Number) -> Number:
    """Quantum yield of a biexciton with this Auger time (ps) and radiative rate (rad/ps)."""
    return radiative_rate / (radiative_rate + 1 / auger_time)


def g2_from_biexciton(
    biexciton_yield: Number, exciton_yield: Number, transmission: Number = 1.0
) -> Number:
    """g²(0) of a dot whose only second photon is the biexciton's.

    g²(0) = t QY_XX/QY_X at weak excitation, and on average also under pulses that make both
    states. Left out: background light, dark counts, re-excitation within a pulse.

    Parameters
    ----------
    biexciton_yield, exciton_yield : float or UFloat
        Quantum yields in the device.
    transmission : float or UFloat
        Collection of the biexciton line relative to the exciton line: 0 behind a filter that
        removes it.

    References
    ----------
    Nair, Zhao, Bawendi, Nano Lett. 11, 1136 (2011).
    """
    _check_share("biexciton_yield", biexciton_yield)
    _check_share("exciton_yield", exciton_yield)
    _check_share("transmission", transmission)
    if nominal(exciton_yield) == 0:
        raise RangeError("exciton_yield = 0: a dot that doesn't emit has no g²(0).")
    return transmission * biexciton_yield / exciton_yield


def _check_share(name: str, value: Number) -> None:
    if not 0 <= nominal(value) <= 1:
        raise RangeError(f"{name} = {nominal(value):g} is not in 0 to 1: it is a share of events.")
