"""What a laboratory would measure: all figures of an emitter in an environment.

Every figure is a UFloat. Its uncertainty is propagated to first order from the data of the emitter
(correlations kept: γ and γ* share T1) and from the environment's rates and shares; couplings g, κ
and frequencies of modes count as exact. A standard deviation of 0 means that none is known.
A figure whose data are missing is None, and `Figures.missing` says what to give.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from math import pi, sqrt

from uncertainties import UFloat

from cqdphotonics.constants import HBAR, angular_frequency
from cqdphotonics.display import Number, nominal, quantity, standard_deviation
from cqdphotonics.emitters import Emitter
from cqdphotonics.errors import UnknownNameError
from cqdphotonics.quantum.cascade import cascade_fidelity
from cqdphotonics.quantum.environment import Environment, Output
from cqdphotonics.quantum.excitation import photon_integrals
from cqdphotonics.quantum.hom import diffusing_visibility, raw_visibility, two_emitter_visibility
from cqdphotonics.quantum.line import Line, Sideband, felt_by_line, line_of, with_output
from cqdphotonics.quantum.phonons import sideband_penalty
from cqdphotonics.quantum.purity import (
    biexciton_yield,
    biexciton_yield_in_device,
    g2_from_biexciton,
)
from cqdphotonics.quantum.sensing import SpinReadout, odmr_sensitivity


@dataclass(frozen=True)
class Figures:
    """The figures of one emitter in one environment, at one output.

    Attributes
    ----------
    emitter, output : str
        Names.
    indistinguishability : UFloat
        I of two photons that leave one after the other through `output` (Grange et al., PRL 114,
        193601 (2015)), sideband included as `sideband` says.
    bare_indistinguishability : UFloat
        γ/(γ + γ*): the same emitter without a device.
    efficiency : UFloat
        Photons in `output` per excitation, non-radiative decay and absorption counted.
    efficiencies : mapping of str to UFloat
        The same for every output.
    purcell : UFloat
        F_tot = (1/lifetime − γ_nr)/γ_r; with modes, the effective one.
    lifetime : UFloat
        ∫P_e dt in ps: 1/Γ of an exponential decay.
    quantum_efficiency : UFloat
        Share of excitations that leave as light: not lost in the dot, not in "absorbed".
    brightness : UFloat
        Photons in `output` per saturating excitation: efficiency times the share of time that the
        dot is on. Where blinking is not known: while the dot is on.
    linewidth : UFloat or None
        Homogeneous FWHM ħ(1/lifetime + γ*) in meV. None with modes: the line has no single width
        there.
    g2 : UFloat or None
        g²(0) from the biexciton (Nair et al., Nano Lett. 11, 1136 (2011)), or, where its data are
        not known, as measured without a device; `notes` says which.
    hom_visibility : UFloat or None
        Visibility of pure single photons `pulse_separation` apart: I, less spectral diffusion.
    hom_visibility_separable, hom_visibility_identical : UFloat or None
        Raw visibility with g2, its noise being of the one or the other kind (Ollivier et al., PRL
        126, 063602 (2021)).
    hom_visibility_two_dots : UFloat or None
        The same for photons of two dots drawn from the ensemble, each in such a device.
    cooperativity, coherent_cooperativity : UFloat or None
        R/γ and R/(γ + γ*), γ all decay but that into the modes and R = 2πJ − background the weak-
        coupling rate into them: 4g²/(κγ) and 4g²/(κ(γ + γ*)) for one mode in resonance.
    cascade_fidelity : UFloat or None
        Of the biexciton–exciton pair with a Bell state (Hudson et al., PRL 99, 266802 (2007)), no
        spin scattering or cross-dephasing: an upper bound.
    odmr_sensitivity : UFloat or None
        T/√Hz (Dréau et al., PRB 84, 195204 (2011)).
    notes : tuple of str
        What was assumed.
    missing : mapping of str to str
        Figure → why it is None.
    """

    emitter: str
    output: str
    indistinguishability: UFloat
    bare_indistinguishability: UFloat
    efficiency: UFloat
    efficiencies: Mapping[str, UFloat]
    purcell: UFloat
    lifetime: UFloat
    quantum_efficiency: UFloat
    brightness: UFloat
    linewidth: UFloat | None = None
    g2: UFloat | None = None
    hom_visibility: UFloat | None = None
    hom_visibility_separable: UFloat | None = None
    hom_visibility_identical: UFloat | None = None
    hom_visibility_two_dots: UFloat | None = None
    cooperativity: UFloat | None = None
    coherent_cooperativity: UFloat | None = None
    cascade_fidelity: UFloat | None = None
    odmr_sensitivity: UFloat | None = None
    notes: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.quantities().items():
            object.__setattr__(self, name, _without_rounding_noise(value))
        clean = {key: _without_rounding_noise(value) for key, value in self.efficiencies.items()}
        object.__setattr__(self, "efficiencies", clean)

    @property
    def bare(self) -> UFloat:
        """Short for `bare_indistinguishability`."""
        return self.bare_indistinguishability

    def quantities(self) -> dict[str, UFloat | None]:
        """The figures by name, without the words."""
        words = ("emitter", "output", "efficiencies", "notes", "missing")
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in words}


def _without_rounding_noise(value: UFloat | None) -> UFloat | None:
    """Take away a deviation that is only what cancelling correlated errors leave behind."""
    if value is not None and standard_deviation(value) < 1e-7 * abs(nominal(value)):
        return quantity(nominal(value))
    return value


def figures(
    emitter: Emitter,
    environment: Environment,
    *,
    output: str | None = None,
    sideband: Sideband | None = None,
    pulse_separation: Number | None = None,
    biexciton_transmission: Number = 1.0,
    spin: SpinReadout | None = None,
) -> Figures:
    """All figures of `emitter` in `environment`.

    Parameters
    ----------
    emitter : Emitter
        Needs T1, a coherence (T2, linewidth or its model) and the quantum yield.
    environment : Environment
        Absolute rates, made with the same emitter's radiative rate.
    output : str, optional
        The output to judge; by default the first.
    sideband : {"broadband", "narrowband"}, optional
        What the device does to light outside the zero-phonon line, where the emitter states a
        weight below 1. "broadband": it enhances and collects it like the line, so photons of the
        sideband spoil the interference. "narrowband": line and device are narrow, so only the
        line is enhanced (g² and background times the weight), the rest decays at the homogeneous
        rate and is not collected. Default: narrowband with modes, broadband without.
    pulse_separation : float or UFloat, optional
        Time between the two photons of a HOM measurement in ps; needed where the emitter has
        spectral diffusion.
    biexciton_transmission : float or UFloat
        Collection of the biexciton line relative to the exciton line: 1 without a filter.
    spin : SpinReadout, optional
        For the ODMR sensitivity.

    Raises
    ------
    InputError
        A datum that is needed is not known (named), or `output` does not exist.

    Examples
    --------
    >>> from cqdphotonics.emitters import load
    >>> dot = load("CsPbBr3-4K")
    >>> device = Environment.from_purcell(10, radiative_rate=dot.radiative_rate)
    >>> round(figures(dot, device).indistinguishability.nominal_value, 2)
    0.7
    """
    notes: list[str] = []
    missing: dict[str, str] = {}
    environment = with_output(environment)
    name = output if output is not None else next(iter(environment.outputs))
    if name not in environment.outputs:
        raise UnknownNameError("output", name, environment.outputs)
    dot = line_of(emitter, environment, sideband, notes)
    felt = felt_by_line(dot, environment)
    photons = felt.emission(dot.nonradiative, dot.gamma_star)
    lifetime = _lifetime(felt, dot)

    penalty: Number = 1.0
    if dot.weight is not None and dot.sideband == "broadband":
        penalty = sideband_penalty(dot.weight, 1.0)
    indistinguishability = quantity(photons[name].indistinguishability * penalty)
    efficiencies = {key: photon.efficiency for key, photon in photons.items()}
    purcell = quantity((1 / lifetime - dot.nonradiative) / dot.radiative)
    absorbed = felt.background.get("absorbed", 0.0) * lifetime
    if "absorbed" in efficiencies and felt.modes:
        absorbed = efficiencies["absorbed"]
    elif felt.modes:
        notes.append(
            "all loss of the modes counts as light; name an output 'absorbed' for the rest"
        )
    quantum_efficiency = quantity(1 - dot.nonradiative * lifetime - absorbed)

    g2 = _g2(emitter, dot, purcell, biexciton_transmission, notes, missing)
    visibility = _visibility(
        emitter, dot, felt, lifetime, indistinguishability, penalty, pulse_separation, missing
    )
    two_dots = _two_dots(emitter, dot, felt, lifetime, penalty, missing)
    separable = identical = None
    if g2 is not None and visibility is not None:
        separable = quantity(raw_visibility(visibility, g2, "separable"))
        identical = quantity(raw_visibility(visibility, g2, "identical"))
    cooperativity, coherent = _cooperativities(felt, dot, missing)
    brightness = efficiencies[name]
    if emitter.uncertain.has("blinking.on_fraction"):
        brightness = quantity(brightness * emitter.uncertain.datum("blinking.on_fraction"))
    else:
        notes.append("blinking is not known: the brightness holds while the dot is on")
    if felt.modes:
        missing["linewidth"] = "with modes the line is not one Lorentzian: see emission_spectrum"
    return Figures(
        emitter=emitter.name,
        output=name,
        indistinguishability=indistinguishability,
        bare_indistinguishability=quantity(dot.gamma / (dot.gamma + dot.gamma_star)),
        efficiency=efficiencies[name],
        efficiencies=efficiencies,
        purcell=purcell,
        lifetime=lifetime,
        quantum_efficiency=quantum_efficiency,
        brightness=brightness,
        linewidth=None if felt.modes else quantity(HBAR * (1 / lifetime + dot.gamma_star)),
        g2=g2,
        hom_visibility=visibility,
        hom_visibility_separable=separable,
        hom_visibility_identical=identical,
        hom_visibility_two_dots=two_dots,
        cooperativity=cooperativity,
        coherent_cooperativity=coherent,
        cascade_fidelity=_cascade(emitter, lifetime, missing),
        odmr_sensitivity=_odmr(spin, brightness, missing),
        notes=tuple(notes),
        missing=missing,
    )


def _lifetime(environment: Environment, dot: Line) -> UFloat:
    """∫P_e dt, from the share of decays into the background."""
    background = environment.background_rate
    if nominal(background) > 0:
        probe = {"": Output((0.0,) * environment.modes, 1.0)}
        photon = replace(environment, outputs=probe).emission(dot.nonradiative, dot.gamma_star)
        return quantity(photon[""].efficiency / background)
    levels = environment.levels(dot.nonradiative, dot.gamma_star)
    integrals, _ = photon_integrals(*levels, (0,))
    return quantity(float(integrals[..., 0]))


def _g2(
    emitter: Emitter,
    dot: Line,
    purcell: UFloat,
    transmission: Number,
    notes: list[str],
    missing: dict[str, str],
) -> UFloat | None:
    data = emitter.uncertain
    bare_yield = None
    if data.has("biexciton.quantum_yield"):
        bare_yield = data.datum("biexciton.quantum_yield")
    elif data.has("biexciton.auger_time") and data.has("biexciton.radiative_ratio"):
        rate = dot.radiative * data.datum("biexciton.radiative_ratio")
        bare_yield = biexciton_yield(data.datum("biexciton.auger_time"), rate)
    if bare_yield is not None:
        in_device = biexciton_yield_in_device(bare_yield, purcell)
        exciton = dot.radiative * purcell / (dot.radiative * purcell + dot.nonradiative)
        notes.append(
            "g2 from the biexciton, whose radiative rate the device enhances as much as the "
            "exciton's"
        )
        return quantity(g2_from_biexciton(in_device, exciton, transmission))
    if data.has("measured.g2"):
        notes.append(
            "g2 as measured without a device; what this device does to the biexciton is not known "
            "(give biexciton.quantum_yield)"
        )
        return data.datum("measured.g2")
    missing["g2"] = "give biexciton.quantum_yield, or biexciton.auger_time and .radiative_ratio"
    missing["hom_visibility_separable"] = missing["hom_visibility_identical"] = "needs g2"
    return None


def _visibility(
    emitter: Emitter,
    dot: Line,
    environment: Environment,
    lifetime: UFloat,
    indistinguishability: UFloat,
    penalty: Number,
    separation: Number | None,
    missing: dict[str, str],
) -> UFloat | None:
    data = emitter.uncertain
    if not data.has("spectral_diffusion.width"):
        return indistinguishability
    reason = ""
    if separation is None:
        reason = "the line wanders: give pulse_separation, the time between the two photons"
    elif environment.modes:
        reason = "with modes and a wandering line: average `emission` over the detunings"
    elif not data.has("spectral_diffusion.jump_time"):
        reason = "give spectral_diffusion.jump_time"
    if separation is None or reason:
        missing["hom_visibility"] = reason
        missing["hom_visibility_separable"] = missing["hom_visibility_identical"] = reason
        return None
    width = data.datum("spectral_diffusion.width") / HBAR
    jump_time = data.datum("spectral_diffusion.jump_time")
    visibility = diffusing_visibility(1 / lifetime, dot.gamma_star, width, jump_time, separation)
    return quantity(visibility * penalty)


def _two_dots(
    emitter: Emitter,
    dot: Line,
    environment: Environment,
    lifetime: UFloat,
    penalty: Number,
    missing: dict[str, str],
) -> UFloat | None:
    data = emitter.uncertain
    if environment.modes:
        missing["hom_visibility_two_dots"] = (
            "with modes: average quantum.two_source_visibility over the ensemble"
        )
        return None
    if not data.has("ensemble_spread"):
        missing["hom_visibility_two_dots"] = "give ensemble_spread"
        return None
    # dω = ω dλ/λ, and the difference of two dots spreads √2 more than one.
    one = angular_frequency(emitter.wavelength) * data.datum("ensemble_spread") / data.wavelength
    visibility = two_emitter_visibility(1 / lifetime, dot.gamma_star, spread=sqrt(2) * one)
    return quantity(visibility * penalty)


def _cooperativities(
    environment: Environment, dot: Line, missing: dict[str, str]
) -> tuple[UFloat | None, UFloat | None]:
    if environment.modes == 0:
        reason = "a Markov environment has no modes"
        missing["cooperativity"] = missing["coherent_cooperativity"] = reason
        return None, None
    without = environment.background_rate + dot.nonradiative
    total = 2 * pi * float(environment.spectral_density(0.0))
    into_modes = total - nominal(environment.background_rate)
    if nominal(without) == 0:
        missing["cooperativity"] = "all decay is into the modes: infinite"
        cooperativity = None
    else:
        cooperativity = quantity(into_modes / without)
    return cooperativity, quantity(into_modes / (without + dot.gamma_star))


def _cascade(emitter: Emitter, lifetime: UFloat, missing: dict[str, str]) -> UFloat | None:
    if not emitter.uncertain.has("dipole.splittings[0]"):
        missing["cascade_fidelity"] = "give dipole.splittings, the fine-structure splitting in meV"
        return None
    splitting = emitter.uncertain.datum("dipole.splittings[0]")
    return quantity(cascade_fidelity(splitting, lifetime))


def _odmr(spin: SpinReadout | None, brightness: UFloat, missing: dict[str, str]) -> UFloat | None:
    if spin is None:
        missing["odmr_sensitivity"] = "give the spin's linewidth, contrast and excitation rate"
        return None
    rate = brightness * spin.excitation_rate
    return quantity(odmr_sensitivity(spin.linewidth, spin.contrast, rate, spin.g_factor))
