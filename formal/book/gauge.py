"""No privileged basis (VW-L1): which changes of basis of the stream leave a network's behaviour alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.props import negation
from ..kernel.rules import Theorem
from ..provers import rank as rank_lemmas
from ..provers.induct import by_induction
from ..provers.instances import at_instance
from ..provers.proof import Proof, Script
from ..statement import (
    And,
    Each,
    Eq,
    ForAll,
    Identity,
    Iff,
    Implies,
    Ne,
    Or,
    ZeroMatrix,
    define,
    dim_family,
    dims,
    family,
    inner,
    matrix,
    norm2,
    opaque,
    scalars,
    vector,
)
from ..statement.elaborate import elaborate_prop
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


M, N = matrix("M", D, d), matrix("N", d, D)
_no_layer = {"d": 1, "v": 1, "L": 0, "E": [[1]], "t": [[1]], "U": [[1]]}
x_b = define("x", l, L, E * t, lambda l, x: x[l] + V[l + 1] * phi[l + 1](W[l + 1] * x[l]) + b[l + 1])
y_b = define("y", l, L, M * E * t, lambda l, y: y[l] + M * V[l + 1] * phi[l + 1](W[l + 1] * N * y[l]) + M * b[l + 1])

change_of_basis = claim(
    "VW-L1a",
    "Gauge freedom: any left-invertible change of basis will do, even into a wider stream",
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
    needed=[{**_no_layer, "D": 1, "M": [[1]], "N": [[0]]}],
    also=("TH-4",),
)

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
    proof=lambda p: cite(p, change_of_basis, M=R, N=R.T, b=ZeroMatrix(d, 1)),
    needed=[{**_no_layer, "R": [[2]]}],
)

# ---------------------------------------------------------------- norms
# A norm divides by s > 0 with s^2 = q |x|^2 + e. In a model q is 1/d, u the all-ones vector, so that P = I - q u u'
# centres; nothing of that is supposed unless it is given.
q, e, s, s_R = scalars("q e s s_R")
u, z0, z, z_R = vector("u", d), vector("x", d), vector("y", d), vector("y_R", d)
P = I - q * u * u.T
_rotation = Eq(R.T * R, I)


def _scales(at_x: Any, at_Rx: Any) -> list[Any]:
    """s and s_R are the scales of the norm at x and at R x, the mean squares being those of the given vectors."""
    return [s > 0, s_R > 0, Eq(s * s, q * norm2(at_x) + e), Eq(s_R * s_R, q * norm2(at_Rx) + e)]


_rms = [_rotation, *_scales(z0, R * z0)]
_one = {"d": 1, **{name: [[1]] for name in ("q", "R", "x", "s", "s_R", "y", "y_R")}, "e": [[0]]}


def _rms_commutes(p: Proof) -> Theorem:
    squares = p.have(Eq(s_R * s_R, s * s), using=[*_rms[3:], _rotation])
    p.reciprocal(s + s_R)
    same = p.have(Eq(s_R, s), using=[squares, p.facts[-1]])
    p.reciprocal(s)
    return p.ideal(facts=[same, p.facts[-1], p.fact(Eq(s * z, z0)), p.fact(Eq(s_R * z_R, R * z0))])


rms_commutes = claim(
    "VW-L1b",
    "Gauge freedom behind RMSNorm: without gain it commutes with every rotation",
    sentence="With RMSNorm the gauge group is O(d): y = RMS(x) gives R y = RMS(R x), whatever is added under the root.",
    given=[*_rms, Eq(s * z, z0), Eq(s_R * z_R, R * z0)],
    show=Eq(z_R, R * z),
    proof=_rms_commutes,
    needed=[
        {**_one, "R": [[2]], "s_R": [[2]]},
        {**_one, "s": [[-1]], "y": [[-1]]},
        {**_one, "s_R": [[-1]], "y_R": [[-1]]},
        {**_one, "s": [["1/2"]], "y": [[2]]},
        {**_one, "s_R": [["1/2"]], "y_R": [[2]]},
        {**_one, "y": [[0]]},
        {**_one, "y_R": [[0]]},
    ],
    also=("TH-4",),
)

c = scalars("c")
_layer_norm = [_rotation, *_scales(P * z0, P * R * z0), Eq(s * z, P * z0), Eq(s_R * z_R, P * R * z0)]
_along = Eq(R * u, c * u)
_x = [[1], [-1]]
_centred = {"d": 2, "q": [["1/2"]], "e": [[0]], "u": [[1], [1]], "c": [[1]], "R": [[1, 0], [0, 1]]}
_centred |= {"x": _x, "s": [[1]], "s_R": [[1]], "y": _x, "y_R": _x}


def _other_side(p: Proof) -> Theorem:
    """R R' = I."""
    return p.add(p.lemma(rank_lemmas.square_inverse(), A=R.T, B=R))


def _layer_norm_commutes(p: Proof) -> Theorem:
    """|R'u - c u|^2 = 0, so R commutes with P, and LayerNorm is RMSNorm of P x."""
    lengths = [p.multiply(_other_side(p), left=u.T, right=u), p.multiply(_rotation, left=u.T, right=u)]
    back = p.square_is_zero(R.T * u - c * u, [*lengths, _along])
    moved = p.have(Eq(P * R * z0, R * P * z0), using=[back, _along])
    p.have(Eq(s_R * s_R, q * norm2(R * P * z0) + e), using=[_layer_norm[4], moved])
    p.have(Eq(s_R * z_R, R * P * z0), using=[_layer_norm[6], moved])
    return cite(p, rms_commutes, x=P * z0)


claim(
    "VW-L1c",
    "Gauge freedom behind LayerNorm: it commutes with the rotations that keep the all-ones direction",
    sentence="If R 1 is a multiple of 1, so that R 1 = 1 or R 1 = -1, then R LN(x) = LN(R x).",
    given=[*_layer_norm, _along],
    show=Eq(z_R, R * z),
    proof=_layer_norm_commutes,
    needed=[
        {**_centred, "R": [[2, 0], [0, 2]], "c": [[2]], "s_R": [[2]]},
        {**_centred, "s": [[-1]], "y": [[-1], [1]]},
        {**_centred, "s_R": [[-1]], "y_R": [[-1], [1]]},
        {**_centred, "s": [["1/2"]], "y": [[2], [-2]]},
        {**_centred, "s_R": [["1/2"]], "y_R": [[2], [-2]]},
        {**_centred, "y": [[0], [0]]},
        {**_centred, "y_R": [[0], [0]]},
        {**_centred, "R": [[1, 0], [0, -1]], "x": [[1], [0]], "s": [["1/2"]], "s_R": [["1/2"]]},
    ],
    also=("TH-4",),
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
    "stream, whatever it computes from it; and so for any matrix P that all layers apply first.",
    where=[x_c, y_c],
    show=Eq(y_c[L], Pm * x_c[L]),
    proof=by_induction(L, step=_centred_step),
    also=("TH-23",),
)

LN, sigma = opaque("LN", d, d), opaque("sigma", d, 1)
_back = P * R.T * u
_kept = Or(Eq(R * u, u), Eq(R * u, -u))


def _plus_or_minus(p: Proof, square: Theorem) -> Theorem:
    """R u = u or R u = -u, from <u, R u>^2 = |u|^4 and R'R = I: |R u -+ u|^2 = 2 |u|^2 -+ 2 <u, R u>."""
    same, length = inner(u, R * u), p.multiply(_rotation, left=u.T, right=u)

    def neither(q: Proof) -> Theorem:
        not_u, not_minus_u = q.facts[-2:]

        def is_u(r: Proof) -> Theorem:
            return rules.absurd(r.square_is_zero(R * u - u, [length, r.facts[-1]]), not_u, r.goal)

        def is_minus_u(r: Proof) -> Theorem:
            r.reciprocal(same - inner(u, u))
            value = r.have(Eq(same, -inner(u, u)), using=[square, r.facts[-1]])
            return rules.absurd(r.square_is_zero(R * u + u, [length, value]), not_minus_u, r.goal)

        return q.cases(Eq(same, inner(u, u)), is_u, is_minus_u)

    return p.refute(negation(p.prop(_kept)), neither)


def _minus_mean(x: Any) -> list[list[Any]]:
    """LayerNorm of the plane without its scale."""
    return [[(x[0][0] - x[1][0]) / 2], [(x[1][0] - x[0][0]) / 2]]


def _only_these(p: Proof) -> Theorem:
    """0 = u'LN(R w) = u'R LN(w), so 0 = u'R P w = |w|^2, and R'u = <u, R u> q u."""
    _, scaled, centred, commutes = p.facts
    p.multiply(scaled, left=u.T * R)
    back = p.square_is_zero(_back, [p.facts[-1], centred, commutes])
    same, length = inner(u, R * u), inner(u, u)
    p.multiply(_other_side(p), left=u.T, right=u)
    p.have(Eq(length, q * same * same), using=[p.facts[-1], p.multiply(back, left=u.T * R)])
    both = [p.multiply(p.facts[-1], left=length), p.multiply(back, left=same * u.T)]
    return _plus_or_minus(p, p.have(Eq(same**2, length**2), using=both))


_turn = {"d": 2, "R": [[0, -1], [1, 0]]}
_tested = {**_turn, "q": [["1/2"]], "u": [[1], [1]]}

claim(
    "VW-L1f",
    "..and with no others: one input tells",
    sentence="All that is used of LN is that its output is centred and that sigma(x) LN(x) = P x. If R LN(x) = LN(R x) "
    "for the single x = P R'1, then R 1 = 1 or R 1 = -1.",
    given=[
        _rotation,
        Eq(sigma(_back) * LN(_back), P * _back),
        Eq(u.T * LN(R * _back), 0),
        Eq(LN(R * _back), R * LN(_back)),
    ],
    show=_kept,
    proof=_only_these,
    needed=[
        {"d": 1, "q": [[1]], "u": [[1]], "R": [[2]], "sigma": lambda x: [[1]], "LN": lambda x: [[0]]},
        {**_tested, "LN": lambda x: [[0], [0]]},
        {**_tested, "q": [[0]], "sigma": lambda x: [[1]], "LN": lambda x: x},
        {**_tested, "sigma": lambda x: [[1]], "LN": _minus_mean},
    ],
    also=("TH-4",),
)


def _keeps_ones(p: Proof) -> Theorem:
    def forward(r: Proof) -> Theorem:
        r.reciprocal(q)
        moved = r.have(Eq(u * u.T * R, R * u * u.T), using=[r.facts[-2], r.facts[-1]])
        at_u = r.multiply(moved, left=u.T * R.T, right=u)
        length = r.multiply(_rotation, left=u.T, right=u)
        return _plus_or_minus(r, r.have(Eq(inner(u, R * u) ** 2, inner(u, u) ** 2), using=[at_u, length]))

    def back(r: Proof) -> Theorem:
        def same(t: Proof) -> Theorem:
            t.have(Eq(R.T * u, u), using=[_rotation, t.facts[-1]])
            return t.ideal(facts=t.facts[-2:])

        def opposite(t: Proof) -> Theorem:
            either, not_same = t.facts[-2:]
            is_minus = Eq(R * u, -u)
            return t.cases(
                is_minus,
                lambda w: _back(w, -1),
                lambda w: rules.absurd(rules.conjoin([not_same, w.facts[-1]]), either, w.goal),
            )

        return r.cases(Eq(R * u, u), same, opposite)

    one, two = p.goal[1]
    return rules.conjoin([p.suppose(one[1], forward, one[2]), p.suppose(two[1], back, two[2])])


def _keeps_ones(p: Proof) -> Theorem:
    def forward(r: Proof) -> Theorem:
        commutes = r.facts[-1]
        r.reciprocal(q)
        moved = r.have(Eq(u * u.T * R, R * u * u.T), using=[commutes, r.facts[-1]])
        at_u = r.multiply(moved, left=u.T * R.T, right=u)
        length = r.multiply(_rotation, left=u.T, right=u)
        return _plus_or_minus(r, r.have(Eq(inner(u, R * u) ** 2, inner(u, u) ** 2), using=[at_u, length]))

    def back(r: Proof) -> Theorem:
        either = r.facts[-1]

        def commutes(t: Proof, sign: int) -> Theorem:
            along = t.facts[-1]
            return t.ideal(facts=[along, t.have(Eq(R.T * u, sign * u), using=[_rotation, along])])

        def opposite(t: Proof) -> Theorem:
            not_u = t.facts[-1]

            def neither(w: Proof) -> Theorem:
                return rules.absurd(rules.conjoin([not_u, w.facts[-1]]), either, w.goal)

            return t.cases(Eq(R * u, -u), lambda w: commutes(w, -1), neither)

        return r.cases(Eq(R * u, u), lambda t: commutes(t, 1), opposite)

    one, two = p.goal[1]
    return rules.conjoin([p.suppose(one[1], forward, one[2]), p.suppose(two[1], back, two[2])])


claim(
    "VW-L1g",
    "A rotation commutes with centring exactly when it keeps the all-ones direction",
    sentence="P R = R P if and only if R 1 = 1 or R 1 = -1; and so for any vector u in the place of 1.",
    given=[_rotation, Ne(q, 0)],
    show=Iff(Eq(P * R, R * P), _kept),
    proof=_keeps_ones,
    needed=[
        {"d": 1, "q": [[1]], "u": [[1]], "R": [[2]]},
        {**_turn, "q": [[0]], "u": [[1], [1]]},
    ],
    also=("TH-4",),
)

_half = {**_turn, "q": [["1/2"]], "e": [[0]]}

claim(
    "VW-L1h",
    "A rotation of the stream passes through LayerNorm",
    sentence="R LN(x) = LN(R x) for every orthogonal R.",
    wrong="LayerNorm singles out the all-ones direction, so a network with it does have a privileged direction:"
    " a quarter turn of the plane changes what its layers read.",
    given=[Eq(q * d, 1), Eq(inner(u, u), d), *_layer_norm],
    show=Eq(z_R, R * z),
    witness={
        **_half,
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
    given=[Eq(q * d, 1), *_rms, Eq(s * z, G * z0), Eq(s_R * z_R, G * R * z0)],
    show=Eq(z_R, R * z),
    witness={
        **_half,
        "G": [[1, 0], [0, 2]],
        "x": [[1], [1]],
        "s": [[1]],
        "s_R": [[1]],
        "y": [[1], [2]],
        "y_R": [[-1], [2]],
    },
)

norm = opaque("norm", d, d)
M_d, N_d = matrix("M", d, d), matrix("N", d, d)
x_n = define("x", l, L, E * t, lambda l, x: x[l] + V[l + 1] * phi[l + 1](W[l + 1] * norm(x[l])))
y_n = define("y", l, L, M_d * E * t, lambda l, y: y[l] + M_d * V[l + 1] * phi[l + 1](W[l + 1] * N_d * norm(y[l])))
_undone, _commutes = Eq(N_d * M_d, I), Each(l, L + 1, Eq(norm(M_d * x_n[l]), M_d * norm(x_n[l])))


def _same_read(p: Proof, k: Any) -> Theorem:
    """N norm(y) = N norm(M x) = N M norm(x) = norm(x)."""
    here = p.congruent(norm, y_n[k], M_d * x_n[k])
    moved = p.at(p.fact(_commutes), k)
    return p.add(p.ideal(p.prop(Eq(N_d * norm(y_n[k]), norm(x_n[k]))), [here, moved, p.fact(_undone)]))


def _behind_a_norm(p: Proof) -> Theorem:
    k = p.index
    _same_read(p, k)
    p.congruent(phi[k + 1], W[k + 1] * N_d * norm(y_n[k]), W[k + 1] * norm(x_n[k]))
    return p.ideal()


claim(
    "TH-4",
    "Gauge freedom of a network with norms: every change of basis that the norm commutes with",
    sentence="If every read is behind a norm, and the norm of M x is M times the norm of x for the streams x that "
    "occur, then the logits do not change with the basis M: all rotations will do for RMSNorm (VW-L1b), those that "
    "keep the all-ones direction for LayerNorm (VW-L1c).",
    where=[x_n, y_n],
    given=[_undone, _commutes],
    show=Eq(U * N_d * norm(y_n[L]), U * norm(x_n[L])),
    proof=by_induction(
        L,
        lambda k: Eq(y_n[k], M_d * x_n[k]),
        step=_behind_a_norm,
        then=lambda p: p.ideal(facts=[_same_read(p, L)]),
    ),
    needed=[
        {**_no_layer, "M": [[1]], "N": [[0]], "norm": lambda x: [[1]]},
        {**_no_layer, "M": [[2]], "N": [["1/2"]], "norm": lambda x: [[1]]},
    ],
)

# ---------------------------------------------------------------- nonlinearities
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


@cache
def _homogeneous() -> Theorem:
    """relu(a r) = a relu(r), from a = relu(a), which says that a >= 0."""
    above, below, kept = map(rules.assume, map(elaborate_prop, (*RELU, Eq(relu(a1), a1))))

    def at_both(fact: Theorem, sign: int) -> Script:
        def script(p: Proof) -> Theorem:
            p.have(sign * a1 * r1 >= 0, lambda q: q.order(products=2))
            return p.ideal(facts=[p.at(fact, a1 * r1), p.at(fact, r1)])

        return script

    def nowhere(p: Proof) -> Theorem:
        p.add(p.at(below, a1))
        return p.impossible()

    p = Proof(elaborate_prop(Eq(relu(a1 * r1), a1 * relu(r1))), [above, below, kept])
    return p.close(p.cases(a1 >= 0, lambda q: q.cases(r1 >= 0, at_both(above, 1), at_both(below, -1)), nowhere))


def _commutant(p: Proof) -> Theorem:
    """Forward, at (1, 0) and (0, 1): relu keeps a and b; at (1, -1): relu(a - b) = a. Back: one of a and b is 0."""
    above, below = p.facts
    zero, one, minus = map(p.term, (0, 1, -1))

    def forward(q: Proof) -> Theorem:
        linear = q.facts[-1]
        at = [q.at(above, zero), q.at(above, one), q.at(below, minus)]
        kept = [
            q.ideal(Eq(relu(a1), a1), [*at, q.at(linear, one, zero)]),
            q.ideal(Eq(relu(a2), a2), [*at, q.at(linear, zero, one)]),
        ]
        last = q.ideal(Eq(relu(a1 - a2), a1), [*at, q.at(linear, one, minus)])

        def at_difference(fact: Theorem) -> Script:
            return lambda r: r.ideal(facts=[last, r.at(fact, a1 - a2)])

        product = q.prove(q.goal[1][2], lambda r: r.cases(a1 >= a2, at_difference(above), at_difference(below)))
        return rules.conjoin([*kept, product])

    def back(q: Proof) -> Theorem:
        def without(a: Any, b: Any, r: Any) -> Script:
            """a = 0, so the row is b alone."""

            def script(t: Proof) -> Theorem:
                t.congruent(relu, a1 * r1 + a2 * r2, b * r)
                t.add(t.lemma(_homogeneous(), a=b, r1=r))
                return t.ideal()

            return script

        def other(t: Proof) -> Theorem:
            t.reciprocal(a1)
            t.have(Eq(a2, 0), using=[t.facts[-1], Eq(a1 * a2, 0)])
            return without(a2, a1, r1)(t)

        def body(t: Proof) -> Theorem:
            return t.cases(Eq(a1, 0), without(a1, a2, r2), other)

        everywhere = q.goal
        inner = rules.generalize(q.prove(everywhere[2][2], body), everywhere[2][1])
        return rules.generalize(inner, everywhere[1])

    one_way, other_way = p.goal[1]
    return rules.conjoin([p.suppose(one_way[1], forward, one_way[2]), p.suppose(other_way[1], back, other_way[2])])


claim(
    "VW-L1k",
    "The commutant of ReLU: rows with at most one entry, and that not negative",
    sentence="relu(a x + b y) = a relu(x) + b relu(y) for all numbers if and only if a and b are not negative (relu "
    "keeps them) and one of them is 0; so an invertible matrix that commutes with ReLU permutes and rescales neurons.",
    given=RELU,
    show=Iff(
        ForAll((r1, r2), Eq(relu(a1 * r1 + a2 * r2), a1 * relu(r1) + a2 * relu(r2))),
        And(Eq(relu(a1), a1), Eq(relu(a2), a2), Eq(a1 * a2, 0)),
    ),
    proof=_commutant,
    needed=[
        at_instance({"a": 1, "b": 0, "relu": lambda x: 0}),
        at_instance({"a": 1, "b": 1, "relu": lambda x: x}),
    ],
    also=("TH-25",),
)
