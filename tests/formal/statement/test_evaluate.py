"""Statements at given matrices: two evaluations agree, and recursions unroll to what they are meant to be."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formal.kernel.ground import Matrix, evaluate_term
from formal.kernel.ground import evaluate as evaluate_prop
from formal.statement import (
    Expression,
    Identity,
    StatementError,
    Trace,
    ZeroMatrix,
    define,
    dims,
    family,
    matrix,
    opaque,
    ordered_product,
    rank,
    running_sum,
    scalars,
    subset_sum,
    vector,
)
from formal.statement.elaborate import elaborate, elaborate_prop
from formal.statement.evaluate import evaluate, instance
from formal.statement.language import lift

exact = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
a, b, l, L = dims("a b l L")
SIZES: tuple[Any, ...] = (1, a, b)
entries = st.sampled_from([Fraction(0), Fraction(1), Fraction(-1), Fraction(2), Fraction(1, 2)])


def name(r: Any, c: Any) -> str:
    return f"X{r}{c}"


@st.composite
def expressions(draw: st.DrawFn, rows: Any, cols: Any, depth: int = 3) -> Expression:
    """A random well-shaped expression, written with the operators of the language."""
    kinds = ["letter", "zero"] + (["identity"] if rows is cols else [])
    if depth:
        kinds += ["add", "mul", "mul", "T", "scale", "neg"] + (["trace", "rank", "nat"] if rows == 1 == cols else [])
    kind = draw(st.sampled_from(kinds))

    def sub(r: Any, c: Any) -> Expression:
        found: Expression = draw(expressions(r, c, depth - 1))
        return found

    if kind == "letter":
        return matrix(name(rows, cols), rows, cols)
    if kind == "zero":
        return ZeroMatrix(rows, cols)
    if kind == "identity":
        return Identity(rows)
    if kind == "add":
        return sub(rows, cols) + sub(rows, cols)
    if kind == "neg":
        return sub(rows, cols) - 2 * sub(rows, cols) / 3
    if kind == "mul":
        middle = draw(st.sampled_from(SIZES))
        return sub(rows, middle) * sub(middle, cols)
    if kind == "T":
        return sub(cols, rows).T
    if kind == "scale":
        s, x = sub(1, 1), sub(rows, cols)
        return draw(st.sampled_from([s * x, x * s]))
    if kind == "nat":
        return lift(draw(st.sampled_from([a, a + b, a * b + 1])))
    size, other = draw(st.sampled_from(SIZES)), draw(st.sampled_from(SIZES))
    return Trace(sub(size, size)) if kind == "trace" else rank(sub(size, other))


@st.composite
def values(draw: st.DrawFn) -> dict[str, Any]:
    sizes = {"a": draw(st.integers(0, 3)), "b": draw(st.integers(0, 3))}
    found: dict[str, Any] = dict(sizes)
    for r, c in product(SIZES, repeat=2):
        rows, cols = (sizes.get(str(k), k) for k in (r, c))
        found[name(r, c)] = [[draw(entries) for _ in range(cols)] for _ in range(rows)]
    return found


@exact
@given(st.tuples(st.sampled_from(SIZES), st.sampled_from(SIZES)).flatmap(lambda s: expressions(*s)), values())
def test_an_expression_and_its_kernel_term_have_one_value(e: Expression, at: dict[str, Any]) -> None:
    """Otherwise what is proved is not what was written."""
    where = instance(at)
    assert evaluate_term(elaborate(e), where.witness()) == evaluate(e, where)


# ---------------------------------------------------------------- recursions
small = st.lists(st.lists(st.sampled_from([0, 1, -1, 2]), min_size=4, max_size=4), max_size=5)


def times(x: Matrix, y: Matrix) -> Matrix:
    return tuple(tuple(sum(x[i][k] * y[k][j] for k in range(2)) for j in range(2)) for i in range(2))


def plus(x: Matrix, y: Matrix) -> Matrix:
    return tuple(tuple(p + q for p, q in zip(r, s, strict=True)) for r, s in zip(x, y, strict=True))


ONE: Matrix = ((1, 0), (0, 1))
NONE: Matrix = ((0, 0), (0, 0))


def layers(rows: list[list[int]]) -> dict[str, Any]:
    """L layers T[1] .. T[L], each 2 x 2."""
    return {"a": 2, "L": len(rows), "T": {i + 1: [r[:2], r[2:]] for i, r in enumerate(rows)}}


@exact
@given(small)
def test_subset_sum_is_the_sum_over_all_subsets(rows: list[list[int]]) -> None:
    """S[k] enumerates the 2^k subsets of {1 .. k}, each as the product of its factors, the latest on the left."""
    T = family("T", a, a)
    S = subset_sum("S", lambda i: T[i], l, L)
    at = instance(layers(rows), (S,))
    for k in range(len(rows) + 1):
        total = NONE
        for size in range(k + 1):
            for chosen in combinations(range(1, k + 1), size):
                path = ONE
                for i in chosen:
                    path = times(at.letters["T"][i], path)
                total = plus(total, path)
        assert evaluate(S[k], at) == total
    check_defined(S, at)


@exact
@given(small)
def test_ordered_product_is_the_product_of_the_layers(rows: list[list[int]]) -> None:
    """P[k] = (I + T[k]) .. (I + T[1]); and it equals the sum over subsets, which is the path expansion."""
    T = family("T", a, a)
    P = ordered_product("P", lambda i: Identity(a) + T[i], l, L)
    S = subset_sum("S", lambda i: T[i], l, L)
    at = instance(layers(rows), (P, S))
    value = ONE
    for k in range(len(rows) + 1):
        if k:
            value = times(plus(ONE, at.letters["T"][k]), value)
        assert evaluate(P[k], at) == value == evaluate(S[k], at)
    check_defined(P, at)
    check_defined(S, at)


@exact
@given(small)
def test_running_sum_starts_with_the_first_term(rows: list[list[int]]) -> None:
    """S[k] = term(1) + .. + term(k); S[0] is zero."""
    T = family("T", a, a)
    S = running_sum("S", lambda i: i * T[i], l, L)
    at = instance(layers(rows), (S,))
    value = NONE
    for k in range(len(rows) + 1):
        if k:
            value = plus(value, tuple(tuple(k * x for x in r) for r in at.letters["T"][k]))
        assert evaluate(S[k], at) == value
    check_defined(S, at)


def check_defined(fam: Any, at: Any) -> None:
    """The kernel agrees that the unrolled values satisfy the defining equations."""
    for p in fam.defined:
        assert evaluate_prop(elaborate_prop(p), at.witness())


def test_a_recursion_that_was_unrolled_wrongly_is_noticed() -> None:
    """The defining equations are hypotheses: a family that breaks them is no witness."""
    T = family("T", a, a)
    S = subset_sum("S", lambda i: T[i], l, L)
    at = instance(layers([[1, 1, 0, 1], [0, 1, 1, 0]]), (S,))
    at.letters["S"][2] = ((9, 9), (9, 9))
    assert not all(evaluate_prop(elaborate_prop(p), at.witness()) for p in S.defined)


def test_a_recursion_may_use_the_index_and_other_families() -> None:
    """F[l + 1] = (l + 1) F[l] from F[0] = 1 is the factorial."""
    F = define("F", l, L, 1, lambda i, f: lift(i + 1) * f[i])
    at = instance({"L": 6}, (F,))
    assert [evaluate(F[k], at)[0][0] for k in range(7)] == [1, 1, 2, 6, 24, 120, 720]
    check_defined(F, at)


# ---------------------------------------------------------------- maps and refusals
def test_the_calls_of_a_map_become_a_table() -> None:
    """A witness for an opaque map is finite: the points at which it was called, with their values."""
    phi, x = opaque("phi", a, a), vector("x", a)
    relu: Callable[[Matrix], Any] = lambda v: [[max(r[0], 0)] for r in v]  # noqa: E731
    at = instance({"a": 2, "x": [[1], [-2]], "phi": relu})
    e = phi(x) + phi(-phi(x))
    assert evaluate(e, at) == ((1,), (0,))
    assert evaluate_term(elaborate(e), at.witness()) == ((1,), (0,))


@pytest.mark.parametrize("entry", [0.5, True, float("nan")])
def test_floats_and_bools_are_refused_in_a_witness(entry: Any) -> None:
    """Exact numbers only; text such as '3/5' is read as a fraction."""
    with pytest.raises(StatementError, match="exact numbers only"):
        instance({"a": 1, "S": [[entry]]})
    assert instance({"S": [["3/5"]]}).letters["S"] == ((Fraction(3, 5),),)


def test_missing_values_are_named() -> None:
    """The message says which letter has none."""
    with pytest.raises(StatementError, match="no value for s"):
        evaluate(scalars("s"), instance({}))
    with pytest.raises(StatementError, match=r"no value for T\[3\]"):
        evaluate(family("T", 1, 1)[3], instance({"T": {0: [[1]]}}))
    with pytest.raises(StatementError, match="no function for phi"):
        evaluate(opaque("phi", 1, 1)(scalars("s")), instance({"s": [[1]]}))
