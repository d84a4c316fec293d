"""What all tests share: one thread a process, a store of their own, and where Meep is missing."""

import os
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MPLBACKEND"] = "Agg"
if os.geteuid() == 0:  # Open MPI refuses to start for root otherwise
    os.environ["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
    os.environ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked ``meep``, and say so, where Meep is not installed."""
    if find_spec("meep") is not None:
        return
    skip = pytest.mark.skip(reason="Meep is not installed for this Python: see `cqd doctor`")
    for item in items:
        if item.get_closest_marker("meep"):
            item.add_marker(skip)


@pytest.fixture(scope="session", autouse=True)
def store_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store for this run of the tests, shared by its processes; never the user's own."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    root = base / "store"
    os.environ["CQD_STORE"] = str(root)
    return root


@pytest.fixture(scope="session")
def python_without_meep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has all packages of the project and truly no Meep.

    Meep comes from the system's packages; a virtual environment that does not see those, with
    the project's own packages on its path, is the machine of somebody who has not installed it.
    """
    place = tmp_path_factory.mktemp("without_meep")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    python = place / "bin" / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True)
    # `addsitedir` and not a bare path, so that the project's own editable install counts too.
    line = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    Path(answer.stdout.strip(), "project.pth").write_text(line)
    return python
