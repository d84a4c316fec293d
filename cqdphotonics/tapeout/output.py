"""The output directory: written beside its place, moved there when it is whole."""

import hashlib
import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cqdphotonics import __version__
from cqdphotonics.errors import InputError
from cqdphotonics.layout import drc
from cqdphotonics.layout.chip.chip import layout_bytes
from cqdphotonics.layout.drc import DrcReport
from cqdphotonics.layout.gdsio import gds_bytes
from cqdphotonics.layout.written import inside, write_file
from cqdphotonics.tapeout import tables
from cqdphotonics.tapeout.assembly import Assembly, assemble
from cqdphotonics.tapeout.exposure import Exposure, dose_layout, expose
from cqdphotonics.tapeout.figures import Known, known_figures
from cqdphotonics.tapeout.held import loose_pieces
from cqdphotonics.tapeout.schema import ChipFile
from cqdphotonics.tapeout.yields import ChipYield, chip_yield

if TYPE_CHECKING:
    from cqdphotonics.fdtd import Store

MANIFEST = "manifest.json"
KIND = "cqdphotonics tapeout"
PACKAGES = ("klayout", "gdsfactory", "kfactory", "numpy", "scipy", "matplotlib")


@dataclass(frozen=True, eq=False)
class Tapeout:
    """A chip with all that was found out about it.

    Attributes
    ----------
    assembly : Assembly
        What lies where.
    layout : klayout Layout
        As in the files.
    report : DrcReport
        The rule check of the whole chip.
    known : dict of str to Known
        By device: what the store knows of it.
    yields : ChipYield or None
        What becomes of the dots.
    exposure : Exposure
        Doses, seams, time.
    notes : tuple of str
        What the reader has to know.
    directory : Path
        Where it was written.
    files : tuple of str
        In it, without the manifest.
    """

    assembly: Assembly
    layout: Any
    report: DrcReport
    known: dict[str, Known]
    yields: ChipYield | None
    exposure: Exposure
    notes: tuple[str, ...]
    directory: Path
    files: tuple[str, ...] = ()


def tapeout(
    chip: ChipFile,
    directory: str | Path,
    *,
    store: "Store | Path | str | None" = None,
    say: Callable[[str], None] | None = None,
) -> Tapeout:
    """Assemble a chip, check it, and write everything a fab and its user need.

    Parameters
    ----------
    chip : ChipFile
        From `load`, or made in Python.
    directory : str or Path
        Where to. An earlier tapeout there is replaced, anything else is refused.
    store : Store or path, optional
        Where results of simulations are looked up; by default the user's own.
    say : callable, optional
        Told how it goes.

    Returns
    -------
    Tapeout
        `report.clean` says whether the rules are kept; the files are written either way.

    Raises
    ------
    InputError
        The chip can't be made, or the directory holds something else. Nothing is written.
    StorageError
        The directory can't be written. Nothing half-written is left.
    """
    from cqdphotonics.fdtd import Store

    target = Path(directory)
    tell = say or (lambda _: None)
    refuse_foreign(target)
    tell("drawing and placing …")
    assembly = assemble(chip)
    layout = assembly.chip.layout()
    tell(f"checking {len(assembly.sites)} devices against {assembly.kit.name} …")
    report = drc.check(layout, assembly.kit, cell=assembly.chip.name)
    tell("looking up simulations …")
    known = known_figures(assembly, store if isinstance(store, Store) else Store(store))
    yields = chip_yield(assembly, known)
    tell("correcting doses …")
    exposure = expose(assembly, layout)
    notes = tuple(loose_pieces(assembly))
    made = Tapeout(assembly, layout, report, known, yields, exposure, notes, target)
    tell(f"writing {target} …")
    with staged(target) as work:
        files = write_all(made, work)
    return Tapeout(assembly, layout, report, known, yields, exposure, notes, target, files)


def write_all(made: Tapeout, work: Path) -> tuple[str, ...]:
    """Write the files of a tapeout into an empty directory; their names, sorted."""
    from cqdphotonics.tapeout.page import render_page

    assembly, report = made.assembly, made.report
    contents: dict[str, bytes] = {}

    def text(name: str, content: str) -> None:
        contents[name] = content.encode("utf-8")

    contents["chip.gds"] = layout_bytes(made.layout, "GDS2")
    contents["chip.oas"] = layout_bytes(made.layout, "OASIS")
    text("chip.yaml", assembly.file.text)
    text("layer_map.csv", tables.layer_map(assembly.kit))
    text("drc.txt", report.table() + "\n")
    text("drc.json", report.to_json() + "\n")
    rows = tables.device_rows(assembly, made.known, made.yields)
    text("devices.csv", tables.devices_csv(rows))
    text("devices.json", json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    for name, file in tables.device_files(assembly.sites).items():
        if file not in contents:
            site = next(s for s in assembly.sites if s.name == name)
            contents[file] = gds_bytes(site.cell)
    doses = dose_layout(assembly, made.layout)
    if doses is not None:
        contents["ebeam/chip_doses.gds"] = layout_bytes(doses[0], "GDS2")
        text("ebeam/chip_doses.csv", tables.to_csv(doses[1]))
    seams = [{"device": name, "where": where} for name, where in made.exposure.crossings]
    text("ebeam/field_crossings.csv", tables.to_csv(seams) or "device,where\n")
    text("report.html", render_page(made, rows))
    for name, content in contents.items():
        write_file(inside(work, name), content)
    assembly.kit.write_lyp(work / "chip.lyp")
    report.write_lyrdb(work / "drc.lyrdb")
    report.write_picture(work / "drc.png")
    for name, (_, _, correction) in made.exposure.corrections.items():
        correction.write(inside(work, f"ebeam/{name}.gds"))
    written = sorted(str(p.relative_to(work)) for p in work.rglob("*") if p.is_file())
    write_file(work / MANIFEST, _manifest(made, work, written).encode("utf-8"))
    return tuple(written)


def _manifest(made: Tapeout, work: Path, written: list[str]) -> str:
    assembly = made.assembly
    about = {
        "kind": KIND,
        "chip": assembly.file.name,
        "kit": assembly.kit.name,
        "kit_sha256": hashlib.sha256(assembly.kit.model_dump_json().encode()).hexdigest(),
        "drc_clean": made.report.clean,
        "drc_counts": made.report.counts,
        "devices": len(assembly.sites),
        "overlay_um": assembly.file.overlay.budget.total,
        "versions": {
            "cqdphotonics": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in PACKAGES},
        },
        "files": {
            name: {
                "sha256": hashlib.sha256((work / name).read_bytes()).hexdigest(),
                "bytes": (work / name).stat().st_size,
            }
            for name in written
        },
    }
    return json.dumps(about, ensure_ascii=False, indent=1) + "\n"


def refuse_foreign(target: Path) -> None:
    """Refuse to replace a directory that holds anything but an earlier tapeout.

    Raises
    ------
    InputError
        It does.
    """
    if not target.exists():
        return
    if target.is_dir():
        if not any(target.iterdir()):
            return
        try:
            if json.loads((target / MANIFEST).read_text()).get("kind") == KIND:
                return
        except (OSError, ValueError, AttributeError):
            pass
    raise InputError(
        f"'{target}' exists and is no earlier tapeout; it is not replaced. Choose another "
        "directory with -o, or remove it."
    )


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A fresh directory that takes the place of `target` when the block ends well.

    Raises
    ------
    StorageError
        If it can't be made or moved; `target` is then as it was.
    """
    from cqdphotonics.fdtd.store import storage_error

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise storage_error(target, error) from error
    old = work.with_name(f"{work.name}.old")
    try:
        work.chmod(0o755)
        yield work
        if target.exists():
            target.rename(old)
        try:
            work.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except OSError as error:
        raise storage_error(target, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
