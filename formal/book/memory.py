"""Memory management (VW-U10, U11, T7): a head, a neuron and a gate, and when each of them clears."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import number
from ..provers.proof import FALSE, Proof, Script, anything, either
from ..statement import And, Eq, Identity, Iff, Implies, Or, Prop, dims, inner, matrix, norm2, scalars, vector
from ..statement.elaborate import elaborate
from ..statement.language import lift
from .clearing import relu_at
from .gauge import relu
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
    """With n = |u|^2 > 0: |u + a W u|^2 - n = k (k + 2) n, which is h (h + 2) n for h = -2 - k too."""
    eigen, positive = p.facts
    n = norm2(u)
    t, inverse = p.inverse(n)
    moved = p.combine(Eq(_out, (1 + k) * u), (eigen, a * I))
    growth = p.combine(Eq(norm2(_out) - n, k * (k + 2) * n), (moved, (_out + (1 + k) * u).T))
    erases, shrinks, grows = (part[1] for part in p.goal[1])
    outside = [Summand(1, (0, 0, 1)), Summand(2, (0, 1))]  # of h >= 0 and n > 0
    inside = Summand(1, (0, 1, 2))  # of k + 2 >= 0, -k >= 0 and n > 0

    def nothing_left(q: Proof) -> Theorem:
        return q.combine(q.goal, (q.facts[-1], t * u.T), (moved, -t * u.T), (inverse, -1 - k))

    def not_outside(q: Proof) -> Theorem:
        shorter = q.facts[-1]

        def wrong(r: Proof) -> Theorem:
            known = [r.facts[-1], positive, shorter, growth]
            return anything(r.goal, rules.order(FALSE, known, [*outside, Summand(1, (2,))], [(3, number(1))]))

        return rules.conjoin([q.cases(g, lambda r: r.facts[-1], wrong, g) for g in q.goal[1]])

    def shorter(q: Proof) -> Theorem:
        return rules.order(q.goal, [*q.facts[-2:], positive, growth], [inside], [(3, number(-1))])

    def not_inside(q: Proof) -> Theorem:
        longer = q.facts[-1]

        def wrong(r: Proof) -> Theorem:
            known = [*r.facts[-2:], positive, longer, growth]
            return anything(r.goal, rules.order(FALSE, known, [inside, Summand(1, (3,))], [(4, number(-1))]))

        def above(r: Proof) -> Theorem:
            return r.cases(k > 0, lambda s: either(s.goal, s.facts[-1]), wrong)

        return q.cases(k < -2, lambda r: either(r.goal, r.facts[-1]), above)

    def longer(q: Proof) -> Theorem:
        out = q.facts[-1]

        def bigger(r: Proof) -> Theorem:
            return rules.order(r.goal, [r.facts[-1], positive, growth], outside, [(2, number(1))])

        def neither(r: Proof) -> Theorem:
            return rules.absurd(rules.conjoin(r.facts[-2:]), out, r.goal)

        return q.cases(k < -2, bigger, lambda r: r.cases(k > 0, bigger, neither))

    steps: list[Script] = [
        nothing_left,
        lambda q: q.combine(q.goal, (moved,), (q.facts[-1], u)),
        not_outside,
        shorter,
        not_inside,
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
    """-1 - lam = (1 - a) a lam^2."""
    at_least_0, at_most_1, deletes = p.facts
    share = Summand(1, (0, 1), (p.term(lam),))
    return rules.order(p.goal, [at_least_0, at_most_1, deletes], [share], [(2, p.term(k - 1 - lam))])


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

t, bound, y, z = scalars("t b y z")
_within = And(-bound <= t, t <= bound)
_high, _low = t - bound, -t - bound


def is_relu(y: Any, x: Any) -> list[Prop]:
    """y is the ReLU of x."""
    return [Implies(x >= 0, Eq(y, x)), Implies(x <= 0, Eq(y, 0))]


def _side(implied: Theorem, *known: Theorem, by: Sequence[Any] = ()) -> Theorem:
    """What an implication says: its condition is the first fact, plus multiples of the others, which are equations."""
    others = [(i, elaborate(lift(factor))) for i, factor in enumerate(by, 1)]
    return rules.detach(implied, rules.order(implied.conclusion[1], known, [Summand(1, (0,))], others))


def _difference_of_two(p: Proof) -> Theorem:
    plus, no_plus, minus, no_minus = p.facts

    def sides(one: Theorem, other: Theorem) -> Script:
        return lambda q: q.combine(q.goal, (_side(one, q.facts[-1]),), (_side(other, q.facts[-1]), -1))

    return p.cases(t >= 0, sides(plus, no_minus), sides(no_plus, minus))


def _neurons(t: int, b: int = 0, **wrong: int) -> dict[str, Any]:
    """What the two neurons put out, but for one that does not do what ReLU does."""
    values = {"t": t, "b": b, "y": max(t - b, 0), "z": max(-t - b, 0), **wrong}
    return {name: [[x]] for name, x in values.items()}


claim(
    "VW-T7b",
    "Two opposite ReLU neurons pass a value on",
    sentence="relu(t) - relu(-t) = t, with y and z for the two ReLUs.",
    given=[*is_relu(y, t), *is_relu(z, -t)],
    show=Eq(y - z, t),
    proof=_difference_of_two,
    needed=[_neurons(1, y=0), _neurons(-1, y=1), _neurons(-1, z=0), _neurons(1, z=1)],
    also=("TH-27",),
)


def _stopped(p: Proof) -> Theorem:
    high, no_high, low, no_low = p.facts

    def only(q: Proof) -> Theorem:
        """Where one neuron fires and the other does not, the bound is met by what they say."""
        same = q.facts[-1]

        def settled(r: Proof, one: Theorem, other: Theorem, goal: Any, sign: int) -> Theorem:
            left, right = r.facts[-2:]
            facts = [_side(one, left if sign < 0 else right), _side(other, right if sign < 0 else left), same]
            bound = rules.order(r.prop(goal), facts, (), [(0, number(1)), (1, number(-1)), (2, number(-sign))])
            return either(r.goal, rules.conjoin([bound, right] if sign < 0 else [left, bound]))

        def nowhere(r: Proof) -> Theorem:
            left, right = r.facts[-2:]
            half = Fraction(1, 2)
            gone = r.combine(Eq(t, 0), (_side(high, right), -half), (_side(low, left), half), (same, half))
            return either(r.goal, gone)

        def inside(r: Proof) -> Theorem:
            return either(r.goal, rules.conjoin(r.facts[-2:]))

        def to_the_right(r: Proof) -> Theorem:
            return r.cases(t <= bound, inside, lambda v: settled(v, high, no_low, t <= bound, 1))

        def to_the_left(r: Proof) -> Theorem:
            return r.cases(t <= bound, lambda v: settled(v, low, no_high, -bound <= t, -1), nowhere)

        return q.cases(-bound <= t, to_the_right, to_the_left)

    def silent(q: Proof) -> Theorem:
        either_way = q.facts[-1]

        def at_zero(r: Proof) -> Theorem:
            zero = r.facts[-1]

            def both(one: Theorem, other: Theorem, sign: int) -> Script:
                def script(v: Proof) -> Theorem:
                    first, second = (_side(th, v.facts[-1], zero, by=[s]) for th, s in ((one, sign), (other, -sign)))
                    return v.combine(v.goal, (first,), (second, -1), (zero, 1 + sign))

                return script

            return r.cases(bound >= 0, both(no_high, no_low, -1), both(high, low, 1))

        def within(r: Proof) -> Theorem:
            left, right = r.facts[-2:]
            return r.combine(r.goal, (_side(no_high, right),), (_side(no_low, left), -1))

        def neither(r: Proof) -> Theorem:
            return rules.absurd(rules.conjoin(r.facts[-2:]), either_way, r.goal)

        return q.cases(Eq(t, 0), at_zero, lambda r: r.cases(_within, within, neither))

    one, two = p.goal[1]
    return rules.conjoin([p.suppose(one[1], only, one[2]), p.suppose(two[1], silent, two[2])])


claim(
    "VW-T7e",
    "..and with a bias b they stop it exactly when it is at most b",
    sentence="relu(t - b) - relu(-t - b) = 0 exactly when t = 0 or |t| <= b, with y and z for the two ReLUs.",
    given=[*is_relu(y, _high), *is_relu(z, _low)],
    show=Iff(Eq(y, z), Or(Eq(t, 0), _within)),
    proof=_stopped,
    needed=[_neurons(2, 1, y=0), _neurons(0, 1, y=1), _neurons(-2, 1, z=0), _neurons(0, 1, z=1)],
    also=("TH-27",),
)

_biased_high, _biased_low = t - bound * (1 - c), -t - bound * (1 - c)


def _gated(p: Proof) -> Theorem:
    high, no_high, low, no_low, above, below, switch = p.facts

    def shut(q: Proof) -> Theorem:
        off = q.facts[-1]
        silent = _side(no_high, below, off, by=[-bound]), _side(no_low, above, off, by=[-bound])
        return q.combine(q.goal, (silent[0],), (silent[1], -1), (off, -t))

    def opened(q: Proof) -> Theorem:
        on = q.facts[-1]

        def one_fires(first: Theorem, second: Theorem, sign: int) -> Script:
            def script(r: Proof) -> Theorem:
                here = r.facts[-1]
                one, two = _side(first, here, on, by=[sign * bound]), _side(second, here, on, by=[-sign * bound])
                return r.combine(r.goal, (one,), (two, -1), (on, sign * bound - t))

            return script

        return q.cases(t >= 0, one_fires(high, no_low, 1), one_fires(no_high, low, -1))

    def neither(q: Proof) -> Theorem:
        return rules.absurd(rules.conjoin(q.facts[-2:]), switch, q.goal)

    return p.cases(Eq(c, 0), shut, lambda q: q.cases(Eq(c, 1), opened, neither))


def _gate(t: int = 1, b: int = 1, c: int = 1, **wrong: int) -> dict[str, Any]:
    """What the two neurons put out, but for one that does not do what ReLU does."""
    values = {"t": t, "b": b, "c": c, "y": max(t - b * (1 - c), 0), "z": max(-t - b * (1 - c), 0), **wrong}
    return {name: [[x]] for name, x in values.items()}


claim(
    "VW-T7d",
    "Two ReLU neurons clear on condition",
    sentence="relu(t - b(1 - c)) - relu(-t - b(1 - c)) = c t for |t| <= b and c = 0 or 1, with y and z for the two "
    "ReLUs: written with -v, the part t that was read is cleared where the gate c is 1 and kept where it is 0.",
    given=[
        *is_relu(y, _biased_high),
        *is_relu(z, _biased_low),
        -bound <= t,
        t <= bound,
        Or(Eq(c, 0), Eq(c, 1)),
    ],
    show=Eq(y - z, c * t),
    proof=_gated,
    needed=[
        _gate(y=0),
        _gate(t=-1, y=1),
        _gate(t=-1, z=0),
        _gate(z=1),
        _gate(t=-2, c=0),
        _gate(t=2, c=0),
        _gate(c=-1),
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
