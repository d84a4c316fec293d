"""Exact slopes against central differences of the exact values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqdphotonics.errors import InputError
from cqdphotonics.quantum import emission
from cqdphotonics.quantum.gradient import emission_gradient


def cascade(rates):
    g, kappa1, coupling, kappa2 = rates
    h = np.array([[0, g, 0], [g, 0, coupling], [0, coupling, 0.0]])
    return h, np.array([1.0, kappa1, kappa2]), np.array([1e4, 0, 0])


def tangents():
    """Along g, κ1, J, κ2."""
    zero = [0.0, 0.0, 0.0, 0.0]
    base = [np.array(part) for part in cascade(zero)]
    ones = [
        [np.array(p) - b for p, b in zip(cascade(np.eye(4)[k]), base, strict=True)]
        for k in range(4)
    ]
    return tuple(np.array([one[part] for one in ones]) for part in range(3))


rate = st.floats(0.5, 4.0).map(lambda x: 10.0**x)


@settings(max_examples=30, deadline=None)
@given(st.tuples(rate, rate, rate, rate))
def test_slopes_are_those_of_the_exact_value(rates):
    rates = np.array(rates)
    found = emission_gradient(*cascade(rates), tangents())
    exact = emission(*cascade(rates))
    assert found.indistinguishability == pytest.approx(exact.indistinguishability, rel=1e-9)
    assert found.efficiency == pytest.approx(exact.efficiency, rel=1e-9)
    step = 1e-4  # in ln(rate): truncation ~1e-8, rounding of a difference ~1e-11
    for k in range(4):
        ends = []
        for sign in (1, -1):
            moved = rates.copy()
            moved[k] *= np.exp(sign * step)
            there = emission(*cascade(moved))
            ends.append(np.array([there.indistinguishability, there.efficiency]))
        central = (ends[0] - ends[1]) / (2 * step)
        mine = rates[k] * np.array(
            [found.indistinguishability_slopes[k], found.efficiency_slopes[k]]
        )
        scale = np.array([exact.indistinguishability, exact.efficiency])
        assert np.all(np.abs(mine - central) <= 1e-6 * scale)


def test_bad_cavity_limit_has_its_closed_form():
    # κ ≫ all: I = (γ+R)/(γ+R+γ*), R = 4g²/κ; dI/dln g = 2Rγ*/(γ+R+γ*)².
    g, kappa, star = 1e3, 1e7, 2.0
    h = np.array([[0, g], [g, 0.0]])
    dh = np.array([[[0, g], [g, 0.0]]])
    found = emission_gradient(
        h, [1.0, kappa], [star, 0.0], (dh, np.zeros((1, 2)), np.zeros((1, 2)))
    )
    rate = 4 * g**2 / kappa
    expected = 2 * rate * star / (1 + rate + star) ** 2
    # The corrections are of the order of the rates over κ.
    assert found.indistinguishability_slopes[0] == pytest.approx(expected, rel=1e-5)


def test_tangents_must_fit():
    with pytest.raises(InputError, match="tangents"):
        emission_gradient([[0.0]], [1.0], [0.0], (np.zeros((1, 2, 2)), [[1.0]], [[0.0]]))
