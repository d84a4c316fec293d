"""The front of two figures: its geometry, and a front that exact theory knows."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqdphotonics.codesign.driver import search
from cqdphotonics.codesign.engine import local
from cqdphotonics.codesign.evaluation import Plan
from cqdphotonics.codesign.objective import Objective
from cqdphotonics.codesign.pareto import front_of, hypervolume, nondominated, trace
from cqdphotonics.codesign.space import Axis, Space
from cqdphotonics.codesign.theory import RATE_GRID, TheoryEvaluator
from cqdphotonics.quantum.search import Limits, Search

unit = st.floats(0, 1, allow_subnormal=False)


def test_hypervolume_of_a_staircase():
    # Two corners: .2 wide and 1 high, then .3 wide and .5 high.
    assert hypervolume([(0.2, 1.0), (0.5, 0.5)]) == pytest.approx(0.2 * 1.0 + 0.3 * 0.5)
    assert hypervolume([(0.2, 1.0), (0.5, 0.5), (0.1, 0.4)]) == pytest.approx(0.35)
    assert hypervolume([]) == 0.0


@given(st.lists(st.tuples(unit, unit), min_size=1, max_size=30))
def test_the_front_is_what_nothing_beats(points):
    array = np.array(points)
    kept = set(nondominated(array).tolist())
    for i, point in enumerate(array):
        beaten = ((array >= point).all(axis=1) & (array > point).any(axis=1)).any()
        equal_before = (array[:i] == point).all(axis=1).any()
        assert (i in kept) == (not beaten and not equal_before)
    assert hypervolume(array) == pytest.approx(hypervolume(array[sorted(kept)]))


@pytest.mark.parametrize("algorithm", ["COBYLA", "CCSAQ"])
def test_the_front_of_one_cavity(algorithm):
    """It dominates 97 % of the area that an independent search dominates, and is not beyond it.

    A strongly dephased emitter (γ* = 10⁴ γ): bright and mixed, or dark and pure, with I = .5 at
    η = .207 and I = .9 at η = .023 (Grange et al. 2015's good-cavity regime).
    """
    dephased = SimpleNamespace(name="strongly dephased", gamma=1.0, gamma_star=1e4)
    limits = Limits(g=3000.0, kappa1=0.01, kappa2=0.01, largest=1e5)
    space = Space(
        (
            Axis("g", 3.0, 3000.0, 100.0, RATE_GRID, False, "rad/ps", True),
            Axis("kappa", 0.01, 1e5, 30.0, RATE_GRID, False, "rad/ps", True),
        )
    )
    objective = Objective({"indistinguishability": 1, "efficiency": 1})
    theory = TheoryEvaluator("theory.cavity", dephased, objective, {})
    plan = Plan(algorithm, budget=120, samples=30, starts=2, scale_to_wavelength=False)
    engine = local(2)
    history = search(space, theory, plan, engine)
    pair = ("indistinguishability", "efficiency")
    more = trace(space, theory, plan, engine, None, history, pair, points=8)
    front = front_of([*history, *more], pair)
    reference = Search(1.0, 1e4, limits, 1)
    known = hypervolume([(d.indistinguishability, d.efficiency) for d in reference.front()])
    assert front.hypervolume >= 0.97 * known
    for pure, bright in front.points[:: max(len(front.points) // 12, 1)]:
        if (best := reference.best(pure * 0.97)) is not None:
            assert bright <= best.efficiency * 1.03
