"""Does a residual layer lose information (RS-U2)? When x -> x + F(x) is injective, whatever the nonlinearity."""

from __future__ import annotations

from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.props import Prop as KernelProp
from ..kernel.props import equal
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import add, multiply, number, scale, squared_norm, transpose
from ..provers.proof import FALSE, Proof
from ..statement import And, Eq, Identity, dims, matrix, norm2, opaque, scalars, vector
from .shelf import claim

d, m = dims("d m")
I, I_m = Identity(d), Identity(m)
W, V, T = matrix("W", m, d), matrix("V", d, m), matrix("T", d, d)
x, x1, x2 = (vector(name, d) for name in ("x", "x1", "x2"))
F = opaque("F", d, d)
phi = opaque("phi", m, m)

claim(
    "RS-U2",
    "Residual connections guarantee that the original information is not lost",
    sentence="Read as: x can be recovered from x + F(x), whatever the sublayer F.",
    wrong="The sublayer may write -x, or any other function that sends two streams to one sum: with F(x) = -x nothing "
    "is left. What a residual layer keeps has to be read off its weights.",
    given=[Eq(x1 + F(x1), x2 + F(x2))],
    show=Eq(x1, x2),
    witness={"d": 1, "x1": [[0]], "x2": [[1]], "F": lambda x: [[-row[0]] for row in x]},
)


def _line(**values: int) -> dict[str, Any]:
    """An instance with one dimension."""
    return {"d": 1, **{name: [[value]] for name, value in values.items()}}


q, s1, s2 = scalars("q s1 s2")
y1, y2 = vector("y1", d), vector("y2", d)

claim(
    "RS-U2b",
    "A linear layer behind RMSNorm loses nothing",
    sentence="x -> x + T RMS(x) takes different values at different x.",
    wrong="The norm keeps the direction only, so T = -1 removes it: the write of a pre-norm layer has one length, and "
    "on the sphere of that radius it can erase the stream.",
    given=[
        Eq(q * d, 1),
        s1 > 0,
        s2 > 0,
        Eq(s1 * s1, q * norm2(x1)),
        Eq(s2 * s2, q * norm2(x2)),
        Eq(s1 * y1, x1),
        Eq(s2 * y2, x2),
        Eq(x1 + T * y1, x2 + T * y2),
    ],
    show=Eq(x1, x2),
    witness={
        "d": 1,
        "T": [[-1]],
        **{name: [[1]] for name in ("q", "s1", "s2", "x1", "y1")},
        "x2": [[-1]],
        "y2": [[-1]],
    },
)

# ---------------------------------------------------------------- any nonlinearity (TH-11, TH-12)
z1, z2 = vector("z1", m), vector("z2", m)
B = matrix("B", d, m)
start = B * z1
end = start + V * (phi(z1) - phi(z2))


def _lift_collision(p: Proof) -> Theorem:
    onto, meet = p.facts
    first, second, same = p.goal[1]
    reads = [p.combine(first, (onto, None, z1)), p.combine(second, (onto, None, z1), (meet,))]
    at = [
        rules.congruence(read, p.term(W * x), p.term(z), phi.decl)
        for read, x, z in zip(reads, (start, end), (z1, z2), strict=True)
    ]
    return rules.conjoin([*reads, p.combine(same, (at[0], V), (at[1], -V))])


claim(
    "RS-U2c",
    "For independent reads, a collision in the hidden units is a collision in the stream",
    sentence="If W is onto (W B = I) and z -> z + W V phi(z) takes one value at z1 and z2, then x -> x + V phi(W x) "
    "takes one value at two streams that are read as z1 and z2. With VW-L4f: a layer is injective exactly when what "
    "it does to its own reads is.",
    given=[Eq(W * B, I_m), Eq(z1 + W * V * phi(z1), z2 + W * V * phi(z2))],
    show=And(Eq(W * start, z1), Eq(W * end, z2), Eq(start + V * phi(W * start), end + V * phi(W * end))),
    proof=_lift_collision,
    needed=[
        {"d": 1, "m": 1, "W": [[0]], "V": [[0]], "B": [[0]], "z1": [[1]], "z2": [[1]], "phi": lambda z: z},
        {"d": 1, "m": 1, "W": [[1]], "V": [[0]], "B": [[1]], "z1": [[0]], "z2": [[1]], "phi": lambda z: z},
    ],
    also=("TH-11",),
)

backward, forward = x - V * phi(W * x), x + V * phi(W * x)


def _blind(p: Proof) -> Theorem:
    parts = []
    for goal, end, sign in zip(p.goal[1], (forward, backward), (1, -1), strict=True):
        unread = p.combine(Eq(W * end, W * x), (p.facts[0], None, sign * phi(W * x)))
        same = rules.congruence(unread, p.term(W * end), p.term(W * x), phi.decl)
        parts.append(p.combine(goal, (same, -sign * V)))
    return rules.conjoin(parts)


claim(
    "RS-U2h",
    "A layer that does not read what it writes is invertible: subtract its write again",
    sentence="If W V = 0 then x -> x + V phi(W x) and x -> x - V phi(W x) undo each other, for every phi whatever.",
    given=[Eq(W * V, 0)],
    show=And(Eq(forward - V * phi(W * forward), x), Eq(backward + V * phi(W * backward), x)),
    proof=_blind,
    needed=[{"d": 1, "m": 1, "W": [[1]], "V": [[1]], "x": [[1]], "phi": lambda z: z}],
    also=("TH-12",),
)

claim(
    "RS-U2m",
    "The stream can be recovered from the sum and the write together",
    sentence="x is what is left of x + F(x) when F(x) is known too: the sum alone is what may lose it.",
    show=Eq((x + F(x)) - F(x), x),
    proof=ideal,
)

# ---------------------------------------------------------------- small layers (TH-13)
c = scalars("c")
gap, written = vector("u", d), vector("e", d)  # of two streams: their difference, and that of what F writes
lipschitz = norm2(written) <= c * c * norm2(gap)


def _bi_lipschitz(p: Proof) -> Theorem:
    """c (|D + E|^2 - (1 - c)^2 |D|^2) = |c D + E|^2 + (1 - c)(c^2 |D|^2 - |E|^2), and the same for -c."""
    low, high = p.goal[1]
    least, most, bound = p.facts
    more = rules.order(p.prop(0 <= 1 + c), [least], [Summand(1, (0,)), Summand(1)])

    def positive(p: Proof) -> Theorem:
        above, t = p.facts[-1], p.reciprocal(c)
        inverse, scale_c = p.facts[-1], p.term(c)

        def distance(goal: KernelProp, sign: int, room: Theorem) -> Theorem:
            square = add(scale(scale_c, p.term(gap)), p.term(written), sign)
            parts = [Summand(1, (0,), (t, square)), Summand(1, (0, 1, 2), (t,))]  # as c t t = t
            rest = multiply(goal[1], add(number(-1), multiply(scale_c, t), -1))
            return rules.order(goal, [above, room, bound, inverse], parts, [(3, rest)])

        return rules.conjoin([distance(low, 1, most), distance(high, -1, more)])

    def constant(p: Proof) -> Theorem:
        nothing = p.squeeze(least, p.facts[-1])
        still = rules.order(
            p.prop(norm2(written) <= 0), [bound, nothing], [Summand(1, (0,))], [(1, p.term(-c * norm2(gap)))]
        )
        none, u = rules.null(still, p.term(written)), p.term(gap)
        length, whole = squared_norm(u), transpose(p.term(2 * gap + written))
        parts = []
        for goal, sign in ((low, 1), (high, -1)):
            factor = multiply(length, p.term(2 - sign * c))
            same = p.combine(equal(goal[1], number(0)), (none, scale(number(sign), whole)), (nothing, factor))
            parts.append(rules.order(goal, [same], (), [(0, number(1))]))
        return rules.conjoin(parts)

    return p.cases(c > 0, positive, constant)


claim(
    "RS-U2k",
    "A layer with Lipschitz constant c <= 1 changes distances by a factor between 1 - c and 1 + c",
    sentence="For two streams with difference u, behind which F writes vectors with difference e, |e| <= c |u| gives "
    "(1 - c) |u| <= |u + e| <= (1 + c) |u| (stated with squares).",
    given=[0 <= c, c <= 1, lipschitz],
    show=And((1 - c) ** 2 * norm2(gap) <= norm2(gap + written), norm2(gap + written) <= (1 + c) ** 2 * norm2(gap)),
    proof=_bi_lipschitz,
    needed=[
        _line(u=1, e=0, c=-1),
        _line(u=1, e=-1, c=2),
        _line(u=1, e=-1, c=0),
    ],
    attained=[_line(u=1, e=-1, c=1), _line(u=1, e=1, c=1)],
    also=("TH-13",),
)


def _contracting(p: Proof) -> Theorem:
    small, less, same = p.facts
    length = p.combine(Eq(norm2(written), norm2(gap)), (same, (written - gap).T))

    def apart(p: Proof) -> Theorem:
        parts = [Summand(1, (0,)), Summand(1, (1, 2))]
        return p.impossible(rules.order(FALSE, [small, less, p.facts[-1], length], parts, [(3, number(1))]))

    def together(p: Proof) -> Theorem:
        return rules.null(p.facts[-1], p.term(gap))

    return p.cases(norm2(gap) > 0, apart, together)


claim(
    "RS-U2l",
    "A contracting layer loses nothing",
    sentence="If |e|^2 <= c |u|^2 with c < 1, then u + e = 0 for u = 0 only: two streams with one image are one.",
    given=[norm2(written) <= c * norm2(gap), c < 1, Eq(gap + written, 0)],
    show=Eq(gap, 0),
    proof=_contracting,
    needed=[_line(u=1, e=-1, c=0), _line(u=1, e=-1, c=1), _line(u=1, e=0, c=0)],
    also=("TH-13",),
)
