"""Statements as text and back: what is written says the same, down to the kernel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from formal.book import BOOK
from formal.claims import Claim
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
    StatementError,
    Trace,
    ZeroMatrix,
    dims,
    family,
    inner,
    matrix,
    norm2,
    opaque,
    ordered_product,
    rank,
    running_sum,
    scalars,
    subset_sum,
    vector,
)
from formal.statement.language import Expression, Family, Prop
from formal.statement.text import Statement, parse
from formal.statement.text.writing import to_text

from ..provers.sharing import mostly_slow
from .texts import VALID, meaning, same

CLAIMS = [claim for claim in BOOK if claim.show is not None]


def means_the_same(one: Any, other: Any) -> bool:
    """The hypotheses in any order: a family that the parser does not name is declared, its equations come first."""
    (h, p), (k, q) = meaning(one), meaning(other)
    return set(h) == set(k) and p == q


@pytest.mark.parametrize("claim", mostly_slow(CLAIMS), ids=lambda c: c.id)
def test_every_claim_of_the_book_can_be_written(claim: Claim) -> None:
    assert means_the_same(parse(to_text(claim)), claim)


def test_the_book_has_claims_to_write() -> None:
    """So that the test above tests something: there are at least these, and some are written with sum and prod."""
    assert len(CLAIMS) >= 317
    assert to_text(BOOK.claims["VW-C1e"]).endswith("=> W_k*prod(l = 1..L, I + V[l]*W[l])*V_i = W_k*V_i")


@pytest.mark.parametrize("text", VALID)
def test_text_to_text(text: str) -> None:
    once = parse(text)
    again = to_text(once)
    assert same(parse(again), once)
    assert to_text(parse(again)) == again


d, m, n, l, k, L = dims("d m n l k L")
T = family("T", d, d)


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (Statement((), Eq(Identity(d), Identity(d))), "d; I(d) = I(d)"),
        (Statement((), Eq(rank(ZeroMatrix(m, n)), 0)), "m, n; rank(zeros(m, n)) = 0"),
        (Statement((Le(1, d),), Eq(matrix("A", d, d), 0)), "d; A: d x d; A = 0"),
        (Statement((), Eq(matrix("A", d, d), 0)), "d >= 0; A: d x d; A = 0"),
        (Statement((Le(2, d), Le(1, m)), Eq(matrix("A", d, L), 0)), "L >= 0, d >= 2, m >= 1; A: d x L; A = 0"),
        (
            Statement((), Eq(running_sum("S", lambda i: T[i], l, L)[L], 0), (running_sum("S", lambda i: T[i], l, L),)),
            "L, d >= 0; T[k]: d x d; sum(l = 1..L, T[l]) = 0",
        ),
        (
            Statement((), Eq(running_sum("R", lambda i: T[i], l, L)[L], 0), (running_sum("R", lambda i: T[i], l, L),)),
            "L, d >= 0; R[k], T[k]: d x d; R[0] = 0, for all l < L: R[l + 1] = R[l] + T[l + 1] => R[L] = 0",
        ),
        (
            Statement((), Exists((n, matrix("C", d, n)), Eq(matrix("C", d, n), 0))),
            "d >= 0; exists n. exists C: d x n. C = 0",
        ),
    ],
)
def test_what_is_written(statement: Statement, text: str) -> None:
    assert to_text(statement) == text


def test_what_cannot_be_written_is_refused() -> None:
    """A word of the notation as a name; one name for a letter outside and another inside; no proposition."""
    A, tr = matrix("A", d, d), scalars("tr")
    with pytest.raises(StatementError, match="tr is a word of the notation"):
        to_text(Statement((), Eq(tr, 0)))
    with pytest.raises(StatementError, match="cannot be written as one line of text"):
        to_text(Statement((Eq(A, 0),), ForAll(A, Eq(A, 0))))
    with pytest.raises(StatementError, match="no proposition"):
        to_text(replace(CLAIMS[0], show=None))


# ---------------------------------------------------------------- random statements
A, B, W, V = matrix("A", d, d), matrix("B", d, d), matrix("W", m, d), matrix("V", d, m)
x, y, a, b = vector("x", d), vector("y", d), *scalars("a b")
phi, psi = opaque("phi", d, d), opaque("psi", d, d, indexed=True)
INDEX = st.sampled_from([0, 1, L, l, l + 1, L + 2, 2 * L])
RATIONAL = st.fractions(-3, 3, max_denominator=7)


def square(inside: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    """d x d from such."""
    return st.one_of(
        st.builds(lambda p, q: p + q, inside, inside),
        st.builds(lambda p, q: p - q, inside, inside),
        st.builds(lambda p, q: p * q, inside, inside),
        st.builds(lambda p: p.T, inside),
        st.builds(lambda p, e: p**e, inside, st.integers(0, 3)),
        st.builds(lambda p, c: c * p, inside, RATIONAL),
        st.builds(lambda p, c: p / c, inside, RATIONAL.filter(bool)),
        st.builds(lambda p: Trace(p) * p, inside),
        st.builds(lambda p: V * (W * p * V) * W, inside),
        st.builds(lambda p: phi(p * x) * y.T, inside),
        st.builds(lambda p, i: x * psi[i](p * y).T, inside, INDEX),
    )


SQUARE = st.recursive(
    st.one_of(st.sampled_from([A, B, Identity(d), ZeroMatrix(d, d), V * W]), st.builds(lambda i: T[i], INDEX)), square
)
SCALAR = st.one_of(
    st.sampled_from([a, b, a * b, m * a, (d + L) * b]),
    st.builds(lambda p: Trace(p), SQUARE),
    st.builds(lambda p: rank(p), SQUARE),
    st.builds(lambda p: norm2(p * x), SQUARE),
    st.builds(lambda p, q: inner(p, q) - a, SQUARE, SQUARE),
    st.builds(lambda p: x.T * p * y, SQUARE),
)
RELATION = st.one_of(
    st.builds(lambda p, q, make: make(p, q), SCALAR, SCALAR, st.sampled_from([Eq, Ne, Le, Lt])),
    st.builds(lambda p, q, make: make(p, q), SQUARE, SQUARE, st.sampled_from([Eq, Ne])),
    st.builds(lambda p: Eq(p, 0), SQUARE),
)


def logic(inside: st.SearchStrategy[Prop]) -> st.SearchStrategy[Prop]:
    return st.one_of(
        st.builds(lambda p, q, make: make(p, q), inside, inside, st.sampled_from([And, Or, Implies, Iff])),
        st.builds(lambda p, q, r: And(p, q, r), inside, inside, inside),
        st.builds(Not, inside),
    )


QUANTIFIED = st.one_of(
    st.builds(lambda p: Each(k, L + 1, p), st.builds(lambda p: Eq(p * T[k + 1], 0), SQUARE)),
    st.builds(lambda p: Exists((n, matrix("C", d, n)), Eq(p * matrix("C", d, n), 0)), SQUARE),
    st.builds(lambda p: ForAll((vector("z", d), scalars("c")), Lt(norm2(p * vector("z", d)), scalars("c"))), SQUARE),
    st.builds(lambda p: Exists(family("R", d, d), Each(k, d, Eq(family("R", d, d)[k], p))), SQUARE),
    st.builds(lambda p: ForAll(opaque("f", d, (d, 2)), Ne(p * opaque("f", d, (d, 2))(x), 0)), SQUARE),
)
PROP = st.recursive(st.one_of(RELATION, QUANTIFIED), logic, max_leaves=5)
FAMILIES = st.builds(
    lambda p, name, make: make(name, lambda i: p * T[i], k, L),
    SQUARE,
    st.sampled_from(["S", "P", "Q"]),
    st.sampled_from([running_sum, ordered_product, subset_sum]),
)


def written(statement: Statement) -> str:
    """The text; a statement that is too large when it is multiplied out is refused, and is not what is tested here."""
    try:
        return to_text(statement)
    except StatementError as e:
        assume("too many summands or factors" not in str(e))
        raise


@settings(max_examples=40, deadline=None)
@given(st.lists(PROP, max_size=3), PROP, st.booleans())
def test_random_statements_can_be_written(props: list[Prop], show: Prop, positive: bool) -> None:
    statement = Statement((*props, *([Le(1, d), Le(1, m)] if positive else [])), show)
    assert means_the_same(parse(written(statement)), statement)


@settings(max_examples=40, deadline=None)
@given(FAMILIES, PROP)
def test_random_recursions_can_be_written(defined: Family, p: Prop) -> None:
    statement = Statement((p,), Eq(defined[L], 0), (defined,))
    assert means_the_same(parse(written(statement)), statement)
