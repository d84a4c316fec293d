"""What is known about an emitter, number by number: the shape of a YAML file of the library."""

from math import exp
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator
from uncertainties import UFloat, umath

from cqdphotonics.constants import BOLTZMANN
from cqdphotonics.emitters.datum import Datum


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
