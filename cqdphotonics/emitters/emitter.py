"""A colloidal quantum dot (or another nanoparticle emitter) at one temperature.

`EmitterData` is what is known, number by number with its source; `Emitter` is what follows from
it: rates, with or without their uncertainties. What is not known is absent, and a calculation
that needs it raises an error that asks for it by name.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from cqdphotonics.emitters.record import EmitterData
from cqdphotonics.emitters.uncertain import COHERENCE, UncertainEmitter
from cqdphotonics.errors import InputError, RangeError


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
            if not parents and last in COHERENCE and value is not None:
                for other in COHERENCE:
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
