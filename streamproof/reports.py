"""Reports of a check for machines: JSON and JUnit XML."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from .checking import Outcome, rests_on, statement_text, the_book


def json_report(outcomes: Sequence[Outcome]) -> str:
    """{"claims": [...]}, one object a claim; `error` is there when the evidence failed."""
    return json.dumps({"claims": [_claim(o) for o in outcomes]}, indent=1, ensure_ascii=False) + "\n"


def _claim(outcome: Outcome) -> dict[str, Any]:
    result = outcome.result
    found: dict[str, Any] = {
        "id": outcome.claim.id,
        "title": outcome.claim.title,
        "statement": statement_text(result),
        "verdict": result.verdict,
        "axioms": list(result.axioms),
        "repairs": [c.id for c in the_book().repairs(outcome.claim)],
        "seconds": round(result.seconds, 6),
    }
    if outcome.voice is not None:
        found["sympy"] = {"agreed": outcome.voice.agreed, "note": outcome.voice.note}
    if outcome.error:
        found["error"] = outcome.error
    return found


def junit_report(outcomes: Sequence[Outcome]) -> str:
    """One test case a claim; a claim without a verdict, or one that SymPy denies, is a failure."""
    failures = sum(bool(o.error) for o in outcomes)
    seconds = sum(o.result.seconds for o in outcomes)
    counts = {"tests": str(len(outcomes)), "failures": str(failures), "errors": "0", "time": f"{seconds:.6f}"}
    root = ElementTree.Element("testsuites", {"name": "streamproof", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": "streamproof", **counts})
    for o in outcomes:
        name = _legal(f"{o.claim.id} {o.claim.title}")
        case = {"classname": "streamproof", "name": name, "time": f"{o.result.seconds:.6f}"}
        element = ElementTree.SubElement(suite, "testcase", case)
        if o.error:
            error = _legal(o.error)
            ElementTree.SubElement(element, "failure", {"message": error.partition("\n")[0]}).text = error
        else:
            output = f"{o.result.verdict}, resting on {rests_on(o.result)}"
            ElementTree.SubElement(element, "system-out").text = _legal(output)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _legal(text: str) -> str:
    """The text without the characters that XML 1.0 does not allow."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
