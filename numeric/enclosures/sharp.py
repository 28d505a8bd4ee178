"""Products of matrices nearly as sharp as one rounding allows, for where gamma_k |A| |B| is too wide.

Each matrix is cut into slices of few bits, relative to the largest entry of a row on the left and of a column on the
right. Products of two slices are sums of whole numbers below 2^53, so that they are exact in any order of summation:
Ozaki, Ogita, Oishi and Rump, "Error-free transformations of matrix multiplication by using fast routines of matrix
multiplication and its applications" (2012). Three slices on either side cost six products and carry 60 bits or so.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import ModelError
from ..functions import Array
from .bounds import inflated
from .enclosure import Enclosure, Like, enclose


def product(a: Like, b: Like, slices: int = 3) -> Enclosure:
    """A [m, k] times B [k, n]: off by about u |A B| and k 2^(1 - slices bits) max|A_i| max|B_j|, and what the radii of
    A and B make of it. bits is 21 for k up to 2048.

    Raises ModelError for stacks of matrices, or where k is beyond 2^30.

    >>> row, column = np.array([[1e16, 1.0, -1e16]]), np.ones((3, 1))
    >>> product(row, column).mid.tolist(), (Enclosure(row) @ column).rad.max() > 1
    ([[1.0]], np.True_)
    """
    x, y = enclose(a), enclose(b)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[0]:
        raise ModelError(f"a sharp product takes two matrices that fit, not {x.shape} and {y.shape}")
    k = x.shape[1]
    bits = (53 - k.bit_length()) // 2
    if bits < 12:
        raise ModelError(f"products through {k} dimensions are too long for exact slices")
    with np.errstate(all="ignore"):
        left, left_scale = _slices(x.mid, 1, bits, slices)
        right, right_scale = _slices(y.mid, 0, bits, slices)
        # Smallest first: the rest of what is left out, and then slices by the order of their size.
        total = Enclosure(np.zeros((x.shape[0], y.shape[1])))
        for order in reversed(range(slices)):
            for s in range(order + 1):
                total = total + left[s] @ right[order - s] * 2.0 ** (-bits * order)
        # |slice s| <= 2^(bits - bits s) and |what the first s slices leave| <= 2^(bits - bits s) / 2, in scaled units.
        rest = (slices + 1) * k * 2.0 ** (2 * bits - bits * slices)
        scale = left_scale + right_scale
        mid = np.ldexp(total.mid, scale)
        rad = np.ldexp(total.rad + rest, scale)
        if not y.exact:
            rad += np.abs(x.mid) @ y.rad
        if not x.exact:
            rad += x.rad @ (np.abs(y.mid) + y.rad)
        return Enclosure._of(mid, inflated(rad, 4 * k + 8, 2 * k + 4))


def gram(a: Like) -> Enclosure:
    """A^T A, sharply."""
    e = enclose(a)
    return product(e.T, e)


def _slices(a: Array, axis: int, bits: int, count: int) -> tuple[list[Array], Array]:
    """Whole numbers N_0, N_1, .. of size up to 2^bits with a = (N_0 + N_1 2^-bits + ..) 2^scale but for less than half
    a unit of the last, and the scale of each row (axis 1) or column (axis 0)."""
    largest = np.abs(a).max(axis=axis, keepdims=True, initial=0)
    scale = np.frexp(largest)[1] - bits
    return list(_whole(np.ldexp(a, -scale), bits, count)), scale


def _whole(rest: Array, bits: int, count: int) -> Iterator[Array]:
    for _ in range(count):
        whole = np.rint(rest)
        yield whole
        rest = (rest - whole) * 2.0**bits  # exact: half a unit at most is left, of the same last bit


def defect(a: Like, b: Like) -> Enclosure:
    """I - A B for square A B, sharply: how far one is from inverting the other."""
    made = product(a, b)
    return np.eye(len(made)) - made
