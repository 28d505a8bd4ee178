"""What layers lose: null spaces behind skip connections and without (VW-L4, VW-C2, VW-T2c)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject
from ..claims.weights import Product, Weight
from ..enclosures import sharp
from ..enclosures.enclosure import Enclosure
from ..enclosures.verified import left_inverse, orthonormal_basis, right_inverse
from .choices import embeddings, few, numbered, ov, quiet, reads, strongest_deleters, writes, x
from .kept import layers
from .made import kernel, relu, undoing


def unread(subject: Subject, layer: int, head: int) -> Enclosure:
    """What the values of a head do not read: the last token's stream, with some coordinates changed."""
    k, j, _ = kernel(subject.w_v(layer, head))
    return sharp.product(k, j @ x(subject, layer))


@bind("VW-L4", "VW-L4a", "VW-L4b")
def null_vectors(subject: Subject) -> Iterator[Bound]:
    """W_OV of a head, and a vector near the stream that it does not read."""
    for layer in layers(subject, 3):
        letters = {"T": ov(subject, layer, 0), "v": unread(subject, layer, 0)}
        yield Bound(f"head {layer}.0", letters, made={1})


@bind("VW-L4a", "VW-L4b")
def the_stream(subject: Subject) -> Iterator[Bound]:
    """W_OV of a head, and all of the stream."""
    for layer in layers(subject, 2):
        yield Bound(f"head {layer}.0, the stream", {"T": ov(subject, layer, 0), "v": x(subject, layer)})


@bind("VW-L4b")
def deleted(subject: Subject) -> Iterator[Bound]:
    """W_OV of a head with a negative eigenvalue, at the attention that makes it -1."""
    for e in strongest_deleters(subject, 2):
        yield Bound(e.where, {"T": (-1.0 / e.value) * ov(subject, e.layer, e.head), "v": e.vector})


@bind("VW-L4c")
def without_a_skip(subject: Subject) -> Iterator[Bound]:
    """What a head's values read, a vector that they do not, and any map behind: here ReLU with a
    slope of 1/8 for what is negative, and what the head writes."""
    for layer in layers(subject, 3):
        w_o = subject.w_o(layer, 0)

        def behind(z: Enclosure, w_o: Weight = w_o) -> Enclosure:
            return w_o @ (relu(z) - 0.125 * relu(-z))

        letters = {"T": subject.w_v(layer, 0), "v": unread(subject, layer, 0), "x": x(subject, layer), "D": behind}
        yield Bound(f"head {layer}.0", letters, made={1}, nats={"n": subject.config.d_model})


@bind("VW-L4d", "VW-L4e")
def decoded(subject: Subject) -> Iterator[Bound]:
    """Some tokens' embeddings behind I + W_OV of heads in two layers, at an attention of 1/16, with what decodes
    them."""
    vectors = embeddings(subject)[:, : few(subject)]
    for i, k in subject.pairs(2):
        maps = [Product(subject.w_o(at, 0), subject.w_v(at, 0), scale=Fraction(1, 16)) for at in (i, k)]
        behind: Any = Weight(vectors)
        for t in maps:
            behind = behind + sharp.product(t, behind)
        count = vectors.shape[1]
        tried: dict[str, list[Any]] = {"D": [undoing(behind.T).T], "q": [1, count]}
        tried["C"] = [np.ones((count, 1)), np.eye(count)]
        letters = {"K": Weight(vectors), "T": numbered(maps)}
        yield Bound(f"heads {i}.0 and {k}.0", letters, nats={"L": 2}, tried=tried)


@bind("VW-L4f")
def no_loss(subject: Subject) -> Iterator[Bound]:
    """Some neurons with ReLU at the stream, and the stream found back from what they make of it."""
    for layer in layers(subject, 2):
        w, v, here = reads(subject, layer, few(subject)), writes(subject, layer, few(subject)), x(subject, layer)
        wrote = v @ relu(w @ here)
        tried: dict[str, list[Any]] = {"z1": [w @ here], "z2": [w @ x(subject, layer, 0) + 1.0]}
        letters = {"W": w, "V": v, "phi": relu, "x": here, "x2": (here + wrote) - wrote}
        yield Bound(f"MLP {layer}", letters, made={2}, tried=tried)


@bind("VW-C2")
def swapped(subject: Subject) -> Iterator[Bound]:
    """Two directions of what neurons write, made orthonormal: a reflection swaps them, a projection removes the
    second."""
    for layer in layers(subject, 2):
        q = orthonormal_basis(quiet(subject, layer, 2))
        one, two = q[:, [0]], q[:, [1]]
        eye = np.eye(subject.config.d_model)
        letters = {"A1": eye - (one - two) @ (one - two).T, "A2": eye - two @ two.T, "v": one, "a": two, "b": one}
        yield Bound(f"MLP {layer}", letters, made="all")


@bind("VW-C2a")
def second_map(subject: Subject) -> Iterator[Bound]:
    """What a head's values read, and half as many of the coordinates that the head writes as it is wide."""
    half = subject.config.d_head // 2
    if not half or subject.config.d_head >= subject.config.d_model:
        raise Inapplicable("heads are one dimension wide, or as wide as the stream")
    for layer in layers(subject, 2):
        a, b = Weight(np.ascontiguousarray(subject.w_o(layer, 0).mid[:half])), subject.w_v(layer, 0)
        k, j, h = kernel(a)
        letters = {"A": a, "B": b, "K": k, "J": j, "H": h, "G": sharp.product(right_inverse(b), k)}
        yield Bound(f"head {layer}.0", letters, made="all")


@bind("VW-C2b")
def many_maps(subject: Subject) -> Iterator[Bound]:
    """Two maps of as many dimensions as a head has, made of rows of its weights: the first keeps three quarters, the
    second half."""
    d = subject.config.d_head
    kept, left = d - d // 4, d // 2
    if not 0 < left < kept < d <= subject.config.d_model:
        raise Inapplicable("heads have fewer than 4 dimensions")
    eye = np.eye(d)
    for layer in layers(subject, 2):
        first, second = subject.w_v(layer, 0).mid[:kept, :d], subject.w_q(layer, 0).mid[:left, :d]
        a1, a2 = Product(Weight(eye[:, :kept]), Weight(first)), Product(Weight(eye[:, :left]), Weight(second))
        k1, j1, h1 = kernel(first)
        k2, j2, h2 = kernel(second[:, :kept])
        h1 = h1 @ eye[:kept]
        h2 = eye[:, :kept] @ h2 @ eye[:left]
        k2 = eye[:, :kept] @ k2
        letters = {"A": {1: a1, 2: a2}, "K": {1: k1, 2: k2}, "J": {1: j1, 2: j2 @ eye[:kept]}, "H": {1: h1, 2: h2}}
        yield Bound(f"head {layer}.0", {**letters, "G": {1: k1, 2: h1 @ k2}}, made="all", nats={"L": 2})


@bind("VW-C2c")
def row_space(subject: Subject) -> Iterator[Bound]:
    """What a head writes, and weights of the stream's coordinates that no output of the head has anything of: by the
    claim v must be 0."""
    for layer in layers(subject, 2):
        p = subject.w_o(layer, 0)
        if p.shape[0] == p.shape[1]:
            raise Inapplicable("a head is as wide as the stream")
        c = kernel(p.T)[0][:, [0]]
        yield Bound(f"head {layer}.0", {"P": p, "c": c, "v": np.zeros((p.shape[1], 1))}, made={1})


@bind("VW-C2d")
def commuting(subject: Subject) -> Iterator[Bound]:
    """Projections onto two parts of an orthonormal basis of what neurons read, which overlap in a direction; at the
    stream, and at that direction."""
    for layer in layers(subject, 1):
        q = orthonormal_basis(reads(subject, layer, max(few(subject), 3)).T)
        if q.shape[1] < 3:
            raise Inapplicable("an MLP has fewer than 3 neurons")
        letters = {"P1": q[:, :2] @ q[:, :2].T, "P2": q[:, 1:] @ q[:, 1:].T}
        yield Bound(f"MLP {layer}", {**letters, "v": x(subject, layer)}, made="all")
        yield Bound(f"MLP {layer}, shared", {**letters, "v": q[:, [1]]}, made="all")


@bind("VW-C2e")
def passed_on(subject: Subject) -> Iterator[Bound]:
    """W_OV of heads: a head reads as many dimensions as it is wide."""
    for layer in layers(subject, 2):
        yield Bound(f"head {layer}.0", {"T": subject.ov(layer, 0)})


@bind("VW-T2c")
def lost_between(subject: Subject) -> Iterator[Bound]:
    """What twice as many neurons write as a later head is wide, and what its values read of them: they do not read
    half of it."""
    width = subject.config.d_head
    if min(subject.config.d_model, subject.config.d_mlp) < 2 * width:
        raise Inapplicable("heads are too wide for a loss that is seen")
    for i, k in subject.pairs(2):
        v, w = writes(subject, i, 2 * width), subject.w_v(k, 0)
        g, j, h = kernel(sharp.product(w, v))
        tried: dict[str, list[Any]] = {"r": [g.shape[1]], "K": [sharp.product(v, g)], "G": [g]}
        tried |= {"J": [j @ left_inverse(v)], "H": [v @ h]}
        yield Bound(f"MLP {i} -> head {k}.0", {"V_i": v, "W_j": w}, tried=tried)
