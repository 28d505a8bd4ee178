"""LayerNorm and RMSNorm by their formulas: how large and how small their output is (RS-U6, RS-U9).

A norm divides by a scalar s > 0 whose square is a polynomial, so y = LN(x) is s y = P x: q is 1/d, u the all-ones
vector, P = I - q u u' centres, and s^2 = q x'P x + eps is the variance plus eps. Of q and u only q u'u = 1 is used, so
that d is u'u in what is proved.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import at_least
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import number
from ..provers.proof import Proof
from ..statement import And, Eq, Identity, Ne, dims, inner, matrix, norm2, scalars, vector
from .shelf import claim

d = dims("d")
q, s, s1, eps = scalars("q s s1 eps")
u, x, y, z = vector("u", d), vector("x", d), vector("y", d), vector("z", d)
I = Identity(d)
P = I - q * u * u.T
ALL_ONES = [Eq(q * d, 1), Eq(inner(u, u), d)]
UNIT = Eq(q * norm2(u), 1)
AT_ONE: dict[str, Any] = {"d": 1, "q": [[1]], "u": [[1]]}
AT_TWO: dict[str, Any] = {"d": 2, "q": [[1]], "u": [[1], [0]]}  # P forgets the first coordinate
NO_UNIT: dict[str, Any] = {"d": 1, "q": [[0]], "u": [[1]]}  # P = 1

claim(
    "RS-U6",
    "LayerNorm keeps activations from being too large or too small",
    sentence="Read with constants: the squared length of LN(x) is at most d, and LN(x) is never 0.",
    wrong="Only the upper half is true. With eps > 0 a constant vector is sent to 0 (and without eps it has no image "
    "at all), vectors near it to vectors near 0, and a gain rescales both bounds (RS-U6g): no lower bound on an "
    "activation may be taken for granted.",
    given=[*ALL_ONES, s > 0, eps >= 0, Eq(s * s, q * inner(x, P * x) + eps), Eq(s * y, P * x)],
    show=And(norm2(y) <= d, Ne(y, 0)),
    witness={**AT_ONE, "eps": [[1]], "s": [[1]], "x": [[0]], "y": [[0]]},
)


def _centred(p: Proof) -> Theorem:
    """s 1'y = 1'P x = 0."""
    unit, _, output = p.facts
    t, inverse = p.inverse(s)
    return p.combine(p.goal, (output, t * u.T), (unit, -t * inner(u, x)), (inverse, -(u.T * y)))


U6A = claim(
    "RS-U6a",
    "What LayerNorm puts out is centred",
    sentence="1'LN(x) = 0, whatever x and eps are.",
    given=[UNIT, Ne(s, 0), Eq(s * y, P * x)],
    show=Eq(u.T * y, 0),
    proof=_centred,
    needed=[
        {**NO_UNIT, "s": [[1]], "x": [[1]], "y": [[1]]},
        {**AT_ONE, "s": [[0]], "x": [[0]], "y": [[1]]},
        {**AT_ONE, "s": [[1]], "x": [[0]], "y": [[1]]},
    ],
    also=("TH-22",),
)

variance = q * inner(x, P * x)


def _length(p: Proof) -> Theorem:
    """s^2 |y|^2 = x'P P x = x'P x."""
    unit, scaling, output = p.facts
    across = q * inner(u, x) ** 2 - inner(x, P * x)
    return p.combine(p.goal, (output, (s * y + P * x).T), (unit, across), (scaling, -norm2(y)))


U6B = claim(
    "RS-U6b",
    "The squared length of LN(x) is d v / (v + eps), with v the variance of x",
    sentence="With d = u'u: so it is d for eps = 0 and any x that is not constant, less than d for eps > 0, and near 0 "
    "where the variance v = q x'P x is small against eps.",
    given=[UNIT, Eq(s * s, variance + eps), Eq(s * y, P * x)],
    show=Eq((variance + eps) * norm2(y), norm2(u) * variance),
    proof=_length,
    needed=[
        {**NO_UNIT, "x": [[1]], "eps": [[1]], "s": [[1]], "y": [[1]]},
        {**AT_ONE, "x": [[0]], "eps": [[1]], "s": [[0]], "y": [[1]]},
        {**AT_ONE, "x": [[0]], "eps": [[1]], "s": [[1]], "y": [[1]]},
    ],
    also=("TH-22",),
)


def _at_most_d(p: Proof) -> Theorem:
    """d - |y|^2 = d eps / s^2."""
    _, _, positive, scaling, _ = p.facts
    (t, inverse), gap = p.inverse(s), norm2(u) - norm2(y)
    short = Summand(1, (0,), (p.term(t * u),))
    equations = [(1, p.term(-(s * t + 1) * gap)), (2, p.term(t * t * gap)), (3, p.term(-t * t))]
    return rules.order(p.goal, [positive, inverse, scaling, U6B.theorem], [short], equations)


U6C = claim(
    "RS-U6c",
    "The squared length of LN(x) is at most d",
    sentence="|LN(x)|^2 <= d = u'u for every x and every eps >= 0.",
    given=[UNIT, Ne(s, 0), eps >= 0, Eq(s * s, variance + eps), Eq(s * y, P * x)],
    show=norm2(y) <= norm2(u),
    proof=_at_most_d,
    needed=[
        {**NO_UNIT, "s": [[1]], "eps": [[1]], "x": [[2]], "y": [[2]]},
        {**AT_ONE, "s": [[0]], "eps": [[0]], "x": [[0]], "y": [[2]]},
        {**AT_TWO, "s": [[1]], "eps": [[-3]], "x": [[0], [2]], "y": [[0], [2]]},
        {**AT_TWO, "s": [[1]], "eps": [[0]], "x": [[0], [2]], "y": [[0], [2]]},
        {**AT_ONE, "s": [[1]], "eps": [[1]], "x": [[0]], "y": [[2]]},
    ],
    attained={**AT_TWO, "s": [[1]], "eps": [[0]], "x": [[0], [1]], "y": [[0], [1]]},
    also=("TH-22",),
)

# ---------------------------------------------------------------- one coordinate
e = vector("e", d)
D = norm2(u)
COORDINATE = [Eq(norm2(e), 1), Eq(inner(u, e), 1)]
along_e = inner(e, y)


def _coordinate(p: Proof) -> Theorem:
    """y_k = <c, y> with c = e - 1/d, |c|^2 = 1 - 1/d, and Cauchy-Schwarz."""
    unit, one, centred, short = p.facts
    p.add(rules.order(p.prop(D > 0), [unit, one], [Summand(1), Summand(1, (), (p.term(e - u),))], _for_length))
    t, inverse = p.inverse(D)
    c = e - t * u
    equations = [(1, -D), (2, 2 * t * D), (3, t * t * inner(u, y) - 2 * t * along_e), (4, 1 - t * D)]
    return rules.order(
        p.goal,
        [short, unit, one, centred, inverse],
        [Summand(1, (0,), (p.term(c),)), Summand(Fraction(1, 2), (), (p.term(c * y.T - y * c.T),))],
        [(i, p.term(m)) for i, m in equations],
    )


_for_length = [(0, number(-1)), (1, number(2))]
_first: dict[str, Any] = {"d": 2, "u": [[1], [1]], "e": [[1], [0]]}

claim(
    "RS-U6d",
    "An activation behind LayerNorm is at most sqrt(d - 1)",
    sentence="A centred vector with squared length at most d = u'u, as LN(x) is, has y_k^2 <= d - 1 in every "
    "coordinate.",
    given=[*COORDINATE, Eq(u.T * y, 0), norm2(y) <= D],
    show=along_e**2 <= D - 1,
    proof=_coordinate,
    needed=[
        {"d": 2, "u": [[1], [0]], "e": [[1], [2]], "y": [[0], [1]]},
        {"d": 2, "u": [[1], [0]], "e": [[0], [1]], "y": [[0], [1]]},
        {"d": 1, "u": [[1]], "e": [[1]], "y": [[1]]},
        {**_first, "y": [[2], [-2]]},
    ],
    attained={**_first, "y": [[1], [-1]]},
    also=("TH-22",),
)

r = scalars("r")
corner = D * e - u


def _reaches(p: Proof) -> Theorem:
    unit, one, scaling = p.facts
    centred, length, coordinate = p.goal[1]
    both = r * r * (inner(e, corner) + D - 1)
    return rules.conjoin(
        [
            p.combine(centred, (one, r * D)),
            p.combine(length, (unit, r * r * D * D), (one, -2 * r * r * D), (scaling, D)),
            p.combine(coordinate, (unit, D * both), (one, -both), (scaling, D - 1)),
        ]
    )


claim(
    "RS-U6e",
    "..and (d - 1, -1, .., -1)/sqrt(d - 1) reaches that bound, in every dimension",
    sentence="With r^2 (d - 1) = 1 the vector y = r (d e_k - 1) is centred, has squared length d and y_k^2 = d - 1.",
    given=[*COORDINATE, Eq(r * r * (D - 1), 1)],
    show=And(Eq(u.T * (r * corner), 0), Eq(norm2(r * corner), D), Eq(inner(e, r * corner) ** 2, D - 1)),
    proof=_reaches,
    needed=[
        {"d": 2, "u": [[1], [1]], "e": [[2], [-1]], "r": [[1]]},
        {"d": 2, "u": [[1], [1]], "e": [[-1], [0]], "r": [[1]]},
        {"d": 1, "u": [[1]], "e": [[1]], "r": [[1]]},
    ],
    also=("TH-22",),
)

peak = (D - 1) * y - along_e * corner


def _only_the_peak(p: Proof) -> Theorem:
    """|(d - 1) y - y_k (d e - 1)|^2 = (d - 1) d (d - 1 - y_k^2)."""
    factors: list[Any] = [along_e**2 * D * D, -2 * along_e**2 * D, 2 * (D - 1) * along_e, (D - 1) ** 2, D - D * D]
    equations = [(i, p.term(-factor)) for i, factor in enumerate(factors)]
    return rules.null(rules.order(at_least(number(0), p.term(norm2(peak))), p.facts, [], equations), p.term(peak))


_three: dict[str, Any] = {"d": 3, "u": [[1], [1], [0]], "e": [[1], [0], [0]]}

claim(
    "RS-U6f",
    "..and nothing else does: one activation is that large only where all others are equal",
    sentence="If y is centred with squared length d and y_k^2 = d - 1 then y is a multiple of (d - 1, -1, .., -1).",
    given=[*COORDINATE, Eq(u.T * y, 0), Eq(norm2(y), D), Eq(along_e**2, D - 1)],
    show=Eq((D - 1) * y, along_e * corner),
    proof=_only_the_peak,
    needed=[
        {**_three, "e": [[1], [0], [1]], "y": [[1], [-1], [0]]},
        {"d": 2, "u": [[1], [1]], "e": [[-1], [0]], "y": [[1], [-1]]},
        {**_first, "y": [[1], [1]]},
        {**_three, "y": [[1], [-1], [1]]},
        {**_three, "u": [[1], [2], [2]], "y": [[2], [1], [-2]]},
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
    given=[*ALL_ONES, s > 0, eps >= 0, Eq(s * s, q * inner(x, P * x) + eps), Eq(s * y, P * x)],
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
    given=[*ALL_ONES, s > 0, eps >= 0, Eq(s * s, q * inner(x, P * x) + eps), Eq(s * y, P * x)],
    show=And(Eq(u.T * y, 0), Eq(norm2(y), d)),
    witness={**AT_ONE, "eps": [[1]], "s": [[1]], "x": [[0]], "y": [[0]]},
)


def _standardised(p: Proof) -> Theorem:
    scaling, length = p.facts[2], cite(p, U6B, eps=0)
    (t, inverse), gap = p.inverse(s), norm2(y) - norm2(u)
    one = p.combine(p.goal[1][1], (inverse, -(s * t + 1) * gap), (scaling, t * t * gap), (length, t * t))
    return rules.conjoin([U6A.theorem, one])


U9A = claim(
    "RS-U9a",
    "Without eps the output has mean 0 and variance exactly 1",
    sentence="For eps = 0 and x not constant, 1'LN(x) = 0 and |LN(x)|^2 = d = u'u: this, and that no coordinate "
    "exceeds sqrt(d - 1), is what being well behaved amounts to.",
    given=[UNIT, Ne(s, 0), Eq(s * s, variance), Eq(s * y, P * x)],
    show=And(Eq(u.T * y, 0), Eq(norm2(y), norm2(u))),
    proof=_standardised,
    needed=[
        {**AT_ONE, "u": [[0]], "x": [[1]], "s": [[1]], "y": [[1]]},
        {**AT_ONE, "x": [[0]], "s": [[0]], "y": [[1]]},
        {**AT_ONE, "x": [[0]], "s": [[1]], "y": [[0]]},
        {**AT_TWO, "x": [[0], [1]], "s": [[1]], "y": [[0], [0]]},
    ],
)
