"""The parts of the methods for equations; what they prove without hints is in `test_without_hints`."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formal.kernel import rules
from formal.kernel.terms import add, number, scale, squared_norm
from formal.provers.errors import ProofFailure
from formal.provers.gram import null_space
from formal.provers.ideal import Completed, Limits, Order, any_ideal
from formal.provers.inverses import inverse_by_size, other_side
from formal.provers.proof import Proof
from formal.provers.quadratic import Signs, sum_of_squares
from formal.provers.vanishing import vanish
from formal.statement import Eq, Identity, Le, Trace, dims, matrix, norm2
from formal.statement.elaborate import elaborate, elaborate_prop

n, m = dims("n m")
A, B, C = (matrix(name, n, n) for name in "ABC")


def fact(statement: object) -> rules.Theorem:
    return rules.assume(elaborate_prop(statement))


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.tuples(*[st.integers(-2, 2)] * 3)), max_size=4))
def test_sums_of_squares_are_found_and_add_up(parts: list[tuple[int, tuple[int, int, int]]]) -> None:
    """What was multiplied out is put together again: with positive weights, and to the same scalar."""
    total = number(0)
    for weight, (a, b, c) in parts:
        total = add(total, scale(number(weight), squared_norm(elaborate(a * A + b * B + c * C))))
    found = sum_of_squares(total, Signs())
    if not total.words:
        assert not found
        return
    assert found
    again = number(0)
    for square in found:
        assert square.coefficient > 0
        again = add(again, scale(number(square.coefficient), squared_norm(square.matrix)))
    assert again == total


def test_what_is_no_sum_of_squares_is_not_taken_for_one() -> None:
    """A product is not, nor a difference, nor a form that takes both signs."""
    for e in (Trace(A * B), norm2(A) - norm2(B), norm2(A) + 3 * Trace(A.T * B) + norm2(B)):
        assert not sum_of_squares(elaborate(e), Signs())


def test_of_a_difference_of_squares_nothing_vanishes() -> None:
    """|A|^2 = |B|^2 says of neither that it is 0."""
    p = Proof(elaborate_prop(Eq(A, 0)))
    assert vanish(p, fact(Eq(norm2(A), norm2(B)))) == []
    assert {th.conclusion for th in vanish(p, fact(Eq(norm2(A), -norm2(B))))} == {
        elaborate_prop(Eq(A, 0)),
        elaborate_prop(Eq(B, 0)),
    }


def test_a_left_inverse_of_a_long_matrix_stays_one_sided() -> None:
    """Only where rows are at least columns, by the facts, does A B = I give B A = I."""
    a, b = matrix("A", m, n), matrix("B", n, m)
    p = Proof(elaborate_prop(Eq(b * a, Identity(n))))
    assert other_side(p, fact(Eq(a * b, Identity(m)))) == []
    p.add(fact(Le(n, m)))
    assert [th.conclusion for th in other_side(p, fact(Eq(a * b, Identity(m))))] == [p.goal]
    assert {str(h) for h in inverse_by_size().hyps} == {"A B - I = 0", "m - n >= 0"}


rows = st.lists(st.dictionaries(st.integers(0, 4), st.integers(-3, 3).filter(bool), max_size=5), max_size=6)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(rows)
def test_the_null_space_is_annihilated(given_rows: list[dict[int, int]]) -> None:
    """Every vector solves all equations, and there are as many as columns without a pivot."""
    basis = null_space([dict(row) for row in given_rows], 5)
    for x in basis:
        assert any(x)
        for row in given_rows:
            assert sum(Fraction(c) * x[j] for j, c in row.items()) == 0
    assert len(basis) >= 5 - len(given_rows)


def test_the_first_target_that_is_reached_is_named() -> None:
    """A goal may be reached by one of several ways, and the theorem is of that one."""
    facts = [fact(Eq(A * A, A))]
    targets = [elaborate(A * B), elaborate(A * A * A - A)]
    i, th = any_ideal(targets, facts)
    assert (i, th.conclusion) == (1, elaborate_prop(Eq(A * A * A - A, 0)))


@pytest.mark.parametrize("order", [Order(), Order(backwards=True), Order(cyclic=True)])
def test_traces_do_not_go_round_in_circles(order: Order) -> None:
    """A B = B A turns tr(A A B B) and tr(A B A B) into each other; one of them is the smaller."""
    limits = Limits(steps=200)
    facts = [fact(Eq(A * B, B * A))]
    assert any_ideal([elaborate(Trace(A * B * A * B) - Trace(A * A * B * B))], facts, limits, order)[0] == 0
    with pytest.raises(ProofFailure, match="remains"):
        any_ideal([elaborate(Trace(A * B * A * B) - Trace(A * A * B))], facts, limits, order)


def test_completed_equations_reduce_and_certify() -> None:
    """A normal form comes with a proof that the term is equal to it, here that the difference vanishes."""
    completed = Completed([fact(Eq(A * B, C)), fact(Eq(B * A, Identity(n)))])
    reduced = completed.reduce(elaborate(C * A))
    assert reduced == elaborate(A)
    assert completed.vanishes(elaborate(C * A - A)).conclusion == elaborate_prop(Eq(C * A, A))
    with pytest.raises(ProofFailure):
        completed.vanishes(elaborate(C))
    assert all(len(th.hyps) <= 2 for th in completed.derived())
