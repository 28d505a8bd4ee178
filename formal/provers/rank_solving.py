"""What ranks promise: inverses, factorisations, solutions; and what holds of all vectors, said by ranks."""

from __future__ import annotations

from functools import cache

from ..kernel import rules
from ..kernel.props import at_least, equal, exists, exists_all, for_all, implication, negation, zero
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Decl,
    identity,
    letter,
    multiply,
    nat,
    nat_sum,
    number,
    rank,
    scalar,
    scale,
    transpose,
)
from .proof import FALSE, Proof, anything
from .rank import (
    at_least_one,
    full_column_rank,
    introduce_all,
    matrix_letter,
    nullity,
    product_right,
    unit_vector,
)
from .rank_equal import same_transpose

_d, _m, _n, _k = map(nat, "dmnk")
ANY_VECTOR = "AnyVector"  # the bound variable of a hypothesis of a lemma: a name that no caller's letters have


@cache
def full_row_rank() -> Theorem:
    """There is a right inverse of V: k x d, from rank V >= k."""
    v, w = matrix_letter("V", _k, _d), Decl("RightInverse", _d, _k)
    goal = exists(w, equal(multiply(v, letter(w)), identity(_k)))
    p = Proof(goal, [rules.assume(at_least(rank(v), scalar(_k)))])
    p.add(p.lemma(same_transpose(), X=v))
    p.add(p.prove(at_least(rank(transpose(v)), scalar(_k)), lambda q: q.order()))
    (left,) = p.open(p.lemma(full_column_rank(), V=transpose(v)))
    one = p.flip(p.facts[-1])
    return p.close(introduce_all(p, goal, [transpose(left)], lambda q: one))


@cache
def vanishes_everywhere() -> Theorem:
    """M = 0, from M y = 0 for all y: else M = C F B with a unit vector c, and 0 = M B c = C c would make c = 0."""
    m, y = matrix_letter("M", _m, _n), Decl(ANY_VECTOR, _n, ONE)
    every = rules.assume(for_all(y, zero(multiply(m, letter(y)))))

    def wrong(p: Proof) -> Theorem:
        some = p.lemma(at_least_one(), M=m)
        f = p.factor(m)
        size, whole, front, back = p.facts[-4:]
        p.add(rules.order(at_least(scalar(f.size), number(1)), [some, size], [Summand(1, (0,))], [(1, number(1))]))
        (c,) = p.open(p.lemma(unit_vector(), {"n": f.size}))
        unit = p.facts[-1]
        gone = rules.specialize(every, multiply(f.right_inverse, c))  # M B c = C F B c = C c
        row = transpose(c)
        minus = number(-1)
        lifted = multiply(row, f.left_inverse)
        false = p.combine(
            zero(number(1)),
            (unit, -1),
            (gone, lifted),
            (whole, scale(minus, lifted), multiply(f.right_inverse, c)),
            (back, scale(minus, multiply(lifted, f.left)), c),
            (front, scale(minus, row), c),
        )
        return rules.order(FALSE, [false], [Summand(1)], [(0, minus)])

    p = Proof(zero(m), [every])
    denied = rules.assume(negation(zero(m)))
    no = p.prove(FALSE, wrong, [denied])
    return p.close(rules.cases(rules.assume(zero(m)), anything(zero(m), no), zero(m)))


@cache
def kernel_inclusion() -> Theorem:
    """rank X <= rank M, from: for all y, M y = 0 implies X y = 0."""
    m, x, y = matrix_letter("M", _m, _n), matrix_letter("X", _k, _n), Decl(ANY_VECTOR, _n, ONE)
    v = letter(y)
    every = rules.assume(for_all(y, implication(zero(multiply(m, v)), zero(multiply(x, v)))))
    p = Proof(at_least(rank(m), rank(x)), [every])
    _, kernel, coordinates, section = p.open(p.lemma(nullity(), M=m))
    gone, _, whole, _ = p.facts[-4:]
    lost = multiply(x, kernel)
    # X K y = 0 for all y, as M K y = 0
    name = Decl(ANY_VECTOR, kernel.cols, ONE)
    at = multiply(kernel, letter(name))
    inside = rules.detach(rules.specialize(every, at), p.combine(zero(multiply(m, at)), (gone, None, letter(name))))
    p.add(rules.generalize(inside, name))
    none = p.lemma(vanishes_everywhere(), M=lost)
    through = multiply(multiply(x, section), m)
    same = rules.congruence(
        p.combine(equal(x, through), (none, None, coordinates), (whole, scale(number(-1), x))), x, through
    )
    bound = p.lemma(product_right(), X=multiply(x, section), Y=m)
    return p.close(rules.order(p.goal, [bound, same], [Summand(1, (0,))], [(1, number(-1))]))


@cache
def injection() -> Theorem:
    """There is an E: m x k with E'E = I, from m >= k: then m = k + n, and E is the first of two blocks."""
    e = Decl("Injection", _m, _k)
    goal = exists(e, equal(multiply(transpose(letter(e)), letter(e)), identity(_k)))
    wide = rules.assume(at_least(scalar(_m), scalar(_k)))
    p = Proof(goal, [wide])
    (rest,) = p.open(rules.difference(wide, _m, _k, "rest"))

    def first(q: Proof) -> Theorem:
        one, _ = q.blocks(_k, rest)
        return q.close(introduce_all(q, q.goal, [one]))

    return p.close(p.at_equal("m", nat_sum(_k, rest), first))


@cache
def through() -> Theorem:
    """There are C: m x k and F: k x n with M = C F, from rank M <= k."""
    m, c, f = matrix_letter("M", _m, _n), Decl("Left", _m, _k), Decl("Right", _k, _n)
    goal = exists_all((c, f), equal(m, multiply(letter(c), letter(f))))
    p = Proof(goal, [rules.assume(at_least(scalar(_k), rank(m)))])
    g = p.factor(m)
    few, size, whole, *_ = p.facts
    wide = rules.order(at_least(scalar(_k), scalar(g.size)), [few, size], [Summand(1, (0,))], [(1, number(-1))])
    p.add(wide)
    (e,) = p.open(p.lemma(injection(), {"m": _k, "k": g.size}))
    back = p.facts[-1]
    left, right = multiply(g.left, transpose(e)), multiply(e, g.right)
    minus = scale(number(-1), g.left)
    return p.close(introduce_all(p, goal, [left, right], lambda q: q.combine(q.goal, (whole,), (back, minus, g.right))))


@cache
def absorbs() -> Theorem:
    """There is a Z with X Y Z = X, from rank(X Y) >= rank X: with X = C F, F Y has full row rank."""
    x, y, z = matrix_letter("X", _m, _k), matrix_letter("Y", _k, _n), Decl("Absorber", _n, _k)
    xy = multiply(x, y)
    goal = exists(z, equal(multiply(xy, letter(z)), x))
    p = Proof(goal, [rules.assume(at_least(rank(xy), rank(x)))])
    f = p.factor(x)
    full, size, whole, *_ = p.facts
    fy = multiply(f.right, y)
    product = multiply(f.left, fy)
    same = rules.congruence(p.combine(equal(xy, product), (whole, None, y)), xy, product)
    bound = p.lemma(product_right(), X=f.left, Y=fy)
    p.add(
        rules.order(
            at_least(rank(fy), scalar(f.size)),
            [full, bound, same, size],
            [Summand(1, (0,)), Summand(1, (1,))],
            [(2, number(-1)), (3, number(-1))],
        )
    )
    (right,) = p.open(p.lemma(full_row_rank(), V=fy))
    one = p.facts[-1]
    value = multiply(right, f.right)
    parts = (whole, None, multiply(y, value)), (one, f.left, f.right), (whole, scale(number(-1), identity(_m)))
    return p.close(introduce_all(p, goal, [value], lambda q: q.combine(q.goal, *parts)))
