"""Weights of a model as letters of statements: exact matrices whose ranks are found once."""

from __future__ import annotations

from functools import cached_property, reduce
from operator import matmul, mul
from typing import Any

from .enclosure import Enclosure
from .functions import Array
from .ranks import modular


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
        """The matrix modulo a prime, python-flint's nmod_mat."""
        return modular(self.mid)

    @cached_property
    def rank_at_least(self) -> int:
        """A lower bound of the rank over the rationals; most often it is the rank."""
        return int(self.modular.rank())

    @property
    def rank_at_most(self) -> int:
        """An upper bound of the rank that is known without elimination."""
        return int(min(self.shape))


class Product(Weight):
    """A product of exact matrices: enclosed entry by entry, while its rank is that of the exact product.

    >>> import numpy as np
    >>> thirds = Product(Weight(np.array([[0.1], [0.2]])), Weight(np.array([[3.0, 0.7]])))
    >>> thirds.shape, thirds.rank_at_least, thirds.rank_at_most
    ((2, 2), 1, 1)
    """

    def __init__(self, *factors: Weight) -> None:
        found = reduce(matmul, factors)
        Enclosure.__init__(self, found.mid, found.rad)
        self.factors = factors

    @cached_property
    def modular(self) -> Any:
        """The product modulo a prime, which is the product of the factors modulo it."""
        return reduce(mul, (factor.modular for factor in self.factors))

    @property
    def rank_at_most(self) -> int:
        """A product has at most the rank of each factor (VW-T2)."""
        return min(factor.rank_at_most for factor in self.factors)
