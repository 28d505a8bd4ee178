"""Exact ranks of virtual weights: from above by theorems, from below by proofs in floating point or modulo a prime.

A write V of rank d, such as an MLP's or an embedding's, can be cancelled from the left, rank V M = rank M, and a read
of rank d from the right (Sylvester's inequality, VW-T2a of the book, from below; VW-T2 from above). So most ranks are
those of single matrices, which are few, and only the virtual weights between heads are products, d_head x d_head each.
Norms are part of the product: diag(gain) has rank d if no gain is 0, and C = I - 1 1^T / d has rank d - 1.

Weights and gains are taken as the numbers that they are in the model. Scales and biases have no part in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..enclosures.elementary import U
from ..functions import Array
from ..ranks import rank_at_least, rank_at_most, rank_bounds
from .full_rank import have_full_rank, product_errors
from .path_parts import Reader, Through, Writer
from .small_cores import frobenius_norms

_SAMPLE = 2  # rows of a vocabulary's matrix, in multiples of d, that are looked at first


@dataclass
class Written:
    """A write and its way along the stream: the norms that it has gone through, and the product so far."""

    writer: Writer
    rows: Array  # [n, r, d], after the norms; rounded
    errors: Array  # [n], bounds of the Frobenius norms of what rounding has done to them
    norms: list[Through] = field(default_factory=list)

    @classmethod
    def by(cls, writer: Writer) -> Written:
        """What a writer adds to the stream, exactly."""
        return cls(writer, writer.weight, np.zeros(len(writer.weight)))

    def carried(self, norm: Through) -> Written:
        """The same after a norm. What is cancelled anyway, as it has more rows than d, is left as it is."""
        if self.rows.shape[-2] > self.rows.shape[-1]:
            return Written(self.writer, self.rows, self.errors, [*self.norms, norm])
        rows = norm.rows(self.rows.astype(np.float64))
        errors = self.errors * np.abs(norm.gain).max() * 2 + rounding_errors(norm, self.rows)
        return Written(self.writer, rows, errors, [*self.norms, norm])


def rounding_errors(norm: Through, vectors: Array) -> Array:
    """Bounds [n] of the Frobenius norms of what rounding does to V C diag(gain), V [n, r, d].

    The mean of d numbers is off by gamma_d times that of their absolute values, so that all means together are off by
    less than d u ||V|| (1 + d u); the difference, the quotient and the product add u each. Twice d + 8 covers the terms
    in u^2 and the rounding of the norm; what underflows is far less than the last term.
    """
    operations = vectors.shape[-1] + 8 if norm.centred else 1
    sizes = frobenius_norms(vectors.astype(np.float64))
    bounds: Array = 2 * operations * U * np.abs(norm.gain).max() * sizes + 1e-300
    return bounds


class Ranks:
    """Bounds of the ranks of virtual weights, mostly equal, with what is known of single matrices kept."""

    def __init__(self) -> None:
        self._of_writers: dict[str, bool] = {}
        self._of_readers: dict[str, bool] = {}
        self._left: dict[tuple[str, int, bool], tuple[Array, Array]] = {}
        self._size: dict[str, Array] = {}
        self._alone: dict[tuple[int, ...], int] = {}
        self._right: dict[tuple[str, tuple[int, ...]], tuple[Array, Array]] = {}

    def of(self, written: Written, reader: Reader, products: Array) -> tuple[Array, Array]:
        """Bounds low, high [S, T] for all virtual weights of a writer and the distinct matrices of a reader.

        products [S, T, r, s]: the virtual weights, rounded; they are looked at if neither r nor s is larger than d.
        """
        shape, d = (len(written.rows), len(reader.weight)), reader.weight.shape[-2]
        norms = [*written.norms, *([reader.norm] if reader.norm is not None else [])]
        full = all(np.all(norm.gain != 0) for norm in norms)
        if full and self._spanning(written.writer) and self._onto(reader):
            return self._between(norms, d, shape)
        if self._spanning(written.writer):
            low, high = self._of_read(written, reader)
            return np.broadcast_to(low[None, :], shape), np.broadcast_to(high[None, :], shape)
        if full and self._onto(reader):
            low, high = self._of_write(written, reader.norm is not None and reader.norm.centred)
            return np.broadcast_to(low[:, None], shape), np.broadcast_to(high[:, None], shape)
        return self._of_products(written, reader, products)

    # ------------------------------------------------------------ factors that can be cancelled
    def _spanning(self, writer: Writer) -> bool:
        """Whether the one write has rank d."""
        name = writer.nodes[0]
        if name not in self._of_writers:
            self._of_writers[name] = len(writer.weight) == 1 and _rank_is_d(writer.weight[0])
        return self._of_writers[name]

    def _onto(self, reader: Reader) -> bool:
        """Whether the one read has rank d, the norm before it aside."""
        name = reader.nodes[0]
        if name not in self._of_readers:
            self._of_readers[name] = len(reader.weight) == 1 and _rank_is_d(reader.weight[0].T)
        return self._of_readers[name]

    def _sizes(self, reader: Reader) -> Array:
        """The Frobenius norms of what is read."""
        name = reader.nodes[0]
        if name not in self._size:
            self._size[name] = frobenius_norms(reader.effective())
        return self._size[name]

    # ------------------------------------------------------------ what is left
    def _between(self, norms: list[Through], d: int, shape: tuple[int, int]) -> tuple[Array, Array]:
        """Of the norms alone: d, or d - 1 if one of them centres, as gains can be cancelled on both sides of it."""
        centred = sum(norm.centred for norm in norms)
        low = high = d - (centred > 0)
        if centred > 1:
            key = tuple(map(id, norms))
            if key not in self._alone:
                way = Written(Writer([], 0, np.eye(d)[None]), np.eye(d)[None], np.zeros(1))
                for norm in norms:
                    way = way.carried(norm)
                # The rank is at least that of d - 1 columns.
                proved = bool(have_full_rank(way.rows[..., 1:], way.errors)[0])
                self._alone[key] = high if proved else rank_at_least(*_factors(norms))
            low = self._alone[key]
        return np.full(shape, low), np.full(shape, high)

    def _of_read(self, written: Written, reader: Reader) -> tuple[Array, Array]:
        """Of the norms on the way and the read."""
        key = (reader.nodes[0], tuple(map(id, written.norms)))
        if key not in self._right:
            columns = reader.effective()
            errors = np.zeros(len(columns)) if reader.norm is None else _read_errors(reader.norm, reader.weight)
            for norm in reversed(written.norms):
                errors = errors * np.abs(norm.gain).max() * 2 + _read_errors(norm, columns)
                columns = norm.columns(columns)
            proved = have_full_rank(columns, errors)
            norms = [*written.norms, *([reader.norm] if reader.norm is not None else [])]
            self._right[key] = _bounds(
                proved, columns.shape[-2:], norms, lambda i: [*_factors(norms), reader.weight[i]]
            )
        return self._right[key]

    def _of_write(self, written: Written, centred: bool) -> tuple[Array, Array]:
        """Of the write, the norms on the way, and whether the reader's norm centres: its gains can be cancelled."""
        key = (written.writer.nodes[0], len(written.norms), centred)
        if key not in self._left:
            last = Through(np.ones(written.rows.shape[-1]), True)
            after = written.carried(last) if centred else written
            self._left[key] = _bounds(
                have_full_rank(after.rows, after.errors),
                after.rows.shape[-2:],
                after.norms,
                lambda i: [written.writer.weight[i], *_factors(after.norms)],
            )
        return self._left[key]

    def _of_products(self, written: Written, reader: Reader, products: Array) -> tuple[Array, Array]:
        """Of the products themselves."""
        norms = [*written.norms, *([reader.norm] if reader.norm is not None else [])]
        n, m = len(written.rows), len(reader.weight)
        shape = written.rows.shape[-2], reader.weight.shape[-1]
        proved = np.zeros(n * m, dtype=bool)
        if max(shape) <= reader.weight.shape[-2]:
            errors = np.zeros(m) if reader.norm is None else _read_errors(reader.norm, reader.weight)
            off = product_errors(written.rows, written.errors, self._sizes(reader), reader.weight.shape[-2:], errors)
            proved = have_full_rank(products.reshape(-1, *shape), off.ravel())
        low, high = _bounds(
            proved,
            shape,
            norms,
            lambda i: [written.writer.weight[i // m], *_factors(norms), reader.weight[i % m]],
        )
        return low.reshape(n, m), high.reshape(n, m)


def _bounds(
    proved: Array, shape: tuple[int, ...], norms: list[Through], factors: Callable[[int], list[Array]]
) -> tuple[Array, Array]:
    """Bounds of the ranks of matrices of this shape: where full rank is not proved, from their factors."""
    high = np.full(len(proved), min(shape))
    low = np.where(proved, high, 0)
    for i in map(int, np.flatnonzero(~proved)):
        first, *rest = factors(i)
        exact = [_few_rows(first), *rest[:-1], _few_rows(rest[-1].T).T] if rest else [_few_rows(first)]
        low[i], high[i] = rank_bounds(*exact)
        if len(exact[0]) < len(first) or (rest and exact[-1].shape[1] < rest[-1].shape[1]):  # then it is a lower bound
            high[i] = rank_at_most(first, *rest)
        high[i] = min(high[i], shape[0], shape[1], rank_at_most_of(norms, shape))
    return low, high


def rank_at_most_of(norms: list[Through], shape: tuple[int, ...]) -> int:
    """What norms alone allow: as many dimensions as have a gain, and one less for centring."""
    found = [int(np.count_nonzero(norm.gain)) for norm in norms]
    found += [len(norm.gain) - 1 for norm in norms if norm.centred]
    return min(found, default=max(shape))


def _factors(norms: list[Through]) -> list[Array]:
    """The norms as matrices, exactly and up to a factor: d C, which is d on the diagonal less 1 everywhere; gains."""
    found = []
    for norm in norms:
        d = len(norm.gain)
        found += [d * np.eye(d) - 1] if norm.centred else []
        found.append(np.diag(norm.gain))
    return found


def _few_rows(tall: Array) -> Array:
    """Rows spread over a matrix that has many more than columns: their rank is a lower bound."""
    step = len(tall) // (_SAMPLE * tall.shape[1])
    return tall[::step] if step > 1 else tall


def _rank_is_d(tall: Array) -> bool:
    """Whether [r, d] certainly has rank d."""
    if tall.shape[0] < tall.shape[1]:
        return False
    some = _few_rows(tall)
    return bool(have_full_rank(some[None])[0]) or rank_at_least(some) == tall.shape[1]


def _read_errors(norm: Through, read: Array) -> Array:
    return rounding_errors(norm, read.swapaxes(-1, -2))
