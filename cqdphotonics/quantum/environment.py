"""What the emitter feels: coupled lossy modes, a Markov background, and where each loss goes.

An `Environment` holds absolute rates in rad/ps (they already contain the emitter's radiative rate)
and turns an emitter's non-radiative rate and pure dephasing into the levels that
`quantum.emission` understands, or at once into an indistinguishability and efficiency per output.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import pi
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from uncertainties import UFloat

from cqdphotonics.constants import angular_frequency
from cqdphotonics.display import Number, format_quantity, nominal, quantity, standard_deviation
from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.quantum.outputs import Output, OutputEmission, mode_outputs
from cqdphotonics.quantum.propagation import Levels, propagated_photons
from cqdphotonics.quantum.validation import check_number, vector


@dataclass(frozen=True, eq=False)
class Environment:
    """Modes, Markov background and outputs around one emitter; all rates in rad/ps.

    Attributes
    ----------
    detunings : (M,) array
        Angular frequency of each mode minus that of the emitter's transition.
    kappa : (M,) array
        Energy decay rate of each mode.
    coupling : (M, M) array
        Hermitian couplings between the modes, zero diagonal.
    g : (M,) array
        Coupling of each mode to the emitter's dipole.
    background : mapping of str to float or UFloat
        Markov decay of the emitter, by destination (``"radiated"``, ``"absorbed"``, …). The
        emitter's intrinsic non-radiative rate is not in here.
    outputs : mapping of str to Output
        The collected outputs; the first is the default one.
    note : str
        How the environment was made.
    fit_error : float
        Largest relative deviation from the spectrum that it was fitted to; 0 if it was not.

    Raises
    ------
    InputError
        Shapes that do not fit, a coupling matrix that is not Hermitian.
    RangeError
        Negative rates, shares that are not between 0 and 1. (Outputs may overlap, as two cones do.)
    """

    detunings: Any = ()
    kappa: Any = ()
    coupling: Any = None
    g: Any = ()
    background: Mapping[str, Number] = field(default_factory=dict)
    outputs: Mapping[str, Output] = field(default_factory=dict)
    note: str = ""
    fit_error: float = 0.0

    def __post_init__(self) -> None:
        detunings = vector("detunings", self.detunings)
        count = detunings.size
        coupling = np.zeros((count, count)) if self.coupling is None else np.array(self.coupling)
        coupling = coupling.reshape(0, 0) if count == 0 and coupling.size == 0 else coupling
        for name, value in (
            ("detunings", detunings),
            ("kappa", vector("kappa", self.kappa, count)),
            ("g", vector("g", self.g, count)),
            ("coupling", coupling),
        ):
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        if (self.kappa < 0).any():
            raise RangeError(
                f"kappa contains {self.kappa.min():g} rad/ps; a mode's decay rate is ≥ 0."
            )
        if coupling.shape != (count, count):
            raise InputError(
                f"coupling has shape {coupling.shape}; with {count} modes it is ({count}, {count})."
            )
        if not np.allclose(coupling, coupling.conj().T, rtol=1e-12, atol=0):
            raise InputError("the couplings between the modes are not Hermitian: J_ij ≠ J_ji*.")
        if np.diagonal(coupling).any():
            raise InputError("coupling has a diagonal; a mode's frequency belongs in detunings.")
        for name, rate in self.background.items():
            check_number(f"background '{name}'", rate)
        self._check_outputs(count)
        object.__setattr__(self, "background", MappingProxyType(dict(self.background)))
        object.__setattr__(self, "outputs", MappingProxyType(dict(self.outputs)))

    def _check_outputs(self, count: int) -> None:
        for name, output in self.outputs.items():
            if len(output.mode_shares) != count:
                raise InputError(
                    f"output '{name}' has {len(output.mode_shares)} mode shares; the environment "
                    f"has {count} modes."
                )
            for share in (*output.mode_shares, output.background_share):
                check_number(f"a share of output '{name}'", share)
                # A share measured by a simulation may exceed 1 by its own uncertainty.
                if nominal(share) > 1 + 1e-6 + 3 * standard_deviation(share):
                    raise RangeError(
                        f"output '{name}' takes the share {nominal(share):g} of a loss; a share "
                        "is at most 1."
                    )

    def __reduce__(self) -> tuple[Any, ...]:
        arrays = (self.detunings, self.kappa, self.coupling, self.g)
        maps = (dict(self.background), dict(self.outputs))
        return (type(self), (*arrays, *maps, self.note, self.fit_error))

    @property
    def modes(self) -> int:
        """Number of modes M."""
        return int(self.kappa.size)

    @property
    def background_rate(self) -> Number:
        """Sum of the Markov background in rad/ps; a UFloat if a part is one."""
        return sum(self.background.values(), 0.0)

    @classmethod
    def from_purcell(
        cls,
        purcell: Number,
        *,
        radiative_rate: Number,
        absorbed: Number = 0.0,
        outputs: Mapping[str, Number] | None = None,
        note: str = "",
    ) -> "Environment":
        """An environment without memory: a Purcell factor and where the light goes.

        Parameters
        ----------
        purcell : float or UFloat
            Total enhancement F_tot of the radiative rate (radiated and absorbed).
        radiative_rate : float or UFloat
            The emitter's radiative rate in the homogeneous host, rad/ps.
        absorbed : float or UFloat
            The absorbed part F_abs of `purcell`.
        outputs : mapping of str to float or UFloat
            Share of the total power (absorbed included) that reaches each output.

        Raises
        ------
        RangeError
            A negative factor, rate or share, or `absorbed` above `purcell`.
        """
        for name, value in (
            ("purcell", purcell),
            ("radiative_rate", radiative_rate),
            ("absorbed", absorbed),
        ):
            check_number(name, value)
        if nominal(absorbed) > nominal(purcell) * (1 + 1e-9):
            raise RangeError(
                f"absorbed is {nominal(absorbed):g} but purcell only {nominal(purcell):g}; the "
                "absorbed part is included in the total."
            )
        background = {"radiated": (purcell - absorbed) * radiative_rate}
        if nominal(absorbed) > 0:
            background["absorbed"] = absorbed * radiative_rate
        return cls(
            background=background,
            outputs={name: Output((), share) for name, share in (outputs or {}).items()},
            note=note or f"Markov: F = {format_quantity(purcell)}",
        )

    @classmethod
    def from_cavity(
        cls,
        Q: float,
        mode_volume: float,
        wavelength: float,
        index: float,
        *,
        radiative_rate: float,
        background: Number = 1.0,
        relative_field: float = 1.0,
        alignment: float = 1.0,
        emitter_wavelength: float | None = None,
        outputs: "Mapping[str, Output | Number] | None" = None,
    ) -> "Environment":
        """One cavity mode from its Q, mode volume and the place and orientation of the dipole.

        g² = F κ γ_r/4 with F = 3Q/(4π²Ṽ), times (relative_field · alignment)².

        Parameters
        ----------
        Q : float
            Quality factor; κ = ω/Q.
        mode_volume : float
            Ṽ = V/(λ/n)³ with n the index at the field maximum.
        wavelength : float
            Vacuum wavelength of the mode in µm.
        index : float
            The index n that `mode_volume` refers to.
        radiative_rate : float
            The emitter's radiative rate in the homogeneous host of index n, rad/ps.
        background : float or UFloat
            Decay into everything but the mode, in units of `radiative_rate`.
        relative_field : float
            Field at the dipole over the maximum field, 0 to 1.
        alignment : float
            Cosine of the angle between dipole and field, -1 to 1.
        emitter_wavelength : float, optional
            Vacuum wavelength of the emitter in µm if it is not in resonance.
        outputs : mapping of str to Output or number
            A number is the share of κ (and of no background); default: ``{"cavity": 1.0}``.
        """
        for name, value in (
            ("Q", Q),
            ("mode_volume", mode_volume),
            ("wavelength", wavelength),
            ("index", index),
        ):
            check_number(name, value, positive=True)
        check_number("radiative_rate", radiative_rate)
        if not 0 <= abs(relative_field) <= 1 or not 0 <= abs(alignment) <= 1:
            raise RangeError(
                f"relative_field {relative_field:g} and alignment {alignment:g} must be between "
                "-1 and 1: no field exceeds its maximum, no cosine exceeds 1."
            )
        omega = angular_frequency(wavelength)
        kappa = omega / Q
        purcell = 3 * Q / (4 * pi**2 * mode_volume)
        g = np.sqrt(purcell * kappa * radiative_rate / 4) * abs(relative_field * alignment)
        detuning = omega - angular_frequency(emitter_wavelength or wavelength)
        return cls(
            detunings=[detuning],
            kappa=[kappa],
            g=[g],
            background={"radiated": background * radiative_rate},
            outputs=mode_outputs({"cavity": 1.0} if outputs is None else outputs, 1, 0),
            note=(
                f"one mode: Q = {Q:.4g}, V = {mode_volume:.3g} (λ/n)³ = "
                f"{mode_volume * (wavelength / index) ** 3:.3g} µm³ at {wavelength:.4f} µm"
            ),
        )

    @classmethod
    def from_beam_and_ring(
        cls,
        *,
        g: float,
        kappa1: float,
        coupling: float,
        kappa2_bus: float,
        kappa2_intrinsic: float,
        radiative_rate: Number,
        background: Number = 1.0,
        detunings: Sequence[float] = (0.0, 0.0),
        outputs: "Mapping[str, Output | Number] | None" = None,
    ) -> "Environment":
        """A nanobeam cavity with the emitter, coupled to a ring with a bus waveguide.

        Mode 0 is the nanobeam (g, κ1), mode 1 the ring (J, κ2 = bus + intrinsic); Saxena et al.,
        ACS Photonics 6, 3166 (2019).

        Parameters
        ----------
        g, coupling : float
            Couplings emitter–nanobeam and nanobeam–ring (J), rad/ps.
        kappa1, kappa2_bus, kappa2_intrinsic : float
            Decay rates of the nanobeam, of the ring into the bus, and of the ring elsewhere.
        radiative_rate, background : float or UFloat
            The emitter decays past the modes at background · radiative_rate.
        detunings : pair of float
            Angular frequencies of nanobeam and ring from the emitter's.
        outputs : mapping of str to Output or number
            A number is the share of κ2; default: ``{"bus": kappa2_bus / kappa2}``.
        """
        rates = {
            "kappa1": kappa1,
            "kappa2_bus": kappa2_bus,
            "kappa2_intrinsic": kappa2_intrinsic,
            "radiative_rate": radiative_rate,
            "background": background,
        }
        for name, value in rates.items():
            check_number(name, value)
        kappa2 = kappa2_bus + kappa2_intrinsic
        if kappa2 <= 0:
            raise RangeError("kappa2_bus + kappa2_intrinsic is 0; no light can leave the ring.")
        shares = {"bus": kappa2_bus / kappa2} if outputs is None else outputs
        return cls(
            detunings=detunings,
            kappa=[kappa1, kappa2],
            coupling=[[0.0, coupling], [coupling, 0.0]],
            g=[g, 0.0],
            background={"radiated": background * radiative_rate},
            outputs=mode_outputs(shares, 2, 1),
            note=f"nanobeam and ring: g = {g:.4g}, κ1 = {kappa1:.4g}, J = {coupling:.4g}, "
            f"κ2 = {kappa2_bus:.4g} (bus) + {kappa2_intrinsic:.4g} rad/ps",
        )

    def levels(self, gamma_nonradiative: Number = 0.0, gamma_star: Number = 0.0) -> Levels:
        """Hamiltonian (M+1, M+1), decay and dephasing (M+1,) of an emitter in this environment.

        Parameters
        ----------
        gamma_nonradiative, gamma_star : float or UFloat
            The emitter's intrinsic non-radiative decay and pure dephasing rates in rad/ps; of a
            UFloat the central value is taken.
        """
        check_number("gamma_nonradiative", gamma_nonradiative)
        check_number("gamma_star", gamma_star)
        total = nominal(self.background_rate) + nominal(gamma_nonradiative)
        return self._levels(total, nominal(gamma_star))

    def _levels(self, emitter_decay: float, gamma_star: float) -> Levels:
        hamiltonian = np.zeros((self.modes + 1, self.modes + 1), complex)
        hamiltonian[1:, 1:] = self.coupling + np.diag(self.detunings)
        hamiltonian[0, 1:] = hamiltonian[1:, 0] = self.g
        decay = np.concatenate([[emitter_decay], self.kappa])
        return Levels(hamiltonian, decay, np.concatenate([[gamma_star], np.zeros(self.modes)]))

    def emission(
        self, gamma_nonradiative: Number = 0.0, gamma_star: Number = 0.0
    ) -> dict[str, OutputEmission]:
        """Indistinguishability and efficiency of the photons in each output.

        Efficiency counts every photon that reaches the output: Σ share_k κ_k ∫⟨a_k†a_k⟩dt plus
        the background's share. Light that comes from different modes differs in its field, so
        interference is measured on one of them: the mode with the largest share (of equal shares
        the one that delivers most), or, for an output without mode shares, the emitter's own
        emission, for which I = Γ/(Γ + γ*) when there is no mode, Γ being the total decay rate
        including the non-radiative one. It describes outputs that one field dominates.

        Parameters
        ----------
        gamma_nonradiative, gamma_star : float or UFloat
            Intrinsic non-radiative decay and pure dephasing rates of the emitter in rad/ps.

        Returns
        -------
        dict of str to OutputEmission
            In the order of `outputs`. Uncertainties are propagated to first order from the two
            rates, the background and the shares; correlations are kept.
        """
        check_number("gamma_nonradiative", gamma_nonradiative)
        check_number("gamma_star", gamma_star)
        background = quantity(self.background_rate)
        photons, integrals = propagated_photons(
            self._levels, background + gamma_nonradiative, quantity(gamma_star)
        )
        result = {}
        for name, output in self.outputs.items():
            level = self._measured_level(output, integrals)
            efficiency = output.background_share * background * integrals[0]
            for share, kappa, integral in zip(
                output.mode_shares, self.kappa, integrals[1:], strict=True
            ):
                efficiency = efficiency + share * float(kappa) * integral
            result[name] = OutputEmission(photons[level], quantity(efficiency), level)
        return result

    def _measured_level(self, output: Output, integrals: Sequence[UFloat]) -> int:
        shares = np.array([nominal(share) for share in output.mode_shares])
        if not shares.any():
            return 0
        delivered = self.kappa * [nominal(integral) for integral in integrals[1:]]
        largest = shares >= shares.max() * (1 - 1e-9)
        return 1 + int(np.where(largest, delivered, -1.0).argmax())

    def spectral_density(self, detuning: ArrayLike) -> NDArray[np.float64]:
        """J = background/2π + (1/π) Im gᵀ(H̃ − ω)⁻¹g in rad/ps at detunings from the emitter.

        The few-mode model of Medina et al., PRL 126, 093601 (2021), H̃ = ω_ij − iκ_i δ_ij/2; one
        mode peaks at 2g²/(πκ). The Purcell factor is 2πJ over the radiative rate.
        """
        omega = np.asarray(detuning, float)
        flat = np.full(omega.shape, nominal(self.background_rate) / (2 * pi))
        if self.modes == 0:
            return flat
        matrix = self.coupling + np.diag(self.detunings - 0.5j * self.kappa)
        shifted = matrix - omega[..., None, None] * np.eye(self.modes)
        column = np.broadcast_to(self.g[:, None], (*omega.shape, self.modes, 1))
        response = np.linalg.solve(shifted, column)[..., 0]
        return flat + (self.g * response).sum(axis=-1).imag / pi
