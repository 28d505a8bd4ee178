"""Inverses on one side that are inverses on both, because the matrix is square or has as many rows as columns."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache, partial

from ..kernel import rules
from ..kernel.props import at_least, equal
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Decl,
    Key,
    Number,
    Term,
    add,
    identity,
    letter,
    monomial,
    multiply,
    nat,
    number,
    rank,
    scalar,
    scale,
    split,
    subtract,
    trace,
    transpose,
    zeros,
)
from .errors import ProofFailure
from .ideal import Limits, rewrite
from .proof import Proof
from .rank import idempotent, vanishes
from .reciprocals import reciprocal_of

_m, _n = nat("m"), nat("n")


@cache
def inverse_by_size() -> Theorem:
    """B A = I_n, from A B = I_m for A: m x n with m >= n: the idempotent I - B A has trace, so rank, n - m."""
    a, b = letter(Decl("A", _m, _n)), letter(Decl("B", _n, _m))
    given, wide = rules.assume(equal(multiply(a, b), identity(_m))), rules.assume(at_least(scalar(_m), scalar(_n)))
    e = subtract(identity(_n), multiply(b, a))
    p = Proof(equal(multiply(b, a), identity(_n)), [given, wide])
    p.add(p.combine(equal(multiply(e, e), e), (given, b, a)))
    count = p.lemma(idempotent(), P=e)
    minus = number(-1)
    closed = p.combine(equal(trace(e), subtract(scalar(_n), scalar(_m))), (given, scale(minus, identity(_m))))
    none = at_least(number(0), rank(e))
    p.add(rules.order(none, [wide, count, closed], [Summand(1, (0,))], [(1, minus), (2, minus)]))
    return p.close(p.combine(p.goal, (p.lemma(vanishes(), M=e), scale(minus, identity(_n)))))


def other_side(p: Proof, th: Theorem) -> list[Theorem]:
    """B A = I for the ways in which the equation says A B = I, or a A B = I for a scalar a with a reciprocal."""
    found = []
    for a, b, same in [product for h in (th, *_divided(p, th)) for product in products_of(p, h)]:
        if a.rows == a.cols or _as_long(p, a):
            goal = equal(multiply(b, a), identity(a.cols))
            found.append(p.prove(goal, partial(_turned, a, b), [same]))
            found += _symmetric(p, a, b, [same, found[-1]])
    return found


def _symmetric(p: Proof, a: Term, b: Term, inverse: list[Theorem]) -> Iterator[Theorem]:
    """The inverse of a symmetric matrix is symmetric."""
    for one, other in ((a, b), (b, a)) if a.rows == a.cols else ():
        turns = [f for f in p.facts if f.conclusion == equal(transpose(one), one)]
        if (turns or transpose(one) == one) and transpose(other) != other:
            yield p.ideal(equal(transpose(other), other), [*inverse, *turns])
            return


def _divided(p: Proof, th: Theorem) -> Iterator[Theorem]:
    """K h = 0 for h = 0 with a word L alone, where K L is a number times I by another fact."""
    h: Term = th.conclusion[1]
    alone = {key for key in h.words if len(key) == 1 and not isinstance(key[0], Atom)}
    for f in p.facts if alone and h.rows == h.cols != ONE else ():
        if f.conclusion.kind == "zero" and f is not th and len(f.conclusion[1].words) == 2:
            short, long = sorted(f.conclusion[1].words, key=len)
            if not short and len(long) > 1 and not isinstance(long[0], Atom) and long[-1:] in alone:
                left = monomial((), long[:-1], long[0].rows, long[-1].rows)
                product = multiply(left, h)
                reduced, same = rewrite(product, [f], Limits(steps=50))
                made = rules.ideal(product, [th], [rules.Cofactor(0, left, identity(h.cols))])
                one = identity(product.rows), identity(product.cols)
                yield rules.ideal(
                    reduced,
                    [made, same],
                    [rules.Cofactor(0, *one), rules.Cofactor(1, scale(number(-1), one[0]), one[1])],
                )


def _turned(a: Term, b: Term, p: Proof) -> Theorem:
    return p.lemma(inverse_by_size(), {"m": a.rows, "n": a.cols}, A=a, B=b)


def _as_long(p: Proof, a: Term) -> bool:
    """Whether the matrix has at least as many rows as columns, by the facts."""
    wide = at_least(scalar(a.rows), scalar(a.cols))
    try:
        p.add(p.order(wide))
    except ProofFailure:
        return False
    return True


def products_of(p: Proof, th: Theorem) -> Iterator[tuple[Term, Term, Theorem]]:
    """(A, B, A B = I), where that is the equation, up to a factor and to sums that are multiplied out."""
    h: Term = th.conclusion[1]
    if h.rows != h.cols or h.rows == ONE or not h.words:
        return
    unit, rest = _unit(h)
    if unit.words and rest.words:
        inverse = reciprocal_of(p, unit)
        if inverse is not None:
            times, why = inverse
            for a, b in _factored(rest):
                yield _named(p, scale(scale(number(-1), times), a), b, th, times, why)
    for a, b, c in _shifted(h):
        yield _named(p, scale(number(Fraction(1) / c), a), b, th, number(Fraction(1) / c), None)


def _named(p: Proof, a: Term, b: Term, th: Theorem, times: Term, why: Theorem | None) -> tuple[Term, Term, Theorem]:
    """A B = I: A B - I is -(times h) plus what `why` says of the reciprocal, or times h."""
    goal = equal(multiply(a, b), identity(a.rows))
    facts = [th] if why is None else [th, why]
    return a, b, p.ideal(goal, facts)


def _unit(h: Term) -> tuple[Term, Term]:
    """s and the rest, for the sum s I + rest."""
    s, rest = number(0), zeros(h.rows, h.cols)
    for key, c in h.words.items():
        atoms, word = split(key)
        if word:
            rest = add(rest, monomial(atoms, word, h.rows, h.cols, c))
        else:
            s = add(s, monomial(atoms, (), ONE, ONE, c))
    return s, rest


def _factored(rest: Term) -> Iterator[tuple[Term, Term]]:
    """K and u with K u = rest, or u and K, for words u that all of its words share."""
    words = [(*split(key), c) for key, c in rest.words.items()]
    for n in range(1, min(len(word) for _, word, _ in words) + 1):
        first, last = words[0][1][:n], words[0][1][-n:]
        size = last[0].rows
        if all(word[-n:] == last for _, word, _ in words):
            left = zeros(rest.rows, size)
            for atoms, word, c in words:
                left = add(left, monomial(atoms, word[:-n], rest.rows, size, c))
            if left.words.keys() != {()}:
                yield left, monomial((), last, size, rest.cols)
        size = first[-1].cols
        if len(words) > 1 and all(word[:n] == first for _, word, _ in words):
            right = zeros(size, rest.cols)
            for atoms, word, c in words:
                right = add(right, monomial(atoms, word[n:], size, rest.cols, c))
            yield monomial((), first, rest.rows, size), right


def _shifted(h: Term) -> Iterator[tuple[Term, Term, Number]]:
    """K, L and c with K L = h + c I, c not 0, where h is u v + b u + a v + s I: K = u + a, L = v + b."""
    if len(h.words) not in (2, 3, 4) or any(split(key)[0] for key in h.words):
        return
    longest: Key = max(h.words, key=len)
    for i in range(1, len(longest)):
        u, v = longest[:i], longest[i:]
        if u[-1].cols != h.rows or u == v or not set(h.words) <= {longest, u, v, ()}:
            continue
        top = h.words[longest]
        a, b = Fraction(h.words.get(v, 0)) / top, Fraction(h.words.get(u, 0)) / top
        c = a * b - Fraction(h.words.get((), 0)) / top
        if c and (a or b):
            one = identity(h.rows)
            left = add(monomial((), u, h.rows, h.rows), one, a) if a else monomial((), u, h.rows, h.rows)
            right = add(monomial((), v, h.rows, h.rows), one, b) if b else monomial((), v, h.rows, h.rows)
            yield left, right, c
