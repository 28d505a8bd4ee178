"""Rank of a stack of layers (VW-T1): what a residual network can and cannot destroy."""

from __future__ import annotations

from ..claims import cite
from ..kernel import rules
from ..kernel.rules import Theorem
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof
from ..statement import (
    And,
    Each,
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

d, l, j, L = dims("d l j L")
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

size = dim_family("n")
F = family("W", lambda l: size[l + 1], lambda l: size[l])
product = define("P", l, L, Identity(size[0]), lambda l, P: F[l] * P[l], rows=lambda l: size[l], cols=size[0])
T = family("T", d, d)
A = ordered_product("P", lambda l: I + T[l], l, L)


def _next_factor(p: Proof) -> Theorem:
    k = p.index
    every = next(f for f in p.facts[::-1] if f.conclusion.kind == "all")
    p.add(p.lemma(lemmas.product_left(), X=F[k], Y=product[k]))
    p.add(p.lemma(lemmas.product_right(), X=F[k], Y=product[k]))
    p.same_rank(product[k + 1], F[k] * product[k])

    def layer(q: Proof) -> Theorem:
        return q.suppose(q.goal[1], at_layer, q.goal[2])

    def at_layer(q: Proof) -> Theorem:
        def earlier(r: Proof) -> Theorem:
            r.add(r.at(every, j))
            return r.order()

        return q.cases(j < k, earlier, lambda r: r.at_equal("j", k, Proof.order))

    return rules.generalize(p.prove(p.goal[2], layer), "j")


def _none_yet(p: Proof) -> Theorem:
    """Nothing is below 0."""
    guard = p.goal[2][1]
    return rules.generalize(p.prove(p.goal[2], lambda q: q.suppose(guard, Proof.impossible, q.goal[2])), "j")


_each_factor = by_induction(L, lambda k: Each(j, k, rank(product[k]) <= rank(F[j])), base=_none_yet, step=_next_factor)

of_product = claim(
    "VW-T1a",
    "For plain products of matrices the bound holds",
    sentence="Without skip connections, the rank of a product of any number of matrices is at most that of each.",
    where=[product],
    show=Each(j, L, rank(product[L]) <= rank(F[j])),
    proof=_each_factor,
    attained={"L": 1, "n": {0: 1, 1: 1}, "W": {0: [[1]]}},
)

claim(
    "VW-T1b",
    "For residual layers it holds with I + T in place of T",
    sentence="rank((I + T_L) .. (I + T_1)) <= rank(I + T_l) for every layer.",
    where=[A],
    show=Each(j, L, rank(A[L]) <= rank(I + T[j + 1])),
    proof=lambda p: cite(p, of_product, {"n[]": d}, W=lambda l: I + T[l + 1], P=lambda l: A[l]),
    attained={"L": 1, "d": 1, "T": {1: [[0]]}},
)

kept = running_sum("s", lambda l: rank(I + T[l]), l, L)
written = running_sum("s", lambda l: rank(T[l]), l, L)


def _start_full(p: Proof) -> Theorem:
    """At depth 0 the product is the identity."""
    p.add(p.lemma(lemmas.of_identity(), {"n": d}))
    p.add(p.lemma(lemmas.at_most_rows(), X=I))
    p.same_rank(A[0], I)
    return p.order()


def _lose_little(p: Proof) -> Theorem:
    k = p.index
    p.same_rank(A[k + 1], (I + T[k + 1]) * A[k])
    p.add(cite(p, sylvester, W_j=I + T[k + 1], V_i=A[k]))
    return p.order()


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
    k = p.index
    write = T[k + 1] * A[k]
    p.same_rank(A[k + 1] - I, (A[k] - I) + write)
    p.add(p.lemma(lemmas.of_sum(), X=A[k] - I, Y=write))
    p.add(p.lemma(lemmas.product_left(), X=T[k + 1], Y=A[k]))
    return p.order()


def _nothing_changed(p: Proof) -> Theorem:
    """0 = Y Z through dimension 0, so its rank is 0."""
    through = 0 * matrix("Y", d, 0), matrix("Z", 0, d)
    p.same_rank(A[0] - I, through[0] * through[1])
    p.add(rules.rank_bound(p.term(through[0]), p.term(through[1])))
    return p.order()


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
    p.same_rank(I, (I + T1) + (-T1))
    p.add(p.lemma(lemmas.of_sum(), X=I + T1, Y=-T1))
    p.add(p.lemma(lemmas.of_multiple(), X=T1, c=-1))
    p.add(p.lemma(lemmas.of_identity(), {"n": d}))
    return p.order()


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
    p.add(cite(p, one_layer, T1=A[L] - I))
    p.add(cite(p, change_budget))
    return p.order()


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
