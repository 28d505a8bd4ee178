"""The public set of conjectures: reading it, and deciding one of them."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from formal.claims import PROVED, REFUTED, stated
from formal.decide import Decision, decide

FOLDER = Path(__file__).resolve().parent.parent / "conjectures"


@dataclass(frozen=True)
class Conjecture:
    """One line of text with its known answer, proved or refuted, and why. source: the question that it comes from."""

    topic: str
    id: str
    text: str
    answer: str
    reason: str
    source: str = ""


def conjectures(files: Sequence[Path] = ()) -> list[Conjecture]:
    """The conjectures of the files, or of the whole public set; each file is one topic."""
    paths = files or sorted(FOLDER.glob("*.toml"))
    return [Conjecture(p.stem, **entry) for p in paths for entry in tomllib.loads(p.read_text("utf-8"))["conjecture"]]


@dataclass(frozen=True)
class Outcome:
    """What became of a conjecture. how: the method that proved it, the sizes of the witness, or what went wrong."""

    id: str
    answer: str
    verdict: str
    seconds: float
    how: str

    @property
    def wrong(self) -> bool:
        return self.verdict in (PROVED, REFUTED) and self.verdict != self.answer


def outcome(conjecture: Conjecture, seconds: float = 10, seed: int = 0) -> Outcome:
    """Decide a conjecture within so many seconds. An exception is a verdict of its own, so that a run goes on."""
    start = time.perf_counter()
    try:
        decision = decide(stated(conjecture.text), seconds=seconds, seed=seed)
        verdict, how = decision.verdict, _how(decision)
    except Exception as e:
        verdict, how = "failed", f"{type(e).__name__}: {e}"
    return Outcome(conjecture.id, conjecture.answer, verdict, time.perf_counter() - start, how)


def _how(decision: Decision) -> str:
    if decision.verdict == PROVED:
        return ", ".join(dict.fromkeys(a.method for a in decision.attempts if not a.failure))
    if decision.verdict == REFUTED:
        values = decision.claim.witness or {}
        sizes = [f"{name} = {value}" for name, value in sorted(values.items()) if isinstance(value, int)]
        return ", ".join(sizes) or "by a script"
    return (
        f"{len(decision.attempts)} attempts, {decision.search.tries} instances, {decision.search.met} of them met all"
    )
