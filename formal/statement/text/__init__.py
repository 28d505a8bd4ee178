"""One line of text as a statement; docs/text.md describes the notation.

>>> statement = parse("d, m; W: m x d; V: d x m; W*V = I => rank(V) = m")
>>> statement.given, statement.show
((W*V = I, 1 <= d, 1 <= m), rank(V) = m)
>>> parse("d, m; W: m x d; W*W = 0")
Traceback (most recent call last):
    ...
formal.statement.errors.TextError: column 18: in W*W: W is m x d and W is m x d, the inner dimensions d and m differ
    d, m; W: m x d; W*W = 0
                     ^
"""

from __future__ import annotations

from typing import NamedTuple

from ..language import Family, Prop


class Statement(NamedTuple):
    """Hypotheses, a conclusion, and the families that are defined by recursion: what a claim says."""

    given: tuple[Prop, ...]
    show: Prop
    where: tuple[Family, ...] = ()


def parse(text: str) -> Statement:
    """The statement that one line of text makes.

    Raises TextError, a StatementError with the column, for a text that makes none.
    """
    from .reader import Reader  # the parser is loaded only where there is text

    return Statement(*Reader(text).read())
