"""exp and tanh in double precision with proven error bounds.

What a platform's exp returns is promised by nobody, so enclosures use these. They are made of additions, products and
divisions, each of which IEEE 754 rounds correctly: fl(a op b) = (a op b)(1 + e) with |e| <= u = 2^-53.

The reduction of the argument is after Cody and Waite, "Software manual for the elementary functions" (1980).
"""

from __future__ import annotations

import math

import numpy as np

from .functions import Array

U = 2.0**-53
EXP_ERROR = 4 * U  # |exp(x) computed - e^x| <= EXP_ERROR e^x, see `exp`
TANH_ERROR = 6 * U  # the same for tanh

# ln 2 = LN2_HIGH + LN2_LOW to 2^-85 or so; LN2_HIGH has 33 bits, so k * LN2_HIGH is exact for |k| < 2^20.
LN2_HIGH = float.fromhex("0x1.62e42feep-1")
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
LARGEST, SMALLEST = 709.0, -708.0  # between these, e^x is a normal number


def _taylor(r: Array, degree: int) -> Array:
    """(e^r - 1) / r = 1 + r/2 (1 + r/3 (1 + ..)), by Horner's scheme."""
    total = np.ones_like(r)
    for n in range(degree, 1, -1):
        total *= r / n
        total += 1
    return total


def exp(x: Array) -> Array:
    """e^x for SMALLEST <= x <= LARGEST, with a relative error of at most EXP_ERROR.

    With k = round(x / ln 2) and r = x - k ln 2, e^x = 2^k e^r and |r| < 0.3467. k LN2_HIGH is exact, and so is
    x - k LN2_HIGH (Sterbenz, as x lies within a factor of 2 of it; for k = 0 there is nothing to subtract). Subtracting
    k LN2_LOW, rounded, leaves an error in r of at most u |r| + 2u 2^-22 + 2^-75, which changes e^r by 0.35 u at most.
    Taylor's polynomial of degree 14 leaves out less than 0.3467^15 / 15! < 2^-60. In p = r (1 + r/2 (..)) the products
    and sums lose less than 3u |r| 1.2 < 1.3 u, the last sum 1 + p loses u / 1; relative to e^r >= 0.707 that is less
    than (0.35 + 1.3 + 1) u / 0.707 < 3.8 u. The product with 2^k is exact.

    >>> abs(float(exp(np.array([1.0]))[0]) / math.e - 1) < EXP_ERROR
    True
    """
    k = np.rint(x * (1 / math.log(2)))
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    result: Array = np.ldexp(1 + r * _taylor(r, 14), k.astype(np.int64))
    return result


def tanh(x: Array) -> Array:
    """tanh x, with a relative error of at most TANH_ERROR, for normal x.

    For z = 2|x| <= 1 it is E / (E + 2) with E = e^z - 1 = z (1 + z/2 (1 + ..)), where all terms are positive: the
    error of each is weighed by its share in the sum, 3.5 u in all; the sum and the quotient add 2u. For larger z it is
    (1 - t) / (1 + t) with t = e^-z <= 0.37, which is off by 4u t: 4u 0.37 (1 / 0.63 + 1 / 1.37) < 3.5 u, and three
    operations. From z = 40 on the result is 1 to less than u.

    >>> tanh(np.array([0.0, 1e-300, 0.5, -100.0])).round(15).tolist()
    [0.0, 0.0, 0.46211715726001, -1.0]
    """
    z = 2 * np.abs(x)
    small = np.minimum(z, 1)
    e = small * _taylor(small, 20)
    t = exp(-np.clip(z, 0, 40))
    return np.copysign(np.where(z <= 1, e / (e + 2), (1 - t) / (1 + t)), x)  # type: ignore[no-any-return]
