"""Virtual weights: their composition law (VW-L5) and their rank (VW-T2)."""

from __future__ import annotations

from ..claims import ideal
from ..kernel import rules
from ..kernel.props import equal
from ..kernel.rules import Theorem
from ..kernel.terms import add, multiply, scalar
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof, linear
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Eq,
    Exists,
    ForAll,
    Identity,
    Implies,
    ZeroMatrix,
    define,
    dims,
    family,
    matrix,
    ordered_product,
    rank,
    vector,
)
from .shelf import claim

d, m_i, m_j, m_k = dims("d m_i m_j m_k")
I = Identity(d)
V_i, W_j, V_j, W_k = matrix("V_i", d, m_i), matrix("W_j", m_j, d), matrix("V_j", d, m_j), matrix("W_k", m_k, d)
direct, first, second = W_k * V_i, W_j * V_i, W_k * V_j

claim(
    "VW-L5",
    "The virtual weight from i to k factors through the layer j between",
    sentence="W_k V_i = (W_k V_j)(W_j V_i) for every layer j between.",
    wrong="The direct virtual weight and the path through layer j are two different contributions that add up; "
    "taking one for the other double-counts or drops effects when paths are attributed.",
    show=Eq(direct, second * first),
    witness={
        **dict.fromkeys(("d", "m_i", "m_j", "m_k"), 1),
        **{"W_k": [[1]], "V_i": [[1]], "V_j": [[1]], "W_j": [[0]]},
    },
)

claim(
    "VW-L5a",
    "The true composition law: direct virtual weight plus the path through the layer between",
    sentence="What reaches layer k from layer i, with one layer j between, is the direct virtual weight plus the "
    "product of the two along the path; no hypothesis is needed.",
    show=Eq(W_k * (I + V_j * W_j) * V_i, direct + second * first),
    proof=ideal,
)

claim(
    "VW-L5b",
    "The step that would prove the factorisation puts W_j V_j between W_k and V_i",
    sentence="W_k (W_j V_j) V_i.",
    wrong="W_j V_j lives on the hidden units of layer j, W_k and V_i meet in the stream: the product has no type.",
    ill_typed=lambda: W_k * (W_j * V_j) * V_i,
)

claim(
    "VW-L5c",
    "By how much the factorisation fails",
    sentence="The defect is the virtual weight seen through I - V_j W_j.",
    show=Eq(direct - second * first, W_k * (I - V_j * W_j) * V_i),
    proof=ideal,
)

claim(
    "VW-L5d",
    "Where the factorisation does hold, the total is twice the virtual weight",
    sentence="So it would not decompose the direct path but double it.",
    given=[Eq(direct, second * first)],
    show=Eq(W_k * (I + V_j * W_j) * V_i, 2 * direct),
    proof=ideal,
)

A, B = matrix("W_k", d, d), matrix("V_i", d, d)


def _needs_width(p: Proof) -> Theorem:
    everywhere = p.at(p.facts[0], I, I)
    p.add(everywhere)
    product = p.have(Eq(V_j * W_j, I))
    return rules.rank_identity(product, p.term(V_j), p.term(W_j))


claim(
    "VW-L5e",
    "It cannot hold for all reads and writes unless the middle layer is as wide as the stream",
    sentence="If W_k V_i = W_k V_j W_j V_i for all d x d reads and writes then m_j >= d.",
    given=[ForAll((A, B), Eq(A * B, A * V_j * W_j * B))],
    show=d <= m_j,
    proof=_needs_width,
)

n, l, L = dims("n l L")
N, E, F = matrix("N", n, n), matrix("E", n, n), matrix("F", n, n)
one = Identity(n)
power = define("Npow", l, L, one, lambda l, P: P[l] * N)
chains = define("S", l, L, ZeroMatrix(n, n), lambda l, S: S[l] + power[l])

claim(
    "VW-L5f",
    "Total effects are the sum over all chains of virtual weights",
    sentence="If no chain is longer than L (N^L = 0, as for layers in order), then I + N + .. + N^(L-1) is the "
    "two-sided inverse of I - N.",
    where=[power, chains],
    given=[Eq(power[L], 0)],
    show=And(Eq((one - N) * chains[L], one), Eq(chains[L] * (one - N), one)),
    proof=by_induction(
        L,
        lambda k: And(
            Eq((one - N) * chains[k], one - power[k]),
            Eq(chains[k] * (one - N), one - power[k]),
            Eq(N * power[k], power[k] * N),
        ),
    ),
    also=("TH-2",),
)

claim(
    "VW-L5g",
    "Virtual weights are recovered from total effects: N = I - E^-1",
    sentence="With E (I - N) = I and F the inverse of E, N is I - F.",
    given=[Eq(E * (one - N), one), Eq(F * E, one)],
    show=Eq(N, one - F),
    proof=ideal,
    also=("TH-2",),
)

claim(
    "VW-L5h",
    "For three layers: subtract the path through the middle one",
    sentence="E_31 = N_31 + N_32 N_21 gives N_31 = E_31 - E_32 E_21, as total and direct effects of neighbours agree.",
    show=Eq(direct, W_k * (I + V_j * W_j) * V_i - second * first),
    proof=ideal,
)

# ---------------------------------------------------------------- rank
X = first


claim(
    "VW-T2",
    "The rank of a virtual weight is at most the rank of each factor",
    sentence="rank(W_j V_i) <= min(rank W_j, rank V_i).",
    show=And(rank(X) <= rank(W_j), rank(X) <= rank(V_i)),
    proof=lemmas.by_rank,
)

claim(
    "VW-T2a",
    "..and at least what Sylvester leaves",
    sentence="rank W_j + rank V_i - d <= rank(W_j V_i): two large enough layers cannot help but communicate.",
    show=rank(W_j) + rank(V_i) - d <= rank(X),
    proof=lemmas.by_rank,
)

claim(
    "VW-T2b",
    "..and at most the widths: the two hidden sizes and the stream",
    sentence="rank(W_j V_i) <= m_j, m_i and d.",
    show=And(rank(X) <= m_j, rank(X) <= m_i, rank(X) <= d),
    proof=lemmas.by_rank,
)

r = dims("r")
K, J, G, y = matrix("K", d, r), matrix("J", r, d), matrix("G", m_i, r), vector("y", m_i)


def _what_is_lost(p: Proof) -> Theorem:
    """With V = C F: the kernel of W C, carried by C, is the intersection."""
    f = p.factor(V_i)
    through, whole = multiply(p.term(W_j), f.left), p.term(X)
    size, kernel, coordinates, _ = p.open(p.lemma(lemmas.nullity(), M=through))
    # rank(W C) = rank(W V), as each is the other times something
    for product, left, right in ((whole, through, f.right), (through, whole, f.right_inverse)):
        p.same_rank(product, multiply(left, right))
        p.add(p.lemma(lemmas.product_left(), X=left, Y=right))
    p.have(equal(p.term(rank(V_i)), add(p.term(rank(X)), scalar(size))), linear)
    values = [
        size,
        multiply(f.left, kernel),
        multiply(coordinates, f.left_inverse),
        multiply(f.right_inverse, kernel),
    ]
    return introduce_all(p, p.goal, values)


claim(
    "VW-T2c",
    "The rank that a virtual weight loses is the dimension of what layer i writes and layer j does not read",
    sentence="rank V_i = rank(W_j V_i) + dim(im V_i meet ker W_j); the columns of K are a basis of that "
    "intersection: they are independent (J K = I), written by i (K = V_i G), not read by j (W_j K = 0), "
    "and they span it.",
    show=Exists(
        (r, K, J, G),
        And(
            Eq(J * K, Identity(r)),
            Eq(W_j * K, 0),
            Eq(K, V_i * G),
            Eq(rank(V_i), rank(X) + r),
            ForAll(y, Implies(Eq(W_j * V_i * y, 0), Eq(V_i * y, K * J * V_i * y))),
        ),
    ),
    proof=_what_is_lost,
)

T = family("T", d, d)
P = ordered_product("P", lambda l: I + T[l], l, L)
W_out, V_in = W_k, V_i


claim(
    "VW-T2d",
    "Total effects obey the same upper bounds, whatever lies between",
    sentence="rank(W_k (I + T_L) .. (I + T_1) V_i) is at most rank W_k, rank V_i, and so m_k, m_i and d.",
    where=[P],
    show=And(
        *(rank(W_out * P[L] * V_in) <= bound for bound in (rank(W_out), rank(V_in), m_k, m_i, d)),
    ),
    proof=lemmas.by_rank,
)
