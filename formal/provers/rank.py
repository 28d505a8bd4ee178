"""What the three rank rules imply: the rank facts that proofs are made of, each proved once and then instantiated."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from ..kernel import rules
from ..kernel.props import (
    Prop,
    at_least,
    conjunction,
    equal,
    exists,
    exists_all,
    implication,
    negation,
    variable_value,
    zero,
)
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Decl,
    Nat,
    Term,
    add,
    identity,
    letter,
    monomial,
    multiply,
    nat,
    number,
    rank,
    scalar,
    scale,
    split,
    squared_norm,
    subtract,
    trace,
    transpose,
)
from .proof import Factors, Proof, Script, linear

_d, _m, _n, _k = map(nat, "dmnk")


def matrix_letter(name: str, rows: Nat, cols: Nat) -> Term:
    """The letter of a lemma."""
    return letter(Decl(name, rows, cols))


def _through(p: Proof, m: Term, left: Term, right: Term, *parts: Sequence[Any]) -> Theorem:
    """rank M <= k, from M = left right through k, where M - left right is what the parts of a combination make."""
    product = multiply(left, right)
    same = rules.congruence(p.combine(equal(m, product), *parts), m, product)
    goal = at_least(scalar(left.cols), rank(m))
    return rules.order(goal, [rules.rank_bound(left, right), same], [Summand(1, (0,))], [(1, number(-1))])


def _at_most(p: Proof, bound: Theorem, *sizes: Theorem) -> Theorem:
    """The goal, from a bound by dimensions that the sizes say are ranks."""
    equations = [(i, number(-1)) for i, _ in enumerate(sizes, 1)]
    return p.close(rules.order(p.goal, [bound, *sizes], [Summand(1, (0,))], equations))


@cache
def product_left() -> Theorem:
    """rank(X Y) <= rank X."""
    x, y = matrix_letter("X", _m, _k), matrix_letter("Y", _k, _n)
    xy = multiply(x, y)
    p = Proof(at_least(rank(x), rank(xy)))
    f = p.factor(x)
    size, whole, *_ = p.facts
    return _at_most(p, _through(p, xy, f.left, multiply(f.right, y), (whole, None, y)), size)


@cache
def product_right() -> Theorem:
    """rank(X Y) <= rank Y."""
    x, y = matrix_letter("X", _m, _k), matrix_letter("Y", _k, _n)
    xy = multiply(x, y)
    p = Proof(at_least(rank(y), rank(xy)))
    f = p.factor(y)
    size, whole, *_ = p.facts
    return _at_most(p, _through(p, xy, multiply(x, f.left), f.right, (whole, x)), size)


@cache
def at_most_rows() -> Theorem:
    """rank X <= the number of rows."""
    return rules.rank_bound(identity(_m), matrix_letter("X", _m, _n))


@cache
def at_most_cols() -> Theorem:
    """rank X <= the number of columns."""
    return rules.rank_bound(matrix_letter("X", _m, _n), identity(_n))


@cache
def of_sum() -> Theorem:
    """rank(X + Y) <= rank X + rank Y."""
    x, y = matrix_letter("X", _m, _n), matrix_letter("Y", _m, _n)
    p = Proof(at_least(add(rank(x), rank(y)), rank(add(x, y))))
    f, g = p.factor(x), p.factor(y)
    size_x, whole_x, _, _, size_y, whole_y, _, _ = p.facts
    e1, e2 = p.blocks(f.size, g.size)
    one, two, apart, _ = p.facts[-4:]
    turned = p.ideal(zero(multiply(transpose(e2), e1)), [apart])
    left = add(multiply(f.left, transpose(e1)), multiply(g.left, transpose(e2)))
    right = add(multiply(e1, f.right), multiply(e2, g.right))
    minus_f, minus_g = (scale(number(-1), side) for side in (f.left, g.left))
    cross = (apart, minus_f, g.right), (turned, minus_g, f.right)
    parts = (whole_x,), (whole_y,), (one, minus_f, f.right), (two, minus_g, g.right), *cross
    return _at_most(p, _through(p, add(x, y), left, right, *parts), size_x, size_y)


@cache
def of_identity() -> Theorem:
    """rank I_n = n, as rank I_n >= n (the other half is at_most_rows)."""
    one = identity(_n)
    p = Proof(at_least(rank(one), scalar(_n)))
    f = p.factor(one)
    size, whole, *_ = p.facts
    through = p.combine(equal(multiply(f.left, f.right), one), (whole, scale(number(-1), one)))
    return _at_most(p, rules.rank_identity(through, f.left, f.right), size)


@cache
def of_transpose() -> Theorem:
    """rank X' <= rank X (and so, taken twice, they are equal)."""
    x = matrix_letter("X", _m, _n)
    p = Proof(at_least(rank(x), rank(transpose(x))))
    f = p.factor(x)
    size, whole, *_ = p.facts
    turned = p.ideal(equal(transpose(x), multiply(transpose(f.right), transpose(f.left))), [whole])
    return _at_most(p, _through(p, transpose(x), transpose(f.right), transpose(f.left), (turned,)), size)


@cache
def of_multiple() -> Theorem:
    """rank(c X) <= rank X."""
    x, c = matrix_letter("X", _m, _n), matrix_letter("c", nat(1), nat(1))
    p = Proof(at_least(rank(x), rank(scale(c, x))))
    p.add(p.lemma(product_right(), X=scale(c, identity(_m)), Y=x))
    return p.close(p.order())


@cache
def with_left_inverse() -> Theorem:
    """rank V >= k for V: d x k, from W V = I."""
    v, w = matrix_letter("V", _d, _k), matrix_letter("W", _k, _d)
    p = Proof(at_least(rank(v), scalar(_k)), [rules.assume(equal(multiply(w, v), identity(_k)))])
    same = rules.congruence(p.facts[0], multiply(w, v), identity(_k))
    for th in (same, p.lemma(product_right(), X=w, Y=v), rules.instantiate(of_identity(), {"n": _k}, {})):
        p.add(th)
    return p.close(p.order())


def _split_idempotent(p: Proof, e: Term, square: Theorem) -> tuple[Factors, list[Theorem]]:
    """Factors of an E with E E = E, their equations, and F C = 1: it is A C F C F B = A E E B = A E B = A C F B."""
    f = p.factor(e)
    size, whole, front, back = p.facts[-4:]
    short = subtract(identity(f.size), multiply(f.right, f.left))
    rest = multiply(subtract(identity(e.rows), multiply(f.left, f.right)), f.right_inverse)
    turned = p.combine(
        equal(multiply(f.right, f.left), identity(f.size)),
        (square, f.left_inverse, f.right_inverse),
        (whole, f.left_inverse, rest),
        (whole, scale(number(-1), multiply(f.left_inverse, e)), f.right_inverse),
        (front, None, multiply(short, multiply(f.right, f.right_inverse))),
        (back, short),
    )
    return f, [size, whole, front, back, turned]


def _traces(goal: Prop, *parts: tuple[Theorem, int]) -> Theorem:
    """An equation of scalars as a combination of traces of equations."""
    cofactors = []
    for i, (th, times) in enumerate(parts):
        h: Term = th.conclusion[1]
        cofactors.append(rules.Cofactor(i, identity(h.rows), identity(h.cols), number(times)))
    return rules.ideal(goal[1], [th for th, _ in parts], cofactors)


@cache
def idempotent() -> Theorem:
    """rank P = tr P, from P P = P."""
    q = matrix_letter("P", _d, _d)
    p = Proof(equal(rank(q), trace(q)), [rules.assume(equal(multiply(q, q), q))])
    _, (size, whole, _, _, turned) = _split_idempotent(p, q, p.facts[0])
    return p.close(_traces(p.goal, (size, -1), (whole, -1), (turned, -1)))


@cache
def nullity() -> Theorem:
    """For M: m x n there are k, K, J, G with M K = 0, J K = I, K J + G M = I and k + rank M = n.

    K spans the kernel: M y = 0 gives y = K (J y). With M = C F, it is made of 1 - B F = K J.
    """
    m = matrix_letter("M", _m, _n)
    k = nat("nullity")  # names that no caller's letters have, as binding forbids capture
    kk, j, g = Decl("Kernel", _n, k), Decl("Coordinates", k, _n), Decl("Section", _n, _m)
    body = conjunction(
        zero(multiply(m, letter(kk))),
        equal(multiply(letter(j), letter(kk)), identity(k)),
        equal(add(multiply(letter(kk), letter(j)), multiply(letter(g), m)), identity(_n)),
        equal(add(scalar(k), rank(m)), scalar(_n)),
    )
    goal = exists_all(("nullity", kk, j, g), body)
    p = Proof(goal)
    f = p.factor(m)
    size, whole, front, back = p.facts
    e, minus = subtract(identity(_n), multiply(f.right_inverse, f.right)), number(-1)
    square = p.combine(equal(multiply(e, e), e), (back, f.right_inverse, f.right))
    h, (_, split, _, ends, one) = _split_idempotent(p, e, square)
    # M K = C F K, and F K = F K J B' = F (1 - B F) B'
    minus_c, minus_cf = scale(minus, f.left), scale(minus, multiply(f.left, f.right))
    gone = (
        (whole, None, h.left),
        (back, minus_c, multiply(f.right, h.right_inverse)),
        (split, minus_cf, h.right_inverse),
        (ends, multiply(minus_cf, h.left)),
    )
    inverse = multiply(f.right_inverse, f.left_inverse)

    def close(q: Proof) -> Theorem:
        lost, _, together, count = q.goal[1]
        return rules.conjoin(
            [
                q.combine(lost, *gone),
                one,
                q.combine(
                    together,
                    (split, scale(minus, identity(_n))),
                    (whole, inverse),
                    (front, f.right_inverse, f.right),
                ),
                _traces(count, (one, -1), (size, -1), (back, -1), (split, -1)),
            ]
        )

    return p.close(introduce_all(p, goal, [h.size, h.left, h.right, inverse], close))


def introduce_all(p: Proof, goal: Prop, values: Sequence[Any], script: Script | None = None) -> Theorem:
    """The goal "exist .." from its body at the values, which is proved from the facts.

    The body implies the goal, whatever its letters are; the values are put into that all at once.
    """
    layers, nats, letters = [goal], {}, {}
    for value in values:
        var = layers[-1][1]
        if isinstance(var, str):
            nats[var] = value
        else:
            letters[var] = value
        layers.append(layers[-1][2])
    th = rules.assume(layers.pop())
    body = th.conclusion
    for layer in reversed(layers):
        th = rules.introduce(th, layer, variable_value(layer[1]))
    th = rules.instantiate(rules.discharge(th, body), nats, letters)
    return rules.detach(th, p.prove(th.conclusion[1], script))


@cache
def unit_vector() -> Theorem:
    """For n >= 1 there is a c in R^n with c'c = 1: the last vector of a basis."""
    c = Decl("c", _n, ONE)
    goal = exists(c, equal(squared_norm(letter(c)), number(1)))
    claim = implication(at_least(scalar(_n), number(1)), goal)

    def last(p: Proof) -> Theorem:
        return introduce_all(p, p.goal, [p.blocks(_n, ONE)[1]])

    every = Proof(claim).induct(
        "n",
        claim,
        lambda p: p.suppose(p.goal[1], Proof.impossible, p.goal[2]),
        lambda p: p.suppose(p.goal[1], last, p.goal[2]),
    )
    condition = rules.assume(claim[1])
    return rules.detach(rules.specialize(every, _n), condition)


@cache
def kernel_vector() -> Theorem:
    """There is a u != 0 with M u = 0, from rank M < n, the number of columns: u = K c, for J u = c."""
    m, u = matrix_letter("M", _m, _n), Decl("NullVector", _n, ONE)
    goal = exists(u, conjunction(negation(zero(letter(u))), zero(multiply(m, letter(u)))))
    p = Proof(goal, [rules.assume(at_least(scalar(_n), add(rank(m), number(1))))])
    less = p.facts[0]
    size, kernel, coordinates, _ = p.open(p.lemma(nullity(), M=m))
    gone, back, _, count = p.facts[-4:]
    p.add(rules.order(at_least(scalar(size), number(1)), [less, count], [Summand(1, (0,))], [(1, number(1))]))
    (c,) = p.open(p.lemma(unit_vector(), {"n": size}))
    unit, vector = p.facts[-1], multiply(kernel, c)

    def close(q: Proof) -> Theorem:
        def vanishing(r: Proof) -> Theorem:  # 1 = c'J K c
            parts = (
                (r.facts[-1], multiply(transpose(c), coordinates)),
                (back, scale(number(-1), transpose(c)), c),
                (unit, -1),
            )
            false = r.combine(zero(number(1)), *parts)
            return rules.order(r.goal, [false], [Summand(1)], [(0, number(-1))])

        lost = q.combine(q.goal[1][1], (gone, None, c))
        return rules.conjoin([q.refute(zero(vector), vanishing), lost])

    return p.close(introduce_all(p, goal, [vector], close))


@cache
def frobenius() -> Theorem:
    """rank(X Y) + rank(Y Z) <= rank Y + rank(X Y Z)."""
    x, y, z = matrix_letter("X", _m, _n), matrix_letter("Y", _n, _k), matrix_letter("Z", _k, _d)
    xy, yz, xyz = multiply(x, y), multiply(y, z), multiply(multiply(x, y), z)
    p = Proof(at_least(add(rank(y), rank(xyz)), add(rank(xy), rank(yz))))
    f = p.factor(y)
    size, whole, *_ = p.facts
    a, b = multiply(x, f.left), multiply(f.right, z)
    # rank(X Y) <= rank(X C), rank(Y Z) <= rank(F Z) and, by Sylvester, rank(X C) + rank(F Z) <= r + rank(X C F Z).
    facts = [p.lemma(sylvester(), X=a, Y=b), p.lemma(product_left(), X=a, Y=f.right)]
    facts += [p.lemma(product_right(), X=f.left, Y=b), size]
    for m, left, right, part in (
        (xy, a, f.right, (whole, x)),
        (yz, f.left, b, (whole, None, z)),
        (xyz, a, b, (whole, x, z)),
    ):
        product = multiply(left, right)
        facts.append(rules.congruence(p.combine(equal(m, product), part), m, product))
    equations = [(3 + i, number(sign)) for i, sign in enumerate((-1, -1, -1, 1))]
    return p.close(rules.order(p.goal, facts, [Summand(1, (i,)) for i in range(3)], equations))


@cache
def sylvester() -> Theorem:
    """rank X + rank Y <= k + rank(X Y), k the dimension between: Y = K J Y + G X Y, for K J + G X = 1."""
    x, y = matrix_letter("X", _m, _k), matrix_letter("Y", _k, _n)
    xy = multiply(x, y)
    p = Proof(at_least(add(scalar(_k), rank(xy)), add(rank(x), rank(y))))
    _, kernel, coordinates, section = p.open(p.lemma(nullity(), M=x))
    *_, whole, count = p.facts
    one, two = multiply(kernel, multiply(coordinates, y)), multiply(section, xy)
    same = rules.congruence(
        p.combine(equal(y, add(one, two)), (whole, scale(number(-1), identity(_k)), y)), y, add(one, two)
    )
    facts = [p.lemma(of_sum(), X=one, Y=two), rules.rank_bound(kernel, multiply(coordinates, y))]
    facts += [p.lemma(product_right(), X=section, Y=xy), same, count]
    equations = [(3, number(-1)), (4, number(-1))]
    return p.close(rules.order(p.goal, facts, [Summand(1, (i,)) for i in range(3)], equations))


@cache
def vanishes() -> Theorem:
    """M = 0, from rank M <= 0."""
    m = matrix_letter("M", _m, _n)
    p = Proof(zero(m), [rules.assume(at_least(number(0), rank(m)))])
    f = p.factor(m)
    none, size, whole, *_ = p.facts
    nothing = rules.order(at_least(number(0), scalar(f.size)), [none, size], [Summand(1, (0,))], [(1, number(-1))])
    return p.close(p.combine(p.goal, (whole,), (rules.null(nothing, identity(f.size)), f.left, f.right)))


@cache
def at_least_one() -> Theorem:
    """rank M >= 1, from M not 0."""
    m = matrix_letter("M", _m, _n)
    not_zero = rules.assume(negation(zero(m)))
    some = at_least(rank(m), number(1))
    less = rules.assume(negation(some))  # 1 - rank M > 0, so it is 1 or more
    gone = rules.detach(rules.discharge(vanishes(), at_least(number(0), rank(m))), rules.integer(less))
    return rules.cases(rules.assume(some), rules.absurd(gone, not_zero, some), some)


def empty(p: Proof, n: Nat) -> Theorem:
    """I_n = 0, where n <= 0 follows from the facts: the squared norm of I_n is n."""
    return rules.null(p.prove(at_least(number(0), scalar(n))), identity(n))


@cache
def traceless() -> Theorem:
    """P = 0, from P P = P and tr P = 0: the rank of a projection is its trace."""
    q = matrix_letter("P", _d, _d)
    p = Proof(zero(q), [rules.assume(equal(multiply(q, q), q)), rules.assume(equal(trace(q), number(0)))])
    p.add(p.lemma(idempotent(), P=q))
    return p.close(p.lemma(vanishes(), M=q))


@cache
def square_inverse() -> Theorem:
    """B A = I, from A B = I, for square A and B: the idempotent I - B A has trace, so rank, 0."""
    a, b = matrix_letter("A", _n, _n), matrix_letter("B", _n, _n)
    p = Proof(equal(multiply(b, a), identity(_n)), [rules.assume(equal(multiply(a, b), identity(_n)))])
    given, e = p.facts[0], subtract(identity(_n), multiply(b, a))
    f, (_, whole, _, _, turned) = _split_idempotent(p, e, p.combine(equal(multiply(e, e), e), (given, b, a)))
    size, minus = scalar(f.size), number(-1)
    none = _traces(equal(size, number(0)), (given, -1), (turned, -1), (whole, -1))
    nothing = rules.null(rules.order(at_least(number(0), size), [none], (), [(0, minus)]), identity(f.size))
    return p.close(p.combine(p.goal, (whole, scale(minus, identity(_n))), (nothing, scale(minus, f.left), f.right)))


@cache
def full_column_rank() -> Theorem:
    """There is a left inverse of V: d x k, from rank V >= k."""
    v = matrix_letter("V", _d, _k)
    w = Decl("LeftInverse", _k, _d)
    goal = exists(w, equal(multiply(letter(w), v), identity(_k)))
    p = Proof(goal, [rules.assume(at_least(rank(v), scalar(_k)))])
    full = p.facts[0]
    size, kernel, coordinates, section = p.open(p.lemma(nullity(), M=v))
    *_, whole, count = p.facts
    none = rules.order(at_least(number(0), scalar(size)), [full, count], [Summand(1, (0,))], [(1, number(-1))])
    nothing = rules.null(none, identity(size)), scale(number(-1), kernel), coordinates
    return p.close(introduce_all(p, goal, [section], lambda q: q.combine(q.goal, (whole,), nothing)))


def by_rank(p: Proof) -> Theorem:
    """A script that needs no hints: every rank that occurs is bounded by its sizes, every product by its factors, from
    above and, by Sylvester, from below, every sum by its parts; then linear arithmetic.

    Raises ProofFailure with the inequality that is left and what was at hand.
    """
    seen: set[Term] = set()
    waiting = [m for q in (p.goal, *(f.conclusion for f in p.facts)) for m in _ranked(q)]
    while waiting:
        m = waiting.pop()
        if m in seen:
            continue
        seen.add(m)
        p.add(p.lemma(at_most_rows(), X=m))
        p.add(p.lemma(at_most_cols(), X=m))
        parts = _split(m)
        for left, right in parts:
            p.add(p.lemma(product_left(), X=left, Y=right))
            p.add(p.lemma(product_right(), X=left, Y=right))
            p.add(p.lemma(sylvester(), X=left, Y=right))
            waiting += [left, right]
        if len(m.words) > 1:
            (key, c), *_ = m.words.items()
            first = monomial(*split(key), m.rows, m.cols, c)
            others = subtract(m, first)
            p.add(p.lemma(of_sum(), X=first, Y=others))
            waiting += [first, others]
        elif (c := next(iter(m.words.values()), 1)) != 1:
            p.add(p.lemma(of_multiple(), X=scale(number(Fraction(1) / c), m), c=number(c)))
            waiting.append(scale(number(Fraction(1) / c), m))
        if m == identity(m.rows):
            p.add(p.lemma(of_identity(), {"n": m.rows}))
    return linear(p)


def _split(m: Term) -> list[tuple[Term, Term]]:
    """A one-word term as products, at every place of its word."""
    if len(m.words) != 1:
        return []
    ((key, c),) = m.words.items()
    atoms, word = split(key)
    cuts = [(word[:i], word[i:]) for i in range(1, len(word))] if c == 1 and not atoms else []
    return [(monomial((), u, m.rows, v[0].rows), monomial((), v, v[0].rows, m.cols)) for u, v in cuts]


def _ranked(p: Prop) -> list[Term]:
    """The terms whose rank a proposition mentions, bound variables aside."""
    if p.kind in ("zero", "ge", "gt"):
        return [x.data for key in p[1].words for x in key if isinstance(x, Atom) and x.kind == "rank"]
    if p.kind == "and":
        return [m for q in p[1] for m in _ranked(q)]
    return []
