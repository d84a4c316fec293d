"""``cqd tapeout``: from the file of a chip to the directory that a fab gets."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cqdphotonics.cli.app import JsonOption, emit, say


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("tapeout")(tape_out)


def tape_out(
    chip: Annotated[Path, typer.Argument(metavar="CHIP.yaml", help="See docs/tapeout.md.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Directory to write; an earlier tapeout there is replaced."
        ),
    ],
    store: Annotated[
        Path | None, typer.Option(help="Where results are looked up. Default: the user's cache.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Assemble a chip, check it, and write masks, tables, doses, yield and a report.

    Exit code 0: no violation of the rules. 1: there are some; the files are written. 2: wrong
    input, and nothing is written.
    """
    from cqdphotonics.tapeout import load, tapeout

    made = tapeout(load(chip), output, store=store, say=say)
    known = list(made.known.values())
    data: dict[str, Any] = {
        "chip": made.assembly.file.name,
        "output": output,
        "devices": len(known),
        "simulated": sum(one.is_stored for one in known),
        "clean": made.report.clean,
        "violations": made.report.counts,
        "field_crossings": len(made.exposure.crossings),
        "write_seconds": {n: e.seconds for n, e in made.exposure.estimates.items()},
        "overlay_um": made.assembly.file.overlay.budget.total,
        "expected_good": None if made.yields is None else made.yields.expected,
        "yield_unknown": 0 if made.yields is None else len(made.yields.unknown),
        "notes": made.notes,
        "files": [*made.files, "manifest.json"],
    }
    emit(data, "\n".join(_lines(made, data)), json)
    return 0 if made.report.clean else 1


def _lines(made: Any, data: dict[str, Any]) -> list[str]:
    from cqdphotonics.display import format_quantity

    minutes = sum(data["write_seconds"].values()) / 60
    lines = [
        f"{data['chip']}: {data['devices']} devices, {data['simulated']} of them with figures from "
        "the store",
        made.report.table(20),
        f"devices or waveguides across write-field seams: {data['field_crossings']}",
        f"exposure of all layers: about {minutes:.3g} min at the base dose (unverified)",
    ]
    if made.yields is not None and made.yields.goods:
        lines.append(
            f"good devices to expect: {format_quantity(made.yields.expected)} (scatter of the "
            "number)"
        )
    if data["yield_unknown"]:
        lines.append(f"yield not known of {data['yield_unknown']} devices: see devices.csv")
    lines += [f"note: {note}" for note in made.notes]
    if not made.report.clean:
        lines.append("The files are written, but break the rules above: not ready for a fab.")
    lines.append(f"written to {data['output']}: report.html, chip.gds, chip.oas, devices.csv, …")
    return lines
