"""Quantifiers that no evaluation decides: what takes their place refutes what is false, and nothing that is true."""

from __future__ import annotations

import pytest

from formal.claims import REFUTED, check, stated
from formal.falsify import search

FALSE = {
    "one kernel inside another": "m, p, d; A: m x d; B: p x d; "
    "(for all x: d. (A*x = 0 => B*x = 0)) => rank(A) <= rank(B)",
    "no kernel": "m, n; A: m x n; (for all x: n. (A*x = 0 => x = 0)) => rank(A) = m",
    "two equations": "n; A, B: n x n; (for all x: n. (A*x = 0 and B*x = 0 => x = 0)) => rank(A) + rank(B) = n",
    "two vectors": "m, n; A, B: m x n; (for all x, y: n. (A*x = B*y => x = y)) => A = B",
    "with a constant": "n; A: n x n; b, c: n; (for all x: n. (A*x = b => c'*x = 1)) => rank(A) = n",
    "semidefinite": "n; S: n x n; (for all x: n. x'*S*x >= 0) => S = S'",
    "definite": "n; S: n x n; (for all x: n. (x = 0 or x'*S*x > 0)) => S' = S",
    "no larger": "m, n; A: m x n; (for all x: n. norm2(A*x) <= norm2(x)) => A'*A = I",
    "at most twice as large": "m, n; A: m x n; (for all x: n. norm2(A*x) <= 4*norm2(x)) => norm2(A) <= 4",
    "a quadratic form that vanishes": "n; S: n x n; (for all x: n. x'*S*x = 0) => S = 0",
    "a bilinear form that vanishes": "m, n; M: m x n; (for all x: m, y: n. x'*M*y = 0) => m = n",
    "at each layer": "n, L; T[l]: n x n; S[l]: n x n; for all l < L: for all x: n. (T[l+1]*x = 0 => S[l+1]*x = 0) "
    "=> for all l < L: rank(T[l+1]) <= rank(S[l+1])",
    "a factor": "m, n; A, B: m x n; rank([A; B]) = rank(A) => exists X: n x n. B = A*X",
    "a preimage": "m, n, k; A: m x n; B: n x k; x: n; A*B = 0, A*x = 0 => exists y: k. x = B*y",
    "a vector that is lost": "m, n; A: m x n; m <= n => exists x: n. x != 0 and A*x = 0",
    "Sylvester's equation": "n; A, B: n x n; exists X: n x n. A*X - X*B = I",
    "an equation with a transpose": "n; A, B: n x n; exists X: n x n. A*X + X'*B = I",
    "a factor from the other side": "m, n; A, B: m x n; (exists X: n x n. A*X = B) => exists X: m x m. X*A = B",
    "two unknowns": "n; A, B: n x n; exists X, Y: n x n. A*X + Y*B = I and X = Y",
}
TRUE = {
    "one kernel inside another": "m, p, d; A: m x d; B: p x d; "
    "(for all x: d. (A*x = 0 => B*x = 0)) => rank(B) <= rank(A)",
    "no larger": "m, n; A: m x n; y: n; (for all x: n. norm2(A*x) <= norm2(x)) => norm2(A*y) <= norm2(y)",
    "semidefinite": "n; S: n x n; (for all x: n. x'*S*x >= 0) => tr(S) >= 0",
    "a factor": "m, n, p; A: m x n; B: m x p; rank([A, B]) = rank(A) => exists X: n x p. B = A*X",
    "a vector that is lost": "m, n; A: m x n; m < n => exists x: n. x != 0 and A*x = 0",
}


@pytest.mark.parametrize("text", FALSE.values(), ids=FALSE)
def test_what_is_false_is_refuted(text: str) -> None:
    """From the values the kernel is led to the denial of the statement as it is written."""
    found = search(stated(text), seconds=600, tries=1000)
    assert found.evidence is not None
    assert check(found.evidence).verdict == REFUTED
    assert found.evidence.conclusion is not None


@pytest.mark.parametrize("text", TRUE.values(), ids=TRUE)
def test_what_is_true_is_not(text: str) -> None:
    """What takes the place of a quantifier is stronger, so nothing that is found could be wrong."""
    found = search(stated(text), seconds=600, tries=60)
    assert found.reached
    assert found.witness is None
