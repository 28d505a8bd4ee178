"""Midpoints and radii of functions, entry by entry, from midpoints m and radii r; r is None where it is known to be 0.

The functions here are what `Enclosure` consists of: they let warnings of NumPy and numbers that are not finite pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from ..errors import ModelError
from ..functions import Array
from . import elementary
from .elementary import ERF_ERROR, EXP_ERROR, TANH_ERROR, TINY, U

Ball: TypeAlias = tuple[Array, Array]


def inflated(rad: Array, operations: int, losses: int) -> Array:
    """A bound for a radius that was computed from numbers that are not negative, in so many operations: relative
    errors are made up for, and what twice `losses` underflows can have lost. Changes `rad` where it can."""
    rad *= 1 + 2 * (operations + 2) * U
    rad += losses * TINY
    return rad


def raised(x: Array) -> Array:
    """At least the exact sum of which x is the rounded value."""
    found: Array = np.nextafter(x, np.inf)
    return found


def between(low: Array, high: Array) -> Ball:
    """All numbers from low to high."""
    mid = low / 2 + high / 2
    return mid, inflated(np.maximum(high - mid, mid - low), 2, 1)


def sqrt(m: Array, r: Array | None) -> Ball:
    """The square root; of an entry that may be negative, of what of it is not.

    |sqrt x - sqrt m| = |x - m| / (sqrt x + sqrt m) <= r / (sqrt m + sqrt(m - r)). Where 0 may lie inside, it is between
    0 and the root of the largest value. Raises ModelError for an entry that is certainly negative.
    """
    if (m < (0 if r is None else -r)).any():
        raise ModelError("the square root of a negative number")
    root = np.sqrt(np.maximum(m, 0))
    if r is None:
        return root, inflated(U * root, 2, 1)
    least = np.maximum((m - r) * (1 - 4 * U), 0)
    rad = r / ((root + np.sqrt(least)) * (1 - 8 * U)) + U * root
    near = least <= 0
    half = np.sqrt(raised(m + r)) * (0.5 + 4 * U)
    sure = (m == 0) & (r == 0)
    mid = np.where(near, half, root)
    rad = inflated(np.where(near, half, rad), 8, 2)
    return np.where(sure, 0.0, mid), np.where(sure, 0.0, rad)


def exp(m: Array, r: Array | None) -> Ball:
    """e^x: |e^x - e^m| <= e^m (e^r - 1), and e^r - 1 <= r + r^2 for r <= 1; for larger r, between 0 and e^(m + r)."""
    mid = elementary.exp(m)
    rad = EXP_ERROR * mid
    if r is not None:
        rad += mid * (1 + 8 * U) * (r + r * r)
        wide = r > 1
        if wide.any():
            half = elementary.exp(raised(m + r)) * (0.5 + 4 * U) + TINY
            mid, rad = np.where(wide, half, mid), np.where(wide, half, rad)
    return mid, inflated(rad, 10, 4)


def tanh(m: Array, r: Array | None) -> Ball:
    """tanh. Its slope s = 1 - tanh^2 changes by a factor of e^(2 r) at most within r, as s' = -2 tanh s, and
    e^(2 r) <= 1 + 4 r for r <= 1/2; for r > 1/16, between the values at both ends."""
    mid = elementary.tanh(m)
    rad = TANH_ERROR * np.abs(mid)
    if r is not None:
        rad += r * (1 - mid * mid + 10 * U) * (1 + 4 * r)
        mid, rad = _or_at_ends(elementary.tanh, TANH_ERROR, m, r, mid, rad)
    return mid, inflated(rad, 12, 2 if r is None else 3)


def erf(m: Array, r: Array | None) -> Ball:
    """The error function. Within r of m its slope is at most 2 / sqrt(pi) e^-(|m| - r)^2; for r > 1/16, between the
    values at both ends."""
    mid = elementary.erf(m)
    rad = ERF_ERROR * np.abs(mid)
    if r is not None:
        square = np.square(np.clip(np.abs(m) - r, 0, 27.0)) * (1 - 8 * U)
        if (r <= 4 * U * np.abs(m)).all():  # then a rough slope makes less than ERF_ERROR
            slope = 1 / (1 + square + square * square / 2)
        else:
            slope = elementary.exp(-square) + TINY
        rad += r * (1.1284 * slope)  # 2 / sqrt(pi) < 1.12838
        mid, rad = _or_at_ends(elementary.erf, ERF_ERROR, m, r, mid, rad)
    return mid, inflated(rad, 12, 2 if r is None else 3)


def _or_at_ends(function: Callable[[Array], Array], error: float, m: Array, r: Array, mid: Array, rad: Array) -> Ball:
    """These midpoints and radii; where r > 1/16, what a growing function into [-1, 1] has between both ends."""
    wide = r > 1 / 16
    if not wide.any():
        return mid, rad
    top, bottom = function(raised(m + r)), function(-raised(r - m))
    high = np.minimum(top + (error + 2 * U) * np.abs(top) + TINY, 1)
    low = np.maximum(bottom - (error + 2 * U) * np.abs(bottom) - TINY, -1)
    found = between(low, high)
    return np.where(wide, found[0], mid), np.where(wide, found[1], rad)
