"""``cqd doctor``: is everything here, and does it work?

Nothing is taken on trust: Meep runs a dipole in vacuum with one rank and with two, the Python
packages are imported, a file is written into the store. Each check happens in a process of its
own, so that a broken installation is reported and does not end the doctor.
"""

import json as jsonlib
import os
import platform
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from cqdphotonics.cli.app import JsonOption, emit, say
from cqdphotonics.errors import MissingDependencyError, StorageError

PACKAGES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "gdsfactory": "gdsfactory",
    "klayout": "klayout.db",
    "nlopt": "nlopt",
    "xarray": "xarray",
    "h5netcdf": "h5netcdf",
    "h5py": "h5py",
    "matplotlib": "matplotlib.figure",
}
"""The packages that the main job stands on, with the module that shows that each one loads."""

GET_MEEP = (
    "On Debian and Ubuntu: apt-get install python3-meep-mpi-default python3-mpi4py openmpi-bin "
    "(`./run` does it). Elsewhere: conda env create -f environment.yml."
)
GET_MPI = (
    "On Debian and Ubuntu: apt-get install openmpi-bin. "
    "Elsewhere: conda env create -f environment.yml."
)
GET_PACKAGES = "`./run cqd doctor` installs what is missing; or: pip install cqdphotonics."

SELF_TEST_SECONDS = 300.0
"""It takes 5 s on a free machine; a busy one is not a broken one."""

SELF_TEST_TOLERANCE = 0.05
"""The self-test's grid of 12 pixels per wavelength is worth 2 %; more than twice that is wrong."""


@dataclass(frozen=True)
class Problem:
    """What is not as it should be, the way out, and whether it stops the main job."""

    what: str
    remedy: str
    stops: bool = True


@dataclass(frozen=True)
class SolverCheck:
    """What Meep's self-test gave with some number of ranks; `problem` is empty when all is well."""

    ranks: int
    seconds: float
    meep: str = ""
    purcell_homogeneous: float | None = None
    problem: str = ""

    @property
    def works(self) -> bool:
        """Whether Meep ran with these ranks and gave the right power."""
        return not self.problem


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("doctor")(doctor)


def doctor(json: JsonOption = False) -> None:
    """Tell what is installed, which versions, and whether Meep runs; 20 seconds or so.

    Exits with 1 when the main job could not run here.
    """
    say("importing the packages, running Meep with one rank and with two …")
    imports = _start_imports()
    solver = [check_solver(ranks) for ranks in (1, 2)]
    store, store_problems = _check_store()
    package_problems = _finish_imports(imports)
    problems = package_problems + _solver_problems(solver) + store_problems
    healthy = not any(problem.stops for problem in problems)
    data = {
        "healthy": healthy,
        "versions": _versions(solver),
        "machine": _machine(),
        "solver": [{"works": check.works} | vars(check) for check in solver],
        "store": store,
        "problems": problems,
    }
    emit(data, _text(data, solver, problems), json)
    if not healthy:
        raise typer.Exit(1)


def check_solver(ranks: int) -> SolverCheck:
    """Run the worker's self-test, a dipole in vacuum, with this many MPI `ranks`."""
    from cqdphotonics.fdtd import runner

    if find_spec("meep") is None:
        return SolverCheck(ranks, 0.0, problem="Meep is not installed for this Python.")
    began = time.monotonic()
    try:
        done = subprocess.run(
            runner.command("--self-test", ranks),
            env=runner.solver_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SELF_TEST_SECONDS,
            check=False,
        )
    except MissingDependencyError as error:
        return SolverCheck(ranks, 0.0, problem=str(error))
    except subprocess.TimeoutExpired:
        problem = f"Meep's self-test did not end within {SELF_TEST_SECONDS:.0f} s."
        return SolverCheck(ranks, SELF_TEST_SECONDS, problem=problem)
    seconds = round(time.monotonic() - began, 1)
    return _judge(ranks, seconds, done.returncode, done.stdout, done.stderr)


def _judge(ranks: int, seconds: float, status: int, output: str, errors: str) -> SolverCheck:
    answers = [line for line in output.splitlines() if line.startswith('{"meep"')]
    if status != 0 or not answers:
        last = [line for line in errors.splitlines() if line.strip()][-3:]
        problem = f"Meep's self-test ended with status {status}: {' / '.join(last) or 'no message'}"
        return SolverCheck(ranks, seconds, problem=problem)
    answer = jsonlib.loads(answers[-1])
    purcell = answer["purcell_homogeneous"]
    problem = ""
    if answer["ranks"] != ranks:
        problem = (
            f"{ranks} ranks were asked for and Meep sees {answer['ranks']}: is it built with MPI?"
        )
    elif not abs(purcell - 1) < SELF_TEST_TOLERANCE:
        problem = f"a dipole in vacuum radiates {purcell:.3f} of the exact power."
    return SolverCheck(ranks, seconds, answer["meep"], purcell, problem)


def _solver_problems(solver: list[SolverCheck]) -> list[Problem]:
    one, two = solver
    if not one.works and one.meep == "" and find_spec("meep") and not shutil.which("mpirun"):
        what = "MPI's programs are not on the PATH; Meep built with Open MPI can't start without."
        return [Problem(what, GET_MPI)]
    if not one.works:  # two ranks would only repeat it
        return [Problem(one.problem, GET_MEEP)]
    if not two.works:
        remedy = f"Simulations with one rank, and so the main job, are not touched. {GET_MPI}"
        return [Problem(f"with two ranks: {two.problem}", remedy, stops=False)]
    return []


def _start_imports() -> "subprocess.Popen[str]":
    attempt = "try:\n import {}\nexcept Exception as error:\n print({!r}, repr(error), sep='\\t')"
    script = "\n".join(attempt.format(module, name) for name, module in PACKAGES.items())
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _finish_imports(child: "subprocess.Popen[str]") -> list[Problem]:
    output, _ = child.communicate()
    failures = [line.split("\t", 1) for line in output.splitlines() if "\t" in line]
    problems = [Problem(f"{name} does not load: {error}", GET_PACKAGES) for name, error in failures]
    if child.returncode != 0 and not problems:
        what = f"loading the Python packages ended with status {child.returncode}."
        problems.append(Problem(what, GET_PACKAGES))
    return problems


def _check_store() -> tuple[dict[str, Any], list[Problem]]:
    from cqdphotonics.fdtd.store import Store, default_root

    root = default_root()
    try:
        Store(root)
    except StorageError as error:
        remedy = "Set CQD_STORE to a directory that you may write to."
        return {"path": root, "writable": False, "free_gib": None}, [Problem(str(error), remedy)]
    free = round(shutil.disk_usage(root).free / 2**30, 1)
    return {"path": root, "writable": True, "free_gib": free}, []


def _versions(solver: list[SolverCheck]) -> dict[str, str | None]:
    from cqdphotonics import __version__

    found: dict[str, str | None] = {
        "cqdphotonics": __version__,
        "python": platform.python_version(),
        "meep": next((check.meep for check in solver if check.meep), None),
        "mpi": _mpi_version(),
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _mpi_version() -> str | None:
    if shutil.which("mpirun") is None:
        return None
    told = subprocess.run(["mpirun", "--version"], capture_output=True, text=True, check=False)
    return told.stdout.strip().splitlines()[0] if told.stdout.strip() else None


def _machine() -> dict[str, Any]:
    if hasattr(os, "sched_getaffinity"):  # counts what a container or a queue leaves us
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists() and (text := limit.read_text().strip()).isdigit():
        memory = min(memory, int(text))
    return {
        "system": platform.platform(),
        "cores": cores,
        "memory_gib": round(memory / 2**30, 1),
    }


def _text(data: dict[str, Any], solver: list[SolverCheck], problems: list[Problem]) -> str:
    machine, store = data["machine"], data["store"]
    rows = [(name, found or "missing") for name, found in data["versions"].items()]
    rows.append(("machine", f"{machine['cores']} cores, {machine['memory_gib']} GiB"))
    rows.append(("system", machine["system"]))
    space = f"{store['free_gib']} GiB free" if store["writable"] else "can't be written"
    rows.append(("store", f"{store['path']} ({space})"))
    for check in solver:
        outcome = "does not work"
        if check.works:
            outcome = (
                f"works ({check.seconds} s; a dipole in vacuum radiates "
                f"{check.purcell_homogeneous:.3f} of the exact power)"
            )
        rows.append((f"Meep, {check.ranks} rank{'s' * (check.ranks > 1)}", outcome))
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {value}" for name, value in rows]
    for problem in problems:
        label = "problem" if problem.stops else "note"
        lines += ["", f"{label}: {problem.what}", f"  {problem.remedy}"]
    verdict = "can run" if data["healthy"] else "can't run"
    return "\n".join([*lines, "", f"The main job (./run demo) {verdict} here."])
