"""Attention as a sublayer (RS-U3, RS-U4, RS-C1.2): what mixes tokens, which biases matter, what one head can write.

A sequence X has its N tokens as rows. A head with pattern A (N x N) writes A X W_V' W_O'. Of softmax only two facts are
used, as hypotheses: the rows of a pattern sum to one, and adding a number to a row of scores changes nothing.
"""

from __future__ import annotations

from ..claims import ideal
from ..kernel.props import negation
from ..kernel.rules import Theorem
from ..kernel.terms import nat, number
from ..provers.induct import by_induction
from ..provers.instances import hole, introduce_named
from ..provers.proof import Proof
from ..statement import (
    Each,
    Eq,
    ForAll,
    dims,
    family,
    inner,
    matrix,
    opaque,
    rank,
    running_sum,
    scalars,
    vector,
)
from .shelf import claim

N, d, r, h, H = dims("N d r h H")
X, Y, A, one = matrix("X", N, d), matrix("Y", N, d), matrix("A", N, N), vector("one", N)
W_Q, W_K, W_V, W_O = matrix("W_Q", r, d), matrix("W_K", r, d), matrix("W_V", r, d), matrix("W_O", d, r)
softmax = opaque("softmax", (N, N), (N, N))

# ---------------------------------------------------------------- which sublayers mix tokens (RS-U3)
e, q = vector("e", N), scalars("q")
LN, FFN = opaque("LN", d, d), opaque("FFN", d, d)


def _token_by_token(p: Proof) -> Theorem:
    p.congruent(LN, X.T * e, Y.T * e)
    p.congruent(FFN, LN(X.T * e), LN(Y.T * e))
    return p.ideal()


claim(
    "RS-U3",
    "Norm, feed-forward network and residual sum act on each token alone",
    sentence="Read as: if two sequences agree at a token (X'e = Y'e, e picks it), then so do the outputs of everything "
    "in a block but attention.",
    given=[Eq(X.T * e, Y.T * e)],
    show=Eq(X.T * e + FFN(LN(X.T * e)), Y.T * e + FFN(LN(Y.T * e))),
    proof=_token_by_token,
    needed=[
        {
            **{"N": 1, "d": 1, "e": [[1]], "X": [[1]], "Y": [[0]]},
            **dict.fromkeys(("LN", "FFN"), lambda x: [[0]]),
        }
    ],
)

claim(
    "RS-U3a",
    "Attention leaves a token alone that did not change",
    sentence="If two sequences agree at a token, then so do the outputs of attention, whose pattern A has rows with "
    "sum one.",
    wrong="This is the sublayer that mixes: here token 1 attends to token 2 and reads what changed there. So an "
    "effect on a token may start at any other token, and only attention can carry it over.",
    given=[Eq(A * one, one), Eq(X.T * e, Y.T * e)],
    show=Eq((A * X).T * e, (A * Y).T * e),
    witness={
        **{"N": 2, "d": 1, "A": [[0, 1], [0, 1]], "one": [[1], [1]]},
        **{"X": [[0], [0]], "Y": [[0], [1]], "e": [[1], [0]]},
    },
)

claim(
    "RS-U3b",
    "Every norm acts on each token alone",
    sentence="Also one that takes its mean over the tokens of a batch, as BatchNorm does.",
    wrong="A mean over tokens moves with every token. That attention alone mixes tokens is a property of LayerNorm "
    "and RMSNorm, not of normalisation.",
    given=[Eq(q * N, 1), Eq(inner(one, one), N), Eq(X.T * e, Y.T * e)],
    show=Eq((X - q * one * (one.T * X)).T * e, (Y - q * one * (one.T * Y)).T * e),
    witness={
        **{"N": 2, "d": 1, "q": [["1/2"]], "one": [[1], [1]]},
        **{"X": [[0], [0]], "Y": [[0], [1]], "e": [[1], [0]]},
    },
)

claim(
    "RS-U4",
    "Attention as a map of the whole sequence (10.32)",
    sentence="One head: scores X W_Q' W_K X', pattern softmax of them, values X W_V', and W_O brings them back to "
    "width d. The scale is part of W_Q, heads add up, token i takes row i. So the argument is one sequence, which "
    "contains x_i already.",
    defines=softmax(X * W_Q.T * W_K * X.T) * X * W_V.T * W_O.T,
)

# ---------------------------------------------------------------- biases (TH-26)
S, c, Q, K = matrix("S", N, N), vector("c", N), matrix("Q", N, r), matrix("K", N, r)
b_K, b_V = vector("b_K", r), vector("b_V", r)


def _shift_each_row(p: Proof) -> Theorem:
    return p.at(p.facts[0], Q * K.T, Q * b_K)


def _linear_softmax(p: Proof) -> Theorem:
    """One token, all letters 1, and in the place of softmax the identity: 1 (1 + 1) is not 1."""
    unit = dict.fromkeys(("Q", "K", "b_K", "one"), number(1))

    def differ(q: Proof) -> Theorem:
        return q.refute(negation(q.goal), lambda r: r.impossible(rewrite=True))

    return introduce_named(p, {**dict.fromkeys(("N", "r"), nat(1)), **unit, "softmax": hole(1)}, differ)


claim(
    "TH-26",
    "The key bias of attention has no effect",
    sentence="It adds to each row of scores the number <query, b_K>, and softmax does not see a shift of a row. The "
    "queries Q may have a bias of their own.",
    given=[ForAll((S, c), Eq(softmax(S + c * one.T), softmax(S)))],
    show=Eq(softmax(Q * (K + one * b_K.T).T), softmax(Q * K.T)),
    proof=_shift_each_row,
    needed=[_linear_softmax],
)

claim(
    "TH-26a",
    "The value bias of attention is one constant write, W_O b_V",
    sentence="As the rows of a pattern sum to one, every token gets W_O b_V, whatever it attends to; it can be moved "
    "to the output bias.",
    given=[Eq(A * one, one)],
    show=Eq(A * (X * W_V.T + one * b_V.T) * W_O.T, A * X * W_V.T * W_O.T + one * (W_O * b_V).T),
    proof=ideal,
    needed=[
        {
            **{"N": 1, "d": 1, "r": 1, "A": [[0]], "X": [[0]]},
            **{"one": [[1]], "W_V": [[1]], "W_O": [[1]], "b_V": [[1]]},
        }
    ],
)

P, V, O = family("A", N, N), family("W_V", r, d), family("W_O", d, r)
x = vector("x", d)
heads = running_sum("heads", lambda h: P[h] * (one * x.T) * V[h].T * O[h].T, h, H)
through = running_sum("W", lambda h: O[h] * V[h], h, H)

claim(
    "TH-26b",
    "On a constant sequence attention is a linear map of the token",
    sentence="If all tokens equal x then, for every pattern (any scores, mask, positions, number of tokens), attention "
    "writes sum over heads of W_O W_V x at each of them. So a real attention layer realises every linear layer.",
    where=[heads, through],
    given=[Each(h, H, Eq(P[h + 1] * one, one))],
    show=Eq(heads[H], one * (through[H] * x).T),
    proof=by_induction(H, step=lambda p: p.ideal(facts=p.facts[-4:])),
    needed=[
        {
            **{"N": 1, "d": 1, "r": 1, "H": 1, "one": [[1]], "x": [[1]]},
            **{"A": {1: [[0]]}, "W_V": {1: [[1]]}, "W_O": {1: [[1]]}},
        }
    ],
)

# ---------------------------------------------------------------- projections (RS-C1.2)
claim(
    "RS-C1.2",
    "The outputs of the layers need no projection to a common width",
    sentence="The heads' values could be added to the stream as they are.",
    wrong="The dependency is the other way round: what a head computes has width r, and it is W_O (for the "
    "feed-forward network W_2) that makes it a stream vector. Without these projections there is no sum, and "
    "the width of the stream is an interface that every layer pays for with parameters.",
    ill_typed=lambda: X + A * X * W_V.T,
)


def _through_the_head(p: Proof) -> Theorem:
    return p.rank_at_most(A * X * W_V.T * W_O.T, A * X * W_V.T, W_O.T)


claim(
    "RS-C1.2a",
    "A head of width r writes an update of rank at most r",
    sentence="Over all tokens together, whatever the pattern is: the write lies in the r columns of W_O.",
    show=rank(A * X * W_V.T * W_O.T) <= r,
    proof=_through_the_head,
    attained={"N": 1, "d": 1, "r": 1, "A": [[1]], "X": [[1]], "W_V": [[1]], "W_O": [[1]]},
)
