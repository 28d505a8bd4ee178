"""No privileged basis (VW-L1): which changes of basis of the stream leave a network's behaviour alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.rules import Summand, Theorem
from ..provers.induct import by_induction
from ..provers.instances import at_instance
from ..provers.proof import Proof, Script
from ..statement import (
    And,
    Each,
    Eq,
    ForAll,
    Identity,
    Iff,
    Implies,
    ZeroMatrix,
    define,
    dim_family,
    dims,
    family,
    matrix,
    opaque,
    scalars,
    vector,
)
from ..statement.elaborate import elaborate_prop
from .shelf import claim

d, D, v, l, L = dims("d D v l L")
m = dim_family("m")
I = Identity(d)
E, U, t = matrix("E", d, v), matrix("U", v, d), vector("t", v)
W, V, b = family("W", lambda l: m[l], d), family("V", d, lambda l: m[l]), family("b", d, 1)
phi = opaque("phi", lambda l: m[l], lambda l: m[l], indexed=True)
R = matrix("R", d, d)


def starts_alike(change: Any) -> Script:
    """y[0] = M x[0], where the first and the third fact say what they are."""
    return lambda p: p.combine(p.goal, (p.facts[2],), (p.facts[0], -change))


M, N = matrix("M", D, d), matrix("N", d, D)
_no_layer = {"d": 1, "v": 1, "L": 0, "E": [[1]], "t": [[1]], "U": [[1]]}
x_b = define("x", l, L, E * t, lambda l, x: x[l] + V[l + 1] * phi[l + 1](W[l + 1] * x[l]) + b[l + 1])
y_b = define("y", l, L, M * E * t, lambda l, y: y[l] + M * V[l + 1] * phi[l + 1](W[l + 1] * N * y[l]) + M * b[l + 1])


def _reads_agree(p: Proof) -> Theorem:
    """W N y = W N M x = W x, so that both networks feed the same vector to the nonlinearity."""
    k, undone = p.index, p.facts[4]
    by_x, by_y, so_far = p.facts[-3:]
    read, moved = W[k + 1] * x_b[k], W[k + 1] * N * y_b[k]
    alike = p.combine(Eq(moved, read), (so_far, W[k + 1] * N), (undone, W[k + 1], x_b[k]))
    written = p.congruent(phi[k + 1], moved, read, alike)
    return p.combine(p.goal, (by_y,), (by_x, -M), (so_far,), (written, M * V[k + 1]))


change_of_basis = claim(
    "VW-L1a",
    "Gauge freedom: any left-invertible change of basis will do, even into a wider stream",
    sentence="The gauge group of a norm-free network is all of GL(d), and not even the width is intrinsic: M may "
    "go into more dimensions as long as some N undoes it. Write biases move along.",
    where=[x_b, y_b],
    given=[Eq(N * M, I)],
    show=Eq(U * N * y_b[L], U * x_b[L]),
    proof=by_induction(
        L,
        lambda k: Eq(y_b[k], M * x_b[k]),
        base=starts_alike(M),
        step=_reads_agree,
        then=lambda p: p.combine(p.goal, (p.facts[-1], U * N), (p.facts[4], U, x_b[L])),
    ),
    needed=[{**_no_layer, "D": 1, "M": [[1]], "N": [[0]]}],
    also=("TH-4",),
)

x = define("x", l, L, E * t, lambda l, x: x[l] + V[l + 1] * phi[l + 1](W[l + 1] * x[l]))
y = define("y", l, L, R * E * t, lambda l, y: y[l] + R * V[l + 1] * phi[l + 1](W[l + 1] * R.T * y[l]))

claim(
    "VW-L1",
    "No privileged basis: rotating the stream and every weight on it preserves behaviour",
    sentence="For reads, nonlinearities and writes of any kind and any number of layers, the logits do not change "
    "when embedding, reads, writes and unembedding are all rotated.",
    where=[x, y],
    given=[Eq(R.T * R, I)],
    show=Eq(U * R.T * y[L], U * x[L]),
    proof=lambda p: cite(p, change_of_basis, M=R, N=R.T, b=ZeroMatrix(d, 1)),
    needed=[{**_no_layer, "R": [[2]]}],
)

# ---------------------------------------------------------------- norms, folded and commuting with the change
k = dims("k")
W0, G, h, g_b, c_b = matrix("W", k, d), matrix("G", d, d), vector("h", d), vector("b", d), vector("c", k)

claim(
    "VW-L1d",
    "Gain and bias of a norm fold into the read",
    sentence="Reading a normalised, scaled and shifted vector is reading the normalised vector with other weights,"
    " so a norm can be taken as gain 1 and bias 0.",
    show=Eq(W0 * (G * h + g_b) + c_b, (W0 * G) * h + (W0 * g_b + c_b)),
    proof=ideal,
    also=("TH-23",),
)

Pm = matrix("P", d, d)
read = opaque("phi", d, lambda l: m[l], indexed=True)
x_c = define("x", l, L, E * t, lambda l, x: x[l] + V[l + 1] * read[l + 1](Pm * x[l]))
y_c = define("y", l, L, Pm * E * t, lambda l, y: y[l] + Pm * V[l + 1] * read[l + 1](y[l]))


def _centred_step(p: Proof) -> Theorem:
    k, (by_x, by_y, so_far) = p.index, p.facts[-3:]
    written = p.congruent(read[k + 1], y_c[k], Pm * x_c[k], so_far)
    return p.combine(p.goal, (by_y,), (by_x, -Pm), (so_far,), (written, Pm * V[k + 1]))


claim(
    "VW-L1e",
    "Centring moves into the writes: a LayerNorm network is an RMSNorm network",
    sentence="LN is RMSNorm after centring P. If embedding and writes are centred, every layer sees the centred "
    "stream, whatever it computes from it; and so for any matrix P that all layers apply first.",
    where=[x_c, y_c],
    show=Eq(y_c[L], Pm * x_c[L]),
    proof=by_induction(L, base=starts_alike(Pm), step=_centred_step),
    also=("TH-23",),
)

norm = opaque("norm", d, d)
M_d, N_d = matrix("M", d, d), matrix("N", d, d)
x_n = define("x", l, L, E * t, lambda l, x: x[l] + V[l + 1] * phi[l + 1](W[l + 1] * norm(x[l])))
y_n = define("y", l, L, M_d * E * t, lambda l, y: y[l] + M_d * V[l + 1] * phi[l + 1](W[l + 1] * N_d * norm(y[l])))
_undone, _commutes = Eq(N_d * M_d, I), Each(l, L + 1, Eq(norm(M_d * x_n[l]), M_d * norm(x_n[l])))


def _same_read(p: Proof, k: Any, so_far: Theorem, commutes: Theorem) -> Theorem:
    """N norm(y) = N norm(M x) = N M norm(x) = norm(x)."""
    here = p.congruent(norm, y_n[k], M_d * x_n[k], so_far)
    same = Eq(N_d * norm(y_n[k]), norm(x_n[k]))
    return p.combine(same, (here, N_d), (commutes, N_d), (p.facts[4], None, norm(x_n[k])))


def _behind_a_norm(p: Proof) -> Theorem:
    k, (by_x, by_y, commutes, so_far) = p.index, p.facts[-4:]
    same = _same_read(p, k, so_far, commutes)
    read, moved = W[k + 1] * norm(x_n[k]), W[k + 1] * N_d * norm(y_n[k])
    written = p.congruent(phi[k + 1], moved, read, p.combine(Eq(moved, read), (same, W[k + 1])))
    return p.combine(p.goal, (by_y,), (by_x, -M_d), (so_far,), (written, M_d * V[k + 1]))


def _same_logits(p: Proof) -> Theorem:
    so_far = p.facts[-1]
    return p.combine(p.goal, (_same_read(p, L, so_far, p.at(p.facts[5], L)), U))


claim(
    "TH-4",
    "Gauge freedom of a network with norms: every change of basis that the norm commutes with",
    sentence="If every read is behind a norm, and the norm of M x is M times the norm of x for the streams x that "
    "occur, then the logits do not change with the basis M: all rotations will do for RMSNorm (VW-L1b), those that "
    "keep the all-ones direction for LayerNorm (VW-L1c).",
    where=[x_n, y_n],
    given=[_undone, _commutes],
    show=Eq(U * N_d * norm(y_n[L]), U * norm(x_n[L])),
    proof=by_induction(
        L,
        lambda k: Eq(y_n[k], M_d * x_n[k]),
        base=starts_alike(M_d),
        step=_behind_a_norm,
        then=_same_logits,
    ),
    needed=[
        {**_no_layer, "M": [[1]], "N": [[0]], "norm": lambda x: [[1]]},
        {**_no_layer, "M": [[2]], "N": [["1/2"]], "norm": lambda x: [[1]]},
    ],
)

# ---------------------------------------------------------------- nonlinearities
rho = opaque("rho", k, k)
Q, hidden = matrix("Q", k, k), vector("h", k)

claim(
    "VW-L1j",
    "The hidden space of a ReLU layer has no privileged basis either",
    sentence="rho(Q h) = Q rho(h) for orthogonal Q and an entry-wise nonlinearity.",
    wrong="The nonlinearity acts on coordinates: with ReLU and one neuron already Q = -1 fails. The freedom of "
    "basis belongs to the stream alone.",
    given=[Eq(Q.T * Q, Identity(k))],
    show=Eq(rho(Q * hidden), Q * rho(hidden)),
    witness={"k": 1, "Q": [[-1]], "h": [[1]], "rho": lambda h: [[max(row[0], 0)] for row in h]},
)

a1, a2, r1, r2 = scalars("v w x y")
relu = opaque("relu", 1, 1)
RELU = [
    ForAll(r1, Implies(r1 >= 0, Eq(relu(r1), r1))),
    ForAll(r1, Implies(r1 <= 0, Eq(relu(r1), 0))),
]


@cache
def _homogeneous() -> Theorem:
    """relu(a r) = a relu(r), from a = relu(a), which says that a >= 0."""
    above, below, kept = map(rules.assume, map(elaborate_prop, (*RELU, Eq(relu(a1), a1))))

    def at_both(fact: Theorem, sign: int) -> Script:
        def script(p: Proof) -> Theorem:
            p.have(sign * a1 * r1 >= 0, lambda q: q.order(products=2))
            return p.ideal(facts=[p.at(fact, a1 * r1), p.at(fact, r1)])

        return script

    def nowhere(p: Proof) -> Theorem:
        p.add(p.at(below, a1))
        return p.impossible()

    p = Proof(elaborate_prop(Eq(relu(a1 * r1), a1 * relu(r1))), [above, below, kept])
    return p.close(p.cases(a1 >= 0, lambda q: q.cases(r1 >= 0, at_both(above, 1), at_both(below, -1)), nowhere))


def _value(p: Proof, fact: Theorem, x: Any, margin: int = 0, known: Sequence[Theorem] = ()) -> Theorem:
    """What ReLU makes of x, which lies that far on the side of which a fact speaks, or does by what is known."""
    th = rules.specialize(fact, p.term(x))
    return rules.detach(th, rules.order(th.conclusion[1], known, [Summand(1, (0,)) if known else Summand(margin)]))


def _commutant(p: Proof) -> Theorem:
    """Forward, at (1, 0) and (0, 1): relu keeps a and b; at (1, -1): relu(a - b) = a. Back: one of a and b is 0."""
    above, below = p.facts
    zero, one, minus = map(p.term, (0, 1, -1))

    def forward(q: Proof) -> Theorem:
        linear = q.facts[-1]
        at_0, at_1, at_minus = _value(q, above, 0), _value(q, above, 1, 1), _value(q, below, -1, 1)

        def there(x: Any, y: Any) -> Theorem:
            return rules.specialize(rules.specialize(linear, x), y)

        first = q.combine(Eq(relu(a1), a1), (there(one, zero),), (at_1, a1), (at_0, a2))
        second = q.combine(Eq(relu(a2), a2), (there(zero, one),), (at_1, a2), (at_0, a1))
        last = q.combine(Eq(relu(a1 - a2), a1), (there(one, minus),), (at_1, a1), (at_minus, a2))

        def by(fact: Theorem, factor: Any) -> Script:
            return lambda r: r.combine(r.goal, (_value(r, fact, a1 - a2, known=r.facts[-1:]), factor), (last, -factor))

        return rules.conjoin([first, second, q.cases(a1 >= a2, by(above, a1), by(below, a2), q.goal[1][2])])

    def back(q: Proof) -> Theorem:
        *_, first, second, product = q.facts

        def row(t: Proof, none: Theorem, kept: Theorem, other: Any, s: Any, r: Any) -> Theorem:
            """relu(a x + b y) = relu(s r) = s relu(r), as the other entry is 0, by a theorem."""
            left = r1 if r is r2 else r2
            alone = t.congruent(relu, a1 * r1 + a2 * r2, s * r, t.combine(Eq(other * left, 0), (none, left)))
            scaled = rules.instantiate(_homogeneous(), {}, {a1.data[0]: t.term(s), r1.data[0]: t.term(r)})
            scaled = rules.detach(rules.discharge(scaled, kept.conclusion), kept)
            return t.combine(t.goal, (alone,), (scaled,), (none, -relu(left)))

        def other(t: Proof) -> Theorem:
            by, inverse = t.inverse(a1)
            return row(t, t.combine(Eq(a2, 0), (product, by), (inverse, -a2)), first, a2, a1, r1)

        everywhere, inner = q.goal, q.goal[2]
        th = q.cases(Eq(a1, 0), lambda t: row(t, t.facts[-1], second, a1, a2, r2), other, inner[2])
        return rules.generalize(rules.generalize(th, inner[1]), everywhere[1])

    one_way, other_way = p.goal[1]
    return rules.conjoin([p.suppose(one_way[1], forward, one_way[2]), p.suppose(other_way[1], back, other_way[2])])


def _commutes_yet(p: Proof) -> Theorem:
    """A map that is linear commutes, so that the row would have to be of the form."""
    p.add(p.detach(next(f for f in p.facts if f.conclusion.kind == "imp")))
    return p.order()


claim(
    "VW-L1k",
    "The commutant of ReLU: rows with at most one entry, and that not negative",
    sentence="relu(v x + w y) = v relu(x) + w relu(y) for all numbers if and only if v and w are not negative (relu "
    "keeps them) and one of them is 0; so an invertible matrix that commutes with ReLU permutes and rescales neurons.",
    given=RELU,
    show=Iff(
        ForAll((r1, r2), Eq(relu(a1 * r1 + a2 * r2), a1 * relu(r1) + a2 * relu(r2))),
        And(Eq(relu(a1), a1), Eq(relu(a2), a2), Eq(a1 * a2, 0)),
    ),
    proof=_commutant,
    needed=[
        at_instance({"v": 1, "w": 0, "relu": lambda x: 0}, _commutes_yet),
        at_instance({"v": 1, "w": 1, "relu": lambda x: x}, _commutes_yet),
    ],
    also=("TH-25",),
)
