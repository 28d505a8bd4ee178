"""Rank of a stack of layers (VW-T1): what a residual network can and cannot destroy."""

from __future__ import annotations

from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.rules import Theorem
from ..kernel.terms import multiply
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..statement import (
    And,
    Identity,
    Ne,
    define,
    dim_family,
    dims,
    family,
    matrix,
    ordered_product,
    rank,
    running_sum,
)
from .shelf import claim
from .virtual import sylvester

d, l, j, n, L = dims("d l j n L")
I = Identity(d)
T1, T2 = matrix("T1", d, d), matrix("T2", d, d)
both = (I + T2) * (I + T1)

claim(
    "VW-T1",
    "The rank of composed layers is at most the rank of each layer's matrix",
    sentence="rank((I + T2)(I + T1)) <= min(rank T1, rank T2).",
    wrong="The skip connection is left out: a layer that writes nothing has T = 0 and passes everything on. The"
    " bound holds for I + T, and low-rank layers do not make a low-rank network.",
    show=And(rank(both) <= rank(T1), rank(both) <= rank(T2)),
    witness={"d": 1, "T1": [[0]], "T2": [[0]]},
)

size = dim_family("m")
F = family("W", lambda l: size[l + 1], lambda l: size[l])
product = define("P", l, j + 1 + n, Identity(size[0]), lambda l, P: F[l] * P[l], rows=lambda l: size[l], cols=size[0])
T = family("T", d, d)
A = ordered_product("P", lambda l: I + T[l], l, L)


def _each_factor(p: Proof) -> Theorem:
    """From layer j on, no product has a larger rank than its last factor but one."""
    recursion = p.facts[1]
    p.facts = []

    def extended(q: Proof, at: Any) -> Theorem:
        """rank P_(at+1) = rank(F P_at)."""
        return rules.congruence(q.at(recursion, at), q.term(product[at + 1]), q.term(F[at] * product[at]))

    def itself(q: Proof) -> Theorem:
        bound = q.lemma(lemmas.product_left(), X=F[j], Y=product[j])
        return q.weighted(q.goal, (1, bound), (-1, extended(q, j)))

    def later(q: Proof) -> Theorem:
        at, known = j + 1 + q.index, q.facts[-1]
        bound = q.lemma(lemmas.product_right(), X=F[at], Y=product[at])
        return q.weighted(q.goal, (1, known), (1, bound), (-1, extended(q, at)))

    return by_induction(n, base=itself, step=later)(p)


of_product = claim(
    "VW-T1a",
    "For plain products of matrices the bound holds",
    sentence="Without skip connections, the rank of a product of any number of matrices is at most that of each: here "
    "of the one with j before it and n behind it.",
    where=[product],
    show=rank(product[j + 1 + n]) <= rank(F[j]),
    proof=_each_factor,
    attained={"j": 0, "n": 0, "m": {0: 1, 1: 1}, "W": {0: [[1]]}},
)

some = ordered_product("P", lambda l: I + T[l], l, j + 1 + n)

claim(
    "VW-T1b",
    "For residual layers it holds with I + T in place of T",
    sentence="rank((I + T_L) .. (I + T_1)) <= rank(I + T_l) for every layer l of L, with j before it and n behind it.",
    where=[some],
    show=rank(some[j + 1 + n]) <= rank(I + T[j + 1]),
    proof=lambda p: cite(p, of_product, {"m[]": d}, W=lambda l: I + T[l + 1], P=lambda l: some[l]),
    attained={"j": 0, "n": 0, "d": 1, "T": {1: [[0]]}},
)

kept = running_sum("s", lambda l: rank(I + T[l]), l, L)
written = running_sum("s", lambda l: rank(T[l]), l, L)


def _start_full(p: Proof) -> Theorem:
    """At depth 0 the product is the identity."""
    start, _, none, *_ = p.facts
    full, same = p.lemma(lemmas.of_identity(), {"n": d}), p.same_rank(A[0], I, using=[start])
    return p.weighted(p.goal, (1, full), (1, same), (-1, none))


def _lose_little(p: Proof) -> Theorem:
    grown, count, known = p.facts[-3:]
    layer, before = I + T[p.index + 1], A[p.index]
    same = rules.congruence(grown, p.term(A[p.index + 1]), p.term(layer * before))
    bound = cite(p, sylvester, W_j=layer, V_i=before)
    return p.weighted(p.goal, (1, known), (1, bound), (1, same), (-1, count))


claim(
    "VW-T1c",
    "From below: the kernels of the layers add up at most",
    sentence="d - rank(product) <= sum over layers of d - rank(I + T_l), written without subtraction; so what the "
    "network forgets is at most what its layers forget.",
    where=[A, kept],
    show=kept[L] + d <= rank(A[L]) + L * d,
    proof=by_induction(L, base=_start_full, step=_lose_little),
    attained={"L": 1, "d": 1, "T": {1: [[-1]]}},
)


def _change_little(p: Proof) -> Theorem:
    grown, count, known = p.facts[-3:]
    before, layer = A[p.index], T[p.index + 1]
    same = rules.congruence(grown, p.term(A[p.index + 1] - I), p.term(before - I + layer * before))
    both = p.lemma(lemmas.of_sum(), X=before - I, Y=layer * before)
    write = p.lemma(lemmas.product_left(), X=layer, Y=before)
    return p.weighted(p.goal, (1, known), (1, both), (1, write), (1, count), (-1, same))


def _nothing_changed(p: Proof) -> Theorem:
    """0 = Y Z through dimension 0, so its rank is 0."""
    start, _, none, *_ = p.facts
    through = p.term(0 * matrix("Y", d, 0)), p.term(matrix("Z", 0, d))
    same = rules.congruence(start, p.term(A[0] - I), multiply(*through))
    return p.weighted(p.goal, (1, rules.rank_bound(*through)), (1, none), (-1, same))


change_budget = claim(
    "VW-T1e",
    "What the layers change together has at most the sum of their ranks",
    sentence="rank((I + T_L) .. (I + T_1) - I) <= rank T_1 + .. + rank T_L.",
    where=[A, written],
    show=rank(A[L] - I) <= written[L],
    proof=by_induction(L, base=_nothing_changed, step=_change_little),
    attained={"L": 1, "d": 1, "T": {1: [[-1]]}},
)


def _one_layer(p: Proof) -> Theorem:
    """I = (I + T) + (-T)."""
    both, multiple = p.lemma(lemmas.of_sum(), X=I + T1, Y=-T1), p.lemma(lemmas.of_multiple(), X=T1, c=-1)
    return p.weighted(p.goal, (1, both), (1, multiple), (1, p.lemma(lemmas.of_identity(), {"n": d})))


one_layer = claim(
    "VW-T1f",
    "One layer forgets at most as many dimensions as it writes",
    sentence="d - rank(I + T) <= rank T.",
    show=d <= rank(I + T1) + rank(T1),
    proof=_one_layer,
    attained={"d": 1, "T1": [[-1]]},
    also=("RS-U2",),
)


def _all_layers_as_one(p: Proof) -> Theorem:
    """The whole product is one layer that writes A - I."""
    return p.weighted(p.goal, (1, cite(p, one_layer, T1=A[L] - I)), (1, cite(p, change_budget)))


claim(
    "VW-T1d",
    "Erasure budget: a layer of rank r can destroy at most r dimensions",
    sentence="d - rank(product) <= rank T_1 + .. + rank T_L: low-rank layers cannot forget much.",
    where=[A, written],
    show=d <= rank(A[L]) + written[L],
    proof=_all_layers_as_one,
    attained={"L": 1, "d": 1, "T": {1: [[-1]]}},
    also=("TH-9", "RS-U2"),
)

claim(
    "VW-T1g",
    "The literal bound fails also where both layers write something",
    sentence="rank((I + T2)(I + T1)) <= min(rank T1, rank T2) for T1 and T2 not 0.",
    wrong="Two rank-one layers in the plane compose to an invertible map.",
    given=[Ne(T1, 0), Ne(T2, 0)],
    show=And(rank(both) <= rank(T1), rank(both) <= rank(T2)),
    witness={"d": 2, "T1": [[0, 1], [0, 0]], "T2": [[0, 0], [1, 0]]},
)
