"""Powers of inner products are linear in monomials, whose number is a binomial coefficient (TH-14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..kernel import rules
from ..kernel.props import greater, negation
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    HOLE,
    ONE,
    Decl,
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
    transpose,
)
from ..provers.errors import ProofFailure
from ..provers.induct import by_induction
from ..provers.instances import introduce_named
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
    Prop,
    define,
    dims,
    family,
    inner,
    matrix,
    opaque,
    scalars,
    vector,
)
from ..statement.language import from_nat
from .frames import everywhere, i, l
from .shelf import claim

e, k, m, D, r = dims("e k m D r")
z = scalars("z")
ANY = dims(HOLE)  # of a family s, s[ANY] is the general member
power = opaque("power", 1, 1, indexed=True)
POWERS = [ForAll(z, Eq(power[0](z), 1)), Each(l, k, ForAll(z, Eq(power[l + 1](z), z * power[l](z))))]
factorial = define("f", l, e + k, 1, lambda l, f: (l + 1) * f[l])
s, t = family("s", e + 1, 1), family("t", D, 1)


def binomial(size: Any, width: Any, order: Any) -> Prop:
    """The size is the binomial coefficient (width + order)! / (width! order!)."""
    return Eq(size * factorial[order] * factorial[width], factorial[width + order])


def _monomials(of: Family, width: Any, order: Any) -> Prop:
    """All powers <w, s_i>^order are linear in vectors t_i, one for each point."""
    w, a = vector("w", width + 1), vector("a", D)
    linear = ForAll(w, Exists(a, ForAll(i, Eq(inner(a, t[i]), power[order](inner(w, of[i]))))))
    return Exists((D, t), And(binomial(D, width, order), linear))


def _all_orders(width: Any) -> Prop:
    points = family("s", width + 1, 1)
    return ForAll(points, Each(m, k + 1, _monomials(points, width, m)))


def _one_coordinate(start: Theorem, zeroth: Theorem, steps: Theorem) -> Script:
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


def as_letter(value: Term) -> Expression:
    """A letter of a proof, as statements write it."""
    (key,) = value.words
    return matrix(split(key)[1][0].decl.name, from_nat(value.rows), from_nat(value.cols))


def _both(count: Script, dual: Script) -> Script:
    """A script: the number of dimensions, and for every w the vector that gives its powers."""

    def script(p: Proof) -> Theorem:
        one, two = p.goal[1]
        return rules.conjoin([p.prove(one, count), p.prove(two, everywhere(dual))])

    return script


@dataclass(frozen=True)
class _Coordinate:
    """One coordinate more: points s = (y, c) = E1 y + E2 c, where the powers are known for the y of all orders."""

    start: Theorem
    grows: Theorem
    zeroth: Theorem
    steps: Theorem
    width: Any
    E1: Expression
    E2: Expression
    frame: Theorem  # E1 E1' + E2 E2' = I
    shorter: Theorem  # the claim for the y

    @property
    def points(self) -> Family:
        return family("s", self.width + 1, 1)

    @property
    def w(self) -> Expression:
        return vector("w", self.width + 1)

    @property
    def first(self) -> Expression:
        """What w and a point have in common in the coordinates of y."""
        return inner(self.E1.T * self.w, self.E1.T * self.points[i])

    @property
    def whole(self) -> Expression:
        return inner(self.w, self.points[i])

    def products(self, order: Any) -> Prop:
        """With p_i for what w and s_i have in common in y_i: there are vectors V_i = B t_i such that p_i V_i is linear
        in p_i^(order + 1) and c_i V_i, and <w, s_i>^order is linear in V_i."""
        B, nu, M, g = matrix("B", r, D), vector("nu", r), matrix("M", r, r), vector("g", r)
        first, last = self.first, inner(self.E2, self.points[i])
        inside = And(
            Eq(first * B * t[i], first * power[order](first) * nu + last * M * B * t[i]),
            Eq(inner(g, B * t[i]), power[order](self.whole)),
        )
        linear = ForAll(self.w, Exists((r, B, nu, M, g), ForAll(i, inside)))
        return Exists((D, t), And(binomial(D, self.width, order), linear))

    def constant(self, p: Proof) -> Theorem:
        """Order 0: one monomial, 1."""

        def at(q: Proof) -> Theorem:
            ones = [q.at(self.zeroth, v) for v in (self.first, self.whole)]
            return rules.conjoin([q.ideal(g, ones) for g in q.goal[1]])

        def dual(q: Proof) -> Theorem:
            return introduce_all(q, q.goal, [ONE, *map(number, (1, 1, 0, 1))], everywhere(at))

        return introduce_all(p, p.goal, [ONE, number(1)], _both(lambda q: q.ideal(facts=[self.start]), dual))

    def next_order(self, p: Proof) -> Theorem:
        """The monomials of order m + 1 in y, and c times those of order m in s."""
        order = p.index
        size, member = p.values[-2:]
        count, linear = p.facts[-2:]
        shorter_size, shorter_member = p.open(p.at(self.shorter, order + 1))
        shorter_count, shorter_linear = p.facts[-2:]
        U, T = Family(member), Family(shorter_member)
        F1, F2 = map(as_letter, p.blocks(shorter_size, size))
        directions = p.facts[-4:-1]
        grown = F1 * T[ANY] + F2 * (inner(self.E2, self.points[ANY]) * U[ANY])

        def dual(q: Proof) -> Theorem:
            """V' = (p^(m + 1), c V) for the new order."""
            rows, *found = q.open(q.at(linear, self.w))
            B, nu, M, g = map(as_letter, found)
            inside = q.facts[-1]
            a = as_letter(q.open(q.at(shorter_linear, self.E1.T * self.w))[0])
            shorter_inside = q.facts[-1]
            H1, H2 = map(as_letter, q.blocks(1, rows))
            units = q.facts[-4:-1]

            def at(h: Proof) -> Theorem:
                products, powers = h.goal[1]
                by_first, power_of = (rules.part(h.at(inside, i), x) for x in (0, 1))
                now = [h.at(self.steps, order, v) for v in (self.first, self.whole)]
                halves = h.multiply(self.frame, self.w.T, self.points[i])
                known = [h.at(shorter_inside, i), *directions, *now, halves, *units]
                read = [h.multiply(by_first, g.T), power_of]
                return rules.conjoin([h.ideal(products, [by_first, *known]), h.ideal(powers, [*read, *known])])

            values = [
                H1 * a.T * F1.T + H2 * B * F2.T,
                H1,
                H2 * nu * H1.T + H2 * M * H2.T,
                H1 * inner(nu, g) + H2 * (M.T * g + inner(self.E2, self.w) * g),
            ]
            return introduce_all(q, q.goal, [nat_sum(ONE, rows), *map(q.term, values)], everywhere(at))

        def pascal(q: Proof) -> Theorem:
            """C(m + 1, y) + C(m, s) = C(m + 1, s), through factorials."""
            width = self.width
            recursions = [q.at(self.grows, x) for x in (width - 1, order, width + order)]
            factors = [
                from_nat(shorter_size) * factorial[order + 1],
                from_nat(size) * factorial[width],
                *(-1, width, order + 1),
            ]
            cofactors = [rules.Cofactor(x, q.term(factor), number(1)) for x, factor in enumerate(factors)]
            return rules.ideal(q.goal[1], [*recursions, shorter_count, count], cofactors)

        return introduce_all(p, p.goal, [nat_sum(shorter_size, size), p.term(grown)], _both(pascal, dual))

    def forget(self, p: Proof) -> Theorem:
        """What was needed of the V is that they are B t."""
        size, member = p.values[-2:]
        count, linear = p.facts[-2:]

        def dual(q: Proof) -> Theorem:
            _, B, _, _, g = q.open(q.at(linear, self.w))
            inside = q.facts[-1]
            values = [multiply(transpose(B), g)]
            return introduce_all(q, q.goal, values, everywhere(lambda h: rules.part(h.at(inside, i), 1)))

        return introduce_all(p, p.goal, [size, letter(member, nat(HOLE))], _both(lambda _: count, dual))


def _one_coordinate_more(start: Theorem, grows: Theorem, zeroth: Theorem, steps: Theorem) -> Script:
    def script(p: Proof) -> Theorem:
        width, known = p.index + 1, p.facts[-1]
        within = next(f for f in p.facts if f.conclusion.kind == "ge")

        def body(q: Proof) -> Theorem:
            below = q.facts[-1]
            E1, E2 = map(as_letter, q.blocks(width, 1))
            shorter = q.at(known, E1.T * family("s", width + 1, 1)[ANY])
            here = _Coordinate(start, grows, zeroth, steps, width, E1, E2, q.facts[-1], shorter)
            q.facts = [within, below]
            return by_induction(m, here.products, base=here.constant, step=here.next_order, then=here.forget)(q)

        return p.prove(p.goal, everywhere(body))

    return script


def _by_dimension(p: Proof) -> Theorem:
    start, grows, zeroth, steps = p.facts
    p.facts = [start, grows]  # the recursion of the powers may end before the dimensions do
    return by_induction(
        e,
        _all_orders,
        base=_one_coordinate(start, zeroth, steps),
        step=_one_coordinate_more(start, grows, zeroth, steps),
        then=lambda q: q.at(q.facts[-1], s[ANY], k),
    )(p)


# ---------------------------------------------------------------- instances with k = 0 or 1, in one dimension
INDEX, ARGUMENT = scalar(nat(HOLE)), letter(Decl(f"{HOLE}0", ONE, ONE))


def settle(denied: Script, guard: Prop) -> Script:
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
        rows.append(as_letter(p.open(p.at(linear, w))[0]))
        p.add(p.at(p.facts[-1], 0))
        p.add(p.at(p.facts[-2], 1))
    e1, e2 = map(as_letter, p.blocks(1, 1))
    X, Y = e1 * rows[0].T + e2 * rows[1].T, member[0] * e1.T + member[1] * e2.T
    inverse = 2 * e1 * e1.T - e1 * e2.T - e2 * e1.T + e2 * e2.T
    one = p.ideal(
        Eq(inverse * X * Y, Identity(2)), [f for f in p.facts if f.conclusion.kind == "zero" and f is not count]
    )
    wide = rules.rank_identity(one, p.term(inverse * X), p.term(Y))
    return rules.order(greater(number(0), number(0)), [wide, count], [Summand(1), Summand(1, (0,))], [(1, number(-1))])


def _points(order: int, guard: Prop, power: Term) -> Script:
    """The points 0, 1, 2, .. in one dimension."""
    values = {"e": 0, "k": order, "f": number(1), "s": INDEX, "power": power}
    return lambda p: introduce_named(p, values, settle(_in_a_line, guard))


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
        _points(0, Eq(1, 0), add(number(1), ARGUMENT)),
        _points(1, Eq(l, 0), add(number(1), scale(INDEX, ARGUMENT))),
    ],
)
