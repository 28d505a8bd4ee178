"""What norms forget, their Jacobian (TH-22), and how they fold into the weights around them (TH-23)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import multiply, number
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
from .gauge import starts_alike
from .normalization import AT_ONE, AT_TWO, NO_UNIT, UNIT, I, P, d, eps, q, s, s1, u, x, y, z
from .shelf import claim

# ---------------------------------------------------------------- what a norm forgets (TH-22)
a, b = scalars("a b")
moved, x1 = a * x + b * u, vector("x1", d)
_scales = [Eq(s * s, q * inner(x, P * x) + eps), Eq(s1 * s1, q * inner(moved, P * moved) + a * a * eps)]
_outputs = [Eq(s * y, P * x), Eq(s1 * z, P * moved)]
_one, _two, _half, _opposite, _zero = ([[0], [c]] for c in (1, 2, "1/2", -1, 0))
_plain: dict[str, Any] = {**AT_TWO, "s": [[1]], "x": _one, "y": _one, "s1": [[1]], "z": _one}
_scaled: dict[str, Any] = {**_plain, "eps": [[0]], "a": [[1]], "b": [[0]]}


def _forgets(p: Proof) -> Theorem:
    """The scale of a x + b 1 is |a| s, as P 1 = 0."""
    unit, positive, positive1, scaling, scaling1, output, output1 = p.facts
    left = -q * (2 * a * b * inner(x, u) + b * b * inner(u, u))
    squares = p.combine(Eq(s1 * s1, a * s * (a * s)), (scaling1,), (scaling, -a * a), (unit, left))
    scaled = p.combine(Eq(s1 * z, a * s * y), (output1,), (output, -a * I), (unit, -b * u))
    t1, inverse1 = p.inverse(s1)

    def with_sign(sign: int) -> Script:
        def script(g: Proof) -> Theorem:
            size = sign * a * s
            total = [positive1, g.facts[-1], positive]
            g.add(rules.order(g.prop(s1 + size > 0), total, [Summand(1, (0,)), Summand(1, (1, 2))]))
            t, inverse = g.inverse(s1 + size)
            same = g.combine(Eq(s1, size), (squares, t), (inverse, size - s1))
            return g.combine(g.goal, (scaled, t1 * I), (inverse1, sign * y - z), (same, -sign * t1 * y))

        return script

    up, down = p.goal[1]
    return rules.conjoin([p.suppose(up[1], with_sign(1), up[2]), p.suppose(down[1], with_sign(-1), down[2])])


claim(
    "TH-22",
    "LayerNorm ignores scale and offset: LN(a x + b 1) = LN(x) for a > 0, and -LN(x) for a < 0",
    sentence="Exact for eps = 0; in general, scaling x by a has the effect of dividing eps by a^2.",
    given=[UNIT, s > 0, s1 > 0, *_scales, *_outputs],
    show=And(Implies(a > 0, Eq(z, y)), Implies(a < 0, Eq(z, -y))),
    proof=_forgets,
    needed=[
        {**_scaled, **NO_UNIT, "eps": [[1]], "x": [[0]], "y": [[0]], "b": [[1]], "z": [[1]]},
        {**_scaled, "s": [[-1]], "y": _opposite},
        {**_scaled, "s1": [[-1]], "z": _opposite},
        {**_scaled, "x": _two, "y": _two, "s1": [[2]]},
        {**_scaled, "x": _two, "s": [[2]], "z": _two},
        {**_scaled, "y": _zero},
        {**_scaled, "z": _zero},
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

_normalised = [Eq(q * norm2(y), 1), Eq(u.T * y, 0)]


def _idempotent(p: Proof) -> Theorem:
    """P y = y, and s1 = 1."""
    length, centred, _, scaling, output = p.facts
    unit = p.combine(Eq(s1 * s1, 1), (scaling,), (length,), (centred, -q * q * inner(u, y)))
    p.add(rules.order(p.prop(s1 + 1 > 0), [p.facts[2]], [Summand(1, (0,)), Summand(1)]))
    t, inverse = p.inverse(s1 + 1)
    one = p.combine(Eq(s1, 1), (unit, t), (inverse, 1 - s1))
    return p.combine(p.goal, (output,), (centred, -q * u), (one, -z))


claim(
    "TH-22b",
    "Normalising twice is normalising once",
    sentence="LN(LN(x)) = LN(x), for eps = 0: LN(x) is centred with squared length d (RS-U9a), and each such vector "
    "is its own LN.",
    given=[*_normalised, s1 > 0, Eq(s1 * s1, q * inner(y, P * y)), Eq(s1 * z, P * y)],
    show=Eq(z, y),
    proof=_idempotent,
    needed=[
        {**_plain, "y": _two, "s1": [[2]]},
        {**AT_ONE, "u": [["3/5"]], "y": [[1]], "s1": [["4/5"]], "z": [["4/5"]]},
        {**_plain, "s1": [[-1]], "z": _opposite},
        {**_plain, "s1": [[2]], "z": _half},
        {**_plain, "z": _zero},
    ],
)

# ---------------------------------------------------------------- the Jacobian (TH-22)
h = vector("h", d)
change = d * s * (z - y) - (d * h - inner(y, h) * y)  # d s (RMS(x + h) - RMS(x) - J h), with d s J = d I - y y'


def _remainder(p: Proof) -> Theorem:
    """A matter of the plane: all is a polynomial in d, s, s1 and g = <y, z>, of which -d <= g <= d."""
    positive, positive1, long_y, long_z, apart = p.facts
    g, two_steps = inner(y, z), s1 * z - s * y
    along = p.combine(Eq(inner(y, h), s1 * g - s * d), (apart, y.T), (long_y, -s))
    size = d * (s * s + s1 * s1) - 2 * s * s1 * g
    wide = p.combine(Eq(norm2(h), size), (apart, (h + two_steps).T), (long_y, s * s), (long_z, s1 * s1))
    by_z, by_y = d * (s - s1), s1 * g - s * d
    error = by_z * z + by_y * y
    same = p.combine(Eq(change, error), (apart, -d * I), (along, y))
    form = d * d * (s - s1) ** 2 + by_y**2 + 2 * (s - s1) * by_y * g
    length = p.combine(
        Eq(norm2(change), d * form), (same, (change + error).T), (long_z, by_z * by_z), (long_y, by_y * by_y)
    )
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
        [positive, positive1, below, above, wide, length],
        [
            Summand(2, (3,), (multiply(step, step),), (n, n)),
            Summand(2, (2,), (p.term(s1 * (s1 - s)),), (n, n)),
            Summand(2, (0, 1, 2, 3), (step,), (n,)),
            Summand(8, (0, 1, 2), (step,), (n, n)),
            Summand(13, (), (multiply(both, turn),), (n,)),
            Summand(2, (0, 1), (p.term(s1 * (d - g)),), (n,)),
        ],
        [(4, p.term(4 * d * (norm2(h) + size))), (5, p.term(-s * s))],
    )


_rms = [s > 0, s1 > 0, Eq(norm2(y), d), Eq(norm2(z), d), Eq(s * y + h, s1 * z)]

_still: dict[str, Any] = {"d": 1, **{letter: [[1]] for letter in ("s", "y", "s1", "z")}, "h": [[0]]}

claim(
    "TH-22c",
    "The derivative of RMSNorm is (I - y y'/d)/s, with an explicit remainder",
    sentence="With x = s y and x + h = s1 z, where s and s1 are their root mean squares, so that y = RMS(x) and "
    "z = RMS(x + h): z - y = (I - y y'/d) h / s up to 2 sqrt(d) (r/s)^2 at most, where r is the root mean square of h, "
    "for every h that RMS(x + h) exists for, small or not. Of P x and P h it says the same of LayerNorm (TH-22d).",
    given=_rms,
    show=s * s * norm2(change) <= 4 * d * norm2(h) ** 2,
    proof=_remainder,
    needed=[
        {**_still, "s": [[-1]], "z": [[-1]]},
        {**_still, "s1": [[-1]], "z": [[-1]]},
        {**_still, "y": [[2]], "s1": [[2]]},
        {**_still, "z": [[2]], "s": [[2]]},
        {**_still, "z": [[-1]]},
    ],
    attained=_still,
)

K = P - q * y * y.T
_around_output = [UNIT, *_normalised]


def _projects(p: Proof) -> Theorem:
    unit, length, centred = p.facts
    chain, projection, ones, output = p.goal[1]
    return rules.conjoin(
        [
            p.combine(chain, (centred, q * q * y, u.T)),
            p.combine(
                projection,
                (unit, q * u, u.T),
                (length, q * y, y.T),
                (centred, q * q * u, y.T),
                (centred, q * q * y, u.T),
            ),
            p.combine(ones, (unit, -u), (centred, -q * y)),
            p.combine(output, (length, -y), (centred, -q * u)),
        ]
    )


PROJECTS = claim(
    "TH-22d",
    "The Jacobian of LayerNorm is a projection over s that removes the all-ones direction and LN(x)",
    sentence="By the chain rule K = s J = (I - y y'/d) P, with y = LN(x); this is P - y y'/d, and K K = K, K 1 = 0, "
    "K y = 0.",
    given=_around_output,
    show=And(Eq((I - q * y * y.T) * P, K), Eq(K * K, K), Eq(K * u, 0), Eq(K * y, 0)),
    proof=_projects,
    needed=[{**_plain, "u": [[2], [0]]}, {**_plain, "y": _two}, {**AT_ONE, "y": [[1]]}],
)

J = matrix("J", d, d)


def _rank(p: Proof) -> Theorem:
    """K is a projection of trace d - 1 - 1, and J and K are multiples of each other."""
    unit, length, _, _, multiple = p.facts
    t, inverse = p.inverse(s)
    jacobian = p.combine(Eq(J, t * K), (multiple, t * I), (inverse, -J))
    p.facts = [rules.part(PROJECTS.theorem, 1)]
    p.facts = [
        p.lemma(lemmas.idempotent(), P=K),
        p.combine(Eq(Trace(K) + 2, d), (unit, -1), (length, -1)),
        rules.congruence(jacobian, p.term(J), p.term(t * K)),
        rules.congruence(multiple, p.term(s * J), p.term(K)),
        p.lemma(lemmas.of_multiple(), X=K, c=t),
        p.lemma(lemmas.of_multiple(), X=J, c=s),
    ]
    return linear(p)


claim(
    "TH-22e",
    "The Jacobian of LayerNorm has rank d - 2",
    sentence="Two dimensions of every small change of the stream are lost: the offset and the scale.",
    given=[*_around_output, Ne(s, 0), Eq(s * J, K)],
    show=Eq(rank(J) + 2, d),
    proof=_rank,
    needed=[
        {**AT_ONE, "u": [[0]], "y": [[1]], "s": [[1]], "J": [[0]]},
        {**AT_ONE, "y": [[0]], "s": [[1]], "J": [[0]]},
        {**AT_ONE, "y": [[1]], "s": [[1]], "J": [[-1]]},
        {**_plain, "s": [[0]], "J": [[1, 0], [0, 1]]},
        {**_plain, "J": [[1, 0], [0, 1]]},
    ],
)


# ---------------------------------------------------------------- folding a norm into its neighbours (TH-23)
def _centred_already(p: Proof) -> Theorem:
    (unit,), (scaling, output) = p.facts, p.goal[1]
    ones = q * inner(u, x)
    return rules.conjoin([p.combine(scaling, (unit, -ones * ones)), p.combine(output, (unit, ones * u))])


claim(
    "TH-23",
    "LayerNorm is RMSNorm after centring",
    sentence="LN(x) = RMS(P x), for every eps: P x has the same scale and the same direction.",
    given=[UNIT],
    show=And(Eq(q * inner(x, P * x), q * norm2(P * x)), Eq(P * (P * x), P * x)),
    proof=_centred_already,
    needed=[{**AT_ONE, "q": [[2]], "x": [[1]]}],
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
    k, (by_x, by_y, so_far) = p.index, p.facts[-3:]
    normed = p.congruent(rms, with_rms_norm[k], centring * with_layer_norm[k], so_far)
    old = W[k + 1] * (gain[k + 1] * rms(centring * with_layer_norm[k]) + bias[k + 1]) + read_bias[k + 1]
    new = W[k + 1] * gain[k + 1] * rms(with_rms_norm[k]) + (W[k + 1] * bias[k + 1] + read_bias[k + 1])
    written = p.congruent(phi[k + 1], new, old, p.combine(Eq(new, old), (normed, W[k + 1] * gain[k + 1])))
    return p.combine(p.goal, (by_y,), (by_x, -centring), (so_far,), (written, centring * V[k + 1]))


def _same_logits(p: Proof) -> Theorem:
    normed = p.congruent(rms, with_rms_norm[L], centring * with_layer_norm[L], p.facts[-1])
    return p.combine(p.goal, (normed, -U * gain[0]))


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
        L,
        lambda k: Eq(with_rms_norm[k], centring * with_layer_norm[k]),
        base=starts_alike(centring),
        step=_same_reads,
        then=_same_logits,
    ),
)
