"""What device would I need? The Purcell factor, the best cavity and the best cascade of two.

Everything here is theory, done in seconds before any field is simulated: it says which g, κ and J
to design for, and where the emitter's dephasing or the limits on Q and V forbid the goal.
"""

from dataclasses import dataclass
from math import pi, sqrt

from cqdphotonics.constants import angular_frequency
from cqdphotonics.display import format_number
from cqdphotonics.emitters import Emitter
from cqdphotonics.errors import RangeError
from cqdphotonics.quantum.search import Design, Limits, Search

VISIBLE_EFFICIENCY = 1e-3
"""Efficiency below which a device counts as dark when the highest I is asked for."""

_LOSSLESS = 1e-6  # κ1 of an ideal cascade, relative to γ


@dataclass(frozen=True)
class Fabrication:
    """What can be made.

    Attributes
    ----------
    cavity_q : float
        Highest quality factor of the cavity that holds the emitter.
    ring_q : float
        Highest quality factor of the second cavity of a cascade, e.g. a ring.
    mode_volume : float
        Smallest mode volume of the cavity in (λ/n)³, n the index at its field maximum.
    """

    cavity_q: float = 1e5
    ring_q: float = 1e6
    mode_volume: float = 1.0

    def __post_init__(self) -> None:
        for name, lowest in (("cavity_q", 10), ("ring_q", 10), ("mode_volume", 0)):
            value = getattr(self, name)
            if not lowest < value < float("inf"):
                raise RangeError(f"{name} = {value:g}: it must be finite and above {lowest}.")


@dataclass(frozen=True)
class Front:
    """The most efficient devices of one kind for rising I, and the purest of them.

    Attributes
    ----------
    kind : str
        Words.
    designs : tuple of Design
        The Pareto front.
    wanted : Design or None
        The most efficient device that reaches the wanted I; None if none does.
    purest : Design
        The device with the highest I of those with an efficiency of at least
        `VISIBLE_EFFICIENCY`.
    """

    kind: str
    designs: tuple[Design, ...]
    wanted: Design | None
    purest: Design


@dataclass(frozen=True)
class Target:
    """What a wanted indistinguishability (and efficiency) asks of a device; rates in rad/ps.

    Attributes
    ----------
    emitter : str
    indistinguishability : float
        Wanted.
    efficiency : float or None
        Wanted share of excitations that leave through the device's output.
    bare : float
        γ/(γ + γ*) without a device.
    gamma, gamma_star : float
    purcell : float
        Purcell factor that an environment without memory must have; 0 if the bare emitter does.
    omega : float
        Angular frequency of the emitter, which turns κ into Q.
    g_per_root_volume : float
        g·√Ṽ of an aligned dipole at the field maximum, which turns g into Ṽ.
    fabrication : Fabrication
    cavity, cascade, ideal_cascade : Front
        One cavity and a cascade within the limits, and a cascade whose first cavity loses nothing
        (κ1 → 0) and whose second has any Q.
    verdict : tuple of str
        Plain words.
    """

    emitter: str
    indistinguishability: float
    efficiency: float | None
    bare: float
    gamma: float
    gamma_star: float
    purcell: float
    omega: float
    g_per_root_volume: float
    fabrication: Fabrication
    cavity: Front
    cascade: Front
    ideal_cascade: Front
    verdict: tuple[str, ...]

    @property
    def fronts(self) -> tuple[Front, Front, Front]:
        """The three fronts."""
        return self.cavity, self.cascade, self.ideal_cascade

    def quality_factor(self, kappa: float) -> float:
        """Q = ω/κ."""
        return self.omega / kappa

    def mode_volume(self, g: float) -> float:
        """Mode volume in (λ/n)³ that gives g at the field maximum."""
        return (self.g_per_root_volume / g) ** 2


def purcell_needed(
    indistinguishability: float,
    gamma: float,
    gamma_star: float,
    quantum_yield: float = 1.0,
    weight: float = 1.0,
) -> float:
    """Purcell factor that gives a wanted I without memory.

    I = Γ/(Γ + γ*) with Γ = γ_r (1 − w + wF) + γ_nr, where the device acts on the line, the share
    w of the radiative decay, alone.

    Parameters
    ----------
    indistinguishability : float
        Wanted, 0 to below 1.
    gamma, gamma_star : float
        Decay and pure dephasing rates of the bare emitter, one unit.
    quantum_yield : float
        γ_r/γ, above 0.
    weight : float
        w, above 0.

    Returns
    -------
    float
        0 where the rest of the decay alone is fast enough.
    """
    _check_wanted("indistinguishability", indistinguishability)
    for name, share in (("quantum_yield", quantum_yield), ("weight", weight)):
        if not 0 < share <= 1:
            raise RangeError(f"{name} = {share:g} is not in 0 to 1 (0 excluded).")
    total = gamma_star * indistinguishability / (1 - indistinguishability)
    line = gamma * quantum_yield * weight
    return max(0.0, (total - gamma + line) / line)


def coupling_strength(omega: float, radiative_rate: float, mode_volume: float) -> float:
    """Coupling g of an aligned dipole at the field maximum: g² = 3ωγ_r/(16π²Ṽ), Ṽ in (λ/n)³."""
    return sqrt(3 * omega * radiative_rate / (16 * pi**2 * mode_volume))


def target(
    emitter: Emitter,
    indistinguishability: float,
    efficiency: float | None = None,
    fabrication: Fabrication | None = None,
) -> Target:
    """Find what a wanted I, and perhaps an efficiency, needs.

    Parameters
    ----------
    emitter : Emitter
        Needs T1, a coherence and the quantum yield. A known zero-phonon weight w counts: only the
        line couples to narrow modes, g² is w times smaller.
    indistinguishability : float
        Wanted, between 0 and 1 (excluded).
    efficiency : float, optional
        Wanted photons in the output per excitation.
    fabrication : Fabrication, optional
        What can be made; see the class for what is assumed.

    Returns
    -------
    Target

    Raises
    ------
    RangeError
        A wanted value that is not between 0 and 1.
    InputError
        A datum of the emitter that is needed is not known.

    Notes
    -----
    Assumed: emitter and modes in resonance, the dipole aligned and at the field maximum, all of
    the last mode's loss collected, emission past the modes as in the homogeneous host. So the
    efficiencies are upper bounds for a device with these rates. Takes seconds; deterministic.
    """
    _check_wanted("indistinguishability", indistinguishability)
    if efficiency is not None:
        _check_wanted("efficiency", efficiency)
    limits_made = fabrication or Fabrication()
    emitter.uncertain.require("T1", "coherence", "quantum_yield")
    gamma, gamma_star = emitter.gamma, emitter.gamma_star
    weight = (
        1.0 if emitter.data.zero_phonon_weight is None else emitter.data.zero_phonon_weight.value
    )
    omega = angular_frequency(emitter.wavelength)
    strength = coupling_strength(omega, emitter.radiative_rate * weight, 1.0)
    largest = omega / 10  # modes with Q below 10 are not modes
    limits = Limits(
        g=strength / sqrt(limits_made.mode_volume),
        kappa1=omega / limits_made.cavity_q,
        kappa2=omega / limits_made.ring_q,
        largest=largest,
    )
    ideal = Limits(limits.g, _LOSSLESS * gamma, _LOSSLESS * gamma, largest)
    cavity = _front("one cavity", gamma, gamma_star, limits, 1, indistinguishability)
    cascade = _front("cascade of two", gamma, gamma_star, limits, 2, indistinguishability)
    lossless = _front(
        "cascade, first cavity without loss",
        gamma,
        gamma_star,
        ideal,
        2,
        indistinguishability,
        cascade.designs,
    )
    found = Target(
        emitter=emitter.name,
        indistinguishability=indistinguishability,
        efficiency=efficiency,
        bare=emitter.bare_indistinguishability,
        gamma=gamma,
        gamma_star=gamma_star,
        purcell=purcell_needed(
            indistinguishability, gamma, gamma_star, emitter.quantum_yield, weight
        ),
        omega=omega,
        g_per_root_volume=strength,
        fabrication=limits_made,
        cavity=cavity,
        cascade=cascade,
        ideal_cascade=lossless,
        verdict=(),
    )
    object.__setattr__(found, "verdict", tuple(_verdict(found)))
    return found


def _front(
    kind: str,
    gamma: float,
    gamma_star: float,
    limits: Limits,
    modes: int,
    wanted: float,
    seeds: tuple[Design, ...] = (),
) -> Front:
    search = Search(gamma, gamma_star, limits, modes, (wanted,), VISIBLE_EFFICIENCY, seeds)
    return Front(kind, tuple(search.front()), search.best(wanted), search.purest)


def _verdict(found: Target) -> list[str]:
    wanted = found.indistinguishability
    made = found.fabrication
    lines = []
    if found.bare >= wanted:
        lines.append(
            f"The bare emitter already has I = {format_number(found.bare)}: a device is needed for "
            "collection only."
        )
    for front in (found.cavity, found.cascade):
        bounds = f"Q ≤ {made.cavity_q:.3g}"
        if front is found.cascade:
            bounds += f" (second: Q ≤ {made.ring_q:.3g})"
        bounds += f" and V ≥ {made.mode_volume:.3g} (λ/n)³"
        name = "One cavity" if front is found.cavity else "A cascade of two cavities"
        if front.wanted is None:
            best = front.purest
            lines.append(
                f"{name} with {bounds} can't reach I = {wanted:g}: the physics allows at most I = "
                f"{format_number(best.indistinguishability)} (at an efficiency of "
                f"{format_number(best.efficiency)})."
            )
        elif found.efficiency is not None and front.wanted.efficiency < found.efficiency:
            lines.append(
                f"{name} with {bounds} reaches I = {wanted:g} with an efficiency of at most "
                f"{format_number(front.wanted.efficiency)}, below the wanted {found.efficiency:g}."
            )
        else:
            lines.append(
                f"{name} with {bounds} reaches I = {wanted:g} with an efficiency of up to "
                f"{format_number(front.wanted.efficiency)}."
            )
    return lines


def _check_wanted(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise RangeError(
            f"{name} = {value:g}: a wanted value lies between 0 and 1, both excluded (1 would need "
            "a device without any loss of coherence)."
        )
