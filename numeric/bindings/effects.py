"""Direct and total effects of one layer on another (VW-C1): heads, and heads between them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..claims.binding import Bound, bind
from ..claims.subject import Subject
from ..claims.weights import Product, Weight
from ..enclosures.enclosure import concatenate
from ..enclosures.sliced import product
from ..enclosures.verified import quick_right_inverse
from .kept import layers
from .letters import Head, calmest, named, neurons, one_a_layer


def along(w: Weight, v: Weight) -> Fraction:
    """w v for a row and a column, exactly."""
    return sum((Fraction(a) * Fraction(b) for a, b in zip(w.mid[0], v.mid[:, 0], strict=True)), Fraction(0))


def unread(w: Weight) -> Weight:
    """A vector that a row reads nothing of: two of its entries, exchanged, and one of them with the other sign."""
    at = np.argsort(-abs(w.mid[0]))[:2]
    found = np.zeros((w.shape[1], 1))
    found[at[0]], found[at[1]] = w.mid[0, at[1]], -w.mid[0, at[0]]
    return Weight(found)


def sides(heads: list[Head]) -> dict[str, dict[int, Weight]]:
    """What heads read and write, counted from 1."""
    return {"W": {i: h.read for i, h in enumerate(heads, 1)}, "V": {i: h.write for i, h in enumerate(heads, 1)}}


@bind("VW-C1")
def past_each_other(subject: Subject) -> Iterator[Bound]:
    """The read of a neuron, and a write made of two of its entries, of which it hears nothing."""
    for layer in layers(subject, 4):
        w = neurons(subject.read(layer), 1, layer)
        yield Bound(f"neuron {layer}.{layer}", {"W_k": w, "V_i": unread(w)})


@bind("VW-C1a")
def cancelled(subject: Subject) -> Iterator[Bound]:
    """A neuron's write and a later neuron's read; between them a layer that reads the same and erases what was sent."""
    for i, k in subject.pairs(4):
        w, v = neurons(subject.read(k), 1), neurons(subject.write(i), 1)
        erased = Product(Weight(np.eye(1)), w, scale=1 / along(w, v))
        letters = {"W_k": w, "V_i": v, "V_j": Weight(-v.mid), "W_j": erased}
        yield Bound(f"neuron {i}.0, erased -> neuron {k}.0", letters)


@bind("VW-C1b", "VW-C1f")
def over_subsets(subject: Subject) -> Iterator[Bound]:
    """The first and the last of a few heads, and the others between them as linear layers."""
    for first, *between, last in [one_a_layer(subject, n, least=2) for n in (3, 4)]:
        T = {i: h.ov for i, h in enumerate(between, 1)}
        letters = {"W_k": last.read, "V_i": first.write, "T": T}
        yield Bound(named([first, *between, last]), letters, nats={"L": len(between)})


@bind("VW-C1c")
def by_last_step(subject: Subject) -> Iterator[Bound]:
    """The same heads, those between by what they read and what they write."""
    for first, *between, last in [one_a_layer(subject, n, least=2) for n in (3, 4)]:
        letters: dict[str, Any] = {"W_k": last.read, "V_i": first.write}
        letters |= {
            "W": {i: h.read for i, h in enumerate(between, 1)},
            "V": {i: h.write for i, h in enumerate(between, 1)},
        }
        yield Bound(named([first, *between, last]), letters, nats={"L": len(between)})


@bind("VW-C1d")
def whatever_is_between(subject: Subject) -> Iterator[Bound]:
    """Two heads, and a head between them."""
    i, t, j = one_a_layer(subject, 3, least=3)
    letters = {"W_i": i.read, "V_i": i.write, "T": t.ov, "W_j": j.read, "V_j": j.write}
    yield Bound(named([i, t, j]), letters)


@bind("VW-C1e")
def ignored(subject: Subject) -> Iterator[Bound]:
    """Heads, of which the first writes only what no head between reads: V - R (W V), where R undoes their reads W."""
    first, *rest, last = one_a_layer(subject, 8, least=3)
    between = calmest(rest, lambda h: h.read.mid, 2)
    reads = concatenate([h.read for h in between])
    write = first.write - product(quick_right_inverse(reads), product(reads, first.write))
    letters: dict[str, Any] = {"W_k": last.read, "V_i": write}
    letters |= sides(between)
    yield Bound(named([first, *between, last]), letters, made="all", nats={"L": len(between)})
