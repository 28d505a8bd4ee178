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

For products whose gamma_k is too wide there is `sharp`, for inverses, bases and spectra `verified` and `spectra`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, TypeAlias, Union

import numpy as np

from ..errors import ModelError
from ..functions import Array
from . import bounds
from .bounds import inflated, raised
from .elementary import TINY, U

_CACHED = 2**15  # stacks of more numbers are multiplied matrix by matrix, which a processor's cache has room for
Like: TypeAlias = Union["Enclosure", Array, float]


class Enclosure:
    """mid - rad <= exact value <= mid + rad, entry by entry; `exact` says that the radii are known to be 0.

    >>> third = Enclosure(np.array([1.0])) / Enclosure(np.array([3.0]))
    >>> third.contains_ratio(1, 3), float(third.rad[0]) < 1e-16
    (True, True)
    """

    __array_ufunc__ = None  # so that an array on the left leaves the operation to us
    __slots__ = ("exact", "mid", "rad")

    def __init__(self, mid: Any, rad: Any = None) -> None:
        """An exact array of floats, or integers up to 2^53; or a midpoint with a radius.

        Raises ModelError for what double precision would round, and for a radius that is negative.
        """
        m = np.asarray(mid)
        if m.dtype.kind in "iu" and m.size and (m.max() > 2**53 or m.min() < -(2**53)):
            raise ModelError("an integer above 2^53 is no double-precision number")
        if m.dtype.kind not in "biuf" or (m.dtype.kind == "f" and m.dtype.itemsize > 8):
            raise ModelError(f"an enclosure is made of double-precision numbers, not of {m.dtype}")
        m = np.asarray(m, dtype=np.float64)
        if rad is None:
            self._set(m, None)
            return
        r = np.asarray(rad, dtype=np.float64)
        if (r < 0).any():
            raise ModelError("the radius of an enclosure is negative")
        self._set(m, np.broadcast_to(r, m.shape) if r.any() else None)

    def _set(self, mid: Array, rad: Array | None) -> None:
        if not _finite(mid, mid if rad is None else rad):
            lost = ~np.isfinite(mid) if rad is None else ~(np.isfinite(mid) & np.isfinite(rad))
            if lost.any():
                mid, rad = np.where(lost, 0.0, mid), np.where(lost, np.inf, 0.0 if rad is None else rad)
        self.mid: Array = mid
        self.exact: bool = rad is None
        self.rad: Array = np.broadcast_to(0.0, mid.shape) if rad is None else rad

    @classmethod
    def _of(cls, mid: Array, rad: Array | None) -> Enclosure:
        """What an operation found: double precision, and to be looked at only for what is not finite."""
        made = object.__new__(cls)
        made._set(np.asarray(mid), None if rad is None else np.asarray(rad))
        return made

    def _moved(self, mid: Array, rad: Array) -> Enclosure:
        """The same entries in other places."""
        made = object.__new__(Enclosure)
        made.mid, made.rad, made.exact = np.asarray(mid), np.asarray(rad), self.exact
        return made

    def __repr__(self) -> str:
        return f"Enclosure({self.mid!r}, {self.rad!r})"

    # ------------------------------------------------------------ places
    @property
    def shape(self) -> tuple[int, ...]:
        return self.mid.shape

    @property
    def ndim(self) -> int:
        return self.mid.ndim

    def __len__(self) -> int:
        return len(self.mid)

    @property
    def T(self) -> Enclosure:
        """The transpose."""
        return self._moved(self.mid.T, self.rad.T)

    def __getitem__(self, key: Any) -> Enclosure:
        return self._moved(self.mid[key], self.rad[key])

    def reshape(self, *shape: int) -> Enclosure:
        """The same entries in another shape, as NumPy does it."""
        return self._moved(self.mid.reshape(shape), self.rad.reshape(shape))

    def transpose(self, *axes: int) -> Enclosure:
        """The axes in another order."""
        return self._moved(self.mid.transpose(axes), self.rad.transpose(axes))

    def repeat(self, times: int, axis: int) -> Enclosure:
        """Each slice along an axis so many times in a row."""
        return self._moved(np.repeat(self.mid, times, axis=axis), np.repeat(self.rad, times, axis=axis))

    def diagonal(self) -> Enclosure:
        """The diagonal of a matrix."""
        return self._moved(np.diagonal(self.mid), np.diagonal(self.rad))

    # ------------------------------------------------------------ what is known
    def excludes_zero(self) -> Array:
        """Where zero lies outside: the exact value is not 0 there."""
        outside: Array = np.abs(self.mid) > self.rad
        return outside

    def upper(self) -> Array:
        """Numbers that the exact values do not exceed."""
        return self.mid if self.exact else raised(self.mid + self.rad)

    def lower(self) -> Array:
        """Numbers that the exact values are not below."""
        return self.mid if self.exact else -raised(self.rad - self.mid)

    def magnitude(self) -> Array:
        """Numbers that the absolute values do not exceed."""
        size: Array = np.abs(self.mid)
        return size if self.exact else raised(size + self.rad)

    def meets(self, other: Like) -> Array:
        """Where the two enclosures may have a number in common; elsewhere they enclose different values."""
        return ~(self - other).excludes_zero()

    def contains_ratio(self, p: int, q: int) -> bool:
        """Whether every entry's enclosure contains the rational p / q, decided exactly."""
        from fractions import Fraction

        wanted = Fraction(p, q)
        entries = zip(self.mid.flat, self.rad.flat, strict=True)
        return all(r == np.inf or abs(Fraction(float(m)) - wanted) <= Fraction(float(r)) for m, r in entries)

    # ------------------------------------------------------------ arithmetic
    def __neg__(self) -> Enclosure:
        return self._moved(-self.mid, self.rad)

    def __abs__(self) -> Enclosure:
        """The absolute values: |x| is within r of |m| where x is within r of m."""
        return self._moved(np.abs(self.mid), self.rad)

    def __add__(self, other: Like) -> Enclosure:
        b = enclose(other)
        with np.errstate(all="ignore"):
            mid = self.mid + b.mid
            rad = U * np.abs(mid)
            for term in (self, b):
                if not term.exact:
                    rad += term.rad
            return Enclosure._of(mid, inflated(rad, 4, 1))

    __radd__ = __add__

    def __sub__(self, other: Like) -> Enclosure:
        return self + -enclose(other)

    def __rsub__(self, other: Like) -> Enclosure:
        return enclose(other) + -self

    def __mul__(self, other: Like) -> Enclosure:
        """The product of entries, or of a scalar with all entries:
        |a b - m_a m_b| <= |m_a| r_b + r_a (|m_b| + r_b)."""
        b = enclose(other)
        with np.errstate(all="ignore"):
            mid = self.mid * b.mid
            rad = U * np.abs(mid)
            if not b.exact:
                rad += np.abs(self.mid) * b.rad
            if not self.exact:
                rad += self.rad * (np.abs(b.mid) if b.exact else np.abs(b.mid) + b.rad)
            return Enclosure._of(mid, inflated(rad, 8, 3))

    __rmul__ = __mul__

    def __matmul__(self, other: Like) -> Enclosure:
        """The product of matrices, or of stacks of matrices as NumPy does it.

        |A B - M_A M_B| <= |M_A| R_B + R_A |M_B| + R_A R_B, and rounding. The terms with |M_B| share one product, in
        units of u, as a small number times gamma could underflow before a large one makes it count.
        """
        b = enclose(other)
        k = self.shape[-1]
        if self.ndim == b.ndim == 3 and len(self) == len(b) and self.mid.size > _CACHED and k >= b.shape[-1]:
            return stack([self[i] @ b[i] for i in range(len(self))])
        if k * U >= 2.0**-10:
            raise ModelError(f"products through {k} dimensions are too long for double precision")
        with np.errstate(all="ignore"):
            mid = self.mid @ b.mid
            kappa = (k + 1) / (1 - 2 * k * U)  # gamma_k / u, and a little more
            left, right = np.abs(self.mid), np.abs(b.mid)
            if self.exact and not b.exact:
                right *= kappa
                right += b.rad * (1 / U)
            else:
                sure, left = left, left * kappa
                if not self.exact:
                    left += self.rad * (1 / U)
                if not b.exact:  # side by side: [|M_A| gamma + R_A, |M_A| + R_A] [|M_B|; R_B]
                    left = np.concatenate([left, (sure + self.rad) * (1 / U)], axis=-1)
                    right = np.concatenate([right, b.rad], axis=-2 if b.ndim > 1 else 0)
            rad = left @ right
            rad *= U
            return Enclosure._of(mid, inflated(rad, 4 * k + 12, 2 * k + 4))

    def __rmatmul__(self, other: Like) -> Enclosure:
        return enclose(other) @ self

    def __truediv__(self, other: Like) -> Enclosure:
        """The quotient of entries; everything, where the divisor may be 0.

        |a/b - m_a/m_b| = |(a - m_a) m_b - m_a (b - m_b)| / |b m_b| <= (r_a + |m_a/m_b| r_b) / (|m_b| - r_b).
        """
        b = enclose(other)
        with np.errstate(all="ignore"):
            mid = self.mid / b.mid
            rad = U * np.abs(mid)
            least = np.abs(b.mid)
            if not b.exact:
                # 0 < least <= |m_b| - r_b, as a difference that is not normal has no rounding error. The quotient of
                # the two radii comes first: what it loses by underflow is nothing beside u |mid|.
                least = (least - b.rad) * (1 - 4 * U)
                rad += (np.abs(mid) + TINY) * (1 + 4 * U) * (b.rad / least)
            if not self.exact:
                rad += self.rad / least
            return Enclosure._of(mid, np.where(least > 0, inflated(rad, 10, 3), np.inf))

    def __rtruediv__(self, other: Like) -> Enclosure:
        return enclose(other) / self

    def __pow__(self, n: int) -> Enclosure:
        """The n-th power of the entries, n = 2 being all that norms need."""
        if n != 2:
            raise ModelError(f"the power {n} of an enclosure is not at hand: multiply")
        return self * self

    # ------------------------------------------------------------ sums and norms
    def sum(self, axis: int | None = None, keepdims: bool = False) -> Enclosure:
        """The sum of all entries, or along an axis; off by gamma_(n - 1) times the sum of absolute values.

        The sum of all is taken in two stages of about sqrt n terms, so that gamma grows with sqrt n only.
        """
        if axis is None and not keepdims and self.mid.size > 64:
            return self._in_rows().sum(axis=1).sum(axis=0)
        n = self.mid.size if axis is None else self.shape[axis]
        with np.errstate(all="ignore"):
            mid = self.mid.sum(axis=axis, keepdims=keepdims)
            rad = np.abs(self.mid).sum(axis=axis, keepdims=keepdims) * (n * U / (1 - 2 * n * U))
            if not self.exact:
                rad += self.rad.sum(axis=axis, keepdims=keepdims)
            return Enclosure._of(mid, inflated(rad, 2 * n + 6, 1))

    def _in_rows(self) -> Enclosure:
        """All entries in a matrix that is about square, the rest of it zeros."""
        n = self.mid.size
        columns = int(np.sqrt(n))
        missing = -n % columns
        mid, rad = (np.append(a.reshape(-1), np.zeros(missing)).reshape(-1, columns) for a in (self.mid, self.rad))
        return self._moved(mid, rad)

    def trace(self) -> Enclosure:
        """The sum of the diagonal of a square matrix."""
        return self.diagonal().sum()

    def norm2(self) -> Enclosure:
        """The squared Frobenius norm."""
        return (self * self).sum()

    def norm(self) -> Enclosure:
        """The Frobenius norm, for a vector the Euclidean one."""
        return self.norm2().sqrt()

    # ------------------------------------------------------------ functions
    def sqrt(self) -> Enclosure:
        """The square root of entries, see `bounds`; of an entry that may be negative, of what of it is not."""
        return self._mapped(bounds.sqrt)

    def exp(self) -> Enclosure:
        """e to the entries, see `bounds`. Everything for what would overflow."""
        return self._mapped(bounds.exp)

    def tanh(self) -> Enclosure:
        """tanh of the entries, see `bounds`."""
        return self._mapped(bounds.tanh)

    def erf(self) -> Enclosure:
        """The error function of the entries, see `bounds`."""
        return self._mapped(bounds.erf)

    def _mapped(self, function: Callable[[Array, Array | None], tuple[Array, Array]]) -> Enclosure:
        with np.errstate(all="ignore"):
            return Enclosure._of(*function(self.mid, None if self.exact else self.rad))


def enclose(value: Like) -> Enclosure:
    """An enclosure as it is, an array or a number as an exact one."""
    return value if isinstance(value, Enclosure) else Enclosure(value)


def concatenate(parts: Sequence[Like], axis: int = 0) -> Enclosure:
    """Enclosures one after the other along an axis."""
    known = [enclose(part) for part in parts]
    return Enclosure(np.concatenate([e.mid for e in known], axis), np.concatenate([e.rad for e in known], axis))


def stack(parts: Sequence[Like], axis: int = 0) -> Enclosure:
    """Enclosures of one shape along a new axis."""
    known = [enclose(part) for part in parts]
    return Enclosure(np.stack([e.mid for e in known], axis), np.stack([e.rad for e in known], axis))


def by_rows(function: Callable[[slice], Enclosure], shape: tuple[int, ...]) -> Enclosure:
    """What a function finds for slices of the first axis, put together: an enclosure of this shape.

    Slices are so small that what the function needs in between stays in the processor's cache, which is several times
    as fast as memory.
    """
    rows = max(1, 16384 // max(1, int(np.prod(shape[1:]))))
    if shape[0] <= rows:
        return function(slice(None))
    mid, rad = np.empty(shape), np.empty(shape)
    for start in range(0, shape[0], rows):
        part = slice(start, start + rows)
        found = function(part)
        mid[part], rad[part] = found.mid, found.rad
    return Enclosure._of(mid, rad)


def _finite(a: Array, b: Array) -> bool:
    """Whether all entries of both are finite. A product with what is not is never finite, and neither is a sum of it:
    one scalar product tells nearly always, and takes a fraction of the time of looking at each entry."""
    with np.errstate(all="ignore"):
        if a.flags.c_contiguous and b.flags.c_contiguous and isfinite(np.dot(a.reshape(-1), b.reshape(-1))):
            return True
    return bool(np.isfinite(a).all() and np.isfinite(b).all())


def between(low: Array, high: Array) -> Enclosure:
    """The enclosure of all numbers from low to high, entry by entry."""
    with np.errstate(all="ignore"):
        return Enclosure._of(*bounds.between(low, high))
