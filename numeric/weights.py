"""Weights of a model as letters of statements: exact matrices whose ranks are found once."""

from __future__ import annotations

from functools import cached_property
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
