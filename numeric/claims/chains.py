"""Products of several factors: scalars are taken out, and matrices are multiplied in the cheapest order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import mul
from typing import Any, Generic, TypeVar

from formal.statement.language import Expression

from ..enclosures.sliced import times

M = TypeVar("M")


@dataclass(frozen=True)
class Chain(Generic[M]):
    """The factors of a product whose inner dimensions fit, and the scalars that multiply it."""

    factors: tuple[M, ...]
    scalars: tuple[M, ...]

    @staticmethod
    def of(e: Expression, value: Callable[[Expression], M]) -> Chain[M]:
        """The chain of a product as the language reads it, from the left: <u, v> in it is a scalar of its own.

        >>> from formal.statement import dims, vector
        >>> u, v, w = (vector(x, dims("d")) for x in "uvw")
        >>> chain = Chain.of(u.T*v*w, str)
        >>> chain.factors, chain.scalars
        (('w',), ('u.T*v',))
        """
        runs: list[list[Expression]] = []
        shape: Expression | None = None
        for part in e.parts:
            if shape is not None and shape.n_cols == part.n_rows:
                runs[-1].append(part)
                shape = shape * part
                continue
            runs.append([part])
            shape = part if shape is None or shape.is_scalar_shaped else shape
            if shape is not part:  # a scalar behind a matrix, which goes on
                runs[-1], runs[-2] = runs[-2], runs[-1]
        done = [_joined(run, value) for run in runs[:-1]]
        kept = [part for part in runs[-1] if part.op != "identity"] or runs[-1][:1]
        return Chain(tuple(map(value, kept)), tuple(done))


def _joined(run: Sequence[Expression], value: Callable[[Expression], M]) -> M:
    return value(reduce(lambda a, b: a * b, run))


def multiply(chain: Chain[Any]) -> Any:
    """The product of Enclosures or arrays in the cheapest order; scalars are 1 x 1.

    >>> import numpy as np
    >>> multiply(Chain((np.ones((2, 9)), np.ones((9, 3)), np.ones((3, 1))), (np.array([[2.0]]),))).tolist()
    [[54.0], [54.0]]
    """
    found = in_order(chain.factors, [f.shape for f in chain.factors], times)
    return reduce(mul, chain.scalars, found)


def in_order(factors: Sequence[M], shapes: Sequence[tuple[int, ...]], product: Callable[[M, M], M]) -> M:
    """The product of matrices of these shapes, in the order that costs least."""

    def made(order: Any) -> M:
        return factors[order] if isinstance(order, int) else product(made(order[0]), made(order[1]))

    return made(cheapest((shapes[0][0], *(shape[1] for shape in shapes))))


@cache
def cheapest(sizes: tuple[int, ...]) -> Any:
    """How to bracket factors of sizes[i] x sizes[i + 1] for the fewest multiplications, as nested pairs of numbers.

    >>> cheapest((2, 9, 3, 1))
    (0, (1, 2))
    """
    n = len(sizes) - 1
    best: dict[tuple[int, int], tuple[int, Any]] = {(i, i): (0, i) for i in range(n)}
    for width in range(1, n):
        for i in range(n - width):
            k = i + width
            options = []
            for j in range(i, k):
                (left, first), (right, second) = best[i, j], best[j + 1, k]
                options.append((left + right + sizes[i] * sizes[j + 1] * sizes[k + 1], (first, second)))
            best[i, k] = min(options, key=lambda option: option[0])
    return best[0, n - 1][1]
