"""Lemmas on kernels and images: what a statement about all vectors says of the matrices in it. Each is proved once."""

from __future__ import annotations

from functools import cache

from ..kernel import rules
from ..kernel.props import Prop, at_least, conjunction, equal, exists, exists_all, for_all, implication, zero
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Decl,
    Nat,
    Term,
    add,
    identity,
    letter,
    multiply,
    nat,
    nat_sum,
    number,
    rank,
    scalar,
    squared_norm,
    transpose,
)
from .proof import FALSE, Proof, auto
from .rank import full_column_rank, introduce_all, nullity, of_transpose, product_right, unit_vector

_m, _n, _k, _d = map(nat, "mnkd")
ARGUMENT = "Argument"  # a name that no caller's letters have, as binding forbids capture


def _matrix(name: str, rows: Nat, cols: Nat) -> Term:
    return letter(Decl(name, rows, cols))


def argument(n: Nat) -> Decl:
    """The vector that the hypotheses of these lemmas bind."""
    return Decl(ARGUMENT, n, ONE)


def vanishing(m: Term) -> Prop:
    """M z = 0 for all z."""
    z = argument(m.cols)
    return for_all(z, zero(multiply(m, letter(z))))


@cache
def extensional() -> Theorem:
    """M = 0, from: M z = 0 for all z. Of M = C F, were the rank not 0, then C c = M (B c) = 0 for a unit vector c."""
    m = _matrix("M", _m, _n)
    p = Proof(zero(m), [rules.assume(vanishing(m))])
    every = p.facts[0]
    f = p.factor(m)
    _, whole, front, back = p.facts[-4:]

    def empty(q: Proof) -> Theorem:
        nothing = rules.null(q.facts[-1], identity(f.size))
        return q.combine(q.goal, (whole,), (nothing, f.left, f.right))

    def some(q: Proof) -> Theorem:
        (c,) = q.open(q.lemma(unit_vector(), {"n": f.size}))
        unit = q.facts[-1]
        gone = rules.specialize(every, multiply(f.right_inverse, c))
        lost = q.ideal(zero(c), [whole, front, back, gone])
        one = q.combine(zero(number(1)), (lost, transpose(c)), (unit, -1))
        return q.impossible(rules.order(FALSE, [one], [Summand(1)], [(0, number(-1))]))

    return p.close(p.cases(at_least(number(0), scalar(f.size)), empty, some))


@cache
def kernel_inclusion() -> Theorem:
    """There is a G with M G M = M and N = N G M, from: M z = 0 implies N z = 0, for all z."""
    m, n = _matrix("M", _m, _n), _matrix("N", _k, _n)
    z, g = argument(_n), Decl("Section", _n, _m)
    given = for_all(z, implication(zero(multiply(m, letter(z))), zero(multiply(n, letter(z)))))
    once = multiply(letter(g), m)
    goal = exists(g, conjunction(equal(multiply(m, once), m), equal(n, multiply(n, once))))
    p = Proof(goal, [rules.assume(given)])
    size, kernel, _, section = p.open(p.lemma(nullity(), M=m))
    gone, _, whole, _ = p.facts[-4:]
    c = argument(size)
    at = multiply(kernel, letter(c))
    lost = p.combine(zero(multiply(m, at)), (gone, None, letter(c)))
    every = rules.generalize(rules.detach(rules.specialize(p.facts[0], at), lost), c)
    p.facts = [gone, whole, every]
    p.add(p.lemma(extensional(), M=multiply(n, kernel)))
    return p.close(introduce_all(p, goal, [section]))


@cache
def image_inclusion() -> Theorem:
    """There is a Y with A Y = B, from: for all z there is an x with A x = B z. What A loses, K'A = 0, B loses too."""
    a, b = _matrix("A", _m, _n), _matrix("B", _m, _k)
    z, x, y = argument(_k), Decl("Preimage", _n, ONE), Decl("Factor", _n, _k)
    given = for_all(z, exists(x, equal(multiply(a, letter(x)), multiply(b, letter(z)))))
    goal = exists(y, equal(multiply(a, letter(y)), b))
    p = Proof(goal, [rules.assume(given)])
    _, kernel, _, section = p.open(p.lemma(nullity(), M=transpose(a)))
    gone, _, whole, _ = p.facts[-4:]
    lost = multiply(transpose(kernel), b)

    def one(q: Proof) -> Theorem:
        q.open(rules.specialize(p.facts[0], letter(z)))
        return q.ideal(q.goal, [gone, q.facts[-1]])

    every = rules.generalize(p.prove(zero(multiply(lost, letter(z))), one), z)
    p.facts = [gone, whole, every]
    p.add(p.lemma(extensional(), M=lost))
    return p.close(introduce_all(p, goal, [multiply(transpose(section), b)]))


@cache
def quadratic_form() -> Theorem:
    """S + S' = 0, from: z'S z = 0 for all z. At u + v, u and v."""
    s = _matrix("S", _n, _n)
    z, u = argument(_n), _matrix("u", _n, ONE)
    given = rules.assume(for_all(z, zero(multiply(multiply(transpose(letter(z)), s), letter(z)))))
    both = add(s, transpose(s))
    p = Proof(zero(both), [given])
    at = [rules.specialize(given, v) for v in (add(u, letter(z)), u, letter(z))]
    mixed = p.ideal(zero(multiply(multiply(transpose(u), both), letter(z))), at)
    p.facts = [rules.generalize(mixed, z)]
    row = p.lemma(extensional(), M=multiply(transpose(u), both))
    turned = rules.instantiate(p.ideal(zero(multiply(both, u)), [row]), {}, {Decl("u", _n, ONE): letter(z)})
    p.facts = [rules.generalize(turned, z)]
    return p.close(p.lemma(extensional(), M=both))


@cache
def gram_inverse() -> Theorem:
    """There is an R = R' with R V'V = I = V'V R, from W V = I."""
    v, w = _matrix("V", _d, _k), _matrix("W", _k, _d)
    r, z, one = Decl("GramInverse", _k, _k), argument(_k), identity(_k)
    gram = multiply(transpose(v), v)
    body = conjunction(
        equal(multiply(letter(r), gram), one),
        equal(multiply(gram, letter(r)), one),
        equal(transpose(letter(r)), letter(r)),
    )
    goal = exists(r, body)
    p = Proof(goal, [rules.assume(equal(multiply(w, v), one))])
    given = p.facts[0]

    def injective(q: Proof) -> Theorem:
        image = multiply(v, letter(z))
        lost = q.ideal(equal(squared_norm(image), number(0)), [q.facts[-1]])
        none = rules.order(at_least(number(0), squared_norm(image)), [lost], (), [(0, number(-1))])
        return q.ideal(q.goal, [given, rules.null(none, image)])

    condition = zero(multiply(gram, letter(z)))
    p.add(rules.generalize(p.suppose(condition, injective, zero(letter(z))), z))
    (g,) = p.open(p.lemma(kernel_inclusion(), M=gram, N=one))
    inverse = p.facts[-1]
    return p.close(introduce_all(p, goal, [g], lambda q: _each_from(q, [inverse])))


def _each_from(p: Proof, facts: list[Theorem]) -> Theorem:
    return rules.conjoin([p.ideal(q, facts) for q in p.goal[1]])


@cache
def pseudo_inverse() -> Theorem:
    """There is the Moore-Penrose inverse of M: X with M X M = M, X M X = X, (M X)' = M X, (X M)' = X M.

    Of M = C F it is F' (F F')^-1 (C'C)^-1 C' (MacDuffee's formula).
    """
    m = _matrix("M", _m, _n)
    decl = Decl("Pseudoinverse", _n, _m)
    x = letter(decl)
    mx, xm = multiply(m, x), multiply(x, m)
    body = conjunction(
        equal(multiply(mx, m), m),
        equal(multiply(xm, x), x),
        equal(transpose(mx), mx),
        equal(transpose(xm), xm),
    )
    goal = exists(decl, body)
    p = Proof(goal)
    f = p.factor(m)
    p.flip(p.facts[-1])
    (r,) = p.open(p.lemma(gram_inverse(), V=f.left, W=f.left_inverse))
    (s,) = p.open(p.lemma(gram_inverse(), V=transpose(f.right), W=transpose(f.right_inverse)))
    value = multiply(multiply(multiply(transpose(f.right), s), r), transpose(f.left))
    return p.close(introduce_all(p, goal, [value], lambda q: _each_from(q, q.facts)))


@cache
def same_rank_right() -> Theorem:
    """There is a Y with M = M X Y, from rank(M X) >= rank M: of M = C F the rows of F X are independent."""
    m, x = _matrix("M", _m, _n), _matrix("X", _n, _k)
    y = Decl("Factor", _k, _n)
    mx = multiply(m, x)
    goal = exists(y, equal(m, multiply(mx, letter(y))))
    p = Proof(goal, [rules.assume(at_least(rank(mx), rank(m)))])
    f = p.factor(m)
    whole = p.facts[2]
    short = multiply(f.right, x)
    p.same_rank(mx, multiply(f.left, short), [whole])
    p.add(p.lemma(product_right(), X=f.left, Y=short))
    p.add(p.lemma(of_transpose(), X=transpose(short)))
    p.add(p.prove(at_least(rank(transpose(short)), scalar(f.size))))
    (w,) = p.open(p.lemma(full_column_rank(), V=transpose(short)))
    inverse = p.facts[-1]
    value = multiply(transpose(w), f.right)
    return p.close(introduce_all(p, goal, [value], lambda q: q.ideal(q.goal, [whole, inverse])))


@cache
def same_rank_left() -> Theorem:
    """There is a Y with M = Y X M, from rank(X M) >= rank M."""
    m, x = _matrix("M", _m, _n), _matrix("X", _k, _m)
    y = Decl("Factor", _m, _k)
    xm = multiply(x, m)
    goal = exists(y, equal(m, multiply(letter(y), xm)))
    p = Proof(goal, [rules.assume(at_least(rank(xm), rank(m)))])
    p.add(p.lemma(of_transpose(), X=transpose(xm)))
    p.add(p.lemma(of_transpose(), X=m))
    p.add(p.prove(at_least(rank(transpose(xm)), rank(transpose(m)))))
    (w,) = p.open(p.lemma(same_rank_right(), M=transpose(m), X=transpose(x)))
    same = p.facts[-1]
    return p.close(introduce_all(p, goal, [transpose(w)], lambda q: q.ideal(q.goal, [same])))


@cache
def through_dimension() -> Theorem:
    """There are X and Y with M = X Y through k, from rank M <= k: full-rank factors and zeros."""
    m = _matrix("M", _m, _n)
    x, y = Decl("Write", _m, _k), Decl("Read", _k, _n)
    goal = exists_all((x, y), equal(m, multiply(letter(x), letter(y))))
    p = Proof(goal, [rules.assume(at_least(scalar(_k), rank(m)))])
    f = p.factor(m)
    size, whole, *_ = p.facts[1:]
    reached = rules.order(
        at_least(scalar(_k), scalar(f.size)), [p.facts[0], size], [Summand(1, (0,))], [(1, number(-1))]
    )
    (rest,) = p.open(rules.difference(reached, _k, f.size, *p.unused("j")))
    p.facts = [whole, p.facts[-1]]

    def wide(q: Proof) -> Theorem:
        one, _ = q.blocks(f.size, rest)
        return introduce_all(q, q.goal, [multiply(f.left, transpose(one)), multiply(one, f.right)], auto)

    return p.close(p.at_equal("k", nat_sum(f.size, rest), wide))
