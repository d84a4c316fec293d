"""An emitter's quantities as random variables, and the error that asks for what is not known."""

from collections.abc import Sequence
from functools import cached_property

from uncertainties import UFloat

from cqdphotonics.constants import HBAR
from cqdphotonics.emitters.record import EmitterData
from cqdphotonics.errors import InputError

COHERENCE = ("T2", "linewidth", "phonon_broadening")
"""The three ways to give an emitter's coherence."""

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
                if all(getattr(self._data, name) is None for name in COHERENCE):
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
