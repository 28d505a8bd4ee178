"""Residual streams in general (RS-T1, RS-U5) and with changes of width (RS-T1.1)."""

from __future__ import annotations

from ..claims import cite
from ..kernel import rules
from ..kernel.rules import Theorem
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Eq,
    Exists,
    Identity,
    Le,
    Ne,
    define,
    dims,
    matrix,
    opaque,
    rank,
    running_sum,
    vector,
)
from . import composition
from .shelf import BOOK, claim

N, d, m, n, k, l, L = dims("N d m n k l L")
X = matrix("X", N, d)
f = opaque("f", (N, d), (N, d), indexed=True)
x = define("x", l, L, X, lambda l, x: x[l] + f[l + 1](x[l]))
writes = running_sum("s", lambda l: f[l](x[l - 1]), l, L)


def _one_more(p: Proof) -> Theorem:
    grown, added, known = p.facts[-3:]
    return p.combine(p.goal, (grown,), (added, -Identity(N)), (known,))


TELESCOPE = claim(
    "RS-T1",
    "The residual stream of any architecture is its input plus all that its layers wrote",
    sentence="Read as: x_L = x_0 + f_1(x_0) + .. + f_L(x_(L-1)) exactly, for layers f_l of any kind that add to what "
    "they read, transformers or not. It says what the stream is a sum of, not that the input can be found in it.",
    where=[x, writes],
    show=Eq(x[L], X + writes[L]),
    proof=by_induction(L, step=_one_more),
)

# ---------------------------------------------------------------- gradients (RS-U5)
J, g = matrix("J", d, d), vector("g", d)
I = Identity(d)

claim(
    "RS-U5a",
    "A residual connection keeps the gradient alive",
    sentence="Read as: a gradient g that is not 0 is not 0 before the layer either. The derivative of x + F(x) is I + "
    "J, with J that of F, so the gradient before it is (I + J)'g.",
    wrong="I is a summand of the derivative, not a lower bound: where J = -1 the layer undoes the skip connection and "
    "no gradient passes.",
    given=[Ne(g, 0)],
    show=Ne((I + J).T * g, 0),
    witness={"d": 1, "J": [[-1]], "g": [[1]]},
)


def _backwards(p: Proof) -> Theorem:
    expansion = cite(p, BOOK.claims["VW-L3a"])
    return p.ideal(facts=[expansion])


claim(
    "RS-U5b",
    "The gradient before L residual layers is a sum over the subsets of layers, one of them empty",
    sentence="((I + J_L) .. (I + J_1))'g is g, unchanged, plus 2^L - 1 other terms, each through the layers of one "
    "subset. The other terms may cancel g.",
    where=[composition.P, composition.S],
    show=Eq(composition.P[L].T * g, composition.S[L].T * g),
    proof=_backwards,
    also=("RS-T1",),
)

# ---------------------------------------------------------------- changes of width (RS-T1.1)
y = vector("x", n)
F = opaque("F", n, m)

claim(
    "RS-T1.1",
    "Skip connections preserve the input also where layers change the width",
    sentence="x + F(x) with F from n to m numbers, as behind a convolution with stride.",
    wrong="There is no such sum: the skip connection needs a projection to the new width, and that is where "
    "information is lost (RS-T1.1b).",
    ill_typed=lambda: y + F(y),
)

S, T = matrix("P", m, n), matrix("T", m, n)
y2 = vector("x2", n)

claim(
    "RS-T1.1a",
    "..with a projection on the skip connection",
    sentence="If P x + F(x) is the same for two inputs then they are equal.",
    wrong="A stride keeps every second number and drops the others; where F is silent too, two inputs that differ "
    "there are one.",
    given=[Le(1, m), m < n, Eq(S * y + F(y), S * y2 + F(y2))],
    show=Eq(y, y2),
    witness={
        **{"m": 1, "n": 2, "P": [[1, 0]], "x": [[0], [0]], "x2": [[0], [1]]},
        "F": lambda x: [[0]],
    },
)

r = dims("r")
K, back = matrix("K", n, r), matrix("J", r, n)


def _lost_dimensions(p: Proof) -> Theorem:
    whole = p.term(S + T)
    size, kernel, coordinates, _ = p.open(p.lemma(lemmas.nullity(), M=whole))
    return rules.conjoin(
        [
            p.lemma(lemmas.at_most_rows(), X=whole),
            introduce_all(p, p.goal[1][1], [size, kernel, coordinates]),
        ]
    )


claim(
    "RS-T1.1b",
    "A linear layer that goes from n to m numbers loses at least n - m dimensions, skip connection or not",
    sentence="The rank of P + T is at most m, and there are n - rank(P + T) independent vectors (J K = I) that it "
    "sends to 0.",
    show=And(
        rank(S + T) <= m,
        Exists((r, K, back), And(Eq(back * K, Identity(r)), Eq((S + T) * K, 0), Eq(r + rank(S + T), n))),
    ),
    proof=_lost_dimensions,
    attained={"m": 1, "n": 1, "P": [[1]], "T": [[0]]},
)
