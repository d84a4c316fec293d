"""A job is its numbers: the same numbers are the same job, and wrong ones are refused."""

import subprocess
import sys

import pytest
from fdtd_jobs import make_job
from pydantic import ValidationError

from cqdphotonics import components
from cqdphotonics.fdtd.job import Job, MirrorSpec
from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.layout.gdsio import read_component, write_component


def job(**fields) -> Job:
    given = {"half_width": 1, "below": 1, "above": 1, "pml": 0.5, "box": (0.5, 0, 0.5, 0.5)}
    return make_job("z", (1.0,), 10, **{**given, **fields})


def test_the_text_of_a_job_is_the_job():
    first = job()
    again = Job.model_validate_json(first.canonical())
    assert again == first
    assert again.hash == first.hash


def test_whole_numbers_and_floats_are_the_same():
    assert job(half_width=1).hash == job(half_width=1.0).hash


def test_every_number_counts():
    hashes = {
        job(**change).hash
        for change in (
            {}, {"half_width": 1.1}, {"pml": 0.6}, {"side_pml": 0.5}, {"courant": 0.3},
            {"reference_index": 1.1}, {"solver_version": 1}, {"emission": 1.01},
        )
    }  # fmt: skip
    assert len(hashes) == 8


def test_hash_does_not_depend_on_the_process():
    """As it would with Python's own salted hashes."""
    program = (
        "import sys; from cqdphotonics.fdtd.job import Job; "
        "print(Job.model_validate_json(sys.stdin.read()).hash)"
    )
    first = job()
    ended = subprocess.run(
        [sys.executable, "-c", program],
        input=first.canonical(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stdout.strip() == first.hash


@pytest.mark.parametrize(
    "change",
    [
        {"half_width": float("inf")}, {"half_width": float("nan")}, {"pml": 0}, {"courant": 1.5},
        {"formulation": "spherical"}, {"unknown": 1}, {"below": -1},
    ],
    ids=str,
)  # fmt: skip
def test_nonsense_is_refused(change):
    with pytest.raises(ValidationError):
        Job(**{**job().model_dump(), **change})


def test_voxels_are_those_that_are_stepped():
    """Cylindrical: (1 + .5) × (2 + 1) µm² at 10 pixels; 3D: 3³ µm³, halved by each mirror."""
    assert job().voxels() == 15 * 30
    assert job(side_pml=1.0).voxels() == 20 * 30
    space = {"formulation": "cartesian", "half_depth": 1, "courant": 0.5}
    mirrors = (MirrorSpec(axis="x", parity=1), MirrorSpec(axis="z", parity=-1))
    assert job(**space).voxels() == 30**3
    assert job(**space, mirrors=mirrors).voxels() == 30**3 / 4


@pytest.mark.parametrize(
    "name, wavelength", [("disc", 0.52), ("bullseye", 0.53), ("nanobeam", 0.62)]
)
def test_the_gds_file_of_a_component_is_the_same_job(name, wavelength, tmp_path):
    """What is written to the mask is what is simulated: same geometry, same hash, no new run."""
    component = components.load(name)()
    path = tmp_path / "device.gds"
    write_component(component, path)
    made, read = (
        plan(build_scene(each, "sin-air", "y"), wavelength, "fine").jobs
        for each in (component, read_component(path))
    )
    assert [j.hash for j in made] == [j.hash for j in read]
