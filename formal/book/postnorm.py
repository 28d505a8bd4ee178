"""What a block with LayerNorm behind its sublayers forgets (RS-L1, TH-24): it is never injective, and never onto.

LayerNorm with any eps, gain and bias is any map of the centred tokens, x -> LN(P x) with P 1 = 0.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import equal, negation
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Nat,
    Term,
    add,
    multiply,
    nat,
    number,
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
    ZeroMatrix,
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
    """By Sylvester rank P + rank 1 <= d + rank(P 1), where P 1 = 0 and rank 1 >= 1."""
    unseen, _ = p.facts
    nothing = p.term(ZeroMatrix(d, 1))
    facts = [
        p.lemma(lemmas.sylvester(), X=P, Y=one),
        p.lemma(lemmas.at_least_one(), M=one),
        p.lemma(lemmas.product_left(), X=P, Y=B),
        rules.rank_bound(p.term(ZeroMatrix(d, 0)), p.term(ZeroMatrix(0, 1))),
        rules.congruence(unseen, p.term(P * one), nothing),
    ]
    return rules.order(p.goal, facts, [Summand(1, (i,)) for i in range(4)], [(4, number(-1))])


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
    turned = (G * P).T
    bounds = [
        cite(p, LOSES_ONE, P=P, B=I),
        p.lemma(lemmas.product_right(), X=G, Y=P),
        p.lemma(lemmas.of_transpose(), X=G * P),
    ]
    p.add(rules.order(p.prop(rank(turned) + 1 <= d), bounds, [Summand(1, (i,)) for i in range(3)]))
    value = p.open(p.lemma(lemmas.kernel_vector(), M=turned))[0]
    not_zero, killed = p.facts[-2:]

    def close(q: Proof) -> Theorem:
        flat = q.goal[1][1]
        same = q.ideal(flat[2], [killed])
        return rules.conjoin([not_zero, rules.generalize(same, flat[1])])

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
    moved = add(at_x, multiply(p.term(P * B), move))
    same = rules.congruence(p.combine(equal(moved, at_x), (killed,)), moved, at_x, F.decl)

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
    """2 (a - 1)(a + 1) = a a + b b - 2 + (a + b)(a - b) = 0."""
    centred, length = p.facts
    half = Fraction(1, 2)
    square = p.combine(Eq((b1 - 1) * (b1 + 1), 0), (length, half), (centred, half * (b1 - b2)))

    def neither(q: Proof) -> Theorem:
        first, second = q.facts[-2:]

        def output(r: Proof, denied: Theorem, which: Theorem) -> Theorem:
            one, other = denied.conclusion[1][1]
            both = rules.conjoin([r.combine(one, (which,)), r.combine(other, (centred,), (which, -1))])
            return rules.absurd(both, denied, r.goal)

        def minus(r: Proof) -> Theorem:
            t = r.reciprocal(b1 - 1)
            return output(r, second, r.combine(Eq(b1, -1), (square, t), (r.facts[-1], -b1 - 1)))

        return q.cases(Eq(b1, 1), lambda r: output(r, first, r.facts[-1]), minus)

    return p.refute(p.goal[1], neither)


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
