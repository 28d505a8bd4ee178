"""The bottleneck of the stream (VW-T4, VW-U2, VW-U8): counting dimensions, signals and heads against its width."""

from __future__ import annotations

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.rules import Theorem
from ..kernel.terms import FAMILY, HOLE, letter, multiply, nat
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import FALSE, Proof, anything
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Identity,
    Le,
    Lt,
    Ne,
    Trace,
    ZeroMatrix,
    dim_family,
    dims,
    family,
    matrix,
    rank,
    running_sum,
    scalars,
    vector,
)
from .capacity import zero_interference
from .shelf import claim

d, N, n, k, r, l, i, j, h, L = dims("d N n k r l i j h L")
I = Identity(d)
m = dim_family("m")
W, V = family("W", lambda l: m[l], d), family("V", d, lambda l: m[l])
sizes = running_sum("s", lambda l: m[l] * Identity(1), l, n)
spread = running_sum("Q", lambda l: V[l] * W[l], l, n)

# ---------------------------------------------------------------- dimensions that add up (VW-U2)
claim(
    "VW-U2",
    "The dimensions of the functional subspaces add up to that of the stream",
    sentence="If subspaces with bases V_1 .. V_n together span the stream (V_1 W_1 + .. + V_n W_n = I for some "
    "coordinates W_i), then m_1 + .. + m_n = d.",
    wrong="Subspaces may overlap, and as a rule do: the dimensions of the heads of 12 layers add up to 12 d. The "
    "equation is what a direct sum means, not a fact about subspaces in use.",
    where=[sizes, spread],
    given=[Each(i, n, Eq(rank(V[i + 1]), m[i + 1])), Eq(spread[n], I)],
    show=Eq(sizes[n], d),
    witness={"d": 1, "n": 2, "m": {1: 1, 2: 1}, "V": {1: [[1]], 2: [[1]]}, "W": {1: [[1]], 2: [[0]]}},
)

_two = {"d": 1, "n": 1, "m": {1: 2}, "V": {1: [[1, 0]]}, "W": {1: [[1], [0]]}}


def _one_more_width(p: Proof) -> Theorem:
    count, sum_of, exact, known = p.facts[-4:]
    return p.combine(p.goal, (sum_of, 1), (known,), (count, -1), (exact, 1))


def _trace_of_whole(p: Proof) -> Theorem:
    *_, whole, known = p.facts
    return p.combine(p.goal, (whole, 1), (known, -1))


claim(
    "VW-U2a",
    "For a direct sum they do",
    sentence="If the coordinates also read their own subspaces exactly (W_i V_i = I), then m_1 + .. + m_n = d. That "
    "they do not hear each other need not be asked for.",
    where=[sizes, spread],
    given=[Each(i, n, Eq(W[i + 1] * V[i + 1], Identity(m[i + 1]))), Eq(spread[n], I)],
    show=Eq(sizes[n], d),
    proof=by_induction(n, lambda q: Eq(Trace(spread[q]), sizes[q]), step=_one_more_width, then=_trace_of_whole),
    needed=[_two, {"d": 1, "n": 0, "m": {}, "V": {}, "W": {}}],
)


def _one_more(p: Proof) -> Theorem:
    q = p.index
    count, sum_of, known = p.facts[-3:]
    new = V[q + 1] * W[q + 1]
    width = rules.rank_bound(p.term(V[q + 1]), p.term(W[q + 1]))
    same = p.same_rank(spread[q + 1], spread[q] + new, using=[sum_of])
    bound = p.lemma(lemmas.of_sum(), X=spread[q], Y=new)
    return p.weighted(p.goal, (1, known), (1, bound), (1, width), (1, count), (-1, same))


def _nothing_yet(p: Proof) -> Theorem:
    none, _, nothing, *_ = p.facts
    through = p.term(ZeroMatrix(d, 0)), p.term(matrix("Z", 0, d))
    same = p.same_rank(spread[0], multiply(*through), using=[nothing])
    return p.weighted(p.goal, (1, rules.rank_bound(*through)), (1, none), (-1, same))


def _whole(p: Proof) -> Theorem:
    *_, whole, known = p.facts
    full = p.lemma(lemmas.of_identity(), {"n": d})
    return p.weighted(p.goal, (1, full), (1, known), (1, p.same_rank(spread[n], I, using=[whole])))


claim(
    "VW-U2b",
    "Subspaces that together span the stream have at least its dimension",
    sentence="V_1 W_1 + .. + V_n W_n = I gives d <= m_1 + .. + m_n. With VW-L2a (at most d, if all can be read apart) "
    "this is where the equation comes from.",
    where=[sizes, spread],
    given=[Eq(spread[n], I)],
    show=d <= sizes[n],
    proof=by_induction(n, lambda q: rank(spread[q]) <= sizes[q], base=_nothing_yet, step=_one_more, then=_whole),
    needed=[{"d": 1, "n": 0, "m": {}, "V": {}, "W": {}}],
    attained={"d": 1, "n": 1, "m": {1: 1}, "V": {1: [[1]]}, "W": {1: [[1]]}},
)

# ---------------------------------------------------------------- widths of heads (VW-U8)
H, w = dims("H w")

claim(
    "VW-U8",
    "Heads are so narrow that those of all layers fit side by side into the stream",
    sentence="A head has width w = d / H for H heads a layer; then the widths of all heads of L layers add up to at "
    "most d: a reading of the remark that a head's dimension is small against the stream's.",
    wrong="The heads of one layer have width d together, by construction. Two layers are already twice too many for "
    "all heads to have subspaces of their own.",
    given=[Eq(H * w, d)],
    show=L * H * w <= d,
    witness={"d": 1, "H": 1, "w": 1, "L": 2},
)

total = running_sum("s", lambda l: H * w * Identity(1), l, L)


def _one_more_layer(p: Proof) -> Theorem:
    *_, grown, known = p.facts
    return p.combine(p.goal, (grown,), (known,))


def _layers_times_width(p: Proof) -> Theorem:
    *_, together, known = p.facts
    return p.combine(p.goal, (known,), (together, L))


claim(
    "VW-U8a",
    "The heads of L layers have L times the width of the stream",
    sentence="With H heads of width w = d / H in each layer, the widths of all of them add up to L d.",
    where=[total],
    given=[Eq(H * w, d)],
    show=Eq(total[L], L * d),
    proof=by_induction(L, lambda q: Eq(total[q], q * H * w), step=_one_more_layer, then=_layers_times_width),
    needed=[{"d": 1, "L": 1, "H": 1, "w": 0}],
)

width = running_sum("s", lambda l: w * Identity(1), l, L * H)
R, S = family("W", w, d), family("V", d, w)


def _one_layer_at_most(p: Proof) -> Theorem:
    """L H w <= d is L d <= d; with L - 1 > 0 times d - 1 >= 0, that is absurd."""
    start, grown, together, positive, exact, crossing = p.facts
    p.facts = [start, grown]
    widths = by_induction(L * H, lambda q: Eq(width[q], q * w), step=_one_more_layer)
    total_width = p.prove(Eq(width[L * H], L * H * w), widths)
    p.facts = [start, grown, exact, crossing]
    heads = {name: letter(f.decl, nat(HOLE)) for name, f in (("W", R), ("V", S))}
    bound = cite(p, zero_interference, {"n": L * H, "m" + FAMILY: w}, **heads)
    p.facts = []

    def several(q: Proof) -> Theorem:
        more = q.facts[0]
        parts = (1, bound), (1, total_width), (L, together), (1, more, positive), (1, more)
        return anything(q.goal, q.weighted(FALSE, *parts))

    return p.cases(p.goal, lambda q: q.facts[-1], several)


_two_layers = {"d": 1, "H": 1, "w": 1, "L": 2, "V": {1: [[1]], 2: [[1]]}}

claim(
    "VW-U8b",
    "Heads that do not hear each other at all: only one layer has room",
    sentence="If all L H heads of width w, with H w = d > 0, write apart (each has a read that hears it exactly and "
    "none of those before it), then L <= 1.",
    where=[width],
    given=[
        Eq(H * w, d),
        Le(1, d),
        Each(i, L * H, Eq(R[i + 1] * S[i + 1], Identity(w))),
        Each(i, L * H, Each(h, i, Eq(R[i + 1] * S[h + 1], 0))),
    ],
    show=L <= 1,
    proof=_one_layer_at_most,
    needed=[
        {"d": 1, "H": 1, "w": 0, "L": 2, "W": {1: [], 2: []}, "V": {1: [[]], 2: [[]]}},
        {"d": 0, "H": 0, "w": 1, "L": 2, "W": {}, "V": {}},
        {**_two_layers, "W": {1: [[0]], 2: [[0]]}},
        {**_two_layers, "W": {1: [[1]], 2: [[1]]}},
    ],
    attained={**_two_layers, "L": 1, "W": {1: [[1]]}},
)

# ---------------------------------------------------------------- the bottleneck (VW-T4)
c = scalars("c")

claim(
    "VW-T4",
    "N neurons before and N behind the stream: compressed by the factor N^2 / d^2",
    sentence="With c signals to a dimension (c d = N), c d^2 = N^2.",
    wrong="The factor is N / d, 100 and not 10000 in the example: signals share the dimensions of the stream once, and "
    "those behind read the same d numbers. The square counts entries of the virtual weight matrix.",
    given=[Lt(d, N), Eq(c * d, N)],
    show=Eq(c * d * d, N * N),
    witness={"d": 1, "N": 2, "c": [[2]]},
)

claim(
    "VW-T4a",
    "What the square does count",
    sentence="With N = c d neurons on both sides, the virtual weights have c^2 d^2 entries, c / 2 times the 2 N d "
    "numbers that reads and writes have: for c = 100, 10000 d^2 entries and 50 times as many.",
    given=[Eq(N, c * d)],
    show=And(Eq(N * N, c**2 * d * d), Eq(N * N, c / 2 * (2 * N * d))),
    proof=ideal,
    needed=[{"d": 1, "N": 1, "c": [[0]]}],
)

M = dims("M")
mr, mw = dim_family("m"), dim_family("w")
reads, writes = family("W", lambda l: mr[l], d), family("V", d, lambda l: mw[l])
F, G = family("F", M, lambda l: mr[l]), family("G", N, lambda l: mw[l])
all_reads = running_sum("P", lambda l: F[l] * F[l].T, l, n)
all_writes = running_sum("Q", lambda l: G[l] * G[l].T, l, k)
C = matrix("C", M, N)


X = running_sum("X", lambda l: F[l] * reads[l], l, n)
Y = running_sum("Y", lambda l: writes[l] * G[l].T, l, k)


def _through_the_stream(p: Proof) -> Theorem:
    """P C G_i = X V_i for every write i, where P covers the reads; then C Q = X Y, where Q covers the writes."""
    of_reads, of_writes, of_x, of_y = (p.facts[at : at + 2] for at in (0, 2, 4, 6))
    blocks, covered, complete = p.facts[-3:]
    write, place = writes[i + 1], G[i + 1]

    def stack_reads(q: Proof) -> Theorem:
        q.facts = [*of_reads, *of_x, q.at(blocks, i)]
        return by_induction(n, lambda at: Eq(all_reads[at] * C * place, X[at] * write), step=one_read)(q)

    def one_read(q: Proof) -> Theorem:
        more, grown, block, known = q.facts[-4:]
        return q.combine(q.goal, (more, None, C * place), (grown, -1, write), (block, F[q.index + 1]), (known,))

    def one_write(q: Proof) -> Theorem:
        more, grown, seen, known = q.facts[-4:]
        at = G[q.index + 1]
        new = (seen, None, at.T), (covered, -1, C * at * at.T)
        return q.combine(q.goal, (more, C), (grown, -X[n]), (known,), *new)

    def whole(q: Proof) -> Theorem:
        split, bound = q.goal[1]
        product = q.combine(split, (q.facts[-1],), (complete, -C))
        left, right = q.term(X[n]), q.term(Y[k])
        same = rules.congruence(product, q.term(C), multiply(left, right))
        return rules.conjoin([product, q.weighted(bound, (1, rules.rank_bound(left, right)), (-1, same))])

    every = p.each(stack_reads, Each(i, k, Eq(all_reads[n] * C * place, X[n] * write)))
    p.facts = [*of_writes, *of_y, every]
    return by_induction(k, lambda at: Eq(C * all_writes[at], X[n] * Y[at]), step=one_write, then=whole)(p)


_ones = {
    **dict.fromkeys(("d", "M", "N", "n", "k"), 1),
    **{"m": {1: 1}, "w": {1: 1}, "C": [[1]]},
    **{name: {1: [[1]]} for name in "WVFG"},
}

claim(
    "VW-T4b",
    "Cut-rank theorem: the virtual weights across any cut have rank at most d together",
    sentence="Let V_1 .. V_k be the writes before a cut (the embedding among them) and W_1 .. W_n the reads behind it "
    "(the unembedding among them). Any matrix C with the virtual weights W_j V_i as its blocks is X Y, all reads times "
    "all writes, and has rank at most d, however many neurons there are. F_j and G_i place the blocks; together they "
    "cover all rows and columns.",
    where=[all_reads, all_writes, X, Y],
    given=[
        Each(i, k, Each(j, n, Eq(F[j + 1].T * C * G[i + 1], reads[j + 1] * writes[i + 1]))),
        Eq(all_reads[n], Identity(M)),
        Eq(all_writes[k], Identity(N)),
    ],
    show=And(Eq(C, X[n] * Y[k]), rank(C) <= d),
    proof=_through_the_stream,
    needed=[
        {**_ones, "W": {1: [[0]]}},
        {**_ones, "n": 0, "F": {}},
        {**_ones, "k": 0, "G": {}},
    ],
    attained=_ones,
    also=("TH-21",),
)

K, J = matrix("K", N, r), matrix("J", r, N)
U = matrix("V", d, N)


def _cancelling(p: Proof) -> Theorem:
    size, kernel, coordinates, _ = p.open(p.lemma(lemmas.nullity(), M=U))
    cancelled, independent, _, count = p.facts
    bound = p.lemma(lemmas.at_most_rows(), X=U)

    def close(q: Proof) -> Theorem:
        return rules.conjoin([independent, cancelled, q.weighted(q.goal[1][2], (1, bound), (1, count))])

    return introduce_all(p, p.goal, [size, kernel, coordinates], close)


claim(
    "VW-T4c",
    "N neurons write into d dimensions: at least N - d independent patterns of activity cancel out",
    sentence="For the write vectors of all N neurons before a cut, V, there are r >= N - d independent activation "
    "patterns (the columns of K, J K = I) with V K = 0: no later layer notices them. More than d write vectors are "
    "dependent.",
    show=Exists((r, K, J), And(Eq(J * K, Identity(r)), Eq(U * K, 0), Le(N, r + d))),
    proof=_cancelling,
)

A, active = matrix("G", N, d), vector("h", N)

claim(
    "VW-T4d",
    "More neurons than dimensions: what they say can no longer be told apart",
    sentence="For N > d no linear reader G recovers the activations h from V h.",
    wrong="It does if few are active at a time: with one neuron silent, two share a dimension without loss. "
    "Superposition is forced on signals that are active together, not on all that exist; VW-T4c counts its cost.",
    given=[Lt(d, N)],
    show=Ne(A * (U * active), active),
    witness={"d": 1, "N": 2, "V": [[1, 1]], "G": [[1], [0]], "h": [[1], [0]]},
)
