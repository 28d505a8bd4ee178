"""What continuity alone settles (RS-U12, RS-T1.1, TH-24): pre-norm layers reach everything, narrower layers cannot tell
everything apart. These claims rest on the axioms of `axioms`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import Prop as KernelProp
from ..kernel.props import at_least, equal, implication, negation, zero
from ..kernel.rules import Theorem
from ..kernel.terms import (
    HOLE,
    ONE,
    ZERO,
    Nat,
    Term,
    add,
    letter,
    multiply,
    nat,
    nat_sum,
    number,
    rank,
    scale,
    squared_norm,
    subtract,
    transpose,
    zeros,
)
from ..provers import rank as lemmas
from ..provers.induct import by_induction, earlier, split_at
from ..provers.instances import hole, introduce_named, of_layer
from ..provers.proof import Proof, Script, equality
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    ForAll,
    Implies,
    Ne,
    Not,
    Prop,
    dims,
    family,
    inner,
    matrix,
    norm2,
    opaque,
    scalars,
    vector,
)
from ..statement.language import to_nat
from .axioms import BORSUK_ULAM, BROUWER, bounded, continuous
from .shelf import claim

N, d, l, L = dims("N d l L")
X, Y = matrix("X", N, d), matrix("Y", N, d)
F, c = opaque("F", (N, d), (N, d)), scalars("c")

# ---------------------------------------------------------------- onto, by Brouwer (RS-U12)


def _fixed_point(p: Proof) -> Theorem:
    """A fixed point of X -> Y - F(X), whose distances are those of F."""
    is_continuous, is_bounded = p.facts
    moved = subtract(p.term(Y), letter(F.decl, None, (hole(N, d),)))
    th = BROUWER.theorem()
    for value in (to_nat(N), to_nat(d), moved, p.term(2 * norm2(Y) + 2 * c)):
        th = rules.specialize(th, value)
    th = rules.detach(th, is_continuous)
    at = th.conclusion[1][1]

    def no_larger(q: Proof) -> Theorem:
        value = letter(F.decl, None, (letter(at),))
        q.add(q.at(is_bounded, letter(at)))
        return q.order(squares=[add(q.term(Y), value)])

    th = rules.detach(th, rules.generalize(p.prove(th.conclusion[1][2], no_larger), at))
    (point,) = p.open(th)
    return introduce_all(p, p.goal, [point])


def _close_where_near(p: Proof, delta: Callable[[Term], Term], close: Script) -> Theorem:
    """That a map is continuous: for eps take delta(eps); the script shows closeness from norm2(near - at) < delta."""
    at, inner_goal = p.goal[1:]
    eps, condition = inner_goal[1:]

    def near_by(q: Proof) -> Theorem:
        positive, everywhere = q.goal[1]
        near, step = everywhere[1:]
        return rules.conjoin([q.order(positive), rules.generalize(q.suppose(step[1], close, step[2]), near)])

    th = p.suppose(
        condition[1], lambda q: introduce_all(q, q.goal, [delta(letter(eps))], near_by), condition[2]
    )
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

    def at_zero(q: Proof) -> Theorem:
        gone = q.facts[-1]
        q.add(rules.congruence(gone, x, zeros(ONE, ONE)))
        q.add(rules.rank_bound(zeros(ONE, ZERO), zeros(ZERO, ONE)))
        return q.order()

    def elsewhere(q: Proof) -> Theorem:
        not_zero = q.facts[-1]
        t = q.reciprocal(x)
        low, high = q.lemma(lemmas.with_left_inverse(), V=x, W=t), q.lemma(lemmas.at_most_rows(), X=x)
        q.facts = [solved, low, high]
        return rules.absurd(q.prove(zero(x), equality), not_zero, q.goal)

    return p.cases(zero(x), at_zero, elsewhere)


_line: dict[str, Nat | Term] = dict.fromkeys(("N", "d"), ONE)
_jump = _fails(
    {**_line, "Y": number(0), "c": number(1), "F": subtract(number(1), rank(hole(1)))},
    _at_most_one,
    _no_solution_of_the_jump,
)
_minus_identity = _fails(
    {**_line, "Y": number(1), "c": number(0), "F": scale(number(-1), hole(1))},
    lambda p: _close_where_near(p, lambda eps: eps, lambda q: q.facts[-1]),
    lambda p: _contradiction(p, p.facts[-1]),
)

ONTO = claim(
    "RS-U12a",
    "A residual layer with bounded continuous F is onto",
    sentence="Every Y is X + F(X) for some X. With eps > 0 all that attention and feed-forward network read behind a norm is "
    "bounded, so what they write is: a pre-norm block reaches every state of the stream, a post-norm block stays in a "
    "hyperplane (RS-L1b).",
    given=[continuous(F, N, d), bounded(F, c, N, d)],
    show=Exists(X, Eq(X + F(X), Y)),
    proof=_fixed_point,
    needed=[_jump, _minus_identity],
    also=("TH-24",),
)

layers, flow = opaque("F", (N, d), (N, d), indexed=True), family("x", N, d)
sizes = family("c", 1, 1)


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
    k, before, y = p.index, p.facts[-1], p.goal[1]

    def reach(q: Proof) -> Theorem:
        last = of_layer(layers, hole(N, d), to_nat(k + 1))
        (z,) = q.open(cite(q, ONTO, F=last, Y=letter(y), c=sizes[k + 1]))
        solved = q.facts[-1]
        (start,) = q.open(q.at(before, z))
        so_far = rules.specialize(q.facts[-1], letter(flow.decl, nat(HOLE)))

        def arrive(r: Proof) -> Theorem:
            begin, steps = r.facts[-2:]
            there = rules.detach(so_far, begin)
            there = rules.detach(there, r.prove(there.conclusion[1], earlier(steps)))
            return r.ideal(facts=[solved, r.at(steps, k), there, r.congruent(layers[k + 1], flow[k], z, [there])])

        def follow(r: Proof) -> Theorem:
            return rules.generalize(r.prove(r.goal[2], _supposing(arrive)), r.goal[1])

        return introduce_all(q, q.goal, [start], follow)

    return rules.generalize(p.prove(p.goal[2], reach), y)


claim(
    "RS-U12b",
    "A pre-norm stack of any depth is onto",
    sentence="If every sublayer is continuous and bounded, as behind a norm with eps > 0, then for every Y there is a "
    "sequence X that the L layers lead to Y.",
    given=[
        Each(l, L, continuous(layers[l + 1], N, d)),
        Each(l, L, bounded(layers[l + 1], sizes[l + 1], N, d)),
    ],
    show=_reaches(L),
    proof=by_induction(L, _reaches, base=_reach_at_once, step=_last_layer_first),
    also=("TH-24",),
)
