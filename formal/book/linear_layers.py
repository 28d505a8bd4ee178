"""Linear residual layers (RS-U2, TH-10): x + V W x is invertible exactly when I + W V is, and almost always is."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..claims import cite, ideal
from ..kernel import rules
from ..kernel.props import Prop as KernelProp
from ..kernel.props import at_least, equal, exists, for_all, greater, implication, negation, zero
from ..kernel.rules import Theorem
from ..kernel.terms import (
    Decl,
    add,
    identity,
    letter,
    multiply,
    nat,
    number,
    scalar,
    squared_norm,
    subtract,
    transpose,
)
from ..kernel.terms import rank as rank_term
from ..provers import rank as lemmas
from ..provers.induct import by_induction
from ..provers.proof import Proof, Script, linear
from ..provers.rank import introduce_all
from ..statement import (
    And,
    Each,
    Eq,
    Exists,
    Identity,
    Iff,
    Implies,
    Le,
    Ne,
    Prop,
    dims,
    family,
    matrix,
    norm2,
    ordered_product,
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


def _same_nullity(p: Proof) -> Theorem:
    """W carries the kernel of 1 + V W into that of 1 + W V, and -V carries it back."""
    kernels = {}
    for name, v, w in (("stream", V, W), ("hidden", W, V)):
        kernels[name] = v, w, p.open(p.lemma(lemmas.nullity(), M=Identity(v.n_rows) + v * w))
    for here, there in (("stream", "hidden"), ("hidden", "stream")):
        v, w, (size, kernel, back, _) = kernels[here]
        _, _, (_, basis, coordinates, _) = kernels[there]
        # J K = J (-V) (W K) = (- J V K2) (J2 W K)
        left = multiply(multiply(back, p.term(-v)), basis)
        right = multiply(multiply(coordinates, p.term(w)), kernel)
        p.add(rules.rank_identity(p.ideal(equal(multiply(left, right), identity(size))), left, right))
    return linear(p)


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
@cache
def _unit_vector() -> Theorem:
    """For all n >= 1 there is a c in R^n with c'c = 1."""
    n = nat("n")
    c = Decl("c", n, nat(1))
    there_is = exists(c, equal(squared_norm(letter(c)), number(1)))
    body = implication(at_least(scalar(n), number(1)), there_is)

    def last(p: Proof) -> Theorem:
        return introduce_all(p, p.goal, [p.blocks(n, nat(1))[1]])

    p = Proof(for_all("n", body))
    return p.induct(
        "n",
        body,
        lambda q: q.suppose(q.goal[1], Proof.impossible, q.goal[2]),
        lambda q: q.suppose(q.goal[1], last, q.goal[2]),
    )


def _small(p: Proof) -> Theorem:
    whole = I + T

    def build(p: Proof) -> Theorem:
        left = p.open(p.lemma(lemmas.full_column_rank(), V=whole))[0]
        p.add(p.lemma(lemmas.square_inverse(), A=left, B=whole))
        return introduce_all(p, p.goal, [left])

    def singular(p: Proof) -> Theorem:
        """A vector x that is lost has |x|^2 = |T x|^2 <= |T|^2 |x|^2 < |x|^2."""
        less, small = p.facts[-1], p.fact(norm2(T) < 1)
        size, kernel, back, _ = p.open(p.lemma(lemmas.nullity(), M=whole))
        gone, coordinates = p.facts[-4:-2]
        p.facts = [less, p.facts[-1]]
        p.add(p.at(_unit_vector(), size))
        c, unit = p.values[-1], p.facts[-1]
        x = multiply(kernel, c)
        bound = cite(p, BOOK.claims["VW-T6e"], M=T, x=x)
        moved = p.multiply(gone, right=c)
        same = p.ideal(equal(squared_norm(multiply(p.term(T), x)), squared_norm(x)), [moved])

        def apart(p: Proof) -> Theorem:
            p.facts = [bound, same, small, p.facts[-1]]
            return p.impossible(products=2)

        def nothing(p: Proof) -> Theorem:
            p.facts = [coordinates_one(p), unit]
            return p.impossible()

        def coordinates_one(p: Proof) -> Theorem:
            null = rules.null(p.facts[-1], x)
            seen = p.multiply(null, left=multiply(transpose(c), back))
            return p.ideal(equal(squared_norm(c), number(0)), [seen, coordinates])

        return p.cases(greater(squared_norm(x), number(0)), apart, nothing)

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
layers = ordered_product("P", lambda l: I + strength[l] * T, l, n)


@cache
def _rank_drops() -> Theorem:
    """rank(A B) + 1 <= rank B, from A B x = 0 and B x not 0."""
    a, b, x = (letter(Decl(s, nat("d"), nat(c))) for s, c in (("A", "d"), ("B", "d"), ("x", 1)))
    seen = multiply(b, x)
    hyps = [rules.assume(zero(multiply(a, seen))), rules.assume(negation(zero(seen)))]
    p = Proof(at_least(rank_term(b), add(rank_term(multiply(a, b)), number(1))), hyps)
    f = p.factor(b)
    through = multiply(a, f.left)
    size = p.open(p.lemma(lemmas.nullity(), M=through))[0]
    spans = p.facts[-2]
    p.same_rank(multiply(a, b), multiply(through, f.right))
    p.add(p.lemma(lemmas.product_left(), X=through, Y=f.right))
    inside = multiply(f.right, x)
    # F x = K (J F x), so where the kernel of A C has dimension 0, B x = C F x is 0
    p.multiply(spans, right=inside)

    def none(q: Proof) -> Theorem:
        q.add(lemmas.empty(q, size))
        return rules.absurd(q.ideal(zero(seen)), hyps[1], q.goal)

    return p.close(p.cases(at_least(scalar(size), number(1)), linear, none))


def _not_killed(q: Any) -> Prop:
    later = Each(i, n, Implies(Le(q, i), Ne(layers[q] * lost[i + 1], 0)))
    return And(Eq(layers[q] * T, T * layers[q]), rank(layers[q]) + q <= d, later)


def _every_later(p: Proof, goal: KernelProp, script: Script) -> Theorem:
    """For all i < n from here on, by a script."""
    body = goal[2]
    th = p.suppose(body[1], lambda q: q.suppose(q.goal[1], script, q.goal[2]), body[2])
    return rules.generalize(th, "i")


def _all_there(p: Proof) -> Theorem:
    commutes, size, later = p.goal[1]
    start, nonzero = p.fact(Eq(layers[0], I)), p.fact(_nonzero)
    p.same_rank(layers[0], I)
    p.add(p.lemma(lemmas.at_most_rows(), X=I))

    def there(q: Proof) -> Theorem:
        return q.refute(
            q.goal[1], lambda r: r.contradiction(r.ideal(Eq(lost[i + 1], 0), [start, r.facts[-1]]), r.at(nonzero, i))
        )

    return rules.conjoin([p.ideal(commutes, [start]), p.order(size), _every_later(p, later, there)])


def _one_less(p: Proof) -> Theorem:
    k = p.index
    singular, distinct = p.fact(_singular), p.fact(_distinct)
    commutes, size, later = p.facts[-3:]
    grown = p.fact(Eq(layers[k + 1], (I + strength[k + 1] * T) * layers[k]))
    p.add(p.at(later, k))
    # the layer at strength t_(k + 1) kills P_k x_(k + 1), which is not 0
    moved = p.multiply(commutes, right=lost[k + 1])
    here = p.multiply(p.at(singular, k), left=layers[k])
    p.have(Eq((I + strength[k + 1] * T) * layers[k] * lost[k + 1], 0), using=[moved, here])
    drop = p.lemma(_rank_drops(), A=I + strength[k + 1] * T, B=layers[k], x=lost[k + 1])
    same = p.same_rank(layers[k + 1], (I + strength[k + 1] * T) * layers[k])

    def kept(q: Proof) -> Theorem:
        """t_i P_(k + 1) x_i = (t_i - t_(k + 1)) P_k x_i."""
        apart = q.at(q.at(distinct, i), k)
        still = q.at(later, i)

        def killed(r: Proof) -> Theorem:
            end = r.facts[-1]
            r.add(apart)
            r.reciprocal(strength[i + 1] - strength[k + 1])
            inverse = r.facts[-1]
            own = r.multiply(r.at(singular, i), left=layers[k])
            passed = r.multiply(commutes, right=lost[i + 1])
            through = r.multiply(grown, right=lost[i + 1])
            gone = r.ideal(Eq(layers[k] * lost[i + 1], 0), [end, inverse, own, passed, through])
            return r.contradiction(gone, still)

        return q.refute(q.goal[1], killed)

    one, two, three = p.goal[1]
    facts = p.facts
    p.facts = [drop, same, size]
    bound = p.order(two)
    p.facts = facts
    return rules.conjoin([p.ideal(one, [grown, commutes]), bound, _every_later(p, three, kept)])


claim(
    "RS-U2o",
    "A linear layer loses something at d strengths at most",
    sentence="x + t T x is singular for at most d values of t (those with -1/t among the eigenvalues of T): linear "
    "layers are injective except by coincidence.",
    where=[layers],
    given=[_singular, _nonzero, _distinct],
    show=n <= d,
    proof=by_induction(n, _not_killed, base=_all_there, step=_one_less, then=Proof.order),
    needed=[
        {"d": 1, "n": 2, "T": [[0]], "t": {1: [[0]], 2: [[1]]}, "x": {1: [[1]], 2: [[1]]}},
        {"d": 1, "n": 2, "T": [[0]], "t": {1: [[0]], 2: [[1]]}, "x": {1: [[0]], 2: [[0]]}},
        {"d": 1, "n": 2, "T": [[-1]], "t": {1: [[1]], 2: [[1]]}, "x": {1: [[1]], 2: [[1]]}},
    ],
    attained={"d": 1, "n": 1, "T": [[-1]], "t": {1: [[1]]}, "x": {1: [[1]]}},
)
