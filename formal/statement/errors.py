"""What can be wrong with a statement."""

from __future__ import annotations

from typing import Any


class StatementError(ValueError):
    """A statement that has no meaning: shapes that do not fit, an inverse, an unknown object. Says where and why.

    Where two expressions clash, `op` and `parts` are the operation that has no type, so that it can be recorded.
    """

    def __init__(self, message: str, op: str = "", parts: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.op, self.parts = op, parts


class TextError(StatementError):
    """A text that makes no statement. `problem` says what is wrong with it, `column` where, counted from 1.

    The message is the column and the problem, then the text with a caret below the place.
    """

    def __init__(self, problem: str, text: str, column: int, op: str = "", parts: tuple[Any, ...] = ()) -> None:
        picture = f"\n{_picture(text, column)}" if text.strip() else ""
        super().__init__(f"column {column}: {problem}{picture}", op, parts)
        self.problem, self.column = problem, column


WINDOW = 100  # the characters of a long text that are shown


def _picture(text: str, column: int) -> str:
    """The text, or what of it is around the column, and a caret.

    >>> print(_picture("A*A = B", 2))
        A*A = B
         ^
    """
    line = "".join(c if c.isprintable() else " " for c in text)
    start = max(0, min(column - 1 - WINDOW // 2, len(line) - WINDOW))
    shown = line[start : start + WINDOW]
    before, behind = ".. " * (start > 0), " .." * (start + WINDOW < len(line))
    return f"    {before}{shown}{behind}\n    {' ' * (len(before) + column - 1 - start)}^"
