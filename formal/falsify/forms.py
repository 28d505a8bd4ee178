"""Expressions as they depend on some letters: sums of left * X * right, and quadratic forms x' S x."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import NamedTuple

from ..kernel.terms import Decl
from ..statement.errors import StatementError
from ..statement.language import Expression, Identity, ZeroMatrix, walk

Letters = frozenset[Decl]


class Summand(NamedTuple):
    """left * X * right, or left * X' * right."""

    left: Expression
    letter: Expression
    transposed: bool
    right: Expression

    @property
    def T(self) -> Summand:
        """The transpose."""
        return Summand(transposed(self.right), self.letter, not self.transposed, transposed(self.left))


class Affine(NamedTuple):
    """The sum of the summands, and what does not depend on the letters."""

    summands: tuple[Summand, ...]
    rest: Expression


def mentions(e: Expression, letters: Letters) -> bool:
    """Whether one of the letters occurs."""
    return any(x.op == "letter" and x.data[0] in letters for x in walk(e))


def is_zero(e: Expression) -> bool:
    """Whether an expression is 0 as it is written."""
    return e.op == "zero" or (e.op == "number" and not e.data[0]) or (e.op == "mul" and any(map(is_zero, e.parts)))


def times(*factors: Expression) -> Expression:
    """The product, without the identities in it."""
    return reduce(_times, factors)


def _times(a: Expression, b: Expression) -> Expression:
    if a.op == "identity" and a.n_cols == b.n_rows:
        return b
    return a if b.op == "identity" and a.n_cols == b.n_rows else a * b


def transposed(e: Expression) -> Expression:
    """The transpose; an identity stays."""
    return e if e.op == "identity" or e.is_scalar_shaped else e.T


def plus(parts: Iterable[Expression], rows: object, cols: object) -> Expression:
    """The sum, without the zeros in it."""
    some = [e for e in parts if not is_zero(e)]
    return reduce(lambda a, b: a + b, some) if some else ZeroMatrix(rows, cols)


def affine(e: Expression, letters: Letters) -> Affine | None:
    """An expression as an affine function of letters; None where it is none, or does not look like one.

    >>> from formal.statement import dims, matrix, vector
    >>> d = dims("d"); A, x = matrix("A", d, d), vector("x", d)
    >>> affine(A*(x - A*x), frozenset([x.data[0]])).summands
    (Summand(left=A, letter=x, transposed=False, right=I), Summand(left=A*(-A), letter=x, transposed=False, right=I))
    """
    try:
        return _affine(e, letters)
    except StatementError:  # scalars that stand between factors of other shapes
        return None


def _affine(e: Expression, letters: Letters) -> Affine | None:
    if not mentions(e, letters):
        return Affine((), e)
    zero = ZeroMatrix(e.n_rows, e.n_cols)
    if e.op == "letter":
        plain = not e.parts and e.data[1] is None
        return Affine((Summand(Identity(e.n_rows), e, False, Identity(e.n_cols)),), zero) if plain else None
    if e.op == "T":
        inner = _affine(e.parts[0], letters)
        return None if inner is None else Affine(tuple(s.T for s in inner.summands), inner.rest.T)
    if e.op == "add":
        parts = [_affine(p, letters) for p in e.parts]
        known = [p for p in parts if p is not None]
        if len(known) < len(parts):
            return None
        return Affine(tuple(s for p in known for s in p.summands), plus([p.rest for p in known], e.n_rows, e.n_cols))
    return _of_product(e, letters) if e.op == "mul" else None


def _of_product(e: Expression, letters: Letters) -> Affine | None:
    places = [i for i, p in enumerate(e.parts) if mentions(p, letters)]
    if len(places) > 1:
        return None
    (k,) = places
    found = _affine(e.parts[k], letters)
    if found is None:
        return None
    summands, rest = list(found.summands), found.rest
    if k:
        left = times(*e.parts[:k])
        summands = [s._replace(left=times(left, s.left)) for s in summands]
        rest = rest if is_zero(rest) else left * rest
    if k + 1 < len(e.parts):
        right = times(*e.parts[k + 1 :])
        if right.is_scalar_shaped:
            summands = [s._replace(left=times(right, s.left)) for s in summands]
        else:
            summands = [s._replace(right=times(s.right, right)) for s in summands]
        rest = rest if is_zero(rest) else rest * right
    sides = {(s.left.n_rows, s.right.n_cols) for s in summands}
    if sides != {(e.n_rows, e.n_cols)}:
        raise StatementError("a scalar with a letter in it times a matrix")
    return Affine(tuple(summands), ZeroMatrix(e.n_rows, e.n_cols) if is_zero(rest) else rest)


def columns(form: Affine) -> tuple[dict[Decl, Expression], Expression] | None:
    """M for each X, and b, where the form is the sum of all M X + b, or its transpose is; None where it is not."""
    for summands, rest in ((form.summands, form.rest), (tuple(s.T for s in form.summands), form.rest.T)):
        if form.rest.is_scalar_shaped:
            summands = tuple(s.T if s.transposed else s for s in summands)
        found: dict[Decl, Expression] = {}
        for s in summands:
            left, right = s.left, s.right
            if right.is_scalar_shaped and s.letter.n_cols == right.n_rows:
                left, right = times(right, left) if right.op != "identity" else left, Identity(1)
            if s.transposed or right.op != "identity":
                break
            decl = s.letter.data[0]
            found[decl] = found[decl] + left if decl in found else left
        else:
            return found, rest
    return None


def quadratic(e: Expression, x: Expression) -> tuple[Expression, Expression] | None:
    """S and c with e = x' S x + c, for a vector x, or e = tr(x' S x) + c.

    >>> from formal.statement import dims, matrix, norm2, vector
    >>> d = dims("d"); A, x = matrix("A", d, d), vector("x", d)
    >>> quadratic(2*norm2(x) - norm2(A*x), x)
    (2*I - A.T*A, 0)
    """
    try:
        return _quadratic(e, x, frozenset([x.data[0]]))
    except StatementError:
        return None


def _quadratic(e: Expression, x: Expression, letters: Letters) -> tuple[Expression, Expression] | None:
    n = x.n_rows
    if not mentions(e, letters):
        return ZeroMatrix(n, n), e
    if e.op == "add":
        parts = [_quadratic(p, x, letters) for p in e.parts]
        known = [p for p in parts if p is not None]
        if len(known) < len(parts):
            return None
        return plus([s for s, _ in known], n, n), plus([c for _, c in known], 1, 1)
    if e.op == "trace" and e.parts[0].op == "mul":
        return _form(e.parts[0].parts, letters, n)
    if e.op != "mul":
        return None
    places = [i for i, p in enumerate(e.parts) if mentions(p, letters)]
    if len(places) == 1:
        (k,) = places
        inner = _quadratic(e.parts[k], x, letters) if e.parts[k].is_scalar_shaped else None
        outer = [*e.parts[:k], *e.parts[k + 1 :]]
        if inner is None or any(not f.is_scalar_shaped for f in outer):
            return None
        return times(*outer, inner[0]), inner[1] if is_zero(inner[1]) else times(*outer, inner[1])
    return _form(e.parts, letters, n) if x.n_cols == Identity(1).n_cols else None


def _form(parts: Sequence[Expression], letters: Letters, n: object) -> tuple[Expression, Expression] | None:
    """S for a product of factors in which two depend on the letter."""
    places = [i for i, p in enumerate(parts) if mentions(p, letters)]
    if len(places) != 2:
        return None
    i, j = places
    outer = [*parts[:i], *parts[j + 1 :]]
    one, two = affine(parts[i].T, letters), affine(parts[j], letters)
    if one is None or two is None or any(not f.is_scalar_shaped for f in outer):
        return None
    first, second = columns(one), columns(two)
    if first is None or second is None or not is_zero(first[1]) or not is_zero(second[1]):
        return None
    (a,), (b,) = first[0].values(), second[0].values()
    return times(*outer, transposed(a), *parts[i + 1 : j], b), ZeroMatrix(1, 1)
