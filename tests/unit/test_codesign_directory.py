"""The directory of a study: refused before anything is simulated, never overwritten, never torn."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cqdphotonics.codesign.directory import StudyDirectory
from cqdphotonics.codesign.evaluation import Evaluation, Outcome
from cqdphotonics.codesign.status import status_of
from cqdphotonics.codesign.study import Study
from cqdphotonics.errors import FileFormatError, InputError, StorageError

STUDY = """
name: a disc
emitter: CsPbBr3-4K
component: disc
stack: sin-air
free:
  radius: {minimum: 0.2, maximum: 0.6, start: 0.3}
objective: purcell
search: {budget: 20, samples: 4}
"""

EVALUATIONS = [
    Evaluation("start", 1, {"radius": 0.3}, Outcome(2.5, seconds=3.0, details={"a": [1.0, 0.1]})),
    Evaluation("sample", 1, {"radius": 0.41}, Outcome(None, "it diverged", seconds=5.0)),
    Evaluation("sample", 2, {"radius": 0.5}, Outcome(4.5, rescaling=0.98, promise=9.0)),
]


@pytest.fixture
def study() -> Study:
    return Study.from_text(STUDY)


def test_history_comes_back_as_it_was(tmp_path):
    directory = StudyDirectory(tmp_path)
    for evaluation in EVALUATIONS:
        directory.append(evaluation)
    assert directory.history() == EVALUATIONS


def test_a_torn_last_line_costs_that_line_only(tmp_path):
    """What ``kill -9`` in the middle of a write leaves behind."""
    directory = StudyDirectory(tmp_path)
    for evaluation in EVALUATIONS:
        directory.append(evaluation)
    whole = directory.history_file.read_bytes()
    directory.history_file.write_bytes(whole[:-20])
    assert directory.history() == EVALUATIONS[:2]
    directory.mend_history()
    directory.append(EVALUATIONS[2])
    assert directory.history_file.read_bytes() == whole


def test_another_study_is_not_overwritten(tmp_path, study):
    directory = StudyDirectory(tmp_path / "run")
    directory.prepare(study)
    before = directory.study_file.read_bytes()
    directory.prepare(study)  # the same one goes on
    directory.prepare(Study.from_text(STUDY.replace("name: a disc", "name: the same disc")))
    other = Study.from_text(STUDY.replace("samples: 4", "samples: 5"))
    with pytest.raises(InputError, match="holds another study"):
        directory.prepare(other)
    assert directory.study_file.read_bytes() == before


def test_a_directory_with_other_things_is_left_alone(tmp_path, study):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(InputError, match="not empty and holds no study"):
        StudyDirectory(tmp_path).prepare(study)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(InputError, match="is a file"):
        StudyDirectory(tmp_path / "thesis.tex").prepare(study)


def test_files_of_the_user_travel_with_the_study(tmp_path, study):
    emitter = study.load_emitter()
    own = tmp_path / "mine.yaml"
    own.write_text(
        "name: mine\ntemperature: 4\nwavelength: 0.52\nT1: 210\nT2: 80\nquantum_yield: 1\n"
    )
    given = Study.from_text(STUDY.replace("CsPbBr3-4K", "mine.yaml"), folder=tmp_path)
    directory = StudyDirectory(tmp_path / "run")
    directory.prepare(given)
    own.unlink()  # the run no longer needs it
    assert directory.study().load_emitter().gamma_star == pytest.approx(emitter.gamma_star)
    assert directory.study().identity() == Study.from_file(directory.study_file).identity()


def test_two_drivers_keep_out_of_each_others_way(tmp_path, study):
    directory = StudyDirectory(tmp_path)
    directory.prepare(study)
    assert not directory.is_running()
    with directory.exclusive():
        assert directory.is_running()
        with pytest.raises(InputError, match="running"), StudyDirectory(tmp_path).exclusive():
            pass
    assert not directory.is_running()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux's /proc")
def test_unwritable_directory(study):
    """Nobody can make a directory in /proc, not even root."""
    with pytest.raises(StorageError, match=r"can't write to '/proc/cqd-study'.*directory"):
        StudyDirectory(Path("/proc/cqd-study")).prepare(study)


def test_full_disk(tmp_path):
    """A real full file system: 64 kB of memory, mounted where only the child sees it."""
    (tmp_path / "study.yaml").write_text(STUDY)
    small = tmp_path / "small"
    small.mkdir()
    program = (
        "from pathlib import Path; from cqdphotonics.codesign.study import Study\n"
        "from cqdphotonics.codesign.directory import StudyDirectory\n"
        f"study = Study.from_file({str(tmp_path / 'study.yaml')!r})\n"
        "from cqdphotonics.errors import StorageError\n"
        f"directory = StudyDirectory(Path({str(small)!r}) / 'run')\n"
        "try: directory.prepare(study)\n"
        "except StorageError as error: print(error)\n"
    )
    mount = f"mount -t tmpfs -o size=64k none '{small}'"
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, mount], check=False).returncode:
        pytest.skip("this machine does not allow a mount of one's own")
    script = f"{mount} && exec '{sys.executable}' -c \"$PROGRAM\""
    done = subprocess.run(
        [*unshare, script],
        env={"PROGRAM": program, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "The disk is full" in done.stdout


def test_status_in_words_and_numbers(tmp_path, study):
    directory = StudyDirectory(tmp_path)
    directory.prepare(study)
    for evaluation in EVALUATIONS:
        directory.append(evaluation)
    status = status_of(tmp_path)
    assert status.state == "stopped"
    record = status.to_record()
    assert record["evaluations"] == 3
    assert record["failed"] == 1
    assert record["cost_seconds"] == 8.0
    assert record["expected_seconds"] == pytest.approx(17 * 8 / 3)  # 17 of 20 to go
    assert record["best"]["parameters"] == {"radius": 0.5}
    assert record["failures"] == {"it diverged": 1}
    assert [e["number"] for e in record["history"]] == [1, 1, 2]
    assert "best so far (draft): F = 4.5 at radius = 0.5" in status.text
    assert "failed, 1 times: it diverged" in status.text
    assert "sample 2      F = 4.5 at radius = 0.5" in status.text
    with directory.exclusive():
        assert status_of(tmp_path).state == "running"


def test_status_of_nothing(tmp_path):
    with pytest.raises(FileFormatError, match="holds no study"):
        status_of(tmp_path / "nowhere")
