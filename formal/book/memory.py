"""Memory management (VW-U10, U11, T7, L12): three patterns of clearing, when they clear, and when clearing pays."""

from __future__ import annotations

from typing import Any

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.props import equal, negation
from ..kernel.rules import Theorem
from ..provers.induct import by_induction
from ..provers.instances import at_instance
from ..provers.proof import Proof, Script, auto
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Expression,
    Family,
    Identity,
    Iff,
    Implies,
    Le,
    Lt,
    Or,
    dims,
    family,
    inner,
    matrix,
    norm2,
    running_sum,
    scalars,
    vector,
)
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
    p.facts = [positive, growth]
    erases, shrinks, grows = (part[1] for part in p.goal[1])

    def nothing_left(q: Proof) -> Theorem:
        q.multiply(q.facts[-1], left=u.T)
        left = q.have(Eq((1 + k) * norm2(u), 0), using=[q.facts[-1], eigen])
        by = q.reciprocal(norm2(u))
        return q.ideal(facts=[q.multiply(left, left=by), q.facts[-2]])

    def product(q: Proof) -> Theorem:
        return q.order(products=3)

    def between(q: Proof) -> Theorem:
        return rules.conjoin([q.cases(g, auto, lambda r: r.impossible(products=3), g) for g in q.goal[1]])

    def outside(q: Proof) -> Theorem:
        return q.refute(negation(q.goal), product)

    def longer(q: Proof) -> Theorem:
        out = q.facts[-1]

        def above(r: Proof) -> Theorem:
            def neither(s: Proof) -> Theorem:
                return rules.absurd(rules.conjoin(s.facts[-2:]), out, s.goal)

            return r.cases(k <= 0, neither, product)

        return q.cases(-2 <= k, above, product)

    steps = (nothing_left, lambda q: q.ideal(facts=[q.facts[-1], eigen]), between, product, outside, longer)
    done = [p.suppose(g[1], step, g[2]) for g, step in zip((*erases, *shrinks, *grows), steps, strict=True)]
    return rules.conjoin([rules.conjoin(done[i : i + 2]) for i in (0, 2, 4)])


_unit = {"d": 1, "W_OV": [[0]], "u": [[1]], "a": [[1]], "lam": [[-1]]}

claim(
    "VW-U10b",
    "Frozen attention scales an eigenvector by 1 + a lam: when it deletes, shrinks, amplifies",
    sentence="A head that gives its own position the weight a maps an eigenvector u of W_OV to (1 + a lam) u. It "
    "deletes u exactly when a lam = -1, shrinks it exactly when -2 < a lam < 0, and amplifies it exactly when a lam < -2 or "
    "a lam > 0.",
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
_fires = {"d": 1, "w": 1, "v": 1}


def _value_of_relu(side: int) -> Script:
    """The neuron where it fires (0) or is silent (1)."""

    def script(p: Proof) -> Theorem:
        p.add(p.at(p.facts[side], reads))
        return p.ideal()

    return script


claim(
    "VW-U10e",
    "A ReLU neuron scales what it reads by 1 + <w, v> where it fires, and nothing elsewhere",
    sentence="x + v relu(w'x) reads (1 + <w, v>) w'x if w'x >= 0, and w'x otherwise. So however negative the cosine of "
    "input and output weights, half of the space is never cleared, and the other half only if <w, v> = -1.",
    given=RELU,
    show=And(
        Implies(reads >= 0, Eq(w.T * (x + v * relu(reads)), (1 + inner(w, v)) * reads)),
        Implies(reads <= 0, Eq(w.T * (x + v * relu(reads)), reads)),
    ),
    proof=lambda p: rules.conjoin([p.suppose(g[1], _value_of_relu(i), g[2]) for i, g in enumerate(p.goal[1])]),
    needed=[
        at_instance({**_fires, "x": 1, "relu": lambda t: 0}),
        at_instance({**_fires, "x": -1, "relu": lambda t: t}),
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


def _gate(value: Any) -> Expression:
    """Two ReLU neurons with opposite reads, whose bias keeps them silent for |value| <= b when the gate is 0."""
    return relu(value - bound * (1 - c)) - relu(-value - bound * (1 - c))


def _within(value: Any) -> Any:
    return And(-bound <= value, value <= bound)


def _open_gate(p: Proof) -> Theorem:
    above, below, is_open = p.facts
    p.congruent(relu, t - bound * (1 - c), t)
    p.congruent(relu, -t - bound * (1 - c), -t)
    p.facts = [is_open, *p.facts[-2:]]

    def values(left: Theorem, right: Theorem) -> Script:
        def script(q: Proof) -> Theorem:
            q.add(q.at(left, t))
            q.add(q.at(right, -t))
            return q.ideal()

        return script

    return p.cases(t >= 0, values(above, below), values(below, above))


def _shut_gate(p: Proof) -> Theorem:
    above, below, _ = p.facts
    right, left = t - bound, -t - bound
    p.congruent(relu, t - bound * (1 - c), right)
    p.congruent(relu, -t - bound * (1 - c), left)
    p.facts = p.facts[-3:]
    one, two = p.goal[1]

    def passes_nothing(q: Proof) -> Theorem:
        q.facts = [q.ideal(equal(q.term(relu(right)), q.term(relu(left))))]
        return q.refute(negation(q.goal), four_cases)

    def four_cases(q: Proof) -> Theorem:
        not_zero, not_within = q.facts[-2:]

        def both(r: Proof) -> Theorem:
            return rules.absurd(r.ideal(equal(r.term(t), r.term(0))), not_zero, r.goal)

        def inside(r: Proof) -> Theorem:
            within = r.prop(_within(t))
            return rules.absurd(rules.conjoin([r.order(g) for g in within[1]]), not_within, r.goal)

        def known(left_side: Theorem, right_side: Theorem, close: Script) -> Script:
            def script(r: Proof) -> Theorem:
                r.add(r.at(right_side, right))
                r.add(r.at(left_side, left))
                return close(r)

            return script

        return q.cases(
            right >= 0,
            lambda r: r.cases(left >= 0, known(above, above, both), known(below, above, inside)),
            lambda r: r.cases(left >= 0, known(above, below, inside), known(below, below, inside)),
        )

    def silent(q: Proof) -> Theorem:
        q.add(q.at(below, right))
        q.add(q.at(below, left))
        return q.ideal()

    def at_zero(q: Proof) -> Theorem:
        q.congruent(relu, right, left)
        return q.ideal()

    def neither(q: Proof) -> Theorem:
        either = q.facts[-3]
        return rules.absurd(rules.conjoin(q.facts[-2:]), either, q.goal)

    def one_of(q: Proof) -> Theorem:
        return q.cases(Eq(t, 0), at_zero, lambda r: r.cases(_within(t), silent, neither))

    return rules.conjoin([p.suppose(one[1], passes_nothing, one[2]), p.suppose(two[1], one_of, two[2])])


def _opens_and_shuts(p: Proof) -> Theorem:
    on, off = p.goal[1]
    return rules.conjoin([p.suppose(on[1], _open_gate, on[2]), p.suppose(off[1], _shut_gate, off[2])])


gate = claim(
    "VW-T7b",
    "Two ReLU neurons gate a bounded value",
    sentence="relu(t - b(1 - c)) - relu(-t - b(1 - c)) is c t for the open gate c = 1 always, and for the shut gate "
    "c = 0 exactly when t = 0 or |t| <= b: conditional clearing can be built, with a bias as large as what it has to stop.",
    given=RELU,
    show=And(
        Implies(Eq(c, 1), Eq(_gate(t), c * t)),
        Implies(Eq(c, 0), Iff(Eq(_gate(t), c * t), Or(Eq(t, 0), _within(t)))),
    ),
    proof=_opens_and_shuts,
    needed=[
        at_instance({"t": 1, "b": 1, "c": 1, "relu": lambda t: 0}),
        at_instance({"t": 1, "b": 1, "c": 1, "relu": lambda t: t}),
    ],
    also=("TH-27",),
)


def _gated(p: Proof) -> Theorem:
    """The write is v times the gate, which is 0 with or without v."""
    known = cite(p, gate, t=reads, b=bound, c=c)
    passed = p.term(_gate(reads))
    clears, keeps = p.goal[1]

    def open_(q: Proof) -> Theorem:
        return q.ideal(facts=[q.detach(rules.part(known, 0)), q.facts[-1]])

    def shut(q: Proof) -> Theorem:
        same = q.detach(rules.part(known, 1))
        is_shut = q.facts[-1]
        one, two = q.goal[1]

        def no_write(r: Proof) -> Theorem:
            return r.refute(negation(r.goal), nothing_helps)

        def nothing_helps(r: Proof) -> Theorem:
            kept, no_v, not_zero, not_within = r.facts[-4:]

            def vanishing(z: Proof) -> Theorem:
                z.add(z.ideal(equal(passed, z.term(c * reads)), [z.facts[-1], is_shut]))
                either = z.detach(rules.part(same, 0))
                return rules.absurd(rules.conjoin([not_zero, not_within]), either, z.goal)

            def written(z: Proof) -> Theorem:
                z.reciprocal(passed)
                return rules.absurd(z.ideal(equal(z.term(v), z.term(0 * v)), [kept, z.facts[-1]]), no_v, z.goal)

            return r.cases(equal(passed, r.term(0)), vanishing, written)

        def no_gate(r: Proof) -> Theorem:
            return r.cases(Eq(v, 0), ideal, shut_tight)

        def shut_tight(r: Proof) -> Theorem:
            either, no_v = r.facts[-2:]
            back = rules.part(same, 1)
            neither = negation(back.conclusion[1])
            r.add(r.refute(neither, lambda z: rules.absurd(rules.conjoin([no_v, *z.facts[-2:]]), either, z.goal)))
            return r.ideal(facts=[r.detach(back), is_shut])

        return rules.conjoin([q.suppose(one[1], no_write, one[2]), q.suppose(two[1], no_gate, two[2])])

    return rules.conjoin([p.suppose(clears[1], open_, clears[2]), p.suppose(keeps[1], shut, keeps[2])])


claim(
    "VW-T7d",
    "Two ReLU neurons clear a direction on condition",
    sentence="With read w, write v and a gate c they act as the linear clearer I - v w' where c = 1; where c = 0 they "
    "leave x alone exactly as long as |w'x| does not exceed the bias (or w'x = 0, or they write nothing).",
    given=RELU,
    show=And(
        Implies(Eq(c, 1), Eq(x - v * _gate(reads), x - v * reads)),
        Implies(Eq(c, 0), Iff(Eq(x - v * _gate(reads), x), Or(Eq(v, 0), Eq(reads, 0), _within(reads)))),
    ),
    proof=_gated,
    needed=[
        at_instance({**_fires, "x": 1, "b": 1, "c": 1, "relu": lambda t: 0}),
        at_instance({**_fires, "x": 1, "b": 1, "c": 1, "relu": lambda t: t}),
    ],
    also=("TH-27",),
)

claim(
    "VW-T7c",
    "Nearly: the error of conditional clearing",
    sentence="x + c m differs from (1 - c) x by c (m + x), so small gate errors and small memory errors add up.",
    show=Eq(x + c * mem - (1 - c) * x, c * (mem + x)),
    proof=ideal,
)
