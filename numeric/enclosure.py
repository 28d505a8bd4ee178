"""Enclosures: a midpoint and a radius for every entry, between which the exact value lies.

A floating-point number is a rational, so an enclosure of a formula at recorded numbers is a theorem about them: where
zero lies outside, an equation is refuted, and where it lies inside, the equation holds to within the width.

Midpoints are computed in plain double precision. What rounding can have done to them is added to the radii, by the
standard model of IEEE 754, fl(a op b) = (a op b)(1 + e) + f with |e| <= u = 2^-53 and |f| <= 2^-1075, where f = 0 for
sums: Higham, "Accuracy and stability of numerical algorithms" (2002), section 2.2. A product of matrices is off by at
most gamma_k |A| |B| + k 2^-1074 with gamma_k = k u / (1 - k u), whatever the order of summation (section 3.5), with or
without fused multiply-add. Radii are sums and products of numbers that are not negative, so that they are off by a
relative error only, and a factor of 1 + 2 (operations) u makes up for it. That rounding need not be switched upwards
is after Rump, "Fast and parallel interval arithmetic" (1999).

What is not finite is enclosed by everything: midpoint 0, radius infinity.
"""

from __future__ import annotations

from typing import Any, TypeAlias, Union

import numpy as np

from . import elementary
from .elementary import U
from .errors import ModelError
from .functions import Array

TINY = 2.0**-1074  # the smallest positive number: more than what one underflow loses
Like: TypeAlias = Union["Enclosure", Array, float]


class Enclosure:
    """mid - rad <= exact <= mid + rad, entry by entry.

    >>> third = Enclosure(np.array([1.0])) / Enclosure(np.array([3.0]))
    >>> third.contains_ratio(1, 3), float(third.rad[0]) < 1e-16
    (True, True)
    """

    __array_ufunc__ = None  # so that an array on the left leaves the operation to us
    __slots__ = ("mid", "rad")

    def __init__(self, mid: Any, rad: Any = None) -> None:
        """An exact array of floats, or integers below 2^53; or a midpoint with a radius."""
        m = np.asarray(mid)
        if m.dtype.kind in "iu" and m.size and np.abs(m).max() > 2**53:
            raise ModelError("an integer above 2^53 is no double-precision number")
        m = np.asarray(m, dtype=np.float64)
        r = np.zeros_like(m) if rad is None else np.asarray(rad, dtype=np.float64)
        lost = ~(np.isfinite(m) & np.isfinite(r))
        if lost.any():
            m, r = np.where(lost, 0.0, m), np.where(lost, np.inf, r)
        self.mid, self.rad = m, r

    @property
    def shape(self) -> tuple[int, ...]:
        return self.mid.shape

    @property
    def T(self) -> Enclosure:
        """The transpose."""
        return Enclosure(self.mid.T, self.rad.T)

    def __repr__(self) -> str:
        return f"Enclosure({self.mid!r}, {self.rad!r})"

    def __getitem__(self, key: Any) -> Enclosure:
        return Enclosure(self.mid[key], self.rad[key])

    # ------------------------------------------------------------ what is known
    def excludes_zero(self) -> Array:
        """Where zero lies outside: the exact value is not 0 there."""
        outside: Array = np.abs(self.mid) > self.rad
        return outside

    def upper(self) -> Array:
        """Numbers that the exact values do not exceed."""
        return _raised(self.mid + self.rad)

    def lower(self) -> Array:
        """Numbers that the exact values are not below."""
        return -_raised(self.rad - self.mid)

    def magnitude(self) -> Array:
        """Numbers that the absolute values do not exceed."""
        return _raised(np.abs(self.mid) + self.rad)

    def contains_ratio(self, p: int, q: int) -> bool:
        """Whether every entry's enclosure contains the rational p / q, decided exactly."""
        from fractions import Fraction

        wanted = Fraction(p, q)
        entries = zip(self.mid.flat, self.rad.flat, strict=True)
        return all(r == np.inf or abs(Fraction(float(m)) - wanted) <= Fraction(float(r)) for m, r in entries)

    # ------------------------------------------------------------ arithmetic
    def __neg__(self) -> Enclosure:
        return Enclosure(-self.mid, self.rad)

    def __add__(self, other: Like) -> Enclosure:
        b = enclose(other)
        with np.errstate(all="ignore"):
            mid = self.mid + b.mid
            return Enclosure(mid, _inflated(self.rad + b.rad + U * np.abs(mid), 4))

    __radd__ = __add__

    def __sub__(self, other: Like) -> Enclosure:
        return self + -enclose(other)

    def __rsub__(self, other: Like) -> Enclosure:
        return enclose(other) + -self

    def __mul__(self, other: Like) -> Enclosure:
        """The product of entries, or of a scalar with all entries."""
        b = enclose(other)
        with np.errstate(all="ignore"):
            mid = self.mid * b.mid
            rad = np.abs(self.mid) * b.rad + self.rad * (np.abs(b.mid) + b.rad) + U * np.abs(mid)
            return Enclosure(mid, _inflated(rad, 8))

    __rmul__ = __mul__

    def __matmul__(self, other: Like) -> Enclosure:
        """The product of matrices."""
        b = enclose(other)
        k = self.shape[-1]
        if k * U >= 2.0**-10:
            raise ModelError(f"products through {k} dimensions are too long for double precision")
        with np.errstate(all="ignore"):
            gamma = k * U / (1 - k * U)
            mid = self.mid @ b.mid
            size = np.abs(b.mid)
            rad = np.abs(self.mid) @ (b.rad + gamma * size)
            if self.rad.any():
                rad += self.rad @ (size + b.rad)
            return Enclosure(mid, _inflated(rad, 2 * k + 12))

    def __rmatmul__(self, other: Like) -> Enclosure:
        return enclose(other) @ self

    def __truediv__(self, other: Like) -> Enclosure:
        """The quotient of entries; everything, where the divisor may be 0.

        |a/b - m_a/m_b| = |(a - m_a) m_b - m_a (b - m_b)| / |b m_b| <= (r_a + |m_a/m_b| r_b) / (|m_b| - r_b).
        """
        b = enclose(other)
        with np.errstate(all="ignore"):
            mid = self.mid / b.mid
            least = (np.abs(b.mid) - b.rad) * (1 - 4 * U)
            rad = (self.rad + (np.abs(mid) * (1 + 4 * U) + TINY) * b.rad) / least + U * np.abs(mid)
            return Enclosure(mid, np.where(least > 0, _inflated(rad, 8), np.inf))

    def __rtruediv__(self, other: Like) -> Enclosure:
        return enclose(other) / self

    def __pow__(self, n: int) -> Enclosure:
        """The n-th power of the entries, n = 2 being all that norms need."""
        if n != 2:
            raise ModelError(f"the power {n} of an enclosure is not at hand: multiply")
        return self * self

    # ------------------------------------------------------------ sums and norms
    def sum(self, axis: int | None = None) -> Enclosure:
        """The sum of all entries, or along an axis; off by gamma_(n - 1) times the sum of absolute values."""
        n = self.mid.size if axis is None else self.shape[axis]
        with np.errstate(all="ignore"):
            mid = self.mid.sum(axis=axis)
            rad = self.rad.sum(axis=axis) + n * U / (1 - n * U) * np.abs(self.mid).sum(axis=axis)
            return Enclosure(mid, _inflated(rad, 2 * n + 6))

    def trace(self) -> Enclosure:
        """The sum of the diagonal of a square matrix."""
        return Enclosure(np.diagonal(self.mid), np.diagonal(self.rad)).sum()

    def norm2(self) -> Enclosure:
        """The squared Frobenius norm."""
        flat = Enclosure(self.mid.reshape(1, -1), self.rad.reshape(1, -1))
        return (flat @ flat.T)[0, 0]

    # ------------------------------------------------------------ functions
    def sqrt(self) -> Enclosure:
        """The square root of entries; of an entry that may be negative, of what of it is not.

        |sqrt x - sqrt m| = |x - m| / (sqrt x + sqrt m) <= r / (sqrt m + sqrt(m - r)). Raises ModelError for an entry
        that is certainly negative.
        """
        if (self.mid < -self.rad).any():
            raise ModelError("the square root of a negative number")
        with np.errstate(all="ignore"):
            least = np.maximum((self.mid - self.rad) * (1 - 4 * U), 0)
            root = np.sqrt(np.maximum(self.mid, 0))
            rad = self.rad / ((root + np.sqrt(least)) * (1 - 8 * U)) + U * root
            top = np.sqrt(self.upper()) * (1 + 4 * U)
            near = least <= 0  # zero may lie inside: between 0 and the root of the largest value
            exact = near & (self.rad == 0) & (self.mid == 0)
            mid = np.where(near, top / 2, root)
            rad = np.where(near, top / 2 * (1 + 4 * U), _inflated(rad, 8))
            return Enclosure(np.where(exact, 0.0, mid), np.where(exact, 0.0, rad))

    def exp(self) -> Enclosure:
        """e to the entries: |e^x - e^m| <= e^m (e^r - 1), and e^r - 1 <= r + r^2 for r <= 1; everything for larger r
        and for what would overflow."""
        with np.errstate(all="ignore"):
            inside = (self.mid <= elementary.LARGEST) & (self.rad <= 1)
            low = self.mid < elementary.SMALLEST
            mid = elementary.exp(np.clip(self.mid, elementary.SMALLEST, elementary.LARGEST))
            rad = mid * (1 + 8 * U) * (self.rad + self.rad * self.rad) + elementary.EXP_ERROR * mid
            # Below the smallest normal number: between 0 and e^(SMALLEST + 1).
            mid, rad = np.where(low, 0.0, mid), np.where(low, 2.0**-1018, rad)
            return Enclosure(mid, np.where(inside, _inflated(rad, 10), np.inf))

    def tanh(self) -> Enclosure:
        """tanh of the entries, which grows: between its values at both ends."""
        with np.errstate(all="ignore"):
            if not self.rad.any():
                mid = elementary.tanh(self.mid)
                return Enclosure(mid, _inflated(elementary.TANH_ERROR * np.abs(mid), 2))
            top, bottom = elementary.tanh(self.upper()), elementary.tanh(self.lower())
            mid = (top + bottom) / 2
            rad = (top - bottom) / 2 + (elementary.TANH_ERROR + 2 * U) * np.maximum(np.abs(top), np.abs(bottom))
            return Enclosure(mid, _inflated(rad, 6))


def enclose(value: Like) -> Enclosure:
    """An enclosure as it is, an array or a number as an exact one."""
    return value if isinstance(value, Enclosure) else Enclosure(value)


def _inflated(rad: Array, operations: int) -> Array:
    """A bound for what was computed from numbers that are not negative, in so many operations: relative errors are
    made up for, and what underflows lost."""
    return rad * (1 + 2 * (operations + 2) * U) + (operations + 2) * TINY


def _raised(x: Array) -> Array:
    """At least the exact sum of which x is the rounded value."""
    raised: Array = np.nextafter(x, np.inf)
    return raised
