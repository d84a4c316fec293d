"""Extrapolation of a resonance to an infinitely fine grid."""

import pytest

from cqdphotonics.fdtd.registration import UNSURE, extrapolate

SPACINGS = (1 / 40, 1 / 56, 1 / 80)


@pytest.mark.parametrize("order", [1.0, 1.5, 2.0, 2.5])
def test_a_power_law_is_followed_to_its_limit(order: float) -> None:
    values = [0.52 + 3.0 * h**order for h in SPACINGS]
    limit, uncertainty, how = extrapolate(values, SPACINGS)
    assert limit == pytest.approx(0.52, abs=1e-9)
    assert f"{order:.2f}" in how
    assert uncertainty == pytest.approx(UNSURE * abs(values[-1] - 0.52), rel=1e-6)


def test_mixed_orders_end_within_the_uncertainty() -> None:
    # First and second order of the same sign and size at the finest grid: no single order is
    # right, and the stated uncertainty has to make up for it.
    values = [0.52 + 0.1 * h + 8.0 * h**2 for h in SPACINGS]
    limit, uncertainty, _ = extrapolate(values, SPACINGS)
    assert abs(limit - 0.52) < uncertainty


def test_grids_that_disagree_are_not_extrapolated() -> None:
    limit, uncertainty, how = extrapolate([0.520, 0.524, 0.523], SPACINGS)
    assert limit == 0.523
    assert uncertainty == pytest.approx(0.004)
    assert "disagree" in how


def test_two_grids_give_their_difference() -> None:
    limit, uncertainty, _ = extrapolate([0.524, 0.523], SPACINGS[1:])
    assert limit == 0.523
    assert uncertainty == pytest.approx(0.001)


@pytest.mark.parametrize("order", [0.5, 6.0])
def test_without_an_order_nothing_is_extrapolated(order: float) -> None:
    """No scheme of ours has these orders: the finest grid's value, and an uncertainty that covers.

    An order of .5 leaves more than half of the way open after three grids.
    """
    values = [0.52 + 0.01 * (h / SPACINGS[0]) ** order for h in SPACINGS]
    limit, uncertainty, how = extrapolate(values, SPACINGS)
    assert limit == values[-1]
    assert "no order" in how
    assert abs(limit - 0.52) < uncertainty
