"""The determinant of the Gram matrix of three matrices of one shape is not negative: angles between three vectors."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations

from ..kernel import rules
from ..kernel.props import at_least, greater, zero
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Decl,
    Term,
    add,
    letter,
    multiply,
    nat,
    number,
    scale,
    squared_norm,
    subtract,
    trace,
    transpose,
)
from .halves import cuts, traces
from .norms import cauchy_schwarz
from .proof import Proof

_MOST = 3  # triples
_WORDS = 9


def _inner(x: Term, y: Term) -> Term:
    return trace(multiply(transpose(x), y))


@cache
def gram_determinant() -> Theorem:
    """|X|^2 |Y|^2 |Z|^2 + 2 <X, Y> <Y, Z> <X, Z> - |X|^2 <Y, Z>^2 - |Y|^2 <X, Z>^2 - |Z|^2 <X, Y>^2 >= 0.

    |Z|^6 times it is what the Cauchy-Schwarz inequality says of |Z|^2 X - <X, Z> Z and |Z|^2 Y - <Y, Z> Z.
    """
    x, y, z = (letter(Decl(name, nat("m"), nat("n"))) for name in "XYZ")
    xy, yz, xz = _inner(x, y), _inner(y, z), _inner(x, z)
    size = squared_norm(z)
    value = add(scale(scale(squared_norm(x), squared_norm(y)), size), scale(scale(xy, yz), xz), 2)
    for length, inside in ((squared_norm(x), yz), (squared_norm(y), xz), (size, xy)):
        value = subtract(value, scale(length, scale(inside, inside)))
    p = Proof(at_least(value, number(0)))

    def positive(q: Proof) -> Theorem:
        length, t = q.facts[-1], q.reciprocal(size)
        across = [subtract(scale(size, a), scale(b, z)) for a, b in ((x, xz), (y, yz))]
        bound = q.lemma(cauchy_schwarz(), A=across[0], B=across[1])
        one = scale(t, size)  # (t |Z|^2)^4 times the value is |Z|^2 t^4 times the bound
        powers = scale(add(one, number(1)), add(scale(one, one), number(1)))
        return q.weighted(
            q.goal, (1, length, bound, scale(t, t)), (scale(number(-1), scale(powers, value)), q.facts[-1])
        )

    def flat(q: Proof) -> Theorem:
        gone = rules.null(q.facts[-1], z)
        return rules.order(q.goal, [q.ideal(zero(value), [gone])], (), [(0, number(1))])

    return p.close(p.cases(greater(size, number(0)), positive, flat))


def gram_determinants(p: Proof) -> Iterator[Theorem]:
    """The lemma for three words whose inner products stand in the goal, or one of them in an equation."""
    goal: Term = p.goal[1]
    if p.goal.kind not in ("ge", "gt") or not any(sum(x.kind == "trace" for x in key) > 1 for key in goal.words):
        return
    own = set(traces([goal]))
    known = own.union(traces(f.conclusion[1] for f in p.facts if f.conclusion.kind == "zero"))
    words = dict.fromkeys(
        w for a in traces([goal]) for pair in cuts(a) for w in (*pair, *map(transpose, pair)) if w.rows != ONE
    )
    made = 0
    for x, y, z in combinations([w for w in words if ONE == w.cols or len(words) <= _WORDS][:_WORDS], 3):
        if made < _MOST and (x.rows, x.cols) == (y.rows, y.cols) == (z.rows, z.cols):
            angles = set(traces(_inner(*pair) for pair in ((x, y), (y, z), (x, z))))
            if len(angles) == 3 and angles <= known and len(angles & own) > 1:
                made += 1
                yield p.lemma(gram_determinant(), X=x, Y=y, Z=z)
