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
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Decl,
    Nat,
    Substitution,
    Term,
    add,
    identity,
    letter,
    monomial,
    multiply,
    nat,
    nat_sum,
    number,
    rank,
    scalar,
    scale,
    split,
    substitute,
    subtract,
    trace,
    transpose,
    zeros,
)
from .proof import Proof, Script, linear

_d, _m, _n, _k = map(nat, "dmnk")


def _matrix(name: str, rows: Nat, cols: Nat) -> Term:
    return letter(Decl(name, rows, cols))


@cache
def product_left() -> Theorem:
    """rank(X Y) <= rank X."""
    x, y = _matrix("X", _m, _k), _matrix("Y", _k, _n)
    p = Proof(at_least(rank(x), rank(multiply(x, y))))
    f = p.factor(x)
    p.add(p.rank_at_most(multiply(x, y), f.left, multiply(f.right, y)))
    return p.close(p.order())


@cache
def product_right() -> Theorem:
    """rank(X Y) <= rank Y."""
    x, y = _matrix("X", _m, _k), _matrix("Y", _k, _n)
    p = Proof(at_least(rank(y), rank(multiply(x, y))))
    f = p.factor(y)
    p.add(p.rank_at_most(multiply(x, y), multiply(x, f.left), f.right))
    return p.close(p.order())


@cache
def at_most_rows() -> Theorem:
    """rank X <= the number of rows."""
    return rules.rank_bound(identity(_m), _matrix("X", _m, _n))


@cache
def at_most_cols() -> Theorem:
    """rank X <= the number of columns."""
    return rules.rank_bound(_matrix("X", _m, _n), identity(_n))


@cache
def of_sum() -> Theorem:
    """rank(X + Y) <= rank X + rank Y."""
    x, y = _matrix("X", _m, _n), _matrix("Y", _m, _n)
    p = Proof(at_least(add(rank(x), rank(y)), rank(add(x, y))))
    f, g = p.factor(x), p.factor(y)
    e1, e2 = p.blocks(f.size, g.size)
    left = add(multiply(f.left, transpose(e1)), multiply(g.left, transpose(e2)))
    right = add(multiply(e1, f.right), multiply(e2, g.right))
    p.add(p.rank_at_most(add(x, y), left, right))
    return p.close(p.order())


@cache
def of_identity() -> Theorem:
    """rank I_n = n, as rank I_n >= n (the other half is at_most_rows)."""
    p = Proof(at_least(rank(identity(_n)), scalar(_n)))
    f = p.factor(identity(_n))
    p.add(rules.rank_identity(p.ideal(equal(multiply(f.left, f.right), identity(_n))), f.left, f.right))
    return p.close(p.order())


@cache
def of_transpose() -> Theorem:
    """rank X' <= rank X (and so, taken twice, they are equal)."""
    x = _matrix("X", _m, _n)
    p = Proof(at_least(rank(x), rank(transpose(x))))
    f = p.factor(x)
    p.add(p.rank_at_most(transpose(x), transpose(f.right), transpose(f.left)))
    return p.close(p.order())


@cache
def of_multiple() -> Theorem:
    """rank(c X) <= rank X."""
    x, c = _matrix("X", _m, _n), _matrix("c", nat(1), nat(1))
    p = Proof(at_least(rank(x), rank(scale(c, x))))
    p.add(p.lemma(product_right(), X=scale(c, identity(_m)), Y=x))
    return p.close(p.order())


@cache
def with_left_inverse() -> Theorem:
    """rank V >= k for V: d x k, from W V = I."""
    v, w = _matrix("V", _d, _k), _matrix("W", _k, _d)
    p = Proof(at_least(rank(v), scalar(_k)), [rules.assume(equal(multiply(w, v), identity(_k)))])
    same = rules.congruence(p.facts[0], multiply(w, v), identity(_k))
    for th in (same, p.lemma(product_right(), X=w, Y=v), rules.instantiate(of_identity(), {"n": _k}, {})):
        p.add(th)
    return p.close(p.order())


@cache
def idempotent() -> Theorem:
    """rank P = tr P, from P P = P."""
    q = _matrix("P", _d, _d)
    p = Proof(equal(rank(q), trace(q)), [rules.assume(equal(multiply(q, q), q))])
    f = p.factor(q)
    square, size, whole, front, back = p.facts
    one = p.have(equal(multiply(f.right, f.left), identity(f.size)), using=[square, whole, front, back])
    p.have(equal(trace(q), scalar(f.size)), using=[one, whole])
    return p.close(p.ideal(facts=[size, p.facts[-1]]))


@cache
def nullity() -> Theorem:
    """For M: m x n there are k, K, J, G with M K = 0, J K = I, K J + G M = I and k + rank M = n.

    K spans the kernel: M y = 0 gives y = K (J y).
    """
    m = _matrix("M", _m, _n)
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
    e = subtract(identity(_n), multiply(f.right_inverse, f.right))
    h = p.factor(e)
    size, whole, front, back, _, rest, at_left, at_right = p.facts
    one = p.have(equal(multiply(h.right, h.left), identity(h.size)), using=[rest, at_left, at_right, back])
    gone = p.have(zero(multiply(f.right, h.left)), using=[rest, at_right, back])
    counts = [
        p.have(equal(trace(multiply(h.left, h.right)), scalar(h.size)), using=[one]),
        p.have(equal(trace(multiply(f.right_inverse, f.right)), scalar(f.size)), using=[back]),
        p.add(
            rules.ideal(trace(rest.conclusion[1]), [rest], [rules.Cofactor(0, identity(_n), identity(_n), number(1))])
        ),
    ]
    uses = [whole, gone], [one], [rest, whole, front], [size, *counts]

    def close(q: Proof) -> Theorem:
        return rules.conjoin([q.ideal(part, facts) for part, facts in zip(q.goal[1], uses, strict=True)])

    values: list[Any] = [h.size, h.left, h.right, multiply(f.right_inverse, f.left_inverse)]
    return p.close(introduce_all(p, goal, values, close))


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
def kernel_vector() -> Theorem:
    """There is a u != 0 with M u = 0, from rank M < n, the number of columns: the first vector of a basis."""
    m, u = _matrix("M", _m, _n), Decl("NullVector", _n, ONE)
    goal = exists(u, conjunction(negation(zero(letter(u))), zero(multiply(m, letter(u)))))
    p = Proof(goal, [rules.assume(at_least(scalar(_n), add(rank(m), number(1))))])
    size, kernel, coordinates, _ = p.open(p.lemma(nullity(), M=m))
    basis = conjunction(zero(multiply(m, kernel)), equal(multiply(coordinates, kernel), identity(size)))
    others = p.open(rules.difference(p.prove(at_least(scalar(size), number(1))), size, ONE, p.fresh("j")))[0]
    grown = nat_sum(ONE, others)
    k, j = (substitute(t, Substitution({str(size): grown})) for t in (kernel, coordinates))

    def first(q: Proof) -> Theorem:
        e, _ = q.blocks(ONE, others)

        def vanishing(r: Proof) -> Theorem:  # 1 = e'J K e
            r.multiply(r.facts[-1], left=multiply(transpose(e), j))
            return rules.order(r.goal, [r.have(zero(number(1)))], [rules.Summand(1)], [(0, number(-1))])

        not_zero = q.refute(zero(multiply(k, e)), vanishing)
        return introduce_all(q, goal, [multiply(k, e)], lambda r: rules.conjoin([not_zero, r.ideal(r.goal[1][1])]))

    def at_size(q: Proof) -> Theorem:
        return q.suppose(q.goal[1], first, goal)

    found = p.prove(implication(basis, goal), lambda q: q.at_equal(str(size), grown, at_size))
    return p.close(rules.detach(found, p.prove(basis)))


@cache
def frobenius() -> Theorem:
    """rank(X Y) + rank(Y Z) <= rank Y + rank(X Y Z)."""
    x, y, z = _matrix("X", _m, _n), _matrix("Y", _n, _k), _matrix("Z", _k, _d)
    xy, yz, xyz = multiply(x, y), multiply(y, z), multiply(multiply(x, y), z)
    p = Proof(at_least(add(rank(y), rank(xyz)), add(rank(xy), rank(yz))))
    f = p.factor(y)
    a, b = multiply(x, f.left), multiply(f.right, z)
    # rank(X Y) <= rank(X C), rank(Y Z) <= rank(F Z) and, by Sylvester, rank(X C) + rank(F Z) <= r + rank(X C F Z).
    for whole, left, right in ((xy, a, f.right), (yz, f.left, b), (xyz, a, b)):
        p.add(rules.congruence(p.ideal(equal(whole, multiply(left, right))), whole, multiply(left, right)))
    p.add(p.lemma(product_left(), X=a, Y=f.right))
    p.add(p.lemma(product_right(), X=f.left, Y=b))
    p.add(p.lemma(sylvester(), X=a, Y=b))
    return p.close(p.order())


@cache
def sylvester() -> Theorem:
    """rank X + rank Y <= k + rank(X Y), k the dimension between.

    With X = C1 F1, Y = C2 F2, F1 C2 = C3 F3 of rank t, the identity of size rank X + rank Y goes through k + t:
    [[F1, -C3], [A2 (1 - B1 F1), A2 B1 C3]] [[B1, C2], [0, F3]] = 1.
    """
    x, y = _matrix("X", _m, _k), _matrix("Y", _k, _n)
    xy = multiply(x, y)
    p = Proof(at_least(add(scalar(_k), rank(xy)), add(rank(x), rank(y))))
    f, g = p.factor(x), p.factor(y)
    middle = multiply(f.right, g.left)
    h = p.factor(middle)
    # t <= rank(X Y), because F1 C2 = A1 (X Y) B2
    outer = multiply(multiply(f.left_inverse, xy), g.right_inverse)
    p.add(rules.congruence(p.ideal(equal(middle, outer)), middle, outer))
    p.add(p.lemma(product_left(), X=multiply(f.left_inverse, xy), Y=g.right_inverse))
    p.add(p.lemma(product_right(), X=f.left_inverse, Y=xy))
    e1, e2 = p.blocks(f.size, g.size)
    g1, g2 = p.blocks(_k, h.size)
    through = multiply(f.right_inverse, f.right)
    rows = [
        (e1, f.right, g1, 1),
        (e1, h.left, g2, -1),
        (e2, multiply(g.left_inverse, subtract(identity(_k), through)), g1, 1),
        (e2, multiply(multiply(g.left_inverse, f.right_inverse), h.left), g2, 1),
    ]
    left = zeros(nat_sum(f.size, g.size), nat_sum(_k, h.size))
    for e, block, into, sign in rows:
        left = add(left, multiply(multiply(e, block), transpose(into)), sign)
    right = zeros(nat_sum(_k, h.size), nat_sum(f.size, g.size))
    for into, block, e in ((g1, f.right_inverse, e1), (g1, g.left, e2), (g2, h.right, e2)):
        right = add(right, multiply(multiply(into, block), transpose(e)))
    one = p.ideal(equal(multiply(left, right), identity(left.rows)))
    p.add(rules.rank_identity(one, left, right))
    return p.close(p.order())


@cache
def vanishes() -> Theorem:
    """M = 0, from rank M <= 0."""
    m = _matrix("M", _m, _n)
    p = Proof(zero(m), [rules.assume(at_least(number(0), rank(m)))])
    f = p.factor(m)
    p.add(empty(p, f.size))
    return p.close(p.ideal())


def empty(p: Proof, n: Nat) -> Theorem:
    """I_n = 0, where n <= 0 follows from the facts: the squared norm of I_n is n."""
    return rules.null(p.prove(at_least(number(0), scalar(n))), identity(n))


@cache
def square_inverse() -> Theorem:
    """B A = I, from A B = I, for square A and B: the idempotent I - B A has trace, so rank, 0."""
    a, b = _matrix("A", _n, _n), _matrix("B", _n, _n)
    p = Proof(equal(multiply(b, a), identity(_n)), [rules.assume(equal(multiply(a, b), identity(_n)))])
    e = subtract(identity(_n), multiply(b, a))
    f = p.factor(e)
    product, _, whole, front, back = p.facts
    one = p.have(equal(multiply(f.right, f.left), identity(f.size)), using=[product, whole, front, back])
    p.have(equal(trace(e), number(0)), using=[product])
    p.have(equal(trace(multiply(f.left, f.right)), scalar(f.size)), using=[one])
    p.have(equal(scalar(f.size), number(0)), using=[whole, *p.facts[-2:]])
    gone = empty(p, f.size)
    return p.close(p.ideal(facts=[whole, gone]))


@cache
def full_column_rank() -> Theorem:
    """There is a left inverse of V: d x k, from rank V >= k."""
    v = _matrix("V", _d, _k)
    w = Decl("LeftInverse", _k, _d)
    goal = exists(w, equal(multiply(letter(w), v), identity(_k)))
    p = Proof(goal, [rules.assume(at_least(rank(v), scalar(_k)))])
    size, _, _, g = p.open(p.lemma(nullity(), M=v))
    p.add(empty(p, size))
    return p.close(introduce_all(p, goal, [g]))


def invertible_iff_full_rank(v: Any) -> Script:
    """A script for: there is a left inverse of v if and only if the rank of v is its number of columns."""

    def script(p: Proof) -> Theorem:
        def count(q: Proof) -> Theorem:
            return q.add(q.lemma(with_left_inverse(), V=v, W=q.values[-1]))

        def build(q: Proof) -> Theorem:
            return introduce_all(q, q.goal, q.open(q.lemma(full_column_rank(), V=v)))

        one, two = p.goal[1]
        return rules.conjoin([p.suppose(one[1], count, one[2]), p.suppose(two[1], build, two[2])])

    return script


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
