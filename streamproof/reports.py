"""Reports of a check for machines: JSON and JUnit XML."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from formal.claims import PROVED

from .checking import Outcome, the_book


def json_report(outcomes: Sequence[Outcome]) -> str:
    """{"claims": [...]}, one object a claim; `errors` is there when the evidence failed."""
    return json.dumps({"claims": [_claim(o) for o in outcomes]}, indent=1, ensure_ascii=False) + "\n"


def _claim(outcome: Outcome) -> dict[str, Any]:
    claim, t = the_book().claims[outcome.id], outcome.tally
    found: dict[str, Any] = {
        "id": outcome.id,
        "title": outcome.title,
        "statement": outcome.statement,
        "verdict": outcome.verdict,
        "axioms": list(outcome.axioms),
        "repairs": [c.id for c in the_book().repairs(claim)],
        "answers": list(claim.also),
        "cites": list(outcome.cites),
        "seconds": round(outcome.seconds, 6),
    }
    if outcome.verdict == PROVED:
        found["hypotheses"] = {"count": t.hypotheses, "needed": t.needed}
        found["inequalities"] = {"count": t.inequalities, "attained": t.attained}
    if outcome.voice is not None:
        found["sympy"] = {"agreed": outcome.voice.agreed, "note": outcome.voice.note}
    if outcome.errors:
        found["errors"] = list(outcome.errors)
    return found


def junit_report(outcomes: Sequence[Outcome]) -> str:
    """One test case a claim; a claim whose evidence fails somewhere, or that SymPy denies, is a failure."""
    failures = sum(bool(o.errors) for o in outcomes)
    seconds = sum(o.seconds for o in outcomes)
    counts = {"tests": str(len(outcomes)), "failures": str(failures), "errors": "0", "time": f"{seconds:.6f}"}
    root = ElementTree.Element("testsuites", {"name": "streamproof", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": "streamproof", **counts})
    for o in outcomes:
        name = _legal(f"{o.id} {o.title}")
        case = {"classname": "streamproof", "name": name, "time": f"{o.seconds:.6f}"}
        element = ElementTree.SubElement(suite, "testcase", case)
        if o.errors:
            errors = _legal("\n".join(o.errors))
            ElementTree.SubElement(element, "failure", {"message": errors.partition("\n")[0]}).text = errors
        else:
            ElementTree.SubElement(element, "system-out").text = _legal(f"{o.verdict}, resting on {o.rests_on}")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _legal(text: str) -> str:
    """The text without the characters that XML 1.0 does not allow."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
