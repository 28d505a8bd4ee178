"""Bounds of the ranks that a statement mentions, at the values of its letters.

Below: the rank modulo a prime. Floats are rationals whose denominators are powers of 2, so an expression in exact
letters has a value modulo an odd prime, whose rank is at most the rank over the rationals. Above: a product has at most
the rank of each factor, a sum at most the sum of the ranks, and no matrix more than its sides allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from formal.statement.language import Expression

from .chains import Chain
from .exact_values import Inexact, Modular
from .weights import Product, Weight

if TYPE_CHECKING:
    from .valuation import Valuation

MOST_STEPS = 4096  # of a sum along the depth


def bounds(at: Valuation, e: Expression, env: Mapping[str, int]) -> tuple[int, int]:
    """Numbers between which the rank lies; the product is only made where its factors do not settle it."""
    high = at_most(at, e, env)
    if not high:
        return 0, 0
    low = _sylvester(at, e, env)
    if low == high:
        return low, high
    try:
        return max(low, int(Modular(at).value(e, env).rank())), high
    except Inexact:
        return low, high


def _sylvester(at: Valuation, e: Expression, env: Mapping[str, int]) -> int:
    """A lower bound from the factors: rank(A) + rank(B) - k <= rank(A B), where k is what they share (VW-T2a)."""
    if e.op == "T":
        return _sylvester(at, e.parts[0], env)
    if e.op == "identity":
        return at.size(e.n_rows, env)
    if e.op == "letter" and not e.parts and e.data[0].name not in at.families:
        index = None if e.data[1] is None else at.size(e.data[1], env)
        given = at.given(e.data[0], index)
        return given.rank_at_least if isinstance(given, Weight | Product) else 0
    if e.op != "mul":
        return 0
    chain = Chain.of(e, _itself)
    if chain.scalars:  # they may be 0
        return 0
    first, *rest = chain.factors
    total = _sylvester(at, first, env)
    for part in rest:
        total += _sylvester(at, part, env) - at.size(part.n_rows, env)
    return max(total, 0)


def at_most(at: Valuation, e: Expression, env: Mapping[str, int]) -> int:
    """An upper bound of the rank from the form of the expression; kept, as a recursion may mention its past twice."""
    return at.kept("at most", e, env, lambda: _at_most(at, e, env))


def _at_most(at: Valuation, e: Expression, env: Mapping[str, int]) -> int:
    sides = min(at.size(e.n_rows, env), at.size(e.n_cols, env))
    if e.op in ("zero", "number") and (e.op == "zero" or not e.data[0]):
        return 0
    if e.op == "T":
        return at_most(at, e.parts[0], env)
    if e.op == "add":
        found = min(sides, sum(at_most(at, part, env) for part in e.parts), _beside_identity(at, e, env))
        return found if found < sides or not at.families else min(found, _unfolded(at, e, env))
    if e.op == "mul":
        chain = Chain.of(e, _itself)
        if not all(at_most(at, part, env) for part in chain.scalars):
            return 0
        return min([sides, *(at_most(at, part, env) for part in chain.factors)])
    if e.op == "letter" and not e.parts:
        decl, index = e.data
        place = None if index is None else at.size(index, env)
        if decl.name in at.families:
            body, inner = at.step(at.families[decl.name], place or 0)
            return min(sides, at_most(at, body, inner))
        given = at.given(decl, place)
        return given.rank_at_most if isinstance(given, Product) else sides
    return sides


def _itself(e: Expression) -> Expression:
    return e


def _beside_identity(at: Valuation, e: Expression, env: Mapping[str, int]) -> int:
    """A bound of the rank of I + T, where T was given by its two factors."""
    sides = at.size(e.n_rows, env)
    if len(e.parts) != 2 or e.parts[0].op != "identity" or e.parts[1].op != "letter":
        return sides
    decl, index = e.parts[1].data
    given = None if decl.name in at.families else at.given(decl, None if index is None else at.size(index, env))
    known = given.rank_beside_identity if isinstance(given, Product) else None
    return sides if known is None else known


# ---------------------------------------------------------------- sums along the depth
Factor: TypeAlias = tuple[Expression, Mapping[str, int]]


def _unfolded(at: Valuation, e: Expression, env: Mapping[str, int]) -> int:
    """A bound of the rank of a sum in families, such as P[L] - I: what a step adds, (I + T) P = P + T P, has at most
    the rank of T, and what it goes on from is unfolded in turn until it cancels."""
    left: dict[Any, tuple[Fraction, tuple[Factor, ...]]] = {}
    total, sides = 0, min(at.size(e.n_rows, env), at.size(e.n_cols, env))
    waiting: list[tuple[Fraction, tuple[Factor, ...]]] = [(Fraction(1), ((part, env),)) for part in e.parts]
    for _ in range(MOST_STEPS):
        if not waiting:
            break
        times, factors = _flat(at, *waiting.pop())
        at_sum = next((i for i, (f, _) in enumerate(factors) if f.op == "add" and not f.is_scalar_shaped), None)
        if at_sum is None:
            key = tuple(_named(at, *factor) for factor in factors)
            left[key] = times + (left[key][0] if key in left else 0), factors
            continue
        before, (body, inner), behind = factors[:at_sum], factors[at_sum], factors[at_sum + 1 :]
        for part in body.parts:
            once = _flat(at, times, (*before, (part, inner)), unfold=False)[1]
            if any(_is_weight(at, f) for f, _ in once[len(before) :]):
                total += _narrowest(at, (*once, *behind), sides)
            else:
                waiting.append((times, (*before, (part, inner), *behind)))
    if waiting:
        return sides
    for times, factors in left.values():
        total += _narrowest(at, factors, sides) if times else 0
    return total


def _is_weight(at: Valuation, e: Expression) -> bool:
    return e.op == "letter" and not e.is_scalar_shaped and e.data[0].name not in at.families


def _narrowest(at: Valuation, factors: tuple[Factor, ...], sides: int) -> int:
    """A bound of the rank of a product that was written out; scalars among its factors say nothing."""
    return min((at_most(at, *f) for f in factors if not f[0].is_scalar_shaped), default=sides)


def _flat(
    at: Valuation, times: Fraction, factors: tuple[Factor, ...], unfold: bool = True
) -> tuple[Fraction, tuple[Factor, ...]]:
    """A product written out: numbers apart, identities left out, and families replaced by what defines them. A scalar
    factor stays whole, as what it is made of does not bound the rank."""
    waiting, found = list(reversed(factors)), []
    while waiting:
        e, env = waiting.pop()
        if e.op == "mul" and not e.is_scalar_shaped:
            chain = Chain.of(e, _itself)
            waiting += [(part, env) for part in reversed((*chain.scalars, *chain.factors))]
        elif e.op in ("number", "zero"):
            times *= Fraction(e.data[0]) if e.op == "number" else 0
        elif unfold and not e.is_scalar_shaped and e.op == "letter" and e.data[0].name in at.families:
            place = 0 if e.data[1] is None else at.size(e.data[1], env)
            waiting.append(at.step(at.families[e.data[0].name], place))
        elif e.op != "identity":
            found.append((e, env))
    return times, tuple(found)


def _named(at: Valuation, e: Expression, env: Mapping[str, int]) -> Any:
    """The same for the same letter at the same index."""
    if e.op == "letter" and not e.parts:
        return e.data[0].name, None if e.data[1] is None else at.size(e.data[1], env)
    return e, tuple(sorted(env.items()))
