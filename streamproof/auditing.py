"""What `streamproof audit` does: choose the claims, read them on a model, and say what was found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from formal.claims import DEFINITION, ILL_TYPED, PROVED, REFUTED, Claim
from formal.statement.printing import prop_text
from numeric.claims.audit import BROKEN, HOLDS, OPEN, SILENT, WITHIN, Audited, Reading
from numeric.claims.audit import REFUTED as FALSE_HERE
from numeric.claims.subject import Subject
from numeric.errors import ModelError

from .checking import the_book
from .errors import Refusal

if TYPE_CHECKING:
    from .findings import Section

TEXT = (
    "The cat sat on the mat because it was warm. When the sun went down, the cat got up, looked at the door, "
    "and waited for somebody to open it."
)
SAID = {HOLDS: "holds", WITHIN: "holds within", FALSE_HERE: "refuted", SILENT: "silent", OPEN: "open", BROKEN: "BROKEN"}


def subject(model: str, text: str) -> Subject:
    """The model with a run over the text, in double precision. Raises Refusal for what cannot be loaded or read."""
    from numeric.checkpoints import load

    try:
        checkpoint = load(model)
        return Subject(checkpoint.name, checkpoint.model, checkpoint.encode(text), text)
    except ModelError as e:
        raise Refusal(str(e)) from None


def chosen(patterns: Sequence[str]) -> list[Claim]:
    """The claims whose ids match a pattern, such as VW-T2 or RS-*; all of them for no pattern."""
    book = list(the_book())
    found = [c for c in book if not patterns or any(fnmatchcase(c.id, p) for p in patterns)]
    for pattern in patterns:
        if not any(fnmatchcase(c.id, pattern) for c in book):
            raise Refusal(f"no claim of the book is called {pattern}: `streamproof list` shows their names")
    return found


def audited(found: Subject, claims: Sequence[Claim], say: Callable[[str], None]) -> list[Audited]:
    """All claims read on the model, with a line on the terminal while it lasts."""
    from numeric.claims.audit import audit

    done: list[Audited] = []

    def heard(one: Audited) -> None:
        done.append(one)
        say(f"{len(done)} of {len(claims)} claims, {one.claim.id} took {one.seconds:.1f} s")

    try:
        return audit(found, claims, said=heard)
    except ModelError as e:
        raise Refusal(str(e)) from None


def sections(about: Subject) -> list[Section]:
    """What the chapters guess, found out about the model. Raises Refusal where the plotting library is missing."""
    try:
        from .findings import sections as found_out

        return found_out(about)
    except ModelError as e:
        raise Refusal(str(e)) from None


def kind(claim: Claim) -> str:
    """What the book says of a claim, by the kind of its evidence; `streamproof check` is what checks the evidence."""
    if claim.ill_typed is not None:
        return ILL_TYPED
    if claim.defines is not None:
        return DEFINITION
    return PROVED if claim.proof is not None else REFUTED


def said(one: Audited) -> str:
    """What a claim is called here."""
    if one.status == WITHIN and one.tried:
        return "holds where tried"
    return SAID[one.status]


def rows(found: Sequence[Audited]) -> list[list[str]]:
    """A row for each claim that was read somewhere: id, title, in the book, here, within, places."""
    return [
        [
            one.claim.id,
            one.claim.title,
            kind(one.claim),
            said(one),
            f"{one.width:.1e}" if one.width else "",
            str(len(one.readings)),
        ]
        for one in found
        if one.readings
    ]


def broken(found: Sequence[Audited]) -> bool:
    """Whether a proved claim fails somewhere, or the model's run is not what it should be."""
    return any(one.status == BROKEN for one in found)


def closing(found: Sequence[Audited], seconds: float) -> list[str]:
    """What is broken, line by line, and a summary."""
    lines = []
    for one in found:
        for r in one.readings:
            if r.status == BROKEN:
                lines.append(f"{one.claim.id} is broken at {r.where}: {r.why} fails")
    counts = Counter(one.status for one in found if one.readings)
    parts = [f"{counts[s]} {name}" for s, name in _SUMMARY.items() if counts[s]]
    unread = sum(not one.readings for one in found)
    places = sum(len(one.readings) for one in found)
    read = f"{len(found) - unread} claims read at {places} places: {', '.join(parts) or 'none'}"
    return [*lines, f"{read}; {unread} do not speak of this model; {seconds:.1f} s"]


_SUMMARY = {
    HOLDS: "hold for certain",
    WITHIN: "hold within their width",
    FALSE_HERE: "are refuted",
    SILENT: "say nothing",
    OPEN: "open",
    BROKEN: "BROKEN",
}


def json_report(about: Subject, found: Sequence[Audited]) -> str:
    """{"model": .., "tokens": .., "claims": [..]}: all readings, and reasons where there are none."""
    whole = {
        "model": about.name,
        "text": about.text,
        "tokens": [int(t) for t in about.tokens],
        "claims": list(map(_claim, found)),
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _claim(one: Audited) -> dict[str, Any]:
    made: dict[str, Any] = {"id": one.claim.id, "title": one.claim.title, "verdict": kind(one.claim)}
    if one.claim.show is not None:
        made["statement"] = prop_text(one.claim.show)
    if not one.readings:
        return {**made, "reason": one.reason}
    here = {"status": one.status, "width": one.width, "seconds": round(one.seconds, 6)}
    return {**made, **here, "readings": list(map(_reading, one.readings))}


def _reading(r: Reading) -> dict[str, Any]:
    made: dict[str, Any] = {"where": r.where, "status": r.status}
    if r.conclusion.tried:
        made["tried"] = True
    if r.conclusion.holds is None:
        made["width"] = r.conclusion.width if r.conclusion.width < float("inf") else None
    if r.hypotheses:
        made["hypotheses"] = [str(h) for h in r.hypotheses]
    if r.why:
        made["failed"] = r.why
    return made
