"""Inequalities: what linear programming over products and squares finds, and what it must refuse."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formal.kernel.ground import Witness, evaluate
from formal.kernel.props import Prop, at_least, greater
from formal.kernel.rules import Theorem, assume
from formal.kernel.terms import ONE, Decl, Term, add, letter, nat, number, rank, scalar, scale
from formal.provers.errors import ProofFailure
from formal.provers.positivity import positivity
from formal.statement import Eq, Identity, Le, Lt, Trace, dims, inner, matrix, norm2, scalars, vector
from formal.statement import rank as rank_of
from formal.statement.elaborate import elaborate, elaborate_prop

n, m, k = dims("n m k")
x, y = vector("x", n), vector("y", n)
X, Y, S = matrix("X", m, n), matrix("Y", n, k), matrix("S", n, n)
a, b, c = scalars("a b c")


def proved(goal: Any, *given: Any, squares: Any = (), **options: Any) -> Theorem:
    facts = [assume(elaborate_prop(p)) for p in given]
    th = positivity(elaborate_prop(goal), facts, squares=[elaborate(s) for s in squares], **options)
    assert th.conclusion == elaborate_prop(goal)
    assert th.hyps <= {elaborate_prop(p) for p in given}
    return th


def fails(goal: Any, *given: Any, **options: Any) -> str:
    with pytest.raises(ProofFailure) as caught:
        proved(goal, *given, **options)
    return str(caught.value)


# ---------------------------------------------------------------- squares
CAUCHY = Le(inner(x, y) * inner(x, y), norm2(x) * norm2(y))


def test_cauchy_schwarz_from_one_square() -> None:
    """|x y' - y x'|^2 = 2 (|x|^2 |y|^2 - <x, y>^2)."""
    assert proved(CAUCHY, squares=[x * y.T - y * x.T]).hyps == frozenset()
    fails(CAUCHY)
    fails(CAUCHY, squares=[x * y.T])


def test_the_reverse_of_cauchy_schwarz_is_refused() -> None:
    """It fails at any two vectors that are not parallel."""
    fails(Le(norm2(x) * norm2(y), inner(x, y) * inner(x, y)), squares=[x * y.T - y * x.T, x + y, x - y], products=2)


def test_squares_of_matrices() -> None:
    """|S - S'|^2 >= 0 says tr(S S) <= |S|^2; the other direction is false."""
    proved(Le(Trace(S * S), norm2(S)), squares=[S - S.T])
    fails(Le(norm2(S), Trace(S * S)), squares=[S - S.T, S, S + S.T])
    proved(Le(2 * inner(x, y), norm2(x) + norm2(y)), squares=[x - y])
    proved(Le(-2 * a * b, a * a + b * b), squares=[a + b])


def test_welch() -> None:
    """|S - t I|^2 >= 0 for all t is what the Welch bound comes from."""
    t = scalars("t")
    fails(Le(Trace(S) * Trace(S), n * norm2(S)), squares=[S])
    proved(Le(2 * t * Trace(S), norm2(S) + t * t * n), squares=[S - t * Identity(n)])


# ---------------------------------------------------------------- facts and products
def test_products_of_facts() -> None:
    """a, b >= 0 give a b >= 0, with products of two facts allowed; a >= b >= 0 gives a^2 >= b^2."""
    proved(Le(0, a * b), Le(0, a), Le(0, b), products=2)
    fails(Le(0, a * b), Le(0, a), Le(0, b), products=1)
    proved(Le(b * b, a * a), Le(b, a), Le(0, b), products=2)
    fails(Le(b * b, a * a), Le(b, a), products=2)
    fails(Le(0, a * b), Le(0, a), products=2)


def test_equations_are_used_with_either_sign_and_with_multipliers() -> None:
    """a = b gives a <= b and b <= a; a c = b c needs the multiplier c."""
    proved(Le(a, b), Eq(a, b))
    proved(Le(b, a), Eq(a, b))
    fails(Le(a * c, b * c), Eq(a, b))
    proved(Le(a * c, b * c), Eq(a, b), multipliers=[elaborate(c)])


def test_a_goal_is_rewritten_by_matrix_equations() -> None:
    """<y, S x> >= 0 when S x = y; without the equation nothing is known of it."""
    facts = [assume(elaborate_prop(Eq(S * x, y)))]
    goal = elaborate_prop(Le(0, inner(y, S * x)))
    th = positivity(goal, facts, squares=[elaborate(y)], modulo=facts)
    assert (th.conclusion, th.hyps) == (goal, facts[0].hyps)
    fails(Le(0, inner(y, S * x)), Eq(S * x, y), squares=[y])
    fails(Le(0, inner(y, S * x)), squares=[y])


# ---------------------------------------------------------------- dimensions, ranks, strictness
def test_linear_arithmetic_of_ranks_and_dimensions() -> None:
    """rank X <= k and k + rank Y <= n give rank X + rank Y <= n; dimensions and ranks are not negative."""
    proved(Le(rank_of(X) + rank_of(Y), n), Le(rank_of(X), k), Le(k + rank_of(Y), n))
    proved(Le(0, rank_of(X) + 2 * n))
    proved(Le(0, n * rank_of(X)))
    fails(Le(1, n))
    fails(Le(rank_of(X), n))
    fails(Le(rank_of(X) + rank_of(Y), n), Le(rank_of(X), k))


def test_strict_goals_need_something_positive() -> None:
    """n + 1 > 0 and a^2 + 1 > 0, but neither n > 0 nor a^2 > 0."""
    proved(Lt(0, n + 1))
    proved(Lt(0, a * a + 1), squares=[a])
    proved(Lt(b, a + c), Lt(b, a), Le(0, c))
    proved(Lt(0, a * b), Lt(0, a), Lt(0, b), products=2)
    fails(Lt(0, n))
    fails(Lt(0, a * a), squares=[a])
    fails(Lt(b, a), Le(b, a))
    fails(Lt(0, a * b), Lt(0, a), Le(0, b), products=2)
    fails(Lt(a, a))


def test_contradictory_facts_prove_anything_and_say_so() -> None:
    """0 > a >= 0: the theorem carries both hypotheses."""
    assert len(proved(Lt(0, 0 * a), Lt(a, 0), Le(0, a)).hyps) == 2


def test_idle_facts_are_left_out() -> None:
    """A theorem should carry the hypotheses that it needs."""
    assert proved(Le(0, a), Le(0, b), Le(0, a), Le(b, c)).hyps == {elaborate_prop(Le(0, a))}


def test_failure_names_the_goal_and_what_was_at_hand() -> None:
    """The author sees which fact is missing."""
    message = fails(Le(a, c), Le(a, b))
    assert "positivity" in message
    assert "- a + b >= 0" in message or "b - a >= 0" in message
    assert "c" in message
    assert "nothing" in fails(Le(0, a))
    with pytest.raises(ProofFailure, match="is not an inequality"):
        positivity(elaborate_prop(Eq(a, b)), [])


# ---------------------------------------------------------------- nothing false, and all that is linear
LETTERS = [letter(Decl(name, ONE, ONE)) for name in "abc"]
NATURALS = [scalar(nat("n")), rank(letter(Decl("X", nat("n"), nat("n"))))]
coefficients = st.lists(st.integers(-2, 2), min_size=5, max_size=5)


def combination(cs: list[int], constant: int) -> Term:
    total = number(constant)
    for c_, atom in zip(cs, [*LETTERS, *NATURALS], strict=True):
        total = add(total, scale(number(c_), atom))
    return total


forms = st.builds(combination, coefficients, st.integers(-2, 2))
values = st.lists(st.fractions(-3, 3, max_denominator=2), min_size=3, max_size=3)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(forms, st.booleans()), max_size=4), forms, st.booleans(), values, st.booleans())
def test_what_a_point_denies_is_not_proved(
    facts: list[tuple[Term, bool]], goal: Term, strict: bool, at: list[Fraction], full: bool
) -> None:
    """At a point where all facts hold and the goal fails there is no combination to be found."""
    ones = ((1, 0), (0, 1)) if full else ((1, 1), (1, 1))
    w = Witness({"n": 2}, {**{name: ((v,),) for name, v in zip("abc", at, strict=True)}, "X": ones})

    def prop(t: Term, gt: bool) -> Prop:
        return greater(t, number(0)) if gt else at_least(t, number(0))

    given = [p for t, gt in facts for p in [prop(t, gt)] if evaluate(p, w)]
    wanted = prop(goal, strict)
    try:
        th = positivity(wanted, [assume(p) for p in given])
    except ProofFailure:
        return
    assert th.conclusion == wanted
    assert evaluate(wanted, w)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    st.lists(st.tuples(forms, st.booleans(), st.integers(0, 3)), max_size=4),
    st.lists(st.integers(0, 2), min_size=2, max_size=2),
)
def test_every_non_negative_combination_is_found(facts: list[tuple[Term, bool, int]], naturals: list[int]) -> None:
    """Linear goals that do follow are found: the search is complete there."""
    total, strict = number(0), False
    for t, gt, times in facts:
        total, strict = add(total, t, times), strict or (gt and times > 0)
    for atom, times in zip(NATURALS, naturals, strict=True):
        total = add(total, atom, times)
    given = [assume(greater(t, number(0)) if gt else at_least(t, number(0))) for t, gt, _ in facts]
    assert positivity(at_least(total, number(0)), given)
    if strict:
        assert positivity(greater(total, number(0)), given)
