"""Products of matrices as if in higher precision: of what rounding does to a long sum, next to nothing is left.

Each row of A is cut into its leading bits and the rest, A = A1 + A2, and each column of B, B = B1 + B2, so short that
the sums in A1 B1 have no more than 53 bits and are exact in any order. What is left, A1 B2 + A2 B, is smaller by the
factor 2^-bits, and so is what rounding does to it. After Ozaki, Ogita, Oishi and Rump, "Error-free transformations of
matrix multiplication" (2012). A claim multiplies many matrices one after the other, and radii that are not smaller
than gamma_k |A| |B| each time would hide what it says. `sharp` is sharper still, and takes twice as long.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions import Array
from .bounds import inflated
from .elementary import U
from .enclosure import Enclosure, Like, enclose

WIDEST = 2.0**400  # larger entries, or a largest one below its inverse, are left to the plain product
LEAST = 2.0**-900  # smaller radii are made as large as this, as subnormal numbers take long to multiply
_ROUND = 1.5 * 2.0**52  # a number added to this one is rounded to an integer


def product(a: Like, b: Like) -> Enclosure:
    """The product of two matrices [m, k] and [k, n].

    >>> a = Enclosure(np.full((1, 400), 0.1))
    >>> float((product(a, a.T).rad / (a @ a.T).rad)[0, 0]) < 1 / 100
    True
    """
    left, right = enclose(a), enclose(b)
    k = left.shape[1]
    largest = [float(abs(e.mid).max(initial=0.0)) for e in (left, right)]
    if k < 2 or not all(1 / WIDEST < size < WIDEST for size in largest):
        return left @ right
    bits = (53 - (k - 1).bit_length()) // 2
    rows, columns = _powers(left.mid, 1), _powers(right.mid, 0)
    a1, b1 = _leading(left.mid, rows, bits), _leading(right.mid, columns, bits)
    with np.errstate(all="ignore"):
        rest = a1 @ (right.mid - b1)
        rest += (left.mid - a1) @ right.mid
        mid = a1 @ b1
        mid += rest
        # |A1|, |A| <= rows and |B2| <= 2^-bits columns, and so on: each product of the rest has k such terms.
        rad = rows * (2 * k * (k + 3) * U / (1 - 2 * k * U) * 2.0**-bits) * columns
        rad += U * np.abs(mid)
        wide = np.maximum(right.rad, LEAST)
        if not left.exact:
            rad += np.maximum(left.rad, LEAST) @ (np.abs(right.mid) + wide)
        if not right.exact:
            rad += np.abs(left.mid) @ wide
        return Enclosure(mid, inflated(rad, 2 * k + 12, 4 * k + 8))


def times(a: Any, b: Any) -> Any:
    """The product of Enclosures, as here, or of arrays."""
    return product(a, b) if isinstance(a, Enclosure) or isinstance(b, Enclosure) else a @ b


def _powers(x: Array, axis: int) -> Array:
    """Powers of 2 that the absolute values along an axis do not exceed, and 1 / WIDEST at least."""
    largest = np.maximum(np.abs(x).max(axis=axis, keepdims=True), 1 / WIDEST)
    powers: Array = np.ldexp(1.0, np.frexp(largest)[1])
    return powers


def _leading(x: Array, powers: Array, bits: int) -> Array:
    """x rounded to multiples of 2^-bits times the powers of 2, exactly."""
    shift = powers * (_ROUND * 2.0**-bits)
    rounded: Array = (x + shift) - shift
    return rounded
