"""What it takes to clear a direction of the stream (VW-T6, L11)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.props import equal
from ..kernel.rules import Theorem
from ..kernel.terms import add, multiply, number, scale, subtract
from ..provers.proof import Proof, Script
from ..statement import (
    And,
    Eq,
    Expression,
    Identity,
    Iff,
    Implies,
    Ne,
    Prop,
    dims,
    inner,
    matrix,
    norm2,
    opaque,
    scalars,
    vector,
)
from .gauge import relu
from .shelf import claim

d, m = dims("d m")
I, I_m = Identity(d), Identity(m)
W, V, M = matrix("W", m, d), matrix("V", d, m), matrix("M", d, d)
x, u = vector("x", d), vector("u", d)
cleared = I - V * W

claim(
    "VW-T6",
    "If V W = I then writing -V W x clears the stream",
    sentence="The exact form of the printed argument: (I - V W) x = 0 once V W = I.",
    wrong="True, and empty: one neuron or head has rank at most m < d, so V W is never I (VW-T6g), and the "
    "stream would be wiped out as a whole. The condition that clears one direction is on W V (VW-T6a).",
    given=[Eq(V * W, I)],
    show=Eq(cleared * x, 0),
    proof=ideal,
    needed=[{"d": 1, "m": 1, "V": [[0]], "W": [[0]], "x": [[1]]}],
)

claim(
    "VW-T6a",
    "A layer clears exactly what it reads when W V = I",
    sentence="V W is then a projection: what is read is cleared, what is written does not come back, and what is "
    "not read stays.",
    given=[Eq(W * V, I_m)],
    show=And(
        Eq(V * W * V * W, V * W),
        Eq(W * cleared, 0),
        Eq(cleared * V, 0),
        Implies(Eq(W * u, 0), Eq(cleared * u, u)),
    ),
    proof=ideal,
    needed=[{"d": 1, "m": 1, "W": [[1]], "V": [[0]], "u": [[0]]}],
    also=("TH-27",),
)

B = matrix("B", d, m)

claim(
    "VW-T6b",
    "..and only then, for independent reads",
    sentence="If W has a right inverse B and W (I - V W) = 0 then W V = I.",
    given=[Eq(W * B, I_m), Eq(W * cleared, 0)],
    show=Eq(W * V, I_m),
    proof=ideal,
    needed=[
        {"d": 1, "m": 1, "W": [[0]], "V": [[0]]},
        {"d": 1, "m": 1, "W": [[1]], "V": [[0]], "B": [[1]]},
    ],
    also=("TH-27",),
)

g = scalars("g")

claim(
    "VW-T6c",
    "With gain g the part that is read is scaled by 1 - g",
    sentence="W V = g I gives W (I - V W) = (1 - g) W: gain 2 flips the sign, gain 3 doubles and flips.",
    given=[Eq(W * V, g * I_m)],
    show=Eq(W * cleared, (1 - g) * W),
    proof=ideal,
    needed=[{"d": 1, "m": 1, "W": [[1]], "V": [[0]], "g": [[1]]}],
)


def _bounded(p: Proof) -> Theorem:
    """n |M|^2 - n |Mx|^2 = |M (n - x x')|^2 with n = |x|^2; divide by n, or x = 0."""
    n = norm2(x)
    gap, spread = norm2(M) * n - norm2(M * x), M * (n * I - x * x.T)

    def positive(q: Proof) -> Theorem:
        length, t = q.facts[-1], q.reciprocal(n)
        scaled, size = scale(t, q.term(spread)), scale(t, q.term(n))
        rest = scale(subtract(number(-1), size), q.term(gap))
        return q.weighted(q.goal, (1, length, scaled), (rest, q.facts[-1]))

    def vanishing(q: Proof) -> Theorem:
        gone = rules.null(q.facts[-1], q.term(x))
        return q.weighted(q.goal, (1, q.combine(Eq(gap, 0), (gone, norm2(M) * x.T - x.T * M.T * M))))

    return p.cases(n > 0, positive, vanishing)


claim(
    "VW-T6e",
    "Nearly: what is left is at most |I - V W| |x|",
    sentence="|M x|^2 <= |M|^2 |x|^2 in the Frobenius norm, for M = I - V W or any other M.",
    show=norm2(M * x) <= norm2(M) * norm2(x),
    proof=_bounded,
    attained={"d": 1, "M": [[1]], "x": [[1]]},
)

claim(
    "VW-T6f",
    "A layer with W V = I clears the whole vector",
    sentence="W V = I gives (I - V W) x = 0 for every x.",
    wrong="It clears what it reads and nothing else: a vector that the layer does not read passes unchanged.",
    given=[Eq(W * V, I_m)],
    show=Eq(cleared * x, 0),
    witness={"d": 2, "m": 1, "W": [[1, 0]], "V": [[1], [0]], "x": [[0], [1]]},
)

claim(
    "VW-T6g",
    "V W = I needs as many hidden units as the stream has dimensions",
    sentence="V W = I gives d <= m.",
    given=[Eq(V * W, I)],
    show=d <= m,
    proof=lambda p: rules.rank_identity(p.facts[0], p.term(V), p.term(W)),
    needed=[{"d": 1, "m": 0, "V": [[]], "W": []}],
    attained={"d": 1, "m": 1, "V": [[1]], "W": [[1]]},
)

w, v = vector("w", d), vector("v", d)


def relu_at(value: Expression) -> list[Prop]:
    """All that a proof needs of ReLU at one point."""
    return [Implies(value >= 0, Eq(relu(value), value)), Implies(value <= 0, Eq(relu(value), 0))]


def _silent_on_one_side(p: Proof) -> Theorem:
    on_x, on_minus_x, cleared_x, cleared_minus_x = p.facts

    def nothing_written(silent: Theorem, cleared: Theorem) -> Script:
        return lambda q: q.ideal(facts=[q.detach(silent), cleared])

    return p.cases(w.T * x >= 0, nothing_written(on_minus_x, cleared_minus_x), nothing_written(on_x, cleared_x))


def _neuron(w: int, v: int, relu: Callable[[Any], Any]) -> dict[str, Any]:
    return {"d": 1, "u": [[1]], "x": [[1]], "w": [[w]], "v": [[v]], "relu": relu}


claim(
    "VW-T6h",
    "One ReLU neuron cannot clear both signs",
    sentence="If x + v relu(w'x) has nothing left along u, and likewise for -x, then x had nothing along u: on one of"
    " the two the neuron is silent. Any activation that vanishes on the negative numbers will do.",
    given=[
        relu_at(w.T * x)[1],
        relu_at(-(w.T * x))[1],
        Eq(u.T * (x + v * relu(w.T * x)), 0),
        Eq(u.T * (-x + v * relu(-(w.T * x))), 0),
    ],
    show=Eq(u.T * x, 0),
    proof=_silent_on_one_side,
    needed=[
        _neuron(-1, -1, lambda t: [[-t[0][0]]]),
        _neuron(1, -1, lambda t: t),
        _neuron(-1, 1, lambda t: [[max(t[0][0], 0)]]),
        _neuron(1, -1, lambda t: [[max(t[0][0], 0)]]),
    ],
    also=("TH-27",),
)

s, r = scalars("s r")
y = vector("y", d)


def _one_radius(radius: Expression, sign: int) -> Script:
    """The two are equal, as their difference times y, one equation plus or minus the other, is 0 and y is not."""

    def script(p: Proof) -> Theorem:
        not_zero = p.fact(Ne(y, 0))
        one, two = (f for f in p.facts if f is not not_zero)

        def other(q: Proof) -> Theorem:
            t = q.reciprocal(s - radius)
            nothing = q.combine(Eq(y, 0), (one, t), (two, scale(number(sign), t)), (q.facts[-1], -y))
            return rules.absurd(nothing, not_zero, q.goal)

        return p.cases(Eq(s, radius), lambda q: q.facts[-1], other)

    return script


layer = opaque("f", d, d)

claim(
    "VW-T6j",
    "Behind a norm, any layer clears at most one point of each ray",
    sentence="A layer that reads the normalised vector y, linear or not, writes the same at every multiple of y: if "
    "s y and r y are both cleared then s = r (y not 0).",
    given=[Ne(y, 0), Eq(s * y + layer(y), 0), Eq(r * y + layer(y), 0)],
    show=Eq(s, r),
    proof=_one_radius(r, -1),
    needed=[
        {"d": 1, "y": [[0]], "s": [[0]], "r": [[1]], "f": lambda y: [[0]]},
        {"d": 1, "y": [[1]], "s": [[0]], "r": [[1]], "f": lambda y: [[-1]]},
        {"d": 1, "y": [[1]], "s": [[1]], "r": [[0]], "f": lambda y: [[-1]]},
    ],
    also=("TH-27",),
)


def _that_radius(p: Proof) -> Theorem:
    one, two = p.goal[1]
    normalised = p.facts[0]

    def cleared_there(q: Proof) -> Theorem:
        return q.combine(q.goal, (normalised, -1), (q.facts[-1], y))

    return rules.conjoin([p.suppose(one[1], _one_radius(g, 1), one[2]), p.suppose(two[1], cleared_there, two[2])])


claim(
    "VW-T6i",
    "Behind RMSNorm a layer that undoes what it reads clears exactly at one norm of the stream",
    sentence="If x = s y, with s the norm's scale, a layer that writes -g y clears x exactly when s = g (y not 0): V W"
    " = -g I on the normalised vector clears the sphere of that radius only.",
    given=[Eq(s * y, x), Ne(y, 0)],
    show=Iff(Eq(x - g * y, 0), Eq(s, g)),
    proof=_that_radius,
    needed=[
        {"d": 1, "y": [[1]], "x": [[1]], "s": [[0]], "g": [[1]]},
        {"d": 1, "y": [[0]], "x": [[0]], "s": [[0]], "g": [[1]]},
    ],
)

# ---------------------------------------------------------------- efficiency (VW-L11)
w_in, w_out = vector("w_in", d), vector("w_out", d)
p_in, p_out, e, alpha = scalars("p_in p_out e alpha")
_norms = [
    p_in > 0,
    p_out > 0,
    Eq(p_in * p_in, norm2(w_in)),
    Eq(p_out * p_out, norm2(w_out)),
    Eq(e * p_in * p_out, -inner(w_in, w_out)),
]


def _most_efficient(p: Proof) -> Theorem:
    """|p_out w_in + p_in w_out|^2 = 2 (p_in p_out)^2 (1 - e)."""
    in_positive, out_positive, in_length, out_length, efficiency = p.facts
    size = p_in * p_out
    both = p_out * w_in + p_in * w_out
    p.product(in_positive, out_positive)
    t = p.reciprocal(size)
    inverse, minus, half = p.facts[-1], number(-1), number(Fraction(1, 2))
    one = add(multiply(p.term(size), t), number(1))  # 2, but t times size - 1 = 0 gives its square
    length = p.combine(
        Eq(norm2(both), 2 * size * size * (1 - e)),
        *((in_length, -p_out * p_out), (out_length, -p_in * p_in), (efficiency, 2 * size)),
    )
    at_most, flat, antiparallel = p.goal[1]
    rest = (scale(scale(minus, half), multiply(t, t)), length), (scale(one, p.term(e - 1)), inverse)
    bound = p.weighted(at_most, (Fraction(1, 2), scale(t, p.term(both))), *rest)

    def parallel(q: Proof) -> Theorem:
        nothing = q.combine(Eq(norm2(both), 0), (length,), (q.facts[-1], -2 * size * size))
        return q.square_is_zero(both, using=[nothing])

    def attained(q: Proof) -> Theorem:
        """e = alpha p_in^2 / (p_in p_out) is not negative, and its square is 1; so 1 <= e as e - 1 = e (1 - e)."""
        positive, opposite = q.facts[-2:]
        value = multiply(q.term(alpha * p_in * p_in), t)
        known = q.combine(
            equal(q.term(e), value),
            *((inverse, -e), (efficiency, t), (in_length, scale(minus, multiply(t, q.term(alpha))))),
            (opposite, scale(scale(minus, t), q.term(w_in.T))),
        )
        ratio = q.combine(
            Eq(p_out * p_out, alpha * alpha * p_in * p_in),
            *((out_length,), (in_length, -alpha * alpha), (opposite, w_out.T - alpha * w_in.T)),
        )
        scaled = scale(minus, multiply(multiply(t, t), q.term(p_in * p_in)))
        square = q.combine(Eq(e * e, 1), (known, add(q.term(e), value)), (ratio, scaled), (inverse, one))
        factors = positive, in_positive, in_positive, in_positive, out_positive, t
        at_least = q.weighted(e >= 0, (1, *factors), (1, known), (scale(minus, value), inverse))
        return q.squeeze(q.weighted(e >= 1, (1, at_least, bound), (1, square)), bound)

    steps = [p.suppose(g[1], script, g[2]) for g, script in ((flat, parallel), (antiparallel, attained))]
    return rules.conjoin([bound, *steps])


_line = {"d": 1, "w_in": [[1]], "w_out": [[-1]], "p_in": [[1]], "p_out": [[1]], "e": [[1]], "alpha": [[1]]}

claim(
    "VW-L11",
    "Clearing efficiency, minus the cosine of read and write, is largest for antiparallel weights",
    sentence="e = -<w_in, w_out> / (|w_in| |w_out|) is at most 1; it is 1 if w_out = -alpha w_in with alpha > 0, and "
    "only then (alpha is |w_out| / |w_in|).",
    wrong="As Cauchy-Schwarz it is true, but it is blind to scale: efficiency 1 can mean amplifying (VW-L11c) "
    "and exact clearing can have any positive efficiency (VW-L11d).",
    given=_norms,
    show=And(
        e <= 1,
        Implies(Eq(e, 1), Eq(p_in * w_out, -p_out * w_in)),
        Implies(And(alpha > 0, Eq(w_out, -alpha * w_in)), Eq(e, 1)),
    ),
    proof=_most_efficient,
    needed=[
        {**_line, "w_in": [[0]], "p_in": [[0]], "e": [[2]]},
        {**_line, "w_out": [[0]], "p_out": [[0]], "e": [[2]]},
        {**_line, "w_in": [[2]], "e": [[2]]},
        {**_line, "w_out": [[-2]], "e": [[2]]},
        {**_line, "e": [[2]]},
    ],
    attained=_line,
)


def _exactly_when(p: Proof) -> Theorem:
    """What is left along w_in is (1 + <w_in, w_out>) (w_in'x)."""
    one, two = p.goal[1]
    heard = w_in.T * x

    def at_itself(q: Proof) -> Theorem:
        nothing, t = q.facts[-1], q.reciprocal(heard)
        return q.combine(q.goal, (nothing, t), (q.facts[-1], -1 - inner(w_in, w_out)))

    exact = p.suppose(one[1], lambda q: q.combine(q.goal, (q.facts[-1], heard)), one[2])
    return rules.conjoin([exact, p.suppose(two[1], at_itself, two[2])])


claim(
    "VW-L11a",
    "A neuron clears its direction exactly when <w_in, w_out> = -1",
    sentence="Of any x that the neuron reads (w_in'x is not 0), x + w_out (w_in'x) has nothing left along w_in if and "
    "only if <w_in, w_out> = -1.",
    given=[Ne(w_in.T * x, 0)],
    show=Iff(Eq(inner(w_in, w_out), -1), Eq(w_in.T * (x + w_out * (w_in.T * x)), 0)),
    proof=_exactly_when,
    needed=[{"d": 1, "w_in": [[0]], "w_out": [[0]], "x": [[0]]}],
    also=("VW-T6", "TH-27"),
)


S = matrix("S", m, m)
pseudo = W.T * S
_one = {"d": 1, "m": 1, "W": [[1]], "V": [[1]], "S": [[1]]}


def _least_norm(p: Proof) -> Theorem:
    gap, bound, only = p.goal[1]
    known = p.ideal(gap)

    def same(q: Proof) -> Theorem:
        nothing = q.combine(Eq(norm2(V - pseudo), 0), (q.facts[-1],), (known, -1))
        return q.square_is_zero(V - pseudo, using=[nothing])

    return rules.conjoin([known, p.weighted(bound, (1, V - pseudo), (1, known)), p.suppose(only[1], same, only[2])])


claim(
    "VW-L11e",
    "The shortest write that clears what a layer reads is the Moore-Penrose inverse of the read",
    sentence="If W V = I then |V|^2 exceeds |W^+|^2 by |V - W^+|^2, for W^+ = W' (W W')^-1, so W^+ is the one exact "
    "clearer of least Frobenius norm. S is the inverse of W W'.",
    given=[Eq(W * V, I_m), Eq(W * W.T * S, I_m)],
    show=And(
        Eq(norm2(V) - norm2(pseudo), norm2(V - pseudo)),
        norm2(pseudo) <= norm2(V),
        Implies(Eq(norm2(V), norm2(pseudo)), Eq(V, pseudo)),
    ),
    proof=_least_norm,
    needed=[{**_one, "V": [[0]]}, {**_one, "S": [[2]]}],
    attained=_one,
    also=("TH-27",),
)


def _orthogonal(p: Proof) -> Theorem:
    exact, inverse = p.facts
    one, two = p.goal[1]

    def shortest(q: Proof) -> Theorem:
        return q.combine(q.goal, (inverse, -V), (q.facts[-1], -1, pseudo), (q.flip(exact), W.T, S))

    def symmetric(q: Proof) -> Theorem:
        same = q.facts[-1]
        return q.combine(
            q.goal, (q.flip(same), W.T), (same, -1, W), (inverse, -W.T * S.T, W), (q.flip(inverse), W.T, S * W)
        )

    return rules.conjoin([p.suppose(one[1], shortest, one[2]), p.suppose(two[1], symmetric, two[2])])


claim(
    "VW-L11f",
    "Clearing is an orthogonal projection exactly when the write is the Moore-Penrose inverse of the read",
    sentence="Among all V with W V = I, the projection V W is symmetric for V = W^+ and oblique for every other V.",
    given=[Eq(W * V, I_m), Eq(W * W.T * S, I_m)],
    show=Iff(Eq((V * W).T, V * W), Eq(V, pseudo)),
    proof=_orthogonal,
    needed=[{**_one, "V": [[0]]}, {**_one, "S": [[0]]}],
    also=("TH-27",),
)

claim(
    "VW-L11g",
    "To clear is to project orthogonally",
    sentence="If W V = I then V W is an orthogonal projection, that is, symmetric.",
    wrong="V W is a projection along whatever complement W has as its kernel; it is orthogonal for one V only (VW-L11f)"
    ". An oblique clearer removes the direction that it reads and moves the rest of the stream meanwhile.",
    given=[Eq(W * V, I_m)],
    show=Eq((V * W).T, V * W),
    witness={"d": 2, "m": 1, "W": [[1, 0]], "V": [[1], [1]]},
)


def _antiparallel(p: Proof) -> Theorem:
    unit, exact = p.facts
    gap, bound, lengths, symmetries = p.goal[1]
    longer = w_out + s * w_in
    known = p.combine(gap, (exact, -2 * s), (unit, -s))

    def shortest(q: Proof) -> Theorem:
        nothing = q.combine(Eq(norm2(longer), 0), (q.facts[-1],), (known, -1))
        return q.square_is_zero(longer, using=[nothing])

    def at_length(q: Proof) -> Theorem:
        return q.combine(q.goal, (q.facts[-1], w_out.T), (exact, -s))

    def symmetric(q: Proof) -> Theorem:
        return q.combine(q.goal, (q.facts[-1], -s, w_in), (exact, s * w_in), (unit, -w_out))

    def back(q: Proof) -> Theorem:
        same = q.facts[-1]
        return q.combine(q.goal, (q.flip(same), w_in), (same, -1, w_in.T))

    ways = zip((*lengths[1], *symmetries[1]), (shortest, at_length, symmetric, back), strict=True)
    steps = [p.suppose(g[1], script, g[2]) for g, script in ways]
    first = known, p.weighted(bound, (1, longer), (1, known))
    return rules.conjoin([*first, rules.conjoin(steps[:2]), rules.conjoin(steps[2:])])


claim(
    "VW-L11b",
    "Among all exact clearers the antiparallel write is the shortest, and the only orthogonal projection",
    sentence="If <w_in, w_out> = -1 then |w_out|^2 >= 1/|w_in|^2 =: s; equality means w_out = -s w_in, and so does "
    "symmetry of I + w_out w_in'.",
    given=[Eq(s * norm2(w_in), 1), Eq(inner(w_in, w_out), -1)],
    show=And(
        Eq(norm2(w_out) - s, norm2(w_out + s * w_in)),
        s <= norm2(w_out),
        Iff(Eq(norm2(w_out), s), Eq(w_out, -s * w_in)),
        Iff(Eq((w_out * w_in.T).T, w_out * w_in.T), Eq(w_out, -s * w_in)),
    ),
    proof=_antiparallel,
    needed=[
        {"d": 1, "w_in": [[1]], "w_out": [[-1]], "s": [[2]]},
        {"d": 1, "w_in": [[1]], "w_out": [[0]], "s": [[1]]},
    ],
    attained={"d": 1, "w_in": [[1]], "w_out": [[-1]], "s": [[1]]},
    also=("TH-27",),
)

claim(
    "VW-L11c",
    "Efficiency 1 clears",
    sentence="If the efficiency is 1, nothing is left along w_in.",
    wrong="The efficiency ignores lengths: w_in = 1, w_out = -3 has efficiency 1 and sends x to -2 x. Compare "
    "<w_in, w_out> with -1 instead.",
    given=[*_norms, Eq(e, 1)],
    show=Eq(w_in.T * (x + w_out * (w_in.T * x)), 0),
    witness={"d": 1, "w_in": [[1]], "w_out": [[-3]], "p_in": [[1]], "p_out": [[3]], "e": [[1]], "x": [[1]]},
    also=("VW-U10",),
)

claim(
    "VW-L11d",
    "Clearing needs efficiency 1",
    sentence="If the neuron clears its direction exactly, its squared efficiency E is 1.",
    wrong="Oblique clearers are exact too: w_in = (1, 1), w_out = (-1, 0) clears with squared efficiency 1/2.",
    given=[Eq(inner(w_in, w_out), -1), Eq(e * norm2(w_in) * norm2(w_out), inner(w_in, w_out) ** 2)],
    show=Eq(e, 1),
    witness={"d": 2, "w_in": [[1], [1]], "w_out": [[-1], [0]], "e": [["1/2"]]},
)
