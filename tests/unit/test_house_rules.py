"""The rules of the house: who may import whom, and what no file may contain."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "cqdphotonics"

ROOMS = (
    "cli",
    "tapeout",
    "report",
    "codesign",
    "nominal",
    "fdtd",
    "components",
    "layout",
    "placement",
    "quantum",
    "materials",
    "emitters",
    "ground",
)
"""From top to bottom; a room knows itself and those below it."""

GROUND = {"constants", "display", "errors", "located_yaml"}
"""Modules of the package itself, below all rooms."""

OURS = r"cqdphotonics(\.\w+)+"
LONGEST_FILE = 450


def sources() -> list[Path]:
    """The package's modules by the path of their import (components is a link)."""
    found = [path for path in PACKAGE.rglob("*.py") if "components" not in path.parts]
    return sorted(found + list((PACKAGE / "components").glob("**/*.py")))


def room_of(module: str) -> str | None:
    """The room of a module of ours by its dotted name; None for the face of the package."""
    parts = module.split(".")
    if len(parts) == 1:
        return None
    return "ground" if parts[1] in GROUND else parts[1]


@cache
def imports(path: Path) -> frozenset[str]:
    """All that a file imports, anywhere in it, and modules of ours that it names in a string."""
    package = list(path.relative_to(ROOT).parent.parts)
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            if origin == "cqdphotonics":  # the names may be rooms
                found.update(f"{origin}.{alias.name}" for alias in node.names)
            else:
                found.add(origin)
        elif isinstance(node, ast.Constant) and re.fullmatch(OURS, str(node.value)):
            found.add(node.value)
    return frozenset(found)


def lines_of_text_files() -> Iterator[tuple[Path, int, str]]:
    """Every line of every text file that belongs to the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_symlink() or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            yield path, number, line


def test_all_modules_are_in_a_known_room():
    unknown = {path.name for path in PACKAGE.glob("*.py")} - {f"{name}.py" for name in GROUND}
    assert unknown == {"__init__.py"}
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} <= set(ROOMS)


def test_imports_run_downwards_only():
    wrong = []
    for path in sources():
        own = room_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
        if path == PACKAGE / "__init__.py":
            continue  # the face shows what all rooms offer
        for name in imports(path):
            if name.split(".")[0] != "cqdphotonics" or name == "cqdphotonics.__version__":
                continue
            room = room_of(name)
            assert room is None or room in ROOMS, f"{path} imports {name}: no such room"
            if room is None or ROOMS.index(room) < ROOMS.index(own):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_one_package_imports_meep():
    found = {
        str(path.relative_to(PACKAGE))
        for path in sources()
        if any(name.split(".")[0] in ("meep", "mpi4py") for name in imports(path))
    }
    assert found
    assert all(name.startswith("fdtd/solver/") for name in found)


@pytest.mark.parametrize("room", ["emitters", "materials", "quantum"])
def test_physics_knows_no_layout_tool(room):
    tools = {"gdsfactory", "kfactory", "klayout"}
    for path in (PACKAGE / room).rglob("*.py"):
        known = {name.split(".")[0] for name in imports(path)}
        assert not known & tools, path


def test_files_fit_in_the_head():
    folders = ("cqdphotonics", "components", "layouts", "benchmarks", "tests")
    paths = {path.resolve() for folder in folders for path in (ROOT / folder).rglob("*.py")}
    lengths = {path: len(path.read_text().splitlines()) for path in paths}
    assert {path: n for path, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_path_of_somebodys_machine():
    own_places = re.compile(r"(?<![\w.~$}])/(root|work|home/\w+|Users/\w+|tmp/\w+)\b")
    found = [
        f"{path}:{number}: {line}"
        for path, number, line in lines_of_text_files()
        if own_places.search(line)
    ]
    assert not found, "\n".join(found)


def test_nothing_is_left_for_later():
    leftover = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
    found = [
        f"{path}:{number}: {line}"
        for path, number, line in lines_of_text_files()
        if path.suffix in (".py", ".md", ".toml", ".yaml") and leftover.search(line)
    ]
    assert not found, "\n".join(found)


def test_lock_file_names_no_host():
    assert "://" not in (ROOT / "requirements.lock").read_text()
