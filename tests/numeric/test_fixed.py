"""Balls of fixed-point numbers: the exact value is never outside, and the balls are as small as they should be."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from numeric.enclosures.fixed import MOST_BITS, Fixed, NotEnoughBits, fixed
from numeric.errors import ModelError
from numeric.functions import Array

BITS = 120
UNIT = Fraction(1, 2**BITS)
entries = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 5e-324, -(2.0**-1022), 2.0**-121, 1 / 3, 2.0**40]),
    st.floats(-8, 8),
    st.floats(-(2.0**30), 2.0**30, width=32),
)
pairs = st.lists(st.tuples(entries, entries), min_size=1, max_size=6)


def exact(array: Array) -> list[Fraction]:
    return [Fraction(float(x)) for x in array.flat]


def assert_inside(ball: Fixed, values: list[Fraction], units: int) -> None:
    """Every value lies in its ball, and the ball has a radius of at most so many units."""
    for mid, rad, value in zip(ball.mid.flat, ball.rad.flat, values, strict=True):
        assert abs(mid * Fraction(1, 2**ball.bits) - value) <= Fraction(float(rad))
        assert Fraction(float(rad)) <= units * UNIT


@given(pairs)
def test_sums_and_products(numbers: list[tuple[float, float]]) -> None:
    """An operation whose ball misses the exact result would make every bound built on it worthless."""
    a, b = np.array(numbers).T
    x, y = fixed(a, BITS), fixed(b, BITS)
    p, q = exact(a), exact(b)
    large = 2**42  # the largest entry, by which the radius of the other factor is multiplied
    assert_inside(x, p, 1)
    assert_inside(x + y, [s + t for s, t in zip(p, q, strict=True)], 3)
    assert_inside(x - y, [s - t for s, t in zip(p, q, strict=True)], 3)
    assert_inside(x * y, [s * t for s, t in zip(p, q, strict=True)], large)
    assert_inside(x.sum(), [sum(p, Fraction(0))], 7)
    assert_inside(x.over(7), [s / 7 for s in p], 6)
    assert_inside(
        x.reshape(1, -1) @ y.reshape(-1, 1), [sum((s * t for s, t in zip(p, q, strict=True)), Fraction(0))], 6 * large
    )


@given(st.data(), st.integers(1, 5), st.integers(1, 5), st.integers(1, 3))
def test_products_by_floats(data: st.DataObject, n: int, k: int, m: int) -> None:
    """The slices that BLAS multiplies must make up the exact product, whatever the range of the entries."""
    tiny = st.sampled_from([0.0, 5e-324, -(2.0**-1022), 1e-160])
    wide = st.one_of(tiny, st.floats(-8, 8), st.floats(-(2.0**20), 2.0**20, width=32))
    a = np.array(data.draw(st.lists(entries, min_size=n * k, max_size=n * k))).reshape(n, k)
    w = np.array(data.draw(st.lists(wide, min_size=k * m, max_size=k * m))).reshape(k, m)
    p, q = np.array(exact(a)).reshape(n, k), np.array(exact(w)).reshape(k, m)
    largest = int(max(abs(x) for x in q.flat)) + 1
    assert_inside(fixed(a, BITS).times(w), list((p @ q).flat), 2 * k * largest + 6)


@given(st.data(), st.integers(1, 4), st.sampled_from([2.0**-100, 2.0**-60, 2.0**-3]))
def test_products_of_balls_by_floats(data: st.DataObject, k: int, rad: float) -> None:
    """Bits below all radii are cut off before the product: both ends of the balls must still lie inside."""
    a = np.array(data.draw(st.lists(entries, min_size=k, max_size=k)))
    w = np.array(data.draw(st.lists(st.floats(-8, 8), min_size=k, max_size=k)))
    sharp = fixed(a / 3, BITS)
    found = Fixed(sharp.mid, sharp.rad + rad, BITS).reshape(1, k).times(w[:, None])
    mid, size = Fraction(int(found.mid[0, 0]), 2**BITS), Fraction(float(found.rad[0, 0]))
    for sign in (-1, 1):
        worst = sum(
            (p + sign * Fraction(rad) * (1 if q > 0 else -1)) * q for p, q in zip(exact(a / 3), exact(w), strict=True)
        )
        assert abs(worst - mid) <= size
    assert size <= Fraction(rad) * (sum((abs(q) for q in exact(w)), Fraction(0)) + 1) * Fraction(101, 100) + 20 * UNIT


def test_long_products_are_exact() -> None:
    """Slices are so narrow that sums over the inner dimension stay below 2^53: at 3072, and for the worst signs."""
    k = 3072
    source = np.random.default_rng(0)
    for a, w in (
        (source.standard_normal((2, k)), source.standard_normal((k, 2))),
        (np.full((2, k), np.nextafter(4, 0)), np.full((k, 2), np.nextafter(1, 0))),
        (np.full((2, k), -np.nextafter(4, 0)), np.full((k, 2), np.nextafter(1, 0))),
    ):
        p, q = np.array(exact(a)).reshape(2, k), np.array(exact(w)).reshape(k, 2)
        assert_inside(fixed(a, BITS).times(w), list((p @ q).flat), 6)


FUNCTIONS: list[Callable[[arb], arb]] = [
    lambda x: x.exp(),
    lambda x: x.tanh(),
    lambda x: x.erf(),
    lambda x: (x * x + 1).rsqrt(),
    lambda x: x.max(arb(0)),
]


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=4), st.sampled_from(FUNCTIONS))
def test_functions(numbers: list[float], function: Callable[[arb], arb]) -> None:
    """The image of a ball contains the images of its ends and of its midpoint."""
    x = fixed(np.array(numbers), BITS)
    x = Fixed(x.mid, x.rad + 2.0**-40, BITS)
    found = x.map(function)
    before, ctx.prec = ctx.prec, 400
    try:
        for number, mid, rad in zip(numbers, found.mid, found.rad, strict=True):
            for shift in (-(2.0**-40), 0.0, 2.0**-40):
                distance = abs(function(arb(number) + arb(shift)) - arb((int(mid), -BITS)))
                assert distance <= arb(float(rad))
    finally:
        ctx.prec = before


def test_what_is_not_known_any_more_is_said() -> None:
    """A radius that tells nothing must not become a number."""
    lost = Fixed(fixed(np.array([0.5]), BITS).mid, np.array([0.6]), BITS)
    for function in (lambda x: 1 / x, lambda x: x.rsqrt()):
        with pytest.raises(NotEnoughBits, match="120 bits"):
            lost.map(function)
    with pytest.raises(NotEnoughBits):
        Fixed(lost.mid, np.array([np.inf]), BITS).map(lambda x: x.tanh())


def test_what_cannot_be_scaled_is_refused() -> None:
    """Entries so far apart that slicing would round, and more bits than radii can follow."""
    with pytest.raises(ModelError, match="as large as 2\\^101"):
        fixed(np.ones((1, 2)), BITS).times(np.array([[2.0**100], [5e-324]]))
    with pytest.raises(ModelError, match="values above 2\\^123"):
        fixed(np.array([2.0**130]), MOST_BITS).value()
    with pytest.raises(ModelError, match="possible are 64"):
        fixed(np.ones(1), MOST_BITS + 1)
