"""The lemmas on norms: what each says, and that it says it of matrices of any size without hypotheses of its own."""

from __future__ import annotations

from typing import Any

import pytest

from formal.kernel.rules import Theorem
from formal.kernel.terms import Decl, letter, nat
from formal.provers import norms
from formal.provers.definite import below_trace, by_equations, definite
from formal.provers.ideal import Completed
from formal.provers.proof import Proof
from formal.statement import Eq, ForAll, Identity, Implies, Ne, Trace, dims, inner, matrix, norm2, rank, scalars, vector
from formal.statement.elaborate import elaborate, elaborate_prop

m, n, k = dims("m n k")
A, B = matrix("A", m, n), matrix("B", m, n)
M, x = matrix("M", k, k), matrix("Direction", k, 1)
S, T = matrix("A", n, n), matrix("B", n, n)
X, Y = matrix("X", k, n), matrix("Y", k, n)
a, b, s, t = scalars("a b s t")
v = vector("Direction", n)
LARGE = ForAll(x, inner(x, M * x) >= 0)

LEMMAS: dict[str, tuple[Any, Any, list[Any]]] = {
    "nonzero": (norms.nonzero, norm2(matrix("X", m, n)) > 0, [Ne(matrix("X", m, n), 0)]),
    "Cauchy-Schwarz": (norms.cauchy_schwarz, inner(A, B) ** 2 <= norm2(A) * norm2(B), []),
    "images": (
        norms.image_norm,
        norm2(matrix("A", m, k) * matrix("x", k, 1)) <= norm2(matrix("A", m, k)) * norm2(matrix("x", k, 1)),
        [],
    ),
    "products": (
        norms.product_norm,
        norm2(matrix("A", m, k) * matrix("B", k, n)) <= norm2(matrix("A", m, k)) * norm2(matrix("B", k, n)),
        [],
    ),
    "columns": (norms.columns, Trace(Y.T * M * Y) >= 0, [LARGE]),
    "two definite matrices": (
        norms.trace_of_product,
        Trace(S * T) >= 0,
        [Eq(S.T, S), ForAll(v, inner(v, S * v) >= 0), ForAll(v, inner(v, T * v) >= 0)],
    ),
    "below the trace": (norms.below_trace, ForAll(x, inner(x, M * x) <= Trace(M) * norm2(x)), [LARGE]),
    "forms": (
        norms.form_product,
        (Trace(X.T * M * Y) + Trace(Y.T * M * X)) ** 2 / 4 <= Trace(X.T * M * X) * Trace(Y.T * M * Y),
        [LARGE],
    ),
    "trace and rank": (
        norms.trace_and_rank,
        Trace(matrix("M", n, n)) ** 2 <= rank(matrix("M", n, n)) * norm2(matrix("M", n, n)),
        [],
    ),
    "roots": (norms.root, a <= b, [a * a <= b * b, b >= 0]),
    "inner products": (
        norms.inner_product,
        inner(matrix("X", m, n), matrix("Y", m, n)) <= s * t,
        [norm2(matrix("X", m, n)) <= s * s, norm2(matrix("Y", m, n)) <= t * t, s >= 0, t >= 0],
    ),
}


@pytest.mark.parametrize("name", LEMMAS)
def test_what_a_lemma_says(name: str) -> None:
    """The conclusion and the hypotheses, no more, and no axioms."""
    make, conclusion, hypotheses = LEMMAS[name]
    th: Theorem = make()
    assert th.conclusion == elaborate_prop(conclusion)
    assert th.hyps == set(map(elaborate_prop, hypotheses))
    assert not th.axioms


def test_projection_exists() -> None:
    """Every matrix has an orthogonal projection on its image, whose trace is its rank."""
    p = Proof(elaborate_prop(Eq(a, a)))
    image, _ = p.open(p.lemma(norms.projection(), M=elaborate(A)))
    assert len(p.facts) == 4
    assert image.rows == image.cols == nat("m")


# ---------------------------------------------------------------- which matrices facts call positive semidefinite
def _found(*props: Any) -> list[Any]:
    p = Proof(elaborate_prop(Eq(a, a)), [norms.rules.assume(elaborate_prop(q)) for q in props])
    found = definite(p.facts)
    for one in [*found, *map(below_trace, found)]:
        assert one.theorem.conclusion == norms.semidefinite(one.matrix)
        assert one.theorem.hyps <= {elaborate_prop(q) for q in props}
    return [one.matrix for one in found]


y = vector("y", n)


def test_bounds_for_all_vectors() -> None:
    """However the form is written: bounds, strict ones, those for vectors other than 0, and equations."""
    identity = elaborate(Identity(n))
    assert _found(ForAll(y, inner(y, S * y) >= 0)) == [elaborate(S)]
    assert _found(ForAll(y, norm2(S * y) <= 4 * norm2(y))) == [elaborate(4 * Identity(n) - S.T * S)]
    assert _found(ForAll(y, Implies(Ne(y, 0), inner(y, S * y) > 0))) == [elaborate(S)]
    assert len(_found(ForAll(y, Eq(norm2(S * y), norm2(y))))) == 2
    assert identity not in _found(ForAll(y, inner(y, S * y) >= 0))


def test_what_is_no_form() -> None:
    """Bounds that are not quadratic in the vector, or of which it is a part of something else, are left alone."""
    assert _found(ForAll(y, norm2(y) <= norm2(y) ** 2)) == []
    assert _found(ForAll(y, inner(y, v) >= 0)) == []
    assert _found(ForAll(y, norm2(y) <= 1)) == []
    assert _found(ForAll(a, a * a >= 0)) == []


def test_definite_by_equations() -> None:
    """Gram matrices, and projections with what they leave; not every letter."""
    gram, projection, free = Eq(S, T.T * T), [Eq(T.T, T), Eq(T * T, T)], Eq(S * T, S)
    for props, expected in (([gram], [S]), (projection, [T, Identity(n) - T]), ([free], [])):
        facts = [norms.rules.assume(elaborate_prop(q)) for q in props]
        found = by_equations([f.conclusion[1] for f in facts], Completed(facts))
        assert [one.matrix for one in found] == [elaborate(e) for e in expected]
        assert all(one.theorem.conclusion == norms.semidefinite(one.matrix) for one in found)


def test_no_bound_variable_is_caught() -> None:
    """A matrix made of a vector with the name that the lemmas bind is refused, not misread."""
    direction = letter(Decl("Direction", nat("n"), nat(1)))
    assert norms.semidefinite(elaborate(S)).kind == "all"
    assert elaborate_prop(ForAll(v, inner(v, S * v) >= 0)) == norms.semidefinite(elaborate(S))
    assert direction == elaborate(v)
