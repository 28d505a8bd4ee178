"""Weights of a model as letters of statements: exact matrices whose ranks are found once, and products of such."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property, reduce
from operator import mul
from typing import Any

import numpy as np

from ..enclosures.elementary import TINY, U
from ..enclosures.enclosure import Enclosure, Like, enclose
from ..enclosures.sliced import product
from ..errors import ModelError
from ..functions import Array
from ..ranks import PRIME, modular, rational

GREATEST = Fraction(float(np.finfo(np.float64).max))
SMALL_CORE = 8  # the widest V and W for which the rank of I + V W is found in rational numbers


class Weight(Enclosure):
    """An exact matrix of floats; its image modulo a prime, and what that says of its rank, are kept.

    >>> import numpy as np
    >>> Weight(np.array([[1.0, 0.1], [2.0, 0.2]])).rank_at_least
    1
    """

    def __init__(self, value: Array) -> None:
        super().__init__(value)

    @cached_property
    def modular(self) -> Any:
        """The matrix modulo a prime, python-flint's nmod_mat. Raises ModelError for entries that are not finite."""
        import flint

        rows, columns = self.shape
        return modular(self._known()) if self.mid.size else flint.nmod_mat(rows, columns, PRIME)

    @cached_property
    def rational(self) -> Any:
        """The matrix of the rationals that the floats are, python-flint's fmpq_mat. Raises ModelError as `modular`."""
        import flint

        return rational(self._known()) if self.mid.size else flint.fmpq_mat(*self.shape)

    def _known(self) -> Array:
        if not self.exact:  # an entry was no number, and is enclosed by everything
            raise ModelError("a matrix with an entry that is infinite or no number has no exact value")
        return self.mid

    @cached_property
    def rank_at_least(self) -> int:
        """A lower bound of the rank over the rationals; most often it is the rank, which a square part may show."""
        if not self.exact:
            return 0
        side = min(self.shape)
        if side and max(self.shape) > side and int(modular(self.mid[:side, :side]).rank()) == side:
            return side
        return int(self.modular.rank())


class Product(Enclosure):
    """scale A B ..: a matrix that is known by its factors, and its rank with them.

    With exact factors it stands for a matrix of rationals, which need not be floats, however its enclosure is rounded;
    with enclosed ones for all products of what they enclose.

    >>> import numpy as np
    >>> erase = Product(np.array([[3.0], [0.1]]), np.array([[1.0, 2.0]]), scale=Fraction(-1, 3))
    >>> erase.shape, erase.rank_at_least, erase.rank_at_most
    ((2, 2), 1, 1)
    """

    def __init__(self, *factors: Like, scale: Fraction = Fraction(1)) -> None:
        value = reduce(product, map(enclose, factors))
        if scale != 1:
            value = value * of_fraction(scale)
        super().__init__(value.mid, value.rad)
        self.scale = scale
        known = [enclose(f) for f in factors]
        self.weights = tuple(f if isinstance(f, Weight) else Weight(f.mid) for f in known if f.exact)
        self.known = len(self.weights) == len(known)
        self.inner = [f.shape[1] for f in known[:-1]]

    @cached_property
    def modular(self) -> Any:
        """The product modulo a prime, if all factors are exact."""
        found = reduce(mul, (f.modular for f in self.weights))
        return found * (self.scale.numerator * pow(self.scale.denominator, -1, PRIME) % PRIME)

    @cached_property
    def rational(self) -> Any:
        """The product over the rationals, if all factors are exact."""
        import flint

        scale = flint.fmpq(self.scale.numerator, self.scale.denominator)
        return reduce(mul, (f.rational for f in self.weights)) * scale

    @cached_property
    def rank_at_least(self) -> int:
        """A lower bound: by Sylvester's inequality (VW-T2a) from the factors, or the rank modulo a prime."""
        if not self.known or not self.scale:
            return 0
        low = sum(f.rank_at_least for f in self.weights) - sum(self.inner)
        return low if low >= self.rank_at_most else int(self.modular.rank())

    @property
    def rank_at_most(self) -> int:
        """An upper bound: the narrowest place of the product."""
        return min([*self.shape, *self.inner]) if self.scale else 0

    @cached_property
    def rank_beside_identity(self) -> int | None:
        """The rank of I + V W for two exact factors, square and narrow: d - m + rank(I + W V) (RS-U2j), or None."""
        import flint

        if not self.known or len(self.weights) != 2 or self.inner[0] > SMALL_CORE or self.shape[0] != self.shape[1]:
            return None
        core = self.weights[1].rational * self.weights[0].rational
        core = core * flint.fmpq(self.scale.numerator, self.scale.denominator)
        m = self.inner[0]
        for i in range(m):
            core[i, i] += 1
        return int(self.shape[0] - m + core.rank())


def of_fraction(x: Fraction) -> Enclosure:
    """A rational as a number that encloses it, of shape ().

    >>> of_fraction(Fraction(1, 3)).contains_ratio(1, 3), of_fraction(Fraction(3, 4)).exact
    (True, True)
    """
    if abs(x) > GREATEST:
        return Enclosure(0.0, np.inf)
    near = float(x)
    return Enclosure(near) if Fraction(near) == x else Enclosure(near, U * abs(near) + TINY)
