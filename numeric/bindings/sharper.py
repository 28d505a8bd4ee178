"""Letters whose products are sharp: for claims that multiply so much that plain radii would be wide."""

from __future__ import annotations

from ..enclosures.enclosure import Enclosure, Like, enclose
from ..enclosures.sharp import product


class Sharp(Enclosure):
    """An enclosure whose products with others are nearly as sharp as one rounding allows (see `sharp`).

    >>> import numpy as np
    >>> row, column = np.array([[1e16, 1.0, -1e16]]), np.ones((3, 1))
    >>> (Sharp(row) @ column).mid.tolist(), (column.T @ Sharp(row).T).mid.tolist()
    ([[1.0]], [[1.0]])
    """

    __slots__ = ()

    @property
    def T(self) -> Sharp:
        return Sharp(self.mid.T, None if self.exact else self.rad.T)

    def __matmul__(self, other: Like) -> Enclosure:
        return product(self, other)

    def __rmatmul__(self, other: Like) -> Enclosure:
        return product(other, self)


def sharp(value: Like) -> Sharp:
    """The same letter, with sharp products."""
    found = enclose(value)
    return Sharp(found.mid, None if found.exact else found.rad)
