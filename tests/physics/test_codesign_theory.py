"""Searches on exact theory find the optima that an independent search (`cqd target`) finds."""

from types import SimpleNamespace

import pytest

from cqdphotonics import emitters
from cqdphotonics.codesign.driver import search
from cqdphotonics.codesign.engine import local
from cqdphotonics.codesign.evaluation import Plan, best_of
from cqdphotonics.codesign.nlopt_run import GRADIENT_ALGORITHMS
from cqdphotonics.codesign.objective import Objective
from cqdphotonics.codesign.space import Axis, Space
from cqdphotonics.codesign.theory import RATE_GRID, TheoryEvaluator, slope_error
from cqdphotonics.errors import InputError
from cqdphotonics.quantum.search import Limits, Search
from cqdphotonics.quantum.target import target

DOT = emitters.load("CsPbBr3-4K")


def space(**bounds):
    return Space(
        tuple(
            Axis(name, low, high, (low * high) ** 0.5, RATE_GRID, False, "rad/ps", True)
            for name, (low, high) in bounds.items()
        )
    )


def evaluator(component, minima, **fixed):
    return TheoryEvaluator(component, DOT, Objective({"efficiency": 1}, minima), fixed)


@pytest.mark.parametrize("algorithm", [*GRADIENT_ALGORITHMS, "COBYLA", "SBPLX"])
@pytest.mark.parametrize("wanted", [0.7, 0.9])
def test_the_most_efficient_cavity_for_a_wanted_indistinguishability(algorithm, wanted):
    """Within 1 % of the best that `target` knows for the same limits."""
    found = target(DOT, wanted)
    best = found.cavity.wanted
    assert best is not None
    limits = found.fabrication
    g = found.g_per_root_volume / limits.mode_volume**0.5
    low = found.omega / limits.cavity_q
    box = space(g=(g / 1e3, g), kappa=(low, found.omega / 10))
    theory = evaluator("theory.cavity", {"indistinguishability": wanted})
    plan = Plan(algorithm, budget=500, samples=40, starts=3, scale_to_wavelength=False)
    winner = best_of(search(box, theory, plan, local(2)))
    assert winner is not None
    assert winner.outcome.feasible
    assert winner.outcome.value == pytest.approx(best.efficiency, rel=0.01)
    assert winner.outcome.value <= best.efficiency * 1.002  # the slack of what is held


@pytest.mark.parametrize("algorithm", ["SLSQP", "CCSAQ"])
def test_the_best_cascade(algorithm):
    """A strongly dephased emitter in two cavities, g ≤ 3000 γ, κ1 ≥ 30 γ, κ2 ≥ 3 γ: η = .29."""
    limits = Limits(g=3000.0, kappa1=30.0, kappa2=3.0, largest=1e5)
    known = Search(1.0, 1e4, limits, 2, (0.5,)).best(0.5)
    assert known is not None
    dephased = SimpleNamespace(name="strongly dephased", gamma=1.0, gamma_star=1e4)
    wanted = Objective({"efficiency": 1}, {"indistinguishability": 0.5})
    theory = TheoryEvaluator("theory.cascade", dephased, wanted, {})
    box = space(g=(3.0, 3000.0), kappa1=(30.0, 1e4), coupling=(3.0, 1e4), kappa2=(3.0, 1e4))
    plan = Plan(algorithm, budget=1500, samples=200, starts=4, scale_to_wavelength=False)
    winner = best_of(search(box, theory, plan, local(2)))
    assert winner is not None
    assert winner.outcome.value == pytest.approx(known.efficiency, rel=0.01)


def test_slopes_pass_the_check_and_wrong_ones_would_not():
    theory = evaluator("theory.cascade", {}, kappa1=0.01)
    values = {"g": 0.03, "coupling": 0.02, "kappa2": 0.05}
    assert slope_error(theory, values) < 1e-6
    assert slope_error(theory, values, step=1.0) > 1e-2  # a difference that is no slope


def test_what_theory_does_not_know():
    with pytest.raises(InputError, match="theory says nothing of 'brightness'"):
        TheoryEvaluator("theory.cavity", DOT, Objective({"brightness": 1}), {})
