"""What is known of norms, traces and definite matrices of any size: lemmas, each proved once and then instantiated.

Where a proof in coordinates goes through the columns of a matrix, these go through the dimension, by induction.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from ..kernel import rules
from ..kernel.props import (
    Prop,
    at_least,
    conjunction,
    equal,
    exists_all,
    for_all,
    free_letters,
    greater,
    implication,
    negation,
    zero,
)
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    ZERO,
    Decl,
    Term,
    add,
    identity,
    letter,
    multiply,
    nat,
    number,
    rank,
    scalar,
    scale,
    squared_norm,
    subtract,
    trace,
    transpose,
)
from . import rank as ranks
from .proof import FALSE, Proof, Script, anything
from .rank import matrix_letter

_m, _n, _k = map(nat, "mnk")
_NOTHING, _HALF = number(0), Fraction(1, 2)


def form(m: Term, x: Term) -> Term:
    """tr(x'm x)."""
    return trace(multiply(multiply(transpose(x), m), x))


# ---------------------------------------------------------------- norms
@cache
def nonzero() -> Theorem:
    """|X|^2 > 0, from X not 0."""
    x = matrix_letter("X", _m, _n)
    size = greater(squared_norm(x), _NOTHING)
    none = rules.assume(negation(size))
    return rules.cases(
        rules.assume(size), rules.absurd(rules.null(none, x), rules.assume(negation(zero(x))), size), size
    )


def _divided(p: Proof, size: Term, spread: Term, vanish: Term, gone: Script) -> Theorem:
    """The goal g >= 0, where size g = |spread|^2, size the squared norm of `vanish`; `gone` has vanish = 0."""
    gap: Term = p.goal[1]
    product = p.ideal(equal(squared_norm(spread), scale(size, gap)), ())

    def positive(q: Proof) -> Theorem:
        # g = (t g) size + g (1 - t size), and t^2 |spread|^2 = t^2 size g, so g = |t spread|^2 size + ..
        length, t = q.facts[-1], q.reciprocal(size)
        inverse, scaled = q.facts[-1], scale(t, spread)
        one = subtract(scale(t, size), number(1))
        rest = scale(add(scale(t, size), number(1)), gap)
        # size |t spread|^2 = t^2 size^2 g = g + (t size + 1)(t size - 1) g
        equation = q.ideal(equal(scale(size, squared_norm(scaled)), add(gap, scale(one, rest))), [product])
        return q.weighted(q.goal, (1, length, scaled), (-1, equation), (scale(number(-1), rest), inverse))

    def vanishing(q: Proof) -> Theorem:
        q.facts = [rules.null(q.facts[-1], vanish)]
        return gone(q)

    return p.cases(greater(size, _NOTHING), positive, vanishing)


def _is_zero(q: Proof) -> Theorem:
    """g >= 0, as g = 0 by the equations."""
    same = q.ideal(zero(q.goal[1]))
    return rules.order(q.goal, [same], (), [(0, number(1))])


@cache
def cauchy_schwarz() -> Theorem:
    """<A, B>^2 <= |A|^2 |B|^2: |B|^2 times the gap is ||B|^2 A - <A, B> B|^2."""
    a, b = matrix_letter("A", _m, _n), matrix_letter("B", _m, _n)
    inside, size = trace(multiply(transpose(a), b)), squared_norm(b)
    p = Proof(at_least(scale(squared_norm(a), size), scale(inside, inside)))
    return p.close(_divided(p, size, subtract(scale(size, a), scale(inside, b)), b, _is_zero))


@cache
def image_norm() -> Theorem:
    """|A x|^2 <= |A|^2 |x|^2 for a vector x: |x|^2 times the gap is |A (|x|^2 - x x')|^2."""
    a, x = matrix_letter("A", _m, _k), matrix_letter("x", _k, ONE)
    size = squared_norm(x)
    p = Proof(at_least(scale(squared_norm(a), size), squared_norm(multiply(a, x))))
    spread = multiply(a, subtract(scale(size, identity(_k)), multiply(x, transpose(x))))
    return p.close(_divided(p, size, spread, x, _is_zero))


@cache
def product_norm() -> Theorem:
    """|A B|^2 <= |A|^2 |B|^2: |A|^2 I - A'A is positive semidefinite, by its columns."""
    a, b, v = matrix_letter("A", _m, _k), matrix_letter("B", _k, _n), Decl("Direction", _k, ONE)
    gap = subtract(scale(squared_norm(a), identity(_k)), multiply(transpose(a), a))
    p = Proof(at_least(scale(squared_norm(a), squared_norm(b)), squared_norm(multiply(a, b))))
    known = rules.generalize(p.lemma(image_norm(), A=a, x=letter(v)), v)
    p.add(known)
    return p.close(p.lemma(columns(), M=gap, Y=b))


# ---------------------------------------------------------------- positive semidefinite matrices
def semidefinite(m: Term) -> Prop:
    """For all x: x'm x >= 0."""
    v = Decl("Direction", m.rows, ONE)
    return for_all(v, at_least(form(m, letter(v)), _NOTHING))


def _nothing(p: Proof) -> Theorem:
    """The goal, where the dimension n is 0: the identity on it is 0, and so are the letters."""
    none = rules.null(rules.order(at_least(_NOTHING, scalar(ZERO)), (), ()), identity(ZERO))
    p.facts = [p.ideal(zero(letter(d)), [none]) for d in free_letters(p.goal) if ZERO in (d.rows, d.cols)]
    return _is_zero(p)


@cache
def columns() -> Theorem:
    """tr(Y'M Y) >= 0 for every Y, from x'M x >= 0 for all vectors x."""
    m, y = matrix_letter("M", _k, _k), Decl("Y", _k, _n)
    given = rules.assume(semidefinite(m))
    claim = for_all(y, at_least(form(m, letter(y)), _NOTHING))

    def base(p: Proof) -> Theorem:
        var = p.goal[1]
        return rules.generalize(p.prove(p.goal[2], _nothing), var)

    def step(p: Proof) -> Theorem:
        before, var = p.facts[-1], p.goal[1]
        whole = letter(var)

        def one_more(q: Proof) -> Theorem:
            e, f = q.blocks(_n, ONE)
            parts = q.facts[-1]
            first, last = multiply(whole, e), multiply(whole, f)
            known = [rules.specialize(before, first), rules.specialize(given, last)]
            total = add(form(m, first), form(m, last))
            same = q.ideal(equal(form(m, whole), total), [parts])
            return rules.order(q.goal, [*known, same], [Summand(1, (0,)), Summand(1, (1,))], [(2, number(1))])

        return rules.generalize(p.prove(p.goal[2], one_more), var)

    every = Proof(claim).induct("n", claim, base, step)
    return rules.specialize(rules.specialize(every, _n), letter(y))


def _symmetric(a: Term) -> Prop:
    return equal(transpose(a), a)


def middle(m: Term, x: Term, y: Term) -> Term:
    """(tr(x'm y) + tr(y'm x)) / 2."""
    one, two = (trace(multiply(multiply(transpose(u), m), v)) for u, v in ((x, y), (y, x)))
    return scale(number(_HALF), add(one, two))


@cache
def form_product() -> Theorem:
    """r^2 <= p q for p = tr(X'M X), q = tr(Y'M Y) and r between them, from x'M x >= 0 for all x.

    At q X - r Y the form is q (p q - r^2); if q = 0, at r X - (p + 1) Y it is -r^2 (p + 2), so r = 0.
    """
    m, x, y = matrix_letter("M", _k, _k), matrix_letter("X", _k, _n), matrix_letter("Y", _k, _n)
    given = rules.assume(semidefinite(m))
    first, last, between = form(m, x), form(m, y), middle(m, x, y)
    gap = subtract(scale(first, last), scale(between, between))
    p = Proof(at_least(gap, _NOTHING), [given])

    def at(z: Term) -> Theorem:
        return Proof(p.goal, [given]).lemma(columns(), M=m, Y=z)

    def positive(q: Proof) -> Theorem:
        length, t = q.facts[-1], q.reciprocal(last)
        bound = at(subtract(scale(last, x), scale(between, y)))  # q times the gap
        rest = scale(number(-1), scale(gap, add(scale(t, last), number(1))))
        return q.weighted(q.goal, (1, length, bound, t), (rest, q.facts[-1]))

    def flat(q: Proof) -> Theorem:
        none = q.squeeze(at(y), q.facts[-1])
        value = at(subtract(scale(between, x), scale(add(first, number(1)), y)))
        # value = -r^2 (p + 2) + (p + 1)^2 q, so -r^2 = (value + r^2 p - (p + 1)^2 q) / 2
        square = scale(add(first, number(1)), add(first, number(1)))
        parts = (_HALF, value), (_HALF, at(x), between), (scale(number(-_HALF), square), none)
        bound = q.weighted(at_least(_NOTHING, squared_norm(between)), *parts)
        return q.weighted(q.goal, (1, bound), (first, none))

    return p.close(p.cases(greater(last, _NOTHING), positive, flat))


@cache
def below_trace() -> Theorem:
    """x'M x <= tr(M) x'x for all x, from x'M x >= 0 for all x: it is the product of M and x'x I - x x'."""
    m, v, w = matrix_letter("M", _k, _k), Decl("Direction", _k, ONE), Decl("Other", _k, ONE)
    x, y = letter(v), letter(w)
    given = rules.assume(semidefinite(m))
    p = Proof(FALSE, [given])
    # The lemma's bound variable would be free in x'x I - x x', so it is proved for a vector of another name first.
    other = subtract(scale(squared_norm(y), identity(_k)), multiply(y, transpose(y)))
    known = p.lemma(cauchy_schwarz(), A=x, B=y)
    p.add(rules.generalize(rules.order(at_least(form(other, x), _NOTHING), [known], [Summand(1, (0,))]), v))
    bound = p.lemma(trace_of_product(), A=other, B=m)
    every = rules.specialize(rules.generalize(bound, w), x)
    whole = subtract(scale(trace(m), identity(_k)), m)
    same = rules.order(at_least(form(whole, x), _NOTHING), [every], [Summand(1, (0,))])
    return rules.generalize(same, v)


@cache
def trace_of_product() -> Theorem:
    """tr(A B) >= 0 for positive semidefinite A and B, A symmetric.

    By the dimension: with a = A f for the last unit vector f, and c = f'a > 0, A - a a'/c has no last row and column
    and is positive semidefinite as A is; for c = 0, a = 0.
    """
    a, b = Decl("A", _n, _n), Decl("B", _n, _n)
    body = at_least(trace(multiply(letter(a), letter(b))), _NOTHING)
    conditions = [_symmetric(letter(a)), semidefinite(letter(a)), semidefinite(letter(b))]
    claim = body
    for condition in reversed(conditions):
        claim = implication(condition, claim)
    claim = for_all(a, for_all(b, claim))

    def inside(script: Script) -> Script:
        def whole(p: Proof) -> Theorem:
            if p.goal.kind == "all":
                return rules.generalize(p.prove(p.goal[2], whole), p.goal[1])
            return p.suppose(p.goal[1], whole, p.goal[2]) if p.goal.kind == "imp" else script(p)

        return whole

    def step(p: Proof) -> Theorem:
        return inside(lambda q: _less_one(q, *q.facts[-4:]))(p)

    every = Proof(claim).induct("n", claim, inside(_nothing), step)
    th = rules.specialize(rules.specialize(rules.specialize(every, _n), letter(a)), letter(b))
    for condition in conditions:
        th = rules.detach(th, rules.assume(condition))
    return th


def _less_one(p: Proof, before: Theorem, same: Theorem, large: Theorem, other: Theorem) -> Theorem:
    """The step of `trace_of_product`."""
    e, f = p.blocks(_n, ONE)
    units = p.facts[-4:]
    (decl_a,) = (d for d in _decls(same) if d.name == "A")
    a = letter(decl_a)
    b = letter(decl_a._replace(name="B"))
    last = multiply(a, f)
    corner = form(a, f)
    least = rules.specialize(large, f)

    def of_rest(q: Proof, rest: Term, definite: Theorem, gone: list[Theorem]) -> Theorem:
        """tr(rest B) >= 0, where rest f = 0 = f'rest."""
        inner = multiply(multiply(transpose(e), rest), e)
        smaller = multiply(multiply(transpose(e), b), e)
        v = Decl("Direction", _n, ONE)
        at = multiply(e, letter(v))
        seen = rules.specialize(other, at)
        symmetric = q.ideal(_symmetric(inner), [same])
        th = rules.specialize(rules.specialize(before, inner), smaller)
        for known in (symmetric, definite, rules.generalize(seen, v)):
            th = rules.detach(th, known)
        right, left = gone  # rest f = 0 and f'rest = 0; with E E' = I - f f', rest is E E'rest E E'
        around = multiply(multiply(e, transpose(e)), b)
        moved = q.combine(
            equal(trace(multiply(inner, smaller)), trace(multiply(rest, b))),
            (units[-1], None, multiply(rest, around)),
            (left, scale(number(-1), f), around),
            (units[-1], rest, b),
            (right, scale(number(-1), identity(b.rows)), multiply(transpose(f), b)),
        )
        return rules.order(
            at_least(trace(multiply(rest, b)), _NOTHING), [th, moved], [Summand(1, (0,))], [(1, number(-1))]
        )

    def positive(q: Proof) -> Theorem:
        t = q.reciprocal(corner)
        inverse = q.facts[-1]
        rest = subtract(a, scale(t, multiply(last, transpose(last))))
        v = Decl("Direction", _n, ONE)
        y = multiply(e, letter(v))
        shifted = subtract(y, scale(scale(t, multiply(transpose(last), y)), f))
        short = form(rest, y)
        equation = q.ideal(equal(short, form(a, shifted)), [inverse, same])
        bound = rules.order(
            at_least(short, _NOTHING),
            [rules.specialize(large, shifted), equation],
            [Summand(1, (0,))],
            [(1, number(1))],
        )
        gone = [q.ideal(zero(multiply(rest, f)), [inverse, same])]
        gone.append(q.ideal(zero(multiply(transpose(f), rest)), [*gone, same]))
        smaller = of_rest(q, rest, rules.generalize(bound, v), gone)
        # tr(A B) = tr(rest B) + t a'B a, and t = t^2 c
        rest_of_one = scale(number(-1), scale(form(b, last), t))
        along = (1, rules.specialize(other, last), q.facts[-2], t)
        return q.weighted(q.goal, (1, smaller), along, (rest_of_one, inverse))

    def flat(q: Proof) -> Theorem:
        size, most = squared_norm(last), q.facts[-1]  # -c >= 0
        inside = form(a, last)
        z = subtract(scale(size, last), scale(add(inside, number(1)), f))
        none = q.squeeze(least, most)
        value = subtract(
            scale(scale(size, size), inside), scale(number(2), scale(scale(size, size), add(inside, number(1))))
        )
        equation = q.ideal(equal(form(a, z), value), [none, same])
        bound = at_least(_NOTHING, scale(size, size))
        half = rules.order(
            bound,
            [rules.specialize(large, z), equation, rules.specialize(large, last)],
            [Summand(_HALF, (0,)), Summand(_HALF, (2,), (size,))],
            [(1, number(-_HALF))],
        )
        empty = rules.null(half, size)
        nothing = rules.null(rules.order(at_least(_NOTHING, size), [empty], (), [(0, number(-1))]), last)
        v = Decl("Direction", _n, ONE)
        definite = rules.generalize(rules.specialize(large, multiply(e, letter(v))), v)
        back = q.ideal(zero(multiply(transpose(f), a)), [nothing, same])
        return of_rest(q, a, definite, [nothing, back])

    return p.cases(greater(corner, _NOTHING), positive, flat)


def _decls(th: Theorem) -> frozenset[Decl]:
    return free_letters(th.conclusion)


# ---------------------------------------------------------------- projections and rank
@cache
def projection() -> Theorem:
    """For M: m x n there are P, G with P'P = P, P M = M, P = M G and tr P = rank M: the projection on the image.

    M = C F with C of full column rank: C'C has an inverse H, and P = C H C'.
    """
    m = matrix_letter("M", _m, _n)
    decls = Decl("Projection", _m, _m), Decl("Section", _n, _m)
    q, g = map(letter, decls)
    body = conjunction(
        equal(multiply(transpose(q), q), q),
        equal(multiply(q, m), m),
        equal(q, multiply(m, g)),
        equal(trace(q), rank(m)),
    )
    goal = exists_all(decls, body)
    p = Proof(goal)
    f = p.factor(m)
    size, factors, left, right = p.facts
    gram = multiply(transpose(f.left), f.left)
    _, kernel, _, inverse = p.open(p.lemma(ranks.nullity(), M=gram))
    whole, null = p.facts[-2], p.facts[-4]
    unread = multiply(f.left, kernel)
    p.facts = [p.ideal(zero(squared_norm(unread)), [null])]
    gone = rules.null(p.order(at_least(_NOTHING, squared_norm(unread))), unread)
    none = p.ideal(zero(kernel), [gone, left])
    one = p.ideal(equal(multiply(inverse, gram), identity(gram.rows)), [whole, none])
    same = p.ideal(equal(transpose(inverse), inverse), [one])
    p.facts = [size, factors, right, one, same]
    image = multiply(multiply(f.left, inverse), transpose(f.left))
    section = multiply(multiply(f.right_inverse, inverse), transpose(f.left))
    return p.close(ranks.introduce_all(p, goal, [image, section]))


@cache
def trace_and_rank() -> Theorem:
    """(tr M)^2 <= rank(M) |M|^2: tr M = <P, M> for the projection P on the image of M, and |P|^2 = rank M."""
    m = matrix_letter("M", _n, _n)
    p = Proof(at_least(scale(rank(m), squared_norm(m)), scale(trace(m), trace(m))))
    on_image, _ = p.open(p.lemma(projection(), M=m))
    idempotent, keeps, _, size = p.facts
    known = p.lemma(cauchy_schwarz(), A=on_image, B=m)
    symmetric = p.ideal(equal(transpose(on_image), on_image), [idempotent])
    seen = p.ideal(equal(trace(multiply(transpose(on_image), m)), trace(m)), [symmetric, keeps])
    length = p.ideal(equal(squared_norm(on_image), rank(m)), [idempotent, size])
    both = add(trace(multiply(transpose(on_image), m)), trace(m))
    equations = [(1, both), (2, scale(number(-1), squared_norm(m)))]
    return p.close(rules.order(p.goal, [known, seen, length], [Summand(1, (0,))], equations))


# ---------------------------------------------------------------- square roots
@cache
def root() -> Theorem:
    """a <= b, from a^2 <= b^2 and b >= 0: else (a - b)^2 + 2 b (a - b) > 0."""
    a, b = (matrix_letter(name, ONE, ONE) for name in "ab")
    goal = at_least(b, a)
    known = [rules.assume(at_least(scale(b, b), scale(a, a))), rules.assume(at_least(b, _NOTHING))]
    denial = rules.assume(negation(goal))
    shares = [Summand(1, (2, 2)), Summand(2, (1, 2)), Summand(1, (0,))]
    wrong = rules.order(FALSE, [*known, denial], shares)
    return rules.cases(rules.assume(goal), anything(goal, wrong), goal)


@cache
def inner_product() -> Theorem:
    """<X, Y> <= s t, from |X|^2 <= s^2, |Y|^2 <= t^2, s >= 0 and t >= 0: Cauchy-Schwarz for norms."""
    x, y = (matrix_letter(name, _m, _n) for name in "XY")
    s, t = (matrix_letter(name, ONE, ONE) for name in "st")
    inside, product = trace(multiply(transpose(x), y)), scale(s, t)
    long_x, long_y = (at_least(scale(a, a), squared_norm(b)) for a, b in ((s, x), (t, y)))
    given = [rules.assume(q) for q in (long_x, long_y, at_least(s, _NOTHING), at_least(t, _NOTHING))]
    p = Proof(at_least(product, inside), given)
    # s^2 t^2 = |X|^2 |Y|^2 + (s^2 - |X|^2) |Y|^2 + s^2 (t^2 - |Y|^2)
    known = p.lemma(cauchy_schwarz(), A=x, B=y)
    square = at_least(scale(product, product), scale(inside, inside))
    p.add(p.weighted(square, (1, known), (1, given[0], y), (1, given[1], s)))
    p.add(p.weighted(at_least(product, _NOTHING), (1, given[2], given[3])))
    return p.close(p.lemma(root(), a=inside, b=product))
