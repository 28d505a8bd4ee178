"""Decide a claim that comes without evidence: look for a counterexample and for a proof, and say what was found.

>>> from formal.claims import stated
>>> decide(stated("d, m; W: m x d; V: d x m; W*V = 0 => (I - V*W)*(I + V*W) = I"))
<proved: (W*V = 0 and 1 <= d and 1 <= m) => ((I - V*W)*(I + V*W) = I)>
>>> decide(stated("d, m; W: m x d; V: d x m; W*V = 0 => V*W = 0")).verdict
'refuted'
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from .claims import PROVED, REFUTED, Claim, check
from .falsify import Hunt, Search
from .kernel.rules import Theorem
from .provers.errors import ProofFailure
from .provers.portfolio import ALL, Attempt, prove
from .statement.language import And, Implies

OPEN = "open"
SMALLER = 10  # percents of the time, to find a counterexample and to make it smaller
DAY = 86_400  # seconds; nobody waits longer
SCHEDULE = (("search", 1), ("glance", 40), ("search", 10), ("prove", 45), ("search", 100))  # percents of the time
NOTHING = Search(None, ())  # a search that was not made


@dataclass(frozen=True, repr=False)
class Decision:
    """What was found about a claim.

    verdict: proved, refuted or open. claim: the same statement, with the evidence that was found, which `check` has
    accepted. theorem: what that established. attempts: the methods tried for a proof. search: what the search for a
    counterexample did. there: of what is refuted by values, the claim with the values as its witness, in which
    variables of unbounded quantifiers are free.
    """

    claim: Claim
    verdict: str
    theorem: Theorem | None = None
    attempts: tuple[Attempt, ...] = ()
    search: Search = NOTHING
    seconds: float = 0.0
    there: Claim | None = None

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that proved the goal, or parts of it, each once."""
        return tuple(dict.fromkeys(a.method for a in self.attempts if not a.failure)) if self.verdict == PROVED else ()

    @property
    def used(self) -> tuple[bool, ...]:
        """For each of the claim's conditions, whether the proof uses it."""
        return tuple(self.theorem is not None and h in self.theorem.hyps for h in self.claim.hypotheses)

    def __repr__(self) -> str:
        conditions, conclusion = self.claim.conditions, self.claim.conclusion
        return f"<{self.verdict}: {Implies(And(*conditions), conclusion) if conditions else conclusion}>"

    def _repr_html_(self) -> str:
        from .statement.notebook import instance_html, verdict_html

        values = "" if self.there is None else instance_html(self.there.instance())
        return verdict_html(self.verdict, self.claim._repr_html_() or "", values)


class Interrupted(KeyboardInterrupt):
    """Somebody stopped a decision in the making; `decision` is open and says how far it had come."""

    def __init__(self, decision: Decision) -> None:
        super().__init__("stopped")
        self.decision = decision


def decide(
    claim: Claim, *, seconds: float = 10, seed: int = 0, progress: Callable[[str], None] | None = None
) -> Decision:
    """Prove or refute a claim within so many seconds, or leave it open.

    progress: is told what is going on, in a few words. Evidence that the claim comes with is not looked at.
    Raises StatementError for a claim that states no proposition, or where one name stands for two things, ValueError
    for a time that is not positive or more than a day, and Interrupted in the place of a KeyboardInterrupt.
    """
    run = _Run(claim, seconds, seed, progress)
    return run.watched(run.decide)


def refute(
    claim: Claim,
    *,
    seconds: float = 10,
    tries: int | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Decision:
    """Look for a counterexample only, for so many seconds or tries: the claim is refuted, or open.

    All else is as with `decide`.

    >>> from formal.claims import stated
    >>> refute(stated("d, m; W: m x d; V: d x m; W*V = 0 => V*W = 0"), tries=200).verdict
    'refuted'
    """
    run = _Run(claim, seconds, seed, progress)
    return run.watched(lambda: run.refute(tries))


class _Run:
    """One decision in the making: what was tried so far."""

    def __init__(self, claim: Claim, seconds: float, seed: int, say: Callable[[str], None] | None) -> None:
        if not 0 < seconds <= DAY:  # nan is refused here too
            raise ValueError(f"{seconds} is not a number of seconds between 0 and {DAY}, which is a day")
        self.start = time.monotonic()
        self.claim = Claim(claim.id, claim.title, claim.given, claim.conclusion, claim.where)
        self.seconds, self.seed, self.say = seconds, seed, say or (lambda text: None)
        self.attempts: list[Attempt] = []
        self.search = NOTHING
        self.rounds = ALL
        _ = self.claim.variables, self.claim.goal, self.claim.hypotheses

    @cached_property
    def hunt(self) -> Hunt:
        """The search for a counterexample, which is continued each time."""
        return Hunt(self.claim, self.seed, self._searched)

    def watched(self, work: Callable[[], Decision]) -> Decision:
        """What the work finds, or what it had found when somebody stopped it."""
        try:
            return work()
        except KeyboardInterrupt:
            raise Interrupted(self.open()) from None

    def refute(self, tries: int | None) -> Decision:
        """A counterexample within so many tries."""
        return self._look(self.seconds, tries) or self.open()

    def decide(self) -> Decision:
        """Both searches in turn, each time for longer: what is easy is settled at once, whichever way."""
        ways: dict[str, Callable[[float], Decision | None]] = {
            "search": self._look,
            "glance": self._glance,
            "prove": self._prove,
        }
        for way, percent in SCHEDULE:
            if way in ways:
                start, seconds = time.monotonic(), min(self._left(), self.seconds * percent / 100)
                if (decision := ways[way](seconds)) is not None:
                    return decision
                if time.monotonic() - start < seconds / 2:  # it has tried all that it can
                    del ways[way]
        return self.open()

    def open(self) -> Decision:
        """Nothing is known, so far."""
        return Decision(self.claim, OPEN, None, tuple(self.attempts), self.search, self._spent())

    def _spent(self) -> float:
        return time.monotonic() - self.start

    def _left(self) -> float:
        return max(0.0, self.seconds - self._spent())

    def _glance(self, seconds: float) -> Decision | None:
        """The first round of the provers; once it was in vain, it need not be tried again."""
        start = time.monotonic()
        found = self._prove(seconds, range(1))
        self.rounds = ALL if time.monotonic() - start >= seconds else ALL[1:]
        return found

    def _prove(self, seconds: float, rounds: range | None = None) -> Decision | None:
        theorem, _ = prove(self.claim.goal, self.claim.hypotheses, seconds, self._tried, rounds or self.rounds)
        return None if theorem is None else self._settled(PROVED, replace(self.claim, proof=lambda p: theorem))

    def _look(self, seconds: float, tries: int | None = None) -> Decision | None:
        """Search for a counterexample; a second time the search goes on where it was cut off."""
        self._searched(self.search)
        found = self.hunt.run(seconds, tries, max(0.0, min(self._left(), self.seconds * SMALLER / 100) - seconds))
        self._searched(found)
        if found.refutation is None or found.evidence is None:
            return None
        self.search = found
        return replace(self._settled(REFUTED, found.evidence), there=found.refutation.there)

    def _searched(self, so_far: Search) -> None:
        self.search = max(self.search, so_far, key=lambda s: s.tries)
        phase = f", {so_far.phases[-1].name}" if so_far.phases else ""
        self.say(f"looking for a counterexample{phase}: {so_far.tries} tries, {so_far.met} met the hypotheses")

    def _tried(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        self.say(f"looking for a proof: {len(self.attempts)} attempts, the last by {attempt.method}")

    def _settled(self, verdict: str, claim: Claim) -> Decision:
        """The decision, if checking the evidence establishes it; the search that found it is not believed."""
        result = check(claim, sharp=False)
        if result.verdict != verdict:
            raise ProofFailure(f"{claim.id}: the evidence that was found does not stand: {result.error}")
        return Decision(claim, verdict, result.theorem, tuple(self.attempts), self.search, self._spent())
