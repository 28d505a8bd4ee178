"""How wide must a stream be (TH-21): realising given virtual weights is completing a causal pattern with small rank.

A network fixes the virtual weights W_j V_i for writes i before reads j only; the other products are free. Across cut
k, the reads behind the cut and the writes before it see a block C_k. A read is dropped and writes are added from one
cut to the next, so the blocks form a staircase.
"""

from __future__ import annotations

from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import negation
from ..kernel.rules import Theorem
from ..kernel.terms import multiply, number, scale
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
    Family,
    Identity,
    Iff,
    Le,
    Prop,
    ZeroMatrix,
    define,
    dim_family,
    dims,
    family,
    matrix,
    rank,
    scalars,
    vector,
)
from .shelf import claim

d, rows, cols, r, n, k, l = dims("d p q r n k l")
a, b, c = dim_family("a"), dim_family("b"), dim_family("c")
X, G = family("X", lambda l: a[l], rows), family("G", cols, lambda l: b[l])
K = family("K", lambda l: a[l], lambda l: b[l])
C, W, V = matrix("C", rows, cols), matrix("W", rows, r), matrix("V", r, cols)


def _pattern(whole: Expression) -> Prop:
    return Each(k, n, Eq(X[k] * whole * G[k], K[k]))


def _both_ways(p: Proof) -> Theorem:
    one, two = p.goal[1]

    def product(q: Proof) -> Theorem:
        _, reads, writes = q.values[-3:]
        fits, pattern = q.facts

        def close(s: Proof) -> Theorem:
            bound = s.weighted(s.goal[1][0], (1, fits), (1, rules.rank_bound(reads, writes)))
            return rules.conjoin([bound, pattern])

        return introduce_all(q, q.goal, [multiply(reads, writes)], close)

    def factors(q: Proof) -> Theorem:
        whole, (bound, pattern) = q.values[-1], q.facts
        f = q.factor(whole)
        size, split = q.facts[2:4]

        def close(s: Proof) -> Theorem:
            def block(t: Proof) -> Theorem:
                return t.combine(t.goal, (t.at(pattern, k),), (split, -X[k], G[k]))

            fits, blocks = s.goal[1]
            return rules.conjoin([s.weighted(fits, (1, bound), (-1, size)), s.each(block, blocks)])

        return introduce_all(q, q.goal, [f.size, f.left, f.right], close)

    return rules.conjoin([p.suppose(one[1], product, one[2]), p.suppose(two[1], factors, two[2])])


claim(
    "TH-21",
    "Given virtual weights fit into a stream of width d exactly when their pattern has a completion of rank at most d",
    sentence="X_k picks the reads behind cut k, G_k the writes before it, K_k are the virtual weights wanted there. "
    "There are reads W and writes V through a stream of width r <= d with these virtual weights if and only if some "
    "matrix C of rank at most d has them in the same places, whatever it has elsewhere.",
    show=Iff(
        Exists((r, W, V), And(Le(r, d), _pattern(W * V))),
        Exists(C, And(rank(C) <= d, _pattern(C))),
    ),
    proof=_both_ways,
)

# ---------------------------------------------------------------- from below
g = family("g", lambda l: b[l + 1], lambda l: b[l])
none = ZeroMatrix(1, 1)
cuts = define("s", l, n, rank(X[0] * C * G[0]), lambda l, s: s[l] + rank(X[l + 1] * C * G[l + 1]))
steps = define("t", l, n, none, lambda l, t: t[l] + rank(X[l + 1] * C * G[l]))


def _first_cut(p: Proof) -> Theorem:
    cut, _, none, *_ = p.facts
    return p.weighted(p.goal, (1, p.lemma(lemmas.product_right(), X=X[0], Y=C * G[0])), (1, none), (-1, cut))


def _next_cut(p: Proof) -> Theorem:
    """Frobenius' inequality for X, C G and g: the writes before the cut, picked on both sides."""
    q = p.index
    cut, step, nested, known = p.facts[-4:]
    bound = p.lemma(lemmas.frobenius(), X=X[q + 1], Y=C * G[q + 1], Z=g[q])
    columns, block = (
        rules.congruence(
            p.combine(Eq(left * G[q], left * old), (nested, left)), p.term(left * G[q]), p.term(left * old)
        )
        for left, old in ((C, G[q + 1] * g[q]), (X[q + 1] * C, G[q + 1] * g[q]))
    )
    return p.weighted(p.goal, (1, bound), (1, known), (1, step), (-1, cut), (-1, columns), (1, block))


def _all_columns(p: Proof) -> Theorem:
    return p.weighted(p.goal, (1, p.lemma(lemmas.product_left(), X=C, Y=G[n])), (1, p.facts[-1]))


_plane = {"d": 2, "p": 2, "q": 2, "C": [[1, 0], [0, 1]]}

staircase_bound = claim(
    "TH-21a",
    "The staircase bound: ranks of the cuts, less ranks of the steps between them",
    sentence="For any matrix C, in particular any completion: rank C_0 + .. + rank C_n <= rank C + rank D_1 + .. + "
    "rank D_n where C_k = X_k C G_k is the block across cut k and D_k = X_k C G_(k-1) the part that cuts k - 1 and k "
    "share. With rank C <= d this bounds the width from below, better than each cut alone does (VW-T4b).",
    where=[cuts, steps],
    given=[Each(k, n, Eq(G[k], G[k + 1] * g[k]))],
    show=cuts[n] <= rank(C) + steps[n],
    proof=by_induction(
        n, lambda q: cuts[q] <= rank(C * G[q]) + steps[q], base=_first_cut, step=_next_cut, then=_all_columns
    ),
    needed=[
        {
            **_plane,
            "n": 2,
            **{name: dict.fromkeys(range(3), 1) for name in "ab"},
            "X": {0: [[1, 0]], 1: [[0, 1]], 2: [[1, 0]]},
            "G": {0: [[1], [0]], 1: [[0], [1]], 2: [[1], [0]]},
            "g": {0: [[1]], 1: [[1]]},
        }
    ],
    attained={
        **_plane,
        "n": 1,
        "a": {0: 2, 1: 1},
        "b": {0: 1, 1: 2},
        "X": {0: [[1, 0], [0, 1]], 1: [[0, 1]]},
        "G": {0: [[1], [0]], 1: [[1, 0], [0, 1]]},
        "g": {0: [[1], [0]]},
    },
)

# ---------------------------------------------------------------- from above
Y, f = family("Y", lambda l: a[l + 1], lambda l: a[l]), family("f", lambda l: b[l + 1], lambda l: c[l])
H, Z = family("H", lambda l: b[l], lambda l: a[l + 1]), family("Z", a[0], lambda l: a[l + 1])


def _extended(k: Any, done: Family) -> Expression:
    """The completion up to cut k + 1: the old columns, and the new ones with what is wanted of them put in."""
    new = K[k + 1] * f[k]
    return done[k] * (g[k].T + H[k] * new * f[k].T) + Z[k] * (new - K[k + 1] * g[k] * H[k] * new) * f[k].T


picks = define("X", l, n, Identity(a[0]), lambda l, X: Y[l] * X[l], rows=lambda l: a[l], cols=a[0])
done = define("M", l, n, K[0], _extended, rows=a[0], cols=lambda l: b[l])


def _fits(p: Proof) -> Theorem:
    q = p.index
    picked, extended, overlap, right, units, known = p.facts[-6:]
    new, old = K[q + 1] * f[q], K[q + 1] * g[q]
    columns = g[q].T + H[q] * new * f[q].T
    wanted = (right, None, (new - old * H[q] * new) * f[q].T), (overlap, None, columns), (units, K[q + 1])
    grown = (extended, picks[q + 1]), (picked, None, done[q] * columns), (known, Y[q], columns)
    return p.combine(p.goal, *grown, *wanted)


def _extends(p: Proof) -> Theorem:
    _, extension, units, apart = p.facts
    new = K[k + 1] * f[k]

    def old_columns(r: Proof) -> Theorem:
        only_new = (done[k] * H[k] + Z[k] * (Identity(a[k + 1]) - K[k + 1] * g[k] * H[k])) * new
        return r.combine(
            r.goal, (r.at(extension, k), None, g[k]), (r.at(units, k), done[k]), (r.at(apart, k), only_new)
        )

    return p.each(old_columns)


_one_cut = {
    "n": 1,
    **{"a": {0: 1, 1: 1}, "b": {0: 1, 1: 1}, "c": {0: 0}},
    **{"K": {0: [[1]], 1: [[1]]}, "Y": {0: [[1]]}, "Z": {0: [[1]]}, "H": {0: [[1]]}, "g": {0: [[1]]}, "f": {0: [[]]}},
}
_growing = {
    **{"n": 1, "a": {0: 1, 1: 1}, "b": {0: 1, 1: 1}, "c": {0: 1}},
    **{"K": {0: [[1]], 1: [[1]]}, **{name: {0: [[1]]} for name in "ZHgf"}},
}
_only_new = {"K": {0: [[]], 1: [[1]]}, "H": {0: []}, "g": {0: [[]]}, "f": {0: [[1]]}}

claim(
    "TH-21b",
    "A completion by hand, cut after cut",
    sentence="Let the blocks K_k of all cuts agree where they overlap (Y_k drops reads, g_k and f_k place the old and "
    "the new writes, Z_k undoes the picks X_k). The matrices M_k take over the old columns and, by any H_k, combine "
    "the new ones from these; they have the wanted block across every cut: X_n M_n = K_n for every n.",
    where=[picks, done],
    given=[
        Each(k, n, Eq(Y[k] * K[k], K[k + 1] * g[k])),
        Each(k, n, Eq(picks[k + 1] * Z[k], Identity(a[k + 1]))),
        Each(k, n, Eq(g[k] * g[k].T + f[k] * f[k].T, Identity(b[k + 1]))),
    ],
    show=Eq(picks[n] * done[n], K[n]),
    proof=by_induction(n, step=_fits),
    needed=[
        {**_one_cut, "K": {0: [[1]], 1: [[2]]}},
        {**_one_cut, "b": {0: 0, 1: 1}, "c": {0: 1}, **_only_new, "Z": {0: [[0]]}},
        {**_one_cut, "b": {0: 0, 1: 1}, **_only_new, "f": {0: [[]]}},
    ],
)

claim(
    "TH-21c",
    "..each of which keeps the columns of the one before",
    sentence="M_(k+1) g_k = M_k: so the last one has the wanted blocks across all cuts.",
    where=[done],
    given=[Each(k, n, Eq(g[k].T * g[k], Identity(b[k]))), Each(k, n, Eq(f[k].T * g[k], 0))],
    show=Each(k, n, Eq(done[k + 1] * g[k], done[k])),
    proof=_extends,
    needed=[{**_growing, "g": {0: [[0]]}}, _growing],
)

all_cuts = define("s", l, n, rank(K[0]), lambda l, s: s[l] + rank(K[l + 1]))
shared = define("t", l, n, none, lambda l, t: t[l] + rank(K[l + 1] * g[l]))


def _adds_little(p: Proof) -> Theorem:
    """The new columns add (I - D H) K only, and by Frobenius' inequality rank((I - D H) K) <= rank K - rank D."""
    q = p.index
    extended, cut, step, inverse, known = p.facts[-5:]
    whole, old = K[q + 1], K[q + 1] * g[q]
    beyond = Identity(a[q + 1]) - old * H[q]
    kept, new = g[q].T + H[q] * whole * f[q] * f[q].T, f[q] * f[q].T
    added = beyond * whole * new
    same = rules.congruence(extended, p.term(done[q + 1]), p.term(done[q] * kept + Z[q] * added))
    ranks = [
        p.lemma(lemmas.of_sum(), X=done[q] * kept, Y=Z[q] * added),
        p.lemma(lemmas.product_left(), X=done[q], Y=kept),
        p.lemma(lemmas.product_right(), X=Z[q], Y=added),
        p.lemma(lemmas.product_left(), X=beyond * whole, Y=new),
        p.lemma(lemmas.frobenius(), X=beyond, Y=whole, Z=g[q]),
    ]
    empty = p.term(ZeroMatrix(a[q + 1], 0)), p.term(matrix("Z0", 0, b[q]))
    gone = p.combine(Eq(beyond * old, 0), (inverse, -1))
    nothing = rules.congruence(gone, p.term(beyond * old), multiply(*empty))
    counts = (1, known), (1, cut), (-1, step), (-1, same), (-1, nothing), (1, rules.rank_bound(*empty))
    return p.weighted(p.goal, *counts, *((1, bound) for bound in ranks))


def _start_with_first(p: Proof) -> Theorem:
    start, _, cut, _, none, *_ = p.facts
    same = rules.congruence(start, p.term(done[0]), p.term(K[0]))
    return p.weighted(p.goal, (1, cut), (-1, none), (-1, same))


completion_rank = claim(
    "TH-21d",
    "..of the least rank there is: the staircase bound is the minimal width",
    sentence="If H_k is a generalised inverse of the shared block D_k (D H D = D; every matrix has one), then rank M_n "
    "+ rank D_1 + .. + rank D_n <= rank K_0 + .. + rank K_n: the least width that realises given virtual weights is "
    "the sum of the ranks of the cuts less that of the shared blocks (TH-21e).",
    where=[done, all_cuts, shared],
    given=[Each(k, n, Eq(K[k + 1] * g[k] * H[k] * K[k + 1] * g[k], K[k + 1] * g[k]))],
    show=rank(done[n]) + shared[n] <= all_cuts[n],
    proof=by_induction(n, base=_start_with_first, step=_adds_little),
    needed=[{**_growing, "K": {0: [[0]], 1: [[1]]}, "H": {0: [[0]]}}],
    attained={**_growing, "K": {0: [[1]], 1: [[1]]}, "H": {0: [[1]]}},
)

_wanted = Each(k, n + 1, Eq(X[k] * C * G[k], K[k]))


def _least(p: Proof) -> Theorem:
    """The staircase bound for C, from the same recursions with the blocks of C for those that are wanted."""
    _, _, start, of_cuts, _, of_steps, wanted, nested, _ = p.facts
    made = cite(p, completion_rank)

    def first(q: Proof) -> Theorem:
        same = rules.congruence(q.at(wanted, 0), q.term(X[0] * C * G[0]), q.term(K[0]))
        return q.combine(q.goal, (start,), (same, -1))

    def next_cut(q: Proof) -> Theorem:
        same = rules.congruence(q.at(wanted, l + 1), q.term(X[l + 1] * C * G[l + 1]), q.term(K[l + 1]))
        return q.combine(q.goal, (q.at(of_cuts, l),), (same, -1))

    def next_step(q: Proof) -> Theorem:
        block, as_wanted = X[l + 1] * C * G[l], K[l + 1] * g[l]
        sides = (q.at(wanted, l + 1), None, g[l]), (q.at(nested, l), X[l + 1] * C)
        same = rules.congruence(q.combine(Eq(block, as_wanted), *sides), q.term(block), q.term(as_wanted))
        return q.combine(q.goal, (q.at(of_steps, l),), (same, -1))

    p.have(cuts.defined[0], first)
    p.have(cuts.defined[1], lambda q: q.each(next_cut))
    p.have(steps.defined[1], lambda q: q.each(next_step))
    return p.weighted(p.goal, (1, made), (1, cite(p, staircase_bound)))


_crossed = {
    **dict.fromkeys(("p", "q", "n"), 1),
    **{"a": {0: 2, 1: 1}, "b": {0: 1, 1: 2}, "c": {0: 1}, "C": [[1]], "X": {0: [[1], [0]], 1: [[1]]}},
    **{"g": {0: [[1], [0]]}, "f": {0: [[0], [1]]}, "Z": {0: [[0], [1]]}, "H": {0: [[0]]}},
}
_no_cut = {"p": 1, "q": 1, "n": 0, "a": {0: 1}, "b": {0: 1}, "c": {}, "C": [[1]], "X": {0: [[1]]}, "G": {0: [[1]]}}
_no_step = {"K": {0: [[1]]}, **{name: {} for name in "gfZH"}}

claim(
    "TH-21e",
    "No completion has smaller rank: the minimal width in full",
    sentence="Any C with the wanted blocks across all cuts, X_k C G_k = K_k, has at least the rank of the completion "
    "made by hand. With TH-21: the virtual weights fit into width d if and only if rank M_n <= d.",
    where=[done, all_cuts, shared],
    given=[
        _wanted,
        Each(k, n, Eq(G[k], G[k + 1] * g[k])),
        Each(k, n, Eq(K[k + 1] * g[k] * H[k] * K[k + 1] * g[k], K[k + 1] * g[k])),
    ],
    show=rank(done[n]) <= rank(C),
    proof=_least,
    needed=[
        {**_no_cut, **_no_step, "C": [[0]]},
        {**_crossed, "G": {0: [[1]], 1: [[0, 1]]}, "K": {0: [[1], [0]], 1: [[0, 1]]}},
        {**_crossed, "G": {0: [[1]], 1: [[1, 1]]}, "K": {0: [[1], [0]], 1: [[1, 1]]}},
    ],
    attained={**_no_cut, **_no_step},
)

# ---------------------------------------------------------------- an example
W1, W2, E, V1 = matrix("W1", 1, d), matrix("W2", 1, d), vector("E", d), vector("V1", d)
w1, w2, e, v, x, y, z = scalars("w1 w2 e v x y z")


def _triangular(p: Proof) -> Theorem:
    """V1 W2 + E U with U = W1 - (W1 V1) W2 is a projection of trace 2, as U hears E only and W2 hears V1 only."""
    embedded, silent, heard = p.facts
    c = W1 * V1
    U = W1 - c * W2
    both = V1 * W2 + E * U
    sides = (heard, V1, W2), (silent, V1, U), (heard, -c * E, W2), (embedded, E, U), (silent, -c * E, U)
    p.facts = [p.combine(Eq(both * both, both), *sides)]
    size, most = p.lemma(lemmas.idempotent(), P=both), p.lemma(lemmas.at_most_rows(), X=both)
    return p.weighted(p.goal, (1, most), (1, size), (1, heard), (1, embedded), (-c, silent))


_line = {"d": 1, **{name: [[1]] for name in ("W1", "W2", "E", "V1")}}

claim(
    "TH-21f",
    "Two layers that need two dimensions although nothing crosses any cut but one number",
    sentence="If layer 1 hears the embedding (W_1 E = 1), layer 2 does not (W_2 E = 0) and hears layer 1 (W_2 V_1 = "
    "1), then 2 <= d: the old signal must be kept out of the way of the new one.",
    given=[Eq(W1 * E, 1), Eq(W2 * E, 0), Eq(W2 * V1, 1)],
    show=Le(2, d),
    proof=_triangular,
    needed=[{**_line, "E": [[0]]}, _line, {**_line, "W2": [[0]]}],
    attained={"d": 2, "W1": [[1, 0]], "E": [[1], [0]], "W2": [[0, 1]], "V1": [[0], [1]]},
)


def _not_on_a_line(p: Proof) -> Theorem:
    """1 = (w1 e)(w2 v) = (w1 v)(w2 e) = 0."""
    values = [number(1), number(0), number(1)]

    def impossible(q: Proof) -> Theorem:
        first, second, _, writes = q.values[-4:]
        one, silent, two = q.facts[-3:]
        across = scale(number(-1), multiply(first, writes))
        return q.weighted(q.goal, (1,), (multiply(second, writes), one), (1, two), (across, silent))

    return introduce_all(p, p.goal, values, lambda q: q.refute(negation(q.goal), impossible))


claim(
    "TH-21g",
    "A stream as wide as the largest rank across a cut is wide enough",
    sentence="For all numbers x, y, z a stream of one dimension has W_1 E = x, W_2 E = y, W_2 V_1 = z: across either "
    "cut, (x, y) and (y, z), the rank is at most 1.",
    wrong="Cuts are not independent: what is passed on and what must not be heard together take room. For x = z = 1 "
    "and y = 0 two dimensions are needed, so ranks across single cuts underestimate the width that is in use.",
    show=Exists((w1, w2, e, v), And(Eq(w1 * e, x), Eq(w2 * e, y), Eq(w2 * v, z))),
    disproof=_not_on_a_line,
)
