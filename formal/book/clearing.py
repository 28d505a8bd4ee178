"""What it takes to clear a direction of the stream (VW-T6, L11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.props import equal
from ..kernel.rules import Theorem
from ..kernel.terms import add, number, scale, squared_norm
from ..provers.instances import at_instance
from ..provers.proof import Proof, Script
from ..statement import (
    And,
    Eq,
    Expression,
    ForAll,
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
    n, target = p.term(norm2(x)), p.term(norm2(M) * norm2(x) - norm2(M * x))
    spread = M * (norm2(x) * I - x * x.T)

    def positive(q: Proof) -> Theorem:
        t = q.reciprocal(norm2(x))
        square = q.ideal(equal(q.term(norm2(spread)), scale(n, target)), ())
        q.add(square)
        scaled = scale(t, q.term(spread))
        q.add(q.ideal(equal(target, scale(n, squared_norm(scaled)))))
        return q.order(squares=[scaled])

    def vanishing(q: Proof) -> Theorem:
        gone = rules.null(q.facts[-1], q.term(x))
        q.facts = [gone]
        return q.order(rewrite=True)

    return p.cases(norm2(x) > 0, positive, vanishing)


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


def _one_radius(radius: Expression) -> Script:
    """The two are equal, as their difference times y is 0 and y is not."""

    def script(p: Proof) -> Theorem:
        not_zero = p.fact(Ne(y, 0))

        def other(q: Proof) -> Theorem:
            q.reciprocal(s - radius)
            return rules.absurd(q.ideal(equal(q.term(y), q.term(0 * y))), not_zero, q.goal)

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
    proof=_one_radius(r),
    needed=[
        {"d": 1, "y": [[0]], "s": [[0]], "r": [[1]], "f": lambda y: [[0]]},
        {"d": 1, "y": [[1]], "s": [[0]], "r": [[1]], "f": lambda y: [[-1]]},
        {"d": 1, "y": [[1]], "s": [[1]], "r": [[0]], "f": lambda y: [[-1]]},
    ],
    also=("TH-27",),
)


def _that_radius(p: Proof) -> Theorem:
    one, two = p.goal[1]
    return rules.conjoin([p.suppose(one[1], _one_radius(g), one[2]), p.suppose(two[1], ideal, two[2])])


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
    """|w_in / p_in + w_out / p_out|^2 = 2 - 2 e."""
    t, r = p.reciprocal(p_in), p.reciprocal(p_out)
    inverses = [p.fact(equal(scale(p.term(n), by), number(1))) for n, by in ((p_in, t), (p_out, r))]
    both = add(scale(t, p.term(w_in)), scale(r, p.term(w_out)))
    length = p.have(equal(squared_norm(both), p.term(2 - 2 * e)), using=[*inverses, *_norms[2:]])
    at_most, one, two = p.goal[1]

    def antiparallel(q: Proof) -> Theorem:
        q.facts = [q.ideal(equal(squared_norm(both), number(0)), [length, q.facts[-1]])]
        flat = q.square_is_zero(both)
        return q.ideal(facts=[flat, *inverses])

    def attained(q: Proof) -> Theorem:
        parallel = q.facts[-1]
        products = [q.multiply(parallel, left=w.T) for w in (w_in, w_out)]
        squares = q.have(Eq(p_out * p_out, alpha * alpha * p_in * p_in), using=[*products, *_norms[2:4]])
        q.have(p_out + alpha * p_in > 0, lambda g: g.order(products=2))
        by = q.reciprocal(p_out + alpha * p_in)
        inverse = q.fact(equal(scale(q.term(p_out + alpha * p_in), by), number(1)))
        split = [q.multiply(squares, left=by), q.multiply(inverse, left=p_out - alpha * p_in)]
        same = q.have(Eq(p_out, alpha * p_in), using=split)
        q.have(Eq((e - 1) * p_in * p_out, 0), using=[products[0], same, _norms[2], _norms[4]])
        return q.ideal(facts=[q.multiply(q.facts[-1], left=scale(t, r)), *inverses])

    return rules.conjoin(
        [
            p.prove(at_most, lambda q: q.order(squares=[both])),
            p.suppose(one[1], antiparallel, one[2]),
            p.suppose(two[1], attained, two[2]),
        ]
    )


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


def _exactly_when(reads: Expression) -> Script:
    """A condition on a neuron, if and only if it clears every x; for "only if", take what the neuron reads as x."""

    def script(p: Proof) -> Theorem:
        def at_itself(q: Proof) -> Theorem:
            q.add(q.at(q.facts[-1], reads))
            q.reciprocal(norm2(reads))
            return q.ideal()

        one, two = p.goal[1]
        return rules.conjoin([p.suppose(one[1], ideal, one[2]), p.suppose(two[1], at_itself, two[2])])

    return script


claim(
    "VW-L11a",
    "A neuron clears its direction exactly when <w_in, w_out> = -1",
    sentence="x + w_out (w_in'x) has nothing left along w_in, for every x, if and only if <w_in, w_out> = -1.",
    given=[norm2(w_in) > 0],
    show=Iff(Eq(inner(w_in, w_out), -1), ForAll(x, Eq(w_in.T * (x + w_out * (w_in.T * x)), 0))),
    proof=_exactly_when(w_in),
    needed=[at_instance({"d": 1, "w_in": 0, "w_out": 0})],
    also=("VW-T6", "TH-27"),
)


S = matrix("S", m, m)
pseudo = W.T * S
_one = {"d": 1, "m": 1, "W": [[1]], "V": [[1]], "S": [[1]]}


def _least_norm(p: Proof) -> Theorem:
    gap, bound, only = p.goal[1]
    p.add(p.ideal(gap))
    p.facts = [p.facts[-1]]
    shorter = p.order(bound, squares=[V - pseudo])

    def same(q: Proof) -> Theorem:
        none = q.ideal(equal(q.term(norm2(V - pseudo)), number(0)))
        q.facts = [none]
        q.square_is_zero(V - pseudo)
        return q.ideal()

    return rules.conjoin([p.facts[0], shorter, p.suppose(only[1], same, only[2])])


least_norm = claim(
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

orthogonal = claim(
    "VW-L11f",
    "Clearing is an orthogonal projection exactly when the write is the Moore-Penrose inverse of the read",
    sentence="Among all V with W V = I, the projection V W is symmetric for V = W^+ and oblique for every other V.",
    given=[Eq(W * V, I_m), Eq(W * W.T * S, I_m)],
    show=Iff(Eq((V * W).T, V * W), Eq(V, pseudo)),
    proof=ideal,
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
    unit = p.fact(Eq(s * norm2(w_in), 1))
    same = p.have(Eq(s * s * norm2(w_in), s), using=[unit])
    least = cite(p, least_norm, {"m": 1}, W=w_in.T, V=-w_out, S=s)
    exact = cite(p, orthogonal, {"m": 1}, W=w_in.T, V=-w_out, S=s)
    gap, bound, shortest = (rules.part(least, i) for i in range(3))
    symmetric, back = (rules.part(exact, i) for i in range(2))

    def by(known: Theorem) -> Script:
        def script(q: Proof) -> Theorem:
            q.facts = [same, q.facts[-1]]
            return q.ideal(facts=[q.detach(known), unit])

        return script

    def at_length(q: Proof) -> Theorem:
        return q.ideal(facts=[q.multiply(q.facts[-1], left=w_out.T), q.fact(Eq(inner(w_in, w_out), -1))])

    lengths, symmetries = p.goal[1][2:]
    ways = zip((*lengths[1], *symmetries[1]), (shortest, None, symmetric, back), strict=True)
    steps = [p.suppose(g[1], by(th) if th else at_length, g[2]) for g, th in ways]
    p.facts = [gap, bound, same]
    first = [p.prove(g) for g in p.goal[1][:2]]
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
