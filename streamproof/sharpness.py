"""Why nothing in a proved claim can go: for each hypothesis and each inequality, the instance that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from formal.claims import PROVED, REFUTED, Result, weak
from formal.statement.language import Prop


@dataclass(frozen=True)
class Needed:
    """A hypothesis, its number among all conditions, and the refutation of the claim without it, if there is one."""

    number: int
    hypothesis: Prop
    refutation: Result | None


@dataclass(frozen=True)
class Attained:
    """An inequality of the conclusion, and the refutation of its strict form, or a sentence why there is none."""

    inequality: Prop
    refutation: Result | None
    note: str = ""


@dataclass(frozen=True)
class Tally:
    """How many hypotheses and inequalities proved claims have, and of how many it is shown that they are sharp."""

    hypotheses: int = 0
    needed: int = 0
    inequalities: int = 0
    attained: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.hypotheses + other.hypotheses,
            self.needed + other.needed,
            self.inequalities + other.inequalities,
            self.attained + other.attained,
        )


def needed(result: Result) -> list[Needed]:
    """What the check of a proved claim found of each hypothesis."""
    claim = result.claim
    first = len(claim.conditions) - len(claim.given) + 1
    found = _by_id(result.sharpness)
    return [Needed(first + i, p, found.get(f"{claim.id}.needs-{i + 1}")) for i, p in enumerate(claim.given)]


def attained(result: Result) -> list[Attained]:
    """What it found of each inequality of the conclusion."""
    claim = result.claim
    found = _by_id(result.sharpness)
    says = [*claim.equalities, *[""] * len(claim.inequalities)]
    return [
        Attained(weak(p), found.get(f"{claim.id}.equality-{j + 1}"), note if isinstance(note := says[j], str) else "")
        for j, p in enumerate(claim.inequalities)
    ]


def tally(result: Result) -> Tally:
    """The numbers of one claim; all zero unless it is proved."""
    if result.verdict != PROVED:
        return Tally()
    shown = [r.claim.id.rpartition(".")[2].partition("-")[0] for r in result.sharpness if r.verdict == REFUTED]
    claim = result.claim
    return Tally(len(claim.given), shown.count("needs"), len(claim.inequalities), shown.count("equality"))


def _by_id(results: Sequence[Result]) -> dict[str, Result]:
    return {r.claim.id: r for r in results}
