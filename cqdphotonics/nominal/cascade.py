"""What a simulated beam with a ring gains over any single cavity, for an emitter.

g and κ₁ are those of the simulated beam, J and κ₂ any that the simulated gaps give. The single
cavity that it is held against is given more than it can have: any g up to the beam's, any κ from
the beam's upward, and all the light that leaves it. Rates scale with the frequency of the emitter
(Maxwell's equations; the change of the indices with wavelength is left out). All rates are rad/ps,
tuned to the emitter; the photons are those of `cqdphotonics.quantum`, exact.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cqdphotonics.constants import angular_frequency
from cqdphotonics.errors import InputError
from cqdphotonics.nominal.design import NominalDesign
from cqdphotonics.nominal.figures import Record, read_pictured, read_record
from cqdphotonics.nominal.parts import read_parts
from cqdphotonics.quantum import search

Cloud = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Indistinguishability and efficiency of many devices."""

_WEAKEST_G = 1e-3
_LOWEST_Q = 30.0
_STEPS_SINGLE = (30, 40)
_STEPS_CASCADE = (24, 24)


@dataclass(frozen=True)
class SimulatedCascade:
    """The parts of a beam with a ring as they were simulated, at `wavelength` (µm).

    Attributes
    ----------
    quality_beam, quality_ring : float
        Q of the beam, and of the ring without bus.
    purcell : float
        F of the beam on its line.
    background : float
        F beside the line.
    coupling, bus : (float, float)
        Smallest and largest J, and κ₂ into the bus, of the simulated gaps, rad/ps.
    """

    wavelength: float
    quality_beam: float
    quality_ring: float
    purcell: float
    background: float
    coupling: tuple[float, float]
    bus: tuple[float, float]

    @classmethod
    def of(cls, design: NominalDesign, beam: NominalDesign) -> "SimulatedCascade":
        """From the figures kept beside two nominal designs.

        Parameters
        ----------
        design : NominalDesign
            A beam with a ring: J and κ₂.
        beam : NominalDesign
            A beam with the dot, in 3D: g and κ₁. They are of one device only as far as the two
            beams are one.

        Raises
        ------
        InputError
            One has no such figures.
        """
        kept, alone = read_parts(design), read_record(beam)
        if kept is None or not {"coupling", "bus"} <= set(kept.curves):
            raise InputError(
                f"'{design.name}' has no figures of a beam with a ring. Compute them with "
                f"`cqd nominal {design.name} --compute`, or name a design that has."
            )
        if not isinstance(alone, Record) or not alone.modes:
            raise InputError(f"'{beam.name}' has no mode: it can't be the beam of a cascade.")
        mode = alone.modes[0]
        wavelength = kept.value("wavelength")  # in the plane, where J was found
        slower, faster = kept.curves["bus"].bounds  # at the design's own
        at_it = design.wavelength / wavelength
        return cls(
            wavelength=wavelength,
            quality_beam=mode.quality[0],
            quality_ring=kept.value("quality_ring"),
            purcell=mode.purcell,
            # A narrow line takes little of the band: half of it lies lower than this.
            background=float(np.median(read_pictured(beam)["purcell"])),
            coupling=kept.curves["coupling"].bounds,
            bus=(slower * at_it, faster * at_it),
        )

    def rates(self, radiative: float, nonradiative: float, wavelength: float) -> "Rates":
        """The rates that an emitter sees.

        Parameters
        ----------
        radiative, nonradiative : float
            Decay of the emitter in the homogeneous host, rad/ps.
        wavelength : float
            Of its line, µm: the device is scaled to it.
        """
        omega, scale = angular_frequency(wavelength), self.wavelength / wavelength
        kappa1 = omega / self.quality_beam
        in_mode = max(self.purcell - self.background, 0.0)
        return Rates(
            g=float(np.sqrt(in_mode * kappa1 * radiative) / 2),
            kappa1=kappa1,
            coupling=(self.coupling[0] * scale, self.coupling[1] * scale),
            bus=(self.bus[0] * scale, self.bus[1] * scale),
            kappa2_intrinsic=omega / self.quality_ring,
            past=self.background * radiative + nonradiative,
            largest=omega / _LOWEST_Q,
        )


@dataclass(frozen=True)
class Rates:
    """Rates of a beam with a ring and an emitter in it; `past` is the decay past the mode."""

    g: float
    kappa1: float
    coupling: tuple[float, float]
    bus: tuple[float, float]
    kappa2_intrinsic: float
    past: float
    largest: float

    def beam(self, gamma_star: float) -> tuple[float, float]:
        """I and efficiency of the beam as it is, all that leaves its mode collected."""
        one, eta = search.evaluate(np.array([[self.g, self.kappa1]]), self.past, gamma_star)
        return float(one[0]), float(eta[0])

    def single(self, gamma_star: float) -> Cloud:
        """I and efficiency of all single cavities: g up to the beam's, κ from the beam's on."""
        g = self.g * np.geomspace(_WEAKEST_G, 1, _STEPS_SINGLE[0])
        kappa = np.geomspace(self.kappa1, self.largest, _STEPS_SINGLE[1])
        return search.evaluate(_grid(g, kappa), self.past, gamma_star)

    def cascade(self, gamma_star: float) -> Cloud:
        """I and efficiency into the bus of all gaps that were simulated."""
        coupling = np.geomspace(*self.coupling, _STEPS_CASCADE[0])
        bus = np.geomspace(*self.bus, _STEPS_CASCADE[1])
        gaps = _grid(coupling, bus)
        share = gaps[:, 1] / (gaps[:, 1] + self.kappa2_intrinsic)
        rates = np.column_stack(
            [
                np.full(len(gaps), self.g),
                np.full(len(gaps), self.kappa1),
                gaps[:, 0],
                gaps[:, 1] + self.kappa2_intrinsic,
            ]
        )
        one, eta = search.evaluate(rates, self.past, gamma_star)
        return one, eta * share


def _grid(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1).reshape(-1, 2)


def front(cloud: Cloud) -> Cloud:
    """The devices of a cloud that none is better than in both, by rising I."""
    order = np.argsort(-cloud[0], kind="stable")
    one, eta = cloud[0][order], cloud[1][order]
    best = np.concatenate([[True], eta[1:] > np.maximum.accumulate(eta)[:-1]])
    return one[best][::-1], eta[best][::-1]


def purest(cloud: Cloud, efficiency: float) -> float:
    """Highest I of the devices of at least some efficiency; 0 where there are none."""
    bright = cloud[1] >= efficiency
    return float(cloud[0][bright].max()) if bright.any() else 0.0


def gain_map(
    simulated: SimulatedCascade,
    lifetimes: NDArray[np.float64],
    dephasings: NDArray[np.float64],
    wavelength: float,
    efficiency: float = 0.1,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Highest I (γ*, T1) of the cascade, and of any single cavity, at some efficiency.

    For emitters that only radiate, T1 in the homogeneous host in ps, γ* in rad/ps.
    """
    cascade = np.zeros((len(dephasings), len(lifetimes)))
    single = np.zeros_like(cascade)
    for column, lifetime in enumerate(lifetimes):
        rates = simulated.rates(1 / lifetime, 0.0, wavelength)
        for row, dephasing in enumerate(dephasings):
            cascade[row, column] = purest(rates.cascade(dephasing), efficiency)
            single[row, column] = purest(rates.single(dephasing), efficiency)
    return cascade, single
