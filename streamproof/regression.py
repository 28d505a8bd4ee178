"""A counterexample as a test to paste into a test suite."""

from __future__ import annotations

import re
from collections.abc import Iterable

from formal.claims import Claim

from .asking import Answer, Question
from .source import statement_source, text_source, used_names, witness_source

INDENT = " " * 4
LONG = 110  # characters of a line; a longer call gets a line for each argument
STRING = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""


def regression_tests(answers: Iterable[Answer]) -> str:
    """A pytest module with a test for each claim that values refute; "" if none is.

    A test fails as soon as the witness no longer refutes the claim.
    """
    names: list[str] = []
    tests = []
    for answer in answers:
        if answer.decision.there is not None:
            stem = re.sub(r"\W+", "_", answer.question.claim.id, flags=re.ASCII).strip("_").lower() or "claim"
            numbered = (stem, *(f"{stem}_{i}" for i in range(2, len(names) + 3)))
            names.append(next(n for n in numbered if n not in names))
            tests.append(_test(f"test_{names[-1]}_is_false", answer.question, answer.decision.there))
    text = "\n\n\n".join(tests)
    return f"{_imports(text)}\n\n\n{text}\n" if tests else ""


def _test(name: str, question: Question, there: Claim) -> str:
    lines: list[str] = []
    shown = text_source(question.label)
    if not question.text:
        lines, arguments = statement_source(question.claim)
        one_line = f"statement = claim({', '.join(arguments)})"
        set_in = [f"{INDENT}{a}," for a in arguments]
        lines += [one_line] if len(one_line) <= LONG else ["statement = claim(", *set_in, ")"]
        shown = "statement"
    lines += ["assert_refuted(", f"{INDENT}{shown},", f"{INDENT}witness={witness_source(there)},", ")"]
    return "\n".join([f"def {name}():", *(INDENT + line for line in lines)])


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
