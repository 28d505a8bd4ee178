"""Balls of fixed-point numbers of as many bits as are wanted, with products by matrices of floats at the speed of BLAS.

Midpoint-radius enclosures in double precision grow by a factor of about the row sums of |W| with every layer, which
after a dozen layers is more than double precision has to give. Here midpoints are integers times 2^-bits, and a few
hundred bits make up for any depth. Sums are exact; what products, quotients and functions lose is at most a unit
2^-bits or two, which is added to the radius. Radii are double-precision numbers, computed with a margin for rounding as
in `enclosure`. Functions are those of FLINT's ball arithmetic (Johansson, "Arb: efficient arbitrary-precision
midpoint-radius interval arithmetic", 2017).

A product by a matrix of floats is exact: both factors are cut into slices of so few bits that a product of two slices,
summed over the inner dimension, has 53 bits at most, so that BLAS computes it without rounding, in whatever order:
Ozaki, Ogita, Oishi and Rump, "Error-free transformations of matrix multiplication by using fast routines of matrix
multiplication and its applications" (2012).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from flint import arb, ctx

from ..errors import ModelError
from ..functions import Array
from .elementary import U

MOST_BITS = 900  # a unit 2^-bits is a normal double-precision number, as are midpoints of up to 2^100 times 2^bits
_BLOCK = 2**22  # entries of a matrix that are sliced at once
_NOTHING = arb("nan")


class NotEnoughBits(ModelError):
    """Radii have grown so large that nothing is known any more: take more bits."""


class Fixed:
    """mid 2^-bits - rad <= exact <= mid 2^-bits + rad, entry by entry; mid: Python's integers, rad: floats.

    >>> third = fixed(np.array([1.0]), 200).map(lambda x: x / 3)
    >>> float(third.rad[0]) < 1e-59, float(third.value()[0])
    (True, 0.3333333333333333)
    """

    __array_ufunc__ = None  # so that an array on the left does not take over
    __slots__ = ("bits", "mid", "rad")

    def __init__(self, mid: Array, rad: Array, bits: int) -> None:
        self.mid, self.rad, self.bits = mid, rad, bits

    # ------------------------------------------------------------ what is known
    def value(self) -> Array:
        """The midpoints, rounded to double precision. Raises ModelError for values too large for so many bits."""
        try:
            rounded: Array = np.ldexp(self.mid.astype(np.float64), -self.bits)
        except OverflowError:
            raise ModelError(
                f"values above 2^{1023 - self.bits} need fewer than {self.bits} bits after the point"
            ) from None
        return rounded

    def magnitude(self) -> Array:
        """Numbers that the absolute values do not exceed."""
        return _inflated(np.abs(self.value()) + self.rad, self.bits)

    # ------------------------------------------------------------ shape
    def __getitem__(self, key: Any) -> Fixed:
        return Fixed(self.mid[key], self.rad[key], self.bits)

    def reshape(self, *shape: int) -> Fixed:
        """The same entries in another shape."""
        return Fixed(self.mid.reshape(shape), self.rad.reshape(shape), self.bits)

    def transpose(self, *axes: int) -> Fixed:
        """The axes in another order."""
        return Fixed(self.mid.transpose(axes), self.rad.transpose(axes), self.bits)

    # ------------------------------------------------------------ arithmetic
    def __add__(self, other: Fixed) -> Fixed:
        return Fixed(self.mid + other.mid, _inflated(self.rad + other.rad), self.bits)

    def __sub__(self, other: Fixed) -> Fixed:
        return Fixed(self.mid - other.mid, _inflated(self.rad + other.rad), self.bits)

    def __mul__(self, other: Fixed) -> Fixed:
        """The product of entries."""
        rad = self.magnitude() * other.rad + self.rad * other.magnitude()
        return Fixed(self.mid * other.mid >> self.bits, _inflated(rad, self.bits), self.bits)

    def __matmul__(self, other: Fixed) -> Fixed:
        """The product of small matrices [.., m, k] [.., k, n]: it is slow, and made for attention's."""
        k = self.mid.shape[-1]
        rad = self.magnitude() @ other.rad + self.rad @ other.magnitude()
        return Fixed(np.matmul(self.mid, other.mid) >> self.bits, _inflated(rad, self.bits, k), self.bits)

    def times(self, weights: Array) -> Fixed:
        """The product [n, k] by a matrix of floats [k, m]."""
        k, m = weights.shape
        weights = weights.astype(np.float64, copy=False)
        # Bits far below all radii are noise, and not worth multiplying.
        noise = max(int(np.frexp(self.rad.min())[1]) + self.bits - 16, 0) if self.rad.all() else 0
        lost = 2.0 ** (noise - self.bits) if noise else 0.0  # at most, in a factor and in the product
        kept, block = self.mid >> noise, max(_BLOCK // k, 1)
        mid = np.concatenate([_product(kept, weights[:, at : at + block]) for at in range(0, m, block)], axis=1)
        rad = (self.rad + lost) @ np.abs(weights) + lost
        return Fixed(mid << noise, _inflated(rad, self.bits, k), self.bits)

    def sum(self) -> Fixed:
        """The sum over the last axis, which stays, with length 1."""
        rad = _inflated(self.rad.sum(axis=-1, keepdims=True), terms=self.rad.shape[-1])
        return Fixed(self.mid.sum(axis=-1, keepdims=True), rad, self.bits)

    def over(self, n: int) -> Fixed:
        """The quotient by a positive integer."""
        return Fixed(self.mid // n, _inflated(self.rad / n, self.bits), self.bits)

    def maximum(self) -> float:
        """A number that no absolute value exceeds."""
        return float(self.magnitude().max())

    def map(self, function: Callable[[arb], arb]) -> Fixed:
        """A function of FLINT's, of every entry. Raises NotEnoughBits where the balls are too large for it."""
        mid = np.empty(self.mid.size, dtype=object)
        rad = np.empty(self.mid.size)
        before, ctx.prec = ctx.prec, self.bits + 64
        try:
            for i, (m, r) in enumerate(zip(self.mid.flat, self.rad.flat, strict=True)):
                result = function(arb((int(m), -self.bits), float(r))) if r < 1 else _NOTHING
                if not result.is_finite():
                    raise NotEnoughBits(
                        f"{self.bits} bits after the point are not enough: radii grow too large to go on"
                    )
                mantissa, exponent = map(int, result.mid().man_exp())
                shift = exponent + self.bits
                mid[i] = mantissa << shift if shift >= 0 else mantissa >> -shift
                rad[i] = float(result.rad())
        finally:
            ctx.prec = before
        shape = self.mid.shape
        return Fixed(mid.reshape(shape), _inflated(rad.reshape(shape), self.bits), self.bits)


def fixed(array: Array, bits: int) -> Fixed:
    """Floats as balls: exact, but for bits below the last one.

    Raises ModelError for more bits than MOST_BITS.
    """
    if not 64 <= bits <= MOST_BITS:
        raise ModelError(f"numbers of {bits} bits after the point were asked for, possible are 64 to {MOST_BITS}")
    fractions, exponents = np.frexp(np.asarray(array, dtype=np.float64))
    mantissas = np.ldexp(fractions, 53).astype(np.int64).astype(object)
    shifts = exponents.astype(np.int64) - 53 + bits
    up, down = np.maximum(shifts, 0).astype(object), np.maximum(-shifts, 0).astype(object)
    lost = np.where(shifts < 0, 2.0**-bits, 0.0)
    return Fixed((mantissas << up) >> down, lost, bits)


# ---------------------------------------------------------------- exact products
def _product(integers: Array, weights: Array) -> Array:
    """The product of integers [n, k] and floats [k, m], rounded down to integers once, at the end."""
    n, k = integers.shape
    width = (53 - max(k - 1, 1).bit_length()) // 2  # of a slice, so that k products of two add up to 2^53 at most
    digits = list(_digits(integers, width))
    stacked = np.concatenate(digits)  # [len(digits) n, k]: one product for each slice of the weights
    top = int(np.frexp(np.abs(weights).max())[1])
    levels: dict[int, Array] = {}  # the products that weigh 2^(width level + top), added up
    slices = 0
    for slices, part in enumerate(_slices(weights, width, top), start=1):
        products = (stacked @ part).astype(np.int64).reshape(len(digits), n, -1)
        for i, product in enumerate(products):
            levels[i - slices] = levels.get(i - slices, 0) + product
    total = np.zeros((n, weights.shape[1]), dtype=object)
    for level in sorted(levels, reverse=True):
        total = (total << width) + levels[level].astype(object)
    down = width * slices - top
    result: Array = total >> down if down > 0 else total << -down
    return result


def _digits(integers: Array, width: int) -> Iterator[Array]:
    """The digits of integers to the base 2^width as floats, from the lowest; the highest carries the sign."""
    base = 1 << width
    while True:
        if all(-base < x < base for x in integers.flat):
            yield integers.astype(np.float64)
            return
        yield (integers & (base - 1)).astype(np.float64)
        integers = integers >> width


def _slices(weights: Array, width: int, top: int) -> Iterator[Array]:
    """Integers S_1, S_2, .. of at most 2^width as floats, with weights = sum S_j 2^(top - width j), |weights| <= 2^top.

    Scaling up by powers of 2 is exact, and so is subtracting the nearest integer. Raises ModelError if some entries
    are so large, and others so small, that there is no scaling down.
    """
    rest = np.ldexp(weights, width - top)
    if (np.ldexp(rest, top - width) != weights).any():
        raise ModelError(f"a matrix has entries as large as 2^{top}, and others that are hardly more than 0")
    while rest.any():
        part = np.rint(rest)
        yield part
        rest = (rest - part) * 2.0**width


def _inflated(rad: Array, bits: int | None = None, terms: int = 1) -> Array:
    """A bound for radii that were computed in so many operations, and four units 2^-bits for what was cut off."""
    inflated: Array = rad * (1 + 4 * (terms + 4) * U)
    return inflated if bits is None else inflated + 2.0 ** (2 - bits)
