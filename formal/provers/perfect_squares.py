"""Polynomials in scalars: exact quotients, and roots of perfect squares."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import isqrt
from typing import Any

from ..kernel.terms import ONE, Key, Number, Term, add, monomial, multiply, number, scale, subtract

_MOST = 40  # steps


def quotient(a: Term, b: Term) -> Term | None:
    """q with q b = a, or None.

    >>> from formal.kernel.terms import term_text
    >>> from formal.statement import scalars
    >>> from formal.statement.elaborate import elaborate
    >>> s, t = scalars("s t")
    >>> term_text(quotient(elaborate(s*s*t - t*t*t), elaborate(s + t)))
    '- t t + s t'
    """
    q, lead = number(0), _lead(b)
    for _ in range(_MOST):
        if not a.words:
            return q
        step = _divided(_lead(a), lead)
        if step is None:
            return None
        q, a = add(q, step), subtract(a, scale(step, b))
    return None


def root(a: Term) -> Term | None:
    """r with r r = a, its leading coefficient positive, or None.

    >>> from formal.kernel.terms import term_text
    >>> from formal.statement import scalars
    >>> from formal.statement.elaborate import elaborate
    >>> c = scalars("c")
    >>> term_text(root(elaborate(4*c*c + 4*c + 1))), root(elaborate(c*c + 1))
    ('2 c + 1', None)
    """
    if not a.words:
        return None
    key, c = _lead(a)
    counts, size = Counter(key), rational_root(c)
    if size is None or any(n % 2 for n in counts.values()):
        return None
    r = monomial(tuple(x for x, n in counts.items() for _ in range(n // 2)), (), ONE, ONE, size)
    key, c = _lead(r)
    for _ in range(_MOST):
        rest = subtract(a, multiply(r, r))
        if not rest.words:
            return r
        step = _divided(_lead(rest), (key, 2 * c))
        if step is None or _order(step) >= _order(r):
            return None
        r = add(r, step)
    return None


def rational_root(c: Number) -> Fraction | None:
    """The positive rational whose square is c."""
    q = Fraction(c)
    if q <= 0:
        return None
    found = Fraction(isqrt(q.numerator), isqrt(q.denominator))
    return found if found * found == q else None


def _rank(key: Key) -> Any:
    """By the degree, then by the atoms in their order: products keep it."""
    return len(key), [x.sort for x in key]


def _lead(a: Term) -> tuple[Key, Number]:
    return max(a.words.items(), key=lambda item: _rank(item[0]))


def _order(a: Term) -> Any:
    return _rank(_lead(a)[0])


def _divided(a: tuple[Key, Number], b: tuple[Key, Number]) -> Term | None:
    """The quotient of two monomials with their coefficients."""
    counts = Counter(a[0])
    counts.subtract(b[0])
    if any(n < 0 for n in counts.values()):
        return None
    return monomial(tuple(counts.elements()), (), ONE, ONE, Fraction(a[1]) / b[1])
