"""Where absorption is measured, at which frequencies, and what that takes."""

import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fdtd_jobs import dielectric, make_job
from validation.scenes import planar_scene

from cqdphotonics.fdtd import absorbers
from cqdphotonics.fdtd.budget import EnergyBudget, budget_at, with_mean_measured
from cqdphotonics.fdtd.cost import estimate
from cqdphotonics.fdtd.job import BlockSpec, EllipseSpec, MediumSpec, MirrorSpec, PoleSpec
from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.store import Store

GOLD = MediumSpec(
    label="gold", epsilon=2.0, poles=(PoleSpec(kind="drude", frequency=7.0, gamma=0.05, sigma=1.0),)
)


def three(solids, mirrors="", **more):
    given = {
        "half_width": 1.0, "half_depth": 1.0, "below": 0.5, "above": 0.5, "pml": 0.3,
        "box": (0.8, 0.8, 0.4, 0.4), "media": {"host": dielectric(1.0), "gold": GOLD},
    }  # fmt: skip
    planes = tuple(MirrorSpec(axis=axis, parity=1) for axis in mirrors)
    return make_job(
        "z", [1.5, 1.6], 20, cylindrical=False, solids=tuple(solids), mirrors=planes,
        **{**given, **more},
    )  # fmt: skip


def block(centre, size, medium="gold", angle=0.0):
    return BlockSpec(medium=medium, centre=centre, size=size, angle=angle)


def test_nothing_is_measured_where_nothing_absorbs():
    job = three([block((0, 0, 0), (0.2, 0.2, 0.2), medium="host")])
    assert absorbers.regions(job) == ()
    assert absorbers.measured(job) == ()
    assert absorbers.bytes_needed(job) == 0


def test_a_pixel_around_each_solid_and_no_farther_than_the_surface():
    """At 20 pixels a µm; a block that goes on ends at the box."""
    (region,) = absorbers.regions(three([block((0, 0.1, -0.2), (0.2, 0.1, 0.1))]))
    assert region.x == pytest.approx((-0.15, 0.15))
    assert region.y == pytest.approx((0.0, 0.2))
    assert region.z == pytest.approx((-0.3, -0.1))
    (region,) = absorbers.regions(three([block((0, 0, -0.2), (None, None, 0.1))]))
    assert region.x == (-0.8, 0.8)
    (half,) = absorbers.regions(three([block((0, 0, -0.2), (None, None, 0.1))], "xy"))
    assert half.x == half.y == (0.0, 0.8)


def test_images_of_a_mirror_plane_are_measured_once():
    pair = [block((side, 0, 0), (0.2, 0.2, 0.1)) for side in (-0.3, 0.3)]
    assert len(absorbers.regions(three(pair))) == 2
    (region,) = absorbers.regions(three(pair, "x"))
    assert region.x == pytest.approx((0.15, 0.45))


def test_turned_blocks_are_whole():
    (region,) = absorbers.regions(three([block((0, 0, 0), (0.4, 0.1, 0.1), angle=np.pi / 4)]))
    reach = (0.4 + 0.1) / 2 / np.sqrt(2)
    assert region.x[1] >= reach


def test_regions_never_share_a_point_twice():
    """Solids that touch or nearly so are one region; far ones two."""
    near = [block((0, 0, 0.1), (0.2, 0.2, 0.1)), block((0, 0, 0), (0.2, 0.2, 0.05))]
    far = block((0.6, 0, 0), (0.1, 0.1, 0.1))
    found = absorbers.regions(three([*near, far]))
    assert len(found) == 2
    assert not any(a.meets(b) for a, b in combinations(found, 2))


def test_an_elliptical_cylinder_ends_where_others_are_laid_over_it():
    ellipse = EllipseSpec(medium="gold", centre=(0, 0, 0), semi_axes=(0.2, 0.1))
    lids = [
        block((0, 0, 0.55), (None, None, 1.0), medium="host"),
        block((0, 0, -0.55), (None, None, 1.0), medium="host"),
    ]
    (region,) = absorbers.regions(three([ellipse, *lids]))
    assert region.z == pytest.approx((-0.1, 0.1))
    assert region.x == pytest.approx((-0.25, 0.25))


@pytest.mark.parametrize("fidelity", ["draft", "fine"])
def test_the_emission_is_measured_and_memory_stays_small(fidelity, tmp_path):
    """The estimate of a job counts the monitors: their own share is small."""
    scene = planar_scene("SiO2", [("Au", 0.04)], "vacuum", 0.02, "z")
    for job in plan(scene, 0.65, fidelity).jobs:
        numbers = absorbers.measured(job)
        assert any(job.frequencies[n] == job.emission_frequency for n in numbers)
        taken = absorbers.bytes_needed(job)
        cost = estimate(job, Store(tmp_path))
        assert 0 < taken < 0.1 * cost.memory
        without = job.model_copy(
            update={
                "media": {
                    name: medium.model_copy(update={"poles": ()})
                    for name, medium in job.media.items()
                }
            }
        )
        assert cost.memory - estimate(without, Store(tmp_path)).memory == pytest.approx(taken)


def data(absorbed, at=(0.6, 0.65, 0.7)):
    wide = np.linspace(0.6, 0.7, 11)
    power = {"purcell": 4.0, "radiated_up": 2.0, "radiated_down": 0.5, "radiated_side": 0.5}
    out = {name: ("wavelength", np.full(11, value)) for name, value in power.items()}
    over, count = "measured_wavelength", len(at)
    out["absorbed_measured"] = (over, np.full(count, absorbed))
    out["absorbed_measured_uncertainty"] = (over, np.zeros(count))
    out["budget_residual"] = (over, np.full(count, 0.1 * absorbed))
    return xr.Dataset(out, coords={"wavelength": wide, over: list(at)})


def test_budget_at_a_wavelength():
    """Three quarters leave, .96 of 4 was measured: 1 % is missing."""
    budget = budget_at(data(0.96), 0.65)
    assert budget == EnergyBudget(4.0, 2.0, 0.5, 0.5, 0.0, 0.96)
    assert budget.residual == pytest.approx(0.01)
    assert str(budget) == "50.0% up, 12.5% down, 12.5% side, 24.0% absorbed, residual +1.00%"
    assert budget_at(data(0.96).drop_vars("absorbed_measured"), 0.65) is None


def test_mean_over_axes():
    """Weighted, also where axes were measured at other wavelengths; none where one is older."""
    mixed = with_mean_measured(data(1.0), [(2 / 3, data(1.0)), (1 / 3, data(4.0, (0.6, 0.7)))])
    assert mixed["absorbed_measured"].values == pytest.approx(np.full(3, 2.0))
    assert mixed["budget_residual"].values == pytest.approx(np.full(3, 0.2))
    older = data(1.0).drop_vars(
        ["absorbed_measured", "absorbed_measured_uncertainty", "budget_residual"]
    )
    assert "absorbed_measured" not in with_mean_measured(
        data(1.0), [(0.5, data(1.0)), (0.5, older)]
    )
