"""Completions of a pattern of virtual weights (TH-21): how wide a stream must be for what layers pass on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject
from ..claims.weights import Product, Weight
from ..enclosures.enclosure import Enclosure
from ..enclosures.sliced import product
from ..enclosures.verified import quick_left_inverse, quick_right_inverse
from .effects import along, unread
from .kept import layers, per_subject
from .letters import Head, named, neurons, one_a_layer


@dataclass(frozen=True)
class Cuts:
    """Cuts between layers: before cut k the writes 0 .. k, behind it the reads k .. n.

    C [p, q]: all reads times all writes. X[k] [a_k, p] and G[k] [q, b_k] choose those that cut k is between, K[k] is
    that block; Y[k] and g[k] lead from one cut to the next, f[k] adds the new columns.
    """

    where: str
    n: int
    reads: Weight
    writes: Weight
    X: dict[int, Weight]
    G: dict[int, Weight]
    K: dict[int, Product]
    g: dict[int, Weight]
    f: dict[int, Weight]
    Y: dict[int, Weight]

    @property
    def C(self) -> Product:
        return Product(self.reads, self.writes)


def _cuts(where: str, reads: list[Weight], writes: list[Weight]) -> Cuts:
    n = len(reads) - 1
    rows = np.cumsum([0, *(len(w) for w in reads)])
    columns = np.cumsum([0, *(v.shape[1] for v in writes)])
    W, V = np.concatenate([w.mid for w in reads]), np.concatenate([v.mid for v in writes], axis=1)
    p, q = np.eye(len(W)), np.eye(V.shape[1])
    sizes = [(len(W) - rows[k], columns[k + 1]) for k in range(n + 1)]
    steps = [
        (np.eye(a)[a - later :], np.eye(wider)[:, :b], np.eye(wider)[:, b:])
        for (a, b), (later, wider) in pairwise(sizes)
    ]
    return Cuts(
        where,
        n,
        Weight(W),
        Weight(V),
        X={k: Weight(p[rows[k] :]) for k in range(n + 1)},
        G={k: Weight(q[:, : columns[k + 1]]) for k in range(n + 1)},
        K={k: Product(Weight(W[rows[k] :]), Weight(V[:, : columns[k + 1]])) for k in range(n + 1)},
        Y={k: Weight(step[0]) for k, step in enumerate(steps)},
        g={k: Weight(step[1]) for k, step in enumerate(steps)},
        f={k: Weight(step[2]) for k, step in enumerate(steps)},
    )


@per_subject
def heads(subject: Subject) -> Cuts:
    """Heads of four layers: the writes of the first three, the reads of the last three."""
    found = one_a_layer(subject, 4, least=4)
    return _cuts(named(found), [h.read for h in found[1:]], [h.write for h in found[:-1]])


@per_subject
def tall(subject: Subject) -> Cuts:
    """Heads of three layers and neurons of MLPs behind them, which read all that they write."""
    found: list[Head] = one_a_layer(subject, 3, least=3)
    width = sum(h.write.shape[1] for h in found)
    if subject.config.d_mlp < width or subject.config.d_model < width:
        raise Inapplicable("the heads of three layers are wider than the stream")
    reads = [neurons(subject.read(h.layer), width) for h in found]
    return _cuts(f"{named(found)}, MLPs behind them", reads, [h.write for h in found])


@bind("TH-21")
def completed(subject: Subject) -> Iterator[Bound]:
    """The virtual weights across each cut; the heads' own reads and writes, and all their products, complete them."""
    c = heads(subject)
    letters = {"X": c.X, "G": c.G, "K": c.K}
    d = subject.config.d_model
    tried: dict[str, list[Any]] = {"r": [d], "W": [c.reads], "V": [c.writes], "C": [c.C]}
    yield Bound(c.where, letters, nats={"n": c.n + 1, "d": d}, tried=tried)


@bind("TH-21a")
def staircase(subject: Subject) -> Iterator[Bound]:
    """All virtual weights between the heads, and the cuts between them."""
    for c in (heads(subject), tall(subject)):
        yield Bound(c.where, {"C": c.C, "X": c.X, "G": c.G, "g": c.g}, made="all", nats={"n": c.n})


@bind("TH-21b", "TH-21c")
def by_hand(subject: Subject) -> Iterator[Bound]:
    """The same cuts; any H will do, and here it is an approximate inverse of what both cuts share."""
    c = heads(subject)
    H = {k: Weight(np.linalg.pinv(c.K[k + 1].mid @ c.g[k].mid)) for k in range(c.n)}
    Z = {k: c.X[k + 1].T for k in range(c.n)}
    yield Bound(c.where, {"K": c.K, "H": H, "Z": Z, "f": c.f, "g": c.g, "Y": c.Y}, made="all", nats={"n": c.n})


@bind("TH-21d", "TH-21e")
def of_least_rank(subject: Subject) -> Iterator[Bound]:
    """The same with H an inverse of what both cuts share."""
    c = tall(subject)
    H: dict[int, Enclosure] = {k: quick_left_inverse(product(c.K[k + 1], c.g[k])) for k in range(c.n)}
    Z = {k: c.X[k + 1].T for k in range(c.n)}
    letters: dict[str, Any] = {"K": c.K, "H": H, "Z": Z, "f": c.f, "g": c.g, "C": c.C, "X": c.X, "G": c.G}
    yield Bound(c.where, letters, made="all", nats={"n": c.n})


@bind("TH-21f")
def two_dimensions(subject: Subject) -> Iterator[Bound]:
    """The reads of two neurons, and the columns E and V of an inverse of both."""
    for layer in layers(subject, 4):
        w = neurons(subject.read(layer), 2)
        both = quick_right_inverse(w)
        letters = {"W1": w[:1], "W2": w[1:], "E": both[:, :1], "V1": both[:, 1:]}
        yield Bound(f"neurons {layer}.0 and {layer}.1", letters, made="all")


@bind("TH-21g")
def on_a_line(subject: Subject) -> Iterator[Bound]:
    """What two neurons read of a signal that the second one does not hear, and the second one of the first one's write:
    three exact numbers, of which no stream of one dimension would do."""
    for i, j in subject.pairs(3):
        W1, W2 = neurons(subject.read(i), 1), neurons(subject.read(j), 1)
        V, E = neurons(subject.write(i), 1), unread(W2)
        letters = {"x": along(W1, E), "y": along(W2, E), "z": along(W2, V)}
        yield Bound(f"neuron {i}.0 -> neuron {j}.0", letters)
