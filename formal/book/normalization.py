"""LayerNorm and RMSNorm by their formulas: how large and how small their output is (RS-U6, RS-U9).

A norm divides by a scalar s > 0 whose square is a polynomial, so y = LN(x) is s y = P x: q is 1/d, u the all-ones
vector (only u'u = d is used), P = I - q u u' centres, and s^2 = q x'P x + eps is the variance plus eps.
"""

from __future__ import annotations

from typing import Any

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.props import equal
from ..kernel.rules import Theorem
from ..kernel.terms import multiply, number, scale, squared_norm, subtract, transpose
from ..provers.proof import Proof
from ..statement import (
    And,
    Eq,
    Identity,
    Le,
    Ne,
    dims,
    inner,
    matrix,
    norm2,
    scalars,
    vector,
)
from .shelf import claim

d = dims("d")
q, s, s1, v, eps = scalars("q s s1 v eps")
u, x, y, z = vector("u", d), vector("x", d), vector("y", d), vector("z", d)
I = Identity(d)
P = I - q * u * u.T
ONES = [Eq(q * d, 1), Eq(inner(u, u), d)]
AT_ONE: dict[str, Any] = {"d": 1, "q": [[1]], "u": [[1]]}
AT_TWO: dict[str, Any] = {"d": 2, "q": [["1/2"]], "u": [[1], [1]]}
NO_MEAN: dict[str, Any] = {"d": 1, "q": [[0]], "u": [[1]]}  # q d = 1 fails, P = 1
LONG_ONES: dict[str, Any] = {"d": 1, "q": [[1]], "u": [[2]]}  # u'u = d fails, P = -3
SHORT_ONES: dict[str, Any] = {"d": 1, "q": [[1]], "u": [[0]]}  # u'u = d fails, P = 1

claim(
    "RS-U6",
    "LayerNorm keeps activations from being too large or too small",
    sentence="Read with constants: the squared length of LN(x) is at most d, and LN(x) is never 0.",
    wrong="Only the upper half is true. With eps > 0 a constant vector is sent to 0 (and without eps it has no image "
    "at all), vectors near it to vectors near 0, and a gain rescales both bounds (RS-U6g): no lower bound on an "
    "activation may be taken for granted.",
    given=[*ONES, s > 0, eps >= 0, Eq(s * s, q * inner(x, P * x) + eps), Eq(s * y, P * x)],
    show=And(norm2(y) <= d, Ne(y, 0)),
    witness={**AT_ONE, "eps": [[1]], "s": [[1]], "x": [[0]], "y": [[0]]},
)


def _centred(p: Proof) -> Theorem:
    """s 1'y = 1'P x = 0."""
    scaled, t = p.multiply(Eq(s * y, P * x), left=u.T), p.reciprocal(s)
    return p.ideal(facts=[*map(p.fact, ONES), scaled, p.fact(equal(scale(p.term(s), t), number(1)))])


U6A = claim(
    "RS-U6a",
    "What LayerNorm puts out is centred",
    sentence="1'LN(x) = 0, whatever x and eps are.",
    given=[*ONES, Ne(s, 0), Eq(s * y, P * x)],
    show=Eq(u.T * y, 0),
    proof=_centred,
    needed=[
        {**NO_MEAN, "s": [[1]], "x": [[1]], "y": [[1]]},
        {**LONG_ONES, "s": [[1]], "x": [[1]], "y": [[-3]]},
        {**AT_ONE, "s": [[0]], "x": [[0]], "y": [[1]]},
        {**AT_ONE, "s": [[1]], "x": [[0]], "y": [[1]]},
    ],
    also=("TH-22",),
)


def _length(p: Proof) -> Theorem:
    """s^2 |y|^2 = x'P P x = x'P x."""
    scaled = Eq(s * y, P * x)
    square = p.have(
        Eq(s * s * norm2(y), inner(x, P * x)),
        using=[*ONES, p.multiply(scaled, left=s * y.T), p.multiply(scaled, left=x.T * P)],
    )
    return p.ideal(facts=[square, *map(p.fact, (ONES[0], Eq(v, q * inner(x, P * x)), Eq(s * s, v + eps)))])


U6B = claim(
    "RS-U6b",
    "The squared length of LN(x) is d v / (v + eps), with v the variance of x",
    sentence="So it is d for eps = 0 and any x that is not constant, less than d for eps > 0, and near 0 where the "
    "variance is small against eps.",
    given=[*ONES, Eq(v, q * inner(x, P * x)), Eq(s * s, v + eps), Eq(s * y, P * x)],
    show=Eq((v + eps) * norm2(y), d * v),
    proof=_length,
    needed=[
        {**NO_MEAN, "x": [[1]], "v": [[0]], "eps": [[1]], "s": [[1]], "y": [[1]]},
        {**LONG_ONES, "x": [[1]], "v": [[-3]], "eps": [[4]], "s": [[1]], "y": [[-3]]},
        {**AT_ONE, "x": [[0]], "v": [[1]], "eps": [[0]], "s": [[1]], "y": [[0]]},
        {**AT_ONE, "x": [[0]], "v": [[0]], "eps": [[1]], "s": [[0]], "y": [[1]]},
        {**AT_ONE, "x": [[0]], "v": [[0]], "eps": [[1]], "s": [[1]], "y": [[1]]},
    ],
    also=("TH-22",),
)


def _at_most_d(p: Proof) -> Theorem:
    """d - |y|^2 = d eps / s^2."""
    variance = Eq(s * s, q * inner(x, P * x) + eps)
    length = cite(p, U6B, v=q * inner(x, P * x), eps=eps, s=s)
    t = p.reciprocal(s)
    inverse = p.fact(equal(scale(p.term(s), t), number(1)))
    gap = equal(p.term(d - norm2(y)), scale(multiply(t, t), p.term(d * eps)))
    p.facts = [p.fact(eps >= 0), p.have(gap, using=[length, inverse, variance])]
    p.have(Le(0, d))
    return p.order(squares=[t], products=2)


U6C = claim(
    "RS-U6c",
    "The squared length of LN(x) is at most d",
    sentence="|LN(x)|^2 <= d for every x and every eps >= 0.",
    given=[*ONES, Ne(s, 0), eps >= 0, Eq(s * s, q * inner(x, P * x) + eps), Eq(s * y, P * x)],
    show=norm2(y) <= d,
    proof=_at_most_d,
    needed=[
        {**NO_MEAN, "s": [[1]], "eps": [[1]], "x": [[2]], "y": [[2]]},
        {**LONG_ONES, "s": [[1]], "eps": [[4]], "x": [[1]], "y": [[-3]]},
        {**AT_ONE, "s": [[0]], "eps": [[0]], "x": [[0]], "y": [[2]]},
        {**AT_TWO, "s": [["1/2"]], "eps": [["-3/4"]], "x": [[1], [-1]], "y": [[2], [-2]]},
        {**AT_TWO, "s": [[1]], "eps": [[0]], "x": [[2], [-2]], "y": [[2], [-2]]},
        {**AT_ONE, "s": [[1]], "eps": [[1]], "x": [[0]], "y": [[2]]},
    ],
    attained={**AT_TWO, "s": [[1]], "eps": [[0]], "x": [[1], [-1]], "y": [[1], [-1]]},
    also=("TH-22",),
)

# ---------------------------------------------------------------- one coordinate
e = vector("e", d)
COORDINATE = [Eq(inner(u, u), d), Eq(inner(e, e), 1), Eq(inner(u, e), 1)]


def _coordinate(p: Proof) -> Theorem:
    """y_k = <c, y> with c = e - 1/d, |c|^2 = 1 - 1/d, and Cauchy-Schwarz."""
    p.have(Le(1, d), lambda g: g.order(squares=[e - u]))
    t = p.reciprocal(d)
    inverse = p.fact(equal(scale(p.term(d), t), number(1)))
    c, row = subtract(p.term(e), scale(t, p.term(u))), transpose(p.term(y))
    along = multiply(row, c)
    gap = subtract(scale(p.term(d), squared_norm(c)), multiply(along, along))
    known = p.have(equal(gap, p.term(d - 1 - inner(e, y) ** 2)), using=[*COORDINATE, inverse, Eq(u.T * y, 0)])
    p.facts = [known, p.fact(norm2(y) <= d)]
    return p.order(squares=[c, subtract(multiply(c, row), multiply(p.term(y), transpose(c)))])


_first: dict[str, Any] = {"d": 2, "u": [[1], [1]], "e": [[1], [0]]}

claim(
    "RS-U6d",
    "An activation behind LayerNorm is at most sqrt(d - 1)",
    sentence="A centred vector with squared length at most d, as LN(x) is, has y_k^2 <= d - 1 in every coordinate.",
    given=[*COORDINATE, Eq(u.T * y, 0), norm2(y) <= d],
    show=inner(e, y) ** 2 <= d - 1,
    proof=_coordinate,
    needed=[
        {"d": 2, "u": [[1], [2]], "e": [[1], [0]], "y": [["6/5"], ["-3/5"]]},
        {"d": 2, "u": [[1], [-1]], "e": [[2], [1]], "y": [[1], [1]]},
        {"d": 2, "u": [[1], [-1]], "e": [["3/5"], ["4/5"]], "y": [[1], [1]]},
        {"d": 1, "u": [[1]], "e": [[1]], "y": [[1]]},
        {**_first, "y": [[2], [-2]]},
    ],
    attained={**_first, "y": [[1], [-1]]},
    also=("TH-22",),
)

r = scalars("r")
highest = r * (d * e - u)

claim(
    "RS-U6e",
    "..and (d - 1, -1, .., -1)/sqrt(d - 1) reaches that bound, in every dimension",
    sentence="With r^2 (d - 1) = 1 the vector y = r (d e_k - 1) is centred, has squared length d and y_k^2 = d - 1.",
    given=[*COORDINATE, Eq(r * r * (d - 1), 1)],
    show=And(Eq(u.T * highest, 0), Eq(norm2(highest), d), Eq(inner(e, highest) ** 2, d - 1)),
    proof=ideal,
    needed=[
        {**_first, "u": [[1], [2]], "r": [[1]]},
        {"d": 2, "u": [[1], [1]], "e": [[2], [-1]], "r": [[1]]},
        {"d": 2, "u": [[1], [1]], "e": [[-1], [0]], "r": [[1]]},
        {"d": 1, "u": [[1]], "e": [[1]], "r": [[1]]},
    ],
    also=("TH-22",),
)

along_e = inner(e, y)
peak = (d - 1) * y - along_e * (d * e - u)


def _only_the_peak(p: Proof) -> Theorem:
    """|(d - 1) y - y_k (d e - 1)|^2 = (d - 1) d (d - 1 - y_k^2)."""
    given = [*COORDINATE, Eq(u.T * y, 0), Eq(norm2(y), d), Eq(along_e**2, d - 1)]
    p.facts = [p.have(Eq(norm2(peak), 0), using=given)]
    return p.square_is_zero(peak)


_five: dict[str, Any] = {"d": 5, "u": [[2], [1], [0], [0], [0]], "y": [[1], [-2], [0], [0], [0]]}

claim(
    "RS-U6f",
    "..and nothing else does: one activation is that large only where all others are equal",
    sentence="If y is centred with squared length d and y_k^2 = d - 1 then y is a multiple of (d - 1, -1, .., -1).",
    given=[*COORDINATE, Eq(u.T * y, 0), Eq(norm2(y), d), Eq(along_e**2, d - 1)],
    show=Eq((d - 1) * y, along_e * (d * e - u)),
    proof=_only_the_peak,
    needed=[
        {**_five, "u": [[1], [2], [1], [0], [0]], "e": [[1], [0], [0], [0], [0]], "y": [[2], [-1], [0], [0], [0]]},
        {**_five, "e": [["4/5"], ["-3/5"], [1], [0], [0]]},
        {"d": 2, "u": [[1], [1]], "e": [[-1], [0]], "y": [[1], [-1]]},
        {**_first, "y": [[1], [1]]},
        {**_five, "e": [[0], [1], [0], [0], [0]], "y": [[1], [-2], [1], [0], [0]]},
        {**_five, "e": [["2/5"], ["1/5"], ["4/5"], ["2/5"], [0]]},
    ],
    also=("TH-22",),
)

G, g_b = matrix("G", d, d), vector("b", d)

claim(
    "RS-U6g",
    "The bounds survive gain and bias",
    sentence="|G LN(x) + b|^2 <= d for any gain G and bias b.",
    wrong="Gain and bias are free parameters, so behind them an activation can have any size: bounds hold for the "
    "vector before gain and bias only.",
    given=[*ONES, s > 0, eps >= 0, Eq(s * s, q * inner(x, P * x) + eps), Eq(s * y, P * x)],
    show=norm2(G * y + g_b) <= d,
    witness={**AT_ONE, "eps": [[1]], "s": [[1]], "x": [[0]], "y": [[0]], "G": [[0]], "b": [[2]]},
)

# ---------------------------------------------------------------- what the output is like (RS-U9)
claim(
    "RS-U9",
    "The last LayerNorm gives a well-behaved distribution: mean 0 and variance 1",
    sentence="Read as: 1'h = 0 and |h|^2 = d for h = LN(x), as implemented, with some eps >= 0.",
    wrong="The mean is 0, but the variance is v/(v + eps), which is 1 for no eps > 0 and 0 for a constant vector; and "
    "mean and variance say nothing else of the distribution: one coordinate may be as large as sqrt(d - 1).",
    given=[*ONES, s > 0, eps >= 0, Eq(s * s, q * inner(x, P * x) + eps), Eq(s * y, P * x)],
    show=And(Eq(u.T * y, 0), Eq(norm2(y), d)),
    witness={**AT_ONE, "eps": [[1]], "s": [[1]], "x": [[0]], "y": [[0]]},
)

_layer_norm = [Eq(s * s, q * inner(x, P * x)), Eq(s * y, P * x)]


def _standardised(p: Proof) -> Theorem:
    centred = cite(p, U6A)
    length = cite(p, U6B, v=q * inner(x, P * x), eps=0, s=s)
    t = p.reciprocal(s)
    inverse = p.fact(equal(scale(p.term(s), t), number(1)))
    same = p.ideal(p.goal[1][1], [length, inverse, p.fact(_layer_norm[0])])
    return rules.conjoin([centred, same])


U9A = claim(
    "RS-U9a",
    "Without eps the output has mean 0 and variance exactly 1",
    sentence="For eps = 0 and x not constant, 1'LN(x) = 0 and |LN(x)|^2 = d: this, and that no coordinate exceeds "
    "sqrt(d - 1), is what being well behaved amounts to.",
    given=[*ONES, Ne(s, 0), *_layer_norm],
    show=And(Eq(u.T * y, 0), Eq(norm2(y), d)),
    proof=_standardised,
    needed=[
        {**AT_ONE, "q": [["1/2"]], "x": [[2]], "s": [[1]], "y": [[1]]},
        {**AT_TWO, "u": [[0], [1]], "x": [[0], [1]], "s": [["1/2"]], "y": [[0], [1]]},
        {**AT_ONE, "x": [[0]], "s": [[0]], "y": [[1]]},
        {**AT_ONE, "x": [[0]], "s": [[1]], "y": [[0]]},
        {**AT_TWO, "x": [[1], [-1]], "s": [[1]], "y": [[0], [0]]},
    ],
)
