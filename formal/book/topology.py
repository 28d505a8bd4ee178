"""What continuity alone settles (RS-U12, RS-T1.1, TH-24): pre-norm layers are onto, narrower layers confuse inputs.

A sequence of N tokens of width d is one vector of n = N d numbers here. Two of these claims rest on an axiom.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..kernel import rules
from ..kernel.props import at_least, equal, negation, zero
from ..kernel.rules import Theorem
from ..kernel.terms import (
    HOLE,
    ONE,
    ZERO,
    Nat,
    Term,
    add,
    identity,
    letter,
    multiply,
    nat,
    number,
    rank,
    scalar,
    scale,
    subtract,
    transpose,
    zeros,
)
from ..provers import rank as lemmas
from ..provers.induct import by_induction, earlier
from ..provers.instances import hole, introduce_named
from ..provers.proof import Proof, Script
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    ForAll,
    Implies,
    Not,
    Prop,
    dims,
    family,
    norm2,
    opaque,
    scalars,
    vector,
)
from ..statement.language import to_nat
from .axioms import BORSUK_ULAM, BROUWER, bounded, continuous
from .shelf import claim

n, l, L = dims("n l L")
X, Y = vector("z", n), vector("y", n)
F, c = opaque("F", n, n), scalars("c")

# ---------------------------------------------------------------- onto, by Brouwer (RS-U12)


def _fixed_point(p: Proof) -> Theorem:
    """A fixed point of x -> y - F(x), whose distances are those of F."""
    is_continuous, is_bounded = p.facts
    moved = subtract(p.term(Y), letter(F.decl, None, (hole(n),)))
    th = BROUWER.theorem()
    for value in (to_nat(n), moved, p.term(2 * norm2(Y) + 2 * c)):
        th = rules.specialize(th, value)
    th = rules.detach(th, is_continuous)
    at = th.conclusion[1][1]

    def no_larger(q: Proof) -> Theorem:
        value = letter(F.decl, None, (letter(at),))
        limit = rules.specialize(is_bounded, letter(at))
        both = add(q.term(Y), value)  # |y - F|^2 = 2 |y|^2 + 2 |F|^2 - |y + F|^2
        return rules.order(q.goal, [limit], [rules.Summand(2, (0,)), rules.Summand(1, (), (both,))])

    th = rules.detach(th, rules.generalize(p.prove(th.conclusion[1][2], no_larger), at))
    (point,) = p.open(th)
    return introduce_all(p, p.goal, [point])


def _keeps_distances(p: Proof) -> Theorem:
    """That a map of the line is continuous, as it keeps distances: for eps take delta = eps."""
    at, inner_goal = p.goal[1:]
    eps, condition = inner_goal[1:]

    def near_by(q: Proof) -> Theorem:
        positive, everywhere = q.goal[1]
        move, step = everywhere[1:]
        same = rules.discharge(rules.assume(step[1]), step[1])
        return rules.conjoin([q.fact(positive), rules.generalize(same, move)])

    th = p.suppose(condition[1], lambda q: introduce_all(q, q.goal, [letter(eps)], near_by), condition[2])
    return rules.generalize(rules.generalize(th, eps), at)


def _fails(values: dict[str, Nat | Term], other: Script, impossible: Script) -> Script:
    """The values meet the one hypothesis that is left, by a script, and a solution is impossible, by another."""

    def both(p: Proof) -> Theorem:
        hypothesis, denial = p.goal[1]
        return rules.conjoin([p.prove(hypothesis, other), p.refute(negation(denial), impossible)])

    return lambda p: introduce_named(p, values, both)


def _contradiction(p: Proof, nonzero: Theorem) -> Theorem:
    """0 > 0, from a number that is not 0 and is."""
    (value,) = nonzero.conclusion[1].words.values()
    return rules.order(p.goal, [nonzero], [rules.Summand(1)], [(0, number(Fraction(-1) / value))])


def _at_most_one(p: Proof) -> Theorem:
    """|1 - r|^2 <= 1, as r = rank(at) is 0 or 1."""
    at = p.goal[1]
    r = rank(letter(at))

    def squared(q: Proof) -> Theorem:
        bounds = [q.lemma(lemmas.at_most_rows(), X=letter(at)), rules.order(at_least(r, number(0)), (), [_natural(r)])]
        return rules.order(q.goal, bounds, [rules.Summand(1, (0, 1)), _natural(r)])

    return rules.generalize(p.prove(p.goal[2], squared), at)


def _natural(r: Term) -> rules.Summand:
    return rules.Summand(1, (), (), (r,))


def _no_solution_of_the_jump(p: Proof) -> Theorem:
    """x + 1 = rank x: at x = 0 the rank is 0, elsewhere it is 1."""
    x, solved = p.values[-1], p.facts[-1]
    r, minus = rank(x), number(-1)

    def at_zero(q: Proof) -> Theorem:
        gone = q.facts[-1]
        none = rules.rank_bound(zeros(ONE, ZERO), zeros(ZERO, ONE))
        same = rules.congruence(gone, x, zeros(ONE, ONE))
        known = [none, same, gone, solved]
        # 0 = x + 1 - r, with x = 0 and r = rank 0 <= 0
        return rules.order(
            q.goal, known, [rules.Summand(1), rules.Summand(1, (0,))], [(1, minus), (2, number(1)), (3, minus)]
        )

    def elsewhere(q: Proof) -> Theorem:
        not_zero = q.facts[-1]
        t = q.reciprocal(x)
        low, high = q.lemma(lemmas.with_left_inverse(), V=x, W=t), q.lemma(lemmas.at_most_rows(), X=x)
        square = at_least(number(0), multiply(x, x))  # x = r - 1, where r = 1
        factor = scale(minus, subtract(add(x, r), number(1)))
        bound = rules.order(square, [low, high, solved], [rules.Summand(1, (0, 1))], [(2, factor)])
        return rules.absurd(rules.null(bound, x), not_zero, q.goal)

    return p.cases(zero(x), at_zero, elsewhere)


_jump = _fails(
    {"n": ONE, "y": number(0), "c": number(1), "F": subtract(number(1), rank(hole(1)))},
    _at_most_one,
    _no_solution_of_the_jump,
)
_minus_identity = _fails(
    {"n": ONE, "y": number(1), "c": number(0), "F": scale(number(-1), hole(1))},
    _keeps_distances,
    lambda p: _contradiction(p, p.facts[-1]),
)

ONTO = claim(
    "RS-U12a",
    "A residual layer with bounded continuous F is onto",
    sentence="Every y is z + F(z) for some z. With eps > 0 all that attention and feed-forward network read "
    "behind a norm is bounded, so what they write is: a pre-norm block reaches every state of the stream, a post-norm "
    "block stays in a hyperplane (RS-L1b).",
    given=[continuous(F, n), bounded(F, c, n)],
    show=Exists(X, Eq(X + F(X), Y)),
    proof=_fixed_point,
    needed=[_jump, _minus_identity],
    also=("TH-24",),
)

layers, flow = opaque("F", n, n, indexed=True), family("x", n, 1)


def _reaches(k: Any) -> Prop:
    """Every Y is where the first k layers lead some X to."""
    steps = Each(l, k, Eq(flow[l + 1], flow[l] + layers[l + 1](flow[l])))
    return ForAll(Y, Exists(X, ForAll(flow, Implies(Eq(flow[0], X), Implies(steps, Eq(flow[k], Y))))))


def _reach_at_once(p: Proof) -> Theorem:
    """Without layers, Y itself."""
    y = p.goal[1]

    def start(q: Proof) -> Theorem:
        return rules.generalize(q.prove(q.goal[2], _supposing(lambda r: r.facts[-2])), q.goal[1])

    return rules.generalize(p.prove(p.goal[2], lambda q: introduce_all(q, q.goal, [letter(y)], start)), y)


def _supposing(script: Script) -> Script:
    """A script for "if p then (if q then r)"."""

    def both(p: Proof) -> Theorem:
        inner_goal = p.goal[2]
        return p.suppose(p.goal[1], lambda q: q.suppose(inner_goal[1], script, inner_goal[2]), inner_goal)

    return both


def _last_layer_first(p: Proof) -> Theorem:
    """Some Z with Z + F(Z) = Y, and some X that the layers before lead to Z."""
    k, onto, before, y = p.index, *p.facts[-2:], p.goal[1]

    def reach(q: Proof) -> Theorem:
        (z,) = q.open(q.at(onto, letter(y)))
        solved = q.facts[-1]
        (start,) = q.open(q.at(before, z))
        so_far = rules.specialize(q.facts[-1], letter(flow.decl, nat(HOLE)))

        def arrive(r: Proof) -> Theorem:
            begin, steps = r.facts[-2:]
            there = rules.detach(so_far, begin)
            there = rules.detach(there, r.prove(there.conclusion[1], earlier(steps)))
            same = r.congruent(layers[k + 1], flow[k], z, [there])
            parts = [r.at(steps, k), there, same, solved]
            one = rules.Cofactor(0, identity(z.rows), number(1))
            return rules.ideal(r.goal[1], parts, [one._replace(premise=i) for i in range(4)])

        def follow(r: Proof) -> Theorem:
            return rules.generalize(r.prove(r.goal[2], _supposing(arrive)), r.goal[1])

        return introduce_all(q, q.goal, [start], follow)

    return rules.generalize(p.prove(p.goal[2], reach), y)


def _never_one(p: Proof) -> Theorem:
    """One layer F(x) = -x, and y = 1: x[l] = x_0 + l F(x_0) goes from x_0 to 0."""
    minus = scale(number(-1), hole(1))

    def unreached(q: Proof) -> Theorem:
        (start,) = q.open(q.at(q.facts[-1], number(1)))
        th = rules.specialize(q.facts[-1], subtract(start, scale(scalar(nat(HOLE)), start)))
        th = rules.detach(th, rules.ring(th.conclusion[1]))
        steps = th.conclusion[1]
        only = q.prove(steps[2], lambda r: r.suppose(steps[2][1], _at_first, steps[2][2]))
        return _contradiction(q, rules.detach(th, rules.generalize(only, steps[1])))

    def body(q: Proof) -> Theorem:
        return q.refute(negation(q.goal), unreached)

    return introduce_named(p, {**dict.fromkeys(("n", "L"), ONE), "F": minus}, body)


def _at_first(p: Proof) -> Theorem:
    """At l = 0, the only l < 1."""
    return p.at_equal("l", 0)


claim(
    "RS-U12b",
    "A stack of onto layers is onto, at every depth",
    sentence="For every y there is a z that the L layers lead to y. By RS-U12a this holds of pre-norm "
    "sublayers with eps > 0.",
    given=[Each(l, L, ForAll(Y, Exists(X, Eq(X + layers[l + 1](X), Y))))],
    show=_reaches(L),
    proof=by_induction(L, _reaches, base=_reach_at_once, step=_last_layer_first),
    needed=[_never_one],
    also=("TH-24",),
)

# ---------------------------------------------------------------- not injective, by Borsuk and Ulam (RS-T1.1)
m, k = dims("m k")
f, x, y = opaque("f", m + 1 + k, m), vector("x", m + 1 + k), vector("y", m + 1 + k)
_injection = Exists(f, And(continuous(f, m + 1 + k), ForAll((x, y), Implies(Eq(f(x), f(y)), Eq(x, y)))))


def _opposite_points(p: Proof) -> Theorem:
    """On the unit sphere of an (m + 1)-dimensional subspace E."""
    e, _ = p.blocks(to_nat(m + 1), to_nat(k))
    unit = p.fact(equal(multiply(transpose(e), e), identity(e.cols)))

    def collide(q: Proof) -> Theorem:
        (decl,), (is_continuous, is_injective) = q.values[-1:], q.facts[-2:]
        on_e = letter(decl, None, (multiply(e, hole(m + 1)),))
        th = rules.specialize(rules.specialize(BORSUK_ULAM.theorem(), to_nat(m)), on_e)
        continuity = q.prove(th.conclusion[1], lambda r: _on_subspace(r, is_continuous, e, unit))
        (point,) = q.open(rules.detach(th, continuity))
        length, same = q.facts[-2:]
        at = multiply(e, point)
        th = rules.specialize(rules.specialize(is_injective, at), scale(number(-1), at))
        twice = q.multiply(rules.detach(th, same), left=multiply(transpose(point), transpose(e)))
        moved = q.multiply(unit, transpose(point), point)
        return _contradiction(q, q.ideal(zero(number(1)), [twice, moved, length]))

    return p.refute(negation(p.goal), collide)


def _on_subspace(p: Proof, is_continuous: Theorem, e: Term, unit: Theorem) -> Theorem:
    """f(E at) is continuous in at, with the same delta, as |E move| = |move|."""
    at, body = p.goal[1:]
    eps, condition = body[1:]

    def find(q: Proof) -> Theorem:
        th = rules.specialize(rules.specialize(is_continuous, multiply(e, letter(at))), letter(eps))
        (small,) = q.open(rules.detach(th, q.facts[-1]))
        positive, close = q.facts[-2:]

        def near(r: Proof) -> Theorem:
            move = letter(r.goal[1])
            step = r.goal[2]

            def closer(s: Proof) -> Theorem:
                th = rules.specialize(close, multiply(e, move))
                moved = s.multiply(unit, transpose(move), move)
                bound = rules.order(th.conclusion[1], [s.facts[-2], moved], [rules.Summand(1, (0,))], [(1, number(-1))])
                return rules.detach(th, bound)

            return rules.generalize(r.prove(step, lambda s: s.suppose(step[1], closer, step[2])), r.goal[1])

        return introduce_all(q, q.goal, [small], lambda r: rules.conjoin([positive, r.prove(r.goal[1][1], near)]))

    th = p.prove(condition, lambda q: q.suppose(condition[1], find, condition[2]))
    return rules.generalize(rules.generalize(th, eps), at)


claim(
    "RS-T1.1c",
    "No continuous layer to fewer numbers tells all inputs apart",
    sentence="There is no continuous injective map from R^(m + 1 + k) to R^m, so no skip connection, linear or not, "
    "preserves the input across a loss of width.",
    show=Not(_injection),
    proof=_opposite_points,
)
