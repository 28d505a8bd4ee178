"""What somebody asks: statements as text or in files, and the answer to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from formal.claims import PROVED, REFUTED, Claim, check, stated
from formal.decide import OPEN, Decision, Interrupted, decide, refute
from formal.kernel.errors import KernelError
from formal.provers.deadline import within
from formal.statement.errors import StatementError

from .errors import Refusal


@dataclass(frozen=True)
class Question:
    """A claim to decide. label: how it was asked for, FILE::NAME or the text itself; text: empty if from a file."""

    label: str
    claim: Claim
    text: str = ""


@dataclass(frozen=True)
class Answer:
    """What was found. note: what became of the evidence that the claim came with; stopped: somebody could not wait."""

    question: Question
    decision: Decision
    note: str = ""
    stopped: bool = False


def questions(arguments: Sequence[str]) -> list[Question]:
    """The claims that are asked for, each a line of text, a FILE.py, or a FILE.py::NAME, in this order.

    Definitions and ill-typed expressions in a file are left out, as they state nothing that could be decided. Raises
    Refusal for what cannot be read or states nothing.
    """
    found: list[Question] = []
    texts = 0
    for argument in arguments:
        path, _, name = argument.partition("::")
        if path.endswith(".py"):
            found += _from_file(path, name, named="::" in argument)
        else:
            texts += 1
            found.append(_from_text(argument, "statement" if texts == 1 else f"statement-{texts}"))
    for q in found:
        _has_meaning(q)
    return found


def text_question(text: str, id: str = "statement") -> Question:
    """A line of text as a question. Raises StatementError with the place where it has no meaning."""
    return Question(" ".join(text.split()), stated(text, id), text)


def ask(
    question: Question, *, seconds: float = 10, seed: int = 0, progress: Callable[[str], None] | None = None
) -> Answer:
    """Decide a claim; evidence that it comes with is checked first, and what it establishes is the answer."""
    claim, note = question.claim, ""
    try:
        if claim.evidence:
            with within(seconds):
                result = check(claim, sharp=False)
            if result.verdict in (PROVED, REFUTED):
                there = claim if claim.witness is not None else None
                decision = Decision(claim, result.verdict, result.theorem, seconds=result.seconds, there=there)
                return Answer(question, decision, "by the evidence that it comes with")
            note = f"the evidence that it comes with fails: {result.error}"
        return Answer(question, decide(claim, seconds=seconds, seed=seed, progress=progress), note)
    except KeyboardInterrupt as stop:
        decision = stop.decision if isinstance(stop, Interrupted) else Decision(claim, OPEN)
        return Answer(question, decision, note, stopped=True)


def look(
    question: Question,
    *,
    seconds: float = 10,
    tries: int | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Answer:
    """Look for a counterexample to a claim, whatever evidence it comes with."""
    try:
        return Answer(question, refute(question.claim, seconds=seconds, tries=tries, seed=seed, progress=progress))
    except Interrupted as stop:
        return Answer(question, stop.decision, stopped=True)


def _from_text(text: str, id: str) -> Question:
    from os.path import exists

    if exists(text):
        raise Refusal(f"{text} is not a Python file: claims come in a file .py, or as a line of text")
    try:
        return text_question(text, id)
    except (StatementError, KernelError, RecursionError) as e:
        raise Refusal(_message(e)) from None


def _from_file(path: str, name: str, *, named: bool) -> list[Question]:
    from .claims_file import claims_in, claims_named

    claims = claims_named(path, name) if named else claims_in(path)
    stating = [Question(f"{path}::{c.id}", c) for c in claims if c.show is not None]
    if not stating:
        raise Refusal(f"{path}{f'::{name}' if named else ''} states no proposition that could be decided")
    return stating


def _has_meaning(question: Question) -> None:
    """Raises Refusal for a statement that could not be decided, before time goes into others."""
    claim = question.claim
    try:
        _ = claim.variables, claim.hypotheses, claim.goal
    except (StatementError, KernelError, RecursionError) as e:
        raise Refusal(f"{question.label}: {_message(e)}") from None


def _message(error: Exception) -> str:
    return "the statement is nested too deeply" if isinstance(error, RecursionError) else str(error)
