"""Exact ranks of matrices of floats, compared with elimination over the rationals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from numeric.errors import ModelError
from numeric.functions import Array
from numeric.ranks import (
    PRIME,
    is_zero_mod,
    modular,
    rank_at_least,
    rank_at_most,
    rank_bounds,
    ranked,
    virtual_rank,
)

floats = st.one_of(st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 5e-324, 2.0**-60, 1.7e308]), st.floats(-4, 4))
sizes = st.integers(1, 4)


def rational(array: Array) -> fmpq_mat:
    """The same matrix over Q."""
    entries = [Fraction(float(x)) for x in array.flat]
    rows, columns = array.shape
    return fmpq_mat(rows, columns, [fmpq(x.numerator, x.denominator) for x in entries])


@st.composite
def matrices(draw: Any, rows: int | None = None) -> Array:
    """Small matrices of floats, of which some rows repeat others, or are twice them, so that ranks are not full."""
    m, n = rows or draw(sizes), draw(sizes)
    array = np.array(draw(st.lists(floats, min_size=m * n, max_size=m * n))).reshape(m, n)
    for i in range(1, m):
        if draw(st.booleans()):
            array[i] = array[draw(st.integers(0, i - 1))] * draw(st.sampled_from([1.0, 0.5, -1.0]))
    return array


@given(matrices())
def test_residues_are_those_of_the_rational_entries(array: Array) -> None:
    """A wrong residue for a subnormal, huge or negative number would make a rank wrong in either direction."""
    for x, residue in zip(array.flat, modular(array).entries(), strict=True):
        exact = Fraction(float(x))
        assert int(residue) == exact.numerator * pow(exact.denominator, -1, PRIME) % PRIME


@given(matrices())
def test_bounds_meet_at_the_rank_of_a_small_matrix(array: Array) -> None:
    """The rank that is reported must be the one over Q."""
    exact = rational(array).rank()
    assert rank_at_least(array) <= exact <= rank_at_most(array)
    assert rank_bounds(array) == (exact, exact)
    found = ranked(array)
    assert (found.low, found.high) == (exact, exact)


@given(st.data())
def test_ranks_of_products(data: st.DataObject) -> None:
    """Of products, too, with the shortening of those that are wide."""
    a = data.draw(matrices())
    b = data.draw(matrices(rows=a.shape[1]))
    c = data.draw(matrices(rows=b.shape[1]))
    exact = (rational(a) * rational(b) * rational(c)).rank()
    assert rank_at_least(a, b, c) <= exact <= rank_at_most(a, b, c)
    assert rank_bounds(a, b, c) == (exact, exact)
    assert is_zero_mod(a, b, c) or exact > 0
    two = (rational(a) * rational(b)).rank()
    assert virtual_rank(b, a) == virtual_rank(ranked(b), ranked(a)) == (two, two)


def test_what_a_tolerance_gets_wrong() -> None:
    """Scaling changes nothing here, where numpy.linalg.matrix_rank decides by a tolerance, in both directions."""
    scaled = np.diag([1.0, 2.0**-60])
    assert np.linalg.matrix_rank(scaled) == 1
    assert rank_bounds(scaled) == (2, 2)
    hilbert = np.array([[1 / (i + j + 1) for j in range(16)] for i in range(16)])
    assert np.linalg.matrix_rank(hilbert) < 16
    assert rank_bounds(hilbert) == (16, 16)
    source = np.random.default_rng(0)
    row = source.standard_normal(40)
    rounded = np.outer(row, row)  # of rank 1 before the products are rounded, of full rank after
    assert np.linalg.matrix_rank(rounded) == 1
    assert rank_bounds(rounded) == (40, 40)


def test_powers_of_two_are_told_apart() -> None:
    """Modulo 2^31 - 1 these rows would be equal."""
    assert rank_at_least(np.array([[1.0, 1.0], [1.0, 2.0**31]])) == 2


def test_what_the_prime_divides_gives_a_lower_bound_only() -> None:
    """The modular rank may fall short; it must then not be reported as the rank."""
    divisible = np.diag([1.0, float(PRIME)])
    assert rank_at_least(divisible) == 1
    assert rank_bounds(divisible) == (2, 2)
    large = np.diag(np.append(np.ones(999), float(PRIME)))
    assert rank_bounds(large) == (999, 1000)
    assert is_zero_mod(np.array([[float(PRIME)]]))


@pytest.mark.slow
def test_virtual_weights_of_a_real_size() -> None:
    """MLPs of MiniLM's size: Sylvester decides without a product; heads: the product modulo a prime decides."""
    source = np.random.default_rng(0)
    write, read = source.standard_normal((1536, 384)), source.standard_normal((384, 1536))
    assert virtual_rank(read, write) == (384, 384)
    assert virtual_rank(read[:, :32], write[:32]) == (32, 32)
    assert rank_at_least(write, read) == 384
    bottleneck = source.integers(-8, 8, (384, 200)) @ source.integers(-8, 8, (200, 1536))
    found = ranked(bottleneck.astype(np.float32))
    assert found.low == 200
    assert virtual_rank(found, write)[0] == 200


def test_other_precisions() -> None:
    """Half and single precision and integers hold rationals as well."""
    for kind in (np.float16, np.float32, np.int8, np.int64):
        assert rank_bounds(np.array([[1, 2], [2, 4]], dtype=kind)) == (1, 1)
    assert rank_bounds(np.array([[-(2**63)]])) == (1, 1)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([[1.0, np.nan]]), "infinite or no number"),
        (np.array([[np.inf]]), "infinite or no number"),
        (np.ones(3), "shape"),
        (np.ones((0, 3)), "shape"),
        (np.array([[1j]]), "complex128"),
    ],
)
def test_what_has_no_rank(array: Array, message: str) -> None:
    """Bad input is named, not computed with."""
    for function in (modular, ranked, rank_at_least, rank_at_most, rank_bounds):
        with pytest.raises(ModelError, match=message):
            function(array)


def test_factors_that_do_not_fit() -> None:
    """A product of shapes that do not meet is an error of the caller's, not FLINT's."""
    with pytest.raises(ModelError, match="2 x 3 cannot be multiplied by one 2 x 3"):
        rank_at_least(np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(ModelError, match="4 dimensions, what is read has 3"):
        virtual_rank(np.ones((3, 2)), np.ones((2, 4)))
    with pytest.raises(ModelError, match="no matrix"):
        rank_bounds()
