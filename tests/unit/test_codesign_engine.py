"""Where simulations run: what a study may say of it, and how ranks are chosen."""

import signal

import pytest

from cqdphotonics.cli import main
from cqdphotonics.codesign.cluster import LARGE, Cluster, ranks_for
from cqdphotonics.codesign.engine_choice import EngineChoice
from cqdphotonics.codesign.queues import JobQueue
from cqdphotonics.codesign.study import Study
from cqdphotonics.errors import (
    FileFormatError,
    InputError,
    MissingDependencyError,
    UnknownNameError,
)
from cqdphotonics.fdtd.store import Store

STUDY = """
name: a disc
emitter: CsPbBr3-4K
component: disc
stack: sin-air
free:
  radius: {minimum: 0.2, maximum: 0.6}
objective: purcell
engine: local
"""


@pytest.mark.parametrize(
    "engine, said",
    [
        ("cloud", r"line 9.*'engine.name' can't be 'cloud'.*Allowed: local, slurm, pbs, lsf"),
        ("{name: local, queue: fast}", "'queue' belongs to the engines slurm, pbs and lsf"),
        ("{name: slurm, workers: 0}", "'engine.workers'.*greater than or equal to 1"),
        ("{name: slurm, ranks: 0}", "'engine.ranks'.*greater than or equal to 1"),
        ("{name: slurm, walltime: 2 days}", "walltime '2 days' is not of the form HH:MM:SS"),
        ("{name: slurm, memory: much}", "memory 'much' is not a number with a unit"),
        ("{name: slurm, queue: 'a b'}", "'queue' and 'account' are single names"),
        ("{name: slurm, que: fast}", "unknown key 'engine.que'.*Did you mean 'queue'"),
    ],
)
def test_a_wrong_engine_is_said_with_its_place(engine, said):
    with pytest.raises(FileFormatError, match=said):
        Study.from_text(STUDY.replace("engine: local", f"engine: {engine}"))


def test_the_engine_is_no_part_of_what_a_study_is():
    study = Study.from_text(STUDY)
    elsewhere = study.with_engine("slurm", 8, 2)
    assert elsewhere.identity() == study.identity()
    assert elsewhere.engine == EngineChoice(name="slurm", workers=8, ranks=2)
    assert elsewhere.with_engine("local").engine == EngineChoice(workers=8, ranks=2)
    assert Study.from_text(elsewhere.to_yaml()).engine == elsewhere.engine


def test_settings_of_a_queue_stay_with_another_number_and_go_with_the_queue():
    choice = EngineChoice(name="slurm", queue="fast", workers=2)
    assert choice.replaced(workers=9) == EngineChoice(name="slurm", queue="fast", workers=9)
    assert choice.replaced("local") == EngineChoice(workers=2)
    with pytest.raises(UnknownNameError, match="unknown engine 'cloud'"):
        choice.replaced("cloud")
    with pytest.raises(InputError, match="0 workers: at least 1 is needed"):
        choice.replaced(workers=0)


def test_zero_workers_are_refused_by_the_command(tmp_path, capsys):
    (tmp_path / "study.yaml").write_text(STUDY)
    command = ["codesign", str(tmp_path / "study.yaml"), "-o", str(tmp_path / "run")]
    assert main([*command, "--workers", "0"]) == 2
    assert "0 workers: at least 1 is needed" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("engine, program", [("slurm", "sbatch"), ("pbs", "qsub"), ("lsf", "bsub")])
def test_no_such_batch_system_here(tmp_path, monkeypatch, engine, program):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match=f"needs the program '{program}'"):
        Study.from_text(STUDY).with_engine(engine).run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "engine, expected",
    [
        ("slurm", ["#SBATCH -p fast", "#SBATCH --ntasks=8", "#SBATCH -t 02:30:00"]),
        ("pbs", ["#PBS -q fast", "select=1:ncpus=8:mpiprocs=8:mem=16gb", "walltime=02:30:00"]),
        ("lsf", ["#BSUB -q fast", "#BSUB -n 8", "#BSUB -W 02:30"]),
    ],
)
def test_scripts_ask_for_what_the_study_says_and_leave_ctrl_c_alone(engine, expected):
    ours = signal.getsignal(signal.SIGINT)
    choice = EngineChoice(
        name=engine, queue="fast", ranks=8, memory="16GB", walltime="02:30:00", setup=("hello",)
    )
    lines = JobQueue(choice, "tcp://10.0.0.1:1", None, "cqd-x").script("w").splitlines()
    for text in expected:
        assert any(text in line for line in lines), lines
    assert lines.index("hello") < next(i for i, x in enumerate(lines) if "tcp://10.0.0.1:1" in x)
    assert signal.getsignal(signal.SIGINT) is ours


def test_ranks_follow_size_and_what_else_there_is():
    """One rank wastes nothing while there is enough to do; a large one alone gets the cores."""
    assert ranks_for(LARGE - 1, cores=16, side_by_side=1) == 1
    assert ranks_for(LARGE, cores=16, side_by_side=1) == 16
    assert ranks_for(LARGE, cores=16, side_by_side=3) == 5
    assert ranks_for(LARGE, cores=2, side_by_side=5) == 1


def test_how_many_side_by_side(tmp_path):
    def width(**settings: object) -> int:
        return Cluster(EngineChoice(**settings), Store(tmp_path), tmp_path / "engine.json").width

    assert width(name="slurm") == 4
    assert width(name="slurm", workers=9, ranks=4) == 9
    assert width(workers=3) == 3
    assert width(ranks=512) == 1  # as many ranks as wanted, one simulation
