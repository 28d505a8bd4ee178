"""Composition of residual layers (VW-L3): the expansion over subsets of layers and the transfer identity."""

from __future__ import annotations

from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.props import term_letters
from ..kernel.rules import Theorem
from ..kernel.terms import add, identity, multiply, nat
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Identity,
    Prop,
    ZeroMatrix,
    define,
    dim_family,
    dims,
    family,
    matrix,
    opaque,
    ordered_product,
    subset_sum,
    vector,
)
from .shelf import claim

d, l, L = dims("d l L")
I = Identity(d)
T1, T2, x, y = matrix("T1", d, d), matrix("T2", d, d), vector("x", d), vector("y", d)
T = family("T", d, d)
P = ordered_product("P", lambda l: I + T[l], l, L)
S = subset_sum("S", lambda l: T[l], l, L)

claim(
    "VW-L3",
    "Two residual layers compose to T2 T1 + T2 + T1 + I",
    sentence="Applying x -> x + T1 x and then x -> x + T2 x is one linear map, a sum over which of the two layers act.",
    show=Eq(T2 * (T1 * x + x) + (T1 * x + x), (T2 * T1 + T2 + T1 + I) * x),
    proof=ideal,
)

subset_expansion = claim(
    "VW-L3a",
    "L residual layers: the product expands over the subsets of layers",
    sentence="(I + T_L) ... (I + T_1) is the sum, over all 2^L subsets of the layers, of the product of their T, "
    "latest first.",
    where=[P, S],
    show=Eq(P[L], S[L]),
    proof=by_induction(L),
)

# ---------------------------------------------------------------- the transfer identity
m, M = dim_family("m"), dim_family("M")
v, w = family("v", d, lambda l: m[l]), family("w", lambda l: m[l], d)
A, B = family("A", lambda l: M[l + 1], lambda l: M[l]), family("B", lambda l: M[l + 1], lambda l: m[l + 1])
M_0 = M[0]
V = define("V", l, L, ZeroMatrix(d, M_0), lambda l, V: V[l] * A[l].T + v[l + 1] * B[l].T, rows=d, cols=lambda l: M[l])
W = define("W", l, L, ZeroMatrix(M_0, d), lambda l, W: A[l] * W[l] + B[l] * w[l + 1], rows=lambda l: M[l], cols=d)
N = define(
    "N",
    l,
    L,
    ZeroMatrix(M_0, M_0),
    lambda l, N: A[l] * N[l] * A[l].T + B[l] * w[l + 1] * V[l] * A[l].T,
    rows=lambda l: M[l],
    cols=lambda l: M[l],
)
Q = ordered_product("P", lambda l: I + v[l] * w[l], l, L)
_stacking = [
    Each(
        l,
        L,
        And(
            Eq(A[l].T * A[l], Identity(M[l])),
            Eq(B[l].T * B[l], Identity(m[l + 1])),
            Eq(A[l].T * B[l], 0),
            Eq(A[l] * A[l].T + B[l] * B[l].T, Identity(M[l + 1])),
        ),
    )
]


def _resolvent(k: Any) -> Prop:
    R = matrix("R", M[k], M[k])
    one = Identity(M[k])
    return Exists(R, And(Eq((one - N[k]) * R, one), Eq(R * (one - N[k]), one), Eq(Q[k], I + V[k] * R * W[k])))


def _empty_resolvent(p: Proof) -> Theorem:
    return introduce_all(p, p.goal, [identity(nat("M", nat(0)))])


def _next_resolvent(p: Proof) -> Theorem:
    """R at the next depth: the new layer reads what the layers before it wrote."""
    k = p.index
    R = p.values[-1]  # the resolvent that the induction hypothesis promised
    (resolvent,) = term_letters(R)
    at_front, at_back = p.term(A[k]), p.term(A[k].T)
    carried = multiply(multiply(at_front, R), at_back)
    reads = multiply(multiply(p.term(B[k] * w[k + 1] * V[k]), R), at_back)
    grown = add(add(carried, p.term(B[k] * B[k].T)), reads)

    def close(q: Proof) -> Theorem:
        right, left, effect = q.goal[1]
        blocks = q.about("A", "B", "N", "w", "V", resolvent.name)
        return rules.conjoin([q.ideal(right, blocks), q.ideal(left, blocks), q.ideal(effect)])

    return introduce_all(p, p.goal, [grown], close)


claim(
    "VW-L3b",
    "The transfer identity: all layers at once are I + V (I - N)^-1 W",
    sentence="With all reads stacked to W, all writes to V and the virtual weights w_k v_l (k after l) as the "
    "blocks of N, I - N is invertible and its inverse, the sum over all paths of virtual weights, carries"
    " the whole network. A and B stack one more layer: they inject the M_l hidden units so far, and the "
    "m_(l+1) new ones, into M_(l+1).",
    where=[V, W, N, Q],
    given=_stacking,
    show=_resolvent(L),
    proof=by_induction(L, _resolvent, base=_empty_resolvent, step=_next_resolvent),
    also=("TH-2",),
)

phi = opaque("phi", d, d)

claim(
    "VW-L3c",
    "Real layers compose to a linear map too",
    sentence="x -> x + phi(x) is additive for every layer phi.",
    wrong="The composition formula is about linear maps: frozen attention, no activation, frozen norm. One ReLU"
    " neuron already breaks additivity, so products of weights describe a path only while patterns and "
    "activations are held fixed.",
    show=Eq(x + y + phi(x + y), (x + phi(x)) + (y + phi(y))),
    witness={"d": 1, "x": [[1]], "y": [[-1]], "phi": lambda x: [[max(row[0], 0)] for row in x]},
)

b, s = family("b", d, 1), family("x", d, 1)
c = define("c", l, L, ZeroMatrix(d, 1), lambda l, c: (I + T[l + 1]) * c[l] + b[l + 1])

claim(
    "VW-L3d",
    "With biases the composition is affine",
    sentence="The biases add one vector, which the layers behind them have carried forward.",
    where=[P, c],
    given=[Each(l, L, Eq(s[l + 1], s[l] + T[l + 1] * s[l] + b[l + 1]))],
    show=Eq(s[L], P[L] * s[0] + c[L]),
    proof=by_induction(L),
)
