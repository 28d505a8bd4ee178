"""What can be divided by: square one-sided inverses are two-sided, full rank gives an inverse on one side, a scalar
that is not zero has a reciprocal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from functools import cache

from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import at_least, equal, greater, negation, zero
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Decl,
    Key,
    Number,
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
    zeros,
)
from .errors import ProofFailure
from .ideal import Limits, rewrite
from .proof import Proof, positive_is_not_zero
from .rank import full_column_rank, idempotent, of_transpose, vanishes

_m, _n = nat("m"), nat("n")


@cache
def inverse_by_size() -> Theorem:
    """B A = I_n, from A B = I_m for A: m x n with m >= n: the idempotent I - B A has trace, so rank, n - m."""
    a, b = letter(Decl("A", _m, _n)), letter(Decl("B", _n, _m))
    given, wide = rules.assume(equal(multiply(a, b), identity(_m))), rules.assume(at_least(scalar(_m), scalar(_n)))
    e = subtract(identity(_n), multiply(b, a))
    p = Proof(equal(multiply(b, a), identity(_n)), [given, wide])
    square = p.add(p.combine(equal(multiply(e, e), e), (given, b, a)))
    count = p.lemma(idempotent(), P=e)
    minus = number(-1)
    closed = p.combine(equal(trace(e), subtract(scalar(_n), scalar(_m))), (given, scale(minus, identity(_m))))
    none = at_least(number(0), rank(e))
    p.add(rules.order(none, [wide, count, closed], [Summand(1, (0,))], [(1, minus), (2, minus)]))
    return p.close(p.combine(p.goal, (p.lemma(vanishes(), M=e), scale(minus, identity(_n)))))


def other_side(p: Proof, th: Theorem) -> list[Theorem]:
    """B A = I for the ways in which the equation says A B = I, or a A B = I for a scalar a with a reciprocal."""
    found = []
    for a, b, same in _products(p, th):
        if a.rows != a.cols and not _as_long(p, a):
            continue
        found.append(p.lemma(inverse_by_size(), {"m": a.rows, "n": a.cols}, A=a, B=b))
        p.facts.remove(same)
    return found


def _as_long(p: Proof, a: Term) -> bool:
    """Whether the matrix has at least as many rows as columns, by the facts."""
    wide = at_least(scalar(a.rows), scalar(a.cols))
    try:
        p.add(p.order(wide))
    except ProofFailure:
        return False
    return True


def _products(p: Proof, th: Theorem) -> Iterator[tuple[Term, Term, Theorem]]:
    """(A, B, A B = I), where that is the equation, up to a factor and to sums that are multiplied out."""
    h: Term = th.conclusion[1]
    if h.rows != h.cols or h.rows == ONE or not h.words:
        return
    unit, rest = _unit(h)
    if unit.words and rest.words:
        inverse = _reciprocal_of(p, unit)
        if inverse is not None:
            times, why = inverse
            for a, b in _factored(rest):
                yield _named(p, scale(scale(number(-1), times), a), b, th, times, why)
    for a, b, c in _shifted(h):
        yield _named(p, scale(number(Fraction(1) / c), a), b, th, number(Fraction(1) / c), None)


def _named(p: Proof, a: Term, b: Term, th: Theorem, times: Term, why: Theorem | None) -> tuple[Term, Term, Theorem]:
    """A B = I joins the facts: A B - I is -(times h) plus what `why` says of the reciprocal, or times h."""
    goal = equal(multiply(a, b), identity(a.rows))
    facts = [th] if why is None else [th, why]
    return a, b, p.add(p.ideal(goal, facts))


def _unit(h: Term) -> tuple[Term, Term]:
    """s and the rest, for the sum s I + rest."""
    s, rest = number(0), zeros(h.rows, h.cols)
    for key, c in h.words.items():
        atoms, word = split(key)
        if word:
            rest = add(rest, monomial(atoms, word, h.rows, h.cols, c))
        else:
            s = add(s, monomial(atoms, (), ONE, ONE, c))
    return s, rest


def _reciprocal_of(p: Proof, s: Term) -> tuple[Term, Theorem | None] | None:
    """t with t s = 1 and the fact that says so; no fact is needed for a number."""
    if s.words.keys() == {()}:
        return number(Fraction(1) / s.words[()]), None
    key, c = next(iter(s.words.items()))
    for f in p.facts:
        if f.conclusion.kind == "zero" and (h := f.conclusion[1]).words.get((), 0) == -1 and h.rows == ONE == h.cols:
            for t in _scalars(h):
                ((joined, _),) = scale(monomial(*split(key), ONE, ONE), t).words.items()
                times = Fraction(h.words.get(joined, 0)) / c
                if times and f.conclusion == equal(scale(s, scale(number(times), t)), number(1)):
                    return scale(number(times), t), f
    return None


def _scalars(s: Term) -> list[Term]:
    return [monomial((a,), (), ONE, ONE) for a in {a for key in s.words for a in split(key)[0]}]


def _factored(rest: Term) -> Iterator[tuple[Term, Term]]:
    """K and u with K u = rest, or u and K, for words u that all of its words share."""
    words = [(*split(key), c) for key, c in rest.words.items()]
    for n in range(1, min(len(word) for _, word, _ in words) + 1):
        first, last = words[0][1][:n], words[0][1][-n:]
        size = last[0].rows
        if all(word[-n:] == last for _, word, _ in words):
            left = zeros(rest.rows, size)
            for atoms, word, c in words:
                left = add(left, monomial(atoms, word[:-n], rest.rows, size, c))
            yield left, monomial((), last, size, rest.cols)
        size = first[-1].cols
        if len(words) > 1 and all(word[:n] == first for _, word, _ in words):
            right = zeros(size, rest.cols)
            for atoms, word, c in words:
                right = add(right, monomial(atoms, word[n:], size, rest.cols, c))
            yield monomial((), first, rest.rows, size), right


def _shifted(h: Term) -> Iterator[tuple[Term, Term, Number]]:
    """K, L and c with K L = h + c I, c not 0, where h is u v + b u + a v + s I: K = u + a, L = v + b."""
    if len(h.words) not in (2, 3, 4) or any(split(key)[0] for key in h.words):
        return
    longest: Key = max(h.words, key=len)
    for i in range(1, len(longest)):
        u, v = longest[:i], longest[i:]
        if u[-1].cols != h.rows or u == v or not set(h.words) <= {longest, u, v, ()}:
            continue
        top = h.words[longest]
        a, b = Fraction(h.words.get(v, 0)) / top, Fraction(h.words.get(u, 0)) / top
        c = a * b - Fraction(h.words.get((), 0)) / top
        if c and (a or b):
            one = identity(h.rows)
            left = add(monomial((), u, h.rows, h.rows), one, a) if a else monomial((), u, h.rows, h.rows)
            right = add(monomial((), v, h.rows, h.rows), one, b) if b else monomial((), v, h.rows, h.rows)
            yield left, right, c


# ---------------------------------------------------------------- rank
def of_idempotents(p: Proof) -> None:
    """rank E = tr E, for words E with E E = E whose rank or trace is mentioned."""
    known = {f.conclusion for f in p.facts}
    mentioned = {x for q in (p.goal, *known) if q.kind in ("zero", "ge", "gt") for key in q[1].words for x in key}
    for f in list(p.facts):
        if f.conclusion.kind != "zero" or len(f.conclusion[1].words) != 2:
            continue
        h: Term = f.conclusion[1]
        short, long = sorted(h.words, key=len)
        if h.rows == h.cols != ONE and long == short + short and h.words[long] == -h.words[short]:
            e = monomial((), split(short)[1], h.rows, h.cols)
            atoms = {x for s in (rank(e), trace(e)) for key in s.words for x in key}
            if not atoms.isdisjoint(mentioned) and equal(rank(e), trace(e)) not in known:
                square = p.ideal(equal(multiply(e, e), e), [f])
                p.add(p.prove(equal(rank(e), trace(e)), lambda q, e=e: q.lemma(idempotent(), P=e), [square]))


def same_ranks(p: Proof) -> None:
    """rank M = rank N, where M is mentioned and the equations rewrite it to N."""
    known = {f.conclusion for f in p.facts}
    goal = [p.goal] if p.goal.kind in ("zero", "ge", "gt") else []
    terms = [q[1] for q in (*goal, *known) if q.kind in ("zero", "ge", "gt") and q[1].rows == ONE == q[1].cols]
    found = {x.data: None for s in terms for key in s.words for x in key if isinstance(x, Atom) and x.kind == "rank"}
    for m in found:
        with suppress(ProofFailure):
            reduced, same = rewrite(m, p.facts, Limits(steps=100))
            if reduced != m and equal(rank(m), rank(reduced)) not in known:
                p.add(rules.congruence(same, m, reduced))


def by_full_rank(p: Proof) -> None:
    """Of a matrix whose rank the facts say is full, an inverse on one side; a matrix of rank 0 is 0."""
    for m in _ranked(p):
        value, known = rank(m), {f.conclusion for f in p.facts}
        if zero(m) not in known and _follows(p, at_least(number(0), value)):
            p.add(p.lemma(vanishes(), M=m))
        elif _follows(p, at_least(value, scalar(m.cols))):
            p.add(p.lemma(full_column_rank(), V=m))
        elif _follows(p, at_least(value, scalar(m.rows))):
            p.add(p.lemma(of_transpose(), X=transpose(m)))
            if _follows(p, at_least(rank(transpose(m)), scalar(m.rows))):
                p.add(p.lemma(full_column_rank(), V=transpose(m)))


def _ranked(p: Proof) -> list[Term]:
    """The matrices whose ranks the facts mention."""
    facts = [f.conclusion[1] for f in p.facts if f.conclusion.kind in ("zero", "ge", "gt")]
    terms = [s for s in facts if s.rows == ONE == s.cols]
    found = {x.data: None for s in terms for key in s.words for x in key if isinstance(x, Atom) and x.kind == "rank"}
    return [m for m in found if m.rows != ONE or m.cols != ONE]


def _follows(p: Proof, goal: object) -> bool:
    """Whether an inequality follows from the facts by order; then it joins them."""
    try:
        p.add(p.order(goal))
    except (ProofFailure, KernelError):
        return False
    return True


# ---------------------------------------------------------------- scalars
def reciprocals(p: Proof) -> None:
    """1/s for the scalars s that the facts say are not 0, and that stand before a matrix or another scalar."""
    for f in list(p.facts):
        q = f.conclusion
        if q.kind == "not" and q[1].kind == "zero":
            s: Term = q[1][1]
            if s.rows == ONE == s.cols:
                _invert(p, s, f)
            elif ONE in (s.rows, s.cols) and len(s.words) == 1:
                _invert(p, squared_norm(s), _norm_not_zero(p, s, f))
        elif q.kind == "gt" and _is_factor(p, q[1]):
            _invert(p, q[1], positive_is_not_zero(f))
        elif q.kind == "ge" and (c := q[1].words.get((), 0)) < 0 and _is_factor(p, add(q[1], number(-c))):
            s = add(q[1], number(-c))
            above = rules.order(greater(s, number(0)), [f], [Summand(1, (0,)), Summand(-c)])
            _invert(p, s, positive_is_not_zero(above))
    for s in dict.fromkeys(s for f in p.facts if f.conclusion.kind == "zero" if (s := _common_factor(f.conclusion[1]))):
        squares = [monomial((a,), (), ONE, ONE) for key in s.words for a in split(key)[0]]
        for positive in (s, scale(number(-1), s)) if _reciprocal_of(p, s) is None else ():
            with suppress(ProofFailure):
                _invert(p, positive, positive_is_not_zero(p.order(greater(positive, number(0)), squares=squares)))
                break


def _common_factor(h: Term) -> Term | None:
    """s, where h = s M for a matrix M of numbers times words, and s is no number."""
    scalars: dict[Key, Term] = {}
    for key, c in h.words.items():
        atoms, word = split(key)
        scalars[word] = add(scalars.get(word, number(0)), monomial(atoms, (), ONE, ONE, c))
    if scalars.keys() <= {()} or any(s.words.keys() <= {()} for s in scalars.values()):
        return None
    first, *others = scalars.values()
    key, c = next(iter(first.words.items()))
    if all(scale(number(Fraction(s.words.get(key, 0)) / c), first) == s for s in others):
        return scale(number(Fraction(1) / c), first)
    return None


def _norm_not_zero(p: Proof, m: Term, no: Theorem) -> Theorem:
    """not tr(m'm) = 0, from not m = 0."""
    equation = zero(squared_norm(m))
    given = rules.assume(equation)
    gone = rules.null(rules.order(at_least(number(0), squared_norm(m)), [given], (), [(0, number(-1))]), m)
    goal = negation(equation)
    return rules.cases(rules.absurd(gone, no, goal), rules.assume(goal), equation)


def _is_factor(p: Proof, s: Term) -> bool:
    """Whether a factor of the scalar stands before something else in an equation."""
    atoms = {a for key in s.words for a in split(key)[0]}
    equations = [f.conclusion[1] for f in p.facts if f.conclusion.kind == "zero"]
    if p.goal.kind == "zero":
        equations.append(p.goal[1])
    return any(len(key) > 1 and not atoms.isdisjoint(key) for h in equations for key in h.words)


def _invert(p: Proof, s: Term, not_zero: Theorem) -> None:
    if s.words.keys() <= {()} or _reciprocal_of(p, s) is not None:
        return
    p.open(rules.invert(not_zero, *p.unused("t")))
