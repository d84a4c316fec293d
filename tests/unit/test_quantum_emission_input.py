"""What `emission` accepts, what it returns, and what it says to wrong input."""

import numpy as np
import pytest

from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.quantum import emission

PAIR = np.array([[0.0, 1.0], [1.0, 0.0]])


def test_one_system_gives_floats():
    photon = emission(PAIR, [1, 2], [3, 0])
    assert isinstance(photon.indistinguishability, float)
    assert isinstance(photon.efficiency, float)


def test_several_outputs_add_an_axis():
    photon = emission(PAIR, [1, 2], [3, 0], [0, 1])
    assert photon.efficiency.shape == (2,)
    assert photon.efficiency[1] == emission(PAIR, [1, 2], [3, 0], -1).efficiency


def test_a_batch_equals_its_systems_one_by_one():
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(4, 3, 3, 3))
    hamiltonian = matrix + matrix.swapaxes(-1, -2)
    decay = rng.random((3, 3))
    dephasing = rng.random((4, 1, 3))
    photon = emission(hamiltonian, decay, dephasing, (0, 2))
    assert photon.indistinguishability.shape == (4, 3, 2)
    for i in range(4):
        for j in range(3):
            single = emission(hamiltonian[i, j], decay[j], dephasing[i, 0], (0, 2))
            # Same algorithm; LAPACK may order its sums differently in a batch.
            assert photon.efficiency[i, j] == pytest.approx(single.efficiency, rel=1e-13)
            assert photon.indistinguishability[i, j] == pytest.approx(
                single.indistinguishability, rel=1e-13
            )


def test_a_batch_of_four_levels_is_solved_one_by_one_inside():
    rng = np.random.default_rng(6)
    matrix = rng.normal(size=(3, 4, 4))
    hamiltonian = matrix + matrix.swapaxes(-1, -2)
    photon = emission(hamiltonian, np.ones(4), np.ones(4))
    single = emission(hamiltonian[1], np.ones(4), np.ones(4))
    assert photon.indistinguishability[1] == pytest.approx(single.indistinguishability, rel=1e-13)


def test_a_large_batch_is_worked_through_in_pieces():
    g = np.linspace(1, 2, 50_000)
    hamiltonian = g[:, None, None] * PAIR
    photon = emission(hamiltonian, [1, 2], [3, 0])
    last = emission(2 * PAIR, [1, 2], [3, 0])
    assert photon.efficiency[-1] == pytest.approx(last.efficiency, rel=1e-13)


def test_an_empty_batch_gives_an_empty_result():
    assert emission(np.zeros((0, 2, 2)), [1, 1], [0, 0]).efficiency.shape == (0,)


@pytest.mark.parametrize(
    "hamiltonian, decay, dephasing, words",
    [
        (PAIR, [1, -2], [3, 0], r"decay contains -2; .* probability"),
        (PAIR, [1, 2], [-0.5, 0], r"dephasing contains -0\.5"),
        (PAIR, [1, np.inf], [0, 0], "decay contains inf"),
        (PAIR, [1, np.nan], [0, 0], "decay contains nan"),
        ([[0, 1], [2, 0]], [1, 1], [0, 0], r"not Hermitian: elements \(0, 1\) and \(1, 0\)"),
        ([[1j, 1], [1, 0]], [1, 1], [0, 0], "not Hermitian"),
        ([[np.nan, 1], [1, 0]], [1, 1], [0, 0], "infinite or undefined"),
        ([[0, 1, 2]], [1, 1], [0, 0], r"shape \(1, 3\); it must be \(\.\.\., N, N\)"),
        ([0, 1], [1, 1], [0, 0], "square"),
        (PAIR, [1, 1, 1], [0, 0], r"decay has shape \(3,\); the hamiltonian has 2 levels"),
        (PAIR, [1, 1], 0.0, r"dephasing has shape \(\)"),
        (np.zeros((3, 2, 2)), np.ones((4, 2)), [0, 0], "leading"),
        ([["a", 1], [1, 0]], [1, 1], [0, 0], "must be numbers"),
        (np.zeros((9, 9)), np.ones(9), np.ones(9), "at most 8"),
        (PAIR, [0, 0], [1, 0], "never leaves"),
        (np.zeros((1, 1)), [0], [0], "never leaves"),
    ],
)
def test_wrong_input_is_named_with_the_law_that_it_breaks(hamiltonian, decay, dephasing, words):
    with pytest.raises(InputError, match=words):
        emission(hamiltonian, decay, dephasing)


@pytest.mark.parametrize("output", [2, -3, (0, 5)])
def test_an_output_that_does_not_exist_is_refused(output):
    with pytest.raises(RangeError, match="levels 0 to 1"):
        emission(PAIR, [1, 1], [0, 0], output)
