"""Matrices over the rationals in C (FLINT): conversion, solving, pseudo-inverses. Floating point is nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache
from math import isqrt
from typing import Any, TypeAlias

from flint import fmpq, fmpq_mat

Mat: TypeAlias = Any  # flint.fmpq_mat; a scalar is 1 x 1
Rational: TypeAlias = Any  # flint.fmpq


def rational(x: Any) -> Rational:
    """The number for an integer, a fraction, or a fraction as text.

    >>> rational("3/5")
    3/5
    """
    f = Fraction(x)
    return fmpq(f.numerator, f.denominator)


def fraction(x: Rational) -> Fraction | int:
    """The number as Python has it, an integer where it is one.

    >>> fraction(fmpq(3, 5)), fraction(fmpq(4, 2))
    (Fraction(3, 5), 2)
    """
    p, q = int(x.p), int(x.q)
    return p if q == 1 else Fraction(p, q)


def mat(rows: int, cols: int, entries: Iterable[Any]) -> Mat:
    """The rows x cols matrix of these entries, row by row.

    >>> mat(1, 2, [1, "1/2"]).tolist()
    [[1, 1/2]]
    """
    return fmpq_mat(rows, cols, [x if isinstance(x, int | fmpq) else rational(x) for x in entries])


def rows_of(m: Mat) -> tuple[tuple[Fraction | int, ...], ...]:
    """A matrix as a witness has it.

    >>> rows_of(mat(2, 1, [0, "1/2"]))
    ((0,), (Fraction(1, 2),))
    """
    if not m.ncols():
        return ((),) * m.nrows()  # type: ignore[no-any-return]
    return tuple(tuple(map(fraction, row)) for row in m.tolist())


@cache
def zeros(rows: int, cols: int) -> Mat:
    """The zero matrix."""
    return fmpq_mat(rows, cols)


@cache
def identity(n: int) -> Mat:
    """The identity matrix."""
    return fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


@cache
def natural(n: int) -> Mat:
    """A natural number as a scalar."""
    return fmpq_mat(1, 1, [n])


@cache
def units(rows: int, cols: int) -> tuple[Mat, ...]:
    """The matrices with one entry 1, in the order of the entries."""
    n = rows * cols
    return tuple(fmpq_mat(rows, cols, [int(i == k) for i in range(n)]) for k in range(n))


def trace(m: Mat) -> Mat:
    """The trace, as a scalar."""
    return fmpq_mat(1, 1, [sum((m[i, i] for i in range(m.nrows())), start=fmpq(0))])


def solve_affine(system: Mat) -> tuple[list[Rational], list[int], list[list[Rational]]] | None:
    """All x with A x = b, for system = [A, b]: one x, the places of x that are free, a direction for each of these.

    At the free places the x given is 0, and a direction is 1 at its own place and 0 at the other free ones: so a
    solution is known from its entries there. None where there is no solution.

    >>> solve_affine(mat(1, 3, [1, 2, 3]))
    ([3, 0], [1], [[-2, 1]])
    >>> solve_affine(mat(1, 2, [0, 1])) is None
    True
    """
    n = system.ncols() - 1
    reduced, rank = system.rref()
    table = reduced.tolist()[:rank]
    pivots: list[int] = []
    k = 0
    for row in table:
        while not row[k]:
            k += 1
        if k == n:
            return None
        pivots.append(k)
    free = [k for k in range(n) if k not in pivots] if len(pivots) < n else []
    start = [fmpq(0)] * n
    for row, k in zip(table, pivots, strict=True):
        start[k] = row[n]
    directions = []
    for j in free:
        direction = [fmpq(0)] * n
        direction[j] = fmpq(1)
        for row, k in zip(table, pivots, strict=True):
            direction[k] = -row[j]
        directions.append(direction)
    return start, free, directions


def column_basis(m: Mat) -> Mat:
    """Columns of m that are a basis of its image.

    >>> column_basis(mat(2, 3, [0, 1, 2, 0, 1, 2])).tolist()
    [[1], [1]]
    """
    reduced, rank = m.rref() if m.nrows() and m.ncols() else (m, 0)
    picked = [next(j for j in range(m.ncols()) if reduced[i, j]) for i in range(rank)]
    return fmpq_mat(m.nrows(), rank, [m[i, j] for i in range(m.nrows()) for j in picked])


def inverse(m: Mat) -> Mat | None:
    """The inverse of a square matrix, or None."""
    return m.inv() if m.nrows() and m.rank() == m.nrows() else (m if not m.nrows() else None)


def pseudo_inverse(m: Mat) -> Mat:
    """The Moore-Penrose inverse, from a full-rank factorisation M = C F: F' (F F')^-1 (C' C)^-1 C'.

    >>> pseudo_inverse(mat(2, 2, [1, 1, 0, 0])).tolist()
    [[1/2, 0], [1/2, 0]]
    """
    c = column_basis(m)
    if not c.ncols():
        return zeros(m.ncols(), m.nrows())
    ct = c.transpose()
    left = (ct * c).inv() * ct
    f = left * m
    ft = f.transpose()
    return ft * (f * ft).inv() * left


def number_root(x: Rational) -> Rational | None:
    """The square root of a number, where it is rational.

    >>> number_root(fmpq(9, 4)), number_root(fmpq(2))
    (3/2, None)
    """
    if x < 0:
        return None
    root = fmpq(isqrt(int(x.p)), isqrt(int(x.q)))
    return root if root * root == x else None


def square_root(m: Mat) -> Mat | None:
    """An upper triangular R with R'R = M; None where M is not semidefinite, or a diagonal entry would not be rational.

    >>> square_root(mat(2, 2, [4, 2, 2, 1])).tolist()
    [[2, 1], [0, 0]]
    """
    n, left = m.nrows(), m
    if m != m.transpose():
        return None
    rows: list[list[Rational]] = []
    for i in range(n):
        head = number_root(left[i, i])
        row = [left[i, j] for j in range(n)]
        if head is None or (not head and any(row)):
            return None
        rows.append([x / head for x in row] if head else row)
        line = fmpq_mat(1, n, rows[-1])
        left = left - line.transpose() * line
    return fmpq_mat(rows) if n else m


def size(x: Rational) -> int:
    """How large a number is to a reader: |p| + q - 1 for p/q, so that 0 has 0, 1 and -1 have 1, 2 and 1/2 have 2."""
    return abs(int(x.p)) + int(x.q) - 1


def entries(m: Mat) -> Sequence[Rational]:
    """The entries, row by row."""
    return m.entries()  # type: ignore[no-any-return]
