"""Statements evaluated at enclosures: what certainly holds, what certainly fails, and within what width the rest holds.

The statement is the one that `formal` proves or refutes; here its letters get values, which are enclosures of numbers
of a model: floats, which are exact, or what contains the exact value of a formula. Three things are decided without
rounding: an inequality or a difference that is certain, an equation that certainly fails, and a rank.

Truth has three values here, after Kleene: an equation between enclosures that overlap is neither certain nor refuted.
It holds *within a width*: the largest difference that its sides may have, relative to the larger side, or, where a
side is 0, to the largest of the terms that cancel, those in the inner sums of a product among them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import product

import numpy as np

from formal.statement import StatementError
from formal.statement.language import Expression, Family, Opaque, Prop, to_nat
from formal.statement.variables import free_variables

from ..errors import ModelError
from .chains import Chain, multiply
from .exact_numbers import Between, number
from .exact_values import difference, same
from .finding import FALSE, TRUE, UNKNOWN, Finding, both, denied
from .solvable import bound_name, impossible
from .valuation import Matrix, Valuation, Values

MOST_TERMS = 64  # of a side that is 0, when it is written out to see what cancels


class Evaluation(Valuation):
    """One statement at one set of values; what was computed is kept, as statements share many of their parts.

    >>> from formal.statement import dims, matrix, Eq, Le, rank
    >>> d, m = dims("d m"); W, V = matrix("W", m, d), matrix("V", d, m)
    >>> at = Evaluation(Values({"W": np.array([[1.0, 2.0, 0.1]]), "V": np.array([[1.0], [0.5], [0.0]])}))
    >>> at.proposition(Eq(W*V*W*V, 2*(W*V))).holds, at.proposition(Eq(W*V, 0)).holds
    (True, False)
    >>> at.proposition(Le(rank(V*W), 1)).holds, at.proposition(Le(d, rank(V*W))).holds
    (True, False)
    """

    def proposition(self, p: Prop, env: Mapping[str, int] | None = None) -> Finding:
        """What is certain of a proposition, and the width within which the rest holds."""
        env = env or {}
        if p.op in ("eq", "ne"):
            found = self._equation(p.parts[0], p.parts[1], env)
            return found if p.op == "eq" else denied(found)
        if p.op in ("le", "lt"):
            return self._inequality(p, env)
        if p.op == "and":
            return both(self.proposition(q, env) for q in p.parts)
        if p.op == "not":
            return denied(self.proposition(p.parts[0], env))
        if p.op == "implies":
            premise = self.proposition(p.parts[0], env)
            if premise.holds is False:
                return TRUE
            return denied(both([premise, denied(self.proposition(p.parts[1], env))]))
        if p.op == "each":
            (index,), bound = p.variables, self.size(to_nat(p.bound), env)
            return both(self.proposition(p.parts[0], {**env, index.name: i}) for i in range(bound))
        if p.op in ("forall", "exists"):
            return self._quantified(p, env)
        raise StatementError(f"{p.op} is no form of proposition")

    def _numbers(self, left: Expression, right: Expression, env: Mapping[str, int]) -> tuple[Between, Between] | None:
        a = number(self, left, env)
        b = None if a is None else number(self, right, env)
        return None if a is None or b is None else (a, b)

    def _equation(self, left: Expression, right: Expression, env: Mapping[str, int]) -> Finding:
        exact = self._numbers(left, right, env)
        if exact:
            return both([_ordered("le", *exact), _ordered("le", *reversed(exact))])
        a, b = self.value(left, env), self.value(right, env)
        if not (a.rad.any() or b.rad.any()):
            return Finding(bool((a.mid == b.mid).all()))
        gap = a - b
        if gap.excludes_zero().any():
            return FALSE
        if same(self, left, right, env):  # if not, they differ by less than rounding does, as what was recorded may
            return TRUE
        return Finding(None, _relative(float(gap.magnitude().max(initial=0)), self.magnitude(left, right, a, b, env)))

    def magnitude(self, left: Expression, right: Expression, a: Matrix, b: Matrix, env: Mapping[str, int]) -> float:
        """The larger side; where one of them is 0 or vanishes, the largest of the terms that cancel."""
        sides = [_largest(a), _largest(b)]
        if min(sides) > max(float(a.rad.max(initial=0)), float(b.rad.max(initial=0))) * 4:
            return max(sides)
        return max(sides + [self._size_of_terms(t, env) for side in (left, right) for t in terms(side)])

    def _size_of_terms(self, e: Expression, env: Mapping[str, int]) -> float:
        """The largest entry of a product of absolute values: of what its inner sums add up, and may cancel. Where all
        products of entries vanish, the product of the largest entries."""
        if e.op != "mul":
            return _largest(self.value(e, env))
        chain = self.chain(e, env)
        sizes = Chain(*(tuple(np.abs(f.mid) for f in part) for part in (chain.factors, chain.scalars)))
        with np.errstate(all="ignore"):
            found = float(np.nan_to_num(multiply(sizes)).max(initial=0.0))
            return found or float(np.prod([np.max(f, initial=0.0) for f in (*sizes.factors, *sizes.scalars)]))

    def _inequality(self, p: Prop, env: Mapping[str, int]) -> Finding:
        exact = self._numbers(p.parts[0], p.parts[1], env)
        if exact:
            return _ordered(p.op, *exact)
        a, b = self.value(p.parts[0], env), self.value(p.parts[1], env)
        if not (a.rad.any() or b.rad.any()):  # exact numbers are compared as they are
            return Finding(bool((a.mid <= b.mid if p.op == "le" else a.mid < b.mid).all()))
        gap = b - a
        low, high = float(gap.lower()[0, 0]), float(gap.upper()[0, 0])
        if low > 0 or (p.op == "le" and low >= 0):
            return TRUE
        if high < 0 or (p.op == "lt" and high <= 0):
            return FALSE
        rational = difference(self, p.parts[0], p.parts[1], env)
        if rational is not None:
            return Finding(rational <= 0 if p.op == "le" else rational < 0)
        size = self.magnitude(p.parts[0], p.parts[1], a, b, env)
        return Finding(None, _relative(-low, size), _relative(high, size))

    def _mentioned(self, names: Iterable[str]) -> bool:
        """Whether a family's definition mentions one of the names: there it means another variable than a bound one."""
        letters, sizes, _ = free_variables([q for fam in self.families.values() for q in fam.defined])
        return not {*sizes, *(decl.name for decl in letters)}.isdisjoint(names)

    def _quantified(self, p: Prop, env: Mapping[str, int]) -> Finding:
        """Tried at given values: one that fails refutes a `for all`, one that holds proves an `exists`."""
        if p.op == "exists" and impossible(self, p, env):
            return FALSE
        names = [bound_name(v) for v in p.variables]
        if any(name not in self.values.tried for name in names) or self._mentioned(names):
            return UNKNOWN
        tries = [self.values.tried[name] for name in names]
        if len(set(map(len, tries))) > 1:
            raise ModelError(f"there are not as many values to try for each of {', '.join(names)}")
        env = {name: i for name, i in env.items() if name not in names}
        sizes = {
            name for name, v in zip(names, p.variables, strict=True) if not isinstance(v, Expression | Family | Opaque)
        }
        found = []
        for choice in zip(*tries, strict=True):
            chosen = dict(zip(names, choice, strict=True))
            letters = {name: value for name, value in chosen.items() if name not in sizes}
            nats = {**self.nats, **{name: chosen[name] for name in sizes}}
            inner = Values({**self.letters, **letters}, nats, self.values.tried)
            found.append(Evaluation(inner, tuple(self.families.values()), p.parts).proposition(p.parts[0], env))
        if p.op == "forall":
            if any(f.holds is False for f in found):
                return FALSE
            return Finding(None, max((f.width for f in found), default=np.inf), tried=True)
        if any(f.holds for f in found):
            return TRUE
        return Finding(None, min((f.width for f in found if f.holds is None), default=np.inf))


def terms(e: Expression) -> list[Expression]:
    """The terms that a sum consists of when products are written out; the whole, where they would be too many.

    >>> from formal.statement import dims, matrix, Identity
    >>> d, m = dims("d m"); W, V = matrix("W", m, d), matrix("V", d, m)
    >>> terms(W*(Identity(d) - V*W))
    [W*I, W*(-V*W)]
    """
    if e.op == "add":
        return [t for part in e.parts for t in terms(part)]
    if e.op == "T":
        return [t.T for t in terms(e.parts[0])]
    if e.op != "mul":
        return [e]
    choices = [terms(part) for part in e.parts]
    if np.prod([len(c) for c in choices]) > MOST_TERMS:
        return [e]
    return [reduce(lambda a, b: a * b, choice) for choice in product(*choices)]


def _ordered(op: str, a: Between, b: Between) -> Finding:
    """a <= b or a < b, for numbers between exact bounds."""
    if a[1] < b[0] or (op == "le" and a[1] == b[0]):
        return TRUE
    if a[0] > b[1] or (op == "lt" and a[0] == b[1]):
        return FALSE
    return UNKNOWN


def _largest(a: Matrix) -> float:
    return float(np.abs(a.mid).max()) if a.mid.size else 0.0


def _relative(radius: float, size: float) -> float:
    if not radius:
        return 0.0
    return radius / min(size, sys.float_info.max) if size and radius < np.inf else np.inf
