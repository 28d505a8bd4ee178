"""Decide a claim that comes without evidence: look for a counterexample and for a proof, and say what was found.

>>> from formal.claims import stated
>>> decide(stated("d, m; W: m x d; V: d x m; W*V = 0 => (I - V*W)*(I + V*W) = I")).verdict
'proved'
>>> decide(stated("d, m; W: m x d; V: d x m; W*V = 0 => V*W = 0")).verdict
'refuted'
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from .claims import PROVED, REFUTED, Claim, check
from .falsify import Search, search
from .kernel.rules import Theorem
from .provers.errors import ProofFailure
from .provers.portfolio import Attempt, prove

OPEN = "open"


@dataclass(frozen=True)
class Decision:
    """What was found about a claim.

    verdict: proved, refuted or open. claim: the same statement, with the evidence that was found, which `check` has
    accepted. theorem: what that established. attempts: the methods tried for a proof. search: what the search for a
    counterexample did.
    """

    claim: Claim
    verdict: str
    theorem: Theorem | None
    attempts: tuple[Attempt, ...]
    search: Search
    seconds: float


def decide(
    claim: Claim, *, seconds: float = 10, seed: int = 0, progress: Callable[[str], None] | None = None
) -> Decision:
    """Prove or refute a claim within so many seconds, or leave it open.

    progress: is told what is going on, in a few words. Evidence that the claim comes with is not looked at.
    Raises StatementError for a claim that states no proposition, or where one name stands for two things.
    """
    start = time.monotonic()
    bare = Claim(claim.id, claim.title, claim.given, claim.conclusion, claim.where)
    say = progress or (lambda text: None)
    _ = bare.variables, bare.goal, bare.hypotheses

    def left() -> float:
        return max(0.0, start + seconds - time.monotonic())

    say("looking for a small counterexample")
    looked = search(bare, seconds=seconds / 10, seed=seed)
    attempts: list[Attempt] = []
    if not looked.found:
        say("looking for a proof")
        theorem, attempts = prove(bare.goal, bare.hypotheses, left() * 0.6)
        if theorem is not None:
            found = theorem  # a name that stays what it is, for the script
            return _decision(replace(bare, proof=lambda p: found), PROVED, attempts, looked, start)
        say("looking for a larger counterexample")
        looked = search(bare, seconds=left(), seed=seed)
    if not looked.found:
        return Decision(bare, OPEN, None, tuple(attempts), looked, time.monotonic() - start)
    refuted = replace(bare, witness=looked.witness, disproof=looked.disproof)
    return _decision(refuted, REFUTED, attempts, looked, start)


def _decision(claim: Claim, verdict: str, attempts: list[Attempt], looked: Search, start: float) -> Decision:
    """The decision, if checking the evidence establishes it; the search that found it is not believed."""
    result = check(claim, sharp=False)
    if result.verdict != verdict:
        raise ProofFailure(f"{claim.id}: the evidence that was found does not stand: {result.error}")
    return Decision(claim, verdict, result.theorem, tuple(attempts), looked, time.monotonic() - start)
