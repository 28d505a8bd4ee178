"""What ranks promise: inverses, factorisations, solutions; and what holds of all vectors, said by ranks."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..kernel import rules
from ..kernel.props import (
    at_least,
    conjunction,
    equal,
    exists,
    exists_all,
    for_all,
    greater,
    implication,
    negation,
    prop_substitute,
    replace_variable,
    zero,
)
from ..kernel.rules import Cofactor, Summand, Theorem
from ..kernel.terms import (
    ONE,
    Decl,
    Substitution,
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
    scale,
    squared_norm,
    trace,
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
    square_inverse,
    unit_vector,
    with_left_inverse,
)
from .rank_equal import gram_product, same_transpose

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
def kernel_witness() -> Theorem:
    """There is a u with M u = 0 and not X u = 0, from rank M < rank X: else the one kernel would lie in the other."""
    m, x, u = matrix_letter("M", _m, _n), matrix_letter("X", _k, _n), Decl("NullVector", _n, ONE)
    kept, gone = zero(multiply(x, letter(u))), zero(multiply(m, letter(u)))
    goal = exists(u, conjunction(gone, negation(kept)))
    less = rules.assume(at_least(rank(x), add(rank(m), number(1))))

    def included(p: Proof) -> Theorem:
        denied = p.facts[-1]
        y = Decl(ANY_VECTOR, _n, ONE)
        at = {u: letter(y)}
        lost, other = (prop_substitute(q, Substitution({}, at)) for q in (gone, kept))
        both = rules.conjoin([rules.assume(lost), rules.assume(negation(other))])
        wrong = rules.absurd(rules.introduce(both, goal, letter(y)), denied, other)
        p.add(rules.generalize(rules.discharge(rules.cases(rules.assume(other), wrong, other), lost), y))
        bound = p.lemma(kernel_inclusion(), M=m, X=x)
        return anything(p.goal, rules.order(FALSE, [less, bound], [Summand(1, (0,)), Summand(1, (1,)), Summand(1)]))

    p = Proof(goal, [less])
    return p.close(rules.cases(rules.assume(goal), p.prove(goal, included, [rules.assume(negation(goal))]), goal))


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
def rank_one() -> Theorem:
    """M Y M = tr(Y M) M, from rank M <= 1: with M = C F through dimension 1, F Y C is a number."""
    m, y = matrix_letter("M", _m, _n), matrix_letter("Y", _n, _m)
    ym = multiply(y, m)
    p = Proof(equal(multiply(m, ym), scale(trace(ym), m)), [rules.assume(at_least(number(1), rank(m)))])
    c, f = p.open(p.lemma(through(), {"k": ONE}, M=m))
    minus, fy = number(-1), multiply(f, y)
    cofactors = [  # of h = M - C F
        Cofactor(0, identity(_m), ym),
        Cofactor(0, multiply(c, fy), identity(_n)),
        Cofactor(0, y, identity(_n), scale(minus, m)),
        Cofactor(0, scale(scale(minus, multiply(fy, c)), identity(_m)), identity(_n)),
    ]
    return p.close(rules.ideal(p.goal[1], [p.facts[-1]], cofactors))


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


@cache
def pseudo_inverse() -> Theorem:
    """There is a W with M W M = M, W M W = W, and M W and W M symmetric (Penrose 1955).

    With M = C F, it is F' T S C', where S and T are the inverses of C'C and F F'.
    """
    m, w = matrix_letter("M", _m, _n), Decl("PseudoInverse", _n, _m)
    x = letter(w)
    mw, wm = multiply(m, x), multiply(x, m)
    goal = exists(
        w,
        conjunction(
            equal(multiply(mw, m), m),
            equal(multiply(wm, x), x),
            equal(transpose(mw), mw),
            equal(transpose(wm), wm),
        ),
    )
    p = Proof(goal)
    f = p.factor(m)
    whole, back = p.facts[1], p.facts[3]
    p.flip(back)
    s, s_facts = _gram_inverse(p, f.left, f.left_inverse)
    t, t_facts = _gram_inverse(p, transpose(f.right), transpose(f.right_inverse))
    value = multiply(multiply(transpose(f.right), multiply(t, s)), transpose(f.left))
    known = [whole, *s_facts, *t_facts]

    def equations(q: Proof) -> Theorem:
        if q.goal.kind == "and":
            return rules.conjoin([q.prove(part, equations) for part in q.goal[1]])
        return q.ideal(q.goal, known)

    return p.close(introduce_all(p, goal, [value], equations))


def _gram_inverse(p: Proof, c: Term, left: Term) -> tuple[Term, list[Theorem]]:
    """S with S C'C = I = C'C S and S' = S, for a C with a left inverse that the facts say is one."""
    gram = multiply(transpose(c), c)
    size = c.cols
    p.facts.append(p.lemma(with_left_inverse(), V=c, W=left))
    p.facts.append(p.lemma(gram_product(), X=c, Y=identity(size)))
    p.facts.append(p.prove(at_least(rank(gram), scalar(size)), lambda q: q.order()))
    (s,) = promised(p, full_column_rank(), V=gram)
    first = p.facts[-1]
    second = p.lemma(square_inverse(), A=s, B=gram)
    flipped = p.flip(second)  # S' C'C = I
    minus = number(-1)
    symmetric = p.combine(equal(transpose(s), s), (flipped, None, s), (second, scale(minus, transpose(s))))
    return s, [first, second, symmetric]


@cache
def _renamed(lemma: Theorem, names: tuple[str, ...]) -> Theorem:
    """A lemma "exists .." with other names for what exists."""
    body, variables = lemma.conclusion, []
    for name in names:
        var = body[1]._replace(name=name)
        body = replace_variable(body[2], body[1], letter(var))
        variables.append(var)
    goal = exists_all(tuple(variables), body)
    p = Proof(goal, map(rules.assume, lemma.hyps))
    return p.close(introduce_all(p, goal, p.open(lemma)))


def promised(p: Proof, lemma: Theorem, nats: dict[str, Any] | None = None, **letters: Term) -> list[Any]:
    """The values that a lemma "exists .." promises, under names that are not in use; their equations join the facts."""
    names, body = [], lemma.conclusion
    while body.kind == "ex":
        names.append(body[1].name)
        body = body[2]
    fresh = p.unused(*names)
    return p.open(p.lemma(lemma if fresh == tuple(names) else _renamed(lemma, fresh), nats, **letters))


@cache
def semidefinite() -> Theorem:
    """rank X <= rank M, from c > 0 and y'M y >= c |X y|^2 for all y."""
    m, x, y = matrix_letter("M", _n, _n), matrix_letter("X", _k, _n), Decl(ANY_VECTOR, _n, ONE)
    c, v = matrix_letter("c", ONE, ONE), letter(y)
    form = multiply(transpose(v), multiply(m, v))
    norm = squared_norm(multiply(x, v))
    positive = rules.assume(greater(c, number(0)))
    every = rules.assume(for_all(y, at_least(form, scale(c, norm))))
    p = Proof(at_least(rank(m), rank(x)), [positive, every])
    t = p.reciprocal(c)
    unit = p.facts[-1]
    gone = rules.assume(zero(multiply(m, v)))
    # -c |X y|^2 >= 0, times t^2 c: -|X y|^2 >= 0
    above = rules.order(
        at_least(number(0), scale(c, norm)),
        [rules.specialize(every, v), rules.ideal(form, [gone], [Cofactor(0, transpose(v), identity(ONE))])],
        [Summand(1, (0,))],
        [(1, number(-1))],
    )
    square = rules.order(
        at_least(number(0), norm),
        [above, positive, unit],
        [Summand(1, (0, 1), (t,))],
        [(2, scale(norm, add(multiply(c, t), number(1))))],
    )
    lost = rules.discharge(rules.null(square, multiply(x, v)), gone.conclusion)
    p.add(rules.generalize(lost, y))
    return p.close(p.lemma(kernel_inclusion(), M=m, X=x))
