"""How well neurons clear what they read: the cosine of read and write, and their product (VW-L11)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..claims.binding import Bound, bind
from ..claims.subject import Subject
from ..enclosures.enclosure import Enclosure
from ..enclosures.verified import inverse
from .choices import few, reads, x
from .clearing import oblique, undone
from .kept import layers
from .made import column, dot


def pairs(subject: Subject) -> Iterator[tuple[str, int, Enclosure, Enclosure]]:
    """A name, the layer, the read and the write of some neurons, as columns: of each layer that with the most negative
    product of both, which clears most, and that with the most positive one."""
    for layer in layers(subject, 3):
        products = np.einsum("md,dm->m", subject.read(layer).mid, subject.write(layer).mid)
        for neuron in (int(products.argmin()), int(products.argmax())):
            w, v = column(subject.read(layer)[neuron]), column(subject.write(layer)[:, neuron])
            yield f"neuron {layer}.{neuron}", layer, w, v


@bind("VW-L11")
def clearing_efficiency(subject: Subject) -> Iterator[Bound]:
    """What neurons read and write, with the efficiency that they have, and one that writes against what it reads."""
    for where, _, w, v in pairs(subject):
        p, q = w.norm2().sqrt().reshape(1, 1), v.norm2().sqrt().reshape(1, 1)
        letters = {"w_in": w, "p_in": p, "alpha": 3.0}
        e = -(w.T @ v) / (p * q)
        yield Bound(where, {**letters, "w_out": v, "p_out": q, "e": e}, made={3, 4, 5})
        against = {"w_out": -3.0 * w, "p_out": 3.0 * p, "e": 1.0}
        yield Bound(f"{where}, antiparallel", {**letters, **against}, made={3, 4, 5})


@bind("VW-L11a")
def product_that_clears(subject: Subject) -> Iterator[Bound]:
    """What neurons read and write at the stream, and their writes scaled so that they clear."""
    for where, layer, w, v in pairs(subject):
        letters = {"w_in": w, "x": x(subject, layer)}
        yield Bound(where, {**letters, "w_out": v})
        yield Bound(f"{where}, scaled", {**letters, "w_out": -v / dot(w, v)})


@bind("VW-L11b", "VW-L11d")
def exact_clearers(subject: Subject) -> Iterator[Bound]:
    """What neurons read, with their writes scaled so that they clear."""
    for where, _, w, v in pairs(subject):
        out, s = -v / dot(w, v), 1.0 / w.norm2().reshape(1, 1)
        e = 1.0 / (w.norm2() * out.norm2()).reshape(1, 1)
        yield Bound(where, {"w_in": w, "w_out": out, "s": s, "e": e}, made={1, 2})


@bind("VW-L11c")
def efficient_amplifiers(subject: Subject) -> Iterator[Bound]:
    """What neurons read, written back against it as it is: efficiency 1, whatever the length."""
    for where, layer, w, _ in pairs(subject):
        p = w.norm2().sqrt().reshape(1, 1)
        letters = {"w_in": w, "w_out": -w, "p_in": p, "p_out": p, "e": 1.0, "x": x(subject, layer)}
        yield Bound(where, letters, made={3, 4, 5, 6})


@bind("VW-L11e", "VW-L11f", "VW-L11g")
def right_inverses(subject: Subject) -> Iterator[Bound]:
    """Some neurons' reads, and the right inverse along what they write."""
    count = few(subject)
    for layer in layers(subject, 3):
        w = reads(subject, layer, count)
        letters = {"W": w, "S": inverse(w @ w.T), "V": oblique(subject, layer, count)}
        yield Bound(f"layer {layer}", letters, made="all")


@bind("VW-L11e", "VW-L11f")
def moore_penrose(subject: Subject) -> Iterator[Bound]:
    """Some neurons' reads, and their Moore-Penrose inverse."""
    count = few(subject)
    for layer in layers(subject, 3):
        w = reads(subject, layer, count)
        letters = {"W": w, "S": inverse(w @ w.T), "V": undone(subject, layer, count)}
        yield Bound(f"layer {layer}, Moore-Penrose", letters, made="all")
