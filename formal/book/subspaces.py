"""Subspaces of the stream (VW-L7, T3): what the layers leave to itself, and who hears whom."""

from __future__ import annotations

from typing import NamedTuple

from ..claims import ideal
from ..kernel import rules
from ..kernel.ground import Witness
from ..kernel.props import at_least, conjunction, equal, exists_all, negation, zero
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
    scalar,
    scale,
    subtract,
    trace,
    transpose,
    zeros,
)
from ..kernel.terms import rank as rank_of
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof, linear
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Identity,
    Iff,
    Le,
    Ne,
    Trace,
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
from ..statement.language import to_nat
from .shelf import claim

d, n, i, j, h, l, L = dims("d n i j h l L")
I = Identity(d)
m = dim_family("m")

# ---------------------------------------------------------------- direct sums (VW-L7)
T1, T2, R = matrix("T1", d, d), matrix("T2", d, d), matrix("P", d, d)


def _no_common_projection(p: Proof) -> Theorem:
    """In the plane, T1 = e f' commutes with no projection but 0 and I, whatever T2 does."""
    two = nat(2)
    e, f = Decl("e", two, nat(1)), Decl("f", two, nat(1))
    E, F = letter(e), letter(f)
    frame = conjunction(
        equal(multiply(transpose(E), E), number(1)),
        equal(multiply(transpose(F), F), number(1)),
        equal(add(multiply(E, transpose(E)), multiply(F, transpose(F))), identity(two)),
    )
    basis = Witness({}, {"e": ((1,), (0,)), "f": ((0,), (1,))})
    E, F = p.open(rules.ground(exists_all((e, f), frame), basis))

    def close(q: Proof) -> Theorem:
        wide, none = q.goal[1]
        return rules.conjoin([q.order(wide), q.refute(negation(none), lambda r: _shifted(r, E, F))])

    return introduce_all(p, p.goal, [two, multiply(E, transpose(F)), zeros(two, two)], close)


def _shifted(p: Proof, E: Term, F: Term) -> Theorem:
    """Pi e = c e and f' Pi = c f', c = f' Pi f is 0 or 1; X = X (e e' + f f') X is 0 if X e and f' X are."""
    length_e, length_f, frame, idempotent, moves, *_, not_zero, not_one = p.facts
    Pi, back, row = p.values[-1], transpose(E), transpose(F)
    c, one, minus = multiply(multiply(row, Pi), F), identity(Pi.rows), number(-1)
    at_e, at_f = multiply(Pi, E), multiply(row, Pi)
    along = p.combine(equal(at_e, scale(c, E)), (moves, None, F), (length_f, scale(minus, at_e)))
    across = p.combine(
        equal(at_f, scale(c, row)),
        *((moves, scale(minus, back)), (along, back, row), (length_e, None, subtract(scale(c, row), at_f))),
    )

    def gone(q: Proof, x: Term, of_e: Theorem, of_f: Theorem) -> Theorem:
        square = q.combine(equal(multiply(x, x), x), (idempotent,))
        return q.combine(
            zero(x),
            *((square, minus), (frame, scale(minus, x), x), (of_e, None, multiply(back, x)), (of_f, multiply(x, F))),
        )

    def nothing(q: Proof) -> Theorem:
        none = q.facts[-1]
        of_e, of_f = q.combine(zero(at_e), (along,), (none, E)), q.combine(zero(at_f), (across,), (none, None, row))
        return rules.absurd(gone(q, Pi, of_e, of_f), not_zero, q.goal)

    def everything(q: Proof) -> Theorem:
        t, rest = q.reciprocal(c), subtract(one, Pi)
        same = q.combine(
            equal(c, number(1)),
            (idempotent, scale(t, row), F),
            (across, scale(minus, t), multiply(Pi, F)),
            (q.facts[-1], subtract(number(1), c)),
        )
        of_e = q.combine(zero(multiply(rest, E)), (along, minus), (same, scale(minus, E)))
        of_f = q.combine(zero(multiply(row, rest)), (across, minus), (same, None, scale(minus, row)))
        whole = q.combine(equal(Pi, one), (gone(q, rest, of_e, of_f), minus))
        return rules.absurd(whole, not_one, q.goal)

    return p.cases(equal(c, number(0)), nothing, everything)


_invariant = And(Eq(R * R, R), Eq(R * T1, T1 * R), Eq(R * T2, T2 * R), Ne(R, 0), Ne(R, I))

claim(
    "VW-L7",
    "The stream splits into functionally independent subspaces",
    sentence="For any two layers, in at least two dimensions, some projection other than 0 and I commutes with both.",
    wrong="A direct sum always exists, but nothing makes the layers respect it: a layer that moves e2 to e1 and "
    "writes nothing else leaves a line to itself, but no complement of it, and commutes with 0 and I only.",
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

Pr, v0, v = matrix("P", d, d), vector("v0", d), family("v", d, 1)
others = running_sum("x", lambda l: v[l], l, n)


def _no_other(p: Proof) -> Theorem:
    grown, unseen, known = p.facts[-3:]
    return p.combine(p.goal, (grown, Pr), (unseen,), (known,))


def _read_off(p: Proof) -> Theorem:
    own, _, rest = p.facts[-3:]
    return p.combine(p.goal, (own,), (rest,))


claim(
    "VW-L7b",
    "What a direct sum does give: each part is read off the sum",
    sentence="If P v_0 = v_0 and P v_h = 0 for all other parts, then P picks v_0 out of v_0 + v_1 + .. + v_n; so if "
    "the sum is 0, every part that has such a P is.",
    where=[others],
    given=[Eq(Pr * v0, v0), Each(i, n, Eq(Pr * v[i + 1], 0))],
    show=Eq(Pr * (v0 + others[n]), v0),
    proof=by_induction(n, lambda q: Eq(Pr * others[q], 0), step=_no_other, then=_read_off),
    needed=[
        {"d": 1, "n": 0, "P": [[0]], "v0": [[1]], "v": {}},
        {"d": 1, "n": 1, "P": [[1]], "v0": [[0]], "v": {1: [[1]]}},
    ],
)

k1, k2 = dims("k1 k2")
S1, S2 = matrix("S1", d, k1), matrix("S2", d, k2)
K1, K2 = matrix("K1", k1, d), matrix("K2", k2, d)
_disjoint = [Eq(K1 * S1, Identity(k1)), Eq(K1 * S2, 0), Eq(K2 * S1, 0), Eq(K2 * S2, Identity(k2))]
_whole = Eq(S1 * K1 + S2 * K2, I)


class _Stack(NamedTuple):
    """S = [S1 S2] through the direct sum of k1 and k2: the injections E_i, S, S E_i = S_i, and E_i'E_j = 1 or 0."""

    into: tuple[Term, Term]
    writes: Term
    parts: tuple[Theorem, Theorem]
    products: dict[tuple[int, int], Theorem]
    whole: Theorem  # E1 E1' + E2 E2' = 1

    def reads(self, first: Term, second: Term) -> Term:
        """[K1; K2]."""
        return add(multiply(self.into[0], first), multiply(self.into[1], second))


_pairs = ((0, 0), (0, 1), (1, 0), (1, 1))


def _stacked(p: Proof) -> _Stack:
    s = p.term(S1), p.term(S2)
    e = p.blocks(k1, k2)
    one, two, apart, whole = p.facts[-4:]
    products = dict(zip(_pairs, (one, apart, p.flip(apart), two), strict=True))
    writes = add(multiply(s[0], transpose(e[0])), multiply(s[1], transpose(e[1])))
    first, second = (
        p.combine(equal(multiply(writes, e[j]), s[j]), *((products[i, j], s[i]) for i in (0, 1))) for j in (0, 1)
    )
    return _Stack(e, writes, (first, second), products, whole)


def _bases_invert(p: Proof) -> Theorem:
    one, two = p.goal[1]
    size = p.facts[0]

    def spans(q: Proof) -> Theorem:
        """What is left of I is a projection of trace 0."""
        _, first, second, third, fourth = q.facts
        rest = I - S1 * K1 - S2 * K2
        sides = ((first, S1, K1), (second, S1, K2), (third, S2, K1), (fourth, S2, K2))
        square = q.combine(Eq(rest * rest, rest), *sides)
        q.facts = [square, q.combine(Eq(Trace(rest), 0), (first, -1), (fourth, -1), (size, -1))]
        return q.combine(q.goal, (q.lemma(lemmas.traceless(), P=rest), -1))

    def apart(q: Proof) -> Theorem:
        """So is what K S leaves of the coordinates, for K = [K1; K2] and S = [S1 S2], as S K = I."""
        whole = q.facts[-1]
        k, s = (q.term(K1), q.term(K2)), (S1, S2)
        stack = _stacked(q)
        e, writes, reads = stack.into, stack.writes, stack.reads(*k)
        rest = subtract(identity(reads.rows), multiply(reads, writes))
        crossed = [(stack.products[i, j], s[i], k[j]) for i, j in _pairs]
        back = q.combine(equal(multiply(writes, reads), q.term(I)), (whole,), *crossed)
        square = q.combine(equal(multiply(rest, rest), rest), (back, reads, writes))
        q.facts = [square, q.combine(equal(trace(rest), number(0)), (back, -1), (size,))]
        nothing = q.lemma(lemmas.traceless(), P=rest)
        parts = [
            q.combine(
                equal(multiply(transpose(e[i]), reads), k[i]), *((stack.products[i, j], None, k[j]) for j in (0, 1))
            )
            for i in (0, 1)
        ]
        done = []
        for goal, (i, j) in zip(q.goal[1], _pairs, strict=True):
            left = scale(number(-1), transpose(e[i]))
            seen = (parts[i], -1, multiply(writes, e[j])), (stack.parts[j], scale(number(-1), k[i]))
            done.append(q.combine(goal, (nothing, left, e[j]), *seen, (stack.products[i, j],)))
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


def _side_by_side(p: Proof) -> Theorem:
    """Layer j + 1 reads x_0 of every stream before it, by induction; so the two networks add the same."""
    start, grown, *flat_facts, crossing = p.facts

    def heard(q: Proof) -> Theorem:
        """R_(j + 1) x_j = R_(j + 1) x_0."""
        q.facts = [start, grown, *q.facts[-1:], rules.detach(rules.specialize(crossing, nat("j")), q.facts[-1])]
        return by_induction(j, lambda k: Eq(read[j + 1] * deep[k], read[j + 1] * x0), step=ignored)(q)

    def ignored(q: Proof) -> Theorem:
        k = q.index
        more, unseen, known = q.facts[-3:]
        written = head[k + 1](read[k + 1] * deep[k])
        return q.combine(q.goal, (more, read[j + 1]), (unseen, None, written), (known,))

    def added(q: Proof) -> Theorem:
        k = q.index
        one, two, alike, known = q.facts[-4:]
        left, right = read[k + 1] * deep[k], read[k + 1] * x0
        same = rules.congruence(alike, q.term(left), q.term(right), head.decl, to_nat(k + 1))
        return q.combine(q.goal, (one,), (two, -1), (known,), (same, write[k + 1]))

    every = p.each(heard, Each(j, L, Eq(read[j + 1] * deep[j], read[j + 1] * x0)))
    p.facts = [start, grown, *flat_facts, every]
    return by_induction(L, step=added)(p)


claim(
    "VW-T3a",
    "If no layer reads what an earlier one writes, the deep network is a shallow one",
    sentence="R_a V_b = 0 for every b before a, whatever the nonlinearities: all layers act side by side on x_0.",
    where=[deep, flat],
    given=[Each(i, L, Each(h, i, Eq(read[i + 1] * write[h + 1], 0)))],
    show=Eq(deep[L], flat[L]),
    proof=_side_by_side,
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
    """S1 S1' + S2 S2' is S S' for S = [S1 S2], so it has the rank of S at most."""
    stack = _stacked(p)
    e, writes, s = stack.into, stack.writes, (S1, S2)
    onto, total = transpose(writes), scalar(writes.cols)
    gram, both = multiply(writes, onto), p.term(_both)
    known = p.combine(equal(both, gram), *((stack.products[i, j], -s[i], s[j].T) for i, j in _pairs))
    p.facts = [rules.congruence(known, both, gram), rules.rank_bound(writes, onto)]
    one, two = p.goal[1]

    def count(q: Proof) -> Theorem:
        """K = [K1; K2] has K S = I, so K (S S') K' = I, and S S' has rank k1 + k2 at least."""
        same, bound, *told = q.facts
        reads = stack.reads(*q.values[-2:])
        product = multiply(reads, writes)
        placed = [(fact, e[i], transpose(e[j])) for fact, (i, j) in zip(told, _pairs, strict=True)]
        inverse = q.combine(equal(product, identity(reads.rows)), *placed, (stack.whole,))
        seen = multiply(gram, transpose(reads))
        around = (inverse, None, transpose(product)), (q.flip(inverse),)
        q.facts = [q.combine(equal(multiply(reads, seen), identity(reads.rows)), *around)]
        full = q.lemma(lemmas.with_left_inverse(), V=seen, W=reads)
        q.facts = [same, bound, full, q.lemma(lemmas.product_left(), X=gram, Y=transpose(reads))]
        return linear(q)

    def build(q: Proof) -> Theorem:
        same, _, equality = q.facts
        bound = q.lemma(lemmas.product_left(), X=writes, Y=onto)
        q.facts = [q.weighted(at_least(rank_of(writes), total), (1, bound), (-1, same), (1, equality))]
        inverse = q.open(q.lemma(lemmas.full_column_rank(), V=writes))[0]
        left = q.facts[-1]
        reads = [multiply(transpose(x), inverse) for x in e]

        def close(r: Proof) -> Theorem:
            done = []
            for goal, (i, j) in zip(r.goal[1], _pairs, strict=True):
                seen = (stack.parts[j], scale(number(-1), reads[i])), (stack.products[i, j],)
                done.append(r.combine(goal, (left, transpose(e[i]), e[j]), *seen))
            return rules.conjoin(done)

        return introduce_all(q, q.goal, reads, close)

    return rules.conjoin([p.suppose(one[1], count, one[2]), p.suppose(two[1], build, two[2])])


claim(
    "VW-T3c",
    "Disjoint subspaces can be told apart: oblique readers exist exactly when the bases together are independent",
    sentence="There are reads that see S1 and not S2, and the reverse, if and only if S1 + S2 has dimension k1 + k2, "
    "the rank of S1 S1' + S2 S2'.",
    show=Iff(Exists((K1, K2), And(*_disjoint)), Eq(rank(_both), k1 + k2)),
    proof=_oblique,
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
