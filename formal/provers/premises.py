"""What is at hand for an inequality: the denial of the goal, the facts, and what lemmas make of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..kernel import rules
from ..kernel.props import Prop, at_least, equal, negation, zero
from ..kernel.rules import Theorem
from ..kernel.terms import (
    ONE,
    Atom,
    Term,
    monomial,
    multiply,
    number,
    scale,
    split,
    squared_norm,
    subtract,
    transpose,
)
from . import norms
from . import rank as ranks
from .definite import Definite, below_trace, by_equations, definite
from .determinants import gram_determinants
from .halves import cuts, degree, term_degree
from .ideal import Completed, Limits
from .low_rank import distances, traces_by_rank
from .proof import FALSE, Proof

_MOST = 14  # facts


class Problem:
    """The goal's denial, the facts, and what follows of the words in them."""

    def __init__(self, p: Proof) -> None:
        self.proof = p
        self.goal = p.goal
        self.denial = None if p.goal == FALSE else rules.assume(negation(p.goal))
        facts = [*p.facts, *_derived(p)]
        self.modulo = Completed(facts, Limits(rules=60, overlaps=200, degree=8), traces=True)
        self.equations = [f.conclusion[1] for f in facts if f.conclusion.kind == "zero"]
        self.definite = definite(p.facts)
        facts = [f for f in facts if not (self.definite and _is_instance(f, p.facts))]
        facts += [*distances(p, self.modulo), *traces_by_rank(p), *gram_determinants(p)]
        known = {f.conclusion: f for f in facts if f.conclusion.kind in ("ge", "gt")}
        self.facts = _nearest(p.goal[1], list(known.values()))
        if self.denial and self.denial.conclusion.kind == "gt" and rules.is_integral(p.goal[1]):
            self.facts.append(rules.integer(self.denial))
        every = [*self.definite, *by_equations(self.equations, self.modulo)]
        self.facts += self._of_interest(_products_of_definite(p, every, self.modulo))

    def _of_interest(self, found: Sequence[Theorem]) -> list[Theorem]:
        """Those that speak of nothing but what the goal and the facts speak of, each once."""
        seen = {self.modulo.reduce(th.conclusion[1]) for th in self.premises}
        own = {x for value in seen for key in value.words for x in key}
        kept = []
        for th in found:
            value = self.modulo.reduce(th.conclusion[1])
            if value.words and value not in seen and all(own.issuperset(key) for key in value.words):
                seen.add(value)
                kept.append(th)
        return kept

    @property
    def premises(self) -> list[Theorem]:
        """The denial first."""
        return [*([self.denial] if self.denial else []), *self.facts]

    def degree(self, th: Theorem) -> int:
        """That of what it says is not negative, rewritten by the equations where that makes it less."""
        value = th.conclusion[1]
        return min(term_degree(value), term_degree(self.modulo.reduce(value)))

    @property
    def reduced_degree(self) -> int:
        """How far what is given goes up, rewritten by the equations; it is even."""
        low = max([2, *map(self.degree, self.premises)])
        return low + low % 2

    @property
    def degrees(self) -> tuple[int, int]:
        """What is given goes up to the first, the square of the goal to the second; both are even."""
        goal = term_degree(self.goal[1])
        given = max((term_degree(f.conclusion[1]) for f in self.facts), default=0)
        low = max(goal, given, 2)
        return low + low % 2, max(2 * goal, low + low % 2)


def _is_instance(fact: Theorem, facts: Sequence[Theorem]) -> bool:
    """Whether it is what a fact for all vectors says of one: the forms that are not negative say so too."""
    step = fact.step
    return step.rule == "specialize" and any(step.parents[0] is f for f in facts) and bool(definite(step.parents))


def _nearest(goal: Term, facts: list[Theorem]) -> list[Theorem]:
    """The facts, or if they are many those that speak of what the goal speaks of, then of what these speak of."""
    if len(facts) <= _MOST:
        return facts
    kept: list[Theorem] = []
    seen = {x for key in goal.words for x in key}
    while len(kept) < _MOST:
        meeting = [f for f in facts if f not in kept and any(not seen.isdisjoint(key) for key in f.conclusion[1].words)]
        if not meeting:
            break
        kept += meeting[: _MOST - len(kept)]
        seen = seen.union(*(key for f in meeting for key in f.conclusion[1].words))
    return [f for f in facts if f in kept]


def _derived(p: Proof) -> list[Theorem]:
    """What is not 0 has a positive norm; bounds of the ranks that occur; a projection's rank is its trace."""
    found = []
    for f in p.facts:
        if f.conclusion.kind == "not" and f.conclusion[1].kind == "zero":
            found += _of_nonzero(p, f.conclusion[1][1])
    for f in p.facts:
        if (e := _idempotent(f)) is not None:
            found.append(p.lemma(ranks.idempotent(), P=e))
    seen = [q.conclusion[1] for q in [*p.facts, *found] if q.conclusion.kind in ("ge", "gt", "zero")]
    seen.append(p.goal[1])
    for m in {x.data: None for t in seen for key in t.words for x in key if isinstance(x, Atom) and x.kind == "rank"}:
        found += [p.lemma(ranks.at_most_rows(), X=m), p.lemma(ranks.at_most_cols(), X=m)]
        square = m if m.rows == m.cols else multiply(transpose(m), m)
        found.append(p.lemma(norms.trace_and_rank(), M=square))
        if square is not m:
            found.append(p.lemma(ranks.product_right(), X=transpose(m), Y=m))
    return [*found, *_lengths(p), *_outer_products(p)]


def _outer_products(p: Proof) -> Iterator[Theorem]:
    """u'h v = 0 for the columns u, v of an equation h = 0 of outer products such as x y'."""
    for f in p.facts:
        h: Term = f.conclusion[1] if f.conclusion.kind == "zero" else number(0)
        words = [split(key)[1] for key in h.words]
        if ONE not in (h.rows, h.cols) and words and all(len(w) == 2 and w[0].cols == ONE for w in words):
            left = {monomial((), (w[0],), h.rows, ONE): None for w in words}
            right = {monomial((), (w[1],), ONE, h.cols): None for w in words}
            for u in list(left)[:3]:
                for v in list(right)[:3]:
                    x, y = transpose(u), transpose(v)
                    value = multiply(multiply(x, h), y)
                    yield rules.ideal(value, [f], [rules.Cofactor(0, x, y)])


def _of_nonzero(p: Proof, x: Term) -> list[Theorem]:
    """|X|^2 > 0 for an X that is not 0, and what a fact says of all vectors that are not 0."""
    found = [p.lemma(norms.nonzero(), X=x)]
    for f in p.facts:
        var = f.conclusion[1] if f.conclusion.kind == "all" else ""
        if isinstance(var, str) or (var.rows, var.cols) != (x.rows, x.cols) or var.indexed or var.domain:
            continue
        th = rules.specialize(f, x)
        if th.conclusion.kind == "imp" and th.conclusion[1] == negation(zero(x)):
            known = next(g for g in p.facts if g.conclusion == negation(zero(x)))
            found.append(rules.detach(th, known))
    return found


def _lengths(p: Proof) -> list[Theorem]:
    """<X, Y> <= s t and -<X, Y> <= s t for scalars that facts say are norms, or bounds of norms."""
    signs = {f.conclusion[1] for f in p.facts if f.conclusion.kind in ("ge", "gt")}
    known = []
    for f in p.facts:
        for s, x, sign in _roots(f.conclusion):
            if s in signs:
                bound = at_least(scale(s, s), squared_norm(x))
                least = at_least(s, number(0))
                parts = [(sign, f)] if f.conclusion.kind == "zero" else [(1, f)]
                (positive,) = [g for g in p.facts if g.conclusion.kind in ("ge", "gt") and g.conclusion[1] == s][:1]
                known.append((s, x, p.weighted(bound, *parts), p.weighted(least, (1, positive))))
    found = []
    for i, (s, x, long_x, least_s) in enumerate(known):
        for t, y, long_y, least_t in known[i + 1 :]:
            for v in (y, transpose(y)):
                if (v.rows, v.cols) == (x.rows, x.cols):
                    for sign in (1, -1):
                        q = Proof(p.goal, [long_x, long_y, least_s, least_t])
                        found.append(q.lemma(norms.inner_product(), X=scale(number(sign), x), Y=v, s=s, t=t))
    return found


def _roots(p: Prop) -> Iterator[tuple[Term, Term, int]]:
    """s, X and the sign, where a fact is s^2 = |X|^2 or s^2 >= |X|^2 and X is a word."""
    if p.kind not in ("zero", "ge", "gt") or len(p[1].words) != 2:
        return
    for key in p[1].words:
        if len(key) == 2 and key[0] is key[1] and isinstance(key[0], Atom) and degree(key) == 2:
            s = monomial(key[:1], (), ONE, ONE)
            (other,) = (k for k in p[1].words if k is not key)
            for a in other:
                for u, v in cuts(a) if isinstance(a, Atom) and a.kind == "trace" else ():
                    sign = 1 if p[1].words[key] > 0 else -1
                    if u == v and equal(scale(s, s), squared_norm(u)) == zero(scale(number(sign), p[1])):
                        yield s, u, sign
                        return


def _idempotent(f: Theorem) -> Term | None:
    """E, where a fact says E E = E."""
    if f.conclusion.kind != "zero" or f.conclusion[1].rows != f.conclusion[1].cols:
        return None
    h: Term = f.conclusion[1]
    for key, c in h.words.items():
        if len(key) == 1 and not isinstance(key[0], Atom):
            e = monomial((), key, h.rows, h.cols)
            if equal(multiply(e, e), e) in (zero(h), zero(scale(number(-1), h))) and abs(c) == 1:
                return e if equal(multiply(e, e), e) == zero(h) else None
    return None


def _products_of_definite(p: Proof, known: Sequence[Definite], modulo: Completed) -> list[Theorem]:
    """tr(A B) >= 0 for any two of them, one of them symmetric; of one also for tr(M) I - M."""
    found = []
    for i, one in enumerate(known):
        for two in known[i:]:
            if one.matrix.rows == two.matrix.rows:
                for other in (two, below_trace(two)):
                    pair = next((pair for pair in ((one, other), (other, one)) if _symmetric(pair[0], modulo)), None)
                    if pair is not None:
                        a, b = pair
                        gap = modulo.vanishes(subtract(transpose(a.matrix), a.matrix))
                        q = Proof(p.goal, [gap, a.theorem, b.theorem])
                        found.append(q.lemma(norms.trace_of_product(), A=a.matrix, B=b.matrix))
    return found


def _symmetric(m: Definite, modulo: Completed) -> bool:
    return not modulo.reduce(subtract(transpose(m.matrix), m.matrix)).words
