"""Checking the claims of the book, and saying in few words what was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from formal.claims import DEFINITION, ILL_TYPED, PROVED, REFUTED, Book, Claim, Result, check
from formal.kernel.rules import Theorem
from formal.statement.elaborate import elaborate_prop
from formal.statement.evaluate import instance
from formal.statement.printing import expression_text, operation_text, prop_text

from .errors import Refusal
from .notation import number_text
from .notation import prop_text as kernel_text

VERDICTS = (PROVED, REFUTED, ILL_TYPED, DEFINITION)
SHORT = 40  # characters that "what it rests on" may take


class Confirmation(Protocol):
    """What a second voice says of a claim; `agreed` is None where it cannot tell."""

    @property
    def agreed(self) -> bool | None: ...

    @property
    def note(self) -> str: ...


@dataclass(frozen=True)
class Outcome:
    """What one check found: the result, the second voice if it was asked, and all that went wrong."""

    result: Result
    voice: Confirmation | None = None

    @property
    def claim(self) -> Claim:
        return self.result.claim

    @property
    def disagrees(self) -> bool:
        """Whether SymPy denies what the evidence established."""
        return self.voice is not None and self.voice.agreed is False

    @property
    def error(self) -> str:
        """Why this claim fails; empty when it does not."""
        if self.result.verdict is None:
            return self.result.error or "the evidence establishes nothing"
        return f"SymPy disagrees: {self.voice.note}" if self.voice is not None and self.disagrees else ""


def the_book() -> Book:
    """The book of claims; stating all of them takes a moment, so it is opened when it is needed."""
    from formal.book import BOOK

    return BOOK


def find(ids: Sequence[str]) -> list[Claim]:
    """The claims with these ids, each once; all of them for no ids. Raises Refusal with close matches."""
    claims = the_book().claims
    unknown = [i for i in dict.fromkeys(ids) if i not in claims]
    if unknown:
        raise Refusal("; ".join(_unknown(i, claims) for i in unknown))
    return [claims[i] for i in dict.fromkeys(ids)] or list(claims.values())


def _unknown(wanted: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    folded = {i.casefold(): i for i in known}
    longer = [i for key, i in folded.items() if key.startswith(wanted.casefold())]
    near = [folded[key] for key in get_close_matches(wanted.casefold(), folded, n=3)]
    close = list(dict.fromkeys(longer[:3] + near))[:4]
    hint = f"did you mean {', '.join(close)}?" if close else "`streamproof list` shows the ids"
    return f"there is no claim {wanted}; {hint}"


def examine(claims: Iterable[Claim], voice: Callable[[Claim], Confirmation] | None = None) -> list[Outcome]:
    """Check the evidence of each claim, and ask a second voice where there is a verdict."""
    outcomes = []
    for claim in claims:
        result = check(claim)
        outcomes.append(Outcome(result, voice(claim) if voice is not None and result.verdict is not None else None))
    return outcomes


# ---------------------------------------------------------------- in few words
def rests_on(result: Result) -> str:
    """What a verdict rests on: axioms, the size of the witness, the clash of shapes, the shape that was defined."""
    return clip(_rests_on(result))


def _rests_on(result: Result) -> str:
    claim = result.claim
    if result.verdict is None:
        return "-"
    if result.verdict == ILL_TYPED:
        return clash(result.error)
    if claim.defines is not None:
        return f"shape {claim.defines.n_rows} x {claim.defines.n_cols}"
    if claim.witness is not None:
        return _witness_in_short(claim)
    return ", ".join(result.axioms) or "no axiom"


def _witness_in_short(claim: Claim) -> str:
    """The dimensions of a witness and its numbers, such as d = 2, m = 1."""
    at = instance(claim.witness or {})
    parts = [f"{name} = {value}" for name, value in at.nats.items() if isinstance(value, int)]
    for name, value in at.letters.items():
        if isinstance(value, tuple) and len(value) == 1 == len(value[0]):
            parts.append(f"{name} = {number_text(value[0][0])}")
    return ", ".join(parts) or "an explicit instance"


def clash(message: str) -> str:
    """The shapes that do not fit, out of the message of a shape error.

    >>> clash("in W*W: W is m x d and W is m x d, the inner dimensions d and m differ")
    'the inner dimensions d and m differ'
    >>> clash("in W + V: W is m x d, V is d x m")
    'W is m x d, V is d x m'
    >>> clash("in Trace(W): W is m x d, not square")
    'W is m x d, not square'
    """
    tail = re.sub(r"^(StatementError|ShapeError): ", "", message)
    tail = tail.partition(": ")[2] if tail.startswith("in ") else tail
    found = re.search(r"the inner dimensions .* differ", tail)
    return found[0] if found else tail


def clip(text: str, limit: int = SHORT) -> str:
    """At most so many characters.

    >>> clip("a b c d", 5)
    'a b..'
    """
    return text if len(text) <= limit else text[: limit - 2].rstrip(" ,") + ".."


def summary(outcomes: Sequence[Outcome], seconds: float) -> str:
    """One line: how many claims, their verdicts, their axioms."""
    counts = {v: sum(o.result.verdict == v for o in outcomes) for v in VERDICTS}
    counts["without a verdict"] = sum(o.result.verdict is None for o in outcomes)
    parts = [f"{n} {v}{'s' if v == DEFINITION and n > 1 else ''}" for v, n in counts.items() if n]
    axioms = sorted({a for o in outcomes for a in o.result.axioms})
    parts.append(f"{len(axioms)} axiom{'s' if len(axioms) > 1 else ''}" if axioms else "no axiom")
    if any(o.disagrees for o in outcomes):
        parts.append(f"SymPy disagrees on {sum(o.disagrees for o in outcomes)}")
    total = len(outcomes)
    return f"{total} claim{'s' if total != 1 else ''}: {', '.join(parts)}; {seconds:.2f} s"


def statement_text(result: Result) -> str:
    """The statement on one line."""
    claim = result.claim
    if claim.show is None:
        if claim.defines is not None:
            return f"{expression_text(claim.defines)} ({claim.defines.n_rows} x {claim.defines.n_cols})"
        return operation_text(result.clash.op, result.clash.parts) if result.clash is not None else result.error
    defined = [prop_text(q) for fam in claim.where for q in fam.defined]
    parts = [
        f"where {'; '.join(defined)}" if defined else "",
        f"given {'; '.join(map(prop_text, claim.given))}" if claim.given else "",
        f"show {prop_text(claim.show)}",
    ]
    return ": ".join(p for p in parts if p)


def _axiom_text(th: Theorem) -> str:
    """What an axiom says: as the book states it, if that is what the theorem says; else in the kernel's words."""
    from formal.book.axioms import AXIOMS

    known = AXIOMS.get(th.step.data["name"])
    if known is None or elaborate_prop(known.statement) != th.conclusion:
        return kernel_text(th.conclusion)
    return f"{known.title} {known.source}: {prop_text(known.statement)}"


def axioms_text(outcomes: Sequence[Outcome]) -> list[str]:
    """Every axiom, what it says, and who rests on it."""
    users: dict[str, list[str]] = {}
    says: dict[str, str] = {}
    for o in outcomes:
        for name in o.result.axioms:
            users.setdefault(name, []).append(o.claim.id)
        stack = [o.result.theorem] if o.result.axioms and o.result.theorem is not None else []
        seen = set()
        while stack:
            th = stack.pop()
            if id(th) in seen or not th.axioms:
                continue
            seen.add(id(th))
            if th.step.rule == "axiom":
                says[th.step.data["name"]] = _axiom_text(th)
            stack.extend(th.step.parents)
    if not users:
        return ["No claim rests on an axiom."]
    return [
        line
        for name in sorted(users)
        for line in (f"axiom {name}: {says[name]}", f"  used by {', '.join(users[name])}")
    ]
