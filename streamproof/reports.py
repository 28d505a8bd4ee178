"""Reports of a check for machines: JSON and JUnit XML."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from formal.claims import PROVED
from formal.kernel.ground import Matrix
from formal.statement.printing import prop_text
from formal.statement.values import Assignment, assignments

from .checking import Outcome, the_book
from .notation import number_text
from .pages import variable_lines

if TYPE_CHECKING:
    from .asking import Answer


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


def answers_report(answers: Sequence[Answer]) -> str:
    """{"claims": [...]}, one object for each claim that was decided; values of witnesses are texts."""
    return json.dumps({"claims": list(map(_answer, answers))}, indent=1, ensure_ascii=False) + "\n"


def _answer(answer: Answer) -> dict[str, Any]:
    decision = answer.decision
    claim, search = decision.claim, decision.search
    found: dict[str, Any] = {
        "asked": answer.question.label,
        "id": claim.id,
        "title": claim.title,
        "variables": list(variable_lines(claim)),
        "given": list(map(prop_text, claim.conditions)),
        "show": prop_text(claim.conclusion),
        "verdict": decision.verdict,
        "axioms": sorted(decision.theorem.axioms) if decision.theorem is not None else [],
        "seconds": round(decision.seconds, 6),
        "attempts": [
            {"method": a.method, "round": a.round, "seconds": round(a.seconds, 6), "failure": a.failure}
            for a in decision.attempts
        ],
        "search": {"tries": search.tries, "met": search.met, "reached": search.reached},
    }
    if decision.verdict == PROVED:
        found["methods"], found["used"] = list(decision.methods), list(decision.used)
    if decision.there is not None:
        found["witness"] = list(map(_value, assignments(decision.there.instance())))
    if answer.note:
        found["note"] = answer.note
    if answer.stopped:
        found["stopped"] = True
    return found


def _value(a: Assignment) -> dict[str, Any]:
    found: dict[str, Any] = {"name": a.name, "value": a.value if isinstance(a.value, int) else _texts(a.value)}
    if a.index is not None:
        found["index"] = a.index
    if a.arguments:
        found["arguments"] = list(map(_texts, a.arguments))
    return found


def _texts(m: Matrix) -> list[list[str]]:
    return [list(map(number_text, row)) for row in m]


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
