"""The gallery: a page a device, with its nominal designs and what they were simulated to do.

Everything is drawn from the designs and the figures kept beside them (`cqdphotonics.nominal`):
layout and cross-section from the geometry itself, the rest from what a simulation left. Nothing is
simulated here, and what was not simulated is called so.
"""

import base64
import html
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cqdphotonics import components, nominal
from cqdphotonics.display import format_quantity, quantity
from cqdphotonics.nominal.bands import BANDS, WITHOUT, designs_in
from cqdphotonics.nominal.figures import read_pictured
from cqdphotonics.nominal.judgement import SAID
from cqdphotonics.nominal.tables import MARKS, provenance, rows, settings

FOLDER = "gallery"
"""What the names of all files of the gallery begin with."""

INDEX = f"{FOLDER}.html"

SHARPNESS = 170
"""Pixels an inch of what is not drawn as lines."""

NO_FIGURES = (
    "None of the designs below was simulated: layout and cross-section are exact, figures there "
    "are none."
)


def file_of(component: str) -> str:
    """The page of a device."""
    return f"{FOLDER}-{component.replace('_', '-')}.html"


def index_text() -> str:
    """The page that leads to the others."""
    lines = [
        "# Gallery",
        "",
        "Every device with nominal designs to begin from: what they look like, and what they were "
        "simulated to do, against the literature. Independent designs that reach a figure are "
        "called *performance matched*, never a device reproduced. Figures with ± were verified on "
        "three grids; others are called unverified. What was not simulated says so.",
        "",
        "| device | design | λ (µm) | Purcell factor | verdict |",
        "|---|---|---|---|---|",
    ]
    for component in components.names():
        for design in nominal.of_family(component):
            kept = nominal.read_record(design)
            figure, modes = "not simulated", ()
            if nominal.read_parts(design) is not None:
                figure = "in parts"
            if isinstance(kept, nominal.ArrayRecord):
                highest = kept.enhancement
                figure = "no resonance" if highest is None else (
                    f"|E|² × {format_quantity(highest)}, {kept.fidelity}"
                )  # fmt: skip
            elif kept is not None:
                figure = format_quantity(quantity(*kept.purcell)) + f", {kept.fidelity}"
                modes = kept.modes[:1]
            for mode in modes:
                place, width = mode.wavelength[0], mode.wavelength[0] / mode.quality[0]
                if abs(place - design.wavelength) > width:  # or the factor says little of it
                    on_line = format_quantity(mode.purcell)
                    figure += f"; on its line at {place:.4g} µm {on_line}"
            said = nominal.judgement(design, kept).split(". ")[0].rstrip(".")
            lines.append(
                f"| [{component}]({file_of(component)}) | {design.title} | {design.wavelength:g} | "
                f"{_cell(figure)} | {_cell(said)} |"
            )
    return "\n".join([*lines, "", *bands_text(), ""])


def bands_text() -> Iterator[str]:
    """Which device has a design in which band, at which fidelity, or why it has none."""
    yield "## By band"
    yield ""
    heads = [f"{b.name}, {b.ends[0]:.2f} – {b.ends[1]:.2f} µm ({b.dots})" for b in BANDS]
    yield f"| device | {' | '.join(heads)} |"
    yield "|---" * (1 + len(BANDS)) + "|"
    for component in components.names():
        cells = []
        for band in BANDS:
            found = [f"{one.name} ({_level(one)})" for one in designs_in(component, band)]
            cells.append("<br>".join(found) or f"none: {WITHOUT[component, band]}")
        yield f"| [{component}]({file_of(component)}) | {' | '.join(map(_cell, cells))} |"


def _level(design: nominal.NominalDesign) -> str:
    """At which fidelity its figures were simulated."""
    kept = nominal.read_record(design)
    if kept is None:
        return "in parts" if nominal.read_parts(design) is not None else "not simulated"
    return kept.fidelity + ("" if kept.converged else ", NOT CONVERGED")


def texts() -> Iterator[tuple[str, str, str]]:
    """File, title and Markdown of the page of every device."""
    for component in components.names():
        designs = nominal.of_family(component)
        if designs:
            yield file_of(component), f"Gallery: {component}", page(component, designs)


def page(component: str, designs: list[nominal.NominalDesign]) -> str:
    """The page of a device."""
    family = components.family(component)
    lines = [f"# {component}", "", f"{family.description}.", ""]
    if not any(nominal.read_record(one) or nominal.read_parts(one) for one in designs):
        lines += [NO_FIGURES, ""]
    for design in designs:
        lines += section(design)
    return "\n".join(lines)


def section(design: nominal.NominalDesign) -> list[str]:
    """One design: its tables, then its pictures."""
    kept = nominal.read_record(design)
    now = nominal.standing(design, kept)
    lines = [f"## {design.title}, {design.wavelength * 1e3:g} nm", ""]
    verdict, _, reason = nominal.judgement(design, kept).partition(". ")
    lines += [f"**{verdict.rstrip('.')}.** {reason}".rstrip(), ""]
    if SAID[now] and kept is not None:
        lines += [f"*These figures were {SAID[now]}.*", ""]
    driven = (
        f"dipole along {design.dipole}" if design.light == "dipole" else "plane wave from above"
    )
    lines += [
        f"`{design.name}`: stack `{design.stack}`, {driven}; "
        f"{settings(design)}. How it was found: {design.found.how}.",
        "",
    ]
    if kept is not None:
        lines += ["| figure | simulated |", "|---|---|"]
        lines += [f"| {_cell(name)} | {_cell(value)} |" for name, value in rows(design, kept)]
        lines += [""]
    parts = nominal.read_parts(design)
    if parts is not None:
        lines += ["| figure of a part | simulated; how many dimensions |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in parts.rows()]
        lines += ["", parts.provenance, ""]
    lines += literature(design, kept)
    lines += [pictures(design, kept), ""]
    if kept is not None:
        lines += [provenance(kept), ""]
    lines += ["```", design.found.command, f"cqd nominal {design.name} --compute", "```", ""]
    if lines[-4] == lines[-3]:
        del lines[-4]
    return lines


def _cell(text: str) -> str:
    """A text in a table: the bars of |E|² are no columns."""
    return text.replace("|", "\\|")


def literature(design: nominal.NominalDesign, kept: nominal.Record | None) -> list[str]:
    """The table against the row of the literature."""
    known = design.literature
    if known is None:
        return []
    lines = [
        f"Against: {known.device}, {known.source} ({MARKS[known.mark]}).",
        "",
        "| figure | literature | here | |",
        "|---|---|---|---|",
    ]
    for one in nominal.compare(design, kept):
        sign = "≤" if one.claim.at_most else "≥"
        found = "not simulated" if kept is None else "not known"
        verdict = ""
        if one.found is not None:
            found = format_quantity(one.found)
            verdict = "reached" if one.reached else "not reached"
            verdict += ", though within its uncertainty" if one.within else ""
        symbol = _cell(one.claim.symbol)
        lines.append(f"| {symbol} | {sign} {one.claim.value:g} | {found} | {verdict} |")
    return [*lines, ""]


# --- pictures -----------------------------------------------------------------------------------


def pictures(design: nominal.NominalDesign, kept: nominal.Record | None) -> str:
    """All pictures of a design as one block of HTML."""
    parts = [("layout", layout(design))]
    in_parts = nominal.read_parts(design)
    if in_parts is not None and in_parts.curves:
        parts.append(("rates against the gaps that set them", rates(design, in_parts)))
    if isinstance(kept, nominal.ArrayRecord):
        data = read_pictured(design)
        parts += [
            (f"|E|²/|E₀|² in the plane y = 0 at {float(data['field_wavelength'][0]):.4g} µm",
             array_field(design, data)),
            ("shares of the light; dashed: the flat film's plasmon",
             array_powers(design, kept, data)),
            ("|E|² over that of the light", array_enhancements(design, kept, data)),
        ]  # fmt: skip
    elif kept is not None:
        data = read_pictured(design)
        parts += [
            ("|E|² in the plane through the dot, at the emission", field(design, data)),
            ("rates of the dipole over those in the bulk", spectrum(design, kept, data)),
            (f"power a steradian, mean over the azimuth; dashed: NA {design.na:g}",
             far_field(design, data)),
        ]  # fmt: skip
    if design.light == "dipole":
        parts.append(
            ("cross-sections through the dot; red: where the absorbing layers begin; dashed: the "
             "surface through which power is counted", cross_section(design))
        )  # fmt: skip
    figures = [
        f'<figure style="margin:0;{_width(what)}">{picture}'
        f'<figcaption style="font-size:.8rem">{html.escape(what)}</figcaption></figure>'
        for what, picture in parts
    ]
    style = "--faint:#8a8d91;display:flex;flex-wrap:wrap;gap:1.2rem;align-items:flex-end"
    # One line: a blank one would end the block in Markdown.
    return f'<div style="{style}">{"".join(figures)}</div>'.replace("\n", " ")


def _width(what: str) -> str:
    return "flex:1 1 100%" if what.startswith("cross") else "flex:1 1 18rem;max-width:27rem"


def _svg(figure: Any, design: nominal.NominalDesign, kind: str, description: str) -> str:
    from cqdphotonics.report.svg import to_svg

    figure.dpi = SHARPNESS
    return to_svg(figure, f"{design.name}-{kind}", description)


def layout(design: nominal.NominalDesign) -> str:
    """What is drawn on the mask, seen from above."""
    from cqdphotonics.layout.draw import draw_layout
    from cqdphotonics.report.svg import drawing

    with drawing(4.6, 3.9) as (figure, axes):
        draw_layout(design.cell(), axes)
        axes.grid(visible=False)
        for patch in axes.patches:
            patch.set_rasterized(True)
        return _svg(figure, design, "layout", f"Layout of {design.title}.")


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


def _small(path: Path) -> bytes:
    """The picture with the few colours that it has: a third of the size."""
    import io

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
        return _svg(figure, design, "rates", "Coupling rates against gaps.")


def spectrum(
    design: nominal.NominalDesign, kept: nominal.Record, data: dict[str, np.ndarray]
) -> str:
    """Purcell factor and its parts over the band; a dot on the line of the strongest mode.

    A line may be narrower than the distance of the spectrum's points.
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
        tops = [float(np.nanmax(total)), *(mode.purcell for mode in kept.modes[:1])]
        for mode in kept.modes[:1]:
            axes.plot([mode.wavelength[0] * 1e3], [mode.purcell], "o", color=BEST, ms=4)
        axes.axvline(design.wavelength * 1e3, color=INK, lw=0.9)
        axes.axhline(1.0, color=FAINT, lw=0.8, ls=":")
        axes.set(xlabel="vacuum wavelength (nm)", ylabel="rate / rate in the bulk")
        axes.set_xlim(x.min(), x.max())
        axes.set_ylim(0, 1.15 * max(tops))
        axes.legend(fontsize=9)
        return _svg(
            figure, design, "spectrum",
            f"Purcell factor against wavelength, largest {np.nanmax(total):.3g} at "
            f"{x[int(np.nanargmax(total))]:.1f} nm.",
        )  # fmt: skip


def field(design: nominal.NominalDesign, data: dict[str, np.ndarray]) -> str:
    """Field in a vertical plane through the dot, on a logarithmic scale."""
    from cqdphotonics.report.svg import drawing

    x, z = data["x"], data["z"]
    height = float(np.clip(1.1 + 3.6 * np.ptp(z) / np.ptp(x), 1.8, 4.6))
    with drawing(4.6, height) as (figure, axes):
        image = axes.pcolormesh(
            x, z, data["field_decibels"], cmap="magma", shading="nearest", rasterized=True
        )
        axes.set(xlabel="x (µm)", ylabel="z (µm)")
        axes.set_aspect("equal")
        axes.grid(visible=False)
        bar = figure.colorbar(image, ax=axes, pad=0.02)
        bar.set_label("|E|² (dB)")
        bar.outline.set_visible(False)
        return _svg(figure, design, "field", "Intensity in a vertical cut through the dot.")


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
        return _svg(figure, design, "powers", "Shares of the light against wavelength.")


def array_enhancements(
    design: nominal.NominalDesign, kept: nominal.ArrayRecord, data: dict[str, np.ndarray]
) -> str:
    """Field in the hole of an array over that of the light."""
    from cqdphotonics.report.lattice import enhancements
    from cqdphotonics.report.svg import drawing

    with drawing(4.6, 3.6) as (figure, axes):
        enhancements(axes, data["wavelength"] * 1e3, data, _places(kept))
        return _svg(figure, design, "enhancement", "Field in the hole against wavelength.")


def array_field(design: nominal.NominalDesign, data: dict[str, np.ndarray]) -> str:
    """Field of an array in a vertical plane."""
    from cqdphotonics.report.lattice import field as drawn
    from cqdphotonics.report.svg import drawing

    with drawing(4.6, 4.2) as (figure, axes):
        drawn(axes, data["x"], data["z"], data["field"])
        return _svg(figure, design, "field", "Intensity in a vertical cut through the hole.")


def far_field(design: nominal.NominalDesign, data: dict[str, np.ndarray]) -> str:
    """Power per solid angle against the angle from the axis, up and down."""
    import xarray as xr

    from cqdphotonics import materials
    from cqdphotonics.layout import stacks
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
