"""When nothing satisfies what `there is` asks for: linear equations in an unknown matrix that have no solution, or one.

Trying values proves that something exists; that nothing does takes a theorem. G B = A has a solution G only if A and B
have together no larger rank than B; and M V = 0 has only V = 0, if M has as many independent columns as it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from formal.statement.language import Expression, Prop

from .exact_values import Inexact, Modular

if TYPE_CHECKING:
    from .evaluate import Evaluation


def impossible(at: Evaluation, p: Prop, env: Mapping[str, int]) -> bool:
    """Whether certainly no matrix V, of any width, does what an `exists` says of it."""
    unknown = [v for v in p.variables if isinstance(v, Expression)]
    if len(unknown) != 1:
        return False
    (v,) = unknown
    name = v.data[0].name
    body = p.parts[0]
    parts = body.parts if body.op == "and" else (body,)
    only_zero = any(_forces_zero(at, q, name, env) for q in parts)
    if only_zero and any(_fails_at_zero(q, name) for q in parts):
        return True
    return any(_unsolvable(at, q, name, env) for q in parts)


def _forces_zero(at: Evaluation, q: Prop, name: str, env: Mapping[str, int]) -> bool:
    """M V = 0 with as many independent columns in M as there are."""
    if q.op != "eq" or not (_is_zero(q.parts[1]) and _splits(q.parts[0], name, last=True)):
        return False
    left = _without(q.parts[0], last=True)
    return at.rank(left, env)[0] == at.size(left.n_cols, env)


def _fails_at_zero(q: Prop, name: str) -> bool:
    """M V != 0."""
    return q.op == "ne" and _is_zero(q.parts[1]) and _splits(q.parts[0], name, last=True)


def _unsolvable(at: Evaluation, q: Prop, name: str, env: Mapping[str, int]) -> bool:
    """A = G B where A and B have together a larger rank than B."""
    if q.op != "eq":
        return False
    for a, product in (q.parts, q.parts[::-1]):
        if _splits(product, name, last=False) and not _mentions(a, name):
            b = _without(product, last=False)
            try:
                ring = Modular(at)
                above, below = ring.value(a, env), ring.value(b, env)
            except Inexact:
                continue
            both = ring.zeros(above.nrows() + below.nrows(), below.ncols())
            for i, rows in ((0, above), (above.nrows(), below)):
                for k in range(rows.nrows()):
                    for j in range(rows.ncols()):
                        both[i + k, j] = rows[k, j]
            if int(both.rank()) > at.rank(b, env)[1]:
                return True
    return False


def _is_zero(e: Expression) -> bool:
    return e.op == "zero" or (e.op == "number" and not e.data[0])


def _splits(e: Expression, name: str, last: bool) -> bool:
    """Whether an expression is a product of others with the letter, which stands last, or first."""
    if e.op != "mul" or any(part.is_scalar_shaped for part in e.parts):
        return False
    *rest, letter = e.parts if last else e.parts[::-1]
    return letter.op == "letter" and letter.data[0].name == name and not any(_mentions(part, name) for part in rest)


def _without(e: Expression, last: bool) -> Expression:
    parts = e.parts[:-1] if last else e.parts[1:]
    found = parts[0]
    for part in parts[1:]:
        found = found * part
    return found


def _mentions(e: Expression, name: str) -> bool:
    return (e.op == "letter" and e.data[0].name == name) or any(_mentions(part, name) for part in e.parts)
