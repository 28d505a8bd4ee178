"""How far a matrix of small rank is from an isometry, in the squared norm: at least by the ranks' difference.

After Eckart and Young, "The approximation of one matrix by another of lower rank" (1936), for singular values 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ..kernel import rules
from ..kernel.props import at_least, equal
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import (
    ONE,
    Decl,
    Term,
    add,
    identity,
    letter,
    monomial,
    multiply,
    nat,
    number,
    rank,
    scale,
    split,
    squared_norm,
    subtract,
    trace,
    transpose,
)
from .halves import cuts, traces
from .ideal import Completed
from .norms import projection, trace_and_rank
from .proof import Proof
from .rank_equal import same_transpose

_MOST = 6  # pairs of matrices


@cache
def distance() -> Theorem:
    """|A - M|^2 >= |A|^2 - rank(M), from (A'A)^2 = A'A: with P the projection on the image of M', M = M P and
    |A - M|^2 = |A|^2 - tr(P) + |(A - M)P|^2 + |(I - A'A)P|^2."""
    m, n = nat("m"), nat("n")
    a, b = letter(Decl("A", m, n)), letter(Decl("M", m, n))
    gram = multiply(transpose(a), a)
    given = rules.assume(equal(multiply(gram, gram), gram))
    size = subtract(squared_norm(a), rank(b))
    p = Proof(at_least(squared_norm(subtract(a, b)), size), [given])
    on_rows, _ = p.open(p.lemma(projection(), M=transpose(b)))
    _, idempotent, keeps, _, total = p.facts
    same_rank = p.lemma(same_transpose(), X=b)
    symmetric = p.ideal(equal(transpose(on_rows), on_rows), [idempotent])
    parts = multiply(subtract(a, b), on_rows), subtract(on_rows, multiply(gram, on_rows))
    whole = add(squared_norm(parts[0]), squared_norm(parts[1]))
    wanted = equal(squared_norm(subtract(a, b)), add(subtract(squared_norm(a), trace(on_rows)), whole))
    same = p.ideal(wanted, [given, idempotent, keeps, symmetric])
    p.facts = [same, total, same_rank]
    return p.close(p.order(squares=parts))


def distances(p: Proof, modulo: Completed) -> Iterator[Theorem]:
    """The lemma for the matrices whose squared norms an inequality has, and isometries that it has too."""
    counted = rules.is_integral(p.goal[1]) and p.goal.kind in ("ge", "gt")
    said = [f.conclusion for f in p.facts if counted and f.conclusion.kind in ("ge", "gt")]
    for q in (p.goal, *said):
        if q.kind in ("ge", "gt") and not rules.is_integral(q[1]):
            yield from _in(p, q[1], modulo)


def _in(p: Proof, goal: Term, modulo: Completed) -> Iterator[Theorem]:
    words = list(dict.fromkeys(u for a in traces([goal]) for u, v in cuts(a) if u == v and ONE not in u[:2]))
    made = 0
    for m in words:
        shapes = [w for w in (*words, *map(transpose, words)) if w != m and (w.rows, w.cols) == (m.rows, m.cols)]
        for a in [*([identity(m.rows)] if m.rows == m.cols else []), *shapes]:
            gram = multiply(transpose(a), a)
            gap = subtract(multiply(gram, gram), gram)
            if goal.words.keys().isdisjoint(trace(multiply(transpose(a), m)).words):
                continue  # it is not their difference that the goal is about
            if made < _MOST and not modulo.reduce(gap).words:
                made += 1
                q = Proof(p.goal, [modulo.vanishes(gap)])
                yield q.lemma(distance(), A=a, M=m)
                yield from _ranks(m)


def traces_by_rank(p: Proof) -> Iterator[Theorem]:
    """tr(M)^2 <= k |M|^2 for the square products M whose trace and norm the goal has, and each dimension k inside."""
    goal: Term = p.goal[1]
    known = traces([goal]) if p.goal.kind in ("ge", "gt") else []
    words = dict.fromkeys(u for a in known for u, v in cuts(a) if u == v and u.rows == u.cols != ONE)
    for m in list(words)[:_MOST]:
        (((data, *_),),) = (trace(m).words,)
        if data not in known:
            continue
        spread = p.lemma(trace_and_rank(), M=m)
        for bound in dict.fromkeys(_ranks(m)):
            value = subtract(scale(add(bound.conclusion[1], rank(m)), squared_norm(m)), scale(trace(m), trace(m)))
            yield rules.order(at_least(value, number(0)), [spread, bound], [Summand(1, (0,)), Summand(1, (1,), (m,))])


def _ranks(m: Term) -> Iterator[Theorem]:
    """Bounds of the rank of a word, by the dimensions that it goes through."""
    ((key, _),) = m.words.items()
    word = split(key)[1]
    for i in range(len(word) + 1):
        size = word[i].rows if i < len(word) else m.cols
        left, right = monomial((), word[:i], m.rows, size), monomial((), word[i:], size, m.cols)
        yield rules.rank_bound(left, right)
