"""``cqd emitters``, ``cqd figures``, ``cqd target``: what a dot can do, before any field solver."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cqdphotonics.cli.app import JsonOption, emit, say
from cqdphotonics.errors import InputError

if TYPE_CHECKING:
    from cqdphotonics.emitters import Emitter
    from cqdphotonics.quantum import Environment

EmitterOption = Annotated[
    str, typer.Option("--emitter", help="Name in the library, or path of your own YAML file.")
]
EmitterValueOption = Annotated[
    list[str] | None,
    typer.Option(
        "--emitter-value",
        metavar="KEY=VALUE",
        help="Replace or add a datum, e.g. T1=210, T2=80±5, biexciton.quantum_yield=0.1; "
        "may be given many times.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to `app`."""
    app.command("emitters")(emitters_command)
    app.command("figures")(figures_command)
    app.command("target")(target_command)


def emitters_command(
    name: Annotated[str | None, typer.Argument(help="A name, or the path of a YAML file.")] = None,
    emitter_value: EmitterValueOption = None,
    yaml: Annotated[
        bool, typer.Option("--yaml", help="Print the YAML of a library emitter, to copy.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List the emitters of the library, or print one emitter's card with its sources."""
    from cqdphotonics import emitters

    if name is None:
        if yaml or emitter_value:
            raise InputError("name an emitter: `cqd emitters NAME`; `cqd emitters` lists them.")
        listed = emitters.listing()
        data: dict[str, Any] = {"emitters": [_line(emitter) for emitter in listed]}
        emit(data, _table(listed), json)
        return
    if yaml:
        if emitter_value:
            raise InputError(
                "--yaml prints the library's file as it is: leave out --emitter-value."
            )
        text = emitters.source_text(name)
        emit({"name": name, "yaml": text}, text.rstrip(), json)
        return
    emitter = _load(name, emitter_value)
    data = {
        **emitter.data.model_dump(exclude_none=True),
        "derived": emitters.derived(emitter),
        "missing": emitters.missing(emitter),
    }
    emit(data, emitters.card(emitter), json)


def figures_command(
    emitter: EmitterOption,
    emitter_value: EmitterValueOption = None,
    response: Annotated[
        Path | None, typer.Option(help="Directory of a result of `cqd simulate`.")
    ] = None,
    purcell: Annotated[float | None, typer.Option(help="Purcell factor, total.")] = None,
    collected: Annotated[
        float | None,
        typer.Option(help="With --purcell: share of the total power that is collected."),
    ] = None,
    absorbed: Annotated[
        float, typer.Option(help="With --purcell: the part of it that is absorbed.")
    ] = 0.0,
    g: Annotated[float | None, typer.Option("--g", help="Coupling to the cavity, rad/ps.")] = None,
    kappa: Annotated[float | None, typer.Option(help="Cavity decay rate, rad/ps.")] = None,
    coupling: Annotated[
        float | None, typer.Option(help="Coupling J of the cavity to a second one, rad/ps.")
    ] = None,
    kappa2: Annotated[
        float | None, typer.Option(help="Decay rate of the second cavity, collected, rad/ps.")
    ] = None,
    quality: Annotated[
        float | None, typer.Option("--q", help="Quality factor, instead of --kappa.")
    ] = None,
    volume: Annotated[
        float | None,
        typer.Option(help="Mode volume in (λ/n)³, instead of --g: aligned, at the field maximum."),
    ] = None,
    na: Annotated[float, typer.Option("--na", help="With --response: numerical aperture.")] = 0.8,
    direction: Annotated[str, typer.Option(help="With --response: up or down.")] = "up",
    sideband: Annotated[
        str | None,
        typer.Option(help="What the device does to a phonon sideband: broadband or narrowband."),
    ] = None,
    pulse_separation: Annotated[
        float | None, typer.Option(help="Time between the two photons of a HOM measurement, ps.")
    ] = None,
    biexciton_transmission: Annotated[
        float, typer.Option(help="Collection of the biexciton line relative to the exciton's.")
    ] = 1.0,
    odmr_linewidth: Annotated[
        float | None, typer.Option(help="Width of the spin resonance, Hz.")
    ] = None,
    odmr_contrast: Annotated[float | None, typer.Option(help="Its contrast, 0 to 1.")] = None,
    excitation_rate: Annotated[
        float | None, typer.Option(help="Excitations of the emitter per second.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Figures of an emitter in a simulated device, a Purcell factor, a cavity, or two cavities."""
    from cqdphotonics.quantum import figures
    from cqdphotonics.quantum.summary import summary

    dot = _load(emitter, emitter_value)
    dot.uncertain.require("T1", "coherence", "quantum_yield")
    rates = {"g": g, "kappa": kappa, "coupling": coupling, "kappa2": kappa2}
    ways = {
        "--response": response is not None,
        "--purcell": purcell is not None,
        "--g/--kappa/--q/--volume": any(x is not None for x in (*rates.values(), quality, volume)),
    }
    if sum(ways.values()) != 1:
        given = ", ".join(way for way, is_given in ways.items() if is_given) or "none"
        raise InputError(
            f"describe the device in one way, not {given}: --response DIR, or --purcell F, or "
            "--g G --kappa K [--coupling J --kappa2 K2] (or --volume V --q Q for g and κ)."
        )
    checks: dict[str, Any] = {}
    if response is not None:
        environment, checks = _simulated(response, dot, na, direction)
    elif purcell is not None:
        environment = _markov(purcell, collected, absorbed, dot)
    else:
        environment = _cavities(dot, rates, quality, volume)
    found = figures(
        dot,
        environment,
        sideband=sideband,  # type: ignore[arg-type]  # checked by figures, with its message
        pulse_separation=pulse_separation,
        biexciton_transmission=biexciton_transmission,
        spin=_spin(odmr_linewidth, odmr_contrast, excitation_rate),
    )
    data = {
        "emitter": found.emitter,
        "environment": environment.note,
        "output": found.output,
        **found.quantities(),
        "efficiencies": found.efficiencies,
        "gamma": dot.gamma,
        "gamma_star": dot.gamma_star,
        "notes": found.notes,
        "missing": found.missing,
        **checks,
    }
    emit(data, summary(dot, environment, found), json)


def target_command(
    emitter: EmitterOption,
    indistinguishability: Annotated[float, typer.Option(help="Wanted, between 0 and 1.")],
    efficiency: Annotated[
        float | None, typer.Option(help="Wanted photons in the output per excitation.")
    ] = None,
    emitter_value: EmitterValueOption = None,
    max_q: Annotated[
        float, typer.Option(help="Highest quality factor of the cavity with the emitter.")
    ] = 1e5,
    max_ring_q: Annotated[
        float, typer.Option(help="Highest quality factor of the second cavity of a cascade.")
    ] = 1e6,
    min_volume: Annotated[
        float, typer.Option(help="Smallest mode volume that can be made, (λ/n)³.")
    ] = 1.0,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Directory for the plot of the fronts.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """What device a wanted indistinguishability needs: Purcell factor, cavity, cascade of two."""
    # Before numpy is loaded: its matrices here are small, and threads cost ten times what they do.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from cqdphotonics.quantum.summary import target_summary
    from cqdphotonics.quantum.target import Fabrication, target

    dot = _load(emitter, emitter_value)
    fabrication = Fabrication(max_q, max_ring_q, min_volume)
    say("searching one cavity and cascades of two …")
    found = target(dot, indistinguishability, efficiency, fabrication)
    text = target_summary(found)
    plot = None
    if out is not None:
        from cqdphotonics.quantum.target_plot import plot_target

        plot = plot_target(found, out / "target.png")
        text += f"\n\nPareto fronts: {plot}"
    data = {
        "emitter": found.emitter,
        "indistinguishability": found.indistinguishability,
        "efficiency": found.efficiency,
        "bare_indistinguishability": found.bare,
        "gamma": found.gamma,
        "gamma_star": found.gamma_star,
        "purcell": found.purcell,
        "limits": found.fabrication,
        "one_cavity": found.cavity,
        "cascade": found.cascade,
        "ideal_cascade": found.ideal_cascade,
        "verdict": found.verdict,
        "plot": plot,
    }
    emit(data, text, json)


def _load(name: str, texts: list[str] | None) -> "Emitter":
    from cqdphotonics import emitters

    return emitters.load(name, _emitter_values(texts or []))


def _emitter_values(texts: list[str]) -> dict[str, Any]:
    """``["T1=210", "T2=80±5"]`` as data with mark "U"."""
    values: dict[str, Any] = {}
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not (key and equals and value):
            raise InputError(f"'--emitter-value {text}' is not of the form KEY=VALUE, e.g. T1=210.")
        if key in values:
            raise InputError(f"'{key}' is given twice with --emitter-value. Give it once.")
        values[key] = _value(key, value)
    return values


def _value(key: str, text: str) -> Any:
    centre, _, deviation = text.replace("+/-", "±").partition("±")
    try:
        if not deviation:
            return float(centre)
        return {
            "value": float(centre),
            "uncertainty": float(deviation),
            "mark": "U",
            "source": "given by the user",
        }
    except ValueError:
        if key.rpartition(".")[2] in ("geometry", "name", "family", "material", "source"):
            return text
        raise InputError(
            f"'--emitter-value {key}={text}': '{text}' is not a number (nor number±uncertainty)."
        ) from None


def _simulated(
    directory: Path, emitter: "Emitter", na: float, direction: str
) -> tuple["Environment", dict[str, Any]]:
    from cqdphotonics.fdtd import Response

    result = Response.load(directory)
    if not result.converged:
        say(f"warning: the simulation did not converge: {result.verdict}")
    environment = result.environment(emitter, na=na, direction=direction)
    return environment, {"converged": result.converged, "verdict": result.verdict}


def _markov(
    purcell: float, collected: float | None, absorbed: float, emitter: "Emitter"
) -> "Environment":
    from cqdphotonics.quantum import Environment

    radiated = 1 - absorbed / purcell if purcell > 0 else 1.0
    if collected is not None and not 0 <= collected <= radiated:
        raise InputError(
            f"--collected {collected:g}: the collected share of the power is between 0 and "
            f"{radiated:g}, what is not absorbed."
        )
    return Environment.from_purcell(
        purcell,
        radiative_rate=emitter.uncertain.radiative_rate,
        absorbed=absorbed,
        outputs={"collected": max(radiated, 0.0) if collected is None else collected},
        note=f"Purcell factor {purcell:g}, no memory",
    )


def _cavities(
    emitter: "Emitter",
    rates: dict[str, float | None],
    quality: float | None,
    volume: float | None,
) -> "Environment":
    from cqdphotonics.constants import angular_frequency
    from cqdphotonics.quantum import Environment, Output
    from cqdphotonics.quantum.target import coupling_strength

    omega = angular_frequency(emitter.wavelength)
    for option, value in (("--q", quality), ("--volume", volume)):
        if value is not None and not value > 0:
            raise InputError(f"{option} {value:g}: it must be positive.")
    g = _one("--g", rates["g"], "--volume", volume)
    kappa = _one("--kappa", rates["kappa"], "--q", quality)
    g = coupling_strength(omega, emitter.radiative_rate, g) if volume is not None else g
    kappa = omega / kappa if quality is not None else kappa
    coupling, kappa2 = rates["coupling"], rates["kappa2"]
    if (coupling is None) != (kappa2 is None):
        raise InputError("a second cavity needs both --coupling J and --kappa2 K2.")
    background = emitter.uncertain.radiative_rate
    if coupling is None or kappa2 is None:
        return Environment(
            detunings=[0.0],
            kappa=[kappa],
            g=[g],
            background={"radiated": background},
            outputs={"cavity": Output((1.0,))},
            note=f"one cavity in resonance: g = {g:.4g}, κ = {kappa:.4g} rad/ps, κ collected",
        )
    return Environment.from_beam_and_ring(
        g=g,
        kappa1=kappa,
        coupling=coupling,
        kappa2_bus=kappa2,
        kappa2_intrinsic=0.0,
        radiative_rate=background,
    )


def _one(first: str, first_value: float | None, second: str, second_value: float | None) -> float:
    if first_value is not None and second_value is not None:
        raise InputError(f"{first} and {second} say the same thing: give one of them.")
    value = first_value if first_value is not None else second_value
    if value is None:
        raise InputError(f"a cavity needs {first} (rad/ps) or {second}.")
    return value


def _spin(linewidth: float | None, contrast: float | None, rate: float | None) -> Any:
    from cqdphotonics.quantum.sensing import SpinReadout

    if linewidth is None and contrast is None and rate is None:
        return None
    if linewidth is None or contrast is None or rate is None:
        raise InputError(
            "the ODMR sensitivity needs --odmr-linewidth, --odmr-contrast and --excitation-rate."
        )
    return SpinReadout(linewidth, contrast, rate)


def _line(emitter: "Emitter") -> dict[str, Any]:
    from cqdphotonics import emitters

    return {
        "name": emitter.name,
        "family": emitter.data.family,
        "material": emitter.data.material,
        "temperature": emitter.temperature,
        "wavelength": emitter.wavelength,
        **emitters.derived(emitter),
        "missing": emitters.missing(emitter),
    }


def _table(listed: list["Emitter"]) -> str:
    from cqdphotonics import emitters

    rows = [("name", "material", "K", "λ/µm", "γ/(γ+γ*)", "family")]
    for emitter in listed:
        bare = emitters.derived(emitter).get("bare_indistinguishability")
        rows.append(
            (
                emitter.name,
                emitter.data.material,
                f"{emitter.temperature:g}",
                f"{emitter.wavelength:g}",
                "?" if bare is None else f"{bare:.2g}",
                emitter.data.family,
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
