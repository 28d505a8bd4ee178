"""No privileged basis (VW-L1): which changes of basis of the stream leave a network's behaviour alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.props import equal
from ..kernel.rules import Theorem
from ..kernel.terms import multiply, number, scale
from ..provers import rank as rank_lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Eq,
    Exists,
    ForAll,
    Identity,
    Iff,
    Implies,
    define,
    dim_family,
    dims,
    family,
    inner,
    matrix,
    opaque,
    scalars,
    vector,
)
from .shelf import claim

d, D, v, l, L = dims("d D v l L")
m = dim_family("m")
I = Identity(d)
E, U, t = matrix("E", d, v), matrix("U", v, d), vector("t", v)
W, V, b = family("W", lambda l: m[l], d), family("V", d, lambda l: m[l]), family("b", d, 1)
phi = opaque("phi", lambda l: m[l], lambda l: m[l], indexed=True)
R = matrix("R", d, d)


def _reads_agree(read_x: Callable[[Any], Any], read_y: Callable[[Any], Any]) -> Callable[[Proof], Theorem]:
    """A step script: the two networks feed the same vector to the nonlinearity of the layer."""

    def step(p: Proof) -> Theorem:
        p.congruent(phi[p.index + 1], read_y(p.index), read_x(p.index))
        return p.ideal()

    return step


x = define("x", l, L, E * t, lambda l, x: x[l] + V[l + 1] * phi[l + 1](W[l + 1] * x[l]))
y = define("y", l, L, R * E * t, lambda l, y: y[l] + R * V[l + 1] * phi[l + 1](W[l + 1] * R.T * y[l]))

claim(
    "VW-L1",
    "Rotating the stream and every weight on it preserves behaviour (no norms)",
    sentence="For reads, nonlinearities and writes of any kind and any number of layers, the logits do not change "
    "when embedding, reads, writes and unembedding are all rotated.",
    where=[x, y],
    given=[Eq(R.T * R, I)],
    show=Eq(U * R.T * y[L], U * x[L]),
    proof=by_induction(
        L,
        lambda k: Eq(y[k], R * x[k]),
        step=_reads_agree(lambda k: W[k + 1] * x[k], lambda k: W[k + 1] * R.T * y[k]),
    ),
)

M, N = matrix("M", D, d), matrix("N", d, D)
x_b = define("x", l, L, E * t, lambda l, x: x[l] + V[l + 1] * phi[l + 1](W[l + 1] * x[l]) + b[l + 1])
y_b = define("y", l, L, M * E * t, lambda l, y: y[l] + M * V[l + 1] * phi[l + 1](W[l + 1] * N * y[l]) + M * b[l + 1])

claim(
    "VW-L1a",
    "Any left-invertible change of basis will do, even into a wider stream",
    sentence="The gauge group of a norm-free network is all of GL(d), and not even the width is intrinsic: M may "
    "go into more dimensions as long as some N undoes it. Write biases move along.",
    where=[x_b, y_b],
    given=[Eq(N * M, I)],
    show=Eq(U * N * y_b[L], U * x_b[L]),
    proof=by_induction(
        L,
        lambda k: Eq(y_b[k], M * x_b[k]),
        step=_reads_agree(lambda k: W[k + 1] * x_b[k], lambda k: W[k + 1] * N * y_b[k]),
    ),
)

# ---------------------------------------------------------------- norms
# A norm divides by s > 0; q is 1/d, u the all-ones vector (only u'u = d is used), P = I - q u u' centres.
q, s, s_R = scalars("q s s_R")
u, z0, z, z_R = vector("u", d), vector("x", d), vector("y", d), vector("y_R", d)
P = I - q * u * u.T


def _same_scale(p: Proof, using: list[Any]) -> None:
    """s_R = s, from s_R^2 = s^2 and both positive."""
    squares = p.have(Eq(s_R * s_R, s * s), using=using)
    t = p.reciprocal(s + s_R)
    inverse = p.fact(equal(scale(p.term(s + s_R), t), number(1)))
    p.have(Eq(s_R, s), using=[squares, inverse])


def _divide_by_s(p: Proof, using: list[Any]) -> Theorem:
    """The goal, from its multiple by s."""
    t = p.reciprocal(s)
    return p.ideal(facts=[p.fact(f) for f in (*using, equal(scale(p.term(s), t), number(1)))])


def _rms_commutes(p: Proof) -> Theorem:
    _same_scale(p, [*_rms_scales, Eq(R.T * R, I)])
    return _divide_by_s(p, [Eq(s * z, z0), Eq(s_R * z_R, R * z0), Eq(s_R, s)])


_rms_scales = [Eq(s * s, q * inner(z0, z0)), Eq(s_R * s_R, q * inner(R * z0, R * z0))]
_rms = [Eq(q * d, 1), Eq(R.T * R, I), s > 0, s_R > 0, *_rms_scales]

claim(
    "VW-L1b",
    "RMSNorm without gain commutes with every rotation",
    sentence="With RMSNorm the gauge group is O(d): y = RMS(x) gives R y = RMS(R x).",
    given=[*_rms, Eq(s * z, z0), Eq(s_R * z_R, R * z0)],
    show=Eq(z_R, R * z),
    proof=_rms_commutes,
)

c = scalars("c")
_layer_norm = [
    Eq(q * d, 1),
    Eq(inner(u, u), d),
    Eq(R.T * R, I),
    s > 0,
    s_R > 0,
    Eq(s * s, q * inner(z0, P * z0)),
    Eq(s_R * s_R, q * inner(R * z0, P * R * z0)),
    Eq(s * z, P * z0),
    Eq(s_R * z_R, P * R * z0),
]


_keeps = [Eq(R * u, c * u), Eq(c * c, 1)]


def _layer_norm_commutes(p: Proof) -> Theorem:
    back = Eq(R.T * u, c * u)
    p.have(back, using=[*_keeps, Eq(R.T * R, I)])
    _same_scale(p, [*_layer_norm[5:7], Eq(R.T * R, I), back, Eq(c * c, 1)])
    p.have(Eq(P * R, R * P), using=[_keeps[0], back])
    moved = p.multiply(Eq(P * R, R * P), right=z0)
    return _divide_by_s(p, [*_layer_norm[7:], Eq(s_R, s), moved])


claim(
    "VW-L1c",
    "LayerNorm commutes with the rotations that keep the all-ones direction",
    sentence="If R 1 = 1 or R 1 = -1 then R LN(x) = LN(R x).",
    given=[*_layer_norm, *_keeps],
    show=Eq(z_R, R * z),
    proof=_layer_norm_commutes,
)

k = dims("k")
W0, G, h, g_b, c_b = matrix("W", k, d), matrix("G", d, d), vector("h", d), vector("b", d), vector("c", k)

claim(
    "VW-L1d",
    "Gain and bias of a norm fold into the read",
    sentence="Reading a normalised, scaled and shifted vector is reading the normalised vector with other weights,"
    " so a norm can be taken as gain 1 and bias 0.",
    show=Eq(W0 * (G * h + g_b) + c_b, (W0 * G) * h + (W0 * g_b + c_b)),
    proof=ideal,
    also=("TH-23",),
)

Pm = matrix("P", d, d)
read = opaque("phi", d, lambda l: m[l], indexed=True)
x_c = define("x", l, L, E * t, lambda l, x: x[l] + V[l + 1] * read[l + 1](Pm * x[l]))
y_c = define("y", l, L, Pm * E * t, lambda l, y: y[l] + Pm * V[l + 1] * read[l + 1](y[l]))


def _centred_step(p: Proof) -> Theorem:
    p.congruent(read[p.index + 1], Pm * x_c[p.index], y_c[p.index])
    return p.ideal()


claim(
    "VW-L1e",
    "Centring moves into the writes: a LayerNorm network is an RMSNorm network",
    sentence="LN is RMSNorm after centring P. If embedding and writes are centred, every layer sees the centred "
    "stream, whatever it computes from it.",
    where=[x_c, y_c],
    given=[Eq(Pm * Pm, Pm)],
    show=Eq(y_c[L], Pm * x_c[L]),
    proof=by_induction(L, step=_centred_step),
    also=("TH-23",),
)

LN = opaque("LN", d, d)
_ln_facts = [
    Eq(q * d, 1),
    Eq(inner(u, u), d),
    Eq(R.T * R, I),
    ForAll(z0, Exists(s, Eq(s * LN(z0), P * z0))),
    ForAll(z0, Eq(u.T * LN(z0), 0)),
]


def _only_these(p: Proof) -> Theorem:
    scaled, centred, commutes = (f for f in p.facts if f.conclusion.kind == "all")
    w = p.term(P * R.T * u)
    p.add(p.at(commutes, w))
    p.add(p.at(scaled, w))
    p.add(p.at(centred, multiply(p.term(R), w)))
    flat = p.square_is_zero(P * R.T * u, rewrite=True)
    value = p.call("c", q * inner(u, R * u))
    named = p.facts[-1]
    back = p.have(equal(p.term(R.T * u), scale(value, p.term(u))), using=[flat, named])
    other = p.add(p.lemma(rank_lemmas.square_inverse(), A=R.T, B=R))
    length = p.have(equal(scale(value, scale(value, p.term(d))), p.term(d)), using=[back, other, Eq(inner(u, u), d)])
    p.have(equal(multiply(value, value), number(1)), using=[length, Eq(q * d, 1)])
    p.have(equal(p.term(R * u), scale(value, p.term(u))), using=[back, other, p.facts[-1]])
    return introduce_all(p, p.goal, [value])


claim(
    "VW-L1f",
    "..and with no others",
    sentence="All that is used of LN is that its output is centred and a multiple of the centred input; if such a "
    "map commutes with a rotation R at every x, then R 1 = 1 or R 1 = -1.",
    given=[*_ln_facts, ForAll(z0, Eq(LN(R * z0), R * LN(z0)))],
    show=Exists(c, And(Eq(R * u, c * u), Eq(c * c, 1))),
    proof=_only_these,
)


def _keeps_ones(p: Proof) -> Theorem:
    def forward(p: Proof) -> Theorem:
        value = p.call("c", q * inner(u, R * u))
        ones = [Eq(inner(u, u), d), Eq(q * d, 1)]
        named = p.facts[-1]
        moved = p.multiply(Eq(P * R, R * P), right=u)
        along = p.have(equal(p.term(R * u), scale(value, p.term(u))), using=[moved, named, *ones])
        length = p.have(equal(scale(value, scale(value, p.term(d))), p.term(d)), using=[along, Eq(R.T * R, I), ones[0]])
        p.have(equal(multiply(value, value), number(1)), using=[length, ones[1]])
        return introduce_all(p, p.goal, [value])

    def back(p: Proof) -> Theorem:
        along, unit = p.facts[-2:]
        return p.ideal(facts=[along, unit, p.fact(Eq(R.T * R, I))])

    one, two = p.goal[1]
    return rules.conjoin([p.suppose(one[1], forward, one[2]), p.suppose(two[1], back, two[2])])


claim(
    "VW-L1g",
    "A rotation commutes with centring exactly when it keeps the all-ones direction",
    sentence="P R = R P if and only if R 1 = 1 or R 1 = -1.",
    given=_layer_norm[:3],
    show=Iff(Eq(P * R, R * P), Exists(c, And(Eq(R * u, c * u), Eq(c * c, 1)))),
    proof=_keeps_ones,
)

_turn = {"d": 2, "R": [[0, -1], [1, 0]]}

claim(
    "VW-L1h",
    "A rotation of the stream passes through LayerNorm",
    sentence="R LN(x) = LN(R x) for every orthogonal R.",
    wrong="LayerNorm singles out the all-ones direction, so a network with it does have a privileged direction:"
    " a quarter turn of the plane changes what its layers read.",
    given=_layer_norm,
    show=Eq(z_R, R * z),
    witness={
        **_turn,
        "q": [["1/2"]],
        "u": [[1], [1]],
        "x": [[1], [0]],
        "s": [["1/2"]],
        "s_R": [["1/2"]],
        "y": [[1], [-1]],
        "y_R": [[-1], [1]],
    },
)

claim(
    "VW-L1i",
    "A rotation of the stream passes through RMSNorm with a gain",
    sentence="R RMS(x) = RMS(R x) also with an entry-wise gain G.",
    wrong="The gain scales coordinates, and a rotation mixes them: fold the gain into the reads first (VW-L1d).",
    given=[*_rms, Eq(s * z, G * z0), Eq(s_R * z_R, G * R * z0)],
    show=Eq(z_R, R * z),
    witness={
        **_turn,
        "q": [["1/2"]],
        "G": [[1, 0], [0, 2]],
        "x": [[1], [1]],
        "s": [[1]],
        "s_R": [[1]],
        "y": [[1], [2]],
        "y_R": [[-1], [2]],
    },
)

rho = opaque("rho", k, k)
Q, hidden = matrix("Q", k, k), vector("h", k)

claim(
    "VW-L1j",
    "The hidden space of a ReLU layer has no privileged basis either",
    sentence="rho(Q h) = Q rho(h) for orthogonal Q and an entry-wise nonlinearity.",
    wrong="The nonlinearity acts on coordinates: with ReLU and one neuron already Q = -1 fails. The freedom of "
    "basis belongs to the stream alone.",
    given=[Eq(Q.T * Q, Identity(k))],
    show=Eq(rho(Q * hidden), Q * rho(hidden)),
    witness={"k": 1, "Q": [[-1]], "h": [[1]], "rho": lambda h: [[max(row[0], 0)] for row in h]},
)

a1, a2, r1, r2 = scalars("a b r1 r2")
relu = opaque("relu", 1, 1)
RELU = [
    ForAll(r1, Implies(r1 >= 0, Eq(relu(r1), r1))),
    ForAll(r1, Implies(r1 <= 0, Eq(relu(r1), 0))),
]


def _one_positive_entry(p: Proof) -> Theorem:
    above, below, linear = p.facts
    zero, one, minus = map(p.term, (0, 1, -1))
    for fact, values in (
        (above, [zero]),
        (above, [one]),
        (below, [minus]),
        (linear, [one, zero]),
        (linear, [zero, one]),
        (linear, [one, minus]),
    ):
        p.add(p.at(fact, *values))

    def not_negative(entry: Any) -> Theorem:
        def negative(r: Proof) -> Theorem:  # a negative entry would be relu(entry) = 0
            r.add(r.at(below, r.term(entry)))
            r.have(Eq(entry, 0), Proof.ideal)
            return r.order()

        return p.have(entry >= 0, lambda r: r.cases(entry >= 0, Proof.order, negative))

    def at_difference(fact: Theorem) -> Any:
        def script(r: Proof) -> Theorem:
            r.add(r.at(fact, r.term(a1 - a2)))
            return r.ideal()

        return script

    signs = [not_negative(a1), not_negative(a2)]
    product = p.prove(Eq(a1 * a2, 0), lambda r: r.cases(a1 - a2 >= 0, at_difference(above), at_difference(below)))
    return rules.conjoin([*signs, product])


claim(
    "VW-L1k",
    "What does commute with ReLU: rows with at most one entry, and that not negative",
    sentence="If relu(a x + b y) = a relu(x) + b relu(y) for all numbers, then a and b are not negative and one of"
    " them is 0; so an invertible matrix that commutes with ReLU permutes and rescales neurons.",
    given=[*RELU, ForAll((r1, r2), Eq(relu(a1 * r1 + a2 * r2), a1 * relu(r1) + a2 * relu(r2)))],
    show=And(a1 >= 0, a2 >= 0, Eq(a1 * a2, 0)),
    proof=_one_positive_entry,
)
