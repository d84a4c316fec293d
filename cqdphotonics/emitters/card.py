"""An emitter on one page: every number with its mark and source, and what follows from them."""

from cqdphotonics.constants import HBAR
from cqdphotonics.display import format_number
from cqdphotonics.emitters.datum import MARKS, Datum
from cqdphotonics.emitters.emitter import Emitter
from cqdphotonics.emitters.library import load, names
from cqdphotonics.errors import InputError

_UNITS = {
    "wavelength": "µm",
    "T1": "ps",
    "T2": "ps",
    "linewidth": "meV",
    "size": "µm",
    "core_size": "µm",
    "ensemble_spread": "µm",
    "phonon_broadening.zero_temperature": "meV",
    "phonon_broadening.acoustic": "meV/K",
    "phonon_broadening.optical_strength": "meV",
    "phonon_broadening.optical_energy": "meV",
    "biexciton.shift": "meV",
    "biexciton.auger_time": "ps",
    "blinking.switching_time": "ps",
    "spectral_diffusion.width": "meV",
    "spectral_diffusion.jump_time": "ps",
}
_USEFUL = ("T1", "quantum_yield", "T2", "zero_phonon_weight", "dipole", "blinking")


def unit_of(key: str) -> str:
    """Unit of a datum by its dotted name; empty where it has none."""
    return "meV" if key.startswith("dipole.splittings") else _UNITS.get(key, "")


def derived(emitter: Emitter) -> dict[str, float]:
    """The rates and widths that follow from the data; what can't be computed is left out."""
    result: dict[str, float] = {}
    try:
        result["gamma"] = emitter.gamma
        result["gamma_star"] = emitter.gamma_star
        result["T2_ps"] = emitter.T2
        result["bare_indistinguishability"] = emitter.bare_indistinguishability
        result["homogeneous_linewidth_meV"] = HBAR * (emitter.gamma + emitter.gamma_star)
    except InputError:
        pass
    return result


def missing(emitter: Emitter) -> list[str]:
    """The data that calculations want and this emitter does not have."""
    absent = [key for key in _USEFUL if getattr(emitter.data, key) is None]
    if "T2" in absent and (emitter.data.linewidth or emitter.data.phonon_broadening):
        absent.remove("T2")
    return absent


def card(emitter: Emitter) -> str:
    """The emitter's data sheet as plain text."""
    data = emitter.data
    head = f"{data.name}: {data.material or 'emitter'}"
    if data.family:
        head += f" ({data.family})"
    lines = [f"{head} at {data.temperature:g} K", data.description, ""]
    rows = [(key, _value(key, datum), datum) for key, datum in data.flatten().items()]
    key_width = max(len(key) for key, _, _ in rows)
    value_width = max(len(value) for _, value, _ in rows)
    for key, value, datum in rows:
        lines.append(f"  {key:<{key_width}}  {value:<{value_width}}  [{datum.mark}] {datum.source}")
    if data.dipole is not None:
        lines.append(f"  dipole: {_GEOMETRY[data.dipole.geometry]}; {data.dipole.source}")
    lines += ["", *_derived_lines(emitter)]
    if absent := missing(emitter):
        lines.append(f"  not known: {', '.join(absent)} (asked for by name when needed)")
    if data.notes:
        lines += ["", data.notes]
    used = sorted({datum.mark for _, _, datum in rows})
    lines += ["", *(f"[{mark}] {MARKS[mark]}" for mark in used)]
    return "\n".join(lines)


_GEOMETRY = {
    "axis": "one axis",
    "plane": "two degenerate axes in a plane",
    "three": "three orthogonal bright states",
}


def _derived_lines(emitter: Emitter) -> list[str]:
    numbers = derived(emitter)
    if "gamma_star" not in numbers:
        return ["  coherence: not computable before the missing data are given"]
    ratio = numbers["gamma_star"] / numbers["gamma"]
    return [
        f"  γ = {format_number(numbers['gamma'])} rad/ps, "
        f"γ* = {format_number(numbers['gamma_star'])} rad/ps, γ*/γ = {format_number(ratio)}",
        f"  homogeneous linewidth {format_number(numbers['homogeneous_linewidth_meV'])} meV, "
        f"T2 = {format_number(numbers['T2_ps'])} ps",
        "  indistinguishability without a device "
        f"γ/(γ+γ*) = {format_number(numbers['bare_indistinguishability'], 2)}",
    ]


def _value(key: str, datum: Datum) -> str:
    text = f"{datum.value:.6g}"
    if datum.uncertainty is not None:
        text += f" ± {datum.uncertainty:g}"
    if datum.range is not None:
        text += f" ({datum.range[0]:g} to {datum.range[1]:g})"
    return f"{text} {unit_of(key)}".strip()


def listing() -> list[Emitter]:
    """All emitters of the library."""
    return [load(name) for name in names()]
