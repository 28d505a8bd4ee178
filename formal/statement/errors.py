"""What can be wrong with a statement."""

from __future__ import annotations


class StatementError(ValueError):
    """A statement that has no meaning: shapes that do not fit, an inverse, an unknown object. Says where and why."""
