"""Functions to put in the place of opaque maps: named ones, and tables with no pattern at all."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from flint import fmpq, fmpq_mat

from .exact import Mat, mat, rows_of

# On entries; the simple ones first.
NAMED: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("zero", lambda x: fmpq(0)),
    ("one", lambda x: fmpq(1)),
    ("identity", lambda x: x),
    ("relu", lambda x: max(x, fmpq(0))),
    ("negative", lambda x: -x),
    ("square", lambda x: x * x),
    ("shift", lambda x: x + 1),
    ("sign", lambda x: fmpq((x > 0) - (x < 0))),
    ("is zero", lambda x: fmpq(int(not x))),
)
TABLE = (0, 1, -1)


class Map:
    """A function of matrices with values of one shape: a named one entry by entry, or a table made from a number.

    It is a function of FLINT matrices inside, and of lists of rows for whoever reads a witness.
    """

    def __init__(self, kind: int, rows: int, cols: int, salt: int = 0) -> None:
        self.kind, self.rows, self.cols, self.salt = kind, rows, cols, salt
        self.known: dict[Any, Mat] = {}

    @property
    def cost(self) -> int:
        """How far down the list of functions it stands."""
        return self.kind if self.kind < len(NAMED) else len(NAMED)

    def value(self, *args: Mat) -> Mat:
        """The value at matrices."""
        found = [x for arg in args for x in arg.entries()] or [fmpq(0)]
        point = tuple((int(x.p), int(x.q)) for x in found)
        known = self.known.get(point)
        if known is None:
            count = self.rows * self.cols
            if self.kind < len(NAMED):
                f = NAMED[self.kind][1]
                made = [f(found[k % len(found)]) for k in range(count)]
            else:
                source = Random(f"{self.salt} {point}")
                made = [source.choice(TABLE) for _ in range(count)]
            known = self.known[point] = fmpq_mat(self.rows, self.cols, made)
        return known

    def __call__(self, *args: Any) -> Any:
        """The value at lists of rows, as rows."""
        return rows_of(self.value(*(mat(len(a), len(a[0]) if a else 0, [x for row in a for x in row]) for a in args)))

    def __repr__(self) -> str:
        return NAMED[self.kind][0] if self.kind < len(NAMED) else f"table {self.salt}"
