"""Provers that need no hints: methods that are tried one after the other, quickly at first, then for longer.

A goal is taken apart as far as logic goes; what follows at once from the facts joins them (`consequences`); then every
method that fits the goal is tried, in rounds of growing effort. What was tried is on record, so that an "open" can say
how far the search went.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import Prop
from ..kernel.rules import Theorem
from .deadline import OutOfTime, left, within
from .errors import ProofFailure
from .method import Enrich, Method
from .proof import Proof, auto

SECONDS = (0.3, 1.5, 6)  # what a method may take in each round


class Attempt(NamedTuple):
    """One method on one goal in one round; `failure` is empty where it proved the goal."""

    method: str
    goal: Prop
    round: int
    seconds: float
    failure: str


@cache
def methods() -> tuple[Method, ...]:
    """All methods, in the order in which they are tried."""
    from . import depth, equations, quantifiers, ranks, squares

    first = Method("as it stands", lambda p, effort: auto(p))
    return (first, *(m for home in (equations, quantifiers, ranks, squares, depth) for m in home.METHODS))


@cache
def consequences() -> tuple[Enrich, ...]:
    """What is concluded from the facts before any method is tried."""
    from . import depth, equations, quantifiers, ranks, squares

    return tuple(e for home in (equations, quantifiers, ranks, squares, depth) for e in home.CONSEQUENCES)


class Portfolio:
    """One run over a goal and its parts, with the record of what was tried."""

    def __init__(self, told: Callable[[Attempt], None] | None = None) -> None:
        self.attempts: list[Attempt] = []
        self._told = told

    def settle(self, p: Proof) -> Theorem:
        """A script: the goal by whatever method proves it. Raises ProofFailure when none does."""
        goal = p.goal
        for fact in p.facts:
            if fact.conclusion == goal:
                return fact
        if goal.kind == "and":
            return rules.conjoin([p.prove(q, self.settle) for q in goal[1]])
        if goal.kind == "imp":
            return p.suppose(goal[1], self.settle, goal[2])
        if goal.kind == "all":
            return rules.generalize(p.prove(goal[2], self.settle), goal[1])
        for enrich in consequences():
            enrich(p)
        for effort, seconds in enumerate(SECONDS):
            for method in methods():
                if method.fits(p) and (th := self._try(p, method, effort, seconds)) is not None:
                    return th
        raise ProofFailure(f"no method proves {goal}")

    def _try(self, p: Proof, method: Method, effort: int, seconds: float) -> Theorem | None:
        start, failure, th = time.perf_counter(), "", None
        try:
            with within(seconds):
                th = p.prove(p.goal, lambda q: method.script(q, effort))
        except (ProofFailure, KernelError) as e:
            failure = str(e)
        except OutOfTime:
            failure = f"not done in {seconds} s"
        self.attempts.append(Attempt(method.name, p.goal, effort, time.perf_counter() - start, failure))
        if self._told is not None:
            self._told(self.attempts[-1])
        if left() == 0 and th is None:
            raise OutOfTime
        return th


def prove(
    goal: Prop, hypotheses: Sequence[Prop], seconds: float, told: Callable[[Attempt], None] | None = None
) -> tuple[Theorem | None, list[Attempt]]:
    """The theorem that the goal follows from the hypotheses, or None, and what was tried in so many seconds.

    told: is told of each attempt when it is over.

    >>> from formal.statement import Eq, Identity, dims, matrix
    >>> from formal.statement.elaborate import elaborate_prop
    >>> d = dims("d"); A, B = matrix("A", d, d), matrix("B", d, d)
    >>> th, tried = prove(elaborate_prop(Eq(A*B*A, A)), [elaborate_prop(Eq(A*B, Identity(d)))], 5)
    >>> print(th.conclusion, tried[-1].method)
    -A + A B A = 0 as it stands
    """
    run = Portfolio(told)
    try:
        with within(seconds):
            p = Proof(goal, map(rules.assume, hypotheses))
            return p.close(run.settle(p)), run.attempts
    except (ProofFailure, KernelError, OutOfTime):
        return None, run.attempts
