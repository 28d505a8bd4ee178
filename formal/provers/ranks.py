"""Methods for ranks: the table of rank facts with linear arithmetic, and what ranks promise."""

from __future__ import annotations

from ..kernel import rules
from ..kernel.props import Prop, greater, negation
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import ONE, Term, number, rank, scale, subtract
from . import rank as lemmas
from . import rank_adding
from .errors import ProofFailure
from .method import Enrich, Method
from .proof import FALSE, Proof, anything
from .rank_consequences import from_all_vectors, full_ranks, other_side, other_side_of_words
from .rank_table import RankTable
from .rank_witnesses import by_promise


def by_rank(p: Proof) -> Theorem:
    """A script for proofs: `by_table` for a relation, or for each of several, with what ranks say besides."""
    if p.goal.kind == "and":
        return rules.conjoin([p.prove(q, by_rank) for q in p.goal[1]])
    for enrich in CONSEQUENCES:
        enrich(p)
    try:
        return by_table(p, 0)
    except ProofFailure:
        return by_table(p, 1)


def by_table(p: Proof, effort: int) -> Theorem:
    """A script: `relation`, after the facts "s is not 0" on integers s have become s >= 1 or -s >= 1."""
    for f in p.facts:
        q = f.conclusion
        if q.kind == "not" and q[1].kind == "zero" and rules.is_integral(q[1][1]):
            return _either_side(p, f, effort)
    return relation(p, effort)


def _either_side(p: Proof, other: Theorem, effort: int) -> Theorem:
    """The goal from s > 0, and from s < 0, for an integer s that is not 0; mostly one of them cannot be."""
    s: Term = other.conclusion[1][1]
    p.facts.remove(other)
    try:
        return relation(p, 0)
    except ProofFailure:
        pass

    def one(q: Proof) -> Theorem:
        return by_table(q, effort)

    def rest(q: Proof) -> Theorem:  # s <= 0, so s < 0 as s = 0 is denied
        least = q.facts[-1]
        below = greater(number(0), s)
        no = rules.assume(negation(below))  # s >= 0
        lost = rules.absurd(q.squeeze(no, least), other, below)
        q.add(rules.cases(rules.assume(below), lost, below))
        return by_table(q, effort)

    return p.cases(greater(s, number(0)), one, rest)


def relation(p: Proof, effort: int) -> Theorem:
    """A script: a relation of ranks and dimensions, or a matrix that is 0 because its rank is.

    Raises ProofFailure when linear arithmetic on the table does not reach the goal.

    >>> from formal.kernel.rules import assume
    >>> from formal.statement import Eq, Le, dims, matrix, rank
    >>> from formal.statement.elaborate import elaborate_prop
    >>> n = dims("n"); A = matrix("A", n, n)
    >>> p = Proof(elaborate_prop(Le(2*rank(A), n)), [assume(elaborate_prop(Eq(A*A, 0*A)))])
    >>> print(by_table(p, 0).conclusion)
    n - 2 rank(A) >= 0
    """
    goal = p.goal
    if goal.kind == "not":
        return _denied(p, effort)
    value: Term = goal[1]
    if goal.kind == "zero" and (value.rows, value.cols) != (ONE, ONE):
        table = RankTable(p, effort, [value])
        p.add(table.least(scale(number(-1), rank(value))))
        return p.lemma(lemmas.vanishes(), M=value)
    table = RankTable(p, effort)
    if goal.kind == "ge":
        return table.least(value)
    if goal.kind == "gt":
        th = table.least(subtract(value, number(1)))
        return rules.order(goal, [th], [Summand(1, (0,)), Summand(1)])
    return p.squeeze(table.least(value), table.least(scale(number(-1), value)))


def _denied(p: Proof, effort: int) -> Theorem:
    """not q: from q, 0 > 0."""
    q = negation(p.goal)

    def wrong(inner: Proof) -> Theorem:
        return anything(p.goal, inner.prove(FALSE, lambda q: by_table(q, effort)))

    yes = p.prove(p.goal, wrong, [rules.assume(q)])
    return rules.cases(yes, rules.assume(p.goal), q)


def _fits(p: Proof) -> bool:
    """Relations of scalars, denials, and equations of matrices where a fact speaks of ranks or dimensions."""
    goal = p.goal
    if goal.kind != "zero":
        return goal.kind in ("ge", "gt", "not")
    return goal[1].rows == ONE == goal[1].cols or any(_of_sizes(f.conclusion) for f in p.facts)


def _of_sizes(p: Prop) -> bool:
    """Whether a fact relates scalars, and is more than "n is at least so much"."""
    if p.kind not in ("ge", "gt", "zero") or p[1].rows != ONE or p[1].cols != ONE:
        return False
    atoms = [x for key in p[1].words for x in key]
    return p.kind == "zero" or len(atoms) != 1 or atoms[0].kind != "nat" or p[1].words[(atoms[0],)] < 0


METHODS: tuple[Method, ...] = (
    Method(rank_adding.NAME, rank_adding.adding, rank_adding.adds_up),
    Method("ranks", by_table, _fits),
    Method("what ranks promise", by_promise, lambda p: p.goal.kind == "ex"),
)
CONSEQUENCES: tuple[Enrich, ...] = (other_side, other_side_of_words, from_all_vectors, full_ranks)
