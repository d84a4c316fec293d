"""Pictures of what will be simulated, and of what one simulation found, as PNG files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cqdphotonics.report.svg import BAD, BEST, FAINT, GOOD, INK

if TYPE_CHECKING:
    from cqdphotonics.fdtd import Plan, Response
    from cqdphotonics.fdtd.job import Job

_POINTS = 360
_LIGHTEST, _DARKEST = 0.97, 0.45
_METALS = ("#d9a441", "#b9bcc2", "#c98b6b")


def draw_plan(planned: "Plan", path: Path) -> None:
    """Cross-sections xz, yz and xy through the emitter of the finest job, from its own solids.

    With the absorbing layers, the closed surface through which power is counted, the planes of
    ports, and the dipole. The file appears whole or not at all.
    """
    from matplotlib.figure import Figure

    job = planned.jobs[-1]
    side, layer = job.side_layer, job.pml
    across = job.half_width + side
    depth = across if job.formulation == "cylindrical" else job.half_depth + side
    low, high = -job.below - layer, job.above + layer
    cuts = (
        ("x", "z", (-across, across), (low, high)),
        ("y", "z", (-depth, depth), (low, high)),
        ("x", "y", (-across, across), (-depth, depth)),
    )
    figure = Figure(figsize=(12, 7.5), layout="constrained")
    grid: dict[str, Any] = figure.subplot_mosaic([["xz", "xy"], ["yz", "xy"]])
    legend: dict[str, Any] = {}
    for horizontal, vertical, reach, rise in cuts:
        axes = grid[horizontal + vertical]
        legend.update(_cut(axes, job, horizontal, vertical, reach, rise))
        _frames(axes, job, horizontal, vertical, reach, rise, planned.scene.dipole)
    figure.legend(
        legend.values(), legend.keys(), loc="outside lower center", ncols=2, frameon=False
    )
    figure.suptitle(
        f"{planned.scene.name} on {planned.scene.stack.name}: {planned.formulation}, "
        f"{job.resolution:.4g} pixels a µm, {job.voxels():,} voxels",
        fontsize=11,
    )
    _save(figure, path)


def _colours(job: "Job") -> dict[str, Any]:
    """A grey for each transparent medium, darker for a higher index; a metal's own colour."""
    clear = sorted({m.epsilon for n, m in job.media.items() if not _metallic(m)})
    out: dict[str, Any] = {}
    metals = 0
    for name, medium in job.media.items():
        if _metallic(medium):
            out[name] = _METALS[metals % len(_METALS)]
            metals += 1
            continue
        place = clear.index(medium.epsilon) / max(len(clear) - 1, 1)
        shade = _LIGHTEST + (_DARKEST - _LIGHTEST) * place
        out[name] = (shade * 0.93, shade * 0.97, shade)
    return out


def _metallic(medium: Any) -> bool:
    return bool(medium.poles or medium.perfect_conductor)


def _cut(
    axes: Any,
    job: "Job",
    horizontal: str,
    vertical: str,
    reach: tuple[float, float],
    rise: tuple[float, float],
) -> dict[str, Any]:
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    from cqdphotonics.fdtd.guided import medium_at

    u, v = np.linspace(*reach, _POINTS), np.linspace(*rise, _POINTS)
    at = {"x": np.zeros((_POINTS, _POINTS)), "y": np.zeros((_POINTS, _POINTS))}
    at["z"] = np.zeros((_POINTS, _POINTS))
    at[horizontal], at[vertical] = np.meshgrid(u, v)
    names = list(job.media)
    numbers = medium_at(job, at["x"], at["y"], at["z"])
    colours = _colours(job)
    axes.imshow(
        numbers,
        origin="lower",
        extent=(*reach, *rise),
        cmap=ListedColormap([colours[name] for name in names]),
        vmin=-0.5,
        vmax=len(names) - 0.5,
        interpolation="nearest",
        aspect="equal",
    )
    axes.set(xlabel=f"{horizontal} (µm)", ylabel=f"{vertical} (µm)")
    return {
        job.media[name].label: Patch(facecolor=colours[name], edgecolor=FAINT)
        for number, name in enumerate(names)
        if (numbers == number).any()
    }


def _frames(
    axes: Any,
    job: "Job",
    horizontal: str,
    vertical: str,
    reach: tuple[float, float],
    rise: tuple[float, float],
    dipole: str,
) -> None:
    from matplotlib.patches import Circle, Rectangle

    a, b, down, up = job.box
    if job.formulation == "cylindrical":
        b = a
    inner = {
        "x": (-reach[1] + job.side_layer, reach[1] - job.side_layer),
        "y": (-job.half_depth or -job.half_width, job.half_depth or job.half_width),
        "z": (-job.below, job.above),
    }
    if horizontal == "y":
        inner["x"] = inner["y"]
    closed = {"x": (-a, a), "y": (-b, b), "z": (-down, up)}
    for box, colour, style in ((inner, BAD, "-"), (closed, BEST, "--")):
        (u0, u1), (v0, v1) = box[horizontal], box[vertical]
        look: dict[str, Any] = {"fill": False, "color": colour, "ls": style, "lw": 1.0}
        if job.formulation == "cylindrical" and vertical == "y":
            axes.add_patch(Circle((0, 0), u1, **look))
        else:
            axes.add_patch(Rectangle((u0, v0), u1 - u0, v1 - v0, **look))
    for port in job.ports:
        if port.axis not in (horizontal, vertical):
            continue
        centre = dict(zip("xyz", port.centre, strict=True))
        across = "y" if port.axis == "x" else "x"
        half = {across: port.size[0] / 2, "z": port.size[1] / 2, port.axis: 0.0}
        axes.plot(
            [centre[horizontal] - half[horizontal], centre[horizontal] + half[horizontal]],
            [centre[vertical] - half[vertical], centre[vertical] + half[vertical]],
            color=GOOD,
            lw=2.5,
        )
    length = 0.12 * min(reach[1] - reach[0], rise[1] - rise[0])
    if dipole in (horizontal, vertical):
        du, dv = (length, 0) if dipole == horizontal else (0, length)
        axes.annotate(
            "", (du, dv), (-du, -dv), arrowprops={"arrowstyle": "<->", "color": BAD, "lw": 1.8}
        )
    else:
        axes.plot([0], [0], "o", color=BAD, ms=6, mfc="none", mew=1.8)


def draw_response(response: "Response", path: Path) -> None:
    """Spectrum, field and pattern of one response; the file appears whole or not at all."""
    from matplotlib.figure import Figure

    from cqdphotonics.display import format_quantity

    data = response.data
    figure = Figure(figsize=(11, 8), layout="constrained")
    grid: dict[str, Any] = figure.subplot_mosaic([["spectrum", "field"], ["up", "down"]])
    _spectrum(grid["spectrum"], response)
    _field(grid["field"], data)
    for side in ("up", "down"):
        _pattern(grid[side], figure, response, side)
    component = response.provenance.get("component", {}).get("component", "device")
    figure.suptitle(
        f"{component}, dipole {response.provenance['dipole']}: F = "
        f"{format_quantity(response.purcell)} at {response.wavelength * 1e3:.1f} nm, "
        f"{response.fidelity if response.converged else 'NOT CONVERGED'}",
        fontsize=11,
    )
    _save(figure, path)


def _spectrum(axes: Any, response: "Response") -> None:
    data = response.data
    x = data["wavelength"].values * 1e3
    total, spread = data["purcell"].values, data["purcell_uncertainty"].values
    axes.plot(x, total, color=BEST, label="total")
    if spread.max() > 0:
        axes.fill_between(x, total - spread, total + spread, color=BEST, alpha=0.2, lw=0)
    radiated = sum(data[f"radiated_{side}"].values for side in ("up", "down", "side"))
    axes.plot(x, radiated, color=GOOD, ls="--", label="radiated")
    for name, style in (("absorbed", ":"),):
        if np.abs(data[name].values).max() > 0.02 * total.max():
            axes.plot(x, data[name].values, color=BAD, ls=style, label=name)
            if "absorbed_measured" in data:
                at = data["measured_wavelength"].values * 1e3
                measured = data["absorbed_measured"].values
                axes.plot(at, measured, ".", color=BAD, label="absorbed, measured")
    for port in response.ports:
        guided = response.guided(port).values
        (line,) = axes.plot(x, guided, lw=1, label=f"guided, {port}")
        if "guided_uncertainty" in data and data["guided_uncertainty"].values.max() > 0:
            around = data["guided_uncertainty"].sel(port=port).values
            axes.fill_between(
                x, guided - around, guided + around, color=line.get_color(), alpha=0.2, lw=0
            )
    axes.axvline(response.wavelength * 1e3, color=INK, lw=0.8)
    for mode in response.modes:
        axes.plot([mode.wavelength * 1e3], [mode.purcell], "o", color=BEST, ms=4)
    axes.set(xlabel="vacuum wavelength (nm)", ylabel="power / homogeneous medium")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=9)


def _field(axes: Any, data: Any) -> None:
    if "field" not in data:
        axes.text(0.5, 0.5, "no field without a simulation", ha="center", transform=axes.transAxes)
        return
    x, z = data["x"].values, data["z"].values
    intensity = data["field"].transpose("x", "z").values.T
    epsilon = data["epsilon"].transpose("x", "z").values.T
    ceiling = np.nanpercentile(intensity, 99.5)
    with np.errstate(divide="ignore"):
        level = np.clip(10 * np.log10(intensity / ceiling), -40, 0)
    axes.pcolormesh(x, z, level, cmap="magma", shading="nearest", rasterized=True)
    low, high = float(np.nanmin(epsilon)), float(np.nanmax(epsilon))
    if high > low:
        axes.contour(x, z, epsilon, levels=[(low + high) / 2], colors="white", linewidths=0.7)
    axes.set(xlabel="x (µm)", ylabel="z (µm)", title="|E|², 40 dB")
    axes.set_aspect("equal")


def _pattern(axes: Any, figure: Any, response: "Response", side: str) -> None:
    axes.set(xlabel="sin θ cos φ", ylabel="sin θ sin φ", title=f"power per steradian, {side}ward")
    axes.set_aspect("equal")
    if "waves" not in response.data:
        axes.text(0, 0, "no pattern is known", ha="center")
        axes.set(xlim=(-1, 1), ylim=(-1, 1))
        return
    pattern = response.pattern(side)
    ux, uy = pattern["ux"].values, pattern["uy"].values
    values = np.where(np.hypot(*np.meshgrid(ux, uy, indexing="ij")) <= 1, pattern.values, np.nan)
    image = axes.pcolormesh(ux, uy, values.T, cmap="viridis", shading="nearest", rasterized=True)
    index = float(response.data["half_space_index"].sel(direction=side))
    angle = np.linspace(0, 2 * np.pi, 200)
    for na in (0.5, 0.9):
        if na < index:
            radius = na / index
            axes.plot(
                radius * np.cos(angle), radius * np.sin(angle), color="white", lw=0.7, ls="--"
            )
            axes.text(0, radius, f"NA {na:g}", color="white", ha="center", va="bottom", fontsize=8)
    figure.colorbar(image, ax=axes, pad=0.02).set_label("share of all power / sr")


def _save(figure: Any, path: Path) -> None:
    from matplotlib import rc_context

    from cqdphotonics.fdtd.store import storage_error

    work = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with rc_context({"font.size": 10}):
            figure.savefig(work, format="png", dpi=130)
        work.replace(path)
    except OSError as error:
        work.unlink(missing_ok=True)
        raise storage_error(path, error) from error
