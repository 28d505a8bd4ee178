"""Linear residual layers (RS-U2, TH-10): x + V W x is invertible exactly when I + W V is, and almost always is."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.props import at_least, equal, greater, negation, zero
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    Decl,
    add,
    identity,
    letter,
    multiply,
    nat,
    number,
    scale,
    squared_norm,
    subtract,
    zeros,
)
from ..kernel.terms import rank as rank_term
from ..provers import rank as lemmas
from ..provers.induct import by_induction, passed
from ..provers.proof import FALSE, Proof, anything
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Identity,
    Iff,
    Ne,
    Prop,
    define,
    dims,
    family,
    matrix,
    norm2,
    rank,
)
from .shelf import BOOK, claim

d, m, n, i, h, l = dims("d m n i h l")
I, I_m = Identity(d), Identity(m)
W, V, T = matrix("W", m, d), matrix("V", d, m), matrix("T", d, d)

# ---------------------------------------------------------------- linear layers (TH-10)
R, S = matrix("R", m, m), matrix("S", d, d)


def _through(p: Proof) -> Theorem:
    one, two = p.goal[1]

    def hidden(p: Proof) -> Theorem:
        inverse = p.values[-1]
        p.add(p.lemma(lemmas.square_inverse(), A=I_m + W * V, B=inverse))
        return introduce_all(p, p.goal, [subtract(p.term(I), multiply(multiply(p.term(V), inverse), p.term(W)))])

    def stream(p: Proof) -> Theorem:
        inverse = p.values[-1]
        return introduce_all(p, p.goal, [subtract(p.term(I_m), multiply(multiply(p.term(W), inverse), p.term(V)))])

    return rules.conjoin([p.suppose(one[1], hidden, one[2]), p.suppose(two[1], stream, two[2])])


claim(
    "RS-U2i",
    "I + V W is invertible exactly when I + W V is",
    sentence="Whether a linear layer loses something is decided on its hidden units: the inverses are I - V R W and I "
    "- W S V; a right inverse of a square matrix is its inverse.",
    show=Iff(Exists(R, Eq((I_m + W * V) * R, I_m)), Exists(S, Eq((I + V * W) * S, I))),
    proof=_through,
    also=("TH-10",),
)


def _at_most_as_many(p: Proof) -> Theorem:
    """W carries the kernel K of 1 + V W into that of 1 + W V, and loses nothing of it, as -V brings it back."""
    v, w, hidden = p.term(V), p.term(W), p.term(I_m + W * V)
    size, kernel, coordinates, _ = p.open(p.lemma(lemmas.nullity(), M=I + V * W))
    gone, one, _, count = p.facts[-4:]
    carried, back = multiply(w, kernel), scale(number(-1), multiply(coordinates, v))
    p.add(p.combine(equal(multiply(back, carried), identity(size)), (one,), (gone, scale(number(-1), coordinates))))
    nothing = zeros(hidden.rows, size)
    facts = [
        p.lemma(lemmas.sylvester(), X=hidden, Y=carried),
        p.lemma(lemmas.with_left_inverse(), V=carried, W=back),
        rules.rank_bound(zeros(hidden.rows, nat(0)), zeros(nat(0), size)),
        rules.congruence(p.combine(zero(multiply(hidden, carried)), (gone, w)), multiply(hidden, carried), nothing),
        count,
    ]
    equations = [(3, number(-1)), (4, number(1))]
    return rules.order(p.goal, facts, [Summand(1, (i,)) for i in range(3)], equations)


def _same_nullity(p: Proof) -> Theorem:
    """One way, and then the other way round."""
    one = p.prove(rank(I_m + W * V) + d <= rank(I + V * W) + m, _at_most_as_many)
    sizes = {"d": nat("m"), "m": nat("d")}
    other = rules.instantiate(one, sizes, {V.data[0]: p.term(W), W.data[0]: p.term(V)})
    return p.squeeze(one, other)


claim(
    "RS-U2j",
    "A layer loses as many dimensions of the stream as of its hidden units",
    sentence="dim ker(I + V W) = dim ker(I + W V), written with ranks and without subtraction.",
    show=Eq(rank(I + V * W) + m, rank(I_m + W * V) + d),
    proof=_same_nullity,
    also=("TH-10",),
)

A, A_inv, C, C_inv, H = matrix("A", d, d), matrix("B", d, d), matrix("C", m, m), matrix("D", m, m), matrix("R", m, m)
woodbury = A_inv - A_inv * V * H * W * A_inv


def _woodbury(p: Proof) -> Theorem:
    p.have(Eq((A + V * C * W) * woodbury, I), using=_inverses)
    p.add(p.lemma(lemmas.square_inverse(), A=A + V * C * W, B=woodbury))
    return ideal(p)


_ones = {"d": 1, "m": 1, **{name: [[1]] for name in "ABCDVW"}, "R": [["1/2"]]}
_inverses = [Eq(A * A_inv, I), Eq(C * C_inv, I_m), Eq((C_inv + W * A_inv * V) * H, I_m)]

claim(
    "TH-10",
    "Woodbury's identity",
    sentence="With B = A^-1, D = C^-1 and R the inverse of D + W B V, the inverse of A + V C W is B - B V R W B: a "
    "write of rank m is undone by solving m equations.",
    given=_inverses,
    show=And(Eq((A + V * C * W) * woodbury, I), Eq(woodbury * (A + V * C * W), I)),
    proof=_woodbury,
    needed=[
        {**_ones, "B": [[0]], "R": [[1]]},
        {**_ones, "D": [[0]], "R": [[1]]},
        {**_ones, "R": [[0]]},
    ],
)


# ---------------------------------------------------------------- most layers (RS-U2)
def _small(p: Proof) -> Theorem:
    whole = I + T

    def build(p: Proof) -> Theorem:
        left = p.open(p.lemma(lemmas.full_column_rank(), V=whole))[0]
        p.add(p.lemma(lemmas.square_inverse(), A=left, B=whole))
        return introduce_all(p, p.goal, [left])

    def singular(p: Proof) -> Theorem:
        """A vector x that is lost has |x|^2 = |T x|^2 <= |T|^2 |x|^2 < |x|^2."""
        small = p.fact(norm2(T) < 1)
        (x,) = p.open(p.lemma(lemmas.kernel_vector(), M=whole))
        not_zero, gone = p.facts[-2:]
        bound = cite(p, BOOK.claims["VW-T6e"], M=T, x=x)
        moved, length = multiply(p.term(T), x), squared_norm(x)
        same = p.ideal(equal(squared_norm(moved), length), [gone])
        parts = [Summand(1, (0,)), Summand(1, (1, 2))], [(3, number(1))]

        def apart(p: Proof) -> Theorem:
            return anything(p.goal, rules.order(FALSE, [bound, small, p.facts[-1], same], *parts))

        def nothing(p: Proof) -> Theorem:
            return rules.absurd(rules.null(p.facts[-1], x), not_zero, p.goal)

        return p.cases(greater(length, number(0)), apart, nothing)

    return p.cases(d <= rank(whole), build, singular)


def _erased(p: Proof) -> Theorem:
    """T = -1 in one dimension: S 0 = 1."""
    return introduce_all(p, p.goal, [nat(1), number(-1)], lambda p: p.refute(negation(p.goal), Proof.order))


claim(
    "RS-U2n",
    "A small linear layer is invertible",
    sentence="|T|^2 < 1 in the Frobenius norm is enough: so x + t T x loses nothing for all |t| < 1/|T|.",
    given=[norm2(T) < 1],
    show=Exists(S, And(Eq(S * (I + T), I), Eq((I + T) * S, I))),
    proof=_small,
    needed=[_erased],
)

strength, lost = family("t", 1, 1), family("x", d, 1)
_singular = Each(i, n, Eq((I + strength[i + 1] * T) * lost[i + 1], 0))
_nonzero = Each(i, n, Ne(lost[i + 1], 0))
_distinct = Each(i, n, Each(h, i, Ne(strength[i + 1], strength[h + 1])))


def _layer(i: Any) -> Any:
    return I + strength[i + 1] * T


layers = define("P", l, n, I, lambda l, P: P[l] * _layer(l))
_given = [_singular, _nonzero, _distinct]


@cache
def _rank_drops() -> Theorem:
    """rank(A B) + 1 <= rank B, from A B x = 0 and B x not 0: rank(A B) + rank(B x) <= rank B + rank(A B x)."""
    d, one, none = nat("d"), nat(1), nat(0)
    a, b, x = (letter(Decl(name, d, cols)) for name, cols in (("A", d), ("B", d), ("x", one)))
    ab, seen = multiply(a, b), multiply(b, x)
    nothing = zeros(d, one)
    gone, not_zero = rules.assume(zero(multiply(a, seen))), rules.assume(negation(zero(seen)))
    p = Proof(at_least(rank_term(b), add(rank_term(ab), number(1))), [gone, not_zero])
    facts = [
        p.lemma(lemmas.frobenius(), X=a, Y=b, Z=x),
        p.lemma(lemmas.at_least_one(), M=seen),
        rules.rank_bound(zeros(d, none), zeros(none, one)),
        rules.congruence(gone, multiply(ab, x), nothing),
    ]
    return p.close(rules.order(p.goal, facts, [Summand(1, (i,)) for i in range(3)], [(3, number(-1))]))


def _not_killed(p: Proof) -> Theorem:
    """P_i x_i is not 0 for any i, as (t_i - t_k) P_k x_i = t_i P_(k + 1) x_i for every earlier k."""
    (start, grows), (singular, nonzero, distinct) = map(p.fact, layers.defined), map(p.fact, _given)

    def token(q: Proof) -> Theorem:
        there = q.facts[-1]  # i < n
        own, here, apart = (q.at(f, i) for f in (singular, nonzero, distinct))
        x, t = p.term(lost[i + 1]), p.term(strength[i + 1])
        q.facts = [apart]

        def at_start(r: Proof) -> Theorem:
            lost_there = r.combine(zero(x), (r.facts[-1],), (start, -I, x))
            return r.contradiction(lost_there, here)

        def one_more(r: Proof) -> Theorem:
            k, (before, _, still) = r.index, r.facts[-3:]
            grown, so_far, t_k = passed(grows, k, before, there), p.term(layers[k]), p.term(strength[k + 1])

            def killed(s: Proof) -> Theorem:
                end = s.facts[-1]
                over = s.reciprocal(subtract(t, t_k))
                stretch = scale(multiply(over, t), p.term(I))
                lost_there = s.combine(
                    zero(multiply(so_far, x)),
                    (end, stretch),
                    (grown, scale(number(-1), stretch), x),
                    (own, scale(scale(number(-1), multiply(over, t_k)), so_far)),
                    (s.facts[-1], scale(number(-1), multiply(so_far, x))),
                )
                return s.contradiction(lost_there, still)

            return r.refute(Eq(layers[k + 1] * lost[i + 1], 0), killed)

        def base(r: Proof) -> Theorem:
            return r.refute(Eq(layers[0] * lost[i + 1], 0), at_start)

        return by_induction(i, lambda k: Ne(layers[k] * lost[i + 1], 0), base=base, step=one_more)(q)

    step = p.goal[2]
    return rules.generalize(p.suppose(step[1], token, step[2]), "i")


def _rank_so_far(q: Any) -> Prop:
    return And(Eq(layers[q] * T, T * layers[q]), rank(layers[q]) + q <= d)


def _all_there(p: Proof) -> Theorem:
    commutes, size = p.goal[1]
    start = p.fact(layers.defined[0])
    same = rules.congruence(start, p.term(layers[0]), p.term(I))
    full = p.lemma(lemmas.at_most_rows(), X=I)
    bound = rules.order(size, [full, same], [Summand(1, (0,))], [(1, number(-1))])
    return rules.conjoin([p.combine(commutes, (start, None, T), (start, -T)), bound])


def _one_less(p: Proof) -> Theorem:
    """The layer at strength t_(k + 1) kills P_k x_(k + 1), which is not 0."""
    k, (gone, grown, not_zero, commutes, size) = p.index, p.facts[-5:]
    one, two = p.goal[1]
    layer, so_far, minus_t = _layer(k), layers[k], -strength[k + 1] * I
    moves = p.combine(one, (grown, None, T), (grown, -T), (commutes, None, layer))
    p.facts = [
        p.combine(Eq(layer * so_far * lost[k + 1], 0), (gone, so_far), (commutes, minus_t, lost[k + 1])),
        not_zero,
    ]
    drop = p.lemma(_rank_drops(), A=layer, B=so_far, x=lost[k + 1])
    same = p.combine(Eq(layers[k + 1], layer * so_far), (grown,), (commutes, -minus_t))
    bounds = [size, drop, rules.congruence(same, p.term(layers[k + 1]), p.term(layer * so_far))]
    return rules.conjoin([moves, rules.order(two, bounds, [Summand(1, (0,)), Summand(1, (1,))], [(2, number(-1))])])


def _at_most_all(p: Proof) -> Theorem:
    """The rank of P_n is at most d - n, and of P_i x_i none is 0."""
    starts = [p.fact(f) for f in (_given[0], *layers.defined)]
    alive = p.prove(Each(i, n, Ne(layers[i] * lost[i + 1], 0)), _not_killed)
    p.facts = [*starts, alive]
    return by_induction(n, _rank_so_far, base=_all_there, step=_one_less, then=_no_more)(p)


def _no_more(p: Proof) -> Theorem:
    return rules.order(p.goal, [p.facts[-1]], [Summand(1, (0,)), Summand(1, (), (), (p.term(rank(layers[n])),))])


claim(
    "RS-U2o",
    "A linear layer loses something at d strengths at most",
    sentence="x + t T x is singular for at most d values of t (those with -1/t among the eigenvalues of T): linear "
    "layers are injective except by coincidence.",
    where=[layers],
    given=_given,
    show=n <= d,
    proof=_at_most_all,
    needed=[
        {"d": 1, "n": 2, "T": [[0]], "t": {1: [[0]], 2: [[1]]}, "x": {1: [[1]], 2: [[1]]}},
        {"d": 1, "n": 2, "T": [[0]], "t": {1: [[0]], 2: [[1]]}, "x": {1: [[0]], 2: [[0]]}},
        {"d": 1, "n": 2, "T": [[-1]], "t": {1: [[1]], 2: [[1]]}, "x": {1: [[1]], 2: [[1]]}},
    ],
    attained={"d": 1, "n": 1, "T": [[-1]], "t": {1: [[1]]}, "x": {1: [[1]]}},
)
