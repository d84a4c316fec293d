"""Nominal designs in words and rows, for the command line and the gallery."""

from collections.abc import Iterator
from math import ceil, log10
from typing import Any

from cqdphotonics.display import format_number, format_quantity, quantity
from cqdphotonics.nominal.arrays import ArrayRecord, array_provenance, array_rows
from cqdphotonics.nominal.design import NominalDesign
from cqdphotonics.nominal.figures import Record, read_record
from cqdphotonics.nominal.judgement import SAID, compare, judgement, standing
from cqdphotonics.nominal.parts import read_parts

MARKS = {
    "S": "stated by a source that was read",
    "M": "remembered from the literature; check it before you rely on it",
}


def rows(design: NominalDesign, kept: Record | ArrayRecord) -> Iterator[tuple[str, str]]:
    """Each figure with its value and uncertainty, "unverified", or that it is exact."""
    if isinstance(kept, ArrayRecord):
        yield from array_rows(design, kept)
        return
    purcell = quantity(*kept.purcell)
    yield f"Purcell factor at {design.wavelength:g} µm", kept.words(purcell)
    for na in sorted({design.na, 0.5, 0.7}):
        up, down = (kept.words(kept.share(na, side)) for side in ("up", "down"))
        yield f"of all power into NA {na:g}", f"{up} upward, {down} downward"
    if kept.absorbed[0]:
        share = quantity(*kept.absorbed) / purcell
        yield "absorbed, of all power", kept.words(share)
        if kept.far is not None:
            away = quantity(*kept.far)
            yield "radiated into both half-spaces, of all power", format_quantity(away)
            yield "into plasmons along the film, of all power", format_quantity(1 - share - away)
    for mode in kept.modes[:1]:
        where = quantity(*mode.wavelength)
        yield (
            "resonance",
            (
                format_quantity(where, "µm")
                if where.std_dev
                else f"{where.nominal_value:.5g} µm (unverified)"
            ),
        )
        aside = where.nominal_value - design.wavelength
        if abs(aside) * mode.quality[0] > where.nominal_value:
            factor = design.wavelength / where.nominal_value
            digits = max(4, ceil(log10(mode.quality[0])))  # to a fraction of a linewidth
            yield (
                "",
                (
                    f"more than a linewidth beside {design.wavelength:g} µm: scale all lengths by "
                    f"{factor:.{digits}f} to bring it there"
                ),
            )
        yield "Q", format_quantity(quantity(*mode.quality))
        yield "F on its line, by the work of the dipole", format_quantity(mode.purcell)
        if mode.is_confined and mode.volume and mode.purcell_from_volume:
            yield "F on its line, by Q/V", format_quantity(mode.purcell_from_volume)
            yield "mode volume Ṽ, in (λ/n)³", format_quantity(quantity(*mode.volume))
        elif mode.volume is not None:
            yield "mode volume", "none: F by the work and by Q/V differ, this is no confined mode"
        shares = ", ".join(f"{n} {s:.1%}" for n, s in mode.shares.items() if s > 5e-4)
        yield "its light", f"{shares} (unverified)"


def provenance(kept: Record | ArrayRecord) -> str:
    """How the figures came about, in one sentence."""
    if isinstance(kept, ArrayRecord):
        return array_provenance(kept)
    if kept.exact:
        return (
            f"{kept.verdict[:1].upper()}{kept.verdict[1:]}, nothing simulated: figures are exact "
            "for films without end, at the materials' tabulated indices. What a real film's edge, "
            f"roughness or tilt does is not in them. cqdphotonics {kept.version}."
        )
    solver = {str(grid.get("meep")) for grid in kept.grids}
    pixels = ", ".join(format_number(grid["pixels_per_um"]) for grid in kept.grids)
    hashes = ", ".join(one[:8] for one in kept.job_hashes)
    return (
        f"{kept.fidelity}: {kept.verdict}. {kept.formulation.capitalize()} on {pixels} pixels a "
        f"µm; {kept.cost_seconds:.0f} s of runs; jobs {hashes}; cqdphotonics {kept.version}, Meep "
        f"{', '.join(sorted(solver))}, solver version {kept.solver_version}."
    )


def settings(design: NominalDesign) -> str:
    """What is set on device and films."""
    given = [f"{key} = {value}" for key, value in design.parameters.items()]
    given += [f"stack.{key} = {value:g}" for key, value in design.stack_parameters.items()]
    return ", ".join(given) or "all defaults"


def unheld(design: NominalDesign) -> str:
    """That a device over air is drawn without what holds it; empty where that is not so."""
    from cqdphotonics import components
    from cqdphotonics.layout import stacks

    films = stacks.load(design.stack, **design.stack_parameters)
    over_air = "air" in {films.substrate, *(film.material for film in films.films)}
    known = {one.name for one in components.parameters(design.component)}
    if not over_air or "suspended" not in known or design.parameters.get("suspended"):
        return ""
    wanted = "bridges=4 and suspended=true" if "bridges" in known else "suspended=true"
    return (
        "Drawn and simulated without what holds it over the air below: "
        f"{wanted} draws that, and is another device, near to this one"
    )


def described(design: NominalDesign) -> tuple[dict[str, Any], str]:
    """A design as data and as text for the terminal."""
    kept = read_record(design)
    now = standing(design, kept)
    said = judgement(design, kept)
    lines = [f"{design.name}: {design.title}", f"  {design.stack}; {settings(design)}"]
    if kept is not None:
        if SAID[now]:
            lines.append(
                f"  {SAID[now]} (`cqd nominal {design.name} --compute` computes them anew)"
            )
        pairs = list(rows(design, kept))
        width = max(len(name) for name, _ in pairs)
        lines += [f"  {name.ljust(width)}  {value}" for name, value in pairs]
        lines.append(f"  {provenance(kept)}")
    parts = read_parts(design)
    if parts is not None:
        pairs = parts.rows()
        width = max(len(name) for name, _ in pairs)
        lines += [f"  {name.ljust(width)}  {value}" for name, value in pairs]
        lines.append(f"  {parts.provenance}")
    for known in [design.literature, *design.also] if design.literature else []:
        lines.append(f"  literature [{known.mark}]: {known.device} ({known.source})")
        against = design.model_copy(update={"literature": known})
        lines += [f"    {one.text}" for one in compare(against, kept)]
    lines.append(f"  {said}")
    if held := unheld(design):
        lines.append(f"  {held}.")
    lines.append(f"  found: {design.found.how}")
    data = {
        **design.model_dump(mode="json", exclude={"parts"}),
        "standing": now,
        "judgement": said,
        "figures": None if kept is None else kept.model_dump(mode="json"),
        "parts": None if parts is None else parts.model_dump(mode="json"),
    }
    return data, "\n".join(lines)
