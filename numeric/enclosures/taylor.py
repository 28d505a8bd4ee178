"""Tables of Taylor coefficients of tanh and erf, computed in whole numbers and rounded once.

Row j of a table is the function at j / 64: its value and the coefficients of h, h^2, .. there. In the rows below FIRST
stands the series at 0 instead, whose odd coefficients belong to x, x^3, x^5, ... All is done in units of 2^-240, where
the largest term (e^40, for tanh 20) has lost no more than 2^-150; a quotient of two whole numbers is rounded correctly.
"""

from __future__ import annotations

from functools import cache
from math import isqrt

import numpy as np

from ..functions import Array

STEPS = 64  # nodes for each unit of length
FIRST = 4  # nodes below this one are served by the series at 0
TERMS = 8  # coefficients of a row, beside the value
BITS = 240
ONE = 1 << BITS


def _exponential(p: int, q: int) -> int:
    """e^(p / q) for p / q not below 0: the sum of (p / q)^n / n!."""
    term, total, n = ONE, 0, 0
    while term:
        total += term
        n += 1
        term = term * p // (q * n)
    return total


def _arctangent(q: int) -> int:
    """arctan(1 / q), as the alternating sum of 1 / ((2 n + 1) q^(2 n + 1))."""
    term, total, n = ONE // q, 0, 0
    while term:
        total += term // (2 * n + 1) * (-1) ** n
        term //= q * q
        n += 1
    return total


def _two_over_root_pi() -> int:
    pi = 4 * (4 * _arctangent(5) - _arctangent(239))  # Machin
    return isqrt(4 * ONE**3 // pi)


def _tanh_series(value: int, count: int) -> list[int]:
    """a_0, .., a_count of tanh at a point where it has this value, by t' = 1 - t^2."""
    a = [value]
    for n in range(count):
        square = sum(a[i] * a[n - i] for i in range(n + 1)) // ONE
        a.append(((ONE if n == 0 else 0) - square) // (n + 1))
    return a


def _erf(j: int, factor: int) -> int:
    """erf(j / STEPS) as 2 / sqrt(pi) times the sum of (-1)^n x^(2 n + 1) / (n! (2 n + 1))."""
    term, total, n = ONE * j // STEPS, 0, 0
    while term:
        total += (-1) ** n * (term // (2 * n + 1))
        n += 1
        term = term * j * j // (STEPS * STEPS * n)
    return total * factor // ONE


def _erf_series(j: int, count: int, factor: int) -> list[int]:
    """The same for erf at j / STEPS, whose slope f = 2 / sqrt(pi) e^(-x^2) has f' = -2 x f."""
    f = [factor * ONE // _exponential(j * j, STEPS * STEPS)]
    for n in range(count - 1):
        before = f[n - 1] if n else 0
        f.append((-2 * j * f[n] // STEPS - 2 * before) // (n + 1))
    return [_erf(j, factor), *(c // (n + 1) for n, c in enumerate(f))]


def _table(rows: list[list[int]]) -> Array:
    """[TERMS + 1, nodes], so that one coefficient of all nodes lies together."""
    return np.ascontiguousarray(np.array([[c / ONE for c in row] for row in rows]).T)


@cache
def tanh_table() -> Array:
    """tanh at 0, 1/64, .., 20: from there on it is 1 to less than 2^-56."""
    zero = [0, *_tanh_series(0, 2 * TERMS - 1)[1::2]]
    rows = [zero] * FIRST
    for j in range(FIRST, 20 * STEPS + 1):
        e = _exponential(2 * j, STEPS)
        rows.append(_tanh_series((e - ONE) * ONE // (e + ONE), TERMS))
    return _table(rows)


@cache
def erf_table() -> Array:
    """erf at 0, 1/64, .., 6: from there on it is 1 to less than 2^-55."""
    factor = _two_over_root_pi()
    zero = [0]
    term = factor
    for n in range(TERMS):
        zero.append((-1) ** n * (term // (2 * n + 1)))
        term //= n + 1
    rows = [zero] * FIRST
    rows += [_erf_series(j, TERMS, factor) for j in range(FIRST, 6 * STEPS + 1)]
    return _table(rows)
