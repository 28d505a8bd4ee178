"""The search for a counterexample to a claim, with a record of what was tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..claims import Claim
from .small import find_counterexample, within_reach


@dataclass(frozen=True)
class Phase:
    """One kind of search: how many instances it made, and at how many of them all hypotheses held."""

    name: str
    tries: int
    met: int


@dataclass(frozen=True)
class Search:
    """What a search did. witness: values as a claim takes them, or None. That none was found says nothing.

    reached: False where nothing could be tried, as a hypothesis or the conclusion cannot be evaluated.
    """

    witness: Mapping[str, Any] | None
    phases: tuple[Phase, ...]
    reached: bool = True

    @property
    def tries(self) -> int:
        return sum(p.tries for p in self.phases)

    @property
    def met(self) -> int:
        return sum(p.met for p in self.phases)


def search(
    claim: Claim,
    *,
    seconds: float = 10,
    tries: int | None = None,
    seed: int = 0,
    progress: Callable[[Search], None] | None = None,
) -> Search:
    """Look for the smallest values at which the claim fails, for so many seconds or tries.

    The same seed meets the same instances in the same order. progress: is told now and then what was tried so far.
    """
    found = find_counterexample(claim.given, claim.conclusion, claim.where, limit=tries or 400, seed=seed)
    return Search(found, (), within_reach(claim.given, claim.conclusion, claim.where))
