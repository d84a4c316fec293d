"""A cheap model, corrected by few evaluations of a dear one, leads to the dear one's optimum."""

import numpy as np
import pytest

from cqdphotonics.codesign.driver import search
from cqdphotonics.codesign.engine import local
from cqdphotonics.codesign.evaluation import Outcome, Plan, best_of
from cqdphotonics.codesign.ladder import Rung, climb
from cqdphotonics.codesign.space import Axis, Space

SLOPES = {"radius": 0.35, "pitch": 0.3, "gap": -0.05, "thickness": 0.4}
SPACE = Space(
    (
        Axis("radius", 0.25, 0.65, 0.42),
        Axis("pitch", 0.25, 0.45, 0.34),
        Axis("gap", 0.06, 0.20, 0.15),
        Axis("thickness", 0.20, 0.40, 0.31),
    )
)


class Line:
    """A resonance of Q = 450; two grids differ in its place, its height and where it is best."""

    def __init__(self, offset: float, height: float, best: float) -> None:
        self.offset, self.height, self.best, self.calls = offset, height, best, 0

    def peak(self, p: dict[str, float]) -> float:
        shape = ((p["radius"] / p["pitch"] - self.best) / 0.25) ** 2
        shape += ((p["gap"] / p["pitch"] - 0.33) / 0.2) ** 2
        shape += ((p["thickness"] / p["pitch"] - 0.8) / 0.3) ** 2
        return float(self.height * np.exp(-shape))

    def __call__(self, p: dict[str, float]) -> Outcome:
        self.calls += 1
        away = sum(s * np.log(p[n] / SPACE.start[n]) for n, s in SLOPES.items()) + self.offset
        peak = self.peak(p)
        now = peak / (1 + (900 * np.expm1(away)) ** 2) + 0.3
        factor = float(np.exp(-away / sum(SLOPES.values())))
        return Outcome(float(now), rescaling=factor, promise=peak, gain=(peak + 0.3) / now)


@pytest.mark.parametrize("offset", [0.0, 0.012, -0.02])
def test_reaches_the_optimum_of_the_dear_model(offset):
    """Within 7 % with ten dear evaluations, the line five to ten widths away at the dear grid."""
    cheap, dear = Line(0.01, 30.0, 1.15), Line(0.01 + offset, 24.0, 1.22)
    plan = Plan("COBYLA", budget=80, samples=12, starts=2, seed=2)
    history = search(SPACE, cheap, plan, local(2))
    more, asked = climb(
        SPACE, Rung("draft", cheap, 40), Rung("fine", dear, 10), history, plan, local(2)
    )
    assert len(asked) <= 10
    assert dear.calls == len(asked)
    best = best_of(asked)
    assert best is not None
    assert best.outcome.value > 0.93 * 24.3
    assert [e.stage for e in asked] == ["ladder fine"] * len(asked)
    assert all(e.stage.startswith("corrected draft") for e in more)
    # Without a correction the best cheap design is far from it.
    winner = best_of(history)
    assert winner is not None
    assert dear(winner.parameters).value < 0.94 * 24.3


def test_the_same_way_again():
    cheap, dear = Line(0.01, 30.0, 1.15), Line(0.022, 24.0, 1.22)
    plan = Plan("COBYLA", budget=40, samples=8, starts=1)
    history = search(SPACE, cheap, plan, local(2))
    rungs = Rung("draft", cheap, 10), Rung("fine", dear, 5)
    assert climb(SPACE, *rungs, history, plan, local(2)) == climb(
        SPACE, *rungs, history, plan, local(1)
    )


def test_a_dear_model_that_fails_ends_the_climb():
    plan = Plan("COBYLA", budget=20, samples=6, starts=1)
    cheap = Line(0.01, 30.0, 1.15)
    history = search(SPACE, cheap, plan, local(2))
    failing = Rung("fine", lambda _: Outcome(None, reason="not converged"), 5)
    more, asked = climb(SPACE, Rung("draft", cheap, 5), failing, history, plan, local(2))
    assert more == []
    assert [e.outcome.reason for e in asked] == ["not converged"]
