"""Virtual weights: their composition law (VW-L5) and their rank (VW-T2), with the inequalities of ranks."""

from __future__ import annotations

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.rules import Theorem
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.instances import at_instance
from ..provers.proof import Proof
from ..statement import (
    And,
    Eq,
    ForAll,
    Identity,
    ZeroMatrix,
    define,
    dims,
    family,
    matrix,
    ordered_product,
    rank,
)
from .shelf import claim

d, m_i, m_j, m_k = dims("d m_i m_j m_k")
I = Identity(d)
V_i, W_j, V_j, W_k = matrix("V_i", d, m_i), matrix("W_j", m_j, d), matrix("V_j", d, m_j), matrix("W_k", m_k, d)
direct, first, second = W_k * V_i, W_j * V_i, W_k * V_j
_two = {"d": 1, "m_i": 1, "m_j": 1, "W_j": [[1]], "V_i": [[1]]}
_three = {**_two, "m_k": 1, "W_k": [[1]], "V_j": [[1]], "W_j": [[0]]}

claim(
    "VW-L5",
    "The virtual weight from i to k factors through the layer j between",
    sentence="W_k V_i = (W_k V_j)(W_j V_i) for every layer j between.",
    wrong="The direct virtual weight and the path through layer j are two different contributions that add up; "
    "taking one for the other double-counts or drops effects when paths are attributed.",
    show=Eq(direct, second * first),
    witness=_three,
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
    needed=[_three],
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
    needed=[{"d": 1, "m_j": 0, "V_j": [[]], "W_j": []}],
    attained=at_instance({"d": 1, "m_j": 1, "V_j": 1, "W_j": 1}),
)

n, l, L = dims("n l L")
N, E, F = matrix("N", n, n), matrix("E", n, n), matrix("F", n, n)
one = Identity(n)
power = define("Npow", l, L, one, lambda l, P: P[l] * N)
chains = define("S", l, L, ZeroMatrix(n, n), lambda l, S: S[l] + power[l])


def _longer_chains(p: Proof) -> Theorem:
    powers, sums, right, left, commutes = p.facts[-5:]
    one_side, other_side, still = p.goal[1]
    return rules.conjoin(
        [
            p.combine(one_side, (sums, one - N), (right,), (powers,), (commutes, -1)),
            p.combine(other_side, (sums, None, one - N), (left,), (powers,)),
            p.combine(still, (powers, N), (powers, -1, N), (commutes, None, N)),
        ]
    )


def _no_longer_chain(p: Proof) -> Theorem:
    none, right, left, _ = p.facts[-4:]
    sides = zip(p.goal[1], (right, left), strict=True)
    return rules.conjoin([p.combine(goal, (known,), (none, -1)) for goal, known in sides])


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
        step=_longer_chains,
        then=_no_longer_chain,
    ),
    needed=[{"n": 1, "L": 1, "N": [[1]]}],
    also=("TH-2", "TH-13"),
)

claim(
    "VW-L5g",
    "Virtual weights are recovered from total effects: N = I - E^-1",
    sentence="With E (I - N) = I and F the inverse of E, N is I - F.",
    given=[Eq(E * (one - N), one), Eq(F * E, one)],
    show=Eq(N, one - F),
    proof=ideal,
    needed=[
        {"n": 1, "E": [[1]], "F": [[1]], "N": [[1]]},
        {"n": 1, "E": [[1]], "F": [[0]], "N": [[0]]},
    ],
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

product_bound = claim(
    "VW-T2",
    "The rank of a virtual weight is at most the rank of each factor",
    sentence="rank(W_j V_i) <= min(rank W_j, rank V_i).",
    show=And(rank(X) <= rank(W_j), rank(X) <= rank(V_i)),
    proof=lambda p: rules.conjoin([p.lemma(f(), X=W_j, Y=V_i) for f in (lemmas.product_left, lemmas.product_right)]),
    attained=_two,
)

W, M, V = matrix("W", m_k, d), matrix("M", d, n), matrix("V", n, m_i)

frobenius = claim(
    "TH-9",
    "Frobenius rank inequality",
    sentence="rank(W M) + rank(M V) <= rank M + rank(W M V): what survives M on its way to the read W, and what of "
    "the write V survives M, must overlap as soon as M has too little rank to keep them apart.",
    show=rank(W * M) + rank(M * V) <= rank(M) + rank(W * M * V),
    proof=lambda p: p.lemma(lemmas.frobenius(), X=W, Y=M, Z=V),
    attained={"m_k": 1, "d": 1, "n": 1, "m_i": 1, "W": [[1]], "M": [[1]], "V": [[1]]},
)


def _identity_between(p: Proof) -> Theorem:
    between, size = cite(p, frobenius, W=W_j, M=I, V=V_i), p.lemma(lemmas.at_most_rows(), X=I)
    return p.weighted(p.goal, (1, between), (1, size))


sylvester = claim(
    "VW-T2a",
    "Sylvester's rank inequality",
    sentence="From below, rank W_j + rank V_i - d <= rank(W_j V_i): two large enough layers cannot help but "
    "communicate.",
    show=rank(W_j) + rank(V_i) - d <= rank(X),
    proof=_identity_between,
    attained=_two,
    also=("TH-9",),
)


def _within_widths(p: Proof) -> Theorem:
    sizes = p.lemma(lemmas.at_most_rows(), X=X), p.lemma(lemmas.at_most_cols(), X=X)
    return rules.conjoin([*sizes, rules.rank_bound(p.term(W_j), p.term(V_i))])


claim(
    "VW-T2b",
    "The rank of a virtual weight is at most both hidden widths and the width of the stream",
    sentence="rank(W_j V_i) <= m_j, m_i and d.",
    show=And(rank(X) <= m_j, rank(X) <= m_i, rank(X) <= d),
    proof=_within_widths,
    attained=_two,
)

T = family("T", d, d)
P = ordered_product("P", lambda l: I + T[l], l, L)


def _whatever_lies_between(p: Proof) -> Theorem:
    read, write = (
        p.lemma(lemmas.product_left(), X=W_k, Y=P[L] * V_i),
        p.lemma(lemmas.product_right(), X=W_k * P[L], Y=V_i),
    )
    sizes = (
        (read, p.lemma(lemmas.at_most_rows(), X=W_k)),
        (write, p.lemma(lemmas.at_most_cols(), X=V_i)),
        (write, p.lemma(lemmas.at_most_rows(), X=V_i)),
    )
    bounds = zip(p.goal[1][2:], sizes, strict=True)
    return rules.conjoin([read, write, *(p.weighted(goal, (1, one), (1, two)) for goal, (one, two) in bounds)])


claim(
    "VW-T2d",
    "Total effects obey the same upper bounds, whatever lies between",
    sentence="rank(W_k (I + T_L) .. (I + T_1) V_i) is at most rank W_k, rank V_i, and so m_k, m_i and d.",
    where=[P],
    show=And(*(rank(W_k * P[L] * V_i) <= bound for bound in (rank(W_k), rank(V_i), m_k, m_i, d))),
    proof=_whatever_lies_between,
    attained={"L": 0, "d": 1, "m_i": 1, "m_k": 1, "V_i": [[1]], "W_k": [[1]]},
)
