"""Inequalities of traces and norms without hints: what must be found, and what must not."""

from __future__ import annotations

from typing import Any

import pytest

from formal.kernel.errors import KernelError
from formal.kernel.rules import Theorem, assume
from formal.provers.errors import ProofFailure
from formal.provers.proof import Proof
from formal.provers.squares import METHODS, settle
from formal.statement import (
    Eq,
    Expression,
    ForAll,
    Identity,
    Implies,
    Le,
    Ne,
    Prop,
    Trace,
    dims,
    inner,
    matrix,
    norm2,
    rank,
    scalars,
    vector,
)
from formal.statement.elaborate import elaborate_prop

from .sharing import mostly_slow

d, m, n, k = dims("d m n k")
A, B, C, P, S = (matrix(name, d, d) for name in "ABCPS")
X, Y, Z, Q = matrix("X", m, n), matrix("Y", n, k), matrix("Z", k, d), matrix("Q", d, m)
W, V = matrix("W", m, d), matrix("V", d, m)
x, y, z, w = (vector(name, d) for name in "xyzw")
a, b, c, e, s, t, u, v = scalars("a b c e s t u v")
I = Identity(d)


def symmetric(*matrices: Expression) -> list[Prop]:
    return [Eq(a.T, a) for a in matrices]


def projection(a: Expression) -> list[Prop]:
    return [Eq(a.T, a), Eq(a * a, a)]


def definite(a: Expression) -> list[Prop]:
    """Positive semidefinite, and symmetric."""
    return [Eq(a.T, a), large(a)]


def large(a: Expression) -> Prop:
    return ForAll(z, inner(z, a * z) >= 0)


def shrinks(a: Expression, by: Any = 1) -> Prop:
    return ForAll(z, norm2(a * z) <= by * norm2(z))


def length(s: Expression, of: Expression) -> list[Prop]:
    return [Eq(s * s, norm2(of)), s >= 0]


def attempt(effort: int, goal: Any, given: Any) -> Theorem:
    hypotheses = list(map(elaborate_prop, given))
    p = Proof(elaborate_prop(goal), map(assume, hypotheses))
    th = p.close(settle(p, effort))
    assert th.conclusion == p.goal
    assert th.hyps <= set(hypotheses)
    assert not th.axioms
    return th


# ---------------------------------------------------------------- what the first round must find
AT_ONCE: dict[str, tuple[Any, ...]] = {
    # squares and what they expand to
    "a squared norm": (Trace(A.T * A) >= 0,),
    "an inner product by norms": (2 * inner(A, B) <= norm2(A) + norm2(B),),
    "polarisation": (4 * inner(A, B) <= norm2(A + B),),
    "the parallelogram law": (Eq(norm2(A + B) + norm2(A - B), 2 * norm2(A) + 2 * norm2(B)),),
    "a sum of two": (norm2(A + B) <= 2 * norm2(A) + 2 * norm2(B),),
    "a sum of three": (norm2(A + B + C) <= 3 * (norm2(A) + norm2(B) + norm2(C)),),
    "a sum of four": (norm2(x + y + z + w) <= 4 * (norm2(x) + norm2(y) + norm2(z) + norm2(w)),),
    "uneven weights": (12 * inner(x, y) <= 4 * norm2(x) + 9 * norm2(y),),
    "through a third point": (norm2(x - z) <= 2 * norm2(x - y) + 2 * norm2(y - z),),
    "one square of three": (0 <= 16 * norm2(x) + 8 * inner(x, y) - 32 * inner(x, z) + norm2(4 * z - y),),
    "inner products of three": (inner(x, y) + inner(y, z) + inner(z, x) <= norm2(x) + norm2(y) + norm2(z),),
    "the square and the norm": (Trace(A * A) <= norm2(A),),
    "a layer added": (norm2(x + V * (W * x)) <= 2 * norm2(x) + 2 * norm2(V) * norm2(W * x),),
    # Cauchy-Schwarz, products and ranks
    "Cauchy-Schwarz for vectors": (inner(x, y) ** 2 <= norm2(x) * norm2(y),),
    "Cauchy-Schwarz for matrices": (inner(A, B) ** 2 <= norm2(A) * norm2(B),),
    "the trace of a product": (Trace(A * B) ** 2 <= norm2(A) * norm2(B),),
    "an entry": (inner(x, A * y) ** 2 <= norm2(x) * norm2(A) * norm2(y),),
    "norms of products": (norm2(X * Y) <= norm2(X) * norm2(Y),),
    "norms of three factors": (norm2(X * Y * Z) <= norm2(X) * norm2(Y) * norm2(Z),),
    "the norm of an image": (norm2(A * x) <= norm2(A) * norm2(x),),
    "the norm of a Gram matrix": (norm2(X.T * X) <= norm2(X) ** 2,),
    "commutators": (norm2(A * B - B * A) <= 4 * norm2(A) * norm2(B),),
    "Welch": (norm2(V) ** 2 <= d * norm2(V.T * V),),
    "Welch for unit vectors": (Le(m * m, d * norm2(V.T * V)), Eq(norm2(V), m)),
    "trace and dimension": (Trace(A) ** 2 <= d * norm2(A),),
    "trace and rank": (Trace(A) ** 2 <= rank(A) * norm2(A),),
    "trace of rank one": (Trace(A) ** 2 <= norm2(A), Eq(rank(A), 1)),
    "Gram matrix and rank": (norm2(X) ** 2 <= rank(X) * norm2(X.T * X),),
    "trace and a bound of the rank": (Trace(A) ** 2 <= n * norm2(A), Le(rank(A), n)),
    "two traces": ((Trace(A) + Trace(B)) ** 2 <= 2 * d * norm2(A) + 2 * d * norm2(B),),
    "inverses are long": (Le(d * d, norm2(A) * norm2(B)), Eq(A * B, I)),
    # symmetric, orthogonal, projections
    "symmetric trace": (Trace(A) ** 2 <= d * Trace(A * A), *symmetric(A)),
    "symmetric products": (Trace(A * B * A * B) <= Trace(A * A * B * B), *symmetric(A, B)),
    "skew forms": (Eq(inner(x, A * x), 0), Eq(A.T, -A)),
    "skew squares": (Trace(A * A) <= 0, Eq(A.T, -A)),
    "skew moves away": (norm2(x) <= norm2(x + A * x), Eq(A.T, -A)),
    "projections shrink vectors": (norm2(P * x) <= norm2(x), *projection(P)),
    "projections shrink matrices": (norm2(P * A) <= norm2(A), *projection(P)),
    "forms of projections": (0 <= inner(x, P * x), *projection(P)),
    "Pythagoras for projections": (Eq(norm2(x), norm2(P * x) + norm2(x - P * x)), *projection(P)),
    "the nearest point": (norm2(x - P * x) <= norm2(x - P * y), *projection(P)),
    "size of a projection": (norm2(P) <= d, *projection(P)),
    "trace of an idempotent": (0 <= Trace(P), Eq(P * P, P)),
    "two projections": (0 <= Trace(P * S), *projection(P), *projection(S)),
    "oblique projections are long": (rank(P) <= norm2(P), Eq(P * P, P)),
    "orthogonal maps": (Eq(norm2(B * x), norm2(x)), Eq(B.T * B, I)),
    "Bessel": (norm2(Q.T * x) <= norm2(x), Eq(Q.T * Q, Identity(m))),
    "Parseval": (Eq(norm2(Q.T * x), norm2(x)), Eq(Q * Q.T, I)),
    "Pythagoras": (Eq(norm2(x + y), norm2(x) + norm2(y)), Eq(inner(x, y), 0)),
    "the shorter leg": (norm2(x) <= norm2(x + y), Eq(inner(x, y), 0)),
    # positive semidefinite matrices and contractions
    "trace of a definite matrix": (Trace(A) >= 0, large(A)),
    "definite forms of matrices": (Trace(B.T * A * B) >= 0, large(A)),
    "definite sums": (inner(y, (A + B) * y) >= 0, large(A), large(B)),
    "product of definite matrices": (Trace(A * B) >= 0, *definite(A), large(B)),
    "product of Gram matrices": (Trace(A * B) >= 0, Eq(A, C.T * C), Eq(B, S.T * S)),
    "square of a definite trace": (Trace(A * A) <= Trace(A) ** 2, *definite(A)),
    "product of definite traces": (Trace(A * B) <= Trace(A) * Trace(B), Eq(A, C.T * C), Eq(B, S.T * S)),
    "definite order": (Trace(C * A) <= Trace(C * B), large(B - A), *definite(C)),
    "definite and traceless": (Eq(A, 0), *definite(A), Eq(Trace(A), 0)),
    "strictly definite": (
        inner(x, A * x) > 0,
        ForAll(y, Implies(Ne(y, 0), inner(y, A * y) > 0)),
        Ne(x, 0),
    ),
    "monotone": (norm2(x - y) <= norm2(x - y + A * x - A * y), large(A)),
    "contractions of matrices": (norm2(A * B) <= norm2(B), shrinks(A)),
    "contractions and their transposes": (norm2(A.T * y) <= norm2(y), shrinks(A)),
    "forms of contractions": (inner(x, A * x) <= norm2(x), shrinks(A)),
    "size of contractions": (norm2(A) <= a * d, shrinks(A, a)),
    "fixed points of contractions": (Eq(A.T * x, x), shrinks(A), Eq(A * x, x)),
    "isometries": (Eq(norm2(A * B), norm2(B)), ForAll(z, Eq(norm2(A * z), norm2(z)))),
    "expanding is one to one": (Eq(x, y), ForAll(z, norm2(z) <= norm2(A * z)), Eq(A * x, A * y)),
    # norms as scalars
    "triangle": (u <= s + t, Eq(u * u, norm2(x + y)), *length(s, x), *length(t, y)),
    "triangle for matrices": (u <= s + t, Eq(u * u, norm2(A + B)), *length(s, A), *length(t, B)),
    "triangle from below": (s - t <= u, *length(u, x - y), *length(s, x), *length(t, y)),
    "squared triangle from below": ((s - t) ** 2 <= norm2(x - y), *length(s, x), *length(t, y)),
    "four sides": (
        v <= s + t + u,
        Eq(v * v, norm2(x + y + z)),
        *length(s, x),
        *length(t, y),
        *length(u, z),
    ),
    "Cauchy-Schwarz with norms": (inner(x, y) <= s * t, *length(s, x), *length(t, y)),
    "unit vectors": (inner(x, y) <= 1, Eq(norm2(x), 1), Eq(norm2(y), 1)),
    "the unit ball": (inner(x, y) <= 1, norm2(x) <= 1, norm2(y) <= 1),
    "roots": (t <= s, t * t <= s * s, s >= 0),
    "strict roots": (a < b, a * a < b * b, b >= 0),
    # scalars
    "two means": (2 * s <= a + b, Eq(s * s, a * b), a >= 0, b >= 0),
    "three means": (3 * a * b * c <= a**3 + b**3 + c**3, a >= 0, b >= 0, c >= 0),
    "four means": (4 * a * b * c * e <= a**4 + b**4 + c**4 + e**4,),
    "cyclic products": (a * b + b * c + c * a <= a * a + b * b + c * c,),
    "fourth powers": (a**3 * b + a * b**3 <= a**4 + b**4,),
    "squares grow": (a * a < b * b, a < b, a >= 0),
    "cubes grow": (a**3 <= b**3, a <= b),
    "a number and its reciprocal": (a + b >= 2, a > 0, Eq(a * b, 1)),
    "division": (a <= b, a * c <= b * c, c > 0),
    "chains": (a < e, a <= b, b < c, c <= e),
    "no real root": (a * a + a + 1 > 0,),
    "nothing is left": (Eq(a, 0), Eq(a + b, 0), a >= 0, b >= 0),
    # strictness, and equations that follow
    "not zero": (norm2(x) + norm2(A * x) > 0, Ne(x, 0)),
    "not zero as a denial": (Ne(norm2(x), 0), Ne(x, 0)),
    "strict Cauchy-Schwarz": (inner(x, y) < 1, Eq(norm2(x), 1), Eq(norm2(y), 1), Ne(x, y)),
    "strictly convex": (norm2(x + y) < 4, Eq(norm2(x), 1), Eq(norm2(y), 1), Ne(x, y)),
    "the only maximum": (Eq(x, y), Eq(norm2(x), 1), Eq(norm2(y), 1), Eq(inner(x, y), 1)),
    "norms that vanish": (Eq(A, 0), Eq(norm2(A) + norm2(B), 0)),
    "Gram matrices that vanish": (Eq(A, 0), Eq(A.T * A + B.T * B, 0)),
    "kernel of a Gram matrix": (Eq(A * x, 0), Eq(A.T * A * x, 0)),
    "eigenvectors": (Eq(inner(x, y), 0), Eq(A * x, a * x), Eq(A * y, b * y), *symmetric(A), Ne(a, b)),
    "eigenvalues": (a * a <= norm2(A), Eq(A * x, a * x), Ne(x, 0)),
    "eigenvalues of contractions": (a * a <= 1, Eq(A * x, a * x), Ne(x, 0), shrinks(A)),
    "a reader's length": (1 <= norm2(x) * norm2(y), Eq(inner(x, y), 1)),
    "error of a code": (norm2(x - V * (V.T * x)) <= norm2(x), Eq(V.T * V, Identity(m))),
}


@pytest.mark.parametrize("name", mostly_slow(AT_ONCE))
def test_found_at_once(name: str) -> None:
    """The first round, which has the fewest elements, is enough."""
    goal, *given = AT_ONCE[name]
    attempt(0, goal, given)


# ---------------------------------------------------------------- what takes more
LATER: dict[str, tuple[Any, ...]] = {
    "Cauchy-Schwarz for a definite matrix": (
        inner(x, A * y) ** 2 <= inner(x, A * x) * inner(y, A * y),
        *definite(A),
    ),
    "kernel of a definite matrix": (Eq(A * x, 0), *definite(A), Eq(inner(x, A * x), 0)),
    "the trace of three": (Trace(A * B * C) ** 2 <= norm2(A) * norm2(B) * norm2(C),),
    "convexity": (norm2(a * x + b * y) <= a * norm2(x) + b * norm2(y), a >= 0, b >= 0, Eq(a + b, 1)),
    "bounds of both factors": (norm2(W * x) <= a * b, norm2(W) <= a, norm2(x) <= b),
    "a weighted mean": (2 * inner(A, B) <= a * norm2(A) + b * norm2(B), Eq(a * b, 1), a > 0),
    "two components": (
        inner(x, z) ** 2 + inner(y, z) ** 2 <= norm2(z),
        Eq(norm2(x), 1),
        Eq(norm2(y), 1),
        Eq(inner(x, y), 0),
    ),
    "an eigenvalue of a definite matrix": (a >= 0, Eq(A * x, a * x), large(A), Ne(x, 0)),
    "more than needed": (Trace(A) ** 2 <= d * d * norm2(A), Le(1, d)),
    "operator norms": (u <= a * s, *length(u, A * x), *length(a, A), *length(s, x)),
}


@pytest.mark.parametrize("name", mostly_slow(LATER))
def test_found_later(name: str) -> None:
    """The second round, with more elements and products of facts, is enough."""
    goal, *given = LATER[name]
    try:
        attempt(0, goal, given)
    except ProofFailure:
        attempt(1, goal, given)


# ---------------------------------------------------------------- what is false
FALSE: dict[str, tuple[Any, ...]] = {
    "a norm that is too large": (norm2(A * x) <= norm2(A) * norm2(x) / 2,),
    "Cauchy-Schwarz, halved": (inner(x, y) ** 2 <= norm2(x) * norm2(y) / 2,),
    "Cauchy-Schwarz, reversed": (norm2(x) * norm2(y) <= inner(x, y) ** 2,),
    "squares of matrices": (Trace(A * A) >= 0,),
    "products of norms": (norm2(A) * norm2(B) <= norm2(A * B),),
    "oblique projections": (norm2(P * x) <= norm2(x), Eq(P * P, P)),
    "projections grow": (norm2(x) <= norm2(P * x), *projection(P)),
    "Bessel without orthonormality": (norm2(Q.T * x) <= norm2(x), Eq(norm2(Q), 2)),
    "triangle, reversed": (s + t <= u, *length(u, x + y), *length(s, x), *length(t, y)),
    "triangle without signs": (u <= s + t, Eq(u * u, norm2(x + y)), Eq(s * s, norm2(x)), Eq(t * t, norm2(y))),
    "trace without symmetry": (Trace(A) ** 2 <= d * Trace(A * A),),
    "too few dimensions": (norm2(A) ** 2 <= (d - 1) * norm2(A.T * A),),
    "a sum of two, uneven": (norm2(A + B) <= 2 * norm2(A) + norm2(B),),
    "a norm of zero": (norm2(x) > 0,),
    "strict from weak": (a < b, a <= b),
    "roots without signs": (a <= b, a * a <= b * b),
    "a sign alone": (inner(x, A * x) >= 0, *symmetric(A), Trace(A) >= 0),
    "equal norms": (Eq(A, B), Eq(norm2(A), norm2(B))),
    "the rank is no bound": (norm2(A) <= rank(A), Trace(A) <= rank(A)),
    "three means without signs": (3 * a * b * c <= a**3 + b**3 + c**3,),
}


@pytest.mark.parametrize("name", mostly_slow(FALSE))
def test_what_is_false_is_not_found(name: str) -> None:
    """Near misses end, without a theorem."""
    goal, *given = FALSE[name]
    with pytest.raises((ProofFailure, KernelError)):
        attempt(0, goal, given)


@pytest.mark.slow
@pytest.mark.parametrize("name", mostly_slow(FALSE))
def test_what_is_false_is_not_found_in_the_second_round(name: str) -> None:
    """More elements do not help what is false."""
    goal, *given = FALSE[name]
    with pytest.raises((ProofFailure, KernelError)):
        attempt(1, goal, given)


def test_hypotheses_that_contradict_each_other() -> None:
    """They give anything, by equations or by inequalities."""
    attempt(0, norm2(x) <= a, [Eq(norm2(y), 1), Eq(y, 0)])
    attempt(0, norm2(x) <= a, [norm2(y) < 0])


def test_what_is_no_relation_is_left_alone() -> None:
    """The method says that it does not fit, and raises ProofFailure rather than anything else."""
    method = METHODS[-1]
    goal = elaborate_prop(Implies(a >= 0, b >= 0))
    assert not method.fits(Proof(goal))
    with pytest.raises(ProofFailure, match="no relation"):
        settle(Proof(goal))
