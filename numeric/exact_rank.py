"""Bounds of the ranks that a statement mentions, at the values of its letters.

Below: the rank modulo a prime. Floats are rationals whose denominators are powers of 2, so an expression in exact
letters has a value modulo an odd prime, whose rank is at most the rank over the rationals. Above: a product has at most
the rank of each factor, a sum at most the sum of the ranks, and no matrix more than its sides allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import reduce
from operator import add, mul
from typing import TYPE_CHECKING, Any

from formal.statement.language import Expression

from .chains import Chain, in_order
from .enclosure import enclose
from .ranks import PRIME, modular
from .weights import Weight

if TYPE_CHECKING:
    from .evaluate import Evaluation


class Inexact(Exception):
    """A letter of the expression is enclosed, but not known exactly."""


def bounds(at: Evaluation, e: Expression, env: Mapping[str, int]) -> tuple[int, int]:
    """Numbers between which the rank lies; the product is only made where its factors do not settle it."""
    high = at_most(at, e, env)
    low = _sylvester(at, e, env)
    if low == high:
        return low, high
    try:
        return max(low, int(_Modular(at).value(e, env).rank())), high
    except Inexact:
        return low, high


def _sylvester(at: Evaluation, e: Expression, env: Mapping[str, int]) -> int:
    """A lower bound from the factors: rank(A) + rank(B) - k <= rank(A B), where k is what they share (VW-T2a)."""
    if e.op == "T":
        return _sylvester(at, e.parts[0], env)
    if e.op == "identity":
        return at.size(e.n_rows, env)
    if e.op == "letter" and not e.parts and e.data[0].name not in at.families:
        index = None if e.data[1] is None else at.size(e.data[1], env)
        given = at.given(e.data[0], index)
        return given.rank_at_least if isinstance(given, Weight) else 0
    if e.op != "mul" or any(part.is_scalar_shaped for part in e.parts):
        return 0
    total = _sylvester(at, e.parts[0], env)
    for part in e.parts[1:]:
        total += _sylvester(at, part, env) - at.size(part.n_rows, env)
    return max(total, 0)


def at_most(at: Evaluation, e: Expression, env: Mapping[str, int]) -> int:
    """An upper bound of the rank from the form of the expression."""
    sides = min(at.size(e.n_rows, env), at.size(e.n_cols, env))
    if e.op in ("zero", "number") and (e.op == "zero" or not e.data[0]):
        return 0
    if e.op == "T":
        return at_most(at, e.parts[0], env)
    if e.op == "add":
        return min(sides, sum(at_most(at, part, env) for part in e.parts))
    if e.op == "mul":
        scalars = [part for part in e.parts if part.is_scalar_shaped]
        return min([sides, *(at_most(at, part, env) for part in e.parts if part not in scalars)])
    if e.op == "letter" and not e.parts:
        decl, index = e.data
        place = None if index is None else at.size(index, env)
        if decl.name in at.families:
            body, inner = at.step(at.families[decl.name], place or 0, env)
            return min(sides, at_most(at, body, inner))
        given = at.given(decl, place)
        return min(sides, given.rank_at_most) if isinstance(given, Weight) else sides
    return sides


class _Modular:
    """The values of expressions modulo a prime."""

    def __init__(self, at: Evaluation) -> None:
        self.at = at
        self.known: dict[Any, Any] = {}

    def value(self, e: Expression, env: Mapping[str, int]) -> Any:
        import flint

        key = (e, tuple(sorted(env.items())))
        if key in self.known:
            return self.known[key]
        rows, cols = self.at.size(e.n_rows, env), self.at.size(e.n_cols, env)
        if e.op == "letter":
            found = self._letter(e, env)
        elif e.op in ("identity", "zero"):
            found = flint.nmod_mat(rows, cols, PRIME)
            for i in range(rows if e.op == "identity" else 0):
                found[i, i] = 1
        elif e.op == "number":
            found = _scalar(e.data[0])
        elif e.op == "nat":
            found = _scalar(self.at.size(e.data[0], env))
        elif e.op == "rank":
            low, high = self.at.rank(e.parts[0], env)
            if low != high:
                raise Inexact
            found = _scalar(low)
        elif e.op == "T":
            found = self.value(e.parts[0], env).transpose()
        elif e.op == "trace":
            inner = self.value(e.parts[0], env)
            found = _scalar(sum(int(inner[i, i]) for i in range(inner.nrows())))
        elif e.op == "add":
            found = reduce(add, (self.value(p, env) for p in e.parts))
        else:
            chain = Chain.of(e, lambda part: self.value(part, env))
            found = in_order(chain.factors, [(f.nrows(), f.ncols()) for f in chain.factors], mul)
            for scalar in chain.scalars:
                found = found * int(scalar[0, 0])
        self.known[key] = found
        return found

    def _letter(self, e: Expression, env: Mapping[str, int]) -> Any:
        decl, index = e.data
        place = None if index is None else self.at.size(index, env)
        if decl.name in self.at.families:
            for i in range((place or 0) + 1):
                found = self.value(*self.at.step(self.at.families[decl.name], i, env))
            return found
        given = self.at.given(decl, place)
        if e.parts or callable(given):
            raise Inexact
        if isinstance(given, Fraction):
            return _scalar(given)
        if isinstance(given, Weight):
            return given.modular
        exact = enclose(given)
        if exact.rad.any():
            raise Inexact
        mid = exact.mid
        return modular(mid if mid.ndim == 2 else mid.reshape(-1, 1))


def _scalar(x: int | Fraction) -> Any:
    import flint

    q = Fraction(x)
    if q.denominator % PRIME == 0:
        raise Inexact
    return flint.nmod_mat(1, 1, [q.numerator * pow(q.denominator, -1, PRIME) % PRIME], PRIME)
