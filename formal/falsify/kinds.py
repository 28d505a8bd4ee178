"""Matrices with a structure, built and not filtered: of a rank, orthogonal, projections, nilpotent, unit vectors, ...

Each kind is a function of a source of choices and of a shape; None where there is none of that shape. The same
functions serve the search (choices from a seeded generator) and Hypothesis (`strategies`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from flint import fmpq, fmpq_mat

from .exact import Mat, column_basis, identity, inverse, zeros

T = TypeVar("T")
HALF = fmpq(1, 2)
ENTRIES = (0, 1, -1, 1, -1, 0, 2, -2, 3, HALF, -HALF)
SIMPLE = (0, 1, -1)
NUMBERS = (1, -1, 2, HALF, 0, -2, -HALF, 3, -3, fmpq(3, 5), fmpq(4, 5), fmpq(3, 2), 4, fmpq(2, 3), 5, 7)


class Chooser(Protocol):
    """Where choices come from."""

    def pick(self, options: Sequence[T]) -> T:
        """One of the options; the first ones are the simple ones."""

    def several(self, options: Sequence[Any], count: int) -> list[Any]:
        """So many of them, one after the other."""


def small(choose: Chooser, rows: int, cols: int) -> Mat:
    """Entries 0, 1 and -1."""
    return fmpq_mat(rows, cols, choose.several(SIMPLE, rows * cols))


def any_entries(choose: Chooser, rows: int, cols: int) -> Mat:
    """Small entries, a few fractions among them; a single number from a longer list."""
    return fmpq_mat(rows, cols, choose.several(NUMBERS if rows * cols == 1 else ENTRIES, rows * cols))


def zero(choose: Chooser, rows: int, cols: int) -> Mat:
    """Zero."""
    return zeros(rows, cols)


def all_ones(choose: Chooser, rows: int, cols: int) -> Mat:
    """Every entry is 1."""
    return fmpq_mat(rows, cols, [1] * (rows * cols))


def positive(choose: Chooser, rows: int, cols: int) -> Mat:
    """Positive entries."""
    return fmpq_mat(rows, cols, choose.several((1, 2, HALF, 3), rows * cols))


def scaled_identity(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """A multiple of the identity."""
    return choose.pick(NUMBERS) * identity(rows) if rows == cols else None


def axes(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """Columns of the identity, one after the other, the first one anywhere."""
    if cols > rows:
        return None if (found := axes(choose, cols, rows)) is None else found.transpose()
    start = choose.pick(range(rows - cols + 1))
    return fmpq_mat(rows, cols, [int(i == j + start) for i in range(rows) for j in range(cols)])


def diagonal(choose: Chooser, rows: int, cols: int) -> Mat:
    """Small numbers on the diagonal."""
    numbers = choose.several((0, 1, -1, 2), min(rows, cols))
    return fmpq_mat(rows, cols, [numbers[i] if i == j else 0 for i in range(rows) for j in range(cols)])


def _shuffled(choose: Chooser, n: int) -> list[int]:
    rest, order = list(range(n)), []
    while rest:
        order.append(rest.pop(choose.pick(range(len(rest)))))
    return order


def signed_permutation(choose: Chooser, rows: int, cols: int) -> Mat:
    """At most one entry 1 or -1 in each row and column; square: all of them."""
    n = max(rows, cols)
    order, signs = _shuffled(choose, n), choose.several((1, -1), n)
    return fmpq_mat(rows, cols, [signs[i] * (order[i] == j) for i in range(rows) for j in range(cols)])


def unit_lower(choose: Chooser, n: int) -> Mat:
    """Ones on the diagonal, small entries below."""
    below = iter(choose.several(SIMPLE, n * (n - 1) // 2))
    return fmpq_mat(n, n, [1 if i == j else (next(below) if i > j else 0) for i in range(n) for j in range(n)])


def invertible(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """A product of unit triangular matrices, with signs and a 2 between them."""
    if rows != cols:
        return None
    between = choose.several((1, -1, 1, 2), rows)
    middle = fmpq_mat(rows, rows, [between[i] if i == j else 0 for i in range(rows) for j in range(rows)])
    return unit_lower(choose, rows) * middle * unit_lower(choose, rows).transpose()


def full_rank(choose: Chooser, rows: int, cols: int) -> Mat:
    """Of the largest rank that the shape allows: rows or columns of an invertible matrix."""
    whole = invertible(choose, n := max(rows, cols), n)
    return fmpq_mat(rows, cols, [whole[i, j] for i in range(rows) for j in range(cols)]) if whole is not None else whole


def of_rank(r: int) -> Kind:
    """Of rank r: the product of two factors of full rank through r dimensions."""

    def build(choose: Chooser, rows: int, cols: int) -> Mat | None:
        if r > min(rows, cols):
            return None
        return full_rank(choose, rows, r) * full_rank(choose, r, cols) if r else zeros(rows, cols)

    return build


def singular(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """Of a rank below the largest."""
    least = min(rows, cols)
    return of_rank(choose.pick(range(least)))(choose, rows, cols) if least else None


def symmetric(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """M = M'."""
    if rows != cols:
        return None
    m = small(choose, rows, rows)
    return m + m.transpose() if choose.pick((True, False)) else HALF * (m + m.transpose())


def antisymmetric(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """M = -M'."""
    if rows != cols:
        return None
    m = small(choose, rows, rows)
    return m - m.transpose()


def semidefinite(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """B'B."""
    if rows != cols:
        return None
    b = small(choose, rows, rows)
    return b.transpose() * b


def orthogonal(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """Cayley: (I - S)^-1 (I + S) for an antisymmetric S, times signs: all orthogonal matrices are of this form."""
    if rows != cols:
        return None
    one, s = identity(rows), antisymmetric(choose, rows, rows)
    turn = inverse(one - s)
    signs = choose.several((1, -1), rows)
    return turn * (one + s) * fmpq_mat(rows, rows, [signs[i] * (i == j) for i in range(rows) for j in range(rows)])


def householder(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """The reflection I - 2 v v' / v'v."""
    if rows != cols or not rows:
        return None
    v = _nonzero(choose, rows)
    return identity(rows) - (2 / (v.transpose() * v)[0, 0]) * (v * v.transpose())


def _nonzero(choose: Chooser, n: int) -> Mat:
    v = choose.several((0, 1, -1, 2), n)
    return fmpq_mat(n, 1, v if any(v) else [1] + [0] * (n - 1))


def isometry(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """Columns of an orthogonal matrix; rows of one where the matrix is wide. One column: a rational unit vector."""
    whole = orthogonal(choose, n := max(rows, cols), n)
    return fmpq_mat(rows, cols, [whole[i, j] for i in range(rows) for j in range(cols)]) if whole is not None else whole


def partial_isometry(choose: Chooser, rows: int, cols: int) -> Mat:
    """A turn of a diagonal matrix of zeros and ones: M M' M = M."""
    marks = choose.several((0, 1), min(rows, cols))
    middle = fmpq_mat(rows, cols, [marks[i] if i == j else 0 for i in range(rows) for j in range(cols)])
    left, right = orthogonal(choose, rows, rows), orthogonal(choose, cols, cols)
    return left * middle * right if left is not None and right is not None else middle


def projection(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """Onto the image of a random matrix, orthogonally: B (B'B)^-1 B'."""
    if rows != cols:
        return None
    return projection_onto(small(choose, rows, choose.pick(range(rows + 1))))


def projection_onto(m: Mat) -> Mat:
    """The orthogonal projection onto the image of a matrix."""
    b = column_basis(m)
    bt = b.transpose()
    return b * (bt * b).inv() * bt if b.ncols() else zeros(m.nrows(), m.nrows())


def _similar(choose: Chooser, m: Mat) -> Mat:
    s = invertible(choose, n := m.nrows(), n)
    return s * m * inverse(s)


def _marked(choose: Chooser, n: int, marks: Sequence[int]) -> Mat:
    found = choose.several(marks, n)
    return fmpq_mat(n, n, [found[i] if i == j else 0 for i in range(n) for j in range(n)])


def idempotent(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """M M = M: similar to a diagonal matrix of zeros and ones."""
    return _similar(choose, _marked(choose, rows, (1, 0))) if rows == cols else None


def involution(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """M M = I: similar to a diagonal matrix of signs."""
    return _similar(choose, _marked(choose, rows, (1, -1))) if rows == cols else None


def tripotent(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """M M M = M: similar to a diagonal matrix of zeros and signs."""
    return _similar(choose, _marked(choose, rows, SIMPLE)) if rows == cols else None


def square_zero(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """M M = 0: similar to pairs of a chain."""
    if rows != cols:
        return None
    marks = choose.several((1, 0), rows // 2)
    chain = [int(j == i + 1 and i % 2 == 0 and marks[i // 2]) for i in range(rows) for j in range(rows)]
    return _similar(choose, fmpq_mat(rows, rows, chain))


def nilpotent(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """Some power is 0: similar to a strictly triangular matrix."""
    if rows != cols:
        return None
    entries = choose.several(SIMPLE, rows * rows)
    upper = [entries[i * rows + j] if j > i else 0 for i in range(rows) for j in range(rows)]
    return _similar(choose, fmpq_mat(rows, rows, upper))


def strictly_upper(choose: Chooser, rows: int, cols: int) -> Mat:
    """Zero on and below the diagonal."""
    entries = choose.several(SIMPLE, rows * cols)
    return fmpq_mat(rows, cols, [entries[i * cols + j] if j > i else 0 for i in range(rows) for j in range(cols)])


def unipotent(choose: Chooser, rows: int, cols: int) -> Mat | None:
    """The identity and a nilpotent matrix."""
    n = nilpotent(choose, rows, cols)
    return None if n is None else identity(rows) + n


Kind = Callable[[Chooser, int, int], "Mat | None"]

# In the order in which they are tried where nothing is known of what fits.
KINDS: tuple[Kind, ...] = (
    *(small, any_entries, axes, zero, full_rank, diagonal, singular, projection, idempotent, orthogonal, isometry),
    *(signed_permutation, symmetric, square_zero, involution, antisymmetric, householder, partial_isometry, nilpotent),
    *(of_rank(1), scaled_identity, semidefinite, positive, all_ones, strictly_upper, unipotent, tripotent, invertible),
)
