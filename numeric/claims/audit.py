"""An audit: claims of the book read on a model, from the statements that `formal` proved or refuted."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from formal.claims import Claim
from formal.statement import Eq, matrix
from formal.statement.language import Expression

from ..errors import ModelError
from .binding import BINDINGS, UNBOUND, Binding, Bound, Inapplicable, Which
from .evaluate import Evaluation
from .finding import Finding
from .subject import Subject
from .valuation import Values

HOLDS, WITHIN, REFUTED, SILENT, OPEN, BROKEN = "holds", "within", "refuted", "silent", "open", "broken"
WORST = (BROKEN, REFUTED, OPEN, WITHIN, HOLDS, SILENT)  # what a claim with several readings is called


@dataclass(frozen=True)
class Reading:
    """A claim at one place of a model.

    status: HOLDS, for certain; WITHIN, its equations hold within the width of the conclusion; REFUTED, it is false
    there for certain; SILENT, a hypothesis fails, so that it says nothing; OPEN, neither; BROKEN, a proved claim is
    false, or the model does not do what it is supposed to. hypotheses: what each says, in order, those that define
    families first. why: the hypothesis or conclusion that decided the status, where one failed.
    """

    where: str
    status: str
    conclusion: Finding
    hypotheses: tuple[Finding, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Audited:
    """A claim with its readings on a model, or the reason why there are none."""

    claim: Claim
    readings: tuple[Reading, ...]
    reason: str = ""
    seconds: float = 0.0

    @property
    def status(self) -> str:
        """The worst of the readings' statuses, or nothing."""
        found = {r.status for r in self.readings}
        return next((s for s in WORST if s in found), "")

    @property
    def tried(self) -> bool:
        """Whether some reading rests on a `for all` that was tried at some values only."""
        return any(r.conclusion.tried for r in self.readings if r.status == WITHIN)

    @property
    def width(self) -> float:
        """The largest relative width within which an equation of a conclusion holds."""
        return max((r.conclusion.width for r in self.readings if r.status == WITHIN), default=0.0)


def read(claim: Claim, bound: Bound) -> Reading:
    """Evaluate a claim's hypotheses and conclusion at one place of a model.

    Raises ModelError for a letter without a value, or with one that has another shape than the statement.
    """
    conclusion = claim.show if claim.defines is None else Eq(claim.defines, _like(claim, bound))
    if conclusion is None:
        raise Inapplicable(f"{claim.id} states no proposition")
    letters = dict(bound.letters)
    if claim.defines is not None:
        letters["VALUE"] = bound.equals
    values = Values(letters, dict(bound.nats), bound.tried)
    at = Evaluation(values, claim.where, (*claim.conditions, conclusion))
    defined = [q for fam in claim.where if fam.decl.name in letters for q in fam.defined]
    hypotheses = [at.proposition(p) for p in (*defined, *claim.given)]
    made, model = (_numbers(w, len(claim.given), len(defined)) for w in (bound.made, bound.model))
    model |= set(range(len(defined)))
    texts = [str(p) for p in (*defined, *claim.given)]
    found = at.proposition(conclusion)
    status, why = _status(claim, hypotheses, made, model, found, texts, str(conclusion))
    return Reading(bound.where, status, found, tuple(hypotheses), why)


def _status(
    claim: Claim,
    hypotheses: list[Finding],
    made: set[int],
    model: set[int],
    found: Finding,
    texts: list[str],
    conclusion: str,
) -> tuple[str, str]:
    failed = [i for i, f in enumerate(hypotheses) if f.holds is False]
    broken = [i for i in failed if i in made or i in model]
    if broken:
        return BROKEN, texts[broken[0]]
    if failed:
        return SILENT, texts[failed[0]]
    if found.holds is False:
        # A counterexample fulfils the hypotheses; a proved claim fails where the model does not do what it should.
        false_claim = claim.disproof is not None or claim.witness is not None
        granted = made if false_claim else made | model
        if not all(f.holds or i in granted for i, f in enumerate(hypotheses)):
            return OPEN, conclusion
        return (REFUTED if false_claim else BROKEN), conclusion
    if found.holds:
        return HOLDS, ""
    return (WITHIN, "") if np.isfinite(found.width) else (OPEN, conclusion)


def audit(
    subject: Subject,
    claims: Iterable[Claim],
    places: Collection[str] | None = None,
    said: Callable[[Audited], None] = lambda found: None,
) -> list[Audited]:
    """Read the claims on a model, all places of each; `said` hears of each claim when it is done."""
    from .. import bindings  # noqa: F401  importing registers them

    done = []
    for claim in claims:
        start = time.perf_counter()
        readings, reason = _readings(subject, claim, places)
        done.append(Audited(claim, tuple(readings), reason, time.perf_counter() - start))
        said(done[-1])
    return done


def _readings(subject: Subject, claim: Claim, places: Collection[str] | None) -> tuple[list[Reading], str]:
    found: list[Reading] = []
    reasons: list[str] = []
    for binding in BINDINGS.get(claim.id, ()):
        try:
            for bound in _bounds(binding, subject, reasons):
                if places is None or bound.where in places:
                    found.append(read(claim, bound))
        except Inapplicable as e:
            reasons.append(str(e))
        except ModelError as e:
            raise ModelError(f"{claim.id}: {e}") from e
    if not found and not reasons:
        default = "no place of the model has it" if claim.id in BINDINGS else "no binding says what its letters are"
        reasons.append(UNBOUND.get(claim.id, default))
    return found, "" if found else "; ".join(reasons)


def _bounds(binding: Binding, subject: Subject, reasons: list[str]) -> Iterator[Bound]:
    """The places of a binding up to the first whose letters cannot be made, such as an inverse of what is singular:
    those before it count, and the reason is kept. What goes wrong in reading them is not caught here."""
    try:
        yield from binding(subject)
    except ModelError as e:
        reasons.append(str(e))


def _like(claim: Claim, bound: Bound) -> Expression:
    """A letter for what a defined expression must be equal to."""
    if claim.defines is None or bound.equals is None:
        raise ModelError(f"{claim.id} is a definition: its binding must say what equals it")
    return matrix("VALUE", claim.defines.n_rows, claim.defines.n_cols)


def _numbers(which: Which, count: int, offset: int) -> set[int]:
    """Positions among all hypotheses of those that a binding counts from 1; claims that share it may have fewer."""
    numbers = range(1, count + 1) if which == "all" else which
    if any(i < 1 for i in numbers):
        raise ModelError(f"a binding counts a claim's hypotheses from 1, not from {min(numbers)}")
    return {offset + i - 1 for i in numbers if i <= count}
