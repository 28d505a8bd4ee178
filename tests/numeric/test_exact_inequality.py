"""Inequalities where both sides meet, and products with what is exactly 0: decided without rounding."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from formal.statement import Eq, Lt, dims, matrix, scalars, vector
from numeric.claims.evaluate import Evaluation, Values
from numeric.enclosures.enclosure import Enclosure

d, m = dims("d m")
W, x, y, s = matrix("W", m, d), vector("x", d), vector("y", m), scalars("s")


def at(**letters: object) -> Evaluation:
    return Evaluation(Values(letters))


def test_equal_sides_are_compared_as_rationals() -> None:
    """y'W x = 3 s to the last bit, which no enclosure can say: <= holds, < does not."""
    given = at(W=np.array([[0.1, 0.2]]), x=np.array([1.0, 1.0]), y=np.array([3.0]), s=Fraction(0.1) + Fraction(0.2))
    assert given.proposition(y.T * W * x <= 3 * s).holds is True
    assert given.proposition(Lt(y.T * W * x, 3 * s)).holds is False


def test_enclosed_sides_that_meet_stay_undecided() -> None:
    """A letter that is only enclosed proves no inequality between equal numbers."""
    given = at(x=Enclosure([1.0], [1e-9]), y=np.array([1.0]))
    assert given.proposition(x.T * x <= y.T * y).holds is None


def test_what_is_exactly_zero_stays_so() -> None:
    """0 times what is enclosed is 0, without the radius that underflow could need."""
    given = at(W=np.zeros((1, 2)), x=Enclosure([1.0, 2.0], [0.1, 0.1]))
    assert given.proposition(Eq(W * x, 0)).holds is True


def test_disjoint_supports_are_zero_within_next_to_nothing() -> None:
    """Where all products of entries vanish, widths are relative to the largest entries, and not infinite."""
    given = at(W=Enclosure([[1.0, 0.0]], [[1e-300, 0.0]]), x=np.array([0.0, 1.0]))
    assert given.proposition(Eq(W * x, 0)).width < 1e-20
