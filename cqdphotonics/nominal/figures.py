"""What a simulation, or exact theory, said about a nominal design, as kept beside its file."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from cqdphotonics.display import format_number, format_quantity, nominal, quantity
from cqdphotonics.errors import FileFormatError
from cqdphotonics.nominal.arrays import ArrayRecord, pictured_array, record_array
from cqdphotonics.nominal.design import NominalDesign, folder

if TYPE_CHECKING:
    import xarray as xr
    from uncertainties import UFloat

    from cqdphotonics.fdtd import Response
    from cqdphotonics.fdtd.lattice_response import LatticeResponse

Value = tuple[float, float]
"""A value and its standard deviation; 0 where no uncertainty is known."""

THEORY = "theory"
EXACT = "exact for endless films"
"""What is said of a figure in place of its uncertainty."""

_FIELD_PIXELS = 240
_DECIBELS = 40.0


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Collected(_Part):
    """Share of all power in a cone."""

    na: float
    direction: str
    share: Value


class KeptMode(_Part):
    """A resonance.

    Attributes
    ----------
    wavelength : (float, float)
        In µm, with its standard deviation.
    quality : (float, float)
    method : str
    volume : (float, float) or None
        Ṽ = V/(λ/n)³ with n at the field maximum.
    purcell : float
        F at the resonance by the work of the dipole.
    purcell_from_volume : float or None
        F there by Q/V.
    shares : dict
        Where its light goes.
    """

    wavelength: Value
    quality: Value
    method: str
    volume: Value | None
    purcell: float
    purcell_from_volume: float | None
    shares: dict[str, float]

    @property
    def is_confined(self) -> bool:
        """Whether both Purcell factors agree, within half, so that the volume is that of one mode.

        Between flat mirrors, for one, fields fill whatever cell there is.
        """
        if self.volume is None or self.purcell_from_volume is None:
            return False
        return 2 / 3 < self.purcell_from_volume / self.purcell < 3 / 2


class Record(_Part):
    """Figures of a nominal design with where they come from.

    Attributes
    ----------
    subject : str
        `NominalDesign.subject` of what was simulated.
    fidelity, converged, verdict, checks
        As in the response. At ``theory`` the figures are the exact multilayer's: there are no grids
        and no jobs, nor a field.
    purcell, absorbed : (float, float)
        At the emission wavelength, value and standard deviation (0: unverified), in units of the
        homogeneous host.
    radiated : dict
        "up", "down", "side": power in the same unit.
    collection : tuple of Collected
    far : (float, float), optional
        Share of all power that gets away from a film of metal, up and down together; None where
        no such film goes on. The rest that is not absorbed near the dot are plasmons of the film.
    modes : tuple of KeptMode
        Strongest first.
    formulation : str
    media : dict
        Index or fit of each material, as used.
    grids : tuple of dict
        Pixels, voxels, time and versions of each run.
    job_hashes : tuple of str
    solver_version : int
        `cqdphotonics.fdtd.job.SOLVER_VERSION` at the time.
    version : str
        Of cqdphotonics.
    cost_seconds : float
        Wall-clock time of all runs, where they were run.
    """

    subject: str
    fidelity: str
    converged: bool
    verdict: str
    checks: tuple[str, ...]
    purcell: Value
    absorbed: Value
    radiated: dict[str, float]
    collection: tuple[Collected, ...]
    modes: tuple[KeptMode, ...]
    formulation: str
    media: dict[str, str]
    grids: tuple[dict[str, Any], ...]
    job_hashes: tuple[str, ...]
    solver_version: int
    version: str
    cost_seconds: float
    far: Value | None = None

    @property
    def exact(self) -> bool:
        """Whether these are figures of the exact multilayer: `compute` keeps no other theory."""
        return self.fidelity == THEORY

    def words(self, value: "float | UFloat", unit: str = "") -> str:
        """A figure with its uncertainty, the word that none is known, or that it is exact."""
        if not self.exact:
            return format_quantity(value, unit)
        return f"{format_number(nominal(value))}{f' {unit}' if unit else ''} ({EXACT})"

    def share(self, na: float, direction: str) -> "UFloat":
        """Share of all power inside a cone that was computed."""
        for one in self.collection:
            if abs(one.na - na) < 1e-6 and one.direction == direction:
                return quantity(*one.share)
        raise KeyError((na, direction))


def record(
    design: NominalDesign, response: "Response", outside: Mapping[str, float] | None = None
) -> Record:
    """What is kept of a response.

    `outside` has the index above ("up") and below ("down") where a film of metal goes on; the
    response then holds the collection into these apertures.
    """
    from cqdphotonics import __version__
    from cqdphotonics.fdtd.job import SOLVER_VERSION

    def value(number: "UFloat") -> Value:
        return _short(number.nominal_value), _short(number.std_dev)

    point = response.data.sel(wavelength=response.wavelength, method="nearest")
    about = response.provenance
    dominant = response.dominant_mode
    modes = sorted(response.modes, key=lambda mode: mode is not dominant)
    return Record(
        subject=design.subject,
        fidelity=response.fidelity,
        converged=response.converged,
        verdict=response.verdict,
        checks=response.checks,
        purcell=value(response.purcell),
        absorbed=value(response.absorbed),
        radiated={s: _short(float(point[f"radiated_{s}"])) for s in ("up", "down", "side")},
        collection=tuple(
            Collected(na=float(na), direction=side, share=value(response.collection(na, side)))
            for side in ("up", "down")
            for na in response.data["na"].values
        ),
        modes=tuple(
            KeptMode(
                wavelength=(_short(m.wavelength, 7), _short(m.wavelength_uncertainty)),
                quality=(_short(m.quality), _short(m.quality_uncertainty)),
                method=m.method,
                volume=None if m.volume is None or not m.normalised_volume else (
                    _short(m.normalised_volume),
                    _short(m.volume_uncertainty / m.volume * m.normalised_volume),
                ),
                purcell=_short(m.purcell),
                purcell_from_volume=m.purcell_from_volume and _short(m.purcell_from_volume),
                shares={name: round(share, 4) for name, share in m.shares.items()},
            )
            for m in modes[:3]
        ),
        formulation=about["formulation"],
        media=about.get("media", {}),
        grids=tuple(
            {k: _short(v) if isinstance(v, float) else v for k, v in grid.items()}
            for grid in about.get("grids", ())
        ),
        job_hashes=response.job_hashes,
        solver_version=SOLVER_VERSION,
        version=__version__,
        cost_seconds=round(response.cost_seconds, 1),
        far=value(sum(response.collection(n, side) for side, n in outside.items()))
        if outside else None,
    )  # fmt: skip


def _short(value: float, digits: int = 5) -> float:
    return float(f"{value:.{digits}g}")


def pictured(response: "Response") -> dict[str, np.ndarray]:
    """The curves and fields that the gallery draws, small; of theory there is no field."""
    data = response.data
    spectra = {
        name: data[name].values.astype(np.float32)
        for name in ("purcell", "purcell_uncertainty", "absorbed")
    }
    radiated = sum(data[f"radiated_{side}"].values for side in ("up", "down", "side"))
    field = _field(data) if "field" in data else {}
    far = data["far_field"].sel(direction=["up", "down"]).transpose("direction", "theta")
    return {
        "wavelength": data["wavelength"].values,
        **spectra,
        "radiated": np.asarray(radiated, dtype=np.float32),
        **field,
        "theta": data["theta"].values.astype(np.float32)[::2],
        "far_field": far.values.astype(np.float32)[:, ::2],
    }


def _field(data: "xr.Dataset") -> dict[str, np.ndarray]:
    """The intensity in the plane through the dot."""
    across = max(1, int(np.ceil(data.sizes["x"] / _FIELD_PIXELS)))
    up = max(1, int(np.ceil(data.sizes["z"] / _FIELD_PIXELS)))
    cut = data[["field"]].isel(x=slice(None, None, across), z=slice(None, None, up))
    intensity = cut["field"].transpose("z", "x").values
    # The dot's own near field is orders of magnitude brighter than the mode: cut it off.
    with np.errstate(divide="ignore"):
        level = 10 * np.log10(intensity / np.nanpercentile(intensity, 99.5))
    level = np.nan_to_num(np.clip(level, -_DECIBELS, 0), nan=-_DECIBELS)
    return {
        "x": cut["x"].values.astype(np.float32),
        "z": cut["z"].values.astype(np.float32),
        "field_decibels": np.round(level * 6).astype(np.int16),
    }


def write(
    design: NominalDesign,
    response: "Response",
    directory: Path | None = None,
    outside: Mapping[str, float] | None = None,
) -> Record:
    """Keep the figures and the pictures' data of a design; each file appears whole or not at all.

    Raises
    ------
    StorageError
        If they can't be written.
    """
    kept = record(design, response, outside)
    _keep(design, kept, pictured(response), directory)
    return kept


def write_array(
    design: NominalDesign, response: "LatticeResponse", directory: Path | None = None
) -> ArrayRecord:
    """The same for a design in a plane wave.

    Raises
    ------
    StorageError
        If they can't be written.
    """
    kept = record_array(design, response)
    _keep(design, kept, pictured_array(response), directory)
    return kept


def _keep(
    design: NominalDesign,
    kept: "Record | ArrayRecord",
    pictures: dict[str, np.ndarray],
    directory: Path | None,
) -> None:
    from cqdphotonics.fdtd.store import storage_error

    place = directory or folder()
    content = io.BytesIO()
    np.savez_compressed(content, **pictures)
    text = json.dumps(kept.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False)
    for suffix, data in (("npz", content.getvalue()), ("json", (text + "\n").encode())):
        final = place / f"{design.name}.{suffix}"
        work = final.with_name(f".{final.name}.partial")
        try:
            place.mkdir(parents=True, exist_ok=True)
            work.write_bytes(data)
            work.replace(final)
        except OSError as error:
            work.unlink(missing_ok=True)
            raise storage_error(final, error) from error


def read_record(
    design: NominalDesign, directory: Path | None = None
) -> Record | ArrayRecord | None:
    """The figures of a design; None where it was not simulated.

    Raises
    ------
    FileFormatError
        If the file holds no figures that can be read.
    """
    path = (directory or folder()) / f"{design.name}.json"
    if not path.exists():
        return None
    try:
        kind = ArrayRecord if design.light == "plane wave" else Record
        return kind.model_validate_json(path.read_text())
    except (OSError, ValidationError) as error:
        raise FileFormatError(
            f"'{path}' holds no figures of a nominal design ({error}). Compute them anew with "
            f"`cqd nominal {design.name} --compute`."
        ) from None


def read_pictured(design: NominalDesign, directory: Path | None = None) -> dict[str, np.ndarray]:
    """What `pictured` gave, as it was kept: see there."""
    with np.load((directory or folder()) / f"{design.name}.npz", allow_pickle=False) as data:
        kept = {name: data[name] for name in data.files}
    if "field_decibels" in kept:
        kept["field_decibels"] = kept["field_decibels"] / 6
    return kept
