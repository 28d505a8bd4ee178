"""What norms forget, their Jacobian (TH-22), and how they fold into the weights around them (TH-23)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.props import equal
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import multiply, number, scale
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof, Script, linear
from ..statement import (
    And,
    Eq,
    Expression,
    Implies,
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
from .normalization import AT_ONE, AT_TWO, LONG_ONES, NO_MEAN, ONES, SHORT_ONES, I, P, d, eps, q, s, s1, u, x, y, z
from .shelf import claim

# ---------------------------------------------------------------- what a norm forgets (TH-22)
a, b = scalars("a b")
x1 = vector("x1", d)
_scales = [Eq(s * s, q * inner(x, P * x) + eps), Eq(s1 * s1, q * inner(x1, P * x1) + a * a * eps)]
_outputs = [Eq(s * y, P * x), Eq(s1 * z, P * x1)]
_plain: dict[str, Any] = {**AT_TWO, "s": [[1]], "x": [[1], [-1]], "y": [[1], [-1]], "s1": [[1]], "z": [[1], [-1]]}
_scaled: dict[str, Any] = {**_plain, "eps": [[0]], "a": [[1]], "b": [[0]], "x1": [[1], [-1]]}
_zero: dict[str, Any] = {"eps": [[1]], "x": [[0]], "y": [[0]], "b": [[1]]}
_half, _opposite = [["1/2"], ["-1/2"]], [[-1], [1]]


def _forgets(p: Proof) -> Theorem:
    """The scale of x1 = a x + b 1 is |a| s, as P 1 = 0."""
    flat = p.have(Eq(P * u, 0), using=ONES)
    twice = p.have(Eq(P * x1, a * P * x), using=[flat, p.multiply(Eq(x1, a * x + b * u), left=P)])
    squares = p.combine(
        Eq(s1 * s1, a * s * (a * s)), (_scales[1], 1), (_scales[0], -a * a), (twice, q * x1.T), (twice, a * q * x.T)
    )
    scaled = p.combine(Eq(s1 * z, a * s * y), (_outputs[1], I), (twice, I), (_outputs[0], -a * I))
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
        {**_scaled, **NO_MEAN, **_zero, "x1": [[1]], "z": [[1]]},
        {**_scaled, **LONG_ONES, **_zero, "a": [[4]], "x1": [[2]], "s1": [[2]], "z": [[-3]]},
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
        {**SHORT_ONES, "q": [[4]], "y": [[1]], "s1": [[2]], "z": [["1/2"]]},
        {**AT_ONE, "u": [["3/5"]], "y": [[1]], "s1": [["4/5"]], "z": [["4/5"]]},
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
        {**AT_ONE, "y": [[1]]},
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
        {**AT_ONE, "y": [[1]], "s": [[1]], "J": [[-1]]},
        {**AT_ONE, "y": [[0]], "s": [[1]], "J": [[0]]},
        {**SHORT_ONES, "y": [[1]], "s": [[1]], "J": [[0]]},
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
    needed=[{**AT_ONE, "q": [[2]], "x": [[1]]}, {**LONG_ONES, "x": [[1]]}],
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
