"""A device as the dot in it sees it: what a relative coupling makes of F, I and efficiency."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cqdphotonics.display import nominal
from cqdphotonics.emitters import Emitter
from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.quantum import Environment, figures
from cqdphotonics.quantum.line import line_of
from cqdphotonics.quantum.phonons import sideband_penalty

Floats = NDArray[np.float64]

_NODES = 65


@dataclass(frozen=True)
class Device:
    """A device without memory: its Purcell factor and collection for a dot at the nominal place.

    A dot that couples c times as well as the nominal one has F = B + (F₀ − B) c: the part of the
    power that the device enhances follows the field, the background B does not.

    Attributes
    ----------
    purcell : float
        F₀, total, for a dipole at the nominal place along the field.
    collection : float
        Share of that dipole's total power (absorbed power included) that is collected.
    absorbed : float
        Share of that dipole's total power that is absorbed in the device.
    background : float
        B: what a dot decays by when the field is 0 where it sits. It is neither collected nor
        absorbed. With 0, the map of couplings says all.

    Raises
    ------
    RangeError
        A background above the Purcell factor, shares outside 0 to 1.
    """

    purcell: float
    collection: float = 1.0
    absorbed: float = 0.0
    background: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.purcell < float("inf") or not 0 <= self.background <= self.purcell:
            raise RangeError(
                f"purcell = {self.purcell:g} must be above 0 and not below the background of "
                f"{self.background:g}, which is ≥ 0."
            )
        if min(self.collection, self.absorbed) < 0 or self.collection + self.absorbed > 1 + 1e-9:
            raise RangeError(
                f"collection = {self.collection:g} and absorbed = {self.absorbed:g} are shares of "
                "the total power: each at least 0, together at most 1."
            )
        if (self.collection + self.absorbed) * self.purcell > self.purcell - self.background + 1e-9:
            raise RangeError(
                "collected and absorbed power exceed what is left of purcell without the "
                f"background of {self.background:g}, of which nothing is collected."
            )

    def environment(self, coupling: float, emitter: Emitter) -> Environment:
        """The environment of a dot with a relative coupling, as `quantum.figures` takes it."""
        total = self.background + (self.purcell - self.background) * coupling
        if total == 0:
            raise RangeError("a dot without background and without coupling emits nothing.")
        share = self.purcell * coupling / total
        rate = emitter.uncertain.radiative_rate
        return Environment.from_purcell(
            total,
            radiative_rate=rate,
            absorbed=self.absorbed * self.purcell * coupling,
            outputs={"collected": self.collection * share},
        )


@dataclass(frozen=True, eq=False)
class Outcome:
    """What dots become, one entry a dot.

    Attributes
    ----------
    purcell, indistinguishability, efficiency : (N,) arrays
        F_tot, I and photons collected per excitation.
    """

    purcell: Floats
    indistinguishability: Floats
    efficiency: Floats

    def __getitem__(self, name: str) -> Floats:
        return np.asarray(getattr(self, name))


Model = Device | Callable[[float], Environment]


def outcome(couplings: Any, emitter: Emitter, device: Model) -> Outcome:
    """F, I and efficiency of dots by their relative coupling.

    Parameters
    ----------
    couplings : (N,) array
        Power coupling relative to a dipole at the nominal place along the field.
    emitter : Emitter
        Central values of its data are used; the spread here is that of places, not of data.
    device : Device or callable
        A `Device` is computed in closed form, I = Γ/(Γ + γ*) with Γ = γ_nr + F γ_r (sideband as in
        `quantum.figures`). A function from the relative coupling to an `Environment` (with modes,
        say, whose g grows with its root) is given to `quantum.figures` at 65 couplings and
        interpolated.

    Raises
    ------
    RangeError
        A negative coupling.
    InputError
        Data of the emitter are missing.
    """
    couplings = np.asarray(couplings, float)
    if couplings.size and not (np.isfinite(couplings).all() and couplings.min() >= 0):
        raise RangeError("a relative coupling is a power: finite and at least 0.")
    if isinstance(device, Device):
        return _closed_form(couplings, emitter, device)
    if not callable(device):
        raise InputError("device is neither a Device nor a function that makes an Environment.")
    return _interpolated(couplings, emitter, device)


def _closed_form(couplings: Floats, emitter: Emitter, device: Device) -> Outcome:
    line = line_of(emitter, device.environment(1.0, emitter), "broadband", [])
    radiative, nonradiative = nominal(line.radiative), nominal(line.nonradiative)
    dephasing = nominal(line.gamma_star)
    penalty = 1.0 if line.weight is None else nominal(sideband_penalty(line.weight, 1.0))
    enhanced = device.purcell * couplings
    purcell = device.background + (device.purcell - device.background) * couplings
    rate = nonradiative + purcell * radiative
    # A dot that does not decay emits nothing: both figures are 0 there.
    decays = np.where(rate > 0, rate, 1.0)
    return Outcome(
        purcell=purcell,
        indistinguishability=penalty * rate / np.where(rate > 0, rate + dephasing, 1.0),
        efficiency=device.collection * enhanced * radiative / decays,
    )


def _interpolated(
    couplings: Floats, emitter: Emitter, device: Callable[[float], Environment]
) -> Outcome:
    from scipy.interpolate import PchipInterpolator

    highest = float(couplings.max()) if couplings.size else 1.0
    # Roots, for g follows the field; from just above 0, where a dot may not decay at all.
    roots = np.linspace(1e-3, 1.0, _NODES) * np.sqrt(max(highest, 1e-6))
    told = [figures(emitter, device(float(root**2))) for root in roots]
    columns = [
        [nominal(getattr(one, name)) for one in told]
        for name in ("purcell", "indistinguishability", "efficiency")
    ]
    at = np.maximum(np.sqrt(couplings), roots[0])
    return Outcome(*(PchipInterpolator(roots, column)(at) for column in columns))
