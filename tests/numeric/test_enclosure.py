"""What an enclosure is made of and taken apart into; its arithmetic is in test_enclosure_truth."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from numeric.enclosures.enclosure import Enclosure, between, by_rows, concatenate, stack
from numeric.errors import ModelError


@pytest.mark.parametrize(
    "bad",
    [2**53 + 1, np.array([-(2**63)]), np.longdouble(1) / 3, 1j, [Fraction(1, 3)], ["1"]],
    ids=["odd", "least integer", "long double", "complex", "fraction", "text"],
)
def test_what_would_be_rounded_is_no_exact_value(bad: Any) -> None:
    """An exact enclosure of a rounded number would be a false theorem."""
    with pytest.raises(ModelError):
        Enclosure(bad)


def test_a_negative_radius_is_refused() -> None:
    """It would exclude everything."""
    with pytest.raises(ModelError, match="negative"):
        Enclosure([1.0, 2.0], [0.1, -0.1])


def test_entries_keep_their_radii_wherever_they_go() -> None:
    """A radius that is left behind would belong to another number."""
    e = Enclosure(np.arange(24.0).reshape(2, 3, 4), np.arange(24.0).reshape(2, 3, 4))
    moved = [
        e.T.T,
        e.transpose(2, 0, 1).transpose(1, 2, 0),
        e.reshape(6, 4).reshape(2, 3, 4),
        concatenate([e[:1], e[1:]]),
        concatenate([e[..., :1], e[..., 1:]], axis=-1),
        stack([e[:, i] for i in range(3)], axis=1),
        by_rows(lambda part: e[part], e.shape),
        abs(e),
        e.repeat(2, 1)[:, ::2],
    ]
    for found in moved:
        assert (found.mid == e.mid).all() and (found.rad == e.rad).all() and not found.exact
    assert ((-e).mid == -e.mid).all() and ((-e).rad == e.rad).all()
    square = e[0, :, :3]
    assert (square.diagonal().rad == [0, 5, 10]).all()
    assert Enclosure(e.mid).T[0].exact and Enclosure(e.mid).T[0].rad.shape == (3, 2)
    with pytest.raises(ValueError, match="read-only"):
        Enclosure(e.mid).rad[0] = 1


def test_large_arrays_are_done_in_pieces_and_lost_entries_stay_lost() -> None:
    """Pieces must fit together, also where only one of them holds something that is not finite."""
    x = np.random.default_rng(0).standard_normal((300, 200))
    x[299, 199] = np.nan
    e = Enclosure(x, 1e-9)
    found = by_rows(lambda part: e[part] * 2, e.shape)
    assert (found.mid == (e * 2).mid).all() and (found.rad == (e * 2).rad).all()
    assert found.rad[299, 199] == np.inf and np.isinf(found.rad).sum() == 1
    assert (Enclosure(x).exp().mid[:299] == Enclosure(x[:299]).exp().mid).all()


def test_long_sums_and_norms_are_narrow() -> None:
    """The norm of a matrix of weights has a million squares: their error must grow with the root of that only."""
    x = np.random.default_rng(1).standard_normal(300_003)
    total, square = sum(map(Fraction, x.tolist())), sum(Fraction(t) ** 2 for t in x.tolist())
    for found, truth in ((Enclosure(x).sum(), total), (Enclosure(x).norm2(), square)):
        assert found.contains_ratio(truth.numerator, truth.denominator)
    assert float(Enclosure(x).norm2().rad) < 3e-13 * float(square)
    kept = Enclosure(x.reshape(3, -1)).sum(axis=1, keepdims=True)
    assert kept.shape == (3, 1) and (Enclosure(x.reshape(3, -1)).sum(axis=1).mid == kept.mid[:, 0]).all()


def test_vectors_and_stacks_of_matrices_multiply_as_in_numpy() -> None:
    """Radii must broadcast as midpoints do."""
    source = np.random.default_rng(2)
    for left, right in (((5,), (5,)), ((3, 5), (5,)), ((5,), (5, 2)), ((3, 5), (4, 5, 2)), ((4, 3, 5), (5, 2))):
        a, b = source.standard_normal(left), source.standard_normal(right)
        for r, s in ((0.0, 0.0), (1e-3, 0.0), (0.0, 1e-3), (1e-3, 1e-3)):
            found = Enclosure(a, r) @ Enclosure(b, s)
            spread = np.abs(a) @ np.full(b.shape, s) + np.full(a.shape, r) @ (np.abs(b) + s)
            assert found.mid.shape == (a @ b).shape and np.allclose(found.mid, a @ b)
            assert (found.rad >= spread * (1 - 1e-12)).all() and (found.rad <= spread + 1e-14).all()


def test_what_is_between_two_numbers_is_enclosed() -> None:
    """Also where their sum overflows or the middle is rounded."""
    low, high = np.array([-1.7e308, 1.0, 0.0, -0.0]), np.array([1.7e308, 1 + 2.0**-52, 2.0**-1074, 0.0])
    found = between(low, high)
    for end in (low, high):
        exact = [abs(Fraction(float(e)) - Fraction(float(m))) for e, m in zip(end, found.mid, strict=True)]
        assert all(d <= Fraction(float(r)) for d, r in zip(exact, found.rad, strict=True))


def test_enclosures_that_are_apart_do_not_meet() -> None:
    """Two enclosures of one number meet; where they do not, one of them is wrong."""
    a, b = Enclosure([1.0, 1.0, 0.0], [0.1, 0.1, np.inf]), Enclosure([1.2, 1.21, 5.0], [0.1, 0.1, 0.0])
    assert a.meets(b).tolist() == [True, False, True]
