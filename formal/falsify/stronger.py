"""What evaluation does not decide, replaced by something stronger that it does, with auxiliary letters.

For all x: A x = 0 implies B x = 0, where B = C A for some C. There is no X with all L X R = c, where the equations
contradict each other: dual letters Y with sum L' Y R' = 0 and sum <Y, c> != 0 (Fredholm's alternative). A quadratic
form is never negative where it is a sum of squares. An instance of the stronger statement is one of the statement
itself, and a script finds the way back (`back`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

from ..kernel.terms import HOLE, ONE, Decl, Nat, nat, nat_substitute
from ..statement.errors import StatementError
from ..statement.language import Eq, Expression, Family, Identity, Le, Lt, Ne, Prop, Trace, ZeroMatrix, matrix, to_nat
from .forms import Letters, affine, columns, is_zero, mentions, plus, quadratic, times, transposed

WAYS = 6  # stronger statements beyond these are left out
Marked = tuple[Prop, bool]  # whether it is supposed, or comes from the denial of the conclusion


class Names:
    """Names for auxiliary letters. index: of what is said of all indices below a bound, the index; each letter is a
    family then."""

    def __init__(self, taken: set[str], index: Any = None) -> None:
        self.taken, self.index = taken, index

    def letter(self, name: str, rows: Nat, cols: Nat) -> Expression:
        """A letter of this shape with a name that is new."""
        fresh, k = name, 0
        while fresh in self.taken:
            k += 1
            fresh = f"{name}{k}"
        self.taken.add(fresh)
        if self.index is None:
            return matrix(fresh, rows, cols)
        here = {str(to_nat(self.index)): nat(HOLE)}
        sizes = nat_substitute(rows, here), nat_substitute(cols, here)
        return Family(Decl(fresh, *sizes, True, ()))[self.index]

    def at(self, index: Any) -> Names:
        """The same names, for what is said of all indices."""
        return Names(self.taken, index)


class _Clause(NamedTuple):
    """For all values of the variables, one of the relations holds."""

    variables: tuple[Any, ...]
    relations: tuple[Prop, ...]


def stronger(p: Prop, holds: bool, names: Names) -> list[tuple[Marked, ...]]:
    """Lists of relations from each of which it follows that p = "for all .." holds, or that p = "exists .." fails.

    >>> from formal.statement import ForAll, Implies, dims, matrix, vector
    >>> d, m = dims("d m"); A, B, x = matrix("A", m, d), matrix("B", m, d), vector("x", d)
    >>> stronger(ForAll(x, Implies(Eq(A*x, 0), Eq(B*x, 0))), True, Names({"A", "B", "x"}))
    [((B = C*A, True),)]
    """
    clauses = _clauses(p, holds)
    if clauses is None or len(clauses) > WAYS:
        return []
    found: list[tuple[Marked, ...]] = [()]
    for clause in clauses:
        try:
            ways = list(_ways(clause, names))
        except StatementError:  # shapes that are only equal because of a hypothesis
            ways = []
        found = [(*a, *b) for a, b in product(found, ways)][:WAYS]
    return found


# ---------------------------------------------------------------- clauses
def _clauses(p: Prop, holds: bool) -> list[_Clause] | None:
    """A proposition as clauses that all hold; None where something stands in it that is no relation."""
    if p.op in ("eq", "ne", "le", "lt"):
        return [_Clause((), (p if holds else opposite(p),))]
    if p.op == "not":
        return _clauses(p.parts[0], not holds)
    if p.op == ("forall" if holds else "exists"):
        inner = _clauses(p.parts[0], holds)
        return None if inner is None else [_Clause((*p.variables, *c.variables), c.relations) for c in inner]
    if p.op == "implies":
        parts = [_clauses(p.parts[0], not holds), _clauses(p.parts[1], holds)]
        return _any(parts) if holds else _all(parts)
    if p.op == "and":
        parts = [_clauses(q, holds) for q in p.parts]
        return _all(parts) if holds else _any(parts)
    return None


def _all(parts: Sequence[list[_Clause] | None]) -> list[_Clause] | None:
    known = [q for q in parts if q is not None]
    return [c for q in known for c in q] if len(known) == len(parts) else None


def _any(parts: Sequence[list[_Clause] | None]) -> list[_Clause] | None:
    known = [q for q in parts if q is not None]
    if len(known) < len(parts):
        return None
    found = [_Clause((), ())]
    for clauses in known:
        found = [
            _Clause((*a.variables, *b.variables), (*a.relations, *b.relations)) for a, b in product(found, clauses)
        ]
        if len(found) > WAYS:
            return None
    return found


def opposite(p: Prop) -> Prop:
    """The relation that holds where p fails."""
    a, b = p.parts
    if p.op in ("le", "lt"):
        return Lt(b, a) if p.op == "le" else Le(b, a)
    return Prop("ne" if p.op == "eq" else "eq", p.parts)


# ---------------------------------------------------------------- ways
def _ways(clause: _Clause, names: Names) -> Iterator[tuple[Marked, ...]]:
    """Lists of relations that make a clause hold."""
    letters = {v.data[0] for v in clause.variables if isinstance(v, Expression) and v.op == "letter"}
    if len(letters) < len(clause.variables):
        return
    bound = frozenset(letters)
    free = [r for r in clause.relations if not any(mentions(e, bound) for e in r.parts)]
    for r in free:
        yield ((r, True),)
    others = [r for r in clause.relations if r not in free]
    equations = [_difference(r) for r in others if r.op == "ne"]
    wanted = [_difference(r) for r in others if r.op == "eq"]
    for target in wanted:
        yield from _from_equations(target, equations, bound, names)
        if not equations and len(others) == 1:
            yield from _everywhere_zero(target, clause.variables)
    for r in others:
        if r.op in ("le", "lt"):
            yield from _squares(r, wanted, clause.variables, names)
    yield from _no_solution(equations, bound, names)


def _difference(r: Prop) -> Expression:
    a: Expression = r.parts[0]
    b: Expression = r.parts[1]
    return a if is_zero(b) else a - b


def _from_equations(
    target: Expression, equations: list[Expression], bound: Letters, names: Names
) -> Iterator[tuple[Marked, ...]]:
    """M x + b = 0 where all A x + a = 0, because M = sum C A and b = sum C a."""
    forms = [affine(e, bound) for e in (target, *equations)]
    rows = [None if f is None else columns(f) for f in forms]
    if rows[0] is None or not (known := [r for r in rows[1:] if r is not None]):
        return
    wanted, rest = rows[0]
    if len({e.n_cols for r in (rows[0], *known) for e in [r[1]]}) > 1:
        return
    multipliers = [names.letter("C", rest.n_rows, r[1].n_rows) for r in known]
    found: list[Marked] = []
    for decl in sorted(wanted.keys() | {d for r in known for d in r[0]}, key=str):
        parts = [times(c, r[0][decl]) for c, r in zip(multipliers, known, strict=True) if decl in r[0]]
        left = wanted.get(decl, ZeroMatrix(rest.n_rows, decl.rows))
        found.append((Eq(left, plus(parts, rest.n_rows, decl.rows)), True))
    if not is_zero(rest) or any(not is_zero(r[1]) for r in known):
        parts = [times(c, r[1]) for c, r in zip(multipliers, known, strict=True) if not is_zero(r[1])]
        found.append((Eq(rest, plus(parts, rest.n_rows, rest.n_cols)), True))
    yield tuple(found)


def _everywhere_zero(target: Expression, variables: tuple[Any, ...]) -> Iterator[tuple[Marked, ...]]:
    """What is linear in each letter is 0 at all values where its coefficient is 0; x' S x is where S = -S'."""
    if len(variables) == 1 and (square := quadratic(target, variables[0])) is not None:
        s, rest = square
        yield ((Eq(s.T, -s), True), *([] if is_zero(rest) else [(Eq(rest, 0), True)]))
        return
    found: list[Marked] = []
    for x in reversed(variables):
        letters = frozenset([x.data[0]])
        if not mentions(target, letters):
            continue
        form = affine(target, letters)
        if form is None:
            return
        if not is_zero(form.rest):
            found.append((Eq(form.rest, 0), True))
        coefficient = columns(form)
        if coefficient is not None:
            (target,) = coefficient[0].values()
        elif len(form.summands) == 1:
            (summand,) = form.summands
            sides = [e for e in (summand.left, summand.right) if e.op != "identity"]
            target = sides[-1]
        else:
            return
    if not any(mentions(target, frozenset([x.data[0]])) for x in variables):
        yield (*found, (Eq(target, 0), True))


def _squares(
    r: Prop, wanted: list[Expression], variables: tuple[Any, ...], names: Names
) -> Iterator[tuple[Marked, ...]]:
    """0 <= x' S x, because S + S' = 2 R' R; 0 < x' S x or x = 0, where R has a left inverse besides."""
    if len(variables) != 1:
        return
    (x,) = variables
    found = quadratic(r.parts[1] - r.parts[0], x)
    if found is None:
        return
    s, rest = found
    n = x.n_rows
    root = names.letter("R", n, n)
    same = Eq(s if is_symmetric(s) else (s + s.T) / 2, root.T * root)
    positive: list[Marked] = [] if is_zero(rest) else [(Le(0, rest) if r.op == "le" else Lt(0, rest), True)]
    if r.op == "le" or positive:
        yield ((same, True), *positive)
    elif any(e == x for e in wanted):
        left = names.letter("L", n, n)
        yield ((same, True), (Eq(left * root, Identity(n)), True))


def is_symmetric(e: Expression) -> bool:
    """Whether an expression is its own transpose as it is written."""
    if e.op in ("identity", "number", "nat", "trace", "rank") or e.is_scalar_shaped:
        return True
    if e.op == "add":
        return all(map(is_symmetric, e.parts))
    if e.op == "mul":
        parts = [p for p in e.parts if not p.is_scalar_shaped]
        half, odd = divmod(len(parts), 2)
        pairs = zip(parts[:half], reversed(parts), strict=False)
        return all(a == b.T for a, b in pairs) and (not odd or is_symmetric(parts[half]))
    return False


def _no_solution(equations: list[Expression], bound: Letters, names: Names) -> Iterator[tuple[Marked, ...]]:
    """Equations sum L X R + c = 0 contradict each other, because of dual letters Y, one for each."""
    forms = [f for e in equations if (f := affine(e, bound)) is not None and f.summands]
    if all(is_zero(f.rest) for f in forms):
        return
    dual = [names.letter("Y", f.rest.n_rows, f.rest.n_cols) for f in forms]
    adjoint: dict[Decl, list[Expression]] = {}
    for y, f in zip(dual, forms, strict=True):
        for s in f.summands:
            image = (
                times(transposed(s.left), y, transposed(s.right)) if not s.transposed else times(s.right, y.T, s.left)
            )
            adjoint.setdefault(s.letter.data[0], []).append(image)
    pairings = [_pairing(y, f.rest) for y, f in zip(dual, forms, strict=True) if not is_zero(f.rest)]
    vanish = [(Eq(plus(parts, decl.rows, decl.cols), 0), True) for decl, parts in adjoint.items()]
    yield (*vanish, (Ne(plus(pairings, ONE, ONE), 0), False))


def _pairing(y: Expression, c: Expression) -> Expression:
    product: Expression = y.T * c
    return product if product.is_scalar_shaped else Trace(product)
