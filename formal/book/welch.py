"""Welch's bounds of every order (TH-14): entrywise powers of a Gram matrix have the rank of a binomial coefficient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import HOLE, nat, number, zeros
from ..provers.induct import by_induction
from ..provers.proof import Proof, Script, auto
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    ForAll,
    Implies,
    Le,
    Opaque,
    Prop,
    Trace,
    define,
    dims,
    family,
    inner,
    matrix,
    norm2,
    scalars,
)
from ..statement.language import lift
from .frames import eps, everywhere, i, j, l, n, trace_and_rank
from .monomials import D, as_letter, e, factorial, k, monomials, z
from .shelf import claim

# ---------------------------------------------------------------- matrices near the identity
a, t, b = family("a", D, 1), family("t", D, 1), scalars("b")


def _rows_so_far(q: Any) -> Prop:
    """The matrix A T of the first q inner products, through D dimensions."""
    A, T = matrix("A", q, D), matrix("T", D, q)
    reads, read = norm2(A * t[l + 1]) <= q * b, norm2(a[l + 1].T * T) <= q * b
    later = Each(l, n, Implies(Le(q, l), And(reads, read)))
    return Exists((A, T), And(Eq(Trace(A * T), q), norm2(A * T) <= q + q * (q - 1) * b, later))


def _no_row(p: Proof) -> Theorem:
    size = p.term(a[1]).rows

    def body(q: Proof) -> Theorem:
        return rules.conjoin([q.prove(g, everywhere(auto)) for g in q.goal[1]])

    return introduce_all(p, p.goal, [zeros(nat(0), size), zeros(size, nat(0))], body)


def _row_more(p: Proof, diagonal: Theorem, lower: Theorem, upper: Theorem) -> Theorem:
    q, (A, T) = p.index, map(as_letter, p.values[-2:])
    traced, norm, later = p.facts[-3:]
    e1, e2 = map(as_letter, p.blocks(q, 1))
    units = p.facts[-4:-1]
    row, new = a[q + 1], t[q + 1]
    wider, longer = e1 * A + e2 * row.T, T * e1.T + new * e2.T
    own, now = p.at(diagonal, q), p.at(later, q)

    def body(r: Proof) -> Theorem:
        one, two, three = r.goal[1]
        parts = norm2(A * T) + norm2(A * new) + norm2(row.T * T) + inner(row, new) ** 2
        length = r.ideal(Eq(norm2(wider * longer), parts), units)
        known = [norm, rules.part(now, 0), rules.part(now, 1), length, own]
        shares, equations = [Summand(1, (x,)) for x in range(3)], [(3, number(-1)), (4, r.term(-inner(row, new) - 1))]

        def rest(h: Proof) -> Theorem:
            before, x, y = h.at(later, l), a[l + 1], t[l + 1]
            grown = [
                h.ideal(Eq(norm2(wider * y), norm2(A * y) + inner(row, y) ** 2), units),
                h.ideal(Eq(norm2(x.T * longer), norm2(x.T * T) + inner(x, new) ** 2), units),
            ]
            pairs = [h.at(upper, l, q), h.at(lower, l, q)]
            return rules.conjoin(
                [
                    rules.order(
                        g,
                        [rules.part(before, v), pairs[v], grown[v]],
                        [Summand(1, (0,)), Summand(1, (1,))],
                        [(2, number(-1))],
                    )
                    for v, g in enumerate(h.goal[1])
                ]
            )

        return rules.conjoin(
            [
                r.ideal(one, [traced, own, *units]),
                rules.order(two, known, shares, equations),
                r.prove(three, everywhere(rest)),
            ]
        )

    return introduce_all(p, p.goal, [p.term(wider), p.term(longer)], body)


def _count_rows(p: Proof) -> Theorem:
    """(tr A T)^2 <= rank(A T) |A T|^2."""
    A, T = map(as_letter, p.values[-2:])
    traced, norm = p.facts[-3:-1]
    known = [cite(p, trace_and_rank, M=A * T), rules.rank_bound(p.term(A), p.term(T)), norm, traced]
    shares = [Summand(1, (0,)), Summand(1, (1,), (p.term(A * T),)), Summand(1, (2,), (), (p.term(D),))]
    return rules.order(p.goal, known, shares, [(3, p.term(Trace(A * T) + n))])


def _near_identity(p: Proof) -> Theorem:
    given, p.facts = p.facts, []

    def more(q: Proof) -> Theorem:
        return _row_more(q, *given)

    return by_induction(n, _rows_so_far, base=_no_row, step=more, then=_count_rows)(p)


def _line(n: int, a: Sequence[Any], t: Sequence[Any], b: Any = 0) -> dict[str, Any]:
    """In one dimension."""
    many = {name: {x: [[value]] for x, value in enumerate(values, 1)} for name, values in (("a", a), ("t", t))}
    return {"D": 1, "n": n, "b": [[b]], **many}


near_identity = claim(
    "TH-14e",
    "Matrices near the identity have high rank",
    sentence="If an n x n matrix of inner products in D dimensions, <a_i, t_j>, is 1 on the diagonal and at most "
    "sqrt(b) elsewhere then n <= D (1 + (n - 1) b), if n is not 0.",
    given=[
        Each(i, n, Eq(inner(a[i + 1], t[i + 1]), 1)),
        Each(i, n, Each(j, i, inner(a[i + 1], t[j + 1]) ** 2 <= b)),
        Each(i, n, Each(j, i, inner(a[j + 1], t[i + 1]) ** 2 <= b)),
    ],
    show=n * n <= D * n * (1 + (n - 1) * b),
    proof=_near_identity,
    needed=[
        _line(2, a=(0, 0), t=(0, 0)),
        _line(2, a=(1, 2), t=(1, "1/2"), b="1/4"),
        _line(2, a=(2, 1), t=("1/2", 1), b="1/4"),
    ],
    attained=_line(1, a=(1,), t=(1,)),
)

# ---------------------------------------------------------------- the bounds
bound = define("c", l, k, 1, lambda l, c: eps**2 * c[l])
s = family("s", e + 1, 1)
ANY = dims(HOLE)  # s[ANY] is the general member


def _positive(p: Proof, start: Theorem, grows: Theorem, order: Any) -> Theorem:
    """order! >= 0."""
    p.facts = [start, grows]

    def first(q: Proof) -> Theorem:
        return rules.order(q.goal, [start], [Summand(1)], [(0, number(1))])

    def larger(q: Proof) -> Theorem:
        before, now = q.facts[-1], q.at(grows, q.index)
        return rules.order(q.goal, [before, now], [Summand(1, (0,), (), (q.term(q.index + 1),))], [(1, number(1))])

    return p.prove(0 <= factorial[order], by_induction(order, lambda q: 0 <= factorial[q], base=first, step=larger))


def _powers(p: Proof, power: Opaque, zeroth: Theorem, steps: Theorem, bounds: Sequence[Theorem]) -> list[Theorem]:
    """1^k = 1, and (z^k)^2 <= (eps^2)^k for z^2 <= eps^2."""

    def one(order: Any) -> Prop:
        return Eq(power[order](lift(1)), 1)

    def small(order: Any) -> Prop:
        return power[order](z) ** 2 <= bound[order]

    def next_one(q: Proof) -> Theorem:
        return q.combine(q.goal, (q.at(steps, q.index, 1),), (q.facts[-1],))

    def first(q: Proof) -> Theorem:
        return rules.order(q.goal, [q.at(zeroth, z), bounds[0]], [], [(0, q.term(-power[0](z) - 1)), (1, number(1))])

    def smaller(q: Proof) -> Theorem:
        """eps^2 E - z^2 P^2 = eps^2 (E - P^2) + P^2 (eps^2 - z^2)."""
        order = q.index
        known = [q.facts[0], q.facts[-1], q.at(steps, order, z), q.at(bounds[1], order)]
        shares = [Summand(1, (0,), (q.term(power[order](z)),)), Summand(1, (1,), (q.term(eps),))]
        return rules.order(
            q.goal, known, shares, [(2, q.term(-power[order + 1](z) - z * power[order](z))), (3, number(1))]
        )

    p.facts = []
    return [
        p.prove(one(k), by_induction(k, one, base=lambda q: q.at(zeroth, 1), step=next_one)),
        p.prove(
            ForAll(z, Implies(z**2 <= eps**2, small(k))), everywhere(by_induction(k, small, base=first, step=smaller))
        ),
    ]


def _every_order(p: Proof) -> Theorem:
    start, grows, *bounds, unit, pairs = p.facts
    p.add(cite(p, monomials))
    power, _, a, t = p.values
    zeroth, steps, count, linear = p.facts[-4:]
    power, a, t = map(Opaque, (power, a, t))
    one, small = _powers(p, power, zeroth, steps, bounds)

    def own(q: Proof) -> Theorem:
        length = norm2(s[i + 1])
        same = q.congruent(power[k], length, 1, using=[q.at(unit, i)])
        return q.combine(q.goal, (q.at(linear, s[i + 1], s[i + 1]),), (same,), (one,))

    def apart(x: Any, y: Any) -> Script:
        def script(q: Proof) -> Theorem:
            q.add(q.at(pairs, i, j))
            product = power[k](inner(s[x], s[y]))
            known = [q.at(small, inner(s[x], s[y])), q.at(linear, s[x], s[y])]
            return rules.order(q.goal, known, [Summand(1, (0,))], [(1, q.term(-inner(a(s[x]), t(s[y])) - product))])

        return script

    p.facts = []
    p.have(Each(i, n, Eq(inner(a(s[i + 1]), t(s[i + 1])), 1)), everywhere(own))
    for x, y in ((i + 1, j + 1), (j + 1, i + 1)):
        p.have(Each(i, n, Each(j, i, inner(a(s[x]), t(s[y])) ** 2 <= bound[k])), everywhere(apart(x, y)))
    known = cite(p, near_identity, a=a(s[ANY]), t=t(s[ANY]), b=bound[k])
    premises = [known, _positive(p, start, grows, k), _positive(p, start, grows, e), count]
    return rules.order(p.goal, premises, [Summand(1, (0, 1, 2))], [(3, p.term(-n * (1 + (n - 1) * bound[k])))])


def _points(*s: int) -> dict[str, Any]:
    """In one dimension, where the bound is n <= 1 + (n - 1) eps^2 for k = 1."""
    return {"e": 0, "k": 1, "n": len(s), "eps": [[0]], "s": {x: [[value]] for x, value in enumerate(s, 1)}}


claim(
    "TH-14d",
    "Welch bounds of every order",
    sentence="n unit vectors in d = e + 1 dimensions with |<s_i, s_j>| <= eps for all pairs have n <= D (1 + (n - 1) "
    "eps^(2 k)) for every k, if there are any, where D = (d + k - 1)! / (k! (d - 1)!).",
    where=[factorial, bound],
    given=[
        Each(i, n, Eq(norm2(s[i + 1]), 1)),
        Each(i, n, Each(j, i, inner(s[i + 1], s[j + 1]) ** 2 <= eps**2)),
    ],
    show=factorial[k] * factorial[e] * n * n <= factorial[e + k] * n * (1 + (n - 1) * bound[k]),
    proof=_every_order,
    needed=[_points(0, 0), _points(1, 1)],
    attained=_points(1),
)
