"""Matrices that examples are made of: units, partial identities, counting diagonals, Jordan blocks, permutations.

Few of each shape, and far more often right than random ones where a claim fails only at larger sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import fmpq, fmpq_mat

from .exact import Mat, identity, zeros
from .kinds import Chooser, Kind


def _made(rows: int, cols: int, entry: Callable[[int, int], Any]) -> Mat:
    return fmpq_mat(rows, cols, [entry(i, j) for i in range(rows) for j in range(cols)])


def unit(choose: Chooser, rows: int, cols: int) -> Mat:
    """One entry 1 or -1, all others 0."""
    if not rows or not cols:
        return zeros(rows, cols)
    i, j, sign = choose.pick(range(rows)), choose.pick(range(cols)), choose.pick((1, -1))
    return _made(rows, cols, lambda a, b: sign * ((a, b) == (i, j)))


def partial_identity(choose: Chooser, rows: int, cols: int) -> Mat:
    """Ones on a part of the diagonal, or minus ones."""
    n = min(rows, cols)
    start = choose.pick(range(n + 1))
    end, sign = choose.pick(range(start, n + 1)), choose.pick((1, 1, -1))
    return _made(rows, cols, lambda i, j: sign * (i == j and start <= i < end))


def signs(choose: Chooser, rows: int, cols: int) -> Mat:
    """Entries 1 and -1 on the diagonal."""
    found = choose.several((1, -1), min(rows, cols))
    return _made(rows, cols, lambda i, j: found[i] if i == j else 0)


def counting(choose: Chooser, rows: int, cols: int) -> Mat:
    """0, 1, 2, .. or 1, 2, 3, .. on the diagonal: eigenvalues that differ."""
    first = choose.pick((0, 1, -1))
    return _made(rows, cols, lambda i, j: first + i if i == j else 0)


def jordan(choose: Chooser, rows: int, cols: int) -> Mat:
    """Chains of ones above the diagonal, of any lengths: nilpotent of every index up to the size."""
    linked = choose.several((1, 1, 1, 0), rows)
    return _made(rows, cols, lambda i, j: int(j == i + 1 and linked[i]))


def whole_chain(choose: Chooser, rows: int, cols: int) -> Mat:
    """One chain of ones above the diagonal, or below."""
    step = choose.pick((1, -1))
    return _made(rows, cols, lambda i, j: int(j == i + step))


def cycle(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """The cyclic shift, or the companion matrix of a polynomial x^n - c."""
    if rows != cols:
        return None
    corner = choose.pick((1, -1, 2))
    return _made(rows, rows, lambda i, j: int(i == j + 1) + corner * (j == rows - 1 and i == 0))


def swaps(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """Neighbours change places; or, with a sign, turn by a quarter."""
    if rows != cols:
        return None
    sign = choose.pick((1, -1))
    even = rows - rows % 2
    return _made(
        rows, rows, lambda i, j: (sign if i % 2 else 1) * (i ^ 1 == j) if i < even and j < even else int(i == j)
    )


def mean(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """The projection onto the vector of ones."""
    return _made(rows, rows, lambda i, j: fmpq(1, rows)) if rows == cols else None


def ones_in_line(choose: Chooser, rows: int, cols: int) -> Mat:
    """Ones in a row, in a column, or everywhere."""
    which = choose.pick((0, 1, 2))
    return _made(rows, cols, lambda i, j: int(which == 2 or (i, j)[which] == 0))


SINGLE: tuple[Kind, ...] = (
    *(partial_identity, unit, whole_chain, signs, partial_identity, counting, jordan, cycle, swaps, mean),
    *(ones_in_line, unit),
)


def standard(choose: Chooser, rows: int, cols: int) -> Mat:
    """One of these, often the identity, now and then a sum of two."""
    other = choose.pick(range(8))
    if other > 5:
        return _made(rows, cols, lambda i, j: (1, -1)[other - 6] * (i == j))
    found = _single(choose, rows, cols)
    if other == 0:
        return found + _single(choose, rows, cols)
    return identity(rows) - found if other == 1 and rows == cols else found


def _single(choose: Chooser, rows: int, cols: int) -> Mat:
    made = None
    while made is None:
        made = choose.pick(SINGLE)(choose, rows, cols)
    return made
