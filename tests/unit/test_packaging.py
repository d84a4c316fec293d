"""What somebody gets who installs the package without the repository."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def files_in_wheel(tmp_path_factory):
    """The names in the wheel that is made the way of PyPI: through a source archive."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, "sdist", folder)
    (archive,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder / "source")
    (source,) = (folder / "source").iterdir()
    build(source, "wheel", folder)
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def build(source, target, folder):
    command = [sys.executable, "-m", "hatchling", "build", "--target", target]
    subprocess.run([*command, "--directory", folder], cwd=source, check=True, capture_output=True)


def test_wheel_holds_the_devices_behind_the_link(files_in_wheel):
    devices = {
        f"cqdphotonics/components/{path.name}" for path in (ROOT / "components").glob("*.py")
    }
    assert devices
    assert devices <= files_in_wheel


def test_wheel_holds_all_data(files_in_wheel):
    data = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "cqdphotonics").rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert data
    assert data <= files_in_wheel


def test_wheel_holds_nothing_else(files_in_wheel):
    tops = {name.split("/")[0] for name in files_in_wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cqdphotonics"}
