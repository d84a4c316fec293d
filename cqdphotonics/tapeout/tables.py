"""The tables of a chip: every device, the layers, the doses; as CSV and JSON."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cqdphotonics.display import nominal, standard_deviation
from cqdphotonics.layout.kits import Kit
from cqdphotonics.placement import Good
from cqdphotonics.tapeout.assembly import Assembly, Site
from cqdphotonics.tapeout.figures import NAMES, Known, dipole_of, wavelength_of
from cqdphotonics.tapeout.yields import ChipYield, copies_text

UNVERIFIED = "unverified"


def device_files(sites: Iterable[Site]) -> dict[str, str]:
    """Name of each device → file of its cell; devices of one cell share that of the first."""
    first: dict[str, str] = {}
    return {
        site.name: first.setdefault(site.cell_name, f"devices/{site.name}.gds") for site in sites
    }


def device_rows(
    assembly: Assembly, known: Mapping[str, Known], yields: ChipYield | None
) -> list[dict[str, Any]]:
    """One mapping a device, nested, as JSON holds it; lengths in µm."""
    files = device_files(assembly.sites)
    return [
        _row(assembly, site, files[site.name], known[site.name], yields) for site in assembly.sites
    ]


def _row(
    assembly: Assembly, site: Site, file: str, known: Known, yields: ChipYield | None
) -> dict[str, Any]:
    return {
        "id": site.name,
        "array": site.array.name,
        "role": site.array.role,
        "x": site.at[0],
        "y": site.at[1],
        "dot": None if site.emitter is None else list(site.emitter),
        "template_hole": site.has_hole,
        "component": site.array.component,
        "cell": site.cell_name,
        "file": file,
        "parameters": dict(site.parameters),
        "swept": dict(site.swept),
        "relative_dose": site.dose,
        "stack": site.stack.name,
        "stack_parameters": dict(site.stack.settings),
        "emitter": assembly.emitter.name,
        "wavelength": wavelength_of(assembly, site),
        "dipole": None if site.emitter is None else dipole_of(site),
        "simulation": {
            "status": known.status,
            "fidelity": known.fidelity,
            "job_hashes": list(known.job_hashes),
            "verdict": known.verdict,
            "converged": None if known.response is None else known.response.converged,
            "figures": {n: _number(v) for n, v in (known.values or {}).items()},
            "collected": assembly.file.collection.words,
            "provenance": {} if known.response is None else known.response.provenance,
            "command": command(site, file, wavelength_of(assembly, site), known),
        },
        "yield": _yield_of(assembly, site, yields),
    }


def _number(value: Any) -> dict[str, Any]:
    spread = standard_deviation(value)
    return {"value": nominal(value), "uncertainty": spread or UNVERIFIED}


def command(site: Site, file: str, wavelength: float, known: Known) -> str:
    """What fills the store with this device's result; empty where there is none to be had."""
    if site.emitter is None or not known.job_hashes:
        return ""
    from cqdphotonics.layout import stacks

    defaults = {p.name: p.default for p in stacks.parameters(site.stack.name)}
    numbers = "".join(
        f" --stack-parameter {name}={value:g}"
        for name, value in site.stack.settings.items()
        if defaults.get(name) != value
    )
    return (
        f"cqd simulate {file} --stack {site.stack.name}{numbers} --wavelength {wavelength:g} "
        f"--dipole {dipole_of(site)} --fidelity {known.fidelity}"
    )


def _yield_of(assembly: Assembly, site: Site, yields: ChipYield | None) -> dict[str, Any] | None:
    if yields is None or assembly.file.good is None or not site.has_hole:
        return None
    if site.name not in yields.goods:
        return {"status": yields.unknown.get(site.name, "a reference: not counted")}
    good: Good = yields.goods[site.name]
    wanted, certainty = assembly.file.good.wanted, assembly.file.good.certainty
    return {
        "status": "known",
        "single_dot": good.single,
        "good": _number(good.share),
        "copies": copies_text(nominal(good.share), wanted, certainty),
        "quantiles_5_50_95": {n: [float(q) for q in good.quantiles(n)] for n in NAMES},
    }


def devices_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows of `device_rows`, flat."""
    flat = []
    for row in rows:
        simulation, yields = row["simulation"], row["yield"] or {}
        line = {
            "id": row["id"], "array": row["array"], "role": row["role"],
            "x_um": row["x"], "y_um": row["y"],
            "dot_x_um": row["dot"][0] if row["dot"] else "",
            "dot_y_um": row["dot"][1] if row["dot"] else "",
            "template_hole": row["template_hole"],
            "component": row["component"], "cell": row["cell"], "file": row["file"],
            "parameters": json.dumps(row["parameters"], ensure_ascii=False),
            "swept": json.dumps(row["swept"], ensure_ascii=False),
            "relative_dose": row["relative_dose"], "stack": row["stack"],
            "stack_parameters": json.dumps(row["stack_parameters"]),
            "emitter": row["emitter"], "wavelength_um": row["wavelength"],
            "dipole": row["dipole"] or "",
            "simulation": simulation["status"], "fidelity": simulation["fidelity"],
        }  # fmt: skip
        for name in NAMES:
            told = simulation["figures"].get(name, {})
            line[name] = told.get("value", "")
            line[f"{name}_uncertainty"] = told.get("uncertainty", "")
        line |= {
            "verdict": simulation["verdict"],
            "job_hashes": " ".join(simulation["job_hashes"]),
            "good_share": yields.get("good", {}).get("value", ""),
            "good_share_uncertainty": yields.get("good", {}).get("uncertainty", ""),
            "copies_for_wanted": yields.get("copies", ""),
        }
        flat.append(line)
    return to_csv(flat)


def layer_map(kit: Kit) -> str:
    """Names and purposes of the kit's layers by layer and datatype."""
    return to_csv(
        [
            {"layer": n.number[0], "datatype": n.number[1], "name": n.name, "purpose": n.purpose}
            for n in kit.layers
        ]
    )


def to_csv(rows: list[dict[str, Any]]) -> str:
    """Rows of equal keys as CSV; empty for none."""
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
