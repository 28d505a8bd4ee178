"""Rational functions with integer coefficients, in SymPy's polynomials: the numbers of the second voice.

SymPy has such a field, but looks for common divisors among all its symbols, of which there may be two hundred here.
These look among those that occur, which are a few.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias

import sympy
from sympy.polys.rings import PolyRing

Polynomial: TypeAlias = Any  # an element of SymPy's ring ZZ[x1, .., xn]: a mapping of exponents to coefficients


class Ratio:
    """numer / denom in lowest terms, where denom is 1 or has a positive leading coefficient.

    >>> K = Ratios(["x", "y"]); x, y = K.gens
    >>> (x*x - y*y) / (x + y) == x - y, (x / y) * y == x, x - x == K.zero
    (True, True, True)
    >>> (x / (-y)).denom
    y
    """

    __slots__ = ("denom", "numer")

    def __init__(self, numer: Polynomial, denom: Polynomial) -> None:
        self.numer, self.denom = numer, denom

    def __add__(self, other: Ratio) -> Ratio:
        if not self.numer:
            return other
        if not other.numer:
            return self
        if self.denom == other.denom:
            return _lowest(self.numer + other.numer, self.denom)
        return _lowest(self.numer * other.denom + other.numer * self.denom, self.denom * other.denom)

    def __neg__(self) -> Ratio:
        return Ratio(-self.numer, self.denom)

    def __sub__(self, other: Ratio) -> Ratio:
        return self + -other

    def __mul__(self, other: Ratio | int) -> Ratio:
        if isinstance(other, int):
            return _lowest(self.numer * other, self.denom)
        return _lowest(self.numer * other.numer, self.denom * other.denom)

    __rmul__ = __mul__

    def __truediv__(self, other: Ratio) -> Ratio:
        """Raises ZeroDivisionError for 0."""
        if not other.numer:
            raise ZeroDivisionError("a rational function divided by 0")
        return _lowest(self.numer * other.denom, self.denom * other.numer)

    def __pow__(self, n: int) -> Ratio:
        return Ratio(self.numer**n, self.denom**n)

    def __bool__(self) -> bool:
        return bool(self.numer)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ratio) and self.numer == other.numer and self.denom == other.denom

    def __hash__(self) -> int:
        return hash((self.numer, self.denom))

    def as_expr(self, *values: Any) -> Any:
        """The expression of SymPy, with values for all symbols if any are given."""
        return self.numer.as_expr(*values) / self.denom.as_expr(*values)

    @property
    def symbols(self) -> frozenset[int]:
        """The places of the symbols that occur."""
        return frozenset(_occurring(self.numer) | _occurring(self.denom))


class Ratios:
    """The field of rational functions of some symbols."""

    def __init__(self, names: list[str]) -> None:
        self.ring = PolyRing(names, sympy.ZZ, sympy.polys.orderings.lex)
        one = self.ring.one
        self.zero, self.one = Ratio(self.ring.zero, one), Ratio(one, one)
        self.gens = [Ratio(x, one) for x in self.ring.gens]

    def __call__(self, value: Any) -> Ratio:
        """An integer or a polynomial as an element of the field."""
        return Ratio(self.ring(value), self.ring.one)


def _occurring(p: Polynomial) -> set[int]:
    return {i for m in p for i, e in enumerate(m) if e}


@cache
def _small_ring(n: int) -> Any:
    return PolyRing([f"x{i}" for i in range(n)], sympy.ZZ, sympy.polys.orderings.lex)


def _lowest(p: Polynomial, q: Polynomial) -> Ratio:
    """p / q without common divisors; the search is in a ring of the symbols that both have, and of theirs."""
    ring = p.ring
    if not p:
        return Ratio(p, ring.one)
    if q == ring.one:
        return Ratio(p, q)
    shared = (mine := _occurring(p)) & (theirs := _occurring(q))
    if shared:
        used = sorted(mine | theirs)
        small, n = _small_ring(len(used)), ring.ngens
        _, *reduced = _within(p, used, small).cofactors(_within(q, used, small))
        p, q = (_back(x, used, n, ring) for x in reduced)
    else:
        common = sympy.ZZ.gcd(p.content(), q.content())
        if common != 1:
            p, q = p.quo_ground(common), q.quo_ground(common)
    return Ratio(-p, -q) if q.LC < 0 else Ratio(p, q)


def _within(p: Polynomial, used: list[int], small: Any) -> Polynomial:
    return small.from_dict({tuple(m[i] for i in used): c for m, c in p.items()})


def _back(p: Polynomial, used: list[int], n: int, ring: Any) -> Polynomial:
    terms = {}
    for m, c in p.items():
        exponents = [0] * n
        for i, e in zip(used, m, strict=True):
            exponents[i] = e
        terms[tuple(exponents)] = c
    return ring.from_dict(terms)
