"""The rank methods, without hints: what they must prove in all dimensions, and what is false and must not be."""

from __future__ import annotations

from typing import Any

import pytest

from formal.kernel import rules
from formal.kernel.rules import Theorem
from formal.provers import ranks
from formal.provers.errors import ProofFailure
from formal.provers.proof import Proof
from formal.provers.rank_adding import separated
from formal.provers.rank_blocks import BlockFacts
from formal.provers.rank_solving import (
    absorbs,
    injection,
    kernel_inclusion,
    kernel_witness,
    pseudo_inverse,
    rank_one,
    semidefinite,
    through,
    vanishes_everywhere,
)
from formal.provers.rank_table import RankTable
from formal.statement import (
    And,
    Eq,
    Exists,
    ForAll,
    Identity,
    Implies,
    Le,
    Lt,
    Ne,
    Not,
    Trace,
    ZeroMatrix,
    dims,
    matrix,
    rank,
    scalars,
    vector,
)
from formal.statement.elaborate import elaborate, elaborate_prop

from .sharing import mostly_slow

n, m, d, k, r = dims("n m d k r")
A, B, C, D, P, Q, W = (matrix(x, n, n) for x in ("A", "B", "C", "D", "P", "Q", "W"))
U, V = matrix("U", d, k), matrix("V", k, d)
X, Y, Z = matrix("X", m, n), matrix("Y", n, k), matrix("Z", k, d)
S, T, M = matrix("S", m, n), matrix("T", m, n), matrix("M", d, d)
L, R = matrix("L", n, r), matrix("R", r, n)
v, w = vector("v", d), vector("w", d)
x, b = vector("x", n), vector("b", n)
c = scalars("c")
I, Id, Ik = Identity(n), Identity(d), Identity(k)
O = 0 * A

# injections of the blocks of n + m and of k + d
E, F = matrix("E", n + m, n), matrix("F", n + m, m)
G, H = matrix("G", k + d, k), matrix("H", k + d, d)


def injections(e: Any, f: Any, p: Any, q: Any) -> list[Any]:
    """Those of a direct sum."""
    apart = Eq(e.T * f, ZeroMatrix(p, q))
    return [Eq(e.T * e, Identity(p)), Eq(f.T * f, Identity(q)), apart, Eq(e * e.T + f * f.T, Identity(p + q))]


ROWS, COLS = injections(E, F, n, m), injections(G, H, k, d)
A1, B1, C1, D1 = matrix("A1", n, k), matrix("B1", n, d), matrix("C1", m, k), matrix("D1", m, d)
LEFT, RIGHT = matrix("J", d, n), matrix("K", d, m)
SIDE = LEFT * E.T + RIGHT * F.T  # [J, K]
DIAGONAL = E * A1 * G.T + F * D1 * H.T
TRIANGLE = DIAGONAL + E * B1 * H.T


def null(y: Any, a: Any = A) -> Any:
    """a y = 0."""
    return Eq(a * y, 0 * (a * y))


TRUE: dict[str, tuple[list[Any], Any]] = {
    "product, left": ([], Le(rank(A * B), rank(A))),
    "product of three": ([], Le(rank(A * B * C), rank(B))),
    "transpose": ([], Eq(rank(X.T), rank(X))),
    "multiple": ([], Eq(rank(-3 * A), rank(A))),
    "difference turned": ([], Eq(rank(A - B), rank(B - A))),
    "multiple by a scalar": ([Ne(c, 0)], Eq(rank(c * A), rank(A))),
    "sum": ([], Le(rank(S + T), rank(S) + rank(T))),
    "sum from below": ([], Le(rank(S) - rank(T), rank(S - T))),
    "Sylvester": ([], Le(rank(X) + rank(Y), n + rank(X * Y))),
    "Frobenius": ([], Le(rank(X * Y) + rank(Y * Z), rank(Y) + rank(X * Y * Z))),
    "difference of products": ([], Le(rank(A * B - C * D), rank(A - C) + rank(B - D))),
    "commutator": ([], Le(rank(A * B - B * A), 2 * rank(A - I))),
    "commutator of a small matrix": ([], Le(rank(A * B - B * A), 2 * rank(A))),
    "bounded rank": ([Le(rank(A), r)], Le(rank(A * B + C * A), 2 * r)),
    # Gram matrices, normal and symmetric matrices, positive sums
    "Gram": ([], Eq(rank(X.T * X), rank(X))),
    "the other Gram": ([], Eq(rank(X * X.T), rank(X.T * X))),
    "Gram of three": ([], Eq(rank(A * A.T * A), rank(A))),
    "symmetric square": ([Eq(A.T, A)], Eq(rank(A * A), rank(A))),
    "symmetric cube": ([Eq(A.T, A)], Eq(rank(A * A * A), rank(A))),
    "normal square": ([Eq(A.T * A, A * A.T)], Eq(rank(A * A), rank(A))),
    "I + A'A is regular": ([], Eq(rank(I + A.T * A), n)),
    "A'A + c I is regular": ([Lt(0, c)], Eq(rank(X.T * X + c * I), n)),
    "I + skew is regular": ([Eq(A.T, -A)], Eq(rank(I + A), n)),
    "sum of Gram matrices": ([], Le(rank(A), rank(A.T * A + B.T * B))),
    "projected projection": (
        [Eq(P * P, P), Eq(P.T, P), Eq(Q * Q, Q), Eq(Q.T, Q)],
        Eq(rank(P * Q * P), rank(P * Q)),
    ),
    # nilpotent and annihilating
    "A^2 = 0": ([Eq(A * A, O)], Le(2 * rank(A), n)),
    "A^3 = 0": ([Eq(A * A * A, O)], Le(3 * rank(A), 2 * n)),
    "A^4 = 0": ([Eq(A * A * A * A, O)], Le(4 * rank(A), 3 * n)),
    "A^2 = 0 at 3": ([Eq(A * A, O), Eq(n, 3)], Le(rank(A), 1)),
    "product 0": ([Eq(X * Y, ZeroMatrix(m, k))], Le(rank(X) + rank(Y), n)),
    "products 0": ([Eq(A * B, O), Eq(B * A, O)], Le(rank(A + B), n)),
    "powers that stay": ([Eq(rank(A * A), rank(A))], Eq(rank(A * A * A), rank(A))),
    # I - UV
    "push-through": ([], Eq(d - rank(Id - U * V), k - rank(Ik - V * U))),
    "push-through, plus": ([], Eq(d - rank(Id + U * V), k - rank(Ik + V * U))),
    "I - AB, I - BA": ([], Eq(rank(I - A * B), rank(I - B * A))),
    "I - vv'": ([Eq(v.T * v, 1)], Eq(rank(Id - v * v.T), d - 1)),
    "Sherman-Morrison": ([Ne(1 - w.T * v, 0)], Eq(rank(Id - v * w.T), d)),
    # idempotents, involutions, quadratic equations
    "idempotent": ([Eq(P * P, P)], Eq(rank(P), Trace(P))),
    "complement": ([Eq(P * P, P)], Eq(rank(P) + rank(I - P), n)),
    "trace of an idempotent": ([Eq(P * P, P)], And(Le(0, Trace(P)), Le(Trace(P), n))),
    "full trace": ([Eq(P * P, P), Eq(Trace(P), n)], Eq(P, I)),
    "rank 0": ([Eq(P * P, P), Eq(Trace(P), 0)], Eq(P, O)),
    "orthogonal idempotents": (
        [Eq(P * P, P), Eq(Q * Q, Q), Eq(P * Q, O), Eq(Q * P, O)],
        Eq(rank(P + Q), rank(P) + rank(Q)),
    ),
    "commuting idempotents": ([Eq(P * P, P), Eq(Q * Q, Q), Eq(P * Q, Q * P)], Eq(rank(P * Q), Trace(P * Q))),
    "difference of idempotents": (
        [Eq(P * P, P), Eq(Q * Q, Q)],
        Eq(rank(P - P * Q) + rank(P * Q - Q), rank(P - Q)),
    ),
    "involution": ([Eq(A * A, I)], Eq(rank(I - A) + rank(I + A), n)),
    "trace of an involution": ([Eq(A * A, I)], Eq(Trace(A), 2 * rank(I + A) - n)),
    "two eigenvalues": ([Eq((A - I) * (A - 2 * I), O)], Eq(rank(A - I) + rank(A - 2 * I), n)),
    "A^2 = -A": ([Eq(A * A + A, O)], Eq(rank(A) + rank(A + I), n)),
    "inner inverse": ([Eq(A * B * A, A)], And(Eq(rank(A * B), rank(A)), Eq(rank(A * B), Trace(A * B)))),
    # outer products, factorisations, residual composition
    "outer product": ([], Le(rank(v * w.T), 1)),
    "outer product of nonzero vectors": ([Ne(v, 0 * v), Ne(w, 0 * w)], Eq(rank(v * w.T), 1)),
    "low rank": ([Eq(M, U * V)], Le(rank(M), k)),
    "low rank update": ([Eq(A, B + L * R)], And(Le(rank(A), rank(B) + r), Le(rank(B), rank(A) + r))),
    "two residual layers": ([], Le(rank((I + A) * (I + B) - I), rank(A) + rank(B))),
    "three residual layers": ([], Le(rank((I + A) * (I + B) * (I + C) - I), rank(A) + rank(B) + rank(C))),
    "residual layers as factors": ([], Le(rank((I + A) * (I + B)), rank(I + A))),
    "orthogonal sum": ([Eq(A.T * B, O), Eq(A * B.T, O)], Eq(rank(A + B), rank(A) + rank(B))),
    "I + nilpotent": ([Eq(A * A, O)], Eq(rank(I + A), n)),
    "I + idempotent": ([Eq(P * P, P)], Eq(rank(I + P), n)),
    "quadratic": ([Eq(A * A, 3 * I - 2 * A)], Eq(rank(A), n)),
    "narrow": ([Lt(k, d)], Lt(rank(U * V), d)),
    "parts of the identity": ([Eq(A + B, I)], Le(n, rank(A) + rank(B))),
    "orthogonal parts of the identity": ([Eq(A + B, I), Eq(A * B, O)], Eq(rank(A) + rank(B), n)),
    "products that add up to I": ([Eq(A * B + C * D, I)], Le(n, rank(B) + rank(D))),
    # invertible and one-sided factors
    "left inverse": ([Eq(V * U, Ik)], Eq(rank(U), k)),
    "left inverse as a factor": ([Eq(V * U, Ik)], Eq(rank(U * Z), rank(Z))),
    "left inverse is wide": ([Eq(V * U, Ik)], Le(k, d)),
    "no left inverse of a wide matrix": ([Lt(d, k)], Not(Eq(V * U, Ik))),
    "columns": ([Eq(rank(Y), k)], Eq(rank(Y * Z), rank(Z))),
    "similarity": ([Eq(A * B, I)], Eq(rank(B * C * A), rank(C))),
    "congruence": ([Eq(A * B, I)], Eq(rank(A * C * A.T), rank(C))),
    "orthogonal congruence": ([Eq(A.T * A, I)], Eq(rank(A * B * A.T), rank(B))),
    "other side": ([Eq(A * B, I)], Eq(rank(I - B * A), 0)),
    "singular": ([Le(rank(A) + 1, n)], Ne(A * B, I)),
    "factors of a regular matrix": ([Eq(rank(A * B), n)], And(Eq(rank(A), n), Eq(rank(B), n))),
    "sizes": ([Eq(rank(X * Y), n)], And(Le(n, m), Le(n, k))),
    # integers and denials
    "rank 1": ([Eq(rank(A), 1), Ne(A * B, O)], Eq(rank(A * B), 1)),
    "nonzero": ([Ne(A, O)], Le(1, rank(A))),
    "rank is not 0": ([Ne(rank(A), 0)], Ne(A, O)),
    "ranks that differ": ([Lt(rank(X), rank(S))], Ne(X, S)),
    "ranks that are not equal": ([Ne(rank(A), rank(B)), Le(rank(A), 1)], Implies(Le(1, rank(A)), Ne(rank(B), 1))),
    # equations from ranks
    "zero": ([Eq(rank(A), 0)], Eq(A, O)),
    "equal": ([Eq(rank(A - B), 0)], Eq(A, B)),
    "cancel": ([Eq(A * B, A * C), Eq(rank(A), n)], Eq(B, C)),
    "inverse": ([Eq(rank(A), n), Eq(A * B * A, A)], Eq(A * B, I)),
    "kernels": ([Eq(rank(A * B), rank(B)), null(x, A * B)], null(x, B)),
    "rank 1 squared": ([Eq(rank(A), 1)], Eq(A * A, Trace(A) * A)),
    "rank 1 around": ([Eq(rank(A), 1)], Eq(A * B * A, Trace(B * A) * A)),
    "regular": ([Eq(rank(A), n)], ForAll(x, Implies(null(x), Eq(x, 0 * x)))),
    # what holds of all vectors
    "injective": ([ForAll(x, Implies(null(x), Eq(x, 0 * x)))], Eq(rank(A), n)),
    "kernel in a kernel": ([ForAll(x, Implies(null(x), null(x, B)))], Le(rank(B), rank(A))),
    "equal on all vectors": ([ForAll(x, Eq(A * x, B * x))], Eq(A, B)),
    # blocks
    "side by side": (ROWS, And(Le(rank(SIDE), rank(LEFT) + rank(RIGHT)), Le(rank(LEFT), rank(SIDE)))),
    "side by side with a product": (ROWS, Eq(rank(LEFT * E.T + LEFT * X.T * F.T), rank(LEFT))),
    "diagonal": (ROWS + COLS, Eq(rank(DIAGONAL), rank(A1) + rank(D1))),
    "triangle": (ROWS + COLS, Le(rank(A1) + rank(D1), rank(TRIANGLE))),
    # exists
    "null vector": ([Lt(rank(X), n)], Exists(x, And(Ne(x, 0 * x), null(x, X)))),
    "null vector of a wide matrix": ([Lt(m, n)], Exists(x, And(null(x, X), Ne(x, 0 * x)))),
    "common null vector": ([Lt(rank(A) + rank(B), n)], Exists(x, And(null(x), null(x, B), Ne(x, 0 * x)))),
    "null vector of one": ([Lt(rank(A), rank(B))], Exists(x, And(null(x), Ne(B * x, 0 * x)))),
    "nonzero vector": ([Le(1, n)], Exists(x, Ne(x, 0 * x))),
    "two-sided inverse": ([Eq(rank(A), n)], Exists(W, And(Eq(A * W, I), Eq(W * A, I)))),
    "solution": ([Eq(rank(A), n)], Exists(x, Eq(A * x, b))),
    "factorisation": ([Le(rank(A), r)], Exists((L, R), Eq(A, L * R))),
    "isometry": ([Le(k, d)], Exists(U, Eq(U.T * U, Ik))),
    "group inverse": ([Eq(rank(A * A), rank(A))], Exists(W, Eq(A * A * W, A))),
    "generalised inverse": ([], Exists(W, Eq(A * W * A, A))),
    "common image": ([Eq(A, B * C), Eq(rank(A), rank(B))], Exists(W, Eq(B, A * W))),
    "normal equations": ([], Exists(x, Eq(A.T * A * x, A.T * b))),
}

FALSE: dict[str, tuple[list[Any], Any]] = {
    "products turned": ([], Le(rank(A * B), rank(B * A))),
    "sum is strictly less": ([], Le(rank(S + T) + 1, rank(S) + rank(T))),
    "square": ([], Eq(rank(A * A), rank(A))),
    "A^2 = 0, one less": ([Eq(A * A, O)], Le(2 * rank(A) + 1, n)),
    "A^3 = 0, a half": ([Eq(A * A * A, O)], Le(2 * rank(A), n)),
    "I - UV, I - VU": ([], Eq(rank(Id - U * V), rank(Ik - V * U))),
    "left inverse on the right": ([Eq(V * U, Ik)], Eq(rank(U * V), d)),
    "left inverse on both sides": ([Eq(V * U, Ik)], Eq(U * V, Id)),
    "residual layer": ([], Le(rank((I + A) * (I + B)), rank(A))),
    "difference of products": ([], Le(rank(A * B - C * D), rank(A - C))),
    "commutator": ([], Le(rank(A * B - B * A), rank(A))),
    "outer product": ([], Eq(rank(v * w.T), 1)),
    "two idempotents": ([Eq(P * P, P), Eq(Q * Q, Q), Eq(P * Q, O)], Eq(rank(P + Q) + 1, rank(P) + rank(Q))),
    "equal ranks": ([Eq(rank(A), rank(B))], Eq(A, B)),
    "product with a regular matrix": ([Eq(A * B, I)], Eq(rank(C * D * A), rank(C))),
    "I - A'A": ([], Eq(rank(I - A.T * A), n)),
    "corank 1": ([Eq(rank(A), n - 1)], Eq(rank(A * A), n - 1)),
    "kernels": ([Eq(rank(A * B), rank(A)), null(x, A * B)], null(x, B)),
    "kernel in a kernel": ([ForAll(x, Implies(null(x), null(x, B)))], Le(rank(A), rank(B))),
    "side by side": (ROWS, Eq(rank(SIDE), rank(LEFT) + rank(RIGHT))),
    "triangle": (ROWS + COLS, Eq(rank(TRIANGLE), rank(A1) + rank(D1))),
    "null vector": ([Le(rank(A), n)], Exists(x, And(null(x), Ne(x, 0 * x)))),
    "right inverse": ([Eq(rank(U), k)], Exists(V, Eq(U * V, Id))),
    "factorisation": ([Le(rank(A), r + 1)], Exists((L, R), Eq(A, L * R))),
    "rank 2 squared": ([Le(rank(A), 2)], Eq(A * A, Trace(A) * A)),
    "solution": ([], Exists(x, Eq(A * x, b))),
    "isometry": ([], Exists(U, Eq(U.T * U, Ik))),
    "positive sum with a minus": ([], Le(rank(A), rank(A.T * A - B.T * B))),
    "negative weight": ([Lt(c, 0)], Eq(rank(X.T * X + c * I), n)),
    "scalar that may be 0": ([], Eq(rank(c * A), rank(A))),
}


def settle(p: Proof, efforts: range) -> Theorem:
    """The goal by these methods alone, taken apart as the portfolio does."""
    goal = p.goal
    if goal.kind == "and":
        return rules.conjoin([p.prove(q, lambda inner: settle(inner, efforts)) for q in goal[1]])
    if goal.kind == "imp":
        return p.suppose(goal[1], lambda inner: settle(inner, efforts), goal[2])
    if goal.kind == "all":
        return rules.generalize(p.prove(goal[2], lambda inner: settle(inner, efforts)), goal[1])
    for enrich in ranks.CONSEQUENCES:
        enrich(p)
    for fact in p.facts:
        if fact.conclusion == goal:
            return fact
    for effort in efforts:
        for method in ranks.METHODS:
            if method.fits(p):
                try:
                    return p.prove(goal, lambda inner, s=method.script, e=effort: s(inner, e))  # type: ignore[misc]
                except ProofFailure:
                    continue
    return p.ideal() if goal.kind == "zero" else p.order(rewrite=True)  # the default scripts, for what was added


def proved(given: list[Any], show: Any, efforts: range) -> Theorem:
    hypotheses = [elaborate_prop(h) for h in given]
    p = Proof(elaborate_prop(show), map(rules.assume, hypotheses))
    th = p.close(settle(p, efforts))
    assert th.conclusion == p.goal
    assert th.hyps <= set(hypotheses)
    assert not th.axioms
    return th


@pytest.mark.parametrize("name", mostly_slow(TRUE))
def test_a_true_statement_on_ranks_needs_no_hints(name: str) -> None:
    """A method, a lemma or the arithmetic that settles this has broken if it fails."""
    proved(*TRUE[name], range(3))


@pytest.mark.parametrize("name", [pytest.param(x, marks=[pytest.mark.slow] * (x == "triangle")) for x in FALSE])
def test_a_false_statement_on_ranks_is_given_up(name: str) -> None:
    """The search ends, and what it wrongly builds never becomes a theorem."""
    with pytest.raises(ProofFailure):
        proved(*FALSE[name], range(2))


def test_a_grid_of_blocks_is_read_and_put_together_again() -> None:
    """Blocks at the wrong place would make every fact on them one about another matrix."""
    p = Proof(elaborate_prop(Eq(n, n)), [rules.assume(elaborate_prop(h)) for h in ROWS + COLS])
    grid = BlockFacts(RankTable(p, 0)).read(elaborate(TRIANGLE))
    assert grid is not None
    assert grid.term == elaborate(TRIANGLE)
    assert sorted(len(a.words) for row in grid.blocks for a in row) == [0, 1, 1, 1]
    assert grid.turned.term == elaborate(TRIANGLE.T)


@pytest.mark.parametrize(
    "lemma",
    [
        absorbs,
        injection,
        kernel_inclusion,
        kernel_witness,
        pseudo_inverse,
        rank_one,
        semidefinite,
        separated,
        through,
        vanishes_everywhere,
    ],
)
def test_a_lemma_rests_on_its_condition_and_no_axiom(lemma: Any) -> None:
    """Each is derived from the rank rules; a condition that went missing would make it false."""
    th = lemma()
    assert not th.axioms
    assert len(th.hyps) == {"pseudo_inverse": 0, "semidefinite": 2}.get(lemma.__name__, 1)


def test_a_promise_is_made_under_names_that_are_free() -> None:
    """Two inverses of two matrices: the second must not capture the first."""
    given = [Eq(rank(A), n), Eq(rank(B), n)]
    proved(given, Exists(W, Eq(A * B * W, I)), range(2))
