"""The report of a chip: one HTML file that needs nothing else."""

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from cqdphotonics import __version__
from cqdphotonics.display import format_quantity, nominal
from cqdphotonics.layout.chip import Box
from cqdphotonics.layout.chip.picture import render
from cqdphotonics.placement import Template
from cqdphotonics.report.svg import drawing, to_svg
from cqdphotonics.report.template import page_template
from cqdphotonics.tapeout.assembly import Assembly, middle_sites
from cqdphotonics.tapeout.figures import NAMES
from cqdphotonics.tapeout.yields import ChipYield, copies_text

if TYPE_CHECKING:
    from cqdphotonics.tapeout.output import Tapeout

LABELS = {
    "purcell": "Purcell factor F",
    "indistinguishability": "indistinguishability I",
    "efficiency": "collected share η",
}

SHOWN = 400
"""Devices in the table of the page; all are in devices.csv."""


def render_page(made: "Tapeout", rows: list[dict[str, Any]]) -> str:
    """The page of a tapeout.

    Parameters
    ----------
    made : Tapeout
        What was found out.
    rows : list of dict
        Of `tables.device_rows`.
    """
    assembly = made.assembly
    file = assembly.file
    return page_template("cqdphotonics.tapeout", "page.html").render(
        title=file.title or file.name,
        name=file.name,
        description=file.description,
        subtitle=_subtitle(assembly),
        clean=made.report.clean,
        cards=_cards(made),
        notes=[*made.notes, *made.report.notes],
        chip_picture=_png(made, _with_margin(assembly.chip.floorplan.outline), 1500),
        zooms=_zooms(made),
        drc=made.report.table(50),
        overlay=[(name, f"{1e3 * value:.2f}") for name, value in file.overlay.budget.terms],
        overlay_total=f"{1e3 * file.overlay.budget.total:.2f}",
        doses=_doses(made),
        failures=dict(made.exposure.failures),
        crossings=made.exposure.crossings,
        estimates=_estimates(made),
        template=_template(assembly),
        yields=_yields(made),
        devices=[_device(row) for row in rows[:SHOWN]],
        more=max(0, len(rows) - SHOWN),
        figure_labels=[LABELS[name] for name in NAMES],
        collected=file.collection.words,
        version=__version__,
        source=file.text,
    )


def _subtitle(assembly: Assembly) -> str:
    size = assembly.chip.floorplan.size
    emitter = assembly.emitter
    return (
        f"{size[0] / 1e3:g} × {size[1] / 1e3:g} mm, {len(assembly.sites)} devices; kit "
        f"{assembly.kit.name}; {emitter.name} at {emitter.temperature:g} K, "
        f"{emitter.wavelength * 1e3:g} nm"
    )


def _cards(made: "Tapeout") -> list[dict[str, str]]:
    known = list(made.known.values())
    stored = sum(one.is_stored for one in known)
    seconds = sum(e.seconds for e in made.exposure.estimates.values())
    counts = made.report.counts
    cards = [
        {
            "name": "Design rules",
            "value": "no violation" if made.report.clean else f"{sum(counts.values())} violations",
            "note": "of " + made.report.kit if made.report.clean else ", ".join(counts),
        },
        {
            "name": "Devices",
            "value": str(len(known)),
            "note": f"{stored} with figures from the store, {len(known) - stored} without",
        },
        {
            "name": "Overlay, each axis",
            "value": f"{1e3 * made.assembly.file.overlay.budget.total:.1f} nm",
            "note": "standard deviation, from the budget below",
        },
        {
            "name": "Exposure",
            "value": f"{seconds / 60:.3g} min",
            "note": "all layers at the base dose; unverified, the machine's own overheads left out",
        },
    ]
    if made.yields is not None:
        known_yield = bool(made.yields.goods)
        cards.append(
            {
                "name": "Good devices to expect",
                "value": format_quantity(made.yields.expected) if known_yield else "not known",
                "note": "± is the scatter of that number"
                if known_yield
                else "no device with a hole has figures in the store",
            }
        )
    return cards


def _png(made: "Tapeout", view: tuple[float, float, float, float], width: int) -> str:
    content = render(made.layout, made.assembly.chip.name, view, width=width)
    return base64.b64encode(content).decode("ascii")


def _with_margin(box: Box) -> Box:
    margin = 0.02 * (box[2] - box[0])
    return (box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin)


def _zooms(made: "Tapeout") -> list[dict[str, str]]:
    """The device in the middle of every array with its label; the first dot with its hole."""
    pictures = []
    boxes = {p.name: p.box for p in made.assembly.chip.placements}
    for name, site in middle_sites(made.assembly).items():
        a, b = boxes[site.name], boxes[f"label {site.name}"]
        box = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
        side = 1.1 * max(box[2] - box[0], box[3] - box[1])
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        view = (x - side / 2, y - side / 2, x + side / 2, y + side / 2)
        pictures.append(
            {
                "array": name,
                "png": _png(made, view, 700),
                "caption": f"{site.name}: {site.array.component} on {site.stack.name}; "
                f"{side:.3g} µm across.",
            }
        )
    first = next((s for s in made.assembly.sites if s.has_hole), None)
    if first is not None and first.emitter is not None:
        x, y = first.emitter
        pictures.append(
            {
                "array": f"{first.array.name}, the dot's place",
                "png": _png(made, (x - 0.6, y - 0.6, x + 0.6, y + 0.6), 700),
                "caption": f"{first.name}: the hole over the dot's place; 1.2 µm across.",
            }
        )
    return pictures


def _doses(made: "Tapeout") -> list[dict[str, Any]]:
    shown = []
    for name, (site, layer, correction) in made.exposure.corrections.items():
        with drawing(5.2, 2.6) as (figure, axes):
            low = min(correction.energy_before.min(), correction.energy_after.min())
            high = max(correction.energy_before.max(), correction.energy_after.max())
            bins = np.linspace(100 * (low / 0.5 - 1), 100 * (high / 0.5 - 1), 41)
            for energies, text, colour in (
                (correction.energy_before, "one dose", "#d95f02"),
                (correction.energy_after, "corrected", "#2f74b5"),
            ):
                axes.hist(100 * (energies / 0.5 - 1), bins, label=text, color=colour, alpha=0.7)
            axes.set_xlabel("energy at the edges, off by (%)")
            axes.set_ylabel("points on edges")
            axes.legend()
            svg = to_svg(figure, f"dose-{name}", f"Energy at the edges of {site.name}")
        shown.append(
            {
                "array": name,
                "device": site.name,
                "layer": layer.name,
                "svg": Markup(svg),
                "before": f"{100 * correction.error_before:.2f}",
                "after": f"{100 * correction.error_after:.2f}",
                "reaches": correction.reaches,
                "aim": f"{100 * correction.process.dose_error:g}",
                "classes": len(correction.doses),
                "span": f"{correction.doses[0].dose:.3f} to {correction.doses[-1].dose:.3f}",
            }
        )
    return shown


def _estimates(made: "Tapeout") -> list[dict[str, str]]:
    return [
        {
            "layer": name,
            "area": f"{one.area:.4g}",
            "vertices": f"{one.vertices}",
            "shots": f"{one.shots}",
            "fields": f"{one.fields}",
            "seconds": f"{one.seconds:.3g}",
        }
        for name, one in made.exposure.estimates.items()
    ]


def _template(assembly: Assembly) -> list[tuple[str, str]]:
    template = assembly.template
    if template is None:
        return []
    numbers = template.loading_probabilities(2)
    return [
        ("opening", _opening(template)),
        (
            "dot with its ligands",
            f"{1e3 * template.dot_diameter:g} nm, standard deviation "
            f"{1e3 * template.dot_spread:g} nm",
        ),
        ("no, one, two dots in it", ", ".join(f"{p:.3f}" for p in numbers) + " (model)"),
    ]


def _opening(template: Template) -> str:
    a, b = (1e3 * side for side in template.opening)
    return f"hole of {a:g} nm" if template.shape == "hole" else f"trench of {a:g} × {b:g} nm"


def _chance(value: float) -> str:
    return f"{value:.4f}" if value < 0.9999 else "above 0.9999"


def _yields(made: "Tapeout") -> dict[str, Any] | None:
    yields, good = made.yields, made.assembly.file.good
    if yields is None or good is None:
        return None
    limits_of: dict[str, float] = dict(good.thresholds.items())
    limits = ", ".join(f"{LABELS[k]} ≥ {v:g}" for k, v in good.thresholds.items())
    told: dict[str, Any] = {
        "limits": limits,
        "unknown": len(yields.unknown),
        "known": len(yields.goods),
        "reasons": sorted(set(yields.unknown.values()))[:5],
        "pictures": [],
        "rows": [],
    }
    if not yields.goods:
        return told
    told["pictures"] = [Markup(_histogram(yields, name, limits_of.get(name))) for name in NAMES]
    best = yields.best
    assert best is not None
    share = yields.shares[best]
    chips = yields.chips_for(good.wanted, good.certainty)
    percent = f"{100 * good.certainty:g} %"
    told["rows"] = [
        ("good devices to expect on one chip", format_quantity(yields.expected)),
        (f"chance of {good.wanted} or more on one chip", _chance(yields.chance(good.wanted))),
        (f"chips for {good.wanted} good ones with {percent}",
         "more than 10 000" if chips is None else str(chips)),
        (f"best device, {best}: chance to be good", format_quantity(share)),
        (f"copies of it for {good.wanted} good ones with {percent}",
         copies_text(nominal(share), good.wanted, good.certainty)),
    ]  # fmt: skip
    return told


def _histogram(yields: ChipYield, name: str, threshold: float | None) -> str:
    values = yields.pooled(name)
    with drawing(4.6, 2.6) as (figure, axes):
        counts, edges = np.histogram(values, 50)
        axes.stairs(counts / counts.sum(), edges, fill=True, color="#2f74b5", alpha=0.8)
        if threshold is not None:
            axes.axvline(threshold, color="#a8332f", linestyle="--", linewidth=1.2)
        axes.set_xlabel(LABELS[name])
        axes.set_ylabel("share of single dots")
        return to_svg(figure, f"yield-{name}", f"Distribution of the {LABELS[name]}")


def _device(row: dict[str, Any]) -> dict[str, Any]:
    simulation, yields = row["simulation"], row["yield"]
    figures = [simulation["figures"].get(name) for name in NAMES]
    return {
        "id": row["id"],
        "role": row["role"],
        "component": row["component"],
        "place": f"{row['x']:g}, {row['y']:g}",
        "swept": ", ".join(f"{k} {v:g}" for k, v in row["swept"].items()) or "—",
        "figures": [_cell(f) for f in figures] if any(figures) else [],
        "status": simulation["status"]
        + (f", {simulation['fidelity']}" if any(figures) else "")
        + (", NOT CONVERGED" if simulation["converged"] is False else ""),
        "hashes": " ".join(h[:12] for h in simulation["job_hashes"]),
        "good": _cell(yields["good"]) if yields and "good" in yields else "—",
        "copies": yields.get("copies", "—") if yields else "—",
    }


def _cell(figure: dict[str, Any] | None) -> str:
    from cqdphotonics.display import quantity

    if figure is None:
        return "—"
    spread = figure["uncertainty"]
    return format_quantity(quantity(figure["value"], spread if isinstance(spread, float) else 0.0))
