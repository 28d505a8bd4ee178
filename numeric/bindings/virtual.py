"""Virtual weights (VW-T2, VW-L5, TH-9): what later MLPs and heads read of what earlier ones write."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind, unbound
from ..claims.subject import Subject
from ..enclosures.enclosure import Enclosure, concatenate
from ..enclosures.sliced import product
from ..enclosures.verified import quick_left_inverse, quick_right_inverse
from .kept import layers, per_subject
from .letters import Head, named, neurons, one_a_layer

unbound("the product has no type, so that no weights can play its letters", "VW-L5b")


@bind("VW-T2", "VW-T2a", "VW-T2b")
def pairs(subject: Subject) -> Iterator[Bound]:
    """Ranks of the virtual weights between MLPs are exact: the rank modulo a prime meets the bound of the theorem."""
    for i, j in subject.pairs(30):
        yield Bound(f"MLP {i} -> MLP {j}", {"W_j": subject.read(j), "V_i": subject.write(i)})


@bind("VW-L5", "VW-L5a", "VW-L5c", "VW-L5h")
def triples(subject: Subject) -> Iterator[Bound]:
    """Two heads, and a head or neurons of an MLP between them, which may pass on what the first writes."""
    heads = one_a_layer(subject, 5, least=3)
    for first, middle, last in zip(heads, heads[1:], heads[2:], strict=False):
        outer = {"W_k": last.read, "V_i": first.write}
        yield Bound(named([first, middle, last]), {**outer, "V_j": middle.write, "W_j": middle.read})
        at = middle.layer
        read, write = (neurons(w, 256) for w in (subject.read(at), subject.write(at)))
        yield Bound(f"{first.name} -> MLP {at} -> {last.name}", {**outer, "V_j": write, "W_j": read})


@bind("VW-L5d")
def relays(subject: Subject) -> Iterator[Bound]:
    """A middle layer that reads just what a head wrote and writes it again, so that the factorisation does hold."""
    for first, last in _ends(subject, 3):
        letters = {"V_i": first.write, "W_j": quick_left_inverse(first.write), "V_j": first.write, "W_k": last.read}
        yield Bound(f"{first.name}, relayed -> {last.name}", letters, made="all")


@bind("VW-L5e")
def as_wide_as_the_stream(subject: Subject) -> Iterator[Bound]:
    """The write of an MLP with a read that makes V W the identity: the layer is at least as wide as the stream."""
    if subject.config.d_mlp < subject.config.d_model:
        raise Inapplicable("no MLP is as wide as the stream")
    for layer in layers(subject, 1):
        write = neurons(subject.write(layer), subject.config.d_model + 8)
        yield Bound(f"MLP {layer}", {"V_j": write, "W_j": quick_right_inverse(write)}, made="all")


@per_subject
def graph(subject: Subject, depth: int) -> tuple[list[Head], Enclosure]:
    """Heads of different layers, and N, the virtual weights from the earlier to the later ones as blocks [n, n]."""
    heads = one_a_layer(subject, depth, least=2)
    rows = []
    for k, later in enumerate(heads):
        before = [product(later.read, earlier.write) for earlier in heads[:k]]
        empty = Enclosure(np.zeros((later.read.shape[0], sum(h.write.shape[1] for h in heads[k:]))))
        rows.append(concatenate([*before, empty], axis=1))
    return heads, concatenate(rows)


@bind("VW-L5f")
def chains(subject: Subject) -> Iterator[Bound]:
    """N of one head a layer: no chain of virtual weights is longer than the number of heads."""
    heads, N = graph(subject, 4)
    yield Bound(named(heads), {"N": N}, made="all", nats={"L": len(heads)})


@bind("VW-L5g")
def total_effects(subject: Subject) -> Iterator[Bound]:
    """N of one head a layer, E = I + N + N N + .., and F the inverse of E."""
    heads, N = graph(subject, 4)
    power = E = Enclosure(np.eye(len(N)))
    for _ in heads[1:]:
        power = product(power, N)
        E = E + power
    yield Bound(named(heads), {"N": N, "E": E, "F": quick_left_inverse(E)}, made="all")


@bind("TH-9")
def through_a_head(subject: Subject) -> Iterator[Bound]:
    """What an MLP reads of a head's output, and what the head reads of another one."""
    for first, last in _ends(subject, 4):
        letters = {"W": neurons(subject.read(last.layer), 2 * last.read.shape[0]), "M": last.write, "V": last.read}
        yield Bound(f"{last.name} -> MLP {last.layer}", letters)
        letters = {"W": last.read, "M": first.write, "V": first.read}
        yield Bound(f"{first.name} -> {last.name}", letters)


@bind("VW-T2d")
def with_heads_between(subject: Subject) -> Iterator[Bound]:
    """The first and the last of a few heads, and the others between them."""
    for first, *between, last in [one_a_layer(subject, n, least=2) for n in (2, 3, 4)]:
        T = {i: h.ov for i, h in enumerate(between, 1)}
        letters = {"W_k": last.read, "V_i": first.write, "T": T}
        yield Bound(named([first, *between, last]), letters, nats={"L": len(between)})


def _ends(subject: Subject, most: int) -> list[tuple[Head, Head]]:
    heads = one_a_layer(subject, most + 1, least=2)
    return list(pairwise(heads))
