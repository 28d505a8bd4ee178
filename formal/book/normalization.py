"""LayerNorm and RMSNorm by their formulas: their bounds (RS-U6, RS-U9), what they forget and their Jacobian (TH-22).

A norm divides by a scalar s > 0 whose square is a polynomial, so y = LN(x) is s y = P x: q is 1/d, u the all-ones
vector (only u'u = d is used), P = I - q u u' centres, and s^2 = q x'P x + eps is the variance plus eps.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.props import equal
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import multiply, number, scale, squared_norm, subtract, transpose
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof, Script, linear
from ..statement import (
    And,
    Eq,
    Expression,
    Identity,
    Implies,
    Le,
    Ne,
    Trace,
    define,
    dim_family,
    dims,
    family,
    inner,
    matrix,
    norm2,
    opaque,
    rank,
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
_one: dict[str, Any] = {"d": 1, "q": [[1]], "u": [[1]]}
_two: dict[str, Any] = {"d": 2, "q": [["1/2"]], "u": [[1], [1]]}
_no_mean: dict[str, Any] = {"d": 1, "q": [[0]], "u": [[1]]}  # q d = 1 fails, P = 1
_long_ones: dict[str, Any] = {"d": 1, "q": [[1]], "u": [[2]]}  # u'u = d fails, P = -3
_no_ones: dict[str, Any] = {"d": 1, "q": [[1]], "u": [[0]]}  # u'u = d fails, P = 1

claim(
    "RS-U6",
    "LayerNorm keeps activations from being too large or too small",
    sentence="Read with constants: the squared length of LN(x) is at most d, and LN(x) is never 0.",
    wrong="Only the upper half is true. With eps > 0 a constant vector is sent to 0 (and without eps it has no image "
    "at all), vectors near it to vectors near 0, and a gain rescales both bounds (RS-U6g): no lower bound on an "
    "activation may be taken for granted.",
    given=[*ONES, s > 0, eps >= 0, Eq(s * s, q * inner(x, P * x) + eps), Eq(s * y, P * x)],
    show=And(norm2(y) <= d, Ne(y, 0)),
    witness={**_one, "eps": [[1]], "s": [[1]], "x": [[0]], "y": [[0]]},
)


def _over_s(p: Proof, *using: Any) -> Theorem:
    """The goal, from its multiple by s and 1/s."""
    t = p.reciprocal(s)
    return p.ideal(facts=[p.fact(f) for f in (*using, equal(scale(p.term(s), t), number(1)))])


def _centred(p: Proof) -> Theorem:
    return _over_s(p, *ONES, p.multiply(Eq(s * y, P * x), left=u.T))


U6A = claim(
    "RS-U6a",
    "What LayerNorm puts out is centred",
    sentence="1'LN(x) = 0, whatever x and eps are.",
    given=[*ONES, Ne(s, 0), Eq(s * y, P * x)],
    show=Eq(u.T * y, 0),
    proof=_centred,
    needed=[
        {**_no_mean, "s": [[1]], "x": [[1]], "y": [[1]]},
        {**_long_ones, "s": [[1]], "x": [[1]], "y": [[-3]]},
        {**_one, "s": [[0]], "x": [[0]], "y": [[1]]},
        {**_one, "s": [[1]], "x": [[0]], "y": [[1]]},
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
        {**_no_mean, "x": [[1]], "v": [[0]], "eps": [[1]], "s": [[1]], "y": [[1]]},
        {**_long_ones, "x": [[1]], "v": [[-3]], "eps": [[4]], "s": [[1]], "y": [[-3]]},
        {**_one, "x": [[0]], "v": [[1]], "eps": [[0]], "s": [[1]], "y": [[0]]},
        {**_one, "x": [[0]], "v": [[0]], "eps": [[1]], "s": [[0]], "y": [[1]]},
        {**_one, "x": [[0]], "v": [[0]], "eps": [[1]], "s": [[1]], "y": [[1]]},
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
        {**_no_mean, "s": [[1]], "eps": [[1]], "x": [[2]], "y": [[2]]},
        {**_long_ones, "s": [[1]], "eps": [[4]], "x": [[1]], "y": [[-3]]},
        {**_one, "s": [[0]], "eps": [[0]], "x": [[0]], "y": [[2]]},
        {**_two, "s": [["1/2"]], "eps": [["-3/4"]], "x": [[1], [-1]], "y": [[2], [-2]]},
        {**_two, "s": [[1]], "eps": [[0]], "x": [[2], [-2]], "y": [[2], [-2]]},
        {**_one, "s": [[1]], "eps": [[1]], "x": [[0]], "y": [[2]]},
    ],
    attained={**_two, "s": [[1]], "eps": [[0]], "x": [[1], [-1]], "y": [[1], [-1]]},
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
    witness={**_one, "eps": [[1]], "s": [[1]], "x": [[0]], "y": [[0]], "G": [[0]], "b": [[2]]},
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
    witness={**_one, "eps": [[1]], "s": [[1]], "x": [[0]], "y": [[0]]},
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
        {**_one, "q": [["1/2"]], "x": [[2]], "s": [[1]], "y": [[1]]},
        {**_two, "u": [[0], [1]], "x": [[0], [1]], "s": [["1/2"]], "y": [[0], [1]]},
        {**_one, "x": [[0]], "s": [[0]], "y": [[1]]},
        {**_one, "x": [[0]], "s": [[1]], "y": [[0]]},
        {**_two, "x": [[1], [-1]], "s": [[1]], "y": [[0], [0]]},
    ],
)

# ---------------------------------------------------------------- what a norm forgets (TH-22)
a, b = scalars("a b")
x1 = vector("x1", d)
_scales = [Eq(s * s, q * inner(x, P * x) + eps), Eq(s1 * s1, q * inner(x1, P * x1) + a * a * eps)]
_outputs = [Eq(s * y, P * x), Eq(s1 * z, P * x1)]
_plain: dict[str, Any] = {**_two, "s": [[1]], "x": [[1], [-1]], "y": [[1], [-1]], "s1": [[1]], "z": [[1], [-1]]}
_scaled: dict[str, Any] = {**_plain, "eps": [[0]], "a": [[1]], "b": [[0]], "x1": [[1], [-1]]}
_zero: dict[str, Any] = {"eps": [[1]], "x": [[0]], "y": [[0]], "b": [[1]]}
_half, _opposite = [["1/2"], ["-1/2"]], [[-1], [1]]


def _forgets(p: Proof) -> Theorem:
    """The scale of x1 = a x + b 1 is |a| s, as P 1 = 0."""
    flat = p.have(Eq(P * u, 0), using=ONES)
    twice = p.have(Eq(P * x1, a * P * x), using=[flat, p.multiply(Eq(x1, a * x + b * u), left=P)])
    forms = [p.multiply(twice, left=x1.T), p.multiply(twice, left=x.T)]
    squares = p.have(Eq(s1 * s1, a * s * (a * s)), using=[*forms, *_scales])
    scaled = p.have(Eq(s1 * z, a * s * y), using=[twice, *_outputs])
    by = p.reciprocal(s1)
    inverse = p.fact(equal(scale(p.term(s1), by), number(1)))
    p.facts = [p.fact(s > 0), p.fact(s1 > 0)]

    def with_sign(sign: int) -> Script:
        def script(g: Proof) -> Theorem:
            total = s1 + sign * a * s
            g.have(total > 0, lambda h: h.order(products=2))
            t = g.reciprocal(total)
            same = g.have(Eq(s1, sign * a * s), using=[squares, equal(scale(g.term(total), t), number(1))])
            return g.ideal(facts=[same, scaled, inverse])

        return script

    up, down = p.goal[1]
    return rules.conjoin([p.suppose(up[1], with_sign(1), up[2]), p.suppose(down[1], with_sign(-1), down[2])])


claim(
    "TH-22",
    "LayerNorm ignores scale and offset: LN(a x + b 1) = LN(x) for a > 0, and -LN(x) for a < 0",
    sentence="Exact for eps = 0; in general, scaling x by a has the effect of dividing eps by a^2.",
    given=[*ONES, s > 0, s1 > 0, Eq(x1, a * x + b * u), *_scales, *_outputs],
    show=And(Implies(a > 0, Eq(z, y)), Implies(a < 0, Eq(z, -y))),
    proof=_forgets,
    needed=[
        {**_scaled, **_no_mean, **_zero, "x1": [[1]], "z": [[1]]},
        {**_scaled, **_long_ones, **_zero, "a": [[4]], "x1": [[2]], "s1": [[2]], "z": [[-3]]},
        {**_scaled, "s": [[-1]], "y": _opposite},
        {**_scaled, "s1": [[-1]], "z": _opposite},
        {**_scaled, "x1": _opposite, "z": _opposite},
        {**_scaled, "s": [[2]], "y": _half},
        {**_scaled, "s1": [[2]], "z": _half},
        {**_scaled, "y": [[0], [0]]},
        {**_scaled, "z": [[0], [0]]},
    ],
)

claim(
    "TH-22a",
    "..and it forgets nothing else",
    sentence="Two vectors with the same LN(x) differ by the factor s1/s > 0 and a multiple of the all-ones vector.",
    given=[Eq(s * y, P * x), Eq(s1 * y, P * x1)],
    show=Eq(s * x1, s1 * x + q * inner(u, s * x1 - s1 * x) * u),
    proof=ideal,
    needed=[
        {**_plain, "y": [[0], [0]], "x1": [[0], [0]]},
        {**_plain, "x": [[0], [0]], "y": [[0], [0]], "x1": [[1], [-1]]},
    ],
)

_normalised = [Eq(q * d, 1), Eq(u.T * y, 0), Eq(norm2(y), d)]


def _idempotent(p: Proof) -> Theorem:
    same = p.have(Eq(P * y, y), using=[Eq(u.T * y, 0)])
    inner_product = p.multiply(same, left=y.T)
    unit = p.have(
        Eq(s1 * s1, 1), using=[inner_product, _normalised[0], _normalised[2], Eq(s1 * s1, q * inner(y, P * y))]
    )
    t = p.reciprocal(s1 + 1)
    one = p.have(Eq(s1, 1), using=[unit, equal(scale(p.term(s1 + 1), t), number(1))])
    return p.ideal(facts=[one, same, p.fact(Eq(s1 * z, P * y))])


claim(
    "TH-22b",
    "Normalising twice is normalising once",
    sentence="LN(LN(x)) = LN(x), for eps = 0: LN(x) is centred with squared length d (RS-U9a), and each such vector "
    "is its own LN.",
    given=[*_normalised, s1 > 0, Eq(s1 * s1, q * inner(y, P * y)), Eq(s1 * z, P * y)],
    show=Eq(z, y),
    proof=_idempotent,
    needed=[
        {**_no_ones, "q": [[4]], "y": [[1]], "s1": [[2]], "z": [["1/2"]]},
        {**_one, "u": [["3/5"]], "y": [[1]], "s1": [["4/5"]], "z": [["4/5"]]},
        {**_plain, "y": [[2], [-2]], "s1": [[2]]},
        {**_plain, "s1": [[-1]], "z": _opposite},
        {**_plain, "s1": [[2]], "z": _half},
        {**_plain, "z": [[0], [0]]},
    ],
)

# ---------------------------------------------------------------- the Jacobian (TH-22)
h = vector("h", d)
change = d * s * (z - y) - (d * h - inner(y, h) * y)  # d s (RMS(x + h) - RMS(x) - J h), with d s J = d I - y y'


def _long(p: Proof, scaling: Expression, output: Expression, given: Expression, size: Any) -> Theorem:
    """|y|^2 = d, from s y = x and d s^2 = |x|^2."""
    square = p.multiply(Eq(scaling * output, given), left=(scaling * output + given).T)
    t = p.reciprocal(scaling)
    inverse = p.fact(equal(scale(p.term(scaling), t), number(1)))
    flat = p.have(Eq(scaling * scaling * (norm2(output) - d), 0), using=[square, size])
    return p.have(Eq(norm2(output), d), using=[p.multiply(flat, left=t), inverse])


def _remainder(p: Proof) -> Theorem:
    """A matter of the plane: all is a polynomial in d, s, s1 and g = <y, z>, of which -d <= g <= d."""
    positive, positive1, width, width1, output, output1 = _rms
    long_y, long_z = _long(p, s, y, x, width), _long(p, s1, z, x + h, width1)
    g, two_steps = inner(y, z), s1 * z - s * y
    apart = p.have(Eq(h, two_steps), using=[output, output1])
    along = p.have(Eq(inner(y, h), s1 * g - s * d), using=[p.multiply(apart, left=y.T), long_y])
    size = d * (s * s + s1 * s1) - 2 * s * s1 * g
    wide = p.have(Eq(norm2(h), size), using=[p.multiply(apart, left=(h + two_steps).T), long_y, long_z])
    error = d * (s - s1) * z + (s1 * g - s * d) * y
    same = p.have(Eq(change, error), using=[apart, along])
    squares = p.multiply(same, left=(change + error).T)
    form = d * d * (s - s1) ** 2 + (s1 * g - s * d) ** 2 + 2 * (s - s1) * (s1 * g - s * d) * g
    length = p.have(Eq(norm2(error), d * form), using=[long_y, long_z])
    below, above = (
        rules.order(
            p.prop(bound),
            [long_y, long_z],
            [Summand(Fraction(1, 2), (), (p.term(side),))],
            [(i, number(Fraction(-1, 2))) for i in (0, 1)],
        )
        for bound, side in ((g <= d, y - z), (-g <= d, y + z))
    )
    step, both, turn, n = p.term(s1 - s), p.term(s * s1), p.term(d - g), p.term(d)
    return rules.order(
        p.goal,
        [p.fact(positive), p.fact(positive1), below, above, wide, squares, length],
        [
            Summand(2, (3,), (multiply(step, step),), (n, n)),
            Summand(2, (2,), (p.term(s1 * (s1 - s)),), (n, n)),
            Summand(2, (0, 1, 2, 3), (step,), (n,)),
            Summand(8, (0, 1, 2), (step,), (n, n)),
            Summand(13, (), (multiply(both, turn),), (n,)),
            Summand(2, (0, 1), (p.term(s1 * (d - g)),), (n,)),
        ],
        [(4, p.term(4 * d * (norm2(h) + size))), (5, p.term(-s * s)), (6, p.term(-s * s))],
    )


_rms = [s > 0, s1 > 0, Eq(d * s * s, norm2(x)), Eq(d * s1 * s1, norm2(x + h)), Eq(s * y, x), Eq(s1 * z, x + h)]

_still: dict[str, Any] = {"d": 1, **{letter: [[1]] for letter in ("s", "x", "y", "s1", "z")}, "h": [[0]]}

claim(
    "TH-22c",
    "The derivative of RMSNorm is (I - y y'/d)/s, with an explicit remainder",
    sentence="RMS(x + h) - RMS(x) = (I - y y'/d) h / s up to 2 sqrt(d) (r/s)^2 at most, where y = RMS(x), s and r are "
    "the root mean squares of x and h: for every h that RMS(x + h) exists for, small or not. Of P x and P h it says "
    "the same of LayerNorm (TH-22d).",
    given=_rms,
    show=s * s * norm2(change) <= 4 * d * norm2(h) ** 2,
    proof=_remainder,
    needed=[
        {**_still, "s": [[-1]], "y": [[-1]]},
        {**_still, "s1": [[-1]], "z": [[-1]]},
        {**_still, "s": [[2]], "y": [["1/2"]]},
        {**_still, "s1": [[2]], "z": [["1/2"]]},
        {**_still, "y": [[0]]},
        {**_still, "z": [[0]]},
    ],
    attained=_still,
)

K = P - q * y * y.T
_around_output = [*_normalised, Eq(inner(u, u), d)]

claim(
    "TH-22d",
    "The Jacobian of LayerNorm is a projection over s that removes the all-ones direction and LN(x)",
    sentence="By the chain rule K = s J = (I - y y'/d) P, with y = LN(x); this is P - y y'/d, and K K = K, K 1 = 0, "
    "K y = 0.",
    given=_around_output,
    show=And(Eq((I - q * y * y.T) * P, K), Eq(K * K, K), Eq(K * u, 0), Eq(K * y, 0)),
    proof=ideal,
    needed=[
        {**_plain, "q": [[1]]},
        {**_one, "y": [[1]]},
        {**_plain, "y": [[2], [-2]]},
        {**_plain, "u": [[2], [2]]},
    ],
)

J = matrix("J", d, d)


def _rank(p: Proof) -> Theorem:
    """K is a projection of trace d - 1 - 1, and J and K are multiples of each other."""
    p.have(Eq(K * K, K), using=_around_output)
    p.add(p.lemma(lemmas.idempotent(), P=K))
    t = p.reciprocal(s)
    multiple = scale(t, p.term(K))
    p.same_rank(J, multiple)
    p.same_rank(K, s * J)
    p.add(p.lemma(lemmas.of_multiple(), X=K, c=t))
    p.add(p.lemma(lemmas.of_multiple(), X=J, c=s))
    p.have(Eq(Trace(K) + 2, d), using=_around_output)
    return linear(p)


claim(
    "TH-22e",
    "The Jacobian of LayerNorm has rank d - 2",
    sentence="Two dimensions of every small change of the stream are lost: the offset and the scale.",
    given=[*_around_output, Ne(s, 0), Eq(s * J, K)],
    show=Eq(rank(J) + 2, d),
    proof=_rank,
    needed=[
        {**_plain, "q": [[0]], "J": [[1, 0], [0, 1]]},
        {**_one, "y": [[1]], "s": [[1]], "J": [[-1]]},
        {**_one, "y": [[0]], "s": [[1]], "J": [[0]]},
        {**_no_ones, "y": [[1]], "s": [[1]], "J": [[0]]},
        {**_plain, "s": [[0]], "J": [[1, 0], [0, 1]]},
        {**_plain, "J": [[1, 0], [0, 1]]},
    ],
)

# ---------------------------------------------------------------- folding a norm into its neighbours (TH-23)
claim(
    "TH-23",
    "LayerNorm is RMSNorm after centring",
    sentence="LN(x) = RMS(P x), for every eps: P x has the same scale and the same direction.",
    given=ONES,
    show=And(Eq(q * inner(x, P * x), q * norm2(P * x)), Eq(P * (P * x), P * x)),
    proof=ideal,
    needed=[{**_one, "q": [[2]], "x": [[1]]}, {**_long_ones, "x": [[1]]}],
)

n, D, l, L = dims("n D l L")
m = dim_family("m")
rms = opaque("rms", d, d)
E, U, token = matrix("E", d, n), matrix("U", n, d), vector("t", n)
phi = opaque("phi", lambda l: m[l], lambda l: m[l], indexed=True)
W, V = family("W", lambda l: m[l], d), family("V", d, lambda l: m[l])
gain, bias, read_bias, write_bias = (
    family("G", d, d),
    family("b", d, 1),
    family("c", lambda l: m[l], 1),
    family("k", d, 1),
)
centring = matrix("P", d, d)


def _layer_norm_write(l: Any, x: Any) -> Expression:
    normed = gain[l + 1] * rms(centring * x[l]) + bias[l + 1]
    return V[l + 1] * phi[l + 1](W[l + 1] * normed + read_bias[l + 1]) + write_bias[l + 1]


def _folded_write(l: Any, y: Any) -> Expression:
    reads = W[l + 1] * gain[l + 1] * rms(y[l]) + (W[l + 1] * bias[l + 1] + read_bias[l + 1])
    return centring * V[l + 1] * phi[l + 1](reads) + centring * write_bias[l + 1]


with_layer_norm = define("x", l, L, E * token, lambda l, x: x[l] + _layer_norm_write(l, x))
with_rms_norm = define("y", l, L, centring * E * token, lambda l, y: y[l] + _folded_write(l, y))


def _same_reads(p: Proof) -> Theorem:
    k = p.index
    p.congruent(rms, centring * with_layer_norm[k], with_rms_norm[k])
    old = W[k + 1] * (gain[k + 1] * rms(centring * with_layer_norm[k]) + bias[k + 1]) + read_bias[k + 1]
    new = W[k + 1] * gain[k + 1] * rms(with_rms_norm[k]) + (W[k + 1] * bias[k + 1] + read_bias[k + 1])
    p.congruent(phi[k + 1], old, new)
    return p.ideal()


def _same_logits(p: Proof) -> Theorem:
    p.congruent(rms, centring * with_layer_norm[L], with_rms_norm[L])
    return p.ideal()


claim(
    "TH-23a",
    "A network with LayerNorm, gains and biases is a network with plain RMSNorm",
    sentence="Gains and biases of the norms fold into the reads and the unembedding, centring into the embedding and "
    "the writes; at every depth the folded network gives the same logits. LN(x) is rms(P x), where nothing is used of "
    "rms, and of P only that it is linear.",
    where=[with_layer_norm, with_rms_norm],
    show=Eq(
        U * (gain[0] * rms(centring * with_layer_norm[L]) + bias[0]), U * gain[0] * rms(with_rms_norm[L]) + U * bias[0]
    ),
    proof=by_induction(
        L, lambda k: Eq(with_rms_norm[k], centring * with_layer_norm[k]), step=_same_reads, then=_same_logits
    ),
)
