"""Angles between what is read and what is written (VW-L8, C5): how much they say about interference."""

from __future__ import annotations

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.props import at_least, equal
from ..kernel.rules import Theorem
from ..kernel.terms import add, identity, multiply, number, scale, squared_norm, subtract, transpose
from ..provers import rank as lemmas
from ..provers.instances import at_instance
from ..provers.proof import Proof, auto
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Eq,
    Exists,
    ForAll,
    Identity,
    Iff,
    Trace,
    dims,
    inner,
    matrix,
    norm2,
    scalars,
    vector,
)
from .shelf import claim

d, m, n, r1, r2 = dims("d m n r1 r2")
I = Identity(d)

# ---------------------------------------------------------------- principal angles (VW-L8)
w1, v1, w2, v2 = vector("w1", d), vector("v1", d), vector("w2", d), vector("v2", d)
a, c = scalars("a c")

claim(
    "VW-L8",
    "Interference is proportional to the cosine of the first principal angle",
    sentence="A reading for heads of width 1, which read along w and write along v: where the squared cosine of read "
    "and write is the same c, so is the squared interference <w, v>^2.",
    wrong="The angle says how two directions lie, not how loudly they are written or how closely they are read: at "
    "angle 0 the interference can be any number. Weights must be compared as they are, norms included (VW-L8b).",
    given=[
        Eq(inner(w1, v1) ** 2, c * norm2(w1) * norm2(v1)),
        Eq(inner(w2, v2) ** 2, c * norm2(w2) * norm2(v2)),
    ],
    show=Eq(inner(w1, v1) ** 2, inner(w2, v2) ** 2),
    witness={"d": 1, "c": [[1]], "w1": [[1]], "v1": [[1]], "w2": [[2]], "v2": [[1]]},
)

A, B = matrix("A", m, n), matrix("B", m, n)


def _cauchy_schwarz(p: Proof) -> Theorem:
    """|B|^2 (|A|^2 |B|^2 - <A, B>^2) = ||B|^2 A - <A, B> B|^2; divide by |B|^2, or B = 0."""
    spread = p.term(norm2(B) * A - inner(A, B) * B)
    gap = p.term(norm2(A) * norm2(B) - inner(A, B) ** 2)
    square = p.add(p.ideal(equal(squared_norm(spread), scale(p.term(norm2(B)), gap)), ()))
    bound, (_, (there, back)) = p.goal[1]

    def positive(q: Proof) -> Theorem:
        scaled = scale(q.reciprocal(norm2(B)), spread)
        q.add(q.ideal(equal(gap, scale(q.term(norm2(B)), squared_norm(scaled))), [square, q.facts[-1]]))
        return q.order(squares=[scaled])

    def vanishing(q: Proof) -> Theorem:
        q.facts = [rules.null(q.facts[-1], q.term(B))]
        return q.order(rewrite=True)

    def parallel(q: Proof) -> Theorem:
        q.add(q.ideal(equal(squared_norm(spread), number(0)), [square, q.facts[-1]]))
        return rules.null(q.order(at_least(number(0), squared_norm(spread))), spread)

    at_most = p.prove(bound, lambda q: q.cases(norm2(B) > 0, positive, vanishing))
    one, two = p.suppose(there[1], parallel, there[2]), p.suppose(back[1], ideal, back[2])
    return rules.conjoin([at_most, rules.conjoin([one, two])])


cauchy_schwarz = claim(
    "VW-L8a",
    "Cauchy-Schwarz inequality",
    sentence="<A, B>^2 <= |A|^2 |B|^2 for vectors, and for matrices with <A, B> = tr(A'B), with equality exactly for "
    "parallel ones: a cosine is at most 1.",
    show=And(
        inner(A, B) ** 2 <= norm2(A) * norm2(B),
        Iff(Eq(inner(A, B) ** 2, norm2(A) * norm2(B)), Eq(norm2(B) * A, inner(A, B) * B)),
    ),
    proof=_cauchy_schwarz,
    attained={"m": 1, "n": 1, "A": [[1]], "B": [[1]]},
)

Q1, Q2 = matrix("Q1", d, r1), matrix("Q2", d, r2)
R, S = matrix("R", m, r1), matrix("S", r2, n)
W, V, cosines = R * Q1.T, Q2 * S, Q1.T * Q2
b = scalars("b")
u, y, z = vector("u", r1), vector("y", r2), vector("z", r2)
_orthonormal = [Eq(Q1.T * Q1, Identity(r1)), Eq(Q2.T * Q2, Identity(r2))]
_ones = dict.fromkeys(("d", "m", "n", "r1", "r2"), 1)


def _both_ways(p: Proof) -> Theorem:
    there, back = p.goal[1]

    def only(q: Proof) -> Theorem:
        q.multiply(q.facts[-1], K, G)
        return q.ideal()

    return rules.conjoin([p.suppose(there[1], only, there[2]), p.suppose(back[1], ideal, back[2])])


w, P, v = vector("w", d), matrix("P", d, d), vector("v", d)


def _at_most(p: Proof) -> Theorem:
    seen, angle = p.facts
    bound = rules.part(cite(p, cauchy_schwarz, A=w, B=P * v), 0)
    p.facts = [bound, angle, p.ideal(Eq(inner(w, P * v), inner(w, v)), [seen])]
    return p.order(squares=[w], multipliers=[p.term(inner(w, P * v)), p.term(inner(w, v))])


claim(
    "VW-L8b",
    "Interference is at most the norms times the cosine of the angle",
    sentence="P projects on what a head reads, and w is read (w'P = w'); |P v| <= b |v|, so b bounds the cosine of the "
    "angle between the written v and the read space. Then |<w, v>| <= b |w| |v|. For all v that another head writes, "
    "the cosine of the first principal angle will do as b.",
    given=[Eq(w.T * P, w.T), norm2(P * v) <= b * b * norm2(v)],
    show=inner(w, v) ** 2 <= b * b * norm2(w) * norm2(v),
    proof=_at_most,
    needed=[
        {"d": 1, "w": [[1]], "P": [[0]], "v": [[1]], "b": [[0]]},
        {"d": 1, "w": [[1]], "P": [[1]], "v": [[1]], "b": [[0]]},
    ],
    attained={"d": 1, "w": [[1]], "P": [[1]], "v": [[1]], "b": [[1]]},
)

C = matrix("C", r1, r2)


def _one_norm(p: Proof) -> Theorem:
    """Take u = C y for one direction, Cauchy-Schwarz for the other."""
    there, back = p.goal[1]
    image = p.term(C * y)

    def shorter(q: Proof) -> Theorem:
        squared = q.at(q.facts[-1], image, y)

        def longer(r: Proof) -> Theorem:
            r.facts = [squared, r.facts[-1]]
            return r.impossible(products=2, squares=[b * y])

        return rules.generalize(q.cases(q.goal[2], auto, longer, q.goal[2]), q.goal[1])

    def smaller(q: Proof) -> Theorem:
        bound = q.at(q.facts[-1], z)
        known = rules.part(cite(q, cauchy_schwarz, A=u, B=C * z), 0)
        q.facts = [bound, known]
        at_most = q.order(back[2][2][2], squares=[q.term(u)])
        return rules.generalize(rules.generalize(at_most, back[2][2][1]), back[2][1])

    return rules.conjoin([p.suppose(there[1], shorter, there[2]), p.suppose(back[1], smaller, back[2])])


def _no_strict(p: Proof) -> Theorem:
    """At C = 0 and b = 0 both sides say 0 <= 0."""

    th = p.detach(p.facts[-1])
    while th.conclusion.kind == "all":
        th = rules.specialize(th, p.term(0))
    return th


claim(
    "VW-L8c",
    "The cosine of the first principal angle is the operator norm of Q1'Q2",
    sentence="For C = Q1'Q2, the columns of Q1 and Q2 orthonormal, <Q1 u, Q2 z> = <u, C z>: the chapter's maximum is "
    "at most b exactly when |C y| <= b |y| for all y. It is the largest singular value; the others are the cosines of "
    "the further principal angles.",
    show=Iff(
        ForAll((u, z), inner(u, C * z) ** 2 <= b * b * norm2(u) * norm2(z)),
        ForAll(y, norm2(C * y) <= b * b * norm2(y)),
    ),
    proof=_one_norm,
    attained=at_instance({"r1": 1, "r2": 1, "C": 0, "b": 0}, _no_strict),
)

K, G = matrix("K", r1, m), matrix("G", n, r2)

claim(
    "VW-L8d",
    "There is no interference exactly when all principal angles are right angles",
    sentence="For W = R Q1' and V = Q2 S, R with a left and S with a right inverse, W V = 0 if and only if Q1'Q2 = 0.",
    given=[Eq(K * R, Identity(r1)), Eq(S * G, Identity(r2))],
    show=Iff(Eq(W * V, 0), Eq(cosines, 0)),
    proof=_both_ways,
    needed=[
        {**_ones, "K": [[0]], "R": [[0]], "S": [[1]], "G": [[1]], "Q1": [[1]], "Q2": [[1]]},
        {**_ones, "K": [[1]], "R": [[1]], "S": [[0]], "G": [[0]], "Q1": [[1]], "Q2": [[1]]},
    ],
)


def _squared_cosines(p: Proof) -> Theorem:
    same, (_, (left, right)) = p.goal[1]
    one, two = p.facts
    outside = [p.term(Q1 - Q2 * Q2.T * Q1), p.term(Q2 - Q1 * Q1.T * Q2)]
    bounds = []
    for goal, rest, size in ((left, outside[0], r1), (right, outside[1], r2)):
        gap = p.ideal(equal(squared_norm(rest), p.term(size - norm2(cosines))), [one, two])
        q = Proof(goal, [gap])
        bounds.append(q.order(squares=[rest]))
    return rules.conjoin([p.ideal(same, ()), rules.conjoin(bounds)])


claim(
    "VW-L8e",
    "The squared cosines of all principal angles add up to tr(P1 P2)",
    sentence="For the orthogonal projections P1 = Q1 Q1' and P2 = Q2 Q2', tr(P1 P2) = |Q1'Q2|^2, the sum of the "
    "squared singular values of Q1'Q2; it is at most each of the two dimensions.",
    given=_orthonormal,
    show=And(
        Eq(Trace(Q1 * Q1.T * Q2 * Q2.T), norm2(cosines)),
        And(norm2(cosines) <= r1, norm2(cosines) <= r2),
    ),
    proof=_squared_cosines,
    needed=[
        {"d": 1, "r1": 1, "r2": 1, "Q1": [[2]], "Q2": [[1]]},
        {"d": 1, "r1": 1, "r2": 1, "Q1": [[1]], "Q2": [[2]]},
    ],
    attained={"d": 1, "r1": 1, "r2": 1, "Q1": [[1]], "Q2": [[1]]},
)

# ---------------------------------------------------------------- must subspaces be orthogonal? (VW-C5)
claim(
    "VW-C5",
    "Heads that do not interfere write to nearly orthogonal subspaces",
    sentence="If each of two reads sees its own write as 1 and the other's as 0, the writes are at least 60 degrees "
    "apart: their squared cosine is at most 1/4.",
    wrong="Reads need not look along the writes. (1, 0) and (1, 1) are 45 degrees apart, and (1, -1) and (0, 1) read "
    "them apart without any interference: what must vanish is each read times each foreign write (VW-L2a). The angle "
    "between writes is a matter of coordinates (VW-C5a).",
    given=[Eq(inner(w1, v1), 1), Eq(inner(w2, v2), 1), Eq(inner(w1, v2), 0), Eq(inner(w2, v1), 0)],
    show=4 * inner(v1, v2) ** 2 <= norm2(v1) * norm2(v2),
    witness={
        "d": 2,
        "v1": [[1], [0]],
        "v2": [[1], [1]],
        "w1": [[1], [-1]],
        "w2": [[0], [1]],
    },
)

reads, writes = matrix("W", m, d), matrix("V", d, m)
D = dims("D")
M, N = matrix("M", D, d), matrix("N", d, D)


def _orthonormal_coordinates(p: Proof) -> Theorem:
    """With K spanning the kernel of W and J K = I: M = E1 W + E2 J (I - V W), N = V E1' + K E2'."""
    w, v = p.term(reads), p.term(writes)
    size, kernel, back, _ = p.open(p.lemma(lemmas.nullity(), M=w))
    e1, e2 = p.blocks(m, size)
    clear = subtract(identity(v.rows), multiply(v, w))
    to = add(multiply(e1, w), multiply(multiply(e2, back), clear))
    fro = add(multiply(v, transpose(e1)), multiply(kernel, transpose(e2)))
    whole = next(f for f in p.facts if len(f.conclusion[1].words) == 3)
    known = [f for f in p.facts if f is not whole]
    p.facts = known
    p.have(equal(multiply(multiply(kernel, back), clear), clear), using=[p.multiply(whole, right=clear), known[0]])
    return introduce_all(p, p.goal, [to.rows, to, fro])


def _not_orthonormal(p: Proof) -> Theorem:
    """V = 0 would give 0 = 1."""
    p.facts = [f for f in p.facts if not f.conclusion[1].words.keys() - {()}]
    return p.impossible()


claim(
    "VW-C5a",
    "Independent writes are orthonormal in suitable coordinates",
    sentence="If some reads W have W V = I, there is an invertible change M of the stream's coordinates (its inverse N "
    "changes the reads, so that the network computes the same) after which the columns of V are orthonormal.",
    given=[Eq(reads * writes, Identity(m))],
    show=Exists(
        (D, M, N),
        And(Eq(N * M, I), Eq(M * N, Identity(D)), Eq((M * writes).T * M * writes, Identity(m))),
    ),
    proof=_orthonormal_coordinates,
    needed=[at_instance({"d": 1, "m": 1, "W": 0, "V": 0}, _not_orthonormal)],
)


def _reader_norm(p: Proof) -> Theorem:
    """Cauchy-Schwarz for w and the part of v1 that is orthogonal to v2."""
    rest = v1 - inner(v1, v2) * v2
    facts = list(p.facts)
    bound = rules.part(cite(p, cauchy_schwarz, A=w1, B=rest), 0)
    seen = p.ideal(Eq(inner(w1, rest), 1), facts)
    length = p.ideal(Eq(norm2(rest), norm2(v1) - inner(v1, v2) ** 2), facts)
    p.facts = [bound, p.ideal(equal(multiply(seen.conclusion[1], seen.conclusion[1]), number(0)), [seen]), seen, length]
    return p.order(multipliers=[p.term(norm2(w1))])


claim(
    "VW-C5b",
    "What small angles cost: the reader's norm is at least 1 / sine",
    sentence="A read w1 that sees v1 as 1 and the unit vector v2 as 0 has |w1|^2 (|v1|^2 - <v1, v2>^2) >= 1. For unit "
    "v1 the bracket is the squared sine of the angle: nearly parallel writes need long reads, which amplify noise.",
    given=[Eq(norm2(v2), 1), Eq(inner(w1, v1), 1), Eq(inner(w1, v2), 0)],
    show=1 <= norm2(w1) * (norm2(v1) - inner(v1, v2) ** 2),
    proof=_reader_norm,
    needed=[
        {"d": 2, "w1": [[1], [0]], "v1": [[1], [1]], "v2": [[0], [2]]},
        {"d": 2, "w1": [[0], [0]], "v1": [[1], [0]], "v2": [[0], [1]]},
        {"d": 1, "w1": [[1]], "v1": [[1]], "v2": [[1]]},
    ],
    attained={"d": 2, "w1": [[1], [0]], "v1": [[1], [0]], "v2": [[0], [1]]},
)
