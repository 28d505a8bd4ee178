"""Statements in a test suite: a test fails when a claim is not proved, or not refuted.

>>> from streamproof.testing import assert_proved, assert_refuted
>>> assert_proved("d, m; W: m x d; V: d x m; W*V = 0 => (I - V*W)*(I + V*W) = I")
>>> assert_refuted("d, m; W: m x d; V: d x m; W*V = 0 => V*W = 0")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from formal.claims import PROVED, REFUTED, Claim, check
from formal.decide import Decision
from formal.falsify import refutation

from .answers import answer_text
from .asking import Question, ask, text_question


class UnexpectedVerdict(AssertionError):
    """A claim turned out otherwise; the message shows what `streamproof decide` would, `decision` is what was found."""

    def __init__(self, message: str, decision: Decision | None = None) -> None:
        super().__init__(message)
        self.decision = decision


def assert_proved(statement: Claim | str, *, seconds: float = 10, seed: int = 0) -> None:
    """Fail unless the claim, or the line of text, is proved within so many seconds.

    Evidence that a claim comes with is checked first. Raises UnexpectedVerdict, and StatementError for a statement
    that has no meaning.
    """
    __tracebackhide__ = True
    _expect(PROVED, _question(statement), seconds, seed)


def assert_refuted(
    statement: Claim | str, witness: Mapping[str, Any] | None = None, *, seconds: float = 10, seed: int = 0
) -> None:
    """Fail unless the claim, or the line of text, is refuted: by this witness, or by one found in so many seconds.

    Nothing is searched if there is a witness. Raises UnexpectedVerdict, and StatementError for a statement that has
    no meaning.
    """
    __tracebackhide__ = True
    question = _question(statement)
    if witness is None:
        return _expect(REFUTED, question, seconds, seed)
    found = refutation(question.claim, witness)
    if found is None or found.claim is None:
        c = question.claim
        why = check(Claim(c.id, c.title, c.given, c.conclusion, c.where, witness=witness)).error
        raise UnexpectedVerdict(f"the witness does not refute {question.label}: {why}")
    return None


def table(*rows: tuple[Any, ...]) -> Callable[..., Any]:
    """A map that is known at some arguments only, in a witness: each row has the arguments, then the value there.

    >>> phi = table(([[1], ["1/2"]], [[0], [1]]))
    >>> phi([[1], [Fraction(1, 2)]])
    [[0], [1]]
    """
    values = {tuple(map(_exact, arguments)): value for *arguments, value in rows}

    def look_up(*arguments: Any) -> Any:
        return values[tuple(map(_exact, arguments))]

    return look_up


def _exact(rows: Any) -> tuple[tuple[Any, ...], ...]:
    return tuple(tuple(Fraction(x) if isinstance(x, str) else x for x in row) for row in rows)


def _question(statement: Claim | str) -> Question:
    return text_question(statement) if isinstance(statement, str) else Question(statement.id, statement)


def _expect(verdict: str, question: Question, seconds: float, seed: int) -> None:
    __tracebackhide__ = True
    answer = ask(question, seconds=seconds, seed=seed)
    if answer.stopped:
        raise KeyboardInterrupt
    if answer.decision.verdict != verdict:
        raise UnexpectedVerdict(f"not {verdict}\n{answer_text(answer)}", answer.decision)
