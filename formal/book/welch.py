"""Welch's bounds of every order (TH-14): entrywise powers of a Gram matrix have the rank of a binomial coefficient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    Term,
    add,
    nat,
    number,
    scale,
    subtract,
    zeros,
)
from ..provers.counterexample import at_values
from ..provers.induct import by_induction
from ..provers.proof import Proof, Script, auto
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Expression,
    Family,
    ForAll,
    Implies,
    Le,
    Prop,
    Trace,
    inner,
    matrix,
    norm2,
    vector,
)
from ..statement.language import from_nat
from .frames import eps, everywhere, i, j, l, n, trace_and_rank
from .monomials import (
    ANY,
    ARGUMENT,
    INDEX,
    POWERS,
    D,
    as_letter,
    binomial,
    e,
    factorial,
    k,
    monomials,
    power,
    s,
    settle,
    z,
)
from .shelf import claim

# ---------------------------------------------------------------- the bounds
bound = power[k](eps**2)


def _gram_so_far(size: Any, member: Family) -> Callable[[Any], Prop]:
    """The matrix A T of the k-th powers of the first q inner products, through a binomial number of dimensions."""
    a = vector("a", size)

    def so_far(q: Any) -> Prop:
        A, T = matrix("A", q, size), matrix("T", size, q)
        small = Each(j, q, inner(a, member[j + 1]) ** 2 <= bound)
        return Exists(
            (A, T),
            And(
                Eq(Trace(A * T), q),
                norm2(A * T) <= q + q * (q - 1) * bound,
                Each(l, n, Implies(Le(q, l), norm2(A * member[l + 1]) <= q * bound)),
                ForAll(a, Implies(small, norm2(a.T * T) <= q * bound)),
            ),
        )

    return so_far


def _small_powers(p: Proof, zeroth: Theorem, steps: Theorem) -> Theorem:
    """1^k = 1, and (z^k)^2 <= (eps^2)^k for z^2 <= eps^2."""

    def at_order(q: Any) -> Prop:
        one = Implies(Eq(z, 1), Eq(power[q](z), 1))
        return ForAll(z, And(one, Implies(z**2 <= eps**2, power[q](z) ** 2 <= power[q](eps**2))))

    def first(q: Proof) -> Theorem:
        now = [q.at(zeroth, v) for v in (z, eps**2)]
        one, small = q.goal[1]
        return rules.conjoin(
            [
                q.suppose(one[1], lambda r: now[0], one[2]),
                q.suppose(
                    small[1],
                    lambda r: rules.order(r.goal, now, [], [(0, r.term(-power[0](z) - 1)), (1, number(1))]),
                    small[2],
                ),
            ]
        )

    def next_order(q: Proof) -> Theorem:
        known, order = q.facts[-1], q.index

        def at(r: Proof) -> Theorem:
            now = [r.at(steps, order, v) for v in (z, eps**2)]
            before = r.at(known, z)
            one, small = r.goal[1]

            def unit(h: Proof) -> Theorem:
                return h.ideal(facts=[h.facts[-1], now[0], h.detach(rules.part(before, 0))])

            def smaller(h: Proof) -> Theorem:
                """z^2 P^2 <= eps^2 (eps^2)^k, by P^2 times one and eps^2 times the other."""
                facts = [h.facts[-1], h.detach(rules.part(before, 1)), *now]
                return rules.order(
                    h.goal,
                    facts,
                    [Summand(1, (0,), (h.term(power[order](z)),)), Summand(1, (1,), (h.term(eps),))],
                    [(2, h.term(-power[order + 1](z) - z * power[order](z))), (3, number(1))],
                )

            return rules.conjoin([r.suppose(one[1], unit, one[2]), r.suppose(small[1], smaller, small[2])])

        return q.prove(q.goal, everywhere(at))

    return p.prove(at_order(k), by_induction(k, at_order, base=everywhere(first), step=next_order))


def _every_order(p: Proof) -> Theorem:
    unit, pairs, zeroth, steps = p.facts[2:]
    size, member = p.open(cite(p, monomials, s=s[ANY]))
    count, linear = p.facts[-2:]
    t, width = Family(member), from_nat(size)
    p.facts = []
    powers = _small_powers(p, zeroth, steps)

    def small(q: Proof, meets: Theorem, a: Expression, one: Any, two: Any, pair: Theorem) -> Theorem:
        """<a, t_i>^2 is at most the bound, for the a that gives the powers for another point."""
        q.add(pair)
        power_of = q.detach(rules.part(q.at(powers, inner(s[one + 1], s[two + 1])), 1))
        both = inner(a, t[two + 1]) + power[k](inner(s[one + 1], s[two + 1]))
        premises = [power_of, q.at(meets, two + 1)]
        goal = q.prop(inner(a, t[two + 1]) ** 2 <= bound)
        return rules.order(goal, premises, [Summand(1, (0,))], [(1, q.term(-both))])

    def none(q: Proof) -> Theorem:
        empty = [zeros(nat(0), size), zeros(size, nat(0))]
        return introduce_all(
            q, q.goal, empty, lambda r: rules.conjoin([r.prove(g, everywhere(auto)) for g in r.goal[1]])
        )

    def one_more(q: Proof) -> Theorem:
        order = q.index
        A, T = map(as_letter, q.values[-2:])
        traced, norm, reads, read = q.facts[-4:]
        a = as_letter(q.open(q.at(linear, s[order + 1]))[0])
        meets = q.facts[-1]
        e1, e2 = map(as_letter, q.blocks(order, 1))
        units = q.facts[-4:-1]
        new = t[order + 1]
        one = q.detach(rules.part(q.at(powers, norm2(s[order + 1])), 0))
        own = q.ideal(Eq(inner(a, new), 1), [q.at(meets, order + 1), one])
        wider, longer = e1 * A + e2 * a.T, T * e1.T + new * e2.T
        q.have(
            Each(j, order, inner(a, t[j + 1]) ** 2 <= bound),
            everywhere(lambda r: small(r, meets, a, order, j, r.at(pairs, order, j))),
        )
        now, row = q.at(reads, order), q.at(read, a)

        def body(r: Proof) -> Theorem:
            goals = r.goal[1]
            traces = r.ideal(goals[0], [traced, own, *units])
            length = r.ideal(
                Eq(
                    norm2(wider * longer),
                    norm2(A * T) + norm2(A * new) + norm2(a.T * T) + inner(a, new) ** 2,
                ),
                units,
            )
            norms = rules.order(
                goals[1],
                [norm, now, row, length, own],
                [Summand(1, (x,)) for x in range(3)],
                [(3, number(-1)), (4, r.term(-inner(a, new) - 1))],
            )

            def later(h: Proof) -> Theorem:
                halves = h.ideal(Eq(norm2(wider * t[l + 1]), norm2(A * t[l + 1]) + inner(a, t[l + 1]) ** 2), units)
                premises = [h.at(reads, l), small(h, meets, a, order, l, h.at(pairs, l, order)), halves]
                return rules.order(h.goal, premises, [Summand(1, (0,)), Summand(1, (1,))], [(2, number(-1))])

            def any_row(h: Proof) -> Theorem:
                given, v = h.facts[-1], vector("a", width)
                halves = h.ideal(Eq(norm2(v.T * longer), norm2(v.T * T) + inner(v, new) ** 2), units)
                h.have(Each(j, order, inner(v, t[j + 1]) ** 2 <= bound), everywhere(lambda g: g.at(given, j)))
                premises = [h.at(read, v), h.at(given, order), halves]
                return rules.order(h.goal, premises, [Summand(1, (0,)), Summand(1, (1,))], [(2, number(-1))])

            def whole(h: Proof) -> Theorem:
                return h.suppose(h.goal[1], any_row, h.goal[2])

            rest = rules.generalize(r.prove(goals[3][2], whole), goals[3][1])
            return rules.conjoin([traces, norms, r.prove(goals[2], everywhere(later)), rest])

        return introduce_all(q, q.goal, [q.term(wider), q.term(longer)], body)

    def count_dimensions(q: Proof) -> Theorem:
        A, T = map(as_letter, q.values[-2:])
        traced, norm = q.facts[-4:-2]
        known = [cite(q, trace_and_rank, M=A * T), rules.rank_bound(q.term(A), q.term(T)), norm, traced]

        def both(r: Proof) -> Theorem:
            shares = [Summand(1, (0,)), Summand(1, (1,), (r.term(A * T),)), Summand(1, (2,), (), (r.term(width),))]
            equations = [(3, r.term(Trace(A * T) + n))]
            return rules.conjoin([count, rules.order(r.goal[1][1], known, shares, equations)])

        return introduce_all(q, q.goal, [size], both)

    p.facts = [unit, pairs]
    return by_induction(n, _gram_so_far(width, t), base=none, step=one_more, then=count_dimensions, index="q")(p)


# z^0 and z^1 as one formula
FIRST_POWERS = add(number(1), scale(INDEX, subtract(ARGUMENT, number(1))))


def _copies(s: int = 1, k: int = 1, eps: int = 0, power: Term = FIRST_POWERS) -> Script:
    """Copies of one point in one dimension, where D = 1 and the bound is linear."""
    values = {"e": 0, "k": k, "n": 2, "eps": eps, "f": number(1), "s": number(s), "power": power}
    return at_values(settle(Proof.impossible, Eq(l, 0)), **values)


welch_bounds = claim(
    "TH-14d",
    "Welch bounds of every order",
    sentence="n unit vectors in d = e + 1 dimensions with |<s_i, s_j>| <= eps for all pairs have n <= D (1 + (n - 1) "
    "eps^(2 k)) for every k, if there are any, where D = (d + k - 1)! / (k! (d - 1)!).",
    where=[factorial],
    given=[
        Each(i, n, Eq(norm2(s[i + 1]), 1)),
        Each(i, n, Each(j, i, inner(s[i + 1], s[j + 1]) ** 2 <= eps**2)),
        *POWERS,
    ],
    show=Exists(
        D,
        And(binomial(D, e, k), n * n <= D * n * (1 + (n - 1) * bound)),
    ),
    proof=_every_order,
    needed=[
        _copies(s=0),
        _copies(),
        _copies(k=0, eps=1, power=number(0)),
        _copies(eps=1, power=subtract(number(1), INDEX)),
    ],
)
