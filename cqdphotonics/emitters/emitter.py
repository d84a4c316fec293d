"""A colloidal quantum dot (or another nanoparticle emitter) at one temperature.

`EmitterData` is what is known, number by number with its source; `Emitter` is what follows from
it: rates, with or without their uncertainties. What is not known is absent, and a calculation
that needs it raises an error that asks for it by name.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import exp
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from uncertainties import UFloat, umath

from cqdphotonics.constants import BOLTZMANN, HBAR
from cqdphotonics.emitters.datum import Datum
from cqdphotonics.errors import InputError, RangeError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PhononBroadening(_Part):
    """Homogeneous linewidth against temperature, Γ(T) = Γ0 + aT + Γ_LO/(exp(E_LO/kT) − 1).

    Acoustic phonons give the linear term, longitudinal-optical phonons the thermal one (the usual
    form, e.g. Rudin, Reinecke, Segall, Phys. Rev. B 42, 11218 (1990)). Not included: the discrete
    confined acoustic modes of one particle, which make sidebands rather than width.

    Attributes
    ----------
    zero_temperature : Datum
        Γ0, FWHM in meV.
    acoustic : Datum
        a in meV/K.
    optical_strength, optical_energy : Datum
        Γ_LO and E_LO in meV.
    """

    zero_temperature: Datum
    acoustic: Datum
    optical_strength: Datum
    optical_energy: Datum

    def linewidth(self, temperature: float) -> float:
        """FWHM in meV at `temperature` in K."""
        linear = self.zero_temperature.value + self.acoustic.value * temperature
        if temperature == 0:
            return linear
        exponent = self.optical_energy.value / (BOLTZMANN * temperature)
        # Beyond this the occupation is below 1e-300 and exp would overflow.
        return linear + (self.optical_strength.value / (exp(exponent) - 1) if exponent < 690 else 0)

    def uncertain_linewidth(self, temperature: float) -> UFloat:
        """`linewidth` with the uncertainties of the four numbers propagated."""
        linear = self.zero_temperature.as_ufloat("linewidth at 0 K")
        linear = linear + self.acoustic.as_ufloat("acoustic broadening") * temperature
        if temperature == 0:
            return linear
        energy = self.optical_energy.as_ufloat("LO phonon energy")
        strength = self.optical_strength.as_ufloat("LO phonon strength")
        if energy.nominal_value / (BOLTZMANN * temperature) >= 690:
            return linear
        return linear + strength / (umath.exp(energy / (BOLTZMANN * temperature)) - 1)


class Dipole(_Part):
    """Which transition dipoles the bright exciton has.

    Attributes
    ----------
    geometry : {"axis", "plane", "three"}
        One axis; two degenerate axes in a plane (wurtzite CdSe: the plane normal to c); three
        orthogonal bright states (perovskites).
    splittings : tuple of Datum
        Fine-structure splittings in meV between the lowest bright line and the others.
    """

    geometry: Literal["axis", "plane", "three"]
    splittings: tuple[Datum, ...] = ()
    source: str = ""

    @property
    def count(self) -> int:
        """Number of bright dipoles."""
        return {"axis": 1, "plane": 2, "three": 3}[self.geometry]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.splittings) > self.count - 1:
            raise ValueError(
                f"{len(self.splittings)} splittings for {self.count} bright line(s): "
                f"a dipole '{self.geometry}' has at most {self.count - 1}"
            )
        return self


class Biexciton(_Part):
    """The doubly excited dot.

    Attributes
    ----------
    shift : Datum, optional
        E(XX→X) − E(X→0) in meV; negative: the biexciton photon is redder.
    auger_time : Datum, optional
        Time constant of its non-radiative Auger decay in ps.
    radiative_ratio : Datum, optional
        Its radiative rate over the exciton's (4 in statistical scaling).
    quantum_yield : Datum, optional
        Its quantum yield in the homogeneous host.
    """

    shift: Datum | None = None
    auger_time: Datum | None = None
    radiative_ratio: Datum | None = None
    quantum_yield: Datum | None = None


class Blinking(_Part):
    """Intermittency: the share of time in the bright state, and how long a period lasts (ps)."""

    on_fraction: Datum
    switching_time: Datum | None = None


class SpectralDiffusion(_Part):
    """Wandering of the line: Gaussian standard deviation (meV) and mean time between jumps (ps)."""

    width: Datum
    jump_time: Datum | None = None


class Measured(_Part):
    """What was measured without a device: to compare with, and g2(0) where no model has its data.

    Attributes
    ----------
    g2 : Datum, optional
        g²(0) under pulsed or weak continuous excitation.
    hom_visibility : Datum, optional
        Raw Hong–Ou–Mandel visibility.
    """

    g2: Datum | None = None
    hom_visibility: Datum | None = None


class EmitterData(_Part):
    """Everything that is known about an emitter; the shape of a YAML file of the library.

    Attributes
    ----------
    name, family, material, description : str
        Words.
    temperature : float
        K; all numbers are those at this temperature.
    wavelength : Datum
        Vacuum wavelength of the zero-phonon line, µm.
    T1 : Datum, optional
        Lifetime of the population in the homogeneous host, radiative and non-radiative, ps.
    quantum_yield : Datum, optional
        Radiative share of the decay in the homogeneous host.
    T2, linewidth, phonon_broadening : optional, one of the three
        Optical coherence time (ps), homogeneous FWHM (meV), or the linewidth's temperature model.
    zero_phonon_weight : Datum, optional
        Share of the radiative decay in the line that a device addresses: the Debye–Waller factor
        of a dot; for an ion, times the branching ratio of the transition.
    dipole, biexciton, blinking, spectral_diffusion, measured : optional
        See their classes.
    size, core_size : Datum, optional
        Diameter (or edge) of the particle without ligands and of its core, µm.
    core_index : Datum, optional
        Refractive index of the core at `wavelength`.
    ensemble_spread : Datum, optional
        Standard deviation of the wavelength from dot to dot, µm.
    notes : str
        Anything else that a reader must know.
    """

    name: str
    family: str = ""
    material: str = ""
    description: str = ""
    temperature: float
    wavelength: Datum
    T1: Datum | None = None
    quantum_yield: Datum | None = None
    T2: Datum | None = None
    linewidth: Datum | None = None
    phonon_broadening: PhononBroadening | None = None
    zero_phonon_weight: Datum | None = None
    dipole: Dipole | None = None
    biexciton: Biexciton | None = None
    blinking: Blinking | None = None
    spectral_diffusion: SpectralDiffusion | None = None
    measured: Measured | None = None
    size: Datum | None = None
    core_size: Datum | None = None
    core_index: Datum | None = None
    ensemble_spread: Datum | None = None
    notes: str = ""

    @model_validator(mode="after")
    def _check_laws(self) -> Self:
        from cqdphotonics.emitters.laws import check_laws

        check_laws(self)
        return self

    def flatten(self) -> dict[str, Datum]:
        """Every datum by its dotted name, e.g. ``biexciton.auger_time``, in the order above."""
        return dict(_walk(self, ""))


def _walk(part: BaseModel, prefix: str) -> list[tuple[str, Datum]]:
    found: list[tuple[str, Datum]] = []
    for key in type(part).model_fields:
        value = getattr(part, key)
        if isinstance(value, Datum):
            found.append((prefix + key, value))
        elif isinstance(value, BaseModel):
            found += _walk(value, f"{prefix}{key}.")
        elif isinstance(value, tuple):
            found += [(f"{prefix}{key}[{i}]", item) for i, item in enumerate(value)]
    return found


class Emitter(BaseModel):
    """An emitter and the rates that follow from its data; frozen.

    The conventions: γ = 1/T1; 1/T2 = 1/(2 T1) + 1/T2\\*; γ\\* = 2/T2\\*, so the homogeneous FWHM is
    ħ(γ + γ\\*) and the bare indistinguishability γ/(γ + γ\\*) = T2/(2 T1). Every property raises
    `InputError`, naming the datum, when its data are not known.

    Attributes
    ----------
    data : EmitterData
        The numbers with their marks and sources.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: EmitterData

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "Emitter":
        """Build and check an emitter from the content of a YAML file.

        Raises
        ------
        RangeError
            A number breaks a law of physics, or a key is missing or unknown; the message names it.
        """
        try:
            return cls(data=EmitterData.model_validate(dict(mapping)))
        except ValidationError as error:
            raise RangeError(_explain(error, str(mapping.get("name", "?")))) from None

    def with_values(self, **values: Any) -> "Emitter":
        """A copy with data replaced; a dotted name is written with `__` or passed in a mapping.

        Parameters
        ----------
        **values
            E.g. ``T1=210``, ``biexciton__quantum_yield=0.1``, or ``**{"blinking.on_fraction": 1}``.
            A value is a number or the mapping of a `Datum`; ``None`` removes the datum. Giving one
            of T2, linewidth and phonon_broadening removes the other two.
        """
        content = self.data.model_dump(exclude_none=True)
        for key, value in values.items():
            *parents, last = key.replace("__", ".").split(".")
            target = content
            for parent in parents:
                target = target.setdefault(parent, {})
                if not isinstance(target, dict):
                    raise InputError(f"'{key}' is not a datum of an emitter: {parent} is a number.")
            if not parents and last in _COHERENCE and value is not None:
                for other in _COHERENCE:
                    content.pop(other, None)
            target[last] = value
        if "temperature" in values and not self.data.phonon_broadening:
            raise InputError(
                f"the data of {self.name} hold at {self.temperature:g} K and it has no "
                "phonon_broadening to say how its linewidth changes: load the emitter of the other "
                "temperature, or write your own YAML."
            )
        return Emitter.from_mapping(content)

    @cached_property
    def uncertain(self) -> "UncertainEmitter":
        """The same quantities as correlated random variables (UFloats)."""
        return UncertainEmitter(self.data)

    @property
    def name(self) -> str:
        """Name in the library."""
        return self.data.name

    @property
    def temperature(self) -> float:
        """Temperature in K."""
        return self.data.temperature

    @property
    def wavelength(self) -> float:
        """Vacuum wavelength in µm."""
        return self.data.wavelength.value

    @property
    def T1(self) -> float:  # noqa: N802
        """Lifetime of the population in the homogeneous host, ps."""
        return float(self.uncertain.T1.nominal_value)

    @property
    def T2(self) -> float:  # noqa: N802
        """Optical coherence time in ps, also where a linewidth was given."""
        return 2 / (self.gamma + self.gamma_star)

    @property
    def gamma(self) -> float:
        """Decay rate of the population 1/T1, rad/ps."""
        return 1 / self.T1

    @property
    def gamma_star(self) -> float:
        """Pure dephasing rate 2/T2*, rad/ps."""
        return max(0.0, float(self.uncertain.gamma_star.nominal_value))

    @property
    def quantum_yield(self) -> float:
        """Radiative share of the decay in the homogeneous host."""
        return float(self.uncertain.quantum_yield.nominal_value)

    @property
    def radiative_rate(self) -> float:
        """Radiative decay rate in the homogeneous host, quantum_yield·gamma, rad/ps."""
        return self.quantum_yield * self.gamma

    @property
    def bare_indistinguishability(self) -> float:
        """γ/(γ + γ*): what the emitter gives without any device."""
        return self.gamma / (self.gamma + self.gamma_star)


_COHERENCE = ("T2", "linewidth", "phonon_broadening")
_ANY_COHERENCE = "T2 (or linewidth, or phonon_broadening)"


class UncertainEmitter:
    """An emitter's quantities as UFloats that share their random variables.

    Because γ and γ\\* both contain T1 their errors are correlated; the correlation is kept as long
    as they are taken from one instance, `Emitter.uncertain`.
    """

    def __init__(self, data: EmitterData) -> None:
        self._data = data
        self._variables = {key: datum.as_ufloat(key) for key, datum in data.flatten().items()}

    def datum(self, key: str) -> UFloat:
        """The random variable of one datum, by its dotted name.

        Raises
        ------
        InputError
            It is not known; the message says how to give it.
        """
        if key in self._variables:
            return self._variables[key]
        raise missing_data(self._data.name, [key])

    def has(self, key: str) -> bool:
        """Whether the datum is known."""
        return key in self._variables

    def require(self, *keys: str) -> None:
        """Raise `InputError` that asks for all of these data that are not known, at once.

        ``"coherence"`` stands for T2, linewidth or phonon_broadening.
        """
        absent = []
        for key in keys:
            if key == "coherence":
                if all(getattr(self._data, name) is None for name in _COHERENCE):
                    absent.append(_ANY_COHERENCE)
            elif not self.has(key):
                absent.append(key)
        if absent:
            raise missing_data(self._data.name, absent)

    @property
    def wavelength(self) -> UFloat:
        """Vacuum wavelength, µm."""
        return self.datum("wavelength")

    @property
    def T1(self) -> UFloat:  # noqa: N802
        """Lifetime, ps."""
        return self.datum("T1")

    @property
    def gamma(self) -> UFloat:
        """1/T1, rad/ps."""
        return 1 / self.T1

    @property
    def quantum_yield(self) -> UFloat:
        """Quantum yield in the homogeneous host."""
        return self.datum("quantum_yield")

    @property
    def radiative_rate(self) -> UFloat:
        """Radiative decay rate in the homogeneous host, rad/ps."""
        return self.quantum_yield * self.gamma

    @property
    def gamma_star(self) -> UFloat:
        """Pure dephasing rate, rad/ps."""
        if self._data.T2 is not None:
            return 2 / self.datum("T2") - self.gamma
        return self._total_width - self.gamma

    @cached_property
    def _total_width(self) -> UFloat:
        """Homogeneous FWHM γ + γ* in rad/ps from the linewidth or its model."""
        if self._data.linewidth is not None:
            return self.datum("linewidth") / HBAR
        if self._data.phonon_broadening is not None:
            model = self._data.phonon_broadening
            return model.uncertain_linewidth(self._data.temperature) / HBAR
        raise missing_data(self._data.name, [_ANY_COHERENCE])

    @property
    def zero_phonon_weight(self) -> UFloat | None:
        """Zero-phonon-line weight, None when not known."""
        return self._variables.get("zero_phonon_weight")


def missing_data(emitter: str, keys: Sequence[str]) -> InputError:
    """The error that asks for data by name."""
    options = " ".join(f"--emitter-value {key.split()[0]}=..." for key in keys)
    return InputError(
        f"emitter {emitter} has no {' and no '.join(keys)}: give it with `{options}` "
        "(in Python: emitter.with_values) or in your own YAML. It is never guessed."
    )


def _explain(error: ValidationError, name: str) -> str:
    """Turn pydantic's findings into a few lines for the person who wrote the file."""
    lines = []
    for finding in error.errors():
        place = ".".join(str(part) for part in finding["loc"])
        match finding["type"]:
            case "extra_forbidden":
                known = ", ".join(sorted(EmitterData.model_fields))
                words = f"unknown key '{place}'. Known at the top: {known}."
            case "missing":
                words = f"'{place}' is missing."
            case _:
                words = finding["msg"].removeprefix("Value error, ")
                if place:
                    words = f"{place}: {words}"
        lines.append(words)
    return f"emitter {name}: " + "\n  ".join(lines)
