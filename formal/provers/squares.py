"""Methods for inequalities of traces and norms: a goal s >= 0 as a sum of squares, and of facts times squares.

The denial of the goal joins the facts, and 0 > 0 is sought as a sum of products of facts, of squares, and of what the
lemmas of `norms` say of the words that occur, all modulo the equations (a Positivstellensatz certificate). Which
squares, is found by `cone`; the kernel adds them up.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..kernel import rules
from ..kernel.props import at_least
from ..kernel.rules import Theorem
from ..kernel.terms import ONE, number, squared_norm
from .deadline import working
from .errors import ProofFailure
from .method import Enrich, Method
from .null_forms import null_vectors
from .preimages import by_preimages, has_preimages
from .premises import Problem
from .proof import Proof
from .refutation import refutation
from .summands import Level

_FEW = 4  # facts
SECOND_ROUND = 6 / 5  # of a time limit


def _levels(problem: Problem, effort: int) -> Iterator[Level]:
    """The degree is that of what is given, then of the square of the goal, then one more for what has bounds for all
    vectors; facts are multiplied with each other more and more, at first not at all: squares of words may do."""
    low, high = problem.degrees
    many = (16, 30, 60)[effort]
    if len(problem.facts) > _FEW or problem.equations:
        yield Level(problem.reduced_degree, 1, many, False, False)
    yield Level(low, 1, many, False)
    yield Level(low, 2 if effort else 1, many, True)
    if problem.definite:
        yield Level(low + 2, 1, many, False)
    if problem.facts:
        yield Level(high, 2, many, False)
        yield Level(high, 3, many, True)
    if effort == 2 or (effort and (problem.facts or problem.definite or problem.equations)):
        yield Level(high + 2, 2, many, True)


def inequality(p: Proof, effort: int = 2) -> Theorem:
    """A script: s >= 0 or s > 0, or 0 > 0, as a sum of squares and facts. Raises ProofFailure where none is found."""
    problem = Problem(p)
    failure = ProofFailure(f"squares: {p.goal} is no sum of what is at hand")
    for level in _levels(problem, effort):
        try:
            return refutation(problem, level)
        except ProofFailure as e:
            failure = e
    raise failure


def settle(p: Proof, effort: int = 2) -> Theorem:
    """A script: a relation by inequalities. An equation of scalars is two; one of matrices says that a norm is not
    positive; a denial is refuted."""
    goal = p.goal

    def script(q: Proof) -> Theorem:
        return inequality(q, effort)

    if goal.kind in ("ge", "gt"):
        return inequality(p, effort)
    if goal.kind == "zero" and goal[1].rows == ONE == goal[1].cols:
        zero_, value = number(0), goal[1]
        return p.squeeze(p.prove(at_least(value, zero_), script), p.prove(at_least(zero_, value), script))
    if goal.kind == "zero":
        return rules.null(p.prove(at_least(number(0), squared_norm(goal[1])), script), goal[1])
    if goal.kind == "not" and goal[1].kind == "zero":
        return p.refute(goal[1], script)
    raise ProofFailure(f"squares: {goal} is no relation")


def _is_relation(p: Proof) -> bool:
    return p.goal.kind in ("zero", "ge", "gt") or (p.goal.kind == "not" and p.goal[1].kind == "zero")


def _is_bound(fact: Theorem) -> bool:
    """Whether it says more than equations and counts do."""
    q = fact.conclusion
    return q.kind != "zero" and not (q.kind in ("ge", "gt") and rules.is_integral(q[1]))


def _method(p: Proof, effort: int) -> Theorem:
    """What follows from equations and counts alone, an equation or a count, is seldom a matter of squares: the first
    rounds leave it to others. An inequality does not take all the time of the second round."""
    alone = not any(map(_is_bound, p.facts))
    counted = p.goal.kind in ("ge", "gt") and rules.is_integral(p.goal[1])
    if alone and ((effort < 2 and counted) or (effort == 1 and p.goal.kind == "zero")):
        raise ProofFailure("squares: not looked for in this round")
    if effort != 1:
        return settle(p, effort)
    with working(SECOND_ROUND):
        return settle(p, effort)


METHODS: tuple[Method, ...] = (
    Method("vectors by their preimages", by_preimages(settle), has_preimages),
    Method("sums of squares", _method, _is_relation),
)
CONSEQUENCES: tuple[Enrich, ...] = (null_vectors,)
