"""Ranks that are equal, or differ by what dimensions say: multiples, transposes, Gram matrices, I - U V and I - V U."""

from __future__ import annotations

from functools import cache

from ..kernel import rules
from ..kernel.props import at_least, equal, negation, zero
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    ZERO,
    add,
    identity,
    multiply,
    nat,
    number,
    rank,
    scalar,
    scale,
    squared_norm,
    subtract,
    transpose,
    zeros,
)
from .proof import Proof
from .rank import (
    frobenius,
    matrix_letter,
    nullity,
    of_multiple,
    of_sum,
    of_transpose,
    product_left,
    product_right,
    sylvester,
    with_left_inverse,
)

_d, _m, _n, _k = map(nat, "dmnk")
_w = nat("w")


@cache
def of_zero() -> Theorem:
    """rank 0 <= 0: it goes through dimension 0."""
    return rules.rank_bound(zeros(_m, ZERO), zeros(ZERO, _n))


@cache
def same_transpose() -> Theorem:
    """rank X' = rank X."""
    x = matrix_letter("X", _m, _n)
    p = Proof(equal(rank(transpose(x)), rank(x)))
    return p.close(p.squeeze(p.lemma(of_transpose(), X=transpose(x)), p.lemma(of_transpose(), X=x)))


@cache
def same_multiple() -> Theorem:
    """rank(c X) = rank X, from c t = 1."""
    x, c, t = matrix_letter("X", _m, _n), matrix_letter("c", ONE, ONE), matrix_letter("t", ONE, ONE)
    unit = rules.assume(equal(multiply(c, t), number(1)))
    p = Proof(equal(rank(scale(c, x)), rank(x)), [unit])
    most = p.lemma(of_multiple(), X=x)
    back = p.lemma(of_multiple(), X=scale(c, x), c=t)  # rank(t c X) <= rank(c X)
    whole = scale(t, scale(c, x))
    same = rules.congruence(p.combine(equal(whole, x), (unit, x)), whole, x)
    least = rules.order(at_least(rank(scale(c, x)), rank(x)), [back, same], [Summand(1, (0,))], [(1, number(1))])
    return p.close(p.squeeze(least, most))


@cache
def nonzero_multiple() -> Theorem:
    """rank(c X) = rank X, from: not c = 0."""
    x, c = matrix_letter("X", _m, _n), matrix_letter("c", ONE, ONE)
    p = Proof(equal(rank(scale(c, x)), rank(x)), [rules.assume(negation(zero(c)))])
    t = p.reciprocal(c)
    return p.close(p.lemma(same_multiple(), X=x, c=c, t=t))


@cache
def gram_product() -> Theorem:
    """rank(X Y) <= rank(X'X Y): what X'X Y maps to 0 is mapped to 0 by X Y, for |X Y v|^2 = v'Y'(X'X Y v)."""
    x, y = matrix_letter("X", _m, _n), matrix_letter("Y", _n, _k)
    xy = multiply(x, y)
    m = multiply(transpose(x), xy)
    p = Proof(at_least(rank(m), rank(xy)))
    _, kernel, coordinates, section = p.open(p.lemma(nullity(), M=m))
    gone, _, whole, _ = p.facts[-4:]
    lost = multiply(xy, kernel)
    square = p.combine(
        equal(squared_norm(lost), number(0)), (gone, multiply(transpose(kernel), transpose(y)), identity(kernel.cols))
    )
    none = rules.null(rules.order(at_least(number(0), squared_norm(lost)), [square], (), [(0, number(-1))]), lost)
    through = multiply(multiply(xy, section), m)
    same = rules.congruence(
        p.combine(equal(xy, through), (none, None, coordinates), (whole, scale(number(-1), xy))), xy, through
    )
    bound = p.lemma(product_right(), X=multiply(xy, section), Y=m)
    return p.close(rules.order(p.goal, [bound, same], [Summand(1, (0,))], [(1, number(-1))]))


@cache
def exchange() -> Theorem:
    """rank(I - V U) + d <= rank(I - U V) + k, for U: d x k and V: k x d: V maps ker(I - U V) into ker(I - V U), and
    U maps it back."""
    u, v = matrix_letter("U", _d, _k), matrix_letter("V", _k, _d)
    one, two = subtract(identity(_d), multiply(u, v)), subtract(identity(_k), multiply(v, u))
    p = Proof(at_least(add(rank(one), scalar(_k)), add(rank(two), scalar(_d))))
    size, kernel, coordinates, _ = p.open(p.lemma(nullity(), M=one))
    gone, back, _, count = p.facts[-4:]
    image, inverse = multiply(v, kernel), multiply(coordinates, u)
    minus = number(-1)
    left = p.combine(equal(multiply(inverse, image), identity(size)), (back,), (gone, scale(minus, coordinates)))
    p.add(left)
    full = p.lemma(with_left_inverse(), V=image, W=inverse)
    lost = multiply(two, image)
    same = rules.congruence(p.combine(equal(lost, zeros(_k, size)), (gone, v)), lost, zeros(_k, size))
    nothing = rules.instantiate(of_zero(), {"m": _k, "n": size}, {})
    facts = [p.lemma(sylvester(), X=two, Y=image), full, nothing, same, count]
    # rank(I - VU) + rank(V K) <= k + rank((I - VU) V K) = k, rank(V K) >= size = d - rank(I - U V)
    return p.close(rules.order(p.goal, facts, [Summand(1, (i,)) for i in range(3)], [(3, minus), (4, number(1))]))


@cache
def around() -> Theorem:
    """rank(X M Y) <= rank M."""
    x, m, y = matrix_letter("X", _d, _m), matrix_letter("M", _m, _n), matrix_letter("Y", _n, _k)
    xm = multiply(x, m)
    p = Proof(at_least(rank(m), rank(multiply(xm, y))))
    facts = [p.lemma(product_left(), X=xm, Y=y), p.lemma(product_right(), X=x, Y=m)]
    return p.close(rules.order(p.goal, facts, [Summand(1, (0,)), Summand(1, (1,))]))


@cache
def overlap() -> Theorem:
    """rank(U R + V S) + rank(U P) <= rank U + rank V, from U P = V Q.

    With A = U P and A X A = A, K = I - A X loses A: rank A + rank(K U) <= rank U, the same for V, and U R + V S is
    A X (U R + V S) + K U R + K V S.
    """
    u, v = matrix_letter("U", _m, _n), matrix_letter("V", _m, _k)
    p_, q_ = matrix_letter("P", _n, _d), matrix_letter("Q", _k, _d)
    r, s = matrix_letter("R", _n, _w), matrix_letter("S", _k, _w)
    a, whole = multiply(u, p_), add(multiply(u, r), multiply(v, s))
    same = rules.assume(equal(a, multiply(v, q_)))
    p = Proof(at_least(add(rank(u), rank(v)), add(rank(whole), rank(a))), [same])
    f = p.factor(a)
    front_back = p.facts[-3:]
    x = multiply(f.right_inverse, f.left_inverse)
    ax = multiply(a, x)
    inner = p.ideal(equal(multiply(ax, a), a), front_back)
    keep = subtract(identity(_m), ax)
    ku, kv = multiply(keep, u), multiply(keep, v)
    facts = []
    for one, other in ((u, p_), (v, q_)):
        facts.append(p.lemma(frobenius(), X=keep, Y=one, Z=other))
        lost = multiply(multiply(keep, one), other)
        facts.append(rules.congruence(p.ideal(zero(lost), [inner, same]), lost, zeros(_m, _d)))
    facts.append(rules.congruence(same, a, multiply(v, q_)))
    facts.append(rules.instantiate(of_zero(), {"m": _m, "n": _d}, {}))
    parts = [multiply(a, multiply(x, whole)), multiply(ku, r), multiply(kv, s)]
    facts.append(p.lemma(of_sum(), X=parts[0], Y=add(parts[1], parts[2])))
    facts.append(p.lemma(of_sum(), X=parts[1], Y=parts[2]))
    for one, other in ((a, multiply(x, whole)), (ku, r), (kv, s)):
        facts.append(p.lemma(product_left(), X=one, Y=other))
    return p.close(p.prove(p.goal, lambda q: q.order(), facts))
