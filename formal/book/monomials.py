"""Powers of inner products are linear in monomials, whose number is a binomial coefficient (TH-14)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from ..kernel import rules
from ..kernel.props import equal, greater
from ..kernel.rules import Theorem
from ..kernel.terms import (
    HOLE,
    ONE,
    Atom,
    Decl,
    Substitution,
    Term,
    add,
    letter,
    multiply,
    nat,
    nat_sum,
    number,
    rank,
    scalar,
    substitute,
    subtract,
    transpose,
    zeros,
)
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof, Script, equality
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Expression,
    ForAll,
    Opaque,
    Prop,
    define,
    dims,
    inner,
    matrix,
    opaque,
    scalars,
    vector,
)
from ..statement.language import from_nat, to_nat
from .frames import everywhere, l
from .shelf import claim

e, k, m, D = dims("e k m D")
z = scalars("z")
power = opaque("power", 1, 1, indexed=True)
factorial = define("f", l, e + k, 1, lambda l, f: (l + 1) * f[l])


def _powers(of: Opaque, order: Any) -> list[Prop]:
    """The maps of[0], .., of[order] are the powers."""
    return [ForAll(z, Eq(of[0](z), 1)), Each(l, order, ForAll(z, Eq(of[l + 1](z), z * of[l](z))))]


def binomial(size: Any, width: Any, order: Any) -> Prop:
    """The size is the binomial coefficient (width + order)! / (width! order!)."""
    return Eq(size * factorial[order] * factorial[width], factorial[width + order])


def _monomials(power: Opaque, width: Any, order: Any) -> Prop:
    """There are maps a and t into D dimensions with <a(x), t(y)> = <x, y>^order."""
    x, y = vector("x", width + 1), vector("y", width + 1)
    a, t = opaque("a", width + 1, D), opaque("t", width + 1, D)
    linear = ForAll((x, y), Eq(inner(a(x), t(y)), power[order](inner(x, y))))
    return Exists((D, a, t), And(binomial(D, width, order), linear))


def as_letter(value: Term) -> Expression:
    """A letter of a proof, as statements write it."""
    ((first, *_),) = value.words
    decl: Decl = (first.data[0] if isinstance(first, Atom) else first).decl
    return matrix(decl.name, from_nat(value.rows), from_nat(value.cols))


def _taking(argument: Expression, value: Term) -> Term:
    """The map that takes the letter to the value, as a term with a hole."""
    decl: Decl = argument.data[0]
    return substitute(value, Substitution({}, {decl: letter(decl._replace(name=f"{HOLE}0"))}))


# ---------------------------------------------------------------- there are powers
@cache
def _rank_of_positive() -> Theorem:
    """rank c = 1, from c > 0."""
    c = letter(Decl("c", ONE, ONE))
    p = Proof(equal(rank(c), number(1)), [rules.assume(greater(c, number(0)))])
    t = p.reciprocal(c)
    p.facts = [p.lemma(lemmas.with_left_inverse(), V=c, W=t), p.lemma(lemmas.at_most_rows(), X=c)]
    return p.close(equality(p))


@cache
def _rank_of_zero() -> Theorem:
    """rank 0 = 0, for the scalar 0."""
    p = Proof(equal(rank(number(0)), number(0)), [rules.rank_bound(zeros(ONE, nat(0)), zeros(nat(0), ONE))])
    return p.close(equality(p))


ARGUMENT = letter(Decl(f"{HOLE}0", ONE, ONE))


def _constant(p: Proof) -> Theorem:
    def body(q: Proof) -> Theorem:
        first, later = q.goal[1]
        return rules.conjoin([q.prove(first), q.prove(later, everywhere(Proof.impossible))])

    return introduce_all(p, p.goal, [number(1)], body)


def _one_power_more(p: Proof) -> Theorem:
    """At the new index it is z times the last power; rank (m + 1 - l) tells that index from the others."""
    order, power = p.index, Opaque(p.values[-1])
    zeroth, steps = p.facts[-2:]

    def other(q: Proof, distance: Any) -> Theorem:
        return q.lemma(_rank_of_positive(), c=q.term(distance))

    def body(q: Proof) -> Theorem:
        def earlier(r: Proof) -> Theorem:
            return r.ideal(facts=[other(r, order - l), other(r, order + 1 - l), r.at(steps, l, z)])

        def last(r: Proof) -> Theorem:
            return r.ideal(facts=[_rank_of_zero(), other(r, 1)])

        def at(r: Proof) -> Theorem:
            return r.cases(l < order, earlier, lambda h: h.at_equal("l", order, last))

        first, later = q.goal[1]
        start = everywhere(lambda r: r.ideal(facts=[other(r, order + 1), r.at(zeroth, z)]))
        return rules.conjoin([q.prove(first, start), q.prove(later, everywhere(at))])

    same = letter(power.decl, nat(HOLE), (ARGUMENT,))
    new = multiply(ARGUMENT, letter(power.decl, to_nat(order), (ARGUMENT,)))
    elsewhere = rank(subtract(p.term(order + 1), scalar(nat(HOLE))))
    return introduce_all(p, p.goal, [add(new, multiply(elsewhere, subtract(same, new)))], body)


_exist = by_induction(k, lambda q: Exists(power, And(*_powers(power, q))), base=_constant, step=_one_power_more)


# ---------------------------------------------------------------- monomials
def _both(count: Script, values: Script) -> Script:
    """A script: the number of dimensions, and the equations at all x and y."""

    def script(p: Proof) -> Theorem:
        one, two = p.goal[1]
        return rules.conjoin([p.prove(one, count), p.prove(two, everywhere(values))])

    return script


def _one_coordinate(power: Opaque, start: Theorem, zeroth: Theorem, steps: Theorem) -> Script:
    """In one dimension <x, y>^m = x^m y^m."""
    x, y = scalars("x y")

    def multiplies(q: Any) -> Prop:
        return ForAll((x, y), Eq(power[q](x) * power[q](y), power[q](x * y)))

    def first(p: Proof) -> Theorem:
        return p.ideal(facts=[p.at(zeroth, v) for v in (x, y, x * y)])

    def next_order(p: Proof) -> Theorem:
        before, order = p.facts[-1], p.index
        return p.prove(
            p.goal,
            everywhere(lambda q: q.ideal(facts=[q.at(before, x, y), *(q.at(steps, order, v) for v in (x, y, x * y))])),
        )

    def body(p: Proof) -> Theorem:
        product = p.prove(multiplies(m), by_induction(m, multiplies, base=everywhere(first), step=next_order))
        same = letter(power.decl, nat("m"), (ARGUMENT,))
        values = _both(lambda q: q.ideal(facts=[start]), lambda q: q.at(product, x, y))
        return introduce_all(p, p.goal, [ONE, same, same], values)

    return everywhere(body)


@dataclass(frozen=True)
class _Coordinate:
    """One coordinate more: x = E1 x' + E2 c, where the powers of all orders are known for the x'."""

    power: Opaque
    start: Theorem
    grows: Theorem
    zeroth: Theorem
    steps: Theorem
    width: Any
    E1: Expression
    E2: Expression
    frame: Theorem  # E1 E1' + E2 E2' = I
    shorter: Theorem  # the claim without the last coordinate

    @property
    def x(self) -> Expression:
        return vector("x", self.width + 1)

    @property
    def y(self) -> Expression:
        return vector("y", self.width + 1)

    @property
    def whole(self) -> Expression:
        return inner(self.x, self.y)

    @property
    def first(self) -> Expression:
        """What x and y have in common without the last coordinate."""
        return inner(self.E1.T * self.x, self.E1.T * self.y)

    @property
    def last(self) -> Expression:
        """What they have in common in the last coordinate."""
        return inner(self.x, self.E2) * inner(self.E2, self.y)

    def products(self, order: Any) -> Prop:
        """With <x, y> = p + c, where c is what the last coordinates have in common, the products v_j = p^(order - j)
        <x, y>^j, j = 0 .. order, are v = B(x) t(y): <x, y> v = p^(order + 1) u + c M v, with u all ones and M lower
        triangular, all ones, and g picks the last of them."""
        r = order + 1
        B, u, M, g = opaque("B", self.width + 1, (r, D)), vector("u", r), matrix("M", r, r), vector("g", r)
        t = opaque("t", self.width + 1, D)
        v = B(self.x) * t(self.y)
        grows = Eq(self.whole * v, self.first * self.power[order](self.first) * u + self.last * M * v)
        inside = And(grows, Eq(inner(g, v), self.power[order](self.whole)))
        return Exists((D, u, M, g, B, t), And(binomial(D, self.width, order), ForAll((self.x, self.y), inside)))

    def constant(self, p: Proof) -> Theorem:
        """Order 0: one monomial, 1."""

        def at(q: Proof) -> Theorem:
            ones = [q.at(self.zeroth, v) for v in (self.first, self.whole)]
            first, last = q.goal[1]
            return rules.conjoin(
                [q.ideal(first, [ones[0], q.multiply(self.frame, self.x.T, self.y)]), q.ideal(last, ones[1:])]
            )

        return introduce_all(p, p.goal, [ONE, *[number(1)] * 5], _both(lambda q: q.ideal(facts=[self.start]), at))

    def next_order(self, p: Proof) -> Theorem:
        """Monomials of order m + 1 without the last coordinate, and this one times those of order m; the products are
        now (p^(m + 1), <x, y> v)."""
        order = p.index
        size, *letters, B, t = p.values[-6:]
        u, M, g = map(as_letter, letters)
        count, products = p.facts[-2:]
        shorter_size, *maps = p.open(p.at(self.shorter, order + 1))
        shorter_count, shorter = p.facts[-2:]
        a0, t0, B, t = map(Opaque, (*maps, B, t))
        F1, F2 = map(as_letter, p.blocks(shorter_size, size))
        H1, H2 = map(as_letter, p.blocks(1, order + 1))
        units = [*p.facts[-8:-5], *p.facts[-4:-1]]
        x, y = self.x, self.y
        u1 = H1 + H2 * u
        values = [
            *map(p.term, (u1, u1 * H1.T + H2 * M * H2.T, H2 * g)),
            _taking(x, p.term(u1 * a0(self.E1.T * x).T * F1.T + inner(self.E2, x) * H2 * M * B(x) * F2.T)),
            _taking(y, p.term(F1 * t0(self.E1.T * y) + inner(self.E2, y) * F2 * t(y))),
        ]

        def at(q: Proof) -> Theorem:
            here = q.at(products, x, y)
            grows, power_of = rules.part(here, 0), rules.part(here, 1)
            below = q.at(shorter, self.E1.T * x, self.E1.T * y)
            halves = q.multiply(self.frame, x.T, y)
            now = [q.at(self.steps, order, v) for v in (self.first, self.whole)]
            one, two = q.goal[1]
            return rules.conjoin(
                [
                    q.ideal(one, [grows, below, halves, now[0], *units]),
                    q.ideal(two, [q.multiply(grows, g.T), power_of, below, halves, *now, *units]),
                ]
            )

        def pascal(q: Proof) -> Theorem:
            """Pascal's rule, through factorials."""
            width = self.width
            parts = [
                (q.at(self.grows, width - 1), from_nat(shorter_size) * factorial[order + 1]),
                (q.at(self.grows, order), from_nat(size) * factorial[width]),
                (q.at(self.grows, width + order), -1),
                (shorter_count, width),
                (count, order + 1),
            ]
            return q.combine(q.goal, *parts)

        return introduce_all(p, p.goal, [nat_sum(shorter_size, size), *values], _both(pascal, at))

    def forget(self, p: Proof) -> Theorem:
        """The last product is the power."""
        size, _, _, g, B, t = p.values[-6:]
        count, products = p.facts[-2:]
        x, y = self.x, self.y
        a = _taking(x, multiply(transpose(p.term(Opaque(B)(x))), g))
        values = [size, a, _taking(y, p.term(Opaque(t)(y)))]
        return introduce_all(p, p.goal, values, _both(lambda _: count, lambda q: rules.part(q.at(products, x, y), 1)))


def _one_coordinate_more(power: Opaque, start: Theorem, grows: Theorem, zeroth: Theorem, steps: Theorem) -> Script:
    def script(p: Proof) -> Theorem:
        width, (_, within, shorter) = p.index + 1, p.facts

        def body(q: Proof) -> Theorem:
            below = q.facts[-1]
            E1, E2 = map(as_letter, q.blocks(width, 1))
            here = _Coordinate(power, start, grows, zeroth, steps, width, E1, E2, q.facts[-1], shorter)
            q.facts = [within, below]
            return by_induction(m, here.products, base=here.constant, step=here.next_order, then=here.forget)(q)

        return p.prove(p.goal, everywhere(body))

    return script


def _by_dimension(p: Proof) -> Theorem:
    start, grows = p.facts
    p.facts = []
    p.add(p.prove(Exists(power, And(*_powers(power, k))), _exist))
    known = Opaque(p.values[-1])
    zeroth, steps = p.facts
    p.facts = []  # the recursions may end before the dimensions do
    linear = p.prove(
        _monomials(known, e, k),
        by_induction(
            e,
            lambda q: Each(m, k + 1, _monomials(known, q, m)),
            base=_one_coordinate(known, start, zeroth, steps),
            step=_one_coordinate_more(known, start, grows, zeroth, steps),
            then=lambda q: q.at(q.facts[-1], k),
        ),
    )
    values = [letter(known.decl, nat(HOLE), (ARGUMENT,))]
    return introduce_all(p, p.goal, values, lambda q: rules.conjoin([zeroth, steps, linear]))


monomials = claim(
    "TH-14c",
    "Powers of inner products are linear in the monomials: a binomial coefficient of dimensions",
    sentence="With power[l](z) = z^l there are maps a and t from d = e + 1 into D = (d + k - 1)! / (k! (d - 1)!) "
    "dimensions such that <a(x), t(y)> = <x, y>^k for all x and y: t lists the monomials of degree k in the "
    "coordinates of y.",
    where=[factorial],
    show=Exists(power, And(*_powers(power, k), _monomials(power, e, k))),
    proof=_by_dimension,
)
