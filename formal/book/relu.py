"""ReLU layers: when one loses information (RS-U2), and which matrices commute with it (TH-25).

ReLU enters by its equations: p = relu(z) means p >= 0, p >= z and p (p - z) = 0. So no map has to be named, and every
hypothesis can be evaluated.
"""

from __future__ import annotations

from typing import Any

from ..kernel import rules
from ..kernel.props import at_least
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import Term, multiply, number, scale
from ..provers.induct import by_induction
from ..provers.proof import FALSE, Proof, Script
from ..statement import (
    And,
    Each,
    Eq,
    Expression,
    ForAll,
    Identity,
    Iff,
    Implies,
    Prop,
    dims,
    family,
    inner,
    matrix,
    norm2,
    running_sum,
    scalars,
    vector,
)
from .shelf import claim

d, m, n, i, j, k = dims("d m n i j k")


def relu_of(p: Any, z: Expression) -> list[Prop]:
    """p = relu(z), for numbers p and z."""
    return [0 <= p, z <= p, Eq(p * (p - z), 0)]


# ---------------------------------------------------------------- one neuron (RS-U2)
w, v, x1, x2, y = (vector(name, d) for name in ("w", "v", "x1", "x2", "y"))
p1, p2, q, s = scalars("p1 p2 q s")
r1, r2, gain = inner(w, x1), inner(w, x2), 1 + inner(w, v)
_reads = [*relu_of(p1, r1), *relu_of(p2, r2)]
_collide = Eq(x1 + v * p1, x2 + v * p2)

claim(
    "RS-U2a",
    "A residual ReLU neuron loses nothing",
    sentence="x -> x + v relu(<w, x>) takes different values at different x.",
    wrong="A neuron with <w, v> = -1 writes exactly what cancels its own read, and maps a half-line to one point: the "
    "skip connection keeps a copy that the layer itself may subtract again.",
    given=[*_reads, _collide],
    show=Eq(x1, x2),
    witness={"d": 1, "w": [[1]], "v": [[-1]], "x1": [[0]], "x2": [[1]], "p1": [[0]], "p2": [[1]]},
)


def _under(script: Script) -> Script:
    """A script for: for all .., if this then that."""

    def enter(p: Proof) -> Theorem:
        body, bound = p.goal, []
        while body.kind == "all":
            bound.append(body[1])
            body = body[2]
        th = p.suppose(body[1], script, body[2])
        for var in reversed(bound):
            th = rules.generalize(th, var)
        return th

    return enter


def _injective(p: Proof) -> Theorem:
    """With u = p1 - p2, (1 + <w, v>) u^2 = - p1 relu(-r2) - p2 relu(-r1) <= 0."""
    u, minus = p1 - p2, number(-1)
    collide, positive = p.fact(_collide), p.fact(-1 < inner(w, v))
    read_back = p.multiply(collide, left=w.T)
    facts = [*(p.fact(_reads[i]) for i in (0, 4, 3, 1, 2, 5)), read_back]
    equations = (4, minus), (5, minus), (6, p.term(-u))
    below = rules.order(p.prop(gain * u * u <= 0), facts, [Summand(1, (0, 1)), Summand(1, (2, 3))], equations)

    def apart(p: Proof) -> Theorem:
        return p.impossible(rules.order(FALSE, [below, positive, p.facts[-1]], [Summand(1, (0,)), Summand(1, (1, 2))]))

    def same(p: Proof) -> Theorem:
        return p.combine(p.goal, (collide,), (rules.null(p.facts[-1], p.term(u)), -v))

    return p.cases(u * u > 0, apart, same)


def _folds(p: Proof) -> Theorem:
    """At <w, v> <= -1 the points w and w + |w|^2 v collide."""
    everywhere = p.facts[-1]
    length, reached = inner(w, w), w + inner(w, w) * v

    def collision(p: Proof) -> Theorem:
        low = p.facts[-1]
        size = rules.order(p.prop(0 <= length), [], [Summand(1, (), (p.term(w),))])
        fold = rules.order(p.prop(inner(w, reached) <= 0), [low, size], [Summand(1, (0, 1))])
        meets = everywhere
        for value in (w, reached, length, 0):
            meets = rules.specialize(meets, p.term(value))
        _, first, second, third, _, fourth, fifth = meets.conclusion[1][1]
        trivial = [rules.order(first, (), ()), rules.ring(second), rules.order(third, (), ())]
        reads = rules.conjoin([size, *trivial, fold, rules.ring(fourth), rules.ring(fifth)])
        gone = p.multiply(rules.detach(meets, reads), left=w.T)
        nothing = rules.null(
            rules.order(p.prop(length <= 0), [fold, gone], [Summand(1, (0,))], [(1, number(-1))]), p.term(w)
        )
        unread = p.combine(Eq(inner(w, v), 0), (nothing, v.T))
        return p.impossible(rules.order(FALSE, [low, unread], [Summand(1, (0,)), Summand(1)], [(1, number(1))]))

    return p.cases(p.goal, lambda p: p.facts[-1], collision)


def _neuron(p: Proof) -> Theorem:
    one, two = p.goal[1]
    keeps = p.suppose(one[1], _under(_injective), one[2])
    return rules.conjoin([keeps, p.suppose(two[1], _folds, two[2])])


claim(
    "RS-U2d",
    "A residual ReLU neuron loses nothing exactly when <w, v> > -1",
    sentence="x -> x + v relu(<w, x>) is injective if and only if the neuron writes less than one unit against its "
    "own read: at <w, v> = -1 it collapses half-lines, below it folds the space along the hyperplane <w, x> = 0.",
    show=Iff(-1 < inner(w, v), ForAll((x1, x2, p1, p2), Implies(And(*_reads, _collide), Eq(x1, x2)))),
    proof=_neuron,
    also=("TH-11",),
)

back = y - s * v * q


def _neuron_inverse(p: Proof) -> Theorem:
    """<w, y - s q v> is s q minus relu(-<w, y>), and s q (..) is s times q (q - <w, y>)."""
    fires, read, off, inverse, positive = p.facts
    at_least_0, above, silent, same = p.goal[1]
    return rules.conjoin(
        [
            rules.order(at_least_0, [positive, fires], [Summand(1, (0, 1))]),
            rules.order(above, [read, inverse], [Summand(1, (0,))], [(1, p.term(q))]),
            p.combine(silent, (off, s), (inverse, s * q * q)),
            rules.ring(same),
        ]
    )


def _one_neuron(**values: int) -> dict[str, Any]:
    """An instance with one dimension."""
    return {"d": 1, **{name: [[value]] for name, value in values.items()}}


_behind = [*relu_of(q, inner(w, y)), Eq(s * gain, 1), 0 < s]

claim(
    "RS-U2e",
    "The inverse of a residual ReLU neuron is a residual ReLU neuron",
    sentence="For <w, v> > -1, with s = 1/(1 + <w, v>), every y is reached, from y - s v relu(<w, y>): there the "
    "neuron reads a number whose ReLU is s relu(<w, y>), and writes it.",
    given=_behind,
    show=And(*relu_of(s * q, inner(w, back)), Eq(back + v * (s * q), y)),
    proof=_neuron_inverse,
    needed=[
        _one_neuron(w=-1, v=0, y=1, q=-1, s=1),
        _one_neuron(w=1, v=0, y=1, q=0, s=1),
        _one_neuron(w=0, v=0, y=0, q=1, s=1),
        _one_neuron(w=1, v=1, y=1, q=1, s=1),
        _one_neuron(w=1, v=-2, y=1, q=1, s=-1),
    ],
    attained=_one_neuron(w=1, v=0, y=0, q=0, s=1),
    also=("TH-11",),
)

# ---------------------------------------------------------------- a layer of neurons (RS-U2)
# e is any one neuron: what holds at its coordinate from hypotheses at its coordinate holds at all.
M, e = matrix("M", m, m), vector("e", m)
z1, z2, a1, a2, u, a, b = (vector(name, m) for name in ("z1", "z2", "p1", "p2", "u", "a", "b"))
J = Identity(m) + M


def _one_unit(**values: int) -> dict[str, Any]:
    """An instance with one hidden unit."""
    return {"m": 1, "e": [[1]], **{name: [[value]] for name, value in values.items()}}


def _sign_reversal(p: Proof) -> Theorem:
    """u_i ((1 + M) u)_i = - p1 relu(-z2) - p2 relu(-z1)."""
    turned, trivial = p.goal[1]
    meet, minus = p.fact(_meet), number(-1)
    facts = [*(p.fact(_inputs[i]) for i in (0, 4, 3, 1, 2, 5)), p.multiply(meet, left=e.T)]
    equations = (4, minus), (5, minus), (6, p.term(inner(e, a2 - a1)))
    below = rules.order(turned, facts, [Summand(1, (0, 1)), Summand(1, (2, 3))], equations)
    same = p.suppose(trivial[1], lambda p: p.combine(p.goal, (meet,), (p.facts[-1], -M)), trivial[2])
    return rules.conjoin([below, same])


_turned = inner(e, a1 - a2) * inner(e, J * (a1 - a2))
_meet = Eq(z1 + M * a1, z2 + M * a2)
_inputs = [*relu_of(inner(e, a1), inner(e, z1)), *relu_of(inner(e, a2), inner(e, z2)), _meet]

claim(
    "RS-U2f",
    "A collision of a ReLU layer is a vector whose signs I + W V reverses",
    sentence="If z -> z + M relu(z), M = W V, takes one value at z1 and z2 (p1 and p2 their ReLUs), then u = p1 - p2 "
    "has u_e ((I + M) u)_e <= 0 at every neuron e, and is 0 only for z1 = z2. So a layer whose I + W V reverses the "
    "signs of no vector but 0 (a P-matrix, after Fiedler and Ptak) loses nothing.",
    given=_inputs,
    show=And(_turned <= 0, Implies(Eq(a1, a2), Eq(z1, z2))),
    proof=_sign_reversal,
    needed=[
        _one_unit(M=0, p1=-1, z1=-1, p2=0, z2=-1),
        _one_unit(M=0, p1=0, z1=1, p2=1, z2=1),
        _one_unit(M=0, p1=1, z1=0, p2=0, z2=0),
        _one_unit(M=0, p2=-1, z2=-1, p1=0, z1=-1),
        _one_unit(M=0, p2=0, z2=1, p1=1, z1=1),
        _one_unit(M=0, p2=1, z2=0, p1=0, z1=0),
        _one_unit(M=0, p1=1, z1=1, p2=0, z2=0),
    ],
    attained=_one_unit(M=-1, p1=1, z1=1, p2=0, z2=0),
    also=("TH-11",),
)


def _collision(p: Proof) -> Theorem:
    """With v = (1 + M) u: (a b)^2 = a b u v <= 0, and the same of a - u = relu(-u) and b - v = relu(-v)."""
    a_e, b_e, u_e, low_u, low_v = (p.term(inner(e, x)) for x in (a, b, u, a - u, b - J * u))
    at = [p.fact(f) for f in _reversal]

    def vanishes(x: Term, signs: list[Theorem], by_u: Term, by_v: Term) -> Theorem:
        """x = 0, as -x^2 is the product of three signs, up to a (a - u) = 0 and b (b - v) = 0."""
        bound, signs = at_least(number(0), multiply(x, x)), [*signs, at[6]]
        return rules.null(
            rules.order(bound, [*signs, at[2], at[5]], [Summand(1, (0, 1, 2))], [(3, by_u), (4, by_v)]), x
        )

    def minus(x: Term, y: Term) -> Term:
        return scale(number(-1), multiply(x, y))

    high = vanishes(multiply(a_e, b_e), [at[0], at[3]], minus(b_e, b_e), minus(a_e, u_e))
    low = vanishes(multiply(low_u, low_v), [at[1], at[4]], minus(low_v, low_v), multiply(u_e, low_u))
    return rules.conjoin([at[3], high, at[4], low, rules.ring(p.goal[1][4])])


_reversal = [*relu_of(e.T * a, e.T * u), *relu_of(e.T * b, e.T * J * u), inner(e, u) * inner(e, J * u) <= 0]
low_input = (a - u) - (b - J * u)

claim(
    "RS-U2g",
    "..and every such vector gives a collision",
    sentence="If I + M reverses the signs of u, then with a = relu(u) and b = relu((I + M) u) the vectors a - b and "
    "relu(-u) - relu(-(I + M) u) have ReLUs a and a - u, which differ by u, and one image.",
    given=_reversal,
    show=And(
        *relu_of(e.T * a, e.T * (a - b))[1:],  # that they are not negative is given
        *relu_of(e.T * (a - u), e.T * low_input)[1:],
        Eq((a - b) + M * a, low_input + M * (a - u)),
    ),
    proof=_collision,
    needed=[
        _one_unit(M=-2, u=-1, a=-1, b=1),
        _one_unit(M=-2, u=1, a=0, b=0),
        _one_unit(M=-2, u=-1, a=1, b=1),
        _one_unit(M=-2, u=1, a=1, b=-1),
        _one_unit(M=-2, u=-1, a=0, b=0),
        _one_unit(M=-1, u=1, a=1, b=1),
        _one_unit(M=0, u=1, a=1, b=1),
    ],
    attained=_one_unit(M=0, u=0, a=0, b=0),
    also=("TH-11",),
)

# ---------------------------------------------------------------- what commutes with ReLU (TH-25)
N = matrix("M", m, n)
f, h = vector("f", m), vector("h", m)
g, x, t = vector("g", n), vector("x", n), vector("p", n)
c, r = scalars("c p")
unit = vector("e", n)
entry, other = f.T * N * unit, f.T * N * g


def _one_entry(**values: int) -> dict[str, Any]:
    """An instance with a single entry, in row f = 1 at neuron e = 1."""
    return {"m": 1, "n": 1, "f": [[1]], "e": [[1]], **{name: [[value]] for name, value in values.items()}}


def _two_signs(p: Proof) -> Theorem:
    """relu(a - b) = a: a >= 0, a >= a - b and a (a - (a - b)) = 0."""
    fires, above, silent, same = p.facts
    first, second, apart = p.goal[1]
    signs = [
        rules.order(g, [f, same], [Summand(1, (0,))], [(1, number(-1))]) for g, f in ((first, fires), (second, above))
    ]
    return rules.conjoin([*signs, p.combine(apart, (silent,), (same, -r - other))])


_commutes = [*relu_of(r, f.T * N * (unit - g)), Eq(r, entry)]
_two = {"m": 1, "n": 2, "e": [[1], [0]], "g": [[0], [1]], "f": [[1]]}

claim(
    "TH-25",
    "A matrix that commutes with ReLU has rows with one entry at most, and that not negative",
    sentence="One input shows it: at e - g, for two neurons e and g, ReLU leaves e, so relu(M (e - g)) must be M e; "
    "in each row f that makes the entries at e and at g not negative and one of them 0.",
    given=_commutes,
    show=And(0 <= entry, 0 <= other, Eq(entry * other, 0)),
    proof=_two_signs,
    needed=[
        {**_two, "M": [[-1, 0]], "p": [[-1]]},
        {**_two, "M": [[0, -1]], "p": [[0]]},
        {**_two, "M": [[1, 1]], "p": [[1]]},
        {**_two, "M": [[-1, 0]], "p": [[0]]},
    ],
    attained={**_two, "M": [[0, 0]], "p": [[0]]},
)


def _scaled(p: Proof) -> Theorem:
    """Row f of M p is c e'p, that of M x is c e'x."""
    row, positive, fires, above, silent = p.facts
    read, written = p.multiply(row, right=x), p.multiply(row, right=t)
    at_least_0, higher, off = p.goal[1]
    one, once = number(1), [Summand(1, (0, 1))]
    fired, seen = f.T * N * t, f.T * N * x
    return rules.conjoin(
        [
            rules.order(at_least_0, [positive, fires, written], once, [(2, one)]),
            rules.order(higher, [positive, above, written, read], once, [(2, one), (3, number(-1))]),
            p.combine(off, (silent, c * c), (written, fired - seen + c * inner(unit, t)), (read, -c * inner(unit, t))),
        ]
    )


_single = [Eq(f.T * N, c * unit.T), 0 <= c, *relu_of(inner(unit, t), inner(unit, x))]

claim(
    "TH-25a",
    "..and every such matrix does commute",
    sentence="If row f of M is c e' with c >= 0, and p = relu(x) at neuron e, then M p is relu(M x) at f.",
    given=_single,
    show=And(*relu_of(f.T * N * t, f.T * N * x)),
    proof=_scaled,
    needed=[
        _one_entry(M=-1, c=0, p=1, x=1),
        _one_entry(M=-1, c=-1, p=1, x=1),
        _one_entry(M=1, c=1, p=-1, x=-1),
        _one_entry(M=1, c=1, p=0, x=1),
        _one_entry(M=1, c=1, p=1, x=0),
    ],
    attained=_one_entry(M=1, c=1, p=0, x=0),
)

neuron = family("g", n, 1)
a_row = vector("a", n)
others = running_sum("Q", lambda j: neuron[j] * neuron[j].T, j, k)


def _not_there(p: Proof) -> Theorem:
    at, (grows, product, known) = p.index, p.facts[-3:]
    return p.combine(p.goal, (grows, inner(a_row, unit) * Identity(n), a_row), (known,), (product, neuron[at + 1]))


def _only_here(p: Proof) -> Theorem:
    complete = Eq(unit * unit.T + others[k], Identity(n))
    return p.combine(p.goal, (complete, -inner(a_row, unit) * Identity(n), a_row), (p.facts[-1],))


claim(
    "TH-25b",
    "Entries with products 0 are one entry at most",
    sentence="If the entry of a row a at neuron e has product 0 with those at all others, g_1 .. g_k, then it is 0 or "
    "a is that entry times e.",
    where=[others],
    given=[
        Eq(unit * unit.T + others[k], Identity(n)),
        Each(j, k, Eq(inner(a_row, unit) * inner(a_row, neuron[j + 1]), 0)),
    ],
    show=Eq(inner(a_row, unit) * a_row, inner(a_row, unit) ** 2 * unit),
    proof=by_induction(k, lambda q: Eq(inner(a_row, unit) * others[q] * a_row, 0), step=_not_there, then=_only_here),
    needed=[
        {"n": 1, "k": 0, "e": [[2]], "a": [[1]], "g": {}},
        {"n": 2, "k": 1, "e": [[1], [0]], "a": [[1], [1]], "g": {1: [[0], [1]]}},
    ],
)

O, R, column = matrix("M", m, m), matrix("R", m, m), vector("e", m)
_pair = {"m": 2, "f": [[1], [0]], "h": [[0], [1]], "e": [[1], [0]], "R": [[1, 0], [0, 1]]}
at_f, at_h = f.T * O * column, h.T * O * column
_row_f, _row_h = (Eq(z * (x.T * O), z**2 * column.T) for x, z in ((f, at_f), (h, at_h)))


def _zero_or_one(p: Proof) -> Theorem:
    """z = z^3 for the entry z >= 0, so (z - z^2)^2 = (z - z^2)(z - z^3) - z (z - z^2)^2 <= 0."""
    z, (orthogonal, unit_row, positive, row) = at_f, p.facts
    cube = p.combine(Eq(z, z**3), (row, None, O.T * f), (orthogonal, -z * f.T, f), (unit_row, -z))
    gap = p.term(z**2 - z)
    below = at_least(number(0), multiply(gap, gap))
    return rules.null(rules.order(below, [positive, cube], [Summand(1, (0,), (gap,))], [(1, gap)]), gap)


claim(
    "TH-25c",
    "An orthogonal matrix that commutes with ReLU is a permutation",
    sentence="Its entries are 0 or 1: each equals its square.",
    given=[Eq(O * O.T, Identity(m)), Eq(inner(f, f), 1), 0 <= at_f, _row_f],
    show=Eq(at_f**2, at_f),
    proof=_zero_or_one,
    needed=[
        _one_entry(M=2),
        {**_one_entry(M=1), "f": [[2]]},
        _one_entry(M=-1),
        {"m": 2, "M": [[1, 0], [0, 1]], "f": [["3/5"], ["4/5"]], "e": [[1], [0]]},
    ],
)


def _one_row(p: Proof) -> Theorem:
    """With z, y the two entries, z y^2 f = z^2 y h, as M has a right inverse; so |z y^2 f|^2 = z^3 y^3 <f, h> = 0."""
    z, y, inverse, apart = at_f, at_h, p.fact(Eq(O * R, Identity(m))), p.fact(Eq(inner(f, h), 0))
    rows = z * y**2 * f.T, z**2 * y * h.T
    same = p.combine(Eq(*rows), (inverse, rows[1] - rows[0]), (_row_f, y**2, R), (_row_h, -(z**2), R))
    short = p.combine(Eq(norm2(z * y**2 * f), 0), (same, None, z * y**2 * f), (apart, z**3 * y**3))
    p.facts = [short]
    p.facts = [p.multiply(p.square_is_zero(z * y**2 * f), left=column.T * O.T)]
    return p.square_is_zero(z * y)


claim(
    "TH-25d",
    "An invertible matrix that commutes with ReLU permutes and rescales neurons",
    sentence="Two different rows f and h have no entry in the same column e; as no row or column is 0, each has one.",
    given=[Eq(O * R, Identity(m)), Eq(inner(f, h), 0), _row_f, _row_h],
    show=Eq(at_f * at_h, 0),
    proof=_one_row,
    needed=[
        {**_pair, "M": [[1, 0], [1, 0]]},
        {**_pair, "M": [[1, 0], [0, 1]], "h": [[1], [0]]},
        {**_pair, "M": [[1, 1], [1, 0]], "R": [[0, 1], [1, -1]]},
        {**_pair, "M": [[1, 0], [1, 1]], "R": [[1, 0], [-1, 1]]},
    ],
)
