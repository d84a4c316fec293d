"""The front of two figures: its geometry, and a front that exact theory knows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqdphotonics import emitters
from cqdphotonics.codesign.driver import search
from cqdphotonics.codesign.engine import local
from cqdphotonics.codesign.evaluation import Plan
from cqdphotonics.codesign.objective import Objective
from cqdphotonics.codesign.pareto import front_of, hypervolume, nondominated, trace
from cqdphotonics.codesign.space import Axis, Space
from cqdphotonics.codesign.theory import RATE_GRID, TheoryEvaluator
from cqdphotonics.quantum.search import Limits, Search

DOT = emitters.load("CsPbBr3-4K")
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
    """At each level of I the efficiency is within 2 % of what an independent search finds.

    At the front's bright end the second figure falls steeply; 2 % of η leaves room for the share
    of a level that a search may miss it by.
    """
    limits = Limits(g=0.05, kappa1=0.01, kappa2=0.01, largest=30.0)
    space = Space(
        (
            Axis("g", 0.0005, 0.05, 0.005, RATE_GRID, False, "rad/ps", True),
            Axis("kappa", 0.01, 30.0, 0.3, RATE_GRID, False, "rad/ps", True),
        )
    )
    objective = Objective({"indistinguishability": 1, "efficiency": 1})
    theory = TheoryEvaluator("theory.cavity", DOT, objective, {})
    plan = Plan(algorithm, budget=120, samples=30, starts=2, scale_to_wavelength=False)
    engine = local(2)
    history = search(space, theory, plan, engine)
    pair = ("indistinguishability", "efficiency")
    more = trace(space, theory, plan, engine, None, history, pair, points=6)
    front = front_of([*history, *more], pair)
    levels = np.linspace(*np.sort(front.points[[0, -1], 0]), 7)[1:-1]
    reference = Search(DOT.gamma, DOT.gamma_star, limits, 1, levels)
    for level in levels:
        best = reference.best(level)
        reached = max(eta for i, eta in front.points if i >= level * 0.995)
        assert best is not None
        assert reached >= 0.98 * best.efficiency or abs(reached - best.efficiency) < 0.02
    assert front.hypervolume > 0.9 * hypervolume(
        [(d.indistinguishability, d.efficiency) for d in reference.front()]
    )
