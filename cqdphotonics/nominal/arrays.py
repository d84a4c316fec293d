"""Nominal designs in a plane wave: what is kept of an array's response, and what is said of it."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from cqdphotonics.display import format_quantity, quantity
from cqdphotonics.errors import InputError
from cqdphotonics.fdtd.lattice import NAMES

if TYPE_CHECKING:
    from uncertainties import UFloat

    from cqdphotonics.fdtd.lattice_response import LatticeResponse
    from cqdphotonics.nominal.design import NominalDesign

Value = tuple[float, float]
"""A value and its standard deviation; 0 where no uncertainty is known."""

_FIELD_PIXELS = 240


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeptExtremum(_Part):
    """A maximum or minimum inside the band."""

    spectrum: str
    kind: str
    wavelength: Value
    value: Value


class KeptPlasmon(_Part):
    """Where the flat film's plasmon of order (1, 0) is predicted; see `PredictedPlasmon`."""

    side: str
    wavelength: float
    half_space: float


class ArrayRecord(_Part):
    """Figures of a nominal design in a plane wave, with where they come from.

    Attributes
    ----------
    light : {"plane wave"}
    at_wavelength : dict
        Each spectrum at the design's wavelength.
    extrema : tuple of KeptExtremum
    plasmons : tuple of KeptPlasmon
    periods : (float, float)
        Of the cell, as read from the layout.
    others
        As in `cqdphotonics.nominal.figures.Record`.
    """

    light: Literal["plane wave"] = "plane wave"
    subject: str
    fidelity: str
    converged: bool
    verdict: str
    checks: tuple[str, ...]
    periods: Value
    at_wavelength: dict[str, Value]
    extrema: tuple[KeptExtremum, ...]
    plasmons: tuple[KeptPlasmon, ...]
    media: dict[str, str]
    grids: tuple[dict[str, Any], ...]
    job_hashes: tuple[str, ...]
    version: str
    cost_seconds: float

    def extremum(self, spectrum: str, kind: str = "maximum") -> KeptExtremum | None:
        """The extremum of a spectrum; None where it has none inside the band."""
        found = (e for e in self.extrema if (e.spectrum, e.kind) == (spectrum, kind))
        return next(found, None)

    @property
    def detuning(self) -> "UFloat | None":
        """Relative distance of the strongest mean field in the hole from the nearest plasmon."""
        strongest = self.extremum("hole_mean")
        if strongest is None or not self.plasmons:
            return None
        place = quantity(*strongest.wavelength)
        nearest = min(self.plasmons, key=lambda one: abs(one.wavelength - strongest.wavelength[0]))
        apart = place / nearest.wavelength - 1
        return apart if apart.nominal_value >= 0 else -apart

    @property
    def enhancement(self) -> "UFloat | None":
        """Highest mean |E|²/|E₀|² over the hole inside the band."""
        strongest = self.extremum("hole_mean")
        return None if strongest is None else quantity(*strongest.value)


def record_array(design: "NominalDesign", response: "LatticeResponse") -> ArrayRecord:
    """What is kept of a response."""
    from cqdphotonics import __version__

    about = response.provenance
    return ArrayRecord(
        subject=design.subject,
        fidelity=response.fidelity,
        converged=response.converged,
        verdict=response.verdict,
        checks=response.checks,
        periods=tuple(about["periods"]),
        at_wavelength={n: _kept(response.at(n)) for n in NAMES if n in response.data},
        extrema=tuple(
            KeptExtremum(
                spectrum=e.spectrum,
                kind=e.kind,
                wavelength=_kept(e.wavelength),
                value=_kept(e.value),
            )
            for e in response.extrema
        ),
        plasmons=tuple(
            KeptPlasmon(
                side=p.side,
                wavelength=_short(p.wavelength),
                half_space=_short(p.half_space),
            )
            for p in response.plasmons
        ),
        media=about["media"],
        grids=tuple(
            {k: _short(v) if isinstance(v, float) else v for k, v in grid.items()}
            for grid in about["grids"]
        ),
        job_hashes=response.job_hashes,
        version=__version__,
        cost_seconds=round(response.cost_seconds, 1),
    )


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def _kept(number: "UFloat") -> Value:
    return _short(number.nominal_value), _short(number.std_dev)


def pictured_array(response: "LatticeResponse") -> dict[str, np.ndarray]:
    """The curves and the field that the gallery draws, small: at the highest field in the hole."""
    data = response.data
    strongest = response.extremum("hole_mean")
    wanted = response.wavelength if strongest is None else strongest.wavelength.nominal_value
    cut = data["field"].sel(field_wavelength=wanted, method="nearest").transpose("z", "x")
    across, up = (max(1, int(np.ceil(size / _FIELD_PIXELS))) for size in reversed(cut.shape))
    kept = {
        name: data[name].values.astype(np.float32)
        for known in NAMES
        for name in (known, f"{known}_uncertainty")
        if name in data
    }
    return {
        "wavelength": data["wavelength"].values,
        **kept,
        "x": cut["x"].values[::across].astype(np.float32),
        "z": cut["z"].values[::up].astype(np.float32),
        "field": cut.values[::up, ::across].astype(np.float32),
        "field_wavelength": np.array([float(cut["field_wavelength"])]),
    }


def array_rows(design: "NominalDesign", kept: ArrayRecord) -> list[tuple[str, str]]:
    """Each figure with its value and uncertainty, or "unverified"."""
    rows = [
        (f"{words} at {design.wavelength:g} µm", format_quantity(quantity(*kept.at_wavelength[n])))
        for n, words in NAMES.items()
        if n in kept.at_wavelength
    ]
    for one in kept.extrema:
        value = format_quantity(quantity(*one.value))
        rows.append(
            (f"{one.kind} of {NAMES[one.spectrum]}", f"{value} at {_place(one.wavelength)}")
        )
    for plasmon in kept.plasmons:
        rows.append(
            (
                f"plasmon (1, 0) of the flat film, side '{plasmon.side}'",
                f"predicted at {plasmon.wavelength:.4g} µm ({plasmon.half_space:.4g} µm with metal "
                "without end)",
            )
        )
    if kept.detuning is not None:
        apart = format_quantity(100 * kept.detuning, "%")
        rows.append(("strongest field, distance from that", apart))
    return rows


def _place(wavelength: Value) -> str:
    if wavelength[1]:
        return format_quantity(quantity(*wavelength), "µm")
    return f"{wavelength[0]:.4g} µm (unverified)"


def array_provenance(kept: ArrayRecord) -> str:
    """How the figures came about, in one sentence."""
    from cqdphotonics.display import format_number

    pixels = ", ".join(format_number(grid["pixels_per_um"]) for grid in kept.grids)
    solver = ", ".join(sorted({str(grid.get("meep")) for grid in kept.grids}))
    hashes = ", ".join(one[:8] for one in kept.job_hashes)
    return (
        f"{kept.fidelity}: {kept.verdict}. One cell of {kept.periods[0]:g} × {kept.periods[1]:g} "
        f"µm on {pixels} pixels a µm; {kept.cost_seconds:.0f} s of runs; jobs {hashes}; "
        f"cqdphotonics {kept.version}, Meep {solver}."
    )


def array_plan(design: "NominalDesign", fidelity: str | None = None) -> Any:
    """The jobs that are its simulation today."""
    from cqdphotonics.fdtd.lattice_plan import plan_lattice

    if design.light != "plane wave":
        raise InputError(f"design '{design.name}' is one for a dipole.")
    return plan_lattice(
        design.scene(), design.wavelength, fidelity or design.fidelity, band=design.band
    )
