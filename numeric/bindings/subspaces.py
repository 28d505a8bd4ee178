"""Subspaces of the stream (VW-L7, VW-T3): what heads write into, and which layers leave what to itself."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from ..binding import Bound, Inapplicable, bind
from ..enclosure import Enclosure, concatenate
from ..sliced import product
from ..subject import Subject
from ..weights import Weight
from .bottleneck import fills
from .capacity import numbered
from .letters import Head, layers, left_inverse, named, neurons, of_layer, one_a_layer, readers, readers_of_layer


def common(heads: list[Head]) -> Enclosure:
    """The projection V (W V)^-1 W onto what heads write, along what none of them reads: all of them commute with it."""
    W = np.concatenate([h.read.mid for h in heads])
    V = np.concatenate([h.write.mid for h in heads], axis=1)
    if len(W) > V.shape[0] // 2:
        raise Inapplicable("the heads are not narrow beside the stream")
    return product(V, product(left_inverse(product(W, V)), W))


@bind("VW-L7")
def narrow_layers(subject: Subject) -> Iterator[Bound]:
    """Two heads: narrow layers do leave a subspace and a complement to themselves, which layers in general do not."""
    for heads in pairwise(one_a_layer(subject, 3, least=2)):
        P = common(list(heads))
        yield Bound(named(heads), {"T1": heads[0].ov, "T2": heads[1].ov}, tried={"P": [P]})


@bind("VW-L7a")
def respected(subject: Subject) -> Iterator[Bound]:
    """Two heads, and the projection with which both commute."""
    for heads in pairwise(one_a_layer(subject, 3, least=2)):
        letters = {"P": common(list(heads)), "T": numbered([h.ov for h in heads])}
        yield Bound(named(heads), letters, made="all", nats={"L": 2})


@bind("VW-L7b")
def read_off(subject: Subject) -> Iterator[Bound]:
    """What the heads of a layer write at the last token, and the projection that picks out what the first one does."""
    fills(subject)
    for layer in layers(subject, 3):
        heads, reads = readers_of_layer(subject, layer)
        z = subject.trace[f"blocks.{layer}.attn.hook_z"][-1]
        written = [product(h.write, z[h.number].reshape(-1, 1)) for h in heads]
        letters = {"P": product(heads[0].write, reads[0]), "v0": written[0], "v": numbered(written[1:])}
        yield Bound(f"the heads of layer {layer}", letters, made="all", nats={"n": len(heads) - 1})


@bind("VW-L7c")
def halves(subject: Subject) -> Iterator[Bound]:
    """The heads of a layer in two halves, which span the stream together, and their readers."""
    fills(subject)
    for layer in layers(subject, 2):
        heads, reads = readers_of_layer(subject, layer)
        if len(heads) < 2:
            raise Inapplicable("a layer has one head only")
        half = len(heads) // 2
        letters: dict[str, Any] = {}
        for name, part in (("1", slice(half)), ("2", slice(half, None))):
            letters[f"S{name}"] = Weight(np.concatenate([h.write.mid for h in heads[part]], axis=1))
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
def side_by_side(subject: Subject) -> Iterator[Bound]:
    """Heads of a layer as layers one after the other, read by readers that tell them apart, with tanh between."""
    for layer in layers(subject, 2):
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
