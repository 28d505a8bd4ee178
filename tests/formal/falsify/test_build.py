"""Instances are built from the hypotheses: most of them meet all of these, where random matrices hardly ever would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formal.falsify import kinds
from formal.falsify.build import Builder, Seeded
from formal.falsify.exact import identity, zeros
from formal.falsify.goals import goals
from formal.falsify.network import Network
from formal.falsify.strategies import matrices
from formal.statement import Each, Eq, Identity, Le, Lt, Ne, dims, family, inner, matrix, norm2, rank, scalars, vector
from formal.statement.language import Prop, as_prop

d, m, n, i = dims("d m n i")
A, B, P, Q, S, T, X, M = (matrix(name, d, d) for name in ("A", "B", "P", "Q", "S", "T", "X", "M"))
W, V, U = matrix("W", m, d), matrix("V", d, m), matrix("U", d, m)
E, F = matrix("E", d + m, d), matrix("F", d + m, m)
x, y, u = vector("x", d), vector("y", d), vector("u", d)
a, b, c = scalars("a b c")
I = Identity(d)
s, R = family("s", d, 1), family("R", d, d)

# Hypotheses, and how many of a hundred instances meet them at least.
BUILT: dict[str, tuple[int, Sequence[Any]]] = {
    "rank 1": (75, [Eq(rank(M), 1)]),
    "rank r of a wide matrix": (75, [Eq(rank(W), 1)]),
    "rank at most 1": (75, [rank(M) <= 1]),
    "rank at least 2": (75, [2 <= rank(M)]),
    "singular": (75, [rank(M) < d]),
    "full rank": (75, [Eq(rank(M), d)]),
    "the rank of a sum": (60, [Eq(rank(I + M), 1)]),
    "the rank of a product": (60, [Eq(rank(W * M), 1)]),
    "orthogonal": (75, [Eq(Q.T * Q, I)]),
    "an isometry": (75, [Eq(V.T * V, Identity(m))]),
    "symmetric": (95, [Eq(S, S.T)]),
    "antisymmetric": (95, [Eq(S, -S.T)]),
    "a projection": (75, [Eq(P * P, P), Eq(P.T, P)]),
    "an idempotent": (75, [Eq(P * P, P)]),
    "an involution": (75, [Eq(P * P, I)]),
    "square zero": (75, [Eq(P * P, 0)]),
    "nilpotent": (75, [Eq(P * P * P, 0)]),
    "a partial isometry": (75, [Eq(M * M.T * M, M)]),
    "a Moore-Penrose pair": (60, [Eq(A * X * A, A), Eq(X * A * X, X), Eq((A * X).T, A * X), Eq((X * A).T, X * A)]),
    "a reflexive inverse": (60, [Eq(A * X * A, A), Eq(X * A * X, X)]),
    "an inverse": (30, [Eq(A * B, I), Eq(B * A, I)]),
    "the inverse of an expression": (30, [Eq((I + U * W) * X, I)]),
    "a one-sided inverse": (40, [Eq(W * V, Identity(m))]),
    "a vector that is read as zero": (95, [Eq(W * x, 0)]),
    "a unit vector": (75, [Eq(norm2(x), 1)]),
    "a vector of length 3": (50, [Eq(norm2(x), 9)]),
    "a positive number": (75, [Lt(0, a)]),
    "numbers in order": (60, [Lt(0, a), a <= b, b < c]),
    "a number on a circle": (50, [Eq(a * a + b * b, 1)]),
    "commuting matrices": (95, [Eq(A * B, B * A)]),
    "commuting idempotents": (40, [Eq(P * P, P), Eq(Q * Q, Q), Eq(P * Q, Q * P)]),
    "a projection that kills a vector": (50, [Eq(P * P, P), Eq(P, P.T), Eq(P * x, 0), Ne(x, 0)]),
    "a chain of solved letters": (75, [Eq(A, B + S), Eq(B, T * T), Eq(y, A * x)]),
    "blocks": (50, [Eq(E.T * E, I), Eq(F.T * F, Identity(m)), Eq(E.T * F, 0), Eq(E * E.T + F * F.T, Identity(d + m))]),
    "unit vectors in a family": (50, [Each(i, n, Eq(norm2(s[i + 1]), 1))]),
    "projections in a family": (50, [Each(i, n, Eq(R[i + 1] * R[i + 1], R[i + 1]))]),
    "orthogonal to each other": (60, [Eq(inner(x, y), 0), Eq(inner(x, u), 0), Ne(x, 0)]),
    "an inequality of vectors": (50, [Le(norm2(x), inner(x, y))]),
}


@pytest.mark.parametrize("name", BUILT)
def test_what_is_built_meets_the_hypotheses(name: str) -> None:
    """Filtered random instances would not: then nothing is tried, however long the search."""
    least, hypotheses = BUILT[name]
    (goal,) = goals(tuple(map(as_prop, hypotheses)), Prop("lt", Eq(a, a).parts))
    builder = Builder(Network(goal, {"d": 3, "m": 2, "n": 2, "i": 0}), Seeded("0"))
    met = 0
    for _ in range(100):
        builder.attempt()
        met += builder.met > met
    assert met >= least


def _is(kind: kinds.Kind, made: Any, rows: int, cols: int) -> bool:
    one, t = identity(rows), made.transpose()
    laws: dict[kinds.Kind, Any] = {
        kinds.orthogonal: lambda: t * made == one,
        kinds.householder: lambda: t * made == one and made == t,
        kinds.isometry: lambda: t * made == identity(cols) if rows >= cols else made * t == one,
        kinds.signed_permutation: lambda: rows != cols or t * made == one,
        kinds.partial_isometry: lambda: made * t * made == made,
        kinds.projection: lambda: made * made == made == t,
        kinds.idempotent: lambda: made * made == made,
        kinds.involution: lambda: made * made == one,
        kinds.tripotent: lambda: made * made * made == made,
        kinds.square_zero: lambda: made * made == zeros(rows, cols),
        kinds.nilpotent: lambda: made * made * made == zeros(rows, cols),
        kinds.symmetric: lambda: made == t,
        kinds.antisymmetric: lambda: made == -1 * t,
        kinds.invertible: lambda: made.rank() == rows,
        kinds.full_rank: lambda: made.rank() == min(rows, cols),
        kinds.singular: lambda: made.rank() < min(rows, cols),
        kinds.semidefinite: lambda: made == t and all(made[k, k] >= 0 for k in range(rows)),
        kinds.unipotent: lambda: (made - one) * (made - one) * (made - one) == zeros(rows, cols),
    }
    return bool(laws.get(kind, lambda: True)())


@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda kind: kind.__qualname__)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), shape=st.sampled_from([(1, 1), (2, 2), (3, 3), (3, 1), (2, 3)]))
def test_kinds_are_what_their_names_say(kind: kinds.Kind, data: st.DataObject, shape: tuple[int, int]) -> None:
    """With Hypothesis as the source of choices, which looks for the extremes."""
    made = data.draw(matrices(kind, *shape))
    if made is not None:
        assert (made.nrows(), made.ncols()) == shape
        assert _is(kind, made, *shape)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), r=st.integers(0, 2))
def test_a_rank_is_exactly_as_wanted(data: st.DataObject, r: int) -> None:
    """Products of full-rank factors, not random matrices of which most have full rank."""
    assert data.draw(matrices(kinds.of_rank(r), 2, 3)).rank() == r
