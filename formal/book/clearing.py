"""Memory management (VW-T6, L11, T7): what it takes to clear a direction of the stream."""

from __future__ import annotations

from ..claims import ideal
from ..kernel import rules
from ..kernel.props import at_least, equal, greater
from ..kernel.rules import Theorem
from ..kernel.terms import add, multiply, number, scale, squared_norm
from ..provers.proof import Proof, Script, auto
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Eq,
    Exists,
    Expression,
    ForAll,
    Identity,
    Iff,
    Implies,
    Ne,
    Not,
    Or,
    dims,
    inner,
    matrix,
    norm2,
    scalars,
    vector,
)
from .gauge import RELU, relu
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
)

B = matrix("B", d, m)

claim(
    "VW-T6b",
    "..and only then, for independent reads",
    sentence="If W has a right inverse B and W (I - V W) = 0 then W V = I.",
    given=[Eq(W * B, I_m), Eq(W * cleared, 0)],
    show=Eq(W * V, I_m),
    proof=ideal,
)

g = scalars("g")

claim(
    "VW-T6c",
    "With gain g the part that is read is scaled by 1 - g",
    sentence="W V = g I gives W (I - V W) = (1 - g) W: gain 2 flips the sign, gain 3 doubles and flips.",
    given=[Eq(W * V, g * I_m)],
    show=Eq(W * cleared, (1 - g) * W),
    proof=ideal,
)

w, v = vector("w", d), vector("v", d)


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
    "VW-T6d",
    "One neuron clears its direction exactly when <w, v> = 1",
    sentence="A linear neuron that reads w'x and subtracts v (w'x) leaves w'x = 0 for every x if and only if <w, "
    "v> = 1 (w not 0).",
    given=[norm2(w) > 0],
    show=Iff(Eq(inner(w, v), 1), ForAll(x, Eq(w.T * (x - v * (w.T * x)), 0))),
    proof=_exactly_when(w),
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
)

a, b = scalars("a b")


def _one_sign(p: Proof) -> Theorem:
    """With w >= 0 the neuron is silent on -1, otherwise on 1."""
    below = p.facts[1]

    def silent_on(value: int) -> Script:
        def script(q: Proof) -> Theorem:
            q.add(q.at(below, value * a))
            return q.ideal()  # 1 = 0, and so anything

        return script

    def contradiction(q: Proof) -> Theorem:
        q.have(Eq(1, 0), lambda r: r.cases(a >= 0, silent_on(-1), silent_on(1)))
        return q.order()

    return p.refute(p.goal[1], contradiction)


claim(
    "VW-T6h",
    "One ReLU neuron cannot clear both signs",
    sentence="No w and v make x - v relu(w x) = 0 for x = 1 and for x = -1.",
    given=RELU,
    show=Not(And(Eq(1 - b * relu(a), 0), Eq(-1 - b * relu(-a), 0))),
    proof=_one_sign,
)

s = scalars("s")
y = vector("y", d)


def _one_radius(p: Proof) -> Theorem:
    not_zero = next(f for f in p.facts if f.conclusion.kind == "not")

    def other(q: Proof) -> Theorem:
        q.reciprocal(s - 1)
        return rules.absurd(q.ideal(equal(q.term(y), q.term(0 * y))), not_zero, q.goal)

    return p.cases(Eq(s, 1), lambda q: q.facts[-1], other)


claim(
    "VW-T6i",
    "Behind RMSNorm a layer clears exactly at one norm of the stream",
    sentence="If x = s y, with s the norm's scale, and x - y = 0 then s = 1 (y not 0): V W = -I on the normalised "
    "vector clears the sphere of that radius only.",
    given=[Eq(s * y, x), Ne(y, 0), Eq(x - y, 0)],
    show=Eq(s, 1),
    proof=_one_radius,
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
    inverses = [equal(scale(p.term(n), by), number(1)) for n, by in ((p_in, t), (p_out, r))]
    both = add(scale(t, p.term(w_in)), scale(r, p.term(w_out)))
    length = p.have(equal(squared_norm(both), p.term(2 - 2 * e)))
    at_most, one, two = p.goal[1]

    def antiparallel(q: Proof) -> Theorem:
        q.add(q.ideal(equal(squared_norm(both), number(0)), [length, q.facts[-1]]))
        flat = q.add(rules.null(q.order(at_least(number(0), squared_norm(both))), both))
        value = scale(t, q.term(p_out))
        q.add(q.ideal(equal(q.term(w_out), scale(value, q.term(-w_in))), [flat, *map(q.fact, inverses)]))
        undone = q.add(q.ideal(equal(scale(value, q.term(p_in)), q.term(p_out)), [q.fact(inverses[0])]))

        def positive(g: Proof) -> Theorem:
            g.facts = [undone, g.fact(p_in > 0), g.fact(p_out > 0)]
            return g.cases(g.goal, auto, lambda h: h.impossible(products=2))

        return introduce_all(
            q, q.goal, [value], lambda g: rules.conjoin([g.prove(g.goal[1][0], positive), g.prove(g.goal[1][1])])
        )

    def attained(q: Proof) -> Theorem:
        factor, parallel = q.values[-1], q.facts[-1]
        products = [q.multiply(parallel, left=w.T) for w in (w_in, w_out)]
        squares = q.have(
            equal(q.term(p_out * p_out), scale(multiply(factor, factor), q.term(p_in * p_in))),
            using=[*products, *_norms[2:4]],
        )
        total = add(q.term(p_out), scale(factor, q.term(p_in)))
        q.have(greater(total, number(0)), lambda g: g.order(products=2))
        by = q.reciprocal(total)
        same = equal(q.term(p_out), scale(factor, q.term(p_in)))
        shorter = q.have(same, using=[squares, equal(scale(total, by), number(1))])
        return q.ideal(facts=[products[0], shorter, *map(q.fact, (_norms[2], _norms[4], *inverses))])

    return rules.conjoin(
        [
            p.prove(at_most, lambda q: q.order(squares=[both])),
            p.suppose(one[1], antiparallel, one[2]),
            p.suppose(two[1], attained, two[2]),
        ]
    )


_parallel = Exists(alpha, And(alpha > 0, Eq(w_out, -alpha * w_in)))

claim(
    "VW-L11",
    "Clearing efficiency, minus the cosine of read and write, is largest for antiparallel weights",
    sentence="e = -<w_in, w_out> / (|w_in| |w_out|) is at most 1, and 1 exactly when w_out = -alpha w_in with "
    "alpha > 0.",
    wrong="As Cauchy-Schwarz it is true, but it is blind to scale: efficiency 1 can mean amplifying (VW-L11c) "
    "and exact clearing can have any positive efficiency (VW-L11d).",
    given=_norms,
    show=And(e <= 1, Implies(Eq(e, 1), _parallel), Implies(_parallel, Eq(e, 1))),
    proof=_most_efficient,
)


claim(
    "VW-L11a",
    "A neuron clears its direction exactly when <w_in, w_out> = -1",
    sentence="x + w_out (w_in'x) has nothing left along w_in, for every x, if and only if <w_in, w_out> = -1.",
    given=[norm2(w_in) > 0],
    show=Iff(Eq(inner(w_in, w_out), -1), ForAll(x, Eq(w_in.T * (x + w_out * (w_in.T * x)), 0))),
    proof=_exactly_when(w_in),
)


def _shortest(p: Proof) -> Theorem:
    rest = w_out + s * w_in
    gap = p.have(Eq(norm2(w_out) - s, norm2(rest)))
    bound, there, back = p.goal[1]
    known = list(p.facts)
    p.facts = [gap]
    at_least_s = p.order(bound, squares=[rest])
    p.facts = known

    def only(q: Proof) -> Theorem:
        equal_length = q.facts[-1]
        q.add(q.ideal(equal(q.term(norm2(rest)), number(0)), [gap, equal_length]))
        q.facts = [q.facts[-1]]
        q.add(rules.null(q.order(at_least(number(0), q.term(norm2(rest)))), q.term(rest)))
        return q.ideal()

    def reached(q: Proof) -> Theorem:
        q.facts = [q.facts[-1], *known]
        return q.ideal()

    return rules.conjoin([at_least_s, p.suppose(there[1], only, there[2]), p.suppose(back[1], reached, back[2])])


claim(
    "VW-L11b",
    "Among all exact clearers the antiparallel write is the shortest",
    sentence="If <w_in, w_out> = -1 then |w_out|^2 >= 1/|w_in|^2 =: s, and equality means w_out = -s w_in, the "
    "orthogonal projection.",
    given=[Eq(s * norm2(w_in), 1), Eq(inner(w_in, w_out), -1)],
    show=And(
        s <= norm2(w_out),
        Implies(Eq(norm2(w_out), s), Eq(w_out, -s * w_in)),
        Implies(Eq(w_out, -s * w_in), Eq(norm2(w_out), s)),
    ),
    proof=_shortest,
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

# ---------------------------------------------------------------- conditional clearing (VW-T7)
c = scalars("c")
mem = vector("m", d)

claim(
    "VW-T7",
    "y = x + c m clears where c = 1 and m = -x, and keeps x where c = 0",
    sentence="What the printed argument shows: a substitution at the two extremes.",
    show=And(
        Implies(And(Eq(c, 1), Eq(mem, -x)), Eq(x + c * mem, 0)),
        Implies(Eq(c, 0), Eq(x + c * mem, x)),
    ),
    proof=ideal,
)

P = matrix("P", d, d)

claim(
    "VW-T7a",
    "A conditional projection clears a part and leaves the rest alone",
    sentence="With P P = P, y = x - c P x keeps (I - P) x and scales P x by 1 - c.",
    given=[Eq(P * P, P)],
    show=And(Eq((I - P) * (x - c * P * x), (I - P) * x), Eq(P * (x - c * P * x), (1 - c) * P * x)),
    proof=ideal,
)

t, bound = scalars("t b")


def _gate(p: Proof) -> Theorem:
    above, below = p.facts[:2]
    either = next(f for f in p.facts if f.conclusion.kind == "not")

    def off(q: Proof) -> Theorem:
        q.add(q.at(below, t - bound * (1 - c)))
        q.add(q.at(below, -t - bound * (1 - c)))
        return q.ideal()

    def on(q: Proof) -> Theorem:
        def right(r: Proof) -> Theorem:
            r.add(r.at(above, t - bound * (1 - c)))
            r.add(r.at(below, -t - bound * (1 - c)))
            return r.ideal()

        def left(r: Proof) -> Theorem:
            r.add(r.at(below, t - bound * (1 - c)))
            r.add(r.at(above, -t - bound * (1 - c)))
            return r.ideal()

        return q.cases(t >= 0, right, left)

    def neither(q: Proof) -> Theorem:
        no = rules.conjoin([q.facts[-2], q.facts[-1]])
        return rules.absurd(no, either, q.goal)

    return p.cases(Eq(c, 0), off, lambda q: q.cases(Eq(c, 1), on, neither))


claim(
    "VW-T7b",
    "Two ReLU neurons gate a bounded value",
    sentence="relu(t - b(1 - c)) - relu(-t - b(1 - c)) = c t for |t| <= b and c = 0 or 1: conditional clearing can"
    " be built.",
    given=[*RELU, -bound <= t, t <= bound, Or(Eq(c, 0), Eq(c, 1))],
    show=Eq(relu(t - bound * (1 - c)) - relu(-t - bound * (1 - c)), c * t),
    proof=_gate,
)

claim(
    "VW-T7c",
    "Nearly: the error of conditional clearing",
    sentence="x + c m differs from (1 - c) x by c (m + x), so small gate errors and small memory errors add up.",
    show=Eq(x + c * mem - (1 - c) * x, c * (mem + x)),
    proof=ideal,
)
