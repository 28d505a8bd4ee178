"""A counterexample as a test to paste into a test suite."""

from __future__ import annotations

import re
from collections.abc import Iterable

from formal.claims import Claim

from .asking import Question
from .source import statement_source, used_names, witness_source

INDENT = " " * 4
STRING = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""


def regression_tests(answers: Iterable[tuple[Question, Claim]]) -> str:
    """A pytest module with a test for each claim that comes with a witness; "" if none does.

    A test fails as soon as the witness no longer refutes the claim.
    """
    names: list[str] = []
    tests = []
    for question, claim in answers:
        if claim.witness is not None:
            stem = re.sub(r"\W+", "_", claim.id, flags=re.ASCII).strip("_").lower() or "claim"
            numbered = (stem, *(f"{stem}_{i}" for i in range(2, len(names) + 3)))
            names.append(next(n for n in numbered if n not in names))
            tests.append(_test(f"test_{names[-1]}_is_false", question, claim))
    text = "\n\n\n".join(tests)
    return f"{_imports(text)}\n\n\n{text}\n" if tests else ""


def _test(name: str, question: Question, claim: Claim) -> str:
    lines, call = ([], repr(question.label)) if question.text else statement_source(claim)
    witness = witness_source(claim)
    body = [*lines, *([] if question.text else [f"statement = {call}"])]
    shown = call if question.text else "statement"
    body += ["assert_refuted(", f"{INDENT}{shown},", f"{INDENT}witness={witness},", ")"]
    return "\n".join([f"def {name}():", *(INDENT + line for line in body)])


def _imports(text: str) -> str:
    """The import statements that the tests need."""
    code = re.sub(STRING, "", text)
    words = set(re.findall(r"\w+", code))
    lines = ["from fractions import Fraction", ""] if "Fraction" in words else []
    lines += ["from formal.claims import claim"] if "claim" in words else []
    lines += ["from formal.kernel.ground import Surd"] if "Surd" in words else []
    language = used_names(code)
    lines += [f"from formal.statement import {', '.join(language)}"] if language else []
    helpers = ["assert_refuted", *(["table"] if "table" in words else [])]
    return "\n".join([*lines, f"from streamproof.testing import {', '.join(helpers)}"])
