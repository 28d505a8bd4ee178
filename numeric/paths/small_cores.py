"""Norms of products of matrices from small cores.

||V R|| of a write V [r, d] and a read R [d, s] needs no more than V R, which is r x s: with heads, d_head x d_head.
A write with more rows than d is replaced by the triangle T of V = Q T, as ||Q T R|| = ||T R||; a read with more columns
likewise. What stands outside of a circuit, as W_V in W_V W_O, is replaced by its triangle too.

These are plain double-precision numbers, good to some 1e-13 of the largest norm involved: to be shown, not to decide.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..functions import Array

_BLOCK = 8192  # rows that are triangulated at once
_LARGE = 256  # from here on Lanczos' method takes less time than all eigenvalues
_ROUNDING = 2.0**-30  # its square is below the rounding of double precision


def triangle(tall: Array, dtype: npt.DTypeLike | None = None) -> Array:
    """T [.., min(r, d), d] with V = Q T, Q^T Q = I, for V [.., r, d]; many rows block by block, so that none of an
    embedding's precisions but its own is ever in memory. dtype: the precision to compute in, if not that of V.

    >>> found = triangle(np.arange(8.0).reshape(4, 2))
    >>> np.allclose(found.T @ found, [[56, 68], [68, 84]])
    True
    """
    rows = tall.shape[-2]
    kind = tall.dtype if dtype is None else np.dtype(dtype)
    blocks = [_triangle(tall[..., i : i + _BLOCK, :].astype(kind, copy=False)) for i in range(0, rows, _BLOCK)]
    return blocks[0] if len(blocks) == 1 else _triangle(np.concatenate(blocks, axis=-2))


def _triangle(tall: Array) -> Array:
    found: Any = np.linalg.qr(tall, mode="r")
    return np.asarray(found)


def write_core(write: Array) -> Array:
    """A write [.., r, d] of the same norms, with at most d rows, in double precision."""
    if write.shape[-2] <= write.shape[-1]:
        return write.astype(np.float64, copy=False)
    return triangle(write, np.float64)


def read_core(read: Array) -> Array:
    """A read [.., d, s] of the same norms, with at most d columns."""
    return write_core(read.swapaxes(-1, -2)).swapaxes(-1, -2)


def all_products(writes: Array, reads: Array) -> Array:
    """V_i R_j for all i and j, [S, r, d] and [T, d, s] to [S, T, r, s], by one product."""
    n, r, d = writes.shape
    m, _, s = reads.shape
    flat = writes.reshape(n * r, d) @ reads.transpose(1, 0, 2).reshape(d, m * s)
    products: Array = flat.reshape(n, r, m, s).transpose(0, 2, 1, 3)
    return products


def frobenius_norms(matrices: Array) -> Array:
    """The root of the sum of squares over the last two axes.

    >>> float(frobenius_norms(np.array([[3.0, 0.0], [0.0, 4.0]])))
    5.0
    """
    norms: Array = np.sqrt(np.einsum("...ij,...ij->...", matrices, matrices))
    return norms


def spectral_norms(matrices: Array) -> Array:
    """The largest singular values of [n, r, s], [n]: roots of the largest eigenvalues of V^T V or V V^T, the smaller.

    >>> spectral_norms(np.array([[[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]]])).tolist()
    [4.0]
    """
    if matrices.shape[-2] > matrices.shape[-1]:
        matrices = matrices.swapaxes(-1, -2)
    size: Array = np.abs(matrices).max(axis=(-2, -1), initial=0)
    if min(matrices.shape[-2:]) == 0:
        return size
    scaled = matrices / np.where(size > 0, size, 1)[:, None, None]  # so that squares do not overflow or vanish
    if matrices.shape[-2] > _LARGE:
        large: Array = size * np.array([_by_lanczos(matrix) for matrix in scaled])
        return large
    squares = scaled @ scaled.swapaxes(-1, -2)
    norms: Array = size * np.sqrt(np.maximum(np.linalg.eigvalsh(squares)[:, -1], 0))
    return norms


def _by_lanczos(matrix: Array) -> float:
    """The largest singular value of [r, s], r <= s, by Lanczos' method on V V^T with full orthogonalisation.

    It stops when the residual says that there is an eigenvalue within rounding of what was found; the start is random,
    so that it is the largest, but for a chance of about 2^-52 that the start is orthogonal to its vector.
    """
    r = len(matrix)
    basis = np.zeros((r, r))
    vector = np.random.default_rng(r).standard_normal(r)
    diagonal: list[float] = []
    beside: list[float] = []
    largest = 0.0
    for k in range(r):
        basis[k] = vector / np.linalg.norm(vector)
        vector = matrix @ (basis[k] @ matrix)
        diagonal.append(float(basis[k] @ vector))
        for _ in range(2):  # twice is enough (Kahan and Parlett)
            vector = vector - (basis[: k + 1] @ vector) @ basis[: k + 1]
        rest = float(np.linalg.norm(vector))
        if k % 4 == 3 or k == r - 1 or rest == 0:
            values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
            largest = float(values[-1])
            # A residual e leaves an error of e^2 / gap in the eigenvalue.
            if rest * abs(vectors[-1, -1]) <= _ROUNDING * largest:
                break
        beside.append(rest)
    return float(np.sqrt(max(largest, 0)))
