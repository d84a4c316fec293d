"""What an array does to a plane wave: spectra, enhancement of the field, and how sure that is."""

import json
import shutil
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from uncertainties import UFloat

from cqdphotonics import __version__
from cqdphotonics.display import quantity
from cqdphotonics.fdtd.lattice import LatticeJob
from cqdphotonics.fdtd.lattice_plan import LatticePlan
from cqdphotonics.fdtd.lattice_plasmons import PredictedPlasmon, predicted_plasmons
from cqdphotonics.fdtd.runner import Limits, run
from cqdphotonics.fdtd.store import RawResult, Store, storage_error

if TYPE_CHECKING:
    import xarray as xr

DATA, ABOUT = "lattice.nc", "lattice.json"

GAIN_LIMIT = 0.01
"""Largest share of the light that may seem to come out of the array."""
GRIDS_LIMIT = 0.02
"""Largest relative change of the wavelength of the strongest field between the last two grids."""
_FLOOR = 2e-3
"""Least relative uncertainty of an extremum's wavelength: half of the distance of points."""


@dataclass(frozen=True)
class Extremum:
    """A maximum or minimum of a spectrum.

    Attributes
    ----------
    spectrum : str
        A key of `cqdphotonics.fdtd.lattice.NAMES`.
    kind : {"maximum", "minimum"}
    wavelength, value : UFloat
        In µm, and in the spectrum's unit.
    """

    spectrum: str
    kind: str
    wavelength: UFloat
    value: UFloat


@dataclass(frozen=True)
class LatticeResponse:
    """The response of an array to a plane wave at normal incidence, with its checks.

    Attributes
    ----------
    data : xarray.Dataset
        Over ``wavelength`` (µm): ``transmittance``, ``reflectance``, ``absorptance``, shares of
        the incident power with all orders of diffraction; ``emitter``, ``hole_mean`` and
        ``hole_highest``, |E|² over that of the incident wave in its own medium at the emitter, in
        the mean over the hole, and its highest there (two pixels away from the wall); each with an
        ``…_uncertainty``, 0 where none is known. ``field`` over ``field_wavelength``, ``x``, ``z``:
        the same in the plane y = 0, from the best grid.
    wavelength : float
        What was asked for, in µm.
    fidelity, converged, verdict, checks, cost_seconds, job_hashes, provenance
        As in `cqdphotonics.fdtd.Response`.
    extrema : tuple of Extremum
        Highest and lowest transmittance that are not ends of the band, and highest fields.
    plasmons : tuple of PredictedPlasmon
        Those of the order (1, 0), where there is a flat film of metal.
    """

    data: "xr.Dataset"
    wavelength: float
    fidelity: str
    converged: bool
    verdict: str
    checks: tuple[str, ...]
    cost_seconds: float
    job_hashes: tuple[str, ...]
    extrema: tuple[Extremum, ...]
    plasmons: tuple[PredictedPlasmon, ...]
    provenance: dict[str, Any] = field(default_factory=dict)

    def at(self, spectrum: str, wavelength: float | None = None) -> UFloat:
        """A spectrum's value at a wavelength, the one asked for by default."""
        where = {"wavelength": self.wavelength if wavelength is None else wavelength}
        point = self.data.interp(where)
        return quantity(float(point[spectrum]), float(point[f"{spectrum}_uncertainty"]))

    def extremum(self, spectrum: str, kind: str = "maximum") -> Extremum | None:
        """The extremum of a spectrum; None where it has none inside the band."""
        found = (e for e in self.extrema if (e.spectrum, e.kind) == (spectrum, kind))
        return next(found, None)

    def save(self, directory: Path | str) -> None:
        """Write ``lattice.nc`` and ``lattice.json``; the directory appears whole or not at all.

        Raises
        ------
        StorageError
            If it can't be written.
        """
        target = Path(directory)
        work = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
        try:
            work.mkdir(parents=True)
            self.data.to_netcdf(work / DATA, engine="h5netcdf")
            (work / ABOUT).write_text(json.dumps(self.about(), indent=1, sort_keys=True) + "\n")
            target.mkdir(parents=True, exist_ok=True)
            for name in (DATA, ABOUT):
                (work / name).replace(target / name)
            work.rmdir()
        except OSError as error:
            shutil.rmtree(work, ignore_errors=True)
            raise storage_error(target, error) from error

    def about(self) -> dict[str, Any]:
        """All but the arrays, as JSON has it; a pair is a value with its standard deviation."""
        return {
            "wavelength": self.wavelength,
            "fidelity": self.fidelity,
            "converged": self.converged,
            "verdict": self.verdict,
            "checks": list(self.checks),
            "cost_seconds": self.cost_seconds,
            "job_hashes": list(self.job_hashes),
            "extrema": [
                {
                    "spectrum": e.spectrum,
                    "kind": e.kind,
                    "wavelength": [e.wavelength.nominal_value, e.wavelength.std_dev],
                    "value": [e.value.nominal_value, e.value.std_dev],
                }
                for e in self.extrema
            ],
            "plasmons": [
                {
                    "side": p.side,
                    "order": list(p.order),
                    "wavelength": p.wavelength,
                    "half_space": p.half_space,
                }
                for p in self.plasmons
            ],
            "provenance": self.provenance,
        }


def simulate_lattice(
    planned: LatticePlan,
    *,
    store: Store | Path | str | None = None,
    ranks: int = 1,
    limits: Limits | None = None,
    progress: Callable[[dict[str, Any]], None] | None = None,
    cancelled: threading.Event | None = None,
) -> LatticeResponse:
    """Run the jobs of a plan, or take them from the store, and put their response together.

    Parameters
    ----------
    planned : LatticePlan
        See `cqdphotonics.fdtd.lattice_plan.plan_lattice`.
    store, ranks, limits, progress, cancelled
        As for `cqdphotonics.simulate`.

    Raises
    ------
    SimulationError
        The solver gave no result.
    """
    place = store if isinstance(store, Store) else Store(store)
    raws = []
    for number, job in enumerate(planned.jobs, 1):

        def forward(report: dict[str, Any], number: int = number) -> None:
            if progress is not None:
                progress({**report, "run": number, "runs": len(planned.jobs)})

        raws.append(
            run(job, place, ranks=ranks, limits=limits, progress=forward, cancelled=cancelled)
        )
    return assemble_lattice(planned, raws)


def assemble_lattice(planned: LatticePlan, raws: list[RawResult]) -> LatticeResponse:
    """The response from the raw results of all jobs of a plan.

    The finest grid's values are given. Their uncertainty is the change from the grid before and
    that between the last two time windows; with one grid there is none.
    """
    import xarray as xr

    runs = [_spectra(job, raw) for job, raw in zip(planned.jobs, raws, strict=True)]
    best, before = runs[-1], runs[-2] if len(runs) > 1 else None
    raw, job = raws[-1], planned.jobs[-1]
    wavelength = 1 / np.array(job.frequencies)
    variables: dict[str, Any] = {}
    for name, values in best.items():
        spread = np.zeros_like(values)
        if before is not None:
            window = _window(raw, name)
            spread = np.hypot(values - before[name], window)
        variables[name] = ("wavelength", values)
        variables[f"{name}_uncertainty"] = ("wavelength", spread)
    variables["field"] = (("field_wavelength", "x", "z"), raw.arrays["cut"])
    data = xr.Dataset(
        variables,
        coords={
            "wavelength": ("wavelength", wavelength, {"units": "µm"}),
            "field_wavelength": (
                "field_wavelength", 1 / raw.arrays["cut_frequencies"], {"units": "µm"},
            ),
            "x": ("x", raw.arrays["cut_x"], {"units": "µm"}),
            "z": ("z", raw.arrays["cut_z"], {"units": "µm"}),
        },
    )  # fmt: skip
    for name in variables:
        share = name.startswith(("transm", "reflec", "absorp"))
        data[name].attrs["units"] = "share of the incident power" if share else (
            "|E|² of the incident wave"
        )  # fmt: skip
    extrema = _extrema(wavelength, runs)
    checks, failed = _checks(planned, raws, runs, extrema)
    many = f"on {len(runs)} grids and in time" if len(runs) > 1 else (
        f"in time on one grid ({planned.fidelity}); the grid's own error is unverified"
    )  # fmt: skip
    return LatticeResponse(
        data=data,
        wavelength=planned.wavelength,
        fidelity=planned.fidelity,
        converged=not failed,
        verdict="NOT CONVERGED: " + "; ".join(failed) if failed else f"converged {many}",
        checks=tuple(checks),
        cost_seconds=sum(float(each.meta["seconds"]) for each in raws),
        job_hashes=tuple(each.job_hash for each in raws),
        extrema=extrema,
        plasmons=predicted_plasmons(planned),
        provenance=_provenance(planned, raws),
    )


def _spectra(job: LatticeJob, raw: RawResult) -> dict[str, np.ndarray]:
    arrays = raw.arrays
    out = {
        "transmittance": arrays["transmitted"],
        "reflectance": 1 - arrays["entering"],
        "absorptance": arrays["entering"] - arrays["transmitted"],
        "emitter": arrays["emitter"].reshape(len(job.frequencies), -1).mean(axis=1),
    }
    if job.region is not None:
        inside = _inside(job, arrays)
        kept = arrays["region"].reshape(len(job.frequencies), -1)[:, inside.ravel()]
        out["hole_mean"], out["hole_highest"] = kept.mean(axis=1), kept.max(axis=1)
    return {name: np.asarray(values, dtype=float) for name, values in out.items()}


def _inside(job: LatticeJob, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Points (x, y, z) of the kept region that lie in its ellipse, two pixels from the wall."""
    assert job.region is not None
    cx, cy, cz, width, depth, height = job.region
    margin = 2 / job.resolution
    x = (arrays["region_x"] - cx) / max(width / 2 - margin, margin)
    y = (arrays["region_y"] - cy) / max(depth / 2 - margin, margin)
    level = np.abs(arrays["region_z"] - cz) <= height / 2
    disc = x[:, None] ** 2 + y[None, :] ** 2 <= 1
    return np.asarray(disc[:, :, None] & level[None, None, :])


def _window(raw: RawResult, name: str) -> np.ndarray:
    """Change of a spectrum of power over the last interval; fields change as the entering does."""
    arrays = raw.arrays
    through = np.abs(arrays["transmitted"] - arrays["transmitted_before"])
    entering = np.abs(arrays["entering"] - arrays["entering_before"])
    return {"transmittance": through, "reflectance": entering}.get(name, through + entering)


def _extrema(wavelength: np.ndarray, runs: list[dict[str, np.ndarray]]) -> tuple[Extremum, ...]:
    highest = ("transmittance", "absorptance", "emitter", "hole_mean", "hole_highest")
    wanted = [(name, "maximum") for name in highest]
    wanted += [("transmittance", "minimum"), ("reflectance", "minimum")]
    out = []
    for name, kind in wanted:
        if name not in runs[-1]:
            continue
        sign = 1 if kind == "maximum" else -1
        found = _peaks(wavelength, runs[-1][name], sign)
        if not found:
            continue
        place, value = max(found, key=lambda peak: sign * peak[1])
        spreads = (0.0, 0.0)
        if len(runs) > 1 and (earlier := _peaks(wavelength, runs[-2][name], sign)):
            # The same one on the grid before, not what is highest there.
            before = min(earlier, key=lambda peak: abs(peak[0] - place))
            spreads = (
                float(np.hypot(place - before[0], _FLOOR * place)),
                abs(value - before[1]),
            )
        out.append(Extremum(name, kind, quantity(place, spreads[0]), quantity(value, spreads[1])))
    return tuple(out)


def _peaks(wavelength: np.ndarray, values: np.ndarray, sign: int) -> list[tuple[float, float]]:
    """Points that are higher (lower) than both neighbours, refined by parabolas."""
    level, out = sign * values, []
    for top in np.flatnonzero((level[1:-1] > level[:-2]) & (level[1:-1] >= level[2:])) + 1:
        part = slice(top - 1, top + 2)
        curve = np.polyfit(wavelength[part] - wavelength[top], values[part], 2)
        offset = -curve[1] / (2 * curve[0])
        out.append((float(wavelength[top] + offset), float(np.polyval(curve, offset))))
    return out


def _checks(
    planned: LatticePlan,
    raws: list[RawResult],
    runs: list[dict[str, np.ndarray]],
    extrema: tuple[Extremum, ...],
) -> tuple[list[str], list[str]]:
    checks, failed = [], []

    def check(what: str, value: float, limit: float) -> None:
        said = f"{what}: {value:.2g} (limit {limit:g})"
        checks.append(said)
        if not value <= limit:
            failed.append(said)

    for job, raw, spectra in zip(planned.jobs, raws, runs, strict=True):
        where = f" at {job.resolution:.4g} pixels a µm"
        time, change, left, _ = raw.arrays["summary"]
        check(f"change of the spectra in the last {job.stop.interval:.3g} µm/c{where}",
              float(change), job.stop.agreement)  # fmt: skip
        check(f"field that is left at {time:.0f} µm/c{where}", float(left), job.stop.left)
        gain = -float(spectra["absorptance"].min())
        check(f"light out of nothing (negative absorptance){where}", max(gain, 0.0), GAIN_LIMIT)
        if not any(medium.poles for medium in job.media.values()):
            check(f"1 − T − R of an array without loss{where}",
                  float(np.abs(spectra["absorptance"]).max()), GAIN_LIMIT)  # fmt: skip
    strongest = next((e for e in extrema if e.spectrum in ("hole_mean", "emitter")), None)
    if len(runs) > 1 and strongest is not None:
        check(
            "relative move of the strongest field between the last two grids",
            strongest.wavelength.std_dev / strongest.wavelength.nominal_value,
            GRIDS_LIMIT,
        )
    return checks, failed


def _provenance(planned: LatticePlan, raws: list[RawResult]) -> dict[str, Any]:
    scene, job = planned.scene, planned.jobs[-1]
    return {
        "cqdphotonics": __version__,
        "component": scene.settings,
        "stack": scene.stack.model_dump(mode="json"),
        "periods": list(planned.cell.periods),
        "light_from": "up" if job.travels == "down" else "down",
        "polarisation": job.polarisation,
        "notes": list(planned.notes),
        "media": {name: m.label for name, m in job.media.items() if " + " not in name},
        "grids": [
            {
                "pixels_per_um": each.resolution,
                "voxels": each.voxels(),
                "solids": len(each.solids),
                "time_um_per_c": float(raw.arrays["summary"][0]),
                **{k: raw.meta[k] for k in ("meep", "python", "ranks", "seconds", "finished")},
            }
            for each, raw in zip(planned.jobs, raws, strict=True)
        ],
    }
