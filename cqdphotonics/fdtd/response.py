"""What a device does to a dipole: Purcell spectrum, where the power goes, and how sure that is."""

import json
import shutil
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from uncertainties import UFloat

from cqdphotonics.constants import angular_frequency
from cqdphotonics.display import format_quantity, quantity
from cqdphotonics.errors import FileFormatError, InputError, RangeError, UnknownNameError
from cqdphotonics.fdtd.budget import EnergyBudget, budget_at
from cqdphotonics.fdtd.displaced import Elsewhere, feeding
from cqdphotonics.fdtd.modes import Mode
from cqdphotonics.fdtd.overlap import Fibre, GaussianOverlap, Overlap, together
from cqdphotonics.fdtd.pattern import best_gaussian, waves_from
from cqdphotonics.fdtd.store import storage_error
from cqdphotonics.quantum import Environment, fit_environment

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike

    from cqdphotonics.emitters import Emitter

DATA, ABOUT = "response.nc", "response.json"
_MARKOV_RATIO = 5.0
"""A resonance this many times broader than the dressed emitter is taken as a Purcell factor: exact
few-mode solutions are then at most .006 above it in I (CsPbBr3 at 4 K, F = 20 to 70)."""


@dataclass(frozen=True)
class Response:
    """The response of a device to a dipole at one place, with its checks.

    Attributes
    ----------
    data : xarray.Dataset
        ``purcell``, ``purcell_uncertainty``, ``radiated_up``, ``radiated_down``,
        ``radiated_side``, ``absorbed`` (what does not leave), ``closure`` and, where there are
        ports, ``guided``, ``guided_uncertainty`` and ``port_flux`` (also over ``port``) over
        ``wavelength`` (µm), all in units of the same dipole's power in the homogeneous host, and
        ``beta_uncertainty``, of the guided share of all power; ``collection`` and
        ``collection_uncertainty`` over ``direction`` and ``na`` as shares of the total power;
        ``far_field`` over
        ``direction`` and ``theta``, power per steradian and total power, averaged over the azimuth;
        ``field`` (|E|², relative) and ``epsilon`` over ``x`` and ``z`` (µm from the emitter). The
        last three are at the emission wavelength; ``mode_field``, the complex fields of modes in
        the emitter's plane, over ``mode`` (the number in `modes`), ``vector``, ``part`` (real,
        imaginary), ``mode_x`` and ``mode_y``; ``waves``, the plane waves that leave (see
        `cqdphotonics.fdtd.pattern`). Where something absorbs, over ``measured_wavelength``:
        ``absorbed_measured``, its uncertainty, and ``budget_residual`` of the finest run (see
        `cqdphotonics.fdtd.budget`). An uncertainty of 0 means that none is known.
    wavelength : float
        Emission wavelength in µm.
    fidelity : str
        "theory", "coarse", "draft", "standard" or "fine".
    converged : bool
        Whether every check was passed.
    verdict : str
        In plain words.
    checks : tuple of str
        Each check with its value and limit.
    resonances : tuple of (wavelength µm, quality factor)
        Seen in the ring-down, strongest first; from the best grid.
    cost_seconds : float
        Wall-clock time that the simulations took when they were run.
    job_hashes : tuple of str
        Where the raw results lie in the store.
    provenance : dict
        Component, stack, versions, grids.
    modes : tuple of Mode
        The resonances with volumes, both Purcell factors and where their light goes.
    """

    data: "xr.Dataset"
    wavelength: float
    fidelity: str
    converged: bool
    verdict: str
    checks: tuple[str, ...]
    resonances: tuple[tuple[float, float], ...]
    cost_seconds: float
    job_hashes: tuple[str, ...]
    provenance: dict[str, Any]
    modes: tuple[Mode, ...] = ()

    def _at_emission(self, name: str, spread: str | None = None) -> UFloat:
        # By plain arrays: these are asked for often, and xarray's selection takes milliseconds.
        nearest = int(np.argmin(np.abs(self.data["wavelength"].values - self.wavelength)))
        value, deviation = (
            float(self.data[each].values[nearest]) if each else 0.0 for each in (name, spread)
        )
        return quantity(value, deviation)

    @property
    def purcell(self) -> UFloat:
        """F_tot at the emission wavelength."""
        return self._at_emission("purcell", "purcell_uncertainty")

    @property
    def absorbed(self) -> UFloat:
        """F_abs at the emission wavelength."""
        return self._at_emission("absorbed")

    @property
    def energy_budget(self) -> EnergyBudget | None:
        """Where all power goes at the emission; None without a measurement of absorption."""
        return budget_at(self.data, self.wavelength)

    @property
    def ports(self) -> tuple[str, ...]:
        """Names of the ports that guided light leaves through."""
        return tuple(str(name) for name in self.data["port"].values) if "port" in self.data else ()

    def guided(self, port: str) -> "xr.DataArray":
        """Spectrum of the power in the guided modes of `port`, in units as ``purcell``.

        It is not part of ``radiated_side``. ``data["guided_uncertainty"]`` is its uncertainty,
        ``data["port_flux"]`` all that passes the plane.

        Raises
        ------
        UnknownNameError
            There is no such port.
        """
        if port not in self.ports:
            raise UnknownNameError("port", port, self.ports)
        return self.data["guided"].sel(port=port)

    def beta(self, port: str) -> "xr.DataArray":
        """Spectrum of the share of all emitted power in the guided modes of `port`.

        Its uncertainty is ``data["beta_uncertainty"]``.

        Raises
        ------
        UnknownNameError
            There is no such port.
        """
        return self.guided(port) / self.data["purcell"]

    def collection(self, na: float, direction: str = "up") -> UFloat:
        """Share of the total power inside the cone of n·sin θ ≤ `na`, at the emission wavelength.

        Raises
        ------
        RangeError
            For an `na` that was not computed.
        InputError
            For a direction other than "up" and "down".
        """
        if direction not in ("up", "down"):
            raise InputError(f"direction '{direction}' is neither 'up' nor 'down'.")
        known = self.data["na"].values
        nearest = int(np.argmin(np.abs(known - na)))
        if abs(known[nearest] - na) > 1e-6:
            listed = ", ".join(f"{value:g}" for value in known)
            raise RangeError(
                f"collection into NA {na:g} was not computed, only into {listed}. Name it when "
                "simulating: it costs no new simulation."
            )
        row = list(self.data["direction"].values).index(direction)
        value, deviation = (
            float(self.data[name].values[row, nearest])
            for name in ("collection", "collection_uncertainty")
        )
        return quantity(value, deviation)

    def pattern(self, direction: str = "up") -> "xr.DataArray":
        """Power per steradian and total power, over direction cosines ``ux`` and ``uy``.

        At the emission wavelength, inside the half-space of `direction`.
        """
        waves = waves_from(self.data, direction, self.wavelength)
        intensity = sum(each.intensity for each in waves)
        shown = self.data["waves"].isel(polarised=0, direction=0, sp=0, part=0, drop=True)
        return shown.copy(data=intensity).assign_attrs(units="total power per steradian")

    def gaussian_overlap(self, na: float, direction: str = "up") -> GaussianOverlap:
        """Share of all power that a Gaussian mode (a fibre behind an objective) takes.

        Parameters
        ----------
        na : float
            Where the mode's intensity over angle is exp(−2) of its highest.
        direction : {"up", "down"}

        Notes
        -----
        At the emission wavelength, with the best focus and polarisation; `best_gaussian_overlap`
        looks for the best NA, too. See `cqdphotonics.fdtd.pattern.PlaneWaves.gaussian`.
        """
        return best_gaussian(waves_from(self.data, direction, self.wavelength), na)

    def best_gaussian_overlap(self, direction: str = "up") -> GaussianOverlap:
        """The Gaussian mode of any NA from .1 to .95 of the half-space's index that takes most."""
        waves = waves_from(self.data, direction, self.wavelength)
        tried = [best_gaussian(waves, na * waves[0].index) for na in np.linspace(0.1, 0.95, 18)]
        return max(tried, key=lambda overlap: overlap.share)

    def fibre_overlap(self, fibre: Fibre, direction: str = "up") -> Overlap:
        """Share of all power that the lowest mode of a step-index fibre takes, at the best focus.

        The fibre stands behind an objective that obeys the sine condition and has no loss; at a
        magnification of 1 that is a fibre looking at the device from afar, without reflection at
        its facet.
        """
        waves = waves_from(self.data, direction, self.wavelength)
        return together(waves, lambda each, focus: each.fibre(fibre, focus))

    def collection_into(self, immersion: float, na: float, direction: str = "up") -> float:
        """Share of all power inside `na` of a medium far away behind a plane surface.

        For a lens in air above oil, say: one surface with Fresnel's losses, no reflection back to
        the device. A device inside the medium is another stack, not this.
        """
        waves = waves_from(self.data, direction, self.wavelength)
        return sum(each.into(immersion, na) for each in waves)

    @property
    def dominant_mode(self) -> Mode | None:
        """The mode that makes most of the Purcell factor at the emission; None without any."""

        def at_emission(mode: Mode) -> float:
            detuning = 2 * mode.quality * (self.wavelength / mode.wavelength - 1)
            return (mode.purcell_of_mode or mode.purcell) / (1 + detuning**2)

        return max(self.modes, key=at_emission, default=None)

    def relative_coupling(
        self, dx: "ArrayLike", dy: "ArrayLike", axis: "str | ArrayLike | None" = None
    ) -> np.ndarray:
        """Power that a displaced, turned dipole gives to the dominant mode, to the nominal one's.

        A single mode is taken for the whole response: background and other resonances are left
        out, and the dot itself does not change the mode. Compare `Mode.purcell_of_mode` with
        `Mode.purcell`. Errors of the grid are largest at surfaces, where fields jump.

        Parameters
        ----------
        dx, dy : array_like
            Displacement in the plane of the layout, in µm; they are broadcast.
        axis : "x", "y", "z" or three numbers, optional
            The displaced dipole's axis; that of the simulated one if not given.

        Raises
        ------
        InputError
            No mode's field was found: nothing rings at the dipole. Simulate with `emitter_offset`.
        RangeError
            A place is outside the field that was kept, about a quarter of a wavelength beyond the
            structure.
        """
        mode = self.dominant_mode
        number = self.modes.index(mode) if mode is not None else -1
        if "mode_field" not in self.data or number not in self.data["mode"].values:
            raise InputError(
                "no mode rings long enough in this response for its field to be known, so the "
                "coupling elsewhere can't be told from it. Simulate with emitter_offset instead."
            )
        parts = self.data["mode_field"].sel(mode=number)
        field = parts.sel(part="real").values + 1j * parts.sel(part="imaginary").values
        m = parts.attrs["angular_number"]
        plane = (field, self.data["mode_x"].values, self.data["mode_y"].values)
        number_of_phi = None if m < 0 else int(m)
        nominal = self.provenance["dipole"]
        at_dot = feeding(*plane, number_of_phi, 0.0, 0.0, nominal)
        elsewhere = feeding(*plane, number_of_phi, dx, dy, nominal if axis is None else axis)
        return np.asarray(elsewhere / at_dot)

    def mode_at(
        self,
        dx: float,
        dy: float,
        axis: "str | ArrayLike | None" = None,
        index: float | None = None,
    ) -> Elsewhere:
        """Mode volume and F by Q/V of the dominant mode for a dipole at another place.

        Parameters
        ----------
        dx, dy : float
            From the emitter in µm, in its plane: fields are kept there only.
        axis : "x", "y", "z" or three numbers, optional
            The dipole's axis; that of the simulated one if not given.
        index : float, optional
            Refractive index at that place; the emitter's if not given. F is against a medium of
            this index.

        Raises
        ------
        InputError, RangeError
            As `relative_coupling`; or the mode has no volume, as in dispersive media.
        """
        coupling = self.relative_coupling(dx, dy, axis).item()
        mode = self.dominant_mode
        if mode is None or mode.volume_at_emitter is None or mode.purcell_from_volume is None:
            raise InputError(
                "no mode volume is known in this response: "
                f"{(mode.no_volume if mode else '') or 'no mode rings long enough'}. Simulate with "
                "emitter_offset instead."
            )
        share = (index or mode.index_at_emitter) / mode.index_at_emitter
        return Elsewhere(
            volume=mode.volume_at_emitter / (coupling * share**2) if coupling else float("inf"),
            purcell_from_volume=mode.purcell_from_volume * coupling / share,
            relative_coupling=coupling,
        )

    def guided_power(self, port: str) -> UFloat:
        """Power guided out of a port at the emission wavelength, in units as `purcell`.

        Raises
        ------
        UnknownNameError
            There is no such port.
        """
        return self._at_port(self.guided(port), "guided_uncertainty", port)

    def guided_share(self, port: str) -> UFloat:
        """Share of all emitted power that is guided out of a port, at the emission wavelength.

        Raises
        ------
        UnknownNameError
            There is no such port.
        """
        return self._at_port(self.beta(port), "beta_uncertainty", port)

    def _at_port(self, values: "xr.DataArray", spread: str, port: str) -> UFloat:
        known = spread in self.data  # not in responses of old
        around = self.data[spread].sel(port=port) if known else 0 * values
        value, spread_here = (
            float(each.sel(wavelength=self.wavelength, method="nearest"))
            for each in (values, around)
        )
        return quantity(value, spread_here)

    def environment(
        self,
        emitter: "Emitter",
        na: float = 0.8,
        direction: str = "up",
        *,
        share: UFloat | None = None,
        output: str = "",
    ) -> Environment:
        """What the emitter feels in this device, with the collected cone as its output.

        Where every resonance is much broader than the emitter that it speeds up, the device has no
        memory and is a Purcell factor; otherwise few modes are fitted to the spectrum.

        Parameters
        ----------
        emitter : Emitter
        na, direction
            The collected cone, see `collection`.
        share, output
            A share of the power of one's own instead, e.g. `guided_share`, and its name.
        """
        radiative = emitter.uncertain.gamma * emitter.uncertain.quantum_yield
        if share is None:
            share = self.collection(na, direction)
        output = output or f"NA {na:g} {direction}"
        where = f"{self.wavelength:.4g} µm"
        narrowest = min(
            (angular_frequency(w) / quality for w, quality in self.resonances), default=np.inf
        )
        dressed = emitter.gamma * max(self.purcell.nominal_value, 1.0) + emitter.gamma_star
        if narrowest >= _MARKOV_RATIO * dressed:
            return Environment.from_purcell(
                self.purcell,
                radiative_rate=radiative,
                absorbed=self.absorbed,
                outputs={output: share},
                note=f"Markov: F = {format_quantity(self.purcell)} at {where}, {self._standing}",
            )
        fitted = fit_environment(
            self.data["wavelength"].values,
            self.data["purcell"].values,
            emitter_wavelength=self.wavelength,
            radiative_rate=radiative.nominal_value,
            absorbed_share=self.absorbed / self.purcell,
            outputs={output: share},
        )
        note = f"{fitted.note}; {self._standing}; the spectrum's own uncertainty is not in it"
        return replace(fitted, note=note)

    @property
    def _standing(self) -> str:
        return self.fidelity if self.converged else f"{self.fidelity}, NOT CONVERGED"

    def save(self, directory: Path | str) -> None:
        """Write ``response.nc`` and ``response.json``; the directory appears whole or not at all.

        Raises
        ------
        StorageError
            If it can't be written.
        """
        target = Path(directory)
        work = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
        about = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "data"}
        about["modes"] = [mode.as_dict() for mode in self.modes]
        try:
            work.mkdir(parents=True)
            self.data.to_netcdf(work / DATA, engine="h5netcdf")
            (work / ABOUT).write_text(json.dumps(about, indent=1, sort_keys=True) + "\n")
            if target.exists():
                for name in (DATA, ABOUT):
                    (work / name).replace(target / name)
                work.rmdir()
            else:
                work.rename(target)
        except OSError as error:
            shutil.rmtree(work, ignore_errors=True)
            raise storage_error(target, error) from error

    @classmethod
    def load(cls, directory: Path | str) -> "Response":
        """Read what `save` wrote.

        Raises
        ------
        FileFormatError
            If the directory holds no response, or a damaged one.
        """
        import xarray as xr

        path = Path(directory)
        try:
            about = json.loads((path / ABOUT).read_text())
            data = xr.load_dataset(path / DATA, engine="h5netcdf")
            about["resonances"] = tuple(tuple(r) for r in about["resonances"])
            for name in ("checks", "job_hashes"):
                about[name] = tuple(about[name])
            about["modes"] = tuple(Mode.from_dict(mode) for mode in about["modes"])
            return cls(data=data, **about)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise FileFormatError(
                f"'{path}' holds no response that can be read ({error}). Expected is a directory "
                "that `cqd simulate … -o DIR` wrote."
            ) from error
