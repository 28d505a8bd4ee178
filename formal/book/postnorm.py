"""What a block with LayerNorm behind its sublayers forgets (RS-L1, TH-24): it is never injective, and never onto.

LayerNorm with any eps, gain and bias is any map of the centred tokens, x -> LN(P x) with P 1 = 0.
"""

from __future__ import annotations

from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import at_least, equal, negation
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Nat,
    Term,
    add,
    multiply,
    nat,
    number,
    scalar,
    scale,
)
from ..provers import rank as lemmas
from ..provers.instances import hole, introduce_named
from ..provers.proof import Proof, Script
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Eq,
    Exists,
    Expression,
    ForAll,
    Identity,
    Ne,
    Or,
    dims,
    inner,
    matrix,
    opaque,
    rank,
    scalars,
    vector,
)
from .shelf import claim

N, d = dims("N d")
I, P, B, W = Identity(d), matrix("P", d, d), matrix("B", d, d), matrix("W", d, d)
one, tok = vector("one", d), vector("tok", N)
b, c, u, w, x, z = (vector(name, d) for name in "bcuwxz")
UNSEEN = [Eq(P * one, 0), Ne(one, 0)]


def _loses_one(p: Proof) -> Theorem:
    """1 = K J 1 for a basis K of the kernel, so there is something in it."""
    _, not_zero = p.facts
    size, kernel, coordinates, _ = p.open(p.lemma(lemmas.nullity(), M=P))
    whole = p.facts[-2]
    some = at_least(scalar(size), number(1))

    def none(q: Proof) -> Theorem:
        back = q.multiply(lemmas.empty(q, size), kernel, multiply(coordinates, q.term(one)))
        gone = q.ideal(Eq(one, 0), [back, q.multiply(whole, right=one), q.fact(UNSEEN[0])])
        return rules.absurd(gone, not_zero, q.goal)

    p.add(p.prove(some, lambda q: q.cases(some, lambda r: r.facts[-1], none)))
    p.add(p.lemma(lemmas.product_left(), X=P, Y=B))
    return p.order()


LOSES_ONE = claim(
    "RS-L1c",
    "Behind a norm that does not see one direction, no linear map has full rank",
    sentence="P 1 = 0 gives rank(P B) < d for every B. With P the derivative of LayerNorm, this is the derivative of a "
    "post-norm block: no path through it, the residual one included, goes around the norm.",
    given=UNSEEN,
    show=rank(P * B) + 1 <= d,
    proof=_loses_one,
    needed=[
        {"d": 1, "P": [[1]], "B": [[1]], "one": [[1]]},
        {"d": 1, "P": [[1]], "B": [[1]], "one": [[0]]},
    ],
    attained={"d": 1, "P": [[0]], "B": [[0]], "one": [[1]]},
    also=("RS-U12",),
)

G = matrix("G", d, d)


def _hyperplane(p: Proof) -> Theorem:
    p.add(cite(p, LOSES_ONE, P=P, B=I))
    p.add(p.lemma(lemmas.product_right(), X=G, Y=P))
    p.add(p.lemma(lemmas.of_transpose(), X=G * P))
    value = p.open(p.lemma(lemmas.kernel_vector(), M=(G * P).T))[0]
    not_zero, killed = p.facts[-2:]

    def close(q: Proof) -> Theorem:
        flat = q.goal[1][1]
        return rules.conjoin([not_zero, rules.generalize(q.prove(flat[2], lambda r: r.ideal(facts=[killed])), flat[1])])

    return introduce_all(p, p.goal, [value], close)


def _all_of_the_line(one_value: int) -> Script:
    """In one dimension with P = 1 every number is an output: w z = 0 for all z would give w w = 0."""

    def script(p: Proof) -> Theorem:
        unit = dict.fromkeys(("P", "G"), number(1))
        values: dict[str, Nat | Term] = {"d": nat(1), **unit, "b": number(0), "one": number(one_value)}

        def fixed(q: Proof) -> Theorem:
            not_zero, everywhere = q.facts[-2:]
            q.add(q.at(everywhere, q.values[-1]))
            return rules.absurd(q.square_is_zero(q.values[-1]), not_zero, q.goal)

        return introduce_named(p, values, _holds_but(fixed))

    return script


def _holds_but(impossible: Script) -> Script:
    """Each part of the body holds by computation; the last one denies an "exists", which the script leads to 0 > 0."""

    def script(p: Proof) -> Theorem:
        *hypotheses, denial = p.goal[1]
        return rules.conjoin([*map(p.prove, hypotheses), p.refute(negation(denial), impossible)])

    return script


claim(
    "RS-L1b",
    "All outputs of a post-norm block lie in one hyperplane",
    sentence="The last step puts out G y + b for a centred y = P z, with gain G and bias b. Some w is not 0 and "
    "w'(G P z + b) is the same for every z: whatever the weights are, at most d - 1 of the d dimensions are used, and "
    "the block is not onto.",
    given=UNSEEN,
    show=Exists(w, And(Ne(w, 0), ForAll(z, Eq(inner(w, G * P * z + b), inner(w, b))))),
    proof=_hyperplane,
    needed=[_all_of_the_line(1), _all_of_the_line(0)],
    also=("TH-24",),
)

MHA, Z = opaque("MHA", (N, d), (N, d)), opaque("Z", (N, d), (N, d))
here, there = tok * x.T, tok * (x + u).T


def _block(X: Expression) -> Expression:
    """Attention, residual sum, centring, and what the norm and the rest of the block make of that."""
    return Z((X + MHA(X)) * P.T)


_blind = [Eq(P * (I + W) * u, 0), Eq(MHA(here), tok * (W * x + c).T), Eq(MHA(there), tok * (W * (x + u) + c).T)]


def _unseen_move(p: Proof) -> Theorem:
    return p.congruent(Z, (there + MHA(there)) * P.T, (here + MHA(here)) * P.T)


_point: dict[str, Any] = {
    "N": 1,
    "d": 1,
    "P": [[1]],
    "tok": [[1]],
    "x": [[0]],
    "u": [[1]],
    "c": [[0]],
    "Z": lambda X: X,
}

claim(
    "RS-L1d",
    "A post-norm block does not see a move u of a constant sequence with P (I + W) u = 0",
    sentence="On a constant sequence attention writes W x + c, with W the sum of W_O W_V over the heads (TH-26b); the "
    "norm sees P (x + W x + c) only, and nothing behind it can tell x + u from x.",
    given=_blind,
    show=Eq(_block(there), _block(here)),
    proof=_unseen_move,
    needed=[
        {**_point, "W": [[0]], "MHA": lambda X: [[0]]},
        {**_point, "W": [[-1]], "MHA": lambda X: [[1 - 2 * X[0][0]]]},
        {**_point, "W": [[-1]], "MHA": lambda X: [[0]]},
    ],
)

F = opaque("F", d, d)


def _never_injective(p: Proof) -> Theorem:
    p.add(cite(p, LOSES_ONE, P=P, B=B))
    (move,) = p.open(p.lemma(lemmas.kernel_vector(), M=P * B))
    not_zero, killed = p.facts[-2:]
    at_x = p.term(P * B * x)
    same = p.congruent(F, add(at_x, multiply(p.term(P * B), move)), at_x, using=[killed])

    def close(q: Proof) -> Theorem:
        everywhere = q.goal[1][1]
        return rules.conjoin([not_zero, rules.generalize(same, everywhere[1])])

    return introduce_all(p, p.goal, [move], close)


def _identity_block(one: int) -> Script:
    """One coordinate, P = 1, no attention: the block is the identity, and x + u = x gives u = 0."""
    values: dict[str, Nat | Term] = {"d": ONE, "P": number(1), "B": number(1), "one": number(one), "F": hole(1)}

    def moved(p: Proof) -> Theorem:
        not_zero, everywhere = p.facts[-2:]
        return rules.absurd(p.at(everywhere, number(0)), not_zero, p.goal)

    return lambda p: introduce_named(p, values, _holds_but(moved))


claim(
    "RS-L1e",
    "A post-norm block is never injective",
    sentence="For every width, weights, gain, bias and eps: some u is not 0, and adding u to all tokens of any "
    "constant sequence, of any length, does not change the output. B is I + W, with W the sum of W_O W_V over the "
    "heads, and F all that comes behind the first centring: on constant sequences that is the block (RS-L1d).",
    given=UNSEEN,
    show=Exists(u, And(Ne(u, 0), ForAll(x, Eq(F(P * B * (x + u)), F(P * B * x))))),
    proof=_never_injective,
    needed=[_identity_block(1), _identity_block(0)],
    also=("TH-24",),
)

b1, b2 = scalars("a b")


def _two_outputs(p: Proof) -> Theorem:
    """2 a a = 2, so (a - 1)(a + 1) = 0."""
    centred = p.facts[0]
    p.have(Eq(b2, -b1), using=[centred])
    square = p.have(Eq((b1 - 1) * (b1 + 1), 0))
    both = p.goal[1]

    def neither(q: Proof) -> Theorem:
        first, second = (f for f in q.facts if f.conclusion.kind == "not")

        def other(r: Proof) -> Theorem:
            t = r.reciprocal(b1 - 1)
            inverse = r.fact(equal(scale(r.term(b1 - 1), t), number(1)))
            minus = r.have(Eq(b1, -1), using=[square, inverse])
            return rules.absurd(r.prove(second.conclusion[1], lambda s: _parts(s, [minus, centred])), second, r.goal)

        def plus(r: Proof) -> Theorem:
            one = r.facts[-1]
            return rules.absurd(r.prove(first.conclusion[1], lambda s: _parts(s, [one, centred])), first, r.goal)

        return q.cases(Eq(b1, 1), plus, other)

    return p.refute(both, neither)


def _parts(p: Proof, facts: list[Theorem]) -> Theorem:
    return rules.conjoin([p.ideal(g, facts) for g in p.goal[1]])


claim(
    "RS-L1f",
    "At width 2 LayerNorm without eps has two outputs: a block says one bit about a token",
    sentence="A centred vector (a, b) of squared length 2 is (1, -1) or (-1, 1). With gain and bias there are two "
    "other outputs, and again no more.",
    given=[Eq(b1 + b2, 0), Eq(b1 * b1 + b2 * b2, 2)],
    show=Or(And(Eq(b1, 1), Eq(b2, -1)), And(Eq(b1, -1), Eq(b2, 1))),
    proof=_two_outputs,
    needed=[{"a": [[1]], "b": [[1]]}, {"a": [[0]], "b": [[0]]}],
)
