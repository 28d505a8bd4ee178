"""Letters that are made: what they are said to fulfil holds exactly for something inside."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

from numeric.bindings.made import above, kernel, pivots, real_eigenpairs, relu, undoing
from numeric.enclosures.enclosure import Enclosure
from numeric.errors import ModelError
from numeric.functions import Array


def exact(a: Array) -> fmpq_mat:
    """A matrix of floats as rationals."""
    entries = [fmpq(*float(x).as_integer_ratio()) for x in a.flat]
    return fmpq_mat(*a.shape, entries)


def inside(found: Enclosure, wanted: fmpq_mat) -> bool:
    """Whether every rational lies in its ball."""
    for i, j in np.ndindex(*found.shape):
        off = Fraction(float(found.mid[i, j])) - Fraction(int(wanted[i, j].p), int(wanted[i, j].q))
        if abs(off) > Fraction(float(found.rad[i, j])):
            return False
    return True


@pytest.mark.parametrize("seed", range(20))
def test_undoing_contains_the_inverse(seed: int) -> None:
    """Of a square matrix there is one right inverse, so that it must lie inside; the ball is narrow."""
    a = np.random.default_rng(seed).standard_normal((5, 5))
    found = undoing(a)
    assert inside(found, exact(a).inv())
    assert found.rad.max() < 1e-14 * np.abs(found.mid).max() * np.linalg.cond(a)


def test_undoing_refuses_dependent_rows() -> None:
    """A matrix without a right inverse is not given one."""
    with pytest.raises(ModelError, match="depend on each other"):
        undoing(np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]]))


@pytest.mark.parametrize("seed", range(10))
def test_kernels_contain_the_exact_ones(seed: int) -> None:
    """K and H are rational functions of W's entries; their exact values lie inside, and fulfil what is said."""
    w = np.random.default_rng(seed).standard_normal((3, 7))
    k, j, h = kernel(w)
    chosen = pivots(w)
    others = [i for i in range(7) if i not in chosen]
    inner = exact(w[:, chosen]).inv()
    eye = np.eye(7)
    exact_k = exact(eye[:, chosen]) * (-1) * inner * exact(w[:, others]) + exact(eye[:, others])
    exact_h = exact(eye[:, chosen]) * inner
    assert inside(k, exact_k) and inside(h, exact_h)
    assert exact(w) * exact_k == fmpq_mat(3, 4)
    assert exact_k * exact(j) + exact_h * exact(w) == exact(eye)


def test_pivots_of_a_matrix_of_lower_rank_are_refused() -> None:
    """Rows that are 0 have no independent columns."""
    with pytest.raises(ModelError, match="depend on each other"):
        pivots(np.zeros((1, 3)))


def test_eigenpairs_are_those_of_the_matrix() -> None:
    """Of a matrix with eigenvalues -2, 1, 3 in a rational basis all are found, the least first."""
    basis = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    matrix = basis @ np.diag([-2.0, 1.0, 3.0]) @ np.array([[1.0, -1.0, 1.0], [0.0, 1.0, -1.0], [0.0, 0.0, 1.0]])
    pairs = real_eigenpairs(Enclosure(matrix), 3)
    assert [value.contains_ratio(n, 1) for (value, _), n in zip(pairs, (-2, 1, 3), strict=True)] == [True] * 3
    for value, vector in pairs:
        assert not (Enclosure(matrix) @ vector - value * vector).excludes_zero().any()


def test_relu_of_both_signs() -> None:
    """Where an entry may have either sign, its ReLU is anything from 0 to the largest value."""
    found = relu(Enclosure(np.array([2.0, -2.0, 0.5]), np.array([1.0, 1.0, 1.0])))
    assert (found.lower() <= [1.0, 0.0, 0.0]).all() and (found.upper() >= [3.0, 0.0, 1.5]).all()
    assert found.rad[1] == 0 and found.mid[1] == 0


def test_above_is_above() -> None:
    """A bound is no smaller than what it bounds."""
    assert above(np.array([0.1, 1.0 / 3.0])) > Fraction(1, 3)
