"""The two facts of topology that the book assumes, each stated once, and what "continuous" means.

Everything else in the book is derived. Both are closed statements about every dimension; a claim that rests on one of
them says so.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..kernel import rules
from ..kernel.rules import Theorem
from ..statement import (
    And,
    Eq,
    Exists,
    Expression,
    ForAll,
    Implies,
    Opaque,
    Prop,
    dims,
    norm2,
    opaque,
    scalars,
    vector,
)
from ..statement.elaborate import elaborate_prop

eps, delta, bound = scalars("eps delta bound")


def continuous(f: Opaque, n: Any) -> Prop:
    """f, a map of R^n, is continuous everywhere; distances are squared.

    >>> n = dims("n")
    >>> continuous(opaque("f", n, 1), n).variables
    (at, eps)
    """
    at, move = vector("at", n), vector("move", n)
    close = Implies(norm2(move) < delta, norm2(f(at + move) - f(at)) < eps)
    return ForAll((at, eps), Implies(eps > 0, Exists(delta, And(delta > 0, ForAll(move, close)))))


def bounded(f: Opaque, c: Expression, n: Any) -> Prop:
    """f, a map of R^n, has values of squared length at most c."""
    at = vector("at", n)
    return ForAll(at, norm2(f(at)) <= c)


_m, _n = dims("m n")
_f, _g = opaque("f", _n, _n), opaque("g", _m + 1, _m)
_x, _y = vector("x", _n), vector("x", _m + 1)


class Axiom(NamedTuple):
    """A named assumption: what it says, and where it is proved."""

    name: str
    title: str
    source: str
    statement: Prop

    def theorem(self) -> Theorem:
        """The kernel's theorem, which lists the name."""
        return rules.axiom(self.name, elaborate_prop(self.statement))


# The map sends a closed ball that holds its values to itself, so this follows from the theorem for balls; and it gives
# that theorem back, as the space retracts to the ball.
BROUWER = Axiom(
    "Brouwer",
    "A continuous map with bounded values has a fixed point",
    "(L. E. J. Brouwer, Math. Annalen 71, 1911, 97-115)",
    ForAll((_n, _f, bound), Implies(continuous(_f, _n), Implies(bounded(_f, bound, _n), Exists(_x, Eq(_f(_x), _x))))),
)

# The literature takes a map of the sphere alone, of which a map that is continuous everywhere is a special case.
BORSUK_ULAM = Axiom(
    "Borsuk_Ulam",
    "A continuous map of R^(m + 1) to R^m agrees at two opposite points of the unit sphere",
    "(K. Borsuk, Fundamenta Mathematicae 20, 1933, 177-190)",
    ForAll((_m, _g), Implies(continuous(_g, _m + 1), Exists(_y, And(Eq(norm2(_y), 1), Eq(_g(_y), _g(-_y)))))),
)

AXIOMS = {a.name: a for a in (BROUWER, BORSUK_ULAM)}
