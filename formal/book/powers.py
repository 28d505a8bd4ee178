"""Entrywise powers of Gram matrices: how many directions fit, beyond averages (TH-14, TH-15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import HOLE, ONE, add, letter, multiply, nat, nat_sum, number, scale, transpose, zeros
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import FALSE, Proof, anything, auto
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Family,
    ForAll,
    Identity,
    Implies,
    Le,
    Prop,
    dims,
    family,
    inner,
    matrix,
    norm2,
    scalars,
    vector,
)
from ..statement.language import from_nat, to_nat
from .frames import GENERAL, UNIT, I_n, d, everywhere, i, j, l, n, s
from .monomials import as_letter
from .shelf import claim

# ---------------------------------------------------------------- the symmetric square, and equiangular lines (TH-15)
D = dims("D")
t, a = family("t", D, 1), family("a", D, 1)


def _squares(of: Family, q: Any) -> Prop:
    """<a_i, t_j> = <s_i, s_j>^2 for families a and t in q (q + 1) / 2 dimensions."""
    same = ForAll((i, j), Eq(inner(a[i], t[j]), inner(of[i], of[j]) ** 2))
    return Exists((D, t, a), And(Eq(2 * D, q * (q + 1)), same))


def _for_all_families(q: Any) -> Prop:
    return ForAll(family("s", q, 1), _squares(family("s", q, 1), q))


def _no_coordinate(p: Proof) -> Theorem:
    nothing, point = lemmas.empty(p, nat(0)), family("s", 0, 1)

    def vanishes(q: Proof) -> Theorem:
        q.multiply(nothing, point[i].T, point[j])
        return q.ideal(facts=[q.facts[-1]])

    def body(q: Proof) -> Theorem:
        one, rest = q.goal[1]
        return rules.conjoin([q.ideal(one, ()), q.prove(rest, everywhere(vanishes))])

    none = zeros(nat(0), ONE)
    th = p.prove(p.goal[2], lambda q: introduce_all(q, q.goal, [nat(0), none, none], body))
    return rules.generalize(th, p.goal[1])


def _one_coordinate_more(p: Proof) -> Theorem:
    """<s, s'> = <y, y'> + c c' for s = (y, c), so <s, s'>^2 = <y, y'>^2 + c c' <(2 y, c), s'>."""
    q, known = p.index, p.facts[-1]
    whole = letter(p.goal[1], nat(HOLE))

    def body(r: Proof) -> Theorem:
        e1, e2 = r.blocks(q, 1)
        frame = r.facts[-1]
        short, last = multiply(transpose(e1), whole), multiply(transpose(e2), whole)
        size, *families = r.open(r.at(known, short))
        old, dual = (letter(decl, nat(HOLE)) for decl in families)
        f1, f2 = r.blocks(size, nat_sum(to_nat(q), ONE))
        split = r.facts[-4:]
        grown = add(multiply(f1, old), multiply(f2, scale(last, whole)))
        mixed = add(scale(number(2), multiply(e1, short)), scale(last, e2))
        grown_dual = add(multiply(f1, dual), multiply(f2, scale(last, mixed)))
        count, same = r.facts[-6:-4]

        def values(h: Proof) -> Theorem:
            at_i, at_j = (h.term(family("s", q + 1, 1)[x]) for x in (i, j))
            return h.ideal(facts=[h.at(same, i, j), h.multiply(frame, transpose(at_i), at_j), *split])

        def close(h: Proof) -> Theorem:
            one, rest = h.goal[1]
            h.facts = [count]
            return rules.conjoin([h.ideal(one), h.prove(rest, everywhere(values))])

        return introduce_all(r, r.goal, [f1.rows, grown, grown_dual], close)

    return rules.generalize(p.prove(p.goal[2], body), p.goal[1])


symmetric_square = claim(
    "TH-15a",
    "Symmetric square: squared inner products go through d (d + 1) / 2 dimensions",
    sentence="For vectors s_1, s_2, .. in d dimensions there are vectors a_i and t_j in d (d + 1) / 2 dimensions with "
    "<a_i, t_j> = <s_i, s_j>^2 for all i and j: t_j lists the products of two coordinates of s_j.",
    show=_squares(s, d),
    proof=by_induction(
        d, _for_all_families, base=_no_coordinate, step=_one_coordinate_more, then=lambda p: p.at(p.facts[-1], GENERAL)
    ),
)

c = scalars("c")


def _gram_so_far(size: Any, left: Family, right: Family) -> Callable[[Any], Prop]:
    """The first q dual vectors A and vectors T: their products are (1 - c) I + c u u' with u all ones."""

    def so_far(q: Any) -> Prop:
        A, T, u = matrix("A", q, size), matrix("T", size, q), vector("u", q)
        later = And(Eq(A * right[l + 1], c * u), Eq(left[l + 1].T * T, c * u.T))
        return Exists(
            (A, T, u),
            And(
                Eq(norm2(u), q),
                Eq(A * T, (1 - c) * Identity(q) + c * u * u.T),
                Each(l, n, Implies(Le(q, l), later)),
            ),
        )

    return so_far


def _positive(p: Proof, pairs: Theorem, narrow: Theorem) -> Theorem:
    """1 - c + c n > 0: c is a square where there are two lines, and with fewer it is 1 - c (1 - n)."""
    goal = p.prop(1 - c + c * n > 0)

    def negative(q: Proof) -> Theorem:
        below = q.facts[-1]

        def two(r: Proof) -> Theorem:
            shares = [Summand(1, (0,)), Summand(1, (), (r.term(inner(s[2], s[1])),))]
            return anything(goal, rules.order(FALSE, [below, r.at(pairs, 1, 0)], shares, [(1, number(-1))]))

        def one(r: Proof) -> Theorem:
            return rules.order(goal, [below, r.facts[-1]], [Summand(1), Summand(1, (0, 1))])

        return q.cases(Le(2, n), two, one, goal)

    def positive(q: Proof) -> Theorem:
        return rules.order(goal, [narrow, q.facts[-1]], [Summand(1, (0,)), Summand(1, (1,), (), (q.term(n),))])

    return p.cases(c >= 0, positive, negative, goal)


def _equiangular(p: Proof) -> Theorem:
    unit, pairs, narrow = p.facts
    size, *families = p.open(cite(p, symmetric_square, s=GENERAL))
    width, same = p.facts[-2:]
    D = from_nat(size)
    t, a = (Family(decl) for decl in families)

    def none(q: Proof) -> Theorem:
        empty = lemmas.empty(q, nat(0))

        def body(r: Proof) -> Theorem:
            r.facts = [empty]
            return rules.conjoin([r.prove(g, everywhere(auto)) for g in r.goal[1]])

        D0 = q.term(Identity(D)).rows
        return introduce_all(q, q.goal, [zeros(nat(0), D0), zeros(D0, nat(0)), zeros(nat(0), ONE)], body)

    def one_more(q: Proof) -> Theorem:
        k, (A, T, u) = q.index, map(as_letter, q.values[-3:])
        length, gram, later = q.facts[-3:]
        e1, e2 = map(as_letter, q.blocks(k, 1))
        units = q.facts[-4:-1]
        row, new = a[k + 1].T, t[k + 1]
        own = q.ideal(Eq(row * new, 1), [q.at(same, k + 1, k + 1), q.at(unit, k)])
        grown = e1 * A + e2 * row, T * e1.T + new * e2.T, e1 * u + e2
        reads, read = (rules.part(q.at(later, k), x) for x in (0, 1))

        def meet(r: Proof) -> Theorem:
            one, two = r.goal[1]
            before, square = r.at(later, l), r.at(pairs, l, k)
            here, there = r.at(same, k + 1, l + 1), r.at(same, l + 1, k + 1)
            return rules.conjoin(
                [
                    r.combine(one, (rules.part(before, 0), e1), (here, e2), (square, e2)),
                    r.combine(two, (rules.part(before, 1), None, e1.T), (there, None, e2.T), (square, None, e2.T)),
                ]
            )

        def body(r: Proof) -> Theorem:
            count, product, rest = r.goal[1]
            parts = [(gram, e1, e1.T), (reads, e1, e2.T), (read, e2, e1.T), (own, e2, e2.T)]
            frame = r.fact(Eq(e1 * e1.T + e2 * e2.T, Identity(k + 1)))
            return rules.conjoin(
                [
                    r.ideal(count, [length, *units]),
                    r.combine(product, *parts, (frame, (1 - c) * Identity(k + 1))),
                    r.prove(rest, everywhere(meet)),
                ]
            )

        return introduce_all(q, q.goal, list(map(q.term, grown)), body)

    def fits(q: Proof) -> Theorem:
        """(1 - c) I + c u u' has the inverse r ((1 - c + c n) I - c u u'), r = 1 / ((1 - c) (1 - c + c n))."""
        A, T, u = map(as_letter, q.values[-3:])
        length, gram = q.facts[-3:-1]
        q.facts = [narrow, _positive(q, pairs, narrow)]
        q.facts = [q.product(*q.facts)]
        r = as_letter(q.reciprocal((1 - c) * (1 - c + c * n)))
        back = r * ((1 - c + c * n) * I_n - c * u * u.T)
        one = q.ideal(Eq(back * A * T, I_n), [q.multiply(gram, left=back), length, q.facts[1]])
        count = rules.rank_identity(one, q.term(back * A), q.term(T))
        return rules.order(q.goal, [count, width], [Summand(2, (0,))], [(1, number(-1))])

    p.facts = []
    return by_induction(n, _gram_so_far(D, a, t), base=none, step=one_more, then=fits)(p)


claim(
    "TH-15",
    "Gerzon bound: at most d (d + 1) / 2 equiangular lines",
    sentence="If n unit vectors in d dimensions have <s_i, s_j>^2 = c < 1 for all pairs then n <= d (d + 1) / 2.",
    given=[UNIT, Each(i, n, Each(j, i, Eq(inner(s[i + 1], s[j + 1]) ** 2, c))), c < 1],
    show=2 * n <= d * (d + 1),
    proof=_equiangular,
    needed=[
        {"d": 1, "n": 2, "s": {1: [[1]], 2: [[0]]}, "c": [[0]]},
        {"d": 1, "n": 3, "s": {1: [[1]], 2: [[1]], 3: [[1]]}, "c": [[0]]},
        {"d": 1, "n": 2, "s": {1: [[1]], 2: [[1]]}, "c": [[1]]},
    ],
    attained={"d": 1, "n": 1, "s": {1: [[1]]}, "c": [[0]]},
)
