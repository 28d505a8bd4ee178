"""Causal layers are block triangular (TH-8): they lose what some token's own block loses, and nothing else.

The coordinates of token k are injected into those of all tokens by G_k, so P_k = G_1 G_1' + .. + G_k G_k' keeps the
first k tokens. Row k of a causal layer reads earlier tokens through C_k and token k itself through D_k. With frozen
attention, D_k = I + (sum over heads of A_kk W_OV).
"""

from __future__ import annotations

from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.rules import Theorem
from ..provers import rank as lemmas
from ..provers.induct import by_induction, passed
from ..provers.proof import Proof, Script
from ..statement import (
    And,
    Each,
    Eq,
    ForAll,
    Identity,
    Implies,
    Prop,
    ZeroMatrix,
    define,
    dim_family,
    dims,
    family,
    matrix,
    running_sum,
    vector,
)
from .shelf import claim

n, N, H, i, k, h, d = dims("n N H i k h d")
size = dim_family("m")
I = Identity(n)
G, C = family("G", n, lambda k: size[k]), family("C", lambda k: size[k], n)
D = family("D", lambda k: size[k], lambda k: size[k])
prefix = running_sum("P", lambda k: G[k] * G[k].T, k, N)


def _row(k: Any) -> Any:
    """What token k + 1 reads."""
    return C[k + 1] * prefix[k] + D[k + 1] * G[k + 1].T


def alone(k: Any) -> Any:
    """The layer that updates token k + 1 only, to what its row reads."""
    return I - G[k + 1] * G[k + 1].T + G[k + 1] * _row(k)


layer = define("M", k, N, ZeroMatrix(n, n), lambda k, M: M[k] + G[k + 1] * _row(k))
disjoint = Each(k, N, Each(i, k, Eq(G[i + 1].T * G[k + 1], 0)))
_isometric = Each(k, N, Eq(G[k + 1].T * G[k + 1], Identity(size[k + 1])))
R = matrix("R", n, n)


def so_far(q: Any) -> Any:
    """The layer that updates the first q tokens and keeps the others."""
    return I - prefix[q] + layer[q]


_line = {"n": 1, "m": {1: 1, 2: 1}, "C": {1: [[0]], 2: [[2]]}}


def _next_token(p: Proof) -> Theorem:
    """P_q and M_q vanish on E = G_(k + 1) for q <= k, by induction; so 1 - P' + M' = (1 - P + M)(1 - E E' + E row)."""
    starts, grows = ([p.fact(f.defined[i]) for f in (prefix, layer)] for i in (0, 1))
    apart, E = p.fact(disjoint), G[k + 1]

    def nothing(r: Proof) -> Theorem:
        return rules.conjoin([r.combine(g, (f, None, E)) for g, f in zip(r.goal[1], starts, strict=True)])

    def token(r: Proof) -> Theorem:
        there = r.facts[-1]  # k < N
        grown, added = (r.at(f, k) for f in grows)
        r.facts = [r.at(apart, k)]

        def one_more(s: Proof) -> Theorem:
            q, (earlier, unmet, above, beside) = s.index, s.facts[-4:]

            more, write = (passed(f, q, earlier, there) for f in grows)
            reads = (above, G[q + 1] * C[q + 1]), (unmet, G[q + 1] * D[q + 1])
            kept, seen = s.goal[1]
            return rules.conjoin(
                [
                    s.combine(kept, (more, None, E), (above,), (unmet, G[q + 1])),
                    s.combine(seen, (write, None, E), (beside,), *reads),
                ]
            )

        none = by_induction(k, _unmet, base=nothing, step=one_more)
        met = r.prove(_unmet(k), none)
        change = E.T - _row(k)
        parts = (grown, -I), (added,), (rules.part(met, 0), -I, change), (rules.part(met, 1), None, change)
        return rules.conjoin([*(rules.part(met, i) for i in (0, 1)), r.combine(_factored, *parts)])

    return rules.generalize(p.suppose(p.goal[2][1], token, p.goal[2][2]), "k")


def _unmet(q: Any) -> Prop:
    return And(Eq(prefix[q] * G[k + 1], 0), Eq(layer[q] * G[k + 1], 0))


_factored = Eq(so_far(k + 1), so_far(k) * alone(k))

next_token = claim(
    "TH-8c",
    "One token more is one factor more, as no token meets those before it",
    sentence="P_k and M_k, made of the first k tokens, vanish on the next one's coordinates. So the layer that updates "
    "k + 1 tokens updates the last one first, and then the others.",
    where=[prefix, layer],
    given=[disjoint],
    show=Each(k, N, And(Eq(prefix[k] * G[k + 1], 0), Eq(layer[k] * G[k + 1], 0), _factored)),
    proof=_next_token,
    needed=[{**_line, "N": 2, "G": {1: [[1]], 2: [[1]]}, "D": {1: [[0]], 2: [[0]]}}],
)


def _one(q: Any) -> Any:
    return Identity(size[q + 1])


def _block(q: Any, inverse: Any) -> Prop:
    return Eq(D[q + 1] * inverse, _one(q))


S = family("S", lambda k: size[k], lambda k: size[k])


def _refill(q: Any) -> Any:
    """G' - S (G' - C P): what row q + 1 loses, to become S times (what token q + 1 holds less what it reads)."""
    return G[q + 1].T - S[q + 1] * (G[q + 1].T - C[q + 1] * prefix[q])


solved = define("Y", k, N, I, lambda k, Y: Y[k] - G[k + 1] * _refill(k) * Y[k])


def token_by_token(*uses: Prop, **scripts: Any) -> Script:
    """A script: by induction on the tokens, from these facts and what TH-8c says of the next token."""

    def proof(p: Proof) -> Theorem:
        every = cite(p, next_token)
        starts = prefix.defined[0], layer.defined[0]
        p.facts = [*map(p.fact, starts), every, *map(p.fact, uses)]
        return by_induction(N, **scripts)(p)

    return proof


_solvable = [_isometric, disjoint, Each(k, N, _block(k, S[k + 1]))]


def _solve(p: Proof) -> Theorem:
    """X' Y' = X T (1 - G E) Y, and T (1 - G E) = 1, for E what the row loses."""
    q, (above, _, factored, updated, unit, block, known) = p.index, p.facts[-7:]
    G_q, C_q, E, X, Y = G[q + 1], C[q + 1], _refill(q), so_far(q), solved[q]
    refilled = I - G_q * E
    undone = p.combine(
        Eq(alone(q) * refilled, I),
        (block, G_q, G_q.T - C_q * prefix[q]),
        (unit, G_q * (_one(q) - D[q + 1]), E),
        (above, -G_q * C_q, E),
    )
    return p.combine(p.goal, (updated, so_far(q + 1)), (factored, None, refilled * Y), (undone, X, Y), (known,))


claim(
    "TH-8",
    "A causal layer is invertible if every token's own block is: forward substitution",
    sentence="Row k reads C_k of the tokens before it and D_k of token k. If every D_k has an inverse S_k, then so "
    "has M (completed by I - P_N where tokens are left out): token by token, Y subtracts what was read and applies "
    "S_k.",
    where=[prefix, layer, solved],
    given=_solvable,
    show=Eq(so_far(N) * solved[N], I),
    proof=token_by_token(
        *solved.defined, _isometric, _solvable[2], claim=lambda q: Eq(so_far(q) * solved[q], I), step=_solve
    ),
    needed=[
        {**_line, "N": 1, "G": {1: [[2]]}, "D": {1: [[2]]}, "S": {1: [["1/2"]]}},
        {**_line, "N": 2, "G": {1: [[1]], 2: [[1]]}, "D": {1: [[1]], 2: [[1]]}, "S": {1: [[1]], 2: [[1]]}},
        {**_line, "N": 1, "G": {1: [[1]]}, "D": {1: [[0]]}, "S": {1: [[0]]}},
    ],
    also=("VW-U10",),
)


_inverse = Eq(so_far(N) * R, I)


def _diagonal(q: Any) -> Prop:
    return ForAll(R, Implies(Eq(so_far(q) * R, I), Each(k, q, _block(k, G[k + 1].T * R * G[k + 1]))))


def _no_block(p: Proof) -> Theorem:
    def nothing(q: Proof) -> Theorem:
        body = q.goal[2]
        return rules.generalize(q.suppose(body[1], Proof.impossible, body[2]), "k")

    inverse = p.goal[2]
    return rules.generalize(p.suppose(inverse[1], nothing, inverse[2]), p.goal[1])


def _next_block(p: Proof) -> Theorem:
    """X T R = 1, so T Z = 1 with Z = R X; then P Z G = 0 and D (G'Z G) = 1, where X G = G."""
    q, (above, beside, factored, unit, apart, known) = p.index, p.facts[-6:]
    G_q, C_q, D_q, X, change = G[q + 1], C[q + 1], D[q + 1], so_far(q), G[q + 1].T - _row(q)

    def blocks(p: Proof) -> Theorem:
        whole = p.facts[-1]
        p.add(p.combine(Eq(X * (alone(q) * R), I), (whole,), (factored, -I, R)))
        earlier = p.at(known, alone(q) * R)
        inverse = p.lemma(lemmas.square_inverse(), A=X, B=alone(q) * R)
        behind, seen = change * R * X * G_q, D_q * G_q.T * R
        newest = p.combine(
            _block(q, G_q.T * R * G_q),
            (unit, None, behind),
            (unit,),
            (above, -C_q, behind),
            (above, -C_q),
            (inverse, G_q.T - C_q * prefix[q], G_q),
            (above, seen),
            (beside, -seen),
        )

        def before(r: Proof) -> Theorem:
            return r.combine(r.goal, (r.at(earlier, k),), (r.at(apart, k), D[k + 1], change * R * G[k + 1]))

        def block(r: Proof) -> Theorem:
            return r.cases(k < q, before, lambda s: s.at_equal("k", q, lambda _: newest))

        body = p.goal[2]
        return rules.generalize(p.suppose(body[1], block, body[2]), "k")

    inverse = p.goal[2]
    return rules.generalize(p.suppose(inverse[1], blocks, inverse[2]), p.goal[1])


claim(
    "TH-8a",
    "..and only if: the diagonal blocks of the inverse are the inverses of the tokens' blocks",
    sentence="If M (completed) has an inverse R, then G_k'R G_k is the inverse of D_k for every token. So whether a "
    "causal layer loses anything is decided by what each token reads of itself.",
    where=[prefix, layer],
    given=[_isometric, disjoint, _inverse],
    show=Each(k, N, _block(k, G[k + 1].T * R * G[k + 1])),
    proof=token_by_token(
        _inverse,
        _isometric,
        disjoint,
        claim=_diagonal,
        base=_no_block,
        step=_next_block,
        then=lambda p: p.at(p.facts[-1], R),
    ),
    needed=[
        {**_line, "N": 1, "G": {1: [[0]]}, "D": {1: [[0]]}, "R": [[1]]},
        {**_line, "N": 2, "G": {1: [[1]], 2: [[1]]}, "D": {1: [[0]], 2: [[0]]}, "R": [[1]]},
        {**_line, "N": 1, "G": {1: [[1]]}, "D": {1: [[1]]}, "R": [[0]]},
    ],
    also=("VW-U10",),
)

one_by_one = define("F", k, N, I, lambda k, F: F[k] * alone(k))


def _one_factor_more(p: Proof) -> Theorem:
    factored, updated, known = p.facts[-3:]
    return p.combine(p.goal, (updated,), (known, None, alone(p.index)), (factored, -I))


factorization = claim(
    "TH-8b",
    "A causal layer is a product of layers that update one token each, the last token first",
    sentence="What token k reads has not been updated yet when its turn comes, in F_1 F_2 .. F_N.",
    where=[prefix, layer, one_by_one],
    given=[disjoint],
    show=Eq(one_by_one[N], so_far(N)),
    proof=token_by_token(*one_by_one.defined, step=_one_factor_more),
    needed=[
        {
            **{"n": 1, "N": 2, "m": {1: 1, 2: 1}, "G": {1: [[1]], 2: [[1]]}},
            **{"C": {1: [[0]], 2: [[2]]}, "D": {1: [[0]], 2: [[0]]}},
        }
    ],
)

# ---------------------------------------------------------------- frozen attention
X, prior = matrix("X", n, d), matrix("Q", n, n)
e = vector("e", n)
A, W = family("A", n, n), family("W", d, d)
heads = running_sum("S", lambda h: A[h] * X * W[h].T, h, H)
own = running_sum("B", lambda h: (e.T * A[h] * e) * W[h].T, h, H)


def _one_more_head(p: Proof) -> Theorem:
    q, silent, (summed, gathered, causal, known) = p.index, p.fact(Eq(prior * X, 0)), p.facts[-4:]
    reads, write = e.T * A[q + 1], W[q + 1].T
    parts = (summed, e.T), (gathered, -e.T * X), (known,), (causal, None, X * write), (silent, reads, write)
    return p.combine(p.goal, *parts)


_two_tokens = {"n": 2, "d": 1, "H": 1, "A": {1: [[1, 0], [1, 1]]}, "W": {1: [[1]]}, "e": [[0], [1]]}

claim(
    "TH-8e",
    "At the first token where the stream is not 0, frozen causal attention is I + sum over heads of A_ii W_OV",
    sentence="If the tokens before e (kept by Q) are 0 and every head's row at e reads these and e only, then the "
    "layer X + A_1 X W_1' + .. + A_H X W_H' maps the row at e by I + (the sum of (A_h at e and e) W_h'): the block D "
    "of TH-8. Of two inputs, this happens at the first token where they differ.",
    where=[heads, own],
    given=[Eq(prior * X, 0), Each(h, H, Eq(e.T * A[h + 1] * (I - prior - e * e.T), 0))],
    show=Eq(e.T * (X + heads[H]), e.T * X * (Identity(d) + own[H])),
    proof=by_induction(H, step=_one_more_head),
    needed=[
        {**_two_tokens, "Q": [[1, 0], [0, 0]], "X": [[1], [0]]},
        {**_two_tokens, "Q": [[0, 0], [0, 0]], "X": [[1], [0]]},
    ],
    also=("VW-U10",),
)
