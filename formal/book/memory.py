"""Memory management (VW-U10, U11, T7): a head, a neuron and a gate, and when each of them clears."""

from __future__ import annotations

from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.props import negation
from ..kernel.rules import Theorem
from ..kernel.terms import scale
from ..provers.instances import at_instance
from ..provers.proof import Proof, Script, auto
from ..statement import (
    And,
    Eq,
    Identity,
    Iff,
    Implies,
    Or,
    dims,
    inner,
    matrix,
    norm2,
    scalars,
    vector,
)
from .clearing import relu_at
from .gauge import RELU, relu
from .shelf import claim

# ---------------------------------------------------------------- negative eigenvalues (VW-U10)
d, m, n = dims("d m n")
u, x, w, v = vector("u", d), vector("x", d), vector("w", d), vector("v", d)
OV = matrix("W_OV", d, d)
a, lam = scalars("a lam")
_eigen = Eq(OV * u, lam * u)

claim(
    "VW-U10",
    "Negative eigenvalues of W_OV delete what lies along them",
    sentence="The pattern read as an inference: if W_OV u = lam u with lam < 0, then a head that attends to its own"
    " position leaves nothing of u.",
    wrong="The sign is not enough, the scale decides: only lam = -1 deletes (VW-U10b). At -2 the direction comes out "
    "with the opposite sign and at full length, so nothing was forgotten.",
    given=[_eigen, lam < 0],
    show=Eq(u + OV * u, 0),
    witness={"d": 1, "W_OV": [[-2]], "u": [[1]], "lam": [[-2]]},
)

claim(
    "VW-U10a",
    "..or at least shrink it",
    sentence="If W_OV u = lam u with lam < 0, then u comes out no longer than it went in.",
    wrong="Below -2 a negative eigenvalue amplifies: at -3 the direction comes out twice as long.",
    given=[_eigen, lam < 0],
    show=norm2(u + OV * u) <= norm2(u),
    witness={"d": 1, "W_OV": [[-3]], "u": [[1]], "lam": [[-3]]},
)

k = a * lam  # the head writes a W_OV u, with a its attention to its own position
_out = u + a * (OV * u)


def _scales(p: Proof) -> Theorem:
    """|u + a W u|^2 - |u|^2 = k (k + 2) |u|^2, and |u|^2 > 0."""
    eigen, positive = p.facts
    growth = p.have(Eq(norm2(_out) - norm2(u), k * (k + 2) * norm2(u)), using=[eigen])
    by = p.reciprocal(norm2(u))
    inverse = p.facts[-1]
    p.facts = [growth]
    erases, shrinks, grows = (part[1] for part in p.goal[1])

    def nothing_left(q: Proof) -> Theorem:
        moved = q.multiply(q.facts[-1], left=scale(by, q.term(u.T)))
        return q.ideal(facts=[moved, q.multiply(eigen, left=scale(by, q.term(u.T))), inverse])

    def outside(then: Script) -> Script:
        """The last fact is h >= 0 (or > 0) for h = k or h = -2 - k, and k (k + 2) = h h + 2 h."""

        def script(q: Proof) -> Theorem:
            h = q.facts.pop()
            q.product(h, h, positive)
            q.product(h, positive)
            return then(q)

        return script

    def between(q: Proof) -> Theorem:
        return rules.conjoin([q.cases(g, auto, outside(Proof.impossible), g) for g in q.goal[1]])

    def inside(q: Proof) -> Theorem:
        q.product(*q.facts[-2:], positive)
        return q.order()

    def longer(q: Proof) -> Theorem:
        out = q.facts.pop()

        def neither(r: Proof) -> Theorem:
            return rules.absurd(rules.conjoin(r.facts[-2:]), out, r.goal)

        bigger = outside(Proof.order)
        return q.cases(-2 <= k, lambda r: r.cases(k <= 0, neither, bigger), bigger)

    steps: list[Script] = [
        nothing_left,
        lambda q: q.ideal(facts=[q.facts[-1], eigen]),
        between,
        inside,
        lambda q: q.refute(negation(q.goal), inside),
        longer,
    ]
    done = [p.suppose(g[1], step, g[2]) for g, step in zip((*erases, *shrinks, *grows), steps, strict=True)]
    return rules.conjoin([rules.conjoin(done[i : i + 2]) for i in (0, 2, 4)])


_unit = {"d": 1, "W_OV": [[0]], "u": [[1]], "a": [[1]], "lam": [[-1]]}

claim(
    "VW-U10b",
    "Frozen attention scales an eigenvector by 1 + a lam: when it deletes, shrinks, amplifies",
    sentence="A head that gives its own position the weight a maps an eigenvector u of W_OV to (1 + a lam) u. It "
    "deletes u exactly when a lam = -1, shrinks it exactly when -2 < a lam < 0, and amplifies it exactly when "
    "a lam < -2 or a lam > 0.",
    given=[_eigen, norm2(u) > 0],
    show=And(
        Iff(Eq(_out, 0), Eq(k, -1)),
        Iff(norm2(_out) < norm2(u), And(-2 < k, k < 0)),
        Iff(norm2(u) < norm2(_out), Or(k < -2, k > 0)),
    ),
    proof=_scales,
    needed=[_unit, {**_unit, "u": [[0]], "lam": [[0]]}],
)


def _at_most_one(p: Proof) -> Theorem:
    p.have(Eq(-1 - lam, (1 - a) * a * lam * lam), using=[Eq(k, -1)])
    return p.order(products=2, squares=[lam])


claim(
    "VW-U10c",
    "A head that deletes must have an eigenvalue of -1 or below",
    sentence="Attention weights lie between 0 and 1, so a lam = -1 needs lam <= -1.",
    given=[a >= 0, a <= 1, Eq(k, -1)],
    show=lam <= -1,
    proof=_at_most_one,
    needed=[
        {"a": [[-1]], "lam": [[1]]},
        {"a": [[2]], "lam": [["-1/2"]]},
        {"a": [[0]], "lam": [[0]]},
    ],
    attained={"a": [[1]], "lam": [[-1]]},
)

A, e, f = matrix("A", n, n), vector("e", n), vector("f", n)
_stream = u * e.T  # u at the position e, nothing anywhere else
_after = _stream + OV * _stream * A.T
_one_place = {"d": 1, "n": 1, "W_OV": [[1]], "u": [[1]], "lam": [[1]], "A": [[1]], "e": [[1]], "f": [[0]]}

claim(
    "VW-U10d",
    "What a head deletes at its own position it copies to every position that attends there",
    sentence="If position e holds u and W_OV u = lam u, then after the head position e holds (1 + A_ee lam) u, and "
    "every other position f has got A_fe lam u: the network forgets u only if nobody else attends to e.",
    given=[_eigen, Eq(norm2(e), 1), Eq(inner(e, f), 0)],
    show=And(
        Eq(_after * e, (1 + lam * (e.T * A * e)) * u),
        Eq(_after * f, lam * (f.T * A * e) * u),
    ),
    proof=ideal,
    needed=[{**_one_place, "lam": [[0]]}, {**_one_place, "e": [[2]]}, {**_one_place, "f": [[1]]}],
)

reads = w.T * x


def _where_it_fires(p: Proof) -> Theorem:
    fires, silent = p.facts
    one, two = p.goal[1]

    def value(known: Theorem) -> Script:
        return lambda q: q.ideal(facts=[q.detach(known)])

    return rules.conjoin([p.suppose(one[1], value(fires), one[2]), p.suppose(two[1], value(silent), two[2])])


_reads_one = {"d": 1, "w": [[1]], "v": [[1]]}

claim(
    "VW-U10e",
    "A ReLU neuron scales what it reads by 1 + <w, v> where it fires, and nothing elsewhere",
    sentence="x + v relu(w'x) reads (1 + <w, v>) w'x if w'x >= 0, and w'x otherwise. So however negative the cosine of "
    "input and output weights, half of the space is never cleared, and the other half only if <w, v> = -1.",
    given=relu_at(reads),
    show=And(
        Implies(reads >= 0, Eq(w.T * (x + v * relu(reads)), (1 + inner(w, v)) * reads)),
        Implies(reads <= 0, Eq(w.T * (x + v * relu(reads)), reads)),
    ),
    proof=_where_it_fires,
    needed=[
        {**_reads_one, "x": [[1]], "relu": lambda t: [[0]]},
        {**_reads_one, "x": [[-1]], "relu": lambda t: t},
    ],
)

# ---------------------------------------------------------------- clearing on a condition (VW-U11, T7)
W, V, I = matrix("W", m, d), matrix("V", d, m), Identity(d)
c = scalars("c")
mem = vector("m", d)

claim(
    "VW-U11",
    "Unconditional memory management",
    sentence="A layer that subtracts V (W x) whatever x is: it clears what it reads always (when it does: VW-T6a).",
    defines=x - V * (W * x),
)

claim(
    "VW-U11a",
    "Conditional memory management",
    sentence="A layer that subtracts c V (W x), with a gate c that depends on the context: 1 clears, 0 keeps.",
    defines=x - c * (V * (W * x)),
)

claim(
    "VW-T7",
    "y = x + c m clears where c = 1 and m = -x, and keeps x where c = 0",
    sentence="What the printed argument shows: a substitution at the two extremes.",
    show=And(
        Implies(And(Eq(c, 1), Eq(mem, -x)), Eq(x + c * mem, 0)),
        Implies(Eq(c, 0), Eq(x + c * mem, x)),
    ),
    proof=ideal,
    also=("VW-U11",),
)

P = matrix("P", d, d)

claim(
    "VW-T7a",
    "A conditional projection clears a part and leaves the rest alone",
    sentence="With P P = P, y = x - c P x keeps (I - P) x and scales P x by 1 - c.",
    given=[Eq(P * P, P)],
    show=And(Eq((I - P) * (x - c * P * x), (I - P) * x), Eq(P * (x - c * P * x), (1 - c) * P * x)),
    proof=ideal,
    needed=[{"d": 1, "P": [[2]], "x": [[1]], "c": [[1]]}],
    also=("VW-U11",),
)

t, bound = scalars("t b")
_within = And(-bound <= t, t <= bound)
_high, _low = t - bound, -t - bound


def _difference_of_two(p: Proof) -> Theorem:
    above, below = p.facts
    passes, stops = p.goal[1]
    p.facts = []

    def values(one: Theorem, other: Theorem, at: Any = t, opposite: Any = -t, then: Script = Proof.ideal) -> Script:
        """What the two neurons say, each on the side on which it is."""

        def script(q: Proof) -> Theorem:
            q.add(q.at(one, at))
            q.add(q.at(other, opposite))
            return then(q)

        return script

    def only(q: Proof) -> Theorem:
        not_zero, not_within = q.facts[-2:]

        def zero(r: Proof) -> Theorem:
            return rules.absurd(r.ideal(not_zero.conclusion[1]), not_zero, r.goal)

        def small(r: Proof) -> Theorem:
            bounds = [r.order(g) for g in not_within.conclusion[1][1]]
            return rules.absurd(rules.conjoin(bounds), not_within, r.goal)

        def side(one: Theorem) -> Script:
            loud = values(one, above, _high, _low, zero if one is above else small)
            return lambda r: r.cases(_low >= 0, loud, values(one, below, _high, _low, small))

        return q.cases(_high >= 0, side(above), side(below))

    def at_zero(q: Proof) -> Theorem:
        return q.congruent(relu, _high, _low)

    def silent(q: Proof) -> Theorem:
        either = q.facts[-2]

        def neither(r: Proof) -> Theorem:
            return rules.absurd(rules.conjoin(r.facts[-2:]), either, r.goal)

        return q.cases(_within, values(below, below, _high, _low), neither)

    one, two = stops[1]
    return rules.conjoin(
        [
            p.cases(t >= 0, values(above, below), values(below, above), passes),
            rules.conjoin(
                [
                    p.suppose(one[1], lambda q: q.refute(negation(q.goal), only), one[2]),
                    p.suppose(two[1], lambda q: q.cases(Eq(t, 0), at_zero, silent), two[2]),
                ]
            ),
        ]
    )


claim(
    "VW-T7b",
    "Two opposite ReLU neurons pass a value on; with a bias b they stop it exactly when it is at most b",
    sentence="relu(t) - relu(-t) = t, and relu(t - b) - relu(-t - b) = 0 exactly when t = 0 or |t| <= b.",
    given=RELU,
    show=And(Eq(relu(t) - relu(-t), t), Iff(Eq(relu(_high), relu(_low)), Or(Eq(t, 0), _within))),
    proof=_difference_of_two,
    needed=[
        at_instance({"t": 1, "b": 1, "relu": lambda t: 0}),
        at_instance({"t": 1, "b": 1, "relu": lambda t: t}),
    ],
    also=("TH-27",),
)


_biased_high, _biased_low = t - bound * (1 - c), -t - bound * (1 - c)


def _gated(p: Proof) -> Theorem:
    high, high_silent, low, low_silent, *_, either = p.facts

    def values(one: Theorem, other: Theorem) -> Script:
        return lambda q: q.ideal(facts=[q.facts[-1], switch(q), q.detach(one), q.detach(other)])

    def switch(q: Proof) -> Theorem:
        return next(f for f in reversed(q.facts) if f.conclusion.kind == "zero")

    def neither(q: Proof) -> Theorem:
        return rules.absurd(rules.conjoin(q.facts[-2:]), either, q.goal)

    def is_open(q: Proof) -> Theorem:
        return q.cases(t >= 0, values(high, low_silent), values(high_silent, low))

    shut = values(high_silent, low_silent)
    return p.cases(Eq(c, 0), shut, lambda q: q.cases(Eq(c, 1), is_open, neither))


def _gate(**values: Any) -> dict[str, Any]:
    """An instance where ReLU has other values at the points that are given."""
    wrong = values.pop("wrong", {})
    scalars = {name: [[value]] for name, value in {"t": 1, "b": 1, "c": 1, **values}.items()}
    return {**scalars, "relu": lambda t: [[wrong.get(t[0][0], max(t[0][0], 0))]]}


claim(
    "VW-T7d",
    "Two ReLU neurons clear on condition",
    sentence="relu(t - b(1 - c)) - relu(-t - b(1 - c)) = c t for |t| <= b and c = 0 or 1: written with -v, the part t "
    "that was read is cleared where the gate c is 1 and kept where it is 0.",
    given=[
        *relu_at(_biased_high),
        *relu_at(_biased_low),
        -bound <= t,
        t <= bound,
        Or(Eq(c, 0), Eq(c, 1)),
    ],
    show=Eq(relu(_biased_high) - relu(_biased_low), c * t),
    proof=_gated,
    needed=[
        _gate(wrong={1: 0}),
        _gate(t=-1, wrong={-1: 1}),
        _gate(t=-1, wrong={1: 0}),
        _gate(wrong={-1: 1}),
        _gate(t=-2, c=0),
        _gate(t=2, c=0),
        _gate(b=2, c="1/2"),
    ],
    also=("TH-27", "VW-U11"),
)

claim(
    "VW-T7c",
    "Nearly: the error of conditional clearing",
    sentence="x + c m differs from (1 - c) x by c (m + x), so small gate errors and small memory errors add up.",
    show=Eq(x + c * mem - (1 - c) * x, c * (mem + x)),
    proof=ideal,
)
