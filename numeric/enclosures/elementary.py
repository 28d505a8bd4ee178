"""exp, tanh and erf in double precision with proven error bounds.

What a platform's functions return is promised by nobody, so enclosures use these. They are made of additions, products
and divisions, each of which IEEE 754 rounds correctly: fl(a op b) = (a op b)(1 + e) with |e| <= u = 2^-53. A bound
holds as stated where the result is normal; below, one more underflow is lost, at most 2^-1075.

The reduction of exp's argument is after Cody and Waite, "Software manual for the elementary functions" (1980); tables
of Taylor series after Tang, "Table-driven implementation of the exponential function" (1989). All work in pieces that
stay in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..functions import Array
from . import taylor

U = 2.0**-53
TINY = 2.0**-1074  # the smallest positive number: more than what one underflow loses
EXP_ERROR = 3 * U  # |exp(x) computed - e^x| <= EXP_ERROR e^x, see `exp`
TANH_ERROR = 3 * U  # the same for tanh
ERF_ERROR = 4 * U  # the same for erf

# ln 2 = LN2_HIGH + LN2_LOW to 2^-85 or so; LN2_HIGH has 33 bits, so k * LN2_HIGH is exact for |k| < 2^20.
LN2_HIGH = float.fromhex("0x1.62e42feep-1")
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_EXP = [1 / math.factorial(n) for n in range(14)]
_PIECE = 8192


def _in_pieces(function: Callable[[Array], Array], x: Array) -> Array:
    if x.size <= _PIECE:
        return function(x)
    flat = x.reshape(-1)
    out = np.empty(x.size)
    for start in range(0, x.size, _PIECE):
        piece = slice(start, start + _PIECE)
        out[piece] = function(flat[piece])
    return out.reshape(x.shape)


def exp(x: Array) -> Array:
    """e^x, with a relative error of at most EXP_ERROR; infinity where it overflows.

    With k = round(x / ln 2) and r = x - k ln 2, e^x = 2^k e^r and |r| < 0.3467. k LN2_HIGH is exact, and so is
    x - k LN2_HIGH (Sterbenz, as x lies within a factor of 2 of it; for k = 0 there is nothing to subtract). Subtracting
    k LN2_LOW, rounded, leaves an error in r of at most u |r| + 2u 2^-22 + 2^-74, less than 0.36 u. Taylor's polynomial
    of degree 13 leaves out less than 0.3467^14 / 14! < 0.04 u. In 1 + r (1 + r w) with w = 1/2 + r (1/6 + ..), w < 0.6
    is off by less than 0.9 u (0.6 u for its sum, 0.35 0.18 5u for the product), so 1 + r w by 0.31 u + 0.21 u + u,
    r (1 + r w) by 0.35 1.52 u + 0.42 u < 0.96 u, and the last sum adds u from 1 on and u / 2 below. That makes
    (0.36 1.42 + 0.04 + 0.96 + 1) u < 2.6 u where e^r >= 1, and (0.36 + 0.04 + 0.96 + 0.5) u / 0.707 < 2.7 u below.
    The products with the two halves of 2^k are exact, but for an underflow of the last.

    >>> abs(float(exp(np.array([1.0]))[0]) / math.e - 1) < EXP_ERROR
    True
    """
    return _in_pieces(_exp, x)


def _exp(x: Array) -> Array:
    x = np.clip(x, -750.0, 710.0)  # e^-750 < 2^-1080, and e^710 is too large
    k = np.rint(x * (1 / math.log(2)))
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    total = np.full_like(r, _EXP[-1])
    for c in reversed(_EXP[:-1]):
        total *= r
        total += c
    whole = k.astype(np.int64)
    half = whole >> 1
    with np.errstate(over="ignore", under="ignore"):
        total *= _power_of_two(half)
        total *= _power_of_two(whole - half)
    return total


def _power_of_two(k: Array) -> Array:
    """2^k for -1022 <= k <= 1023, by its bits."""
    bits: Array = np.atleast_1d((k + 1023) << 52)
    return bits.view(np.float64).reshape(k.shape)


def tanh(x: Array) -> Array:
    """tanh x, with a relative error of at most TANH_ERROR.

    See `_tabulated`. Within 1 of the real line |tanh|^2 <= (sinh^2 + sin^2 1) / (sinh^2 + cos^2 1) <= 2.43, so that by
    Cauchy's estimate a row leaves out less than 1.6 2^-63, and |tanh| <= 14.2 at distance 1.5 from 0, so that the
    series there leaves out less than 14.2 / 1.5 (1/27)^16, both below 0.04 u of the result. At 0: the leading 1 is
    exact, the sum is off by u, the product by x by u, and what is added to 1 is below 0.001: 2.1 u. In a row: u for the
    value, which may be 1.15 times the result; 3u 0.0079 / 0.0546 for what is added; u for the sum: 2.6 u.

    >>> tanh(np.array([0.0, 1e-300, 0.5, -100.0])).round(15).tolist()
    [0.0, 0.0, 0.46211715726001, -1.0]
    """
    table = taylor.tanh_table()
    return _in_pieces(lambda piece: _tabulated(table, piece), x)


def erf(x: Array) -> Array:
    """The error function 2 / sqrt(pi) int_0^x e^(-t^2) dt, with a relative error of at most ERF_ERROR.

    See `_tabulated`. The slope's derivatives are Hermite's: the coefficient of h^(n + 1) is at most
    1.13 1.09 sqrt(2^n / n!) / (n + 1) (Cramer), so that a row leaves out less than 2^-65, and the series at 0 less than
    0.003^8 / 8! < 2^-80 of the result. At 0: u for the leading coefficient, u for the sum, u for the product, and what
    is added is below 0.002: 3.1 u. In a row as for tanh: 2.6 u.

    >>> erf(np.array([0.0, 0.5, -10.0])).round(14).tolist()
    [0.0, 0.52049987781305, -1.0]
    """
    table = taylor.erf_table()
    return _in_pieces(lambda piece: _tabulated(table, piece), x)


def _tabulated(table: Array, x: Array) -> Array:
    """An odd function from a table of its Taylor series, see `taylor`.

    |x| is taken to the nearest node j / 64; the difference h, at most 1/128, is exact (Sterbenz). The result is
    a_0 + h (a_1 + h (a_2 + ..)). Nodes below FIRST, where |x| <= 7/128, have the series at 0 instead:
    0 + x (a_1 + x^2 (a_2 + ..)), which keeps the relative error of small x small.
    """
    size = np.minimum(np.abs(x), (table.shape[1] - 1) / taylor.STEPS)
    node = np.rint(size * taylor.STEPS)
    row = node.astype(np.intp)
    small = row < taylor.FIRST
    factor = np.where(small, size, size - node * (1 / taylor.STEPS))
    step = np.where(small, size * size, factor)
    total = table[-1].take(row)
    for coefficients in table[-2:0:-1]:
        total *= step
        total += coefficients.take(row)
    total *= factor
    total += table[0].take(row)
    return np.copysign(total, x)  # type: ignore[no-any-return]
