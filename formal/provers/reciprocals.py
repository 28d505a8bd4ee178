"""Scalars that are not 0 have reciprocals, and those that are positive are known by their squares."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import product

from ..kernel import rules
from ..kernel.props import at_least, equal, greater, negation, zero
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Key,
    Term,
    add,
    monomial,
    multiply,
    number,
    scale,
    split,
    squared_norm,
    subtract,
)
from .errors import ProofFailure
from .ideal import Completed, Limits
from .perfect_squares import quotient, root
from .proof import Proof, positive_is_not_zero


def reciprocal_of(p: Proof, s: Term) -> tuple[Term, Theorem | None] | None:
    """t with t s = 1 and the fact that says so; no fact is needed for a number."""
    if s.words.keys() == {()}:
        return number(Fraction(1) / s.words[()]), None
    key, c = next(iter(s.words.items()))
    for f in p.facts:
        if f.conclusion.kind == "zero" and (h := f.conclusion[1]).words.get((), 0) == -1 and h.rows == ONE == h.cols:
            for t in _scalars(h):
                ((joined, _),) = scale(monomial(*split(key), ONE, ONE), t).words.items()
                times = Fraction(h.words.get(joined, 0)) / c
                if times and f.conclusion == equal(scale(s, scale(number(times), t)), number(1)):
                    return scale(number(times), t), f
    return None


def _scalars(s: Term) -> list[Term]:
    return [monomial((a,), (), ONE, ONE) for a in {a for key in s.words for a in split(key)[0]}]


def reciprocals(p: Proof) -> None:
    """1/s for the scalars s that the facts say are not 0, and that stand before a matrix or another scalar."""
    for f in list(p.facts):
        q = f.conclusion
        if q.kind == "not" and q[1].kind == "zero":
            s: Term = q[1][1]
            if s.rows == ONE == s.cols:
                _invert(p, s, f)
            elif ONE in (s.rows, s.cols) and len(s.words) == 1:
                _invert(p, squared_norm(s), _norm_not_zero(p, s, f))
        elif q.kind == "gt" and _is_factor(p, q[1]):
            _invert(p, q[1], positive_is_not_zero(f))
        elif q.kind == "ge" and (c := q[1].words.get((), 0)) < 0 and _is_factor(p, add(q[1], number(-c))):
            s = add(q[1], number(-c))
            above = rules.order(greater(s, number(0)), [f], [Summand(1, (0,)), Summand(-c)])
            _invert(p, s, positive_is_not_zero(above))
    factors = [_common_factor(f.conclusion[1]) for f in p.facts if f.conclusion.kind == "zero"]
    for factor in dict.fromkeys(factor for factor in factors if factor is not None):
        squares = [monomial((a,), (), ONE, ONE) for key in factor.words for a in split(key)[0]]
        for positive in (factor, scale(number(-1), factor)) if reciprocal_of(p, factor) is None else ():
            with suppress(ProofFailure):
                _invert(p, positive, positive_is_not_zero(p.order(greater(positive, number(0)), squares=squares)))
                break


def _common_factor(h: Term) -> Term | None:
    """s, where h = s M for a matrix M of numbers times words, and s is no number."""
    scalars: dict[Key, Term] = {}
    for key, c in h.words.items():
        atoms, word = split(key)
        scalars[word] = add(scalars.get(word, number(0)), monomial(atoms, (), ONE, ONE, c))
    if scalars.keys() <= {()} or any(s.words.keys() <= {()} for s in scalars.values()):
        return None
    first, *others = scalars.values()
    key, c = next(iter(first.words.items()))
    if all(scale(number(Fraction(s.words.get(key, 0)) / c), first) == s for s in others):
        return scale(number(Fraction(1) / c), first)
    return None


def _norm_not_zero(p: Proof, m: Term, no: Theorem) -> Theorem:
    """not tr(m'm) = 0, from not m = 0."""
    equation = zero(squared_norm(m))
    given = rules.assume(equation)
    gone = rules.null(rules.order(at_least(number(0), squared_norm(m)), [given], (), [(0, number(-1))]), m)
    goal = negation(equation)
    return rules.cases(rules.absurd(gone, no, goal), rules.assume(goal), equation)


def _is_factor(p: Proof, s: Term) -> bool:
    """Whether a factor of the scalar stands before something else in an equation."""
    atoms = {a for key in s.words for a in split(key)[0]}
    equations = [f.conclusion[1] for f in p.facts if f.conclusion.kind == "zero"]
    if p.goal.kind == "zero":
        equations.append(p.goal[1])
    return any(len(key) > 1 and not atoms.isdisjoint(key) for h in equations for key in h.words)


def _invert(p: Proof, s: Term, not_zero: Theorem) -> None:
    if s.words.keys() <= {()} or reciprocal_of(p, s) is not None:
        return
    p.open(rules.invert(not_zero, *p.unused("t")))


def equal_roots(p: Proof) -> None:
    """s = r for a scalar s > 0 and an r > 0 whose squares are equal by the equations: r is a number, or the root of a
    perfect square, or that times another of these scalars."""
    positive = {f.conclusion[1]: f for f in p.facts if f.conclusion.kind == "gt" and _is_letter(f.conclusion[1])}
    mentioned = {a for f in p.facts if f.conclusion.kind == "zero" for key in f.conclusion[1].words for a in key}
    known = [(s, f) for s, f in positive.items() if not mentioned.isdisjoint(next(iter(s.words)))]
    facts = {f.conclusion for f in p.facts}
    limits = Limits(rules=100, overlaps=300, steps=3000, degree=8)
    completed = Completed(p.facts if known else (), limits)
    values: list[tuple[Term, Term]] = [(number(1), number(1))]
    for (s, above), squares in zip(known, _squares(p, [s for s, _ in known], completed, limits), strict=True):
        for square, (t, value) in product(squares, tuple(values)):
            r = _ratio(square, value)
            if r is None or (r := multiply(r, t)) == s or equal(s, r) in facts:
                continue
            with suppress(ProofFailure):
                same = completed.vanishes(subtract(multiply(s, s), multiply(r, r)))
                other = p.order(greater(r, number(0)), products=2)
                facts.add(p.add(_equal_root(p, s, r, [above, other], same)).conclusion)
        values += [(s, square) for square in squares]


def _squares(p: Proof, scalars: Sequence[Term], completed: Completed, limits: Limits) -> list[list[Term]]:
    """What s s is by all equations, and by those that do not say what such a square is, once its own is used."""
    own = [_square_of(p, s) for s in scalars]
    others = Completed([f for f in p.facts if f not in own] if any(own) else (), limits)
    found = []
    for s, f in zip(scalars, own, strict=True):
        square = multiply(s, s)
        forms = [completed.reduce(square)]
        if f is not None:
            h: Term = f.conclusion[1]
            forms.append(others.reduce(subtract(square, scale(number(Fraction(1) / h.words[_twice(s)]), h))))
        found.append(list(dict.fromkeys(forms)))
    return found


def _twice(s: Term) -> Key:
    ((key, _),) = multiply(s, s).words.items()
    return key


def _square_of(p: Proof, s: Term) -> Theorem | None:
    """The equation that says what s s is, in terms of others."""
    for f in p.facts:
        keys = f.conclusion[1].words.keys() if f.conclusion.kind == "zero" else ()
        if _twice(s) in keys and len(keys) > 1 and sum(not set(_twice(s)).isdisjoint(key) for key in keys) == 1:
            return f
    return None


def _ratio(square: Term, value: Term) -> Term | None:
    """r with square = r r value."""
    times = quotient(square, value)
    return None if times is None else root(times)


def _equal_root(p: Proof, s: Term, t: Term, above: Sequence[Theorem], same: Theorem) -> Theorem:
    """s = t from s, t > 0 and s s = t t: s + t has a reciprocal r, and s - t = r (s s - t t)."""
    more = rules.order(greater(add(s, t), number(0)), above, [Summand(1, (0,)), Summand(1, (1,))])

    def script(q: Proof) -> Theorem:
        (r,) = q.open(rules.invert(positive_is_not_zero(more), *q.unused("t")))
        return q.combine(q.goal, (same, r), (q.facts[-1], scale(number(-1), subtract(s, t))))

    return p.prove(equal(s, t), script)


def _is_letter(s: Term) -> bool:
    return len(s.words) == 1 and all(len(key) == 1 and c == 1 for key, c in s.words.items())
