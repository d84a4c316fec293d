"""Real components: two formulations of one device, and two lengths of one run."""

from dataclasses import replace

import numpy as np
import pytest

from cqdphotonics import components
from cqdphotonics.fdtd.analysis import Analysis
from cqdphotonics.fdtd.planning import Plan, plan
from cqdphotonics.fdtd.runner import run
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.store import Store
from cqdphotonics.layout import stacks

pytestmark = pytest.mark.meep


def solved(planned: Plan, root, largest_tail: float | None = None) -> Analysis:
    job = planned.jobs[-1]
    if largest_tail is not None:
        job = job.model_copy(
            update={"stop": job.stop.model_copy(update={"largest_tail": largest_tail})}
        )
    return Analysis(job, run(job, Store(root)), planned.collection_index)


@pytest.fixture(scope="module")
def disc(store_root) -> tuple[Analysis, Analysis]:
    """A disc .4 µm wide, .2 µm thick, as a cylinder and with three mirror planes in 3D.

    Nothing but the proof of axial symmetry is withheld from the planner the second time.
    """
    stack = stacks.load("sin-air", thickness=0.2)
    scene = build_scene(components.load("disc")(radius=0.2), stack, "x")
    flat = replace(scene, symmetry=replace(scene.symmetry, cylindrical=False))
    plans = [plan(each, 0.52, "draft") for each in (scene, flat)]
    assert [p.formulation for p in plans] == ["cylindrical", "cartesian"]
    # A cylindrical run affords larger planes; for the comparison both get those of the 3D run.
    half_width, _, below, above = plans[1].jobs[0].box
    jobs = tuple(
        job.model_copy(update={"box": (half_width, 0.0, below, above)}) for job in plans[0].jobs
    )
    plans[0] = replace(plans[0], jobs=jobs)
    round_run, flat_run = (solved(p, store_root) for p in plans)
    assert [mirror.axis for mirror in plans[1].jobs[0].mirrors] == ["x", "y", "z"]
    return round_run, flat_run


def test_formulations_agree_on_the_purcell_factor(disc):
    """5 % over the band at ten pixels a wavelength; measured 3.7 %.

    Before the horizontal faces of cylindrical runs were averaged it was 38 %.
    """
    in_cylinder, in_space = disc
    assert in_cylinder.purcell == pytest.approx(in_space.purcell, rel=0.05)


def test_formulations_agree_on_where_the_power_goes(disc):
    """Up, down and sideways within two points, collection within one.

    The planes end shortly beyond the disc, one round and one square: they see different parts of
    the light that passes beside them.
    """
    for side in ("up", "down", "side"):
        shares = [float((a.flux[side] / a.leaving)[a.emission]) for a in disc]
        assert shares[0] == pytest.approx(shares[1], abs=0.02)
    for na in (0.5, 0.7, 0.9):
        shares = [a.angular("up").within(na, 1.0) for a in disc]
        assert shares[0] == pytest.approx(shares[1], abs=0.01)


def test_stopping_early_changes_nothing(store_root):
    """A resonance of Q ≈ 500 from a run that ends with a third of its light still inside.

    What is still to come is computed from the ring-down: 2 % at every wavelength, against a run
    twice as long. Measured: .4 %, at the peak 1e-4.
    """
    scene = build_scene(components.load("bullseye")(), "sin-air", "x")
    planned = plan(scene, 0.53, "draft", bandwidth=0.04)
    early, late = (solved(planned, store_root, tail) for tail in (0.4, 0.1))
    assert early.raw.arrays["summary"][1] > 0.2
    assert late.raw.arrays["summary"][0] > 1.6 * early.raw.arrays["summary"][0]
    peak = int(np.argmax(late.purcell))
    assert 0 < peak < len(late.purcell) - 1
    assert late.purcell[peak] > 15
    # Or .01 where F is far below 1: a cut spectrum ripples by a share of its peak, here 3e-4.
    assert early.purcell == pytest.approx(late.purcell, rel=0.02, abs=0.01)
    assert early.purcell[peak] == pytest.approx(late.purcell[peak], rel=2e-3)
    # Without the completion the early run would be wrong by its tail, so it was a test.
    assert early._truncated[peak] < 0.8 * late.purcell[peak]
    strongest = [a.resonances()[0] for a in (early, late)]
    assert strongest[0].quality == pytest.approx(strongest[1].quality, rel=0.02)
    assert strongest[0].wavelength == pytest.approx(strongest[1].wavelength, rel=1e-5)
