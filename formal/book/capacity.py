"""How many can speak at once without interfering (VW-L2, C4): ranks and widths that add up to at most d."""

from __future__ import annotations

from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import equal
from ..kernel.rules import Theorem
from ..kernel.terms import identity, multiply, number, scalar, scale, subtract
from ..kernel.terms import rank as rank_of
from ..kernel.terms import trace as trace_of
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Expression,
    Identity,
    Iff,
    Implies,
    Le,
    Prop,
    Trace,
    ZeroMatrix,
    dim_family,
    dims,
    family,
    matrix,
    norm2,
    rank,
    running_sum,
    scalars,
    vector,
)
from .shelf import claim

d, n, i, j, h, l, k = dims("d n i j h l k")
I = Identity(d)
m = dim_family("m")
W, V = family("W", lambda l: m[l], d), family("V", d, lambda l: m[l])
ranks = running_sum("s", lambda l: rank(W[l]), l, n)
sizes = running_sum("s", lambda l: m[l] * Identity(1), l, n)

# ---------------------------------------------------------------- capacity (VW-L2)
claim(
    "VW-L2",
    "The ranks of all layers that speak at once add up to at most the width of the stream",
    sentence="rank W_1 + .. + rank W_n <= d.",
    wrong="Nothing keeps two layers from using the same dimensions; the bound is the price of not interfering, "
    "and it is the proof's conclusion that was assumed.",
    where=[ranks],
    show=ranks[n] <= d,
    witness={"d": 1, "n": 2, "m": {1: 1, 2: 1}, "W": {1: [[1]], 2: [[1]]}},
)

R = matrix("R", d, d)


P = family("P", d, d)
rank_sum = running_sum("s", lambda l: rank(P[l]), l, n)


def _rest(q: Any) -> Prop:
    """After q projections: a projection R of trace d less what they take, which every later one leaves as it is."""
    unheard = Each(j, n, Implies(Le(q, j), Eq(P[j + 1] * R, P[j + 1])))
    return Exists(R, And(Eq(R * R, R), Eq(Trace(R) + rank_sum[q], d), unheard))


def _projections(p: Proof) -> Theorem:
    """R (I - P_(q+1)) is the next rest."""
    start, *_, crossing = p.facts
    p.facts = p.facts[:-1]

    def nothing_taken(q: Proof) -> Theorem:
        def body(r: Proof) -> Theorem:
            square, taken, rest = r.goal[1]
            unheard = r.each(lambda s: s.suppose(s.goal[1], lambda t: t.combine(t.goal), s.goal[2]), rest)
            return rules.conjoin([r.combine(square), r.combine(taken, (start,)), unheard])

        return introduce_all(q, q.goal, [q.term(I)], body)

    def one_taken(p: Proof) -> Theorem:
        q, left, one = p.index, p.values[-1], P[p.index + 1]
        grown, idempotent, square, trace, later = p.facts[-5:]
        size = p.lemma(lemmas.idempotent(), P=one)
        heard, kept = p.at(later, q), p.term(I - one)
        inside = multiply(left, p.term(one))

        def unheard(r: Proof) -> Theorem:
            return r.combine(r.goal, (r.at(later, j), None, kept), (r.at(crossing, j, q), -1))

        def body(r: Proof) -> Theorem:
            squares, traces, rest = r.goal[1]
            moves = (square, None, kept), (heard, scale(number(-1), left), kept), (idempotent, left)
            counts = (trace,), (grown,), (heard, -1), (size,)
            then = r.each(lambda s: s.suppose(s.goal[1], unheard, s.goal[2]), rest)
            return rules.conjoin([r.combine(squares, *moves), r.combine(traces, *counts), then])

        return introduce_all(p, p.goal, [subtract(left, inside)], body)

    def fits(p: Proof) -> Theorem:
        left, (_, trace, _) = p.values[-1], p.facts[-3:]
        size, natural = p.lemma(lemmas.idempotent(), P=left), rules.Summand(1, (), (), (rank_of(left),))
        return rules.order(p.goal, [trace, size], [natural], [(0, number(-1)), (1, number(-1))])

    return by_induction(n, _rest, base=nothing_taken, step=one_taken, then=fits)(p)


_double = {"d": 1, "n": 2, "P": {1: [[1]], 2: [[1]]}}
_single = {"d": 1, "n": 1, "P": {1: [[1]]}}

projections_apart = claim(
    "VW-L2c",
    "Projections that annihilate the earlier ones have ranks that add up to at most d",
    sentence="If P_i P_i = P_i and P_i P_h = 0 for h < i, then rank P_1 + .. + rank P_n <= d; P_h P_i = 0 is not "
    "needed.",
    where=[rank_sum],
    given=[
        Each(i, n, Eq(P[i + 1] * P[i + 1], P[i + 1])),
        Each(i, n, Each(h, i, Eq(P[i + 1] * P[h + 1], 0))),
    ],
    show=rank_sum[n] <= d,
    proof=_projections,
    needed=[
        {"d": 2, "n": 3, "P": {k: [[0, 1], [0, 0]] for k in (1, 2, 3)}},
        _double,
    ],
    attained=_single,
)

_twice = {"d": 1, "n": 2, "m": {1: 1, 2: 1}, "W": {1: [[1]], 2: [[1]]}, "V": {1: [[1]], 2: [[1]]}}
_once = {"d": 1, "n": 1, "m": {1: 1}, "W": {1: [[1]]}, "V": {1: [[1]]}}


def _widths_as_ranks(p: Proof) -> Theorem:
    """V_i W_i is a projection of rank m_i, and V_i W_i V_h W_h = 0."""
    start, grown, exact, crossing = p.facts

    def square(q: Proof) -> Theorem:
        return q.combine(q.goal, (q.at(exact, i), V[i + 1], W[i + 1]))

    def apart(q: Proof) -> Theorem:
        silent = q.at(crossing, i)
        return q.each(lambda r: r.combine(r.goal, (r.at(silent, h), V[i + 1], W[h + 1])))

    def size(q: Proof) -> Theorem:
        w, v, one = W[l + 1], V[l + 1], q.at(exact, l)
        q.facts = [q.facts[-1], q.combine(Eq(v * w * v * w, v * w), (one, v, w))]
        width = q.lemma(lemmas.idempotent(), P=v * w)
        return q.combine(q.goal, (q.at(grown, l), 1), (width, -1), (one, -1))

    products = [V[q + 1] * W[q + 1] for q in (i, h, l)]
    p.facts = [
        start,
        p.each(size, Each(l, n, Eq(sizes[l + 1], sizes[l] + rank(products[2])))),
        p.each(square, Each(i, n, Eq(products[0] * products[0], products[0]))),
        p.each(apart, Each(i, n, Each(h, i, Eq(products[0] * products[1], 0)))),
    ]
    return cite(p, projections_apart, P=lambda l: V[l] * W[l])


zero_interference = claim(
    "VW-L2a",
    "Zero interference: layers that do not read what earlier ones write have widths that add up to at most d",
    sentence="If each layer has a reader W_i with W_i V_i = I that ignores what earlier layers write, W_i V_h = 0 for "
    "h < i, then m_1 + .. + m_n <= d. Ignoring later ones too is not needed.",
    where=[sizes],
    given=[
        Each(i, n, Eq(W[i + 1] * V[i + 1], Identity(m[i + 1]))),
        Each(i, n, Each(h, i, Eq(W[i + 1] * V[h + 1], 0))),
    ],
    show=sizes[n] <= d,
    proof=_widths_as_ranks,
    needed=[{**_once, "d": 0, "W": {1: [[]]}, "V": {1: []}}, _twice],
    attained=_once,
    also=("VW-C4", "TH-19"),
)

A, B = matrix("V", d, k), matrix("W", k, d)


def _as_many_as_columns(p: Proof) -> Theorem:
    """The rank is the number of columns if there is a left inverse, and then only."""
    one, two = p.goal[1]

    def count(q: Proof) -> Theorem:
        least = q.lemma(lemmas.with_left_inverse(), V=A, W=q.values[-1])
        return q.squeeze(least, q.lemma(lemmas.at_most_cols(), X=A))

    def build(q: Proof) -> Theorem:
        q.facts = [q.weighted(k <= rank(A), (1, q.facts[-1]))]
        return introduce_all(q, q.goal, q.open(q.lemma(lemmas.full_column_rank(), V=A)))

    return rules.conjoin([p.suppose(one[1], count, one[2]), p.suppose(two[1], build, two[2])])


claim(
    "VW-L2b",
    "Readers exist exactly when the columns of all writes together are independent",
    sentence="For the k columns of all writes side by side, V: some W has W V = I if and only if V has rank k.",
    show=Iff(Exists(B, Eq(B * A, Identity(k))), Eq(rank(A), k)),
    proof=_as_many_as_columns,
    also=("TH-19",),
)

U = family("V", d, k)
spans, span_ranks = running_sum("S", lambda l: U[l], l, n), running_sum("s", lambda l: rank(U[l]), l, n)


def _no_span(p: Proof) -> Theorem:
    nothing, _, none, *_ = p.facts
    through = p.term(ZeroMatrix(d, 0)), p.term(matrix("Z", 0, k))
    bound = rules.rank_bound(*through)
    same = p.same_rank(spans[0], multiply(*through), using=[nothing])
    return p.weighted(p.goal, (1, bound), (1, none), (-1, same))


def _one_more_span(p: Proof) -> Theorem:
    more, count, known = p.facts[-3:]
    before, new = spans[p.index], U[p.index + 1]
    same = p.same_rank(spans[p.index + 1], before + new, using=[more])
    bound = p.lemma(lemmas.of_sum(), X=before, Y=new)
    return p.weighted(p.goal, (1, bound), (1, known), (1, count), (-1, same))


claim(
    "VW-L2d",
    "The inequality that always holds goes the other way",
    sentence="Together, n layers span at most the sum of what each spans: rank(V_1 + .. + V_n) <= rank V_1 + .. + "
    "rank V_n.",
    where=[spans, span_ranks],
    show=rank(spans[n]) <= span_ranks[n],
    proof=by_induction(n, base=_no_span, step=_one_more_span),
    attained={"d": 1, "k": 1, "n": 1, "V": {1: [[1]]}},
)

# ---------------------------------------------------------------- parallel channels (VW-C4)
k1, k2, k3 = dims("k1 k2 k3")
S1, S2, S3 = matrix("S1", d, k1), matrix("S2", d, k2), matrix("S3", d, k3)
E1, E2 = matrix("E1", k1 + k2, k1), matrix("E2", k1 + k2, k2)
K1, K2, K3 = matrix("K1", k1, d), matrix("K2", k2, d), matrix("K3", k3, d)
K12, K21, K13, K31, K23, K32 = (
    matrix(f"K{name}", size, d)
    for name, size in zip(("12", "21", "13", "31", "23", "32"), (k1, k2, k1, k3, k2, k3), strict=True)
)
_pairwise = [
    *(
        Eq(r * x, Identity(size))
        for r, x, size in ((K12, S1, k1), (K21, S2, k2), (K13, S1, k1), (K31, S3, k3), (K23, S2, k2), (K32, S3, k3))
    ),
    *(Eq(r * x, 0) for r, x in ((K12, S2), (K21, S1), (K13, S3), (K31, S1), (K23, S3), (K32, S2))),
]
_three_lines = {
    "d": 2,
    **dict.fromkeys(("k1", "k2", "k3"), 1),
    "S1": [[1], [0]],
    "S2": [[0], [1]],
    "S3": [[1], [1]],
    "K12": [[1, 0]],
    "K21": [[0, 1]],
    "K13": [[1, -1]],
    "K31": [[0, 1]],
    "K23": [[-1, 1]],
    "K32": [[1, 0]],
}

claim(
    "VW-C4",
    "The dimensions of disjoint subspaces add up to at most the width of the stream",
    sentence="Subspaces that pairwise meet in 0 only have k1 + k2 + k3 <= d.",
    wrong="Pairwise is not jointly: three lines in the plane meet in 0 only. The bound holds for a direct sum, "
    "so it is about channels that can all be read apart at once.",
    given=_pairwise,
    show=k1 + k2 + k3 <= d,
    witness=_three_lines,
)

claim(
    "VW-T3e",
    "Subspaces that pairwise meet in 0 only are independent",
    sentence="If S1 a + S2 b + S3 c = 0 then S1 a = 0.",
    wrong="Three lines in the plane again: e1 + e2 - (e1 + e2) = 0.",
    given=[*_pairwise, Eq(S1 * vector("a", k1) + S2 * vector("b", k2) + S3 * vector("c", k3), 0)],
    show=Eq(S1 * vector("a", k1), 0),
    witness={**_three_lines, "a": [[1]], "b": [[1]], "c": [[-1]]},
)

_channels = [
    Eq(K1 * S1, Identity(k1)),
    Eq(K2 * S2, Identity(k2)),
    Eq(K3 * S3, Identity(k3)),
    Eq(K2 * S1, 0),
    Eq(K3 * S1, 0),
    Eq(K3 * S2, 0),
]


def _three_channels(p: Proof) -> Theorem:
    """R_i = R_(i-1) (I - S_i K_i) is a projection that loses k_i dimensions, as K_i R_(i-1) = K_i."""
    one, two, three, over, past, beyond = p.facts

    def channel(left: Expression, square: Theorem, heard: Theorem, exact: Theorem, s: Any, r: Any) -> tuple[Any, ...]:
        kept, rest = I - s * r, left - left * s * r
        moves = (square, None, kept), (heard, -left * s, kept), (exact, left * s, r)
        return rest, p.combine(Eq(rest * rest, rest), *moves)

    first = I - S1 * K1
    square = p.combine(Eq(first * first, first), (one, S1, K1))
    second_heard = p.combine(Eq(K2 * first, K2), (over, -1, K1))
    second, square = channel(first, square, second_heard, two, S2, K2)
    third_heard = p.combine(Eq(K3 * second, K3), (past, -1, K1 * (I - S2 * K2)), (beyond, -1, K2))
    third, square = channel(second, square, third_heard, three, S3, K3)
    heard = (second_heard, -1, S2), (third_heard, -1, S3)
    trace = p.combine(Eq(Trace(third), d - k1 - k2 - k3), *((exact, -1) for exact in p.facts[:3]), *heard)
    p.facts = [square]
    size, natural = p.lemma(lemmas.idempotent(), P=third), rules.Summand(1, (), (), (p.term(rank(third)),))
    return rules.order(p.goal, [trace, size], [natural], [(0, number(-1)), (1, number(-1))])


_line = {
    "d": 1,
    **dict.fromkeys(("k1", "k2", "k3"), 1),
    **{name: [[1]] for name in ("S1", "S2", "S3", "K1", "K2", "K3")},
}
_no = {
    1: {"k1": 0, "S1": [[]], "K1": []},
    2: {"k2": 0, "S2": [[]], "K2": []},
    3: {"k3": 0, "S3": [[]], "K3": []},
}

claim(
    "VW-C4a",
    "Channels that can be read apart from the earlier ones have dimensions that add up to at most d",
    sentence="For three subspaces with coordinates K_i that ignore the earlier subspaces, k1 + k2 + k3 <= d, as for a "
    "direct sum (for any number of them: VW-L2a).",
    given=_channels,
    show=k1 + k2 + k3 <= d,
    proof=_three_channels,
    needed=[
        {**_line, **_no[3], "S1": [[0]], "K1": [[0]]},
        {**_line, **_no[3], "S2": [[0]], "K2": [[0]]},
        {**_line, **_no[2], "S3": [[0]], "K3": [[0]]},
        {**_line, **_no[3]},
        {**_line, **_no[2]},
        {**_line, **_no[1]},
    ],
    attained={**_line, **_no[2], **_no[3]},
)

r = dims("r")
common, coordinates = matrix("K", d, r), matrix("J", r, d)
G1, G2 = matrix("G1", k1, r), matrix("G2", k2, r)


def _forced_overlap(p: Proof) -> Theorem:
    """With S_i = C_i F_i and A_i C_i = I: what C1 carries of the kernel of (I - C2 A2) C1."""
    f, g = p.factor(S1), p.factor(S2)
    size_1, split_1, left_1, right_1, size_2, split_2, left_2, right_2 = p.facts
    beyond = subtract(identity(g.left.rows), multiply(g.left, g.left_inverse))
    square = p.combine(equal(multiply(beyond, beyond), beyond), (left_2, g.left, g.left_inverse))
    p.facts = [square]
    width = p.lemma(lemmas.idempotent(), P=beyond)
    taken = p.combine(equal(trace_of(multiply(g.left, g.left_inverse)), scalar(g.size)), (left_2, 1))
    apart = multiply(beyond, f.left)
    size, kernel, back, _ = p.open(p.lemma(lemmas.nullity(), M=apart))
    inside, independent, _, count = p.facts[-4:]
    bound = p.lemma(lemmas.product_left(), X=beyond, Y=f.left)
    basis = multiply(f.left, kernel)
    seen = multiply(g.left_inverse, basis)
    first, second = multiply(f.right_inverse, kernel), multiply(g.right_inverse, seen)

    def close(q: Proof) -> Theorem:
        one, in_first, in_second, large = q.goal[1]
        places = (split_2, -1, second), (right_2, scale(number(-1), g.left), seen)
        return rules.conjoin(
            [
                q.combine(one, (left_1, back, kernel), (independent,)),
                q.combine(in_first, (split_1, -1, first), (right_1, scale(number(-1), f.left), kernel)),
                q.combine(in_second, (inside,), *places),
                q.weighted(large, (1, bound), (1, count), (-1, width), (1, taken), (1, size_1), (1, size_2)),
            ]
        )

    return introduce_all(p, p.goal, [size, basis, multiply(back, f.left_inverse), first, second], close)


claim(
    "VW-C4b",
    "Two large subspaces must overlap: dim(S1 meet S2) >= dim S1 + dim S2 - d",
    sentence="There are r independent vectors K (J K = I) in the column spaces of both S1 and S2, with r + d >= "
    "rank S1 + rank S2.",
    show=Exists(
        (r, common, coordinates, G1, G2),
        And(
            Eq(coordinates * common, Identity(r)),
            Eq(common, S1 * G1),
            Eq(common, S2 * G2),
            rank(S1) + rank(S2) <= r + d,
        ),
    ),
    proof=_forced_overlap,
)


q = scalars("q")
projections = running_sum("Q", lambda l: P[l], l, n)
Q, s = projections, rank_sum


def _one_more_trace(p: Proof) -> Theorem:
    sum_of, count, _, known = p.facts[-4:]
    size = p.lemma(lemmas.idempotent(), P=P[p.index + 1])
    return p.combine(p.goal, (sum_of, 1), (count, -1), (known,), (size, -1))


def _frame_bound(p: Proof) -> Theorem:
    """|Q - q tr(Q) I|^2 = |Q|^2 - q tr(Q)^2."""
    t, unit, known = Trace(Q[n]), p.facts[-3], p.facts[-1]
    return p.weighted(p.goal, (1, Q[n] - q * t * I), (q * (t + s[n]), known), (-q * t * t, unit))


claim(
    "VW-C4c",
    "Fusion-frame Welch bound: many subspaces must overlap on average",
    sentence="For projections P_i with sum Q, |Q|^2 = sum over i, j of tr(P_i'P_j) is at least (rank P_1 + .. + "
    "rank P_n)^2 / d, with q = 1/d. For orthogonal projections tr(P_i P_j) is the sum of the squared "
    "cosines of the principal angles: 144 subspaces of dimension 64 in 768 dimensions have mean squared "
    "cosine at least 1/13.",
    where=[projections, rank_sum],
    given=[Eq(q * d, 1), Each(i, n, Eq(P[i + 1] * P[i + 1], P[i + 1]))],
    show=q * s[n] * s[n] <= norm2(Q[n]),
    proof=by_induction(n, lambda at: Eq(Trace(Q[at]), s[at]), step=_one_more_trace, then=_frame_bound),
    needed=[
        {**_single, "q": [[2]]},
        {"d": 1, "n": 2, "q": [[1]], "P": {1: [[1]], 2: [[-1]]}},
    ],
    attained={**_single, "q": [[1]]},
    also=("TH-20",),
)
