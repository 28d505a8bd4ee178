"""Cosines and sines of the angles that stand for positions, enclosed by ball arithmetic.

Position p turns pair i by p base^(-2i / size). A plain run computes that angle in double precision, which is off by the
more the further the position is; `tables` encloses what it may have found besides the exact values.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ..errors import ModelError
from .elementary import U
from .enclosure import Enclosure

PLATFORM_ERROR = 5 * U  # what the platform's power, sine and cosine are taken to keep, as in `recorded`


@lru_cache(maxsize=8)
def exact(positions: int, size: int, base: float) -> tuple[Enclosure, Enclosure]:
    """Cosines and sines [positions, (size + 1) / 2] of the exact angles.

    Raises ModelError for a base that is not positive.

    >>> cosines, sines = exact(3, 4, 10000.0)
    >>> cosines.shape, bool(abs(sines.mid[1, 0] - math.sin(1)) < 1e-15), bool(cosines.rad.max() < 2e-16)
    ((3, 2), True, True)
    """
    from flint import arb

    if not 0 < base < math.inf:
        raise ModelError(f"the base of the angles of positions is {base!r}, it must be positive")
    pairs = (size + 1) // 2
    found = np.empty((2, 2, positions, pairs))  # cosine and sine, midpoint and radius
    for i in range(pairs):
        frequency = arb(base) ** (arb(-2 * i) / size)
        for p in range(positions):
            sine, cosine = (frequency * p).sin_cos()
            for table, ball in zip(found, (cosine, sine), strict=True):
                table[0, p, i] = mid = float(ball.mid())
                table[1, p, i] = float((ball - mid).abs_upper()) * (1 + 4 * U)
    return Enclosure(*found[0]), Enclosure(*found[1])


@lru_cache(maxsize=8)
def tables(positions: int, size: int, base: float) -> tuple[Enclosure, Enclosure]:
    """The same, and what a correct plain run may have found.

    Rounding the exponent changes the frequency by at most u ln base, the power and the product by PLATFORM_ERROR and u;
    no sine or cosine changes by more than its angle, and the platform's are off by PLATFORM_ERROR again.
    """
    angles = np.outer(np.arange(positions), float(base) ** (-np.arange(0, size, 2) / size))
    error = angles * (abs(math.log(base)) * 2 * U + PLATFORM_ERROR + 4 * U) + PLATFORM_ERROR
    cosines, sines = exact(positions, size, base)
    return Enclosure(cosines.mid, cosines.rad + error), Enclosure(sines.mid, sines.rad + error)
