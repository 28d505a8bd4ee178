"""Exact bounds of scalars that are made of numbers, dimensions and ranks: these are compared without any enclosure."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import reduce
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias

from formal.statement.language import Expression

if TYPE_CHECKING:
    from .valuation import Valuation

Between: TypeAlias = tuple[Fraction, Fraction]  # bounds, below and above


def number(at: Valuation, e: Expression, env: Mapping[str, int]) -> Between | None:
    """Exact bounds of a scalar; None for one in which matrices or enclosures take part.

    >>> from formal.statement import dims
    >>> from formal.statement.language import lift
    >>> from numeric.claims.valuation import Valuation, Values
    >>> number(Valuation(Values({}, {"d": 3})), lift(dims("d")) / 2, {})
    (Fraction(3, 2), Fraction(3, 2))
    """
    return at.kept("number", e, env, lambda: _number(at, e, env))


def _number(at: Valuation, e: Expression, env: Mapping[str, int]) -> Between | None:
    if not e.is_scalar_shaped or e.op == "trace":
        return None
    if e.op in ("identity", "zero"):
        value = Fraction(e.op == "identity")
        return value, value
    if e.op in ("number", "nat"):
        value = Fraction(e.data[0] if e.op == "number" else at.size(e.data[0], env))
        return value, value
    if e.op == "rank":
        low, high = at.rank(e.parts[0], env)
        return Fraction(low), Fraction(high)
    if e.op == "letter":
        return _letter(at, e, env)
    parts: list[Between] = []
    for part in e.parts:
        found = number(at, part, env)
        if found is None:
            return None
        parts.append(found)
    return reduce(_product_of if e.op == "mul" else _sum_of, parts)


def _letter(at: Valuation, e: Expression, env: Mapping[str, int]) -> Between | None:
    decl, place = e.data
    index = None if place is None else at.size(place, env)
    if decl.name in at.families:
        for i in range((index or 0) + 1):  # from the bottom, so that no recursion is deep
            found = number(at, *at.step(at.families[decl.name], i))
        return found
    value = None if e.parts else at.given(decl, index)
    if not isinstance(value, int | float | Fraction) or (isinstance(value, float) and not isfinite(value)):
        return None
    return Fraction(value), Fraction(value)


def _sum_of(a: Between, b: Between) -> Between:
    return a[0] + b[0], a[1] + b[1]


def _product_of(a: Between, b: Between) -> Between:
    ends = [x * y for x in a for y in b]
    return min(ends), max(ends)
