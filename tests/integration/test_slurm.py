"""A study on a real Slurm: jobs cancelled, workers killed, the driver killed, and still done.

Controller and node run on this machine, started here without systemd. Needs Debian's packages
``slurm-wlm`` and ``munge``, and root, as a node's daemon does.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_study import entries, small_study

from cqdphotonics.cli import main
from cqdphotonics.codesign.engine_choice import EngineChoice
from cqdphotonics.codesign.queues import JobQueue

DAEMONS = ("munged", "slurmctld", "slurmd")
SYSTEM = "/usr/sbin"

STUDY = small_study(
    more="""engine:
  {name: slurm, workers: 1, ranks: 2, queue: short, walltime: "00:20:00", memory: 300MB,
   interface: lo}
"""
)

CONFIGURATION = """
ClusterName=cqd
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={root}/munge.socket
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool
SlurmctldPidFile={root}/slurmctld.pid
SlurmdPidFile={root}/slurmd.pid
SlurmctldLogFile={root}/slurmctld.log
SlurmdLogFile={root}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1
SlurmdParameters=config_overrides
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
MpiDefault=none
ReturnToService=2
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=4000 State=UNKNOWN
PartitionName=short Nodes={host} Default=YES MaxTime=60 State=UP
"""


def missing() -> str:
    """Why there can be no Slurm here; empty where there can."""
    path = f"{os.environ.get('PATH', '')}:{SYSTEM}"
    absent = [name for name in (*DAEMONS, "sbatch") if shutil.which(name, path=path) is None]
    if absent:
        return f"no {', '.join(absent)} here: install the packages slurm-wlm and munge"
    if os.geteuid() != 0:
        return "only root may start a node of Slurm"
    return ""


pytestmark = [
    pytest.mark.meep,
    pytest.mark.skipif(bool(missing()), reason=f"Slurm is not tested: {missing()}"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which ``sbatch`` and the like find a Slurm of our own."""
    root = tmp_path_factory.mktemp("slurm")
    for name in ("state", "spool"):
        (root / name).mkdir()
    configuration = root / "slurm.conf"
    configuration.write_text(
        CONFIGURATION.format(
            root=root, host=os.uname().nodename, controller=free_port(), daemon=free_port()
        )
    )
    key = root / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o600)
    path = f"{os.environ['PATH']}:{SYSTEM}"
    environment = dict(os.environ, SLURM_CONF=str(configuration), PATH=path)
    environment.pop("CQD_STORE", None)
    munge = [f"--key-file={key}", f"--socket={root}/munge.socket", f"--log-file={root}/munge.log"]
    munge += [f"--pid-file={root}/munge.pid", f"--seed-file={root}/munge.seed", "--force"]
    commands = (["munged", "--foreground", *munge], ["slurmctld", "-D"], ["slurmd", "-D"])
    daemons: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            with (root / f"{command[0]}.out").open("wb") as out:
                daemons.append(subprocess.Popen(command, env=environment, stdout=out, stderr=out))
            if command[0] == "munged":
                wait_until((root / "munge.socket").exists, 20, "munge")
        idle = ["sinfo", "-h", "-o", "%T"]

        def ready() -> bool:
            said = subprocess.run(idle, env=environment, capture_output=True, text=True)
            return said.stdout.strip() == "idle"

        try:
            wait_until(ready, 60, "the node")
        except AssertionError as error:
            logs = "\n".join(p.read_text(errors="replace")[-1500:] for p in root.glob("*.log"))
            raise AssertionError(f"{error}\n{logs}") from None
        yield environment
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            daemon.wait(timeout=30)


@dataclass(frozen=True)
class Machine:
    """A study's directory and the Slurm that it runs on."""

    environment: dict[str, str]
    study: Path
    directory: Path

    def start(self, *options: str) -> "subprocess.Popen[str]":
        program = "import sys; from cqdphotonics.cli import main; sys.exit(main())"
        command = [sys.executable, "-c", program, "codesign", str(self.study), "--json"]
        return subprocess.Popen(
            [*command, "-o", str(self.directory), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            start_new_session=True,
        )

    def jobs(self, state: str = "R,PD") -> list[str]:
        command = ["squeue", "-h", "-o", "%i", "-t", state]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True
        ).stdout.split()

    def computing(self) -> list[int]:
        """Solvers at work in this directory's store."""
        return [
            number
            for number, line in processes()
            if "cqdphotonics.fdtd.worker" in line and str(self.directory) in line
        ]

    def entries(self) -> dict[str, tuple[int, int]]:
        """Finished simulations: hash → when and as which file they were written."""
        return entries(self.directory)


def processes() -> list[tuple[int, str]]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if line:  # a zombie has none
            found.append((int(entry.name), line))
    return found


def parent(number: int) -> int:
    return int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])


def job_of(number: int) -> str:
    """The Slurm job that a process belongs to."""
    variables = Path(f"/proc/{number}/environ").read_bytes().split(b"\0")
    return next(v.partition(b"=")[2].decode() for v in variables if v.startswith(b"SLURM_JOB_ID="))


def worker_of(solver: int) -> int:
    """The Dask worker that started a solver, past its ``mpirun``."""
    number = solver
    while "cqdphotonics.fdtd.worker" in Path(f"/proc/{number}/cmdline").read_text():
        number = parent(number)
    return number


def finish(driver: "subprocess.Popen[str]") -> dict:
    out, err = driver.communicate(timeout=500)
    assert driver.returncode == 0, err
    return json.loads(out)


def values(record: dict) -> list[float]:
    return [e["value"] for e in record["history"]]


def test_nothing_is_lost_on_a_cluster(slurm, tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    machine = Machine(slurm, study, tmp_path / "cluster")

    driver = machine.start()
    wait_until(machine.computing, 120, "a first simulation")
    solver = machine.computing()[0]
    cancelled = job_of(solver)
    subprocess.run(["scancel", cancelled], env=slurm, check=True)
    wait_until(lambda: cancelled not in machine.jobs("R,PD,CG"), 30, "the job's end")

    # Another job takes its place; its worker is killed while it computes.
    wait_until(lambda: any(alive(s) for s in machine.computing()), 120, "a simulation after it")
    victim = worker_of(machine.computing()[0])
    ranks = [s for s in machine.computing() if worker_of(s) == victim]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: not any(alive(r) for r in ranks), 10, "the end of its mpirun")

    # Then the driver.
    wait_until(machine.entries, 300, "a result")
    os.kill(driver.pid, signal.SIGKILL)
    driver.communicate()
    done = machine.entries()

    record = finish(machine.start())
    after = machine.entries()
    assert {key: after[key] for key in done} == done  # nothing that was done is computed twice
    assert machine.jobs() == []  # those of the killed driver are gone, too
    wait_until(lambda: not machine.computing(), 10, "the last solvers' end")
    grids = json.loads((tmp_path / "cluster/best/response.json").read_text())["provenance"]["grids"]
    assert [grid["ranks"] for grid in grids] == [2]

    # Here, with one rank: the same designs. Ranks change the order of sums, and so the last digits.
    here = Machine(slurm, study, tmp_path / "here")
    local = finish(here.start("--engine", "local", "--ranks", "1"))
    assert set(here.entries()) == set(after)
    assert local["best"]["parameters"] == record["best"]["parameters"]
    assert values(local) == pytest.approx(values(record), rel=1e-6)


def alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_driver_as_a_job_ends_cleanly(slurm, tmp_path):
    """The batch script that ships; two minutes before its end Slurm sends it what Ctrl-C sends."""
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    machine = Machine(slurm, study, tmp_path / "run")
    variables = {"OUTPUT": str(machine.directory)}
    variables["PATH"] = f"{Path(sys.executable).parent}:{slurm['PATH']}"
    script = Path(__file__).parents[2] / "layouts" / "hpc" / "driver.sh"
    said = subprocess.run(
        ["sbatch", "--parsable", "--time=30", "--mem=1G", script, study],
        env=slurm | variables,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    driver = said.stdout.strip()
    wait_until(lambda: set(machine.jobs("R")) - {driver}, 180, "a job of the driver's")
    subprocess.run(["scancel", "--batch", "--signal=INT", driver], env=slurm, check=True)
    wait_until(lambda: machine.jobs() == [], 60, "the end of all jobs")
    log = (tmp_path / f"cqd-driver-{driver}.log").read_text()
    assert "the same command goes on" in log
    assert "Traceback" not in log
    assert not (machine.directory / "engine.json").exists()


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("queue: short", "queue: long", r"unknown queue 'long'. Known: short."),
        ("ranks: 2", "ranks: 64", "Slurm would not accept the study's jobs"),
        ("00:20:00", "20:00:00", "partition 'short' allows at most 1:00:00"),
    ],
)
def test_what_slurm_refuses_is_said_first(slurm, tmp_path, monkeypatch, capsys, old, new, said):
    for name in ("SLURM_CONF", "PATH"):
        monkeypatch.setenv(name, slurm[name])
    study = tmp_path / "study.yaml"
    study.write_text(STUDY.replace(old, new))
    assert main(["codesign", str(study), "-o", str(tmp_path / "run")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_queue_that_loses_every_job_ends_the_study(slurm, tmp_path):
    """A worker that can't start, here for a wrong line of shell, must not be tried for ever."""
    study = tmp_path / "study.yaml"
    study.write_text(STUDY.replace("interface: lo", "interface: lo, setup: ['exit 3']"))
    driver = Machine(slurm, study, tmp_path / "run").start()
    out, err = driver.communicate(timeout=200)
    assert driver.returncode == 1, err
    assert "jobs ended one after the other" in json.loads(out)["message"]
    assert "Traceback" not in err


def test_a_job_asks_for_what_the_study_says(tmp_path):
    choice = EngineChoice(
        name="slurm", ranks=8, queue="short", account="dots", memory="16GB", walltime="02:00:00",
        setup=("module load meep",), extra=("--constraint=amd",),
    )  # fmt: skip
    script = JobQueue(choice, "tcp://10.0.0.1:1", tmp_path, "cqd-x").script("w")
    for line in (
        "-J cqd-x", "-p short", "-A dots", "-t 02:00:00", "--nodes=1", "--ntasks=8",
        "--constraint=amd",
    ):  # fmt: skip
        assert f"#SBATCH {line}\n" in script
    assert "cpus-per-task" not in script
    assert script.index("module load meep") < script.index("distributed.cli.dask_worker")
