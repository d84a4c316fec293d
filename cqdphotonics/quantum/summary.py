"""Figures and targets in words, as a physicist would write them down."""

from math import pi

from cqdphotonics.display import format_number, format_quantity, nominal
from cqdphotonics.emitters import Emitter
from cqdphotonics.quantum.environment import Environment
from cqdphotonics.quantum.figures import Figures
from cqdphotonics.quantum.search import Design
from cqdphotonics.quantum.target import Front, Target, purcell_needed

_ROWS = (
    ("indistinguishability", "indistinguishability I", ""),
    ("bare_indistinguishability", "  without a device", ""),
    ("hom_visibility", "HOM visibility, pure photons", ""),
    ("hom_visibility_separable", "  raw, separable noise", ""),
    ("hom_visibility_identical", "  raw, identical noise", ""),
    ("hom_visibility_two_dots", "  two dots of the ensemble", ""),
    ("efficiency", "efficiency", ""),
    ("brightness", "brightness", ""),
    ("quantum_efficiency", "quantum efficiency", ""),
    ("purcell", "Purcell factor (total)", ""),
    ("lifetime", "lifetime", "ps"),
    ("linewidth", "homogeneous linewidth", "meV"),
    ("g2", "g²(0)", ""),
    ("cooperativity", "cooperativity", ""),
    ("coherent_cooperativity", "coherent cooperativity", ""),
    ("cascade_fidelity", "cascade fidelity (upper bound)", ""),
    ("odmr_sensitivity", "ODMR sensitivity", "T/√Hz"),
)


def summary(emitter: Emitter, environment: Environment, found: Figures) -> str:
    """The figures as a table, with what they mean and what they assume."""
    lines = [f"{emitter.name} in: {environment.note or 'a given environment'}"]
    lines += [f"output: {found.output}", ""]
    values = found.quantities()
    for name, label, unit in _ROWS:
        value = values[name]
        if value is not None:
            lines.append(f"  {label:<32}{format_quantity(value, unit)}")
    for name, value in found.efficiencies.items():
        if name != found.output:
            lines.append(f"  {'efficiency into ' + name:<32}{format_quantity(value)}")
    lines += ["", *verdict(emitter, found)]
    if found.notes:
        lines += ["", "Assumed:", *(f"  - {note}" for note in found.notes)]
    if found.missing:
        lines += ["", "Not given:"]
        lines += [f"  - {name}: {reason}" for name, reason in found.missing.items()]
    lines += ["", "± is one standard deviation; (unverified): no uncertainty is known."]
    return "\n".join(lines)


def verdict(emitter: Emitter, found: Figures) -> list[str]:
    """What the indistinguishability means, in plain words."""
    value = nominal(found.indistinguishability)
    ratio = emitter.gamma_star / emitter.gamma
    if ratio == 0:
        return [
            "The emitter has no pure dephasing: its photons are as good as its sideband allows."
        ]
    dephasing = f"γ*/γ = {format_number(ratio)}: pure dephasing is that many times as fast as decay"
    known = emitter.data.zero_phonon_weight
    weight = 1.0 if known is None else known.value
    needed = purcell_needed(0.5, emitter.gamma, emitter.gamma_star, emitter.quantum_yield, weight)
    if value < 0.1:
        return [
            f"I ≈ {format_number(value, 1)}: two of these photons do not interfere.",
            f"{dephasing};",
            f"without memory even I = 0.5 needs a Purcell factor of {format_number(needed)}.",
            "Use such a device for brightness, rate or purity, not for interference.",
        ]
    if value < 0.5:
        return [
            f"I = {format_number(value, 2)}: partly coherent. {dephasing};",
            f"without memory I = 0.5 needs a Purcell factor of {format_number(needed)}.",
        ]
    return [
        f"I = {format_number(value, 2)}: these photons interfere, though pure dephasing is "
        f"{format_number(ratio)} times as fast as decay (γ*/γ)."
    ]


def target_summary(found: Target) -> str:
    """What the wanted figures ask of a device, as text."""
    wanted = f"I ≥ {found.indistinguishability:g}"
    if found.efficiency is not None:
        wanted += f" and efficiency ≥ {found.efficiency:g}"
    lines = [
        f"{found.emitter}: what {wanted} needs",
        f"  γ = {format_number(found.gamma)}, γ* = {format_number(found.gamma_star)} rad/ps; "
        f"I without a device {format_number(found.bare, 2)}",
        "",
        *_markov_lines(found),
        "",
    ]
    for front in found.fronts:
        lines += [*_front_lines(found, front), ""]
    lines += found.verdict
    lines += [
        "",
        "Assumed: resonance, the dipole aligned and at the field maximum, all of the last mode's",
        "loss collected. Efficiencies are upper bounds for devices with these rates.",
    ]
    return "\n".join(lines)


def _markov_lines(found: Target) -> list[str]:
    """The Purcell factor, and whether a cavity without memory can have it."""
    lines = [f"Without memory: Purcell factor F ≥ {format_number(found.purcell)}."]
    volume = found.fabrication.mode_volume
    quality = 4 * pi**2 * volume * found.purcell / 3
    width = found.gamma_star / (1 - found.indistinguishability)
    at_most = found.omega / width if width else found.fabrication.cavity_q
    text = f"  At V = {volume:g} (λ/n)³ this is Q = {format_number(quality)}"
    if quality < at_most:
        lines.append(f"{text}; the cavity has no memory below Q = {format_number(at_most)}.")
    else:
        lines.append(
            f"{text}, but above Q = {format_number(at_most)} the cavity's line is narrower than"
        )
        lines.append("  the emitter's and this formula does not hold: no such cavity exists.")
    return lines


def _front_lines(found: Target, front: Front) -> list[str]:
    if front.wanted is None:
        best = front.purest
        return [
            f"{front.kind}: impossible. Highest I = {format_number(best.indistinguishability)} "
            f"at efficiency {format_number(best.efficiency)} with",
            f"  {_rates(found, best)}",
        ]
    return [
        f"{front.kind}: I = {format_number(front.wanted.indistinguishability)}, efficiency "
        f"{format_number(front.wanted.efficiency)} with",
        f"  {_rates(found, front.wanted)}",
    ]


def _rates(found: Target, design: Design) -> str:
    volume = found.mode_volume(design.g)
    q1 = found.quality_factor(design.kappa1)
    text = f"g = {design.g:.3g} (V = {volume:.3g} (λ/n)³), κ = {design.kappa1:.3g} (Q = {q1:.2g})"
    if design.coupling is not None and design.kappa2 is not None:
        q2 = found.quality_factor(design.kappa2)
        text = text.replace("κ =", "κ1 =")
        text += f", J = {design.coupling:.3g}, κ2 = {design.kappa2:.3g} (Q = {q2:.2g})"
    return f"{text}; rad/ps"
