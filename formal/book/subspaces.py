"""Subspaces of the stream (VW-L7, T3): what the layers leave to itself, and who hears whom."""

from __future__ import annotations

from typing import Any

from ..claims import ideal
from ..kernel import rules
from ..kernel.ground import Witness
from ..kernel.props import conjunction, equal, exists_all, negation
from ..kernel.rules import Theorem
from ..kernel.terms import (
    Decl,
    Term,
    add,
    identity,
    letter,
    multiply,
    nat,
    number,
    scale,
    subtract,
    trace,
    transpose,
    zeros,
)
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.instances import at_instance
from ..provers.proof import Proof
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Identity,
    Iff,
    Implies,
    Le,
    Ne,
    Prop,
    ZeroMatrix,
    define,
    dim_family,
    dims,
    family,
    inner,
    matrix,
    norm2,
    opaque,
    ordered_product,
    rank,
    running_sum,
    scalars,
    vector,
)
from .capacity import nothing_to_read
from .shelf import claim

d, n, i, j, h, l, L = dims("d n i j h l L")
I = Identity(d)
m = dim_family("m")
P = family("P", d, d)

# ---------------------------------------------------------------- direct sums (VW-L7)
T1, T2, R = matrix("T1", d, d), matrix("T2", d, d), matrix("P", d, d)


def _no_common_projection(p: Proof) -> Theorem:
    """In the plane, T1 = e f' and T2 = f e' commute with multiples of the identity only."""
    two = nat(2)
    e, f = Decl("e", two, nat(1)), Decl("f", two, nat(1))
    E, F = letter(e), letter(f)
    frame = conjunction(
        equal(multiply(transpose(E), E), number(1)),
        equal(multiply(transpose(F), F), number(1)),
        equal(multiply(transpose(E), F), number(0)),
        equal(add(multiply(E, transpose(E)), multiply(F, transpose(F))), identity(two)),
    )
    basis = Witness({}, {"e": ((1,), (0,)), "f": ((0,), (1,))})
    p.open(rules.ground(exists_all((e, f), frame), basis))
    E, F = p.values[-2:]
    t1, t2 = multiply(E, transpose(F)), multiply(F, transpose(E))

    def close(q: Proof) -> Theorem:
        wide, none = q.goal[1]
        return rules.conjoin([q.order(wide), q.refute(negation(none), lambda r: _scalar_only(r, E, F))])

    return introduce_all(p, p.goal, [two, t1, t2], close)


def _scalar_only(p: Proof, E: Term, F: Term) -> Theorem:
    Pi = p.values[-1]
    not_zero, not_one = (f for f in p.facts if f.conclusion.kind == "not")
    c = multiply(multiply(transpose(E), Pi), E)
    one = identity(Pi.rows)
    equations = [f for f in p.facts if f.conclusion.kind == "zero"]
    t1, t2 = multiply(E, transpose(F)), multiply(F, transpose(E))
    moves = [p.fact(equal(multiply(Pi, t), multiply(t, Pi))) for t in (t1, t2)]
    moved = [p.multiply(move, right=by) for move, by in zip(moves, (F, E), strict=True)]
    lengths = [p.fact(equal(multiply(transpose(x), x), number(1))) for x in (E, F)]
    seen = p.multiply(
        p.add(p.ideal(equal(multiply(Pi, E), scale(_seen(Pi, F), E)), [*moved, *lengths])), left=transpose(E)
    )
    same = p.add(p.ideal(equal(_seen(Pi, F), c), [seen, *lengths]))
    at_e = p.add(p.ideal(equal(multiply(Pi, E), scale(c, E)), [*moved, *lengths, same]))
    at_f = p.add(p.ideal(equal(multiply(Pi, F), scale(c, F)), [*moved, *lengths, same]))
    frame = next(f for f in equations if len(f.conclusion[1].words) == 3)
    whole = p.multiply(frame, left=Pi)
    multiple = p.add(p.ideal(equal(Pi, scale(c, one)), [whole, frame, at_e, at_f]))
    length = p.fact(equal(multiply(transpose(E), E), number(1)))
    idempotent = p.fact(equal(multiply(Pi, Pi), Pi))
    p.multiply(idempotent, left=transpose(E), right=E)
    square = p.add(p.ideal(equal(multiply(c, c), c), [p.facts[-1], at_e, length]))

    def nonzero(q: Proof) -> Theorem:
        q.reciprocal(c)
        q.add(q.ideal(equal(c, number(1)), [square, q.facts[-1]]))
        same = q.ideal(equal(Pi, one), [multiple, q.facts[-1]])
        return rules.absurd(same, not_one, q.goal)

    def vanishing(q: Proof) -> Theorem:
        gone = q.ideal(equal(Pi, zeros(Pi.rows, Pi.cols)), [multiple, q.facts[-1]])
        return rules.absurd(gone, not_zero, q.goal)

    return p.cases(equal(c, number(0)), vanishing, nonzero)


def _seen(t: Term, x: Term) -> Term:
    return multiply(multiply(transpose(x), t), x)


_invariant = And(Eq(R * R, R), Eq(R * T1, T1 * R), Eq(R * T2, T2 * R), Ne(R, 0), Ne(R, I))

claim(
    "VW-L7",
    "The stream splits into functionally independent subspaces",
    sentence="For any two layers, in at least two dimensions, some projection other than 0 and I commutes with both.",
    wrong="A direct sum always exists, but nothing makes the layers respect it: two layers that move e1 to e2 "
    "and back commute with multiples of the identity only, so the stream has no part that they leave to "
    "itself.",
    given=[Le(2, d)],
    show=Exists(R, _invariant),
    disproof=_no_common_projection,
)

T = family("T", d, d)
A_L = ordered_product("A", lambda l: I + T[l], l, L)

claim(
    "VW-L7a",
    "A subspace that every layer respects is respected by the network",
    sentence="If a projection commutes with every layer's matrix, it commutes with the whole product.",
    where=[A_L],
    given=[Each(l, L, Eq(R * T[l + 1], T[l + 1] * R))],
    show=Eq(R * A_L[L], A_L[L] * R),
    proof=by_induction(L),
    needed=[{"d": 2, "L": 1, "P": [[1, 0], [0, 0]], "T": {1: [[0, 1], [0, 0]]}}],
)

v = family("v", d, 1)
total = running_sum("x", lambda l: v[l], l, n)


def _component(q: Any) -> Prop:
    past, future = Eq(P[j + 1] * total[q], v[j + 1]), Eq(P[j + 1] * total[q], 0)
    return Each(j, n, And(Implies(j < q, past), Implies(Le(q, j), future)))


def _no_component(p: Proof) -> Theorem:
    def both(r: Proof) -> Theorem:
        past, future = r.goal[1]
        return rules.conjoin(
            [r.suppose(past[1], Proof.impossible, past[2]), r.suppose(future[1], Proof.ideal, future[2])]
        )

    return rules.generalize(p.suppose(p.goal[2][1], both, p.goal[2][2]), "j")


def _next_component(p: Proof) -> Theorem:
    q = p.index
    every = [f for f in p.facts if f.conclusion.kind == "all"]
    known = every[-1]
    of_later, of_earlier = [f for f in every if f.conclusion[2][2].kind == "all"][:2]

    def both(r: Proof) -> Theorem:
        past, future = r.goal[1]
        return rules.conjoin([r.suppose(past[1], earlier_or_new, past[2]), r.suppose(future[1], later, future[2])])

    def earlier_or_new(r: Proof) -> Theorem:
        return r.cases(j < q, earlier, lambda s: s.at_equal("j", q, new))

    def earlier(r: Proof) -> Theorem:
        r.add(r.at(of_earlier, q, j))
        r.add(_branch(r, known, 0))
        return r.ideal()

    def new(r: Proof) -> Theorem:
        r.add(_branch(r, known, 1, q))
        return r.ideal()

    def later(r: Proof) -> Theorem:
        r.add(r.at(of_later, j, q))
        r.add(_branch(r, known, 1))
        return r.ideal()

    return rules.generalize(p.suppose(p.goal[2][1], both, p.goal[2][2]), "j")


def _branch(p: Proof, known: Theorem, which: int, at: Any = j) -> Theorem:
    return p.detach(rules.part(p.at(known, at), which))


def _read_component(p: Proof) -> Theorem:
    known = next(f for f in reversed(p.facts) if f.conclusion.kind == "all")
    guard, body = p.goal[2][1:]
    return rules.generalize(p.suppose(guard, lambda r: _branch(r, known, 0), body), "j")


claim(
    "VW-L7b",
    "What a direct sum does give: each part is read off the sum",
    sentence="If P_i v_i = v_i and P_i v_h = 0 for all other h, then P_j picks v_j out of v_1 + .. + v_n; so if the sum"
    " is 0, every part is.",
    where=[total],
    given=[
        Each(i, n, Eq(P[i + 1] * v[i + 1], v[i + 1])),
        Each(i, n, Each(h, i, Eq(P[i + 1] * v[h + 1], 0))),
        Each(i, n, Each(h, i, Eq(P[h + 1] * v[i + 1], 0))),
    ],
    show=Each(j, n, Eq(P[j + 1] * total[n], v[j + 1])),
    proof=by_induction(n, _component, base=_no_component, step=_next_component, then=_read_component),
    needed=[
        {"d": 1, "n": 1, "P": {1: [[0]]}, "v": {1: [[1]]}},
        {"d": 1, "n": 2, "P": {1: [[1]], 2: [[1]]}, "v": {1: [[1]], 2: [[0]]}},
        {"d": 1, "n": 2, "P": {1: [[1]], 2: [[1]]}, "v": {1: [[0]], 2: [[1]]}},
    ],
)

k1, k2 = dims("k1 k2")
S1, S2 = matrix("S1", d, k1), matrix("S2", d, k2)
K1, K2 = matrix("K1", k1, d), matrix("K2", k2, d)
_disjoint = [Eq(K1 * S1, Identity(k1)), Eq(K1 * S2, 0), Eq(K2 * S1, 0), Eq(K2 * S2, Identity(k2))]
_whole = Eq(S1 * K1 + S2 * K2, I)


def _vanishes(p: Proof, rest: Term) -> Theorem:
    """A projection of trace 0 is 0, since its rank is its trace."""
    p.facts = p.facts[-2:]
    p.add(p.lemma(lemmas.idempotent(), P=rest))
    return p.lemma(lemmas.vanishes(), M=rest)


def _bases_invert(p: Proof) -> Theorem:
    one, two = p.goal[1]
    size = p.facts[0]

    def spans(q: Proof) -> Theorem:
        rest = q.term(I - S1 * K1 - S2 * K2)
        q.have(equal(multiply(rest, rest), rest))
        q.have(equal(trace(rest), number(0)))
        return q.ideal(facts=[_vanishes(q, rest)])

    def apart(q: Proof) -> Theorem:
        """The same for what K = [K1; K2] and S = [S1 S2] leave of the coordinates."""
        whole = q.facts[-1]
        e1, e2 = q.blocks(k1, k2)
        blocks = q.facts[-4:]
        reads = add(multiply(e1, q.term(K1)), multiply(e2, q.term(K2)))
        writes = add(multiply(q.term(S1), transpose(e1)), multiply(q.term(S2), transpose(e2)))
        rest = subtract(identity(reads.rows), multiply(reads, writes))
        back = q.ideal(equal(multiply(writes, reads), q.term(I)), [whole, *blocks[:3]])
        q.facts = [q.multiply(back, left=reads, right=writes)]
        q.have(equal(multiply(rest, rest), rest))
        q.have(equal(trace(rest), number(0)), using=[size, back])
        nothing = _vanishes(q, rest)
        done = []
        for goal, (e, f) in zip(q.goal[1], ((e1, e1), (e1, e2), (e2, e1), (e2, e2)), strict=True):
            done.append(q.ideal(goal, [q.multiply(nothing, left=transpose(e), right=f), *blocks[:3]]))
        return rules.conjoin(done)

    return rules.conjoin([p.suppose(one[1], spans, one[2]), p.suppose(two[1], apart, two[2])])


_line = {"d": 1, "k1": 1, "k2": 1, "S1": [[1]], "S2": [[1]]}

claim(
    "VW-L7c",
    "Two subspaces whose dimensions add up to d: coordinates that tell them apart are those that make up every vector",
    sentence="If k1 + k2 = d then K1 and K2 tell S1 and S2 apart if and only if S1 K1 + S2 K2 = I: the stream is the "
    "direct sum, and S1 K1, S2 K2 are the projections.",
    given=[Eq(k1 + k2, d)],
    show=Iff(And(*_disjoint), _whole),
    proof=_bases_invert,
    needed=[{**_line, "K1": [[1]], "K2": [[0]]}],
)

# ---------------------------------------------------------------- heads in subspaces (VW-T3)
G, H = matrix("G", k1, d), matrix("H", d, d)
_two_lines = {"S1": [[1], [0]], "S2": [[1], [1]], "K1": [[1, -1]], "K2": [[0, 1]]}

claim(
    "VW-T3",
    "Heads in disjoint subspaces do not interfere",
    sentence="If S1 and S2 meet in 0 only (K1, K2 tell them apart) and head 1 writes into S1, it ignores S2.",
    wrong="Where a head writes says nothing about what it reads, and subspaces that meet in 0 need not be "
    "orthogonal. What counts is that the read annihilates the write (VW-T3a).",
    given=[*_disjoint, Eq(H, S1 * G)],
    show=Eq(H * S2, 0),
    witness={"d": 2, "k1": 1, "k2": 1, **_two_lines, "G": [[1, 0]], "H": [[1, 0], [0, 0]]},
)

read, write = family("R", lambda l: m[l], d), family("V", d, lambda l: m[l])
head = opaque("phi", lambda l: m[l], lambda l: m[l], indexed=True)
x0 = vector("x0", d)
deep = define("x", l, L, x0, lambda l, x: x[l] + write[l + 1] * head[l + 1](read[l + 1] * x[l]))
flat = define("y", l, L, x0, lambda l, y: y[l] + write[l + 1] * head[l + 1](read[l + 1] * x0))


def _unheard(q: Any) -> Prop:
    return And(Eq(deep[q], flat[q]), Each(j, L, Implies(Le(q, j), Eq(read[j + 1] * deep[q], read[j + 1] * x0))))


def _start_unheard(p: Proof) -> Theorem:
    same, rest = p.goal[1]
    after = rest[2][2]
    th = p.suppose(rest[2][1], lambda r: r.suppose(after[1], Proof.ideal, after[2]), after)
    return rules.conjoin([p.ideal(same), rules.generalize(th, "j")])


def _still_unheard(p: Proof) -> Theorem:
    q = p.index
    every = [f for f in p.facts if f.conclusion.kind == "all"]
    known = every[-1]
    crossing = next(f for f in every if f.conclusion[2][2].kind == "all")
    p.add(p.at(known, q))
    p.congruent(head[q + 1], read[q + 1] * deep[q], read[q + 1] * x0)

    def later(r: Proof) -> Theorem:
        r.add(r.at(known, j))
        r.multiply(r.at(crossing, j, q), right=head[q + 1](read[q + 1] * deep[q]))
        return r.ideal()

    same, rest = p.goal[1]
    after = rest[2][2]
    th = p.suppose(rest[2][1], lambda r: r.suppose(after[1], later, after[2]), after)
    return rules.conjoin([p.ideal(same), rules.generalize(th, "j")])


claim(
    "VW-T3a",
    "If no layer reads what an earlier one writes, the deep network is a shallow one",
    sentence="R_a V_b = 0 for every b before a, whatever the nonlinearities: all layers act side by side on x_0.",
    where=[deep, flat],
    given=[Each(i, L, Each(h, i, Eq(read[i + 1] * write[h + 1], 0)))],
    show=Eq(deep[L], flat[L]),
    proof=by_induction(L, _unheard, base=_start_unheard, step=_still_unheard),
    needed=[
        {
            **{"d": 1, "L": 2, "x0": [[1]]},
            **{name: dict.fromkeys((1, 2), value) for name, value in (("m", 1), ("R", [[1]]), ("V", [[1]]))},
            "phi": dict.fromkeys((1, 2), lambda r: r),
        }
    ],
    also=("TH-28",),
)

W1, V1, W2, V2 = matrix("W1", k1, d), matrix("V1", d, k1), matrix("W2", k2, d), matrix("V2", d, k2)

claim(
    "VW-T3b",
    "How far two layers are from commuting is told by their two virtual weights",
    sentence="The commutator is V1 (W1 V2) W2 - V2 (W2 V1) W1; if both virtual weights vanish, the order of the "
    "layers does not matter.",
    show=Eq(
        (I + V1 * W1) * (I + V2 * W2) - (I + V2 * W2) * (I + V1 * W1),
        V1 * (W1 * V2) * W2 - V2 * (W2 * V1) * W1,
    ),
    proof=ideal,
)


_both = S1 * S1.T + S2 * S2.T  # its rank is the dimension of S1 + S2


def _oblique(p: Proof) -> Theorem:
    e1, e2 = p.blocks(k1, k2)
    blocks = p.facts[-4:]
    writes = add(multiply(p.term(S1), transpose(e1)), multiply(p.term(S2), transpose(e2)))
    gram = multiply(writes, transpose(writes))
    known = p.ideal(equal(p.term(_both), gram), blocks[:3])
    p.facts = [rules.congruence(known, p.term(_both), gram)]
    one, two = p.goal[1]

    def count(q: Proof) -> Theorem:
        """K = [K1; K2] has K G K' = I for G = S1 S1' + S2 S2' = S S'."""
        reads = add(multiply(e1, q.values[-2]), multiply(e2, q.values[-1]))
        told = q.ideal(equal(multiply(reads, writes), identity(reads.rows)), [*q.facts[-4:], blocks[3]])
        back = q.ideal(equal(transpose(multiply(reads, writes)), identity(reads.rows)), [told])
        moved = [q.multiply(told, right=multiply(transpose(writes), transpose(reads))), back]
        seen = multiply(gram, transpose(reads))
        q.facts = [q.ideal(equal(multiply(reads, seen), identity(reads.rows)), moved), *p.facts]
        q.add(q.lemma(lemmas.with_left_inverse(), V=seen, W=reads))
        q.add(q.lemma(lemmas.product_left(), X=gram, Y=transpose(reads)))
        return q.order()

    def build(q: Proof) -> Theorem:
        q.add(q.lemma(lemmas.product_left(), X=writes, Y=transpose(writes)))
        inverse = q.open(q.lemma(lemmas.full_column_rank(), V=writes))[0]
        left = q.facts[-1]

        def close(r: Proof) -> Theorem:
            ends = ((e1, e1), (e1, e2), (e2, e1), (e2, e2))
            told = [r.multiply(left, left=transpose(e), right=f) for e, f in ends]
            return rules.conjoin([r.ideal(g, [th, *blocks[:3]]) for g, th in zip(r.goal[1], told, strict=True)])

        return introduce_all(q, q.goal, [multiply(transpose(e), inverse) for e in (e1, e2)], close)

    return rules.conjoin([p.suppose(one[1], count, one[2]), p.suppose(two[1], build, two[2])])


claim(
    "VW-T3c",
    "Disjoint subspaces can be told apart: oblique readers exist exactly when the bases together are independent",
    sentence="There are reads that see S1 and not S2, and the reverse, if and only if S1 + S2 has dimension k1 + k2, "
    "the rank of S1 S1' + S2 S2'.",
    show=Iff(Exists((K1, K2), And(*_disjoint)), Le(k1 + k2, rank(_both))),
    proof=_oblique,
    attained=at_instance({"d": 0, "k1": 0, "k2": 0, "S1": ZeroMatrix(0, 0), "S2": ZeroMatrix(0, 0)}, nothing_to_read),
)

a, b1, b2, q, s1, s2 = scalars("a b1 b2 q s1 s2")
e, f, y1, y2 = vector("e", d), vector("f", d), vector("y1", d), vector("y2", d)
x1, x2 = a * e + b1 * f, a * e + b2 * f

claim(
    "VW-T3d",
    "Orthogonal subspaces do not interfere behind a norm",
    sentence="If e and f are orthogonal, what a head reads along e of the RMS-normalised stream does not depend on"
    " the part along f.",
    wrong="The norm divides by the length of the whole vector, so every subspace is heard in every other: (1, "
    "1) reads 1, (1, 7) reads 1/5.",
    given=[
        Eq(q * d, 1),
        Eq(inner(e, f), 0),
        s1 > 0,
        s2 > 0,
        Eq(s1 * s1, q * norm2(x1)),
        Eq(s2 * s2, q * norm2(x2)),
        Eq(s1 * y1, x1),
        Eq(s2 * y2, x2),
    ],
    show=Eq(inner(e, y1), inner(e, y2)),
    witness={
        "d": 2,
        "q": [["1/2"]],
        "e": [[1], [0]],
        "f": [[0], [1]],
        "a": [[1]],
        "b1": [[1]],
        "b2": [[7]],
        "s1": [[1]],
        "s2": [[5]],
        "y1": [[1], [1]],
        "y2": [["1/5"], ["7/5"]],
    },
)
