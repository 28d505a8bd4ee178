"""Exact ranks of matrices of floating-point numbers, and of their products.

A float is m 2^e with integers m and e, and 2 has an inverse modulo an odd prime p. So reducing modulo p is defined on
all floats, and it respects sums and products: Z[1/2] -> F_p is a homomorphism of rings. It maps minors to minors, and a
minor that is not 0 modulo p is not 0. Hence the rank modulo p never exceeds the rank over Q, and it falls short only
if p divides every largest minor that is not 0, which a matrix must be made for.

From above the rank is bounded by theorems of the book: a product through k dimensions has rank k at most (an axiom of
the kernel), and a product of matrices at most the rank of each (VW-T2). Where the bounds meet, the rank is exact: there
is no tolerance, and scaling makes no difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from math import prod

import numpy as np
from flint import fmpq, fmpq_mat, fmpz_mat, nmod_mat

from .errors import ModelError
from .functions import Array

# Chosen because 2 generates all residues: powers of 2, in which floats abound, agree only if their exponents differ by
# a multiple of PRIME - 1. Modulo the larger prime 2^31 - 1 they agree every 31 steps.
PRIME = 2**31 - 19
_LEAST = -1200  # less than the exponent of any double-precision number, written as an integer times a power of 2
_EXACT_BITS = 2**22  # what has no more bits in all has its rank computed over the integers, in seconds at worst


def modular(array: Array) -> nmod_mat:
    """A matrix [m, n] of floats or integers modulo PRIME, exactly.

    Raises ModelError for what is no matrix, and for entries that are no finite numbers.

    >>> (modular(np.array([[1.0, 2.0], [0.5, -3.0]])) * 2).tolist()
    [[2, 4], [1, 2147483623]]
    """
    mantissas, exponents = _integers(array)
    # Both residues lie below 2^31, so that their product has less than 63 bits.
    residues = mantissas % PRIME * _powers_of_two()[exponents - _LEAST] % PRIME
    rows, columns = array.shape
    return nmod_mat(rows, columns, residues.ravel().tolist(), PRIME)


def rational(array: Array) -> fmpq_mat:
    """A matrix [m, n] of floats or integers as the rationals that they are. Raises ModelError as `modular` does.

    >>> rational(np.array([[0.5, -3.0]])).tolist()
    [[1/2, -3]]
    """
    mantissas, exponents = _integers(array)
    least = int(exponents.min())
    power = fmpq(1, 2**-least) if least < 0 else fmpq(2**least)
    return fmpq_mat(_scaled(mantissas, exponents)) * power


def rank_at_least(*factors: Array | nmod_mat) -> int:
    """A number that the rank of a matrix, or of the product of several from left to right, certainly reaches.

    It is the rank modulo PRIME. A product with more rows than its inner dimension, or columns, is made smaller by a
    random matrix beside it: that cannot raise the rank, and lowers it with a probability of about 1 / PRIME.

    >>> rank_at_least(np.diag([1.0, 2.0**-60]))
    2
    >>> rank_at_least(np.diag([1.0, 0.0]), np.diag([0.0, 1.0]))
    0
    """
    _checked_chain(factors)
    if len(factors) == 1 and isinstance(factors[0], np.ndarray):
        return _rank_of_one(factors[0])
    product, *rest = (f if isinstance(f, nmod_mat) else modular(f) for f in factors)
    for i, factor in enumerate(rest):
        right = _shortened(factor.transpose()).transpose() if i == len(rest) - 1 else factor
        product = _shortened(product) * right
    return int(product.rank())


def rank_at_most(*factors: Array) -> int:
    """A number that the rank of a matrix, or of a product, certainly does not exceed, found without elimination: how
    many rows of a factor, or columns, are not 0 throughout.

    >>> rank_at_most(np.ones((3, 2)), np.diag([1.0, 0.0]))
    1
    """
    _checked_chain(factors)
    return min(int(factor.any(axis=axis).sum()) for factor in factors for axis in (0, 1))


def rank_bounds(*factors: Array) -> tuple[int, int]:
    """Two numbers between which the rank of a matrix, or of a product, lies.

    They are equal, and the rank is exact, if it is as large as the shapes allow, or if the matrices are small: then
    FLINT computes the rank over the integers.

    >>> rank_bounds(np.array([[1.0, 2.0], [0.25, 0.5]]))
    (1, 1)
    """
    high = rank_at_most(*factors)
    low = rank_at_least(*factors)
    if low < high:
        exact = _exact_rank(factors)
        if exact is not None:
            return exact, exact
    return low, high


@dataclass(frozen=True, eq=False)
class Ranked:
    """A matrix and two numbers between which its rank lies; made by `ranked`."""

    array: Array
    low: int
    high: int

    @cached_property
    def residues(self) -> nmod_mat:
        """The matrix modulo PRIME."""
        return modular(self.array)


def ranked(array: Array) -> Ranked:
    """A matrix with the bounds of its rank, to be computed once and used for many virtual weights.

    >>> found = ranked(np.eye(3)[:2])
    >>> found.low, found.high
    (2, 2)
    """
    return Ranked(array, *rank_bounds(array))


def virtual_rank(read: Array | Ranked, write: Array | Ranked) -> tuple[int, int]:
    """Two numbers between which the rank of a virtual weight lies, that of the product write read; equal if exact.

    write: [m_i, d], what layer i writes, row by row; read: [d, m_k], what layer k reads: W_k V_i in the book's columns.
    From above stand the ranks of both (VW-T2), from below Sylvester's inequality, rank W_k + rank V_i - d (VW-T2a),
    which decides where one of them has rank d. Only elsewhere the product is formed, and modulo PRIME, of matrices
    that are not larger than d. Raises ModelError if what is written and what is read do not have the same d.

    >>> write, read = np.eye(4)[:2], np.eye(4)[:, 1:]
    >>> virtual_rank(read, write)
    (1, 1)
    """
    r = read if isinstance(read, Ranked) else ranked(read)
    w = write if isinstance(write, Ranked) else ranked(write)
    d = len(r.array)
    if w.array.shape[1] != d:
        raise ModelError(f"what is written has {w.array.shape[1]} dimensions, what is read has {d}")
    high = min(r.high, w.high)
    low = max(r.low + w.low - d, 0)
    if low < high:
        low = max(low, rank_at_least(w.residues, r.residues))
    if low < high:
        exact = _exact_rank((w.array, r.array))
        if exact is not None:
            return exact, exact
    return low, high


def is_zero_mod(*factors: Array | nmod_mat) -> bool:
    """Whether a product of matrices is 0 modulo PRIME. If not, it is certainly not 0 over Q; if so, it hardly is.

    >>> nilpotent = np.array([[0.0, 1.0], [0.0, 0.0]])
    >>> is_zero_mod(nilpotent), is_zero_mod(nilpotent, nilpotent)
    (False, True)
    """
    return rank_at_least(*factors) == 0


def _rank_of_one(array: Array) -> int:
    """The rank modulo PRIME; of a long matrix most often that of the square at its beginning, which is as large as can
    be and takes a part of the time."""
    side = min(array.shape)
    return side if int(modular(array[:side, :side]).rank()) == side else int(modular(array).rank())


# ---------------------------------------------------------------- floats as integers
def _matrix(array: Array) -> Array:
    """The matrix itself, if its rank can be asked for."""
    if array.ndim != 2 or array.size == 0:
        raise ModelError(f"a rank is that of a matrix, this array has the shape {array.shape}")
    if array.dtype.kind not in "fi" or array.dtype.itemsize > 8:
        raise ModelError(f"the entries are {array.dtype}, expected floats or integers of at most 64 bits")
    if not np.isfinite(array).all():
        raise ModelError("a matrix with an entry that is infinite or no number has no rank")
    return array


def _integers(array: Array) -> tuple[Array, Array]:
    """Integers m and e with array = m 2^e, entry by entry; e = 0 where the array is 0."""
    if _matrix(array).dtype.kind == "i":
        return array.astype(np.int64), np.zeros(array.shape, np.int64)
    fractions, exponents = np.frexp(array.astype(np.float64))  # 53 bits are enough, for subnormal numbers too
    mantissas = np.ldexp(fractions, 53).astype(np.int64)
    return mantissas, np.where(mantissas == 0, 0, exponents.astype(np.int64) - 53)


@cache
def _powers_of_two() -> Array:
    """2^k modulo PRIME for k = _LEAST .. -_LEAST."""
    return np.array([pow(2, k, PRIME) for k in range(_LEAST, 1 - _LEAST)], dtype=np.int64)


def _shortened(matrix: nmod_mat) -> nmod_mat:
    """A matrix with no more rows than columns: random combinations of rows, if there are too many."""
    rows, columns = matrix.nrows(), matrix.ncols()
    if rows <= columns:
        return matrix
    weights = np.random.default_rng(0).integers(PRIME, size=rows * columns)
    return nmod_mat(columns, rows, weights.tolist(), PRIME) * matrix


def _exact_rank(factors: Sequence[Array]) -> int | None:
    """The rank of the product over the integers, or None if that may take long."""
    integers = [_integers(factor) for factor in factors]
    # A product has about as many bits to an entry as its factors have together.
    bits = sum(64 + int(exponents.max() - exponents.min()) for _, exponents in integers)
    sides = [len(factors[0]), *(factor.shape[1] for factor in factors)]
    if sorted(sides)[-1] * sorted(sides)[-2] * bits > _EXACT_BITS:
        return None
    product, *rest = (_scaled(mantissas, exponents) for mantissas, exponents in integers)
    return int(prod(rest, start=product).rank())


def _scaled(mantissas: Array, exponents: Array) -> fmpz_mat:
    """m 2^e times the power of 2 that makes all entries integers."""
    rows, columns = mantissas.shape
    shifts = exponents - exponents.min()
    entries = [int(m) << int(shift) for m, shift in zip(mantissas.flat, shifts.flat, strict=True)]
    return fmpz_mat(rows, columns, entries)


def _checked_chain(factors: Sequence[Array | nmod_mat]) -> None:
    if not factors:
        raise ModelError("the rank of no matrix at all was asked for")
    shapes = [(f.nrows(), f.ncols()) if isinstance(f, nmod_mat) else _matrix(f).shape for f in factors]
    for (rows, inner), (other, columns) in pairwise(shapes):
        if inner != other:
            raise ModelError(f"a matrix {rows} x {inner} cannot be multiplied by one {other} x {columns}")
