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
