"""The bottleneck of the stream (VW-T4, VW-U2, VW-U8): heads and neurons counted against its width."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject
from ..claims.weights import Product, Weight
from ..enclosures.enclosure import Enclosure, concatenate
from ..enclosures.sliced import product
from ..enclosures.verified import quick_left_inverse
from .capacity import numbered
from .effects import along
from .kept import layers
from .letters import calm_layers, fills, head, injections, neurons, readers_of_layer


@bind("VW-U2")
def one_head_more(subject: Subject) -> Iterator[Bound]:
    """The heads of a layer, which span the stream, and a head of another layer, whose coordinates are 0."""
    fills(subject)
    layers(subject, 1, least=2)
    for layer in calm_layers(subject, 2):
        heads, reads = readers_of_layer(subject, layer)
        more = head(subject, (layer + 1) % len(subject.layers), 0)
        V = numbered([*(h.write for h in heads), more.write])
        W = numbered([*reads, np.zeros(more.read.shape)])
        yield Bound(f"the heads of layer {layer} and {more.name}", {"V": V, "W": W}, made="all", nats={"n": len(V)})


@bind("VW-U2a", "VW-U2b")
def direct_sum(subject: Subject) -> Iterator[Bound]:
    """The heads of a layer, which span the stream, and reads that tell apart what they write."""
    fills(subject)
    for layer in calm_layers(subject, 2):
        heads, reads = readers_of_layer(subject, layer)
        letters = {"V": numbered([h.write for h in heads]), "W": numbered(reads)}
        yield Bound(f"the heads of layer {layer}", letters, made="all", nats={"n": len(heads)})


@bind("VW-U8", "VW-U8a")
def widths(subject: Subject) -> Iterator[Bound]:
    """The numbers of heads and layers, and the widths of a head and of the stream."""
    c = subject.config
    yield Bound("the model", {}, nats={"H": c.n_heads, "w": c.d_head, "d": c.d_model, "L": c.n_layers})


@bind("VW-U8b")
def one_layer(subject: Subject) -> Iterator[Bound]:
    """The heads of one layer, and reads that tell apart what they write."""
    fills(subject)
    c = subject.config
    for layer in calm_layers(subject, 1):
        heads, reads = readers_of_layer(subject, layer)
        letters = {"V": numbered([h.write for h in heads]), "W": numbered(reads)}
        nats = {"H": c.n_heads, "w": c.d_head, "d": c.d_model, "L": 1}
        yield Bound(f"the heads of layer {layer}", letters, made="all", nats=nats)


@bind("VW-T4", "VW-T4a")
def neurons_to_a_dimension(subject: Subject) -> Iterator[Bound]:
    """The neurons of one layer, and of all layers together, and the width of the stream."""
    c = subject.config
    for where, N in (("MLP 0", c.d_mlp), ("all MLPs", c.d_mlp * c.n_layers)):
        yield Bound(where, {"c": Fraction(N, c.d_model)}, nats={"N": N, "d": c.d_model})


@bind("VW-T4b")
def across_a_cut(subject: Subject) -> Iterator[Bound]:
    """Neurons of MLPs before and behind a cut, more than the stream has dimensions, and all virtual weights at once."""
    d, width = subject.config.d_model, min(subject.config.d_mlp, subject.config.d_model // 2 + 8)
    if len(subject.layers) < 4:
        raise Inapplicable("two layers before and two behind a cut are needed")
    writes = [neurons(subject.write(at), width) for at in list(subject.layers)[:2]]
    reads = [neurons(subject.read(at), width) for at in list(subject.layers)[-2:]]
    places = injections([width, width])
    W, V = Weight(np.concatenate([w.mid for w in reads])), Weight(np.concatenate([v.mid for v in writes], axis=1))
    letters: dict[str, Any] = {
        "V": numbered(writes),
        "W": numbered(reads),
        "F": numbered(places),
        "G": numbered(places),
    }
    letters["C"] = Product(W, V)
    yield Bound("MLPs 0, 1 -> the last two", letters, made="all", nats={"n": 2, "k": 2, "d": d})


@bind("VW-T4c")
def cancelling(subject: Subject) -> Iterator[Bound]:
    """Neurons of an MLP, some more than the stream has dimensions: V = [A B], K = [-A^-1 B; I] and J = [0 I]."""
    d = subject.config.d_model
    if subject.config.d_mlp <= d:
        raise Inapplicable("no MLP has more neurons than the stream has dimensions")
    for layer in layers(subject, 1):
        V = neurons(subject.write(layer), d + min(32, subject.config.d_mlp - d))
        r = V.shape[1] - d
        K = concatenate([-product(quick_left_inverse(V.mid[:, :d]), V.mid[:, d:]), np.eye(r)])
        J = Enclosure(np.concatenate([np.zeros((r, d)), np.eye(r)], axis=1))
        yield Bound(f"{d + r} neurons of MLP {layer}", {"V": V}, tried={"r": [r], "K": [K], "J": [J]})


@bind("VW-T4d")
def one_neuron_speaks(subject: Subject) -> Iterator[Bound]:
    """More neurons than the stream has dimensions, one of which is active, and a reader that reads it off exactly."""
    d = subject.config.d_model
    if subject.config.d_mlp <= d:
        raise Inapplicable("no MLP has more neurons than the stream has dimensions")
    for layer in layers(subject, 2):
        V = neurons(subject.write(layer), d + 1)
        first = np.eye(d + 1)[:, :1]
        w, v = neurons(subject.read(layer), 1), Weight(V.mid[:, :1])
        reader = Product(Weight(first), w, scale=1 / along(w, v))
        yield Bound(f"neuron {layer}.0 of {d + 1}", {"V": V, "G": reader, "h": first})
