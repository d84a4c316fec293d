"""Pictures of nominal designs: from the geometry itself, and from what a simulation left."""

import base64
import html
import io
import tempfile
from math import asin, degrees, hypot
from pathlib import Path

import gallery_guided
import numpy as np
from gallery_frame import as_svg, block, layout

from cqdphotonics import materials, nominal
from cqdphotonics.display import format_number
from cqdphotonics.layout import stacks
from cqdphotonics.nominal.arrays import array_plan
from cqdphotonics.nominal.figures import read_pictured


def pictures(
    design: nominal.NominalDesign, kept: nominal.Record | nominal.ArrayRecord | None
) -> str:
    """All pictures of a design as one block of HTML."""
    shown = [("layout", layout(design.cell(), design.name, design.title))]
    parts = nominal.read_parts(design)
    if parts is not None:
        shown += gallery_guided.in_parts(design, parts)
        if parts.curves:
            shown.append(("rates against the gaps that set them", rates(design, parts)))
    if isinstance(kept, nominal.ArrayRecord):
        data = read_pictured(design)
        shown += [
            (f"|E|²/|E₀|² in the plane y = 0 at {float(data['field_wavelength'][0]):.4g} µm",
             array_field(design, data)),
            ("shares of the light; dashed: the flat film's plasmon",
             array_powers(design, kept, data)),
            ("|E|² over that of the light", array_enhancements(design, kept, data)),
        ]  # fmt: skip
    elif kept is not None:
        data = read_pictured(design)
        if "field_decibels" in data:  # exact theory has none
            shown.append(
                ("|E|² in the plane through the dot, at the emission", field(design, data))
            )
        shown += [
            ("rates of the dipole over those in the bulk"
             + ("; dot: on the line of the strongest mode" if kept.modes else ""),
             spectrum(design, kept, data)),
            (f"power a steradian, mean over the azimuth; dashed: NA {design.na:g}",
             far_field(design, data)),
        ]  # fmt: skip
    if design.light == "dipole":
        drawn = "" if design.fidelity != "theory" else ", cut out as a simulation at draft would do"
        shown.append(
            (f"cross-sections through the dot{drawn}; red: where the absorbing layers begin; "
             "dashed: the surface through which power is counted", cross_section(design))
        )  # fmt: skip
    else:
        shown.append(
            ("cross-sections through the middle of a hole, one cell of the array; light falls from "
             "above", array_cross_section(design))
        )  # fmt: skip
    return block(shown)


def far_text(
    design: nominal.NominalDesign, kept: nominal.Record | nominal.ArrayRecord | None
) -> str:
    """What is to be said of a far field that is not drawn; empty where one is."""
    if design.parts:
        return gallery_guided.NO_FAR_FIELD
    if not isinstance(kept, nominal.ArrayRecord):
        return ""
    films = stacks.load(design.stack, **design.stack_parameters)
    said = []
    for side, name in (("above", films.cladding), ("below", films.substrate)):
        index = float(materials.load(name).index(design.wavelength).real)
        first = [design.wavelength / period / index for period in kept.periods]
        sides = [hypot(m * first[0], n * first[1]) for m in range(4) for n in range(4) if m or n]
        leave = sorted({round(degrees(asin(sine)), 1) for sine in sides if sine < 1})
        opens = format_number(float(f"{index * max(kept.periods):.3g}"))
        said.append(
            f"{side}, in {name}, none but the zeroth order, straight on; others leave below "
            f"{opens} µm"
            if not leave
            else f"{side}, in {name}, beside the zeroth order those at "
            + ", ".join(f"{angle:g}°" for angle in leave)
        )
    return (
        "An endless array sends light into orders of diffraction only, so that its far field is "
        f"no pattern but a few directions. At {design.wavelength:g} µm: {'; '.join(said)}."
    )


def cross_section(design: nominal.NominalDesign) -> str:
    """The solids that are simulated, cut through the dot."""
    from cqdphotonics.report.scene import draw_plan

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "plan.png"
        draw_plan(design.plan("draft"), path)
        data = base64.b64encode(_small(path)).decode()
    return (
        f'<img style="width:100%" alt="Cross-sections of {html.escape(design.title)}" '
        f'src="data:image/png;base64,{data}">'
    )


def array_cross_section(design: nominal.NominalDesign) -> str:
    """One cell of an array, cut along y = 0 and through the middle of its film."""
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    from cqdphotonics.fdtd.guided import medium_at
    from cqdphotonics.report.svg import FAINT, drawing

    job = array_plan(design, "draft").jobs[-1]
    across, along = (np.linspace(-period / 2, period / 2, 300) for period in job.periods)
    height = 0.5 * max(job.periods)
    up = np.linspace(-height, height, 300)
    side = np.meshgrid(across, up)
    flat = np.meshgrid(across, along)
    cuts = (
        ("z (µm)", (side[0], np.zeros_like(side[0]), side[1]), up),
        ("y (µm)", (*flat, np.zeros_like(flat[0])), along),
    )
    # What a grid needs at the faces of a metal is no part of the device.
    films = stacks.load(design.stack, **design.stack_parameters)
    kinds = {films.substrate, films.cladding, *(film.material for film in films.films)}
    job = job.model_copy(update={"solids": tuple(s for s in job.solids if s.medium in kinds)})
    shades = dict.fromkeys(job.media, "white")
    clear = sorted((m.epsilon, name) for name, m in job.media.items() if not m.poles)
    shades |= {name: shade for (_, name), shade in zip(
        [one for one in clear if one[1] in kinds], ("#eef2f6", "#b9c4ce", "#8f9ca8"), strict=False
    )}  # fmt: skip
    shades |= {name: "#d9a441" for name, medium in job.media.items() if medium.poles}
    with drawing(9.6, 4.2, ncols=2) as (figure, panels):
        for axes, (said, points, vertical) in zip(panels, cuts, strict=True):
            axes.pcolormesh(
                across, vertical, medium_at(job, *points), vmin=-0.5, vmax=len(shades) - 0.5,
                cmap=ListedColormap(list(shades.values())), shading="nearest", rasterized=True,
            )  # fmt: skip
            axes.set(xlabel="x (µm)", ylabel=said)
            axes.set_aspect("equal")
            axes.grid(visible=False)
        figure.legend(
            [Patch(facecolor=shades[kind], edgecolor=FAINT) for kind in sorted(kinds)],
            sorted(kinds), loc="outside lower center", ncols=len(kinds),
        )  # fmt: skip
        return as_svg(figure, design.name, "section", "Cross-sections of one cell of the array.")


def _small(path: Path) -> bytes:
    """The picture with the few colours that it has: a third of the size."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(path).convert("RGB").quantize(96).save(out, "PNG", optimize=True)
    return out.getvalue()


def rates(design: nominal.NominalDesign, kept: nominal.PartsRecord) -> str:
    """Rates of a design's parts against gaps, on a logarithmic scale."""
    from cqdphotonics.report.svg import BEST, GOOD, drawing

    with drawing(4.6, 3.6) as (figure, axes):
        for curve, colour in zip(kept.curves.values(), (BEST, GOOD), strict=False):
            gaps, values, spreads = np.array(sorted(curve.points)).T
            said = f"{curve.name} ({curve.dimension})"
            axes.errorbar(1e3 * gaps, values, spreads, fmt="o-", color=colour, ms=4, label=said)
        axes.set(xlabel="gap (nm)", ylabel="rate (rad/ps)", yscale="log")
        axes.legend(fontsize=9)
        return as_svg(figure, design.name, "rates", "Coupling rates against gaps.")


def spectrum(
    design: nominal.NominalDesign, kept: nominal.Record, data: dict[str, np.ndarray]
) -> str:
    """Purcell factor and its parts over the band; a dot on the line of the strongest mode.

    A line that is narrower than the distance of the spectrum's points is drawn by its Q.
    """
    from cqdphotonics.report.svg import BAD, BEST, FAINT, GOOD, INK, drawing

    with drawing(4.6, 3.6) as (figure, axes):
        x, total, spread = data["wavelength"] * 1e3, data["purcell"], data["purcell_uncertainty"]
        axes.plot(x, total, color=BEST, label="all")
        if spread.max() > 0:
            axes.fill_between(x, total - spread, total + spread, color=BEST, alpha=0.2, lw=0)
        leaves = "radiated" if kept.far is None else "radiated, with the film's plasmons"
        axes.plot(x, data["radiated"], color=GOOD, ls="--", lw=1.2, label=leaves)
        if np.abs(data["absorbed"]).max() > 0.02 * total.max():
            axes.plot(x, data["absorbed"], color=BAD, ls=":", lw=1.2, label="absorbed")
        tops = [float(np.nanmax(total + spread)), *(mode.purcell for mode in kept.modes[:1])]
        for mode in kept.modes[:1]:
            place, half = mode.wavelength[0] * 1e3, 0.5e3 * mode.wavelength[0] / mode.quality[0]
            axes.plot([place], [mode.purcell], "o", color=BEST, ms=4)
            if half < np.diff(x).max():
                near = half * np.linspace(-40, 40, 801)
                line = mode.purcell / (1 + (near / half) ** 2)
                axes.plot(place + near, line, color=BEST, lw=0.9, ls=":", label="its line, by Q")
        axes.axvline(design.wavelength * 1e3, color=INK, lw=0.9)
        axes.axhline(1.0, color=FAINT, lw=0.8, ls=":")
        axes.set(xlabel="vacuum wavelength (nm)", ylabel="rate / rate in the bulk")
        axes.set_xlim(x.min(), x.max())
        axes.set_ylim(0, 1.15 * max(tops))
        axes.legend(fontsize=9)
        return as_svg(
            figure, design.name, "spectrum",
            f"Purcell factor against wavelength, largest {np.nanmax(total):.3g} at "
            f"{x[int(np.nanargmax(total))]:.1f} nm.",
        )  # fmt: skip


def field(design: nominal.NominalDesign, data: dict[str, np.ndarray]) -> str:
    """Field in a vertical plane through the dot, on a logarithmic scale."""
    from cqdphotonics.report.svg import drawing

    x, z = data["x"], data["z"]
    height = float(np.clip(1.4 + 3.6 * np.ptp(z) / np.ptp(x), 2.2, 4.6))
    with drawing(4.6, height) as (figure, axes):
        image = axes.pcolormesh(
            x, z, data["field_decibels"], cmap="magma", shading="nearest", rasterized=True
        )
        axes.set(xlabel="x (µm)", ylabel="z (µm)")
        axes.set_aspect("equal")
        axes.grid(visible=False)
        where = "bottom" if np.ptp(z) < 0.5 * np.ptp(x) else "right"  # no higher than the field
        bar = figure.colorbar(image, ax=axes, pad=0.02, location=where, shrink=0.8)
        bar.set_label("|E|² (dB)")
        bar.outline.set_visible(False)
        return as_svg(figure, design.name, "field", "Intensity in a vertical cut through the dot.")


def _places(kept: nominal.ArrayRecord) -> list[tuple[float, str]]:
    return [(one.wavelength * 1e3, f"plasmon ({one.side})") for one in kept.plasmons]


def array_powers(
    design: nominal.NominalDesign, kept: nominal.ArrayRecord, data: dict[str, np.ndarray]
) -> str:
    """Transmittance, reflectance and absorptance of an array."""
    from cqdphotonics.report.lattice import powers
    from cqdphotonics.report.svg import drawing

    with drawing(4.6, 3.6) as (figure, axes):
        powers(axes, data["wavelength"] * 1e3, data, _places(kept))
        return as_svg(figure, design.name, "powers", "Shares of the light against wavelength.")


def array_enhancements(
    design: nominal.NominalDesign, kept: nominal.ArrayRecord, data: dict[str, np.ndarray]
) -> str:
    """Field in the hole of an array over that of the light."""
    from cqdphotonics.report.lattice import enhancements
    from cqdphotonics.report.svg import drawing

    with drawing(4.6, 3.6) as (figure, axes):
        enhancements(axes, data["wavelength"] * 1e3, data, _places(kept))
        return as_svg(figure, design.name, "enhancement", "Field in the hole against wavelength.")


def array_field(design: nominal.NominalDesign, data: dict[str, np.ndarray]) -> str:
    """Field of an array in a vertical plane."""
    from cqdphotonics.report.lattice import field as drawn
    from cqdphotonics.report.svg import drawing

    with drawing(4.6, 4.2) as (figure, axes):
        drawn(axes, data["x"], data["z"], data["field"])
        return as_svg(figure, design.name, "field", "Intensity in a vertical cut through the hole.")


def far_field(design: nominal.NominalDesign, data: dict[str, np.ndarray]) -> str:
    """Power per solid angle against the angle from the axis, up and down."""
    import xarray as xr

    from cqdphotonics.report.figures import far_field as drawn

    pattern = xr.Dataset(
        {"far_field": (("direction", "theta"), data["far_field"])},
        coords={"direction": ["up", "down"], "theta": data["theta"]},
    )
    films = stacks.load(design.stack, **design.stack_parameters)
    outside = films.cladding if design.direction == "up" else films.substrate
    index = materials.load(outside).index(design.wavelength).real
    picture = drawn(pattern, design.na, design.direction, index)
    for mark in ('"', "#"):  # ids are to be one design's own
        picture = picture.replace(f"{mark}far-field-", f"{mark}{design.name}-far-field-")
    return picture
