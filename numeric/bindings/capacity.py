"""The stream's capacity (VW-L2, VW-C4, VW-T3e): writes of heads and of neurons side by side."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject
from ..claims.weights import Product, Weight
from ..enclosures.enclosure import Enclosure
from ..enclosures.sliced import product
from ..enclosures.verified import quick_left_inverse
from .kept import layers
from .letters import calm_layers, named, of_layer, one_a_layer, readers, side_by_side


def numbered(items: list[Any]) -> dict[int, Any]:
    """A family, counted from 1."""
    return dict(enumerate(items, 1))


@bind("VW-L2")
def all_at_once(subject: Subject) -> Iterator[Bound]:
    """Two MLPs, each of which reads the whole stream; and the heads of two layers."""
    if len(subject.layers) < 2:
        raise Inapplicable("one layer only speaks at once")
    for i, j in subject.pairs(3):
        yield Bound(f"MLPs {i} and {j}", {"W": {1: subject.read(i), 2: subject.read(j)}}, nats={"n": 2})


@bind("VW-L2c", "VW-C4c")
def projections(subject: Subject) -> Iterator[Bound]:
    """What heads of a layer write, and projections V W onto it that annihilate what the others write."""
    for layer in layers(subject, 2):
        heads = of_layer(subject, layer, min(3, max(1, len(subject.heads) - 1)))
        reads = readers([h.write for h in heads])
        P = numbered([Product(h.write, read) for h, read in zip(heads, reads, strict=True)])
        letters = {"P": P, "q": Fraction(1, subject.config.d_model)}
        yield Bound(f"{len(heads)} heads of layer {layer}", letters, made="all", nats={"n": len(heads)})


@bind("VW-L2a")
def without_interference(subject: Subject) -> Iterator[Bound]:
    """Heads of a layer, and reads that tell apart what they write."""
    for layer in layers(subject, 2):
        heads = of_layer(subject, layer, 6)
        letters = {"V": numbered([h.write for h in heads]), "W": numbered(readers([h.write for h in heads]))}
        yield Bound(f"{len(heads)} heads of layer {layer}", letters, made="all", nats={"n": len(heads)})


@bind("VW-L2b")
def one_reader(subject: Subject) -> Iterator[Bound]:
    """What a head writes, and its reader."""
    for h in one_a_layer(subject, 4):
        yield Bound(h.name, {"V": h.write}, tried={"W": [quick_left_inverse(h.write)]})


@bind("VW-L2d")
def sums_of_writes(subject: Subject) -> Iterator[Bound]:
    """Writes of heads of different layers, added up."""
    heads = one_a_layer(subject, 4)
    yield Bound(named(heads), {"V": numbered([h.write for h in heads])}, nats={"n": len(heads)})


@bind("VW-C4")
def pairwise_disjoint(subject: Subject) -> Iterator[Bound]:
    """Three sets of neurons, two of which have room in the stream side by side, but not all three."""
    d = subject.config.d_model
    many = d // 3 + 1
    if subject.config.d_mlp < 3 * many:
        raise Inapplicable("no MLP has enough neurons for three subspaces that fill the stream")
    for layer in layers(subject, 1):
        write = subject.write(layer).mid
        S = [Weight(write[:, k * many : (k + 1) * many]) for k in range(3)]
        letters = {"S1": S[0], "S2": S[1], "S3": S[2], **_apart(S)}
        yield Bound(f"{3 * many} neurons of MLP {layer}", letters, made="all")


def _apart(S: list[Any]) -> dict[str, Enclosure]:
    """K_ij, which reads S_i and not S_j, for all pairs of three."""
    found = {}
    for i, j in ((1, 2), (1, 3), (2, 3)):
        found[f"K{i}{j}"], found[f"K{j}{i}"] = readers([S[i - 1], S[j - 1]])
    return found


@bind("VW-T3e")
def not_independent(subject: Subject) -> Iterator[Bound]:
    """Two heads of a layer at the last token, and the line of what they write together there."""
    for layer in layers(subject, 3):
        one, two = _two_heads(subject, layer)
        z = subject.trace[f"blocks.{layer}.attn.hook_z"][-1]
        a, b = (z[h.number].reshape(-1, 1) for h in (one, two))
        sum_of = -(product(one.write, a) + product(two.write, b))
        S = [one.write, two.write, sum_of]
        letters = {"S1": S[0], "S2": S[1], "S3": S[2], "a": a, "b": b, "c": np.eye(1), **_apart(S)}
        yield Bound(f"{one.name} + {two.name}", letters, made="all")


def _two_heads(subject: Subject, layer: int) -> Any:
    heads = of_layer(subject, layer, 2)
    if len(heads) < 2:
        raise Inapplicable("a layer has one head only")
    return heads


@bind("VW-C4a")
def read_apart(subject: Subject) -> Iterator[Bound]:
    """Three heads of a layer, and reads that tell apart what they write."""
    for layer in layers(subject, 3):
        heads = of_layer(subject, layer, 3)
        if len(heads) < 3:
            raise Inapplicable("a layer has less than three heads")
        letters: dict[str, Any] = {f"S{i}": h.write for i, h in enumerate(heads, 1)}
        letters |= {f"K{i}": read for i, read in enumerate(readers([h.write for h in heads]), 1)}
        yield Bound(", ".join(h.name for h in heads), letters, made="all")


@bind("VW-C4b")
def overlap(subject: Subject) -> Iterator[Bound]:
    """What the first two thirds of a layer's heads write, S1, and the last two thirds, S2: K is what both share."""
    for layer in calm_layers(subject, 2):
        heads = of_layer(subject, layer)
        n = len(heads)
        if n < 3:
            raise Inapplicable("a layer has less than three heads")
        first, last = n // 3, n - n // 3
        S1, S2, K = (side_by_side(part) for part in (heads[:last], heads[first:], heads[first:last]))
        k, whole = K.shape[1], np.eye(S1.shape[1])
        tried: dict[str, list[Any]] = {
            "r": [k],
            "K": [K],
            "J": [quick_left_inverse(K)],
            "G1": [whole[:, -k:]],
            "G2": [whole[:, :k]],
        }
        yield Bound(f"the first {last} and the last {last} heads of layer {layer}", {"S1": S1, "S2": S2}, tried=tried)
