"""Causal layers are block triangular (TH-8): they lose what some token's own block loses, and nothing else.

The coordinates of token k are injected into those of all tokens by G_k, so P_k = G_1 G_1' + .. + G_k G_k' keeps the
first k tokens. Row k of a causal layer reads earlier tokens through C_k and token k itself through D_k. With frozen
attention, D_k = I + (sum over heads of A_kk W_OV).
"""

from __future__ import annotations

from typing import Any

from ..claims import cite
from ..kernel import rules
from ..kernel.props import Prop as KernelProp
from ..kernel.props import equal
from ..kernel.rules import Theorem
from ..kernel.terms import multiply, subtract
from ..provers import rank as lemmas
from ..provers.cofactors import by_cofactors
from ..provers.induct import by_induction
from ..provers.instances import at_instance
from ..provers.proof import Proof, Script
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    ForAll,
    Identity,
    Iff,
    Implies,
    Le,
    Prop,
    ZeroMatrix,
    define,
    dim_family,
    dims,
    family,
    matrix,
    opaque,
    running_sum,
    vector,
)
from .shelf import claim

n, N, H, i, j, k, h, d = dims("n N H i j k h d")
size = dim_family("m")
I = Identity(n)
G, C = family("G", n, lambda k: size[k]), family("C", lambda k: size[k], n)
D = family("D", lambda k: size[k], lambda k: size[k])
prefix = running_sum("P", lambda k: G[k] * G[k].T, k, N)


def _row(k: Any) -> Any:
    """What token k + 1 reads."""
    return C[k + 1] * prefix[k] + D[k + 1] * G[k + 1].T


def _alone(k: Any) -> Any:
    """The layer that updates token k + 1 only, to what its row reads."""
    return I - G[k + 1] * G[k + 1].T + G[k + 1] * _row(k)


layer = define("M", k, N, ZeroMatrix(n, n), lambda k, M: M[k] + G[k + 1] * _row(k))
_disjoint = Each(k, N, Each(i, k, Eq(G[i + 1].T * G[k + 1], 0)))
_isometric = Each(k, N, Eq(G[k + 1].T * G[k + 1], Identity(size[k + 1])))
R = matrix("R", n, n)


def _so_far(q: Any) -> Any:
    """The layer that updates the first q tokens and keeps the others."""
    return I - prefix[q] + layer[q]


def _unmet(q: Any) -> Prop:
    """The first q tokens meet no later one."""
    return Each(j, N, Implies(Le(q, j), And(Eq(prefix[q] * G[j + 1], 0), Eq(layer[q] * G[j + 1], 0))))


def _for_later(p: Proof, goal: KernelProp, script: Script) -> Theorem:
    body = goal[2]
    return rules.generalize(p.suppose(body[1], lambda q: q.suppose(body[2][1], script, body[2][2]), body[2]), "j")


def _unmet_at_0(p: Proof, goal: KernelProp) -> Theorem:
    return _for_later(p, goal, lambda q: rules.conjoin([*map(q.ideal, q.goal[1])]))


class _Step:
    """Facts of the induction step: the recursions at k, what the first k tokens do not meet."""

    def __init__(self, p: Proof, later: Theorem) -> None:
        self.k, self.later = p.index, later
        at = self.k
        self.grown = p.fact(Eq(prefix[at + 1], prefix[at] + G[at + 1] * G[at + 1].T))
        self.added = p.fact(Eq(layer[at + 1], layer[at] + G[at + 1] * _row(at)))
        here = p.at(later, at)
        self.above, self.beside = rules.part(here, 0), rules.part(here, 1)  # P G = 0, M G = 0

    def factors(self, p: Proof) -> Theorem:
        """1 - P' + M' = (1 - P + M)(1 - G G' + G row)."""
        k = self.k
        change = G[k + 1].T - _row(k)
        return by_cofactors(
            p,
            Eq(_so_far(k + 1), _so_far(k) * _alone(k)),
            (self.grown, -I),
            (self.added,),
            (self.above, -I, change),
            (self.beside, None, change),
        )

    def unmet(self, p: Proof, goal: KernelProp) -> Theorem:
        k, crossing = self.k, p.fact(_disjoint)

        def script(q: Proof) -> Theorem:
            known, apart = q.at(self.later, j), q.at(q.at(crossing, j), k)
            above, beside = rules.part(known, 0), rules.part(known, 1)
            reads = (above, G[k + 1] * C[k + 1]), (apart, G[k + 1] * D[k + 1])
            return rules.conjoin(
                [
                    by_cofactors(q, q.goal[1][0], (self.grown, None, G[j + 1]), (above,), (apart, G[k + 1])),
                    by_cofactors(q, q.goal[1][1], (self.added, None, G[j + 1]), (beside,), *reads),
                ]
            )

        return _for_later(p, goal, script)


def _blocks_invertible(q: Any) -> Prop:
    S = matrix("S", size[k + 1], size[k + 1])
    return Each(k, q, Exists(S, Eq(D[k + 1] * S, Identity(size[k + 1]))))


def _invertible(q: Any) -> Prop:
    return And(Iff(Exists(R, Eq(_so_far(q) * R, I)), _blocks_invertible(q)), _unmet(q))


def _iff(p: Proof, goal: KernelProp, there: Script, back: Script) -> Theorem:
    one, two = goal[1]
    return rules.conjoin([p.suppose(one[1], there, one[2]), p.suppose(two[1], back, two[2])])


def _no_token(p: Proof) -> Theorem:
    same, later = p.goal[1]

    def nothing(q: Proof) -> Theorem:
        body = q.goal[2]
        return rules.generalize(q.suppose(body[1], Proof.impossible, body[2]), "k")

    start = [f for f in p.facts if f.conclusion.kind == "zero"]

    def whole(q: Proof) -> Theorem:
        return introduce_all(q, q.goal, [q.term(I)], lambda r: r.ideal(facts=start))

    return rules.conjoin([_iff(p, same, nothing, whole), _unmet_at_0(p, later)])


def _token(p: Proof) -> Theorem:
    q = p.index
    there, back, later = p.facts[-3:]
    step = _Step(p, later)
    factored, unit = step.factors(p), p.at(p.fact(_isometric), q)
    G_q, C_q, D_q, P, before, alone = G[q + 1], C[q + 1], D[q + 1], prefix[q], _so_far(q), _alone(q)
    change, one = p.term(G_q.T - _row(q)), p.term(I)

    def blocks(p: Proof) -> Theorem:
        """X T R = 1, so T Z = 1 with Z = R X; then P Z G = 0 and D (G'Z G) = 1."""
        whole, inverse = p.facts[-1], p.values[-1]
        after = multiply(p.term(alone), inverse)
        product = by_cofactors(p, equal(multiply(p.term(before), after), one), (whole,), (factored, -I, inverse))
        earlier = rules.detach(there, introduce_all(p, there.conclusion[1], [after], lambda _: product))
        p.facts = [product]
        Z = multiply(inverse, p.term(before))
        alone_inverse = p.lemma(lemmas.square_inverse(), A=before, B=after)
        seen, behind = multiply(p.term(G_q.T), Z), multiply(change, multiply(Z, p.term(G_q)))
        value = multiply(seen, p.term(G_q))
        reads = (unit, None, behind), (unit,), (step.above, -C_q, behind), (step.above, -C_q)
        alone_reads = (alone_inverse, G_q.T, G_q), (alone_inverse, -C_q * P, G_q)
        found = by_cofactors(p, equal(multiply(p.term(D_q), value), p.term(_one(q))), *reads, *alone_reads)

        def block(r: Proof) -> Theorem:
            return r.cases(k < q, lambda s: s.at(earlier, k), lambda s: s.at_equal("k", q, newest))

        def newest(r: Proof) -> Theorem:
            return introduce_all(r, r.goal, [value], lambda _: found)

        body = p.goal[2]
        return rules.generalize(p.suppose(body[1], block, body[2]), "k")

    def whole(p: Proof) -> Theorem:
        """T (1 - G E) = 1 with E = G' - S (G' - C P)."""
        every = p.facts[-1]
        guard = back.conclusion[1][2]
        earlier = p.suppose(guard[1], lambda r: r.at(every, k), guard[2])
        p.add(rules.detach(back, rules.generalize(earlier, "k")))
        inverse, known = p.values[-1], p.facts[-1]
        p.add(p.at(every, q))
        S, solved = p.values[-1], p.facts[-1]
        own = p.term(G_q.T - C_q * P)
        E = subtract(p.term(G_q.T), multiply(S, own))
        undo = subtract(one, multiply(p.term(G_q), E))
        alone_inverse = by_cofactors(
            p,
            equal(multiply(p.term(alone), undo), one),
            (solved, G_q, own),
            (unit, G_q * (_one(q) - D_q), E),
            (step.above, -G_q * C_q, E),
        )
        value = multiply(undo, inverse)
        parts = (factored, None, value), (alone_inverse, before, inverse), (known,)
        found = by_cofactors(p, equal(multiply(p.term(_so_far(q + 1)), value), one), *parts)
        return introduce_all(p, p.goal, [value], lambda _: found)

    same, unmet = p.goal[1]
    return rules.conjoin([_iff(p, same, blocks, whole), step.unmet(p, unmet)])


def _one(q: Any) -> Any:
    return Identity(size[q + 1])


claim(
    "TH-8",
    "A causal layer is invertible exactly when every token's own block is",
    sentence="Row k reads C_k of the tokens before it and D_k of token k; M, completed by I - P_N where tokens are left "
    "out, has an inverse if and only if every D_k has: what a token reads of the others cannot lose anything.",
    where=[prefix, layer],
    given=[_isometric, _disjoint],
    show=Iff(Exists(R, Eq(_so_far(N) * R, I)), _blocks_invertible(N)),
    proof=by_induction(N, _invertible, base=_no_token, step=_token, then=lambda p: rules.conjoin(p.facts[-3:-1])),
    also=("VW-U10",),
)
