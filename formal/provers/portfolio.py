"""Provers that need no hints: methods that are tried one after the other, quickly at first, then for longer.

A goal is taken apart as far as logic goes; what follows at once from the facts joins them (`consequences`); then every
method that fits the goal is tried, in rounds of growing effort. A method may hand goals of its own back to the run with
`settle`. What was tried is on record, so that an "open" can say how far the search went.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from typing import NamedTuple, TypeAlias

from ..kernel import rules
from ..kernel.errors import KernelError
from ..kernel.props import Prop, negation, zero
from ..kernel.rules import Summand, Theorem
from ..kernel.terms import number
from . import logic
from .deadline import OutOfTime, is_over, tick, within, working
from .errors import ProofFailure
from .method import Enrich, Method
from .proof import FALSE, Proof, auto

SECONDS = (3 / 10, 3 / 2, 6)  # what a method may take in each round
GLANCE = 3 / 20  # what may be spent on a condition, or a consequence, that is only looked at in passing
SPLITS = 4  # how many case distinctions may stand inside each other
DEPTH = 5  # how many methods may
Rounds: TypeAlias = range
ALL = range(len(SECONDS))


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

    own = (
        Method("as it stands", lambda p, effort: auto(p)),
        Method("contradiction", _contradiction, lambda p: p.goal.kind not in ("ex", "not")),
        Method("equal dimensions", lambda p, effort: logic.with_known_size(p, settle), _has_known_size),
        Method("refutation", lambda p, effort: logic.refutation(p, settle), _is_denial),
    )
    later = (Method("cases on a condition", _condition_cases, _has_condition),)
    return (*own, *(m for home in (equations, quantifiers, depth, ranks, squares) for m in home.METHODS), *later)


@cache
def consequences() -> tuple[Enrich, ...]:
    """What is concluded from the facts before any method is tried."""
    from . import depth, equations, quantifiers, ranks, squares

    return tuple(e for home in (quantifiers, depth, equations, ranks, squares) for e in home.CONSEQUENCES)


class Portfolio:
    """One run over a goal and its parts, with the record of what was tried."""

    def __init__(self, told: Callable[[Attempt], None] | None = None, rounds: Rounds = ALL) -> None:
        self.attempts: list[Attempt] = []
        self.inside: list[tuple[str, Prop]] = []  # the methods at work, the outermost first, and their goals
        self.first, self.rounds = rounds.start, rounds.stop
        self.splits = 0
        self._told = told

    def settle(self, p: Proof) -> Theorem:
        """A script: the goal by whatever method proves it. Raises ProofFailure when none does."""
        goal = p.goal
        known = logic.at_hand(p).get(goal) or logic.false_from(goal, p.facts)
        if known is not None:
            return known
        if goal.kind == "and":
            return rules.conjoin([p.add(p.prove(q, self.settle)) for q in goal[1]])
        if goal.kind == "imp":
            return p.suppose(goal[1], self.settle, goal[2])
        if goal.kind == "all":
            return logic.everywhere(p, self.settle)
        if goal.kind == "not" and goal[1].kind == "and":
            return self._alternatives(p)
        if goal.kind == "not" and goal[1].kind == "imp":
            return logic.deny_implication(p, self.settle)
        return self._relation(p)

    def _alternatives(self, p: Proof) -> Theorem:
        """p or q: each in turn from the denial of the others, at first with little effort; an equation is easiest."""
        ease = ("zero", "ge", "gt", "imp", "all", "ex", "not", "and")
        shown = [negation(q) for q in p.goal[1][1]]
        places = sorted(range(len(shown)), key=lambda i: ease.index(shown[i].kind))
        for rounds in range(1, self.rounds + 1):
            for place in places:
                try:
                    with self._at_most(rounds):
                        return logic.one_of(p, place, self.settle)
                except ProofFailure:
                    continue
        raise ProofFailure(f"no method proves {p.goal}")

    def _relation(self, p: Proof) -> Theorem:
        """A goal that logic does not take apart."""
        at_once = Method("at once", lambda q, effort: auto(q))
        if (th := self._try(p, at_once, 0, GLANCE)) is not None:
            return th
        use_logic(p)
        known = logic.at_hand(p).get(p.goal) or logic.false_from(p.goal, p.facts)
        if known is not None:
            return known
        if self.splits < SPLITS and (some := _open_alternative(p)) is not None:
            self.splits += 1
            try:
                return p.cases(some, self.settle, self.settle)
            finally:
                self.splits -= 1
        self._enrich(p)
        use_logic(p)
        first = 0 if self.inside else self.first  # the goals of a method are new
        for effort, seconds in list(enumerate(SECONDS))[first : self.rounds]:
            for method in methods():
                if self._may(method, p) and (th := self._try(p, method, effort, seconds)) is not None:
                    return th
        raise ProofFailure(f"no method proves {p.goal}")

    def _may(self, method: Method, p: Proof) -> bool:
        """Whether to try: never a method inside itself on the same goal, and no tower of methods."""
        return len(self.inside) < DEPTH and (method.name, p.goal) not in self.inside and method.fits(p)

    def _enrich(self, p: Proof) -> None:
        """The consequences of the facts join them, once; inside methods, only of facts that are new."""
        seen = {f.conclusion for f in p.facts}
        if len(self.inside) > 2 or seen == p.done & seen:
            return
        for enrich in consequences():
            before = len(p.facts)
            with suppress(Exception), working(GLANCE * 2):  # one that is at fault adds what it has
                enrich(p)
            fresh = [f for f in p.facts[before:] if f.conclusion not in seen and not logic.says_nothing(f.conclusion)]
            p.facts[before:] = fresh
            seen.update(f.conclusion for f in fresh)
        p.done |= seen

    def _try(self, p: Proof, method: Method, effort: int, seconds: float) -> Theorem | None:
        start, failure, th = time.perf_counter(), "", None
        self.inside.append((method.name, p.goal))
        try:
            with working(seconds):
                th = p.prove(p.goal, lambda q: method.script(q, effort))
        except OutOfTime:
            failure = f"not done in {seconds} s"
        except Exception as e:  # a method may be at fault on its own: the others go on
            known = isinstance(e, ProofFailure | KernelError)
            failure = str(e) if known else f"{type(e).__name__}: {e}"
        finally:
            self.inside.pop()
        self.attempts.append(Attempt(method.name, p.goal, effort, time.perf_counter() - start, failure))
        if self._told is not None:
            self._told(self.attempts[-1])
        if th is None and is_over():
            raise OutOfTime
        return th

    @contextmanager
    def _at_most(self, rounds: int) -> Iterator[None]:
        before, self.rounds = self.rounds, min(self.rounds, rounds)
        try:
            yield
        finally:
            self.rounds = before


_RUN: ContextVar[Portfolio | None] = ContextVar("_RUN", default=None)


@contextmanager
def _running(run: Portfolio) -> Iterator[Portfolio]:
    token = _RUN.set(run)
    try:
        yield run
    finally:
        _RUN.reset(token)


def settle(p: Proof, rounds: int = 1) -> Theorem:
    """A script for methods that have goals of their own: the goal by any method, as a part of the run in progress, in
    so many rounds."""
    run = _RUN.get() or Portfolio()
    with _running(run), run._at_most(rounds):
        return run.settle(p)


def inside(name: str) -> int:
    """How many methods of this name are at work."""
    run = _RUN.get()
    return 0 if run is None else sum(n == name for n, _ in run.inside)


def prove(
    goal: Prop,
    hypotheses: Sequence[Prop],
    seconds: float,
    told: Callable[[Attempt], None] | None = None,
    rounds: Rounds = ALL,
) -> tuple[Theorem | None, list[Attempt]]:
    """The theorem that the goal follows from the hypotheses, or None, and what was tried in so many seconds.

    told: is told of each attempt when it is over. rounds: those that are gone through, such as range(1, 3) where the
    first has been in vain.

    >>> from formal.statement import Eq, Identity, dims, matrix
    >>> from formal.statement.elaborate import elaborate_prop
    >>> d = dims("d"); A, B = matrix("A", d, d), matrix("B", d, d)
    >>> th, tried = prove(elaborate_prop(Eq(A*B*A, A)), [elaborate_prop(Eq(A*B, Identity(d)))], 5)
    >>> th is not None, tried[-1].method
    (True, 'at once')
    """
    run = Portfolio(told, rounds)
    try:
        with within(seconds), _running(run):
            p = Proof(goal, (rules.assume(h) for h in hypotheses if not logic.says_nothing(h)))
            return p.close(run.settle(p)), run.attempts
    except (ProofFailure, KernelError, OutOfTime):
        return None, run.attempts


# ---------------------------------------------------------------- facts that are not relations
def use_logic(p: Proof) -> None:
    """Facts that are denials, conditions and alternatives, as far as what they say can be said more directly."""
    known = logic.at_hand(p)
    waiting = [f for f in p.facts if f.conclusion.kind in ("not", "imp")]
    while waiting:
        tick()
        fact = waiting.pop()
        if ("used", fact.conclusion) in p.done or (new := _directly(p, fact)) is None:
            continue
        p.done.add(("used", fact.conclusion))
        if new.conclusion in known or logic.says_nothing(new.conclusion):
            continue
        before = len(p.facts)
        p.add(new)
        for f in p.facts[before:]:
            known.setdefault(f.conclusion, f)
        waiting = [f for f in p.facts if f.conclusion.kind in ("not", "imp")]


def _directly(p: Proof, fact: Theorem) -> Theorem | None:
    """What a fact says with what is known."""
    lookup = logic.at_hand(p).get
    q = fact.conclusion
    key = ("logic", q)
    if q.kind == "imp":
        if (no := lookup(negation(q[2]))) is not None and negation(q[1]) not in logic.at_hand(p):
            return logic.contrapositive(fact, no)
        condition = lookup(q[1])
        if condition is None and (key, len(p.facts)) not in p.done:
            p.done.add((key, len(p.facts)))
            condition = _glance(p, q[1])
        return None if condition is None else rules.detach(fact, condition)
    if logic.alternatives(q):
        return logic.without(fact, lookup)
    if key in p.done:
        return None
    p.done.add(key)
    return logic.unfolded(p, fact)


def _glance(p: Proof, goal: Prop) -> Theorem | None:
    """The goal, if that is seen at once."""
    try:
        with working(GLANCE):
            return p.prove(goal, auto)
    except (ProofFailure, KernelError, OutOfTime):
        if is_over():
            raise OutOfTime from None
        return None


def _open_alternative(p: Proof) -> Prop | None:
    """The first alternative of a fact "q or r" of which nothing is known."""
    known = logic.at_hand(p)
    for f in p.facts:
        for q in (alternatives := logic.alternatives(f.conclusion)):
            if not any(r in known for r in alternatives) and negation(q) not in known:
                return q
    return None


def _has_known_size(p: Proof) -> bool:
    return inside("equal dimensions") < 3 and logic.known_size(p) is not None


def _is_denial(p: Proof) -> bool:
    return bool(p.goal.kind == "not")


def _has_condition(p: Proof) -> bool:
    return any(f.conclusion.kind == "imp" for f in p.facts) and inside("cases on a condition") < 1


def _condition_cases(p: Proof, effort: int) -> Theorem:
    """The goal, whether the condition of a fact holds or not."""
    if not effort:
        raise ProofFailure("not looked at yet")
    known = logic.at_hand(p)
    for f in p.facts:
        q = f.conclusion
        if q.kind == "imp" and q[1] not in known and negation(q[1]) not in known:
            try:
                return p.cases(q[1], lambda r: settle(r, effort + 1), lambda r: settle(r, effort + 1))
            except ProofFailure:
                continue
    raise ProofFailure("no condition tells two cases apart")


def _contradiction(p: Proof, effort: int) -> Theorem:
    """Any goal, from facts of which one denies what the others say."""
    if p.goal != FALSE and (not effort or inside("contradiction") > 1):
        raise ProofFailure("not looked for yet")
    for fact in p.facts:
        q = fact.conclusion
        if q.kind == "not" and q[1] != p.goal and not logic.alternatives(q):
            try:
                shown = p.prove(q[1], auto if not effort or inside("contradiction") > 1 else settle)
                return rules.absurd(shown, fact, p.goal)
            except ProofFailure:
                continue
    with suppress(ProofFailure):
        return p.impossible()
    one = p.ideal(zero(number(1)))
    return p.impossible(rules.order(FALSE, [one], [Summand(1)], [(0, number(-1))]))
