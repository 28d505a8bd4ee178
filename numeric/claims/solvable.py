"""When nothing satisfies what `there is` asks for: equations in unknown matrices that have no solution.

Trying values proves that something exists; that nothing does takes a theorem. G B = A has a solution G only if A and B
have together no larger rank than B. M V = 0 has only V = 0, if M has as many independent columns as it has. A product
of numbers is 0 only if one of them is. And if only multiples of I commute with the matrices T, as the rank of these
equations says, the only projections among them are 0 and I.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from formal.kernel.terms import FAMILY, Decl, Nat, nat_names
from formal.statement.language import Expression, Family, Opaque, Prop, walk

from .exact_numbers import number
from .exact_values import Inexact, Modular

MOST_COMMUTING = 12  # the largest matrices for which it is asked what commutes with them

if TYPE_CHECKING:
    from .valuation import Valuation


def impossible(at: Valuation, p: Prop, env: Mapping[str, int]) -> bool:
    """Whether certainly no matrix V, of any width, does what an `exists` says of it."""
    unknown = [v for v in p.variables if isinstance(v, Expression)]
    if len(unknown) != 1:
        return _no_factor_is_zero(at, p, unknown, env)
    (v,) = unknown
    name = v.data[0].name
    body = p.parts[0]
    others = {bound_name(w) for w in p.variables} - {name}
    parts = body.parts if body.op == "and" else (body,)
    only_zero = any(_forces_zero(at, q, name, others, env) for q in parts)
    if only_zero and any(_fails_at_zero(q, name) for q in parts):
        return True
    return any(_unsolvable(at, q, name, others, env) for q in parts) or _only_trivial(at, v, parts, others, env)


def _no_factor_is_zero(at: Valuation, p: Prop, unknown: list[Expression], env: Mapping[str, int]) -> bool:
    """u v = 0, where other products with u and with v are not 0."""
    names = {v.data[0].name for v in unknown if v.is_scalar_shaped}
    bound = {bound_name(w) for w in p.variables}
    values: list[tuple[set[str], bool]] = []
    for q in p.parts[0].parts if p.parts[0].op == "and" else ():
        pair = q.parts[0].parts if q.op == "eq" and q.parts[0].op == "mul" else ()
        factors = {f.data[0].name for f in pair if f.op == "letter"}
        if len(pair) == len(factors) == 2 and factors <= names and _known(q.parts[1], bound):
            span = number(at, q.parts[1], env)
            if span is not None and (span[0] == span[1] == 0 or span[0] > 0 or span[1] < 0):
                values.append((factors, span[0] == span[1] == 0))
    needed = set().union(*(factors for factors, zero in values if not zero))
    return any(zero and factors <= needed for factors, zero in values)


def _only_trivial(
    at: Valuation, P: Expression, parts: tuple[Prop, ...], others: set[str], env: Mapping[str, int]
) -> bool:
    """P P = P, P T = T P for some T, P != 0 and P != I, where only multiples of I commute with all T."""
    if P.n_rows != P.n_cols:
        return False
    square = any(q.op == "eq" and q.parts[0] == P * P and q.parts[1] == P for q in parts)
    not_these = {q.parts[1].op for q in parts if q.op == "ne" and q.parts[0] == P}
    T = [q.parts[0].parts[1] for q in parts if q.op == "eq" and q.parts[0].op == "mul" and len(q.parts[0].parts) == 2]
    T = [
        t
        for t in T
        if _known(t, others | {P.data[0].name}) and any(q.op == "eq" and q.parts == (P * t, t * P) for q in parts)
    ]
    if not (square and T and "identity" in not_these and not_these & {"zero", "number"}):
        return False
    n = at.size(P.n_rows, env)
    if n > MOST_COMMUTING:
        return False
    try:
        values = [Modular(at).value(t, env) for t in T]
    except Inexact:
        return False
    system = Modular(at).zeros(len(T) * n * n, n * n)
    for k, t in enumerate(values):
        for i in range(n):
            for j in range(n):
                row = (k * n + i) * n + j  # the entry (i, j) of P T - T P
                for m in range(n):
                    system[row, i * n + m] += t[m, j]
                    system[row, m * n + j] -= t[i, m]
    return int(system.rank()) == n * n - 1


def _forces_zero(at: Valuation, q: Prop, name: str, others: set[str], env: Mapping[str, int]) -> bool:
    """M V = 0 with as many independent columns in M as there are."""
    if q.op != "eq" or not (_is_zero(q.parts[1]) and _splits(q.parts[0], name, last=True)):
        return False
    left = _without(q.parts[0], last=True)
    return _known(left, others) and at.rank(left, env)[0] == at.size(left.n_cols, env)


def _fails_at_zero(q: Prop, name: str) -> bool:
    """M V != 0."""
    return q.op == "ne" and _is_zero(q.parts[1]) and _splits(q.parts[0], name, last=True)


def _unsolvable(at: Valuation, q: Prop, name: str, others: set[str], env: Mapping[str, int]) -> bool:
    """A = G B where A and B have together a larger rank than B."""
    if q.op != "eq":
        return False
    for a, product in (q.parts, q.parts[::-1]):
        if _splits(product, name, last=False) and not _mentions(a, name):
            b = _without(product, last=False)
            if not (_known(a, others) and _known(b, others)):
                continue
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


def bound_name(variable: Any) -> str:
    """The name of what a quantifier binds: a letter, a family, a map, a dimension or an index."""
    if isinstance(variable, Expression):
        return str(variable.data[0].name)
    return variable.decl.name if isinstance(variable, Family | Opaque) else str(variable)


def _known(e: Expression, others: set[str]) -> bool:
    """Whether an expression speaks of no other bound variable: these have no values here, or those of other variables
    that have their names."""
    for part in walk(e):
        names = nat_names(part.n_rows) | nat_names(part.n_cols)
        for n in part.data:
            names |= nat_names(n) if isinstance(n, Nat) else {n.name} if isinstance(n, Decl) else set()
        if not others.isdisjoint(name.removesuffix(FAMILY) for name in names):
            return False
    return True


def _is_zero(e: Expression) -> bool:
    return e.op == "zero" or (e.op == "number" and not e.data[0])


def _splits(e: Expression, name: str, last: bool) -> bool:
    """Whether an expression is a product of others with the letter, which stands last, or first."""
    if e.op != "mul" or any(part.is_scalar_shaped for part in e.parts):
        return False
    if any(one.n_cols != two.n_rows for one, two in pairwise(e.parts)):  # <x, y> in it is a scalar of its own
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
