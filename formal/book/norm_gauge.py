"""Which changes of basis a norm lets through (VW-L1): all rotations for RMSNorm, few for LayerNorm."""

from __future__ import annotations

from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import negation
from ..kernel.rules import Theorem
from ..provers import rank as rank_lemmas
from ..provers.proof import Proof
from ..statement import Eq, Identity, Iff, Ne, Or, dims, inner, matrix, norm2, opaque, scalars, vector
from .shelf import claim

d = dims("d")
I, R, G = Identity(d), matrix("R", d, d), matrix("G", d, d)

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
