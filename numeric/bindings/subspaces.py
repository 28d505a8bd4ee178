"""Subspaces of the stream (VW-L7, VW-T3): what heads write into, and which layers leave what to itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject
from ..claims.weights import Product, Weight
from ..enclosures.enclosure import Enclosure, concatenate
from ..enclosures.sliced import product
from ..enclosures.verified import quick_left_inverse
from ..functions import Array
from .capacity import numbered
from .kept import layers, per_subject
from .letters import (
    Head,
    calm_layers,
    calmest,
    fills,
    named,
    neurons,
    of_layer,
    one_a_layer,
    readers,
    readers_of_layer,
    side_by_side,
)


@dataclass(frozen=True)
class Narrow:
    """Some neurons of an MLP as a linear layer."""

    name: str
    read: Weight
    write: Weight

    @property
    def layer(self) -> Product:
        return Product(self.write, self.read)


@per_subject
def calm_pairs(subject: Subject) -> list[tuple[Narrow, Narrow]]:
    """Pairs of a few neurons each whose reads tell their writes apart best."""
    few = min(4, subject.config.d_model // 4, subject.config.d_mlp)
    if not few:
        raise Inapplicable("the stream is too narrow for two layers that leave something to itself")
    found = [
        Narrow(f"{few} neurons of MLP {at}", neurons(subject.read(at), few), neurons(subject.write(at), few))
        for at in layers(subject, 8, least=2)
    ]
    return calmest(list(combinations(found, 2)), _core, 2)


def _core(pair: tuple[Narrow, Narrow]) -> Array:
    core: Array = np.concatenate([n.read.mid for n in pair]) @ np.concatenate([n.write.mid for n in pair], axis=1)
    return core


def common(pair: tuple[Narrow, Narrow]) -> Enclosure:
    """The projection V (W V)^-1 W onto what both write, along what neither reads: both commute with it."""
    W = np.concatenate([n.read.mid for n in pair])
    V = np.concatenate([n.write.mid for n in pair], axis=1)
    return product(V, product(quick_left_inverse(product(W, V)), W))


@bind("VW-L7")
def narrow_layers(subject: Subject) -> Iterator[Bound]:
    """A few neurons of two MLPs as linear layers: narrow layers do leave a subspace and a complement to themselves,
    which two layers in general do not."""
    for one, two in calm_pairs(subject):
        yield Bound(f"{one.name}, {two.name}", {"T1": one.layer, "T2": two.layer}, tried={"P": [common((one, two))]})


@bind("VW-L7")
def in_coordinates_of_neurons(subject: Subject) -> Iterator[Bound]:
    """The stream as a few neurons of an MLP see it, which write to themselves, and what neurons of another one make of
    that: W V and W V' W' V, square matrices with which no projection but 0 and I commutes."""
    few = min(6, subject.config.d_model, subject.config.d_mlp)
    for i, j in subject.pairs(2):
        W, V = neurons(subject.read(i), few), neurons(subject.write(i), few)
        R, S = neurons(subject.read(j), few), neurons(subject.write(j), few)
        letters = {"T1": Product(W, V), "T2": Product(W, S, R, V)}
        yield Bound(f"{few} neurons of MLP {i}, by themselves and through MLP {j}", letters)


@bind("VW-L7a")
def respected(subject: Subject) -> Iterator[Bound]:
    """The same layers one after the other, and the projection with which both commute."""
    for one, two in calm_pairs(subject):
        letters = {"P": common((one, two)), "T": numbered([one.layer, two.layer])}
        yield Bound(f"{one.name}, {two.name}", letters, made="all", nats={"L": 2})


@bind("VW-L7b")
def read_off(subject: Subject) -> Iterator[Bound]:
    """What half of a layer's heads write at the last token, and the projection that picks out the first."""
    many = len(subject.heads) // 2 + 1
    for layer in calm_layers(subject, 3, many):
        heads = of_layer(subject, layer, many)
        z = subject.trace[f"blocks.{layer}.attn.hook_z"][-1]
        written = [product(h.write, z[h.number].reshape(-1, 1)) for h in heads]
        P = product(heads[0].write, readers([h.write for h in heads])[0])
        letters = {"P": P, "v0": written[0], "v": numbered(written[1:])}
        yield Bound(f"{len(heads)} heads of layer {layer}", letters, made="all", nats={"n": len(heads) - 1})


@bind("VW-L7c")
def halves(subject: Subject) -> Iterator[Bound]:
    """The heads of a layer in two halves, which span the stream together, and their readers."""
    fills(subject)
    for layer in calm_layers(subject, 2):
        heads, reads = readers_of_layer(subject, layer)
        if len(heads) < 2:
            raise Inapplicable("a layer has one head only")
        half = len(heads) // 2
        letters: dict[str, Any] = {}
        for name, part in (("1", slice(half)), ("2", slice(half, None))):
            letters[f"S{name}"] = side_by_side(heads[part])
            letters[f"K{name}"] = concatenate(reads[part])
        yield Bound(f"the heads of layer {layer} in halves", letters)


def _told_apart(subject: Subject, layer: int) -> tuple[list[Head], dict[str, Any]]:
    heads = of_layer(subject, layer, 2)
    if len(heads) < 2:
        raise Inapplicable("a layer has one head only")
    K1, K2 = readers([h.write for h in heads])
    return heads, {"S1": heads[0].write, "S2": heads[1].write, "K1": K1, "K2": K2}


@bind("VW-T3")
def disjoint(subject: Subject) -> Iterator[Bound]:
    """Two heads of a layer, what they write and its readers, and the first as a linear layer."""
    for layer in layers(subject, 4):
        heads, letters = _told_apart(subject, layer)
        letters |= {"G": heads[0].read, "H": heads[0].ov}
        yield Bound(f"{heads[0].name} beside {heads[1].name}", letters, made="all")


@bind("VW-T3c")
def oblique(subject: Subject) -> Iterator[Bound]:
    """Two heads of a layer, and the readers that tell apart what they write."""
    for layer in layers(subject, 2):
        heads, letters = _told_apart(subject, layer)
        tried = {name: [letters.pop(name)] for name in ("K1", "K2")}
        yield Bound(f"{heads[0].name} beside {heads[1].name}", letters, tried=tried)


@bind("VW-T3a")
def one_after_the_other(subject: Subject) -> Iterator[Bound]:
    """Heads of a layer as layers one after the other, read by readers that tell them apart, with tanh between."""
    for layer in calm_layers(subject, 2, 4):
        heads = of_layer(subject, layer, 4)
        V = [h.write for h in heads]
        letters = {"V": numbered(V), "R": numbered(readers(V)), "x0": subject.stream(layer)[-1]}
        letters["phi"] = numbered([Enclosure.tanh] * len(heads))
        yield Bound(f"{len(heads)} heads of layer {layer}", letters, made="all", nats={"L": len(heads)})


@bind("VW-T3b")
def commutators(subject: Subject) -> Iterator[Bound]:
    """Two heads of different layers."""
    for one, two in pairwise(one_a_layer(subject, 3, least=2)):
        letters = {"V1": one.write, "W1": one.read, "V2": two.write, "W2": two.read}
        yield Bound(named([one, two]), letters)


@bind("VW-T3d")
def behind_a_norm(subject: Subject) -> Iterator[Bound]:
    """What a neuron writes, what another one writes less its part along the first, and two amounts of the second."""
    q = Fraction(1, subject.config.d_model)
    for layer in layers(subject, 4):
        write = neurons(subject.write(layer), 2)
        e, g = write[:, :1], write[:, 1:]
        f = g - e * ((e.T @ g) / (e.T @ e))
        letters: dict[str, Any] = {"q": q, "e": e, "f": f, "a": 1, "b1": 1, "b2": 2}
        for b in (1, 2):
            x = e + f * float(b)
            s = (x.norm2() / float(subject.config.d_model)).sqrt()
            letters |= {f"s{b}": s.reshape(1, 1), f"y{b}": x / s}
        yield Bound(f"neurons {layer}.0 and {layer}.1", letters, made="all")
