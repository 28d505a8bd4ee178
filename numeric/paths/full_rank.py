"""Proofs in floating point that matrices have full rank, many at a time.

If ||I - Y X|| < 1 for some Y, then Y X is invertible, so that X has full column rank; how Y was found does not matter.
Here Y is an approximate left inverse, and the bound of ||I - Y X|| covers the rounding of the product, at most
gamma_k |Y| |X| (Higham, "Accuracy and stability of numerical algorithms", 2002, section 3.5), and what X itself may be
off by. This costs a few small products, where elimination modulo a prime costs milliseconds for each matrix. It says
nothing where it does not succeed: then `numeric.ranks` decides.
"""

from __future__ import annotations

import numpy as np

from ..enclosures.elementary import TINY, U
from ..functions import Array
from .small_cores import frobenius_norms

# The norms below are sums of fewer than 2^30 positive terms, so that rounding lowers them by less than this factor.
_SLACK = 1 + 2.0**-20


def gamma(k: int) -> float:
    """k u / (1 - k u), the relative error of sums of products of length k."""
    return k * U / (1 - k * U)


def have_full_rank(matrices: Array, errors: Array | float = 0.0) -> Array:
    """Which of [n, r, s] certainly have rank min(r, s), even if each is off by a matrix of a Frobenius norm up to
    errors [n].

    >>> have_full_rank(np.array([[[1.0, 0.0], [0.0, 2.0**-40]], [[1.0, 1.0], [1.0, 1.0]]])).tolist()
    [True, False]
    >>> have_full_rank(np.array([[[1.0, 0.0], [0.0, 2.0**-40]]]), 2.0**-30).tolist()
    [False]
    """
    if matrices.shape[-2] < matrices.shape[-1]:
        matrices = matrices.swapaxes(-1, -2)
    matrices = matrices.astype(np.float64, copy=False)
    with np.errstate(all="ignore"):
        left = _left_inverses(matrices)
        k, n = matrices.shape[-2:]
        rest = np.eye(n) - left @ matrices
        sizes = frobenius_norms(left) * _SLACK
        # The product's rounding, that of the subtraction from 1, what underflows, and what the matrices are off by.
        bound = frobenius_norms(rest) * (1 + 2 * U)
        bound += (gamma(k) + U) * sizes * frobenius_norms(matrices) + sizes * errors
        proved: Array = (bound + k * n * n * TINY) * _SLACK * _SLACK < 1
    return proved


def product_errors(
    writes: Array, write_errors: Array, read_sizes: Array, read_shape: tuple[int, ...], read_errors: Array
) -> Array:
    """[S, T] bounds of the Frobenius norms of fl(V R) - V' R' for V [S, r, d] and R [T, d, s] of norms read_sizes [T],
    which are off from V' and R' by matrices of norms up to write_errors [S] and read_errors [T]."""
    sizes = frobenius_norms(writes.astype(np.float64))[:, None] * _SLACK
    ours, theirs, other = write_errors[:, None], read_errors[None, :], read_sizes[None, :] * _SLACK
    k, s = read_shape
    lost = writes.shape[-2] * s * k * TINY
    total: Array = (gamma(k) * sizes * other + ours * (other + theirs) + sizes * theirs + lost) * _SLACK
    return total


def _left_inverses(tall: Array) -> Array:
    """Approximate left inverses [n, s, r] of [n, r, s], r >= s; nan where there are none."""
    square = tall if tall.shape[-2] == tall.shape[-1] else tall.swapaxes(-1, -2) @ tall
    try:
        inverses = np.linalg.inv(square)
    except np.linalg.LinAlgError:  # one of them is singular
        inverses = np.full(square.shape, np.nan)
        for i, matrix in enumerate(square):
            try:
                inverses[i] = np.linalg.inv(matrix)
            except np.linalg.LinAlgError:
                continue
    found: Array = inverses if square is tall else inverses @ tall.swapaxes(-1, -2)
    return found
