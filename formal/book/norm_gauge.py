"""Which changes of basis a norm lets through (VW-L1): all rotations for RMSNorm, few for LayerNorm."""

from __future__ import annotations

from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import at_least, equal
from ..kernel.rules import Cofactor, Summand, Theorem
from ..kernel.terms import number, squared_norm
from ..provers import rank as rank_lemmas
from ..provers.proof import Proof, either
from ..statement import Eq, Identity, Iff, Ne, Or, dims, inner, matrix, norm2, scalars, vector
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
    """s_R^2 = s^2, so s_R = s."""
    turn, positive, positive_R, scaling, scaling_R, output, output_R = p.facts
    squares = p.combine(Eq(s_R * s_R, s * s), (scaling_R,), (scaling, -1), (turn, q * z0.T, z0))
    p.add(rules.order(p.prop(s + s_R > 0), [positive, positive_R], [Summand(1, (0,)), Summand(1, (1,))]))
    t, inverse = p.inverse(s + s_R)
    same = p.combine(Eq(s_R, s), (squares, t), (inverse, s - s_R))
    t, inverse = p.inverse(s)
    return p.combine(p.goal, (output_R, t * I), (output, -t * R), (same, -t * z_R), (inverse, R * z - z_R))


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
_unit, _twice, _minus, _zero = ([[0], [c]] for c in (1, 2, -1, 0))
_plane: dict[str, Any] = {"d": 2, "q": [[1]], "u": [[1], [0]]}  # P forgets the first coordinate
_centred: dict[str, Any] = {**_plane, "e": [[0]], "c": [[1]], "R": [[1, 0], [0, 1]]}
_centred |= {"x": _unit, "s": [[1]], "s_R": [[1]], "y": _unit, "y_R": _unit}


def _layer_norm_commutes(p: Proof) -> Theorem:
    """|R'u - c u|^2 + |u - R R'u|^2 = 0, so R commutes with P, and LayerNorm is RMSNorm of P x."""
    turn, *_, along = p.facts
    apart, beside = R.T * u - c * u, u - R * R.T * u
    none = p.combine(
        Eq(norm2(apart) + norm2(beside), 0),
        (turn, -u.T, u),
        (turn, u.T * R, R.T * u),
        (along, (R * u - c * u).T),
    )
    bound = at_least(number(0), p.term(norm2(apart)))
    square = Summand(1, (), (p.term(beside),))
    back = rules.null(rules.order(bound, [none], [square], [(0, number(-1))]), p.term(apart))
    moved = p.combine(Eq(P * R * z0, R * P * z0), (back, -q * u * z0.T), (along, q * I, inner(u, z0)))
    both = P * R * z0 + R * P * z0
    p.facts += [
        p.combine(Eq(s_R * s_R, q * norm2(R * P * z0) + e), (_layer_norm[4],), (moved, q * both.T)),
        p.combine(Eq(s_R * z_R, R * P * z0), (_layer_norm[6],), (moved,)),
    ]
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
        {**_centred, "s": [[-1]], "y": _minus},
        {**_centred, "s_R": [[-1]], "y_R": _minus},
        {**_centred, "x": _twice, "y": _twice, "s_R": [[2]]},
        {**_centred, "x": _twice, "y_R": _twice, "s": [[2]]},
        {**_centred, "y": _zero},
        {**_centred, "y_R": _zero},
        {**_centred, "R": [[0, 1], [1, 0]], "x": [[1], [1]]},
    ],
    also=("TH-4",),
)

_back = P * R.T * u
_kept = Or(Eq(R * u, u), Eq(R * u, -u))


def _plus_or_minus(p: Proof, turn: Theorem, square: Theorem) -> Theorem:
    """R u = u or R u = -u, from <u, R u>^2 = |u|^4 and R'R = I: |R u -+ u|^2 = 2 |u|^2 -+ 2 <u, R u>."""
    same, goal = inner(u, R * u), p.prop(_kept)

    def apart(q: Proof, sign: int, value: Theorem) -> Theorem:
        rest = q.term(R * u - sign * u)
        none = q.combine(equal(squared_norm(rest), number(0)), (turn, u.T, u), (value, -2 * sign))
        bound = rules.order(at_least(number(0), squared_norm(rest)), [none], (), [(0, number(-1))])
        return either(goal, rules.null(bound, rest))

    def opposite(q: Proof) -> Theorem:
        t, inverse = q.inverse(same - inner(u, u))
        value = q.combine(Eq(same, -inner(u, u)), (square, t), (inverse, -same - inner(u, u)))
        return apart(q, -1, value)

    return p.cases(Eq(same, inner(u, u)), lambda q: apart(q, 1, q.facts[-1]), opposite, goal)


def _only_these(p: Proof) -> Theorem:
    """0 = u'LN(R w) = u'R LN(w), so 0 = u'R P w = |w|^2, and R'u = <u, R u> q u."""
    turn, scaled, centred, commutes = p.facts
    w, same, length = p.term(_back), inner(u, R * u), inner(u, u)
    none = p.combine(Eq(norm2(_back), 0), (scaled, -u.T * R), (commutes, -s * u.T), (centred, s))
    back = rules.null(rules.order(at_least(number(0), squared_norm(w)), [none], (), [(0, number(-1))]), w)
    other = p.lemma(rank_lemmas.square_inverse(), A=R.T, B=R)
    square = p.combine(Eq(same**2, length**2), (back, same * u.T - length * u.T * R), (other, length * u.T, u))
    return _plus_or_minus(p, turn, square)


_turn = {"d": 2, "R": [[0, -1], [1, 0]]}
_tested = {**_plane, **_turn, "s": [[1]], "y": _minus, "y_R": _unit}

claim(
    "VW-L1f",
    "..and with no others: one input tells",
    sentence="All that is used of LN is that its output is centred and that s LN(x) = P x for a scale s. If "
    "R LN(x) = LN(R x) for the single x = P R'1, then R 1 = 1 or R 1 = -1.",
    given=[_rotation, Eq(s * z, P * _back), Eq(u.T * z_R, 0), Eq(z_R, R * z)],
    show=_kept,
    proof=_only_these,
    needed=[
        {"d": 1, "q": [[1]], "u": [[1]], "R": [[2]], "s": [[1]], "y": [[0]], "y_R": [[0]]},
        {**_tested, "y": _zero, "y_R": _zero},
        {**_tested, "y_R": [[1], [0]]},
        {**_tested, "y_R": _zero},
    ],
    also=("TH-4",),
)


def _keeps_ones(p: Proof) -> Theorem:
    turn, _ = p.facts

    def forward(r: Proof) -> Theorem:
        t, inverse = r.inverse(q)
        same, length = inner(u, R * u), inner(u, u)
        rest = same**2 - norm2(R * u) * length
        parts = [(r.facts[-2], -t * u.T * R.T, u), (inverse, -rest), (turn, length * u.T, u)]
        return _plus_or_minus(r, turn, r.combine(Eq(same**2, length**2), *parts))

    def back(r: Proof) -> Theorem:
        kept = r.facts[-1]

        def commutes(t: Proof, sign: int, along: Theorem) -> Theorem:
            row = rules.ideal(t.term((R * u - sign * u).T), [along], [Cofactor(0, number(1), t.term(I), None, True)])
            return t.combine(t.goal, (along, q * I, u.T), (turn, -sign * q * u * u.T), (row, sign * q * u, R))

        def opposite(t: Proof) -> Theorem:
            not_u = t.facts[-1]

            def neither(w: Proof) -> Theorem:
                return rules.absurd(rules.conjoin([not_u, w.facts[-1]]), kept, w.goal)

            return t.cases(Eq(R * u, -u), lambda w: commutes(w, -1, w.facts[-1]), neither)

        return r.cases(Eq(R * u, u), lambda t: commutes(t, 1, t.facts[-1]), opposite)

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
        {**_plane, **_turn, "q": [[0]]},
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
