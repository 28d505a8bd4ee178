"""Welch's bounds of every order (TH-14): entrywise powers of a Gram matrix have the rank of a binomial coefficient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import Prop as KernelProp
from ..kernel.props import variable_value
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import HOLE, ONE, Nat, Term, multiply, nat_sum, number, split, transpose
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
    define,
    dims,
    family,
    inner,
    matrix,
    norm2,
    opaque,
    scalars,
    vector,
)
from ..statement.language import from_nat, to_nat
from .frames import NEARLY_ORTHOGONAL, by_contradiction, eps, everywhere, i, j, l, n, trace_and_rank
from .shelf import claim

e, k, m, D, r = dims("e k m D r")
z = scalars("z")
ANY = dims(HOLE)  # of a family s, s[ANY] is the general member
power = opaque("power", 1, 1, indexed=True)
POWERS = [ForAll(z, Eq(power[0](z), 1)), Each(l, k, ForAll(z, Eq(power[l + 1](z), z * power[l](z))))]
factorial = define("f", l, e + k, 1, lambda l, f: (l + 1) * f[l])
s, t = family("s", e + 1, 1), family("t", D, 1)


def _binomial(size: Any, width: Any, order: Any) -> Prop:
    """The size is the binomial coefficient (width + order)! / (width! order!)."""
    return Eq(size * factorial[order] * factorial[width], factorial[width + order])


def _monomials(of: Family, width: Any, order: Any) -> Prop:
    """All powers <w, s_i>^order are linear in vectors t_i, one for each point."""
    w, a = vector("w", width + 1), vector("a", D)
    linear = ForAll(w, Exists(a, ForAll(i, Eq(inner(a, t[i]), power[order](inner(w, of[i]))))))
    return Exists((D, t), And(_binomial(D, width, order), linear))


def _all_orders(width: Any) -> Prop:
    points = family("s", width + 1, 1)
    return ForAll(points, Each(m, k + 1, _monomials(points, width, m)))


def _one_dimension(start: Theorem, zeroth: Theorem, steps: Theorem) -> Script:
    """In one dimension <w, s>^m = w^m s^m."""
    point, w = family("s", 1, 1), scalars("w")

    def multiplies(q: Any) -> Prop:
        return ForAll((w, z), Eq(power[q](w) * power[q](z), power[q](w * z)))

    def first(p: Proof) -> Theorem:
        return p.ideal(facts=[p.at(zeroth, v) for v in (w, z, w * z)])

    def next_order(p: Proof) -> Theorem:
        known, order = p.facts[-1], p.index
        return p.prove(
            p.goal,
            everywhere(lambda q: q.ideal(facts=[q.at(known, w, z), *(q.at(steps, order, v) for v in (w, z, w * z))])),
        )

    def body(p: Proof) -> Theorem:
        product = p.prove(multiplies(m), by_induction(m, multiplies, base=everywhere(first), step=next_order))

        def dual(q: Proof) -> Theorem:
            return introduce_all(q, q.goal, [q.term(power[m](w))], everywhere(lambda r: r.at(product, w, point[i])))

        def both(q: Proof) -> Theorem:
            count, rest = q.goal[1]
            return rules.conjoin([q.ideal(count, [start]), q.prove(rest, everywhere(dual))])

        return introduce_all(p, p.goal, [ONE, p.term(power[m](point[ANY]))], both)

    return everywhere(body)


def _letter(value: Term) -> Expression:
    """A letter of a proof, as statements write it."""
    (key,) = value.words
    return matrix(split(key)[1][0].decl.name, from_nat(value.rows), from_nat(value.cols))


def _products(points: Family, width: Any, order: Any, e1: Expression, e2: Expression) -> Prop:
    """With p_i for the first coordinates of w times those of s_i, and c_i for the last of s_i: there are vectors
    V_i = B t_i such that p_i V_i is linear in p_i^(order + 1) and c_i V_i, and <w, s_i>^order is linear in V_i."""
    w, B, nu, M, g = vector("w", width + 1), matrix("B", r, D), vector("nu", r), matrix("M", r, r), vector("g", r)
    first, last = inner(e1.T * w, e1.T * points[i]), inner(e2, points[i])
    inside = And(
        Eq(first * B * t[i], first * power[order](first) * nu + last * M * B * t[i]),
        Eq(inner(g, B * t[i]), power[order](inner(w, points[i]))),
    )
    return Exists((D, t), And(_binomial(D, width, order), ForAll(w, Exists((r, B, nu, M, g), ForAll(i, inside)))))


def _one_dimension_more(start: Theorem, grows: Theorem, zeroth: Theorem, steps: Theorem) -> Script:
    """From the monomials of y, of every order, those of s = (y, c): of order m + 1 in y, and c times those of order m."""

    def script(p: Proof) -> Theorem:
        width, known = p.index, p.facts[-1]
        within = next(f for f in p.facts if f.conclusion.kind == "ge")
        points, w = family("s", width + 2, 1), vector("w", width + 2)

        def body(p: Proof) -> Theorem:
            below = p.facts[-1]
            E1, E2 = map(_letter, p.blocks(width + 1, 1))
            frame = p.facts[-1]
            shorter = p.at(known, E1.T * points[ANY])
            first, last = inner(E1.T * w, E1.T * points[i]), inner(E2, points[i])

            def constant(q: Proof) -> Theorem:
                def dual(g: Proof) -> Theorem:
                    def at(h: Proof) -> Theorem:
                        ones = [h.at(zeroth, v) for v in (first, inner(w, points[i]))]
                        return rules.conjoin([h.ideal(x, ones) for x in h.goal[1]])

                    return introduce_all(g, g.goal, [ONE, *map(number, (1, 1, 0, 1))], everywhere(at))

                def both(h: Proof) -> Theorem:
                    count, rest = h.goal[1]
                    return rules.conjoin([h.ideal(count, [start]), h.prove(rest, everywhere(dual))])

                return introduce_all(q, q.goal, [ONE, number(1)], both)

            def next_order(q: Proof) -> Theorem:
                order = q.index
                size, member = q.values[-2:]
                count, linear = q.facts[-2:]
                shorter_size, shorter_member = q.open(q.at(shorter, order + 1))
                shorter_count, shorter_linear = q.facts[-2:]
                U, T = Family(member), Family(shorter_member)
                F1, F2 = map(_letter, q.blocks(shorter_size, size))
                directions = q.facts[-4:-1]
                grown = F1 * T[ANY] + F2 * (inner(E2, points[ANY]) * U[ANY])

                def dual(g: Proof) -> Theorem:
                    inner_size, *found = g.open(g.at(linear, w))
                    B, nu, M, weights = map(_letter, found)
                    inside = g.facts[-1]
                    a = _letter(g.open(g.at(shorter_linear, E1.T * w))[0])
                    shorter_inside = g.facts[-1]
                    H1, H2 = map(_letter, g.blocks(1, inner_size))
                    units = g.facts[-4:-1]
                    wider = H1 * a.T * F1.T + H2 * B * F2.T
                    shift = H2 * nu * H1.T + H2 * M * H2.T
                    read = H1 * inner(nu, weights) + H2 * (M.T * weights + inner(E2, w) * weights)

                    def at(h: Proof) -> Theorem:
                        by_first, power_of = (rules.part(h.at(inside, i), x) for x in (0, 1))
                        now = [h.at(steps, order, v) for v in (first, inner(w, points[i]))]
                        halves = h.multiply(frame, w.T, points[i])
                        known = [h.at(shorter_inside, i), *directions, *now, halves, *units]
                        products, powers = h.goal[1]
                        read_first = h.multiply(by_first, weights.T)
                        return rules.conjoin(
                            [h.ideal(products, [by_first, *known]), h.ideal(powers, [read_first, power_of, *known])]
                        )

                    return introduce_all(
                        g, g.goal, [nat_sum(ONE, inner_size), *map(g.term, (wider, H1, shift, read))], everywhere(at)
                    )

                def both(h: Proof) -> Theorem:
                    total, rest = h.goal[1]
                    pascal = _pascal(h, total, width, order, (shorter_size, shorter_count), (size, count), grows)
                    return rules.conjoin([pascal, h.prove(rest, everywhere(dual))])

                return introduce_all(q, q.goal, [nat_sum(shorter_size, size), q.term(grown)], both)

            def forget(q: Proof) -> Theorem:
                size, member = q.values[-2:]
                count, linear = q.facts[-2:]

                def dual(g: Proof) -> Theorem:
                    _, B, _, _, weights = g.open(g.at(linear, w))
                    inside = g.facts[-1]
                    return introduce_all(
                        g,
                        g.goal,
                        [multiply(transpose(B), weights)],
                        everywhere(lambda h: rules.part(h.at(inside, i), 1)),
                    )

                def both(h: Proof) -> Theorem:
                    return rules.conjoin([count, h.prove(h.goal[1][1], everywhere(dual))])

                return introduce_all(q, q.goal, [size, variable_value(member)], both)

            p.facts = [within, below]

            def grown_products(order: Any) -> Prop:
                return _products(points, width + 1, order, E1, E2)

            return by_induction(m, grown_products, base=constant, step=next_order, then=forget)(p)

        return p.prove(p.goal, everywhere(body))

    return script


def _pascal(
    p: Proof,
    goal: KernelProp,
    width: Any,
    order: Any,
    shorter: tuple[Nat, Theorem],
    same: tuple[Nat, Theorem],
    grows: Theorem,
) -> Theorem:
    """Pascal's rule for the numbers of monomials, through factorials."""
    recursions = [p.at(grows, x) for x in (width, order, width + order + 1)]
    by = (
        from_nat(shorter[0]) * factorial[order + 1],
        from_nat(same[0]) * factorial[width + 1],
        -1,
        width + 1,
        order + 1,
    )
    one = number(1)
    cofactors = [rules.Cofactor(x, p.term(factor), one) for x, factor in enumerate(by)]
    return rules.ideal(goal[1], [*recursions, shorter[1], same[1]], cofactors)


def _by_dimension(p: Proof) -> Theorem:
    start, grows, zeroth, steps = p.facts
    p.facts = [start, grows]  # the recursion of the powers may end before the dimensions do
    return by_induction(
        e,
        _all_orders,
        base=_one_dimension(start, zeroth, steps),
        step=_one_dimension_more(start, grows, zeroth, steps),
        then=lambda q: q.at(q.facts[-1], s[ANY], k),
    )(p)


monomials = claim(
    "TH-14c",
    "Powers of inner products are linear in the monomials: a binomial coefficient of dimensions",
    sentence="For vectors s_i in d = e + 1 dimensions there are vectors t_i in D = (d + k - 1)! / (k! (d - 1)!) dimensions such "
    "that for every w some a has <a, t_i> = <w, s_i>^k for all i: t_i lists the monomials of degree k in the coordinates "
    "of s_i.",
    where=[factorial],
    given=POWERS,
    show=_monomials(s, e, k),
    proof=_by_dimension,
)
