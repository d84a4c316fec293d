"""The picture of an array's response: spectra, and the field where it is strongest."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cqdphotonics.report.scene import _save
from cqdphotonics.report.svg import BAD, BEST, FAINT, GOOD, INK, START

if TYPE_CHECKING:
    from cqdphotonics.fdtd.lattice_response import LatticeResponse

_FROM = {"up": "above", "down": "below"}


def draw_lattice(response: "LatticeResponse", path: Path) -> None:
    """Spectra and field of a response; the file appears whole or not at all."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7), layout="constrained")
    grid: dict[str, Any] = figure.subplot_mosaic([["powers", "field"], ["fields", "field"]])
    data = response.data
    x = data["wavelength"].values * 1e3
    places = [(one.wavelength * 1e3, f"plasmon ({one.side})") for one in response.plasmons]
    powers(grid["powers"], x, data, places)
    enhancements(grid["fields"], x, data, places)
    strongest = response.extremum("hole_mean") or response.extremum("emitter")
    wanted = response.wavelength if strongest is None else strongest.wavelength.nominal_value
    cut = data["field"].sel(field_wavelength=wanted, method="nearest")
    field(grid["field"], cut["x"].values, cut["z"].values, cut.transpose("z", "x").values)
    grid["field"].set_title(
        f"|E|²/|E₀|² at {float(cut['field_wavelength']) * 1e3:.0f} nm, y = 0", fontsize=10
    )
    component = response.provenance.get("component", {}).get("component", "array")
    px, py = response.provenance["periods"]
    figure.suptitle(
        f"{component}, {px:g} × {py:g} µm, light from "
        f"{_FROM[response.provenance['light_from']]} along {response.provenance['polarisation']}: "
        f"{response.fidelity if response.converged else 'NOT CONVERGED'}",
        fontsize=11,
    )
    _save(figure, path)


def powers(axes: Any, x: np.ndarray, data: Any, places: list[tuple[float, str]]) -> None:
    """Transmittance, reflectance and absorptance over the wavelength in nm."""
    for name, colour in (("transmittance", BEST), ("reflectance", START), ("absorptance", BAD)):
        values, spread = np.asarray(data[name]), np.asarray(data[f"{name}_uncertainty"])
        axes.plot(x, values, color=colour, label=name)
        axes.fill_between(x, values - spread, values + spread, color=colour, alpha=0.2, lw=0)
    _marks(axes, places)
    axes.set(xlabel="vacuum wavelength (nm)", ylabel="share of the light", ylim=(0, 1))
    axes.set_xlim(x.min(), x.max())
    axes.legend(frameon=False, fontsize=9)


def enhancements(axes: Any, x: np.ndarray, data: Any, places: list[tuple[float, str]]) -> None:
    """|E|² over that of the light, at the emitter and in the hole."""
    names = (("emitter", "at the emitter", BEST), ("hole_mean", "mean over the hole", GOOD),
             ("hole_highest", "highest in the hole", FAINT))  # fmt: skip
    for name, words, colour in names:
        if name in data:
            values, spread = np.asarray(data[name]), np.asarray(data[f"{name}_uncertainty"])
            axes.plot(x, values, color=colour, label=words)
            axes.fill_between(x, values - spread, values + spread, color=colour, alpha=0.2, lw=0)
    _marks(axes, places)
    axes.set(xlabel="vacuum wavelength (nm)", ylabel="|E|²/|E₀|²")
    axes.set_xlim(x.min(), x.max())
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=9)


def field(axes: Any, x: np.ndarray, z: np.ndarray, intensity: np.ndarray) -> Any:
    """|E|² (z, x) in a vertical plane, up to its 99.5th percentile; the image for a colour bar."""
    ceiling = float(np.nanpercentile(intensity, 99.5))
    image = axes.pcolormesh(
        x, z, intensity, cmap="magma", vmin=0, vmax=ceiling, shading="nearest", rasterized=True
    )
    axes.set(xlabel="x (µm)", ylabel="z (µm)")
    axes.set_aspect("equal")
    axes.grid(visible=False)
    axes.figure.colorbar(image, ax=axes, pad=0.02, shrink=0.7).set_label("|E|²/|E₀|²")
    return image


def _marks(axes: Any, places: list[tuple[float, str]]) -> None:
    for place, words in places:
        axes.axvline(place, color=INK, lw=0.9, ls="--")
        axes.annotate(
            words, (place, 0.98), xycoords=("data", "axes fraction"), xytext=(-4, 0),
            textcoords="offset points", ha="right", va="top", rotation=90, fontsize=8,
        )  # fmt: skip
