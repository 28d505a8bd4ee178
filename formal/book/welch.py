"""Welch's bounds of every order (TH-14): entrywise powers of a Gram matrix have the rank of a binomial coefficient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import Prop as KernelProp
from ..kernel.props import at_least, greater, negation, variable_value
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    HOLE,
    ONE,
    Decl,
    Nat,
    Term,
    add,
    letter,
    multiply,
    nat,
    nat_sum,
    number,
    scalar,
    scale,
    split,
    subtract,
    transpose,
    zeros,
)
from ..provers.counterexample import at_values
from ..provers.errors import ProofFailure
from ..provers.induct import by_induction
from ..provers.proof import Proof, Script, auto, equality
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Expression,
    Family,
    ForAll,
    Identity,
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
from ..statement.language import from_nat
from .frames import by_contradiction, eps, everywhere, i, j, l, n, trace_and_rank
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
    """From the monomials of y, those of s = (y, c): of order m + 1 in y, and c times those of order m."""

    def script(p: Proof) -> Theorem:
        width, known = p.index, p.facts[-1]
        within = next(f for f in p.facts if f.conclusion.kind == "ge")
        points, w = family("s", width + 2, 1), vector("w", width + 2)

        def body(p: Proof) -> Theorem:
            below = p.facts[-1]
            E1, E2 = map(_letter, p.blocks(width + 1, 1))
            frame = p.facts[-1]
            shorter = p.at(known, E1.T * points[ANY])
            first = inner(E1.T * w, E1.T * points[i])

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


# ---------------------------------------------------------------- instances with k = 0 or 1, in one dimension
INDEX, ARGUMENT = scalar(nat(HOLE)), letter(Decl(f"{HOLE}0", ONE, ONE))


def _settle(denied: Script, guard: Prop) -> Script:
    """A script for the hypotheses at such values, where the guard of an index says this, and to deny an "exists"."""

    def only_zero(p: Proof) -> Theorem:
        if p.goal.kind != "zero" or not p.facts:
            return auto(p)
        try:
            return p.ideal()
        except ProofFailure:
            p.have(guard, equality)
            return p.ideal()

    def script(p: Proof) -> Theorem:
        return rules.conjoin(
            [p.refute(negation(g), denied) if g.kind == "not" else p.prove(g, everywhere(only_zero)) for g in p.goal[1]]
        )

    return script


def _in_a_line(p: Proof) -> Theorem:
    """1 + w i, for w and i in {0, 1}, has rank 2, and would go through D = 1 dimension."""
    member, count, linear = Family(p.values[-1]), *p.facts[-2:]
    rows = []
    for w in (0, 1):
        rows.append(_letter(p.open(p.at(linear, w))[0]))
        p.add(p.at(p.facts[-1], 0))
        p.add(p.at(p.facts[-2], 1))
    e1, e2 = map(_letter, p.blocks(1, 1))
    X, Y = e1 * rows[0].T + e2 * rows[1].T, member[0] * e1.T + member[1] * e2.T
    inverse = 2 * e1 * e1.T - e1 * e2.T - e2 * e1.T + e2 * e2.T
    one = p.ideal(
        Eq(inverse * X * Y, Identity(2)), [f for f in p.facts if f.conclusion.kind == "zero" and f is not count]
    )
    wide = rules.rank_identity(one, p.term(inverse * X), p.term(Y))
    return rules.order(greater(number(0), number(0)), [wide, count], [Summand(1), Summand(1, (0,))], [(1, number(-1))])


def _points(order: int, guard: Prop, power: Term) -> Script:
    """The points 0, 1, 2, .. in one dimension."""
    return at_values(_settle(_in_a_line, guard), e=0, k=order, f=number(1), s=INDEX, power=power)


monomials = claim(
    "TH-14c",
    "Powers of inner products are linear in the monomials: a binomial coefficient of dimensions",
    sentence="For vectors s_i in d = e + 1 dimensions there are vectors t_i in D = (d + k - 1)! / (k! (d - 1)!) "
    "dimensions such that for every w some a has <a, t_i> = <w, s_i>^k for all i: t_i lists the monomials of degree "
    "k in the coordinates of s_i.",
    where=[factorial],
    given=POWERS,
    show=_monomials(s, e, k),
    proof=_by_dimension,
    needed=[
        at_values(_settle(_in_a_line, Eq(1, 0)), e=0, k=0, f=number(1), s=INDEX, power=add(number(1), ARGUMENT)),
        at_values(
            _settle(_in_a_line, Eq(l, 0)), e=0, k=1, f=number(1), s=INDEX, power=add(number(1), scale(INDEX, ARGUMENT))
        ),
    ],
)

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
    some, unit, pairs, zeroth, steps = p.facts[2:]
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
        A, T = map(_letter, q.values[-2:])
        traced, norm, reads, read = q.facts[-4:]
        a = _letter(q.open(q.at(linear, s[order + 1]))[0])
        meets = q.facts[-1]
        e1, e2 = map(_letter, q.blocks(order, 1))
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
        A, T = map(_letter, q.values[-2:])
        traced, norm = q.facts[-4:-2]
        known = [cite(q, trace_and_rank, M=A * T), rules.rank_bound(q.term(A), q.term(T)), norm, traced]

        def both(r: Proof) -> Theorem:
            target = r.goal[1][1]
            spent = rules.order(
                at_least(scale(r.term(n), target[1]), number(0)),
                known,
                [Summand(1, (0,)), Summand(1, (1,), (r.term(A * T),)), Summand(1, (2,), (), (r.term(width),))],
                [(3, r.term(Trace(A * T) + n))],
            )
            shares = [Summand(1, (0,)), Summand(1, (0, 1)), Summand(1, (2,))]
            return rules.conjoin([count, by_contradiction(target, [some, spent], shares)])

        return introduce_all(q, q.goal, [size], both)

    p.facts = [unit, pairs]
    return by_induction(n, _gram_so_far(width, t), base=none, step=one_more, then=count_dimensions)(p)


# z^0 and z^1 as one formula
FIRST_POWERS = add(number(1), scale(INDEX, subtract(ARGUMENT, number(1))))


def _copies(n: int = 2, s: int = 1, k: int = 1, eps: int = 0, power: Term = FIRST_POWERS) -> Script:
    """Copies of one point in one dimension, where D = 1 and the bound is linear."""
    values = {"e": 0, "k": k, "n": n, "eps": eps, "f": number(1), "s": number(s), "power": power}
    return at_values(_settle(Proof.impossible, Eq(l, 0)), **values)


welch_bounds = claim(
    "TH-14d",
    "Welch bounds of every order",
    sentence="n unit vectors in d = e + 1 dimensions with |<s_i, s_j>| <= eps for all pairs have n (1 - D eps^(2 k)) "
    "<= D (1 - eps^(2 k)) for every k, where D = (d + k - 1)! / (k! (d - 1)!).",
    where=[factorial],
    given=[
        1 <= n,
        Each(i, n, Eq(norm2(s[i + 1]), 1)),
        Each(i, n, Each(j, i, inner(s[i + 1], s[j + 1]) ** 2 <= eps**2)),
        *POWERS,
    ],
    show=Exists(
        D,
        And(_binomial(D, e, k), n * (1 - D * bound) <= D * (1 - bound)),
    ),
    proof=_every_order,
    needed=[
        _copies(n=0, eps=2),
        _copies(s=0),
        _copies(),
        _copies(k=0, eps=1, power=number(0)),
        _copies(eps=1, power=subtract(number(1), INDEX)),
    ],
)
