"""Letters that bindings of several themes make of weights: heads, inverses, reflections; each made so that what it is
for holds exactly, for a value inside its enclosure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np

from ..claims.binding import Inapplicable
from ..claims.subject import Subject, some
from ..claims.weights import Product, Weight
from ..enclosures.enclosure import Enclosure, Like, concatenate, enclose
from ..enclosures.sliced import product
from ..enclosures.verified import quick_left_inverse
from ..functions import Array
from .kept import layers, per_subject

T = TypeVar("T")


# ---------------------------------------------------------------- heads
@dataclass(frozen=True)
class Head:
    """What a head reads for its values, W_V [d_head, d_model], and how it writes, W_O [d_model, d_head]."""

    name: str
    layer: int
    number: int
    read: Weight
    write: Weight

    @property
    def ov(self) -> Product:
        """W_O W_V, known by its factors."""
        return Product(self.write, self.read)


def head(subject: Subject, layer: int, number: int) -> Head:
    """A head of a layer."""
    read, write = subject.w_v(layer, number), subject.w_o(layer, number)
    return Head(f"head {layer}.{number}", layer, number, read, write)


def one_a_layer(subject: Subject, most: int, least: int = 1) -> list[Head]:
    """One head of each of at most so many layers, the next one each time."""
    return [head(subject, at, at % subject.config.n_heads) for at in layers(subject, most, least)]


def side_by_side(heads: Sequence[Head]) -> Weight:
    """What heads write together: [V_1 V_2 ..]."""
    return Weight(np.concatenate([h.write.mid for h in heads], axis=1))


def calmest(items: Sequence[T], matrix: Callable[[T], Array], most: int) -> list[T]:
    """Those items whose matrices have the smallest condition numbers, in order: their inverses are known best. Any
    choice will do, so that rounding does not matter here."""
    order = sorted(range(len(items)), key=lambda i: float(np.linalg.cond(matrix(items[i]))))
    return [items[i] for i in sorted(order[:most])]


def of_layer(subject: Subject, layer: int, most: int | None = None) -> list[Head]:
    """Heads of one layer: as many as have room side by side in the stream, and at most so many."""
    c = subject.config
    room = c.d_model // c.d_head if most is None else min(most, c.d_model // c.d_head)
    return [head(subject, layer, h) for h in some(subject.heads, room)]


def fills(subject: Subject) -> None:
    """Raises Inapplicable where the heads of a layer do not fill the stream side by side."""
    c = subject.config
    if c.n_heads * c.d_head != c.d_model:
        raise Inapplicable("the widths of the heads of a layer do not add up to that of the stream")


def named(heads: Sequence[Head]) -> str:
    """How reports call several heads one after the other."""
    return " -> ".join(h.name for h in heads)


def neurons(weight: Weight, many: int, first: int = 0) -> Weight:
    """So many rows of a read, or columns of a write, from one on."""
    mid = weight.mid
    return Weight(mid[first : first + many] if mid.shape[0] > mid.shape[1] else mid[:, first : first + many])


# ---------------------------------------------------------------- inverses
def readers(writes: Sequence[Like]) -> list[Enclosure]:
    """For writes V_1 .. V_n of independent columns: reads with W_i V_i = I and W_i V_h = 0 for all others."""
    return _rows(quick_left_inverse(concatenate(writes, axis=1)), [enclose(v).shape[1] for v in writes])


def _rows(all_of_them: Enclosure, sizes: Sequence[int]) -> list[Enclosure]:
    ends = np.cumsum([0, *sizes])
    return [all_of_them[a:b] for a, b in pairwise(ends)]


@per_subject
def calm_layers(subject: Subject, most: int, heads: int | None = None) -> list[int]:
    """Layers among a few, the writes of whose heads are furthest from dependent."""
    found = layers(subject, 4 * most)
    return calmest(found, lambda at: side_by_side(of_layer(subject, at, heads)).mid, most)


@per_subject
def readers_of_layer(subject: Subject, layer: int) -> tuple[list[Head], list[Enclosure]]:
    """The heads of a layer side by side, and reads that tell them apart."""
    heads = of_layer(subject, layer)
    return heads, readers([h.write for h in heads])


# ---------------------------------------------------------------- changes of basis
def few_entries(v: Like, many: int = 8) -> Enclosure:
    """A vector [d, 1] with its largest entries only, so that a reflection along it moves few coordinates."""
    mid = enclose(v).mid
    found = np.zeros(mid.shape)
    largest = np.argsort(-abs(mid[:, 0]))[:many]
    found[largest] = mid[largest]
    return Enclosure(found)


def few_of_neuron(subject: Subject) -> tuple[Weight, Weight]:
    """The largest entries of what the first neuron reads and writes."""
    read, write = few_entries(subject.read(0)[:1].T).T, few_entries(subject.write(0)[:, :1])
    return Weight(read.mid), Weight(write.mid)


def reflection(v: Like) -> Enclosure:
    """The reflection I - 2 v v' / |v|^2 [d, d] of a vector, of any shape: orthogonal and symmetric."""
    e = enclose(v).reshape(-1, 1)
    return np.eye(e.shape[0]) - (e @ e.T) * (2.0 / e.norm2())


def widened(read: Weight, write: Weight) -> tuple[Enclosure, Enclosure]:
    """M = [I; W] and N = [I - V W, V], so that N M = I: a stream to which is added what W reads of it."""
    d = read.shape[1]
    both = Enclosure(np.eye(d)) - product(write, read)
    return concatenate([np.eye(d), read]), concatenate([both, write], axis=1)


def injections(sizes: Sequence[int]) -> list[Weight]:
    """Exact E_1 .. E_n that place coordinates one after the other: E_i' E_i = I and the sum of E_i E_i' is I."""
    ends = np.cumsum([0, *sizes])
    whole = np.eye(int(ends[-1]))
    return [Weight(whole[:, a:b]) for a, b in pairwise(ends)]
