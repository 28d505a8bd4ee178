"""A matrix is zero when its squared norm is: how an equation that says so is recognised, and what it gives.

`A'A X = 0` gives A X = 0, as tr(X'A'A X) is the squared norm of A X; `A'A + B'B = 0` gives A = 0 and B = 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from ..kernel import rules
from ..kernel.props import at_least, equal
from ..kernel.rules import Cofactor, Summand, Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Letter,
    Term,
    add,
    flip,
    identity,
    monomial,
    multiply,
    number,
    scale,
    split,
    squared_norm,
    trace,
    transpose,
    zeros,
)
from .ideal import Limits, ideal, rewrite
from .proof import Proof
from .quadratic import Signs, Square, sum_of_squares


def vanish(p: Proof, th: Theorem, goal: Term | None = None) -> list[Theorem]:
    """P = 0 for matrices P whose squared norms the equation, or inequality, says are 0 together."""
    signs = Signs(p.facts)
    for s, zero_sum in _forms(p, th, goal):
        for sign in (1, -1) if th.conclusion.kind == "zero" else (-1,):
            squares = sum_of_squares(scale(number(sign), s), signs)
            if squares:
                whole = _whole(zero_sum, sign, squares, signs)
                return [_each(whole, squares, i, signs) for i, q in enumerate(squares) if not q.weight]
    return []


def _whole(zero_sum: Theorem, sign: int, squares: Sequence[Square], signs: Signs) -> Theorem:
    """The sum of the squares is at most 0, from: the form is 0, or, up to the sign, not more."""
    total = number(0)
    for q in squares:
        total = add(total, scale(monomial(q.weight, (), ONE, ONE, q.coefficient), squared_norm(q.matrix)))
    form: Term = zero_sum.conclusion[1]
    goal, signed = at_least(number(0), total), scale(number(sign), form)
    same = ideal(equal(total, signed), signs.turns)
    if zero_sum.conclusion.kind == "ge":
        return rules.order(goal, [zero_sum, same], [Summand(1, (0,))], [(1, number(-1))])
    return rules.order(goal, [zero_sum, same], (), [(0, number(-sign)), (1, number(-1))])


def _each(whole: Theorem, squares: Sequence[Square], i: int, signs: Signs) -> Theorem:
    """The i-th matrix is 0, from: the sum of the squares is not more."""
    weight, matrix = squares[i].coefficient, squares[i].matrix
    premises, summands = [whole], [Summand(Fraction(1) / weight, (0,))]
    for q in (q for j, q in enumerate(squares) if j != i):
        known = [signs.positive[a] for a in q.weight]
        places = tuple(range(len(premises), len(premises) + len(known)))
        premises += known
        summands.append(Summand(Fraction(q.coefficient) / weight, places, (q.matrix,)))
    return rules.null(rules.order(at_least(number(0), squared_norm(matrix)), premises, summands), matrix)


def _forms(p: Proof, th: Theorem, goal: Term | None) -> Iterator[tuple[Term, Theorem]]:
    """Scalars that are 0, or not more, by this fact: quadratic forms in what may vanish."""
    h: Term = th.conclusion[1]
    if th.conclusion.kind == "ge":
        yield h, th
        return
    if h.rows == ONE == h.cols:
        yield h, th
        return
    seen: set[Term] = set()
    for m in _multipliers(h, goal):
        if m not in seen:
            seen.add(m)
            form, zero_form = _form(h, m, th)
            if not form.words:
                continue
            yield form, zero_form
            reduced, same = rewrite(form, p.facts, Limits(steps=60))
            if reduced.words and reduced != form:
                yield (
                    reduced,
                    rules.ideal(
                        reduced,
                        [zero_form, same],
                        [Cofactor(0, number(1), number(1)), Cofactor(1, number(-1), number(1))],
                    ),
                )


def _form(h: Term, m: Term, th: Theorem) -> tuple[Term, Theorem]:
    """tr(m'h), and that it is 0."""
    form = trace(multiply(transpose(m), h))
    return form, rules.ideal(form, [th], [Cofactor(0, transpose(m), identity(h.cols), number(1))])


def _multipliers(h: Term, goal: Term | None) -> Iterator[Term]:
    """M for which tr(M'h) may be a sum of squares: of K M and M K, and the identity."""
    if h.rows == h.cols:
        yield identity(h.rows)
    words = [split(key) for key in h.words]
    shortest = min(len(word) for _, word in words)
    for n in range(1, shortest + 1):
        first, last = words[0][1][:n], words[0][1][-n:]
        if all(word[:n] == first for _, word in words) and first[-1].cols == h.rows:
            yield _sum(h, [(atoms, word[n:]) for atoms, word in words])
        if all(word[-n:] == last for _, word in words) and last[0].rows == h.rows:
            yield monomial((), last, h.rows, h.cols)
        if all(word[-n:] == last for _, word in words) and last[0].rows == h.cols:
            yield _sum(h, [(atoms, word[:-n]) for atoms, word in words])
        if all(word[:n] == first for _, word in words) and first[-1].cols == h.cols:
            yield monomial((), first, h.rows, h.cols)
    if goal is not None and (goal.rows, goal.cols) == (h.rows, h.cols):
        yield goal


def _sum(h: Term, parts: Sequence[tuple[tuple[Atom, ...], tuple[Letter, ...]]]) -> Term:
    total = zeros(h.rows, h.cols)
    for (atoms, word), c in zip(parts, h.words.values(), strict=True):
        total = add(total, monomial(atoms, word, h.rows, h.cols, c))
    return total


def norm_is_zero(m: Term, square: Theorem) -> Theorem:
    """m = 0, from tr(m'm) = 0."""
    goal = at_least(number(0), squared_norm(m))
    return rules.null(rules.order(goal, [square], (), [(0, number(-1))]), m)


def towers(z: Term, most: int = 150) -> list[list[Term]]:
    """[z], [z, z'z], [z, z'z, (z'z)^2] ..: each list ends in a matrix whose squared norm is 0 only if z is 0."""
    found: list[list[Term]] = []
    chain = [z]
    while len(found) < 3 and len(chain[-1].words) ** 2 <= most:
        found.append(chain)
        last = chain[-1]
        chain = [*chain, multiply(transpose(last), last)]
    return found


def lifts(z: Term) -> list[tuple[Term, Term]]:
    """(u'u m, m) where z = u m for a letter u, and (m u u', m) where z = m u: the first is 0 only if z is."""
    words = [(*split(key), c) for key, c in z.words.items()]
    found: list[tuple[Term, Term]] = []
    for end, back in ((0, False), (-1, True)):
        if words and all(word for _, word, _ in words) and len({word[end] for _, word, _ in words}) == 1:
            u = words[0][1][end]
            rows, cols = (z.rows, u.rows) if back else (u.cols, z.cols)
            m = zeros(rows, cols)
            for atoms, word, c in words:
                m = add(m, monomial(atoms, word[:-1] if back else word[1:], rows, cols, c))
            turned = monomial((), (flip(u),), u.cols, u.rows)
            found.append((multiply(z, turned) if back else multiply(turned, z), m))
    return found


def lowered(z: Term, m: Term, th: Theorem) -> Theorem:
    """z = 0, from what `lifts` made of it: tr(z'z) = tr(m'u'z)."""
    left = transpose(m)
    return norm_is_zero(z, rules.ideal(squared_norm(z), [th], [Cofactor(0, left, identity(m.cols), number(1))]))


def down(chain: Sequence[Term], square: Theorem) -> Theorem:
    """The first of a tower is 0, from tr(m'm) = 0 for the last."""
    th = norm_is_zero(chain[-1], square)
    for m in reversed(chain[:-1]):
        value = squared_norm(m)
        traced = rules.ideal(value, [th], [Cofactor(0, identity(m.cols), identity(m.cols), number(1))])
        th = norm_is_zero(m, traced)
    return th
