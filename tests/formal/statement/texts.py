"""Texts that several tests read."""

from __future__ import annotations

from formal.kernel.props import Prop, check_prop
from formal.statement.elaborate import elaborate_prop
from formal.statement.text import Statement


def meaning(said: object) -> tuple[tuple[Prop, ...], Prop]:
    """The kernel's hypotheses, recursions first, and its conclusion, of a statement or a claim."""
    given, show, where = said.given, said.show, said.where  # type: ignore[attr-defined]
    conditions = [q for family in where for q in family.defined] + list(given)
    return tuple(check_prop(elaborate_prop(p)) for p in conditions), check_prop(elaborate_prop(show))


def same(one: Statement, other: Statement) -> bool:
    return meaning(one) == meaning(other)


VALID = """
d, m; W: m x d; V: d x m; W*V = 0 => (I - V*W)*(I + V*W) = I
n; A, B: n x n; rank(A*B) = rank(B*A)
d, n; A: d x n; x: n; A'*A*x = 0 => A*x = 0
d; P, Q: d x d; P^2 = P, Q^2 = Q, P*Q = Q*P => (P*Q)^2 = P*Q
d, L; T[l]: d x d; for all l < L: T[l+1]^2 = T[l+1] => rank(sum(l = 1..L, T[l])) <= L*d
d; x, y: d; <x, y>^2 <= |x|^2*||y||^2
m, n; A: m x n; exists r. exists C: m x r, F: r x n. A = C*F and rank(A) = r
m, n; A: m x m; B: m x n; D: n x n; rank([A, B; 0, D]) >= rank(A) + rank(D)
d[l], L; W[l]: d[l+1] x d[l]; rank(prod(l = 1..L, W[l])) <= d[1]
d; phi: d -> d; x, y: d; c: scalar; x = y => phi(c*x) = phi(c*y)
d, L; T[l]: d x d; for all k < L: sum(l = 1..k, T[l]) = 0 => sum(l = 0..L - 1, T[l + 1]) = T[L]
a, b, c: scalar; max(a, b) - 2*min(a, c)/3 < c <=> not (a = 1/2 or b >= 0.25)
m, n; A: m x n; for all x: n. (A*x = 0 => x = 0), m != 0 => rank(A) = n
n, m; A: m x n; norm2(A) = tr(A*A') = inner(A, A)
""".strip().splitlines()
