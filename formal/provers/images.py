"""Lemmas on kernels and images: what a statement about all vectors says of the matrices in it. Each is proved once."""

from __future__ import annotations

from functools import cache

from ..kernel import rules
from ..kernel.props import at_least, conjunction, equal, exists, for_all, implication, zero
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Decl,
    Nat,
    add,
    identity,
    letter,
    multiply,
    nat,
    number,
    rank,
    squared_norm,
    transpose,
)
from .proof import Proof
from .rank import introduce_all, matrix_letter, nullity
from .rank_equal import same_transpose
from .rank_solving import ANY_VECTOR, absorbs, vanishes_everywhere

_m, _n, _k, _d = map(nat, "mnkd")


def argument(n: Nat) -> Decl:
    """The vector that the hypotheses of these lemmas bind."""
    return Decl(ANY_VECTOR, n, ONE)


@cache
def factors_through() -> Theorem:
    """There is a G with M G M = M and N = N G M, from: M z = 0 implies N z = 0, for all z."""
    m, n = matrix_letter("M", _m, _n), matrix_letter("N", _k, _n)
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
    p.add(p.lemma(vanishes_everywhere(), M=multiply(n, kernel)))
    return p.close(introduce_all(p, goal, [section]))


@cache
def image_inclusion() -> Theorem:
    """There is a Y with A Y = B, from: for all z there is an x with A x = B z. What A loses, K'A = 0, B loses too."""
    a, b = matrix_letter("A", _m, _n), matrix_letter("B", _m, _k)
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
    p.add(p.lemma(vanishes_everywhere(), M=lost))
    return p.close(introduce_all(p, goal, [multiply(transpose(section), b)]))


@cache
def quadratic_form() -> Theorem:
    """S + S' = 0, from: z'S z = 0 for all z. At u + v, u and v."""
    s = matrix_letter("S", _n, _n)
    z, u = argument(_n), matrix_letter("u", _n, ONE)
    given = rules.assume(for_all(z, zero(multiply(multiply(transpose(letter(z)), s), letter(z)))))
    both = add(s, transpose(s))
    p = Proof(zero(both), [given])
    at = [rules.specialize(given, v) for v in (add(u, letter(z)), u, letter(z))]
    mixed = p.ideal(zero(multiply(multiply(transpose(u), both), letter(z))), at)
    p.facts = [rules.generalize(mixed, z)]
    row = p.lemma(vanishes_everywhere(), M=multiply(transpose(u), both))
    turned = rules.instantiate(p.ideal(zero(multiply(both, u)), [row]), {}, {Decl("u", _n, ONE): letter(z)})
    p.facts = [rules.generalize(turned, z)]
    return p.close(p.lemma(vanishes_everywhere(), M=both))


@cache
def gram_inverse() -> Theorem:
    """There is an R = R' with R V'V = I = V'V R, from W V = I."""
    v, w = matrix_letter("V", _d, _k), matrix_letter("W", _k, _d)
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
    (g,) = p.open(p.lemma(factors_through(), M=gram, N=one))
    inverse = p.facts[-1]
    return p.close(introduce_all(p, goal, [g], lambda q: _each_from(q, [inverse])))


def _each_from(p: Proof, facts: list[Theorem]) -> Theorem:
    return rules.conjoin([p.ideal(q, facts) for q in p.goal[1]])


@cache
def pseudo_inverse() -> Theorem:
    """There is the Moore-Penrose inverse of M: X with M X M = M, X M X = X, (M X)' = M X, (X M)' = X M.

    Of M = C F it is F' (F F')^-1 (C'C)^-1 C' (MacDuffee's formula).
    """
    m = matrix_letter("M", _m, _n)
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
def absorbs_left() -> Theorem:
    """There is a Z with Z Y X = X, from rank(Y X) >= rank X: `absorbs`, transposed."""
    x, y, z = matrix_letter("X", _k, _m), matrix_letter("Y", _n, _k), Decl("Absorber", _k, _n)
    yx = multiply(y, x)
    goal = exists(z, equal(multiply(letter(z), yx), x))
    p = Proof(goal, [rules.assume(at_least(rank(yx), rank(x)))])
    p.add(p.lemma(same_transpose(), X=x))
    p.add(p.lemma(same_transpose(), X=yx))
    p.add(p.prove(at_least(rank(transpose(yx)), rank(transpose(x)))))
    (w,) = p.open(p.lemma(absorbs(), X=transpose(x), Y=transpose(y)))
    same = p.facts[-1]
    return p.close(introduce_all(p, goal, [transpose(w)], lambda q: q.ideal(q.goal, [same])))
