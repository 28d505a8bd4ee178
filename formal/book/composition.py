"""Composition of residual layers (VW-L3): the expansion over subsets of layers and the transfer identity."""

from __future__ import annotations

from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.rules import Theorem
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..statement import (
    And,
    Each,
    Eq,
    Expression,
    Identity,
    Prop,
    ZeroMatrix,
    define,
    dim_family,
    dims,
    family,
    matrix,
    norm2,
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


def _one_more_layer(p: Proof) -> Theorem:
    product, total, known = p.facts[-3:]
    return p.combine(p.goal, (product,), (total, -1), (known, I + T[p.index + 1]))


subset_expansion = claim(
    "VW-L3a",
    "Path expansion: the product of L residual layers is the sum over the subsets of layers",
    sentence="(I + T_L) ... (I + T_1) is the sum, over all 2^L subsets of the layers, of the product of their T, "
    "latest first.",
    where=[P, S],
    show=Eq(P[L], S[L]),
    proof=by_induction(L, step=_one_more_layer),
    also=("TH-1",),
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
R = define(
    "R",
    l,
    L,
    Identity(M_0),
    lambda l, R: A[l] * R[l] * A[l].T + B[l] * B[l].T + B[l] * w[l + 1] * V[l] * R[l] * A[l].T,
    rows=lambda l: M[l],
    cols=lambda l: M[l],
)
Q = ordered_product("P", lambda l: I + v[l] * w[l], l, L)
_stacking = [
    Each(l, L, Eq(A[l].T * A[l], Identity(M[l]))),
    Each(l, L, Eq(B[l].T * B[l], Identity(m[l + 1]))),
    Each(l, L, Eq(A[l] * A[l].T + B[l] * B[l].T, Identity(M[l + 1]))),
]


def _resolvent(k: Any) -> Prop:
    one = Identity(M[k])
    return And(Eq((one - N[k]) * R[k], one), Eq(R[k] * (one - N[k]), one), Eq(Q[k], I + V[k] * R[k] * W[k]))


def _next_resolvent(p: Proof) -> Theorem:
    """The new layer reads what the layers before it wrote; old and new hidden units are apart."""
    k = p.index
    writes, reads, paths, resolvent, product, front, back, whole, right, left, effect = p.facts[-11:]
    a, b, u, y, n, r, grown = A[k], B[k], v[k + 1], w[k + 1], N[k], R[k], R[k + 1]
    heard = y * V[k]
    apart = _apart(p, a, b, back, whole)
    apart_too = p.ideal(Eq(b.T * a, 0), [apart])
    old = a + b * heard
    carried, path, layer = r * a.T, a * n + b * heard, I + u * y
    now = old * carried + b * b.T  # the new R, and the new V and W:
    written, read = V[k] * a.T + u * b.T, a * W[k] + b * y
    one, two, three = p.goal[1]
    one_more = Identity(M[k + 1])
    by_old = p.combine(
        Eq(written * old, layer * V[k]), (front, V[k]), (apart, V[k], heard), (apart_too, u), (back, u, heard)
    )
    by_new = p.combine(Eq(written * b, u), (apart, V[k]), (back, u))
    of_old = p.combine(Eq(a.T * read, W[k]), (front, None, W[k]), (apart, None, y))
    of_new = p.combine(Eq(b.T * read, y), (apart_too, None, W[k]), (back, None, y))
    return rules.conjoin(
        [
            p.combine(
                one,
                *((paths, -one_more, grown), (resolvent, one_more - path * a.T), (front, -path, carried)),
                *((apart, -path, b.T + heard * carried), (right, a, a.T), (whole,)),
            ),
            p.combine(
                two,
                *((resolvent, None, one_more - N[k + 1]), (paths, -now), (front, -old * r, n * a.T)),
                *((apart, -old * r, heard * a.T), (apart_too, -b, n * a.T), (back, -b, heard * a.T)),
                *((left, old, a.T), (whole,)),
            ),
            p.combine(
                three,
                *((product,), (effect, layer), (writes, -I, grown * W[k + 1]), (resolvent, -written, W[k + 1])),
                *((reads, -written * now), (by_old, -I, carried * read), (by_new, -I, b.T * read)),
                *((of_old, -layer * V[k] * r), (of_new, -u)),
            ),
        ]
    )


def _apart(p: Proof, a: Expression, b: Expression, back: Theorem, whole: Theorem) -> Theorem:
    """|A'B|^2 = tr(B'(I - B B')B) = 0."""
    square = p.combine(Eq(norm2(a.T * b), 0), (whole, b.T, b), (back, -b.T * b))
    return p.square_is_zero(a.T * b, using=[square])


_one_wide = {
    "d": 1,
    "M": {0: 1, 1: 1, 2: 1},
    "m": {1: 1, 2: 1},
    "v": {1: [[1]], 2: [[1]]},
    "w": {1: [[1]], 2: [[1]]},
}


claim(
    "VW-L3b",
    "The transfer identity: all layers at once are I + V (I - N)^-1 W",
    sentence="With all reads stacked to W, all writes to V and the virtual weights w_k v_l (k after l) as the "
    "blocks of N, I - N is invertible and its inverse R, the sum over all paths of virtual weights, carries"
    " the whole network. A and B stack one more layer: they inject the M_l hidden units so far, and the "
    "m_(l+1) new ones, into M_(l+1).",
    where=[V, W, N, R, Q],
    given=_stacking,
    show=_resolvent(L),
    proof=by_induction(L, _resolvent, step=_next_resolvent),
    needed=[
        {**_one_wide, "L": 2, "A": {0: [[0]], 1: [[0]]}, "B": {0: [[1]], 1: [[1]]}},
        {**_one_wide, "L": 1, "A": {0: [[1]]}, "B": {0: [[0]]}},
        {**_one_wide, "L": 1, "A": {0: [[1]]}, "B": {0: [[1]]}},
    ],
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

b, x_0 = family("b", d, 1), vector("x_0", d)
s = define("x", l, L, x_0, lambda l, s: s[l] + T[l + 1] * s[l] + b[l + 1])
c = define("c", l, L, ZeroMatrix(d, 1), lambda l, c: (I + T[l + 1]) * c[l] + b[l + 1])


def _one_more_bias(p: Proof) -> Theorem:
    product, offset, stream, known = p.facts[-4:]
    return p.combine(p.goal, (stream,), (product, -1, x_0), (offset, -1), (known, I + T[p.index + 1]))


claim(
    "VW-L3d",
    "With biases the composition is affine",
    sentence="The biases add one vector, which the layers behind them have carried forward.",
    where=[P, c, s],
    show=Eq(s[L], P[L] * x_0 + c[L]),
    proof=by_induction(L, step=_one_more_bias),
)
