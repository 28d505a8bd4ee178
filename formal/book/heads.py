"""Attention heads with their pattern frozen: what moves where (RS-U11, TH-5, TH-6, TH-7).

Streams are the rows of X (n tokens x d). A head with pattern A (row i: how much token i attends to each token) reads
values with W_V, writes with W_O and adds A X (W_O W_V)'.
"""

from __future__ import annotations

from ..claims import ideal
from ..kernel import rules
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import number
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..statement import (
    And,
    Each,
    Eq,
    Identity,
    define,
    dims,
    family,
    matrix,
    opaque,
    ordered_product,
    rank,
    running_sum,
    vector,
)
from .shelf import claim

d, n, h, k, l, L, j, N = dims("d n h k l L j N")
X, W, pattern = matrix("X", n, d), matrix("W", d, d), matrix("A", n, n)
e, f, v = vector("e", n), vector("f", n), vector("v", d)

# ---------------------------------------------------------------- moving information (RS-U11)
tokens, streams = family("e", n, 1), family("x", d, 1)
sequence = running_sum("X", lambda j: tokens[j] * streams[j].T, j, N)
moved = running_sum("s", lambda j: (f.T * pattern * tokens[j]) * (W * streams[j]), j, N)


def _one_token(p: Proof) -> Theorem:
    at = p.index
    grown = p.multiply(Eq(sequence[at + 1], sequence[at] + tokens[at + 1] * streams[at + 1].T), f.T * pattern, W.T)
    return p.ideal(facts=[grown, *p.facts[-3:-1]])


claim(
    "RS-U11",
    "A head moves information between tokens: token i gets W_OV x_j from each token j, A_ij times",
    sentence="For streams x_1 .. x_N at the tokens e_1 .. e_N, the head's output at token f is the sum of (A at f and "
    "e_j) times W x_j. Which token is heard is the pattern's choice, not nearness.",
    where=[sequence, moved],
    show=Eq((f.T * pattern * sequence[N] * W.T).T, moved[N]),
    proof=by_induction(N, step=_one_token),
)

claim(
    "RS-U11a",
    "What a change at one token does at another",
    sentence="With the pattern frozen, adding v at token e changes the head's output at token f by (A at f and e) "
    "times W v; so exactly the tokens with A_fe not 0 are heard.",
    show=Eq(
        (f.T * pattern * (X + e * v.T) * W.T).T,
        (f.T * pattern * X * W.T).T + (f.T * pattern * e) * (W * v),
    ),
    proof=ideal,
)

# ---------------------------------------------------------------- the gauge of a head (TH-5)
W_Q, W_K, W_V, W_O = (*(matrix(name, h, d) for name in ("W_Q", "W_K", "W_V")), matrix("W_O", d, h))
A, B, C, D = matrix("A", k, h), matrix("B", h, k), matrix("C", k, h), matrix("D", k, h)
softmax = opaque("softmax", (n, n), (n, n))
scores = X * W_Q.T * W_K * X.T
scores_turned = X * (C * W_Q).T * (D * W_K) * X.T
_one_head = {"d": 1, "n": 1, "h": 1, "k": 1, "softmax": lambda scores: scores}
_one_head |= {name: [[1]] for name in ("W_Q", "W_K", "W_V", "W_O", "X", "A", "B", "C", "D")}


def _same_head(p: Proof) -> Theorem:
    p.congruent(softmax, scores_turned, scores)
    return p.ideal()


claim(
    "TH-5",
    "The basis inside a head is free",
    sentence="(W_V, W_O) may become (A W_V, W_O B) with B A = I, and (W_Q, W_K) may become (C W_Q, D W_K) with C'D = "
    "I (for square C: D = C^-T), whatever makes the pattern from the scores. So entries of W_Q, W_K, W_V, W_O mean "
    "nothing by themselves; W_Q'W_K and W_O W_V do.",
    given=[Eq(C.T * D, Identity(h)), Eq(B * A, Identity(h))],
    show=Eq(
        softmax(scores_turned) * X * (A * W_V).T * (W_O * B).T,
        softmax(scores) * X * W_V.T * W_O.T,
    ),
    proof=_same_head,
    needed=[{**_one_head, "D": [[0]]}, {**_one_head, "B": [[0]]}],
)

V2, O2, left, right = matrix("V2", h, d), matrix("O2", d, h), matrix("L", h, d), matrix("R", d, h)
turn, undo = V2 * right, left * O2


def _only_gauge(p: Proof) -> Theorem:
    """H G = L W_O W_V R = 1, so G H = 1, and O2 is injective as G L O2 = 1."""
    into, onto, same = p.facts
    one = p.combine(Eq(undo * turn, Identity(h)), (same, left, right), (into, None, W_V * right), (onto,))
    p.add(one)
    other = p.lemma(lemmas.square_inverse(), A=undo, B=turn)
    read, written = p.goal[1][2:]
    values = [
        p.combine(read, (other, -Identity(h), V2), (same, turn * left), (into, turn, W_V)),
        p.combine(written, (other, -O2), (same, None, right * undo), (onto, W_O, undo)),
    ]
    return rules.conjoin([other, one, *values])


_values = {"d": 1, "h": 1, **{name: [[1]] for name in ("L", "R", "W_O", "W_V", "O2", "V2")}}

claim(
    "TH-5a",
    "..and that is all that is free",
    sentence="Two heads of full rank h (W_O has a left inverse L, W_V a right inverse R) with the same W_O W_V differ "
    "by a change of basis of the h values: V2 = G W_V and O2 = W_O G^-1 with G = V2 R and G^-1 = L O2.",
    given=[Eq(left * W_O, Identity(h)), Eq(W_V * right, Identity(h)), Eq(O2 * V2, W_O * W_V)],
    show=And(
        Eq(turn * undo, Identity(h)),
        Eq(undo * turn, Identity(h)),
        Eq(V2, turn * W_V),
        Eq(O2, W_O * undo),
    ),
    proof=_only_gauge,
    needed=[{**_values, "W_O": [[0]], "V2": [[0]]}, {**_values, "W_V": [[0]], "O2": [[0]]}, {**_values, "V2": [[0]]}],
)

# ---------------------------------------------------------------- low rank (TH-6)
h1, h2 = dims("h1 h2")
Q2, K2, V1, O1 = matrix("W_Q2", h2, d), matrix("W_K2", h2, d), matrix("W_V1", h1, d), matrix("W_O1", d, h1)
V_2, O_2 = matrix("W_V2", h2, d), matrix("W_O2", d, h2)


def _through_head(p: Proof) -> Theorem:
    bounds = [
        rules.rank_bound(p.term(W_O), p.term(W_V)),
        rules.rank_bound(p.term(W_Q.T), p.term(W_K)),
        rules.rank_bound(p.term(X * W_Q.T), p.term(W_K * X.T)),
    ]
    return rules.conjoin(bounds)


_ones = {"d": 1, "h": 1, "n": 1, **{name: [[1]] for name in ("W_Q", "W_K", "W_V", "W_O", "X")}}

claim(
    "TH-6",
    "Head matrices have low rank",
    sentence="W_O W_V, W_Q'W_K and the scores X W_Q'W_K X' have rank at most the head's width h, however many tokens.",
    show=And(rank(W_O * W_V) <= h, rank(W_Q.T * W_K) <= h, rank(scores) <= h),
    proof=_through_head,
    attained=_ones,
)

_two_heads = {"d": 1, "h1": 1, "h2": 1, **{name: [[1]] for name in ("W_Q2", "W_K2", "W_V1", "W_O1", "W_V2", "W_O2")}}


def _through_both(p: Proof) -> Theorem:
    cuts = [
        [(V1.T, O1.T * Q2.T * K2), (V1.T * O1.T * Q2.T, K2)],
        [(Q2.T * K2 * O1, V1), (Q2.T, K2 * O1 * V1)],
        [(O_2 * V_2 * O1, V1), (O_2, V_2 * O1 * V1)],
    ]
    return rules.conjoin([rules.rank_bound(*map(p.term, cut)) for pair in cuts for cut in pair])


claim(
    "TH-6a",
    "..and so have the compositions of two heads",
    sentence="What head 2 asks, offers or passes on of what head 1 wrote (Q-, K- and V-composition) has rank at most "
    "the width of either head.",
    show=And(
        *(
            rank(both) <= width
            for both in ((O1 * V1).T * Q2.T * K2, Q2.T * K2 * (O1 * V1), (O_2 * V_2) * (O1 * V1))
            for width in (h1, h2)
        )
    ),
    proof=_through_both,
    attained=_two_heads,
)

# ---------------------------------------------------------------- one head after another (TH-7)
patterns, maps = family("A", n, n), family("W", d, d)
virtual_pattern = ordered_product("S", lambda l: patterns[l], l, L)
virtual_map = ordered_product("M", lambda l: maps[l], l, L)
outputs = define("Y", l, L, X, lambda l, X: patterns[l + 1] * X[l] * maps[l + 1].T)

claim(
    "TH-7",
    "A chain of heads is a head: patterns multiply, and so do maps",
    sentence="L heads, each applied to what the one before wrote, are the virtual head with pattern A_L .. A_1 and "
    "map W_L .. W_1: (A2 x W2)(A1 x W1) = A2 A1 x W2 W1.",
    where=[virtual_pattern, virtual_map, outputs],
    show=Eq(outputs[L], virtual_pattern[L] * X * virtual_map[L].T),
    proof=by_induction(L, step=lambda p: p.ideal(facts=p.facts[-4:])),
)

A1, A2, W1, W2 = matrix("A1", n, n), matrix("A2", n, n), matrix("W1", d, d), matrix("W2", d, d)
after = X + A1 * X * W1.T

claim(
    "TH-7a",
    "With skip connections, two heads act alone and as a virtual head",
    sentence="Two layers of one head each add three things to the stream: each head's own write, and the virtual "
    "head's.",
    show=Eq(after + A2 * after * W2.T, X + A1 * X * W1.T + A2 * X * W2.T + (A2 * A1) * X * (W2 * W1).T),
    proof=ideal,
)

ones = vector("u", n)


def _still_one(p: Proof) -> Theorem:
    grown, whole, known = p.facts[-3:]
    return p.combine(p.goal, (grown, None, ones), (known, patterns[p.index + 1]), (whole,))


claim(
    "TH-7b",
    "The pattern of a virtual head sums to 1 in each row, if the heads' patterns do",
    sentence="A_l 1 = 1 for every head gives A_L .. A_1 1 = 1.",
    where=[virtual_pattern],
    given=[Each(l, L, Eq(patterns[l + 1] * ones, ones))],
    show=Eq(virtual_pattern[L] * ones, ones),
    proof=by_induction(L, step=_still_one),
    needed=[{"n": 1, "L": 1, "A": {1: [[2]]}, "u": [[1]]}],
)

basis = family("t", n, 1)
each = running_sum("Q", lambda j: basis[j] * basis[j].T, j, N)


def _one_more(p: Proof) -> Theorem:
    at = p.index
    grown = p.multiply(Eq(each[at + 1], each[at] + basis[at + 1] * basis[at + 1].T), f.T * A2, A1 * e)
    signs = [p.fact(0 <= f.T * A2 * each[at] * A1 * e), p.fact(0 <= f.T * A2 * basis[at + 1])]
    signs.append(p.fact(0 <= basis[at + 1].T * A1 * e))
    return rules.order(p.goal, [*signs, grown], [Summand(1, (0,)), Summand(1, (1, 2))], [(3, number(1))])


def _all_tokens(p: Proof) -> Theorem:
    whole = p.multiply(Eq(each[N], Identity(n)), f.T * A2, A1 * e)
    return rules.order(p.goal, [p.facts[-2], whole], [Summand(1, (0,))], [(1, number(-1))])


_two_tokens = {"n": 1, "N": 1, "f": [[1]], "e": [[1]], "t": {1: [[1]]}}

claim(
    "TH-7c",
    "..and has no negative entry, if theirs have none",
    sentence="The entry of A2 A1 at f and e is the sum over all tokens t_j of (A2 at f and t_j) times (A1 at t_j and "
    "e).",
    where=[each],
    given=[
        Eq(each[N], Identity(n)),
        Each(j, N, 0 <= f.T * A2 * basis[j + 1]),
        Each(j, N, 0 <= basis[j + 1].T * A1 * e),
    ],
    show=0 <= f.T * A2 * A1 * e,
    proof=by_induction(N, lambda q: 0 <= f.T * A2 * each[q] * A1 * e, step=_one_more, then=_all_tokens),
    needed=[
        {**_two_tokens, "t": {1: [[0]]}, "A1": [[1]], "A2": [[-1]]},
        {**_two_tokens, "A1": [[1]], "A2": [[-1]]},
        {**_two_tokens, "A1": [[-1]], "A2": [[1]]},
    ],
    attained={**_two_tokens, "A1": [[0]], "A2": [[1]]},
)

prefix = matrix("P", n, n)


def _still_causal(p: Proof) -> Theorem:
    at, (grown, causal, known) = p.index, p.facts[-3:]
    later = Identity(n) - prefix
    head = prefix * patterns[at + 1]
    return p.combine(p.goal, (grown, prefix, later), (known, head), (causal, None, virtual_pattern[at] * later))


claim(
    "TH-7d",
    "..and is causal, if theirs are",
    sentence="A is causal when, for each prefix of the sequence (P keeps its tokens), what happens there depends on "
    "it alone: P A (I - P) = 0. Chains of causal heads are causal, so no path of heads looks ahead.",
    where=[virtual_pattern],
    given=[Eq(prefix * prefix, prefix), Each(l, L, Eq(prefix * patterns[l + 1] * (Identity(n) - prefix), 0))],
    show=Eq(prefix * virtual_pattern[L] * (Identity(n) - prefix), 0),
    proof=by_induction(L, step=_still_causal),
    needed=[
        {"n": 1, "L": 0, "P": [[2]], "A": {}},
        {"n": 2, "L": 1, "P": [[1, 0], [0, 0]], "A": {1: [[1, 1], [0, 1]]}},
    ],
)
