"""Nanobeam and ring with a bus: the rates of the cascade, each from the run that is trusted for it.

g and κ₁ come from a response of the beam with the emitter in it (3D), κ₂ of the ring alone from
its half plane (exact by symmetry), J and κ₂ into the bus from the plane of the chip (2D effective
index). Where each number comes from stays with it. All rates are rad/ps.
"""

from dataclasses import dataclass

import numpy as np
from uncertainties import UFloat, umath

from cqdphotonics.constants import angular_frequency
from cqdphotonics.display import Number, format_quantity, nominal, quantity
from cqdphotonics.errors import InputError
from cqdphotonics.fdtd.coupling import Crossing
from cqdphotonics.fdtd.planar import RingMode
from cqdphotonics.fdtd.response import Response
from cqdphotonics.quantum import Environment
from cqdphotonics.quantum.outputs import mode_outputs


@dataclass(frozen=True)
class Rate:
    """A rate in rad/ps, the dimension that it was computed in, and how."""

    value: UFloat
    dimension: str
    source: str

    def __str__(self) -> str:
        return f"{format_quantity(self.value, 'rad/ps')} ({self.dimension}; {self.source})"


@dataclass(frozen=True)
class BeamMode:
    """The mode of a beam that the emitter couples to.

    Attributes
    ----------
    wavelength : float
        µm.
    g, kappa : Rate
        Coupling of the emitter, and energy decay of the mode.
    background : UFloat
        Purcell factor of what the emitter radiates past the mode.
    """

    wavelength: float
    g: Rate
    kappa: Rate
    background: UFloat


@dataclass(frozen=True)
class BeamAndRing:
    """What makes the environment of an emitter in a beam that is coupled to a ring with a bus.

    Attributes
    ----------
    beam : BeamMode
    coupling : Rate
        J between beam and ring.
    kappa2_bus, kappa2_intrinsic : Rate
        Of the ring into its bus, and elsewhere.
    radiative_rate : float or UFloat
        Of the emitter in the homogeneous host.
    ring_detuning : float
        Angular frequency of the ring minus that of the beam; 0 is tuned.
    """

    beam: BeamMode
    coupling: Rate
    kappa2_bus: Rate
    kappa2_intrinsic: Rate
    radiative_rate: Number
    ring_detuning: float = 0.0

    @property
    def bus_share(self) -> UFloat:
        """Share of the light in the ring that reaches the bus."""
        bus, rest = self.kappa2_bus.value, self.kappa2_intrinsic.value
        return bus / (bus + rest)

    @property
    def provenance(self) -> dict[str, str]:
        """Each rate with its value, dimension and source, in words."""
        return {
            "g": str(self.beam.g),
            "kappa1": str(self.beam.kappa),
            "J": str(self.coupling),
            "kappa2_bus": str(self.kappa2_bus),
            "kappa2_intrinsic": str(self.kappa2_intrinsic),
            "bus_share": format_quantity(self.bus_share),
        }

    def environment(self, emitter_detuning: float = 0.0) -> Environment:
        """The environment with the bus as its output; emitter minus beam is `emitter_detuning`."""
        return Environment.from_beam_and_ring(
            g=self.beam.g.value.nominal_value,
            kappa1=self.beam.kappa.value.nominal_value,
            coupling=self.coupling.value.nominal_value,
            kappa2_bus=self.kappa2_bus.value.nominal_value,
            kappa2_intrinsic=self.kappa2_intrinsic.value.nominal_value,
            radiative_rate=self.radiative_rate,
            background=self.beam.background,
            detunings=(-emitter_detuning, self.ring_detuning - emitter_detuning),
        )

    def beam_alone(self, emitter_detuning: float = 0.0) -> Environment:
        """The same beam without the ring; its output is all that leaves its mode."""
        g, kappa = self.beam.g.value.nominal_value, self.beam.kappa.value.nominal_value
        return Environment(
            detunings=[-emitter_detuning],
            kappa=[kappa],
            g=[g],
            background={"radiated": self.beam.background * self.radiative_rate},
            outputs=mode_outputs({"beam": 1.0}, 1, 0),
            note=f"beam alone: g = {g:.4g}, κ = {kappa:.4g} rad/ps",
        )


def beam_mode(response: Response, radiative_rate: Number) -> BeamMode:
    """g, κ₁ and background of an emitter in a beam, from its response.

    The strongest resonance of the ring-down gives κ₁ = ω/Q; the Purcell spectrum is
    F(ω) = F_m (κ/2)²/((ω − ω₁)² + (κ/2)²) + F_b, and F_m = 4g²/(κ₁Γ), Γ the radiative rate in the
    host. F_m and F_b are fitted within ten linewidths, or over the band if that is narrower.

    Raises
    ------
    InputError
        The response has no resonance in its band, or its spectrum does not rise there.
    """
    if not response.resonances:
        raise InputError("the beam's response has no resonance: there is no mode to couple to.")
    wavelength, quality = response.resonances[0]
    omega = angular_frequency(wavelength)
    kappa = omega / quality
    spectrum = response.data["purcell"].values
    places = angular_frequency(1.0) / response.data["wavelength"].values - omega
    line = (kappa / 2) ** 2 / (places**2 + (kappa / 2) ** 2)
    spacing = float(np.abs(np.diff(places)).max())
    near = np.abs(places) <= max(10 * kappa, 6 * spacing)
    columns = np.stack([line[near], np.ones(near.sum())], axis=1)
    (height, floor), *_ = np.linalg.lstsq(columns, spectrum[near], rcond=None)
    if not height > 0:
        raise InputError(
            f"the Purcell spectrum has no line at the resonance of {wavelength:.5g} µm: the "
            "emitter does not couple to it."
        )
    rest = spectrum[near] - columns @ [height, floor]
    errors = np.sqrt(np.diag(np.linalg.inv(columns.T @ columns)) * rest.var())
    at = response.purcell
    relative = at.std_dev / at.nominal_value if at.nominal_value > 0 else 0.0
    factor = quantity(float(height), float(np.hypot(errors[0], relative * height)))
    standing = response.fidelity if response.converged else f"{response.fidelity}, NOT CONVERGED"
    note = f"beam response, {standing}, Q = {quality:.4g}"
    dimension = "3D" if response.provenance.get("formulation") == "cartesian" else "cylindrical"
    return BeamMode(
        wavelength=wavelength,
        g=Rate(umath.sqrt(factor * kappa * radiative_rate) / 2, dimension, note),
        kappa=Rate(quantity(kappa), dimension, note),
        background=quantity(max(float(floor), 0.0), float(errors[1])),
    )


def intrinsic_rate(ring: RingMode, angular_number: int) -> Rate:
    """κ₂ of a ring without bus, from its run in (r, z)."""
    kappa = angular_frequency(ring.wavelength) / ring.quality
    spread = min(ring.quality_spread, 1.0) * kappa
    doubt = "" if ring.trusted else ", windows DISAGREE"
    source = f"ring alone, m = {angular_number}, Q = {ring.quality:.4g}{doubt}"
    return Rate(quantity(kappa, spread), "cylindrical", source)


def bus_rate(loaded: RingMode, unloaded: RingMode, dimension: str) -> Rate:
    """κ₂ into the bus: what the bus adds to the decay of a ring, both runs in one dimension.

    Raises
    ------
    InputError
        The ring with the bus decays more slowly than without.
    """
    rates = [
        quantity(
            angular_frequency(mode.wavelength) / mode.quality,
            angular_frequency(mode.wavelength) / mode.quality * min(mode.quality_spread, 1.0),
        )
        for mode in (loaded, unloaded)
    ]
    added = rates[0] - rates[1]
    if added.nominal_value <= 0:
        raise InputError(
            f"the ring with the bus has Q = {loaded.quality:.4g}, without it "
            f"{unloaded.quality:.4g}: the bus takes nothing away. Compare the same mode, in the "
            "same dimension."
        )
    return Rate(added, dimension, f"loaded Q = {loaded.quality:.4g}")


def beam_and_ring(
    beam: Response,
    ring: Rate,
    bus: Rate,
    crossing: Crossing,
    *,
    radiative_rate: Number,
    ring_detuning: float = 0.0,
) -> BeamAndRing:
    """The cascade from its parts.

    Parameters
    ----------
    beam : Response
        Of the beam with the emitter, in 3D.
    ring, bus : Rate
        From `intrinsic_rate` and `bus_rate`.
    crossing : Crossing
        Of beam and ring; its dimension stays with J.
    radiative_rate : float or UFloat
        Of the emitter in the homogeneous host, rad/ps.
    ring_detuning : float
        Ring minus beam, rad/ps.
    """
    if nominal(radiative_rate) <= 0:
        raise InputError("the emitter's radiative rate has to be more than 0.")
    doubt = "" if crossing.trusted else ", NOT A CLEAN CROSSING"
    return BeamAndRing(
        beam=beam_mode(beam, radiative_rate),
        coupling=Rate(crossing.coupling, crossing.dimension, f"avoided crossing{doubt}"),
        kappa2_bus=bus,
        kappa2_intrinsic=ring,
        radiative_rate=radiative_rate,
        ring_detuning=ring_detuning,
    )
