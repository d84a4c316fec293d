"""The budget of a stored result, of today and of an earlier version."""

import json
from dataclasses import replace

import numpy as np
import pytest
from fdtd_jobs import dielectric, make_job

from cqdphotonics.fdtd.analysis import Analysis
from cqdphotonics.fdtd.budget import (
    LIMIT,
    NOT_MEASURED,
    budget_checks,
    budget_records,
    measured_variables,
    run_budget,
    source_volume,
)
from cqdphotonics.fdtd.job import MediumSpec, PoleSpec, SphereSpec
from cqdphotonics.fdtd.store import RESULT, RawResult, Store

FREQUENCIES = [1.4, 1.5, 1.6]
TOTAL, LEAVING, ABSORBED = np.array([2.0, 3.0, 4.0]), 1.2, np.array([0.8, 1.8, 2.8])
"""In units of the homogeneous medium's power, in the order of the frequencies."""

JOB = make_job(
    "z", FREQUENCIES, 50, emission=1.5, half_width=0.3, below=0.3, above=0.3, pml=0.2,
    box=(0.2, 0, 0.2, 0.2), reference_half_width=0.3,
    media={
        "host": dielectric(1.0),
        "gold": MediumSpec(
            label="gold", epsilon=2.0,
            poles=(PoleSpec(kind="drude", frequency=7.0, gamma=0.05, sigma=1.0),),
        ),
    },
    spheres=(SphereSpec(medium="gold", centre=(0, 0, -0.1), radius=0.04),),
)  # fmt: skip


def arrays(measured=(0, 1, 2), factor=1.0):
    """What a run that loses nothing writes; work and power in the solver's own units."""
    work = -np.array([5.0, 6.0, 7.0])
    power = -work * source_volume(JOB)
    third = LEAVING / 3 * power
    out = {
        "frequencies": np.array(FREQUENCIES), "work": TOTAL * work + 0j,
        "work_window": TOTAL * work + 0j, "work_truncated": TOTAL * work + 0j,
        "work_reference": work + 0j, "flux_reference": power,
        "flux_up": third, "flux_down": third, "flux_side": third,
        "summary": np.array([10.0, 0.0, 0.0, 1.0]),
    }  # fmt: skip
    if measured:
        numbers = np.array(measured)
        out["absorption"] = factor * ABSORBED[numbers] * power[numbers]
        out["absorption_numbers"] = numbers
    return out


def analysis(**more):
    return Analysis(JOB, RawResult(JOB.hash, arrays(**more), {}), {"up": 1.0, "down": 1.0})


def test_powers_add_up():
    """Ascending in wavelength, which is descending in frequency."""
    budget = run_budget(analysis())
    assert budget.wavelength == pytest.approx(1 / np.array(FREQUENCIES[::-1]))
    assert budget.absorbed == pytest.approx(ABSORBED[::-1])
    assert budget.residual == pytest.approx(np.zeros(3), abs=1e-12)
    (check,) = budget_checks([analysis()])
    assert check.passed
    assert check.limit == LIMIT


def test_what_is_missing_is_a_residual():
    """A twentieth less absorbed is 3.5 % of the highest work, and fails."""
    (check,) = budget_checks([analysis(factor=0.95)])
    assert check.value == pytest.approx(0.05 * 2.8 / 4.0)
    assert not check.passed


def test_some_frequencies_are_enough():
    run = analysis(measured=(1,))
    assert run_budget(run).total == pytest.approx([3.0])
    assert budget_records([run])["energy_budget"][0]["absorbed"] == pytest.approx(1.8)
    told = measured_variables([run], (1.0,), run.purcell, run.absorbed, None)
    assert told["data"]["absorbed_measured"][1] == pytest.approx([1.8])


def test_a_result_of_an_earlier_version_is_read_and_says_so(tmp_path):
    """Same job, same hash; the store holds no measurement and the powers are what they were."""
    store = Store(tmp_path)
    for measured in ((), (0, 1, 2)):
        with store.working_directory(JOB) as work:
            np.savez(work / RESULT, **arrays(measured=measured))
            stored = store.put(JOB, work, {"seconds": 1.0})
        assert "absorption" not in stored.arrays  # what is there stays
    old = Analysis(JOB, stored, {"up": 1.0, "down": 1.0})
    assert run_budget(old) is None
    assert budget_checks([old]) == [NOT_MEASURED]
    assert budget_records([old]) == {"energy_budget": [NOT_MEASURED]}
    assert measured_variables([old], (1.0,), old.purcell, old.absorbed, None) == {}
    assert old.absorbed == pytest.approx(analysis().absorbed)


def test_grids_of_which_one_is_older_are_not_extrapolated():
    """The finest grid's share of the total stands, without an uncertainty."""
    runs = [analysis(measured=()), analysis(), analysis()]
    new = runs[-1]
    told = measured_variables(runs, (1.0, 1.0, 1.0), 2 * new.purcell, new.absorbed, 0.1)["data"]
    assert told["absorbed_measured"][1] == pytest.approx(2 * ABSORBED[::-1])
    assert not told["absorbed_measured_uncertainty"][1].any()


def test_extrapolations_that_do_not_fit_are_uncertain():
    """The rest says a tenth less: that much is not known."""
    run = analysis()
    coarser = [JOB.model_copy(update={"resolution": resolution}) for resolution in (30.0, 40.0)]
    runs = [Analysis(job, run.raw, run.index) for job in (*coarser, JOB)]
    runs = [replace_volume(each, run) for each in runs]
    told = measured_variables(runs, (1.0,) * 3, run.purcell, 0.9 * run.absorbed, 0.0)["data"]
    unknown = told["absorbed_measured_uncertainty"][1]
    assert unknown == pytest.approx(0.1 * ABSORBED[::-1], rel=1e-6)


def replace_volume(each, run):
    """The same powers on another grid: the solver's unit of work holds the grid's volume."""
    scale = source_volume(each.job) / source_volume(run.job)
    changed = {"absorption": run.raw.arrays["absorption"] * scale}
    return Analysis(each.job, replace(run.raw, arrays={**run.raw.arrays, **changed}), run.index)


def test_the_hash_of_a_job_knows_nothing_of_it():
    """Kept results of earlier versions stay valid."""
    assert "absor" not in json.dumps(JOB.model_dump(mode="json"))
