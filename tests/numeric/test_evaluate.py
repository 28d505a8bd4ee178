"""Evaluation of statements at enclosures: what it says is certain, and it never says more than is known."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formal.statement import (
    And,
    Each,
    Eq,
    Exists,
    ForAll,
    Identity,
    Iff,
    Implies,
    Le,
    Lt,
    Ne,
    Not,
    Or,
    Trace,
    define,
    dims,
    family,
    matrix,
    norm2,
    opaque,
    rank,
    scalars,
    vector,
)
from formal.statement.evaluate import evaluate, instance
from numeric.claims.chains import Chain, cheapest, multiply
from numeric.claims.evaluate import Evaluation, terms
from numeric.claims.valuation import Values
from numeric.claims.weights import Weight
from numeric.enclosures.enclosure import Enclosure
from numeric.errors import ModelError

from .evaluating import finding

d, m, k, l, L, i = dims("d m k l L i")
W, V, T, U = matrix("W", m, d), matrix("V", d, m), matrix("T", d, d), matrix("U", d, d)
x, y = vector("x", d), vector("y", d)
a, b = scalars("a b")


def ball(mid: Any, rad: float) -> Enclosure:
    found = np.asarray(mid, dtype=float)
    return Enclosure(found, np.full(found.shape, rad))


SMALL = st.integers(-3, 3)


def square(values: list[int]) -> list[list[int]]:
    return [values[:2], values[2:]]


@given(st.lists(SMALL, min_size=4, max_size=4), st.lists(SMALL, min_size=4, max_size=4), SMALL)
def test_values_are_those_of_exact_evaluation(t: list[int], u: list[int], s: int) -> None:
    """Every operation of the language: the enclosure contains what exact evaluation gives."""
    letters = {"T": square(t), "U": square(u), "x": [[t[0]], [u[0]]], "a": [[s]]}
    exact = instance({"d": 2, **letters})
    at = Evaluation(Values({name: np.array(v, dtype=float) for name, v in letters.items()}), (), [])
    at.nats["d"] = 2
    for e in (T * U - U.T * T, (Identity(d) + a * T) ** 3, Trace(T * U * T), norm2(T - 2 * U), x.T * T * x * a, T / 3):
        value, enclosed = evaluate(e, exact), at.value(e)
        for row, column in np.ndindex(enclosed.shape):
            q = Fraction(value[row][column])  # type: ignore[arg-type]
            assert enclosed[row, column].contains_ratio(q.numerator, q.denominator)


def test_an_equation_is_refuted_only_where_zero_lies_outside() -> None:
    """1 and 1 + 1e-20 are told apart if they are exact, and 1 +- 1e-9 is not told from 1."""
    assert finding(Eq(a, 1), a=np.array([[1.0]])).holds is True
    assert finding(Eq(a, 1), a=np.nextafter(1, 2)).holds is False
    within = finding(Eq(a, 1), a=ball([[1.0]], 1e-9))
    assert within.holds is None and 1e-9 <= within.width < 2e-9
    assert finding(Eq(a, 1), a=ball([[1.1]], 1e-9)).holds is False
    assert finding(Ne(a, 1), a=ball([[1.1]], 1e-9)).holds is True


def test_what_is_not_finite_decides_nothing() -> None:
    """An overflow encloses everything: neither equation nor inequality is certain, and the width says so."""
    for p in (Eq(a, 1), Le(a, 1), Lt(1, a)):
        found = finding(p, a=Enclosure(np.array([[np.inf]])))
        assert found.holds is None and found.width == np.inf


def test_inequalities_are_certain_or_open() -> None:
    """<= and < at the edge differ for exact numbers, and overlapping enclosures are open."""
    assert finding(Le(a, 1), a=1).holds is True
    assert finding(Lt(a, 1), a=1).holds is False
    assert finding(Le(a, 1), a=ball([[0.5]], 0.1)).holds is True
    assert finding(Lt(a, 1), a=ball([[1.5]], 0.1)).holds is False
    assert finding(Le(a, 1), a=ball([[1.0]], 0.1)).holds is None


def test_width_is_relative_to_what_cancels() -> None:
    """W (I - V W) = 0 with W V = 1: the sides are 0, the terms are as large as W, so the width is theirs."""
    w = np.array([[1e6, 2e6]])
    v = np.array([[0.2e-6], [0.4e-6]])
    found = finding(Eq(W * (Identity(d) - V * W), 0), W=w, V=ball(v, 1e-20))
    assert found.holds is None and found.width < 1e-12


def test_width_of_an_inner_sum_that_cancels() -> None:
    """<x, y> = 0 for orthogonal vectors that are known to some digits: the sum's terms are about 1, and so the width is
    relative to 1, not to what is left of it."""
    found = finding(Eq(x.T * y, 0), x=ball([[1.0], [1.0]], 1e-14), y=ball([[1.0], [-1.0]], 1e-14))
    assert found.holds is None and 1e-15 < found.width < 1e-13


def test_connectives_after_kleene() -> None:
    """What is not known stays unknown, unless the other part settles it."""
    unknown, true, false = Eq(a, 1), Le(0, 1), Le(1, 0)
    at: dict[str, Any] = {"a": ball([[1.0]], 1e-9)}
    assert finding(And(true, true)).holds and not finding(And(true, false)).holds
    assert finding(And(unknown, false), **at).holds is False
    assert finding(Or(unknown, true), **at).holds is True
    assert finding(Not(unknown), **at).holds is None
    assert finding(Implies(false, unknown), **at).holds is True
    assert finding(Implies(unknown, false), **at).holds is None
    assert finding(Implies(true, unknown), **at).width < 1e-8
    assert finding(Iff(true, false)).holds is False


def test_families_are_unrolled_and_indexed() -> None:
    """A product over layers is computed from its recursion; `for all l < L` looks at each."""
    t = family("T", d, d)
    p = define("P", l, L, Identity(d), lambda l, P: (Identity(d) + t[l + 1]) * P[l])
    layers = {n: np.array([[float(n)]]) for n in (1, 2, 3)}
    values = Values({"T": layers}, {"L": 3})
    statement = Eq(p[L], 24 * Identity(d))
    at = Evaluation(values, (p,), [statement])
    assert at.value(p[L]).contains_ratio(24, 1)
    assert at.proposition(statement).holds is None
    assert at.proposition(Each(i, L, Ne(t[i + 1], 0))).holds is True
    assert at.proposition(Each(i, L, Eq(t[i + 1], Identity(d)))).holds is False


def test_ranks_are_exact_where_bounds_meet() -> None:
    """A rank is compared as a number if it is known, and as an interval if it is not."""
    w, v = np.array([[1.0, 2.0, 0.1]]), np.array([[0.3], [0.2], [1.0]])
    for give in (np.asarray, Weight):
        assert finding(Eq(rank(V * W), 1), W=give(w), V=give(v)).holds is True  # type: ignore[operator]
    assert finding(Le(rank(W) + rank(V), d + rank(W * V)), W=w, V=v).holds is True
    open_rank = finding(Eq(rank(T), 2), T=ball(np.eye(2), 1e-9))
    assert open_rank.holds is None
    assert finding(Le(rank(T), 2), T=ball(np.eye(2), 1e-9)).holds is True


def test_ranks_of_products_that_are_not_full() -> None:
    """Where Sylvester's bound does not settle a product, it is multiplied out modulo a prime."""
    w, v = np.array([[1.0, 0.0]]), np.array([[0.0], [1.0]])
    assert finding(Eq(rank(W * V), 0), W=Weight(w), V=Weight(v)).holds is None  # at most 1 from the form, at least 0
    assert finding(Le(1, rank(V * W)), W=Weight(w), V=Weight(v)).holds is True


def test_fractions_are_exact() -> None:
    """q d = 1 holds for certain where q is the fraction 1/d, and not where it is the float nearest to it."""
    q, u = scalars("q"), vector("u", d)
    p = And(Eq(q * d, 1), Eq(u, u))
    assert finding(p, q=Fraction(1, 3), u=np.ones(3)).holds is True
    assert finding(p, q=1 / 3, u=np.ones(3)).holds is False


def test_quantifiers_are_tried_at_what_is_given() -> None:
    """A `for all` is refuted by one value and never proved by some; an `exists` is proved by one."""
    every, some_ = ForAll(y, Eq(T * y, y)), Exists(y, Ne(T * y, y))
    at = Values({"T": np.diag([1.0, 2.0])}, {}, {"y": [np.array([1.0, 0.0]), np.array([0.0, 1.0])]})
    assert Evaluation(at, (), [every]).proposition(every).holds is False
    assert Evaluation(at, (), [some_]).proposition(some_).holds is True
    fine = Values({"T": np.eye(2)}, {}, {"y": [np.array([1.0, 0.0])]})
    assert Evaluation(fine, (), [every]).proposition(every).holds is None
    assert Evaluation(Values({"T": np.eye(2)}), (), [every]).proposition(every).width == np.inf


def test_quantifiers_over_dimensions_families_and_maps() -> None:
    """A dimension, an index, a family or a map that is bound takes its values from those to try as well."""
    n = dims("n")
    left, right, phi, s = matrix("A", k, n), matrix("B", n, k), opaque("phi", d, d), family("s", d, 1)
    p = Exists((n, left, right), And(Eq(left * right, Identity(k)), Le(n, 3)))
    tried = {"n": [3], "A": [np.eye(2, 3)], "B": [np.eye(3, 2)]}
    assert Evaluation(Values({}, {"k": 2}, tried), (), [p]).proposition(p).holds is True
    q = Exists(phi, Eq(phi(x), 2 * x))
    doubled = {"phi": [lambda v: 2.0 * v]}
    assert Evaluation(Values({"x": np.ones(2)}, {}, doubled), (), [q]).proposition(q).holds is not False
    r = ForAll(i, Le(s[i].T * s[i], 1))
    at = {1: np.array([0.5, 0.5]), 2: np.array([2.0, 0.0])}
    assert Evaluation(Values({"s": at}, {}, {"i": [1]}), (), [r]).proposition(r).holds is None
    assert Evaluation(Values({"s": at}, {}, {"i": [1, 2]}), (), [r]).proposition(r).holds is False


def test_maps_are_functions_of_enclosures() -> None:
    """An opaque map is evaluated where the statement asks for it."""
    phi = opaque("phi", d, d)
    found = finding(Eq(phi(2 * x), 2 * phi(x)), phi=lambda e: e + Enclosure(np.ones(e.shape)), x=np.array([1.0]))
    assert found.holds is False


@pytest.mark.parametrize(
    ("letters", "message"),
    [
        ({"W": np.ones((1, 2))}, "no value is given for V"),
        ({"W": np.ones((1, 2)), "V": np.ones((3, 1))}, "W is 1 x 2, the statement has 1 x 3"),
        ({"W": np.ones((1, 2, 3)), "V": np.ones((3, 1))}, "a letter is a matrix"),
    ],
)
def test_values_that_do_not_fit_are_named(letters: dict[str, Any], message: str) -> None:
    """A wrong shape or a missing value is the binding's mistake, said with the letter's name."""
    with pytest.raises(ModelError, match=message):
        finding(Eq(W * V, 0), **letters)


def test_products_are_bracketed_for_cost_and_keep_scalars_out() -> None:
    """A vector at the right end is multiplied first; <x, y> inside a product is a scalar."""
    assert cheapest((5, 5, 5, 1)) == (0, (1, 2))
    chain = Chain.of(x.T * y * T * U, lambda e: str(e))
    assert chain.factors == ("T", "U") and chain.scalars == ("x.T*y",)
    behind = Chain.of(T * a * U, str)
    assert sorted(behind.factors) == ["T", "U"] and behind.scalars == ("a",)
    arrays = {"T": np.diag([1.0, 2.0]), "U": np.array([[0.0, 1.0], [1.0, 0.0]]), "a": np.array([[3.0]])}
    product = multiply(Chain.of(T * a * U, lambda e: arrays[str(e)]))
    assert product.tolist() == (3 * arrays["T"] @ arrays["U"]).tolist()


def test_terms_of_a_product_of_sums() -> None:
    """What cancels is looked for in the product written out, unless that would be too long."""
    assert len(terms((T + U) * (T - U))) == 4
    power = (Identity(d) + T) ** 8
    assert terms(power) == [power]


def test_dimensions_come_from_the_letters() -> None:
    """A family of widths is read off a family of matrices."""
    from formal.statement import dim_family

    widths = dim_family("m")
    v = family("V", d, lambda l: widths[l])
    p = Each(i, 2, Eq(v[i].T * v[i], Identity(widths[i])))
    at = Evaluation(Values({"V": {0: np.eye(3)[:, :1], 1: np.eye(3)[:, :2]}}), (), [p])
    assert at.nats == {"d": 3, "m": {0: 1, 1: 2}}
    assert at.proposition(p).holds is True
