"""The gallery: a page a device, with its nominal designs and what they were simulated to do.

Everything is drawn from the designs and the figures kept beside them (`cqdphotonics.nominal`):
layout and cross-section from the geometry itself, the rest from what a simulation left. Nothing is
simulated here, and what was not simulated is called so.
"""

from collections.abc import Iterator

import gallery_parts
from gallery_frame import INDEX, cell, file_of, table
from gallery_pictures import far_text, pictures

from cqdphotonics import components, nominal
from cqdphotonics.display import format_quantity, quantity
from cqdphotonics.nominal.bands import BANDS, WITHOUT, Band, designs_in
from cqdphotonics.nominal.figures import KeptMode
from cqdphotonics.nominal.judgement import SAID
from cqdphotonics.nominal.tables import MARKS, provenance, rows, settings, unheld

__all__ = ["INDEX", "index_text", "texts"]

NO_FIGURES = (
    "None of the designs below was simulated: layout and cross-section are exact, figures there "
    "are none."
)


def index_text() -> str:
    """The page that leads to the others."""
    lines = [
        "# Gallery",
        "",
        "Every device with nominal designs to begin from: what they look like, and what they were "
        "simulated to do, against the literature. Independent designs that reach a figure are "
        "called *performance matched*, never a device reproduced. Figures with ± were verified on "
        "three grids; others are called unverified; plane films have an exact answer, which says "
        "so. What was not simulated says so.",
        "",
        "| device | design | λ (µm) | Purcell factor | verdict |",
        "|---|---|---|---|---|",
    ]
    for component in components.names():
        for number, design in enumerate(nominal.of_family(component)):
            kept = nominal.read_record(design)
            figure = "not simulated"
            modes: tuple[KeptMode, ...] = ()
            if nominal.read_parts(design) is not None:
                figure = "in parts"
            if isinstance(kept, nominal.ArrayRecord):
                highest = kept.enhancement
                figure = "no resonance" if highest is None else (
                    f"|E|² × {format_quantity(highest)}, {_level(design)}"
                )  # fmt: skip
            elif kept is not None:
                figure = kept.words(quantity(*kept.purcell)) + f", {_level(design)}"
                modes = kept.modes[:1]
            for mode in modes:
                place, width = mode.wavelength[0], mode.wavelength[0] / mode.quality[0]
                if abs(place - design.wavelength) > width:  # or the factor says little of it
                    on_line = format_quantity(mode.purcell)
                    figure += f"; on its line at {place:.4g} µm {on_line}"
            said = _short(nominal.judgement(design, kept).split(". ")[0].rstrip("."))
            device = "" if number else f"[{component}]({file_of(component)})"
            lines.append(
                f"| {device} | {design.title} | {design.wavelength:g} | "
                f"{cell(figure)} | {cell(said)} |"
            )
    return "\n".join([*lines, "", *bands_text(), "", *gallery_parts.index_lines()])


def _short(verdict: str) -> str:
    """A verdict in few words, where the table of all designs has no room for more."""
    for long, short in (
        ("No comparable figure of the literature is known to us", "no comparable figure"),
        ("Simulated in parts, so that no match is claimed", "in parts: no match claimed"),
        ("The figures are reached at `", "reached at `"),
        (", on one grid: unverified, so that no match is claimed", ", unverified"),
        ("Not converged, so that nothing is claimed", "not converged"),
        ("share of all power into NA ", "share into NA "),
    ):
        verdict = verdict.replace(long, short)
    return verdict


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
            cells.append("<br>".join(found) or "none: " + _without(component, band))
        yield f"| [{component}]({file_of(component)}) | {' | '.join(map(cell, cells))} |"


def _without(component: str, band: Band) -> str:
    return WITHOUT.get((component, band), "not designed")


def _level(design: nominal.NominalDesign) -> str:
    """At which fidelity its figures were simulated."""
    kept = nominal.read_record(design)
    if kept is None:
        return "in parts" if nominal.read_parts(design) is not None else "not simulated"
    return kept.fidelity + ("" if kept.converged else ", NOT CONVERGED")


def texts() -> Iterator[tuple[str, str, str]]:
    """File, title and Markdown of the page of every device and every part of a chip."""
    for component in components.names():
        designs = nominal.of_family(component)
        if designs:
            yield file_of(component), f"Gallery: {component}", page(component, designs)
    for part in components.part_names():
        yield file_of(part), f"Gallery: {part}", gallery_parts.page(part)


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
    if held := unheld(design):
        lines += [f"{held}.", ""]
    if kept is not None:
        exact = isinstance(kept, nominal.Record) and kept.exact
        lines += [f"| figure | {'by theory' if exact else 'simulated'} |", "|---|---|"]
        lines += [f"| {cell(name)} | {cell(value)} |" for name, value in rows(design, kept)]
        lines += [""]
    parts = nominal.read_parts(design)
    if parts is not None:
        lines += ["| figure of a part | simulated; how many dimensions |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in parts.rows()]
        lines += ["", parts.provenance, ""]
    lines += literature(design, kept)
    lines += [pictures(design, kept), ""]
    if said := far_text(design, kept):
        lines += [said, ""]
    if kept is not None:
        lines += [provenance(kept), ""]
    lines += ["```", design.found.command, f"cqd nominal {design.name} --compute", "```", ""]
    if lines[-4] == lines[-3]:
        del lines[-4]
    return lines


def literature(
    design: nominal.NominalDesign, kept: nominal.Record | nominal.ArrayRecord | None
) -> list[str]:
    """A table against each row of the literature; the first is what the verdict is about."""
    known = design.literature
    if known is None:
        return []
    return [line for one in (known, *design.also) for line in _against(design, kept, one)]


def _against(
    design: nominal.NominalDesign,
    kept: nominal.Record | nominal.ArrayRecord | None,
    known: nominal.Literature,
) -> list[str]:
    beside = "Beside it" if known in design.also else "Against"
    found = []
    for one in nominal.compare(design.model_copy(update={"literature": known}), kept):
        sign = "≤" if one.claim.at_most else "≥"
        value = "not simulated" if kept is None else "not known"
        value = value if one.found is None else one.said
        found.append((one.claim.symbol, f"{sign} {one.claim.value:g}", value, one.verdict))
    return [
        f"{beside}: {known.device}, {known.source} ({MARKS[known.mark]}).",
        "",
        *table(("figure", "literature", "here", ""), found),
    ]
