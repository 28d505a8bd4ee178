"""Induction on depth: expansions that hold for every number of layers, and those that do not."""

from __future__ import annotations

from typing import Any

import pytest

from formal.kernel.rules import Theorem, assume
from formal.provers.errors import ProofFailure
from formal.provers.induct import by_induction, split_at
from formal.provers.proof import Proof, auto
from formal.statement import (
    Each,
    Eq,
    Family,
    Identity,
    Le,
    Trace,
    define,
    dims,
    family,
    matrix,
    ordered_product,
    subset_sum,
    vector,
)
from formal.statement.elaborate import elaborate_prop
from formal.statement.language import lift

d, l, L = dims("d l L")
T = family("T", d, d)
P = ordered_product("P", lambda i: Identity(d) + T[i], l, L)
S = subset_sum("S", lambda i: T[i], l, L)


def proved(goal: Any, script: Any, *where: Family, given: tuple[Any, ...] = ()) -> Theorem:
    """The goal from the defining equations of the families and the givens."""
    hyps = [elaborate_prop(p) for fam in where for p in fam.defined] + [elaborate_prop(p) for p in given]
    p = Proof(elaborate_prop(goal), map(assume, hyps))
    th = p.close(script(p))
    assert th.conclusion == elaborate_prop(goal)
    assert th.hyps <= set(hyps)
    assert not th.axioms
    return th


def test_the_product_of_all_layers_is_the_sum_over_all_subsets() -> None:
    """The path expansion, for every depth L at once."""
    th = proved(Eq(P[L], S[L]), by_induction(L), P, S)
    assert len(th.hyps) == 4


def test_a_claim_may_be_stronger_than_the_goal() -> None:
    """tr P[L] = tr S[L] needs the equality of the matrices as its claim; of its traces the step is not known."""
    goal = Eq(Trace(P[L]), Trace(S[L]))
    proved(goal, by_induction(L, lambda k: Eq(P[k], S[k])), P, S)
    with pytest.raises(ProofFailure):
        proved(goal, by_induction(L), P, S)


def test_telescoping() -> None:
    """x[L] = x[0] + the sum of what the layers wrote."""
    x = family("x", d, 1)
    moved = Each(l, L, Eq(x[l + 1], x[l] + T[l + 1] * x[l]))
    total = define("R", l, L, vector("z", d), lambda i, r: r[i] + T[i + 1] * x[i])
    start = Eq(x[0], vector("z", d))
    proved(Eq(x[L], total[L]), by_induction(L), total, given=(start, moved))


def test_inequalities_by_induction() -> None:
    """F[l + 1] = F[l] + 2 from F[0] = 0 makes F[L] >= L, and F[L] = 2 L."""
    F = define("F", l, L, lift(0), lambda i, f: f[i] + 2)
    proved(Eq(F[L], 2 * L), by_induction(L), F)
    proved(Le(L, F[L]), by_induction(L), F)


@pytest.mark.parametrize(
    "goal",
    [
        Eq(P[L], Identity(d)),
        Eq(P[L], Identity(d) + T[L]),
        Eq(P[L], S[L] + S[L]),
        Eq(P[L] * T[1], T[1] * P[L]),
        Eq(P[L], S[L + 1]),
    ],
)
def test_what_fails_at_some_depth_is_not_proved(goal: Any) -> None:
    """Wrong at depth 0, 1 or 2; a base or a step must fail."""
    with pytest.raises(ProofFailure):
        proved(goal, by_induction(L), P, S)


def test_an_induction_without_its_base_fails() -> None:
    """S without S[0] = I may start anywhere."""
    hyps = [elaborate_prop(p) for p in (*P.defined, S.defined[1])]
    p = Proof(elaborate_prop(Eq(P[L], S[L])), map(assume, hyps))
    with pytest.raises(ProofFailure):
        by_induction(L)(p)


def test_a_recursion_beyond_its_depth_says_nothing() -> None:
    """P[l + 1] is defined for l < L only: nothing follows at L + 1."""
    with pytest.raises(ProofFailure):
        proved(Eq(P[L + 1], (Identity(d) + T[L + 1]) * P[L]), auto, P)


def test_a_recursion_below_its_depth_can_be_used() -> None:
    """From l < L at hand, L is l + 1 + j, and the equation at l is at hand."""
    j = dims("i")
    goal = elaborate_prop(Eq(P[j + 1], (Identity(d) + T[j + 1]) * P[j]))
    p = Proof(goal, [assume(elaborate_prop(q)) for q in (*P.defined, Le(j + 1, L))])
    every = p.facts[1]
    assert p.at(every, j).conclusion == goal
    split = split_at(p, j, L)
    assert split is not None


def test_matrices_that_commute_stay_commuting() -> None:
    """If A commutes with every layer, it commutes with their product."""
    A = matrix("A", d, d)
    given = Each(l, L, Eq(A * T[l + 1], T[l + 1] * A))
    proved(Eq(A * P[L], P[L] * A), by_induction(L), P, given=(given,))
    with pytest.raises(ProofFailure):
        proved(Eq(A * P[L], P[L] * A), by_induction(L), P)
